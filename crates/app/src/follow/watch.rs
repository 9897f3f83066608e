//! The vault's documents, indexed against what sources carried lately.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tellmark_core::ReleaseId;
use tellmark_spotting::{Background, Hit, Protected};

use super::shared::Common;
use super::sightings::load;
use crate::{Result, Vault};

/// Texts of the background, at most.
const BACKGROUND_MAX: u32 = 3_000;
/// Sightings beside it that count as alarms, at most, the newest: of a weight that so many reach, nothing rarer than
/// always is said.
const ALARMS_MAX: u32 = BACKGROUND_MAX;
/// An index that was made faster than this is made anew as soon as the background grew; one that took longer only after nine times
/// as long, so that most of the time goes to searching.
const QUICK: Duration = Duration::from_millis(200);
/// Texts of the background from which what chance does is measured and not assumed.
pub const BACKGROUND_MIN: usize = 20;

/// The index, and what it was made of.
pub(super) struct Watch {
    /// The releases with their names, in the order of the hits' numbers.
    pub releases: Vec<(ReleaseId, String)>,
    pub protected: Protected,
    /// What recent texts without a hit say more than once, by source.
    pub common: BTreeMap<u32, Common>,
    /// Texts of the background.
    pub background: usize,
    /// How many of these each source brought.
    heard: BTreeMap<u32, usize>,
    /// Articles that came to the background since.
    pub fresh: usize,
    /// The newest sighting that is counted as an alarm, whoever recorded it.
    newest: u32,
    /// Since when it is what the vault held.
    begun: Instant,
    took: Duration,
}

impl Watch {
    /// Indexes what the vault holds now.
    pub async fn load(vault: &Vault) -> Result<Watch> {
        let begun = Instant::now();
        let texts = vault.store.texts().await?;
        let background = vault.store.background(BACKGROUND_MAX).await?;
        // What is recorded in between counts twice, which makes the figure larger.
        let newest = vault.store.newest_sighting().await?;
        let mut alarms = Vec::new();
        if background.len() >= BACKGROUND_MIN {
            for sighting in vault.store.sightings_beside_background(ALARMS_MAX).await? {
                alarms.push(load(vault, &sighting).await?.heaviest());
            }
        }
        let known = vault.store.releases().await?;
        let names: BTreeMap<ReleaseId, String> = known.into_iter().map(|one| (one.id, one.name)).collect();
        let name = |id: &ReleaseId| names.get(id).cloned().unwrap_or_default();
        let releases: Vec<_> = texts.iter().map(|(id, _)| (*id, name(id))).collect();
        // It takes a while, in which what is held has to be kept up.
        let make = move || {
            let mut sources: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
            for (source, text) in &background {
                sources.entry(*source).or_default().push(text);
            }
            let heard = sources.iter().map(|(source, texts)| (*source, texts.len())).collect();
            let common = sources.iter().map(|(source, texts)| (*source, Common::of(texts))).collect();
            let background: Vec<&str> = background.iter().map(|(_, text)| text.as_str()).collect();
            let measured = if background.len() < BACKGROUND_MIN { &[] } else { background.as_slice() };
            let protected = Protected::with_background(
                texts.iter().map(|(_, text)| text.as_str()),
                Background { texts: measured, alarms: &alarms },
            );
            Watch {
                releases,
                protected,
                common,
                background: background.len(),
                heard,
                fresh: 0,
                newest,
                begun,
                took: begun.elapsed(),
            }
        };
        match tokio::task::spawn_blocking(make).await {
            Ok(watch) => Ok(watch),
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
    }

    /// Makes the index anew where a document was sealed since, or where the background grew by a quarter and making it again takes
    /// no more than a tenth of the time; and counts the sightings that were recorded since, by whichever program.
    ///
    /// What came after a document was sealed is searched for it: an article that was recorded as read never comes again. What
    /// came before the index was begun, `age` ago at least, shows nothing of what was sealed after; so that where much waits while much is sealed,
    /// one index serves all that waited for it.
    pub async fn refresh(&mut self, vault: &Vault, age: Duration) -> Result<()> {
        let came_before = age > self.begun.elapsed();
        let is_old = !came_before && vault.store.release_count().await? != self.releases.len() as u64;
        let has_grown = self.fresh >= BACKGROUND_MIN && 4 * self.fresh >= self.background.min(2_000);
        let may_be_made_anew = self.took < QUICK || self.begun.elapsed() >= 10 * self.took;
        if is_old || (has_grown && may_be_made_anew) {
            *self = Watch::load(vault).await?;
        }
        for sighting in vault.store.sightings_after(self.newest).await? {
            self.protected.count_alarm(load(vault, &sighting).await?.heaviest());
            self.newest = sighting.number;
        }
        Ok(())
    }

    /// Whether the background says anything of a source: it brought some of it. Another kind of source brings wording
    /// that nobody counted.
    pub fn knows(&self, source: u32) -> bool {
        self.heard.get(&source).is_some_and(|count| *count >= BACKGROUND_MIN)
    }

    /// The passages of documents in a text.
    pub fn spot(&self, text: &str) -> Vec<Hit> {
        self.protected.spotter().spot(text)
    }
}
