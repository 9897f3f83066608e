//! Workers: they take articles from the queue, search them, and record what was seen.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt as _;

use super::Settings;
use super::frames::Handed;
use super::run::{ERROR_CHARS_MAX, Listener, RunSummary};
use super::search::{Search, recordable};
use super::share::Holder;
use super::stream::{Queue, Stream, Taken, Unreadable};
use super::tell::Channels;
use crate::{Ports, Result, Vault};

/// How long it waits for an article; in between it looks for what could not be told.
const WAIT: Duration = Duration::from_secs(5);
/// How long where it ends once nothing waits.
const WAIT_ONCE: Duration = Duration::from_millis(500);
/// How long it leaves a server alone that does not answer.
const AGAIN: Duration = Duration::from_secs(2);
/// How often it says that it is still at an article.
const BEAT: Duration = Duration::from_secs(10);
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
    let settings = Settings::load(vault.folder())?;
    let channels = Channels::new(&settings, settings.trust(vault.folder())?);
    let stream = Stream::connect(queue, vault, &settings).await?;
    let takers = stream.takers().await?;
    let holder = Holder::new(vault).await?;
    let search = Search {
        vault,
        holder: &holder,
        channels,
        watch: None,
        clock,
        ports,
        listener,
        summary: RunSummary::default(),
    };
    let mut worker = Worker { search, stream, takers, sources: BTreeMap::new() };
    let done = tokio::select! {
        done = worker.whole(once, stop) => done,
        never = holder.keep(clock) => match never {},
    };
    let summary = worker.search.summary.clone();
    holder.leave().await;
    done.map(|()| summary)
}

struct Worker<'a> {
    search: Search<'a>,
    stream: Stream,
    takers: PullConsumer,
    /// The addresses of the sources, by their numbers.
    sources: BTreeMap<u32, String>,
}

impl Worker<'_> {
    async fn whole(&mut self, once: bool, stop: impl Future<Output = ()>) -> Result<()> {
        let mut stop = std::pin::pin!(stop);
        self.search.tell().await?;
        loop {
            // Before anything is taken: the server hands out again what takes long.
            self.search.prepare().await?;
            let wait = if once { WAIT_ONCE } else { WAIT };
            let taken = tokio::select! {
                biased;
                () = &mut stop => break,
                taken = self.take(wait) => taken,
            };
            match taken {
                Ok(None) => {
                    self.search.tell().await?;
                    let takers = &mut self.takers;
                    if once && self.stream.waiting(takers).await.is_ok_and(|waiting| waiting == 0) {
                        break;
                    }
                }
                Ok(Some(taken)) => tokio::select! {
                    done = self.message(&taken) => done?,
                    never = keep(&taken) => match never {},
                },
                Err(why) => {
                    self.search.listener.warns(&why);
                    tokio::select! {
                        () = &mut stop => break,
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
            }
        }
        self.search.tell_at_last().await
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
                self.search.listener.warns(&why);
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
        let Handed { source, followed, readable } = handed;
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
            self.search.pass_over(source, &readable.article, readable.fetched_at).await?;
            return self.note(source, &why).await;
        }
        let sightings = self.search.summary.sightings;
        let searched = self.search.article(source, readable).await?;
        if let Some(last) = searched.misses.last() {
            self.note(source, last).await?;
        }
        if self.search.summary.sightings > sightings {
            self.search.tell().await?;
        }
        Ok(())
    }

    /// Says of a source that an article of it could not be searched.
    async fn note(&self, source: u32, why: &str) -> Result<()> {
        let why = format!("1 passed over: {}", recordable(why, ERROR_CHARS_MAX));
        Ok(self.search.vault.store.note_source(source, &recordable(&why, ERROR_CHARS_MAX)).await?)
    }
}

/// Says that an article is being searched, for ever: nobody else gets it meanwhile.
async fn keep(taken: &Taken) -> Infallible {
    loop {
        tokio::time::sleep(BEAT).await;
        taken.keep().await;
    }
}
