//! What a page must not tell.

use tellmark_report::finding::{Verdict, html};

use crate::markup::visible_text;
use crate::sample;

/// The first page: everything before the first numbered section.
fn front(html: &str) -> &str {
    let start = html.find("<div class=\"front\">").unwrap();
    let end = html.find("<section id=").unwrap();
    &html[start..end]
}

#[test]
fn with_the_verdict_nobody_no_label_of_the_ranking_is_printed() {
    let mut page = sample::nobody();
    page.ranking[0].named = true; // Whatever the caller says.
    page.ranking.iter_mut().for_each(|evidence| evidence.withdrawn = true);
    let html = html(&page);
    for evidence in &page.ranking {
        assert!(!html.contains(&evidence.label), "{}", evidence.label);
    }
    let text = visible_text(&html);
    assert!(text.contains("#1") && text.contains("#25"));
    assert!(!text.contains("withdrawn"), "few copies are: the word would tell which one it is");
}

#[test]
fn an_order_lifts_pseudonyms_and_is_printed() {
    let mut page = sample::nobody();
    page.identities = Some("order 12 of the general counsel".into());
    let text = visible_text(&html(&page));
    assert!(text.contains(&page.ranking[0].label) && text.contains("order 12 of the general counsel"));
}

#[test]
fn the_first_page_shows_no_text_and_no_other_copy() {
    let named = sample::finding(
        Verdict::Copy { copies: vec![sample::named("r017")], groups: vec![sample::group(&["North"])] },
        40,
    );
    for page in [named, sample::groups(), sample::nobody()] {
        let html = html(&page);
        let front = front(&html);
        for evidence in page.ranking.iter().filter(|evidence| evidence.label != "r017") {
            assert!(!front.contains(&evidence.label), "{}", evidence.label);
        }
        for sentence in sample::EXHIBIT.split(['.', ',', '\n']).map(str::trim).filter(|s| s.len() > 8) {
            assert!(!front.contains(sentence), "{sentence}");
        }
        for mark in &page.marks {
            assert!(mark.variants.iter().all(|v| v.text.len() < 8 || !front.contains(&v.text)));
        }
    }
}

#[test]
fn no_page_acquits_or_convicts() {
    for page in [sample::one_copy(), sample::groups(), sample::nobody(), sample::full()] {
        let text = visible_text(&html(&page)).to_lowercase();
        for word in ["guilty", "cleared", "acquit", "culprit", "leaker", "exonerat", "suspect "] {
            assert!(!text.contains(word), "{word}");
        }
        assert!(text.contains("an innocent copy’s codeword is independent of the leak"));
    }
}

#[test]
fn every_verdict_stands_with_its_threshold() {
    for page in [sample::one_copy(), sample::nobody()] {
        let html = html(&page);
        assert!(front(&html).contains("10<sup>8.70</sup>"));
    }
    assert!(front(&html(&sample::groups())).contains("10<sup>7.90</sup>"));
}
