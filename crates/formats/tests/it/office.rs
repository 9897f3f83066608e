//! Sealed Word and OpenDocument documents as other programs read them. `./test` installs these programs; without them the
//! tests fail, they never skip.

use std::path::{Path, PathBuf};
use std::process::Command;

use tellmark_core::{CopyId, Recipient};
use tellmark_formats::{Document, Format, VisibleLine};

use crate::samples::{Packing, choices, copy, docx, marking, odt, odt_xml, word_xml};

const BODY: &str = "<w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>Record {of|about} the talks</w:t></w:r></w:p>\
    <w:p><w:r><w:t>They {m</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>et|convened}</w:t></w:r><w:r><w:t xml:space=\"preserve\"> at noon &amp; agreed{| at once}.</w:t></w:r></w:p>\
    <w:p><w:r><w:t>{|Then }both</w:t></w:r><w:r><w:t xml:space=\"preserve\"> {A &amp; B|C &lt;D&gt;} left</w:t><w:tab/><w:t>Bern.</w:t></w:r></w:p>";
const ODT_BODY: &str = "<text:h text:outline-level=\"1\">Record {of|about} the talks</text:h>\
    <text:p>They {m<text:span>et|convened}</text:span> at noon &amp; agreed{| at once}.</text:p>\
    <text:p>{|Then }both {A &amp; B|C &lt;D&gt;} left<text:tab/>Bern.</text:p>";
const SHOWN: [[&str; 3]; 2] = [
    ["Record of the talks", "They met at noon & agreed.", "both A & B left\tBern."],
    ["Record about the talks", "They convened at noon & agreed at once.", "Then both C <D> left\tBern."],
];

fn sealed(folder: &Path, format: Format, packing: Packing) -> Vec<PathBuf> {
    let original = match format {
        Format::Odt => odt(&odt_xml(ODT_BODY), packing),
        _ => docx(&word_xml(BODY), packing),
    };
    let document = Document::parse(format, &original).unwrap();
    let marking = marking(&document);
    (0..2)
        .map(|variant| {
            let path = folder.join(format!("copy-{variant}-{packing:?}.{format}"));
            std::fs::write(&path, copy(&document, &marking, variant)).unwrap();
            path
        })
        .collect()
}

/// The text of documents as LibreOffice writes it, beside the documents.
fn libreoffice(folder: &Path, documents: &[PathBuf]) -> Vec<String> {
    let output = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}/profile", folder.display()))
        .args(["--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir"])
        .arg(folder)
        .args(documents)
        .output();
    let output = output.unwrap_or_else(|e| panic!("soffice is missing; ./test installs it: {e}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |path: &PathBuf| std::fs::read_to_string(path.with_extension("txt")).unwrap();
    documents.iter().map(|path| text(path).trim_start_matches('\u{feff}').to_owned()).collect()
}

#[test]
fn libreoffice_shows_what_was_sealed() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Docx, Format::Odt] {
        for packing in [Packing::Deflated, Packing::Stored] {
            let copies = sealed(folder.path(), format, packing);
            for (text, shown) in libreoffice(folder.path(), &copies).iter().zip(SHOWN) {
                assert_eq!(text.lines().collect::<Vec<_>>(), shown, "{format}");
            }
        }
    }
}

/// A document that LibreOffice wrote itself, from a page of ours, with what its own files hold beside the text.
#[test]
fn libreoffice_shows_the_same_of_a_sealed_document_of_its_own() {
    const PAGE: &str = "<html><body><h1>Record {of|about} the talks</h1><p>They <b>{met|con</b>vened} at&nbsp; noon &amp; <a href=\"http://x.example/\">agreed</a>{| at once}.</p>\
        <table><tr><td>{one|1}</td><td>two</td></tr></table><ul><li>first {item|point}</li></ul><p>end</p></body></html>";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), PAGE).unwrap();
    for (format, filter) in [(Format::Odt, "odt:writer8"), (Format::Docx, "docx:MS Word 2007 XML")] {
        let output = Command::new("soffice")
            .arg(format!("-env:UserInstallation=file://{}/profile", folder.path().display()))
            .args(["--headless", "--infilter=HTML (StarWriter)", "--convert-to", filter, "--outdir"])
            .arg(folder.path())
            .arg(folder.path().join("page.html"))
            .output();
        let output = output.unwrap_or_else(|e| panic!("soffice is missing; ./test installs it: {e}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let original = std::fs::read(folder.path().join(format!("page.{format}"))).unwrap();
        let document = Document::parse(format, &original).unwrap();
        let marking = marking(&document);
        assert_eq!(marking.sites.len(), 5, "{format}: {:?}", document.prose().text);
        let line = VisibleLine::parse("Copy {id} · {name}").unwrap();
        let template = document.template_with(&marking, Some(&line)).unwrap();
        let holder = Recipient {
            id: CopyId::parse("r17").unwrap(),
            name: "Ада & Co".into(),
            email: String::new(),
            group: String::new(),
        };
        let paths: Vec<PathBuf> = (0..2)
            .map(|variant| {
                let mut bytes = Vec::new();
                template.write_for(&choices(&marking, variant), &holder, &mut bytes).unwrap();
                let path = folder.path().join(format!("own-{variant}.{format}"));
                std::fs::write(&path, bytes).unwrap();
                path
            })
            .collect();
        let shown = libreoffice(folder.path(), &paths);
        for (text, words) in shown.iter().zip([
            "Record of the talks They met at noon & agreed. one two first item end Copy r17 · Ада & Co",
            "Record about the talks They convened at noon & agreed at once. 1 two first point end Copy r17 · Ада & Co",
        ]) {
            let seen = text.split_whitespace().filter(|word| *word != "•");
            assert_eq!(seen.collect::<Vec<_>>().join(" "), words, "{format}");
        }
    }
}

/// The interpreter that has this package: the system's, or the one that `./test` made.
pub fn python(package: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python");
    let imports = |python: &Path| {
        Command::new(python)
            .args(["-c", &format!("import {package}")])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let found = [own, PathBuf::from("python3")].into_iter().find(|python| imports(python));
    found.unwrap_or_else(|| panic!("{package} is missing; ./test installs it into target/python"))
}

#[test]
fn python_docx_reads_what_was_sealed() {
    const SCRIPT: &str = "import docx, json, sys\nprint(json.dumps([[p.text for p in docx.Document(f).paragraphs] for f in sys.argv[1:]]))";
    let folder = tempfile::tempdir().unwrap();
    let copies = sealed(folder.path(), Format::Docx, Packing::Deflated);
    let output = Command::new(python("docx")).args(["-c", SCRIPT]).args(&copies).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read, SHOWN);
}
