//! The text as a reader sees it, with the author's first variants in place.

use std::ops::Range;

use tellmark_core::{
    BlockKind, Channel, Marking, MarkingError, Occurrence, Prose, ReleaseId, Rendered, Site, SiteId,
};

use crate::author::Authored;

/// A block of the clean text.
#[derive(Debug, Clone)]
pub struct CleanBlock {
    /// Bytes of the clean text.
    pub range: Range<usize>,
    /// What it is.
    pub kind: BlockKind,
    /// Which alternative of the document it stands in.
    pub part: u16,
}

/// The clean text with its blocks and the way back.
#[derive(Debug)]
pub struct Clean<'a> {
    /// Where it comes from.
    pub prose: &'a Prose,
    rendered: Rendered,
    /// Bytes of the raw text that no copy shows differently, in order.
    locked: Vec<Range<usize>>,
    /// The blocks in which rules may look, code left out.
    pub blocks: Vec<CleanBlock>,
}

impl<'a> Clean<'a> {
    /// Puts the author's first variants in place.
    ///
    /// # Errors
    /// When the author's spans do not fit the text: a defect.
    pub fn new(prose: &'a Prose, authored: &Authored) -> Result<Clean<'a>, MarkingError> {
        let marking = author_marking(authored, ReleaseId([0; 8]));
        let rendered = marking.render(&prose.text, &marking.original())?;
        let blocks = prose.blocks.iter().filter(|block| block.kind != BlockKind::Code);
        let blocks = blocks
            .filter_map(|block| {
                let start = rendered.from_raw(block.range.start)?;
                let end = rendered.from_raw(block.range.end)?;
                Some(CleanBlock { range: start..end.max(start), kind: block.kind, part: block.part })
            })
            .collect();
        Ok(Clean { prose, rendered, locked: authored.locked.clone(), blocks })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.rendered.text
    }

    /// A range of the clean text as one of the raw text, where the author's marks do not touch it and it may be
    /// replaced as a whole.
    pub fn raw(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let places = &self.rendered.places;
        let next = places.partition_point(|place| place.range.end < range.start);
        if places.get(next).is_some_and(|place| place.range.start <= range.end) {
            return None;
        }
        let raw = self.rendered.to_raw(range.start)?..self.rendered.to_raw(range.end)?;
        let same = raw.start <= raw.end && self.prose.text.get(raw.clone()) == self.text().get(range.clone());
        let free = self.prose.is_markable(&raw) && !self.prose.has_seam_inside(&raw);
        let next = self.locked.partition_point(|locked| locked.end <= raw.start);
        let locked = self.locked.get(next).is_some_and(|locked| locked.start < raw.end.max(raw.start + 1));
        (same && free && !locked).then_some(raw)
    }

    /// A byte of the clean text in the raw text; inside an author's choice, the choice's end.
    pub fn to_raw(&self, byte: usize) -> usize {
        self.rendered.to_raw(byte).unwrap_or_else(|| {
            let next = self.rendered.copied.partition_point(|&(_, clean, _)| clean <= byte);
            self.rendered.copied.get(next).map_or(self.prose.text.len(), |&(raw, _, _)| raw)
        })
    }

    /// The author's places in the clean text.
    pub fn authored(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.rendered.places.iter().map(|place| place.range.clone())
    }
}

/// The author's choices as a marking.
pub fn author_marking(authored: &Authored, origin: ReleaseId) -> Marking {
    let choices = authored.choices.iter().enumerate();
    let sites = choices.map(|(index, choice)| Site {
        id: SiteId { origin, ordinal: index as u32 },
        channel: Channel::Author,
        rule: choice.rule.clone(),
        original: 0,
        occurrences: vec![Occurrence { span: choice.span.clone(), forms: choice.forms.clone() }],
    });
    Marking { sites: sites.collect(), fixed: authored.fixed.clone(), layout: None }
}
