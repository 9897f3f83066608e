//! Carrier sites in prose, by language, and the author's; reads which variant a text shows.
//!
//! [`plan`] finds the places of a document at which copies may differ: the author's own choices `{a|b}`, per-site
//! rules that never change what is said ([`rules`]), and habits of spelling and punctuation that are one choice for
//! a whole document. What a person decided about them ([`review`]) goes before the rules. Rules and habits belong to a language, which is found paragraph by paragraph ([`language`]). [`carry_over`] keeps the sites that a redraft left alone. The module
//! `read` is the way back: what a leaked text shows at each site.
//!
//! ```
//! use tellmark_core::{Channel, Prose, ReleaseId};
//! use tellmark_wording::{Options, plan};
//!
//! let prose = Prose::plain("Both sides {met|convened} last week in order to prepare the talks.");
//! let options = Options { channels: vec![Channel::Wording, Channel::Author], ..Options::default() };
//! let plan = plan(&prose, ReleaseId([0; 8]), &options)?;
//! let rules: Vec<&str> = plan.marking.sites.iter().map(|site| site.rule.as_str()).collect();
//! assert_eq!(rules, ["author", "in-order-to"]);
//! # Ok::<(), tellmark_wording::Error>(())
//! ```

mod author;
mod carry;
mod clean;
mod diff;
mod english;
mod habits;
pub mod language;
mod plan;
pub mod read;
pub mod review;
pub mod rules;
mod russian;
mod sentences;
mod speech;
mod ukrainian;

pub use author::{AUTHOR, Authored, Choice, POINT};
pub use carry::{Carried, carry_over};
pub use plan::{Options, Plan, candidates, plan};
pub use read::{Original, read};

/// The version of the reader: what a likelihood means.
pub const READER_VERSION: u32 = 1;

/// Why a document cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A choice of the author's that cannot be used.
    #[error("line {line}, {shown:?}: {why}")]
    Author {
        /// The line, from 1.
        line: usize,
        /// The beginning of the choice.
        shown: String,
        /// What is wrong and what to do.
        why: &'static str,
    },
    /// A decision of a review file that cannot be carried out.
    #[error("the review, at {shown:?}: {why}")]
    Review {
        /// The words that it is about.
        shown: String,
        /// What is wrong and what to do.
        why: &'static str,
    },
    /// The sites do not fit the text: a defect.
    #[error("the sites do not fit the text ({0}); please report this")]
    Marking(#[from] tellmark_core::MarkingError),
}
