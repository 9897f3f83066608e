//! A case: its looks so far, what they read, and which copies each of them brought in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use tellmark_codes::{Look, Observed};
use tellmark_core::{CopyId, Hash, LineageId, Outcome, Reading, ReleaseId, SiteId};

use tellmark_store::LookState;

use super::decide::Decision;
use super::finding::{Finding, ReadBefore};
use super::gather::{Alone, Gathered};
use super::material::Material;
use crate::{Error, Result, Vault};

/// What one look read, as it is recorded before any codeword is derived.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct LookRecord {
    version: u32,
    /// The look's number in its case, from 1.
    pub look: u32,
    reader_version: u32,
    /// The programs that recognised text in pictures, with their languages, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    programs: Vec<String>,
    /// The readings, the closest release of each lineage first.
    pub readings: Vec<Reading>,
    /// What single exhibits show, where several show something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    alone: Vec<Alone>,
    /// The batches whose copies are tested: those of every release with a site read.
    pub tested: Vec<TestedBatch>,
}

/// A batch of copies that a look tests.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TestedBatch {
    /// The lineage of the release.
    pub lineage: LineageId,
    /// The release.
    pub release: ReleaseId,
    /// The batch's number in its release, from 1.
    pub batch: u32,
    /// The blob that holds its roster.
    pub roster: Hash,
}

/// What one look found, as it is recorded.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct FindingRecord {
    version: u32,
    /// The finding as it was printed.
    pub finding: serde_json::Value,
    /// The copies named up to this look.
    pub named: Vec<(LineageId, CopyId)>,
    /// The groups named up to this look.
    pub groups: Vec<String>,
}

/// The looks of a case, in order.
#[derive(Debug, Default)]
pub struct Case {
    /// What each look read.
    pub looks: Vec<LookRecord>,
    /// The copies that earlier looks named: a name once given stays, the bound holds for all looks together.
    pub named: Vec<EarlierName>,
    /// The groups that earlier looks named.
    pub groups: Vec<String>,
}

/// A copy that an earlier look named, with the figures by which it did.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierName {
    /// The copy's lineage.
    pub lineage: LineageId,
    /// The copy.
    pub copy: CopyId,
    /// The look that named it first.
    pub look: u32,
    /// The e-value then, as a decimal logarithm, rounded down.
    pub e_log10: f64,
    /// The chance that an innocent copy does as well, rounded up.
    pub p: f64,
    /// The same for any innocent copy of the case.
    pub p_familywise: f64,
}

/// What the looks of a case together show at each site, lineage by lineage.
pub type Merged = BTreeMap<LineageId, BTreeMap<SiteId, Observed>>;

impl LookRecord {
    /// The record of a look that was just read.
    pub fn new(look: u32, materials: &[Material], gathered: &Gathered, tested: &[TestedBatch]) -> LookRecord {
        LookRecord {
            version: 1,
            look,
            reader_version: tellmark_wording::READER_VERSION,
            programs: programs(materials),
            readings: gathered.seen.iter().map(|seen| seen.reading.clone()).collect(),
            alone: gathered.alone.clone(),
            tested: tested.to_vec(),
        }
    }

    /// What single exhibits show, by their number, where several show something.
    pub fn alone(&self) -> impl Iterator<Item = (u32, &[Reading])> {
        self.alone.iter().map(|alone| (alone.exhibit, alone.readings.as_slice()))
    }

    /// The version of the reader.
    pub fn reader_version(&self) -> u32 {
        self.reader_version
    }

    /// The hash by which the ledger knows it.
    ///
    /// # Errors
    /// Never in practice: it always encodes.
    pub fn hash(&self) -> Result<Hash> {
        Ok(Hash::of(&serde_json::to_vec(self).map_err(Error::damaged)?))
    }

