//! Commas that formal prose leaves to its writer.

use super::grammar::{self, DEFINITE, FINITE, PRONOUNS};
use super::turns::TITLES;
use crate::rules::Rule;
use crate::rules::view::{At, Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "short-phrase-comma",
        &[
            "in",
            "on",
            "at",
            "during",
            "after",
            "before",
            "under",
            "since",
            "until",
            "from",
            "for",
            "over",
            "by",
            "through",
            "throughout",
            "within",
            "among",
            "across",
            "following",
        ],
        short_phrase,
        "Behind a short phrase of time or place that opens a sentence the comma may go.",
    )
    .matches(&[
        ("In the United States, the gates were closed.", &[",", ""]),
        ("In August, the gates were closed.", &[",", ""]),
        ("At the start of the year, most participants were in Bern.", &[",", ""]),
    ])
    .not(&[
        "In addition, the gates were closed.",
        "By contrast, the gates were closed.",
        "In Bern and Halvara, the gates were closed.",
        "On May 4, 2025, they met.",
        "During this August meeting, the first hosted in Bern, they met.",
        "In Halvara, Bern was praised.",
        "In the decades since, they have met.",
        "Until such rules of origin enter into force, the old ones hold.",
    ]),
    Rule::words(
        "phrase-comma-in",
        &["in", "at", "on", "during", "under"],
        |view, index| {
            const NOUNS: &[&str] = &[
                "context",
                "case",
                "cases",
                "connection",
                "spirit",
                "environment",
                "situation",
                "circumstances",
                "instance",
                "period",
                "meeting",
                "visit",
                "scenario",
                "capacity",
            ];
            let pointed = ["this", "that", "these", "those"].contains(&view.word(index + 1));
            let last = index + 2;
            let lower = (index + 1..=last).all(|i| view.shown(i) == view.word(i));
            let next = view.shown(last + 1);
            let subject = DEFINITE.contains(&next) || PRONOUNS.contains(&next) && next != "you";
            let verb = (2..7).any(|i| FINITE.contains(&view.word(last + i)) && view.is_joined(last + i - 1));
            let first = At { first: index, next: last + 1 };
            let opens = view.opens_sentence(first) && view.shown(index).starts_with(char::is_uppercase);
            let joined = (index..=last).all(|i| view.is_joined(i));
            let clean = (last + 1..last + 8).all(|i| {
                view.is_joined(i) || view.words.get(i + 1).is_none() || !view.gap(i).starts_with(',')
            });
            let end = view.words.get(last)?.range.end;
            (pointed
                && lower
                && subject
                && verb
                && opens
                && joined
                && clean
                && NOUNS.contains(&view.word(last)))
            .then(|| Found::new(end..end, &["", ","], 0))
        },
        "Behind a short phrase that points back and opens a sentence the comma may stand or go.",
    )
    .matches(&[("In this context the chair was heard.", &["", ","])])
    .not(&["In this context, the chair was heard.", "They met in this context the chair was heard."]),
    Rule::words(
        "but-comma",
        &["but"],
        but_comma,
        "Between two verbs of one subject the comma before *but* may stand or go.",
    )
    .matches(&[
        ("Prices rose in May but remained low.", &["", ","]),
        ("Prices rose in May, but were low.", &[",", ""]),
    ])
    .not(&[
        "Prices rose in May, but it rained.",
        "It is not old but remained weak.",
        "A Party may, but did not, reply.",
        "Prices rose, in May, but remained low.",
    ]),
    Rule::words(
        "as-well-as-comma",
        &["as"],
        as_well_as,
        "Before this joint of two phrases the comma may stand or go.",
    )
    .matches(&[
        ("They discussed the new gates as well as the old bridges.", &["", ","]),
        ("They discussed the new gates, as well as the old bridges.", &[",", ""]),
    ])
    .not(&[
        "It works as well as possible.",
        "The chair as well as the envoy was late.",
        "They list gates, locks, dams, as well as bridges.",
        "They list gates, as well as bridges, in Bern.",
    ]),
    Rule::words(
        "parted-adverb",
        &["therefore", "thus", "consequently", "accordingly", "hence"],
        |view, index| {
            let previous = index.checked_sub(1)?;
            let and = view.word(previous) == "and";
            let (before, behind) = (view.gap(previous), view.gap(index));
            let commas = before == ", " && behind == ", ";
            let none = before == " " && behind == " ";
            let shown = view.shown(index);
            let start = view.words[previous].range.end;
            let end = view.words[index].range.end + usize::from(commas);
            (and && (commas || none) && shown == view.word(index)).then(|| {
                let forms = [format!(", {shown},"), format!(" {shown}")];
                Found::new(start..end, &[&forms[0], &forms[1]], usize::from(none))
            })
        },
        "Behind *and* the adverb may stand between commas or without.",
    )
    .matches(&[("It leaked and, therefore, was closed.", &[", therefore,", " therefore"])])
    .not(&["It was therefore closed.", "It leaked and therefore, they said, was closed."]),
];

