//! Habits of English spelling and punctuation.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::habits::{Habits, Place, Places, dashes, place};
use crate::rules::view::View;

/// How far the bracket of a title is looked for, in characters.
const TITLE_CHARS_MAX: usize = 300;

/// Spellings of which a document uses one: the rule and the two forms.
const SPELLINGS: &[(&str, &str, &str)] = &[
    ("percent", "percent", "per cent"),
    ("okay", "OK", "okay"),
    ("ceasefire", "ceasefire", "cease-fire"),
    ("longstanding", "longstanding", "long-standing"),
    ("policymaker", "policymakers", "policy-makers"),
    ("health-care", "healthcare", "health care"),
    ("nonprofit", "nonprofit", "non-profit"),
    ("nonprofits", "nonprofits", "non-profits"),
    ("multiyear", "multiyear", "multi-year"),
    ("counterterrorism", "counterterrorism", "counter-terrorism"),
    ("nonproliferation", "nonproliferation", "non-proliferation"),
    ("child-care", "childcare", "child care"),
    ("lifesaving", "lifesaving", "life-saving"),
    ("firsthand", "firsthand", "first-hand"),
    ("preexisting", "preexisting", "pre-existing"),
    ("postsecondary", "postsecondary", "post-secondary"),
    ("email", "email", "e-mail"),
    ("policymaking", "policymaking", "policy-making"),
    ("groundbreaking", "groundbreaking", "ground-breaking"),
    ("noncompliance", "noncompliance", "non-compliance"),
    ("nongovernmental", "nongovernmental", "non-governmental"),
    ("nonpartisan", "nonpartisan", "non-partisan"),
    ("reelection", "reelection", "re-election"),
    ("socioeconomic", "socioeconomic", "socio-economic"),
    ("cleanup", "cleanup", "clean-up"),
    ("longtime", "longtime", "long-time"),
    ("lifelong", "lifelong", "life-long"),
    ("startups", "startups", "start-ups"),
    ("datasets", "datasets", "data sets"),
    ("peacekeeping", "peacekeeping", "peace-keeping"),
];

/// The habits of a document.
pub(super) fn find(views: &[&View<'_>], keeps_speech: bool) -> Habits {
    let mut habits =
        vec![("dash", dashes(views, &["—", " — ", " – "])), ("united-states", united_states(views))];
    habits.push(("percent-sign", percent_sign(views)));
    habits.push(("federal", lower_case(views, "Federal", is_before_noun)));
    habits.push(("nation", lower_case(views, "Nation", is_our_nation)));
    habits.extend(spellings(views));
    if !keeps_speech {
        habits.push(("serial-comma", serial(views)));
    }
    habits
}

/// Written as one word it may be American, for whose readers two words are foreign; readers of two know one, too.
fn is_american(places: &[Place]) -> bool {
    places.iter().any(|place| place.original == 0)
}

/// By the first word of a form in lower case: the spelling and which of its forms.
static BY_WORD: LazyLock<HashMap<&'static str, Vec<(usize, usize)>>> = LazyLock::new(|| {
    let mut map: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    for (at, (_, one, other)) in SPELLINGS.iter().enumerate() {
        for (form, text) in [one, other].into_iter().enumerate() {
            map.entry(text.split(' ').next().unwrap_or("")).or_default().push((at, form));
        }
    }
    map
});

