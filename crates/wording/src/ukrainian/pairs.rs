//! Closed pairs: words and phrases that good prose uses alike.

use super::grammar::{self, PREPOSITIONS, is_infinitive, is_little};
use super::sounds::{self, Before, Start};
use crate::rules::Rule;
use crate::rules::view::{At, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::either(
        "uk-protiahom",
        &["протягом", "упродовж", "впродовж"],
        "All three stretch something over the same time.",
    )
    .matches(&[("Рада працювала протягом місяця.", &["протягом", "упродовж", "впродовж"])])
    .not(&["Він стояв на протягу."]),
    Rule::either("uk-shchodo", &["щодо", "стосовно"], "Before a genitive both name what something is about.")
        .when(behind_noun)
        .matches(&[("Рада ухвалила рішення щодо бюджету.", &["щодо", "стосовно"])])
        .not(&["Що ж до бюджету, він старий."]),
    Rule::either("uk-odnak", &["однак", "проте"], "At the head of a clause both set it against the last.")
        .when(opens_clause)
        .matches(&[("Вони прийшли, однак двері були зачинені.", &["однак", "проте"])])
        .not(&["Він знав проте небагато."]),
    Rule::either("uk-vtim", &["втім", "утім"], "The two are one word.")
        // "А втім" is one word of two, and its vowels would meet.
        .when(|view, at| {
            !["а", "але", "та", "і", "й", "проте"].contains(&view.word(at.first.wrapping_sub(1)))
        })
        .matches(&[("Втім, дощ ущух.", &["Втім", "Утім"])])
        .not(&["У тім домі темно.", "А втім, дощ ущух."]),
    Rule::either("uk-krim", &["крім", "окрім"], "The two are one preposition.")
        .matches(&[("Прийшли всі гості, крім голови.", &["крім", "окрім"])])
        .not(&["Він відкрив кримську справу."]),
    Rule::either("uk-napryklad", &["наприклад", "приміром"], "Set off by commas both open an example.")
        .when(set_off)
        .matches(&[("Там є, наприклад, озеро.", &["наприклад", "приміром"])])
        .not(&["Він подав наприклад і зразок."]),
    Rule::either("uk-ne-tilky", &["не тільки", "не лише"], "Both open the same pair.")
        .matches(&[("Це не тільки вода, а й лід.", &["не тільки", "не лише"])])
        .not(&["Тільки не це."]),
    Rule::either("uk-lyshe", &["лише", "тільки"], "Before a noun phrase or a preposition both limit alike.")
        .when(limits)
        .matches(&[("Вони приїхали лише на годину.", &["лише", "тільки"])])
        .not(&["Він пішов, як тільки стемніло."]),
    Rule::either("uk-oskilky", &["оскільки", "тому що"], "Behind a comma both give the reason.")
        .when(behind_comma)
        .matches(&[("Вони пішли, оскільки стемніло.", &["оскільки", "тому що"])])
        .not(&["Вони пішли не тому що стемніло."])
        .second_look(), // "Що, оскільки …" takes no "тому що".
    Rule::either("uk-aby", &["щоб", "аби"], "Behind a comma and before a subject both give the purpose.")
        .when(purpose)
        .matches(&[("Вони прийшли, щоб люди бачили.", &["щоб", "аби"])])
        .not(&["Замість того, щоб піти, він стояв."]),
    Rule::either("uk-ponad", &["понад", "більше ніж"], "Before a figure both mean the same excess.")
        .when(more_than)
        .matches(&[("Прийшло понад 200 людей.", &["понад", "більше ніж"])])
        .not(&["Не більше ніж 200 людей прийшло."]),
    Rule::either(
        "uk-shchonaimenshe",
        &["щонайменше", "принаймні"],
        "Before a figure both set the same lower limit.",
    )
    .when(figure)
    .matches(&[("Прийшло щонайменше 200 людей.", &["щонайменше", "принаймні"])])
    .not(&["Він принаймні прийшов."]),
    Rule::either("uk-za-dopomohoiu", &["за допомогою", "з допомогою"], "Both name the means.")
        .when(means)
        .matches(&[("Це зроблено за допомогою води.", &["за допомогою", "з допомогою"])])
        .not(&["Він прийшов за допомогою до сусіда."])
        .second_look(), // Who stands in line for help needs no means.
    Rule::either("uk-persh-nizh", &["перш ніж", "перед тим як"], "Both put one thing before another.")
        .matches(&[("Вони поїли, перш ніж піти.", &["перш ніж", "перед тим як"])])
        .not(&["Він прийшов перший."]),
    Rule::either("uk-inodi", &["іноді", "інколи"], "The two adverbs are one.")
        .matches(&[("Тут іноді йде дощ.", &["іноді", "інколи"])])
        .not(&["Ніколи тут не йде дощ."]),
    Rule::either("uk-znovu", &["знову", "знов"], "The two adverbs are one.")
        .when(once)
        .matches(&[("Сторони знову зустрілися.", &["знову", "знов"])])
        .not(&["Знову і знову йшов дощ."]),
    Rule::either("uk-navkolo", &["навколо", "довкола"], "Before a genitive both surround the same.")
        .when(behind_word)
        .matches(&[("Вони ходили навколо озера.", &["навколо", "довкола"])])
        .not(&["Навколо темно."]),
    Rule::either("uk-nasampered", &["насамперед", "передусім"], "The two adverbs are one.")
        .matches(&[("Це насамперед питання часу.", &["насамперед", "передусім"])])
        .not(&["Перед усім народом він мовчав."]),
    Rule::either("uk-spochatku", &["спочатку", "спершу"], "Both name what comes first.")
        .when(lone_first)
        .matches(&[("Сторони спочатку обговорили договір.", &["спочатку", "спершу"])])
        .not(&["Усе почалося з початку."]),
    Rule::either("uk-zvisno", &["звичайно", "звісно"], "Set off by commas both grant a point.")
        .when(set_off)
        .matches(&[("Це, звичайно, вода.", &["звичайно", "звісно"])])
        .not(&["Він звичайно приходив о шостій."]),
    // Where the author has "хоч", it may be that of a saying.
    Rule::first("uk-khocha", &["хоча", "хоч"], "Behind a comma both open the same concession.")
        .when(concedes)
        .matches(&[("Вони пішли, хоча йшов дощ.", &["хоча", "хоч"])])
        .not(&["Хоч би хто прийшов, він мовчав.", "Дощ такий, хоч човна бери."]),
    Rule::either("uk-popry", &["попри", "незважаючи на"], "Before an accusative both concede the same.")
        .when(despite)
        .matches(&[("Попри дощ, вони пішли.", &["Попри", "Незважаючи на"])])
        .not(&["Він пішов по при́."]),
    Rule::either("uk-kozhen", &["кожен", "кожний"], "Before a noun in the nominative the two forms are one.")
        .when(before_noun)
        .matches(&[("Тепер кожен громадянин знає правду.", &["кожен", "кожний"])])
        .not(&["Кожен із них знає правду."]),
    Rule::either("uk-zhoden", &["жоден", "жодний"], "Before a noun in the nominative the two forms are one.")
        .when(before_noun)
        .matches(&[("Тепер жоден громадянин не знає правди.", &["жоден", "жодний"])])
        .not(&["Жоден із них не знає."]),
    Rule::either(
        "uk-treba",
        &["треба", "потрібно"],
        "Before an infinitive both say that something is needed.",
    )
    .when(needs)
    .matches(&[("Нам треба знайти озеро.", &["треба", "потрібно"])])
    .not(&["Не треба йти.", "Нам треба кредити й гроші."]),
    Rule::either("uk-nizh", &["ніж", "аніж"], "Behind a comparative both open the comparison.")
        .when(compares)
        .matches(&[("Озеро старіше, ніж море.", &["ніж", "аніж"])])
        .not(&["Перш ніж піти, він поїв."])
        .second_look(), // A knife is one, too.
    Rule::either(
        "uk-nache",
        &["наче", "неначе", "немов"],
        "Behind a comma all three open the same comparison.",
    )
    .when(behind_comma)
    .matches(&[("Він стояв, наче камінь.", &["наче", "неначе", "немов"])])
    .not(&["Не наче камінь він стояв."]),
    Rule::either("uk-shchoroku", &["щороку", "щорічно"], "Both repeat something each year.")
        .matches(&[("Озеро щороку замерзає.", &["щороку", "щорічно"])])
        .not(&["Щорічний звіт готовий."]),
    Rule::either("uk-shchodnia", &["щодня", "щоденно"], "Both repeat something each day.")
        .matches(&[("Озеро щодня росте.", &["щодня", "щоденно"])])
        .not(&["Щоденний звіт готовий."]),
    Rule::either("uk-menshe", &["менш ніж", "менше ніж"], "The two comparatives are one before a figure.")
        .when(less_than)
        .matches(&[("Прийшло менш ніж 200 людей.", &["менш ніж", "менше ніж"])])
        .not(&["Не менш ніж 200 людей прийшло."]),
];

