//! Russian: its letters, its rules and its habits.

mod frames;
mod grammar;
mod habits;
mod pairs;
mod phrases;
mod places;

use crate::language::Language;
use crate::rules::view::{Found, View};

/// Russian.
pub(crate) static RUSSIAN: Language = Language {
    code: "ru",
    name: "Russian",
    alphabet: "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    telling: "ыэё",
    function_words: &[
        "и",
        "в",
        "на",
        "не",
        "что",
        "с",
        "по",
        "как",
        "это",
        "к",
        "из",
        "для",
        "от",
        "за",
        "его",
        "её",
        "ее",
        "их",
        "о",
        "был",
        "была",
        "было",
        "были",
        "он",
        "она",
        "они",
        "мы",
        "или",
        "но",
        "также",
        "чтобы",
        "при",
        "до",
        "который",
        "которые",
        "которая",
        "со",
        "во",
        "у",
        "если",
        "только",
        "может",
        "после",
        "так",
        "а",
        "то",
        "этого",
        "будет",
        "быть",
        "под",
        "об",
    ],
    // Prose has about 25; Bulgarian, which has few ы and э, about 15.
    percent_min: 12,
    rules: &[pairs::RULES, phrases::RULES, frames::RULES],
    habits: habits::find,
    apostrophe: |_| None,
    fits: keeps_neighbours,
};

/// Whether the preposition before a site, which is chosen by its sounds (*с* and *со*, *о* and *об*), fits all variants.
fn keeps_neighbours(view: &View<'_>, _: usize, found: &Found) -> bool {
    const BOUND: &[&str] = &["с", "со", "в", "во", "к", "ко", "о", "об", "из", "изо"];
    let first = view.words.partition_point(|word| word.range.end <= found.range.start);
    let before = first.checked_sub(1).map_or("", |at| view.word(at));
    let vowel = |form: &String| form.chars().find(|c| c.is_alphabetic()).map(|c| "аеёиоуыэюя".contains(c));
    let same = found.forms.windows(2).all(|pair| vowel(&pair[0]) == vowel(&pair[1]));
    !grammar::is_in_act(view, first) && (same || !BOUND.contains(&before))
}
