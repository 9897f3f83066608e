//! What waits to be handed over. A message is on the disk before it is acknowledged, and what became of each copy is written
//! down before and after it is handed over.

mod ask;
mod entry;
pub mod files;
pub mod journal;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tellmark_app::mail::Sealed;
use tokio::sync::Notify;

use crate::{Error, Result, now_ms};
pub use ask::{ask, look};
use ask::{lock, read_entries};
pub use entry::{Deliveries, Entry, Stand};
use files::{Envelope, Files, Id};
use journal::{Journal, Record, What};

/// How often it is looked for what is due though nobody said so, at most.
const LOOK: Duration = Duration::from_secs(30);
/// Bytes of words of the other server that are kept.
pub const WORDS_MAX: usize = 400;

/// A copy to be handed over.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its message.
    pub envelope: Arc<Envelope>,
    /// Its place in the envelope.
    pub to: u32,
    /// How often it was tried before.
    pub tries: u32,
}

/// What waits.
#[derive(Debug)]
pub struct Queue {
    files: Files,
    journal: Journal,
    state: Mutex<State>,
    wake: Notify,
    ending: AtomicBool,
    /// Held as long as the queue is open.
    _lock: File,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<Id, Entry>,
    /// What became of messages whose files could not be read at the start.
    unread: Vec<Record>,
    /// What waits, by when it is due.
    due: BTreeMap<(i64, u64), (Id, u32)>,
    counter: u64,
    /// Copies that wait or are being handed over.
    open: usize,
    /// Copies of which nobody knows whether they were handed over before the last end of the process.
    in_doubt: usize,
}

impl State {
    fn schedule(&mut self, due_ms: i64, id: &str, to: u32) {
        self.counter += 1;
        self.due.insert((due_ms, self.counter), (id.to_owned(), to));
    }

    /// The records that still matter.
    fn records(&self) -> Vec<Record> {
        self.unread.iter().cloned().chain(self.entries.values().flat_map(Entry::records)).collect()
    }
}

impl Queue {
    /// Opens the queue of a folder, which is made where it is not there.
    ///
    /// # Errors
    /// When another process has it open, or it cannot be read or written.
    pub fn open(folder: &Path) -> Result<Queue> {
        let files = Files::create(folder)?;
        let lock = lock(folder)?.ok_or_else(|| {
            Error::refused(format!("another relay works on {}; one queue has one relay", folder.display()))
        })?;
        files.clear_incoming();
        let (entries, unread) = read_entries(&files)?;
        let mut state = State { entries, unread, ..State::default() };
        let mut again = Vec::new();
        for (id, entry) in &mut state.entries {
            for (to, stand) in (0u32..).zip(&mut entry.stands) {
                if let Stand::Trying { tries } = *stand {
                    state.in_doubt += 1;
                    *stand = Stand::Waiting { tries, due_ms: 0, words: String::new() };
                }
                if let Stand::Waiting { due_ms, .. } = stand {
                    again.push((*due_ms, id.clone(), to));
                }
            }
        }
        state.open = again.len();
        again.sort_unstable();
        again.iter().for_each(|(due_ms, id, to)| state.schedule(*due_ms, id, *to));
        // What was done with and could not be removed any more.
        let done: Vec<Id> =
            state.entries.iter().filter(|(_, entry)| entry.is_done()).map(|(id, _)| id.clone()).collect();
        for id in done {
            files.remove(&id);
            state.entries.remove(&id);
        }
        files.sync_removals()?;
        let journal = Journal::begin(folder, &state.records())?;
        let (state, wake, ending) = (Mutex::new(state), Notify::new(), AtomicBool::new(false));
        Ok(Queue { files, journal, state, wake, ending, _lock: lock })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many copies wait or are being handed over.
    pub fn waiting(&self) -> usize {
        self.state().open
    }

    /// Copies that may have been handed over before the last end of the process, and are handed over again.
    pub fn in_doubt(&self) -> usize {
        self.state().in_doubt
    }

    /// Takes a message in: it is on the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written; then it is not in the queue.
    pub fn put(&self, envelope: Envelope, bytes: &[u8]) -> Result<()> {
        self.files.put(&envelope, bytes)?;
        let mut state = self.state();
        let entry = Entry::new(envelope);
        let (id, at_ms, count) = (entry.envelope.id.clone(), entry.envelope.at_ms, entry.stands.len());
        if state.entries.insert(id.clone(), entry).is_none() {
            state.open += count;
            (0..count as u32).for_each(|to| state.schedule(at_ms, &id, to));
        }
        drop(state);
        self.wake.notify_waiters();
        Ok(())
    }

    /// The bytes of a message that are not in the vault.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn bytes(&self, id: &str) -> Result<(Envelope, Vec<u8>)> {
        self.files.load(id)
    }

