//! Planes of shades: averaging, halving, sampling, blurring.

use tellmark_core::Gray;

/// A picture of single-precision shades, row by row.
#[derive(Debug, Clone, Default)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    pub shades: Vec<f32>,
}

impl Plane {
    pub fn new(width: usize, height: usize) -> Plane {
        Plane { width, height, shades: vec![0.0; width * height] }
    }

    /// A part of a picture; outside the picture its edge goes on.
    pub fn cut(from: &Gray, left: isize, top: isize, width: usize, height: usize) -> Plane {
        let mut plane = Plane::new(width, height);
        for (y, row) in plane.shades.chunks_exact_mut(width.max(1)).enumerate() {
            for (x, shade) in row.iter_mut().enumerate() {
                *shade = f32::from(from.at(left + x as isize, top + y as isize));
            }
        }
        plane
    }

    /// Blurs by a kernel that is the same along rows and columns; `tail` is its middle and right half. Pixels
    /// closer to the edge than the kernel's reach keep a wrong shade, so cut with a margin.
    pub fn blur(&mut self, tail: &[f32]) {
        let mut rows = self.shades.clone();
        for (out, row) in rows.chunks_exact_mut(self.width).zip(self.shades.chunks_exact(self.width)) {
            blur_row(out, row, tail);
        }
        let reach = tail.len() - 1;
        for y in reach..self.height.saturating_sub(reach) {
            let out = &mut self.shades[y * self.width..(y + 1) * self.width];
            let row = |at: usize| &rows[at * self.width..(at + 1) * self.width];
            for (shade, middle) in out.iter_mut().zip(row(y)) {
                *shade = tail[0] * middle;
            }
            for (k, weight) in tail.iter().enumerate().skip(1) {
                for ((shade, above), below) in out.iter_mut().zip(row(y - k)).zip(row(y + k)) {
                    *shade += weight * (above + below);
                }
            }
        }
    }
}

fn blur_row(out: &mut [f32], row: &[f32], tail: &[f32]) {
    let reach = tail.len() - 1;
    let Some(last) = row.len().checked_sub(2 * reach).filter(|n| *n > 0) else { return };
    let inner = &mut out[reach..reach + last];
    for (shade, middle) in inner.iter_mut().zip(&row[reach..]) {
        *shade = tail[0] * middle;
    }
    for (k, weight) in tail.iter().enumerate().skip(1) {
        for ((shade, left), right) in inner.iter_mut().zip(&row[reach - k..]).zip(&row[reach + k..]) {
            *shade += weight * (left + right);
        }
    }
}

/// The middle and right half of a Gaussian kernel of this width in pixels, cut off at three widths.
pub fn gaussian(width: f64) -> Vec<f32> {
    let reach = (3.0 * width).ceil() as usize;
    let at = |k: usize| libm::exp(-0.5 * (k as f64 / width) * (k as f64 / width));
    let half: Vec<f64> = (0..=reach).map(|k| if width > 0.0 { at(k) } else { 1.0 }).collect();
    let sum = 2.0 * half.iter().sum::<f64>() - half[0];
    half.iter().map(|weight| (weight / sum) as f32).collect()
}

/// Averages squares of `by` x `by` pixels; what is left over at the right and lower edge is dropped.
pub fn average(picture: &Gray, by: usize) -> Gray {
    let (width, height) = (picture.width / by.max(1), picture.height / by.max(1));
    if by <= 1 || width == 0 || height == 0 {
        return picture.clone();
    }
    let mut pixels = Vec::with_capacity(width * height);
    let mut sums = vec![0_u32; width];
    let squares = (by * by) as u32;
    for y in 0..height {
        sums.fill(0);
        for row in (0..by).map(|k| picture.row(y * by + k)) {
            for (sum, square) in sums.iter_mut().zip(row.chunks_exact(by)) {
                *sum += square.iter().map(|&shade| u32::from(shade)).sum::<u32>();
            }
        }
        pixels.extend(sums.iter().map(|sum| ((sum + squares / 2) / squares) as u8));
    }
    Gray { width, height, pixels }
}

/// The shade between pixels, by linear interpolation; the centre of the first pixel is at 0.5, 0.5.
pub fn sample(picture: &Gray, x: f64, y: f64) -> f32 {
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = ((x - left) as f32, (y - top) as f32);
    let (left, top) = (left as isize, top as isize);
    let inside =
        left >= 0 && top >= 0 && (left as usize) + 1 < picture.width && (top as usize) + 1 < picture.height;
    let [a, b, c, d] = if inside {
        let at = top as usize * picture.width + left as usize;
        let (upper, lower) = (&picture.pixels[at..at + 2], &picture.pixels[at + picture.width..][..2]);
        [upper[0], upper[1], lower[0], lower[1]].map(f32::from)
    } else {
        [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| f32::from(picture.at(left + dx, top + dy)))
    };
    let upper = a + fx * (b - a);
    upper + fy * (c + fx * (d - c) - upper)
}

/// The inner product, in eight running sums that fit one wide register.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a_eights, b_eights) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a_eights.remainder().iter().zip(b_eights.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_eights.zip(b_eights) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    rest + sums.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_squares_and_drops_the_rest() {
        let picture = Gray { width: 5, height: 2, pixels: vec![0, 4, 8, 8, 9, 0, 4, 8, 8, 9] };
        assert_eq!(average(&picture, 2), Gray { width: 2, height: 1, pixels: vec![2, 8] });
        assert_eq!(average(&picture, 1), picture);
        assert_eq!(average(&picture, 9), picture);
    }

    #[test]
    fn samples_at_and_between_centres() {
        let picture = Gray { width: 2, height: 2, pixels: vec![0, 100, 100, 200] };
        assert_eq!(sample(&picture, 0.5, 0.5), 0.0);
        assert_eq!(sample(&picture, 1.0, 1.0), 100.0);
        assert_eq!(sample(&picture, -9.0, -9.0), 0.0);
        assert_eq!(sample(&Gray::default(), 3.0, 3.0), 255.0);
    }

    #[test]
    fn a_blur_keeps_the_sum_and_the_middle() {
        let mut plane = Plane::new(41, 41);
        plane.shades[20 * 41 + 20] = 1.0;
        plane.blur(&gaussian(2.0));
        let sum: f32 = plane.shades.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        assert!((plane.shades[20 * 41 + 20] - 0.0398).abs() < 1e-3);
        assert_eq!(plane.shades[20 * 41 + 17], plane.shades[20 * 41 + 23]);
    }
}
