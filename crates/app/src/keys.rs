//! The vault's master key: a file that only its owner reads, or one under a passphrase.
//!
//! The master key never leaves this module; a lineage's key is derived from it by HKDF-SHA256 (RFC 5869)
//! with the lineage's own secret as its salt and its id as its information, so that a lineage's key can be handed over or
//! destroyed without the others.

pub mod lineages;
pub mod shares;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use sha2::Sha256;
use tellmark_codes::LineageKey;
use tellmark_core::{LineageId, hash};
use zeroize::Zeroizing;

use crate::{Error, Result, files};

const PLAIN: &str = "master.key";
const SEALED: &str = "master.key.age";
const HEADER: &str = "tellmark-master-key-v1 ";
const FILE_BYTES_MAX: u64 = 64 << 10;
/// The most work that a passphrase may ask for: 2^22 blocks of scrypt, some seconds.
const WORK_FACTOR_MAX: u8 = 22;

/// The key from which all keys of a vault are derived.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> MasterKey {
        MasterKey(Zeroizing::new(bytes))
    }

    /// The key of one lineage, with its own secret where it has one.
    pub fn lineage(&self, id: LineageId, secret: Option<&[u8; 32]>) -> LineageKey {
        let mut key = Zeroizing::new([0; 32]);
        let salt = secret.map(|secret| secret.as_slice());
        self.expand(salt, &[b"tellmark lineage key v1", &id.0], &mut *key);
        LineageKey::new(*key)
    }

    /// The seed of the key that signs the vault's log.
    pub fn log_seed(&self) -> Zeroizing<[u8; 32]> {
        let mut seed = Zeroizing::new([0; 32]);
        self.expand(None, &[b"tellmark log key v1"], &mut *seed);
        seed
    }

    /// The key with which articles are authenticated that are handed from those who fetch to those who search.
    pub fn queue_key(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        self.expand(None, &[b"tellmark follow queue key v1"], &mut *key);
        key
    }

    /// By what the log knows a case, without its name.
    pub fn case_tag(&self, case: &str) -> [u8; 16] {
        let mut tag = [0; 16];
        self.expand(None, &[b"tellmark case tag v1", case.as_bytes()], &mut tag);
        tag
    }

    fn expand(&self, salt: Option<&[u8]>, info: &[&[u8]], out: &mut [u8]) {
        // HKDF fails only for outputs over 8,160 bytes.
        if Hkdf::<Sha256>::new(salt, &*self.0).expand_multi_info(info, out).is_err() {
            unreachable!("so few bytes are a valid length");
        }
    }

    /// A hash by which a copy of the key can be recognised, and from which it cannot be found.
    pub fn fingerprint(&self) -> hash::Hash {
        hash::Hash::of_fields("tellmark master key fingerprint v1", &[&*self.0])
    }
}

/// Writes a new vault's key into a folder, under a passphrase where there is one.
///
/// # Errors
/// When a key is there already or the file cannot be written.
pub fn save(folder: &Path, key: &MasterKey, passphrase: Option<&str>) -> Result<()> {
    let text = Zeroizing::new(format!("{HEADER}{}\n", hash::Hash(*key.0)));
    match passphrase {
        None => files::write_secret(&folder.join(PLAIN), text.as_bytes()),
        Some(passphrase) => files::write_secret(&folder.join(SEALED), &encrypt(text.as_bytes(), passphrase)?),
    }
}

/// Whether the key in a folder needs a passphrase.
pub fn needs_passphrase(folder: &Path) -> bool {
    folder.join(SEALED).exists()
}

/// Whether the key in a folder was split, and is put together from shares.
pub fn is_split(folder: &Path) -> bool {
    folder.join(shares::MARK).exists()
}

/// Splits the key in a folder into three shares in another, and removes it.
///
/// # Errors
/// When it is split already, or a share cannot be written: then the key stays.
pub fn split(folder: &Path, key: &MasterKey, random: [[u8; 32]; 2], out: &Path) -> Result<[PathBuf; 3]> {
    if is_split(folder) {
        return Err(Error::input(
            "this vault's key is split already; `tellmark key join` puts it together first",
        ));
    }
    let paths = shares::split(key, random, out)?;
    shares::mark(folder)?;
    for name in [PLAIN, SEALED] {
        let path = folder.join(name);
        if path.exists() {
            files::erase(&path)?;
        }
    }
    files::sync_folder(folder)?;
    Ok(paths)
}

/// Puts a key that was split into its folder again, under a passphrase where there is one.
///
/// # Errors
/// When it is not split, or cannot be written.
pub fn join(folder: &Path, key: &MasterKey, passphrase: Option<&str>) -> Result<()> {
    if !is_split(folder) {
        return Err(Error::input("this vault's key is whole"));
    }
    save(folder, key, passphrase)?;
    let mark = folder.join(shares::MARK);
    fs::remove_file(&mark).map_err(Error::file("cannot remove", &mark))?;
    files::sync_folder(folder)
}

