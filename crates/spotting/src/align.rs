//! Word alignment along a chain: gaps are filled and ends extended by dynamic programming.

use std::ops::Range;

use tellmark_core::{Pair, Passage};

use crate::chain::Run;
use crate::lexicon::{Stem, UNKNOWN};
use crate::near::{Letters, joined, near};
use crate::weights::{BIT, Weights};
use crate::words::{Word, fold};

/// A text with its words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side<'a> {
    pub text: &'a str,
    pub words: &'a [Word],
    /// The words' stems, or nothing where words of one stem are no match.
    pub stems: &'a [Stem],
}

impl Side<'_> {
    /// The words of a range; only their hashes and stems where nothing misspelt is looked for.
    fn letters(&self, range: Range<usize>, spelt: bool) -> Vec<Letters> {
        let letters = |at: usize| {
            let word = &self.words[at];
            let stem = self.stems.get(at).copied().unwrap_or(UNKNOWN);
            let chars = if spelt { fold(self.text, word) } else { Vec::new() };
            Letters { stem, hash: word.hash, ..Letters::new(chars) }
        };
        range.map(letters).collect()
    }

    /// Whether a range may hold a misspelt word: one that is in no protected text.
    fn may_be_misspelt(&self, range: Range<usize>) -> bool {
        range.into_iter().any(|at| self.stems.get(at).is_none_or(|&stem| stem == UNKNOWN))
    }
}

/// Words beyond either end of a chain that are tried.
const REACH_WORDS: usize = 48;
/// Cells of one gap's table; a larger gap is only filled from its ends.
const CELLS_MAX: usize = 40_000;
/// A word on one side that has no partner.
const SKIP: i32 = -BIT;
/// What any pair of equal words gets beside its weight.
const SAME: i32 = BIT * 3 / 4;

/// What words without a partner between two pairs take from a passage's weight at most, in bits; one a word.
const GAP_BITS_MAX: usize = 6;

/// Words that correspond, by their numbers on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub source: Range<usize>,
    pub exhibit: Range<usize>,
    pub exact: bool,
}

/// Aligns the words along a chain. Runs count words of these two sides; `bounds` are the exhibit's words
/// that may be used.
pub(crate) fn passage(
    source: Side<'_>,
    exhibit: Side<'_>,
    weights: &Weights,
    runs: &[Run],
    bounds: Range<usize>,
) -> Option<Passage> {
    let weigh = |word: usize| weights.of(source.words[word].hash);
    let aligner = Aligner { source, exhibit, weigh: &weigh };
    let matches = aligner.along(runs, bounds);
    let (first, last) = (matches.first()?, matches.last()?);
    let bytes = |side: &Side<'_>, range: &Range<usize>| {
        side.words[range.start].start as usize..side.words[range.end - 1].end as usize
    };
    let span = |side: &Side<'_>, from: usize, to: usize| bytes(side, &(from..to));
    Some(Passage {
        source: span(&source, first.source.start, last.source.end),
        exhibit: span(&exhibit, first.exhibit.start, last.exhibit.end),
        weight: aligner.weight(&matches),
        pairs: matches
            .iter()
            .map(|m| Pair {
                source: bytes(&source, &m.source),
                exhibit: bytes(&exhibit, &m.exhibit),
                exact: m.exact,
            })
            .collect(),
    })
}

/// Aligns all words of one range with all of another.
pub(crate) fn between(
    source: Side<'_>,
    exhibit: Side<'_>,
    weigh: &dyn Fn(usize) -> i32,
    ranges: (Range<usize>, Range<usize>),
) -> Vec<Match> {
    Aligner { source, exhibit, weigh }.fill(ranges.0, ranges.1, End::Both)
}

struct Aligner<'a> {
    source: Side<'a>,
    exhibit: Side<'a>,
    /// What each word of the source weighs.
    weigh: &'a dyn Fn(usize) -> i32,
}

