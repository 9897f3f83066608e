//! How much it says that two texts share a word.
//!
//! A word's surprise is the logarithm of one over its frequency, estimated from a built-in list of common
//! English words and from the originals, where it counts in how many *different* surroundings it stands: a
//! thousand drafts of one document leave its words as rare as one draft does. Since texts share idioms, not
//! only words, common words get much less than their surprise.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::stems::Stems;
use crate::words::hash;

/// Units of a weight in one bit.
pub(crate) const BIT: i32 = 16;

/// Words that count as read besides the originals, so that one short original is no statistics.
pub(crate) const PRIOR_WORDS: u64 = 1 << 14;
/// Surprise, in bits, of a word that is not on the list.
const RARE_BITS: u32 = 14;
/// Surprise, in bits, that any word has for nothing.
const FREE_BITS: i32 = 5;

/// Common words in steps of falling frequency; a step's surprise stands before it, in bits.
const COMMON: &[(u32, &str)] = &[
    (5, "the of and to in a that is was for"),
    (
        7,
        "it with as on be by at this from are or an not have has had which they their were he she his her we \
         you i but its will been who would all there our one can if no said so what when more",
    ),
    (
        9,
        "about up out them than other into some could only time these two may then do first any such my now \
         also new like over me even most after made many must before through years where much way well back \
         your should because each just those people mr how too little state good very make world still own \
         see men work long get here between both under never same another know while last us might great old \
         year off come since against go came right used take three say says s t did does being further under \
         within upon however per part down without during whether made ms mrs per cent percent don't it's i'm \
         that's we're they're i've we've you're didn't doesn't isn't wasn't can't won't",
    ),
    (
        11,
        "states himself few house use again place around small found mrs thought went once general high \
         school every left number course war until always away something fact though water less public put \
         think almost hand enough far took head yet government system better set told nothing night end why \
         called find going look asked later point knew next program city business give group toward young \
         days let room president side social given present several order national possible rather second \
         face per among form important often things looked early white case become large big need four kind \
         within felt along children saw best church ever least power development seemed thing others interest \
         want members turned open mind service problem country began help done area door different sense \
         matter line half country countries united party agreement agreed meeting article section report \
         reports week weeks month months day today yesterday monday tuesday wednesday thursday friday saturday \
         sunday january february march april june july august september october november december including \
         following according regarding respect concerning accordance referred provided purpose purposes \
         order prior subsequent additional able whole question questions answer official officials minister \
         ministry ministers secretary council committee commission parties deal talks issue issues policy \
         security foreign international political economic million billion per shall hereby thereof therefore \
         moreover furthermore nevertheless because instead everyone everybody someone anyone nobody anything \
         told added noted stressed called wanted must need needs year's",
    ),
];

static PRIOR: LazyLock<FxHashMap<u64, u32>> = LazyLock::new(|| {
    let mut prior = FxHashMap::default();
    for (bits, list) in COMMON {
        for word in list.split_whitespace() {
            prior.entry(hash(word.chars())).or_insert(*bits);
        }
    }
    prior
});

static PRIOR_STEMS: LazyLock<FxHashMap<u64, u32>> = LazyLock::new(|| {
    let stems = Stems::new();
    let mut prior = FxHashMap::default();
    for (bits, list) in COMMON {
        for word in list.split_whitespace() {
            prior.entry(stems.of(&word.chars().collect::<Vec<_>>())).or_insert(*bits);
        }
    }
    prior
});

/// Surprise, in bits, of a stem in English at large, as far as it is known.
pub(crate) fn prior(stem: u64) -> u32 {
    PRIOR_STEMS.get(&stem).copied().unwrap_or(RARE_BITS)
}

/// The weight of every word of the originals, in units of 1 / [`BIT`] bit.
///
/// It is worked out when it is asked for: each text that is added changes all of them.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    known: FxHashMap<u64, Seen>,
    /// Words that count as read.
    total: u64,
}

/// What is known of a word.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// In how many different surroundings it stands in the middle.
    surroundings: u32,
    /// Its surprise in English at large, in bits.
    bits: u8,
}

impl Seen {
    /// A word that is in the middle of none still has a weight.
    fn count(self) -> u64 {
        u64::from(self.surroundings.max(1))
    }
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { known: FxHashMap::default(), total: PRIOR_WORDS }
    }
}

