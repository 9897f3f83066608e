//! Containers: which are taken as they are, and which are refused.

use tellmark_formats::{Document, Error, Format};

use crate::samples::{Packing, container, copies, docx, parts, word_xml};

fn sample() -> Vec<u8> {
    docx(&word_xml("<w:p><w:r><w:t>They {met|convened} at noon.</w:t></w:r></w:p>"), Packing::Deflated)
}

fn refusal(bytes: &[u8]) -> String {
    Document::parse(Format::Docx, bytes).unwrap_err().to_string()
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

fn directory(bytes: &[u8]) -> usize {
    find(bytes, b"PK\x01\x02")
}

/// An entry written by hand, so that every field can be what no library writes.
struct Raw {
    name: &'static [u8],
    extra: Vec<u8>,
    descriptor: bool,
    content: Vec<u8>,
}

fn by_hand(entries: &[Raw], comment: &[u8]) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = out.len() as u32;
        let crc = crc32fast::hash(&entry.content).to_le_bytes();
        let size = (entry.content.len() as u32).to_le_bytes();
        let numbers = [crc, size, size].concat();
        let flags = if entry.descriptor { [8, 0] } else { [0, 0] };
        let known = if entry.descriptor { vec![0; 12] } else { numbers.clone() };
        let name_length = (entry.name.len() as u16).to_le_bytes();
        let extra_length = (entry.extra.len() as u16).to_le_bytes();
        let mut fields = [&[10, 0], &flags[..], &[0, 0, 0, 0, 0, 0]].concat();
        out.extend([b"PK\x03\x04", &fields[..], &known, &name_length, &extra_length].concat());
        out.extend([entry.name, &entry.extra, &entry.content].concat());
        if entry.descriptor {
            out.extend([b"PK\x07\x08", &numbers[..]].concat());
        }
        fields.splice(0..0, [20, 0]);
        central.extend([b"PK\x01\x02", &fields[..], &numbers, &name_length, &[0; 12]].concat());
        central.extend([&offset.to_le_bytes(), entry.name].concat());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let place = [(central.len() as u32).to_le_bytes(), (out.len() as u32).to_le_bytes()].concat();
    out.extend(central);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &place].concat());
    out.extend([&(comment.len() as u16).to_le_bytes(), comment].concat());
    out
}

fn text_part() -> Raw {
    let xml = word_xml("<w:p><w:r><w:t>They {met|convened} at noon.</w:t></w:r></w:p>");
    Raw { name: b"word/document.xml", extra: vec![], descriptor: false, content: xml.into_bytes() }
}

fn other_part() -> Raw {
    Raw { name: b"word/a.bin", extra: vec![0x55, 0x54, 2, 0, 1, 2], descriptor: true, content: vec![7; 300] }
}

#[test]
fn descriptors_extra_fields_and_comments_are_kept() {
    let text = || Raw { extra: vec![0xfe, 0xca, 1, 0, 9], descriptor: true, ..text_part() };
    for entries in [
        vec![other_part(), text()],
        vec![text(), other_part()],
        vec![other_part(), text(), Raw { name: b"z", ..other_part() }],
    ] {
        let original = by_hand(&entries, b"a comment");
        for made in copies(Format::Docx, &original) {
            let seen = parts(&made);
            assert_eq!(seen.len(), entries.len());
            for (entry, (name, content)) in entries.iter().zip(seen) {
                assert_eq!(entry.name, name.as_bytes());
                assert!(entry.content == content || entry.name == b"word/document.xml");
            }
            assert!(made.ends_with(b"a comment"));
            assert!(
                made.windows(6).any(|window| window == [0x55, 0x54, 2, 0, 1, 2])
                    && find(&made, &[0xfe, 0xca, 1, 0, 9]) > 0
            );
            // A copy is itself a container that can be taken apart.
            assert!(Document::parse(Format::Docx, &made).is_ok());
        }
    }
}

#[test]
fn the_text_may_have_another_name() {
    let relations = br#"<Relationships><Relationship Type="http://x/officeDocument" Target="/word/document2.xml"/></Relationships>"#;
    let xml = word_xml("<w:p><w:r><w:t>They {met|convened}.</w:t></w:r></w:p>");
    let made =
        container(&[("_rels/.rels", relations), ("word/document2.xml", xml.as_bytes())], Packing::Deflated);
    assert!(copies(Format::Docx, &made)[1] != made);
}

#[test]
fn truncated_files_are_refused_wherever_they_end() {
    let whole = sample();
    for end in 0..whole.len() {
        let error = Document::parse(Format::Docx, &whole[..end]).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{end}: {error}");
    }
}

