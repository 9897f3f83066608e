//! The use cases: init, plan, seal, check, copy, withdraw, trace, spot, follow, backup, restore, demo.
//!
//! This crate owns transactions and the order of steps; what it takes from the world (time, randomness, a
//! passphrase) it is given. It talks to nobody: results are plain data, and whoever shows them is elsewhere.

pub mod access;
pub mod archive;
pub mod cases;
pub mod check;
pub mod compare;
pub mod consent;
pub mod copies;
pub mod deliver;
pub mod demo;
pub mod desk;
pub mod document;
mod drafts;
mod error;
pub mod files;
pub mod follow;
pub mod form;
pub mod holders;
pub mod keys;
pub(crate) mod library;
pub mod limiter;
pub mod log;
pub mod mail;
pub mod ocr;
pub mod order;
pub mod paged;
mod partial;
pub mod passkeys;
pub mod people;
pub mod plan;
pub(crate) mod ports;
pub mod promise;
pub mod prove;
pub mod receipts;
pub mod retention;
pub mod review;
mod revise;
pub mod seal;
mod seen;
pub mod share;
pub mod spot;
pub mod suggest;
pub mod trace;
pub mod vault;
mod view;

pub use document::{MarkOptions, Planned};
pub use drafts::MailModel;
pub use error::{Error, Result};
pub use ports::{Ports, Progress, Silent};
pub use revise::Revision;
pub use tellmark_store::{Error as StoreError, Release};
pub use vault::{Access, Vault};

/// The bound on naming any innocent copy, over a whole case, where nothing else is said.
pub const DEFAULT_ALPHA: &str = "1e-6";

/// Whether an address leads to this machine, so that nobody on a network reads what is sent there in the clear. What else a name
/// leads to depends on who answers for it.
pub fn is_this_machine(address: &url::Url) -> bool {
    match address.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
