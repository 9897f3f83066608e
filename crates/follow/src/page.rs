//! The article on a page of the web.

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
const DEPTH_MAX: usize = 400;
/// Characters from which the extractor's text counts as an article, and the share of the page's text that it has
/// to hold otherwise, in hundredths.
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
    let article = match is_deep(&html) {
        true => None,
        false => article(&html, url),
    };
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
    if is_deep(&html) {
        return Vec::new();
    }
    let document = dom_query::Document::from(html.as_str());
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
fn article(html: &str, url: &Url) -> Option<Reading> {
    let config =
        Config { text_mode: TextMode::Formatted, max_elements_to_parse: ELEMENTS_MAX, ..Config::default() };
    let mut readability = Readability::new(html, Some(url.as_str()), Some(config)).ok()?;
    let article = readability.parse().ok()?;
    Some(Reading { title: article.title.trim().to_owned(), text: article.text_content.trim().to_owned() })
}

/// Everything that a page or a piece of HTML shows.
pub(crate) fn visible_text(html: &str) -> String {
    if is_deep(html) {
        return without_tags(html);
    }
    let document = dom_query::Document::from(html);
    document.select("script, style, noscript, template, head").remove();
    document.formatted_text().trim().to_owned()
}

/// Whether elements are nested so deep that no person wrote them.
fn is_deep(html: &str) -> bool {
    let (mut depth, mut bytes) = (0usize, html.as_bytes().iter().peekable());
    while let Some(&byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'<', Some(b'/')) => depth = depth.saturating_sub(1),
            // An element that is never closed counts, too: paragraphs and list items close by the next one.
            (b'<', Some(b))
                if b.is_ascii_alphabetic() && !matches!(b, b'p' | b'P' | b'l' | b'L' | b'b' | b'B') =>
            {
                depth += 1;
            }
            _ => {}
        }
        if depth > DEPTH_MAX * 10 {
            return true;
        }
    }
    false
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
