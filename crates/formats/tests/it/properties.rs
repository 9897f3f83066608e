//! What must hold for any text.

use proptest::prelude::*;
use tellmark_formats::{Document, Format, read_exhibit};

use crate::samples::{Packing, copy, docx, expected_text, marking, odt, odt_xml, word_xml};

/// Words with choices among them, as an author could write them, and characters that formats take for markup.
fn pieces() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        "[a-z]{1,9}",
        Just("{met|convened}".to_owned()),
        Just("{|then }".to_owned()),
        Just("{A & B|<é>|“c”}".to_owned()),
        Just("don’t".to_owned()),
        Just("&".to_owned()),
        Just("<".to_owned()),
        Just("=".to_owned()),
        Just("\n\n".to_owned()),
        Just("😀".to_owned()),
        Just("\u{a0}".to_owned()),
        Just(".".to_owned()),
    ];
    prop::collection::vec(word, 3..60)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Reading a copy shows the text with the variants that were chosen, and the copy of the original's variants
/// differs from the original in the braces alone.
fn round_trip(format: Format, name: &str, bytes: &[u8]) {
    let Ok(document) = Document::parse(format, bytes) else { return };
    let marking = marking(&document);
    for variant in 0..3 {
        let made = copy(&document, &marking, variant);
        let again = Document::parse(format, &made);
        let expected = expected_text(&document, &marking, variant);
        if let Ok(again) = again {
            assert_eq!(words(&again.prose().text), words(&expected), "{}", String::from_utf8_lossy(&made));
        }
        let read = read_exhibit(name, &made).map(|exhibit| exhibit.text).unwrap_or_default();
        if format != Format::Markdown || !read.contains('<') {
            assert_eq!(words(&read), words(&expected), "{}", String::from_utf8_lossy(&made));
        }
    }
    // The text in a container is packed anew.
    if marking.sites.is_empty() && !matches!(format, Format::Docx | Format::Odt) {
        assert_eq!(copy(&document, &marking, 0), bytes);
    }
}

fn mail(body: &str, encoding: &str, kind: &str) -> Vec<u8> {
    format!(
        "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for line in text.split_inclusive("\r\n") {
        for byte in line.trim_end_matches("\r\n").bytes() {
            let unit = match byte {
                b'=' | b' ' if byte == b'=' || length > 60 => format!("={byte:02X}"),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => format!("={byte:02X}"),
            };
            if length + unit.len() > 75 {
                out.push_str("=\r\n");
                length = 0;
            }
            length += unit.len();
            out.push_str(&unit);
        }
        if line.ends_with("\r\n") {
            out.push_str("\r\n");
            length = 0;
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn text_goes_there_and_back(pieces in pieces()) {
        round_trip(Format::Text, "x.txt", pieces.join(" ").as_bytes());
    }

    #[test]
    fn html_goes_there_and_back(pieces in pieces()) {
        let paragraphs = pieces.join(" ");
        let html: String = paragraphs.split("\n\n").map(|p| format!("<p>{}</p>\n", escaped(p))).collect();
        round_trip(Format::Html, "x.html", html.as_bytes());
    }

    #[test]
    fn docx_goes_there_and_back_however_runs_are_split(pieces in pieces(), every in 1usize..7) {
        let paragraph = |text: &str| {
            let letters: Vec<char> = text.chars().collect();
            let runs: String = letters
                .chunks(every)
                .map(|run| format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(&run.iter().collect::<String>())))
                .collect();
            format!("<w:p>{runs}</w:p>")
        };
        let body: String = pieces.join(" ").split("\n\n").map(paragraph).collect();
        round_trip(Format::Docx, "x.docx", &docx(&word_xml(&body), Packing::Deflated));
    }

    #[test]
    fn odt_goes_there_and_back_however_spans_split_it(pieces in pieces(), every in 1usize..7) {
        let paragraph = |text: &str| {
            let letters: Vec<char> = text.chars().collect();
            let spans: String = letters
                .chunks(every)
                .map(|span| format!("<text:span>{}</text:span>", escaped(&span.iter().collect::<String>())))
                .collect();
            format!("<text:p>{spans}</text:p>")
        };
        let body: String = pieces.join(" ").split("\n\n").map(paragraph).collect();
        round_trip(Format::Odt, "x.odt", &odt(&odt_xml(&body), Packing::Deflated));
    }

    #[test]
    fn mail_goes_there_and_back_in_every_encoding(pieces in pieces()) {
        use base64::Engine;
        let text = pieces.join(" ").replace('\n', "\r\n");
        round_trip(Format::Eml, "x.eml", &mail(&text, "8bit", "plain"));
        round_trip(Format::Eml, "x.eml", &mail(&quoted_printable(&text), "quoted-printable", "plain"));
        let html = format!("<p>{}", escaped(&text));
        round_trip(Format::Eml, "x.eml", &mail(&quoted_printable(&html), "quoted-printable", "html"));
        let packed = base64::engine::general_purpose::STANDARD.encode(&text);
        let lines: Vec<&str> = packed.as_bytes().chunks(76).map(|l| std::str::from_utf8(l).unwrap()).collect();
        round_trip(Format::Eml, "x.eml", &mail(&lines.join("\r\n"), "base64", "plain"));
    }

    #[test]
    fn any_text_without_a_site_stays(text in "\\PC{0,200}") {
        for format in [Format::Text, Format::Markdown, Format::Html] {
            if let Ok(document) = Document::parse(format, text.as_bytes()) {
                prop_assert_eq!(copy(&document, &Default::default(), 0), text.as_bytes());
            }
        }
    }
}
