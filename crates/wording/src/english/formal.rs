//! What formal prose has: connectives at the head of a sentence, spreads over a place, frames of legal texts.

use super::grammar::{self, DEFINITE, FINITE};
use crate::rules::Rule;
use crate::rules::view::{At, Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::either(
        "therefore-accordingly",
        &["therefore,", "accordingly,"],
        "At the head of a sentence both draw the conclusion.",
    )
    .when(at_sentence)
    .matches(&[("Therefore, the gates closed.", &["Therefore,", "Accordingly,"])])
    .not(&["It is, therefore, late."]),
    Rule::either(
        "similarly",
        &["similarly,", "likewise,"],
        "At the head of a sentence both set a like case beside the last.",
    )
    .when(at_sentence)
    .matches(&[("Similarly, the gates closed.", &["Similarly,", "Likewise,"])])
    .not(&["They did likewise, they said."]),
    Rule::either("finally", &["finally,", "lastly,"], "At the head of a sentence both open the last point.")
        .when(|view, at| at_sentence(view, at) && (at.first > 0 || view.block.range.start > 0))
        .matches(&[("They met. Finally, the chair spoke.", &["Finally,", "Lastly,"])])
        .not(&["They met, finally, in Bern."])
        .second_look(), // "At last" is no list.
    Rule::words(
        "across-throughout",
        &["across", "throughout"],
        spread,
        "Behind a noun in the plural both spread it over the same place.",
    )
    .matches(&[
        ("It fed families across our Nation.", &["across", "throughout"]),
        ("The program helps communities throughout our state.", &["across", "throughout"]),
    ])
    .not(&[
        "They walked across the state.",
        "It rained throughout the year.",
        "The roads run across our state.",
        "They work across the state.",
    ]),
    Rule::either(
        "from-across",
        &["from across the", "from around the"],
        "Behind people both say that they come from many parts of a place.",
    )
    .when(|view, at| {
        const PLACES: &[&str] = &["country", "nation", "world", "globe", "region", "state"];
        PLACES.contains(&view.after(at, 0)) && view.before(at.first, 1).ends_with('s')
    })
    .matches(&[("Envoys from across the region met.", &["from across the", "from around the"])])
    .not(&["They heard it from across the river."]),
    Rule::first("as-well-as", &["as well as", "and"], "Between two phrases of one kind both add the second.")
        .when(adds)
        .matches(&[("The fund pays for new gates as well as old bridges.", &["as well as", "and"])])
        .not(&[
            "He sings as well as Ann.",
            "The chair as well as the envoy was late.",
            "They list gates and locks as well as dams.",
            "It works as well as possible.",
        ]),
    Rule::words(
        "under-pursuant",
        &["under", "pursuant"],
        under,
        "Behind a participle and before a provision both name the law that something rests on.",
    )
    .matches(&[("A list established under section 7 is kept.", &["under", "pursuant to"])])
    .not(&["They hid under section 7 of the bridge.", "It is due under section 7."]),
    Rule::words("within-days", &["of"], days_of, "Behind a number of days both count from the same day.")
        .matches(&[("It is due within 90 days of the date of this letter.", &["of", "after"])])
        .not(&["It rained within three days of walking.", "They had 90 days of the best weather."])
        .second_look(), // "Of" counts in both directions.
    Rule::either(
        "rather-than",
        &["rather than", "instead of"],
        "Before a form in -ing both name what is not done.",
    )
    .when(|view, at| {
        grammar::is_gerund(view.after(at, 0))
            && !view.before(at.first, 1).is_empty()
            && !["or", "but"].contains(&view.before(at.first, 1))
    })
    .matches(&[("They repaired the dam rather than replacing it.", &["rather than", "instead of"])])
    .not(&["They would leave rather than wait."]),
    Rule::first("but-also", &["but also", "but"], "Behind *not only* the adverb may go.")
        .when(|view, at| {
            const LOOK_WORDS: usize = 16;
            let opens = |i: usize| view.word(i) == "not" && view.word(i + 1) == "only";
            (at.first.saturating_sub(LOOK_WORDS)..at.first).any(opens) && !view.after(at, 0).is_empty()
        })
        .matches(&[("It is not only old but also weak.", &["but also", "but"])])
        .not(&["It is old but also weak."]),
    Rule::either(
        "wide-range",
        &["a wide range of", "a broad range of"],
        "In this fixed phrase the two adjectives are one.",
    )
    .matches(&[("They sell a wide range of goods.", &["a wide range of", "a broad range of"])])
    .not(&["The range is wide."]),
    Rule::first(
        "majority-of",
        &["the majority of the", "most of the"],
        "Before a plural both mean more than half.",
    )
    .when(|view, at| view.after(at, 0).ends_with('s'))
    .matches(&[("The majority of the gates are old.", &["The majority of the", "Most of the"])])
    .not(&["The vast majority of the gates are old.", "The majority of the board is old."]),
    Rule::first(
        "at-home-abroad",
        &["both at home and abroad", "at home and abroad"],
        "The first word adds nothing.",
    )
    .matches(&[("It is known both at home and abroad.", &["both at home and abroad", "at home and abroad"])])
    .not(&["It is known at home and abroad."]),
    Rule::either(
        "made-clear",
        &["made clear that", "made it clear that"],
        "Behind this verb the pronoun that points ahead may go.",
    )
    .when(|view, at| !grammar::BE.contains(&view.before(at.first, 1)))
    .matches(&[("They have made clear that the dam is safe.", &["made clear that", "made it clear that"])])
    .not(&["It was made clear that the dam is safe."]),
    Rule::words(
        "subsequently",
        &["subsequently"],
        |view, index| {
            let aux = ["was", "were", "has", "have", "had"].contains(&view.before(index, 1));
            let at = At { first: index, next: index + 1 };
            (aux && grammar::is_participle(view.after(at, 0)) && view.shown(index) == "subsequently")
                .then(|| Found::new(view.words[index].range.clone(), &["subsequently", "later"], 0))
        },
        "Between an auxiliary and its participle both put something after the last.",
    )
    .matches(&[("The list was subsequently changed.", &["subsequently", "later"])])
    .not(&["Subsequently the list was changed."]),
    Rule::first(
        "purpose-of",
        &["for the purpose of", "for purposes of"],
        "Before a form in -ing both give the purpose.",
    )
    .when(|view, at| grammar::is_gerund(view.after(at, 0)))
    .matches(&[("They met for the purpose of drafting it.", &["for the purpose of", "for purposes of"])])
    .not(&["It serves for the purpose of trade."]),
    Rule::first("by-means-of", &["by means of", "by"], "Before a noun phrase both name the means.")
        .when(|view, at| view.noun_phrase_follows(at) && !grammar::is_participle(view.before(at.first, 1)))
        .matches(&[("They talk by means of the same code.", &["by means of", "by"])])
        .not(&["It is closed by means of a lock."]),
    Rule::words(
        "long-past-comma",
        &["for"],
        for_ages,
        "Behind a short phrase of time that opens a sentence the comma may stand or go.",
    )
    .matches(&[
        ("For generations, the sides have met.", &[",", ""]),
        ("For decades the dam has held.", &["", ","]),
    ])
    .not(&["For generations to come, they will meet.", "For years, Bern was quiet."]),
    Rule::words(
        "each-year-comma",
        &["day", "week", "month", "year", "night"],
        each_time,
        "Behind a short phrase of time that opens a sentence the comma may stand or go.",
    )
    .matches(&[("Each year, the sides meet.", &[",", ""]), ("Every day they wait.", &["", ","])])
    .not(&["Each year of the war, they met.", "Each side, they said, is late."]),
    Rule::words("past-span", &["over", "during"], past_span, "Both name the same stretch of time up to now.")
        .matches(&[("Prices rose over the past decade.", &["over the past", "over the last"])])
        .not(&["They met over the past.", "Prices rose over the past decade of war."]),
    Rule::words(
        "opening-phrase",
        &[
            "in",
            "on",
            "during",
            "at",
            "as",
            "to",
            "this",
            "every",
            "since",
            "throughout",
            "under",
            "through",
            "after",
        ],
        opening_phrase,
        "Behind a phrase without a verb that opens a sentence, and before a pronoun, the comma may go.",
    )
    .matches(&[
        ("As a Nation, we met the flood together.", &[",", ""]),
        ("In March 2021, they met in Bern.", &[",", ""]),
    ])
    .not(&[
        "In addition, they met in Bern.",
        "In the end, they met in Bern.",
        "To save time, they met in Bern.",
        "At the same time, the gates were closed.",
        "As he said, they met in Bern.",
        "As the work goes on, they meet in Bern.",
        "After the storm came, they met in Bern.",
    ]),
    Rule::words(
        "also-in-addition",
        &["also"],
        also_in_addition,
        "Both add a further point; the phrase opens the sentence, the adverb stands at its verb.",
    )
    .matches(&[
        ("They met. They also discussed the list.", &["They also", "In addition, they"]),
        ("They met. The chair also thanked the envoys.", &["The chair also", "In addition, the chair"]),
    ])
    .not(&[
        "They also discussed the list.",
        "They met. They also.",
        "In addition, they met. They also discussed the list.",
        "They met. Not only they also discussed it.",
    ]),
];

