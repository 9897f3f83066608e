//! TIFF: every page, strip by strip.

use std::io::Cursor;

use image::metadata::Orientation;
use tellmark_core::Gray;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::{FILE_PAGES_MAX, FILE_PIXELS_MAX, MEMORY_BYTES_MAX, Picture, check_size, shade};
use crate::Error;

const FORMAT: &str = "TIFF";

type Pages<'a> = Decoder<Cursor<&'a [u8]>>;

/// Decodes every page.
pub fn read(bytes: &[u8]) -> Result<Vec<Picture>, Error> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MEMORY_BYTES_MAX as usize;
    limits.intermediate_buffer_size = MEMORY_BYTES_MAX as usize;
    limits.ifd_value_size = 16 << 20;
    let relabelled = palettes_as_shades(bytes);
    let bytes = relabelled.as_deref().unwrap_or(bytes);
    let mut pages = Decoder::new(Cursor::new(bytes)).map_err(damaged)?.with_limits(limits);
    let mut pictures = Vec::new();
    let mut failed = Vec::new();
    let mut pixels = 0;
    for number in 1.. {
        match page(&mut pages) {
            Ok(picture) => pictures.push(picture),
            Err(error) => failed.push((number, error)),
        }
        pixels += pages.dimensions().map_or(0, |(width, height)| u64::from(width) * u64::from(height));
        if !pages.more_images() {
            break;
        }
        if number == FILE_PAGES_MAX || pixels > FILE_PIXELS_MAX {
            let why =
                format!("it has more than {FILE_PAGES_MAX} pages or {FILE_PIXELS_MAX} pixels: split it");
            return Err(Error::refused(FORMAT, why));
        }
        if let Err(error) = pages.next_image() {
            failed.push((number + 1, damaged(error)));
            break;
        }
    }
    if pictures.is_empty() {
        return Err(failed
            .into_iter()
            .next()
            .map_or_else(|| Error::damaged(FORMAT, "no page"), |(_, why)| why));
    }
    for (number, why) in &failed {
        let note = format!("page {number} was left out: {why}");
        pictures.iter_mut().for_each(|picture| picture.notes.push(note.clone()));
    }
    Ok(pictures)
}

fn damaged(error: TiffError) -> Error {
    match error {
        TiffError::UnsupportedError(why) => {
            Error::refused(FORMAT, format!("{why}; open it and save it as PNG in its full size"))
        }
        TiffError::LimitsExceeded => {
            Error::refused(FORMAT, "decoding it takes too much memory; save it as PNG in its full size")
        }
        other => Error::damaged(FORMAT, other.to_string()),
    }
}

fn page(pages: &mut Pages<'_>) -> Result<Picture, Error> {
    let (width, height) = pages.dimensions().map_err(damaged)?;
    check_size(FORMAT, width, height, 1.0)?;
    let colours = pages.colortype().map_err(damaged)?;
    let planar = pages.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).map_err(damaged)? == Some(2);
    if planar && colours.num_samples() > 1 {
        let why =
            "it stores each colour as a picture of its own; open it and save it as PNG in its full size";
        return Err(Error::refused(FORMAT, why));
    }
    let (across, down) = pages.chunk_dimensions();
    if across == 0 || down == 0 {
        return Err(Error::damaged(FORMAT, "it has a strip without pixels"));
    }
    let bytes_a_pixel = f64::from(colours.num_samples()) * f64::from(colours.bit_depth()) / 8.0;
    let chunk = f64::from(across.min(width)) * f64::from(down.min(height)) * bytes_a_pixel * 2.0;
    check_size(FORMAT, width, height, 1.0 + chunk / (f64::from(width) * f64::from(height)))?;
    let palette = palette(pages, colours)?;
    let mut gray = Gray::filled(width as usize, height as usize, 255);
    for index in 0..width.div_ceil(across) * height.div_ceil(down) {
        let (left, top) = (index % width.div_ceil(across) * across, index / width.div_ceil(across) * down);
        let (columns, rows) = (across.min(width - left) as usize, down.min(height - top) as usize);
        let samples = pages.read_chunk(index).map_err(damaged)?;
        let mut line = to_gray(&samples, colours, columns, rows)?;
        if let Some(palette) = &palette {
            line.iter_mut().for_each(|shade| *shade = palette[usize::from(*shade)]);
        }
        for (row, shades) in line.chunks_exact(columns).take(rows).enumerate() {
            let from = (top as usize + row) * gray.width + left as usize;
            gray.pixels[from..from + columns].copy_from_slice(shades);
        }
    }
    let turned =
        pages.find_tag_unsigned::<u8>(Tag::Orientation).ok().flatten().and_then(Orientation::from_exif);
    Ok(Picture::of(shade::turn(gray, turned.unwrap_or(Orientation::NoTransforms)), FORMAT))
}

