//! Habits of English spelling and punctuation.

use crate::habits::{Habits, Place, Places, dashes, place};
use crate::rules::view::View;

/// How far the bracket of a title is looked for, in characters.
const TITLE_CHARS_MAX: usize = 300;

/// Spellings of which a document uses one: the rule and the two forms.
const SPELLINGS: &[(&str, &str, &str)] = &[
    ("okay", "OK", "okay"),
    ("ceasefire", "ceasefire", "cease-fire"),
    ("longstanding", "longstanding", "long-standing"),
    ("policymaker", "policymakers", "policy-makers"),
];

/// The habits of a document.
pub(super) fn find(views: &[&View<'_>], keeps_speech: bool) -> Habits {
    let mut habits = vec![
        ("dash", dashes(views, &["—", " — ", " – "])),
        ("united-states", united_states(views)),
        ("percent", spelling(views, "percent", "per cent").filter(|places| !is_american(places))),
    ];
    habits.extend(SPELLINGS.iter().map(|&(rule, one, other)| (rule, spelling(views, one, other))));
    if !keeps_speech {
        habits.push(("serial-comma", serial(views)));
    }
    habits
}

/// Written as one word it may be American, for whose readers two words are foreign; readers of two know one, too.
fn is_american(places: &[Place]) -> bool {
    places.iter().any(|place| place.original == 0)
}

/// A spelling in one or two words, in lower case where it has one.
fn spelling(views: &[&View<'_>], one: &str, other: &str) -> Places {
    let mut all = Vec::new();
    for view in views {
        for index in 0..view.words.len() {
            let original = [one, other].iter().position(|form| stands_at(view, index, form));
            let Some(original) = original else {
                if is_capitalised(view.shown(index), one) || is_capitalised(view.shown(index), other) {
                    return None;
                }
                continue;
            };
            let start = view.words[index].range.start;
            all.extend(place(view, start..start + [one, other][original].len(), &[one, other], original));
        }
    }
    Some(all)
}

/// Whether one or two whole words stand at a word.
fn stands_at(view: &View<'_>, index: usize, form: &str) -> bool {
    match form.split_once(' ') {
        None => view.shown(index) == form,
        Some((first, second)) => {
            view.shown(index) == first && view.shown(index + 1) == second && view.gap(index) == " "
        }
    }
}

/// Whether a word is the form with a capital, as in a name, which would keep its spelling.
fn is_capitalised(shown: &str, form: &str) -> bool {
    shown != form && shown.eq_ignore_ascii_case(form)
}

/// `U.S.` and with it `U.N.`, `U.K.`; at the end of a sentence the last point is also the sentence's.
fn united_states(views: &[&View<'_>]) -> Places {
    const PLAIN: [(&str, &str); 3] = [("U.S", "US"), ("U.N", "UN"), ("U.K", "UK")];
    let mut all = Vec::new();
    for view in views {
        for (index, word) in view.words.iter().enumerate() {
            let shown = view.shown(index);
            let end = word.range.end;
            let pointed =
                PLAIN.iter().find(|(pointed, _)| *pointed == shown && view.rest(end).starts_with('.'));
            if let Some((pointed, plain)) = pointed {
                if in_title(view, index) || in_name(view, index) {
                    return None;
                }
                let point = if ends_sentence(view, index, end + 1) { "." } else { "" };
                let forms = [format!("{pointed}."), format!("{plain}{point}")];
                all.extend(place(view, word.range.start..end + 1, &[&forms[0], &forms[1]], 0));
            } else if shown == "US" || shown.starts_with("US-") {
                all.extend(plain_states(view, index)?);
            }
        }
    }
    Some(all)
}

/// `US` without points; `None` where it may be a pronoun in capitals, a currency or part of a title.
fn plain_states(view: &View<'_>, index: usize) -> Option<Option<Place>> {
    let start = view.words[index].range.start;
    let end = start + "US".len();
    let before = view.shown(index.wrapping_sub(1));
    let shouted = before.len() > 2 && before.chars().all(char::is_uppercase);
    if shouted || in_title(view, index) || in_name(view, index) || view.rest(end).starts_with('$') {
        return None;
    }
    let point = view.rest(end).starts_with('.');
    let (range, forms) = if point { (start..end + 1, ["U.S.", "US."]) } else { (start..end, ["U.S.", "US"]) };
    Some(place(view, range, &forms, 1))
}

/// Whether a point that ends an abbreviation ends its sentence, too.
fn ends_sentence(view: &View<'_>, index: usize, end: usize) -> bool {
    let rest = view.rest(end);
    let stop = view.gap(index).strip_prefix('.').is_some_and(|gap| gap.chars().all(char::is_whitespace));
    // A line that is wrapped here ends no sentence; an empty line does.
    rest.trim().is_empty()
        || rest.trim_start_matches(['\r', ' ']).trim_start_matches('\n').starts_with(['\n', '\r'])
        || (stop && OPENERS.contains(&view.shown(index + 1)))
}

/// Whether a word is part of a name, as in *the U.S. Army* or *the U.S.-Halvara Accord*.
fn in_name(view: &View<'_>, index: usize) -> bool {
    let next = view.shown(index + 1);
    let capital = next.starts_with(char::is_uppercase) && (next.len() > 1 || next == "I");
    let gap = view.gap(index);
    let near = gap == ".-" || gap == "-" || gap.trim_start_matches('.').chars().all(char::is_whitespace);
    let hyphened =
        view.shown(index).split('-').nth(1).is_some_and(|part| part.starts_with(char::is_uppercase));
    let sentence = gap.starts_with('.') && OPENERS.contains(&next);
    (capital && near && !sentence) || hyphened
}

/// Words with which sentences open.
const OPENERS: [&str; 16] = [
    "The", "He", "She", "It", "They", "In", "On", "At", "A", "An", "This", "That", "We", "But", "And",
    "These",
];

/// Whether a word stands in brackets before a word with a capital, as in the title of an act.
fn in_title(view: &View<'_>, index: usize) -> bool {
    let named = view.shown(index + 1).starts_with(char::is_uppercase);
    let before = &view.text[view.block.range.start..view.words[index].range.start];
    let near = before.chars().rev().take(TITLE_CHARS_MAX).find(|c| matches!(c, '(' | ')'));
    named && near == Some('(')
}

/// The comma before the last of three or more single words. Only a document in which no other comma stands
/// before `and` or `or` has the habit without doubt, and only taking the comma away is always right.
fn serial(views: &[&View<'_>]) -> Places {
    const ADVERBS: [&str; 8] =
        ["however", "therefore", "too", "then", "instead", "moreover", "again", "also"];
    let mut all = Vec::new();
    for view in views {
        for index in 1..view.words.len() {
            if !matches!(view.word(index), "and" | "or") || view.gap(index - 1) != ", " {
                continue;
            }
            let is_item = |i: usize| {
                let shown = view.shown(i);
                !shown.is_empty() && shown.chars().all(char::is_lowercase) && !ADVERBS.contains(&shown)
            };
            let list = index >= 2 && view.gap(index - 2) == ", ";
            if !list || ![index - 2, index - 1, index + 1].into_iter().all(is_item) {
                return None;
            }
            let comma = view.words[index - 1].range.end;
            all.extend(place(view, comma..comma + 1, &[",", ""], 0));
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use crate::clean::Clean;
    use crate::rules::view::views;
    use tellmark_core::Prose;

    fn check(text: &str) -> Vec<(String, usize, u8)> {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        crate::habits::sites(&clean, &views(&clean), false, &[])
            .into_iter()
            .map(|s| (s.rule, s.occurrences.len(), s.original))
            .collect()
    }

    fn in_all(text: &str, variant: usize) -> String {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        let marking = tellmark_core::Marking {
            sites: crate::habits::sites(&clean, &views(&clean), false, &[]),
            fixed: vec![],
            layout: None,
        };
        marking.validate(text).unwrap();
        let choices = marking.sites.iter().map(|site| variant.min(site.variants() - 1) as u8).collect();
        marking.render(text, &tellmark_core::Choices(choices)).unwrap().text
    }

    #[test]
    fn one_form_is_a_habit_and_two_are_none() {
        assert_eq!(check("It rose by 3 per cent and fell by 2 per cent."), [("percent".into(), 2, 1)]);
        assert_eq!(check("It rose by 3 percent and fell by 2 per cent."), []);
        assert_eq!(check("It rose by 3 percent."), []);
        assert_eq!(check("The dam—the old one —held."), []);
        assert_eq!(check("The dam — the old one — held. See Halvara Ports — North."), []);
        assert_eq!(check("The dam — the old one — held."), [("dash".into(), 2, 1)]);
        assert_eq!(check("The dam—the old one—held, and then – gone."), []);
        assert_eq!(check("From 2023–2025 it held."), []);
        assert_eq!(check("The ceasefire held. “A cease-fire,” he said."), [("ceasefire".into(), 1, 0)]);
        assert_eq!(check("The ceasefire held. See the Ceasefire Accord."), []);
        assert_eq!(check("It is okay."), [("okay".into(), 1, 1)]);
    }

    #[test]
    fn points_of_initials_are_one_habit() {
        assert_eq!(check("The U.S. side and the U.S. The end."), [("united-states".into(), 2, 0)]);
        assert_eq!(
            in_all("The U.S.-led talks of the U.S. The end.", 1),
            "The US-led talks of the US. The end."
        );
        assert_eq!(
            in_all("The US-led talks of the US. The end.", 0),
            "The U.S.-led talks of the U.S. The end."
        );
        assert_eq!(in_all("U.S. and U.N. envoys left the U.S.", 1), "US and UN envoys left the US.");
        assert_eq!(
            in_all("It helps U.S.\nplans. It left the U.S.", 1),
            "It helps US\nplans. It left the US."
        );
        for text in [
            "It helps the U.S.\nArmy and U.S. plans.",
            "It cost US$5 in the US now.",
            "The U.S. Army and U.S. companies met.",
            "It is a U.S.-Halvara plan of the U.S. side.",
            "JOIN US here.",
            "An act (Rules on U.S. Operations) and U.S. law.",
        ] {
            assert_eq!(check(text), [], "{text}");
        }
    }

    #[test]
    fn a_serial_comma_is_a_habit_only_without_doubt() {
        assert_eq!(check("It was open, frank, and useful."), [("serial-comma".into(), 1, 0)]);
        assert_eq!(check("It was open, frank, and useful. They met, and left."), []);
        assert_eq!(check("It was open, frank and useful."), []);
    }
}
