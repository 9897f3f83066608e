//! How heavy a passage is by chance.

use std::ops::Range;

use crate::weights::BIT;

/// Units of weight, 1 / [`BIT`] bit each.
type Weight = i32;

/// A passage that an unrelated text shares with a protected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Words of the protected text.
    pub source: Range<usize>,
    /// What it weighs.
    pub weight: Weight,
}

/// What unrelated texts reach, as far as it was measured.
#[derive(Debug, Clone)]
pub(crate) struct Calibration {
    /// For each protected text, what texts of the background reached, and in which of its words.
    reached: Vec<Vec<Reached>>,
    /// Weight above which the tail is a line, in logarithms.
    knee: f64,
    /// Share of unrelated texts above it.
    share: f64,
    /// Units of weight in which that share falls to a half.
    half: f64,
    /// Words of a text of the background, on average.
    words: f64,
    /// Weight, in bits, of any passage, if nothing was measured.
    alone_bits: Option<i32>,
}

/// Weight, in bits, of any passage where the background says what chance does.
pub(crate) const LEAST_BITS: i32 = 24;
/// The bar stands where so many of a million texts like the background's would reach it, if the tail went on as a line. It
/// does not where a genre shares wording: how many do is measured (`chance`), and this only says where to put the bar.
const ALARMS_MAX: f64 = 200.0;
/// Weight, in bits, of any passage where no background was given, when little is searched in little.
const ALONE_BITS: i32 = 50;
/// The same where no list of common words says what is ordinary (`weights` has one of English only): a guess, by what
/// two parts of one Ukrainian act share.
const UNLISTED_BITS: i32 = 70;
/// How much more a passage must weigh than the highest of the background, in tenths, and then in bits.
const OVER_TENTHS: i32 = 13;
const OVER_BITS: i32 = 11;
/// Share of the background's texts whose weights say how the tail falls.
const TAIL_SHARE: f64 = 0.05;
/// Such texts, at least.
const TAIL_MIN: usize = 10;

/// What the heaviest of the passages weighs that a text reached.
pub(crate) fn heaviest(reached: &[(usize, Reached)]) -> Weight {
    reached.iter().map(|(_, reached)| reached.weight).max().unwrap_or(0)
}

impl Calibration {
    /// Without a background: constants that were assumed, and fitted to nothing. What comes of them is in
    /// docs/spotting-results.md: many more false alarms than with a background.
    pub fn assumed(texts: usize) -> Calibration {
        Calibration {
            reached: vec![Vec::new(); texts],
            knee: f64::from(24 * BIT),
            share: 0.01,
            half: f64::from(4 * BIT),
            words: 600.0,
            alone_bits: Some(ALONE_BITS),
        }
    }

    /// The same in a language of which no common words are known.
    pub fn assumed_unlisted(texts: usize) -> Calibration {
        Calibration { alone_bits: Some(UNLISTED_BITS), ..Calibration::assumed(texts) }
    }

    /// From what each text of a background reached in each protected text, and how many words it has.
    /// Too few texts measure nothing.
    pub fn measured(texts: usize, background: &[(Vec<(usize, Reached)>, usize)]) -> Option<Calibration> {
        let mut all = vec![Vec::new(); texts];
        let mut best: Vec<Weight> = Vec::with_capacity(background.len());
        for (reached, _) in background {
            reached.iter().for_each(|(text, reached)| all[*text].push(reached.clone()));
            best.push(heaviest(reached));
        }
        let assumed = Calibration { reached: all, ..Calibration::assumed(texts) };
        let count = ((best.len() as f64 * TAIL_SHARE) as usize).max(TAIL_MIN);
        if best.len() < 2 * TAIL_MIN {
            return None;
        }
        best.sort_unstable_by_key(|weight| std::cmp::Reverse(*weight));
        let knee = f64::from(best[count]);
        let excess: f64 = best[..count].iter().map(|weight| f64::from(*weight) - knee).sum();
        let words = background.iter().map(|(_, words)| *words).sum::<usize>() as f64 / best.len() as f64;
        Some(Calibration {
            knee,
            share: count as f64 / best.len() as f64,
            // The maximum-likelihood mean of an exponential tail, and no lighter tail than was assumed.
            half: (excess / count as f64 * core::f64::consts::LN_2).max(assumed.half),
            words: words.max(1.0),
            alone_bits: None,
            ..assumed
        })
    }

    /// What any passage must weigh in a text of so many words.
    pub fn least(&self, query_words: usize, protected_words: usize) -> Weight {
        self.least_beyond(self.alone_bits, query_words, protected_words)
    }

    /// The same for one who judges passages by their alarms himself: what is listed of a language makes no difference.
    pub fn least_to_judge(&self, query_words: usize, protected_words: usize) -> Weight {
        self.least_beyond(self.alone_bits.map(|_| ALONE_BITS), query_words, protected_words)
    }

    fn least_beyond(&self, alone_bits: Option<i32>, query_words: usize, protected_words: usize) -> Weight {
        let doublings = |words: usize| (1 + words / 1024).ilog2() as i32;
        let least = match alone_bits {
            None => LEAST_BITS.max(self.rare_enough() / BIT) + doublings(query_words),
            Some(bits) => bits + doublings(query_words) + doublings(protected_words),
        };
        least * BIT
    }

    /// The weight that [`ALARMS_MAX`] unrelated texts reach.
    fn rare_enough(&self) -> Weight {
        (self.knee + self.half * libm::log2(1e6 * self.share / ALARMS_MAX)) as Weight
    }

    /// What a passage of a protected text must weigh: more than the background reaches in the same words.
    pub fn bar(&self, text: usize, source: &Range<usize>) -> Weight {
        let meets = |other: &&Reached| other.source.start < source.end && source.start < other.source.end;
        let highest = self.reached[text].iter().filter(meets).map(|reached| reached.weight).max();
        highest.map_or(0, |highest| OVER_TENTHS * highest / 10 + OVER_BITS * BIT)
    }

    /// How many times as many words a text has as one of the background.
    fn longer(&self, query_words: usize) -> f64 {
        (query_words as f64 / self.words).max(1.0)
    }

    /// How many of a million texts of so many words would reach a weight if the tail went on as a line: good for comparing,
    /// not for believing. What is believed says `chance`.
    pub fn alarms_by_the_line(&self, weight: Weight, query_words: usize) -> f64 {
        let longer = self.longer(query_words);
        let beyond = (f64::from(weight) - self.knee).max(0.0);
        (1e6 * self.share * longer * libm::exp2(-beyond / self.half)).min(1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_follows_the_background() {
        let reached = |i: i32| (0, Reached { source: 5..9, weight: (i % 100) * BIT / 4 });
        let background: Vec<_> = (0..1000).map(|i| (vec![reached(i)], 500)).collect();
        let calibration = Calibration::measured(2, &background).unwrap();
        assert!(calibration.bar(0, &(8..20)) > 30 * BIT);
        assert_eq!(calibration.bar(0, &(9..20)), 0);
        assert_eq!(calibration.bar(1, &(8..20)), 0);
        let rate = |bits| calibration.alarms_by_the_line(bits * BIT, 500);
        assert!(rate(20) > rate(30) && rate(30) > 2.0 * rate(40));
        assert!(calibration.alarms_by_the_line(40 * BIT, 5000) > 9.0 * rate(40));
    }

    #[test]
    fn without_a_background_the_bar_grows_with_what_is_searched() {
        let calibration = Calibration::assumed(1);
        assert_eq!(calibration.least(10, 10), ALONE_BITS * BIT);
        assert!(calibration.least(10_000, 1_000_000) > 40 * BIT);
    }
}
