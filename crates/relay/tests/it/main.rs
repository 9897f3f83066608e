//! The relay as mail programs and servers see it.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on has failed.

mod attaching;
mod beyond;
mod delivering;
mod hostile;
mod marking;
mod office;
mod replay;
mod sink;
