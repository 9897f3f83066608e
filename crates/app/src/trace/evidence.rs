//! The weight of the evidence on every copy that existed, and on ten thousand that never did.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tellmark_codes::{ABSENT, Codebook, Observed, Rows, Score};
use tellmark_core::{CopyId, LineageId, Marking, Recipient, ReleaseId, SiteId};

use super::case::{Case, Entry};
use crate::vault::{codebook, decode_roster};
use crate::{Result, Vault, seal};

/// Copies that were never made, traced alongside: what chance does with this exhibit.
pub const DECOYS: u32 = 10_000;

/// A copy that is tested, and what the exhibit says about it.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// Its lineage.
    pub lineage: LineageId,
    /// The releases it belongs to, in the order in which they were made.
    pub releases: Vec<ReleaseId>,
    /// Who holds it.
    pub recipient: Recipient,
    /// Which of the case's entries brought it in.
    pub entry: usize,
    /// The evidence.
    pub score: Score,
    /// Which row of its lineage's codewords is its own.
    row: usize,
}

/// The evidence of a look.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Every tested copy, the likeliest first; equal ones by lineage and id.
    pub suspects: Vec<Suspect>,
    /// The evidence on the decoys, the best first.
    pub decoys: Vec<Score>,
    /// The case's entries.
    pub entries: Vec<Entry>,
    /// How many copies each entry brought in.
    pub entered: Vec<u64>,
    /// The read sites of all lineages.
    pub observed: BTreeMap<LineageId, BTreeMap<SiteId, Observed>>,
    /// The codewords of the tested copies at these sites.
    rows: BTreeMap<LineageId, Rows>,
}

impl Evidence {
    /// Of the suspects that reached their threshold, given by index, those that are not needed beside a stronger
    /// one of their lineage.
    pub fn withheld(&self, reached: &[usize]) -> Vec<usize> {
        let mut withheld = Vec::new();
        for (lineage, observed) in &self.observed {
            let Some(rows) = self.rows.get(lineage) else { continue };
            let observed: Vec<Observed> = observed.values().cloned().collect();
            let own = reached.iter().map(|&index| (index, &self.suspects[index]));
            let own: Vec<(usize, &Suspect)> =
                own.filter(|(_, suspect)| suspect.lineage == *lineage).collect();
            let candidates: Vec<_> = own.iter().map(|(_, suspect)| (suspect.row, suspect.score.e)).collect();
            let spare = tellmark_codes::withheld(&observed, rows, &candidates);
            withheld.extend(own.iter().filter(|(_, s)| spare.contains(&s.row)).map(|(index, _)| *index));
        }
        withheld
    }
}

/// Scores every tested copy and the decoys.
///
/// # Errors
/// When the ledger fails or the key does not fit.
pub async fn weigh(vault: &Vault, case: &Case) -> Result<Evidence> {
    let entries = case.entries();
    let mut evidence =
        Evidence { entered: vec![0; entries.len()], observed: case.merged(), ..Evidence::default() };
    for (&lineage, observed) in &case.merged() {
        if observed.is_empty() {
            continue;
        }
        let mut copies = copies_of(vault, lineage, &entries).await?;
        for copy in copies.values() {
            evidence.entered[copy.entry] += 1;
        }
        let scored = score_lineage(vault, lineage, observed, &mut copies).await?;
        evidence.suspects.extend(scored.suspects);
        evidence.decoys.extend(scored.decoys);
        evidence.rows.insert(lineage, scored.rows);
    }
    evidence.suspects.sort_by(|a, b| {
        let key = |s: &Suspect| (std::cmp::Reverse(s.score.e), s.lineage, s.recipient.id.clone());
        key(a).cmp(&key(b))
    });
    evidence.decoys.sort_by_key(|score| std::cmp::Reverse(score.e));
    evidence.entries = entries;
    Ok(evidence)
}

struct Tested {
    recipient: Recipient,
    entry: usize,
    releases: Vec<ReleaseId>,
}

