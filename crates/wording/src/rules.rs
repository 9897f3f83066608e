//! Per-site rules of English: places at which two wordings say the same and read as well.
//!
//! A rule is a row of [`PHRASES`] or one of the few that need a look around ([`Kind`]). It says why its variants
//! mean the same, where it must match and where it must not; a test goes through all of them. What is not in
//! here on purpose: dialect (towards/toward, whilst), open lists of synonyms, modals, anything inside quotation
//! marks, names, headings, numbers and defined terms.

pub(crate) mod engine;

/// How a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any of the forms may stand in the text; each may replace the other.
    Either,
    /// Only the first form is recognised: the others have other uses, too.
    First,
}

/// What must stand around a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// Anything.
    Any,
    /// The next word is a number in digits.
    Number,
    /// The next word is a number or a span of time: `three`, `few`, `decade`.
    Time,
    /// The next word is one of a noun phrase's beginnings, not a verb or a preposition.
    NounPhrase,
}

/// A rule: several wordings of one thing.
#[derive(Debug, Clone, Copy)]
pub struct Phrase {
    /// The rule's name.
    pub name: &'static str,
    /// The wordings, in lower case.
    pub forms: &'static [&'static str],
    /// How it matches.
    pub kind: Kind,
    /// What must follow.
    pub around: Around,
    /// Words that must not stand directly before.
    pub not_after: &'static [&'static str],
    /// Words that must not stand directly behind.
    pub not_before: &'static [&'static str],
    /// Why the forms mean the same and read as well.
    pub reason: &'static str,
    /// A sentence in which it matches, once.
    pub matches: &'static str,
    /// A sentence in which it does not.
    pub not: &'static str,
}

const fn phrase(
    name: &'static str,
    forms: &'static [&'static str],
    kind: Kind,
    reason: &'static str,
    matches: &'static str,
    not: &'static str,
) -> Phrase {
    Phrase { name, forms, kind, around: Around::Any, not_after: &[], not_before: &[], reason, matches, not }
}

impl Phrase {
    const fn around(mut self, around: Around) -> Phrase {
        self.around = around;
        self
    }
    const fn not_after(mut self, words: &'static [&'static str]) -> Phrase {
        self.not_after = words;
        self
    }
    const fn not_before(mut self, words: &'static [&'static str]) -> Phrase {
        self.not_before = words;
        self
    }
}

use Around::{NounPhrase, Number, Time};
use Kind::{Either, First};