/// All spellings, each in one or two words, in lower case where it has one.
fn spellings(views: &[&View<'_>]) -> Habits {
    let mut all: Vec<Places> = SPELLINGS.iter().map(|_| Some(Vec::new())).collect();
    for view in views {
        for index in 0..view.words.len() {
            for &(at, original) in BY_WORD.get(view.word(index)).into_iter().flatten() {
                let (_, one, other) = SPELLINGS[at];
                let form = [one, other][original];
                if stands_at(view, index, form) {
                    let start = view.words[index].range.start;
                    let found = place(view, start..start + form.len(), &[one, other], original);
                    all[at].iter_mut().for_each(|places| places.extend(found.clone()));
                } else if is_capitalised(view.shown(index), form) {
                    all[at] = None;
                }
            }
        }
    }
    let american =
        |rule: &str, places: &Places| rule == "percent" && places.as_deref().is_some_and(is_american);
    let found = SPELLINGS.iter().zip(all).map(|(&(rule, ..), places)| (rule, places));
    found.filter(|(rule, places)| !american(rule, places)).collect()
}

/// A percentage, with the sign or in words.
fn percent_sign(views: &[&View<'_>]) -> Places {
    const FORMS: [&str; 2] = ["%", " percent"];
    let mut all = Vec::new();
    for view in views {
        for index in 0..view.words.len() {
            let digits = view.shown(index).ends_with(|c: char| c.is_ascii_digit());
            let end = view.words[index].range.end;
            if digits && view.rest(end).starts_with('%') {
                // In an address the sign is something else.
                if view.rest(end + 1).starts_with(|c: char| c.is_alphanumeric()) {
                    return None;
                }
                all.extend(place(view, end..end + 1, &FORMS, 0));
            } else if view.word(index) == "per" && view.word(index + 1) == "cent" {
                return None;
            } else if view.word(index + 1) == "percent" {
                // In words, as in "ten percent", there is no sign.
                if !digits || view.gap(index) != " " || view.shown(index + 1) != "percent" {
                    return None;
                }
                all.extend(place(view, end..end + " percent".len(), &FORMS, 1));
            }
        }
    }
    Some(all)
}

/// A common noun or adjective that official prose writes with a capital; only the small letter is put in.
fn lower_case(views: &[&View<'_>], shown: &'static str, fits: fn(&View<'_>, usize) -> bool) -> Places {
    let small = shown.to_lowercase();
    let mut all = Vec::new();
    for view in views {
        for index in 0..view.words.len() {
            let word = view.shown(index).split(['\'', '’']).next().unwrap_or("");
            if word == small {
                return None;
            }
            let start = view.words[index].range.start;
            if word == shown && fits(view, index) && !view.begins_sentence(start) && !in_title(view, index) {
                all.extend(place(view, start..start + shown.len(), &[shown, &small], 0));
            }
        }
    }
    Some(all)
}

/// Before a noun in lower case: no name of a body.
fn is_before_noun(view: &View<'_>, index: usize) -> bool {
    let next = view.shown(index + 1);
    let name = index > 0 && view.is_joined(index - 1) && is_capital(view, index - 1);
    view.is_joined(index) && next.len() > 2 && next.starts_with(char::is_lowercase) && next != "and" && !name
}

/// *Our Nation* and *the Nation*, and no name goes on.
fn is_our_nation(view: &View<'_>, index: usize) -> bool {
    let before = view.before(index, 1);
    ["our", "the", "this", "a", "great"].contains(&before)
        && !(view.is_joined(index) && is_capital(view, index + 1))
}

fn is_capital(view: &View<'_>, index: usize) -> bool {
    view.shown(index).starts_with(char::is_uppercase) && !view.begins_sentence(view.words[index].range.start)
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
                if in_title(view, index) || in_name(view, index) || is_cited(view, index) {
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

/// Whether a volume and a page stand around, as in a report of a court: *603 U.S. 279*.
fn is_cited(view: &View<'_>, index: usize) -> bool {
    let digits = |i: usize| view.word(i).starts_with(|c: char| c.is_ascii_digit());
    index > 0 && digits(index - 1) && digits(index + 1)
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
        assert_eq!(check("It rose by 3 percent."), [("percent-sign".into(), 1, 1)]);
        assert_eq!(check("It rose by three percent and 4 percent."), []);
        assert_eq!(check("The dam—the old one —held."), []);
        assert_eq!(check("The dam — the old one — held. See Halvara Ports — North."), []);
        assert_eq!(check("The dam — the old one — held."), [("dash".into(), 2, 1)]);
        assert_eq!(check("The dam—the old one—held, and then – gone."), []);
        assert_eq!(check("From 2023–2025 it held."), []);
        assert_eq!(check("The ceasefire held. “A cease-fire,” he said."), [("ceasefire".into(), 1, 0)]);
        assert_eq!(check("The ceasefire held. See the Ceasefire Accord."), []);
        assert_eq!(check("It is okay."), [("okay".into(), 1, 1)]);
        assert_eq!(check("It rose by 3% and fell by 2.5%."), [("percent-sign".into(), 2, 0)]);
        assert_eq!(
            check("All Federal agencies of our Nation met."),
            [("federal".into(), 1, 0), ("nation".into(), 1, 0)]
        );
        assert_eq!(check("The Federal Reserve and the federal courts of the Nation State."), []);
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
            "See 603 U.S. 279 on U.S. law.",
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
