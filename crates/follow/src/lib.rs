//! Fetchers: what the world publishes, read again and again.
//!
//! A [`Source`] is a feed, a page, a sitemap, a folder, a mailbox. [`poll`] reads it once and hands over what is
//! new; who calls it remembers what was read. Everything that comes is hostile: sizes, times, redirects and
//! addresses have limits ([`limits`]), and private addresses are refused unless they are allowed by name
//! ([`Guard`]). Channels in which people may speak without being traced are refused whoever asks ([`Never`]).
//!
//! This crate finds and stores nothing: it knows no document, vault or key.

mod alert;
mod article;
mod backoff;
mod charset;
mod cost;
mod error;
mod feed;
mod folder;
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod imap;
pub mod limits;
mod lines;
mod mail;
mod never;
mod page;
mod poll;
mod robots;
mod sitemap;
mod source;
mod trust;
mod web;

pub use alert::{Encryption, Mailer, Webhook, signature};
pub use article::{Article, Kind};
pub use backoff::{BACKOFF_SECONDS_MAX, wait_seconds};
pub use error::{Error, Result};
pub use guard::{Guard, is_public};
pub use never::{Channel, Never};
pub use poll::{Polled, Reader, poll};
pub use source::Source;
pub use trust::Trust;
pub use web::{Answer, Manners, Validators, Web};
