//! How far one word lies from where it is expected.
//!
//! The word of the original, blurred as much as the picture is, is compared with the pixels of the picture
//! themselves, which are never resampled: each pixel is explained by the shade of the original at its place, by
//! that shade's slopes (which tell the shift), by a little more or less blur, and by the lighting.
//!
//! # Source
//! Lucas and Kanade: An iterative image registration technique, 1981, with lighting and blur as further unknowns.

use std::ops::Range;

use tellmark_core::{Gray, PageWord};

use super::field::Matrix;
use super::patch::Patch;
use super::raster::{Plane, dot, gaussian};
use super::sheet::Sheet;

/// Widths of blur that are tried, in pixels of the reference.
pub const BLURS: [f64; 7] = [0.62, 0.9, 1.25, 1.75, 2.5, 3.5, 4.9];

/// The unknowns: lighting, its slope along both axes, contrast, two shifts, blur.
const UNKNOWNS: usize = 7;

/// What the pixels say about one word.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// How far the word lies from its expected place, in points of the page, to the right and down.
    pub shift: (f64, f64),
    /// The variances of both, were the noise of pixels independent.
    pub variance: (f64, f64),
    /// Which part of the pixels' variance is explained, at most 1.
    pub explained: f64,
    /// The squares that are not explained, a pixel.
    pub rest: f64,
}

/// The two pictures and the map between them.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The original.
    pub reference: &'a Gray,
    /// Its pixels a point.
    pub scale: f64,
    /// The picture.
    pub picture: &'a Gray,
    /// Where the picture shows each point of the page.
    pub sheet: &'a Sheet,
}

/// The pixels of the picture that show a word, with their places on the reference's grid.
pub struct Pixels {
    pub places: Vec<(f32, f32)>,
    pub shades: Vec<f32>,
    pub middle: (f64, f64),
    pub half: (f64, f64),
}

impl Pair<'_> {
    /// Measures a word with a blur out of [`BLURS`]; `None` where the picture does not show the whole word.
    pub fn measure(&self, word: &PageWord, blur: usize) -> Option<Measure> {
        let pixels = self.pixels(word)?;
        self.compare(&pixels, blur)
    }

    /// Which blur explains a word best, looked for from a guess on: what is left unexplained has one valley.
    pub fn best_blur(&self, word: &PageWord, guess: usize) -> Option<usize> {
        let pixels = self.pixels(word)?;
        let mut best = self.compare(&pixels, guess)?;
        let mut blur = guess;
        for next in [|blur: usize| blur.checked_sub(1), |blur: usize| Some(blur + 1)] {
            while let Some(further) = next(blur).filter(|further| *further < BLURS.len()) {
                let Some(measure) = self.compare(&pixels, further).filter(|m| m.rest < best.rest) else {
                    break;
                };
                (best, blur) = (measure, further);
            }
            if blur != guess {
                break;
            }
        }
        (best.explained > 0.3).then_some(blur)
    }

    /// The pixels that show a word; `None` where the picture does not show all of it.
    pub fn pixels(&self, word: &PageWord) -> Option<Pixels> {
        let points = |mpt: i32| f64::from(mpt) / 1000.0;
        let area = &word.area;
        let (l, t, r, b) = (points(area.left), points(area.top), points(area.right), points(area.bottom));
        // The neighbours move on their own, so little of the spaces is looked at.
        let margin = 0.08 * (b - t).min(r - l).clamp(4.0, 20.0);
        let middle = ((l + r) / 2.0 * self.scale, (t + b) / 2.0 * self.scale);
        let half = (((r - l) / 2.0 + margin) * self.scale, ((b - t) / 2.0 + margin / 2.0) * self.scale);
        if half.0 < 2.0 || half.1 < 2.0 || half.0 * half.1 > 1e5 {
            return None;
        }
        let forth = Patch::fit(middle, half, |x, y| self.sheet.place(x / self.scale, y / self.scale))?;
        let corners = [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)]
            .map(|(a, b)| forth.apply(middle.0 + a * half.0, middle.1 + b * half.1));
        let bound = |of: fn(&(f64, f64)) -> f64, sign: f64| {
            sign * corners.iter().map(|c| sign * of(c)).fold(f64::NEG_INFINITY, f64::max)
        };
        let (left, right) = (bound(|c| c.0, -1.0), bound(|c| c.0, 1.0));
        let (top, bottom) = (bound(|c| c.1, -1.0), bound(|c| c.1, 1.0));
        let (width, height) = (self.picture.width as f64, self.picture.height as f64);
        let slack = 0.04 * (right - left).max(bottom - top);
        let shown = left >= -slack && top >= -slack && right <= width + slack && bottom <= height + slack;
        let sane = right - left < 4000.0 && bottom - top < 4000.0 && (right - left) * (bottom - top) < 1e6;
        if !shown || !sane {
            return None;
        }
        let back = Patch::fit(
            ((left + right) / 2.0, (top + bottom) / 2.0),
            ((right - left) / 2.0 + 1e-3, (bottom - top) / 2.0 + 1e-3),
            |x, y| forth.invert(x, y),
        )?;
        Some(self.collect([left, top, right, bottom], &back, middle, half))
    }

    fn collect(&self, bounds: [f64; 4], back: &Patch, middle: (f64, f64), half: (f64, f64)) -> Pixels {
        let mut pixels = Pixels { places: vec![], shades: vec![], middle, half };
        let inside = |at: f64, size: usize| at.clamp(0.0, size as f64) as usize;
        let columns =
            inside(bounds[0].floor(), self.picture.width)..inside(bounds[2].ceil(), self.picture.width);
        for y in inside(bounds[1].floor(), self.picture.height)..inside(bounds[3].ceil(), self.picture.height)
        {
            let (row, along) = (self.picture.row(y), back.row(y as f64 + 0.5));
            for x in columns.clone() {
                let (gx, gy) = along(x as f64 + 0.5);
                if (gx - middle.0).abs() < half.0 && (gy - middle.1).abs() < half.1 {
                    pixels.places.push((gx as f32, gy as f32));
                    pixels.shades.push(f32::from(row[x]));
                }
            }
        }
        pixels
    }

    fn compare(&self, pixels: &Pixels, blur: usize) -> Option<Measure> {
        if pixels.shades.len() < 4 * UNKNOWNS {
            return None;
        }
        let template = Template::cut(self.reference, pixels, BLURS[blur.min(BLURS.len() - 1)]);
        let mut shift = (0.0, 0.0);
        let mut last = None;
        for _ in 0..5 {
            let step = template.step(pixels, shift)?;
            let small = step.shift.0.abs() < 0.05 && step.shift.1.abs() < 0.1;
            shift.0 += step.shift.0.clamp(-1.0, 1.0);
            shift.1 += step.shift.1.clamp(-1.0, 1.0);
            last = Some(step);
            if small {
                break;
            }
            if shift.0.abs().max(shift.1.abs()) > 5.0 {
                return None;
            }
        }
        let square = self.scale * self.scale;
        last.map(|step| Measure {
            shift: (shift.0 / self.scale, shift.1 / self.scale),
            variance: (step.variance.0 / square, step.variance.1 / square),
            ..step
        })
    }
}

