//! Contractions, in a document that uses them already, with the document's own apostrophe.

use super::Rule;
use super::grammar::{self, PRONOUNS};
use super::view::{At, Found, View};

pub(super) const RULES: &[Rule] = &[
    Rule::words("contraction-not", FIRST_OF_NOT, with_not, "In a document that contracts, both forms are its own.")
        .matches(&[
            ("They don't agree. He didn't come. She does not know.", &["do not", "don't"]),
        ])
        .not(&["They do not agree and did not come."]),
    Rule::words(
        "contraction-is",
        &["it", "that", "there", "we", "they", "he", "she", "you", "it's", "that's", "there's", "we're", "they're", "he's", "she's", "you're"],
        with_is,
        "In a document that contracts, both forms are its own; the verb is never the last word of its clause.",
    )
    .matches(&[("It isn't late. They don't mind. We know it is a dam.", &["it is", "it's"])])
    .not(&["It isn't late. They don't know what it is.", "They know it is a dam."]),
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
];

/// A document contracts when it has at least so many contractions outside quotations.
const CONTRACTIONS_MIN: usize = 2;

/// The document's apostrophe, where it contracts.
pub(super) fn apostrophe(views: &[View<'_>]) -> Option<char> {
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
    let shown = &view.text[range.clone()];
    let form = [long, short][original];
    let lower = shown.replace('’', "'") == form;
    lower.then(|| (At { first: index, next }, Found::new(range, &[long, short], original)))
}

/// The engine calls this only for documents that contract; it puts the document's apostrophe in.
fn with_not(view: &View<'_>, index: usize) -> Option<Found> {
    const NEVER: [&str; 10] =
        ["only", "but", "the", "a", "this", "that", "just", "even", "so", "necessarily"];
    let (at, found) = form_at(view, index, WITH_NOT)?;
    let next = view.after(at, 0);
    let question = PRONOUNS.contains(&next);
    let tail = ["or", "whether", "if", "why"].contains(&view.before(at.first, 1));
    (!next.is_empty() && !question && !tail && !NEVER.contains(&next)).then_some(found)
}

fn with_is(view: &View<'_>, index: usize) -> Option<Found> {
    const NEXT: &[&str] = &[
        "a",
        "an",
        "the",
        "also",
        "very",
        "important",
        "clear",
        "possible",
        "impossible",
        "likely",
        "unlikely",
        "true",
        "hard",
        "difficult",
        "easy",
        "good",
        "bad",
        "great",
        "going",
        "really",
        "our",
        "their",
        "his",
        "her",
        "my",
        "your",
        "no",
        "now",
        "still",
    ];
    let (at, found) = form_at(view, index, WITH_BE)?;
    let next = view.after(at, 0);
    let behind = view.after(at, 1);
    let verb = NEXT.contains(&next) || grammar::is_gerund(next);
    // "What that is a sign of", "such as it is": the verb may carry the stress.
    let stressed = ["what", "how", "as", "than", "where", "who", "which"].contains(&view.before(at.first, 1));
    // "those that are": a relative pronoun does not contract as well.
    let relative = view.word(index) == "that" && !view.begins_sentence(view.words[index].range.start);
    let spread = found.forms[0].starts_with("that") && !view.before(at.first, 1).is_empty();
    (verb && !behind.is_empty() && !stressed && !relative && !spread).then_some(found)
}
