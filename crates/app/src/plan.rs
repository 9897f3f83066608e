//! Use case: say what a document can carry, before anything is sealed.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::Alpha;
use tellmark_core::ReleaseId;

use crate::document::{MarkOptions, bits, sites_by_channel};
use crate::paged::{self, PagePlan};
use crate::promise::{self, Excerpts, Promise, SentenceBits};
use crate::{Error, Planned, Result};

/// Roster sizes for which the promise is worked out.
const COPIES: [u64; 4] = [5, 20, 100, 1000];
/// Bounds for which the promise is worked out.
const ALPHAS: [&str; 2] = ["1e-3", "1e-6"];
/// A run of so many sentences without a site is listed.
const BARE_SENTENCES_MIN: usize = 2;

/// What a document can carry: `plan --json`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct PlanSummary {
    /// Words of the text.
    pub words: usize,
    /// Sentences of the text.
    pub sentences: usize,
    /// Sites by channel.
    pub sites: BTreeMap<&'static str, usize>,
    /// Bits of all sites.
    pub bits: f64,
    /// Bits a sentence, by bytes of the text.
    pub per_sentence: Vec<SentenceBits>,
    /// What excerpts would name.
    pub promise: Vec<Promise>,
    /// What each page of a PDF can carry; empty for a document without pages.
    pub pages: Vec<PagePlan>,
    /// Whether the text is a transcript whose spoken words stay.
    pub verbatim: bool,
    /// Sites by rule.
    pub rules: BTreeMap<String, usize>,
    /// Passages that carry nothing, by bytes of the text.
    pub bare: Vec<std::ops::Range<usize>>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// The promise in a line.
    #[serde(skip)]
    pub lines: Vec<String>,
    /// The text itself, for showing passages.
    #[serde(skip)]
    pub text: String,
    /// The sites, for the page.
    #[serde(skip)]
    pub marks: Vec<tellmark_report::plan::Site>,
}

/// Plans a document.
///
/// # Errors
/// When the document cannot be used.
pub fn plan(file_name: &str, bytes: Vec<u8>, options: &MarkOptions) -> Result<PlanSummary> {
    let planned = Planned::new(file_name, bytes, ReleaseId([0; 8]), options)?;
    let excerpts = Excerpts::new(&planned, &BTreeSet::new());
    let mut rules = BTreeMap::new();
    for site in &planned.marking().sites {
        *rules.entry(site.rule.clone()).or_insert(0) += 1;
    }
    Ok(PlanSummary {
        words: planned.words(),
        sentences: planned.plan.sentences.len(),
        sites: channel_counts(&planned),
        bits: bits(&planned.marking().sites),
        per_sentence: excerpts.bits(),
        promise: promises(&excerpts, planned.plan.sentences.len())?,
        pages: planned.marking().layout.as_ref().map_or(Ok(vec![]), paged::pages)?,
        verbatim: planned.plan.verbatim,
        rules,
        bare: excerpts.bare(BARE_SENTENCES_MIN),
        notes: planned.plan.notes.clone(),
        lines: lines(&excerpts)?,
        text: planned.prose().text.clone(),
        marks: marks(&planned),
    })
}

fn channel_counts(planned: &Planned) -> BTreeMap<&'static str, usize> {
    let counts = sites_by_channel(&planned.marking().sites);
    counts.into_iter().map(|(channel, count)| (channel.name(), count)).collect()
}

fn promises(excerpts: &Excerpts<'_>, all: usize) -> Result<Vec<Promise>> {
    let mut lengths = vec![2, excerpts.sentences_a_paragraph(), 10, excerpts.sentences_a_page(), all];
    lengths.retain(|&length| (1..=all).contains(&length));
    lengths.sort_unstable();
    lengths.dedup();
    let mut promises = Vec::new();
    for copies in COPIES {
        for alpha in ALPHAS {
            for &sentences in &lengths {
                let power = excerpts.power(sentences, &promise::batch(1, copies), parse_alpha(alpha)?);
                promises.push(Promise { copies, alpha: alpha.into(), sentences, power });
            }
        }
    }
    Ok(promises)
}

fn lines(excerpts: &Excerpts<'_>) -> Result<Vec<String>> {
    let cases = [(20, "1e-3"), (20, "1e-6"), (1000, "1e-6")];
    cases
        .iter()
        .map(|&(copies, alpha)| Ok(excerpts.line(&promise::batch(1, copies), parse_alpha(alpha)?)))
        .collect()
}

/// Takes a bound as it is written on the command line.
///
/// # Errors
/// When it is no number between 0 and one half.
pub fn parse_alpha(text: &str) -> Result<Alpha> {
    text.parse().map_err(|e| Error::input(format!("alpha {text:?}: {e}")))
}

/// The plan as one self-contained HTML document.
pub fn html(file_name: &str, summary: &PlanSummary) -> String {
    let sentence = |s: &SentenceBits| tellmark_report::plan::Sentence { range: s.start..s.end, bits: s.bits };
    tellmark_report::plan::html(&tellmark_report::plan::Page {
        document: file_name.into(),
        date: String::new(),
        words: summary.words,
        bits: summary.bits,
        verbatim: summary.verbatim,
        text: summary.text.clone(),
        sentences: summary.per_sentence.iter().map(sentence).collect(),
        sites: summary.marks.clone(),
        promise: summary.lines.clone(),
        pages: summary.pages.iter().map(page_of).collect(),
        bare: summary.bare.clone(),
        notes: summary.notes.clone(),
    })
}

fn page_of(plan: &PagePlan) -> tellmark_report::plan::PageLine {
    tellmark_report::plan::PageLine {
        page: plan.page as u64,
        words: plan.words as u64,
        sites: plan.sites as u64,
        lines: plan.lines as u64,
        names: plan.names.iter().map(|part| (part.copies, part.alpha.clone(), paged::said(part))).collect(),
    }
}

fn marks(planned: &Planned) -> Vec<tellmark_report::plan::Site> {
    let sites = planned.marking().sites.iter();
    sites
        .map(|site| tellmark_report::plan::Site {
            channel: site.channel,
            rule: site.rule.clone(),
            places: site.occurrences.iter().map(|o| o.span.clone()).collect(),
            variants: site.occurrences.first().map(|o| o.forms.clone()).unwrap_or_default(),
            original: usize::from(site.original),
        })
        .collect()
}
