//! Reading all sources, again and again.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tellmark_core::Hash;
use tellmark_follow::{Article, Polled, Reader, Source, Validators, Web, poll, wait_seconds};
use tellmark_store::{Followed, SourceState};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::pictures::Pictures;
use super::search::{Readable, Search, faultless, recordable};
use super::share::Holder;
use super::sightings::{SightingLine, text_of};
use super::stream::{Queue, Stream};
use super::tell::Channels;
use super::{Settings, SourceLine};
use crate::ocr::Engine;
use crate::{Ports, Result, Vault};

/// Sources that are read at the same time, not counting those that take long.
const AT_ONCE: usize = 8;
/// A source that is being read for longer waits for a slow server: it keeps no other from being read.
const LONG: Duration = Duration::from_secs(20);
/// Sources that are read at the same time, at most.
const AT_ONCE_MAX: usize = 128;
/// Articles that wait to be searched.
const WAITING_MAX: usize = 4;
/// Characters of a source's last error.
pub(super) const ERROR_CHARS_MAX: usize = 1_000;
/// How often it is looked whether sources were added or came due, where nothing happens.
const LOOK: Duration = Duration::from_secs(10);
/// How often while articles come, or while another program reads what is waited for.
const LOOK_WHILE_BUSY: Duration = Duration::from_secs(1);

/// Who is told while it runs.
pub trait Listener {
    /// A source is being read.
    fn begins(&mut self, source: &SourceLine) {
        let _ = source;
    }
    /// A source was read, with the number of new articles, or failed.
    fn ends(&mut self, source: &SourceLine, articles: u64) {
        let _ = (source, articles);
    }
    /// Something was seen and recorded: the sighting's number, and its source's.
    fn records(&mut self, sighting: u32, source: u32) {
        let _ = (sighting, source);
    }
    /// Something was seen. It is told again only where the program was killed after it was told and before that was
    /// recorded (docs/follow.md).
    ///
    /// # Errors
    /// When it could not be told; it is told again later then.
    fn sees(&mut self, sighting: &SightingLine) -> std::io::Result<()>;
    /// A channel, `webhook` or `mail`, could not be told; it is tried again later.
    fn fails(&mut self, channel: &str, because: &str) {
        let _ = (channel, because);
    }
    /// Something of the queue is wrong: its server does not answer, and is asked again, or a message cannot be used.
    fn warns(&mut self, because: &str) {
        let _ = because;
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct RunSummary {
    /// Articles that were searched, or handed to workers.
    pub articles: u64,
    /// Sightings.
    pub sightings: u64,
    /// How many of these are of shared wording.
    pub shared: u64,
    /// Readings of sources that failed.
    pub failed: u64,
}

/// How sources are followed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Each source is read once, due or not.
    pub once: bool,
    /// Nobody is at a terminal: standard input is no source, whoever added it, and what is told on standard output is left for
    /// whoever runs a command.
    pub is_service: bool,
    /// What is fetched is searched by workers that take it from this queue ([`super::work()`]).
    pub queue: Option<Queue>,
}

/// Reads the sources that are due, and goes on until `stop` is ready. `clock` gives seconds since 1970 (UTC). Several programs
/// may do so at once, also on several machines: each source is read by one of them at a time.
///
/// Each article is recorded with what was seen in it in one transaction: whenever it is stopped, nothing is lost, and
/// what was seen is recorded once. Only where it is killed between telling and recording that, something is told twice.
///
/// # Errors
/// When the configuration cannot be read, the queue is not there, or the ledger fails. A source that fails is noted and stops
/// nothing.
pub async fn run(
    vault: &Vault,
    options: &Options,
    clock: &dyn Fn() -> i64,
    ports: &mut Ports,
    stop: impl Future<Output = ()>,
    listener: &mut dyn Listener,
) -> Result<RunSummary> {
    let mut stop = std::pin::pin!(stop);
    let mut summary = RunSummary::default();
    loop {
        let settings = Settings::load(vault.folder())?;
        let engine = settings.engine()?;
        let web = Arc::new(settings.web(vault.folder())?);
        let channels = Channels::new(&settings, settings.trust(vault.folder())?, options.is_service);
        let stream = match &options.queue {
            Some(queue) => Some(Stream::connect(queue, vault, &settings).await?),
            None => None,
        };
        let holder = Holder::new(vault).await?;
        let (give, take) = channel(WAITING_MAX);
        // Two readings of a clock of seconds.
        let clocks = 1;
        let search =
            Search { vault, holder: &holder, channels, watch: None, clock, clocks, ports, listener, summary };
        let mut run = Run {
            search,
            stream,
            settings,
            engine,
            web,
            options,
            give,
            reading: BTreeMap::new(),
            begun: HashSet::new(),
            begun_at: clock(),
        };
        let done = tokio::select! {
            done = run.whole(take, stop.as_mut()) => done,
            never = holder.keep(clock) => match never {},
        };
        summary = run.search.summary;
        holder.leave().await;
        if done? == End::Over {
            return Ok(summary);
        }
    }
}

/// Why reading or searching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was stopped, or all was read once.
    Over,
    /// `follow.toml` is another one.
    Changed,
}

