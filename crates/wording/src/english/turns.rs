//! The order of words and what may be said twice, which formal prose leaves to its writer.

use super::grammar::{self, DEFINITE, FINITE, PRONOUNS};
use super::phrases::is_plural;
use crate::rules::Rule;
use crate::rules::view::{At, Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "also-auxiliary",
        &["also"],
        also_auxiliary,
        "Both add a further point; the phrase opens the sentence, the adverb stands behind the first verb.",
    )
    .matches(&[
        ("They met. The Parties shall also cooperate.", &["The Parties shall also", "In addition, the Parties shall"]),
        ("They met. It is also clear that it rained.", &["It is also", "In addition, it is"]),
    ])
    .not(&[
        "The Parties shall also cooperate.",
        "They met. The Parties may not also cooperate.",
        "They also met. The Parties shall also cooperate.",
    ]),
    Rule::words(
        "also-named",
        &["also"],
        also_named,
        "Both add a further point; the phrase opens the sentence, the adverb stands at its verb.",
    )
    .matches(&[
        ("They met. Participants also noted the list.", &["Participants also", "In addition, participants"]),
        ("They met. President Adeyo also thanked her.", &["President Adeyo also", "In addition, President Adeyo"]),
    ])
    .not(&["Participants also noted the list.", "They met. Bern also burned."]),
    Rule::words(
        "however-place",
        &["however"],
        however_place,
        "The adverb may open the sentence or stand between commas behind its subject.",
    )
    .matches(&[
        ("They met. However, the chair had left.", &["However, the chair", "The chair, however,"]),
        ("They met. The chair, however, had left.", &["However, the chair", "The chair, however,"]),
    ])
    .not(&["However, it rained.", "However long the list was, they read it.", "They met. The chair of the board, however, left."]),
    Rule::words(
        "adverb-participle",
        ADVERBS,
        adverb_participle,
        "In the passive the adverb of a manner or degree may stand on either side of its participle.",
    )
    .matches(&[
        ("The fees were substantially reduced in March.", &["substantially reduced", "reduced substantially"]),
        ("The text shall be reviewed periodically by the board.", &["periodically reviewed", "reviewed periodically"]),
    ])
    .not(&[
        "The fees fell substantially in March.",
        "They were deeply concerned about it.",
        "The fees were substantially reduced tariffs.",
    ]),
    Rule::words(
        "adverb-auxiliary",
        &["also", "probably", "apparently", "generally", "still", "already", "currently", "typically", "usually", "often"],
        |view, index| {
            let at = At { first: index, next: index + 1 };
            let aux = view.shown(index + 1);
            let be = ["was", "were", "is", "are"].contains(&aux);
            let other = ["had", "has", "have", "would", "will", "could", "should"].contains(&aux) && view.shown(index) != "also";
            let (before, next) = (view.before(index, 1), view.after(at, 1));
            let verb = next.len() > 1 && !["not", "also", "to", "the", "a", "an", "no", "that"].contains(&next);
            let led = before.is_empty() || ["but", "and", "not", "that", "who", "which", "as", "or", "than", "more", "most", "less", "quite", "very", "so"].contains(&before) || before.ends_with("ly");
            let own = view.shown(index);
            let range = view.words[index].range.start..view.words.get(index + 1)?.range.end;
            let joined = view.gap(index) == " ";
            // "Have" may be the verb of a thing owned, behind which no adverb stands.
            let perfect = !["had", "has", "have"].contains(&aux) || grammar::is_participle(next);
            ((be || other && perfect) && verb && !led && joined && own == view.word(index))
                .then(|| Found::new(range, &[&format!("{aux} {own}"), &format!("{own} {aux}")], 1))
        },
        "The adverb may stand on either side of the auxiliary; before it is a habit of some, behind it is everybody's.",
    )
    .matches(&[("Prices probably would rise.", &["would probably", "probably would"])])
    .not(&["Prices would probably rise.", "Prices rose and probably would rise again.", "They still have a list."]),
    Rule::words(
        "both-and",
        &["both"],
        both_and,
        "Before two words that *and* joins the first word of the pair adds nothing.",
    )
    .matches(&[("They sell both new and old homes.", &["both ", ""])])
    .not(&[
        "Both sides and the chair agreed.",
        "They met both sides and the chair.",
        "They sell both the new homes, and old ones.",
        "They sell both.",
    ]),
    Rule::words(
        "parallel-to",
        &["and"],
        parallel_to,
        "Of two infinitives that *and* joins the second stands with *to* or without.",
    )
    .matches(&[
        ("They met to strengthen trade and to promote growth.", &["to ", ""]),
        ("They met to strengthen trade and promote growth.", &["", "to "]),
    ])
    .not(&[
        "They met to strengthen trade, promote growth and reduce debt.",
        "They help to strengthen trade and promote growth.",
        "They met to discuss rules that bind them and promote growth.",
    ]),
];

