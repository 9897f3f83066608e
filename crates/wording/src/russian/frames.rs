//! Time, place, measure, means and cause: frames of which two are one.

use super::grammar::{PREPOSITIONS, is_finite, is_little};
use super::places::{begins, followed_by, last, past};
use crate::rules::Rule;
use crate::rules::view::{At, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::either(
        "ru-na-protiazhenii",
        &["в течение", "на протяжении"],
        "Before a stretch of time that something fills both measure it.",
    )
    .when(all_along)
    .matches(&[("Дождь шёл в течение всего дня.", &["в течение", "на протяжении"])])
    .not(&["Ответ придёт в течение 10 дней."]),
    Rule::either(
        "ru-ranee",
        &["раньше", "ранее"],
        "Before a verb or a short participle in the past both put it earlier.",
    )
    .when(earlier)
    .matches(&[("Мост ранее был закрыт.", &["раньше", "ранее"])])
    .not(&["Он пришёл не раньше полудня.", "Они взяли ранее принятое решение и ранее вычисленное число."]),
    Rule::first("ru-now", &["в настоящее время", "сейчас"], "Both name the present.")
        .when(now)
        .matches(&[("В настоящее время мост закрыт.", &["В настоящее время", "Сейчас"])])
        .not(&["Это настоящее время года."]),
    Rule::either("ru-s-pomoshchiu", &["с помощью", "при помощи"], "Before a genitive both name the means.")
        .when(means)
        .matches(&[("Это сделано с помощью воды.", &["с помощью", "при помощи"])])
        .not(&["Он пришёл с помощью и хлебом."]),
    Rule::either("ru-v-tseliakh", &["с целью", "в целях"], "Before a verbal noun both give the purpose.")
        .when(purpose)
        .matches(&[("Это сделано с целью повышения урожая.", &["с целью", "в целях"])])
        .not(&["Он пришёл с целью помочь."]),
    Rule::either("ru-bolee", &["более", "свыше"], "Before a figure both mean the same excess.")
        .when(excess)
        .matches(&[("Пришло более 200 человек.", &["более", "свыше"])])
        .not(&["Не более 200 человек пришло."]),
    Rule::either("ru-ne-menee", &["не менее", "не меньше"], "Before a figure both set the same lower limit.")
        .when(figure)
        .matches(&[("Пришло не менее 200 человек.", &["не менее", "не меньше"])])
        .not(&["Он не менее важен."]),
    Rule::either("ru-ne-bolee", &["не более", "не больше"], "Before a figure both set the same upper limit.")
        .when(figure)
        .matches(&[("Пришло не более 200 человек.", &["не более", "не больше"])])
        .not(&["Он не более важен."]),
    Rule::either("ru-primerno", &["примерно", "приблизительно"], "Before a figure both round it.")
        .when(figure)
        .matches(&[("Пришло примерно 200 человек.", &["примерно", "приблизительно"])])
        .not(&["Он вёл себя примерно."]),
    Rule::either("ru-pozzhe", &["позже", "позднее"], "The two comparatives are one.")
        .when(later)
        .matches(&[("Стороны встретились позже.", &["позже", "позднее"])])
        .not(&["Это позднее время."]),
    Rule::either("ru-zatem", &["затем", "потом"], "Before a verb both name what comes next.")
        .when(next)
        .matches(&[("Стороны затем обсудили договор.", &["затем", "потом"])])
        .not(&["Он пришёл затем, чтобы помочь."]),
    Rule::either("ru-ezhegodno", &["ежегодно", "каждый год"], "Both repeat something each year.")
        .when(verb_near)
        .matches(&[("Озеро ежегодно замерзает.", &["ежегодно", "каждый год"])])
        .not(&["Ежегодный отчёт готов."]),
    Rule::either("ru-ezhednevno", &["ежедневно", "каждый день"], "Both repeat something each day.")
        .when(verb_near)
        .matches(&[("Озеро ежедневно растёт.", &["ежедневно", "каждый день"])])
        .not(&["Ежедневный отчёт готов."]),
    Rule::either(
        "ru-po-krainei-mere",
        &["по крайней мере", "как минимум"],
        "Before a figure both set the same lower limit.",
    )
    .when(figure)
    .matches(&[("Пришло по крайней мере 200 человек.", &["по крайней мере", "как минимум"])])
    .not(&["По крайней мере он пришёл."]),
    Rule::either(
        "ru-okolo",
        &["около", "примерно"],
        "Before a round figure with its noun in the genitive both round it.",
    )
    .when(round)
    .matches(&[("Пришло около 200 человек.", &["около", "примерно"])])
    .not(&["Он жил около 3 озёр."]),
    Rule::either("ru-v-khode", &["в ходе", "во время"], "Before an event both name its time.")
        .when(event)
        .matches(&[("В ходе переговоров шёл дождь.", &["В ходе", "Во время"])])
        .not(&["Дело в ходе часов."]),
    Rule::either("ru-vsledstvie", &["вследствие", "в результате"], "Before a cause both name it.")
        .when(cause)
        .matches(&[("Мост упал вследствие пожара.", &["вследствие", "в результате"])])
        .not(&["В результате выборов он ушёл."]),
    Rule::either(
        "ru-srazu",
        &["сразу же", "сразу"],
        "Before a phrase of time both put one thing at once behind another.",
    )
    .when(at_once)
    .matches(&[("Они ушли сразу же после обеда.", &["сразу же", "сразу"])])
    .not(&["Он сразу понял."]),
    Rule::first("ru-vplot", &["вплоть до", "до"], "Before a time both say until when.")
        .when(year)
        .matches(&[("Он жил там вплоть до 1945 года.", &["вплоть до", "до"])])
        .not(&["Он дошёл до озера."]),
    Rule::first(
        "ru-za-iskliucheniem",
        &["за исключением", "кроме"],
        "Behind a word for all both take the same out.",
    )
    .when(all_but)
    .matches(&[("Пришли все гости за исключением головы.", &["за исключением", "кроме"])])
    .not(&["Он поехал за исключением."]),
    Rule::either(
        "ru-nezavisimo",
        &["независимо от", "вне зависимости от"],
        "Both say that something makes no difference.",
    )
    .when(noun)
    .matches(&[("Они идут независимо от погоды.", &["независимо от", "вне зависимости от"])])
    .not(&["Он живёт независимо."]),
    Rule::either(
        "ru-sravneniiu",
        &["по сравнению с", "в сравнении с"],
        "Both name what something is held to.",
    )
    .when(noun)
    .matches(&[("По сравнению с морем озеро мало.", &["По сравнению с", "В сравнении с"])])
    .not(&["Он силён по сравнению."]),
    Rule::either(
        "ru-do-sikh-por",
        &["до сих пор", "до настоящего времени"],
        "Before a verb both mean up to now.",
    )
    .when(verb_near)
    .matches(&[("Мост до сих пор стоит.", &["до сих пор", "до настоящего времени"])])
    .not(&["Он ждёт до сих."]),
    Rule::either(
        "ru-glavnym-obrazom",
        &["главным образом", "в основном"],
        "Before a preposition both say that most is there.",
    )
    .when(before_preposition)
    .matches(&[("Он пишет главным образом о море.", &["главным образом", "в основном"])])
    .not(&["Он живёт в основном здании."]),
    Rule::either("ru-spustia", &["спустя", "через"], "Before a time gone by both measure it from the past.")
        .when(gone_by)
        .matches(&[("Спустя два года он вернулся.", &["Спустя", "Через"])])
        .not(&["Через два года он вернётся."]),
    Rule::first("ru-nachinaia", &["начиная с", "с"], "Before a year both say since when.")
        .when(year)
        .matches(&[("Мост стоит начиная с 1990 года.", &["начиная с", "с"])])
        .not(&["Начиная с утра, он ждал."]),
    Rule::first(
        "ru-vposledstvii",
        &["впоследствии", "позднее"],
        "Before a verb in the past both put it later.",
    )
    .when(past)
    .matches(&[("Он впоследствии стал моряком.", &["впоследствии", "позднее"])])
    .not(&["Он ушёл впоследствии."]),
    Rule::either(
        "ru-pervonachalno",
        &["первоначально", "изначально"],
        "Before a verb or a participle both name the beginning.",
    )
    .when(past)
    .matches(&[("Мост первоначально назывался Новым.", &["первоначально", "изначально"])])
    .not(&["Он жил первоначально."]),
    Rule::first(
        "ru-preimushchestvenno",
        &["преимущественно", "главным образом"],
        "Before a preposition both say that most is there.",
    )
    .when(before_preposition)
    .matches(&[("Он живёт преимущественно в лесу.", &["преимущественно", "главным образом"])])
    .not(&["Это преимущественно лес."]),
    Rule::first("ru-sovmestno", &["совместно с", "вместе с"], "Behind a verb both name who takes part.")
        .when(noun)
        .matches(&[("Он работал совместно с братом.", &["совместно с", "вместе с"])])
        .not(&["Они жили совместно."]),
    Rule::first("ru-vblizi", &["вблизи", "недалеко от"], "Before a genitive both name what is near.")
        .when(near_what)
        .matches(&[("Село стоит вблизи озера.", &["вблизи", "недалеко от"])])
        .not(&["Село вблизи от озера."]),
    Rule::first("ru-posredstvom", &["посредством", "с помощью"], "Before a genitive both name the means.")
        .when(means)
        .matches(&[("Это делается посредством воды.", &["посредством", "с помощью"])])
        .not(&["Он посредством."]),
    Rule::first(
        "ru-raspolozhen",
        &["расположен", "находится"],
        "Before a preposition of place both say where something is.",
    )
    .when(placed)
    .matches(&[("Мост расположен на реке.", &["расположен", "находится"])])
    .not(&["Мост был расположен на реке."]),
    Rule::first(
        "ru-raspolozhena",
        &["расположена", "находится"],
        "Before a preposition of place both say where something is.",
    )
    .when(placed)
    .matches(&[("Школа расположена в городе.", &["расположена", "находится"])])
    .not(&["Она расположена к нему."]),
    Rule::first(
        "ru-raspolozheno",
        &["расположено", "находится"],
        "Before a preposition of place both say where something is.",
    )
    .when(placed)
    .matches(&[("Село расположено на реке.", &["расположено", "находится"])])
    .not(&["Оно хорошо расположено."]),
    Rule::first(
        "ru-raspolozheny",
        &["расположены", "находятся"],
        "Before a preposition of place both say where something is.",
    )
    .when(placed)
    .matches(&[("Сёла расположены на реке.", &["расположены", "находятся"])])
    .not(&["Они расположены к нему."]),
];

