//! What a finding says of groups: the average of their copies' evidence, against the bar of score.md.

use std::collections::BTreeMap;

use tellmark_codes::{Alpha, Reach, group_e, group_threshold};
use tellmark_core::fixed::Log2;

use super::commitments::Committed;
use super::{Told, of_kind};
use crate::bundle::Parts;
use crate::entry::Kind;
use crate::merkle::{Hash, root};
use crate::recount::Recount;
use crate::release::{COPIES_MAX, groups_leaf};
use crate::{Error, Result};

/// Checks it. Where a group alone is named, the figures stand and fall with it.
pub fn check(bundle: &Parts, committed: &Committed, counted: &Recount, told: &mut Told<'_>) {
    let finding = &committed.finding;
    if finding.groups.is_empty() {
        return told.proven("groups", "no group is named");
    }
    let is_open = bundle.copies.iter().all(|copy| copy.groups.is_some());
    if !is_open {
        told.cannot("groups", "the groups of the copies are not opened");
        if finding.verdict == "group" {
            told.cannot("figures", "a group is named, and the groups of the copies are not opened");
        }
        return;
    }
    let outcome = opened(bundle).and_then(|()| named(bundle, committed, counted));
    let is_whole = counted.reach == Reach::Triples;
    match outcome {
        Ok(None) => told.proven("groups", format!("{} by all of their copies", finding.groups.join(", "))),
        Ok(Some(group)) if is_whole => {
            told.not("groups", format!("{group} is not named when the tracer is run again"));
        }
        Ok(Some(group)) => {
            told.cannot(
                "groups",
                format!("{group} is not named without more partners than are weighed here"),
            );
            if finding.verdict == "group" {
                told.cannot(
                    "figures",
                    "a group is named that more partners than are weighed here would show",
                );
            }
        }
        Err(error) => told.not("groups", error.to_string()),
    }
}

/// The groups that are opened are those that the release and its extensions committed to.
fn opened(bundle: &Parts) -> Result<()> {
    let mut leaves: BTreeMap<usize, BTreeMap<usize, Hash>> = BTreeMap::new();
    for copy in &bundle.copies {
        let own = copy.groups.iter().map(|groups| groups_leaf(&groups.salt, &groups.names));
        leaves.entry(copy.batch).or_default().extend(own.map(|leaf| (copy.leaf, leaf)));
    }
    for entry in of_kind(bundle, Kind::Release).chain(of_kind(bundle, Kind::Extension)) {
        let open = &entry.envelope.statement.open;
        let batch = match open.get("batch") {
            Some(batch) => usize::try_from(batch.int("a batch")?).unwrap_or(COPIES_MAX),
            None => 1,
        };
        let own: Vec<Hash> = leaves.remove(&batch).unwrap_or_default().into_values().collect();
        let said = open.get("groups").ok_or_else(|| Error::format("a batch without groups"))?;
        if crate::encode::from_hex_exact(said.text("groups")?) != Some(root(&own)) {
            return Err(Error::format(format!(
                "the groups of batch {batch} are not those that were committed to"
            )));
        }
    }
    Ok(())
}

/// A group that the finding names and the tracer does not, where there is one.
fn named(bundle: &Parts, committed: &Committed, counted: &Recount) -> Result<Option<String>> {
    let finding = &committed.finding;
    let alpha: Alpha = committed.release.alpha.parse().map_err(|e| Error::format(format!("alpha: {e}")))?;
    let is_beside = !finding.named.is_empty() || !finding.before.is_empty();
    let mut members: BTreeMap<&str, Vec<Log2>> = BTreeMap::new();
    for ((copy, place), line) in bundle.copies.iter().zip(&committed.places).zip(&counted.lines) {
        let is_spare = is_beside && line.has_reached && !line.is_named && !finding.before.contains(place);
        let e = if is_spare { Log2::NEG_INFINITY } else { line.e };
        for name in copy.groups.iter().flat_map(|groups| &groups.names) {
            members.entry(name).or_default().push(e);
        }
    }
    let look = committed.question.looks.last().map_or(1, |look| look.number).max(1);
    let bar = group_threshold(alpha, members.len() as u64, look);
    for group in &finding.groups {
        let own = members.get(group.as_str());
        let own = own.ok_or_else(|| Error::format(format!("no copy is of the group {group:?}")))?;
        if group_e(own) < bar.e {
            return Ok(Some(group.clone()));
        }
    }
    Ok(None)
}
