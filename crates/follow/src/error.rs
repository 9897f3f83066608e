//! Why a source could not be read, in words that say what to do.

/// Why a source, or one article of it, could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was given names no source.
    #[error("{said:?} is no source: {why}")]
    Source {
        /// What was given.
        said: String,
        /// What is wrong with it, and what can be given.
        why: String,
    },
    /// It belongs to a channel that is never followed.
    #[error("{what} is never followed: {because} (docs/follow.md says why)")]
    Never {
        /// The source, link or sender.
        what: String,
        /// The channel and its reason.
        because: String,
    },
    /// The host has an address of a private network, of this machine, or of a cloud's metadata service.
    #[error(
        "{host} is at {address}, which is no public address; if it is meant, add {host:?} to `allow` in follow.toml"
    )]
    Private {
        /// The host as it was named.
        host: String,
        /// The address that its name led to.
        address: String,
    },
    /// The site asks programs not to read this.
    #[error(
        "robots.txt of the site asks programs not to read {url}; ask its owner, or follow another address"
    )]
    Robots {
        /// The address.
        url: String,
    },
    /// The server answered with an error.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Seconds after which the server wants to be asked again, if it said so.
        retry_after: Option<u64>,
    },
    /// Redirects that lead nowhere.
    #[error("{url} redirects {why}; give the address at which it ends")]
    Redirects {
        /// The first address.
        url: String,
        /// `to itself`, or how often.
        why: String,
    },
    /// It exceeds a limit.
    #[error("{what} exceeds the limit of {limit}")]
    Limit {
        /// What exceeds it.
        what: String,
        /// The limit with its unit.
        limit: String,
    },
    /// The answer is not what it should be.
    #[error("{what}: {why}")]
    Malformed {
        /// What was read.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A server will not take what was sent, whenever it is sent.
    #[error("{what} was refused: {why}")]
    Refused {
        /// What was sent.
        what: String,
        /// What the server said.
        why: String,
    },
    /// The network, the server or the disk failed.
    #[error("{what}: {why}")]
    Io {
        /// What was read or sent.
        what: String,
        /// What happened.
        why: String,
    },
}

/// What this crate's functions return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether asking again will most likely end in the same way.
    pub fn is_lasting(&self) -> bool {
        match self {
            Error::Status { status, .. } => {
                (400..500).contains(status) && !matches!(status, 401 | 408 | 421 | 425 | 429)
            }
            Error::Io { .. } => false,
            _ => true,
        }
    }

    /// Whether a server refused this one thing for good, and may well take another.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Error::Refused { .. } | Error::Status { status: 400..500, .. }) && self.is_lasting()
    }

    /// Seconds after which the server wants to be asked again, if it said so.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Error::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn malformed(what: impl Into<String>, why: impl ToString) -> Error {
        Error::Malformed { what: what.into(), why: why.to_string() }
    }

    pub(crate) fn io(what: impl Into<String>, why: impl ToString) -> Error {
        Error::Io { what: what.into(), why: plainly(why.to_string()) }
    }

    pub(crate) fn limit(what: impl Into<String>, limit: impl Into<String>) -> Error {
        Error::Limit { what: what.into(), limit: limit.into() }
    }
}

/// What a library says of a certificate that is not believed, and what to do about it.
fn plainly(why: String) -> String {
    let Some((_, fault)) = why.split_once("invalid peer certificate: ") else { return why };
    let fault = match fault {
        "UnknownIssuer" => "nobody who is believed here vouches for it".into(),
        fault if fault.contains("CaUsedAsEndEntity") => "it vouches for itself".into(),
        fault if fault.starts_with("Expired") => "it has expired".into(),
        fault if fault.starts_with("NotValidForName") => "it is another host's".into(),
        fault => format!("the library says {fault}"),
    };
    format!(
        "its certificate is not believed: {fault}; one of your own authority goes into follow.toml, as `ca`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_spoken_of_plainly() {
        for (said, plain) in [
            ("invalid peer certificate: UnknownIssuer", "nobody who is believed here"),
            ("io: invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "vouches for itself"),
            ("invalid peer certificate: NotValidForNameContext { expected: X }", "another host's"),
            ("invalid peer certificate: BadSignature", "BadSignature"),
        ] {
            let error = Error::io("https://x.example/", said).to_string();
            assert!(error.contains(plain) && error.contains("`ca`"), "{error}");
        }
        assert_eq!(plainly("connection refused".into()), "connection refused");
    }
}
