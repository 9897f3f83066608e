//! Which protected sentences are worth comparing with a text's.

use rustc_hash::FxHashMap;

use crate::bag::Bag;
use crate::keys::{self, Kind};
use crate::lexicon::{Lexicon, Stem};
use crate::page::{Page, Speller};
use crate::postings::Postings;
use crate::shelf::{SentenceId, Shelf};
use crate::weights::BIT;

/// A sentence of a text beside a protected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Number of the text's sentence.
    pub query: u32,
    /// The protected sentence.
    pub source: SentenceId,
    /// Weight of the stems that both have.
    pub weight: i32,
}

/// Shared pairs that make a protected sentence worth comparing.
const PAIRS_MIN: usize = 3;
/// Weight of one pair that suffices alone.
const PAIR_WEIGHT: i32 = 15 * BIT;
/// Hundredths of a cosine that two sentences must have.
const COSINE: i64 = 16;
/// Weight that they must share.
const WEIGHT_MIN: i32 = 12 * BIT;
/// Protected sentences that are compared with one of a text: the heaviest.
const COMPARED_MAX: usize = 48;
/// Sentences whose stems are remembered.
const BAGS_MAX: usize = 1 << 13;

/// What is needed to look: all of the index.
#[derive(Clone, Copy)]
pub(crate) struct Stacks<'a> {
    pub shelf: &'a Shelf,
    pub lexicon: &'a Lexicon,
    pub postings: &'a Postings,
}

/// Looks for candidates; its memory is used again.
#[derive(Default)]
pub(crate) struct Scout {
    top: Vec<(i32, Stem)>,
    probes: Vec<(u32, i32, Kind)>,
    hits: Vec<(SentenceId, Kind, i32)>,
    own: Bag,
    /// A page for one sentence.
    page: Page,
    bags: FxHashMap<SentenceId, Bag>,
}

impl Scout {
    /// All candidates of a text, by its sentences.
    pub fn candidates(&mut self, stacks: Stacks<'_>, speller: &mut Speller, page: &Page) -> Vec<Candidate> {
        let mut found = Vec::new();
        for query in 0..page.sentences.len() {
            let stems = page.stems_of(query);
            self.probe(stacks, stems);
            if self.hits.is_empty() {
                continue;
            }
            let mut own = std::mem::take(&mut self.own);
            own.fill(stems, stacks.lexicon);
            for (source, certain) in self.promising() {
                let shared = own.shared(self.bag(stacks, speller, source));
                if shared.weight >= WEIGHT_MIN && (certain || shared.is_alike(COSINE)) {
                    found.push(Candidate { query: query as u32, source, weight: shared.weight });
                }
            }
            self.own = own;
        }
        found
    }

    /// Collects the protected sentences that share a key with a sentence.
    fn probe(&mut self, stacks: Stacks<'_>, stems: &[Stem]) {
        let Scout { top, probes, hits, .. } = self;
        hits.clear();
        probes.clear();
        keys::rarest(stems, stacks.lexicon, keys::TOP_SEARCHED, top);
        let may = |key| stacks.postings.may_have(key);
        keys::pairs(top, |key, weight| {
            if may(key) {
                probes.push((key, weight, Kind::Pair));
            }
        });
        keys::runs(stems, stacks.lexicon, |key, weight| {
            if may(key) {
                probes.push((key, weight, Kind::Run));
            }
        });
        for &(key, weight, kind) in probes.iter() {
            hits.extend(stacks.postings.of(key).map(|sentence| (sentence, kind, weight)));
        }
    }

    /// The sentences that share enough keys, the heaviest first, and whether a run is among them.
    fn promising(&mut self) -> Vec<(SentenceId, bool)> {
        self.hits.sort_unstable();
        let mut found: Vec<(i32, SentenceId, bool)> = Vec::new();
        for hits in self.hits.chunk_by(|a, b| a.0 == b.0) {
            let pairs = hits.iter().filter(|(_, kind, _)| *kind == Kind::Pair);
            let heaviest = pairs.clone().map(|(_, _, weight)| *weight).max().unwrap_or(0);
            let run = hits.iter().any(|(_, kind, _)| *kind == Kind::Run);
            if run || heaviest >= PAIR_WEIGHT || pairs.count() >= PAIRS_MIN {
                found.push((hits.iter().map(|(_, _, weight)| weight).sum(), hits[0].0, run));
            }
        }
        found.sort_unstable_by_key(|(weight, sentence, _)| (std::cmp::Reverse(*weight), *sentence));
        found.truncate(COMPARED_MAX);
        found.into_iter().map(|(_, sentence, run)| (sentence, run)).collect()
    }

    fn bag(&mut self, stacks: Stacks<'_>, speller: &mut Speller, sentence: SentenceId) -> &Bag {
        if self.bags.len() >= BAGS_MAX {
            self.bags.clear();
        }
        let page = &mut self.page;
        self.bags.entry(sentence).or_insert_with(|| {
            let text = &stacks.shelf.texts()[stacks.shelf.holder(sentence)][stacks.shelf.bytes(sentence)];
            speller.read(text, stacks.lexicon, page);
            let mut bag = Bag::default();
            bag.fill(&page.stems, stacks.lexicon);
            bag
        })
    }
}
