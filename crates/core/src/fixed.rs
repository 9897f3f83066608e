//! Logarithms in fixed point, the same bits on every machine.
//!
//! A [`Log2`] counts units of 2^-32. All arithmetic is on integers, by the algorithms that stand here, with the
//! direction of rounding in each name: another language reproduces every bit.

use std::ops::{Add, Neg, Sub};

/// Fractional bits of a [`Log2`].
pub const FRACTION_BITS: u32 = 32;
/// Fractional bits of a mantissa during a computation.
const MANTISSA_BITS: u32 = 62;
const ONE: u64 = 1 << MANTISSA_BITS;

/// A binary logarithm in units of 2^-32.
///
/// ```
/// use tellmark_core::fixed::Log2;
/// assert_eq!(Log2::floor_ratio(8, 1), Log2::from_bits(3));
/// assert_eq!(Log2::floor_ratio(1000, 1).log10_hundredths(), 299); // rounded down
/// assert!(Log2::floor_ratio(1, 3) < Log2::ceil_ratio(1, 3));
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Log2(pub i64);

impl Log2 {
    /// The logarithm of one.
    pub const ZERO: Log2 = Log2(0);
    /// Stands for the logarithm of zero; sums with it stay far below everything else.
    pub const NEG_INFINITY: Log2 = Log2(i64::MIN / 4);

    /// The logarithm of 2 to this power.
    pub const fn from_bits(bits: i32) -> Log2 {
        Log2((bits as i64) << FRACTION_BITS)
    }

    /// log2(num / den), rounded down by less than 4 units. `den` must not be 0; for `num` 0 the result is
    /// [`Log2::NEG_INFINITY`].
    ///
    /// Both are scaled to 64 bits (num rounded down, den up), divided to a mantissa in \[1, 2) of 62 fractional
    /// bits, and the 32 bits of the logarithm follow one by one: square, and if the square is 2 or more, the
    /// bit is 1 and the square is halved. Every step rounds down, so that the result never exceeds the truth.
    pub fn floor_ratio(num: u128, den: u128) -> Log2 {
        if num == 0 {
            return Log2::NEG_INFINITY;
        }
        let (num, num_exponent) = scale_down(num);
        let (den, den_exponent) = scale_up(den.max(1));
        let mut quotient = (u128::from(num) << 63) / u128::from(den); // in (2^62, 2^64)
        let mut exponent = num_exponent - den_exponent - 1;
        while quotient >= 2 << MANTISSA_BITS {
            quotient >>= 1;
            exponent += 1;
        }
        Log2((i64::from(exponent) << FRACTION_BITS) + fraction(quotient as u64))
    }

    /// log2(num / den), rounded up by less than 4 units. `num` must not be 0.
    pub fn ceil_ratio(num: u128, den: u128) -> Log2 {
        -Log2::floor_ratio(den, num.max(1))
    }

