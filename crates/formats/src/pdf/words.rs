//! From glyphs to words and lines.
//!
//! Glyphs are taken in the order in which they are drawn. Two that follow each other belong to one word when no
//! space was shown between them and they stand closer than 0.14 em; two words belong to one line when they stand
//! on about one baseline, closer than 1.5 em. So a column, a table's cell and a tab begin a line of their own,
//! and no word is moved because of what stands in another column.

use std::ops::Range;

use hayro::kurbo::{Point, Vec2};
use tellmark_core::Along;

use super::content::{Cut, Glyph};

/// A gap between two letters of a word is smaller, in em.
const WORD_GAP: f64 = 0.14;
/// A gap between two words of a line is smaller, in em.
const LINE_GAP: f64 = 1.5;
/// Letters of a word stand no further above each other, in em: accents and raised marks.
const RAISED: f64 = 0.6;
/// How far letters may overlap, in em: kerning and accents.
const OVERLAP: f64 = 1.0;
/// Ascent and descent of a word's box, in em.
const ASCENT: f64 = 0.8;
const DESCENT: f64 = 0.22;

/// A stretch of a word that one operator shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub content: u32,
    pub show: u32,
    pub open: Cut,
    pub close: Cut,
    /// The number in a `TJ` array that moves it a point along its line.
    pub number_a_point: f64,
}

/// A word on a page.
#[derive(Debug, Clone)]
pub struct Word {
    pub text: String,
    /// Index of its line on the page.
    pub line: u32,
    /// The origin of its first glyph on the page as shown, in points, y downwards.
    pub origin: Point,
    /// The end of its last glyph.
    pub end: Point,
    /// Corners of the box of its glyphs.
    pub low: Point,
    pub high: Point,
    pub along: Along,
    /// The size of its font, in points.
    pub size: f64,
    /// The operators that show it; none where it cannot be moved.
    pub segments: Vec<Segment>,
    /// The narrower of the gaps to its neighbours on the line, in points; infinite where it has none.
    pub gap: f64,
    /// Whether all its glyphs advance alike, and by how much.
    pub pitch: Option<f64>,
    pub is_plain: bool,
    pub is_inked: bool,
    /// Whether it runs along an edge of the page.
    pub is_upright: bool,
    glyphs: Range<usize>,
}

/// The words of a page, in the order in which they are drawn.
pub fn words(glyphs: &[Glyph]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut start = None;
    for (at, glyph) in glyphs.iter().enumerate() {
        let goes_on = at > 0 && !glyphs[at - 1].is_space && !glyph.is_space && joins(&glyphs[at - 1], glyph);
        if !goes_on && let Some(from) = start.take() {
            words.push(word(glyphs, from..at));
        }
        if !glyph.is_space {
            start.get_or_insert(at);
        }
    }
    if let Some(from) = start {
        words.push(word(glyphs, from..glyphs.len()));
    }
    number_lines(&mut words, glyphs);
    words
}

/// How a glyph follows another: the gap between them along the text's direction, in em; or none where they
/// stand on different lines.
fn gap(before: &Glyph, behind: &Glyph) -> Option<f64> {
    let em = before.size().max(behind.size());
    let direction = unit(before.advance).or_else(|| unit(behind.advance))?;
    let turned = unit(behind.advance).is_some_and(|other| direction.dot(other) < 0.99);
    let offset = behind.origin - before.origin;
    let is_raised = direction.cross(offset).abs() > RAISED * em;
    if em <= 0.0 || turned || is_raised {
        return None;
    }
    let onwards = (behind.origin - before.end()).dot(direction);
    // Text from right to left may be drawn letter by letter, each to the left of the last.
    let backwards = (before.origin - behind.end()).dot(direction);
    let gap = if onwards >= -OVERLAP * em && onwards.abs() <= backwards.abs() { onwards } else { backwards };
    (gap >= -OVERLAP * em).then_some(gap / em)
}

fn joins(before: &Glyph, behind: &Glyph) -> bool {
    let em = before.size().max(behind.size());
    gap(before, behind).is_some_and(|gap| gap * em <= WORD_GAP * em + before.spacing.max(0.0))
}

