//! Whether one projective map of a page explains where its features are seen.

use super::tables::Likely;
use crate::features::{Feature, PageFeatures};
use crate::homography::{Homography, Pair, least_squares, similarity};

/// Matches that are tried as the start of a map.
const STARTS: usize = 300;
/// Starts that are refined.
const REFINED: usize = 6;
/// How far, in points of the page, an inlier may lie from where the map puts it.
const TOLERANCE: f64 = 2.5;
/// Perspective is believed in where it gains so many times as many matches. On a strip of a few lines it does not:
/// nothing there says how tall the letters are.
const PERSPECTIVE_GAIN: f64 = 1.15;

/// A map of a page, and the features that lie where it puts them.
pub(super) struct Posed {
    pub homography: Homography,
    /// Whether the map does more than turn, scale and move.
    pub tilted: bool,
    /// Inliers, no two of one place.
    pub inliers: usize,
    /// All that agree: picture feature, page feature.
    pub agreeing: Vec<Likely>,
}

/// A match as a similarity: where, how much larger, how much turned.
struct Seen {
    pair: Pair,
    scale: f64,
    turn: f64,
    /// The blur of the page's spot, in points.
    size: f64,
}

/// The map of the page that most matches agree on.
pub(super) fn posed(page: &PageFeatures, picture: &[Feature], likely: &[Likely]) -> Option<Posed> {
    let mut likely = likely.to_vec();
    likely.sort_by_key(|likely| (likely.distance, likely.picture, likely.feature));
    let seen: Vec<Seen> = likely.iter().map(|l| Seen::of(page, picture, l)).collect();
    let mut starts: Vec<(usize, usize)> =
        (0..seen.len().min(STARTS)).map(|at| (supporters(&seen[at], &seen).count(), at)).collect();
    starts.sort_by_key(|&(support, at)| (std::cmp::Reverse(support), at));
    starts.truncate(REFINED);
    let best = starts
        .into_iter()
        .filter(|(support, _)| *support >= 4)
        .filter_map(|(_, at)| refined(&seen[at], &seen))
        .max_by_key(|(_, (_, agreeing))| distinct(&seen, agreeing))?;
    let (tilted, (homography, agreeing)) = best;
    let inliers = distinct(&seen, &agreeing);
    Some(Posed { homography, tilted, inliers, agreeing: agreeing.iter().map(|&at| likely[at]).collect() })
}

/// How many likely matches agree roughly with one of them, at most.
pub(super) fn support(page: &PageFeatures, picture: &[Feature], likely: &[Likely]) -> usize {
    let seen: Vec<Seen> = likely.iter().map(|l| Seen::of(page, picture, l)).collect();
    seen.iter().take(STARTS).map(|start| supporters(start, &seen).count()).max().unwrap_or(0)
}

impl Seen {
    fn of(page: &PageFeatures, picture: &[Feature], likely: &Likely) -> Seen {
        let (from, to) = (&page.features[likely.feature as usize], &picture[likely.picture as usize]);
        let point = |feature: &Feature| (f64::from(feature.x), f64::from(feature.y));
        Seen {
            pair: Pair { from: point(from), to: point(to) },
            scale: f64::from(to.size / from.size),
            turn: f64::from(to.direction - from.direction),
            size: f64::from(from.size),
        }
    }
}

/// The matches that roughly agree with the similarity of one.
fn supporters<'a>(start: &'a Seen, seen: &'a [Seen]) -> impl Iterator<Item = usize> + 'a {
    let (cos, sin) = (libm::cos(start.turn) * start.scale, libm::sin(start.turn) * start.scale);
    let agrees = move |other: &Seen| {
        let ratio = other.scale / start.scale;
        if !(0.65..1.55).contains(&ratio) || turned(other.turn - start.turn) > 0.45 {
            return false;
        }
        let (x, y) = (other.pair.from.0 - start.pair.from.0, other.pair.from.1 - start.pair.from.1);
        let to = (start.pair.to.0 + x * cos - y * sin, start.pair.to.1 + x * sin + y * cos);
        let far = libm::sqrt(x * x + y * y);
        distance(to, other.pair.to) <= start.scale * (2.0 * start.size + 2.0 + 0.2 * far)
    };
    (0..seen.len()).filter(move |&at| agrees(&seen[at]))
}

/// A map and the matches that agree with it.
type Followed = (Homography, Vec<usize>);

