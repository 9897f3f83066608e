//! The use cases on the project's own samples, over a vault in a temporary folder.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod cases;
mod coalitions;
mod compared;
mod drafts;
mod golden;
mod keeping;
mod languages;
mod log;
mod office;
mod pages;
mod passed_on;

mod persons;
mod printed;
mod prove;
mod quoted;
mod sending;
mod tracing;
mod vaults;
mod views;
