//! Whose copy a finding means: drafts of one document share copies, and may have been given to different people.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{Recipient, ReleaseId, SiteId};

use super::evidence::{Evidence, Suspect};
use super::finding::Context;
use crate::{Result, Vault};

/// What the rosters of drafts say that are not tested, by the copies' ids without regard to case.
pub(super) type Elsewhere = BTreeMap<ReleaseId, BTreeMap<String, Recipient>>;

/// The drafts that have places which were read and are not tested, since another one was asked for: where they show the same, a
/// copy's marks are theirs as well.
///
/// # Errors
/// When a roster cannot be loaded.
pub(super) async fn elsewhere(vault: &Vault, evidence: &Evidence) -> Result<Elsewhere> {
    let tested: BTreeSet<ReleaseId> =
        evidence.suspects.iter().flat_map(|suspect| suspect.releases.iter().copied()).collect();
    let read: BTreeSet<SiteId> =
        evidence.views.values().flatten().flat_map(|view| view.observed.keys().copied()).collect();
    let mut elsewhere = Elsewhere::new();
    for (&release, sites) in &evidence.sites {
        if tested.contains(&release) || sites.is_disjoint(&read) {
            continue;
        }
        let recipients = vault.rosters(release).await?.into_iter().flat_map(|roster| roster.recipients);
        elsewhere.insert(release, recipients.map(|one| (one.id.folded(), one)).collect());
    }
    Ok(elsewhere)
}

/// A draft in which a named copy has some of the marks that name it, and other holders.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AlsoIn {
    /// The release.
    pub release: ReleaseId,
    /// What people call it.
    pub document: String,
    /// Who holds that copy; empty when unknown.
    pub holders: Vec<String>,
    /// How many it has of the read sites that agree with the copy.
    pub sites: usize,
    /// How many of these there are.
    pub of: usize,
}

/// The draft that a copy is said to be of, and its holders.
pub(super) struct Whose {
    /// The release that has the most of the sites that agree with the copy; of several the closest to what was read.
    pub release: ReleaseId,
    /// What people call it.
    pub document: String,
    /// The copy's group there; empty for none.
    pub group: String,
    /// The holders; empty when unknown. Where other drafts have as many of the sites, the marks do not say which of them it was:
    /// then the holders there are here, too, and where they are others each has the document of which they hold the copy.
    pub holders: Vec<String>,
    /// Other drafts that have half of these sites or more, where somebody else holds the copy or nobody is known to.
    pub also: Vec<AlsoIn>,
}

impl Whose {
    /// Looks at the drafts that a copy is in.
    pub fn of(context: &Context<'_>, suspect: &Suspect) -> Whose {
        let agreeing = context.evidence.agreeing(suspect);
        let count = |release: &ReleaseId| {
            let own = context.evidence.sites.get(release);
            agreeing.iter().filter(|site| own.is_some_and(|own| own.contains(*site))).count()
        };
        let mut drafts: Vec<(ReleaseId, usize)> = suspect.releases.iter().map(|r| (*r, count(r))).collect();
        let id = suspect.recipient.id.folded();
        let others = context.elsewhere.iter().filter(|(_, copies)| copies.contains_key(&id));
        let others: Vec<_> = others.map(|(r, _)| (*r, count(r))).filter(|(_, count)| *count > 0).collect();
        let is_in_doubt = !others.is_empty();
        drafts.extend(others);
        drafts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let most = drafts.first().map_or(0, |(_, count)| *count);
        // Where one draft was asked for, what another one shows besides was not read: half of the sites are enough for doubt.
        let is_source = |count: usize| match is_in_doubt {
            true => 2 * count >= agreeing.len(),
            false => count == most,
        };
        let sources = || drafts.iter().filter(|(_, count)| is_source(*count)).map(|(release, _)| *release);
        let closest = context.gathered.seen.iter().map(|seen| seen.release.id);
        let closest = closest.into_iter().find(|id| sources().any(|source| source == *id));
        let release = closest.or_else(|| sources().next()).unwrap_or(ReleaseId([0; 8]));
        let own = holders(context, suspect, release);
        let others: Vec<(ReleaseId, Vec<String>)> = sources()
            .filter(|source| *source != release)
            .map(|source| (source, holders(context, suspect, source)))
            .filter(|(_, theirs)| *theirs != own)
            .collect();
        let said = |release: ReleaseId, all: &[String]| -> Vec<String> {
            let of = document(context, release);
            match all.is_empty() {
                true => vec![format!("holder unknown for {of}")],
                false => all.iter().map(|holder| format!("{holder} for {of}")).collect(),
            }
        };
        let all: Vec<String> = match others.is_empty() {
            true => own.clone(),
            false => {
                let theirs = others.iter().flat_map(|(draft, all)| said(*draft, all));
                said(release, &own).into_iter().chain(theirs).collect()
            }
        };
        let also = drafts.iter().filter(|(draft, count)| *draft != release && 2 * count >= agreeing.len());
        let also = also.map(|&(draft, sites)| AlsoIn {
            release: draft,
            document: document(context, draft),
            holders: holders(context, suspect, draft),
            sites,
            of: agreeing.len(),
        });
        let differs =
            |also: &AlsoIn| also.holders.is_empty() || also.holders.iter().any(|h| !own.contains(h));
        Whose {
            release,
            document: document(context, release),
            group: suspect.held.get(&release).map_or(String::new(), |held| held.group.clone()),
            holders: all,
            also: also.filter(differs).collect(),
        }
    }
}

/// Whom the roster of a release names, then whoever was recorded since; none where they are unknown.
fn holders(context: &Context<'_>, suspect: &Suspect, release: ReleaseId) -> Vec<String> {
    let elsewhere = || context.elsewhere.get(&release)?.get(&suspect.recipient.id.folded());
    let said = suspect.held.get(&release).or_else(elsewhere);
    let named = said.map(|held| held.name.clone()).filter(|name| !name.is_empty());
    let recorded = context.holders.get(&(release, suspect.recipient.id.folded()));
    named.into_iter().chain(recorded.into_iter().flatten().cloned()).collect()
}

/// The document that a copy is of, by the newest of its releases.
pub fn document_of(context: &Context<'_>, suspect: &Suspect) -> String {
    suspect.releases.last().map_or(String::new(), |release| document(context, *release))
}

/// What people call a release.
fn document(context: &Context<'_>, release: ReleaseId) -> String {
    context.names.get(&release).cloned().unwrap_or_else(|| release.to_string())
}
