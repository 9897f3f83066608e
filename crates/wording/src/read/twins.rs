//! Stretches that the original nearly repeats: which of the two does an exhibit quote?
//!
//! Two paragraphs that differ in a number only can be aligned one to the other, the more so as the sites in
//! them differ from copy to copy. Where an exhibit disagrees with the words of a stretch that has a twin, it is
//! compared with both; unless the first explains it clearly better, nothing is read there.

use std::ops::Range;

use super::solid::{Word, hash};
use super::track::Track;

/// All stretches that have a twin, in the order of the text.
#[derive(Debug, Clone)]
pub(super) struct Twins {
    words: Vec<Word>,
    pairs: Vec<Vec<(usize, usize)>>,
}

/// A part of a stretch that an exhibit shows not quite as it is, and the same part of its twin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doubt {
    /// Bytes of the original.
    pub source: Range<usize>,
    /// Bytes of the twin in the original.
    pub twin: Range<usize>,
    /// Bytes of the exhibit.
    pub exhibit: Range<usize>,
    /// The word next to it in the exhibit is the twin's.
    pub certain: bool,
}

/// Words of a seed.
const SEED_WORDS: usize = 3;
/// Places of one seed that are compared with each other.
const PLACES_MAX: usize = 24;
/// Words that may differ in a row, and by which the two may run apart.
const GAP_WORDS_MAX: usize = 10;
const SHIFT_WORDS_MAX: usize = 4;
/// Words that must agree.
const WORDS_MIN: usize = 8;
/// Twins of one original that are kept.
const TWINS_MAX: usize = 4096;
/// Stretches still open that a seed is compared with.
const OPEN_MAX: usize = 64;

impl Twins {
    /// Compares a text with itself, by its words outside sites.
    pub fn find(words: Vec<Word>) -> Twins {
        let ends = words.len().saturating_sub(SEED_WORDS - 1);
        let key = |at: usize| {
            words[at..at + SEED_WORDS].iter().fold(0, |key: u64, word| key.rotate_left(21) ^ word.hash)
        };
        let mut seeds: Vec<(u64, usize)> = (0..ends).map(|at| (key(at), at)).collect();
        seeds.sort_unstable();
        let others = |a: usize| {
            let from = seeds.partition_point(|seed| seed.0 < key(a));
            seeds[from..].iter().take(PLACES_MAX).take_while(move |seed| seed.0 == key(a)).map(|seed| seed.1)
        };
        let mut open: Vec<Vec<(usize, usize)>> = Vec::new();
        let mut pairs: Vec<Vec<(usize, usize)>> = Vec::new();
        for a in 0..ends {
            for b in others(a).filter(|&b| b != a) {
                extend(&mut open, a, b);
            }
            while open.len() > OPEN_MAX || open.first().is_some_and(|first| is_over(first, a)) {
                close(open.remove(0), &mut pairs);
            }
        }
        open.into_iter().for_each(|rest| close(rest, &mut pairs));
        pairs.sort();
        pairs.truncate(TWINS_MAX);
        Twins { words, pairs }
    }

