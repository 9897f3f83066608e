//! The projective map that most pairs of points agree on.

use super::Homography;

/// A point and where it is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The point, x and y.
    pub from: (f64, f64),
    /// Where it is seen.
    pub to: (f64, f64),
}

/// A map and the pairs that agree with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The map.
    pub homography: Homography,
    /// Indices of the pairs, in their order, that it brings within the tolerance.
    pub inliers: Vec<usize>,
}

/// Samples that are drawn at most.
const ROUNDS: u32 = 3000;
/// The chance of having missed a sample without an outlier at which drawing ends.
const MISSED: f64 = 1e-4;

/// The map that most pairs agree on within `tolerance`, in the unit of `to`; `None` below five such pairs.
/// The same pairs and seed always give the same map.
///
/// # Source
/// Fischler and Bolles, "Random sample consensus" (1981); the best sample of every round is refitted to all that
/// agree with it, as in Chum, Matas and Kittler, "Locally optimized RANSAC" (2003).
pub fn fit(pairs: &[Pair], tolerance: f64, seed: u64) -> Option<Fit> {
    if pairs.len() < 5 {
        return None;
    }
    let mut random = Random(seed);
    let mut best: Option<Fit> = None;
    let (mut round, mut rounds) = (0, ROUNDS);
    while round < rounds {
        round += 1;
        let sample = random.four(pairs.len()).map(|at| pairs[at]);
        let Some(map) = least_squares(sample.iter().map(|pair| (*pair, 1.0))) else { continue };
        let inliers = agreeing(&map, pairs, tolerance);
        if inliers.len() >= 5 && best.as_ref().is_none_or(|best| inliers.len() > best.inliers.len()) {
            let better = optimised(Fit { homography: map, inliers }, pairs, tolerance);
            rounds = rounds_for(better.inliers.len(), pairs.len()).min(ROUNDS);
            best = Some(better);
        }
    }
    best
}

