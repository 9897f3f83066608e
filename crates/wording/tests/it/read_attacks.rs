//! Copies on their way out of the house: what is still read, and that it is read rightly.

use proptest::prelude::*;
use tellmark_core::{Alignment, Choices, Outcome, Pair, Passage};
use tellmark_testkit::{ATTACKS, Attack, document};
use tellmark_wording::{Original, read};

use crate::read::look;
use crate::read_marking::{Marked, RELEASE, hold, sum, tally};

/// Sites of documents over some seeds.
fn of_documents(attack: &Attack, seeds: u64) -> [usize; 3] {
    sum((0..seeds).map(|seed| {
        let marked = Marked::new(&document::prose(seed, 600, 5.0));
        let choices = marked.random_choices(seed);
        let copy = marked.copy(&choices);
        let other = marked.copy(&marked.random_choices(seed + 1_000));
        tally(&look(&marked, &[&attack.run(&copy, &other, seed)]), &choices)
    }))
}

fn check(name: &str, read_min: usize, wrong_max: usize) {
    let attack = Attack::by_name(name).unwrap_or_else(|| panic!("no attack {name}"));
    hold(name, of_documents(attack, 12), read_min, wrong_max);
}

#[test]
fn everything_is_read_from_whole_copies() {
    for name in ["untouched", "paste", "ascii", "lower-case", "rewrap", "email-quote", "copy-desk"] {
        check(name, 990, 0);
    }
}

#[test]
fn parts_are_read_rightly() {
    for (name, read_min) in [
        ("middle-third", 300),
        ("sentences-8", 100),
        ("sentences-2", 0),
        ("drop-paragraphs", 500),
        ("add-paragraphs", 900),
        ("reorder-paragraphs", 900),
        ("journalist", 150),
    ] {
        check(name, read_min, 2);
    }
}

#[test]
fn errors_cost_sites_but_seldom_mislead() {
    for (name, read_min) in [("typing-1", 950), ("ocr-1", 950), ("typing-3", 800), ("ocr-3", 800)] {
        check(name, read_min, 5);
    }
}

/// The reading must not depend on which variant the original shows.
#[test]
fn the_originals_own_variants_make_no_difference() {
    let (mut same, mut all) = (0, 0);
    for seed in 0..30 {
        let marked = Marked::new(&document::prose(seed, 300, 6.0));
        let exhibit = marked.copy(&marked.random_choices(seed));
        for attack in ["untouched", "middle-third", "lower-case", "typing-1"].map(Attack::by_name) {
            let exhibit = attack.map_or(exhibit.clone(), |attack| attack.run(&exhibit, &exhibit, seed));
            let readings = [7, 8]
                .map(|n| look(&marked.with_original(&marked.random_choices(seed + n * 1_000)), &[&exhibit]));
            for (a, b) in readings[0].sites.iter().zip(&readings[1].sites) {
                assert!(
                    a.best().is_none() || b.best().is_none() || a.best() == b.best(),
                    "{seed} {a:?} {b:?}"
                );
                same += usize::from(a.outcome == b.outcome);
                all += 1;
            }
        }
    }
    assert!(same * 1000 >= all * 990, "{same} of {all} sites read alike");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_panics(
        exhibit in "\\PC{0,200}",
        ranges in prop::collection::vec((0usize..300, 0usize..40, 0usize..260, 0usize..40, any::<bool>()), 0..20),
        seed in 0u64..50,
    ) {
        let marked = Marked::new(&document::prose(seed, 60, 10.0));
        let original = Original::new(&marked.text, &marked.marking).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let pairs: Vec<Pair> = ranges
            .into_iter()
            .map(|(s, sl, e, el, exact)| Pair { source: s..s + sl, exhibit: e..e + el, exact })
            .collect();
        let passage = Passage { source: 0..500, exhibit: 3..900, pairs, weight: 9 };
        let alignment = Alignment { passages: vec![passage.clone(), passage] };
        let text = format!("{}{exhibit}", marked.copy(&Choices(vec![0; marked.marking.sites.len()])));
        for text in [exhibit.as_str(), &text] {
            let reading = read(RELEASE, &original, &[tellmark_wording::read::Shown::text(text, &alignment)]);
            prop_assert_eq!(reading.sites.len(), marked.marking.sites.len());
        }
        look(&marked, &[&exhibit, &text]);
    }

    #[test]
    fn likelihoods_keep_their_contract(seed in 0u64..300) {
        let marked = Marked::new(&document::prose(seed, 120, 8.0));
        let copy = marked.copy(&marked.random_choices(seed));
        let attack = &ATTACKS[seed as usize % ATTACKS.len()];
        for site in look(&marked, &[&attack.run(&copy, &copy, seed)]).sites {
            if let Outcome::Read { likelihoods, places } = site.outcome {
                prop_assert_eq!(likelihoods.len(), usize::from(site.variants));
                prop_assert_eq!(likelihoods.iter().max(), Some(&tellmark_core::Likelihood::ONE));
                prop_assert!(likelihoods.iter().any(|l| *l < tellmark_core::Likelihood::ONE));
                prop_assert!(likelihoods.iter().all(|l| *l >= tellmark_core::Likelihood::MIN));
                prop_assert!(!places.is_empty());
            }
        }
    }
}
