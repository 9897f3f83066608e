//! Feeds: RSS, Atom and JSON Feed.

use feed_rs::model::Entry;
use url::Url;

use crate::charset::decode;
use crate::limits::ENTRIES_MAX;
use crate::page::visible_text;
use crate::web::Answer;
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

/// Whether an answer looks like a feed.
pub(crate) fn is_feed(answer: &Answer) -> bool {
    let head = decode(&answer.bytes[..answer.bytes.len().min(4096)], answer.charset.as_deref());
    let head = head.trim_start();
    let is_xml = ["<rss", "<feed", "<rdf:RDF"].iter().any(|root| head.contains(root))
        && (head.starts_with("<?xml")
            || head.starts_with("<rss")
            || head.starts_with("<feed")
            || head.starts_with("<rdf"));
    is_xml || (head.starts_with('{') && head.contains("jsonfeed.org"))
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
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
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
        .filter(|url| matches!(url.scheme(), "http" | "https"));
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
