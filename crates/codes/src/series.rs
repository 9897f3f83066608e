//! A series of leaks: the e-process of each copy.
//!
//! Each look gives one factor, prequential: `F_t = sum_h N_h l_t(x, ..) / sum_h N_h l_t(..)`, where `N_h` is what
//! the hypothesis h (with its partner, if it knows one) was worth over the looks before, times its prior share,
//! `l_t(x, ..)` the likelihood of what look t shows at sites that no look before it had read, and `l_t(..)` the
//! same with the copy's own symbols averaged out. Given all looks before, all readings and all other copies, an
//! innocent copy's symbols at fresh sites are uniform: the mean of each factor is 1. So their product is a
//! nonnegative martingale, and by Ville's inequality it ever reaches `1 / a` with a chance of at most `a`, at
//! whatever look one stops. A site that was seen before is not bet on again.
//!
//! Beside the hypotheses of one look stands one of a series: two leak in turn, each look being one's alone, either
//! with a chance of one half. A look that the other explains then costs nothing.
//!
//! Leaks may be unrelated: the *lazy* process bets a part `rho` of what it has at each look, `(1 - rho) + rho F`.
//! What counts is a mean of the processes for `rho` = 1, 1/2, 1/3 and 1/4, each over the whole series, nine twelfths of it
//! for `rho` = 1.
//!
//! # Source
//! Ville 1939; Shafer 2021, testing by betting; Ramdas et al., game-theoretic statistics and e-values.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tellmark_core::fixed::Log2;

use crate::Error;
use crate::hypotheses::{Hypothesis, Strategy, of_size};
use crate::score::{ABSENT, Observed, Rows, check};
use crate::shares::{SERIES_PAIRS, SERIES_SOLE, SERIES_TURNS, SERIES_UNKNOWN, WHOLE};
use crate::tail;

/// The parts of what they have that the lazy processes bet, 1 over the first, and their weights.
const LAZINESS: [(u128, u128); 4] = [(1, 9), (2, 1), (3, 1), (4, 1)];
/// What these weights are parts of.
const LAZINESS_WHOLE: u128 = 12;
/// The shares of the kinds of hypotheses, in the order in which [`Series::factors`] gives their factors.
const KINDS: [u128; 4] = [SERIES_SOLE, SERIES_UNKNOWN, SERIES_PAIRS, SERIES_TURNS];
/// So many of the strongest others may be partners.
const PARTNERS: usize = 8;

/// What the looks of a case read, each site where it was read first.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// What was read at each site by the first look that read it.
    pub observed: &'a [Observed],
    /// The number of that look, from 0.
    pub first_look: &'a [u32],
    /// The copies.
    pub rows: &'a Rows,
    /// The look with which each copy entered the case, from 0.
    pub entered: &'a [u32],
    /// How many looks there are.
    pub looks: u32,
}

