//! Texts that have nothing to do with each other, and hostile ones.

use proptest::prelude::*;
use tellmark_spotting::Index;
use tellmark_testkit::{Random, document, foreign_paragraph};

#[test]
fn idioms_match_nothing() {
    let original = "On the other hand it is the case that, as far as we are concerned, there is no question that at the \
                    end of the day the Government of the United States will have to make up its mind one way or \
                    the other, and in the meantime there is nothing to be done about it.";
    let index = Index::build([original]);
    for text in [
        "on the other hand it is the case that",
        "As far as we are concerned, the shop is closed.",
        "At the end of the day there is no question that he was right.",
        "They will have to make up their mind one way or the other.",
        "the Government of the United States",
    ] {
        assert!(index.find(text).is_empty(), "{text}");
    }
}

#[test]
fn unrelated_texts_match_nothing() {
    let originals: Vec<String> = (0..50).map(|seed| document::prose(seed, 700, 0.0)).collect();
    let index = Index::build(originals.iter().map(String::as_str));
    for seed in 0..200 {
        let article = foreign_paragraph(&mut Random::new(seed), 30);
        assert_eq!(index.find(&article), [], "seed {seed}");
    }
}

#[test]
fn repetitions_take_bounded_time() {
    let words = "the Karrow sluices opened ".repeat(60_000);
    let index = Index::build([words.as_str(), "Karrow sluices opened the gates of the Karrow sluices"]);
    index.find(&words);
    let index = Index::build(["a", "", "a b", &"x".repeat(100_000)]);
    assert!(index.find(&"x ".repeat(100_000)).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics(original in "\\PC{0,300}", exhibit in "\\PC{0,300}") {
        let index = Index::build([original.as_str(), exhibit.as_str()]);
        for found in index.find(&format!("{exhibit}\n{original}")) {
            prop_assert!(found.original < 2);
        }
        index.find("");
    }

    #[test]
    fn what_is_found_is_where_it_says(seed in 0u64..500, from in 0.0..0.8f64) {
        let text = document::prose(seed, 200, 0.0);
        let start = text.floor_char_boundary((from * text.len() as f64) as usize);
        for found in Index::build([text.as_str()]).find(&text[start..]) {
            for passage in &found.alignment.passages {
                for pair in passage.pairs.iter().filter(|pair| pair.exact) {
                    let [a, b] = [&text[pair.source.clone()], &text[start..][pair.exhibit.clone()]];
                    prop_assert_eq!(a.to_lowercase(), b.to_lowercase());
                }
            }
        }
    }
}
