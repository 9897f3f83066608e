//! A copy weighed alone: as the sole source, or with partners of whom nothing is known.
//!
//! For a hypothesis h and a read site with likelihoods L, `l(x) = sum_v L(v) P_h(v | x)` for the copy's variant
//! x and `l() = sum_x l(x) / q`. Then `N_h / D_h = prod_i l_i(x_i) / l_i()` has mean 1 over the codewords of an
//! innocent copy, whatever was read. Within one coalition size the hypotheses are averaged before the division,
//! so that `N / D = sum_h (D_h / sum D) N_h / D_h`; the sizes are mixed by fixed weights. All of it is integers:
//! l from integer tables, logarithms of the ratios rounded down, weights rounded down, sums rounded down; hence
//! the mean stays at most the sum of the weights, exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use tellmark_core::Likelihood;
use tellmark_core::fixed::Log2;

use crate::hypotheses::{Hypothesis, SIZES, of_size};
use crate::radix::Radix;
use crate::score::{ABSENT, Observed, Rows};
use crate::shares::{ALONE, WHOLE};

/// A hypothesis contradicts a copy when its ratio is at most this, as numerator and denominator.
pub const CONTRADICTED: (u128, u128) = (1, 1000);

/// What a reading says about one copy without regard to any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alone {
    /// Its part of the e-value, rounded down.
    pub e: Log2,
    /// The largest coalition up to which every hypothesis with unknown partners is contradicted.
    pub contradicted: u8,
    /// Read sites whose likeliest variant is the copy's.
    pub agree: u32,
    /// Read sites whose likeliest variant is another.
    pub against: u32,
}

/// Weighs every row. The rows must fit the sites.
pub fn weigh(observed: &[Observed], rows: &Rows) -> Vec<Alone> {
    let tables = Tables::new(observed);
    let best: Vec<Option<u8>> = observed.iter().map(Observed::best).collect();
    let mut weighed = vec![None; rows.count()];
    for (mask, members) in rows.classes() {
        let class = Class::new(observed, &tables, &mask);
        let found: Vec<Alone> =
            match Radix::new(observed, &mask).filter(|radix| radix.codewords < members.len()) {
                // Fewer codewords than copies: each is weighed once.
                Some(radix) => {
                    let known: Vec<Alone> =
                        (0..radix.codewords).map(|number| class.weigh(&best, &radix.row(number))).collect();
                    members.iter().map(|&index| known[radix.number(rows.row(index))]).collect()
                }
                None => members.par_iter().map(|&index| class.weigh(&best, rows.row(index))).collect(),
            };
        members.into_iter().zip(found).for_each(|(index, alone)| weighed[index] = Some(alone));
    }
    weighed.into_iter().flatten().collect()
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
        for size in SIZES {
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
        let mut cache: BTreeMap<usize, Arc<crate::hypotheses::Table>> = BTreeMap::new();
        let mut table = Table { ratios: vec![], level_down: vec![], level_up: vec![] };
        for site in observed {
            let q = site.variants();
            let chances = cache.entry(q).or_insert_with(|| hypothesis.table(q, 1));
            let l = |x: &[u64; 16]| -> u128 {
                site.likelihoods.iter().zip(x).map(|(l, &p)| u128::from(l.0) * u128::from(p)).sum()
            };
            let held: Vec<u128> = chances.iter().map(l).collect();
            let total: u128 = held.iter().sum();
            let mut ratios = [Log2::NEG_INFINITY; 16];
            for (ratio, &l) in ratios.iter_mut().zip(&held) {
                *ratio = Log2::floor_ratio(q as u128 * l, total);
            }
            let unit = u128::from(hypothesis.unit(q, 1)) * q as u128 * u128::from(Likelihood::ONE.0);
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
    /// The tables of each coalition size.
    sizes: Vec<Vec<usize>>,
}

impl Class {
    fn new(observed: &[Observed], tables: &Tables, mask: &[bool]) -> Class {
        let count = tables.tables.len();
        let mut terms: Vec<Vec<Log2>> = vec![Vec::new(); count];
        for (indices, weight) in tables.sizes.iter().zip(ALONE) {
            let down = |&i: &usize| Table::sum(&tables.tables[i].level_down, mask);
            let up = |&i: &usize| Table::sum(&tables.tables[i].level_up, mask);
            let all = Log2::sum_up(&indices.iter().map(up).collect::<Vec<_>>());
            for index in indices {
                terms[*index].push(down(index) - all + Log2::floor_ratio(weight, WHOLE));
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
        Class {
            ratios,
            count,
            weights: terms.iter().map(|terms| Log2::sum_down(terms)).collect(),
            is_bounded,
            sizes: tables.sizes.clone(),
        }
    }

    fn weigh(&self, best: &[Option<u8>], row: &[u8]) -> Alone {
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
        let is_contradicted = |size: &&Vec<usize>| size.iter().all(|&h| Log2(sums[h]) <= limit);
        Alone {
            e: Log2::sum_down(&weighted),
            contradicted: self.sizes.iter().take_while(is_contradicted).count() as u8,
            agree,
            against,
        }
    }
}