    /// Records it; returns its hash.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn store(&self, vault: &Vault, case: &str, now: i64) -> Result<Hash> {
        let bytes = serde_json::to_vec(self).map_err(Error::damaged)?;
        Ok(vault.store.record_reading(case, self.look, &bytes, now).await?)
    }

    /// The lineage of each reading's release is among the tested batches, or nothing of it was read.
    fn lineage_of(&self, release: ReleaseId) -> Option<LineageId> {
        self.tested.iter().find(|tested| tested.release == release).map(|tested| tested.lineage)
    }

    /// One observation a site: within a look the closest release speaks first.
    pub fn observations(&self) -> Merged {
        self.observations_of(&self.readings)
    }

    fn lineages(&self) -> BTreeSet<LineageId> {
        let alone = self.alone.iter().map(|alone| &alone.readings);
        let read = alone.chain([&self.readings]).flat_map(|readings| self.observations_of(readings));
        read.filter(|(_, sites)| !sites.is_empty()).map(|(lineage, _)| lineage).collect()
    }

    /// What it read of one lineage.
    fn of(&self, lineage: LineageId) -> Look<SiteId> {
        let own = |readings: &[Reading]| self.observations_of(readings).remove(&lineage).unwrap_or_default();
        let alone = self.alone.iter().map(|alone| (alone.exhibit, own(&alone.readings)));
        Look { read: own(&self.readings), alone: alone.collect() }
    }

    fn observations_of(&self, readings: &[Reading]) -> Merged {
        let mut merged = Merged::new();
        for reading in readings {
            let Some(lineage) = self.lineage_of(reading.release) else { continue };
            let sites = merged.entry(lineage).or_default();
            for site in &reading.sites {
                if let Outcome::Read { likelihoods, .. } = &site.outcome {
                    sites.entry(site.site).or_insert_with(|| Observed { likelihoods: likelihoods.clone() });
                }
            }
        }
        merged
    }
}

impl FindingRecord {
    /// The record of a finding.
    pub fn new(finding: &Finding, decision: &Decision) -> FindingRecord {
        FindingRecord {
            version: 1,
            finding: serde_json::to_value(finding).unwrap_or_default(),
            named: decision.named.clone(),
            groups: decision.groups.clone(),
        }
    }
}

impl Case {
    /// The case with one more look.
    pub fn with(mut self, look: LookRecord) -> Case {
        self.looks.push(look);
        self
    }

    /// Keeps what a look's finding says of the copies that it is the first to name.
    fn remember(&mut self, look: u32, named: Vec<(LineageId, CopyId)>, finding: &serde_json::Value) {
        for (lineage, copy) in named {
            if self.named.iter().any(|earlier| earlier.lineage == lineage && earlier.copy == copy) {
                continue;
            }
            let lines = finding["named"].as_array().map(Vec::as_slice).unwrap_or_default();
            // Copies of two documents may have one id.
            let is_own = |line: &&serde_json::Value| {
                let release = serde_json::from_value(line["release"].clone()).ok();
                line["copy"] == copy.as_str() && release.and_then(|r| self.lineage_of(r)) == Some(lineage)
            };
            let line = lines.iter().find(is_own);
            let figure = |name: &str| line.and_then(|line| line[name].as_f64());
            self.named.push(EarlierName {
                lineage,
                copy,
                look,
                e_log10: figure("e_log10").unwrap_or(f64::NEG_INFINITY),
                p: figure("p").unwrap_or(1.0),
                p_familywise: figure("p_familywise").unwrap_or(1.0),
            });
        }
    }

    /// The lineage of a release that a look tested.
    fn lineage_of(&self, release: ReleaseId) -> Option<LineageId> {
        self.looks.iter().find_map(|look| look.lineage_of(release))
    }

    /// The look that is being made.
    pub fn look(&self) -> u32 {
        self.looks.last().map_or(0, |look| look.look)
    }

    /// What the look that is being made shows, lineage by lineage; only those of which it read something.
    pub fn last_read(&self) -> Merged {
        let mut read = self.looks.last().map(LookRecord::observations).unwrap_or_default();
        read.retain(|_, sites| !sites.is_empty());
        read
    }

    /// What each look read of a lineage, in order.
    pub fn looks_at(&self, lineage: LineageId) -> Vec<Look<SiteId>> {
        self.looks.iter().map(|look| look.of(lineage)).collect()
    }

    /// The lineages of which a look read something, or one exhibit of it did.
    pub fn lineages(&self) -> BTreeSet<LineageId> {
        self.looks.iter().flat_map(LookRecord::lineages).collect()
    }

    /// The lineages of which the look that is being made, or one exhibit of it, reads something.
    pub fn lineages_of_last(&self) -> BTreeSet<LineageId> {
        self.looks.last().map(LookRecord::lineages).unwrap_or_default()
    }

    /// The place of a look among those that read something.
    pub fn place_of(&self, look: u32) -> u32 {
        self.looks.iter().take_while(|earlier| earlier.look < look).count() as u32
    }

