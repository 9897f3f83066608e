//! Commas that may stand or go, and the joints of sentences.

use super::Rule;
use super::grammar::{self, DEFINITE, PRONOUNS};
use super::view::{At, Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "opening-comma",
        &["today", "yesterday", "tomorrow", "therefore", "thus", "later", "then", "recently", "eventually"],
        after_adverb,
        "Behind one adverb that opens a sentence the comma may stand or go.",
    )
    .matches(&[("Yesterday, the sides met.", &[",", ""]), ("Therefore they left early.", &["", ","])])
    .not(&[
        "They met yesterday, the sides said.",
        "Today, Bern is quiet.",
        "Then, said the man, they left.",
    ]),
    Rule::words(
        "year-comma",
        &["in"],
        after_year,
        "Behind a year that opens a sentence the comma may stand or go.",
    )
    .matches(&[("In 2023, the sides met.", &[",", ""]), ("In 2023 they met.", &["", ","])])
    .not(&[
        "In 2023, 2024 and later they met.",
        "They met in 2023, the last year.",
        "In 2023 Bern was quiet.",
    ]),
    Rule::words(
        "week-comma",
        &["last", "this", "next"],
        after_week,
        "Behind a short phrase of time that opens a sentence the comma may stand or go.",
    )
    .matches(&[("Last week, the sides met.", &[",", ""]), ("Next year they will meet.", &["", ","])])
    .not(&["Last week's talks failed.", "They left last week, the old ones.", "This week was quiet."]),
    Rule::words(
        "sentence-and",
        &["and", "but"],
        joint,
        "Two short sentences may be joined by a comma, and the second may begin with its conjunction.",
    )
    .matches(&[
        ("The dam held. And they left.", &[". And", ", and"]),
        ("They came late. But the talks were short.", &[". But", ", but"]),
    ])
    .not(&["Who came? And they left.", "They came, and left.", "It is for Mr. And they left."]),
    Rule::words(
        "however-joint",
        &["however"],
        however,
        "The two clauses are joined by the same adverb, with a semicolon or a full stop before it.",
    )
    .matches(&[
        ("The dam held; however, they left.", &["; however,", ". However,"]),
        ("The dam held. However, they left.", &["; however,", ". However,"]),
    ])
    .not(&[
        "It is, however, late.",
        "However, they left.",
        "The dam held; it leaked. However, they left.",
    ]),
    Rule::words("comma-too", &["too"], comma_too, "At the end of a sentence the comma may stand or go.")
        .matches(&[("They left, too.", &[",", ""])])
        .not(&["It was too late.", "They, too, left."]),
];

/// Whether a subject that is no name follows.
fn plain_subject(view: &View<'_>, index: usize) -> bool {
    let word = view.shown(index);
    DEFINITE.contains(&word)
        || ["a", "an", "both", "no"].contains(&word)
        || (PRONOUNS.contains(&word) && word != "you")
}

/// A comma behind the word at `last`, there or missing, where a sentence opens at `first`.
fn comma(view: &View<'_>, first: usize, last: usize) -> Option<Found> {
    let opens = view.begins_sentence(view.words[first].range.start)
        && view.shown(first).starts_with(char::is_uppercase);
    let at = At { first, next: last + 1 };
    let end = view.words[last].range.end;
    if !opens || !plain_subject(view, at.next) || !clean_clause(view, at.next) {
        return None;
    }
    match view.gap(last) {
        ", " => Some(Found::new(end..end + 1, &[",", ""], 0)),
        " " => Some(Found::new(end..end, &["", ","], 0)),
        _ => None,
    }
}

/// The clause goes on for a few words without another stop, which could make the comma one of a pair.
fn clean_clause(view: &View<'_>, index: usize) -> bool {
    const WORDS: usize = 3;
    (index..index + WORDS - 1).all(|i| view.is_joined(i) || view.gap(i).is_empty())
}

