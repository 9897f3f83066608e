//! What a holder keeps: that the log holds the file that they received, under the release that it belongs to.
//!
//! A slip is made for one copy by the operator. Its holder compares it with the file, can sign for it, and keeps it: with
//! it nobody can say later that another file was delivered. Specified in `docs/formats/signed.md`.

use crate::bundle::Entry;
use crate::entry::Kind;
use crate::json::{Json, count, map};
use crate::merkle::{leaf_hash, root_from_inclusion, sha256};
use crate::note::{NOTE_BYTES_MAX, Note};
use crate::policy::Policy;
use crate::release::{COPIES_MAX, OpenFile};
use crate::signed::Receipt;
use crate::{Error, Result};

/// A slip is at most so long.
pub const SLIP_BYTES_MAX: usize = 1 << 20;
/// How the file of a slip calls itself.
pub const FORMAT: &str = "tellmark slip 1";

/// A slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// The head of the log.
    pub checkpoint: Note,
    /// The entry that commits to the release.
    pub release: Entry,
    /// The entry that commits to the files of the batch.
    pub delivery: Entry,
    /// The batch with which the copy came, from 1.
    pub batch: usize,
    /// Its place in the batch, from 0.
    pub leaf: usize,
    /// The file.
    pub file: OpenFile,
}

/// What a slip shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What its holder may sign.
    pub receipt: Receipt,
    /// When it was delivered, as the operator says: seconds since 1970.
    pub delivered: i64,
    /// When enough of the policy's witnesses saw the head, where they did.
    pub seen: Option<i64>,
}

impl Slip {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        map([
            ("batch", count(self.batch)),
            ("checkpoint", self.checkpoint.to_text().into()),
            ("delivery", self.delivery.to_json()),
            ("file", self.file.to_json()),
            ("format", FORMAT.into()),
            ("leaf", count(self.leaf)),
            ("release", self.release.to_json()),
        ])
        .to_bytes()
    }

    /// Reads the file. What it says is not checked here: see [`Slip::check`].
    ///
    /// # Errors
    /// When it is none.
    pub fn read(bytes: &[u8]) -> Result<Slip> {
        if bytes.len() > SLIP_BYTES_MAX {
            return Err(Error::format("the slip is too long"));
        }
        let json = Json::read(bytes)?;
        let names = ["batch", "checkpoint", "delivery", "file", "format", "leaf", "release"];
        let fields = json.fields("a slip", &names, &[])?;
        let checkpoint = fields.text("checkpoint")?;
        if fields.text("format")? != FORMAT || checkpoint.len() > NOTE_BYTES_MAX {
            return Err(Error::format("the slip is of another version"));
        }
        Ok(Slip {
            checkpoint: Note::read(checkpoint)?,
            release: Entry::read(fields.get("release")?)?,
            delivery: Entry::read(fields.get("delivery")?)?,
            batch: fields.count("batch", COPIES_MAX)?,
            leaf: fields.count("leaf", COPIES_MAX)?,
            file: OpenFile::read(fields.get("file")?)?,
        })
    }

    /// Checks that a log of the policy holds this file as the copy's.
    ///
    /// # Errors
    /// When anything does not fit, in words.
    pub fn check(&self, copy: &[u8], policy: &Policy) -> Result<Shown> {
        let wrong = |what: &str| Err(Error::format(what.to_owned()));
        if sha256(&[copy]) != self.file.sha256 {
            return wrong("the slip is about another file than the one beside it");
        }
        let head = self.checkpoint.checkpoint()?;
        let Some(key) = policy.log(&head.origin) else {
            return Err(Error::format(format!("the log {} is none that you trust", head.origin)));
        };
        if !self.checkpoint.is_signed_by(key)? {
            return wrong("the head of the log is not signed by its key");
        }
        for entry in [&self.release, &self.delivery] {
            let leaf = leaf_hash(&entry.envelope.to_bytes());
            let is_held = root_from_inclusion(&leaf, entry.index, head.size, &entry.proof) == Some(head.root);
            if !is_held || !entry.envelope.is_signed_by(key) {
                return wrong("the log does not hold an entry of the slip");
            }
        }
        let (release, delivery) = (&self.release.envelope.statement, &self.delivery.envelope.statement);
        if release.kind != Kind::Release || delivery.kind != Kind::Delivery {
            return wrong("the slip's entries are of another kind");
        }
        let (said, delivered) = (Json::Map(release.open.clone()), Json::Map(delivery.open.clone()));
        let names = ["at", "batch", "copies", "files", "release"];
        let fields = delivered.fields("a delivery", &names, &[])?;
        let Json::Map(open) = &said else { return wrong("a release says nothing") };
        let names: Vec<&str> = open.keys().map(String::as_str).collect();
        let own = said.fields("a release", &names, &[])?;
        if fields.text("release")? != own.text("release")? || fields.count("batch", COPIES_MAX)? != self.batch
        {
            return wrong("the slip's entries are about another release or batch");
        }
        let root = self.file.root(fields.count("copies", COPIES_MAX)?, self.leaf);
        if root != Some(fields.hex("files")?) {
            return wrong("the delivery in the log is of another file");
        }
        Ok(Shown {
            receipt: Receipt {
                log: head.origin,
                release: own.text("release")?.into(),
                nonce: own.hex("nonce")?,
                batch: self.batch,
                leaf: self.leaf,
                file: self.file.sha256,
            },
            delivered: delivery.at(),
            seen: policy.seen_at(&self.checkpoint)?,
        })
    }
}
