//! All copies weighed: alone, with one partner, with two; each step only while it is worth its work.
//!
//! The e-value of a copy is a sum of parts with fixed shares (`shares`), each of mean 1 at most and none
//! negative. What has been added up so far is a lower bound of it: so the work may stop after any part, for any
//! reason, and the bound stays.

use rayon::prelude::*;
use tellmark_core::fixed::Log2;

use crate::Error;
use crate::believed::Pool;
use crate::hypotheses::SIZES;
use crate::joint::{ALONE, Belief, Field, Level, NONE, Packed, Partners, Scaled, Weighed};
use crate::score::{Observed, Rows, Score, check};
use crate::shares::{self, PAIRS, TAIL_PAIRS, TAIL_WHOLE, TRIPLES, WHOLE};

/// So many of the strongest copies are partners of copies that are not among the rows.
const STRANGERS_PARTNERS: usize = 8;
/// So many pairs of partners, those that the reading makes likeliest, stand beside copies that are not among the rows.
const STRANGERS_PAIRS: usize = 16;

/// How much is looked at. Which partners are on a list is decided by the number of copies alone and by what the
/// *other* copies hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Up to so many copies, each is weighed with each other one; beyond, with those on a list.
    pub pairs_all: usize,
    /// How many of the strongest others are on the list of partners.
    pub pairs_listed: usize,
    /// Up to so many triples times hypotheses, all are weighed at once.
    pub triples_at_once: u64,
    /// Up to so many, all are weighed when nothing else sufficed.
    pub triples_at_last: u64,
    /// Up to so many triples from the list times hypotheses are weighed even if what was found before suffices.
    pub listed_at_once: u64,
    /// How many of the strongest others are on the list of pairs of partners.
    pub triples_listed: usize,
    /// Only so many copies, the strongest ones, are weighed with partners at all.
    pub copies: usize,
}

impl Default for Work {
    fn default() -> Work {
        Work {
            pairs_all: 2_000,
            pairs_listed: 64,
            triples_at_once: 200_000_000,
            triples_at_last: 7_000_000_000,
            listed_at_once: 20_000_000,
            triples_listed: 24,
            copies: 4_096,
        }
    }
}

/// How far the work went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Each copy with partners that are not on the list.
    #[default]
    Alone,
    /// With one partner of the strongest.
    PairsListed,
    /// With any partner.
    Pairs,
    /// With two partners of the strongest.
    TriplesListed,
    /// With any two partners.
    Triples,
}

/// The scores of all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scores {
    /// One for each row.
    pub scores: Vec<Score>,
    /// How far the work went.
    pub reach: Reach,
    /// The pairs of copies that the reading makes likeliest as partners of a third, the likeliest first; none where
    /// no copy was weighed with two partners.
    pub believed: Vec<Partners>,
}

/// Copies and what was read, ready to be weighed.
pub struct Weighing<'a> {
    observed: &'a [Observed],
    rows: &'a Rows,
    field: Field<'a>,
    alone: Vec<Alone>,
    /// Rows by how strong they are alone, the strongest first; equal ones in their order.
    order: Vec<u32>,
}

