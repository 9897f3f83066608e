//! The strongest of very many copies, from the key alone: codewords are derived on the way, never kept.

mod ids;
mod sums;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

pub use ids::{Ids, Numbered};
use sums::{Scratch, Sums};

use crate::derivation::Codebook;
use crate::hypotheses::{Hypothesis, Strategy};
use crate::score::{Observed, Rows, check};
use crate::{Error, tail};

/// Copies that one thread takes at a time.
const SPAN: u64 = 1024;

/// A copy and how well it explains a reading as its sole source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    /// Which of the ids it is.
    pub index: u64,
    /// The sum over sites of `round(24 ln ratio)`, in twenty-fourths of a nat: how much likelier the reading is
    /// if this copy leaked it alone, with 5 % noise, than if an innocent's codeword stood in its place.
    pub score: i64,
}

/// The strongest copies by the score of a sole source, best first, ties by position; at most `keep` of them.
///
/// The scores are those that [`score`](crate::score()) judges a sole source by: the same as with each codeword
/// from [`Codebook::codeword`], on every machine and with every number of threads. A rank alone names nobody:
/// what it is worth is said by the e-values and tails of those that it leads to. Time grows with the number of
/// ids; memory with `keep` times the number of threads.
///
/// ```
/// use tellmark_codes::{Codebook, Column, LineageKey, Numbered, Observed, rank};
/// use tellmark_core::CopyId;
///
/// let key = LineageKey::new([7; 32]);
/// let columns: Vec<Column> = (0..80).map(|ordinal| Column { nonce: [1; 32], ordinal, variants: 2 }).collect();
/// let book = Codebook::new(&key, &columns)?;
///
/// // The leak shows the variants of r0777.
/// let mut leaked = vec![0; 80];
/// book.codeword(&CopyId::parse("r0777")?, &mut leaked);
/// let observed: Vec<Observed> = leaked.iter().map(|&v| Observed::hard(2, v)).collect();
///
/// let ids = Numbered::new("r", 4, 0..10_000)?;
/// let best = rank(&book, &observed, &ids, 3)?;
/// assert_eq!((best.len(), best[0].index), (3, 777));
/// assert!(best[0].score > 2 * best[1].score);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When an observation is not a possible one, when there are not as many as the book has columns
/// ([`Error::Shape`]), or when one has another number of variants than its column ([`Error::Symbol`], with the
/// first symbol that one of them lacks).
pub fn rank<I>(book: &Codebook<'_>, observed: &[Observed], ids: &I, keep: usize) -> Result<Vec<Ranked>, Error>
where
    I: Ids + Sync + ?Sized,
{
    check(observed, &Rows { columns: observed.len(), symbols: Vec::new() })?;
    fits(book, observed)?;
    let sole = Hypothesis { size: 1, strategy: Strategy::Interleaving, noise_percent: 5 };
    let scores = tail::scores(observed, &sole, &[]);
    let sums = Sums::new(book, &scores);
    // Which copies are the strongest does not depend on the order in which spans are joined: no two are equal.
    let best = (0..ids.len().div_ceil(SPAN))
        .into_par_iter()
        .fold(
            || Walk::new(book, &sums, keep),
            |mut walk, span| {
                let from = span * SPAN;
                (from..ids.len().min(from.saturating_add(SPAN))).for_each(|index| walk.step(ids, index));
                walk
            },
        )
        .map(|walk| walk.best)
        .reduce(|| Best::new(keep), Best::join);
    Ok(best.sorted())
}

/// Whether observations are of the columns of the book.
fn fits(book: &Codebook<'_>, observed: &[Observed]) -> Result<(), Error> {
    let columns = book.columns();
    if columns.len() != observed.len() {
        return Err(Error::Shape { symbols: observed.len(), columns: columns.len() });
    }
    for (column, (drawn, seen)) in columns.iter().zip(observed).enumerate() {
        let (drawn, seen) = (drawn.variants, seen.variants() as u8);
        if drawn != seen {
            return Err(Error::Symbol { row: 0, symbol: drawn.min(seen), column });
        }
    }
    Ok(())
}

/// One thread's way through some ids.
struct Walk<'b> {
    book: &'b Codebook<'b>,
    sums: &'b Sums<'b>,
    best: Best,
    id: String,
    scratch: Scratch,
}

