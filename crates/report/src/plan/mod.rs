//! What a document can carry, before anything is sealed: the page of `plan --html`.

use std::ops::Range;

use tellmark_core::Channel;

use crate::html::{Column, Head, Html, document, table};
use crate::quantity::{bits, counted, grouped};

/// Rows of the table of places.
const SITES_MAX: usize = 2_000;

/// Everything that the page of a plan says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The document's file name.
    pub document: String,
    /// When the plan was made, as people write a date; may be empty.
    pub date: String,
    /// Words of the text.
    pub words: usize,
    /// Bits of all sites.
    pub bits: f64,
    /// Whether the text is a transcript whose spoken words stay.
    pub verbatim: bool,
    /// The raw text; all ranges below are bytes of it.
    pub text: String,
    /// The sentences, in order, with the bits that their own sites hold.
    pub sentences: Vec<Sentence>,
    /// The sites, in order of their first place.
    pub sites: Vec<Site>,
    /// What an excerpt would name: one line each, in the caller's words.
    pub promise: Vec<String>,
    /// Passages that carry nothing.
    pub bare: Vec<Range<usize>>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// A sentence and what it carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Bits.
    pub bits: f64,
}

/// A site of the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its channel.
    pub channel: Channel,
    /// The rule that made it.
    pub rule: String,
    /// Bytes of the text for each place at which it shows; at least one.
    pub places: Vec<Range<usize>>,
    /// The variants at the first place; an entry may be empty.
    pub variants: Vec<String>,
    /// Which of them the original shows.
    pub original: usize,
}

/// The page as one HTML document.
pub fn html(page: &Page) -> String {
    let words = grouped(page.words as u64);
    let head_bits = bits(page.bits);
    let facts = [("", page.document.as_str()), ("words", words.as_str()), ("bits", head_bits.as_str())];
    let head = Head { title: &format!("Plan: {}", page.document), kind: "Plan", facts: &facts };
    document(&head, |h| front(h, page), |h| rest(h, page))
}

fn front(h: &mut Html, page: &Page) {
    h.tag("h1", |h| _ = h.text("What ").value(&page.document).text(" can carry"));
    let sites = counted(page.sites.len() as u64, "place", "places");
    h.class("p", "lead", |h| {
        _ = h.text(&format!("{sites} at which copies can differ, {} bits together.", bits(page.bits)))
    });
    h.words("h2", "What an excerpt would name");
    h.tag("ul", |h| page.promise.iter().for_each(|line| _ = h.words("li", line)));
    h.class("p", "soft", |h| {
        _ = h.text("Worked out for a clean quotation with one place in twenty read wrongly, from one source.")
    });
    if page.verbatim {
        h.class("p", "warning", |h| _ = h.text("This is a transcript: every spoken word stays."));
    }
    page.notes.iter().for_each(|note| _ = h.class("p", "warning", |h| _ = h.text(note)));
    if !page.bare.is_empty() {
        h.words(
            "p",
            &format!(
                "{} nothing; they are not shaded below.",
                counted(page.bare.len() as u64, "passage carries", "passages carry")
            ),
        );
    }
}

fn rest(h: &mut Html, page: &Page) {
    h.words("h2", "The document by bits a sentence");
    h.class("div", "text", |h| {
        let mut from = 0;
        for sentence in &page.sentences {
            let (Some(before), Some(own)) =
                (page.text.get(from..sentence.range.start), page.text.get(sentence.range.clone()))
            else {
                continue;
            };
            h.text(before);
            let shade = match sentence.bits {
                b if b < 0.5 => "s0",
                b if b < 1.5 => "s1",
                b if b < 3.5 => "s2",
                b if b < 6.5 => "s3",
                _ => "s4",
            };
            h.el("span", &[("class", shade), ("title", &format!("{} bits", bits(sentence.bits)))], |h| {
                _ = h.text(own)
            });
            from = sentence.range.end;
        }
        h.text(page.text.get(from..).unwrap_or(""));
    });
    h.words("h2", "The places");
    let columns = [
        Column::words("channel"),
        Column::words("rule"),
        Column::words("variants, the original's first"),
        Column::number("at"),
    ];
    table(
        h,
        "Places at which copies differ",
        &columns,
        page.sites.iter().take(SITES_MAX),
        |h, site, column| match column {
            0 => _ = h.text(site.channel.name()),
            1 => _ = h.value(&site.rule),
            2 => variants(h, site),
            _ => _ = h.count(site.places.len() as u64),
        },
    );
}

fn variants(h: &mut Html, site: &Site) {
    let original = site.variants.get(site.original).into_iter();
    let others =
        site.variants.iter().enumerate().filter(|(index, _)| *index != site.original).map(|(_, text)| text);
    for (index, text) in original.chain(others).enumerate() {
        h.text(if index > 0 { " / " } else { "" }).value(if text.is_empty() { "∅" } else { text });
    }
}
