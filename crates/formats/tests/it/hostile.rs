//! Bad input: each is refused with its name and what to do, in bounded time.

use tellmark_formats::{Document, Error, Format, read_exhibit};

use crate::samples::{Packing, docx, word_xml};

const FORMATS: [Format; 7] =
    [Format::Text, Format::Markdown, Format::Html, Format::Docx, Format::Odt, Format::Eml, Format::Pdf];

#[test]
fn nothing_and_rubbish_are_refused_in_every_format() {
    let rubbish: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for format in FORMATS {
        for bytes in [&b""[..], b"  \n", &rubbish, b"\0\0\0\0", b"\xff\xfex\0y\0"] {
            let error = Document::parse(format, bytes).unwrap_err().to_string();
            assert!(!error.is_empty() && error.len() < 400, "{format}: {error}");
        }
    }
    assert!(matches!(read_exhibit("x", b""), Err(Error::Empty)));
    assert!(matches!(read_exhibit("x", b" \n\t"), Err(Error::NoText)));
    assert!(read_exhibit("x", &rubbish).unwrap_err().to_string().contains("binary"));
}

#[test]
fn foreign_files_are_called_by_their_name() {
    for (bytes, name) in [
        (&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"[..], "encrypted"),
        (b"\x89PNG\r\n", "PNG"),
        (b"{\\rtf1}", "RTF"),
        (b"\x1f\x8b\x08", "gzip"),
    ] {
        for file_name in ["x.docx", "x.txt", "x"] {
            assert!(Format::detect(file_name, bytes).unwrap_err().to_string().contains(name), "{name}");
            assert!(read_exhibit(file_name, bytes).unwrap_err().to_string().contains(name), "{name}");
        }
    }
    assert!(Format::detect("x.docx", b"plain").unwrap_err().to_string().contains("zip"));
    assert!(Format::detect("x.odt", b"plain").unwrap_err().to_string().contains("zip"));
    let flat = b"<?xml version=\"1.0\"?><office:document xmlns:office=\"x\"/>";
    assert!(Format::detect("x.fodt", flat).unwrap_err().to_string().contains("save it as ODT"));
}

#[test]
fn word_text_that_could_mean_something_else_is_refused() {
    let text = "<w:p><w:r><w:t>x</w:t></w:r></w:p>";
    for (xml, why) in [
        (
            word_xml(text).replacen(
                "<w:document",
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><w:document",
                1,
            ),
            "DOCTYPE",
        ),
        (word_xml("<w:p><w:r><w:t>&e;</w:t></w:r></w:p>"), "reference"),
        (word_xml("<w:p><w:r><w:t>&nbsp;</w:t></w:r></w:p>"), "reference"),
        (word_xml("<w:p><w:r><w:t>&#1;</w:t></w:r></w:p>"), "reference"),
        (word_xml("<w:p><w:r><w:t><![CDATA[x]]></w:t></w:r></w:p>"), "CDATA"),
        (word_xml("<w:p><w:r>"), "XML"),
        (word_xml(&("<w:x>".repeat(100_000) + &"</w:x>".repeat(100_000))), "depth"),
        (word_xml("<w:p/>"), "no text"),
    ] {
        let error = Document::parse(Format::Docx, &docx(&xml, Packing::Deflated)).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn large_and_deep_input_is_bounded() {
    let large = vec![b'a'; 17 << 20];
    for format in [Format::Text, Format::Markdown, Format::Html] {
        assert!(matches!(Document::parse(format, &large), Err(Error::Limit { .. })), "{format}");
    }
    assert!(matches!(read_exhibit("x", &large), Err(Error::Limit { .. })));
    assert!(matches!(read_exhibit("x", &vec![b'a'; (64 << 20) + 1]), Err(Error::Limit { .. })));
    assert!(matches!(
        Document::parse(Format::Html, "<div>".repeat(300).as_bytes()),
        Err(Error::Limit { .. })
    ));
}

/// Each of these would take minutes or overflow the stack if its cost grew with the square or with depth.
#[test]
fn repeated_pieces_take_linear_time() {
    for unit in [
        "<", "<a ", "<a \"", "&", "&#", "{", "{a|", "[", "![", "](", "`", "*", "_", "> ", "- ", "<!--",
        "<script>", "</", "|", "|-", "\\", "<li>", "<p>", "<b>x</b>", "www.", "a@", "=\r\n", "~~", "[^",
        "<x@", "\n> - ", "<code>", "<i></p>", "$", "\"",
    ] {
        let text = unit.repeat(40_000);
        for format in [Format::Text, Format::Markdown, Format::Html] {
            let _ = Document::parse(format, text.as_bytes());
        }
        let mail = format!("Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{text}");
        let _ = Document::parse(Format::Eml, mail.as_bytes());
        let _ = read_exhibit("x.eml", mail.as_bytes());
        let _ = read_exhibit("x", text.as_bytes());
    }
}

#[test]
fn nested_messages_are_bounded() {
    let mut mail = "Subject: x\r\n\r\nThe innermost text.\r\n".to_owned();
    for depth in 0..60 {
        mail = format!(
            "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\nContent-Type: message/rfc822\r\n\r\n{mail}\r\n--b{depth}--\r\n"
        );
    }
    let _ = read_exhibit("x.eml", mail.as_bytes());
    let _ = Document::parse(Format::Eml, mail.as_bytes());
}
