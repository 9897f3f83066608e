//! Closed pairs: words and phrases that good prose uses alike.

use super::grammar::{self, PREPOSITIONS, is_finite, is_infinitive, is_little};
use super::places::{begins, followed_by, last, past};
use crate::rules::Rule;
use crate::rules::view::{At, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::either("ru-nado", &["надо", "нужно"], "Before an infinitive both say that something is needed.")
        .when(needs)
        .matches(&[("Нам надо найти озеро.", &["надо", "нужно"])])
        .not(&["Не надо идти."]),
    Rule::either("ru-naprimer", &["например", "к примеру"], "Set off by commas both open an example.")
        .when(set_off)
        .matches(&[("Там есть, например, озеро.", &["например", "к примеру"])])
        .not(&["Он привёл пример к примеру соседа."]),
    Rule::either("ru-poskolku", &["поскольку", "так как"], "Behind a comma both give the reason.")
        .when(reason)
        .matches(&[("Они ушли, поскольку стемнело.", &["поскольку", "так как"])])
        .not(&["Так как он жил, жить нельзя."]),
    Rule::either("ru-snova", &["снова", "вновь"], "The two adverbs are one.")
        .when(again)
        .matches(&[("Стороны снова встретились.", &["снова", "вновь"])])
        .not(&[
            "Снова и снова шёл дождь.",
            "Дело пересмотрели по вновь открывшимся обстоятельствам.",
            "Вновь избранный президент приехал.",
        ]),
    Rule::either("ru-prezhde-chem", &["прежде чем", "перед тем как"], "Both put one thing before another.")
        .when(clause)
        .matches(&[("Они поели, прежде чем уйти.", &["прежде чем", "перед тем как"])])
        .not(&["Прежде он был богаче, чем они."]),
    Rule::either("ru-lish", &["только", "лишь"], "Before a noun phrase both limit alike.")
        .when(limits)
        .matches(&[("Они приехали только на час.", &["только", "лишь"])])
        .not(&["Как только стемнело, он ушёл."]),
    Rule::either(
        "ru-vmeste-s-tem",
        &["вместе с тем", "в то же время"],
        "At the head of a sentence both set it beside the last.",
    )
    .when(opens)
    .matches(&[("Вместе с тем дождь шёл.", &["Вместе с тем", "В то же время"])])
    .not(&["Он ушёл вместе с тем человеком."])
    .second_look(), // "В то же время года" is no link.
    Rule::either(
        "ru-krome-togo",
        &["кроме того", "помимо этого"],
        "At the head of a sentence both add a point.",
    )
    // "Кроме того, кто пришёл" leaves somebody out.
    .when(|view, at| {
        const RELATIVE: &[&str] =
            &["кто", "кого", "кому", "что", "чего", "чтобы", "как", "который", "которая", "которое", "о"];
        opens_set_off(view, at) && !RELATIVE.contains(&view.word(at.next))
    })
    .matches(&[("Кроме того, шёл дождь.", &["Кроме того", "Помимо этого"])])
    .not(&["Кроме того дома, там ничего нет.", "Кроме того, кто пришёл, никого не было."]),
    Rule::either("ru-v-pervuiu", &["в первую очередь", "прежде всего"], "Both name what comes first.")
        .when(first_of_all)
        .matches(&[("Это в первую очередь вопрос времени.", &["в первую очередь", "прежде всего"])])
        .not(&["В первую очередь записались двое."]),
    Rule::first(
        "ru-khotia",
        &["несмотря на то что", "хотя"],
        "Behind a comma both open the same concession.",
    )
    .when(behind_comma)
    .matches(&[("Они ушли, несмотря на то что шёл дождь.", &["несмотря на то что", "хотя"])])
    .not(&["Несмотря на то, он ушёл."]),
    Rule::first("ru-inogda", &["иногда", "порой"], "Before a verb both say now and then.")
        .when(verb_follows)
        .matches(&[("Здесь иногда идёт дождь.", &["иногда", "порой"])])
        .not(&["Зимней порой темно."]),
    Rule::first("ru-sluchae", &["в случае если", "если"], "Both open the same condition.")
        .when(behind_comma)
        .matches(&[("Он уйдёт, в случае если пойдёт дождь.", &["в случае если", "если"])])
        .not(&["В случае дождя он уйдёт."]),
    Rule::either("ru-ili", &["или", "либо"], "Between two words of a kind both leave the choice.")
        .when(choice)
        .matches(&[("Можно взять хлеб или молоко.", &["или", "либо"])])
        .not(&["Он пришёл, или это был сон."]),
    Rule::first("ru-odnako", &["однако", "но"], "At the head of a clause both set it against the last.")
        .when(|view, at| clause(view, at) && view.after(at, 0) != "же")
        .matches(&[("Они пришли, однако двери были закрыты.", &["однако", "но"])])
        .not(&["Он, однако, ушёл.", "Однако же министр отказался."]),
    Rule::either("ru-konechno", &["конечно", "разумеется"], "Set off by commas both grant a point.")
        .when(set_off)
        .matches(&[("Это, конечно, вода.", &["конечно", "разумеется"])])
        .not(&["Он конечно придёт."]),
    Rule::either(
        "ru-slovami",
        &["иными словами", "другими словами"],
        "At the head of a sentence both put it in other words.",
    )
    .when(opens_set_off)
    .matches(&[("Иными словами, это вода.", &["Иными словами", "Другими словами"])])
    .not(&["Он сказал это другими словами."]),
    Rule::either(
        "ru-krajne",
        &["крайне", "чрезвычайно"],
        "Before an adjective or adverb both heighten it alike.",
    )
    .when(heightens)
    .matches(&[("Это крайне важно.", &["крайне", "чрезвычайно"])])
    .not(&["На крайне дома."])
    .second_look(), // The far right is not extremely right.
    Rule::first(
        "ru-neobkhodimo",
        &["необходимо", "нужно"],
        "Before an infinitive both say that something is needed.",
    )
    .when(needs)
    .matches(&[("Для этого необходимо найти озеро.", &["необходимо", "нужно"])])
    .not(&["Это необходимо."]),
    Rule::first(
        "ru-neodnokratno",
        &["неоднократно", "не раз"],
        "Before a verb in the past both count more than one time.",
    )
    .when(past)
    .matches(&[("Он неоднократно бывал здесь.", &["неоднократно", "не раз"])])
    .not(&["Это неоднократно."]),
    Rule::either(
        "ru-neredko",
        &["нередко", "зачастую"],
        "Before a verb both say that something is no rarity.",
    )
    .when(verb_follows)
    .matches(&[("Здесь нередко бывает дождь.", &["нередко", "зачастую"])])
    .not(&["Это нередко."]),
];

