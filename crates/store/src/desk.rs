//! What lies on the server's desk: documents that are not sealed yet, jobs, and requests that were answered.
//!
//! None of this is evidence, and nothing of it is in a dump.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::fields::{Fields, check_name, check_text};
use crate::{Backend, Error, Result, Store};

/// A document on the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id, as the application spells it.
    pub id: String,
    /// Whose it is.
    pub account: u32,
    /// The document's file name.
    pub file_name: String,
    /// What becomes of it, as the application spells it.
    pub state: String,
    /// How it is to be sealed, as the application writes it.
    pub options: String,
    /// What is to be said of it: why it failed, or what sealing said.
    pub message: String,
    /// The release that came of it.
    pub release: Option<String>,
    /// When it was laid there, in seconds since 1970 (UTC).
    pub made_at: i64,
    /// When it was changed last.
    pub changed_at: i64,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The hash of what was asked.
    pub request: String,
    /// The answer's status; 0 while it is under way.
    pub status: u16,
    /// The answer.
    pub body: String,
    /// When it was asked, in seconds since 1970 (UTC).
    pub at: i64,
}

impl Store {
    /// Lays a draft on the desk.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that cannot be recorded.
    pub async fn put_draft(&self, draft: &Draft) -> Result<()> {
        check(draft)?;
        let mut tx = self.writer().await?;
        let sql = "INSERT INTO desk (id, account, file_name, state, options, message, release, made_at, changed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        sqlx::query(sql)
            .bind(draft.id.as_str())
            .bind(i64::from(draft.account))
            .bind(draft.file_name.as_str())
            .bind(draft.state.as_str())
            .bind(draft.options.as_str())
            .bind(draft.message.as_str())
            .bind(draft.release.as_deref())
            .bind(draft.made_at)
            .bind(draft.changed_at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Changes a draft if its state is one of some: whether it was. One that is being sealed stays as it is, and so does one that was
    /// taken away.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that cannot be recorded.
    pub async fn change_draft(&self, draft: &Draft, from: &[&str]) -> Result<bool> {
        check(draft)?;
        let mut tx = self.writer().await?;
        let sql = format!(
            "UPDATE desk SET state = $2, options = $3, message = $4, release = $5, changed_at = $6, file_name = $7 \
             WHERE id = $1 AND state IN ({})",
            states(from, 8)
        );
        let query = sqlx::query(AssertSqlSafe(sql))
            .bind(draft.id.as_str())
            .bind(draft.state.as_str())
            .bind(draft.options.as_str())
            .bind(draft.message.as_str())
            .bind(draft.release.as_deref())
            .bind(draft.changed_at)
            .bind(draft.file_name.as_str());
        let query = from.iter().fold(query, |query, state| query.bind(*state));
        let is_changed = query.execute(&mut *tx).await?.rows_affected() == 1;
        tx.commit().await?;
        Ok(is_changed)
    }

    /// Gives a draft another state if it has one of some: whether it did. Of two who try, one does.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn move_draft(
        &self,
        id: &str,
        from: &[&str],
        to: &str,
        message: &str,
        at: i64,
    ) -> Result<bool> {
        check_text("the message", message)?;
        let mut tx = self.writer().await?;
        let row =
            sqlx::query("SELECT state FROM desk WHERE id = $1").bind(id).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Ok(false) };
        let found = row.text("state")?;
        if !from.contains(&found.as_str()) {
            return Ok(false);
        }
        // Whoever claims a draft does not wait for those who write: it may have another state by now.
        let query = sqlx::query(
            "UPDATE desk SET state = $2, message = $3, changed_at = $4 WHERE id = $1 AND state = $5",
        );
        let query = query.bind(id).bind(to).bind(message).bind(at).bind(found.as_str());
        let moved = query.execute(&mut *tx).await?.rows_affected() == 1;
        tx.commit().await?;
        Ok(moved)
    }

