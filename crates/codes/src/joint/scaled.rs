//! Numbers whose size no double could hold: a double and a power of two.

use rayon::prelude::*;
use tellmark_core::fixed::Log2;

use super::COPIES_A_TASK;

/// `value * 2^exponent`, never negative. Sums are rounded as those of doubles are: a caller widens them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    value: f64,
    exponent: i64,
}

/// Numbers whose exponents are further apart are not added up: the smaller one is out of sight.
const SHIFT_MAX: i64 = 900;
/// Sums of up to 2^24 terms are off by less than this part, up or down.
pub const ROUNDING: f64 = 1.0 / (1u64 << 28) as f64;

impl Scaled {
    /// Nothing.
    pub const ZERO: Scaled = Scaled { value: 0.0, exponent: i64::MIN / 4 };

    /// A double between 2^-1000 and 2^800, or 0, times a power of two.
    pub fn new(value: f64, exponent: i64) -> Scaled {
        if value > 0.0 { Scaled { value, exponent } } else { Scaled::ZERO }
    }

    /// 2^x, to within one part in 2^24; the same x always gives the same number.
    pub fn exp2(x: Log2) -> Scaled {
        let whole = x.0 >> 32;
        Scaled::new(Log2(x.0 - (whole << 32)).exp2_up(), whole)
    }

    /// The sum.
    pub fn plus(self, other: Scaled) -> Scaled {
        let (large, small) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let apart = large.exponent - small.exponent;
        if apart == 0 {
            return Scaled { value: large.value + small.value, ..large };
        }
        // What is shifted out of sight is less than any sum is widened by, unless the larger exponent belongs to
        // the smaller number: then that one goes first.
        if apart > SHIFT_MAX {
            let is_less =
                large.value.log2_whole() + large.exponent < small.value.log2_whole() + small.exponent;
            return if is_less { small } else { large };
        }
        Scaled { value: large.value + small.value * power(-apart), exponent: large.exponent }
    }

    /// A double between 2^-1000 and 2^800, or 0, times this number of about 1 and its power of two.
    pub fn of(self, value: f64) -> Scaled {
        Scaled::new(self.value * value, self.exponent)
    }

    /// The product with a number.
    pub fn times(self, factor: Scaled) -> Scaled {
        let (one, other) = (self.normal(), factor.normal());
        Scaled::new(one.value * other.value, one.exponent + other.exponent)
    }

    /// The quotient; of a sum rounded down by one rounded up when they are widened so.
    pub fn over(self, divisor: Scaled) -> Scaled {
        if divisor.value == 0.0 {
            return Scaled::ZERO;
        }
        let (one, other) = (self.normal(), divisor.normal());
        Scaled::new(one.value / other.value, one.exponent - other.exponent)
    }

    /// Less by more than sums can be rounded up.
    pub fn down(self) -> Scaled {
        Scaled { value: self.value * (1.0 - ROUNDING), ..self }
    }

    /// More by more than sums can be rounded down.
    pub fn up(self) -> Scaled {
        Scaled { value: self.value * (1.0 + ROUNDING), ..self }
    }

    /// log2, rounded down.
    pub fn log_down(self) -> Log2 {
        match self.value > 0.0 {
            true => Log2::floor_f64(self.value) + Log2(self.exponent << 32),
            false => Log2::NEG_INFINITY,
        }
    }

    /// The same number with its value between 1 and 2.
    fn normal(self) -> Scaled {
        if self.value <= 0.0 {
            return Scaled::ZERO;
        }
        let whole = self.value.log2_whole();
        let half = f64::from_bits(((1023 - whole / 2) as u64) << 52);
        let rest = f64::from_bits(((1023 - (whole - whole / 2)) as u64) << 52);
        Scaled { value: self.value * half * rest, exponent: self.exponent + whole }
    }
}

/// Sums of likelihoods, one for each copy: those of [`Scaled::plus`], bit by bit.
///
/// What is added to all copies has one power of two, so the sums have one too, and many of them go through a wide
/// register at once; until something is so small beside the rest that each has to be looked at by itself.
pub enum Sums {
    Alike { values: Vec<f64>, exponent: i64 },
    Each(Vec<Scaled>),
}

impl Sums {
    /// Nothing for so many copies.
    pub fn new(copies: usize) -> Sums {
        Sums::Alike { values: vec![0.0; copies], exponent: Scaled::ZERO.exponent }
    }

