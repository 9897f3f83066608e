//! A secret for each lineage, beside the master key: erase it, and the lineage's key is gone for ever, while those of the
//! others stay.

use std::fs;
use std::path::{Path, PathBuf};

use tellmark_core::LineageId;
use tellmark_evidence::encode::{from_hex_exact, to_hex};
use zeroize::Zeroizing;

use crate::{Error, Result, files};

const FOLDER: &str = "lineages";
const HEADER: &str = "tellmark-lineage-secret-v1 ";
const FILE_BYTES_MAX: u64 = 4 << 10;

/// What a lineage's key follows from, beside the master key.
pub enum Secret {
    /// These bytes.
    Known(Zeroizing<[u8; 32]>),
    /// Nothing else: it was sealed before lineages had secrets.
    None,
    /// It was erased, on this day.
    Destroyed(String),
}

fn secret_path(keys: &Path, id: LineageId) -> PathBuf {
    keys.join(FOLDER).join(format!("{}.secret", to_hex(&id.0)))
}

fn gone_path(keys: &Path, id: LineageId) -> PathBuf {
    keys.join(FOLDER).join(format!("{}.destroyed", to_hex(&id.0)))
}

/// Keeps the secret of a new lineage.
///
/// # Errors
/// When it cannot be written.
pub fn keep(keys: &Path, id: LineageId, secret: &[u8; 32]) -> Result<()> {
    let folder = keys.join(FOLDER);
    fs::create_dir_all(&folder).map_err(Error::file("cannot make the folder", &folder))?;
    let text = Zeroizing::new(format!("{HEADER}{}\n", to_hex(secret)));
    files::write_secret(&secret_path(keys, id), text.as_bytes())
}

/// What is known of a lineage's secret.
///
/// # Errors
/// When it cannot be read.
pub fn load(keys: &Path, id: LineageId) -> Result<Secret> {
    let (path, gone) = (secret_path(keys, id), gone_path(keys, id));
    if gone.exists() {
        let day = files::read_limited(&gone, FILE_BYTES_MAX)?;
        return Ok(Secret::Destroyed(String::from_utf8_lossy(&day).trim().to_owned()));
    }
    if !path.exists() {
        return Ok(Secret::None);
    }
    let bytes = Zeroizing::new(files::read_limited(&path, FILE_BYTES_MAX)?);
    let text = std::str::from_utf8(&bytes).ok();
    let secret = text.and_then(|text| from_hex_exact(text.trim_end().strip_prefix(HEADER)?));
    let secret = secret.ok_or_else(|| Error::Key(format!("{} is no lineage's secret", path.display())))?;
    Ok(Secret::Known(Zeroizing::new(secret)))
}

/// Erases a lineage's secret as `files::erase` does; one that is erased already stays so.
///
/// # Errors
/// When it has none, or it cannot be removed.
pub fn destroy(keys: &Path, id: LineageId, day: &str) -> Result<()> {
    let path = secret_path(keys, id);
    if !path.exists() && gone_path(keys, id).exists() {
        return Ok(());
    }
    if !path.exists() {
        return Err(Error::input(
            "this document's key follows from the vault's key alone, since it was sealed before keys could be destroyed one by one; destroy the vault's key with all that depends on it",
        ));
    }
    // The mark first: a key that is half gone must not be taken for one that was never there.
    if !gone_path(keys, id).exists() {
        files::write_secret(&gone_path(keys, id), format!("{day}\n").as_bytes())?;
    }
    files::erase(&path)?;
    files::sync_folder(&keys.join(FOLDER))
}

/// All files, for a backup.
///
/// # Errors
/// When they cannot be read.
pub fn export(keys: &Path) -> Result<Vec<(String, Zeroizing<Vec<u8>>)>> {
    let folder = keys.join(FOLDER);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| is_name(name));
    names.sort();
    let read = |name: String| {
        let bytes = files::read_limited(&folder.join(&name), FILE_BYTES_MAX)?;
        Ok((name, Zeroizing::new(bytes)))
    };
    names.into_iter().map(read).collect()
}

/// Puts files from a backup into a new vault.
///
/// # Errors
/// When a name is none of a lineage's, or they cannot be written.
pub fn import(keys: &Path, all: &[(String, Zeroizing<Vec<u8>>)]) -> Result<()> {
    let folder = keys.join(FOLDER);
    for (name, bytes) in all {
        if !is_name(name) {
            return Err(Error::input(format!("the backup names a file {name:?} that no vault has")));
        }
        fs::create_dir_all(&folder).map_err(Error::file("cannot make the folder", &folder))?;
        files::write_secret(&folder.join(name), bytes)?;
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let id = name.strip_suffix(".secret").or_else(|| name.strip_suffix(".destroyed"));
    id.is_some_and(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_until_it_is_destroyed() {
        let keys = tempfile::tempdir().unwrap();
        let (keys, id) = (keys.path(), LineageId([3; 8]));
        assert!(matches!(load(keys, id).unwrap(), Secret::None));
        assert!(destroy(keys, id, "2027-01-01").is_err());
        keep(keys, id, &[7; 32]).unwrap();
        assert!(keep(keys, id, &[8; 32]).is_err(), "never replaced");
        assert!(matches!(load(keys, id).unwrap(), Secret::Known(secret) if *secret == [7; 32]));
        let saved = export(keys).unwrap();
        destroy(keys, id, "2027-01-01").unwrap();
        assert!(matches!(load(keys, id).unwrap(), Secret::Destroyed(day) if day == "2027-01-01"));
        assert_eq!(export(keys).unwrap().len(), 1);
        let other = tempfile::tempdir().unwrap();
        import(other.path(), &saved).unwrap();
        assert!(matches!(load(other.path(), id).unwrap(), Secret::Known(_)));
        assert!(import(other.path(), &[("../x.secret".into(), Zeroizing::new(vec![]))]).is_err());
    }
}
