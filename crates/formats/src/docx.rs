//! Word documents: the text of `word/document.xml`. Headers, footers, notes and comments stay as they are, and
//! what everybody gets with them is told.

use std::collections::BTreeMap;
use std::ops::Range;

use quick_xml::events::Event;
use tellmark_core::{BlockKind, Prose, limits};

use crate::beside::Beside;
use crate::document::through;
use crate::edit::{Edit, Map, View, What};
use crate::markup::{Dialect, Token, escape, tokens};
use crate::template::{Part, Pieces};
use crate::visible::{Script, VisibleLine};
use crate::xml::{self, Flow, attribute};
use crate::zip::Archive;
use crate::{Error, decode};

const DOCX: &str = "DOCX";
pub const MAIN: &str = "word/document.xml";
const RELATIONS_BYTES_MAX: u64 = 1 << 20;
const STYLES_BYTES_MAX: u64 = 8 << 20;
/// What stands in these is no text of the document, or stands in it twice.
const HIDDEN: [&str; 10] = [
    "w:del",
    "w:moveFrom",
    "w:instrText",
    "w:delText",
    "mc:AlternateContent",
    "w:pict",
    "w:drawing",
    "w:object",
    "w:rt",
    "m:oMath",
];
/// A word processor computes what stands in these anew: it is text, and nothing may differ in it.
const COMPUTED: [&str; 1] = ["w:fldSimple"];
/// A control with one of these is filled from a list, from elsewhere, or not by the author yet.
const FILLED: [&str; 10] = [
    "w:dataBinding",
    "w15:dataBinding",
    "w:dropDownList",
    "w:comboBox",
    "w:date",
    "w14:checkbox",
    "w:docPartObj",
    "w:showingPlcHdr",
    "w:citation",
    "w:bibliography",
];
/// A paragraph around a visible line.
const LINE: [&str; 2] =
    ["<w:p><w:pPr><w:jc w:val=\"right\"/></w:pPr><w:r><w:t xml:space=\"preserve\">", "</w:t></w:r></w:p>"];
/// Other parts with text, by how their names begin, and what they are called.
const OTHER_PARTS: [(&str, &str); 5] = [
    ("word/header", "a header"),
    ("word/footer", "a footer"),
    ("word/footnotes", "a footnote"),
    ("word/endnotes", "an endnote"),
    ("word/comments", "a comment"),
];

/// A Word document taken apart.
#[derive(Debug, Clone)]
pub struct DocxSource {
    archive: Archive,
    index: usize,
    xml: Vec<u8>,
    map: Map,
    /// For each run of text its tag, where the tag lacks `xml:space="preserve"`, and its content.
    bare: Vec<(usize, Range<usize>)>,
    beside: Beside,
    /// Where a last paragraph can stand.
    end: Option<usize>,
    /// The footers, where the document's first section has one for all its pages.
    footers: Vec<usize>,
}

/// Takes a Word document apart.
///
/// # Errors
/// When it is damaged, encrypted, a bomb, or no Word document.
pub fn parse(bytes: &[u8]) -> Result<(Prose, DocxSource), Error> {
    let archive = Archive::parse(bytes, DOCX)?;
    if archive.entries.iter().any(|entry| entry.name.starts_with("_xmlsignatures/")) {
        let why = "it is signed, and any change breaks the signature; sign after sealing";
        return Err(Error::refused(DOCX, why));
    }
    let index = main_part(&archive)?;
    let content = archive.read(index, limits::TEXT_BYTES_MAX as u64)?;
    let (start, xml) = decode::strict(&content)?;
    xml::check(xml, DOCX)?;
    let mut builder = Builder::new(xml, start);
    builder.styles = styles(&archive, index);
    for token in tokens(xml, Dialect::Xml) {
        builder.token(&token)?;
    }
    builder.end_block();
    let Builder { flow, bare, mut beside, end, .. } = builder;
    beside.end("a text box, a deletion or a field");
    look_beside(&archive, &mut beside);
    let (prose, map) = flow.finish();
    let footers = match default_footer(xml) {
        Some(id) => footers(&archive, index, id),
        None => Vec::new(),
    };
    Ok((prose, DocxSource { archive, index, xml: content.clone(), map, bare, beside, end, footers }))
}

