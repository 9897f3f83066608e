//! Sealing in the background: what was asked for stands in the ledger, how far it is in memory. Several servers on one ledger
//! share the queue: each holds what it seals by a lease that it keeps up, and what nobody holds any more another takes over,
//! or the same one after a restart, and finishes it, byte for byte.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tellmark_app::desk::{self, Draft, State};
use tellmark_app::{Error, Ports, Progress, people};
use tokio::sync::{Notify, watch};

use crate::failure::Failure;
use crate::state::{Server, now};

/// How often the queue is looked at, though nobody here said that there is something in it.
const LOOK: Duration = Duration::from_secs(5);
/// How long a sealing that nobody keeps up is left alone, in seconds. Longer than a server may be without its ledger.
const LEASE_SECONDS: i64 = 30;
/// How often a lease is kept up.
const BEAT: Duration = Duration::from_secs(5);
/// How long a sealing goes on without having kept up its lease: until well before another server may take it over.
const SURE: Duration = Duration::from_secs(LEASE_SECONDS as u64 - 10);
/// Characters of a message that is kept with a draft.
const MESSAGE_CHARS_MAX: usize = 8_000;

/// How far a sealing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The step's name.
    pub step: String,
    /// How many units are done.
    pub done: u64,
    /// How many there are; 0 where that is not known.
    pub total: u64,
    /// Whether it is over.
    pub ended: bool,
}

#[derive(Debug)]
struct Job {
    step: watch::Sender<Step>,
    stop: AtomicBool,
    /// When the lease was kept up last, by a clock that nobody sets.
    kept: Mutex<Instant>,
    /// Whether it stopped because nobody can tell whose the draft is.
    is_lost: AtomicBool,
}

impl Job {
    fn new(stop: bool, kept: Instant) -> Job {
        let (step, _) = watch::channel(Step { step: "waiting".into(), ..Step::default() });
        Job { step, stop: AtomicBool::new(stop), kept: Mutex::new(kept), is_lost: AtomicBool::new(false) }
    }

    fn keep(&self, at: Instant) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Whether the sealing is to stop, as somebody asked or because its lease was not kept up for too long. Asked before each copy,
    /// whatever became of the task that keeps the lease.
    fn is_stopped(&self, now: Instant) -> bool {
        let kept = *self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(kept) > SURE && !self.stop.swap(true, Ordering::Relaxed) {
            self.is_lost.store(true, Ordering::Relaxed);
        }
        self.stop.load(Ordering::Relaxed)
    }
}

/// The sealings that are under way in this process.
#[derive(Debug)]
pub struct Jobs {
    /// By what this process is known in the queue.
    owner: String,
    running: Mutex<HashMap<String, Arc<Job>>>,
    wake: Notify,
    ending: AtomicBool,
}

/// Tells a job's listeners how far it is.
struct Told(Arc<Job>);

impl Progress for Told {
    fn begin(&self, step: &str, total: Option<u64>) {
        let step = Step { step: step.to_owned(), done: 0, total: total.unwrap_or(0), ended: false };
        self.0.step.send_replace(step);
    }

    fn advance(&self, units: u64) {
        self.0.step.send_modify(|step| step.done += units);
    }

    fn is_stopped(&self) -> bool {
        self.0.is_stopped(Instant::now())
    }
}

impl Jobs {
    /// None yet, under a name that no other process has.
    pub fn new(ports: &mut Ports) -> Jobs {
        Jobs {
            owner: people::secret(ports),
            running: Mutex::default(),
            wake: Notify::new(),
            ending: AtomicBool::new(false),
        }
    }

    /// Says that something is in the queue.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// How far a draft is, and what comes; `None` when it is not being sealed here.
    pub fn listen(&self, id: &str) -> Option<watch::Receiver<Step>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(id).map(|job| job.step.subscribe())
    }

    /// Asks a sealing to stop. Whether there was one.
    pub fn stop(&self, id: &str) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(id).map(|job| job.stop.store(true, Ordering::Relaxed)).is_some()
    }

    /// Stops everything, because the server ends: it goes on after the next start.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.values().for_each(|job| job.stop.store(true, Ordering::Relaxed));
        self.wake.notify_one();
    }

    fn begin(&self, id: &str, claimed: Instant) -> Arc<Job> {
        let job = Arc::new(Job::new(self.ending.load(Ordering::Relaxed), claimed));
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), job.clone());
        job
    }

    fn forget(&self, id: &str) {
        let gone = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(job) = gone {
            job.step.send_modify(|step| step.ended = true);
        }
    }
}

/// Puts a draft into the queue. Whether it was not there already.
pub async fn queue(server: &Arc<Server>, id: &str) -> Result<bool, Failure> {
    let own = id.to_owned();
    let from = [State::Draft, State::Stopped, State::Failed].map(State::name);
    let moved = server
        .work(async move |vault| {
            Ok(vault.store.move_draft(&own, &from, State::Queued.name(), "", now()).await?)
        })
        .await?;
    server.jobs.wake();
    Ok(moved)
}

/// Stops a draft's sealing, or takes it from the queue. Another server that seals it notices that it does not hold it any more.
pub async fn stop(server: &Arc<Server>, id: &str) -> Result<(), Failure> {
    if !server.jobs.stop(id) {
        let own = id.to_owned();
        server
            .work(async move |vault| {
                let waiting = [State::Queued.name(), State::Sealing.name()];
                let message = if vault.store.draft(&own).await?.state == State::Sealing.name() {
                    Error::Stopped.to_string()
                } else {
                    String::new()
                };
                Ok(vault.store.move_draft(&own, &waiting, State::Stopped.name(), &message, now()).await?)
            })
            .await?;
    }
    Ok(())
}