/// A stretch of time follows that is filled, not a limit in which something happens once.
fn all_along(view: &View<'_>, at: At) -> bool {
    const FILLED: &[&str] = &[
        "всего",
        "всей",
        "многих",
        "нескольких",
        "долгого",
        "длительного",
        "этого",
        "последующих",
        "последних",
        "веков",
        "столетий",
        "десятилетий",
        "тысячелетий",
        "большей",
    ];
    FILLED.contains(&view.after(at, 0))
}

/// A verb or a participle in the past follows; nothing is compared.
fn earlier(view: &View<'_>, at: At) -> bool {
    const NEVER: &[&str] = &[
        "не",
        "как",
        "чем",
        "ещё",
        "еще",
        "намного",
        "гораздо",
        "чуть",
        "лет",
        "года",
        "годом",
        "немного",
        "дня",
        "месяца",
        "тем",
        "можно",
        "значительно",
    ];
    let next = view.after(at, 0);
    let past =
        ["л", "ла", "ло", "ли", "лся", "лась", "лось", "лись"].iter().any(|ending| next.ends_with(ending));
    // "Ранее принятый", before its noun, is one expression.
    let participle = ["ено", "ены", "ана", "аны", "ано"].iter().any(|ending| next.ends_with(ending));
    let fits = (past && next.chars().count() > 2) || participle;
    fits && !NEVER.contains(&last(view, at)) && !followed_by(view, at, ',')
}

