//! Copies weighed together with known partners: the leave-one-out e-values.
//!
//! For a copy j and a hypothesis h the numerator `N_j = mean over partners K of prod_i l~_i(x_j, x_K)` is divided
//! by `D_j`, the same with j's own symbols averaged out at each site. Partners are a function of the reading and
//! of the *other* copies alone. For an innocent j, whose codeword is uniform and independent of the reading and
//! of the other copies, `E[N_j | all else] = D_j`, whatever was read, whoever colluded and however they did it:
//! so the ratio of the sums over hypotheses has mean 1 and is at most what is computed here rounded down.
//!
//! # Source
//! `docs/formats/score.md`; Meerwald & Furon 2012 (joint decoding); Shafer 2021 (e-values).

mod costs;
mod packing;
mod scaled;
mod weights;
#[allow(unsafe_code)] // Wide registers, behind a question to the processor: see there.
mod wide;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use tellmark_core::fixed::Log2;

use crate::hypotheses::{Hypothesis, Table, of_size};
use crate::score::{Observed, Rows};
use costs::Costs;
use weights::Powers;

pub use packing::{Layout, Packed};
pub use scaled::Scaled;
use scaled::{ROUNDING, Sums};
pub use weights::{NONE, Partners};

/// A hypothesis contradicts a copy when D is so many times N or more.
const CONTRADICTED_ONE_IN: f64 = 1000.0;
/// So many copies are worth a task of their own where little is done with each.
const COPIES_A_TASK: usize = 4096;
/// Nobody known beside a copy: the only set of partners.
pub const ALONE: [Partners; 1] = [[NONE, NONE]];

/// All copies with the sites at which they are weighed together.
pub struct Field<'a> {
    observed: &'a [Observed],
    pub layout: Layout,
    pub packed: Packed,
}

