//! Articles as messages, from those who fetch to those who search (docs/formats/articles.md).

use serde::{Deserialize, Serialize};
use tellmark_core::Hash;
use tellmark_follow::{Article, Kind};
use zeroize::Zeroizing;

use super::search::Readable;

/// Version of the messages.
const VERSION: u32 = 1;
const TAG_BYTES: usize = 32;
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Characters that say why an article has no text.
const UNREAD_CHARS_MAX: usize = 4_000;

/// An article that came through the queue.
pub(super) struct Handed {
    pub source: u32,
    /// The source's address, as whoever fetched it knew it.
    pub followed: String,
    pub readable: Readable,
    /// When it was fetched, in seconds since 1970 (UTC).
    pub fetched_at: i64,
}

/// What a message says of an article.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u32,
    source: u32,
    followed: String,
    key: Hash,
    address: String,
    title: String,
    kind: Kind,
    note: Option<String>,
    fetched_at: i64,
    /// Bytes of the text that was read, which follows; nothing where there is none.
    text: Option<usize>,
    /// Why there is none.
    unread: String,
    has_fault: bool,
    /// Bytes as they were fetched, which follow then.
    page: usize,
}

/// Writes and reads messages: a tag of 32 bytes over all that follows, the head's length (32 bits, little-endian), the head in
/// JSON, the text, and the bytes as they were fetched.
pub(super) struct Frames(Zeroizing<[u8; 32]>);

impl Frames {
    /// Authenticated with this key.
    pub fn new(key: Zeroizing<[u8; 32]>) -> Frames {
        Frames(key)
    }

    /// An article of a source, its number and its address, as a message.
    pub fn write(&self, (source, followed): (u32, &str), readable: Readable, fetched_at: i64) -> Vec<u8> {
        let Readable { article, text, has_fault } = readable;
        let (text, unread) = match text {
            Ok(text) => (Some(text), String::new()),
            Err(why) => (None, why.chars().take(UNREAD_CHARS_MAX).collect()),
        };
        let head = Head {
            version: VERSION,
            source,
            followed: followed.to_owned(),
            key: article.key,
            address: article.address,
            title: article.title,
            kind: article.kind,
            note: article.note,
            fetched_at,
            text: text.as_ref().map(String::len),
            unread,
            has_fault,
            page: article.page.len(),
        };
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let text = text.unwrap_or_default();
        let mut frame = Vec::with_capacity(TAG_BYTES + 4 + head.len() + text.len() + article.page.len());
        frame.extend([0; TAG_BYTES]);
        frame.extend((head.len() as u32).to_le_bytes());
        frame.extend(head);
        frame.extend(text.as_bytes());
        frame.extend(article.page);
        let tag = blake3::keyed_hash(&self.0, &frame[TAG_BYTES..]);
        frame[..TAG_BYTES].copy_from_slice(tag.as_bytes());
        frame
    }

    /// What a message hands over.
    ///
    /// # Errors
    /// Why it can never be read, in words.
    pub fn read(&self, frame: &[u8]) -> std::result::Result<Handed, String> {
        let (tag, rest) = frame.split_first_chunk::<TAG_BYTES>().ok_or("it is cut short")?;
        // Compared in constant time.
        if blake3::keyed_hash(&self.0, rest) != blake3::Hash::from_bytes(*tag) {
            return Err("nobody who has this vault's key wrote it".into());
        }
        let damaged = || "it is damaged".to_owned();
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (head, rest) = rest.split_at_checked(length.min(HEAD_BYTES_MAX)).ok_or_else(damaged)?;
        let head: Head = serde_json::from_slice(head).map_err(|_| "another version wrote it".to_owned())?;
        if head.version != VERSION {
            return Err(format!("version {} wrote it; this one reads version {VERSION}", head.version));
        }
        let (text, page) = rest.split_at_checked(head.text.unwrap_or(0)).ok_or_else(damaged)?;
        if page.len() != head.page {
            return Err(damaged());
        }
        let text = std::str::from_utf8(text).map_err(|_| damaged())?;
        let article = Article {
            key: head.key,
            address: head.address,
            title: head.title,
            kind: head.kind,
            page: page.to_vec(),
            text: None,
            note: head.note,
        };
        let text = if head.text.is_some() { Ok(text.to_owned()) } else { Err(head.unread) };
        let readable = Readable { article, text, has_fault: head.has_fault };
        Ok(Handed { source: head.source, followed: head.followed, readable, fetched_at: head.fetched_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readable(text: std::result::Result<String, String>) -> Readable {
        let article = Article {
            key: Hash::of(b"key"),
            address: "https://paper.example/leak".into(),
            title: "„Leak“".into(),
            kind: Kind::Page,
            page: vec![0xff, 0, 1],
            text: None,
            note: Some("a note".into()),
        };
        Readable { article, text, has_fault: false }
    }

    #[test]
    fn what_is_handed_over_comes_out_as_it_went_in() {
        let frames = Frames(Zeroizing::new([7; 32]));
        for text in [Ok("Das Wort „Dam“.".to_owned()), Ok(String::new()), Err("it is locked".to_owned())]
        {
            let followed = (3, "https://paper.example/feed");
            let frame = frames.write(followed, readable(text.clone()), 1_780_000_000);
            let Ok(handed) = frames.read(&frame) else { panic!("it was written by the same key") };
            assert_eq!((handed.source, handed.followed.as_str()), (3, "https://paper.example/feed"));
            let expected = readable(text);
            assert_eq!(handed.readable.article, expected.article);
            assert_eq!((handed.readable.text, handed.fetched_at), (expected.text, 1_780_000_000));
        }
    }

    #[test]
    fn nothing_is_read_that_another_wrote_or_that_was_changed() {
        let frames = Frames(Zeroizing::new([7; 32]));
        let frame = frames.write((3, "feed"), readable(Ok("words".into())), 1_780_000_000);
        assert!(Frames(Zeroizing::new([8; 32])).read(&frame).is_err());
        for at in 0..frame.len() {
            let mut changed = frame.clone();
            changed[at] ^= 1;
            assert!(frames.read(&changed).is_err() && frames.read(&frame[..at]).is_err(), "{at}");
        }
    }
}
