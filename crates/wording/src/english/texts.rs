//! Frames of treaties, orders and other legal texts that carry no difference in law.

use super::grammar::{self, DEFINITE};
use super::phrases::is_plural;
use crate::rules::Rule;
use crate::rules::view::{At, Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "provisions-of",
        &["the", "article", "articles", "paragraph", "paragraphs", "section", "sections", "this"],
        provisions_of,
        "Behind these prepositions a provision and its provisions are the same rules.",
    )
    .matches(&[
        ("It is used in accordance with the provisions of Article 5.", &["the provisions of ", ""]),
        ("It is subject to the provisions of paragraph 2.", &["the provisions of ", ""]),
        (
            "It is due under the provisions of Article 4 and the provisions of Article 5, in accordance with Article 6.",
            &["", "the provisions of "],
        ),
    ])
    .not(&[
        "The provisions of Article 5 apply.",
        "It is used in accordance with Article 5.",
        "They apply the provisions of Article 5.",
        "None of the provisions of Article 5 is old.",
    ]),
    Rule::first("provided-for-in", &["provided for in", "provided in"], "Before a provision both name the rule that gives it.")
        .when(|view, at| {
            // A report provided in section 2 stands there.
            const GIVEN: &[&str] = &[
                "as", "otherwise", "measures", "cases", "reductions", "reduction", "opening", "rights", "obligations", "exceptions",
                "procedures", "procedure", "arrangements", "conditions", "ceilings", "advantages", "duties", "tariffs", "preferences",
                "those", "that", "treatment", "concessions", "remedies", "benefits", "exemptions", "limits", "periods", "period",
                "rules", "terms", "principles", "penalties", "protection", "safeguards", "consultations",
            ];
            view.provision_follows(at) && GIVEN.contains(&view.before(at.first, 1))
        })
        .matches(&[("The measures provided for in Article 5 apply.", &["provided for in", "provided in"])])
        .not(&["It is provided for in cash.", "The list provided in Article 5 is short."]),
    Rule::first(
        "as-provided-in",
        &["as provided in", "as provided for in"],
        "Before a provision both name the rule that gives it.",
    )
    .when(|view, at| view.provision_follows(at))
    .matches(&[("Except as provided in Article 5, it is closed.", &["as provided in", "as provided for in"])])
    .not(&["It is the same as provided in Bern."]),
    Rule::first("laid-down-in", &["laid down in", "set out in"], "Both say that a text fixes something.")
        .when(|view, at| view.provision_follows(at))
        .matches(&[("The terms laid down in Article 3 apply.", &["laid down in", "set out in"])])
        .not(&["It was laid down in the road."]),
    Rule::either(
        "framework-of",
        &["within the framework of", "in the framework of"],
        "In this frame the two prepositions are one.",
    )
    .when(|view, at| !COMES.contains(&view.before(at.first, 1)))
    .matches(&[("They met in the framework of the accord.", &["within the framework of", "in the framework of"])])
    .not(&["It is the framework of the house.", "It comes within the framework of the accord."]),
    Rule::either(
        "context-of",
        &["in the context of", "within the context of"],
        "In this frame the two prepositions are one.",
    )
    .when(|view, at| {
        !COMES.contains(&view.before(at.first, 1))
            && (view.word(at.first) == "within" || DEFINITE.contains(&view.after(at, 0)))
    })
    .matches(&[("They met in the context of the talks.", &["in the context of", "within the context of"])])
    .not(&["It is the context of the letter."]),
    Rule::words(
        "in-territory",
        &["in", "within"],
        |view, index| {
            let original = ["in", "within"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let opens = ["the", "its", "their"].contains(&view.after(at, 0));
            let land = ["territory", "territories"].contains(&view.after(at, 1));
            let led = ["originate", "originates", "originated", "originating", "result", "resulting", "results", "interest", "interested", "change", "changes", "engaged"]
                .contains(&view.before(index, 1));
            (opens && land && !led && !COMES.contains(&view.before(index, 1)))
                .then(|| Found::new(view.words[index].range.clone(), &["in", "within"], original))
        },
        "Of a territory both prepositions say that something is not outside it.",
    )
    .matches(&[("Goods that are sold within its territory are free.", &["in", "within"])])
    .not(&["They took an interest in the territory.", "It lies in a territory.", "They met within two days."]),
    Rule::first("in-respect-of", &["in respect of", "with respect to"], "The two phrases are one.")
        .when(|view, at| {
            !view.after(at, 0).is_empty()
                && !["which", "whom"].contains(&view.after(at, 0))
                && !["payment", "paid", "due", "claim", "claims", "emergency"].contains(&view.before(at.first, 1))
        })
        .matches(&[("They agreed on rules in respect of trade.", &["in respect of", "with respect to"])])
        .not(&["The goods in respect of which it is asked are here.", "They stood in respect."]),
    Rule::first("as-regards", &["as regards", "with regard to"], "Both name what something has to do with.")
        .when(|view, at| !view.after(at, 0).is_empty() && !["which", "whom"].contains(&view.after(at, 0)))
        .matches(&[("They agreed as regards the border.", &["as regards", "with regard to"])])
        .not(&["He sends regards."]),
    Rule::first("in-regard-to", &["in regard to", "with regard to"], "The two phrases are one.")
        .matches(&[("They agreed in regard to the border.", &["in regard to", "with regard to"])])
        .not(&["They hold it in high regard."]),
    Rule::either(
        "for-the-purposes-of",
        &["for the purposes of", "for the purpose of"],
        "Before the text that a rule is made for both open the same frame.",
    )
    .when(|view, at| view.provision_follows(at))
    .matches(&[(
        "For the purpose of this Agreement, a day is a calendar day.",
        &["For the purposes of", "For the purpose of"],
    )])
    .not(&["They met for the purpose of trade."]),
    Rule::words(
        "each-of-the",
        &["each", "either", "neither", "any"],
        each_of,
        "Of a party among the parties both forms name one at a time.",
    )
    .matches(&[
        ("Each of the Parties shall keep a list.", &["of the Parties", "Party"]),
        ("It is sent to either of the Contracting Parties.", &["of the Contracting Parties", "Contracting Party"]),
    ])
    .not(&["Any of the Parties are free to go.", "Each of the Parties' lists is old.", "Each of the chairs spoke."]),
    Rule::words(
        "date-of-the",
        &["entry", "receipt", "signature", "deposit", "adoption", "publication", "accession", "completion", "termination",
            "ratification", "expiry", "expiration", "notification"],
        date_of,
        "Behind these prepositions the article before the name of an act may stand or go.",
    )
    .matches(&[
        ("It ends 30 days from the date of the entry into force of this text.", &["the ", ""]),
        ("It ends 30 days from the date of receipt of the letter.", &["", "the "]),
        ("After the entry into force of this text, they met.", &["the ", ""]),
    ])
    .not(&["The entry into force of this text is near.", "It is a date of expiry."]),
    Rule::words(
        "nominal",
        &["the", "implementing", "applying", "protecting", "promoting", "establishing", "adopting", "enforcing",
            "eliminating", "removing", "preserving", "achieving"],
        nominal,
        "Behind a preposition the noun of an action and its form in -ing name the same act.",
    )
    .matches(&[
        ("They agreed on rules for the implementation of the accord.", &["the implementation of", "implementing"]),
        ("It is a step in implementing the accord.", &["the implementation of", "implementing"]),
    ])
    .not(&[
        "They agreed on the implementation of the accord.",
        "It serves for the protection of trade and the use of roads.",
        "They met for implementing and enforcing it.",
    ]),
    Rule::words(
        "the-ing-of",
        &["the"],
        |view, index| {
            const ACTS: &[&str] =
                &["strengthening", "granting", "monitoring", "processing", "sharing", "broadening", "deepening", "drafting"];
            const BEFORE: &[&str] = &["for", "of", "to", "by", "through", "on", "at", "including", "in"];
            let act = view.shown(index + 1);
            let at = At { first: index, next: index + 3 };
            let of = view.shown(index + 2) == "of" && view.gap(index) == " " && view.gap(index + 1) == " ";
            let led = BEFORE.contains(&view.before(index, 1)) && view.shown(index) == "the";
            let row = (0..9).any(|i| view.after(at, i) == "and" && view.after(at, i + 1) == "the");
            let range = view.words[index].range.start..view.words.get(index + 2)?.range.end;
            (of && led && !row && ACTS.contains(&act) && !view.after(at, 0).is_empty())
                .then(|| Found::new(range, &[&format!("the {act} of"), act], 0))
        },
        "Behind a preposition the article and the preposition of a form in -ing may stand or go.",
    )
    .matches(&[("It leads to the strengthening of trade.", &["the strengthening of", "strengthening"])])
    .not(&["The strengthening of trade is near.", "It leads to the strengthening of trade and the closing of gates."]),
    Rule::either(
        "where-necessary",
        &["where necessary", "if necessary"],
        "Set off inside a sentence both keep what is said to the cases that call for it.",
    )
    .when(|view, at| set_off(view, at) && !view.opens_sentence(at))
    .matches(&[(
        "They shall meet and, if necessary, vote on it.",
        &["where necessary", "if necessary"],
    )])
    .not(&["They do not know if necessary steps were taken."]),
    Rule::either(
        "where-appropriate",
        &["where appropriate", "when appropriate"],
        "Set off, both keep what is said to the cases that call for it.",
    )
    .when(set_off)
    .matches(&[("It may act, where appropriate, on requests.", &["where appropriate", "when appropriate"])])
    .not(&["They act where appropriate rules exist."]),
    Rule::either("same-manner", &["in the same manner as", "in the same way as"], "Both say that it is done alike.")
        .matches(&[("It is read in the same manner as the annex.", &["in the same manner as", "in the same way as"])])
        .not(&["It is the same manner."]),
    Rule::either("manner-in-which", &["the manner in which", "the way in which"], "Both say how something is done.")
        .when(|view, at| !view.after(at, 0).is_empty())
        .matches(&[("It sets out the manner in which lists are kept.", &["the manner in which", "the way in which"])])
        .not(&["It is the manner of the house."]),
    Rule::words(
        "adjective-manner",
        &["manner", "way"],
        adjective_manner,
        "Behind these adjectives both say how something is done.",
    )
    .matches(&[("They act in a transparent manner.", &["manner", "way"])])
    .not(&["They act in a timely manner.", "It is a long way.", "In a small way, it works."]),
    Rule::either("timely-manner", &["in a timely manner", "in a timely fashion"], "Both say that it is done in time.")
        .matches(&[("They reply in a timely manner.", &["in a timely manner", "in a timely fashion"])])
        .not(&["It was a timely reply."]),
    Rule::either("inter-alia", &["inter alia", "among other things"], "The Latin and the English words are one.")
        .when(|view, at| {
            let open = view.comma_before(at) || view.opens_sentence(at);
            open && view.stop_follows(at)
        })
        .matches(&[("They spoke, inter alia, of trade.", &["inter alia", "among other things"])])
        .not(&["He said among other things that it rained."]),
    Rule::first("in-so-far-as", &["in so far as", "to the extent that"], "Both set the same limit.")
        .when(|view, at| view.noun_phrase_follows(at) || grammar::PRONOUNS.contains(&view.after(at, 0)))
        .matches(&[("It holds in so far as the rules allow it.", &["in so far as", "to the extent that"])])
        .not(&["It lies in so far a land."]),
    Rule::first("insofar-as", &["insofar as", "to the extent that"], "Both set the same limit.")
        .when(|view, at| view.noun_phrase_follows(at) || grammar::PRONOUNS.contains(&view.after(at, 0)))
        .matches(&[("It holds insofar as the rules allow it.", &["insofar as", "to the extent that"])])
        .not(&["It is insofar new."]),
    Rule::first("in-case-of", &["in case of", "in the event of"], "Both name what may come.")
        .when(|view, at| {
            const EVENTS: &[&str] = &[
                "dispute", "disputes", "disagreement", "disagreements", "differences", "divergence", "divergences", "conflict",
                "conflicts", "failure", "lack", "breach", "violation", "infringement", "urgency", "emergency", "difficulties",
                "termination", "withdrawal", "default", "contradiction", "contradictions", "inconsistency", "discrepancy",
                "discrepancies", "disturbances", "war", "non-compliance", "nonobservance",
            ];
            let article = usize::from(["a", "an", "any"].contains(&view.after(at, 0)));
            EVENTS.contains(&view.after(at, article))
        })
        .matches(&[("In case of a dispute, they shall meet.", &["In case of", "In the event of"])])
        .not(&["In the case of Bern, it rained.", "Round it to one place or, in case of specific duties, to two."]),
    Rule::first("upon-event", &["upon", "on"], "Before the name of an act both name what comes just before.")
        .when(upon_event)
        .matches(&[("It ends upon termination of the accord.", &["upon", "on"])])
        .not(&["It depends upon termination of the accord.", "They fell upon him."]),
    Rule::words(
        "including-but",
        &["including"],
        |view, index| {
            let words = ["but", "not", "limited", "to"];
            let same = (0..4).all(|i| view.shown(index + 1 + i) == words[i]);
            let first = view.words.get(index)?.range.end;
            let last = view.words.get(index + 4)?;
            let plain = (1..4).all(|i| view.gap(index + i) == " ");
            let (before, behind) = (view.gap(index), view.gap(index + 4));
            let commas = before == ", " && behind == ", ";
            let none = before == " " && behind == " ";
            let end = last.range.end + usize::from(commas);
            (same && plain && (commas || none) && view.shown(index) == "including").then(|| {
                let forms = [", but not limited to,", " but not limited to"];
                Found::new(first..end, &forms, usize::from(none))
            })
        },
        "The insertion may stand between commas or without.",
    )
    .matches(&[("They sell goods, including but not limited to maps.", &[", but not limited to,", " but not limited to"])])
    .not(&["They sell goods, including maps.", "It is, including but not limited to: maps."]),
    Rule::first("referred-to-in", &["referred to in", "mentioned in"], "Before a provision both name the place where something stands.")
        .when(|view, at| {
            view.provision_follows(at) && !grammar::BE.contains(&view.before(at.first, 1))
                && !["as", "hereinafter", "hereafter", "or", "and"].contains(&view.before(at.first, 1))
        })
        .matches(&[("The duties referred to in paragraph 1 are lower.", &["referred to in", "mentioned in"])])
        .not(&["It was referred to in Bern.", "The board referred to in time."]),
    Rule::first("for-this-purpose", &["for this purpose,", "to this end,"], "At the head of a sentence both point back to the aim just named.")
        .when(|view, at| view.opens_sentence(at))
        .matches(&[("They agreed. For this purpose, they will meet.", &["For this purpose,", "To this end,"])])
        .not(&["They met for this purpose, not that."]),
    Rule::either("as-far-as-possible", &["as far as possible", "to the extent possible"], "Set off, both ask for as much as can be done.")
        .when(set_off)
        .matches(&[("They shall, as far as possible, meet in Bern.", &["as far as possible", "to the extent possible"])])
        .not(&["They went as far as they could.", "They must, as far as possible in advance, give notice."]),
    Rule::either("where-feasible", &["where feasible", "when feasible"], "Set off, both keep what is said to the cases that allow it.")
        .when(set_off)
        .matches(&[("They shall remove, where feasible, such rules.", &["where feasible", "when feasible"])])
        .not(&["It is where feasible plans begin."]),
    Rule::words(
        "such-those",
        &["such"],
        such,
        "Behind an earlier mention of the same noun both point back to what was just named.",
    )
    .formal()
    .matches(&[
        ("A Party may take measures to that end. The board shall review such measures.", &["such", "those"]),
    ])
    .not(&[
        "The board may grant a permit. It is valid, provided such permit is not lost.",
        "The board may grant permits. It may revoke any such permits.",
        "A Party may take measures. It takes such measures as are needed.",
        "The board shall review such measures.",
        "Attacks were met. They plan for future such attacks.",
        "Actions were taken. They shall take such actions in Bern as may be necessary.",
    ]),
    Rule::first("pursuant-this", &["pursuant to", "under"], "Before a provision both name the law that something rests on.")
        .when(|view, at| {
            view.provision_follows(at) && !view.is_near(at, 14, &["pursuant", "under"])
                && !["authority", "vested"].contains(&view.before(at.first, 1))
        })
        .matches(&[("A list made pursuant to this Article is kept.", &["pursuant to", "under"])])
        .not(&["They act pursuant to a plan.", "It is due under Article 5 or pursuant to this Article."]),
];

