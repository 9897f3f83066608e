//! Who is named: the decision rule, applied to every copy and every group.

use std::collections::BTreeMap;

use tellmark_codes::{Alpha, Batch, Threshold, copy_threshold, group_e, group_threshold, names};
use tellmark_core::fixed::Log2;
use tellmark_core::{CopyId, LineageId};

use super::case::{Case, Entry};
use super::evidence::{Evidence, Suspect};
use crate::plan::parse_alpha;
use crate::{Result, Vault};

/// The result of the decision rule.
#[derive(Debug)]
pub struct Decision {
    /// The bound of the case: the strictest of its releases.
    pub alpha: Alpha,
    /// The bound as it was given.
    pub alpha_text: String,
    /// For each entry of the case its size, number and look.
    pub batches: Vec<Batch>,
    /// For each entry its threshold.
    pub thresholds: Vec<Threshold>,
    /// The copies named up to this look.
    pub named: Vec<(LineageId, CopyId)>,
    /// Those among them that this look names, by what the case shows now.
    pub named_now: Vec<(LineageId, CopyId)>,
    /// Copies that reached the threshold at this look and are not named, because another that did explains the
    /// reading as well without them: indices of suspects.
    pub withheld: Vec<usize>,
    /// The groups named up to this look.
    pub groups: Vec<String>,
    /// The evidence on each group.
    pub group_evidence: Vec<GroupEvidence>,
}

/// The evidence on a group: that the source is one of its members, whichever.
#[derive(Debug, Clone)]
pub struct GroupEvidence {
    /// The group.
    pub group: String,
    /// How many of its copies are tested.
    pub members: usize,
    /// The average of its members' e-values, rounded down.
    pub e: Log2,
    /// Whether this look names it.
    pub named: bool,
}

/// Applies the decision rule.
///
/// # Errors
/// When a release cannot be loaded.
pub async fn decide(vault: &Vault, case: &Case, evidence: &Evidence) -> Result<Decision> {
    let (alpha_text, alpha) = strictest(vault, &evidence.entries).await?;
    let batches = batches(case, evidence);
    let thresholds: Vec<Threshold> = batches.iter().map(|batch| copy_threshold(alpha, batch)).collect();
    let mut named: Vec<_> =
        case.named.iter().map(|earlier| (earlier.lineage, earlier.copy.clone())).collect();
    let mut named_now = Vec::new();
    let reached = |suspect: &Suspect| {
        names(&suspect.score, &thresholds[suspect.entry], batches[suspect.entry].look == 1)
    };
    let reached: Vec<usize> =
        (0..evidence.suspects.len()).filter(|&index| reached(&evidence.suspects[index])).collect();
    let withheld = evidence.withheld(&reached);
    for index in reached.into_iter().filter(|index| !withheld.contains(index)) {
        let suspect = &evidence.suspects[index];
        let id = (suspect.lineage, suspect.recipient.id.clone());
        named_now.push(id.clone());
        if !named.contains(&id) {
            named.push(id);
        }
    }
    let withheld = withheld.into_iter().filter(|&index| !is_in(&named, &evidence.suspects[index])).collect();
    let group_evidence = groups(case, evidence, alpha);
    let mut groups = case.groups.clone();
    for group in group_evidence.iter().filter(|group| group.named) {
        if !groups.contains(&group.group) {
            groups.push(group.group.clone());
        }
    }
    groups.sort_unstable();
    Ok(Decision {
        alpha,
        alpha_text,
        batches,
        thresholds,
        named,
        named_now,
        withheld,
        groups,
        group_evidence,
    })
}

impl Decision {
    /// Whether a copy is named.
    pub fn is_named(&self, suspect: &Suspect) -> bool {
        is_in(&self.named, suspect)
    }

    /// Whether this look names a copy, and not an earlier one alone.
    pub fn is_named_now(&self, suspect: &Suspect) -> bool {
        is_in(&self.named_now, suspect)
    }

    /// The smallest e-value that names a copy of an entry at this look.
    pub fn e_needed(&self, entry: usize) -> Log2 {
        let threshold = &self.thresholds[entry];
        match self.batches[entry].look {
            1 => threshold.e_first_look.min(threshold.e),
            _ => threshold.e,
        }
    }
}

fn is_in(named: &[(LineageId, CopyId)], suspect: &Suspect) -> bool {
    named.iter().any(|(lineage, id)| *lineage == suspect.lineage && *id == suspect.recipient.id)
}

fn batches(case: &Case, evidence: &Evidence) -> Vec<Batch> {
    let numbered = evidence.entries.iter().zip(&evidence.entered).enumerate();
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

/// The groups of the rosters, fixed before delivery; each has the same part of the groups' share of alpha.
fn groups(case: &Case, evidence: &Evidence, alpha: Alpha) -> Vec<GroupEvidence> {
    let mut members: BTreeMap<&str, Vec<Log2>> = BTreeMap::new();
    for suspect in evidence.suspects.iter().filter(|suspect| !suspect.recipient.group.is_empty()) {
        members.entry(&suspect.recipient.group).or_default().push(suspect.score.e);
    }
    if members.is_empty() {
        return Vec::new();
    }
    let threshold = group_threshold(alpha, members.len() as u64, case.look().max(1));
    members
        .into_iter()
        .map(|(group, list)| {
            let e = group_e(&list);
            let needed = if case.look() == 1 { threshold.e_first_look.min(threshold.e) } else { threshold.e };
            GroupEvidence { group: group.into(), members: list.len(), e, named: e >= needed }
        })
        .collect()
}
