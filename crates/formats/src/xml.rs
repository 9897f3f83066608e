//! The XML inside office documents: what it must not hold, and its text as it is put together, paragraph by paragraph.

use std::ops::Range;

use quick_xml::events::Event;
use tellmark_core::{Block, BlockKind, Prose, limits};

use crate::Error;
use crate::edit::Map;
use crate::markup::{Dialect, Token, reference, tokens};

/// The document must be well-formed XML without declarations of its own: no entity expands to anything.
///
/// # Errors
/// When it is not, or is nested too deeply; `format` is what the error calls the file.
pub fn check(xml: &str, format: &'static str) -> Result<(), Error> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut depth = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) if depth == 0 => return Ok(()),
            Ok(Event::Eof) => return Err(Error::damaged(format, "its text is cut off")),
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::DocType(_)) => {
                let why = "its text declares entities (DOCTYPE), which no word processor writes";
                return Err(Error::refused(format, why));
            }
            Ok(Event::GeneralRef(name)) if !is_xml_reference(&name) => {
                return Err(Error::damaged(format, "its text has a reference that XML does not know"));
            }
            Ok(_) => {}
            Err(e) => return Err(Error::damaged(format, format!("its text is no XML: {e}"))),
        }
        if depth > limits::DEPTH_MAX {
            return Err(Error::Limit { what: "the depth of nested tags", limit: limits::DEPTH_MAX as u64 });
        }
    }
}

/// XML has five names, and numbers of characters that it allows.
fn is_xml_reference(name: &str) -> bool {
    match name.starts_with('#') {
        true => reference(&format!("&{name};")).is_some_and(|(meant, _)| {
            !meant.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        }),
        false => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
    }
}

/// The value of an attribute as it is written in a tag; HTML leaves out the quotation marks around some.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let found = |(at, _): (usize, &str)| {
        let begins = tag[..at].ends_with(|c: char| c.is_ascii_whitespace());
        let value = tag[at + name.len()..].trim_start().strip_prefix('=').filter(|_| begins)?.trim_start();
        match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split_once(quote).map(|(value, _)| value),
            _ => value.split(|c: char| c.is_ascii_whitespace() || c == '>').next(),
        }
    };
    tag.match_indices(name).find_map(found)
}

/// Where the last end tag of this name stands in a part that is sound XML.
pub fn end_of(xml: &str, name: &str) -> Option<usize> {
    check(xml, "part").ok()?;
    tokens(xml, Dialect::Xml).into_iter().rev().find_map(|token| match token {
        Token::Tag { range, name: own, closes: true, .. } if &xml[own.clone()] == name => Some(range.start),
        _ => None,
    })
}

/// Text that is put together from stretches of a file, with the way back to them.
pub struct Flow<'a> {
    xml: &'a str,
    /// Bytes of the file before the XML.
    offset: usize,
    prose: Prose,
    map: Map,
    /// Where the open paragraph begins.
    block: usize,
}

impl<'a> Flow<'a> {
    pub fn new(xml: &'a str, offset: usize) -> Flow<'a> {
        Flow { xml, offset, prose: Prose::default(), map: Map::default(), block: 0 }
    }

    /// Bytes of text so far.
    pub fn length(&self) -> usize {
        self.prose.text.len()
    }

    /// Adds a stretch of the XML, its references resolved; a fixed one is text in which nothing may differ.
    pub fn text(&mut self, range: Range<usize>, is_fixed: bool) {
        let raw = &self.xml[range.clone()];
        let begins = self.prose.text.len();
        let mut at = 0;
        while at < raw.len() {
            let next = raw[at..].find('&').map_or(raw.len(), |i| at + i);
            self.push(&raw[at..next], range.start + at, next - at);
            at = next;
            if at < raw.len() {
                let (meant, length) = reference(&raw[at..]).unwrap_or(("&".into(), 1));
                self.push(&meant, range.start + at, length);
                at += length;
            }
        }
        if is_fixed && begins < self.prose.text.len() {
            self.prose.frozen.push(begins..self.prose.text.len());
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

    /// Characters that stand for a tag: in no source, and nothing may replace them.
    pub fn separator(&mut self, text: &str) {
        let start = self.prose.text.len();
        if start == self.block {
            return;
        }
        self.prose.text.push_str(text);
        self.prose.frozen.push(start..self.prose.text.len());
    }

    /// Ends the open paragraph, which is of this kind.
    pub fn end_block(&mut self, kind: BlockKind) {
        let start = self.block;
        let body = &self.prose.text[start..];
        let lead = body.len() - body.trim_start().len();
        let range = start + lead..start + body.trim_end().len().max(lead);
        if !range.is_empty() {
            self.prose.blocks.push(Block { range, kind, part: 0 });
        }
        if self.prose.text.len() > start {
            self.prose.text.push_str("\n\n");
        }
        self.block = self.prose.text.len();
    }

    /// The text and the way back.
    pub fn finish(mut self) -> (Prose, Map) {
        self.prose.seams = self.map.seams();
        (self.prose, self.map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_their_whole_name() {
        let check = |tag: &str, expected: Option<&str>| assert_eq!(attribute(tag, "a:b"), expected, "{tag}");
        check("<x a:b=\"1\"/>", Some("1"));
        check("<x xa:b=\"1\" a:bc='2' a:b = '3'>", Some("3"));
        check("<x a:b=1>", Some("1"));
        check("<x a:b=\"1>", None);
        check("<a:b>", None);
    }
}
