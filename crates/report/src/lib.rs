//! Findings and plans as self-contained HTML and SVG.
//!
//! A page is plain data in, one string out: no picture, font or style from elsewhere, nothing
//! that a browser would fetch. Every text in a page is hostile (it may come from a leak, a roster or a file
//! name) and reaches the document through one door that escapes it and makes invisible characters visible.
//!
//! [`finding`] is the report of `trace`, [`plan`] the one of `plan --html`, [`form`] what people fill in. The form alone has a
//! script, which writes the answers into a file.
//!
//! ```
//! use tellmark_report::finding;
//! let page = finding::Page { case: "press".into(), look: 1, ..Default::default() };
//! let html = finding::html(&page);
//! assert!(html.contains("No copy can be named."));
//! ```

mod chart;
pub mod finding;
pub mod form;
mod growth;
mod html;
mod marked;
pub mod plan;
mod quantity;

pub use quantity::Log10;
