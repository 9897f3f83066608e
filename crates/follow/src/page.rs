//! The article on a page of the web.

use std::collections::BTreeMap;

use dom_query::Document;
use dom_smoothie::{Config, Readability, TextMode};
use url::Url;

use crate::charset::decode;
use crate::limits::{PAGE_BYTES_MAX, PICTURES_A_PAGE_MAX};
use crate::web::Answer;
use crate::{Error, Result};

/// What a page says: its title and its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reading {
    pub title: String,
    pub text: String,
}

/// Elements that an extractor goes through; a page with more is read as a whole.
const ELEMENTS_MAX: usize = 20_000;
/// Depth of nesting: what parses the page goes down by recursion.
const DEPTH_MAX: usize = 4_000;
/// Elements that hold no others, and those that end where the next begins: however many there are, none is deeper.
const FLAT: [&str; 17] = [
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "li", "link", "meta", "p", "param",
    "source", "track", "wbr",
];
/// Characters of an element's name that tell it from others.
const NAME_CHARS_MAX: usize = 40;
/// Characters from which the extractor's text counts as an article; where there are less, all that the page shows
/// is read.
const ARTICLE_CHARS_MIN: usize = 200;

/// The article of an answer that is a page.
///
/// # Errors
/// [`Error::Limit`] for one that is too large.
pub(crate) fn read(answer: &Answer) -> Result<Reading> {
    read_html(&answer.bytes, answer.charset.as_deref(), &answer.url)
}

/// The article of a page in bytes.
///
/// # Errors
/// [`Error::Limit`] for one that is too large.
pub(crate) fn read_html(bytes: &[u8], charset: Option<&str>, url: &Url) -> Result<Reading> {
    if bytes.len() > PAGE_BYTES_MAX {
        return Err(Error::limit(url.as_str(), format!("{} MiB of a page", PAGE_BYTES_MAX >> 20)));
    }
    let html = decode(bytes, charset);
    let article = parsed(&html).and_then(|document| article(document, url));
    Ok(match article {
        Some(reading) if reading.text.chars().count() >= ARTICLE_CHARS_MIN => reading,
        other => Reading {
            title: other.map(|reading| reading.title).unwrap_or_default(),
            text: visible_text(&html),
        },
    })
}

/// The pictures that a page shows, in its order, each once; icons and drawings in XML are left out, and so is what
/// stands in the page itself (`data:`).
pub(crate) fn pictures(answer: &Answer) -> Vec<Url> {
    if answer.bytes.len() > PAGE_BYTES_MAX {
        return Vec::new();
    }
    let html = decode(&answer.bytes, answer.charset.as_deref());
    let Some(document) = parsed(&html) else { return Vec::new() };
    let mut found: Vec<Url> = Vec::new();
    let shown = document.select("meta[property='og:image'], meta[name='twitter:image'], img");
    for element in shown.iter() {
        let attribute = |name: &str| element.attr(name).filter(|value| !value.trim().is_empty());
        let sizes = attribute("srcset").or(attribute("data-srcset"));
        let address = sizes.and_then(|sizes| largest(&sizes)).or_else(|| {
            ["data-src", "src", "content"].iter().find_map(|name| attribute(name)).map(Into::into)
        });
        let Some(url) = address.and_then(|address| answer.url.join(address.trim()).ok()) else { continue };
        let ending = url.path().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_drawing = ["svg", "gif", "ico"].contains(&ending.as_str());
        if matches!(url.scheme(), "http" | "https") && !is_drawing && !found.contains(&url) {
            found.push(url);
        }
        if found.len() >= PICTURES_A_PAGE_MAX {
            break;
        }
    }
    found
}

/// Of a picture in several sizes (`a.png 480w, b.png 2x`) the address of the largest.
fn largest(sizes: &str) -> Option<String> {
    let one = |size: &str| {
        let mut parts = size.split_whitespace();
        let address = parts.next()?.to_owned();
        let number = parts.next().and_then(|size| size.trim_end_matches(['w', 'x', 'h']).parse::<f64>().ok());
        Some((number.unwrap_or(1.0), address))
    };
    let all = sizes.split(", ").filter_map(one);
    all.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, address)| address.trim_end_matches(',').to_owned())
}

/// What the extractor takes for the article.
fn article(document: Document, url: &Url) -> Option<Reading> {
    let config =
        Config { text_mode: TextMode::Formatted, max_elements_to_parse: ELEMENTS_MAX, ..Config::default() };
    let mut readability = Readability::with_document(document, Some(url.as_str()), Some(config)).ok()?;
    let article = readability.parse().ok()?;
    Some(Reading { title: article.title.trim().to_owned(), text: article.text_content.trim().to_owned() })
}

/// Everything that a page or a piece of HTML shows.
pub(crate) fn visible_text(html: &str) -> String {
    let Some(document) = parsed(html) else { return without_tags(html) };
    document.select("script, style, noscript, template, head").remove();
    document.formatted_text().trim().to_owned()
}

