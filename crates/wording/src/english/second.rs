//! Rules that are usually right and need a person's eye: used only where a review accepted them.
//!
//! Their variants mean the same; which one reads better, or which one the document's style asks for, depends on more
//! than the words around.

use super::clauses::{is_passive_or_relative, remove_that};
use super::grammar::{DEFINITE, FINITE, PRONOUNS};
use super::phrases::is_plural;
use crate::rules::Rule;
use crate::rules::view::{At, Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "formal-that",
        &[
            "noted",
            "observed",
            "indicated",
            "stated",
            "emphasized",
            "stressed",
            "reported",
            "suggested",
            "acknowledged",
            "expected",
            "concluded",
            "ensure",
            "ensuring",
        ],
        |view, index| {
            let that = view.shown(index + 1) == "that" && view.is_joined(index);
            let at = At { first: index, next: index + 2 };
            let opens = DEFINITE.contains(&view.after(at, 0)) || is_plural(view.after(at, 0));
            let clause = (1..6).any(|i| FINITE.contains(&view.after(at, i)));
            (that && opens && clause && !is_passive_or_relative(view, index))
                .then(|| remove_that(view, index + 1))
                .flatten()
        },
        "The conjunction may go; many editors of formal prose keep it before a full noun.",
    )
    .second_look()
    .matches(&[("Members noted that the dam was safe.", &["that ", ""])])
    .not(&["It was noted that the dam was safe.", "They noted that."]),
    Rule::words(
        "that-which",
        &["that"],
        that_which,
        "In a clause that defines its noun both pronouns are right; American editors keep the first.",
    )
    .second_look()
    .matches(&[("They list goods that are free of duty.", &["that", "which"])])
    .not(&[
        "They list persons that are free of duty.",
        "They know that are the old ones.",
        "It is the only list that is old.",
    ]),
    Rule::words(
        "clause-comma",
        &["and"],
        |view, index| {
            let comma = index.checked_sub(1).filter(|&previous| view.is_parted(previous))?;
            let at = At { first: index, next: index + 1 };
            let subject = DEFINITE.contains(&view.after(at, 0)) || PRONOUNS.contains(&view.after(at, 0));
            let verb = (1..5).any(|i| FINITE.contains(&view.after(at, i)) || view.after(at, i) == "shall");
            // Another comma near makes this one part of a row or of a pair.
            let near = |i: usize| view.gap(i).contains(',');
            let alone = !(comma.saturating_sub(12)..comma).any(near) && !(index..index + 10).any(near);
            (subject && verb && alone && view.shown(index) == "and")
                .then(|| view.optional_comma(comma))
                .flatten()
        },
        "Between two clauses the comma before the conjunction may go where both are short.",
    )
    .second_look()
    .matches(&[("The dam held, and the gates were open.", &[",", ""])])
    .not(&["The dam, old and weak, and the gates were open.", "The dam held and the gates were open."]),
    Rule::words(
        "open-phrase-comma",
        &["in", "on", "at", "during", "under", "for", "over", "by", "through", "within", "among", "across"],
        super::commas::open_phrase,
        "Behind a short phrase that opens a sentence the comma may go; before a bare noun some readers miss it.",
    )
    .second_look()
    .matches(&[("In August, real exports rose in Bern by a third.", &[",", ""])])
    .not(&["In August, the gates were closed.", "In August, 2025 was far."]),
];

/// `goods that are free of duty`
fn that_which(view: &View<'_>, index: usize) -> Option<Found> {
    const PEOPLE: &[&str] = &[
        "persons",
        "people",
        "individuals",
        "workers",
        "members",
        "employees",
        "nationals",
        "citizens",
        "investors",
        "suppliers",
        "producers",
        "participants",
        "officials",
        "women",
        "agents",
        "experts",
        "families",
        "aliens",
    ];
    // "The only measures that", "such measures that" and "those that" keep their word.
    const RANKED: &[&str] =
        &["only", "all", "any", "such", "so", "first", "last", "same", "every", "no", "it"];
    let before = view.before(index, 1);
    let thing = is_plural(before) && !PEOPLE.contains(&before);
    let verb = FINITE.contains(&view.word(index + 1)) || view.word(index + 1) == "shall";
    let ranked =
        (2..6).any(|i| RANKED.contains(&view.before(index, i)) || view.before(index, i).ends_with("est"));
    let small = view.shown(index.saturating_sub(1)) == before;
    (thing && verb && !ranked && small && view.shown(index) == "that" && view.is_joined(index))
        .then(|| Found::new(view.words[index].range.clone(), &["that", "which"], 0))
}
