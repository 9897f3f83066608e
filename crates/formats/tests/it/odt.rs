//! OpenDocument texts: what is text, what a copy shows, what stays, what is refused.

use tellmark_core::BlockKind;
use tellmark_formats::{Document, Error, Format, read_exhibit};

use crate::samples::{
    ODT_KIND, Packing, container, copies, expected_text, marking, odt, odt_xml, odt_xml_with, parts,
};

fn body_of(bytes: &[u8]) -> String {
    let part = parts(bytes).into_iter().find(|(name, _)| name == "content.xml").unwrap();
    let xml = String::from_utf8(part.1).unwrap();
    let start = xml.find("<office:text>").unwrap() + 13;
    xml[start..xml.find("</office:text>").unwrap()].to_owned()
}

/// The body with the author's braces and the bodies of its two copies; other parts must not differ, and what
/// is read from a copy must be what it was made to show.
fn check(body: &str, first: &str, second: &str) {
    for packing in [Packing::Deflated, Packing::Stored] {
        let original = odt(&odt_xml(body), packing);
        let document = Document::parse(Format::Odt, &original).unwrap();
        let marking = marking(&document);
        for ((variant, made), expected) in (0..).zip(copies(Format::Odt, &original)).zip([first, second]) {
            assert_eq!(body_of(&made), expected, "{body}");
            for (old, new) in parts(&original).iter().zip(parts(&made)) {
                assert!(old.0 == new.0 && (old.1 == new.1 || old.0 == "content.xml"), "{}", old.0);
            }
            // What OpenDocument asks for: the first part says what it is, stored and without extra fields.
            assert_eq!(made[..38], original[..38]);
            assert_eq!(&made[38..38 + ODT_KIND.len()], ODT_KIND.as_bytes());
            let read = read_exhibit("leak", &made).unwrap();
            assert_eq!(read.format, Format::Odt);
            let shown = expected_text(&document, &marking, variant);
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&read.text), words(&shown), "{body}");
        }
    }
}

/// What stands in `middle` stays in both copies, beside a choice that differs.
fn check_stays(middle: &str) {
    let body = |met: &str| format!("<text:p>They {met} it{middle} there.</text:p>");
    check(&body("{saw|met}"), &body("saw"), &body("met"));
}

fn text_of(body: &str) -> String {
    Document::parse(Format::Odt, &odt(&odt_xml(body), Packing::Deflated)).unwrap().prose().text.clone()
}

#[test]
fn choices_are_found_where_spans_split_them() {
    check(
        "<text:p text:style-name=\"P1\">They {met|convened} at noon.</text:p>",
        "<text:p text:style-name=\"P1\">They met at noon.</text:p>",
        "<text:p text:style-name=\"P1\">They convened at noon.</text:p>",
    );
    check(
        "<text:p>They {m<text:span text:style-name=\"T1\">et|con</text:span><text:bookmark text:name=\"x\"/>vened} <text:a xlink:href=\"#{a|b}\">at {noon|midday}</text:a>.</text:p>",
        "<text:p>They met<text:span text:style-name=\"T1\"></text:span><text:bookmark text:name=\"x\"/> <text:a xlink:href=\"#{a|b}\">at noon</text:a>.</text:p>",
        "<text:p>They convened<text:span text:style-name=\"T1\"></text:span><text:bookmark text:name=\"x\"/> <text:a xlink:href=\"#{a|b}\">at midday</text:a>.</text:p>",
    );
}

#[test]
fn references_and_blanks_are_written_as_the_format_writes_them() {
    check(
        "<text:p>{A &amp; B|C &lt;D&gt; “é”} &#8217;s {x|y  z}</text:p>",
        "<text:p>A &amp; B &#8217;s x</text:p>",
        "<text:p>C &lt;D&gt; “é” &#8217;s y <text:s/>z</text:p>",
    );
}

#[test]
fn tabs_breaks_and_blanks_are_text_that_stays() {
    let body = "<text:p>a<text:tab/>b<text:line-break/>{c|d}<text:s text:c=\"3\"/>e<text:s></text:s>f<text:soft-page-break/>g</text:p>";
    assert_eq!(text_of(body).trim(), "a\tb\n{c|d}   e fg");
    check(body, &body.replace("{c|d}", "c"), &body.replace("{c|d}", "d"));
    let endless = "<text:p>a<text:s text:c=\"4000000000\"/>b<text:s text:c=\"-1\"/>c</text:p>";
    assert!(text_of(endless).len() < 100);
}