impl Aligner<'_> {
    fn along(&self, runs: &[Run], bounds: Range<usize>) -> Vec<Match> {
        let Some(first) = runs.first() else { return vec![] };
        let (s, e) = (first.source as usize, first.exhibit as usize);
        let mut matches = self.backwards(
            s.saturating_sub(REACH_WORDS)..s,
            e.saturating_sub(REACH_WORDS).max(bounds.start).min(e)..e,
        );
        let (mut s, mut e) = (s, e);
        for run in runs {
            let done = s.saturating_sub(run.source as usize).max(e.saturating_sub(run.exhibit as usize));
            if done >= run.length as usize {
                continue;
            }
            let (from_s, from_e) = (run.source as usize + done, run.exhibit as usize + done);
            self.gap(s..from_s, e..from_e, &mut matches);
            let length = run.length as usize - done;
            matches.extend((0..length).map(|i| Match {
                source: from_s + i..from_s + i + 1,
                exhibit: from_e + i..from_e + i + 1,
                exact: true,
            }));
            (s, e) = (from_s + length, from_e + length);
        }
        let to_s = (s + REACH_WORDS).min(self.source.words.len());
        let to_e = (e + REACH_WORDS).min(bounds.end).max(e);
        matches.extend(self.forwards(s..to_s, e..to_e));
        matches
    }

    /// Fills the gap between two runs.
    fn gap(&self, s: Range<usize>, e: Range<usize>, matches: &mut Vec<Match>) {
        if s.is_empty() || e.is_empty() {
            return;
        }
        if s.len() * e.len() <= CELLS_MAX {
            matches.extend(self.fill(s, e, End::Both));
            return;
        }
        let half = |r: &Range<usize>| (r.len() / 2).min(REACH_WORDS);
        let (hs, he) = (half(&s), half(&e));
        matches.extend(self.forwards(s.start..s.start + hs, e.start..e.start + he));
        matches.extend(self.backwards(s.end - hs..s.end, e.end - he..e.end));
    }

    fn forwards(&self, s: Range<usize>, e: Range<usize>) -> Vec<Match> {
        self.fill(s, e, End::Start)
    }

    /// The same from the end: the table is filled over both word lists turned round.
    fn backwards(&self, s: Range<usize>, e: Range<usize>) -> Vec<Match> {
        self.fill(s, e, End::Finish)
    }

    fn fill(&self, s: Range<usize>, e: Range<usize>, end: End) -> Vec<Match> {
        if s.is_empty() || e.is_empty() {
            return vec![];
        }
        let turned = end == End::Finish;
        let mut table = Table::new(self, s.clone(), e.clone(), turned);
        table.fill();
        let mut matches = table.trace(if end == End::Both { None } else { Some(table.best()) });
        if turned {
            for m in &mut matches {
                m.source = s.len() - m.source.end..s.len() - m.source.start;
                m.exhibit = e.len() - m.exhibit.end..e.len() - m.exhibit.start;
            }
        } else {
            matches.reverse();
        }
        for m in &mut matches {
            m.source = m.source.start + s.start..m.source.end + s.start;
            m.exhibit = m.exhibit.start + e.start..m.exhibit.end + e.start;
        }
        matches
    }

    /// Bits of the words that agree, less what the words between them cost.
    fn weight(&self, matches: &[Match]) -> u32 {
        let gain = |m: &Match| {
            let weight: i32 = m.source.clone().map(self.weigh).sum();
            i64::from(if m.exact { weight } else { weight / 2 })
        };
        let cost = |two: &[Match]| {
            let lost = two[1].source.start - two[0].source.end;
            let added = two[1].exhibit.start - two[0].exhibit.end;
            i64::from(BIT) * (lost + added).min(GAP_BITS_MAX) as i64
        };
        let gains: i64 = matches.iter().map(gain).sum();
        let costs: i64 = matches.windows(2).map(cost).sum();
        ((gains - costs).max(0) / i64::from(BIT)) as u32
    }
}

/// Which ends of a gap are held by a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Start,
    Finish,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Stop,
    SkipSource,
    SkipExhibit,
    Exact,
    Near,
    /// Two words of the original are one of the exhibit.
    Merged,
    /// One word of the original is two of the exhibit.
    Split,
}

/// Scores of aligning the first words of two lists.
struct Table {
    source: Vec<(Letters, i32)>,
    exhibit: Vec<Letters>,
    turned: bool,
    scores: Vec<i32>,
    moves: Vec<Move>,
}