/// Looks through the other parts for what is written there as if it were read.
fn look_beside(archive: &Archive, beside: &mut Beside) {
    for (index, entry) in archive.entries.iter().enumerate() {
        let place = OTHER_PARTS.iter().find(|(name, _)| entry.name.starts_with(name));
        let Some((_, place)) = place.filter(|_| entry.name.ends_with(".xml")) else { continue };
        beside.part(archive, index, "w:p", place);
    }
}

/// The relation that leads to the footer of the first section.
fn default_footer(xml: &str) -> Option<&str> {
    let section = &xml[xml.find("<w:sectPr")?..];
    let section = &section[..section.find("</w:sectPr>")?];
    let tag = section.split('<').find(|tag| {
        tag.starts_with("w:footerReference ") && attribute(tag, "w:type").is_none_or(|kind| kind == "default")
    })?;
    attribute(tag, "r:id")
}

/// The parts of all footers, if this relation leads to one of them.
fn footers(archive: &Archive, main: usize, id: &str) -> Vec<usize> {
    let name = &archive.entries[main].name;
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let Some(relations) = archive.find(&format!("{folder}/_rels/{file}.rels")) else { return Vec::new() };
    let relations = archive.read(relations, RELATIONS_BYTES_MAX).unwrap_or_default();
    let relations = String::from_utf8_lossy(&relations);
    let tags = relations.split('<').filter(|tag| tag.starts_with("Relationship "));
    let footers = tags.filter_map(|tag| {
        let is_footer = attribute(tag, "Type").is_some_and(|kind| kind.ends_with("/footer"));
        let target = attribute(tag, "Target").filter(|_| is_footer)?;
        let path = target.strip_prefix('/').map_or_else(|| format!("{folder}/{target}"), str::to_owned);
        Some((attribute(tag, "Id")?, archive.find(&path)?))
    });
    let footers: Vec<(&str, usize)> = footers.collect();
    if !footers.iter().any(|(own, _)| *own == id) {
        return Vec::new();
    }
    let mut parts: Vec<usize> = footers.into_iter().map(|(_, part)| part).collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// The part that holds the text: the one that the container's relations name, or the usual one.
fn main_part(archive: &Archive) -> Result<usize, Error> {
    let named = match archive.find("_rels/.rels") {
        Some(index) => office_document(&archive.read(index, RELATIONS_BYTES_MAX)?),
        None => None,
    };
    named
        .and_then(|name| archive.find(name.trim_start_matches('/')))
        .or_else(|| archive.find(MAIN))
        .ok_or_else(|| {
            let why = "it is no Word document: it has no word/document.xml; save it as DOCX";
            Error::refused("zip file", why)
        })
}

/// The target of the relation that leads to a Word document.
fn office_document(relations: &[u8]) -> Option<String> {
    let mut reader = quick_xml::Reader::from_reader(relations);
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return None,
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "Relationship" => {
                let value = |name: &str| Some(tag.try_get_attribute(name).ok()??.value.into_owned());
                let target = value("Target")
                    .filter(|target| target.starts_with("word/") || target.starts_with("/word/"));
                if value("Type").is_some_and(|kind| kind.ends_with("/officeDocument")) && target.is_some() {
                    return target;
                }
            }
            _ => {}
        }
    }
}

impl DocxSource {
    /// What everybody gets beside the text, in sentences.
    pub fn notes(&self) -> Vec<String> {
        self.beside.sentences()
    }

