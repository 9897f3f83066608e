//! PDF: words that move a little along their lines, and a stamp in the trailer.
//!
//! A file is read with its content streams as they are, and a copy is the original with an update behind it:
//! the streams whose words move, without a filter, and a cross-reference (docs/formats/pdf.md). Nothing is
//! typeset anew, so that whatever else is in the file stays as it is.

mod coded;
mod content;
pub(crate) mod face;
mod file;
mod font;
mod lexer;
mod line;
mod operands;
mod packed;
mod picture;
mod tail;
mod text;
mod update;
mod walk;
mod widths;
mod words;

use tellmark_core::{Along, Channel, Layout, Marking, PageSize, Prose};

pub use picture::{Drawer, render};

use crate::Error;
use crate::template::Pieces;
use crate::visible::VisibleLine;
use text::Pages;
use update::{DIGITS, Move, Update};

/// Digits of a stamp: 64 bits in hexadecimal. What is written has twice as many: behind the digits stand their
/// complements, by which a stamp is told from the identifier that another program wrote.
pub const STAMP_DIGITS: usize = 16;
/// The smallest and largest shift, in thousandths of a point.
pub const SHIFTS: std::ops::RangeInclusive<i32> = 50..=600;
/// A page with fewer words that can move is worth a note, and a document with fewer is refused.
const PAGE_WORDS_MIN: usize = 5;
const DOCUMENT_WORDS_MIN: usize = 20;

/// A PDF that can be sealed.
#[derive(Debug, Clone)]
pub(crate) struct PdfSource {
    bytes: Vec<u8>,
    pages: Pages,
}

/// A word of a PDF as it lies on its page.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenWord {
    /// The page, from 0.
    pub page: u32,
    /// The line on the page, from 0 in the order of the content.
    pub line: u32,
    /// What it says; U+FFFD where the font does not tell.
    pub text: String,
    /// Where its first glyph begins on its base line, in points from the top left corner of the page as shown.
    pub x: f64,
    /// The same, downwards.
    pub y: f64,
    /// From there to the end of its last glyph, in points.
    pub length: f64,
    /// The size of its font, in points.
    pub size: f64,
    /// Where its line runs.
    pub along: Along,
    /// Whether it is drawn with ink: what text recognition puts behind the picture of a scan is not.
    pub is_inked: bool,
}

/// What each variant of a site of the stamp writes: a digit. A stamp has [`STAMP_DIGITS`] such sites.
pub fn stamp_forms() -> Vec<String> {
    DIGITS.map(str::to_owned).to_vec()
}

/// The sizes of the pages of a PDF as they are shown.
///
/// # Errors
/// When it is damaged, encrypted or too large.
pub fn pages(bytes: &[u8]) -> Result<Vec<PageSize>, Error> {
    Ok(file::sizes(&file::open(bytes)?))
}

/// The words of a PDF with their exact places, in the order in which they are drawn. A copy gives the words of
/// its original, each moved by its shift. A PDF without text gives none.
///
/// # Errors
/// When it is damaged, encrypted or too large.
pub fn words(bytes: &[u8]) -> Result<Vec<SeenWord>, Error> {
    let pdf = file::open(bytes)?;
    let (pages, _) = text::read(&pdf)?;
    let seen = |page: usize, word: words::Word| SeenWord {
        page: page as u32,
        line: word.line,
        text: word.text,
        x: word.origin.x,
        y: word.origin.y,
        length: (word.end - word.origin).hypot(),
        size: word.size,
        along: word.along,
        is_inked: word.is_inked,
    };
    let pages = pages.into_iter().enumerate();
    Ok(pages.flat_map(|(page, words)| words.into_iter().map(move |word| seen(page, word))).collect())
}

/// The stamps that a file carries, newest first, as digits from 0 to 15: those of the second identifiers in its
/// trailers whose second half is the complement of the first. An identifier from elsewhere is so by a chance of
/// one in 2^64. Nothing but the file is looked at: whose stamp it is, it does not say.
pub fn stamps_of(bytes: &[u8]) -> Vec<[u8; STAMP_DIGITS]> {
    let Ok(tail) = tail::Tail::read(bytes) else { return Vec::new() };
    let digits = |id: Vec<u8>| {
        let digits: Vec<u8> = id.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
        let (stamp, complement) = digits.split_at_checked(STAMP_DIGITS)?;
        let is_stamp = stamp.iter().map(|digit| 15 - digit).eq(complement.iter().copied());
        <[u8; STAMP_DIGITS]>::try_from(stamp).ok().filter(|_| is_stamp)
    };
    tail.identifiers().filter_map(digits).collect()
}

/// The newest stamp that a file may carry.
pub fn stamp_of(bytes: &[u8]) -> Option<[u8; STAMP_DIGITS]> {
    stamps_of(bytes).into_iter().next()
}

