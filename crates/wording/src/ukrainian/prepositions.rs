//! Prepositions with two forms: у and в, з, із and зі (orthography of 2019, §§ 23 and 26).

use super::grammar::{self, is_head};
use super::sounds::{self, Before, Start};
use crate::rules::view::{Found, View};
use crate::rules::{Rule, capitalise};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "uk-u-v",
        &["у", "в"],
        in_at,
        "Behind a vowel or a pause and before a consonant prose uses both.",
    )
    .matches(&[
        ("Сторони зустрілися в Києві.", &["у", "в"]),
        ("У Києві відбулася зустріч.", &["У", "В"]),
        ("Він жив в Києві.", &["у", "в"]),
        ("Це країна, у якій є море.", &["у", "в"]),
    ])
    .not(&[
        "Вона жила в Одесі.",
        "Вони живуть в Україні.",
        "Він жив у Києві.",
        "Вони були у Львові.",
        "Сталося це у вівторок.",
        "Вони росли рік у рік.",
        "Служба у справах дітей закрита.",
        "Вони зробили це у разі потреби.",
        "Сторони були у зв'язку.",
    ]),
    Rule::words("uk-z-iz", &["з", "із", "зі"], with, "Where no hiss or cluster decides, prose uses both.")
        .matches(&[
            ("Він говорив з Марією.", &["з", "із"]),
            ("Вона приїхала із Києва.", &["з", "із"]),
            ("Вони вийшли зі школи.", &["зі", "із"]),
        ])
        .not(&[
            "Вона приїхала з Одеси.",
            "Вони йдуть зі мною.",
            "Це наказ з Києва.",
            "Комітет з питань бюджету зібрався.",
            "Тут має бути крапка з комою.",
            "Це зроблено з боку ріки.",
            "Так було з року в рік.",
        ]),
];

/// How far a name may reach, in words; one of a committee has commas.
const NAME_WORDS: usize = 6;
const LONG_NAME_WORDS: usize = 16;

/// Whether a place may stand in the name of a body, which keeps its words.
pub(super) fn is_in_name(view: &View<'_>, index: usize) -> bool {
    let reach = index.saturating_sub(NAME_WORDS)..index;
    let near = reach.rev().take_while(|&i| view.is_joined(i)).any(|i| is_head(view.word(i)));
    let goes_on = |i: &usize| matches!(view.gap(*i), " " | ", ");
    let mut long = (index.saturating_sub(LONG_NAME_WORDS)..index).rev().take_while(goes_on);
    near || long.any(|i| {
        view.word(i) == "питань" || is_head(view.word(i)) && view.shown(i).starts_with(char::is_uppercase)
    })
}

/// Whether two words are of one stem, as in *рік у рік*.
fn is_same(one: &str, other: &str) -> bool {
    const LETTERS: usize = 2;
    one.chars().take(LETTERS).eq(other.chars().take(LETTERS))
        || one.chars().next() == other.chars().next() && one.chars().count() < 5 && other.chars().count() < 5
}

fn form(view: &View<'_>, index: usize, forms: &[&str]) -> Option<Found> {
    let range = view.words[index].range.clone();
    let shown = view.shown(index);
    let capital = shown.starts_with(char::is_uppercase);
    let begins = matches!(sounds::before(view, index), Before::Pause);
    let forms: Vec<String> =
        forms.iter().map(|form| if capital { capitalise(form) } else { (*form).into() }).collect();
    let original = forms.iter().position(|form| form == shown)?;
    (!capital || begins).then_some(Found { range, forms, original })
}

/// A year in digits is said with a consonant first: дві, тисяча.
fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()) && word.starts_with(['1', '2'])
}

fn in_at(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER_NEXT: &[&str] = &["справах", "разі", "раз", "тому", "цілому", "очі", "ім'я", "міру"];
    let next = view.word(index + 1);
    let before = sounds::before(view, index);
    let fits = match sounds::start(view, index + 1) {
        Start::Consonant(c) => !"вф".contains(c),
        Start::Cluster(a, b) => !("вф".contains(a) || b == 'в' || third_is_hard(next)),
        Start::Iotated => true,
        _ => view.is_joined(index) && is_year(next),
    };
    let sounds_well = match before {
        Before::Vowel | Before::Pause => true,
        // Between consonants only у is recommended: where the author wrote в, both are at home.
        Before::Consonant(_) => view.word(index) == "в",
        Before::Unknown => false,
    };
    let last = index.checked_sub(1).map_or("", |at| view.word(at));
    let listed = ["пункт", "літер", "букв", "підпункт"].iter().any(|noun| last.starts_with(noun));
    let fixed = NEVER_NEXT.contains(&next) || is_same(last, next) || listed;
    let name =
        is_in_name(view, index) || view.shown(index + 1).starts_with(char::is_uppercase) && last == "і";
    (fits && sounds_well && !fixed && !name && !next.is_empty())
        .then(|| form(view, index, &["у", "в"]))
        .flatten()
}

/// Whether three consonants or more open a word.
fn third_is_hard(word: &str) -> bool {
    word.chars()
        .filter(|&c| c != '\'' && c != 'ь')
        .nth(2)
        .is_some_and(|c| !sounds::is_vowel(c) && !"рл".contains(c))
}

fn with(view: &View<'_>, index: usize) -> Option<Found> {
    let next = view.word(index + 1);
    let own = view.word(index);
    let before = sounds::before(view, index);
    let hisses = matches!(before, Before::Consonant(c) if sounds::is_sibilant(c));
    let behind_vowel = before == Before::Vowel;
    if before == Before::Unknown || !view.is_joined(index) || hisses || is_in_name(view, index) {
        return None;
    }
    let plain: &[&str] = &["з", "із"];
    let forms = match sounds::start(view, index + 1) {
        Start::Consonant(c) if sounds::is_sibilant(c) => behind_vowel.then_some(plain),
        Start::Consonant(_) | Start::Iotated => Some(plain),
        Start::Cluster(a, _) if sounds::is_sibilant(a) => (own != "з").then_some(&["зі", "із"][..]),
        Start::Cluster(a, _) if !"влмрл".contains(a) => (own != "зі").then_some(plain),
        _ => is_year(next).then_some(plain),
    }?;
    let last = index.checked_sub(1);
    let named = last.is_some_and(|at| {
        view.shown(at).starts_with(char::is_uppercase) && !view.begins_sentence(view.words[at].range.start)
    });
    // "Ми з вами" are one subject.
    let pair = ["ми", "ви", "нам", "нас"].contains(&view.before(index, 1))
        || (next == "вами" && (index.saturating_sub(5)..index).any(|i| view.word(i) == "ми"));
    if named || pair {
        return None;
    }
    // "З року в рік", "з рук до рук".
    let again = ["в", "у", "на", "до", "за"].contains(&view.word(index + 2));
    let fixed = again && next.chars().next() == view.word(index + 3).chars().next();
    let known = [
        "питань",
        "одного",
        "другого",
        "собою",
        "тим",
        "нагоди",
        "днем",
        "допомогою",
        "дозволу",
        "святом",
        "комою",
        "місця",
        "повагою",
        "точки",
        "боку",
    ]
    .contains(&next);
    let number = grammar::is_number(next) && !is_year(next);
    (!fixed && !known && !number).then(|| form(view, index, forms)).flatten()
}
