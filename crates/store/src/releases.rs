//! Releases: one original sealed for one roster.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};
use tellmark_core::{Hash, LineageId, ReleaseId};

use crate::fields::{Fields, check_name, check_text, to_int};
use crate::{Backend, Error, NewBatch, NewPublicSite, Result, Store, batches, blobs, lineages};

/// Releases that are looked at beside those that lack, when the newest ones are looked for: other clocks may have set their times.
const NEWEST_BESIDE: u64 = 64;
const NEW_TEXTS: &str = "SELECT r.id, r.lineage, r.created_at, r.rendered, b.bytes FROM releases r \
                         LEFT JOIN blobs b ON b.hash = r.rendered";

/// A recorded release. Hashes name blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// The lineage it belongs to.
    pub lineage: LineageId,
    /// Its number in the lineage, from 1, without gaps.
    pub number: u32,
    /// The draft that it revises.
    pub revises: Option<ReleaseId>,
    /// What its author calls it.
    pub name: String,
    /// The document's file name, which every copy bears.
    pub file_name: String,
    /// The document's format.
    pub format: String,
    /// What makes its codewords its own.
    pub nonce: [u8; 32],
    /// The document's bytes.
    pub document: Hash,
    /// The original's rendered text, UTF-8.
    pub text: Hash,
    /// The document's prose, as the application encodes it.
    pub prose: Hash,
    /// The marking, JSON.
    pub marking: Hash,
    /// The template from which copies are made.
    pub template: Hash,
    /// The options, canonical JSON.
    pub options: String,
    /// Document, roster and options: the same again resumes this release.
    pub fingerprint: Hash,
    /// The chance of naming an innocent copy that was promised when it was sealed.
    pub alpha: String,
    /// How codewords are derived from the key.
    pub derivation_version: u32,
    /// Which reader its sites were made for.
    pub reader_version: u32,
    /// When it was recorded, in seconds since 1970 (UTC).
    pub created_at: i64,
}

/// A release to be recorded, with its blobs and its first batch.
#[derive(Debug, Clone, Copy)]
pub struct NewRelease<'a> {
    /// Its id.
    pub id: ReleaseId,
    /// The lineage it belongs to.
    pub lineage: LineageId,
    /// The hash of the lineage's key, when the lineage is to be recorded with it; nothing when the lineage
    /// exists.
    pub new_lineage: Option<Hash>,
    /// How many releases of the lineage the caller has seen, where what it records depends on them.
    pub after: Option<u32>,
    /// The draft that it revises; of the same lineage.
    pub revises: Option<ReleaseId>,
    /// What its author calls it.
    pub name: &'a str,
    /// The document's file name.
    pub file_name: &'a str,
    /// The document's format.
    pub format: &'a str,
    /// What makes its codewords its own; never used before.
    pub nonce: [u8; 32],
    /// The document's bytes.
    pub document: &'a [u8],
    /// The original's rendered text.
    pub text: &'a str,
    /// The document's prose, as the application encodes it.
    pub prose: &'a [u8],
    /// The marking, JSON.
    pub marking: &'a [u8],
    /// The template from which copies are made.
    pub template: &'a [u8],
    /// The options, canonical JSON.
    pub options: &'a str,
    /// Document, roster and options. A caller that wants another release of the same puts its nonce in too.
    pub fingerprint: Hash,
    /// The chance of naming an innocent copy.
    pub alpha: &'a str,
    /// How codewords are derived from the key.
    pub derivation_version: u32,
    /// Which reader its sites were made for.
    pub reader_version: u32,
    /// The time, in seconds since 1970 (UTC).
    pub created_at: i64,
    /// Its first copies.
    pub batch: NewBatch<'a>,
    /// Sites of the lineage that its original shows to have reached other hands.
    pub public_sites: &'a [NewPublicSite<'a>],
    /// Sites of other lineages that its original shows.
    pub public_elsewhere: &'a [(LineageId, NewPublicSite<'a>)],
}

/// The rendered text of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewText {
    /// The release.
    pub release: ReleaseId,
    /// The lineage it belongs to.
    pub lineage: LineageId,
    /// When it was recorded, in seconds since 1970 (UTC).
    pub created_at: i64,
    /// The text.
    pub text: String,
}

