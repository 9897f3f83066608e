//! What must hold for every attack of the table.

mod pictures;

use std::collections::BTreeSet;

use tellmark_testkit::{ATTACKS, Attack, document};

#[test]
fn names_are_unique_and_found() {
    let names: BTreeSet<_> = ATTACKS.iter().map(|attack| attack.name).collect();
    assert_eq!(names.len(), ATTACKS.len());
    for attack in ATTACKS {
        assert_eq!(Attack::by_name(attack.name).map(|found| found.summary), Some(attack.summary));
    }
    assert!(Attack::by_name("earthquake").is_none());
}

#[test]
fn same_seed_same_bytes() {
    let text = document::prose(1, 400, 0.0);
    let other = document::prose(1, 400, 0.0).replace("said", "stated");
    for attack in ATTACKS {
        for seed in 0..5 {
            assert_eq!(attack.run(&text, &other, seed), attack.run(&text, &other, seed), "{}", attack.name);
        }
    }
}

#[test]
fn odd_texts_do_no_harm() {
    let rows =
        ["", "\n", " ", "x", "é", "…", "\u{feff}a\u{a0}b", "no stop at all", "A. B. C.", "{a|b}", "\r\n\r\n"];
    for attack in ATTACKS {
        for text in rows {
            for seed in 0..20 {
                attack.run(text, text, seed);
            }
        }
    }
}

#[test]
fn every_attack_but_none_changes_a_text() {
    let text = document::prose(1, 800, 0.0).replace("the gauge", "the “gauge” — both —");
    for attack in ATTACKS.iter().filter(|attack| attack.name != "untouched" && !attack.is_mixing()) {
        assert!((0..5).any(|seed| attack.run(&text, &text, seed) != text), "{}", attack.name);
    }
}
