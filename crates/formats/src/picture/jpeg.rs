//! JPEG: its luma as it stands in the file, or its colours as grey.

use tellmark_core::Gray;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Picture, SIDE_MAX, check_size, cut_off, shade};
use crate::Error;

const FORMAT: &str = "JPEG";

/// What the markers before the first scan say, and whether the file has an end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Frame {
    width: u32,
    height: u32,
    /// Stored coefficients for each pixel: 3 in full colour, 1.5 with halved chroma.
    coefficients: f64,
    progressive: bool,
    ends: bool,
}

/// Decodes the picture.
pub fn read(bytes: &[u8]) -> Result<Picture, Error> {
    let frame = frame(bytes)?;
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(SIDE_MAX as usize)
        .set_max_height(SIDE_MAX as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    // The size stands before anything that the decoder allocates for.
    check_size(FORMAT, frame.width, frame.height, 1.0)?;
    decoder.decode_headers().map_err(damaged)?;
    let is_luma = matches!(decoder.input_colorspace(), Some(ColorSpace::Luma | ColorSpace::YCbCr));
    let (space, channels) = if is_luma { (ColorSpace::Luma, 1) } else { (ColorSpace::RGB, 3) };
    let stored = if frame.progressive { 2.0 * frame.coefficients } else { 0.0 };
    let colours = if is_luma { 0.0 } else { 3.0 };
    check_size(FORMAT, frame.width, frame.height, 1.0 + colours + stored)?;
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let (width, height) = decoder.dimensions().ok_or_else(|| Error::damaged(FORMAT, "it has no size"))?;
    let mut pixels = vec![255; width * height * channels];
    let decoded = decoder.decode_into(&mut pixels);
    let gray = Gray { width, height, pixels: to_gray(pixels, channels) };
    let orientation = shade::orientation(decoder.exif().map(Vec::as_slice));
    let mut picture = match decoded {
        Ok(()) if frame.ends => Picture::of(gray, FORMAT),
        Ok(()) => ends_early(gray, "it has no end")?,
        Err(why) if !frame.ends => ends_early(gray, &why.to_string())?,
        Err(why) => return Err(damaged(why)),
    };
    picture.gray = shade::turn(picture.gray, orientation);
    Ok(picture)
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::damaged(FORMAT, error.to_string())
}

fn to_gray(pixels: Vec<u8>, channels: usize) -> Vec<u8> {
    if channels == 1 {
        return pixels;
    }
    let mut gray = Vec::with_capacity(pixels.len() / channels);
    shade::append(&mut gray, &pixels, channels);
    gray
}

/// Cuts off the rows of one shade with which the decoder fills up what is missing.
fn ends_early(gray: Gray, why: &str) -> Result<Picture, Error> {
    let shade = gray.pixels.last().copied();
    let empty = |y: &usize| gray.row(*y).iter().all(|p| Some(*p) == shade);
    let rows = (0..gray.height).rev().find(|y| !empty(y)).map_or(0, |last| last + 1);
    cut_off(FORMAT, gray, rows, why)
}

/// Goes through the markers up to the first scan.
fn frame(bytes: &[u8]) -> Result<Frame, Error> {
    let short = || Error::damaged(FORMAT, "it ends before the picture begins");
    let mut frame = Frame::default();
    let mut at = 2;
    loop {
        let &[first, marker] = bytes.get(at..at + 2).and_then(|pair| pair.first_chunk()).ok_or_else(short)?;
        if first != 0xff {
            // Bytes between segments: other programs look for the next marker, too.
            at += 1;
            continue;
        }
        // Fill bytes and markers without a length.
        if matches!(marker, 0xff) {
            at += 1;
            continue;
        }
        if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            at += 2;
            continue;
        }
        let length = bytes.get(at + 2..at + 4).and_then(|l| l.first_chunk()).copied().map(u16::from_be_bytes);
        let length = usize::from(length.ok_or_else(short)?).max(2);
        let body = bytes.get(at + 4..at + 2 + length).unwrap_or_default();
        match marker {
            0xc0..=0xc2 => {
                if body.first().is_some_and(|bits| *bits != 8) {
                    let why =
                        "its shades have more than 8 bits, as pictures of medical devices do; save it as PNG";
                    return Err(Error::refused(FORMAT, why));
                }
                (frame.width, frame.height, frame.coefficients) = size(body).ok_or_else(short)?;
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let why = "it is lossless, hierarchical or arithmetic-coded, which few programs read; save it as PNG";
                return Err(Error::refused(FORMAT, why));
            }
            0xda => {
                frame.ends = bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]);
                return Ok(frame);
            }
            _ => {}
        }
        frame.progressive |= marker == 0xc2;
        at += 2 + length;
    }
}

/// Width, height and coefficients a pixel from a frame header.
fn size(body: &[u8]) -> Option<(u32, u32, f64)> {
    let number = |at: usize| Some(u32::from(u16::from_be_bytes(*body.get(at..at + 2)?.first_chunk()?)));
    let samplings = body.get(6..)?.chunks_exact(3).map(|component| component[1]);
    let area = |s: u8| f64::from(s >> 4) * f64::from(s & 15);
    let largest = |f: fn(u8) -> u8| f64::from(samplings.clone().map(f).max().unwrap_or(1).max(1));
    let most = largest(|s| s >> 4) * largest(|s| s & 15);
    Some((number(3)?, number(1)?, samplings.clone().map(area).sum::<f64>() / most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_header_says_what_decoding_takes() {
        let header = [8, 0, 10, 0, 20, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
        assert_eq!(size(&header), Some((20, 10, 1.5)));
        assert_eq!(size(&header[..4]), None);
    }

    #[test]
    fn files_without_a_picture_are_refused() {
        for bytes in [
            &b"\xff\xd8\xff"[..],
            b"\xff\xd8\xff\xe0\0\x10JFIF",
            b"\xff\xd8\xff\xff\xff\xff",
            b"\xff\xd8\xff\xe1\0\0",
        ] {
            assert!(matches!(frame(bytes), Err(Error::Damaged { .. })), "{bytes:?}");
        }
        let arithmetic = b"\xff\xd8\xff\xc9\0\x04\0\0";
        assert!(frame(arithmetic).unwrap_err().to_string().contains("arithmetic"));
    }
}