impl<'b> Walk<'b> {
    fn new(book: &'b Codebook<'b>, sums: &'b Sums<'b>, keep: usize) -> Walk<'b> {
        Walk { book, sums, best: Best::new(keep), id: String::new(), scratch: Scratch::default() }
    }

    fn step<I: Ids + ?Sized>(&mut self, ids: &I, index: u64) {
        self.id.clear();
        ids.write(index, &mut self.id);
        self.book.keystreams(&self.id, &mut self.scratch.drawn);
        self.best.offer(Ranked { index, score: self.sums.of(&mut self.scratch) });
    }
}

/// The strongest copies so far, the weakest of them on top.
struct Best {
    keep: usize,
    heap: BinaryHeap<Reverse<(i64, Reverse<u64>)>>,
}

impl Best {
    fn new(keep: usize) -> Best {
        Best { keep, heap: BinaryHeap::new() }
    }

    fn offer(&mut self, Ranked { index, score }: Ranked) {
        let offered = Reverse((score, Reverse(index)));
        if self.heap.len() < self.keep {
            self.heap.push(offered);
        } else if let Some(mut weakest) = self.heap.peek_mut()
            && offered < *weakest
        {
            *weakest = offered;
        }
    }

    fn join(mut self, mut other: Best) -> Best {
        if self.heap.len() < other.heap.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for Reverse((score, Reverse(index))) in other.heap {
            self.offer(Ranked { index, score });
        }
        self
    }

    fn sorted(self) -> Vec<Ranked> {
        let best = self.heap.into_sorted_vec();
        best.into_iter().map(|Reverse((score, Reverse(index)))| Ranked { index, score }).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, proptest};
    use tellmark_core::{CopyId, Likelihood};

    use super::*;
    use crate::{Column, LineageKey};

    /// The specification to the letter: each codeword, and the sum of its table entries.
    fn plain(book: &Codebook<'_>, observed: &[Observed], ids: &[CopyId], keep: usize) -> Vec<Ranked> {
        let sole = Hypothesis { size: 1, strategy: Strategy::Interleaving, noise_percent: 5 };
        let scores = tail::scores(observed, &sole, &[]);
        let mut row = vec![0; observed.len()];
        let mut all: Vec<Ranked> = (0..)
            .zip(ids)
            .map(|(index, id)| {
                book.codeword(id, &mut row);
                let sum = row.iter().zip(&scores).map(|(&symbol, site)| i64::from(site[usize::from(symbol)]));
                Ranked { index, score: sum.sum() }
            })
            .collect();
        all.sort_by_key(|copy| (Reverse(copy.score), copy.index));
        all.truncate(keep);
        all
    }

    fn likelihoods(variants: u8, seed: u32) -> Observed {
        let of = |v: u32| Likelihood(1 + (seed ^ v).wrapping_mul(0x9E37_79B9) % (1 << 24));
        Observed { likelihoods: (0..u32::from(variants)).map(of).collect() }
    }