/// A word of the original, blurred; its pixels serve as the factors of a cubic B-spline.
pub struct Template {
    plane: Plane,
    left: f32,
    top: f32,
}

impl Template {
    fn cut(reference: &Gray, pixels: &Pixels, blur: f64) -> Template {
        Template::of_columns(reference, pixels, isize::MIN..isize::MAX, blur)
    }

    /// Only what stands in these columns of the reference; the others are white.
    pub fn of_columns(reference: &Gray, pixels: &Pixels, columns: Range<isize>, blur: f64) -> Template {
        // The spline itself blurs by the root of a third of a pixel.
        let kernel = gaussian((blur * blur - 1.0 / 3.0).max(0.0).sqrt());
        let margin = kernel.len() as f64 + 8.0;
        let left = (pixels.middle.0 - pixels.half.0 - margin).floor();
        let top = (pixels.middle.1 - pixels.half.1 - margin).floor();
        let width = (2.0 * (pixels.half.0 + margin)) as usize + 2;
        let height = (2.0 * (pixels.half.1 + margin)) as usize + 2;
        let mut plane = Plane::cut(reference, left as isize, top as isize, width, height);
        for row in plane.shades.chunks_exact_mut(width) {
            let outside =
                row.iter_mut().enumerate().filter(|(x, _)| !columns.contains(&(left as isize + *x as isize)));
            outside.for_each(|(_, shade)| *shade = 255.0);
        }
        plane.blur(&kernel);
        Template { plane, left: left as f32, top: top as f32 }
    }