#[test]
fn what_is_computed_hidden_or_beside_the_text_stays() {
    for middle in [
        "<text:date text:date-value=\"2026-05-03\">{a|b}</text:date>",
        "<text:user-field-get text:name=\"x\">{a|b}</text:user-field-get>",
        "<text:bookmark-ref text:ref-name=\"x\">{a|b}</text:bookmark-ref>",
        "<loext:content-control loext:dropdown=\"true\">{a|b}</loext:content-control>",
        "<text:note text:id=\"ftn1\" text:note-class=\"footnote\"><text:note-citation>1</text:note-citation><text:note-body><text:p>{a|b}</text:p></text:note-body></text:note>",
        "<office:annotation office:name=\"c1\"><dc:creator>Ada</dc:creator><text:p>{a|b}</text:p></office:annotation><office:annotation-end office:name=\"c1\"/>",
        "<draw:frame><draw:text-box><text:p>{a|b}</text:p></draw:text-box></draw:frame>",
        "<draw:frame><draw:image/><svg:title>{a|b}</svg:title></draw:frame>",
        "<text:ruby><text:ruby-base>x</text:ruby-base><text:ruby-text>{a|b}</text:ruby-text></text:ruby>",
        "<text:hidden-text text:condition=\"ooow:1\" text:string-value=\"x\">{a|b}</text:hidden-text>",
        "<!-- {a|b} -->",
    ] {
        check_stays(middle);
    }
    let around = |met: &str| {
        format!(
            "<text:tracked-changes><text:changed-region text:id=\"c\"><text:deletion><text:p>{{a|b}}</text:p></text:deletion></text:changed-region></text:tracked-changes>\
             <text:sequence-decls><text:sequence-decl text:name=\"x\"/></text:sequence-decls>\
             <text:table-of-content><text:index-body><text:p>{{a|b}}</text:p></text:index-body></text:table-of-content>\
             <text:section text:display=\"none\"><text:p>{{a|b}}</text:p></text:section>\
             <text:p>They <text:change-start text:change-id=\"d\"/>{met}<text:change-end text:change-id=\"d\"/><text:change text:change-id=\"c\"/> at noon.</text:p>"
        )
    };
    check(&around("{met|convened}"), &around("met"), &around("convened"));
    assert!(text_of(&around("met")).starts_with("{a|b}"), "an index is text, and fixed");
}

#[test]
fn text_in_a_hidden_style_stays() {
    let styles = "<style:style style:name=\"T1\" style:family=\"text\"><style:text-properties text:display=\"none\"/></style:style>\
                  <style:style style:name=\"T2\" style:family=\"text\"><style:text-properties fo:font-weight=\"bold\"/></style:style>";
    let body = "<text:p>x<text:span text:style-name=\"T1\">hid<text:span>den</text:span></text:span><text:span text:style-name=\"T2\">y</text:span></text:p>";
    let document = odt(&odt_xml_with(styles, body), Packing::Deflated);
    assert_eq!(Document::parse(Format::Odt, &document).unwrap().prose().text.trim(), "xy");
}

#[test]
fn styles_and_places_tell_what_a_paragraph_is() {
    let styles = "<style:style style:name=\"P1\" style:family=\"paragraph\" style:parent-style-name=\"Quotations\"/>\
                  <style:style style:name=\"P2\" style:family=\"paragraph\" style:parent-style-name=\"P3\"/>\
                  <style:style style:name=\"P3\" style:family=\"paragraph\" style:parent-style-name=\"P2\"/>";
    let styled = |style: &str| format!("<text:p text:style-name=\"{style}\">x</text:p>");
    let body: String = ["P1", "P2", "Title", "Preformatted_20_Text", "Text_20_body"].map(styled).concat()
        + "<text:h text:outline-level=\"1\">x</text:h><text:list><text:list-item><text:p>x</text:p></text:list-item></text:list>\
           <table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>";
    let document = odt(&odt_xml_with(styles, &body), Packing::Deflated);
    let document = Document::parse(Format::Odt, &document).unwrap();
    let kinds: Vec<BlockKind> = document.prose().blocks.iter().map(|block| block.kind).collect();
    use BlockKind::{Cell, Code, Heading, Item, Paragraph, Quote};
    assert_eq!(kinds, [Quote, Paragraph, Heading, Code, Paragraph, Heading, Item, Cell]);
}

