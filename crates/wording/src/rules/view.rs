//! A block cut into words, and what guards ask about the words around a place.

use std::ops::Range;

use tellmark_core::BlockKind;

use crate::clean::{Clean, CleanBlock};
use crate::language::{self, Language};
use crate::plan::Hit;

/// A word of the clean text.
#[derive(Debug)]
pub(crate) struct Word {
    /// Bytes of the clean text.
    pub range: Range<usize>,
    /// In lower case, with straight apostrophes.
    pub lower: String,
}

/// A block cut into words, with the quotations that touch it.
pub(crate) struct View<'a> {
    pub text: &'a str,
    pub block: &'a CleanBlock,
    /// The language, where it is sure.
    pub language: Option<&'static Language>,
    pub words: Vec<Word>,
    /// What the document as a whole shows of its writer's choices.
    pub seen: Seen,
    quoted: Vec<Range<usize>>,
}

/// Wordings that a document shows somewhere: where both of a pair stand, its writer uses them alike.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// *the provisions of* something, more than once.
    pub provisions_of: bool,
}

impl Seen {
    fn of(text: &str) -> Seen {
        Seen { provisions_of: text.matches("the provisions of ").nth(1).is_some() }
    }
}

/// The words that a match covers: from `first` up to `next`, exclusive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub first: usize,
    pub next: usize,
}

/// What a rule found at a place.
#[derive(Debug)]
pub(crate) struct Found {
    pub range: Range<usize>,
    pub forms: Vec<String>,
    pub original: usize,
}

impl Found {
    pub fn new(range: Range<usize>, forms: &[&str], original: usize) -> Found {
        Found { range, forms: forms.iter().map(|form| (*form).to_owned()).collect(), original }
    }

    /// Whether the text shows this form.
    pub fn original_is(&self, form: &str) -> bool {
        self.forms.get(self.original).is_some_and(|own| own == form)
    }
}

/// The blocks of running prose, cut into words.
pub(crate) fn views<'a>(clean: &'a Clean<'_>) -> Vec<View<'a>> {
    let quotations = quotations(clean);
    let languages = language::of_blocks(clean.text(), &clean.blocks);
    let seen = Seen::of(clean.text());
    let blocks = clean.blocks.iter().zip(languages);
    let prose = blocks.filter(|(block, _)| is_prose(clean.text(), block));
    prose
        .map(|(block, language)| View { seen, ..View::new(clean.text(), block, language, &quotations) })
        .collect()
}

/// Headings and block quotations are left alone; in plain text, a heading is known by its looks.
fn is_prose(text: &str, block: &CleanBlock) -> bool {
    matches!(block.kind, BlockKind::Paragraph | BlockKind::Item | BlockKind::Cell)
        && !looks_like_heading(&text[block.range.clone()])
}

/// A short line without an end, most of whose longer words have a capital.
fn looks_like_heading(body: &str) -> bool {
    const WORDS_MAX: usize = 16;
    const SMALL: [&str; 15] =
        ["of", "and", "the", "in", "on", "to", "for", "with", "a", "an", "or", "as", "at", "by", "from"];
    if body.ends_with(['.', '!', '?', ';', ':', ',', '”', '"', ')']) || body.contains('\n') {
        return false;
    }
    let long: Vec<&str> = body
        .split_whitespace()
        .filter(|word| word.starts_with(char::is_alphabetic) && !SMALL.contains(word))
        .take(WORDS_MAX + 1)
        .collect();
    let capitals = long.iter().filter(|word| word.starts_with(char::is_uppercase)).count();
    long.len() <= WORDS_MAX && long.len() >= 2 && capitals * 3 >= long.len() * 2
}

