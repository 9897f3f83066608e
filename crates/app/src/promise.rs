//! What an excerpt of a document would name: said before it is sealed, not after it has leaked.

use std::collections::BTreeSet;
use std::ops::Range;

use tellmark_codes::{Alpha, Batch};
use tellmark_core::{Prose, Site, SiteId};

use crate::Planned;

/// Symbol noise that the promise reckons with: one site in twenty reads as another variant.
pub const NOISE_PER_MILLE: u32 = 50;
/// At most so many excerpts are tried for one length; a long document is sampled evenly.
const WINDOWS_MAX: usize = 200;
/// Words on a page of running text.
const PAGE_WORDS: usize = 450;

/// The chance that a clean quotation of a given length names the copy that it was taken from.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Promise {
    /// How many copies there are.
    pub copies: u64,
    /// The bound on false accusation, as it was given.
    pub alpha: String,
    /// How many neighbouring sentences are quoted.
    pub sentences: usize,
    /// The chance, averaged over all places at which such a quotation can begin.
    pub power: f64,
}

/// A stretch of the document with its site count: for the heat map and the list of bare passages.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SentenceBits {
    /// Byte of the text at which it starts.
    pub start: usize,
    /// Byte of the text at which it ends.
    pub end: usize,
    /// Bits that its own sites hold.
    pub bits: f64,
}

/// A batch of so many copies at its first look.
pub fn batch(number: u32, copies: u64) -> Batch {
    Batch { copies, look: 1, number }
}

/// The site layout of a document, for asking what excerpts of it would name.
pub struct Excerpts<'a> {
    sentences: &'a [Range<usize>],
    words: Vec<usize>,
    /// For each sentence the sites that show in it, by index.
    shown: Vec<Vec<usize>>,
    sites: &'a [Site],
}

impl<'a> Excerpts<'a> {
    /// Looks at a planned document. Public sites tell nothing and do not count.
    pub fn new(planned: &'a Planned, public: &BTreeSet<SiteId>) -> Excerpts<'a> {
        Excerpts::of(planned.prose(), &planned.plan.sentences, &planned.plan.marking.sites, public)
    }

    fn of(
        prose: &Prose,
        sentences: &'a [Range<usize>],
        sites: &'a [Site],
        public: &BTreeSet<SiteId>,
    ) -> Excerpts<'a> {
        let mut shown = vec![Vec::new(); sentences.len()];
        for (index, site) in sites.iter().enumerate().filter(|(_, site)| !public.contains(&site.id)) {
            for occurrence in &site.occurrences {
                let next = sentences.partition_point(|s| s.end <= occurrence.span.start);
                if let Some(list) = shown.get_mut(next).filter(|list| list.last() != Some(&index)) {
                    list.push(index);
                }
            }
        }
        let count = |s: &Range<usize>| prose.text.get(s.clone()).map_or(0, |t| t.split_whitespace().count());
        Excerpts { sentences, words: sentences.iter().map(count).collect(), shown, sites }
    }

    /// Bits of each sentence. A style site counts where it shows first.
    pub fn bits(&self) -> Vec<SentenceBits> {
        let mut seen = vec![false; self.sites.len()];
        let mut fresh = |site: &usize| !std::mem::replace(&mut seen[*site], true);
        let per_sentence = self.sentences.iter().zip(&self.shown);
        per_sentence
            .map(|(range, shown)| {
                let own: Vec<&Site> = shown.iter().filter(|s| fresh(s)).map(|&s| &self.sites[s]).collect();
                SentenceBits { start: range.start, end: range.end, bits: crate::document::bits(own) }
            })
            .collect()
    }

    /// The chance that an excerpt of so many neighbouring sentences names its copy, of this batch and at its look.
    pub fn power(&self, sentences: usize, batch: &Batch, alpha: Alpha) -> f64 {
        let length = sentences.clamp(1, self.sentences.len().max(1));
        let starts = self.sentences.len().saturating_sub(length) + 1;
        let step = starts.div_ceil(WINDOWS_MAX);
        let mut cache = std::collections::BTreeMap::new();
        let mut sum = 0.0;
        let mut count = 0.0;
        for start in (0..starts).step_by(step) {
            let mut variants = self.variants(start..(start + length).min(self.sentences.len()));
            variants.sort_unstable();
            sum += *cache.entry(variants).or_insert_with_key(|variants| {
                tellmark_codes::power(variants, batch, alpha, NOISE_PER_MILLE)
            });
            count += 1.0;
        }
        sum / count
    }

    /// How many sentences make a page of this document, on average.
    pub fn sentences_a_page(&self) -> usize {
        let words: usize = self.words.iter().sum();
        let mean = (words as f64 / self.sentences.len().max(1) as f64).max(1.0);
        ((PAGE_WORDS as f64 / mean).round() as usize).clamp(1, self.sentences.len().max(1))
    }

    /// How many sentences make a paragraph: about a hundred words.
    pub fn sentences_a_paragraph(&self) -> usize {
        (self.sentences_a_page() * 100).div_ceil(PAGE_WORDS).max(3).min(self.sentences.len().max(1))
    }

    /// Runs of at least so many neighbouring sentences in which no site shows at all.
    pub fn bare(&self, sentences_min: usize) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = 0;
        for end in 0..=self.shown.len() {
            if end == self.shown.len() || !self.shown[end].is_empty() {
                if end - start >= sentences_min.max(1) {
                    runs.push(self.sentences[start].start..self.sentences[end - 1].end);
                }
                start = end + 1;
            }
        }
        runs
    }

    /// One line for people: what two sentences, a paragraph, a page and the whole would name.
    pub fn line(&self, batch: &Batch, alpha: Alpha) -> String {
        let all = self.sentences.len();
        let page = self.sentences_a_page();
        let mut parts = vec![("two sentences", 2), ("a paragraph", self.sentences_a_paragraph())];
        if page < all {
            parts.push(("a page", page));
        }
        parts.push(("all of it", all));
        let said: Vec<String> = parts
            .into_iter()
            .map(|(what, sentences)| {
                let verb = if what.ends_with('s') { "name" } else { "names" };
                format!("{what} {verb} {}", in_words(self.power(sentences, batch, alpha)))
            })
            .collect();
        let of = if batch.copies == 1 { "1 copy".into() } else { format!("{} copies", batch.copies) };
        format!("of {of}, at alpha {alpha}: {}", said.join("; "))
    }

    fn variants(&self, window: Range<usize>) -> Vec<u8> {
        let mut indices: Vec<usize> = self.shown[window].iter().flatten().copied().collect();
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().map(|site| self.sites[site].variants() as u8).collect()
    }
}

/// Never more than it is: probabilities are rounded down.
fn in_words(power: f64) -> String {
    match power {
        p if p < 0.01 => "nobody".into(),
        p if p >= 0.9995 => "the one it came from".into(),
        p => format!("the one it came from with probability {:.2}", (p * 100.0).floor() / 100.0),
    }
}
