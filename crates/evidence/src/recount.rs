//! The tracer, run again: from what a case read and what the copies hold at those places to who is named.
//!
//! The same rules as the tracer's (`docs/formats/score.md`), with one difference: which partners are weighed is decided by
//! [`PAIRS_MAX`] and [`TRIPLES_MAX`] alone, so that a second implementation in a slow language comes as far in sensible time.
//! Parts that are left out only make the result smaller: what is named here is named by the tracer's bound.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::{
    Alpha, Batch, Observed, Reach, Rows, Score, Series, Threshold, Weighing, copy_threshold, first_read,
    names, over_views, shared, view_share, views, withheld,
};
use tellmark_core::fixed::Log2;
use tellmark_core::{Likelihood, SiteId};

use crate::reading::{Merged, Reading};
use crate::{Error, Result};

/// Up to so many additions, each copy is weighed with every other one.
pub const PAIRS_MAX: u64 = 4_000_000_000;
/// Up to so many, with every two others.
pub const TRIPLES_MAX: u64 = 1_000_000_000;
/// So many steps are taken for one bundle, counted by `Steps`: a minute or two.
pub const STEPS_MAX: u64 = 100_000_000_000;
/// Up to so many sites a copy's tail is computed exactly.
const EXACT_SITES_MAX: usize = 1024;
/// So many of the strongest copies have an e-process.
const PROCESSES: usize = 512;

/// A look of a case.
#[derive(Debug, Clone)]
pub struct Look {
    /// Its number in the case, from 1.
    pub number: u32,
    /// What it read.
    pub reading: Reading,
}

/// A copy with what it holds.
#[derive(Debug, Clone)]
pub struct Holding {
    /// The batch with which it came, from 1.
    pub batch: usize,
    /// Its variant at each site that any look read.
    pub symbols: BTreeMap<SiteId, u8>,
}

/// What is to be counted again.
#[derive(Debug, Clone)]
pub struct Question {
    /// The release whose copies are tested.
    pub release: String,
    /// The bound that was fixed when it was sealed.
    pub alpha: String,
    /// The looks that read something, in their order; the finding is that of the last.
    pub looks: Vec<Look>,
    /// The tested copies, in the order in which the tracer weighs them.
    pub copies: Vec<Holding>,
}

/// What became of one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The e-value, rounded down.
    pub e: Log2,
    /// The chance that an innocent copy does as well by the tail, rounded up.
    pub p: Log2,
    /// The e-process, rounded down.
    pub w: Log2,
    /// Whether it is named: it reaches a threshold, and no stronger copy explains the reading as well without it.
    pub is_named: bool,
    /// Whether it reaches a threshold.
    pub has_reached: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recount {
    /// One line a copy, in the order of the question.
    pub lines: Vec<Line>,
    /// How far partners were looked at, in the view where it went least far.
    pub reach: Reach,
    /// What a copy of each entry of the case has to reach, by its batch.
    pub thresholds: BTreeMap<usize, Threshold>,
    /// How many sites are read.
    pub sites: usize,
    /// How many steps were taken.
    pub steps: u64,
}

/// What a recount costs, before it is paid: a small file could ask for work without end.
#[derive(Default)]
struct Steps(u64);

impl Steps {
    /// Counts steps that are about to be taken: a product.
    fn take(&mut self, factors: &[usize]) -> Result<()> {
        let product = factors.iter().fold(1_u64, |product, factor| product.saturating_mul(*factor as u64));
        self.0 = self.0.saturating_add(product);
        match self.0 <= STEPS_MAX {
            true => Ok(()),
            false => Err(Error::format("it would take more steps than are taken for one bundle")),
        }
    }
}

/// Counts again.
///
/// # Errors
/// When the looks are of several releases, which this version does not count, or something does not fit together.
pub fn recount(question: &Question) -> Result<Recount> {
    let mut counted = Counted::default();
    let symbols: usize = question.copies.iter().map(|copy| copy.symbols.len()).sum();
    let read: usize = question.looks.iter().map(|look| look.reading.sites().count()).sum();
    counted.steps.take(&[128, symbols + read])?;
    let case = Case::new(question)?;
    let Some(views) = case.views()?.filter(|_| !question.copies.is_empty()) else {
        let line = Line { e: Log2::ZERO, p: Log2::ZERO, w: Log2::ZERO, is_named: false, has_reached: false };
        let lines = vec![line; question.copies.len()];
        return Ok(Recount {
            lines,
            reach: Reach::Alone,
            thresholds: BTreeMap::new(),
            sites: 0,
            steps: counted.steps.0,
        });
    };
    // What can be counted beforehand is, so that nothing is begun that would not be finished.
    for view in views.iter().filter(|view| view.len() <= EXACT_SITES_MAX) {
        let variants = view.values().map(|of| of.likelihoods.len()).sum();
        counted.steps.take(&[1024, view.len(), variants])?;
    }
    let strongest = question.copies.len().min(PROCESSES);
    counted.steps.take(&[256, question.looks.len(), strongest, views[0].len()])?;
    for (number, view) in views.iter().enumerate() {
        counted.view(&case, view, view_share(number, views.len()))?;
    }
    let processes = case.processes(&views[0], &counted.scores[0])?;
    counted.done(&case, &views, &processes)
}

