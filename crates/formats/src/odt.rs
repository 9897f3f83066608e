//! OpenDocument texts: the text of `content.xml`. Headers, footers, notes and comments stay as they are, and what
//! everybody gets with them is told.
//!
//! # Source
//! OASIS OpenDocument 1.3, part 2 (packages: 3.3 the `mimetype`, 3.4 encryption) and part 3 (5 to 7: text, fields,
//! notes, change tracking; 6.1.2: blanks).

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{BlockKind, Prose, limits};

use crate::beside::Beside;
use crate::document::through;
use crate::edit::{Edit, Map, View};
use crate::markup::{Dialect, Token, escape, tokens};
use crate::template::{Part, Pieces};
use crate::visible::{Script, VisibleLine};
use crate::xml::{self, Flow, attribute};
use crate::zip::Archive;
use crate::{Error, decode};

const ODT: &str = "ODT";
pub const MAIN: &str = "content.xml";
const STYLES: &str = "styles.xml";
/// What word processors call the kind of page that a document has where nothing else is said.
const USUAL_PAGE: &str = "Standard";
const MANIFEST: &str = "META-INF/manifest.xml";
const MANIFEST_BYTES_MAX: u64 = 4 << 20;
const TEXT_KIND: &[u8] = b"application/vnd.oasis.opendocument.text";
/// Blanks of one `text:s` that are read: enough to part words.
const BLANKS_MAX: usize = 64;
/// Styles that are followed from one that names its parent.
const PARENTS_MAX: usize = 16;
/// What stands in these is no text of the document, or stands beside it. All drawings are hidden too.
const HIDDEN: [&str; 12] = [
    "text:tracked-changes",
    "office:annotation",
    "text:note",
    "text:ruby-text",
    "text:hidden-text",
    "text:number",
    "text:variable-decls",
    "text:sequence-decls",
    "text:user-field-decls",
    "text:dde-connection-decls",
    "office:forms",
    "table:shapes",
];
/// Lists that a word processor computes anew: they are text, and nothing may differ in them.
const INDEXES: [&str; 7] = [
    "text:table-of-content",
    "text:illustration-index",
    "text:table-index",
    "text:object-index",
    "text:user-index",
    "text:alphabetical-index",
    "text:bibliography",
];
/// What in a paragraph holds the author's own words; whatever else holds text is a field.
const INLINE: [&str; 7] =
    ["text:p", "text:h", "text:span", "text:a", "text:meta", "text:ruby", "text:ruby-base"];

/// An OpenDocument text taken apart.
#[derive(Debug, Clone)]
pub struct OdtSource {
    archive: Archive,
    index: usize,
    xml: Vec<u8>,
    map: Map,
    beside: Beside,
    /// Where a last paragraph can stand.
    end: Option<usize>,
}

/// What a container says that it is, in the first part of it that OpenDocument asks for.
pub fn kind(bytes: &[u8]) -> Option<&[u8]> {
    let length = bytes.get(18..22)?.try_into().ok().map(u32::from_le_bytes)?;
    let behind = bytes.get(30..)?.strip_prefix(b"mimetype")?;
    let extra = bytes.get(28..30)?.try_into().ok().map(u16::from_le_bytes)?;
    behind.get(usize::from(extra)..)?.get(..length as usize)
}

/// Whether a kind is that of a text, or of a template of texts.
pub fn is_text(kind: &[u8]) -> bool {
    kind.trim_ascii().strip_prefix(TEXT_KIND).is_some_and(|more| matches!(more, b"" | b"-template"))
}

/// Takes an OpenDocument text apart.
///
/// # Errors
/// When it is damaged, encrypted, a bomb, or no text.
pub fn parse(bytes: &[u8]) -> Result<(Prose, OdtSource), Error> {
    let archive = Archive::parse(bytes, ODT)?;
    refuse_sealed(&archive)?;
    let index = archive.find(MAIN).ok_or_else(|| {
        Error::refused("zip file", "it is no OpenDocument text: it has no content.xml; save it as ODT")
    })?;
    let content = archive.read(index, limits::TEXT_BYTES_MAX as u64)?;
    let (start, xml) = decode::strict(&content)?;
    xml::check(xml, ODT)?;
    let mut builder = Builder::new(xml, start);
    for token in tokens(xml, Dialect::Xml) {
        builder.token(&token)?;
    }
    let Builder { flow, mut beside, end, .. } = builder;
    beside.end("a note, a comment, a text box, a deletion or a hidden passage");
    look_beside(&archive, &mut beside);
    let (prose, map) = flow.finish();
    Ok((prose, OdtSource { archive, index, xml: content.clone(), map, beside, end }))
}