    /// log2 of a positive finite number, rounded up; of 0 or less, [`Log2::NEG_INFINITY`].
    pub fn ceil_f64(value: f64) -> Log2 {
        if value.is_nan() || value <= 0.0 {
            return Log2::NEG_INFINITY;
        }
        let bits = value.to_bits();
        let stored = (bits >> 52) as i32 & 0x7ff;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) =
            if stored == 0 { (fraction, -1074) } else { (fraction | 1 << 52, stored - 1075) };
        Log2::ceil_ratio(u128::from(mantissa), 1) + Log2::from_bits(exponent)
    }

    /// log2 of a finite number, rounded down; of 0 or less, [`Log2::NEG_INFINITY`].
    pub fn floor_f64(value: f64) -> Log2 {
        let up = Log2::ceil_f64(value);
        // One rounding up is less than 4 units from one down.
        if up <= Log2::NEG_INFINITY { up } else { up - Log2(4) }
    }

    /// The number itself as a double, rounded up by less than one part in 2^24; never 0, and 2^1000 at most.
    pub fn exp2_up(self) -> f64 {
        let whole = self.0 >> FRACTION_BITS;
        if whole < -1000 {
            return power_of_two(-1000);
        }
        let mantissa = exp2_down(Log2(self.0 & ((1 << FRACTION_BITS) - 1)) - Log2::from_bits(1)) as f64;
        mantissa * (1.0 + power_of_two(-25)) * power_of_two(whole.min(1000) + 1 - i64::from(MANTISSA_BITS))
    }

    /// The logarithm of the sum of 2^x over the terms, rounded down.
    pub fn sum_down(terms: &[Log2]) -> Log2 {
        let Some(&top) = terms.iter().max() else { return Log2::NEG_INFINITY };
        if top <= Log2::NEG_INFINITY {
            return Log2::NEG_INFINITY;
        }
        let sum: u128 = terms.iter().map(|&term| u128::from(exp2_down(term - top))).sum();
        top + Log2::floor_ratio(sum, u128::from(ONE))
    }

    /// The logarithm of the sum of 2^x over the terms, rounded up.
    pub fn sum_up(terms: &[Log2]) -> Log2 {
        let Some(&top) = terms.iter().max() else { return Log2::NEG_INFINITY };
        if top <= Log2::NEG_INFINITY {
            return Log2::NEG_INFINITY;
        }
        // exp2_down is short of the truth by less than 2^-26 of it plus one unit.
        let short = |units: u64| u128::from(units) + u128::from(units >> 26) + 2;
        let sum: u128 = terms.iter().map(|&term| short(exp2_down(term - top))).sum();
        top + Log2::ceil_ratio(sum, u128::from(ONE))
    }

    /// The decimal logarithm in hundredths, rounded down.
    pub fn log10_hundredths(self) -> i64 {
        // log10(2) * 10^20, between these two.
        const BELOW: i128 = 30_102_999_566_398_119_521;
        let factor = if self.0 >= 0 { BELOW } else { BELOW + 1 };
        let unit = 10i128.pow(18) << FRACTION_BITS;
        (i128::from(self.0) * factor).div_euclid(unit) as i64
    }

    /// The number itself to two significant decimal digits, rounded up: for printing probabilities.
    ///
    /// The result is the double nearest to that decimal number; numbers under 10^-300 are given as 10^-300.
    pub fn to_decimal_up(self) -> f64 {
        if self <= Log2::floor_ratio(1, 10).times(300) {
            return 1e-300;
        }
        let exponent = self.log10_hundredths().div_euclid(100) - 1;
        let power = if exponent >= 0 {
            Log2::floor_ratio(10, 1).times(exponent)
        } else {
            Log2::floor_ratio(1, 10).times(-exponent)
        };
        // The smallest two digits that reach it.
        let (mut below, mut digits) = (9, 101);
        while digits - below > 1 {
            let middle = (below + digits) / 2;
            let reaches = Log2::floor_ratio(middle, 1) + power >= self;
            *(if reaches { &mut digits } else { &mut below }) = middle;
        }
        let decimal = format!("{digits}e{exponent}").parse().unwrap_or(1.0);
        if self <= Log2::ZERO { f64::min(decimal, 1.0) } else { decimal }
    }

    /// So many times this logarithm: the logarithm of a power.
    pub const fn times(self, count: i64) -> Log2 {
        Log2(self.0.saturating_mul(count))
    }
}

impl Add for Log2 {
    type Output = Log2;
    fn add(self, other: Log2) -> Log2 {
        Log2(self.0.saturating_add(other.0))
    }
}
impl Sub for Log2 {
    type Output = Log2;
    fn sub(self, other: Log2) -> Log2 {
        Log2(self.0.saturating_sub(other.0))
    }
}
impl Neg for Log2 {
    type Output = Log2;
    fn neg(self) -> Log2 {
        Log2(self.0.saturating_neg())
    }
}
impl std::iter::Sum for Log2 {
    fn sum<I: Iterator<Item = Log2>>(iter: I) -> Log2 {
        iter.fold(Log2::ZERO, Add::add)
    }
}

