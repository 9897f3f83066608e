//! Word documents: what is text, what a copy shows, what stays.

use tellmark_core::BlockKind;
use tellmark_formats::{Document, Format, read_exhibit};

use crate::samples::{
    Packing, container, copies, copy, docx, expected_text, marking, marking_of, parts, word_xml,
};

fn body_of(bytes: &[u8]) -> String {
    let part = parts(bytes).into_iter().find(|(name, _)| name == "word/document.xml").unwrap();
    let xml = String::from_utf8(part.1).unwrap();
    let start = xml.find("<w:body>").unwrap() + 8;
    xml[start..xml.find("<w:sectPr/>").unwrap()].to_owned()
}

/// The body with the author's braces and the bodies of its two copies; other parts must not differ, and what
/// is read from a copy must be what it was made to show.
fn check(body: &str, first: &str, second: &str) {
    for packing in [Packing::Deflated, Packing::Stored] {
        let original = docx(&word_xml(body), packing);
        let document = Document::parse(Format::Docx, &original).unwrap();
        let marking = marking(&document);
        for ((variant, made), expected) in (0..).zip(copies(Format::Docx, &original)).zip([first, second]) {
            assert_eq!(body_of(&made), expected, "{body}");
            for (old, new) in parts(&original).iter().zip(parts(&made)) {
                assert!(old.0 == new.0 && (old.1 == new.1 || old.0 == "word/document.xml"), "{}", old.0);
            }
            let read = read_exhibit("leak", &made).unwrap().text;
            let shown = expected_text(&document, &marking, variant);
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&read), words(&shown), "{body}");
        }
    }
}

fn text_of(body: &str) -> String {
    Document::parse(Format::Docx, &docx(&word_xml(body), Packing::Deflated)).unwrap().prose().text.clone()
}

#[test]
fn choices_are_found_where_runs_split_them() {
    check(
        "<w:p><w:r><w:t>They {met|convened} at noon.</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>They met at noon.</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>They convened at noon.</w:t></w:r></w:p>",
    );
    check(
        "<w:p><w:r><w:t>They {m</w:t></w:r><w:proofErr w:type=\"x\"/><w:bookmarkStart w:id=\"1\"/><w:r><w:rPr><w:b/></w:rPr><w:t>et|con</w:t></w:r><w:ins><w:r><w:t>vened}</w:t></w:r></w:ins><w:r><w:t xml:space=\"preserve\"> at noon.</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>They met</w:t></w:r><w:proofErr w:type=\"x\"/><w:bookmarkStart w:id=\"1\"/><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\"></w:t></w:r><w:ins><w:r><w:t xml:space=\"preserve\"></w:t></w:r></w:ins><w:r><w:t xml:space=\"preserve\"> at noon.</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>They convened</w:t></w:r><w:proofErr w:type=\"x\"/><w:bookmarkStart w:id=\"1\"/><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\"></w:t></w:r><w:ins><w:r><w:t xml:space=\"preserve\"></w:t></w:r></w:ins><w:r><w:t xml:space=\"preserve\"> at noon.</w:t></w:r></w:p>",
    );
}

#[test]
fn spaces_at_the_ends_of_runs_are_kept() {
    check(
        "<w:p><w:r><w:t>{|Then }they</w:t></w:r><w:r><w:t>left{| home}</w:t></w:r></w:p>",
        "<w:p><w:r><w:t xml:space=\"preserve\">they</w:t></w:r><w:r><w:t xml:space=\"preserve\">left</w:t></w:r></w:p>",
        "<w:p><w:r><w:t xml:space=\"preserve\">Then they</w:t></w:r><w:r><w:t xml:space=\"preserve\">left home</w:t></w:r></w:p>",
    );
}

#[test]
fn references_are_written_as_references() {
    check(
        "<w:p><w:r><w:t>{A &amp; B|C &lt;D&gt; “é”} &#8217;s</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>A &amp; B &#8217;s</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>C &lt;D&gt; “é” &#8217;s</w:t></w:r></w:p>",
    );
}

