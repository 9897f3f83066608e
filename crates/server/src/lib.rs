//! An office's daily tool in the browser, and the same use cases over HTTP for programs, over the crate `app`.
//!
//! A request passes, in this order: `outer` (host, headers, time, figures), the guard of its route (`guard`: who asks, may
//! they, is it theirs, the body within its limits), and a handler, which takes what it needs, makes one call, and answers.
//! [`roles`] is the one table of who may do what; `routes` can add no route without an entry in it. What goes wrong becomes
//! a `failure::Failure`, which says it as a page or as a problem for programs.
//!
//! The server keeps nothing in memory that matters: accounts, sessions and what lies on the desk are in the ledger, and a
//! sealing that was cut off is finished after a restart, byte for byte.

mod api;
mod body;
mod failure;
mod fields;
mod following;
mod frame;
mod guard;
mod jobs;
mod listen;
mod lists;
mod metrics;
mod oidc;
mod outer;
mod pages;
pub mod roles;
mod routes;
mod said;
mod serve;
mod state;

pub use jobs::run as run_jobs;
pub use oidc::Provider;
pub use routes::Entry;
pub use serve::{bind, first_link, serve};
pub use state::{Server, Settings};

use std::sync::Arc;

/// Why the server could not begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What it was told to do cannot be done safely.
    #[error("{0}")]
    Refused(String),
    /// It cannot listen, or not write its files.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The vault could not be used.
    #[error(transparent)]
    App(#[from] tellmark_app::Error),
}

/// All routes of the server, ready to be served.
pub fn router(server: &Arc<Server>) -> axum::Router {
    outer::around(server, routes::all(server))
}

/// Every route with what it takes to use it, for tests that walk all of them.
pub fn entries(server: &Arc<Server>) -> Vec<Entry> {
    routes::all(server).entries
}
