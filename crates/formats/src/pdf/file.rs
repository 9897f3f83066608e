//! Opens a PDF, or says why it cannot be used.

use flate2::{Decompress, FlushDecompress, Status};
use hayro_syntax::object::{Array, Dict, Name, Object};
use hayro_syntax::{LoadPdfError, Pdf};
use tellmark_core::{PageSize, limits};

use super::lexer::find;
use super::tail::Tail;
use super::{coded, widths};
use crate::Error;

/// Bytes of all streams but pictures after decompression.
const INFLATED_BYTES_MAX: u64 = 512 << 20;
/// Bytes of one picture after decompression: four for every pixel that is allowed.
const PICTURE_BYTES_MAX: u64 = 4 * limits::PICTURE_PIXELS_MAX;
/// Bytes of all pictures after decompression.
const PICTURES_BYTES_MAX: u64 = 8 << 30;
/// Filters whose output is not counted beforehand, and how long a stream with one may be: none makes more than
/// 1,400 bytes of one.
const OLD_FILTERS: [&[u8]; 7] = [b"LZW", b"ASCII85", b"A85", b"ASCIIHex", b"AHx", b"RunLength", b"/RL"];
const OLD_FILTER_BYTES_MAX: u64 = INFLATED_BYTES_MAX / 1400;
/// Streams of a file; a page takes a few.
const STREAMS_MAX: u64 = 200_000;
/// Packed bytes that are read while counting, in lengths of the file: streams may lie in each other.
const READ_LENGTHS_MAX: u64 = 4;
/// Fields of a form that are looked at for signatures, and how deep they lie.
const FIELDS_MAX: usize = 100_000;
const FIELDS_DEPTH_MAX: usize = 32;
/// The longest side of a page, in points: 200 inches, as the standard once had it.
const SIDE_POINTS_MAX: f32 = 14_400.0;

/// Opens a file for reading: one that is encrypted, damaged or a bomb is refused.
pub fn open(bytes: &[u8]) -> Result<Pdf, Error> {
    let head = &bytes[..bytes.len().min(1024)];
    if find(head, b"%PDF-", 0).is_none() {
        return Err(Error::damaged("PDF", "it does not begin like one"));
    }
    refuse_bombs(bytes)?;
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(_) => encrypted(),
        LoadPdfError::Invalid => Error::damaged("PDF", "its pages were not found"),
    })?;
    if Tail::read(bytes).is_ok_and(|tail| tail.has(b"Encrypt")) {
        return Err(encrypted());
    }
    let pages = pdf.pages();
    match pages.len() {
        0 => Err(Error::damaged("PDF", "it has no pages")),
        count if count > limits::PAGES_MAX => {
            Err(Error::Limit { what: "the number of its pages", limit: limits::PAGES_MAX as u64 })
        }
        _ if sizes(&pdf).iter().any(|size| size.width.max(size.height) as f32 > SIDE_POINTS_MAX * 1000.0) => {
            Err(Error::Limit { what: "the side of a page in points", limit: SIDE_POINTS_MAX as u64 })
        }
        _ => {
            widths::refuse_many(&pdf)?;
            Ok(pdf)
        }
    }
}

fn encrypted() -> Error {
    Error::refused("PDF", "it is encrypted; remove the password and the restrictions first")
}

/// Opens a file that is to be sealed: what sealing would break is refused too.
pub fn open_to_seal(bytes: &[u8], accepts_signed: bool) -> Result<Pdf, Error> {
    let pdf = open(bytes)?;
    // Its pages will have to be drawn when a picture of them is found.
    coded::refuse_large(&pdf)?;
    Tail::read(bytes)?;
    let Some(root) = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()) else {
        return Err(Error::damaged("PDF", "its catalogue was not found"));
    };
    let form = root.get::<Dict<'_>>("AcroForm");
    if form.as_ref().is_some_and(|form| form.contains_key("XFA")) {
        let why = "it is an XFA form, whose text is not in its pages; print it to a PDF first";
        return Err(Error::refused("PDF", why));
    }
    let is_signed = root.contains_key("Perms") || form.is_some_and(|form| has_signature(&form));
    if is_signed && !accepts_signed {
        let why = "it is signed, and a copy that differs breaks the signature; use the unsigned file, or \
                   `--accept-signed` if the signature need only cover the original";
        return Err(Error::refused("PDF", why));
    }
    Ok(pdf)
}

/// Whether a form has a field that was signed, also below others: what the form says of itself may be wrong.
fn has_signature(form: &Dict<'_>) -> bool {
    let mut left = FIELDS_MAX;
    form.get::<Array<'_>>("Fields").is_some_and(|fields| is_signed(&fields, false, 0, &mut left))
}

/// Whether one of these fields, or one below them, holds a signature. `is_kind` says whether those above are of the kind.
fn is_signed(fields: &Array<'_>, is_kind: bool, depth: usize, left: &mut usize) -> bool {
    fields.iter::<Object<'_>>().filter_map(Object::into_dict).any(|field| {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        let kind = field.get::<Name<'_>>("FT");
        let is_kind = kind.map_or(is_kind, |kind| kind.as_str() == "Sig");
        let value = field.get::<Dict<'_>>("V");
        let covers = value.as_ref().is_some_and(|value| value.contains_key("ByteRange"));
        covers
            || is_kind && field.contains_key("V")
            || depth < FIELDS_DEPTH_MAX
                && field
                    .get::<Array<'_>>("Kids")
                    .is_some_and(|kids| is_signed(&kids, is_kind, depth + 1, left))
    })
}