/// A strip's or a tile's samples as grey, row by row.
fn to_gray(
    samples: &DecodingResult,
    colours: ColorType,
    columns: usize,
    rows: usize,
) -> Result<Vec<u8>, Error> {
    let channels = usize::from(colours.num_samples());
    let bytes: Vec<u8> = match samples {
        DecodingResult::U8(bytes) if colours.bit_depth() < 8 => {
            unpack(bytes, colours.bit_depth(), columns, rows)
        }
        DecodingResult::U8(bytes) => bytes.clone(),
        DecodingResult::U16(samples) => samples.iter().map(|s| (s >> 8) as u8).collect(),
        DecodingResult::F32(samples) => {
            samples.iter().map(|s| (s.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect()
        }
        _ => return Err(unusual(colours)),
    };
    let mut gray = Vec::with_capacity(columns * rows);
    match colours {
        ColorType::Gray(_) => gray = bytes,
        ColorType::Multiband { num_samples: 2, .. } | ColorType::GrayA(_) => {
            shade::append(&mut gray, &bytes, 2)
        }
        ColorType::RGB(_) | ColorType::RGBA(_) => shade::append(&mut gray, &bytes, channels),
        ColorType::YCbCr(_) => gray.extend(bytes.chunks_exact(3).map(|p| p[0])),
        ColorType::CMYK(_) | ColorType::CMYKA(_) => {
            gray.extend(bytes.chunks_exact(channels).map(|p| shade::luma_of_ink(p[0], p[1], p[2], p[3])));
        }
        _ => return Err(unusual(colours)),
    }
    match gray.len() >= columns * rows {
        true => Ok(gray),
        false => Err(Error::damaged(FORMAT, "a strip is shorter than it says")),
    }
}

/// The shade for each value, where a page has a palette: indices of few bits were spread over 0 to 255.
fn palette(pages: &mut Pages<'_>, colours: ColorType) -> Result<Option<Vec<u8>>, Error> {
    let Some(map) = pages.find_tag_unsigned_vec::<u16>(Tag::ColorMap).map_err(damaged)? else {
        return Ok(None);
    };
    let ColorType::Gray(bits @ 1..=8) = colours else { return Err(unusual(colours)) };
    let entries = 1usize << bits;
    if map.len() < 3 * entries {
        return Err(Error::damaged(FORMAT, "its palette is shorter than it says"));
    }
    let shade = |value: usize| {
        let at = value * (entries - 1) / 255;
        let part = |channel: usize| (map[channel * entries + at] >> 8) as u8;
        shade::luma(part(0), part(1), part(2))
    };
    Ok(Some((0..256).map(shade).collect()))
}

/// A copy of the file whose pages with a palette say that they hold shades, since the decoder gives no indices
/// otherwise; `None` where there is no such page. What is no sound directory is left to the decoder.
fn palettes_as_shades(bytes: &[u8]) -> Option<Vec<u8>> {
    let large = bytes.starts_with(b"MM");
    let short = |at: usize| {
        let pair = *bytes.get(at..at + 2)?.first_chunk()?;
        Some(if large { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let long = |at: usize| {
        let four = *bytes.get(at..at + 4)?.first_chunk()?;
        Some(if large { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) } as usize)
    };
    const PHOTOMETRIC: u16 = 262;
    const PALETTE: u16 = 3;
    let (mut places, mut directory) = (Vec::new(), long(4)?);
    for _ in 0..FILE_PAGES_MAX {
        let Some(entries) = short(directory).filter(|_| short(2) == Some(42)) else { break };
        let all = (0..usize::from(entries)).map(|entry| directory + 2 + 12 * entry);
        places.extend(all.filter(|at| short(*at) == Some(PHOTOMETRIC) && short(at + 8) == Some(PALETTE)));
        match long(directory + 2 + 12 * usize::from(entries)) {
            Some(next) if next > 0 => directory = next,
            _ => break,
        }
    }
    let mut copy = (!places.is_empty()).then(|| bytes.to_vec())?;
    // The two bytes of the value; 1 says that black is 0.
    places.iter().for_each(|at| copy[at + 8..at + 10].copy_from_slice(if large { &[0, 1] } else { &[1, 0] }));
    Some(copy)
}

fn unusual(colours: ColorType) -> Error {
    Error::refused(
        FORMAT,
        format!("its samples are {colours:?}; open it and save it as PNG in its full size"),
    )
}

/// Samples of 1, 2 or 4 bits, rows of whole bytes, as shades.
fn unpack(bytes: &[u8], bits: u8, columns: usize, rows: usize) -> Vec<u8> {
    let a_byte = usize::from(8 / bits.max(1)).max(1);
    let stride = columns.div_ceil(a_byte);
    let most = (1u16 << bits) - 1;
    let mut out = Vec::with_capacity(columns * rows);
    for row in bytes.chunks_exact(stride).take(rows) {
        out.extend((0..columns).map(|x| {
            let shift = 8 - usize::from(bits) * (x % a_byte + 1);
            let sample = u16::from(row[x / a_byte] >> shift) & most;
            (sample * 255 / most) as u8
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_bits_become_shades() {
        assert_eq!(unpack(&[0b1010_0000, 0b1000_0000], 1, 9, 1), [255, 0, 255, 0, 0, 0, 0, 0, 255]);
        assert_eq!(unpack(&[0b0001_1011], 2, 4, 1), [0, 85, 170, 255]);
        assert_eq!(unpack(&[0x0f, 0x70], 4, 3, 1), [0, 255, 119]);
    }
}
