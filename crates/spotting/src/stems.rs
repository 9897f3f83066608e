//! Stems: what the forms of one word share.
//!
//! A word's stem depends on its letters alone, never on the text around it: words of Latin letters are
//! stemmed as English, those of other scripts by the Snowball algorithm of a language that the script is used
//! for, all others are their own stems. A text in a language whose algorithm is not used still matches, word
//! by word, as it is written.

use rust_stemmers::{Algorithm, Stemmer};

use crate::words::hash;

/// Letters of a word that is stemmed; longer ones are their own stems.
const LETTERS_MAX: usize = 32;

/// Makes stems.
pub(crate) struct Stems {
    english: Stemmer,
    russian: Stemmer,
    greek: Stemmer,
    arabic: Stemmer,
}

impl Stems {
    pub fn new() -> Stems {
        Stems {
            english: Stemmer::create(Algorithm::English),
            russian: Stemmer::create(Algorithm::Russian),
            greek: Stemmer::create(Algorithm::Greek),
            arabic: Stemmer::create(Algorithm::Arabic),
        }
    }

    /// The hash of a fold's stem.
    pub fn of(&self, fold: &[char]) -> u64 {
        match self.algorithm(fold) {
            Some(stemmer) => {
                let word: String = fold.iter().collect();
                hash(stemmer.stem(&word).chars())
            }
            None => hash(fold.iter().copied()),
        }
    }

    fn algorithm(&self, fold: &[char]) -> Option<&Stemmer> {
        if fold.len() < 3 || fold.len() > LETTERS_MAX {
            return None;
        }
        let all = |is: fn(char) -> bool| fold.iter().all(|&c| is(c));
        match fold[0] {
            'a'..='z' if all(|c| c.is_ascii_lowercase() || c == '\'') => Some(&self.english),
            '\u{430}'..='\u{45f}' if all(|c| matches!(c, '\u{430}'..='\u{45f}')) => Some(&self.russian),
            '\u{370}'..='\u{3ff}' if all(|c| matches!(c, '\u{370}'..='\u{3ff}')) => Some(&self.greek),
            '\u{621}'..='\u{64a}' if all(|c| matches!(c, '\u{621}'..='\u{64a}')) => Some(&self.arabic),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(word: &str) -> u64 {
        Stems::new().of(&word.chars().collect::<Vec<_>>())
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for (a, b) in [("negotiated", "negotiates"), ("sluices", "sluice"), ("переговоры", "переговоров")]
        {
            assert_eq!(stem(a), stem(b), "{a} {b}");
        }
        for (a, b) in [("minister", "minstrel"), ("1994", "1995"), ("ärzte", "arzt")] {
            assert_ne!(stem(a), stem(b), "{a} {b}");
        }
    }

    #[test]
    fn every_script_is_passed() {
        for c in ('\0'..=char::MAX).step_by(7) {
            stem(&format!("{c}{c}{c}"));
            stem(&format!("{c}ing'{c}"));
        }
    }
}
