//! Fonts: what a string shows, how far each code advances, and which text it stands for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro_font::hayro_cmap::BfString;
use hayro_font::{CMapResolverFn, Font, FontCache, FontGlyph, FontResolverFn};
use hayro_syntax::object::Dict;

/// Codes that are kept for each font.
const CODES_MAX: usize = 1 << 16;

/// The fonts of a file, each read once.
pub struct Fonts<'a> {
    cache: FontCache<'a>,
    known: HashMap<usize, Option<Rc<Face<'a>>>>,
    resolver: FontResolverFn,
    maps: CMapResolverFn,
}

/// A font with what its codes were found to mean.
pub struct Face<'a> {
    font: Font<'a>,
    codes: RefCell<HashMap<(u32, usize), Code>>,
    /// Whether its lines run from left to right or right to left, not downwards.
    pub is_horizontal: bool,
}

/// What one code of a string is.
#[derive(Debug, Clone)]
pub struct Code {
    /// Bytes of the string that it takes.
    pub length: usize,
    /// Its advance in thousandths of the font size: across, or down for vertical writing.
    pub advance: f64,
    /// The text it stands for.
    pub text: Rc<str>,
    /// Whether it is a space, as far as one can know.
    pub is_space: bool,
    /// Whether `Tw` widens it.
    pub takes_word_spacing: bool,
}

impl<'a> Fonts<'a> {
    pub fn new() -> Fonts<'a> {
        let settings = InterpreterSettings::default();
        Fonts {
            cache: FontCache::new(),
            known: HashMap::new(),
            resolver: settings.font_resolver.clone(),
            maps: settings.cmap_resolver.clone(),
        }
    }

    /// The font that a dictionary describes.
    pub fn face(&mut self, dict: &Dict<'a>) -> Option<Rc<Face<'a>>> {
        let (cache, resolver, maps) = (&self.cache, &self.resolver, &self.maps);
        let key = dict.data().as_ptr() as usize;
        let read = || {
            let font = cache.font(dict, resolver, maps)?;
            Some(Rc::new(Face { is_horizontal: font.is_horizontal(), font, codes: RefCell::default() }))
        };
        self.known.entry(key).or_insert_with(read).clone()
    }
}

impl Face<'_> {
    /// The code that begins at a byte of a string.
    pub fn code(&self, bytes: &[u8], at: usize) -> Code {
        let (code, length) = self.font.read_code(bytes, at);
        let length = length.clamp(1, bytes.len() - at);
        let mut codes = self.codes.borrow_mut();
        if codes.len() >= CODES_MAX {
            codes.clear();
        }
        codes.entry((code, length)).or_insert_with(|| self.describe(code, length)).clone()
    }

    fn describe(&self, code: u32, length: usize) -> Code {
        let advance = self.font.code_advance(code);
        let text = self.text(code);
        let is_space = match text.as_deref() {
            Some(text) => !text.is_empty() && text.chars().all(char::is_whitespace),
            None => code == 32 && length == 1,
        };
        Code {
            length,
            advance: if self.is_horizontal { advance.x } else { advance.y },
            text: text.unwrap_or_else(|| "\u{fffd}".into()).into(),
            is_space,
            takes_word_spacing: code == 32 && length == 1,
        }
    }

    fn text(&self, code: u32) -> Option<String> {
        let found = match self.font.glyph(self.font.map_code(code), code) {
            FontGlyph::Outline(glyph) => glyph.as_unicode(),
            FontGlyph::Type3(glyph) => glyph.as_unicode(),
        };
        let text = match found? {
            BfString::Char(one) => one.to_string(),
            BfString::String(text) => text,
        };
        let text: String = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
        (!text.is_empty()).then_some(text)
    }
}