/// The phrase opens a sentence or stands at its verb.
fn now(view: &View<'_>, at: At) -> bool {
    const LOOK_WORDS: usize = 12;
    let again = (at.first.saturating_sub(LOOK_WORDS)..at.next + LOOK_WORDS).any(|i| view.word(i) == "сейчас");
    !view.after(at, 0).is_empty()
        && !again
        && !PREPOSITIONS.contains(&view.before(at.first, 1))
        && view.before(at.first, 1) != "и"
}

/// A noun in the genitive follows.
fn means(view: &View<'_>, at: At) -> bool {
    let next = view.after(at, 0);
    !next.is_empty()
        && ![
            "и",
            "или",
            "в",
            "на",
            "к",
            "для",
            "друга",
            "его",
            "ее",
            "её",
            "их",
            "чего",
            "которого",
            "которой",
            "которых",
        ]
        .contains(&next)
        && !PREPOSITIONS.contains(&next)
}

/// A verbal noun in the genitive follows, perhaps behind an adjective.
fn purpose(view: &View<'_>, at: At) -> bool {
    let verbal = |word: &str| {
        ["ния", "ции", "тия", "ства", "ости", "ения"].iter().any(|ending| word.ends_with(ending))
    };
    let adjective =
        |word: &str| ["ого", "его", "ой", "ей", "ых", "их"].iter().any(|ending| word.ends_with(ending));
    let (next, behind) = (view.after(at, 0), view.after(at, 1));
    verbal(next) || (adjective(next) && verbal(behind))
}

