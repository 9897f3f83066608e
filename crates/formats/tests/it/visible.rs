//! The visible line: written by each format's rules, in every copy, by concatenation alone; and read as no site.

use tellmark_core::{Choices, CopyId, Marking, Recipient};
use tellmark_formats::{Document, Error, Format, Template, VisibleLine, pdf, read_exhibit};

use crate::pdf::all_sites;
use crate::pdfs::{self, Maker};
use crate::samples::{Packing, choices, container, docx, marking, odt, odt_xml, parts, word_xml};

fn holder(id: &str, name: &str, group: &str) -> Recipient {
    Recipient { id: CopyId::parse(id).unwrap(), name: name.into(), email: String::new(), group: group.into() }
}

fn line() -> VisibleLine {
    VisibleLine::parse("Copy {id} · {name}").unwrap()
}

/// A copy through a stored template.
fn made(document: &Document, marking: &Marking, choices: &Choices, holder: &Recipient) -> Vec<u8> {
    made_with(document, marking, choices, holder, &line())
}

fn made_with(
    document: &Document,
    marking: &Marking,
    choices: &Choices,
    holder: &Recipient,
    line: &VisibleLine,
) -> Vec<u8> {
    let template = document.template_with(marking, Some(line)).unwrap();
    let template = Template::from_bytes(&template.to_bytes()).unwrap();
    template.suits(holder).unwrap();
    let mut out = Vec::new();
    template.write_for(choices, holder, &mut out).unwrap();
    out
}

/// The original with the author's braces, and its copy for `r1`, who is called `A & <b> *Орр*`.
fn check(format: Format, original: &str, expected: &str) {
    let document = Document::parse(format, original.as_bytes()).unwrap();
    let marking = marking(&document);
    let copy = made(&document, &marking, &choices(&marking, 1), &holder("r1", "A & <b> *Орр*", ""));
    assert_eq!(String::from_utf8(copy).unwrap(), expected, "{format}");
}

#[test]
fn flat_files_end_with_it() {
    check(Format::Text, "They {met|convened}.", "They convened.\n\nCopy r1 · A & <b> *Орр*\n");
    check(Format::Text, "They {met|convened}.\r\n", "They convened.\r\n\r\nCopy r1 · A & <b> *Орр*\r\n");
    check(
        Format::Markdown,
        "- They {met|convened}.\n",
        "- They convened.\n\nCopy r1 · A \\& \\<b\\> \\*Орр\\*\n",
    );
    check(
        Format::Html,
        "<body><p>They {met|convened}.</p><!-- </body> --></BODY></html>\n",
        "<body><p>They convened.</p><!-- </body> --><p>Copy r1 &#183; A &amp; &lt;b&gt; *&#1054;&#1088;&#1088;*</p>\n</BODY></html>\n",
    );
    check(
        Format::Html,
        "\u{feff}<p>é {met|convened}.",
        "\u{feff}<p>é convened.<p>Copy r1 · A &amp; &lt;b&gt; *Орр*</p>\n",
    );
}

#[test]
fn office_documents_end_with_a_paragraph_of_it() {
    for packing in [Packing::Deflated, Packing::Stored] {
        let body = "<w:p><w:pPr><w:sectPr/></w:pPr><w:r><w:t>They {met|convened}.</w:t></w:r></w:p>";
        let text = "<text:p>They {met|convened}.</text:p>";
        for (format, original, main, expected) in [
            (
                Format::Docx,
                docx(&word_xml(body), packing),
                "word/document.xml",
                "They convened.</w:t></w:r></w:p><w:p><w:pPr><w:jc w:val=\"right\"/></w:pPr><w:r><w:t xml:space=\"preserve\">Copy r1 · A &amp; B</w:t></w:r></w:p><w:sectPr/></w:body>",
            ),
            (
                Format::Odt,
                odt(&odt_xml(text), packing),
                "content.xml",
                "They convened.</text:p><text:p>Copy r1 · A &amp; B</text:p></office:text>",
            ),
        ] {
            let document = Document::parse(format, &original).unwrap();
            let marking = marking(&document);
            let copy = made(&document, &marking, &choices(&marking, 1), &holder("r1", "A & B", ""));
            // An independent reader unpacks it and finds its checksum right.
            for (name, content) in parts(&copy) {
                if name == main {
                    let xml = String::from_utf8(content).unwrap();
                    assert!(xml.contains(expected), "{xml}");
                }
            }
            let read = read_exhibit("leak", &copy).unwrap().text;
            assert_eq!(
                read.split_whitespace().collect::<Vec<_>>().join(" "),
                "They convened. Copy r1 · A & B"
            );
        }
    }
}

