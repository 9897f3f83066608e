//! Verbs behind which more than one form of the next verb is right, and verbs that may stand for each other.

use super::grammar::{self, ACTIONS, FINITE, HELPED, PRONOUNS};
use crate::rules::Rule;
use crate::rules::view::{Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "help-to",
        &["help", "helps", "helped", "helping"],
        help_to,
        "Behind this verb the infinitive stands with *to* or without.",
    )
    .matches(&[("The lists help to ensure order.", &["to ", ""]), ("It helped restore trust.", &["", "to "])])
    .not(&["They want to help restore trust.", "The help to ensure order came.", "It helped the sides."]),
    Rule::words(
        "continue-to",
        &["continue", "continues", "continued", "begin", "begins", "began", "start", "started"],
        continue_to,
        "Behind these verbs both the infinitive and the form in -ing name the action that goes on or begins.",
    )
    .matches(&[
        ("They will continue working on it.", &["to work", "working"]),
        ("They began to discuss the list.", &["to discuss", "discussing"]),
    ])
    .not(&[
        "They continue to be friends.",
        "They continue to rebuild, grow, and prosper.",
        "They continue to support the sides and expand it.",
        "They hold on to hope that they will come.",
        "They continued, working late.",
        "Since the start working hours fell.",
        "Despite continued lowering rates they met.",
        "They fear that continued training will cost more.",
    ]),
    Rule::words(
        "began-started",
        &["began", "started"],
        began,
        "Of what goes on for a time both verbs tell the beginning.",
    )
    .matches(&[
        ("The talks began in March.", &["began", "started"]),
        ("They started to clear the road in March.", &["began", "started"]),
    ])
    .not(&["They started over.", "He started the engine.", "They got started in March."]),
];

fn help_to(view: &View<'_>, index: usize) -> Option<Found> {
    let before = view.before(index, 1);
    let is_noun =
        grammar::DETERMINERS.contains(&before) || ["with", "of", "for", "and", "without"].contains(&before);
    // A subject that is a name or noun may make "help" a noun; only pronouns, modals and plurals are sure.
    let is_verb = view.word(index) != "help"
        || PRONOUNS.contains(&before)
        || FINITE.contains(&before)
        || (before.len() > 3 && before.ends_with('s') && !before.ends_with("ss"));
    let to = view.word(index + 1) == "to" && view.is_joined(index);
    let verb = view.word(index + 1 + usize::from(to));
    let joined = view.is_joined(index) && (!to || view.is_joined(index + 1));
    let helped = HELPED.contains(&verb) || grammar::MORE_HELPED.contains(&verb);
    if is_noun || !is_verb || before == "to" || !joined || !helped {
        return None;
    }
    let start = view.words[index + 1].range.start;
    match to {
        true if view.gap(index + 1) == " " => {
            Some(Found::new(start..view.words[index + 2].range.start, &["to ", ""], 0))
        }
        false if view.gap(index) == " " => Some(Found::new(start..start, &["", "to "], 0)),
        _ => None,
    }
}

fn continue_to(view: &View<'_>, index: usize) -> Option<Found> {
    let determined = grammar::DETERMINERS.contains(&view.before(index, 1));
    if !view.is_joined(index) || determined || is_coordinated(view, index + 1) {
        return None;
    }
    let first = &view.words.get(index + 1)?.range;
    let actions = || ACTIONS.iter().chain(grammar::TRENDS);
    if let Some((stem, ing)) = ACTIONS.iter().find(|(_, ing)| view.shown(index + 1) == *ing) {
        // A noun behind the form in -ing may belong to it: "start working hours".
        let is_noun = view.word(index) == "start"
            && !PRONOUNS.contains(&view.before(index, 1))
            && !FINITE.contains(&view.before(index, 1))
            && view.before(index, 1) != "to";
        // "Despite continued easing" has an adjective before its noun.
        const BEFORE_NOUNS: &[&str] = &[
            "",
            "that",
            "of",
            "by",
            "through",
            "with",
            "for",
            "and",
            "or",
            "to",
            "from",
            "despite",
            "on",
            "as",
            "in",
            "including",
            "such",
            "support",
            "require",
            "requires",
            "is",
            "are",
            "was",
            "were",
        ];
        let adjective = view.word(index) == "continued" && BEFORE_NOUNS.contains(&view.before(index, 1));
        return (!is_noun && !adjective).then(|| Found::new(first.clone(), &[&format!("to {stem}"), ing], 1));
    }
    let second = &view.words.get(index + 2)?.range;
    let (stem, ing) = actions().find(|(stem, _)| view.shown(index + 2) == *stem)?;
    // What one stands for, and what a rule applies to, is a state.
    let to = view.shown(index + 1) == "to"
        && view.gap(index + 1) == " "
        && *stem != "stand"
        && !(*stem == "apply" && view.word(index + 3) == "to");
    to.then(|| Found::new(first.start..second.end, &[&format!("to {stem}"), ing], 0))
}

/// Whether another verb may be joined to the one near a word, which would have to change with it.
pub(super) fn is_coordinated(view: &View<'_>, verb: usize) -> bool {
    const LOOK_WORDS: usize = 14;
    const NOUNS: &[&str] = &[
        "ity", "ion", "ions", "ment", "ness", "ance", "ence", "ism", "ship", "al", "ic", "ful", "ive", "ous",
    ];
    let is_noun = |i: usize| {
        let (word, shown) = (view.word(i), view.shown(i));
        grammar::DETERMINERS.contains(&word)
            || shown.starts_with(char::is_uppercase)
            || (word.ends_with('s') && !word.ends_with("ss"))
            || NOUNS.iter().any(|ending| word.ends_with(ending)) && !grammar::HELPED.contains(&word)
    };
    let inside = |i: &usize| !view.gap(i.saturating_sub(1)).contains(['.', ';', ':', '!', '?', '—']);
    let near = (verb + 1..verb + LOOK_WORDS).take_while(inside);
    let list =
        [verb, verb + 1].iter().any(|&i| view.gap(i) == ", " && ["and", "or"].contains(&view.word(i + 2)));
    let row = |i: usize| view.gap(i) == ", " && grammar::HELPED.contains(&view.word(i + 1));
    let serial = [verb, verb + 1]
        .iter()
        .any(|&i| view.gap(i).starts_with(',') && !grammar::DETERMINERS.contains(&view.word(i + 1)));
    list || serial
        || near.clone().any(row)
        || near.clone().any(|i| ["and", "or"].contains(&view.word(i)) && !is_noun(i + 1))
}

fn began(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER_BEFORE: [&str; 8] = ["get", "gets", "got", "getting", "be", "is", "was", "been"];
    let original = ["began", "started"].iter().position(|form| *form == view.shown(index))?;
    let to = view.word(index + 1) == "to"
        && !view.word(index + 2).is_empty()
        && view.is_joined(index + 1)
        && !ACTIONS.iter().chain(grammar::TRENDS).any(|(stem, _)| *stem == view.word(index + 2));
    let dated = ["in", "on", "at"].contains(&view.word(index + 1))
        && (is_digits(view.word(index + 2))
            || grammar::CALENDAR.contains(&view.word(index + 2))
            || ["late", "early", "noon", "dawn"].contains(&view.word(index + 2)));
    // "has started" would need another form of the other verb.
    let perfect = (1..3).any(|i| grammar::HAVE.contains(&view.before(index, i)));
    let fits = (to || dated)
        && view.is_joined(index)
        && index > 0
        && !perfect
        && !NEVER_BEFORE.contains(&view.before(index, 1));
    fits.then(|| Found::new(view.words[index].range.clone(), &["began", "started"], original))
}