impl<'a> View<'a> {
    fn new(
        text: &'a str,
        block: &'a CleanBlock,
        language: Option<&'static Language>,
        quotations: &[Range<usize>],
    ) -> View<'a> {
        let from = quotations.partition_point(|quoted| quoted.end <= block.range.start);
        let to = quotations.partition_point(|quoted| quoted.start < block.range.end);
        let quoted = quotations[from.min(to)..to].to_vec();
        View { text, block, language, words: words(text, &block.range), seen: Seen::default(), quoted }
    }

    /// Whether a range stands inside or across a quotation.
    pub fn is_quoted(&self, range: &Range<usize>) -> bool {
        let next = self.quoted.partition_point(|quoted| quoted.end <= range.start);
        self.quoted.get(next).is_some_and(|quoted| quoted.start < range.end.max(range.start + 1))
    }

    /// A word in lower case; empty outside the block.
    pub fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.lower)
    }

    /// A word as it is written; empty outside the block.
    pub fn shown(&self, index: usize) -> &'a str {
        self.words.get(index).map_or("", |word| &self.text[word.range.clone()])
    }

    /// The words before one that no stop and no quotation mark parts from it, the nearest first, as far as the title
    /// of an act may reach.
    pub fn title_before(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        const WORDS_MAX: usize = 45;
        let inside = |at: &usize| !self.gap(*at).contains(['.', ';', ':', '!', '?', '»', '"', '”']);
        (index.saturating_sub(WORDS_MAX)..index).rev().take_while(inside)
    }

    /// What stands between a word and the next one; empty at the block's end.
    pub fn gap(&self, index: usize) -> &'a str {
        match (self.words.get(index), self.words.get(index + 1)) {
            (Some(word), Some(next)) => &self.text[word.range.end..next.range.start],
            _ => "",
        }
    }

    /// Whether nothing but white space parts a word from the next one.
    pub fn is_joined(&self, index: usize) -> bool {
        let gap = self.gap(index);
        !gap.is_empty() && gap.chars().all(char::is_whitespace)
    }

    /// Whether a comma and white space part a word from the next one.
    pub fn is_parted(&self, index: usize) -> bool {
        self.gap(index)
            .strip_prefix(',')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| matches!(c, ' ' | '\n' | '\r')))
    }

    /// The comma behind a word as a site of its own, there or missing.
    pub fn optional_comma(&self, index: usize) -> Option<Found> {
        let end = self.words.get(index)?.range.end;
        if self.is_parted(index) {
            Some(Found::new(end..end + 1, &[",", ""], 0))
        } else {
            self.is_joined(index).then(|| Found::new(end..end, &["", ","], 0))
        }
    }

    /// The word `count` places before `index` (1 is the neighbour), where only white space lies between.
    pub fn before(&self, index: usize, count: usize) -> &str {
        match index.checked_sub(count) {
            Some(from) if (from..index).all(|i| self.is_joined(i)) => self.word(from),
            _ => "",
        }
    }

    /// The word `count` places behind the match (0 is the neighbour), where only white space lies between.
    pub fn after(&self, at: At, count: usize) -> &str {
        let from = at.next.saturating_sub(1);
        if (from..at.next + count).all(|i| self.is_joined(i)) { self.word(at.next + count) } else { "" }
    }

    /// Whether a range stands in a row of words with capitals, as in a title that is no block of its own.
    pub fn is_in_title(&self, range: &Range<usize>) -> bool {
        const LOOK_WORDS: usize = 6;
        const WORDS_MIN: usize = 4;
        let first = self.words.partition_point(|word| word.range.end <= range.start);
        let next = self.words.partition_point(|word| word.range.start < range.end);
        let last = (next + LOOK_WORDS).min(self.words.len());
        let around = (first.saturating_sub(LOOK_WORDS)..first).chain(next..last).map(|i| self.shown(i));
        let long: Vec<&str> =
            around.filter(|word| word.chars().count() > 3 && word.starts_with(char::is_alphabetic)).collect();
        let capitals = long.iter().filter(|word| word.starts_with(char::is_uppercase)).count();
        long.len() >= WORDS_MIN && capitals * 5 >= long.len() * 4
    }

    /// Bytes from a word to the end of its sentence, at most some words away.
    pub fn clause(&self, index: usize) -> &'a str {
        const WORDS_MAX: usize = 60;
        let Some(start) = self.words.get(index).map(|word| word.range.start) else { return "" };
        let last = self.words.get(index + WORDS_MAX).map_or(self.block.range.end, |word| word.range.start);
        let text = &self.text[start..last];
        let end = text.find(". ").or_else(|| text.find(['!', '?', ';'])).unwrap_or(text.len());
        &text[..end]
    }

    /// Whether nothing but an opening stands between the end of a sentence, or the block's start, and here.
    pub fn begins_sentence(&self, start: usize) -> bool {
        let before = self.text[self.block.range.start..start].trim_end_matches([' ', '(', '[', '\n', '\r']);
        before.is_empty() || before.ends_with(['.', '!', '?', ';', ':', '*', '-', ')'])
    }

    /// Whether a speaker begins anew near a range: across a dash stands one of its words, as in *we are — we are*.
    pub fn is_restart(&self, range: &Range<usize>) -> bool {
        const LOOK_WORDS: usize = 5;
        let first = self.words.partition_point(|word| word.range.end <= range.start);
        let next = self.words.partition_point(|word| word.range.start < range.end).max(first);
        let own: Vec<&str> = (first..next).flat_map(|i| self.word(i).split('\'')).collect();
        let dashed = |from: usize, to: usize| (from..to).any(|i| self.gap(i).contains(['—', '–']));
        let ending = |part: &str| ["s", "t", "d", "m", "re", "ve", "ll", "a"].contains(&part);
        let same = |i: usize| self.word(i).split('\'').any(|part| !ending(part) && own.contains(&part));
        let before = (first.saturating_sub(LOOK_WORDS)..first).any(|i| same(i) && dashed(i, first));
        // A word that a speaker takes up again at once, too: "Everyone gains. Everyone."
        let long = |i: usize| self.word(i).len() > 5 && own.contains(&self.word(i));
        let again = (first.saturating_sub(LOOK_WORDS)..first).chain(next..next + LOOK_WORDS).any(long);
        let after = (next..next + LOOK_WORDS).any(|i| same(i) && dashed(next.saturating_sub(1), i));
        before || after || again
    }

    /// What stands from a byte to the block's end.
    pub fn rest(&self, byte: usize) -> &'a str {
        &self.text[byte.min(self.block.range.end)..self.block.range.end]
    }

    /// A finding as a hit, unless it is quoted or crosses a line.
    pub fn hit(&self, rule: &str, found: Found) -> Option<Hit> {
        let crosses = self.text[found.range.clone()].contains(['\n', '\r', '\u{a0}', '\t']);
        (!crosses && !self.is_quoted(&found.range)).then(|| Hit {
            range: found.range,
            rule: rule.into(),
            forms: found.forms,
            original: found.original as u8,
            part: self.block.part,
        })
    }
}

