//! What the reader says about single places: read, erased and why.

use tellmark_core::{Choices, Erasure, Outcome, Reading, SiteReading};
use tellmark_spotting::Index;
use tellmark_wording::read::Shown;
use tellmark_wording::{Original, read};

use crate::read_marking::{Marked, RELEASE};

/// Reads exhibits of a marked text.
pub fn look(marked: &Marked, exhibits: &[&str]) -> Reading {
    let original = Original::new(&marked.text, &marked.marking).unwrap_or_else(|error| panic!("{error}"));
    let index = Index::build([original.text()]);
    let alignments: Vec<_> = exhibits
        .iter()
        .map(|exhibit| {
            index.find(exhibit).into_iter().next().map(|found| found.alignment).unwrap_or_default()
        })
        .collect();
    let shown: Vec<_> = exhibits.iter().zip(&alignments).map(|(text, of)| Shown::text(text, of)).collect();
    read(RELEASE, &original, &shown)
}

const RECORD: &str = "Ambassador Harrow thanked both delegations for {coming|joining} at such short notice. She \
     {also |}recalled that the facilitators took no position on the sluices at Karrow{,| -} and proposed that the \
     talks turn {first|to begin with} to the register of fishing permits. Every{ |}one of the envoys agreed to {a \
     proposal that nobody had expected|that} before the herring season had started.";

fn copy(choices: [u8; 6]) -> String {
    Marked::new(RECORD).copy(&Choices(choices.to_vec()))
}

/// The likeliest variant of each site, or why there is none.
fn seen(reading: &Reading) -> Vec<Result<usize, Erasure>> {
    let one = |site: &SiteReading| match &site.outcome {
        Outcome::Erased(reason) => Err(*reason),
        _ => site.best().ok_or(Erasure::Unclear),
    };
    reading.sites.iter().map(one).collect()
}

#[test]
fn all_variants_are_read_from_a_copy() {
    let marked = Marked::new(RECORD);
    for seed in 0..64 {
        let choices = marked.random_choices(seed);
        let truth: Vec<_> = choices.0.iter().map(|&choice| Ok(usize::from(choice))).collect();
        assert_eq!(seen(&look(&marked, &[&marked.copy(&choices)])), truth, "seed {seed}");
    }
}

/// Changes a copy and says which sites must then be erased; the others must be read rightly.
fn check(what: &str, from: &str, to: &str, erased: &[usize]) {
    let choices = [1, 1, 0, 1, 0, 0];
    let full = copy(choices);
    assert!(full.contains(from), "{what}: {full}");
    let found = seen(&look(&Marked::new(RECORD), &[&full.replace(from, to)]));
    for (at, found) in found.into_iter().enumerate() {
        match erased.contains(&at) {
            true => assert!(found.is_err(), "{what}: site {at} shows {found:?}"),
            false => assert_eq!(found, Ok(usize::from(choices[at])), "{what}: site {at}"),
        }
    }
}

#[test]
fn edited_places_are_erased() {
    check("nothing", "such", "such", &[]);
    check("ellipsis", "for joining at such", "for … at such", &[0]);
    check("three points", "for joining at such", "for ... at such", &[0]);
    check("bracket", "turn to begin with to", "turn [soon] to", &[3]);
    check("insertion", "turn to begin with to", "turn [we hear] to begin with to", &[3]);
    check("another word", "for joining at", "for arriving at", &[0]);
    check(
        "another wording",
        "agreed to a proposal that nobody had expected",
        "agreed to something new",
        &[5],
    );
    check("border of a quotation", "She recalled that", "The paper says: “recalled that", &[1]);
    check("lost around", "She recalled that the facilitators", "the facilitators", &[1]);
    check(
        "lost sentence",
        "both delegations for joining at such short notice. She recalled",
        "recalled",
        &[0, 1],
    );
    check(
        "added around",
        "She recalled that",
        "She, a woman of sixty with a long memory, recalled that",
        &[1],
    );
}

#[test]
fn errors_do_not_mislead() {
    check("typing error in the variant", "joining", "jioning", &[]);
    check("typing error beside", "facilitators took", "facilitatros took", &[]);
    check("OCR", "turn to begin with", "tum to hegin with", &[]);
    check("line end", "Every one", "Every\n> one", &[]);
    check("line break", "begin with", "begin\n> with", &[]);
    check("lost case", "Ambassador", "ambassador", &[]);
}

#[test]
fn a_long_variant_is_not_read_from_a_cut() {
    let full = copy([0, 0, 0, 0, 0, 0]);
    let cut = full.replace("a proposal that nobody had expected before", "it before");
    assert!(matches!(look(&Marked::new(RECORD), &[&cut]).sites[5].outcome, Outcome::Erased(_)));
}

