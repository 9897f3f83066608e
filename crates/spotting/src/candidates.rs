//! Which protected sentences are worth comparing with a text's.

use std::ops::Range;

use crate::keys::{self, Run};
use crate::lexicon::{Lexicon, Stem};
use crate::page::Page;
use crate::postings::Postings;
use crate::shelf::SentenceId;
use crate::weights::BIT;

/// A sentence of a text beside a protected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The protected sentence.
    pub source: SentenceId,
    /// Number of the text's sentence.
    pub query: u32,
    /// What it says that both have the stems that the keys name.
    pub weight: i32,
    /// Whether four of them stand in a row.
    pub in_a_row: bool,
}

/// Rare stems that both must have where no pair of them suffices alone.
const STEMS_MIN: u32 = 3;
/// Rarity of one pair that suffices alone.
const PAIR_RARITY: i32 = 15 * BIT;
/// What the shared stems must say.
const WEIGHT_MIN: i32 = 12 * BIT;
/// Protected sentences that are compared with one of a text: the heaviest.
const COMPARED_MAX: usize = 48;

/// What is needed to look.
#[derive(Clone, Copy)]
pub(crate) struct Stacks<'a> {
    pub lexicon: &'a Lexicon,
    pub postings: &'a Postings,
}

/// Looks for candidates; its memory is used again.
#[derive(Default)]
pub(crate) struct Scout {
    top: Vec<(i32, Stem)>,
    /// What each of those says.
    weights: Vec<i32>,
    probes: Vec<(u32, Shared)>,
    runs: Vec<(u32, Run)>,
    buckets: Vec<(Range<u32>, u32, Shared)>,
    places: Vec<(usize, Shared)>,
    hits: Vec<u64>,
    own: Vec<Candidate>,
}

/// Which of a sentence's rare stems a key names, one bit each, and what the others of it say.
#[derive(Debug, Clone, Copy, Default)]
struct Shared {
    rare: u16,
    others: u16,
}

/// The bit that says that the stems stand in a row.
const IN_A_ROW: u16 = 1 << 15;

impl Shared {
    fn with(self, sentence: SentenceId) -> u64 {
        u64::from(sentence) << 32 | u64::from(self.rare) << 16 | u64::from(self.others)
    }

    fn of(hit: u64) -> Shared {
        Shared { rare: (hit >> 16) as u16, others: hit as u16 }
    }

    fn join(self, other: Shared) -> Shared {
        Shared { rare: self.rare | other.rare, others: self.others.max(other.others) }
    }
}

impl Scout {
    /// All candidates of a text.
    pub fn candidates(&mut self, stacks: Stacks<'_>, page: &Page, found: &mut Vec<Candidate>) {
        found.clear();
        for query in 0..page.sentences.len() {
            self.probe(stacks, page.stems_of(query));
            if !self.hits.is_empty() {
                self.promising(query as u32, found);
            }
        }
    }

    /// Collects the protected sentences that share a key with a sentence.
    fn probe(&mut self, stacks: Stacks<'_>, stems: &[Stem]) {
        let Stacks { lexicon, postings, .. } = stacks;
        let Scout { top, weights, probes, runs, buckets, places, hits, .. } = self;
        hits.clear();
        probes.clear();
        keys::rarest(stems, lexicon, keys::TOP_SEARCHED, top);
        keys::pairs(top, |key, i, j| probes.push((key, Shared { rare: 1 << i | 1 << j, others: 0 })));
        postings.retain(probes);
        runs.clear();
        keys::runs(stems, lexicon, |key, run| runs.push((key, *run)));
        postings.retain(runs);
        probes.extend(runs.iter().map(|(key, run)| (*key, in_a_row(run, top, lexicon))));
        if probes.is_empty() {
            return;
        }
        weights.clear();
        weights.extend(top.iter().map(|(_, stem)| lexicon.weight(*stem)));
        // All buckets first: memory is waited for once, not once for each.
        buckets.clear();
        buckets.extend(probes.iter().map(|&(key, shared)| (postings.bucket(key), key, shared)));
        let touched = buckets.iter().fold(0, |sum, (bucket, _, _)| sum ^ postings.touch(bucket));
        std::hint::black_box(touched);
        places.clear();
        for (bucket, key, shared) in buckets.drain(..) {
            postings.each(bucket, key, |place| places.push((place, shared)));
        }
        hits.extend(places.iter().map(|(place, shared)| shared.with(postings.sentence(*place))));
    }

    /// The sentences that share enough, at most [`COMPARED_MAX`].
    fn promising(&mut self, query: u32, found: &mut Vec<Candidate>) {
        self.hits.sort_unstable();
        self.own.clear();
        for hits in self.hits.chunk_by(|a, b| a >> 32 == b >> 32) {
            let shared = hits.iter().fold(Shared::default(), |shared, &hit| shared.join(Shared::of(hit)));
            let stems = shared.rare & !IN_A_ROW;
            let in_a_row = shared.rare & IN_A_ROW != 0;
            let enough = in_a_row || stems.count_ones() >= STEMS_MIN || self.rarity(stems) >= PAIR_RARITY;
            if !enough {
                continue;
            }
            let weight = self.sum(stems, |at| self.weights[at]) + i32::from(shared.others);
            if weight >= WEIGHT_MIN {
                self.own.push(Candidate { source: (hits[0] >> 32) as SentenceId, query, weight, in_a_row });
            }
        }
        if self.own.len() > COMPARED_MAX {
            self.own.sort_unstable_by_key(|own| (std::cmp::Reverse(own.weight), own.source));
            self.own.truncate(COMPARED_MAX);
        }
        found.extend_from_slice(&self.own);
    }

    fn rarity(&self, stems: u16) -> i32 {
        self.sum(stems, |at| self.top[at].0)
    }

    fn sum(&self, stems: u16, of: impl Fn(usize) -> i32) -> i32 {
        let (mut sum, mut rest) = (0, stems);
        while rest != 0 {
            sum += of(rest.trailing_zeros() as usize);
            rest &= rest - 1;
        }
        sum
    }
}

fn in_a_row(run: &Run, top: &[(i32, Stem)], lexicon: &Lexicon) -> Shared {
    let mut shared = Shared { rare: IN_A_ROW, others: 0 };
    for (stem, _) in run {
        match top.iter().position(|(_, known)| known == stem) {
            Some(place) => shared.rare |= 1 << place,
            None => shared.others += lexicon.weight(*stem) as u16,
        }
    }
    shared
}
