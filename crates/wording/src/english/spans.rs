//! Stretches of time that several prepositions name alike.

use super::grammar;
use super::phrases::is_plural;
use crate::rules::Rule;
use crate::rules::view::{At, Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "over-during",
        &["over"],
        |view, index| span(view, index, "during"),
        "Before a stretch of time both say that something happened or will happen in it.",
    )
    .matches(&[
        ("Prices rose over the summer months.", &["over", "during"]),
        ("Demand will fall over the next two quarters.", &["over", "during"]),
    ])
    .not(&[
        "They quarrelled in a debate over the period of notice.",
        "They walked over the field.",
        "It fell over the year.",
    ]),
    Rule::words(
        "during-over",
        &["during"],
        |view, index| span(view, index, "over"),
        "Before several units of time both say that something happened or will happen in them.",
    )
    .matches(&[("Prices rose during the summer months.", &["during", "over"])])
    .not(&[
        "They met once during the period.",
        "They met during the visit.",
        "It met twice during the last months of the war.",
    ]),
    Rule::words(
        "in-during-part",
        &["in", "during"],
        part_of_year,
        "Before a part of a year both say when something happened.",
    )
    .matches(&[
        ("Output rose in the third quarter.", &["in", "during"]),
        ("Output fell during the second half of the year.", &["in", "during"]),
    ])
    .not(&[
        "It stands in the second half of the book.",
        "They live in the third quarter of the town.",
        "Confidence in the first quarter figures fell.",
    ]),
    Rule::words(
        "in-coming",
        &["in", "over"],
        coming,
        "Before a stretch of time to come the article may stand or go.",
    )
    .matches(&[("It will rise in coming months.", &["coming", "the coming"])])
    .not(&["In coming months ago it rose.", "It is worth coming."]),
    Rule::either(
        "recent-months",
        &["in recent months", "over recent months"],
        "Both name the same stretch of time up to now.",
    )
    .when(|view, at| !["of", "and", "or"].contains(&view.after(at, 0)) && view.before(at.first, 1) != "than")
    .matches(&[("Prices rose in recent months.", &["in recent months", "over recent months"])])
    .not(&["It was the rain of recent months."]),
    Rule::either(
        "recent-weeks",
        &["in recent weeks", "over recent weeks"],
        "Both name the same stretch of time up to now.",
    )
    .when(|view, at| !["of", "and", "or"].contains(&view.after(at, 0)) && view.before(at.first, 1) != "than")
    .matches(&[("Prices rose over recent weeks.", &["in recent weeks", "over recent weeks"])])
    .not(&["It was the rain of recent weeks."]),
    Rule::either(
        "recent-quarters",
        &["in recent quarters", "over recent quarters"],
        "Both name the same stretch of time up to now.",
    )
    .when(|view, at| !["of", "and", "or"].contains(&view.after(at, 0)) && view.before(at.first, 1) != "than")
    .matches(&[("Prices rose in recent quarters.", &["in recent quarters", "over recent quarters"])])
    .not(&["It was the fall of recent quarters."]),
    Rule::first("near-term", &["over the near term", "in the near term"], "Both name the same time to come.")
        .matches(&[("It will rise over the near term.", &["over the near term", "in the near term"])])
        .not(&["It is a near term."]),
    Rule::either(
        "medium-term",
        &["over the medium term", "in the medium term"],
        "Both name the same time to come.",
    )
    .matches(&[("It will rise in the medium term.", &["over the medium term", "in the medium term"])])
    .not(&["It is a medium term."]),
    Rule::words(
        "ended-ending",
        &["ended", "ending"],
        ended,
        "Behind a stretch of time and before its last month both name its end.",
    )
    .matches(&[("Prices rose over the twelve months ending in August.", &["ended", "ending"])])
    .not(&["It ended in August.", "The months ended with rain."]),
    Rule::either("in-contrast", &["in contrast,", "by contrast,"], "Both set what follows against the last.")
        .when(|view, at| view.opens_sentence(at))
        .matches(&[("The dam held. By contrast, the gates leaked.", &["In contrast,", "By contrast,"])])
        .not(&["It stood in contrast, not in harmony.", "In contrast to that, it held."]),
    Rule::words(
        "little-changed",
        &["little"],
        |view, index| {
            let was = ["was", "were"].contains(&view.before(index, 1));
            let at = At { first: index.saturating_sub(1), next: index + 2 };
            let next = view.after(at, 0);
            let goes_on = view.stop_follows(at) || ["over", "during", "in", "on", "from"].contains(&next);
            let joined = view.gap(index) == " " && view.gap(at.first) == " ";
            let has = ["which", "that", "who", "there", "it"].contains(&view.before(index, 2));
            (was && goes_on && joined && !has && view.shown(index + 1) == "changed").then(|| {
                let range = view.words[at.first].range.start..view.words[index + 1].range.end;
                let own = view.text[range.clone()].to_owned();
                Found::new(range, &[&own, "changed little"], 0)
            })
        },
        "Of what is counted both say that it moved hardly at all.",
    )
    .matches(&[("Prices were little changed over the period.", &["were little changed", "changed little"])])
    .not(&["They were little changed men.", "Prices changed little."]),
];

