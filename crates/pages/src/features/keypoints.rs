//! Points that stand out in the scale space of a picture: dark or bright spots of some size.
//!
//! # Source
//! Lowe, "Distinctive image features from scale-invariant keypoints" (2004), sections 3 to 5: extrema of the
//! differences of Gaussians, fitted to a fraction of a pixel, without edges, and turned by their gradients.

use super::scale_space::{LEVELS, Octave, Plane, blur_of};

/// Weaker extrema are noise.
const CONTRAST: f32 = 0.004;
/// The greatest ratio of the two curvatures of a spot; a longer one may slide along itself.
const LONGEST: f32 = 12.0;
/// Octave pixels at its edge in which no point is looked for.
const MARGIN: usize = 4;
/// Directions that a point's gradients are sorted into.
const DIRECTIONS: usize = 36;
/// A direction counts when it is this close to the strongest.
const PEAK: f32 = 0.8;

/// A spot of the scale space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub octave: usize,
    /// The nearest level of the octave.
    pub level: usize,
    /// Pixels of the octave; the centre of the first one is at 0.
    pub x: f32,
    pub y: f32,
    /// The blur at which it stands out most, in pixels of the octave.
    pub sigma: f32,
    /// How much it stands out.
    pub strength: f32,
}

/// All spots of an octave, row by row.
pub(super) fn spots(octave: &Octave, index: usize) -> Vec<Spot> {
    let mut found = Vec::new();
    let (width, height) = (octave.blurred[0].width, octave.blurred[0].height);
    for level in 1..=LEVELS {
        let (less, more) = (&octave.blurred[level], &octave.blurred[level + 1]);
        for y in MARGIN..height.saturating_sub(MARGIN) {
            let row = less.row(y).iter().zip(more.row(y)).enumerate();
            for (x, (less, more)) in row.take(width - MARGIN).skip(MARGIN) {
                let value = more - less;
                if value.abs() > CONTRAST && is_extremum(octave, level, value, x, y) {
                    found.extend(fitted(octave, index, level, x, y));
                }
            }
        }
    }
    found
}

/// Whether a value is above or below all of its neighbours.
fn is_extremum(octave: &Octave, level: usize, value: f32, x: usize, y: usize) -> bool {
    let sign = if value > 0.0 { 1.0 } else { -1.0 };
    let value = value * sign;
    for level_of in [level, level - 1, level + 1] {
        let (less, more) = (&octave.blurred[level_of], &octave.blurred[level_of + 1]);
        for dy in 0..3 {
            let (less, more) = (&less.row(y + dy - 1)[x - 1..x + 2], &more.row(y + dy - 1)[x - 1..x + 2]);
            for dx in 0..3 {
                let itself = level_of == level && dx == 1 && dy == 1;
                if !itself && (more[dx] - less[dx]) * sign >= value {
                    return false;
                }
            }
        }
    }
    true
}

/// The place of an extremum to a fraction of a pixel and of a level; `None` when it is no spot.
fn fitted(octave: &Octave, index: usize, level: usize, x: usize, y: usize) -> Option<Spot> {
    let at = |dl: usize, dx: usize, dy: usize| octave.difference(level + dl - 1, x + dx - 1, y + dy - 1);
    let centre = at(1, 1, 1);
    let slope = [
        (at(1, 2, 1) - at(1, 0, 1)) / 2.0,
        (at(1, 1, 2) - at(1, 1, 0)) / 2.0,
        (at(2, 1, 1) - at(0, 1, 1)) / 2.0,
    ];
    let xx = at(1, 2, 1) + at(1, 0, 1) - 2.0 * centre;
    let yy = at(1, 1, 2) + at(1, 1, 0) - 2.0 * centre;
    let ll = at(2, 1, 1) + at(0, 1, 1) - 2.0 * centre;
    let xy = (at(1, 2, 2) - at(1, 0, 2) - at(1, 2, 0) + at(1, 0, 0)) / 4.0;
    let xl = (at(2, 2, 1) - at(2, 0, 1) - at(0, 2, 1) + at(0, 0, 1)) / 4.0;
    let yl = (at(2, 1, 2) - at(2, 1, 0) - at(0, 1, 2) + at(0, 1, 0)) / 4.0;
    let (trace, determinant) = (xx + yy, xx * yy - xy * xy);
    if determinant <= 0.0 || trace * trace * LONGEST >= (LONGEST + 1.0) * (LONGEST + 1.0) * determinant {
        return None;
    }
    let [dx, dy, dl] = solve_symmetric([xx, yy, ll, xy, xl, yl], slope)?.map(|d| d.clamp(-0.6, 0.6));
    let strength = (centre + (slope[0] * dx + slope[1] * dy + slope[2] * dl) / 2.0).abs();
    let sigma = blur_of(level as f32 + dl);
    Some(Spot { octave: index, level, x: x as f32 + dx, y: y as f32 + dy, sigma, strength })
}

/// Solves `[xx xy xl; xy yy yl; xl yl ll] * d = -slope` by Cramer's rule.
fn solve_symmetric([xx, yy, ll, xy, xl, yl]: [f32; 6], slope: [f32; 3]) -> Option<[f32; 3]> {
    let cofactors = [
        [yy * ll - yl * yl, xl * yl - xy * ll, xy * yl - xl * yy],
        [xl * yl - xy * ll, xx * ll - xl * xl, xl * xy - xx * yl],
        [xy * yl - xl * yy, xl * xy - xx * yl, xx * yy - xy * xy],
    ];
    let determinant = xx * cofactors[0][0] + xy * cofactors[0][1] + xl * cofactors[0][2];
    (determinant.abs() > 1e-20).then(|| {
        cofactors.map(|row| -(row[0] * slope[0] + row[1] * slope[1] + row[2] * slope[2]) / determinant)
    })
}

