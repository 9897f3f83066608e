//! Words on pages: where a document that has pages shows each of its words.
//!
//! Lengths are whole thousandths of a point (1/72,000 inch), so that what is stored with a release compares and
//! hashes exactly. The origin is the top left corner of the page as a reader sees it, after cropping and
//! rotation; x grows to the right, y downwards.

use std::ops::Range;

/// A rectangle on a page, in thousandths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Area {
    /// Its left edge.
    pub left: i32,
    /// Its upper edge.
    pub top: i32,
    /// Its right edge.
    pub right: i32,
    /// Its lower edge.
    pub bottom: i32,
}

/// The size of a page as it is shown, in thousandths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct PageSize {
    /// From left to right.
    pub width: i32,
    /// From top to bottom.
    pub height: i32,
}

/// Where the line of text runs on the page as it is shown. A word's positive shift points this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Along {
    /// To the right, as upright text does, whichever way its script is read.
    Right,
    /// Downwards: the text is turned clockwise.
    Down,
    /// To the left: the text is upside down.
    Left,
    /// Upwards: the text is turned counter-clockwise.
    Up,
}

impl Along {
    /// The unit vector, x and y.
    ///
    /// ```
    /// assert_eq!(tellmark_core::Along::Down.unit(), (0, 1));
    /// ```
    pub fn unit(self) -> (i32, i32) {
        match self {
            Along::Right => (1, 0),
            Along::Down => (0, 1),
            Along::Left => (-1, 0),
            Along::Up => (0, -1),
        }
    }
}

/// One word as the original shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PageWord {
    /// The page, from 0.
    pub page: u32,
    /// The line of text on the page that the word belongs to, from 0 in the order of the content.
    pub line: u32,
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// The box of its glyphs: from the first one's origin to the last one's advance, ascent to descent.
    pub area: Area,
    /// Where its line runs.
    pub along: Along,
    /// Index in the marking of the site that moves this word; most often `None` for the first and last of a line.
    pub site: Option<u32>,
}

/// How a release lies on its pages.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Layout {
    /// How far a variant moves its word: variant 0 against the line, variant 1 along it.
    pub shift: i32,
    /// All pages.
    pub pages: Vec<PageSize>,
    /// All words, in the order of the document's text.
    pub words: Vec<PageWord>,
}
