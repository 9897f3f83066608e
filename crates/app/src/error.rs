//! What can go wrong in a use case, said so that a person knows what to do.

use std::path::{Path, PathBuf};

/// Why a use case failed.
///
/// Whoever shows it decides on colours and exit codes by [`Error::is_input`]; the message says what, why and
/// what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something the user gave cannot be used.
    #[error("{0}")]
    Input(String),
    /// A file or folder could not be read or written.
    #[error("{action} {path}: {source}")]
    File {
        /// What was tried, for example "cannot read".
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A document, exhibit or roster could not be used.
    #[error("{name}: {source}")]
    Format {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        source: tellmark_formats::Error,
    },
    /// The author's variants or the rules could not be applied.
    #[error("{name}: {source}")]
    Wording {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        source: tellmark_wording::Error,
    },
    /// The ledger refused or failed.
    #[error(transparent)]
    Store(#[from] tellmark_store::Error),
    /// A source cannot be followed, or the configuration of following not be used.
    #[error(transparent)]
    Follow(#[from] tellmark_follow::Error),
    /// The key cannot be used.
    #[error("{0}")]
    Key(String),
    /// Somebody asked to stop. What was made stays, and the same again finishes it.
    #[error("stopped; what was made stays, and the same again finishes it")]
    Stopped,
    /// Something that this program wrote does not read back: damage, or a defect.
    #[error("the vault is damaged: {0}; restore it from a backup, and keep the damaged one")]
    Damaged(String),
    /// The tracer refused its input: a defect of this program.
    #[error("the tracer refused its input ({0}); please report this")]
    Codes(#[from] tellmark_codes::Error),
}

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether the user can mend it by giving something else: exit code 2, otherwise 3.
    pub fn is_input(&self) -> bool {
        match self {
            Error::Input(_) | Error::Format { .. } | Error::Wording { .. } | Error::Follow(_) => true,
            Error::File { source, .. } => {
                use std::io::ErrorKind as Kind;
                matches!(source.kind(), Kind::NotFound | Kind::IsADirectory | Kind::NotADirectory)
            }
            _ => false,
        }
    }

    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::File { action, path, source }
    }

    pub(crate) fn input(message: impl Into<String>) -> Error {
        Error::Input(message.into())
    }

    pub(crate) fn damaged(what: impl std::fmt::Display) -> Error {
        Error::Damaged(what.to_string())
    }
}
