//! Sums of weights over partners: for every copy, of all coalitions that it could have been part of.
//!
//! Weights are doubles: a power of two that is rounded down for a copy's own costs, up for what is divided by;
//! sums run in one order, whatever the number of threads, and are widened by more than their rounding can amount
//! to. So the ratio of both is never above the exact one.

use std::sync::LazyLock;

use rayon::prelude::*;
use tellmark_core::fixed::Log2;

use super::costs::{Costs, Lookup, PARTS};
use super::packing::Packed;
use super::scaled::Scaled;
use super::wide::{self, Range};

/// The weight of a cost, for all costs that can matter.
pub struct Powers {
    /// The cost at which the weight is 2^[`TOP_BITS`]; what costs less weighs no more than that.
    base: u16,
    weights: &'static [f64],
}

const TOP_BITS: i32 = 700;
/// So many bits below the top a weight is nothing.
const DEPTH_BITS: i64 = 1600;
/// The weights from the top down, each rounded down.
static WEIGHTS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let power = |exponent: i64| f64::from_bits(((1023 + exponent) as u64) << 52);
    // Three square roots make an eighth of a bit; a part in 2^40 less is below the truth.
    let eighth = 0.5f64.sqrt().sqrt().sqrt();
    let down = 1.0 - power(-40);
    let mut weights = Vec::with_capacity((DEPTH_BITS * PARTS) as usize + 1);
    for bits in 0..DEPTH_BITS {
        let whole = power(i64::from(TOP_BITS) - bits);
        let mut part = 1.0;
        for _ in 0..PARTS {
            weights.push(whole * part * down);
            part *= eighth;
        }
    }
    weights.push(0.0);
    weights
});

impl Powers {
    /// Weights for likelihoods of about this logarithm, with room for five hundred bits more and a thousand less.
    pub fn typical(log: Log2) -> Powers {
        Powers::new(-log.0 / ((1 << 32) / PARTS))
    }

    /// Weights for costs of about `typical` parts of a bit.
    pub fn new(typical: i64) -> Powers {
        // A whole number of bits, so that the shift is one.
        let base = ((typical / PARTS - 500) * PARTS).clamp(0, i64::from(u16::MAX) / PARTS * PARTS) as u16;
        Powers { base, weights: &WEIGHTS }
    }

    /// The weight of a cost; nothing for the largest one, which stands for a copy that is left out.
    #[inline(always)]
    pub fn of(&self, cost: u16) -> f64 {
        let last = (DEPTH_BITS * PARTS) as usize;
        let index = if cost == u16::MAX { last } else { usize::from(cost.saturating_sub(self.base)) };
        self.weights[index.min(last)]
    }

    /// The sum of likelihoods that these weights stand for.
    #[cfg(test)]
    fn scaled(&self, sum: f64) -> Scaled {
        Scaled::new(sum, -self.shift())
    }

    /// A prior weight for the sums of these weights: sums of likelihoods are the products with it.
    pub fn prior(&self, log: Log2) -> Scaled {
        Scaled::exp2(log - Log2(self.shift() << 32))
    }

    /// What may have been left out of such a sum as too small to weigh anything, with 2^40 terms at most.
    pub fn left_out(&self) -> f64 {
        f64::from_bits(((1023 + 40 + i64::from(TOP_BITS) - DEPTH_BITS) as u64) << 52)
    }

    /// The weight of a likelihood, rounded up.
    pub fn weight_up(&self, log: Log2) -> f64 {
        (log + Log2(self.shift() << 32)).exp2_up()
    }

    /// log2 of the weight of a likelihood of 1.
    fn shift(&self) -> i64 {
        i64::from(TOP_BITS) + i64::from(self.base) / PARTS
    }
}

/// Known partners: nobody, one copy, or two.
pub type Partners = [u32; 2];
/// Where there is no partner.
pub const NONE: u32 = u32::MAX;

fn half_bytes(packed: &Packed, partners: Partners, position: usize) -> [usize; 2] {
    let of = |partner| match partner {
        NONE => 0,
        partner => packed.half_byte(partner as usize, position),
    };
    [of(partners[0]), of(partners[1])]
}

fn lookups(costs: &Costs, packed: &Packed, partners: Partners, out: &mut Vec<Lookup>) {
    out.clear();
    out.extend((0..packed.positions).map(|at| costs.lookup(at, half_bytes(packed, partners, at))));
}

/// log2 of the likelihood of the partners alone, rounded up.
pub fn without(costs: &Costs, packed: &Packed, partners: Partners) -> Log2 {
    (0..packed.positions).map(|at| costs.without(at, half_bytes(packed, partners, at))).sum()
}

