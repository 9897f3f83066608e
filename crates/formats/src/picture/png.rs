//! PNG, row by row.

use std::io::Cursor;

use png::{Adam7Info, ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Reader, Transformations};
use tellmark_core::Gray;

use super::{MEMORY_BYTES_MAX, Picture, check_size, cut_off, shade};
use crate::Error;

const FORMAT: &str = "PNG";

/// Decodes the picture, of an animation the one that is shown where animations are not known.
pub fn read(bytes: &[u8]) -> Result<Picture, Error> {
    let mut decoder =
        Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MEMORY_BYTES_MAX as usize });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes and few bits become 8 bits a channel, and so do 16.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(damaged)?;
    check_size(FORMAT, header.width, header.height, 1.0)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (gray, read) = rows(&mut reader);
    let mut picture = match read {
        Ok(()) => Picture::of(gray, FORMAT),
        Err((rows, why)) => cut_off(FORMAT, gray, rows, &why.to_string())?,
    };
    // The orientation may stand behind the picture; one that cannot be reached is none.
    let _ = reader.finish();
    let info = reader.info();
    picture.gray = shade::turn(picture.gray, shade::orientation(info.exif_metadata.as_deref()));
    if let Some(animation) = info.animation_control {
        let frames = animation.num_frames;
        picture.notes.push(format!("it is an animation of {frames} frames; the first picture was read"));
    }
    Ok(picture)
}

/// Encodes a picture.
pub fn write(gray: &Gray) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let failed = |error: png::EncodingError| Error::refused(FORMAT, error.to_string());
    let mut encoder = png::Encoder::new(&mut bytes, gray.width as u32, gray.height as u32);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&gray.pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn damaged(error: DecodingError) -> Error {
    Error::damaged(FORMAT, error.to_string())
}

/// All rows; on an error, the number of rows from the top that are whole.
fn rows(reader: &mut Reader<Cursor<&[u8]>>) -> (Gray, Result<(), (usize, DecodingError)>) {
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let channels = match reader.output_color_type().0 {
        ColorType::Grayscale | ColorType::Indexed => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
    };
    let mut gray = Gray { width, height, pixels: Vec::with_capacity(width * height) };
    let mut line = Vec::with_capacity(width);
    let (mut whole, mut last_pass) = (0, 0);
    loop {
        match reader.next_interlaced_row() {
            Ok(None) => return (gray, Ok(())),
            Err(why) => {
                gray.pixels.resize(width * height, 255);
                return (gray, Err((whole, why)));
            }
            Ok(Some(row)) => match *row.interlace() {
                InterlaceInfo::Null(_) => {
                    shade::append(&mut gray.pixels, row.data(), channels);
                    whole += 1;
                }
                InterlaceInfo::Adam7(info) => {
                    line.clear();
                    shade::append(&mut line, row.data(), channels);
                    gray.pixels.resize(width * height, 255);
                    png::expand_interlaced_row(&mut gray.pixels, width, &line, &info, 8);
                    // The seventh and last pass holds every second row; the others are whole by then.
                    if info == Adam7Info::new(7, last_pass, width as u32) {
                        last_pass += 1;
                        whole = (2 * last_pass as usize + 1).min(height);
                    }
                }
            },
        }
    }
}
