//! The index and what is found with it.

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tellmark_core::{Alignment, Hash, Passage};

use crate::align::{self, Side};
use crate::chain::{self, Chain, Run};
use crate::seeds::Seeds;
use crate::weights::{BIT, Weights};
use crate::words::{Word, words};

/// An original that an exhibit quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The original's number in the order in which the index was given them, from 0.
    pub original: usize,
    /// Which words correspond.
    pub alignment: Alignment,
}

/// An index of protected texts, to which texts can be added.
///
/// Building it takes time in proportion to the text; 1,000 originals of 700 words take about a tenth of a
/// second. It holds a copy of the texts.
#[derive(Debug, Clone)]
pub struct Index {
    /// The different texts: equal originals are searched once.
    texts: Vec<String>,
    /// The least rank of each text's originals.
    ranks: Vec<Rank>,
    /// Texts by their hash, of which nobody finds two alike.
    known: FxHashMap<Hash, usize>,
    /// For each original, its text.
    text_of: Vec<usize>,
    /// The words of all texts, one after the other.
    words: Vec<Word>,
    /// First word of each text, and the number of all words.
    starts: Vec<u32>,
    seeds: Seeds,
    weights: Weights,
}

/// An original's place in the order of all of them. It decides in which surroundings a word counts where keys of 32 bits cannot tell
/// two apart, so that an index to which originals were added in any order is the one that was built of all.
pub type Rank = (i64, u64);

impl Default for Index {
    fn default() -> Index {
        Index {
            texts: Vec::new(),
            ranks: Vec::new(),
            known: FxHashMap::default(),
            text_of: Vec::new(),
            words: Vec::new(),
            starts: vec![0],
            seeds: Seeds::default(),
            weights: Weights::default(),
        }
    }
}

/// Weight, in bits, that the best passage of an original must have when little is searched in little.
const SIGNIFICANT_BITS: i64 = 32;
/// Weight, in bits, of a further passage of an original that has a significant one.
const FURTHER_BITS: u32 = 20;
/// Weight, in bits, of a piece of a chain that is cut where many words are missing or added.
const PIECE_BITS: u32 = 16;
/// Words that are missing or added where a chain is cut into passages.
const HOLE_WORDS: u32 = 16;
/// Weight, in bits, from which a chain is aligned at all.
const CHAIN_BITS_MIN: i64 = 10;
/// Further chains of one original that are looked at.
const CHAINS_MAX: usize = 20_000;

