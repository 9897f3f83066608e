//! Matches off the plane: where the features of a curled sheet lie, from neighbour to neighbour.
//!
//! A map of the plane leaves a curled sheet millimetres away from where it puts it, but neighbours lie off it by
//! nearly the same. So matches spread: near accepted ones, features are looked for where the map and what these
//! neighbours lie off it by put them, and what then disagrees with its neighbours is dropped again.

use std::collections::BTreeMap;

use super::Match;
use super::verify::Posed;
use crate::features::{Feature, PageFeatures};
use crate::homography::{Homography, Pair, least_squares, similarity};

/// Times that matches spread.
const ROUNDS: usize = 4;
/// Neighbours that say where a feature lies.
const NEIGHBOURS: usize = 8;
/// Points of the page around its expected place in which a feature is looked for, beside a neighbour.
const NEAR: f64 = 3.0;
/// How much farther for each point to its neighbours.
const NEAR_GROWTH: f64 = 0.04;
/// A place farther than this from all neighbours is not looked at, in points.
const REACH: f64 = 120.0;
/// What lies farther than this, in points, from where its neighbours put it does not agree with them.
const DISAGREES: f64 = 1.5;
/// Features with more bits between them are not alike, even in the right place.
const ALIKE: u32 = 84;
/// Matches that reach so far across the page both ways, in points, tell a perspective.
const PERSPECTIVE_EXTENT: f64 = 100.0;

/// A feature of the page that is seen in the picture.
#[derive(Debug, Clone, Copy)]
struct Accepted {
    feature: usize,
    pair: Pair,
    /// By how much the map misses it: pixels.
    off: (f64, f64),
}

/// The map fitted to all matches on the plane, and the matches on and off it.
pub(super) fn grown(page: &PageFeatures, picture: &[Feature], posed: &Posed) -> (Homography, Vec<Match>) {
    let map = posed.homography;
    let first = posed
        .agreeing
        .iter()
        .filter_map(|likely| accepted(page, picture, likely.feature as usize, likely.picture as usize, &map));
    let mut known = agreeing(one_each(first.collect()), &map);
    let places = Grid::of(
        picture.iter().map(|f| (f64::from(f.x), f64::from(f.y))),
        typical_scale(&map, &known) * 12.0,
    );
    for _ in 0..ROUNDS {
        let near = Grid::of(known.iter().map(|k| k.pair.from), 40.0);
        let found = (0..page.features.len())
            .filter_map(|feature| looked_for(feature, page, picture, &map, (&known, &near), &places));
        let next = agreeing(one_each(found.collect()), &map);
        let grew = next.len() > known.len();
        known = next;
        if !grew {
            break;
        }
    }
    let matches = known.iter().map(|k| Match { page: k.pair.from, picture: k.pair.to }).collect();
    (plane(&known, map, posed.tilted), matches)
}

fn accepted(
    page: &PageFeatures,
    picture: &[Feature],
    feature: usize,
    seen: usize,
    map: &Homography,
) -> Option<Accepted> {
    let (from, to) = (place(&page.features[feature]), place(&picture[seen]));
    let at = map.apply(from.0, from.1)?;
    Some(Accepted { feature, pair: Pair { from, to }, off: (to.0 - at.0, to.1 - at.1) })
}

fn place(feature: &Feature) -> (f64, f64) {
    (f64::from(feature.x), f64::from(feature.y))
}

/// How many pixels a point is long where most matches are.
fn typical_scale(map: &Homography, known: &[Accepted]) -> f64 {
    let mut scales: Vec<f64> =
        known.iter().filter_map(|k| map.scale_at(k.pair.from.0, k.pair.from.1)).collect();
    scales.sort_by(f64::total_cmp);
    scales.get(scales.len() / 2).copied().unwrap_or(1.0)
}

/// The feature of the picture that shows a feature of the page, where its neighbours say it lies.
fn looked_for(
    feature: usize,
    page: &PageFeatures,
    picture: &[Feature],
    map: &Homography,
    (known, near): (&[Accepted], &Grid),
    places: &Grid,
) -> Option<Accepted> {
    let wanted = &page.features[feature];
    let from = place(wanted);
    let at = map.apply(from.0, from.1)?;
    let [a, b, c, d] = map.derivatives(from.0, from.1)?;
    let scale = libm::sqrt((a * d - b * c).abs());
    let turn = libm::atan2(c - b, a + d);
    let (off, far) = expected_off(from, known, near, None)?;
    let expected = (at.0 + off.0, at.1 + off.1);
    let radius = (NEAR + NEAR_GROWTH * far) * scale;
    let fits = |seen: &Feature| {
        let size = f64::from(seen.size / wanted.size) / scale;
        let turned = (f64::from(seen.direction - wanted.direction) - turn).rem_euclid(std::f64::consts::TAU);
        (0.6..1.7).contains(&size) && !(0.6..std::f64::consts::TAU - 0.6).contains(&turned)
    };
    let best = places
        .within(expected, radius)
        .filter(|&seen| fits(&picture[seen]))
        .map(|seen| (wanted.bits.distance(&picture[seen].bits), seen))
        .min()
        .filter(|(distance, _)| *distance <= ALIKE)?;
    accepted(page, picture, feature, best.1, map)
}

