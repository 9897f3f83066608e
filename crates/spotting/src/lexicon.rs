//! What is known about the stems of the protected texts: how rare they are, alone and after one another.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::weights::{self, BIT, PRIOR_WORDS};
use crate::words::mix;

/// The number of a stem that the protected texts contain.
pub(crate) type Stem = u32;
/// A stem that they do not contain: it can match nothing.
pub(crate) const UNKNOWN: Stem = Stem::MAX;

/// How often a stem counts as having been followed by chance, besides what was counted.
const MIXED: u64 = 4;
/// Hundredths of its surprise that a word weighs at least where it follows as in the protected text.
const IN_ORDER: i32 = 80;

/// A text before its stems have numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashed {
    /// The hashes of its words' stems.
    pub stems: Vec<u64>,
    /// Its sentences, as ranges of those.
    pub sentences: Vec<Range<u32>>,
}

/// The stems of the protected texts by their hashes, and what a stem weighs.
///
/// A stem's number is the place of its hash's upper half among all. Two stems may have one number: of ten thousand
/// that happens to two in a hundred times, and costs nothing but that they count as the same.
#[derive(Debug, Clone)]
pub(crate) struct Lexicon {
    numbers: Vec<u32>,
    /// How rare each stem is, and what it weighs.
    facts: Vec<Fact>,
    pairs: Pairs,
}

#[derive(Debug, Clone, Copy, Default)]
struct Fact {
    rarity: u8,
    weight: u8,
    /// What the stem weighs after one that it never follows by custom.
    after: u8,
}

impl Lexicon {
    /// From the hashes of the stems of protected texts and of background.
    ///
    /// The background's texts are looked at for the stems that the protected ones contain; what is rare among
    /// the protected and common in the background is common.
    pub fn new(protected: &[Hashed], background: impl Iterator<Item = Hashed>) -> Lexicon {
        let mut priors: FxHashMap<u32, u32> = FxHashMap::default();
        for &stem in protected.iter().flat_map(|text| &text.stems) {
            priors.entry(upper_half(stem)).or_insert_with(|| weights::prior(stem));
        }
        let mut numbers: Vec<u32> = priors.keys().copied().collect();
        numbers.sort_unstable();
        let number = |stem: &u64| number_in(&numbers, *stem);
        let mut counts = [Counter::default(), Counter::default()];
        for text in protected {
            counts[0].add(text, number, None);
        }
        for text in background {
            let [own, others] = &mut counts;
            others.add(&text, number, Some(&own.counts));
        }
        let [own, others] = counts.map(|counter| counter.counts.with(numbers.len()));
        let surprises: Vec<i32> = numbers
            .iter()
            .enumerate()
            .map(|(stem, half)| surprise(priors[half], stem as Stem, &own, &others))
            .collect();
        let facts = surprises.iter().map(|&surprise| Fact::new(surprise)).collect();
        let pairs = Pairs::new(own.pairs.keys().filter_map(|&key| {
            let (before, stem) = ((key >> 32) as Stem, key as Stem);
            let usual = surprises[stem as usize];
            let after = surprise_after(usual, before, stem, &own, &others);
            let weight = weight_after(usual, after);
            (weight < weight_after(usual, usual)).then_some((key, weight))
        }));
        Lexicon { numbers, facts, pairs }
    }

    /// The number of a stem.
    pub fn number(&self, hash: u64) -> Stem {
        number_in(&self.numbers, hash)
    }

    /// What it says, in units of 1 / [`BIT`] bit, that two texts share this stem.
    #[inline]
    pub fn weight(&self, stem: Stem) -> i32 {
        self.facts.get(stem as usize).map_or(0, |fact| i32::from(fact.weight))
    }

    /// How much it helps to find one sentence among all, in the same units: rare stems help most.
    #[inline]
    pub fn rarity(&self, stem: Stem) -> i32 {
        self.facts.get(stem as usize).map_or(0, |fact| i32::from(fact.rarity))
    }