    /// The container with the edits of its text as slots.
    pub fn part(&self, text: &str, edits: &[Edit], line: Option<&VisibleLine>) -> Result<Part, Error> {
        let view = View { text, source: &self.xml, escape: &escape };
        let mut edits = through(&self.map, &view, edits)?;
        let spaces = self.needed_spaces(&edits);
        edits.extend(spaces);
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let Some(line) = line else {
            return Ok(Part::Zip(self.archive.part(vec![(self.index, Pieces::cut(&self.xml, &edits))])));
        };
        let line = line.within(Script::Xml, LINE[0], LINE[1])?;
        let mut changed = Vec::new();
        for index in &self.footers {
            let content = self.archive.read(*index, limits::TEXT_BYTES_MAX as u64)?;
            let (start, xml) = decode::strict(&content)?;
            if let Some(at) = xml::end_of(xml, "w:ftr") {
                changed.push((*index, Pieces::cut_around(&content, &[], start + at, line.clone())));
            }
        }
        let main = match (changed.is_empty(), self.end) {
            (false, _) => Pieces::cut(&self.xml, &edits),
            (true, Some(at)) => Pieces::cut_around(&self.xml, &edits, at, line),
            (true, None) => return Err(Error::Visible("the document has no body for it".into())),
        };
        changed.push((self.index, main));
        Ok(Part::Zip(self.archive.part(changed)))
    }

    /// Word drops spaces at the ends of a run that does not say that it keeps them: where an edit touches an end
    /// of such a run, the run says so from now on, in every copy.
    fn needed_spaces(&self, edits: &[Edit]) -> Vec<Edit> {
        let touches = |content: &Range<usize>| {
            let first = edits.partition_point(|edit| edit.span.end < content.start);
            let near = edits[first..].iter().take_while(|edit| edit.span.start <= content.end);
            near.clone().any(|edit| {
                let before = &self.xml[content.start..edit.span.start.max(content.start)];
                let after = &self.xml[edit.span.end.min(content.end)..content.end];
                let blank = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_whitespace());
                let open = |form: &String| {
                    form.is_empty()
                        || form.starts_with(char::is_whitespace)
                        || form.ends_with(char::is_whitespace)
                };
                (blank(before) || blank(after)) && edit.what.forms().iter().any(open)
            })
        };
        let bare = self.bare.iter().filter(|(_, content)| touches(content));
        bare.map(|(at, _)| Edit { span: *at..*at, what: What::Fixed(" xml:space=\"preserve\"".into()) })
            .collect()
    }
}

struct Builder<'a> {
    xml: &'a str,
    offset: usize,
    flow: Flow<'a>,
    beside: Beside,
    bare: Vec<(usize, Range<usize>)>,
    open: Vec<&'a str>,
    hidden: usize,
    style: Option<BlockKind>,
    /// What each paragraph style says, by its id.
    styles: BTreeMap<String, Option<BlockKind>>,
    item: bool,
    /// The open fields, and whether each still holds its code: it does between its beginning and its separator.
    fields: Vec<bool>,
    /// How many elements were open where one began whose content is computed.
    computed: Option<usize>,
    /// Whether the run is formatted as hidden.
    vanished: bool,
    run_start: Option<(usize, bool, usize)>,
    /// Where the properties of the last section stand, or else where the body ends.
    end: Option<usize>,
}

