//! Zip containers of which one entry differs from copy to copy and every other byte stays.
//!
//! The container is taken apart by hand because the rest must stay byte for byte: local headers, extra fields,
//! compressed data, order. The entry that differs is static text around slots: each static piece is compressed
//! once, into deflate blocks that end on a byte and refer to nothing outside; each slot is a stored block.
//! Checksums are combined, never computed over the whole.

use std::io::Read;
use std::ops::Range;

use flate2::{Compress, Compression, FlushCompress, Status};
use tellmark_core::limits;

use crate::Error;
use crate::template::{Copy, Piece, Pieces, Reader, Writer};
use crate::visible::{Field, Script};

/// What messages call the file until it is known what it is.
const FORMAT: &str = "container";
const LOCAL: usize = 30;
const CENTRAL: usize = 46;
const END: usize = 22;
/// Characters of a part's name that a message shows.
const NAME_SHOWN_CHARS: usize = 80;
/// Static pieces shorter than this are stored: compressing them would make them longer.
const STORED_MAX: usize = 48;
/// An empty last block: it ends every stream.
const LAST_BLOCK: [u8; 2] = [3, 0];

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

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
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

    /// The container with one entry in pieces.
    pub fn part(&self, index: usize, pieces: &Pieces) -> ZipPart {
        let entry = &self.entries[index];
        let next = self.entries.iter().map(|other| other.header).filter(|&h| h > entry.header).min();
        let next = next.unwrap_or(self.directory.start).min(self.directory.start);
        let mut header = self.bytes[entry.header..entry.data.start].to_vec();
        // No data descriptor follows, and the data is deflated, which takes version 2.0 to unpack.
        let version = needed(&header[4..6]);
        header[4..6].copy_from_slice(&version);
        header[6] &= !8;
        header[8..10].copy_from_slice(&8u16.to_le_bytes());
        let mut central = self.bytes[self.directory.clone()].to_vec();
        let own = entry.central - self.directory.start;
        let version = needed(&central[own + 6..own + 8]);
        central[own + 6..own + 8].copy_from_slice(&version);
        central[own + 8] &= !8;
        central[own + 10..own + 12].copy_from_slice(&8u16.to_le_bytes());
        let later = self.entries.iter().filter(|other| other.header > entry.header);
        ZipPart {
            head: self.bytes[..entry.header].to_vec(),
            header,
            blocks: pieces.0.iter().map(Block::of).collect(),
            tail: self.bytes[next..self.directory.start].to_vec(),
            tail_from: next as u32,
            central,
            own: own as u32,
            shifted: later.map(|other| (other.central - self.directory.start) as u32).collect(),
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

/// Everything that writing a container takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipPart {
    head: Vec<u8>,
    header: Vec<u8>,
    blocks: Vec<Block>,
    tail: Vec<u8>,
    /// Where the tail stood in the original.
    tail_from: u32,
    central: Vec<u8>,
    /// Where the entry's own record stands in the directory.
    own: u32,
    /// Where the records of the entries behind it stand.
    shifted: Vec<u32>,
    end: Vec<u8>,
}

/// A piece of a deflate stream that ends on a byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// The same in every copy: packed bytes, and length and checksum of what they unpack to.
    Static { packed: Vec<u8>, length: u32, crc: u32 },
    /// One of several, each as it is.
    Slot { site: u32, forms: Vec<Vec<u8>> },
    /// What the roster says, as it is.
    Field { field: Field, script: Script, width: u32 },
}

impl Block {
    fn of(piece: &Piece) -> Block {
        match piece {
            Piece::Slot { site, forms } => Block::Slot { site: *site, forms: forms.clone() },
            Piece::Field { field, script, width } => {
                Block::Field { field: *field, script: *script, width: *width }
            }
            Piece::Static(bytes) => {
                let packed = if bytes.len() <= STORED_MAX { None } else { deflate(bytes) };
                let packed = packed.unwrap_or_else(|| {
                    let mut stored = Vec::new();
                    store(bytes, &mut stored);
                    stored
                });
                Block::Static { packed, length: bytes.len() as u32, crc: crc32fast::hash(bytes) }
            }
        }
    }
}

/// Deflate blocks that end with a full flush: on a byte, and with nothing for later ones to refer to.
fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut packer = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(bytes.len() + 1024);
    let status = packer.compress_vec(bytes, &mut out, FlushCompress::Full).ok()?;
    let whole = matches!(status, Status::Ok)
        && packer.total_in() == bytes.len() as u64
        && out.ends_with(&[0, 0, 0xff, 0xff]);
    (whole && out.len() < bytes.len()).then_some(out)
}

/// Stored blocks.
fn store(bytes: &[u8], out: &mut Vec<u8>) {
    for piece in bytes.chunks(0xffff) {
        let length = piece.len() as u16;
        out.push(0);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(piece);
    }
}