/// The sizes of the pages as they are shown.
pub fn sizes(pdf: &Pdf) -> Vec<PageSize> {
    let thousandths = |points: f32| (f64::from(points) * 1000.0).round() as i32;
    let size = |(width, height)| PageSize { width: thousandths(width), height: thousandths(height) };
    pdf.pages().iter().map(|page| size(page.render_dimensions())).collect()
}

/// Inflates every stream once, without keeping anything, before anybody inflates one with all its bytes.
fn refuse_bombs(bytes: &[u8]) -> Result<(), Error> {
    let too_large =
        || Error::Limit { what: "what the file holds when it is unpacked", limit: INFLATED_BYTES_MAX };
    let (mut budget, mut pictures) = (INFLATED_BYTES_MAX, PICTURES_BYTES_MAX);
    let mut out = vec![0; 1 << 16];
    let mut at = 0;
    let (mut end_of_last, mut next_end) = (0, 0);
    let (mut streams, mut read) = (0, 0);
    while let Some(found) = find(bytes, b"stream", at) {
        at = found + b"stream".len();
        if bytes[..found].ends_with(b"end") {
            end_of_last = at;
            continue;
        }
        streams += 1;
        if streams > STREAMS_MAX {
            return Err(Error::Limit { what: "the number of its streams", limit: STREAMS_MAX });
        }
        let dict = &bytes[end_of_last.max(found.saturating_sub(4096))..found];
        let has = |name: &[u8]| find(dict, name, 0).is_some();
        if count(dict, b"FlateDecode") > 1 || (has(b"LZWDecode") && has(b"FlateDecode")) {
            return Err(Error::refused("PDF", "a stream in it is packed twice; save it anew"));
        }
        let is_picture = has(b"/Width") && has(b"/Height") && !has(b"/ObjStm") && !has(b"/XRef");
        if OLD_FILTERS.iter().any(|filter| has(filter)) && !is_picture {
            if next_end < at {
                next_end = find(bytes, b"endstream", at).unwrap_or(bytes.len());
            }
            if (next_end - at) as u64 > OLD_FILTER_BYTES_MAX {
                let why = "a large stream in it is packed as PDFs once were (LZW, ASCII85); save it anew";
                return Err(Error::refused("PDF", why));
            }
        }
        // A name can be written with escapes, and a long dictionary begins before what was looked at.
        let may_be_packed = has(b"Fl") || has(b"#") || dict.len() == 4096;
        if !may_be_packed {
            continue;
        }
        let line_end = bytes[at..].iter().take(2).take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let rest = if is_picture { &mut pictures } else { &mut budget };
        let limit = if is_picture { PICTURE_BYTES_MAX.min(*rest) } else { *rest };
        let (taken, size) = inflated(&bytes[at + line_end..], limit, &mut out).ok_or_else(too_large)?;
        *rest -= size;
        read += taken;
        if read > READ_LENGTHS_MAX * bytes.len() as u64 {
            return Err(Error::refused("PDF", "streams in it lie in each other; save it anew"));
        }
    }
    Ok(())
}

fn count(bytes: &[u8], needle: &[u8]) -> usize {
    let mut at = 0;
    std::iter::from_fn(|| {
        at = find(bytes, needle, at)? + needle.len();
        Some(())
    })
    .count()
}

/// How many bytes go in and come out, or none when more come out than the limit. Readers take streams without the
/// two bytes that should stand at their beginning.
fn inflated(bytes: &[u8], limit: u64, out: &mut [u8]) -> Option<(u64, u64)> {
    let has_header =
        matches!(bytes, [a, b, ..] if a & 15 == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0);
    let mut inflater = Decompress::new(has_header);
    loop {
        let rest = &bytes[inflater.total_in() as usize..];
        let before = (inflater.total_in(), inflater.total_out());
        let status = inflater.decompress(rest, out, FlushDecompress::None);
        let size = inflater.total_out();
        if size > limit {
            return None;
        }
        let is_stuck = before == (inflater.total_in(), size);
        if is_stuck || !matches!(status, Ok(Status::Ok)) {
            return Some((inflater.total_in(), size));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn bombs_are_refused_before_they_go_off() {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        let zeros = vec![0; 1 << 20];
        (0..513).for_each(|_| packed.write_all(&zeros).unwrap());
        let stream = packed.finish().unwrap();
        let bytes =
            [b"%PDF-1.4 1 0 obj <</Filter/FlateDecode>> stream\n", &stream[..], b"\nendstream"].concat();
        assert!(matches!(open(&bytes), Err(Error::Limit { .. })));
        let twice = b"%PDF-1.4 1 0 obj <</Filter[/FlateDecode/FlateDecode]>>\nstream\nx\nendstream";
        assert!(open(twice).err().unwrap().to_string().contains("twice"));
    }
}
