//! The words of an exhibit that surely correspond to the original, as borders of what is compared.

use std::ops::Range;

use tellmark_core::{Alignment, Pair};

use super::Original;

/// Corresponding words in one order in both texts: a passage, or several whose gaps a site may explain.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub anchors: Vec<Anchor>,
}

/// A pair of words, the original's outside all sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Anchor {
    pub source: Range<usize>,
    pub exhibit: Range<usize>,
    /// The words agree, not merely resemble each other.
    pub exact: bool,
    /// Words are missing or added between this word and the next, where no site accounts for it.
    pub gap_behind: bool,
    /// Firm enough to be the left border of what is compared.
    pub left: bool,
    /// Firm enough to be the right border.
    pub right: bool,
}

/// A stretch between two borders: in the original and in the exhibit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub source: Range<usize>,
    pub exhibit: Range<usize>,
    /// Index of the first anchor right of the left border, and of the right border.
    pub anchors: Range<usize>,
    /// One border is the beginning or the end of both texts.
    pub at_edge: bool,
}

/// A side of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Whether a track shows a word of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// It stands there.
    Shown,
    /// The track goes on beyond it, but something else stands there.
    Missing,
    /// The track does not reach it.
    Beyond,
}

/// Bytes between two passages that may be one site's variants.
const JOINT_BYTES_MAX: usize = 3 * tellmark_core::limits::VARIANT_BYTES_MAX;
/// Letters from which a word stands firm without a neighbour.
const FIRM_LETTERS: usize = 6;
/// Anchors that are tried for a border.
const BORDERS_MAX: usize = 24;
/// Bytes before the first anchor, or behind the last, up to which a text's edge is a border.
const EDGE_BYTES_MAX: usize = 300;

impl Track {
    /// The tracks of an alignment. What does not fit the texts is left out, and so are words that belong to
    /// sites: the words of another variant may stand anywhere.
    pub fn all(original: &Original, exhibit: &str, alignment: &Alignment) -> Vec<Track> {
        let fits = |pair: &&Pair| {
            let word =
                |text: &str, range: &Range<usize>| text.get(range.clone()).is_some_and(|w| !w.is_empty());
            word(&original.text, &pair.source)
                && word(exhibit, &pair.exhibit)
                && is_solid(original, &pair.source)
        };
        let mut rows: Vec<Vec<Pair>> = Vec::new();
        for passage in &alignment.passages {
            let pairs: Vec<Pair> = passage.pairs.iter().filter(fits).cloned().collect();
            let Some(first) = pairs.first() else { continue };
            let follows = |last: &Pair| {
                let near = |a: &Range<usize>, b: &Range<usize>| {
                    b.start >= a.end && b.start - a.end <= JOINT_BYTES_MAX
                };
                near(&last.source, &first.source) && near(&last.exhibit, &first.exhibit)
            };
            match rows.last_mut() {
                Some(row) if row.last().is_some_and(follows) => row.extend(pairs),
                _ => rows.push(pairs),
            }
        }
        rows.into_iter().map(|row| Track::new(original, exhibit, &row)).collect()
    }

    fn new(original: &Original, exhibit: &str, pairs: &[Pair]) -> Track {
        let touch = |text: &str, a: &Range<usize>, b: &Range<usize>| {
            text.get(a.end..b.start).is_some_and(|between| !between.chars().any(char::is_alphanumeric))
        };
        let gap = |k: usize| {
            let (Some(a), Some(b)) = (pairs.get(k), pairs.get(k + 1)) else { return false };
            let explained = !original.places_in(&(a.source.start..b.source.end)).is_empty();
            let joined =
                touch(&original.text, &a.source, &b.source) && touch(exhibit, &a.exhibit, &b.exhibit);
            !explained && !joined
        };
        let beside = |k: usize| {
            let (Some(a), Some(b)) = (pairs.get(k), pairs.get(k + 1)) else { return false };
            (a.exact || b.exact)
                && touch(&original.text, &a.source, &b.source)
                && touch(exhibit, &a.exhibit, &b.exhibit)
                && original.places_in(&(a.source.end..b.source.start)).is_empty()
        };
        let anchor = |(k, pair): (usize, &Pair)| {
            let long = pair.exact && original.text[pair.source.clone()].chars().count() >= FIRM_LETTERS;
            Anchor {
                source: pair.source.clone(),
                exhibit: pair.exhibit.clone(),
                exact: pair.exact,
                gap_behind: gap(k),
                left: long || k.checked_sub(1).is_some_and(beside),
                right: long || beside(k),
            }
        };
        Track { anchors: pairs.iter().enumerate().map(anchor).collect() }
    }

