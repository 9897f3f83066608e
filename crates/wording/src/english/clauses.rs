//! Optional *that*, and verb forms that may stand for each other.

use super::grammar::{self, DEFINITE, FINITE, PRONOUNS};
use crate::rules::Rule;
use crate::rules::view::{At, Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "optional-that",
        SAYING,
        optional_that,
        "Behind these verbs the conjunction may stand or go; the clause that follows is recognised by its verb.",
    )
    .matches(&[
        ("He said that he would come.", &["that ", ""]),
        ("He said he would come.", &["", "that "]),
        ("She said that the dam was safe.", &["that ", ""]),
        ("It means that the dam was safe.", &["that ", ""]),
        ("They agreed this could be a step.", &["", "that "]),
        ("They noted the talks had been useful.", &["", "that "]),
    ])
    .not(&[
        "It was said that he would come.",
        "She said that.",
        "He said it.",
        "They agreed that the dam was safe.",
        "as she said he would be",
        "She felt that way.",
        "It is sent in the hope that it will help.",
        "the things which he said they had done",
        "She said that he would come and that they would wait.",
        "“No,” said the man who would know.",
        "They left, you know they would.",
        "It is something I think we need.",
        "They can't believe they did it.",
        "They emphasized the strong bond they have.",
        "They noted the good effects this work has had.",
    ]),
    Rule::words(
        "make-sure-that",
        &["sure"],
        make_sure,
        "Behind *make sure* the conjunction may stand or go.",
    )
    .matches(&[
        ("They must make sure that it is safe.", &["that ", ""]),
        ("They made sure the lists were complete.", &["", "that "]),
    ])
    .not(&["They are sure of it.", "They made sure of the lists."]),
    Rule::words(
        "certain-that",
        &["confident", "glad", "certain", "convinced", "pleased", "hopeful"],
        certain_that,
        "Behind these adjectives and before a pronoun the conjunction may stand or go.",
    )
    .matches(&[
        ("They are confident that they will agree.", &["that ", ""]),
        ("She was glad he had come.", &["", "that "]),
    ])
    .not(&["It is certain that the dam is safe.", "A certain he is here."]),
    Rule::words(
        "ensure-that",
        &["ensure", "ensures", "ensured", "ensuring"],
        ensure_that,
        "Before a pronoun the conjunction may stand or go.",
    )
    .matches(&[
        ("The lists ensure that they are paid.", &["that ", ""]),
        ("They ensure that all members have a list.", &["that ", ""]),
        ("They ensure the rules are kept.", &["", "that "]),
    ])
    .not(&[
        "They ensure that the rules are kept.",
        "They ensure it.",
        "They ensure the safety of people who are here.",
    ]),
    Rule::words(
        "all-that",
        &["everything", "anything", "something", "nothing"],
        everything_that,
        "Behind these pronouns a relative object may stand or go.",
    )
    .matches(&[
        ("Everything that they had said was noted.", &["that ", ""]),
        ("They noted everything he said.", &["", "that "]),
    ])
    .not(&["Everything that fell was noted.", "They said nothing, they left."]),
    Rule::words(
        "object-that",
        OBJECTS,
        object_that,
        "Behind these nouns, which take no clause of content, the pronoun of an object may stand or go.",
    )
    .matches(&[
        ("It is the work that they do in Bern.", &["that ", ""]),
        ("They thank the people we serve every day.", &["", "that "]),
    ])
    .not(&[
        "The fact that they left is known.",
        "In the work they took their time.",
        "After the talks they left.",
        "The people that fell were saved.",
        "It is a chance that they will come.",
        "They know from the people, they said, of it.",
    ]),
    Rule::first("way-that", &["the way that", "the way"], "The conjunction may go behind this noun.")
        .when(|view, at| {
            PRONOUNS.contains(&view.after(at, 0)) && !["by", "on", "all", "in", "such"].contains(&view.before(at.first, 1))
        })
        .matches(&[("He likes the way that they work.", &["the way that", "the way"])])
        .not(&["It is the way that leads home."]),
    Rule::first("time-that", &["time that", "time"], "Behind *the first time* and its like the conjunction may go.")
        .when(|view, at| {
            ["first", "second", "third", "last", "only"].contains(&view.before(at.first, 1)) && PRONOUNS.contains(&view.after(at, 0))
        })
        .matches(&[("It was the first time that they met.", &["time that", "time"])])
        .not(&["It is a time that they like."]),
    Rule::words(
        "also-position",
        &["also"],
        also_position,
        "The adverb may stand on either side of the auxiliary; before it is a habit of some, behind it is everybody's.",
    )
    .matches(&[
        ("They also would come.", &["would also", "also would"]),
        ("She also has proposed a list.", &["has also", "also has"]),
    ])
    .not(&["They will not only come but also will wait.", "He also had a list.", "They will also remain in contact.", "Also will you come.", "The sides shall also meet."]),
    Rule::words(
        "whiz",
        &["that", "who", "which"],
        relative_participle,
        "Before a participle with its preposition the relative pronoun and its verb may go.",
    )
    .matches(&[
        ("They list goods that are produced in the valley.", &["that are ", ""]),
        ("People who were displaced by the flood came back.", &["who were ", ""]),
    ])
    .not(&[
        "They said that are produced in the valley.",
        "It is the valley that is affected by the dam.",
        "Goods, which are produced in the valley, fell.",
        "All that is needed for peace is time.",
        "They list goods that are cheap in the valley.",
        "They list laws that are tied to and support the fund.",
        "It is the economy of Halvara that is tied to coal, integrated in it.",
        "They need plans for this valley that are agreed on by all.",
        "It has an economy in Halvara that is integrated in the valley.",
        "It bears the name of his son who was killed in March.",
    ]),
    Rule::words(
        "which-that",
        &["which"],
        which_that,
        "In a clause that defines its noun both pronouns are right.",
    )
    .matches(&[("The dispute which we resolved was old.", &["which", "that"])])
    .not(&[
        "The dispute, which we resolved, was old.",
        "The way in which we work.",
        "They asked which was the old one.",
        "They know which we prefer.",
    ]),
];

