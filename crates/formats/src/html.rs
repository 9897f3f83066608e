//! HTML: the text that a reader sees, and where it stands.

use std::ops::Range;

use tellmark_core::{Block, BlockKind, Prose, limits};

use crate::edit::Map;
use crate::markup::{Dialect, Token, escape, escape_ascii, reference, tokens};
use crate::xml::attribute;
use crate::{Error, decode};

const RAW: Dialect = Dialect::Html(&[
    "script",
    "style",
    "textarea",
    "title",
    "noscript",
    "iframe",
    "xmp",
    "template",
    "noembed",
    "noframes",
    "plaintext",
]);
const INLINE: [&str; 41] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "del", "dfn", "em", "font", "i", "ins",
    "label", "mark", "o:p", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr", "img", "data", "code", "kbd", "samp", "nobr", "ruby", "rb", "rt", "rp", "output",
];
const VOID: [&str; 16] = [
    "area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
    "meta", "param", "source", "wbr",
];
const FROZEN: [&str; 13] = [
    "code", "kbd", "samp", "pre", "head", "svg", "math", "select", "button", "object", "canvas", "rt",
    "listing",
];
const UNTOUCHED: [&str; 9] =
    ["pre", "listing", "head", "svg", "math", "select", "button", "object", "canvas"];
const QUOTES: [&str; 3] = ["blockquote", "q", "cite"];
/// What programs call the element that holds a message which is answered or forwarded.
const HISTORY_CLASSES: [&str; 9] = [
    "gmail_quote",
    "gmail_quote_container",
    "yahoo_quoted",
    "moz-cite-prefix",
    "moz-forward-container",
    "protonmail_quote",
    "zmail_extra",
    "tutanota_quote",
    "gmx_quote",
];
/// Ids and classes of the element behind which everything is such a message.
const HISTORY_BEGINS: [&str; 5] = [
    "divrplyfwdmsg",
    "appendonsend",
    "stopspelling",
    "outlookmessageheader",
    "mail-editor-reference-message-container",
];
/// What may stand in a head; any other tag ends it.
const IN_HEAD: [&str; 9] =
    ["title", "meta", "link", "script", "style", "base", "noscript", "template", "object"];
/// Elements that end by themselves where one of some others begins, and what they do not look out of.
const ENDS: [(&[&str], &[&str], &[&str]); 6] = [
    (&["li"], &["li"], &["ul", "ol", "menu", "dir"]),
    (&["dt", "dd"], &["dt", "dd"], &["dl"]),
    (&["td", "th"], &["td", "th"], &["table"]),
    (&["tr"], &["tr", "td", "th", "caption"], &["table"]),
    (&["thead", "tbody", "tfoot"], &["thead", "tbody", "tfoot", "tr", "td", "th", "caption"], &["table"]),
    (&["option", "optgroup"], &["option"], &["select"]),
];
/// What ends an open paragraph.
const ENDS_PARAGRAPHS: [&str; 44] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "ul",
    "xmp",
];
/// Whatever begins inside these leaves an open paragraph outside alone.
const HOLDS_PARAGRAPHS: [&str; 5] = ["td", "th", "button", "object", "caption"];

/// How text is written into a file that is ASCII only, whose encoding is nobody's guess, or into one of UTF-8.
pub fn escape_for(ascii: bool) -> fn(&str) -> String {
    if ascii { escape_ascii } else { escape }
}

/// The visible text of an HTML document that starts at byte `offset` of its file.
///
/// # Errors
/// When it is nested too deeply or its text is too long.
pub fn prose(html: &str, offset: usize) -> Result<(Prose, Map), Error> {
    let (prose, map, _) = build(html, offset)?;
    Ok((prose, map))
}

/// The same of a message, with the ranges of its text that are quoted history by what their elements are called.
///
/// # Errors
/// As [`prose`].
pub fn prose_of_mail(html: &str, offset: usize) -> Result<(Prose, Map, Vec<Range<usize>>), Error> {
    build(html, offset)
}

fn build(html: &str, offset: usize) -> Result<(Prose, Map, Vec<Range<usize>>), Error> {
    let mut builder = Builder::new(html, offset);
    for token in tokens(html, RAW) {
        match token {
            Token::Text(range) => builder.text(range),
            Token::Tag { range, name, closes, empty } => {
                let name = html[name].to_ascii_lowercase();
                let at = builder.open.len();
                builder.tag(&name, closes, empty)?;
                builder.thread(&name, &html[range], at);
            }
            Token::Other(_) => {}
        }
    }
    builder.finish()
}

