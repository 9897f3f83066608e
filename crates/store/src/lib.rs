//! One concrete store of vault data over SQLite and PostgreSQL.
//!
//! The store keeps records and blobs. It knows no formats, wording, keys or mathematics, reads no clock and
//! draws no randomness: times (seconds since 1970, UTC) and ids are parameters. What it promises:
//!
//! - **All or nothing.** Every method that writes is one transaction. When it has returned `Ok`, the record
//!   survives a killed process (SQLite: write-ahead log, synced at every commit).
//! - **Two commands at once are safe.** Writers take turns, within a process, between processes, and between
//!   machines on PostgreSQL; numbers of releases, batches and looks have no gaps.
//! - **Append only.** Nothing that was recorded is changed or removed; the database itself refuses it. Two
//!   tables change, and neither is evidence: how a source's last reading went, and recent texts without a hit. What a
//!   server keeps for itself changes too: accounts, sessions, tokens, what lies on its desk, and which of several programs
//!   does what at the moment.
//! - **Resuming.** Recording a release or a batch whose fingerprint is there already returns the one that is
//!   there and writes nothing.
//! - **Damage is seen.** Blobs are named by their hash and checked whenever they are read.
//!
//! One SQL text runs on both databases through sqlx's `Any` driver; only the migrations differ. The tables
//! and the portable dump are specified in `docs/formats/ledger.md`.
//!
//! ```
//! use tellmark_core::{Hash, LineageId, ReleaseId};
//! use tellmark_store::{NewBatch, NewRelease, Store, sqlite_url};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let store = Store::create(&sqlite_url(&folder.path().join("ledger.sqlite"))?).await?;
//! let release = NewRelease {
//!     id: ReleaseId([7; 8]),
//!     lineage: LineageId([1; 8]),
//!     new_lineage: Some(Hash::of(b"what may be known of the key")),
//!     after: None,
//!     revises: None,
//!     name: "agenda",
//!     file_name: "agenda.txt",
//!     format: "text",
//!     nonce: [9; 32],
//!     document: b"Item {one|1}.",
//!     text: "Item one.",
//!     prose: b"{}",
//!     marking: b"{}",
//!     template: b"...",
//!     options: "{}",
//!     fingerprint: Hash::of(b"document, roster, options"),
//!     alpha: "1e-6",
//!     derivation_version: 1,
//!     reader_version: 1,
//!     created_at: 1_780_000_000,
//!     batch: NewBatch {
//!         after: None,
//!         roster: b"{\"id\":\"r1\"}\n{\"id\":\"r2\"}\n",
//!         copies: 2,
//!         fingerprint: Hash::of(b"roster"),
//!         created_at: 1_780_000_000,
//!     },
//!     public_sites: &[],
//!     public_elsewhere: &[],
//! };
//! let first = store.record_release(&release).await?;
//! let again = store.record_release(&release).await?;
//! assert!(first.is_new() && !again.is_new());
//! assert_eq!(store.texts().await?, [(ReleaseId([7; 8]), "Item one.".to_owned())]);
//! # Ok(())
//! # }
//! ```

mod address;
mod articles;
mod batches;
mod blobs;
mod cases;
mod desk;
mod dump;
mod error;
mod fields;
mod forms;
mod holders;
mod holds;
mod import;
mod integrity;
mod lineages;
mod orders;
mod passkeys;
mod people;
mod releases;
mod schema;
mod shares;
mod sightings;
mod sources;
mod store;

pub use address::{Backend, sqlite_url};
pub use articles::{NewArticle, NewSighting};
pub use batches::{Batch, NewBatch, Withdrawal};
pub use blobs::BLOB_BYTES_MAX;
pub use cases::{BegunLook, Case, Exhibit, Look, LookState, NewExhibit, NewLook, Step};
pub use desk::{Answered, Draft};
pub use dump::{DUMP_VERSION, Dumped};
pub use error::Error;
pub use fields::TEXT_BYTES_MAX;
pub use forms::GivenForm;
pub use holders::{Holder, NewHolder};
pub use holds::HOLD_ALERTS;
pub use integrity::{Check, CheckState, Report};
pub use lineages::{Lineage, NewPublicSite, PublicSite};
pub use orders::{CarriedOut, Order, OrderAnswer, OrderState};
pub use passkeys::{Keeper, NewPasskey, Passkey};
pub use people::{Account, Act, Invitation, Invited, Session, Token, Way};
pub use releases::{NewRelease, NewText, Recorded, Release};
pub use schema::SCHEMA_VERSION;
pub use shares::{NewShare, Share, Visit};
pub use sightings::Sighting;
pub use sources::{Followed, SourceState};
pub use store::Store;

/// What every method of the store returns.
pub type Result<T> = std::result::Result<T, Error>;