/// `In the United States, the gates`: a phrase of one to five words without a verb.
fn short_phrase(view: &View<'_>, index: usize) -> Option<Found> {
    phrase(view, index, false)
}

/// The same before a subject that no small word opens, so that two nouns may meet: *In August[,] real exports rose*.
pub(super) fn open_phrase(view: &View<'_>, index: usize) -> Option<Found> {
    phrase(view, index, true)
}

fn phrase(view: &View<'_>, index: usize, before_any: bool) -> Option<Found> {
    const WORDS_MAX: usize = 6;
    const NEVER: &[&str] = &[
        "contrast",
        "total",
        "balance",
        "conclusion",
        "instance",
        "comparison",
        "effect",
        "principle",
        "practice",
        "view",
        "now",
        "then",
        "large",
        "token",
        "part",
        "reason",
        "reasons",
        "respect",
        "regard",
        "time",
        "purposes",
        "purpose",
        "net",
        "average",
        "too",
        "long",
        "far",
        "once",
        "us",
        "me",
        "them",
        "him",
        "you",
        "date",
        "law",
        "article",
        "section",
        "whereof",
        "since",
        "before",
        "after",
        "ahead",
        "until",
        "where",
        "over",
        "on",
        "in",
        "out",
        "up",
    ];
    const SUBJECTS: &[&str] = &[
        "participants",
        "members",
        "most",
        "many",
        "several",
        "some",
        "all",
        "each",
        "no",
        "both",
        "a",
        "an",
    ];
    let last = (index + 1..=index + WORDS_MAX).find(|&i| !view.is_joined(i))?;
    let bad = |i: usize| {
        let (word, shown) = (view.word(i), view.shown(i));
        let small = shown == word;
        small && FINITE.contains(&word)
            || PRONOUNS.contains(&word)
            || ["that", "which", "who", "and", "or", "to", "as", "if", "when", "than", "but", "being"]
                .contains(&word)
            || small
                && (grammar::is_gerund(word) || grammar::is_participle(word) || grammar::PAST.contains(&word))
    };
    // Behind these a clause may open, too.
    if ["after", "before", "until", "since", "following"].contains(&view.word(index)) {
        let sure = |i: usize| {
            view.word(i) == "of" || is_digits(view.word(i)) || view.shown(i).starts_with(char::is_uppercase)
        };
        let verb = |i: usize| view.shown(i) == view.word(i) && grammar::may_be_intransitive(view.word(i));
        if !(index + 1..=last).any(sure) || (index + 1..=last).any(verb) {
            return None;
        }
    }
    let one = last == index + 1;
    let name = view.shown(last).starts_with(char::is_uppercase);
    let numbered = is_digits(view.word(last)) && !(one || grammar::CALENDAR.contains(&view.word(last - 1)));
    let set = grammar::SET_PHRASES.contains(&view.word(last)) || NEVER.contains(&view.word(last));
    if one && !name || set || numbered || (index + 1..=last).any(bad) {
        return None;
    }
    let start = view.words[index].range.start;
    let opens = view.begins_sentence(start) && view.shown(index).starts_with(char::is_uppercase);
    let next = view.shown(last + 1);
    let subject = DEFINITE.contains(&next)
        || PRONOUNS.contains(&next) && next != "you"
        || next == "I"
        || SUBJECTS.contains(&next)
        || !name && TITLES.contains(&next);
    let digits = next.starts_with(|c: char| c.is_ascii_digit());
    let subject = if before_any { !subject && !digits && next.len() > 2 } else { subject };
    let ends = |i: usize| view.words.get(i).is_none_or(|word| view.rest(word.range.end).starts_with('.'));
    // "In this city, the oldest of all, …": the comma is one of a pair.
    let clean = (last + 1..last + 9).all(|i| view.is_joined(i) || ends(i));
    let apposed = view.may_be_apposition(last + 1);
    (!apposed && view.is_joined(index) && opens && subject && clean && view.is_parted(last))
        .then(|| view.optional_comma(last))
        .flatten()
}

