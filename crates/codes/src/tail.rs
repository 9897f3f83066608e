//! The exact tail: the chance that an innocent copy scores as high as this one does.
//!
//! A component is one hypothesis with an integer score at each site, `g_i(x) = round(24 ln(l_i(x) / l_i()))`.
//! The law of an innocent's sum is an exact dynamic programme, `a'[t + g_i(x)] += a[t] / q`. Of several
//! components with weights that sum to 1 at most, the smallest `P(S >= s) / w` is a p-value by the union bound.
//! Which components judge a copy, and their weights, follow from the reading and from the other copies (`believed`): for an
//! innocent copy they are fixed before its own symbols are looked at.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use tellmark_core::fixed::Log2;

use crate::hypotheses::Hypothesis;
use crate::score::{ABSENT, Observed};

/// Above so many read sites the exact law gives way to Chernoff's bound, itself a valid p-value.
pub const EXACT_SITES_MAX: usize = 1024;
/// 24 ln 2 * 2^40, for turning binary logarithms into scores.
const SCORE_UNIT: i128 = 18_290_961_234_859;
/// Scores are clamped to this size; clamping is the same for every copy and keeps the law exact.
const SCORE_MAX: i32 = 600;

/// One component for rows that have the same sites: the scores of each site, and what a sum is worth.
pub struct Component<'s> {
    scores: &'s [[i32; 16]],
    law: Law,
}

/// No logarithm of a chance: those are 0 at most.
const NOT_ASKED: i64 = 1;

/// What is known of the law of an innocent's sum.
enum Law {
    /// P(S >= s), rounded up, for s from `lowest` on, and their logarithms where one was asked for: of many sums few are.
    Exact { lowest: i64, tails: Vec<f64>, logs: Vec<AtomicI64> },
    /// For some exponents: the exponent in quarters, and log2 of the mean of exp(exponent * score / 24).
    Bound { moments: Vec<(i64, Log2)> },
}

