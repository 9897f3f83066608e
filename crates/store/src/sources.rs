//! What is followed, and how reading it went.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::fields::{Fields, check_name, check_text, to_int};
use crate::{Error, Recorded, Result, Store};

/// A source that is or was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Followed {
    /// Its number, from 1.
    pub number: u32,
    /// Where it is, as the application writes it.
    pub address: String,
    /// When it was added, in seconds since 1970 (UTC).
    pub added_at: i64,
    /// When it was removed, if it was.
    pub removed_at: Option<i64>,
    /// How reading it went.
    pub state: SourceState,
}

/// How reading a source went. It is changed in place: it can be found out again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceState {
    /// What its server said to ask with.
    pub etag: Option<String>,
    /// When its server said that it changed.
    pub last_modified: Option<String>,
    /// When it was read last, in seconds since 1970 (UTC); 0 for never.
    pub polled_at: i64,
    /// When that went well last; 0 for never.
    pub succeeded_at: i64,
    /// How often in a row it failed.
    pub failures: u32,
    /// Why it failed last, or what was not read of it; empty when all went well.
    pub last_error: String,
    /// When it is to be read again; 0 for at once.
    pub next_at: i64,
}

impl Store {
    /// Adds a source, or returns the one of this address that is followed already.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an address that is no name.
    pub async fn add_source(&self, address: &str, at: i64) -> Result<Recorded<Followed>> {
        check_text("the source", address)?;
        let mut tx = self.writer().await?;
        let mut all = list(&mut tx).await?;
        if let Some(found) = all.iter().position(|one| one.removed_at.is_none() && one.address == address) {
            return Ok(Recorded::Existing(all.swap_remove(found)));
        }
        let number = to_int("the number of sources", all.len())? + 1;
        sqlx::query("INSERT INTO sources (number, address, added_at) VALUES ($1, $2, $3)")
            .bind(number)
            .bind(address)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        let added = find(&mut tx, number).await?;
        tx.commit().await?;
        Ok(Recorded::New(added))
    }

    /// Ends the following of a source. What was seen in it stays.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this number, [`Error::Conflict`] when it was removed before.
    pub async fn remove_source(&self, number: u32, at: i64) -> Result<Followed> {
        let mut tx = self.writer().await?;
        let found = find(&mut tx, i64::from(number)).await?;
        if found.removed_at.is_some() {
            return Err(Error::conflict(
                format!("source {number}"),
                "it was removed before; nothing is left to do",
            ));
        }
        sqlx::query("INSERT INTO removed_sources (source, removed_at) VALUES ($1, $2)")
            .bind(i64::from(number))
            .bind(at)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Followed { removed_at: Some(at), ..found })
    }

    /// All sources by their number, those too that were removed.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sources(&self) -> Result<Vec<Followed>> {
        list(&mut *self.reader().await?).await
    }

    /// Says of a source what was not read of it, beside what is noted of reading it.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this number.
    pub async fn note_source(&self, number: u32, last_error: &str) -> Result<()> {
        let mut tx = self.writer().await?;
        let state = find(&mut tx, i64::from(number)).await?.state;
        let state = SourceState { last_error: last_error.to_owned(), ..state };
        check_state(&state)?;
        set_state(&mut tx, number, &state).await?;
        Ok(tx.commit().await?)
    }
}

pub(crate) fn check_state(state: &SourceState) -> Result<()> {
    for (what, text) in [("the tag", &state.etag), ("the date", &state.last_modified)] {
        check_text(what, text.as_deref().unwrap_or_default())?;
    }
    check_text("the error", &state.last_error)
}

/// Puts a state in place of what was noted before.
pub(crate) async fn set_state(conn: &mut AnyConnection, number: u32, state: &SourceState) -> Result<()> {
    let sql = "INSERT INTO source_states \
               (source, etag, last_modified, polled_at, succeeded_at, failures, last_error, next_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (source) DO UPDATE SET \
               etag = excluded.etag, last_modified = excluded.last_modified, polled_at = excluded.polled_at, \
               succeeded_at = excluded.succeeded_at, failures = excluded.failures, \
               last_error = excluded.last_error, next_at = excluded.next_at";
    sqlx::query(sql)
        .bind(i64::from(number))
        .bind(state.etag.as_deref())
        .bind(state.last_modified.as_deref())
        .bind(state.polled_at)
        .bind(state.succeeded_at)
        .bind(i64::from(state.failures))
        .bind(state.last_error.as_str())
        .bind(state.next_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// A source with its state, where a row of each is joined.
const SELECT: &str = "SELECT s.number, s.address, s.added_at, COALESCE(r.removed_at, -1) AS removed_at, t.etag, \
     t.last_modified, COALESCE(t.polled_at, 0) AS polled_at, COALESCE(t.succeeded_at, 0) AS succeeded_at, \
     COALESCE(t.failures, 0) AS failures, COALESCE(t.last_error, '') AS last_error, \
     COALESCE(t.next_at, 0) AS next_at FROM sources s LEFT JOIN removed_sources r ON r.source = s.number \
     LEFT JOIN source_states t ON t.source = s.number";

async fn list(conn: &mut AnyConnection) -> Result<Vec<Followed>> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} ORDER BY s.number"));
    sqlx::query(sql).fetch_all(conn).await?.iter().map(from_row).collect()
}

pub(crate) async fn find(conn: &mut AnyConnection, number: i64) -> Result<Followed> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE s.number = $1"));
    let row = sqlx::query(sql).bind(number).fetch_optional(conn).await?;
    from_row(&row.ok_or_else(|| Error::missing(format!("source {number}")))?)
}

fn from_row(row: &AnyRow) -> Result<Followed> {
    let removed_at = row.int("removed_at")?;
    Ok(Followed {
        number: row.count("number")?,
        address: row.text("address")?,
        added_at: row.int("added_at")?,
        removed_at: (removed_at >= 0).then_some(removed_at),
        state: state_from_row(row)?,
    })
}

fn state_from_row(row: &AnyRow) -> Result<SourceState> {
    Ok(SourceState {
        etag: row.parsed_or_none("etag")?,
        last_modified: row.parsed_or_none("last_modified")?,
        polled_at: row.int("polled_at")?,
        succeeded_at: row.int("succeeded_at")?,
        failures: row.count("failures")?,
        last_error: row.text("last_error")?,
        next_at: row.int("next_at")?,
    })
}

/// Checks a row of one of this module's tables.
pub(crate) fn check_row(table: &str, row: &AnyRow) -> Result<()> {
    match table {
        "sources" => {
            row.count::<u32>("number")?;
            check_name("a source", &row.text("address")?.chars().take(255).collect::<String>())
        }
        "removed_sources" => row.int("removed_at").map(drop),
        _ => state_from_row(row).map(drop),
    }
}
