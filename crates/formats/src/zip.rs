//! Zip containers of which some entries differ from copy to copy and every other byte stays.
//!
//! The container is taken apart by hand because the rest must stay byte for byte: local headers, extra fields,
//! compressed data, order. What is written in the place of an entry is in [`crate::packed`].

use std::io::Read;
use std::ops::Range;

use tellmark_core::limits;

use crate::Error;
use crate::packed::{Block, Changed, Shifted, ZipPart};
use crate::template::Pieces;

/// What messages call the file until it is known what it is.
const FORMAT: &str = "container";
pub const LOCAL: usize = 30;
pub const CENTRAL: usize = 46;
pub const END: usize = 22;
/// Characters of a part's name that a message shows.
const NAME_SHOWN_CHARS: usize = 80;

/// An entry of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    header: usize,
    data: Range<usize>,
    method: u16,
    size: u64,
    /// Where its record stands in the central directory.
    central: usize,
}

/// A container taken apart.
#[derive(Debug, Clone)]
pub struct Archive {
    /// What the file is called in messages.
    format: &'static str,
    bytes: Vec<u8>,
    /// The entries, in the order of the central directory.
    pub entries: Vec<Entry>,
    directory: Range<usize>,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn damaged(why: impl Into<String>) -> Error {
    Error::damaged(FORMAT, why)
}

impl Archive {
    /// Takes a container apart; `format` is what messages call it.
    ///
    /// # Errors
    /// When it is truncated, encrypted, too large when unpacked, or names what no container should name.
    pub fn parse(bytes: &[u8], format: &'static str) -> Result<Archive, Error> {
        let archive = Archive::take_apart(bytes).map_err(|error| error.named(format))?;
        Ok(Archive { format, ..archive })
    }

    fn take_apart(bytes: &[u8]) -> Result<Archive, Error> {
        let end = find_end(bytes).ok_or_else(|| damaged("it has no directory; it was cut off"))?;
        let short = || damaged("its directory is cut off");
        let number = |at| u16_at(bytes, end + at).map(usize::from).ok_or_else(short);
        let count = number(10)?;
        let length = u32_at(bytes, end + 12).ok_or_else(short)? as usize;
        let start = u32_at(bytes, end + 16).ok_or_else(short)? as usize;
        let locator = end.checked_sub(20).is_some_and(|at| bytes[at..].starts_with(b"PK\x06\x07"));
        if count == 0xffff || start == 0xffff_ffff || locator {
            return Err(zip64());
        }
        if number(4)? != 0 || number(6)? != 0 || number(8)? != count {
            return Err(Error::refused(
                FORMAT,
                "it is one of several pieces of a container; join them first",
            ));
        }
        if start.checked_add(length).is_none_or(|stop| stop > end) {
            return Err(short());
        }
        if count > limits::ZIP_ENTRIES_MAX {
            return Err(Error::Limit { what: "the number of parts", limit: limits::ZIP_ENTRIES_MAX as u64 });
        }
        let mut entries = Vec::new();
        let mut at = start;
        for _ in 0..count {
            let entry = entry(bytes, at)?;
            let more = |offset| u16_at(bytes, at + offset).map(usize::from).ok_or_else(short);
            at += CENTRAL + more(28)? + more(30)? + more(32)?;
            entries.push(entry);
        }
        if at != start + length {
            return Err(damaged("its directory does not fit its length"));
        }
        check_names(&entries)?;
        check_places(&entries, start)?;
        let total: u64 = entries.iter().map(|entry| entry.size).sum();
        if total > limits::ZIP_BYTES_MAX {
            return Err(Error::Limit { what: "what it unpacks to", limit: limits::ZIP_BYTES_MAX });
        }
        Ok(Archive { format: FORMAT, bytes: bytes.to_vec(), entries, directory: start..end })
    }

    /// The index of an entry.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name == name)
    }

    /// The content of an entry, unpacked.
    ///
    /// # Errors
    /// When it is damaged, or longer than it says or than `bytes_max`: that is seen before it is unpacked.
    pub fn read(&self, index: usize, bytes_max: u64) -> Result<Vec<u8>, Error> {
        self.unpack(index, bytes_max).map_err(|error| error.named(self.format))
    }