fn figure(view: &View<'_>, at: At) -> bool {
    is_digits(view.after(at, 0)) && !followed_by(view, at, ',')
}

fn excess(view: &View<'_>, at: At) -> bool {
    let before = view.before(at.first, 1);
    figure(view, at)
        && !PREPOSITIONS.contains(&before)
        && !["не", "чуть", "немного", "намного", "значительно", "и", "тем"].contains(&before)
}

/// As an adverb: no noun follows that *позднее* could belong to, and nothing that *позже* could measure.
fn later(view: &View<'_>, at: At) -> bool {
    const NEVER: &[&str] = &["самое", "более", "как", "чуть", "не", "столь", "слишком"];
    let next = view.after(at, 0);
    let noun = ["о", "е", "мя", "ье"].iter().any(|ending| next.ends_with(ending)) && !is_finite(next);
    !noun && !NEVER.contains(&view.before(at.first, 1))
}

/// Something is told that happens next: at the head of a sentence or before a verb.
fn next(view: &View<'_>, at: At) -> bool {
    const NEVER: &[&str] = &["не", "и", "а", "или", "но", "что", "как"];
    let next = view.after(at, 0);
    is_finite(next) && !NEVER.contains(&view.before(at.first, 1)) && !followed_by(view, at, ',')
}

fn verb_near(view: &View<'_>, at: At) -> bool {
    is_finite(view.after(at, 0)) || is_finite(view.before(at.first, 1))
}

/// A round number with a noun in the genitive plural, which both words leave as it is; no preposition governs.
fn round(view: &View<'_>, at: At) -> bool {
    let number = view.after(at, 0);
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let round = digits
        && (number.ends_with(['0', '5', '6', '7', '8', '9'])
            || (11..=14).any(|teen| number.ends_with(&teen.to_string())));
    let before = view.before(at.first, 1);
    round
        && number.len() < 7
        && !before.is_empty()
        && !PREPOSITIONS.contains(&before)
        && !view.after(at, 1).is_empty()
        && !is_year(view, at.next)
}

/// Four digits and the word for a year.
fn is_year(view: &View<'_>, index: usize) -> bool {
    view.word(index).len() == 4
        && is_digits(view.word(index))
        && (view.word(index + 1).starts_with("год") || view.word(index + 1) == "г")
}

fn year(view: &View<'_>, at: At) -> bool {
    // Set off by commas the phrase keeps them, and its length.
    let set_off = at.first > 0 && view.gap(at.first - 1) == ", ";
    !set_off
        && is_year(view, at.next)
        && !PREPOSITIONS.contains(&view.before(at.first, 1))
        && view.before(at.first, 1) != "и"
}

/// An event that takes time, in the genitive.
fn event(view: &View<'_>, at: At) -> bool {
    const EVENTS: &[&str] = &[
        "войны",
        "боя",
        "боёв",
        "боев",
        "операции",
        "переговоров",
        "визита",
        "встречи",
        "заседания",
        "сражения",
        "конференции",
        "матча",
        "выборов",
        "экспедиции",
        "беседы",
        "разговора",
        "совещания",
        "наступления",
        "атаки",
        "битвы",
        "осады",
        "революции",
        "кампании",
        "путешествия",
        "съёмок",
        "съемок",
        "гражданской",
        "второй",
        "первой",
        "мировой",
        "установки",
        "битв",
        "сессии",
        "игры",
        "поездки",
        "обороны",
        "восстания",
        "конфликта",
        "кризиса",
    ];
    (0..3).any(|i| EVENTS.contains(&view.after(at, i)))
        && !["всей", "всего", "всех", "каждой", "каждого", "той"].contains(&view.after(at, 0))
}

