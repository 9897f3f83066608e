//! Keys of a sentence: what it must share with another one for both to be compared.

use crate::lexicon::{Lexicon, Stem, UNKNOWN};
use crate::weights::BIT;
use crate::words::mix;

/// Stems of a protected sentence whose pairs are keys: the rarest.
pub(crate) const TOP_PROTECTED: usize = 9;
/// Stems of a text's sentence whose pairs are looked up; more, for it may hold words of two sentences.
pub(crate) const TOP_SEARCHED: usize = 12;
/// Weight from which a stem is rare enough for a pair.
const RARE_MIN: i32 = 2 * BIT;
/// Stems of a run that is a key.
pub(crate) const RUN_STEMS: usize = 4;
/// Weight of the stems of such a run.
const RUN_MIN: i32 = 9 * BIT;
/// Runs next to each other of which a protected sentence keeps the one with the smallest key.
const RUNS_WINNOWED: usize = 4;

/// The rarest different stems of a sentence, the rarest first; of equal weight the first.
pub(crate) fn rarest(stems: &[Stem], lexicon: &Lexicon, most: usize, top: &mut Vec<(i32, Stem)>) {
    top.clear();
    for &stem in stems {
        let weight = lexicon.rarity(stem);
        if weight < RARE_MIN || top.len() == most && weight <= top[most - 1].0 {
            continue;
        }
        if top.iter().any(|(_, known)| *known == stem) {
            continue;
        }
        let at = top.partition_point(|(other, _)| *other >= weight);
        top.truncate(most - 1);
        top.insert(at, (weight, stem));
    }
}

/// Gives every pair of rare stems, by their places among those.
#[inline]
pub(crate) fn pairs(top: &[(i32, Stem)], mut give: impl FnMut(u32, usize, usize)) {
    for (i, &(_, a)) in top.iter().enumerate() {
        for (j, &(_, b)) in top.iter().enumerate().skip(i + 1) {
            give(pair_key(a, b), i, j);
        }
    }
}

#[inline]
fn pair_key(a: Stem, b: Stem) -> u32 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    let both = (u64::from(low) << 32 | u64::from(high)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((both ^ both >> 32).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

/// Stems in a row with their rarity.
pub(crate) type Run = [(Stem, i32); RUN_STEMS];

/// Gives every run of known stems that is rare enough.
#[inline]
pub(crate) fn runs(stems: &[Stem], lexicon: &Lexicon, mut give: impl FnMut(u32, &Run)) {
    let mut last = [(UNKNOWN, 0); RUN_STEMS];
    let mut length = 0;
    for &stem in stems.iter().filter(|stem| **stem != UNKNOWN) {
        last.rotate_left(1);
        last[RUN_STEMS - 1] = (stem, lexicon.rarity(stem));
        length += 1;
        let rarity: i32 = last.iter().map(|(_, rarity)| rarity).sum();
        if length >= RUN_STEMS && rarity >= RUN_MIN {
            give(run_key(&last), &last);
        }
    }
}

fn run_key(stems: &[(Stem, i32)]) -> u32 {
    let all = stems.iter().fold(0x51, |key: u64, (stem, _)| {
        (key.rotate_left(23) ^ u64::from(*stem)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    (mix(all) >> 32) as u32
}

/// The runs of a protected sentence that are kept: in every [`RUNS_WINNOWED`] in a row the smallest key.
///
/// # Source
/// Schleimer, Wilkerson, Aiken: Winnowing, local algorithms for document fingerprinting, SIGMOD 2003.
pub(crate) fn winnowed(keys: &[u32], mut give: impl FnMut(u32)) {
    let mut last = None;
    for window in keys.windows(RUNS_WINNOWED.min(keys.len()).max(1)) {
        let least = window.iter().min().copied();
        if least != last {
            least.into_iter().for_each(&mut give);
            last = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winnowing_keeps_a_key_of_every_window() {
        let keys = [9, 4, 7, 8, 6, 5, 1, 2];
        let mut kept = Vec::new();
        winnowed(&keys, |key| kept.push(key));
        assert_eq!(kept, [4, 5, 1]);
        kept.clear();
        winnowed(&[3, 2], |key| kept.push(key));
        assert_eq!(kept, [2]);
        winnowed(&[], |_| unreachable!());
    }

    #[test]
    fn pairs_have_no_order() {
        assert_eq!(pair_key(7, 9), pair_key(9, 7));
        assert_ne!(pair_key(7, 9), pair_key(7, 8));
        let mut given = Vec::new();
        pairs(&[(50, 3), (40, 1), (30, 2)], |key, i, j| given.push((key, i, j)));
        assert_eq!(given, [(pair_key(1, 3), 0, 1), (pair_key(2, 3), 0, 2), (pair_key(1, 2), 1, 2)]);
    }
}
