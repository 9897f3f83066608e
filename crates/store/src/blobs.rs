//! Contents by their hash.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use tellmark_core::Hash;

use crate::fields::Fields as _;
use crate::{Error, Result, Store};

/// Bytes of one blob: what both databases hold in one value, and as large as the largest roster.
pub const BLOB_BYTES_MAX: usize = 256 << 20;

impl Store {
    /// Keeps some bytes and returns the hash that names them. Keeping them again changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than [`BLOB_BYTES_MAX`] bytes.
    pub async fn put_blob(&self, bytes: &[u8]) -> Result<Hash> {
        let mut tx = self.writer().await?;
        let hash = put(&mut tx, bytes).await?;
        tx.commit().await?;
        Ok(hash)
    }

    /// The bytes that have this hash.
    ///
    /// # Errors
    /// [`Error::Missing`] when they are not there, [`Error::Damaged`] when they have another hash.
    pub async fn blob(&self, hash: Hash) -> Result<Vec<u8>> {
        get(&mut *self.reader().await?, hash).await
    }
}

pub(crate) async fn put(conn: &mut AnyConnection, bytes: &[u8]) -> Result<Hash> {
    if bytes.len() > BLOB_BYTES_MAX {
        let why = format!("{} bytes; at most {BLOB_BYTES_MAX} are allowed", bytes.len());
        return Err(Error::invalid("the content", why));
    }
    let hash = Hash::of(bytes);
    sqlx::query("INSERT INTO blobs (hash, bytes) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(hash.to_string())
        .bind(bytes)
        .execute(conn)
        .await?;
    Ok(hash)
}

pub(crate) async fn get(conn: &mut AnyConnection, hash: Hash) -> Result<Vec<u8>> {
    let query = sqlx::query("SELECT bytes FROM blobs WHERE hash = $1").bind(hash.to_string());
    let row = query.fetch_optional(conn).await?;
    verified(&row.ok_or_else(|| Error::missing(format!("content {hash}")))?, hash)
}

/// The bytes of a row, if they are those that the hash names.
pub(crate) fn verified(row: &AnyRow, hash: Hash) -> Result<Vec<u8>> {
    let bytes = row.bytes("bytes")?.ok_or_else(|| Error::missing(format!("content {hash}")))?;
    let found = Hash::of(&bytes);
    if found == hash {
        return Ok(bytes);
    }
    Err(Error::damaged(format!("content {hash}"), format!("its bytes have the hash {found}")))
}

/// The hashes of all blobs, in order.
pub(crate) async fn hashes(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let rows = sqlx::query("SELECT hash FROM blobs ORDER BY hash").fetch_all(conn).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
