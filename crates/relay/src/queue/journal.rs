//! What became of each copy that waits, appended record by record. A record is in the file when it was written, which a killed
//! process does not undo, and on the disk after the next sync, which many share.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tellmark_app::files;
use tokio::sync::watch;

use super::files::Id;
use crate::{Error, Result};

/// Bytes after which a journal is written anew with what still matters, unless that alone was half as much.
const BYTES_MAX: u64 = 16 << 20;
/// Bytes of a journal that is read: twice what the most copies that may wait can take, and more.
const READ_BYTES_MAX: u64 = 8 << 30;

/// What became of a message, or of one of its copies (`to`, by its place in the envelope).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is about to be handed over: whether it was is in doubt until another record follows.
    Trying {
        /// Which copy.
        to: u32,
    },
    /// The other server has it.
    Sent {
        /// Which copy.
        to: u32,
    },
    /// It will be tried again.
    Later {
        /// Which copy.
        to: u32,
        /// How often it was tried.
        tries: u32,
        /// When it is due, in milliseconds since 1970.
        due_ms: i64,
        /// What the other server said.
        words: String,
    },
    /// It was given up; its sender is still to be told.
    Never {
        /// Which copy.
        to: u32,
        /// What the other server said.
        words: String,
    },
    /// The sender was told of copies that were given up.
    Told {
        /// Which copies.
        to: Vec<u32>,
    },
    /// An operator took what waits from the queue.
    Dropped,
    /// Its deliveries stand in the vault's log.
    Entered,
    /// Its deliveries can never be entered there: what its copies were made of is gone.
    Unentered,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which message.
    pub id: Id,
    /// What became of it.
    pub what: What,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    open: Arc<Mutex<Open>>,
    wake: SyncSender<()>,
    synced: watch::Receiver<Synced>,
}

/// How far the disk has it; `None` when the disk failed.
type Synced = Option<u64>;

#[derive(Debug)]
struct Open {
    file: Arc<File>,
    number: u64,
    bytes: u64,
    /// Bytes of it that were there when it was begun.
    bytes_begun: u64,
    /// Records so far, in all files.
    written: u64,
    /// Whether a record was written in part.
    is_torn: bool,
}

impl Journal {
    /// Begins a journal with what still matters; those before it are removed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(folder: &Path, records: &[Record]) -> Result<Journal> {
        let number = numbers(folder)?.last().map_or(1, |last| last + 1);
        let (file, bytes) = fresh(folder, number, records)?;
        let file = Arc::new(file);
        let open = Open { file, number, bytes, bytes_begun: bytes, written: 0, is_torn: false };
        let open = Arc::new(Mutex::new(open));
        let (wake, woken) = sync_channel::<()>(1);
        let (tell, synced) = watch::channel(Some(0));
        let shared = open.clone();
        // A thread of its own: a sync takes milliseconds, and all records that came meanwhile share the next.
        std::thread::spawn(move || {
            while woken.recv().is_ok() {
                let (file, written) = {
                    let open = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    (open.file.clone(), open.written)
                };
                let outcome = file.sync_data().ok().map(|()| written);
                let failed = outcome.is_none();
                tell.send_replace(outcome);
                if failed {
                    return;
                }
            }
        });
        Ok(Journal { folder: folder.into(), open, wake, synced })
    }

    /// Appends records, in one write. Returns a ticket for [`Journal::synced`].
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn append(&self, records: &[Record]) -> Result<u64> {
        let bytes = lines(records)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_torn {
            return Err(Error::refused(
                "the journal of the queue could not be written; free space on the disk and start again",
            ));
        }
        if let Err(error) = (&*open.file).write_all(&bytes) {
            // Nothing behind half a record would be read.
            open.is_torn = true;
            return Err(Error::io("the journal of the queue cannot be written")(error));
        }
        open.bytes += bytes.len() as u64;
        open.written += records.len() as u64;
        Ok(open.written)
    }

    /// Waits until what a ticket is for is on the disk.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn synced(&self, ticket: u64) -> Result<()> {
        let _ = self.wake.try_send(());
        let mut synced = self.synced.clone();
        loop {
            let far = *synced.borrow_and_update();
            match far {
                None => break,
                Some(far) if far >= ticket => return Ok(()),
                // The sync under way may have begun before this record was written.
                Some(_) => drop(self.wake.try_send(())),
            }
            if synced.changed().await.is_err() {
                break;
            }
        }
        Err(Error::refused("the disk failed under the queue: nothing more is taken or sent"))
    }

    /// Whether it is time to write it anew: as much has come to it as it began with, so that whatever still matters is not written
    /// again for every record.
    pub fn is_long(&self) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.bytes > BYTES_MAX.max(open.bytes_begun.saturating_mul(2))
    }

    /// Writes the journal anew with what still matters. Nobody may append meanwhile.
    ///
    /// # Errors
    /// When it cannot be written; then the old one goes on.
    pub fn renew(&self, records: &[Record]) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits for a record of the old file must still hear of it.
        open.file.sync_data().map_err(Error::io("the journal of the queue cannot be synced"))?;
        let (file, bytes) = fresh(&self.folder, open.number + 1, records)?;
        open.file = Arc::new(file);
        open.number += 1;
        (open.bytes, open.bytes_begun) = (bytes, bytes);
        Ok(())
    }
}