/// Verbs with which *within* is one: what falls within a thing does not fall in it.
const COMES: &[&str] = &[
    "come", "comes", "came", "coming", "fall", "falls", "fell", "falling", "fallen", "remain", "remains",
    "lie", "lies",
];

/// Whether a phrase is parted from what follows, and from what stands before by a comma or *and*.
fn set_off(view: &View<'_>, at: At) -> bool {
    let open = view.comma_before(at) || view.opens_sentence(at);
    open && view.stop_follows(at)
}

/// `in accordance with the provisions of Article 5`, and `… with Article 6` where the text says both.
fn provisions_of(view: &View<'_>, index: usize) -> Option<Found> {
    const BEFORE: &[&str] = &["with", "under", "to", "by", "of", "in"];
    const FRAMES: &[(&str, &str)] =
        &[("accordance", "with"), ("subject", "to"), ("pursuant", "to"), ("prejudice", "to")];
    let governor = view.before(index, 1);
    if view.shown(index) == "the" {
        let at = At { first: index, next: index + 3 };
        let frame = view.shown(index + 1) == "provisions" && view.shown(index + 2) == "of";
        let joined = (index..index + 3).all(|i| view.gap(i) == " ");
        let range = view.words[index].range.start..view.words.get(index + 3)?.range.start;
        let counted =
            ["none", "any", "some", "most", "one", "all", "each", "many"].contains(&view.before(index, 2));
        let fits = frame && joined && BEFORE.contains(&governor) && !counted && view.provision_follows(at);
        return fits.then(|| Found::new(range, &["the provisions of ", ""], 0));
    }
    let at = At { first: index, next: index };
    let frame = FRAMES.contains(&(view.before(index, 2), governor));
    let named = view.provision_follows(at) && view.after(at, 0) != "the";
    let start = view.words[index].range.start;
    (frame && named && view.seen.provisions_of)
        .then(|| Found::new(start..start, &["", "the provisions of "], 0))
}