impl Series<'_> {
    /// The process of each of these copies after each look, from the first; before a copy's entry it is 1.
    ///
    /// # Errors
    /// When columns or symbols are not possible ones, or the widths differ.
    pub fn processes(&self, copies: &[usize]) -> Result<Vec<Vec<Log2>>, Error> {
        check(self.observed, self.rows)?;
        let (columns, rows) = (self.observed.len(), self.rows.count());
        if self.first_look.len() != columns || self.entered.len() != rows {
            return Err(Error::Shape { symbols: self.rows.symbols.len(), columns });
        }
        let bettors = Bettors::new(self.observed);
        let lists: Vec<Vec<usize>> = (0..self.looks).map(|look| self.strongest(look)).collect();
        let process = |&copy: &usize| self.process(&bettors, &lists, copy);
        Ok(copies.par_iter().map(process).collect())
    }

    /// The copies that had entered by a look, by how well they explain all that was read until then as its sole
    /// source: one more of them than may be partners.
    fn strongest(&self, look: u32) -> Vec<usize> {
        let sole = Hypothesis { size: 1, strategy: Strategy::Interleaving, noise_percent: 5 };
        let scores = tail::scores(self.observed, &sole, &[]);
        let known: Vec<usize> =
            (0..self.observed.len()).filter(|&column| self.first_look[column] <= look).collect();
        let score = |copy: usize| -> i64 {
            let row = self.rows.row(copy);
            let present = known.iter().filter(|&&column| row[column] != ABSENT);
            present.map(|&column| i64::from(scores[column][usize::from(row[column])])).sum()
        };
        let entered = (0..self.rows.count()).filter(|&copy| self.entered[copy] <= look);
        let mut order: Vec<(std::cmp::Reverse<i64>, usize)> =
            entered.map(|copy| (std::cmp::Reverse(score(copy)), copy)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, copy)| copy).take(PARTNERS + 1).collect()
    }

    fn process(&self, bettors: &Bettors, lists: &[Vec<usize>], copy: usize) -> Vec<Log2> {
        let mut processes =
            [LAZINESS.map(|(_, parts)| Log2::floor_ratio(parts, LAZINESS_WHOLE)); KINDS.len()];
        for (process, share) in processes.iter_mut().zip(KINDS) {
            *process = process.map(|part| part + Log2::floor_ratio(share, WHOLE));
        }
        let mut after = Vec::new();
        for look in 0..self.looks {
            if look >= self.entered[copy]
                && let Some(factors) = self.factors(bettors, lists, copy, look)
            {
                processes.iter_mut().zip(factors).for_each(|(process, factor)| bet(process, factor));
            }
            let all = processes.concat();
            after.push(if look < self.entered[copy] { Log2::ZERO } else { Log2::sum_down(&all) });
        }
        after
    }

    /// log2 of the factor of a look for each kind, rounded down; `None` when it read no fresh site of the copy.
    fn factors(
        &self,
        bettors: &Bettors,
        lists: &[Vec<usize>],
        copy: usize,
        look: u32,
    ) -> Option<[Log2; KINDS.len()]> {
        let row = self.rows.row(copy);
        // The sites of each look from the copy's entry on, those of this look last.
        let mut looks: Vec<Vec<usize>> = vec![Vec::new(); (look + 1) as usize];
        for (column, &first) in self.first_look.iter().enumerate() {
            if row[column] != ABSENT && first >= self.entered[copy] && first <= look {
                looks[first as usize].push(column);
            }
        }
        let fresh = looks.pop().filter(|fresh| !fresh.is_empty())?;
        // The strongest before this look: had it a say in who they are, those whom it resembles by chance would be
        // among them, and explain it as well as the source does.
        let listed =
            (look as usize).checked_sub(1).map(|before| lists[before].as_slice()).unwrap_or_default();
        let partners = listed.iter().copied().filter(|&other| other != copy).take(PARTNERS).collect();
        let looked = Looked { rows: self.rows, row, partners, fresh, before: looks };
        Some([
            looked.alone(&bettors.sole),
            looked.alone(&bettors.unknown),
            looked.paired(bettors),
            looked.turns(&bettors.sole),
        ])
    }
}

/// What each lazy process has after a factor.
fn bet(process: &mut [Log2; LAZINESS.len()], factor: Log2) {
    for (process, (parts, _)) in process.iter_mut().zip(LAZINESS) {
        let kept = Log2::floor_ratio(parts - 1, parts);
        *process = *process + Log2::sum_down(&[kept, factor + Log2::floor_ratio(1, parts)]);
    }
}

/// A look as one copy meets it.
struct Looked<'a> {
    rows: &'a Rows,
    row: &'a [u8],
    partners: Vec<usize>,
    /// The columns that the look read first.
    fresh: Vec<usize>,
    /// Those of each look before.
    before: Vec<Vec<usize>>,
}