/// What recording led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded<T> {
    /// It was recorded now.
    New(T),
    /// It had been recorded before, by this command or another; nothing was written.
    Existing(T),
}

impl<T> Recorded<T> {
    /// The record.
    pub fn into_inner(self) -> T {
        match self {
            Recorded::New(record) | Recorded::Existing(record) => record,
        }
    }

    /// Whether it was recorded now.
    pub fn is_new(&self) -> bool {
        matches!(self, Recorded::New(_))
    }
}

impl Store {
    /// Records a release with its blobs, its first batch, its lineage if that is new, and the sites that it
    /// shows to be public: all of it or nothing.
    ///
    /// With a fingerprint that is recorded already, whoever recorded it, the existing release is returned
    /// and nothing is written; its lineage may be another than the caller's new one.
    ///
    /// # Errors
    /// [`Error::Missing`] when the lineage or the revised release does not exist, [`Error::Changed`] when the
    /// lineage has other releases than [`NewRelease::after`] says, [`Error::Conflict`] when an id or nonce
    /// was used before or the revised release is of another lineage.
    pub async fn record_release(&self, new: &NewRelease<'_>) -> Result<Recorded<Release>> {
        check_new(new)?;
        let mut tx = self.writer().await?;
        if let Some(existing) = by_fingerprint(&mut tx, new.fingerprint).await? {
            return Ok(Recorded::Existing(existing));
        }
        let release = insert(&mut tx, new).await?;
        tx.commit().await?;
        Ok(Recorded::New(release))
    }

    /// The release of the same document, roster and options.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn release_by_fingerprint(&self, fingerprint: Hash) -> Result<Option<Release>> {
        by_fingerprint(&mut *self.reader().await?, fingerprint).await
    }

    /// A release.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this id.
    pub async fn release(&self, id: ReleaseId) -> Result<Release> {
        find(&mut *self.reader().await?, id).await
    }

    /// The releases whose id begins with `text`, or which bear it as their name; the oldest first. A whole id means that release
    /// alone, whatever others are called.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn find_releases(&self, text: &str) -> Result<Vec<Release>> {
        if let Ok(id) = text.parse::<ReleaseId>() {
            match find(&mut *self.reader().await?, id).await {
                Err(Error::Missing { .. }) => {}
                found => return Ok(vec![found?]),
            }
        }
        let is_prefix = !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let pattern = if is_prefix { format!("{text}%") } else { String::new() };
        // A NUL is in no name, and PostgreSQL does not even take it as a question.
        let name = if text.contains('\0') { "" } else { text };
        let query =
            sqlx::query("SELECT * FROM releases WHERE id LIKE $1 OR name = $2 ORDER BY created_at, id");
        let rows = query.bind(pattern).bind(name).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(from_row).collect()
    }

    /// All releases, the oldest first.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn releases(&self) -> Result<Vec<Release>> {
        let query = sqlx::query("SELECT * FROM releases ORDER BY created_at, id");
        let rows = query.fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(from_row).collect()
    }

    /// The rendered text of every release, the oldest first, in one query.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a text is not the one that was recorded, [`Error::Missing`] when it is gone.
    pub async fn texts(&self) -> Result<Vec<(ReleaseId, String)>> {
        let sql = "SELECT r.id, r.rendered, b.bytes FROM releases r LEFT JOIN blobs b ON b.hash = r.rendered \
                   ORDER BY r.created_at, r.id";
        let rows = sqlx::query(sql).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(text_from_row).collect()
    }

    /// The releases that are not among those which are known, with their texts; `None` where some that are known are no longer
    /// there. It looks at the newest ones first, so that it takes no longer in a large ledger.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a text is not the one that was recorded, [`Error::Missing`] when it is gone.
    pub async fn texts_beyond(&self, known: &BTreeSet<ReleaseId>) -> Result<Option<Vec<NewText>>> {
        let mut tx = self.snapshot().await?;
        let all = count(&mut tx).await?;
        let Some(lacking) = all.checked_sub(known.len() as u64) else { return Ok(None) };
        if lacking == 0 {
            return Ok(Some(Vec::new()));
        }
        if known.is_empty() {
            let rows = sqlx::query(NEW_TEXTS).fetch_all(&mut *tx).await?;
            return rows.iter().map(new_text_from_row).collect::<Result<_>>().map(Some);
        }
        // SQLite numbers rows as they come. Elsewhere the time tells, which other clocks may have set.
        let newest = match self.backend() {
            Backend::Sqlite => "SELECT id FROM releases ORDER BY rowid DESC LIMIT $1",
            Backend::Postgres => "SELECT id FROM releases ORDER BY created_at DESC, id DESC LIMIT $1",
        };
        let mut new = Vec::new();
        for (sql, limit) in [(newest, lacking + NEWEST_BESIDE), ("SELECT id FROM releases LIMIT $1", all)] {
            let rows =
                sqlx::query(sql).bind(to_int("a number of releases", limit)?).fetch_all(&mut *tx).await?;
            let ids = rows.iter().map(|row| row.parsed("id")).collect::<Result<Vec<ReleaseId>>>()?;
            new = ids.into_iter().filter(|id| !known.contains(id)).collect();
            if new.len() as u64 == lacking {
                break;
            }
        }
        if new.len() as u64 != lacking {
            return Ok(None);
        }
        let mut texts = Vec::new();
        for id in new {
            let query =
                sqlx::query(AssertSqlSafe(format!("{NEW_TEXTS} WHERE r.id = $1"))).bind(id.to_string());
            texts.push(new_text_from_row(&query.fetch_one(&mut *tx).await?)?);
        }
        Ok(Some(texts))
    }

    /// How many releases there are: whether what was made of their texts is still of all of them.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn release_count(&self) -> Result<u64> {
        count(&mut *self.reader().await?).await
    }
}

