//! Passages of a copy in pictures of something else: recognised, read and traced.

use tellmark_app::Silent;
use tellmark_app::trace::{ExhibitFile, TraceRequest, Verdict, trace};
use tellmark_core::Gray;
use tellmark_formats::pdf;

use crate::office::{Office, named};
use crate::printed::{page, png, traced};

/// A column of a newspaper with four paragraphs of a text, as somebody photographed it upright.
pub fn column(text: &str) -> Gray {
    let paragraphs = text.split("\n\n").filter(|p| p.len() > 200 && !p.starts_with('#')).take(4);
    let mut lines = vec!["Our correspondent has seen a transcript of the talks.".to_owned()];
    for paragraph in paragraphs {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        lines.extend(words.chunks(9).map(|line| line.join(" ")));
        lines.push(String::new());
    }
    pdf::render(&page(&lines), 0, 110.0).unwrap()
}

fn negative(mut picture: Gray) -> Gray {
    picture.invert();
    picture
}

#[tokio::test]
async fn a_quote_in_a_picture_names_its_copy() {
    let mut office = Office::open(61).await;
    office.seal_call().await;
    let picture = column(&office.copy("call", "r17", "call.md"));
    let upright = traced(&office, png(&picture)).await;
    assert_eq!(named(&upright), ["r17"]);
    assert!(upright.recognised_by[0].starts_with("tesseract"), "{:?}", upright.recognised_by);
    // Dark mode, and lying on its side.
    assert_eq!(named(&traced(&office, png(&negative(picture.clone()))).await), ["r17"]);
    assert_eq!(named(&traced(&office, png(&picture.turned())).await), ["r17"]);
    // Two pictures of one look: halves of the column, the names of which are those of the whole.
    let half = |from: usize, to: usize| {
        let pixels = picture.pixels[from * picture.width..to * picture.width].to_vec();
        png(&Gray { width: picture.width, height: to - from, pixels })
    };
    let exhibit = |name: &str, bytes| ExhibitFile { name: name.into(), bytes };
    let middle = picture.height / 3;
    let request = TraceRequest {
        exhibits: vec![
            exhibit("upper.png", half(0, middle)),
            exhibit("lower.png", half(middle, picture.height)),
        ],
        because: "a test".into(),
        ..TraceRequest::default()
    };
    let both = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap();
    assert_eq!(named(&both.finding), ["r17"]);
    assert!(both.page.exhibits.iter().all(|exhibit| !exhibit.text.is_empty()));
}

#[tokio::test]
async fn a_picture_of_other_text_names_nobody_and_a_wrong_language_is_said() {
    let mut office = Office::open(62).await;
    office.seal_call().await;
    let words = tellmark_testkit::document::prose(8, 200, 0.0);
    let words: Vec<&str> = words.split_whitespace().collect();
    let lines: Vec<String> = words.chunks(9).map(|line| line.join(" ")).collect();
    let picture = png(&pdf::render(&page(&lines), 0, 110.0).unwrap());
    let finding = traced(&office, picture.clone()).await;
    assert_eq!(finding.verdict, Verdict::Nobody);
    let request = TraceRequest {
        exhibits: vec![ExhibitFile { name: "x.png".into(), bytes: picture }],
        languages: Some("xxx".into()),
        ..TraceRequest::default()
    };
    let error = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap_err();
    assert!(error.is_input() && error.to_string().contains("tesseract-ocr-xxx"), "{error}");
    // Nothing of it is on record: no look was spent.
    assert_eq!(tellmark_app::cases::cases(&office.vault).await.unwrap().len(), 1);
}
