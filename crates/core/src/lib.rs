//! Words of the domain: ids, sites, choices, alignments, readings, limits and fixed-point logarithms.
//!
//! Everything here is plain data. There is no input or output, no clock and no randomness, so that what
//! two crates say to each other can be read in one place and tested without a machine around it.
//!
//! The two ways of the data meet at [`Site`]s and only there: a document is sealed by choosing a variant
//! at each site ([`Choices`]), a leak is read by asking which variant it shows ([`Reading`]).
//!
//! ```
//! use tellmark_core::{Channel, Choices, Marking, Occurrence, ReleaseId, Site, SiteId};
//!
//! let text = "They met before noon.";
//! let site = Site {
//!     id: SiteId { origin: ReleaseId([0; 8]), ordinal: 0 },
//!     channel: Channel::Author,
//!     rule: "author".into(),
//!     original: 0,
//!     occurrences: vec![Occurrence { span: 9..15, forms: vec!["before".into(), "prior to".into()] }],
//! };
//! let marking = Marking { sites: vec![site], fixed: vec![], layout: None };
//! marking.validate(text)?;
//! assert_eq!(marking.render(text, &Choices(vec![1]))?.text, "They met prior to noon.");
//! # Ok::<(), tellmark_core::MarkingError>(())
//! ```

pub mod alignment;
pub mod fixed;
pub mod hash;
pub mod ids;
pub mod limits;
pub mod page;
pub mod picture;
pub mod reading;
pub mod roster;
pub mod site;
pub mod text;

pub use alignment::{Alignment, Pair, Passage};
pub use hash::Hash;
pub use ids::{CopyId, IdError, LineageId, ReleaseId, SiteId};
pub use page::{Along, Area, Layout, PageSize, PageWord};
pub use picture::Gray;
pub use reading::{Erasure, Likelihood, Outcome, Reading, SiteReading};
pub use roster::{Recipient, Roster};
pub use site::{Channel, Choices, Fixed, Marking, MarkingError, Occurrence, Place, Rendered, Site};
pub use text::{Block, BlockKind, Prose};
