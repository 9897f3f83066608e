//! Workers: they take articles from the queue, search them, and record what was seen.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt as _;

use super::Settings;
use super::frames::Handed;
use super::run::{ERROR_CHARS_MAX, End, Listener, RunSummary};
use super::search::{Search, recordable};
use super::share::Holder;
use super::stream::{Queue, Stream, Taken, Unreadable};
use super::tell::Channels;
use crate::{Ports, Result, Vault};

/// How long it waits for an article; in between it looks for what could not be told.
const WAIT: Duration = Duration::from_secs(5);
/// How long where it ends once nothing waits.
const WAIT_ONCE: Duration = Duration::from_millis(500);
/// How often it says that something still fails.
const WARN: Duration = Duration::from_secs(60);
/// How long it leaves a server alone that does not answer.
const AGAIN: Duration = Duration::from_secs(2);
/// How often it says that it is still at an article.
const BEAT: Duration = Duration::from_secs(10);
/// How much the clocks of two machines may differ.
const CLOCKS_SECONDS: i64 = 60;
/// How often an article is handed out before it counts as one that ends whoever searches it.
const TIMES_MAX: u64 = 10;

/// Takes articles from the queue, searches them and records what was seen, until `stop` is ready; with `once` until nothing waits
/// any more. As many as there are processors may work at once, on one machine or on several.
///
/// An article is taken from the queue after it was recorded: what a worker had when it was killed another one gets, and it is
/// recorded once.
///
/// # Errors
/// When the configuration cannot be read, the queue is not there, or the ledger fails. A queue that fails later is waited for.
pub async fn work(
    vault: &Vault,
    queue: &Queue,
    once: bool,
    clock: &dyn Fn() -> i64,
    ports: &mut Ports,
    stop: impl Future<Output = ()>,
    listener: &mut dyn Listener,
) -> Result<RunSummary> {
    let mut stop = std::pin::pin!(stop);
    let mut summary = RunSummary::default();
    loop {
        let settings = Settings::load(vault.folder())?;
        let channels = Channels::new(&settings, settings.trust(vault.folder())?, false);
        let stream = Stream::connect(queue, vault, &settings).await?;
        let takers = stream.takers().await?;
        let holder = Holder::new(vault).await?;
        let clocks = CLOCKS_SECONDS;
        let search =
            Search { vault, holder: &holder, channels, watch: None, clock, clocks, ports, listener, summary };
        let mut worker = Worker { search, stream, takers, settings, sources: BTreeMap::new(), warned: None };
        let done = tokio::select! {
            done = worker.whole(once, stop.as_mut()) => done,
            never = holder.keep(clock) => match never {},
        };
        summary = worker.search.summary;
        holder.leave().await;
        if done? == End::Over {
            return Ok(summary);
        }
    }
}

struct Worker<'a> {
    search: Search<'a>,
    stream: Stream,
    takers: PullConsumer,
    settings: Settings,
    /// The addresses of the sources, by their numbers.
    sources: BTreeMap<u32, String>,
    /// When it was last said that the ledger fails.
    warned: Option<Instant>,
}

