//! What surrounds a point, in 256 bits: two points with few bits between them look alike.
//!
//! # Source
//! Lowe (2004), section 6, for the histograms of gradients; Arandjelovic and Zisserman, "Three things everyone
//! should know to improve object retrieval" (2012), for their square roots; Charikar, "Similarity estimation
//! techniques from rounding algorithms" (2002), for the signs of projections.

use std::sync::LazyLock;

use super::keypoints::{Spot, angle};
use super::scale_space::Plane;

/// Cells in a row of a descriptor.
const CELLS: usize = 4;
/// Directions of gradients in a cell.
const DIRECTIONS: usize = 8;
/// Samples along the side of a cell.
const SAMPLES: usize = 4;
/// Samples in a row of the patch: the cells, and half a cell around them.
const PATCH: usize = (CELLS + 1) * SAMPLES;
/// A cell's side, in blurs of the point.
const CELL: f32 = 4.5;
const VALUES: usize = CELLS * CELLS * DIRECTIONS;
/// Differences that each bit adds up.
const PAIRS: usize = 16;

/// A descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bits(pub [u64; 4]);

impl Bits {
    /// In how many bits two descriptors differ.
    ///
    /// ```
    /// use tellmark_pages::features::Bits;
    /// assert_eq!(Bits([0b1011, 0, 0, 0]).distance(&Bits([0b0001, 0, 0, 1])), 3);
    /// ```
    #[inline]
    pub fn distance(&self, other: &Bits) -> u32 {
        (0..4).map(|at| (self.0[at] ^ other.0[at]).count_ones()).sum()
    }
}

/// Describes what surrounds a spot, with `direction` turned to the right.
pub(super) fn describe(spot: &Spot, direction: f32, plane: &Plane) -> Bits {
    bits(&histograms(&patch(spot, direction, plane)))
}

/// The surroundings of a spot, turned and scaled, with one more sample all around.
fn patch(spot: &Spot, direction: f32, plane: &Plane) -> [[f32; PATCH + 2]; PATCH + 2] {
    let step = CELL * spot.sigma / SAMPLES as f32;
    let (cos, sin) = (libm::cosf(direction) * step, libm::sinf(direction) * step);
    let middle = (PATCH + 1) as f32 / 2.0;
    let mut patch = [[0.0; PATCH + 2]; PATCH + 2];
    for (j, row) in patch.iter_mut().enumerate() {
        let v = j as f32 - middle;
        for (i, value) in row.iter_mut().enumerate() {
            let u = i as f32 - middle;
            *value = plane.between(spot.x + u * cos - v * sin, spot.y + u * sin + v * cos);
        }
    }
    patch
}

/// The gradients of a patch by cell and direction.
fn histograms(patch: &[[f32; PATCH + 2]; PATCH + 2]) -> [f32; VALUES] {
    let mut values = [0.0f32; VALUES];
    for j in 0..PATCH {
        for i in 0..PATCH {
            let dx = patch[j + 1][i + 2] - patch[j + 1][i];
            let dy = patch[j + 2][i + 1] - patch[j][i + 1];
            let strength = libm::sqrtf(dx * dx + dy * dy);
            let at = angle(dx, dy) * (DIRECTIONS as f32 / std::f32::consts::TAU);
            let (bin, part) = (at as usize % DIRECTIONS, at - (at as usize) as f32);
            for (row, down) in shares(j) {
                for (column, across) in shares(i) {
                    let weight = strength * down * across;
                    let cell = (row * CELLS + column) * DIRECTIONS;
                    values[cell + bin] += weight * (1.0 - part);
                    values[cell + (bin + 1) % DIRECTIONS] += weight * part;
                }
            }
        }
    }
    values
}

/// The two cells that share a sample, and how much each gets; a cell outside gets nothing.
fn shares(sample: usize) -> [(usize, f32); 2] {
    let at = (sample as f32 + 0.5) / SAMPLES as f32 - 1.0;
    let (first, part) = (libm::floorf(at), at - libm::floorf(at));
    let inside = |cell: f32, share: f32| match cell {
        c if c < 0.0 || c >= CELLS as f32 => (0, 0.0),
        c => (c as usize, share),
    };
    [inside(first, 1.0 - part), inside(first + 1.0, part)]
}

/// The signs of the descriptor's projections.
fn bits(values: &[f32; VALUES]) -> Bits {
    let total = values.iter().sum::<f32>().max(1e-12);
    let roots = values.map(|value| libm::sqrtf(value / total));
    let mut bits = Bits::default();
    for (at, pairs) in PROJECTIONS.iter().enumerate() {
        let sum: f32 = pairs.iter().map(|&(plus, minus)| roots[plus as usize] - roots[minus as usize]).sum();
        bits.0[at / 64] |= u64::from(sum > 0.0) << (at % 64);
    }
    bits
}

/// Which values each bit compares: always one direction in two cells alike in their distance from the middle,
/// so that what all text has in common (more upright strokes than others) cancels.
static PROJECTIONS: LazyLock<Vec<[(u8, u8); PAIRS]>> = LazyLock::new(|| {
    let mut random = Random(0x7465_6c6c_6d61_726b);
    let rings: [&[u8]; 3] = [&[0, 3, 12, 15], &[1, 2, 4, 7, 8, 11, 13, 14], &[5, 6, 9, 10]];
    let mut pair = || {
        let ring = rings[[0, 1, 1, 2][random.below(4)]];
        let direction = random.below(DIRECTIONS) as u8;
        let first = random.below(ring.len());
        let second = (first + 1 + random.below(ring.len() - 1)) % ring.len();
        let value = |cell: u8| cell * DIRECTIONS as u8 + direction;
        (value(ring[first]), value(ring[second]))
    };
    (0..256).map(|_| std::array::from_fn(|_| pair())).collect()
});

/// A plain generator of numbers (splitmix64), so that every build compares the same values.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}