/// The map with the least squared errors, where pairs have weights; `None` when the pairs do not determine one.
///
/// # Source
/// The normalised direct linear transformation: Hartley, "In defense of the eight-point algorithm" (1997).
pub fn least_squares(pairs: impl Iterator<Item = (Pair, f64)> + Clone) -> Option<Homography> {
    let from = Frame::of(pairs.clone().map(|(pair, weight)| (pair.from, weight)))?;
    let to = Frame::of(pairs.clone().map(|(pair, weight)| (pair.to, weight)))?;
    let mut equations = [[0.0f64; 9]; 8];
    for (pair, weight) in pairs {
        let ((x, y), (u, v)) = (from.normal(pair.from), to.normal(pair.to));
        let rows =
            [[x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u], [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v]];
        for row in rows {
            for (at, equation) in equations.iter_mut().enumerate() {
                for (sum, value) in equation.iter_mut().zip(row) {
                    *sum += weight * row[at] * value;
                }
            }
        }
    }
    let h = solved(equations)?;
    let normal = Homography([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
    let map = from.matrix().then(&normal).then(&to.matrix().inverse()?);
    map.0.iter().all(|value| value.is_finite()).then_some(map)
}

/// The map that only turns, scales and moves, with the least squared errors; `None` when all pairs are one.
pub fn similarity(pairs: impl Iterator<Item = (Pair, f64)> + Clone) -> Option<Homography> {
    let from = Frame::of(pairs.clone().map(|(pair, weight)| (pair.from, weight)))?;
    let to = Frame::of(pairs.clone().map(|(pair, weight)| (pair.to, weight)))?;
    let (mut squares, mut cos, mut sin) = (0.0, 0.0, 0.0);
    for (pair, weight) in pairs {
        let ((x, y), (u, v)) = (from.normal(pair.from), to.normal(pair.to));
        squares += weight * (x * x + y * y);
        cos += weight * (x * u + y * v);
        sin += weight * (x * v - y * u);
    }
    let (cos, sin) = (cos / squares, sin / squares);
    let normal = Homography([cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0]);
    Some(from.matrix().then(&normal).then(&to.matrix().inverse()?))
}

/// Fits again to all that agree until no more do.
fn optimised(mut fit: Fit, pairs: &[Pair], tolerance: f64) -> Fit {
    for _ in 0..8 {
        let inliers = fit.inliers.iter().map(|&at| (pairs[at], 1.0));
        let Some(homography) = least_squares(inliers) else { break };
        let inliers = agreeing(&homography, pairs, tolerance);
        if inliers.len() < fit.inliers.len() || inliers == fit.inliers {
            break;
        }
        fit = Fit { homography, inliers };
    }
    fit
}

fn agreeing(map: &Homography, pairs: &[Pair], tolerance: f64) -> Vec<usize> {
    let agrees = |pair: &Pair| {
        map.apply(pair.from.0, pair.from.1).is_some_and(|(x, y)| {
            let (dx, dy) = (x - pair.to.0, y - pair.to.1);
            dx * dx + dy * dy <= tolerance * tolerance
        })
    };
    (0..pairs.len()).filter(|&at| agrees(&pairs[at])).collect()
}

/// How many samples it takes, when so many of all pairs agree, to draw four of them.
fn rounds_for(agreeing: usize, all: usize) -> u32 {
    let share = agreeing as f64 / all as f64;
    let good = share * share * share * share;
    let rounds = libm::log(MISSED) / libm::log(1.0 - good.clamp(1e-9, 1.0 - 1e-9));
    rounds.clamp(1.0, f64::from(ROUNDS)) as u32
}

/// Where points lie and how far they spread: they are moved to the origin and scaled to 1 before solving.
struct Frame {
    centre: (f64, f64),
    scale: f64,
}

impl Frame {
    fn of(points: impl Iterator<Item = ((f64, f64), f64)> + Clone) -> Option<Frame> {
        let add =
            |sum: (f64, f64, f64), ((x, y), w): ((f64, f64), f64)| (sum.0 + w * x, sum.1 + w * y, sum.2 + w);
        let (x, y, weight) = points.clone().fold((0.0, 0.0, 0.0), add);
        let centre = (x / weight, y / weight);
        let square = |((x, y), w): ((f64, f64), f64)| w * ((x - centre.0).powi(2) + (y - centre.1).powi(2));
        let spread = libm::sqrt(points.map(square).sum::<f64>() / weight);
        (spread > 1e-9 && spread.is_finite()).then(|| Frame { centre, scale: spread.recip() })
    }

    fn normal(&self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.centre.0) * self.scale, (y - self.centre.1) * self.scale)
    }

    fn matrix(&self) -> Homography {
        let (s, (x, y)) = (self.scale, self.centre);
        Homography([s, 0.0, -s * x, 0.0, s, -s * y, 0.0, 0.0, 1.0])
    }
}

/// Solves eight linear equations by elimination; `None` when they do not determine all unknowns.
fn solved(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    let size = rows.iter().enumerate().fold(0.0f64, |most, (at, row)| most.max(row[at].abs()));
    for column in 0..8 {
        let pivot = (column..8).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        if rows[pivot][column].abs() <= 1e-12 * size {
            return None;
        }
        rows.swap(column, pivot);
        let head = rows[column];
        for row in rows.iter_mut().skip(column + 1) {
            let factor = row[column] / head[column];
            for (value, above) in row.iter_mut().zip(head).skip(column) {
                *value -= factor * above;
            }
        }
    }
    let mut solution = [0.0; 8];
    for at in (0..8).rev() {
        let known: f64 = (at + 1..8).map(|k| rows[at][k] * solution[k]).sum();
        solution[at] = (rows[at][8] - known) / rows[at][at];
    }
    Some(solution)
}