/// The rules, in the order in which they are tried at one place: longer ones first.
pub const PHRASES: &[Phrase] = &[
    phrase(
        "until-such-time",
        &["until such time as", "until"],
        First,
        "The long form adds nothing but length.",
        "It stays until such time as both sides object.",
        "It stays until noon.",
    ),
    phrase(
        "in-the-event-that",
        &["in the event that", "if"],
        First,
        "Both open the same condition.",
        "In the event that talks fail, the text lapses.",
        "In that event the text lapses.",
    ),
    phrase(
        "in-the-course-of",
        &["in the course of", "during"],
        First,
        "Both place something within a stretch of time.",
        "He left in the course of the second round.",
        "The course of the river is fixed.",
    )
    .around(NounPhrase),
    phrase(
        "in-order-to",
        &["in order to", "to"],
        First,
        "Both give the purpose of what stands before.",
        "They met in order to prepare the talks.",
        "The papers are in order.",
    )
    .not_after(&["not", "so", "as"]),
    phrase(
        "with-respect-to",
        &["with respect to", "regarding", "concerning"],
        First,
        "All three say what something is about.",
        "Questions with respect to the border remain.",
        "They listened with respect.",
    )
    .around(NounPhrase)
    .not_after(&["and", "or", "except", "especially", "both", "only"]),
    phrase(
        "with-regard-to",
        &["with regard to", "regarding", "concerning"],
        First,
        "All three say what something is about.",
        "Questions with regard to the border remain.",
        "They listened with regard.",
    )
    .around(NounPhrase)
    .not_after(&["and", "or", "except", "especially", "both", "only"]),
    phrase(
        "past-last-over",
        &["over the past", "over the last", "during the past", "during the last"],
        Either,
        "Each of the four names the same stretch of time up to now.",
        "Prices rose over the past three years.",
        "He stepped over the last stone.",
    )
    .around(Time),
    phrase(
        "no-later-than",
        &["no later than", "not later than"],
        Either,
        "Both set the same latest time.",
        "Answers are due no later than Friday.",
        "It is no later now.",
    ),
    phrase(
        "prior-to",
        &["prior to", "before"],
        First,
        "Both put one thing earlier than another.",
        "They spoke prior to the vote.",
        "A prior agreement exists.",
    )
    .not_after(&[
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "hours",
        "just",
        "immediately",
        "shortly",
        "long",
    ]),
    phrase(
        "subsequent-to",
        &["subsequent to", "after"],
        First,
        "Both put one thing later than another.",
        "Subsequent to the vote they left.",
        "Subsequent votes failed.",
    ),
    phrase(
        "set-forth",
        &["set forth in", "set out in"],
        Either,
        "Both say that a text lays something down.",
        "The terms set forth in the annex apply.",
        "They set forth at dawn.",
    ),
    phrase(
        "each-other",
        &["each other", "one another"],
        Either,
        "The old distinction between two and more is not observed in good prose.",
        "The two sides trust each other.",
        "Each trusts the other.",
    )
    .not_before(&["'s", "’s"]),
    phrase(
        "as-if",
        &["as if", "as though"],
        Either,
        "Both open the same comparison.",
        "She spoke as if nothing had happened.",
        "It is the same as before.",
    )
    .not_after(&["not", "such", "same"])
    .not_before(&["by", "to", "it", "necessary", "needed", "not"]),
    phrase(
        "in-spite-of",
        &["in spite of", "despite"],
        Either,
        "Both concede the same thing.",
        "They met in spite of the storm.",
        "Out of spite he left.",
    ),
    phrase(
        "taking-account",
        &["taking into account", "taking account of"],
        Either,
        "Both say that something is considered.",
        "It was drawn up taking into account the annex.",
        "They opened a joint account.",
    )
    .around(NounPhrase),
    phrase(
        "approximately-number",
        &["approximately", "about"],
        First,
        "Before a figure in digits both round it the same way.",
        "The dam released approximately 310 tons.",
        "They spoke approximately as before.",
    )
    .around(Number)
    .not_after(&["of", "to"]),
    phrase(
        "more-than-number",
        &["more than", "over"],
        First,
        "Before a figure in digits both mean the same excess.",
        "The fund holds more than 400 claims.",
        "It is more than likely.",
    )
    .around(Number)
    .not_after(&["no", "not", "any", "little", "by"]),
    phrase(
        "upon-request",
        &["upon request", "on request"],
        Either,
        "In this fixed frame the two prepositions are one.",
        "Copies are sent upon request.",
        "It was made at our request.",
    ),
    phrase(
        "based-on",
        &["based upon", "based on"],
        Either,
        "In this fixed frame the two prepositions are one.",
        "The text is based on the draft.",
        "The fleet has its base there.",
    ),
    phrase(
        "everyone",
        &["everyone", "everybody"],
        Either,
        "The two pronouns are used alike.",
        "Everyone agreed.",
        "Every one of them agreed.",
    )
    .not_before(&["of", "else's", "'s", "’s"]),
    phrase(
        "someone",
        &["someone", "somebody"],
        Either,
        "The two pronouns are used alike.",
        "Someone had spoken.",
        "Some one thing was missing.",
    )
    .not_before(&["of"]),
    phrase(
        "anyone",
        &["anyone", "anybody"],
        Either,
        "The two pronouns are used alike.",
        "He asked whether anyone objected.",
        "Any one of them may object.",
    )
    .not_before(&["of"]),
    phrase(
        "no-one",
        &["no one", "nobody"],
        Either,
        "The two pronouns are used alike.",
        "No one objected.",
        "No single one objected.",
    )
    .not_before(&["of", "side", "party", "country", "person", "state", "thing", "else's"]),
    phrase(
        "although",
        &["although", "though"],
        First,
        "Both open the same concession.",
        "They agreed, although the text was long.",
        "It was, though, too long.",
    )
    .not_after(&["even", "as"]),
    phrase(
        "in-addition",
        &["in addition,", "additionally,"],
        Either,
        "Both add a further point.",
        "In addition, the sides agreed on a date.",
        "In addition to that, they met.",
    ),
    phrase(
        "at-this-time",
        &["at this time", "at present"],
        Either,
        "Both mean now, in records and notes.",
        "No visit is planned at this time.",
        "At this time of year it rains.",
    )
    .not_before(&["of", "last", "next", "the", "when"]),
    phrase(
        "whether-if-asked",
        &["asked whether", "asked if"],
        Either,
        "After this verb both open the same question.",
        "She asked whether the text was final.",
        "He would be asked if necessary.",
    )
    .not_before(&["or", "and", "necessary", "needed", "possible", "not", "so", "to"]),
    phrase(
        "also-will",
        &["will also", "also will"],
        Either,
        "The adverb may stand on either side of the auxiliary.",
        "They will also remain in contact.",
        "He will remain.",
    )
    .not_before(&["be", "not"]),
    phrase(
        "also-would",
        &["would also", "also would"],
        Either,
        "The adverb may stand on either side of the auxiliary.",
        "They would also remain in contact.",
        "He would remain.",
    )
    .not_before(&["be", "not"]),
    phrase(
        "also-had",
        &["had also", "also had"],
        Either,
        "The adverb may stand on either side of the auxiliary.",
        "They had also remained in contact.",
        "He had remained.",
    )
    .not_before(&["to", "a", "an", "the", "no", "some", "his", "her", "its", "their", "been", "not"]),
];

/// Verbs of saying and thinking after which `that` may be left out before a subject.
pub const THAT_VERBS: &[&str] = &[
    "said",
    "says",
    "agreed",
    "believed",
    "believes",
    "thought",
    "felt",
    "hoped",
    "hopes",
    "knew",
    "added",
    "explained",
    "confirmed",
    "replied",
    "stressed",
    "insisted",
    "acknowledged",
    "announced",
    "recalled",
];
/// Words that begin a subject and nothing else after those verbs.
pub const SUBJECTS: &[&str] =
    &["he", "she", "they", "we", "it", "there", "his", "its", "their", "our", "the"];
/// Pronouns that stand before a finite verb.
pub const PRONOUNS: &[&str] = &["he", "she", "they", "we", "it", "there"];
/// Finite verbs by which a clause is recognised after a pronoun.
pub const FINITE: &[&str] = &[
    "was", "were", "had", "would", "could", "should", "might", "must", "did", "is", "are", "has", "have",
    "will", "can", "may",
];

/// Contractions, used only in a document that has some: the long form and the short.
pub const CONTRACTIONS: &[(&str, &str)] = &[
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("did not", "didn't"),
    ("is not", "isn't"),
    ("are not", "aren't"),
    ("was not", "wasn't"),
    ("were not", "weren't"),
    ("has not", "hasn't"),
    ("have not", "haven't"),
    ("had not", "hadn't"),
    ("would not", "wouldn't"),
    ("could not", "couldn't"),
    ("should not", "shouldn't"),
    ("cannot", "can't"),
    ("will not", "won't"),
];