    /// The batches in the order in which they entered, each with the look that brought it.
    ///
    /// Copies that enter with one look and have the same batch number in their releases are one batch of the
    /// case. Nothing here depends on a codeword.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for look in &self.looks {
            let is_new = |tested: &&TestedBatch| !entries.iter().any(|entry| entry.batches.contains(tested));
            let mut fresh: Vec<TestedBatch> = look.tested.iter().filter(is_new).cloned().collect();
            fresh.sort_by_key(|tested| (tested.batch, tested.lineage, tested.release));
            for group in fresh.chunk_by(|a, b| a.batch == b.batch) {
                entries.push(Entry { look: look.look, batches: group.to_vec() });
            }
        }
        entries
    }
}

/// Batches of copies that entered a case together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The look with which they entered.
    pub look: u32,
    /// The batches.
    pub batches: Vec<TestedBatch>,
}

/// How long a look waits for an earlier one of its case that is still reading.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

/// Loads what the looks of a case before this one came to.
///
/// Each batch of copies has a share of alpha by its number in the case, and the looks decide which batches there
/// are: a look that is being read by another command is waited for. One that does not come to an end has died,
/// or has stopped for long: it is recorded as failed, so that it can neither read nor name anybody later. One that
/// has read and is still weighing is not waited for: what it read counts here, and whom it names it names itself.
///
/// # Errors
/// When a record is damaged.
pub async fn before(vault: &Vault, name: &str, number: u32, now: i64) -> Result<Case> {
    let started = Instant::now();
    let mut case = Case::default();
    for earlier in 1..number {
        let mut look = vault.store.look(name, earlier).await?;
        while look.state == LookState::Registered {
            if started.elapsed() > PATIENCE {
                let because = format!("nothing was read when look {number} was taken");
                match vault.store.record_failure(name, earlier, &because, now).await {
                    Ok(()) | Err(tellmark_store::Error::Conflict { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            } else {
                tokio::time::sleep(PAUSE).await;
            }
            look = vault.store.look(name, earlier).await?;
        }
        if let Some(bytes) = vault.store.reading(name, earlier).await? {
            case.looks.push(serde_json::from_slice(&bytes).map_err(|e| damaged(name, &e))?);
        }
        if let Some(bytes) = vault.store.finding(name, earlier).await? {
            let record: FindingRecord = serde_json::from_slice(&bytes).map_err(|e| damaged(name, &e))?;
            case.remember(earlier, record.named, &record.finding);
            case.groups.extend(record.groups);
        }
    }
    case.groups.sort_unstable();
    case.groups.dedup();
    Ok(case)
}

/// How many of the sites of a case's last look were read alike by looks of other cases, all of them together: whoever chose
/// an exhibit by what they found has voided the bound. `None` where it is less than a quarter of the sites. A look counts
/// where it agrees at three of four sites that both show: leaks that have nothing to do with each other do so at half.
///
/// # Errors
/// When the ledger fails or a record is damaged.
pub async fn read_before(vault: &Vault, name: &str, case: &Case) -> Result<Option<ReadBefore>> {
    #[derive(serde::Deserialize)]
    struct Tested {
        tested: Vec<TestedBatch>,
    }
    let Some(last) = case.looks.last() else { return Ok(None) };
    let own: BTreeMap<LineageId, Look<SiteId>> =
        last.observations().into_keys().map(|lineage| (lineage, last.of(lineage))).collect();
    let read: usize = own.values().map(|look| look.read.len()).sum();
    let mut earlier: BTreeMap<LineageId, Vec<Look<SiteId>>> = BTreeMap::new();
    let mut looks: Vec<(String, u32, usize)> = Vec::new();
    for other in vault.store.cases().await?.into_iter().filter(|other| other.name != name && read > 0) {
        for step in vault.store.looks(&other.name).await? {
            let Some(reading) = step.reading else { continue };
            let bytes = vault.store.blob(reading.content).await?;
            // Most cases are of other documents: their likelihoods are not decoded.
            let Tested { tested } = serde_json::from_slice(&bytes).map_err(|e| damaged(&other.name, &e))?;
            if !tested.iter().any(|batch| own.contains_key(&batch.lineage)) {
                continue;
            }
            let record: LookRecord = serde_json::from_slice(&bytes).map_err(|e| damaged(&other.name, &e))?;
            let before: Vec<Look<SiteId>> = own.keys().map(|&lineage| record.of(lineage)).collect();
            let (mut alike, mut shared) = (0, 0);
            for (look, before) in own.values().zip(&before) {
                let of = tellmark_codes::alike(look, std::slice::from_ref(before));
                (alike, shared) = (alike + of.0, shared + of.1);
            }
            if alike > 0 && 4 * alike >= 3 * shared {
                looks.push((other.name.clone(), step.number, alike));
                for (&lineage, before) in own.keys().zip(before) {
                    earlier.entry(lineage).or_default().push(before);
                }
            }
        }
    }
    let of = |(lineage, look)| tellmark_codes::alike(look, earlier.get(lineage).map_or(&[], Vec::as_slice)).0;
    let alike: usize = own.iter().map(of).sum();
    looks.sort_by_key(|(_, _, sites)| std::cmp::Reverse(*sites));
    Ok(looks.first().filter(|_| 4 * alike >= read).map(|(case, look, _)| ReadBefore {
        case: case.clone(),
        look: *look,
        looks: looks.len(),
        sites: alike,
        of: read,
    }))
}

/// The batches of every release that has a site read, whichever release of the lineage it was read in, and whether by all
/// exhibits together or by one.
///
/// # Errors
/// When the ledger fails.
pub async fn tested_batches(vault: &Vault, gathered: &Gathered) -> Result<Vec<TestedBatch>> {
    let mut read: BTreeMap<LineageId, Vec<SiteId>> = BTreeMap::new();
    let lineages: BTreeMap<ReleaseId, LineageId> =
        gathered.seen.iter().map(|seen| (seen.release.id, seen.release.lineage)).collect();
    // Exhibits that contradict each other everywhere show nothing together, and each of them something.
    let alone = gathered.alone.iter().flat_map(|alone| &alone.readings);
    for reading in gathered.seen.iter().map(|seen| &seen.reading).chain(alone) {
        let Some(&lineage) = lineages.get(&reading.release) else { continue };
        let sites = reading.sites.iter().filter(|site| matches!(site.outcome, Outcome::Read { .. }));
        read.entry(lineage).or_default().extend(sites.map(|site| site.site));
    }
    let mut tested = Vec::new();
    for (lineage, sites) in read {
        let sites: BTreeSet<SiteId> = sites.into_iter().collect();
        for release in vault.store.releases_of(lineage).await? {
            let marking: tellmark_core::Marking = vault.json(release.marking).await?;
            if !marking.sites.iter().any(|site| sites.contains(&site.id)) {
                continue;
            }
            for batch in vault.store.batches(release.id).await? {
                let (release, roster, batch) = (release.id, batch.roster, batch.number);
                tested.push(TestedBatch { lineage, release, batch, roster });
            }
        }
    }
    Ok(tested)
}

/// The one release whose copies a look tested; `None` where it tested several, or none. Looked at again, it is looked at alone.
///
/// # Errors
/// When the ledger fails or the record is damaged.
pub(crate) async fn only_tested(vault: &Vault, name: &str, look: u32) -> Result<Option<ReleaseId>> {
    let Some(bytes) = vault.store.reading(name, look).await? else { return Ok(None) };
    let record: LookRecord = serde_json::from_slice(&bytes).map_err(|e| damaged(name, &e))?;
    let tested: BTreeSet<ReleaseId> = record.tested.iter().map(|batch| batch.release).collect();
    Ok(tested.first().copied().filter(|_| tested.len() == 1))
}

/// The programs that recognised text, each once.
pub(super) fn programs(materials: &[Material]) -> Vec<String> {
    let programs: std::collections::BTreeSet<&String> =
        materials.iter().filter_map(|material| material.program.as_ref()).collect();
    programs.into_iter().cloned().collect()
}

fn damaged(case: &str, why: &dyn std::fmt::Display) -> Error {
    Error::damaged(format!("case {case}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(release: u8, batch: u32) -> TestedBatch {
        TestedBatch {
            lineage: LineageId([1; 8]),
            release: ReleaseId([release; 8]),
            batch,
            roster: Hash([0; 32]),
        }
    }

    fn look(look: u32, tested: Vec<TestedBatch>) -> LookRecord {
        LookRecord {
            version: 1,
            look,
            reader_version: 1,
            programs: vec![],
            readings: vec![],
            alone: vec![],
            tested,
        }
    }

    #[test]
    fn late_copies_are_a_batch_of_their_own() {
        let case = Case::default()
            .with(look(1, vec![batch(1, 1), batch(2, 1), batch(1, 2)]))
            .with(look(2, vec![batch(1, 1), batch(1, 2), batch(1, 3)]));
        let entries = case.entries();
        let shapes: Vec<_> = entries.iter().map(|entry| (entry.look, entry.batches.len())).collect();
        assert_eq!(shapes, [(1, 2), (1, 1), (2, 1)]);
    }
}
