//! One function for each parser of untrusted bytes, for the fuzzer and for a test that replays its corpus.

use tellmark_core::{
    Channel, Choices, CopyId, Layout, Marking, Occurrence, Recipient, ReleaseId, Site, SiteId,
};

use crate::draft::{Draft, attached};
use crate::picture::read_pictures;
use crate::zip::Archive;
use crate::{Document, Format, Template, VisibleLine, pdf, read_exhibit, read_roster};

/// Takes a parser through bytes that nobody vouches for.
pub type Target = fn(&[u8]);

/// Every target: its name, which is the folder of its corpus too, and the function.
pub const TARGETS: [(&str, Target); 20] = [
    ("text", |bytes| document(Format::Text, bytes)),
    ("markdown", |bytes| document(Format::Markdown, bytes)),
    ("html", |bytes| document(Format::Html, bytes)),
    ("docx", |bytes| document(Format::Docx, bytes)),
    ("word_xml", word_xml),
    ("odt", |bytes| document(Format::Odt, bytes)),
    ("odt_xml", odt_xml),
    ("eml", |bytes| document(Format::Eml, bytes)),
    ("container", container),
    ("exhibit", exhibit),
    ("roster", roster),
    ("template", template),
    ("address", address),
    ("detect", detect),
    ("pdf", pdf),
    ("content", content),
    ("picture", picture),
    ("scan", scan),
    ("draft", draft),
    ("parcel", parcel),
];

/// Reads a message's header and what is attached to it, takes documents out and puts them back.
pub fn parcel(bytes: &[u8]) {
    use crate::parcel::{attached, authors, joined, parted, subject};
    if let Ok(head) = crate::parcel::Head::read(bytes) {
        let _ = (head.value(bytes, "subject"), subject(bytes), authors(bytes));
        let written = head.rewritten(bytes, &["bcc"], &[("Date", "x")]);
        assert!(written.len() <= bytes.len() + 11);
    }
    let Ok(found) = attached(bytes) else { return };
    let documents: Vec<_> = found.iter().filter(|one| one.format.is_some()).collect();
    let Ok(parcel) = parted(bytes, &documents) else { return };
    let contents = parcel.tokens.iter().zip(&documents);
    let contents: Vec<(&str, &[u8])> =
        contents.map(|(token, one)| (token.as_str(), one.content.as_slice())).collect();
    let mut out = Vec::new();
    assert!(joined(&parcel.message, &contents, &mut out).is_ok());
}

/// Parses a document, marks a word of it, and writes both copies.
pub fn document(format: Format, bytes: &[u8]) {
    let Ok(document) = Document::parse(format, bytes) else { return };
    let prose = document.prose();
    let word = |range: &std::ops::Range<usize>| {
        let body = &prose.text[range.clone()];
        let length = body.find(|c: char| !c.is_alphanumeric()).unwrap_or(body.len());
        range.start..range.start + length
    };
    let spans = prose
        .blocks
        .iter()
        .map(|block| word(&block.range))
        .filter(|span| !span.is_empty() && prose.is_markable(span));
    let sites = spans.take(5).enumerate().map(|(ordinal, span)| Site {
        id: SiteId { origin: ReleaseId([0; 8]), ordinal: ordinal as u32 },
        channel: Channel::Wording,
        rule: "fuzz".into(),
        original: 0,
        occurrences: vec![Occurrence {
            forms: vec![prose.text[span.clone()].into(), "<&> other".into()],
            span,
        }],
    });
    let marking = Marking { sites: sites.collect(), fixed: vec![], layout: None };
    let Ok(made) = document.template(&marking) else { return };
    for choice in [0, 1] {
        let mut copy = Vec::new();
        // Writing what was just made must work.
        assert!(made.write(&Choices(vec![choice; marking.sites.len()]), &mut copy).is_ok());
    }
    assert_eq!(Template::from_bytes(&made.to_bytes()), Ok(made));
    shown(&document, &marking);
}

/// Writes a copy with a visible line, where there is a place for one.
fn shown(document: &Document, marking: &Marking) {
    let (Ok(line), Some(holder)) = (VisibleLine::parse("Copy {id} · {name}"), holder()) else { return };
    let Ok(made) = document.template_with(marking, Some(&line)) else { return };
    let choices = Choices(vec![0; marking.sites.len()]);
    assert!(made.write_for(&choices, &holder, &mut Vec::new()).is_ok());
    assert_eq!(Template::from_bytes(&made.to_bytes()), Ok(made));
}

