//! The weight of a reading on every copy: e-values of single copies, partners unknown, and exact tails.
//!
//! For a hypothesis h and a read site with likelihoods L, `l(x) = sum_v L(v) P_h(v | x)` for the copy's variant
//! x and `l() = sum_x l(x) / q`. Then `N_h / D_h = prod_i l_i(x_i) / l_i()` has mean 1 over the codewords of an
//! innocent copy, whatever was read. Within one coalition size the hypotheses are averaged before the division,
//! so that `N / D = sum_h (D_h / sum D) N_h / D_h`; the sizes are mixed by fixed weights. All of it is integers:
//! l from integer tables, logarithms of the ratios rounded down, weights rounded down, sums rounded down; hence
//! the mean stays at most 1, exactly.
//!
//! # Source
//! Leave-one-out e-values: `docs/formats/score.md`; Shafer 2021; Ramdas et al., game-theoretic statistics.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tellmark_core::Likelihood;
use tellmark_core::fixed::Log2;

use crate::hypotheses::{Hypothesis, SIZE_TENTHS, of_size};
use crate::radix::Radix;
use crate::{Error, tail};

/// The version of the arithmetic of scores.
pub const TRACER_VERSION: u32 = 1;
/// The symbol of a copy that does not have a site: its releases lack it. It counts as factor 1.
pub const ABSENT: u8 = 255;
/// A copy is contradicted as sole source when its ratio is at most this, as numerator and denominator.
const CONTRADICTED: (u128, u128) = (1, 1000);

/// What was read at one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// One likelihood for each variant, not all zero.
    pub likelihoods: Vec<Likelihood>,
}

impl Observed {
    /// A site that certainly shows one variant.
    pub fn hard(variants: u8, shown: u8) -> Observed {
        let of = |v| if v == shown { Likelihood::ONE } else { Likelihood(0) };
        Observed { likelihoods: (0..variants).map(of).collect() }
    }

    pub(crate) fn variants(&self) -> usize {
        self.likelihoods.len()
    }

    /// The likeliest variant, where one is.
    fn best(&self) -> Option<u8> {
        let top = self.likelihoods.iter().max()?;
        let mut winners = (0u8..).zip(&self.likelihoods).filter(|(_, l)| *l == top);
        let first = winners.next()?.0;
        winners.next().is_none().then_some(first)
    }
}

/// The variants of many copies at the read sites, one row a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Read sites.
    pub columns: usize,
    /// Symbols, row by row; [`ABSENT`] where a copy lacks the site.
    pub symbols: Vec<u8>,
}

/// What a reading says about one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// The e-value, rounded down.
    pub e: Log2,
    /// The chance that an innocent copy does as well, rounded up; at most 1.
    pub p: Log2,
    /// Whether the copy is contradicted as sole source at every noise level.
    pub contradicted: bool,
    /// Read sites whose likeliest variant is the copy's.
    pub agree: u32,
    /// Read sites whose likeliest variant is another.
    pub against: u32,
}

/// Scores every row. The result does not depend on the number of threads.
///
/// # Errors
/// When columns or symbols are not possible ones.
pub fn score(observed: &[Observed], rows: &Rows) -> Result<Vec<Score>, Error> {
    check(observed, rows)?;
    let count = rows.symbols.len().checked_div(rows.columns).unwrap_or(0);
    let tables = Tables::new(observed);
    let best: Vec<Option<u8>> = observed.iter().map(Observed::best).collect();
    // Rows that lack the same sites share their weights and their tail laws.
    let mut classes: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.symbols.chunks_exact(rows.columns.max(1)).enumerate() {
        let mask: Vec<bool> = row.iter().map(|&symbol| symbol != ABSENT).collect();
        classes.entry(mask).or_default().push(index);
    }
    let mut scores = vec![None; count];
    for (mask, members) in classes {
        let class = Class::new(observed, &tables, &mask);
        let row = |index: usize| &rows.symbols[index * rows.columns..][..rows.columns];
        let scored: Vec<Score> =
            match Radix::new(observed, &mask).filter(|radix| radix.codewords < members.len()) {
                // Fewer codewords than copies: each is scored once.
                Some(radix) => {
                    let known: Vec<Score> =
                        (0..radix.codewords).map(|number| class.score(&best, &radix.row(number))).collect();
                    members.iter().map(|&index| known[radix.number(row(index))]).collect()
                }
                None => members.par_iter().map(|&index| class.score(&best, row(index))).collect(),
            };
        members.into_iter().zip(scored).for_each(|(index, score)| scores[index] = Some(score));
    }
    Ok(scores.into_iter().flatten().collect())
}

