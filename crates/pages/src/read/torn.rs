//! Pictures that lack strips: something was cut out all the way across, and the rest pushed together.
//!
//! A smooth warp cannot jump, so that such a picture says nothing as it is. But the matches on both sides of a cut lie
//! off by amounts that differ by the strip's width. So the strips are put back, blank, and the page is whole again.

use tellmark_core::{Gray, limits};

use super::register::median;
use super::sheet::refit;
use super::{Match, Start};

/// A strip is at least so wide, in points: lenses and feature points are off by less.
const WIDTH_MIN: f64 = 1.2;
/// And not wider than a line is high.
const WIDTH_MAX: f64 = 14.0;
/// A picture has at most so many cuts each way.
const CUTS_MAX: usize = 40;
const MATCHES_MIN: usize = 60;
/// Of more matches some are left out.
const PLACES_MAX: usize = 2_000;
/// So many matches on each side of a cut say how wide it is.
const SIDE: usize = 24;
/// Times that the scale is mended.
const SCALES: usize = 5;
/// Levels of a staircase lie so far apart, in points, and there are at most so many.
const LEVEL: f64 = 0.1;
const LEVELS_MAX: usize = 2_000;
/// What a match is off by on the mean, in points; in this unit a wrong one costs no more than the second.
const NOISE: f64 = 0.25;
const WRONG: f64 = 4.0;
/// What a step of one level costs, and a cut: more than a few wrong matches.
const DRIFT: f64 = 0.5;
const CUT: f64 = 14.0;

/// A strip that the picture lacks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Strip {
    /// The first column, or row, behind the cut.
    at: usize,
    /// Pixels.
    width: usize,
}

/// The strips that a picture lacks.
#[derive(Debug, PartialEq)]
pub struct Torn {
    columns: Vec<Strip>,
    rows: Vec<Strip>,
}

impl Torn {
    /// What an upright picture lacks according to its matches; `None` where that is nothing.
    pub fn of(start: &Start) -> Option<Torn> {
        let [a, b, c, d] = start.to_picture.derivatives(1.0, 1.0)?;
        let is_upright = a > 0.0 && d > 0.0 && b.abs().max(c.abs()) < 0.02 * a.min(d);
        if !is_upright || start.matches.len() < MATCHES_MIN {
            return None;
        }
        let along = |of: fn(&Match) -> (f64, f64)| strips(start.matches.iter().map(of).collect());
        let torn =
            Torn { columns: along(|m| (m.page.0, m.picture.0)), rows: along(|m| (m.page.1, m.picture.1)) };
        (!torn.columns.is_empty() || !torn.rows.is_empty()).then_some(torn)
    }

    /// The picture with its strips, white, and where it shows the page then; nothing where it became too large.
    pub fn mended(&self, picture: &Gray, start: &Start) -> Option<(Gray, Start)> {
        let wider = |strips: &[Strip]| strips.iter().map(|strip| strip.width).sum::<usize>();
        let (width, height) = (picture.width + wider(&self.columns), picture.height + wider(&self.rows));
        if width as u64 * height as u64 > 2 * limits::PICTURE_PIXELS_MAX {
            return None;
        }
        let mut mended = Gray { width, height, pixels: Vec::with_capacity(width * height) };
        let blank = |mended: &mut Gray, rows: usize| {
            let length = mended.pixels.len() + rows * width;
            mended.pixels.resize(length, 255);
        };
        for y in 0..picture.height {
            at(&self.rows, y).for_each(|strip| blank(&mut mended, strip.width));
            for (x, shade) in picture.row(y).iter().enumerate() {
                at(&self.columns, x)
                    .for_each(|strip| mended.pixels.extend(std::iter::repeat_n(255, strip.width)));
                mended.pixels.push(*shade);
            }
        }
        mended.pixels.resize(width * height, 255);
        let moved = |found: &Match| Match {
            page: found.page,
            picture: (there(&self.columns, found.picture.0), there(&self.rows, found.picture.1)),
        };
        let matches: Vec<Match> = start.matches.iter().map(moved).collect();
        let pairs: Vec<_> = matches.iter().map(|found| (found.page, found.picture)).collect();
        Some((mended, Start { to_picture: refit(&start.to_picture, &pairs), matches }))
    }

