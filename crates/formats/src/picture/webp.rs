//! WebP, lossy and lossless; of an animation the first frame.

use std::io::Cursor;

use image::codecs::webp::WebPDecoder;
use image::{ImageDecoder, ImageError};
use tellmark_core::Gray;

use super::{Picture, check_size, shade};
use crate::Error;

const FORMAT: &str = "WebP";
/// The decoder's own planes or pixels, its result in colour, and the grey.
const BYTES_A_PIXEL: f64 = 9.0;

/// Decodes the picture.
pub fn read(bytes: &[u8]) -> Result<Picture, Error> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(FORMAT, width, height, BYTES_A_PIXEL)?;
    let orientation = shade::orientation(decoder.exif_metadata().unwrap_or_default().as_deref());
    let animated = decoder.has_animation();
    let channels = usize::from(decoder.color_type().channel_count());
    let mut pixels = vec![0; width as usize * height as usize * channels];
    decoder.read_image(&mut pixels).map_err(damaged)?;
    let mut gray = Gray { width: width as usize, height: height as usize, pixels: vec![] };
    gray.pixels.reserve_exact(gray.width * gray.height);
    shade::append(&mut gray.pixels, &pixels, channels);
    let mut picture = Picture::of(shade::turn(gray, orientation), FORMAT);
    if animated {
        picture.notes.push("it is an animation; the first frame was read".into());
    }
    Ok(picture)
}

fn damaged(error: ImageError) -> Error {
    Error::damaged(FORMAT, error.to_string())
}