/// Looks through headers and footers, which stand with the styles, for what is written there as if it were read.
fn look_beside(archive: &Archive, beside: &mut Beside) {
    let Some(index) = archive.find(STYLES) else { return };
    beside.part(archive, index, "text:p", "a header or footer");
}

/// What a change would break, or cannot be read.
fn refuse_sealed(archive: &Archive) -> Result<(), Error> {
    if archive.find("META-INF/documentsignatures.xml").is_some() {
        let why = "it is signed, and any change breaks the signature; sign after sealing";
        return Err(Error::refused(ODT, why));
    }
    let manifest = match archive.find(MANIFEST) {
        Some(index) => archive.read(index, MANIFEST_BYTES_MAX)?,
        None => Vec::new(),
    };
    let encrypted = b"encryption-data";
    let is_encrypted = manifest.windows(encrypted.len()).any(|window| window == encrypted)
        || archive.find("encrypted-package").is_some();
    match is_encrypted {
        true => Err(Error::refused(ODT, "it is encrypted; remove the password first")),
        false => Ok(()),
    }
}

impl OdtSource {
    /// What everybody gets beside the text, in sentences.
    pub fn notes(&self) -> Vec<String> {
        self.beside.sentences()
    }

    /// The container with the edits of its text as slots.
    pub fn part(&self, text: &str, edits: &[Edit], line: Option<&VisibleLine>) -> Result<Part, Error> {
        let view = View { text, source: &self.xml, escape: &written };
        let edits = through(&self.map, &view, edits)?;
        let Some(line) = line else {
            return Ok(Part::Zip(self.archive.part(vec![(self.index, Pieces::cut(&self.xml, &edits))])));
        };
        let line = line.within(Script::Xml, "<text:p>", "</text:p>")?;
        let mut changed = Vec::new();
        if let Some((index, styles, places)) = self.footers() {
            let mut pieces = Pieces::default();
            let mut from = 0;
            for at in places {
                pieces.append(Pieces::cut(&styles[from..at], &[]));
                pieces.append(Pieces(line.clone()));
                from = at;
            }
            pieces.append(Pieces::cut(&styles[from..], &[]));
            changed.push((index, pieces));
        }
        let main = match (changed.is_empty(), self.end) {
            (false, _) => Pieces::cut(&self.xml, &edits),
            (true, Some(at)) => Pieces::cut_around(&self.xml, &edits, at, line),
            (true, None) => return Err(Error::Visible("the document has no body for it".into())),
        };
        changed.push((self.index, main));
        Ok(Part::Zip(self.archive.part(changed)))
    }
}

impl OdtSource {
    /// The part with the footers, its content, and where each of them ends; nothing where the usual page has none.
    fn footers(&self) -> Option<(usize, Vec<u8>, Vec<usize>)> {
        let index = self.archive.find(STYLES)?;
        let content = self.archive.read(index, limits::TEXT_BYTES_MAX as u64).ok()?;
        let (start, text) = decode::strict(&content).ok()?;
        let places = footers_of(text)?.into_iter().map(|at| start + at).collect();
        Some((index, content, places))
    }
}

/// Where the footers of all kinds of pages end, if pages of the usual kind have one that is shown.
fn footers_of(styles: &str) -> Option<Vec<usize>> {
    xml::check(styles, ODT).ok()?;
    let mut places = Vec::new();
    let mut is_usual = false;
    let mut shown = false;
    let mut has_usual = false;
    for token in tokens(styles, Dialect::Xml) {
        let Token::Tag { range, name, closes, empty } = token else { continue };
        let (name, tag) = (&styles[name], &styles[range.clone()]);
        match (name, closes) {
            ("style:master-page", false) => is_usual = attribute(tag, "style:name") == Some(USUAL_PAGE),
            ("style:footer" | "style:footer-left" | "style:footer-first", false) => {
                shown = !empty && attribute(tag, "style:display") != Some("false");
                has_usual |= is_usual && shown && name == "style:footer";
            }
            ("style:footer" | "style:footer-left" | "style:footer-first", true) if shown => {
                places.push(range.start);
                shown = false;
            }
            _ => {}
        }
    }
    has_usual.then_some(places)
}

