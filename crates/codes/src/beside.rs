//! Whether a second copy is needed once a first one is taken as a source.
//!
//! A copy that happens to share most of the source's variants gains weight with it. The bound allows for that;
//! yet a name is not needed where another copy explains the reading at least as well alone. So a copy that
//! reached its threshold is named only if, beside every stronger one, the pair explains the reading better than
//! the stronger one alone, by more than the number of copies among which a partner can be looked for. The rule
//! only takes names away: it leaves every bound as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use tellmark_core::Likelihood;
use tellmark_core::fixed::Log2;

use crate::hypotheses::{Hypothesis, of_size};
use crate::score::{ABSENT, Observed, Rows};

/// With so many of the strongest copies every other one is compared.
const COMPARED_MAX: usize = 64;

/// Of the rows that reached their threshold, those without which one at least as strong explains the reading as
/// well: they are not named. Two that cannot be told apart withhold each other.
///
/// `reached` holds indices of rows with their e-values, in any order; so does the result, with the indices alone.
///
/// ```
/// use tellmark_codes::{Observed, Rows, score, withheld};
/// // The exhibit shows the first row. The second agrees but once; the third is the first one's twin at these sites.
/// let read: Vec<Observed> = (0..30).map(|_| Observed::hard(2, 1)).collect();
/// let row = |wrong: usize| (0..30).map(move |i| u8::from(i >= wrong));
/// let two = Rows { columns: 30, symbols: row(0).chain(row(1)).collect() };
/// let e = |rows: &Rows| score(&read, rows).unwrap().iter().map(|s| s.e).enumerate().collect::<Vec<_>>();
/// assert_eq!(withheld(&read, &two, &e(&two)), [1]);
/// let twins = Rows { columns: 30, symbols: row(0).chain(row(0)).collect() };
/// assert_eq!(withheld(&read, &twins, &e(&twins)), [0, 1]);
/// ```
pub fn withheld(observed: &[Observed], rows: &Rows, reached: &[(usize, Log2)]) -> Vec<usize> {
    let mut strong = reached.to_vec();
    strong.sort_by_key(|&(index, e)| (std::cmp::Reverse(e), index));
    strong.truncate(COMPARED_MAX);
    let copies = (rows.symbols.len() / rows.columns.max(1)) as u64;
    let row = |index: usize| &rows.symbols[index * rows.columns..][..rows.columns];
    let is_spare = |&(index, e): &(usize, Log2)| {
        let others = strong.iter().filter(|&&(other, stronger)| other != index && stronger >= e);
        others.into_iter().any(|&(other, _)| !needed_beside(observed, row(other), row(index), copies))
    };
    reached.iter().filter(|one| is_spare(one)).map(|&(index, _)| index).collect()
}

/// Whether the reading is likelier from `first` and `second` together than from `first` alone: coalitions of
/// the two, averaged over strategies and noise, against a sole source, averaged over noise. A pair is one of
/// `copies - 1` that `first` could be part of, and half as likely beforehand as a sole source.
fn needed_beside(observed: &[Observed], first: &[u8], second: &[u8], copies: u64) -> bool {
    let alone: Vec<Log2> = of_size(1).iter().map(|h| Logs::default().sole(h, observed, first)).collect();
    let pairs: Vec<Log2> =
        of_size(2).iter().map(|h| Logs::default().pair(h, observed, first, second)).collect();
    mean(&pairs) > mean(&alone) + Log2::ceil_ratio(2 * u128::from(copies.max(2) - 1), 1)
}

fn mean(terms: &[Log2]) -> Log2 {
    Log2::sum_down(terms) - Log2::ceil_ratio(terms.len().max(1) as u128, 1)
}

/// Tables by number of variants.
#[derive(Default)]
struct Logs {
    singles: BTreeMap<usize, Arc<crate::hypotheses::Table>>,
    pairs: BTreeMap<usize, Arc<crate::hypotheses::Table>>,
}

impl Logs {
    fn sole(&mut self, hypothesis: &Hypothesis, observed: &[Observed], row: &[u8]) -> Log2 {
        observed.iter().zip(row).map(|(site, &symbol)| self.of_one(hypothesis, site, symbol)).sum()
    }