/// `rose in May but remained low`
fn but_comma(view: &View<'_>, index: usize) -> Option<Found> {
    const VERBS: &[&str] = &[
        "remained",
        "rose",
        "fell",
        "increased",
        "declined",
        "decreased",
        "continued",
        "emphasized",
        "noted",
        "ended",
        "appeared",
        "kept",
        "did",
        "does",
        "do",
        "picked",
        "leveled",
        "moderated",
        "slowed",
        "stayed",
        "failed",
        "reached",
    ];
    const AGAINST: &[&str] = &[
        "not", "only", "rather", "nothing", "anything", "all", "no", "never", "either", "neither", "little",
        "few",
    ];
    let previous = index.checked_sub(1)?;
    let next = view.word(index + 1);
    let verb = FINITE.contains(&next) && !["may", "can"].contains(&next) || VERBS.contains(&next);
    // "It may, but need not, …" stands between two commas.
    let modal = ["may", "shall", "must", "can", "will"].contains(&view.shown(previous));
    let against = (1..14).any(|i| index.checked_sub(i).is_some_and(|at| AGAINST.contains(&view.word(at))));
    let clean = (1..16).all(|i| {
        index.checked_sub(i + 1).is_none_or(|at| !view.gap(at).contains([',', '(', ';', ':', '—', '-']))
    }) && (index + 1..index + 10).all(|i| {
        view.words.get(i).is_none()
            || view.is_joined(i)
            || view.stop_follows(At { first: i, next: i + 1 }) && !view.gap(i).starts_with(',')
    });
    if !verb || modal || against || !clean || !view.is_joined(index) || view.shown(index) != "but" {
        return None;
    }
    view.optional_comma(previous)
}

/// `the new gates as well as the old bridges.`
fn as_well_as(view: &View<'_>, index: usize) -> Option<Found> {
    const BEHIND: usize = 16;
    const AHEAD: usize = 9;
    let frame = view.shown(index) == "as" && view.shown(index + 1) == "well" && view.shown(index + 2) == "as";
    let joined = (index..index + 3).all(|i| view.is_joined(i));
    let previous = index.checked_sub(1)?;
    let at = At { first: index, next: index + 3 };
    let never = ["possible", "they", "he", "she", "we", "it", "i", "any", "ever", "before"]
        .contains(&view.after(at, 0));
    let stop =
        |i: usize| view.gap(i).contains([',', ';', ':', '(', ')', '—', '–']) || view.gap(i).contains("--");
    let sentence_ends = |i: usize| view.gap(i).starts_with('.') || view.gap(i).is_empty();
    let before =
        (1..=AHEAD).map_while(|i| previous.checked_sub(i)).take_while(|&i| !sentence_ends(i)).any(stop);
    let rest: Vec<usize> =
        (index + 3..index + 3 + BEHIND).take_while(|&i| i == index + 3 || !sentence_ends(i - 1)).collect();
    let finite = |i: usize| FINITE.contains(&view.word(i)) || view.word(i) == "shall";
    let behind = rest.iter().any(|&i| (!sentence_ends(i) && stop(i)) || finite(i)) || rest.len() == BEHIND;
    let never = never || grammar::is_gerund(view.after(at, 0));
    let governed =
        ["just", "at", "least", "works", "work", "do", "does", "did"].contains(&view.before(index, 1));
    let joined_up =
        ["both", "either", "between"].iter().any(|word| (1..10).any(|i| view.before(index, i) == *word));
    if !frame || !joined || never || before || behind || governed || joined_up {
        return None;
    }
    view.optional_comma(previous)
}
