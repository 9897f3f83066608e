//! Folders, mbox files and Maildirs.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use tellmark_core::Hash;
use url::Url;

use crate::article::{Article, Kind, key};
use crate::limits::{FILE_BYTES_MAX, FILES_MAX, FOLDER_DEPTH_MAX};
use crate::poll::{Poll, kind_of_bytes};
use crate::web::Validators;
use crate::{Error, Result, charset, mail, page};

/// Reads what is at a path.
pub(crate) fn poll(poll: &mut Poll<'_>, path: &Path, known: &Validators) -> Result<Option<Validators>> {
    let metadata = fs::metadata(path).map_err(|error| failed(path, error))?;
    if metadata.is_dir() {
        let mut left = FILES_MAX;
        walk(poll, path, device_of(&metadata), 0, &mut left)?;
        return Ok(Some(Validators::default()));
    }
    if !metadata.is_file() {
        return Err(Error::malformed(path.display().to_string(), "it is neither a folder nor a file"));
    }
    let state = state_of(&metadata);
    if known.last_modified.as_ref() == Some(&state) {
        return Ok(None);
    }
    match is_mbox(path)? {
        true => mbox(poll, path)?,
        false => file(poll, path, &state)?,
    }
    Ok(Some(Validators { etag: None, last_modified: Some(state) }))
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::io(path.display().to_string(), error)
}

/// What tells two states of a file apart without reading it.
fn state_of(metadata: &fs::Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    format!("{}:{}", metadata.len(), modified.map_or(0, |at| at.as_nanos()))
}

/// The file system that something lies on, where the system tells.
#[cfg(unix)]
fn device_of(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::dev(metadata)
}

#[cfg(not(unix))]
fn device_of(_: &fs::Metadata) -> u64 {
    0
}

/// Goes through a folder in the order of the names. Links are not followed: they could lead anywhere; nor is what was
/// mounted below it, which may be no files at all, as in `/proc`, or another machine's.
fn walk(poll: &mut Poll<'_>, folder: &Path, device: u64, depth: usize, left: &mut usize) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, error))?;
    let mut entries: Vec<fs::DirEntry> = entries.flatten().take(*left + 1).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if *left == 0 {
            return Err(Error::limit(folder.display().to_string(), format!("{FILES_MAX} files")));
        }
        *left -= 1;
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A Maildir's `tmp` holds messages that are not whole yet.
        let is_partial = entry.file_name() == "tmp" && folder.join("cur").is_dir();
        if poll.is_over() || is_hidden && !metadata.is_dir() || is_partial {
            continue;
        }
        if let Err(error) = poll.web.never().check_path(&path) {
            poll.miss(&error);
        } else if metadata.is_dir() && device_of(&metadata) != device {
            poll.miss(&Error::malformed(
                path.display().to_string(),
                "it lies on another file system; if it is meant, add it as a source of its own",
            ));
        } else if metadata.is_dir() && depth < FOLDER_DEPTH_MAX {
            if let Err(error) = walk(poll, &path, device, depth + 1, left) {
                poll.miss(&error);
            }
        } else if metadata.is_dir() {
            poll.miss(&Error::limit(
                path.display().to_string(),
                format!("{FOLDER_DEPTH_MAX} folders in one another"),
            ));
        } else if metadata.is_file()
            && let Err(error) = file(poll, &path, &maildir_state(&path, &metadata))
        {
            poll.miss(&error);
        }
    }
    Ok(())
}

/// A Maildir's message is never changed; its name, without the flags, is its identity.
fn maildir_state(path: &Path, metadata: &fs::Metadata) -> String {
    match in_maildir(path) {
        true => String::new(),
        false => state_of(metadata),
    }
}

fn in_maildir(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    matches!(folder, Some("cur" | "new"))
        && path.parent().and_then(Path::parent).is_some_and(|p| p.join("cur").is_dir())
}

/// The name by which a file is known again.
fn identity(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match (in_maildir(path), name.rsplit_once(":2,")) {
        // Moved from `new` to `cur`, or read, it is the same message.
        (true, flags) => {
            let folder = path.parent().and_then(Path::parent).unwrap_or(path);
            folder.join(flags.map_or(&*name, |(name, _)| name)).display().to_string()
        }
        (false, _) => path.display().to_string(),
    }
}

