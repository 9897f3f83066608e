//! What chance does, language by language.
//!
//! News in English say nothing of how often texts in Ukrainian share the name of a ministry by chance. So each language
//! of the protected texts is measured by the part of the background that is in it, or not at all.

use rustc_hash::FxHashMap;
use whatlang::Lang;

use crate::calibration::{Calibration, Reached, heaviest};
use crate::chance::Chance;

/// Bytes of a text that tell its language.
const BYTES_MAX: usize = 4_000;

/// The language of most of a text, if it has any.
pub(crate) fn of(text: &str) -> Option<Lang> {
    whatlang::detect_lang(&text[..text.floor_char_boundary(BYTES_MAX)])
}

/// What unrelated texts reach in protected ones, for each language of these.
#[derive(Debug, Clone)]
pub(crate) struct Calibrations {
    language_of: Vec<Option<Lang>>,
    all: FxHashMap<Option<Lang>, Calibration>,
    chances: FxHashMap<Option<Lang>, Chance>,
}

/// What a text reaches in which protected ones, and how many words it has.
pub(crate) type Reach = (Vec<(usize, Reached)>, usize);

impl Calibrations {
    /// Nothing is known but each protected text's language.
    pub fn assumed(language_of: Vec<Option<Lang>>) -> Calibrations {
        let texts = language_of.len();
        let assumed = |language| match language {
            Some(Lang::Eng) => Calibration::assumed(texts),
            _ => Calibration::assumed_unlisted(texts),
        };
        let all = language_of.iter().map(|&language| (language, assumed(language))).collect();
        Calibrations { language_of, all, chances: FxHashMap::default() }
    }

    /// From what texts of each language reach in protected texts of the same.
    pub fn measure(&mut self, background: Vec<(Option<Lang>, Reach)>) {
        let mut reached = self.by_language(background);
        for (language, calibration) in &mut self.all {
            let reached = reached.remove(language).unwrap_or_default();
            if let Some(measured) = Calibration::measured(self.language_of.len(), &reached) {
                *calibration = measured;
            }
        }
    }

    /// Learns how often texts of each language reach what in protected texts of the same: from texts that were weighed
    /// without their own part in what is common, and from the weights, in bits, of others.
    pub fn learn(&mut self, unseen: Vec<(Option<Lang>, Reach)>, alarms: &[f64]) {
        let measured = self.by_language(unseen).into_iter().filter_map(|(language, reached)| {
            let texts: Vec<(i32, usize)> =
                reached.iter().map(|(passages, words)| (heaviest(passages), *words)).collect();
            Chance::measured(&texts, alarms).map(|chance| (language, chance))
        });
        self.chances = measured.collect();
    }

    /// What the texts of each language reach in protected texts of the same.
    fn by_language(&self, texts: Vec<(Option<Lang>, Reach)>) -> FxHashMap<Option<Lang>, Vec<Reach>> {
        let mut reached: FxHashMap<Option<Lang>, Vec<Reach>> = FxHashMap::default();
        for (language, (mut passages, words)) in texts {
            passages.retain(|(text, _)| self.language_of[*text] == language);
            reached.entry(language).or_default().push((passages, words));
        }
        reached
    }

    /// Counts a further text, of any language, that reached so many bits.
    pub fn count_alarm(&mut self, bits: f64) {
        self.chances.values_mut().for_each(|chance| chance.add(bits));
    }

    /// How often texts in the language of a protected text reach what, where that is known.
    pub fn chance_of(&self, text: usize) -> Option<&Chance> {
        self.chances.get(&self.language_of[text])
    }

    /// What is known of the language of a protected text.
    pub fn of(&self, text: usize) -> &Calibration {
        &self.all[&self.language_of[text]]
    }

    /// What is known of each language.
    pub fn all(&self) -> impl Iterator<Item = &Calibration> {
        self.all.values()
    }
}

#[cfg(test)]
mod tests {
    use tellmark_testkit::{document, languages};

    use super::*;
    use crate::weights::BIT;

    #[test]
    fn languages_of_one_script_are_told_apart() {
        let english = document::prose(1, 400, 0.0);
        let known = [&english, languages::UKRAINIAN, languages::RUSSIAN].map(of);
        assert_eq!(known, [Some(Lang::Eng), Some(Lang::Ukr), Some(Lang::Rus)]);
        assert_eq!(of("4711"), None);
        assert_eq!(of(&"ї".repeat(BYTES_MAX)), of("їїї"));
    }

    #[test]
    fn a_background_says_nothing_of_another_language() {
        let reached = |text| (vec![(text, Reached { source: 0..9, weight: 90 * BIT })], 500);
        let background = |language: Lang, text| vec![(Some(language), reached(text)); 100];
        let mut both = Calibrations::assumed(vec![Some(Lang::Eng), Some(Lang::Ukr)]);
        let assumed = both.of(1).least(500, 5_000);
        both.measure(background(Lang::Eng, 0));
        assert!(both.of(0).least(500, 5_000) > 90 * BIT);
        assert_eq!(both.of(1).least(500, 5_000), assumed);
        both.measure(background(Lang::Ukr, 0));
        assert!(both.of(1).least(500, 5_000) < assumed);
        assert_eq!(both.of(1).bar(1, &(0..9)), 0);
    }
}