impl<'a> Weighing<'a> {
    /// Weighs every copy alone.
    ///
    /// # Errors
    /// When columns or symbols are not possible ones.
    pub fn new(observed: &'a [Observed], rows: &'a Rows) -> Result<Weighing<'a>, Error> {
        check(observed, rows)?;
        let field = Field::new(observed, rows);
        let alone = Alone::all(&field, &field.packed);
        let key = |(row, alone): (usize, &Alone)| (std::cmp::Reverse(alone.e.log_down()), row as u32);
        let mut keyed: Vec<(std::cmp::Reverse<Log2>, u32)> = alone.par_iter().enumerate().map(key).collect();
        keyed.par_sort_unstable();
        let order = keyed.into_iter().map(|(_, row)| row).collect();
        Ok(Weighing { observed, rows, field, alone, order })
    }

    /// The scores, as far as `work` allows and until `suffices` says of the scores so far that they do.
    pub fn scores(&self, work: &Work, suffices: impl Fn(&[Score]) -> bool) -> Scores {
        let mut progress = Progress::new(self);
        let copies = self.rows.count();
        if copies >= 2 && self.field.layout.positions > 0 {
            progress.pairs(self, work);
        } else {
            progress.tail(&Pool::alone(self.observed, &self.field.layout), self, (1, 1), |_| NONE);
        }
        if copies >= 3 && self.field.layout.positions > 0 {
            progress.triples(self, work, suffices);
        }
        progress.done()
    }

    /// The scores with all partners up to a reach, never with those on a list, whatever the work: what somebody who
    /// checks a finding computes. Anything below [`Reach::Pairs`] weighs copies alone, anything below
    /// [`Reach::Triples`] with every one partner. Where the tracer reached as far, these are its scores, bit by bit.
    pub fn recount(&self, reach: Reach) -> Scores {
        let mut progress = Progress::new(self);
        let all = Work { pairs_all: usize::MAX, triples_at_once: u64::MAX, ..Work::default() };
        let copies = self.rows.count();
        let has_sites = self.field.layout.positions > 0;
        if copies >= 2 && has_sites && reach >= Reach::Pairs {
            progress.pairs(self, &all);
        } else {
            progress.tail(&Pool::alone(self.observed, &self.field.layout), self, (1, 1), |_| NONE);
        }
        if copies >= 3 && has_sites && reach >= Reach::Triples {
            progress.triples(self, &all, |_| false);
        }
        progress.done()
    }

    /// How many costs [`Weighing::recount`] adds up to come so far and not less far: copies (or pairs, or triples of
    /// them) times hypotheses times half bytes of a codeword.
    pub fn amount(&self, reach: Reach) -> u64 {
        let count = self.rows.count() as u64;
        let pairs = count.saturating_mul(count.saturating_sub(1));
        let (sets, hypotheses) = match reach {
            Reach::Alone => (count, SIZES.map(|size| self.field.hypotheses(size, 0)).sum()),
            Reach::PairsListed | Reach::Pairs => (pairs, self.field.hypotheses(2, 1)),
            Reach::TriplesListed | Reach::Triples => (
                pairs.saturating_mul(count.saturating_sub(2)) / 6,
                self.field.hypotheses(3, 2) + self.field.hypotheses(4, 2),
            ),
        };
        sets.saturating_mul(hypotheses).saturating_mul(self.field.layout.positions as u64)
    }

    /// The scores of copies that are not among the rows: decoys, or what chance could have dealt. They are weighed
    /// alone, with one of the eight strongest copies as a partner, and with two partners of these pairs: those that
    /// [`Scores::believed`] holds when the rows themselves had to be weighed so.
    ///
    /// # Errors
    /// When columns or symbols are not possible ones.
    pub fn strangers(&self, strangers: &Rows, pairs: &[Partners]) -> Result<Vec<Score>, Error> {
        check(self.observed, strangers)?;
        if strangers.symbols.contains(&crate::ABSENT) {
            return Err(Error::Absent);
        }
        let packed = self.field.pack(strangers, &(0..strangers.count() as u32).collect::<Vec<_>>());
        let mut weighed = Alone::all(&self.field, &packed);
        let mut pool = Pool::alone(self.observed, &self.field.layout);
        if !self.order.is_empty() && self.field.layout.positions > 0 {
            let sets = singly(&self.listed(STRANGERS_PARTNERS));
            let level = self.field.level(2, &sets, &Weighed::Others(&packed));
            for (alone, &ratio) in weighed.iter_mut().zip(&level.ratio) {
                alone.e = alone.e.plus(part(ratio, PAIRS));
            }
            pool = pool.with(2, &sets, &level.belief, PAIRS);
            for size in [3, 4].into_iter().filter(|_| !pairs.is_empty()) {
                let level = self.field.level(size, pairs, &Weighed::Others(&packed));
                for (alone, &ratio) in weighed.iter_mut().zip(&level.ratio) {
                    alone.e = alone.e.plus(part(ratio, TRIPLES));
                }
                pool = pool.with(size, pairs, &level.belief, TRIPLES);
            }
        }
        let p = pool.p_values(self.observed, self.rows, strangers, |_| NONE);
        let counts = agreements(self.observed, strangers);
        let scores = weighed.iter().zip(p).zip(counts);
        Ok(scores.map(|((alone, p), counts)| score(alone, p, counts)).collect())
    }

    /// The partners with whom a copy is weighed when `count` are on the list: the strongest of the others.
    pub fn partners_of(&self, copy: usize, count: usize) -> Vec<usize> {
        let others = self.order.iter().map(|&row| row as usize).filter(|&row| row != copy);
        others.take(count).collect()
    }

    /// For each row whom to leave out of the strongest `count`, so that the list is that of the strongest others:
    /// itself when it is one of them, and the last of them when it is not.
    fn last_of(&self, count: usize) -> impl Fn(usize) -> u32 + '_ {
        let inside = self.listed(count);
        move |copy| match inside.contains(&(copy as u32)) {
            true => copy as u32,
            false => inside.last().copied().unwrap_or(NONE),
        }
    }

    /// The strongest rows.
    fn listed(&self, count: usize) -> Vec<u32> {
        self.order.iter().copied().take(count).collect()
    }
}

