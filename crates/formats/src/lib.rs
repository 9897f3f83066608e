//! Documents in and out: plain text, Markdown, HTML, DOCX, ODT, EML, PDF, rosters; all parsing of untrusted files.
//!
//! Parsing is apart from meaning: a [`Document`] gives its text as [`tellmark_core::Prose`] in one coordinate
//! system, and takes back a marking in the same coordinates. What comes out is a [`Template`]: everything that
//! making a copy takes, for ever. A copy is made from it by concatenation alone, so that no later version of a
//! parser or a compressor can change a byte of it.
//!
//! ```
//! use tellmark_core::Choices;
//! use tellmark_formats::{Document, Format};
//! # use tellmark_core::{Channel, Marking, Occurrence, ReleaseId, Site, SiteId};
//!
//! let bytes = b"<p>They met <b>before</b> noon.</p>";
//! let document = Document::parse(Format::Html, bytes)?;
//! let at = document.prose().text.find("before").unwrap();
//! # let id = SiteId { origin: ReleaseId([0; 8]), ordinal: 0 };
//! # let occurrences = vec![Occurrence { span: at..at + 6, forms: vec!["before".into(), "prior to".into()] }];
//! # let site = Site { id, channel: Channel::Wording, rule: "x".into(), original: 0, occurrences };
//! # let marking = Marking { sites: vec![site], fixed: vec![], layout: None };
//! let template = document.template(&marking)?;
//! let mut copy = Vec::new();
//! template.write(&Choices(vec![1]), &mut copy)?;
//! assert_eq!(copy, b"<p>They met <b>prior to</b> noon.</p>");
//! # Ok::<(), tellmark_formats::Error>(())
//! ```

mod address;
mod beside;
mod charset;
mod decode;
mod document;
mod docx;
pub mod draft;
mod edit;
mod eml;
mod encoded;
mod error;
mod exhibit;
mod format;
pub mod fuzz;
mod html;
mod markdown;
mod markup;
mod odt;
mod packed;
pub mod parcel;
pub mod pdf;
pub mod picture;
mod quoted;
mod roster;
mod template;
mod thread;
mod visible;
mod xml;
mod zip;

pub use document::Document;
pub use error::Error;
pub use exhibit::{Exhibit, read_exhibit};
pub use format::Format;
pub use roster::read_roster;
pub use template::Template;
pub use visible::VisibleLine;
