//! English: its letters, its rules and its habits.

mod clauses;
mod commas;
mod contractions;
mod doublets;
mod formal;
mod frames;
mod grammar;
mod habits;
mod pairs;
mod phrases;
mod second;
mod spans;
mod stops;
mod texts;
mod topics;
mod turns;
mod verbs;

use crate::language::Language;
use crate::rules::view::{Found, View};

/// English, American and British.
pub(crate) static ENGLISH: Language = Language {
    code: "en",
    name: "English",
    alphabet: "abcdefghijklmnopqrstuvwxyz",
    telling: "",
    function_words: &[
        "the", "of", "and", "to", "in", "that", "is", "was", "for", "it", "with", "as", "on", "by", "be",
        "are", "were", "at", "this", "had", "not", "they", "he", "she", "we", "an", "or", "from", "which",
        "their",
    ],
    // Prose has about 35; German, French and Latin have below 8.
    percent_min: 15,
    rules: &[
        doublets::RULES,
        pairs::RULES,
        frames::RULES,
        clauses::RULES,
        verbs::RULES,
        stops::RULES,
        contractions::RULES,
        formal::RULES,
        spans::RULES,
        texts::RULES,
        topics::RULES,
        turns::RULES,
        commas::RULES,
        second::RULES,
    ],
    habits: habits::find,
    apostrophe: contractions::apostrophe,
    fits: keeps_article,
};

/// Whether `a` or `an` before a site fits all variants.
fn keeps_article(view: &View<'_>, index: usize, found: &Found) -> bool {
    let vowel = |form: &String| form.starts_with(['a', 'e', 'i', 'o', 'u']);
    let first = found.forms.first().map(vowel);
    !["a", "an"].contains(&view.before(index, 1)) || found.forms.iter().all(|form| Some(vowel(form)) == first)
}
