//! Sightings: passages of protected documents in articles, and who was told.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tellmark_core::Hash;

use crate::fields::{Fields, check_name};
use crate::{Error, Result, Store};

/// A passage of a protected document that a source was seen to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sighting {
    /// Its number, from 1, without gaps.
    pub number: u32,
    /// The source's number.
    pub source: u32,
    /// Which article of the source.
    pub article: Hash,
    /// Where the article was.
    pub address: String,
    /// Its title.
    pub title: String,
    /// What it was fetched as.
    pub kind: String,
    /// What is to be said of how it was fetched.
    pub note: String,
    /// Whether all that was seen is wording which many share.
    pub is_shared: bool,
    /// The bytes as they were fetched, a blob.
    pub page: Hash,
    /// The text that was searched, a blob.
    pub content: Hash,
    /// The passages, a blob that the application encodes.
    pub found: Hash,
    /// When it was fetched, in seconds since 1970 (UTC).
    pub fetched_at: i64,
}

impl Store {
    /// All sightings by their number.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sightings(&self) -> Result<Vec<Sighting>> {
        let query = sqlx::query("SELECT * FROM sightings ORDER BY number");
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// How many sightings there are that are no shared wording.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn unshared_count(&self) -> Result<u64> {
        let query = sqlx::query("SELECT COUNT(*) AS number FROM sightings WHERE is_shared = 0");
        query.fetch_one(&mut *self.reader().await?).await?.count("number")
    }

    /// So many of them, the newest first, behind the `skip` newest.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn newest_unshared(&self, skip: u64, count: u32) -> Result<Vec<Sighting>> {
        let sql = "SELECT * FROM sightings WHERE is_shared = 0 ORDER BY number DESC LIMIT $1 OFFSET $2";
        let query = sqlx::query(sql).bind(i64::from(count)).bind(i64::try_from(skip).unwrap_or(i64::MAX));
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// So many of them after a number, by their number.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn unshared_after(&self, number: u32, count: u32) -> Result<Vec<Sighting>> {
        let sql = "SELECT * FROM sightings WHERE is_shared = 0 AND number > $1 ORDER BY number LIMIT $2";
        let query = sqlx::query(sql).bind(i64::from(number)).bind(i64::from(count));
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// So many of the newest sightings of a source, the newest first.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn newest_sightings(&self, source: u32, count: u32) -> Result<Vec<Sighting>> {
        let sql = "SELECT * FROM sightings WHERE source = $1 ORDER BY number DESC LIMIT $2";
        let query = sqlx::query(sql).bind(i64::from(source)).bind(i64::from(count));
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// The sightings after a number, by their number.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sightings_after(&self, number: u32) -> Result<Vec<Sighting>> {
        let query =
            sqlx::query("SELECT * FROM sightings WHERE number > $1 ORDER BY number").bind(i64::from(number));
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// The number of the newest sighting; 0 where there is none.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn newest_sighting(&self) -> Result<u32> {
        let query = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM sightings");
        query.fetch_one(&mut *self.reader().await?).await?.count("number")
    }

    /// So many of the newest sightings, the newest first, of articles that would be in the background had nothing been
    /// found in them: those that are no older than the background of their source.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sightings_beside_background(&self, count: u32) -> Result<Vec<Sighting>> {
        let sql = "SELECT sightings.* FROM sightings LEFT JOIN \
                   (SELECT source, MIN(fetched_at) AS since FROM background GROUP BY source) AS heard \
                   ON heard.source = sightings.source WHERE sightings.fetched_at >= COALESCE(heard.since, 0) \
                   ORDER BY sightings.number DESC LIMIT $1";
        let query = sqlx::query(sql).bind(i64::from(count));
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// A sighting.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this number.
    pub async fn sighting(&self, number: u32) -> Result<Sighting> {
        let query = sqlx::query("SELECT * FROM sightings WHERE number = $1").bind(i64::from(number));
        let row = query.fetch_optional(&mut *self.reader().await?).await?;
        from_row(&row.ok_or_else(|| Error::missing(format!("sighting {number}")))?)
    }

    /// The sightings at an address, by their number.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sightings_at(&self, address: &str) -> Result<Vec<Sighting>> {
        let query = sqlx::query("SELECT * FROM sightings WHERE address = $1 ORDER BY number").bind(address);
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// The sightings of which a channel was not told yet, by their number.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn unsent(&self, channel: &str) -> Result<Vec<Sighting>> {
        let sql = "SELECT s.* FROM sightings s JOIN alerts a ON a.sighting = s.number AND a.channel = $1 \
                   LEFT JOIN sent_alerts d ON d.sighting = s.number AND d.channel = a.channel \
                   WHERE d.sighting IS NULL ORDER BY s.number";
        let query = sqlx::query(sql).bind(channel);
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// Records that a channel was told of a sighting.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was told before, [`Error::Missing`] when it was not to be told.
    pub async fn record_sent(&self, sighting: u32, channel: &str, at: i64) -> Result<()> {
        check_name("the channel", channel)?;
        let mut tx = self.writer().await?;
        sqlx::query("INSERT INTO sent_alerts (sighting, channel, sent_at) VALUES ($1, $2, $3)")
            .bind(i64::from(sighting))
            .bind(channel)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}

pub(crate) async fn insert(conn: &mut AnyConnection, new: &Sighting) -> Result<()> {
    let sql = "INSERT INTO sightings (number, source, article, address, title, kind, note, is_shared, page, content, \
               found, fetched_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    sqlx::query(sql)
        .bind(i64::from(new.number))
        .bind(i64::from(new.source))
        .bind(new.article.to_string())
        .bind(new.address.as_str())
        .bind(new.title.as_str())
        .bind(new.kind.as_str())
        .bind(new.note.as_str())
        .bind(i64::from(new.is_shared))
        .bind(new.page.to_string())
        .bind(new.content.to_string())
        .bind(new.found.to_string())
        .bind(new.fetched_at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn find_of(
    conn: &mut AnyConnection,
    source: u32,
    article: Hash,
) -> Result<Option<Sighting>> {
    let query = sqlx::query("SELECT * FROM sightings WHERE source = $1 AND article = $2");
    let row = query.bind(i64::from(source)).bind(article.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(from_row).transpose()
}

pub(crate) fn from_row(row: &AnyRow) -> Result<Sighting> {
    Ok(Sighting {
        number: row.count("number")?,
        source: row.count("source")?,
        article: row.parsed("article")?,
        address: row.text("address")?,
        title: row.text("title")?,
        kind: row.text("kind")?,
        note: row.text("note")?,
        is_shared: row.int("is_shared")? == 1,
        page: row.parsed("page")?,
        content: row.parsed("content")?,
        found: row.parsed("found")?,
        fetched_at: row.int("fetched_at")?,
    })
}

/// Checks a row of `alerts` or `sent_alerts`.
pub(crate) fn check_alert_row(row: &AnyRow) -> Result<()> {
    row.count::<u32>("sighting")?;
    check_name("the channel", &row.text("channel")?)
}
