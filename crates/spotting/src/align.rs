//! Word alignment along a chain: gaps are filled and ends extended by dynamic programming.

use std::ops::Range;

use tellmark_core::{Pair, Passage};

use crate::chain::Run;
use crate::lexicon::{Stem, UNKNOWN};
use crate::near::{Letters, joined, may_be_near, near};
use crate::weights::{BIT, Weights};
use crate::words::{Word, fold, plain_fold};

/// A text with its words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side<'a> {
    pub text: &'a str,
    pub words: &'a [Word],
    /// The words' stems, or nothing where words of one stem are no match.
    pub stems: &'a [Stem],
}

impl Side<'_> {
    /// A word; without its letters where nothing misspelt is looked for.
    fn letters(&self, at: usize, spelt: bool) -> Letters {
        let word = &self.words[at];
        let stem = self.stems.get(at).copied().unwrap_or(UNKNOWN);
        let own = if !spelt {
            Letters::of(std::iter::empty())
        } else if let Some(letters) = plain_fold(&self.text[word.range()]) {
            Letters::of(letters)
        } else {
            Letters::of(self.spell(at).into_iter())
        };
        Letters { word: at, stem, hash: word.hash, ..own }
    }

    /// The letters of a word's fold.
    fn spell(&self, at: usize) -> Vec<char> {
        fold(self.text, &self.words[at])
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
    let mut aligner = Aligner { source, exhibit, weigh: &weigh, table: &mut Table::default() };
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

/// Aligns all words of one range with all of another, in a table whose memory is used again.
pub(crate) fn between(
    source: Side<'_>,
    exhibit: Side<'_>,
    weigh: &dyn Fn(usize) -> i32,
    ranges: (Range<usize>, Range<usize>),
    table: &mut Table,
) -> Vec<Match> {
    Aligner { source, exhibit, weigh, table }.fill(ranges.0, ranges.1, End::Both)
}

struct Aligner<'a> {
    source: Side<'a>,
    exhibit: Side<'a>,
    /// What each word of the source weighs.
    weigh: &'a dyn Fn(usize) -> i32,
    table: &'a mut Table,
}