impl Weights {
    /// A word of the originals.
    pub fn see(&mut self, word: u64) {
        self.change(word, |surroundings| surroundings);
    }

    /// A word stands in other surroundings than before.
    pub fn add(&mut self, word: u64) {
        self.change(word, |surroundings| surroundings.saturating_add(1));
    }

    /// A word no longer counts as standing in some surroundings.
    pub fn take(&mut self, word: u64) {
        self.change(word, |surroundings| surroundings.saturating_sub(1));
    }

    fn change(&mut self, word: u64, change: impl FnOnce(u32) -> u32) {
        let seen = self.known.entry(word).or_insert_with(|| {
            self.total += 1;
            Seen { surroundings: 0, bits: PRIOR.get(&word).map_or(RARE_BITS as u8, |&bits| bits as u8) }
        });
        let before = seen.count();
        seen.surroundings = change(seen.surroundings);
        self.total = self.total + seen.count() - before;
    }

    /// The weight of a word of the originals.
    pub fn of(&self, word: u64) -> i32 {
        let Some(seen) = self.known.get(&word) else { return 0 };
        weight(surprise(u32::from(seen.bits), seen.count(), self.total))
    }

    /// Words that count as read.
    #[cfg(test)]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// In how many different surroundings a word stands in the middle.
    #[cfg(test)]
    pub fn surroundings(&self, word: u64) -> u32 {
        self.known.get(&word).map_or(0, |seen| seen.surroundings)
    }

    /// Bytes of memory, about.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        self.known.capacity() * (size_of::<(u64, Seen)>() + 1)
    }
}

/// Surprise in units of 1 / [`BIT`] bit.
fn surprise(bits: u32, count: u64, total: u64) -> i32 {
    // The first time that a word is seen says nothing beyond that it is among the words searched for.
    let seen = count.saturating_sub(1) + (PRIOR_WORDS >> bits);
    log2_units(total / seen.max(1)).min(bits as i32 * BIT)
}

pub(crate) fn weight(surprise: i32) -> i32 {
    let beyond = (surprise - FREE_BITS * BIT).max(0);
    beyond * surprise / (RARE_BITS as i32 * BIT)
}

/// What a word of so much surprise says where texts are compared sentence by sentence: three times the square root of
/// the bits beyond those that any word has for nothing.
///
/// Rare words come in company: one name brings the others of its story, and says less than its surprise. So much, and
/// that ordinary words say nearly as much, was found on one half of the corpus (docs/spotting-results.md).
pub(crate) fn evidence(surprise: i32) -> i32 {
    let beyond = (surprise - FREE_BITS * BIT).max(0);
    (9 * BIT * beyond).isqrt()
}

/// The binary logarithm in units of 1 / [`BIT`] bit, linear between powers of two.
pub(crate) fn log2_units(x: u64) -> i32 {
    let floor = x.max(1).ilog2();
    let part = if floor == 0 { 0 } else { ((x - (1 << floor)) * BIT as u64) >> floor };
    floor as i32 * BIT + part as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[(&str, u32)]) -> impl Fn(&str) -> i32 {
        let mut weights = Weights::default();
        for (word, count) in words {
            (0..*count).for_each(|_| weights.add(hash(word.chars())));
        }
        move |word| weights.of(hash(word.chars()))
    }

    #[test]
    fn common_words_are_cheap_and_frequent_ones_become_so() {
        let weight = of(&[("the", 1), ("before", 1), ("minister", 1), ("veldra", 1), ("karrow", 300)]);
        assert_eq!(weight("the"), 0);
        assert!(weight("before") < 3 * BIT);
        assert!(weight("minister") < weight("veldra"));
        assert!(weight("veldra") >= 8 * BIT);
        assert!(weight("karrow") < 2 * BIT);
        assert_eq!(weight("unknown"), 0);
    }

    #[test]
    fn logarithms_are_monotone() {
        assert_eq!(log2_units(1), 0);
        assert_eq!(log2_units(8), 3 * BIT);
        assert!((1..2000u64).all(|x| log2_units(x) <= log2_units(x + 1)));
    }
}