/// `each of the Contracting Parties`
fn each_of(view: &View<'_>, index: usize) -> Option<Found> {
    const PAIRS: &[(&str, &str)] = &[
        ("Contracting Parties", "Contracting Party"),
        ("Contracting States", "Contracting State"),
        ("Member States", "Member State"),
        ("Member Countries", "Member Country"),
        ("Parties", "Party"),
    ];
    let start = view.words.get(index + 1)?.range.start;
    let rest = view.rest(start).strip_prefix("of the ")?;
    let (plural, singular) = PAIRS.iter().find(|(plural, _)| rest.starts_with(plural))?;
    let behind = &rest[plural.len()..];
    let whole = behind.is_empty() || behind.starts_with([' ', '.', ',', ';', ':']);
    // The verb behind must be one that does not change.
    const BEHIND: &[&str] = &[
        " shall", " may", " will", " in ", " from ", " by ", " for ", " at ", " on ", " with ", " under ",
        " or ", " which ", " that ",
    ];
    let several = behind.starts_with(' ') && !BEHIND.iter().any(|word| behind.starts_with(word));
    let long = format!("of the {plural}");
    let fits = whole && !several && view.gap(index) == " " && view.before(index, 1) != "for";
    fits.then(|| Found::new(start..start + long.len(), &[&long, singular], 0))
}

