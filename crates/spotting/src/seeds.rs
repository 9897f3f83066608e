//! Where the originals' runs of three words stand.

use std::collections::hash_map::Entry;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::weights::{BIT, Weights};
use crate::words::Word;

/// Words of a seed.
pub(crate) const SEED_WORDS: usize = 3;
/// Weight below which a run of three words is no seed: "of the United" stands in every text.
const SEED_WEIGHT_MIN: i32 = 4 * BIT;
/// Places that one look at an exhibit follows; beyond, the most frequent seeds are left out.
const HITS_MAX: u64 = 1 << 23;

/// A run of three words that an exhibit and the originals share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Number of its first word among the words of all originals.
    pub source: u32,
    /// Number of its first word in the exhibit.
    pub exhibit: u32,
}

/// Where no place is.
const NOWHERE: u32 = u32::MAX;

/// The places of a key: a list from the last to the first that was added.
#[derive(Debug, Clone, Copy)]
struct List {
    last: u32,
    length: u32,
}

/// The originals' runs of three words by their keys. Texts are added one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seeds {
    lists: FxHashMap<u32, List>,
    /// For each word, the place that was added before it with the same key.
    before: Vec<u32>,
    /// Keys of runs with different words in the middle, which 32 bits cannot tell apart, and the first of their places: its
    /// word is the one in whose surroundings they count.
    shared: FxHashMap<u32, u32>,
}

impl Seeds {
    /// Adds a text, the last of these words, which begins at `start`. `is_before` says which of two places comes first in
    /// the originals' own order.
    pub fn add(
        &mut self,
        words: &[Word],
        start: u32,
        weights: &mut Weights,
        is_before: impl Fn(u32, u32) -> bool,
    ) {
        self.before.resize(words.len(), NOWHERE);
        let own = &words[start as usize..];
        own.iter().for_each(|word| weights.see(word.hash));
        for (seed, place) in own.windows(SEED_WORDS).zip(start..) {
            let key = key(seed);
            let list = match self.lists.entry(key) {
                Entry::Vacant(vacant) => {
                    vacant.insert(List { last: place, length: 1 });
                    weights.add(middle(words, place));
                    continue;
                }
                Entry::Occupied(list) => list.into_mut(),
            };
            self.before[place as usize] = list.last;
            let first = match self.shared.get(&key) {
                Some(&first) => first,
                None if middle(words, list.last) == middle(words, place) => NOWHERE,
                None => {
                    let all = each(&self.before, list.last);
                    all.reduce(|a, b| if is_before(a, b) { a } else { b }).unwrap_or(list.last)
                }
            };
            *list = List { last: place, length: list.length + 1 };
            if first != NOWHERE {
                self.shared.insert(key, first);
                self.claim(key, place, (words, weights), &is_before);
            }
        }
    }

    /// Makes a place the first of its shared key, if it is.
    fn claim(
        &mut self,
        key: u32,
        place: u32,
        (words, weights): (&[Word], &mut Weights),
        is_before: impl Fn(u32, u32) -> bool,
    ) {
        let Some(first) = self.shared.get_mut(&key).filter(|first| is_before(place, **first)) else { return };
        weights.take(middle(words, *first));
        weights.add(middle(words, place));
        *first = place;
    }

    /// A text, which begins at `start`, comes earlier in the originals' own order than it did.
    pub fn advance(
        &mut self,
        words: &[Word],
        text: Range<u32>,
        weights: &mut Weights,
        is_before: impl Fn(u32, u32) -> bool,
    ) {
        let own = &words[text.start as usize..text.end as usize];
        for (seed, place) in own.windows(SEED_WORDS).zip(text) {
            self.claim(key(seed), place, (words, weights), &is_before);
        }
    }

