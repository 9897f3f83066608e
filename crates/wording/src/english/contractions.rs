//! Contractions, in a document that uses them already, with the document's own apostrophe.

use super::grammar::{self, PRONOUNS};
use crate::rules::Rule;
use crate::rules::view::{At, Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words("contraction-not", FIRST_OF_NOT, with_not, "In a document that contracts, both forms are its own.")
        .matches(&[
            ("They don't agree. He didn't come. She does not know.", &["do not", "don't"]),
        ])
        .not(&["They do not agree and did not come.", "Well, don't move. And, please, don't talk."]),
    Rule::words(
        "contraction-is",
        &["it", "that", "there", "we", "they", "he", "she", "you", "it's", "that's", "there's", "we're", "they're", "he's", "she's", "you're", "i", "i'm"],
        with_is,
        "In a document that contracts, both forms are its own; the verb is never the last word of its clause.",
    )
    .matches(&[("It isn't late. They don't mind. We know it is a dam.", &["it is", "it's"])])
    .not(&[
        "It isn't late. They don't know what it is.",
        "They know it is a dam.",
        "It isn't late. They don't mind. If there's any lists left, we burn them.",
        "It isn't late. They don't mind. And there's no secrets here.",
        "It isn't late. They don't mind. Hello, it's Ann Orr with the Post.",
        "It isn't late. They don't mind. He's laid it all out.",
        "It isn't late. They don't mind. They have a list he's recently made.",
        "It isn't late. They don't mind. Some of you are tired now.",
    ]),
    Rule::words(
        "contraction-will",
        &["we", "they", "he", "she", "you", "we'll", "they'll", "he'll", "she'll", "you'll", "i", "i'll"],
        with_will,
        "In a document that contracts, both forms are its own.",
    )
    .matches(&[("It isn't late. They don't mind. If so, we'll add a list.", &["we will", "we'll"])])
    .not(&[
        "It isn't late. They don't know whether we will.",
        "They know we will come.",
        "It isn't late. They don't mind. Ann and I will make a list.",
        "It isn't late. They don't mind. We will wait here. And we will wait here today.",
    ]),
    Rule::words(
        "contraction-have",
        &["we", "they", "you", "we've", "they've", "you've", "i", "i've"],
        with_have,
        "In a document that contracts, both forms are its own.",
    )
    .matches(&[("It isn't late. They don't mind. If so, we have seen it.", &["we have", "we've"])])
    .not(&[
        "It isn't late. They don't know whether we have time.",
        "It isn't late. They don't mind. Some of you have seen it before.",
        "It isn't late. They don't mind. Nor would we have taken it so.",
    ]),
    Rule::words(
        "contraction-would",
        &["we", "they", "he", "she", "you", "i", "we'd", "they'd", "he'd", "she'd", "you'd", "i'd"],
        |view, index| {
            let (at, found) = form_at(view, index, WITH_WOULD)?;
            const STEMS: &[&str] = &[
                "like", "be", "love", "say", "argue", "add", "ask", "urge", "encourage", "expect", "welcome",
            ];
            (STEMS.contains(&view.after(at, 0)) && !view.after(at, 1).is_empty() && is_subject(view, index)).then_some(found)
        },
        "In a document that contracts, both forms are its own; before a stem the short one is *would*.",
    )
    .matches(&[("It isn't late. They don't mind. If so, we would like a list.", &["we would", "we'd"])])
    .not(&["It isn't late. They don't know whether we would go."]),
];