impl ZipPart {
    /// Appends the container of a copy.
    ///
    /// # Errors
    /// When a field cannot be filled in.
    pub fn write(&self, copy: Copy<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let begin = out.len();
        out.extend_from_slice(&self.head);
        let header = out.len();
        out.extend_from_slice(&self.header);
        let data = out.len();
        let mut crc = crc32fast::Hasher::new();
        let mut size = 0u32;
        for block in &self.blocks {
            match block {
                Block::Static { packed, length, crc: own } => {
                    out.extend_from_slice(packed);
                    crc.combine(&crc32fast::Hasher::new_with_initial_len(*own, u64::from(*length)));
                    size = size.saturating_add(*length);
                }
                Block::Slot { site, forms } => {
                    let form = &forms[usize::from(copy.choices[*site as usize])];
                    store(form, out);
                    crc.update(form);
                    size = size.saturating_add(form.len() as u32);
                }
                Block::Field { field, script, width } => {
                    let said = copy.field(*field, *script, *width)?;
                    store(&said, out);
                    crc.update(&said);
                    size = size.saturating_add(said.len() as u32);
                }
            }
        }
        out.extend_from_slice(&LAST_BLOCK);
        let packed = (out.len() - data) as u32;
        let mut fields = [0; 12];
        fields[..4].copy_from_slice(&crc.finalize().to_le_bytes());
        fields[4..8].copy_from_slice(&packed.to_le_bytes());
        fields[8..].copy_from_slice(&size.to_le_bytes());
        out[header + 14..header + 26].copy_from_slice(&fields);
        let shift = (out.len() - begin) as i64 - i64::from(self.tail_from);
        out.extend_from_slice(&self.tail);
        let central = out.len();
        out.extend_from_slice(&self.central);
        out[central + self.own as usize + 16..][..12].copy_from_slice(&fields);
        for &record in &self.shifted {
            let at = central + record as usize + 42;
            let offset = u32_at(out, at).map_or(0, i64::from) + shift;
            out[at..at + 4].copy_from_slice(&(offset as u32).to_le_bytes());
        }
        let end = out.len();
        out.extend_from_slice(&self.end);
        out[end + 16..end + 20].copy_from_slice(&((central - begin) as u32).to_le_bytes());
        Ok(())
    }

    /// Appends the part's encoding.
    pub fn encode(&self, out: &mut Writer) {
        for bytes in [&self.head, &self.header, &self.tail, &self.central, &self.end] {
            out.bytes(bytes);
        }
        out.count(self.tail_from as usize);
        out.count(self.own as usize);
        out.count(self.shifted.len());
        self.shifted.iter().for_each(|&record| out.count(record as usize));
        out.count(self.blocks.len());
        for block in &self.blocks {
            match block {
                Block::Static { packed, length, crc } => {
                    out.0.push(0);
                    out.count(*length as usize);
                    out.0.extend_from_slice(&crc.to_le_bytes());
                    out.bytes(packed);
                }
                Block::Slot { site, forms } => {
                    out.0.push(1);
                    out.slot(*site, forms);
                }
                Block::Field { field, script, width } => {
                    out.0.push(2);
                    out.field(*field, *script, *width);
                }
            }
        }
    }

    /// What the roster's lines fill in.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Script, u32)> + '_ {
        self.blocks.iter().filter_map(|block| match block {
            Block::Field { field, script, width } => Some((*field, *script, *width)),
            _ => None,
        })
    }

    /// Reads what [`ZipPart::encode`] wrote; every place that writing will touch is checked here.
    pub fn decode(input: &mut Reader<'_>) -> Result<ZipPart, Error> {
        let mut next = || input.bytes().map(<[u8]>::to_vec);
        let (head, header, tail, central, end) = (next()?, next()?, next()?, next()?, next()?);
        let tail_from = input.number()?;
        let own = input.number()?;
        let shifted = (0..input.count()?).map(|_| input.number()).collect::<Result<Vec<_>, _>>()?;
        let mut blocks = Vec::new();
        for _ in 0..input.count()? {
            blocks.push(match input.take(1)?[0] {
                0 => {
                    let (length, crc) = (input.number()?, input.number()?);
                    Block::Static { packed: input.bytes()?.to_vec(), length, crc }
                }
                1 => {
                    let (site, forms) = input.slot()?;
                    Block::Slot { site, forms }
                }
                2 if input.has_fields() => {
                    let (field, script, width) = input.field()?;
                    Block::Field { field, script, width }
                }
                _ => return Err(Error::Template("it has a block of a newer version".into())),
            });
        }
        let record_fits = |record: u32| record as usize + CENTRAL <= central.len();
        let fits = header.len() >= LOCAL
            && end.len() >= END
            && record_fits(own)
            && shifted.iter().all(|&r| record_fits(r));
        match fits {
            true => Ok(ZipPart { head, header, blocks, tail, tail_from, central, own, shifted, end }),
            false => Err(Error::Template("its container does not fit".into())),
        }
    }
}