    /// The stretches of a track in which it does not show every word as the original has it.
    pub fn doubts<'a>(&'a self, track: &'a Track, exhibit: &'a str) -> impl Iterator<Item = Doubt> + 'a {
        self.pairs.iter().filter_map(|pairs| self.doubt(pairs, track, exhibit))
    }

    fn doubt(&self, pairs: &[(usize, usize)], track: &Track, exhibit: &str) -> Option<Doubt> {
        let (first, last) = (track.anchors.first()?, track.anchors.last()?);
        let (from, to) = (pairs.first()?, pairs.last()?);
        if self.words[to.0].range.end <= first.source.start
            || self.words[from.0].range.start >= last.source.end
        {
            return None;
        }
        let shown = |&&(a, _): &&(usize, usize)| track.anchor_of(self.words[a].range.start);
        let from = pairs.iter().position(|pair| shown(&pair).is_some())?;
        let to = pairs.iter().rposition(|pair| shown(&pair).is_some())?;
        let pairs = &pairs[from..=to];
        let (from, to) = (pairs[0], pairs[pairs.len() - 1]);
        if to.0 < from.0 + WORDS_MIN - 1 {
            return None;
        }
        let [begin, end] = [shown(&&from)?, shown(&&to)?];
        let bytes = track.anchors[begin].exhibit.start..track.anchors[end].exhibit.end;
        let certain = self.is_twins_neighbour(from, to, track, exhibit, &bytes);
        let differ = pairs.windows(2).any(|two| two[1].0 - two[0].0 != 1 || two[1].1 - two[0].1 != 1);
        let whole = |word: &Word| track.anchor_of(word.range.start).is_some();
        let as_it_is = || {
            self.words[from.0..=to.0].iter().all(whole)
                && track.anchors[begin..end].iter().all(|anchor| !anchor.gap_behind)
        };
        (certain || (differ && !as_it_is())).then(|| Doubt {
            source: self.words[from.0].range.start..self.words[to.0].range.end,
            twin: self.words[from.1].range.start..self.words[to.1].range.end,
            exhibit: bytes,
            certain,
        })
    }

    /// Whether the exhibit goes on, at either end, with the twin's word instead of the stretch's own.
    fn is_twins_neighbour(
        &self,
        from: (usize, usize),
        to: (usize, usize),
        track: &Track,
        exhibit: &str,
        bytes: &Range<usize>,
    ) -> bool {
        let word = |at: Option<usize>| at.and_then(|at| self.words.get(at));
        let is_twins = |own: Option<usize>, twin: Option<usize>, shown: Option<&str>| {
            let (Some(own), Some(twin), Some(shown)) = (word(own), word(twin), shown) else { return false };
            twin.hash != own.hash && twin.hash == hash(shown) && track.anchor_of(own.range.start).is_none()
        };
        let follows = |at: usize| word(Some(at)).is_some_and(|word| word.follows);
        let is_word = |part: &&str| !part.is_empty();
        let before = exhibit[..bytes.start].rsplit(|c: char| !c.is_alphanumeric()).find(is_word);
        let behind = exhibit[bytes.end..].split(|c: char| !c.is_alphanumeric()).find(is_word);
        let ahead = follows(from.0) && follows(from.1);
        let after = follows(to.0 + 1) && follows(to.1 + 1);
        (ahead && is_twins(from.0.checked_sub(1), from.1.checked_sub(1), before))
            || (after && is_twins(Some(to.0 + 1), Some(to.1 + 1), behind))
    }
}

fn extend(open: &mut Vec<Vec<(usize, usize)>>, a: usize, b: usize) {
    let follows = |pairs: &Vec<(usize, usize)>| {
        pairs.last().is_some_and(|&(last_a, last_b)| {
            let (da, db) = (a.wrapping_sub(last_a), b.wrapping_sub(last_b));
            da > 0 && db > 0 && da <= GAP_WORDS_MAX && da.abs_diff(db) <= SHIFT_WORDS_MAX
        })
    };
    match open.iter_mut().rev().find(|pairs| follows(pairs)) {
        Some(pairs) => pairs.push((a, b)),
        None => open.push(vec![(a, b)]),
    }
}

fn is_over(pairs: &[(usize, usize)], a: usize) -> bool {
    pairs.last().is_none_or(|last| last.0 + GAP_WORDS_MAX < a)
}

/// Takes every word of the seeds, and keeps a stretch that is long and alike enough.
fn close(seeds: Vec<(usize, usize)>, found: &mut Vec<Vec<(usize, usize)>>) {
    let mut pairs: Vec<(usize, usize)> = Vec::with_capacity(seeds.len() + SEED_WORDS);
    for (a, b) in seeds {
        for word in 0..SEED_WORDS {
            if pairs.last().is_none_or(|last| last.0 < a + word && last.1 < b + word) {
                pairs.push((a + word, b + word));
            }
        }
    }
    if pairs.len() >= WORDS_MIN {
        found.push(pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_repetitions_are_found_both_ways() {
        let text = "(i) The chair shall obtain the assurances within 45 days of this letter and report. Nobody objected. \
                    (ii) The chair shall obtain the assurances within 180 days of this letter and report.";
        let find = |text: &str| Twins::find(super::super::solid::words(text, &[]).0);
        let twins = find(text);
        assert_eq!(twins.pairs.len(), 2, "{:?}", twins.pairs);
        assert_eq!(twins.pairs[0].len(), 13);
        assert!(find("The chair shall obtain the assurances. It rained.").pairs.is_empty());
        find(&"the chair shall ".repeat(20_000));
    }
}
