//! Where a ledger is: a file or a server's database.

use std::fmt::Write as _;
use std::path::Path;

use sqlx::ConnectOptions as _;
use sqlx::any::AnyConnectOptions;

use crate::{Error, Result};

/// Which database holds a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// A file of this machine.
    Sqlite,
    /// A database of a PostgreSQL server.
    Postgres,
}

/// The url of a SQLite file.
///
/// ```
/// # use std::path::Path;
/// let url = tellmark_store::sqlite_url(Path::new("/tmp/my vault?/ledger.sqlite"))?;
/// assert_eq!(url, "sqlite:///tmp/my%20vault%3F/ledger.sqlite");
/// # Ok::<(), tellmark_store::Error>(())
/// ```
///
/// # Errors
/// [`Error::Address`] when the path is not UTF-8 or cannot be made absolute.
pub fn sqlite_url(path: &Path) -> Result<String> {
    let wrong = |why: &str| Error::Address(format!("{}: {why}", path.display()));
    let absolute = std::path::absolute(path).map_err(|error| wrong(&error.to_string()))?;
    let text = absolute.to_str().ok_or_else(|| wrong("the path is not UTF-8; choose another"))?;
    let mut url = String::from("sqlite://");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => url.push(char::from(byte)),
            _ => write!(url, "%{byte:02X}").map_err(|_| wrong("the path is too long"))?,
        }
    }
    Ok(url)
}

/// A url that was looked at.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub backend: Backend,
    pub options: AnyConnectOptions,
    /// For messages: without password and parameters.
    pub place: String,
}

impl Address {
    pub fn parse(url: &str) -> Result<Address> {
        let backend = backend_of(url)?;
        let options: AnyConnectOptions =
            url.parse().map_err(|error: sqlx::Error| Error::Address(error.to_string()))?;
        let parts = &options.database_url;
        let place = match backend {
            Backend::Sqlite => decoded(parts.path())?,
            Backend::Postgres => {
                format!("postgres://{}{}", parts.host_str().unwrap_or("localhost"), parts.path())
            }
        };
        match backend {
            Backend::Sqlite if place.contains(":memory:") || !place.starts_with('/') => {
                return Err(Error::Address("a SQLite ledger needs an absolute path, sqlite:///path".into()));
            }
            Backend::Postgres => refuse_clear_text(&options)?,
            Backend::Sqlite => {}
        }
        Ok(Address { backend, options: options.disable_statement_logging(), place })
    }
}

fn backend_of(url: &str) -> Result<Backend> {
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Backend::Sqlite),
        Some("postgres" | "postgresql") => Ok(Backend::Postgres),
        _ => Err(Error::Address("expected sqlite:///path or postgres://user@host/database".into())),
    }
}

/// A connection is not encrypted, so a server elsewhere is only used where its user says that this is meant.
fn refuse_clear_text(options: &AnyConnectOptions) -> Result<()> {
    let url = &options.database_url;
    let parameter = |wanted: &[&str]| {
        url.query_pairs()
            .filter(|(key, _)| wanted.contains(&&**key))
            .map(|(_, value)| value.into_owned())
            .last()
    };
    let host = parameter(&["host", "hostaddr"])
        .or_else(|| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| "localhost".into());
    let local = host.starts_with('/')
        || host.to_ascii_lowercase().starts_with("%2f")
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let meant = parameter(&["sslmode", "ssl-mode"]).as_deref() == Some("disable");
    if local || meant {
        return Ok(());
    }
    Err(Error::Address(format!(
        "the connection to {host} would not be encrypted; use a local socket or a tunnel to localhost, or say \
         that the network is trusted by adding ?sslmode=disable"
    )))
}

fn decoded(path: &str) -> Result<String> {
    let wrong = || Error::Address(format!("{path:?} is not a percent-encoded UTF-8 path"));
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(wrong)?;
        let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_apart() {
        let cases = [
            ("sqlite:///a/b%20c.sqlite", Some("/a/b c.sqlite")),
            ("postgres://me:secret@localhost/vault", Some("postgres://localhost/vault")),
            ("postgres://me@127.0.0.1:99/vault", Some("postgres://127.0.0.1/vault")),
            ("postgres://me@%2Frun%2Fpg/vault", Some("postgres://%2Frun%2Fpg/vault")),
            ("postgres:///vault?host=/run/pg", Some("postgres://localhost/vault")),
            ("postgres://db.example.org/vault?sslmode=disable", Some("postgres://db.example.org/vault")),
            ("postgres://db.example.org/vault", None),
            ("postgres://localhost/vault?host=db.example.org", None),
            ("postgres://db.example.org/vault?sslmode=prefer", None),
            ("mysql://localhost/vault", None),
            ("sqlite://:memory:", None),
            ("sqlite::memory:", None),
            ("sqlite://relative.sqlite", None),
            ("ledger.sqlite", None),
            ("", None),
        ];
        for (url, place) in cases {
            let found = Address::parse(url);
            assert_eq!(found.as_ref().ok().map(|a| a.place.as_str()), place, "{url}: {found:?}");
        }
    }
}
