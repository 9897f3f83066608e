//! From exhibits to readings. Nothing in here sees a key or a codeword.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tellmark_core::{
    Alignment, Channel, Erasure, Likelihood, LineageId, Marking, Outcome, Reading, ReleaseId, SiteId,
    SiteReading,
};
use tellmark_formats::Format;
use tellmark_store::Release;
use tellmark_wording::read::{Original, Shown as Text, read};

use super::find::Finder;
use super::forms::Forms;
use super::material::Material;
use super::pictured::Pictured;
use super::sheets::{self, Originals, Sheet, Shift};
use crate::{Error, Progress, Result, Vault};

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

impl Seen {
    /// Whether places of words were read.
    fn has_places(&self) -> bool {
        let sites = self.marking.sites.iter().zip(&self.reading.sites);
        sites
            .filter(|(site, _)| site.channel == Channel::Layout)
            .any(|(_, reading)| matches!(reading.outcome, Outcome::Read { .. }))
    }

    /// Text of a PDF tells no copy from another: what does, and was not there.
    fn hints(&self, shown: &Shown<'_>) -> Vec<(usize, String)> {
        if self.marking.layout.is_none() || self.has_places() {
            return Vec::new();
        }
        let name = &self.release.name;
        let hint = |number: usize| match shown.exhibits[number].words.is_empty() {
            true => format!(
                "it has text of {name}, whose copies are PDFs: all have the same words, and only places of words on pages tell them \
                 apart. A picture of a page, or the PDF itself, would"
            ),
            false => format!(
                "it has text of {name}, and its words stand elsewhere than on the pages that were sealed: it was set anew. Copies \
                 of a PDF differ in the places of their words alone"
            ),
        };
        shown.alignments.iter().map(|(number, _)| (*number, hint(*number))).collect()
    }
}

/// All releases that the exhibits carry, lineage by lineage, the closest release of each first.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The releases.
    pub seen: Vec<Seen>,
    /// The pages that pictures among the exhibits show.
    pub sheets: Vec<Sheet>,
    /// What each exhibit shows by itself, where there are several.
    pub alone: Vec<Alone>,
    /// What whoever traces should know of exhibits with text of a release whose copies all have the same text, by their numbers.
    pub hints: Vec<(usize, String)>,
}

/// What one exhibit shows by itself.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Alone {
    /// The exhibit's number in its look, from 0.
    pub exhibit: u32,
    /// The readings, the closest release of each lineage first.
    pub readings: Vec<Reading>,
}

/// Finds the releases that the exhibits carry, and reads their sites; of one release `only`, where one was asked for, as if
/// there were no other.
///
/// # Errors
/// When a stored release cannot be loaded.
pub async fn gather(
    vault: &Vault,
    exhibits: &[Material],
    pictured: &Pictured,
    forms: &Forms,
    only: Option<ReleaseId>,
    progress: &dyn Progress,
) -> Result<Gathered> {
    let is_asked = |release: ReleaseId| only.is_none_or(|only| release == only);
    let mut sheets = look(vault, exhibits, pictured, progress).await?;
    sheets.retain(|sheet| is_asked(sheet.release));
    progress.begin("reading", None);
    let mut texts = vault.store.texts().await?;
    texts.retain(|(release, _)| is_asked(*release));
    let mut finder = Finder::new(&texts);
    let mut by_release: BTreeMap<ReleaseId, Vec<(usize, Alignment)>> = BTreeMap::new();
    for (number, exhibit) in exhibits.iter().enumerate() {
        for found in finder.find(&exhibit.exhibit.text) {
            by_release.entry(texts[found.original].0).or_default().push((number, found.alignment));
        }
    }
    let mut candidates = Vec::new();
    for (id, alignments) in by_release {
        candidates.push((vault.store.release(id).await?, alignments));
    }
    let mut own: BTreeMap<ReleaseId, Vec<&Sheet>> = BTreeMap::new();
    sheets.iter().for_each(|sheet| own.entry(sheet.release).or_default().push(sheet));
    let mut candidates = without_echoes(closest_first(candidates));
    let found: BTreeSet<ReleaseId> = candidates.iter().map(|(release, _)| release.id).collect();
    let told: BTreeSet<ReleaseId> =
        own.keys().copied().chain(forms.releases()).filter(|id| is_asked(*id)).collect();
    for id in told.into_iter().filter(|id| !found.contains(id)) {
        candidates.push((vault.store.release(id).await?, Vec::new()));
    }
    let (mut seen, mut alone, mut hints) = (Vec::new(), BTreeMap::new(), Vec::new());
    let mut public: BTreeMap<LineageId, Vec<SiteId>> = BTreeMap::new();
    for (release, alignments) in candidates {
        let lineage = release.lineage;
        if let std::collections::btree_map::Entry::Vacant(entry) = public.entry(lineage) {
            let sites = vault.store.public_sites(lineage).await?;
            entry.insert(sites.into_iter().map(|public| public.site).collect());
        }
        let pictured = own.get(&release.id).map(Vec::as_slice).unwrap_or_default();
        let shown = Shown { exhibits, alignments: &alignments, sheets: pictured };
        let original = Source::load(vault, release, &public[&lineage]).await?;
        for (exhibit, reading) in read_alone(&original, &shown)? {
            alone.entry(exhibit).or_insert_with(Vec::new).push(reading);
        }
        let own = original.seen(&shown, forms)?;
        hints.extend(own.hints(&shown));
        seen.push(own);
    }
    progress.end();
    // What another release explains needs no hint.
    if seen.iter().any(Seen::has_places) {
        hints.clear();
    }
    let alone = alone.into_iter().map(|(exhibit, readings)| Alone { exhibit, readings }).collect();
    Ok(Gathered { seen, sheets, alone, hints })
}

