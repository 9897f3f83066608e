//! Showing a copy in a browser: a PDF as pictures of its pages, everything else as text. What is shown is made of the file that was
//! delivered and never of the original, so that what is retyped or photographed from a screen is traced as the file is.

use tellmark_core::PageSize;
use tellmark_formats::pdf::Drawer;
use tellmark_formats::{Document, Format};

use crate::{Error, Result};

/// The resolution of a page's picture: letters are sharp on a screen and large enough to read.
const DPI: f64 = 130.0;
/// Pixels of a page's picture: a page that is larger than A2 is drawn less finely.
const PIXELS_MAX: f64 = 8e6;
/// Bytes of one part of a text: long documents come in parts.
const PART_BYTES: usize = 60_000;

/// What a browser shows of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A PDF: the sizes of its pages, whose pictures are asked for one by one.
    Pages(Vec<PageSize>),
    /// A part of a text.
    Text {
        /// The part, with its line ends.
        text: String,
        /// Its number, from 1.
        part: usize,
        /// How many there are.
        parts: usize,
    },
}

/// What is shown of a copy; `part` counts from 1.
///
/// # Errors
/// When the file cannot be read, or has no such part.
pub(crate) fn shown(name: &str, bytes: &[u8], part: usize) -> Result<Shown> {
    let failed = |source| Error::Format { name: name.into(), source };
    let format = Format::detect(name, bytes).map_err(failed)?;
    if format == Format::Pdf {
        return Ok(Shown::Pages(Drawer::open(bytes).map_err(failed)?.pages()));
    }
    let document = Document::parse(format, bytes).map_err(failed)?;
    let all = parts(&document.prose().text);
    let found = part.checked_sub(1).and_then(|at| all.get(at)).ok_or_else(missing)?;
    Ok(Shown::Text { text: (*found).to_owned(), part, parts: all.len() })
}

/// A page's picture as a PNG file; pages count from 1.
///
/// # Errors
/// When the file is no PDF, has no such page, or that cannot be drawn.
pub(crate) fn page(name: &str, bytes: &[u8], page: usize) -> Result<Vec<u8>> {
    let failed = |source| Error::Format { name: name.into(), source };
    if Format::detect(name, bytes).map_err(failed)? != Format::Pdf {
        return Err(missing());
    }
    let drawer = Drawer::open(bytes).map_err(failed)?;
    let at = page.checked_sub(1).ok_or_else(missing)?;
    let size = *drawer.pages().get(at).ok_or_else(missing)?;
    let inches = f64::from(size.width) / 72e3 * (f64::from(size.height) / 72e3);
    let dpi = DPI.min((PIXELS_MAX / inches.max(1e-6)).sqrt().floor());
    drawer.png(at, dpi).map_err(failed)
}

fn missing() -> Error {
    tellmark_store::Error::Missing { what: "such page".into() }.into()
}

/// A text cut at line ends, where it has any, into parts of some [`PART_BYTES`]. A text without anything is one part.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while rest.len() > PART_BYTES {
        let most = rest.floor_char_boundary(PART_BYTES);
        let at = rest[..most].rfind('\n').map_or(most, |at| at + 1);
        let (part, others) = rest.split_at(at);
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_comes_in_parts_that_make_it_up() {
        let line = "Слова, що стоять у рядку. ".repeat(40) + "\n";
        for text in [line.repeat(200), "ü".repeat(PART_BYTES), "short".into(), String::new()] {
            let parts = parts(&text);
            assert_eq!(parts.concat(), text);
            assert!(parts.iter().all(|part| part.len() <= PART_BYTES));
        }
        assert!(matches!(shown("a.txt", b"One.\n", 1).unwrap(), Shown::Text { part: 1, parts: 1, .. }));
        for (name, part) in [("a.txt", 0), ("a.txt", 2)] {
            assert!(shown(name, b"One.\n", part).is_err(), "{part}");
        }
        assert!(page("a.txt", b"One.\n", 1).is_err(), "a text has no pages");
    }
}