/// A case as it is counted.
struct Case<'a> {
    question: &'a Question,
    /// What each look shows of the release.
    shown: Vec<tellmark_codes::Look<SiteId>>,
    /// By batch: its place among the entries of the case, and the look that brought it.
    entries: BTreeMap<usize, (u32, u32)>,
    thresholds: BTreeMap<usize, Threshold>,
}

impl<'a> Case<'a> {
    fn new(question: &'a Question) -> Result<Case<'a>> {
        let alpha: Alpha = question.alpha.parse().map_err(|e| Error::format(format!("alpha: {e}")))?;
        let mut shown = Vec::new();
        let mut entries: BTreeMap<usize, (u32, u32)> = BTreeMap::new();
        let mut last = 0;
        for Look { number, reading } in &question.looks {
            if *number <= last || *number > 1_000_000 {
                return Err(Error::format("the looks are not in their order"));
            }
            last = *number;
            let alone = reading
                .alone
                .iter()
                .map(|(exhibit, readings)| Ok((*exhibit as u32, of_release(readings, &question.release)?)));
            let read = of_release(&reading.together, &question.release)?;
            shown.push(tellmark_codes::Look { read, alone: alone.collect::<Result<_>>()? });
            let mut fresh: Vec<usize> = Vec::new();
            for (release, batch) in &reading.tested {
                if *release != question.release {
                    return Err(Error::format("copies of several releases are tested"));
                }
                if !entries.contains_key(batch) && !fresh.contains(batch) {
                    fresh.push(*batch);
                }
            }
            fresh.sort_unstable();
            for batch in fresh {
                entries.insert(batch, (entries.len() as u32 + 1, *number));
            }
        }
        let mut thresholds = BTreeMap::new();
        for (&batch, &(place, entered)) in &entries {
            let copies = question.copies.iter().filter(|copy| copy.batch == batch).count() as u64;
            let of = Batch { copies: copies.max(1), look: last - entered + 1, number: place };
            thresholds.insert(batch, copy_threshold(alpha, &of));
        }
        match question.copies.iter().find(|copy| !entries.contains_key(&copy.batch)) {
            Some(copy) => Err(Error::format(format!("copies of batch {} are not tested", copy.batch))),
            None => Ok(Case { question, shown, entries, thresholds }),
        }
    }

    /// What is weighed: everything, and what is new in this look and in single exhibits of it. `None` where nothing was
    /// read.
    ///
    /// # Errors
    /// When single exhibits show something and all of them together nothing: this version does not count that.
    fn views(&self) -> Result<Option<Vec<Merged>>> {
        let views: Vec<Merged> = views(&self.shown).into_iter().map(|view| view.sites).collect();
        match views.first().is_some_and(|all| !all.is_empty()) {
            true => Ok(Some(views)),
            false if views.len() > 1 => Err(Error::format("exhibits contradict each other everywhere")),
            false => Ok(None),
        }
    }

    fn rows(&self, view: &Merged) -> Result<Rows> {
        let missing = || Error::format("a read site of a copy is not opened");
        let mut symbols = Vec::with_capacity(view.len() * self.question.copies.len());
        for copy in &self.question.copies {
            for site in view.keys() {
                symbols.push(*copy.symbols.get(site).ok_or_else(missing)?);
            }
        }
        Ok(Rows { columns: view.len(), symbols })
    }

    /// The e-processes of the strongest copies, by row.
    fn processes(&self, whole: &Merged, scores: &[Score]) -> Result<BTreeMap<usize, Log2>> {
        let mut strongest: Vec<usize> = (0..scores.len()).collect();
        strongest.sort_by_key(|&row| (std::cmp::Reverse(scores[row].e), row));
        strongest.truncate(PROCESSES);
        let entered: Vec<u32> = self.question.copies.iter().map(|copy| self.place(copy.batch)).collect();
        let mut together: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        strongest.into_iter().for_each(|row| together.entry(entered[row]).or_default().push(row));
        let rows = self.rows(whole)?;
        let looks = self.shown.len() as u32;
        let mut processes = BTreeMap::new();
        for (from, copies) in together {
            let (first_look, observed) = self.fresh(whole, from);
            let series = Series {
                observed: &observed,
                first_look: &first_look,
                rows: &rows,
                entered: &entered,
                looks,
            };
            for (row, process) in copies.iter().zip(series.processes(&copies)?) {
                processes.insert(*row, process.last().copied().unwrap_or(Log2::NEG_INFINITY));
            }
        }
        Ok(processes)
    }

    /// The place of the look with which a batch entered.
    fn place(&self, batch: usize) -> u32 {
        let look = self.entries.get(&batch).map_or(0, |(_, look)| *look);
        self.question.looks.iter().take_while(|earlier| earlier.number < look).count() as u32
    }

    /// The look that read each site first, from one on, and what it read; nothing, in the first look, for the others.
    fn fresh(&self, whole: &Merged, from: u32) -> (Vec<u32>, Vec<Observed>) {
        let read = first_read(&self.shown, from);
        let first = |(site, of): (&SiteId, &Observed)| {
            let nothing = || Observed { likelihoods: vec![Likelihood::ONE; of.likelihoods.len()] };
            read.get(site).cloned().unwrap_or_else(|| (0, nothing()))
        };
        whole.iter().map(first).unzip()
    }
}

fn of_release(readings: &[crate::reading::OfRelease], release: &str) -> Result<Merged> {
    let mut read = readings.iter().filter(|of| !of.sites.is_empty());
    let Some(first) = read.next() else { return Ok(Merged::new()) };
    match read.next().is_none() && first.release == release {
        true => Ok(first.observations()),
        false => Err(Error::format("several releases are read")),
    }
}

/// What was counted so far, view by view.
#[derive(Default)]
struct Counted {
    rows: Vec<Rows>,
    observed: Vec<Vec<Observed>>,
    scores: Vec<Vec<Score>>,
    reach: Option<Reach>,
    steps: Steps,
}

impl Counted {
    fn view(&mut self, case: &Case<'_>, view: &Merged, share: (u128, u128)) -> Result<()> {
        let rows = case.rows(view)?;
        let observed: Vec<Observed> = view.values().cloned().collect();
        let weighing = Weighing::new(&observed, &rows)?;
        let reach = match () {
            () if weighing.amount(Reach::Triples) <= TRIPLES_MAX => Reach::Triples,
            () if weighing.amount(Reach::Pairs) <= PAIRS_MAX => Reach::Pairs,
            () => Reach::Alone,
        };
        for part in [Reach::Alone, Reach::Pairs, Reach::Triples].into_iter().filter(|part| *part <= reach) {
            self.steps.take(&[usize::try_from(weighing.amount(part)).unwrap_or(usize::MAX)])?;
        }
        let counted = weighing.recount(reach);
        drop(weighing);
        self.reach = Some(self.reach.map_or(counted.reach, |reach| reach.min(counted.reach)));
        self.scores.push(counted.scores.iter().map(|score| shared(score, share)).collect());
        self.rows.push(rows);
        self.observed.push(observed);
        Ok(())
    }

