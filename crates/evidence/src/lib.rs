//! The transparency log, commitments, evidence bundles and their verification.
//!
//! What an outsider has to trust is in this crate, in `codes` (the tracer) and in `core`, and nowhere else: no store, no
//! network, no clock, no randomness. [`json`] is the one spelling of everything that is signed; [`note`] and [`entry`] are
//! signatures; [`merkle`] the trees; [`release`] and [`reading`] what the log commits to; [`recount`] the tracer run
//! again; [`signed`] what persons sign and [`slip`] what they keep; [`stamp`] what an authority says of the time; [`bundle`] the file that holds the evidence of a finding, and [`verify`](mod@verify) what can be proved from it.
//! Specified in `docs/formats/log.md` and `docs/formats/bundle.md`.

pub mod bundle;
pub mod encode;
pub mod entry;
mod error;
pub mod fuzz;
pub mod json;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod reading;
pub mod recount;
pub mod release;
pub mod signed;
pub mod slip;
pub mod stamp;
pub mod tile;
pub mod verify;

pub use error::{Error, Result};
