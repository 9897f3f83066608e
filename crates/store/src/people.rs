//! Who works with the vault over the network: accounts, how they come in, and what they did.
//!
//! Secrets (a link, a session, a token of a program) are kept as hashes that the application makes; the store never
//! sees one. Accounts and what they did are in a dump; invitations, sessions and tokens are not: after a restore
//! everybody signs in again.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::fields::{Fields, check_name, check_text, to_int};
use crate::{Error, Result, Store};

/// In the place of a password's hash: no password is right.
const NO_PASSWORD: &str = "none";

/// Somebody who works with the vault over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Its number, from 1.
    pub number: u32,
    /// The name that somebody signs in with; unique without regard to case.
    pub name: String,
    /// The role, as the application spells it.
    pub role: String,
    /// The hash of the password, as the application writes it.
    pub password: String,
    /// When it was made, in seconds since 1970 (UTC).
    pub created_at: i64,
    /// When it was closed; 0 for never.
    pub disabled_at: i64,
}

impl Account {
    /// Whether it can be signed in to with a password.
    pub fn has_password(&self) -> bool {
        self.password != NO_PASSWORD
    }
}

/// A link by which somebody makes an account, or a new password for one: it works once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation<'a> {
    /// The hash of its secret.
    pub token: &'a str,
    /// The account that gets a new password; 0 for a new account.
    pub account: u32,
    /// The role of a new account.
    pub role: &'a str,
    /// The account that made it; 0 for the server itself.
    pub made_by: u32,
    /// When it was made, in seconds since 1970 (UTC).
    pub made_at: i64,
    /// From when on it does not work any more.
    pub expires_at: i64,
}

/// How somebody will come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// With a password, of which this is the hash.
    Password(&'a str),
    /// As who they are to the office's own sign-in, of which this is the hash.
    Identity(&'a str),
}

/// What an invitation is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The hash of its secret.
    pub token: String,
    /// The account that gets a new password; 0 for a new account.
    pub account: u32,
    /// The role of a new account.
    pub role: String,
    /// The account that made it; 0 for the server itself.
    pub made_by: u32,
    /// From when on it does not work any more, in seconds since 1970 (UTC).
    pub expires_at: i64,
}

/// A browser that somebody signed in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The account; 0 for the recipient of a share.
    pub account: u32,
    /// The share whose recipient it is; 0 for an account.
    pub share: u32,
    /// When it began, in seconds since 1970 (UTC).
    pub made_at: i64,
    /// When it was used last, to some minutes.
    pub seen_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

/// A program that works in somebody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// Its number, from 1.
    pub number: u32,
    /// In whose name.
    pub account: u32,
    /// What it is called.
    pub name: String,
    /// What it may do, as the application spells it.
    pub scopes: String,
    /// When it was made, in seconds since 1970 (UTC).
    pub made_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// When it was revoked; 0 for never.
    pub revoked_at: i64,
}

/// Something that somebody did over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Act {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// Who did it; 0 for the server itself.
    pub account: u32,
    /// What was done, as the application spells it.
    pub what: String,
    /// To what.
    pub about: String,
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
}

