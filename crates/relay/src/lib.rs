//! A submission server for mail in front of the office's own: one message to many becomes one marked message a recipient.
//!
//! A message comes in by a `session`, is judged by the [`policy`], sealed (`accept`), and lies in the [`queue`] before it is
//! acknowledged; `deliver` hands each recipient's copy to the office's own server (`upstream`), and `bounce` tells the sender
//! what could not be handed over. Nothing is lost when the process is killed; what may come twice is said in docs/relay.md.
//!
//! This crate sees no key and no codeword: `app::mail` makes the copies.

mod accept;
mod address;
mod bounce;
mod deliver;
mod figures;
pub mod fuzz;
mod listen;
pub mod policy;
pub mod queue;
mod reply;
mod serve;
mod session;
mod tls;
mod upstream;
mod users;
mod wire;

pub use serve::{Relay, serve};
pub use users::line_of as user_line;

/// Why the relay could not begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It was told something that cannot be or would be unsafe.
    #[error("{0}")]
    Refused(String),
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A use case failed.
    #[error(transparent)]
    App(#[from] tellmark_app::Error),
}

impl Error {
    pub(crate) fn refused(why: impl Into<String>) -> Error {
        Error::Refused(why.into())
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let what = what.into();
        move |source| Error::Io { what, source }
    }
}

/// The result of what the relay does.
pub type Result<T> = std::result::Result<T, Error>;

/// Milliseconds since 1970, UTC.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
