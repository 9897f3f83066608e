//! The accused person's own copy, held against what a bundle says of it.
//!
//! Nobody but its holder has the file that was delivered. Where it shows other variants than the codeword that the release
//! committed to, that codeword was never delivered, and the finding falls. Nothing else binds files to codewords.

use super::commitments;
use super::shown::{WORDS_BESIDE, row, words};
use super::{Accepted, Told};
use crate::bundle::{Bundle, NamedCopy, Parts};
use crate::merkle::{Hash, sha256};
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

/// At so many places a file has to show a codeword.
const HELD_MIN: usize = 20;
/// For each place at which nothing can be seen, at so many it has to.
const HELD_TIMES: usize = 9;
/// Against so many named copies at most a file is held, those first whose file it is.
const SHOWN_MAX: usize = 64;

/// What holding a file against a copy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It is the delivered file, and shows the committed codeword.
    Shows,
    /// It is the delivered file, and shows another.
    ShowsAnother,
    /// It is the delivered file, and too little can be seen in it.
    Unseen,
    /// It is not known to be the delivered file.
    Other,
}

impl Held {
    /// By whether it is the delivered file, and at how many places it shows the committed codeword, another one, or nothing.
    pub fn of(is_delivered: Option<bool>, agree: usize, differ: usize, unseen: usize) -> Held {
        match is_delivered {
            Some(true) if differ > 0 => Held::ShowsAnother,
            Some(true) if agree >= HELD_MIN && agree >= HELD_TIMES * unseen => Held::Shows,
            Some(true) => Held::Unseen,
            _ => Held::Other,
        }
    }
}

impl OwnCopy {
    /// At so many places two files show the same for a reason.
    pub const MANY: usize = HELD_MIN;

    /// What it says.
    pub fn held(&self) -> Held {
        Held::of(self.is_delivered, self.agree, self.differ, self.unseen)
    }
}

/// Judges the claim from the copies that the verifier gave.
pub fn check(bundle: &Parts, told: &mut Told<'_>) {
    let files: Vec<(Hash, Option<String>)> =
        told.accepted.copies.iter().map(|file| (sha256(&[file]), text_of(file))).collect();
    if bundle.named.is_empty() {
        told.cannot(
            "holds",
            "none is named: that the copies hold what the release committed to, only their files show",
        );
    }
    for named in &bundle.named {
        let own = files.iter().filter(|(hash, _)| named.file.as_ref().is_some_and(|own| own.sha256 == *hash));
        let of: Vec<OwnCopy> =
            own.map(|(hash, shown)| compared(bundle, named, hash, shown.as_deref())).collect();
        let found = |held: Held| of.iter().find(|own| own.held() == held);
        match (found(Held::ShowsAnother), found(Held::Shows), found(Held::Unseen)) {
            (Some(own), _, _) => told.not(
                "holds",
                format!(
                    "the file that was delivered for copy {} shows another codeword at {} places: what leaked is not it",
                    named.copy, own.differ
                ),
            ),
            (None, Some(own), _) => {
                told.proven("holds", format!("copy {}, at {} of the read places", named.copy, own.agree));
            }
            (None, None, Some(own)) => told.cannot(
                "holds",
                format!(
                    "in the file that was delivered for copy {} {} places can be seen: where the original is enclosed, tellmark reread BUNDLE --copy FILE reads DOCX, ODT and PDF",
                    named.copy, own.agree
                ),
            ),
            (None, None, None) => told.cannot(
                "holds",
                format!(
                    "nobody gave the file that was delivered for copy {}: --copy FILE, or tellmark reread BUNDLE --copy FILE where it is no text",
                    named.copy
                ),
            ),
        }
    }
}

/// A named copy, with each read site and the variant that the release committed to there.
pub type NamedCodeword<'a> = (&'a NamedCopy, Vec<(&'a OpenSite, u8)>);

/// The named copies with their codewords at the read sites; none where these are not what the release committed to.
pub fn named_codewords(bundle: &Bundle) -> Option<Vec<NamedCodeword<'_>>> {
    let parts = &bundle.parts;
    let accepted = Accepted::default();
    let mut told = Told { claims: Default::default(), accepted: &accepted };
    commitments::check(parts, &mut told)?;
    Some(parts.named.iter().map(|named| (named, codeword(parts, named))).collect())
}

