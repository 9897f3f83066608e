//! What a symbol costs: likelihoods of joint hypotheses in eighths of a bit.
//!
//! For a hypothesis and known partners, `cost(x, partners) = round(-8 log2 l(x, partners))` at each site, at most
//! what fits beside the other sites of a half byte. These rounded costs *are* the model: `l~ = 2^(-cost / 8)` is
//! what a copy and its partners are weighed with, and the same costs are averaged over x where the copy is left
//! out. The ratio of both has mean 1 exactly, however coarse the rounding. Where a copy lacks a site, its cost is
//! that average, rounded against it.

use std::collections::BTreeMap;

use tellmark_core::fixed::Log2;

use super::packing::{Layout, Slot};
use crate::hypotheses::Hypothesis;
use crate::score::Observed;

/// Costs are counted in so many parts of a bit; a power of two.
pub const PARTS: i64 = 8;
/// The binary logarithm of a cost of one part, in units of [`Log2`].
const PART: i64 = (1 << 32) / PARTS;

/// A look-up table by the half byte of the copy that is weighed.
pub type Lookup = [u8; 16];

/// The costs of one hypothesis with `known` partners, 0 to 2.
pub struct Costs {
    known: usize,
    /// Position by position and partners' half bytes by half bytes: the costs by the own half byte.
    lookups: Vec<Lookup>,
    /// The logarithms of the averages over the own symbols, rounded up, in the same order.
    without: Vec<Log2>,
    /// log2 of what the rounding of costs takes from the likelihood of the reading with nobody known: to be added
    /// to every logarithm, so that rounding does not prefer one hypothesis to another.
    pub bias: Log2,
}

impl Costs {
    /// Prepares a hypothesis that has `known + 1` members or more.
    pub fn new(layout: &Layout, observed: &[Observed], hypothesis: &Hypothesis, known: usize) -> Costs {
        let mut kinds: BTreeMap<(&Observed, bool), Site> = BTreeMap::new();
        let per_position = 16usize.pow(known as u32);
        let mut costs = Costs {
            known,
            lookups: vec![[0; 16]; layout.positions * per_position],
            without: vec![Log2::ZERO; layout.positions * per_position],
            bias: Log2::ZERO,
        };
        for slot in &layout.slots {
            let key = (&observed[slot.column], slot.has_absent);
            let site = kinds
                .entry(key)
                .or_insert_with(|| Site::new(&observed[slot.column], slot, hypothesis, known));
            costs.bias = costs.bias + site.bias;
            site.add_to(slot, known, slot.position * per_position, &mut costs);
        }
        costs
    }

    /// Partners' half bytes as one number.
    fn index(&self, position: usize, partners: [usize; 2]) -> usize {
        match self.known {
            0 => position,
            1 => position * 16 + partners[0],
            _ => position * 256 + partners[0] + 16 * partners[1],
        }
    }

    /// The costs at a position by the own half byte, given the partners' half bytes, as far as any are known.
    pub fn lookup(&self, position: usize, partners: [usize; 2]) -> Lookup {
        self.lookups[self.index(position, partners)]
    }

    /// The logarithm of the likelihood at a position with the own symbols averaged out, rounded up.
    pub fn without(&self, position: usize, partners: [usize; 2]) -> Log2 {
        self.without[self.index(position, partners)]
    }
}

/// The costs of one site.
struct Site {
    /// How many symbols: the variants, and one for lacking the site where that occurs.
    symbols: usize,
    /// By partners, then by own symbol.
    costs: Vec<u8>,
    /// By partners: the logarithm of the average over the own variants, rounded up.
    without: Vec<Log2>,
    /// log2 of the likelihood with nobody known, over the same of the rounded costs.
    bias: Log2,
}

impl Site {
    fn new(observed: &Observed, slot: &Slot, hypothesis: &Hypothesis, known: usize) -> Site {
        let (q, symbols, members) = (observed.variants(), slot.symbols(), known + 1);
        let most = [0, 63, 127, 255, 255][slot.bits as usize];
        let chances = hypothesis.table(q, members);
        let best = observed.likelihoods.iter().max().map_or(1, |l| u128::from(l.0));
        let unit = best * u128::from(hypothesis.unit(q, members));
        let mut costs = vec![0u8; symbols.pow(members as u32)];
        let (mut exact, mut rounded) = (0, Vec::new());
        let held = |index: usize| (0..members).map(move |k| index / symbols.pow(k as u32) % symbols);
        for (index, cost) in costs.iter_mut().enumerate() {
            if held(index).all(|symbol| symbol < q) {
                let entry =
                    held(index).fold((0, 1), |(sum, power), symbol| (sum + symbol * power, power * q)).0;
                let shown = observed.likelihoods.iter().zip(&chances[entry]);
                let l: u128 = shown.map(|(l, &p)| u128::from(l.0) * u128::from(p)).sum();
                *cost = nearest(Log2::floor_ratio(l, unit), most);
                exact += l;
                rounded.push(of_cost(*cost));
            }
        }
        // A member that lacks the site costs what the variants do on average, rounded up; with one such member,
        // then with two, then with all.
        for lacking in 1..=members {
            let which: Vec<usize> =
                (0..costs.len()).filter(|&i| held(i).filter(|&s| s == q).count() == lacking).collect();
            for index in which {
                let place = held(index).position(|symbol| symbol == q).unwrap_or(0) as u32;
                let step = symbols.pow(place);
                let terms = (0..q).map(|x| of_cost(costs[index - (q - x) * step]));
                costs[index] = above(Log2::sum_down(&terms.collect::<Vec<_>>()) - count(q), most);
            }
        }
        let without = costs.chunks(symbols).map(|own| {
            let terms: Vec<Log2> = own[..q].iter().map(|&cost| of_cost(cost)).collect();
            Log2::sum_up(&terms) - Log2::floor_ratio(q as u128, 1)
        });
        let bias = Log2::floor_ratio(exact, unit) - Log2::sum_down(&rounded);
        Site { symbols, without: without.collect(), costs, bias }
    }