    fn check_case(columns: &[Column], hard: bool, copies: usize, keep: usize, threads: usize) {
        let book = Codebook::new(&LineageKey::new([9; 32]), columns).unwrap();
        let observed: Vec<Observed> = (1..)
            .zip(columns)
            .map(|(seed, c)| {
                if hard {
                    Observed::hard(c.variants, seed as u8 % c.variants)
                } else {
                    likelihoods(c.variants, seed)
                }
            })
            .collect();
        let ids: Vec<CopyId> = (0..copies).map(|i| CopyId::parse(&format!("r{i}")).unwrap()).collect();
        let expected = plain(&book, &observed, &ids, keep);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| rank(&book, &observed, ids.as_slice(), keep).unwrap());
        assert_eq!(found, expected, "{columns:?} {hard} {threads}");
        let numbered = Numbered::new("r", 0, 0..copies as u64).unwrap();
        assert_eq!(pool.install(|| rank(&book, &observed, &numbered, keep).unwrap()), expected);
    }

    #[test]
    fn a_rank_is_that_of_codewords_and_sums_in_every_case() {
        let near: Vec<(u8, u32)> = (0..150).map(|ordinal| (1, ordinal)).collect();
        let far = [0, 63, 64, 255, 256, 257, 900, 4095, 70_000, 5_000_000, u32::MAX].map(|o| (1, o)).to_vec();
        let nonces: Vec<(u8, u32)> = (0..120).map(|i| (3 - (i / 40) as u8, i * 37 % 400)).collect();
        let twice: Vec<(u8, u32)> = (0..80).map(|i| (1, i / 2)).collect();
        for (places, threads) in [(near, 3), (far, 1), (nonces, 5), (twice, 7)] {
            for variants in [&[2][..], &[3], &[4], &[5], &[7], &[13], &[16], &[2, 4], &[2, 3, 4, 5, 6, 7, 8]]
            {
                let column = |(&(nonce, ordinal), &variants): (&(u8, u32), &u8)| Column {
                    nonce: [nonce; 32],
                    ordinal,
                    variants,
                };
                let columns: Vec<Column> = places.iter().zip(variants.iter().cycle()).map(column).collect();
                check_case(&columns, true, 2500, 40, threads);
                check_case(&columns, false, 300, 300, threads);
            }
        }
    }

    #[test]
    fn few_copies_sites_or_places_are_ranked_too() {
        let column = Column { nonce: [1; 32], ordinal: 7, variants: 2 };
        let columns = [column.clone(), column];
        for (sites, copies, keep) in [(0, 10, 4), (1, 0, 5), (1, 10, 0), (2, 10, usize::MAX), (1, 3000, 2000)]
        {
            check_case(&columns[..sites], true, copies, keep, 3);
        }
    }

    #[test]
    fn observations_of_other_columns_are_refused() {
        let columns = [4, 5].map(|variants| Column { nonce: [1; 32], ordinal: 7, variants });
        let book = Codebook::new(&LineageKey::new([9; 32]), &columns).unwrap();
        let hard = |variants: &[u8]| variants.iter().map(|&q| Observed::hard(q, 0)).collect::<Vec<_>>();
        let ids: [CopyId; 0] = [];
        let refused = |observed: &[Observed]| rank(&book, observed, ids.as_slice(), 1).unwrap_err();
        assert_eq!(refused(&hard(&[4])), Error::Shape { symbols: 1, columns: 2 });
        assert_eq!(refused(&hard(&[4, 3])), Error::Symbol { row: 0, symbol: 3, column: 1 });
        assert_eq!(refused(&hard(&[6, 5])), Error::Symbol { row: 0, symbol: 4, column: 0 });
        assert_eq!(refused(&hard(&[4, 17])), Error::Variants { column: 1, variants: 17 });
        let impossible = Observed { likelihoods: vec![Likelihood(0); 5] };
        let observed = [hard(&[4]), vec![impossible]].concat();
        assert_eq!(refused(&observed), Error::Likelihoods { column: 1 });
    }

    proptest! {
        #[test]
        fn a_rank_is_that_of_codewords_and_sums(
            sites in collection::vec((0u8..3, 0u32..3000, 2u8..=16), 0..60),
            hard: bool,
            threads in 1usize..4,
        ) {
            let columns: Vec<Column> = sites
                .into_iter()
                .map(|(nonce, ordinal, variants)| Column { nonce: [nonce; 32], ordinal, variants })
                .collect();
            check_case(&columns, hard, 200, 20, threads);
        }
    }
}
