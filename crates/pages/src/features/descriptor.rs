//! What surrounds a point, in 256 bits: two points with few bits between them look alike.
//!
//! # Source
//! Lowe (2004), section 6, for the histograms of gradients; Arandjelovic and Zisserman, "Three things everyone
//! should know to improve object retrieval" (2012), for their square roots; Charikar, "Similarity estimation
//! techniques from rounding algorithms" (2002), for the signs of projections.

use std::sync::LazyLock;

use super::keypoints::{Spot, gradients};
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
const CELL: f32 = 4.0;
const VALUES: usize = CELLS * CELLS * DIRECTIONS;
/// The differences that a bit adds up.
type Pairs = [(u8, u8); 16];

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

    /// The descriptor of the same spot where black is white: its gradients point the other way, so it is turned by
    /// half a turn, and then every cell holds what the one opposite held.
    pub(super) fn inverted(self) -> Bits {
        let [a, b, c, d] = self.0;
        Bits([c, d, a, b])
    }
}

/// Describes what surrounds a spot, with `direction` turned to the right.
pub(super) fn describe(spot: &Spot, direction: f32, plane: &Plane) -> Bits {
    let step = CELL * spot.sigma / SAMPLES as f32;
    let step = (libm::cosf(direction) * step, libm::sinf(direction) * step);
    bits(&histograms(&plane.patch((spot.x, spot.y), step)))
}

/// The gradients of a patch by cell and direction.
fn histograms(patch: &[[f32; PATCH + 2]; PATCH + 2]) -> [f32; VALUES] {
    let (strengths, turns) = gradients::<PATCH, { PATCH + 2 }>(patch);
    // One more cell all around takes what lies outside.
    let mut cells = [[[0.0f32; DIRECTIONS]; CELLS + 2]; CELLS + 2];
    for j in 0..PATCH {
        let (row, down) = share(j);
        for i in 0..PATCH {
            let (column, across) = share(i);
            let at = turns[j][i] * DIRECTIONS as f32;
            let (bin, part) = (at as i32 as usize % DIRECTIONS, at.fract());
            let next = (bin + 1) % DIRECTIONS;
            let mut put = |row: usize, column: usize, weight: f32| {
                let cell = &mut cells[row][column];
                cell[bin] += weight * (1.0 - part);
                cell[next] += weight * part;
            };
            let (upper, lower) = (strengths[j][i] * (1.0 - down), strengths[j][i] * down);
            put(row, column, upper * (1.0 - across));
            put(row, column + 1, upper * across);
            put(row + 1, column, lower * (1.0 - across));
            put(row + 1, column + 1, lower * across);
        }
    }
    let value =
        |at: usize| cells[at / (CELLS * DIRECTIONS) + 1][at / DIRECTIONS % CELLS + 1][at % DIRECTIONS];
    std::array::from_fn(value)
}

/// The first of the two cells that share a sample, counted from the one outside, and how much the second gets.
#[inline]
fn share(sample: usize) -> (usize, f32) {
    let at = (sample as f32 + 0.5) / SAMPLES as f32;
    (at as i32 as usize, at.fract())
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
/// so that what all text has in common (more upright strokes than others) cancels. The second half of the bits
/// compares what lies opposite: see [`Bits::inverted`].
static PROJECTIONS: LazyLock<Vec<Pairs>> = LazyLock::new(|| {
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
    let first: Vec<Pairs> = (0..128).map(|_| std::array::from_fn(|_| pair())).collect();
    let opposite = |value: u8| {
        15 * DIRECTIONS as u8 - value / DIRECTIONS as u8 * DIRECTIONS as u8 + value % DIRECTIONS as u8
    };
    let second = first.iter().map(|pairs| pairs.map(|(plus, minus)| (opposite(plus), opposite(minus))));
    first.iter().copied().chain(second).collect()
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
