//! By which components a copy's tail is judged: those that the reading and the *other* copies make likeliest.
//!
//! A candidate is a hypothesis with the partners that it knows. Its belief is the likelihood of the reading with
//! the partners known and the copy itself averaged out, times a prior share; so it does not depend on what the
//! copy holds. The three candidates with the most belief that do not contain the copy get weights in proportion,
//! which sum to 1: of their `P(S >= s) / w` the smallest is a p-value by the union bound.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tellmark_core::fixed::Log2;

use crate::hypotheses::{Hypothesis, of_size};
use crate::joint::{Belief, Layout, NONE, Partners};
use crate::score::{Observed, Rows};
use crate::shares::{ALONE, WHOLE};
use crate::tail::{self, Component};

/// So many candidates judge a copy.
const JUDGES: usize = 3;

/// A hypothesis with known partners.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    partners: Partners,
    hypothesis: Hypothesis,
    belief: Log2,
}

/// Candidates, the most believed first.
#[derive(Debug, Default)]
pub struct Pool {
    candidates: Vec<Candidate>,
}

impl Pool {
    /// Copies with nobody known beside them: a sole source, or partners that are not on the list.
    pub fn alone(observed: &[Observed], layout: &Layout) -> Pool {
        let mut pool = Pool::default();
        for (size, share) in (1..).zip(ALONE) {
            let beliefs: Vec<(Log2, Hypothesis)> =
                of_size(size).into_iter().map(|h| (nobody_known(observed, layout, &h), h)).collect();
            let Some(&(_, best)) = beliefs.iter().rev().max_by_key(|(log, _)| *log) else { continue };
            let logs: Vec<Log2> = beliefs.iter().map(|(log, _)| *log).collect();
            let mean = Log2::sum_down(&logs) - Log2::ceil_ratio(logs.len() as u128, 1);
            let belief = mean + Log2::floor_ratio(share, WHOLE);
            pool.candidates.push(Candidate { partners: [NONE, NONE], hypothesis: best, belief });
        }
        pool.sorted()
    }

    /// Adds partners: together they have this share, each set the same, each hypothesis of the size the same.
    pub fn with(mut self, size: usize, sets: &[Partners], beliefs: &[Belief], share: u128) -> Pool {
        let parts = sets.len().max(1) as u128 * of_size(size).len() as u128;
        let share = Log2::floor_ratio(share, WHOLE * parts);
        self.candidates.extend(sets.iter().zip(beliefs).map(|(&partners, belief)| Candidate {
            partners,
            hypothesis: belief.best,
            belief: belief.log + share,
        }));
        self.sorted()
    }

    fn sorted(mut self) -> Pool {
        self.candidates.sort_by_key(|c| (std::cmp::Reverse(c.belief), c.partners, c.hypothesis.size));
        self
    }

    /// The sets of partners with the most belief, each once.
    pub fn sets(&self, count: usize) -> Vec<Partners> {
        let mut sets: Vec<Partners> = Vec::with_capacity(count);
        for candidate in &self.candidates {
            if sets.len() < count && !sets.contains(&candidate.partners) {
                sets.push(candidate.partners);
            }
        }
        sets
    }

    /// Who judges a copy when one is left out, with log2 of 1 / weight, rounded up.
    fn judges(&self, left_out: u32) -> Vec<(usize, Log2)> {
        let is_other = |candidate: &Candidate| left_out == NONE || !candidate.partners.contains(&left_out);
        let chosen = self.candidates.iter().enumerate().filter(|(_, candidate)| is_other(candidate));
        let chosen: Vec<(usize, Log2)> =
            chosen.take(JUDGES).map(|(index, candidate)| (index, candidate.belief)).collect();
        let all = Log2::sum_up(&chosen.iter().map(|(_, belief)| *belief).collect::<Vec<_>>());
        chosen.into_iter().map(|(index, belief)| (index, all - belief)).collect()
    }

    /// log2 of the p-value of each weighed row, rounded up and 0 at most; `field` are the rows that partners are
    /// numbers of. `left_out` says for each row which copy of the field may not judge it: itself, if it is one, or
    /// another so that all rows are judged by lists of the same length; [`NONE`] for none.
    pub fn p_values(
        &self,
        observed: &[Observed],
        field: &Rows,
        weighed: &Rows,
        left_out: impl Fn(usize) -> u32,
    ) -> Vec<Log2> {
        let mut known: BTreeMap<u32, Vec<(usize, Log2)>> = BTreeMap::new();
        let left_out: Vec<u32> = (0..weighed.count()).map(left_out).collect();
        let is_common = |judges: &[(usize, Log2)], left_out: u32| {
            left_out == NONE
                || judges.iter().all(|&(judge, _)| !self.candidates[judge].partners.contains(&left_out))
        };
        let common = self.judges(NONE);
        let judges: Vec<Vec<(usize, Log2)>> = left_out
            .iter()
            .map(|&copy| match is_common(&common, copy) {
                true => common.clone(),
                false => known.entry(copy).or_insert_with(|| self.judges(copy)).clone(),
            })
            .collect();
        let needed: BTreeSet<usize> = judges.iter().flatten().map(|(judge, _)| *judge).collect();
        let scores: BTreeMap<usize, Vec<[i32; 16]>> =
            needed.iter().map(|&judge| (judge, self.scores(judge, observed, field))).collect();
        let mut p = vec![Log2::ZERO; weighed.count()];
        for (mask, members) in weighed.classes() {
            let used: BTreeSet<usize> =
                members.iter().flat_map(|&row| &judges[row]).map(|(judge, _)| *judge).collect();
            let used: Vec<usize> = used.into_iter().collect();
            let component = |judge: &usize| (*judge, Component::new(observed, &scores[judge], &mask));
            let components: BTreeMap<usize, Component<'_>> = used.par_iter().map(component).collect();
            let found: Vec<Log2> = members
                .par_iter()
                .map(|&row| {
                    let each = judges[row].iter();
                    let each = each.map(|(judge, cost)| components[judge].tail(weighed.row(row)) + *cost);
                    each.min().unwrap_or(Log2::ZERO).min(Log2::ZERO)
                })
                .collect();
            members.into_iter().zip(found).for_each(|(row, found)| p[row] = found);
        }
        p
    }

    fn scores(&self, judge: usize, observed: &[Observed], field: &Rows) -> Vec<[i32; 16]> {
        let candidate = &self.candidates[judge];
        let partners = candidate.partners.iter().filter(|&&partner| partner != NONE);
        let partners: Vec<&[u8]> = partners.map(|&partner| field.row(partner as usize)).collect();
        tail::scores(observed, &candidate.hypothesis, &partners)
    }
}

/// log2 of the likelihood of the reading when everybody may hold anything, at the sites of the layout.
fn nobody_known(observed: &[Observed], layout: &Layout, hypothesis: &Hypothesis) -> Log2 {
    let mut known = BTreeMap::new();
    let site = |column: usize| {
        let site = &observed[column];
        *known.entry(site).or_insert_with(|| {
            let q = site.variants();
            let mut shown = [0u128; 16];
            for row in hypothesis.table(q, 1).iter() {
                shown.iter_mut().zip(row).for_each(|(sum, p)| *sum += u128::from(*p));
            }
            let best = site.likelihoods.iter().max().map_or(1, |l| u128::from(l.0));
            let l: u128 = site.likelihoods.iter().zip(shown).map(|(l, p)| u128::from(l.0) * p).sum();
            Log2::floor_ratio(l, best * q as u128 * u128::from(hypothesis.unit(q, 1)))
        })
    };
    layout.slots.iter().map(|slot| slot.column).map(site).sum()
}
