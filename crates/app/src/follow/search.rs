//! Searching articles, recording them with what was seen in them, and telling of that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tellmark_core::limits;
use tellmark_follow::{Article, Kind};
use tellmark_formats::picture;
use tellmark_store::{NewArticle, NewSighting, Recorded};

use super::run::{Listener, RunSummary};
use super::share::Holder;
use super::sightings::Found;
use super::tell::Channels;
use super::watch::Watch;
use crate::{Ports, Result, Vault};

/// Texts of each source that stay in the background.
const BACKGROUND_MAX: u32 = 300;
/// Words from which a text may belong to the background.
const BACKGROUND_WORDS_MIN: usize = 20;
/// Characters of a note that is recorded with a sighting.
const NOTE_CHARS_MAX: usize = 4_000;
/// How long the last telling waits for another program that tells.
const TELLING_WAIT_MAX: Duration = Duration::from_secs(60);

/// An article with its text.
pub(super) struct Readable {
    pub article: Article,
    /// Its text, or why it has none.
    pub text: std::result::Result<String, String>,
    /// Whether that is a fault of this program.
    pub has_fault: bool,
}

/// What came of an article.
#[derive(Debug, Default)]
pub(super) struct Searched {
    /// Whether it was recorded now, and not before.
    pub is_new: bool,
    /// Why it could not be read or searched, or not recorded whole.
    pub misses: Vec<String>,
}

/// Who searches.
pub(super) struct Search<'a> {
    pub vault: &'a Vault,
    pub holder: &'a Holder,
    pub channels: Channels,
    /// Made when the first article comes: it takes a while where the vault is large.
    pub watch: Option<Watch>,
    pub clock: &'a dyn Fn() -> i64,
    /// Seconds that an article may have come later than it says, by a clock of seconds and those of other machines.
    pub clocks: i64,
    pub ports: &'a mut Ports,
    pub listener: &'a mut dyn Listener,
    pub summary: RunSummary,
}

