//! From the text back to the bytes it came from.
//!
//! A [`Map`] knows for each stretch of text where it stands in the source. Edits of the text become edits of the
//! source, and where a source is itself the decoded form of another one (the HTML part of a message in
//! quoted-printable), edits pass through one map after the other.

use std::ops::Range;

use tellmark_core::{Marking, site::Edit as MarkEdit};

/// A stretch of text and where it stands in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Bytes of the text.
    pub text: Range<usize>,
    /// Bytes of the source. Of the same length as `text`: byte for byte; otherwise one unit, such as an entity.
    pub source: Range<usize>,
}

impl Chunk {
    fn is_identity(&self) -> bool {
        self.text.len() == self.source.len()
    }
}

/// Where every stretch of a text stands in its source, in the order of both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map {
    /// The chunks. Text between chunks (a line end between two blocks) is in no source.
    pub chunks: Vec<Chunk>,
}

/// A replacement at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Bytes that are replaced.
    pub span: Range<usize>,
    /// With what.
    pub what: What,
}

/// What stands at a place in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The same in every copy.
    Fixed(String),
    /// What the site's variant says.
    Site {
        /// Index of the site.
        site: u32,
        /// One a variant.
        forms: Vec<String>,
    },
}

impl What {
    /// The same with another text for each form.
    pub fn map(&self, f: impl Fn(&str) -> String) -> What {
        match self {
            What::Fixed(text) => What::Fixed(f(text)),
            What::Site { site, forms } => {
                What::Site { site: *site, forms: forms.iter().map(|s| f(s)).collect() }
            }
        }
    }

    /// The texts it may put.
    pub fn forms(&self) -> &[String] {
        match self {
            What::Fixed(text) => std::slice::from_ref(text),
            What::Site { forms, .. } => forms,
        }
    }
}

/// The edits of a marking, in the order of the text.
pub fn edits_of(marking: &Marking) -> Vec<Edit> {
    let edits = marking.edits().into_iter();
    edits
        .map(|edit| match edit {
            MarkEdit::Fixed(fixed) => {
                Edit { span: fixed.span.clone(), what: What::Fixed(fixed.text.clone()) }
            }
            MarkEdit::Site { site, at, .. } => Edit {
                span: at.span.clone(),
                what: What::Site { site: site as u32, forms: at.forms.clone() },
            },
        })
        .collect()
}

impl Map {
    /// A text that is its own source, from a byte on.
    pub fn identity(length: usize, from: usize) -> Map {
        Map { chunks: vec![Chunk { text: 0..length, source: from..from + length }] }
    }

    /// Appends a chunk; joins it to the last one where both are byte for byte and touch.
    pub fn push(&mut self, text: Range<usize>, source: Range<usize>) {
        let chunk = Chunk { text, source };
        if let Some(last) = self.chunks.last_mut()
            && last.is_identity()
            && chunk.is_identity()
            && last.text.end == chunk.text.start
            && last.source.end == chunk.source.start
        {
            last.text.end = chunk.text.end;
            last.source.end = chunk.source.end;
            return;
        }
        self.chunks.push(chunk);
    }

    /// Places in the text at which the source is not contiguous.
    pub fn seams(&self) -> Vec<usize> {
        let gaps = self.chunks.windows(2).filter(|pair| {
            pair[0].text.end == pair[1].text.start && pair[0].source.end != pair[1].source.start
        });
        gaps.map(|pair| pair[1].text.start).collect()
    }

    /// The pieces of source behind a span of text; for an empty span the place where it stands.
    fn sources(&self, span: &Range<usize>) -> Vec<Range<usize>> {
        if span.is_empty() {
            return self.place(span.start).into_iter().collect();
        }
        let first = self.chunks.partition_point(|chunk| chunk.text.end <= span.start);
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for chunk in self.chunks[first..].iter().take_while(|chunk| chunk.text.start < span.end) {
            let piece = match chunk.is_identity() {
                true => {
                    let from = span.start.max(chunk.text.start) - chunk.text.start;
                    let to = span.end.min(chunk.text.end) - chunk.text.start;
                    chunk.source.start + from..chunk.source.start + to
                }
                false => chunk.source.clone(),
            };
            match pieces.last_mut() {
                Some(last) if last.end == piece.start => last.end = piece.end,
                _ => pieces.push(piece),
            }
        }
        pieces
    }

    /// The place in the source of a place in the text: after what stands before it, where anything does.
    fn place(&self, at: usize) -> Option<Range<usize>> {
        let next = self.chunks.partition_point(|chunk| chunk.text.start < at);
        let before = next.checked_sub(1).map(|i| &self.chunks[i]).filter(|chunk| at <= chunk.text.end);
        let place = match (before, self.chunks.get(next)) {
            (Some(chunk), _) if chunk.is_identity() => chunk.source.start + at - chunk.text.start,
            (Some(chunk), _) => chunk.source.end,
            (None, Some(chunk)) if chunk.text.start == at => chunk.source.start,
            _ => return None,
        };
        Some(place..place)
    }

    /// Turns edits of a text into edits of its source, which `escape` writes. `None` when a span has no source.
    ///
    /// The new text goes where the span starts; what it covers elsewhere is deleted, and the markup between
    /// stays. A form that is what the text says already leaves the source as it is, references and all.
    pub fn apply(&self, view: &View<'_>, edits: &[Edit]) -> Option<Vec<Edit>> {
        let mut out: Vec<Edit> = Vec::with_capacity(edits.len());
        for edit in edits {
            let says = view.text.get(edit.span.clone())?;
            let pieces = self.sources(&edit.span);
            if pieces.is_empty() {
                return None;
            }
            for (index, span) in pieces.into_iter().enumerate() {
                let source = std::str::from_utf8(view.source.get(span.clone())?).ok()?;
                let what = edit.what.map(|form| match index {
                    _ if form == says => source.to_owned(),
                    0 => (view.escape)(form),
                    _ => String::new(),
                });
                out.push(Edit { span, what });
            }
        }
        let ordered = out.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
        ordered.then_some(out)
    }
}

/// A text and its source.
pub struct View<'a> {
    /// The text that the edits are of.
    pub text: &'a str,
    /// The bytes that the map leads to.
    pub source: &'a [u8],
    /// How a piece of text is written in the source.
    pub escape: &'a dyn Fn(&str) -> String,
}
