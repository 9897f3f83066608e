//! The copies of a release: batches that are added, and copies that are withdrawn.

use std::collections::BTreeMap;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tellmark_core::{CopyId, Hash, LineageId, ReleaseId};

use crate::fields::{Fields, check_text, to_int};
use crate::releases::{self, check_seen};
use crate::{Error, Recorded, Result, Store, blobs};

/// Copies that were added together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// The release.
    pub release: ReleaseId,
    /// Its number in the release, from 1, without gaps.
    pub number: u32,
    /// The roster, a blob that the application encodes.
    pub roster: Hash,
    /// How many copies the roster lists.
    pub copies: u64,
    /// The same again resumes this batch.
    pub fingerprint: Hash,
    /// When it was recorded, in seconds since 1970 (UTC).
    pub created_at: i64,
}

/// Copies to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewBatch<'a> {
    /// How many batches of the release the caller has seen, where what it records depends on them: that no
    /// copy is listed twice. Nothing for a release's first batch.
    pub after: Option<u32>,
    /// The roster, as the application encodes it.
    pub roster: &'a [u8],
    /// How many copies the roster lists.
    pub copies: u64,
    /// What tells this batch from the release's others.
    pub fingerprint: Hash,
    /// The time, in seconds since 1970 (UTC).
    pub created_at: i64,
}

/// A copy that was returned, destroyed or never sent. It is still tested.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Withdrawal {
    /// The release.
    pub release: ReleaseId,
    /// The copy.
    pub copy: CopyId,
    /// Why.
    pub because: String,
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
}

/// A release with how many batches and copies it has.
fn sum_from_row(row: &AnyRow) -> Result<(ReleaseId, (usize, u64))> {
    Ok((row.parsed("release")?, (row.count("batches")?, row.count("copies")?)))
}

impl Store {
    /// How many releases and batches there are: whether a list that was made of them is still of all.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sizes(&self) -> Result<(u64, u64)> {
        let sql =
            "SELECT (SELECT COUNT(*) FROM releases) AS releases, (SELECT COUNT(*) FROM batches) AS batches";
        let row = sqlx::query(sql).fetch_one(&mut *self.reader().await?).await?;
        Ok((row.count("releases")?, row.count("batches")?))
    }

    /// How many batches and copies each release has, in one query.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn batch_sums(&self) -> Result<BTreeMap<ReleaseId, (usize, u64)>> {
        let sql = "SELECT release, COUNT(*) AS batches, CAST(SUM(copies) AS BIGINT) AS copies FROM batches GROUP BY release";
        let rows = sqlx::query(sql).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(sum_from_row).collect()
    }

    /// The same for the releases of one lineage.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn batch_sums_of(&self, lineage: LineageId) -> Result<BTreeMap<ReleaseId, (usize, u64)>> {
        let sql = "SELECT b.release, COUNT(*) AS batches, CAST(SUM(b.copies) AS BIGINT) AS copies FROM releases r \
                   JOIN batches b ON b.release = r.id WHERE r.lineage = $1 GROUP BY b.release";
        let query = sqlx::query(sql).bind(lineage.to_string());
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(sum_from_row).collect()
    }

    /// Adds a batch of copies to a release, or returns the one that has this fingerprint.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such release, [`Error::Changed`] when it has other batches than
    /// [`NewBatch::after`] says.
    pub async fn record_batch(&self, release: ReleaseId, new: &NewBatch<'_>) -> Result<Recorded<Batch>> {
        let mut tx = self.writer().await?;
        releases::find(&mut tx, release).await?;
        let sql = "SELECT * FROM batches WHERE release = $1 AND fingerprint = $2";
        let query = sqlx::query(sql).bind(release.to_string()).bind(new.fingerprint.to_string());
        if let Some(row) = query.fetch_optional(&mut *tx).await? {
            return Ok(Recorded::Existing(from_row(&row)?));
        }
        let batch = insert(&mut tx, release, new).await?;
        tx.commit().await?;
        Ok(Recorded::New(batch))
    }

    /// The batches of a release by their number.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such release.
    pub async fn batches(&self, release: ReleaseId) -> Result<Vec<Batch>> {
        let mut conn = self.reader().await?;
        let query = sqlx::query("SELECT * FROM batches WHERE release = $1 ORDER BY number");
        let rows = query.bind(release.to_string()).fetch_all(&mut *conn).await?;
        if rows.is_empty() {
            // Every release has a batch: there is none, or it does not exist.
            releases::find(&mut conn, release).await?;
        }
        rows.iter().map(from_row).collect()
    }

    /// Records that a copy was withdrawn.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is withdrawn already, [`Error::Missing`] when there is no such release.
    /// Whether the roster lists the copy is for the caller to know.
    pub async fn withdraw(&self, release: ReleaseId, copy: &CopyId, because: &str, at: i64) -> Result<()> {
        check_text("the reason", because)?;
        let mut tx = self.writer().await?;
        releases::find(&mut tx, release).await?;
        let sql = "INSERT INTO withdrawals (release, copy, because, withdrawn_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (release, copy) DO NOTHING";
        let query = sqlx::query(sql).bind(release.to_string()).bind(copy.as_str()).bind(because).bind(at);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::conflict(
                format!("copy {copy}"),
                "it is withdrawn already; nothing is left to do",
            ));
        }
        Ok(tx.commit().await?)
    }

    /// The copies of a release that were withdrawn, by their ids.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn withdrawals(&self, release: ReleaseId) -> Result<Vec<Withdrawal>> {
        let query = sqlx::query("SELECT * FROM withdrawals WHERE release = $1 ORDER BY copy");
        let rows = query.bind(release.to_string()).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(withdrawal_from_row).collect()
    }
}

pub(crate) async fn insert(
    conn: &mut AnyConnection,
    release: ReleaseId,
    new: &NewBatch<'_>,
) -> Result<Batch> {
    let query = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM batches WHERE release = $1");
    let found: u32 = query.bind(release.to_string()).fetch_one(&mut *conn).await?.count("number")?;
    check_seen("the release's copies", new.after, found)?;
    let batch = Batch {
        release,
        number: found + 1,
        roster: blobs::put(conn, new.roster).await?,
        copies: new.copies,
        fingerprint: new.fingerprint,
        created_at: new.created_at,
    };
    let sql = "INSERT INTO batches (release, number, roster, copies, fingerprint, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    sqlx::query(sql)
        .bind(release.to_string())
        .bind(i64::from(batch.number))
        .bind(batch.roster.to_string())
        .bind(to_int("the number of copies", batch.copies)?)
        .bind(batch.fingerprint.to_string())
        .bind(batch.created_at)
        .execute(conn)
        .await?;
    Ok(batch)
}

pub(crate) fn from_row(row: &AnyRow) -> Result<Batch> {
    Ok(Batch {
        release: row.parsed("release")?,
        number: row.count("number")?,
        roster: row.parsed("roster")?,
        copies: row.count("copies")?,
        fingerprint: row.parsed("fingerprint")?,
        created_at: row.int("created_at")?,
    })
}

pub(crate) fn withdrawal_from_row(row: &AnyRow) -> Result<Withdrawal> {
    Ok(Withdrawal {
        release: row.parsed("release")?,
        copy: row.parsed("copy")?,
        because: row.text("because")?,
        at: row.int("withdrawn_at")?,
    })
}
