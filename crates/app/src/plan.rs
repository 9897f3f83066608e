//! Use case: say what a document can carry, before anything is sealed.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::Alpha;
use tellmark_core::ReleaseId;

use crate::document::{MarkOptions, bits, sites_by_channel};
use crate::paged::{self, PagePlan};
use crate::promise::{self, Case, Excerpts, Paragraph, Promise, SentenceBits};
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
    /// What excerpts would name where two people mix their copies word by word: each of them.
    pub promise_two: Vec<Promise>,
    /// The roster and bound that the paragraphs are held against.
    pub held_against: Case,
    /// What each paragraph carries, and what it lacks.
    pub paragraphs: Vec<Paragraph>,
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
    /// The promise, a line for each roster and bound.
    #[serde(skip)]
    pub lines: Vec<String>,
    /// The same for two who mix.
    #[serde(skip)]
    pub lines_of_two: Vec<String>,
    /// What is still needed to name a copy.
    #[serde(skip)]
    pub needs: Vec<String>,
    /// The text itself, for showing passages.
    #[serde(skip)]
    pub text: String,
    /// The sites, for the page.
    #[serde(skip)]
    pub marks: Vec<tellmark_report::plan::Site>,
}

/// A plan with what people are told of it in sentences, for whoever shows it elsewhere.
#[derive(Debug, serde::Serialize)]
pub struct Told<'p> {
    #[serde(flatten)]
    plan: &'p PlanSummary,
    told: Sentences<'p>,
}

#[derive(Debug, serde::Serialize)]
struct Sentences<'p> {
    promise: &'p [String],
    promise_two: &'p [String],
    needs: &'p [String],
    /// The text that places are counted in.
    text: &'p str,
}

impl PlanSummary {
    /// The same with what people are told of it.
    pub fn told(&self) -> Told<'_> {
        let PlanSummary { lines: promise, lines_of_two: promise_two, needs, text, .. } = self;
        Told { plan: self, told: Sentences { promise, promise_two, needs, text } }
    }
}

/// Plans a document. `asked` is the roster and bound that somebody has in mind; the usual ones when `None`.
///
/// # Errors
/// When the document or the bound cannot be used.
pub fn plan(
    file_name: &str,
    bytes: Vec<u8>,
    options: &MarkOptions,
    asked: Option<Case>,
) -> Result<PlanSummary> {
    let planned = Planned::new(file_name, bytes, ReleaseId([0; 8]), options)?;
    let excerpts = Excerpts::new(&planned, &BTreeSet::new());
    let cases = match asked {
        Some(case) => vec![case],
        None => promise::CASES.map(|(copies, alpha)| Case::new(copies, alpha)).to_vec(),
    };
    let all = planned.plan.sentences.len();
    let promise_two = promises_of_two(&excerpts, all, &cases)?;
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
        promise: promises(&excerpts, all, &cases)?,
        lines_of_two: excerpts.lines_of_two(&cases, &promise_two),
        promise_two,
        paragraphs: excerpts.paragraphs(planned.prose(), &cases[0])?,
        held_against: cases[0].clone(),
        pages: planned.marking().layout.as_ref().map_or(Ok(vec![]), paged::pages)?,
        verbatim: planned.plan.verbatim,
        rules,
        bare: excerpts.bare(BARE_SENTENCES_MIN),
        notes: planned.plan.notes.clone(),
        lines: lines(&excerpts, &cases)?,
        needs: match planned.marking().layout {
            // What a PDF says is the same in every copy: its author can add no point.
            Some(_) => Vec::new(),
            None => excerpts.lines_of_needs(&cases)?,
        },
        text: planned.prose().text.clone(),
        marks: marks(&planned),
    })
}

fn channel_counts(planned: &Planned) -> BTreeMap<&'static str, usize> {
    let counts = sites_by_channel(&planned.marking().sites);
    counts.into_iter().map(|(channel, count)| (channel.name(), count)).collect()
}

fn promises(excerpts: &Excerpts<'_>, all: usize, cases: &[Case]) -> Result<Vec<Promise>> {
    let mut lengths = vec![2, excerpts.sentences_a_paragraph(), 10, excerpts.sentences_a_page(), all];
    lengths.retain(|&length| (1..=all).contains(&length));
    lengths.sort_unstable();
    lengths.dedup();
    let mut promises = Vec::new();
    for Case { copies, alpha } in usual_and(cases) {
        for &sentences in &lengths {
            let power = excerpts.power(sentences, &promise::batch(1, copies), parse_alpha(&alpha)?);
            promises.push(Promise { copies, alpha: alpha.clone(), sentences, power });
        }
    }
    Ok(promises)
}

/// The rosters and bounds that are always worked out, behind those that were asked for.
fn usual_and(cases: &[Case]) -> Vec<Case> {
    let usual = COPIES.iter().flat_map(|&copies| ALPHAS.iter().map(move |alpha| Case::new(copies, alpha)));
    let more = cases.iter().filter(|case| !usual.clone().any(|usual| usual == **case)).cloned();
    more.chain(usual.clone()).collect()
}

fn promises_of_two(excerpts: &Excerpts<'_>, all: usize, cases: &[Case]) -> Result<Vec<Promise>> {
    let cases = usual_and(cases);
    let terms = cases.iter().map(Case::terms).collect::<Result<Vec<_>>>()?;
    let mut lengths = vec![excerpts.sentences_a_page().min(all), all];
    lengths.dedup();
    let mut promises = Vec::new();
    for sentences in lengths.into_iter().filter(|&length| length > 0) {
        let powers = excerpts.power_of_two(sentences, &terms);
        promises.extend(cases.iter().zip(powers).map(|(case, power)| Promise {
            copies: case.copies,
            alpha: case.alpha.clone(),
            sentences,
            power,
        }));
    }
    Ok(promises)
}

fn lines(excerpts: &Excerpts<'_>, cases: &[Case]) -> Result<Vec<String>> {
    let line = |case: &Case| case.terms().map(|(batch, alpha)| excerpts.line(&batch, alpha));
    cases.iter().map(line).collect()
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
    let sentence = |s: &SentenceBits| tellmark_report::plan::Sentence {
        range: s.start..s.end,
        bits: s.bits,
        channels: s.channels.iter().map(|(name, bits)| ((*name).to_owned(), *bits)).collect(),
    };
    let paragraph = |p: &Paragraph| tellmark_report::plan::Paragraph {
        range: p.start..p.end,
        words: p.words as u64,
        channels: p.channels.iter().map(|(name, bits)| ((*name).to_owned(), *bits)).collect(),
        power: p.power,
        points_needed: p.points_needed.map(|points| points as u64),
    };
    let Case { copies, alpha } = &summary.held_against;
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
        promise_of_two: summary.lines_of_two.clone(),
        needs: summary.needs.clone(),
        held_against: format!("one of {copies} at {alpha}"),
        paragraphs: summary.paragraphs.iter().map(paragraph).collect(),
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
