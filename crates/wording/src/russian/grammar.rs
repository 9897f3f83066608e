//! Closed classes of Russian words that the rules' guards look at.

use crate::rules::view::View;

/// Prepositions: the word behind them is theirs.
pub const PREPOSITIONS: &[&str] = &[
    "без",
    "в",
    "во",
    "для",
    "до",
    "за",
    "из",
    "из-за",
    "из-под",
    "к",
    "ко",
    "между",
    "на",
    "над",
    "о",
    "об",
    "от",
    "перед",
    "по",
    "под",
    "при",
    "про",
    "с",
    "со",
    "у",
    "через",
    "после",
    "около",
    "против",
    "среди",
    "вокруг",
    "вместо",
    "кроме",
    "ради",
    "сквозь",
    "вдоль",
    "внутри",
    "помимо",
    "среди",
];

/// Conjunctions, particles and pronouns: they have no content of their own.
const LITTLE: &[&str] = &[
    "а",
    "бы",
    "был",
    "была",
    "были",
    "было",
    "быть",
    "все",
    "всё",
    "вы",
    "где",
    "даже",
    "ещё",
    "еще",
    "же",
    "и",
    "или",
    "их",
    "как",
    "когда",
    "кто",
    "ли",
    "либо",
    "лишь",
    "мы",
    "не",
    "нет",
    "ни",
    "но",
    "он",
    "она",
    "они",
    "оно",
    "себя",
    "так",
    "также",
    "там",
    "те",
    "то",
    "того",
    "тоже",
    "только",
    "тот",
    "ту",
    "тут",
    "уже",
    "хотя",
    "чего",
    "чем",
    "что",
    "чтобы",
    "эта",
    "эти",
    "это",
    "этот",
    "если",
    "будет",
    "который",
    "которая",
    "которые",
    "которое",
    "иначе",
    "нибудь",
    "свой",
    "свои",
    "своих",
    "сам",
    "сама",
    "сами",
];

/// Whether a word governs or joins and has no content of its own.
pub fn is_little(word: &str) -> bool {
    word.chars().count() < 3 || LITTLE.contains(&word) || PREPOSITIONS.contains(&word)
}

/// Whether a word may be an infinitive.
pub fn is_infinitive(word: &str) -> bool {
    const NOUNS: &[&str] = &[
        "часть",
        "область",
        "власть",
        "пять",
        "шесть",
        "есть",
        "весть",
        "путь",
        "память",
        "смерть",
        "сеть",
        "мать",
        "опять",
        "хоть",
        "печать",
        "кровать",
        "тетрадь",
    ];
    let ending =
        ["ать", "ять", "ить", "еть", "ыть", "уть", "оть", "сти", "зти", "чь", "йти", "ться", "тись", "чься"];
    word.chars().count() > 3
        && ending.iter().any(|ending| word.ends_with(ending))
        && !word.ends_with("ость")
        && !NOUNS.contains(&word)
        && !["ночь", "помощь", "речь", "дочь", "вещь", "новости", "области", "части", "власти"]
            .contains(&word)
        && !word.ends_with("ости")
}

/// Whether a word looks like a finite verb.
pub fn is_finite(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ает",
        "яет",
        "ует",
        "еет",
        "ит",
        "ают",
        "яют",
        "уют",
        "еют",
        "ят",
        "ал",
        "ала",
        "али",
        "ало",
        "ил",
        "ила",
        "или",
        "ило",
        "ел",
        "ела",
        "ели",
        "ял",
        "яла",
        "яли",
        "ется",
        "ются",
        "ится",
        "ятся",
        "ался",
        "алась",
        "ались",
        "алось",
        "ился",
        "илась",
        "ились",
        "илось",
        "ялся",
        "ялась",
        "ялись",
        "ёт",
        "ут",
        "ывает",
        "ывают",
    ];
    word.chars().count() > 3 && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// Whether a place may stand in the title of an act that is not quoted, as in *закон о внесении изменений*.
pub fn is_in_act(view: &View<'_>, index: usize) -> bool {
    const ACTS: &[&str] =
        &["закон", "постановлен", "указ", "приказ", "распоряж", "проект", "положени", "кодекс", "конвенци"];
    let about = |i: usize| ["о", "об"].contains(&view.word(i)) && i > 0;
    view.title_before(index).any(|i| about(i) && ACTS.iter().any(|act| view.word(i - 1).starts_with(act)))
}
