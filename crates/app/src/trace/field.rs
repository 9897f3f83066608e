//! The copies of one lineage with their codewords at the read sites, and copies that do not exist beside them.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tellmark_codes::{ABSENT, Column, LineageKey, Observed, Rows, Score, Series};
use tellmark_core::fixed::Log2;
use tellmark_core::{CopyId, Hash, Likelihood, LineageId, Marking, Recipient, ReleaseId, SiteId};

use super::case::Entry;
use crate::vault::{codebook, decode_roster};
use crate::{Result, Vault, seal};

/// So many of the strongest copies of a lineage get an e-process; the others have none, and are not named by one.
const PROCESSES: usize = 512;
/// What separates the groups of a recipient that belongs to several.
const GROUPS_SEPARATOR: char = ';';

/// A copy that is tested.
pub struct Tested {
    /// Who holds it.
    pub recipient: Recipient,
    /// The groups it belongs to.
    pub groups: BTreeSet<String>,
    /// Which of the case's entries brought it in.
    pub entry: usize,
    /// The releases it belongs to, in the order in which they were made.
    pub releases: Vec<ReleaseId>,
    /// What the roster of each of them says of it: drafts may give one number to several people.
    pub held: BTreeMap<ReleaseId, Recipient>,
}

/// The copies of a lineage that are tested, by id without regard to case.
///
/// # Errors
/// When a roster cannot be loaded.
pub async fn copies_of(vault: &Vault, lineage: LineageId, entries: &[Entry]) -> Result<Vec<Tested>> {
    let made: Vec<ReleaseId> =
        vault.store.releases_of(lineage).await?.iter().map(|release| release.id).collect();
    let mut copies: BTreeMap<String, Tested> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        for batch in entry.batches.iter().filter(|batch| batch.lineage == lineage) {
            for recipient in decode_roster(&vault.store.blob(batch.roster).await?)?.recipients {
                let groups: Vec<String> = groups(&recipient.group).collect();
                let tested = copies.entry(recipient.id.folded()).or_insert_with(|| Tested {
                    recipient: recipient.clone(),
                    groups: BTreeSet::new(),
                    entry: number,
                    releases: vec![],
                    held: BTreeMap::new(),
                });
                tested.groups.extend(groups);
                tested.held.insert(batch.release, recipient);
            }
        }
    }
    let mut copies: Vec<Tested> = copies.into_values().collect();
    for copy in &mut copies {
        copy.releases = made.iter().copied().filter(|release| copy.held.contains_key(release)).collect();
    }
    Ok(copies)
}

/// The groups of a roster's column: one, or several with semicolons between them.
fn groups(column: &str) -> impl Iterator<Item = String> + '_ {
    column.split(GROUPS_SEPARATOR).map(str::trim).filter(|group| !group.is_empty()).map(String::from)
}

/// A lineage's key, and which sites its releases have.
pub struct Lineage {
    key: LineageKey,
    owned: BTreeMap<ReleaseId, BTreeSet<SiteId>>,
}

impl Lineage {
    /// Loads it.
    ///
    /// # Errors
    /// When the ledger fails or the key does not fit.
    pub async fn load(vault: &Vault, lineage: LineageId) -> Result<Lineage> {
        let releases = vault.store.releases_of(lineage).await?;
        let any = releases.first().ok_or_else(|| crate::Error::damaged("a lineage without a release"))?;
        let key = seal::lineage_key(vault, any).await?;
        let mut owned = BTreeMap::new();
        for release in &releases {
            let marking: Marking = vault.json(release.marking).await?;
            owned.insert(release.id, marking.sites.iter().map(|site| site.id).collect());
        }
        Ok(Lineage { key, owned })
    }

    /// The sites of each of its releases.
    pub fn into_sites(self) -> BTreeMap<ReleaseId, BTreeSet<SiteId>> {
        self.owned
    }
}

/// Codewords and what was read, of one lineage.
pub struct Field<'a> {
    key: &'a LineageKey,
    columns: Vec<Column>,
    sites: Vec<SiteId>,
    /// What was read at each site.
    pub observed: Vec<Observed>,
    /// The tested copies' variants there.
    pub rows: Rows,
}