impl Store {
    /// All accounts by their numbers, those too that are closed.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        let query = sqlx::query("SELECT * FROM accounts ORDER BY number");
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(account_from_row).collect()
    }

    /// The account with a number.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none.
    pub async fn account(&self, number: u32) -> Result<Account> {
        find_account(&mut *self.reader().await?, number).await
    }

    /// The account with a name, without regard to case.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn account_named(&self, name: &str) -> Result<Option<Account>> {
        // A NUL is in no name, and PostgreSQL does not even take it as a question.
        let folded = if name.contains('\0') { String::new() } else { name.trim().to_lowercase() };
        let query = sqlx::query("SELECT * FROM accounts WHERE folded = $1").bind(folded);
        let row = query.fetch_optional(&mut *self.reader().await?).await?;
        row.as_ref().map(account_from_row).transpose()
    }

    /// Keeps an invitation. One for an account takes the place of those before it.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn invite(&self, new: &Invitation<'_>) -> Result<()> {
        let mut tx = self.writer().await?;
        let query = sqlx::query("DELETE FROM invitations WHERE account = $1 AND account > 0");
        query.bind(i64::from(new.account)).execute(&mut *tx).await?;
        let sql = "INSERT INTO invitations (token, account, role, made_by, made_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(new.token)
            .bind(i64::from(new.account))
            .bind(new.role)
            .bind(i64::from(new.made_by))
            .bind(new.made_at)
            .bind(new.expires_at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// What an invitation is for, if it still works.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn invitation(&self, token: &str, now: i64) -> Result<Option<Invited>> {
        invitation(&mut *self.reader().await?, token, now).await
    }

    /// The invitations that still work, the newest first.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn invitations(&self, now: i64) -> Result<Vec<Invited>> {
        let query =
            sqlx::query("SELECT * FROM invitations WHERE expires_at > $1 ORDER BY made_at DESC, token");
        query.bind(now).fetch_all(&mut *self.reader().await?).await?.iter().map(invited_from_row).collect()
    }

    /// Ends an invitation: whether there was one with this hash of a secret.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn end_invitation(&self, token: &str) -> Result<bool> {
        check_text("the invitation", token)?;
        let mut tx = self.writer().await?;
        let query = sqlx::query("DELETE FROM invitations WHERE token = $1").bind(token);
        let is_ended = query.execute(&mut *tx).await?.rows_affected() == 1;
        tx.commit().await?;
        Ok(is_ended)
    }

    /// Uses an invitation up: makes the account, or gives it the new way in and ends its sessions. What the server itself invited to,
    /// as the first, ends with the first that is used.
    ///
    /// # Errors
    /// [`Error::Missing`] when the invitation works no more, [`Error::Conflict`] when the name is taken or the identity
    /// another account's, [`Error::Invalid`] when the name is none.
    pub async fn accept_invitation(
        &self,
        token: &str,
        name: &str,
        way: Way<'_>,
        now: i64,
    ) -> Result<Account> {
        let mut tx = self.writer().await?;
        let invited = invitation(&mut tx, token, now).await?;
        let invited = invited.ok_or_else(|| Error::missing("such invitation"))?;
        let sql = "DELETE FROM invitations WHERE token = $1 OR made_by = 0 OR (account = $2 AND account > 0)";
        sqlx::query(sql).bind(token).bind(i64::from(invited.account)).execute(&mut *tx).await?;
        let password = match way {
            Way::Password(password) => password,
            Way::Identity(_) => NO_PASSWORD,
        };
        let number = match invited.account {
            0 => insert_account(&mut tx, name, &invited.role, password, now).await?,
            // Whatever way in there was before is none any more: somebody else may have made it.
            number => {
                close_ways(&mut tx, number, now).await?;
                set_password(&mut tx, number, password).await?;
                number
            }
        };
        if let Way::Identity(identity) = way {
            tie(&mut tx, identity, number, now).await?;
        }
        let sql = "INSERT INTO arrivals (account, last_order) VALUES ($1, (SELECT COALESCE(MAX(number), 0) FROM orders)) \
                   ON CONFLICT (account) DO UPDATE SET last_order = excluded.last_order";
        sqlx::query(sql).bind(i64::from(number)).execute(&mut *tx).await?;
        let account = find_account(&mut tx, number).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// Whether whoever is behind an account had it before an order was asked for, and came in by no link since.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn arrived_before(&self, account: u32, order: u32) -> Result<bool> {
        let query = sqlx::query("SELECT account FROM arrivals WHERE account = $1 AND last_order >= $2");
        let later = query.bind(i64::from(account)).bind(i64::from(order));
        Ok(later.fetch_optional(&mut *self.reader().await?).await?.is_none())
    }

    /// Gives an account a new password and ends its sessions.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none.
    pub async fn set_password(&self, account: u32, password: &str) -> Result<()> {
        let mut tx = self.writer().await?;
        find_account(&mut tx, account).await?;
        set_password(&mut tx, account, password).await?;
        Ok(tx.commit().await?)
    }

    /// The account that somebody has who is this to the office's own sign-in.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn account_of(&self, identity: &str) -> Result<Option<Account>> {
        let sql =
            "SELECT a.* FROM accounts a JOIN identities i ON i.account = a.number WHERE i.identity = $1";
        let row = sqlx::query(sql).bind(identity).fetch_optional(&mut *self.reader().await?).await?;
        row.as_ref().map(account_from_row).transpose()
    }

    /// Since when an account is somebody to the office's own sign-in; `None` when it is nobody.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn tied_since(&self, account: u32) -> Result<Option<i64>> {
        let query = sqlx::query("SELECT tied_at FROM identities WHERE account = $1").bind(i64::from(account));
        let row = query.fetch_optional(&mut *self.reader().await?).await?;
        row.as_ref().map(|row| row.int("tied_at")).transpose()
    }

    /// Ties an account to who somebody is to the office's own sign-in, in the place of whom it was tied to before.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such account, [`Error::Conflict`] when the identity is another account's.
    pub async fn tie_identity(&self, identity: &str, account: u32, now: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        find_account(&mut tx, account).await?;
        tie(&mut tx, identity, account, now).await?;
        Ok(tx.commit().await?)
    }

    /// Gives an account another role, or closes it (`disabled_at`, 0 to open it again). Either ends its sessions and
    /// programs, and the invitations that it made or that are for it.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none, [`Error::Conflict`] when no open account would have the role `keep`.
    pub async fn set_account(&self, account: u32, role: &str, disabled_at: i64, keep: &str) -> Result<()> {
        check_name("the role", role)?;
        let mut tx = self.writer().await?;
        find_account(&mut tx, account).await?;
        sqlx::query("UPDATE accounts SET role = $2, disabled_at = $3 WHERE number = $1")
            .bind(i64::from(account))
            .bind(role)
            .bind(disabled_at)
            .execute(&mut *tx)
            .await?;
        let sql = "SELECT COUNT(*) AS left_over FROM accounts WHERE role = $1 AND disabled_at = 0";
        if sqlx::query(sql).bind(keep).fetch_one(&mut *tx).await?.int("left_over")? == 0 {
            let why = format!("nobody would be {keep} any more; give somebody else that role first");
            return Err(Error::conflict("the account", why));
        }
        end_sessions(&mut tx, account).await?;
        for sql in [
            "DELETE FROM tokens WHERE account = $1",
            "DELETE FROM invitations WHERE account = $1 OR made_by = $1",
        ] {
            sqlx::query(sql).bind(i64::from(account)).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Begins a session, and forgets those that ended.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn begin_session(
        &self,
        token: &str,
        session: (u32, u32),
        now: i64,
        expires_at: i64,
    ) -> Result<()> {
        let mut tx = self.writer().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now).execute(&mut *tx).await?;
        let sql = "INSERT INTO sessions (token, account, share, made_at, seen_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $4, $5)";
        sqlx::query(sql)
            .bind(token)
            .bind(i64::from(session.0))
            .bind(i64::from(session.1))
            .bind(now)
            .bind(expires_at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// A session, if it goes on.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn session(&self, token: &str, now: i64) -> Result<Option<Session>> {
        let query = sqlx::query("SELECT * FROM sessions WHERE token = $1 AND expires_at > $2");
        let row = query.bind(token).bind(now).fetch_optional(&mut *self.reader().await?).await?;
        row.as_ref().map(session_from_row).transpose()
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn touch_session(&self, token: &str, now: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        let query = sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token = $1");
        query.bind(token).bind(now).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The sessions of an account, the newest first.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn sessions(&self, account: u32, now: i64) -> Result<Vec<Session>> {
        let sql =
            "SELECT * FROM sessions WHERE account = $1 AND expires_at > $2 ORDER BY made_at DESC, token";
        let query = sqlx::query(sql).bind(i64::from(account)).bind(now);
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(session_from_row).collect()
    }

    /// Ends one session.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn end_session(&self, token: &str) -> Result<()> {
        let mut tx = self.writer().await?;
        sqlx::query("DELETE FROM sessions WHERE token = $1").bind(token).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of an account.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn end_sessions(&self, account: u32) -> Result<()> {
        let mut tx = self.writer().await?;
        end_sessions(&mut tx, account).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps a program's token by its hash. Returns its number.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is none.
    pub async fn add_token(&self, hash: &str, token: &Token) -> Result<u32> {
        check_name("the token's name", &token.name)?;
        check_text("the scopes", &token.scopes)?;
        let mut tx = self.writer().await?;
        let number = next(&mut tx, "SELECT COALESCE(MAX(number), 0) AS last FROM tokens").await?;
        let sql = "INSERT INTO tokens (token, number, account, name, scopes, made_at, expires_at, revoked_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, 0)";
        sqlx::query(sql)
            .bind(hash)
            .bind(number)
            .bind(i64::from(token.account))
            .bind(token.name.as_str())
            .bind(token.scopes.as_str())
            .bind(token.made_at)
            .bind(token.expires_at)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        u32::try_from(number).map_err(|_| Error::invalid("the token", "there are too many"))
    }

    /// A program's token, if it still works.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn token(&self, hash: &str, now: i64) -> Result<Option<Token>> {
        let sql = "SELECT * FROM tokens WHERE token = $1 AND expires_at > $2 AND revoked_at = 0";
        let query = sqlx::query(sql).bind(hash).bind(now);
        let row = query.fetch_optional(&mut *self.reader().await?).await?;
        row.as_ref().map(token_from_row).transpose()
    }

    /// The tokens of an account.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn tokens(&self, account: u32) -> Result<Vec<Token>> {
        let query = sqlx::query("SELECT * FROM tokens WHERE account = $1 ORDER BY number");
        let query = query.bind(i64::from(account));
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(token_from_row).collect()
    }

    /// Revokes a token of an account.
    ///
    /// # Errors
    /// [`Error::Missing`] when it has none of this number.
    pub async fn revoke_token(&self, account: u32, number: u32, now: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        let sql = "UPDATE tokens SET revoked_at = $3 WHERE account = $1 AND number = $2 AND revoked_at = 0";
        let query = sqlx::query(sql).bind(i64::from(account)).bind(i64::from(number)).bind(now);
        match query.execute(&mut *tx).await?.rows_affected() {
            0 => Err(Error::missing(format!("token {number} of this account"))),
            _ => Ok(tx.commit().await?),
        }
    }

    /// Records what somebody did.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is too long.
    pub async fn record_act(&self, account: u32, what: &str, about: &str, at: i64) -> Result<()> {
        check_name("the act", what)?;
        check_text("what it was about", about)?;
        let mut tx = self.writer().await?;
        let number = next(&mut tx, "SELECT COALESCE(MAX(number), 0) AS last FROM acts").await?;
        sqlx::query("INSERT INTO acts (number, account, what, about, at) VALUES ($1, $2, $3, $4, $5)")
            .bind(number)
            .bind(i64::from(account))
            .bind(what)
            .bind(about)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// What was done, the newest first: `limit` acts before the one of this number, or the last ones.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn acts(&self, before: Option<u64>, limit: u32) -> Result<Vec<Act>> {
        let before = to_int("the number", before.unwrap_or(i64::MAX as u64))?;
        let query = sqlx::query("SELECT * FROM acts WHERE number < $1 ORDER BY number DESC LIMIT $2");
        let query = query.bind(before).bind(i64::from(limit));
        query.fetch_all(&mut *self.reader().await?).await?.iter().map(act_from_row).collect()
    }
}

/// The number after the last one that a query finds.
pub(crate) async fn next(conn: &mut AnyConnection, sql: &'static str) -> Result<i64> {
    Ok(sqlx::query(sql).fetch_one(conn).await?.int("last")? + 1)
}

async fn invitation(conn: &mut AnyConnection, token: &str, now: i64) -> Result<Option<Invited>> {
    let query = sqlx::query("SELECT * FROM invitations WHERE token = $1 AND expires_at > $2");
    let row = query.bind(token).bind(now).fetch_optional(conn).await?;
    row.as_ref().map(invited_from_row).transpose()
}

fn invited_from_row(row: &AnyRow) -> Result<Invited> {
    Ok(Invited {
        token: row.text("token")?,
        account: row.count("account")?,
        role: row.text("role")?,
        made_by: row.count("made_by")?,
        expires_at: row.int("expires_at")?,
    })
}

async fn insert_account(
    conn: &mut AnyConnection,
    name: &str,
    role: &str,
    password: &str,
    now: i64,
) -> Result<u32> {
    let name = name.trim();
    check_name("the name", name)?;
    check_name("the role", role)?;
    check_text("the password's hash", password)?;
    let taken = sqlx::query("SELECT number FROM accounts WHERE folded = $1").bind(name.to_lowercase());
    if taken.fetch_optional(&mut *conn).await?.is_some() {
        return Err(Error::conflict("the account", format!("the name {name:?} is taken; choose another")));
    }
    let number = next(conn, "SELECT COALESCE(MAX(number), 0) AS last FROM accounts").await?;
    let sql = "INSERT INTO accounts (number, name, folded, role, password, created_at, disabled_at) \
               VALUES ($1, $2, $3, $4, $5, $6, 0)";
    sqlx::query(sql)
        .bind(number)
        .bind(name)
        .bind(name.to_lowercase())
        .bind(role)
        .bind(password)
        .bind(now)
        .execute(conn)
        .await?;
    u32::try_from(number).map_err(|_| Error::invalid("the account", "there are too many"))
}

/// Takes away every way into an account but its password.
async fn close_ways(conn: &mut AnyConnection, account: u32, now: i64) -> Result<()> {
    for sql in ["DELETE FROM identities WHERE account = $1", "DELETE FROM tokens WHERE account = $1"] {
        sqlx::query(sql).bind(i64::from(account)).execute(&mut *conn).await?;
    }
    let sql = "UPDATE passkeys SET removed_at = $2 WHERE account = $1 AND removed_at = 0";
    sqlx::query(sql).bind(i64::from(account)).bind(now).execute(&mut *conn).await?;
    Ok(())
}

async fn tie(conn: &mut AnyConnection, identity: &str, account: u32, now: i64) -> Result<()> {
    check_text("the identity", identity)?;
    let own = sqlx::query("SELECT account FROM identities WHERE identity = $1").bind(identity);
    if let Some(row) = own.fetch_optional(&mut *conn).await?
        && row.count::<u32>("account")? != account
    {
        return Err(Error::conflict("the account", "this person has another account here already"));
    }
    let query = sqlx::query("DELETE FROM identities WHERE account = $1").bind(i64::from(account));
    query.execute(&mut *conn).await?;
    let sql = "INSERT INTO identities (identity, account, tied_at) VALUES ($1, $2, $3)";
    sqlx::query(sql).bind(identity).bind(i64::from(account)).bind(now).execute(conn).await?;
    Ok(())
}

/// Whether a row of `identities` can be read.
pub(crate) fn check_arrival_row(row: &AnyRow) -> Result<()> {
    row.count::<u32>("account")?;
    row.count::<u32>("last_order")?;
    Ok(())
}

pub(crate) fn check_identity_row(row: &AnyRow) -> Result<()> {
    row.text("identity")?;
    row.count::<u32>("account")?;
    row.int("tied_at").map(drop)
}

async fn set_password(conn: &mut AnyConnection, account: u32, password: &str) -> Result<()> {
    check_text("the password's hash", password)?;
    let query = sqlx::query("UPDATE accounts SET password = $2 WHERE number = $1");
    query.bind(i64::from(account)).bind(password).execute(&mut *conn).await?;
    end_sessions(conn, account).await
}

async fn end_sessions(conn: &mut AnyConnection, account: u32) -> Result<()> {
    let query = sqlx::query("DELETE FROM sessions WHERE account = $1 AND account > 0");
    query.bind(i64::from(account)).execute(conn).await?;
    Ok(())
}

async fn find_account(conn: &mut AnyConnection, number: u32) -> Result<Account> {
    let query = sqlx::query("SELECT * FROM accounts WHERE number = $1").bind(i64::from(number));
    let row = query.fetch_optional(conn).await?;
    account_from_row(&row.ok_or_else(|| Error::missing(format!("account {number}")))?)
}

pub(crate) fn account_from_row(row: &AnyRow) -> Result<Account> {
    Ok(Account {
        number: row.count("number")?,
        name: row.text("name")?,
        role: row.text("role")?,
        password: row.text("password")?,
        created_at: row.int("created_at")?,
        disabled_at: row.int("disabled_at")?,
    })
}

fn session_from_row(row: &AnyRow) -> Result<Session> {
    Ok(Session {
        account: row.count("account")?,
        share: row.count("share")?,
        made_at: row.int("made_at")?,
        seen_at: row.int("seen_at")?,
        expires_at: row.int("expires_at")?,
    })
}

fn token_from_row(row: &AnyRow) -> Result<Token> {
    Ok(Token {
        number: row.count("number")?,
        account: row.count("account")?,
        name: row.text("name")?,
        scopes: row.text("scopes")?,
        made_at: row.int("made_at")?,
        expires_at: row.int("expires_at")?,
        revoked_at: row.int("revoked_at")?,
    })
}

pub(crate) fn act_from_row(row: &AnyRow) -> Result<Act> {
    Ok(Act {
        number: row.count("number")?,
        account: row.count("account")?,
        what: row.text("what")?,
        about: row.text("about")?,
        at: row.int("at")?,
    })
}

impl Token {
    /// A token to be kept.
    pub fn new(account: u32, name: &str, scopes: &str, made_at: i64, expires_at: i64) -> Token {
        let (name, scopes) = (name.to_owned(), scopes.to_owned());
        Token { number: 0, account, name, scopes, made_at, expires_at, revoked_at: 0 }
    }
}