fn at_sentence(view: &View<'_>, at: At) -> bool {
    view.begins_sentence(view.words[at.first].range.start)
}

/// A noun in the plural before, and a place behind.
fn spread(view: &View<'_>, index: usize) -> Option<Found> {
    const PLACES: &[&str] = &[
        "country",
        "nation",
        "region",
        "state",
        "continent",
        "commonwealth",
        "territories",
        "territory",
        "province",
        "county",
        "city",
        "government",
        "administration",
        "island",
        "hemisphere",
        "america",
        "europe",
        "africa",
        "asia",
        "counties",
        "states",
        "provinces",
        "regions",
        "communities",
    ];
    const MOVING: &[&str] = &[
        "travels",
        "moves",
        "spreads",
        "sails",
        "flies",
        "comes",
        "works",
        "reaches",
        "roads",
        "lines",
        "borders",
        "runs",
        "looks",
        "its",
        "this",
        "us",
        "is",
        "was",
        "has",
        "goes",
        "cuts",
        "does",
        "bridges",
        "resonates",
        "ripples",
    ];
    let original = ["across", "throughout"].iter().position(|form| *form == view.shown(index))?;
    let before = view.before(index, 1);
    let plural = before.len() > 4 && before.ends_with('s') && !before.ends_with("ss")
        || ["people", "women", "children", "men"].contains(&before);
    let at = At { first: index, next: index + 1 };
    let opens = DEFINITE.contains(&view.after(at, 0)) || view.after(at, 0) == "all";
    let named = ["america", "europe", "africa", "asia"].contains(&view.after(at, 0));
    let place = named || opens && (1..4).any(|i| PLACES.contains(&view.after(at, i)));
    let governed = ["is", "are", "that", "who", "it", "he", "she"].contains(&view.before(index, 2));
    (plural && place && !governed && !MOVING.contains(&before))
        .then(|| Found::new(view.words[index].range.clone(), &["across", "throughout"], original))
}

