//! The text of a document as everything but `formats` sees it.

use std::ops::Range;

/// Whether a character is one that nobody sees: a control, what no file of XML can hold, marks of direction and of joining,
/// separators that break a line unasked, letters that are blank. The ends of lines and tabs are none.
///
/// ```
/// use tellmark_core::text::is_unseen;
///
/// assert!("\u{202e}\u{2028}\u{200b}\u{ad}\u{7}".chars().all(is_unseen));
/// assert!(!"a é — п’ять\n\t".chars().any(is_unseen));
/// ```
pub fn is_unseen(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What kind of block a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BlockKind {
    /// Running prose.
    Paragraph,
    /// A heading or title.
    Heading,
    /// An item of a list.
    Item,
    /// A cell of a table.
    Cell,
    /// A block quotation: somebody else's words, which no rule touches.
    Quote,
    /// Code or preformatted text, which nothing touches.
    Code,
}

/// A stretch of the text that belongs together: no rule looks across its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Bytes of [`Prose::text`], without the line ends around the block.
    pub range: Range<usize>,
    /// What it is.
    pub kind: BlockKind,
    /// Which alternative of the document it stands in: 0, but in a multipart/alternative message 0 for the
    /// first part with text, 1 for the second.
    pub part: u16,
}

/// A document's text with what is known about it, in one coordinate system: bytes of [`Prose::text`].
///
/// The text is raw: the author's variants stand in it as they were written, `{a|b}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prose {
    /// The decoded text: markup and encodings resolved, blocks parted by line ends.
    pub text: String,
    /// The blocks, in order and without overlap.
    pub blocks: Vec<Block>,
    /// Places strictly inside a block at which the source is not contiguous (a tag, the border of a run):
    /// what spans one can still be replaced, but the replacement takes the formatting at its start.
    pub seams: Vec<usize>,
    /// Ranges that must never change (inline code, addresses), in order.
    pub frozen: Vec<Range<usize>>,
}

impl Prose {
    /// Plain text as prose: paragraphs are parted by blank lines.
    ///
    /// ```
    /// let prose = tellmark_core::Prose::plain("One.\nStill one.\n\nTwo.\n");
    /// assert_eq!(prose.blocks.len(), 2);
    /// assert_eq!(&prose.text[prose.blocks[1].range.clone()], "Two.");
    /// ```
    pub fn plain(text: &str) -> Prose {
        let mut blocks = Vec::new();
        let mut start = None;
        let mut end = 0;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim();
            if body.is_empty() {
                if let Some(from) = start.take() {
                    blocks.push(Block { range: from..end, kind: BlockKind::Paragraph, part: 0 });
                }
            } else {
                let lead = line.len() - line.trim_start().len();
                start.get_or_insert(at + lead);
                end = at + line.trim_end().len();
            }
            at += line.len();
        }
        if let Some(from) = start {
            blocks.push(Block { range: from..end, kind: BlockKind::Paragraph, part: 0 });
        }
        Prose { text: text.into(), blocks, seams: Vec::new(), frozen: Vec::new() }
    }

    /// Whether a range lies inside one block and touches nothing frozen.
    pub fn is_markable(&self, range: &Range<usize>) -> bool {
        let inside = self
            .block_at(range.start)
            .is_some_and(|block| range.end <= block.range.end && !matches!(block.kind, BlockKind::Code));
        let next = self.frozen.partition_point(|frozen| frozen.end <= range.start);
        inside && self.frozen.get(next).is_none_or(|frozen| frozen.start >= range.end)
    }

    /// Whether a seam lies strictly inside a range.
    pub fn has_seam_inside(&self, range: &Range<usize>) -> bool {
        let next = self.seams.partition_point(|&seam| seam <= range.start);
        self.seams.get(next).is_some_and(|&seam| seam < range.end)
    }

    /// The block that a byte stands in.
    pub fn block_at(&self, byte: usize) -> Option<&Block> {
        let next = self.blocks.partition_point(|block| block.range.end < byte);
        self.blocks.get(next).filter(|block| block.range.start <= byte)
    }
}

/// A count with its digits in groups.
///
/// ```
/// assert_eq!(tellmark_core::text::grouped(10_000), "10,000");
/// ```
pub fn grouped(count: u64) -> String {
    group_digits(&count.to_string())
}

/// Digits in groups of three from the right.
pub fn group_digits(digits: &str) -> String {
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count and its noun.
///
/// ```
/// assert_eq!(tellmark_core::text::counted(1, "copy", "copies"), "1 copy");
/// assert_eq!(tellmark_core::text::counted(1_200, "copy", "copies"), "1,200 copies");
/// ```
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frozen_ranges_and_seams_are_seen() {
        let mut prose = Prose::plain("alpha beta gamma");
        prose.frozen = vec![6..10];
        prose.seams = vec![3];
        assert!(prose.is_markable(&(0..6)));
        assert!(prose.is_markable(&(10..16)));
        assert!(!prose.is_markable(&(5..7)));
        assert!(!prose.is_markable(&(7..8)));
        assert!(prose.has_seam_inside(&(0..5)));
        assert!(!prose.has_seam_inside(&(3..5)));
        assert!(!prose.has_seam_inside(&(0..3)));
    }

    #[test]
    fn windows_line_ends_part_paragraphs() {
        let prose = Prose::plain("One.\r\n\r\n  Two\r\nlines.\r\n");
        let texts: Vec<_> = prose.blocks.iter().map(|b| &prose.text[b.range.clone()]).collect();
        assert_eq!(texts, ["One.", "Two\r\nlines."]);
    }
}
