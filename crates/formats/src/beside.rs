//! What stands beside the text of an office document: no mark is put there, and everybody gets it.

use std::collections::BTreeSet;

use tellmark_core::limits;

use crate::markup::{Dialect, Token, tokens};
use crate::zip::Archive;

/// Bytes of text beside the text that are searched for variants.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// What was met beside the text.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Comments of reviewers.
    pub comments: usize,
    /// Insertions and deletions that nobody accepted or rejected yet.
    pub changes: usize,
    /// Footnotes and endnotes.
    pub notes: usize,
    /// Text boxes.
    pub boxes: usize,
    /// Where variants stand in braces that nobody reads.
    unread: BTreeSet<&'static str>,
    /// The text that is being searched for variants.
    text: String,
}

impl Beside {
    /// Takes a stretch of text that is no text of the document.
    pub fn text(&mut self, text: &str) {
        if self.text.len() + text.len() <= TEXT_BYTES_MAX {
            self.text.push_str(text);
        }
    }

    /// Ends what was taken; `place` is where it stands.
    pub fn end(&mut self, place: &'static str) {
        if has_choice(&self.text) {
            self.unread.insert(place);
        }
        self.text.clear();
    }

    /// Looks through another part of the container; `paragraph` is the tag of its paragraphs. One that cannot be read is none
    /// of the text, and stays as it is.
    pub fn part(&mut self, archive: &Archive, index: usize, paragraph: &str, place: &'static str) {
        let content = archive.read(index, limits::TEXT_BYTES_MAX as u64).unwrap_or_default();
        let xml = String::from_utf8_lossy(&content);
        for token in tokens(&xml, Dialect::Xml) {
            match token {
                Token::Text(range) => self.text(&xml[range]),
                Token::Tag { name, closes: true, .. } if xml[name.clone()] == *paragraph => self.text("\n"),
                _ => {}
            }
        }
        self.end(place);
    }

    /// What a user should know before the copies go out, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        let count = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {more}"),
        };
        if self.comments > 0 {
            let comments = count(self.comments, "comment", "comments");
            said.push(format!(
                "the document has {comments}, which every recipient will get with its author's name, the same in all copies; \
                 delete what is not meant for everybody"
            ));
        }
        if self.changes > 0 {
            let changes = count(self.changes, "tracked change", "tracked changes");
            said.push(format!(
                "the document has {changes}: every recipient will see what was inserted and what was deleted, and by whom; \
                 accept or reject them first if that is not meant"
            ));
        }
        let unmarked = [
            (self.notes, "footnote or endnote", "footnotes and endnotes"),
            (self.boxes, "text box", "text boxes"),
        ];
        for (number, one, more) in unmarked.into_iter().filter(|(number, ..)| *number > 0) {
            let what = count(number, one, more);
            let carry = if number == 1 { "carries" } else { "carry" };
            said.push(format!("{what} {carry} no mark: whoever quotes them alone is not named"));
        }
        if !self.unread.is_empty() {
            let places: Vec<&str> = self.unread.iter().copied().collect();
            said.push(format!(
                "variants in braces stand in {}, where they are not read: every copy will show them as they are written",
                places.join(" and in ")
            ));
        }
        said
    }
}

/// Whether there is a choice in braces, `{a|b}`, in one paragraph.
fn has_choice(text: &str) -> bool {
    let closed = |open: &str| {
        open.split_once('}').is_some_and(|(inner, _)| inner.contains('|') && !inner.contains('\n'))
    };
    text.split('{').skip(1).any(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_seen_in_one_paragraph() {
        for (text, expected) in
            [("a {b|c} d", true), ("{a} | {b", false), ("{a\n|b}", false), ("{{a|b}", true)]
        {
            assert_eq!(has_choice(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_beside_the_text_is_nothing_to_say() {
        let mut beside = Beside::default();
        beside.text("plain");
        beside.end("a header");
        assert!(beside.sentences().is_empty());
        beside.text("{a|b}");
        beside.end("a header");
        beside.comments = 1;
        let said = beside.sentences();
        assert!(
            said.len() == 2 && said[0].contains("1 comment,") && said[1].contains("in a header, where"),
            "{said:?}"
        );
    }
}
