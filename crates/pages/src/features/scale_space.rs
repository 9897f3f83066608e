//! A picture at many blurs: the scale space in which points are found whatever the size of the text.

use tellmark_core::Gray;

/// Blurs a doubling of scale is cut into.
pub(super) const LEVELS: usize = 3;
/// The blur of the first level of an octave, in its pixels.
pub(super) const BASE_BLUR: f32 = 1.6;
/// The blur that a picture is taken to have before anything is done to it.
const NATIVE_BLUR: f32 = 0.5;
/// An octave smaller than this holds no descriptor.
const SMALLEST: usize = 20;

/// A picture of real numbers; 0 is black and 1 white.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Plane {
    /// Reads a picture, and shrinks it by `factor` (at least 1) by averaging, or doubles it when `factor` is 0.5.
    pub fn of(picture: &Gray, factor: f64) -> Plane {
        if factor > 1.0 {
            return Plane::averaged(picture, factor);
        }
        let values = picture.pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        let plane = Plane { width: picture.width, height: picture.height, values };
        if factor < 1.0 { plane.doubled() } else { plane }
    }

    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// The value between pixels, whose centres are at whole numbers; outside, the edge goes on.
    #[inline]
    fn between(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as i32 as usize, y as i32 as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (u, v) = (x - left as f32, y - top as f32);
        let (upper, lower) = (self.row(top), self.row(bottom));
        let a = upper[left] + u * (upper[right] - upper[left]);
        let b = lower[left] + u * (lower[right] - lower[left]);
        a + v * (b - a)
    }

    /// The same for a place at least a pixel inside.
    #[inline]
    fn inside(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x as i32, y as i32);
        let (u, v) = (x - left as f32, y - top as f32);
        let values = &self.values[top as usize * self.width + left as usize..][..self.width + 2];
        let a = values[0] + u * (values[1] - values[0]);
        let b = values[self.width] + u * (values[self.width + 1] - values[self.width]);
        a + v * (b - a)
    }

    /// `N` by `N` values around a place; the next one to the right is `step` away.
    pub fn patch<const N: usize>(&self, (x, y): (f32, f32), step: (f32, f32)) -> [[f32; N]; N] {
        let middle = (N - 1) as f32 / 2.0;
        let reach = middle * (step.0.abs() + step.1.abs()) + 2.0;
        let fits = |at: f32, size: usize| at > reach && at + reach < size as f32;
        let inside = fits(x, self.width) && fits(y, self.height);
        let mut patch = [[0.0; N]; N];
        for (j, row) in patch.iter_mut().enumerate() {
            let v = j as f32 - middle;
            let (x, y) = (x - v * step.1, y + v * step.0);
            for (i, value) in row.iter_mut().enumerate() {
                let u = i as f32 - middle;
                let (x, y) = (x + u * step.0, y + u * step.1);
                *value = if inside { self.inside(x, y) } else { self.between(x, y) };
            }
        }
        patch
    }

    /// Shrinks by a factor over 1: every new pixel is the mean of what it covers.
    fn averaged(picture: &Gray, factor: f64) -> Plane {
        let (across, down) = (spans(picture.width, factor), spans(picture.height, factor));
        let (width, height) = (across.len(), down.len());
        let mut values = Vec::with_capacity(width * height);
        let mut sums = vec![0.0f32; picture.width];
        for (first, weights) in &down {
            sums.fill(0.0);
            for (offset, &weight) in weights.iter().enumerate() {
                let row = picture.row(first + offset);
                sums.iter_mut().zip(row).for_each(|(sum, &pixel)| *sum += weight / 255.0 * f32::from(pixel));
            }
            let mean = |(first, weights): &(usize, Vec<f32>)| {
                weights.iter().zip(&sums[*first..]).map(|(weight, sum)| weight * sum).sum::<f32>()
            };
            values.extend(across.iter().map(mean));
        }
        Plane { width, height, values }
    }

    fn doubled(&self) -> Plane {
        let (width, height) = (2 * self.width, 2 * self.height);
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            let y = (y as f32 - 0.5) / 2.0;
            values.extend((0..width).map(|x| self.between((x as f32 - 0.5) / 2.0, y)));
        }
        Plane { width, height, values }
    }

    /// Every second pixel of every second row.
    fn halved(&self) -> Plane {
        let (width, height) = (self.width / 2, self.height / 2);
        let rows = (0..height).map(|y| self.row(2 * y));
        let values = rows.flat_map(|row| row.iter().step_by(2).take(width).copied()).collect();
        Plane { width, height, values }
    }

    /// Blurred by a Gaussian; the edge goes on outside.
    pub fn blurred(&self, sigma: f32) -> Plane {
        let weights = kernel(sigma);
        let radius = weights.len() - 1;
        let mut across = vec![0.0f32; self.values.len()];
        let mut padded = Vec::new();
        for (out, row) in across.chunks_exact_mut(self.width).zip(self.values.chunks_exact(self.width)) {
            padded.clear();
            padded.extend(std::iter::repeat_n(row[0], radius));
            padded.extend_from_slice(row);
            padded.extend(std::iter::repeat_n(row[row.len() - 1], radius));
            weigh(out, &weights, &padded[radius..], |k| (&padded[radius - k..], &padded[radius + k..]));
        }
        let mut values = vec![0.0f32; self.values.len()];
        let row = |y: usize| &across[y * self.width..(y + 1) * self.width];
        for (y, out) in values.chunks_exact_mut(self.width).enumerate() {
            let below = |k: usize| row((y + k).min(self.height - 1));
            weigh(out, &weights, row(y), |k| (row(y.saturating_sub(k)), below(k)));
        }
        Plane { width: self.width, height: self.height, values }
    }
}

