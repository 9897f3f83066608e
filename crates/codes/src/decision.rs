//! Who is named: alpha, its shares, and the thresholds that follow.
//!
//! Copies get 9/10 of alpha, groups 1/10. Batch b of a case has `a_b = 9/10 alpha * (8/10 for b = 1, else
//! 2/10 / ((b - 1) b))`, look t since its entry `v_t = 8/10, else 2/10 / ((t - 1) t)`; both series sum to 1, so
//! that any number of batches and looks stays within alpha. A copy is named iff `W >= 2 n / a_b` (half of the
//! batch's share, by Ville's inequality), or `p <= a_b v_t / (4 n)`, or `E >= 4 n / (a_b v_t)` (a quarter each).
//! W is the mean of the bets of `series`, on what was read since the copy entered.

use std::fmt;
use std::str::FromStr;

use tellmark_core::fixed::Log2;

use crate::Score;

/// The bound on naming any innocent copy over a whole case: an exact fraction.
///
/// ```
/// use tellmark_codes::Alpha;
/// assert_eq!("0.001".parse::<Alpha>()?, "1e-3".parse()?);
/// assert!("2".parse::<Alpha>().is_err());
/// # Ok::<(), tellmark_codes::AlphaError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alpha {
    numerator: u64,
    /// A power of ten.
    denominator: u64,
}

/// Why a text is no alpha.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a number above 0 and at most 0.5 with at most 15 decimal places is needed, for example 1e-6 or 0.001"
)]
pub struct AlphaError;

impl FromStr for Alpha {
    type Err = AlphaError;
    fn from_str(text: &str) -> Result<Alpha, AlphaError> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| AlphaError)?),
            None => (text, 0),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{decimals}");
        if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AlphaError);
        }
        let places = decimals.len() as i32 - exponent.clamp(-100, 100);
        let numerator: u64 = digits.parse().map_err(|_| AlphaError)?;
        if !(0..=15).contains(&places) {
            return Err(AlphaError);
        }
        let alpha = Alpha { numerator, denominator: 10u64.pow(places as u32) };
        match numerator > 0 && 2 * u128::from(numerator) <= u128::from(alpha.denominator) {
            true => Ok(alpha.reduced()),
            false => Err(AlphaError),
        }
    }
}

impl Alpha {
    fn reduced(mut self) -> Alpha {
        while self.numerator.is_multiple_of(10) && self.denominator > 1 {
            self.numerator /= 10;
            self.denominator /= 10;
        }
        self
    }
}

impl PartialOrd for Alpha {
    fn partial_cmp(&self, other: &Alpha) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Alpha {
    fn cmp(&self, other: &Alpha) -> std::cmp::Ordering {
        let cross = |a: &Alpha, b: &Alpha| u128::from(a.numerator) * u128::from(b.denominator);
        cross(self, other).cmp(&cross(other, self))
    }
}

impl fmt::Display for Alpha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}e-{}", self.numerator, self.denominator.ilog10())
    }
}

/// Copies that entered a case together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How many copies, at least 1.
    pub copies: u64,
    /// The look since they entered, from 1.
    pub look: u32,
    /// The batch's number in the case, from 1.
    pub number: u32,
}

/// What names a copy or a group. Rounded so that naming is never easier than the exact rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// The e-process that names, at any look.
    pub w: Log2,
    /// The e-value that names at this look.
    pub e: Log2,
    /// The p-value that names at this look.
    pub p: Log2,
}

/// A fraction of alpha, as numerator and denominator.
type Fraction = (u128, u128);

/// The spending of both series: 8/10 first, then 2/10 / ((k - 1) k).
fn spend(k: u32) -> Fraction {
    match u128::from(k.max(1)) {
        1 => (8, 10),
        k => (2, 10 * (k - 1) * k),
    }
}

/// a_b: the share of a batch.
fn batch_share(alpha: Alpha, number: u32) -> Fraction {
    let (num, den) = spend(number);
    (9 * u128::from(alpha.numerator) * num, 10 * u128::from(alpha.denominator) * den)
}

/// The thresholds of a batch at a look.
pub fn copy_threshold(alpha: Alpha, batch: &Batch) -> Threshold {
    let (a_num, a_den) = batch_share(alpha, batch.number);
    let share = log2_down((a_num, a_den));
    let spent = log2_down(spend(batch.look));
    let copies = Log2::ceil_ratio(u128::from(batch.copies.max(1)), 1);
    Threshold {
        w: copies + Log2::from_bits(1) - share,
        e: copies + Log2::from_bits(2) - share - spent,
        p: share + spent - copies - Log2::from_bits(2),
    }
}

/// The thresholds of a group: each has the same part of a tenth of alpha; only its e-value counts.
pub fn group_threshold(alpha: Alpha, groups: u64, look: u32) -> Threshold {
    let share = log2_down((u128::from(alpha.numerator), 10 * u128::from(alpha.denominator)));
    let groups = Log2::ceil_ratio(u128::from(groups.max(1)), 1);
    let e = groups - share - log2_down(spend(look));
    Threshold { w: -Log2::NEG_INFINITY, e, p: Log2::NEG_INFINITY }
}

