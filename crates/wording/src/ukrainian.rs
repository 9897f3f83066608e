//! Ukrainian: its letters, its rules and its habits.
//!
//! Most of its sites are euphony (*милозвучність*): little words and endings of which the orthography of 2019
//! (§§ 23-28) has two forms, chosen by the sounds around. A rule takes only those places at which good prose
//! uses both.

mod endings;
mod grammar;
mod habits;
mod joints;
mod pairs;
mod prefixes;
mod prepositions;
mod sounds;

use crate::language::Language;
use crate::rules::view::{Found, View};

/// Ukrainian.
pub(crate) static UKRAINIAN: Language = Language {
    code: "uk",
    name: "Ukrainian",
    alphabet: "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    telling: "іїєґ",
    function_words: &[
        "і",
        "й",
        "та",
        "в",
        "у",
        "на",
        "з",
        "із",
        "до",
        "не",
        "що",
        "як",
        "це",
        "за",
        "про",
        "від",
        "для",
        "який",
        "яка",
        "які",
        "яке",
        "його",
        "її",
        "їх",
        "є",
        "був",
        "була",
        "були",
        "було",
        "він",
        "вона",
        "вони",
        "ми",
        "або",
        "чи",
        "але",
        "також",
        "щоб",
        "під",
        "через",
        "після",
        "по",
        "ви",
        "я",
        "бути",
        "при",
        "цього",
        "того",
        "якщо",
        "може",
        "має",
        "тому",
    ],
    // Prose has about 25; Russian has about 10 with the words that both share.
    percent_min: 12,
    rules: &[prepositions::RULES, joints::RULES, prefixes::RULES, endings::RULES, pairs::RULES],
    habits: habits::find,
    apostrophe: |_| None,
    fits: |view, index, found| !grammar::is_in_act(view, index) && keeps_neighbours(view, found),
};

/// Whether the little words beside a site, which are chosen by its sounds, stay right whatever it shows.
fn keeps_neighbours(view: &View<'_>, found: &Found) -> bool {
    let first = view.words.partition_point(|word| word.range.end <= found.range.start);
    let next = view.words.partition_point(|word| word.range.start < found.range.end).max(first);
    let before = first.checked_sub(1).map_or("", |at| view.word(at));
    let sound = |letter: Option<char>| letter.map(sounds::is_vowel);
    let begins = found.forms.iter().map(|form| sound(form.chars().find(|c| c.is_alphabetic())));
    let ends = found.forms.iter().map(|form| sound(form.chars().rev().find(|c| c.is_alphabetic())));
    let before_fits = !sounds::BOUND_AHEAD.contains(&before) || is_one(begins);
    let after_fits = !sounds::BOUND_BEHIND.contains(&view.word(next)) || is_one(ends);
    before_fits && after_fits
}

/// Whether all are the same.
fn is_one(mut sounds: impl Iterator<Item = Option<bool>>) -> bool {
    let first = sounds.next();
    sounds.all(|sound| Some(sound) == first)
}
