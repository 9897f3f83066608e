//! What a walk finds: the contents of pages and forms, the operators that show text, and every glyph.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use hayro::kurbo::{Point, Vec2};
use hayro_syntax::object::ObjectIdentifier;

/// A stream object that is part of a content: a page's content may be an array of them.
#[derive(Debug, Clone)]
pub struct Part {
    /// The object, or none where it cannot be written anew.
    pub object: Option<ObjectIdentifier>,
    /// Its dictionary as it is written.
    pub dict: Vec<u8>,
    /// Bytes of the content that are its own.
    pub range: Range<usize>,
}

/// The content of a page or of a form.
#[derive(Debug, Clone)]
pub struct Content {
    /// The decoded streams, joined by line ends.
    pub bytes: Arc<[u8]>,
    /// The streams.
    pub parts: Vec<Part>,
    /// The operators that show text, in order.
    pub shows: Vec<Show>,
    /// How often it is drawn on all pages.
    pub draws: u32,
}

/// An operator that shows text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// `TJ`, which has an array already.
    Array,
    /// `Tj`
    Text,
    /// `'`
    NextLine,
    /// `"`
    NextLineSpaced,
}

/// Where an operator that shows text stands.
#[derive(Debug, Clone)]
pub struct Show {
    pub kind: Shows,
    /// The operator itself.
    pub operator: Range<usize>,
    /// Its string; of an array the whole.
    pub operand: Range<usize>,
    /// The ends of the two numbers before the string of `"`.
    pub numbers: [usize; 2],
    /// Bare round brackets in its strings.
    pub brackets: Vec<usize>,
    /// Where its last glyph ends.
    pub end: usize,
    /// Whether what is shown next says its own place, so that nothing depends on where this one ends.
    pub is_final: bool,
}

/// What surrounds a place between two codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// It is outside a string.
    Outside,
    /// It is inside a string in round brackets.
    Literal,
    /// It is inside a string in angle brackets.
    Hex,
}

/// A place in a content at which a number can be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub at: usize,
    pub joint: Joint,
}

/// A glyph on a page.
#[derive(Debug, Clone)]
pub struct Glyph {
    pub content: u32,
    /// Index in the content's shows.
    pub show: u32,
    pub before: Cut,
    pub behind: Cut,
    /// Its origin on the page as shown, in points, y downwards.
    pub origin: Point,
    /// From its origin to where the next one would stand without extra spacing.
    pub advance: Vec2,
    /// One em upwards.
    pub up: Vec2,
    /// The unit vector of the text's own x axis, and the number in a `TJ` array that moves a point that way.
    pub across: Vec2,
    pub number_a_point: f64,
    /// Extra spacing behind it, in points.
    pub spacing: f64,
    pub text: Rc<str>,
    pub is_space: bool,
    /// Whether it is drawn with ink, in a layer that is always shown, and written across.
    pub is_plain: bool,
    /// Whether it is drawn with ink.
    pub is_inked: bool,
}

impl Glyph {
    /// The size of its font on the page, in points.
    pub fn size(&self) -> f64 {
        self.up.hypot()
    }

    /// Where it ends.
    pub fn end(&self) -> Point {
        self.origin + self.advance
    }
}
