//! Fixed frames in which two prepositions, or two ways of filling the frame, are one.

use super::grammar::{self, DEFINITE};
use crate::rules::Rule;
use crate::rules::view::{At, Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::either(
        "set-forth-in",
        &["set forth in", "set out in"],
        "Both say that a text lays something down.",
    )
    .when(names_a_text)
    .matches(&[("The terms set forth in the annex apply.", &["set forth in", "set out in"])])
    .not(&["They set out in search of it.", "They set forth at dawn."]),
    Rule::either(
        "set-forth-below",
        &["set forth below", "set out below"],
        "Both say that a text lays something down.",
    )
    .matches(&[("The terms set out below apply.", &["set forth below", "set out below"])])
    .not(&["The rules below apply."]),
    Rule::either(
        "set-forth-above",
        &["set forth above", "set out above"],
        "Both say that a text lays something down.",
    )
    .matches(&[("The terms set out above apply.", &["set forth above", "set out above"])])
    .not(&["The rules above apply."]),
    Rule::words(
        "on-upon",
        &["on", "upon"],
        on_upon,
        "Behind these verbs and adjectives the two prepositions are one.",
    )
    .matches(&[
        ("The text is based on the draft.", &["on", "upon"]),
        ("They rely upon the lists.", &["on", "upon"]),
        ("She called on both sides to wait.", &["on", "upon"]),
        ("It was agreed upon in Bern.", &["on", "upon"]),
    ])
    .not(&[
        "The fleet has its base on the river.",
        "They will call on Tuesday to agree.",
        "She relied on Tuesday's list.",
        "They agreed on a date.",
        "Once upon a time.",
        "A tax imposed on or in connection with trade is due.",
        "They don't agree. They can't. It is based on the draft.",
    ])
    .formal(),
    Rule::either(
        "on-request",
        &["upon request", "on request"],
        "In this fixed frame the two prepositions are one.",
    )
    .matches(&[("Copies are sent upon request.", &["upon request", "on request"])])
    .not(&["It was made at our request."]),
    Rule::either(
        "on-receipt",
        &["upon receipt", "on receipt"],
        "In this fixed frame the two prepositions are one.",
    )
    .matches(&[("It is read on receipt.", &["upon receipt", "on receipt"])])
    .not(&["He signed the receipt."]),
    Rule::either(
        "on-arrival",
        &["upon arrival", "on arrival"],
        "In this fixed frame the two prepositions are one.",
    )
    .matches(&[("They met upon arrival.", &["upon arrival", "on arrival"])])
    .not(&["The arrival was late."]),
    Rule::either(
        "on-completion",
        &["upon completion", "on completion"],
        "In this fixed frame the two prepositions are one.",
    )
    .matches(&[("It is paid upon completion.", &["upon completion", "on completion"])])
    .not(&["They work toward completion."]),
    Rule::either(
        "taking-account",
        &["taking into account", "taking account of"],
        "Both say that something is considered.",
    )
    .when(|view, at| view.noun_phrase_follows(at))
    .matches(&[(
        "It was drawn up taking account of the annex.",
        &["taking into account", "taking account of"],
    )])
    .not(&["They opened a joint account.", "It is a taking account."]),
    Rule::either(
        "take-account",
        &["take into account", "take account of"],
        "Both say that something is considered.",
    )
    .when(|view, at| view.noun_phrase_follows(at))
    .matches(&[("They must take into account the annex.", &["take into account", "take account of"])])
    .not(&["They take it into account."]),
    Rule::words(
        "into-account",
        &["into"],
        into_account,
        "Behind *take* and an object both say that the object is considered.",
    )
    .matches(&[
        ("They took this into account.", &["into account", "into consideration"]),
        ("They take the annex into consideration.", &["into account", "into consideration"]),
    ])
    .not(&["It was paid into account 7.", "Taking into account the annex, they left."]),
    Rule::first(
        "in-which",
        &["in which", "where"],
        "Behind a noun of place or case both open the same clause.",
    )
    .when(|view, at| {
        const PLACES: &[&str] = &[
            "area",
            "areas",
            "region",
            "regions",
            "place",
            "places",
            "zone",
            "zones",
            "case",
            "cases",
            "situation",
            "situations",
            "instances",
        ];
        let next = view.after(at, 0);
        PLACES.contains(&view.before(at.first, 1))
            && (DEFINITE.contains(&next)
                || grammar::PRONOUNS.contains(&next)
                || ["a", "an", "no", "both"].contains(&next))
    })
    .matches(&[("They left areas in which the rules apply.", &["in which", "where"])])
    .not(&[
        "The room in which they met.",
        "They asked where the area was.",
        "It is a place where they met.",
    ]),
    Rule::first(
        "way-in-which",
        &["the way in which", "the way"],
        "The preposition and pronoun may go behind this noun.",
    )
    .when(|view, at| DEFINITE.contains(&view.after(at, 0)) || grammar::PRONOUNS.contains(&view.after(at, 0)))
    .matches(&[("It is the way in which they work.", &["the way in which", "the way"])])
    .not(&["It is the way home."]),
    Rule::either("in-a-way", &["in a manner that", "in a way that"], "Both say how something is done.")
        .matches(&[("They act in a manner that builds trust.", &["in a manner that", "in a way that"])])
        .not(&["It is in a way sad.", "In a manner of speaking it is."]),
    Rule::either(
        "in-a-way-consistent",
        &["in a manner consistent with", "in a way consistent with"],
        "Both say how something is done.",
    )
    .matches(&[(
        "They act in a manner consistent with the text.",
        &["in a manner consistent with", "in a way consistent with"],
    )])
    .not(&["It is consistent with the text."]),
    Rule::either("as-long-as", &["as long as", "so long as"], "Before a clause both set the same condition.")
        .when(|view, at| {
            const MEASURED: &[&str] = &[
                "is", "are", "was", "were", "be", "been", "not", "twice", "times", "half", "just", "almost",
                "nearly", "took", "lasted", "for",
            ];
            // Without a stop before, it may measure a time: "stay as long as they would like".
            let set_off = at.first == 0 || !view.is_joined(at.first - 1);
            set_off && !MEASURED.contains(&view.before(at.first, 1)) && view.clause_follows(at)
        })
        .matches(&[("It holds, as long as they are bound by it.", &["as long as", "so long as"])])
        .not(&[
            "It is as long as the bridge was.",
            "It took as long as three days.",
            "They may stay as long as they would like.",
        ]),
    Rule::either(
        "whether-if",
        &["asked whether", "asked if"],
        "Behind this verb both open the same question.",
    )
    .when(|view, at| open_question(view, at.next))
    .matches(&[("She asked whether the text was final.", &["asked whether", "asked if"])])
    .not(&[
        "He would be asked if necessary.",
        "She asked whether they would or would not.",
        "She asked whether to go.",
    ]),
    Rule::words(
        "know-whether-if",
        &["if"],
        know_whether,
        "Behind *not know* and *see* both open the same question.",
    )
    .matches(&[
        ("They do not know if there are fields.", &["whether", "if"]),
        ("They came to see if it was safe.", &["whether", "if"]),
    ])
    .not(&[
        "Let me know if you are late.",
        "They do not know if it is or is not.",
        "They came to see whether it was safe.",
        "They see it if it is there.",
    ]),
    Rule::words(
        "as-appropriate",
        &["as", "where"],
        as_appropriate,
        "Between commas and behind a conjunction both restrict what follows to the cases that call for it.",
    )
    .matches(&[("They list goods and, as appropriate, services.", &["as", "where"])])
    .not(&["The chair, as appropriate, shall report.", "It is as appropriate as the other."]),
    Rule::first("per-day", &["per day", "a day"], "Behind a number both give the rate.")
        .when(is_rate)
        .matches(&[("They have less than two hours of light per day.", &["per day", "a day"])])
        .not(&["The cost per day is high."]),
    Rule::first("per-week", &["per week", "a week"], "Behind a number both give the rate.")
        .when(is_rate)
        .matches(&[("They meet two times per week.", &["per week", "a week"])])
        .not(&["The cost per week is high."]),
    Rule::first("per-month", &["per month", "a month"], "Behind a number both give the rate.")
        .when(is_rate)
        .matches(&[("They meet two times per month.", &["per month", "a month"])])
        .not(&[
            "The cost per month is high.",
            "It is 50 per person per month in Bern.",
            "They work 24 hours per day, 30 days per month in Bern.",
        ]),
    Rule::first("per-year", &["per year", "a year"], "Behind a number both give the rate.")
        .when(is_rate)
        .matches(&[("They meet two times per year.", &["per year", "a year"])])
        .not(&["The cost per year is high."]),
    Rule::first("per-second", &["per second", "a second"], "Behind a number both give the rate.")
        .when(is_rate)
        .matches(&[("It lets 310 tons per second pass.", &["per second", "a second"])])
        .not(&["The cost per second is high."]),
    Rule::either(
        "condition-of",
        &["as a condition for", "as a condition of"],
        "Before a form in -ing both prepositions serve.",
    )
    .when(|view, at| grammar::is_gerund(view.after(at, 0)))
    .matches(&[(
        "They ask for it as a condition for trading here.",
        &["as a condition for", "as a condition of"],
    )])
    .not(&["It is as a condition of peace that they ask."]),
];

