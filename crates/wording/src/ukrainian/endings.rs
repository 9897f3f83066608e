//! Endings and particles with two forms: -ся and -сь, б and би; the two futures.

use super::grammar::{is_imperfective, is_infinitive, is_little};
use super::sounds::{self, Before, Start};
use crate::rules::Rule;
use crate::rules::view::{Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "uk-sia",
        &[],
        reflexive,
        "Behind a vowel the reflexive ending has two forms; prose uses both.",
    )
    .matches(&[
        ("Рада зібралася вранці.", &["зібралася", "зібралась"]),
        ("Вони вирішили зустрітись пізніше.", &["зустрітися", "зустрітись"]),
    ])
    .not(&[
        "Колись тут був ліс.",
        "Рада зібралася в Києві.",
        "Він боявся дощу.",
        "Леся прийшла.",
        "Чомусь стемніло.",
    ]),
    Rule::words("uk-by", &["б", "би"], would, "Behind a verb that ends with a vowel prose uses both.")
        .matches(&[("Вона хотіла б знати.", &["б", "би"]), ("Варто було би знати.", &["б", "би"])])
        .not(&["Він хотів би поїхати.", "Що б не сталося, вони поїдуть.", "Вона хотіла б бачити."]),
    Rule::words(
        "uk-future",
        &["буду", "будеш", "буде", "будемо", "будете", "будуть"],
        long_future,
        "The future of an imperfective verb has two forms of one meaning.",
    )
    .matches(&[
        ("Сторони будуть обговорювати договір.", &["будуть обговорювати", "обговорюватимуть"]),
        ("Зустріч буде проводитися в Одесі.", &["буде проводитися", "проводитиметься"]),
    ])
    .not(&[
        "Треба буде поїхати.",
        "Вони будуть готувати і подавати звіти.",
        "Метою буде зробити добро.",
        "Завданням буде побудувати міст.",
        "Вони будуть там.",
        "Завтра будуть результати виборів.",
        "У них будуть діти.",
        "На зустрічі будуть дебати про бюджет.",
        "Там будуть депутати й кандидати.",
        "Ми будемо обговорювати це питання? Будемо.",
    ]),
    Rule::words(
        "uk-future-short",
        &[],
        short_future,
        "The future of an imperfective verb has two forms of one meaning.",
    )
    .matches(&[("Сторони обговорюватимуть договір.", &["обговорюватимуть", "будуть обговорювати"])])
    .not(&["Вони готуватимуть і подаватимуть звіти.", "Максимум і мінімум."]),
];

/// Reflexive endings behind a vowel, long and short.
const REFLEXIVE: &[(&str, &str)] =
    &[("лася", "лась"), ("лося", "лось"), ("лися", "лись"), ("тися", "тись"), ("мося", "мось")];

fn reflexive(view: &View<'_>, index: usize) -> Option<Found> {
    const LETTERS_MIN: usize = 7;
    const NEVER: &[&str] = &["полося", "волося"];
    let word = view.word(index);
    if view.shown(index) != word || word.chars().count() < LETTERS_MIN || NEVER.contains(&word) {
        return None;
    }
    let (stem, ending, original) = REFLEXIVE.iter().find_map(|pair| {
        let long = word.strip_suffix(pair.0).map(|stem| (stem, pair, 0));
        long.or_else(|| word.strip_suffix(pair.1).map(|stem| (stem, pair, 1)))
    })?;
    let hisses = match sounds::start(view, index + 1) {
        Start::Consonant(c) | Start::Cluster(c, _) => sounds::is_sibilant(c),
        _ => false,
    };
    // "-мось" is an ending of verbs behind и, е and є only: чомусь, якомусь.
    let plural = ending.0 != "мося" || stem.ends_with(['и', 'е', 'є', 'ї']);
    let forms = [format!("{stem}{}", ending.0), format!("{stem}{}", ending.1)];
    (!hisses && plural)
        .then(|| Found::new(view.words[index].range.clone(), &[&forms[0], &forms[1]], original))
}