/// A document of these parts, sealed with a line: what each part says in the copy for `r1`.
fn sealed_parts(format: Format, original: &[(&str, &str)]) -> Vec<(String, String)> {
    let original: Vec<(&str, &[u8])> = original.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let mut last = Vec::new();
    for packing in [Packing::Deflated, Packing::Stored] {
        let document = Document::parse(format, &container(&original, packing)).unwrap();
        let marking = marking(&document);
        let copy = made(&document, &marking, &choices(&marking, 1), &holder("r1", "A & B", ""));
        let text = |(name, content): (String, Vec<u8>)| (name, String::from_utf8(content).unwrap());
        last = parts(&copy).into_iter().map(text).collect();
        assert!(Document::parse(format, &copy).is_ok(), "a copy is itself a document");
    }
    last
}

#[test]
fn documents_with_a_footer_on_their_pages_show_it_there() {
    const SHOWN: &str = "<w:p><w:pPr><w:jc w:val=\"right\"/></w:pPr><w:r><w:t xml:space=\"preserve\">Copy r1 · A &amp; B</w:t></w:r></w:p>";
    let footer = |text: &str| format!("<w:ftr xmlns:w=\"x\"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:ftr>");
    let relations = "<Relationships><Relationship Id=\"rId7\" Type=\"http://x/footer\" Target=\"footer1.xml\"/><Relationship Id=\"rId8\" Type=\"http://x/footer\" Target=\"/word/even.xml\"/><Relationship Id=\"rId9\" Type=\"http://x/header\" Target=\"header1.xml\"/></Relationships>";
    let (first, even, head) = (footer("First"), footer("Even"), footer("Head"));
    for (section, is_there) in [
        (
            "<w:sectPr><w:footerReference w:type=\"even\" r:id=\"rId8\"/><w:footerReference w:type=\"default\" r:id=\"rId7\"/></w:sectPr>",
            true,
        ),
        ("<w:sectPr><w:footerReference w:type=\"even\" r:id=\"rId8\"/></w:sectPr>", false),
        ("<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId6\"/></w:sectPr>", false),
        ("", false),
    ] {
        let text = word_xml(&format!("<w:p><w:r><w:t>They {{met|convened}}.</w:t></w:r></w:p>{section}"));
        let parts = sealed_parts(
            Format::Docx,
            &[
                ("word/even.xml", &even),
                ("word/document.xml", &text),
                ("word/header1.xml", &head),
                ("word/_rels/document.xml.rels", relations),
                ("word/footer1.xml", &first),
                ("z", "end"),
            ],
        );
        let part = |name: &str| &parts.iter().find(|(own, _)| own == name).unwrap().1;
        assert!(part("word/document.xml").contains("They convened."), "{section}");
        assert_eq!(part("word/document.xml").contains(SHOWN), !is_there, "{section}");
        for (name, before) in [("word/footer1.xml", &first), ("word/even.xml", &even)] {
            let expected = before.replace("</w:ftr>", &format!("{SHOWN}</w:ftr>"));
            assert_eq!(part(name), if is_there { &expected } else { before }, "{section}");
        }
        assert_eq!((part("word/header1.xml").as_str(), part("z").as_str()), (head.as_str(), "end"));
    }
}

#[test]
fn opendocument_texts_with_a_footer_on_their_pages_show_it_there() {
    const SHOWN: &str = "<text:p>Copy r1 · A &amp; B</text:p>";
    let text = odt_xml("<text:p>They {met|convened}.</text:p>");
    let page = |name: &str, inside: &str| {
        format!("<style:master-page style:name=\"{name}\">{inside}</style:master-page>")
    };
    let footer = |kind: &str, more: &str| format!("<style:{kind}{more}><text:p>x</text:p></style:{kind}>");
    let all = page("First_20_Page", &footer("footer", ""))
        + &page(
            "Standard",
            &(footer("header", "")
                + &footer("footer", "")
                + &footer("footer-left", " style:display=\"false\"")
                + &footer("footer-first", "")),
        );
    for (pages, expected) in [
        (
            all.clone(),
            all.replace(
                "<text:p>x</text:p></style:footer>",
                &format!("<text:p>x</text:p>{SHOWN}</style:footer>"),
            )
            .replace("</style:footer-first>", &format!("{SHOWN}</style:footer-first>")),
        ),
        (page("First_20_Page", &footer("footer", "")), String::new()),
        (page("Standard", "<style:footer/>"), String::new()),
        (page("Standard", &footer("footer", " style:display=\"false\"")), String::new()),
    ] {
        let styles = format!("<office:document-styles>{pages}</office:document-styles>");
        let parts = sealed_parts(
            Format::Odt,
            &[("mimetype", crate::samples::ODT_KIND), ("content.xml", &text), ("styles.xml", &styles)],
        );
        let is_there = !expected.is_empty();
        assert!(parts[1].1.contains("They convened.") && parts[1].1.contains(SHOWN) != is_there, "{pages}");
        let styles = if is_there {
            format!("<office:document-styles>{expected}</office:document-styles>")
        } else {
            styles
        };
        assert_eq!(parts[2].1, styles);
    }
}

