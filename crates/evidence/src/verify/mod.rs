//! What can be proved from a bundle, by somebody who trusts neither side.
//!
//! Each claim is PROVEN, NOT PROVEN or CANNOT CHECK, with a reason in plain words; a claim whose ground is missing is
//! never taken for proven. The keys are the verifier's own (a [`Policy`]), never the bundle's.

mod commitments;
mod counted;
mod groups;
mod log;
mod nonce;
mod own;
mod persons;
mod shown;
mod words;

pub use commitments::LOOKS_OF_RELEASE;
pub use log::{moment, read_moment};
pub use own::{Held, NamedCodeword, OwnCopy, named_codewords, own_copy};
pub use persons::APPROVALS;
pub use words::plain;

use std::collections::BTreeMap;

use tellmark_core::fixed::Log2;

use crate::bundle::{Bundle, Entry, Parts};
use crate::entry::Kind;
use crate::json::{Json, map};
use crate::note::PublicKey;
use crate::policy::Policy;
use crate::recount::Recount;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It follows from the bundle and the verifier's keys.
    Proven,
    /// It does not, or the contrary does.
    NotProven,
    /// Nothing in the bundle could show it.
    CannotCheck,
}

impl Verdict {
    /// As it is printed.
    pub fn text(self) -> &'static str {
        match self {
            Verdict::Proven => "PROVEN",
            Verdict::NotProven => "NOT PROVEN",
            Verdict::CannotCheck => "CANNOT CHECK",
        }
    }
}

/// A claim with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its name in `--json`.
    pub id: &'static str,
    /// What is claimed.
    pub title: &'static str,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub says: String,
}

/// All claims in the order in which they are told: name, what is claimed, whether the whole needs it to be proven. Of the
/// others none may be shown to be false.
pub const CLAIMS: [(&str, &str, bool); 27] = [
    ("signatures", "The log's operator signed the bundle, the head of the log and every entry", true),
    ("quorum", "Enough witnesses saw this head of the log", true),
    ("inclusion", "The log holds every entry of this bundle", true),
    ("consistency", "The log only grew since the witnesses first saw this release", true),
    ("release", "Every entry is about this release and this case, and says what was committed to", true),
    (
        "order",
        "Release, delivery of what is named, exhibit, reading, look and finding were recorded in this order",
        true,
    ),
    ("before", "Witnesses saw the release before the exhibit was registered", true),
    ("published", "Witnesses saw the release before the exhibits were public", true),
    ("sites", "The places that were read are those that the release committed to", true),
    ("copies", "The codewords of all tested copies are those that the release committed to", true),
    ("named", "The named copies are those of the release", true),
    ("exhibit", "The exhibits are those that were registered before they were read", true),
    ("shown", "Each read place of the exhibits shows what the reading says", true),
    (
        "whole",
        "The reading leaves out nothing that the exhibits show, and weighs each place as the reader does",
        true,
    ),
    ("tracer", "The tracer, run again on the reading, names these copies and no others", true),
    ("figures", "Its figures are those of the finding", true),
    (
        "looks",
        "By the count that the operator wrote into the log, not more looks were taken than are allowed",
        true,
    ),
    ("delivered", "The file that was written for each named copy is known", false),
    ("holds", "That file shows the codeword that the release committed to", false),
    ("received", "Somebody whose key you named as a holder's signed for that file", false),
    ("approved", "Two custodians agreed before copies were made and codewords weighed", false),
    ("nonce", "The nonce that the release names was not the operator's to choose", false),
    ("stamped", "An authority stamped the log with the time", false),
    ("groups", "The tracer, run again, names the groups that the finding names", false),
    ("decoys", "The decoys and replayed keys did as the finding says", false),
    ("complete", "The log leaves nothing out that should be in it", false),
    ("planted", "Nobody who could make the copy planted it", false),
];

/// What a verifier says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The claims, in the order of [`CLAIMS`].
    pub claims: Vec<Claim>,
    /// Whether everything that the finding stands on is proven.
    pub is_proven: bool,
    /// What may be said aloud.
    pub sentences: Vec<String>,
    /// The tracer's figures for each named copy, by its id.
    pub figures: BTreeMap<String, Figures>,
}

/// The tracer's figures for a copy: binary logarithms in units of 2^-32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The e-value, rounded down.
    pub e: Log2,
    /// The chance that an innocent copy does as well, by the tail, rounded up.
    pub p: Log2,
    /// The e-process, rounded down.
    pub w: Log2,
}

impl Report {
    /// As `--json` prints it.
    pub fn to_json(&self) -> Json {
        let claim = |claim: &Claim| {
            map([
                ("id", claim.id.into()),
                ("says", claim.says.as_str().into()),
                ("verdict", claim.verdict.text().into()),
            ])
        };
        let figures = self.figures.iter().map(|(copy, of)| {
            (copy.clone(), map([("e", of.e.0.into()), ("p", of.p.0.into()), ("w", of.w.0.into())]))
        });
        map([
            ("claims", Json::List(self.claims.iter().map(claim).collect())),
            ("figures", Json::Map(figures.collect())),
            ("proven", Json::Bool(self.is_proven)),
            ("sentences", self.sentences.clone().into()),
        ])
    }
}

