//! Index of protected text; finds and aligns reused passages (simple form).
//!
//! An [`Index`] is built from the rendered texts of originals. [`Index::find`] takes any text and says which
//! originals it quotes, where, and which words correspond: excerpts in any order, re-wrapped, retyped, with
//! typing and OCR errors, inside foreign text. Retrieval is blind: it sees no key and no codeword.
//!
//! The way: shared runs of three words, joined into chains in one order, aligned word
//! by word, and weighed: common words are cheap, so that unrelated texts never
//! match.
//!
//! ```
//! use tellmark_spotting::Index;
//!
//! let original = "The envoys agreed to reopen the Karrow sluices in early spring, before the herring run.";
//! let index = Index::build([original]);
//! let found = index.find("\"… reopen the Karrow\nsluices in early spring, before the herring run\", it says.");
//! assert_eq!(found[0].original, 0);
//! assert_eq!(found[0].alignment.passages[0].pairs.len(), 11);
//! assert!(index.find("On the other hand it is the case that they agreed.").is_empty());
//! ```

mod align;
mod calibration;
mod candidates;
mod chain;
mod chance;
mod clusters;
mod index;
mod keys;
mod languages;
mod lexicon;
mod likeness;
mod markup;
mod near;
mod page;
mod pieces;
mod postings;
mod rewritten;
mod seeds;
mod sentences;
mod shelf;
mod spotter;
mod stems;
mod weights;
mod words;

pub use index::{Found, Index, Rank};
pub use spotter::{Background, Hit, Protected, Spotter};
