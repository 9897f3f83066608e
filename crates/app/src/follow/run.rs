//! Reading all sources, again and again.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, TryLockError};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tellmark_core::Hash;
use tellmark_follow::{Article, Kind, Polled, Reader, Source, Validators, Web, poll, wait_seconds};
use tellmark_formats::picture;
use tellmark_store::{Followed, NewArticle, NewSighting, Recorded, Sighting, SourceState};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::pictures::Pictures;
use super::sightings::{Found, SightingLine, text_of};
use super::tell::Channels;
use super::watch::Watch;
use super::{Settings, SourceLine};
use crate::ocr::Engine;
use crate::{Error, Ports, Result, Vault};

/// Sources that are read at the same time, not counting those that take long.
const AT_ONCE: usize = 8;
/// A source that is being read for longer waits for a slow server: it keeps no other from being read.
const LONG: Duration = Duration::from_secs(20);
/// Sources that are read at the same time, at most.
const AT_ONCE_MAX: usize = 128;
/// Articles that wait to be searched.
const WAITING_MAX: usize = 4;
/// Texts of each source that stay in the background.
const BACKGROUND_MAX: u32 = 300;
/// Words from which a text may belong to the background.
const BACKGROUND_WORDS_MIN: usize = 20;
/// Characters of a note that is recorded with a sighting, and of a source's last error.
const NOTE_CHARS_MAX: usize = 4_000;
const ERROR_CHARS_MAX: usize = 1_000;
/// How often it is looked whether sources were added or came due, in seconds.
const LOOK_SECONDS: u64 = 10;

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
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct RunSummary {
    /// Articles that were searched.
    pub articles: u64,
    /// Sightings.
    pub sightings: u64,
    /// How many of these are of shared wording.
    pub shared: u64,
    /// Readings of sources that failed.
    pub failed: u64,
}

/// Reads the sources that are due, and goes on until `stop` is ready; with `once` each source is read once, due or
/// not. `clock` gives seconds since 1970 (UTC).
///
/// Each article is recorded with what was seen in it in one transaction: whenever it is stopped, nothing is lost, and
/// what was seen is recorded once. Only where it is killed between telling and recording that, something is told twice.
///
/// # Errors
/// When another command follows this vault, the configuration cannot be read, or the ledger fails. A source that
/// fails is noted and stops nothing.
pub async fn run(
    vault: &Vault,
    once: bool,
    clock: &dyn Fn() -> i64,
    ports: &mut Ports,
    stop: impl Future<Output = ()>,
    listener: &mut dyn Listener,
) -> Result<RunSummary> {
    let _lock = lock(vault)?;
    let settings = Settings::load(vault.folder())?;
    let engine = settings.engine()?;
    let (give, take) = channel(WAITING_MAX);
    let mut run = Run {
        vault,
        web: Arc::new(settings.web(vault.folder())?),
        channels: Channels::new(&settings, settings.trust(vault.folder())?),
        settings,
        engine,
        watch: Watch::load(vault).await?,
        clock,
        ports,
        listener,
        give,
        reading: BTreeMap::new(),
        summary: RunSummary::default(),
    };
    run.tell().await?;
    run.go(once, take, stop).await?;
    run.tell().await?;
    Ok(run.summary)
}

/// One command follows a vault at a time: two would tell everything twice.
fn lock(vault: &Vault) -> Result<File> {
    let path = vault.folder().join("follow.lock");
    let file =
        File::options().create(true).append(true).open(&path).map_err(Error::file("cannot make", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::input(
            "another command follows this vault at the moment; one is enough, stop it first",
        )),
        Err(TryLockError::Error(error)) => Err(Error::file("cannot lock", &path)(error)),
    }
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
}

impl Reading {
    fn new(source: Followed) -> Reading {
        Reading { source, begun: Instant::now(), articles: 0, failed: 0, last_error: None }
    }
}

/// An article with its text.
struct Readable {
    article: Article,
    /// Its text, or why it has none.
    text: std::result::Result<String, String>,
    /// Whether that is a fault of this program.
    has_fault: bool,
}