const ADVERBS: &[&str] = &[
    "significantly",
    "substantially",
    "considerably",
    "gradually",
    "progressively",
    "rapidly",
    "steadily",
    "promptly",
    "immediately",
    "properly",
    "adequately",
    "carefully",
    "regularly",
    "periodically",
    "separately",
    "individually",
    "temporarily",
    "sharply",
    "markedly",
    "slightly",
    "moderately",
    "dramatically",
    "systematically",
];

/// Words that open the name of an office holder.
pub(super) const TITLES: &[&str] = &[
    "President",
    "Prime",
    "Vice",
    "Secretary",
    "Minister",
    "Ambassador",
    "Governor",
    "Chancellor",
    "Director",
];

/// Words of which one near means that something is added already.
const ADDING: &[&str] = &["addition", "additionally", "also", "furthermore", "moreover", "too"];
const NEAR_WORDS: usize = 40;

/// The word with which the sentence of a short subject opens, where another sentence stands before it in the block.
fn subject_start(view: &View<'_>, last: usize, words_max: usize) -> Option<usize> {
    let first = (last.saturating_sub(words_max)..=last).rev().find(|&i| i == 0 || !view.is_joined(i - 1))?;
    let start = view.words[first].range.start;
    let previous = view.text[view.block.range.start..start].trim_end();
    let sentence = previous.ends_with('.') && previous.len() > 3 && view.begins_sentence(start);
    // "(a)" or "2." before it opens a point of a list, and no sentence stands before.
    let numbered = first.checked_sub(1).is_some_and(|i| is_digits(view.word(i)) || view.word(i).len() == 1);
    let plain = (first..=last).all(|i| view.gap(i) == " ");
    (sentence && !numbered && plain).then_some(first)
}

/// Whether a subject is a determiner or pronoun and at most plain words behind it.
fn is_plain_subject(view: &View<'_>, first: usize, last: usize) -> bool {
    const OPENERS: &[&str] = &[
        "The", "They", "He", "She", "We", "It", "This", "These", "Those", "Our", "His", "Her", "Its",
        "Their", "There",
    ];
    let never = |i: usize| {
        let word = view.word(i);
        FINITE.contains(&word)
            || ["that", "who", "which", "not", "only", "and", "or", "shall", "however", "to"].contains(&word)
    };
    let pronoun =
        PRONOUNS.contains(&view.word(first)) || ["these", "those", "this"].contains(&view.word(first));
    OPENERS.contains(&view.shown(first)) && (first == last) <= pronoun && !(first..=last).any(never)
}

fn with_small_letter(text: &str) -> String {
    text.chars().take(1).flat_map(char::to_lowercase).chain(text.chars().skip(1)).collect()
}

