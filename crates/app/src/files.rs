//! Files that appear whole or not at all, and reading with a limit.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Removes a folder with all that is in it, if it is there.
///
/// # Errors
/// When it cannot be removed.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("cannot remove", folder)(error))
        }
        _ => Ok(()),
    }
}

/// Reads a file that may have at most `bytes_max` bytes.
///
/// # Errors
/// When it cannot be read, is no regular file (a pipe is fine), or is longer.
pub fn read_limited(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(Error::file("cannot read", path))?;
    let metadata = file.metadata().map_err(Error::file("cannot read", path))?;
    if metadata.is_dir() {
        let message = format!("{} is a folder; name a file in it", path.display());
        return Err(Error::input(message));
    }
    read_stream_limited(file, &path.display().to_string(), bytes_max)
}

/// Reads a stream that may have at most `bytes_max` bytes.
///
/// # Errors
/// When it cannot be read or is longer.
pub fn read_stream_limited(stream: impl Read, name: &str, bytes_max: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream
        .take(bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::file("cannot read", Path::new(name)))?;
    if bytes.len() as u64 > bytes_max {
        let limit = bytes_max >> 20;
        return Err(Error::input(format!(
            "{name} has more than {limit} MiB, the most that is read; give the part that matters"
        )));
    }
    Ok(bytes)
}

/// Writes a file so that it appears whole or not at all, and is on the disk when this returns.
///
/// # Errors
/// When it exists and `force` is false, or cannot be written. Nothing is left behind.
pub fn write_whole(path: &Path, bytes: &[u8], force: bool) -> Result<()> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    let partial = partial_name(path);
    let outcome = write_synced(&partial, bytes, None).and_then(|()| {
        let put = if force { fs::rename(&partial, path) } else { rename_new(&partial, path) };
        put.map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => exists(path),
            _ => Error::File { action: "cannot write", path: path.into(), source },
        })
    });
    if outcome.is_err() {
        let _ = fs::remove_file(&partial);
    }
    outcome?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Writes a secret in the place of what is there: like [`write_whole`] with `force`, readable by its owner only.
///
/// # Errors
/// When it cannot be written. What was there stays then.
pub fn replace_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    put_secret(path, bytes, |from, to| fs::rename(from, to))
}

/// Writes a secret: like [`write_whole`] without `force`, readable by its owner only.
///
/// # Errors
/// When it exists or cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    put_secret(path, bytes, rename_new)
}

fn put_secret(
    path: &Path,
    bytes: &[u8],
    put: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
) -> Result<()> {
    let partial = partial_name(path);
    let _ = fs::remove_file(&partial);
    let written = write_synced(&partial, bytes, Some(0o600))
        .and_then(|()| put(&partial, path).map_err(Error::file("cannot write", path)));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Overwrites a secret, then removes it. What is overwritten may still be found on some disks, and in backups.
///
/// # Errors
/// When it cannot be overwritten or removed.
pub(crate) fn erase(path: &Path) -> Result<()> {
    fs::write(path, [b'0'; 128]).map_err(Error::file("cannot erase", path))?;
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::file("cannot sync", path))?;
    fs::remove_file(path).map_err(Error::file("cannot remove", path))
}

/// Makes what was renamed in a folder survive a loss of power.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let folder = File::open(path).map_err(Error::file("cannot open", path))?;
    folder.sync_all().map_err(Error::file("cannot sync", path))
}

/// Whether a character can stand in the name of a file on every system, and is seen there.
pub(crate) fn fits_name(c: char) -> bool {
    !c.is_control() && !"<>:\"|?*".contains(c) && !tellmark_core::text::is_unseen(c)
}

/// Refuses a file that [`write_whole`] could not write, before anything is done for it.
///
/// # Errors
/// When it is in the way and `force` is false, or its folder is not there.
pub fn refuse_unwritable(path: &Path, force: bool) -> Result<()> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.is_dir() && !path.is_dir() {
        true => Ok(()),
        false => Err(Error::input(format!(
            "{} cannot be written: its folder is missing, or it is one",
            path.display()
        ))),
    }
}

/// The error for a file that is already there.
pub fn exists(path: &Path) -> Error {
    Error::input(format!(
        "{} exists already; nothing was overwritten (use --force, or another name)",
        path.display()
    ))
}

fn partial_name(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

fn write_synced(path: &Path, bytes: &[u8], mode: Option<u32>) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if let Some(mode) = mode {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(Error::file("cannot write", path))?;
    file.write_all(bytes).map_err(Error::file("cannot write", path))?;
    file.sync_all().map_err(Error::file("cannot sync", path))
}

/// Renames without replacing: two commands at once cannot both succeed.
pub(crate) fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems cannot refuse by themselves; a link can, everywhere that has links.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"one", false).unwrap();
        assert!(write_whole(&path, b"two", false).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_whole(&path, b"two", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn long_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, vec![b'x'; 11]).unwrap();
        assert!(read_limited(&path, 10).is_err());
        assert_eq!(read_limited(&path, 11).unwrap().len(), 11);
        assert!(read_limited(folder.path(), 10).unwrap_err().is_input());
        assert!(read_limited(&folder.path().join("none"), 10).unwrap_err().is_input());
    }
}