/// Nouns that no clause of content follows: *the work that they do*, never *the work that they left*.
const OBJECTS: &[&str] = &[
    "things",
    "people",
    "work",
    "steps",
    "tools",
    "issues",
    "challenges",
    "problems",
    "programs",
    "countries",
    "places",
    "areas",
    "investments",
    "resources",
    "measures",
    "actions",
    "goals",
    "values",
    "families",
    "partners",
    "communities",
    "jobs",
    "documents",
    "topics",
    "policies",
    "services",
    "systems",
    "ones",
    "kids",
    "children",
    "friends",
    "workers",
    "products",
    "goods",
    "progress",
    "freedoms",
    "sacrifices",
    "contributions",
    "efforts",
    "benefits",
    "opportunities",
    "relationship",
    "partnership",
    "partnerships",
    "world",
    "nation",
    "country",
    "support",
    "assistance",
    "care",
    "protections",
    "relief",
    "strategy",
    "agenda",
    "framework",
    "reforms",
    "changes",
    "gains",
    "threats",
    "crises",
    "crisis",
    "path",
    "role",
    "women",
    "men",
    "heroes",
    "veterans",
    "students",
    "individuals",
    "organizations",
    "allies",
    "tradition",
    "traditions",
    "legacy",
    "technologies",
    "infrastructure",
    "commitments",
    "ideals",
    "technology",
];
/// Verbs of saying and thinking; behind the first ones *that* may also go.
const SAYING: &[&str] = &[
    "said",
    "says",
    "agreed",
    "believed",
    "believes",
    "believe",
    "thought",
    "felt",
    "hoped",
    "hopes",
    "hope",
    "knew",
    "promised",
    "insisted",
    "feared",
    "admitted",
    "announced",
    "confirmed",
    "think",
    "means",
    "know",
    "knows",
    // Behind these it may come, but is missed where it goes.
    "noted",
    "added",
    "explained",
    "replied",
    "stressed",
    "recalled",
    "concluded",
    "warned",
    "stated",
    "emphasized",
    "acknowledged",
    "argued",
];
const THAT_MAY_GO: usize = 22;
/// Verbs that a bare noun phrase does not follow, so that a clause without *that* misleads nobody.
const BEFORE_NOUNS: &[&str] = &["said", "says", "think", "thought", "hope", "hopes", "hoped", "means"];
/// A pronoun and its verb in one word.
const SHORT: &[&str] = &[
    "it's", "we're", "they're", "he's", "she's", "there's", "i'm", "you're", "we'll", "they'll", "i'll",
    "we've", "they've", "i've",
];

