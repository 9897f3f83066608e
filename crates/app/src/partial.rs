//! A folder for files that are not whole yet, which a process that died leaves to be removed by the next one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Where such folders stand, in the folder that the files are meant for: a rename within one file system is
/// atomic.
const NAME: &str = ".tellmark-partial";
const LOCK: &str = "lock";

/// This process's own folder. It and everything in it goes when this is dropped.
///
/// Next to it stands a file of the same name that is locked as long as the process lives; whatever is not
/// locked was left by a process that died.
#[derive(Debug)]
pub struct Partial {
    parent: PathBuf,
    folder: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Partial {
    /// Makes the folder, after removing those of processes that died.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(target: &Path) -> Result<Partial> {
        let parent = target.join(NAME);
        let mut number = 0u32;
        loop {
            fs::create_dir_all(&parent).map_err(Error::file("cannot make the folder", &parent))?;
            let folder = parent.join(format!("{}-{number}", std::process::id()));
            let lock_path = folder.with_extension(LOCK);
            if let Some(lock) = lock(&lock_path)? {
                remove_dead(&parent, &folder);
                let _ = fs::remove_dir_all(&folder);
                fs::create_dir(&folder).map_err(Error::file("cannot make the folder", &folder))?;
                return Ok(Partial { parent, folder, lock_path, _lock: lock });
            }
            number += 1;
        }
    }

    /// Where the files may be written.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(&self.lock_path);
        // Fails while another process has its own in there.
        let _ = fs::remove_dir(&self.parent);
    }
}

/// Makes and locks a file; `None` when somebody else has it, or took it away before it was locked.
fn lock(path: &Path) -> Result<Option<File>> {
    let failed = |e| Error::file("cannot make", path)(e);
    let file = match File::options().create(true).append(true).open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(None),
        // A file system without locks: take the risk that is left, a folder removed under a second process.
        Err(fs::TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => {}
        Err(fs::TryLockError::Error(e)) => return Err(failed(e)),
    }
    Ok(is_still_there(&file, path).then_some(file))
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(own), Ok(there)) => (own.dev(), own.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_there(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Removes what processes left that died: every entry whose lock can be had, and folders without one.
fn remove_dead(parent: &Path, own: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let folder = path.with_extension("");
        let lock_path = folder.with_extension(LOCK);
        if folder == own {
            continue;
        }
        let held = match lock_path.exists() {
            false => None,
            true => match lock(&lock_path) {
                Ok(Some(held)) => Some(held),
                _ => continue,
            },
        };
        let _ = fs::remove_dir_all(&folder);
        let _ = fs::remove_file(&lock_path);
        drop(held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_are_removed_and_the_living_stay() {
        let target = tempfile::tempdir().unwrap();
        let first = Partial::new(target.path()).unwrap();
        fs::write(first.folder().join("a"), "half").unwrap();
        let dead = target.path().join(NAME).join("77-0");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("b"), "half").unwrap();
        fs::write(dead.with_extension(LOCK), "").unwrap();
        let second = Partial::new(target.path()).unwrap();
        assert_ne!(first.folder(), second.folder());
        assert!(first.folder().join("a").exists() && !dead.exists() && !dead.with_extension(LOCK).exists());
        drop(first);
        assert!(second.folder().exists());
        drop(second);
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 0);
    }
}