/// `the date of (the) entry into force of`
fn date_of(view: &View<'_>, index: usize) -> Option<Found> {
    const BEFORE: &[&str] = &["after", "from", "before", "until", "upon", "since", "following", "on"];
    let entry = view.shown(index) == "entry";
    if entry && !(view.shown(index + 1) == "into" && view.shown(index + 2) == "force") {
        return None;
    }
    let last = if entry { index + 2 } else { index };
    let of = view.after(At { first: index, next: last + 1 }, 0) == "of";
    let the = view.before(index, 1) == "the" && view.shown(index - 1) == "the";
    let noun = if the { index - 1 } else { index };
    let dated =
        view.before(noun, 1) == "of" && view.before(noun, 2) == "date" && view.before(noun, 3) == "the";
    let led = dated || entry && BEFORE.contains(&view.before(noun, 1));
    let plain = view.shown(index) == view.word(index);
    let start = view.words[noun].range.start;
    if !of || !led || !plain || noun == 0 || view.gap(noun - 1) != " " {
        return None;
    }
    match the {
        true if view.gap(noun) == " " => {
            Some(Found::new(start..view.words[index].range.start, &["the ", ""], 0))
        }
        true => None,
        false => Some(Found::new(start..start, &["", "the "], 0)),
    }
}

