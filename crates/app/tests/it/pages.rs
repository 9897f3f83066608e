//! A PDF sealed, and traced from a leaked file, from pictures of its pages, and from parts of them.

use std::fs;

use tellmark_app::check;
use tellmark_app::trace::{ExhibitFile, TraceRequest, Verdict, trace};
use tellmark_app::{Error, Silent};
use tellmark_core::{Channel, Gray};
use tellmark_formats::pdf;

use crate::office::{Office, named};
use crate::printed::{self, png, traced};

/// A page of invented prose.
fn document() -> Vec<u8> {
    printed::page(&lines())
}

fn lines() -> Vec<String> {
    tellmark_testkit::print::lines(&tellmark_testkit::document::prose(5, 420, 0.0))
}

fn rows(gray: &Gray, from: usize, to: usize) -> Gray {
    let pixels = gray.pixels[from * gray.width..to * gray.width].to_vec();
    Gray { width: gray.width, height: to - from, pixels }
}

#[tokio::test]
async fn a_leaked_page_names_its_copy_as_a_file_and_as_a_picture() {
    let mut office = Office::open(51).await;
    let request = office.request("minutes.pdf", &document(), "minutes");
    let summary = office.seal(&request).await.unwrap();
    assert!(summary.sites["layout"] > 250 && summary.sites["stamp"] == 16, "{:?}", summary.sites);
    let checked = check::check(&office.vault, &office.path("minutes"), &Silent).await.unwrap();
    assert_eq!((checked.right, checked.wrong.len()), (24, 0));
    let copy = |id: &str| fs::read(office.path("minutes").join(id).join("minutes.pdf")).unwrap();

    let file = traced(&office, copy("r07")).await;
    assert_eq!((named(&file), file.verdict), (vec!["r07"], Verdict::Copy));
    let read = &file.releases[0].channels;
    assert_eq!(read["stamp"].read, 16);
    assert_eq!(read["layout"].read, read["layout"].sites);

    // A screenshot has neither text nor stamp.
    let shot = pdf::render(&copy("r11"), 0, 96.0).unwrap();
    let finding = traced(&office, png(&shot)).await;
    assert_eq!(named(&finding), ["r11"]);
    assert_eq!(finding.releases[0].channels["stamp"].read, 0);
    // Part of it, and turned.
    let third = rows(&shot, shot.height / 5, shot.height * 8 / 15);
    assert_eq!(named(&traced(&office, png(&third)).await), ["r11"]);
    // The unmarked original names nobody, nor does a picture of something else.
    for innocent in [
        png(&pdf::render(&document(), 0, 96.0).unwrap()),
        document(),
        png(&Gray::filled(300, 200, 255)),
        png(&Gray::filled(1, 1, 0)),
    ] {
        assert_eq!(traced(&office, innocent).await.verdict, Verdict::Nobody);
    }
    // A copy is no original.
    let again = office.request("again.pdf", &copy("r07"), "again");
    assert!(matches!(office.seal(&again).await, Err(Error::Input(why)) if why.contains("sealed copy")));
    // Channels that were named are used, or refused.
    let mut wording = office.request("again.pdf", &document(), "again");
    wording.mark.channels = vec![Channel::Wording];
    wording.mark.named = true;
    let refused = office.seal(&wording).await;
    assert!(matches!(refused, Err(Error::Input(why)) if why.contains("cannot carry wording")));
}

/// Pictures are kept until the look is read: together they are bounded as those of one file are.
#[tokio::test]
async fn too_many_pixels_in_one_look_are_refused_before_it_counts() {
    let mut office = Office::open(55).await;
    office.seal(&office.request("minutes.pdf", &document(), "minutes")).await.unwrap();
    let large = png(&Gray::filled(10_000, 9_000, 255));
    let exhibits =
        ["a", "b", "c"].map(|name| ExhibitFile { name: name.into(), bytes: large.clone() }).to_vec();
    let request = TraceRequest { exhibits, because: "a test".into(), ..TraceRequest::default() };
    let refused = trace(&office.vault, &request, &office.ports, &Silent).await;
    assert!(
        matches!(refused, Err(Error::Input(why)) if why.contains("with c") && why.contains("240 million"))
    );
}

/// The same prose with other line breaks, as another program might print it: its words are found, and stand elsewhere.
#[tokio::test]
async fn pages_that_nobody_was_given_name_nobody() {
    let mut office = Office::open(53).await;
    let request = office.request("minutes.pdf", &document(), "minutes");
    office.seal(&request).await.unwrap();
    let prose = tellmark_testkit::document::prose(5, 420, 0.0);
    let words: Vec<&str> = prose.split_whitespace().collect();
    for (words_a_line, from, to) in [(11, 0.1, 0.25), (12, 0.1, 0.6), (9, 0.1, 0.3)] {
        let lines: Vec<String> = words.chunks(words_a_line).map(|line| line.join(" ")).collect();
        let shot = pdf::render(&printed::page(&lines), 0, 96.0).unwrap();
        let row = |share: f64| (shot.height as f64 * share) as usize;
        let finding = traced(&office, png(&rows(&shot, row(from), row(to)))).await;
        assert_eq!(finding.verdict, Verdict::Nobody, "{words_a_line} words a line");
    }
}

/// What recognised text says of places is no evidence: the picture in front of it is.
#[tokio::test]
async fn a_scan_with_its_text_recognised_is_read_by_its_pixels() {
    let mut office = Office::open(54).await;
    let request = office.request("minutes.pdf", &document(), "minutes");
    office.seal(&request).await.unwrap();
    let copy = |id: &str| fs::read(office.path("minutes").join(id).join("minutes.pdf")).unwrap();
    let scan = |bytes: &[u8]| pdf::render(bytes, 0, 150.0).unwrap();
    let finding = traced(&office, printed::searchable(&scan(&copy("r05")), &lines())).await;
    assert_eq!(named(&finding), ["r05"]);
    assert_eq!((finding.pages.len(), finding.pages[0].page, finding.releases.len()), (1, 1, 1));
    assert!(finding.pages[0].words > 250 && finding.notes.is_empty(), "{:?}", finding.pages);
    // Text as outlines, which no reader of text sees: here, that of the picture alone.
    let bare = traced(&office, printed::searchable(&scan(&copy("r06")), &[])).await;
    assert_eq!(named(&bare), ["r06"]);
    let original = traced(&office, printed::searchable(&scan(&document()), &lines())).await;
    assert_eq!(original.verdict, Verdict::Nobody);
}
