//! Shares: a link of its own for each recipient of a copy, who came by it, and the reports that a server shows again.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tellmark_core::{Hash, ReleaseId};

use crate::fields::{Fields, check_name, check_text, to_int};
use crate::people::next;
use crate::{Error, Result, Store, blobs, releases};

/// A link by which one recipient gets one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// Its number, from 1, without gaps.
    pub number: u32,
    /// The release.
    pub release: ReleaseId,
    /// The copy.
    pub copy: String,
    /// Where one-time codes are sent; empty where the link alone is enough.
    pub email: String,
    /// The account that made it.
    pub made_by: u32,
    /// When it was made, in seconds since 1970 (UTC).
    pub made_at: i64,
    /// From when on it does not work any more.
    pub expires_at: i64,
    /// When it was ended; 0 for never.
    pub ended_at: i64,
}

/// A share to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct NewShare<'a> {
    /// The hash of the link's secret.
    pub token: &'a str,
    /// The release.
    pub release: ReleaseId,
    /// The copy.
    pub copy: &'a str,
    /// Where one-time codes are sent.
    pub email: &'a str,
    /// The account that made it.
    pub made_by: u32,
    /// When it was made, in seconds since 1970 (UTC).
    pub made_at: i64,
    /// From when on it does not work any more.
    pub expires_at: i64,
}

/// Something that somebody did at a share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Visit {
    /// The share.
    pub share: u32,
    /// What was done, as the application spells it.
    pub what: String,
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
}

const SELECT: &str = "SELECT s.*, COALESCE(e.ended_at, 0) AS ended_at FROM shares s \
     LEFT JOIN ended_shares e ON e.share = s.number";

impl Store {
    /// Records shares, all of them or none.
    ///
    /// # Errors
    /// [`Error::Missing`] when a release does not exist, [`Error::Invalid`] for a text that cannot be recorded.
    pub async fn record_shares(&self, new: &[NewShare<'_>]) -> Result<()> {
        let mut tx = self.writer().await?;
        for share in new {
            check_name("the copy", share.copy)?;
            check_text("the address", share.email)?;
            releases::find(&mut tx, share.release).await?;
            let number = next(&mut tx, "SELECT COALESCE(MAX(number), 0) AS last FROM shares").await?;
            let sql = "INSERT INTO shares (number, token, release, copy, email, made_by, made_at, expires_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            sqlx::query(sql)
                .bind(number)
                .bind(share.token)
                .bind(share.release.to_string())
                .bind(share.copy)
                .bind(share.email)
                .bind(i64::from(share.made_by))
                .bind(share.made_at)
                .bind(share.expires_at)
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// The share of a secret, if it still works.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn share_by_token(&self, token: &str, now: i64) -> Result<Option<Share>> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE s.token = $1 AND s.expires_at > $2"));
        let row = sqlx::query(sql).bind(token).bind(now).fetch_optional(&mut *self.reader().await?).await?;
        let share = row.as_ref().map(share_from_row).transpose()?;
        Ok(share.filter(|share| share.ended_at == 0))
    }

    /// Ends a share; ending it again changes nothing.
    ///
    /// # Errors
    /// [`Error::Missing`] when the release has none of this number.
    pub async fn end_share(&self, release: ReleaseId, number: u32, now: i64) -> Result<Share> {
        let mut tx = self.writer().await?;
        let share = find(&mut tx, number).await?;
        if share.release != release {
            return Err(Error::missing(format!("share {number} of release {release}")));
        }
        let sql = "INSERT INTO ended_shares (share, ended_at) VALUES ($1, $2) ON CONFLICT (share) DO NOTHING";
        sqlx::query(sql).bind(i64::from(number)).bind(now).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM sessions WHERE share = $1")
            .bind(i64::from(number))
            .execute(&mut *tx)
            .await?;
        let share = find(&mut tx, number).await?;
        tx.commit().await?;
        Ok(share)
    }

    /// Keeps the hash of a one-time code for a share, in place of the one before.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn set_share_code(&self, share: u32, code: &str, expires_at: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        let sql = "INSERT INTO share_codes (share, code, expires_at, tries) VALUES ($1, $2, $3, 0) \
                   ON CONFLICT (share) DO UPDATE SET code = excluded.code, expires_at = excluded.expires_at, tries = 0";
        sqlx::query(sql).bind(i64::from(share)).bind(code).bind(expires_at).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a code is the share's: it works once, and after `tries_max` wrong ones not at all.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn use_share_code(&self, share: u32, code: &str, now: i64, tries_max: u32) -> Result<bool> {
        let mut tx = self.writer().await?;
        let sql = "SELECT code, tries FROM share_codes WHERE share = $1 AND expires_at > $2";
        let row = sqlx::query(sql).bind(i64::from(share)).bind(now).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Ok(false) };
        let is_own = row.int("tries")? < i64::from(tries_max) && row.text("code")? == code;
        let sql = match is_own {
            true => "DELETE FROM share_codes WHERE share = $1",
            false => "UPDATE share_codes SET tries = tries + 1 WHERE share = $1",
        };
        sqlx::query(sql).bind(i64::from(share)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(is_own)
    }

    /// Records what somebody did at a share.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such share.
    pub async fn record_visit(&self, share: u32, what: &str, at: i64) -> Result<()> {
        check_name("the visit", what)?;
        let mut tx = self.writer().await?;
        let number = next(&mut tx, "SELECT COALESCE(MAX(number), 0) AS last FROM share_visits").await?;
        sqlx::query("INSERT INTO share_visits (number, share, what, at) VALUES ($1, $2, $3, $4)")
            .bind(number)
            .bind(i64::from(share))
            .bind(what)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// A share of a release.
    ///
    /// # Errors
    /// [`Error::Missing`] when the release has none of this number.
    pub async fn share(&self, release: ReleaseId, number: u32) -> Result<Share> {
        let share = find(&mut *self.reader().await?, number).await?;
        match share.release == release {
            true => Ok(share),
            false => Err(Error::missing(format!("share {number} of release {release}"))),
        }
    }

    /// How many shares a release has.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn share_count(&self, release: ReleaseId) -> Result<u64> {
        let sql = "SELECT COUNT(*) AS shares FROM shares WHERE release = $1";
        let query = sqlx::query(sql).bind(release.to_string());
        query.fetch_one(&mut *self.reader().await?).await?.count("shares")
    }

    /// A part of the shares of a release, by their numbers.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn shares_part(&self, release: ReleaseId, skip: u64, limit: u32) -> Result<Vec<Share>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE s.release = $1 ORDER BY s.number LIMIT $2 OFFSET $3"
        ));
        let query = sqlx::query(sql)
            .bind(release.to_string())
            .bind(i64::from(limit))
            .bind(to_int("the place", skip)?);
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(share_from_row).collect()
    }

    /// What was done at a share, the newest first: at most `limit` visits, from the one behind `skip` newer ones; and how many
    /// there are.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn visits(&self, share: u32, skip: u64, limit: u32) -> Result<(Vec<Visit>, u64)> {
        let mut conn = self.reader().await?;
        let sql = "SELECT COUNT(*) AS visits FROM share_visits WHERE share = $1";
        let all = sqlx::query(sql).bind(i64::from(share)).fetch_one(&mut *conn).await?.count("visits")?;
        let sql = "SELECT * FROM share_visits WHERE share = $1 ORDER BY number DESC LIMIT $2 OFFSET $3";
        let query =
            sqlx::query(sql).bind(i64::from(share)).bind(i64::from(limit)).bind(to_int("the place", skip)?);
        let visits = query.fetch_all(&mut *conn).await?.iter().map(visit_from_row).collect::<Result<_>>()?;
        Ok((visits, all))
    }

    /// The first visit to a share at which something was done.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn first_visit(&self, share: u32, what: &str) -> Result<Option<Visit>> {
        let sql = "SELECT * FROM share_visits WHERE share = $1 AND what = $2 ORDER BY number LIMIT 1";
        let query = sqlx::query(sql).bind(i64::from(share)).bind(what);
        query.fetch_optional(&mut *self.reader().await?).await?.as_ref().map(visit_from_row).transpose()
    }

    /// Keeps the report of a look's finding; the first one stays.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn record_report(&self, case: &str, look: u32, page: &[u8], at: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        put_report(&mut tx, (case, look), page, at).await?;
        Ok(tx.commit().await?)
    }

    /// The report of a look's finding, where one was kept.
    ///
    /// # Errors
    /// [`Error::Damaged`] when it is not what was kept.
    pub async fn report(&self, case: &str, look: u32) -> Result<Option<Vec<u8>>> {
        let mut conn = self.reader().await?;
        let query = sqlx::query("SELECT * FROM reports WHERE case_name = $1 AND look = $2");
        let row = query.bind(case).bind(i64::from(look)).fetch_optional(&mut *conn).await?;
        match row {
            Some(row) => Ok(Some(blobs::get(&mut conn, row.parsed("content")?).await?)),
            None => Ok(None),
        }
    }
}

