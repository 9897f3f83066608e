//! Feeds: RSS, Atom and JSON Feed.

use feed_rs::model::Entry;
use quick_xml::events::Event;
use url::Url;

use crate::charset::decode;
use crate::limits::{ENTRIES_MAX, HEAD_BYTES_MAX};
use crate::page::visible_text;
use crate::web::{Answer, without_user};
use crate::{Error, Result};

/// One entry of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its page, if it has one.
    pub link: Option<Url>,
    /// What the feed calls it.
    pub id: String,
    /// When the feed says that it changed, or was published.
    pub state: String,
    pub title: String,
    /// What the feed itself says of it.
    pub text: String,
}

/// Whether an answer is a feed: by the root of its XML, whatever stands before it, or by the version that a JSON Feed
/// says, wherever it says it.
pub(crate) fn is_feed(answer: &Answer) -> bool {
    let head = &answer.bytes[..answer.bytes.len().min(HEAD_BYTES_MAX)];
    let head = decode(head, answer.charset.as_deref());
    match head.trim_start_matches(BLANK).starts_with('{') {
        true => is_json_feed(&decode(&answer.bytes, answer.charset.as_deref())),
        false => root_of(&head).is_some_and(|root| ["rss", "feed", "RDF"].contains(&&*root)),
    }
}

/// What may stand before a document.
const BLANK: [char; 5] = ['\u{feff}', ' ', '\t', '\r', '\n'];

/// The one thing that every JSON Feed says of itself.
#[derive(serde::Deserialize)]
struct Version {
    version: String,
}

fn is_json_feed(text: &str) -> bool {
    let said = match serde_json::from_str::<Version>(text.trim_start_matches(BLANK)) {
        Ok(own) => own.version,
        // Half a feed is an error, and no page: where it has begun, that is said.
        Err(_) => text[..text.floor_char_boundary(BEGINNING_BYTES)].to_owned(),
    };
    said.contains("jsonfeed.org")
}

/// Bytes in which what cannot be read as a whole may say what it is.
const BEGINNING_BYTES: usize = 4096;

/// The name of an XML document's first element, without a prefix.
pub(crate) fn root_of(text: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches(BLANK));
    loop {
        match reader.read_event().ok()? {
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
            Event::Text(text) if text.trim().is_empty() => {}
            Event::Start(start) | Event::Empty(start) => return Some(start.local_name().as_ref().to_owned()),
            _ => return None,
        }
    }
}

/// The entries of a feed, in its order.
///
/// # Errors
/// [`Error::Malformed`] for half a feed, or none.
pub(crate) fn read(answer: &Answer) -> Result<Vec<Item>> {
    let text = decode(&answer.bytes, answer.charset.as_deref());
    let parser =
        feed_rs::parser::Builder::new().base_uri(Some(answer.url.as_str())).sanitize_content(false).build();
    let feed = parser.parse(without_declaration(&text).as_bytes()).map_err(|error| {
        Error::malformed(answer.url.as_str(), format!("the feed cannot be read: {error}"))
    })?;
    if feed.entries.len() > ENTRIES_MAX {
        return Err(Error::limit(answer.url.as_str(), format!("{ENTRIES_MAX} entries")));
    }
    Ok(feed.entries.iter().map(|entry| item(entry, &answer.url)).collect())
}

/// The text is UTF-8 now, whatever its first line says.
fn without_declaration(text: &str) -> &str {
    let text = text.trim_start_matches(BLANK);
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    }
}

fn item(entry: &Entry, base: &Url) -> Item {
    let is_page = |link: &&feed_rs::model::Link| {
        link.rel.as_deref().is_none_or(|rel| rel == "alternate") && !link.href.is_empty()
    };
    let link = entry.links.iter().find(is_page).or(entry.links.first());
    let link = link
        .and_then(|link| base.join(&link.href).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(without_user);
    let title = entry.title.as_ref().map(|title| visible_text(&title.content)).unwrap_or_default();
    let texts = [
        entry.content.as_ref().and_then(|content| content.body.as_deref()),
        entry.summary.as_ref().map(|summary| summary.content.as_str()),
    ];
    let texts: Vec<String> =
        texts.into_iter().flatten().map(visible_text).filter(|text| !text.is_empty()).collect();
    let mut text = title.clone();
    for part in texts {
        // A summary is often the beginning of the content.
        if !text.contains(&part) {
            text = format!("{text}\n\n{part}");
        }
    }
    let state = entry.updated.or(entry.published).map(|at| at.timestamp().to_string()).unwrap_or_default();
    Item { link, id: entry.id.clone(), state, title, text: text.trim().into() }
}