/// A piece of text as OpenDocument writes it: of several blanks only the first is a character.
fn written(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = None;
    for c in escape(text).chars() {
        match c {
            ' ' if last == Some(' ') => out.push_str("<text:s/>"),
            _ => out.push(c),
        }
        last = Some(c);
    }
    out
}

/// An element that is open.
struct Open<'a> {
    name: &'a str,
    hides: bool,
    fixes: bool,
}

struct Builder<'a> {
    xml: &'a str,
    flow: Flow<'a>,
    beside: Beside,
    open: Vec<Open<'a>>,
    /// How many open elements hide their text, and how many hold text in which nothing may differ.
    hidden: usize,
    fixed: usize,
    /// How many paragraphs are open in the text itself, and what the outermost one is.
    paragraphs: usize,
    kind: BlockKind,
    styles: Styles<'a>,
    /// Where the text ends, in the file.
    end: Option<usize>,
    offset: usize,
}

impl<'a> Builder<'a> {
    fn new(xml: &'a str, offset: usize) -> Builder<'a> {
        Builder {
            xml,
            flow: Flow::new(xml, offset),
            beside: Beside::default(),
            open: Vec::new(),
            hidden: 0,
            fixed: 0,
            paragraphs: 0,
            kind: BlockKind::Paragraph,
            styles: Styles::default(),
            end: None,
            offset,
        }
    }

    fn token(&mut self, token: &Token) -> Result<(), Error> {
        match token {
            Token::Text(range) if self.is_visible() => self.flow.text(range.clone(), self.fixed > 0),
            Token::Other(range) if self.xml[range.clone()].starts_with("<![CDATA[") && self.is_visible() => {
                let why = "its text has CDATA sections, which no word processor writes";
                return Err(Error::refused(ODT, why));
            }
            Token::Text(range) if self.hidden > 0 => self.beside.text(&self.xml[range.clone()]),
            Token::Text(_) | Token::Other(_) => {}
            Token::Tag { range, name, closes, empty } => {
                let (name, tag) = (&self.xml[name.clone()], &self.xml[range.clone()]);
                if *closes && name == "office:text" {
                    self.end = Some(self.offset + range.start);
                }
                if !closes {
                    self.count(name);
                }
                match (closes, empty) {
                    (true, _) => self.end(name),
                    (false, true) => self.empty(name, tag),
                    (false, false) => {
                        self.empty(name, tag);
                        self.start(name, tag);
                    }
                }
            }
        }
        decode::check_size(self.flow.length())
    }

    /// Counts what everybody gets beside the text.
    fn count(&mut self, name: &str) {
        match name {
            "office:annotation" => self.beside.comments += 1,
            "text:changed-region" => self.beside.changes += 1,
            "text:note" => self.beside.notes += 1,
            "draw:text-box" => self.beside.boxes += 1,
            _ => {}
        }
    }

    fn is_visible(&self) -> bool {
        self.paragraphs > 0 && self.hidden == 0
    }

    fn is_in(&self, name: &str) -> bool {
        self.open.iter().any(|open| open.name == name)
    }

    /// What a tag means whether or not something stands in it.
    fn empty(&mut self, name: &str, tag: &'a str) {
        match name {
            "style:style" => self.styles.begin(tag),
            "style:text-properties" => self.styles.properties(tag),
            "text:s" if self.is_visible() => {
                let count = attribute(tag, "text:c").and_then(|count| count.parse().ok()).unwrap_or(1);
                self.flow.separator(&" ".repeat(usize::min(count, BLANKS_MAX)));
            }
            "text:tab" if self.is_visible() => self.flow.separator("\t"),
            "text:line-break" if self.is_visible() => self.flow.separator("\n"),
            _ => {}
        }
    }

    fn start(&mut self, name: &'a str, tag: &'a str) {
        let style = attribute(tag, "text:style-name");
        let hides = HIDDEN.contains(&name)
            || name.starts_with("draw:")
            || (matches!(name, "text:span" | "text:p" | "text:h")
                && style.is_some_and(|style| self.styles.hides(style)))
            || (name == "text:section" && attribute(tag, "text:display").is_some_and(|says| says != "true"));
        let is_field = self.paragraphs > 0 && !INLINE.contains(&name);
        let fixes = INDEXES.contains(&name) || is_field;
        self.hidden += usize::from(hides);
        self.fixed += usize::from(fixes);
        if matches!(name, "text:p" | "text:h") && self.hidden == 0 && self.is_in("office:text") {
            if self.paragraphs == 0 {
                self.kind = self.kind_of(name, style);
            }
            self.paragraphs += 1;
        }
        self.open.push(Open { name, hides, fixes });
    }

    fn end(&mut self, name: &str) {
        let Some(open) = self.open.pop_if(|open| open.name == name) else { return };
        if matches!(name, "text:p" | "text:h") && self.hidden > 0 {
            self.beside.text("\n");
        } else if matches!(name, "text:p" | "text:h") && self.is_visible() {
            self.paragraphs -= 1;
            if self.paragraphs == 0 {
                self.flow.end_block(self.kind);
            }
        }
        self.hidden -= usize::from(open.hides);
        self.fixed -= usize::from(open.fixes);
    }

    fn kind_of(&self, name: &str, style: Option<&str>) -> BlockKind {
        let styled = style.and_then(|style| self.styles.kind(style));
        match styled {
            _ if name == "text:h" => BlockKind::Heading,
            Some(kind) => kind,
            None if self.is_in("table:table-cell") => BlockKind::Cell,
            None if self.is_in("text:list-item") => BlockKind::Item,
            None => BlockKind::Paragraph,
        }
    }
}

/// The styles that the document declares for itself, and what they say about the words in them.
#[derive(Default)]
struct Styles<'a> {
    parents: BTreeMap<&'a str, &'a str>,
    hidden: BTreeSet<&'a str>,
    /// The style whose properties follow.
    open: Option<&'a str>,
}

