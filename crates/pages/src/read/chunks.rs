//! A few words together, found again in the picture by normalised cross-correlation.
//!
//! # Source
//! Lewis: Fast normalized cross-correlation, 1995: the energy of a window from running sums.

use tellmark_core::{Gray, PageWord};

use super::patch::Patch;
use super::raster::{Plane, dot, sample};
use super::sheet::Sheet;

/// A rectangle of the page around neighbouring words of a line, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chunk {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// Where a chunk was found.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Its middle on the page, in points.
    pub at: (f64, f64),
    /// How far it lies from where it was looked for, in points of the page.
    pub shift: (f64, f64),
    /// The correlation, at most 1.
    pub score: f64,
}

/// How to look: in which pictures, at which resolution, how far.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The original, at some pixels a point.
    pub reference: &'a Gray,
    /// How many.
    pub scale: f64,
    /// The picture, whose pixels are `shrunk` times as large as those that the sheet speaks of.
    pub picture: &'a Gray,
    /// How many times.
    pub shrunk: f64,
    /// How many pixels of the reference to look in each direction.
    pub reach: usize,
}

/// Groups the words of each line by threes, at most `limit` groups spread over the page. A rest of one or two
/// words goes with the words before it.
pub fn chunks(words: &[PageWord], limit: usize) -> Vec<Chunk> {
    let mut out = vec![];
    for line in words.chunk_by(|a, b| a.line == b.line && a.along == b.along) {
        for from in (0..line.len()).step_by(3) {
            let to = (from + 3).min(line.len());
            out.extend(around(&line[to.saturating_sub(3)..to]));
        }
    }
    let step = out.len().div_ceil(limit.max(1)).max(1);
    out.into_iter().step_by(step).collect()
}

/// The rectangle around words, with a margin; `None` when there are none or it is too wide for one patch.
fn around(words: &[PageWord]) -> Option<Chunk> {
    let points = |mpt: i32| f64::from(mpt) / 1000.0;
    let chunk = Chunk {
        left: points(words.iter().map(|w| w.area.left).min()?) - 1.0,
        top: points(words.iter().map(|w| w.area.top).min()?) - 1.0,
        right: points(words.iter().map(|w| w.area.right).max()?) + 1.0,
        bottom: points(words.iter().map(|w| w.area.bottom).max()?) + 1.0,
    };
    let (width, height) = (chunk.right - chunk.left, chunk.bottom - chunk.top);
    (width > 6.0 && height > 4.0 && width < 300.0 && height < 300.0).then_some(chunk)
}