impl<'a> Builder<'a> {
    fn new(xml: &'a str, offset: usize) -> Builder<'a> {
        Builder {
            xml,
            offset,
            flow: Flow::new(xml, offset),
            beside: Beside::default(),
            bare: Vec::new(),
            open: Vec::new(),
            hidden: 0,
            style: None,
            styles: BTreeMap::new(),
            item: false,
            fields: Vec::new(),
            computed: None,
            vanished: false,
            run_start: None,
            end: None,
        }
    }

    fn token(&mut self, token: &Token) -> Result<(), Error> {
        match token {
            Token::Text(range) => self.text(range.clone()),
            Token::Other(range) if self.xml[range.clone()].starts_with("<![CDATA[") && self.in_text() => {
                return Err(Error::refused(
                    DOCX,
                    "its text has CDATA sections, which no word processor writes",
                ));
            }
            Token::Other(_) => {}
            Token::Tag { range, name, closes, empty } => {
                let name = &self.xml[name.clone()];
                let is_end = match (name, closes) {
                    ("w:sectPr", false) => self.open.last() == Some(&"w:body"),
                    ("w:body", true) => self.end.is_none(),
                    _ => false,
                };
                if is_end {
                    self.end = Some(self.offset + range.start);
                }
                if !closes {
                    self.count(name);
                }
                match (closes, empty) {
                    (true, _) => self.end(name, range.start),
                    (false, true) => self.property(name, &self.xml[range.clone()]),
                    (false, false) => self.start(name, range.clone()),
                }
            }
        }
        decode::check_size(self.flow.length())
    }

    /// Counts what everybody gets beside the text.
    fn count(&mut self, name: &str) {
        match name {
            "w:commentReference" => self.beside.comments += 1,
            "w:footnoteReference" | "w:endnoteReference" => self.beside.notes += 1,
            "w:ins" | "w:del" | "w:moveFrom" | "w:moveTo" => self.beside.changes += 1,
            // The same box stands a second time in the fallback for old word processors.
            "w:txbxContent" if !self.open.contains(&"mc:Fallback") => self.beside.boxes += 1,
            _ => {}
        }
    }

    fn in_text(&self) -> bool {
        self.open.last() == Some(&"w:t") && self.is_visible()
    }

    fn is_visible(&self) -> bool {
        self.hidden == 0 && !self.vanished && !self.fields.contains(&true)
    }

    fn start(&mut self, name: &'a str, range: Range<usize>) {
        if HIDDEN.contains(&name) {
            self.hidden += 1;
        }
        self.property(name, &self.xml[range.clone()]);
        if name == "w:p" && self.hidden == 0 {
            self.end_block();
        }
        if COMPUTED.contains(&name) {
            self.computed.get_or_insert(self.open.len());
        }
        self.open.push(name);
        if name == "w:t" {
            let keeps = self.xml[range.clone()].contains("xml:space");
            self.run_start = Some((range.start + name.len() + 1, keeps, range.end));
        }
    }

    fn end(&mut self, name: &str, at: usize) {
        if HIDDEN.contains(&name) {
            self.hidden = self.hidden.saturating_sub(1);
        }
        if name == "w:t"
            && let Some((tag, false, content)) = self.run_start.take()
        {
            self.bare.push((self.offset + tag, self.offset + content..self.offset + at));
        }
        if name == "w:p" && self.hidden == 0 {
            self.end_block();
        }
        if name == "w:r" {
            self.vanished = false;
        }
        if self.open.last() == Some(&name) {
            self.open.pop();
        }
        if self.computed == Some(self.open.len()) {
            self.computed = None;
        }
    }

    /// What a tag without text of its own means.
    fn property(&mut self, name: &str, tag: &str) {
        let parent = self.open.last().copied().unwrap_or("");
        match name {
            _ if self.hidden > 0 => {}
            "w:tab" | "w:ptab" if parent == "w:r" => self.separator("\t"),
            "w:br" | "w:cr" if parent == "w:r" => self.separator("\n"),
            "w:noBreakHyphen" if parent == "w:r" => self.separator("\u{2011}"),
            // What a tracked change says was so before.
            "w:pStyle" | "w:numId" if self.open.contains(&"w:pPrChange") => {}
            "w:pStyle" => {
                let id = attribute(tag, "w:val").unwrap_or_default();
                self.style = self.styles.get(id).copied().unwrap_or_else(|| style_kind(id));
            }
            "w:numId" => self.item = true,
            "w:vanish" if parent == "w:rPr" && self.open.iter().rev().nth(1) == Some(&"w:r") => {
                self.vanished = !["\"0\"", "\"false\"", "\"off\""].iter().any(|off| tag.contains(off));
            }
            "w:fldChar" => self.field(tag),
            _ if self.open.contains(&"w:sdtPr") && is_filled(name, tag) => {
                let control = self.open.iter().rposition(|open| *open == "w:sdt");
                self.computed = self.computed.or(control);
            }
            _ => {}
        }
    }

    fn field(&mut self, tag: &str) {
        let is = |kind: &str| tag.contains(&format!("\"{kind}\"")) || tag.contains(&format!("'{kind}'"));
        if is("begin") && self.fields.len() < limits::DEPTH_MAX {
            self.fields.push(true);
        } else if is("separate") {
            self.fields.last_mut().into_iter().for_each(|holds_code| *holds_code = false);
        } else if is("end") {
            self.fields.pop();
        }
    }

    fn separator(&mut self, text: &str) {
        if self.is_visible() {
            self.flow.separator(text);
        }
    }

    fn text(&mut self, range: Range<usize>) {
        if self.in_text() {
            self.flow.text(range, self.computed.is_some() || !self.fields.is_empty());
        } else if matches!(self.open.last(), Some(&("w:t" | "w:delText" | "w:instrText"))) {
            self.beside.text(&self.xml[range]);
        }
    }

    fn end_block(&mut self) {
        let kind = match () {
            () if self.style.is_some() => self.style.unwrap_or(BlockKind::Paragraph),
            () if self.open.contains(&"w:tc") => BlockKind::Cell,
            () if self.item => BlockKind::Item,
            () => BlockKind::Paragraph,
        };
        (self.style, self.item) = (None, false);
        self.flow.end_block(kind);
    }
}

/// Whether a property of a control says that its text is not for the author to write.
fn is_filled(name: &str, tag: &str) -> bool {
    FILLED.contains(&name) || (name == "w:lock" && tag.to_ascii_lowercase().contains("contentlocked"))
}

/// What each paragraph style says about the words in it, by its id: by its name, which is English in every language's Word, or
/// by that of the style that it is based on.
fn styles(archive: &Archive, main: usize) -> BTreeMap<String, Option<BlockKind>> {
    let name = &archive.entries[main].name;
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let part = archive.find(&format!("{folder}/styles.xml"));
    let Some(bytes) = part.and_then(|part| archive.read(part, STYLES_BYTES_MAX).ok()) else {
        return BTreeMap::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut named: BTreeMap<&str, (Option<BlockKind>, Option<&str>)> = BTreeMap::new();
    for style in text.split("<w:style").skip(1) {
        let Some(id) = attribute(style.split('>').next().unwrap_or_default(), "w:styleId") else { continue };
        let value = |tag: &str| attribute(style.split(tag).nth(1)?.split('>').next()?, "w:val");
        named.insert(id, (value("<w:name").and_then(style_kind), value("<w:basedOn")));
    }
    let kind = |id: &str| {
        let parents = std::iter::successors(named.get(id), |(_, parent)| named.get((*parent)?));
        parents.take(limits::DEPTH_MAX).find_map(|(kind, _)| *kind)
    };
    named.keys().map(|id| ((*id).to_owned(), kind(id))).collect()
}

/// What the name or id of a paragraph style says about the words in it; `None` for one that says nothing.
fn style_kind(name: &str) -> Option<BlockKind> {
    let style = name.to_ascii_lowercase().replace(' ', "");
    let begins = |names: &[&str]| names.iter().any(|name| style.starts_with(name));
    match () {
        () if begins(&["heading", "title", "subtitle"]) => Some(BlockKind::Heading),
        () if begins(&["quot", "intensequot", "blocktext"]) => Some(BlockKind::Quote),
        () if begins(&["htmlpreformatted", "preformatted", "plaintext", "sourcecode", "macrotext"]) => {
            Some(BlockKind::Code)
        }
        () if begins(&["list"]) => Some(BlockKind::Item),
        () => None,
    }
}
