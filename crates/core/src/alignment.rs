//! Which words of an exhibit correspond to which words of an original.

use std::ops::Range;

/// One word of the original and the word of the exhibit that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Bytes of the original's rendered text.
    pub source: Range<usize>,
    /// Bytes of the exhibit's text.
    pub exhibit: Range<usize>,
    /// Whether the two words agree after folding case, quotation marks and compatibility forms; otherwise
    /// they are merely similar (a typing or OCR error).
    pub exact: bool,
}

/// A passage of the original that the exhibit carries, in one piece and in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Bytes of the original's rendered text, from the first pair to the last.
    pub source: Range<usize>,
    /// Bytes of the exhibit's text, from the first pair to the last.
    pub exhibit: Range<usize>,
    /// The words that correspond, increasing in both texts.
    pub pairs: Vec<Pair>,
    /// How much the passage weighs, in bits of surprise of the words that agree.
    pub weight: u32,
}

/// All passages of one original that an exhibit carries, in the order of the exhibit.
///
/// Passages of one alignment do not overlap in the exhibit; they may stand in another order than in the
/// original, and the same part of the original may be quoted twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alignment {
    /// The passages.
    pub passages: Vec<Passage>,
}

impl Alignment {
    /// The weight of all passages together.
    pub fn weight(&self) -> u64 {
        self.passages.iter().map(|passage| u64::from(passage.weight)).sum()
    }
}
