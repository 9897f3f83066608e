//! What alters shades and moves nothing: blur, noise, compression.

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{ExtendedColorType, ImageDecoder};
use tellmark_core::Gray;

use crate::Random;

/// Compressed as a JPEG of this quality (1 to 100) and decoded again.
///
/// # Panics
/// When the picture has no pixels or more than 65,535 on a side.
pub fn jpeg(picture: &Gray, quality: u8) -> Gray {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let (width, height) = (picture.width as u32, picture.height as u32);
    let mut out = Gray::filled(picture.width, picture.height, 255);
    let decoded = write(encoder, &picture.pixels, width, height)
        .and_then(|()| JpegDecoder::new(std::io::Cursor::new(&bytes))?.read_image(&mut out.pixels));
    assert!(decoded.is_ok(), "a JPEG that was just written is read: {decoded:?}");
    out
}

fn write(
    mut encoder: JpegEncoder<&mut Vec<u8>>,
    pixels: &[u8],
    width: u32,
    height: u32,
) -> Result<(), image::ImageError> {
    encoder.encode(pixels, width, height, ExtendedColorType::L8)
}

/// Black below the threshold, white from it on.
pub fn binarise(picture: &Gray, threshold: u8) -> Gray {
    map(picture, |shade| if shade < threshold { 0 } else { 255 })
}

/// Other tones: black becomes `black`, white becomes `white`, the rest between them.
pub fn tones(picture: &Gray, black: u8, white: u8) -> Gray {
    let (black, white) = (f32::from(black), f32::from(white));
    map(picture, |shade| (black + (white - black) * f32::from(shade) / 255.0 + 0.5) as u8)
}

/// Each shade replaced by another.
pub(super) fn map(picture: &Gray, of: impl Fn(u8) -> u8) -> Gray {
    let table: Vec<u8> = (0..=255).map(of).collect();
    let pixels = picture.pixels.iter().map(|shade| table[usize::from(*shade)]).collect();
    Gray { pixels, ..*picture }
}

/// A Gaussian blur with this standard deviation in pixels.
pub fn blur(picture: &Gray, deviation: f64) -> Gray {
    if deviation < 0.05 {
        return picture.clone();
    }
    let reach = libm::ceil(3.0 * deviation) as isize;
    let weight = |at: isize| libm::exp(-(at * at) as f64 / (2.0 * deviation * deviation));
    let total: f64 = (-reach..=reach).map(weight).sum();
    let kernel: Vec<f32> = (-reach..=reach).map(|at| (weight(at) / total) as f32).collect();
    let across = along_rows(picture, &kernel);
    let down = along_rows(&transposed(&across), &kernel);
    transposed(&down)
}

/// The shake of a hand: the mean over a line of this length in pixels, `dx` and `dy` from its start to its end.
pub fn motion(picture: &Gray, dx: f64, dy: f64) -> Gray {
    let steps = (libm::ceil(libm::hypot(dx, dy)) as usize * 2).max(1);
    let mut sums = vec![0f32; picture.pixels.len()];
    for step in 0..=steps {
        let share = step as f64 / steps as f64 - 0.5;
        let (x, y) = (libm::round(dx * share) as isize, libm::round(dy * share) as isize);
        for (row, sums) in sums.chunks_exact_mut(picture.width.max(1)).enumerate() {
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum += f32::from(picture.at(column as isize + x, row as isize + y));
            }
        }
    }
    let pixels = sums.iter().map(|sum| (sum / (steps + 1) as f32 + 0.5) as u8).collect();
    Gray { pixels, ..*picture }
}

/// Noise of a sensor: independent, nearly normal, with this standard deviation in shades.
pub fn noise(picture: &Gray, deviation: f64, random: &mut Random) -> Gray {
    let add = |shade: &u8| {
        let value = f64::from(*shade) + deviation * normal(random);
        (value + 0.5).clamp(0.0, 255.0) as u8
    };
    Gray { pixels: picture.pixels.iter().map(add).collect(), ..*picture }
}

/// A nearly normal number with mean 0 and deviation 1: four uniform ones added up, never beyond 3.5.
pub(super) fn normal(random: &mut Random) -> f64 {
    let bits = random.next_u64();
    let sum: u64 = (0..4).map(|i| bits >> (16 * i) & 0xffff).sum();
    (sum as f64 / 65_535.0 - 2.0) * 1.732_050_8
}

/// A number between these two, all alike.
pub(super) fn uniform(random: &mut Random, low: f64, high: f64) -> f64 {
    low + (high - low) * (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

fn along_rows(picture: &Gray, kernel: &[f32]) -> Gray {
    let reach = kernel.len() / 2;
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    let mut wide = Vec::with_capacity(picture.width + 2 * reach);
    for y in 0..picture.height {
        let row = picture.row(y);
        let (first, last) = (row[0], row[row.len() - 1]);
        wide.clear();
        wide.extend(std::iter::repeat_n(first, reach).chain(row.iter().copied()));
        wide.extend(std::iter::repeat_n(last, reach));
        // Where nothing changes, and that is most of a page, there is nothing to add up.
        pixels.extend(wide.windows(kernel.len()).map(|near| {
            if near.iter().all(|shade| *shade == near[0]) {
                return near[0];
            }
            let sum: f32 = near.iter().zip(kernel).map(|(shade, weight)| f32::from(*shade) * weight).sum();
            (sum + 0.5) as u8
        }));
    }
    Gray { pixels, ..*picture }
}

fn transposed(picture: &Gray) -> Gray {
    let mut out = Gray::filled(picture.height, picture.width, 0);
    for y in 0..picture.height {
        for (x, shade) in picture.row(y).iter().enumerate() {
            out.pixels[x * picture.height + y] = *shade;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_spreads_and_keeps_what_is_even() {
        let mut point = Gray::filled(21, 21, 0);
        point.pixels[10 * 21 + 10] = 255;
        let soft = blur(&point, 1.0);
        assert!((38..44).contains(&soft.at(10, 10)), "{}", soft.at(10, 10));
        assert_eq!(soft.at(9, 10), soft.at(10, 11));
        assert_eq!(blur(&Gray::filled(5, 4, 77), 2.0), Gray::filled(5, 4, 77));
    }

    #[test]
    fn noise_has_its_deviation() {
        let picture = Gray::filled(200, 200, 128);
        let noisy = noise(&picture, 5.0, &mut Random::new(1));
        let squares: f64 =
            noisy.pixels.iter().map(|p| (f64::from(*p) - 128.0) * (f64::from(*p) - 128.0)).sum();
        let deviation = libm::sqrt(squares / 40_000.0);
        assert!((4.8..5.2).contains(&deviation), "{deviation}");
    }

    #[test]
    fn jpeg_is_near_and_tones_are_kept_apart() {
        let even = Gray::filled(17, 9, 200);
        assert!(jpeg(&even, 30).pixels.iter().all(|p| p.abs_diff(200) < 6));
        assert_eq!(tones(&Gray { width: 2, height: 1, pixels: vec![0, 255] }, 30, 235).pixels, [30, 235]);
        assert_eq!(binarise(&Gray { width: 2, height: 1, pixels: vec![149, 150] }, 150).pixels, [0, 255]);
    }
}