impl Looked<'_> {
    /// The factor of hypotheses with nobody known, by their prior shares.
    fn alone(&self, bettors: &[(Bettor, Log2)]) -> Log2 {
        let bets: Vec<(Log2, Log2)> =
            bettors.iter().map(|(bettor, share)| self.with_partner(bettor, None, *share)).collect();
        ratio(&bets)
    }

    /// The factor of coalitions of two with a known partner; while none is known, with an unknown one.
    fn paired(&self, bettors: &Bettors) -> Log2 {
        if self.partners.is_empty() {
            return self.alone(&bettors.unknown);
        }
        let of = |bettor| self.partners.iter().map(move |&other| (bettor, other));
        let pairs = bettors.pairs.iter().flat_map(of);
        ratio(&pairs.map(|(b, other)| self.with_partner(b, Some(other), Log2::ZERO)).collect::<Vec<_>>())
    }

    /// A hypothesis's worth with this look, and with the copy's own symbols in it averaged out.
    fn with_partner(&self, bettor: &Bettor, partner: Option<usize>, share: Log2) -> (Log2, Log2) {
        let held = |column: usize| partner.map_or(ABSENT, |partner| self.rows.row(partner)[column]);
        let site = |&column: &usize| bettor.with(column, held(column), self.row[column]);
        let worth = share + self.before.iter().flatten().map(site).sum();
        let averaged = self.fresh.iter().map(|&c| bettor.without(c, held(c))).sum();
        (worth + self.fresh.iter().map(site).sum(), worth + averaged)
    }

    /// The factor of sole sources who take turns with a partner: each look is one's alone.
    fn turns(&self, sole: &[(Bettor, Log2)]) -> Log2 {
        let others: Vec<Option<usize>> = match self.partners.is_empty() {
            true => vec![None],
            false => self.partners.iter().copied().map(Some).collect(),
        };
        let mut bets = Vec::new();
        for (sole, share) in sole {
            let averaged = |columns: &[usize]| columns.iter().map(|&c| sole.without(c, ABSENT)).sum::<Log2>();
            for other in &others {
                let of_other = |columns: &[usize]| match other {
                    Some(other) => sole.sum(self.rows.row(*other), columns),
                    None => averaged(columns),
                };
                let own = |columns: &[usize]| sole.sum(self.row, columns);
                let either = |columns: &Vec<usize>| Log2::sum_down(&[own(columns), of_other(columns)]);
                let worth = *share + self.before.iter().map(either).sum();
                let others = of_other(&self.fresh);
                let with = Log2::sum_down(&[own(&self.fresh), others]);
                bets.push((worth + with, worth + Log2::sum_up(&[averaged(&self.fresh), others])));
            }
        }
        ratio(&bets)
    }
}

/// What all are worth with the copy's own symbols, over what they are worth without, rounded down.
fn ratio(bets: &[(Log2, Log2)]) -> Log2 {
    let (with, without): (Vec<Log2>, Vec<Log2>) = bets.iter().copied().unzip();
    Log2::sum_down(&with) - Log2::sum_up(&without)
}

/// The hypotheses that bet, with their prior shares within their kind.
struct Bettors {
    sole: Vec<(Bettor, Log2)>,
    /// Coalitions of two to four of whom nobody else is known.
    unknown: Vec<(Bettor, Log2)>,
    /// Coalitions of two with a known partner; each as good as the other.
    pairs: Vec<Bettor>,
}

impl Bettors {
    fn new(observed: &[Observed]) -> Bettors {
        let pairs = of_size(2).iter().map(|hypothesis| Bettor::new(observed, hypothesis, 2)).collect();
        Bettors { sole: alone(observed, 1..=1), unknown: alone(observed, 2..=4), pairs }
    }
}

/// The hypotheses of some sizes with nobody known; those that say the same at every site bet together.
fn alone(observed: &[Observed], sizes: std::ops::RangeInclusive<usize>) -> Vec<(Bettor, Log2)> {
    let mut alone: Vec<(Bettor, Log2)> = Vec::new();
    for size in sizes {
        let hypotheses = of_size(size);
        let each = Log2::floor_ratio(1, hypotheses.len() as u128);
        for hypothesis in hypotheses {
            let bettor = Bettor::new(observed, &hypothesis, 1);
            match alone.iter_mut().find(|(other, _)| *other == bettor) {
                Some((_, so_far)) => *so_far = Log2::sum_down(&[*so_far, each]),
                None => alone.push((bettor, each)),
            }
        }
    }
    alone
}

