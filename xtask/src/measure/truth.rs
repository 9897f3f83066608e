//! Which sites an exhibit can show, known from how it was made.

use std::ops::Range;

use tellmark_core::Occurrence;
use tellmark_testkit::Attack;

use super::sealed::{Copy, Sealed};

/// Characters on either side by which a place is found again in an exhibit that has pieces of a copy.
const SURROUNDINGS_CHARS: usize = 40;

/// Words on either side that a place in an excerpt needs to count as inside.
const CONTEXT_WORDS: usize = 2;

/// Attacks that leave one piece of the text.
const EXCERPTS: &[&str] = &["middle-third", "sentences-8", "sentences-2"];
/// Attacks that leave pieces of it.
const PIECES: &[&str] = &["drop-paragraphs", "journalist"];

/// For each site, whether the exhibit holds it: one of its occurrences with all letters.
///
/// Of attacks that keep the whole text every site is inside. In one excerpt, a place is inside when it stands
/// there with two words on either side: at the very edge a site has no context, and what a quoting hand cut or
/// added there cannot be told from a variant. Among pieces, when it stands there with the 40 characters on either side.
pub fn inside(sealed: &Sealed, copy: &Copy, attack: &Attack, exhibit: &str) -> Vec<bool> {
    if !EXCERPTS.contains(&attack.name) && !PIECES.contains(&attack.name) {
        return vec![true; sealed.marking.sites.len()];
    }
    let mut inside = vec![false; sealed.marking.sites.len()];
    let whole = EXCERPTS.contains(&attack.name) && copy.text == copy.rendered.text;
    let range = copy.text.find(exhibit).filter(|_| whole).map(|at| at..at + exhibit.len());
    let exhibit = single_spaced(exhibit);
    for place in &copy.rendered.places {
        inside[place.site] |= match &range {
            Some(range) => {
                has_context(&copy.text, range.start..place.range.start)
                    && has_context(&copy.text, place.range.end..range.end)
            }
            None => exhibit.contains(&surroundings(&copy.rendered.text, &place.range)),
        };
    }
    inside
}

fn has_context(text: &str, range: Range<usize>) -> bool {
    let between = if range.start < range.end { &text[range] } else { "" };
    let words = between.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(CONTEXT_WORDS).count() == CONTEXT_WORDS
}

/// Whether the variants of a site can be told apart after an attack: some are equal in ASCII or lower case, and
/// whoever types ASCII writes one or two hyphens for any dash.
pub fn showable(occurrences: &[Occurrence], attack: &Attack) -> bool {
    if !["ascii", "lower-case"].contains(&attack.name) {
        return true;
    }
    occurrences.iter().any(|occurrence| {
        let mut shown: Vec<String> =
            occurrence.forms.iter().map(|form| attack.run(form, form, 0).replace("--", "-")).collect();
        shown.sort();
        shown.windows(2).all(|pair| pair[0] != pair[1])
    })
}

fn surroundings(text: &str, place: &Range<usize>) -> String {
    let before = text[..place.start].char_indices().rev().nth(SURROUNDINGS_CHARS - 1).map_or(0, |(at, _)| at);
    let after =
        text[place.end..].char_indices().nth(SURROUNDINGS_CHARS).map_or(text.len(), |(at, _)| place.end + at);
    let start = text[before..place.start].rfind("\n\n").map_or(before, |at| before + at + 2);
    let end = text[place.end..after].find("\n\n").map_or(after, |at| place.end + at);
    single_spaced(text[start..end].trim())
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::Channel;

    #[test]
    fn places_in_the_excerpt_are_inside() {
        let text = tellmark_testkit::document::prose(3, 600, 6.0);
        let sealed = Sealed::new("a.txt", text.as_bytes(), &[Channel::Author]).unwrap();
        let copy = sealed.copy(sealed.marking.original()).unwrap();
        let of = |name: &str| {
            let attack = Attack::by_name(name).unwrap();
            let exhibit = attack.run(&copy.text, &copy.text, 1);
            inside(&sealed, &copy, attack, &exhibit).iter().filter(|inside| **inside).count()
        };
        let all = sealed.marking.sites.len();
        assert_eq!(of("typing-3"), all);
        for name in EXCERPTS.iter().chain(PIECES) {
            assert!((1..all).contains(&of(name)), "{name}: {} of {all}", of(name));
        }
    }

    #[test]
    fn what_ascii_cannot_show() {
        let shows = |forms: &[&str], attack: &str| {
            let forms = forms.iter().map(|form| form.to_string()).collect();
            showable(&[Occurrence { span: 0..0, forms }], Attack::by_name(attack).unwrap())
        };
        assert!(!shows(&["’", "'"], "ascii") && shows(&["’", "'"], "lower-case"));
        assert!(!shows(&["So", "so"], "lower-case") && shows(&["So", "Thus"], "ascii"));
    }

    #[test]
    fn surroundings_end_with_the_paragraph() {
        let text = "One two.\n\nThree four five.\n\nSix.";
        assert_eq!(surroundings(text, &(16..20)), "Three four five.");
        assert_eq!(surroundings(text, &(0..3)), "One two.");
    }
}