/// Keeps the report of a look; the first one stays.
pub(crate) async fn put_report(
    conn: &mut AnyConnection,
    (case, look): (&str, u32),
    page: &[u8],
    at: i64,
) -> Result<()> {
    let content = blobs::put(conn, page).await?;
    let sql = "INSERT INTO reports (case_name, look, content, made_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (case_name, look) DO NOTHING";
    let query = sqlx::query(sql).bind(case).bind(i64::from(look)).bind(content.to_string()).bind(at);
    query.execute(conn).await?;
    Ok(())
}

async fn find(conn: &mut AnyConnection, number: u32) -> Result<Share> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE s.number = $1"));
    let row = sqlx::query(sql).bind(i64::from(number)).fetch_optional(conn).await?;
    share_from_row(&row.ok_or_else(|| Error::missing(format!("share {number}")))?)
}

fn share_from_row(row: &AnyRow) -> Result<Share> {
    Ok(Share {
        number: row.count("number")?,
        release: row.parsed("release")?,
        copy: row.text("copy")?,
        email: row.text("email")?,
        made_by: row.count("made_by")?,
        made_at: row.int("made_at")?,
        expires_at: row.int("expires_at")?,
        ended_at: row.int("ended_at")?,
    })
}

fn visit_from_row(row: &AnyRow) -> Result<Visit> {
    Ok(Visit { share: row.count("share")?, what: row.text("what")?, at: row.int("at")? })
}

/// Checks a row of one of this module's tables.
pub(crate) fn check_row(table: &str, row: &AnyRow) -> Result<()> {
    match table {
        "shares" => {
            row.count::<u32>("number")?;
            row.parsed::<ReleaseId>("release").map(drop)
        }
        "ended_shares" => row.int("ended_at").map(drop),
        "reports" => row.parsed::<Hash>("content").map(drop),
        _ => visit_from_row(row).map(drop),
    }
}
