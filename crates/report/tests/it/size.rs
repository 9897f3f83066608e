//! Pages stay small, whatever a case has.

use tellmark_report::finding::{Verdict, html};

use crate::markup::visible_text;
use crate::sample;

#[test]
fn ten_thousand_copies_make_a_small_page() {
    let page = sample::finding(Verdict::Nobody { sites_needed: Some(9) }, 10_000);
    let html = html(&page);
    assert!(html.len() < 100_000, "{} bytes", html.len());
    assert!(visible_text(&html).contains("10,000 copies tested"));
}

#[test]
fn a_long_exhibit_is_shown_around_its_sites() {
    let mut page = sample::one_copy();
    let filler = "Words that are nobody’s business. ".repeat(200_000);
    page.exhibits[0].text = format!("{}{filler}", sample::EXHIBIT);
    let mut marks = page.marks.clone();
    marks.iter_mut().for_each(|mark| mark.range = mark.range.start + 3_000_000..mark.range.end + 3_000_000);
    page.marks.extend(marks);
    let html = html(&page);
    assert!(html.len() < 100_000, "{} bytes", html.len());
    assert!(visible_text(&html).contains("words without a mark left out"));
}

#[test]
fn too_many_sites_are_counted_and_not_shown() {
    let mut page = sample::one_copy();
    page.exhibits[0].text = sample::EXHIBIT.repeat(10_000);
    let length = sample::EXHIBIT.len();
    page.marks = (0..10_000)
        .flat_map(|turn| {
            sample::marks().into_iter().map(move |mut mark| {
                mark.range = mark.range.start + turn * length..mark.range.end + turn * length;
                mark.site = format!("{turn}-{}", mark.site);
                mark
            })
        })
        .collect();
    let html = html(&page);
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    assert!(visible_text(&html).contains("99,400 more places were read and are not shown here."));
}

#[test]
fn the_longest_first_page_and_its_rest_are_bounded() {
    let html = html(&sample::full());
    visible_text(&html);
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
}
