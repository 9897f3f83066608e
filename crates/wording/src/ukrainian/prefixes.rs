//! Words that begin with у or в alike (orthography of 2019, § 24).

use super::grammar::PREPOSITIONS;
use super::sounds::{self, Before};
use crate::rules::view::{Found, View};
use crate::rules::{Rule, capitalise};

pub(super) const RULES: &[Rule] = &[
    Rule::words("uk-vzhe", &["вже", "уже"], already, "The two are one word; prose uses both.")
        .matches(&[("Він уже приїхав.", &["вже", "уже"]), ("Вона вже приїхала.", &["вже", "уже"])])
        .not(&["Невже він приїхав?", "І вже стемніло.", "Він не вже там."]),
    Rule::words("uk-vsi", ALL, all_of, "The two are one word; prose uses both.")
        .matches(&[("Гості всі приїхали.", &["всі", "усі"]), ("Цього разу усі приїхали.", &["всі", "усі"])])
        .not(&["Він говорив з усіма.", "Це залежить від усіх.", "Вони в усьому винні.", "Не всі приїхали."]),
    Rule::words(
        "uk-prefix",
        &[],
        prefixed,
        "The prefix has two forms; behind a consonant or a pause prose uses both.",
    )
    .matches(&[
        ("Він учора приїхав.", &["вчора", "учора"]),
        ("Внаслідок дощу дамба протекла.", &["Внаслідок", "Унаслідок"]),
    ])
    .not(&[
        "Книга є учительна.",
        "Вона вчора приїхала.",
        "Це вплив погоди.",
        "Він виступив із урахуванням часу.",
    ]),
];

/// The forms of *весь*.
const ALL: &[&str] = &[
    "всі",
    "усі",
    "всіх",
    "усіх",
    "всім",
    "усім",
    "всіма",
    "усіма",
    "все",
    "усе",
    "всього",
    "усього",
    "всьому",
    "усьому",
    "вся",
    "уся",
    "всю",
    "усю",
    "всієї",
    "усієї",
    "всією",
    "усією",
    "всій",
    "усій",
];

/// Beginnings of other words, without their first letter.
const STEMS: &[&str] = &[
    "чора",
    "ночі",
    "ранці",
    "день",
    "дома",
    "наслідок",
    "перше",
    "друге",
    "середині",
    "сюди",
    "загалі",
    "двічі",
    "тричі",
    "край",
    "здовж",
    "горі",
    "низу",
    "гору",
    "низ",
    "зимку",
    "літку",
    "чител",
    "чені",
    "чених",
    "ченим",
    "чений",
    "ченого",
    "ченими",
    "тратив",
    "тратила",
    "тратили",
    "тратити",
    "досконален",
    "досконалюва",
    "регулюван",
    "рахуван",
    "рахувати",
    "становлен",
    "становити",
    "становив",
    "становила",
    "становили",
    "становлю",
    "порядкуван",
    "мінн",
    "міти",
    "певнен",
    "бивств",
    "биває",
    "бивц",
    "далося",
    "далось",
    "дасться",
    "рятува",
    "жити",
    "жито",
    "живати",
    "живан",
    "зяти",
    "зяв",
    "зяла",
    "зяли",
    "зято",
    "голос",
];

/// Both forms of a word of which one is shown.
fn forms(shown: &str) -> Option<([String; 2], usize)> {
    let lower = shown.to_lowercase();
    let rest = lower.strip_prefix(['в', 'у'])?;
    let capital = shown.starts_with(char::is_uppercase);
    if shown.chars().skip(1).any(char::is_uppercase) {
        return None;
    }
    let shape = |first: char| {
        let form = format!("{first}{rest}");
        if capital { capitalise(&form) } else { form }
    };
    Some(([shape('в'), shape('у')], usize::from(lower.starts_with('у'))))
}

fn found(view: &View<'_>, index: usize) -> Option<Found> {
    let shown = view.shown(index);
    let ([one, other], original) = forms(shown)?;
    let opens = matches!(sounds::before(view, index), Before::Pause)
        && view.begins_sentence(view.words[index].range.start);
    let capital = shown.starts_with(char::is_uppercase);
    (!capital || opens).then(|| Found::new(view.words[index].range.clone(), &[&one, &other], original))
}

fn already(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: &[&str] = &["не", "і", "й", "а", "та", "у", "в", "о"];
    let before = view.before(index, 1);
    (sounds::before(view, index) != Before::Unknown && !NEVER.contains(&before))
        .then(|| found(view, index))
        .flatten()
}

fn all_of(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: &[&str] = &["не", "і", "й", "а", "та", "о", "ні", "би", "же", "то", "це", "перш"];
    let before = view.before(index, 1);
    let governed = PREPOSITIONS.contains(&before) || NEVER.contains(&before);
    let well = match sounds::before(view, index) {
        Before::Vowel => before.chars().count() > 3,
        Before::Consonant(_) | Before::Pause => true,
        Before::Unknown => false,
    };
    // "Все, час вийшов" is a word of its own.
    let alone = before.is_empty() && view.gap(index).starts_with(',');
    (well && !governed && !alone).then(|| found(view, index)).flatten()
}

fn prefixed(view: &View<'_>, index: usize) -> Option<Found> {
    let word = view.word(index);
    let rest = word.strip_prefix(['в', 'у'])?;
    // "Учительне" is a kind of gospel.
    let fixed = rest.starts_with("день") && rest != "день" || rest.starts_with("чительн");
    if fixed || !STEMS.iter().any(|stem| rest.starts_with(stem)) {
        return None;
    }
    let own_is_u = word.starts_with('у');
    let cluster = rest.chars().take(2).filter(|&c| !sounds::is_vowel(c)).count() == 2;
    let well = match sounds::before(view, index) {
        // The form with a vowel would stand behind a vowel: only where the author has it so.
        Before::Vowel => own_is_u,
        Before::Consonant(_) => !cluster || !own_is_u,
        Before::Pause => true,
        Before::Unknown => false,
    };
    (well && !PREPOSITIONS.contains(&view.before(index, 1))).then(|| found(view, index)).flatten()
}
