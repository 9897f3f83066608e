//! What an excerpt of a document would name: said before it is sealed, not after it has leaked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tellmark_codes::{Alpha, Batch};
use tellmark_core::{Prose, Site, SiteId};

use crate::Planned;

/// Symbol noise that the promise reckons with: one site in twenty reads as another variant.
pub const NOISE_PER_MILLE: u32 = 50;
/// At most so many excerpts are tried for one length; a long document is sampled evenly.
const WINDOWS_MAX: usize = 200;
/// Excerpts that are tried for two who mix, whose law is longer.
const PAIRED_WINDOWS_MAX: usize = 5;
/// Excerpts that are tried where points are added.
const NEEDED_WINDOWS_MAX: usize = 20;
/// The rosters and bounds of which people are told, unless they ask for one.
pub(crate) const CASES: [(u64, &str); 3] = [(20, "1e-3"), (20, "1e-6"), (1000, "1e-6")];
/// A passage names its copy where it does so with this chance at least.
pub(crate) const SURELY: f64 = 0.9;
/// More points than these nobody adds.
const POINTS_MAX: usize = 64;
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

/// A sentence and what it carries: for the heat map.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SentenceBits {
    /// Byte of the text at which it starts.
    pub start: usize,
    /// Byte of the text at which it ends.
    pub end: usize,
    /// Bits that its own sites hold.
    pub bits: f64,
    /// The same by channel; those that hold none are left out.
    pub channels: BTreeMap<&'static str, f64>,
}

/// A paragraph, what it carries, and what it would need to name a copy by itself.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Paragraph {
    /// Byte of the text at which it starts.
    pub start: usize,
    /// Byte of the text at which it ends.
    pub end: usize,
    /// Its words.
    pub words: usize,
    /// Bits of its own sites; a habit counts where it shows first.
    pub bits: f64,
    /// The same by channel.
    pub channels: BTreeMap<&'static str, f64>,
    /// The chance that a clean quotation of it names the copy it was taken from.
    pub power: f64,
    /// So many more points like `{a|b}` would let it name its copy with probability 0.9; `None` where even 64 would not.
    pub points_needed: Option<usize>,
}

/// A roster and the bound for which something is promised.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Case {
    /// How many copies there are.
    pub copies: u64,
    /// The bound on false accusation, as it was given.
    pub alpha: String,
}

impl Case {
    /// So many copies at a bound.
    pub fn new(copies: u64, alpha: &str) -> Case {
        Case { copies, alpha: alpha.into() }
    }

