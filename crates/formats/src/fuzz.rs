//! One function for each parser of untrusted bytes, for the fuzzer and for a test that replays its corpus.

use tellmark_core::{Channel, Choices, Marking, Occurrence, ReleaseId, Site, SiteId};

use crate::{Document, Format, Template, read_exhibit, read_roster};

/// Parses a document, marks a word of it, and writes both copies.
pub fn document(format: Format, bytes: &[u8]) {
    let Ok(document) = Document::parse(format, bytes) else { return };
    let prose = document.prose();
    let word = |range: &std::ops::Range<usize>| {
        let body = &prose.text[range.clone()];
        let length = body.find(|c: char| !c.is_alphanumeric()).unwrap_or(body.len());
        range.start..range.start + length
    };
    let spans = prose
        .blocks
        .iter()
        .map(|block| word(&block.range))
        .filter(|span| !span.is_empty() && prose.is_markable(span));
    let sites = spans.take(5).enumerate().map(|(ordinal, span)| Site {
        id: SiteId { origin: ReleaseId([0; 8]), ordinal: ordinal as u32 },
        channel: Channel::Wording,
        rule: "fuzz".into(),
        original: 0,
        occurrences: vec![Occurrence {
            forms: vec![prose.text[span.clone()].into(), "<&> other".into()],
            span,
        }],
    });
    let marking = Marking { sites: sites.collect(), fixed: vec![] };
    let Ok(made) = document.template(&marking) else { return };
    for choice in [0, 1] {
        let mut copy = Vec::new();
        // Writing what was just made must work.
        assert!(made.write(&Choices(vec![choice; marking.sites.len()]), &mut copy).is_ok());
    }
    assert_eq!(Template::from_bytes(&made.to_bytes()), Ok(made));
}

/// Reads an exhibit.
pub fn exhibit(bytes: &[u8]) {
    let _ = read_exhibit("exhibit", bytes);
    let _ = read_exhibit("exhibit.eml", bytes);
}

/// Reads a roster.
pub fn roster(bytes: &[u8]) {
    let _ = read_roster(bytes);
}

/// Reads a template and writes a copy of it.
pub fn template(bytes: &[u8]) {
    if let Ok(template) = Template::from_bytes(bytes) {
        let _ = template.write(&Choices(vec![0; template.variants().len()]), &mut Vec::new());
    }
}