fn check(observed: &[Observed], rows: &Rows) -> Result<(), Error> {
    for (column, site) in observed.iter().enumerate() {
        if !(2..=16).contains(&site.variants()) {
            return Err(Error::Variants { column, variants: site.variants() });
        }
        if site.likelihoods.iter().all(|l| l.0 == 0) {
            return Err(Error::Likelihoods { column });
        }
    }
    let (symbols, columns) = (rows.symbols.len(), rows.columns);
    let whole = if columns == 0 { symbols == 0 } else { symbols % columns == 0 };
    if columns != observed.len() || !whole {
        return Err(Error::Shape { symbols, columns });
    }
    let wrong =
        rows.symbols.iter().enumerate().find(|&(at, &symbol)| {
            symbol != ABSENT && usize::from(symbol) >= observed[at % columns].variants()
        });
    match wrong {
        None => Ok(()),
        Some((at, &symbol)) => Err(Error::Symbol { row: at / columns, column: at % columns, symbol }),
    }
}

/// For one hypothesis, at each site: log2 of l(x) / l() for each variant, rounded down, and log2 of l() in
/// units of the largest likelihood, rounded down and up.
struct Table {
    ratios: Vec<[Log2; 16]>,
    level_down: Vec<Log2>,
    level_up: Vec<Log2>,
}

/// The tables of all hypotheses, those that coincide merged, with the coalition sizes that they stand for.
struct Tables {
    tables: Vec<Table>,
    /// For each size, its hypotheses as indices of tables.
    sizes: Vec<Vec<usize>>,
}

impl Tables {
    fn new(observed: &[Observed]) -> Tables {
        let mut tables: Vec<Table> = Vec::new();
        let mut known: BTreeMap<Vec<[Log2; 16]>, usize> = BTreeMap::new();
        let mut sizes = Vec::new();
        for size in 1..=SIZE_TENTHS.len() {
            let mut indices = Vec::new();
            for hypothesis in of_size(size) {
                let table = Table::new(observed, &hypothesis);
                let next = tables.len();
                let index = *known.entry(table.ratios.clone()).or_insert(next);
                if index == next {
                    tables.push(table);
                }
                indices.push(index);
            }
            sizes.push(indices);
        }
        Tables { tables, sizes }
    }
}

impl Table {
    fn new(observed: &[Observed], hypothesis: &Hypothesis) -> Table {
        let mut cache: BTreeMap<usize, Vec<[u64; 16]>> = BTreeMap::new();
        let mut table = Table { ratios: vec![], level_down: vec![], level_up: vec![] };
        for site in observed {
            let q = site.variants();
            let chances = cache.entry(q).or_insert_with(|| hypothesis.table(q));
            let l = |x: &[u64; 16]| -> u128 {
                site.likelihoods.iter().zip(x).map(|(l, &p)| u128::from(l.0) * u128::from(p)).sum()
            };
            let held: Vec<u128> = chances.iter().map(l).collect();
            let total: u128 = held.iter().sum();
            let mut ratios = [Log2::NEG_INFINITY; 16];
            for (ratio, &l) in ratios.iter_mut().zip(&held) {
                *ratio = Log2::floor_ratio(q as u128 * l, total);
            }
            let unit = u128::from(hypothesis.unit(q)) * q as u128 * u128::from(Likelihood::ONE.0);
            table.ratios.push(ratios);
            table.level_down.push(Log2::floor_ratio(total, unit));
            table.level_up.push(Log2::ceil_ratio(total, unit));
        }
        table
    }

    fn sum(levels: &[Log2], mask: &[bool]) -> Log2 {
        levels.iter().zip(mask).filter(|(_, present)| **present).map(|(level, _)| *level).sum()
    }
}

/// Rows that have the same sites.
struct Class {
    /// Tables that count, their ratios laid out column by column, then symbol, then table.
    ratios: Vec<Log2>,
    count: usize,
    /// The weight of each table, rounded down; together at most 1.
    weights: Vec<Log2>,
    /// Whether no sum over all columns can leave the numbers.
    is_bounded: bool,
    /// The tables of a sole source.
    sole: Vec<usize>,
    laws: Vec<tail::Component>,
}

