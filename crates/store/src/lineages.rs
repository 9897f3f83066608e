//! Lineages, and the sites of them that have become public.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tellmark_core::{Hash, LineageId, ReleaseId, SiteId};

use crate::fields::{Fields, check_text};
use crate::{Error, Release, Result, Store, releases};

/// A document with its drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lineage {
    /// Its id.
    pub id: LineageId,
    /// What may be known of its key.
    pub key_hash: Hash,
    /// When it was recorded, in seconds since 1970 (UTC).
    pub created_at: i64,
}

/// A site whose variant has reached other hands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicSite {
    /// The site.
    pub site: SiteId,
    /// Since when, in seconds since 1970 (UTC).
    pub since: i64,
    /// How it is known.
    pub because: String,
    /// The release whose original showed it, where one did.
    pub release: Option<ReleaseId>,
}

/// A site to be recorded as public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPublicSite<'a> {
    /// The site.
    pub site: SiteId,
    /// Since when, in seconds since 1970 (UTC).
    pub since: i64,
    /// How it is known.
    pub because: &'a str,
}

impl Store {
    /// A lineage.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this id.
    pub async fn lineage(&self, id: LineageId) -> Result<Lineage> {
        let found = find(&mut *self.reader().await?, id).await?;
        found.ok_or_else(|| Error::missing(format!("lineage {id}")))
    }

    /// All lineages, the oldest first.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn lineages(&self) -> Result<Vec<Lineage>> {
        let query = sqlx::query("SELECT * FROM lineages ORDER BY created_at, id");
        let rows = query.fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(from_row).collect()
    }

    /// The releases of a lineage by their number.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such lineage.
    pub async fn releases_of(&self, lineage: LineageId) -> Result<Vec<Release>> {
        self.lineage(lineage).await?;
        let query = sqlx::query("SELECT * FROM releases WHERE lineage = $1 ORDER BY number");
        let rows = query.bind(lineage.to_string()).fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(releases::from_row).collect()
    }

    /// Records sites as public. One that is recorded since the same time already stays as it is.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such lineage or release.
    pub async fn record_public(
        &self,
        lineage: LineageId,
        release: Option<ReleaseId>,
        sites: &[NewPublicSite<'_>],
    ) -> Result<()> {
        let mut tx = self.writer().await?;
        let found = find(&mut tx, lineage).await?;
        found.ok_or_else(|| Error::missing(format!("lineage {lineage}")))?;
        insert_public(&mut tx, lineage, release, sites).await?;
        Ok(tx.commit().await?)
    }

    /// The public sites of a lineage by site and time; a site may appear more than once, and the earliest
    /// time counts.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn public_sites(&self, lineage: LineageId) -> Result<Vec<PublicSite>> {
        let query = sqlx::query("SELECT * FROM public_sites WHERE lineage = $1");
        let rows = query.bind(lineage.to_string()).fetch_all(&mut *self.reader().await?).await?;
        let mut sites = rows.iter().map(public_from_row).collect::<Result<Vec<_>>>()?;
        sites.sort_by_key(|site| (site.site, site.since));
        Ok(sites)
    }
}

pub(crate) async fn find(conn: &mut AnyConnection, id: LineageId) -> Result<Option<Lineage>> {
    let query = sqlx::query("SELECT * FROM lineages WHERE id = $1").bind(id.to_string());
    query.fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

pub(crate) async fn insert(conn: &mut AnyConnection, id: LineageId, key_hash: Hash, at: i64) -> Result<()> {
    sqlx::query("INSERT INTO lineages (id, key_hash, created_at) VALUES ($1, $2, $3)")
        .bind(id.to_string())
        .bind(key_hash.to_string())
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn insert_public(
    conn: &mut AnyConnection,
    lineage: LineageId,
    release: Option<ReleaseId>,
    sites: &[NewPublicSite<'_>],
) -> Result<()> {
    let sql = "INSERT INTO public_sites (lineage, site, since, because, release) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (lineage, site, since) DO NOTHING";
    for site in sites {
        check_text("the reason why a site is public", site.because)?;
        sqlx::query(sql)
            .bind(lineage.to_string())
            .bind(site.site.to_string())
            .bind(site.since)
            .bind(site.because)
            .bind(release.map(|id| id.to_string()))
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

pub(crate) fn from_row(row: &AnyRow) -> Result<Lineage> {
    Ok(Lineage {
        id: row.parsed("id")?,
        key_hash: row.parsed("key_hash")?,
        created_at: row.int("created_at")?,
    })
}

pub(crate) fn public_from_row(row: &AnyRow) -> Result<PublicSite> {
    Ok(PublicSite {
        site: row.parsed("site")?,
        since: row.int("since")?,
        because: row.text("because")?,
        release: row.parsed_or_none("release")?,
    })
}
