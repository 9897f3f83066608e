//! Documents made for the tests, and copies of them.

use std::io::Write;
use std::ops::Range;

use tellmark_core::{Channel, Choices, Marking, Occurrence, ReleaseId, Site, SiteId};
use tellmark_formats::{Document, Format, Template};
use zip::write::SimpleFileOptions;

/// Sites where the text says `{a|b}` and may differ; the first form is the original's.
pub fn marking(document: &Document) -> Marking {
    let prose = document.prose();
    let mut sites = Vec::new();
    let mut from = 0;
    while let Some(start) = prose.text[from..].find('{').map(|i| from + i) {
        let Some(end) = prose.text[start..].find('}').map(|i| start + i + 1) else { break };
        let forms: Vec<String> = prose.text[start + 1..end - 1].split('|').map(str::to_owned).collect();
        if forms.len() > 1 && prose.is_markable(&(start..end)) {
            sites.push(site(sites.len(), start..end, forms));
        }
        from = end;
    }
    Marking { sites, fixed: vec![], layout: None }
}

pub fn site(ordinal: usize, span: Range<usize>, forms: Vec<String>) -> Site {
    Site {
        id: SiteId { origin: ReleaseId([0; 8]), ordinal: ordinal as u32 },
        channel: Channel::Author,
        rule: "test".into(),
        original: 0,
        occurrences: vec![Occurrence { span, forms }],
    }
}

/// A marking that says something else for words of the text.
pub fn marking_of(document: &Document, words: &[(&str, &[&str])]) -> Marking {
    let text = &document.prose().text;
    let sites = words.iter().enumerate().map(|(ordinal, (word, forms))| {
        let start = text.find(word).unwrap_or_else(|| panic!("{word:?} is not in {text:?}"));
        site(ordinal, start..start + word.len(), forms.iter().map(|f| f.to_string()).collect())
    });
    Marking { sites: sites.collect(), fixed: vec![], layout: None }
}

/// The copy that shows this variant everywhere (or the last one), written through a stored template.
pub fn copy(document: &Document, marking: &Marking, variant: u8) -> Vec<u8> {
    let template = document.template(marking).unwrap();
    let template = Template::from_bytes(&template.to_bytes()).unwrap();
    let choices = choices(marking, variant);
    let mut out = Vec::new();
    template.write(&choices, &mut out).unwrap();
    out
}

pub fn choices(marking: &Marking, variant: u8) -> Choices {
    Choices(marking.sites.iter().map(|site| variant.min(site.variants() as u8 - 1)).collect())
}

/// Copies of a document with the author's braces, for the first and the second variant.
pub fn copies(format: Format, bytes: &[u8]) -> [Vec<u8>; 2] {
    let document = Document::parse(format, bytes).unwrap();
    let marking = marking(&document);
    assert!(!marking.sites.is_empty(), "no site in {:?}", document.prose().text);
    [0, 1].map(|variant| copy(&document, &marking, variant))
}

/// The text that a copy must show.
pub fn expected_text(document: &Document, marking: &Marking, variant: u8) -> String {
    marking.render(&document.prose().text, &choices(marking, variant)).unwrap().text
}

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const PART_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/></Relationships>"#;
const FOOTNOTES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote><w:footnote w:id="1"><w:p><w:r><w:t>A note {that|which} stays.</w:t></w:r></w:p></w:footnote></w:footnotes>"#;

/// The XML of a Word document with this body.
pub fn word_xml(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><w:body>{body}<w:sectPr/></w:body></w:document>"#
    )
}

/// What an OpenDocument text says that it is.
pub const ODT_KIND: &str = "application/vnd.oasis.opendocument.text";
const ODT_MANIFEST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="application/vnd.oasis.opendocument.text"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/></manifest:manifest>"#;
const ODT_STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document-styles xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"><office:automatic-styles><style:page-layout style:name="Mpm1"/></office:automatic-styles><office:master-styles><style:master-page style:name="Standard" style:page-layout-name="Mpm1"><style:header><text:p>A head {that|which} stays.</text:p></style:header></style:master-page></office:master-styles></office:document-styles>"#;

/// The XML of an OpenDocument text with this body, and these styles of its own.
pub fn odt_xml_with(styles: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0" office:version="1.3"><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"#
    )
}

/// The same without styles.
pub fn odt_xml(body: &str) -> String {
    odt_xml_with("", body)
}

/// An OpenDocument text with this XML as its text: what it is stands first and is stored.
pub fn odt(xml: &str, packing: Packing) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut add = |name: &str, content: &str, packing: Packing| {
        writer.start_file(name, SimpleFileOptions::default().compression_method(packing.method())).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    };
    add("mimetype", ODT_KIND, Packing::Stored);
    add("styles.xml", ODT_STYLES, packing);
    add("content.xml", xml, packing);
    add("META-INF/manifest.xml", ODT_MANIFEST, packing);
    writer.finish().unwrap().into_inner()
}

/// How the parts of a container are packed.
#[derive(Debug, Clone, Copy)]
pub enum Packing {
    Deflated,
    Stored,
}

impl Packing {
    fn method(self) -> zip::CompressionMethod {
        match self {
            Packing::Deflated => zip::CompressionMethod::Deflated,
            Packing::Stored => zip::CompressionMethod::Stored,
        }
    }
}

/// A Word document with this XML as its text.
pub fn docx(xml: &str, packing: Packing) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("word/document.xml", xml),
        ("word/_rels/document.xml.rels", PART_RELATIONS),
        ("word/footnotes.xml", FOOTNOTES),
    ];
    container(&parts.map(|(name, text)| (name, text.as_bytes())), packing)
}

pub fn container(parts: &[(&str, &[u8])], packing: Packing) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(packing.method())).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The parts of a container as an independent reader sees them.
pub fn parts(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            std::io::copy(&mut file, &mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}