/// A source that is being read.
struct Reading {
    source: Followed,
    begun: Instant,
    /// New articles so far.
    articles: u64,
    /// Articles that were recorded as read although they could not be searched, and why one of them could not.
    failed: usize,
    last_error: Option<String>,
    /// Why an article could not be handed to the workers: it has to come again.
    unsent: Option<String>,
    /// Whether none can be at the moment.
    is_hopeless: bool,
}

impl Reading {
    fn new(source: Followed) -> Reading {
        Reading {
            source,
            begun: Instant::now(),
            articles: 0,
            failed: 0,
            last_error: None,
            unsent: None,
            is_hopeless: false,
        }
    }
}

/// What a source's thread says.
enum Said {
    /// An article, and when it came.
    Article(u32, Box<Readable>, Instant),
    Done(u32, tellmark_follow::Result<Polled>),
}

struct Run<'a> {
    search: Search<'a>,
    /// Where articles go that workers search.
    stream: Option<Stream>,
    settings: Settings,
    /// What recognises text in pictures.
    engine: Option<Engine>,
    web: Arc<Web>,
    options: &'a Options,
    give: Sender<Said>,
    /// The sources that are being read.
    reading: BTreeMap<u32, Reading>,
    /// Those that are read once, and were begun.
    begun: HashSet<u32>,
    begun_at: i64,
}

