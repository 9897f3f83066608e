//! Use case: let a person decide about every site before a document is sealed.
//!
//! The decisions lie beside the document, in `FILE.sites.toml` (docs/formats/sites.md); what is rejected there is
//! remembered by rule and wording in the vault's `wording.toml`, for the next document.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tellmark_core::limits;
use tellmark_formats::{Document, Format};
use tellmark_wording::review::{BY_HAND, Decision, Rejection, Review};
pub use tellmark_wording::review::{Candidate, Quote, Stands, Verdict};

use crate::document::MarkOptions;
use crate::{Error, Result, files};

/// What the name of a review file ends in.
pub const ENDING: &str = ".sites.toml";
/// The vault's file of remembered rejections.
pub const REMEMBERED: &str = "wording.toml";
const VERSION: u32 = 1;
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Characters of a name that are compared and shown.
const NAME_CHARS_MAX: usize = 60;
/// Rejections that a vault remembers.
const REMEMBERED_MAX: usize = 10_000;

/// Where the review of a document is, unless somebody says otherwise.
pub fn beside(document: &Path) -> PathBuf {
    let mut name = document.as_os_str().to_owned();
    name.push(ENDING);
    name.into()
}

/// The bytes of a review, `None` where there is none: to see whether somebody else wrote to it.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    files::read_limited(path, FILE_BYTES_MAX).map(Some)
}

/// A document's review as it lies in its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewFile {
    /// The decisions and the locked passages.
    pub review: Review,
    /// Why each passage is locked.
    because: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default, rename = "document")]
    _document: Option<String>,
    #[serde(default)]
    site: Vec<WrittenSite>,
    #[serde(default)]
    lock: Vec<WrittenLock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSite {
    #[serde(default = "accept")]
    verdict: Verdict,
    #[serde(default = "by_hand")]
    rule: String,
    #[serde(default)]
    before: String,
    found: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    variants: Vec<String>,
    // Said for people only.
    #[serde(default, rename = "reason")]
    _reason: String,
    #[serde(default, rename = "line")]
    _line: u64,
    #[serde(default, rename = "places")]
    _places: u64,
    #[serde(default, rename = "second_look")]
    _second_look: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLock {
    passage: String,
    #[serde(default)]
    because: String,
}

fn accept() -> Verdict {
    Verdict::Accept
}

fn by_hand() -> String {
    BY_HAND.to_owned()
}

impl ReviewFile {
    /// Reads a review.
    ///
    /// # Errors
    /// When it cannot be read or understood whole.
    pub fn load(path: &Path) -> Result<ReviewFile> {
        let bytes = files::read_limited(path, FILE_BYTES_MAX)?;
        let wrong = |why: &dyn std::fmt::Display| {
            Error::input(format!("{}: {why} (docs/formats/sites.md says what it holds)", path.display()))
        };
        let text = String::from_utf8(bytes).map_err(|_| wrong(&"it is not UTF-8"))?;
        ReviewFile::parse(&text).map_err(|why| wrong(&why))
    }

    /// Reads the text of a review.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> std::result::Result<ReviewFile, String> {
        let written: Written =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        if written.version != VERSION {
            return Err(format!("version {} is not known; this tellmark knows {VERSION}", written.version));
        }
        if written.site.len() > limits::SITES_MAX || written.lock.len() > limits::SITES_MAX {
            return Err(format!("it has more than {} sites", limits::SITES_MAX));
        }
        let names = tellmark_wording::rules::names();
        let mut file = ReviewFile::default();
        for site in written.site {
            if names.binary_search(&site.rule.as_str()).is_err() {
                return Err(unknown_rule(&site.rule, &names));
            }
            let quote = Quote { before: site.before, found: site.found, after: site.after };
            let (verdict, rule, variants) = (site.verdict, site.rule, site.variants);
            file.review.sites.push(Decision { verdict, rule, quote, variants });
        }
        for lock in written.lock {
            file.review.locks.push(lock.passage);
            file.because.push(lock.because);
        }
        Ok(file)
    }

    /// The review with what each site of the document is now: what was decided stays, also of places that the document does not
    /// have now, and what is new is open.
    ///
    /// # Errors
    /// When the document cannot be used, or a decision not be carried out.
    pub fn over(&self, document: &Reviewed) -> Result<Vec<Candidate>> {
        document.candidates(&self.review)
    }

    /// The file as text.
    pub fn write(&self, document: &str, candidates: &[Candidate]) -> String {
        let mut out = format!(
            "# What was decided about the sites of {}. Each site: verdict is \"accept\" (copies may differ here), \"reject\"\n\
             # (not this wording, here and in later documents), \"leave\" (not here), or \"open\". Variants may be edited; what\n\
             # the document says (found) stays among them. A [[site]] with found and variants alone adds one; a [[lock]] with\n\
             # its passage keeps that equal in every copy. tellmark seal uses accepted sites only.\n\
             version = {VERSION}\ndocument = {}\n",
            one_line(document),
            quoted(document)
        );
        for (passage, because) in self.review.locks.iter().zip(&self.because) {
            let _ = write!(out, "\n[[lock]]\npassage = {}\n", quoted(passage));
            if !because.is_empty() {
                let _ = writeln!(out, "because = {}", quoted(because));
            }
        }
        for candidate in candidates {
            out.push_str(&entry(candidate));
        }
        out
    }
}

