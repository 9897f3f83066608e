//! From a cluster of sentences to the words that correspond, and what they weigh.

use std::cmp::Reverse;
use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::align::{self, Match, Side, Table};
use crate::clusters::Link;
use crate::lexicon::{Lexicon, Stem, UNKNOWN};
use crate::page::Page;
use crate::weights::BIT;

/// A text beside a protected one.
#[derive(Clone, Copy)]
pub(crate) struct Facing<'a> {
    pub lexicon: &'a Lexicon,
    pub source: (&'a str, &'a Page),
    pub query: (&'a str, &'a Page),
}

/// A passage that two texts share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Words of the text.
    pub query: Range<usize>,
    /// Words of the protected text.
    pub source: Range<usize>,
    /// Weight of the words that correspond, less what those between cost, in units of 1 / [`BIT`] bit.
    pub weight: i32,
    /// The words that correspond, by their place in the text.
    pub matches: Vec<Match>,
}

/// What a word without a partner costs.
const SKIP: i32 = BIT * 5 / 8;
/// Words on either side of the expected place where a misspelt or moved word is looked for.
const STRAY_WORDS: usize = 12;
/// Hundredths of its weight that a stem has when the passage had it before.
const REPEATED: i32 = 30;

/// Aligns a cluster, and trims what does not pay at both ends.
pub(crate) fn piece(facing: Facing<'_>, links: &[Link]) -> Option<Piece> {
    let mut partners = Partners::default();
    let mut order: Vec<&Link> = links.iter().collect();
    order.sort_by_key(|link| (Reverse(link.weight), link.query, link.source));
    for link in order {
        let query = facing.query.1.words_of(link.query as usize);
        let source = facing.source.1.words_of(link.source as usize);
        partners.align(facing, &source, &query);
        partners.gather_strays(facing, &source, &query);
    }
    let mut matches = partners.matches;
    matches.sort_unstable_by_key(|m| m.exhibit.start);
    let gains = gains(facing, &matches);
    let kept = best_stretch(&matches, &gains, |m| &m.exhibit)?;
    let mut inner: Vec<(Match, i32)> =
        matches[kept.clone()].iter().cloned().zip(gains[kept].iter().copied()).collect();
    inner.sort_unstable_by_key(|(m, _)| m.source.start);
    let (by_source, gains): (Vec<Match>, Vec<i32>) = inner.into_iter().unzip();
    let kept = best_stretch(&by_source, &gains, |m| &m.source)?;
    let mut matches = by_source[kept].to_vec();
    let source = matches.first()?.source.start..matches.last()?.source.end;
    matches.sort_unstable_by_key(|m| m.exhibit.start);
    let query = matches.first()?.exhibit.start..matches.last()?.exhibit.end;
    let mut piece = Piece { query, source, weight: 0, matches };
    piece.weigh(facing);
    Some(piece)
}

impl Piece {
    fn weigh(&mut self, facing: Facing<'_>) {
        let lost = self.query.len().max(self.source.len()) as i32 - self.matches.len() as i32;
        self.weight = gains(facing, &self.matches).iter().sum::<i32>() - SKIP * lost.max(0) / 2;
    }

    /// Joins a piece that stands behind: what is repeated counts for little in all of it.
    pub fn join(&mut self, facing: Facing<'_>, other: Piece) {
        self.query = self.query.start.min(other.query.start)..self.query.end.max(other.query.end);
        self.source = self.source.start.min(other.source.start)..self.source.end.max(other.source.end);
        self.matches.extend(other.matches);
        self.matches.sort_by_key(|m| (m.exhibit.start, m.source.start));
        self.weigh(facing);
    }
}

/// Words that have a partner already.
#[derive(Default)]
struct Partners {
    query: FxHashSet<usize>,
    source: FxHashSet<usize>,
    matches: Vec<Match>,
    table: Table,
}

impl Partners {
    fn add(&mut self, m: Match) {
        if m.exhibit.clone().any(|at| self.query.contains(&at))
            || m.source.clone().any(|at| self.source.contains(&at))
        {
            return;
        }
        self.query.extend(m.exhibit.clone());
        self.source.extend(m.source.clone());
        self.matches.push(m);
    }

    /// In one order: the way most sentences are copied.
    fn align(&mut self, facing: Facing<'_>, source: &Range<usize>, query: &Range<usize>) {
        let weigh = |word: usize| facing.lexicon.weight(facing.source.1.stems[word]);
        let sides = [facing.source, facing.query].map(|(text, page)| Side {
            text,
            words: &page.words,
            stems: &page.stems,
        });
        let ranges = (source.clone(), query.clone());
        for m in align::between(sides[0], sides[1], &weigh, ranges, &mut self.table) {
            self.add(m);
        }
    }

    /// In any order: words of one stem near where they are expected.
    fn gather_strays(&mut self, facing: Facing<'_>, source: &Range<usize>, query: &Range<usize>) {
        for at in query.clone().filter(|at| !self.query.contains(at)).collect::<Vec<_>>() {
            let stem = facing.query.1.stems[at];
            if facing.lexicon.weight(stem) == 0 {
                continue;
            }
            let expected = source.start + (at - query.start) * source.len() / query.len().max(1);
            let free = |&there: &usize| facing.source.1.stems[there] == stem && !self.source.contains(&there);
            let near = source.clone().filter(free).min_by_key(|there| there.abs_diff(expected));
            if let Some(there) =
                near.filter(|there| there.abs_diff(expected) <= STRAY_WORDS + source.len() / 2)
            {
                self.add(Match { source: there..there + 1, exhibit: at..at + 1, exact: false });
            }
        }
    }
}

/// What each pair of words says: after the pair before it, by its surprise there.
fn gains(facing: Facing<'_>, matches: &[Match]) -> Vec<i32> {
    let stems = &facing.source.1.stems;
    let mut seen: FxHashSet<Stem> = FxHashSet::default();
    let mut last: Option<&Match> = None;
    let mut gains = Vec::with_capacity(matches.len());
    for m in matches {
        let stem = stems[m.source.start];
        let follows =
            |last: &&Match| last.source.end == m.source.start && last.exhibit.end == m.exhibit.start;
        let mut gain = match last.filter(follows) {
            Some(last) => facing.lexicon.weight_after(stems[last.source.end - 1], stem),
            None => facing.lexicon.weight(stem),
        };
        if !m.exact && facing.query.1.stems[m.exhibit.start] != stem {
            gain /= 2;
        }
        if stem != UNKNOWN && !seen.insert(stem) {
            gain = gain * REPEATED / 100;
        }
        gains.push(gain);
        last = Some(m);
    }
    gains
}

/// The stretch of matches with the largest sum of gains less the words between.
fn best_stretch(
    matches: &[Match],
    gains: &[i32],
    of: impl Fn(&Match) -> &Range<usize>,
) -> Option<Range<usize>> {
    let (mut best, mut kept) = (0, None);
    let (mut sum, mut start) = (0, 0);
    for (i, gain) in gains.iter().enumerate() {
        if i > start {
            let between = of(&matches[i]).start.saturating_sub(of(&matches[i - 1]).end) as i32;
            sum -= between * SKIP;
        }
        if sum <= 0 {
            (sum, start) = (0, i);
        }
        sum += gain;
        if sum > best {
            (best, kept) = (sum, Some(start..i + 1));
        }
    }
    kept
}
