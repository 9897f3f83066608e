//! The frame of every page: policy, style sheet, letterhead.

use super::Html;

/// All pages share one style sheet. It is the only style that the policy lets a browser apply.
const STYLE: &str = include_str!("style.css");

/// The style sheet's SHA-256, which a test keeps true.
const STYLE_HASH: &str = "sha256-+5Cp0cUGARlCKFa0sHZvZiOuvjIcIBE2kO+e1q4z/3w=";

/// What stands above and around a page.
pub(crate) struct Head<'a> {
    /// The title of the window.
    pub(crate) title: &'a str,
    /// The kind of document, beside the mark: `Finding`.
    pub(crate) kind: &'static str,
    /// What is said at the right of the letterhead: pairs of a word and a value; empty values are left out.
    pub(crate) facts: &'a [(&'static str, &'a str)],
    /// Whether the page holds pictures: as data in itself, never from elsewhere.
    pub(crate) has_pictures: bool,
    /// The page's script, with its SHA-256 as a policy names it.
    pub(crate) script: Option<(&'static str, &'static str)>,
}

/// A whole document: `front` is its first page, `rest` what follows.
pub(crate) fn document(
    head: &Head<'_>,
    front: impl FnOnce(&mut Html),
    rest: impl FnOnce(&mut Html),
) -> String {
    let mut h = Html { out: String::from("<!DOCTYPE html>\n") };
    h.el("html", &[("lang", "en")], |h| {
        h.tag("head", |h| metadata(h, head));
        h.tag("body", |h| {
            letterhead(h, head);
            h.tag("main", |h| {
                h.class("div", "front", front);
                rest(h);
            });
            h.tag("footer", |h| {
                _ = h.words("p", "Made by Tellmark. This file holds all that it shows; it loads nothing.")
            });
            if let Some((script, _)) = head.script {
                h.script(script);
            }
        });
    });
    h.out
}

fn metadata(h: &mut Html, head: &Head<'_>) {
    let pictures = if head.has_pictures { " img-src data:;" } else { "" };
    let scripts = head.script.map_or_else(String::new, |(_, hash)| format!(" script-src '{hash}';"));
    let policy = format!(
        "default-src 'none';{pictures}{scripts} style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'"
    );
    h.void("meta", &[("charset", "utf-8")]);
    h.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
    h.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    h.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    h.void("meta", &[("name", "robots"), ("content", "noindex, noarchive")]);
    h.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    h.tag("title", |h| _ = h.plain(super::clip(head.title, 120).0));
    h.style(STYLE);
}

fn letterhead(h: &mut Html, head: &Head<'_>) {
    h.tag("header", |h| {
        h.class("p", "brand", |h| {
            mark(h);
            h.class("span", "name", |h| _ = h.text("Tellmark"));
            h.text(" ").class("span", "kind", |h| _ = h.text(head.kind));
        });
        h.class("p", "facts", |h| {
            for (word, value) in head.facts.iter().filter(|(_, value)| !value.is_empty()) {
                let gap = if word.is_empty() { "" } else { " " };
                h.tag("span", |h| _ = h.text(word).text(gap).clipped(value, 48)).text(" ");
            }
        });
    });
}

/// The mark: five strokes, one of which tells.
fn mark(h: &mut Html) {
    let frame = [("class", "mark"), ("viewBox", "0 0 26 20"), ("aria-hidden", "true")];
    h.el("svg", &frame, |h| {
        for (x, shift) in [("2", 0), ("7.5", 0), ("13", 0), ("18.5", 3), ("24", 0)] {
            let (top, bottom) = (format!("{}", 4 - shift), format!("{}", 18 - shift));
            let class = if shift == 0 { "rest" } else { "tell" };
            let line = [("class", class), ("x1", x), ("x2", x), ("y1", &top), ("y2", &bottom)];
            h.el("line", &line, |_| ());
        }
    });
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use sha2::Digest;

    use super::*;

    #[test]
    fn the_policy_names_the_style_sheet() {
        let digest = sha2::Sha256::digest(STYLE.as_bytes());
        let hash = base64::engine::general_purpose::STANDARD.encode(digest);
        assert_eq!(STYLE_HASH, format!("sha256-{hash}"), "write the right-hand side into STYLE_HASH");
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('\r'));
        assert!(!STYLE.contains("</"));
    }
}
