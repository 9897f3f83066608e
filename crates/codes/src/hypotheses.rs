//! How a source may have leaked: coalition sizes, strategies and noise, as integer tables.
//!
//! A hypothesis says with which probability a variant shows when some known members hold these variants and the
//! other members, unknown, hold anything with equal chance. What follows needs these numbers up to a common
//! factor only, so they are integers throughout.
//!
//! # Source
//! Strategies: Huang & Moulin 2010; Meerwald & Furon 2012. Uniform unknown members: `docs/formats/score.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Noise levels in hundredths: a variant shows as another with this chance.
pub const NOISE_PERCENT: [u64; 3] = [1, 5, 15];
/// The sizes of coalitions that are thought of.
pub const SIZES: std::ops::RangeInclusive<usize> = 1..=4;
/// Shares of one symbol are counted in twelfths: any tie of up to four splits evenly.
const TWELVE: u64 = 12;

/// What a coalition shows of the variants that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strategy {
    /// One member's, each as likely.
    Interleaving,
    /// The one that most members hold; ties split.
    Majority,
    /// The one that fewest members hold; ties split.
    Minority,
    /// One of those held, each as likely.
    Coin,
    /// The one with the lowest number.
    Lowest,
    /// The one with the highest number.
    Highest,
}

/// All strategies.
pub const STRATEGIES: [Strategy; 6] = [
    Strategy::Interleaving,
    Strategy::Majority,
    Strategy::Minority,
    Strategy::Coin,
    Strategy::Lowest,
    Strategy::Highest,
];

impl Strategy {
    /// Twelfths of the chance with which each variant shows, given how many members hold it.
    fn shares(self, held: &[u8; 16], shares: &mut [u64; 16]) {
        *shares = [0; 16];
        let size = u64::from(held.iter().sum::<u8>());
        let counts = || held.iter().copied().filter(|&n| n > 0);
        let chosen: [bool; 16] = match self {
            Strategy::Interleaving => {
                for (share, &n) in shares.iter_mut().zip(held) {
                    *share = TWELVE * u64::from(n) / size;
                }
                return;
            }
            Strategy::Majority => {
                let most = counts().max();
                held.map(|n| Some(n) == most)
            }
            Strategy::Minority => {
                let fewest = counts().min();
                held.map(|n| Some(n) == fewest)
            }
            Strategy::Coin => held.map(|n| n > 0),
            Strategy::Lowest => std::array::from_fn(|v| Some(v) == held.iter().position(|&n| n > 0)),
            Strategy::Highest => std::array::from_fn(|v| Some(v) == held.iter().rposition(|&n| n > 0)),
        };
        let ways = chosen.iter().filter(|&&c| c).count().max(1) as u64;
        for (share, chosen) in shares.iter_mut().zip(chosen) {
            *share = if chosen { TWELVE / ways } else { 0 };
        }
    }
}

/// The chance of each shown variant, by what the known members hold.
pub type Table = Vec<[u64; 16]>;

/// One hypothesis: coalition size, strategy and noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hypothesis {
    /// Members, 1 to 4.
    pub size: usize,
    /// What they show.
    pub strategy: Strategy,
    /// Noise, in hundredths.
    pub noise_percent: u64,
}

/// The hypotheses of one coalition size, each with the same weight.
pub fn of_size(size: usize) -> Vec<Hypothesis> {
    // A single member has no choice: all strategies are the same one.
    let strategies = if size == 1 { &STRATEGIES[..1] } else { &STRATEGIES[..] };
    let noisy = |&strategy| NOISE_PERCENT.map(|noise_percent| Hypothesis { size, strategy, noise_percent });
    strategies.iter().flat_map(noisy).collect()
}

impl Hypothesis {
    /// The chance of each shown variant given what `known` members hold, the others holding anything with equal
    /// chance: `table[x1 + q * x2 + ..][v]` in units of 1 / [`Self::unit`]. At most as many are known as there are
    /// members. Who holds what does not matter, only how many do. Computed once and kept.
    pub fn table(&self, variants: usize, known: usize) -> Arc<Table> {
        static KNOWN: Mutex<BTreeMap<(Hypothesis, usize, usize), Arc<Table>>> = Mutex::new(BTreeMap::new());
        let key = (*self, variants, known);
        let look = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = look().get(&key) {
            return table.clone();
        }
        let table = Arc::new(self.compute(variants, known));
        look().entry(key).or_insert(table).clone()
    }

