//! Conjunctions that join two of a kind: і, й, та (orthography of 2019, § 25), або and чи.

use super::grammar::{self, is_head, is_little, may_be_verb};
use super::prepositions::is_in_name;
use super::sounds::{self, Before, Start};
use crate::rules::Rule;
use crate::rules::view::{Found, View};

pub(super) const RULES: &[Rule] =
    &[Rule::words("uk-and", &["і", "й", "та"], and, "Between two words of a kind all join alike.")
        .matches(&[
            ("Сторони обговорили торгівлю і безпеку.", &["і", "й", "та"]),
            ("Вони купили хліб та молоко.", &["і", "та"]),
            ("Це економіка й освіта.", &["й", "та"]),
        ])
        .not(&[
            "Вони прийшли, і почалася зустріч.",
            "Він був і там, і тут.",
            "Міністерство освіти і науки закрите.",
            "Прийшла та жінка.",
            "Так і сталося.",
            "Вони купили хліб і молоко та воду.",
            "Це зробив і директор.",
            "Міністр і ввів слово.",
            "Вони мали намір і далі йти.",
            "Це тривало добу і довше.",
            "Цього року і бюджет зменшився.",
            "Восени і ціни зросли.",
            "За словами прокурора і свідок підтвердив алібі.",
        ])];

/// Behind these *і* says "also".
const NEVER_BEFORE: &[&str] = &[
    "числі",
    "разом",
    "зокрема",
    "тепер",
    "далі",
    "якраз",
    "більше",
    "особливо",
    "потім",
    "нарешті",
    "знову",
    "відтак",
    "тільки",
    "бодай",
    "власне",
    "отож",
    "звідси",
    "звідти",
    "відтоді",
    "раніше",
    "чого",
    "чому",
    "інколи",
    "чимало",
    "багато",
    "мабуть",
    "можливо",
    "просто",
    "цілком",
    "хіба",
    "нібито",
    "буквально",
    // When or where: what follows is joined to nothing.
    "року",
    "місяця",
    "тижня",
    "дня",
    "ранку",
    "вечора",
    "ночі",
    "години",
    "хвилини",
    "разу",
    "часу",
    "літа",
    "зими",
    "осені",
    "восени",
    "навесні",
    "влітку",
    "взимку",
    "вранці",
    "увечері",
    "вночі",
    "учора",
    "вчора",
    "завтра",
    "торік",
    "тоді",
    "там",
    "тут",
];
/// Whoever is cited at the head of a sentence is joined to nobody behind.
const CITES: &[&str] = &["словами", "даними", "інформацією", "оцінками", "версією", "думку", "твердженням"];
/// Before these *і* says "also" or "still", or opens another clause.
const NEVER_BEHIND: &[&str] = &[
    "далі",
    "надалі",
    "досі",
    "справді",
    "взагалі",
    "узагалі",
    "тепер",
    "сьогодні",
    "зараз",
    "потім",
    "загалом",
    "звичайно",
    "звісно",
    "раніше",
    "дійсно",
    "зокрема",
    "навпаки",
    "поготів",
    "більше",
    "менше",
    "більш",
    "довше",
    "вище",
    "нижче",
    "раніш",
    "решта",
    "інші",
    "інше",
    "інших",
    "таке",
    "такі",
    "такий",
    "така",
    "подібне",
    "навіть",
    "власне",
    "пізніше",
    "можливо",
    "мабуть",
    "водночас",
    "просто",
    "тому",
    "саме",
    "лише",
    "тільки",
    "взагалі-то",
    "цілком",
    "також",
    "відтак",
    "ніхто",
    "ніщо",
];

/// How far another conjunction may stand that would make a row of them.
const ROW_WORDS: usize = 6;

/// So many words before a conjunction may say who is cited.
const CITED_WORDS: usize = 6;

fn and(view: &View<'_>, index: usize) -> Option<Found> {
    let last = index.checked_sub(1)?;
    if !view.is_joined(last) || !view.is_joined(index) {
        return None;
    }
    let (one, other) = (view.word(last), view.word(index + 1));
    let own = view.shown(index);
    if is_little(one) || is_little(other) || !["і", "й", "та"].contains(&own) {
        return None;
    }
    if NEVER_BEFORE.contains(&one) || NEVER_BEHIND.contains(&other) {
        return None;
    }
    let mut ahead = (index.saturating_sub(CITED_WORDS)..last).rev();
    if ahead.by_ref().take_while(|&i| view.is_joined(i)).any(|i| CITES.contains(&view.word(i))) {
        return None;
    }
    let number = grammar::is_number(one) || grammar::is_number(other);
    let names = [last, index + 1].iter().all(|&i| view.shown(i).starts_with(char::is_uppercase));
    // "Also" behind a verb: two verbs are joined, or none.
    let verbs = may_be_verb(one) != may_be_verb(other);
    if number || names || verbs || is_in_row(view, index) || is_in_name(view, index) || is_head(other) {
        return None;
    }
    let forms: &[&str] = match (sounds::before(view, index), sounds::start(view, index + 1)) {
        (Before::Vowel, Start::Consonant(_) | Start::Cluster(..)) => &["і", "й", "та"],
        (Before::Vowel, Start::Vowel) if !other.starts_with('і') => {
            if own == "і" {
                &["і", "й", "та"]
            } else {
                &["й", "та"]
            }
        }
        (Before::Vowel, Start::Iotated) if own != "й" => &["і", "та"],
        (Before::Consonant(_), Start::Consonant(_) | Start::Cluster(..) | Start::Iotated) if own != "й" => {
            &["і", "та"]
        }
        (Before::Consonant(_), Start::Vowel) if own != "й" && !other.starts_with('і') => &["і", "та"],
        _ => return None,
    };
    let original = forms.iter().position(|form| *form == own)?;
    Some(Found::new(view.words[index].range.clone(), forms, original))
}

/// Whether another conjunction stands near and no stop between.
fn is_in_row(view: &View<'_>, index: usize) -> bool {
    const ALL: &[&str] = &["і", "й", "та", "або", "чи", "ні", "ані", "а", "як", "між", "поміж"];
    let ahead = (index.saturating_sub(ROW_WORDS)..index).rev();
    let before = ahead.take_while(|&i| view.is_joined(i)).any(|i| ALL.contains(&view.word(i)));
    let behind = (index + 1..index + 1 + ROW_WORDS).take_while(|&i| view.is_joined(i - 1));
    let mut behind = behind.map(|i| view.word(i));
    before || behind.any(|word| ALL.contains(&word)) || begins_pair(view, index)
}

/// Whether the same conjunction opens the next or the last item behind a comma: *і там, і тут*.
fn begins_pair(view: &View<'_>, index: usize) -> bool {
    let opens = |i: usize| i > 0 && view.gap(i - 1).contains(',') && view.word(i) == view.word(index);
    (index.saturating_sub(ROW_WORDS)..index + ROW_WORDS).any(opens)
}
