//! Numbers whose size no double could hold: a double and a power of two.

use tellmark_core::fixed::Log2;

/// `value * 2^exponent`, never negative. Sums are rounded as those of doubles are: a caller widens them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    value: f64,
    exponent: i64,
}

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
        if apart > 900 {
            let is_less =
                large.value.log2_whole() + large.exponent < small.value.log2_whole() + small.exponent;
            return if is_less { small } else { large };
        }
        let shift = f64::from_bits(((1023 - apart) as u64) << 52);
        Scaled { value: large.value + small.value * shift, exponent: large.exponent }
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
}