/// What the verifier has made up its mind about beforehand.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// That the exhibits show what the reading says, and nothing else: a second reader has looked.
    pub reading: bool,
    /// When the exhibits became public, in seconds since 1970.
    pub published: Option<i64>,
    /// Keys that are known to be those of the copies' holders.
    pub holders: Vec<PublicKey>,
    /// Keys that are known to be those of the custodians.
    pub custodians: Vec<PublicKey>,
    /// Copies of the document that were given, to be held against what was committed to.
    pub copies: Vec<Vec<u8>>,
}

/// Verifies a bundle.
pub fn verify(whole: &Bundle, policy: &Policy, accepted: &Accepted) -> Report {
    let bundle = &whole.parts;
    let mut report = Told { claims: BTreeMap::new(), accepted };
    log::check(whole, policy, &mut report);
    let committed = commitments::check(bundle, &mut report);
    if let Some(committed) = &committed {
        persons::check(bundle, committed, &mut report);
        nonce::check(bundle, committed, policy, &mut report);
        own::check(bundle, &mut report);
    }
    let counted = committed.as_ref().and_then(|committed| counted::check(bundle, committed, &mut report));
    shown::check(bundle, committed.as_ref(), &mut report);
    report.always();
    report.done(committed.as_ref(), counted.as_ref())
}

/// What was told so far.
struct Told<'a> {
    claims: BTreeMap<&'static str, (Verdict, String)>,
    accepted: &'a Accepted,
}

impl Told<'_> {
    /// Tells a claim; of several words on one the worst stays: not proven before cannot check before proven.
    fn tell(&mut self, id: &'static str, verdict: Verdict, says: impl Into<String>) {
        let worse = |verdict: Verdict| match verdict {
            Verdict::Proven => 0,
            Verdict::CannotCheck => 1,
            Verdict::NotProven => 2,
        };
        let says = says.into();
        match self.claims.get_mut(id) {
            Some((before, text)) if worse(verdict) > worse(*before) => (*before, *text) = (verdict, says),
            Some(_) => {}
            None => drop(self.claims.insert(id, (verdict, says))),
        }
    }

    fn proven(&mut self, id: &'static str, says: impl Into<String>) {
        self.tell(id, Verdict::Proven, says);
    }

    fn not(&mut self, id: &'static str, says: impl Into<String>) {
        self.tell(id, Verdict::NotProven, says);
    }

    fn cannot(&mut self, id: &'static str, says: impl Into<String>) {
        self.tell(id, Verdict::CannotCheck, says);
    }

    /// What no bundle can show.
    fn always(&mut self) {
        self.cannot("whole", "whoever reads an exhibit and has the key knows what each copy holds, and could leave out or make little of what speaks against a name: let somebody whom you trust read it again (tellmark reread, where the original is enclosed), then --accept-reading");
        self.cannot("decoys", "codewords of copies that were never made follow from the key: only whoever opens it can count them again");
        self.cannot("complete", "an entry that was never written is missing nowhere; ask for the whole log, and for witnesses' word that they saw but one");
        self.cannot("planted", "whoever could make the copy could have put it there: ask who had the vault, its key, the folder of copies and the mail server before the leak, and ask another holder for their own copy: it has to show something else at about half of the places (--copy FILE)");
    }

    fn done(mut self, committed: Option<&commitments::Committed>, counted: Option<&Recount>) -> Report {
        let claims: Vec<Claim> = CLAIMS
            .iter()
            .map(|&(id, title, _)| {
                let missing = || (Verdict::NotProven, "what it stands on is missing or wrong".to_owned());
                let (verdict, says) = self.claims.remove(id).unwrap_or_else(missing);
                Claim { id, title, verdict, says }
            })
            .collect();
        let is_settled = |claim: &Claim, needed: bool| {
            (!needed && claim.verdict != Verdict::NotProven)
                || claim.verdict == Verdict::Proven
                || (matches!(claim.id, "shown" | "whole")
                    && claim.verdict == Verdict::CannotCheck
                    && self.accepted.reading)
        };
        let is_proven = claims.iter().zip(CLAIMS).all(|(claim, (_, _, needed))| is_settled(claim, needed));
        let figures = match (committed, counted) {
            (Some(committed), Some(counted)) => counted::figures(committed, counted),
            _ => BTreeMap::new(),
        };
        let sentences = match (committed, counted) {
            (Some(committed), Some(counted)) if is_proven => {
                let is_held =
                    claims.iter().any(|claim| claim.id == "holds" && claim.verdict == Verdict::Proven);
                counted::sentences(committed, counted, self.accepted, is_held)
            }
            _ => vec!["On this bundle nothing may be said about any copy.".into()],
        };
        Report { claims, is_proven, sentences, figures }
    }
}

/// The entries of a kind.
fn of_kind(bundle: &Parts, kind: Kind) -> impl Iterator<Item = &Entry> {
    bundle.entries.iter().filter(move |entry| entry.envelope.statement.kind == kind)
}
