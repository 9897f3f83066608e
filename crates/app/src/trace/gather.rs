//! From exhibits to readings. Nothing in here sees a key or a codeword.

use std::collections::BTreeMap;
use std::ops::Range;

use tellmark_core::{Alignment, LineageId, Marking, Reading, ReleaseId, SiteId};
use tellmark_formats::Exhibit;
use tellmark_spotting::Index;
use tellmark_store::Release;
use tellmark_wording::read::{Original, read};

use crate::{Error, Result, Vault};

/// A release that the exhibits carry, with what they show.
#[derive(Debug)]
pub struct Seen {
    /// The release.
    pub release: Release,
    /// Its sites.
    pub marking: Marking,
    /// What the exhibits show at each of them.
    pub reading: Reading,
}

/// All releases that the exhibits carry, lineage by lineage, the closest release of each first.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The releases.
    pub seen: Vec<Seen>,
}

/// Finds the releases that the exhibits carry, and reads their sites.
///
/// # Errors
/// When a stored release cannot be loaded.
pub async fn gather(vault: &Vault, exhibits: &[Exhibit]) -> Result<Gathered> {
    let texts = vault.store.texts().await?;
    let index = Index::build(texts.iter().map(|(_, text)| text.as_str()));
    let mut by_release: BTreeMap<ReleaseId, Vec<(usize, Alignment)>> = BTreeMap::new();
    for (number, exhibit) in exhibits.iter().enumerate() {
        for found in index.find(&exhibit.text) {
            by_release.entry(texts[found.original].0).or_default().push((number, found.alignment));
        }
    }
    let mut candidates = Vec::new();
    for (id, alignments) in by_release {
        candidates.push((vault.store.release(id).await?, alignments));
    }
    let mut seen = Vec::new();
    let mut public: BTreeMap<LineageId, Vec<SiteId>> = BTreeMap::new();
    for (release, alignments) in without_echoes(closest_first(candidates)) {
        let lineage = release.lineage;
        if let std::collections::btree_map::Entry::Vacant(entry) = public.entry(lineage) {
            let sites = vault.store.public_sites(lineage).await?;
            entry.insert(sites.into_iter().map(|public| public.site).collect());
        }
        seen.push(read_release(vault, release, &alignments, exhibits, &public[&lineage]).await?);
    }
    Ok(Gathered { seen })
}

async fn read_release(
    vault: &Vault,
    release: Release,
    alignments: &[(usize, Alignment)],
    exhibits: &[Exhibit],
    public: &[SiteId],
) -> Result<Seen> {
    let marking: Marking = vault.json(release.marking).await?;
    let prose = String::from_utf8(vault.store.blob(release.prose).await?)
        .map_err(|_| Error::damaged("a release's text is no UTF-8"))?;
    let original = Original::new(&prose, &marking).map_err(Error::damaged)?;
    let empty = Alignment::default();
    let pairs: Vec<(&str, &Alignment)> = exhibits
        .iter()
        .enumerate()
        .map(|(number, exhibit)| {
            let own = alignments.iter().find(|(of, _)| *of == number);
            (exhibit.text.as_str(), own.map_or(&empty, |(_, alignment)| alignment))
        })
        .collect();
    let mut reading = read(release.id, &original, &pairs);
    reading.erase_public(|site| public.contains(&site));
    Ok(Seen { release, marking, reading })
}

type Candidate = (Release, Vec<(usize, Alignment)>);

fn weight_of(alignments: &[(usize, Alignment)]) -> u64 {
    alignments.iter().map(|(_, alignment)| alignment.weight()).sum()
}

/// Orders the releases of each lineage by how close they are, and takes from the farther ones what a closer
/// one explains: a passage was copied from one draft, and its words say nothing about another one's sites.
fn closest_first(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by_key(|(release, alignments)| {
        (release.lineage, std::cmp::Reverse(weight_of(alignments)), std::cmp::Reverse(release.number))
    });
    let mut covered: BTreeMap<(LineageId, usize), Vec<Range<usize>>> = BTreeMap::new();
    for (release, alignments) in &mut candidates {
        for (number, alignment) in alignments.iter_mut() {
            let taken = covered.entry((release.lineage, *number)).or_default();
            alignment.passages.retain(|passage| !is_covered(&passage.exhibit, taken));
            taken.extend(alignment.passages.iter().map(|passage| passage.exhibit.clone()));
        }
        alignments.retain(|(_, alignment)| !alignment.passages.is_empty());
    }
    candidates.retain(|(_, alignments)| !alignments.is_empty());
    candidates
}

/// So many of the heaviest passages of an exhibit are looked at for those that they explain.
const HEAVIEST: usize = 64;

/// Takes away what another lineage explains much better: a sentence that many documents share, inside a passage
/// that comes from one of them, says nothing about the others. Where two explain it equally, both stay.
fn without_echoes(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut heaviest: BTreeMap<usize, Vec<(u32, Range<usize>, LineageId)>> = BTreeMap::new();
    for (release, alignments) in &candidates {
        for (number, alignment) in alignments {
            let passages = alignment.passages.iter().map(|p| (p.weight, p.exhibit.clone(), release.lineage));
            heaviest.entry(*number).or_default().extend(passages);
        }
    }
    for passages in heaviest.values_mut() {
        passages.sort_by_key(|(weight, range, lineage)| (std::cmp::Reverse(*weight), range.start, *lineage));
        passages.truncate(HEAVIEST);
    }
    for (release, alignments) in &mut candidates {
        for (number, alignment) in alignments.iter_mut() {
            alignment.passages.retain(|passage| {
                !heaviest[number].iter().any(|(weight, range, lineage)| {
                    *lineage != release.lineage
                        && u64::from(*weight) >= 2 * u64::from(passage.weight)
                        && covers(range, &passage.exhibit)
                })
            });
        }
        alignments.retain(|(_, alignment)| !alignment.passages.is_empty());
    }
    candidates.retain(|(_, alignments)| !alignments.is_empty());
    candidates
}

/// Whether nine tenths of the inner range lie in the outer one.
fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    let overlap = outer.end.min(inner.end).saturating_sub(outer.start.max(inner.start));
    10 * overlap >= 9 * inner.len()
}

fn is_covered(range: &Range<usize>, taken: &[Range<usize>]) -> bool {
    let overlap: usize =
        taken.iter().map(|t| t.end.min(range.end).saturating_sub(t.start.max(range.start))).sum();
    2 * overlap > range.len()
}
