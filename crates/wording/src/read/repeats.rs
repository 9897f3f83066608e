//! Sites whose surroundings the original repeats: a quotation may come from either place.

use std::collections::BTreeMap;
use std::ops::Range;

use tellmark_core::{Hash, Place};

use super::track::{Side, Sight, Track};

/// For each place, the other places of the text that look alike.
#[derive(Debug, Clone)]
pub(super) struct Repeats(Vec<Vec<Twin>>);

/// Another place with equal words around it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Twin {
    /// First byte of the nearest words, left and right, that tell the two places apart.
    tells: [Option<usize>; 2],
    /// How many words agree.
    words: usize,
}

/// Words to either side that are compared.
const REACH_WORDS: usize = 400;
/// Other places that are looked at for one.
const OTHERS_MAX: usize = 64;
/// Words that agree, on both sides together, from which two places look alike.
const ALIKE_WORDS: usize = 4;
/// Words that agree from which one place may be aligned to the other in spite of a difference.
const CONFUSING_WORDS: usize = 8;

impl Repeats {
    /// Compares the words between the sites of a rendered text, without regard to case.
    pub fn find(text: &str, places: &[Place]) -> Repeats {
        let (words, borders) = fixed_words(text, places);
        let key = |at: usize| Some((words.get(at.checked_sub(1)?)?.0, words.get(at)?.0));
        let mut known: BTreeMap<(u64, u64), Vec<usize>> =
            borders.iter().filter_map(|&at| Some((key(at)?, vec![]))).collect();
        for at in 1..words.len() {
            let list = key(at).and_then(|key| known.get_mut(&key));
            list.filter(|list| list.len() < OTHERS_MAX).into_iter().for_each(|list| list.push(at));
        }
        let twins = |&at: &usize| {
            let others = key(at).and_then(|key| known.get(&key)).map_or(&[][..], Vec::as_slice);
            let mut twins: Vec<Twin> =
                others.iter().filter(|&&other| other != at).map(|&other| twin(&words, at, other)).collect();
            twins.retain(|twin| twin.words >= ALIKE_WORDS);
            twins.sort_unstable();
            twins.dedup();
            twins
        };
        Repeats(borders.iter().map(twins).collect())
    }

    /// Whether a track could be from another place: it shows no word that tells the two apart, or something
    /// else where such a word should be.
    pub fn is_ambiguous(&self, place: usize, track: &Track) -> bool {
        self.0[place].iter().any(|twin| {
            let sight =
                |at: usize, inner| twin.tells[at].map_or(Sight::Beyond, |byte| track.sight(byte, inner));
            let sights = [sight(0, Side::Right), sight(1, Side::Left)];
            !sights.contains(&Sight::Shown)
                || (twin.words >= CONFUSING_WORDS && sights.contains(&Sight::Missing))
        })
    }
}

fn twin(words: &[(u64, usize)], a: usize, b: usize) -> Twin {
    let same = |(x, y): &(&(u64, usize), &(u64, usize))| x.0 == y.0;
    let left =
        words[..a].iter().rev().zip(words[..b].iter().rev()).take(REACH_WORDS).take_while(same).count();
    let right = words[a..].iter().zip(&words[b..]).take(REACH_WORDS).take_while(same).count();
    let byte = |at: Option<usize>| at.and_then(|at| words.get(at)).map(|word| word.1);
    Twin { tells: [byte(a.checked_sub(left + 1)), byte(Some(a + right))], words: left + right }
}

/// Hashes and first bytes of the words outside sites, and for each place how many of them come before it.
fn fixed_words(text: &str, places: &[Place]) -> (Vec<(u64, usize)>, Vec<usize>) {
    let mut words = Vec::new();
    let mut borders = Vec::with_capacity(places.len());
    let mut from = 0;
    for place in places {
        push_words(text, from..place.range.start, &mut words);
        borders.push(words.len());
        from = place.range.end;
    }
    push_words(text, from..text.len(), &mut words);
    (words, borders)
}

/// A word that touches a border belongs to the site there.
fn push_words(text: &str, range: Range<usize>, words: &mut Vec<(u64, usize)>) {
    let base = text.as_ptr() as usize;
    for word in text[range.clone()].split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let start = word.as_ptr() as usize - base;
        let whole = (start > range.start || start == 0)
            && (start + word.len() < range.end || start + word.len() == text.len());
        if whole {
            let hash = Hash::of(word.to_lowercase().as_bytes()).0;
            let short = [hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]];
            words.push((u64::from_le_bytes(short), start));
        }
    }
}
