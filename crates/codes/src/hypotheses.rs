//! How a source may have leaked: coalition sizes, strategies and noise, as integer tables.
//!
//! For a single copy whose partners, if any, are unknown. A hypothesis says with which probability a variant
//! shows when the copy holds variant `x` and `c - 1` unknown members hold anything with equal chance. What
//! follows needs these numbers up to a common factor only, so they are integers throughout.
//!
//! # Source
//! Strategies: Huang & Moulin 2010; Meerwald & Furon 2012. Uniform unknown members: `docs/formats/score.md`.

/// Noise levels in hundredths: a variant shows as another with this chance.
pub const NOISE_PERCENT: [u64; 3] = [1, 5, 15];
/// The weight of each coalition size 1..=4, in tenths.
pub const SIZE_TENTHS: [u128; 4] = [4, 2, 2, 2];
/// Shares of one symbol are counted in twelfths: any tie of up to four splits evenly.
const TWELVE: u64 = 12;

/// What a coalition shows of the variants that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// One hypothesis: coalition size, strategy and noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The chance of each shown variant given each held one: `table[x][v]`, in units of 1 / [`Self::unit`].
    pub fn table(&self, variants: usize) -> Vec<[u64; 16]> {
        let others = self.size - 1;
        let ways = (variants as u64).pow(others as u32);
        let q1 = variants as u64 - 1;
        let full = TWELVE * ways;
        let mut table = vec![[0; 16]; variants];
        for (x, row) in table.iter_mut().enumerate() {
            let mut theta = [0; 16];
            for way in 0..ways {
                let mut held = [0u8; 16];
                held[x] += 1;
                let mut rest = way;
                for _ in 0..others {
                    held[(rest % variants as u64) as usize] += 1;
                    rest /= variants as u64;
                }
                let mut shares = [0; 16];
                self.strategy.shares(&held, &mut shares);
                theta.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
            }
            for v in 0..variants {
                row[v] = self.noisy(theta[v], full, q1);
            }
        }
        table
    }

    /// The chance of each shown variant given what two known members hold, `table[x * variants + y][v]`, for a
    /// coalition of just these two; in the unit of a sole member's [`Self::unit`].
    pub fn pair_table(&self, variants: usize) -> Vec<[u64; 16]> {
        let q1 = variants as u64 - 1;
        let pairs = (0..variants).flat_map(|x| (0..variants).map(move |y| (x, y)));
        pairs
            .map(|(x, y)| {
                let mut held = [0u8; 16];
                held[x] += 1;
                held[y] += 1;
                let mut theta = [0; 16];
                self.strategy.shares(&held, &mut theta);
                let mut row = [0; 16];
                let shown = row.iter_mut().zip(theta).take(variants);
                shown.for_each(|(p, theta)| *p = self.noisy(theta, TWELVE, q1));
                row
            })
            .collect()
    }

    /// A share of `full` after noise.
    fn noisy(&self, theta: u64, full: u64, q1: u64) -> u64 {
        (100 - self.noise_percent) * theta * q1 + self.noise_percent * (full - theta)
    }

    /// The unit of [`Self::table`]: every row sums to it.
    pub fn unit(&self, variants: usize) -> u64 {
        100 * TWELVE * (variants as u64).pow(self.size as u32 - 1) * (variants as u64 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_distributions() {
        for variants in 2..=16 {
            for size in 1..=4 {
                for hypothesis in of_size(size) {
                    for row in hypothesis.table(variants) {
                        assert_eq!(row.iter().sum::<u64>(), hypothesis.unit(variants), "{hypothesis:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_member_is_seen_as_often_as_the_strategy_says() {
        let table = |size, strategy| Hypothesis { size, strategy, noise_percent: 0 }.table(2);
        let of =
            |size, strategy| table(size, strategy)[0][0] as f64 / (1200 * 2u64.pow(size as u32 - 1)) as f64;
        assert_eq!(of(2, Strategy::Interleaving), 0.75);
        assert_eq!(of(3, Strategy::Majority), 0.75);
        assert_eq!(of(3, Strategy::Minority), 0.5);
        assert_eq!(of(2, Strategy::Lowest), 1.0);
        assert_eq!(table(2, Strategy::Lowest)[1][0] as f64 / 2400.0, 0.5);
    }
}