impl<'s> Component<'s> {
    /// The component of these scores for rows that have the sites of `mask`.
    pub fn new(observed: &[Observed], scores: &'s [[i32; 16]], mask: &[bool]) -> Component<'s> {
        let sites: Vec<(&[i32; 16], usize)> = scores
            .iter()
            .zip(observed)
            .zip(mask)
            .filter(|(_, present)| **present)
            .map(|((scores, site), _)| (scores, site.likelihoods.len()))
            .collect();
        let law = if sites.len() <= EXACT_SITES_MAX { exact(&sites) } else { bound(&sites) };
        Component { scores, law }
    }

    /// log2 of the chance that an innocent copy's sum is at least that of this row, rounded up.
    pub fn tail(&self, row: &[u8]) -> Log2 {
        let present = row.iter().zip(self.scores).filter(|(symbol, _)| **symbol != ABSENT);
        let sum: i64 = present.map(|(&symbol, scores)| i64::from(scores[usize::from(symbol)])).sum();
        self.law.tail(sum)
    }
}

impl Law {
    fn tail(&self, sum: i64) -> Log2 {
        match self {
            Law::Exact { lowest, tails, logs } => {
                let index = (sum - lowest).clamp(0, tails.len() as i64 - 1);
                let at = tails.get(index as usize).zip(logs.get(index as usize));
                at.map_or(Log2::ZERO, |(tail, log)| match log.load(Ordering::Relaxed) {
                    NOT_ASKED => {
                        let asked = Log2::ceil_f64(*tail).min(Log2::ZERO);
                        log.store(asked.0, Ordering::Relaxed);
                        asked
                    }
                    known => Log2(known),
                })
            }
            Law::Bound { moments } => {
                let bounds = moments.iter().map(|&(quarters, moment)| {
                    // exp(-quarters / 4 * sum / 24) in binary logarithms, rounded up.
                    let exponent = i128::from(quarters) * i128::from(sum) * (1 << 72) / 4 / SCORE_UNIT;
                    moment - Log2(exponent as i64) + Log2(4)
                });
                bounds.min().unwrap_or(Log2::ZERO).min(Log2::ZERO)
            }
        }
    }
}

/// The integer scores of each site beside these partners, of whom the hypothesis may know more or fewer than it
/// has members; a partner that lacks a site may hold anything there. Rounding them any fixed way leaves the law
/// exact.
pub(crate) fn scores(observed: &[Observed], hypothesis: &Hypothesis, partners: &[&[u8]]) -> Vec<[i32; 16]> {
    let mut tables = BTreeMap::new();
    let mut known = BTreeMap::new();
    let sites = observed.iter().enumerate().map(|(column, site)| {
        let held: Vec<u8> =
            partners.iter().map(|row| row[column]).filter(|&symbol| symbol != ABSENT).collect();
        *known.entry((site, held)).or_insert_with_key(|(site, held)| {
            let (q, members) = (site.likelihoods.len(), held.len() + 1);
            let chances = tables.entry((q, members)).or_insert_with(|| hypothesis.table(q, members));
            let others = held.iter().fold(0, |number, &symbol| number * q + usize::from(symbol));
            let l = |x: usize| -> u128 {
                let chances = &chances[others * q + x];
                site.likelihoods.iter().zip(chances).map(|(l, &p)| u128::from(l.0) * u128::from(p)).sum()
            };
            let total: u128 = (0..q).map(l).sum();
            let mut scores = [0; 16];
            for (x, score) in scores.iter_mut().enumerate().take(q) {
                *score = as_score(Log2::floor_ratio(q as u128 * l(x), total));
            }
            scores
        })
    });
    sites.collect()
}

fn as_score(ratio: Log2) -> i32 {
    let product = i128::from(ratio.0.max(-64 << 32)) * SCORE_UNIT;
    let rounded = (product + (1 << 71)) >> 72;
    (rounded as i32).clamp(-SCORE_MAX, SCORE_MAX)
}

/// The law by dynamic programming, in doubles: only additions and multiplications of positive numbers in a
/// fixed order, so that the result is the same everywhere and its relative error is known.
pub(crate) fn distribution(
    sites: &[(&[i32; 16], usize)],
    chance: impl Fn(usize, usize) -> f64,
) -> (i64, Vec<f64>) {
    let mut lowest = 0i64;
    let mut law = vec![1.0f64];
    for (index, (scores, q)) in sites.iter().enumerate() {
        let own = &scores[..*q];
        let low = own.iter().copied().min().unwrap_or(0);
        let high = own.iter().copied().max().unwrap_or(0);
        let mut next = vec![0.0f64; law.len() + (high - low) as usize];
        for (symbol, &score) in own.iter().enumerate() {
            let p = chance(index, symbol);
            let target = &mut next[(score - low) as usize..];
            target.iter_mut().zip(&law).for_each(|(to, from)| *to += from * p);
        }
        lowest += i64::from(low);
        law = next;
    }
    (lowest, law)
}

fn exact(sites: &[(&[i32; 16], usize)]) -> Law {
    let (lowest, law) = distribution(sites, |index, _| 1.0 / sites[index].1 as f64);
    // Rounding: at most 1,024 sites with 18 operations each and 1.3 million terms in a tail, each with a
    // relative error of 2^-53, stay far below 2^-20; what underflows stays far below 2^-1000.
    let widen = 1.0 + f64::from_bits((1023 - 20) << 52);
    let least = f64::from_bits((1023 - 1000) << 52);
    let mut sum = 0.0;
    let mut tails = law;
    for tail in tails.iter_mut().rev() {
        sum += *tail;
        *tail = sum * widen + least;
    }
    let logs = tails.iter().map(|_| AtomicI64::new(NOT_ASKED)).collect();
    Law::Exact { lowest, tails, logs }
}

/// Chernoff: P(S >= s) <= E[exp(t S)] exp(-t s) for every t; a fixed list of t, so that nothing is chosen by
/// what was read. Each moment is rounded up.
fn bound(sites: &[(&[i32; 16], usize)]) -> Law {
    let moments = [1i64, 2, 3, 4, 5, 6, 8].map(|quarters| {
        let site = |(scores, q): &(&[i32; 16], usize)| {
            let terms: Vec<Log2> = scores[..*q]
                .iter()
                .map(|&score| {
                    let exponent = i128::from(quarters) * i128::from(score) * (1 << 72) / 4 / SCORE_UNIT;
                    Log2(exponent as i64 + 1)
                })
                .collect();
            Log2::sum_up(&terms) + Log2::ceil_ratio(1, *q as u128)
        };
        (quarters, sites.iter().map(site).sum::<Log2>())
    });
    Law::Bound { moments: moments.to_vec() }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The tests compare with the machine's own logarithm.
mod tests {
    use super::*;
    use crate::hypotheses::Strategy;

    #[test]
    fn scores_are_natural_logarithms_in_twentyfourths() {
        for (num, den) in [(1u128, 20u128), (19, 10), (1, 1), (3, 2), (1, 1000)] {
            let expected = (24.0 * (num as f64 / den as f64).ln()).round() as i32;
            assert_eq!(as_score(Log2::floor_ratio(num, den)), expected);
        }
        assert!((SCORE_UNIT as f64 / 2f64.powi(40) - 24.0 * std::f64::consts::LN_2).abs() < 1e-11);
    }

    #[test]
    fn the_tail_is_that_of_all_codewords_counted_out() {
        let soft = Observed { likelihoods: [1 << 24, 1 << 22, 7].map(tellmark_core::Likelihood).to_vec() };
        let observed =
            [Observed::hard(2, 0), soft, Observed::hard(4, 3), Observed::hard(2, 1), Observed::hard(3, 0)];
        let partners: [&[u8]; 2] = [&[0, 2, 3, 1, ABSENT], &[1, 2, 0, 1, 2]];
        for (size, known) in [(1, 0), (2, 1), (3, 2), (4, 2)] {
            let hypothesis = Hypothesis { size, strategy: Strategy::Minority, noise_percent: 5 };
            let scores = scores(&observed, &hypothesis, &partners[..known]);
            let component = Component::new(&observed, &scores, &[true; 5]);
            let sizes: Vec<usize> = observed.iter().map(Observed::variants).collect();
            let count: usize = sizes.iter().product();
            let row = |mut index: usize| -> Vec<u8> {
                let digit = |&q: &usize| {
                    let symbol = (index % q) as u8;
                    index /= q;
                    symbol
                };
                sizes.iter().map(digit).collect()
            };
            let sum = |row: &[u8]| -> i32 { row.iter().zip(&scores).map(|(&x, s)| s[usize::from(x)]).sum() };
            let sums: Vec<i32> = (0..count).map(|index| sum(&row(index))).collect();
            for index in 0..count {
                let reached = sums.iter().filter(|&&other| other >= sums[index]).count();
                let truth = reached as f64 / count as f64;
                let tail = component.tail(&row(index)).exp2_up();
                assert!(tail >= truth && tail < truth * (1.0 + 2e-6), "{tail} {truth}");
            }
        }
    }

    #[test]
    fn the_bound_is_never_below_the_exact_tail() {
        let observed = vec![Observed::hard(2, 1); 60];
        let sole = Hypothesis { size: 1, strategy: Strategy::Interleaving, noise_percent: 5 };
        let scores = scores(&observed, &sole, &[]);
        let sites: Vec<(&[i32; 16], usize)> = scores.iter().map(|s| (s, 2)).collect();
        let (exact, bound) = (exact(&sites), bound(&sites));
        let Law::Exact { lowest, tails, .. } = &exact else { panic!() };
        for sum in (*lowest..*lowest + tails.len() as i64).step_by(7) {
            assert!(bound.tail(sum) >= exact.tail(sum), "{sum}");
        }
        // And it is worth something: all 60 agree, log2 p is -60.
        let top = lowest + tails.len() as i64 - 1;
        assert!(exact.tail(top) < Log2::from_bits(-59) && bound.tail(top) < Log2::from_bits(-50));
    }
}
