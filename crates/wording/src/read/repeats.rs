//! Sites whose surroundings the original repeats: a quotation may come from either place.

use super::solid::Word;
use super::track::{Side, Sight, Track};
use std::collections::{BTreeMap, BTreeSet};

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
const REACH_WORDS: usize = 200;
/// Other places that are looked at for one.
const OTHERS_MAX: usize = 32;
/// Words that agree, on both sides together, from which two places look alike.
const ALIKE_WORDS: usize = 4;
/// Words that agree from which one place may be aligned to the other in spite of a difference.
const CONFUSING_WORDS: usize = 8;

impl Repeats {
    /// Compares the surroundings of places, by the words outside sites and how many stand before each place. Places of one site, where
    /// it is given, are no rivals: the forms of a message show the same sites, and whichever is quoted, the same is read.
    pub fn find(words: &[Word], borders: &[usize], sites: &[Option<usize>]) -> Repeats {
        let key = |at: usize| Some((words.get(at.checked_sub(1)?)?.hash, words.get(at)?.hash));
        let mut known: BTreeMap<(u64, u64), Vec<usize>> =
            borders.iter().filter_map(|&at| Some((key(at)?, vec![]))).collect();
        for at in 1..words.len() {
            let list = key(at).and_then(|key| known.get_mut(&key));
            list.filter(|list| list.len() < OTHERS_MAX).into_iter().for_each(|list| list.push(at));
        }
        let own: BTreeSet<(usize, usize)> =
            borders.iter().zip(sites).filter_map(|(&at, &site)| Some((at, site?))).collect();
        let twins = |(&at, site): (&usize, &Option<usize>)| {
            let is_rival =
                |other: usize| other != at && site.is_none_or(|site| !own.contains(&(other, site)));
            let others = key(at).and_then(|key| known.get(&key)).map_or(&[][..], Vec::as_slice);
            let mut twins: Vec<Twin> = others
                .iter()
                .filter(|&&other| is_rival(other))
                .map(|&other| twin(words, at, other))
                .collect();
            twins.retain(|twin| twin.words >= ALIKE_WORDS);
            twins.sort_unstable();
            twins.dedup();
            twins
        };
        Repeats(borders.iter().zip(sites).map(twins).collect())
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

fn twin(words: &[Word], a: usize, b: usize) -> Twin {
    let same = |(x, y): &(&Word, &Word)| x.hash == y.hash;
    let left =
        words[..a].iter().rev().zip(words[..b].iter().rev()).take(REACH_WORDS).take_while(same).count();
    let right = words[a..].iter().zip(&words[b..]).take(REACH_WORDS).take_while(same).count();
    let byte = |at: Option<usize>| at.and_then(|at| words.get(at)).map(|word| word.range.start);
    Twin { tells: [byte(a.checked_sub(left + 1)), byte(Some(a + right))], words: left + right }
}