    /// The next copy that is due, when one is; `None` when the relay ends.
    pub async fn next(&self) -> Option<Job> {
        loop {
            let woken = self.wake.notified();
            tokio::pin!(woken);
            // Whoever says so from here on is heard.
            woken.as_mut().enable();
            if self.ending.load(Ordering::Relaxed) {
                return None;
            }
            let wait = match self.try_next() {
                Ok(job) => return Some(job),
                Err(wait) => wait,
            };
            let _ = tokio::time::timeout(wait, woken).await;
        }
    }

    /// The next copy that is due, or how long to wait.
    fn try_next(&self) -> std::result::Result<Job, Duration> {
        let mut state = self.state();
        let now = now_ms();
        while let Some((&(due_ms, counter), _)) = state.due.first_key_value() {
            if due_ms > now {
                return Err(Duration::from_millis((due_ms - now) as u64).min(LOOK));
            }
            let Some((id, to)) = state.due.remove(&(due_ms, counter)) else { continue };
            let Some(entry) = state.entries.get_mut(&id) else { continue };
            let Some(Stand::Waiting { tries, .. }) = entry.stands.get(to as usize).cloned() else { continue };
            entry.stands[to as usize] = Stand::Trying { tries };
            return Ok(Job { envelope: entry.envelope.clone(), to, tries });
        }
        Err(LOOK)
    }

