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
const IN_ORDER: i32 = 60;

/// A text before its stems have numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashed {
    /// The hashes of its words' stems.
    pub stems: Vec<u64>,
    /// Its sentences, as ranges of those.
    pub sentences: Vec<Range<u32>>,
}

/// The stems of the protected texts by their hashes, and what a stem weighs.
#[derive(Debug, Clone)]
pub(crate) struct Lexicon {
    numbers: FxHashMap<u64, Stem>,
    facts: Vec<Fact>,
    protected: Counts,
    background: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Fact {
    surprise: i32,
    weight: i32,
}

impl Lexicon {
    /// From the hashes of the stems of protected texts and of background.
    ///
    /// The background's texts are looked at for the stems that the protected ones contain; what is rare among
    /// the protected and common in the background is common.
    pub fn new(protected: &[Hashed], background: impl Iterator<Item = Hashed>) -> Lexicon {
        let mut numbers = FxHashMap::default();
        for &stem in protected.iter().flat_map(|text| &text.stems) {
            let next = numbers.len() as Stem;
            numbers.entry(stem).or_insert(next);
        }
        let number = |stem: &u64| numbers.get(stem).copied().unwrap_or(UNKNOWN);
        let mut counts = [Counter::default(), Counter::default()];
        for text in protected {
            counts[0].add(text, number, None);
        }
        for text in background {
            let [own, others] = &mut counts;
            others.add(&text, number, Some(&own.counts));
        }
        let [own, others] = counts.map(|counter| counter.counts.with(numbers.len()));
        let mut facts = vec![Fact::default(); numbers.len()];
        for (&hash, &stem) in &numbers {
            facts[stem as usize] = fact(weights::prior(hash), own.of(stem), others.of(stem), &own, &others);
        }
        // What was seen once is what an unseen pair is: nothing is known about it.
        let mut own = own;
        own.pairs.retain(|_, count| *count > 1);
        Lexicon { numbers, facts, protected: own, background: others }
    }

    /// The number of a stem.
    pub fn number(&self, hash: u64) -> Stem {
        self.numbers.get(&hash).copied().unwrap_or(UNKNOWN)
    }

    /// What it says, in units of 1 / [`BIT`] bit, that two texts share this stem.
    pub fn weight(&self, stem: Stem) -> i32 {
        self.facts.get(stem as usize).map_or(0, |fact| fact.weight)
    }

    /// What it says that they share it after another one that they share.
    pub fn weight_after(&self, before: Stem, stem: Stem) -> i32 {
        let Some(fact) = self.facts.get(stem as usize) else { return 0 };
        let after = |counts: &Counts, own: u64| {
            let pair = counts.pair(before, stem).saturating_sub(own);
            let base = counts.of(before).saturating_sub(own);
            let chance = (MIXED << 16) >> (fact.surprise / BIT).clamp(0, 14);
            weights::log2_units(((base + MIXED) << 16) / ((pair << 16) + chance).max(1))
        };
        let surprise = after(&self.protected, 1).min(after(&self.background, 0)).min(fact.surprise);
        fact.weight.min(weights::weight(surprise)).max(surprise * IN_ORDER / 100)
    }

    /// Bytes that the lexicon takes, about.
    pub fn bytes(&self) -> usize {
        self.numbers.capacity() * 13 + self.facts.len() * 8 + self.protected.bytes() + self.background.bytes()
    }
}

fn fact(prior: u32, own: u64, others: u64, protected: &Counts, background: &Counts) -> Fact {
    let expected = PRIOR_WORDS >> prior;
    // The first time that a word is seen says nothing beyond that it is among the words searched for.
    let protected =
        weights::log2_units((protected.total + PRIOR_WORDS) / (own.saturating_sub(1) + expected).max(1));
    let background = weights::log2_units((background.total + PRIOR_WORDS) / (others + expected).max(1));
    let surprise = protected.min(background).min(prior as i32 * BIT);
    Fact { surprise, weight: weights::weight(surprise) }
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

    fn bytes(&self) -> usize {
        self.stems.len() * 4 + self.pairs.capacity() * 13
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
