//! Sites, the choices made at them, and the text that results.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::{Layout, SiteId, limits};

/// The family a site belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Channel {
    /// A rule of the language found two wordings that mean the same.
    Wording,
    /// The author wrote `{a|b}`.
    Author,
    /// A habit of spelling or punctuation, one choice for the whole document.
    Style,
    /// A word's shift on the page.
    Layout,
    /// An authenticated mark in the file's metadata.
    Stamp,
}

impl Channel {
    /// Whether a variant replaces text. The others move words or write metadata, and leave every word as it is.
    pub fn is_text(self) -> bool {
        matches!(self, Channel::Wording | Channel::Author | Channel::Style)
    }

    /// The channel's name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Wording => "wording",
            Channel::Author => "author",
            Channel::Style => "style",
            Channel::Layout => "layout",
            Channel::Stamp => "stamp",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Channel {
    type Err = String;
    fn from_str(text: &str) -> Result<Channel, String> {
        [Channel::Wording, Channel::Author, Channel::Style, Channel::Layout, Channel::Stamp]
            .into_iter()
            .find(|channel| channel.name() == text)
            .ok_or_else(|| format!("{text:?} is no channel; use wording, author, style, layout or stamp"))
    }
}

/// One place in the text at which a site shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Occurrence {
    /// Bytes of the raw text that a variant replaces.
    pub span: Range<usize>,
    /// What each variant puts there, in the order of the site's variants. An entry may be empty.
    pub forms: Vec<String>,
}

/// A place with two or more variants that mean the same.
///
/// A wording or author site has one occurrence (one in each part of a multipart/alternative message), a
/// style site as many as the document shows. One variant is chosen for all of them. A layout site's span is the
/// word that moves and its forms are the shifts; a stamp site stands at the beginning. Neither replaces text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Site {
    /// Its name over all drafts that leave it unchanged.
    pub id: SiteId,
    /// Its family.
    pub channel: Channel,
    /// The rule that found it, for example `optional-that`.
    pub rule: String,
    /// The variant that the original shows.
    pub original: u8,
    /// Where it shows, in the order of the text; at least one.
    pub occurrences: Vec<Occurrence>,
}

impl Site {
    /// How many variants the site has.
    pub fn variants(&self) -> usize {
        self.occurrences.first().map_or(0, |occurrence| occurrence.forms.len())
    }
}

/// A range of the raw text that is replaced in every copy alike, for example the escape `\{` by `{`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fixed {
    /// Bytes of the raw text.
    pub span: Range<usize>,
    /// What stands there in every copy.
    pub text: String,
}

/// Everything that sealing does to a text.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Marking {
    /// The sites, ordered by their first occurrence.
    pub sites: Vec<Site>,
    /// The replacements that every copy gets.
    pub fixed: Vec<Fixed>,
    /// How the words lie on pages, where the document has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
}

/// One variant for each site of a marking, in the same order: a codeword as embedders see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Choices(pub Vec<u8>);

/// Why a marking does not fit its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkingError {
    /// A span lies outside the text or splits a character.
    #[error("a span {0:?} does not lie on characters of the text")]
    Span(Range<usize>),
    /// Two spans overlap.
    #[error("the spans {0:?} and {1:?} overlap")]
    Overlap(Range<usize>, Range<usize>),
    /// A site has too few or too many variants, or occurrences that disagree on their number.
    #[error("site {0} has {1} variants; 2 to 16 are allowed, at each of its occurrences the same number")]
    Variants(SiteId, usize),
    /// A site has two equal variants everywhere, or a variant that is too long.
    #[error("site {0} has two variants that are equal, or one that is too long")]
    Forms(SiteId),
    /// There are more sites than a release may have.
    #[error("{0} sites; at most {max} are allowed", max = limits::SITES_MAX)]
    TooMany(usize),
    /// A word on a page that does not exist, or moved by a site that is none of the layout.
    #[error("the word {0:?} lies on no page, or is moved by a site that moves no words")]
    Layout(Range<usize>),
    /// Choices of another marking.
    #[error("the choices are not of this marking: {0}")]
    Choices(String),
}

/// Where an occurrence stands in a rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Index of the site in the marking.
    pub site: usize,
    /// Index of the occurrence in the site.
    pub occurrence: usize,
    /// Bytes of the rendered text; empty where the variant is.
    pub range: Range<usize>,
}

/// A text with a variant at every site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The occurrences, in the order of the text.
    pub places: Vec<Place>,
    /// For every stretch of raw text that was copied: its start in the raw text, in the rendered text, and
    /// its length; in order.
    pub copied: Vec<(usize, usize, usize)>,
}

impl Rendered {
    /// The place in the raw text of a byte of the rendered text, where that byte was copied.
    pub fn to_raw(&self, byte: usize) -> Option<usize> {
        let next = self.copied.partition_point(|&(_, rendered, _)| rendered <= byte);
        let (raw, rendered, length) = *self.copied.get(next.checked_sub(1)?)?;
        (byte <= rendered + length).then_some(raw + byte - rendered)
    }