/// A page as it is parsed, unless it is nested so deep that no person wrote it.
fn parsed(html: &str) -> Option<Document> {
    if is_deep(html) {
        return None;
    }
    let document = Document::from(html);
    (depth_of(&document) <= DEPTH_MAX).then_some(document)
}

/// Whether elements seem to be nested too deep: those that were begun, less those that were ended by their own name.
/// An end that ends nothing makes nothing less deep. To parse what is very deep takes very long.
fn is_deep(html: &str) -> bool {
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    let mut depth = 0usize;
    for tag in html.split('<').skip(1) {
        let (is_end, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        if !tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let name = tag.split(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).next();
        let name: String = name.unwrap_or_default().chars().take(NAME_CHARS_MAX).collect();
        let name = name.to_ascii_lowercase();
        // Only a drawing's elements can end where they begin.
        let is_drawn = open.contains_key("svg") || open.contains_key("math");
        let is_whole = is_drawn && tag.split('>').next().is_some_and(|tag| tag.ends_with('/'));
        match open.get_mut(&name) {
            _ if is_whole || FLAT.contains(&name.as_str()) => {}
            Some(1) if is_end => depth -= open.remove(&name).unwrap_or_default(),
            Some(count) if is_end => (*count, depth) = (*count - 1, depth - 1),
            None if is_end => {}
            Some(count) => (*count, depth) = (*count + 1, depth + 1),
            None => depth += open.insert(name, 1).map_or(1, |_| 1),
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

/// How deep a page is nested, counted without going down by recursion.
fn depth_of(document: &Document) -> usize {
    let (mut depth, mut deepest, mut node) = (0usize, 0, document.root());
    loop {
        deepest = deepest.max(depth);
        if let Some(child) = node.first_child() {
            (depth, node) = (depth + 1, child);
            continue;
        }
        while node.next_sibling().is_none() {
            let Some(parent) = node.parent() else { return deepest };
            (depth, node) = (depth.saturating_sub(1), parent);
        }
        let Some(next) = node.next_sibling() else { return deepest };
        node = next;
    }
}

/// The words between tags, for what cannot be parsed.
fn without_tags(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text));
    pieces.filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_by_what_is_open() {
        let many = |text: &str| text.repeat(DEPTH_MAX + 1);
        for deep in [
            "<div>",
            "<b>",
            "<LABEL class=x>",
            "<pre>",
            "<blockquote>",
            "<ul><li>",
            "<div></b>",
            "<div></p></>",
        ] {
            assert!(is_deep(&many(deep)), "{deep}");
        }
        // What only seems to end at once is found out by what comes of it.
        let hidden = format!("<svg></svg><div><svg>{}", many("<g a=' />'>"));
        assert!(!is_deep(&hidden) && parsed(&hidden).is_none());
        for flat in [
            "<p>",
            "<li>x",
            "<br>",
            "<link rel=x>",
            "<img/>",
            "<svg><path d=x /></svg>",
            "<div>a</div>",
            "<b>a</B >",
            "a < b",
            "<!-- x -->",
        ] {
            assert!(!is_deep(&many(flat)), "{flat}");
        }
    }

    #[test]
    fn what_is_as_deep_as_allowed_is_parsed() {
        for element in ["div", "blockquote", "label", "b"] {
            let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
            let html = format!("{}secret words{}", begin.repeat(DEPTH_MAX - 9), end.repeat(DEPTH_MAX - 9));
            assert!(parsed(&html).is_some_and(|document| depth_of(&document) >= DEPTH_MAX - 9));
            assert_eq!(visible_text(&html), "secret words", "{element}");
        }
    }

    #[test]
    fn pictures_are_found_in_their_largest_size_and_once() {
        let html = "<html><head><meta property='og:image' content='https://cdn.example/a.jpg'></head><body>\
            <img src='/b.png'><img src='x.gif' data-src='c.png'><img src='/b.png'><img src='icon.svg'>\
            <img src='small.png' srcset='s.png 480w, m.png?w=1,2 1200w, l.png 800w'>\
            <img src='data:image/png;base64,AAAA'><img><img src='javascript:1'></body></html>";
        let answer = Answer {
            url: Url::parse("https://paper.example/story/1").unwrap(),
            content_type: "text/html".into(),
            charset: None,
            validators: Default::default(),
            bytes: html.into(),
        };
        let found: Vec<String> = pictures(&answer).into_iter().map(String::from).collect();
        let wanted = [
            "https://cdn.example/a.jpg",
            "https://paper.example/b.png",
            "https://paper.example/story/c.png",
            "https://paper.example/story/m.png?w=1,2",
        ];
        assert_eq!(found, wanted);
        let many: String = (0..500).map(|k| format!("<img src='{k}.png'>")).collect();
        assert_eq!(pictures(&Answer { bytes: many.into(), ..answer }).len(), PICTURES_A_PAGE_MAX);
    }
}
