//! Documents in other languages than English: who is named, and that an editor of the language makes no wrong name.

use tellmark_app::trace::Verdict;
use tellmark_testkit::languages;

use crate::office::{Office, named};

/// Seals a record and traces what `edit` makes of three copies; what is named, and whether each is.
async fn check(text: &str, edit: fn(&str) -> String, always_named: bool) {
    let mut office = Office::open(31).await;
    let request = office.request("record.txt", text.as_bytes(), "record");
    office.seal(&request).await.unwrap();
    for id in ["r02", "r13", "r22"] {
        let finding = office.trace(&edit(&office.copy("record", id, "record.txt"))).await;
        let names = named(&finding);
        assert!(names.iter().all(|name| *name == id), "{id} leaked, {names:?} named");
        assert!(!always_named || finding.verdict == Verdict::Copy, "{id} leaked, nobody named");
    }
}

#[tokio::test]
async fn the_copy_of_a_ukrainian_record_is_named() {
    check(languages::UKRAINIAN, str::to_owned, true).await;
}

#[tokio::test]
async fn an_editor_of_ukrainian_makes_no_wrong_name() {
    check(languages::UKRAINIAN, languages::euphony, false).await;
}

#[tokio::test]
async fn the_copy_of_a_russian_record_is_named() {
    check(languages::RUSSIAN, str::to_owned, true).await;
}

#[tokio::test]
async fn an_editor_of_russian_makes_no_wrong_name() {
    check(languages::RUSSIAN, languages::plain_russian, false).await;
}