    /// Where the picture as it came shows a place of the mended one.
    pub fn back(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (back(&self.columns, x), back(&self.rows, y))
    }
}

fn at(strips: &[Strip], place: usize) -> impl Iterator<Item = &Strip> {
    strips.iter().filter(move |strip| strip.at == place)
}

fn there(strips: &[Strip], place: f64) -> f64 {
    place
        + strips.iter().filter(|strip| strip.at as f64 <= place).map(|strip| strip.width as f64).sum::<f64>()
}

fn back(strips: &[Strip], place: f32) -> f32 {
    let mut place = place;
    for strip in strips.iter().rev() {
        // Later strips are taken out already, earlier ones lie before.
        let before: usize = strips.iter().filter(|other| other.at < strip.at).map(|other| other.width).sum();
        let from = (strip.at + before) as f32;
        if place > from {
            place = (place - strip.width as f32).max(from);
        }
    }
    place
}

/// The strips that are missing along one axis, in order. A place is one of the page in points and where it is seen.
///
/// How far each place lies off an even scale is a staircase, a step down at each cut. The likeliest staircase is found
/// among all, with matches that are wrong and a scale that is a little so allowed for; then the scale is mended by it, and
/// it is found again.
fn strips(mut places: Vec<(f64, f64)>) -> Vec<Strip> {
    places.retain(|(page, seen)| page.is_finite() && *seen >= 0.0 && *seen < 1e6);
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    let step = places.len().div_ceil(PLACES_MAX).max(1);
    let places: Vec<(f64, f64)> = places.into_iter().step_by(step).collect();
    let Some(mut scale) = scale(&places) else { return vec![] };
    let (mut cuts, mut near) = (Vec::new(), Vec::new());
    for _ in 0..SCALES {
        let offs: Vec<f64> = places.iter().map(|(page, seen)| seen / scale - page).collect();
        let Some(stairs) = stairs(&offs) else { return vec![] };
        cuts = (1..offs.len()).filter(|&k| stairs[k - 1] - stairs[k] >= WIDTH_MIN - 1e-9).collect();
        near = (0..offs.len()).map(|k| (offs[k] - stairs[k]).abs() < 2.0 * NOISE).collect();
        let slope = slope(&places, &offs, &near, &cuts);
        scale *= 1.0 + slope;
        if slope.abs() < 1e-4 {
            break;
        }
    }
    let off = |k: usize| places[k].1 - scale * places[k].0;
    let strip = |cut: usize| {
        let from = cuts[..cut].last().copied().unwrap_or(0);
        let (at, to) = (cuts[cut], cuts.get(cut + 1).copied().unwrap_or(places.len()));
        let before: Vec<f64> = (from..at).rev().filter(|&k| near[k]).take(SIDE).map(off).collect();
        let behind: Vec<f64> = (at..to).filter(|&k| near[k]).take(SIDE).map(off).collect();
        let middle = (places[at - 1].1 + places[at].1) / 2.0;
        let width = (median(&before) - median(&behind)).round().max(0.0) as usize;
        (!before.is_empty() && !behind.is_empty()).then_some(Strip { at: middle.round() as usize, width })
    };
    let strips: Vec<Strip> = (0..cuts.len()).filter_map(strip).filter(|strip| strip.width > 0).collect();
    if strips.len() > CUTS_MAX { vec![] } else { strips }
}