/// Where the last paragraph of a page can stand: before the end of the body, or of the page, or at the end.
pub fn end_of_body(html: &str) -> usize {
    let mut ends = [None; 2];
    for token in tokens(html, RAW) {
        if let Token::Tag { range, name, closes: true, .. } = token {
            let found = ["body", "html"].iter().position(|end| html[name.clone()].eq_ignore_ascii_case(end));
            found.into_iter().for_each(|found| ends[found] = Some(range.start));
        }
    }
    ends[0].or(ends[1]).unwrap_or(html.len())
}

struct Builder<'a> {
    html: &'a str,
    offset: usize,
    prose: Prose,
    map: Map,
    block: Option<usize>,
    open: Vec<String>,
    /// Elements that hold quoted history, by how many stand around each; only the outermost is of interest.
    quoted_at: Option<usize>,
    /// Whether everything from here on is quoted history.
    is_over: bool,
    history: Vec<Range<usize>>,
}

impl<'a> Builder<'a> {
    fn new(html: &'a str, offset: usize) -> Builder<'a> {
        let (prose, map) = (Prose::default(), Map::default());
        let history = Vec::new();
        Builder {
            html,
            offset,
            prose,
            map,
            block: None,
            open: Vec::new(),
            quoted_at: None,
            is_over: false,
            history,
        }
    }

    fn tag(&mut self, name: &str, closes: bool, empty: bool) -> Result<(), Error> {
        if !INLINE.contains(&name) {
            self.end_block();
        }
        if closes {
            self.close(name);
            return Ok(());
        }
        self.end_others(name);
        if VOID.contains(&name) || empty {
            return Ok(());
        }
        if self.open.len() >= limits::DEPTH_MAX {
            return Err(Error::Limit { what: "the depth of nested tags", limit: limits::DEPTH_MAX as u64 });
        }
        self.open.push(name.to_owned());
        Ok(())
    }

    /// An inline element that closes out of turn leaves those inside it open, as browsers do.
    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open == name) else { return };
        match INLINE.contains(&name) {
            true => {
                self.open.remove(at);
                self.quoted_at = self.quoted_at.map(|quoted| if at < quoted { quoted - 1 } else { quoted });
            }
            false => self.open.truncate(at),
        }
    }

    /// Ends what ends by itself where this element begins: end tags that HTML lets authors leave out.
    fn end_others(&mut self, name: &str) {
        if !IN_HEAD.contains(&name) && self.open.last().is_some_and(|open| open == "head") {
            self.open.pop();
        }
        if ENDS_PARAGRAPHS.contains(&name) {
            self.end_inside(&["p"], &HOLDS_PARAGRAPHS);
        }
        for (begins, ends, within) in ENDS {
            if begins.contains(&name) {
                self.end_inside(ends, within);
            }
        }
    }

    /// Ends the outermost of these elements inside the innermost of those.
    fn end_inside(&mut self, ends: &[&str], within: &[&str]) {
        let from = self.open.iter().rposition(|open| within.contains(&open.as_str())).map_or(0, |i| i + 1);
        let found = self.open[from..].iter().position(|open| ends.contains(&open.as_str()));
        if let Some(found) = found {
            // Browsers open code again behind what ended around it.
            let code = self.open[from + found..].iter().any(|open| open == "code");
            self.open.truncate(from + found);
            if code {
                self.open.push("code".into());
            }
        }
    }

    /// Notes where quoted history begins and ends, by a tag before which so many elements were open.
    fn thread(&mut self, name: &str, tag: &str, before: usize) {
        let opened = self.open.len() > before;
        if self.quoted_at.is_some_and(|at| self.open.len() <= at) {
            self.quoted_at = None;
        }
        if tag.starts_with("</") || !(matches!(name, "div" | "blockquote" | "hr" | "span" | "section")) {
            return;
        }
        let tag = tag.to_ascii_lowercase();
        let values = [attribute(&tag, "class"), attribute(&tag, "id")];
        let is_called = |names: &[&str]| {
            let words = values.iter().flatten().flat_map(|value| value.split_ascii_whitespace());
            // Programs put a prefix before the ids of what they take over.
            words.map(|word| word.trim_start_matches("x_")).any(|word| names.contains(&word))
        };
        self.is_over |= is_called(&HISTORY_BEGINS) || is_outlook_rule(&tag);
        let is_cited = name == "blockquote" && attribute(&tag, "type") == Some("cite");
        if opened && self.quoted_at.is_none() && (is_cited || is_called(&HISTORY_CLASSES)) {
            self.quoted_at = Some(before.min(self.open.len() - 1));
        }
    }

    fn is_in(&self, names: &[&str]) -> bool {
        self.open.iter().any(|open| names.contains(&open.as_str()))
    }

    fn kind(&self) -> BlockKind {
        let heading = ["h1", "h2", "h3", "h4", "h5", "h6", "legend", "caption", "th"];
        match () {
            () if self.is_in(&UNTOUCHED) => BlockKind::Code,
            () if self.is_in(&["blockquote"]) => BlockKind::Quote,
            () if self.is_in(&heading) => BlockKind::Heading,
            () if self.is_in(&["td"]) => BlockKind::Cell,
            () if self.is_in(&["li", "dt", "dd"]) => BlockKind::Item,
            () => BlockKind::Paragraph,
        }
    }

    fn text(&mut self, range: Range<usize>) {
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
                let length = match reference(&raw[at..]) {
                    Some((meant, length)) => {
                        self.push(&meant, range.start + at, length);
                        length
                    }
                    None => self.ampersand(&raw[at..], range.start + at),
                };
                at += length;
            }
        }
        if self.quoted_at.is_some() || self.is_over {
            match self.history.last_mut() {
                Some(last) if self.prose.text[last.end..begins].trim().is_empty() => {
                    last.end = self.prose.text.len()
                }
                _ => self.history.push(begins..self.prose.text.len()),
            }
        }
        if self.is_in(&FROZEN) || self.is_in(&QUOTES[1..]) {
            self.prose.frozen.push(begins..self.prose.text.len());
        }
    }

    /// An ampersand that begins no reference that is known. Browsers may still read one (`&copy 2020`), so what
    /// could be its name stays as it is.
    fn ampersand(&mut self, raw: &str, source: usize) -> usize {
        let name = raw[1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
        let start = self.prose.text.len();
        self.push(&raw[..1 + name], source, 1 + name);
        if name > 0 {
            self.prose.frozen.push(start..self.prose.text.len());
        }
        1 + name
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
        let range = start + lead..start + body.trim_end().len().max(lead);
        // References to blanks alone make no block.
        if !range.is_empty() {
            self.prose.blocks.push(Block { range, kind, part: 0 });
        }
        self.prose.text.push_str("\n\n");
    }

    fn finish(mut self) -> Result<(Prose, Map, Vec<Range<usize>>), Error> {
        self.end_block();
        decode::check_size(self.prose.text.len())?;
        self.prose.seams = self.map.seams();
        Ok((self.prose, self.map, self.history))
    }
}

