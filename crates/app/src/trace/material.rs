//! Leaked material as readers take it: its text, the places of its words, its stamp, its pictures.

use tellmark_core::Gray;
use tellmark_formats::pdf::{self, Drawer, STAMP_DIGITS, SeenWord};
use tellmark_formats::{Exhibit, Format, picture};

use super::ExhibitFile;
use crate::form::Answers;
use crate::ocr::{Engine, Recognised};
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
    /// What was recognised of the text, where it comes from pictures; otherwise `None`.
    pub recognised: Option<Recognised>,
    /// The program that recognised it, with its languages.
    pub program: Option<String>,
    /// What somebody says of a leak on a form, where the exhibit is one.
    pub answers: Option<Answers>,
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
            let pictures = pictures.into_iter().map(|picture| picture.gray).collect();
            return Ok(Material { pictures, notes, ..Material::of(String::new(), Format::Text) });
        }
        if Answers::is_answers(&file.bytes) {
            let answers = Answers::parse(&file.name, &file.bytes)?;
            return Ok(Material { answers: Some(answers), ..Material::of(String::new(), Format::Text) });
        }
        if !file.bytes.starts_with(b"%PDF-") {
            let exhibit = tellmark_formats::read_exhibit(&file.name, &file.bytes).map_err(wrong)?;
            return Ok(Material::of(exhibit.text, exhibit.format));
        }
        let mut words = pdf::words(&file.bytes).map_err(wrong)?;
        let has_ink = words.iter().any(|word| word.is_inked);
        let mut notes = Vec::new();
        let scans = match Drawer::open(&file.bytes).and_then(|drawer| drawer.scans(&words)) {
            Ok(scans) => scans,
            // There is text to be read all the same.
            Err(why) if has_ink => {
                notes.push(format!("its pictures were not looked at: {why}"));
                Vec::new()
            }
            Err(why) => return Err(wrong(why)),
        };
        if scans.is_empty() && words.is_empty() {
            return Err(wrong(tellmark_formats::Error::NoText));
        }
        let text = match words.is_empty() {
            true => String::new(),
            false => tellmark_formats::read_exhibit(&file.name, &file.bytes).map_err(wrong)?.text,
        };
        // Where a page is a scan its pixels say where words stand, and what was recognised of it does not.
        words.retain(|word| !scans.iter().any(|(page, _)| *page == word.page));
        let pictures = scans.into_iter().map(|(_, gray)| gray).collect();
        let stamp = pdf::stamp_of(&file.bytes);
        Ok(Material { words, stamp, pictures, notes, ..Material::of(text, Format::Pdf) })
    }

    fn of(text: String, format: Format) -> Material {
        Material {
            exhibit: Exhibit { text, format },
            words: Vec::new(),
            stamp: None,
            pictures: Vec::new(),
            recognised: None,
            program: None,
            answers: None,
            notes: Vec::new(),
        }
    }

    /// Adds the text of one of its pictures, which show nothing else.
    pub fn add(&mut self, engine: &Engine, text: &Recognised) {
        let recognised = self.recognised.get_or_insert_default();
        recognised.append(text);
        self.exhibit.text.clone_from(&recognised.text);
        self.program = Some(format!("{} ({})", engine.version, engine.languages));
    }
}