fn optional_that(view: &View<'_>, index: usize) -> Option<Found> {
    if !SAYING.contains(&view.shown(index)) || is_passive_or_relative(view, index) || is_inverted(view, index)
    {
        return None;
    }
    let says_that = view.word(index + 1) == "that" && view.is_joined(index);
    if !says_that {
        return insert_that(view, index);
    }
    let at = At { first: index, next: index + 2 };
    let may_go = SAYING[..THAT_MAY_GO].contains(&view.word(index));
    let pronoun = opens_clause(view, at);
    let noun = BEFORE_NOUNS.contains(&view.word(index))
        && DEFINITE.contains(&view.after(at, 0))
        && view.clause_follows(at);
    if !may_go || !(pronoun || noun) {
        return None;
    }
    remove_that(view, index + 1)
}

/// Whether a pronoun opens a clause: one that can only be a subject, or another before a finite verb.
fn opens_clause(view: &View<'_>, at: At) -> bool {
    let (next, verb) = (view.after(at, 0), view.after(at, 1));
    let nominative = ["he", "she", "they", "we", "i"].contains(&next) && !verb.is_empty();
    nominative || (PRONOUNS.contains(&next) && FINITE.contains(&verb)) || SHORT.contains(&next)
}

/// Takes away the `that` at a word, unless the clause has a second one that leans on it.
pub(super) fn remove_that(view: &View<'_>, that: usize) -> Option<Found> {
    let clause = view.clause(that + 1);
    let leans = [" and that ", " or that ", " but that "].iter().any(|second| clause.contains(second));
    let range = view.words[that].range.start..view.words.get(that + 1)?.range.start;
    let plain = view.shown(that) == "that" && view.gap(that) == " ";
    (plain && !leans).then(|| Found::new(range, &["that ", ""], 0))
}

/// Puts `that` behind a word, where a subject and its verb follow.
fn insert_that(view: &View<'_>, index: usize) -> Option<Found> {
    const LOOK_WORDS: usize = 5;
    let at = At { first: index, next: index + 1 };
    let next = view.after(at, 0);
    let pronoun = opens_clause(view, at);
    let opens = DEFINITE.contains(&next) || ["all", "both", "any", "each"].contains(&next);
    let joint = |i: usize| {
        ["and", "or", "but", "that", "which", "who", "to", "as", "when", "while"].contains(&view.after(at, i))
    };
    let verb = (1..=LOOK_WORDS).take_while(|&i| !joint(i)).find(|&i| FINITE.contains(&view.after(at, i)));
    let demonstrative = ["this", "these", "those"].contains(&next) && FINITE.contains(&view.after(at, 1));
    // "The bond they have" has its own subject: what follows the first verb is a thing, and no clause.
    let relative = verb.is_some_and(|i| {
        PRONOUNS.contains(&view.after(at, i - 1)) || (1..i).any(|j| DEFINITE.contains(&view.after(at, j)))
    });
    let noun = opens && !relative && verb.is_some_and(|i| i >= 2);
    let spaced = view.gap(index) == " ";
    let start = view.words.get(index + 1)?.range.start;
    (spaced && (pronoun || noun || demonstrative)).then(|| Found::new(start..start, &["", "that "], 0))
}

