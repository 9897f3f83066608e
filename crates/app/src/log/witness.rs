//! A witness in a folder: it signs a head of a log only if the log grew from the last head that it saw.
//!
//! It belongs to somebody else than the vault: another person, another machine, a stick in a drawer. It keeps a key and
//! the last head of each log, and nothing else.

use std::path::{Path, PathBuf};

use tellmark_evidence::encode::{from_hex_exact, to_hex};
use tellmark_evidence::merkle::{self, is_consistent, sha256};
use tellmark_evidence::note::{Note, Role, SecretKey};

use super::Log;
use crate::{Error, Ports, Result, Vault, files};

const KEY: &str = "witness.key";
const HEADER: &str = "tellmark-witness-key-v1 ";
const FILE_BYTES_MAX: u64 = 64 << 10;

/// What a witness did.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Witnessed {
    /// How many entries the log has.
    pub entries: u64,
    /// How many it had when this witness saw it last; 0 for never.
    pub before: u64,
    /// The witness's key, for policies.
    pub witness: String,
    /// The log's key, for policies.
    pub log: String,
    /// A policy that trusts this log and this witness.
    pub policy: String,
}

/// Lets the witness in a folder see the vault's log. Where the folder is empty or missing, a witness is made.
///
/// The log begins with it, where there was none.
///
/// # Errors
/// When the witness's key cannot be used, or the log did not grow from what the witness saw.
pub fn witness(vault: &Vault, folder: &Path, ports: &mut Ports) -> Result<Witnessed> {
    let log = super::record::open(vault, ports.now)?;
    let folder = made(folder)?;
    let key = load_or_make(&folder, ports)?;
    let (witnessed, _) = see(&log, &folder, &key, ports.now)?;
    Ok(witnessed)
}

/// Lets the witness that was asked last see the log again, where its folder can be reached: then what it signed.
///
/// # Errors
/// When its key cannot be used, or the log did not grow from what it saw.
pub(crate) fn again(log: &Log<'_>, now: i64) -> Result<Option<Note>> {
    let Some(folder) = log.witness_folder()?.filter(|folder| folder.join(KEY).exists()) else {
        return Ok(None);
    };
    let key = load(&folder.join(KEY))?;
    Ok(Some(see(log, &folder, &key, now)?.1))
}

fn see(log: &Log<'_>, folder: &Path, key: &SecretKey, now: i64) -> Result<(Witnessed, Note)> {
    let state = log.existing()?;
    let turn = std::fs::File::create(folder.join("lock")).map_err(Error::file("cannot lock", folder))?;
    rustix::fs::flock(&turn, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|e| Error::file("cannot lock", folder)(e.into()))?;
    let origin = &state.head.origin;
    let before = match last_seen(folder, origin)? {
        None => 0,
        Some(note) => {
            let seen = note.checkpoint().map_err(Error::damaged)?;
            let proof = match seen.size <= state.head.size {
                true => merkle::consistency(&state.leaves, seen.size as usize),
                false => Vec::new(),
            };
            if !is_consistent(seen.size, &seen.root, state.head.size, &state.head.root, &proof) {
                return Err(Error::input(format!(
                    "the witness saw {} entries of this log, and the log that it is shown did not grow from them; nothing was signed",
                    seen.size
                )));
            }
            seen.size
        }
    };
    let mut cosigned = state.note.clone();
    // What it saw once it saw then: a later time would say less.
    if cosigned.seen_by(key.public()).map_err(Error::damaged)?.is_none() {
        cosigned.cosign(key, now);
        // First the witness remembers, then it signs in public: it never signs two heads that do not fit.
        files::write_whole(&state_file(folder, origin), cosigned.to_text().as_bytes(), true)?;
        log.keep_seen(&state.note, &cosigned, folder)?;
    }
    let (witness, own) = (key.public().to_text(), log.key().public().to_text());
    let policy = format!("log {own}\nwitness witness {witness}\nquorum witness\n");
    Ok((Witnessed { entries: state.head.size, before, witness, log: own, policy }, cosigned))
}

/// The witness that was asked last, where it is not where it was: what to say of it.
///
/// # Errors
/// When the log cannot be read.
pub(crate) fn unreached(log: &Log<'_>) -> Result<Option<String>> {
    let gone = log.witness_folder()?.filter(|folder| !folder.join(KEY).is_file());
    Ok(gone.map(|folder| {
        let there = if folder.exists() { "holds no witness any more" } else { "was not reached" };
        format!("the witness at {} {there}", folder.display())
    }))
}

/// The last head of a log that the witness in a folder saw; `None` where it saw none, or is not there.
///
/// # Errors
/// When what it saw cannot be read: it is not the same as having seen nothing.
pub(super) fn last_seen(folder: &Path, origin: &str) -> Result<Option<Note>> {
    let path = state_file(folder, origin);
    if matches!(path.symlink_metadata(), Err(error) if is_absent(&error)) {
        return Ok(None);
    }
    let bytes = files::read_limited(&path, FILE_BYTES_MAX)?;
    let note = String::from_utf8(bytes).ok().and_then(|text| Note::read(&text).ok());
    // Another log's head under this log's name is no head either.
    let note = note.filter(|note| note.checkpoint().is_ok_and(|head| head.origin == origin));
    note.map(Some).ok_or_else(|| {
        Error::input(format!(
            "what the witness saw of this log, {}, is damaged; nothing was signed. Put the witness's folder back as it was, or begin with another witness",
            path.display()
        ))
    })
}

/// Nothing is there, also where something else stands in the place of the folder.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

fn state_file(folder: &Path, origin: &str) -> PathBuf {
    let hash = sha256(&[origin.as_bytes()]);
    folder.join(format!("{}.head", to_hex(&hash[..8])))
}

fn made(folder: &Path) -> Result<PathBuf> {
    if !folder.join(KEY).exists() {
        let has_files = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if has_files {
            return Err(Error::input(format!(
                "{} is not empty and holds no witness; name a new folder",
                folder.display()
            )));
        }
        std::fs::create_dir_all(folder).map_err(Error::file("cannot make the folder", folder))?;
    }
    std::fs::canonicalize(folder).map_err(Error::file("cannot open", folder))
}

fn load_or_make(folder: &Path, ports: &mut Ports) -> Result<SecretKey> {
    let path = folder.join(KEY);
    if !path.exists() {
        let seed: [u8; 32] = ports.random();
        files::write_secret(&path, format!("{HEADER}{}\n", to_hex(&seed)).as_bytes())?;
    }
    load(&path)
}

fn load(path: &Path) -> Result<SecretKey> {
    let wrong = || Error::Key(format!("{} is no witness's key", path.display()));
    let bytes = files::read_limited(path, FILE_BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let seed = text.trim_end().strip_prefix(HEADER).and_then(from_hex_exact).ok_or_else(wrong)?;
    SecretKey::named_by_hash("witness", Role::Witness, &seed).map_err(Error::damaged)
}
