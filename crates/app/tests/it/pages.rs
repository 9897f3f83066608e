//! A PDF sealed, and traced from a leaked file, from pictures of its pages, and from parts of them.

use std::fs;

use tellmark_app::check;
use tellmark_app::trace::{ExhibitFile, Finding, TraceRequest, Verdict, trace};
use tellmark_app::{Error, Silent};
use tellmark_core::Gray;
use tellmark_formats::pdf;

use crate::office::{Office, named};

/// A page of invented prose in Helvetica, a line a show operator.
fn document() -> Vec<u8> {
    let mut content = String::from("BT /F1 11 Tf 14 TL 72 760 Td\n");
    let prose = tellmark_testkit::document::prose(5, 420, 0.0);
    let words: Vec<&str> = prose.split_whitespace().collect();
    for line in words.chunks(11) {
        let line = line.join(" ").replace(['(', ')', '\\'], "");
        content.push_str(&format!("({}) Tj T*\n", line.replace(|c: char| !c.is_ascii(), "-")));
    }
    content.push_str("ET");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
            .to_owned(),
        format!("<</Length {}>>stream\n{content}\nendstream", content.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
    ];
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    let start = file.len();
    let trailer = format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.extend_from_slice(table.as_bytes());
    file.extend_from_slice(trailer.as_bytes());
    file
}

fn png(gray: &Gray) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::GrayImage::from_raw(gray.width as u32, gray.height as u32, gray.pixels.clone());
    let mut out = std::io::Cursor::new(&mut bytes);
    picture.unwrap().write_to(&mut out, image::ImageFormat::Png).unwrap();
    bytes
}

async fn traced(office: &Office, bytes: Vec<u8>) -> Finding {
    let request = TraceRequest {
        exhibits: vec![ExhibitFile { name: "leak".into(), bytes }],
        because: "a test".into(),
        ..TraceRequest::default()
    };
    trace(&office.vault, &request, &office.ports, &Silent).await.unwrap().finding
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
}
