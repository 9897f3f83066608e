//! The use cases on the project's own samples, over a vault in a temporary folder.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on has failed.

mod cases;
mod coalitions;
mod compared;
#[path = "../../../follow/tests/it/dovecot.rs"]
mod dovecot;
mod drafts;
mod followed;
mod golden;
mod keeping;
mod kept;
mod languages;
mod log;
mod office;
mod orders;
mod pages;
mod passed_on;

mod persons;
mod printed;
mod prove;
mod quoted;
mod sending;
#[path = "../../../follow/tests/it/server.rs"]
mod server;
mod tracing;
mod vaults;
mod views;