fn opens(view: &View<'_>, at: At) -> bool {
    sounds::before(view, at.first) == Before::Pause
}

/// Behind a comma.
fn behind_comma(view: &View<'_>, at: At) -> bool {
    at.first > 0 && view.gap(at.first - 1) == ", "
}

/// At the head of a clause: behind a comma or a full stop, and no comma follows.
fn opens_clause(view: &View<'_>, at: At) -> bool {
    (behind_comma(view, at) || view.begins_sentence(view.words[at.first].range.start))
        && !view.after(at, 0).is_empty()
}

/// Between commas, or the head of a sentence and a comma.
fn set_off(view: &View<'_>, at: At) -> bool {
    let open = view.begins_sentence(view.words[at.first].range.start) || behind_comma(view, at);
    open && view.rest(view.words[at.next - 1].range.end).starts_with(',')
}

/// Behind a noun, and before another word.
fn behind_noun(view: &View<'_>, at: At) -> bool {
    let before = view.before(at.first, 1);
    !before.is_empty() && !is_little(before) && !view.after(at, 0).is_empty()
}

fn behind_word(view: &View<'_>, at: At) -> bool {
    let next = view.after(at, 0);
    !view.before(at.first, 1).is_empty() && !is_little(next) && !view.before(at.first, 1).ends_with('і')
}

