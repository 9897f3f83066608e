//! How often a text like those of the background reaches a weight, said so that it holds.
//!
//! Nothing is extrapolated: wording that a genre shares comes in bursts, and no line that is fitted to the lighter texts
//! foretells the heaviest. What is said rests on two things. The text is one of those that the background was drawn from
//! (exchangeable with them), and those had no part in saying what is common before they were weighed. A text that is
//! longer is as many texts as it takes of theirs to make it up.

use crate::weights::BIT;

/// Texts from which anything is said.
const TEXTS_MIN: usize = 20;
/// What is said is too low for one background in twenty.
const DOUBT: f64 = 0.05;
/// Halvings in which the share is found: to one in a billion.
const HALVINGS: usize = 30;

/// What unseen texts of the background reached.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Chance {
    /// The heaviest passage of each, 0 for none: the heaviest first.
    weights: Vec<i32>,
    /// Words of each.
    words: Vec<usize>,
}

impl Chance {
    /// From the heaviest passage of each text and its words, and what further texts reached that are known for nothing
    /// else, in bits. Too few texts say nothing.
    pub fn measured(texts: &[(i32, usize)], alarms: &[f64]) -> Option<Chance> {
        if texts.len() < TEXTS_MIN {
            return None;
        }
        let mut weights: Vec<i32> = texts.iter().map(|(weight, _)| *weight).collect();
        weights.sort_unstable_by_key(|weight| std::cmp::Reverse(*weight));
        let mut chance = Chance { weights, words: texts.iter().map(|(_, words)| *words).collect() };
        alarms.iter().for_each(|bits| chance.add(*bits));
        Some(chance)
    }

    /// Adds a text that reached so many bits.
    pub fn add(&mut self, bits: f64) {
        let weight = (bits * f64::from(BIT)).ceil() as i32;
        self.weights.insert(self.reached(weight), weight);
    }

    /// How many texts reached a weight.
    fn reached(&self, weight: i32) -> usize {
        self.weights.partition_point(|other| *other >= weight)
    }

    /// In how many of a million texts of so many words, like those of the background, something weighs as much: at most,
    /// with 95 % confidence.
    pub fn at_most_per_million(&self, weight: i32, words: usize) -> f64 {
        (1e6 * share_at_most(self.reached(weight), self.weights.len()) * self.longer(words)).min(1e6)
    }

    /// How many texts of the background make up one of so many words, where what a text reaches is reached in one of
    /// its parts.
    fn longer(&self, words: usize) -> f64 {
        let part = |own: &usize| 1.0 / words.div_ceil((*own).max(1)).max(1) as f64;
        self.words.len() as f64 / self.words.iter().map(part).sum::<f64>()
    }
}

/// The largest share of all texts of which so few of so many would still be seen once in twenty times.
///
/// # Source
/// Clopper and Pearson: The use of confidence or fiducial limits illustrated in the case of the binomial, Biometrika 26
/// (1934).
fn share_at_most(seen: usize, of: usize) -> f64 {
    if 2 * seen >= of {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if so_few(seen, of, middle) > DOUBT { low = middle } else { high = middle }
    }
    high
}

/// The chance to see at most so many of so many at a share. Summed in logarithms: where thousands were seen, the chance of none is
/// less than any double.
fn so_few(seen: usize, of: usize, share: f64) -> f64 {
    let odds = libm::log(share / (1.0 - share));
    let mut term = of as f64 * libm::log1p(-share);
    let mut terms = vec![term];
    for at in 0..seen {
        term += odds + libm::log((of - at) as f64 / (at + 1) as f64);
        terms.push(term);
    }
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    libm::exp(most) * terms.iter().map(|term| libm::exp(term - most)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_tables() {
        // From the sum of the binomial terms, halved two hundred times in Python.
        for (seen, of, share) in
            [(0, 20, 0.139_108), (0, 300, 0.009_936), (3, 300, 0.025_641), (10, 3000, 0.005_648)]
        {
            let own = share_at_most(seen, of);
            assert!((own - share).abs() < 1e-6, "{seen} of {of}: {own}");
        }
        assert_eq!(share_at_most(10, 20), 1.0);
        assert!(share_at_most(0, 1_000_000) < 3.1e-6);
    }

    #[test]
    fn what_was_reached_is_counted_and_nothing_beyond_is_guessed() {
        let texts: Vec<(i32, usize)> = (0..300).map(|i| (i * BIT, 500)).collect();
        let chance = Chance::measured(&texts, &[]).unwrap();
        let said = |bits: i32, words| chance.at_most_per_million(bits * BIT, words);
        assert_eq!((said(300, 500), said(3_000, 500)), (1e6 * share_at_most(0, 300), said(300, 10)));
        assert_eq!(said(297, 500), 1e6 * share_at_most(3, 300));
        // Three texts make up one of 1,500 words, and three and one in part one of 1,501.
        for (words, texts) in [(1_500, 3.0), (1_501, 4.0)] {
            assert!((said(300, words) / said(300, 500) - texts).abs() < 1e-9, "{words}");
        }
        assert_eq!(said(300, 1_000_000), 1e6);
        let alarmed = Chance::measured(&texts, &[300.0, 400.0]).unwrap();
        assert_eq!(alarmed.at_most_per_million(300 * BIT, 500), 1e6 * share_at_most(2, 302));
    }

    #[test]
    fn few_texts_say_nothing() {
        assert_eq!(Chance::measured(&[(0, 500); TEXTS_MIN - 1], &[90.0; 100]), None);
    }
}