/// The likeliest staircase through offsets in points (Viterbi's algorithm over levels): flat or nearly so, down at cuts;
/// `None` where they lie too far apart.
fn stairs(offs: &[f64]) -> Option<Vec<f64>> {
    let (least, most) = offs.iter().fold((f64::MAX, f64::MIN), |(l, m), &off| (l.min(off), m.max(off)));
    let count = ((most - least) / LEVEL).ceil() as usize + 1;
    if offs.is_empty() || count > LEVELS_MAX {
        return None;
    }
    let level = |at: usize| least + at as f64 * LEVEL;
    let misses = |off: f64, at: usize| ((off - level(at)).abs() / NOISE).min(WRONG);
    let mut costs: Vec<f64> = (0..count).map(|at| misses(offs[0], at)).collect();
    let mut from: Vec<Vec<u16>> = Vec::with_capacity(offs.len());
    let (narrow, wide) = ((WIDTH_MIN / LEVEL).round() as usize, (WIDTH_MAX / LEVEL).round() as usize);
    for &off in &offs[1..] {
        let higher = lowest_above(&costs, narrow, wide);
        let best = |at: usize| {
            let drifted =
                [at.checked_sub(1), at.checked_add(1)].into_iter().flatten().filter(|other| *other < count);
            let others = drifted.map(|other| (costs[other] + DRIFT, other));
            let cut = higher[at].map(|other| (costs[other] + CUT, other));
            let all = std::iter::once((costs[at], at)).chain(others).chain(cut);
            all.fold((f64::MAX, at), |best, next| if next.0 < best.0 { next } else { best })
        };
        let found: Vec<(f64, usize)> = (0..count).map(best).collect();
        from.push(found.iter().map(|(_, other)| *other as u16).collect());
        costs = found.iter().enumerate().map(|(at, (cost, _))| cost + misses(off, at)).collect();
    }
    let mut at = (0..count).fold(0, |best, at| if costs[at] < costs[best] { at } else { best });
    let mut path = vec![level(at)];
    for from in from.iter().rev() {
        at = usize::from(from[at]);
        path.push(level(at));
    }
    path.reverse();
    Some(path)
}

/// For each level the cheapest of those that lie from `narrow` to `wide` above it.
fn lowest_above(costs: &[f64], narrow: usize, wide: usize) -> Vec<Option<usize>> {
    let mut lowest = vec![None; costs.len()];
    // Candidates in the window, from the highest down, each dearer than the one before: the first is the cheapest.
    let mut window: std::collections::VecDeque<usize> = std::collections::VecDeque::new();
    for at in (0..costs.len()).rev() {
        if let Some(next) = at.checked_add(narrow).filter(|next| *next < costs.len()) {
            while window.back().is_some_and(|last| costs[*last] >= costs[next]) {
                window.pop_back();
            }
            window.push_back(next);
        }
        while window.front().is_some_and(|first| *first > at + wide) {
            window.pop_front();
        }
        lowest[at] = window.front().copied();
    }
    lowest
}

/// By how much the scale is wrong: the slope that all treads of the stairs share.
fn slope(places: &[(f64, f64)], offs: &[f64], near: &[bool], cuts: &[usize]) -> f64 {
    let ends = cuts.iter().copied().chain([offs.len()]);
    let mut from = 0;
    let (mut both, mut square) = (0.0, 0.0);
    for to in ends {
        let tread: Vec<(f64, f64)> =
            (from..to).filter(|&k| near[k]).map(|k| (places[k].0, offs[k])).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| tread.iter().map(of).sum::<f64>() / tread.len().max(1) as f64;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        both += tread.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>();
        square += tread.iter().map(|p| (p.0 - x) * (p.0 - x)).sum::<f64>();
        from = to;
    }
    if square > 0.0 { both / square } else { 0.0 }
}