/// The top 64 bits and the exponent of the highest, rounded down.
fn scale_down(value: u128) -> (u64, i32) {
    let exponent = 127 - value.leading_zeros() as i32;
    let scaled = if exponent >= 63 { value >> (exponent - 63) } else { value << (63 - exponent) };
    (scaled as u64, exponent)
}

/// The top 64 bits and the exponent of the highest, rounded up.
fn scale_up(value: u128) -> (u64, i32) {
    let (scaled, exponent) = scale_down(value);
    let lost = exponent > 63 && value & ((1 << (exponent - 63)) - 1) != 0;
    match scaled.checked_add(u64::from(lost)) {
        Some(scaled) => (scaled, exponent),
        None => (1 << 63, exponent + 1),
    }
}

/// The 32 fractional bits of log2 of a mantissa in [1, 2).
fn fraction(mut mantissa: u64) -> i64 {
    let mut bits = 0;
    for _ in 0..FRACTION_BITS {
        let square = (u128::from(mantissa) * u128::from(mantissa)) >> MANTISSA_BITS;
        let carry = square >= 2 << MANTISSA_BITS;
        bits = bits << 1 | i64::from(carry);
        mantissa = (square >> u32::from(carry)) as u64;
    }
    bits
}

/// 2^(2^-i) for i = 1..=32, each the square root of the one before, rounded down.
const ROOTS: [u64; FRACTION_BITS as usize] = {
    let mut roots = [0; FRACTION_BITS as usize];
    let mut root: u128 = 2 << MANTISSA_BITS;
    let mut i = 0;
    while i < roots.len() {
        root = (root << MANTISSA_BITS).isqrt();
        roots[i] = root as u64;
        i += 1;
    }
    roots
};

/// 2^(b * 2^-8(k+1)) for each byte b of a fraction, the highest byte first: the product of the roots of its bits
/// from the highest, rounded down after each.
static POWERS: [[u64; 256]; 4] = {
    let mut powers = [[ONE; 256]; 4];
    let mut k = 0;
    while k < 4 {
        let mut byte = 0;
        while byte < 256 {
            let mut bit = 0;
            while bit < 8 {
                if byte >> (7 - bit) & 1 == 1 {
                    powers[k][byte] = times(powers[k][byte], ROOTS[8 * k + bit]);
                }
                bit += 1;
            }
            byte += 1;
        }
        k += 1;
    }
    powers
};

/// The product of two mantissas, rounded down.
const fn times(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> MANTISSA_BITS) as u64
}

/// 2 to a power between -1022 and 1023.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((1023 + exponent.clamp(-1022, 1023)) as u64) << 52)
}

/// 2^x in units of 2^-62, rounded down, for x of at most 0; 0 where it is smaller than a unit. The four bytes of
/// the fraction each give a factor: the first two and the last two are multiplied, then both products.
fn exp2_down(x: Log2) -> u64 {
    let whole = x.0 >> FRACTION_BITS;
    if whole < -i64::from(MANTISSA_BITS) {
        return 0;
    }
    let [a, b, c, d] = (x.0 as u32).to_be_bytes().map(usize::from);
    let product = times(times(POWERS[0][a], POWERS[1][b]), times(POWERS[2][c], POWERS[3][d]));
    if whole >= 0 { product << whole.min(1) } else { product >> -whole }
}

/// The power of ten at which what is measured of a ratio ends: docs/VALIDATION.md tried more innocent copies than that.
pub const MEASURED_LOG10: i64 = 8;

