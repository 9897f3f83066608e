//! Documents in and out, byte for byte; and everything that must be refused.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod docx;
mod drafts;
mod eml;
mod flat;
mod hostile;
mod odt;
mod office;
mod pdf;
mod pdf_drawn;
mod pdf_hostile;
mod pdfs;
mod pictures;
mod pictures_made;
mod properties;
mod replay;
mod rosters;
mod samples;
mod visible;
mod writers;
mod zips;
