//! The accused person's own copy, held against what a bundle says of it.
//!
//! Nobody but its holder has the file that was delivered. Where it shows other variants than the codeword that the release
//! committed to, that codeword was never delivered, and the finding falls.

use super::commitments;
use super::shown::{WORDS_BESIDE, row, without_markup, words};
use super::{Accepted, Told};
use crate::bundle::{Bundle, NamedCopy, Parts};
use crate::merkle::sha256;
use crate::release::{OpenSite, Standing};

/// What a file shows of a named copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCopy {
    /// The copy.
    pub copy: String,
    /// Whether the file is the one that was delivered for it, by the log; `None` where the bundle does not say.
    pub is_delivered: Option<bool>,
    /// At how many read places the file shows what the bundle says that the copy holds.
    pub agree: usize,
    /// At how many it shows another variant.
    pub differ: usize,
    /// At how many nothing can be seen: in a file that is no text, or marked up too far.
    pub unseen: usize,
}

/// Holds a file against each named copy of a bundle. Texts, Markdown and HTML can be looked into; of other files the hash is
/// compared.
pub fn own_copy(bundle: &Bundle, file: &[u8]) -> Vec<OwnCopy> {
    let parts = &bundle.parts;
    let accepted = Accepted::default();
    // What the codewords are is what the release committed to, or nothing is said.
    let mut told = Told { claims: Default::default(), accepted: &accepted };
    if commitments::check(parts, &mut told).is_none() {
        return Vec::new();
    }
    let text = std::str::from_utf8(file).ok().filter(|text| !text.contains('\0'));
    let shown = text.map(|text| row(&words(&without_markup(text))));
    parts.named.iter().map(|named| compared(parts, named, file, shown.as_deref())).collect()
}

fn compared(parts: &Parts, named: &NamedCopy, file: &[u8], shown: Option<&str>) -> OwnCopy {
    let is_delivered = named.file.as_ref().map(|own| own.sha256 == sha256(&[file]));
    let mut own = OwnCopy { copy: named.copy.clone(), is_delivered, agree: 0, differ: 0, unseen: 0 };
    let place = (named.batch, named.leaf);
    let copy = parts.copies.iter().find(|copy| (copy.batch, copy.leaf) == place);
    let symbols = copy.map(|copy| copy.codeword.symbols.as_slice()).unwrap_or_default();
    for (site, symbol) in parts.sites.iter().zip(symbols) {
        let shows = |variant: usize| shown.is_some_and(|shown| stands(site, variant, shown));
        let other = (0..site.variants).any(|variant| variant != usize::from(*symbol) && shows(variant));
        match (shows(usize::from(*symbol)), other) {
            (true, false) => own.agree += 1,
            (false, true) => own.differ += 1,
            _ => own.unseen += 1,
        }
    }
    own
}

/// Whether a variant stands somewhere, with the words beside it.
fn stands(site: &OpenSite, variant: usize, shown: &str) -> bool {
    let pattern = |standing: &Standing| -> Option<String> {
        let (before, after) = (words(&standing.before), words(&standing.after));
        let before = &before[before.len().saturating_sub(WORDS_BESIDE)..];
        let after = &after[..after.len().min(WORDS_BESIDE)];
        let form = words(standing.forms.get(variant)?);
        let all = [before, &form, after].concat();
        // A wording alone may stand anywhere.
        (!before.is_empty() || !after.is_empty()).then(|| row(&all))
    };
    site.channel != "layout"
        && site.standings.iter().filter_map(pattern).any(|pattern| shown.contains(&pattern))
}
