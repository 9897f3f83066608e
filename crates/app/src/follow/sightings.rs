//! What was seen: as it is stored, as it is listed, and as an exhibit.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tellmark_core::{Hash, ReleaseId};
use tellmark_follow::{Article, Kind};
use tellmark_spotting::Hit;
use tellmark_store::Sighting;

use super::watch::Watch;
use crate::trace::ExhibitFile;
use crate::{Error, Result, Vault};

/// The blob `found` of a sighting (docs/formats/sighting.md).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    version: u32,
    background: usize,
    pub passages: Vec<Passage>,
}

/// A passage of a document in an article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Passage {
    pub release: ReleaseId,
    document: String,
    pub query: [usize; 2],
    pub source: [usize; 2],
    weight: f64,
    false_alarms_per_million: Option<f64>,
    pub shared: Option<String>,
    /// The article's words in the passage, whatever their case: two fetches of one article that say the same.
    pub wording: Hash,
    words: Vec<[usize; 4]>,
}

const VERSION: u32 = 2;
/// Said how rare a passage is by a line drawn beyond what was measured: too rare.
const VERSION_EXTRAPOLATED: u32 = 1;

impl Found {
    /// What was found in a text of a source.
    pub fn new(watch: &Watch, source: u32, text: &str, hits: &[Hit]) -> Found {
        let knows = watch.knows(source);
        let passages = hits.iter().map(|hit| {
            let own = text.get(hit.query.clone()).unwrap_or_default();
            let (release, document) = watch.releases[hit.document].clone();
            Passage {
                release,
                document,
                query: [hit.query.start, hit.query.end],
                source: [hit.source.start, hit.source.end],
                weight: hit.weight,
                false_alarms_per_million: hit.false_alarms_per_million.filter(|_| knows),
                shared: None,
                wording: wording(own),
                words: hit.words.iter().map(|(s, q)| [s.start, s.end, q.start, q.end]).collect(),
            }
        });
        Found { version: VERSION, background: watch.background, passages: passages.collect() }
    }

    /// What the heaviest passage weighs, in bits.
    pub fn heaviest(&self) -> f64 {
        self.passages.iter().map(|passage| passage.weight).fold(0.0, f64::max)
    }

    /// Whether every passage is wording that many share.
    pub fn is_shared(&self) -> bool {
        !self.passages.is_empty() && self.passages.iter().all(|passage| passage.shared.is_some())
    }

    /// Labels passages that the source's own articles without a hit say too. The first sighting of a passage in a
    /// source is never labelled: a leak must be told once wherever it shows up.
    pub async fn label(&mut self, watch: &Watch, vault: &Vault, source: u32, text: &str) -> Result<()> {
        let Some(common) = watch.common.get(&source) else { return Ok(()) };
        let is_said = |passage: &Passage| common.holds(text.get(passage.query()).unwrap_or_default());
        let said: Vec<bool> = self.passages.iter().map(is_said).collect();
        if !said.contains(&true) {
            return Ok(());
        }
        let earlier = earlier(vault, source).await?;
        for (passage, is_said) in self.passages.iter_mut().zip(said) {
            if is_said && earlier.iter().flat_map(|found| &found.passages).any(|one| one.is_alike(passage)) {
                passage.shared = Some("articles of this source without a hit say the same".into());
            }
        }
        Ok(())
    }

    /// Whether an address showed all of this before, word for word.
    pub async fn is_known_at(&self, vault: &Vault, address: &str) -> Result<bool> {
        let mut known = Vec::new();
        for sighting in vault.store.sightings_at(address).await? {
            known.extend(
                load(vault, &sighting).await?.passages.into_iter().map(|one| (one.release, one.wording)),
            );
        }
        Ok(self.passages.iter().all(|passage| known.contains(&(passage.release, passage.wording))))
    }

    /// As it is stored.
    pub fn encode(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(Error::damaged)
    }
}

