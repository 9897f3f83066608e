//! What guards of English ask about the phrases around a match.

use super::grammar;
use crate::rules::view::{At, View, is_digits};

impl View<'_> {
    /// Whether a noun phrase opens behind the match: with a determiner or a name.
    pub fn noun_phrase_follows(&self, at: At) -> bool {
        let next = self.after(at, 0);
        !next.is_empty()
            && (grammar::DETERMINERS.contains(&next)
                || self.shown(at.next).starts_with(char::is_uppercase) && next != "i")
    }

    /// Whether a number opens behind the match, or a sum of money.
    pub fn figure_follows(&self, at: At) -> bool {
        let money = matches!(self.gap(at.next.saturating_sub(1)), " $" | " €" | " £");
        grammar::is_number(self.after(at, 0)) || (money && is_digits(self.word(at.next)))
    }

    /// Whether a subject and its finite verb open behind the match, the verb at most five words away.
    pub fn clause_follows(&self, at: At) -> bool {
        let next = self.after(at, 0);
        if grammar::PRONOUNS.contains(&next) {
            return grammar::FINITE.contains(&self.after(at, 1));
        }
        self.noun_phrase_follows(at) && (1..6).any(|i| grammar::FINITE.contains(&self.after(at, i)))
    }

    /// Whether the match opens a sentence.
    pub fn opens_sentence(&self, at: At) -> bool {
        self.words.get(at.first).is_some_and(|word| self.begins_sentence(word.range.start))
    }

    /// Whether a comma stands right before the match.
    pub fn comma_before(&self, at: At) -> bool {
        at.first > 0 && self.gap(at.first - 1) == ", "
    }

    /// Whether a comma or another stop follows, or the block ends.
    pub fn stop_follows(&self, at: At) -> bool {
        let end = at.next.checked_sub(1).and_then(|last| self.words.get(last)).map(|word| word.range.end);
        end.is_some_and(|end| {
            self.rest(end).is_empty() || self.rest(end).starts_with(['.', ',', ';', ':', ')'])
        })
    }

    /// Whether a part of a legal text is named behind the match: *Article 5*, *this Agreement*, *the Annex*.
    pub fn provision_follows(&self, at: At) -> bool {
        const NUMBERED: &[&str] = &[
            "article",
            "articles",
            "paragraph",
            "paragraphs",
            "subparagraph",
            "subparagraphs",
            "section",
            "sections",
            "subsection",
            "subsections",
            "annex",
            "annexes",
            "chapter",
            "chapters",
            "title",
            "protocol",
            "schedule",
            "part",
            "rule",
        ];
        const TEXTS: &[&str] = &[
            "agreement",
            "treaty",
            "convention",
            "order",
            "memorandum",
            "proclamation",
            "decision",
            "act",
            "regulation",
        ];
        let next = self.after(at, 0);
        let determined = ["this", "the", "that", "these", "those"].contains(&next);
        let noun = |count: usize| {
            let word = self.after(at, count);
            NUMBERED.contains(&word) || TEXTS.contains(&word)
        };
        let present = determined && ["present", "said"].contains(&self.after(at, 1)) && noun(2);
        // A text without an article is one only with its number: "subject to agreement" is not.
        let last = at.next + 1;
        let numbered = is_digits(self.word(last)) || self.gap(at.next).contains('(') || {
            let shown = self.shown(last);
            !shown.is_empty() && shown.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'A'..='D'))
        };
        present || if determined { noun(1) } else { NUMBERED.contains(&next) && numbered }
    }

    /// Whether what opens at a word may stand beside the noun before, so that the comma between is one of a pair:
    /// *in this city, the oldest of all, …*
    pub fn may_be_apposition(&self, index: usize) -> bool {
        const LOOK_WORDS: usize = 9;
        const RANKED: &[&str] = &[
            "first", "second", "third", "fourth", "last", "latest", "only", "largest", "most", "best",
            "oldest", "same", "highest", "lowest", "biggest", "one", "world's",
        ];
        let verb = |i: usize| {
            let word = self.word(i);
            grammar::FINITE.contains(&word) || word == "shall" || word.len() > 3 && word.ends_with("ed")
        };
        let comma = (index..index + LOOK_WORDS).find(|&i| !self.is_joined(i)).filter(|&i| self.is_parted(i));
        RANKED.contains(&self.word(index + 1)) || comma.is_some_and(|comma| !(index..=comma).any(verb))
    }

    /// Whether one of the words stands near the match, at most so many words away on either side.
    pub fn is_near(&self, at: At, distance_words: usize, words: &[&str]) -> bool {
        let near = |i: usize| words.contains(&self.word(i));
        (at.first.saturating_sub(distance_words)..at.first).chain(at.next..at.next + distance_words).any(near)
    }
}

/// Whether a word looks like a noun in the plural.
pub(super) fn is_plural(word: &str) -> bool {
    const NEVER: &[&str] =
        &["this", "thus", "plus", "does", "always", "perhaps", "across", "towards", "besides"];
    word.len() > 3
        && word.ends_with('s')
        && !word.ends_with("ss")
        && !word.ends_with("us")
        && !NEVER.contains(&word)
}
