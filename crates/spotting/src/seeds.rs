//! Where the originals' runs of three words stand.

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

/// The seeds, sorted by key, with a directory and a bitmap in front that rejects foreign text early.
#[derive(Debug, Clone)]
pub(crate) struct Seeds {
    /// Key in the upper, place in the lower half.
    entries: Vec<u64>,
    /// Start of the entries for each value of the key's upper bits.
    directory: Vec<u32>,
    directory_shift: u32,
    bitmap: Vec<u64>,
    bitmap_mask: u32,
}

impl Seeds {
    /// The seeds of the originals' words, which are given one after the other with the bounds between, and
    /// the weights that follow from them.
    pub fn build(words: &[Word], starts: &[u32]) -> (Seeds, Weights) {
        let mut entries = entries(words, starts);
        radix_sort(&mut entries);
        let weights = Weights::new(&surroundings(&entries, words));
        let by_place: Vec<i32> = words.iter().map(|word| weights.of(word.hash)).collect();
        entries.retain(|entry| {
            let place = *entry as u32 as usize;
            by_place[place..place + SEED_WORDS].iter().sum::<i32>() >= SEED_WEIGHT_MIN
        });
        (Seeds::with(entries), weights)
    }

    fn with(entries: Vec<u64>) -> Seeds {
        let bits = (entries.len() as u32).max(2).ilog2().clamp(1, 20);
        let directory_shift = 64 - bits;
        let mut directory = vec![0u32; (1 << bits) + 1];
        for entry in &entries {
            directory[(entry >> directory_shift) as usize + 1] += 1;
        }
        (1..directory.len()).for_each(|i| directory[i] += directory[i - 1]);
        let bitmap_bits = (entries.len() as u32 * 16).max(64).next_power_of_two().min(1 << 23);
        let bitmap_mask = bitmap_bits - 1;
        let mut bitmap = vec![0; bitmap_bits as usize / 64];
        for entry in &entries {
            let bit = (entry >> 32) as u32 & bitmap_mask;
            bitmap[bit as usize / 64] |= 1 << (bit % 64);
        }
        Seeds { entries, directory, directory_shift, bitmap, bitmap_mask }
    }

    /// All places of the originals that share a seed with an exhibit.
    pub fn hits(&self, exhibit: &[Word], originals: &[Word]) -> Vec<Hit> {
        let found: Vec<(u32, &[u64])> = (0..exhibit.len().saturating_sub(SEED_WORDS - 1))
            .filter_map(|at| Some((at as u32, self.find(key(&exhibit[at..at + SEED_WORDS]))?)))
            .collect();
        let longest = affordable(&found);
        let mut hits = Vec::new();
        for (at, entries) in found.into_iter().filter(|(_, entries)| entries.len() <= longest) {
            let seed = &exhibit[at as usize..at as usize + SEED_WORDS];
            let places = entries.iter().map(|&entry| entry as u32);
            // Keys have 32 bits: the words themselves decide.
            let same = |place: &u32| {
                let there = &originals[*place as usize..*place as usize + SEED_WORDS];
                there.iter().zip(seed).all(|(a, b)| a.hash == b.hash)
            };
            hits.extend(places.filter(same).map(|source| Hit { source, exhibit: at }));
        }
        hits
    }

    fn find(&self, key: u32) -> Option<&[u64]> {
        let bit = key & self.bitmap_mask;
        if self.bitmap[bit as usize / 64] >> (bit % 64) & 1 == 0 {
            return None;
        }
        let slot = ((u64::from(key) << 32) >> self.directory_shift) as usize;
        let bucket = &self.entries[self.directory[slot] as usize..self.directory[slot + 1] as usize];
        let from = bucket.partition_point(|entry| ((entry >> 32) as u32) < key);
        let length = bucket[from..].partition_point(|entry| (entry >> 32) as u32 == key);
        (length > 0).then(|| &bucket[from..from + length])
    }
}

/// The longest list of places that can be followed within [`HITS_MAX`].
fn affordable(found: &[(u32, &[u64])]) -> usize {
    let mut lengths: Vec<usize> = found.iter().map(|(_, entries)| entries.len()).collect();
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

fn key(words: &[Word]) -> u32 {
    (words
        .iter()
        .fold(0u64, |key, word| (key.rotate_left(21) ^ word.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        >> 32) as u32
}

fn entries(words: &[Word], starts: &[u32]) -> Vec<u64> {
    let mut entries = Vec::with_capacity(words.len());
    for bounds in starts.windows(2) {
        let one = &words[bounds[0] as usize..bounds[1] as usize];
        let places = bounds[0]..;
        entries.extend(
            one.windows(SEED_WORDS).zip(places).map(|(seed, at)| u64::from(key(seed)) << 32 | u64::from(at)),
        );
    }
    entries
}

/// In how many different seeds each word stands in the middle.
fn surroundings(entries: &[u64], words: &[Word]) -> FxHashMap<u64, u32> {
    let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
    let mut last = None;
    for entry in entries {
        if last.replace(entry >> 32) != Some(entry >> 32) {
            *counts.entry(words[*entry as u32 as usize + 1].hash).or_default() += 1;
        }
    }
    // Words that are in the middle of none still have a weight.
    words.iter().for_each(|word| {
        counts.entry(word.hash).or_insert(1);
    });
    counts
}

/// Sorts by the upper half; the order within a key stays. Linear, which a comparison sort is not.
fn radix_sort(entries: &mut Vec<u64>) {
    let mut other = vec![0u64; entries.len()];
    for shift in [32, 43, 54] {
        let digit = |entry: u64| (entry >> shift) as usize & 0x7ff;
        let mut starts = [0usize; 2049];
        entries.iter().for_each(|&entry| starts[digit(entry) + 1] += 1);
        (1..starts.len()).for_each(|i| starts[i] += starts[i - 1]);
        for &entry in entries.iter() {
            let slot = &mut starts[digit(entry)];
            other[*slot] = entry;
            *slot += 1;
        }
        std::mem::swap(entries, &mut other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{mix, words};

    #[test]
    fn sorting_keeps_places_in_order() {
        let mut entries: Vec<u64> = (0..5_000u64).map(|i| mix(i % 700) >> 32 << 32 | i).collect();
        let mut expected = entries.clone();
        expected.sort_unstable();
        radix_sort(&mut entries);
        assert_eq!(entries, expected);
    }

    #[test]
    fn seeds_are_found_where_they_stand() {
        let all = words("The Karrow barrage opens early. Before the Karrow barrage opens, wait.");
        let (seeds, weights) = Seeds::build(&all, &[0, 5, all.len() as u32]);
        let exhibit = words("Once the Karrow barrage opens");
        let hits: Vec<_> =
            seeds.hits(&exhibit, &all).into_iter().map(|hit| (hit.source, hit.exhibit)).collect();
        assert_eq!(hits, [(0, 1), (6, 1), (1, 2), (7, 2)]);
        assert!(weights.of(all[1].hash) > 0);
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let (seeds, _) = Seeds::build(&[], &[0]);
        assert!(seeds.hits(&words("a b c d"), &[]).is_empty());
    }
}
