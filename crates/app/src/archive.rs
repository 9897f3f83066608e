//! Use cases: one file with everything a vault holds, and a vault from such a file.
//!
//! The file is a tar archive of `manifest.json`, the key file as it is (under its passphrase where it has
//! one) and the ledger's logical dump, so that a vault moves between SQLite and PostgreSQL. It holds the key:
//! it is written for its owner only, and whoever has it has the vault.

use std::io::{Read, Seek, Write};
use std::path::Path;

use tellmark_core::Hash;

use crate::log::Log;
use crate::vault::{Access, Config};
use crate::{Error, Result, Vault, keys};

const MANIFEST: &str = "manifest.json";
const LEDGER: &str = "ledger.dump";
/// Below it stand the files of the log.
const LOG: &str = "log/";
/// Below it stand the secrets of lineages.
const LINEAGES: &str = "keys/lineages/";
/// Version 2 has the log, version 3 the secrets of lineages.
const VERSION: u32 = 3;
/// Of the vault's own layout.
const VAULT_VERSION: u32 = 1;
const LOG_FILE_BYTES_MAX: u64 = 256 << 20;
const LOG_FILES_MAX: usize = 10_000_000;
const MANIFEST_BYTES_MAX: u64 = 64 << 10;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    created_at: i64,
    key: Hash,
    key_file: String,
    /// The hash of the key file as it is: a key under a passphrase cannot be looked into.
    key_file_hash: Hash,
}

/// Writes a backup of the vault.
///
/// # Errors
/// When the file is there already, or cannot be written; nothing is left behind then.
pub async fn backup(vault: &Vault, out: &Path, now: i64) -> Result<u64> {
    if out.symlink_metadata().is_ok() {
        let why = format!("{} exists already; nothing was overwritten (use another name)", out.display());
        return Err(Error::input(why));
    }
    let (key_name, key_bytes) = keys::export(&vault.keys_folder())?;
    let manifest = Manifest {
        version: VERSION,
        created_at: now,
        key: vault.config()?.key,
        key_file: key_name.display().to_string(),
        key_file_hash: Hash::of(&key_bytes),
    };
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut dump = tempfile::tempfile_in(parent).map_err(Error::file("cannot write beside", out))?;
    vault.store.export(&mut dump).await?;
    let length = dump.stream_position().map_err(Error::file("cannot write beside", out))?;
    dump.rewind().map_err(Error::file("cannot write beside", out))?;
    // Made with mode 0600, and gone by itself unless it is whole.
    let partial = tempfile::NamedTempFile::new_in(parent).map_err(Error::file("cannot write beside", out))?;
    let failed = || Error::file("cannot write", out);
    let mut archive = tar::Builder::new(partial.as_file());
    let text = serde_json::to_vec_pretty(&manifest).map_err(Error::damaged)?;
    append(&mut archive, MANIFEST, &text[..], text.len() as u64, now).map_err(failed())?;
    append(&mut archive, &manifest.key_file, &key_bytes[..], key_bytes.len() as u64, now).map_err(failed())?;
    append(&mut archive, LEDGER, &mut dump, length, now).map_err(failed())?;
    for (name, bytes) in Log::of(vault)?.files()? {
        append(&mut archive, &format!("{LOG}{name}"), &bytes[..], bytes.len() as u64, now)
            .map_err(failed())?;
    }
    for (name, bytes) in keys::lineages::export(&vault.keys_folder())? {
        append(&mut archive, &format!("{LINEAGES}{name}"), &bytes[..], bytes.len() as u64, now)
            .map_err(failed())?;
    }
    archive.into_inner().and_then(|mut file| file.flush()).map_err(failed())?;
    partial.as_file().sync_all().map_err(failed())?;
    partial.persist_noclobber(out).map_err(|e| failed()(e.error))?;
    crate::files::sync_folder(parent)?;
    Ok(length)
}

/// A backup as a file that is open and has no name: it is gone when it is closed.
///
/// # Errors
/// As [`backup`].
pub async fn backup_file(vault: &Vault, now: i64) -> Result<std::fs::File> {
    let within = vault.folder();
    let folder = tempfile::tempdir_in(within).map_err(Error::file("cannot make a folder in", within))?;
    let path = folder.path().join("backup.tar");
    backup(vault, &path, now).await?;
    std::fs::File::open(&path).map_err(Error::file("cannot read", &path))
}