/// The name of a document, or of a part of one, follows.
fn names_a_text(view: &View<'_>, at: At) -> bool {
    const TEXTS: &[&str] = &[
        "article",
        "annex",
        "schedule",
        "section",
        "paragraph",
        "subsection",
        "subparagraph",
        "appendix",
        "chapter",
        "protocol",
        "agreement",
        "treaty",
        "convention",
        "memorandum",
        "text",
        "table",
        "list",
        "letter",
        "note",
        "decision",
        "resolution",
        "report",
        "draft",
        "document",
        "charter",
        "statute",
        "act",
        "paragraphs",
        "articles",
        "part",
        "plan",
        "rules",
        "contract",
        "preamble",
        "order",
        "proclamation",
        "title",
        "instruments",
        "documents",
        "regulations",
        "sections",
        "subsections",
        "subparagraphs",
        "annexes",
        "schedules",
        "agreements",
        "statement",
        "directive",
        "guidance",
    ];
    (0..4).any(|i| TEXTS.contains(&view.after(at, i)))
        && !grammar::PRONOUNS.contains(&view.before(at.first, 1))
}

fn on_upon(view: &View<'_>, index: usize) -> Option<Found> {
    const HEADS: &[&str] = &[
        "based",
        "depend",
        "depends",
        "depended",
        "depending",
        "dependent",
        "contingent",
        "conditional",
        "rely",
        "relies",
        "relied",
        "relying",
        "reliant",
        "incumbent",
        "insist",
        "insists",
        "insisted",
        "imposed",
        "conferred",
        "embarked",
        "reflected",
    ];
    let at = At { first: index, next: index + 1 };
    let next = view.after(at, 0);
    let dated = grammar::CALENDAR.contains(&next.trim_end_matches("'s")) || is_digits(next);
    let head = view.before(index, 1);
    let fits = match head {
        "agreed" => {
            (next.is_empty() && view.rest(view.words[index].range.end).starts_with([',', '.', ';']))
                || next == "by"
                || next == "in"
        }
        "calls" | "called" | "calling" => calls_to_act(view, at),
        _ => HEADS.contains(&head) && !next.is_empty() && next != "or",
    };
    let shown = view.shown(index);
    let lower = shown == "on" || shown == "upon";
    (fits && !dated && lower)
        .then(|| Found::new(view.words[index].range.clone(), &["on", "upon"], usize::from(shown == "upon")))
}

