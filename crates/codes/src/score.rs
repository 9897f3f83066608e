//! What was read, which copies there are, and what the one says about the other.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tellmark_core::Likelihood;
use tellmark_core::fixed::Log2;

use crate::{Error, Weighing, Work};

/// The version of the arithmetic of scores.
pub const TRACER_VERSION: u32 = 5;
/// So many innocent copies this version was tried on: docs/VALIDATION.md.
pub const VALIDATED: u64 = 263_587_250;
// What reports and verifiers call measured is no more than that.
const _: () = assert!(VALIDATED.ilog10() as i64 == tellmark_core::fixed::MEASURED_LOG10);
/// The symbol of a copy that does not have a site: its releases lack it. It counts as factor 1.
pub const ABSENT: u8 = 255;

/// What was read at one site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    pub(crate) fn best(&self) -> Option<u8> {
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

impl Rows {
    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.symbols.len().checked_div(self.columns).unwrap_or(0)
    }

    /// One copy's symbols.
    pub fn row(&self, index: usize) -> &[u8] {
        &self.symbols[index * self.columns..][..self.columns]
    }

    /// The rows by the sites that they have: they share all that depends on these.
    pub(crate) fn classes(&self) -> BTreeMap<Vec<bool>, Vec<usize>> {
        if !self.symbols.contains(&ABSENT) {
            return BTreeMap::from([(vec![true; self.columns], (0..self.count()).collect())]);
        }
        let mut classes: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
        for index in 0..self.count() {
            let mask: Vec<bool> = self.row(index).iter().map(|&symbol| symbol != ABSENT).collect();
            classes.entry(mask).or_default().push(index);
        }
        classes
    }
}

/// What a reading says about one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// The e-value, rounded down.
    pub e: Log2,
    /// The chance that an innocent copy does as well, rounded up; at most 1.
    pub p: Log2,
    /// The size of the largest coalition up to which every hypothesis contradicts the copy: 0 when it is not
    /// contradicted, 1 as the sole source, 2 as one of two as well, and so on.
    pub contradicted: u8,
    /// Read sites whose likeliest variant is the copy's.
    pub agree: u32,
    /// Read sites whose likeliest variant is another.
    pub against: u32,
}

impl Score {
    /// What a reading of no site says of anybody.
    pub const NOTHING: Score = Score { e: Log2::ZERO, p: Log2::ZERO, contradicted: 0, agree: 0, against: 0 };
}

/// Whether columns and symbols are possible ones.
pub(crate) fn check(observed: &[Observed], rows: &Rows) -> Result<(), Error> {
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
    let most: Vec<u8> = observed.iter().map(|site| site.variants() as u8).collect();
    let is_wrong = |row: &[u8]| {
        row.iter()
            .zip(&most)
            .map(|(&symbol, &most)| symbol >= most && symbol != ABSENT)
            .fold(false, |a, b| a | b)
    };
    let wrong_row = rows.symbols.par_chunks(columns.max(1)).with_min_len(1024).position_first(is_wrong);
    let wrong = wrong_row.and_then(|row| {
        let symbols = rows.row(row).iter().enumerate();
        let mut wrong = symbols.filter(|(at, symbol)| **symbol != ABSENT && **symbol >= most[*at]);
        wrong.next().map(|(at, symbol)| (row * columns + at, symbol))
    });
    match wrong {
        None => Ok(()),
        Some((at, &symbol)) => Err(Error::Symbol { row: at / columns, column: at % columns, symbol }),
    }
}

/// Weighs every copy against every coalition that [`Work::default`] allows. The result does not depend on the
/// number of threads.
///
/// # Errors
/// When columns or symbols are not possible ones.
pub fn score(observed: &[Observed], rows: &Rows) -> Result<Vec<Score>, Error> {
    Ok(Weighing::new(observed, rows)?.scores(&Work::default(), |_| false).scores)
}
