//! Quotations in every shape.

use tellmark_core::Alignment;
use tellmark_spotting::Index;
use tellmark_testkit::{ATTACKS, document};

const CALL: &str = "Ambassador Harrow thanked both delegations for joining at such short notice. She recalled that the \
     facilitators took no position on the sluices at Karrow, and proposed that the talks turn to the register of \
     fishing permits first.\n\nThe envoy of Quellin replied that his side had kept to the timetable agreed in \
     Tolmouth, while the other bank had opened its gates eleven nights in a row. “Nobody negotiates with wet \
     cellars,” he added. Everyone agreed to reconvene before the herring season.\n\nThe chair concluded that a short \
     record would be circulated to the capitals, and that neither delegation would brief the press.";

/// Share of an original's words that an alignment pairs, and whether its passages keep the contract.
fn share(original: &str, exhibit: &str, alignment: &Alignment) -> f64 {
    let mut end = 0;
    for passage in &alignment.passages {
        assert!(passage.exhibit.start >= end, "passages overlap in the exhibit");
        end = passage.exhibit.end;
        let (first, last) = (&passage.pairs[0], &passage.pairs[passage.pairs.len() - 1]);
        assert_eq!(passage.source, first.source.start..last.source.end);
        assert_eq!(passage.exhibit, first.exhibit.start..last.exhibit.end);
        for pair in passage.pairs.windows(2) {
            assert!(
                pair[0].source.end <= pair[1].source.start && pair[0].exhibit.end <= pair[1].exhibit.start
            );
        }
        for pair in &passage.pairs {
            assert!(
                original.get(pair.source.clone()).is_some() && exhibit.get(pair.exhibit.clone()).is_some()
            );
        }
    }
    let pairs: usize = alignment.passages.iter().map(|passage| passage.pairs.len()).sum();
    pairs as f64 / original.split_whitespace().count() as f64
}

fn check(what: &str, exhibit: &str, least: f64) {
    let found = Index::build([CALL]).find(exhibit);
    assert!(!found.is_empty(), "{what} is not found");
    let share = share(CALL, exhibit, &found[0].alignment);
    assert!(share >= least, "{what}: only {share:.2} of the words are aligned");
}

#[test]
fn every_way_of_copying_is_found() {
    check("itself", CALL, 0.99);
    check("upper case", &CALL.to_uppercase(), 0.99);
    check("lower case without marks", &CALL.to_lowercase().replace(['“', '”', ',', '.'], ""), 0.99);
    check("email quoting", &format!("> {}", CALL.replace(". ", ".\n> > ")), 0.99);
    check("broken lines", &CALL.replace("facilitators", "facili-\n  tators").replace(' ', "\r\n"), 0.97);
    check(
        "leftovers of HTML",
        &format!("<p>{}</p>", CALL.replace("\n\n", "</p>\n<p>").replace(' ', "&nbsp;")),
        0.97,
    );
    check("lost spaces", &CALL.replace("the sluices", "thesluices").replace("at such", "atsuch"), 0.93);
    let paragraphs: Vec<&str> = CALL.split("\n\n").collect();
    let foreign = "Nobody on the quay would comment.";
    check(
        "another order",
        &format!("{}\n{foreign}\n{}\n{}", paragraphs[2], paragraphs[0], paragraphs[1]),
        0.97,
    );
    check("one lost", &format!("{}\n{}", paragraphs[0], paragraphs[2]), 0.55);
    check("only some", &format!("{foreign} {} {foreign}", paragraphs[1]), 0.35);
}

#[test]
fn cut_quotations_are_found_in_pieces() {
    let exhibit = "“Ambassador Harrow thanked both delegations … [and] proposed that the talks turn to the register of \
                   fishing permits first”, it says, and adds that “neither delegation [was to] brief the press”.";
    check("pieces", exhibit, 0.2);
}

#[test]
fn nine_distinctive_words_suffice() {
    let article =
        "Trams were late again. It had opened its gates eleven nights in a row, we hear. Rain is likely.";
    let found = Index::build([CALL]).find(article);
    assert_eq!(found.len(), 1);
    let passage = &found[0].alignment.passages[0];
    assert_eq!(&article[passage.exhibit.clone()], "had opened its gates eleven nights in a row");
}

#[test]
fn the_same_words_quoted_twice_are_two_passages() {
    let part = "had kept to the timetable agreed in Tolmouth, while the other bank had opened its gates eleven nights";
    let found = Index::build([CALL]).find(&format!("“{part}”\n\nOur reader writes: “{part}”."));
    assert_eq!(found[0].alignment.passages.len(), 2);
    assert_eq!(found[0].alignment.passages[0].source, found[0].alignment.passages[1].source);
}

#[test]
fn all_drafts_are_found_and_the_closest_first() {
    let second = CALL.replace("eleven nights", "twelve long nights");
    let third = CALL.replace("herring season", "autumn fair");
    let found = Index::build([CALL, &second, CALL, &third]).find(&second);
    let order: Vec<usize> = found.iter().map(|found| found.original).collect();
    assert_eq!(order.len(), 4);
    assert_eq!(order[0], 1);
    assert_eq!(found[1].alignment, found[2].alignment);
}

#[test]
fn attacks_leave_enough() {
    let index_of = |text: &str| Index::build([text]);
    for seed in 0..10 {
        let text = document::prose(seed, 500, 0.0);
        let index = index_of(&text);
        for attack in ATTACKS.iter().filter(|attack| !attack.is_mixing()) {
            let exhibit = attack.run(&text, &text, seed);
            let found = index.find(&exhibit);
            let short = attack.name.starts_with("sentences") || attack.name == "journalist";
            assert!(short || !found.is_empty(), "{} {seed}", attack.name);
            for found in found {
                share(&text, &exhibit, &found.alignment);
            }
        }
    }
}

#[test]
fn ocr_at_six_in_a_hundred_is_found() {
    let text = document::prose(3, 400, 0.0);
    let exhibit = tellmark_testkit::attack::ocr(&text, 4, 0.06);
    let found = Index::build([text.as_str()]).find(&exhibit);
    assert!(share(&text, &exhibit, &found[0].alignment) > 0.7);
}