    /// The sum of one copy.
    pub fn of(&self, copy: usize) -> Scaled {
        match self {
            Sums::Alike { values, exponent } => Scaled::new(values[copy], *exponent),
            Sums::Each(sums) => sums[copy],
        }
    }

    /// Adds to each copy's sum its weight, of those that [`Scaled::of`] takes, times `prior`.
    pub fn add(&mut self, prior: Scaled, weights: &[f64]) {
        if let Sums::Alike { values, exponent } = self {
            let is_first = *exponent == Scaled::ZERO.exponent;
            let apart = prior.exponent - *exponent;
            let none_vanishes = prior.value > 0.0 && weights.iter().all(|&weight| weight > 0.0);
            if none_vanishes && (is_first || apart.abs() <= SHIFT_MAX) {
                let (of_sum, of_weight) = match apart {
                    _ if is_first => (0.0, 1.0),
                    1.. => (power(-apart), 1.0),
                    _ => (1.0, power(apart)),
                };
                let all = values.par_iter_mut().zip(weights).with_min_len(COPIES_A_TASK);
                all.for_each(|(sum, weight)| *sum = *sum * of_sum + prior.value * weight * of_weight);
                *exponent = prior.exponent.max(*exponent);
                return;
            }
            let exponent = *exponent;
            *self = Sums::Each(values.iter().map(|&value| Scaled::new(value, exponent)).collect());
        }
        if let Sums::Each(sums) = self {
            let all = sums.par_iter_mut().zip(weights).with_min_len(COPIES_A_TASK);
            all.for_each(|(sum, &weight)| *sum = sum.plus(prior.of(weight)));
        }
    }
}

/// 2^exponent, for exponents down to -[`SHIFT_MAX`].
fn power(exponent: i64) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// The whole part of a binary logarithm.
trait Whole {
    fn log2_whole(self) -> i64;
}

impl Whole for f64 {
    fn log2_whole(self) -> i64 {
        // Subnormal numbers do not come up: see `Scaled::new`.
        (self.to_bits() >> 52) as i64 - 1023
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(x: Scaled) -> f64 {
        x.log_down().0 as f64 / (1u64 << 32) as f64
    }

    #[test]
    fn sizes_do_not_matter() {
        let (a, b) = (Scaled::new(3.0, 5_000), Scaled::new(1.0, 5_001));
        assert!((bits(a.plus(b)) - 5_002.321_928).abs() < 1e-6);
        assert!((bits(a.over(b)) - 0.584_962).abs() < 1e-6);
        assert!((bits(a.times(b)) - 10_002.584_962).abs() < 1e-6);
        assert_eq!(a.plus(Scaled::new(1.0, -9_000)), a);
        assert_eq!(Scaled::ZERO.plus(a), a);
        assert_eq!(Scaled::ZERO.log_down(), Log2::NEG_INFINITY);
        // The larger exponent on the smaller number.
        let (tiny, huge) = (Scaled::new(2f64.powi(-900), 100), Scaled::new(2f64.powi(700), -900));
        assert!((bits(tiny.plus(huge)) + 200.0).abs() < 1e-6);
        for x in [-5_000.3, -0.5, 0.0, 77.7] {
            assert!((bits(Scaled::exp2(Log2((x * 4_294_967_296.0) as i64))) - x).abs() < 1e-6);
        }
    }

    #[test]
    fn sums_of_many_are_those_of_each() {
        let weights = [[1.0, 3.0, 0.7], [2f64.powi(-800), 2f64.powi(690), 5.0], [0.0, 1.5, 2f64.powi(-990)]];
        for exponents in [[0, 0, 0], [7, -3, 40], [-2_000, -1_100, -1_000], [5, 906, 905], [0, -901, 1_000]] {
            let mut sums = Sums::new(3);
            let mut each = [Scaled::ZERO; 3];
            for (weights, exponent) in weights.iter().zip(exponents) {
                let prior = Scaled { value: 1.37, exponent };
                sums.add(prior, weights);
                each.iter_mut().zip(weights).for_each(|(sum, &weight)| *sum = sum.plus(prior.of(weight)));
                (0..3).for_each(|copy| assert_eq!(sums.of(copy), each[copy], "{exponents:?}"));
            }
        }
    }
}
