//! Phrases that bring their commas with them.

use super::grammar::is_infinitive;
use crate::rules::Rule;
use crate::rules::view::{Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words("ru-dlia-togo", &["для"], long_purpose, "The long form adds nothing but length.")
        .matches(&[
            ("Они пришли для того, чтобы помочь.", &[" для того, чтобы", ", чтобы"]),
            ("Для того чтобы помочь, они пришли.", &["Для того чтобы", "Чтобы"]),
        ])
        .not(&["Это нужно для того, кто пришёл.", "Они пришли не для того, чтобы помочь."]),
    Rule::words("ru-chtoby", &["чтобы"], short_purpose, "Before an infinitive both give the purpose.")
        .matches(&[
            ("Они пришли, чтобы помочь.", &["чтобы", "для того чтобы"]),
            ("Чтобы помочь, они пришли.", &["Чтобы", "Для того чтобы"]),
        ])
        .not(&[
            "Они хотели, чтобы он помог.",
            "Он сделал это так, чтобы помочь.",
            "Дело в том, чтобы помочь.",
            "Они пришли не чтобы помочь.",
        ]),
    Rule::words("ru-kak-pravilo", &["как"], as_a_rule, "Both say what happens as a rule.")
        .matches(&[("Они, как правило, приходят рано.", &[", как правило, ", " обычно "])])
        .not(&["Как правило, они приходят рано.", "Он принял это как правило, хотя и старое."]),
];

fn long_purpose(view: &View<'_>, index: usize) -> Option<Found> {
    let that = view.word(index + 1) == "того" && view.gap(index) == " ";
    let comma = view.gap(index + 1);
    if !that || view.word(index + 2) != "чтобы" || ![" ", ", "].contains(&comma) {
        return None;
    }
    let (start, end) = (view.words[index].range.start, view.words.get(index + 2)?.range.end);
    let own = &view.text[start..end];
    if view.shown(index) == "Для" {
        return view.begins_sentence(start).then(|| Found::new(start..end, &[own, "Чтобы"], 0));
    }
    let last = index.checked_sub(1)?;
    let before = view.word(last);
    if ["не", "именно", "только", "лишь", "и", "специально", "нужно", "нужен", "нужна"].contains(&before)
    {
        return None;
    }
    match view.gap(last) {
        " " => {
            let range = view.words[last].range.end..end;
            Some(Found::new(range.clone(), &[&view.text[range], ", чтобы"], 0))
        }
        ", " => Some(Found::new(start..end, &[own, "чтобы"], 0)),
        _ => None,
    }
}

fn short_purpose(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: &[&str] = &[
        "того",
        "том",
        "то",
        "тем",
        "так",
        "тому",
        "те",
        "такой",
        "такая",
        "такое",
        "такие",
        "слишком",
        "просьбой",
        "необходимо",
        "важно",
        "хотел",
        "хотела",
        "хотели",
        "хочет",
        "хочу",
        "просил",
        "прежде",
        "сказать",
        "скорее",
        "нужно",
        "надо",
        "чем",
        "времени",
        "сил",
        "достаточно",
        "возраст",
        "мало",
        "много",
        "времён",
    ];
    let at_end = view.is_joined(index) && is_infinitive(view.word(index + 1));
    let word = &view.words[index];
    let found = |forms: &[&str]| Found::new(word.range.clone(), forms, 0);
    match view.shown(index) {
        "Чтобы" if at_end && view.begins_sentence(word.range.start) => {
            Some(found(&["Чтобы", "Для того чтобы"]))
        }
        "чтобы" if at_end => {
            let last = index.checked_sub(1)?;
            let reach = (index.saturating_sub(6)..index).any(|i| NEVER.contains(&view.word(i)));
            (view.gap(last) == ", " && !reach).then(|| found(&["чтобы", "для того чтобы"]))
        }
        _ => None,
    }
}

/// Between commas and before a verb: the adverb needs none.
fn as_a_rule(view: &View<'_>, index: usize) -> Option<Found> {
    let last = index.checked_sub(1)?;
    let rule = view.shown(index) == "как" && view.shown(index + 1) == "правило" && view.gap(index) == " ";
    let commas = view.gap(last) == ", " && view.gap(index + 1) == ", ";
    let verb = super::grammar::is_finite(view.word(index + 2)) || super::grammar::is_finite(view.word(last));
    let range = view.words[last].range.end..view.words.get(index + 2)?.range.start;
    (rule && commas && verb).then(|| Found::new(range, &[", как правило, ", " обычно "], 0))
}
