//! HTML: the text that a reader sees, and where it stands.

use tellmark_core::{Block, BlockKind, Prose, limits};

use crate::edit::Map;
use crate::markup::{Token, reference, tokens};
use crate::{Error, decode};

pub use crate::markup::escape;

const RAW: [&str; 8] = ["script", "style", "textarea", "title", "noscript", "iframe", "xmp", "template"];
const INLINE: [&str; 34] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "del", "dfn", "em", "font", "i", "ins",
    "label", "mark", "o:p", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr", "img", "data", "code", "kbd",
];
const FROZEN: [&str; 9] = ["code", "kbd", "samp", "pre", "head", "svg", "math", "select", "button"];
const QUOTES: [&str; 3] = ["blockquote", "q", "cite"];

/// The visible text of an HTML document that starts at byte `offset` of its file.
///
/// # Errors
/// When it is nested too deeply or its text is too long.
pub fn prose(html: &str, offset: usize) -> Result<(Prose, Map), Error> {
    let mut builder = Builder::new(html, offset);
    for token in tokens(html, &RAW) {
        match token {
            Token::Text(range) => builder.text(range),
            Token::Tag { name, closes, empty, .. } => {
                let name = html[name].to_ascii_lowercase();
                builder.tag(&name, closes, empty)?;
            }
            Token::Other(_) => {}
        }
    }
    builder.finish()
}

struct Builder<'a> {
    html: &'a str,
    offset: usize,
    prose: Prose,
    map: Map,
    block: Option<usize>,
    open: Vec<String>,
}

impl<'a> Builder<'a> {
    fn new(html: &'a str, offset: usize) -> Builder<'a> {
        let (prose, map) = (Prose::default(), Map::default());
        Builder { html, offset, prose, map, block: None, open: Vec::new() }
    }

    fn tag(&mut self, name: &str, closes: bool, empty: bool) -> Result<(), Error> {
        const VOID: [&str; 9] = ["br", "hr", "img", "input", "link", "meta", "wbr", "col", "source"];
        if !INLINE.contains(&name) {
            self.end_block();
        }
        if VOID.contains(&name) || empty {
            return Ok(());
        }
        if closes {
            if let Some(at) = self.open.iter().rposition(|open| open == name) {
                self.open.truncate(at);
            }
            return Ok(());
        }
        // Paragraphs and items end by themselves.
        if matches!(name, "p" | "li" | "td" | "th" | "tr" | "dt" | "dd" | "option")
            && self.open.last().is_some_and(|open| open == name)
        {
            self.open.pop();
        }
        if self.open.len() >= limits::DEPTH_MAX {
            return Err(Error::Limit { what: "the depth of nested tags", limit: limits::DEPTH_MAX as u64 });
        }
        self.open.push(name.to_owned());
        Ok(())
    }

    fn is_in(&self, names: &[&str]) -> bool {
        self.open.iter().any(|open| names.contains(&open.as_str()))
    }

    fn kind(&self) -> BlockKind {
        let heading = ["h1", "h2", "h3", "h4", "h5", "h6", "legend", "caption", "th"];
        match () {
            () if self.is_in(&["pre", "head", "svg", "math", "select", "button"]) => BlockKind::Code,
            () if self.is_in(&["blockquote"]) => BlockKind::Quote,
            () if self.is_in(&heading) => BlockKind::Heading,
            () if self.is_in(&["td"]) => BlockKind::Cell,
            () if self.is_in(&["li", "dt", "dd"]) => BlockKind::Item,
            () => BlockKind::Paragraph,
        }
    }

    fn text(&mut self, range: std::ops::Range<usize>) {
        let raw = &self.html[range.clone()];
        if self.block.is_none() && raw.trim().is_empty() {
            return;
        }
        let begins = self.prose.text.len();
        if self.block.is_none() {
            self.block = Some(begins);
        }
        let mut at = 0;
        while at < raw.len() {
            let next = raw[at..].find('&').map_or(raw.len(), |i| at + i);
            self.push(&raw[at..next], range.start + at, next - at);
            at = next;
            if at < raw.len() {
                match reference(&raw[at..]) {
                    Some((c, length)) => {
                        self.push(c.encode_utf8(&mut [0; 4]), range.start + at, length);
                        at += length;
                    }
                    None => {
                        self.push("&", range.start + at, 1);
                        at += 1;
                    }
                }
            }
        }
        if self.is_in(&FROZEN) || self.is_in(&QUOTES[1..]) {
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

    fn end_block(&mut self) {
        let Some(start) = self.block.take() else { return };
        let kind = self.kind();
        let body = &self.prose.text[start..];
        let lead = body.len() - body.trim_start().len();
        let range = start + lead..start + body.trim_end().len();
        self.prose.blocks.push(Block { range, kind, part: 0 });
        self.prose.text.push_str("\n\n");
    }

    fn finish(mut self) -> Result<(Prose, Map), Error> {
        self.end_block();
        decode::check_size(self.prose.text.len())?;
        self.prose.seams = self.map.seams();
        Ok((self.prose, self.map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_the_text_and_nothing_else() {
        let html = "<html><head><title>T</title><style>p{}</style></head><body><h1>Title</h1>\
            <p>One &amp; <b>two</b>&nbsp;three<p>Four<ul><li>five</ul><pre>code</pre><script>x()</script></body></html>";
        let (prose, map) = prose(html, 0).unwrap();
        let blocks: Vec<(&str, BlockKind)> =
            prose.blocks.iter().map(|b| (&prose.text[b.range.clone()], b.kind)).collect();
        assert_eq!(
            blocks,
            [
                ("Title", BlockKind::Heading),
                ("One & two\u{a0}three", BlockKind::Paragraph),
                ("Four", BlockKind::Paragraph),
                ("five", BlockKind::Item),
                ("code", BlockKind::Code)
            ]
        );
        for chunk in &map.chunks {
            if chunk.text.len() == chunk.source.len() {
                assert_eq!(prose.text[chunk.text.clone()], html[chunk.source.clone()]);
            }
        }
    }

    #[test]
    fn depth_is_limited() {
        assert!(prose(&"<div>".repeat(10_000), 0).is_err());
    }
}