impl Field<'_> {
    /// Derives the codewords of the tested copies.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn new<'a>(
        vault: &Vault,
        lineage: &'a Lineage,
        observed: &BTreeMap<SiteId, Observed>,
        tested: &[Tested],
    ) -> Result<Field<'a>> {
        let columns = vault.columns(observed.iter().map(|(&id, o)| (id, o.likelihoods.len() as u8))).await?;
        let Lineage { key, owned } = lineage;
        let sites: Vec<SiteId> = observed.keys().copied().collect();
        let present = |releases: &[ReleaseId]| -> Vec<bool> {
            sites.iter().map(|site| releases.iter().any(|release| owned[release].contains(site))).collect()
        };
        let mut masks: BTreeMap<&[ReleaseId], Vec<bool>> = BTreeMap::new();
        for copy in tested {
            masks.entry(&copy.releases).or_insert_with(|| present(&copy.releases));
        }
        let mut field = Field {
            key,
            columns,
            observed: observed.values().cloned().collect(),
            sites,
            rows: Rows::default(),
        };
        field.rows = field.draw(tested.len(), |book, index, row| {
            let copy = &tested[index];
            book.codeword(&copy.recipient.id, row);
            let mask = &masks[copy.releases.as_slice()];
            row.iter_mut()
                .zip(mask)
                .filter(|(_, present)| !**present)
                .for_each(|(symbol, _)| *symbol = ABSENT);
        })?;
        Ok(field)
    }

    /// Copies that were never made, under the lineage's key.
    ///
    /// # Errors
    /// When the columns are not possible ones.
    pub fn decoys(&self, count: u32) -> Result<Rows> {
        self.draw(count as usize, |book, index, row| book.decoy(index as u32, row))
    }

    /// What copies would hold under fresh keys, one each. The keys follow from the reading, which was recorded
    /// before any codeword was derived: whoever has it can draw them again.
    ///
    /// # Errors
    /// When the columns are not possible ones.
    pub fn replayed(&self, reading: Hash, count: u32) -> Result<Rows> {
        let copy = CopyId::parse("replayed").map_err(crate::Error::damaged)?;
        self.draw(count as usize, |book, index, row| {
            let key = Hash::of_fields("tellmark replay key v1", &[&reading.0, &(index as u32).to_le_bytes()]);
            book.under(&LineageKey::new(key.0), &copy, row);
        })
    }

    fn draw(
        &self,
        copies: usize,
        draw: impl Fn(&tellmark_codes::Codebook<'_>, usize, &mut [u8]) + Sync,
    ) -> Result<Rows> {
        let book = codebook(self.key, &self.columns)?;
        let columns = self.columns.len();
        let mut symbols = vec![0; columns * copies];
        let rows = symbols.par_chunks_mut(columns.max(1)).enumerate();
        rows.for_each(|(index, row)| draw(&book, index, row));
        Ok(Rows { columns, symbols })
    }

    /// The e-processes of the strongest copies, by row. `entered` are the looks with which the copies entered, and
    /// `fresh` says what was read from a look on, each site as the first look since then read it: what was read
    /// before a copy existed is no news of it.
    ///
    /// # Errors
    /// When the columns are not possible ones.
    pub fn processes(
        &self,
        scores: &[Score],
        fresh: impl Fn(u32) -> BTreeMap<SiteId, (u32, Observed)>,
        entered: &[u32],
        looks: u32,
    ) -> Result<BTreeMap<usize, Vec<Log2>>> {
        if self.sites.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut strongest: Vec<usize> = (0..scores.len()).collect();
        strongest.sort_by_key(|&row| (std::cmp::Reverse(scores[row].e), row));
        strongest.truncate(PROCESSES);
        let mut together: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        strongest.into_iter().for_each(|row| together.entry(entered[row]).or_default().push(row));
        let mut processes = BTreeMap::new();
        for (from, copies) in together {
            let (first_look, observed) = self.first_read(&fresh(from));
            let series =
                Series { observed: &observed, first_look: &first_look, rows: &self.rows, entered, looks };
            processes.extend(copies.iter().copied().zip(series.processes(&copies)?));
        }
        Ok(processes)
    }

    /// The look that read each site first and what it read; nothing at all, in the first look, for the others.
    fn first_read(&self, fresh: &BTreeMap<SiteId, (u32, Observed)>) -> (Vec<u32>, Vec<Observed>) {
        let nothing = |of: &Observed| Observed { likelihoods: vec![Likelihood::ONE; of.likelihoods.len()] };
        let each = self.sites.iter().zip(&self.observed);
        each.map(|(site, of)| fresh.get(site).cloned().unwrap_or_else(|| (0, nothing(of)))).unzip()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_recipient_may_belong_to_several_groups() {
        let of = |column| super::groups(column).collect::<Vec<_>>();
        assert_eq!(of("north"), ["north"]);
        assert_eq!(of(" north; legal ;"), ["north", "legal"]);
        assert!(of("").is_empty());
    }
}