/// The strongest spots, spread over the picture: in each of its squares the strongest first, then the second ones.
pub(super) fn spread(spots: Vec<Spot>, square: f32, most: usize) -> Vec<Spot> {
    if spots.len() <= most {
        return spots;
    }
    let mut ranked = ranked(spots, square);
    ranked.truncate(most);
    ranked
}

/// All spots in that order.
pub(super) fn ranked(spots: Vec<Spot>, square: f32) -> Vec<Spot> {
    let mut ranked = spots;
    ranked.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    let mut taken = std::collections::HashMap::new();
    let mut ordered: Vec<(usize, Spot)> = ranked
        .into_iter()
        .map(|spot| {
            let rank = taken.entry(((spot.x / square) as u32, (spot.y / square) as u32)).or_insert(0usize);
            *rank += 1;
            (*rank, spot)
        })
        .collect();
    ordered.sort_by_key(|(rank, _)| *rank);
    ordered.into_iter().map(|(_, spot)| spot).collect()
}

/// The directions of a spot's gradients that stand out most, strongest first, at most `most`.
pub(super) fn directions(spot: &Spot, plane: &Plane, most: usize) -> Vec<f32> {
    let bins = smoothed(gradient_directions(spot, plane));
    let strongest = bins.iter().copied().fold(0.0f32, f32::max);
    let mut peaks: Vec<(f32, f32)> = (0..DIRECTIONS)
        .filter_map(|at| {
            let (before, here, after) =
                (bins[(at + DIRECTIONS - 1) % DIRECTIONS], bins[at], bins[(at + 1) % DIRECTIONS]);
            let peak = here > before && here >= after && here >= PEAK * strongest && here > 0.0;
            let offset = 0.5 * (before - after) / (before - 2.0 * here + after);
            peak.then_some((here, at as f32 + offset))
        })
        .collect();
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
    let turn = std::f32::consts::TAU / DIRECTIONS as f32;
    peaks.into_iter().take(most).map(|(_, at)| at * turn).collect()
}

/// How strong the gradients around a spot are in each direction.
fn gradient_directions(spot: &Spot, plane: &Plane) -> [f32; DIRECTIONS] {
    const SIDE: usize = 17;
    let patch = plane.patch::<{ SIDE + 2 }>((spot.x, spot.y), (0.6 * spot.sigma, 0.0));
    let (strengths, turns) = gradients::<SIDE, { SIDE + 2 }>(&patch);
    let mut bins = [0.0f32; DIRECTIONS];
    for (j, (strengths, turns)) in strengths.iter().zip(&turns).enumerate() {
        for (i, (strength, turn)) in strengths.iter().zip(turns).enumerate() {
            let (x, y) = (i as f32 - (SIDE / 2) as f32, j as f32 - (SIDE / 2) as f32);
            let weight = strength * (1.0 - (x * x + y * y) / 80.0).max(0.0);
            let at = turn * DIRECTIONS as f32;
            let (bin, part) = (at as i32 as usize % DIRECTIONS, at.fract());
            bins[bin] += weight * (1.0 - part);
            bins[(bin + 1) % DIRECTIONS] += weight * part;
        }
    }
    bins
}

/// How strong the gradients of a patch are, and their directions in turns from 0 up to 1; `M` is `N` + 2.
pub(super) fn gradients<const N: usize, const M: usize>(
    patch: &[[f32; M]; M],
) -> ([[f32; N]; N], [[f32; N]; N]) {
    let (mut strengths, mut turns) = ([[0.0; N]; N], [[0.0; N]; N]);
    for j in 0..N {
        let (above, here, below) = (&patch[j], &patch[j + 1], &patch[j + 2]);
        for i in 0..N {
            let (dx, dy) = (here[i + 2] - here[i], below[i + 1] - above[i + 1]);
            strengths[j][i] = (dx * dx + dy * dy).sqrt();
            turns[j][i] = turn(dx, dy);
        }
    }
    (strengths, turns)
}

fn smoothed(mut bins: [f32; DIRECTIONS]) -> [f32; DIRECTIONS] {
    for _ in 0..4 {
        let before = bins;
        for (at, bin) in bins.iter_mut().enumerate() {
            let (left, right) = (before[(at + DIRECTIONS - 1) % DIRECTIONS], before[(at + 1) % DIRECTIONS]);
            *bin = (left + before[at] + right) / 3.0;
        }
    }
    bins
}

/// The direction of a vector from 0 up to 1 turn, to a thousandth: a polynomial, alike on every machine and fast.
#[inline]
fn turn(x: f32, y: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let ratio = ax.min(ay) / ax.max(ay).max(1e-30);
    let square = ratio * ratio;
    let radians = ((-0.046_496_475 * square + 0.159_314_22) * square - 0.327_622_76) * square * ratio + ratio;
    let eighth = radians * (0.5 / std::f32::consts::PI);
    let quarter = if ay > ax { 0.25 - eighth } else { eighth };
    let half = if x < 0.0 { 0.5 - quarter } else { quarter };
    let whole = if y < 0.0 { 1.0 - half } else { half };
    if whole >= 1.0 { 0.0 } else { whole }
}