fn holder() -> Option<Recipient> {
    let id = CopyId::parse("r1").ok()?;
    Some(Recipient { id, name: "Zoë & <b>".into(), email: "z@x.example".into(), group: "g".into() })
}

/// Reads a message as the model of drafts, and writes one.
pub fn draft(bytes: &[u8]) {
    let (Ok(draft), Some(holder)) = (Draft::parse(bytes), holder()) else { return };
    let mut out = Vec::new();
    draft.write(&holder, "copy.txt", Format::Text, b"copy", &mut out);
    let _ = (draft.lacks(&holder), attached(&out, "copy.txt"));
}

/// Reads an exhibit.
pub fn exhibit(bytes: &[u8]) {
    let _ = read_exhibit("exhibit", bytes);
    let _ = read_exhibit("exhibit.eml", bytes);
}

/// Reads a roster.
pub fn roster(bytes: &[u8]) {
    let _ = read_roster(bytes);
}

/// Reads a template and writes a copy of it.
pub fn template(bytes: &[u8]) {
    if let Ok(template) = Template::from_bytes(bytes) {
        let choices = Choices(vec![0; template.variants().len()]);
        let _ = template.write(&choices, &mut Vec::new());
        let _ = holder().map(|holder| template.write_for(&choices, &holder, &mut Vec::new()));
    }
}

/// Finds addresses in running text.
pub fn address(bytes: &[u8]) {
    document(Format::Text, &[b"see www.", bytes].concat());
}

/// Finds out what a file is, and parses it as that.
pub fn detect(bytes: &[u8]) {
    for name in ["x", "x.md", "x.docx", "x.odt", "x.eml"] {
        if let Ok(format) = Format::detect(name, bytes) {
            let _ = Document::parse(format, bytes);
        }
    }
}

/// Decodes a picture.
pub fn picture(bytes: &[u8]) {
    // A small file can ask for many pixels: the fuzzer's time is better spent on other files.
    if bytes.len() > 1 << 16 {
        return;
    }
    for picture in read_pictures(bytes).unwrap_or_default() {
        assert_eq!(picture.gray.pixels.len(), picture.gray.width * picture.gray.height);
        assert!(!picture.gray.pixels.is_empty());
    }
}

/// Takes a container apart and unpacks every part.
pub fn container(bytes: &[u8]) {
    if let Ok(archive) = Archive::parse(bytes, "container") {
        for index in 0..archive.entries.len() {
            let _ = archive.read(index, 1 << 20);
        }
    }
}

/// The XML of a Word document, in a container whose checksums are right.
pub fn word_xml(bytes: &[u8]) {
    document(Format::Docx, &stored("word/document.xml", bytes));
}

/// The XML of an OpenDocument text, in a container whose checksums are right.
pub fn odt_xml(bytes: &[u8]) {
    document(Format::Odt, &stored("content.xml", bytes));
}

/// Parses a PDF, moves all words that can move, and looks for each of them in both copies.
pub fn pdf(bytes: &[u8]) {
    let _ = (pdf::stamps_of(bytes), pdf::words(bytes));
    let Ok(document) = Document::parse_pdf(bytes, true) else { return };
    let Some(layout) = document.layout() else { return };
    let (marking, count) = moving(layout, document.movable());
    let Ok(made) = document.template(&marking) else { return };
    let mut lengths = Vec::new();
    for choice in [0, 1] {
        let mut copy = Vec::new();
        assert!(made.write(&Choices(vec![choice; count]), &mut copy).is_ok());
        assert!(copy.starts_with(bytes));
        lengths.push(copy.len());
        let _ = pdf::words(&copy);
    }
    assert!(lengths[0] == lengths[1]);
    shown(&document, &marking);
}

/// A marking that moves every word that can move, and how many sites it has.
fn moving(layout: &Layout, movable: &[bool]) -> (Marking, usize) {
    let mut layout = Layout { shift: 150, ..layout.clone() };
    let mut sites = Vec::new();
    let inner = layout.words.iter_mut().zip(movable).filter(|(_, movable)| **movable).take(1000);
    for (word, _) in inner {
        word.site = Some(sites.len() as u32);
        sites.push(Site {
            id: SiteId { origin: ReleaseId([0; 8]), ordinal: sites.len() as u32 },
            channel: Channel::Layout,
            rule: "fuzz".into(),
            original: 0,
            occurrences: vec![Occurrence { span: word.span.clone(), forms: vec!["-".into(), "+".into()] }],
        });
    }
    let count = sites.len();
    (Marking { sites, fixed: vec![], layout: Some(layout) }, count)
}

