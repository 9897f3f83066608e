//! The texts of the vault's releases, indexed: kept by a process from one document to the next.
//!
//! Others seal into the same ledger, so what is new there is added before each look. A release never changes and is never
//! removed; should the ledger hold others than those that are known, all are read again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tellmark_core::{Alignment, LineageId, ReleaseId};
use tellmark_spotting::{Found, Index};
use tellmark_store::{NewText, Store};
use tokio::sync::RwLock;

use super::taken::Old;
use crate::{Result, Vault};

/// A release that a text quotes, and the words that correspond.
pub(crate) type Quoted = (ReleaseId, LineageId, Alignment);

/// The texts of some releases, indexed.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Whose originals the index holds, in its order.
    releases: Vec<(ReleaseId, LineageId)>,
    index: Index,
}

impl Texts {
    pub fn add(&mut self, new: &[NewText]) {
        // Ranks as the ledger lists releases.
        let rank = |text: &NewText| (text.created_at, u64::from_be_bytes(text.release.0));
        self.index.add(new.iter().map(|text| (rank(text), text.text.as_str())));
        self.releases.extend(new.iter().map(|text| (text.release, text.lineage)));
    }

    /// The releases that a text quotes, best first.
    pub fn find(&self, text: &str) -> Vec<Quoted> {
        let of = |found: Found| {
            let (release, lineage) = self.releases[found.original];
            (release, lineage, found.alignment)
        };
        self.index.find(text).into_iter().map(of).collect()
    }
}

/// Bytes of memory for releases that were read before.
const OLD_BYTES_MAX: usize = 128 << 20;

/// All texts of a vault, and some of its releases as they are read. They lie in memory only.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    texts: RwLock<(BTreeSet<ReleaseId>, Texts)>,
    old: Mutex<Olds>,
}

/// Releases by their ids, up to so many bytes. Those of the smallest ids stay: ids are chance, and a document that quotes more than
/// there is room for would push all out of a list of what was used last.
#[derive(Debug, Default)]
struct Olds {
    by_id: BTreeMap<ReleaseId, Arc<Old>>,
    bytes: usize,
}

impl Olds {
    fn put(&mut self, old: &Arc<Old>, bytes_max: usize) {
        if self.by_id.insert(old.release.id, old.clone()).is_none() {
            self.bytes += old.size;
        }
        while self.bytes > bytes_max
            && let Some((_, last)) = self.by_id.pop_last()
        {
            self.bytes -= last.size;
        }
    }
}

impl Kept {
    /// The releases that a text quotes, best first, among all that the ledger holds now.
    ///
    /// # Errors
    /// When the ledger fails, or a text in it is damaged.
    pub async fn find(&self, store: &Store, text: &str) -> Result<Vec<Quoted>> {
        let mut held = self.texts.write().await;
        let (known, texts) = &mut *held;
        let new = match store.texts_beyond(known).await? {
            Some(new) => new,
            None => {
                (*known, *texts) = Default::default();
                store.texts_beyond(known).await?.unwrap_or_default()
            }
        };
        texts.add(&new);
        known.extend(new.iter().map(|text| text.release));
        Ok(held.downgrade().1.find(text))
    }

    /// A release as it is read. What was recorded of it never changes.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn old(&self, vault: &Vault, id: ReleaseId) -> Result<Arc<Old>> {
        if let Some(old) = self.olds().by_id.get(&id) {
            return Ok(old.clone());
        }
        let old = Arc::new(Old::load(vault, vault.store.release(id).await?).await?);
        self.olds().put(&old, OLD_BYTES_MAX);
        Ok(old)
    }

    fn olds(&self) -> MutexGuard<'_, Olds> {
        self.old.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
