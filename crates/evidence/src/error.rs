//! What can be wrong with something that is to be read.

/// Why something cannot be read or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not what the specification says.
    #[error("{0}")]
    Format(String),
    /// A signature that does not hold.
    #[error("{0}")]
    Signature(String),
    /// What the tracer cannot work with.
    #[error("the tracer: {0}")]
    Tracer(#[from] tellmark_codes::Error),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Something that is not as it has to be.
    pub fn format(what: impl Into<String>) -> Error {
        Error::Format(what.into())
    }

    /// The same, with where it stands.
    pub fn within(self, place: &str) -> Error {
        match self {
            Error::Format(what) => Error::Format(format!("{place}: {what}")),
            Error::Signature(what) => Error::Signature(format!("{place}: {what}")),
            other => other,
        }
    }
}
