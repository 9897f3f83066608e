//! What the exact places of words show: a leaked document that still has its text.

mod laid;

use std::cell::LazyCell;
use std::collections::BTreeMap;

use tellmark_core::Along;

use laid::{Map, Orders, Point};

/// How far a word may stand from its place in the original, in points, to be the same word: more than any shift.
const NEAR_POINTS: f64 = 1.0;
/// A page is the original's when so many of the words on it, in parts of ten, stand near their places.
const ALIKE_TENTHS: usize = 5;
/// Places are as exact as numbers in a file; what blurs them is a forger. In parts of the shift.
const SIGMA: f64 = 0.35;
/// Of words that stand near their places so many stand there for other reasons, anywhere: nothing is surer than some 7 in natural
/// logarithms, and what is farther from both places than they are from each other says nothing.
const ASTRAY: f64 = 0.0138;
/// Words that never move, at least, by which a page is laid on the original.
const ANCHORS_MIN: usize = 8;
/// The same for more than an offset: where they also stand apart.
const ANCHORS_AFFINE_MIN: usize = 12;

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

impl Standing<'_> {
    fn place(&self) -> Point {
        [self.x, self.y]
    }
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

/// Compares the words of a leaked document with those of the original, page by page. Whatever moved, turned or scaled a page as a
/// whole is taken out first, by the words that never move.
///
/// `shift` is in points. A page of the leak is compared with the page of the original on which most of its words have
/// their places, or stand in the same order; one of which fewer than half do is left out.
pub fn compare(original: &[Standing<'_>], moves: &[bool], leaked: &[Standing<'_>], shift: f64) -> Vec<Shift> {
    let mut pages: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, word) in leaked.iter().enumerate() {
        pages.entry(word.page).or_default().push(index);
    }
    let places = Places::new(original);
    let orders = LazyCell::new(|| Orders::new(original));
    let mut shifts = Vec::new();
    for words in pages.values() {
        let laid: Vec<Standing<'_>> = words.iter().map(|&seen| leaked[seen]).collect();
        let mut found = Laid::new(original, moves, laid, &places);
        // Words may stand near by chance: a page that is a little smaller has its places in the middle.
        if !found.is_whole()
            && let Some(map) = orders.laid(&found.words)
        {
            let moved = found.words.iter().map(|word| map.applied(word)).collect();
            let other = Laid::new(original, moves, moved, &places);
            found = if other.is_closer_than(&found) { other } else { found };
        }
        if 10 * found.matched.len() < ALIKE_TENTHS * words.len() {
            continue;
        }
        let moved = |&(word, seen): &(usize, usize)| {
            displacement(&original[word], &found.onto.applied(&found.words[seen]))
        };
        shifts.extend(found.matched.iter().filter(|(word, _)| moves[*word]).map(|pair| Shift {
            word: pair.0,
            seen: words[pair.1],
            llr: llr(moved(pair), shift),
        }));
    }
    shifts.sort_by_key(|shift| shift.word);
    shifts
}

/// A page of the leak, laid on a page of the original.
struct Laid<'a> {
    words: Vec<Standing<'a>>,
    /// Words of the original, and of these.
    matched: Vec<(usize, usize)>,
    /// What brings the words that never move to their places.
    onto: Map,
    /// How far off those are then, in the middle, in points.
    errs: f64,
}

impl<'a> Laid<'a> {
    fn new(
        original: &[Standing<'_>],
        moves: &[bool],
        words: Vec<Standing<'a>>,
        places: &Places<'_>,
    ) -> Laid<'a> {
        let matched = places.closest(&words);
        let (onto, errs) = by_anchors(original, moves, &words, &matched);
        Laid { words, matched, onto, errs }
    }

    /// Whether nothing is closer: all of its words have their places, and those that never move stand exactly there.
    fn is_whole(&self) -> bool {
        self.matched.len() == self.words.len() && self.errs <= 0.0
    }

    fn is_closer_than(&self, other: &Laid<'_>) -> bool {
        let (own, others) = (self.matched.len(), other.matched.len());
        own > others || own == others && self.errs < other.errs
    }
}