fn would(view: &View<'_>, index: usize) -> Option<Found> {
    const PREDICATES: &[&str] = &["треба", "варто", "можна", "мала", "мало", "мали", "краще", "мусила"];
    let before = view.before(index, 1);
    let verb = ["ла", "ло", "ли", "лося", "лася", "лися"].iter().any(|ending| before.ends_with(ending));
    let ready = sounds::before(view, index) == Before::Vowel
        && !is_little(before)
        && (verb || PREDICATES.contains(&before));
    let next = match sounds::start(view, index + 1) {
        Start::Consonant(c) | Start::Cluster(c, _) => !"бпвфм".contains(c),
        Start::Vowel | Start::Iotated => true,
        Start::Unknown => false,
    };
    let original = usize::from(view.shown(index) == "би");
    let lower = ["б", "би"].contains(&view.shown(index));
    (ready && next && lower).then(|| Found::new(view.words[index].range.clone(), &["б", "би"], original))
}

/// The auxiliary, and what the short future has in its place, without and with the reflexive ending.
const FUTURES: &[(&str, &str, &str)] = &[
    ("буду", "му", "муся"),
    ("будеш", "меш", "мешся"),
    ("буде", "ме", "меться"),
    ("будемо", "мемо", "мемося"),
    ("будете", "мете", "метеся"),
    ("будуть", "муть", "муться"),
];
/// How far another infinitive or future may stand that goes with this one.
const LOOK_WORDS: usize = 14;

fn long_future(view: &View<'_>, index: usize) -> Option<Found> {
    let (_, short, reflexive) = FUTURES.iter().find(|row| row.0 == view.shown(index))?;
    let verb = view.word(index + 1);
    if view.gap(index) != " " || !is_imperfective(verb) || view.shown(index + 1) != verb {
        return None;
    }
    // "Будемо обговорювати? Будемо": a question asks for its verb again.
    let rest = view.rest(view.words[index + 1].range.end);
    if rest.find(['.', '!', '?', '\n']).is_some_and(|end| rest[end..].starts_with('?')) {
        return None;
    }
    // A copula with its predicate: "треба буде поїхати", "метою буде зробити".
    let before = view.before(index, 1);
    let predicate = [
        "о",
        "е",
        "ю",
        "м",
        "треба",
        "слід",
        "можна",
        "варто",
        "завдання",
        "мета",
        "ціль",
        "крок",
        "етап",
        "рішення",
        "ідея",
        "намір",
        "план",
    ];
    let governed = view.shown(index) == "буде"
        && predicate.iter().any(|ending| before.ends_with(ending))
        && before != "це";
    let another = (index + 2..index + LOOK_WORDS)
        .any(|i| is_infinitive(view.word(i)) && view.word(i).chars().count() > 4);
    let taken_up = |i: usize| i != index && FUTURES.iter().any(|row| row.0 == view.word(i));
    let answered = (index.saturating_sub(LOOK_WORDS)..index + LOOK_WORDS).any(taken_up);
    if governed || another || answered || ["щоб", "не"].contains(&before) {
        return None;
    }
    let range = view.words[index].range.start..view.words[index + 1].range.end;
    let one = match verb.strip_suffix("ся").or_else(|| verb.strip_suffix("сь")) {
        Some(stem) => format!("{stem}{reflexive}"),
        None => format!("{verb}{short}"),
    };
    Some(Found::new(range.clone(), &[&view.text[range], &one], 0))
}

fn short_future(view: &View<'_>, index: usize) -> Option<Found> {
    let word = view.word(index);
    let (verb, auxiliary) = infinitive(word)?;
    let another = |i: usize| i != index && infinitive(view.word(i)).is_some();
    if view.shown(index) != word || (index.saturating_sub(LOOK_WORDS)..index + LOOK_WORDS).any(another) {
        return None;
    }
    Some(Found::new(view.words[index].range.clone(), &[word, &format!("{auxiliary} {verb}")], 0))
}

/// The infinitive of a short future, and the auxiliary of the long one.
fn infinitive(word: &str) -> Option<(String, &'static str)> {
    const LETTERS_MIN: usize = 4;
    FUTURES.iter().find_map(|(auxiliary, short, reflexive)| {
        let plain = word.strip_suffix(short).map(|stem| (stem, ""));
        let (stem, ending) = plain.or_else(|| word.strip_suffix(reflexive).map(|stem| (stem, "ся")))?;
        let fits = stem.ends_with("ти") && stem.chars().count() >= LETTERS_MIN;
        fits.then(|| (format!("{stem}{ending}"), *auxiliary))
    })
}