    fn pair(&mut self, hypothesis: &Hypothesis, observed: &[Observed], one: &[u8], two: &[u8]) -> Log2 {
        let symbols = observed.iter().zip(one.iter().zip(two));
        symbols
            .map(|(site, (&x, &y))| match (x, y) {
                (symbol, ABSENT) | (ABSENT, symbol) => self.of_one(hypothesis, site, symbol),
                (x, y) => {
                    let q = site.likelihoods.len();
                    let table = self.pairs.entry(q).or_insert_with(|| hypothesis.table(q, 2));
                    likelihood(site, &table[usize::from(x) * q + usize::from(y)])
                }
            })
            .sum()
    }

    /// The likelihood from one copy; where it lacks the site, from a copy that holds anything.
    fn of_one(&mut self, hypothesis: &Hypothesis, site: &Observed, symbol: u8) -> Log2 {
        let q = site.likelihoods.len();
        let sole = Hypothesis { size: 1, ..*hypothesis };
        let table = self.singles.entry(q).or_insert_with(|| sole.table(q, 1));
        if symbol != ABSENT {
            return likelihood(site, &table[usize::from(symbol)]);
        }
        let mut any = [0; 16];
        table.iter().for_each(|row| any.iter_mut().zip(row).for_each(|(sum, p)| *sum += p));
        likelihood(site, &any) - Log2::ceil_ratio(q as u128, 1)
    }
}

/// log2 of the sum of likelihood times chance, where one chance is 100 * 12 * (q - 1).
fn likelihood(site: &Observed, chances: &[u64; 16]) -> Log2 {
    let terms = site.likelihoods.iter().zip(chances);
    let sum: u128 = terms.map(|(l, &p)| u128::from(l.0) * u128::from(p)).sum();
    let unit = 1200 * (site.likelihoods.len() as u128 - 1) * u128::from(Likelihood::ONE.0);
    Log2::floor_ratio(sum, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hard(shown: &[u8], variants: u8) -> Vec<Observed> {
        shown.iter().map(|&v| Observed::hard(variants, v)).collect()
    }

    fn codeword(seed: u64, variants: u8) -> Vec<u8> {
        let draw = |i: u64| (i + 1).wrapping_mul(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 59;
        (0..60).map(|i| draw(i) as u8 % variants).collect()
    }

    #[test]
    fn who_only_repeats_the_source_is_not_needed() {
        let source = codeword(11, 2);
        // The exhibit shows the source, misread at two sites; an innocent copy agrees at all but six.
        let mut shown = source.clone();
        [3, 17].iter().for_each(|&i: &usize| shown[i] ^= 1);
        let mut innocent = shown.clone();
        (0..6).for_each(|i| innocent[i * 7] ^= 1);
        let observed = hard(&shown, 2);
        assert!(!needed_beside(&observed, &source, &innocent, 20));
        assert!(!needed_beside(&observed, &source, &source, 20), "a twin");
    }

    #[test]
    fn partners_are_needed_whatever_they_do() {
        let (a, b) = (codeword(11, 3), codeword(29, 3));
        let mixes: [Vec<u8>; 3] = [
            (0..60).map(|i| if i < 30 { a[i] } else { b[i] }).collect(),
            (0..60).map(|i| if i % 2 == 0 { a[i] } else { b[i] }).collect(),
            (0..60).map(|i| a[i].min(b[i])).collect(),
        ];
        for shown in mixes {
            let observed = hard(&shown, 3);
            assert!(needed_beside(&observed, &a, &b, 1000) && needed_beside(&observed, &b, &a, 1000));
        }
    }

    #[test]
    fn a_site_that_one_lacks_speaks_of_the_other() {
        let observed = hard(&[0; 30], 2);
        let early: Vec<u8> = [vec![0; 15], vec![ABSENT; 15]].concat();
        let late: Vec<u8> = [vec![ABSENT; 15], vec![0; 15]].concat();
        assert!(needed_beside(&observed, &early, &late, 20));
        assert!(!needed_beside(&observed, &early, &[vec![1; 15], vec![ABSENT; 15]].concat(), 20));
    }
}