fn file(poll: &mut Poll<'_>, path: &Path, state: &str) -> Result<()> {
    let own = key(&["file", &identity(path), state]);
    if !poll.wants(own) {
        return Ok(());
    }
    // Its messages are told apart by themselves; the whole may be of any size.
    if is_mbox(path)? {
        return mbox(poll, path);
    }
    let name = path.display().to_string();
    let bytes = read(path)?;
    if bytes.is_empty() {
        return Ok(());
    }
    let has_ending = |own: &str| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(own));
    if is_compound(&bytes) && (has_ending("msg") || holds_outlook(&bytes)) {
        let why = "it is a message in Outlook's own format, of which nobody here can say who wrote it; save it as .eml";
        return Err(Error::malformed(name, why));
    }
    let wide = [[0xff, 0xfe], [0xfe, 0xff]].iter().any(|mark| bytes.starts_with(mark));
    let plain = wide.then(|| charset::decode(&bytes, None).into_bytes());
    let message = plain.as_deref().unwrap_or(&bytes);
    if in_maildir(path) || has_ending("eml") || mail::is_message(message) {
        let mut articles = mail::read(&name, own, message, poll.web.never())?;
        if let Some(last) = articles.last_mut() {
            last.page = bytes;
        }
        articles.into_iter().for_each(|article| poll.give(article));
        return Ok(());
    }
    let title = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_page =
        path.extension().is_some_and(|ending| ending.to_string_lossy().to_ascii_lowercase().contains("htm"));
    let kind = match kind_of_bytes(&bytes, !is_page) {
        Kind::Text if is_page => Kind::Page,
        kind => kind,
    };
    let article = |title, text| Article {
        key: own,
        address: name.clone(),
        title,
        kind,
        page: Vec::new(),
        text,
        note: None,
    };
    let article = match kind {
        Kind::Page => {
            let base =
                Url::from_file_path(path).map_err(|()| Error::malformed(&*name, "its path is no address"))?;
            let reading = page::read_html(&bytes, None, &base)?;
            article(if reading.title.is_empty() { title } else { reading.title }, Some(reading.text))
        }
        Kind::Text => {
            let text = charset::decode(&bytes, None);
            mail::check_text(&text, poll.web.never())?;
            article(title, Some(text))
        }
        _ => article(title, None),
    };
    poll.give(Article { page: bytes, ..article });
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| failed(path, error))?;
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| failed(path, error))?;
    match bytes.len() > FILE_BYTES_MAX {
        true => Err(Error::limit(path.display().to_string(), format!("{} MiB", FILE_BYTES_MAX >> 20))),
        false => Ok(bytes),
    }
}

fn is_mbox(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|error| failed(path, error))?;
    file.take(mail::HEAD_BYTES as u64).read_to_end(&mut head).map_err(|error| failed(path, error))?;
    Ok(mail::is_mbox(&head))
}

/// Whether a file is one of the compound files of older Microsoft programs.
fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
}

/// Whether such a file holds the properties of a message.
fn holds_outlook(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "__substg1.0_".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).any(|at| at == name)
}

/// The messages of an mbox file: each begins with a line `From ` after an empty one. The library's own reader has
/// no limit on a message.
fn mbox(poll: &mut Poll<'_>, path: &Path) -> Result<()> {
    let lines = BufReader::new(File::open(path).map_err(|error| failed(path, error))?);
    messages(poll, path, lines)
}

/// The messages of an mbox file from its lines.
pub(crate) fn messages(poll: &mut Poll<'_>, path: &Path, mut lines: impl BufRead) -> Result<()> {
    let (mut message, mut is_after_blank, mut is_open, mut is_long) = (Vec::new(), true, false, false);
    loop {
        let mut line = Vec::new();
        let read =
            lines.by_ref().take(1 << 16).read_until(b'\n', &mut line).map_err(|error| failed(path, error))?;
        let begins = read > 0 && is_after_blank && line.starts_with(b"From ");
        if begins || read == 0 {
            if is_open && !poll.is_over() {
                mbox_message(poll, path, &message, is_long);
            }
            if read == 0 {
                return Ok(());
            }
            message.clear();
            (is_open, is_long) = (true, false);
        } else if is_open && message.len() + line.len() <= FILE_BYTES_MAX {
            // mboxrd: a quoted line loses one sign.
            let is_quoted = line.starts_with(b">")
                && line.trim_ascii_start().iter().skip_while(|b| **b == b'>').take(5).eq(b"From ");
            message.extend_from_slice(if is_quoted { &line[1..] } else { &line });
        } else {
            is_long = true;
        }
        is_after_blank = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    }
}

fn mbox_message(poll: &mut Poll<'_>, path: &Path, bytes: &[u8], is_long: bool) {
    let name = path.display().to_string();
    if is_long {
        return poll
            .miss(&Error::limit(format!("a message of {name}"), format!("{} MiB", FILE_BYTES_MAX >> 20)));
    }
    let own = key(&["message", &Hash::of(bytes).to_string()]);
    if !poll.wants(own) {
        return;
    }
    match mail::read(&name, own, bytes, poll.web.never()) {
        Ok(articles) => articles.into_iter().for_each(|article| poll.give(article)),
        Err(error) => poll.miss(&error),
    }
}