impl Search<'_> {
    /// Makes the index, or brings it up to date for what came so long ago.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn prepare(&mut self, age: Duration) -> Result<()> {
        let watch = match self.watch.take() {
            Some(mut watch) => {
                watch.refresh(self.vault, age).await?;
                watch
            }
            None => Watch::load(self.vault).await?,
        };
        self.watch = Some(watch);
        Ok(())
    }

    /// Searches an article that was fetched at a moment (seconds since 1970, UTC), records it, and tells what was seen in it. One that cannot be searched, or whose sighting the ledger does not take, is
    /// recorded as read all the same: it would come again for ever, and end the following of everything each time.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn article(&mut self, source: u32, readable: Readable, fetched_at: i64) -> Result<Searched> {
        let age = (self.clock)().saturating_sub(fetched_at).saturating_sub(self.clocks);
        // What searches with it needs the rest of this as well.
        self.prepare(Duration::from_secs(u64::try_from(age).unwrap_or(0))).await?;
        let Some(mut watch) = self.watch.take() else { return Ok(Searched::default()) };
        let sightings = self.summary.sightings;
        let searched = self.search(&mut watch, source, readable, fetched_at).await;
        self.watch = Some(watch);
        if self.summary.sightings > sightings {
            self.tell().await?;
        }
        searched
    }

    async fn search(
        &mut self,
        watch: &mut Watch,
        source: u32,
        readable: Readable,
        fetched_at: i64,
    ) -> Result<Searched> {
        let mut searched = Searched::default();
        let Readable { article, text, has_fault } = readable;
        let note = text.as_ref().err().cloned().or(article.note.clone()).unwrap_or_default();
        let note = recordable(&note, NOTE_CHARS_MAX);
        // Pictures have no text where nobody asked for it; any other file that cannot be read is named.
        let is_unread = text.is_err() && picture::is_picture(&article.page).is_none();
        if is_unread && !has_fault {
            searched.misses.push(note.clone());
        }
        if has_fault {
            searched.misses.push(format!("{}: {note}", article.address));
        }
        let text = text.unwrap_or_default();
        if text.len() > limits::TEXT_BYTES_MAX {
            let most = limits::TEXT_BYTES_MAX >> 20;
            searched
                .misses
                .push(format!("{}: only the first {most} MiB of its text were searched", article.address));
        }
        let beginning = &text[..text.floor_char_boundary(limits::TEXT_BYTES_MAX)];
        let spotted = faultless(|| watch.spot(beginning));
        let is_searched = spotted.is_ok();
        let hits = spotted.unwrap_or_else(|why| {
            searched.misses.push(format!("{}: {why}", article.address));
            Vec::new()
        });
        let mut found = Found::new(watch, source, &text, &hits);
        found.label(watch, self.vault, source, &text).await?;
        let is_news = !hits.is_empty() && !found.is_known_at(self.vault, &article.address).await?;
        let is_long = text.split_whitespace().nth(BACKGROUND_WORDS_MIN).is_some();
        let is_ordinary = is_searched && hits.is_empty() && is_long;
        let encoded = found.encode()?;
        let channels = if found.is_shared() { Vec::new() } else { self.channels.names() };
        let content = if article.kind == Kind::File { article.page.as_slice() } else { text.as_bytes() };
        // The text of a file is as it was read, which may hold what no ledger does.
        let background = is_ordinary.then(|| text.replace('\0', ""));
        let new = NewArticle {
            source,
            article: article.key,
            fetched_at,
            sighting: is_news.then_some(NewSighting {
                address: &article.address,
                title: &article.title,
                kind: article.kind.name(),
                note: &note,
                is_shared: found.is_shared(),
                page: &article.page,
                content,
                found: &encoded,
                channels: &channels,
            }),
            background: background.as_deref(),
            background_max: BACKGROUND_MAX,
        };
        let recorded = match self.vault.store.record_article(&new).await {
            Err(error @ tellmark_store::Error::Invalid { .. }) => {
                searched.misses.push(format!("{}: {error}", article.address));
                let bare = NewArticle { sighting: None, background: None, ..new };
                self.vault.store.record_article(&bare).await?
            }
            recorded => {
                watch.fresh += usize::from(is_ordinary && matches!(recorded, Ok(Recorded::New(_))));
                recorded?
            }
        };
        if let Recorded::New(sighting) = recorded {
            searched.is_new = true;
            self.summary.articles += 1;
            if let Some(sighting) = sighting {
                self.summary.sightings += 1;
                self.summary.shared += u64::from(sighting.is_shared);
                self.listener.records(sighting.number, source);
            }
        }
        Ok(searched)
    }

    /// Records an article as read that is not searched, and why.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn pass_over(&mut self, source: u32, article: &Article, fetched_at: i64) -> Result<()> {
        let new = NewArticle {
            source,
            article: article.key,
            fetched_at,
            sighting: None,
            background: None,
            background_max: BACKGROUND_MAX,
        };
        self.vault.store.record_article(&new).await?;
        Ok(())
    }

    /// Tells what was not told yet, unless another program is telling: whether it is not.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn tell(&mut self) -> Result<bool> {
        let now = (self.clock)();
        if !self.channels.has_something_to_tell(self.vault, now).await? {
            return Ok(true);
        }
        if !self.holder.begin_telling(now).await? {
            return Ok(false);
        }
        let random = u64::from_le_bytes(self.ports.random());
        let told = self.channels.tell(self.vault, self.listener, now, random).await;
        self.holder.end_telling().await?;
        told.map(|()| true)
    }

    /// Tells what was not told yet, before the program ends: where another tells, it is waited for.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn tell_at_last(&mut self) -> Result<()> {
        let begun = Instant::now();
        while !self.tell().await? && begun.elapsed() < TELLING_WAIT_MAX {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }
}

/// What a server says may be long, and hold what the ledger refuses.
pub(super) fn recordable(text: &str, chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars).collect()
}

/// Does what a hostile article may find a fault in; the fault is that article's, or that source's, and nobody else's.
pub(super) fn faultless<T>(work: impl FnOnce() -> T) -> std::result::Result<T, String> {
    let why = "a fault of this program ended its reading; what it says of it, please report";
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_an_error_of_what_was_done() {
        assert_eq!(faultless(|| 3), Ok(3));
        assert!(faultless(|| -> u32 { panic!("a fault of a test") }).unwrap_err().contains("please report"));
    }

    #[test]
    fn what_is_recorded_is_a_line_of_some_length() {
        assert_eq!(recordable("a\0b\nc\u{444}", 4), "abc\u{444}");
        assert_eq!(recordable("abcdef", 4), "abcd");
    }
}