/// `for the implementation of the accord`, `for implementing the accord`
fn nominal(view: &View<'_>, index: usize) -> Option<Found> {
    const ACTS: &[(&str, &str)] = &[
        ("implementation", "implementing"),
        ("application", "applying"),
        ("protection", "protecting"),
        ("promotion", "promoting"),
        ("establishment", "establishing"),
        ("adoption", "adopting"),
        ("enforcement", "enforcing"),
        ("elimination", "eliminating"),
        ("removal", "removing"),
        ("preservation", "preserving"),
        ("achievement", "achieving"),
    ];
    const LEAD: &[&str] = &[
        "measures",
        "measure",
        "procedures",
        "procedure",
        "mechanisms",
        "mechanism",
        "necessary",
        "responsible",
        "responsibility",
        "rules",
        "arrangements",
        "provisions",
        "schedule",
        "timetable",
        "programme",
        "programmes",
        "program",
        "programs",
        "plan",
        "plans",
        "conditions",
        "basis",
        "framework",
        "instruments",
        "guidelines",
        "required",
        "needed",
        "system",
    ];
    const AIDS: &[&str] = &[
        "progress",
        "cooperation",
        "co-operation",
        "operations",
        "assistance",
        "role",
        "difficulties",
        "step",
        "experience",
    ];
    match view.before(index, 1) {
        "for" if LEAD.contains(&view.before(index, 2)) => {}
        "in" if AIDS.contains(&view.before(index, 2))
            || index == 1
            || view.before(index, 2).is_empty()
                && view.begins_sentence(view.words[index - 1].range.start) => {}
        _ => return None,
    }
    let long = view.shown(index) == "the";
    let last = if long { index + 2 } else { index };
    let act = ACTS
        .iter()
        .find(|(noun, ing)| view.shown(index + usize::from(long)) == if long { *noun } else { *ing })?;
    let joined = (index..last).all(|i| view.gap(i) == " ");
    let of = !long || view.shown(last) == "of";
    let at = At { first: index, next: last + 1 };
    let next = view.after(at, 0);
    let formula = view.after(at, 1) == "essential";
    let object = !formula && (DEFINITE.contains(&next) || ["any", "such", "a", "an"].contains(&next));
    // "The application of tariffs" may be anybody's; a definite object is this text's own business.
    let row = (0..10).any(|i| ["and", "or"].contains(&view.after(at, i)));
    let range = view.words[index].range.start..view.words.get(last)?.range.end;
    (joined && of && object && !row)
        .then(|| Found::new(range, &[&format!("the {} of", act.0), act.1], usize::from(!long)))
}