    /// Nothing more is handed out; what is under way is finished.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
        self.wake.notify_waiters();
    }

    /// Whether the relay ends.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Whether a copy was taken, and nothing was written down of it since.
    pub fn is_in_hand(&self, job: &Job) -> bool {
        let state = self.state();
        let entry = state.entries.get(&job.envelope.id);
        entry.is_some_and(|entry| matches!(entry.stands.get(job.to as usize), Some(Stand::Trying { .. })))
    }

    /// Puts a copy back as if it had not been taken, for a moment to come.
    pub fn back(&self, job: &Job, due_ms: i64) {
        let mut state = self.state();
        if let Some(stand) =
            state.entries.get_mut(&job.envelope.id).and_then(|entry| entry.stands.get_mut(job.to as usize))
            && matches!(stand, Stand::Trying { .. })
        {
            *stand = Stand::Waiting { tries: job.tries, due_ms, words: String::new() };
            state.schedule(due_ms, &job.envelope.id, job.to);
        }
    }

    /// Writes down that a copy is about to be handed over. It need not be on the disk: without it, it is handed over again
    /// as well.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn trying(&self, job: &Job) -> Result<()> {
        self.journal.append(&[record(&job.envelope.id, What::Trying { to: job.to })]).map(drop)
    }

    /// Writes down that the other server has a copy. It is in the file at once, and on the disk when this returns.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn sent(&self, job: &Job) -> Result<()> {
        self.settle(job, What::Sent { to: job.to }).await
    }

    /// Writes down that a copy is tried again later.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn later(&self, job: &Job, due_ms: i64, words: &str) -> Result<()> {
        let words = crate::reply::printable(words, WORDS_MAX);
        self.settle(job, What::Later { to: job.to, tries: job.tries + 1, due_ms, words }).await
    }

    /// Writes down that a copy was given up.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn never(&self, job: &Job, words: &str) -> Result<()> {
        let words = crate::reply::printable(words, WORDS_MAX);
        self.settle(job, What::Never { to: job.to, words }).await
    }

    async fn settle(&self, job: &Job, what: What) -> Result<()> {
        let id = &job.envelope.id;
        let ticket = {
            let mut state = self.state();
            let stand = state.entries.get(id).and_then(|entry| entry.stands.get(job.to as usize));
            let was_open = stand.is_some_and(Stand::is_open);
            let ticket = self.write(&mut state, &[id], &what)?;
            match what {
                // An operator may have taken it from the queue meanwhile.
                _ if !was_open => {}
                What::Later { to, due_ms, .. } => state.schedule(due_ms, id, to),
                _ => state.open = state.open.saturating_sub(1),
            }
            ticket
        };
        self.journal.synced(ticket).await?;
        self.tidy(id)
    }

    /// Writes the same down of messages: in the journal and in the state, under the one lock that the caller holds.
    fn write(&self, state: &mut State, ids: &[impl AsRef<str>], what: &What) -> Result<u64> {
        let records: Vec<Record> = ids.iter().map(|id| record(id.as_ref(), what.clone())).collect();
        let ticket = self.journal.append(&records)?;
        for id in ids {
            if let Some(entry) = state.entries.get_mut(id.as_ref()) {
                entry.apply(what);
            }
        }
        Ok(ticket)
    }

    /// Removes a message that is done with; renews the journal when it is long.
    fn tidy(&self, id: &str) -> Result<()> {
        let mut state = self.state();
        if state.entries.get(id).is_some_and(Entry::is_done) {
            state.entries.remove(id);
            self.files.remove(id);
        }
        if self.journal.is_long() {
            // A message of which no record is kept any more must not come back after a loss of power.
            self.files.sync_removals()?;
            self.journal.renew(&state.records())?;
        }
        Ok(())
    }

    /// What the sender of a message is to be told: copies that were given up, once none is new or under way.
    pub fn to_tell(&self, id: &str) -> Vec<(u32, String)> {
        self.state().entries.get(id).map(Entry::to_tell).unwrap_or_default()
    }

    /// Messages of which the sender is to be told something.
    pub fn untold(&self) -> Vec<Id> {
        let state = self.state();
        let untold = state.entries.iter().filter(|(_, entry)| !entry.to_tell().is_empty());
        untold.map(|(id, _)| id.clone()).collect()
    }

    /// Writes down that the sender was told.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn told(&self, id: &str, to: Vec<u32>) -> Result<()> {
        let ticket = self.write(&mut self.state(), &[id], &What::Told { to })?;
        self.journal.synced(ticket).await?;
        self.tidy(id)
    }

    /// Marked messages of which a copy was handed over and whose deliveries are to be entered in the log now.
    pub fn to_enter(&self, count_max: usize) -> Vec<(Id, Sealed)> {
        let state = self.state();
        let now = now_ms();
        let is_due = |entry: &&Entry| {
            matches!(entry.deliveries, Deliveries::Due(at_ms) if at_ms <= now)
                && entry.stands.contains(&Stand::Sent)
        };
        let due = state.entries.values().filter(is_due).take(count_max);
        due.filter_map(|entry| Some((entry.envelope.id.clone(), entry.envelope.sealed.clone()?))).collect()
    }

    /// Writes down that the deliveries of messages stand in the log.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn entered(&self, ids: &[Id]) -> Result<()> {
        self.noted(ids, &What::Entered).await
    }

    /// Writes down that the deliveries of messages can never be entered.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn unentered(&self, ids: &[Id]) -> Result<()> {
        self.noted(ids, &What::Unentered).await
    }

    async fn noted(&self, ids: &[Id], what: &What) -> Result<()> {
        let ticket = self.write(&mut self.state(), ids, what)?;
        self.journal.synced(ticket).await?;
        ids.iter().try_for_each(|id| self.tidy(id))
    }

    /// Puts off the entering of messages' deliveries until then: those of others go on.
    pub fn enter_later(&self, ids: &[Id], at_ms: i64) {
        let mut state = self.state();
        for id in ids {
            if let Some(Entry { deliveries: deliveries @ Deliveries::Due(_), .. }) = state.entries.get_mut(id)
            {
                *deliveries = Deliveries::Due(at_ms);
            }
        }
    }

    /// Makes everything of a message that waits due now. Whether something did.
    pub fn retry(&self, id: &str) -> bool {
        let mut state = self.state();
        let Some(entry) = state.entries.get_mut(id) else { return false };
        let mut due = Vec::new();
        for (to, stand) in (0u32..).zip(&mut entry.stands) {
            if let Stand::Waiting { due_ms, .. } = stand {
                *due_ms = 0;
                due.push(to);
            }
        }
        state.due.retain(|_, (own, _)| own != id);
        due.iter().for_each(|&to| state.schedule(0, id, to));
        drop(state);
        self.wake.notify_waiters();
        !due.is_empty()
    }

    /// Takes from the queue what waits of a message; nobody is told. Whether something did.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn drop_message(&self, id: &str) -> Result<bool> {
        let ticket = {
            let mut state = self.state();
            let Some(entry) = state.entries.get(id) else { return Ok(false) };
            let open = entry.stands.iter().filter(|stand| stand.is_open()).count();
            let ticket = self.write(&mut state, &[id], &What::Dropped)?;
            state.open = state.open.saturating_sub(open);
            state.due.retain(|_, (own, _)| own != id);
            ticket
        };
        self.journal.synced(ticket).await?;
        self.tidy(id)?;
        Ok(true)
    }

    /// Writes down that everything of a message that waits is due when the relay starts.
    ///
    /// # Errors
    /// When the disk fails.
    async fn due_at_start(&self, id: &str) -> Result<()> {
        let stands = self.state().entries.get(id).map(|entry| entry.stands.clone()).unwrap_or_default();
        let waiting = (0u32..).zip(stands).filter_map(|(to, stand)| match stand {
            Stand::Waiting { tries, words, .. } => {
                Some(record(id, What::Later { to, tries: tries.max(1), due_ms: 0, words }))
            }
            _ => None,
        });
        let ticket = self.journal.append(&waiting.collect::<Vec<_>>())?;
        self.journal.synced(ticket).await
    }

    /// What was asked of a running relay: verbs and ids; the requests are removed.
    pub fn requests(&self) -> Vec<(String, Id)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.files.requests()).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let _ = std::fs::remove_file(entry.path());
            if let Some((verb, id)) = name.split_once('-').filter(|(_, id)| files::is_id(id)) {
                found.push((verb.to_owned(), id.to_owned()));
            }
        }
        found
    }
}

fn record(id: &str, what: What) -> Record {
    Record { id: id.to_owned(), what }
}

#[cfg(test)]
mod tests;
