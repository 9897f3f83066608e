//! A document: its text, and the way back from the text to its bytes.

use tellmark_core::{BlockKind, Layout, Marking, Prose, limits};

use crate::docx::DocxSource;
use crate::edit::{Edit, Map, View, edits_of};
use crate::eml::EmlSource;
use crate::odt::OdtSource;
use crate::pdf::PdfSource;
use crate::template::{Piece, Pieces, Template};
use crate::thread::{self, Trust};
use crate::visible::{Script, VisibleLine};
use crate::{Error, Format, address, decode, docx, eml, html, markdown, odt, pdf};

/// A parsed document.
#[derive(Debug, Clone)]
pub struct Document {
    prose: Prose,
    source: Source,
    notes: Vec<String>,
}

/// What a copy is made from.
#[derive(Debug, Clone)]
enum Source {
    /// One stretch of bytes.
    Flat {
        bytes: Vec<u8>,
        map: Map,
        escape: fn(&str) -> String,
        /// Where a visible line may stand.
        line: Place,
    },
    Docx(DocxSource),
    Odt(OdtSource),
    Eml(EmlSource),
    Pdf(Box<PdfSource>),
}

/// Where a visible line stands in a file that is one stretch of bytes.
#[derive(Debug, Clone)]
struct Place {
    at: usize,
    script: Script,
    around: [String; 2],
}

impl Place {
    /// A paragraph of its own behind everything, with the line ends that the file has.
    fn end(bytes: &[u8], script: Script) -> Place {
        let end = if bytes.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
        let gap = match bytes.last() {
            Some(b'\n' | b'\r') => end.to_owned(),
            _ => end.repeat(2),
        };
        Place { at: bytes.len(), script, around: [gap, end.to_owned()] }
    }

    fn pieces(&self, line: &VisibleLine) -> Result<Vec<Piece>, Error> {
        line.within(self.script, &self.around[0], &self.around[1])
    }
}

impl Document {
    /// Parses a document.
    ///
    /// # Errors
    /// When it is empty, damaged, too large, encrypted or not UTF-8, or has no text.
    pub fn parse(format: Format, bytes: &[u8]) -> Result<Document, Error> {
        let mut document = match format {
            Format::Text => {
                let (start, text) = decode::strict(bytes)?;
                let map = Map::identity(text.len(), start);
                let mut prose = plain(text);
                let history = thread::joined(thread::history(text, Trust::Text));
                thread::exclude(&mut prose, &history, BlockKind::Code);
                let notes = thread::note(text, &history).into_iter().collect();
                Document {
                    notes,
                    ..Document::flat(prose, bytes, map, str::to_owned, Place::end(bytes, Script::Plain))
                }
            }
            Format::Markdown => {
                let (start, text) = decode::strict(bytes)?;
                let map = Map::identity(text.len(), start);
                let place = Place::end(bytes, Script::Markdown);
                Document::flat(markdown::prose(text), bytes, map, str::to_owned, place)
            }
            Format::Html => {
                let (start, text) = decode::strict(bytes)?;
                let (prose, map) = html::prose(text, start)?;
                let is_ascii = text.is_ascii();
                let script = if is_ascii { Script::Ascii } else { Script::Xml };
                let at = start + html::end_of_body(text);
                let place = Place { at, script, around: ["<p>", "</p>\n"].map(str::to_owned) };
                Document::flat(prose, bytes, map, html::escape_for(is_ascii), place)
            }
            Format::Docx => {
                let (prose, source) = docx::parse(bytes)?;
                Document { notes: source.notes(), prose, source: Source::Docx(source) }
            }
            Format::Odt => {
                let (prose, source) = odt::parse(bytes)?;
                Document { notes: source.notes(), prose, source: Source::Odt(source) }
            }
            Format::Eml => {
                let (prose, source) = eml::parse(bytes)?;
                Document { notes: source.notes(), prose, source: Source::Eml(source) }
            }
            Format::Pdf => return Document::parse_pdf(bytes, false),
        };
        address::freeze_addresses(&mut document.prose);
        match document.prose.text.trim().is_empty() {
            true => Err(Error::NoText),
            false => Ok(document),
        }
    }