/// A ratio in words, as docs/USE.md has them, by the hundredths of its decimal logarithm; never beside no number, and
/// never "certain".
pub fn support(log10_hundredths: i64) -> &'static str {
    match log10_hundredths {
        i64::MIN..200 => "weak support for the copy as the source rather than chance",
        200..400 => "moderate support for the copy as the source rather than chance",
        400..600 => "strong support for the copy as the source rather than chance",
        _ => "very strong support for the copy as the source rather than chance",
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The tests compare with the machine's own logarithm.
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNIT: f64 = 1.0 / (1u64 << FRACTION_BITS) as f64;

    fn value(x: Log2) -> f64 {
        x.0 as f64 * UNIT
    }

    #[test]
    fn powers_of_two_are_exact() {
        for bits in -60..60 {
            let (num, den) = if bits >= 0 { (1u128 << bits, 1) } else { (1, 1u128 << -bits) };
            assert_eq!(Log2::floor_ratio(num, den), Log2::from_bits(bits));
            assert_eq!(Log2::ceil_ratio(num, den), Log2::from_bits(bits));
        }
        assert_eq!(Log2::floor_ratio(0, 5), Log2::NEG_INFINITY);
        assert_eq!(Log2::ceil_f64(0.25), Log2::from_bits(-2));
        assert_eq!(Log2::ceil_f64(f64::from_bits(1)), Log2::from_bits(-1074));
    }

    #[test]
    fn probabilities_print_upward() {
        assert_eq!(Log2::from_bits(-10).to_decimal_up(), 9.8e-4);
        assert_eq!(Log2::ZERO.to_decimal_up(), 1.0);
        assert_eq!(Log2::from_bits(-1).to_decimal_up(), 0.51);
        assert_eq!(Log2::from_bits(-1).log10_hundredths(), -31);
        assert_eq!(Log2::from_bits(10).log10_hundredths(), 301);
        assert_eq!(Log2::from_bits(-5000).to_decimal_up(), 1e-300);
    }

    proptest! {
        #[test]
        fn doubles_are_bracketed(x in -900i64 << 32..900 << 32) {
            let truth = value(Log2(x)).exp2();
            let up = Log2(x).exp2_up();
            prop_assert!(up >= truth * (1.0 - 1e-13) && up <= truth * (1.0 + 1e-7));
            prop_assert!(Log2::floor_f64(truth) <= Log2(x) + Log2(1) && Log2::ceil_f64(truth) >= Log2(x) - Log2(1));
            prop_assert!(Log2(x) - Log2::floor_f64(truth) < Log2(12));
        }

        #[test]
        fn ratios_are_bracketed(num in 1u128..1 << 100, den in 1u128..1 << 100) {
            let truth = (num as f64).log2() - (den as f64).log2();
            let (low, high) = (Log2::floor_ratio(num, den), Log2::ceil_ratio(num, den));
            prop_assert!(low <= high && high.0 - low.0 < 8);
            prop_assert!((value(low) - truth).abs() < 1e-8);
        }

        #[test]
        fn sums_are_bracketed(terms in prop::collection::vec(-100i64 << 32..100 << 32, 1..20)) {
            let terms: Vec<Log2> = terms.into_iter().map(Log2).collect();
            let top = value(*terms.iter().max().unwrap());
            let truth = top + terms.iter().map(|&t| (value(t) - top).exp2()).sum::<f64>().log2();
            let (low, high) = (Log2::sum_down(&terms), Log2::sum_up(&terms));
            prop_assert!(low <= high);
            prop_assert!(value(low) <= truth + 1e-12 && truth - value(low) < 1e-6);
            prop_assert!(value(high) >= truth - 1e-12 && value(high) - truth < 1e-6);
        }

        #[test]
        fn decimals_are_not_below(x in -900i64 << 32..0) {
            let printed = Log2(x).to_decimal_up();
            let truth = value(Log2(x)).exp2();
            prop_assert!(printed >= truth * (1.0 - 1e-12) && printed <= truth * 1.12);
        }
    }
}