impl Class {
    fn new(observed: &[Observed], tables: &Tables, mask: &[bool]) -> Class {
        let count = tables.tables.len();
        let mut terms: Vec<Vec<Log2>> = vec![Vec::new(); count];
        for (indices, tenths) in tables.sizes.iter().zip(SIZE_TENTHS) {
            let down = |&i: &usize| Table::sum(&tables.tables[i].level_down, mask);
            let up = |&i: &usize| Table::sum(&tables.tables[i].level_up, mask);
            let all = Log2::sum_up(&indices.iter().map(up).collect::<Vec<_>>());
            for index in indices {
                terms[*index].push(down(index) - all + Log2::floor_ratio(tenths, 10));
            }
        }
        let mut ratios = vec![Log2::ZERO; observed.len() * 16 * count];
        for (h, table) in tables.tables.iter().enumerate() {
            for (column, row) in table.ratios.iter().enumerate() {
                for (symbol, &ratio) in row.iter().enumerate() {
                    ratios[(column * 16 + symbol) * count + h] = ratio;
                }
            }
        }
        let largest = i64::MAX / (observed.len() as i64 + 1);
        let symbols = observed.iter().map(Observed::variants);
        let used = |table: &Table| {
            let rows = table.ratios.iter().zip(symbols.clone());
            rows.flat_map(|(row, symbols)| &row[..symbols])
                .all(|ratio| ratio.0.unsigned_abs() <= largest as u64)
        };
        let is_bounded = tables.tables.iter().all(used);
        let mut sole = tables.sizes[0].clone();
        sole.dedup();
        Class {
            ratios,
            count,
            weights: terms.iter().map(|terms| Log2::sum_down(terms)).collect(),
            is_bounded,
            sole,
            laws: tail::components(observed, mask),
        }
    }

