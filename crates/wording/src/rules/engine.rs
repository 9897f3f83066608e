//! Where the rules match: words, quotations, and what stands around.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use tellmark_core::BlockKind;

use super::{Around, CONTRACTIONS, FINITE, Kind, PHRASES, PRONOUNS, Phrase, SUBJECTS, THAT_VERBS};
use crate::clean::{Clean, CleanBlock};
use crate::plan::Hit;

/// Every place at which a rule matches.
pub(crate) fn hits(clean: &Clean<'_>) -> Vec<Hit> {
    let apostrophe = contraction_style(clean);
    let mut hits = Vec::new();
    for block in clean.blocks.iter().filter(|block| is_prose(block)) {
        let view = View::new(clean.text(), block);
        view.phrases(&mut hits);
        view.optional_that(&mut hits);
        if let Some(apostrophe) = apostrophe {
            view.contractions(apostrophe, &mut hits);
        }
    }
    hits
}

/// Headings and block quotations are left alone.
pub(crate) fn is_prose(block: &CleanBlock) -> bool {
    matches!(block.kind, BlockKind::Paragraph | BlockKind::Item | BlockKind::Cell)
}

/// A word of the clean text.
pub(crate) struct Word {
    pub range: Range<usize>,
    pub lower: String,
}

/// A block cut into words, with its quotations.
pub(crate) struct View<'a> {
    pub text: &'a str,
    pub block: &'a CleanBlock,
    pub words: Vec<Word>,
    quoted: Vec<Range<usize>>,
}

impl<'a> View<'a> {
    pub fn new(text: &'a str, block: &'a CleanBlock) -> View<'a> {
        let quoted = quotations(text, &block.range);
        View { text, block, words: words(text, &block.range), quoted }
    }

    /// Whether a range stands inside or across a quotation.
    pub fn is_quoted(&self, range: &Range<usize>) -> bool {
        self.quoted.iter().any(|q| q.start < range.end.max(range.start + 1) && range.start < q.end)
    }

    /// What stands between a word and the next one.
    pub fn gap(&self, index: usize) -> Option<&'a str> {
        Some(&self.text[self.words.get(index)?.range.end..self.words.get(index + 1)?.range.start])
    }

    fn lower(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.lower)
    }

    /// The word before, when only a space parts them.
    fn before(&self, index: usize) -> &str {
        match index.checked_sub(1) {
            Some(before) if self.gap(before) == Some(" ") => self.lower(before),
            _ => "",
        }
    }

    pub fn hit(&self, range: Range<usize>, rule: &str, forms: Vec<String>, original: usize) -> Option<Hit> {
        let line_break = self.text[range.clone()].contains(['\n', '\r', '\u{a0}']);
        (!line_break && !self.is_quoted(&range)).then(|| Hit {
            range,
            rule: rule.into(),
            forms,
            original: original as u8,
            part: self.block.part,
        })
    }

    fn phrases(&self, hits: &mut Vec<Hit>) {
        for index in 0..self.words.len() {
            let Some(rules) = BY_FIRST_WORD.get(self.lower(index)) else { continue };
            let found = rules.iter().find_map(|&(phrase, form)| self.phrase(index, &PHRASES[phrase], form));
            hits.extend(found);
        }
    }

    fn phrase(&self, index: usize, phrase: &Phrase, form: usize) -> Option<Hit> {
        let start = self.words[index].range.start;
        let wording = phrase.forms[form];
        let shown = self
            .text
            .get(start..start + wording.len())
            .filter(|_| start + wording.len() <= self.block.range.end)?;
        if !shown.eq_ignore_ascii_case(wording) {
            return None;
        }
        let range = start..start + wording.len();
        let capital = capitalised(shown, wording)?;
        if capital && !self.begins_sentence(start) {
            return None;
        }
        let next = self.words.partition_point(|word| word.range.start < range.end);
        // The phrase must end with its last word.
        if self.words[next - 1].range.end > range.end {
            return None;
        }
        let adjacent = self.words.get(next).filter(|word| {
            self.text[range.end..word.range.start].trim_start_matches([' ', '$', '€', '£']).is_empty()
        });
        let follows = adjacent.map_or("", |word| word.lower.as_str());
        let free = !phrase.not_after.contains(&self.before(index)) && !phrase.not_before.contains(&follows);
        if !free || !fits(phrase.around, follows, adjacent.map(|word| &self.text[word.range.clone()])) {
            return None;
        }
        let forms =
            phrase.forms.iter().map(|form| if capital { capitalise(form) } else { (*form).to_owned() });
        self.hit(range, phrase.name, forms.collect(), form)
    }

    /// Whether nothing but an opening stands between the end of a sentence, or the block's start, and here.
    fn begins_sentence(&self, start: usize) -> bool {
        let before = self.text[self.block.range.start..start].trim_end_matches([' ', '(', '[']);
        before.is_empty() || before.ends_with(['.', '!', '?', ';', ':', '\n', '*', '-', ')'])
    }

    /// `said that he would` / `said he would`.
    fn optional_that(&self, hits: &mut Vec<Hit>) {
        for index in 0..self.words.len() {
            let verb = self.lower(index);
            if !THAT_VERBS.contains(&verb) || self.gap(index) != Some(" ") || self.is_relative(index) {
                continue;
            }
            let says_that = self.lower(index + 1) == "that";
            let subject = if says_that { index + 2 } else { index + 1 };
            if says_that && self.gap(index + 1) != Some(" ") {
                continue;
            }
            let pronoun = PRONOUNS.contains(&self.lower(subject))
                && self.gap(subject) == Some(" ")
                && FINITE.contains(&self.lower(subject + 1));
            let noun = says_that
                && verb == "said"
                && SUBJECTS.contains(&self.lower(subject))
                && !PRONOUNS.contains(&self.lower(subject));
            if !(pronoun || noun) {
                continue;
            }
            let start = self.words[index + 1].range.start;
            let hit = match says_that {
                true => {
                    let end = self.words[subject].range.start;
                    self.hit(start..end, "optional-that", vec!["that ".into(), String::new()], 0)
                }
                false => self.hit(start..start, "optional-that", vec![String::new(), "that ".into()], 0),
            };
            hits.extend(hit);
        }
    }

    /// Whether the verb is passive or stands in a clause into which another `that` would not fit.
    fn is_relative(&self, index: usize) -> bool {
        const PASSIVE: [&str; 9] = ["is", "was", "are", "were", "be", "been", "being", "it", "as"];
        const OPENERS: [&str; 9] = ["as", "than", "what", "which", "who", "whom", "where", "how", "whatever"];
        PASSIVE[..7].contains(&self.before(index))
            || (index.saturating_sub(5)..index).any(|i| OPENERS.contains(&self.lower(i)))
    }

    fn contractions(&self, apostrophe: char, hits: &mut Vec<Hit>) {
        for index in 0..self.words.len() {
            for (long, short) in CONTRACTIONS {
                hits.extend(self.contraction(index, long, short, apostrophe));
            }
        }
    }

    fn contraction(&self, index: usize, long: &str, short: &str, apostrophe: char) -> Option<Hit> {
        let word = &self.words[index];
        let short_own = short.replace('\'', &apostrophe.to_string());
        let (range, original, next) = if word.lower.replace('’', "'") == *short {
            (word.range.clone(), 1, index + 1)
        } else {
            let start = word.range.start;
            let shown = self.text.get(start..start + long.len())?;
            let words = long.split(' ').count();
            let last = self.words.get(index + words - 1)?;
            if shown != long || last.range.end != start + long.len() {
                return None;
            }
            (start..start + long.len(), 0, index + words)
        };
        const NEVER: [&str; 16] = [
            "only", "but", "i", "you", "he", "she", "it", "we", "they", "the", "a", "this", "that", "there",
            "just", "even",
        ];
        let shown = &self.text[range.clone()];
        let lower = shown.chars().next().is_some_and(char::is_lowercase);
        if !lower || NEVER.contains(&self.lower(next)) {
            return None;
        }
        self.hit(range, "contraction", vec![long.to_owned(), short_own], original)
    }
}