impl Run<'_> {
    /// Tells what was not told, reads, and tells the rest.
    async fn whole(&mut self, take: Receiver<Said>, stop: impl Future<Output = ()>) -> Result<End> {
        self.search.tell().await?;
        let end = self.go(take, stop).await?;
        self.search.tell_at_last().await?;
        Ok(end)
    }

    /// Goes on until it is stopped, which waits for what was begun with an article: what is told is recorded as
    /// told. The sources that are being read are left as they are, and read again.
    async fn go(&mut self, mut take: Receiver<Said>, stop: impl Future<Output = ()>) -> Result<End> {
        let mut stop = std::pin::pin!(stop);
        let (mut looked, mut is_waiting) = (None::<Instant>, false);
        loop {
            if looked.is_none_or(|at| at.elapsed() >= LOOK_WHILE_BUSY) {
                if !self.options.once && self.settings.have_changed() && !self.reads_stdin() {
                    return Ok(End::Changed);
                }
                is_waiting = self.begin_due().await?;
                looked = Some(Instant::now());
            }
            if self.options.once && self.reading.is_empty() && !is_waiting {
                return Ok(End::Over);
            }
            let patience = if is_waiting { LOOK_WHILE_BUSY } else { LOOK };
            let said = tokio::select! {
                biased;
                () = &mut stop => return Ok(End::Over),
                said = tokio::time::timeout(patience, take.recv()) => said,
            };
            match said {
                Ok(Some(Said::Article(source, article, came))) => {
                    self.article(source, *article, came).await?
                }
                Ok(Some(Said::Done(source, outcome))) => {
                    self.done(source, outcome).await?;
                    looked = None;
                }
                Ok(None) => return Ok(End::Over),
                // Nothing happened: look for sources that are due, and tell what could not be told.
                Err(_) => {
                    looked = None;
                    self.search.tell().await?;
                }
            }
        }
    }

    /// Begins to read what is due, and says whether something has to wait.
    async fn begin_due(&mut self) -> Result<bool> {
        let now = (self.search.clock)();
        let mut is_waiting = false;
        for source in self.search.vault.store.sources().await? {
            let number = source.number;
            let is_stdin = source.address == "-";
            let is_wanted = (self.options.once || is_stdin) && !(is_stdin && self.options.is_service);
            if source.removed_at.is_some() || !is_wanted || self.begun.contains(&number) {
                continue;
            }
            if self.is_busy() {
                return Ok(true);
            }
            let claimed = self.search.holder.claim(Some(number), now).await?;
            // Standard input is everybody's own: another program reads its own, and notes how that goes.
            match claimed.or_else(|| is_stdin.then(|| source.clone())) {
                Some(source) => {
                    self.begun.insert(number);
                    self.begin(source).await?;
                }
                // Another program has read it meanwhile, which is as good, or reads it.
                None if source.state.polled_at >= self.begun_at && self.options.once => {
                    self.begun.insert(number);
                }
                None => is_waiting = true,
            }
        }
        while !self.options.once {
            if self.is_busy() {
                return Ok(true);
            }
            let Some(source) = self.search.holder.claim(None, now).await? else { break };
            self.begin(source).await?;
        }
        Ok(is_waiting)
    }

    /// Whether standard input is being read: what was read of it is gone, and cannot come again.
    fn reads_stdin(&self) -> bool {
        self.reading.values().any(|one| one.source.address == "-")
    }

    fn is_busy(&self) -> bool {
        let quick = self.reading.values().filter(|one| one.begun.elapsed() < LONG).count();
        quick >= AT_ONCE || self.reading.len() >= AT_ONCE_MAX
    }

    /// Reads a source in a thread of its own: it waits for the network more than anything else.
    async fn begin(&mut self, source: Followed) -> Result<()> {
        self.search.listener.begins(&SourceLine::new(&source)?);
        let address = Source::parse(&source.address)?;
        let known =
            Validators { etag: source.state.etag.clone(), last_modified: source.state.last_modified.clone() };
        let mut seen: HashSet<Hash> =
            self.search.vault.store.seen_articles(source.number).await?.into_iter().collect();
        if let Some(stream) = &mut self.stream {
            stream.add_sent(source.number, &mut seen);
        }
        let password = self.settings.password(&source.address).map(str::to_owned);
        let pictures = self.engine.clone().filter(|_| self.settings.reads_pictures(&source.address));
        let (number, give, web) = (source.number, self.give.clone(), self.web.clone());
        self.reading.insert(number, Reading::new(source));
        std::thread::spawn(move || {
            let pictures = pictures.map(Pictures::new);
            let mut reader = Thread { source: number, seen, give: give.clone(), pictures };
            let work = || poll(&web, &address, password.as_deref(), &known, &mut reader);
            // A fault of this program's is this source's failure, and nobody waits for it for ever.
            let outcome = faultless(work)
                .unwrap_or_else(|why| Err(tellmark_follow::Error::Io { what: address.to_string(), why }));
            // Where nobody listens any more, the program is ending.
            let _ = give.blocking_send(Said::Done(number, outcome));
        });
        Ok(())
    }

    /// Searches and records an article, or hands it to those who do.
    async fn article(&mut self, source: u32, readable: Readable, came: Instant) -> Result<()> {
        let fetched_at = (self.search.clock)().saturating_sub_unsigned(came.elapsed().as_secs());
        let Some(reading) = self.reading.get_mut(&source) else { return Ok(()) };
        if let Some(stream) = &mut self.stream {
            // Where one could not be handed over, the source is read again, and it comes then.
            if !reading.is_hopeless {
                match stream.publish((source, &reading.source.address), readable, fetched_at).await {
                    Ok(is_new) => {
                        reading.articles += u64::from(is_new);
                        self.search.summary.articles += u64::from(is_new);
                    }
                    Err(untaken) => {
                        reading.is_hopeless = untaken.is_all;
                        reading.unsent = Some(untaken.why);
                    }
                }
            }
            return Ok(());
        }
        let searched = self.search.article(source, readable, fetched_at).await?;
        reading.articles += u64::from(searched.is_new);
        reading.failed += searched.misses.len();
        if let Some(last) = searched.misses.into_iter().next_back() {
            reading.last_error = Some(last);
        }
        Ok(())
    }

    /// Notes how reading a source went, and when it is read again.
    async fn done(&mut self, number: u32, outcome: tellmark_follow::Result<Polled>) -> Result<()> {
        let Some(reading) = self.reading.remove(&number) else { return Ok(()) };
        let Reading { mut source, articles, failed, last_error, unsent, .. } = reading;
        let now = (self.search.clock)();
        let outcome = match unsent {
            Some(why) => Err(tellmark_follow::Error::Io { what: "the queue".into(), why }),
            None => outcome,
        };
        let old = &source.state;
        let retry_after = outcome.as_ref().err().and_then(tellmark_follow::Error::retry_after);
        let has_more = outcome.as_ref().is_ok_and(|polled| polled.has_more);
        let mut state = SourceState { polled_at: now, succeeded_at: now, ..SourceState::default() };
        match outcome {
            Ok(polled) => {
                let validators = match polled.is_unchanged {
                    true => Validators { etag: old.etag.clone(), last_modified: old.last_modified.clone() },
                    false => polled.validators,
                };
                (state.etag, state.last_modified) = (validators.etag, validators.last_modified);
                let over = (polled.passed_over + failed).saturating_sub(polled.never);
                let last = last_error.or(polled.last_error);
                state.last_error = missed(polled.failed, over, polled.never, last);
            }
            Err(error) => {
                self.search.summary.failed += 1;
                state = SourceState {
                    etag: old.etag.clone(),
                    last_modified: old.last_modified.clone(),
                    polled_at: now,
                    succeeded_at: old.succeeded_at,
                    failures: old.failures.saturating_add(1),
                    last_error: match error {
                        // Where it led to is nobody's business, either.
                        tellmark_follow::Error::Never { .. } => {
                            "it is never followed, or leads to what is (docs/follow.md says why)".into()
                        }
                        error => error.to_string(),
                    },
                    next_at: 0,
                };
            }
        }
        let random = u64::from_le_bytes(self.search.ports.random());
        let wait = wait_seconds(self.settings.interval(), state.failures, retry_after, random);
        state.next_at = if has_more { now } else { now.saturating_add_unsigned(wait) };
        state.last_error = recordable(&state.last_error, ERROR_CHARS_MAX);
        self.search.holder.settle(number, &state).await?;
        source.state = state;
        self.search.listener.ends(&SourceLine::new(&source)?, articles);
        Ok(())
    }
}