/// `The Parties shall also cooperate`
fn also_auxiliary(view: &View<'_>, index: usize) -> Option<Found> {
    const SUBJECT_WORDS_MAX: usize = 5;
    let verb = index.checked_sub(1)?;
    let last = verb.checked_sub(1)?;
    let aux = FINITE.contains(&view.shown(verb)) || view.shown(verb) == "shall";
    let joined = view.gap(verb) == " " && view.gap(last) == " " && view.gap(index) == " ";
    let next = view.after(At { first: index, next: index + 1 }, 0);
    let denied = next.is_empty() || ["not", "be", "the", "a", "an"].contains(&next);
    if view.shown(index) != "also" || !aux || !joined || denied {
        return None;
    }
    let first = subject_start(view, last, SUBJECT_WORDS_MAX)?;
    let at = At { first, next: index + 1 };
    let near = view.is_near(at, NEAR_WORDS, ADDING);
    if near || !is_plain_subject(view, first, last) {
        return None;
    }
    let range = view.words[first].range.start..view.words[index].range.end;
    let head = &view.text[range.start..view.words[verb].range.end];
    Some(Found::new(
        range.clone(),
        &[&view.text[range], &format!("In addition, {}", with_small_letter(head))],
        0,
    ))
}

/// `Participants also noted`, `President Adeyo also thanked`
fn also_named(view: &View<'_>, index: usize) -> Option<Found> {
    const PEOPLE: &[&str] = &[
        "Participants",
        "Members",
        "Officials",
        "Leaders",
        "Delegates",
        "Ministers",
        "Experts",
        "Representatives",
        "Policymakers",
        "Delegations",
        "Speakers",
    ];
    let last = index.checked_sub(1)?;
    let next = view.word(index + 1);
    let verb = next.len() > 4 && next.ends_with("ed") && view.gap(index) == " ";
    if view.shown(index) != "also" || view.gap(last) != " " || !verb {
        return None;
    }
    let first = subject_start(view, last, 3)?;
    let people = first == last && PEOPLE.contains(&view.shown(first));
    let titled = first < last
        && TITLES.contains(&view.shown(first))
        && (first..=last).all(|i| view.shown(i).starts_with(char::is_uppercase));
    let at = At { first, next: index + 1 };
    if view.is_near(at, NEAR_WORDS, ADDING) || !(people || titled) {
        return None;
    }
    let range = view.words[first].range.start..view.words[index].range.end;
    let head = &view.text[range.start..view.words[last].range.end];
    let head = if people { with_small_letter(head) } else { head.to_owned() };
    Some(Found::new(range.clone(), &[&view.text[range], &format!("In addition, {head}")], 0))
}

/// `However, the chair had left`, `The chair, however, had left`
fn however_place(view: &View<'_>, index: usize) -> Option<Found> {
    const SUBJECT_WORDS_MAX: usize = 4;
    let verb = |i: usize| {
        let word = view.word(i);
        FINITE.contains(&word)
            || ["did", "do", "does", "shall"].contains(&word)
            || word.len() > 4 && word.ends_with("ed")
    };
    let noun = |first: usize, last: usize| {
        first < last
            && last - first < SUBJECT_WORDS_MAX
            && DEFINITE.contains(&view.word(first))
            && view.shown(first).len() > 2
            && !(first + 1..=last).any(|i| {
                verb(i) || ["of", "and", "or", "to", "that", "who", "in", "for"].contains(&view.word(i))
            })
            && (first..last).all(|i| view.gap(i) == " ")
    };
    if view.shown(index) == "However" {
        let first = index + 1;
        let last = (first..first + SUBJECT_WORDS_MAX).find(|&i| verb(i + 1))?;
        let start = view.words[index].range.start;
        let opens = view.begins_sentence(start) && view.gap(index) == ", " && view.gap(last) == " ";
        if !opens || !noun(first, last) || view.shown(first) != view.word(first) {
            return None;
        }
        let end = view.words[last].range.end;
        let subject = &view.text[view.words[first].range.start..end];
        let moved = format!("{}, however,", crate::rules::capitalise(subject));
        return Some(Found::new(start..end, &[&view.text[start..end], &moved], 0));
    }
    let last = index.checked_sub(1)?;
    let commas = view.gap(last) == ", " && view.gap(index) == ", " && view.shown(index) == "however";
    let first =
        (last.saturating_sub(SUBJECT_WORDS_MAX)..=last).rev().find(|&i| i == 0 || !view.is_joined(i - 1))?;
    let start = view.words[first].range.start;
    let opens = view.begins_sentence(start) && view.shown(first).starts_with(char::is_uppercase);
    if !commas || !opens || !noun(first, last) || !verb(index + 1) {
        return None;
    }
    let end = view.words[index].range.end + 1;
    let subject = with_small_letter(&view.text[start..view.words[last].range.end]);
    Some(Found::new(start..end, &[&format!("However, {subject}"), &view.text[start..end]], 1))
}