impl Worker<'_> {
    /// Works until it is stopped, or `follow.toml` changes. A ledger or a queue that fails meanwhile is waited for: whoever ended
    /// over it would leave the article in hand to the next, as one that ends whoever searches it.
    async fn whole(&mut self, once: bool, mut stop: Pin<&mut impl Future<Output = ()>>) -> Result<End> {
        self.search.tell().await?;
        // Whoever has no memory for the index takes nothing that would count as what ended it.
        self.search.prepare(Duration::ZERO).await?;
        let end = loop {
            if self.settings.have_changed() {
                break End::Changed;
            }
            let wait = if once { WAIT_ONCE } else { WAIT };
            let taken = tokio::select! {
                biased;
                () = &mut stop => break End::Over,
                taken = self.take(wait) => taken,
            };
            let done = match taken {
                Ok(Some(taken)) => tokio::select! {
                    is_done = self.insist(&taken, stop.as_mut()) => match is_done {
                        true => Ok(()),
                        false => break End::Over,
                    },
                    never = keep(&taken) => match never {},
                },
                Ok(None) => match self.idle().await {
                    Ok(0) if once => break End::Over,
                    done => done.map(drop),
                },
                Err(why) => Err(why),
            };
            if let Err(why) = done {
                self.warn(&why);
                tokio::select! {
                    () = &mut stop => break End::Over,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
        };
        self.search.tell_at_last().await?;
        Ok(end)
    }

    /// Looks for what could not be told, and whether the queue is still there; says how much is in it.
    async fn idle(&mut self) -> std::result::Result<u64, String> {
        self.search.tell().await.map_err(|error| error.to_string())?;
        if let Ok(waiting) = self.stream.waiting(&mut self.takers).await {
            return Ok(waiting);
        }
        self.stream.make().await.map_err(|error| error.to_string())?;
        self.takers = self.stream.takers().await.map_err(|error| error.to_string())?;
        self.stream.waiting(&mut self.takers).await
    }

    /// Searches what was taken, again and again until the ledger has it; gives it back where it is to stop first. Whether it is
    /// done.
    async fn insist(&mut self, taken: &Taken, mut stop: Pin<&mut impl Future<Output = ()>>) -> bool {
        while let Err(error) = self.message(taken).await {
            self.warn(&error.to_string());
            tokio::select! {
                () = &mut stop => {
                    taken.give_back().await;
                    return false;
                }
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
        true
    }

    /// Says that something fails that is tried again, not too often.
    fn warn(&mut self, why: &str) {
        if self.warned.is_none_or(|at| at.elapsed() >= WARN) {
            self.search.listener.warns(&format!("{why}; it is tried again, and nothing is lost"));
            self.warned = Some(Instant::now());
        }
    }

    /// The next article, or nothing where none came in time. One at a time: whoever is ended by an article has no other in hand, which
    /// would count as one that ends whoever searches it, too.
    async fn take(&self, wait: Duration) -> std::result::Result<Option<Taken>, String> {
        let batch = self.takers.batch().max_messages(1).expires(wait).messages().await;
        let next = batch.map_err(|error| error.to_string())?.next().await.transpose();
        Ok(next.map_err(|error| error.to_string())?.map(Taken::new))
    }

    /// Searches what was taken, and takes it from the queue for good.
    async fn message(&mut self, taken: &Taken) -> Result<()> {
        match self.stream.open(taken).await {
            Ok(handed) => self.article(taken, handed).await?,
            Err(Unreadable::Later(why)) => {
                self.warn(&why);
                taken.give_back().await;
                return Ok(());
            }
            Err(Unreadable::Never(why)) => {
                self.search.listener.warns(&format!("a message was dropped: {why}"));
            }
        }
        self.stream.settle(taken).await;
        Ok(())
    }

    async fn article(&mut self, taken: &Taken, handed: Handed) -> Result<()> {
        let Handed { source, followed, readable, fetched_at } = handed;
        if !self.sources.contains_key(&source) {
            let all = self.search.vault.store.sources().await?;
            self.sources = all.into_iter().map(|one| (one.number, one.address)).collect();
        }
        if self.sources.get(&source) != Some(&followed) {
            // A ledger that was restored from before this source was added.
            let why = format!("an article was dropped: source {source} is another one in this ledger");
            self.search.listener.warns(&why);
            return Ok(());
        }
        if taken.times > TIMES_MAX {
            let why = format!("{}: whoever searched it ended, {TIMES_MAX} times", readable.article.address);
            self.search.listener.warns(&why);
            self.search.pass_over(source, &readable.article, fetched_at).await?;
            return self.note(source, &why).await;
        }
        let searched = self.search.article(source, readable, fetched_at).await?;
        if let Some(last) = searched.misses.last() {
            self.note(source, last).await?;
        }
        Ok(())
    }

    /// Says of a source that an article of it could not be searched.
    async fn note(&self, source: u32, why: &str) -> Result<()> {
        let why = recordable(&format!("1 passed over: {why}"), ERROR_CHARS_MAX);
        Ok(self.search.vault.store.note_source(source, &why).await?)
    }
}

/// Says that an article is being searched, for ever: nobody else gets it meanwhile.
async fn keep(taken: &Taken) -> Infallible {
    loop {
        tokio::time::sleep(BEAT).await;
        taken.keep().await;
    }
}
