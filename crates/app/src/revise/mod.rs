//! Redrafts: which sites stay what they were, and which have become public.

mod again;

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{
    Alignment, Erasure, LineageId, Marking, Occurrence, Outcome, Place, Prose, Reading, ReleaseId, Rendered,
    Roster, Site, SiteId, SiteReading,
};
use tellmark_spotting::Index;
use tellmark_store::Release;
use tellmark_wording::read::{Original, Shown};

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
    let mut kept = 0;
    let mut dropped = 0;
    for (index, release) in ancestors.iter().enumerate() {
        let marking: Marking = vault.json(release.marking).await?;
        // Words that move are sites of one layout: another draft has another.
        if marking.layout.is_some() || planned.marking().layout.is_some() {
            dropped += if index == 0 { marking.sites.len() } else { 0 };
            continue;
        }
        let text = text_of(vault, release).await?;
        let prose = planned.document.prose();
        let carried = tellmark_wording::carry_over(&Prose::plain(&text), &marking, prose, &mut planned.plan);
        if index == 0 {
            dropped = carried.dropped.len();
        }
        kept += carried.kept.len();
    }
    let public = public_sites(vault, &family, planned).await?;
    let all = planned.marking().sites.len();
    let changes = changes(vault, revised, roster).await?;
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
        changes,
        seen,
    })
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

async fn text_of(vault: &Vault, release: &Release) -> Result<String> {
    let bytes = vault.store.blob(release.prose).await?;
    String::from_utf8(bytes).map_err(|_| Error::damaged("a release's text is no UTF-8"))
}

/// Reads the new original against every release of the lineage, as if it were a leak: where it shows another
/// variant than the old original did, that variant has reached other hands.
async fn public_sites(vault: &Vault, family: &[Release], planned: &Planned) -> Result<Vec<SiteId>> {
    let marking = planned.marking();
    let shown = marking
        .render(&planned.prose().text, &marking.original())
        .map_err(|e| Error::damaged(format!("the redraft's own text: {e}")))?;
    let text = &shown.text;
    let kept: BTreeSet<SiteId> = marking.sites.iter().map(|site| site.id).collect();
    let mut public = Vec::new();
    for release in family {
        let full: Marking = vault.json(release.marking).await?;
        public.extend(moved_words(vault, release, &full, planned).await?);
        let theirs = full.text_only();
        let old = text_of(vault, release).await?;
        public.extend(again::shown_again(release.id, &old, &theirs, marking, &shown)?);
        let original = Original::new(&old, &theirs).map_err(Error::damaged)?;
        for found in Index::build([original.text()]).find(text) {
            let reading =
                tellmark_wording::read::read(release.id, &original, &[Shown::text(text, &found.alignment)]);
            let seen = reading.sites.iter().zip(&theirs.sites);
            public.extend(
                seen.filter(|(seen, site)| tells_of_a_copy(seen, site, kept.contains(&site.id)))
                    .map(|(seen, _)| seen.site),
            );
        }
    }
    public.sort_unstable();
    public.dedup();
    Ok(public)
}

/// Whether the new original carries a variant that a copy may have brought, for everybody to show from now on.
///
/// Where the redraft no longer has the site, any variant that it shows may have come from a copy, the original's
/// too: were only the others made public, what is left would agree with the copy that it came from. Where the
/// neighbourhood was edited so that it cannot be read, the same doubt would stand when a leak of the new draft is
/// read.
fn tells_of_a_copy(seen: &SiteReading, site: &Site, kept: bool) -> bool {
    match &seen.outcome {
        Outcome::Read { .. } => !kept || seen.best() != Some(usize::from(site.original)),
        Outcome::Erased(Erasure::Absent | Erasure::Unshowable | Erasure::Public) => false,
        Outcome::Erased(_) => !kept,
    }
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
    let shown = marking
        .render(&planned.prose().text, &marking.original())
        .map_err(|e| Error::damaged(format!("the document's own text: {e}")))?;
    let mut others = Vec::new();
    for release in vault.store.releases().await? {
        if Some(release.lineage) != own {
            others.push(release);
        }
    }
    let known: BTreeMap<ReleaseId, String> = vault.store.texts().await?.into_iter().collect();
    let texts = others.iter().map(|release| known.get(&release.id).map_or("", String::as_str));
    let mut elsewhere = BTreeSet::new();
    for found in Index::build(texts).find(&shown.text) {
        let release = &others[found.original];
        let full: Marking = vault.json(release.marking).await?;
        let moved = moved_words(vault, release, &full, planned).await?;
        elsewhere.extend(moved.into_iter().map(|site| (release.lineage, site)));
        let theirs = full.text_only();
        let original = Original::new(&text_of(vault, release).await?, &theirs).map_err(Error::damaged)?;
        let reading = tellmark_wording::read::read(
            release.id,
            &original,
            &[Shown::text(&shown.text, &found.alignment)],
        );
        let taken: Vec<bool> = reading
            .sites
            .iter()
            .zip(&theirs.sites)
            .map(|(seen, site)| is_read(seen) && !is_own(seen, site, marking, &shown))
            .collect();
        for index in public_elsewhere(&reading, &original, &found.alignment, &taken) {
            elsewhere.insert((release.lineage, reading.sites[index].site));
        }
    }
    Ok(elsewhere.into_iter().collect())
}

fn is_read(seen: &SiteReading) -> bool {
    matches!(seen.outcome, Outcome::Read { .. })
}

/// The sites of another document that a new original shows, by index: those that were taken, and in a passage from
/// which one was taken also those whose neighbourhood was edited so that they cannot be read. A passage from which
/// nothing was taken is one that both documents share by habit or by chance.
fn public_elsewhere(
    reading: &Reading,
    original: &Original,
    alignment: &Alignment,
    taken: &[bool],
) -> BTreeSet<usize> {
    let mut public: BTreeSet<usize> = (0..taken.len()).filter(|&site| taken[site]).collect();
    for passage in &alignment.passages {
        let of_passage = |place: &&Place| {
            passage.source.start <= place.range.start && place.range.end <= passage.source.end
        };
        let sites: Vec<usize> = original.places().iter().filter(of_passage).map(|place| place.site).collect();
        if sites.iter().any(|&site| taken[site]) {
            let edited = |site: &&usize| {
                matches!(
                    reading.sites[**site].outcome,
                    Outcome::Erased(Erasure::Context | Erasure::Unclear | Erasure::Conflict)
                )
            };
            public.extend(sites.iter().filter(edited));
        }
    }
    public
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

/// Whether the new original has a site with the same variants wherever it shows another document's.
fn is_own(seen: &SiteReading, theirs: &Site, marking: &Marking, shown: &Rendered) -> bool {
    let Outcome::Read { places, .. } = &seen.outcome else { return false };
    let forms =
        |occurrence: &Occurrence| occurrence.forms.iter().map(|f| f.to_lowercase()).collect::<BTreeSet<_>>();
    let alike: Vec<BTreeSet<String>> = theirs.occurrences.iter().map(forms).collect();
    places.iter().all(|(_, range)| {
        shown.places.iter().any(|own| {
            let touches = own.range.start <= range.end && range.start <= own.range.end;
            touches && alike.contains(&forms(&marking.sites[own.site].occurrences[own.occurrence]))
        })
    })
}
