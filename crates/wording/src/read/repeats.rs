//! Sites whose surroundings the original repeats: a short quotation may come from either place.

use std::collections::BTreeMap;

use tellmark_core::{Hash, Place};

/// For each place, the other places of the text that look alike, by how many words they agree to either side.
#[derive(Debug, Clone)]
pub(super) struct Repeats(Vec<Vec<(u16, u16)>>);

/// Words to either side that are compared; a passage that goes farther is told apart anyway.
const REACH_WORDS: usize = 400;
/// Other places that are looked at for one.
const OTHERS_MAX: usize = 64;
/// Words to both sides together from which two places look alike.
const ALIKE_WORDS: usize = 4;
/// Words beyond the repeated ones that tell a passage's place.
const TELLING_WORDS: usize = 2;

impl Repeats {
    /// Compares the words between the sites of a rendered text, without regard to case.
    pub fn find(text: &str, places: &[Place]) -> Repeats {
        let (words, borders) = fixed_words(text, places);
        let key = |at: usize| Some((*words.get(at.checked_sub(1)?)?, *words.get(at)?));
        let mut known: BTreeMap<(u64, u64), Vec<usize>> =
            borders.iter().filter_map(|&at| Some((key(at)?, vec![]))).collect();
        for at in 1..words.len() {
            if let Some(list) =
                key(at).and_then(|key| known.get_mut(&key)).filter(|list| list.len() < OTHERS_MAX)
            {
                list.push(at);
            }
        }
        let others = |at: usize| key(at).and_then(|key| known.get(&key)).map_or(&[][..], Vec::as_slice);
        let alike = |&at: &usize| {
            let pairs =
                others(at).iter().filter(|&&other| other != at).map(|&other| extent(&words, at, other));
            let mut pairs: Vec<_> = pairs.filter(|(a, b)| usize::from(a + b) >= ALIKE_WORDS).collect();
            pairs.sort_unstable();
            pairs.dedup();
            pairs
        };
        Repeats(borders.iter().map(alike).collect())
    }

    /// Whether a passage with so many words to the left and right of a place could be from elsewhere.
    pub fn is_ambiguous(&self, place: usize, left: usize, right: usize) -> bool {
        let tells = |have: usize, alike: u16| have >= usize::from(alike) + TELLING_WORDS;
        self.0[place].iter().any(|&(a, b)| !tells(left, a) && !tells(right, b))
    }
}

fn extent(words: &[u64], a: usize, b: usize) -> (u16, u16) {
    let left = words[..a].iter().rev().zip(words[..b].iter().rev());
    let right = words[a..].iter().zip(&words[b..]);
    let count = |same: usize| same as u16;
    (
        count(left.take(REACH_WORDS).take_while(|(x, y)| x == y).count()),
        count(right.take(REACH_WORDS).take_while(|(x, y)| x == y).count()),
    )
}

/// Hashes of the words outside sites, and for each place how many of them come before it.
fn fixed_words(text: &str, places: &[Place]) -> (Vec<u64>, Vec<usize>) {
    let mut words = Vec::new();
    let mut borders = Vec::with_capacity(places.len());
    let mut from = 0;
    for place in places {
        push_words(&text[from..place.range.start], &mut words);
        borders.push(words.len());
        from = place.range.end;
    }
    push_words(&text[from..], &mut words);
    (words, borders)
}

fn push_words(text: &str, words: &mut Vec<u64>) {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.extend(parts.map(|word| {
        let hash = Hash::of(word.to_lowercase().as_bytes()).0;
        u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
    }));
}
