//! Word and OpenDocument texts that are attached: everybody gets a file of their own, and it is theirs.

use std::collections::BTreeSet;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tellmark_app::copies;
use tellmark_formats::{draft, read_exhibit};

use crate::office::{MARK_ALL, MARK_NONE, Office, THREE, text};
use crate::sink::Sink;

/// A zip file of these parts, as they are.
fn container(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in parts {
        writer.start_file(*name, stored).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A Word document of these paragraphs.
fn docx(paragraphs: &str) -> Vec<u8> {
    let body: String =
        paragraphs.lines().map(|line| format!("<w:p><w:r><w:t>{line}</w:t></w:r></w:p>")).collect();
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    let text = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}<w:sectPr/></w:body></w:document>"
    );
    container(&[("[Content_Types].xml", types), ("_rels/.rels", relations), ("word/document.xml", &text)])
}

/// An OpenDocument text of these paragraphs.
fn odt(paragraphs: &str) -> Vec<u8> {
    let body: String = paragraphs.lines().map(|line| format!("<text:p>{line}</text:p>")).collect();
    let text = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    container(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", &text)])
}

/// A message with a line of text and these files.
fn with_attached(files: &[(&str, Vec<u8>)]) -> String {
    let part = |(name, content): &(&str, Vec<u8>)| {
        let packed = STANDARD.encode(content);
        let packed: Vec<&str> =
            packed.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!(
            "--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            packed.join("\r\n")
        )
    };
    let parts: String = files.iter().map(part).collect();
    format!(
        "From: ada@office.example\r\nTo: bo@n.example\r\nSubject: Record\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nAttached.\r\n{parts}--b--\r\n"
    )
}

#[test]
fn attached_word_and_opendocument_texts_are_everybodys_own() {
    let (office, sink) = (Office::open(41), Sink::start());
    let relay = office.relay(&sink, "", MARK_ALL);
    let files = [("minutes.docx", docx(&text(1, 60))), ("annex.odt", odt(&text(2, 60)))];
    let answer = relay.send("ada@office.example", &THREE, &with_attached(&files));
    assert!(answer.starts_with("250"), "{answer}");
    let taken = sink.wait(3);
    relay.end();
    let to: BTreeSet<&str> = taken.iter().map(|one| one.to.as_str()).collect();
    assert_eq!(to, BTreeSet::from(THREE));
    let vault = office.vault();
    let releases = office.run(vault.store.releases()).unwrap();
    let names: BTreeSet<&str> = releases.iter().map(|release| release.file_name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["annex.odt", "minutes.docx"]), "the text is the same for all");
    for (name, original) in &files {
        let release = releases.iter().find(|release| release.file_name == *name).unwrap();
        let mut shown = BTreeSet::new();
        for one in &taken {
            let file = draft::attached(one.message.as_bytes(), name).unwrap();
            assert!(file != *original && one.message.contains("\r\n\r\nAttached.\r\n"), "{}", one.to);
            // It reads as a file of its kind, with the author's choices made.
            let read = read_exhibit(name, &file).unwrap().text;
            assert!(read.contains("In point 1 of case") && !read.contains('{'), "{read}");
            shown.insert(read);
            // It is byte for byte the copy of the recipient to whom it went, and names nobody else when it leaks.
            let copy = one.to.replace('@', "_");
            let again = office.run(copies::again(&vault, &release.id.to_string(), &copy, 1_780_000_000));
            assert!(again.unwrap() == file, "{name} of {}", one.to);
            let finding = office.trace_file(name, &file);
            let named: Vec<&str> = finding.named.iter().map(|named| named.copy.as_str()).collect();
            assert_eq!(named, [copy], "{name} of {}", one.to);
        }
        assert_eq!(shown.len(), 3, "{name}: no two are alike");
    }
}

#[test]
fn a_message_carries_so_many_documents_and_no_more() {
    let (office, sink) = (Office::open(42), Sink::start());
    let relay = office.relay(&sink, "", MARK_ALL);
    let file = docx(&text(1, 60));
    let names: Vec<String> = (1..=21).map(|n| format!("part-{n}.docx")).collect();
    let files: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), file.clone())).collect();
    let answer = relay.send("ada@office.example", &THREE, &with_attached(&files));
    let answer = answer.replace("\r\n550-5.7.1 ", " ").replace("\r\n550 5.7.1 ", " ");
    assert!(answer.starts_with("550"), "{answer}");
    assert!(answer.contains("21 documents are attached, and at most 20 are marked"), "{answer}");
    relay.end();
    let two = format!("{MARK_ALL}[limits]\ndocuments = 2\n");
    let relay = office.relay(&sink, "", &two);
    assert!(relay.send("ada@office.example", &THREE, &with_attached(&files[..3])).starts_with("550"));
    assert!(relay.send("ada@office.example", &THREE, &with_attached(&files[..2])).starts_with("250"));
    sink.wait(3);
    relay.end();
    // What is not marked is no work.
    let relay = office.relay(&sink, "", &format!("{MARK_NONE}[limits]\ndocuments = 2\n"));
    assert!(relay.send("ada@office.example", &["bo@n.example"], &with_attached(&files)).starts_with("250"));
    sink.wait(4);
}