impl Index {
    /// Indexes the rendered texts of originals, numbered from 0. What lies in a text beyond
    /// [`tellmark_core::limits::TEXT_BYTES_MAX`] is not found.
    pub fn build<'a>(originals: impl IntoIterator<Item = &'a str>) -> Index {
        let mut index = Index::default();
        index.add((0..).map(|rank| (0, rank)).zip(originals));
        index
    }

    /// Adds originals, numbered from the number of those that are there. Which were added first, or together, changes nothing of
    /// what is found; their ranks, all different, say in which order [`Index::build`] would have had them.
    pub fn add<'a>(&mut self, originals: impl IntoIterator<Item = (Rank, &'a str)>) {
        let (old, mut earlier) = (self.texts.len(), Vec::new());
        for (rank, original) in originals {
            let hash = Hash::of(original.as_bytes());
            let text = match self.known.get(&hash).copied() {
                Some(text) => {
                    if rank < self.ranks[text] {
                        self.ranks[text] = rank;
                        earlier.push(text);
                    }
                    text
                }
                None => {
                    self.known.insert(hash, self.texts.len());
                    self.texts.push(original.to_owned());
                    self.ranks.push(rank);
                    self.texts.len() - 1
                }
            };
            self.text_of.push(text);
        }
        // Those that came earlier than was thought count as such before others are held against them.
        earlier.retain(|&text| text < old);
        for text in earlier {
            let place = self.starts[text]..self.starts[text + 1];
            let (ranks, starts) = (&self.ranks, &self.starts);
            let is_before = |a, b| order(ranks, starts, a) < order(ranks, starts, b);
            self.seeds.advance(&self.words, place, &mut self.weights, is_before);
        }
        for own in self.texts[old..].par_iter().map(|text| words(text)).collect::<Vec<_>>() {
            let start = self.words.len() as u32;
            self.words.extend(own);
            self.starts.push(self.words.len() as u32);
            let (ranks, starts) = (&self.ranks, &self.starts);
            let is_before = |a, b| order(ranks, starts, a) < order(ranks, starts, b);
            self.seeds.add(&self.words, start, &mut self.weights, is_before);
        }
    }

    /// How many words it holds, and bytes of memory that they take, about.
    #[cfg(test)]
    pub fn size(&self) -> (usize, usize) {
        let texts = self.texts.iter().map(|text| text.capacity() + size_of::<String>());
        let lists = self.words.capacity() * size_of::<Word>() + self.known.len() * 64;
        (self.words.len(), texts.sum::<usize>() + lists + self.seeds.size() + self.weights.size())
    }

    /// The originals that a text quotes, best first, each with its own alignment; of equal weight the first.
    ///
    /// An original is found when what it shares with the text is too much for chance, given how much text is
    /// compared: nine distinctive words in a row suffice for a page, idioms never do.
    pub fn find(&self, exhibit: &str) -> Vec<Found> {
        let exhibit_words = words(exhibit);
        let hits = self.seeds.hits(&exhibit_words, &self.words, &self.weights);
        let runs = chain::runs(hits, |word| self.weights.of(self.words[word as usize].hash));
        let threshold = self.threshold(exhibit_words.len());
        let side = Side { text: exhibit, words: &exhibit_words, stems: &[] };
        let candidates: Vec<&[Run]> =
            runs.chunk_by(|a, b| self.text_at(a.source) == self.text_at(b.source)).collect();
        let align = |runs: &&[Run]| {
            let text = self.text_at(runs[0].source);
            (text, self.align(text, runs, side, threshold))
        };
        let mut alignments: Vec<Option<Alignment>> = vec![None; self.texts.len()];
        for (text, alignment) in candidates.par_iter().map(align).collect::<Vec<_>>() {
            alignments[text] = alignment;
        }
        let of = |(original, &text): (usize, &usize)| {
            alignments[text].clone().map(|alignment| Found { original, alignment })
        };
        let mut found: Vec<Found> = self.text_of.iter().enumerate().filter_map(of).collect();
        found.sort_by_key(|found| (std::cmp::Reverse(found.alignment.weight()), found.original));
        found
    }

    /// Units of weight that the best passage must have: one bit more whenever twice as much is compared.
    fn threshold(&self, exhibit_words: usize) -> i64 {
        let doublings = |words: usize| i64::from((1 + words / 1024).ilog2());
        (SIGNIFICANT_BITS + doublings(exhibit_words) + doublings(self.words.len())) * i64::from(BIT)
    }

    fn text_at(&self, word: u32) -> usize {
        text_at(&self.starts, word)
    }

    fn align(&self, text: usize, runs: &[Run], exhibit: Side<'_>, threshold: i64) -> Option<Alignment> {
        // Together they are still too light: the usual case of a foreign text.
        if runs.iter().map(|run| i64::from(run.weight)).sum::<i64>() < threshold {
            return None;
        }
        let bounds = self.starts[text]..self.starts[text + 1];
        let own = |run: &Run| Run { source: run.source - bounds.start, ..*run };
        let chains = chain::chains(runs.iter().map(own).collect());
        if chains.first()?.score < threshold {
            return None;
        }
        let words = &self.words[bounds.start as usize..bounds.end as usize];
        let source = Side { text: &self.texts[text], words, stems: &[] };
        let mut chains = chains;
        chains.retain(|chain| chain.score >= CHAIN_BITS_MIN * i64::from(BIT));
        chains.truncate(CHAINS_MAX);
        let mut taken = Taken { claims: claims(&chains), ..Taken::default() };
        for chain in chains {
            // A chain that light grows into no significant passage: the others are formulas.
            if 2 * chain.score < threshold && taken.best_bits * i64::from(BIT) < threshold {
                return None;
            }
            self.take(source, exhibit, &chain, &mut taken);
        }
        (taken.best_bits * i64::from(BIT) >= threshold).then(|| Alignment { passages: taken.passages() })
    }

    /// Aligns a chain where its words of the exhibit are still free.
    fn take(&self, source: Side<'_>, exhibit: Side<'_>, chain: &Chain, taken: &mut Taken) {
        let least = if is_heavy(chain) { PIECE_BITS } else { FURTHER_BITS };
        let mut rest = chain.runs.as_slice();
        loop {
            let piece = next_piece(&mut rest, taken);
            let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return };
            let span = first.exhibit as usize..last.exhibit_end() as usize;
            let bounds = taken.free_around(&span, exhibit.words.len());
            let passage = align::passage(source, exhibit, &self.weights, &piece, bounds);
            if let Some(passage) = passage.filter(|passage| passage.weight >= least) {
                taken.add(exhibit.words, passage);
            }
        }
    }
}