/// Both sides are plurals or names of things, behind a verb or a preposition, and no other *and* is near.
fn adds(view: &View<'_>, at: At) -> bool {
    const LOOK_WORDS: usize = 10;
    let (one, next) = (view.before(at.first, 1), view.after(at, 0));
    let joint = |i: usize| ["and", "or", "both", "but", "as", "between"].contains(&view.word(i));
    let near =
        (at.first.saturating_sub(LOOK_WORDS)..at.first).chain(at.next..at.next + LOOK_WORDS).any(joint);
    let plural = |word: &str| word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    let two = plural(one) && (1..4).any(|i| plural(view.after(at, i))) && !grammar::is_gerund(next);
    // Behind a finite verb or a preposition it is no subject, with which a verb would have to agree.
    const GOVERNORS: &[&str] = &[
        "for",
        "of",
        "to",
        "with",
        "by",
        "from",
        "on",
        "in",
        "including",
        "include",
        "includes",
        "support",
        "provide",
    ];
    let governed = (at.first.saturating_sub(6)..at.first).any(|i| GOVERNORS.contains(&view.word(i)));
    let agrees = (0..7).any(|i| FINITE.contains(&view.after(at, i)));
    two && governed && !near && !agrees && !next.is_empty() && !["possible", "those"].contains(&next)
}

