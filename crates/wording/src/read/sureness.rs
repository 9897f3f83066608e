//! How sure a program is of the words that it recognised in a picture.

use std::ops::Range;

use super::costs::BIT;

/// A word of a recognised text, and how surely it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sureness {
    /// Its bytes in the text.
    pub bytes: Range<usize>,
    /// The chance that it was recognised rightly, in thousandths.
    pub per_mille: u16,
}

impl Sureness {
    /// The most that the word can say, in units of 1 / [`BIT`] bit: it is another word with the rest of the chance,
    /// and at the worst that one is another variant. So its likelihoods are not further apart than these chances.
    fn cap(&self) -> i32 {
        /// log2(p / (1 - p)) in sixteenths of a bit, rounded down, for p from 1/2 on in steps of a fiftieth.
        const CAPS: [i32; 25] =
            [0, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 24, 26, 29, 32, 35, 38, 41, 45, 50, 56, 63, 73, 89];
        let above = usize::from(self.per_mille.saturating_sub(500)) / 20;
        CAPS[above.min(CAPS.len() - 1)]
    }
}

/// The most that what stands in these bytes can say, by the least sure of the words that it touches.
pub(super) fn cap(words: &[Sureness], bytes: &Range<usize>) -> i32 {
    let first = words.partition_point(|word| word.bytes.end + 1 < bytes.start);
    let touched = words[first..].iter().take_while(|word| word.bytes.start <= bytes.end + 1);
    touched.map(Sureness::cap).min().unwrap_or(i32::MAX / BIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_sure_word_decides() {
        let word = |start, end, per_mille| Sureness { bytes: start..end, per_mille };
        let words = [word(0, 3, 960), word(4, 9, 700), word(10, 12, 990)];
        assert_eq!(cap(&words, &(0..2)), words[0].cap().min(cap(&words, &(0..2))));
        assert_eq!(cap(&words, &(5..8)), word(0, 0, 700).cap());
        assert_eq!(cap(&words, &(11..12)), word(0, 0, 990).cap());
        assert_eq!(
            cap(&words, &(3..3)),
            word(0, 0, 700).cap(),
            "nothing stands between two words: both tell"
        );
        assert_eq!(cap(&[], &(0..1)), i32::MAX / BIT);
    }

    #[test]
    #[allow(clippy::disallowed_methods)] // The table beside the formula.
    fn the_caps_are_the_odds() {
        for per_mille in 0..=1000u16 {
            let p = f64::from(per_mille.clamp(500, 980)) / 1000.0;
            let exact = (p / (1.0 - p)).log2() * f64::from(BIT);
            let cap = f64::from(Sureness { bytes: 0..1, per_mille }.cap());
            assert!(cap <= exact + 1e-9 && cap > exact - 18.0, "{per_mille}: {cap} {exact}");
        }
    }
}
