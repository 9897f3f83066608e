//! What a source carries: articles, as they were fetched.

use tellmark_core::Hash;

/// One article of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Tells it, in this state, from all others of its source.
    pub key: Hash,
    /// Where it was: an address, a path, or a message's id.
    pub address: String,
    /// Its title, where it has one.
    pub title: String,
    /// What it was.
    pub kind: Kind,
    /// The bytes as they were fetched.
    pub page: Vec<u8>,
    /// Its text; nothing where it is a document that others must read ([`Kind::File`]).
    pub text: Option<String>,
    /// Why this is less than there was, for example because the page could not be read and the feed's own words
    /// are all there is.
    pub note: Option<String>,
}

/// What an article was fetched as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A page in HTML.
    Page,
    /// An entry of a feed, without its page: the whole feed.
    Entry,
    /// A message.
    Message,
    /// Plain text.
    Text,
    /// A file of another kind: PDF, DOCX, a picture.
    File,
}

impl Kind {
    /// Its name, as it is recorded.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Page => "page",
            Kind::Entry => "entry",
            Kind::Message => "message",
            Kind::Text => "text",
            Kind::File => "file",
        }
    }
}

/// The key of an article: what it is called, and what tells its states apart.
pub(crate) fn key(parts: &[&str]) -> Hash {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    Hash::of_fields("tellmark followed article v1", &parts)
}
