//! Copies a second of a five-page PDF, beside writing the original's bytes. Run with `cargo bench -p tellmark-formats`.
//!
//! `TELLMARK_PDF` names another file to seal.
#![allow(clippy::unwrap_used)] // A bench that cannot go on has failed.

use tellmark_core::{Channel, Choices, Marking, Occurrence, ReleaseId, Site, SiteId};
use tellmark_formats::{Document, Format, Template, pdf};

fn main() {
    divan::main();
}

/// Five pages of 45 lines of ten words, as pdfTeX writes them.
fn original() -> Vec<u8> {
    if let Some(path) = std::env::var_os("TELLMARK_PDF") {
        return std::fs::read(path).unwrap();
    }
    let line = "[(They)-333(met)-333(befor)20(e)-333(noon)-333(and)-333(agreed)-333(on)-333(all)-333(the)-333(points)]TJ T*\n";
    let content = format!("BT /F 11 Tf 14 TL 72 740 Td\n{}ET", line.repeat(45));
    let mut bodies = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Count 5/Kids[4 0 R 5 0 R 6 0 R 7 0 R 8 0 R]>>".to_owned(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let page = |at| {
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents {at} 0 R>>"
        )
    };
    bodies.extend((9..14).map(page));
    bodies.extend((0..5).map(|_| format!("<</Length {}>>\nstream\n{content}\nendstream", content.len())));
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = String::from("xref\n0 14\n0000000000 65535 f \n");
    for (number, body) in bodies.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{} 0 obj\n{body}\nendobj\n", number + 1).as_bytes());
    }
    let start = file.len();
    let end = format!("{table}trailer\n<</Size 14/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    file.extend_from_slice(end.as_bytes());
    file
}

fn sealed() -> (Template, usize) {
    let document = Document::parse(Format::Pdf, &original()).unwrap();
    let mut layout = document.layout().unwrap().clone();
    layout.shift = 150;
    let mut sites = Vec::new();
    let mut add = |channel, span, forms: Vec<String>| {
        let id = SiteId { origin: ReleaseId([0; 8]), ordinal: sites.len() as u32 };
        let occurrences = vec![Occurrence { span, forms }];
        sites.push(Site { id, channel, rule: "bench".into(), original: 0, occurrences });
        sites.len() as u32 - 1
    };
    for (word, _) in layout.words.iter_mut().zip(document.movable()).filter(|(_, movable)| **movable) {
        word.site = Some(add(Channel::Layout, word.span.clone(), vec!["-".into(), "+".into()]));
    }
    for _ in 0..pdf::STAMP_DIGITS {
        add(Channel::Stamp, 0..0, pdf::stamp_forms());
    }
    let count = sites.len();
    let marking = Marking { sites, fixed: vec![], layout: Some(layout) };
    (document.template(&marking).unwrap(), count)
}

#[divan::bench(threads = [1, 2])]
fn copies(bencher: divan::Bencher<'_, '_>) {
    let (template, sites) = sealed();
    bencher.counter(divan::counter::ItemsCount::new(1usize)).bench(|| {
        let mut out = Vec::new();
        template.write(&Choices(vec![1; sites]), &mut out).unwrap();
        out
    });
}

#[divan::bench]
fn the_original_again(bencher: divan::Bencher<'_, '_>) {
    let original = original();
    bencher.counter(divan::counter::ItemsCount::new(1usize)).bench(|| original.clone());
}

#[divan::bench]
fn sealing(bencher: divan::Bencher<'_, '_>) {
    bencher.bench(sealed);
}