/// `established under section 7`
fn under(view: &View<'_>, index: usize) -> Option<Found> {
    const PROVISIONS: &[&str] =
        &["section", "sections", "subsection", "subsections", "paragraph", "article", "articles", "title"];
    const BASED: &[&str] = &[
        "established",
        "issued",
        "made",
        "authorized",
        "provided",
        "submitted",
        "prepared",
        "taken",
        "published",
        "prescribed",
        "delegated",
        "imposed",
        "transferred",
        "designated",
        "promulgated",
        "appointed",
        "available",
        "developed",
        "adopted",
    ];
    let (next, original) = match view.shown(index) {
        "under" => (index + 1, 0),
        "pursuant" if view.word(index + 1) == "to" && view.gap(index) == " " => (index + 2, 1),
        _ => return None,
    };
    let provision = PROVISIONS.contains(&view.shown(next)) && view.is_joined(next - 1);
    let numbered =
        view.word(next + 1).starts_with(|c: char| c.is_ascii_digit()) || view.gap(next).contains('(');
    let again = (1..16).any(|i| view.word(next + i) == "pursuant" || view.word(next + i) == "under");
    let range = view.words[index].range.start..view.words.get(next.checked_sub(1)?)?.range.end;
    (provision && numbered && !again && BASED.contains(&view.before(index, 1)))
        .then(|| Found::new(range, &["under", "pursuant to"], original))
}

/// `within 90 days of the date of`
fn days_of(view: &View<'_>, index: usize) -> Option<Found> {
    let unit = grammar::UNITS.contains(&view.before(index, 1));
    let number = grammar::is_number(view.before(index, 2)) && view.before(index, 3) == "within";
    let at = At { first: index, next: index + 1 };
    let date = view.after(at, 0) == "the"
        && ["date", "end", "effective", "signing", "receipt", "issuance", "publication"]
            .contains(&view.after(at, 1));
    (unit && number && date && view.shown(index) == "of")
        .then(|| Found::new(view.words[index].range.clone(), &["of", "after"], 0))
}

/// A comma behind the word at `last`, there or missing, where a sentence opens at `first` and its subject follows.
fn comma(view: &View<'_>, first: usize, last: usize, may_come: bool) -> Option<Found> {
    let next = view.shown(last + 1);
    let subject = DEFINITE.contains(&next) || grammar::PRONOUNS.contains(&next) && next != "there";
    let opens = view.begins_sentence(view.words[first].range.start)
        && view.shown(first).starts_with(char::is_uppercase);
    let ends = |i: usize| view.words.get(i).is_none_or(|word| view.rest(word.range.end).starts_with('.'));
    let clean = (last + 1..last + 4).all(|i| view.is_joined(i) || ends(i));
    let found = view
        .optional_comma(last)
        .filter(|_| opens && subject && clean && !view.may_be_apposition(last + 1))?;
    (found.original_is(",") || may_come).then_some(found)
}

fn for_ages(view: &View<'_>, index: usize) -> Option<Found> {
    const AGES: &[&str] = &["generations", "decades", "centuries", "years"];
    let last = index + 1;
    (view.shown(index) == "For" && AGES.contains(&view.shown(last)) && view.gap(index) == " ")
        .then(|| comma(view, index, last, true))
        .flatten()
}

/// The rule stands at the unit, for another may hold at *each*.
fn each_time(view: &View<'_>, index: usize) -> Option<Found> {
    let first = index.checked_sub(1)?;
    let opens = ["Each", "Every"].contains(&view.shown(first)) && view.gap(first) == " ";
    opens.then(|| comma(view, first, index, true)).flatten()
}

/// `over the past decade`: one unit, and not "of" something.
fn past_span(view: &View<'_>, index: usize) -> Option<Found> {
    const UNITS: &[&str] = &["year", "decade", "century", "month", "week"];
    let frame = view.word(index + 1) == "the"
        && view.shown(index + 2) == "past"
        && UNITS.contains(&view.word(index + 3));
    let at = At { first: index, next: index + 4 };
    let joined = (index..index + 3).all(|i| view.gap(i) == " ");
    let plain = !["of", "and", "alone", "or"].contains(&view.after(at, 0));
    let own = view.shown(index).to_lowercase();
    let capital = view.shown(index) != own;
    if !frame || !joined || !plain || capital && !view.begins_sentence(view.words[index].range.start) {
        return None;
    }
    let range = view.words[index].range.start..view.words[index + 2].range.end;
    let head = view.shown(index);
    Some(Found::new(range, &[&format!("{head} the past"), &format!("{head} the last")], 0))
}