/// The pages that pictures among the exhibits show.
async fn look(
    vault: &Vault,
    exhibits: &[Material],
    pictured: &Pictured,
    progress: &dyn Progress,
) -> Result<Vec<Sheet>> {
    let Some(library) = pictured.library() else { return Ok(Vec::new()) };
    let count: usize = exhibits.iter().map(|exhibit| exhibit.pictures.len()).sum();
    progress.begin("reading pictures", Some(count as u64));
    let (mut sheets, mut originals) = (Vec::new(), Originals::default());
    for (number, exhibit) in exhibits.iter().enumerate() {
        for (place, picture) in exhibit.pictures.iter().enumerate() {
            let found = pictured.of((number, place));
            let at = (number, place);
            sheets.extend(sheets::look(vault, &mut originals, library, at, picture, found).await?);
            progress.advance(1);
        }
    }
    progress.end();
    Ok(sheets)
}

/// What the exhibits show of one release.
struct Shown<'a> {
    exhibits: &'a [Material],
    /// The passages of its text, by the number of the exhibit.
    alignments: &'a [(usize, Alignment)],
    /// The pages of it that pictures show.
    sheets: &'a [&'a Sheet],
}

/// A release that is read, with what it is read by.
struct Source<'a> {
    release: Release,
    marking: Marking,
    original: Against,
    /// Sites that tell nothing any more.
    public: &'a [SiteId],
}

/// What exhibits are held against: words that move on their pages, or wordings.
enum Against {
    Pages(Vec<u8>),
    Text(Box<Original>),
}

