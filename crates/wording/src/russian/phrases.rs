//! Phrases that bring their commas with them.

use super::grammar::is_infinitive;
use crate::rules::Rule;
use crate::rules::view::{Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words("ru-dlia-togo", &["для"], long_purpose, "The long form adds nothing but length.")
        .matches(&[
            ("Они пришли для того, чтобы помочь.", &[" для того, чтобы", ", чтобы"]),
            ("Для того чтобы помочь, они пришли.", &["Для того чтобы", "Чтобы"]),
        ])
        .not(&["Это нужно для того, кто пришёл.", "Они пришли не для того, чтобы помочь."]),
    Rule::words("ru-chtoby", &["чтобы"], short_purpose, "Before an infinitive both give the purpose.")
        .matches(&[
            ("Они пришли, чтобы помочь.", &["чтобы", "для того чтобы"]),
            ("Чтобы помочь, они пришли.", &["Чтобы", "Для того чтобы"]),
        ])
        .not(&[
            "Он пришёл затем, чтобы взять книгу.",
            "Они хотели, чтобы он помог.",
            "Он сделал это так, чтобы помочь.",
            "Дело в том, чтобы помочь.",
            "Они пришли не чтобы помочь.",
        ]),
    Rule::words("ru-kak-pravilo", &["как"], as_a_rule, "Both say what happens as a rule.")
        .matches(&[("Они, как правило, приходят рано.", &[", как правило, ", " обычно "])])
        .not(&["Как правило, они приходят рано.", "Он принял это как правило, хотя и старое."]),
    Rule::words("ru-a-takzhe", &["также"], and_also, "Before the last of a row both join it.")
        .matches(&[("Они купили хлеб, молоко, а также сыр.", &[", а также", " и"])])
        .not(&[
            "Они купили хлеб и молоко, а также сыр.",
            "Он также пришёл.",
            "Это банки, обеспечивающие расчёты, транспорт, а также органы власти.",
        ]),
    Rule::words("ru-naibolee", &["наиболее"], most, "Before an adjective both form its superlative.")
        .matches(&[
            ("Это наиболее важный вопрос.", &["наиболее", "самый"]),
            ("Среди наиболее важных вопросов есть и этот.", &["наиболее", "самых"]),
        ])
        .not(&["Это наиболее часто бывает.", "Один из наиболее и наименее важных."]),
    Rule::words("ru-razlichnyi", &[], various, "Before a plural both say that there are several kinds.")
        .matches(&[
            ("Они живут в различных странах.", &["различных", "разных"]),
            ("Это разные способы работы.", &["различные", "разные"]),
        ])
        .not(&["Это совершенно разные вещи.", "Мнения различны.", "Это разных лет."]),
    Rule::words("ru-dannyi", &[], this, "Before its noun both point to what was named.")
        .matches(&[("Для данного способа нужна вода.", &["данного", "этого"])])
        .not(&["В данный момент дождь.", "Это данный им совет.", "По данным комиссии."]),
    Rule::words(
        "ru-esli-to",
        &["то"],
        then,
        "Behind a condition that opens the sentence the particle may go.",
    )
    .matches(&[("Если пойдёт дождь, то мост закроют.", &[", то ", ", "])])
    .not(&[
        "Если пойдёт дождь, то есть вода, мост закроют.",
        "Он знал, то был дождь.",
        "Если пойдёт дождь, то и мост закроют.",
        "Если не большинство стран, то значительная их часть поддержит мост.",
        "Если Иванов голосовал за, то Петров воздержался.",
        "Если дождь пойдёт, то хорошо, а если нет, то плохо.",
    ])
    .second_look(), // What follows need not be a clause.
];

fn long_purpose(view: &View<'_>, index: usize) -> Option<Found> {
    let that = view.word(index + 1) == "того" && view.gap(index) == " ";
    let comma = view.gap(index + 1);
    if !that || view.word(index + 2) != "чтобы" || ![" ", ", "].contains(&comma) {
        return None;
    }
    let (start, end) = (view.words[index].range.start, view.words.get(index + 2)?.range.end);
    let own = &view.text[start..end];
    if view.shown(index) == "Для" {
        return view.begins_sentence(start).then(|| Found::new(start..end, &[own, "Чтобы"], 0));
    }
    let last = index.checked_sub(1)?;
    let before = view.word(last);
    if ["не", "именно", "только", "лишь", "и", "специально", "нужно", "нужен", "нужна"].contains(&before)
    {
        return None;
    }
    match view.gap(last) {
        " " => {
            let range = view.words[last].range.end..end;
            Some(Found::new(range.clone(), &[&view.text[range], ", чтобы"], 0))
        }
        ", " => Some(Found::new(start..end, &[own, "чтобы"], 0)),
        _ => None,
    }
}

