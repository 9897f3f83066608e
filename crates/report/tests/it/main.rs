//! What must hold for every page, whatever it is filled with.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on fails.

mod golden;
mod hostile;
mod markup;
mod privacy;
mod sample;
mod size;