impl<'a> Source<'a> {
    async fn load(vault: &Vault, release: Release, public: &'a [SiteId]) -> Result<Source<'a>> {
        let marking: Marking = vault.json(release.marking).await?;
        let original = match marking.layout.is_some() {
            true => Against::Pages(vault.store.blob(release.document).await?),
            false => {
                let prose = vault.prose(&release).await?;
                Against::Text(Box::new(Original::new(&prose, &marking).map_err(Error::damaged)?))
            }
        };
        Ok(Source { release, marking, original, public })
    }

    fn read(&self, shown: &Shown<'_>, forms: &Forms) -> Result<Reading> {
        let mut reading = match &self.original {
            Against::Pages(document) => read_pages(self.release.id, document, &self.marking, shown)?,
            Against::Text(original) => read_text(self.release.id, original, shown),
        };
        forms.add_to(&self.marking, &mut reading);
        reading.erase_public(|site| self.public.contains(&site));
        Ok(reading)
    }

    fn seen(self, shown: &Shown<'_>, forms: &Forms) -> Result<Seen> {
        let reading = self.read(shown, forms)?;
        Ok(Seen { release: self.release, marking: self.marking, reading })
    }
}

/// What each exhibit shows of a release by itself, by its number, where several show something: they may come from
/// several copies.
fn read_alone(source: &Source<'_>, shown: &Shown<'_>) -> Result<Vec<(u32, Reading)>> {
    let texts = shown.alignments.iter().map(|(number, _)| *number);
    let numbers: BTreeSet<usize> = texts.chain(shown.sheets.iter().map(|sheet| sheet.exhibit)).collect();
    let mut alone = Vec::new();
    for &number in numbers.iter().filter(|_| shown.exhibits.len() > 1) {
        let alignments: Vec<(usize, Alignment)> =
            shown.alignments.iter().filter(|(of, _)| *of == number).cloned().collect();
        let sheets: Vec<&Sheet> =
            shown.sheets.iter().copied().filter(|sheet| sheet.exhibit == number).collect();
        let own = Shown { exhibits: shown.exhibits, alignments: &alignments, sheets: &sheets };
        alone.push((number as u32, source.read(&own, &Forms::default())?));
    }
    Ok(alone)
}

/// Reads words that moved, and the stamp.
fn read_pages(release: ReleaseId, original: &[u8], marking: &Marking, shown: &Shown<'_>) -> Result<Reading> {
    let mut shifts: Vec<Shift> = shown.sheets.iter().flat_map(|sheet| sheet.shifts()).collect();
    let mut stamp = None;
    for (number, _) in shown.alignments {
        let exhibit = &shown.exhibits[*number];
        let own = sheets::shifts(original, marking, &exhibit.words)?;
        // A stamp is this document's where its words are: another one may say the same on other pages.
        stamp = stamp.or(exhibit.stamp.filter(|_| !own.is_empty()));
        shifts.extend(own);
    }
    let shifts = sheets::merged(shifts);
    let mut digits = stamp.iter().flatten();
    let sites = marking.sites.iter().enumerate();
    let sites = sites.map(|(index, site)| SiteReading {
        site: site.id,
        variants: site.variants() as u8,
        outcome: match (site.channel, shifts.get(&index)) {
            (Channel::Stamp, _) => {
                digits.next().map_or(Outcome::Erased(Erasure::Absent), |&digit| read_digit(digit))
            }
            (_, Some(shift)) if shift.tells() => {
                Outcome::Read { likelihoods: shift.likelihoods(), places: Vec::new() }
            }
            (_, Some(_)) => Outcome::Erased(Erasure::Unclear),
            (_, None) => Outcome::Erased(Erasure::Absent),
        },
    });
    Ok(Reading { release, sites: sites.collect() })
}

/// A digit of a stamp: it may have been put there by somebody else, and then says nothing.
fn read_digit(digit: u8) -> Outcome {
    let mut likelihoods = vec![Likelihood(Likelihood::ONE.0 >> 10); 16];
    likelihoods[usize::from(digit & 15)] = Likelihood::ONE;
    Outcome::Read { likelihoods, places: Vec::new() }
}

/// Reads wordings, passage by passage.
fn read_text(release: ReleaseId, original: &Original, shown: &Shown<'_>) -> Reading {
    let empty = Alignment::default();
    let shown: Vec<Text<'_>> = shown
        .exhibits
        .iter()
        .enumerate()
        .map(|(number, exhibit)| {
            let own = shown.alignments.iter().find(|(of, _)| *of == number);
            Text {
                text: &exhibit.exhibit.text,
                alignment: own.map_or(&empty, |(_, alignment)| alignment),
                recognised: exhibit.recognised.as_ref().map(|recognised| recognised.words.as_slice()),
            }
        })
        .collect();
    read(release, original, &shown)
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
    // Words that move say nothing about wordings: a release of pages takes nothing from one of text.
    let mut covered: BTreeMap<(LineageId, bool, usize), Vec<Range<usize>>> = BTreeMap::new();
    for (release, alignments) in &mut candidates {
        for (number, alignment) in alignments.iter_mut() {
            let has_pages = release.format == Format::Pdf.to_string();
            let taken = covered.entry((release.lineage, has_pages, *number)).or_default();
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
/// that comes from one of them, says nothing about the others. Where two explain it about equally, both stay.
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
            let others = heaviest[number].iter().filter(|(_, _, lineage)| *lineage != release.lineage);
            for (weight, range, _) in others {
                // All that this release has there counts: it may have the same words in another order.
                let inside = alignment.passages.iter().filter(|passage| covers(range, &passage.exhibit));
                let own: u64 = inside.map(|passage| u64::from(passage.weight)).sum();
                if u64::from(*weight) >= 2 * own {
                    alignment.passages.retain(|passage| !covers(range, &passage.exhibit));
                }
            }
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
