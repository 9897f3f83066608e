//! What the log needs of a disk. Everything goes through here, so that a test can lose power at any point.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Files and folders. What was written or renamed is on the disk only when it, or its folder, has been synced.
pub trait Disk: Send + Sync {
    /// A file's bytes; `None` where there is none.
    ///
    /// # Errors
    /// Those of the file system, as everywhere here.
    fn read(&self, path: &Path) -> std::io::Result<Option<Vec<u8>>>;
    /// Makes a file or replaces its bytes.
    ///
    /// # Errors
    /// Those of the file system.
    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()>;
    /// Makes a file's bytes survive a loss of power.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync(&self, path: &Path) -> std::io::Result<()>;
    /// Makes the bytes of several files survive a loss of power.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync_all(&self, paths: &[PathBuf]) -> std::io::Result<()> {
        paths.iter().try_for_each(|path| self.sync(path))
    }
    /// Gives a file another name, in the place of what has it.
    ///
    /// # Errors
    /// Those of the file system.
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()>;
    /// Makes a folder, unless it is there; returns whether it was made.
    ///
    /// # Errors
    /// Those of the file system.
    fn make_folder(&self, path: &Path) -> std::io::Result<bool>;
    /// Makes the names in a folder survive a loss of power.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync_folder(&self, path: &Path) -> std::io::Result<()>;
    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// Those of the file system.
    fn remove(&self, path: &Path) -> std::io::Result<()>;
    /// The names in a folder; none where there is no folder.
    ///
    /// # Errors
    /// Those of the file system.
    fn list(&self, folder: &Path) -> std::io::Result<Vec<String>>;
    /// Waits for its turn; held until it is dropped.
    ///
    /// # Errors
    /// Those of the file system.
    fn lock(&self, path: &Path) -> std::io::Result<Box<dyn Send>>;
}

/// The machine's own file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Real;

/// So many files are synced at the same time: a file system writes what waits together, which is many times faster.
const SYNCS_AT_ONCE: usize = 32;
/// No file of the log is longer.
const FILE_BYTES_MAX: u64 = 256 << 20;

impl Disk for Real {
    fn read(&self, path: &Path) -> std::io::Result<Option<Vec<u8>>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 <= FILE_BYTES_MAX {
            true => Ok(Some(bytes)),
            false => Err(std::io::Error::new(ErrorKind::FileTooLarge, "a file of the log is too long")),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(bytes)
    }

    fn sync(&self, path: &Path) -> std::io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_all(&self, paths: &[PathBuf]) -> std::io::Result<()> {
        let share = paths.len().div_ceil(SYNCS_AT_ONCE).max(1);
        std::thread::scope(|scope| {
            let one = |share: &'_ [PathBuf]| share.iter().try_for_each(|path| self.sync(path));
            let threads: Vec<_> = paths.chunks(share).map(|share| scope.spawn(move || one(share))).collect();
            let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            outcomes
                .into_iter()
                .try_for_each(|outcome| outcome.unwrap_or_else(|_| Err(ErrorKind::Other.into())))
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        fs::rename(from, to)
    }

    fn make_folder(&self, path: &Path) -> std::io::Result<bool> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            other => other.map(|()| true),
        }
    }

    fn sync_folder(&self, path: &Path) -> std::io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> std::io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn list(&self, folder: &Path) -> std::io::Result<Vec<String>> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn lock(&self, path: &Path) -> std::io::Result<Box<dyn Send>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
        Ok(Box::new(file))
    }
}

/// Files that are put whole, and their folders that are to be synced then.
pub(super) struct Puts<'d> {
    disk: &'d dyn Disk,
    /// What was written under another name, and its own.
    written: Vec<(PathBuf, PathBuf)>,
    folders: std::collections::BTreeSet<PathBuf>,
}

impl<'d> Puts<'d> {
    pub(super) fn new(disk: &'d dyn Disk) -> Puts<'d> {
        Puts { disk, written: Vec::new(), folders: Default::default() }
    }

    /// Writes a file under another name; [`Puts::sync`] puts it in its place.
    pub(super) fn put(&mut self, root: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let path = root.join(name);
        let folder = path.parent().unwrap_or(root).to_path_buf();
        self.folders(root, &folder)?;
        let partial = folder.join(format!(
            ".{}.partial",
            path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default()
        ));
        self.disk.write(&partial, bytes)?;
        self.written.push((partial, path));
        self.folders.insert(folder);
        Ok(())
    }

    fn folders(&mut self, root: &Path, folder: &Path) -> std::io::Result<()> {
        let mut missing: Vec<&Path> = folder.ancestors().take_while(|above| *above != root).collect();
        missing.reverse();
        for folder in missing {
            // Also one that is there: its name may not be on the disk since a loss of power.
            self.disk.make_folder(folder)?;
            self.folders.extend(folder.parent().map(Path::to_path_buf));
        }
        Ok(())
    }

    /// Syncs the bytes, puts each file in its place, whole, and syncs the folders, the inner ones first.
    pub(super) fn sync(self) -> std::io::Result<()> {
        let partials: Vec<PathBuf> = self.written.iter().map(|(partial, _)| partial.clone()).collect();
        self.disk.sync_all(&partials)?;
        self.written.iter().try_for_each(|(partial, path)| self.disk.rename(partial, path))?;
        self.folders.iter().rev().try_for_each(|folder| self.disk.sync_folder(folder))
    }
}
