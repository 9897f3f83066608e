//! What the exact places of words show: a leaked document that still has its text.

use std::collections::BTreeMap;

use tellmark_core::Along;

/// How far a word may stand from its place in the original, in points, to be the same word: more than any shift.
const NEAR_POINTS: f64 = 1.0;
/// A page is the original's when so many of the words on it, in parts of ten, stand near their places.
const ALIKE_TENTHS: usize = 5;
/// Places are as exact as numbers in a file; what blurs them is a forger. In parts of the shift.
const SIGMA: f64 = 0.35;
/// Nothing is surer than this, in natural logarithms.
const LLR_MAX: f64 = 7.0;

/// A word where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing<'a> {
    /// The page, from 0.
    pub page: u32,
    /// What it says.
    pub text: &'a str,
    /// Where its base line begins, in points from the left edge.
    pub x: f64,
    /// The same, from the upper edge.
    pub y: f64,
    /// Where its line runs.
    pub along: Along,
}

/// What the place of a word says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Index of the word in the original.
    pub word: usize,
    /// Index of the word in the leaked document.
    pub seen: usize,
    /// Natural logarithm of how much likelier its place is when it was moved along its line than against it.
    pub llr: f64,
}

/// Compares the words of a leaked document with those of the original, page by page. Whatever moved a page as a whole
/// is taken out first: the median of what its words were moved by, which those that never move hold in place.
///
/// `shift` is in points. A page of the leak is compared with the page of the original on which most of its words have
/// their places; one of which fewer than half do is left out.
pub fn compare(original: &[Standing<'_>], moves: &[bool], leaked: &[Standing<'_>], shift: f64) -> Vec<Shift> {
    let mut pages: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, word) in leaked.iter().enumerate() {
        pages.entry(word.page).or_default().push(index);
    }
    let places = Places::new(original);
    let mut shifts = Vec::new();
    for words in pages.values() {
        let matched = places.closest(leaked, words);
        if 10 * matched.len() < ALIKE_TENTHS * words.len() {
            continue;
        }
        let moved = |&(word, seen): &(usize, usize)| displacement(&original[word], &leaked[seen]);
        let anchors: Vec<f64> = matched.iter().filter(|(word, _)| !moves[*word]).map(moved).collect();
        let offset = if anchors.len() >= 8 { median(anchors) } else { 0.0 };
        shifts.extend(matched.iter().filter(|(word, _)| moves[*word]).map(|pair| Shift {
            word: pair.0,
            seen: pair.1,
            llr: llr(moved(pair) - offset, shift),
        }));
    }
    shifts.sort_by_key(|shift| shift.word);
    shifts
}

/// How far a word was moved along its line, in points.
fn displacement(original: &Standing<'_>, seen: &Standing<'_>) -> f64 {
    let (x, y) = original.along.unit();
    (seen.x - original.x) * f64::from(x) + (seen.y - original.y) * f64::from(y)
}

/// Of a Gaussian around either shift.
fn llr(moved: f64, shift: f64) -> f64 {
    let in_shifts = moved / shift;
    (2.0 * in_shifts / (SIGMA * SIGMA)).clamp(-LLR_MAX, LLR_MAX)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The original's words by what they say and roughly where.
struct Places<'a> {
    original: &'a [Standing<'a>],
    by_place: BTreeMap<(&'a str, i64, i64), Vec<usize>>,
}

impl<'a> Places<'a> {
    fn new(original: &'a [Standing<'a>]) -> Places<'a> {
        let mut by_place: BTreeMap<(&str, i64, i64), Vec<usize>> = BTreeMap::new();
        for (index, word) in original.iter().enumerate() {
            by_place.entry((word.text, cell(word.x), cell(word.y))).or_default().push(index);
        }
        Places { original, by_place }
    }

    /// The words of the page on which most words of a leaked page have their places, with those.
    fn closest(&self, leaked: &[Standing<'_>], words: &[usize]) -> Vec<(usize, usize)> {
        let mut pages: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
        for &seen in words {
            for word in self.near(&leaked[seen]) {
                pages.entry(self.original[word].page).or_default().push((word, seen));
            }
        }
        // The first of the fullest, so that two pages that are alike make no difference from run to run.
        let fullest = pages.into_iter().min_by_key(|(page, pairs)| (std::cmp::Reverse(pairs.len()), *page));
        fullest.map_or_else(Vec::new, |(_, pairs)| pairs)
    }

    /// Words of the original that say the same near the same place, one a page.
    fn near(&self, seen: &Standing<'_>) -> Vec<usize> {
        let mut found: BTreeMap<u32, (f64, usize)> = BTreeMap::new();
        for x in -1..=1 {
            for y in -1..=1 {
                let key = (seen.text, cell(seen.x) + x, cell(seen.y) + y);
                for &word in self.by_place.get(&key).map(Vec::as_slice).unwrap_or_default() {
                    let other = &self.original[word];
                    let far = (other.x - seen.x).abs().max((other.y - seen.y).abs());
                    let closest = found.entry(other.page).or_insert((f64::INFINITY, word));
                    if far <= NEAR_POINTS && other.along == seen.along && far < closest.0 {
                        *closest = (far, word);
                    }
                }
            }
        }
        found.into_values().filter(|(far, _)| far.is_finite()).map(|(_, word)| word).collect()
    }
}

fn cell(points: f64) -> i64 {
    (points / NEAR_POINTS).floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(page: u32, shift: impl Fn(usize) -> f64) -> Vec<Standing<'static>> {
        let words = ["they", "met", "before", "noon", "and", "left", "at", "once", "by", "train"];
        let word = |index: usize| Standing {
            page,
            text: words[(index * 7 + page as usize) % words.len()],
            x: 72.0 + 31.0 * (index % 12) as f64 + shift(index),
            y: 90.0 + 14.0 * (index / 12) as f64,
            along: Along::Right,
        };
        (0..60).map(word).collect()
    }

    /// The first and last word of each line stay.
    fn moves(index: usize) -> bool {
        !matches!(index % 12, 0 | 11)
    }

    fn sign(index: usize) -> f64 {
        if (index * index / 3).is_multiple_of(2) { 1.0 } else { -1.0 }
    }

    #[test]
    fn shifts_are_read_from_places_also_when_pages_are_taken_out_and_moved() {
        let original = [page(0, |_| 0.0), page(1, |_| 0.0)].concat();
        let moving: Vec<bool> = (0..120).map(|index| moves(index % 60)).collect();
        let moved = |index: usize| if moves(index) { 0.15 * sign(index) } else { 0.0 };
        let leaked: Vec<Standing<'_>> =
            page(1, |index| 0.4 + moved(index)).iter().map(|word| Standing { page: 0, ..*word }).collect();
        let shifts = compare(&original, &moving, &leaked, 0.15);
        assert_eq!(shifts.len(), 50);
        for shift in shifts {
            assert!(shift.word >= 60 && shift.llr * sign(shift.word - 60) > 6.9, "{shift:?}");
        }
    }

    #[test]
    fn the_original_itself_and_other_pages_say_nothing() {
        let original = page(0, |_| 0.0);
        let moving: Vec<bool> = (0..60).map(moves).collect();
        assert!(compare(&original, &moving, &original, 0.15).iter().all(|shift| shift.llr == 0.0));
        assert!(compare(&original, &moving, &page(3, |_| 9.0), 0.15).is_empty());
    }
}