/// What one hypothesis says at every site.
#[derive(PartialEq)]
struct Bettor {
    sites: Vec<std::sync::Arc<Site>>,
}

#[derive(PartialEq)]
struct Site {
    variants: usize,
    /// By what the partner holds, the last for one of whom nothing is known, and by the own symbol: rounded down.
    with: Vec<Log2>,
    /// By what the partner holds: with the own symbols averaged out, rounded up.
    without: Vec<Log2>,
}

impl Bettor {
    fn new(observed: &[Observed], hypothesis: &Hypothesis, members: usize) -> Bettor {
        let mut known = BTreeMap::new();
        let site = |site: &Observed| {
            let new = || std::sync::Arc::new(Site::new(site, hypothesis, members));
            known.entry(site.clone()).or_insert_with(new).clone()
        };
        Bettor { sites: observed.iter().map(site).collect() }
    }

    fn with(&self, column: usize, partner: u8, own: u8) -> Log2 {
        let site = &self.sites[column];
        site.with[site.place(partner) * site.variants + usize::from(own)]
    }

    fn without(&self, column: usize, partner: u8) -> Log2 {
        let site = &self.sites[column];
        site.without[site.place(partner)]
    }

    /// A sole source's worth at these columns; one that it lacks may hold anything.
    fn sum(&self, row: &[u8], columns: &[usize]) -> Log2 {
        let held = |&c: &usize| match row[c] {
            ABSENT => self.without(c, ABSENT),
            own => self.with(c, ABSENT, own),
        };
        columns.iter().map(held).sum()
    }
}

impl Site {
    fn new(site: &Observed, hypothesis: &Hypothesis, members: usize) -> Site {
        let q = site.variants();
        let best = site.likelihoods.iter().max().map_or(1, |l| u128::from(l.0));
        let chances = |known: usize| hypothesis.table(q, known);
        let unit = |known: usize| best * u128::from(hypothesis.unit(q, known));
        let (mut with, mut without) = (Vec::new(), Vec::new());
        let mut add = |table: &[[u64; 16]], unit: u128| {
            let l = |chances: &[u64; 16]| -> u128 {
                site.likelihoods.iter().zip(chances).map(|(l, &p)| u128::from(l.0) * u128::from(p)).sum()
            };
            with.extend(table.iter().map(|chances| Log2::floor_ratio(l(chances), unit)));
            let total: u128 = table.iter().map(l).sum();
            without.push(Log2::ceil_ratio(total, unit * q as u128));
        };
        if members == 2 {
            chances(2).chunks(q).for_each(|table| add(table, unit(2)));
        }
        add(&chances(1), unit(1));
        Site { variants: q, with, without }
    }

