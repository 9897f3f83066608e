//! Words that differ by a typing or OCR error.

use crate::lexicon::{Stem, UNKNOWN};

/// Letters beyond which two words are compared as wholes only.
const LETTERS_MAX: usize = 40;

/// What of a fold rejects most comparisons at once; its letters are spelt only for the others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letters {
    /// The number of its word.
    pub word: usize,
    pub count: usize,
    /// One bit for each letter modulo 64 that occurs.
    pub set: u64,
    /// Hash of the fold.
    pub hash: u64,
    /// The word's stem, where words of one stem are a match.
    pub stem: Stem,
}

impl Letters {
    /// Of a fold's letters.
    pub fn of(chars: impl Iterator<Item = char>) -> Letters {
        let begin = Letters { word: 0, count: 0, set: 0, hash: 0, stem: UNKNOWN };
        chars.fold(begin, |own, c| Letters {
            count: own.count + 1,
            set: own.set | 1 << (c as u32 % 64),
            ..own
        })
    }
}

/// How many edits make two words of these numbers of letters plausible misspellings of each other.
fn allowed(shorter: usize) -> usize {
    match shorter {
        0..3 => 0,
        3..8 => 1,
        _ => 2,
    }
}

/// Whether two folds may be [`near`] each other.
#[inline]
pub(crate) fn may_be_near(a: &Letters, b: &Letters) -> bool {
    let (shorter, longer) = (a.count.min(b.count), a.count.max(b.count));
    let allowed = allowed(shorter);
    // Each edit changes at most two members of the letters' sets.
    allowed > 0
        && longer <= LETTERS_MAX
        && longer - shorter <= allowed
        && (a.set ^ b.set).count_ones() as usize <= 2 * allowed
}

/// Whether two folds that [may be](may_be_near) are a plausible misspelling of each other: Damerau's distance (adjacent
/// letters may be swapped once) at most 1, or 2 when both have 8 letters; never for words of one or two letters.
pub(crate) fn near(a: &[char], b: &[char]) -> bool {
    distance(a, b) <= allowed(a.len().min(b.len()))
}

/// Whether the letters of two words in a row are those of one.
pub(crate) fn joined(parts: [&[char]; 2], whole: &[char]) -> bool {
    let [a, b] = parts;
    !whole.is_empty() && a.len() + b.len() == whole.len() && whole.starts_with(a) && whole.ends_with(b)
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
            let is_near = |a: &str, b: &str| {
                let [x, y] = [a, b].map(|w| w.chars().collect::<Vec<_>>());
                may_be_near(&Letters::of(a.chars()), &Letters::of(b.chars())) && near(&x, &y)
            };
            assert_eq!((is_near(a, b), is_near(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn merged_words_are_recognised() {
        let [every, one, everyone] = ["every", "one", "everyone"].map(|w| w.chars().collect::<Vec<_>>());
        assert!(joined([&every, &one], &everyone));
        assert!(!joined([&one, &every], &everyone));
    }
}