/// Says that there is no such rule, and which one may be meant.
fn unknown_rule(rule: &str, names: &[&str]) -> String {
    let shown: String = rule.chars().take(NAME_CHARS_MAX).collect();
    let lower = shown.to_lowercase();
    let nearest = names.iter().min_by_key(|name| strsim::osa_distance(&lower, name)).map_or("", |name| name);
    format!(
        "there is no rule {shown:?}; the nearest name is {nearest:?}, and `tellmark review --list` shows those of a document"
    )
}

fn entry(candidate: &Candidate) -> String {
    let mut out = String::from("\n[[site]]\n");
    let _ = writeln!(out, "verdict = {}", quoted(word(candidate.verdict)));
    let _ = writeln!(out, "rule = {}", quoted(&candidate.rule));
    if !candidate.reason.is_empty() {
        let _ = writeln!(out, "reason = {}", quoted(candidate.reason));
    }
    if candidate.second_look && !candidate.reason.is_empty() {
        out.push_str("second_look = true\n");
    }
    if candidate.line > 0 {
        let _ = writeln!(out, "line = {}", candidate.line);
    }
    if candidate.stands != Stands::Here {
        out.push_str(match candidate.stands {
            Stands::Unclear => "# Not used: these words fit several sites, or one site twice; give more of the words around.\n",
            _ => "# Not used: the document has no site of this rule with these words now.\n",
        });
    }
    if candidate.places > 1 {
        let _ = writeln!(out, "places = {}", candidate.places);
    }
    let _ = writeln!(out, "before = {}", quoted(&candidate.quote.before));
    let _ = writeln!(out, "found = {}", quoted(&candidate.quote.found));
    let _ = writeln!(out, "after = {}", quoted(&candidate.quote.after));
    let variants: Vec<String> = candidate.variants.iter().map(|form| quoted(form)).collect();
    let _ = writeln!(out, "variants = [{}]", variants.join(", "));
    out
}

/// A verdict as it is written.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Open => "open",
        Verdict::Accept => "accept",
        Verdict::Reject => "reject",
        Verdict::Leave => "leave",
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A document that is being reviewed.
#[derive(Debug)]
pub struct Reviewed {
    name: String,
    document: Document,
    options: MarkOptions,
}

impl Reviewed {
    /// Reads a document. The options' own review is left aside.
    ///
    /// # Errors
    /// When it cannot be used, or has no wording to review.
    pub fn new(file_name: &str, bytes: &[u8], options: &MarkOptions) -> Result<Reviewed> {
        let wrong = |source| Error::Format { name: file_name.into(), source };
        let format = Format::detect(file_name, bytes).map_err(wrong)?;
        if format == Format::Pdf {
            return Err(Error::input(format!(
                "{file_name} is a PDF: its words move and its wording stays, so there is nothing to review; review the document it was made from"
            )));
        }
        let document = Document::parse(format, bytes).map_err(wrong)?;
        Ok(Reviewed { name: file_name.into(), document, options: options.clone() })
    }