    /// The place in the rendered text of a byte of the raw text, where that byte was copied.
    pub fn from_raw(&self, byte: usize) -> Option<usize> {
        let next = self.copied.partition_point(|&(raw, _, _)| raw <= byte);
        let (raw, rendered, length) = *self.copied.get(next.checked_sub(1)?)?;
        (byte <= raw + length).then_some(rendered + byte - raw)
    }
}

/// One replacement of the raw text: which site and occurrence, or a fixed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit<'a> {
    /// An occurrence of a site.
    Site {
        /// Index of the site in the marking.
        site: usize,
        /// Index of the occurrence in the site.
        occurrence: usize,
        /// The occurrence.
        at: &'a Occurrence,
    },
    /// A replacement that every copy gets.
    Fixed(&'a Fixed),
}

impl Edit<'_> {
    /// Bytes of the raw text that are replaced.
    pub fn span(&self) -> Range<usize> {
        match self {
            Edit::Site { at, .. } => at.span.clone(),
            Edit::Fixed(fixed) => fixed.span.clone(),
        }
    }
}

impl Marking {
    /// All replacements in the order of the text. Empty spans at one place keep the order of the sites.
    pub fn edits(&self) -> Vec<Edit<'_>> {
        let replacing = self.sites.iter().enumerate().filter(|(_, site)| site.channel.is_text());
        let sites = replacing.flat_map(|(site, s)| {
            s.occurrences.iter().enumerate().map(move |(occurrence, at)| Edit::Site { site, occurrence, at })
        });
        let mut edits: Vec<_> = sites.chain(self.fixed.iter().map(Edit::Fixed)).collect();
        edits.sort_by_key(|edit| (edit.span().start, edit.span().end));
        edits
    }

    /// The same without the sites that replace no text: what a reader of text reads.
    pub fn text_only(&self) -> Marking {
        let sites = self.sites.iter().filter(|site| site.channel.is_text()).cloned().collect();
        Marking { sites, fixed: self.fixed.clone(), layout: None }
    }

    /// Checks that the marking fits a text: spans on characters, no overlap, 2 to 16 variants that differ.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn validate(&self, text: &str) -> Result<(), MarkingError> {
        if self.sites.len() > limits::SITES_MAX {
            return Err(MarkingError::TooMany(self.sites.len()));
        }
        for site in &self.sites {
            let q = site.variants();
            let fits = |o: &Occurrence| o.forms.len() == q;
            if !(2..=limits::VARIANTS_MAX).contains(&q)
                || usize::from(site.original) >= q
                || !site.occurrences.iter().all(fits)
            {
                return Err(MarkingError::Variants(site.id, q));
            }
            let long = |o: &Occurrence| o.forms.iter().any(|f| f.len() > limits::VARIANT_BYTES_MAX);
            let alike = |a: usize, b: usize| site.occurrences.iter().all(|o| o.forms[a] == o.forms[b]);
            if site.occurrences.iter().any(long) || (1..q).any(|b| (0..b).any(|a| alike(a, b))) {
                return Err(MarkingError::Forms(site.id));
            }
        }
        let mut last: Option<Range<usize>> = None;
        for edit in self.edits() {
            let span = edit.span();
            if text.get(span.clone()).is_none() {
                return Err(MarkingError::Span(span));
            }
            if let Some(last) = last.filter(|last| span.start < last.end || *last == span) {
                return Err(MarkingError::Overlap(last, span));
            }
            last = Some(span);
        }
        let still = self.sites.iter().filter(|site| !site.channel.is_text());
        let mut spans = still.flat_map(|site| &site.occurrences).map(|at| &at.span);
        if let Some(span) = spans.find(|span| text.get((*span).clone()).is_none()) {
            return Err(MarkingError::Span(span.clone()));
        }
        self.layout.as_ref().map_or(Ok(()), |layout| self.validate_layout(layout, text))
    }

    fn validate_layout(&self, layout: &Layout, text: &str) -> Result<(), MarkingError> {
        for word in &layout.words {
            if text.get(word.span.clone()).is_none() {
                return Err(MarkingError::Span(word.span.clone()));
            }
            let moved = word.site.map(|site| self.sites.get(site as usize));
            let fits = moved.is_none_or(|site| site.is_some_and(|site| site.channel == Channel::Layout));
            if !fits || layout.pages.get(word.page as usize).is_none() {
                return Err(MarkingError::Layout(word.span.clone()));
            }
        }
        Ok(())
    }

    /// The choices that give the original's reading.
    pub fn original(&self) -> Choices {
        Choices(self.sites.iter().map(|site| site.original).collect())
    }

    /// The text of the copy that has these choices.
    ///
    /// # Errors
    /// [`MarkingError::Choices`] when they are not one valid variant a site, [`MarkingError::Span`] when the
    /// text is not the one that was marked.
    pub fn render(&self, text: &str, choices: &Choices) -> Result<Rendered, MarkingError> {
        self.check_choices(choices)?;
        let mut out = Rendered { text: String::with_capacity(text.len()), places: vec![], copied: vec![] };
        let mut from = 0;
        for edit in self.edits() {
            let span = edit.span();
            let before = text.get(from..span.start).ok_or_else(|| MarkingError::Span(span.clone()))?;
            out.copied.push((from, out.text.len(), before.len()));
            out.text.push_str(before);
            let start = out.text.len();
            match edit {
                Edit::Fixed(fixed) => out.text.push_str(&fixed.text),
                Edit::Site { site, occurrence, at } => {
                    out.text.push_str(&at.forms[usize::from(choices.0[site])]);
                    out.places.push(Place { site, occurrence, range: start..out.text.len() });
                }
            }
            from = span.end;
        }
        let rest = text.get(from..).ok_or(MarkingError::Span(from..from))?;
        out.copied.push((from, out.text.len(), rest.len()));
        out.text.push_str(rest);
        Ok(out)
    }

    /// Checks that there is one valid variant a site.
    ///
    /// # Errors
    /// [`MarkingError::Choices`] otherwise.
    pub fn check_choices(&self, choices: &Choices) -> Result<(), MarkingError> {
        if choices.0.len() != self.sites.len() {
            let why = format!("{} choices for {} sites", choices.0.len(), self.sites.len());
            return Err(MarkingError::Choices(why));
        }
        let wrong = self.sites.iter().zip(&choices.0).find(|(site, v)| usize::from(**v) >= site.variants());
        match wrong {
            None => Ok(()),
            Some((site, v)) => Err(MarkingError::Choices(format!("site {} has no variant {v}", site.id))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Along, Area, PageSize, PageWord, ReleaseId};

    fn site(ordinal: u32, spans: &[Range<usize>], forms: &[&str]) -> Site {
        let forms: Vec<String> = forms.iter().map(|f| f.to_string()).collect();
        Site {
            id: SiteId { origin: ReleaseId([0; 8]), ordinal },
            channel: Channel::Wording,
            rule: "test".into(),
            original: 0,
            occurrences: spans
                .iter()
                .map(|span| Occurrence { span: span.clone(), forms: forms.clone() })
                .collect(),
        }
    }

    #[test]
    fn renders_and_maps_both_ways() {
        let text = "aa {x|yy} bb \\{ x";
        let marking = Marking {
            sites: vec![site(0, &[3..9, 16..17], &["x", "yy"])],
            fixed: vec![Fixed { span: 13..15, text: "{".into() }],
            layout: None,
        };
        marking.validate(text).unwrap();
        let rendered = marking.render(text, &Choices(vec![1])).unwrap();
        assert_eq!(rendered.text, "aa yy bb { yy");
        assert_eq!(rendered.places.len(), 2);
        assert_eq!(rendered.to_raw(6), Some(10));
        assert_eq!(rendered.from_raw(10), Some(6));
        assert_eq!(rendered.from_raw(5), None);
    }

    #[test]
    fn sites_that_move_words_replace_no_text() {
        let text = "They met before noon.";
        let moved = Site { channel: Channel::Layout, ..site(0, &[5..8], &["-0.15", "+0.15"]) };
        let area = Area { left: 0, top: 0, right: 20_000, bottom: 10_000 };
        let word = PageWord { page: 0, line: 0, span: 5..8, area, along: Along::Right, site: Some(0) };
        let pages = vec![PageSize { width: 595_000, height: 842_000 }];
        let layout = Layout { shift: 150, pages, words: vec![word] };
        let marking = Marking { sites: vec![moved], fixed: vec![], layout: Some(layout) };
        marking.validate(text).unwrap();
        assert_eq!(marking.render(text, &Choices(vec![1])).unwrap().text, text);
        let mut wrong = marking.clone();
        wrong.layout.as_mut().unwrap().words[0].page = 1;
        assert!(matches!(wrong.validate(text), Err(MarkingError::Layout(_))));
        assert!(marking.validate("They").is_err());
    }

    #[test]
    fn markings_that_do_not_fit_are_refused() {
        let text = "abcdé";
        let good = site(0, &[0..1], &["a", "b"]);
        let cases = [
            (vec![good.clone(), site(1, &[0..2], &["a", "b"])], "overlap"),
            (vec![site(0, &[4..5], &["a", "b"])], "do not lie"),
            (vec![site(0, &[0..1], &["a"])], "variants"),
            (vec![site(0, &[0..1], &["a", "a"])], "equal"),
            (vec![site(0, &[], &["a"])], "variants"),
        ];
        for (sites, _) in cases {
            assert!(Marking { sites, fixed: vec![], layout: None }.validate(text).is_err());
        }
        let marking = Marking { sites: vec![good], fixed: vec![], layout: None };
        assert!(marking.validate(text).is_ok());
        assert!(marking.render(text, &Choices(vec![2])).is_err());
        assert!(marking.render(text, &Choices(vec![])).is_err());
        assert!(marking.render("", &Choices(vec![0])).is_err());
    }
}