#[test]
fn what_word_computes_or_hides_stays() {
    let field = "<w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData/></w:fldChar></w:r><w:r><w:instrText>IF {a|b}</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>X</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>{inner|code}</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r><w:r><w:t>{more|code}</w:t></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>{re|sult}</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>";
    let others = [
        field,
        "<w:fldSimple w:instr=\"DATE\"><w:r><w:t>{a|b}</w:t></w:r></w:fldSimple>",
        "<w:sdt><w:sdtPr><w:dataBinding w:xpath=\"x\"/></w:sdtPr><w:sdtContent><w:r><w:t>{a|b}</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:del><w:r><w:delText>{a|b}</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>{c|d}</w:t></w:r></w:moveFrom>",
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>{a|b}</w:t></w:r>",
        "<w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>{a|b}</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:pict><w:p><w:r><w:t>{a|b}</w:t></w:r></w:p></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
        "<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:value=\"x\"/></w:dropDownList></w:sdtPr><w:sdtContent><w:r><w:t>{a|b}</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:sdt><w:sdtPr><w:date/></w:sdtPr><w:sdtContent><w:r><w:t>{a|b}</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>{a|b}</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:sdt><w:sdtPr><w:lock w:val=\"sdtContentLocked\"/></w:sdtPr><w:sdtContent><w:r><w:t>{a|b}</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:commentRangeStart w:id=\"1\"/><w:commentRangeEnd w:id=\"1\"/><w:r><w:commentReference w:id=\"1\"/></w:r>",
        "<m:oMath><m:r><m:t>{a|b}</m:t></m:r></m:oMath>",
        "<w:r><w:footnoteReference w:id=\"1\"/></w:r>",
    ];
    for other in others {
        let body = |middle: &str| {
            format!("<w:p><w:r><w:t>They {middle} it</w:t></w:r>{other}<w:r><w:t> there.</w:t></w:r></w:p>")
        };
        check(&body("{saw|met}"), &body("saw"), &body("met"));
    }
    assert!(text_of(&format!("<w:p>{field}</w:p>")).contains("{re|sult}"));
}

#[test]
fn a_text_box_does_not_part_the_paragraph_around_it() {
    let text = text_of(
        "<w:p><w:r><w:t>be</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>box</w:t></w:r></w:p></mc:Choice></mc:AlternateContent></w:r><w:r><w:t>fore</w:t></w:r></w:p>",
    );
    assert_eq!(text.trim(), "before");
}

#[test]
fn tabs_and_breaks_are_text_that_stays() {
    let body = "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br></w:br><w:t>{c|d}</w:t><w:noBreakHyphen/><w:t>e</w:t></w:r></w:p>";
    assert_eq!(text_of(body).trim(), "a\tb\n{c|d}\u{2011}e");
    check(body, &body.replace("{c|d}", "c"), &body.replace("{c|d}", "d"));
}

#[test]
fn the_original_form_leaves_the_runs_alone() {
    let bytes = docx(
        &word_xml("<w:p><w:r><w:t>They be</w:t></w:r><w:r><w:t>gan &amp; end</w:t></w:r></w:p>"),
        Packing::Deflated,
    );
    let document = Document::parse(Format::Docx, &bytes).unwrap();
    let marking = marking_of(
        &document,
        &[("began & ended", &["began & ended", "x"])]
            .map(|_| ("began & end", &["began & end", "started"][..])),
    );
    assert!(
        body_of(&copy(&document, &marking, 0))
            .contains("They be</w:t></w:r><w:r><w:t xml:space=\"preserve\">gan &amp; end</w:t>")
    );
    assert!(body_of(&copy(&document, &marking, 1)).contains("They started</w:t>"));
}

#[test]
fn styles_tell_what_a_paragraph_is() {
    let styled = |style: &str| {
        format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>")
    };
    let body: String =
        ["Heading1", "Title", "ListBullet", "Quote", "HTMLPreformatted", "Normal"].map(styled).concat()
            + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let document = Document::parse(Format::Docx, &docx(&word_xml(&body), Packing::Deflated)).unwrap();
    let kinds: Vec<BlockKind> = document.prose().blocks.iter().map(|block| block.kind).collect();
    use BlockKind::{Cell, Code, Heading, Item, Paragraph, Quote};
    assert_eq!(kinds, [Heading, Heading, Item, Quote, Code, Paragraph, Cell]);
}