/// The long forms and the short ones.
const WITH_NOT: &[(&str, &str)] = &[
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
const FIRST_OF_NOT: &[&str] = &[
    "do",
    "does",
    "did",
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "would",
    "could",
    "should",
    "will",
    "cannot",
    "don't",
    "doesn't",
    "didn't",
    "isn't",
    "aren't",
    "wasn't",
    "weren't",
    "hasn't",
    "haven't",
    "hadn't",
    "wouldn't",
    "couldn't",
    "shouldn't",
    "can't",
    "won't",
];
const WITH_BE: &[(&str, &str)] = &[
    ("it is", "it's"),
    ("that is", "that's"),
    ("there is", "there's"),
    ("we are", "we're"),
    ("they are", "they're"),
    ("he is", "he's"),
    ("she is", "she's"),
    ("you are", "you're"),
    ("i am", "i'm"),
];

const WITH_WILL: &[(&str, &str)] = &[
    ("we will", "we'll"),
    ("they will", "they'll"),
    ("he will", "he'll"),
    ("she will", "she'll"),
    ("you will", "you'll"),
    ("i will", "i'll"),
];
const WITH_HAVE: &[(&str, &str)] =
    &[("we have", "we've"), ("they have", "they've"), ("you have", "you've"), ("i have", "i've")];

const WITH_WOULD: &[(&str, &str)] = &[
    ("we would", "we'd"),
    ("they would", "they'd"),
    ("he would", "he'd"),
    ("she would", "she'd"),
    ("you would", "you'd"),
    ("i would", "i'd"),
];

/// A document contracts when it has at least so many contractions outside quotations.
const CONTRACTIONS_MIN: usize = 2;

/// The document's apostrophe, where it contracts.
pub(super) fn apostrophe(views: &[&View<'_>]) -> Option<char> {
    let (mut curly, mut straight) = (0, 0);
    for view in views {
        for word in view.words.iter().filter(|word| word.lower.contains('\'') && !view.is_quoted(&word.range))
        {
            if WITH_NOT.iter().chain(WITH_BE).any(|(_, short)| *short == word.lower) {
                let is_curly = view.text[word.range.clone()].contains('’');
                *(if is_curly { &mut curly } else { &mut straight }) += 1;
            }
        }
    }
    (curly + straight >= CONTRACTIONS_MIN).then_some(if curly >= straight { '’' } else { '\'' })
}

/// The long or short form that stands at a word: its range, where the next word is, and which it is.
fn form_at(view: &View<'_>, index: usize, pairs: &[(&'static str, &'static str)]) -> Option<(At, Found)> {
    let word = &view.words[index];
    let (long, short, original, next) = pairs.iter().find_map(|&(long, short)| {
        if word.lower == short {
            return Some((long, short, 1, index + 1));
        }
        let (first, second) = long.split_once(' ').unwrap_or((long, ""));
        let two = second.is_empty() || (view.word(index + 1) == second && view.gap(index) == " ");
        (word.lower == first && two).then(|| (long, short, 0, index + 1 + usize::from(!second.is_empty())))
    })?;
    let range = word.range.start..view.words[next - 1].range.end;
    let shown = view.text[range.clone()].replace('’', "'");
    let at = At { first: index, next };
    if shown == [long, short][original] {
        return Some((at, Found::new(range, &[long, short], original)));
    }
    let forms = [crate::rules::capitalise(long), crate::rules::capitalise(short)];
    let capital = shown == forms[original] && (long.starts_with("i ") || view.begins_sentence(range.start));
    capital.then(|| (at, Found { range, forms: forms.to_vec(), original }))
}

/// The engine calls this only for documents that contract; it puts the document's apostrophe in.
fn with_not(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: [&str; 11] =
        ["only", "but", "the", "a", "this", "that", "just", "even", "so", "necessarily", "alone"];
    let (at, found) = form_at(view, index, WITH_NOT)?;
    let next = view.after(at, 0);
    let question = PRONOUNS.contains(&next) || view.shown(index).starts_with(char::is_uppercase);
    // "Don't move" is an order, and its long form another.
    let order = ["do", "don't"].contains(&view.word(index)) && view.before(index, 1).is_empty();
    let tail = ["or", "whether", "if", "why"].contains(&view.before(at.first, 1));
    (!next.is_empty()
        && !question
        && !order
        && !tail
        && !is_repeated(view, at.first)
        && !is_repeated(view, at.first.saturating_sub(1))
        && !NEVER.contains(&next))
    .then_some(found)
}

fn with_is(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER_NEXT: &[&str] =
        &["not", "or", "and", "that", "if", "for", "as", "when", "now", "here", "there", "but"];
    let (at, found) = form_at(view, index, WITH_BE)?;
    let (next, behind) = (view.after(at, 0), view.after(at, 1));
    let is_has = found.original == 1 && found.forms[1].ends_with("'s") && may_be_has(view, at);
    // "There's two of them" is heard, "there is two of them" is not: one thing must follow.
    let several = ["there", "there's"].contains(&view.word(index))
        && !["a", "an", "no", "nothing", "something", "another"].contains(&next)
        || (["there", "there's"].contains(&view.word(index)) && next == "no" && behind.ends_with('s'));
    // "It's Ann Orr with the Post" says a name.
    let named = view.shown(at.next).starts_with(char::is_uppercase) && next != "i";
    let relative = ["that", "that's"].contains(&view.word(index))
        && !view.begins_sentence(view.words[index].range.start);
    let closes = next.is_empty() || behind.is_empty() || NEVER_NEXT.contains(&next);
    let kept = is_has || several || named || relative || closes;
    (!kept && !is_stressed(view, index) && is_subject(view, index)).then_some(found)
}

/// *It's gone* may be *it has gone*: behind the short form and adverbs stands what may be a participle.
fn may_be_has(view: &View<'_>, at: At) -> bool {
    const ADVERBS: &[&str] = &[
        "always",
        "never",
        "just",
        "already",
        "also",
        "now",
        "all",
        "long",
        "ever",
        "even",
        "not",
        "since",
        "not",
        "still",
        "often",
        "so",
        "far",
        "only",
        "since",
        "both",
        "sometimes",
        "once",
    ];
    const LOOK_WORDS: usize = 4;
    let adverb = |word: &str| ADVERBS.contains(&word) || word.ends_with("ly");
    let next = (0..LOOK_WORDS).map(|i| view.after(at, i)).find(|word| !adverb(word)).unwrap_or("");
    grammar::may_be_participle(next) || next.is_empty()
}

/// Whether the words are said twice for effect: *we will wait. We will wait.*
fn is_repeated(view: &View<'_>, index: usize) -> bool {
    const LOOK_WORDS: usize = 30;
    const WORDS: usize = 3;
    let same = |i: usize| {
        (0..WORDS).all(|k| !view.word(i + k).is_empty() && view.word(i + k) == view.word(index + k))
    };
    (index.saturating_sub(LOOK_WORDS)..index).chain(index + 1..index + LOOK_WORDS).any(same)
}

/// Whether the pronoun alone is the subject: not in *some of you have* or *Ann and I will*.
fn is_subject(view: &View<'_>, index: usize) -> bool {
    const NEVER: &[&str] = &[
        "of", "for", "with", "to", "from", "about", "between", "at", "by", "on", "in", "or", "nor", "than",
        "like",
    ];
    let before = view.before(index, 1);
    let joined = before == "and" && !view.before(index, 2).is_empty();
    // "Nor would we have come" is turned round.
    let inverted =
        grammar::FINITE.contains(&before) || ["do", "does", "nor", "neither", "shall"].contains(&before);
    !NEVER.contains(&before) && !joined && !inverted && !is_repeated(view, index)
}

/// Whether the clause opened with a word that leaves the verb its stress: *what it is*, *as they are*.
fn is_stressed(view: &View<'_>, index: usize) -> bool {
    const OPENERS: &[&str] = &[
        "what", "how", "as", "than", "where", "who", "which", "whatever", "however", "way", "whoever",
        "wherever",
    ];
    const LOOK_WORDS: usize = 6;
    (1..=LOOK_WORDS)
        .take_while(|&i| !view.before(index, i).is_empty())
        .any(|i| OPENERS.contains(&view.before(index, i)))
}

/// `we'll add`: a verb follows, and no stop.
fn with_will(view: &View<'_>, index: usize) -> Option<Found> {
    let (at, found) = form_at(view, index, WITH_WILL)?;
    let (next, behind) = (view.after(at, 0), view.after(at, 1));
    (!next.is_empty()
        && !behind.is_empty()
        && next != "not"
        && !is_stressed(view, index)
        && is_subject(view, index))
    .then_some(found)
}

/// `we've seen`: a participle follows.
fn with_have(view: &View<'_>, index: usize) -> Option<Found> {
    let (at, found) = form_at(view, index, WITH_HAVE)?;
    let adverb = ["also", "already", "always", "never", "just", "long", "now"].contains(&view.after(at, 0));
    let next = usize::from(adverb);
    let participle = grammar::is_participle(view.after(at, next)) && !view.after(at, next + 1).is_empty();
    (participle && !is_stressed(view, index) && is_subject(view, index)).then_some(found)
}
