//! Who holds a copy: a row for each holder that somebody told of, never changed.

use sqlx::any::AnyRow;
use tellmark_core::{CopyId, ReleaseId};

use crate::fields::{Fields, check_name, check_text};
use crate::{Result, Store, releases};

/// A holder of a copy, besides the one that the roster names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The release.
    pub release: ReleaseId,
    /// The row's number in the release, from 1.
    pub number: u32,
    /// The copy.
    pub copy: CopyId,
    /// A person, an assistant who prints, a meeting room.
    pub holder: String,
    /// The day from which they hold it, as `2026-05-03`.
    pub since: String,
    /// Whether that is known; otherwise it is assumed.
    pub known: bool,
    /// How it is known, or why it is assumed.
    pub because: String,
    /// When it was recorded, in seconds since 1970 (UTC).
    pub recorded_at: i64,
}

/// A holder to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewHolder<'a> {
    /// The copy, as the roster writes it.
    pub copy: &'a CopyId,
    /// A person, an assistant who prints, a meeting room.
    pub holder: &'a str,
    /// The day from which they hold it, as `2026-05-03`.
    pub since: &'a str,
    /// Whether that is known; otherwise it is assumed.
    pub known: bool,
    /// How it is known, or why it is assumed.
    pub because: &'a str,
    /// The time, in seconds since 1970 (UTC).
    pub at: i64,
}

impl Store {
    /// Records a holder of a copy.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such release, [`crate::Error::Invalid`] for a holder that is no name.
    /// Whether the roster lists the copy is for the caller to know.
    pub async fn record_holder(&self, release: ReleaseId, new: &NewHolder<'_>) -> Result<Holder> {
        check_name("the holder", new.holder)?;
        check_name("the day", new.since)?;
        check_text("the reason", new.because)?;
        let mut tx = self.writer().await?;
        releases::find(&mut tx, release).await?;
        let query = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM holders WHERE release = $1");
        let number = query.bind(release.to_string()).fetch_one(&mut *tx).await?.count::<u32>("number")? + 1;
        let sql = "INSERT INTO holders (release, number, copy, holder, since, known, because, recorded_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(sql)
            .bind(release.to_string())
            .bind(i64::from(number))
            .bind(new.copy.as_str())
            .bind(new.holder)
            .bind(new.since)
            .bind(i64::from(new.known))
            .bind(new.because)
            .bind(new.at)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Holder {
            release,
            number,
            copy: new.copy.clone(),
            holder: new.holder.to_owned(),
            since: new.since.to_owned(),
            known: new.known,
            because: new.because.to_owned(),
            recorded_at: new.at,
        })
    }

    /// The holders of a release's copies that were recorded, in the order of their recording.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn holders(&self, release: ReleaseId) -> Result<Vec<Holder>> {
        let query = sqlx::query("SELECT * FROM holders WHERE release = $1 ORDER BY number");
        let rows = query.bind(release.to_string()).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(from_row).collect()
    }
}

pub(crate) fn from_row(row: &AnyRow) -> Result<Holder> {
    Ok(Holder {
        release: row.parsed("release")?,
        number: row.count("number")?,
        copy: row.parsed("copy")?,
        holder: row.text("holder")?,
        since: row.text("since")?,
        known: row.int("known")? == 1,
        because: row.text("because")?,
        recorded_at: row.int("recorded_at")?,
    })
}
