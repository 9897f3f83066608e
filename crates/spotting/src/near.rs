//! Words that differ by a typing or OCR error.

use crate::lexicon::{Stem, UNKNOWN};

/// Letters beyond which two words are compared as wholes only.
const LETTERS_MAX: usize = 40;

/// A fold with what rejects most comparisons at once.
#[derive(Debug, Clone)]
pub(crate) struct Letters {
    pub chars: Vec<char>,
    /// One bit for each letter modulo 64 that occurs.
    pub set: u64,
    /// Hash of the fold.
    pub hash: u64,
    /// The word's stem, where words of one stem are a match.
    pub stem: Stem,
}

impl Letters {
    pub fn new(chars: Vec<char>) -> Letters {
        let set = chars.iter().fold(0, |set, &c| set | 1 << (c as u32 % 64));
        Letters { chars, set, hash: 0, stem: UNKNOWN }
    }
}

/// Whether two folds are a plausible misspelling of each other: Damerau's distance (adjacent letters may be
/// swapped once) at most 1, or 2 when both have 8 letters; never for words of one or two letters.
pub(crate) fn near(a: &Letters, b: &Letters) -> bool {
    let shorter = a.chars.len().min(b.chars.len());
    let longer = a.chars.len().max(b.chars.len());
    let allowed = match shorter {
        0..3 => return false,
        3..8 => 1,
        _ => 2,
    };
    // Each edit changes at most two members of the letters' sets.
    longer <= LETTERS_MAX
        && longer - shorter <= allowed
        && (a.set ^ b.set).count_ones() as usize <= 2 * allowed
        && distance(&a.chars, &b.chars) <= allowed
}

/// Whether the letters of several words in a row are those of one.
pub(crate) fn joined(parts: [&Letters; 2], whole: &Letters) -> bool {
    let [a, b] = parts;
    !whole.chars.is_empty()
        && a.chars.len() + b.chars.len() == whole.chars.len()
        && whole.chars.starts_with(&a.chars)
        && whole.chars.ends_with(&b.chars)
}

/// Damerau's distance in its restricted form (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row = vec![0; b.len() + 1];
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j - 1] + same).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row[j] = best;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings_are_near_and_other_words_are_not() {
        let cases = [
            ("meeting", "meetimg", true),
            ("meeting", "meteing", true),
            ("meeting", "metimg", false),
            ("negotiation", "negotation", true),
            ("negotiation", "ncgotialion", true),
            ("the", "teh", true),
            ("of", "on", false),
            ("", "a", false),
            ("government", "governance", false),
        ];
        for (a, b, expected) in cases {
            let [x, y] = [a, b].map(|w| Letters::new(w.chars().collect()));
            assert_eq!(near(&x, &y), expected, "{a} {b}");
            assert_eq!(near(&y, &x), expected, "{b} {a}");
        }
    }

    #[test]
    fn merged_words_are_recognised() {
        let [every, one, everyone] = ["every", "one", "everyone"].map(|w| Letters::new(w.chars().collect()));
        assert!(joined([&every, &one], &everyone));
        assert!(!joined([&one, &every], &everyone));
    }
}