/// The text in which a word stands.
fn text_at(starts: &[u32], word: u32) -> usize {
    starts.partition_point(|&start| start <= word) - 1
}

/// A word's place in the order of all originals' words.
fn order(ranks: &[Rank], starts: &[u32], word: u32) -> (Rank, u32) {
    (ranks[text_at(starts, word)], word)
}

/// Whether a chain is no chance where its original is quoted anyway.
fn is_heavy(chain: &Chain) -> bool {
    chain.score >= i64::from(FURTHER_BITS) * i64::from(BIT)
}

/// The exhibit's words in the runs of all chains that are heavy, in order: no other chain extends into them.
fn claims(chains: &[Chain]) -> Vec<Range<usize>> {
    let runs = chains.iter().filter(|chain| is_heavy(chain)).flat_map(|chain| &chain.runs);
    let mut claims: Vec<_> = runs.map(|run| run.exhibit as usize..run.exhibit_end() as usize).collect();
    claims.sort_unstable_by_key(|claim| (claim.start, claim.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for claim in claims {
        match merged.last_mut() {
            Some(last) if claim.start < last.end => last.end = last.end.max(claim.end),
            _ => merged.push(claim),
        }
    }
    merged
}

/// Takes the next runs of a chain up to where many words are missing or added, or words between are taken.
fn next_piece(rest: &mut &[Run], taken: &Taken) -> Vec<Run> {
    let joins = |a: &Run, b: &Run| {
        let source = b.source.saturating_sub(a.source_end());
        let exhibit = b.exhibit.saturating_sub(a.exhibit_end());
        source.max(exhibit) < HOLE_WORDS && !taken.is_between(a.exhibit_end() as usize, b.exhibit as usize)
    };
    let mut piece: Vec<Run> = Vec::new();
    while let Some((run, behind)) = rest.split_first() {
        if let Some(run) = taken.clip(run) {
            if piece.last().is_some_and(|last| !joins(last, &run)) {
                break;
            }
            piece.push(run);
        }
        *rest = behind;
    }
    piece
}

/// Passages of one original so far, which do not overlap in the exhibit.
#[derive(Debug, Default)]
struct Taken {
    /// By the number of their first word in the exhibit, with the number after their last.
    spans: std::collections::BTreeMap<usize, (usize, Passage)>,
    /// Words of the exhibit that heavy chains will want, in order.
    claims: Vec<Range<usize>>,
    /// Bits of the heaviest passage.
    best_bits: i64,
}

impl Taken {
    /// The part of a run whose words of the exhibit are free: the beginning or the rest.
    fn clip(&self, run: &Run) -> Option<Run> {
        let mut start = run.exhibit as usize;
        if let Some((_, (end, _))) = self.spans.range(..=start).next_back() {
            start = start.max(*end);
        }
        let next = self.spans.range(start..).next().map_or(usize::MAX, |(next, _)| *next);
        let end = next.min(run.exhibit_end() as usize);
        let cut = (start as u32).checked_sub(run.exhibit)?;
        let length = end.checked_sub(start).filter(|&length| length > 0)? as u32;
        let weight = (i64::from(run.weight) * i64::from(length) / i64::from(run.length)) as i32;
        Some(Run { source: run.source + cut, exhibit: run.exhibit + cut, length, weight })
    }

    fn is_between(&self, from: usize, to: usize) -> bool {
        self.spans.range(from..to.max(from)).next().is_some()
    }

    /// The words around some of the exhibit's that are neither taken nor claimed.
    fn free_around(&self, span: &Range<usize>, words: usize) -> Range<usize> {
        let before = self.spans.range(..span.end).next_back().map_or(0, |(_, (end, _))| *end);
        let after = self.spans.range(span.start..).next().map_or(words, |(start, _)| *start);
        let claim = self.claims.partition_point(|claim| claim.start < span.start);
        let claimed_before = claim.checked_sub(1).map_or(0, |at| self.claims[at].end);
        let claim = self.claims.partition_point(|claim| claim.start < span.end);
        let claimed_after = self.claims.get(claim).map_or(words, |claim| claim.start);
        before.max(claimed_before).min(span.start)..after.min(claimed_after).max(span.end)
    }

    fn add(&mut self, words: &[Word], passage: Passage) {
        let first = words.partition_point(|word| (word.start as usize) < passage.exhibit.start);
        let end = words.partition_point(|word| (word.start as usize) < passage.exhibit.end);
        self.best_bits = self.best_bits.max(i64::from(passage.weight));
        self.spans.insert(first, (end, passage));
    }

    fn passages(self) -> Vec<Passage> {
        self.spans.into_values().map(|(_, passage)| passage).collect()
    }
}

#[cfg(test)]
mod tests {
    use tellmark_testkit::{Random, document};

    use super::*;
    use crate::seeds::{SEED_WORDS, key};

    /// Different originals, among them equal ones and some that are long enough for keys that two runs share.
    fn originals() -> Vec<String> {
        let mut random = Random::new(3);
        let mut texts: Vec<String> = (0..60).map(|seed| document::prose(seed, 300, 8.0)).collect();
        texts.extend(
            (0..20).map(|_| (0..12_000).map(|_| format!("{} ", random.below(3_000))).collect::<String>()),
        );
        texts.extend([String::new(), "a".into(), "a b".into()]);
        texts.extend([texts[7].clone(), texts[65].clone(), texts[7].clone()]);
        texts
    }

    /// In how many different surroundings each word stands, by the definition.
    fn surroundings(index: &Index, order: &[usize]) -> FxHashMap<u64, u32> {
        let mut first: FxHashMap<u32, u64> = FxHashMap::default();
        let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
        for &text in order {
            let own = &index.words[index.starts[text] as usize..index.starts[text + 1] as usize];
            for seed in own.windows(SEED_WORDS) {
                first.entry(key(seed)).or_insert(seed[1].hash);
            }
        }
        first.values().for_each(|word| *counts.entry(*word).or_default() += 1);
        counts
    }

    #[test]
    fn an_index_that_grew_in_any_order_is_the_one_that_was_built() {
        let texts = originals();
        let built = Index::build(texts.iter().map(String::as_str));
        let in_order: Vec<usize> = (0..built.texts.len()).collect();
        let counts = surroundings(&built, &in_order);
        let total = built.weights.total();
        assert!(built.seeds.shared() > 3, "{}", built.seeds.shared());
        assert!(built.words.iter().all(|word| {
            built.weights.surroundings(word.hash) == counts.get(&word.hash).copied().unwrap_or(0)
        }));
        let mut random = Random::new(9);
        for parts in [1, 7, texts.len()] {
            let mut order: Vec<usize> = (0..texts.len()).collect();
            random.shuffle(&mut order);
            let mut grown = Index::default();
            for part in order.chunks(order.len().div_ceil(parts)) {
                grown.add(part.iter().map(|&text| ((0, text as u64), texts[text].as_str())));
            }
            assert_eq!(grown.weights.total(), total);
            assert!(built.words.iter().all(|word| {
                grown.weights.surroundings(word.hash) == counts.get(&word.hash).copied().unwrap_or(0)
            }));
            let sorted = |mut found: Vec<Found>, number: &dyn Fn(usize) -> usize| {
                found.iter_mut().for_each(|found| found.original = number(found.original));
                found.sort_by_key(|found| (std::cmp::Reverse(found.alignment.weight()), found.original));
                found
            };
            for exhibit in texts.iter().step_by(9) {
                let of_grown = sorted(grown.find(exhibit), &|number| order[number]);
                assert_eq!(of_grown, sorted(built.find(exhibit), &|number| number));
            }
        }
    }
    /// `cargo test -p tellmark-spotting --lib bytes_of_a_word -- --nocapture`
    #[test]
    fn bytes_of_a_word() {
        let mut random = Random::new(8);
        let mut foreign = || (0..400).map(|_| format!("{} ", random.below(100_000))).collect::<String>();
        for (what, texts) in [
            (
                "texts that share sentences",
                (0..2_000).map(|seed| document::prose(seed, 400, 0.0)).collect::<Vec<_>>(),
            ),
            ("texts that share nothing", (0..2_000).map(|_| foreign()).collect()),
        ] {
            let mut index = Index::default();
            texts.chunks(10).enumerate().for_each(|(part, texts)| {
                let rank = |at| (part as i64, at as u64);
                index.add(texts.iter().enumerate().map(|(at, text)| (rank(at), text.as_str())));
            });
            let (words, bytes) = index.size();
            println!("{what}: {words} words, {} bytes a word", bytes / words);
            assert!(bytes <= 100 * words);
        }
    }
}
