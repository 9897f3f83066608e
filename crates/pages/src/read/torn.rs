//! Pictures that lack strips: something was cut out all the way across, and the rest pushed together.
//!
//! A smooth warp cannot jump, so that such a picture says nothing as it is. But the matches on both sides of a cut lie
//! off by amounts that differ by the strip's width. So the strips are put back, blank, and the page is whole again.

use tellmark_core::Gray;

use super::register::median;
use super::sheet::refit;
use super::{Match, Start};

/// Matches within so many points of each other are compared.
const NEAR: f64 = 14.0;
/// So many are needed on each side of a cut.
const SIDE_MIN: usize = 8;
/// A strip is at least so wide, in points: lenses and feature points are off by less.
const WIDTH_MIN: f64 = 1.2;
/// And not wider than a line is high.
const WIDTH_MAX: f64 = 14.0;
/// A picture has at most so many cuts each way.
const CUTS_MAX: usize = 40;
const MATCHES_MIN: usize = 60;

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

    /// The picture with its strips, white, and where it shows the page then.
    pub fn mended(&self, picture: &Gray, start: &Start) -> (Gray, Start) {
        let wider = |strips: &[Strip]| strips.iter().map(|strip| strip.width).sum::<usize>();
        let (width, height) = (picture.width + wider(&self.columns), picture.height + wider(&self.rows));
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
        (mended, Start { to_picture: refit(&start.to_picture, &pairs), matches })
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
fn strips(mut places: Vec<(f64, f64)>) -> Vec<Strip> {
    places.retain(|(page, seen)| page.is_finite() && *seen >= 0.0 && *seen < 1e6);
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    let Some(scale) = scale(&places) else { return vec![] };
    let offs: Vec<f64> = places.iter().map(|(page, seen)| seen - scale * page).collect();
    let side = |k: usize, forth: bool| -> Vec<f64> {
        let near = |other: &usize| (places[*other].1 - places[k].1).abs() <= NEAR * scale;
        match forth {
            true => (k + 1..places.len()).take_while(near).map(|other| offs[other]).collect(),
            false => (0..=k).rev().take_while(near).map(|other| offs[other]).collect(),
        }
    };
    // How clearly the places from the next one on lie off by another amount than those up to this one.
    let mut cuts: Vec<(f64, usize, f64)> = Vec::new();
    for k in 0..places.len().saturating_sub(1) {
        let (left, right) = (side(k, false), side(k, true));
        if left.len() < SIDE_MIN || right.len() < SIDE_MIN {
            continue;
        }
        let (before, behind) = (median(&left), median(&right));
        let width = before - behind;
        let wide = (WIDTH_MIN * scale).max(2.0)..WIDTH_MAX * scale;
        let rest = |part: &[f64], middle: f64| {
            median(&part.iter().map(|off| (off - middle).abs()).collect::<Vec<_>>())
        };
        if wide.contains(&width) && rest(&left, before).max(rest(&right, behind)) < 0.2 * width {
            let wrong = |part: &[f64], own: f64, other: f64| {
                part.iter().filter(|off| (*off - own).abs() > (*off - other).abs()).count()
            };
            let amiss = wrong(&left, before, behind) + wrong(&right, behind, before);
            let share = 1.0 - 2.0 * amiss as f64 / (left.len() + right.len()) as f64;
            if share > 0.6 {
                cuts.push((share * ((left.len() + right.len()) as f64).sqrt(), k, width));
            }
        }
    }
    cuts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut taken: Vec<(usize, f64)> = Vec::new();
    for (_, k, width) in cuts {
        let is_own = |(other, _): &(usize, f64)| (places[*other].1 - places[k].1).abs() > 0.7 * NEAR * scale;
        if taken.iter().all(is_own) && taken.len() < CUTS_MAX {
            taken.push((k, width));
        }
    }
    taken.sort_by_key(|(k, _)| *k);
    let strip = |(k, width): (usize, f64)| Strip {
        at: ((places[k].1 + places[k + 1].1) / 2.0).round() as usize,
        width: width.round() as usize,
    };
    taken.into_iter().map(strip).collect()
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

    #[test]
    fn what_is_put_back_is_blank_and_can_be_taken_out_again() {
        let torn = Torn {
            columns: vec![Strip { at: 1, width: 2 }, Strip { at: 2, width: 1 }],
            rows: vec![Strip { at: 1, width: 1 }],
        };
        let picture = Gray { width: 3, height: 2, pixels: vec![1, 2, 3, 4, 5, 6] };
        let (mended, _) = torn.mended(&picture, &start(&[], &[]));
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
