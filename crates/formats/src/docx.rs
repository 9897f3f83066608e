//! Word documents: the text of `word/document.xml`. Headers, footers, notes and comments stay as they are.

use std::ops::Range;

use tellmark_core::{Block, BlockKind, Prose, limits};

use crate::document::through;
use crate::edit::{Edit, Map, What};
use crate::markup::{Token, escape, reference, tokens};
use crate::template::{Part, Pieces};
use crate::zip::Archive;
use crate::{Error, decode};

const DOCX: &str = "DOCX";
const MAIN: &str = "word/document.xml";
/// What stands in these is no text of the document, or stands in it twice.
const HIDDEN: [&str; 8] = [
    "w:del",
    "w:moveFrom",
    "w:instrText",
    "w:delText",
    "mc:AlternateContent",
    "w:pict",
    "w:drawing",
    "m:oMath",
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
}

/// Takes a Word document apart.
///
/// # Errors
/// When it is damaged, encrypted, a bomb, or no Word document.
pub fn parse(bytes: &[u8]) -> Result<(Prose, DocxSource), Error> {
    let archive = Archive::parse(bytes)?;
    let index = archive
        .find(MAIN)
        .ok_or_else(|| Error::refused("zip file", "it is no Word document: it has no word/document.xml"))?;
    let content = archive.read(index)?;
    let (start, xml) = decode::strict(&content)?;
    check_xml(xml)?;
    let mut builder = Builder { xml, offset: start, ..Builder::default() };
    for token in tokens(xml, &[]) {
        builder.token(&token)?;
    }
    let (prose, map, bare) = builder.finish();
    Ok((prose, DocxSource { archive, index, xml: content.clone(), map, bare }))
}

/// The document must be well-formed XML without declarations of its own: no entity expands to anything.
fn check_xml(xml: &str) -> Result<(), Error> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut depth = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) if depth == 0 => return Ok(()),
            Ok(Event::Eof) => return Err(Error::damaged(DOCX, "its text is cut off")),
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::DocType(_)) => {
                return Err(Error::refused(
                    DOCX,
                    "its text declares entities (DOCTYPE), which no word processor writes",
                ));
            }
            Ok(_) => {}
            Err(e) => return Err(Error::damaged(DOCX, format!("its text is no XML: {e}"))),
        }
        if depth > limits::DEPTH_MAX {
            return Err(Error::Limit { what: "the depth of nested tags", limit: limits::DEPTH_MAX as u64 });
        }
    }
}

impl DocxSource {
    /// The container with the edits as slots.
    pub fn part(&self, edits: &[Edit]) -> Result<Part, Error> {
        let mut edits: Vec<Edit> = through(&self.map, edits)?
            .into_iter()
            .map(|edit| Edit { what: edit.what.map(escape), span: edit.span })
            .collect();
        let spaces = self.needed_spaces(&edits);
        edits.extend(spaces);
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        Ok(Part::Zip(self.archive.part(self.index, &Pieces::cut(&self.xml, &edits))))
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

#[derive(Default)]
struct Builder<'a> {
    xml: &'a str,
    offset: usize,
    prose: Prose,
    map: Map,
    bare: Vec<(usize, Range<usize>)>,
    open: Vec<&'a str>,
    hidden: usize,
    block: usize,
    heading: bool,
    item: bool,
    /// Depth of fields: between its beginning and its separator a field holds a code.
    field_code: bool,
    run_start: Option<(usize, bool, usize)>,
}

impl<'a> Builder<'a> {
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
                match (closes, empty) {
                    (true, _) => self.end(name, range.start),
                    (false, true) => self.single(name, &self.xml[range.clone()]),
                    (false, false) => self.start(name, range.clone()),
                }
            }
        }
        decode::check_size(self.prose.text.len())
    }

    fn in_text(&self) -> bool {
        self.open.last() == Some(&"w:t") && self.hidden == 0 && !self.field_code
    }

    fn start(&mut self, name: &'a str, range: Range<usize>) {
        if HIDDEN.contains(&name) {
            self.hidden += 1;
        }
        if name == "w:p" {
            self.end_block();
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
        if name == "w:p" {
            self.end_block();
        }
        if self.open.last() == Some(&name) {
            self.open.pop();
        }
    }

    fn single(&mut self, name: &str, tag: &str) {
        match name {
            "w:tab" if self.open.last() == Some(&"w:r") => self.separator('\t'),
            "w:br" | "w:cr" => self.separator('\n'),
            "w:noBreakHyphen" => self.separator('\u{2011}'),
            "w:pStyle" => {
                let style = tag.to_ascii_lowercase();
                self.heading =
                    style.contains("\"heading") || style.contains("\"title") || style.contains("\"subtitle");
                self.item |= style.contains("list");
            }
            "w:numId" => self.item = true,
            "w:fldChar" => {
                self.field_code = tag.contains("\"begin\"")
                    || (self.field_code && !tag.contains("\"separate\"") && !tag.contains("\"end\""));
            }
            _ => {}
        }
    }

    /// A character that stands for a tag: in no source, and nothing may replace it.
    fn separator(&mut self, c: char) {
        if self.hidden > 0 || self.field_code || self.prose.text.len() == self.block {
            return;
        }
        let start = self.prose.text.len();
        self.prose.text.push(c);
        self.prose.frozen.push(start..self.prose.text.len());
    }

    fn text(&mut self, range: Range<usize>) {
        if !self.in_text() {
            return;
        }
        let raw = &self.xml[range.clone()];
        let mut at = 0;
        while at < raw.len() {
            let next = raw[at..].find('&').map_or(raw.len(), |i| at + i);
            self.push(&raw[at..next], range.start + at, next - at);
            at = next;
            if at < raw.len() {
                let (c, length) = reference(&raw[at..]).unwrap_or(('&', 1));
                self.push(c.encode_utf8(&mut [0; 4]), range.start + at, length);
                at += length;
            }
        }
    }

    fn push(&mut self, text: &str, source: usize, length: usize) {
        if text.is_empty() {
            return;
        }
        let start = self.prose.text.len();
        self.prose.text.push_str(text);
        let source = self.offset + source..self.offset + source + length;
        self.map.push(start..self.prose.text.len(), source);
    }

    fn end_block(&mut self) {
        let start = self.block;
        let body = &self.prose.text[start..];
        let lead = body.len() - body.trim_start().len();
        let range = start + lead..start + body.trim_end().len().max(lead);
        let kind = match () {
            () if self.heading => BlockKind::Heading,
            () if self.open.contains(&"w:tc") => BlockKind::Cell,
            () if self.item => BlockKind::Item,
            () => BlockKind::Paragraph,
        };
        (self.heading, self.item) = (false, false);
        if !range.is_empty() {
            self.prose.blocks.push(Block { range, kind, part: 0 });
        }
        if self.prose.text.len() > start {
            self.prose.text.push_str("\n\n");
        }
        self.block = self.prose.text.len();
    }

    fn finish(mut self) -> (Prose, Map, Vec<(usize, Range<usize>)>) {
        self.end_block();
        self.prose.seams = self.map.seams();
        (self.prose, self.map, self.bare)
    }
}