fn short_purpose(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: &[&str] = &[
        "того",
        "том",
        "то",
        "тем",
        "так",
        "тому",
        "те",
        "такой",
        "такая",
        "такое",
        "такие",
        "слишком",
        "просьбой",
        "необходимо",
        "важно",
        "хотел",
        "хотела",
        "хотели",
        "хочет",
        "хочу",
        "просил",
        "прежде",
        "сказать",
        "скорее",
        "нужно",
        "надо",
        "чем",
        "времени",
        "сил",
        "достаточно",
        "возраст",
        "мало",
        "много",
        "времён",
        "вовремя",
        "затем",
        "вместо",
        "ради",
    ];
    let at_end = view.is_joined(index) && is_infinitive(view.word(index + 1));
    let word = &view.words[index];
    let found = |forms: &[&str]| Found::new(word.range.clone(), forms, 0);
    match view.shown(index) {
        "Чтобы" if at_end && view.begins_sentence(word.range.start) => {
            Some(found(&["Чтобы", "Для того чтобы"]))
        }
        "чтобы" if at_end => {
            let last = index.checked_sub(1)?;
            let reach = (index.saturating_sub(6)..index).any(|i| NEVER.contains(&view.word(i)));
            (view.gap(last) == ", " && !reach).then(|| found(&["чтобы", "для того чтобы"]))
        }
        _ => None,
    }
}

/// Between commas and before a verb: the adverb needs none.
fn as_a_rule(view: &View<'_>, index: usize) -> Option<Found> {
    let last = index.checked_sub(1)?;
    let rule = view.shown(index) == "как" && view.shown(index + 1) == "правило" && view.gap(index) == " ";
    let commas = view.gap(last) == ", " && view.gap(index + 1) == ", ";
    let verb = super::grammar::is_finite(view.word(index + 2)) || super::grammar::is_finite(view.word(last));
    let range = view.words[last].range.end..view.words.get(index + 2)?.range.start;
    (rule && commas && verb).then(|| Found::new(range, &[", как правило, ", " обычно "], 0))
}

/// `, а также`, where no other conjunction joins what stands before or behind.
fn and_also(view: &View<'_>, index: usize) -> Option<Found> {
    const LOOK_WORDS: usize = 9;
    let and = index.checked_sub(1)?;
    let last = and.checked_sub(1)?;
    let frame = view.shown(and) == "а"
        && view.shown(index) == "также"
        && view.gap(and) == " "
        && view.gap(last) == ", ";
    let joint = |i: usize| {
        ["и", "или", "либо", "а", "но", "так", "который", "которая", "которые", "которое", "которых", "что"]
            .contains(&view.word(i))
    };
    let near = (and.saturating_sub(LOOK_WORDS)..and).chain(index + 1..index + 1 + LOOK_WORDS).any(joint);
    // A row, or two of a kind with no clause between.
    let row = (and.saturating_sub(LOOK_WORDS)..last).any(|i| view.gap(i) == ", ");
    let verb = super::grammar::is_finite(view.word(index + 1)) || view.word(index + 1) == "в" && !row;
    // Behind a participle with its row nobody would see where that row ends.
    let participle = (and.saturating_sub(LOOK_WORDS)..and).any(|i| {
        const STEMS: [&str; 5] = ["ющ", "ящ", "ущ", "ащ", "вш"];
        let word = view.word(i);
        STEMS.iter().any(|stem| {
            word.rfind(stem).is_some_and(|at| (2..=3).contains(&word[at + stem.len()..].chars().count()))
        })
    });
    let range = view.words[last].range.end..view.words[index].range.end;
    (frame && row && !participle && !near && !verb && view.is_joined(index))
        .then(|| Found::new(range, &[", а также", " и"], 0))
}

/// The adjective's ending decides the form of the other word.
fn most(view: &View<'_>, index: usize) -> Option<Found> {
    const FORMS: &[(&str, &str)] = &[
        ("ыми", "самыми"),
        ("ими", "самыми"),
        ("ого", "самого"),
        ("его", "самого"),
        ("ому", "самому"),
        ("ему", "самому"),
        ("ый", "самый"),
        ("ий", "самый"),
        ("ая", "самая"),
        ("яя", "самая"),
        ("ое", "самое"),
        ("ее", "самое"),
        ("ые", "самые"),
        ("ие", "самые"),
        ("ых", "самых"),
        ("их", "самых"),
        ("ую", "самую"),
        ("ым", "самым"),
        ("им", "самым"),
    ];
    let adjective = view.word(index + 1);
    let (_, form) = FORMS.iter().find(|(ending, _)| adjective.ends_with(ending))?;
    let noun = view.is_joined(index) && view.is_joined(index + 1) && view.word(index + 2).chars().count() > 3;
    let lower = view.shown(index) == "наиболее" && adjective.chars().count() > 5;
    let plain = !["и", "менее"].contains(&view.before(index, 1)) && view.word(index + 2) != "и";
    (noun && lower && plain).then(|| Found::new(view.words[index].range.clone(), &["наиболее", form], 0))
}