/// `At the same time, they`
fn opening_phrase(view: &View<'_>, index: usize) -> Option<Found> {
    const WORDS_MAX: usize = 6;
    const NEVER: &[&str] = &["summary", "such", "always", "usual"];
    let last = (index + 1..=index + WORDS_MAX).find(|&i| !view.is_joined(i))?;
    let verb = |i: usize| {
        let word = view.word(i);
        let clause = grammar::FINITE.contains(&word)
            || grammar::PRONOUNS.contains(&word)
            || ["that", "which", "who"].contains(&word);
        let small = view.shown(i).starts_with(char::is_lowercase);
        clause || small && (grammar::is_gerund(word) || grammar::is_participle(word))
    };
    let date = view.word(index) != "to" || view.word(index + 1) == "date";
    // "As the work goes on" is a clause, and the comma ends it.
    let small_s = |i: usize| view.shown(i).starts_with(char::is_lowercase) && view.shown(i).ends_with('s');
    let named =
        ["a", "an"].contains(&view.word(index + 1)) || view.shown(index + 1).starts_with(char::is_uppercase);
    let clause = match view.word(index) {
        "as" => !named || (index + 1..=last).any(small_s),
        "since" | "after" => (index + 1..=last).any(|i| grammar::PAST.contains(&view.word(i))),
        _ => false,
    };
    let date = date && !clause;
    let subject = ["we", "they", "he", "she", "it", "i"].contains(&view.word(last + 1));
    let set = grammar::SET_PHRASES.contains(&view.word(last)) || NEVER.contains(&view.word(last));
    let plain = view.is_joined(index) && !(index + 1..=last).any(verb) && !set;
    let followed = grammar::FINITE.contains(&view.word(last + 2)) || view.word(last + 2).len() > 2;
    (date && subject && plain && followed).then(|| comma(view, index, last, false)).flatten()
}

/// `The chair also thanked`: a short subject that opens the sentence, and its verb.
fn also_in_addition(view: &View<'_>, index: usize) -> Option<Found> {
    const SUBJECT_WORDS_MAX: usize = 4;
    const NEAR_WORDS: usize = 40;
    const OPENERS: &[&str] = &[
        "The", "They", "He", "She", "We", "It", "This", "These", "Those", "My", "Our", "His", "Her", "Its",
        "Their",
    ];
    let first =
        (index.saturating_sub(SUBJECT_WORDS_MAX)..index).rev().find(|&i| i == 0 || !view.is_joined(i - 1))?;
    let start = view.words[first].range.start;
    let opens =
        view.begins_sentence(start) && start > view.block.range.start && OPENERS.contains(&view.shown(first));
    let joined = (first..=index).all(|i| view.gap(i) == " ");
    let never = |i: usize| {
        let word = view.word(i);
        grammar::FINITE.contains(&word)
            || ["that", "who", "which", "not", "only", "and", "shall", "have"].contains(&word)
    };
    let subject = (first..index).any(never);
    let near = (first.saturating_sub(NEAR_WORDS)..first + NEAR_WORDS).any(|i| {
        i != index
            && ["addition", "additionally", "also", "furthermore", "moreover", "too"].contains(&view.word(i))
    });
    let next = view.word(index + 1);
    let alone = first + 1 == index && !grammar::PRONOUNS.contains(&view.word(first));
    let verb = !alone
        && next.len() > 3
        && (next.ends_with("ed") || next.ends_with('s'))
        && !grammar::BE.contains(&next);
    if !opens || !joined || subject || near || !verb || view.shown(index) != "also" {
        return None;
    }
    let head = &view.text[start..view.words[index - 1].range.end];
    let small: String =
        head.chars().take(1).flat_map(char::to_lowercase).chain(head.chars().skip(1)).collect();
    let range = start..view.words[index].range.end;
    Some(Found::new(range.clone(), &[&view.text[range], &format!("In addition, {small}")], 0))
}