fn behind_comma(view: &View<'_>, at: At) -> bool {
    at.first > 0 && view.gap(at.first - 1) == ", " && !view.after(at, 0).is_empty()
}

/// Between commas, or the head of a sentence and a comma.
fn set_off(view: &View<'_>, at: At) -> bool {
    (begins(view, at) || at.first > 0 && view.gap(at.first - 1) == ", ") && followed_by(view, at, ',')
}

fn opens(view: &View<'_>, at: At) -> bool {
    begins(view, at) && view.shown(at.first).starts_with(char::is_uppercase)
}

fn opens_set_off(view: &View<'_>, at: At) -> bool {
    opens(view, at) && followed_by(view, at, ',')
}

fn needs(view: &View<'_>, at: At) -> bool {
    let before = view.before(at.first, 1);
    is_infinitive(view.after(at, 0)) && !["не", "что", "как", "абсолютно", "совершенно"].contains(&before)
}

fn reason(view: &View<'_>, at: At) -> bool {
    behind_comma(view, at) && !["так", "тем", "же", "постольку", "не"].contains(&last(view, at))
}

fn again(view: &View<'_>, at: At) -> bool {
    let near = |i: usize| ["снова", "вновь"].contains(&view.word(i));
    let repeats = (at.first.saturating_sub(3)..at.first).chain(at.next..at.next + 3).any(near);
    !repeats && is_verb(view.after(at, 0)) && view.before(at.first, 1) != "и"
}

/// Whether a word ends as finite verbs and infinitives do. Before a participle *вновь* is a term: *вновь открывшиеся обстоятельства*
/// are newly found, *вновь избранный президент* was not president before.
fn is_verb(word: &str) -> bool {
    const ENDINGS: [&str; 15] = [
        "л", "ла", "ло", "ли", "лся", "лась", "лось", "лись", "ть", "ться", "ет", "ит", "ют", "ется", "ится",
    ];
    ENDINGS.iter().any(|ending| word.ends_with(ending))
}