    /// The shade at a place, its slopes along x and y, and its curvature.
    pub fn at(&self, x: f32, y: f32) -> Option<[f32; 4]> {
        let (x, y) = (x - self.left - 1.5, y - self.top - 1.5);
        if x < 0.0 || y < 0.0 {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        if column + 4 > self.plane.width || row + 4 > self.plane.height {
            return None;
        }
        let (across, down) = (pieces(x - column as f32), pieces(y - row as f32));
        let mut out = [0.0; 4];
        let rows = self.plane.shades[row * self.plane.width..].chunks(self.plane.width);
        for (k, four) in rows.take(4).enumerate() {
            let four = &four[column..column + 4];
            let along = |w: &[f32; 4]| w[0] * four[0] + w[1] * four[1] + w[2] * four[2] + w[3] * four[3];
            let (value, slope, bend) = (along(&across[0]), along(&across[1]), along(&across[2]));
            let [weight, change, turn] = [down[0][k], down[1][k], down[2][k]];
            out[0] += weight * value;
            out[1] += weight * slope;
            out[2] += change * value;
            out[3] += weight * bend + turn * value;
        }
        Some(out)
    }

    /// One step of least squares from a shift in pixels of the reference.
    fn step(&self, pixels: &Pixels, shift: (f64, f64)) -> Option<Measure> {
        let mut sums = Products::default();
        for (place, shade) in pixels.places.iter().zip(&pixels.shades) {
            let [value, dx, dy, bend] = self.at(place.0 - shift.0 as f32, place.1 - shift.1 as f32)?;
            let a = (place.0 - pixels.middle.0 as f32) / pixels.half.0 as f32;
            let b = (place.1 - pixels.middle.1 as f32) / pixels.half.1 as f32;
            sums.push([1.0, a, b, value - 255.0, dx, dy, bend, *shade - 255.0]);
        }
        let sums = sums.finish();
        Measure::solve(&sums)
    }
}

/// How many pixels are added up in single precision, before the sums are.
const BLOCK: usize = 64;

/// Sums of products of all pairs of terms.
struct Products {
    sums: [[f64; UNKNOWNS + 1]; UNKNOWNS + 1],
    block: [[f32; BLOCK]; UNKNOWNS + 1],
    filled: usize,
}

impl Default for Products {
    fn default() -> Products {
        Products { sums: [[0.0; UNKNOWNS + 1]; UNKNOWNS + 1], block: [[0.0; BLOCK]; UNKNOWNS + 1], filled: 0 }
    }
}

impl Products {
    fn push(&mut self, terms: [f32; UNKNOWNS + 1]) {
        for (column, term) in self.block.iter_mut().zip(terms) {
            column[self.filled] = term;
        }
        self.filled += 1;
        if self.filled == BLOCK {
            self.fold();
        }
    }

    fn fold(&mut self) {
        for i in 0..=UNKNOWNS {
            for j in i..=UNKNOWNS {
                let sum = dot(&self.block[i][..self.filled], &self.block[j][..self.filled]);
                self.sums[i][j] += f64::from(sum);
            }
        }
        self.filled = 0;
    }

    fn finish(mut self) -> [[f64; UNKNOWNS + 1]; UNKNOWNS + 1] {
        self.fold();
        self.sums
    }
}

impl Measure {
    /// From the sums of products of all terms, the shade last. The shift is in pixels here.
    fn solve(sums: &[[f64; UNKNOWNS + 1]; UNKNOWNS + 1]) -> Option<Measure> {
        let mut normal = Matrix::from_rows(sums.iter().take(UNKNOWNS).map(|row| &row[..UNKNOWNS]));
        let wanted: [f64; UNKNOWNS] = std::array::from_fn(|k| sums[k][UNKNOWNS]);
        let mut found = wanted;
        normal.decompose();
        normal.solve(&mut found);
        normal.invert_root();
        let pixels = sums[0][0];
        let total = sums[UNKNOWNS][UNKNOWNS] - sums[0][UNKNOWNS] * sums[0][UNKNOWNS] / pixels;
        let explained: f64 = found.iter().zip(wanted).map(|(a, b)| a * b).sum();
        let left = (sums[UNKNOWNS][UNKNOWNS] - explained).max(0.0);
        let rest = (left + 0.1 * pixels) / (pixels - UNKNOWNS as f64);
        let gain = found[3];
        if gain.is_nan() || gain < 0.02 {
            return None;
        }
        let variance = |k: usize| rest * normal.inverse(k, k) / (gain * gain);
        let measure = Measure {
            shift: (-found[4] / gain, -found[5] / gain),
            variance: (variance(4), variance(5)),
            explained: 1.0 - left / total.max(1.0),
            rest,
        };
        (measure.shift.0.is_finite() && measure.shift.1.is_finite()).then_some(measure)
    }
}

/// The pieces of the cubic B-spline at a fraction, their slopes and their second derivatives.
fn pieces(t: f32) -> [[f32; 4]; 3] {
    let s = 1.0 - t;
    let (tt, ss) = (t * t, s * s);
    let value = [ss * s / 6.0, 2.0 / 3.0 - tt + tt * t / 2.0, 2.0 / 3.0 - ss + ss * s / 2.0, tt * t / 6.0];
    let slope = [-s * s / 2.0, t * (1.5 * t - 2.0), s * (2.0 - 1.5 * s), t * t / 2.0];
    [value, slope, [s, 3.0 * t - 2.0, 3.0 * s - 2.0, t]]
}
