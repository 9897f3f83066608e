//! Redrafts: which sites stay what they were, and which have become public.

mod kept;
mod taken;

use std::collections::BTreeSet;

use tellmark_core::{LineageId, Marking, Prose, ReleaseId, Rendered, Roster, SiteId};
use tellmark_store::Release;

pub(crate) use kept::Kept;
use kept::{Quoted, Texts};
use taken::{Edited, Old, Taken};

use crate::{Error, Planned, Result, Vault};

/// What a redraft changes: shown to the author when it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Revision {
    /// The release that is revised.
    pub revises: ReleaseId,
    /// Sites that the redraft left alone: every copy keeps its variant there.
    pub kept: usize,
    /// Sites of the revised release that the redraft no longer has.
    pub dropped: usize,
    /// Sites that are new with this draft.
    pub added: usize,
    /// Sites whose variant came back from a copy, or was made everybody's by the author: they tell nothing
    /// from now on.
    pub public: Vec<SiteId>,
    /// Whether the redraft keeps no site and has a lineage of its own: what leaks of it and what leaks of the drafts before
    /// it are read apart.
    pub drawn_anew: bool,
    /// What changes for whom, in lines for people.
    pub changes: Vec<String>,
    /// How many releases of the lineage were looked at; recording fails when there are more by then.
    #[serde(skip)]
    pub seen: u32,
}

/// Gives the sites that the redraft left alone their old ids, and finds those that have become public.
///
/// The nearest ancestor comes first; a site that vanished in one draft and returns in the next is found in
/// the one before.
///
/// # Errors
/// When an ancestor cannot be loaded.
pub async fn carry(
    vault: &Vault,
    revised: &Release,
    planned: &mut Planned,
    roster: &Roster,
) -> Result<Revision> {
    let ancestors = ancestors(vault, revised).await?;
    let family = vault.store.releases_of(revised.lineage).await?;
    let seen = family.len() as u32;
    let untouched = planned.plan.clone();
    let mut kept = 0;
    let mut dropped = 0;
    let mut deviating = 0;
    let mut has_pages = false;
    let mut of_revised = 0;
    for (index, release) in ancestors.iter().enumerate() {
        let marking: Marking = vault.json(release.marking).await?;
        // Words that move are sites of one layout: another draft has another.
        if marking.layout.is_some() || planned.marking().layout.is_some() {
            dropped += if index == 0 { marking.sites.len() } else { 0 };
            has_pages = true;
            continue;
        }
        let text = vault.prose(release).await?;
        let prose = planned.document.prose();
        let carried = tellmark_wording::carry_over(&Prose::plain(&text), &marking, prose, &mut planned.plan);
        if index == 0 {
            dropped = carried.dropped.len();
            of_revised = marking.sites.len();
        }
        kept += carried.kept.len();
        deviating += carried.deviating.len();
    }
    if deviating > 0 {
        planned.plan = untouched;
        (kept, dropped) = (0, of_revised);
    }
    let public = public_sites(vault, &family, planned).await?;
    let all = planned.marking().sites.len();
    let mut changes = changes(vault, revised, roster).await?;
    if deviating > 0 {
        // The first line says that copies see the author's changes only.
        changes[0] = drawn_anew(deviating);
    } else if has_pages {
        changes[0] = "the words of a page move anew with each draft".into();
    }
    planned
        .marking()
        .validate(&planned.prose().text)
        .map_err(|e| Error::damaged(format!("a redraft's sites: {e}")))?;
    Ok(Revision {
        revises: revised.id,
        kept,
        dropped,
        added: all.saturating_sub(kept),
        public,
        drawn_anew: deviating > 0 || has_pages,
        changes,
        seen,
    })
}

/// What to say when no site is kept.
fn drawn_anew(deviating: usize) -> String {
    let places = if deviating == 1 { "1 place".into() } else { format!("{deviating} places") };
    format!(
        "at {places} the draft shows another variant than the original, as a copy would: all its sites are drawn anew, so \
         that nothing in it agrees with one copy (to keep them, revise the original itself)"
    )
}

/// Who gets this draft for the first time, and who no longer gets one.
async fn changes(vault: &Vault, revised: &Release, roster: &Roster) -> Result<Vec<String>> {
    let before: BTreeSet<String> = vault
        .rosters(revised.id)
        .await?
        .iter()
        .flat_map(|roster| &roster.recipients)
        .map(|recipient| recipient.id.to_string())
        .collect();
    let now: BTreeSet<String> = roster.recipients.iter().map(|recipient| recipient.id.to_string()).collect();
    let both = before.intersection(&now).count();
    let mut lines = vec![format!("{both} copies see the author's changes only")];
    let list = |ids: Vec<&String>| {
        let shown: Vec<&str> = ids.iter().take(8).map(|id| id.as_str()).collect();
        format!(
            "{}{}",
            shown.join(", "),
            if ids.len() > 8 { format!(" and {} more", ids.len() - 8) } else { String::new() }
        )
    };
    let fresh: Vec<&String> = now.difference(&before).collect();
    if !fresh.is_empty() {
        lines.push(format!("new with this draft: {}", list(fresh)));
    }
    let gone: Vec<&String> = before.difference(&now).collect();
    if !gone.is_empty() {
        lines.push(format!("without this draft: {}", list(gone)));
    }
    Ok(lines)
}

