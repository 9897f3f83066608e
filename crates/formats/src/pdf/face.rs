//! The font of a visible line that Helvetica cannot write: Hack, with the letters of Latin, Greek and Cyrillic.
//!
//! The codes of a string are UTF-16 units, so that a copy's text needs no table; the font says which glyph each is.
//!
//! # Source
//! ISO 32000-2:2020, 9.7 (composite fonts), 9.8 (descriptors), 9.10.3 (ToUnicode). The font: Hack 3 of Source Foundry,
//! under the MIT licence and that of Bitstream Vera, as `epaint_default_fonts` has it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use subsetter::{GlyphRemapper, subset};

use crate::Error;

/// The characters that are put into files: Latin, Greek, Cyrillic, punctuation, some currencies, the sign of numbers.
const CHARACTERS: [RangeInclusive<char>; 7] = [
    '\u{20}'..='\u{7e}',
    '\u{a0}'..='\u{17f}',
    '\u{370}'..='\u{4ff}',
    '\u{1e80}'..='\u{1e85}',
    '\u{2010}'..='\u{205e}',
    '\u{20a0}'..='\u{20bf}',
    '\u{2116}'..='\u{2122}',
];

/// The glyph of each character; none of a damaged font, which the tests would show.
static GLYPHS: LazyLock<BTreeMap<char, u16>> = LazyLock::new(|| {
    let Ok(font) = FontRef::new(epaint_default_fonts::HACK_REGULAR) else { return BTreeMap::new() };
    let charmap = font.charmap();
    let glyph = |c: char| Some((c, u16::try_from(charmap.map(c)?.to_u32()).ok().filter(|glyph| *glyph > 0)?));
    CHARACTERS.into_iter().flatten().filter_map(glyph).collect()
});

/// A text in hexadecimal, four digits a character; `None` where the font lacks one.
pub(crate) fn hexadecimal(text: &str) -> Option<String> {
    let mut out = String::with_capacity(4 * text.len());
    for c in text.chars() {
        GLYPHS.contains_key(&c).then(|| write!(out, "{:04X}", u32::from(c)).ok())??;
    }
    Some(out)
}

/// What a file needs to show text in the font.
pub(super) struct Face {
    /// The font's own file, with these characters only.
    pub file: Vec<u8>,
    /// For each code two bytes: its glyph.
    pub glyphs: Vec<u8>,
    /// From codes to characters: they are the same.
    pub characters: String,
    /// Entries of the font's descriptor that say how large it is.
    pub descriptor: String,
    /// How wide every glyph is, in thousandths of the letters' size.
    pub width: i64,
}

/// The name of the font in files; six letters before it say that it is a part.
pub(super) const NAME: &str = "TMLINE+Hack-Regular";

/// Makes the part of the font that is put into files.
///
/// # Errors
/// [`Error::Visible`] when the font that this program brings cannot be used.
pub(super) fn face() -> Result<Face, Error> {
    let damaged = || Error::Visible("the font for it is damaged in this program".into());
    let data = epaint_default_fonts::HACK_REGULAR;
    let font = FontRef::new(data).map_err(|_| damaged())?;
    let mut remapper = GlyphRemapper::new();
    let last = GLYPHS.keys().next_back().map_or(0, |c| u32::from(*c) as usize);
    let mut glyphs = vec![0; 2 * (last + 1)];
    for (&c, &glyph) in GLYPHS.iter() {
        let at = 2 * u32::from(c) as usize;
        glyphs[at..at + 2].copy_from_slice(&remapper.remap(glyph).to_be_bytes());
    }
    let file = subset(data, 0, &remapper).map_err(|_| damaged())?;
    let metrics = font.metrics(Size::unscaled(), LocationRef::default());
    let scaled = |units: f32| (f64::from(units) * 1000.0 / f64::from(metrics.units_per_em)).round() as i64;
    let widths = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let letter = GLYPHS.get(&'n').copied().ok_or_else(damaged)?;
    let width = scaled(widths.advance_width(GlyphId::from(letter)).ok_or_else(damaged)?);
    let bounds = metrics.bounds.ok_or_else(damaged)?;
    let descriptor = format!(
        "/Flags 5/FontBBox[{} {} {} {}]/ItalicAngle 0/Ascent {}/Descent {}/CapHeight {}/StemV 80",
        scaled(bounds.x_min),
        scaled(bounds.y_min),
        scaled(bounds.x_max),
        scaled(bounds.y_max),
        scaled(metrics.ascent),
        scaled(metrics.descent),
        scaled(metrics.cap_height.unwrap_or(metrics.ascent)),
    );
    Ok(Face { file, glyphs, characters: characters(), descriptor, width })
}

fn characters() -> String {
    let mut out = String::from(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)\
         /Supplement 0>> def /CMapName /Adobe-Identity-UCS def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> \
         endcodespacerange\n",
    );
    // A range stays within one first byte, and a block has a hundred of them at most.
    let mut firsts: Vec<u32> = GLYPHS.keys().map(|c| u32::from(*c) >> 8).collect();
    firsts.dedup();
    let _ = writeln!(out, "{} beginbfrange", firsts.len());
    for first in firsts {
        let _ = writeln!(out, "<{first:02X}00> <{first:02X}FF> <{first:02X}00>");
    }
    out + "endbfrange endcmap CMapName currentdict /CMap defineresource pop end end\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_three_alphabets_have_glyphs() {
        for text in
            ["Copy 17 · Ada Orr", "Копія № 17 · Їжакевич Ґалаґан", "Экземпляр ёЁ", "Αντίγραφο", "Łódź – “x”"]
        {
            assert!(hexadecimal(text).is_some(), "{text}");
        }
        assert_eq!(hexadecimal("Ї"), Some("0407".into()));
        for text in ["抄本", "نسخة", "a\tb", "\u{1F600}"] {
            assert_eq!(hexadecimal(text), None, "{text}");
        }
    }

    #[test]
    fn the_part_of_the_font_is_small_and_a_font() {
        let face = face().unwrap();
        assert!(face.file.len() < 150_000, "{}", face.file.len());
        assert_eq!(face.width, 602);
        let part = FontRef::new(&face.file).unwrap();
        let at = 2 * 0x407;
        let glyph = u16::from_be_bytes([face.glyphs[at], face.glyphs[at + 1]]);
        assert!(glyph > 0 && part.outline_glyphs().get(GlyphId::from(glyph)).is_some());
    }
}