/// `in a transparent manner`
fn adjective_manner(view: &View<'_>, index: usize) -> Option<Found> {
    const HOW: &[&str] = &[
        "transparent",
        "coordinated",
        "balanced",
        "consistent",
        "responsible",
        "sustainable",
        "orderly",
        "comprehensive",
        "predictable",
        "similar",
        "different",
        "constructive",
        "effective",
        "efficient",
        "fair",
        "equitable",
        "coherent",
        "systematic",
        "uniform",
        "flexible",
        "meaningful",
        "integrated",
        "cooperative",
    ];
    let original = ["manner", "way"].iter().position(|form| *form == view.shown(index))?;
    let how = HOW.contains(&view.before(index, 1));
    let article = ["a", "an"].contains(&view.before(index, 2)) && view.before(index, 3) == "in";
    (how && article).then(|| Found::new(view.words[index].range.clone(), &["manner", "way"], original))
}

/// `upon termination of`, `upon the entry into force of`
fn upon_event(view: &View<'_>, at: At) -> bool {
    const ACTS: &[&str] = &[
        "termination",
        "expiry",
        "expiration",
        "accession",
        "signature",
        "ratification",
        "notification",
        "delivery",
        "presentation",
        "release",
        "adoption",
        "conclusion",
        "payment",
        "approval",
        "publication",
        "acceptance",
        "confirmation",
        "appointment",
        "submission",
        "entry",
        "importation",
        "exportation",
    ];
    const LEAN: &[&str] = &[
        "depend",
        "depends",
        "depending",
        "dependent",
        "rely",
        "relies",
        "based",
        "contingent",
        "conditional",
        "decide",
        "decided",
        "decision",
        "agreed",
        "agree",
        "insist",
        "impose",
        "imposed",
        "levied",
        "tax",
        "call",
        "rest",
        "rests",
        "turn",
        "turns",
        "effect",
        "impact",
        "conditioned",
        "predicated",
        "focus",
        "reflect",
    ];
    let next = view.after(at, usize::from(view.after(at, 0) == "the"));
    let entry = next != "entry" || (1..3).any(|i| view.after(at, i) == "into");
    let named = ACTS.contains(&next) && !is_plural(next) && entry;
    named && !LEAN.contains(&view.before(at.first, 1))
}