    fn unpack(&self, index: usize, bytes_max: u64) -> Result<Vec<u8>, Error> {
        let entry = &self.entries[index];
        if entry.size > bytes_max {
            return Err(Error::Limit { what: "the text's part", limit: bytes_max });
        }
        let packed = &self.bytes[entry.data.clone()];
        let mut content = Vec::new();
        match entry.method {
            0 => content.extend_from_slice(packed),
            8 => {
                let unpacked =
                    flate2::read::DeflateDecoder::new(packed).take(entry.size + 1).read_to_end(&mut content);
                unpacked.map_err(|e| damaged(format!("{} cannot be unpacked: {e}", entry.name)))?;
            }
            _ => {
                return Err(Error::refused(
                    FORMAT,
                    "it is packed in a way that word processors do not use; save it anew",
                ));
            }
        }
        let crc = u32_at(&self.bytes, entry.central + 16);
        if content.len() as u64 != entry.size || crc != Some(crc32fast::hash(&content)) {
            return Err(damaged(format!("{} does not fit its checksum", entry.name)));
        }
        Ok(content)
    }

    /// The container with some entries in pieces, each entry once.
    pub fn part(&self, mut changed: Vec<(usize, Pieces)>) -> ZipPart {
        changed.sort_by_key(|(index, _)| self.entries[*index].header);
        let mut central = self.bytes[self.directory.clone()].to_vec();
        let record = |entry: &Entry| entry.central - self.directory.start;
        let mut from = 0;
        let mut written = Vec::with_capacity(changed.len());
        for (index, pieces) in &changed {
            let entry = &self.entries[*index];
            let next = self.entries.iter().map(|other| other.header).filter(|&h| h > entry.header).min();
            let next = next.unwrap_or(self.directory.start).min(self.directory.start);
            let mut header = self.bytes[entry.header..entry.data.start].to_vec();
            // No data descriptor follows, and the data is deflated, which takes version 2.0 to unpack.
            let version = needed(&header[4..6]);
            header[4..6].copy_from_slice(&version);
            header[6] &= !8;
            header[8..10].copy_from_slice(&8u16.to_le_bytes());
            let own = record(entry);
            let version = needed(&central[own + 6..own + 8]);
            central[own + 6..own + 8].copy_from_slice(&version);
            central[own + 8] &= !8;
            central[own + 10..own + 12].copy_from_slice(&8u16.to_le_bytes());
            written.push(Changed {
                lead: self.bytes[from..entry.header].to_vec(),
                header,
                blocks: pieces.0.iter().map(Block::of).collect(),
                own: own as u32,
                next_from: next as u32,
            });
            from = next;
        }
        let headers: Vec<usize> = changed.iter().map(|(index, _)| self.entries[*index].header).collect();
        let moved = |other: &Entry| {
            let before = headers.partition_point(|&header| header < other.header);
            (before > 0).then(|| Shifted { record: record(other) as u32, behind: before as u32 - 1 })
        };
        ZipPart {
            changed: written,
            tail: self.bytes[from..self.directory.start].to_vec(),
            central,
            shifted: self.entries.iter().filter_map(moved).collect(),
            end: self.bytes[self.directory.end..].to_vec(),
        }
    }
}

/// The version needed to unpack, at least 2.0.
fn needed(version: &[u8]) -> [u8; 2] {
    u16_at(version, 0).unwrap_or(0).max(20).to_le_bytes()
}

fn zip64() -> Error {
    Error::refused(FORMAT, "it is a ZIP64 container; open it in a word processor and save it anew")
}

/// The last record that ends a directory and whose comment lies in the file.
fn find_end(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(END + 0xffff);
    let last = bytes.len().checked_sub(END)?;
    let fits = |at: usize| {
        u16_at(bytes, at + 20).is_some_and(|length| at + END + usize::from(length) <= bytes.len())
    };
    (from..=last).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06") && fits(at))
}