#[test]
fn what_a_file_is_stands_in_its_bytes() {
    let document = odt(&odt_xml("<text:p>x</text:p>"), Packing::Deflated);
    for name in ["x.odt", "x.docx", "x"] {
        assert_eq!(Format::detect(name, &document), Ok(Format::Odt));
    }
    // Packed anew by a program that leaves out what it is.
    let bare = container(&[("content.xml", odt_xml("<text:p>x</text:p>").as_bytes())], Packing::Deflated);
    assert_eq!(Format::detect("x", &bare), Ok(Format::Odt));
    for kind in ["application/vnd.oasis.opendocument.spreadsheet", "application/epub+zip"] {
        let other = container(&[("mimetype", kind.as_bytes()), ("content.xml", b"<a/>")], Packing::Stored);
        assert!(matches!(Format::detect("x.odt", &other), Err(Error::Unknown(_))), "{kind}");
        assert!(matches!(read_exhibit("x.odt", &other), Err(Error::Unknown(_))), "{kind}");
    }
}

#[test]
fn sealed_damaged_and_hostile_files_are_refused_by_name() {
    let refusal = |bytes: &[u8]| Document::parse(Format::Odt, bytes).unwrap_err().to_string();
    let text = odt_xml("<text:p>x</text:p>");
    let with = |name: &str, content: &str| {
        container(&[("content.xml", text.as_bytes()), (name, content.as_bytes())], Packing::Deflated)
    };
    assert!(refusal(&with("META-INF/documentsignatures.xml", "x")).contains("signed"));
    let manifest = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>";
    assert!(refusal(&with("META-INF/manifest.xml", manifest)).contains("encrypted"));
    assert!(refusal(&with("encrypted-package", "x")).contains("encrypted"));
    assert!(refusal(&container(&[("x", b"y")], Packing::Stored)).contains("no OpenDocument text"));
    let whole = odt(&text, Packing::Deflated);
    assert!(refusal(&whole[..whole.len() / 2]).contains("ODT is damaged"));
    for (xml, why) in [
        (odt_xml("<text:p>&e;</text:p>"), "reference"),
        (odt_xml("<text:p><![CDATA[x]]></text:p>"), "CDATA"),
        (odt_xml("<text:p>x"), "ODT is damaged"),
        (odt_xml(&("<text:span>".repeat(10_000) + &"</text:span>".repeat(10_000))), "depth"),
        (odt_xml("<text:p/>"), "no text"),
        (format!("<!DOCTYPE x [<!ENTITY e \"y\">]>{text}"), "DOCTYPE"),
    ] {
        let error = refusal(&odt(&xml, Packing::Deflated));
        assert!(error.contains(why), "{why}: {error}");
    }
    let blanks = " ".repeat(20 << 20);
    assert!(refusal(&odt(&blanks, Packing::Deflated)).contains("limit"));
}

#[test]
fn damaged_bytes_never_panic_and_never_pass_as_another_text() {
    let whole = odt(&odt_xml("<text:p>They {met|convened} at noon.</text:p>"), Packing::Deflated);
    let text = Document::parse(Format::Odt, &whole).unwrap().prose().text.clone();
    for at in 0..whole.len() {
        for flip in [1, 0x80, 0xff] {
            let mut mutant = whole.clone();
            mutant[at] ^= flip;
            if let Ok(document) = Document::parse(Format::Odt, &mutant) {
                assert_eq!(document.prose().text, text, "byte {at}");
            }
        }
    }
}

#[test]
fn what_everybody_gets_beside_the_text_is_told() {
    let notes = |body: &str| {
        Document::parse(Format::Odt, &odt(&odt_xml(body), Packing::Deflated)).unwrap().notes().join("\n")
    };
    let text = "<text:p>They met.</text:p>";
    // The sample's own header has a variant.
    assert!(
        notes(text).starts_with("variants in braces stand in a header or footer,")
            && notes(text).lines().count() == 1
    );
    for (more, expected) in [
        (
            "<text:p><office:annotation><text:p>No.</text:p></office:annotation></text:p>",
            "the document has 1 comment, which every",
        ),
        (
            "<text:tracked-changes><text:changed-region/><text:changed-region/></text:tracked-changes>",
            "has 2 tracked changes:",
        ),
        (
            "<text:p><text:note><text:note-body><text:p>{a|b}</text:p></text:note-body></text:note></text:p>",
            "1 footnote or endnote carries no mark",
        ),
        (
            "<text:p><draw:frame><draw:text-box><text:p>x</text:p></draw:text-box></draw:frame></text:p>",
            "1 text box carries no mark",
        ),
        (
            "<text:p><text:note><text:note-body><text:p>{a|b}</text:p></text:note-body></text:note></text:p>",
            "and in a note, a comment",
        ),
    ] {
        let said = notes(&(text.to_owned() + more));
        assert!(said.contains(expected), "{said}");
    }
}