/// The longer and the shorter adjective, with the endings of the plural.
fn various(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: &[&str] = &[
        "совершенно",
        "очень",
        "столь",
        "такие",
        "таких",
        "весьма",
        "абсолютно",
        "самые",
        "самых",
        "это",
        "две",
        "два",
        "двух",
        "по",
        "слишком",
    ];
    const YEARS: &[&str] = &["лет", "годы", "годов", "стороны", "сторон", "вещи", "люди"];
    let word = view.shown(index);
    let (ending, original) = word
        .strip_prefix("различн")
        .map(|ending| (ending, 0))
        .or_else(|| word.strip_prefix("разн").map(|ending| (ending, 1)))?;
    let next = view.word(index + 1);
    let plural =
        ["ые", "ых", "ыми", "ым"].contains(&ending) && view.is_joined(index) && next.chars().count() > 3;
    let both = NEVER.contains(&view.before(index, 1)) && !(original == 1 && view.before(index, 1) == "это");
    let near =
        |i: usize| i != index && (view.word(i).starts_with("различ") || view.word(i).starts_with("разн"));
    if (index.saturating_sub(10)..index + 10).any(near) {
        return None;
    }
    let (long, short) = (format!("различн{ending}"), format!("разн{ending}"));
    (plural && !both && !YEARS.contains(&next))
        .then(|| Found::new(view.words[index].range.clone(), &[&long, &short], original))
}

/// Cases of the demonstrative that are no forms of the noun *данные*.
fn this(view: &View<'_>, index: usize) -> Option<Found> {
    const FORMS: &[(&str, &str)] = &[
        ("данный", "этот"),
        ("данная", "эта"),
        ("данное", "это"),
        ("данного", "этого"),
        ("данной", "этой"),
        ("данному", "этому"),
        ("данном", "этом"),
        ("данную", "эту"),
    ];
    const NEVER_NEXT: &[&str] = &["момент", "время", "период", "час", "этап", "моменте", "периоде", "случай"];
    let (own, other) = FORMS.iter().find(|(own, _)| *own == view.shown(index))?;
    let next = view.word(index + 1);
    let noun = view.is_joined(index) && next.chars().count() > 3 && !super::grammar::is_little(next);
    let near = (index.saturating_sub(4)..index)
        .any(|i| ["этот", "эта", "это", "этого", "этой", "этому", "этом", "эту"].contains(&view.word(i)));
    (noun && !near && !NEVER_NEXT.contains(&next))
        .then(|| Found::new(view.words[index].range.clone(), &[own, other], 0))
}

/// `Если …, то …`: one comma before, so that the condition is plain.
fn then(view: &View<'_>, index: usize) -> Option<Found> {
    const LOOK_WORDS: usize = 16;
    const NEVER_NEXT: &[&str] = &[
        "есть",
        "что",
        "же",
        "и",
        "ли",
        "как",
        "место",
        "время",
        "бишь",
        "это",
        "лишь",
        "только",
        "тогда",
        "не",
    ];
    let last = index.checked_sub(1)?;
    let opens = (index.saturating_sub(LOOK_WORDS)..index).rev().find(|&i| view.shown(i) == "Если")?;
    let plain =
        (opens..last).all(|i| view.is_joined(i)) && view.begins_sentence(view.words[opens].range.start);
    let next = view.word(index + 1);
    let range = view.words[last].range.end..view.words.get(index + 1)?.range.start;
    // "Если не большинство, то часть" and "если один был за, то другой против" set two things side by side.
    let past =
        |word: &str| ["л", "ла", "ло", "ли", "лся", "лась", "лось", "лись"].iter().any(|e| word.ends_with(e));
    let contrasts =
        ["не", "и"].contains(&view.word(opens + 1)) || (opens + 1..index).any(|i| past(view.word(i)));
    // "Если так, то хорошо, а если нет, то плохо" keeps both.
    let again = (index + 1..index + LOOK_WORDS).any(|i| view.word(i) == "то" && view.gap(i - 1) == ", ");
    (plain
        && !contrasts
        && !again
        && view.shown(index) == "то"
        && view.gap(last) == ", "
        && view.gap(index) == " "
        && !NEVER_NEXT.contains(&next))
    .then(|| Found::new(range, &[", то ", ", "], 0))
}