impl Search<'_> {
    /// Looks for a chunk around the place where a sheet expects it; `None` when the picture does not show that
    /// place, or nothing is printed there.
    pub fn find(&self, sheet: &Sheet, chunk: &Chunk) -> Option<Found> {
        let scores = self.scores(sheet, chunk)?;
        let best = (0..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best });
        let side = 2 * self.reach + 1;
        let (x, y) = (best % side, best / side);
        if scores[best] <= 0.0 || x == 0 || y == 0 || x + 1 == side || y + 1 == side {
            return None;
        }
        let dx = x as f64 - self.reach as f64 + vertex(scores[best - 1], scores[best], scores[best + 1]);
        let dy =
            y as f64 - self.reach as f64 + vertex(scores[best - side], scores[best], scores[best + side]);
        let at = ((chunk.left + chunk.right) / 2.0, (chunk.top + chunk.bottom) / 2.0);
        Some(Found { at, shift: (dx / self.scale, dy / self.scale), score: f64::from(scores[best]) })
    }

    /// The least and the greatest correlation near the place of a chunk; the least is that of a negative.
    pub fn extremes(&self, sheet: &Sheet, chunk: &Chunk) -> Option<(f64, f64)> {
        let scores = self.scores(sheet, chunk)?;
        let most = scores.iter().copied().fold(0.0, f32::max);
        let least = scores.iter().copied().fold(0.0, f32::min);
        Some((f64::from(least), f64::from(most)))
    }

    /// The correlation of a chunk at every shift, row by row.
    fn scores(&self, sheet: &Sheet, chunk: &Chunk) -> Option<Vec<f32>> {
        let pixel = |points: f64| (points * self.scale).floor() as isize;
        let (left, top) = (pixel(chunk.left), pixel(chunk.top));
        let width = usize::try_from(pixel(chunk.right) - left).ok()?;
        let height = usize::try_from(pixel(chunk.bottom) - top).ok()?;
        let mut template = Plane::cut(self.reference, left, top, width, height);
        center(&mut template)?;
        let region = self.region(sheet, left, top, width, height)?;
        Some(self.correlate(&template, &region))
    }

    /// The picture around the chunk on the reference's grid; `None` when the chunk itself is not in it.
    fn region(&self, sheet: &Sheet, left: isize, top: isize, width: usize, height: usize) -> Option<Plane> {
        let reach = self.reach as isize;
        let (w, h) = (width + 2 * self.reach, height + 2 * self.reach);
        let middle = (left as f64 + width as f64 / 2.0, top as f64 + height as f64 / 2.0);
        let patch = Patch::fit(middle, (w as f64 / 2.0, h as f64 / 2.0), |x, y| {
            let (x, y) = sheet.place(x / self.scale, y / self.scale)?;
            Some((x / self.shrunk, y / self.shrunk))
        })?;
        let corners = [(0, 0), (width, 0), (0, height), (width, height)];
        let inside = corners.iter().all(|(dx, dy)| {
            let (x, y) = patch.apply(left as f64 + *dx as f64, top as f64 + *dy as f64);
            x >= 0.0 && y >= 0.0 && x <= self.picture.width as f64 && y <= self.picture.height as f64
        });
        if !inside {
            return None;
        }
        let mut region = Plane::new(w, h);
        for (y, row) in region.shades.chunks_exact_mut(w).enumerate() {
            let along = patch.row((top - reach + y as isize) as f64 + 0.5);
            for (x, shade) in row.iter_mut().enumerate() {
                let (px, py) = along((left - reach + x as isize) as f64 + 0.5);
                *shade = sample(self.picture, px, py);
            }
        }
        Some(region)
    }

    /// The correlation at every shift.
    fn correlate(&self, template: &Plane, region: &Plane) -> Vec<f32> {
        let sums = Sums::of(region);
        let norm: f32 = template.shades.iter().map(|shade| shade * shade).sum();
        let side = 2 * self.reach + 1;
        let mut scores = Vec::with_capacity(side * side);
        for (dy, dx) in (0..side * side).map(|k| (k / side, k % side)) {
            let mut product = 0.0;
            for (y, row) in template.shades.chunks_exact(template.width).enumerate() {
                let at = (y + dy) * region.width + dx;
                product += dot(row, &region.shades[at..at + template.width]);
            }
            let energy = sums.energy(dx, dy, template.width, template.height);
            scores.push(if energy > 1.0 { product / (f64::from(norm) * energy).sqrt() as f32 } else { 0.0 });
        }
        scores
    }
}

/// Takes the mean away; `None` where nothing is printed.
fn center(plane: &mut Plane) -> Option<()> {
    let mean = plane.shades.iter().sum::<f32>() / plane.shades.len() as f32;
    plane.shades.iter_mut().for_each(|shade| *shade -= mean);
    let square: f32 = plane.shades.iter().map(|shade| shade * shade).sum();
    (square > 100.0 * plane.shades.len() as f32).then_some(())
}

/// Where a parabola through three neighbouring values is greatest, from the middle one.
fn vertex(before: f32, middle: f32, after: f32) -> f64 {
    let bend = f64::from(2.0 * middle - before - after);
    if bend > 1e-9 { (f64::from(after - before) / (2.0 * bend)).clamp(-0.5, 0.5) } else { 0.0 }
}

/// Sums of shades and of their squares over all rectangles from the corner.
struct Sums {
    width: usize,
    cells: Vec<(f64, f64)>,
}

impl Sums {
    fn of(plane: &Plane) -> Sums {
        let width = plane.width + 1;
        let mut cells = vec![(0.0, 0.0); width * (plane.height + 1)];
        for (y, row) in plane.shades.chunks_exact(plane.width).enumerate() {
            let mut sum = (0.0, 0.0);
            for (x, shade) in row.iter().map(|shade| f64::from(*shade)).enumerate() {
                sum = (sum.0 + shade, sum.1 + shade * shade);
                let above = cells[y * width + x + 1];
                cells[(y + 1) * width + x + 1] = (above.0 + sum.0, above.1 + sum.1);
            }
        }
        Sums { width, cells }
    }

    /// The sum of squares of a window less its mean.
    fn energy(&self, x: usize, y: usize, width: usize, height: usize) -> f64 {
        let cell = |x: usize, y: usize| self.cells[y * self.width + x];
        let (a, b) = (cell(x, y), cell(x + width, y));
        let (c, d) = (cell(x, y + height), cell(x + width, y + height));
        let sum = d.0 - b.0 - c.0 + a.0;
        d.1 - b.1 - c.1 + a.1 - sum * sum / (width * height) as f64
    }
}