    fn candidates(&self, review: &Review) -> Result<Vec<Candidate>> {
        let rules = tellmark_wording::Options { review: Some(review.clone()), ..self.options.rules() };
        tellmark_wording::candidates(self.document.prose(), &rules)
            .map_err(|source| Error::Wording { name: self.name.clone(), source })
    }
}

/// The decisions of a list of candidates.
pub fn decisions(candidates: &[Candidate]) -> Vec<Decision> {
    let decide = |candidate: &Candidate| Decision {
        verdict: candidate.verdict,
        rule: candidate.rule.clone(),
        quote: candidate.quote.clone(),
        variants: candidate.variants.clone(),
    };
    candidates.iter().map(decide).collect()
}

/// What decides which copies come out: the decisions that were made. What is open is as if it were not there.
pub fn settled(review: Review) -> Review {
    let sites = review.sites.into_iter().filter(|site| site.verdict != Verdict::Open).collect();
    Review { sites, ..review }
}

#[derive(Default, serde::Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    version: u32,
    #[serde(default)]
    rejected: Vec<Rejection>,
}

/// The wordings that reviews rejected before. A folder without the file remembers none.
///
/// # Errors
/// When the file is there and cannot be understood whole.
pub fn remembered(vault: &Path) -> Result<Vec<Rejection>> {
    let path = vault.join(REMEMBERED);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let wrong = |why: &dyn std::fmt::Display| Error::input(format!("{}: {why}", path.display()));
    let bytes = files::read_limited(&path, FILE_BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| wrong(&"it is not UTF-8"))?;
    let found: Remembered = toml::from_str(&text).map_err(|error| wrong(&error.to_string().trim_end()))?;
    if found.version != VERSION {
        return Err(wrong(&format!("version {} is not known; this tellmark knows {VERSION}", found.version)));
    }
    Ok(found.rejected.iter().map(|r| Rejection::new(&r.rule, &r.wording)).collect())
}

/// Remembers what a review rejects, and forgets what it accepts. Returns the wordings that it rejects at one place and accepts
/// at another: those are not remembered.
///
/// # Errors
/// When the file cannot be read or written.
pub fn remember(vault: &Path, candidates: &[Candidate]) -> Result<Vec<Rejection>> {
    let of = |verdict: Verdict| {
        let own = candidates.iter().filter(move |candidate| candidate.verdict == verdict);
        own.map(|candidate| Rejection::new(&candidate.rule, &candidate.quote.found))
    };
    // What others of this program decide at the same time is not forgotten.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = remembered(vault)?;
    let accepted: std::collections::BTreeSet<Rejection> = of(Verdict::Accept).collect();
    let mut all: Vec<Rejection> = before.iter().filter(|r| !accepted.contains(r)).cloned().collect();
    let mut both: Vec<Rejection> = Vec::new();
    for rejection in of(Verdict::Reject) {
        let list = if accepted.contains(&rejection) { &mut both } else { &mut all };
        if !list.contains(&rejection) {
            list.push(rejection);
        }
    }
    if all.len() > REMEMBERED_MAX {
        return Err(Error::input(format!(
            "more than {REMEMBERED_MAX} wordings are rejected; remove some from {REMEMBERED}"
        )));
    }
    if all != before {
        let mut out = String::from(
            "# Wordings that were rejected in reviews: plan and seal leave them out of documents without a review of their own.\n",
        );
        let _ = writeln!(out, "version = {VERSION}");
        for rejection in &all {
            let (rule, wording) = (quoted(&rejection.rule), quoted(&rejection.wording));
            let _ = write!(out, "\n[[rejected]]\nrule = {rule}\nwording = {wording}\n");
        }
        files::write_whole(&vault.join(REMEMBERED), out.as_bytes(), true)?;
    }
    Ok(both)
}

