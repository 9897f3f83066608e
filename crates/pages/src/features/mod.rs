//! Points of a picture that are found again in another picture of the same page, and what surrounds them.

mod bytes;
mod descriptor;
mod keypoints;
mod scale_space;

pub use bytes::FeaturesError;
pub use descriptor::Bits;
use keypoints::{directions, spots, spread};
use scale_space::{Plane, octaves};
use tellmark_core::Gray;

/// Pixels of a picture at which points are looked for; a larger one is shrunk first.
const PIXELS_MAX: f64 = 1_500_000.0;
/// The same for a closer look.
const DETAIL_MAX: f64 = 6_000_000.0;
/// A picture with fewer pixels is doubled first: its text may be small.
const PIXELS_MIN: f64 = 600_000.0;
/// Pixels a point at which points of a page are looked for.
const PAGE_SCALE: f64 = 2.0;
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
    extract(picture, factor(picture, PIXELS_MAX), &[1500, 1200, 900, 500, 300], 2)
}

/// Whether a picture has more detail than [`of_picture`] looks at.
pub fn has_detail(picture: &Gray) -> bool {
    (picture.width * picture.height) as f64 > 1.5 * PIXELS_MAX
}

/// The features of a picture from nearer: more of them, at up to four times as many pixels.
pub fn of_detail(picture: &Gray) -> Vec<Feature> {
    extract(picture, factor(picture, DETAIL_MAX), &[5000, 3000, 1500, 500, 300], 2)
}

/// By how much a picture is shrunk to have at most so many pixels.
fn factor(picture: &Gray, most: f64) -> f64 {
    let pixels = picture.width as f64 * picture.height as f64;
    if pixels < PIXELS_MIN { 0.5 } else { libm::sqrt(pixels / most).max(1.0) }
}

/// Features by octave, at most so many spots in each.
fn extract(picture: &Gray, factor: f64, shares: &[usize], turns: usize) -> Vec<Feature> {
    if picture.width < 8 || picture.height < 8 {
        return Vec::new();
    }
    let mut features = Vec::new();
    let corner = 0.5 * factor as f32;
    for (index, octave) in octaves(Plane::of(picture, factor), factor as f32, shares.len()).iter().enumerate()
    {
        for spot in spread(spots(octave, index), 40.0, shares[index]) {
            let plane = &octave.blurred[spot.level];
            // Halving keeps the first pixel, so all octaves share the centre of the first pixel of the first one.
            let (x, y) = (spot.x * octave.step + corner, spot.y * octave.step + corner);
            let size = spot.sigma * octave.step;
            features.extend(directions(&spot, plane, turns).into_iter().map(|direction| {
                let bits = descriptor::describe(&spot, direction, plane);
                Feature { x, y, size, direction, bits }
            }));
        }
    }
    features
}