/// Follows a start to a map, with perspective where that explains more.
fn refined(start: &Seen, seen: &[Seen]) -> Option<(bool, Followed)> {
    let (flat, tilted) = (followed(start, seen, false), followed(start, seen, true));
    let count = |found: &Option<Followed>| found.as_ref().map_or(0, |(_, agreeing)| distinct(seen, agreeing));
    let is_tilted = count(&tilted) as f64 > PERSPECTIVE_GAIN * count(&flat) as f64;
    Some((is_tilted, if is_tilted { tilted } else { flat }?))
}

fn followed(start: &Seen, seen: &[Seen], tilted: bool) -> Option<Followed> {
    let mut agreeing: Vec<usize> = supporters(start, seen).collect();
    let mut map = None;
    for tolerance in [14.0, 9.0, 6.0, 4.0, 3.0, TOLERANCE, TOLERANCE, TOLERANCE] {
        let homography = robust(seen, &agreeing, tolerance, tilted)?;
        agreeing = (0..seen.len()).filter(|&at| agrees(&homography, &seen[at], tolerance)).collect();
        if agreeing.len() < 4 {
            return None;
        }
        map = Some(homography);
    }
    map.filter(|map| sound(map, seen, &agreeing)).map(|map| (map, agreeing))
}

/// The map of the agreeing matches; those far off count less and less.
fn robust(seen: &[Seen], agreeing: &[usize], tolerance: f64, tilted: bool) -> Option<Homography> {
    let fit = |weights: &[f64]| {
        let pairs = agreeing.iter().zip(weights).map(|(&at, &weight)| (seen[at].pair, weight));
        if tilted { least_squares(pairs) } else { similarity(pairs) }
    };
    let mut map = fit(&vec![1.0; agreeing.len()])?;
    for _ in 0..2 {
        let weight = |pair: &Pair| {
            let scale = map.scale_at(pair.from.0, pair.from.1)?;
            let off = distance(map.apply(pair.from.0, pair.from.1)?, pair.to) / (scale * tolerance);
            Some(1.0 / (1.0 + 4.0 * off * off))
        };
        let weights: Vec<f64> = agreeing.iter().map(|&at| weight(&seen[at].pair).unwrap_or(0.0)).collect();
        map = fit(&weights)?;
    }
    Some(map)
}

fn agrees(map: &Homography, seen: &Seen, tolerance: f64) -> bool {
    let (x, y) = seen.pair.from;
    let Some([a, b, c, d]) = map.derivatives(x, y) else { return false };
    let determinant = a * d - b * c;
    let Some(at) = map.apply(x, y).filter(|_| determinant > 0.0) else { return false };
    let scale = libm::sqrt(determinant);
    let turn = libm::atan2(c - b, a + d);
    distance(at, seen.pair.to) <= tolerance * scale
        && (0.5..2.0).contains(&(seen.scale / scale))
        && turned(seen.turn - turn) < 0.6
}

/// Whether a map is one that a camera makes: no part mirrored, none much larger than another.
fn sound(map: &Homography, seen: &[Seen], agreeing: &[usize]) -> bool {
    let stretch = |at: &usize| {
        let (x, y) = seen[*at].pair.from;
        let [a, b, c, d] = map.derivatives(x, y)?;
        let (determinant, squares) = (a * d - b * c, a * a + b * b + c * c + d * d);
        // The ratio of the two singular values is below 4 when squares / determinant is below 4 + 1/4.
        (determinant > 0.0 && squares < 4.25 * determinant).then(|| libm::sqrt(determinant))
    };
    let Some(scales) = agreeing.iter().map(stretch).collect::<Option<Vec<f64>>>() else { return false };
    let (least, most) = scales.iter().fold((f64::MAX, 0.0f64), |(l, m), &s| (l.min(s), m.max(s)));
    most < 4.0 * least
}

/// How many matches have places of their own, both on the page and in the picture.
fn distinct(seen: &[Seen], agreeing: &[usize]) -> usize {
    let mut places: Vec<(i64, i64)> = agreeing
        .iter()
        .map(|&at| ((seen[at].pair.from.0 / 3.0) as i64, (seen[at].pair.from.1 / 3.0) as i64))
        .collect();
    places.sort_unstable();
    places.dedup();
    places.len()
}

/// The size of an angle, within half a turn.
fn turned(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    ((angle + PI).rem_euclid(TAU) - PI).abs()
}

fn distance((a, b): (f64, f64), (c, d): (f64, f64)) -> f64 {
    libm::sqrt((a - c) * (a - c) + (b - d) * (b - d))
}