    /// All places of the originals that share a seed with an exhibit.
    pub fn hits(&self, exhibit: &[Word], originals: &[Word], weights: &Weights) -> Vec<Hit> {
        let is_seed = |seed: &[Word]| seed_weight(seed, weights) >= SEED_WEIGHT_MIN;
        let found: Vec<(u32, List)> = (0..exhibit.len().saturating_sub(SEED_WORDS - 1))
            .filter_map(|at| Some((at as u32, *self.lists.get(&key(&exhibit[at..at + SEED_WORDS]))?)))
            .collect();
        let all = found.iter().map(|(_, list)| u64::from(list.length)).sum::<u64>();
        let mut lengths: FxHashMap<u32, usize> = FxHashMap::default();
        let mut longest = usize::MAX;
        if all > HITS_MAX {
            let counts = |place: &u32| is_seed(&originals[*place as usize..*place as usize + SEED_WORDS]);
            for (_, list) in &found {
                let length = || each(&self.before, list.last).filter(counts).count();
                lengths.entry(list.last).or_insert_with(length);
            }
            longest = affordable(found.iter().map(|(_, list)| lengths[&list.last]).collect());
        }
        let is_short = |list: &List| lengths.get(&list.last).is_none_or(|&length| length <= longest);
        let mut hits = Vec::new();
        for (at, list) in found.into_iter().filter(|(_, list)| is_short(list)) {
            let seed = &exhibit[at as usize..at as usize + SEED_WORDS];
            if !is_seed(seed) {
                continue;
            }
            // Keys have 32 bits: the words themselves decide.
            let same = |place: &u32| {
                let there = &originals[*place as usize..*place as usize + SEED_WORDS];
                there.iter().zip(seed).all(|(a, b)| a.hash == b.hash)
            };
            let places = each(&self.before, list.last).filter(same);
            hits.extend(places.map(|source| Hit { source, exhibit: at }));
        }
        hits
    }

    /// How many keys runs with different words in the middle share.
    #[cfg(test)]
    pub fn shared(&self) -> usize {
        self.shared.len()
    }

    /// Bytes of memory, about.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        let of = |map: usize, entry: usize| map * (entry + 1);
        self.before.capacity() * size_of::<u32>()
            + of(self.lists.capacity(), size_of::<(u32, List)>())
            + of(self.shared.capacity(), size_of::<(u32, u32)>())
    }
}

/// The word in the middle of the seed at a place.
fn middle(words: &[Word], place: u32) -> u64 {
    words[place as usize + 1].hash
}

/// A list's places, the last first.
fn each(before: &[u32], last: u32) -> impl Iterator<Item = u32> {
    let next = |place: &u32| Some(before[*place as usize]).filter(|&next| next != NOWHERE);
    std::iter::successors(Some(last), next)
}

fn seed_weight(seed: &[Word], weights: &Weights) -> i32 {
    seed.iter().map(|word| weights.of(word.hash)).sum()
}

/// The longest list of places that can be followed within [`HITS_MAX`].
fn affordable(mut lengths: Vec<usize>) -> usize {
    if lengths.iter().map(|&n| n as u64).sum::<u64>() <= HITS_MAX {
        return usize::MAX;
    }
    lengths.sort_unstable();
    let mut longest = 0;
    let mut total = 0;
    for group in lengths.chunk_by(|a, b| a == b) {
        total += group.iter().map(|&n| n as u64).sum::<u64>();
        if total > HITS_MAX {
            break;
        }
        longest = group[0];
    }
    longest
}

pub(crate) fn key(words: &[Word]) -> u32 {
    (words
        .iter()
        .fold(0u64, |key, word| (key.rotate_left(21) ^ word.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn built(all: &[Word], starts: &[u32]) -> (Seeds, Weights) {
        let (mut seeds, mut weights) = (Seeds::default(), Weights::default());
        for bounds in starts.windows(2) {
            seeds.add(&all[..bounds[1] as usize], bounds[0], &mut weights, |a, b| a < b);
        }
        (seeds, weights)
    }

    #[test]
    fn seeds_are_found_where_they_stand() {
        let all = words("The Karrow barrage opens early. Before the Karrow barrage opens, wait.");
        let (seeds, weights) = built(&all, &[0, 5, all.len() as u32]);
        let exhibit = words("Once the Karrow barrage opens");
        let hits: Vec<_> =
            seeds.hits(&exhibit, &all, &weights).into_iter().map(|hit| (hit.source, hit.exhibit)).collect();
        assert_eq!(hits, [(6, 1), (0, 1), (7, 2), (1, 2)]);
        assert!(weights.of(all[1].hash) > 0);
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let (seeds, weights) = built(&[], &[0]);
        assert!(seeds.hits(&words("a b c d"), &[], &weights).is_empty());
    }
}