    /// Parses a PDF, and one with a signature too if told so: what is sealed breaks it.
    ///
    /// # Errors
    /// When it is damaged, too large, encrypted, an XFA form or signed, or has too few words that can move.
    pub fn parse_pdf(bytes: &[u8], accepts_signed: bool) -> Result<Document, Error> {
        if bytes.len() as u64 > limits::DOCUMENT_BYTES_MAX {
            return Err(Error::Limit { what: "the document", limit: limits::DOCUMENT_BYTES_MAX });
        }
        let (mut prose, source) = pdf::parse(bytes, accepts_signed)?;
        address::freeze_addresses(&mut prose);
        Ok(Document { notes: source.notes(), prose, source: Source::Pdf(Box::new(source)) })
    }

    fn flat(prose: Prose, bytes: &[u8], map: Map, escape: fn(&str) -> String, line: Place) -> Document {
        Document {
            prose,
            source: Source::Flat { bytes: bytes.to_vec(), map, escape, line },
            notes: Vec::new(),
        }
    }

    /// Where every word lies on its page, where the document has pages. No word has a site yet.
    pub fn layout(&self) -> Option<&Layout> {
        match &self.source {
            Source::Pdf(source) => Some(source.layout()),
            _ => None,
        }
    }

    /// For each word of the layout whether it can be moved by 0.15 points: an inner word of a line of three or more that is
    /// drawn once, with ink, along an edge of the page. Empty where there is no layout.
    pub fn movable(&self) -> &[bool] {
        match &self.source {
            Source::Pdf(source) => source.movable(),
            _ => &[],
        }
    }

    /// The same for another shift than the usual 0.15 points, in thousandths of a point: a word needs room for its
    /// own move and its neighbour's. Fewer words have room for more.
    pub fn movable_by(&self, shift: i32) -> Vec<bool> {
        match &self.source {
            Source::Pdf(source) => source.movable_by(shift),
            _ => Vec::new(),
        }
    }

    /// What a user should know of parts that carry no mark, in sentences: pages with hardly a word to move, comments and
    /// tracked changes that go to everybody, quoted history.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The text with what is known about it.
    pub fn prose(&self) -> &Prose {
        &self.prose
    }

    /// Everything that making the copies of a marking takes.
    ///
    /// # Errors
    /// [`Error::Marking`] when the marking is not one of this document's text.
    pub fn template(&self, marking: &Marking) -> Result<Template, Error> {
        self.template_with(marking, None)
    }

    /// The same for copies that each show a line of their own.
    ///
    /// # Errors
    /// [`Error::Marking`] when the marking is not one of this document's text, [`Error::Visible`] when there is no place for
    /// the line.
    pub fn template_with(&self, marking: &Marking, line: Option<&VisibleLine>) -> Result<Template, Error> {
        marking.validate(&self.prose.text).map_err(|e| Error::Marking(e.to_string()))?;
        let edits = edits_of(marking);
        let variants = marking.sites.iter().map(|site| site.variants() as u8).collect();
        let parts = match &self.source {
            Source::Flat { bytes, map, escape, line: place } => {
                let view = View { text: &self.prose.text, source: bytes, escape };
                let edits = through(map, &view, &edits)?;
                let pieces = match line {
                    Some(line) => Pieces::cut_around(bytes, &edits, place.at, place.pieces(line)?),
                    None => Pieces::cut(bytes, &edits),
                };
                vec![pieces.into()]
            }
            Source::Docx(source) => vec![source.part(&self.prose.text, &edits, line)?],
            Source::Odt(source) => vec![source.part(&self.prose.text, &edits, line)?],
            Source::Eml(_) if line.is_some() => {
                return Err(Error::Visible(
                    "a message has no place for it; put it into an attachment".into(),
                ));
            }
            Source::Eml(source) => source.parts(&self.prose.text, &edits)?,
            Source::Pdf(source) => vec![source.pieces(marking, line)?.into()],
        };
        Ok(Template::new(variants, parts))
    }
}

/// Plain text as prose, whatever its line ends: those of old Macs part paragraphs too.
pub fn plain(text: &str) -> Prose {
    let mut unified = text.as_bytes().to_vec();
    for at in 0..unified.len() {
        if unified[at] == b'\r' && unified.get(at + 1) != Some(&b'\n') {
            unified[at] = b'\n';
        }
    }
    match String::from_utf8(unified) {
        Ok(unified) => Prose { text: text.into(), ..Prose::plain(&unified) },
        Err(_) => Prose::plain(text),
    }
}

/// Edits of a text as edits of its source.
pub fn through(map: &Map, view: &View<'_>, edits: &[Edit]) -> Result<Vec<Edit>, Error> {
    map.apply(view, edits).ok_or_else(|| Error::Marking("a span has no place in the file".into()))
}