/// What a reading says about one copy so far.
#[derive(Debug, Clone, Copy)]
struct Alone {
    /// The sum of its parts.
    e: Scaled,
    /// The largest coalition up to which every hypothesis with unknown partners is contradicted.
    contradicted: u8,
}

impl Alone {
    /// Weighs copies with nobody known beside them.
    fn all(field: &Field<'_>, packed: &Packed) -> Vec<Alone> {
        let mut all = vec![Alone { e: Scaled::ZERO, contradicted: 0 }; packed.copies];
        for (size, share) in SIZES.zip(shares::ALONE) {
            let level = field.level(size, &ALONE, &Weighed::Others(packed));
            for (alone, (&ratio, contradicted)) in
                all.iter_mut().zip(level.ratio.iter().zip(level.contradicted))
            {
                alone.e = alone.e.plus(part(ratio, share));
                if contradicted && usize::from(alone.contradicted) == size - 1 {
                    alone.contradicted = size as u8;
                }
            }
        }
        all
    }
}

fn score(alone: &Alone, p: Log2, [agree, against]: [u32; 2]) -> Score {
    // Adding up the parts rounds too.
    Score { e: alone.e.down().log_down(), p, contradicted: alone.contradicted, agree, against }
}

/// A ratio times its share of the whole.
fn part(ratio: Scaled, share: u128) -> Scaled {
    ratio.times(Scaled::new(share as f64 / WHOLE as f64, 0))
}

/// How many sites of each row agree with the likeliest variant, and how many do not.
fn agreements(observed: &[Observed], rows: &Rows) -> Vec<[u32; 2]> {
    let best: Vec<(usize, u8)> =
        observed.iter().enumerate().filter_map(|(column, site)| Some((column, site.best()?))).collect();
    let of_row = |row: usize| {
        let row = rows.row(row);
        let mut counts = [0, 0];
        for &(column, best) in best.iter().filter(|(column, _)| row[*column] != crate::ABSENT) {
            counts[usize::from(row[column] != best)] += 1;
        }
        counts
    };
    (0..rows.count()).into_par_iter().map(of_row).collect()
}

fn singly(copies: &[u32]) -> Vec<Partners> {
    copies.iter().map(|&copy| [copy, NONE]).collect()
}

fn pairs(copies: &[u32]) -> Vec<Partners> {
    let firsts = copies.iter().enumerate();
    firsts.flat_map(|(at, &first)| copies[at + 1..].iter().map(move |&second| [first, second])).collect()
}

/// What is known so far.
struct Progress {
    weighed: Vec<Alone>,
    p: Vec<Log2>,
    counts: Vec<[u32; 2]>,
    /// Up to which size every hypothesis with known partners contradicts each copy.
    beside: Vec<u8>,
    reach: Reach,
    believed: Vec<Partners>,
}

impl Progress {
    fn new(weighing: &Weighing<'_>) -> Progress {
        let copies = weighing.alone.len();
        Progress {
            weighed: weighing.alone.clone(),
            p: vec![Log2::ZERO; copies],
            counts: agreements(weighing.observed, weighing.rows),
            beside: vec![1; copies],
            reach: Reach::Alone,
            believed: Vec::new(),
        }
    }

    fn pairs(&mut self, weighing: &Weighing<'_>, work: &Work) {
        let copies = self.weighed.len();
        let listed = if copies <= work.pairs_all { copies } else { work.pairs_listed.min(copies - 1) };
        let share = (TAIL_PAIRS, TAIL_WHOLE);
        let pool = Pool::alone(weighing.observed, &weighing.field.layout);
        if listed == copies {
            let sets = singly(&(0..copies as u32).collect::<Vec<_>>());
            let level = weighing.field.level(2, &sets, &Weighed::Field);
            self.add(&level, 0..copies, 2, PAIRS);
            self.tail(&pool.with(2, &sets, &level.belief, PAIRS), weighing, share, |copy| copy as u32);
            self.reach = Reach::Pairs;
        } else {
            let (sets, beliefs) = self.listed(weighing, work, listed, &[(2, PAIRS)], singly);
            let pool = pool.with(2, &sets, &beliefs[0], PAIRS);
            self.tail(&pool, weighing, share, weighing.last_of(listed + 1));
            self.reach = Reach::PairsListed;
        }
    }