/// `called on both sides to wait`: an object and an infinitive follow the verb.
fn calls_to_act(view: &View<'_>, at: At) -> bool {
    const LOOK_WORDS: usize = 10;
    let verb = at.first.saturating_sub(1);
    let is_noun = grammar::DETERMINERS.contains(&view.before(verb, 1));
    !is_noun && view.noun_phrase_follows(at) && (1..LOOK_WORDS).any(|i| view.after(at, i) == "to")
}

fn into_account(view: &View<'_>, index: usize) -> Option<Found> {
    const TAKE: [&str; 5] = ["take", "takes", "took", "taken", "taking"];
    const LOOK_WORDS: usize = 6;
    let which = ["account", "consideration"].iter().position(|noun| view.shown(index + 1) == *noun)?;
    let taken = (2..LOOK_WORDS).any(|i| TAKE.contains(&view.before(index, i)));
    let end = view.words[index + 1].range.end;
    let closed = view.rest(end).is_empty() || view.rest(end).starts_with(['.', ',', ';', ')']);
    (taken && closed && view.gap(index) == " " && view.shown(index) == "into").then(|| {
        Found::new(view.words[index].range.start..end, &["into account", "into consideration"], which)
    })
}

/// A subject follows, and no alternative: with *or* the two conjunctions part ways.
fn open_question(view: &View<'_>, next: usize) -> bool {
    let opens = DEFINITE.contains(&view.word(next)) || grammar::PRONOUNS.contains(&view.word(next));
    let clause = view.clause(next);
    opens && next > 0 && view.is_joined(next - 1) && !clause.contains(" or ") && !clause.contains(" if ")
}