    /// Adds the site to the costs of its position, which begin at `at`, for each combination of partners' half bytes.
    /// Sites come in the order of their bits: what the half bytes hold above this one's is still 0, so that each
    /// combination is made once, of one without this site.
    fn add_to(&self, slot: &Slot, known: usize, at: usize, costs: &mut Costs) {
        // The costs by the whole own half byte, for each combination of partners' symbols.
        let own_symbols: [usize; 16] = std::array::from_fn(|half| slot.symbol(half));
        let by_half_byte: Vec<(Lookup, Log2)> = self
            .costs
            .chunks(self.symbols)
            .map(|own| own_symbols.map(|symbol| own.get(symbol).copied().unwrap_or(0)))
            .zip(self.without.iter().copied())
            .collect();
        let below = [known > 0, known > 1].map(|is_known| if is_known { 1 << slot.shift } else { 1 });
        let symbols = [known > 0, known > 1].map(|is_known| if is_known { self.symbols } else { 1 });
        let lookups = &mut costs.lookups[at..][..16usize.pow(known as u32)];
        let without = &mut costs.without[at..][..16usize.pow(known as u32)];
        for low in (0..below[1]).flat_map(|second| (0..below[0]).map(move |first| first + 16 * second)) {
            let (lookup, log) = (lookups[low], without[low]);
            for second in 0..symbols[1] {
                let more = by_half_byte[self.symbols * second..].iter().take(symbols[0]);
                for (first, (own, without_own)) in more.enumerate() {
                    let here = low + ((first + 16 * second) << slot.shift);
                    lookups[here] = std::array::from_fn(|half| lookup[half] + own[half]);
                    without[here] = log + *without_own;
                }
            }
        }
    }
}

fn count(q: usize) -> Log2 {
    Log2::ceil_ratio(q as u128, 1)
}

fn of_cost(cost: u8) -> Log2 {
    Log2(-i64::from(cost) * PART)
}

fn nearest(log: Log2, most: u8) -> u8 {
    ((-log.0 + PART / 2) / PART).clamp(0, i64::from(most)) as u8
}

fn above(log: Log2, most: u8) -> u8 {
    ((-log.0 + PART - 1) / PART).clamp(0, i64::from(most)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hypotheses::{Strategy, of_size};
    use crate::score::{ABSENT, Rows};
    use tellmark_core::Likelihood;

    fn layout(observed: &[Observed], absent: bool) -> Layout {
        let mut symbols = vec![0; observed.len()];
        if absent {
            symbols.fill(ABSENT);
        }
        Layout::new(observed, &Rows { columns: observed.len(), symbols })
    }

    fn value(x: Log2) -> f64 {
        x.exp2_up()
    }

    #[test]
    fn leaving_a_copy_out_is_the_average_over_what_it_could_hold() {
        let soft = Observed { likelihoods: [1 << 24, 9, 1 << 20].map(Likelihood).to_vec() };
        for site in [Observed::hard(2, 1), soft, Observed::hard(7, 3), Observed::hard(16, 0)] {
            for (hypothesis, known) in
                of_size(2).into_iter().zip([1; 18]).chain(of_size(3).into_iter().zip([2; 18]))
            {
                let absent = site.variants() < 16;
                let layout = layout(std::slice::from_ref(&site), absent);
                let costs = Costs::new(&layout, std::slice::from_ref(&site), &hypothesis, known);
                let symbols = site.variants() + usize::from(absent);
                for partners in 0..symbols.pow(known as u32) {
                    let partners = [partners % symbols, partners / symbols];
                    let own = costs.lookup(0, partners);
                    let of = |cost: u8| 2f64.powi(-i32::from(cost / 8)) * EIGHTHS[usize::from(cost % 8)];
                    let mean = own[..site.variants()].iter().map(|&cost| of(cost)).sum::<f64>()
                        / site.variants() as f64;
                    let without = value(costs.without(0, partners));
                    assert!(without >= mean * (1.0 - 1e-12) && without < mean * (1.0 + 1e-6));
                    if absent {
                        assert!(of(own[site.variants()]) <= mean * (1.0 + 1e-12));
                    }
                }
            }
        }
    }

    const EIGHTHS: [f64; 8] = [
        1.0,
        0.917_004_043_204_671_2,
        0.840_896_415_253_714_5,
        0.771_105_412_703_970_4,
        std::f64::consts::FRAC_1_SQRT_2,
        0.648_419_777_325_504_8,
        0.594_603_557_501_360_5,
        0.545_253_866_332_628_8,
    ];

    #[test]
    fn half_bytes_add_up_their_sites() {
        let observed: Vec<Observed> = (0..6).map(|i| Observed::hard(2, i % 2)).collect();
        let layout = layout(&observed, false);
        assert_eq!(layout.positions, 2);
        let pair = Hypothesis { size: 2, strategy: Strategy::Interleaving, noise_percent: 5 };
        let costs = Costs::new(&layout, &observed, &pair, 1);
        // The exhibit shows 0, 1, 0, 1: both hold it everywhere, one of them does, none does.
        let shown = 0b1010;
        assert_eq!(costs.lookup(0, [shown, 0])[shown], 4); // 4 times -8 log2 .95 = .59
        assert_eq!(costs.lookup(0, [shown, 0])[shown ^ 15], 32); // 4 times -8 log2 .5
        assert_eq!(costs.lookup(0, [shown ^ 15, 0])[shown ^ 15], 140); // 4 times -8 log2 .05 = 34.6
    }
}
