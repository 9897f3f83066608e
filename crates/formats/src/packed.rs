//! Entries of a zip container that differ from copy to copy, as a template holds them.
//!
//! Such an entry is static text around slots: each static piece is compressed once, into deflate blocks that end on a
//! byte and refer to nothing outside; each slot is a stored block. Checksums are combined, never computed over the whole.

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::Error;
use crate::template::{Copy, Piece, Reader, Writer};
use crate::visible::{Field, Script};
use crate::zip::{CENTRAL, END, LOCAL, u32_at};

/// Static pieces shorter than this are stored: compressing them would make them longer.
const STORED_MAX: usize = 48;
/// An empty last block: it ends every stream.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Everything that writing a container takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipPart {
    /// The entries that differ, in the order of the file.
    pub changed: Vec<Changed>,
    /// What stands between the last of them and the directory.
    pub tail: Vec<u8>,
    pub central: Vec<u8>,
    /// The records of what stands behind an entry that differs.
    pub shifted: Vec<Shifted>,
    pub end: Vec<u8>,
}

/// An entry that differs from copy to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What stands between it and the one before it that differs.
    pub lead: Vec<u8>,
    pub header: Vec<u8>,
    pub blocks: Vec<Block>,
    /// Where its own record stands in the directory.
    pub own: u32,
    /// Where that stood in the original which follows it.
    pub next_from: u32,
}