impl Passage {
    fn query(&self) -> Range<usize> {
        self.query[0]..self.query[1]
    }

    /// Whether two passages come from about the same words of a document.
    fn is_alike(&self, other: &Passage) -> bool {
        let overlap = self.source[1].min(other.source[1]).saturating_sub(self.source[0].max(other.source[0]));
        let (own, others) = (self.source[1] - self.source[0], other.source[1] - other.source[0]);
        // A stray word may have stretched one of them.
        self.release == other.release && 10 * overlap >= 8 * own.min(others) && 2 * overlap >= own.max(others)
    }
}

fn wording(text: &str) -> Hash {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    Hash::of(words.join(" ").as_bytes())
}

/// Sightings of a source among which an earlier one of the same passage is looked for.
const EARLIER_MAX: u32 = 100;

async fn earlier(vault: &Vault, source: u32) -> Result<Vec<Found>> {
    let mut earlier = Vec::new();
    for sighting in vault.store.newest_sightings(source, EARLIER_MAX).await? {
        earlier.push(load(vault, &sighting).await?);
    }
    Ok(earlier)
}

/// What was found, as it is stored with a sighting.
pub(super) async fn load(vault: &Vault, sighting: &Sighting) -> Result<Found> {
    let mut found: Found = vault.json(sighting.found).await?;
    match found.version {
        VERSION => Ok(found),
        VERSION_EXTRAPOLATED => {
            found.passages.iter_mut().for_each(|passage| passage.false_alarms_per_million = None);
            Ok(found)
        }
        version => Err(Error::input(format!(
            "sighting {} was written by a newer tellmark (version {version}); use that one",
            sighting.number
        ))),
    }
}

/// A sighting, as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SightingLine {
    /// Its number.
    pub sighting: u32,
    /// The source's number.
    pub source: u32,
    /// Where the article was.
    pub address: String,
    /// Its title.
    pub title: String,
    /// What it was fetched as: `page`, `entry`, `message`, `text`, `file`.
    pub kind: String,
    /// What is to be said of how it was fetched.
    pub note: String,
    /// Whether all of it is wording that many share.
    pub shared: bool,
    /// When it was fetched, in seconds since 1970 (UTC).
    pub fetched_at: i64,
    /// The hash (BLAKE3) of the bytes as they were fetched.
    pub page: Hash,
    /// The hash of the text that was searched: the exhibit.
    pub content: Hash,
    /// Texts against which the weights were measured; below [`super::BACKGROUND_MIN`] they are assumed.
    pub background: usize,
    /// What was seen.
    pub passages: Vec<PassageLine>,
}

/// A passage, as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassageLine {
    /// The release.
    pub release: ReleaseId,
    /// Its name.
    pub document: String,
    /// Bytes of the article's text.
    pub query: [usize; 2],
    /// Bytes of the release's text.
    pub source: [usize; 2],
    /// How much it says that both share these words, in bits.
    pub weight: f64,
    /// In how many of a million texts like those that were followed lately something weighs as much: at most, with
    /// 95 % confidence. Nothing where too few of this source, or in the document's language, were.
    pub false_alarms_per_million: Option<f64>,
    /// Why the wording counts as shared, if it does.
    pub shared: Option<String>,
    /// How many words correspond.
    pub words: usize,
    /// The article's words, where its text is stored.
    pub text: String,
}