/// Units of time, one or several.
const STRETCHES: &[&str] = &["period", "quarter", "year", "decade", "century", "summer", "winter", "spring"];

/// `over the next two quarters`: an article, words that count or order, and a unit of time.
fn span(view: &View<'_>, index: usize, other: &'static str) -> Option<Found> {
    const COUNTED: &[&str] = &[
        "next",
        "coming",
        "past",
        "last",
        "previous",
        "preceding",
        "following",
        "subsequent",
        "ensuing",
        "several",
        "few",
        "summer",
        "winter",
        "spring",
        "autumn",
        "intermeeting",
        "forecast",
        "projection",
        "reporting",
        "reference",
        "current",
        "entire",
        "whole",
        "same",
        "first",
        "second",
        "intervening",
        "transition",
        "transitional",
        "recent",
    ];
    const QUARREL: &[&str] = &[
        "debate",
        "concern",
        "concerns",
        "dispute",
        "control",
        "authority",
        "power",
        "influence",
        "carried",
        "carry",
        "rolled",
        "preference",
        "advantage",
        "jurisdiction",
        "disagreement",
        "uncertainty",
        "anger",
        "carryover",
        "compensation",
        "expectations",
        "rates",
        "yields",
        "forecast",
        "outlook",
        "projection",
        "projections",
        "returns",
        "path",
        "improvement",
        "average",
        "averaged",
        "once",
        "twice",
        "time",
        "times",
        "point",
        "points",
        "stage",
    ];
    if view.word(index + 1) != "the" || !view.is_joined(index) || QUARREL.contains(&view.before(index, 1)) {
        return None;
    }
    let at = At { first: index, next: index + 2 };
    let counted = |i: &usize| COUNTED.contains(&view.after(at, *i)) || grammar::is_number(view.after(at, *i));
    let head = (0..3).take_while(counted).count();
    let noun = view.after(at, head);
    let several = grammar::UNITS.contains(&noun) && noun != "minutes";
    let one = STRETCHES.contains(&noun);
    let named = noun == "period" && (head > 0 || view.stop_follows(At { first: index, next: index + 3 }));
    let fits = match other {
        "during" => (several || one) && head > 0 || named,
        _ => several && head > 0 || noun == "period" && view.after(at, 0) == "intermeeting",
    };
    // "The last months of the war" end it.
    let rest = view.after(at, head + 1);
    let part = rest == "of" && ["last", "first", "second"].contains(&view.after(at, 0));
    let own = view.word(index);
    if !fits || part || ["ago", "before", "earlier"].contains(&rest) {
        return None;
    }
    both(view, index, &[own, other], own)
}