/// A cause, in the genitive.
fn cause(view: &View<'_>, at: At) -> bool {
    const CAUSES: &[&str] = &[
        "аварии",
        "болезни",
        "взрыва",
        "пожара",
        "войны",
        "наводнения",
        "землетрясения",
        "травмы",
        "нарушения",
        "повреждения",
        "ошибки",
        "катастрофы",
        "конфликта",
        "обстрела",
        "дтп",
        "ранения",
        "засухи",
        "кризиса",
        "утечки",
        "сбоя",
        "действий",
        "применения",
        "использования",
        "реформы",
        "распада",
    ];
    (0..2).any(|i| CAUSES.contains(&view.after(at, i)))
}

fn at_once(view: &View<'_>, at: At) -> bool {
    ["после", "по", "за", "перед"].contains(&view.after(at, 0)) && view.after(at, 1) != "же"
}

/// Behind a word for all or none.
fn all_but(view: &View<'_>, at: At) -> bool {
    const ALL: &[&str] = &[
        "все",
        "всех",
        "всем",
        "всеми",
        "всё",
        "всего",
        "всей",
        "вся",
        "любой",
        "любых",
        "никто",
        "ничего",
        "каждый",
    ];
    !view.after(at, 0).is_empty()
        && (at.first.saturating_sub(8)..at.first).any(|i| ALL.contains(&view.word(i)))
}

fn noun(view: &View<'_>, at: At) -> bool {
    !view.after(at, 0).is_empty()
}

fn before_preposition(view: &View<'_>, at: At) -> bool {
    ["в", "на", "из", "для", "с", "о", "об", "за", "от", "по", "к"].contains(&view.after(at, 0))
        && !["и", "а"].contains(&view.before(at.first, 1))
}

/// A span of time, and a verb in the past near.
fn gone_by(view: &View<'_>, at: At) -> bool {
    const UNITS: &[&str] = &[
        "год",
        "года",
        "лет",
        "месяц",
        "месяца",
        "месяцев",
        "неделю",
        "недели",
        "недель",
        "день",
        "дня",
        "дней",
        "час",
        "часа",
        "часов",
    ];
    const LOOK_WORDS: usize = 10;
    let unit = (0..3).any(|i| UNITS.contains(&view.after(at, i)));
    let past = |i: usize| {
        let word = view.word(i);
        word.chars().count() > 4
            && ["л", "ла", "ло", "ли", "лся", "лась", "лось", "лись"]
                .iter()
                .any(|ending| word.ends_with(ending))
    };
    let near = |i: usize| i < at.first || i >= at.next;
    let future = (at.first.saturating_sub(LOOK_WORDS)..at.next + LOOK_WORDS)
        .any(|i| ["будет", "будут", "каждый", "каждые"].contains(&view.word(i)));
    unit && !future
        && begins(view, at)
        && (at.next..at.next + LOOK_WORDS).filter(|&i| near(i)).any(past)
        && view.after(at, 0) != "каждые"
}

/// A name or a noun in the genitive follows.
fn near_what(view: &View<'_>, at: At) -> bool {
    let next = view.after(at, 0);
    next.chars().count() > 3 && !is_little(next)
}

/// A place follows, and no copula in the past stands before.
fn placed(view: &View<'_>, at: At) -> bool {
    const COPULAS: &[&str] = &["был", "была", "было", "были", "будет", "будут", "быть", "не"];
    const HEARTS: &[&str] = &["хорошо", "удобно", "наиболее", "так", "следующим"];
    let before = view.before(at.first, 1);
    ["в", "на", "у", "близ", "вблизи", "недалеко", "между", "неподалёку"].contains(&view.after(at, 0))
        && !before.is_empty()
        && !COPULAS.contains(&before)
        && !HEARTS.contains(&before)
        && before != "и"
}