/// Phrases by the first word of each form that is recognised; longer forms first.
static BY_FIRST_WORD: LazyLock<BTreeMap<&'static str, Vec<(usize, usize)>>> = LazyLock::new(|| {
    let mut map: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (index, phrase) in PHRASES.iter().enumerate() {
        let recognised = if phrase.kind == Kind::First { 1 } else { phrase.forms.len() };
        for form in 0..recognised {
            let first = phrase.forms[form].split([' ', ',']).next().unwrap_or("");
            map.entry(first).or_default().push((index, form));
        }
    }
    map.values_mut()
        .for_each(|list| list.sort_by_key(|&(p, f)| std::cmp::Reverse(PHRASES[p].forms[f].len())));
    map
});

/// Whether the wording is written in lower case, or with a capital at its beginning only.
fn capitalised(shown: &str, wording: &str) -> Option<bool> {
    if shown == wording {
        return Some(false);
    }
    (shown[1..] == wording[1..] && shown.as_bytes()[0].is_ascii_uppercase()).then_some(true)
}

fn capitalise(form: &str) -> String {
    let mut chars = form.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn fits(around: Around, follows: &str, shown: Option<&str>) -> bool {
    const TIME: [&str; 28] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "few",
        "several", "couple", "decade", "year", "month", "week", "century", "days", "weeks", "months",
        "years", "decades", "fifteen", "twenty", "thirty", "hundred",
    ];
    const DETERMINERS: [&str; 24] = [
        "the", "a", "an", "this", "these", "those", "its", "their", "his", "her", "our", "any", "all",
        "each", "every", "such", "both", "no", "some", "other", "future", "certain", "new", "possible",
    ];
    let digit = follows.starts_with(|c: char| c.is_ascii_digit());
    match around {
        Around::Any => true,
        Around::Number => digit,
        Around::Time => digit || TIME.contains(&follows),
        Around::NounPhrase => {
            DETERMINERS.contains(&follows) || shown.is_some_and(|word| word.starts_with(char::is_uppercase))
        }
    }
}