/// Two prepositions, one of which stands at a word, with the capital that it has.
fn both(view: &View<'_>, index: usize, forms: &[&str; 2], own: &str) -> Option<Found> {
    let shown = view.shown(index);
    let capital = shown != own;
    if capital && !view.begins_sentence(view.words[index].range.start) {
        return None;
    }
    let shaped = forms.map(|form| if capital { crate::rules::capitalise(form) } else { form.to_owned() });
    let original = shaped.iter().position(|form| form == shown)?;
    Some(Found::new(view.words[index].range.clone(), &[&shaped[0], &shaped[1]], original))
}

/// `in the third quarter`, `in the second half of 2021`
fn part_of_year(view: &View<'_>, index: usize) -> Option<Found> {
    const ORDER: &[&str] =
        &["first", "second", "third", "fourth", "current", "previous", "preceding", "prior", "next", "final"];
    const BELIEF: &[&str] = &[
        "confidence",
        "trust",
        "interest",
        "interested",
        "result",
        "resulted",
        "resulting",
        "ended",
        "ending",
        "earlier",
        "early",
        "late",
        "later",
        "peak",
        "peaks",
        "high",
        "low",
        "trough",
        "level",
        "levels",
    ];
    let at = At { first: index, next: index + 2 };
    let order = view.word(index + 1) == "the" && view.is_joined(index) && ORDER.contains(&view.after(at, 0));
    let next = view.after(at, 2);
    let ends = next.is_empty()
        || [
            "and",
            "but",
            "as",
            "after",
            "from",
            "while",
            "to",
            "by",
            "because",
            "owing",
            "than",
            "with",
            "following",
            "before",
            "for",
            "at",
        ]
        .contains(&next);
    let year = |word: &str| ["year", "decade", "month"].contains(&word) || is_digits(word);
    let of = next == "of"
        && (year(view.after(at, 3))
            || ["the", "this", "last", "next"].contains(&view.after(at, 3)) && year(view.after(at, 4)));
    let fits = match view.after(at, 1) {
        "quarter" => ends || of,
        "half" => of,
        _ => false,
    };
    let believed = BELIEF.contains(&view.before(index, 1));
    let own = view.word(index);
    (order && fits && !believed).then(|| both(view, index, &["in", "during"], own)).flatten()
}

/// `in coming months`
fn coming(view: &View<'_>, index: usize) -> Option<Found> {
    let the = view.word(index + 1) == "the";
    let noun = index + 1 + usize::from(the);
    let at = At { first: index, next: noun + 1 };
    let unit = ["weeks", "months", "quarters", "years"].contains(&view.after(at, 0));
    let joined = (index..=noun).all(|i| view.gap(i) == " ");
    let plain = !["and", "or", "ago", "of"].contains(&view.after(at, 1));
    let lower = view.shown(noun) == "coming" && (!the || view.shown(index + 1) == "the");
    if view.word(noun) != "coming" || !unit || !joined || !plain || !lower {
        return None;
    }
    let range = view.words[index + 1].range.start..view.words[noun].range.end;
    Some(Found::new(range, &["coming", "the coming"], usize::from(the)))
}

/// `the twelve months ending in August`
fn ended(view: &View<'_>, index: usize) -> Option<Found> {
    let original = ["ended", "ending"].iter().position(|form| *form == view.shown(index))?;
    let before = view.before(index, 1);
    let unit = is_plural(before) && grammar::UNITS.contains(&before)
        || ["year", "quarter", "period", "week"].contains(&before);
    let at = At { first: index, next: index + 1 };
    let dated = |word: &str| grammar::CALENDAR.contains(&word) || is_digits(word);
    let month =
        dated(view.after(at, 0)) || ["in", "on"].contains(&view.after(at, 0)) && dated(view.after(at, 1));
    let counted = ["the", "a"].contains(&view.before(index, 2))
        || (grammar::is_number(view.before(index, 2)) || view.before(index, 2).contains('-'))
            && view.before(index, 3) == "the";
    (unit && month && counted)
        .then(|| Found::new(view.words[index].range.clone(), &["ended", "ending"], original))
}