    /// Where the entries for what the partner holds are.
    fn place(&self, partner: u8) -> usize {
        if partner == ABSENT { self.without.len() - 1 } else { usize::from(partner) }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The tests compare with the machine's own logarithm.
mod tests {
    use super::*;
    use tellmark_core::Likelihood;

    fn value(x: Log2) -> f64 {
        (x.0 as f64 / (1u64 << 32) as f64).exp2()
    }

    fn codewords(observed: &[Observed]) -> Vec<Vec<u8>> {
        let mut all = vec![Vec::new()];
        for site in observed {
            let more =
                |word: Vec<u8>| (0..site.variants() as u8).map(move |x| [word.as_slice(), &[x]].concat());
            all = all.into_iter().flat_map(more).collect();
        }
        all
    }

    fn processes(observed: &[Observed], first_look: &[u32], own: &[u8], others: &[&[u8]]) -> Vec<Log2> {
        let rows = Rows { columns: observed.len(), symbols: [&[own], others].concat().concat() };
        let entered = vec![0; others.len() + 1];
        let looks = first_look.iter().max().map_or(1, |last| last + 1);
        let series = Series { observed, first_look, rows: &rows, entered: &entered, looks };
        series.processes(&[0]).unwrap().remove(0)
    }

    #[test]
    fn it_is_a_martingale_for_an_innocent_copy() {
        let soft = Observed { likelihoods: [1 << 24, 1 << 20, 3].map(Likelihood).to_vec() };
        let observed =
            [Observed::hard(2, 1), soft, Observed::hard(2, 0), Observed::hard(3, 2), Observed::hard(2, 1)];
        let first_look = [0, 0, 1, 2, 2];
        let others: [&[u8]; 3] = [&[1, 0, 0, 2, 1], &[1, 1, 1, 2, 0], &[0, ABSENT, 0, 1, 1]];
        let words = codewords(&observed);
        // Over every continuation of what a copy holds at the sites of earlier looks, the mean stays.
        let all: Vec<(Vec<u8>, Vec<Log2>)> = words
            .into_iter()
            .map(|word| (word.clone(), processes(&observed, &first_look, &word, &others)))
            .collect();
        for (look, sites) in [(0, 0), (1, 2), (2, 3)] {
            let mut means: BTreeMap<&[u8], (f64, f64, f64)> = BTreeMap::new();
            for (word, after) in &all {
                let before = if look == 0 { 1.0 } else { value(after[look - 1]) };
                let entry = means.entry(&word[..sites]).or_insert((0.0, 0.0, before));
                entry.0 += value(after[look]);
                entry.1 += 1.0;
            }
            for (sum, count, before) in means.values() {
                let mean = sum / count;
                assert!(mean <= before * (1.0 + 1e-12) && mean > before * (1.0 - 1e-5), "{mean} {before}");
            }
        }
    }

    #[test]
    fn it_grows_for_the_source_and_waits_through_a_leak_of_another() {
        let q = 2;
        let draw = |seed: u64| -> Vec<u8> {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 33) as u8 % q
            };
            (0..80).map(|_| next()).collect()
        };
        let (source, other) = (draw(11), draw(29));
        let first_look: Vec<u32> = (0..80).map(|i| i / 20).collect();
        // The second look is a leak of somebody else's.
        let shown = |i: usize| if (20..40).contains(&i) { other[i] } else { source[i] };
        let observed: Vec<Observed> = (0..80).map(|i| Observed::hard(q, shown(i))).collect();
        let after = processes(&observed, &first_look, &source, &[&other, &draw(41)]);
        assert!(after[0] > Log2::from_bits(10), "{after:?}");
        assert!(after[1] < after[0] && after[1] > Log2::from_bits(6), "{after:?}");
        assert!(after[3] > Log2::from_bits(25), "{after:?}");
        assert!(value(processes(&observed, &first_look, &draw(97), &[&source, &other])[3]) < 10.0);
        // With the other one on the list that look costs next to nothing.
        let unlisted = processes(&observed, &first_look, &source, &[&draw(41)]);
        assert!(after[1] > unlisted[1] && after[3] > unlisted[3], "{after:?} {unlisted:?}");
    }

    #[test]
    fn who_enters_late_starts_with_nothing() {
        let observed = vec![Observed::hard(2, 1); 20];
        let first_look: Vec<u32> = (0..20).map(|i| i / 10).collect();
        let rows = Rows { columns: 20, symbols: vec![1; 40] };
        let series =
            Series { observed: &observed, first_look: &first_look, rows: &rows, entered: &[0, 1], looks: 2 };
        let both = series.processes(&[0, 1]).unwrap();
        assert_eq!(both[1][0], Log2::ZERO);
        assert!(both[0][1] > both[1][1] && both[1][1] > Log2::ZERO);
        assert!(Series { first_look: &[], ..series }.processes(&[0]).is_err());
    }
}