    fn score(&self, best: &[Option<u8>], row: &[u8]) -> Score {
        let mut sums = vec![0i64; self.count];
        let mut agree = 0;
        let mut against = 0;
        for (column, &symbol) in row.iter().enumerate() {
            if symbol == ABSENT {
                continue;
            }
            let at = (column * 16 + usize::from(symbol)) * self.count;
            let ratios = &self.ratios[at..at + self.count];
            // No sum overflows where none of its terms is too large: the processor adds several at once.
            match self.is_bounded {
                true => sums.iter_mut().zip(ratios).for_each(|(sum, ratio)| *sum = sum.wrapping_add(ratio.0)),
                false => {
                    sums.iter_mut().zip(ratios).for_each(|(sum, ratio)| *sum = sum.saturating_add(ratio.0))
                }
            }
            match best[column] {
                Some(best) if best == symbol => agree += 1,
                Some(_) => against += 1,
                None => {}
            }
        }
        let weighted: Vec<Log2> = sums.iter().zip(&self.weights).map(|(&sum, &w)| Log2(sum) + w).collect();
        let limit = Log2::floor_ratio(CONTRADICTED.0, CONTRADICTED.1);
        let p = self.laws.iter().map(|law| law.p(row)).min().unwrap_or(Log2::ZERO);
        Score {
            e: Log2::sum_down(&weighted),
            p: p.min(Log2::ZERO),
            contradicted: self.sole.iter().all(|&h| Log2(sums[h]) <= limit),
            agree,
            against,
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The tests compare with the machine's own logarithm.
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(x: Log2) -> f64 {
        (x.0 as f64 / (1u64 << 32) as f64).exp2()
    }

    /// Every codeword that a copy could have had.
    fn every_row(observed: &[Observed]) -> Rows {
        let mut symbols = Vec::new();
        let count: usize = observed.iter().map(Observed::variants).product();
        for mut index in 0..count {
            for site in observed {
                symbols.push((index % site.variants()) as u8);
                index /= site.variants();
            }
        }
        Rows { columns: observed.len(), symbols }
    }

    fn check_exact(observed: &[Observed]) {
        let scores = score(observed, &every_row(observed)).unwrap();
        let mean = scores.iter().map(|s| value(s.e)).sum::<f64>() / scores.len() as f64;
        assert!(mean <= 1.0 + 1e-12 && mean > 1.0 - 1e-6, "{mean}");
        // p is a p-value: for every level, no more copies reach it than it says.
        let mut ps: Vec<f64> = scores.iter().map(|s| value(s.p)).collect();
        ps.sort_by(f64::total_cmp);
        for (rank, p) in ps.iter().enumerate().filter(|(rank, p)| ps.get(rank + 1) != Some(p)) {
            assert!((rank + 1) as f64 / ps.len() as f64 <= p * (1.0 + 1e-9), "{rank} {p}");
        }
    }

    #[test]
    fn an_innocent_copy_gains_nothing_on_average() {
        let soft = |l: &[u32]| Observed { likelihoods: l.iter().map(|&l| Likelihood(l)).collect() };
        let one = Likelihood::ONE.0;
        check_exact(&[
            Observed::hard(2, 0),
            Observed::hard(2, 1),
            Observed::hard(3, 2),
            Observed::hard(4, 0),
        ]);
        check_exact(&[
            soft(&[one, 1]),
            soft(&[one / 3, one]),
            soft(&[one, one, 5, one / 7]),
            Observed::hard(5, 4),
        ]);
        check_exact(&[Observed::hard(16, 3), soft(&[one, 0, 0, 0, one / 2]), Observed::hard(7, 6)]);
        check_exact(&vec![Observed::hard(2, 1); 12]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn whatever_was_read(sites in prop::collection::vec(prop::collection::vec(0u32..=1 << 24, 2..6), 1..6)) {
            let observed: Vec<Observed> = sites
                .into_iter()
                .filter(|site| site.iter().any(|&l| l > 0))
                .map(|site| Observed { likelihoods: site.into_iter().map(Likelihood).collect() })
                .collect();
            prop_assume!(!observed.is_empty());
            check_exact(&observed);
        }
    }

    #[test]
    fn absent_sites_count_nothing() {
        let observed = vec![Observed::hard(2, 0); 8];
        let mut rows = every_row(&observed[..6]);
        rows.symbols = rows.symbols.chunks(6).flat_map(|row| [row, &[ABSENT, ABSENT]].concat()).collect();
        rows.columns = 8;
        let with = score(&observed, &rows).unwrap();
        let without = score(&observed[..6], &every_row(&observed[..6])).unwrap();
        assert_eq!(with, without);
    }

    #[test]
    fn copies_with_one_codeword_have_one_score() {
        let observed = vec![Observed::hard(2, 0), Observed::hard(3, 2), Observed::hard(5, 4)];
        let row =
            |i: usize| [i as u8 % 2, if i.is_multiple_of(7) { ABSENT } else { i as u8 % 3 }, i as u8 % 5];
        let rows =
            |range: std::ops::Range<usize>| Rows { columns: 3, symbols: range.flat_map(row).collect() };
        let together = score(&observed, &rows(0..200)).unwrap();
        let apart = (0..200).flat_map(|i| score(&observed, &rows(i..i + 1)).unwrap());
        assert_eq!(together, apart.collect::<Vec<_>>());
    }

    #[test]
    fn threads_do_not_matter() {
        let observed: Vec<Observed> = (0..40).map(|i| Observed::hard(2 + i % 3, i % 2)).collect();
        let mut state = 1u64;
        let mut next = |q: u8| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u8 % q
        };
        let symbols = (0..40 * 500).map(|i| next(2 + (i % 40) as u8 % 3)).collect();
        let rows = Rows { columns: 40, symbols };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| score(&observed, &rows).unwrap())
        };
        assert!(run(1) == run(2) && run(1) == run(7));
    }

    #[test]
    fn impossible_input_is_refused() {
        let observed = vec![Observed::hard(2, 0)];
        let rows = |columns, symbols: &[u8]| Rows { columns, symbols: symbols.to_vec() };
        assert!(score(&observed, &rows(1, &[2])).is_err());
        assert!(score(&observed, &rows(2, &[0, 0])).is_err());
        assert!(score(&[Observed { likelihoods: vec![Likelihood(0); 2] }], &rows(1, &[0])).is_err());
        assert!(score(&[Observed { likelihoods: vec![Likelihood(1); 17] }], &rows(1, &[0])).is_err());
        assert_eq!(score(&[], &rows(0, &[])), Ok(vec![]));
    }
}
