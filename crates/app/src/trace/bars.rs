//! The bars that copies are measured by: alpha and its shares, before any copy is weighed.

use tellmark_codes::{Alpha, Batch, Threshold, copy_threshold};
use tellmark_core::fixed::Log2;

use super::case::{Case, Entry};
use crate::plan::parse_alpha;
use crate::{Result, Vault};

/// Alpha and what it asks of the copies of each entry.
#[derive(Debug)]
pub struct Bars {
    /// The alpha by which this look decides: the strictest of the case's releases.
    pub alpha: Alpha,
    /// The bound of the whole case as it was given: that by which its first look decided. Releases that entered
    /// later can have made later looks stricter, not those before.
    pub bound: String,
    /// For each entry of the case its size, number and look.
    pub batches: Vec<Batch>,
    /// For each entry its threshold.
    pub thresholds: Vec<Threshold>,
}

impl Bars {
    /// The bars of a case whose entries brought in so many copies each.
    ///
    /// # Errors
    /// When a release cannot be loaded.
    pub async fn new(vault: &Vault, case: &Case, entries: &[Entry], entered: &[u64]) -> Result<Bars> {
        let (_, alpha) = strictest(vault, entries).await?;
        let first = entries.first().map_or(0, |entry| entry.look);
        let at_first: Vec<Entry> = entries.iter().filter(|entry| entry.look == first).cloned().collect();
        let (bound, _) = strictest(vault, &at_first).await?;
        let batches = batches(case, entries, entered);
        let thresholds = batches.iter().map(|batch| copy_threshold(alpha, batch)).collect();
        Ok(Bars { alpha, bound, batches, thresholds })
    }

    /// The e-value of all looks together that names a copy of an entry at this look.
    pub fn e_needed(&self, entry: usize) -> Log2 {
        self.thresholds[entry].e
    }
}

fn batches(case: &Case, entries: &[Entry], entered: &[u64]) -> Vec<Batch> {
    let numbered = entries.iter().zip(entered).enumerate();
    numbered
        .map(|(index, (entry, &copies))| Batch {
            copies: copies.max(1),
            look: case.look() - entry.look + 1,
            number: index as u32 + 1,
        })
        .collect()
}

/// A release's alpha was fixed when it was sealed; a case over several obeys the strictest.
async fn strictest(vault: &Vault, entries: &[Entry]) -> Result<(String, Alpha)> {
    let mut strictest: Option<(String, Alpha)> = None;
    for release in entries.iter().flat_map(|entry| &entry.batches).map(|batch| batch.release) {
        let text = vault.store.release(release).await?.alpha;
        let alpha = parse_alpha(&text)?;
        if strictest.as_ref().is_none_or(|(_, so_far)| alpha < *so_far) {
            strictest = Some((text, alpha));
        }
    }
    match strictest {
        Some(found) => Ok(found),
        None => Ok((crate::DEFAULT_ALPHA.into(), parse_alpha(crate::DEFAULT_ALPHA)?)),
    }
}