/// Whether the verb is passive, or stands in a clause into which another `that` would not fit.
pub(super) fn is_passive_or_relative(view: &View<'_>, index: usize) -> bool {
    const OPENERS: [&str; 12] =
        ["as", "than", "what", "which", "who", "whom", "where", "how", "whatever", "did", "do", "does"];
    const LOOK_WORDS: usize = 5;
    // "The hope that it holds" is a noun.
    let before = view.before(index, 1);
    // "Hold on to hope that" is a noun, too.
    let noun = ["hope", "hopes"].contains(&view.word(index)) && !PRONOUNS.contains(&before);
    let be = noun || grammar::BE.contains(&before) || grammar::DETERMINERS.contains(&before);
    let clause_start = index.saturating_sub(LOOK_WORDS);
    // "Something I think we need" has a gap that the conjunction would close.
    const OPEN: &[&str] = &[
        "", "and", "but", "so", "because", "if", "when", "well", "now", "then", "also", "again", "yes",
        "yeah", "today",
    ];
    let gap = PRONOUNS.contains(&before) && !OPEN.contains(&view.before(index, 2));
    // "I can't believe they did" is a cry.
    let marvel = ["can't", "cannot", "couldn't"].contains(&before);
    // "You know" fills a pause.
    let filler = before == "you" && view.word(index) == "know";
    be || gap
        || filler
        || marvel
        || (clause_start..index)
            .any(|i| OPENERS.contains(&view.word(i)) || (view.word(i) == "that" && i + 3 >= index))
}

/// `…,” said the man`: the words before are what was said.
fn is_inverted(view: &View<'_>, index: usize) -> bool {
    index == 0 || view.gap(index - 1).contains([',', '”', '"', '’', '—', '–', '(', '?', '!'])
}

/// `the work that they do`: behind *the* and a noun, before a pronoun that can only be a subject.
fn object_that(view: &View<'_>, index: usize) -> Option<Found> {
    const OPENERS: &[&str] = &[
        "after", "before", "during", "until", "since", "at", "on", "with", "without", "besides", "among",
        "from", "in",
    ];
    let article = ["the", "those", "these"].contains(&view.before(index, 1));
    let governor = view.before(index, 2);
    let opened = governor.is_empty() || view.before(index, 3).is_empty() || OPENERS.contains(&governor);
    let that = view.word(index + 1) == "that" && view.is_joined(index);
    let at = At { first: index, next: index + 1 + usize::from(that) };
    let subject =
        ["we", "they", "he", "she", "i"].contains(&view.after(at, 0)) && !view.after(at, 1).is_empty();
    if !article || !subject || (opened && !that) {
        return None;
    }
    if that {
        return remove_that(view, index + 1);
    }
    let start = view.words.get(index + 1)?.range.start;
    (view.gap(index) == " ").then(|| Found::new(start..start, &["", "that "], 0))
}

fn make_sure(view: &View<'_>, index: usize) -> Option<Found> {
    let made = ["make", "makes", "made", "making"].contains(&view.before(index, 1));
    let that = view.word(index + 1) == "that" && view.is_joined(index);
    let at = At { first: index, next: index + 2 };
    match (made, that) {
        (false, _) => None,
        (true, true) if view.clause_follows(at) => remove_that(view, index + 1),
        (true, true) => None,
        (true, false) => insert_that(view, index),
    }
}

fn certain_that(view: &View<'_>, index: usize) -> Option<Found> {
    let is = ["is", "are", "was", "were", "am", "i'm", "we're", "they're", "he's", "she's"];
    let (verb, subject) = (view.before(index, 1), view.before(index, 2));
    if !is.contains(&verb) || subject == "it" || subject == "that" {
        return None;
    }
    pronoun_clause(view, index)
}

fn ensure_that(view: &View<'_>, index: usize) -> Option<Found> {
    let that = view.word(index + 1) == "that" && view.is_joined(index);
    if that {
        let at = At { first: index, next: index + 2 };
        let quantified = short_clause(view, at, &["all", "every", "no"]);
        return if quantified { remove_that(view, index + 1) } else { pronoun_clause(view, index) };
    }
    let at = At { first: index, next: index + 1 };
    let start = view.words.get(index + 1)?.range.start;
    let spaced = view.gap(index) == " ";
    (spaced && short_clause(view, at, DEFINITE_OR_ALL)).then(|| Found::new(start..start, &["", "that "], 0))
}

const DEFINITE_OR_ALL: &[&str] =
    &["the", "this", "these", "those", "its", "their", "our", "all", "every", "no"];