async fn count(conn: &mut AnyConnection) -> Result<u64> {
    let query = sqlx::query("SELECT COUNT(*) AS releases FROM releases");
    query.fetch_one(conn).await?.count("releases")
}

fn check_new(new: &NewRelease<'_>) -> Result<()> {
    check_name("the release's name", new.name)?;
    check_name("the file name", new.file_name)?;
    check_name("the format", new.format)?;
    check_name("alpha", new.alpha)?;
    check_text("the options", new.options)
}

async fn insert(conn: &mut AnyConnection, new: &NewRelease<'_>) -> Result<Release> {
    if let Some(key_hash) = new.new_lineage {
        lineages::insert(conn, new.lineage, key_hash, new.created_at).await?;
    } else if lineages::find(conn, new.lineage).await?.is_none() {
        return Err(Error::missing(format!("lineage {}", new.lineage)));
    }
    if let Some(revised) = new.revises
        && find(conn, revised).await?.lineage != new.lineage
    {
        let why = format!("release {revised} is of another document; revise one of its own drafts");
        return Err(Error::conflict(format!("release {}", new.id), why));
    }
    let release = numbered(conn, new).await?;
    insert_row(conn, &release).await?;
    batches::insert(conn, release.id, &new.batch).await?;
    lineages::insert_public(conn, new.lineage, Some(new.id), new.public_sites).await?;
    for (lineage, site) in new.public_elsewhere {
        lineages::insert_public(conn, *lineage, Some(new.id), std::slice::from_ref(site)).await?;
    }
    Ok(release)
}

async fn numbered(conn: &mut AnyConnection, new: &NewRelease<'_>) -> Result<Release> {
    let query = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM releases WHERE lineage = $1");
    let found: u32 = query.bind(new.lineage.to_string()).fetch_one(&mut *conn).await?.count("number")?;
    check_seen("the document's drafts", new.after, found)?;
    Ok(Release {
        id: new.id,
        lineage: new.lineage,
        number: found + 1,
        revises: new.revises,
        name: new.name.into(),
        file_name: new.file_name.into(),
        format: new.format.into(),
        nonce: new.nonce,
        document: blobs::put(conn, new.document).await?,
        text: blobs::put(conn, new.text.as_bytes()).await?,
        prose: blobs::put(conn, new.prose).await?,
        marking: blobs::put(conn, new.marking).await?,
        template: blobs::put(conn, new.template).await?,
        options: new.options.into(),
        fingerprint: new.fingerprint,
        alpha: new.alpha.into(),
        derivation_version: new.derivation_version,
        reader_version: new.reader_version,
        created_at: new.created_at,
    })
}