    /// A first batch of so many copies at its first look, and the bound.
    ///
    /// # Errors
    /// When the bound is none.
    pub fn terms(&self) -> crate::Result<(Batch, Alpha)> {
        Ok((batch(1, self.copies), crate::plan::parse_alpha(&self.alpha)?))
    }
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
                let channels = by_channel(&own);
                SentenceBits {
                    start: range.start,
                    end: range.end,
                    bits: crate::document::bits(own),
                    channels,
                }
            })
            .collect()
    }

    /// The paragraphs of the text, each with what it would name of a roster.
    ///
    /// # Errors
    /// When the bound is none.
    pub fn paragraphs(&self, prose: &Prose, case: &Case) -> crate::Result<Vec<Paragraph>> {
        let (batch, alpha) = case.terms()?;
        let bits = self.bits();
        let block = |sentence: &Range<usize>| prose.block_at(sentence.start).map(|block| block.range.start);
        let mut found = Vec::new();
        let mut known = BTreeMap::new();
        let all: Vec<usize> = (0..self.sentences.len()).collect();
        for run in all.chunk_by(|&a, &b| block(&self.sentences[a]) == block(&self.sentences[b])) {
            let (first, last) = (run[0], run[run.len() - 1]);
            let mut channels: BTreeMap<&'static str, f64> = BTreeMap::new();
            for sentence in &bits[first..=last] {
                sentence
                    .channels
                    .iter()
                    .for_each(|(channel, bits)| *channels.entry(channel).or_default() += bits);
            }
            let mut variants = self.variants(first..last + 1);
            variants.sort_unstable();
            let (power, points_needed) = *known.entry(variants).or_insert_with_key(|variants| {
                let power = tellmark_codes::power(variants, &batch, alpha, NOISE_PER_MILLE);
                (power, points_needed(std::slice::from_ref(variants), &batch, alpha))
            });
            found.push(Paragraph {
                start: self.sentences[first].start,
                end: self.sentences[last].end,
                words: self.words[first..=last].iter().sum(),
                bits: bits[first..=last].iter().map(|sentence| sentence.bits).sum(),
                channels,
                power,
                points_needed,
            });
        }
        Ok(found)
    }

    /// So many more points like `{a|b}` in a quotation of this length would name its copy with probability 0.9; `None`
    /// where even 64 would not.
    pub fn points_needed(&self, sentences: usize, batch: &Batch, alpha: Alpha) -> Option<usize> {
        points_needed(&self.windows(sentences, NEEDED_WINDOWS_MAX), batch, alpha)
    }

    /// The chance that each of two who mix their copies word by word is named from a quotation of this length, for each
    /// case; never more than that of one alone.
    pub fn power_of_two(&self, sentences: usize, cases: &[(Batch, Alpha)]) -> Vec<f64> {
        let windows = self.windows(sentences, PAIRED_WINDOWS_MAX);
        let mut sums = vec![0.0; cases.len()];
        for variants in &windows {
            let powers = tellmark_codes::power_of_two(variants, cases, NOISE_PER_MILLE);
            sums.iter_mut().zip(powers).for_each(|(sum, power)| *sum += power / windows.len() as f64);
        }
        // Fewer places are tried for two than for one, and two are never easier to name.
        let one = cases.iter().map(|(batch, alpha)| self.power(sentences, batch, *alpha));
        sums.into_iter().zip(one).map(|(two, one)| two.min(one)).collect()
    }

    /// What sites quotations of a length show, at so many places at most, evenly over the document.
    fn windows(&self, sentences: usize, count_max: usize) -> Vec<Vec<u8>> {
        let length = sentences.clamp(1, self.sentences.len().max(1));
        let starts = self.sentences.len().saturating_sub(length) + 1;
        let step = starts.div_ceil(count_max);
        let window = |start: usize| {
            let mut variants = self.variants(start..(start + length).min(self.sentences.len()));
            variants.sort_unstable();
            variants
        };
        (0..starts).step_by(step).map(window).collect()
    }

    /// The chance that an excerpt of so many neighbouring sentences names its copy, of this batch and at its look.
    pub fn power(&self, sentences: usize, batch: &Batch, alpha: Alpha) -> f64 {
        mean_power(&self.windows(sentences, WINDOWS_MAX), 0, batch, alpha)
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
        let of = copies_of(batch.copies);
        format!("of {of}, at alpha {alpha}: {}", said.join("; "))
    }

    /// The lengths for which the promise is worked out for two who mix: what it is called, and its sentences.
    fn long_parts(&self) -> Vec<(&'static str, usize)> {
        let (all, page) = (self.sentences.len(), self.sentences_a_page());
        let page = (page < all).then_some(("a page", page));
        page.into_iter().chain([("all of it", all)]).collect()
    }

    /// One line a case for people: what two who mix their copies word by word risk, as `promised` has it.
    pub fn lines_of_two(&self, cases: &[Case], promised: &[Promise]) -> Vec<String> {
        let power = |case: &Case, sentences: usize| {
            let is_own =
                |p: &&Promise| p.copies == case.copies && p.alpha == case.alpha && p.sentences == sentences;
            promised.iter().find(is_own).map_or(0.0, |promise| promise.power)
        };
        let line = |case: &Case| {
            let parts = self.long_parts().into_iter();
            let said: Vec<String> = parts
                .map(|(what, sentences)| {
                    match in_words(power(case, sentences)).strip_prefix("the one it came from") {
                        Some(rest) => format!("{what} names each of the two{rest}"),
                        None => format!("{what} names nobody"),
                    }
                })
                .collect();
            format!(
                "two of {} who mix their copies, at alpha {}: {}",
                copies_of(case.copies),
                case.alpha,
                said.join("; ")
            )
        };
        cases.iter().map(line).collect()
    }

    /// What a page, or the whole where it is shorter, still needs to name a copy: a line for each case that lacks something.
    ///
    /// # Errors
    /// When a bound is none.
    pub fn lines_of_needs(&self, cases: &[Case]) -> crate::Result<Vec<String>> {
        let Some((what, length)) = self.long_parts().into_iter().next() else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for case in cases {
            let (batch, alpha) = case.terms()?;
            let of = copies_of(case.copies);
            let each = if what == "a page" { "a page" } else { "in all" };
            lines.push(match self.points_needed(length, &batch, alpha) {
                Some(0) => continue,
                Some(1) => format!("{of} at alpha {} need one more point {each}", case.alpha),
                Some(points) => format!("{of} at alpha {} need {points} more points {each}", case.alpha),
                None => {
                    format!("{of} at alpha {} need more than {POINTS_MAX} more points {each}", case.alpha)
                }
            });
        }
        Ok(lines)
    }

    fn variants(&self, window: Range<usize>) -> Vec<u8> {
        let mut indices: Vec<usize> = self.shown[window].iter().flatten().copied().collect();
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().map(|site| self.sites[site].variants() as u8).collect()
    }
}

fn copies_of(copies: u64) -> String {
    if copies == 1 { "1 copy".into() } else { format!("{copies} copies") }
}

/// The mean chance over some quotations, each with so many more points of two variants.
fn mean_power(windows: &[Vec<u8>], points: usize, batch: &Batch, alpha: Alpha) -> f64 {
    let mut known = BTreeMap::new();
    let powers = windows.iter().map(|variants| {
        *known.entry(variants).or_insert_with_key(|variants| {
            let mut more = vec![2; points];
            more.extend_from_slice(variants);
            tellmark_codes::power(&more, batch, alpha, NOISE_PER_MILLE)
        })
    });
    // A sum of nothing is a zero with a sign.
    powers.sum::<f64>() / windows.len().max(1) as f64 + 0.0
}

fn points_needed(windows: &[Vec<u8>], batch: &Batch, alpha: Alpha) -> Option<usize> {
    let suffices = |points: usize| mean_power(windows, points, batch, alpha) >= SURELY;
    if !suffices(POINTS_MAX) {
        return None;
    }
    let (mut too_few, mut enough) = (None, POINTS_MAX);
    while too_few.map_or(0, |few: usize| few + 1) < enough {
        let middle = (too_few.map_or(0, |few: usize| few + 1) + enough) / 2;
        if suffices(middle) {
            enough = middle;
        } else {
            too_few = Some(middle);
        }
    }
    Some(enough)
}

fn by_channel(sites: &[&Site]) -> BTreeMap<&'static str, f64> {
    let mut channels: BTreeMap<&'static str, f64> = BTreeMap::new();
    for site in sites {
        *channels.entry(site.channel.name()).or_default() += crate::document::bits([*site]);
    }
    channels
}

/// Never more than it is: probabilities are rounded down.
fn in_words(power: f64) -> String {
    match power {
        p if p < 0.01 => "nobody".into(),
        p if p >= 0.9995 => "the one it came from".into(),
        p => format!("the one it came from with probability {:.2}", (p * 100.0).floor() / 100.0),
    }
}