/// The line that Outlook draws above what it quotes.
fn is_outlook_rule(tag: &str) -> bool {
    let style = attribute(tag, "style").unwrap_or("").replace(' ', "");
    style.contains("border:none") && style.contains("border-top:solid") && style.contains("padding:3.0pt0")
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
    fn end_tags_may_be_left_out() {
        let check = |html: String, kind: BlockKind| {
            let (prose, _) = prose(&html, 0).unwrap();
            let last = prose.blocks.last().unwrap();
            assert_eq!((&prose.text[last.range.clone()], last.kind), ("text", kind), "{html:.80}");
        };
        check("<li><p>x".repeat(300) + "<li><p>text", BlockKind::Item);
        check("<dl><dt>x<dd><p>y".to_owned() + &"<dt>x<dd>y".repeat(300) + "</dl>text", BlockKind::Paragraph);
        check(format!("<table><tr><th>x{}<tr><td>text", "<tr><td>a<td>b".repeat(300)), BlockKind::Cell);
        check("<p>x".repeat(300) + "<p>text", BlockKind::Paragraph);
        check("<html><head><title>x</title><meta a><p>text".into(), BlockKind::Paragraph);
        check("<html><head><meta a><body><p>text".into(), BlockKind::Paragraph);
        check("<ul><li>x<ul><li>y</ul><li>text</ul>".into(), BlockKind::Item);
    }

    #[test]
    fn depth_is_limited() {
        assert!(prose(&"<div>".repeat(10_000), 0).is_err());
    }
}
