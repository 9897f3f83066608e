//! Habits of spelling and punctuation: one choice for the whole document, so that no copy contradicts itself.
//!
//! A habit is used only where the document has one form of it; a document that mixes them is left alone.

use std::ops::Range;

use tellmark_core::{Channel, Occurrence, ReleaseId, Site, SiteId};

use crate::clean::Clean;
use crate::rules::view::{View, Word, views};

/// A place of a habit, by bytes of the clean text.
struct Found {
    range: Range<usize>,
    forms: Vec<String>,
    original: usize,
}

/// The habits of a document. `taken` are the sites found so far, which come first.
pub(crate) fn sites(clean: &Clean<'_>, keeps_speech: bool, taken: &[Site]) -> Vec<Site> {
    let views = views(clean);
    let all = |find: fn(&View<'_>) -> Vec<Found>| views.iter().flat_map(find).collect::<Vec<_>>();
    let mut habits = vec![("dash", all(dashes))];
    if keeps_speech {
        habits.push(("okay", all(okay)));
    } else {
        habits.extend([
            ("percent", all(percent)),
            ("united-states", all(united_states)),
            ("serial-comma", serial(&views)),
        ]);
    }
    let sites = habits.into_iter().filter_map(|(rule, found)| site(clean, rule, found, taken));
    sites.collect()
}

fn site(clean: &Clean<'_>, rule: &str, found: Vec<Found>, taken: &[Site]) -> Option<Site> {
    let original = found.first()?.original;
    if found.iter().any(|found| found.original != original) {
        return None;
    }
    let busy = |span: &Range<usize>| {
        let touches = |o: &Occurrence| o.span.start <= span.end && span.start <= o.span.end;
        taken.iter().flat_map(|site| &site.occurrences).any(touches)
    };
    let occurrences: Vec<Occurrence> = found
        .into_iter()
        .filter_map(|found| Some(Occurrence { span: clean.raw(&found.range)?, forms: found.forms }))
        .filter(|occurrence| !busy(&occurrence.span))
        .collect();
    (!occurrences.is_empty()).then(|| Site {
        id: SiteId { origin: ReleaseId([0; 8]), ordinal: 0 },
        channel: Channel::Style,
        rule: rule.into(),
        original: original as u8,
        occurrences,
    })
}

fn found(view: &View<'_>, range: Range<usize>, forms: &[&str], original: usize) -> Option<Found> {
    let forms = forms.iter().map(|form| (*form).to_owned()).collect();
    (!view.is_quoted(&range)).then_some(Found { range, forms, original })
}

/// An em dash without or with spaces, or an en dash with spaces.
fn dashes(view: &View<'_>) -> Vec<Found> {
    const FORMS: [&str; 3] = ["—", " — ", " – "];
    let mut all = Vec::new();
    let body = &view.text[view.block.range.clone()];
    for (at, c) in body.char_indices().filter(|(_, c)| matches!(c, '—' | '–')) {
        let start = view.block.range.start + at;
        let end = start + c.len_utf8();
        let before = view.text[..start].ends_with(' ');
        let after = view.text[end..].starts_with(' ');
        let inside = |text: &str| {
            text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, ',' | ')' | '.'))
        };
        let outside = |text: &str| text.chars().next().is_some_and(char::is_alphanumeric);
        let (range, original) = match (c, before, after) {
            ('—', false, false) => (start..end, 0),
            ('—', true, true) => (start - 1..end + 1, 1),
            ('–', true, true) => (start - 1..end + 1, 2),
            _ => continue,
        };
        if inside(&view.text[..range.start])
            && outside(&view.text[range.end..])
            && range.start > view.block.range.start
        {
            all.extend(found(view, range, &FORMS, original));
        }
    }
    all
}

fn percent(view: &View<'_>) -> Vec<Found> {
    let mut all = Vec::new();
    for (index, word) in view.words.iter().enumerate() {
        let shown = &view.text[word.range.clone()];
        let next = view.words.get(index + 1);
        if shown == "percent" {
            all.extend(found(view, word.range.clone(), &["percent", "per cent"], 0));
        } else if shown == "per" && view.gap(index) == " " && next.is_some_and(|next| next.lower == "cent") {
            let end = next.map_or(word.range.end, |next| next.range.end);
            all.extend(found(view, word.range.start..end, &["percent", "per cent"], 1));
        }
    }
    all
}

