//! A writer of HTML and SVG that cannot write anything unescaped.
//!
//! Tags and attribute names are `&'static str`, so nothing that comes from a page can become one; elements
//! close themselves; everything else passes [`escape`].

mod document;
mod escape;
mod table;

pub(crate) use document::{Head, document};
pub(crate) use table::{Column, table};

use escape::{Context, escape};

/// Characters of one value (a name, a file name, a variant) that are shown.
const VALUE_CHARS_MAX: usize = 400;

/// Elements after which the source breaks its line, so that a person can read and compare it.
const BLOCKS: [&str; 38] = [
    "html",
    "head",
    "body",
    "title",
    "meta",
    "style",
    "header",
    "main",
    "footer",
    "nav",
    "section",
    "article",
    "div",
    "h1",
    "h2",
    "h3",
    "p",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "figure",
    "figcaption",
    "svg",
    "g",
    "desc",
    "aside",
    "form",
    "fieldset",
    "legend",
    "script",
];

/// Attributes of an element: static names, any values.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// HTML under construction.
#[derive(Debug, Default)]
pub(crate) struct Html {
    out: String,
}

impl Html {
    /// What was written.
    #[cfg(test)]
    pub(crate) fn into_string(self) -> String {
        self.out
    }

    /// Writes an element with what `inside` writes.
    pub(crate) fn el(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Html),
    ) -> &mut Html {
        self.open(tag, attributes);
        inside(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
        self.end_line(tag)
    }

    /// Writes an element without attributes.
    pub(crate) fn tag(&mut self, tag: &'static str, inside: impl FnOnce(&mut Html)) -> &mut Html {
        self.el(tag, &[], inside)
    }

    /// Writes an element of a class.
    pub(crate) fn class(
        &mut self,
        tag: &'static str,
        class: &'static str,
        inside: impl FnOnce(&mut Html),
    ) -> &mut Html {
        self.el(tag, &[("class", class)], inside)
    }

    /// Writes an element that holds nothing but words.
    pub(crate) fn words(&mut self, tag: &'static str, words: &str) -> &mut Html {
        self.tag(tag, |h| _ = h.text(words))
    }

    /// Writes an element that has no end tag.
    pub(crate) fn void(&mut self, tag: &'static str, attributes: Attributes<'_>) -> &mut Html {
        self.open(tag, attributes).end_line(tag)
    }

    /// Writes text. Invisible characters are shown by their code points.
    pub(crate) fn text(&mut self, text: &str) -> &mut Html {
        escape(&mut self.out, text, Context::Html);
        self
    }

    /// Writes text where only text may stand: in SVG, in the title.
    pub(crate) fn plain(&mut self, text: &str) -> &mut Html {
        escape(&mut self.out, text, Context::Plain);
        self
    }

    /// Writes a value that came from outside: on its own for the direction of writing, and clipped.
    pub(crate) fn value(&mut self, value: &str) -> &mut Html {
        self.clipped(value, VALUE_CHARS_MAX)
    }

    /// Writes a value of at most so many characters.
    pub(crate) fn clipped(&mut self, value: &str, chars_max: usize) -> &mut Html {
        let (shown, rest) = clip(value, chars_max);
        self.tag("bdi", |h| {
            h.text(shown);
            if rest {
                h.text("…");
            }
        })
    }

    /// The static style sheet: it is not escaped.
    fn style(&mut self, css: &'static str) {
        self.tag("style", |h| h.out.push_str(css));
    }

    /// A static script, not escaped either.
    fn script(&mut self, script: &'static str) {
        self.tag("script", |h| h.out.push_str(script));
    }

    fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) -> &mut Html {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(&mut self.out, value, Context::Plain);
            self.out.push('"');
        }
        self.out.push('>');
        self
    }

    fn end_line(&mut self, tag: &'static str) -> &mut Html {
        if BLOCKS.contains(&tag) {
            self.out.push('\n');
        }
        self
    }
}

/// The first characters of a text, and whether any are left out.
pub(crate) fn clip(text: &str, chars_max: usize) -> (&str, bool) {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_close_themselves_and_escape_what_they_hold() {
        let mut h = Html::default();
        h.el("a", &[("href", "#\"><b>")], |h| _ = h.text("<i>").value("a&b"));
        assert_eq!(h.out, "<a href=\"#&quot;&gt;&lt;b&gt;\">&lt;i&gt;<bdi>a&amp;b</bdi></a>");
    }

    #[test]
    fn values_are_clipped_at_characters() {
        let mut h = Html::default();
        h.clipped("ééé", 2).clipped("éé", 2);
        assert_eq!(h.out, "<bdi>éé…</bdi><bdi>éé</bdi>");
    }
}