/// For each copy of `weighed` the sum, over the given partners other than itself, of its weight with them.
/// `partners` are copies of `packed`; so are those weighed where `same` is set.
pub fn with_each(
    costs: &Costs,
    packed: &Packed,
    partners: &[Partners],
    weighed: &Packed,
    same: bool,
    powers: &Powers,
) -> Vec<f64> {
    /// So many copies are weighed by one thread at a time: whole blocks.
    const STRIDE: usize = 512;
    let mut sums = vec![0.0; weighed.copies];
    sums.par_chunks_mut(STRIDE).enumerate().for_each(|(stride, sums)| {
        let start = stride * STRIDE;
        let copies = start..start + sums.len();
        let mut found = Vec::new();
        for &set in partners {
            lookups(costs, packed, set, &mut found);
            let skipped = if same { set.map(|copy| copy as usize) } else { [usize::MAX; 2] };
            let mut range = Range { copies: copies.clone(), skipped, offset: start, sums };
            wide::add(&found, weighed, powers, &mut range);
        }
    });
    sums
}

/// So many parts of the work on all triples, each with sums of its own, added up in order at the end.
const PARTS_OF_WORK: usize = 64;

/// For each copy the sum, over all pairs of other copies, of its weight with them; every triple is looked at once.
pub fn all_triples(costs: &Costs, packed: &Packed, powers: &Powers) -> Vec<f64> {
    let copies = packed.copies;
    let parts: Vec<Vec<f64>> = (0..PARTS_OF_WORK)
        .into_par_iter()
        .map(|part| {
            let mut sums = vec![0.0; copies];
            let mut found = Vec::new();
            for first in (part..copies).step_by(PARTS_OF_WORK) {
                let mut of_first = 0.0;
                for second in first + 1..copies.saturating_sub(1) {
                    lookups(costs, packed, [first as u32, second as u32], &mut found);
                    let mut range = Range {
                        copies: second + 1..copies,
                        skipped: [usize::MAX; 2],
                        offset: 0,
                        sums: &mut sums,
                    };
                    let sum = wide::add(&found, packed, powers, &mut range);
                    of_first += sum;
                    sums[second] += sum;
                }
                sums[first] += of_first;
            }
            sums
        })
        .collect();
    let mut total = vec![0.0; copies];
    for part in parts {
        total.iter_mut().zip(part).for_each(|(total, sum)| *total += sum);
    }
    total
}

/// For each copy the sum of the weights of all sets without it, off by less than a sum is widened by.
pub fn sums_without(sets: &[Partners], weights: &[f64], copies: usize) -> Vec<f64> {
    let mut own = vec![0.0; copies];
    let mut total = 0.0;
    for (set, &weight) in sets.iter().zip(weights) {
        total += weight;
        for &copy in set.iter().filter(|&&copy| copy != NONE) {
            own[copy as usize] += weight;
        }
    }
    let outside = |copy: usize| -> f64 {
        let sets = sets.iter().zip(weights);
        sets.filter(|(set, _)| !set.contains(&(copy as u32))).map(|(_, weight)| weight).sum()
    };
    // Where a copy has the most of it, the difference would be lost in rounding. Few can.
    (0..copies).map(|copy| if own[copy] > 0.5 * total { outside(copy) } else { total - own[copy] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_powers_of_two_rounded_down() {
        for typical in [0, 6000] {
            let powers = Powers::new(typical);
            for cost in [0u16, 1, 7, 8, 100, 3000, 9000] {
                let log = powers.scaled(powers.of(cost)).log_down();
                let truth = -i64::from(cost.max(powers.base)) * ((1 << 32) / PARTS);
                assert!(log.0 <= truth && truth - log.0 < 64, "{cost}: {}", truth - log.0);
                assert!(powers.scaled(powers.of(cost)).up().log_down().0 >= truth);
            }
            assert_eq!(powers.of(u16::MAX), 0.0);
            assert_eq!(Powers::new(65_000).of(u16::MAX), 0.0);
        }
    }

    #[test]
    fn a_set_that_outweighs_all_others_is_left_out_exactly() {
        let sets = [[0, 1], [0, 2], [1, 2], [2, 3]];
        let without = sums_without(&sets, &[1e200, 1.0, 2.0, 4.0], 4);
        assert_eq!(without[..2], [6.0, 5.0]);
        assert_eq!(without[2..], [1e200, 1e200]);
    }
}
