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
    for level in 1..=LEVELS {
        let [below, here, above] =
            [&octave.differences[level - 1], &octave.differences[level], &octave.differences[level + 1]];
        for y in MARGIN..here.height.saturating_sub(MARGIN) {
            for (x, &value) in here.row(y).iter().enumerate().take(here.width - MARGIN).skip(MARGIN) {
                if value.abs() > CONTRAST && is_extremum(value, x, y, [here, below, above]) {
                    found.extend(fitted(octave, index, level, x, y));
                }
            }
        }
    }
    found
}

/// Whether a value is above or below all of its neighbours.
fn is_extremum(value: f32, x: usize, y: usize, planes: [&Plane; 3]) -> bool {
    let sign = if value > 0.0 { 1.0 } else { -1.0 };
    let value = value * sign;
    for (at, plane) in planes.into_iter().enumerate() {
        for dy in 0..3 {
            let row = &plane.row(y + dy - 1)[x - 1..x + 2];
            for (dx, &other) in row.iter().enumerate() {
                let itself = at == 0 && dx == 1 && dy == 1;
                if !itself && other * sign >= value {
                    return false;
                }
            }
        }
    }
    true
}

/// The place of an extremum to a fraction of a pixel and of a level; `None` when it is no spot.
fn fitted(octave: &Octave, index: usize, level: usize, x: usize, y: usize) -> Option<Spot> {
    let at = |dl: usize, dx: usize, dy: usize| octave.differences[level + dl - 1].row(y + dy - 1)[x + dx - 1];
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
    ordered.truncate(most);
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
    const REACH: i32 = 8;
    let step = 0.6 * spot.sigma;
    let mut bins = [0.0f32; DIRECTIONS];
    for j in -REACH..=REACH {
        for i in -REACH..=REACH {
            let distance = (i * i + j * j) as f32;
            if distance > (REACH * REACH) as f32 {
                continue;
            }
            let (x, y) = (spot.x + i as f32 * step, spot.y + j as f32 * step);
            let dx = plane.between(x + 1.0, y) - plane.between(x - 1.0, y);
            let dy = plane.between(x, y + 1.0) - plane.between(x, y - 1.0);
            let weight = libm::sqrtf(dx * dx + dy * dy) * (1.0 - distance / 80.0);
            let at = angle(dx, dy) * (DIRECTIONS as f32 / std::f32::consts::TAU);
            let (bin, part) = (at as usize, at - (at as usize) as f32);
            bins[bin % DIRECTIONS] += weight * (1.0 - part);
            bins[(bin + 1) % DIRECTIONS] += weight * part;
        }
    }
    bins
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

/// The angle of a vector from 0 up to one turn, to a thousandth: a polynomial, alike on every machine and fast.
pub(super) fn angle(x: f32, y: f32) -> f32 {
    use std::f32::consts::{FRAC_PI_2, PI, TAU};
    let (ax, ay) = (x.abs(), y.abs());
    let ratio = ax.min(ay) / ax.max(ay).max(1e-30);
    let square = ratio * ratio;
    let first = ((-0.046_496_475 * square + 0.159_314_22) * square - 0.327_622_76) * square * ratio + ratio;
    let quarter = if ay > ax { FRAC_PI_2 - first } else { first };
    let half = if x < 0.0 { PI - quarter } else { quarter };
    let whole = if y < 0.0 { TAU - half } else { half };
    if whole >= TAU { 0.0 } else { whole }
}