/// `were substantially reduced in`, `be reviewed periodically by`
fn adverb_participle(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: &[&str] = &[
        "concerned",
        "committed",
        "related",
        "linked",
        "interested",
        "involved",
        "opposed",
        "satisfied",
        "aligned",
        "engaged",
        "balanced",
        "anchored",
        "limited",
        "required",
        "prepared",
        "informed",
        "qualified",
        "elevated",
        "depressed",
        "mixed",
        "supposed",
        "used",
        "expected",
        "scheduled",
        "needed",
        "subdued",
        "skewed",
        "tilted",
        "need",
    ];
    const NEXT: &[&str] = &[
        "by",
        "in",
        "on",
        "over",
        "during",
        "through",
        "from",
        "with",
        "under",
        "within",
        "since",
        "against",
        "after",
        "at",
        "throughout",
    ];
    let part =
        |i: usize| view.word(i).len() > 4 && view.word(i).ends_with("ed") && !NEVER.contains(&view.word(i));
    let passive = |i: usize| grammar::BE.contains(&view.before(i, 1));
    let goes_on = |last: usize| {
        let at = At { first: last, next: last + 1 };
        view.stop_follows(at) || NEXT.contains(&view.after(at, 0))
    };
    let adverb = view.shown(index);
    if adverb != view.word(index) {
        return None;
    }
    let (first, last, original) = if passive(index) && part(index + 1) {
        (index, index + 1, 0)
    } else if index > 0 && part(index - 1) && passive(index - 1) {
        (index - 1, index, 1)
    } else {
        return None;
    };
    if view.gap(first) != " " || !goes_on(last) || view.rest(view.words[last].range.end).starts_with(", and")
    {
        return None;
    }
    // "Terminated immediately after it" measures the time from there.
    let timed = ["immediately", "promptly"].contains(&adverb)
        && ["after", "upon", "following", "on", "before", "at"]
            .contains(&view.after(At { first, next: last + 1 }, 0));
    if timed {
        return None;
    }
    let participle = view.shown(if original == 0 { last } else { first });
    let range = view.words[first].range.start..view.words[last].range.end;
    Some(Found::new(range, &[&format!("{adverb} {participle}"), &format!("{participle} {adverb}")], original))
}