    /// What it says that they share it after another one that they share.
    pub fn weight_after(&self, before: Stem, stem: Stem) -> i32 {
        let Some(fact) = self.facts.get(stem as usize) else { return 0 };
        i32::from(self.pairs.get(pair_key(before, stem)).unwrap_or(fact.after))
    }

    /// How many stems it has.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Bytes that the lexicon takes.
    pub fn bytes(&self) -> usize {
        self.numbers.len() * 4 + self.facts.len() * 3 + self.pairs.bytes()
    }
}

impl Fact {
    fn new(surprise: i32) -> Fact {
        let byte = |units: i32| units.clamp(0, 255) as u8;
        Fact {
            rarity: byte(weights::weight(surprise)),
            weight: byte(weights::evidence(surprise)),
            after: weight_after(surprise, surprise),
        }
    }
}

fn upper_half(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn number_in(numbers: &[u32], hash: u64) -> Stem {
    numbers.binary_search(&upper_half(hash)).map_or(UNKNOWN, |place| place as Stem)
}

fn surprise(prior: u32, stem: Stem, protected: &Counts, background: &Counts) -> i32 {
    let expected = PRIOR_WORDS >> prior;
    let (own, others) = (protected.of(stem), background.of(stem));
    // The first time that a word is seen says nothing beyond that it is among the words searched for.
    let protected =
        weights::log2_units((protected.total + PRIOR_WORDS) / (own.saturating_sub(1) + expected).max(1));
    let background = weights::log2_units((background.total + PRIOR_WORDS) / (others + expected).max(1));
    protected.min(background).min(prior as i32 * BIT)
}

fn surprise_after(usual: i32, before: Stem, stem: Stem, protected: &Counts, background: &Counts) -> i32 {
    let after = |counts: &Counts, own: u64| {
        let pair = counts.pair(before, stem).saturating_sub(own);
        let base = counts.of(before).saturating_sub(own);
        let chance = (MIXED << 16) >> (usual / BIT).clamp(0, 14);
        weights::log2_units(((base + MIXED) << 16) / ((pair << 16) + chance).max(1))
    };
    after(protected, 1).min(after(background, 0)).min(usual)
}

fn weight_after(usual: i32, after: i32) -> u8 {
    let weight = weights::evidence(usual).min(weights::evidence(after));
    weight.max(after * IN_ORDER / 100).clamp(0, 255) as u8
}

/// What stems weigh after others that they follow more often than chance has it.
///
/// A key's upper bits choose a bucket, 16 others stand beside the weight.
#[derive(Debug, Clone, Default)]
struct Pairs {
    directory: Vec<u32>,
    shift: u32,
    tags: Vec<u16>,
    weights: Vec<u8>,
}

impl Pairs {
    fn new(pairs: impl Iterator<Item = (u64, u8)>) -> Pairs {
        let mut all: Vec<(u64, u8)> = pairs.map(|(key, weight)| (mix(key), weight)).collect();
        all.sort_unstable();
        let bits = (all.len() as u64 / 8).max(2).ilog2();
        let shift = 64 - bits;
        let mut directory = vec![0u32; (1 << bits) + 1];
        all.iter().for_each(|(key, _)| directory[(key >> shift) as usize + 1] += 1);
        (1..directory.len()).for_each(|i| directory[i] += directory[i - 1]);
        let tags = all.iter().map(|(key, _)| *key as u16).collect();
        Pairs { directory, shift, tags, weights: all.iter().map(|(_, weight)| *weight).collect() }
    }

    fn get(&self, key: u64) -> Option<u8> {
        let key = mix(key);
        let slot = (key >> self.shift) as usize;
        let (from, to) = (self.directory[slot] as usize, self.directory[slot + 1] as usize);
        let place = self.tags[from..to].iter().position(|tag| *tag == key as u16)?;
        Some(self.weights[from + place])
    }

    fn bytes(&self) -> usize {
        self.directory.len() * 4 + self.tags.len() * 3
    }
}

/// How often stems, and pairs of stems, stand in different sentences: a thousand drafts of one document leave its
/// words as rare as one draft does.
#[derive(Debug, Clone, Default)]
struct Counts {
    stems: Vec<u32>,
    pairs: FxHashMap<u64, u32>,
    total: u64,
}

impl Counts {
    fn with(mut self, stems: usize) -> Counts {
        self.stems.resize(stems, 0);
        self
    }

    fn of(&self, stem: Stem) -> u64 {
        self.stems.get(stem as usize).map_or(0, |&count| u64::from(count))
    }

    fn pair(&self, before: Stem, stem: Stem) -> u64 {
        self.pairs.get(&pair_key(before, stem)).map_or(0, |&count| u64::from(count))
    }
}

fn pair_key(before: Stem, stem: Stem) -> u64 {
    u64::from(before) << 32 | u64::from(stem)
}

#[derive(Debug, Default)]
struct Counter {
    counts: Counts,
    seen: FxHashSet<u64>,
}

impl Counter {
    /// Counts a text; with `only`, pairs are counted only where those counts know them.
    fn add(&mut self, text: &Hashed, number: impl Fn(&u64) -> Stem, only: Option<&Counts>) {
        for sentence in &text.sentences {
            let hashes = &text.stems[sentence.start as usize..sentence.end as usize];
            if self.seen.insert(hashes.iter().fold(hashes.len() as u64, |all, &hash| mix(all ^ hash))) {
                self.counts.total += hashes.len() as u64;
                self.count(&hashes.iter().map(&number).collect::<Vec<_>>(), only);
            }
        }
    }

    fn count(&mut self, stems: &[Stem], only: Option<&Counts>) {
        for (i, &stem) in stems.iter().enumerate().filter(|(_, stem)| **stem != UNKNOWN) {
            if self.counts.stems.len() <= stem as usize {
                self.counts.stems.resize(stem as usize + 1, 0);
            }
            self.counts.stems[stem as usize] += 1;
            let Some(&before) = i.checked_sub(1).and_then(|before| stems.get(before)) else { continue };
            let key = pair_key(before, stem);
            if before != UNKNOWN && only.is_none_or(|known| known.pairs.contains_key(&key)) {
                *self.counts.pairs.entry(key).or_default() += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Speller;

    fn hashed(text: &str) -> Hashed {
        Speller::new().hashed(text)
    }

    fn of(word: &str) -> u64 {
        hashed(word).stems[0]
    }

    #[test]
    fn rare_stems_weigh_and_formulas_do_not() {
        let text = "The Karrow envoy spoke. ".to_owned()
            + &["boats", "eels", "gates", "quays", "ropes", "tolls", "nets", "weirs", "salts", "tars"]
                .map(|what| format!("The honourable member for {what} said so."))
                .join(" ");
        let lexicon = Lexicon::new(&[hashed(&text)], std::iter::empty());
        let number = |word: &str| lexicon.number(of(word));
        assert_eq!(lexicon.weight(number("the")), 0);
        assert!(lexicon.weight(number("karrow")) > 6 * BIT);
        let (honourable, member) = (number("honourable"), number("member"));
        assert!(lexicon.weight_after(honourable, member) < lexicon.weight(member) / 2);
        assert_eq!(number("unknown"), UNKNOWN);
        assert_eq!(lexicon.weight(UNKNOWN), 0);
    }

    #[test]
    fn what_is_common_in_the_background_is_common() {
        let own = [hashed("The Karrow sluices opened early.")];
        let alone = Lexicon::new(&own, std::iter::empty());
        let others: Vec<Hashed> = (0..300).map(|i| hashed(&format!("{i} karrow {}", i + 1000))).collect();
        let beside = Lexicon::new(&own, others.into_iter());
        let karrow = alone.number(of("karrow"));
        assert!(beside.weight(karrow) < alone.weight(karrow) / 2);
    }
}