/// Words: letters and digits with apostrophes, points and hyphens inside.
fn words(text: &str, block: &Range<usize>) -> Vec<Word> {
    let mut found = Vec::new();
    let mut start = None;
    let inner = |c: char| matches!(c, '\'' | '’' | '-' | '.');
    let body = &text[block.clone()];
    for (at, c) in body.char_indices() {
        match (start, c.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(from), false)
                if !(inner(c) && body[at + c.len_utf8()..].starts_with(char::is_alphanumeric)) =>
            {
                found.push(word(body, from..at, block.start));
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|from| word(body, from..body.len(), block.start)));
    found
}

fn word(body: &str, range: Range<usize>, offset: usize) -> Word {
    let shown = &body[range.clone()];
    let lower =
        if shown.is_ascii() { shown.to_ascii_lowercase() } else { shown.to_lowercase().replace('’', "'") };
    Word { range: offset + range.start..offset + range.end, lower }
}

/// All quotations of a text, in order and without overlap.
///
/// A quotation that its block leaves open ends with the block, or, where the next mark in a later block closes
/// it, there: everything between is quoted.
pub(crate) fn quotations(clean: &Clean<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open_from: Option<usize> = None;
    for block in &clean.blocks {
        let mut quotes =
            Quotes { text: clean.text(), block: block.range.clone(), found: Vec::new(), open: None };
        let closed_at = quotes.scan();
        if let (Some(from), Some(end)) = (open_from, closed_at) {
            found.truncate(found.partition_point(|quoted| quoted.start < from));
            found.push(from..end);
        }
        let has_marks = closed_at.is_some() || !quotes.found.is_empty() || quotes.open.is_some();
        found.append(&mut quotes.found);
        if let Some(start) = quotes.open {
            found.push(start..block.range.end);
            open_from = Some(start);
        } else if has_marks {
            open_from = None;
        }
    }
    found
}