/// Reads a vault's key.
///
/// # Errors
/// When it is not there, others can read it, or the passphrase is missing or wrong.
pub fn load(folder: &Path, passphrase: Option<&str>) -> Result<MasterKey> {
    let sealed = folder.join(SEALED);
    if sealed.exists() {
        let Some(passphrase) = passphrase else {
            let message =
                "this vault's key is under a passphrase; give it when asked, or in TELLMARK_PASSPHRASE";
            return Err(Error::input(message));
        };
        let bytes = files::read_limited(&sealed, FILE_BYTES_MAX)?;
        return parse(&decrypt(&bytes, passphrase)?, &sealed);
    }
    let plain = folder.join(PLAIN);
    refuse_if_shared(&plain)?;
    let bytes = Zeroizing::new(files::read_limited(&plain, FILE_BYTES_MAX)?);
    parse(&bytes, &plain)
}

/// The file that holds the key, for a backup, with its bytes.
///
/// # Errors
/// When there is none.
pub fn export(folder: &Path) -> Result<(PathBuf, Zeroizing<Vec<u8>>)> {
    let name = match (is_split(folder), needs_passphrase(folder)) {
        (true, _) => shares::MARK,
        (false, true) => SEALED,
        (false, false) => PLAIN,
    };
    let bytes = files::read_limited(&folder.join(name), FILE_BYTES_MAX)?;
    Ok((PathBuf::from(name), Zeroizing::new(bytes)))
}

/// Puts a key file from a backup into a new vault. A key that is not under a passphrase must be the expected one.
///
/// # Errors
/// When the name is not one of a key, the key is another one, or a key is there already.
pub fn import(folder: &Path, name: &str, bytes: &[u8], expected: hash::Hash) -> Result<()> {
    if ![PLAIN, SEALED, shares::MARK].contains(&name) {
        return Err(Error::input(format!(
            "the backup names its key {name:?}, which this version does not know"
        )));
    }
    if name == PLAIN && parse(bytes, Path::new(name))?.fingerprint() != expected {
        return Err(Error::Key("the key in the backup is not the one that its vault was made with".into()));
    }
    files::write_secret(&folder.join(name), bytes)
}

fn parse(bytes: &[u8], path: &Path) -> Result<MasterKey> {
    let wrong = || Error::Key(format!("{} is no master key of this version", path.display()));
    let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
    let hex = text.trim_end().strip_prefix(HEADER).ok_or_else(wrong)?;
    hex.parse::<hash::Hash>().map(|key| MasterKey::new(key.0)).map_err(|_| wrong())
}

#[cfg(unix)]
fn refuse_if_shared(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(Error::file("cannot read", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        let mode = mode & 0o777;
        let message = format!(
            "others can read {path} (mode {mode:o}); whoever has the key can make any copy: chmod 600 {path}"
        );
        return Err(Error::Key(message));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_shared(_: &Path) -> Result<()> {
    Ok(())
}

fn encrypt(plain: &[u8], passphrase: &str) -> Result<Vec<u8>> {
    let failed = |e: std::io::Error| Error::Key(format!("the key could not be encrypted: {e}"));
    let encryptor = age::Encryptor::with_user_passphrase(passphrase.to_owned().into());
    let mut out = Vec::new();
    let mut writer = encryptor.wrap_output(&mut out).map_err(failed)?;
    writer.write_all(plain).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(out)
}

fn decrypt(bytes: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>> {
    let wrong = || Error::input("the passphrase does not open this vault's key");
    let damaged = |e| Error::Key(format!("the key file cannot be read: {e}"));
    let decryptor = age::Decryptor::new_buffered(bytes).map_err(damaged)?;
    let mut identity = age::scrypt::Identity::new(passphrase.to_owned().into());
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|_| wrong())?;
    let mut plain = Zeroizing::new(Vec::new());
    reader.take(FILE_BYTES_MAX).read_to_end(&mut plain).map_err(|_| wrong())?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_lineages_differ() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &MasterKey::new([7; 32]), None).unwrap();
        let key = load(folder.path(), None).unwrap();
        assert_eq!(key.fingerprint(), MasterKey::new([7; 32]).fingerprint());
        let hash = |n, secret| key.lineage(LineageId([n; 8]), secret).hash();
        assert_ne!(hash(1, None), hash(2, None));
        assert_ne!(hash(1, Some(&[1; 32])), hash(1, Some(&[2; 32])));
        assert_ne!(hash(1, Some(&[1; 32])), hash(1, None));
        assert!(save(folder.path(), &key, None).is_err(), "a key is never replaced");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &MasterKey::new([7; 32]), None).unwrap();
        let path = folder.path().join(PLAIN);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(load(folder.path(), None).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_passphrase_is_asked_for_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &MasterKey::new([9; 32]), Some("correct horse")).unwrap();
        assert!(needs_passphrase(folder.path()));
        assert!(load(folder.path(), None).is_err());
        assert!(load(folder.path(), Some("wrong")).is_err());
        let key = load(folder.path(), Some("correct horse")).unwrap();
        assert_eq!(key.fingerprint(), MasterKey::new([9; 32]).fingerprint());
    }
}
