//! What a document can carry, before anything is sealed: the page of `plan --html`.

mod write;

use std::ops::Range;

use tellmark_core::Channel;

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
    /// The same for two who mix their copies.
    pub promise_of_two: Vec<String>,
    /// What is still needed to name a copy: one line each.
    pub needs: Vec<String>,
    /// What the paragraphs are held against, as in "one of 20 at 1e-3".
    pub held_against: String,
    /// The paragraphs, in order.
    pub paragraphs: Vec<Paragraph>,
    /// The pages of a PDF; none for a document without pages.
    pub pages: Vec<PageLine>,
    /// Passages that carry nothing.
    pub bare: Vec<Range<usize>>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

impl Page {
    /// Whether its words move and none is replaced: a PDF's wording is the same in every copy.
    fn moves(&self) -> bool {
        !self.pages.is_empty() && !self.sites.iter().any(|site| site.channel.is_text())
    }
}

/// A page of a PDF and what it carries.
#[derive(Debug, Clone, PartialEq)]
pub struct PageLine {
    /// Its number, from 1.
    pub page: u64,
    /// Its words.
    pub words: u64,
    /// Those that move.
    pub sites: u64,
    /// Its lines of text.
    pub lines: u64,
    /// For rosters of so many copies and bounds, how much of the page names a copy, in the caller's words.
    pub names: Vec<(u64, String, String)>,
}

/// A sentence and what it carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Bits.
    pub bits: f64,
    /// The same by channel.
    pub channels: Vec<(String, f64)>,
}

/// A paragraph, what it carries and what it lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Paragraph {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Its words.
    pub words: u64,
    /// Bits by channel.
    pub channels: Vec<(String, f64)>,
    /// The chance that a clean quotation of it names its copy.
    pub power: f64,
    /// So many more points would make that chance 0.9; `None` where no sensible number would.
    pub points_needed: Option<u64>,
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
    write::html(page)
}
