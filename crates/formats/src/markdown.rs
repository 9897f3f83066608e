//! Markdown: which stretches of the file are prose, and which must not change.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use tellmark_core::{Block, BlockKind, Prose};

use crate::markup::{Dialect, Token, tokens};

/// Elements whose content is no prose.
const NO_PROSE: [&str; 13] = [
    "code", "kbd", "samp", "pre", "script", "style", "textarea", "svg", "math", "select", "object", "canvas",
    "iframe",
];

/// The file as prose, in its own coordinates.
pub fn prose(text: &str) -> Prose {
    let body = front_matter(text);
    let mut prose = Prose { text: text.into(), ..Prose::default() };
    if body > 0 {
        prose.frozen.push(0..body);
    }
    let parsed = without_bars(&text[body..]);
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    options.insert(Options::ENABLE_FOOTNOTES);
    options.insert(Options::ENABLE_STRIKETHROUGH);
    let mut html: Vec<Range<usize>> = Vec::new();
    let mut quotes = 0;
    let mut items = 0;
    let mut open: Option<(BlockKind, Range<usize>)> = None;
    for (event, range) in Parser::new_ext(&parsed, options).into_offset_iter() {
        let range = range.start + body..range.end + body;
        match event {
            Event::Start(Tag::BlockQuote(_)) => quotes += 1,
            Event::End(TagEnd::BlockQuote(_)) => quotes -= 1,
            Event::Start(Tag::Item) => items += 1,
            Event::End(TagEnd::Item) => {
                close(&mut open, &mut prose);
                items -= 1;
            }
            Event::Start(ref tag @ (Tag::CodeBlock(_) | Tag::HtmlBlock)) => {
                if matches!(tag, Tag::HtmlBlock) {
                    html.push(range.clone());
                }
                close(&mut open, &mut prose);
                push(&mut prose, BlockKind::Code, range);
            }
            Event::Start(Tag::Heading { .. }) => push(&mut prose, BlockKind::Heading, range),
            Event::Start(Tag::Paragraph) => {
                close(&mut open, &mut prose);
                let kind = match (quotes, items) {
                    (0, 0) => BlockKind::Paragraph,
                    (0, _) => BlockKind::Item,
                    _ => BlockKind::Quote,
                };
                push(&mut prose, kind, range);
            }
            Event::Start(Tag::TableCell) => push(&mut prose, BlockKind::Cell, range),
            Event::InlineHtml(_) => {
                html.push(range.clone());
                prose.frozen.push(range);
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. })
            | Event::Code(_)
            | Event::FootnoteReference(_) => {
                prose.frozen.push(range);
            }
            // The text of a tight list's items stands in no paragraph.
            Event::Text(_) | Event::SoftBreak if items > 0 && !covered(&prose, range.start) => {
                let kind = if quotes > 0 { BlockKind::Quote } else { BlockKind::Item };
                match &mut open {
                    Some((_, span)) => span.end = range.end,
                    None => open = Some((kind, range)),
                }
            }
            _ => {}
        }
    }
    close(&mut open, &mut prose);
    prose.frozen.extend(raw_html(text, &html));
    tidy(&mut prose);
    prose
}

/// What stands inside elements that are no prose, whose tags Markdown passes over one by one.
fn raw_html(text: &str, pieces: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut frozen = Vec::new();
    let mut open: Option<(String, usize)> = None;
    for piece in pieces {
        for token in tokens(&text[piece.clone()], Dialect::Html(&[])) {
            let Token::Tag { range, name, closes, empty } = token else { continue };
            let name = text[piece.clone()][name].to_ascii_lowercase();
            match &open {
                Some((element, start)) if closes && *element == name => {
                    frozen.push(*start..piece.start + range.end);
                    open = None;
                }
                None if !closes && !empty && NO_PROSE.contains(&name.as_str()) => {
                    open = Some((name, piece.start + range.start));
                }
                _ => {}
            }
        }
    }
    frozen.extend(open.map(|(_, start)| start..text.len()));
    frozen
}

/// The text with another character for the bars of the author's choices: a table would take them for borders.
fn without_bars(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let length = if bytes[at] == b'{' { choice_length(&bytes[at..]) } else { 0 };
        bytes[at..at + length].iter_mut().filter(|byte| **byte == b'|').for_each(|byte| *byte = b'/');
        at += length + 1;
    }
    // Only ASCII was replaced by ASCII.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Bytes before the brace that closes a choice which opens here; 0 for no choice.
fn choice_length(bytes: &[u8]) -> usize {
    let length = bytes[1..].iter().position(|byte| matches!(byte, b'{' | b'}' | b'\n' | b'\r'));
    let closed = length.filter(|&length| bytes[1 + length] == b'}' && bytes[1..=length].contains(&b'|'));
    closed.map_or(0, |length| length + 1)
}

fn covered(prose: &Prose, at: usize) -> bool {
    prose.blocks.last().is_some_and(|block| block.range.contains(&at))
}

fn close(open: &mut Option<(BlockKind, Range<usize>)>, prose: &mut Prose) {
    if let Some((kind, range)) = open.take() {
        push(prose, kind, range);
    }
}

fn push(prose: &mut Prose, kind: BlockKind, range: Range<usize>) {
    let body = &prose.text[range.clone()];
    let lead = body.len() - body.trim_start().len();
    let range = range.start + lead..range.start + body.trim_end().len().max(lead);
    if !range.is_empty() {
        prose.blocks.push(Block { range, kind, part: 0 });
    }
}

/// Blocks in order and without overlap, frozen ranges in order and joined.
fn tidy(prose: &mut Prose) {
    prose.blocks.sort_by_key(|block| (block.range.start, block.range.end));
    let mut end = 0;
    prose.blocks.retain(|block| {
        let free = block.range.start >= end;
        if free {
            end = block.range.end;
        }
        free
    });
    prose.frozen.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in prose.frozen.drain(..) {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    prose.frozen = joined;
}

/// Where the text begins behind front matter between two lines of `---` or `+++`.
fn front_matter(text: &str) -> usize {
    let fence = match text.lines().next().map(str::trim_end) {
        Some(fence @ ("---" | "+++")) => fence,
        _ => return 0,
    };
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        at += line.len();
        let ends = line.trim_end() == fence || (fence == "---" && line.trim_end() == "...");
        if number > 0 && ends {
            return at;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_told_from_code_and_addresses() {
        let text = "---\ntitle: x\n---\n# Head\n\nOne *two* [link](http://x.y) `code`.\n\n- a tight item\n- another {a|b} one\n\n> said\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| c | d |\n";
        let prose = prose(text);
        let blocks: Vec<(&str, BlockKind)> =
            prose.blocks.iter().map(|b| (&text[b.range.clone()], b.kind)).collect();
        assert_eq!(blocks[0], ("# Head", BlockKind::Heading));
        assert_eq!(blocks[1].1, BlockKind::Paragraph);
        assert_eq!(blocks[2], ("a tight item", BlockKind::Item));
        assert_eq!(blocks[3], ("another {a|b} one", BlockKind::Item));
        assert_eq!(blocks[4], ("said", BlockKind::Quote));
        assert_eq!(blocks[5].1, BlockKind::Code);
        let frozen: Vec<&str> = prose.frozen.iter().map(|r| &text[r.clone()]).collect();
        assert_eq!(frozen, ["---\ntitle: x\n---\n", "[link](http://x.y)", "`code`"]);
    }
}
