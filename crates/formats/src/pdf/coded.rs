//! How large the pictures are that a PDF holds in JBIG2 and JPEG 2000.
//!
//! Both say their size inside their own data, and few bytes can say a great deal. The renderer believes them, so
//! that they are asked before it is.
//!
//! # Source
//! ITU-T T.88 (2018), 7.2 (segment headers), 7.4.8 (page information); ITU-T T.800 (2019), A.5.1 (SIZ).

use hayro_syntax::Pdf;
use hayro_syntax::object::Object;
use tellmark_core::limits;

use super::lexer::find;
use crate::Error;

/// Samples of one picture, pixels times components: the decoder keeps four bytes for each.
const SAMPLES_MAX: u64 = 2 * limits::PICTURE_PIXELS_MAX;
const SEGMENTS_MAX: usize = 10_000;
/// Types of segments: page information, and the regions that begin with their width and height.
const PAGE_INFORMATION: u8 = 48;
const REGIONS: [u8; 12] = [4, 6, 7, 20, 22, 23, 36, 38, 39, 40, 42, 43];
/// In place of a length or height that is not known when it is written.
const UNKNOWN: u32 = u32::MAX;

/// Refuses a file that holds a picture too large to be drawn.
pub fn refuse_large(pdf: &Pdf) -> Result<(), Error> {
    for object in pdf.objects() {
        let Object::Stream(stream) = object else { continue };
        let filters = stream.filters();
        // The type of a filter has no name outside of the parser; its variants have.
        let is = |name: &str| filters.iter().any(|filter| format!("{filter:?}") == name);
        let (jbig2, jpx) = (is("Jbig2Decode"), is("JpxDecode"));
        if !jbig2 && !jpx {
            continue;
        }
        if filters.len() > 1 {
            return Err(Error::refused("PDF", "a picture in it is packed twice; save it anew"));
        }
        let data = stream.raw_data();
        let samples = if jbig2 { jbig2_pixels(&data) } else { jpx_samples(&data) };
        if samples.is_none_or(|samples| samples > SAMPLES_MAX) {
            return Err(Error::Limit {
                what: "the size of a picture in it",
                limit: limits::PICTURE_PIXELS_MAX,
            });
        }
    }
    Ok(())
}

/// The largest picture that a stream in JPEG 2000 says it holds: pixels times components. All beginnings of a
/// picture are looked at, since which one is decoded depends on the boxes around them.
fn jpx_samples(bytes: &[u8]) -> Option<u64> {
    let mut at = 0;
    let mut largest = 0;
    while let Some(found) = find(bytes, b"\xFF\x4F\xFF\x51", at) {
        at = found + 4;
        let field = |offset: usize| be_u32(bytes, at + 4 + offset);
        // What is cut off here cannot be decoded.
        let (Some(x), Some(y), Some(left), Some(top)) = (field(0), field(4), field(8), field(12)) else {
            break;
        };
        let components = bytes.get(at + 36..at + 38).map_or(0, |c| u16::from_be_bytes([c[0], c[1]]));
        let pixels = u64::from(x.saturating_sub(left)).checked_mul(u64::from(y.saturating_sub(top)))?;
        largest = largest.max(pixels.checked_mul(u64::from(components))?);
    }
    Some(largest)
}

/// The largest page or region of a stream in JBIG2, in pixels; none where that cannot be told.
fn jbig2_pixels(bytes: &[u8]) -> Option<u64> {
    let mut rest = bytes;
    let mut largest = 0;
    let mut has_page = false;
    for _ in 0..SEGMENTS_MAX {
        let Some((kind, length, data)) = segment(rest) else { break };
        let size = || Some((be_u32(data, 0)?, be_u32(data, 4)?));
        if kind == PAGE_INFORMATION || REGIONS.contains(&kind) {
            let Some((width, height)) = size() else { break };
            // Stripes tell the height of such a page; none is higher than the decoder allows.
            let height = if height == UNKNOWN { u32::from(u16::MAX) } else { height };
            largest = largest.max(u64::from(width) * u64::from(height));
            has_page |= kind == PAGE_INFORMATION;
        }
        if length == UNKNOWN {
            // Where the next segment begins, only a decoder knows; the page was described before, or never.
            return has_page.then_some(largest);
        }
        let Some(next) = data.get(length as usize..) else { break };
        rest = next;
    }
    Some(largest)
}

/// The type, the length and the data of the segment at the beginning, with all that follows.
fn segment(bytes: &[u8]) -> Option<(u8, u32, &[u8])> {
    let number = be_u32(bytes, 0)?;
    let flags = *bytes.get(4)?;
    let short = bytes.get(5)? >> 5;
    let (count, counted) = match short {
        7 => {
            let count = be_u32(bytes, 5)? & 0x1FFF_FFFF;
            (count as usize, 4 + (count as usize + 1).div_ceil(8))
        }
        count => (usize::from(count), 1),
    };
    let width = match number {
        0..=256 => 1,
        257..=65_536 => 2,
        _ => 4,
    };
    let page = if flags & 0x40 == 0 { 1 } else { 4 };
    let at = 5 + counted + count.checked_mul(width)? + page;
    Some((flags & 0x3F, be_u32(bytes, at)?, bytes.get(at + 4..)?))
}

fn be_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_found_where_they_are_said() {
        let siz = |x: u32, y: u32, components: u16| {
            let mut bytes = b"\xFF\x4F\xFF\x51\0\x2F\0\0".to_vec();
            [x, y, 0, 0, x, y, 0, 0].iter().for_each(|value| bytes.extend(value.to_be_bytes()));
            bytes.extend(components.to_be_bytes());
            bytes
        };
        assert_eq!(jpx_samples(&siz(100, 50, 3)), Some(15_000));
        assert_eq!(jpx_samples(&[siz(1, 1, 1), siz(60_000, 60_000, 4)].concat()), Some(14_400_000_000));
        assert_eq!(jpx_samples(&siz(u32::MAX, u32::MAX, 9)), None);
        let page = |width: u32, height: u32| {
            let mut bytes = vec![0, 0, 0, 0, PAGE_INFORMATION, 0, 1, 0, 0, 0, 19];
            [width, height, 0, 0].iter().for_each(|value| bytes.extend(value.to_be_bytes()));
            bytes.extend([0; 3]);
            bytes
        };
        assert_eq!(jbig2_pixels(&page(100, 50)), Some(5_000));
        assert_eq!(jbig2_pixels(&page(10, UNKNOWN)), Some(655_350));
        let region = [0, 0, 0, 1, 38, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF];
        assert_eq!(jbig2_pixels(&[&page(100, 50)[..], &region].concat()), Some(65_535 * 65_535));
        assert_eq!(jbig2_pixels(&region), None);
        assert_eq!(jbig2_pixels(&[]), Some(0));
    }
}