fn codeword<'a>(parts: &'a Parts, named: &NamedCopy) -> Vec<(&'a OpenSite, u8)> {
    let place = (named.batch, named.leaf);
    let copy = parts.copies.iter().find(|copy| (copy.batch, copy.leaf) == place);
    let symbols = copy.map(|copy| copy.codeword.symbols.as_slice()).unwrap_or_default();
    parts.sites.iter().zip(symbols.iter().copied()).collect()
}

/// Holds a file against each named copy of a bundle. Texts and Markdown without markup can be looked into; of other files the hash
/// is compared. Nothing where the codewords are not what the release committed to.
pub fn own_copy(bundle: &Bundle, file: &[u8]) -> Vec<OwnCopy> {
    let named = named_codewords(bundle).unwrap_or_default();
    let (hash, shown) = (sha256(&[file]), text_of(file));
    let is_own = |named: &NamedCopy| named.file.as_ref().is_some_and(|own| own.sha256 == hash);
    let (own, others): (Vec<_>, Vec<_>) =
        named.iter().map(|(named, _)| *named).partition(|named| is_own(named));
    let some = own.into_iter().chain(others).take(SHOWN_MAX);
    some.map(|named| compared(&bundle.parts, named, &hash, shown.as_deref())).collect()
}

/// The words of a file, where it is a text and nothing in it is hidden: what a reader sees of a page with markup a verifier of
/// texts does not know.
fn text_of(file: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(file).ok().filter(|text| !text.contains('\0') && !has_markup(text))?;
    Some(row(&words(text)))
}

/// Whether a text has a tag, a comment or a reference to a character, or what could be one.
fn has_markup(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_reference = |rest: &[u8]| {
        let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').take(32).count();
        name > 0 && rest.get(name) == Some(&b';')
    };
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'<' => bytes.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'!' | b'/' | b'?')),
        b'&' => is_reference(&bytes[at + 1..]),
        _ => false,
    })
}

fn compared(parts: &Parts, named: &NamedCopy, hash: &Hash, shown: Option<&str>) -> OwnCopy {
    let is_delivered = named.file.as_ref().map(|own| own.sha256 == *hash);
    let mut own = OwnCopy { copy: named.copy.clone(), is_delivered, agree: 0, differ: 0, unseen: 0 };
    for (site, symbol) in codeword(parts, named) {
        match shown.and_then(|shown| shows(site, usize::from(symbol), shown)) {
            Some(true) => own.agree += 1,
            Some(false) => own.differ += 1,
            None => own.unseen += 1,
        }
    }
    own
}

/// Whether a text shows a variant: at each place where the site stands that one and no other, with the words beside it. `false`
/// where it shows another one in its stead anywhere; `None` where that cannot be seen. One place alone does not do: an operator
/// could have given a site a second one, in words that all copies share.
fn shows(site: &OpenSite, variant: usize, shown: &str) -> Option<bool> {
    if site.channel == "layout" {
        return None;
    }
    let mut is_everywhere = true;
    for standing in &site.standings {
        let own = stands(standing, variant, shown);
        let other = (0..site.variants).any(|other| other != variant && stands(standing, other, shown));
        if other && !own {
            return Some(false);
        }
        is_everywhere &= own && !other;
    }
    is_everywhere.then_some(true)
}

/// Whether a form stands somewhere, with the words beside it. A wording alone may stand anywhere.
fn stands(standing: &Standing, variant: usize, shown: &str) -> bool {
    let (before, after) = (words(&standing.before), words(&standing.after));
    let before = &before[before.len().saturating_sub(WORDS_BESIDE)..];
    let after = &after[..after.len().min(WORDS_BESIDE)];
    let Some(form) = standing.forms.get(variant) else { return false };
    (!before.is_empty() || !after.is_empty()) && shown.contains(&row(&[before, &words(form), after].concat()))
}