/// `all members have`: one of the openers, a noun of one or two words and at once a finite verb.
fn short_clause(view: &View<'_>, at: At, openers: &[&str]) -> bool {
    const JOINTS: &[&str] =
        &["of", "that", "who", "which", "and", "or", "to", "in", "for", "on", "as", "they", "we"];
    let verb = (2..=3).find(|&i| FINITE.contains(&view.after(at, i)));
    openers.contains(&view.after(at, 0))
        && verb.is_some_and(|verb| (1..verb).all(|i| !JOINTS.contains(&view.after(at, i))))
}

/// `that` behind a word, present or missing, where a pronoun and its finite verb follow.
fn pronoun_clause(view: &View<'_>, index: usize) -> Option<Found> {
    let that = view.word(index + 1) == "that" && view.is_joined(index);
    let at = At { first: index, next: index + 1 + usize::from(that) };
    if !PRONOUNS.contains(&view.after(at, 0)) || !FINITE.contains(&view.after(at, 1)) {
        return None;
    }
    if that { remove_that(view, index + 1) } else { insert_that(view, index) }
}

fn everything_that(view: &View<'_>, index: usize) -> Option<Found> {
    const SUBJECTS: [&str; 6] = ["he", "she", "they", "we", "i", "you"];
    let that = view.word(index + 1) == "that" && view.is_joined(index);
    let at = At { first: index, next: index + 1 + usize::from(that) };
    let subject = SUBJECTS.contains(&view.after(at, 0)) && !view.after(at, 1).is_empty();
    if !subject {
        return None;
    }
    if that {
        return remove_that(view, index + 1);
    }
    let start = view.words[index + 1].range.start;
    (view.gap(index) == " ").then(|| Found::new(start..start, &["", "that "], 0))
}

fn also_position(view: &View<'_>, index: usize) -> Option<Found> {
    const MODALS: [&str; 5] = ["will", "would", "can", "could", "should"];
    if view.shown(index) != "also" {
        return None;
    }
    let (start, end) = (view.words[index].range.start, view.words[index].range.end);
    let at = At { first: index, next: index + 1 };
    let but = (1..4).any(|i| ["but", "not"].contains(&view.before(index, i)));
    let before = view.before(index, 1);
    let perfect =
        |aux: &str, next: &str| ["has", "have", "had"].contains(&aux) && grammar::is_participle(next);
    let next = view.after(at, 0);
    let negated = next == "not" || view.after(at, 1) == "not";
    if but || negated || next.is_empty() {
        return None;
    }
    let aux = view.shown(index + 1);
    let movable = MODALS.contains(&aux) || perfect(aux, view.after(at, 1));
    (movable && index > 0 && view.gap(index) == " " && !before.is_empty())
        .then(|| Found::new(start..end + 1 + aux.len(), &[&format!("{aux} also"), &format!("also {aux}")], 1))
}

/// `goods that are produced in`: the pronoun and its verb, behind a noun and before a participle.
fn relative_participle(view: &View<'_>, index: usize) -> Option<Found> {
    const VERBS: [&str; 4] = ["is", "are", "was", "were"];
    const PREPOSITIONS: [&str; 16] = [
        "by", "in", "under", "for", "with", "on", "at", "from", "into", "through", "to", "as", "within",
        "across", "during", "against",
    ];
    const LOOK_WORDS: usize = 8;
    let (verb, participle) = (view.shown(index + 1), view.shown(index + 2));
    let plain = view.gap(index) == " " && view.gap(index + 1) == " " && view.is_joined(index + 2);
    let regular = participle.len() > 4
        && participle.ends_with("ed")
        && ![
            "indeed",
            "need",
            "concerned",
            "interested",
            "supposed",
            "needed",
            "used",
            "allowed",
            "required",
            "expected",
            "forced",
            "committed",
            "opposed",
            "dedicated",
        ]
        .contains(&participle);
    let fits = VERBS.contains(&verb) && regular && PREPOSITIONS.contains(&view.word(index + 3));
    // "That are tied to and support it" needs its pronoun for the second verb.
    let shared = ["and", "or", "but"].contains(&view.word(index + 4));
    let cleft = shared
        || (index.saturating_sub(LOOK_WORDS)..index)
            .any(|i| ["it", "it's", "there", "what"].contains(&view.word(i)));
    if !plain || !fits || cleft || !is_plain_noun(view, index)
        || view.shown(index) != view.word(index)
        // "An economy in Halvara that is tied": the name before is not what the pronoun stands for.
        || is_name(view, index.saturating_sub(1))
        || (2..4).any(|i| ["for", "of", "in", "to", "with"].contains(&view.before(index, i)))
    {
        return None;
    }
    // The verb agrees with the word before, so that this word is what the pronoun stands for.
    let plural = view.before(index, 1).ends_with('s') || view.before(index, 1) == "people";
    if plural != ["are", "were"].contains(&verb) || (!plural && view.shown(index) == "who") {
        return None;
    }
    let (start, end) = (view.words[index].range.start, view.words[index + 2].range.start);
    Some(Found::new(start..end, &[&view.text[start..end], ""], 0))
}

