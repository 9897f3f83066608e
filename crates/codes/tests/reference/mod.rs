//! The e-value with all partners, written down once more from `docs/formats/score.md`, in doubles and without any
//! of the tracer's code: coalitions are counted out member by member.

use tellmark_codes::Observed;

/// What a coalition shows of the variants that its members hold: the chance of each.
type Strategy = fn(&[usize], usize) -> Vec<f64>;

const STRATEGIES: [Strategy; 6] = [interleaving, majority, minority, coin, lowest, highest];
const NOISE: [f64; 3] = [0.01, 0.05, 0.15];

fn counts(held: &[usize], q: usize) -> Vec<f64> {
    (0..q).map(|v| held.iter().filter(|&&h| h == v).count() as f64).collect()
}

fn even(chosen: Vec<bool>) -> Vec<f64> {
    let ways = chosen.iter().filter(|&&c| c).count() as f64;
    chosen.into_iter().map(|c| if c { 1.0 / ways } else { 0.0 }).collect()
}

fn interleaving(held: &[usize], q: usize) -> Vec<f64> {
    counts(held, q).iter().map(|n| n / held.len() as f64).collect()
}
fn majority(held: &[usize], q: usize) -> Vec<f64> {
    let counts = counts(held, q);
    let most = counts.iter().copied().fold(0.0, f64::max);
    even(counts.iter().map(|&n| n == most).collect())
}
fn minority(held: &[usize], q: usize) -> Vec<f64> {
    let counts = counts(held, q);
    let fewest = counts.iter().copied().filter(|&n| n > 0.0).fold(f64::MAX, f64::min);
    even(counts.iter().map(|&n| n == fewest).collect())
}
fn coin(held: &[usize], q: usize) -> Vec<f64> {
    even(counts(held, q).iter().map(|&n| n > 0.0).collect())
}
fn lowest(held: &[usize], q: usize) -> Vec<f64> {
    even((0..q).map(|v| Some(&v) == held.iter().min()).collect())
}
fn highest(held: &[usize], q: usize) -> Vec<f64> {
    even((0..q).map(|v| Some(&v) == held.iter().max()).collect())
}

/// The likelihood of what was read at a site, given what the known members hold; the others hold anything.
fn likelihood(site: &Observed, known: &[usize], size: usize, strategy: Strategy, noise: f64) -> f64 {
    let q = site.likelihoods.len();
    if known.len() < size {
        let each = (0..q).map(|x| likelihood(site, &[known, &[x]].concat(), size, strategy, noise));
        return each.sum::<f64>() / q as f64;
    }
    let best = site.likelihoods.iter().map(|l| l.0).max().unwrap_or(1) as f64;
    let theta = strategy(known, q);
    let shown = theta.iter().map(|t| (1.0 - noise) * t + noise * (1.0 - t) / (q - 1) as f64);
    shown.zip(&site.likelihoods).map(|(p, l)| p * f64::from(l.0) / best).sum()
}

/// The same in eighths of a bit, as copies with known partners are weighed.
fn rounded(site: &Observed, known: &[usize], size: usize, strategy: Strategy, noise: f64) -> f64 {
    let q = site.likelihoods.len();
    let most = if q <= 2 {
        63.0
    } else if q <= 4 {
        127.0
    } else {
        255.0
    };
    let cost = (-8.0 * likelihood(site, known, size, strategy, noise).log2()).round();
    (-cost.clamp(0.0, most) / 8.0).exp2()
}

/// What rounding takes from the reading with nobody known.
fn bias(site: &Observed, members: usize, size: usize, strategy: Strategy, noise: f64) -> f64 {
    let q = site.likelihoods.len();
    let (mut exact, mut coarse) = (0.0, 0.0);
    for index in 0..q.pow(members as u32) {
        let held: Vec<usize> = (0..members).map(|k| index / q.pow(k as u32) % q).collect();
        exact += likelihood(site, &held, size, strategy, noise);
        coarse += rounded(site, &held, size, strategy, noise);
    }
    exact / coarse
}

/// Numerator and denominator of one size with `known` of these others known, summed over hypotheses.
fn ratio(
    observed: &[Observed],
    rows: &[&[u8]],
    own: usize,
    size: usize,
    known: usize,
    others: &[usize],
) -> f64 {
    let mut sets: Vec<Vec<usize>> = vec![vec![]];
    for _ in 0..known {
        let more = |set: &Vec<usize>| {
            let last = set.last().copied();
            let next = others.iter().copied().filter(move |&k| last.is_none_or(|last| k > last));
            let set = set.clone();
            next.map(move |k| [set.as_slice(), &[k]].concat()).collect::<Vec<_>>()
        };
        sets = sets.iter().flat_map(more).collect();
    }
    let strategies = if size == 1 { &STRATEGIES[..1] } else { &STRATEGIES[..] };
    let (mut up, mut down) = (0.0, 0.0);
    for &strategy in strategies {
        for noise in NOISE {
            for set in &sets {
                let (mut n, mut d) = (1.0, 1.0);
                for (column, site) in observed.iter().enumerate() {
                    let l = |held: &[usize]| rounded(site, held, size, strategy, noise);
                    let mut held: Vec<usize> = set.iter().map(|&k| usize::from(rows[k][column])).collect();
                    held.push(0);
                    let q = site.likelihoods.len();
                    let mut with = |x: usize| {
                        *held.last_mut().unwrap() = x;
                        l(&held)
                    };
                    let scale = bias(site, known + 1, size, strategy, noise);
                    d *= scale * (0..q).map(&mut with).sum::<f64>() / q as f64;
                    n *= scale * with(usize::from(rows[own][column]));
                }
                up += n;
                down += d;
            }
        }
    }
    up / down
}

/// Who may be a partner of a copy: numbers of rows other than its own, in rising order.
pub struct Partners {
    /// As the only one.
    pub of_two: Vec<usize>,
    /// As one of a pair: the parts for coalitions of three and four are shared evenly among these lists.
    pub of_three: Vec<Vec<usize>>,
}

impl Partners {
    /// All others.
    pub fn all(rows: usize, own: usize) -> Partners {
        let others: Vec<usize> = (0..rows).filter(|&row| row != own).collect();
        Partners { of_two: others.clone(), of_three: vec![others] }
    }
}

/// The e-value of one copy with these partners.
pub fn e(observed: &[Observed], rows: &[&[u8]], own: usize, partners: &Partners) -> f64 {
    let alone = |size| ratio(observed, rows, own, size, 0, &[]);
    let mut e = 0.4 * alone(1) + 0.1 * (alone(2) + alone(3) + alone(4));
    if rows.len() >= 2 {
        e += 0.1 * ratio(observed, rows, own, 2, 1, &partners.of_two);
    }
    if rows.len() >= 3 {
        let share = 0.1 / partners.of_three.len() as f64;
        let of = |size, list: &Vec<usize>| share * ratio(observed, rows, own, size, 2, list);
        e += partners.of_three.iter().map(|list| of(3, list) + of(4, list)).sum::<f64>();
    }
    e
}

/// The mean when there are two copies: no partners for three.
pub fn share_of_pairs() -> f64 {
    0.8
}