fn entry(bytes: &[u8], at: usize) -> Result<Entry, Error> {
    let short = || damaged("its directory is cut off");
    if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
        return Err(damaged("its directory is broken"));
    }
    let flags = u16_at(bytes, at + 8).ok_or_else(short)?;
    if flags & 1 != 0 {
        return Err(Error::refused(FORMAT, "it is encrypted; remove the password first"));
    }
    let method = u16_at(bytes, at + 10).ok_or_else(short)?;
    let packed = u32_at(bytes, at + 20).ok_or_else(short)? as usize;
    let size = u64::from(u32_at(bytes, at + 24).ok_or_else(short)?);
    let name_length = usize::from(u16_at(bytes, at + 28).ok_or_else(short)?);
    let header = u32_at(bytes, at + 42).ok_or_else(short)? as usize;
    let name = bytes.get(at + CENTRAL..at + CENTRAL + name_length).ok_or_else(short)?;
    let name =
        String::from_utf8(name.to_vec()).map_err(|_| damaged("it names a part in no known encoding"))?;
    let shown: String = name.chars().take(NAME_SHOWN_CHARS).collect();
    if [packed as u64, size, header as u64].contains(&0xffff_ffff) {
        return Err(zip64());
    }
    if bytes.get(header..header + 4) != Some(b"PK\x03\x04") {
        return Err(damaged(format!("{shown:?} is not where the directory says")));
    }
    check_local(bytes, header, &name, method)?;
    let extra = |offset| u16_at(bytes, header + offset).map(usize::from).ok_or_else(short);
    let start = header + LOCAL + extra(26)? + extra(28)?;
    let data = start..start.checked_add(packed).ok_or_else(short)?;
    if data.end > bytes.len() {
        return Err(damaged(format!("{shown:?} is cut off")));
    }
    Ok(Entry { name, header, data, method, size, central: at })
}

/// Two records of one part that disagree show different documents to different programs.
fn check_local(bytes: &[u8], header: usize, name: &str, method: u16) -> Result<(), Error> {
    let length = u16_at(bytes, header + 26).map(usize::from);
    let own = length.and_then(|length| bytes.get(header + LOCAL..header + LOCAL + length));
    let encrypted = u16_at(bytes, header + 6).is_none_or(|flags| flags & 1 != 0);
    let extra = length.and_then(|length| {
        let more = usize::from(u16_at(bytes, header + 28)?);
        bytes.get(header + LOCAL + length..header + LOCAL + length + more)
    });
    match () {
        () if own != Some(name.as_bytes()) || u16_at(bytes, header + 8) != Some(method) || encrypted => {
            Err(Error::refused(FORMAT, "its directory and its parts disagree; save it anew"))
        }
        () if extra.is_some_and(has_zip64) => Err(zip64()),
        () => Ok(()),
    }
}

/// Whether extra fields hold the lengths of a ZIP64 entry.
fn has_zip64(mut extra: &[u8]) -> bool {
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        if id == 1 {
            return true;
        }
        extra = extra.get(4 + usize::from(length)..).unwrap_or_default();
    }
    false
}

/// No part lies in another one or in the directory: overlapping parts are how bombs are made.
fn check_places(entries: &[Entry], directory: usize) -> Result<(), Error> {
    let mut places: Vec<Range<usize>> = entries.iter().map(|entry| entry.header..entry.data.end).collect();
    places.sort_by_key(|place| place.start);
    let apart = places.windows(2).all(|pair| pair[0].end <= pair[1].start);
    match apart && places.last().is_none_or(|last| last.end <= directory) {
        true => Ok(()),
        false => {
            Err(Error::refused(FORMAT, "its parts overlap, as in a zip bomb; no word processor writes that"))
        }
    }
}

fn check_names(entries: &[Entry]) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for Entry { name, .. } in entries {
        let leaves = name.starts_with('/')
            || name.contains('\\')
            || name.contains('\0')
            || name.split('/').any(|part| part == "..");
        let shown: String = name.chars().take(NAME_SHOWN_CHARS).collect();
        let drive = name.as_bytes().get(1) == Some(&b':');
        if leaves || drive {
            return Err(Error::refused(
                FORMAT,
                format!("it names a part {shown:?}, a path out of its folder; no word processor writes that"),
            ));
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(Error::refused(FORMAT, format!("it has the part {shown:?} twice; save it anew")));
        }
    }
    Ok(())
}
