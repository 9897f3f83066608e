//! Pictures in: PNG, JPEG, WebP and TIFF, as shades of grey.
//!
//! What a picture is, its bytes say and not its name. Its size is checked before anything is allocated, and each
//! decoder is asked for grey as directly as it can give it. Memory at the peak, in bytes a pixel:
//!
//! | format | peak | why |
//! |---|---|---|
//! | PNG | 1 | rows are turned grey one by one |
//! | JPEG | 1 | its own luma is taken; 4 for CMYK; progressive: 2 more for each stored coefficient |
//! | WebP | 9 | the decoder holds the whole picture in colour, twice if it is lossless |
//! | TIFF | 1 | and two copies of the largest strip or tile in colour |
//!
//! and one more when the picture is turned. Pictures that would take more than [`MEMORY_BYTES_MAX`] are refused.
//! Colour profiles are ignored: a word's place does not depend on them. Grey is luma with the weights of sRGB
//! (0.2126, 0.7152, 0.0722) on the encoded values, in a JPEG file its own (0.299, 0.587, 0.114). What is
//! transparent shows white.
//!
//! **A picture that ends early** is evidence as far as it goes: the rows that are there are returned, with a
//! note. One without a whole row is refused.

mod jpeg;
mod png;
mod shade;
mod tiff;
mod webp;

use tellmark_core::{Gray, limits};

use crate::Error;

/// Pixels on a side.
pub const SIDE_MAX: u32 = 40_000;
/// Bytes that one picture may take while it is decoded.
pub const MEMORY_BYTES_MAX: u64 = 480 << 20;
/// Pixels of all pages of one file.
const FILE_PIXELS_MAX: u64 = 2 * limits::PICTURE_PIXELS_MAX;
/// Pages of one file.
pub const FILE_PAGES_MAX: usize = 200;

/// A picture as it is shown: upright, whatever its file says about how the camera was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its shades.
    pub gray: Gray,
    /// What the file is: `PNG`, `JPEG`, `WebP` or `TIFF`.
    pub format: &'static str,
    /// What a reader of the finding should know: that it ends early, that it has more frames.
    pub notes: Vec<String>,
}

impl Picture {
    fn of(gray: Gray, format: &'static str) -> Picture {
        Picture { gray, format, notes: vec![] }
    }
}

/// A picture as a PNG file.
///
/// # Errors
/// When it has no pixels.
pub fn to_png(gray: &Gray) -> Result<Vec<u8>, Error> {
    png::write(gray)
}

/// A picture so many times as wide and high, smoothly.
///
/// ```
/// use tellmark_formats::picture::enlarged;
/// let large = enlarged(&tellmark_core::Gray::filled(4, 3, 7), 2);
/// assert_eq!((large.width, large.height, large.at(5, 5)), (8, 6, 7));
/// ```
pub fn enlarged(gray: &Gray, factor: usize) -> Gray {
    let (width, height) = (gray.width * factor, gray.height * factor);
    let view = image::GrayImage::from_raw(gray.width as u32, gray.height as u32, gray.pixels.clone());
    let Some(view) = view else { return gray.clone() };
    let large =
        image::imageops::resize(&view, width as u32, height as u32, image::imageops::FilterType::CatmullRom);
    Gray { width, height, pixels: large.into_raw() }
}

/// What these bytes are, if they are a picture of a known format, readable or not: `PNG`, `JPEG`, `HEIC`.
///
/// ```
/// use tellmark_formats::picture::is_picture;
/// assert_eq!(is_picture(b"\xff\xd8\xff\xe0"), Some("JPEG"));
/// assert_eq!(is_picture(b"Dear all,"), None);
/// ```
pub fn is_picture(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 10] = [
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"GIF8", "GIF"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"8BPS", "Photoshop picture"),
    ];
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("WebP");
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return match bytes.get(8..12)? {
            b"avif" | b"avis" => Some("AVIF"),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Some("HEIC"),
            _ => None,
        };
    }
    // Two letters alone could begin a text.
    if bytes.starts_with(b"BM") && bytes.get(6..10) == Some(&[0; 4]) {
        return Some("BMP");
    }
    BEGINNINGS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

/// Decodes a picture file: every page of a TIFF, the first frame of an animation, else one picture.
///
/// A TIFF page that cannot be decoded is left out, and a note on the others says so; a file of which nothing can
/// be decoded is an error.
///
/// # Errors
/// [`Error::Empty`]; [`Error::Unknown`] for what is no picture; [`Error::Refused`] with what to do for a format
/// that this version cannot read and for one that is too large; [`Error::Damaged`]; [`Error::Limit`].
///
/// ```
/// use tellmark_formats::picture::read_pictures;
/// let error = read_pictures(b"GIF89a").unwrap_err().to_string();
/// assert!(error.contains("save it as PNG"), "{error}");
/// ```
pub fn read_pictures(bytes: &[u8]) -> Result<Vec<Picture>, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if bytes.len() as u64 > limits::EXHIBIT_BYTES_MAX {
        return Err(Error::Limit { what: "the picture's file", limit: limits::EXHIBIT_BYTES_MAX });
    }
    match is_picture(bytes) {
        Some("PNG") => png::read(bytes).map(|picture| vec![picture]),
        Some("JPEG") => jpeg::read(bytes).map(|picture| vec![picture]),
        Some("WebP") => webp::read(bytes).map(|picture| vec![picture]),
        Some("TIFF") => tiff::read(bytes),
        Some(other) => {
            let why =
                "this version reads PNG, JPEG, WebP and TIFF; open it and save it as PNG in its full size";
            Err(Error::refused(other, why))
        }
        None => Err(Error::Unknown("no picture that is known")),
    }
}

/// Refuses a picture for its size, before anything is allocated for it. `bytes_a_pixel`: memory at the peak.
fn check_size(format: &'static str, width: u32, height: u32, bytes_a_pixel: f64) -> Result<(), Error> {
    let pixels = u64::from(width) * u64::from(height);
    let has = || format!("it has {width} x {height} pixels, {:.1} million", pixels as f64 / 1e6);
    const DO: &str = "cut out the part with the text, or scale it down";
    if pixels == 0 {
        return Err(Error::refused(format, "it has no pixels"));
    }
    if pixels > limits::PICTURE_PIXELS_MAX || width.max(height) > SIDE_MAX {
        let most = limits::PICTURE_PIXELS_MAX / 1_000_000;
        return Err(Error::refused(
            format,
            format!("{}; at most {most} million and {SIDE_MAX} on a side can be read: {DO}", has()),
        ));
    }
    if pixels as f64 * bytes_a_pixel > MEMORY_BYTES_MAX as f64 {
        let most = MEMORY_BYTES_MAX >> 20;
        let why =
            format!("{}, and decoding this kind takes more than {most} MB: save it as PNG, {DO}", has());
        return Err(Error::refused(format, why));
    }
    Ok(())
}

/// The rows from the top that were decoded, with a note where that is not all.
fn cut_off(format: &'static str, mut gray: Gray, rows: usize, why: &str) -> Result<Picture, Error> {
    if rows == 0 {
        return Err(Error::damaged(format, format!("not one row of it could be decoded ({why})")));
    }
    let height = gray.height;
    gray.pixels.truncate(rows * gray.width);
    gray.height = rows;
    let note =
        format!("the {format} ends early or is damaged ({why}); the upper {rows} of {height} rows were read");
    Ok(Picture { gray, format, notes: vec![note] })
}
