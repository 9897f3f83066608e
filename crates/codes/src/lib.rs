//! Codewords from keys, and what a reading says about each of them. Pure: no clock, no randomness but the
//! keyed function, the same bits on every machine and with every number of threads.
//!
//! The modules follow the way of the numbers: [`derive`](Codebook) gives the codewords, the hypotheses say how
//! a source leaks, [`score`] weighs every copy by an e-value and an exact tail, and the decision compares both
//! with what alpha allows. The mathematics and the one assumption behind it (an innocent copy's codeword is
//! independent of the leak) are in `docs/formats/score.md`.
//!
//! ```
//! use tellmark_codes::{Codebook, Column, LineageKey, Observed, Rows, score};
//! use tellmark_core::{CopyId, Likelihood};
//!
//! let key = LineageKey::new([7; 32]);
//! let columns: Vec<Column> = (0..40).map(|ordinal| Column { nonce: [1; 32], ordinal, variants: 2 }).collect();
//! let book = Codebook::new(&key, &columns)?;
//! let mut rows = Rows { columns: 40, symbols: vec![0; 80] };
//! let (leaker, innocent) = rows.symbols.split_at_mut(40);
//! book.codeword(&CopyId::parse("r1")?, leaker);
//! book.codeword(&CopyId::parse("r2")?, innocent);
//!
//! // The leak shows r1's variants.
//! let seen = |&v: &u8| Observed::hard(2, v);
//! let observed: Vec<Observed> = rows.symbols[..40].iter().map(seen).collect();
//! let scores = score(&observed, &rows)?;
//! assert!(scores[0].e > scores[1].e && scores[1].contradicted > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod believed;
mod beside;
mod decision;
mod derivation;
mod hypotheses;
mod joint;
mod looks;
mod outlook;
mod rank;
mod score;
mod series;
mod shares;
mod tail;
mod views;
mod weighing;

pub use beside::withheld;
pub use decision::{
    Alpha, AlphaError, Batch, Threshold, WAYS, copy_threshold, familywise_p, group_e, group_threshold, names,
    reached, single_p,
};
pub use derivation::{Codebook, Column, DERIVATION_VERSION, LineageKey};
pub use looks::{Look, Part, View, alike, contrary, first_read, merged, views};
pub use outlook::{power, power_of_two, sites_needed, sites_to_tell_apart};
pub use rank::{Ids, Numbered, Ranked, rank};
pub use score::{ABSENT, Observed, Rows, Score, TRACER_VERSION, VALIDATED, score};
pub use series::Series;
pub use views::{over_views, shared, view_share};
pub use weighing::{Reach, Scores, Weighing, Work};

/// What the tracer cannot work with: always a defect of the caller or damage, never a property of a leak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A column with fewer than 2 or more than 16 variants.
    #[error("column {column} has {variants} variants; 2 to 16 are possible")]
    Variants {
        /// Index of the column.
        column: usize,
        /// How many variants it has.
        variants: usize,
    },
    /// Likelihoods that are all zero.
    #[error("column {column} has no likelihood above zero")]
    Likelihoods {
        /// Index of the column.
        column: usize,
    },
    /// Rows of another width than the columns.
    #[error(
        "the rows hold {symbols} symbols, which is no multiple of {columns} columns, or the widths differ"
    )]
    Shape {
        /// How many symbols there are.
        symbols: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// A copy outside of the field that lacks a site.
    #[error("copies that are not of the field must have every site")]
    Absent,
    /// A symbol that its column does not have.
    #[error("row {row} has symbol {symbol} in column {column}")]
    Symbol {
        /// Index of the row.
        row: usize,
        /// Index of the column.
        column: usize,
        /// The symbol.
        symbol: u8,
    },
}