/// A record of the directory whose entry moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shifted {
    /// Where the record stands.
    pub record: u32,
    /// The last entry before it that differs.
    pub behind: u32,
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
    pub fn of(piece: &Piece) -> Block {
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

impl Block {
    /// Appends the block, and tells what it unpacks to.
    fn write(
        &self,
        copy: Copy<'_>,
        crc: &mut crc32fast::Hasher,
        size: &mut u32,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let field;
        let said = match self {
            Block::Static { packed, length, crc: own } => {
                out.extend_from_slice(packed);
                crc.combine(&crc32fast::Hasher::new_with_initial_len(*own, u64::from(*length)));
                *size = size.saturating_add(*length);
                return Ok(());
            }
            Block::Slot { site, forms } => &forms[usize::from(copy.choices[*site as usize])],
            Block::Field { field: which, script, width } => {
                field = copy.field(*which, *script, *width)?;
                &field
            }
        };
        store(said, out);
        crc.update(said);
        *size = size.saturating_add(said.len() as u32);
        Ok(())
    }
}

impl Changed {
    /// Appends the entry; gives its checksum and lengths, as they stand in its header and record.
    fn write(&self, copy: Copy<'_>, out: &mut Vec<u8>) -> Result<[u8; 12], Error> {
        let header = out.len();
        out.extend_from_slice(&self.header);
        let data = out.len();
        let mut crc = crc32fast::Hasher::new();
        let mut size = 0u32;
        self.blocks.iter().try_for_each(|block| block.write(copy, &mut crc, &mut size, out))?;
        out.extend_from_slice(&LAST_BLOCK);
        let packed = (out.len() - data) as u32;
        let mut fields = [0; 12];
        fields[..4].copy_from_slice(&crc.finalize().to_le_bytes());
        fields[4..8].copy_from_slice(&packed.to_le_bytes());
        fields[8..].copy_from_slice(&size.to_le_bytes());
        out[header + 14..header + 26].copy_from_slice(&fields);
        Ok(fields)
    }
}

impl ZipPart {
    /// Appends the container of a copy.
    ///
    /// # Errors
    /// When a field cannot be filled in.
    pub fn write(&self, copy: Copy<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let begin = out.len();
        let mut known = Vec::with_capacity(self.changed.len());
        for changed in &self.changed {
            out.extend_from_slice(&changed.lead);
            let fields = changed.write(copy, out)?;
            known.push((fields, (out.len() - begin) as i64 - i64::from(changed.next_from)));
        }
        out.extend_from_slice(&self.tail);
        let central = out.len();
        out.extend_from_slice(&self.central);
        for (changed, (fields, _)) in self.changed.iter().zip(&known) {
            out[central + changed.own as usize + 16..][..12].copy_from_slice(fields);
        }
        for shifted in &self.shifted {
            let at = central + shifted.record as usize + 42;
            let offset = u32_at(out, at).map_or(0, i64::from) + known[shifted.behind as usize].1;
            out[at..at + 4].copy_from_slice(&(offset as u32).to_le_bytes());
        }
        let end = out.len();
        out.extend_from_slice(&self.end);
        out[end + 16..end + 20].copy_from_slice(&((central - begin) as u32).to_le_bytes());
        Ok(())
    }

    /// What the roster's lines fill in.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Script, u32)> + '_ {
        self.changed.iter().flat_map(|changed| &changed.blocks).filter_map(|block| match block {
            Block::Field { field, script, width } => Some((*field, *script, *width)),
            _ => None,
        })
    }

    /// Whether it is as version 1 knows containers: one entry differs.
    pub fn is_single(&self) -> bool {
        self.changed.len() == 1
    }

    /// Appends the encoding of a part in which one entry differs.
    pub fn encode_single(&self, out: &mut Writer) {
        let Some(Changed { lead, header, blocks, own, next_from }) = self.changed.first() else { return };
        for bytes in [lead, header, &self.tail, &self.central, &self.end] {
            out.bytes(bytes);
        }
        out.count(*next_from as usize);
        out.count(*own as usize);
        out.count(self.shifted.len());
        self.shifted.iter().for_each(|shifted| out.count(shifted.record as usize));
        encode_blocks(blocks, out);
    }

    /// Appends the encoding of a part in which any number of entries differ.
    pub fn encode(&self, out: &mut Writer) {
        for bytes in [&self.tail, &self.central, &self.end] {
            out.bytes(bytes);
        }
        out.count(self.changed.len());
        for Changed { lead, header, blocks, own, next_from } in &self.changed {
            out.bytes(lead);
            out.bytes(header);
            out.count(*own as usize);
            out.count(*next_from as usize);
            encode_blocks(blocks, out);
        }
        out.count(self.shifted.len());
        for Shifted { record, behind } in &self.shifted {
            out.count(*record as usize);
            out.count(*behind as usize);
        }
    }

    /// Reads what [`ZipPart::encode_single`] wrote.
    pub fn decode_single(input: &mut Reader<'_>) -> Result<ZipPart, Error> {
        let mut next = || input.bytes().map(<[u8]>::to_vec);
        let (lead, header, tail, central, end) = (next()?, next()?, next()?, next()?, next()?);
        let (next_from, own) = (input.number()?, input.number()?);
        let shifted = (0..input.count()?)
            .map(|_| Ok(Shifted { record: input.number()?, behind: 0 }))
            .collect::<Result<Vec<_>, Error>>()?;
        let changed = vec![Changed { lead, header, blocks: decode_blocks(input)?, own, next_from }];
        ZipPart { changed, tail, central, shifted, end }.checked()
    }

    /// Reads what [`ZipPart::encode`] wrote.
    pub fn decode(input: &mut Reader<'_>) -> Result<ZipPart, Error> {
        let mut next = || input.bytes().map(<[u8]>::to_vec);
        let (tail, central, end) = (next()?, next()?, next()?);
        let mut changed = Vec::new();
        for _ in 0..input.count()? {
            let (lead, header) = (input.bytes()?.to_vec(), input.bytes()?.to_vec());
            let (own, next_from) = (input.number()?, input.number()?);
            changed.push(Changed { lead, header, blocks: decode_blocks(input)?, own, next_from });
        }
        let shifted = (0..input.count()?)
            .map(|_| Ok(Shifted { record: input.number()?, behind: input.number()? }))
            .collect::<Result<Vec<_>, Error>>()?;
        ZipPart { changed, tail, central, shifted, end }.checked()
    }

    /// Every place that writing will touch is checked here.
    fn checked(self) -> Result<ZipPart, Error> {
        let record_fits = |record: u32| record as usize + CENTRAL <= self.central.len();
        let fits = self.end.len() >= END
            && self.changed.iter().all(|changed| changed.header.len() >= LOCAL && record_fits(changed.own))
            && self
                .shifted
                .iter()
                .all(|shifted| record_fits(shifted.record) && (shifted.behind as usize) < self.changed.len());
        match fits {
            true => Ok(self),
            false => Err(Error::Template("its container does not fit".into())),
        }
    }
}

fn encode_blocks(blocks: &[Block], out: &mut Writer) {
    out.count(blocks.len());
    for block in blocks {
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

fn decode_blocks(input: &mut Reader<'_>) -> Result<Vec<Block>, Error> {
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
    Ok(blocks)
}
