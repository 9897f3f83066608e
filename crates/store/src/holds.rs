//! What several programs on one ledger share, and which of them does it at the moment.
//!
//! A hold is a lease: whoever has it keeps it up, and what nobody has kept up for a while another may take. Nothing is lost where
//! two have done the same for once, since what comes of it is recorded once.

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::fields::{Fields, check_name, check_text};
use crate::{Backend, Followed, Result, SourceState, Store, sources};

/// Telling of sightings.
pub const HOLD_ALERTS: &str = "alerts";

/// Takes a hold that is nobody's, one's own, or one that was kept up last at $4 or before; or as far in the future, by a clock
/// that was wrong.
const TAKE: &str = "INSERT INTO holds (what, owner, held_at) VALUES ($1, $2, $3) ON CONFLICT (what) DO UPDATE SET \
     owner = excluded.owner, held_at = excluded.held_at WHERE holds.owner = excluded.owner OR holds.held_at <= $4 \
     OR holds.held_at >= $5";

/// The moment that is as far ahead of `at` as `stale` is behind it: what was noted after it, a clock noted that was wrong.
fn ahead(at: i64, stale: i64) -> i64 {
    at.saturating_add(at.saturating_sub(stale))
}

/// Whether something is the owner's now.
async fn take(conn: &mut AnyConnection, what: &str, owner: &str, at: i64, stale: i64) -> Result<bool> {
    let query = sqlx::query(TAKE).bind(what).bind(owner).bind(at).bind(stale).bind(ahead(at, stale));
    Ok(query.execute(conn).await?.rows_affected() == 1)
}

/// Whether something was the owner's.
async fn drop_one(conn: &mut AnyConnection, what: &str, owner: &str) -> Result<bool> {
    let query = sqlx::query("DELETE FROM holds WHERE owner = $1 AND what = $2").bind(owner).bind(what);
    Ok(query.execute(conn).await?.rows_affected() == 1)
}

fn source(number: i64) -> String {
    format!("source {number}")
}

impl Store {
    /// Takes something for `owner` unless another has it and kept it up after `stale`: whether it is the owner's now. Times are
    /// in seconds since 1970 (UTC).
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a text that cannot be recorded.
    pub async fn hold(&self, what: &str, owner: &str, at: i64, stale: i64) -> Result<bool> {
        check_text("what is held", what)?;
        check_text("the owner", owner)?;
        let mut tx = self.writer().await?;
        let is_held = take(&mut tx, what, owner, at, stale).await?;
        tx.commit().await?;
        Ok(is_held)
    }

    /// Keeps up all that an owner holds.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn keep_holds(&self, owner: &str, at: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        let query = sqlx::query("UPDATE holds SET held_at = $2 WHERE owner = $1");
        query.bind(owner).bind(at).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Lets go of something, or of all that an owner holds.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn let_go(&self, what: Option<&str>, owner: &str) -> Result<()> {
        let mut tx = self.writer().await?;
        match what {
            Some(what) => drop_one(&mut tx, what, owner).await.map(drop)?,
            None => {
                sqlx::query("DELETE FROM holds WHERE owner = $1").bind(owner).execute(&mut *tx).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// The name of this ledger's queue between those who fetch articles and those who search them: the one that was kept first. It
    /// is in no dump: a ledger that was restored has another, and takes nothing from the first.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a text that is no name.
    pub async fn queue_name(&self, candidate: &str) -> Result<String> {
        check_name("the queue", candidate)?;
        let mut tx = self.writer().await?;
        if let Some(row) = sqlx::query("SELECT name FROM queues").fetch_optional(&mut *tx).await? {
            return row.text("name");
        }
        sqlx::query("INSERT INTO queues (name) VALUES ($1)").bind(candidate).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(candidate.to_owned())
    }

    /// Forgets who read which source, and who told of sightings: for whoever knows that nobody else does.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn forget_holds(&self) -> Result<()> {
        let mut tx = self.writer().await?;
        let query =
            sqlx::query("DELETE FROM holds WHERE what = $1 OR what LIKE 'source %'").bind(HOLD_ALERTS);
        query.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Claims a source for `owner`, one of several programs: the one of this number, due or not, or of those that are due the one
    /// that has waited longest. One that was read at a moment that is still to come, by a clock that was wrong, is due. One that another owner kept up after `stale` is left alone, and so is standard input, which
    /// every program has for itself, unless it is named. Of many who claim at once each gets another one, and none waits for
    /// another.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a text that cannot be recorded.
    pub async fn claim_source(
        &self,
        number: Option<u32>,
        owner: &str,
        at: i64,
        stale: i64,
    ) -> Result<Option<Followed>> {
        check_text("the owner", owner)?;
        let (mut tx, skip) = match self.backend() {
            Backend::Sqlite => (self.writer().await?, ""),
            Backend::Postgres => (self.claimer().await?, " FOR UPDATE OF s SKIP LOCKED"),
        };
        let sql = format!(
            "SELECT s.number FROM sources s LEFT JOIN removed_sources r ON r.source = s.number \
             LEFT JOIN source_states t ON t.source = s.number LEFT JOIN holds h ON h.what = 'source ' || s.number \
             WHERE r.source IS NULL AND (h.what IS NULL OR (h.owner <> $1 AND (h.held_at <= $2 OR h.held_at >= $5))) \
             AND (s.number = $4 OR ($4 = 0 AND s.address <> '-' AND (COALESCE(t.next_at, 0) <= $3 OR COALESCE(t.polled_at, 0) >= $5))) ORDER BY COALESCE(t.next_at, 0), s.number LIMIT 1{skip}"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(owner).bind(stale).bind(at);
        let query = query.bind(number.map_or(0, i64::from)).bind(ahead(at, stale));
        let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(None) };
        let found = row.int("number")?;
        // Between looking and locking another may have taken it, or taken it and read it.
        let is_taken = take(&mut tx, &source(found), owner, at, stale).await?;
        let followed = sources::find(&mut tx, found).await?;
        let is_due = followed.state.next_at <= at || followed.state.polled_at >= ahead(at, stale);
        if !is_taken || (number.is_none() && !is_due) {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(followed))
    }

    /// Notes how reading a source went, and lets go of it, if it is still its owner's: whether it was.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none of this number.
    pub async fn settle_source(&self, number: u32, state: &SourceState, owner: &str) -> Result<bool> {
        sources::check_state(state)?;
        let mut tx = self.writer().await?;
        sources::find(&mut tx, i64::from(number)).await?;
        if !drop_one(&mut tx, &source(i64::from(number)), owner).await? {
            return Ok(false);
        }
        sources::set_state(&mut tx, number, state).await?;
        tx.commit().await?;
        Ok(true)
    }
}