#[test]
fn damaged_bytes_never_panic_and_never_pass_as_another_text() {
    let whole = sample();
    let text = Document::parse(Format::Docx, &whole).unwrap().prose().text.clone();
    for at in 0..whole.len() {
        for flip in [1, 0x80, 0xff] {
            let mut mutant = whole.clone();
            mutant[at] ^= flip;
            if let Ok(document) = Document::parse(Format::Docx, &mutant) {
                assert_eq!(document.prose().text, text, "byte {at}");
            }
        }
    }
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../x", "/etc/x", "a/../../x", "a\\b", "C:/x", "..", "x/..", "a\0b"] {
        let name: &'static [u8] = name.as_bytes();
        let error = refusal(&by_hand(&[text_part(), Raw { name, ..other_part() }], b""));
        assert!(error.contains("path out of its folder"), "{name:?}: {error}");
    }
    for twice in [&b"word/document.xml"[..], b"WORD/Document.xml"] {
        assert!(
            refusal(&by_hand(&[text_part(), Raw { name: twice, ..other_part() }], b"")).contains("twice")
        );
    }
    assert!(
        refusal(&by_hand(&[text_part(), Raw { name: b"\xff\xfe", ..other_part() }], b""))
            .contains("encoding")
    );
}

#[test]
fn zip64_encryption_and_pieces_are_refused_by_name() {
    let patched = |at: usize, with: &[u8]| {
        let mut bytes = sample();
        let at = if at >= 1000 { bytes.len() - 22 + at - 1000 } else { directory(&bytes) + at };
        bytes[at..at + with.len()].copy_from_slice(with);
        refusal(&bytes)
    };
    assert!(patched(8, &[1]).contains("encrypted"));
    assert!(patched(20, &[0xff; 4]).contains("ZIP64"));
    assert!(patched(24, &[0xff; 4]).contains("ZIP64"));
    assert!(patched(42, &[0xff; 4]).contains("ZIP64"));
    assert!(patched(1016, &[0xff; 4]).contains("ZIP64"));
    assert!(patched(1004, &[1]).contains("pieces"));
    assert!(patched(10, &[12]).contains("disagree"));
    let extra = vec![1, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(refusal(&by_hand(&[Raw { extra, ..text_part() }], b"")).contains("ZIP64"));
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    // A part of 300 MB of blanks in 300 kB.
    let blanks = vec![b' '; 20 << 20];
    let one = container(&[("word/document.xml", &blanks)], Packing::Deflated);
    assert!(refusal(&one).contains("limit"));
    let many: Vec<(String, &[u8])> = (0..14).map(|i| (format!("{i}"), &blanks[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    assert!(refusal(&container(&many, Packing::Deflated)).contains("unpacks"));
    // One that says it is smaller than it is.
    let mut lying = one.clone();
    let record = directory(&lying);
    lying[record + 24..record + 28].copy_from_slice(&1000u32.to_le_bytes());
    assert!(refusal(&lying).contains("checksum"));
}

#[test]
fn overlapping_and_quoted_parts_are_refused() {
    // Both records lead to the same bytes.
    let mut bytes = by_hand(&[text_part(), Raw { name: b"word/document.xm2", ..text_part() }], b"");
    let second = directory(&bytes) + 46 + 17;
    let name = bytes[46 + second..second + 46 + 17].to_vec();
    assert_eq!(name, b"word/document.xm2");
    bytes[second + 42..second + 46].copy_from_slice(&0u32.to_le_bytes());
    assert!(refusal(&bytes).contains("disagree"));
    // A part that quotes the local header of the next one as its own data.
    let inner = by_hand(&[text_part()], b"");
    let header = &inner[..directory(&inner)];
    let outer = Raw { name: b"outer", extra: vec![], descriptor: false, content: header.to_vec() };
    let mut quoted = by_hand(&[outer, text_part()], b"");
    let second = directory(&quoted) + 46 + 5;
    quoted[second + 42..second + 46].copy_from_slice(&35u32.to_le_bytes());
    assert!(refusal(&quoted).contains("overlap"));
}

#[test]
fn too_many_parts_are_refused() {
    let names: Vec<String> = (0..10_001).map(|i| i.to_string()).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(refusal(&container(&parts, Packing::Stored)).contains("number of parts"));
}

#[test]
fn what_is_no_word_document_says_so() {
    assert!(refusal(&container(&[("x", b"y")], Packing::Stored)).contains("no Word document"));
    let signed =
        container(&[("word/document.xml", b"<a/>"), ("_xmlsignatures/sig1.xml", b"x")], Packing::Stored);
    assert!(refusal(&signed).contains("signed"));
}
