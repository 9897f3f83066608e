//! Bundles made, verified and forged.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod agree;
mod bundles;
mod desk;
mod replay;
mod vectors;