/// `both new and old homes`
fn both_and(view: &View<'_>, index: usize) -> Option<Found> {
    const WORDS_MAX: usize = 5;
    const LEAD: &[&str] = &[
        "in",
        "of",
        "for",
        "to",
        "with",
        "from",
        "by",
        "through",
        "on",
        "including",
        "include",
        "includes",
        "at",
        "sell",
        "support",
        "address",
    ];
    let at = At { first: index, next: index + 1 };
    let next = view.after(at, 0);
    let before = view.before(index, 1);
    let joint = (1..=WORDS_MAX).find(|&i| view.after(at, i) == "and")?;
    let other = |i: usize| {
        ["or", "of", "in", "for", "that", "to", "with", "by", "who", "which"].contains(&view.after(at, i))
    };
    let determiner =
        is_plural(next) || DEFINITE.contains(&next) || ["parties", "of", "me", "us"].contains(&next);
    let person = view.shown(index + 1).starts_with(char::is_uppercase);
    let after = view.after(at, joint + 1);
    let again = ["and", "or"].contains(&view.after(at, joint + 2))
        || view.after(at, joint + 1).is_empty()
        || after == "the";
    let fits = LEAD.contains(&before)
        && !next.is_empty()
        && !determiner
        && !person
        && !again
        && !(0..joint).any(other);
    let range = view.words[index].range.start..view.words.get(index + 1)?.range.start;
    (fits && view.shown(index) == "both" && view.gap(index) == " ")
        .then(|| Found::new(range, &["both ", ""], 0))
}

/// `to strengthen trade and (to) promote growth`
fn parallel_to(view: &View<'_>, index: usize) -> Option<Found> {
    const LOOK_WORDS: usize = 11;
    const NOUNS: &[&str] = &[
        "address", "support", "help", "work", "use", "trade", "report", "study", "fund", "finance", "double",
        "train", "close", "limit", "pass", "host", "call", "bridge", "shape", "guide", "meet", "boost",
        "spur", "ease", "advance", "fight", "increase", "save", "drive", "combat", "counter", "supply",
        "export", "import", "review", "produce", "search", "draft", "offer", "push", "press", "talk",
        "stand", "partner", "lead", "fall", "target", "issue", "update", "track", "leverage", "harness",
        "champion", "lift", "lower", "raise", "welcome", "honor", "urge", "lay", "keep", "bring", "make",
        "find", "pull", "take", "campaign", "conduct", "monitor", "repair", "remedy", "secure", "deal",
        "share", "grow", "hold", "foster", "speak", "pay", "learn", "listen", "serve",
    ];
    let verb = |word: &str| {
        !NOUNS.contains(&word)
            && (grammar::HELPED.contains(&word) || grammar::ACTIONS.iter().any(|(stem, _)| *stem == word))
    };
    let to = view.shown(index + 1) == "to";
    let second = index + 1 + usize::from(to);
    let at = At { first: index, next: second + 1 };
    let object = view.after(at, 0);
    if !verb(view.shown(second))
        || object.is_empty()
        || object == "and"
        || view.gap(index) != " "
        || to && view.gap(index + 1) != " "
    {
        return None;
    }
    // The nearest "to" with a verb and its object before, and nothing between that the second verb could belong to.
    let first =
        (3..=LOOK_WORDS).find(|&i| view.before(index, i) == "to" && verb(view.before(index, i - 1)))?;
    let leans = |i: usize| {
        let word = view.before(index, i);
        word.is_empty()
            || FINITE.contains(&word)
            || [
                "that", "which", "who", "to", "and", "or", "not", "help", "let", "both", "by", "how", "when",
                "where", "what",
            ]
            .contains(&word)
            || grammar::is_gerund(word)
    };
    let asks = ["how", "whether", "what", "where", "when"];
    let helped = asks.contains(&view.before(index, first + 1))
        || ["help", "helps", "helped", "continue", "continues", "not", "and", "both", "or", "only"]
            .contains(&view.before(index, first + 1));
    let row = (0..10).any(|i| ["and", "or"].contains(&view.after(at, i)))
        || (second..second + 9).any(|i| {
            view.gap(i).starts_with(", ")
                && (verb(view.word(i + 1)) || ["and", "or"].contains(&view.word(i + 1)))
        });
    if (1..first - 1).any(leans) || helped || row {
        return None;
    }
    let start = view.words[index + 1].range.start;
    match to {
        true => Some(Found::new(start..view.words[second].range.start, &["to ", ""], 0)),
        false => Some(Found::new(start..start, &["", "to "], 0)),
    }
}