/// Makes a vault from a backup. The vault must not exist yet.
///
/// # Errors
/// When the backup is damaged or of a newer version, or the directory is not empty. A vault that could not be
/// restored whole is not left behind.
pub async fn restore(access: &Access, database: Option<&str>, from: &Path) -> Result<()> {
    let file = std::fs::File::open(from).map_err(Error::file("cannot read", from))?;
    let mut archive = tar::Archive::new(std::io::BufReader::new(file));
    let wrong = |e: &dyn std::fmt::Display| {
        Error::input(format!("{} is no backup of a vault, or is damaged: {e}", from.display()))
    };
    let mut entries = archive.entries().map_err(|e| wrong(&e))?;
    let mut next = |expected: &str| {
        let entry = entries.next().ok_or_else(|| wrong(&"it ends too early"))?.map_err(|e| wrong(&e))?;
        let name = entry.path().map_err(|e| wrong(&e))?.display().to_string();
        match expected.is_empty() || name == expected {
            true => Ok((name, entry)),
            false => Err(wrong(&format!("{name} stands where {expected} is expected"))),
        }
    };
    let (_, entry) = next(MANIFEST)?;
    let manifest: Manifest =
        serde_json::from_reader(entry.take(MANIFEST_BYTES_MAX)).map_err(|e| wrong(&e))?;
    if manifest.version > VERSION {
        let version = manifest.version;
        return Err(Error::input(format!(
            "the backup has version {version}, made by a newer tellmark; this one knows {VERSION}"
        )));
    }
    let (key_name, entry) = next(&manifest.key_file)?;
    let mut key = zeroize::Zeroizing::new(Vec::new());
    entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut key).map_err(|e| wrong(&e))?;
    if Hash::of(&key) != manifest.key_file_hash {
        return Err(wrong(&"its key file has changed"));
    }
    let (_, mut entry) = next(LEDGER)?;
    // Out of the archive first: the ledger is read across a wait, which a tar entry cannot be.
    let mut ledger = tempfile::tempfile().map_err(Error::file("cannot make a file beside", from))?;
    std::io::copy(&mut entry, &mut ledger).map_err(|e| wrong(&e))?;
    ledger.rewind().map_err(|e| wrong(&e))?;
    let (mut log, mut lineages) = (Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry.map_err(|e| wrong(&e))?;
        let name = entry.path().map_err(|e| wrong(&e))?.display().to_string();
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        entry.take(LOG_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
        match (name.strip_prefix(LOG), name.strip_prefix(LINEAGES)) {
            _ if log.len() + lineages.len() >= LOG_FILES_MAX => return Err(wrong(&"it has too many files")),
            (Some(name), _) => log.push((name.to_owned(), std::mem::take(&mut *bytes))),
            (_, Some(name)) => lineages.push((name.to_owned(), bytes)),
            _ => return Err(wrong(&format!("{name} is unknown"))),
        }
    }
    let config = Config { version: VAULT_VERSION, key: manifest.key, database: database.map(str::to_owned) };
    Vault::lay(
        access,
        &config,
        |folder| {
            keys::import(folder, &key_name, &key, manifest.key)?;
            keys::lineages::import(folder, &lineages)
        },
        async |store| store.import(&mut ledger).await.map(drop).map_err(Error::from),
    )
    .await?;
    restore_log(access, &log)
}

/// The log is the last: it is signed by the key, which may be under a passphrase that is not known here. Then its
/// signature is checked when the vault is used.
fn restore_log(access: &Access, files: &[(String, Vec<u8>)]) -> Result<()> {
    let folder = access.folder.join(LOG);
    let restored = crate::log::restore(&folder, &access.folder.join("keys"), files);
    if restored.is_err() {
        // A vault that could not be restored whole is not left behind.
        let _ = std::fs::remove_dir_all(&access.folder);
    }
    restored
}

fn append(
    archive: &mut tar::Builder<&std::fs::File>,
    name: &str,
    data: impl Read,
    size: u64,
    now: i64,
) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(now.max(0) as u64);
    archive.append_data(&mut header, name, data)
}