fn log2_down((num, den): Fraction) -> Log2 {
    Log2::floor_ratio(num, den)
}

/// The ways in which a copy may be named, with what each is called.
pub const WAYS: [&str; 3] = ["ratio", "tail", "series"];

/// Which of the bars of [`WAYS`] a copy with this score and this e-process reaches.
pub fn reached(score: &Score, w: Log2, threshold: &Threshold) -> [bool; 3] {
    [score.e >= threshold.e, score.p <= threshold.p, w >= threshold.w]
}

/// Whether a copy with this score and this e-process is named: by any way.
pub fn names(score: &Score, w: Log2, threshold: &Threshold) -> bool {
    reached(score, w, threshold).contains(&true)
}

/// The e-value of a group: its members' average, rounded down.
pub fn group_e(members: &[Log2]) -> Log2 {
    Log2::sum_down(members) - Log2::ceil_ratio(members.len().max(1) as u128, 1)
}

/// The chance that an innocent copy does as well by any of the three measures, rounded up: each has the share of it
/// that it has of alpha.
pub fn single_p(score: &Score, w: Log2) -> Log2 {
    let tail = score.p + Log2::from_bits(2);
    let ratio = Log2::from_bits(2) - score.e;
    let series = Log2::from_bits(1) - w;
    tail.min(ratio).min(series).min(Log2::ZERO)
}

/// The p-value corrected for all copies, batches and looks, rounded up: at most alpha exactly when the copy is
/// named at this look.
pub fn familywise_p(score: &Score, w: Log2, batch: &Batch, alpha: Alpha) -> Log2 {
    let threshold = copy_threshold(alpha, batch);
    let alpha = Log2::ceil_ratio(u128::from(alpha.numerator), u128::from(alpha.denominator));
    let excess = (score.p - threshold.p).min(threshold.e - score.e).min(threshold.w - w);
    (alpha + excess).min(Log2::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alpha(text: &str) -> Alpha {
        text.parse().unwrap()
    }

    #[test]
    fn alphas_are_exact() {
        for (text, shown) in
            [("1e-6", "1e-6"), ("0.001", "1e-3"), ("2.5E-4", "25e-5"), ("0.5", "5e-1"), (".1", "1e-1")]
        {
            assert_eq!(alpha(text).to_string(), shown);
        }
        for bad in ["", "0", "-1e-6", "0.6", "1", "nan", "1e-99", "1e", "1.2.3", "１e-6"] {
            assert!(bad.parse::<Alpha>().is_err(), "{bad}");
        }
        assert!(alpha("1e-9") < alpha("1e-6") && alpha("0.001") == alpha("1e-3"));
    }

    #[test]
    fn the_shares_of_all_batches_and_looks_stay_within_alpha() {
        let sum: f64 = (1..100_000).map(spend).map(|(n, d)| n as f64 / d as f64).sum();
        assert!(sum < 1.0 && sum > 0.9999);
    }

    #[test]
    fn thresholds_are_those_of_the_rule() {
        let batch = Batch { copies: 214, look: 1, number: 1 };
        let t = copy_threshold(alpha("1e-6"), &batch);
        // 2 * 214 / 7.2e-7 = 5.94e8; 4 * 214 / 5.76e-7 = 1.486e9
        assert_eq!((t.w.log10_hundredths(), t.e.log10_hundredths()), (877, 917));
        assert!((t.p.to_decimal_up() - 6.8e-10).abs() < 2e-11);
        let late = copy_threshold(alpha("1e-6"), &Batch { copies: 214, look: 3, number: 2 });
        assert!(late.e > t.e && late.p < t.p);
    }

    #[test]
    fn the_corrected_p_says_the_same_as_the_rule() {
        let batch = Batch { copies: 20, look: 1, number: 1 };
        let alpha = alpha("1e-3");
        let t = copy_threshold(alpha, &batch);
        let score = |e, p| Score { e, p, contradicted: 0, agree: 0, against: 0 };
        for delta in [-1i64 << 20, 0, 1 << 20] {
            let by_p = score(Log2::ZERO, t.p + Log2(delta));
            assert_eq!(names(&by_p, Log2::ZERO, &t), delta <= 0);
            let bound = Log2::ceil_ratio(1, 1000);
            assert_eq!(familywise_p(&by_p, Log2::ZERO, &batch, alpha) <= bound, delta <= 0);
            let by_e = score(t.e + Log2(delta), Log2::ZERO);
            assert_eq!(names(&by_e, Log2::ZERO, &t), delta >= 0);
            let by_neither = score(Log2::ZERO, Log2::ZERO);
            assert_eq!(names(&by_neither, t.w + Log2(delta), &t), delta >= 0);
            // One copy's chance never exceeds that of all, whichever of the three names it.
            for (score, w) in [(by_p, Log2::ZERO), (by_e, Log2::ZERO), (by_neither, t.w + Log2(delta))] {
                assert!(single_p(&score, w) <= familywise_p(&score, w, &batch, alpha));
            }
        }
    }
}