/// Seals what is queued, one after the other, until the server ends.
pub async fn run(server: Arc<Server>) {
    while !server.jobs.ending.load(Ordering::Relaxed) {
        let asked = Instant::now();
        match next(&server).await {
            Ok(Some(draft)) => seal(&server, draft, asked).await,
            other => {
                if other.is_err() {
                    tracing::warn!("the queue of sealings could not be asked");
                }
                _ = tokio::time::timeout(LOOK, server.jobs.wake.notified()).await;
            }
        }
    }
}

/// The next draft of the queue, claimed: of several servers one gets it.
async fn next(server: &Arc<Server>) -> Result<Option<Draft>, Failure> {
    let owner = server.jobs.owner.clone();
    server
        .work(async move |vault| {
            let (states, at) = ((State::Queued.name(), State::Sealing.name()), now());
            Ok(vault.store.claim_draft(states, &owner, at, at - LEASE_SECONDS).await?)
        })
        .await
}

/// Keeps a lease up. When it is another's now, or nobody's, the sealing stops between two copies. A ledger that fails for a
/// moment is no loss: the next beat comes before the lease ends, and without one the job stops by itself.
async fn hold(server: Arc<Server>, id: String, job: Arc<Job>) {
    loop {
        tokio::time::sleep(BEAT).await;
        let (own, owner, begun) = (id.clone(), server.jobs.owner.clone(), Instant::now());
        let held = server
            .work(async move |vault| {
                Ok(vault.store.hold_draft(&own, State::Sealing.name(), &owner, now()).await?)
            })
            .await;
        match held {
            Ok(true) => job.keep(begun),
            Ok(false) => return job.stop.store(true, Ordering::Relaxed),
            Err(_) => tracing::warn!("the lease of a sealing could not be kept up"),
        }
    }
}

/// Seals a draft that was claimed; `claimed` is the moment before.
async fn seal(server: &Arc<Server>, draft: Draft, claimed: Instant) {
    let job = server.jobs.begin(&draft.id, claimed);
    let held = tokio::spawn(hold(server.clone(), draft.id.clone(), job.clone()));
    let (own, copies, id) = (server.clone(), server.settings.copies.clone(), draft.id.clone());
    let handle = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        handle.block_on(async {
            let mut ports = Ports::system()?;
            let told = Told(job.clone());
            let sealed = desk::seal(&own.vault, &draft, &copies, &mut ports, &told).await;
            finish(&own, draft, sealed, job.is_lost.load(Ordering::Relaxed)).await
        })
    });
    if !matches!(done.await, Ok(Ok(()))) {
        tracing::error!("what became of a sealing could not be noted");
    }
    held.abort();
    server.jobs.forget(&id);
}

/// Notes what became of a draft.
async fn finish(
    server: &Server,
    draft: Draft,
    sealed: Result<desk::SealSummary, Error>,
    is_lost: bool,
) -> Result<(), Error> {
    let (store, owner) = (&server.vault.store, &server.jobs.owner);
    let (account, name) = (draft.account, draft.file_name.clone());
    let (state, message) = match sealed {
        Ok(summary) => {
            let message = serde_json::to_string(&summary).unwrap_or_default();
            let (release, changed_at) = (Some(summary.release.to_string()), now());
            let state = State::Sealed.name().to_owned();
            let about = format!("{} copies of {name}, release {}", summary.copies, summary.release);
            let settled = Draft { state, message, release, changed_at, ..draft };
            // Whoever took it over finishes the same release, and says so.
            if store.settle_draft(&settled, State::Sealing.name(), owner).await? {
                store.record_act(account, "sealed", &about, now()).await?;
            }
            return Ok(());
        }
        // It goes on after the next start, or where the ledger answers again.
        Err(Error::Stopped) if is_lost || server.jobs.ending.load(Ordering::Relaxed) => {
            (State::Queued, String::new())
        }
        Err(Error::Stopped) => (State::Stopped, Error::Stopped.to_string()),
        Err(error) => {
            let message = error.to_string().chars().take(MESSAGE_CHARS_MAX).collect();
            let kind = Failure::from(error).kind;
            if !kind.is_empty() {
                tracing::error!(kind, "a draft could not be sealed");
            }
            (State::Failed, message)
        }
    };
    let settled = Draft { state: state.name().to_owned(), message, changed_at: now(), ..draft };
    store.settle_draft(&settled, State::Sealing.name(), owner).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealing_stops_before_another_server_may_take_it_over() {
        let lease = Duration::from_secs(LEASE_SECONDS as u64);
        let begun = Instant::now();
        let job = Job::new(false, begun);
        assert!(!job.is_stopped(begun + SURE), "a ledger that fails for a moment is no loss");
        job.keep(begun + BEAT);
        assert!(!job.is_stopped(begun + BEAT + SURE));
        assert!(job.is_stopped(begun + BEAT + lease - Duration::from_secs(9)));
        assert!(job.is_lost.load(Ordering::Relaxed));
        // What was lost stays so: another one may have it by now.
        job.keep(begun + lease);
        assert!(job.is_stopped(begun + lease));
        // Who was asked to stop, or ends, has lost nothing.
        let job = Job::new(true, begun);
        assert!(job.is_stopped(begun + 2 * lease) && !job.is_lost.load(Ordering::Relaxed));
    }
}
