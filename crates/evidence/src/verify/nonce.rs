//! That nobody chose what codewords follow from.
//!
//! Document, places and ids of copies are committed to in an entry with the key's hash; witnesses sign the head of the log
//! with it, and the nonce is the hash of what they signed. An operator cannot know it beforehand, and each further try
//! is another entry for everybody to see.

use super::commitments::{Committed, opened};
use super::log::moment;
use super::{Told, of_kind};
use crate::bundle::{Entry, Parts};
use crate::encode::to_hex;
use crate::entry::Kind;
use crate::json::{Json, count, map};
use crate::merkle::{Hash, is_consistent};
use crate::note::Note;
use crate::policy::Policy;
use crate::release::{halves_root, nonce};
use crate::{Error, Result};

/// Checks it.
pub fn check(bundle: &Parts, committed: &Committed, policy: &Policy, told: &mut Told<'_>) {
    let Some(text) = &committed.release.checkpoint else {
        return told.cannot("nonce", "no witness was there when the document was sealed: the operator drew the nonce, and could have drawn until codewords suited it");
    };
    match follows(bundle, committed, text, policy) {
        Err(error) => told.not("nonce", error.to_string()),
        Ok(_) if !policy.has_quorum() => {
            told.cannot("nonce", "your policy names no witness: the operator's own word is what it follows from");
        }
        Ok(None) => told.cannot("nonce", "it follows from a head of the log that too few of your witnesses saw"),
        Ok(Some(_)) if committed.finding.named.keys().any(|(batch, _)| *batch > 1) => {
            told.cannot("nonce", "a named copy was added later: its id was chosen when the nonce was known");
        }
        Ok(Some(_)) if committed.inherited() > 0 => told.cannot(
            "nonce",
            "places that were read stand in an earlier draft already, and what copies hold there followed from that one's nonce",
        ),
        Ok(Some(seen)) => told.proven(
            "nonce",
            format!("it follows from what witnesses signed at {}, when document, places and copies were fixed; that the codewords follow from it and the key, the key alone would show", moment(seen)),
        ),
    }
}

/// When witnesses signed what the nonce follows from, where enough did.
fn follows(bundle: &Parts, committed: &Committed, text: &str, policy: &Policy) -> Result<Option<i64>> {
    let wrong = |what: &str| Err(Error::format(what.to_owned()));
    let release = &committed.release;
    let (note, head) = (Note::read(text)?, bundle.checkpoint.checkpoint()?);
    let bound = note.checkpoint()?;
    let Some(key) = policy.log(&head.origin) else { return wrong("the log is none that you trust") };
    if bound.origin != head.origin || !note.is_signed_by(key)? {
        return wrong("the head that the nonce follows from is not one of this log");
    }
    if release.nonce != nonce(text) {
        return wrong("the nonce does not follow from the head that the release names");
    }
    let Some(proof) = &bundle.bound else { return wrong("that the log grew from that head is not shown") };
    if !is_consistent(bound.size, &bound.root, head.size, &head.root, proof) || release.index < bound.size {
        return wrong("the log did not grow from the head that the nonce follows from");
    }
    let mut last = of_kind(bundle, Kind::Key).filter(|entry| entry.index + 1 == bound.size);
    let Some(entry) = last.next() else { return wrong("that head does not end with the key's entry") };
    fixed(bundle, committed, entry)?;
    let seen = policy.seen_at(&note)?;
    match seen {
        Some(seen) if seen < entry.envelope.statement.at() => {
            wrong("witnesses signed that head before its last entry was made, as that says")
        }
        seen => Ok(seen),
    }
}

/// The key's entry fixed document, places and copies.
fn fixed(bundle: &Parts, committed: &Committed, entry: &Entry) -> Result<()> {
    let release = &committed.release;
    let said = entry.envelope.statement.said();
    let fields = said.fields("the key's entry", &["at", "copies", "key", "lineage", "sites"], &[])?;
    let mut halves: Vec<(usize, Hash)> =
        bundle.copies.iter().filter(|copy| copy.batch == 1).map(|copy| (copy.leaf, copy.half)).collect();
    halves.sort_unstable();
    let halves: Vec<Hash> = halves.into_iter().map(|(_, half)| half).collect();
    let root = |size: usize, root: &Hash| map([("count", count(size)), ("root", to_hex(root).into())]);
    let details = opened(entry)?.fields("what the key's entry committed to", &["document"], &[])?;
    let fits = fields.text("key")? == release.key.1
        && fields.text("lineage")? == release.key.0
        && *fields.get("copies")? == root(halves.len(), &halves_root(&halves))
        && *fields.get("sites")? == root(release.sites.0, &release.sites.1)
        && *details.get("document")? == Json::from(release.document.as_str());
    match fits {
        true => Ok(()),
        false => Err(Error::format("document, places or copies are others than when the witnesses signed")),
    }
}