impl Aligner<'_> {
    fn along(&mut self, runs: &[Run], bounds: Range<usize>) -> Vec<Match> {
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
    fn gap(&mut self, s: Range<usize>, e: Range<usize>, matches: &mut Vec<Match>) {
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

    fn forwards(&mut self, s: Range<usize>, e: Range<usize>) -> Vec<Match> {
        self.fill(s, e, End::Start)
    }

    /// The same from the end: the table is filled over both word lists turned round.
    fn backwards(&mut self, s: Range<usize>, e: Range<usize>) -> Vec<Match> {
        self.fill(s, e, End::Finish)
    }

    fn fill(&mut self, s: Range<usize>, e: Range<usize>, end: End) -> Vec<Match> {
        if s.is_empty() || e.is_empty() {
            return vec![];
        }
        let turned = end == End::Finish;
        self.table.begin((self.source, self.exhibit), self.weigh, (s.clone(), e.clone()), turned);
        self.table.fill((self.source, self.exhibit));
        let end_of = if end == End::Both { None } else { Some(self.table.best()) };
        let mut matches = self.table.trace(end_of);
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

/// Scores of aligning the first words of two lists; its memory is used again.
#[derive(Default)]
pub(crate) struct Table {
    source: Vec<(Letters, i32)>,
    exhibit: Vec<Letters>,
    /// What each word of the exhibit and the one before it are together.
    pairs: Vec<Together>,
    turned: bool,
    scores: Vec<i32>,
    moves: Vec<Move>,
}

impl Table {
    /// Takes up two ranges of words, turned round or not.
    fn begin(
        &mut self,
        (source, exhibit): (Side<'_>, Side<'_>),
        weigh: &dyn Fn(usize) -> i32,
        (s, e): (Range<usize>, Range<usize>),
        turned: bool,
    ) {
        let spelt = exhibit.may_be_misspelt(e.clone());
        self.turned = turned;
        self.source.clear();
        self.source.extend(s.map(|at| (source.letters(at, spelt), weigh(at))));
        self.exhibit.clear();
        self.exhibit.extend(e.map(|at| exhibit.letters(at, spelt)));
        if turned {
            self.source.reverse();
            self.exhibit.reverse();
        }
        self.pairs.clear();
        self.pairs.extend(self.exhibit.windows(2).map(|two| Together::of(&two[0], &two[1])));
        let cells = (self.source.len() + 1) * (self.exhibit.len() + 1);
        self.scores.clear();
        self.scores.resize(cells, 0);
        self.moves.clear();
        self.moves.resize(cells, Move::Stop);
    }

    fn at(&self, i: usize, j: usize) -> usize {
        i * (self.exhibit.len() + 1) + j
    }

    fn fill(&mut self, sides: (Side<'_>, Side<'_>)) {
        let width = self.exhibit.len() + 1;
        for j in 1..width {
            (self.scores[j], self.moves[j]) = (SKIP * j as i32, Move::SkipExhibit);
        }
        for i in 1..=self.source.len() {
            let (word, weight) = self.source[i - 1];
            let (before, own) = self.scores.split_at_mut(i * width);
            let (above, own) = (&before[(i - 1) * width..], &mut own[..width]);
            let moves = &mut self.moves[i * width..][..width];
            let pair = i
                .checked_sub(2)
                .map(|first| (Together::of(&self.source[first].0, &word), self.source[first]));
            (own[0], moves[0]) = (above[0] + SKIP, Move::SkipSource);
            for j in 1..width {
                let other = &self.exhibit[j - 1];
                let mut best = (i32::MIN, Move::Stop);
                let mut offer = |score: i32, step| {
                    if score > best.0 {
                        best = (score, step);
                    }
                };
                // A word of the protected texts is no misspelling of another one.
                let spelt_otherwise = other.stem == UNKNOWN;
                if word.hash == other.hash {
                    offer(above[j - 1] + weight + SAME, Move::Exact);
                } else if word.stem != UNKNOWN && word.stem == other.stem {
                    offer(above[j - 1] + weight + SAME / 2, Move::Near);
                } else if spelt_otherwise && may_be_near(&word, other) && is_near(sides, &word, other) {
                    offer(above[j - 1] + weight / 2 + SAME / 2, Move::Near);
                }
                if spelt_otherwise
                    && let Some((pair, (first, its_weight))) = &pair
                    && pair.may_be(other)
                    && is_joined(sides, [first, &word], other, self.turned)
                {
                    let score = before[(i - 2) * width + j - 1];
                    offer(score + (weight + its_weight) / 2 + SAME, Move::Merged);
                }
                if spelt_otherwise
                    && j > 1
                    && self.pairs[j - 2].may_be(&word)
                    && is_joined((sides.1, sides.0), [&self.exhibit[j - 2], other], &word, self.turned)
                {
                    offer(above[j - 2] + weight / 2 + SAME, Move::Split);
                }
                offer(above[j] + SKIP, Move::SkipSource);
                offer(own[j - 1] + SKIP, Move::SkipExhibit);
                (own[j], moves[j]) = best;
            }
        }
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

#[inline(never)]
fn is_near((source, exhibit): (Side<'_>, Side<'_>), word: &Letters, other: &Letters) -> bool {
    near(&source.spell(word.word), &exhibit.spell(other.word))
}

/// What of the letters of two words in a row rejects most words that they might be together.
#[derive(Clone, Copy)]
struct Together {
    count: usize,
    set: u64,
}

impl Together {
    fn of(a: &Letters, b: &Letters) -> Together {
        Together { count: a.count + b.count, set: a.set | b.set }
    }

    #[inline]
    fn may_be(&self, whole: &Letters) -> bool {
        self.count == whole.count && self.set == whole.set
    }
}

/// Whether two words of one side that [may be](Together::may_be) one of the other are it; a table that is turned round has them so, too.
#[inline(never)]
fn is_joined(
    (side, other): (Side<'_>, Side<'_>),
    [a, b]: [&Letters; 2],
    whole: &Letters,
    turned: bool,
) -> bool {
    let (first, second) = if turned { (b, a) } else { (a, b) };
    joined([&side.spell(first.word), &side.spell(second.word)], &other.spell(whole.word))
}
