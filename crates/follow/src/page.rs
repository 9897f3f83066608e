//! The article on a page of the web.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, Readability, TextMode};
use url::Url;

use crate::charset::decode;
use crate::cost::{self, DEPTH_MAX};
use crate::limits::{PAGE_BYTES_MAX, PICTURES_A_PAGE_MAX};
use crate::web::{Answer, without_user};
use crate::{Error, Result};

/// What a page says: its title and its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reading {
    pub title: String,
    pub text: String,
}

/// Elements that an extractor goes through; a page with more is read as a whole.
const ELEMENTS_MAX: usize = 20_000;
/// Words of a line beside the article from which it is more than a button or a menu's.
const BESIDE_WORDS_MIN: usize = 6;
/// Words of a run that two texts share.
const RUN_WORDS: usize = 5;
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
    let Some(document) = parsed(&html) else {
        return Ok(Reading { text: without_tags(&html), ..Reading::default() });
    };
    let article = article(&document, url);
    let shown = shown(&document);
    Ok(match article {
        Some(mut reading) if reading.text.chars().count() >= ARTICLE_CHARS_MIN => {
            let beside = beside(&reading.text, &shown);
            beside.iter().for_each(|line| reading.text.extend(["\n\n", line]));
            reading
        }
        other => Reading { title: other.map(|reading| reading.title).unwrap_or_default(), text: shown },
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
        let joined = address.and_then(|address| answer.url.join(address.trim()).ok());
        let Some(url) = joined.map(without_user) else { continue };
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

/// What the extractor takes for the article. It gets a copy of the page, for it changes what it gets.
fn article(document: &Document, url: &Url) -> Option<Reading> {
    if document.root().descendants_it().filter(NodeRef::is_element).nth(ELEMENTS_MAX).is_some() {
        return None;
    }
    let config = Config { text_mode: TextMode::Formatted, ..Config::default() };
    let copy = document.clone();
    let mut readability = Readability::with_document(copy, Some(url.as_str()), Some(config)).ok()?;
    let article = readability.parse().ok()?;
    Some(Reading { title: article.title.trim().to_owned(), text: article.text_content.trim().to_owned() })
}

/// What a page shows that its article does not hold: boxes beside it, readers' comments. Single words of menus are left out.
fn beside<'a>(article: &str, shown: &'a str) -> Vec<&'a str> {
    let hasher = RandomState::new();
    let runs = |text: &str| -> Vec<u64> {
        let words: Vec<&str> = text.split_whitespace().collect();
        words.windows(RUN_WORDS.min(words.len()).max(1)).map(|run| hasher.hash_one(run)).collect()
    };
    let mut known: HashSet<u64> = runs(article).into_iter().collect();
    let mut lines = Vec::new();
    for line in shown.lines().map(str::trim) {
        let runs = runs(line);
        let new = runs.iter().filter(|run| !known.contains(run)).count();
        if line.split_whitespace().nth(BESIDE_WORDS_MIN - 1).is_some() && 2 * new > runs.len() {
            lines.push(line);
        }
        known.extend(runs);
    }
    lines
}

/// Everything that a page or a piece of HTML shows, to those without scripts.
pub(crate) fn visible_text(html: &str) -> String {
    parsed(html).map_or_else(|| without_tags(html), |document| shown(&document))
}

/// The same of a page that is parsed; what is not shown is taken out of it.
fn shown(document: &Document) -> String {
    document.select("script, style, template, head").remove();
    document.formatted_text().trim().to_owned()
}

/// A page as it is parsed, unless that would take what no person's page takes.
fn parsed(html: &str) -> Option<Document> {
    if cost::is_too_much(html) {
        return None;
    }
    let document = Document::from(html);
    (depth_of(&document) <= DEPTH_MAX).then_some(document)
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
    fn what_hides_how_deep_it_is_is_found_out() {
        // What only seems to end at once is found out by what comes of it.
        let hidden = format!("<svg></svg><div><svg>{}", "<g a=' />'>".repeat(DEPTH_MAX + 1));
        assert!(!cost::is_too_much(&hidden) && parsed(&hidden).is_none());
    }

    #[test]
    fn what_takes_too_much_is_read_without_being_parsed() {
        let attributes: String = (0..1_000_000).map(|k| format!(" a{k}")).collect();
        let bodies: String = (0..400_000).map(|k| format!("<body a{k}>")).collect();
        let open: String = (0..3_000).map(|k| format!("<b id={k}>")).collect();
        for hostile in
            [format!("<p{attributes}>"), bodies, format!("<p>{open}</p>{}", "<p>x".repeat(1_000_000))]
        {
            assert!(hostile.len() < PAGE_BYTES_MAX);
            let html = format!("<html><body>{hostile}<p>secret words</p></body></html>");
            assert!(visible_text(&html).ends_with("secret words"));
        }
    }

    #[test]
    fn what_stands_beside_the_article_is_read_too() {
        let story =
            "The envoys agreed to reopen the sluices in early spring, and to say nothing of it until May.";
        let html = format!(
            "<html><head><title>At the dam</title></head><body><nav><a href=/>Home</a> <a href=/x>Weather</a></nav>\
             <article><h1>At the dam</h1>{}</article>\
             <aside><p>Leaked to us: the gauge at Velden bridge had fallen by eleven inches.</p></aside>\
             <noscript><p>Without scripts: the tolls for eel boats be halved until autumn.</p></noscript>\
             <section class=comments id=comments><div class=comment>A reader: an engineer from Quellin may inspect it.</div></section>\
             <!-- a remark that nobody is shown on the page --><script>var it = 'is not to be read either';</script>\
             </body></html>",
            format!("<p>{story}</p>").repeat(4)
        );
        let url = Url::parse("https://paper.example/story").unwrap();
        let text = read_html(html.as_bytes(), None, &url).unwrap().text;
        for shown in
            [story, "fallen by eleven inches", "eel boats be halved", "engineer from Quellin may inspect"]
        {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        assert_eq!(text.matches("Velden").count(), 1, "{text}");
        for hidden in ["nobody is shown", "to be read", "Weather"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
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