/// Names in letters that every reader of PDFs has, and in others.
const WESTERN: [&str; 2] = ["Zoë (Orr) \\ Ash", "A"];
const OTHERS: [&str; 2] = ["Їжакевич Ґанна \\ Ёлкин", "Ωμέγα"];

/// Seals a PDF with all its sites and a visible line, and looks at two copies.
fn check_pdf(name: &str, maker: &Maker, names: [&str; 2]) -> [Vec<u8>; 2] {
    let mut last = None;
    for original in [maker.table(), maker.streams()] {
        let document = Document::parse(Format::Pdf, &original).unwrap_or_else(|e| panic!("{name}: {e}"));
        let marking = all_sites(&document, 150);
        let choices = Choices(vec![1; marking.sites.len()]);
        let holders = [holder("r1", names[0], ""), holder("r002", names[1], "")];
        let line = line().fitted_to(&holders);
        let copies = holders.each_ref().map(|holder| made_with(&document, &marking, &choices, holder, &line));
        assert_eq!(copies[0].len(), copies[1].len(), "{name}");
        let mut plain = Vec::new();
        document.template(&marking).unwrap().write(&choices, &mut plain).unwrap();
        for (copy, holder) in copies.iter().zip(&holders) {
            let shown = line.of(holder);
            assert!(copy.starts_with(&original), "{name}");
            let words = pdf::words(copy).unwrap();
            let pages = pdf::pages(copy).unwrap();
            let without = pdf::words(&plain).unwrap();
            for (page, size) in pages.iter().enumerate() {
                let of = |words: &[pdf::SeenWord]| {
                    words.iter().filter(|word| word.page as usize == page).cloned().collect::<Vec<_>>()
                };
                let (with, without) = (of(&words), of(&without));
                let at = with.len() - shown.split(' ').count();
                // What the page shows otherwise is what it shows without the line, word by word.
                assert_eq!(with[..at], without[..], "{name}, page {page}");
                let said: Vec<&str> = with[at..].iter().map(|word| word.text.as_str()).collect();
                assert_eq!(said.join(" "), shown, "{name}, page {page}");
                let (first, height) = (&with[at], f64::from(size.height) / 1000.0);
                assert!(
                    (first.x - 36.0).abs() < 0.01 && (first.y - (height - 18.0)).abs() < 0.01,
                    "{name}: {first:?}"
                );
                assert!((first.size - 8.0).abs() < 0.01, "{name}: {first:?}");
            }
            assert_eq!(pdf::stamps_of(copy), pdf::stamps_of(&plain), "{name}");
        }
        last = Some(copies);
    }
    last.unwrap()
}

#[test]
fn every_page_of_a_pdf_shows_it_upright_at_its_foot() {
    for (name, maker, _) in crate::pdf::cases() {
        check_pdf(name, &maker, WESTERN);
        check_pdf(name, &maker, OTHERS);
    }
}

#[test]
fn other_programs_read_it_and_find_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    for (name, maker) in [("forms", pdfs::forms()), ("furnished", pdfs::furnished())] {
        for names in [WESTERN, OTHERS] {
            let path = folder.path().join("copy.pdf");
            std::fs::write(&path, &check_pdf(name, &maker, names)[0]).unwrap();
            crate::pdf::run("qpdf", &["--check"], &path);
            let text = crate::pdf::run("pdftotext", &["-layout"], &path);
            assert!(text.contains(&format!("Copy r1 · {}", names[0])), "{name}: {text}");
        }
    }
}

#[test]
fn what_cannot_be_shown_is_refused_by_name() {
    let document = Document::parse(Format::Pdf, &pdfs::shared().table()).unwrap();
    let marking = all_sites(&document, 150);
    let template = document.template_with(&marking, Some(&line())).unwrap();
    let error = template.suits(&holder("r1", "Ада", "")).unwrap_err().to_string();
    assert!(error.contains("\"Ада\" has a character") && error.contains("western"), "{error}");
    let chinese = VisibleLine::parse("抄本 {id}").unwrap().fitted_to(&[]);
    assert!(matches!(document.template_with(&marking, Some(&chinese)), Err(Error::Visible(_))));
    let fitted = line().fitted_to(&[holder("r1", "Ада", "")]);
    let template = document.template_with(&marking, Some(&fitted)).unwrap();
    assert!(template.suits(&holder("r1", "Ада", "")).is_ok());
    let error = template.suits(&holder("r1", "抄", "")).unwrap_err().to_string();
    assert!(error.contains("Latin, Greek and Cyrillic"), "{error}");
    let mail = Document::parse(Format::Eml, b"Subject: x\r\n\r\nThey met.\r\n").unwrap();
    let refused = mail.template_with(&Marking::default(), Some(&line()));
    assert!(refused.unwrap_err().to_string().contains("message"));
}