    fn triples(&mut self, weighing: &Weighing<'_>, work: &Work, suffices: impl Fn(&[Score]) -> bool) {
        let copies = self.weighed.len();
        let hypotheses = weighing.field.hypotheses(3, 2) + weighing.field.hypotheses(4, 2);
        let count = copies as u64;
        let triples = count.saturating_mul(count - 1).saturating_mul(count.saturating_sub(2)) / 6;
        let amount = triples.saturating_mul(hypotheses);
        let is_all = amount <= work.triples_at_once;
        let rest = (TAIL_WHOLE - TAIL_PAIRS, TAIL_WHOLE);
        let half = (rest.0, 2 * rest.1);
        if !is_all {
            let may_be_all = amount <= work.triples_at_last;
            let share = if may_be_all { TRIPLES / 2 } else { TRIPLES };
            let listed = work.triples_listed.min(copies - 1);
            let sets = (listed * (listed + 1) / 2) as u64;
            let weighed = copies.min(work.copies) as u64;
            if sets * weighed * hypotheses > work.listed_at_once && suffices(&self.scores()) {
                return;
            }
            let (sets, beliefs) = self.listed(weighing, work, listed, &[(3, share), (4, share)], pairs);
            let pool =
                Pool::default().with(3, &sets, &beliefs[0], TRIPLES).with(4, &sets, &beliefs[1], TRIPLES);
            let share = if may_be_all { half } else { rest };
            self.tail(&pool, weighing, share, weighing.last_of(listed + 1));
            self.believed = pool.sets(STRANGERS_PAIRS);
            self.reach = Reach::TriplesListed;
            if !may_be_all || suffices(&self.scores()) {
                return;
            }
        }
        let sets = pairs(&(0..copies as u32).collect::<Vec<_>>());
        let mut pool = Pool::default();
        for size in [3, 4] {
            let level = weighing.field.level(size, &sets, &Weighed::Triples);
            self.add(&level, 0..copies, size as u8, if is_all { TRIPLES } else { TRIPLES / 2 });
            pool = pool.with(size, &sets, &level.belief, TRIPLES);
        }
        self.tail(&pool, weighing, if is_all { rest } else { half }, |copy| copy as u32);
        self.believed = pool.sets(STRANGERS_PAIRS);
        self.reach = Reach::Triples;
    }

    /// Weighs copies with partners from a list: each copy's list are the strongest others. Returns the sets from
    /// the list that is one longer, and for each size what is believed of them.
    fn listed(
        &mut self,
        weighing: &Weighing<'_>,
        work: &Work,
        listed: usize,
        sizes: &[(usize, u128)],
        sets: impl Fn(&[u32]) -> Vec<Partners>,
    ) -> (Vec<Partners>, Vec<Vec<Belief>>) {
        let inside = weighing.listed(listed + 1);
        let outside = weighing.order.iter().skip(listed + 1).take(work.copies).copied();
        let outside: Vec<u32> = outside.collect();
        let field = weighing.field.of(weighing.rows, &inside);
        let others = weighing.field.pack(weighing.rows, &outside);
        let places = sets(&(0..inside.len() as u32).collect::<Vec<_>>());
        let mut beliefs = Vec::new();
        for &(size, share) in sizes {
            let level = field.level(size, &places, &Weighed::Listed(&others));
            self.add(&level, inside.iter().chain(&outside).map(|&copy| copy as usize), size as u8, share);
            beliefs.push(level.belief);
        }
        (sets(&inside), beliefs)
    }

    fn add(&mut self, level: &Level, copies: impl Iterator<Item = usize>, size: u8, share: u128) {
        for ((copy, &ratio), &contradicted) in copies.zip(&level.ratio).zip(&level.contradicted) {
            self.weighed[copy].e = self.weighed[copy].e.plus(part(ratio, share));
            if contradicted && self.beside[copy] == size - 1 {
                self.beside[copy] = size;
            }
        }
    }

    /// The tail by one more pool, which has this part of all.
    fn tail(
        &mut self,
        pool: &Pool,
        weighing: &Weighing<'_>,
        (part, whole): (u128, u128),
        left_out: impl Fn(usize) -> u32,
    ) {
        let p = pool.p_values(weighing.observed, weighing.rows, weighing.rows, left_out);
        let cost = Log2::ceil_ratio(whole, part);
        for (so_far, p) in self.p.iter_mut().zip(p) {
            *so_far = (p + cost).min(*so_far);
        }
    }

    fn scores(&self) -> Vec<Score> {
        let each = self.weighed.iter().zip(&self.p).zip(&self.counts);
        each.map(|((alone, &p), &counts)| score(alone, p, counts)).collect()
    }

    fn done(mut self) -> Scores {
        for (alone, &beside) in self.weighed.iter_mut().zip(&self.beside) {
            alone.contradicted = alone.contradicted.min(beside);
        }
        Scores { scores: self.scores(), reach: self.reach, believed: self.believed }
    }
}
