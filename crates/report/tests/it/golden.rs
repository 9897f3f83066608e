//! Whole pages as they were last looked at. The style sheet is left out: its hash stands in the policy.

use tellmark_core::Channel;
use tellmark_report::finding::{self, Raster, Sheet, SheetWord, Verdict};
use tellmark_report::plan;

use crate::markup::visible_text;
use crate::sample;

fn without_style(html: &str) -> String {
    visible_text(html);
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let policy = head.find("sha256-").unwrap();
    format!("{}HASH{}<style></style>{body}", &head[..policy], &head[policy + 51..])
}

#[test]
fn copy() {
    let page = sample::finding(Verdict::Copy { copies: vec![sample::named("r017")], groups: vec![] }, 4);
    insta::assert_snapshot!(without_style(&finding::html(&page)));
}

#[test]
fn nobody() {
    let mut page = sample::finding(Verdict::Nobody { sites_needed: Some(14) }, 4);
    page.marks.truncate(1);
    insta::assert_snapshot!(without_style(&finding::html(&page)));
}

#[test]
fn plan() {
    insta::assert_snapshot!(without_style(&plan::html(&sample::plan())));
}

/// A PDF's author can add no choices to it, so that nothing advises them.
#[test]
fn the_plan_of_a_pdf_speaks_of_words_that_move() {
    let mut page = sample::plan();
    page.sites.iter_mut().for_each(|site| site.channel = Channel::Layout);
    page.needs.clear();
    let html = plan::html(&page);
    assert!(
        html.contains("Passages in which no word moves")
            && html.contains("What a clean picture of a passage")
    );
    assert!(!html.contains("like this|such as this") && !html.contains("Lacks"));
}

#[test]
fn a_picture_stands_beside_the_page_that_it_shows() {
    let raster = |side| Raster { width: side, height: side, png: vec![1] };
    let word = SheetWord { outline: [(0.0, 0.0), (9.0, 0.0), (9.0, 4.0), (0.0, 4.0)], llr: 5.0 };
    let sheet = Sheet {
        exhibit: "scan.png".into(),
        document: "memo.pdf".into(),
        page: 2,
        picture: raster(20),
        registered: raster(30),
        words: vec![word],
    };
    let html = finding::html(&finding::Page { sheets: vec![sheet], ..sample::nobody() });
    let pair = html.split_once("<div class=\"pair\">").unwrap().1;
    let places =
        ["with the evidence of each word", "<polygon", "brought onto the original page", "</figure>"];
    let found: Vec<usize> = places.iter().map(|part| pair.find(part).unwrap()).collect();
    assert!(found.is_sorted() && pair.contains("shows page 3 of"), "{found:?}");
}