    /// The stretch around a place of the original, where it has borders on both sides.
    pub fn window(&self, place: &Range<usize>, original: &Original, exhibit: &str) -> Option<Window> {
        let anchors = &self.anchors;
        let before = anchors.partition_point(|anchor| anchor.source.end <= place.start);
        let after = anchors.partition_point(|anchor| anchor.source.start < place.end.max(place.start));
        let left = (0..before).rev().take(BORDERS_MAX).find(|&k| anchors[k].left);
        let right = (after..anchors.len()).take(BORDERS_MAX).find(|&k| anchors[k].right);
        let (from_source, from_exhibit) = match left {
            Some(k) => (anchors[k].source.end, anchors[k].exhibit.end),
            None => self.start(before)?,
        };
        let (to_source, to_exhibit) = match right {
            Some(k) => (anchors[k].source.start, anchors[k].exhibit.start),
            None => self.end(after, original, exhibit)?,
        };
        (from_source <= place.start && place.end <= to_source && from_exhibit <= to_exhibit).then(|| Window {
            source: from_source..to_source,
            exhibit: from_exhibit..to_exhibit,
            anchors: left.map_or(0, |k| k + 1)..right.unwrap_or(anchors.len()),
            at_edge: left.is_none() || right.is_none(),
        })
    }

    /// The anchor that shows, exactly, the word of the original that begins at a byte.
    pub fn anchor_of(&self, byte: usize) -> Option<usize> {
        let at = self.anchors.partition_point(|anchor| anchor.source.start <= byte).checked_sub(1)?;
        (self.anchors[at].exact && byte < self.anchors[at].source.end).then_some(at)
    }

    /// What the track says about a word of the original that begins at a byte: whether the word stands in the
    /// exhibit, and next to the same word as in the original on the side given.
    pub fn sight(&self, byte: usize, inner: Side) -> Sight {
        let after = self.anchors.partition_point(|anchor| anchor.source.start <= byte);
        let Some(at) = after.checked_sub(1) else { return Sight::Beyond };
        let anchor = &self.anchors[at];
        if anchor.exact && byte < anchor.source.end {
            let joined = match inner {
                Side::Right => !anchor.gap_behind,
                Side::Left => at.checked_sub(1).is_none_or(|before| !self.anchors[before].gap_behind),
            };
            if joined { Sight::Shown } else { Sight::Missing }
        } else if after == self.anchors.len() {
            Sight::Beyond
        } else {
            Sight::Missing
        }
    }

    /// The beginning of both texts, where the track begins there.
    fn start(&self, before: usize) -> Option<(usize, usize)> {
        let first = self.anchors.first()?;
        (before <= BORDERS_MAX && first.source.start.max(first.exhibit.start) <= EDGE_BYTES_MAX)
            .then_some((0, 0))
    }

    fn end(&self, after: usize, original: &Original, exhibit: &str) -> Option<(usize, usize)> {
        let last = self.anchors.last()?;
        let rest = (original.text.len() - last.source.end).max(exhibit.len() - last.exhibit.end);
        (self.anchors.len() - after <= BORDERS_MAX && rest <= EDGE_BYTES_MAX)
            .then_some((original.text.len(), exhibit.len()))
    }
}

/// Whether a word of the rendered original stands there whatever the sites beside it show.
fn is_solid(original: &Original, word: &Range<usize>) -> bool {
    original.places_in(word).all(|number| {
        let place = &original.places[number];
        let text = &original.text;
        let range = &place.range;
        if range.start == word.end && range.end >= word.end {
            let behind = text[range.end..].chars().next();
            original.forms(place).iter().all(|form| !form.chars().next().or(behind).is_some_and(is_word_char))
        } else if range.end == word.start && range.start <= word.start {
            let ahead = text[..range.start].chars().next_back();
            original
                .forms(place)
                .iter()
                .all(|form| !form.chars().next_back().or(ahead).is_some_and(is_word_char))
        } else {
            false
        }
    })
}

/// Whether a character beside a word would become part of it.
pub(super) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{ad}' | '\u{300}'..='\u{36f}')
}
