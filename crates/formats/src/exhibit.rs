//! Exhibits: leaked material, whatever it is, as text.

use tellmark_core::limits;

use crate::format::{ZIP, looks_like_html, refuse_foreign};
use crate::{Document, Error, Format, decode, eml, html, pdf};

/// The text of an exhibit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// The text as a reader would see it.
    pub text: String,
    /// What the file was.
    pub format: Format,
}

/// Reads an exhibit. What its bytes are outweighs what its name says.
///
/// # Errors
/// When it is empty, binary, damaged, too large, or of a kind that this version cannot read.
///
/// ```
/// let exhibit = tellmark_formats::read_exhibit("article.html", b"<p>They met <b>before</b> noon.</p>")?;
/// assert_eq!(exhibit.text.trim(), "They met before noon.");
/// # Ok::<(), tellmark_formats::Error>(())
/// ```
pub fn read_exhibit(file_name: &str, bytes: &[u8]) -> Result<Exhibit, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if bytes.len() as u64 > limits::EXHIBIT_BYTES_MAX {
        return Err(Error::Limit { what: "the exhibit", limit: limits::EXHIBIT_BYTES_MAX });
    }
    let exhibit = if bytes.starts_with(ZIP) {
        let format = Format::of_zip(bytes)?;
        let document = Document::parse(format, bytes)?;
        Exhibit { text: document.prose().text.clone(), format }
    } else if bytes.starts_with(b"%PDF-") {
        Exhibit { text: pdf::text(bytes)?, format: Format::Pdf }
    } else {
        refuse_foreign(bytes)?;
        if file_name.to_ascii_lowercase().ends_with(".eml") || eml::looks_like_mail(bytes) {
            Exhibit { text: eml::visible_text(bytes)?, format: Format::Eml }
        } else {
            let text = decode::lenient(bytes)?;
            match looks_like_html(text.as_bytes()) {
                true => Exhibit { text: html::prose(&text, 0)?.0.text, format: Format::Html },
                false => Exhibit { text, format: Format::Text },
            }
        }
    };
    match exhibit.text.trim().is_empty() {
        true => Err(Error::NoText),
        false => Ok(exhibit),
    }
}