    /// Claims a draft for `owner`, one of several servers: the one that has waited longest in the state `from`, or one that another
    /// owner holds in the state `to` and has not held on to since `stale`. Of many who claim at once each gets another one, and
    /// none waits for another. While a draft is held, its message is its owner and `changed_at` the last moment at which
    /// that owner was there.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn claim_draft(
        &self,
        (from, to): (&str, &str),
        owner: &str,
        at: i64,
        stale: i64,
    ) -> Result<Option<Draft>> {
        check_text("the owner", owner)?;
        let (mut tx, skip) = match self.backend() {
            Backend::Sqlite => (self.writer().await?, ""),
            Backend::Postgres => (self.claimer().await?, " FOR UPDATE SKIP LOCKED"),
        };
        let sql = format!(
            "UPDATE desk SET state = $2, message = $3, changed_at = $4 WHERE id = (SELECT id FROM desk \
             WHERE state = $1 OR (state = $2 AND changed_at <= $5) ORDER BY changed_at, id LIMIT 1{skip}) RETURNING *"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(from).bind(to).bind(owner).bind(at).bind(stale);
        let row = query.fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        row.as_ref().map(draft_from_row).transpose()
    }

    /// Says that the owner of a claimed draft is still there. Whether it is still theirs.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn hold_draft(&self, id: &str, state: &str, owner: &str, at: i64) -> Result<bool> {
        let mut tx = self.writer().await?;
        let query =
            sqlx::query("UPDATE desk SET changed_at = $4 WHERE id = $1 AND state = $2 AND message = $3");
        let held =
            query.bind(id).bind(state).bind(owner).bind(at).execute(&mut *tx).await?.rows_affected() == 1;
        tx.commit().await?;
        Ok(held)
    }

    /// Puts down what became of a claimed draft, if it is still its owner's: whether it was. What else is known of it stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that cannot be recorded.
    pub async fn settle_draft(&self, draft: &Draft, held_in: &str, owner: &str) -> Result<bool> {
        check_text("the message", &draft.message)?;
        let mut tx = self.writer().await?;
        let query = sqlx::query(
            "UPDATE desk SET state = $4, message = $5, release = $6, changed_at = $7 \
             WHERE id = $1 AND state = $2 AND message = $3",
        );
        let query = query
            .bind(draft.id.as_str())
            .bind(held_in)
            .bind(owner)
            .bind(draft.state.as_str())
            .bind(draft.message.as_str())
            .bind(draft.release.as_deref())
            .bind(draft.changed_at);
        let settled = query.execute(&mut *tx).await?.rows_affected() == 1;
        tx.commit().await?;
        Ok(settled)
    }

    /// The drafts on the desk, the newest first.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn drafts(&self) -> Result<Vec<Draft>> {
        let query = sqlx::query("SELECT * FROM desk ORDER BY changed_at DESC, id");
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(draft_from_row).collect()
    }

    /// A draft.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this id.
    pub async fn draft(&self, id: &str) -> Result<Draft> {
        let query = sqlx::query("SELECT * FROM desk WHERE id = $1").bind(id);
        let row = query.fetch_optional(&mut *self.reader().await?).await?;
        draft_from_row(&row.ok_or_else(|| Error::missing("such draft"))?)
    }

    /// Takes a draft from the desk unless it has one of some states; whether it is not there now.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn remove_draft(&self, id: &str, unless: &[&str]) -> Result<bool> {
        let mut tx = self.writer().await?;
        let sql = format!("DELETE FROM desk WHERE id = $1 AND state NOT IN ({})", states(unless, 2));
        let query = sqlx::query(AssertSqlSafe(sql)).bind(id);
        let query = unless.iter().fold(query, |query, state| query.bind(*state));
        query.execute(&mut *tx).await?;
        let left = sqlx::query("SELECT id FROM desk WHERE id = $1").bind(id);
        let is_gone = left.fetch_optional(&mut *tx).await?.is_none();
        tx.commit().await?;
        Ok(is_gone)
    }

    /// Claims a request by its key: `None` for who came first, otherwise what was or is being answered. Answers from before
    /// `forget` are forgotten.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn claim_answer(
        &self,
        key: &str,
        request: &str,
        now: i64,
        forget: i64,
    ) -> Result<Option<Answered>> {
        let mut tx = self.writer().await?;
        sqlx::query("DELETE FROM answered WHERE at < $1").bind(forget).execute(&mut *tx).await?;
        let query = sqlx::query("SELECT * FROM answered WHERE key_hash = $1").bind(key);
        if let Some(row) = query.fetch_optional(&mut *tx).await? {
            let (request, body) = (row.text("request")?, row.text("body")?);
            return Ok(Some(Answered { request, status: row.count("status")?, body, at: row.int("at")? }));
        }
        let sql = "INSERT INTO answered (key_hash, request, status, body, at) VALUES ($1, $2, 0, '', $3)";
        sqlx::query(sql).bind(key).bind(request).bind(now).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(None)
    }

    /// Keeps the answer to a request that was claimed; without one the claim is given up.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn keep_answer(&self, key: &str, answer: Option<(u16, &str)>) -> Result<()> {
        let mut tx = self.writer().await?;
        match answer {
            Some((status, body)) => {
                let query = sqlx::query("UPDATE answered SET status = $2, body = $3 WHERE key_hash = $1");
                query.bind(key).bind(i64::from(status)).bind(body).execute(&mut *tx).await?
            }
            None => {
                sqlx::query("DELETE FROM answered WHERE key_hash = $1").bind(key).execute(&mut *tx).await?
            }
        };
        Ok(tx.commit().await?)
    }
}

fn check(draft: &Draft) -> Result<()> {
    check_name("the draft's id", &draft.id)?;
    check_name("the file name", &draft.file_name)?;
    check_text("the options", &draft.options)?;
    check_text("the message", &draft.message)
}

/// Places for states in a statement, from a number on.
fn states(states: &[&str], first: usize) -> String {
    let places: Vec<String> = (first..first + states.len()).map(|place| format!("${place}")).collect();
    places.join(", ")
}

fn draft_from_row(row: &AnyRow) -> Result<Draft> {
    Ok(Draft {
        id: row.text("id")?,
        account: row.count("account")?,
        file_name: row.text("file_name")?,
        state: row.text("state")?,
        options: row.text("options")?,
        message: row.text("message")?,
        release: row.parsed_or_none("release")?,
        made_at: row.int("made_at")?,
        changed_at: row.int("changed_at")?,
    })
}
