//! Writing a ledger as one stream that either database can take in again.
//!
//! Specified in `docs/formats/ledger.md`: a magic line, then frames of a kind, a length and a payload, and at
//! the end the hash of everything before. Equal ledgers give equal bytes, whichever database holds them.

use std::io::Write;

use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};
use tellmark_core::Hash;

use crate::fields::Fields;
use crate::schema::{Kind, TABLES, Table};
use crate::{Error, Result, SCHEMA_VERSION, Store, blobs};

/// The version of the dump's frames; its tables have the schema's version.
pub const DUMP_VERSION: i64 = 1;

pub(crate) const MAGIC: &[u8] = b"tellmark ledger\n";
/// Bytes of a frame with a row or the header.
pub(crate) const ROW_BYTES_MAX: u64 = 4 << 20;
pub(crate) const HEADER: u8 = b'H';
pub(crate) const BLOB: u8 = b'B';
pub(crate) const ROW: u8 = b'R';
pub(crate) const END: u8 = b'E';

/// What a dump holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Dumped {
    /// Contents.
    pub blobs: u64,
    /// Records.
    pub rows: u64,
    /// Bytes of the dump.
    pub bytes: u64,
}

impl Store {
    /// Writes the whole ledger as it is at one moment; other commands go on meanwhile.
    ///
    /// One content at a time is in memory. Flushing and syncing what was written is the caller's part.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a content is not the one that was recorded: a backup of damage helps nobody.
    /// [`Error::Io`] when writing fails.
    pub async fn export(&self, out: &mut (impl Write + Send)) -> Result<Dumped> {
        let mut tx = self.snapshot().await?;
        let mut dump = Writer::new(out)?;
        for hash in blobs::hashes(&mut tx).await? {
            let hash: Hash =
                hash.parse().map_err(|_| Error::damaged("the name of a content", "it is no hash"))?;
            dump.frame(BLOB, &blobs::get(&mut tx, hash).await?)?;
            dump.done.blobs += 1;
        }
        for table in &TABLES {
            for row in rows(&mut tx, table).await? {
                dump.frame(ROW, &encode(table, &row)?)?;
                dump.done.rows += 1;
            }
        }
        dump.finish()
    }
}

pub(crate) async fn rows(conn: &mut AnyConnection, table: &Table) -> Result<Vec<AnyRow>> {
    let sql = format!("SELECT {} FROM {} ORDER BY {}", table.column_list(), table.name, table.order);
    Ok(sqlx::query(AssertSqlSafe(sql)).fetch_all(conn).await?)
}

fn encode(table: &Table, row: &AnyRow) -> Result<Vec<u8>> {
    let mut values = vec![json!(table.name)];
    for (column, kind) in table.columns {
        values.push(match kind {
            Kind::Text => json!(row.text(column)?),
            Kind::OptionalText => json!(row.parsed_or_none::<String>(column)?),
            Kind::Int => json!(row.int(column)?),
        });
    }
    Ok(Value::Array(values).to_string().into_bytes())
}

struct Writer<'a, W> {
    out: &'a mut W,
    hasher: blake3::Hasher,
    done: Dumped,
}

impl<'a, W: Write> Writer<'a, W> {
    fn new(out: &'a mut W) -> Result<Writer<'a, W>> {
        let mut writer = Writer { out, hasher: blake3::Hasher::new(), done: Dumped::default() };
        writer.put(MAGIC)?;
        let header = json!({ "dump": DUMP_VERSION, "schema": SCHEMA_VERSION });
        writer.frame(HEADER, header.to_string().as_bytes())?;
        Ok(writer)
    }

    fn frame(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        self.put(&[kind])?;
        self.put(&(payload.len() as u64).to_le_bytes())?;
        self.put(payload)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.done.bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(Error::io("the backup cannot be written"))
    }

    fn finish(mut self) -> Result<Dumped> {
        let hash = *self.hasher.finalize().as_bytes();
        self.frame(END, &hash)?;
        self.out.flush().map_err(Error::io("the backup cannot be written"))?;
        Ok(self.done)
    }
}
