//! Leaked material as readers take it: its text, the places of its words, its stamp, its pictures.

use tellmark_core::Gray;
use tellmark_formats::pdf::{self, STAMP_DIGITS, SeenWord};
use tellmark_formats::{Exhibit, Format, picture};

use super::ExhibitFile;
use crate::{Error, Result};

/// One exhibit, parsed.
#[derive(Debug, Clone)]
pub struct Material {
    /// Its text; empty where it has none.
    pub exhibit: Exhibit,
    /// The words of a PDF with their exact places.
    pub words: Vec<SeenWord>,
    /// The stamp of a PDF.
    pub stamp: Option<[u8; STAMP_DIGITS]>,
    /// Pictures: the file itself, or the pages of a PDF of scans.
    pub pictures: Vec<Gray>,
    /// What there is to say of how it was taken.
    pub notes: Vec<String>,
}

impl Material {
    /// Parses an exhibit.
    ///
    /// # Errors
    /// When it cannot be read as text or as a picture.
    pub fn parse(file: &ExhibitFile) -> Result<Material> {
        let wrong = |source| Error::Format { name: file.name.clone(), source };
        if picture::is_picture(&file.bytes).is_some() {
            let pictures = picture::read_pictures(&file.bytes).map_err(wrong)?;
            let notes = pictures.iter().flat_map(|picture| picture.notes.iter().cloned()).collect();
            let exhibit = Exhibit { text: String::new(), format: Format::Text };
            let pictures = pictures.into_iter().map(|picture| picture.gray).collect();
            return Ok(Material { exhibit, words: Vec::new(), stamp: None, pictures, notes });
        }
        if !file.bytes.starts_with(b"%PDF-") {
            let exhibit = tellmark_formats::read_exhibit(&file.name, &file.bytes).map_err(wrong)?;
            return Ok(Material {
                exhibit,
                words: Vec::new(),
                stamp: None,
                pictures: Vec::new(),
                notes: Vec::new(),
            });
        }
        let words = pdf::words(&file.bytes).map_err(wrong)?;
        let stamp = pdf::stamp_of(&file.bytes);
        if words.is_empty() {
            let scans = pdf::images(&file.bytes).map_err(wrong)?;
            if scans.is_empty() {
                return Err(wrong(tellmark_formats::Error::NoText));
            }
            let exhibit = Exhibit { text: String::new(), format: Format::Pdf };
            let pictures = scans.into_iter().map(|(_, gray)| gray).collect();
            return Ok(Material { exhibit, words, stamp, pictures, notes: Vec::new() });
        }
        let exhibit = tellmark_formats::read_exhibit(&file.name, &file.bytes).map_err(wrong)?;
        Ok(Material { exhibit, words, stamp, pictures: Vec::new(), notes: Vec::new() })
    }
}