/// `such measures`, where *measures* stands a few words before
fn such(view: &View<'_>, index: usize) -> Option<Found> {
    const LOOK_WORDS: usize = 45;
    const NEVER_BEFORE: &[&str] = &[
        "any", "no", "all", "other", "one", "each", "every", "two", "some", "many", "of", "as", "or",
        "several", "few", "most", "first", "and", "is", "are",
    ];
    const NEVER_NEXT: &[&str] =
        &["as", "that", "which", "who", "of", "other", "an", "a", "and", "or", "where", "in"];
    let noun = view.word(index + 1);
    let at = At { first: index, next: index + 2 };
    let plural = is_plural(noun);
    let lower = view.shown(index) == "such" && view.shown(index + 1) == noun && view.is_joined(index);
    let known = plural && noun.len() > 4;
    let stem = noun.trim_end_matches('s').trim_end_matches("ie").trim_end_matches('y');
    let same = |i: usize| {
        let word = view.word(i);
        word.strip_prefix(stem).is_some_and(|rest| ["", "s", "y", "ies", "es"].contains(&rest))
    };
    let named = (index.saturating_sub(LOOK_WORDS)..index.saturating_sub(1)).any(same);
    let compound = view.after(at, 0).len() > 3
        && !FOLLOWING.contains(&view.after(at, 0))
        && !view.after(at, 0).ends_with("ed");
    let led = NEVER_BEFORE.contains(&view.before(index, 1)) && view.before(index, 1) != "of"
        || view.before(index, 1) == "of"
            && ["one", "any", "each", "some", "all"].contains(&view.before(index, 2));
    // "Future such attacks" has an adjective before.
    const QUALIFIED: &[&str] = &[
        "future", "further", "previous", "prior", "new", "more", "fewer", "certain", "similar", "existing",
        "first", "next", "last", "major", "recent", "another", "only", "earlier", "later", "three", "four",
        "five", "ten", "than", "been", "being", "be",
    ];
    let qualified = QUALIFIED.contains(&view.before(index, 1))
        || ["al", "ive", "ous", "able", "ible", "ic", "ary", "ent"]
            .iter()
            .any(|end| view.before(index, 1).ends_with(end))
            && !["implement", "prevent", "present", "supplement", "document", "appeal"]
                .contains(&view.before(index, 1));
    // "Take such actions … as may be necessary": the word points ahead, however far.
    let clause = view.clause(index);
    let ahead = [
        " as may ",
        " as are ",
        " as is ",
        " as he ",
        " as she ",
        " as it ",
        " as they ",
        " as shall ",
        " as the ",
        " as will ",
    ]
    .iter()
    .any(|word| clause.contains(word));
    let led = led
        || ahead
        || ["designate", "appoint", "prescribe", "promulgate", "employ"].contains(&view.before(index, 1));
    // "So that such imports will not threaten" are the words of a law.
    let led = led || view.before(index, 1) == "that" && view.before(index, 2) == "so";
    let hyphen = view.gap(index + 1).starts_with('-');
    if !lower
        || !known
        || !named
        || compound
        || qualified
        || led
        || hyphen
        || NEVER_NEXT.contains(&view.after(at, 0))
    {
        return None;
    }
    Some(Found::new(view.words[index].range.clone(), &["such", "those"], 0))
}

/// What may follow a noun that stands alone.
const FOLLOWING: &[&str] = &[
    "shall", "will", "must", "would", "should", "does", "have", "been", "were", "from", "with", "under",
    "into", "within", "through", "upon", "until", "during", "after", "before", "when", "unless", "provided",
    "only", "also", "against", "between", "without", "they", "this", "because", "while", "than",
];
