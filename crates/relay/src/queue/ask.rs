//! What an operator asks of a queue, whether or not a relay works on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::path::Path;

use super::entry::Entry;
use super::files::{Files, Id};
use super::journal::Record;
use super::{Queue, journal};
use crate::{Error, Result};

const LOCK: &str = "lock";

/// The lock of a queue; `None` where another process has it.
pub(super) fn lock(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(Error::io(format!("cannot open {}", path.display())))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(Error::io(format!("cannot lock {}", path.display()))(error.into())),
    }
}

/// The messages of a queue, and what became of those whose files could not be read this time: at another start they may be, and
/// nothing of them must be sent again.
pub(super) fn read_entries(files: &Files) -> Result<(BTreeMap<Id, Entry>, Vec<Record>)> {
    let (mut entries, mut unread) = (BTreeMap::new(), BTreeSet::new());
    for id in files.list()? {
        match files.load(&id) {
            Ok((envelope, _)) => drop(entries.insert(id, Entry::new(envelope))),
            // It is kept for whoever can mend it; the others go on.
            Err(error) => {
                tracing::error!(id, "{error}");
                unread.insert(id);
            }
        }
    }
    let mut by_id: HashMap<&str, &mut Entry> =
        entries.iter_mut().map(|(id, entry): (&Id, &mut Entry)| (id.as_str(), entry)).collect();
    let mut kept = Vec::new();
    for record in journal::load(files.folder())? {
        match by_id.get_mut(record.id.as_str()) {
            Some(entry) => entry.apply(&record.what),
            None if unread.contains(&record.id) => kept.push(record),
            None => {}
        }
    }
    drop(by_id);
    Ok((entries, kept))
}

/// What waits in a queue, whether or not a relay works on it.
///
/// # Errors
/// When it cannot be read.
pub fn look(folder: &Path) -> Result<Vec<Entry>> {
    let (entries, _) = read_entries(&Files::of(folder))?;
    Ok(entries.into_values().filter(|entry| !entry.is_done()).collect())
}

/// Retries a message or drops it: at once where no relay works on the queue, otherwise by asking that one. Whether it was done
/// at once.
///
/// # Errors
/// When there is no such message, or the request cannot be left.
pub async fn ask(folder: &Path, verb: &str, id: &str) -> Result<bool> {
    let entries = look(folder)?;
    if !entries.iter().any(|entry| entry.envelope.id == id) {
        return Err(Error::refused(format!(
            "no message {id:?} waits; `tellmark relay queue` lists what does"
        )));
    }
    let held = lock(folder)?;
    if held.is_some() {
        drop(held);
        let queue = Queue::open(folder)?;
        match verb {
            "drop" => drop(queue.drop_message(id).await?),
            _ => queue.due_at_start(id).await?,
        }
        return Ok(true);
    }
    let path = Files::of(folder).requests().join(format!("{verb}-{id}"));
    std::fs::write(&path, b"").map_err(Error::io(format!("cannot write {}", path.display())))?;
    Ok(false)
}