fn know_whether(view: &View<'_>, index: usize) -> Option<Found> {
    const DENIED: [&str; 4] = ["not", "don't", "doesn't", "didn't"];
    let asks = match view.before(index, 1) {
        "know" => DENIED.contains(&view.before(index, 2)),
        "see" => view.before(index, 2) == "to",
        "sure" => DENIED.contains(&view.before(index, 2)),
        "wondered" => true,
        _ => false,
    };
    // *Whether* is right in every register; *if* in its place would be too light for some.
    (view.shown(index) == "if" && asks && open_question(view, index + 1))
        .then(|| Found::new(view.words[index].range.clone(), &["whether", "if"], 1))
}

/// `and, as appropriate, services`
fn as_appropriate(view: &View<'_>, index: usize) -> Option<Found> {
    const OPENERS: [&str; 3] = ["and", "or", "including"];
    let original = ["as", "where"].iter().position(|form| *form == view.shown(index))?;
    let word = ["appropriate", "applicable", "necessary"].contains(&view.shown(index + 1));
    let opened = index > 0 && OPENERS.contains(&view.shown(index - 1)) && view.gap(index - 1) == ", ";
    (word && opened && view.gap(index) == " " && view.gap(index + 1) == ", ")
        .then(|| Found::new(view.words[index].range.clone(), &["as", "where"], original))
}

/// A number stands before, and the clause goes on with a stop or a preposition.
fn is_rate(view: &View<'_>, at: At) -> bool {
    const LOOK_WORDS: usize = 5;
    // Behind a comma, too: "24 hours per day, 7 days per week".
    let near = (at.first.saturating_sub(LOOK_WORDS)..at.first).chain(at.next..at.next + 2 * LOOK_WORDS);
    if near.into_iter().any(|i| view.word(i) == "per") {
        return false;
    }
    let number = (1..=LOOK_WORDS).any(|i| grammar::is_number(view.before(at.first, i)));
    let next = view.after(at, 0);
    number && (next.is_empty() || ["in", "on", "to", "for", "from", "and", "pass", "at"].contains(&next))
}