/// The copies of a lineage that are tested, by id without regard to case.
async fn copies_of(vault: &Vault, lineage: LineageId, entries: &[Entry]) -> Result<BTreeMap<String, Tested>> {
    let mut copies: BTreeMap<String, Tested> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        for batch in entry.batches.iter().filter(|batch| batch.lineage == lineage) {
            for recipient in decode_roster(&vault.store.blob(batch.roster).await?)?.recipients {
                let tested = copies.entry(recipient.id.folded()).or_insert_with(|| Tested {
                    recipient,
                    entry: number,
                    releases: vec![],
                });
                if !tested.releases.contains(&batch.release) {
                    tested.releases.push(batch.release);
                }
            }
        }
    }
    Ok(copies)
}

#[derive(Default)]
struct Scored {
    suspects: Vec<Suspect>,
    decoys: Vec<Score>,
    rows: Rows,
}

async fn score_lineage(
    vault: &Vault,
    lineage: LineageId,
    observed: &BTreeMap<SiteId, Observed>,
    copies: &mut BTreeMap<String, Tested>,
) -> Result<Scored> {
    let releases = vault.store.releases_of(lineage).await?;
    let Some(any) = releases.first() else { return Ok(Scored::default()) };
    let key = seal::lineage_key(vault, any).await?;
    let columns = vault.columns(observed.iter().map(|(&id, o)| (id, o.likelihoods.len() as u8))).await?;
    let codebook = codebook(&key, &columns)?;
    let mut owned: BTreeMap<ReleaseId, BTreeSet<SiteId>> = BTreeMap::new();
    for release in &releases {
        let marking: Marking = vault.json(release.marking).await?;
        owned.insert(release.id, marking.sites.iter().map(|site| site.id).collect());
    }
    let sites: Vec<SiteId> = observed.keys().copied().collect();
    let list: Vec<Observed> = observed.values().cloned().collect();
    let tested: Vec<&Tested> = copies.values().collect();
    let present = |releases: &[ReleaseId]| -> Vec<bool> {
        sites.iter().map(|site| releases.iter().any(|release| owned[release].contains(site))).collect()
    };
    let mut masks: BTreeMap<&[ReleaseId], Vec<bool>> = BTreeMap::new();
    for copy in &tested {
        masks.entry(&copy.releases).or_insert_with(|| present(&copy.releases));
    }
    let rows = rows(&codebook, sites.len(), &tested, |copy| &masks[copy.releases.as_slice()]);
    let scores = tellmark_codes::score(&list, &rows)?;
    let decoys = tellmark_codes::score(&list, &decoy_rows(&codebook, sites.len()))?;
    let suspects = std::mem::take(copies).into_values().zip(scores).enumerate();
    let suspects = suspects.map(|(row, (copy, score))| Suspect {
        lineage,
        releases: copy.releases,
        recipient: copy.recipient,
        entry: copy.entry,
        score,
        row,
    });
    Ok(Scored { suspects: suspects.collect(), decoys, rows })
}

fn rows<'a>(
    codebook: &Codebook<'_>,
    columns: usize,
    tested: &[&'a Tested],
    mask: impl Fn(&'a Tested) -> &'a Vec<bool> + Sync,
) -> Rows {
    let mut symbols = vec![0; columns * tested.len()];
    symbols.par_chunks_mut(columns.max(1)).zip(tested).for_each(|(row, copy)| {
        let id: &CopyId = &copy.recipient.id;
        codebook.codeword(id, row);
        for (symbol, present) in row.iter_mut().zip(mask(copy)) {
            if !present {
                *symbol = ABSENT;
            }
        }
    });
    Rows { columns, symbols }
}

fn decoy_rows(codebook: &Codebook<'_>, columns: usize) -> Rows {
    let mut symbols = vec![0; columns * DECOYS as usize];
    symbols
        .par_chunks_mut(columns.max(1))
        .enumerate()
        .for_each(|(index, row)| codebook.decoy(index as u32, row));
    Rows { columns, symbols }
}