fn after_adverb(view: &View<'_>, index: usize) -> Option<Found> {
    comma(view, index, index)
}

fn after_year(view: &View<'_>, index: usize) -> Option<Found> {
    let year = view.word(index + 1);
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    (is_year && view.gap(index) == " ").then(|| comma(view, index, index + 1)).flatten()
}

fn after_week(view: &View<'_>, index: usize) -> Option<Found> {
    let unit = ["week", "month", "year"].contains(&view.word(index + 1));
    (unit && view.gap(index) == " ").then(|| comma(view, index, index + 1)).flatten()
}

/// The last sentence before a word: its bytes, if it ended with a plain full stop directly before.
fn sentence_before<'a>(view: &View<'a>, index: usize, stop: &str) -> Option<&'a str> {
    let previous = index.checked_sub(1)?;
    if view.gap(previous) != stop {
        return None;
    }
    let end = view.words[previous].range.end;
    let text = &view.text[view.block.range.start..end];
    let start = text.rfind(". ").map_or(0, |at| at + 2);
    Some(&text[start..])
}

/// A short sentence of plain words: no other stop that a join could confuse, no abbreviation at its end.
fn is_plain(sentence: &str, words_max: usize) -> bool {
    const WORDS_MIN: usize = 3;
    let words = sentence.split_whitespace().take(words_max + 1).count();
    let last = sentence.rsplit(' ').next().unwrap_or("");
    let abbreviated = last.contains('.') || last.len() < 3 || last.starts_with(char::is_uppercase);
    (WORDS_MIN..=words_max).contains(&words)
        && !abbreviated
        && !sentence.contains([';', ':', '?', '!', '—', '–', '(', '“', '"'])
}

fn joint(view: &View<'_>, index: usize) -> Option<Found> {
    const WORDS_MAX: usize = 14;
    let (sentence_end, forms) = match view.shown(index) {
        "And" => (". ", [". And", ", and"]),
        "But" => (". ", [". But", ", but"]),
        _ => return None,
    };
    let sentence = sentence_before(view, index, sentence_end)?;
    let follows = PRONOUNS.contains(&view.word(index + 1)) || DEFINITE.contains(&view.word(index + 1));
    let plain = is_plain(sentence, WORDS_MAX) && !sentence.contains(',');
    let second = view.clause(index);
    let short =
        second.split_whitespace().take(WORDS_MAX + 6).count() < WORDS_MAX + 6 && !second.contains([':', '—']);
    let start = view.words[index - 1].range.end;
    (follows && plain && short && view.is_joined(index))
        .then(|| Found::new(start..view.words[index].range.end, &forms, 0))
}

fn however(view: &View<'_>, index: usize) -> Option<Found> {
    const WORDS_MAX: usize = 20;
    let original = match view.shown(index) {
        "however" => 0,
        "However" => 1,
        _ => return None,
    };
    let sentence = sentence_before(view, index, [("; "), (". ")][original])?;
    let end = view.words[index].range.end;
    let plain = is_plain(sentence, WORDS_MAX) && view.rest(end).starts_with(", ");
    let second = view.clause(index + 1);
    let short =
        second.split_whitespace().take(WORDS_MAX + 10).count() < WORDS_MAX + 10 && !second.contains(':');
    let start = view.words[index - 1].range.end;
    (plain && short).then(|| Found::new(start..end + 1, &["; however,", ". However,"], original))
}

fn comma_too(view: &View<'_>, index: usize) -> Option<Found> {
    let previous = index.checked_sub(1)?;
    let (end, comma) = (view.words[index].range.end, view.words[previous].range.end);
    let ends = view.rest(end).starts_with('.') && view.shown(index) == "too";
    let only = (1..4).all(|i| index.checked_sub(i + 1).is_none_or(|at| view.is_joined(at)));
    (ends && only && view.gap(previous) == ", " && !grammar::BE.contains(&view.word(previous)))
        .then(|| Found::new(comma..comma + 1, &[",", ""], 0))
}