/// A plain generator of numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Four different numbers below a bound of at least four.
    fn four(&mut self, bound: usize) -> [usize; 4] {
        let mut four = [usize::MAX; 4];
        for at in 0..4 {
            let next = loop {
                let next = (self.next() % bound as u64) as usize;
                if !four.contains(&next) {
                    break next;
                }
            };
            four[at] = next;
        }
        four
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tilted() -> Homography {
        Homography([1.8, 0.3, 40.0, -0.2, 2.1, 15.0, 0.0004, 0.0009, 1.0])
    }

    fn pairs(map: &Homography, good: usize, bad: usize) -> Vec<Pair> {
        let mut random = Random(7);
        let mut number = |bound: u64| (random.next() % bound) as f64;
        (0..good + bad)
            .map(|at| {
                let from = (number(595), number(842));
                let noise = (number(100) / 200.0 - 0.25, number(100) / 200.0 - 0.25);
                let to = map.apply(from.0, from.1).unwrap();
                let to =
                    if at < good { (to.0 + noise.0, to.1 + noise.1) } else { (number(1200), number(1800)) };
                Pair { from, to }
            })
            .collect()
    }

    #[test]
    fn finds_the_map_among_three_times_as_many_wrong_pairs() {
        let map = tilted();
        let pairs = pairs(&map, 60, 180);
        let fit = fit(&pairs, 2.0, 1).unwrap();
        assert!((0..60).all(|at| fit.inliers.contains(&at)));
        for (x, y) in [(0.0, 0.0), (595.0, 0.0), (595.0, 842.0), (0.0, 842.0)] {
            let ((a, b), (c, d)) = (map.apply(x, y).unwrap(), fit.homography.apply(x, y).unwrap());
            assert!((a - c).abs() + (b - d).abs() < 1.0, "({a}, {b}) came out at ({c}, {d})");
        }
    }

    #[test]
    fn turns_and_scales_are_met_exactly() {
        let map = Homography([1.8, -0.3, 40.0, 0.3, 1.8, 15.0, 0.0, 0.0, 1.0]);
        let pair = |(x, y): (f64, f64)| (Pair { from: (x, y), to: map.apply(x, y).unwrap() }, 0.5);
        let pairs = [(10.0, 700.0), (500.0, 700.0), (200.0, 700.0)].map(pair);
        let (x, y) = similarity(pairs.into_iter()).unwrap().apply(100.0, 90.0).unwrap();
        let wanted = map.apply(100.0, 90.0).unwrap();
        assert!((x - wanted.0).abs() + (y - wanted.1).abs() < 1e-6, "({x}, {y})");
        assert_eq!(similarity(pairs[..1].iter().copied()), None);
    }

    #[test]
    fn is_the_same_every_time() {
        let pairs = pairs(&tilted(), 30, 60);
        assert_eq!(fit(&pairs, 2.0, 5), fit(&pairs, 2.0, 5));
    }

    #[test]
    fn points_on_a_line_determine_nothing() {
        let on_a_line = |at: i32| Pair { from: (f64::from(at), 0.0), to: (2.0 * f64::from(at), 1.0) };
        let pairs: Vec<_> = (0..40).map(on_a_line).collect();
        assert_eq!(fit(&pairs, 1.0, 0), None);
        assert_eq!(fit(&pairs[..3], 1.0, 0), None);
    }

    #[test]
    fn a_map_and_its_inverse_cancel() {
        let map = tilted();
        let (x, y) = map.then(&map.inverse().unwrap()).apply(100.0, 700.0).unwrap();
        assert!((x - 100.0).abs() < 1e-9 && (y - 700.0).abs() < 1e-9);
        assert_eq!(Homography([1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0]).inverse(), None);
    }

    #[test]
    fn the_derivatives_are_those_of_the_map() {
        let (map, step) = (tilted(), 1e-6);
        let (at, right) = (map.apply(50.0, 60.0).unwrap(), map.apply(50.0 + step, 60.0).unwrap());
        let [xx, _, yx, _] = map.derivatives(50.0, 60.0).unwrap();
        assert!((xx - (right.0 - at.0) / step).abs() < 1e-4 && (yx - (right.1 - at.1) / step).abs() < 1e-4);
    }
}