/// The text of a PDF, for readers.
pub(crate) fn text(bytes: &[u8]) -> Result<String, Error> {
    Ok(Pages::read(&file::open(bytes)?)?.prose.text)
}

/// Reads a PDF that is to be sealed.
pub(crate) fn parse(bytes: &[u8], accepts_signed: bool) -> Result<(Prose, PdfSource), Error> {
    let pdf = file::open_to_seal(bytes, accepts_signed)?;
    let mut pages = Pages::read(&pdf)?;
    let movable = pages.movable.iter().filter(|movable| **movable).count();
    if movable == 0 && !pages.has_ink {
        let why = "its text is invisible, as that which text recognition puts behind a scan, and words in pictures cannot \
                   move; use the file it was made from";
        return Err(Error::refused("PDF", why));
    }
    if movable < DOCUMENT_WORDS_MIN {
        let why = format!(
            "only {movable} of its words can be moved, and {DOCUMENT_WORDS_MIN} is the least; words move inside \
             lines of three or more"
        );
        return Err(Error::refused("PDF", why));
    }
    let prose = std::mem::take(&mut pages.prose);
    Ok((prose, PdfSource { bytes: bytes.to_vec(), pages }))
}

impl PdfSource {
    pub fn layout(&self) -> &Layout {
        &self.pages.layout
    }

    pub fn movable(&self) -> &[bool] {
        &self.pages.movable
    }

    /// Which words can be moved by another shift than the usual.
    pub fn movable_by(&self, shift: i32) -> Vec<bool> {
        self.pages.room.iter().map(|room| text::has_room(*room, shift)).collect()
    }

    /// Pages on which few words can move, in words.
    pub fn notes(&self) -> Vec<String> {
        let mut counts = vec![0; self.pages.layout.pages.len()];
        let words = self.pages.layout.words.iter().zip(&self.pages.movable);
        words.filter(|(_, movable)| **movable).for_each(|(word, _)| counts[word.page as usize] += 1);
        let few = counts.iter().enumerate().filter(|(_, count)| **count < PAGE_WORDS_MIN);
        few.map(|(page, count)| format!("page {}: {count} words can be moved; it names nobody", page + 1))
            .collect()
    }

    /// The copy as pieces.
    pub fn pieces(&self, marking: &Marking, line: Option<&VisibleLine>) -> Result<Pieces, Error> {
        let refused = |why: &str| Err(Error::Marking(why.into()));
        if marking.sites.iter().any(|site| site.channel.is_text()) || !marking.fixed.is_empty() {
            return refused("a PDF carries shifts of words and a stamp, and no other wording");
        }
        let of = |channel: Channel| {
            let sites = marking.sites.iter().enumerate().filter(move |(_, site)| site.channel == channel);
            sites.map(|(index, site)| (index as u32, site.variants()))
        };
        let stamp: Vec<u32> = of(Channel::Stamp).map(|(site, _)| site).collect();
        if !matches!(stamp.len(), 0 | STAMP_DIGITS) || of(Channel::Stamp).any(|(_, q)| q != DIGITS.len()) {
            return refused("a stamp has 16 sites of 16 variants");
        }
        if of(Channel::Layout).any(|(_, variants)| variants != 2) {
            return refused("a word moves one way or the other: two variants");
        }
        let (moves, shift) = self.moves(marking)?;
        let mut moved = vec![false; marking.sites.len()];
        moves.iter().for_each(|m| moved[m.site as usize] = true);
        if of(Channel::Layout).any(|(site, _)| !moved[site as usize]) {
            return refused("a site moves no word");
        }
        let update =
            Update { original: &self.bytes, contents: &self.pages.contents, moves, shift, stamp, line };
        update.pieces()
    }

    /// What moves, and how far in points.
    fn moves(&self, marking: &Marking) -> Result<(Vec<Move<'_>>, f64), Error> {
        let Some(layout) = &marking.layout else { return Ok((Vec::new(), 0.0)) };
        let own = &self.pages.layout;
        if layout.words.iter().any(|word| word.site.is_some()) && !SHIFTS.contains(&layout.shift) {
            return Err(Error::Marking("words move 0.05 to 0.6 points".into()));
        }
        let is_same = |(theirs, own): (&tellmark_core::PageWord, &tellmark_core::PageWord)| {
            theirs.span == own.span && theirs.area == own.area && theirs.page == own.page
        };
        if layout.words.len() != own.words.len() || !layout.words.iter().zip(&own.words).all(is_same) {
            return Err(Error::Marking("its words are not those of the document".into()));
        }
        let mut moves = Vec::new();
        for (index, word) in layout.words.iter().enumerate() {
            let Some(site) = word.site else { continue };
            if !text::has_room(self.pages.room[index], layout.shift) {
                return Err(Error::Marking(format!("word {index} cannot be moved so far")));
            }
            moves.extend(self.pages.segments[index].iter().map(|segment| Move { site, segment }));
        }
        Ok((moves, f64::from(layout.shift) / 1000.0))
    }
}