impl SightingLine {
    pub(super) async fn load(vault: &Vault, sighting: &Sighting) -> Result<SightingLine> {
        let found = load(vault, sighting).await?;
        let text = match sighting.kind == Kind::File.name() {
            true => String::new(),
            false => String::from_utf8_lossy(&vault.store.blob(sighting.content).await?).into_owned(),
        };
        let passages = found.passages.into_iter().map(|passage| PassageLine {
            text: text.get(passage.query()).unwrap_or_default().to_owned(),
            release: passage.release,
            document: passage.document,
            query: passage.query,
            source: passage.source,
            weight: passage.weight,
            false_alarms_per_million: passage.false_alarms_per_million,
            shared: passage.shared,
            words: passage.words.len(),
        });
        Ok(SightingLine {
            sighting: sighting.number,
            source: sighting.source,
            address: sighting.address.clone(),
            title: sighting.title.clone(),
            kind: sighting.kind.clone(),
            note: sighting.note.clone(),
            shared: sighting.is_shared,
            fetched_at: sighting.fetched_at,
            page: sighting.page,
            content: sighting.content,
            background: found.background,
            passages: passages.collect(),
        })
    }
}

/// All sightings, the newest last; those of shared wording only where they are asked for.
///
/// # Errors
/// Only those of the ledger.
pub async fn sightings(vault: &Vault, with_shared: bool) -> Result<Vec<SightingLine>> {
    let mut all = vault.store.sightings().await?;
    all.retain(|one| with_shared || !one.is_shared);
    lines(vault, &all).await
}

/// So many sightings that are no shared wording behind the `skip` newest, the newest first, and how many there are.
///
/// # Errors
/// Only those of the ledger.
pub async fn newest_sightings(vault: &Vault, skip: u64, count: u32) -> Result<(Vec<SightingLine>, u64)> {
    let all = vault.store.unshared_count().await?;
    Ok((lines(vault, &vault.store.newest_unshared(skip, count).await?).await?, all))
}

/// So many sightings that are no shared wording after one with a number, the newest last.
///
/// # Errors
/// Only those of the ledger.
pub async fn sightings_after(vault: &Vault, number: u32, count: u32) -> Result<Vec<SightingLine>> {
    lines(vault, &vault.store.unshared_after(number, count).await?).await
}

async fn lines(vault: &Vault, sightings: &[Sighting]) -> Result<Vec<SightingLine>> {
    let mut lines = Vec::new();
    for sighting in sightings {
        lines.push(SightingLine::load(vault, sighting).await?);
    }
    Ok(lines)
}

/// One sighting.
///
/// # Errors
/// When there is none of this number.
pub async fn sighting(vault: &Vault, number: u32) -> Result<SightingLine> {
    SightingLine::load(vault, &vault.store.sighting(number).await?).await
}

/// A sighting as an exhibit, and why it is here.
#[derive(Debug, Clone)]
pub struct Exhibited {
    /// The text that was searched, or the file as it was fetched.
    pub file: ExhibitFile,
    /// Which sighting it is, with address, time and the hash of what was fetched.
    pub because: String,
}

/// Turns a sighting into an exhibit, for [`crate::trace::trace`].
///
/// # Errors
/// When there is none of this number.
pub async fn exhibit(vault: &Vault, number: u32) -> Result<Exhibited> {
    let sighting = vault.store.sighting(number).await?;
    let name = match sighting.kind == Kind::File.name() {
        true => sighting.title.clone(),
        false => format!("sighting-{number}.txt"),
    };
    let at = moment(sighting.fetched_at);
    let because =
        format!("sighting {number}: {}, fetched {at}, BLAKE3 {} as fetched", sighting.address, sighting.page);
    Ok(Exhibited { file: ExhibitFile { name, bytes: vault.store.blob(sighting.content).await? }, because })
}

/// Seconds since 1970 as a moment, UTC.
pub(super) fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| "?".into(), |at| at.to_string())
}

/// The text of an article; a document of another format is read like an exhibit.
///
/// # Errors
/// When it is no document, or one without text.
pub(super) fn text_of(article: &Article) -> Result<String> {
    match &article.text {
        Some(text) => Ok(text.clone()),
        None => {
            let read = tellmark_formats::read_exhibit(&article.title, &article.page);
            let wrong = |source| Error::Format { name: article.address.clone(), source };
            Ok(read.map_err(wrong)?.text)
        }
    }
}