/// Words: letters and digits with apostrophes, points and hyphens inside.
pub(crate) fn words(text: &str, block: &Range<usize>) -> Vec<Word> {
    let mut found = Vec::new();
    let mut start = None;
    let inner = |c: char| matches!(c, '\'' | '’' | '-' | '.');
    let body = &text[block.clone()];
    let mut push = |from: usize, to: usize| {
        let trimmed = body[from..to].trim_end_matches(inner);
        let range = block.start + from..block.start + from + trimmed.len();
        found.push(Word { lower: trimmed.to_lowercase(), range });
    };
    for (at, c) in body.char_indices() {
        match (start, c.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(from), false)
                if !(inner(c) && body[at + c.len_utf8()..].starts_with(char::is_alphanumeric)) =>
            {
                push(from, at);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        push(from, body.len());
    }
    found
}

/// Quotations in double marks; an open one reaches to the end of the block.
fn quotations(text: &str, block: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, c) in text[block.clone()].char_indices() {
        let at = block.start + at;
        match (open, c) {
            (None, '"' | '“' | '«' | '„') => open = Some(at),
            (Some(start), '"' | '”' | '»') => {
                found.push(start..at + c.len_utf8());
                open = None;
            }
            _ => {}
        }
    }
    found.extend(open.map(|start| start..block.end));
    found
}

/// The document's apostrophe, where it uses contractions at least twice outside quotations.
fn contraction_style(clean: &Clean<'_>) -> Option<char> {
    let mut counts = BTreeMap::new();
    for block in clean.blocks.iter().filter(|block| is_prose(block)) {
        let view = View::new(clean.text(), block);
        for word in view.words.iter().filter(|word| !view.is_quoted(&word.range)) {
            let plain = word.lower.replace('’', "'");
            if CONTRACTIONS.iter().any(|(_, short)| *short == plain) {
                *counts.entry(if word.lower.contains('’') { '’' } else { '\'' }).or_insert(0) += 1;
            }
        }
    }
    let total: i32 = counts.values().sum();
    let most = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (total >= 2).then_some(most.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::Prose;

    fn check(text: &str) -> Vec<(String, Vec<String>, usize)> {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        let found = hits(&clean).into_iter();
        found.map(|hit| (hit.rule, hit.forms, usize::from(hit.original))).collect()
    }

    #[test]
    fn every_rule_keeps_its_examples() {
        for phrase in PHRASES {
            let rule = |text: &str| check(text).iter().filter(|(rule, _, _)| rule == phrase.name).count();
            assert_eq!(rule(phrase.matches), 1, "{}: {}", phrase.name, phrase.matches);
            assert_eq!(rule(phrase.not), 0, "{}: {}", phrase.name, phrase.not);
            assert!(!phrase.reason.is_empty() && phrase.forms.len() >= 2);
        }
    }

    #[test]
    fn that_is_optional_only_where_it_cannot_mislead() {
        let found =
            |text: &str| check(text).into_iter().filter(|(rule, _, _)| rule == "optional-that").count();
        for text in [
            "He said that he would come.",
            "He said he would come.",
            "She said that the dam was safe.",
            "They agreed that they would meet.",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
        for text in [
            "It was said that he would come.",
            "She said that.",
            "He said it.",
            "They agreed that the dam was safe.",
            "as she said he would be",
            "She felt that way.",
            "\"He said that he would come.\"",
            "the things which he said they had done",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
    }

    #[test]
    fn capitals_names_and_quotations_are_respected() {
        let forms = |text: &str| check(text).into_iter().map(|(_, forms, _)| forms).collect::<Vec<_>>();
        assert_eq!(forms("Prior to the vote they met."), [["Prior to", "Before"]]);
        assert_eq!(forms("See “Prior to the Vote” there."), Vec::<Vec<String>>::new());
        assert_eq!(forms("the report Prior To Dawn"), Vec::<Vec<String>>::new());
        assert_eq!(forms("He called it \"prior to the vote\"."), Vec::<Vec<String>>::new());
        assert_eq!(forms("in order\nto win"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn contractions_need_a_document_that_has_some() {
        let found = |text: &str| check(text).into_iter().filter(|(rule, _, _)| rule == "contraction").count();
        assert_eq!(found("They do not agree and did not come."), 0);
        assert_eq!(found("They don't agree. He didn't come. She does not know."), 3);
        assert_eq!(found("They don't agree. He didn't come. Why don't they know? It is not only that."), 2);
    }
}