/// *Only*, before a figure, a preposition or the name of a thing; not where it belongs to another phrase.
fn limits(view: &View<'_>, at: At) -> bool {
    const NEVER: &[&str] =
        &["не", "як", "щойно", "і", "й", "та", "ще", "а", "бодай", "якби", "от", "хай", "чи"];
    const NEXT_NEVER: &[&str] = &["б", "би", "що", "но", "тоді", "й", "і", "за", "коли", "хто"];
    let (before, next) = (view.before(at.first, 1), view.after(at, 0));
    let follows = PREPOSITIONS.contains(&next) || grammar::is_number(next) || !is_little(next);
    follows
        && !next.is_empty()
        && !NEVER.contains(&before)
        && !NEXT_NEVER.contains(&next)
        && !is_infinitive(next)
}

/// A subject or an infinitive follows; what stands before asks for no fixed conjunction.
fn purpose(view: &View<'_>, at: At) -> bool {
    const NEVER: &[&str] =
        &["того", "тим", "тому", "так", "таким", "такою", "таке", "такий", "про", "те", "бажає"];
    let before = at.first.checked_sub(1).map_or("", |last| view.word(last));
    let next = view.after(at, 0);
    behind_comma(view, at)
        && !NEVER.contains(&before)
        && !next.is_empty()
        && !["не", "там", "ні"].contains(&next)
}

fn figure(view: &View<'_>, at: At) -> bool {
    is_digits(view.after(at, 0))
}

fn more_than(view: &View<'_>, at: At) -> bool {
    const NEVER: &[&str] =
        &["не", "на", "від", "до", "з", "із", "трохи", "значно", "усе", "все", "в", "у", "ніж"];
    figure(view, at)
        && !NEVER.contains(&view.before(at.first, 1))
        && !PREPOSITIONS.contains(&view.before(at.first, 1))
}

fn less_than(view: &View<'_>, at: At) -> bool {
    let before = view.before(at.first, 1);
    figure(view, at) && before != "не"
}

/// A noun that is a tool follows; nobody comes for help.
fn means(view: &View<'_>, at: At) -> bool {
    const COMES: &[&str] = &["звер", "прийш", "прибі", "піш", "поїх", "ходи", "йде", "їха"];
    let before = view.before(at.first, 1);
    let next = view.after(at, 0);
    !next.is_empty() && !PREPOSITIONS.contains(&next) && !COMES.iter().any(|stem| before.starts_with(stem))
}

fn once(view: &View<'_>, at: At) -> bool {
    let again = (1..4).any(|i| {
        view.word(at.first.saturating_sub(i)).starts_with("знов")
            || view.word(at.next + i - 1).starts_with("знов")
    });
    let begins = matches!(sounds::start(view, at.next), Start::Consonant(c) if c != 'в');
    !again && begins && view.after(at, 0) != "ж" && view.before(at.first, 1) != "і"
}

fn lone_first(view: &View<'_>, at: At) -> bool {
    !view.before(at.first, 1).is_empty()
        && !["з", "із", "від", "ще", "на"].contains(&view.before(at.first, 1))
        && !view.after(at, 0).is_empty()
}

fn concedes(view: &View<'_>, at: At) -> bool {
    const NEXT_NEVER: &[&str] =
        &["б", "би", "і", "й", "не", "якийсь", "щось", "хтось", "раз", "трохи", "як", "що"];
    behind_comma(view, at) && !NEXT_NEVER.contains(&view.after(at, 0)) && !view.after(at, 0).is_empty()
}

fn despite(view: &View<'_>, at: At) -> bool {
    let next = view.after(at, 0);
    // What is conceded ends with a comma, as both phrases ask for.
    let end = (at.next..at.next + 10).find(|&i| !view.is_joined(i));
    let closed = end.is_some_and(|i| view.gap(i) == ", ");
    let pointing = ["це", "те", "все", "усе"].contains(&next) && view.gap(at.next) != ", ";
    opens(view, at) && closed && !pointing && !next.is_empty() && next != "не"
}

/// A noun that can be the subject follows.
fn before_noun(view: &View<'_>, at: At) -> bool {
    let next = view.after(at, 0);
    let consonant = next.chars().next_back().is_some_and(|c| !sounds::is_vowel(c));
    consonant
        && !is_little(next)
        && !["може", "має", "мусить", "повинен", "отримав", "раз"].contains(&next)
        && !grammar::may_be_verb(next)
}

fn needs(view: &View<'_>, at: At) -> bool {
    let before = view.before(at.first, 1);
    let next = view.after(at, 0);
    is_infinitive(next) && !grammar::may_be_plural(next) && before != "не" && before != "що"
}

fn compares(view: &View<'_>, at: At) -> bool {
    let before = at.first.checked_sub(1).map_or("", |last| view.word(last));
    !view.after(at, 0).is_empty()
        && !["перш", "раніше", "більш", "менш", "більше", "менше"].contains(&before)
        && (behind_comma(view, at) || before.ends_with("ше"))
}
