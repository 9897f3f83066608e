//! Articles with a passage of a protected document in them, and where it is.

use std::ops::Range;

use tellmark_testkit::Random;

use super::books::{Books, Document};
use super::obfuscate::Kind;

/// Lengths of passages, in bytes of the protected text.
pub const LENGTHS: [(&str, Range<usize>); 3] =
    [("80 to 300", 80..300), ("300 to 1,000", 300..1000), ("1,000 to 2,500", 1000..2500)];
/// Texts around a passage.
const AROUND: usize = 10;

/// An article that contains a passage.
pub struct Case {
    /// How the passage was obfuscated.
    pub kind: Kind,
    /// Which of [`LENGTHS`] it has.
    pub length: usize,
    /// The article.
    pub text: String,
    /// The number of the protected document.
    pub document: usize,
    /// Bytes of the article.
    pub query: Range<usize>,
    /// Bytes of the document.
    pub source: Range<usize>,
}

/// So many cases of each kind and length; of documents with odd numbers only, or even ones, where a half is given.
pub fn cases(books: &Books, seed: u64, each: usize, half: Option<usize>) -> Vec<Case> {
    let foreign: Vec<&str> =
        books.unrelated.iter().take(400).flat_map(|text| text.split_whitespace()).collect();
    let mut cases = Vec::new();
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        for length in 0..LENGTHS.len() {
            for i in 0..each {
                let part = ((number * LENGTHS.len() + length) * 100_000 + i) as u64;
                cases.push(case(books, &foreign, (kind, length), half, &mut Random::of_part(seed, part)));
            }
        }
    }
    cases
}

fn case(
    books: &Books,
    foreign: &[&str],
    (kind, length): (Kind, usize),
    half: Option<usize>,
    random: &mut Random,
) -> Case {
    let (document, verses) = loop {
        let document = random.below(books.documents.len());
        if half.is_some_and(|half| document % 2 != half) {
            continue;
        }
        if let Some(verses) = verses(&books.documents[document], &LENGTHS[length].1, random) {
            break (document, verses);
        }
    };
    let from = &books.documents[document];
    let end = from.starts.get(verses.end).copied().unwrap_or(from.text.len()) - 1;
    let source = from.starts[verses.start]..end;
    let other: Vec<&str> = from.verses[verses].iter().map(|verse| verse.second.as_str()).collect();
    let passage = kind.run(&from.text[source.clone()], &other.join("\n"), foreign, random.next_u64());
    let around: Vec<&str> =
        (0..AROUND).map(|_| books.unrelated[random.below(books.unrelated.len())].as_str()).collect();
    let at = random.below(AROUND + 1);
    let mut text = around[..at].join("\n\n");
    text.push_str("\n\n");
    let query = text.len()..text.len() + passage.len();
    text.push_str(&passage);
    text.push_str("\n\n");
    text.push_str(&around[at..].join("\n\n"));
    Case { kind, length, text, document, query, source }
}

/// Verses in a row that have a length within bounds.
fn verses(document: &Document, length: &Range<usize>, random: &mut Random) -> Option<Range<usize>> {
    let wanted = length.start + random.below(length.len());
    let start = random.below(document.verses.len());
    let from = document.starts[start];
    let ends = document.starts.iter().copied().chain([document.text.len()]).enumerate();
    let end = ends.filter(|(_, end)| *end > from && end - from <= wanted).last()?;
    (end.1 - from >= length.start).then_some(start..end.0)
}
