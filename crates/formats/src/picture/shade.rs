//! From colours to grey, and from how a file stores a picture to how it is shown.

use image::metadata::Orientation;
use tellmark_core::Gray;

/// The luma of a colour.
pub fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue) + 5000) / 10_000) as u8
}

/// A shade that is partly transparent, on white.
pub fn over_white(shade: u8, alpha: u8) -> u8 {
    let (shade, alpha) = (u32::from(shade), u32::from(alpha));
    ((shade * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// The luma of a printing colour: four shares of ink, where 0 is none.
pub fn luma_of_ink(cyan: u8, magenta: u8, yellow: u8, black: u8) -> u8 {
    let light = |ink: u8| ((u32::from(255 - ink) * u32::from(255 - black) + 127) / 255) as u8;
    luma(light(cyan), light(magenta), light(yellow))
}

/// Pixels of so many channels as grey: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
pub fn append(gray: &mut Vec<u8>, pixels: &[u8], channels: usize) {
    match channels {
        1 => gray.extend_from_slice(pixels),
        2 => gray.extend(pixels.chunks_exact(2).map(|p| over_white(p[0], p[1]))),
        3 => gray.extend(pixels.chunks_exact(3).map(|p| luma(p[0], p[1], p[2]))),
        _ => gray.extend(pixels.chunks_exact(4).map(|p| over_white(luma(p[0], p[1], p[2]), p[3]))),
    }
}

/// What an EXIF block says about how the picture is to be turned; upright where it says nothing.
pub fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

/// The picture as it is shown.
pub fn turn(gray: Gray, orientation: Orientation) -> Gray {
    match orientation {
        Orientation::NoTransforms => gray,
        Orientation::FlipHorizontal => mirror(gray),
        Orientation::Rotate180 => upside_down(gray),
        Orientation::FlipVertical => mirror(upside_down(gray)),
        Orientation::Rotate90FlipH => transpose(&gray),
        Orientation::Rotate90 => mirror(transpose(&gray)),
        Orientation::Rotate270FlipH => upside_down(transpose(&gray)),
        Orientation::Rotate270 => upside_down(mirror(transpose(&gray))),
    }
}

fn mirror(mut gray: Gray) -> Gray {
    gray.pixels.chunks_exact_mut(gray.width.max(1)).for_each(<[u8]>::reverse);
    gray
}

/// Turned by half a turn.
fn upside_down(mut gray: Gray) -> Gray {
    gray.pixels.reverse();
    gray
}

fn transpose(gray: &Gray) -> Gray {
    let mut out = Gray::filled(gray.height, gray.width, 0);
    // Blocks, so that neither side leaves the cache.
    const BLOCK: usize = 64;
    for top in (0..gray.height).step_by(BLOCK) {
        for left in (0..gray.width).step_by(BLOCK) {
            for y in top..(top + BLOCK).min(gray.height) {
                for x in left..(left + BLOCK).min(gray.width) {
                    out.pixels[x * gray.height + y] = gray.pixels[y * gray.width + x];
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_their_luma() {
        assert_eq!(luma(255, 255, 255), 255);
        assert_eq!((luma(255, 0, 0), luma(0, 255, 0), luma(0, 0, 255)), (54, 182, 18));
        assert_eq!((over_white(0, 0), over_white(0, 255), over_white(0, 128)), (255, 0, 127));
        assert_eq!(
            (luma_of_ink(0, 0, 0, 0), luma_of_ink(0, 0, 0, 255), luma_of_ink(255, 0, 0, 0)),
            (255, 0, 201)
        );
    }

    /// The EXIF specification says where row 0 and column 0 of the file are shown.
    #[test]
    fn every_orientation_puts_the_first_row_where_exif_says() {
        let stored = Gray { width: 3, height: 2, pixels: vec![1, 2, 3, 4, 5, 6] };
        let rows: [(u8, usize, &[u8]); 8] = [
            (1, 3, &[1, 2, 3, 4, 5, 6]),
            (2, 3, &[3, 2, 1, 6, 5, 4]),
            (3, 3, &[6, 5, 4, 3, 2, 1]),
            (4, 3, &[4, 5, 6, 1, 2, 3]),
            (5, 2, &[1, 4, 2, 5, 3, 6]),
            (6, 2, &[4, 1, 5, 2, 6, 3]),
            (7, 2, &[6, 3, 5, 2, 4, 1]),
            (8, 2, &[3, 6, 2, 5, 1, 4]),
        ];
        for (exif, width, shown) in rows {
            let turned = turn(stored.clone(), Orientation::from_exif(exif).unwrap());
            assert_eq!((turned.width, turned.pixels.as_slice()), (width, shown), "orientation {exif}");
        }
    }
}