/// By how much the map misses a place according to its nearest neighbours, and how far the nearest one is.
fn expected_off(
    from: (f64, f64),
    known: &[Accepted],
    near: &Grid,
    without: Option<usize>,
) -> Option<((f64, f64), f64)> {
    let mut nearest: Vec<(f64, usize)> = [20.0, 50.0, REACH]
        .into_iter()
        .map(|radius| {
            let others = near.within(from, radius).filter(|&at| Some(at) != without);
            others.map(|at| (distance(known[at].pair.from, from), at)).collect::<Vec<_>>()
        })
        .find(|found| found.len() >= NEIGHBOURS / 2)?;
    nearest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    nearest.truncate(NEIGHBOURS);
    let middle = |part: fn(&Accepted) -> f64| {
        let mut values: Vec<f64> = nearest.iter().map(|&(_, at)| part(&known[at])).collect();
        values.sort_by(f64::total_cmp);
        (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0
    };
    Some(((middle(|k| k.off.0), middle(|k| k.off.1)), nearest[0].0))
}

/// Those that lie where their neighbours put them.
fn agreeing(all: Vec<Accepted>, map: &Homography) -> Vec<Accepted> {
    let near = Grid::of(all.iter().map(|k| k.pair.from), 40.0);
    let agrees = |at: &usize| {
        let own = &all[*at];
        let Some(((x, y), far)) = expected_off(own.pair.from, &all, &near, Some(*at)) else { return false };
        let scale = map.scale_at(own.pair.from.0, own.pair.from.1).unwrap_or(0.0);
        distance((x, y), own.off) <= (DISAGREES + NEAR_GROWTH * far) * scale
    };
    let kept: Vec<usize> = (0..all.len()).filter(agrees).collect();
    kept.into_iter().map(|at| all[at]).collect()
}

/// One match for each place of the page: features of one spot that differ in their turn say the same.
fn one_each(all: Vec<Accepted>) -> Vec<Accepted> {
    let key = |k: &Accepted| ((k.pair.from.0 * 4.0) as i64, (k.pair.from.1 * 4.0) as i64);
    let each: BTreeMap<_, _> = all.iter().rev().map(|k| (key(k), *k)).collect();
    let mut each: Vec<Accepted> = each.into_values().collect();
    each.sort_by_key(|k| k.feature);
    each
}

/// The map that fits all matches best; those far off count little. Matches of a few lines do not determine more than
/// turn, scale and place.
fn plane(known: &[Accepted], first: Homography, tilted: bool) -> Homography {
    let extent = |part: fn(&Accepted) -> f64| {
        let all = known.iter().map(part);
        all.clone().fold(f64::MIN, f64::max) - all.fold(f64::MAX, f64::min)
    };
    let tilted = tilted || extent(|k| k.pair.from.0).min(extent(|k| k.pair.from.1)) > PERSPECTIVE_EXTENT;
    let mut map = first;
    for _ in 0..4 {
        let weight = |k: &Accepted| {
            let scale = map.scale_at(k.pair.from.0, k.pair.from.1)?;
            let at = map.apply(k.pair.from.0, k.pair.from.1)?;
            let off = distance(at, k.pair.to) / (1.5 * scale);
            Some(1.0 / (1.0 + off * off))
        };
        let weights: Vec<f64> = known.iter().map(|k| weight(k).unwrap_or(0.0)).collect();
        let pairs = known.iter().zip(&weights).map(|(k, &w)| (k.pair, w));
        let Some(next) = (if tilted { least_squares(pairs) } else { similarity(pairs) }) else { break };
        map = next;
    }
    map
}

fn distance((a, b): (f64, f64), (c, d): (f64, f64)) -> f64 {
    libm::sqrt((a - c) * (a - c) + (b - d) * (b - d))
}

/// Places by squares, so that those within a distance are found without looking at all.
struct Grid {
    square: f64,
    places: Vec<(f64, f64)>,
    squares: BTreeMap<(i64, i64), Vec<usize>>,
    /// The squares that there are lie between these, the ends included.
    from: (i64, i64),
    to: (i64, i64),
}

impl Grid {
    fn of(places: impl Iterator<Item = (f64, f64)>, square: f64) -> Grid {
        let (square, places) = (square.max(1.0), places.collect::<Vec<_>>());
        let mut squares: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
        for (at, place) in places.iter().enumerate() {
            let key = ((place.0 / square).floor() as i64, (place.1 / square).floor() as i64);
            squares.entry(key).or_default().push(at);
        }
        let first = squares.keys().next().copied().unwrap_or_default();
        let (mut from, mut to) = (first, first);
        for &(column, row) in squares.keys() {
            (from, to) = ((from.0.min(column), from.1.min(row)), (to.0.max(column), to.1.max(row)));
        }
        Grid { square, places, squares, from, to }
    }

    /// Those within a distance of a place, which may be as far as a tilted page's horizon.
    fn within(&self, (x, y): (f64, f64), radius: f64) -> impl Iterator<Item = usize> + '_ {
        let key = |at: f64| (at / self.square).floor() as i64;
        let (left, right) = (key(x - radius).max(self.from.0), key(x + radius).min(self.to.0));
        (key(y - radius).max(self.from.1)..=key(y + radius).min(self.to.1))
            .flat_map(move |row| (left..=right).filter_map(move |column| self.squares.get(&(column, row))))
            .flatten()
            .copied()
            .filter(move |&at| distance(self.places[at], (x, y)) <= radius)
    }
}
