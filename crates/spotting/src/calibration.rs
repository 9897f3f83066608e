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
    /// Share of unrelated texts below which nothing can be said.
    least_share: f64,
    /// Weight, in bits, of any passage, if nothing was measured.
    alone_bits: Option<i32>,
}

/// Weight, in bits, of any passage where the background says what chance does.
const LEAST_BITS: i32 = 24;
/// Of a million texts like the background's, so many may have a passage by chance.
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
/// Without a background: of the 6,000 unrelated texts of docs/spotting-results.md none reaches what is heavy, so that
/// with 95 % confidence fewer than three of them would (the rule of three).
const ALONE_SHARE: f64 = 3.0 / 6000.0;

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
            least_share: ALONE_SHARE,
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
            best.push(reached.iter().map(|(_, reached)| reached.weight).max().unwrap_or(0));
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
            // From the knee to the heaviest text the tail was seen to fall by `count` times: it is believed for as far
            // again, and no farther.
            least_share: 1.0 / (best.len() as f64 * count as f64),
            alone_bits: None,
            ..assumed
        })
    }

    /// What any passage must weigh in a text of so many words.
    pub fn least(&self, query_words: usize, protected_words: usize) -> Weight {
        let doublings = |words: usize| (1 + words / 1024).ilog2() as i32;
        let least = match self.alone_bits {
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

    /// How many of a million unrelated texts of so many words have a passage that weighs as much, and whether that is
    /// only a bound: what was measured says nothing of anything rarer.
    pub fn alarms_that_can_be_said(&self, weight: Weight, query_words: usize) -> (f64, bool) {
        let rate = self.false_alarms_per_million(weight, query_words);
        let least = (1e6 * self.least_share * self.longer(query_words)).min(1e6);
        (rate.max(least), rate < least)
    }

    /// How many times as many words a text has as one of the background.
    fn longer(&self, query_words: usize) -> f64 {
        (query_words as f64 / self.words).max(1.0)
    }

    /// The same by the tail's line, however far beyond what was measured: good for comparing, not for believing.
    pub fn false_alarms_per_million(&self, weight: Weight, query_words: usize) -> f64 {
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
        let rate = |bits| calibration.false_alarms_per_million(bits * BIT, 500);
        assert!(rate(20) > rate(30) && rate(30) > 2.0 * rate(40));
        assert!(calibration.false_alarms_per_million(40 * BIT, 5000) > 9.0 * rate(40));
    }

    #[test]
    fn what_was_not_measured_is_not_said() {
        let reached = |i: i32| (0, Reached { source: 5..9, weight: (i % 100) * BIT / 4 });
        let background: Vec<_> = (0..1000).map(|i| (vec![reached(i)], 500)).collect();
        let calibration = Calibration::measured(1, &background).unwrap();
        let said = |bits| calibration.alarms_that_can_be_said(bits * BIT, 500);
        // A thousand texts, fifty of them in the tail: one in 50,000.
        assert_eq!((said(2000), said(1000)), ((20.0, true), (20.0, true)));
        let (rate, is_bound) = said(30);
        assert!(!is_bound && rate > 20.0 && rate == calibration.false_alarms_per_million(30 * BIT, 500));
        assert_eq!(calibration.alarms_that_can_be_said(2000 * BIT, 5000).0, 200.0);
        assert_eq!(Calibration::assumed(1).alarms_that_can_be_said(2000 * BIT, 500), (500.0, true));
    }

    #[test]
    fn without_a_background_the_bar_grows_with_what_is_searched() {
        let calibration = Calibration::assumed(1);
        assert_eq!(calibration.least(10, 10), ALONE_BITS * BIT);
        assert!(calibration.least(10_000, 1_000_000) > 40 * BIT);
    }
}
