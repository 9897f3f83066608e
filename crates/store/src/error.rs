//! What can go wrong, in words that say what to do.

use sqlx::error::{DatabaseError, ErrorKind};

use crate::Backend;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The url names neither a SQLite file nor a PostgreSQL database, or one that must not be used so.
    #[error("the ledger's address cannot be used: {0}")]
    Address(String),
    /// Nothing that is a ledger stands at the url.
    #[error("there is no ledger at {place}: {why}; make one with `tellmark init`, or name another vault")]
    NoLedger {
        /// The place, without a password.
        place: String,
        /// What was found instead.
        why: String,
    },
    /// A ledger stands there already.
    #[error("a ledger exists already at {place}; use it, or choose another place for the new one")]
    Exists {
        /// The place, without a password.
        place: String,
    },
    /// A later version of this software has written the ledger or the dump.
    #[error(
        "this {what} was made by a newer version (format {found}; this version reads up to {supported}); \
         install that version or a later one"
    )]
    Newer {
        /// `ledger` or `dump`.
        what: &'static str,
        /// The version found.
        found: i64,
        /// The latest version that this software reads.
        supported: i64,
    },
    /// Other commands kept the ledger locked for too long.
    #[error("the ledger is in use by another command that did not finish in time; try again in a moment")]
    Busy,
    /// The database's server gave no connection in time.
    #[error(
        "the ledger's database does not answer; see whether PostgreSQL runs, whether it can be reached from here, and whether it has \
         connections left, and try again"
    )]
    Silent,
    /// What is stored is not what was recorded.
    #[error("the ledger is damaged: {what}: {why}; restore a backup, and keep the damaged files for study")]
    Damaged {
        /// The record, blob or file.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A record that was asked for or referred to is not there.
    #[error("the ledger holds no {what}; list what it holds and check the name")]
    Missing {
        /// What was asked for.
        what: String,
    },
    /// What should be recorded contradicts what is recorded.
    #[error("{what}: {why}")]
    Conflict {
        /// What should have been recorded.
        what: String,
        /// What stands against it and what to do.
        why: String,
    },
    /// Others have recorded something since the caller looked.
    #[error(
        "{what} changed since it was looked at ({seen} were seen, {found} are there); read it again and repeat"
    )]
    Changed {
        /// What was numbered.
        what: String,
        /// How many the caller had seen.
        seen: u32,
        /// How many there are.
        found: u32,
    },
    /// A value that cannot be recorded.
    #[error("{what} cannot be recorded: {why}")]
    Invalid {
        /// The value.
        what: String,
        /// Why it is refused.
        why: String,
    },
    /// A dump that cannot be imported. Nothing of it was kept.
    #[error("the backup cannot be used: at byte {at}: {why}; nothing was changed; use another backup")]
    Dump {
        /// Where in the dump, in bytes.
        at: u64,
        /// What is wrong there.
        why: String,
    },
    /// Reading or writing a dump, or making the ledger's file, failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The database failed for a reason of its own: no disk space, no connection, no permission.
    #[error("the database refused: {0}; see whether it is reachable, writable and has space, and try again")]
    Database(#[source] sqlx::Error),
}

impl Error {
    /// Why no connection was given: a file is kept by somebody else, a server may be away.
    pub(crate) fn unconnected(backend: Backend, error: sqlx::Error) -> Error {
        match (backend, &error) {
            (Backend::Postgres, sqlx::Error::PoolTimedOut) => Error::Silent,
            _ => Error::from(error),
        }
    }

    pub(crate) fn damaged(what: impl Into<String>, why: impl Into<String>) -> Error {
        Error::Damaged { what: what.into(), why: why.into() }
    }

    pub(crate) fn missing(what: impl Into<String>) -> Error {
        Error::Missing { what: what.into() }
    }

    pub(crate) fn conflict(what: impl Into<String>, why: impl Into<String>) -> Error {
        Error::Conflict { what: what.into(), why: why.into() }
    }

    pub(crate) fn invalid(what: impl Into<String>, why: impl Into<String>) -> Error {
        Error::Invalid { what: what.into(), why: why.into() }
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        move |source| Error::Io { what: what.into(), source }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        match &error {
            sqlx::Error::PoolTimedOut => Error::Busy,
            sqlx::Error::Database(inner) => classify(inner.as_ref()).unwrap_or(Error::Database(error)),
            sqlx::Error::ColumnDecode { index, source } => {
                Error::damaged(format!("column {index}"), source.to_string())
            }
            sqlx::Error::Decode(source) => Error::damaged("a record", source.to_string()),
            _ => Error::Database(error),
        }
    }
}

fn classify(error: &dyn DatabaseError) -> Option<Error> {
    let message = error.message().to_owned();
    match error.kind() {
        ErrorKind::UniqueViolation => {
            return Some(Error::conflict(
                "the record",
                format!("one of its names is taken already ({message})"),
            ));
        }
        ErrorKind::ForeignKeyViolation => return Some(Error::missing(format!("such record ({message})"))),
        _ => {}
    }
    let code = error.code()?;
    match code.parse::<i64>() {
        // PostgreSQL's codes have five characters, SQLite's are small numbers with details above bit 8.
        Ok(number) if code.len() < 5 => classify_sqlite(number & 0xff, message),
        _ => classify_postgres(&code, message),
    }
}

fn classify_sqlite(primary: i64, message: String) -> Option<Error> {
    match primary {
        5 | 6 => Some(Error::Busy),
        11 | 26 => Some(Error::damaged("the database file", message)),
        _ => None,
    }
}

fn classify_postgres(code: &str, message: String) -> Option<Error> {
    match code {
        "55P03" | "40001" | "40P01" => Some(Error::Busy),
        // 25P02: an earlier statement of the transaction failed, which only a check goes on after.
        "XX001" | "XX002" | "25P02" => Some(Error::damaged("the database", message)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_gives_no_connection_is_no_command_that_holds_the_ledger() {
        let said = |backend| Error::unconnected(backend, sqlx::Error::PoolTimedOut).to_string();
        assert!(said(Backend::Postgres).contains("does not answer; see whether PostgreSQL runs"));
        assert!(said(Backend::Sqlite).contains("in use by another command"));
    }
}
