//! What it would take: the power of a design, and how many more sites would decide.

use tellmark_core::fixed::Log2;

use crate::hypotheses::{Hypothesis, Strategy};
use crate::score::Observed;
use crate::shares::{TAIL_PAIRS, TAIL_WHOLE};
use crate::{Alpha, Batch, Score, Threshold, copy_threshold, tail};

/// More sites than this decide with a power that is 1 for every purpose.
const SITES_MAX: usize = 512;

/// The chance that the true copy is named at a look of this batch, when sites with these numbers of variants are
/// read, each rightly but for `noise` thousandths of them. Exact for hard readings and the tail of a sole source;
/// a lower bound of the tracer's own power where the other copies leave half of the belief to a sole source, as
/// they do unless one of them explains the reading by chance.
///
/// `variants` of 2 to 16 each; others are left out.
pub fn power(variants: &[u8], batch: &Batch, alpha: Alpha, noise: u32) -> f64 {
    let mut variants: Vec<u8> = variants.iter().copied().filter(|q| (2..=16).contains(q)).collect();
    variants.truncate(SITES_MAX);
    let observed: Vec<Observed> = variants.iter().map(|&q| Observed::hard(q, 0)).collect();
    let sole = Hypothesis { size: 1, strategy: Strategy::Interleaving, noise_percent: 5 };
    let scores = tail::scores(&observed, &sole, &[]);
    let sites: Vec<(&[i32; 16], usize)> =
        scores.iter().zip(&variants).map(|(scores, &q)| (scores, usize::from(q))).collect();
    let threshold = copy_threshold(alpha, batch);
    // Of the tail three quarters go to sole sources and pairs, and of these half to a sole source.
    let needed = threshold.p + Log2::floor_ratio(TAIL_PAIRS, 2 * TAIL_WHOLE);
    let (lowest, innocent) = tail::distribution(&sites, |index, _| 1.0 / sites[index].1 as f64);
    let mut mass = 0.0;
    let mut first = innocent.len();
    for (index, p) in innocent.iter().enumerate().rev() {
        mass += p;
        if mass > 0.0 && Log2::ceil_f64(mass) > needed {
            break;
        }
        first = index;
    }
    let wrong = f64::from(noise) / 1000.0;
    let truth = |index: usize, symbol: usize| match symbol {
        0 => 1.0 - wrong,
        _ => wrong / (sites[index].1 - 1) as f64,
    };
    let (low, guilty) = tail::distribution(&sites, truth);
    debug_assert_eq!(lowest, low);
    guilty[first..].iter().rev().sum::<f64>().min(1.0)
}

/// How many further sites like the read ones would name this copy, if it is the source and they agree: a
/// rough figure for people. 0 when the evidence suffices.
pub fn sites_needed(observed: &[Observed], best: &Score, threshold: &Threshold) -> u32 {
    let missing = (threshold.e - best.e).min(best.p - threshold.p);
    if missing <= Log2::ZERO {
        return 0;
    }
    sites_worth(observed, missing)
}

/// How many further sites like the read ones show a difference between two copies that agree so far, but for
/// one chance in a hundred: a rough figure for people.
pub fn sites_to_tell_apart(observed: &[Observed]) -> u32 {
    sites_worth(observed, Log2::floor_ratio(100, 1))
}

fn sites_worth(observed: &[Observed], missing: Log2) -> u32 {
    // What an agreeing site is worth: the logarithm of its number of variants, less a tenth for noise.
    let bits: Log2 =
        observed.iter().map(|site| Log2::floor_ratio(site.likelihoods.len() as u128 * 9, 10)).sum();
    let each = match observed.len() {
        0 => Log2::floor_ratio(9, 5).0,
        count => bits.0 / count as i64,
    };
    u32::try_from((missing.0 + each - 1) / each.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_grows_with_sites_and_falls_with_noise() {
        let alpha: Alpha = "1e-3".parse().unwrap();
        let batch = Batch { copies: 20, look: 1, number: 1 };
        let clean = |sites| power(&vec![2; sites], &batch, alpha, 0);
        assert_eq!(clean(10), 0.0);
        assert!(clean(24) > 0.999_999);
        let noisy = |sites| power(&vec![2; sites], &batch, alpha, 50);
        assert!(noisy(20) < noisy(30) && noisy(30) < noisy(60) && noisy(60) > 0.99);
        assert!(power(&[4; 12], &batch, alpha, 0) > 0.999_999);
        assert_eq!(power(&[], &batch, alpha, 0), 0.0);
        let late = Batch { number: 2, ..batch };
        assert!(power(&[2; 30], &late, alpha, 50) < noisy(30), "late copies have a smaller share");
    }

    #[test]
    fn what_is_missing_is_counted_in_sites() {
        let alpha: Alpha = "1e-6".parse().unwrap();
        let t = copy_threshold(alpha, &Batch { copies: 20, look: 1, number: 1 });
        let score = Score { e: Log2::ZERO, p: Log2::from_bits(-10), contradicted: 0, agree: 0, against: 0 };
        let needed = sites_needed(&vec![Observed::hard(2, 0); 10], &score, &t);
        assert!((15..40).contains(&needed), "{needed}");
        let enough = Score { p: t.p, ..score };
        assert_eq!(sites_needed(&[], &enough, &t), 0);
    }
}
