//! Taking a dump into an empty ledger. Everything in it is distrusted; nothing is kept before all is checked.

use std::io::Read;

use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::dump::{BLOB, END, HEADER, MAGIC, ROW, ROW_BYTES_MAX};
use crate::fields::check_text;
use crate::schema::{Kind, TABLES, Table, check_version};
use crate::{BLOB_BYTES_MAX, DUMP_VERSION, Dumped, Error, Result, SCHEMA_VERSION, Store, blobs, integrity};

impl Store {
    /// Takes in a dump, all of it or nothing. The ledger must be empty.
    ///
    /// The dump's hash, its order and every record are checked before anything is committed; one content
    /// at a time is in memory. Reading blocks the thread.
    ///
    /// # Errors
    /// [`Error::Dump`] for one that is truncated, damaged or no dump, [`Error::Newer`] for one of a later
    /// version, [`Error::Conflict`] when the ledger is not empty.
    pub async fn import(&self, input: &mut (impl Read + Send)) -> Result<Dumped> {
        let mut tx = self.writer().await?;
        refuse_unless_empty(&mut tx).await?;
        let mut dump = Reader::new(input)?;
        dump.header()?;
        let mut done = Dumped::default();
        loop {
            let at = dump.at;
            match dump.frame()? {
                Frame::Blob(bytes) => {
                    blobs::put(&mut tx, &bytes).await?;
                    done.blobs += 1;
                }
                Frame::Row(bytes) => {
                    insert(&mut tx, at, &bytes).await?;
                    done.rows += 1;
                }
                Frame::End => break,
            }
        }
        done.bytes = dump.at;
        let report = integrity::check_records(&mut tx).await?;
        if let Some(check) = report.failures().next() {
            return Err(Error::Dump { at: dump.at, why: format!("{}: {}", check.code, check.detail) });
        }
        tx.commit().await?;
        Ok(done)
    }
}

async fn refuse_unless_empty(conn: &mut AnyConnection) -> Result<()> {
    for table in ["blobs"].into_iter().chain(TABLES.iter().map(|table| table.name)) {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let rows: i64 = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?.try_get(0)?;
        if rows > 0 {
            return Err(Error::conflict("a backup", "this ledger is not empty; restore it into a new vault"));
        }
    }
    Ok(())
}