/// Of the remembered rejections those that concern a document: only they decide which copies come out.
///
/// # Errors
/// When the document cannot be used.
pub fn concerning(
    file_name: &str,
    bytes: &[u8],
    options: &MarkOptions,
    rejected: Vec<Rejection>,
) -> Result<Vec<Rejection>> {
    if rejected.is_empty() || options.review.is_some() || Format::detect(file_name, bytes) == Ok(Format::Pdf)
    {
        return Ok(Vec::new());
    }
    let found = Reviewed::new(file_name, bytes, options)?.candidates(&Review::default())?;
    let concerns = |rejection: &Rejection| {
        found.iter().any(|candidate| Rejection::new(&candidate.rule, &candidate.quote.found) == *rejection)
    };
    let mut own: Vec<Rejection> = rejected.into_iter().filter(concerns).collect();
    own.sort();
    own.dedup();
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "They spoke last week in order to prepare the talks. She said that he would come prior to the vote.";

    #[test]
    fn a_review_is_written_and_read_and_edited() {
        let document = Reviewed::new("a.md", TEXT.as_bytes(), &MarkOptions::default()).unwrap();
        let mut file = ReviewFile::parse(
            "version = 1\n[[lock]]\npassage = \"he would come\"\nbecause = \"agreed\"\n[[site]]\nfound = \"last week\"\nvariants = [\"in May\"]\n",
        )
        .unwrap();
        let mut found = file.over(&document).unwrap();
        assert!(found.len() >= 3, "{found:?}");
        found[0].verdict = Verdict::Accept;
        file.review.sites = decisions(&found);
        let text = file.write("a.md", &found);
        let again = ReviewFile::parse(&text).unwrap();
        assert_eq!(again, file);
        assert_eq!(again.over(&document).unwrap(), found);
        assert_eq!(again.write("a.md", &found), text);
        let added = found.last().unwrap();
        assert_eq!((added.rule.as_str(), added.verdict, added.line), (BY_HAND, Verdict::Accept, 1));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for (text, why) in [
            ("version = 2", "version 2"),
            ("version = 1\nlocks = []", "locks"),
            ("version = 1\n[[site]]\nvariants = []", "found"),
            ("version = 1\n[[site]]\nfound = \"a\"\nverdict = \"yes\"", "yes"),
            (
                "version = 1\n[[site]]\nfound = \"a\"\nrule = \"in-ordr-to\"",
                "the nearest name is \"in-order-to\"",
            ),
            ("version = 1\n[[site]]\nfound = \"a\"\nrule = \"ByHand\"", "the nearest name is \"by-hand\""),
        ] {
            let error = ReviewFile::parse(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn rejections_are_remembered_until_they_are_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let document = Reviewed::new("a.md", TEXT.as_bytes(), &MarkOptions::default()).unwrap();
        let mut found = ReviewFile::default().over(&document).unwrap();
        assert!(remember(folder.path(), &found).unwrap().is_empty());
        assert!(!folder.path().join(REMEMBERED).exists());
        found[0].verdict = Verdict::Reject;
        assert!(remember(folder.path(), &found).unwrap().is_empty());
        let rejected = remembered(folder.path()).unwrap();
        assert_eq!(rejected.len(), 1);
        let own = |text: &str, rejected: &[Rejection]| {
            concerning("b.md", text.as_bytes(), &MarkOptions::default(), rejected.to_vec()).unwrap()
        };
        assert_eq!(own(TEXT, &rejected), rejected);
        assert!(
            own("They met in Bern, and we were there before the vote that came later.", &rejected).is_empty()
        );
        found[0].verdict = Verdict::Accept;
        assert!(remember(folder.path(), &found).unwrap().is_empty());
        assert!(remembered(folder.path()).unwrap().is_empty());
        // Rejected here and accepted there: it is told, and not remembered.
        let twice = Candidate { verdict: Verdict::Reject, ..found[0].clone() };
        let both = remember(folder.path(), &[found[0].clone(), twice]).unwrap();
        assert_eq!(both, rejected);
        assert!(remembered(folder.path()).unwrap().is_empty());
        std::fs::write(folder.path().join(REMEMBERED), "version = 1\nrejcted = []").unwrap();
        assert!(remembered(folder.path()).is_err());
    }
}