/// The quotations of one block.
struct Quotes<'a> {
    text: &'a str,
    block: Range<usize>,
    found: Vec<Range<usize>>,
    open: Option<usize>,
}

impl Quotes<'_> {
    /// Scans the block; returns the end of a closing mark that comes before any opening one.
    fn scan(&mut self) -> Option<usize> {
        let mut closed_at = None;
        let mut single: Option<usize> = None;
        let mut before = ' ';
        for (at, c) in self.text[self.block.clone()].char_indices() {
            let at = self.block.start + at;
            let end = at + c.len_utf8();
            match (self.open, c) {
                (None, '"' | '“' | '«' | '„') => self.open = Some(at),
                (Some(start), '"' | '”' | '»') | (Some(start), '“')
                    if c != '“' || self.text[start..].starts_with('„') =>
                {
                    self.found.push(start..end);
                    self.open = None;
                }
                (None, '”') if self.found.is_empty() && closed_at.is_none() => closed_at = Some(end),
                (None, '‘') => single = Some(at),
                (None, '\'') if before.is_whitespace() || before == '(' => single = Some(at),
                (None, '’' | '\'') if !self.text[end..].starts_with(char::is_alphanumeric) => {
                    if let Some(start) = single.take() {
                        self.found.push(start..end);
                    }
                }
                _ => {}
            }
            before = c;
        }
        self.found.sort_unstable_by_key(|quoted| quoted.start);
        self.found.dedup_by(|next, kept| {
            let inside = next.start < kept.end;
            kept.end = if inside { kept.end.max(next.end) } else { kept.end };
            inside
        });
        closed_at
    }
}

/// Whether a word is a number in digits.
pub fn is_digits(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::Prose;

    fn check(text: &str, expected: &[&str]) {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        let found: Vec<&str> = quotations(&clean).into_iter().map(|range| &clean.text()[range]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn quotations_are_found_over_blocks() {
        check("He said “yes” and \"no\".", &["“yes”", "\"no\""]);
        check("“One.\n\nTwo.\n\nThree.” Four.", &["“One.\n\nTwo.\n\nThree.”"]);
        check("“One.\n\n“Two.”\n\nThree.", &["“One.", "“Two.”"]);
        check("Open “here.\n\nNot here.", &["“here."]);
        check("The ‘last stone’ of the sides’ bridge isn’t old.", &["‘last stone’"]);
        check("It's the 'old' one.", &["'old'"]);
    }

    #[test]
    fn headings_of_plain_text_are_known_by_their_looks() {
        assert!(looks_like_heading("Article 2.2: Technical Regulations, Standards, and Assessment"));
        assert!(!looks_like_heading("They met in Bern on Tuesday and left"));
        assert!(!looks_like_heading("The Delegation Of Halvara left."));
    }

    #[test]
    fn words_keep_their_inner_signs() {
        let text = "The U.S. side’s well-known ‘plan’ isn't 3.5.";
        let found: Vec<String> = words(text, &(0..text.len())).into_iter().map(|word| word.lower).collect();
        assert_eq!(found, ["the", "u.s", "side's", "well-known", "plan", "isn't", "3.5"]);
    }
}