/// Whether a word has a capital that no sentence gave it.
fn is_name(view: &View<'_>, index: usize) -> bool {
    let Some(word) = view.words.get(index) else { return false };
    view.shown(index) != word.lower && !view.begins_sentence(word.range.start)
}

/// Whether the word before is likely a common noun: long enough, and none of those that are not.
fn is_plain_noun(view: &View<'_>, index: usize) -> bool {
    const NOT_NOUNS: &[&str] = &[
        "those",
        "these",
        "that",
        "everything",
        "something",
        "anything",
        "nothing",
        "what",
        "said",
        "says",
        "know",
        "knows",
        "knew",
        "asked",
        "asks",
        "decide",
        "decides",
        "decided",
        "determine",
        "determined",
        "consider",
        "considered",
        "discuss",
        "discussed",
        "explain",
        "explained",
        "show",
        "shows",
        "showed",
        "indicate",
        "indicates",
        "wonder",
        "clear",
        "unclear",
        "sure",
        "question",
        "choose",
        "identify",
        "specify",
        "upon",
        "with",
        "from",
        "into",
        "through",
        "under",
        "about",
        "over",
        "between",
        "among",
        "both",
        "such",
        "same",
        "than",
        "then",
        "also",
        "only",
        "when",
        "where",
        "while",
        "have",
        "been",
        "means",
        "ensures",
        "provides",
        "believes",
        "thinks",
        "feels",
        "hopes",
        "notes",
        "states",
        "considers",
        "time",
        "matter",
        "during",
        "within",
        "against",
        "toward",
        "towards",
        "because",
        "regarding",
        "concerning",
        "behind",
        "after",
        "before",
        "without",
    ];
    let before = view.before(index, 1);
    before.len() > 3 && !NOT_NOUNS.contains(&before) && !before.ends_with("ly") && !before.ends_with("ed")
}

fn which_that(view: &View<'_>, index: usize) -> Option<Found> {
    let next = view.word(index + 1);
    let before = view.before(index, 1);
    let noun = super::phrases::is_plural(before)
        || ["ion", "ment", "ure", "ty", "nce", "ice"].iter().any(|end| before.ends_with(end));
    // Behind its own noun only: "it opened the road which helps trade" speaks of the opening.
    let one = ["a", "an", "any", "each", "every", "no"].contains(&view.before(index, 2));
    let verb = next == "shall"
        || noun
            && one
            && next.len() > 4
            && next.ends_with('s')
            && !next.ends_with("ss")
            && view.is_joined(index + 1)
            && !FINITE.contains(&view.word(index + 2));
    let clause =
        FINITE.contains(&next) || verb || (PRONOUNS.contains(&next) && !view.word(index + 2).is_empty());
    let named = view.shown(index.saturating_sub(1)).starts_with(char::is_uppercase)
        && before != "party"
        && before != "parties";
    let fits = view.shown(index) == "which"
        && view.is_joined(index)
        && clause
        && is_plain_noun(view, index)
        && !named;
    fits.then(|| Found::new(view.words[index].range.clone(), &["which", "that"], 0))
}