async fn insert(conn: &mut AnyConnection, at: u64, payload: &[u8]) -> Result<()> {
    let wrong = |why: String| Error::Dump { at, why };
    let values: Vec<Value> = serde_json::from_slice(payload).map_err(|error| wrong(error.to_string()))?;
    let (table, values) = find_table(&values).ok_or_else(|| wrong("a record of an unknown table".into()))?;
    if values.len() != table.columns.len() {
        return Err(wrong(format!("{} values for {} columns", values.len(), table.columns.len())));
    }
    let places: Vec<String> = (1..=values.len()).map(|n| format!("${n}")).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.column_list(), places.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for ((column, kind), value) in table.columns.iter().zip(values) {
        query = match (kind, value) {
            (Kind::Text | Kind::OptionalText, Value::String(text)) => {
                check_text(column, text).map_err(|error| wrong(error.to_string()))?;
                query.bind(text.as_str())
            }
            (Kind::OptionalText, Value::Null) => query.bind(None::<String>),
            (Kind::Int, Value::Number(number)) => query
                .bind(number.as_i64().ok_or_else(|| wrong(format!("{column} {number} is out of range")))?),
            _ => return Err(wrong(format!("{}.{column} has a value of the wrong kind", table.name))),
        };
    }
    match query.execute(conn).await.map_err(Error::from) {
        Ok(_) => Ok(()),
        // The dump is at fault when a record contradicts another, the database otherwise.
        Err(error @ (Error::Conflict { .. } | Error::Missing { .. })) => Err(wrong(error.to_string())),
        Err(Error::Database(sqlx::Error::Database(error))) if error.is_check_violation() => {
            Err(wrong(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

fn find_table(values: &[Value]) -> Option<(&'static Table, &[Value])> {
    let (name, values) = values.split_first()?;
    let name = name.as_str()?;
    TABLES.iter().find(|table| table.name == name).map(|table| (table, values))
}

enum Frame {
    Blob(Vec<u8>),
    Row(Vec<u8>),
    End,
}

struct Reader<'a, R> {
    input: &'a mut R,
    hasher: blake3::Hasher,
    at: u64,
}

impl<'a, R: Read> Reader<'a, R> {
    fn new(input: &'a mut R) -> Result<Reader<'a, R>> {
        let mut reader = Reader { input, hasher: blake3::Hasher::new(), at: 0 };
        // Something else may be shorter than the magic line.
        let found = reader.take(MAGIC.len() as u64).unwrap_or_default();
        if found == MAGIC {
            return Ok(reader);
        }
        Err(Error::Dump { at: 0, why: "it is no ledger's backup".into() })
    }

    fn header(&mut self) -> Result<()> {
        let at = self.at;
        let wrong = |why: &str| Error::Dump { at, why: why.into() };
        let (kind, length) = self.frame_head()?;
        if kind != HEADER || length > ROW_BYTES_MAX {
            return Err(wrong("the header is missing"));
        }
        let header: Value =
            serde_json::from_slice(&self.take(length)?).map_err(|_| wrong("the header is no JSON"))?;
        let version = |name: &str| header[name].as_i64().ok_or_else(|| wrong("the header says no version"));
        check_version("dump", version("dump")?, DUMP_VERSION)?;
        check_version("ledger", version("schema")?, SCHEMA_VERSION)
    }

    fn frame(&mut self) -> Result<Frame> {
        let at = self.at;
        let so_far = self.hasher.clone();
        let (kind, length) = self.frame_head()?;
        let limit = match kind {
            BLOB => BLOB_BYTES_MAX as u64,
            ROW => ROW_BYTES_MAX,
            END => 32,
            _ => return Err(Error::Dump { at, why: format!("a frame of the unknown kind {kind:#04x}") }),
        };
        if length > limit {
            return Err(Error::Dump { at, why: format!("a frame of {length} bytes; {limit} are allowed") });
        }
        let payload = self.take(length)?;
        match kind {
            BLOB => Ok(Frame::Blob(payload)),
            ROW => Ok(Frame::Row(payload)),
            _ => self.end(at, &payload, &so_far),
        }
    }

    fn end(&mut self, at: u64, payload: &[u8], so_far: &blake3::Hasher) -> Result<Frame> {
        if payload != so_far.finalize().as_bytes() {
            return Err(Error::Dump { at, why: "its hash is another: it was changed or damaged".into() });
        }
        let mut rest = [0];
        match self.input.read(&mut rest) {
            Ok(0) => Ok(Frame::End),
            Ok(_) => Err(Error::Dump { at: self.at, why: "something follows its end".into() }),
            Err(source) => Err(Error::Io { what: "the backup cannot be read".into(), source }),
        }
    }

    fn frame_head(&mut self) -> Result<(u8, u64)> {
        let head = self.take(9)?;
        let mut length = [0; 8];
        length.copy_from_slice(&head[1..9]);
        Ok((head[0], u64::from_le_bytes(length)))
    }

    /// Exactly so many bytes. Memory grows with what is really there, whatever a length claims.
    fn take(&mut self, length: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut part = Read::take(&mut *self.input, length);
        part.read_to_end(&mut bytes).map_err(Error::io("the backup cannot be read"))?;
        self.at += bytes.len() as u64;
        if (bytes.len() as u64) < length {
            return Err(Error::Dump { at: self.at, why: "it ends too early".into() });
        }
        self.hasher.update(&bytes);
        Ok(bytes)
    }
}