/// What a source's thread says.
enum Said {
    Article(u32, Box<Readable>),
    Done(u32, tellmark_follow::Result<Polled>),
}

struct Run<'a> {
    vault: &'a Vault,
    settings: Settings,
    /// What recognises text in pictures.
    engine: Option<Engine>,
    web: Arc<Web>,
    channels: Channels,
    watch: Watch,
    clock: &'a dyn Fn() -> i64,
    ports: &'a mut Ports,
    listener: &'a mut dyn Listener,
    give: Sender<Said>,
    /// The sources that are being read.
    reading: BTreeMap<u32, Reading>,
    summary: RunSummary,
}

impl Run<'_> {
    /// Goes on until it is stopped, which waits for what was begun with an article: what is told is recorded as
    /// told. The sources that are being read are left as they are, and read again.
    async fn go(
        &mut self,
        once: bool,
        mut take: Receiver<Said>,
        stop: impl Future<Output = ()>,
    ) -> Result<()> {
        let mut begun = HashSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let is_waiting = self.begin_due(once, &mut begun).await?;
            if once && self.reading.is_empty() && !is_waiting {
                return Ok(());
            }
            let said = tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                said = tokio::time::timeout(Duration::from_secs(LOOK_SECONDS), take.recv()) => said,
            };
            match said {
                Ok(Some(Said::Article(source, article))) => self.article(source, *article).await?,
                Ok(Some(Said::Done(source, outcome))) => self.done(source, outcome).await?,
                Ok(None) => return Ok(()),
                // Nothing happened: look for sources that are due, and tell what could not be told.
                Err(_) => self.tell().await?,
            }
        }
    }

    /// Begins to read what is due, and says whether something has to wait.
    async fn begin_due(&mut self, once: bool, begun: &mut HashSet<u32>) -> Result<bool> {
        let now = (self.clock)();
        for source in self.vault.store.sources().await? {
            let number = source.number;
            let is_due = match once || source.address == "-" {
                true => !begun.contains(&number),
                false => source.state.next_at <= now,
            };
            if source.removed_at.is_some() || self.reading.contains_key(&number) || !is_due {
                continue;
            }
            let quick = self.reading.values().filter(|one| one.begun.elapsed() < LONG).count();
            if quick >= AT_ONCE || self.reading.len() >= AT_ONCE_MAX {
                return Ok(true);
            }
            begun.insert(number);
            self.begin(source).await?;
        }
        Ok(false)
    }

    /// Reads a source in a thread of its own: it waits for the network more than anything else.
    async fn begin(&mut self, source: Followed) -> Result<()> {
        self.listener.begins(&SourceLine::new(&source)?);
        let address = Source::parse(&source.address)?;
        let known =
            Validators { etag: source.state.etag.clone(), last_modified: source.state.last_modified.clone() };
        let seen = self.vault.store.seen_articles(source.number).await?.into_iter().collect();
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

    /// Searches an article and records it. One that cannot be searched, or whose sighting the ledger does not take, is
    /// recorded as read all the same: it would come again for ever, and end the following of everything each time.
    async fn article(&mut self, source: u32, readable: Readable) -> Result<()> {
        self.watch.refresh(self.vault).await?;
        let fetched_at = (self.clock)();
        let Readable { article, text, has_fault } = readable;
        let note = text.as_ref().err().cloned().or(article.note.clone()).unwrap_or_default();
        let note = recordable(&note, NOTE_CHARS_MAX);
        // Pictures have no text where nobody asked for it; any other file that cannot be read is named.
        let is_unread = text.is_err() && picture::is_picture(&article.page).is_none();
        if is_unread && !has_fault {
            self.miss(source, note.clone());
        }
        if has_fault {
            self.miss(source, format!("{}: {note}", article.address));
        }
        let text = text.unwrap_or_default();
        let spotted = faultless(|| self.watch.spot(&text));
        let is_searched = spotted.is_ok();
        let hits = spotted.unwrap_or_else(|why| {
            self.miss(source, format!("{}: {why}", article.address));
            Vec::new()
        });
        let mut found = Found::new(&self.watch, source, &text, &hits);
        found.label(&self.watch, self.vault, source, &text).await?;
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
        match self.vault.store.record_article(&new).await {
            Ok(recorded) => {
                if matches!(recorded, Recorded::New(Some(_))) {
                    self.watch.protected.count_alarm(found.heaviest());
                }
                self.count(source, recorded, is_ordinary).await
            }
            Err(error @ tellmark_store::Error::Invalid { .. }) => {
                self.miss(source, format!("{}: {error}", article.address));
                let bare = NewArticle { sighting: None, background: None, ..new };
                let recorded = self.vault.store.record_article(&bare).await?;
                self.count(source, recorded, false).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Counts an article that was recorded, and tells what was seen in it.
    async fn count(
        &mut self,
        source: u32,
        recorded: Recorded<Option<Sighting>>,
        is_ordinary: bool,
    ) -> Result<()> {
        let Recorded::New(sighting) = recorded else { return Ok(()) };
        self.summary.articles += 1;
        self.watch.fresh += usize::from(is_ordinary);
        if let Some(reading) = self.reading.get_mut(&source) {
            reading.articles += 1;
        }
        if let Some(sighting) = sighting {
            self.summary.sightings += 1;
            self.summary.shared += u64::from(sighting.is_shared);
            self.tell().await?;
        }
        Ok(())
    }

    /// Notes that an article of a source could not be searched.
    fn miss(&mut self, source: u32, because: String) {
        if let Some(reading) = self.reading.get_mut(&source) {
            reading.failed += 1;
            reading.last_error = Some(because);
        }
    }

    /// Notes how reading a source went, and when it is read again.
    async fn done(&mut self, number: u32, outcome: tellmark_follow::Result<Polled>) -> Result<()> {
        let Some(reading) = self.reading.remove(&number) else { return Ok(()) };
        let Reading { mut source, articles, failed, last_error, .. } = reading;
        let now = (self.clock)();
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
                self.summary.failed += 1;
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
        let random = u64::from_le_bytes(self.ports.random());
        let wait = wait_seconds(self.settings.interval(), state.failures, retry_after, random);
        state.next_at = if has_more { now } else { now.saturating_add_unsigned(wait) };
        state.last_error = recordable(&state.last_error, ERROR_CHARS_MAX);
        self.vault.store.set_source_state(number, &state).await?;
        source.state = state;
        self.listener.ends(&SourceLine::new(&source)?, articles);
        Ok(())
    }

    async fn tell(&mut self) -> Result<()> {
        let random = u64::from_le_bytes(self.ports.random());
        self.channels.tell(self.vault, self.listener, (self.clock)(), random).await
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

/// What a server says may be long, and hold what the ledger refuses.
fn recordable(text: &str, chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars).collect()
}

/// Does what a hostile article may find a fault in; the fault is that article's, or that source's, and nobody else's.
fn faultless<T>(work: impl FnOnce() -> T) -> std::result::Result<T, String> {
    let why = "a fault of this program ended its reading; what it says of it, please report";
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| why.into())
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
        let may_go_on = self.pictures.as_mut().is_none_or(|pictures| pictures.recognise(&mut article));
        // Here a file that takes long, or finds a fault, keeps no other source waiting.
        let text = faultless(|| text_of(&article).map_err(|error| error.to_string()));
        let readable = Box::new(Readable { article, has_fault: text.is_err(), text: text.flatten() });
        self.give.blocking_send(Said::Article(self.source, readable)).is_ok() && may_go_on
    }

    fn wants_pictures(&self) -> bool {
        self.pictures.is_some()
    }
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

    #[test]
    fn what_is_recorded_is_a_line_of_some_length() {
        assert_eq!(recordable("a\0b\nc\u{444}", 4), "abc\u{444}");
        assert_eq!(recordable("abcdef", 4), "abcd");
    }
}
