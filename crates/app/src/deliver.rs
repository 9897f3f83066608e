//! Delivery: writing the copies of a release into a folder, each whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tellmark_codes::Codebook;
use tellmark_core::{Choices, CopyId, Recipient, ReleaseId};
use tellmark_formats::Template;

use crate::partial::Partial;
use crate::{Error, Progress, Result, files};

/// So many copies are written between two synchronisations with the disk.
const BATCH_COPIES: usize = 2048;

/// Makes the copies of one release.
pub struct Maker<'a> {
    /// The pieces that copies are made of.
    pub template: &'a Template,
    /// Where codewords come from.
    pub codebook: &'a Codebook<'a>,
    /// How many sites there are.
    pub sites: usize,
}

impl Maker<'_> {
    /// The variants of one copy.
    pub fn choices(&self, copy: &CopyId) -> Choices {
        let mut symbols = vec![0; self.sites];
        self.codebook.codeword(copy, &mut symbols);
        Choices(symbols)
    }

    /// The bytes of one copy.
    ///
    /// # Errors
    /// When the template does not fit the sites: damage.
    pub fn bytes(&self, holder: &Recipient, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        self.template.write_for(&self.choices(&holder.id), holder, out).map_err(Error::damaged)
    }
}

/// Makes the file of one copy, in a buffer that may hold another one.
pub type Make<'a> = dyn Fn(&Recipient, &mut Vec<u8>) -> Result<()> + Sync + 'a;

/// Where files are delivered: one in each copy's own folder.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The folder of all copies.
    pub folder: &'a Path,
    /// What each file is called.
    pub file_name: &'a str,
    /// Whether what is in the way is overwritten.
    pub force: bool,
}

/// Where the copy with an id is delivered.
pub fn path_of(folder: &Path, copy: &CopyId, file_name: &str) -> PathBuf {
    folder.join(copy.as_str()).join(file_name)
}

/// The first file in a folder that delivery would have to overwrite, before anything is recorded.
pub fn first_in_the_way<'a>(
    folder: &Path,
    copies: impl Iterator<Item = &'a CopyId>,
    file_name: &str,
) -> Option<PathBuf> {
    folder.exists().then_some(())?;
    let in_the_way =
        |path: &PathBuf| path.symlink_metadata().is_ok() || path.parent().is_some_and(|own| own.is_symlink());
    copies.map(|copy| path_of(folder, copy, file_name)).find(in_the_way)
}

/// Writes a file for each copy; those that are there already, byte for byte, stay. Returns how many were written.
///
/// A delivery that is cut off leaves whole files only, and what it was writing in a folder of its own that
/// the next delivery removes.
///
/// # Errors
/// When a file with other bytes is in the way and `force` is false, writing fails, or somebody asked to stop. What was
/// delivered before stays.
pub fn deliver(
    make: &Make<'_>,
    holders: &[Recipient],
    files: &Files<'_>,
    progress: &dyn Progress,
) -> Result<usize> {
    let folder = files.folder;
    fs::create_dir_all(folder).map_err(Error::file("cannot make the folder", folder))?;
    let partial = Partial::new(folder)?;
    progress.begin("writing copies", Some(holders.len() as u64));
    let written = deliver_batches(make, holders, files, partial.folder(), progress);
    progress.end();
    written
}

fn deliver_batches(
    make: &Make<'_>,
    holders: &[Recipient],
    files: &Files<'_>,
    partial: &Path,
    progress: &dyn Progress,
) -> Result<usize> {
    let Files { folder, file_name, force } = *files;
    let mut written = 0;
    for batch in holders.chunks(BATCH_COPIES) {
        if progress.is_stopped() {
            return Err(Error::Stopped);
        }
        let prepared: Vec<Option<(PathBuf, PathBuf)>> = batch
            .par_iter()
            .map_init(Vec::new, |bytes, holder| {
                make(holder, bytes)?;
                let target = path_of(folder, &holder.id, file_name);
                if !is_needed(&target, bytes, force)? {
                    return Ok(None);
                }
                let source = partial.join(holder.id.as_str());
                fs::write(&source, &bytes).map_err(Error::file("cannot write", &source))?;
                Ok(Some((source, target)))
            })
            .collect::<Result<_>>()?;
        sync(folder)?;
        let moves: Vec<_> = prepared.into_iter().flatten().collect();
        let put = |(source, target): &(PathBuf, PathBuf)| put(source, target, force).map(usize::from);
        written += moves.par_iter().map(put).sum::<Result<usize>>()?;
        progress.advance(batch.len() as u64);
    }
    sync(folder)?;
    Ok(written)
}

/// Where the copies of a batch are, below a server's folder of copies.
pub fn batch_folder(copies: &Path, release: &ReleaseId, batch: u32) -> PathBuf {
    copies.join(format!("{release}-{batch}"))
}

/// The copies of which a file would be written: those whose own is not there, byte for byte.
///
/// # Errors
/// As [`deliver`].
pub fn lacking<'h>(make: &Make<'_>, holders: &'h [Recipient], files: &Files<'_>) -> Result<Vec<&'h CopyId>> {
    let lacks = |bytes: &mut Vec<u8>, holder: &'h Recipient| {
        make(holder, bytes)?;
        let target = path_of(files.folder, &holder.id, files.file_name);
        Ok(is_needed(&target, bytes, files.force)?.then_some(&holder.id))
    };
    let found = holders.par_iter().map_init(Vec::new, lacks).collect::<Result<Vec<_>>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn is_needed(target: &Path, bytes: &[u8], force: bool) -> Result<bool> {
    if target.is_symlink() || target.parent().is_some_and(Path::is_symlink) {
        return Ok(true);
    }
    let there = match fs::read(target) {
        Ok(there) => there,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(e) => return Err(Error::file("cannot read", target)(e)),
    };
    match there == bytes {
        true => Ok(false),
        false if force => Ok(true),
        false => Err(files::exists(target)),
    }
}

/// Whether the file was put there; another command may have put the same one there in between.
fn put(source: &Path, target: &Path, force: bool) -> Result<bool> {
    let own = target.parent().unwrap_or(target);
    match fs::create_dir(own) {
        Ok(()) => {}
        // A link would take somebody's copy elsewhere.
        Err(_) if own.is_symlink() => {
            return Err(Error::input(format!(
                "{} is a link; a copy is not written through it: remove it, and run the command again",
                own.display()
            )));
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && own.is_dir() => {}
        Err(e) => return Err(Error::file("cannot make the folder", own)(e)),
    }
    let renamed = if force { fs::rename(source, target) } else { files::rename_new(source, target) };
    match renamed {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let bytes = fs::read(source).map_err(Error::file("cannot read", source))?;
            match is_needed(target, &bytes, false)? {
                false => Ok(false),
                true => Err(files::exists(target)),
            }
        }
        Err(e) => Err(Error::file("cannot write", target)(e)),
    }
}

/// One synchronisation for many files: as safe as one each, and a thousand times cheaper.
#[cfg(target_os = "linux")]
fn sync(folder: &Path) -> Result<()> {
    let handle = fs::File::open(folder).map_err(Error::file("cannot open", folder))?;
    rustix::fs::syncfs(&handle).map_err(|e| Error::file("cannot sync", folder)(e.into()))
}

#[cfg(not(target_os = "linux"))]
fn sync(folder: &Path) -> Result<()> {
    files::sync_folder(folder)
}