#[test]
fn what_the_medium_cannot_show_is_erased_as_such() {
    let text = "The envoys of both banks met in Tolmouth{—| — | – }a town that neither side likes{—| — | – }and \
                talked about the {River|river} police until the lamps went out in the harbour.";
    let marked = Marked::new(text);
    let shown = marked.copy(&Choices(vec![1, 2, 0]));
    let plain = shown.replace(" — ", " -- ").replace(" – ", " - ");
    assert_eq!(seen(&look(&marked, &[&shown]))[..2], [Ok(1), Ok(2)]);
    let unshowable = Err(Erasure::Unshowable);
    assert_eq!(seen(&look(&marked, &[&plain])), [unshowable, unshowable, Ok(0)]);
    assert_eq!(seen(&look(&marked, &[&plain.to_lowercase()])), [unshowable; 3]);
    assert_eq!(seen(&look(&marked, &[&plain.to_uppercase()])), [unshowable; 3]);
}

#[test]
fn several_exhibits_are_one_observation() {
    let marked = Marked::new(RECORD);
    let [one, other] = [copy([0, 0, 0, 0, 0, 0]), copy([0, 1, 0, 0, 0, 1])];
    let alone = look(&marked, &[&one]);
    let twice = look(&marked, &[&one, &one]);
    for (alone, twice) in alone.sites.iter().zip(&twice.sites) {
        let [Outcome::Read { likelihoods: a, .. }, Outcome::Read { likelihoods: b, places }] =
            [&alone.outcome, &twice.outcome]
        else {
            panic!("{alone:?} {twice:?}")
        };
        assert!(b.iter().zip(a).all(|(b, a)| b <= a && b.0 >= 1 << 11), "{a:?} {b:?}");
        assert_eq!(places.iter().map(|(exhibit, _)| *exhibit).collect::<Vec<_>>(), [0, 1]);
    }
    let conflict = Err(Erasure::Conflict);
    assert_eq!(seen(&look(&marked, &[&one, &other])), [Ok(0), conflict, Ok(0), Ok(0), Ok(0), conflict]);
}

#[test]
fn nothing_is_read_from_nothing() {
    let marked = Marked::new(RECORD);
    let absent = [Err(Erasure::Absent); 6];
    assert_eq!(seen(&look(&marked, &[])), absent);
    assert_eq!(seen(&look(&marked, &[""])), absent);
    assert_eq!(seen(&look(&marked, &["The tram was late, and nobody on the quay would say why."])), absent);
}

#[test]
fn the_places_are_those_of_the_variants() {
    let exhibit = copy([1, 1, 0, 1, 0, 0]);
    let reading = look(&Marked::new(RECORD), &[&exhibit]);
    let shown = |at: usize| match &reading.sites[at].outcome {
        Outcome::Read { places, .. } => &exhibit[places[0].1.clone()],
        other => panic!("{other:?}"),
    };
    assert_eq!([shown(0), shown(3)], ["joining", "to begin with"]);
    assert_eq!(shown(5), "a proposal that nobody had expected");
}

#[test]
fn nearly_repeated_paragraphs_are_not_mixed_up() {
    let paragraph = |number: &str, days: &str| {
        format!(
            "({number}) For any country to which the first schedule applies, the secretary {{shall|will}} obtain the \
             assurances within {days} days of the date of this memorandum, {{and|as well as}} report to the council."
        )
    };
    let text = format!("{}\n\n{}", paragraph("i", "45"), paragraph("ii", "180"));
    let marked = Marked::new(&text);
    for choices in [[0, 0, 1, 1], [1, 0, 0, 1], [1, 1, 0, 0]] {
        let copy = marked.copy(&Choices(choices.to_vec()));
        let halves: Vec<&str> = copy.split("\n\n").collect();
        for exhibit in
            [copy.clone(), format!("{}\n\n{}", halves[1], halves[0]), halves[0].into(), halves[1].into()]
        {
            for (site, &truth) in look(&marked, &[&exhibit]).sites.iter().zip(&choices) {
                assert!(
                    site.best().is_none_or(|best| best == usize::from(truth)),
                    "{choices:?} {exhibit:?} {site:?}"
                );
            }
        }
    }
}

#[test]
fn variants_as_long_as_they_may_be_are_read() {
    let variant = |n: u64| tellmark_testkit::document::prose(n, 640, 0.0).replace("\n\n", " ");
    let variants: Vec<String> =
        (0..16).map(variant).map(|text| text[..text.floor_char_boundary(3_900)].into()).collect();
    let marked = Marked::new(&format!(
        "The ambassador of Quellin opened the sitting and read out the following: {{{}}} Then the sitting was \
         suspended for the herring season, and the sluices at Karrow {{stayed|remained}} shut.",
        variants.join("|")
    ));
    for choice in [0, 15] {
        let copy = marked.copy(&Choices(vec![choice, 1]));
        assert_eq!(seen(&look(&marked, &[&copy])), [Ok(usize::from(choice)), Ok(1)]);
    }
}
