//! Sealed Word and OpenDocument documents as other programs read them. `./test` installs these programs; without them the
//! tests fail, they never skip.

use std::path::{Path, PathBuf};
use std::process::Command;

use tellmark_formats::{Document, Format};

use crate::samples::{Packing, copy, docx, marking, odt, odt_xml, word_xml};

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
