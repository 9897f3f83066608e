//! Points of a picture that are found again in another picture of the same page, and what surrounds them.

mod descriptor;
mod keypoints;
mod scale_space;

pub use descriptor::Bits;
use keypoints::{directions, spots, spread};
use scale_space::{Plane, octaves};
use tellmark_core::Gray;

/// Pixels of a picture at which points are looked for; a larger one is shrunk first.
const PIXELS_MAX: f64 = 1_500_000.0;
/// A picture with fewer pixels is doubled first: its text may be small.
const PIXELS_MIN: f64 = 600_000.0;
/// Pixels a point at which points of a page are looked for.
const PAGE_SCALE: f64 = 2.0;
/// Descriptors of a page.
pub const PAGE_FEATURES_MAX: usize = 1200;

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
    let shares = [500, 450, 250, 100];
    let mut features = extract(rendering, factor, &shares, 2);
    features.truncate(PAGE_FEATURES_MAX);
    let points = |pixels: f32| (f64::from(pixels) / dots_per_point) as f32;
    for f in &mut features {
        (f.x, f.y, f.size) = (points(f.x), points(f.y), points(f.size));
    }
    PageFeatures { width: points(rendering.width as f32), height: points(rendering.height as f32), features }
}

/// The features of a picture, in pixels.
pub fn of_picture(picture: &Gray) -> Vec<Feature> {
    let pixels = (picture.width * picture.height) as f64;
    let factor = if pixels < PIXELS_MIN { 0.5 } else { libm::sqrt(pixels / PIXELS_MAX).max(1.0) };
    extract(picture, factor, &[1500, 1200, 900, 500, 300], 2)
}

/// Features by octave, at most so many spots in each.
fn extract(picture: &Gray, factor: f64, shares: &[usize], turns: usize) -> Vec<Feature> {
    if picture.width < 8 || picture.height < 8 {
        return Vec::new();
    }
    let mut features = Vec::new();
    for (index, octave) in octaves(Plane::of(picture, factor), factor as f32, shares.len()).iter().enumerate()
    {
        for spot in spread(spots(octave, index), 40.0, shares[index]) {
            let plane = &octave.blurred[spot.level];
            for direction in directions(&spot, plane, turns) {
                let bits = descriptor::describe(&spot, direction, plane);
                // Pixels of an octave start at the same corner but for the halving, which keeps centres.
                let first =
                    if octave.step == factor as f32 { 0.5 } else { 0.5 * factor as f32 / octave.step };
                features.push(Feature {
                    x: (spot.x + first) * octave.step,
                    y: (spot.y + first) * octave.step,
                    size: spot.sigma * octave.step,
                    direction,
                    bits,
                });
            }
        }
    }
    features
}
