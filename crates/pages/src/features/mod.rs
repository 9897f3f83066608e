//! Points of a picture that are found again in another picture of the same page, and what surrounds them.

mod bytes;
mod descriptor;
mod keypoints;
mod scale_space;

use std::ops::Range;

pub use bytes::FeaturesError;
pub use descriptor::Bits;
use keypoints::{Spot, directions, ranked, spots, spread};
use scale_space::{Octave, Plane, octaves};
use tellmark_core::Gray;

/// Pixels of a picture at which points are looked for; a larger one is shrunk first.
const PIXELS_MAX: f64 = 1_500_000.0;
/// The same for a closer look.
const DETAIL_MAX: f64 = 6_000_000.0;
/// A picture with fewer pixels is doubled first: its text may be small.
const PIXELS_MIN: f64 = 600_000.0;
/// Pixels a point at which points of a page are looked for.
const PAGE_SCALE: f64 = 2.0;
/// Points are spread over squares of so many pixels.
const SQUARE: f32 = 40.0;
/// Directions of a point of a picture.
const PICTURE_TURNS: usize = 2;
/// The version of what is computed: features of two versions are not compared.
pub const FEATURES_VERSION: u16 = 1;
/// Features of a page.
pub const PAGE_FEATURES_MAX: usize = 1500;

/// A point of a picture or page with what surrounds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    /// Where: pixels of a picture, points of a page.
    pub x: f32,
    /// Where, downwards.
    pub y: f32,
    /// How large the spot is: its blur, in the same unit.
    pub size: f32,
    /// The direction of its strongest gradients, in radians from x to y.
    pub direction: f32,
    /// What surrounds it.
    pub bits: Bits,
}

impl Feature {
    /// The same feature where black is white.
    ///
    /// ```
    /// # use tellmark_pages::features::{Bits, Feature};
    /// let bits = Bits([1, 2, 3, 4]);
    /// let feature = Feature { x: 1.0, y: 2.0, size: 1.0, direction: 0.5, bits };
    /// assert_eq!(feature.inverted().inverted().bits, bits);
    /// ```
    #[must_use]
    pub fn inverted(self) -> Feature {
        let direction = (self.direction + std::f32::consts::PI) % std::f32::consts::TAU;
        Feature { direction, bits: self.bits.inverted(), ..self }
    }
}

/// The features of a reference page, in points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PageFeatures {
    /// The page's width in points.
    pub width: f32,
    /// Its height.
    pub height: f32,
    /// The features.
    pub features: Vec<Feature>,
}

/// The features of a rendering of a page at so many dots a point; 2 or more are best.
pub fn of_page(rendering: &Gray, dots_per_point: f64) -> PageFeatures {
    let factor = (dots_per_point / PAGE_SCALE).max(1.0);
    let shares = [800, 450, 200, 50];
    let mut features = extract(rendering, factor, &shares, 1);
    features.truncate(PAGE_FEATURES_MAX);
    let points = |pixels: f32| (f64::from(pixels) / dots_per_point) as f32;
    for f in &mut features {
        (f.x, f.y, f.size) = (points(f.x), points(f.y), points(f.size));
    }
    PageFeatures { width: points(rendering.width as f32), height: points(rendering.height as f32), features }
        .rounded()
}

/// The features of a picture, in pixels. A large picture is looked at from afar: see [`of_detail`].
pub fn of_picture(picture: &Gray) -> Vec<Feature> {
    Points::of(picture).features(0..Points::TENTHS)
}

/// Whether a picture has more detail than [`of_picture`] looks at.
pub fn has_detail(picture: &Gray) -> bool {
    (picture.width * picture.height) as f64 > 1.5 * PIXELS_MAX
}

/// The features of a picture from nearer: more of them, at up to four times as many pixels.
pub fn of_detail(picture: &Gray) -> Vec<Feature> {
    extract(picture, factor(picture, DETAIL_MAX), &[5000, 3000, 1500, 500, 300], PICTURE_TURNS)
}

/// By how much a picture is shrunk to have at most so many pixels.
fn factor(picture: &Gray, most: f64) -> f64 {
    let pixels = picture.width as f64 * picture.height as f64;
    if pixels < PIXELS_MIN { 0.5 } else { libm::sqrt(pixels / most).max(1.0) }
}

/// The points of a picture, of which the strongest are described first.
pub struct Points {
    octaves: Vec<(Octave, Vec<Spot>)>,
    corner: f32,
}

impl Points {
    /// All of them.
    pub const TENTHS: usize = 10;

    /// The points of a picture; a large one is looked at from afar.
    pub fn of(picture: &Gray) -> Points {
        let shares = [1500, 1200, 900, 500, 300];
        let factor = factor(picture, PIXELS_MAX);
        let points = |(index, octave): (usize, Octave)| {
            let mut spots = ranked(spots(&octave, index), SQUARE);
            spots.truncate(shares[index]);
            (octave, spots)
        };
        let octaves = of_size(picture, factor, shares.len()).enumerate().map(points).collect();
        Points { octaves, corner: corner(factor) }
    }

    /// The features of these tenths of the points, the strongest first, spread over the picture.
    pub fn features(&self, tenths: Range<usize>) -> Vec<Feature> {
        let part = |(octave, spots): &(Octave, Vec<Spot>)| {
            let at = |tenth: usize| spots.len() * tenth.min(Points::TENTHS) / Points::TENTHS;
            described(octave, &spots[at(tenths.start)..at(tenths.end)], self.corner, PICTURE_TURNS)
        };
        self.octaves.iter().flat_map(part).collect()
    }
}

/// Features by octave, at most so many spots in each.
fn extract(picture: &Gray, factor: f64, shares: &[usize], turns: usize) -> Vec<Feature> {
    let of_octave = |(index, octave): (usize, Octave)| {
        let spots = spread(spots(&octave, index), SQUARE, shares[index]);
        described(&octave, &spots, corner(factor), turns)
    };
    of_size(picture, factor, shares.len()).enumerate().flat_map(of_octave).collect()
}

/// The octaves of a picture that is shrunk by a factor; none of one that is too small.
fn of_size(picture: &Gray, factor: f64, most: usize) -> impl Iterator<Item = Octave> {
    let is_large = picture.width >= 8 && picture.height >= 8;
    let all = is_large.then(|| octaves(Plane::of(picture, factor), factor as f32, most));
    all.into_iter().flatten()
}

/// The centre of the first pixel of the first octave. Halving keeps the first pixel, so all octaves share it.
fn corner(factor: f64) -> f32 {
    0.5 * factor as f32
}

fn described(octave: &Octave, spots: &[Spot], corner: f32, turns: usize) -> Vec<Feature> {
    let of_spot = |spot: &Spot| {
        let plane = &octave.blurred[spot.level];
        let (x, y) = (spot.x * octave.step + corner, spot.y * octave.step + corner);
        let (spot, size) = (*spot, spot.sigma * octave.step);
        directions(&spot, plane, turns).into_iter().map(move |direction| {
            let bits = descriptor::describe(&spot, direction, plane);
            Feature { x, y, size, direction, bits }
        })
    };
    spots.iter().flat_map(of_spot).collect()
}
