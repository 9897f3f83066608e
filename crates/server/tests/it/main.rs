//! The server over its routes, as browsers and programs use them; and once in a real browser.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on has failed.

mod api;
mod browser;
mod chromium;
mod desk;
mod device;
mod hostile;
mod office;
mod people;
#[path = "../../../store/tests/it/postgres.rs"]
mod postgres;
mod provider;
mod recipient;
mod roles;
mod schemathesis;
mod tracing;
