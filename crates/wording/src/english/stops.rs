//! Commas that may stand or go, and the joints of sentences.

use super::grammar::{self, DEFINITE, PRONOUNS};
use crate::rules::Rule;
use crate::rules::view::{At, Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "opening-comma",
        &[
            "today",
            "yesterday",
            "tomorrow",
            "therefore",
            "thus",
            "later",
            "then",
            "recently",
            "eventually",
            "so",
            "together",
            "tonight",
        ],
        after_adverb,
        "Behind one adverb that opens a sentence the comma may stand or go.",
    )
    .matches(&[("Yesterday, the sides met.", &[",", ""]), ("Therefore they left early.", &["", ","])])
    .not(&[
        "They met yesterday, the sides said.",
        "Today, Bern is quiet.",
        "So the list was long.",
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
    .not(&[
        "Who came? And they left.",
        "They came, and left.",
        "It is anything but old. But they do.",
        "It is for Mr. And they left.",
    ]),
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
    Rule::words(
        "phrase-comma",
        &["in", "on", "at", "during", "after", "before", "under", "since", "until", "from"],
        after_phrase,
        "Behind a short phrase of time or place that opens a sentence the comma may go.",
    )
    .matches(&[
        ("In this capacity, he will chair the talks.", &[",", ""]),
        ("During the visit, they spoke.", &[",", ""]),
    ])
    .not(&[
        "In addition, they met.",
        "In the end, Bern agreed.",
        "In this way, they said, it works.",
        "After the list was read, they left.",
        "Until these rules apply, they wait.",
        "On the other hand, they met.",
        "In this city, the old one, they met.",
    ]),
    Rule::words(
        "semicolon-stop",
        &["he", "she", "they", "we", "it", "the", "this", "these"],
        semicolon,
        "Two full clauses may be parted by a semicolon or a full stop.",
    )
    .matches(&[("The dam was closed in March; it had leaked for years.", &["; it", ". It"])])
    .not(&[
        "It has (1) a dam; the gates were old; and a bridge.",
        "A dam; a list.",
        "For the dam: it was old; it leaked.",
    ]),
    Rule::words(
        "date-comma",
        &["on"],
        after_date,
        "Behind a date, day before month, that opens a sentence the comma may stand or go.",
    )
    .matches(&[("On 23 November 2025, envoys met in Bern.", &[",", ""]), ("On 4 May, they met.", &[",", ""])])
    .not(&[
        "On May 4, 2025, they met.",
        "They met on 4 May, the old day.",
        "On 4 May, 5 June and later they met.",
    ]),
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
    if !opens
        || !plain_subject(view, at.next)
        || !clean_clause(view, at.next)
        || view.may_be_apposition(at.next)
    {
        return None;
    }
    view.optional_comma(last)
}

/// The clause goes on for a few words without another stop, which could make the comma one of a pair.
fn clean_clause(view: &View<'_>, index: usize) -> bool {
    const WORDS: usize = 3;
    (index..index + WORDS).all(|i| view.is_joined(i) || ends_sentence(view, i))
}

fn ends_sentence(view: &View<'_>, index: usize) -> bool {
    view.words.get(index).is_none_or(|word| view.rest(word.range.end).starts_with('.'))
}

/// Behind *so* and *then* a comma is never put in: it would stop a sentence that runs on.
fn after_adverb(view: &View<'_>, index: usize) -> Option<Found> {
    let found = comma(view, index, index)?;
    (found.original_is(",") || !["so", "then"].contains(&view.word(index))).then_some(found)
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

/// A short sentence without another stop that a join could confuse.
fn is_plain(sentence: &str, words_max: usize) -> bool {
    const WORDS_MIN: usize = 3;
    let words = sentence.split_whitespace().take(words_max + 1).count();
    (WORDS_MIN..=words_max).contains(&words)
        && !sentence.contains([';', ':', '?', '!', '—', '–', '(', '“', '"'])
}

/// Whether the full stop behind a sentence may be that of an abbreviation.
fn ends_abbreviated(sentence: &str) -> bool {
    let last = sentence.rsplit(' ').next().unwrap_or("");
    last.contains('.') || last.len() < 3 || last.starts_with(char::is_uppercase)
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
    let plain = is_plain(sentence, WORDS_MAX) && !sentence.contains(',') && !ends_abbreviated(sentence);
    let plain = plain && !sentence.split(' ').any(|word| word == "but");
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
    let abbreviated = original == 1 && ends_abbreviated(sentence);
    let plain = is_plain(sentence, WORDS_MAX) && !abbreviated && view.rest(end).starts_with(", ");
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

/// `In this capacity, he`: a phrase of two to five plain words before the comma.
fn after_phrase(view: &View<'_>, index: usize) -> Option<Found> {
    const WORDS_MAX: usize = 4;
    const NEVER: [&str; 12] =
        ["hand", "contrary", "fact", "end", "event", "way", "whole", "case", "least", "first", "last", "all"];
    let last = (index + 1..=index + WORDS_MAX).find(|&i| !view.is_joined(i))?;
    let opens = DEFINITE.contains(&view.word(index + 1))
        || view.word(index + 1) == "that"
        || ["recent", "many", "most", "some"].contains(&view.word(index + 1))
        || is_digits(view.word(index + 1));
    let plain = (index + 1..=last)
        .all(|i| view.shown(i).chars().all(|c| c.is_lowercase() || c.is_ascii_digit() || c == '-'));
    // "After the list was read" is a clause, and the comma ends it.
    let verb = |word: &str| {
        grammar::is_gerund(word)
            || grammar::is_participle(word)
            || grammar::FINITE.contains(&word)
            || grammar::PAST.contains(&word)
    };
    let opens_clause = ["after", "before", "until", "since"].contains(&view.word(index));
    let clause = (index + 1..=last).any(|i| verb(view.word(i)))
        || opens_clause && (index + 2..=last).any(|i| grammar::may_be_intransitive(view.word(i)));
    let year = last == index + 1;
    if !view.is_joined(index) || !opens || !plain || clause || year || NEVER.contains(&view.word(last)) {
        return None;
    }
    comma(view, index, last).filter(|found| found.original == 0 && found.forms[0] == ",")
}

/// `…; it had`: the second half has a subject and a verb, the first is a sentence so far.
fn semicolon(view: &View<'_>, index: usize) -> Option<Found> {
    const WORDS_MAX: usize = 25;
    let sentence = sentence_before(view, index, "; ")?;
    let at = At { first: index.saturating_sub(1), next: index + 1 };
    let pronoun = PRONOUNS.contains(&view.word(index)) && grammar::FINITE.contains(&view.after(at, 0));
    let noun =
        DEFINITE.contains(&view.word(index)) && (1..4).any(|i| grammar::FINITE.contains(&view.after(at, i)));
    let verb = sentence.split(' ').any(|word| grammar::FINITE.contains(&word))
        && sentence.starts_with(char::is_uppercase);
    let rest = view.rest(view.words[index].range.start);
    let one = !rest[..rest.find(". ").unwrap_or(rest.len())].contains(';');
    let shown = view.shown(index);
    let capital: String =
        shown.chars().take(1).flat_map(char::to_uppercase).chain(shown.chars().skip(1)).collect();
    let lower = shown == view.word(index);
    let start = view.words[index - 1].range.end;
    (lower && (pronoun || noun) && verb && one && is_plain(sentence, WORDS_MAX)).then(|| {
        Found::new(start..view.words[index].range.end, &[&format!("; {shown}"), &format!(". {capital}")], 0)
    })
}

/// `On 23 November 2025, envoys`: in this order of day, month and year no comma is needed.
fn after_date(view: &View<'_>, index: usize) -> Option<Found> {
    const YEAR_DIGITS: usize = 4;
    let day = is_digits(view.word(index + 1)) && grammar::CALENDAR.contains(&view.word(index + 2));
    let year = view.word(index + 3);
    let has_year = view.is_joined(index + 2) && year.len() == YEAR_DIGITS && is_digits(year);
    let last = index + 2 + usize::from(has_year);
    let opens = view.shown(index) == "On" && view.begins_sentence(view.words[index].range.start);
    let joined = view.is_joined(index) && view.is_joined(index + 1) && view.gap(last) == ", ";
    let next = view.word(last + 1);
    let end = view.words.get(last)?.range.end;
    let clause = !is_digits(next) && !next.is_empty() && clean_clause(view, last + 1);
    (day && opens && joined && clause).then(|| Found::new(end..end + 1, &[",", ""], 0))
}