/// The content of a page, before enough words for the page to be sealed.
pub fn content(bytes: &[u8]) {
    let words = "BT /F 10 Tf 20 700 Td 12 TL (one two three four five six seven eight) Tj T* \
                 (one two three four five six seven eight) Tj T* (one two three four five six seven eight) Tj T* \
                 (one two three four five six seven eight) Tj ET Q\n";
    let stream = [b"q ", words.as_bytes(), bytes].concat();
    let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
    let wide = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype\
                /CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>/DW 500>>]>>";
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R\
         /Resources<</Font<</F {font}/W {wide}>>/XObject<</X 4 0 R>>>>>>"
    );
    let content =
        [format!("<</Length {}>>\nstream\n", stream.len()).as_bytes(), &stream, b"\nendstream"].concat();
    let bodies: [&[u8]; 4] =
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page.as_bytes(), &content];
    pdf(&file_of(&bodies));
}

/// A scan in each of the encodings that PDFs have for pictures: the first bytes say which, and how large it says it is.
pub fn scan(bytes: &[u8]) {
    const FILTERS: [&str; 8] = [
        "/DCTDecode",
        "/JPXDecode",
        "/JBIG2Decode",
        "/CCITTFaxDecode/DecodeParms<</K -1/Columns 64>>",
        "/FlateDecode",
        "/LZWDecode",
        "/RunLengthDecode",
        "[/ASCIIHexDecode/CCITTFaxDecode]/DecodeParms[null <</K 4/Columns 64>>]",
    ];
    const SPACES: [&str; 4] =
        ["/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "[/Indexed/DeviceRGB 3<000000ffffff808080ff0000>]"];
    let Some((&[how, width, height], data)) = bytes.split_first_chunk() else { return };
    let (filter, space) = (FILTERS[usize::from(how % 8)], SPACES[usize::from(how / 8 % 4)]);
    let (width, height) = (u32::from(width) + 1, u32::from(height) + 1);
    let bits = [1, 2, 4, 8, 8, 8, 8, 16][usize::from(how / 32)];
    let kind = match how {
        255 => "/ImageMask true".to_owned(),
        _ => format!("/ColorSpace{space}/BitsPerComponent {bits}"),
    };
    let picture = [
        format!(
            "<</Type/XObject/Subtype/Image/Width {width}/Height {height}{kind}/Filter{filter}/Length {}>>\nstream\n",
            data.len()
        )
        .as_bytes(),
        data,
        b"\nendstream",
    ]
    .concat();
    let bodies: [&[u8]; 5] = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
        b"<</Length 24>>\nstream\nq 72 0 0 72 0 0 cm /X Do\nendstream",
        &picture,
    ];
    let scans = pdf::Drawer::open(&file_of(&bodies)).and_then(|drawer| drawer.scans(&[]));
    for (_, gray) in scans.unwrap_or_default() {
        assert_eq!(gray.pixels.len(), gray.width * gray.height);
    }
}

/// A PDF of objects from number 1.
fn file_of(bodies: &[&[u8]]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let size = bodies.len() + 1;
    let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
    for (number, body) in bodies.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(&[format!("{} 0 obj\n", number + 1).as_bytes(), body, b"\nendobj\n"].concat());
    }
    let start = file.len();
    file.extend_from_slice(
        format!("{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    file
}

/// A container of one stored part.
fn stored(name: &str, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_le_bytes();
    let numbers = [crc32fast::hash(content).to_le_bytes(), length, length].concat();
    let fields = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &numbers, &[name.len() as u8, 0, 0, 0]].concat();
    let mut out = [b"PK\x03\x04", &fields[..], name.as_bytes(), content].concat();
    let place = (out.len() as u32).to_le_bytes();
    let central = [b"PK\x01\x02\x14\0", &fields[..], &[0; 14], name.as_bytes()].concat();
    out.extend_from_slice(&central);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&(central.len() as u32).to_le_bytes());
    out.extend_from_slice(&place);
    out.extend_from_slice(&[0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_of_the_word_target_is_one() {
        let archive = Archive::parse(&stored("word/document.xml", b"content"), "container").unwrap();
        assert_eq!(archive.read(0, 100).unwrap(), b"content");
    }
}
