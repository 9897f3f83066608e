//! The words of an original that every copy shows.

use std::ops::Range;

use tellmark_core::{Hash, Place};

/// A word outside the sites: a hash without regard to case, and its bytes in the rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub hash: u64,
    pub range: Range<usize>,
    /// No site and no word cut by one stands between the word before and this one.
    pub follows: bool,
}

/// The words outside sites, and for each place how many of them come before it.
pub(super) fn words(text: &str, places: &[Place]) -> (Vec<Word>, Vec<usize>) {
    let mut words = Vec::new();
    let mut borders = Vec::with_capacity(places.len());
    let mut from = 0;
    for place in places {
        push(text, from..place.range.start, &mut words);
        borders.push(words.len());
        from = place.range.end;
    }
    push(text, from..text.len(), &mut words);
    (words, borders)
}

/// A word that touches a border belongs to the site there.
fn push(text: &str, range: Range<usize>, words: &mut Vec<Word>) {
    let base = text.as_ptr() as usize;
    let mut follows = false;
    for word in text[range.clone()].split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let start = word.as_ptr() as usize - base;
        let end = start + word.len();
        let whole = (start > range.start || start == 0) && (end < range.end || end == text.len());
        if whole {
            words.push(Word { hash: hash(word), range: start..end, follows });
        }
        follows = whole;
    }
}

/// Hash of a word without regard to case.
pub(super) fn hash(word: &str) -> u64 {
    let hash = Hash::of(word.to_lowercase().as_bytes()).0;
    u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}