    fn compute(&self, variants: usize, known: usize) -> Table {
        let combinations = variants.pow(known as u32);
        let mut table = vec![[0; 16]; combinations];
        for index in 0..combinations {
            let mut symbols: Vec<usize> =
                (0..known).map(|k| index / variants.pow(k as u32) % variants).collect();
            symbols.sort_unstable();
            // The smallest index with these symbols has the largest of them first.
            let first = symbols.iter().fold(0, |number, symbol| number * variants + symbol);
            table[index] = if first == index {
                let mut held = [0u8; 16];
                symbols.iter().for_each(|&symbol| held[symbol] += 1);
                self.shown(variants, held, self.size - known)
            } else {
                table[first]
            };
        }
        table
    }

    /// The chance of each shown variant given how many known members hold each, with so many unknown ones.
    fn shown(&self, variants: usize, known: [u8; 16], unknown: usize) -> [u64; 16] {
        let ways = (variants as u64).pow(unknown as u32);
        let mut theta = [0; 16];
        for way in 0..ways {
            let mut held = known;
            let mut rest = way;
            for _ in 0..unknown {
                held[(rest % variants as u64) as usize] += 1;
                rest /= variants as u64;
            }
            let mut shares = [0; 16];
            self.strategy.shares(&held, &mut shares);
            theta.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
        }
        let mut row = [0; 16];
        for (p, theta) in row.iter_mut().zip(theta).take(variants) {
            *p = self.noisy(theta, TWELVE * ways, variants as u64 - 1);
        }
        row
    }

    /// A share of `full` after noise.
    fn noisy(&self, theta: u64, full: u64, q1: u64) -> u64 {
        (100 - self.noise_percent) * theta * q1 + self.noise_percent * (full - theta)
    }

    /// The unit of [`Self::table`]: every row sums to it.
    pub fn unit(&self, variants: usize, known: usize) -> u64 {
        100 * TWELVE * (variants as u64).pow((self.size - known) as u32) * (variants as u64 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_distributions() {
        for (variants, known) in [(2, 1), (3, 1), (7, 1), (16, 1), (2, 2), (5, 2), (2, 3), (3, 3), (4, 3)] {
            for hypothesis in (known..=4).flat_map(of_size) {
                let table = hypothesis.table(variants, known);
                assert_eq!(table.len(), variants.pow(known as u32));
                for row in table.iter() {
                    assert_eq!(row.iter().sum::<u64>(), hypothesis.unit(variants, known), "{hypothesis:?}");
                }
            }
        }
    }

    #[test]
    fn knowing_one_more_member_averages_to_knowing_one_less() {
        for hypothesis in (2..=4).flat_map(of_size) {
            for known in 2..=hypothesis.size.min(3) {
                let (more, less) = (hypothesis.table(3, known), hypothesis.table(3, known - 1));
                for (index, row) in less.iter().enumerate() {
                    for v in 0..3 {
                        let sum: u64 = (0..3).map(|x| more[x * less.len() + index][v]).sum();
                        assert_eq!(sum, row[v], "{hypothesis:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn who_holds_what_does_not_matter() {
        let table = Hypothesis { size: 3, strategy: Strategy::Minority, noise_percent: 5 }.table(4, 3);
        let at = |a: usize, b: usize, c: usize| table[a + 4 * b + 16 * c];
        assert!(at(0, 1, 3) == at(3, 0, 1) && at(0, 1, 3) == at(1, 3, 0) && at(2, 2, 0) == at(0, 2, 2));
    }

    #[test]
    fn a_member_is_seen_as_often_as_the_strategy_says() {
        let table = |size, strategy| Hypothesis { size, strategy, noise_percent: 0 }.table(2, 1);
        let of =
            |size, strategy| table(size, strategy)[0][0] as f64 / (1200 * 2u64.pow(size as u32 - 1)) as f64;
        assert_eq!(of(2, Strategy::Interleaving), 0.75);
        assert_eq!(of(3, Strategy::Majority), 0.75);
        assert_eq!(of(3, Strategy::Minority), 0.5);
        assert_eq!(of(2, Strategy::Lowest), 1.0);
        assert_eq!(table(2, Strategy::Lowest)[1][0] as f64 / 2400.0, 0.5);
    }
}
