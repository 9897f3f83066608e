//! Numbers as people read them: powers of ten, counts, chances.

use std::fmt;

use crate::html::Html;

/// A decimal logarithm in hundredths, rounded down: 932 stands for a ratio of 10^9.32.
///
/// The tracer's `log10_hundredths` gives exactly this.
///
/// ```
/// use tellmark_report::Log10;
/// assert_eq!(Log10(932).to_string(), "9.32");
/// assert_eq!(Log10(-5).to_string(), "\u{2212}0.05");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Log10(pub i64);

/// A ratio below this is printed as "less than": the tracer knows no zero, but minus infinity may arrive.
const LOG10_MIN: i64 = -100_000;

impl fmt::Display for Log10 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        write!(f, "{sign}{}.{:02}", size / 100, size % 100)
    }
}

/// For each leading digit 1 to 9 the least number of hundredths whose power of ten reaches it.
const DIGIT_HUNDREDTHS: [i64; 9] = [0, 31, 48, 61, 70, 78, 85, 91, 96];
/// Powers of ten up to this are written out.
const WRITTEN_OUT_MAX: i64 = 12;

impl Html {
    /// Writes a ratio as a power of ten.
    pub(crate) fn ratio(&mut self, ratio: Log10) -> &mut Html {
        if ratio.0 < LOG10_MIN {
            return self.text("0");
        }
        self.class("span", "q", |h| _ = h.text("10").words("sup", &ratio.to_string()))
    }

    /// Writes a ratio of at least 1 as a number that it surely reaches: `2,000,000,000`.
    pub(crate) fn round_number(&mut self, ratio: Log10) -> &mut Html {
        let exponent = ratio.0.max(0) / 100;
        let rest = ratio.0.max(0) % 100;
        let digit = DIGIT_HUNDREDTHS.iter().filter(|&&least| least <= rest).count();
        if exponent <= WRITTEN_OUT_MAX {
            let zeros = "0".repeat(exponent as usize);
            return self.text(&group_digits(&format!("{digit}{zeros}")));
        }
        self.class("span", "q", |h| {
            if digit > 1 {
                h.text(&format!("{digit} × "));
            }
            h.text("10").words("sup", &exponent.to_string());
        })
    }

    /// Writes a chance given as text: `2.1e-11` as a power of ten, anything else as it is.
    pub(crate) fn chance(&mut self, text: &str) -> &mut Html {
        let Some((digits, exponent)) = parse_scientific(text) else { return self.value(text) };
        self.class("span", "q", |h| {
            if digits != "1" {
                h.text(digits).text(" × ");
            }
            h.text("10").words("sup", &exponent.replace('-', "\u{2212}"));
        })
    }

    /// Writes ", that is one in 1,000,000" after a chance that is a whole power of ten.
    pub(crate) fn one_in(&mut self, text: &str) -> &mut Html {
        match power_of_ten(text) {
            Some(zeros) => {
                let number = group_digits(&format!("1{}", "0".repeat(zeros)));
                self.text(&format!(" (one in {number})"))
            }
            None => self,
        }
    }

    /// Writes a count with its digits in groups.
    pub(crate) fn count(&mut self, count: u64) -> &mut Html {
        self.text(&grouped(count))
    }
}

pub(crate) use tellmark_core::text::{counted, group_digits, grouped};

/// Bits with one decimal.
pub(crate) fn bits(bits: f64) -> String {
    if bits.is_finite() { format!("{:.1}", bits.clamp(0.0, 1e9)) } else { "?".into() }
}

/// The digits and the exponent of `2.1e-11`.
fn parse_scientific(text: &str) -> Option<(&str, &str)> {
    let (digits, exponent) = text.split_once(['e', 'E'])?;
    let number =
        |s: &str| !s.is_empty() && s.len() <= 8 && s.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let whole = exponent.strip_prefix('-').unwrap_or(exponent);
    (number(digits) && number(whole) && !whole.contains('.')).then_some((digits, exponent))
}

/// How many zeros `n` in `1/n` has, where the text is a whole negative power of ten.
fn power_of_ten(text: &str) -> Option<usize> {
    let zeros = match parse_scientific(text) {
        Some(("1" | "1.0", exponent)) => exponent.strip_prefix('-')?.parse().ok()?,
        Some(_) => return None,
        None => text.strip_prefix("0.").filter(|t| t.trim_start_matches('0') == "1")?.len(),
    };
    (1..=WRITTEN_OUT_MAX as usize).contains(&zeros).then_some(zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Html)) -> String {
        let mut h = Html::default();
        write(&mut h);
        h.into_string().replace("<span class=\"q\">", "").replace("</span>", "")
    }

    #[test]
    fn ratios_round_down_to_numbers_that_they_reach() {
        let cases = [
            (0, "1"),
            (-300, "1"),
            (30, "1"),
            (31, "2"),
            (100, "10"),
            (932, "2,000,000,000"),
            (1_299, "9,000,000,000,000"),
            (1_331, "2 × 10<sup>13</sup>"),
            (1_300, "10<sup>13</sup>"),
        ];
        for (hundredths, expected) in cases {
            assert_eq!(written(|h| _ = h.round_number(Log10(hundredths))), expected, "{hundredths}");
        }
    }

    #[test]
    fn chances_become_powers_of_ten_and_rubbish_stays_text() {
        let cases = [
            ("2.1e-11", "2.1 × 10<sup>−11</sup>"),
            ("1e-6", "10<sup>−6</sup>"),
            ("0.001", "<bdi>0.001</bdi>"),
            ("<b>e-1", "<bdi>&lt;b&gt;e-1</bdi>"),
            ("", "<bdi></bdi>"),
        ];
        for (text, expected) in cases {
            assert_eq!(written(|h| _ = h.chance(text)), expected, "{text}");
        }
    }

    #[test]
    fn whole_powers_of_ten_are_said_in_words() {
        let cases = [
            ("1e-6", " (one in 1,000,000)"),
            ("0.001", " (one in 1,000)"),
            ("2e-6", ""),
            ("0.002", ""),
            ("1e6", ""),
            ("1e-400", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(written(|h| _ = h.one_in(text)), expected, "{text}");
        }
    }

    #[test]
    fn the_least_and_the_largest_number_are_printed() {
        assert_eq!(Log10(i64::MIN).to_string(), "−92233720368547758.08");
        assert_eq!(written(|h| _ = h.ratio(Log10(i64::MIN))), "0");
        assert_eq!(bits(f64::NAN), "?");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
