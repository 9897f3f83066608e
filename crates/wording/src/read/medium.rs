//! What an exhibit is able to show, and how faulty it is.

use tellmark_core::Alignment;

use super::costs::Noise;

/// What the way to the exhibit has lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Medium {
    /// No typographic mark is left: dashes, quotation marks and accents may be anybody's.
    pub ascii: bool,
    /// All letters are small, or all are capital.
    pub caseless: bool,
}

/// Judges an exhibit by its passages.
pub(super) fn judge(text: &str, alignment: &Alignment) -> (Medium, Noise) {
    let shown = || alignment.passages.iter().filter_map(|passage| text.get(passage.exhibit.clone()));
    let any = |test: fn(char) -> bool| shown().any(|text| text.chars().any(test));
    let medium = Medium {
        ascii: !any(is_typographic),
        caseless: !any(char::is_uppercase) || !any(char::is_lowercase),
    };
    (medium, noise(alignment))
}

/// Marks that a keyboard does not have.
fn is_typographic(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2018}'..='\u{201f}' | '\u{2026}' | '\u{ab}' | '\u{bb}')
}

fn noise(alignment: &Alignment) -> Noise {
    let pairs = || alignment.passages.iter().flat_map(|passage| &passage.pairs);
    let (all, inexact) = (pairs().count(), pairs().filter(|pair| !pair.exact).count());
    match inexact * 1000 / all.max(1) {
        0..15 => Noise::Clean,
        15..100 => Noise::Light,
        _ => Noise::Heavy,
    }
}