/// Pixels a point, as most neighbours tell: few of them have a cut between them.
fn scale(places: &[(f64, f64)]) -> Option<f64> {
    let mut scales = Vec::new();
    for (k, one) in places.iter().enumerate() {
        for other in places[k + 1..].iter().step_by(7).take(24) {
            let far = other.0 - one.0;
            if (6.0..24.0).contains(&far) {
                scales.push((other.1 - one.1) / far);
            }
        }
    }
    (scales.len() >= MATCHES_MIN).then(|| median(&scales)).filter(|scale| *scale > 0.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::homography::Homography;

    fn start(columns: &[Strip], rows: &[Strip]) -> Start {
        let mut random = tellmark_testkit::Random::new(3);
        let noise = |random: &mut tellmark_testkit::Random| random.below(100) as f64 / 200.0 - 0.25;
        let seen = |strips: &[Strip], place: f64| f64::from(back(strips, place as f32));
        let mut one = |k: usize| {
            let page = (random.below(5000) as f64 / 10.0, random.below(7000) as f64 / 10.0);
            let far = if k.is_multiple_of(9) { random.below(99) as f64 } else { 0.0 };
            let place = (2.0 * page.0 + noise(&mut random) + far, 2.0 * page.1 + noise(&mut random) - far);
            Match { page, picture: (seen(columns, place.0), seen(rows, place.1.max(0.0))) }
        };
        Start { to_picture: Homography::scale(1.95), matches: (0..1500).map(&mut one).collect() }
    }

    #[test]
    fn missing_strips_are_found_and_put_back() {
        let columns = [(150, 5), (340, 7), (700, 6)].map(|(at, width)| Strip { at, width });
        let rows = [(90, 6), (800, 5)].map(|(at, width)| Strip { at, width });
        for (columns, rows) in [(&columns[..], &rows[..]), (&columns[..], &[][..]), (&[][..], &rows[..])] {
            let torn = Torn::of(&start(columns, rows)).unwrap();
            for (found, wanted) in [(&torn.columns, columns), (&torn.rows, rows)] {
                assert_eq!(found.len(), wanted.len(), "{torn:?}");
                for (found, wanted) in found.iter().zip(wanted) {
                    assert!(
                        found.width == wanted.width && found.at.abs_diff(wanted.at) <= 3,
                        "{found:?} {wanted:?}"
                    );
                }
            }
        }
        assert_eq!(Torn::of(&start(&[], &[])), None);
    }

    /// A page of few matches with many cuts, some of them close together.
    #[test]
    fn many_cuts_are_found_by_few_matches() {
        let columns = [(150, 5), (300, 7), (420, 6), (560, 7), (575, 5), (700, 6), (820, 7)];
        let columns = columns.map(|(at, width)| Strip { at, width });
        let mut start = start(&columns, &[]);
        start.matches.truncate(300);
        let torn = Torn::of(&start).unwrap();
        let wide: usize = torn.columns.iter().map(|strip| strip.width).sum();
        assert!(wide.abs_diff(43) <= 1 && torn.columns.len() >= 6 && torn.rows.is_empty(), "{torn:?}");
    }

    #[test]
    fn the_cheapest_level_above_is_found() {
        let costs = [5.0, 1.0, 4.0, 3.0, 2.0, 9.0, 0.5];
        let found = lowest_above(&costs, 2, 4);
        assert_eq!(found, [Some(4), Some(4), Some(6), Some(6), Some(6), None, None]);
    }

    #[test]
    fn what_is_put_back_is_blank_and_can_be_taken_out_again() {
        let torn = Torn {
            columns: vec![Strip { at: 1, width: 2 }, Strip { at: 2, width: 1 }],
            rows: vec![Strip { at: 1, width: 1 }],
        };
        let picture = Gray { width: 3, height: 2, pixels: vec![1, 2, 3, 4, 5, 6] };
        let (mended, _) = torn.mended(&picture, &start(&[], &[])).unwrap();
        assert_eq!((mended.width, mended.height), (6, 3));
        assert_eq!(
            mended.pixels,
            [1, 255, 255, 2, 255, 3, 255, 255, 255, 255, 255, 255, 4, 255, 255, 5, 255, 6]
        );
        for (place, was) in [(0.5, 0.5), (2.0, 1.0), (3.5, 1.5), (4.5, 2.0), (5.5, 2.5)] {
            assert_eq!(torn.back((place, 0.5)).0, was);
        }
        assert_eq!(
            (there(&torn.columns, 0.5), there(&torn.columns, 1.5), there(&torn.columns, 2.5)),
            (0.5, 3.5, 5.5)
        );
    }
}
