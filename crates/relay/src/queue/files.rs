//! Messages that wait, one file each: what the envelope says, then the bytes that are not in the vault already.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tellmark_app::files;
use tellmark_app::mail::Sealed;

use crate::{Error, Result};

const MAGIC: &str = "tellmark-relay-message v1";
/// Bytes of a file: a message and its envelope.
const FILE_BYTES_MAX: u64 = 128 << 20;

/// By what a message is known here: 16 hexadecimal digits, the later message having the larger ones.
pub type Id = String;

/// Whether a text is an id; nothing else comes into a path.
pub fn is_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Somebody who is to get a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct To {
    /// Their address.
    pub address: String,
    /// The copy that is theirs; empty where the message is not marked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub copy: String,
}

/// What is known of a message beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// By what it is known here.
    pub id: Id,
    /// When it was accepted, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Who sent it; empty for a message that tells of a failure.
    pub from: String,
    /// Who is to get it.
    pub to: Vec<To>,
    /// Whether it was announced with SMTPUTF8.
    #[serde(default)]
    pub smtputf8: bool,
    /// How it came in, for `Received`; empty for our own messages.
    #[serde(default)]
    pub received: String,
    /// The releases that its copies are made of; `None` where it is passed on as it is.
    #[serde(default)]
    pub sealed: Option<Sealed>,
}

/// The folders of a queue.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Those of a folder, made where they are missing, for their owner alone.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn create(folder: &Path) -> Result<Files> {
        for own in
            [folder.to_path_buf(), folder.join("messages"), folder.join("incoming"), folder.join("requests")]
        {
            fs::create_dir_all(&own)
                .map_err(Error::io(format!("cannot make the folder {}", own.display())))?;
            #[cfg(unix)]
            fs::set_permissions(&own, std::os::unix::fs::PermissionsExt::from_mode(0o700))
                .map_err(Error::io(format!("cannot protect {}", own.display())))?;
        }
        files::sync_folder(folder)?;
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            files::sync_folder(above)?;
        }
        Ok(Files { folder: folder.into() })
    }

    /// Those of a folder that is only looked at.
    pub fn of(folder: &Path) -> Files {
        Files { folder: folder.into() }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where requests to a running relay are left.
    pub fn requests(&self) -> PathBuf {
        self.folder.join("requests")
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join("messages").join(id)
    }

    /// Puts a message onto the disk; it is there when this returns, whole.
    ///
    /// # Errors
    /// When it cannot be written. Then it is not there.
    pub fn put(&self, envelope: &Envelope, bytes: &[u8]) -> Result<()> {
        self.put_synced(envelope, bytes, || self.sync_removals())
    }

    /// The same; `sync` makes the names of messages survive a loss of power.
    fn put_synced(&self, envelope: &Envelope, bytes: &[u8], sync: impl Fn() -> Result<()>) -> Result<()> {
        let partial = self.folder.join("incoming").join(&envelope.id);
        self.write(&partial, envelope, bytes).inspect_err(|_| drop(fs::remove_file(&partial)))?;
        // Whoever sent it is told that it was not taken, and sends it again: after the next start both would go out.
        sync().inspect_err(|_| {
            self.remove(&envelope.id);
            let _ = sync();
        })
    }

    fn write(&self, partial: &Path, envelope: &Envelope, bytes: &[u8]) -> Result<()> {
        let head = serde_json::to_string(envelope)
            .map_err(|e| Error::refused(format!("an envelope cannot be written: {e}")))?;
        let write = || -> std::io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(partial)?;
            let sum = crc32fast::hash(bytes);
            file.write_all(format!("{MAGIC} {sum:08x}\n{head}\n").as_bytes())?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(partial, self.path(&envelope.id))
        };
        write().map_err(Error::io("a message cannot be kept"))
    }

    /// A message.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn load(&self, id: &str) -> Result<(Envelope, Vec<u8>)> {
        let bytes = files::read_limited(&self.path(id), FILE_BYTES_MAX)?;
        read(&bytes).filter(|(envelope, _)| envelope.id == id).ok_or_else(|| {
            Error::refused(format!("the queued message {id} is damaged; it was left where it is"))
        })
    }

    /// The ids of all messages, the oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Id>> {
        let folder = self.folder.join("messages");
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(Error::io(format!("cannot read {}", folder.display())))?,
        };
        // What became of a message that is passed over here would be forgotten.
        let entries = entries.collect::<std::io::Result<Vec<_>>>();
        let entries = entries.map_err(Error::io(format!("cannot read {}", folder.display())))?;
        let names = entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok());
        let mut ids: Vec<Id> = names.filter(|name| is_id(name)).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Removes what was being written when a process ended: nobody was told that it was accepted.
    pub fn clear_incoming(&self) {
        let entries = fs::read_dir(self.folder.join("incoming")).into_iter().flatten().flatten();
        entries.for_each(|entry| drop(fs::remove_file(entry.path())));
    }

    /// Removes a message that is done with.
    pub fn remove(&self, id: &str) {
        let _ = fs::remove_file(self.path(id));
    }

    /// Makes removals, and what was put there, survive a loss of power.
    ///
    /// # Errors
    /// When the folder cannot be synced.
    pub fn sync_removals(&self) -> Result<()> {
        Ok(files::sync_folder(&self.folder.join("messages"))?)
    }
}

/// Reads a message's file; `None` where it is damaged.
pub fn read(bytes: &[u8]) -> Option<(Envelope, Vec<u8>)> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    let sum = std::str::from_utf8(&bytes[..end]).ok()?.strip_prefix(MAGIC)?.strip_prefix(' ')?;
    let rest = &bytes[end + 1..];
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let envelope: Envelope = serde_json::from_slice(&rest[..end]).ok()?;
    let bytes = rest[end + 1..].to_vec();
    if !is_id(&envelope.id) || u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(&bytes) {
        return None;
    }
    Some((envelope, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            id: "0123456789abcdef".into(),
            at_ms: 5,
            from: "a@n.example".into(),
            to: vec![To { address: "ü\n@n.example".into(), copy: String::new() }],
            smtputf8: true,
            received: "from x".into(),
            sealed: None,
        }
    }

    #[test]
    fn what_was_not_synced_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::create(&folder.path().join("queue")).unwrap();
        let syncs = std::cell::Cell::new(0);
        let failing = || {
            syncs.set(syncs.get() + 1);
            assert_eq!(files.list().unwrap().len(), usize::from(syncs.get() == 1));
            Err(Error::refused("the disk failed"))
        };
        files.put_synced(&envelope(), b"x", failing).unwrap_err();
        assert_eq!((syncs.get(), files.list().unwrap().len()), (2, 0));
        // Nor is what could not be written at all.
        fs::create_dir(files.path(&envelope().id)).unwrap();
        files.put(&envelope(), b"x").unwrap_err();
        assert_eq!(fs::read_dir(folder.path().join("queue/incoming")).unwrap().count(), 0);
    }

    #[test]
    fn a_message_comes_back_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::create(&folder.path().join("queue")).unwrap();
        let envelope = envelope();
        files.put(&envelope, b"Subject: x\r\n\r\n\0\n").unwrap();
        assert_eq!(files.list().unwrap(), [envelope.id.as_str()]);
        assert_eq!(files.load(&envelope.id).unwrap(), (envelope.clone(), b"Subject: x\r\n\r\n\0\n".to_vec()));
        let path = files.path(&envelope.id);
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_none(), "{cut}");
        }
        assert!(!is_id("../../../etc/pass") && !is_id("0123456789ABCDEF"));
        files.remove(&envelope.id);
        assert!(files.list().unwrap().is_empty());
    }
}
