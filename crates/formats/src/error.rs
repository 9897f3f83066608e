//! Why a file cannot be used, in words that say what to do.

/// Why a document, an exhibit or a roster cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing in it.
    #[error("the file is empty; give one with text")]
    Empty,
    /// There is no text in it.
    #[error("no text was found in it; give a document with text")]
    NoText,
    /// It is none of the formats that are known.
    #[error("this is {0}; text, Markdown, HTML, DOCX, ODT, EML and PDF can be used")]
    Unknown(&'static str),
    /// A known format that cannot be used, for a reason that has a name.
    #[error("this {format} cannot be used: {why}")]
    Refused {
        /// The format.
        format: &'static str,
        /// Why, and what to do.
        why: String,
    },
    /// A file that is broken.
    #[error("this {format} is damaged: {why}; get it again from where it came, or save it anew")]
    Damaged {
        /// The format.
        format: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A file that exceeds a limit.
    #[error("{what} exceeds the limit of {limit}; give a smaller part")]
    Limit {
        /// What exceeds it.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The bytes are no UTF-8.
    #[error(
        "byte {at} is not UTF-8 (the file may be Latin-1 or Windows-1252); save it as UTF-8 and try again"
    )]
    NotUtf8 {
        /// The first byte that is not.
        at: usize,
    },
    /// A roster with a line that cannot be used.
    #[error("line {line}: {why}")]
    Roster {
        /// The line, from 1.
        line: u64,
        /// What is wrong and what to do.
        why: String,
    },
    /// A marking that does not fit the document.
    #[error("the marking does not fit the document: {0}")]
    Marking(String),
    /// A visible line that cannot be written.
    #[error("the visible line cannot be written: {0}")]
    Visible(String),
    /// A template that is damaged or of a newer version.
    #[error("the template cannot be used: {0}")]
    Template(String),
}

impl Error {
    pub(crate) fn damaged(format: &'static str, why: impl Into<String>) -> Error {
        Error::Damaged { format, why: why.into() }
    }

    /// The same about a file that is called so.
    pub(crate) fn named(self, format: &'static str) -> Error {
        match self {
            Error::Damaged { why, .. } => Error::Damaged { format, why },
            Error::Refused { why, .. } => Error::Refused { format, why },
            other => other,
        }
    }

    pub(crate) fn refused(format: &'static str, why: impl Into<String>) -> Error {
        Error::Refused { format, why: why.into() }
    }
}
