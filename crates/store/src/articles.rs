//! Articles that were read: which, the recent ones without a hit, and what was seen in the others.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tellmark_core::Hash;

use crate::fields::{Fields, TEXT_BYTES_MAX, check_name, check_text, to_int};
use crate::{Recorded, Result, Sighting, Store, blobs, sightings, sources};

/// An article that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewArticle<'a> {
    /// The source's number.
    pub source: u32,
    /// What tells the article, in this state, from the source's others.
    pub article: Hash,
    /// When it was fetched, in seconds since 1970 (UTC).
    pub fetched_at: i64,
    /// What was seen in it, if anything was.
    pub sighting: Option<NewSighting<'a>>,
    /// Its text, cut to [`TEXT_BYTES_MAX`], where it is to be a part of the background.
    pub background: Option<&'a str>,
    /// So many of the source's texts stay in the background, the newest.
    pub background_max: u32,
}

/// What was seen in an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSighting<'a> {
    /// Where the article was.
    pub address: &'a str,
    /// Its title.
    pub title: &'a str,
    /// What it was fetched as.
    pub kind: &'a str,
    /// What is to be said of how it was fetched.
    pub note: &'a str,
    /// Whether all that was seen is wording which many share.
    pub is_shared: bool,
    /// The bytes as they were fetched.
    pub page: &'a [u8],
    /// The text that was searched, or the file where the application reads it itself.
    pub content: &'a [u8],
    /// The passages with their alignment, as the application encodes them.
    pub found: &'a [u8],
    /// Who is to be told.
    pub channels: &'a [&'a str],
}

impl Store {
    /// Records that an article was read, with what was seen in it: all of it in one transaction, so that no
    /// sighting is lost and none comes twice. `Existing` where the article was recorded before; nothing is
    /// written then.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such source.
    pub async fn record_article(&self, new: &NewArticle<'_>) -> Result<Recorded<Option<Sighting>>> {
        if let Some(sighting) = &new.sighting {
            check_sighting(sighting)?;
        }
        let mut tx = self.writer().await?;
        sources::find(&mut tx, i64::from(new.source)).await?;
        let sql = "INSERT INTO seen_articles (source, article, seen_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (source, article) DO NOTHING";
        let query =
            sqlx::query(sql).bind(i64::from(new.source)).bind(new.article.to_string()).bind(new.fetched_at);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            let found = sightings::find_of(&mut tx, new.source, new.article).await?;
            return Ok(Recorded::Existing(found));
        }
        let sighting = match &new.sighting {
            Some(sighting) => Some(insert_sighting(&mut tx, new, sighting).await?),
            None => None,
        };
        if let Some(text) = new.background {
            insert_background(&mut tx, new, text).await?;
        }
        tx.commit().await?;
        Ok(Recorded::New(sighting))
    }

    /// The articles of a source that were read, in the order of their hashes.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn seen_articles(&self, source: u32) -> Result<Vec<Hash>> {
        let query = sqlx::query("SELECT article FROM seen_articles WHERE source = $1 ORDER BY article");
        let rows = query.bind(i64::from(source)).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(|row| row.parsed("article")).collect()
    }

    /// Recent texts without a hit: the newest `count` of all sources, with their source.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn background(&self, count: u32) -> Result<Vec<(u32, String)>> {
        let sql = "SELECT source, content FROM background ORDER BY fetched_at DESC, source, article LIMIT $1";
        let rows = sqlx::query(sql).bind(i64::from(count)).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(|row| Ok((row.count("source")?, row.text("content")?))).collect()
    }
}

fn check_sighting(new: &NewSighting<'_>) -> Result<()> {
    check_text("the address", new.address)?;
    check_text("the title", new.title)?;
    check_text("the note", new.note)?;
    check_name("the kind", new.kind)?;
    new.channels.iter().try_for_each(|channel| check_name("the channel", channel))
}

async fn insert_sighting(
    conn: &mut AnyConnection,
    article: &NewArticle<'_>,
    new: &NewSighting<'_>,
) -> Result<Sighting> {
    let row =
        sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM sightings").fetch_one(&mut *conn).await?;
    let sighting = Sighting {
        number: row.count::<u32>("number")? + 1,
        source: article.source,
        article: article.article,
        address: new.address.into(),
        title: new.title.into(),
        kind: new.kind.into(),
        note: new.note.into(),
        is_shared: new.is_shared,
        page: blobs::put(conn, new.page).await?,
        content: blobs::put(conn, new.content).await?,
        found: blobs::put(conn, new.found).await?,
        fetched_at: article.fetched_at,
    };
    sightings::insert(conn, &sighting).await?;
    for channel in new.channels {
        sqlx::query("INSERT INTO alerts (sighting, channel) VALUES ($1, $2)")
            .bind(i64::from(sighting.number))
            .bind(*channel)
            .execute(&mut *conn)
            .await?;
    }
    Ok(sighting)
}

/// Adds a text, and takes away what is older than the newest of its source.
async fn insert_background(conn: &mut AnyConnection, article: &NewArticle<'_>, text: &str) -> Result<()> {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    check_text("the text", text)?;
    sqlx::query("INSERT INTO background (source, article, content, fetched_at) VALUES ($1, $2, $3, $4)")
        .bind(i64::from(article.source))
        .bind(article.article.to_string())
        .bind(text)
        .bind(article.fetched_at)
        .execute(&mut *conn)
        .await?;
    let sql = "DELETE FROM background WHERE source = $1 AND article NOT IN (SELECT article FROM background \
               WHERE source = $2 ORDER BY fetched_at DESC, article LIMIT $3)";
    sqlx::query(sql)
        .bind(i64::from(article.source))
        .bind(i64::from(article.source))
        .bind(to_int("the size of the background", article.background_max)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Checks a row of one of this module's tables.
pub(crate) fn check_row(row: &AnyRow) -> Result<()> {
    row.count::<u32>("source")?;
    row.parsed::<Hash>("article").map(drop)
}