fn clause(view: &View<'_>, at: At) -> bool {
    !view.after(at, 0).is_empty() && (behind_comma(view, at) || opens(view, at))
}

fn verb_follows(view: &View<'_>, at: At) -> bool {
    is_finite(view.after(at, 0))
}

/// *Only*, before a preposition, a figure or the name of a thing.
fn limits(view: &View<'_>, at: At) -> bool {
    const NEVER: &[&str] = &[
        "не",
        "как",
        "едва",
        "и",
        "да",
        "если",
        "еще",
        "ещё",
        "вот",
        "всего",
        "а",
        "стоит",
        "чуть",
        "где",
        "кто",
        "что",
    ];
    const NEXT_NEVER: &[&str] =
        &["что", "бы", "когда", "если", "тогда", "потом", "и", "чтобы", "так", "потому", "один", "после"];
    let next = view.after(at, 0);
    let follows = PREPOSITIONS.contains(&next) || is_digits(next) || !is_little(next);
    // "Only for reading" is a term.
    let term = next == "для" && ["чт", "зап", "про"].iter().any(|stem| view.after(at, 1).starts_with(stem));
    if term {
        return false;
    }
    follows
        && !next.is_empty()
        && !NEVER.contains(&view.before(at.first, 1))
        && !NEXT_NEVER.contains(&next)
        && !is_infinitive(next)
}

fn first_of_all(view: &View<'_>, at: At) -> bool {
    let next = view.after(at, 0);
    !next.is_empty() && !followed_by(view, at, ',') && !begins(view, at) && !is_finite(next)
}

/// Between two words of a kind; no row of them, no pair.
fn choice(view: &View<'_>, at: At) -> bool {
    const LOOK_WORDS: usize = 6;
    let (one, other) = (view.before(at.first, 1), view.after(at, 0));
    let near = |i: usize| {
        [
            "или",
            "либо",
            "и",
            "ни",
            "ли",
            "между",
            "не",
            "без",
            "любой",
            "любых",
            "любая",
            "любое",
            "любого",
            "нет",
        ]
        .contains(&view.word(i))
    };
    let row = (at.first.saturating_sub(LOOK_WORDS)..at.first).chain(at.next..at.next + LOOK_WORDS).any(near);
    let number = is_digits(one) || is_digits(other);
    const FIXED: &[&str] = &[
        "несколько",
        "более",
        "больше",
        "меньше",
        "менее",
        "иным",
        "иной",
        "иная",
        "иное",
        "иные",
        "иных",
        "иного",
        "другой",
        "другим",
        "другая",
        "другие",
        "два",
        "две",
        "один",
        "одна",
        "одно",
        "одного",
        "одной",
        "тем",
        "той",
        "тот",
        "те",
        "рано",
        "выше",
        "ниже",
        "старше",
        "позже",
        "чаще",
        "реже",
    ];
    // "Sid или unstable — это место" gives two names of one thing; so may words in other letters.
    let foreign = |word: &str| word.chars().any(|c| c.is_ascii_alphabetic());
    let named = (at.next..at.next + 3).any(|i| view.gap(i).contains(['—', '–', '(']));
    let known_as =
        (at.first.saturating_sub(LOOK_WORDS)..at.first).any(|i| view.word(i).starts_with("известн"));
    if foreign(one) || foreign(other) || named || known_as {
        return false;
    }
    let number = number || FIXED.contains(&one) || FIXED.contains(&other);
    !one.is_empty()
        && !other.is_empty()
        && !is_little(one)
        && !is_little(other)
        && !row
        && !number
        && other != "иначе"
        && !grammar::is_infinitive(one)
}

fn heightens(view: &View<'_>, at: At) -> bool {
    const ENDINGS: &[&str] = &["о", "ый", "ий", "ая", "ое", "ые", "ие", "ого", "ых", "ыми", "ой", "ную"];
    let next = view.after(at, 0);
    next.chars().count() > 4
        && ENDINGS.iter().any(|ending| next.ends_with(ending))
        && !PREPOSITIONS.contains(&view.before(at.first, 1))
}
