//! Heads of the log that a time-stamping authority stamped (RFC 3161). Sending and fetching is left to whoever has the
//! authority's address: a request is a file, and so is the answer.

use std::path::Path;

use tellmark_evidence::note::Note;
use tellmark_evidence::stamp::{self, STAMP_BYTES_MAX};

use super::disk::Puts;
use super::{LOCK, Log, STAMPED, record};
use crate::{Error, Ports, Result, Vault, files};

/// A head that was stamped, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stamp {
    /// How many entries the log has there.
    pub entries: u64,
}

/// Writes a request for the log's head, to be sent to an authority.
///
/// # Errors
/// When the file is in the way, or the log cannot be read.
pub fn request(vault: &Vault, out: &Path, force: bool, ports: &Ports) -> Result<Stamp> {
    let log = record::open(vault, ports.now)?;
    let state = log.existing()?;
    log.keep_stamped(state.head.size, "head", state.note.to_text().as_bytes())?;
    files::write_whole(out, &stamp::request(&state.note.text), force)?;
    Ok(Stamp { entries: state.head.size })
}

/// Keeps an authority's answer beside the head that it is about.
///
/// # Errors
/// When it grants nothing, or is about no head for which a request was written.
pub fn attach(vault: &Vault, answer: &Path) -> Result<Stamp> {
    let log = Log::of(vault)?;
    let bytes = files::read_limited(answer, STAMP_BYTES_MAX as u64)?;
    let mut last = None;
    for (size, note) in log.heads(STAMPED, ".head")? {
        match stamp::check(&bytes, &note.text) {
            Ok(()) => {
                log.keep_stamped(size, "tsr", &bytes)?;
                return Ok(Stamp { entries: size });
            }
            Err(error) => last = Some(error),
        }
    }
    let why = last.map_or_else(|| "no request was written yet".to_owned(), |error| error.to_string());
    Err(Error::input(format!("{}: {why}. Nothing was kept", answer.display())))
}

impl Log<'_> {
    fn keep_stamped(&self, size: u64, ending: &str, bytes: &[u8]) -> Result<()> {
        let _turn = self.disk.lock(&self.folder.join(LOCK)).map_err(self.failed("cannot lock"))?;
        let cannot = || self.failed("cannot write the log");
        let mut puts = Puts::new(self.disk);
        puts.put(&self.folder, &format!("{STAMPED}/{size}.{ending}"), bytes).map_err(cannot())?;
        puts.sync().map_err(cannot())
    }

    /// Heads with an authority's answer, by their sizes.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn stamped(&self) -> Result<Vec<(u64, Note, Vec<u8>)>> {
        let mut stamped = Vec::new();
        for (size, note) in self.heads(STAMPED, ".head")? {
            let path = self.folder.join(format!("{STAMPED}/{size}.tsr"));
            if let Some(answer) = self.disk.read(&path).map_err(self.failed("cannot read the log"))? {
                stamped.push((size, note, answer));
            }
        }
        Ok(stamped)
    }
}
