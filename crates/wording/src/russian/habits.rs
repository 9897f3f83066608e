//! Habits of Russian spelling and punctuation.

use crate::habits::{Habits, Places, behind_figures, dashes, place, quotation_marks};
use crate::rules::view::View;

/// The habits of a document.
pub(super) fn find(views: &[&View<'_>], _: bool) -> Habits {
    vec![
        ("ru-dash", dashes(views, &[" — ", " – "])),
        ("ru-quotes", quotation_marks(views)),
        ("ru-yo", yo(views)),
        ("ru-thousand", behind_figures(views, &["тысяч", "тысячи", "тысяча", "тысячу"], " тыс.")),
        ("ru-million", behind_figures(views, &["миллионов", "миллиона", "миллион"], " млн")),
        ("ru-billion", behind_figures(views, &["миллиардов", "миллиарда", "миллиард"], " млрд")),
        ("ru-percent", behind_figures(views, &["процентов", "процента", "процент"], "%")),
    ]
}

/// Words that have ё and no twin with е: where one stands with е, the document has no habit of ё.
const ALWAYS_YO: &[&str] = &[
    "еще",
    "ее",
    "нее",
    "мое",
    "твое",
    "свое",
    "идет",
    "пойдет",
    "пришел",
    "нашел",
    "ушел",
    "прошел",
    "вышел",
    "подошел",
    "объем",
    "прием",
    "подъем",
    "счет",
    "отчет",
    "расчет",
    "учет",
    "черный",
    "зеленый",
    "желтый",
    "тяжелый",
    "серьезный",
    "самолет",
    "полет",
    "ребенок",
    "актер",
    "вперед",
    "пройдет",
    "дает",
    "живет",
    "ведет",
    "берет",
    "несет",
    "причем",
    "трех",
    "четырех",
    "насчет",
    "всерьез",
];

/// Words that are another word, or another form, with е: they keep their ё.
const TWINS: [&str; 53] = [
    "всё",
    "всём",
    "чём",
    "нём",
    "узнаём",
    "познаём",
    "признаём",
    "сознаём",
    "осознаём",
    "распознаём",
    "передохнём",
    "осёл",
    "нёбо",
    "нёба",
    "мёл",
    "мёд",
    "чёрт",
    "чёрта",
    "слёз",
    "слёзы",
    "стёкла",
    "сёла",
    "вёсла",
    "вёдра",
    "озёра",
    "гнёзда",
    "сёстры",
    "жёны",
    "звёзды",
    "пчёлы",
    "вёсны",
    "мётлы",
    "щёки",
    "чёлн",
    "падёж",
    "совершённый",
    "совершённая",
    "совершённое",
    "совершённые",
    "совершённого",
    "совершённой",
    "совершённых",
    "совершённым",
    "совершёнными",
    "истёкший",
    "истёкшая",
    "истёкшее",
    "истёкшие",
    "истёкшего",
    "истёкшей",
    "истёкших",
    "крёстный",
    "крёстная",
];

/// The letter ё in words without a capital: a document without it is as good. It is never put in, for one would
/// have to know every word.
fn yo(views: &[&View<'_>]) -> Places {
    let mut all = Vec::new();
    for view in views {
        for (index, word) in view.words.iter().enumerate() {
            let shown = view.shown(index);
            if ALWAYS_YO.contains(&word.lower.as_str()) && !view.is_quoted(&word.range) {
                return None;
            }
            // A name keeps its letter, a word at the head of a sentence is one that others may be names like.
            if !shown.contains('ё')
                || TWINS.contains(&word.lower.as_str())
                || shown.starts_with(char::is_uppercase) && !view.begins_sentence(word.range.start)
            {
                continue;
            }
            all.extend(place(view, word.range.clone(), &[shown, &shown.replace('ё', "е")], 0));
        }
    }
    Some(all)
}
