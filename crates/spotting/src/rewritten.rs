//! The words of rewritten passages: which of them stand where in the original.
//!
//! A rewritten passage keeps words in twos and threes, in another order, with other words between. Only words that
//! are the same word correspond here: another form of one says nothing about what an original showed.

use tellmark_core::{Alignment, Pair, Passage};

use crate::Found;
use crate::page::Page;
use crate::pieces::Piece;
use crate::spotter::{Spotter, bytes};
use crate::weights::BIT;

/// Words between two that correspond, in either text, beyond which a new passage begins.
const HOLE_WORDS: usize = 16;
/// Words that a passage must share.
const SHARED_MIN: usize = 3;

impl Spotter<'_> {
    /// The documents of which a text has passages, also rewritten ones, best first, with the words that correspond.
    /// What is found would come in so few of a million unrelated texts if chance fell off as a line, which texts of a
    /// genre that shares wording exceed.
    ///
    /// Passages of one alignment may overlap where a sentence was made from two.
    ///
    /// ```
    /// use tellmark_spotting::Protected;
    /// let minutes = "Ambassador Harrow opened by reading out the gauge at Velden bridge, which had fallen by eleven \
    ///                inches since the last session.";
    /// let article = "At Velden bridge the gauge had fallen by eleven inches, ambassador Harrow said, since the last \
    ///                session.";
    /// let protected = Protected::new([minutes]);
    /// let found = protected.spotter().align(article, 100.0);
    /// let pairs = found[0].alignment.passages.iter().flat_map(|passage| &passage.pairs);
    /// assert!(pairs.map(|pair| &article[pair.exhibit.clone()]).any(|word| word == "Velden"));
    /// ```
    pub fn align(&mut self, text: &str, alarms_max: f64) -> Vec<Found> {
        let mut found = Vec::new();
        let protected = self.protected;
        self.each_passage(text, |document, page, source, pieces| {
            let calibration = protected.calibration_of_document(document);
            let alarms = |weight| calibration.alarms_by_the_line(weight, page.words.len());
            let rare = pieces.iter().filter(|piece| alarms(piece.weight) <= alarms_max);
            let passages = rare.flat_map(|piece| passages(page, source, piece)).collect();
            found.push(Found { original: document, alignment: Alignment { passages } });
        });
        found.retain(|found| !found.alignment.passages.is_empty());
        found
    }
}

/// Cuts a piece where the words that correspond are far apart or turn back in the original.
fn passages(page: &Page, source: &Page, piece: &Piece) -> Vec<Passage> {
    let same = |at: usize, there: usize| page.words[at].hash == source.words[there].hash;
    let mut matches: Vec<(usize, usize)> = piece
        .matches
        .iter()
        .filter(|m| m.exhibit.len() == 1 && m.source.len() == 1 && same(m.exhibit.start, m.source.start))
        .map(|m| (m.exhibit.start, m.source.start))
        .collect();
    matches.sort_unstable();
    matches.dedup_by_key(|(at, _)| *at);
    let near = |from: usize, to: usize| to > from && to - from <= HOLE_WORDS;
    let runs = matches.chunk_by(|a, b| near(a.0, b.0) && near(a.1, b.1));
    let runs = runs.filter(|run| run.len() >= SHARED_MIN);
    let weight = |run: &[(usize, usize)]| {
        let part = i64::from(piece.weight.max(0)) * run.len() as i64 / piece.matches.len().max(1) as i64;
        u32::try_from(part / i64::from(BIT)).unwrap_or(0)
    };
    runs.filter_map(|run| passage(page, source, run, weight(run))).collect()
}

fn passage(page: &Page, source: &Page, run: &[(usize, usize)], weight: u32) -> Option<Passage> {
    let pair = |&(at, there): &(usize, usize)| Pair {
        source: bytes(source, &(there..there + 1)),
        exhibit: bytes(page, &(at..at + 1)),
        exact: true,
    };
    let pairs: Vec<Pair> = run.iter().map(pair).collect();
    let (first, last) = (pairs.first()?, pairs.last()?);
    let (source, exhibit) = (first.source.start..last.source.end, first.exhibit.start..last.exhibit.end);
    Some(Passage { source, exhibit, weight, pairs })
}