/// The ids of styles are in the language of the program, and numbers in some; their names are English.
#[test]
fn styles_are_known_by_their_names_and_by_what_they_are_based_on() {
    let styles = "<w:styles xmlns:w=\"x\"><w:style w:type=\"paragraph\" w:styleId=\"a\"><w:name w:val=\"Normal\"/></w:style>\
        <w:style w:styleId=\"21\" w:type=\"paragraph\"><w:name w:val=\"Quote\"/><w:basedOn w:val=\"a\"/></w:style>\
        <w:style w:type=\"paragraph\" w:styleId=\"own\"><w:name w:val=\"Our words\"/><w:basedOn w:val=\"21\"/></w:style>\
        <w:style w:type=\"paragraph\" w:styleId=\"1\"><w:name w:val=\"heading 1\"/></w:style>\
        <w:style w:type=\"paragraph\" w:styleId=\"x\"><w:name w:val=\"X\"/><w:basedOn w:val=\"y\"/></w:style>\
        <w:style w:type=\"paragraph\" w:styleId=\"y\"><w:name w:val=\"Y\"/><w:basedOn w:val=\"x\"/></w:style></w:styles>";
    let styled = |properties: &str| format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>x</w:t></w:r></w:p>");
    let by_id = |id: &str| styled(&format!("<w:pStyle w:val=\"{id}\"/>"));
    // What a tracked change says was so before the change.
    let before = "<w:pStyle w:val=\"21\"/><w:pPrChange w:id=\"1\"><w:pPr><w:pStyle w:val=\"a\"/><w:numPr>\
        <w:numId w:val=\"1\"/></w:numPr></w:pPr></w:pPrChange>";
    let body = ["21", "own", "1", "a", "x"].map(by_id).concat() + &styled(before);
    let xml = word_xml(&body);
    let parts = [("word/document.xml", xml.as_bytes()), ("word/styles.xml", styles.as_bytes())];
    let document = Document::parse(Format::Docx, &container(&parts, Packing::Deflated)).unwrap();
    let kinds: Vec<BlockKind> = document.prose().blocks.iter().map(|block| block.kind).collect();
    use BlockKind::{Heading, Paragraph, Quote};
    assert_eq!(kinds, [Quote, Quote, Heading, Paragraph, Paragraph, Quote]);
}

#[test]
fn what_the_author_writes_is_marked_wherever_it_stands() {
    for around in [
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>[]</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        "<w:p><w:hyperlink r:id=\"rId7\"><w:r><w:t>[]</w:t></w:r></w:hyperlink></w:p>",
        "<w:p><w:ins w:author=\"Ada\"><w:r><w:t>[]</w:t></w:r></w:ins></w:p>",
        "<w:p><w:moveTo w:author=\"Ada\"><w:r><w:t>[]</w:t></w:r></w:moveTo></w:p>",
        "<w:p><w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent><w:r><w:t>[]</w:t></w:r></w:sdtContent></w:sdt></w:p>",
        "<w:p><w:smartTag><w:r><w:t>[]</w:t></w:r></w:smartTag></w:p>",
        "<w:p><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>[]</w:t></w:r></w:p>",
    ] {
        let body = |met: &str| around.replace("[]", &format!("They {met} it."));
        check(&body("{saw|met}"), &body("saw"), &body("met"));
    }
}

#[test]
fn what_everybody_gets_beside_the_text_is_told() {
    let notes = |body: &str| {
        let document = docx(&word_xml(body), Packing::Deflated);
        Document::parse(Format::Docx, &document).unwrap().notes().join("\n")
    };
    let text = "<w:p><w:r><w:t>They met.</w:t></w:r></w:p>";
    // The sample's own footnote has a variant.
    assert!(
        notes(text).starts_with("variants in braces stand in a footnote,")
            && notes(text).lines().count() == 1
    );
    for (more, expected) in [
        ("<w:p><w:r><w:commentReference w:id=\"1\"/></w:r></w:p>", "the document has 1 comment, which every"),
        (
            "<w:p><w:ins><w:r><w:t>x</w:t></w:r></w:ins><w:del><w:r><w:delText>y</w:delText></w:r></w:del></w:p>",
            "has 2 tracked changes:",
        ),
        (
            "<w:p><w:r><w:footnoteReference w:id=\"1\"/><w:endnoteReference w:id=\"2\"/></w:r></w:p>",
            "2 footnotes and endnotes carry no mark",
        ),
        (
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p/></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p/></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>",
            "1 text box carries no mark",
        ),
        (
            "<w:p><w:del><w:r><w:delText>{a|b}</w:delText></w:r></w:del></w:p>",
            "and in a text box, a deletion or a field, where",
        ),
    ] {
        let said = notes(&(text.to_owned() + more));
        assert!(said.contains(expected), "{said}");
    }
}