/// Makes a journal, whole, and removes those before it.
fn fresh(folder: &Path, number: u64, records: &[Record]) -> Result<(File, u64)> {
    let cannot = || Error::io("the journal of the queue cannot be written");
    let (partial, path) = (folder.join("journal.partial"), folder.join(format!("journal.{number}")));
    let _ = fs::remove_file(&partial);
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial).map_err(cannot())?;
    let bytes = lines(records)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(cannot())?;
    fs::rename(&partial, &path).map_err(cannot())?;
    files::sync_folder(folder)?;
    for old in numbers(folder)?.into_iter().filter(|&old| old < number) {
        let _ = fs::remove_file(folder.join(format!("journal.{old}")));
    }
    Ok((file, bytes.len() as u64))
}

fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::io(format!("cannot read {}", folder.display())))?,
    };
    // What is passed over here would be removed unread.
    let entries = entries.collect::<std::io::Result<Vec<_>>>();
    let entries = entries.map_err(Error::io(format!("cannot read {}", folder.display())))?;
    let names = entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok());
    let mut numbers: Vec<u64> =
        names.filter_map(|name| name.strip_prefix("journal.")?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn lines(records: &[Record]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(records.len() * 80);
    for record in records {
        let json = serde_json::to_string(record)
            .map_err(|e| Error::refused(format!("a record cannot be written: {e}")))?;
        out.extend_from_slice(format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).as_bytes());
    }
    Ok(out)
}

/// All records of a folder, in order. A record that is cut off ends its file: nothing behind it was acknowledged.
///
/// # Errors
/// When a file cannot be read.
pub fn load(folder: &Path) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for number in numbers(folder)? {
        let bytes = files::read_limited(&folder.join(format!("journal.{number}")), READ_BYTES_MAX)?;
        records.extend(read(&bytes));
    }
    Ok(records)
}

/// The records of a journal, up to the first that is none.
pub fn read(bytes: &[u8]) -> Vec<Record> {
    let record = |line: &[u8]| -> Option<Record> {
        let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
        let (sum, json) = line.split_at_checked(8)?;
        let json = json.strip_prefix(' ')?;
        if u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(json.as_bytes()) {
            return None;
        }
        serde_json::from_str(json).ok()
    };
    bytes.split_inclusive(|&byte| byte == b'\n').map_while(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(to: u32) -> Record {
        Record { id: "0123456789abcdef".into(), what: What::Sent { to } }
    }

    #[tokio::test]
    async fn records_come_back_in_order_and_a_torn_one_ends_them() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::begin(folder.path(), &[sent(0)]).unwrap();
        for to in 1..50 {
            let ticket = journal.append(&[sent(to)]).unwrap();
            journal.synced(ticket).await.unwrap();
        }
        let all: Vec<Record> = (0..50).map(sent).collect();
        assert_eq!(load(folder.path()).unwrap(), all);
        journal.renew(&all[40..]).unwrap();
        let ticket = journal.append(&[sent(50)]).unwrap();
        journal.synced(ticket).await.unwrap();
        assert_eq!(load(folder.path()).unwrap(), (40..51).map(sent).collect::<Vec<_>>());
        assert_eq!(numbers(folder.path()).unwrap(), [2]);
        let path = folder.path().join("journal.2");
        let bytes = fs::read(&path).unwrap();
        for cut in 1..90 {
            let whole = read(&bytes[..bytes.len() - cut]).len();
            assert!((9..11).contains(&whole), "{cut}: {whole}");
        }
        let mut turned = bytes.clone();
        turned[20] ^= 1;
        assert!(read(&turned).is_empty());
    }

    #[test]
    fn a_long_journal_is_written_anew_when_as_much_came_again() {
        let folder = tempfile::tempdir().unwrap();
        let long = |bytes: usize| {
            let what = What::Later { to: 0, tries: 1, due_ms: 0, words: "x".repeat(bytes) };
            [Record { id: "0123456789abcdef".into(), what }]
        };
        let journal = Journal::begin(folder.path(), &[]).unwrap();
        journal.append(&long(15 << 20)).unwrap();
        assert!(!journal.is_long());
        journal.append(&long(2 << 20)).unwrap();
        assert!(journal.is_long());
        // More than twice 16 MiB still matters.
        journal.renew(&long(40 << 20)).unwrap();
        for _ in 0..3 {
            journal.append(&long(12 << 20)).unwrap();
            assert!(!journal.is_long(), "for each record it would be written anew");
        }
        journal.append(&long(12 << 20)).unwrap();
        assert!(journal.is_long());
        // So it is where a relay begins with as much.
        drop(journal);
        let journal = Journal::begin(folder.path(), &long(20 << 20)).unwrap();
        journal.append(&[sent(0)]).unwrap();
        assert!(!journal.is_long());
    }
}
