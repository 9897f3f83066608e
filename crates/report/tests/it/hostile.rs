//! Texts that want to be more than text.

use proptest::prelude::*;
use tellmark_report::finding::{self, Page, Verdict};
use tellmark_report::plan;

use crate::markup::visible_text;
use crate::sample;

const HOSTILE: [&str; 9] = [
    "</style><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onload='alert(1)",
    "</title></svg><iframe>",
    "&lt;b&gt; &#60;",
    "\u{202E}gnp.exe\u{2066}\u{200F}",
    "\u{0}\u{7}\u{1B}]0;x\u{85}\u{2028}",
    "<!-- ]]> --> {} %s \\",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

/// Puts a text into every field of a finding that holds text.
fn fill(page: &mut Page, text: &str) {
    let copy = |copy: &mut finding::NamedCopy| {
        for field in [&mut copy.copy, &mut copy.group, &mut copy.release, &mut copy.p, &mut copy.p_familywise]
        {
            *field = text.into();
        }
        copy.holders = vec![text.into(), text.into()];
    };
    match &mut page.verdict {
        Verdict::Copy { copies, groups } => {
            copies.iter_mut().for_each(copy);
            groups.iter_mut().for_each(|group| group.names = vec![text.into(); 2]);
        }
        Verdict::Group { groups } => groups.iter_mut().for_each(|group| group.names = vec![text.into(); 2]),
        Verdict::Nobody { .. } => page.identities = Some(text.into()),
    }
    for field in [&mut page.case, &mut page.date, &mut page.alpha] {
        *field = text.into();
    }
    page.threshold.iter_mut().for_each(|threshold| threshold.p = text.into());
    for evidence in &mut page.ranking {
        evidence.label = text.into();
        evidence.p = text.into();
    }
    page.warnings = vec![text.into(); 5];
    page.alpha_shares.iter_mut().for_each(|share| (share.what, share.alpha) = (text.into(), text.into()));
    fill_sources(page, text);
}

fn fill_sources(page: &mut Page, text: &str) {
    for release in &mut page.releases {
        for field in [&mut release.id, &mut release.name, &mut release.document, &mut release.nonce_hash] {
            *field = text.into();
        }
    }
    for exhibit in &mut page.exhibits {
        for field in [&mut exhibit.name, &mut exhibit.registered, &mut exhibit.reason, &mut exhibit.text] {
            *field = text.into();
        }
        exhibit.hashes = vec![(text.into(), text.into())];
    }
    for (number, mark) in page.marks.iter_mut().enumerate() {
        (mark.site, mark.rule) = (format!("{text}{number}"), text.into());
        mark.range = number..number + 2;
        mark.variants.iter_mut().for_each(|variant| variant.text = text.into());
    }
    page.erased.iter_mut().flat_map(|erased| &mut erased.rules).for_each(|rule| rule.1 = text.into());
    let parameters = &mut page.parameters;
    (parameters.program, parameters.reading_hash) = (text.into(), text.into());
    (parameters.command, parameters.key_hashes) = (text.into(), vec![text.into()]);
    parameters.other = vec![(text.into(), text.into())];
}

fn fill_plan(page: &mut plan::Page, text: &str) {
    page.pages[0].names[0].1 = text.into();
    page.pages[0].names[1].2 = text.into();
    for field in [&mut page.document, &mut page.date, &mut page.text] {
        *field = text.into();
    }
    page.promise = vec![text.into()];
    page.notes = vec![text.into()];
    for site in &mut page.sites {
        site.rule = text.into();
        site.variants = vec![text.into(); 2];
    }
}

fn pages() -> [Page; 3] {
    let groups = vec![sample::group(&["a"])];
    let copies = vec![sample::named("r1"), sample::named("r2")];
    let copy = sample::finding(Verdict::Copy { copies, groups }, 5);
    [copy, sample::groups(), sample::nobody()]
}

#[test]
fn hostile_texts_stay_text_in_every_field() {
    for text in HOSTILE {
        for mut page in pages() {
            fill(&mut page, text);
            let html = finding::html(&page);
            visible_text(&html);
            assert!(!html.contains(|c: char| "\u{202E}\u{2066}\u{200F}\u{0}\u{1B}\u{85}".contains(c)));
        }
        let mut page = sample::plan();
        fill_plan(&mut page, text);
        visible_text(&plan::html(&page));
    }
}

#[test]
fn what_reorders_text_is_shown_by_its_code_point() {
    let mut page = sample::one_copy();
    fill(&mut page, "a\u{202E}b");
    assert!(visible_text(&finding::html(&page)).contains("aU+202Eb"));
}

#[test]
fn pages_refer_to_nothing_outside() {
    let plan = plan::html(&sample::plan());
    for html in pages().iter().map(finding::html).chain([plan]) {
        for outside in ["http://", "https://", "src=", "url(", "@import", "<script", "style=\"", "javascript"]
        {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(html.contains("default-src &#39;none&#39;"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_and_any_range_make_a_page(
        text in any::<String>(),
        ranges in prop::collection::vec((0_usize..80, 0_usize..80), 10),
        ratio in any::<i64>(),
        bits in any::<f64>(),
    ) {
        for mut page in pages() {
            fill(&mut page, &text);
            for (mark, (start, end)) in page.marks.iter_mut().zip(&ranges) {
                mark.range = std::ops::Range { start: *start, end: *end };
                mark.bits = bits;
            }
            page.ranking[0].e_log10 = tellmark_report::Log10(ratio);
            page.decoys = finding::Decoys::of([0, ratio].map(tellmark_report::Log10));
            visible_text(&finding::html(&page));
        }
        let mut page = sample::plan();
        fill_plan(&mut page, &text);
        for (sentence, (start, end)) in page.sentences.iter_mut().zip(&ranges) {
            *sentence = plan::Sentence { range: std::ops::Range { start: *start, end: *end }, bits, channels: vec![] };
        }
        page.bare = ranges.iter().map(|&(start, end)| std::ops::Range { start, end }).collect();
        visible_text(&plan::html(&page));
    }
}