/// What lays the words that never move on their places, and how far off they are then: a map of the plane where they are many and
/// stand apart, an offset where they are some.
fn by_anchors(
    original: &[Standing<'_>],
    moves: &[bool],
    laid: &[Standing<'_>],
    matched: &[(usize, usize)],
) -> (Map, f64) {
    let anchors: Vec<(Point, Point)> = matched
        .iter()
        .filter(|(word, _)| !moves[*word])
        .map(|&(word, seen)| (laid[seen].place(), original[word].place()))
        .collect();
    if anchors.len() < ANCHORS_MIN {
        return (Map::IDENTITY, 0.0);
    }
    let of = |axis: usize| median(anchors.iter().map(|(from, to)| to[axis] - from[axis]).collect());
    let offset = Map::offset(of(0), of(1));
    let fitted = if anchors.len() >= ANCHORS_AFFINE_MIN { Map::fitted(&anchors) } else { None };
    let err = offset.errs(&anchors);
    let better = fitted.map(|map| (map, map.errs(&anchors))).filter(|(_, errs)| *errs < err);
    better.unwrap_or((offset, err))
}

/// How far a word was moved along its line, in points.
fn displacement(original: &Standing<'_>, seen: &Standing<'_>) -> f64 {
    let (x, y) = original.along.unit();
    (seen.x - original.x) * f64::from(x) + (seen.y - original.y) * f64::from(y)
}

/// Of a Gaussian around either shift, and of words astray.
fn llr(moved: f64, shift: f64) -> f64 {
    let sigma = SIGMA * shift;
    let height = (1.0 - ASTRAY) / (sigma * core::f64::consts::TAU.sqrt());
    let density = |middle: f64| {
        let away = (moved - middle) / sigma;
        height * libm::exp(-0.5 * away * away) + ASTRAY / (2.0 * NEAR_POINTS)
    };
    libm::log(density(shift) / density(-shift))
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
    fn closest(&self, leaked: &[Standing<'_>]) -> Vec<(usize, usize)> {
        let mut pages: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
        for (seen, standing) in leaked.iter().enumerate() {
            for word in self.near(standing) {
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
    fn pages_that_were_turned_scaled_and_moved_are_laid_on_the_original() {
        // Some words stand there twice.
        let names: Vec<String> = (0..60).map(|index| format!("word{}", index * 37 % 45)).collect();
        let named = |words: Vec<Standing<'static>>| {
            words.into_iter().zip(&names).map(|(word, text)| Standing { text, ..word }).collect::<Vec<_>>()
        };
        let moving: Vec<bool> = (0..60).map(moves).collect();
        let moved = |index: usize| if moves(index) { 0.15 * sign(index) } else { 0.0 };
        let (original, copy) = (named(page(0, |_| 0.0)), named(page(0, moved)));
        type Placed = fn(f64, f64) -> (f64, f64);
        let maps: [(&str, Along, Placed); 6] = [
            ("moved", Along::Right, |x, y| (x + 13.4, y - 4.2)),
            ("a quarter turned", Along::Down, |x, y| (842.0 - y, x)),
            ("upside down", Along::Left, |x, y| (595.0 - x, 842.0 - y)),
            ("a little smaller", Along::Right, |x, y| {
                (300.0 + 0.998 * (x - 300.0), 400.0 + 0.998 * (y - 400.0))
            }),
            ("half", Along::Right, |x, y| (0.5 * x, 0.5 * y)),
            ("aslant", Along::Right, |x, y| (x + 0.02 * y, y - 0.02 * x)),
        ];
        for (name, along, map) in maps {
            let leaked: Vec<Standing<'_>> = copy
                .iter()
                .map(|word| {
                    let (x, y) = map(word.x, word.y);
                    Standing { x, y, along, ..*word }
                })
                .collect();
            let shifts = compare(&original, &moving, &leaked, 0.15);
            assert_eq!(shifts.len(), 50, "{name}");
            for shift in shifts {
                assert!(shift.llr * sign(shift.word) > 6.5, "{name}: {shift:?}");
            }
        }
    }

    #[test]
    fn what_stands_far_from_both_places_says_nothing() {
        for far in [0.5, 0.7, 0.99] {
            assert!(llr(far, 0.15).abs() < 1e-6 && llr(-far, 0.15).abs() < 1e-6, "{far}");
        }
        assert_eq!(llr(0.0, 0.15), 0.0);
        assert!((llr(0.15, 0.15) - 7.0).abs() < 0.05, "{}", llr(0.15, 0.15));
    }

    #[test]
    fn the_original_itself_and_other_pages_say_nothing() {
        let original = page(0, |_| 0.0);
        let moving: Vec<bool> = (0..60).map(moves).collect();
        assert!(compare(&original, &moving, &original, 0.15).iter().all(|shift| shift.llr.abs() < 1e-9));
        assert!(compare(&original, &moving, &page(3, |_| 9.0), 0.15).is_empty());
    }
}
