//! A strict reader of our own markup: it knows the few tags and attributes that a page may have, and panics
//! at anything else.

const TAGS: &str = "html head body title meta style header main footer nav section article aside div h1 h2 h3 \
    p ul ol li dl dt dd table caption thead tbody tr th td figure figcaption a mark span strong em i q sup code \
    bdi svg g desc line rect circle text tspan";
const ATTRIBUTES: &str = "lang charset http-equiv content name class id href role tabindex aria-label \
    aria-labelledby aria-hidden scope dir title width height viewBox x y x1 x2 y1 y2 cx cy r dy text-anchor";

/// Reads a page and gives the text that a reader sees, without title, style and attributes.
///
/// # Panics
/// When a tag or an attribute is unknown, unquoted or unclosed, or an `href` leaves the page.
pub fn visible_text(html: &str) -> String {
    let mut rest = html.strip_prefix("<!DOCTYPE html>\n").expect("doctype");
    let mut open: Vec<&str> = Vec::new();
    let mut seen = String::new();
    while let Some(at) = rest.find('<') {
        let (text, tail) = rest.split_at(at);
        assert!(open.last() == Some(&"style") || !text.contains('>'), "a bare > in {text:?}");
        if !open.iter().any(|tag| ["style", "title"].contains(tag)) {
            seen.push_str(&unescaped(text));
        }
        let end = tail.find('>').expect("a tag is not closed");
        read_tag(&tail[1..end], &mut open);
        rest = &tail[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest:?}");
    seen
}

fn read_tag<'a>(tag: &'a str, open: &mut Vec<&'a str>) {
    if let Some(name) = tag.strip_prefix('/') {
        assert_eq!(open.pop(), Some(name), "closed out of order");
        return;
    }
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(TAGS.split_whitespace().any(|known| known == name), "unknown tag {name:?}");
    while !rest.is_empty() {
        let (attribute, tail) = rest.split_once("=\"").unwrap_or_else(|| panic!("no value in {rest:?}"));
        let (value, tail) = tail.split_once('"').expect("an attribute is not closed");
        assert!(ATTRIBUTES.split_whitespace().any(|known| known == attribute), "unknown {attribute:?}");
        assert!(attribute != "href" || value.starts_with('#'), "{value:?} leaves the page");
        rest = tail.trim_start();
    }
    if name != "meta" {
        open.push(name);
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