fn unit(vector: Vec2) -> Option<Vec2> {
    let length = vector.hypot();
    (length > 1e-9).then(|| vector / length)
}

fn word(glyphs: &[Glyph], range: Range<usize>) -> Word {
    let own = &glyphs[range.clone()];
    let size = own.iter().map(Glyph::size).fold(0.0, f64::max);
    let direction = own.iter().find_map(|glyph| unit(glyph.advance)).unwrap_or(Vec2::new(1.0, 0.0));
    let (along, is_upright) = along(direction);
    let (low, high) = corners(own);
    let first = &own[0];
    let last = &own[own.len() - 1];
    let pitch = first.advance.hypot();
    let is_even = own.iter().all(|glyph| (glyph.advance.hypot() - pitch).abs() < 1e-3 * size);
    Word {
        text: own.iter().map(|glyph| &*glyph.text).collect(),
        line: 0,
        origin: first.origin,
        end: last.end(),
        low,
        high,
        along,
        size,
        segments: segments(own, along),
        gap: f64::INFINITY,
        pitch: is_even.then_some(pitch),
        is_plain: own.iter().all(|glyph| glyph.is_plain),
        is_inked: own.iter().any(|glyph| glyph.is_inked),
        is_upright,
        glyphs: range,
    }
}

/// The nearest of the four directions, and whether it is that one.
fn along(direction: Vec2) -> (Along, bool) {
    let along = match (direction.x, direction.y) {
        (x, y) if x.abs() >= y.abs() => {
            if x >= 0.0 {
                Along::Right
            } else {
                Along::Left
            }
        }
        (_, y) => {
            if y >= 0.0 {
                Along::Down
            } else {
                Along::Up
            }
        }
    };
    let (x, y) = along.unit();
    (along, direction.dot(Vec2::new(f64::from(x), f64::from(y))) > 0.99999)
}

fn corners(glyphs: &[Glyph]) -> (Point, Point) {
    let (mut low, mut high) = (Point::new(f64::MAX, f64::MAX), Point::new(f64::MIN, f64::MIN));
    for glyph in glyphs {
        for base in [glyph.origin, glyph.end()] {
            for corner in [base + glyph.up * ASCENT, base - glyph.up * DESCENT] {
                low = Point::new(low.x.min(corner.x), low.y.min(corner.y));
                high = Point::new(high.x.max(corner.x), high.y.max(corner.y));
            }
        }
    }
    (low, high)
}

/// One stretch for each operator that shows a part of the word; none where one of them shows another's glyphs
/// in between, which then would move too.
fn segments(glyphs: &[Glyph], along: Along) -> Vec<Segment> {
    let (x, y) = along.unit();
    let towards = Vec2::new(f64::from(x), f64::from(y));
    let mut segments: Vec<Segment> = Vec::new();
    for glyph in glyphs {
        let sign = if glyph.across.dot(towards) < 0.0 { -1.0 } else { 1.0 };
        let number_a_point = sign * glyph.number_a_point;
        let last = segments.last_mut().filter(|s| s.content == glyph.content && s.show == glyph.show);
        match last {
            Some(last) => last.close = glyph.behind,
            None => segments.push(Segment {
                content: glyph.content,
                show: glyph.show,
                open: glyph.before,
                close: glyph.behind,
                number_a_point,
            }),
        }
    }
    segments
}

/// Gives each word its line and the gaps to its neighbours.
fn number_lines(words: &mut [Word], glyphs: &[Glyph]) {
    let mut line = 0;
    for at in 1..words.len() {
        let (before, behind) = words.split_at_mut(at);
        let (before, behind) = (&mut before[at - 1], &mut behind[0]);
        let last = &glyphs[before.glyphs.end - 1];
        let first = &glyphs[behind.glyphs.start];
        let found = gap(last, first).filter(|gap| *gap <= LINE_GAP && before.along == behind.along);
        match found {
            Some(gap) => {
                let gap = gap * last.size().max(first.size());
                before.gap = before.gap.min(gap);
                behind.gap = gap;
            }
            None => line += 1,
        }
        behind.line = line;
    }
}