/// For each new pixel the first old one that it covers, and the weights of that and the next ones.
fn spans(size: usize, factor: f64) -> Vec<(usize, Vec<f32>)> {
    let count = ((size as f64 / factor) as usize).max(1);
    let span = |at: usize| {
        let (from, to) = (at as f64 * factor, ((at + 1) as f64 * factor).min(size as f64));
        let first = (from as usize).min(size - 1);
        let covered = |pixel: usize| (to.min(pixel as f64 + 1.0) - from.max(pixel as f64)).max(0.0);
        let weights: Vec<f64> =
            (first..size).take_while(|&p| p == first || (p as f64) < to).map(covered).collect();
        let total: f64 = weights.iter().sum::<f64>().max(1e-9);
        (first, weights.iter().map(|weight| (weight / total) as f32).collect())
    };
    (0..count).map(span).collect()
}

/// Half of a Gaussian, its middle first, summing to 1 with its mirror image.
fn kernel(sigma: f32) -> Vec<f32> {
    let radius = libm::ceilf(3.0 * sigma) as usize;
    let value = |k: usize| libm::expf(-((k * k) as f32) / (2.0 * sigma * sigma));
    let total = 1.0 + 2.0 * (1..=radius).map(value).sum::<f32>();
    (0..=radius).map(|k| value(k) / total).collect()
}

/// The weighted sum of a row and of the rows on both of its sides, in blocks that stay in registers.
fn weigh<'a>(
    out: &mut [f32],
    weights: &[f32],
    middle: &[f32],
    sides: impl Fn(usize) -> (&'a [f32], &'a [f32]),
) {
    const BLOCK: usize = 16;
    let whole = out.len() / BLOCK * BLOCK;
    for from in (0..whole).step_by(BLOCK) {
        let mut sums = [0.0f32; BLOCK];
        sums.iter_mut().zip(&middle[from..from + BLOCK]).for_each(|(sum, value)| *sum = weights[0] * value);
        for (k, &weight) in weights.iter().enumerate().skip(1) {
            let (one, other) = sides(k);
            let (one, other) = (&one[from..from + BLOCK], &other[from..from + BLOCK]);
            for at in 0..BLOCK {
                sums[at] += weight * (one[at] + other[at]);
            }
        }
        out[from..from + BLOCK].copy_from_slice(&sums);
    }
    for at in whole..out.len() {
        let side = |k: usize| weights[k] * (sides(k).0[at] + sides(k).1[at]);
        out[at] = weights[0] * middle[at] + (1..weights.len()).map(side).sum::<f32>();
    }
}

/// One size of a picture at growing blurs.
pub(super) struct Octave {
    /// How many pixels of the picture one of these pixels is wide.
    pub step: f32,
    /// `LEVELS + 3` blurs, each 2^(1/LEVELS) of the one before.
    pub blurred: Vec<Plane>,
}

impl Octave {
    fn of(first: Plane, step: f32) -> Octave {
        let mut blurred = vec![first];
        for level in 1..LEVELS + 3 {
            let (before, after) = (blur_of(level as f32 - 1.0), blur_of(level as f32));
            let next = blurred[level - 1].blurred(libm::sqrtf(after * after - before * before));
            blurred.push(next);
        }
        Octave { step, blurred }
    }

    /// The difference between a level and the next one.
    #[inline]
    pub fn difference(&self, level: usize, x: usize, y: usize) -> f32 {
        self.blurred[level + 1].row(y)[x] - self.blurred[level].row(y)[x]
    }
}

/// The blur of a level of an octave, in its pixels.
pub(super) fn blur_of(level: f32) -> f32 {
    BASE_BLUR * libm::exp2f(level / LEVELS as f32)
}

/// The octaves of a plane, at most so many, each made when it is asked for. `step` is how many pixels of the picture one
/// of the plane is wide.
pub(super) fn octaves(plane: Plane, step: f32, most: usize) -> impl Iterator<Item = Octave> {
    let native = NATIVE_BLUR * step.recip().max(1.0);
    let mut first = plane.blurred(libm::sqrtf(BASE_BLUR * BASE_BLUR - native * native));
    drop(plane);
    let mut step = step;
    let next = move |_| {
        if first.width.min(first.height) < SMALLEST {
            return None;
        }
        let octave = Octave::of(std::mem::take(&mut first), step);
        first = octave.blurred[LEVELS].halved();
        step *= 2.0;
        Some(octave)
    };
    (0..most).map_while(next)
}