async fn ancestors(vault: &Vault, revised: &Release) -> Result<Vec<Release>> {
    let mut chain = vec![revised.clone()];
    while let Some(older) = chain.last().and_then(|release| release.revises) {
        if chain.iter().any(|release| release.id == older) {
            return Err(Error::damaged("releases revise each other in a circle"));
        }
        chain.push(vault.store.release(older).await?);
    }
    Ok(chain)
}

/// Reads the new original against every release of the lineage, as if it were a leak: a variant that it shows where it
/// has no site of its own has reached other hands.
async fn public_sites(vault: &Vault, family: &[Release], planned: &Planned) -> Result<Vec<SiteId>> {
    let marking = planned.marking();
    let shown = rendered(planned)?;
    let mut public = Vec::new();
    for release in family {
        let old = Old::load(vault, release.clone()).await?;
        public.extend(moved_words(vault, release, &old.marking, planned).await?);
        let taken = Taken::new(&old, marking, &shown);
        let index = taken.index();
        public.extend(taken.again(&index));
        for found in index.find(&shown.text) {
            let reading = taken.reading(&found.alignment);
            public.extend(taken.sites(&found.alignment, &reading, Edited::Anywhere));
        }
    }
    public.sort_unstable();
    public.dedup();
    Ok(public)
}

/// The new original as it stands.
fn rendered(planned: &Planned) -> Result<Rendered> {
    let marking = planned.marking();
    marking
        .render(&planned.prose().text, &marking.original())
        .map_err(|e| Error::damaged(format!("the document's own text: {e}")))
}

/// A site of another document that a new original shows to everybody.
pub type Elsewhere = (LineageId, SiteId);

/// Reads a new original against all other documents of the vault: what it took from a copy of theirs, all of its
/// own copies show, so that it tells nothing about that document's copies from now on. Where the new original has
/// the same site for itself, its copies show draws of their own, and nothing came from anywhere.
///
/// # Errors
/// When a release cannot be loaded.
pub async fn shown_elsewhere(
    vault: &Vault,
    own: Option<LineageId>,
    planned: &Planned,
) -> Result<Vec<Elsewhere>> {
    let marking = planned.marking();
    let shown = rendered(planned)?;
    let mut elsewhere = BTreeSet::new();
    for (id, lineage, alignment) in quoted(vault, own, &shown.text).await? {
        let old = vault.kept.old(vault, id).await?;
        let moved = moved_words(vault, &old.release, &old.marking, planned).await?;
        elsewhere.extend(moved.into_iter().map(|site| (lineage, site)));
        let taken = Taken::new(&old, marking, &shown);
        let reading = taken.reading(&alignment);
        if taken.is_of_the_original(&reading) {
            continue;
        }
        let mut public = taken.sites(&alignment, &reading, Edited::BesideTaken);
        if !public.is_empty() {
            public.extend(taken.again(&taken.index()));
        }
        elsewhere.extend(public.into_iter().map(|site| (lineage, site)));
    }
    Ok(elsewhere.into_iter().collect())
}

/// The releases of other lineages that a text quotes.
async fn quoted(vault: &Vault, own: Option<LineageId>, text: &str) -> Result<Vec<Quoted>> {
    let Some(own) = own else { return vault.kept.find(&vault.store, text).await };
    // What a word weighs follows from the texts that are searched: without the drafts before this one they are others.
    let mut all = vault.store.texts_beyond(&BTreeSet::new()).await?.unwrap_or_default();
    all.retain(|text| text.lineage != own);
    let mut others = Texts::default();
    others.add(&all);
    Ok(others.find(text))
}

/// The sites of a release's layout whose words a new original shows moved: it was made from a copy.
async fn moved_words(
    vault: &Vault,
    release: &Release,
    marking: &Marking,
    planned: &Planned,
) -> Result<Vec<SiteId>> {
    if marking.layout.is_none() || planned.marking().layout.is_none() {
        return Ok(Vec::new());
    }
    let original = vault.store.blob(release.document).await?;
    let seen = tellmark_formats::pdf::words(&planned.bytes).map_err(Error::damaged)?;
    let shown = crate::trace::shifts(&original, marking, &seen)?;
    Ok(shown.into_iter().filter(|shift| shift.tells()).map(|shift| marking.sites[shift.site].id).collect())
}
