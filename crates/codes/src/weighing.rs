//! All copies weighed: alone, with one partner, with two; each step only while it is worth its work.
//!
//! The e-value of a copy is a sum of parts with fixed shares (`shares`), each of mean 1 at most and none
//! negative. What has been added up so far is a lower bound of it: so the work may stop after any part, for any
//! reason, and the bound stays.

use tellmark_core::fixed::Log2;

use crate::Error;
use crate::alone::{self, Alone};
use crate::believed::Pool;
use crate::joint::{Belief, Field, Level, NONE, Packed, Partners, Weighed};
use crate::score::{Observed, Rows, Score, check};
use crate::shares::{PAIRS, TAIL_PAIRS, TAIL_WHOLE, TRIPLES, WHOLE};

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
            triples_listed: 24,
            copies: 4_096,
        }
    }
}

/// How far the work went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Each copy with partners that are not on the list.
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
        let alone = alone::weigh(observed, rows);
        let mut order: Vec<u32> = (0..alone.len() as u32).collect();
        order.sort_by_key(|&row| (std::cmp::Reverse(alone[row as usize].e), row));
        Ok(Weighing { observed, rows, field: Field::new(observed, rows), alone, order })
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

    /// The scores of copies that are not among the rows: decoys, or what chance could have dealt. They are weighed
    /// alone and with one partner on the list.
    ///
    /// # Errors
    /// When columns or symbols are not possible ones.
    pub fn strangers(&self, strangers: &Rows, work: &Work) -> Result<Vec<Score>, Error> {
        check(self.observed, strangers)?;
        if strangers.symbols.contains(&crate::ABSENT) {
            return Err(Error::Absent);
        }
        let mut scores: Vec<Score> = alone::weigh(self.observed, strangers).iter().map(score).collect();
        let mut pool = Pool::alone(self.observed, &self.field.layout);
        if !self.order.is_empty() && self.field.layout.positions > 0 {
            let sets = singly(&self.listed(work.pairs_listed.min(32)));
            let packed = Packed::new(&self.field.layout, strangers, 0..strangers.count());
            let level = self.field.level(2, &sets, &Weighed::Others(&packed));
            for (score, &ratio) in scores.iter_mut().zip(&level.ratio) {
                add(score, ratio, PAIRS);
            }
            pool = pool.with(2, &sets, &level.belief, PAIRS);
        }
        let p = pool.p_values(self.observed, self.rows, strangers, |_| NONE);
        scores.iter_mut().zip(p).for_each(|(score, p)| score.p = p);
        Ok(scores)
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

/// A copy alone as a score whose tail is not yet known.
fn score(alone: &Alone) -> Score {
    Score {
        e: alone.e,
        p: Log2::ZERO,
        contradicted: alone.contradicted,
        agree: alone.agree,
        against: alone.against,
    }
}

fn add(score: &mut Score, ratio: Log2, share: u128) {
    score.e = Log2::sum_down(&[score.e, ratio + Log2::floor_ratio(share, WHOLE)]);
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
    scores: Vec<Score>,
    /// Up to which size every hypothesis with known partners contradicts each copy.
    beside: Vec<u8>,
    reach: Reach,
}

impl Progress {
    fn new(weighing: &Weighing<'_>) -> Progress {
        let scores: Vec<Score> = weighing.alone.iter().map(score).collect();
        Progress { beside: vec![1; scores.len()], scores, reach: Reach::Alone }
    }

    fn pairs(&mut self, weighing: &Weighing<'_>, work: &Work) {
        let copies = self.scores.len();
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
        let copies = self.scores.len();
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
            let (sets, beliefs) = self.listed(weighing, work, listed, &[(3, share), (4, share)], pairs);
            let pool =
                Pool::default().with(3, &sets, &beliefs[0], TRIPLES).with(4, &sets, &beliefs[1], TRIPLES);
            let share = if may_be_all { half } else { rest };
            self.tail(&pool, weighing, share, weighing.last_of(listed + 1));
            self.reach = Reach::TriplesListed;
            if !may_be_all || suffices(&self.scores) {
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
            add(&mut self.scores[copy], ratio, share);
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
        for (score, p) in self.scores.iter_mut().zip(p) {
            score.p = score.p.min(p + cost);
        }
    }

    fn done(mut self) -> Scores {
        for (score, beside) in self.scores.iter_mut().zip(self.beside) {
            score.contradicted = score.contradicted.min(beside);
        }
        Scores { scores: self.scores, reach: self.reach }
    }
}