impl<'a> Styles<'a> {
    fn begin(&mut self, tag: &'a str) {
        self.open = attribute(tag, "style:name");
        if let (Some(name), Some(parent)) = (self.open, attribute(tag, "style:parent-style-name")) {
            self.parents.insert(name, parent);
        }
    }

    fn properties(&mut self, tag: &str) {
        if attribute(tag, "text:display").is_some_and(|says| says != "true") {
            self.hidden.extend(self.open);
        }
    }

    fn hides(&self, style: &str) -> bool {
        self.hidden.contains(style)
    }

    /// What a paragraph in this style is; `None` for a style that says nothing.
    fn kind(&self, style: &str) -> Option<BlockKind> {
        let mut name = style;
        for _ in 0..PARENTS_MAX {
            if let Some(kind) = named_kind(name) {
                return Some(kind);
            }
            name = self.parents.get(name)?;
        }
        None
    }
}

/// The names that word processors give to styles, in English whatever the user's language.
fn named_kind(style: &str) -> Option<BlockKind> {
    let begins = |names: &[&str]| names.iter().any(|name| style.starts_with(name));
    match () {
        () if begins(&["Heading", "Title", "Subtitle", "Contents_20_Heading"]) => Some(BlockKind::Heading),
        () if begins(&["Quot", "Intense_20_Quote"]) => Some(BlockKind::Quote),
        () if begins(&["Preformatted_20_Text", "Source_20_", "HTML_20_Preformatted"]) => {
            Some(BlockKind::Code)
        }
        () if begins(&["List"]) => Some(BlockKind::Item),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_after_the_first_are_elements() {
        assert_eq!(written("a  b & c   "), "a <text:s/>b &amp; c <text:s/><text:s/>");
    }

    #[test]
    fn only_texts_are_texts() {
        for (kind, expected) in [
            ("application/vnd.oasis.opendocument.text", true),
            ("application/vnd.oasis.opendocument.text\n", true),
            ("application/vnd.oasis.opendocument.text-template", true),
            ("application/vnd.oasis.opendocument.text-master", false),
            ("application/vnd.oasis.opendocument.spreadsheet", false),
            ("application/epub+zip", false),
        ] {
            assert_eq!(is_text(kind.as_bytes()), expected, "{kind}");
        }
    }
}