/// Whose weights with given partners are summed up.
pub enum Weighed<'p> {
    /// All copies of the field; each but with itself.
    Field,
    /// Copies outside of it.
    Others(&'p Packed),
    /// All copies of the field and then these outside of it, each with partners from as many others: each copy
    /// of the field but with itself, those outside but with the last one of the field.
    Listed(&'p Packed),
    /// All copies of the field, and all pairs of others as partners: the partners given must be all pairs.
    Triples,
}

/// What coalitions of one size, with so many known partners, say about each of the copies weighed.
pub struct Level {
    /// N / D, rounded down.
    pub ratio: Vec<Scaled>,
    /// Whether every hypothesis contradicts the copy.
    pub contradicted: Vec<bool>,
    /// What the reading says about each set of partners.
    pub belief: Vec<Belief>,
}

/// How well a set of partners explains the reading while nothing is known of the copy beside them.
#[derive(Debug, Clone, Copy)]
pub struct Belief {
    /// log2 of the likelihood, averaged over hypotheses.
    pub log: Log2,
    /// The hypothesis under which it is the largest.
    pub best: Hypothesis,
}

/// A hypothesis with how many of its size coincide with it.
struct Distinct {
    hypothesis: Hypothesis,
    count: u64,
}

impl<'a> Field<'a> {
    /// Packs all rows.
    pub fn new(observed: &'a [Observed], rows: &Rows) -> Field<'a> {
        let layout = Layout::new(observed, rows);
        let packed = Packed::new(&layout, rows, 0..rows.count());
        Field { observed, layout, packed }
    }

    /// The field of these rows alone, at the same sites.
    pub fn of(&self, rows: &Rows, which: &[u32]) -> Field<'a> {
        Field { packed: self.pack(rows, which), layout: self.layout.clone(), ..*self }
    }

    /// These rows, to be weighed.
    pub fn pack(&self, rows: &Rows, which: &[u32]) -> Packed {
        Packed::new(&self.layout, rows, which.iter().map(|&row| row as usize))
    }

    /// The hypotheses of a size that differ at these sites, with `known` partners.
    fn distinct(&self, size: usize, known: usize) -> Vec<Distinct> {
        let mut variants: Vec<usize> =
            self.layout.slots.iter().map(|slot| self.observed[slot.column].variants()).collect();
        variants.sort_unstable();
        variants.dedup();
        let mut distinct: BTreeMap<Vec<Arc<Table>>, Distinct> = BTreeMap::new();
        for hypothesis in of_size(size) {
            let tables = variants.iter().map(|&q| hypothesis.table(q, known + 1)).collect();
            distinct.entry(tables).or_insert(Distinct { hypothesis, count: 0 }).count += 1;
        }
        distinct.into_values().collect()
    }

    /// How many hypotheses of a size differ at these sites.
    pub fn hypotheses(&self, size: usize, known: usize) -> u64 {
        self.distinct(size, known).len() as u64
    }

    /// Weighs copies with these partners, none of whom occurs in two sets with the same others.
    pub fn level(&self, size: usize, partners: &[Partners], weighed: &Weighed<'_>) -> Level {
        let known = partners.first().map_or(0, |set| set.iter().filter(|&&partner| partner != NONE).count());
        let copies = match weighed {
            Weighed::Field | Weighed::Triples => self.packed.copies,
            Weighed::Others(others) => others.copies,
            Weighed::Listed(others) => self.packed.copies + others.copies,
        };
        let mut found = Found::new(copies, partners.len());
        for Distinct { hypothesis, count } in self.distinct(size, known) {
            let costs = Costs::new(&self.layout, self.observed, &hypothesis, known);
            found.add(self, &costs, hypothesis, count, partners, weighed);
        }
        found.level()
    }
}

/// What is known after some hypotheses.
struct Found {
    /// For each copy the sum of N.
    with: Sums,
    /// For each copy the sum of D; one for all where it is the same.
    without: Vec<Scaled>,
    contradicted: Vec<bool>,
    beliefs: Vec<Option<(Belief, Log2)>>,
}

/// The weight of the partners without each copy.
enum Left {
    /// The same for all of them.
    Same(f64),
    Each(Vec<f64>),
}

impl Found {
    fn new(copies: usize, sets: usize) -> Found {
        Found {
            with: Sums::new(copies),
            without: Vec::new(),
            contradicted: vec![true; copies],
            beliefs: vec![None; sets],
        }
    }

    fn add(
        &mut self,
        field: &Field<'_>,
        costs: &Costs,
        hypothesis: Hypothesis,
        count: u64,
        partners: &[Partners],
        weighed: &Weighed<'_>,
    ) {
        let logs: Vec<Log2> =
            partners.iter().map(|&set| weights::without(costs, &field.packed, set)).collect();
        // The prior weight of the hypothesis, the same above and below.
        let prior = Log2::floor_ratio(u128::from(count), 1) + costs.bias;
        self.believe(hypothesis, &logs, prior);
        let top = logs.iter().copied().max().unwrap_or(Log2::ZERO);
        let powers = Powers::typical(top);
        let without: Vec<f64> = logs.iter().map(|&log| powers.weight_up(log)).collect();
        let (sums, left) = sums(field, costs, &powers, partners, &without, weighed);
        let prior = powers.prior(prior);
        let small = powers.left_out();
        let is_contradicted = |sum: f64, left: f64| {
            (sum * (1.0 + ROUNDING) + small) * CONTRADICTED_ONE_IN <= left * (1.0 - ROUNDING)
        };
        let contradicted = self.contradicted.par_iter_mut().zip(&sums).with_min_len(COPIES_A_TASK);
        match &left {
            Left::Same(left) => {
                contradicted.for_each(|(so_far, &sum)| *so_far &= is_contradicted(sum, *left))
            }
            Left::Each(each) => {
                contradicted
                    .zip(each)
                    .for_each(|((so_far, &sum), &left)| *so_far &= is_contradicted(sum, left));
            }
        }
        self.with.add(prior, &sums);
        let left = match &left {
            Left::Same(left) => std::slice::from_ref(left),
            Left::Each(each) => each,
        };
        self.without.resize(left.len(), Scaled::ZERO);
        self.without.iter_mut().zip(left).for_each(|(sum, &left)| *sum = sum.plus(prior.of(left)));
    }

    fn believe(&mut self, hypothesis: Hypothesis, logs: &[Log2], prior: Log2) {
        for (belief, &log) in self.beliefs.iter_mut().zip(logs) {
            let log = log + prior;
            *belief = Some(match belief.take() {
                None => (Belief { log, best: hypothesis }, log),
                Some((so_far, top)) => {
                    let best = if log > top { hypothesis } else { so_far.best };
                    (Belief { log: Log2::sum_down(&[so_far.log, log]), best }, top.max(log))
                }
            });
        }
    }

    fn level(self) -> Level {
        let (with, without) = (&self.with, &self.without);
        let of_all = if let [one] = without[..] { Some(one) } else { None };
        let ratio = |copy: usize| with.of(copy).down().over(of_all.unwrap_or_else(|| without[copy]).up());
        Level {
            ratio: (0..self.contradicted.len())
                .into_par_iter()
                .with_min_len(COPIES_A_TASK)
                .map(ratio)
                .collect(),
            contradicted: self.contradicted,
            belief: self.beliefs.into_iter().flatten().map(|(belief, _)| belief).collect(),
        }
    }
}

/// For each copy weighed the sum of its weights over partners, and that of the partners without it.
fn sums(
    field: &Field<'_>,
    costs: &Costs,
    powers: &Powers,
    partners: &[Partners],
    without: &[f64],
    weighed: &Weighed<'_>,
) -> (Vec<f64>, Left) {
    let own = &field.packed;
    match weighed {
        Weighed::Field => (
            weights::with_each(costs, own, partners, own, true, powers),
            Left::Each(weights::sums_without(partners, without, own.copies)),
        ),
        Weighed::Others(others) => (
            weights::with_each(costs, own, partners, others, false, powers),
            Left::Same(without.iter().sum()),
        ),
        Weighed::Listed(others) => {
            let mut sums = weights::with_each(costs, own, partners, own, true, powers);
            let mut left = weights::sums_without(partners, without, own.copies);
            let last = own.copies as u32 - 1;
            let first: Vec<Partners> = partners.iter().copied().filter(|set| !set.contains(&last)).collect();
            sums.extend(weights::with_each(costs, own, &first, others, false, powers));
            left.extend(vec![left[last as usize]; others.copies]);
            (sums, Left::Each(left))
        }
        Weighed::Triples => (
            weights::all_triples(costs, own, powers),
            Left::Each(weights::sums_without(partners, without, own.copies)),
        ),
    }
}