/// `U.S.`; at the end of a sentence its last point is also the sentence's.
fn united_states(view: &View<'_>) -> Vec<Found> {
    let mut all = Vec::new();
    for (index, word) in view.words.iter().enumerate() {
        let (shown, end) = (&view.text[word.range.clone()], word.range.end);
        match shown {
            "U.S" if view.text[end..].starts_with('.') => {
                let next = view.words.get(index + 1).map(|next| &view.text[next.range.clone()]);
                let ends = view.text[end + 1..view.block.range.end].trim().is_empty()
                    || next.is_some_and(|next| {
                        [
                            "The", "He", "She", "It", "They", "In", "On", "At", "A", "An", "This", "That",
                            "We", "But", "And",
                        ]
                        .contains(&next)
                    });
                let forms = if ends { ["U.S.", "US."] } else { ["U.S.", "US"] };
                all.extend(found(view, word.range.start..end + 1, &forms, 0));
            }
            "US" => all.extend(found(view, word.range.clone(), &["U.S.", "US"], 1)),
            _ => {}
        }
    }
    all
}

fn okay(view: &View<'_>) -> Vec<Found> {
    let of = |word: &Word| match &view.text[word.range.clone()] {
        "OK" => found(view, word.range.clone(), &["OK", "okay"], 0),
        "okay" => found(view, word.range.clone(), &["OK", "okay"], 1),
        _ => None,
    };
    view.words.iter().filter_map(of).collect()
}

/// The comma before the last of three or more single words. Only a document in which no other comma stands
/// before `and` or `or` has the habit without doubt, and only taking the comma away is always right.
fn serial(views: &[View<'_>]) -> Vec<Found> {
    const ADVERBS: [&str; 8] =
        ["however", "therefore", "too", "then", "instead", "moreover", "again", "also"];
    let mut all = Vec::new();
    for view in views {
        for index in 0..view.words.len() {
            if !matches!(view.words[index].lower.as_str(), "and" | "or")
                || index == 0
                || view.gap(index - 1) != ", "
            {
                continue;
            }
            let lower = |i: usize| {
                let shown = &view.text[view.words[i].range.clone()];
                shown.chars().all(char::is_lowercase) && !ADVERBS.contains(&shown)
            };
            let list = index >= 2
                && index + 1 < view.words.len()
                && view.gap(index - 2) == ", "
                && [index - 2, index - 1, index + 1].into_iter().all(lower);
            if !list {
                return Vec::new();
            }
            let comma = view.words[index - 1].range.end;
            all.extend(found(view, comma..comma + 1, &[",", ""], 0));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::Prose;

    fn check(text: &str) -> Vec<(String, usize, u8)> {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        sites(&clean, false, &[]).into_iter().map(|s| (s.rule, s.occurrences.len(), s.original)).collect()
    }

    #[test]
    fn one_form_is_a_habit_and_two_are_none() {
        assert_eq!(check("It rose by 3 percent and fell by 2 percent."), [("percent".into(), 2, 0)]);
        assert_eq!(check("It rose by 3 percent and fell by 2 per cent."), []);
        assert_eq!(check("The dam — the old one — held."), [("dash".into(), 2, 1)]);
        assert_eq!(check("The dam—the old one—held, and then – gone."), []);
        assert_eq!(check("From 2023–2025 it held."), []);
        assert_eq!(check("The U.S. side and the U.S. The end."), [("united-states".into(), 2, 0)]);
    }

    #[test]
    fn a_serial_comma_is_a_habit_only_without_doubt() {
        assert_eq!(check("It was open, frank, and useful."), [("serial-comma".into(), 1, 0)]);
        assert_eq!(check("It was open, frank, and useful. They met, and left."), []);
        assert_eq!(check("It was open, frank and useful."), []);
    }
}