/// What was not read of a source that was. Of what is never followed nothing is said but how much it was.
fn missed(failed: usize, passed_over: usize, never: usize, last: Option<String>) -> String {
    let never = match never {
        0 => None,
        1 => Some("1 message passed over: of people who are never followed".to_owned()),
        count => Some(format!("{count} messages passed over: of people who are never followed")),
    };
    let others = last.map(|last| match (failed, passed_over) {
        (0, over) => format!("{over} passed over: {last}"),
        (failed, _) => format!("{failed} are tried again: {last}"),
    });
    never.into_iter().chain(others).collect::<Vec<_>>().join("; ")
}

/// The side of a source's thread.
struct Thread {
    source: u32,
    seen: HashSet<Hash>,
    give: Sender<Said>,
    /// Pictures, where those of the source are read.
    pictures: Option<Pictures>,
}

impl Reader for Thread {
    fn wants(&mut self, key: Hash) -> bool {
        self.seen.insert(key)
    }

    fn take(&mut self, mut article: Article) -> bool {
        let came = Instant::now();
        let may_go_on = self.pictures.as_mut().is_none_or(|pictures| pictures.recognise(&mut article));
        // Here a file that takes long, or finds a fault, keeps no other source waiting.
        let text = faultless(|| text_of(&article).map_err(|error| error.to_string()));
        let readable = Box::new(Readable { article, has_fault: text.is_err(), text: text.flatten() });
        self.give.blocking_send(Said::Article(self.source, readable, came)).is_ok() && may_go_on
    }

    fn wants_pictures(&self) -> bool {
        self.pictures.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_never_followed_only_the_number_is_said() {
        assert_eq!(missed(0, 0, 1, None), "1 message passed over: of people who are never followed");
        assert_eq!(
            missed(1, 0, 2, Some("x".into())),
            "2 messages passed over: of people who are never followed; 1 are tried again: x"
        );
        assert_eq!(
            (missed(0, 3, 0, Some("x".into())).as_str(), missed(0, 0, 0, None)),
            ("3 passed over: x", String::new())
        );
    }
}