    fn done(
        mut self,
        case: &Case<'_>,
        views: &[Merged],
        processes: &BTreeMap<usize, Log2>,
    ) -> Result<Recount> {
        let w = |row: usize| processes.get(&row).copied().unwrap_or(Log2::NEG_INFINITY);
        let threshold = |row: usize| {
            let batch = case.question.copies[row].batch;
            case.thresholds.get(&batch).copied().ok_or_else(|| Error::format("a batch without a threshold"))
        };
        let (mut reached, mut needed) = (BTreeSet::new(), BTreeSet::new());
        for (number, scores) in self.scores.iter().enumerate() {
            let mut candidates = Vec::new();
            for (row, score) in scores.iter().enumerate() {
                let w = if number == 0 { w(row) } else { Log2::NEG_INFINITY };
                if names(score, w, &threshold(row)?) {
                    candidates.push((row, score.e));
                }
            }
            let beside = candidates.len().min(64);
            self.steps.take(&[32, candidates.len(), beside, self.observed[number].len()])?;
            let spare = withheld(&self.observed[number], &self.rows[number], &candidates);
            reached.extend(candidates.iter().map(|(row, _)| *row));
            needed.extend(candidates.iter().map(|(row, _)| *row).filter(|row| !spare.contains(row)));
        }
        let line = |row: usize| {
            let scores: Vec<Score> = self.scores.iter().map(|view| view[row]).collect();
            let (e, p) =
                over_views(&scores).map_or((Log2::ZERO, Log2::ZERO), |(score, _)| (score.e, score.p));
            Line { e, p, w: w(row), is_named: needed.contains(&row), has_reached: reached.contains(&row) }
        };
        Ok(Recount {
            lines: (0..case.question.copies.len()).map(line).collect(),
            reach: self.reach.unwrap_or_default(),
            thresholds: case.thresholds.clone(),
            sites: views[0].len(),
            steps: self.steps.0,
        })
    }
}
