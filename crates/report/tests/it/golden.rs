//! Whole pages as they were last looked at. The style sheet is left out: its hash stands in the policy.

use tellmark_report::finding::{self, Verdict};
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
