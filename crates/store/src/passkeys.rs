//! Passkeys of accounts, and of those who have a link: public keys whose private halves never leave somebody's device.

use sqlx::any::AnyRow;

use crate::fields::{Fields, check_name, check_text};
use crate::people::next;
use crate::{Error, Result, Store};

/// Whose a passkey is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// The account of this number; 0 is whoever signs in.
    Account(u32),
    /// Whoever has the link of this number.
    Share(u32),
}

impl Keeper {
    fn columns(self) -> (i64, i64) {
        match self {
            Keeper::Account(number) => (i64::from(number), 0),
            Keeper::Share(number) => (0, i64::from(number)),
        }
    }

    fn from_row(row: &AnyRow) -> Result<Keeper> {
        Ok(match row.count("share")? {
            0 => Keeper::Account(row.count("account")?),
            share => Keeper::Share(share),
        })
    }
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passkey {
    /// Its number, from 1.
    pub number: u32,
    /// Whose it is.
    pub keeper: Keeper,
    /// How the device calls it, as the application spells it.
    pub credential: String,
    /// The public key, as the application spells it.
    pub public_key: String,
    /// How its owner calls it.
    pub name: String,
    /// The last count of signatures that the device told; 0 where it counts none.
    pub counter: u32,
    /// When it was made, in seconds since 1970 (UTC).
    pub made_at: i64,
    /// When it was used last; 0 for never.
    pub used_at: i64,
    /// When it was removed; 0 for never.
    pub removed_at: i64,
}

/// A passkey to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewPasskey<'a> {
    /// Whose it is.
    pub keeper: Keeper,
    /// How the device calls it.
    pub credential: &'a str,
    /// The public key.
    pub public_key: &'a str,
    /// How its owner calls it.
    pub name: &'a str,
    /// The count of signatures that the device told.
    pub counter: u32,
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
}

impl Store {
    /// Keeps a passkey.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is somebody's already, [`Error::Invalid`] for a name that cannot be recorded.
    pub async fn add_passkey(&self, new: &NewPasskey<'_>) -> Result<u32> {
        check_name("the passkey's name", new.name)?;
        let mut tx = self.writer().await?;
        let number = next(&mut tx, "SELECT COALESCE(MAX(number), 0) AS last FROM passkeys").await?;
        let sql = "INSERT INTO passkeys (number, account, share, credential, public_key, name, counter, made_at, used_at, removed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0) ON CONFLICT (credential) DO NOTHING";
        let (account, share) = new.keeper.columns();
        let done = sqlx::query(sql)
            .bind(number)
            .bind(account)
            .bind(share)
            .bind(new.credential)
            .bind(new.public_key)
            .bind(new.name)
            .bind(i64::from(new.counter))
            .bind(new.at)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(Error::conflict("this passkey", "it is kept already"));
        }
        tx.commit().await?;
        u32::try_from(number).map_err(|_| Error::invalid("a passkey", "there are too many"))
    }

    /// The passkeys of an account or a link that were not removed, by their numbers.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn passkeys(&self, keeper: Keeper) -> Result<Vec<Passkey>> {
        let sql =
            "SELECT * FROM passkeys WHERE account = $1 AND share = $2 AND removed_at = 0 ORDER BY number";
        let (account, share) = keeper.columns();
        let query = sqlx::query(sql).bind(account).bind(share);
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(from_row).collect()
    }

    /// The passkey that a device calls so, if it was not removed.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn passkey(&self, credential: &str) -> Result<Option<Passkey>> {
        let sql = "SELECT * FROM passkeys WHERE credential = $1 AND removed_at = 0";
        let row = sqlx::query(sql).bind(credential).fetch_optional(&mut *self.reader().await?).await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Notes that a passkey was used. Whether its count grew, where the device counts: one that did not may be a copy.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn use_passkey(&self, number: u32, counter: u32, at: i64) -> Result<bool> {
        let mut tx = self.writer().await?;
        let sql = "UPDATE passkeys SET counter = $1, used_at = $2 WHERE number = $3 AND removed_at = 0 \
                   AND (counter < $1 OR ($1 = 0 AND counter = 0))";
        let query = sqlx::query(sql).bind(i64::from(counter)).bind(at).bind(i64::from(number));
        let done = query.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes a passkey of an account.
    ///
    /// # Errors
    /// [`Error::Missing`] when the account has none of this number.
    pub async fn remove_passkey(&self, account: u32, number: u32, at: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        let sql = "UPDATE passkeys SET removed_at = $1 WHERE number = $2 AND account = $3 AND removed_at = 0";
        let query = sqlx::query(sql).bind(at).bind(i64::from(number)).bind(i64::from(account));
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::missing(format!("passkey {number} of account {account}")));
        }
        Ok(tx.commit().await?)
    }

    /// Notes a question that was asked of an account or of whoever has a link, and waits for its answer until a moment. Those that are over are forgotten;
    /// when `most` wait, those that end first make way.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that cannot be recorded.
    pub async fn ask_question(
        &self,
        question: &str,
        keeper: Keeper,
        (now, until): (i64, i64),
        most: u32,
    ) -> Result<()> {
        check_text("the question", question)?;
        let mut tx = self.writer().await?;
        sqlx::query("DELETE FROM questions WHERE until <= $1").bind(now).execute(&mut *tx).await?;
        let sql = "DELETE FROM questions WHERE question IN \
                   (SELECT question FROM questions ORDER BY until DESC, question LIMIT $1 OFFSET $2)";
        let query = sqlx::query(sql).bind(i64::from(u32::MAX)).bind(i64::from(most) - 1);
        query.execute(&mut *tx).await?;
        let sql = "INSERT INTO questions (question, account, share, until) VALUES ($1, $2, $3, $4)";
        let (account, share) = keeper.columns();
        sqlx::query(sql).bind(question).bind(account).bind(share).bind(until).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a question was asked of them and waits; it does not wait any more then, for any server on this ledger.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn take_question(&self, question: &str, keeper: Keeper, now: i64) -> Result<bool> {
        let mut tx = self.writer().await?;
        let query = sqlx::query("DELETE FROM questions WHERE question = $1 RETURNING account, share, until");
        let row = query.bind(question).fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(false) };
        Ok(Keeper::from_row(&row)? == keeper && row.int("until")? > now)
    }
}

/// A row of the table.
pub(crate) fn from_row(row: &AnyRow) -> Result<Passkey> {
    Ok(Passkey {
        number: row.count("number")?,
        keeper: Keeper::from_row(row)?,
        credential: row.text("credential")?,
        public_key: row.text("public_key")?,
        name: row.text("name")?,
        counter: row.count("counter")?,
        made_at: row.int("made_at")?,
        used_at: row.int("used_at")?,
        removed_at: row.int("removed_at")?,
    })
}