/// Refuses what was prepared from a state that is no longer there.
pub(crate) fn check_seen(what: &str, seen: Option<u32>, found: u32) -> Result<()> {
    match seen {
        Some(seen) if seen != found => Err(Error::Changed { what: what.into(), seen, found }),
        _ => Ok(()),
    }
}

async fn insert_row(conn: &mut AnyConnection, release: &Release) -> Result<()> {
    let sql = "INSERT INTO releases (id, lineage, number, revises, name, file_name, format, nonce, document, \
               rendered, prose, marking, template, options, fingerprint, alpha, derivation_version, \
               reader_version, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    sqlx::query(sql)
        .bind(release.id.to_string())
        .bind(release.lineage.to_string())
        .bind(i64::from(release.number))
        .bind(release.revises.map(|id| id.to_string()))
        .bind(release.name.as_str())
        .bind(release.file_name.as_str())
        .bind(release.format.as_str())
        // A nonce has the size and the spelling of a hash.
        .bind(Hash(release.nonce).to_string())
        .bind(release.document.to_string())
        .bind(release.text.to_string())
        .bind(release.prose.to_string())
        .bind(release.marking.to_string())
        .bind(release.template.to_string())
        .bind(release.options.as_str())
        .bind(release.fingerprint.to_string())
        .bind(release.alpha.as_str())
        .bind(i64::from(release.derivation_version))
        .bind(i64::from(release.reader_version))
        .bind(release.created_at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn find(conn: &mut AnyConnection, id: ReleaseId) -> Result<Release> {
    let query = sqlx::query("SELECT * FROM releases WHERE id = $1").bind(id.to_string());
    let row = query.fetch_optional(conn).await?;
    from_row(&row.ok_or_else(|| Error::missing(format!("release {id}")))?)
}

async fn by_fingerprint(conn: &mut AnyConnection, fingerprint: Hash) -> Result<Option<Release>> {
    let query = sqlx::query("SELECT * FROM releases WHERE fingerprint = $1").bind(fingerprint.to_string());
    query.fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

pub(crate) fn from_row(row: &AnyRow) -> Result<Release> {
    Ok(Release {
        id: row.parsed("id")?,
        lineage: row.parsed("lineage")?,
        number: row.count("number")?,
        revises: row.parsed_or_none("revises")?,
        name: row.text("name")?,
        file_name: row.text("file_name")?,
        format: row.text("format")?,
        nonce: row.parsed::<Hash>("nonce")?.0,
        document: row.parsed("document")?,
        text: row.parsed("rendered")?,
        prose: row.parsed("prose")?,
        marking: row.parsed("marking")?,
        template: row.parsed("template")?,
        options: row.text("options")?,
        fingerprint: row.parsed("fingerprint")?,
        alpha: row.text("alpha")?,
        derivation_version: row.count("derivation_version")?,
        reader_version: row.count("reader_version")?,
        created_at: row.int("created_at")?,
    })
}

fn new_text_from_row(row: &AnyRow) -> Result<NewText> {
    let (release, text) = text_from_row(row)?;
    Ok(NewText { release, lineage: row.parsed("lineage")?, created_at: row.int("created_at")?, text })
}

fn text_from_row(row: &AnyRow) -> Result<(ReleaseId, String)> {
    let id: ReleaseId = row.parsed("id")?;
    let hash: Hash = row.parsed("rendered")?;
    // Borrowed, because a vault's texts together are many megabytes.
    let bytes: &[u8] = row
        .try_get::<Option<&[u8]>, _>("bytes")?
        .ok_or_else(|| Error::missing(format!("text of release {id}")))?;
    if Hash::of(bytes) != hash {
        return Err(Error::damaged(format!("the text of release {id}"), "its bytes have another hash"));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::damaged(format!("the text of release {id}"), error.to_string()))?;
    Ok((id, text.to_owned()))
}
