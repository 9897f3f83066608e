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
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Plane {
    /// Reads a picture, and shrinks it by `factor` (at least 1) by averaging, or doubles it when `factor` is 0.5.
    pub fn of(picture: &Gray, factor: f64) -> Plane {
        let values = picture.pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        let plane = Plane { width: picture.width, height: picture.height, values };
        match factor {
            f if f > 1.0 => plane.averaged(f),
            f if f < 1.0 => plane.doubled(),
            _ => plane,
        }
    }

    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// The value between pixels, whose centres are at whole numbers; outside, the edge goes on.
    #[inline]
    pub fn between(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (u, v) = (x - left as f32, y - top as f32);
        let (upper, lower) = (self.row(top), self.row(bottom));
        let a = upper[left] + u * (upper[right] - upper[left]);
        let b = lower[left] + u * (lower[right] - lower[left]);
        a + v * (b - a)
    }

    /// Shrinks by a factor over 1: every new pixel is the mean of what it covers.
    fn averaged(&self, factor: f64) -> Plane {
        let across = spans(self.width, factor);
        let down = spans(self.height, factor);
        let width = across.len();
        let mut values = Vec::with_capacity(width * down.len());
        let mut sums = vec![0.0f32; self.width];
        for (first, weights) in &down {
            sums.fill(0.0);
            for (offset, &weight) in weights.iter().enumerate() {
                add(&mut sums, self.row(first + offset), weight);
            }
            values.extend(across.iter().map(|(first, weights)| {
                weights.iter().zip(&sums[*first..]).map(|(weight, sum)| weight * sum).sum::<f32>()
            }));
        }
        Plane { width, height: down.len(), values }
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
        let mut across = Vec::with_capacity(self.values.len());
        let mut padded = Vec::new();
        for y in 0..self.height {
            blur_row(self.row(y), &weights, &mut padded, &mut across);
        }
        let mut values = vec![0.0f32; self.values.len()];
        let row = |y: isize| {
            let y = y.clamp(0, self.height as isize - 1) as usize;
            &across[y * self.width..(y + 1) * self.width]
        };
        for (y, out) in values.chunks_exact_mut(self.width.max(1)).enumerate() {
            let y = y as isize;
            add(out, row(y), weights[0]);
            for (k, &weight) in (1isize..).zip(&weights[1..]) {
                add_both(out, row(y - k), row(y + k), weight);
            }
        }
        Plane { width: self.width, height: self.height, values }
    }

    fn minus(&self, other: &Plane) -> Plane {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| a - b).collect();
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

fn add(out: &mut [f32], row: &[f32], weight: f32) {
    for (out, value) in out.iter_mut().zip(row) {
        *out += weight * value;
    }
}

fn add_both(out: &mut [f32], one: &[f32], other: &[f32], weight: f32) {
    for ((out, a), b) in out.iter_mut().zip(one).zip(other) {
        *out += weight * (a + b);
    }
}

fn blur_row(row: &[f32], weights: &[f32], padded: &mut Vec<f32>, out: &mut Vec<f32>) {
    let radius = weights.len() - 1;
    padded.clear();
    padded.extend(std::iter::repeat_n(row[0], radius));
    padded.extend_from_slice(row);
    padded.extend(std::iter::repeat_n(row[row.len() - 1], radius));
    let start = out.len();
    out.resize(start + row.len(), 0.0);
    let out = &mut out[start..];
    add(out, &padded[radius..], weights[0]);
    for (k, &weight) in weights.iter().enumerate().skip(1) {
        add_both(out, &padded[radius - k..], &padded[radius + k..], weight);
    }
}

/// One size of a picture at growing blurs.
pub(super) struct Octave {
    /// How many pixels of the picture one of these pixels is wide.
    pub step: f32,
    /// `LEVELS + 3` blurs, each 2^(1/LEVELS) of the one before.
    pub blurred: Vec<Plane>,
    /// The differences of neighbours.
    pub differences: Vec<Plane>,
}

impl Octave {
    fn of(first: Plane, step: f32) -> Octave {
        let mut blurred = vec![first];
        for level in 1..LEVELS + 3 {
            let (before, after) = (blur_of(level as f32 - 1.0), blur_of(level as f32));
            let next = blurred[level - 1].blurred(libm::sqrtf(after * after - before * before));
            blurred.push(next);
        }
        let differences = blurred.windows(2).map(|pair| pair[1].minus(&pair[0])).collect();
        Octave { step, blurred, differences }
    }
}

/// The blur of a level of an octave, in its pixels.
pub(super) fn blur_of(level: f32) -> f32 {
    BASE_BLUR * libm::exp2f(level / LEVELS as f32)
}

/// All octaves of a plane, at most so many. `step` is how many pixels of the picture one of the plane is wide.
pub(super) fn octaves(plane: Plane, step: f32, most: usize) -> Vec<Octave> {
    let mut octaves: Vec<Octave> = Vec::new();
    let native = NATIVE_BLUR * step.recip().max(1.0);
    let mut first = plane.blurred(libm::sqrtf(BASE_BLUR * BASE_BLUR - native * native));
    let mut step = step;
    while octaves.len() < most && first.width.min(first.height) >= SMALLEST {
        let octave = Octave::of(first, step);
        first = octave.blurred[LEVELS].halved();
        step *= 2.0;
        octaves.push(octave);
    }
    octaves
}
