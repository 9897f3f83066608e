//! Codewords follow from what a witness signs, after everything else of a release is fixed.
//!
//! Document, places, copies and the hash of the key are committed to in an entry; the witness signs the head of the log that
//! ends with it, and the release's nonce is the hash of what it signed (docs/formats/log.md). Where no witness can be
//! reached, the nonce is random, and a verifier is told so.

use rayon::prelude::*;
use tellmark_core::{LineageId, Marking, ReleaseId, Roster};
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::{Json, count, map};
use tellmark_evidence::merkle::{self, Hash, sha256};
use tellmark_evidence::release::{OpenSite, Seed, halves_root, id_half, nonce};

use super::{NewEntry, State, record, witness};
use crate::ports::salt;
use crate::{Error, Result, Vault};

/// So often it is tried again when another command wrote to the log at the same moment.
const TRIES: usize = 3;

/// What a release with copies of these ids will be.
pub(crate) struct Fixed<'a> {
    pub document: &'a [u8],
    /// Its sites, with the ids that they have until the release's own is known.
    pub marking: &'a Marking,
    pub until_known: ReleaseId,
    pub prose: &'a str,
    pub roster: &'a Roster,
    pub lineage: LineageId,
}

/// What was fixed before a nonce was known.
pub(crate) struct Bound {
    /// What the witness signed, with its signature.
    pub checkpoint: String,
    /// What the copies' salts follow from.
    pub seeds: Vec<Seed>,
    /// What the sites' salts follow from.
    pub sites: [u8; 32],
}

/// Fixes a release and lets the witness sign; the nonce that follows. `None` where no witness is known or reached.
///
/// # Errors
/// When the log cannot be written, or the witness refuses it.
pub(crate) fn bind(vault: &Vault, fixed: &Fixed<'_>, now: i64) -> Result<Option<Hash>> {
    let log = record::open(vault, now)?;
    if witness::again(&log, now)?.is_none() {
        return Ok(None);
    }
    let copies = record::ordered(fixed.roster);
    let (seeds, secret) = (record::fresh_seeds(copies.len())?, salt()?);
    let halves: Vec<Hash> =
        copies.iter().zip(&seeds).map(|((own, _), seed)| id_half(&seed.of_id(), own.id.as_str())).collect();
    let sites = record::open_sites((&secret, fixed.until_known), fixed.marking, fixed.prose);
    let root = to_hex(&halves_root(&halves));
    let more = map([("seeds", record::seeds_json(&seeds)), ("sites", to_hex(&secret).into())]);
    for _ in 0..TRIES {
        let open = [
            ("copies", map([("count", count(halves.len())), ("root", root.as_str().into())])),
            ("key", to_hex(&vault.lineage_key(fixed.lineage)?.hash().0).into()),
            ("lineage", to_hex(&fixed.lineage.0).into()),
            ("sites", root_of(&sites)),
        ];
        let details = map([("document", to_hex(&sha256(&[fixed.document])).into())]);
        let mut new = NewEntry::new(Kind::Key, now, open, details, salt()?);
        new.more = more.clone();
        let last = log.append(|_| Ok(vec![new]))?.last().copied();
        let Some(note) = witness::again(&log, now)? else { return Ok(None) };
        let size = note.checkpoint().map_err(Error::damaged)?.size;
        if last.is_some_and(|last| last + 1 == size) {
            return Ok(Some(nonce(&note.to_text())));
        }
    }
    Ok(None)
}

/// What was fixed for the release of a nonce, where that follows from what a witness signed.
///
/// # Errors
/// When the log is damaged.
pub(super) fn bound(log: &super::Log<'_>, state: &State, of: &Hash) -> Result<Option<Bound>> {
    let seen = log.seen()?.into_iter().map(|(size, note)| (size, note.to_text()));
    let Some((size, checkpoint)) = seen.into_iter().find(|(_, text)| nonce(text) == *of) else {
        return Ok(None);
    };
    let last = usize::try_from(size).ok().and_then(|size| state.leaves.get(size.checked_sub(1)?));
    let last = last.ok_or_else(|| Error::damaged("a release is bound to a head that the log has not"))?;
    let (_, more) =
        log.private(last)?.ok_or_else(|| Error::damaged("what a release was bound to is missing"))?;
    let fields = more.fields("a release's secrets", &["seeds", "sites"], &[]).map_err(Error::damaged)?;
    let sites = fields.hex("sites").map_err(Error::damaged)?;
    Ok(Some(Bound { checkpoint, seeds: record::seeds(&more)?, sites }))
}

/// How many sites, and the root over them.
pub(super) fn root_of(sites: &[OpenSite]) -> Json {
    let root = merkle::root(&sites.par_iter().map(OpenSite::leaf).collect::<Vec<_>>());
    record::sites_root(sites.len(), &root)
}