impl Table {
    fn new(aligner: &Aligner<'_>, s: Range<usize>, e: Range<usize>, turned: bool) -> Table {
        let weights: Vec<i32> = s.clone().map(aligner.weigh).collect();
        let spelt = aligner.exhibit.may_be_misspelt(e.clone());
        let mut source: Vec<_> = aligner.source.letters(s, spelt).into_iter().zip(weights).collect();
        let mut exhibit = aligner.exhibit.letters(e, spelt);
        if turned {
            source.reverse();
            exhibit.reverse();
        }
        let cells = (source.len() + 1) * (exhibit.len() + 1);
        Table { source, exhibit, turned, scores: vec![0; cells], moves: vec![Move::Stop; cells] }
    }

    fn at(&self, i: usize, j: usize) -> usize {
        i * (self.exhibit.len() + 1) + j
    }

    fn fill(&mut self) {
        for i in 0..=self.source.len() {
            for j in 0..=self.exhibit.len() {
                if i + j == 0 {
                    continue;
                }
                let (score, step) = self.step(i, j);
                let at = self.at(i, j);
                self.scores[at] = score;
                self.moves[at] = step;
            }
        }
    }

    fn step(&self, i: usize, j: usize) -> (i32, Move) {
        let mut best = (i32::MIN, Move::Stop);
        let mut offer = |score: i32, step| {
            if score > best.0 {
                best = (score, step);
            }
        };
        if i > 0 && j > 0 {
            let ((word, weight), other) = (&self.source[i - 1], &self.exhibit[j - 1]);
            let base = self.scores[self.at(i - 1, j - 1)];
            // A word of the protected texts is no misspelling of another one.
            let spelt_otherwise = other.stem == UNKNOWN;
            if word.hash == other.hash {
                offer(base + weight + SAME, Move::Exact);
            } else if word.stem != UNKNOWN && word.stem == other.stem {
                offer(base + weight + SAME / 2, Move::Near);
            } else if spelt_otherwise && near(word, other) {
                offer(base + weight / 2 + SAME / 2, Move::Near);
            }
            if i > 1 && spelt_otherwise && joined(self.in_order(&self.source[i - 2].0, word), other) {
                let weight = weight + self.source[i - 2].1;
                offer(self.scores[self.at(i - 2, j - 1)] + weight / 2 + SAME, Move::Merged);
            }
            if j > 1 && spelt_otherwise && joined(self.in_order(&self.exhibit[j - 2], other), word) {
                offer(self.scores[self.at(i - 1, j - 2)] + weight / 2 + SAME, Move::Split);
            }
        }
        if i > 0 {
            offer(self.scores[self.at(i - 1, j)] + SKIP, Move::SkipSource);
        }
        if j > 0 {
            offer(self.scores[self.at(i, j - 1)] + SKIP, Move::SkipExhibit);
        }
        best
    }

    fn in_order<'a>(&self, a: &'a Letters, b: &'a Letters) -> [&'a Letters; 2] {
        if self.turned { [b, a] } else { [a, b] }
    }

    /// The cell with the highest score: where an extension ends.
    fn best(&self) -> (usize, usize) {
        let width = self.exhibit.len() + 1;
        let top = self.scores.iter().enumerate().max_by_key(|(at, score)| (**score, std::cmp::Reverse(*at)));
        top.map_or((0, 0), |(at, _)| (at / width, at % width))
    }

    /// The matches on the way to a cell (or to the last one), last first.
    fn trace(&self, end: Option<(usize, usize)>) -> Vec<Match> {
        let (mut i, mut j) = end.unwrap_or((self.source.len(), self.exhibit.len()));
        let mut matches = Vec::new();
        loop {
            let (di, dj, exact) = match self.moves[self.at(i, j)] {
                Move::Stop => return matches,
                Move::SkipSource => (1, 0, None),
                Move::SkipExhibit => (0, 1, None),
                Move::Exact => (1, 1, Some(true)),
                Move::Near => (1, 1, Some(false)),
                Move::Merged => (2, 1, Some(false)),
                Move::Split => (1, 2, Some(false)),
            };
            if let Some(exact) = exact {
                matches.push(Match { source: i - di..i, exhibit: j - dj..j, exact });
            }
            (i, j) = (i - di, j - dj);
        }
    }
}
