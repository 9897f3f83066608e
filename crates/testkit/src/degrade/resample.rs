//! Pictures at another size.

use tellmark_core::Gray;

use super::Degraded;
use super::track::affine;

/// Each pixel of the result is the mean of the area of the source that it covers: what a renderer or a good
/// scaler draws. `scale_x`, `scale_y`: pixels of the result for each of the source. `right`, `down`: where the
/// source's corner lies in the result, in pixels. What lies outside the source is white.
pub fn area_average(from: &Degraded, scale_x: f64, scale_y: f64, right: f64, down: f64) -> Degraded {
    let source = &from.picture;
    let size = |pixels: usize, scale: f64, offset: f64| {
        libm::ceil(pixels as f64 * scale + offset - 1e-9).clamp(1.0, 60_000.0) as usize
    };
    let (width, height) = (size(source.width, scale_x, right), size(source.height, scale_y, down));
    let columns = shares(source.width, width, scale_x, right);
    let rows = shares(source.height, height, scale_y, down);
    let mut sums = vec![0f32; width * height];
    let mut line = vec![0f32; width];
    for (y, touched) in rows.iter().enumerate() {
        line.fill(0.0);
        for (value, touched) in source.row(y).iter().zip(&columns) {
            // Darkness is added up, so that what nothing covers stays white.
            let dark = f32::from(255 - *value);
            if dark > 0.0 {
                touched.each(|x, share| line[x] += dark * share);
            }
        }
        touched.each(|at, share| {
            let into = &mut sums[at * width..(at + 1) * width];
            into.iter_mut().zip(&line).for_each(|(sum, dark)| *sum += dark * share);
        });
    }
    let pixels = sums.iter().map(|dark| (255.5 - dark).clamp(0.0, 255.0) as u8).collect();
    let picture = Gray { width, height, pixels };
    Degraded { picture, track: from.track.then(&affine(scale_x, scale_y, right, down)) }
}

/// The pixels of the result that one of the source touches, and the shares of them that it covers.
struct Shares {
    first: usize,
    shares: Vec<f32>,
}

impl Shares {
    fn each(&self, mut visit: impl FnMut(usize, f32)) {
        self.shares.iter().enumerate().for_each(|(i, share)| visit(self.first + i, *share));
    }
}

fn shares(from: usize, to: usize, scale: f64, offset: f64) -> Vec<Shares> {
    let one = |at: usize| {
        let left = (at as f64 * scale + offset).clamp(0.0, to as f64);
        let right = ((at + 1) as f64 * scale + offset).clamp(0.0, to as f64);
        let first = (left as usize).min(to.saturating_sub(1));
        let last = (libm::ceil(right) as usize).clamp(first, to);
        let share = |x: usize| (right.min((x + 1) as f64) - left.max(x as f64)).max(0.0) as f32;
        Shares { first, shares: (first..last).map(share).collect() }
    };
    (0..from).map(one).collect()
}

/// Between pixels, linear: what cheap scalers draw. `scale`: pixels of the result for each of the source.
pub fn stretch(from: &Degraded, scale: f64) -> Degraded {
    let size = |pixels: usize| libm::round(pixels as f64 * scale).max(1.0) as usize;
    let (width, height) = (size(from.picture.width), size(from.picture.height));
    let picture = warp(&from.picture, width, height, 255, 1, |x, y| Some((x / scale, y / scale)));
    Degraded { picture, track: from.track.then(&affine(scale, scale, 0.0, 0.0)) }
}

/// The picture whose pixel at (x, y) shows the source's place `back(x, y)`, both with the first pixel's centre at
/// 0.5; `outside` where there is none. Each pixel is the mean of `samples` by `samples` places, each between
/// pixels of the source.
pub(super) fn warp(
    source: &Gray,
    width: usize,
    height: usize,
    outside: u8,
    samples: usize,
    back: impl Fn(f64, f64) -> Option<(f64, f64)>,
) -> Gray {
    let mut pixels = Vec::with_capacity(width * height);
    let step = 1.0 / samples as f64;
    for y in 0..height {
        for x in 0..width {
            let mut sum = 0f32;
            for i in 0..samples * samples {
                let (dx, dy) = ((i % samples) as f64 + 0.5, (i / samples) as f64 + 0.5);
                let place = back(x as f64 + dx * step, y as f64 + dy * step);
                sum += place.map_or(f32::from(outside), |(a, b)| between(source, a, b, outside));
            }
            pixels.push((sum / (samples * samples) as f32 + 0.5) as u8);
        }
    }
    Gray { width, height, pixels }
}

/// The value at a place between pixels.
fn between(source: &Gray, x: f64, y: f64, outside: u8) -> f32 {
    if x < 0.0 || y < 0.0 || x > source.width as f64 || y > source.height as f64 {
        return f32::from(outside);
    }
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (libm::floor(x), libm::floor(y));
    let (fx, fy) = ((x - left) as f32, (y - top) as f32);
    let (left, top) = (left as isize, top as isize);
    let at = |dx, dy| f32::from(source.at(left + dx, top + dy));
    let upper = at(0, 0) * (1.0 - fx) + at(1, 0) * fx;
    let lower = at(0, 1) * (1.0 - fx) + at(1, 1) * fx;
    upper * (1.0 - fy) + lower * fy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::degrade::Sheet;

    fn untouched(page: &Gray) -> Degraded {
        Degraded::of(&Sheet { page, dpi: 72.0, words: &[] })
    }

    #[test]
    fn areas_keep_their_mean() {
        let mut page = Gray::filled(12, 12, 255);
        (0..12).for_each(|y| page.pixels[y * 12 + 3] = 0);
        let small = area_average(&untouched(&page), 0.25, 0.25, 0.0, 0.0);
        assert_eq!((small.picture.width, small.picture.height), (3, 3));
        assert_eq!(small.picture.row(1), [191, 255, 255]);
        // Half a pixel to the right, the line falls on the border between two.
        let moved = area_average(&untouched(&page), 0.25, 0.25, 0.125, 0.0);
        assert_eq!(moved.picture.row(1), [223, 223, 255, 255]);
        assert_eq!(moved.track.apply(3.5, 0.0), Some((1.0, 0.0)));
    }

    #[test]
    fn stretching_keeps_an_even_picture_and_its_corner() {
        let page = Gray::filled(10, 7, 90);
        let large = stretch(&untouched(&page), 1.5);
        assert_eq!((large.picture.width, large.picture.height), (15, 11));
        assert!(large.picture.pixels[..15 * 10].iter().all(|p| *p == 90));
    }
}
