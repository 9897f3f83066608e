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
    // A sum of nothing is a zero with a sign.
    guilty[first..].iter().rev().sum::<f64>().min(1.0) + 0.0
}

/// The chance that one of two people who mix their copies word by word is named, for each batch and bound: each of the
/// two stands behind every site with the same chance, read wrongly in `noise` thousandths. A lower bound of the tracer's own
/// power where the reading leaves half of the belief to the other of the two, as it does once there is enough to name anybody.
///
/// Computed, not drawn: the laws are exact, and at how many sites the other agrees with what is read is integrated over
/// 21 quantiles for each number of variants. The first 256 sites count.
pub fn power_of_two(variants: &[u8], cases: &[(Batch, Alpha)], noise: u32) -> Vec<f64> {
    const QUANTILES: usize = 21;
    let mut variants: Vec<u8> = variants.iter().copied().filter(|q| (2..=16).contains(q)).collect();
    variants.truncate(PAIRED_SITES_MAX);
    variants.sort_unstable();
    let wrong = f64::from(noise) / 1000.0;
    let pair = Hypothesis { size: 2, strategy: Strategy::Interleaving, noise_percent: 5 };
    let observed: Vec<Observed> = variants.iter().map(|&q| Observed::hard(q, 0)).collect();
    let needed: Vec<Log2> = cases
        .iter()
        .map(|(batch, alpha)| copy_threshold(*alpha, batch).p + Log2::floor_ratio(TAIL_PAIRS, 2 * TAIL_WHOLE))
        .collect();
    let mut powers = vec![0.0; cases.len()];
    for quantile in 0..QUANTILES {
        let partner = agreement(&variants, wrong, quantile, QUANTILES);
        let scores = tail::scores(&observed, &pair, &[&partner]);
        let sites: Vec<(&[i32; 16], usize)> =
            scores.iter().zip(&variants).map(|(scores, &q)| (scores, usize::from(q))).collect();
        let (_, innocent) = tail::distribution(&sites, |index, _| 1.0 / sites[index].1 as f64);
        let (_, guilty) = tail::distribution(&sites, |index, symbol| {
            beside(sites[index].1 as f64, wrong, usize::from(partner[index]), symbol)
        });
        for (power, needed) in powers.iter_mut().zip(&needed) {
            let (mut mass, mut chance) = (0.0, 0.0);
            for (p, truth) in innocent.iter().zip(&guilty).rev() {
                mass += p;
                if mass > 0.0 && Log2::ceil_f64(mass) > *needed {
                    break;
                }
                chance += truth;
            }
            *power += chance.min(1.0) / QUANTILES as f64;
        }
    }
    powers
}

/// More sites than this are not reckoned with for two: at 1,000 copies and 1e-6 they decide.
const PAIRED_SITES_MAX: usize = 256;

/// The chance that one of two who mix holds the variant that is read.
fn agrees(q: f64, wrong: f64) -> f64 {
    (1.0 - wrong + 1.0 / q) / 2.0
}

/// What the other of two holds at each site, 0 where it agrees with what is read: as often as this quantile of the
/// binomial law says, for each number of variants by itself, the agreeing sites first.
fn agreement(sorted: &[u8], wrong: f64, quantile: usize, of: usize) -> Vec<u8> {
    let mut partner = Vec::with_capacity(sorted.len());
    for (class, run) in sorted.chunk_by(|a, b| a == b).enumerate() {
        // Each class takes the quantiles in another order, so that they do not all agree at once.
        let place = (quantile * [1, 8, 13, 5][class % 4] + class * 7) % of;
        let level = (place as f64 + 0.5) / of as f64;
        let p = agrees(f64::from(run[0]), wrong);
        let mut law = vec![1.0f64];
        for _ in run {
            law.push(0.0);
            for at in (1..law.len()).rev() {
                law[at] = law[at] * (1.0 - p) + law[at - 1] * p;
            }
            law[0] *= 1.0 - p;
        }
        let mut sum = 0.0;
        let count = law.iter().position(|mass| {
            sum += mass;
            sum >= level
        });
        let count = count.unwrap_or(run.len());
        partner.extend((0..run.len()).map(|at| u8::from(at >= count)));
    }
    partner
}

/// The chance that the other member holds a variant, where 0 is read and this one's partner holds `partner`.
fn beside(q: f64, wrong: f64, partner: usize, symbol: usize) -> f64 {
    let agrees = agrees(q, wrong);
    let both = (1.0 - wrong) / q;
    match (partner, symbol) {
        (0, 0) => both / agrees,
        (0, _) => (1.0 - both / agrees) / (q - 1.0),
        (_, 0) => (agrees - both) / (1.0 - agrees),
        (_, same) if same == partner => wrong / (q * (1.0 - agrees)),
        _ => (1.0 - (agrees - both) / (1.0 - agrees) - wrong / (q * (1.0 - agrees))) / (q - 2.0),
    }
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
    fn two_who_mix_need_about_three_times_the_sites_of_one() {
        let alpha: Alpha = "1e-6".parse().unwrap();
        let batch = Batch { copies: 1000, look: 1, number: 1 };
        let two = |sites: usize| power_of_two(&vec![2; sites], &[(batch, alpha)], 50)[0];
        assert!(two(56) < 0.05 && power(&[2; 56], &batch, alpha, 50) > 0.8);
        // Measured by simulation: at least one of the two in five of ten runs at 120 sites, in nine of ten at 160 to 170.
        assert!((0.15..0.6).contains(&two(120)), "{}", two(120));
        assert!((0.65..0.95).contains(&two(165)), "{}", two(165));
        let easier = Batch { copies: 20, look: 1, number: 1 };
        let both = power_of_two(&[2; 60], &[(batch, alpha), (easier, "1e-3".parse().unwrap())], 50);
        assert!(both[0] < both[1], "{both:?}");
        assert!(power_of_two(&[4; 90], &[(batch, alpha)], 50)[0] > two(90));
        assert_eq!(power_of_two(&[], &[(batch, alpha)], 50), [0.0]);
    }

    #[test]
    fn what_the_other_of_two_holds_are_chances() {
        for q in [2usize, 3, 4, 16] {
            let size = q as f64;
            for partner in [0, 1] {
                let all: f64 = (0..q).map(|symbol| beside(size, 0.05, partner, symbol)).sum();
                assert!((all - 1.0).abs() < 1e-12, "{q} {partner}: {all}");
            }
            // Over all partners, as often as one member agrees at all.
            let agrees = agrees(size, 0.05);
            let mean = agrees * beside(size, 0.05, 0, 0) + (1.0 - agrees) * beside(size, 0.05, 1, 0);
            assert!((mean - agrees).abs() < 1e-12);
        }
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
