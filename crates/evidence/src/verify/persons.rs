//! What persons signed: holders for their copies, custodians for acts. Their keys are those that the verifier knows.

use std::collections::{BTreeMap, BTreeSet};

use super::commitments::{Committed, LOOKS_OF_RELEASE, opened, own_looks};
use super::{Told, of_kind};
use crate::bundle::{Entry, NamedCopy, Parts};
use crate::encode::to_hex;
use crate::entry::Kind;
use crate::json::{Json, count};
use crate::merkle::Hash;
use crate::note::PublicKey;
use crate::release::COPIES_MAX;
use crate::signed::{Act, Receipt, Request, Signed};
use crate::{Error, Result};

/// Named copies times deliveries and receipts: so many are compared.
const SIGNED_MAX: usize = 10_000_000;
/// So many custodians agree to an act.
pub const APPROVALS: usize = 2;

/// Checks it.
pub fn check(bundle: &Parts, committed: &Committed, told: &mut Told<'_>) {
    let signed = of_kind(bundle, Kind::Delivery).count() + of_kind(bundle, Kind::Receipt).count();
    match bundle.named.len().saturating_mul(signed) <= SIGNED_MAX {
        true => receipts(bundle, committed, told),
        false => ["delivered", "received"].into_iter().for_each(|claim| {
            told.cannot(claim, "too many deliveries and receipts for so many named copies");
        }),
    }
    approved(bundle, committed, told);
}

fn receipts(bundle: &Parts, committed: &Committed, told: &mut Told<'_>) {
    if bundle.named.is_empty() {
        told.proven("delivered", "none is named");
        told.cannot("received", "none is named, and nobody was asked");
    }
    for named in &bundle.named {
        match delivered(bundle, named) {
            Ok(true) => told.proven("delivered", "by their SHA-256, in the deliveries that the log holds"),
            Ok(false) => told.cannot("delivered", format!("the file of copy {} is not opened", named.copy)),
            Err(error) => told.not("delivered", error.to_string()),
        }
        match received(bundle, committed, named) {
            Err(error) => told.not("received", error.to_string()),
            Ok(keys) if keys.is_empty() => told
                .cannot("received", format!("delivery unconfirmed: nobody signed for copy {}", named.copy)),
            Ok(keys) => {
                let known = keys.iter().find(|key| key.is_among(&told.accepted.holders));
                match known {
                    Some(key) => told.proven("received", format!("copy {} by {}", named.copy, key.to_text())),
                    None => told.cannot(
                        "received",
                        format!(
                            "copy {} is signed for by {}; whose key it is, you must know, and did not say so",
                            named.copy,
                            keys.iter().map(PublicKey::to_text).collect::<Vec<_>>().join(" and by ")
                        ),
                    ),
                }
            }
        }
    }
    for entry in of_kind(bundle, Kind::Receipt) {
        let open = &entry.envelope.statement.open;
        let is_own = |named: &NamedCopy| {
            let place = [("batch", named.batch), ("leaf", named.leaf)];
            place.iter().all(|(name, number)| open.get(*name) == Some(&count(*number)))
        };
        if !bundle.named.iter().any(is_own) {
            told.not("received", format!("entry {} is the receipt of a copy that is not named", entry.index));
        }
    }
}

/// Whether the file of a named copy is opened, and the one that the log holds.
fn delivered(bundle: &Parts, named: &NamedCopy) -> Result<bool> {
    let Some(file) = &named.file else { return Ok(false) };
    for entry in of_kind(bundle, Kind::Delivery) {
        let said = entry.envelope.statement.said();
        let fields = said.fields("a delivery", &["at", "batch", "copies", "files", "release"], &[])?;
        if fields.count("batch", COPIES_MAX)? == named.batch {
            let root = file.root(fields.count("copies", COPIES_MAX)?, named.leaf);
            return match root == Some(fields.hex("files")?) {
                true => Ok(true),
                false => Err(Error::format(format!("copy {} was delivered as another file", named.copy))),
            };
        }
    }
    Ok(false)
}

/// The keys that signed for a named copy: several may, and all receipts have to hold.
fn received(bundle: &Parts, committed: &Committed, named: &NamedCopy) -> Result<Vec<PublicKey>> {
    let mut found = Vec::new();
    for entry in of_kind(bundle, Kind::Receipt) {
        let said = entry.envelope.statement.said();
        let fields = said.fields("a receipt", &["at", "batch", "leaf", "nonce", "release"], &[])?;
        let place = (fields.count("batch", COPIES_MAX)?, fields.count("leaf", COPIES_MAX)?);
        if place != (named.batch, named.leaf) {
            continue;
        }
        let details = opened(entry)?.fields("a receipt", &["file", "key", "signature"], &[])?;
        let receipt = Receipt {
            log: bundle.checkpoint.checkpoint()?.origin,
            release: fields.text("release")?.into(),
            nonce: fields.hex("nonce")?,
            batch: place.0,
            leaf: place.1,
            file: details.hex("file")?,
        };
        let signed =
            Signed::new(Act::Receipt, receipt.to_json(), details.text("key")?, details.text("signature")?)?;
        if !signed.holds() || receipt.nonce != committed.release.nonce {
            return Err(Error::format(format!("the receipt for copy {} does not hold", named.copy)));
        }
        if named.file.as_ref().is_none_or(|file| file.sha256 != receipt.file) {
            return Err(Error::format(format!("the receipt for copy {} is for another file", named.copy)));
        }
        found.push(signed.key);
    }
    Ok(found)
}

/// A request with the keys that agreed to it, and the entries in which they did.
struct Consent {
    request: Request,
    keys: Vec<(u64, PublicKey)>,
}

/// What was agreed to, by the hashes of the requests.
fn consents(bundle: &Parts) -> Result<BTreeMap<Hash, Consent>> {
    let origin = bundle.checkpoint.checkpoint()?.origin;
    let mut consents: BTreeMap<Hash, Consent> = BTreeMap::new();
    for entry in of_kind(bundle, Kind::Approval) {
        let said = entry.envelope.statement.said();
        let fields = said.fields("an approval", &["act", "at", "request"], &[])?;
        let details = opened(entry)?.fields("an approval", &["key", "request", "signature"], &[])?;
        let request = Request::read(details.get("request")?)?;
        let signed =
            Signed::new(Act::Approval, request.to_json(), details.text("key")?, details.text("signature")?)?;
        let hash: Hash = fields.hex("request")?;
        if !signed.holds()
            || request.hash() != hash
            || fields.text("act")? != request.act
            || request.log != origin
        {
            return Err(Error::format(format!("the approval in entry {} does not hold", entry.index)));
        }
        let consent = consents.entry(hash).or_insert_with(|| Consent { request, keys: Vec::new() });
        consent.keys.push((entry.index, signed.key));
    }
    Ok(consents)
}

fn approved(bundle: &Parts, committed: &Committed, told: &mut Told<'_>) {
    let mut acts: Vec<&Entry> = bundle
        .entries
        .iter()
        .filter(|entry| matches!(entry.envelope.statement.kind, Kind::Release | Kind::Extension | Kind::Copy))
        .chain(own_looks(bundle))
        .collect();
    // In the order of the log, in which consents are used up.
    acts.sort_by_key(|entry| entry.index);
    let custodians = told.accepted.custodians.clone();
    let consents = match consents(bundle) {
        Ok(consents) => consents,
        Err(error) => {
            told.not("looks", error.to_string());
            return told.not("approved", error.to_string());
        }
    };
    looks(bundle, &consents, &custodians, told);
    let appointment = of_kind(bundle, Kind::Custodians).map(|entry| entry.index).min();
    let appointed = appointment.unwrap_or(0);
    let mut used = BTreeSet::new();
    if let Some(index) = astray(bundle) {
        told.not("approved", format!("entry {index} names another consent than the looks at what it read"));
    }
    if let Some(index) = elsewhere(bundle, &acts) {
        told.not(
            "approved",
            format!("entry {index} is a look of another case by a consent that serves this one"),
        );
    }
    let (mut unasked, mut early) = (None, None);
    for entry in &acts {
        match asked(bundle, committed, entry, &consents, &mut used) {
            Ok(Some(consent)) => {
                if agreed(consent, &custodians, entry.index) < APPROVALS && !custodians.is_empty() {
                    told.not(
                        "approved",
                        format!("entry {} was done without the consent of two", entry.index),
                    );
                }
            }
            Ok(None) if entry.index < appointed => early = Some(entry.index),
            Ok(None) => unasked = Some(entry.index),
            Err(error) => told.not("approved", error.to_string()),
        }
    }
    match (unasked, early, custodians.len() < APPROVALS) {
        (Some(_), _, true) => told.cannot(
            "approved",
            "nobody was asked: no custodians were appointed, or the operator went by them",
        ),
        (Some(index), _, false) => told.not("approved", format!("entry {index} was done without asking")),
        (None, Some(index), _) => {
            told.cannot("approved", format!("entry {index} was made before custodians were appointed"));
        }
        (None, None, true) => {
            told.cannot("approved", "somebody was asked; whose keys are the custodians', you did not say");
        }
        (None, None, false) if appointment.is_none() => {
            told.not("approved", "the entry that appointed custodians is missing");
        }
        (None, None, false) => told.proven("approved", format!("{} acts", acts.len())),
    }
}

/// A reading that names a consent which no look at it names.
fn astray(bundle: &Parts) -> Option<u64> {
    let said = |entry: &Entry, name: &str| entry.envelope.statement.open.get(name).cloned();
    let same = |one: &Entry, other: &Entry| {
        ["look", "request"].iter().all(|name| said(one, name) == said(other, name))
    };
    let mut own = of_kind(bundle, Kind::Reading).filter(|reading| said(reading, "request").is_some());
    own.find(|reading| !own_looks(bundle).any(|look| same(look, reading))).map(|entry| entry.index)
}

/// A look of another case that names a consent which an act here names: one consent serves one act.
fn elsewhere(bundle: &Parts, acts: &[&Entry]) -> Option<u64> {
    let request = |entry: &Entry| entry.envelope.statement.open.get("request").cloned();
    let own: BTreeSet<u64> = acts.iter().map(|entry| entry.index).collect();
    let named: BTreeSet<Vec<u8>> = acts.iter().filter_map(|entry| Some(request(entry)?.to_bytes())).collect();
    let mut others = of_kind(bundle, Kind::Look).filter(|entry| !own.contains(&entry.index));
    others
        .find(|entry| request(entry).is_some_and(|one| named.contains(&one.to_bytes())))
        .map(|entry| entry.index)
}

/// How many of the custodians agreed before an entry.
fn agreed(consent: &Consent, custodians: &[PublicKey], before: u64) -> usize {
    let own = consent.keys.iter().filter(|(index, key)| *index < before && key.is_among(custodians));
    own.map(|(_, key)| key.bytes()).collect::<BTreeSet<_>>().len()
}

/// The consent that an act names, which must be to this act and no other.
fn asked<'a>(
    bundle: &Parts,
    committed: &Committed,
    entry: &Entry,
    consents: &'a BTreeMap<Hash, Consent>,
    used: &mut BTreeSet<(Hash, String)>,
) -> Result<Option<&'a Consent>> {
    let statement = &entry.envelope.statement;
    let Some(named) = statement.open.get("request") else { return Ok(None) };
    let wrong = |what: &str| Error::format(format!("entry {}: {what}", entry.index));
    let hash = crate::encode::from_hex_exact(named.text("a request")?);
    let hash: Hash = hash.ok_or_else(|| wrong("its request is none"))?;
    let consent = consents.get(&hash).ok_or_else(|| wrong("nobody agreed to its request"))?;
    // A consent to several copies serves each of them once.
    let one = match (consent.request.act.as_str(), statement.kind) {
        ("again", Kind::Copy) => copy_made(entry)?.to_owned(),
        _ => String::new(),
    };
    if !used.insert((hash, one)) {
        return Err(wrong("its consent was used before"));
    }
    let (act, about) = (consent.request.act.as_str(), &consent.request.about);
    let fits = match statement.kind {
        Kind::Release => {
            let fields =
                about.fields("a request", &["copies", "document", "file", "options"], &["holders"])?;
            act == "seal"
                && fields.count("copies", COPIES_MAX)? == committed.release.copies
                && fields.text("document")? == committed.release.document
                && fields.text("file")? == committed.release.file
        }
        Kind::Extension => {
            let fields = about.fields("a request", &["copies", "options", "release"], &["holders"])?;
            act == "extend"
                && fields.text("release")? == bundle.release
                && statement.open.get("copies") == Some(fields.get("copies")?)
        }
        Kind::Copy if act == "again" => {
            let fields = about.fields("a request", &["copies", "release"], &[])?;
            let copy = copy_made(entry)?;
            let copies = fields.list("copies", COPIES_MAX)?;
            fields.text("release")? == bundle.release && copies.contains(&Json::from(copy))
        }
        Kind::Copy => {
            let fields = about.fields("a request", &["copy", "release"], &[])?;
            act == "copy"
                && fields.text("release")? == bundle.release
                && fields.text("copy")? == copy_made(entry)?
        }
        _ => {
            let fields = about.fields("a request", &["exhibits", "identities"], &["release"])?;
            let is_this =
                fields.find("release").is_none_or(|release| *release == Json::from(bundle.release.as_str()));
            act == "trace"
                && is_this
                && *fields.get("exhibits")? == exhibits(bundle, statement.open.get("look"))
        }
    };
    if fits { Ok(Some(consent)) } else { Err(wrong("the consent is to something else")) }
}

/// The copy that was made again.
fn copy_made(entry: &Entry) -> Result<&str> {
    opened(entry)?.fields("a copy made again", &["copy"], &[])?.text("copy")
}

/// The hashes of a look's exhibits, in their order.
fn exhibits(bundle: &Parts, look: Option<&Json>) -> Json {
    let look = look.and_then(|look| look.int("a look").ok());
    let mut own: Vec<(usize, Json)> = bundle
        .exhibits
        .iter()
        .filter(|one| i64::try_from(one.look).ok() == look)
        .map(|one| (one.number, Json::from(to_hex(&crate::merkle::sha256(&[&one.bytes])))))
        .collect();
    own.sort_by_key(|(number, _)| *number);
    Json::List(own.into_iter().map(|(_, hash)| hash).collect())
}

/// More looks than are allowed without asking need consent: to so many more each time.
fn looks(bundle: &Parts, consents: &BTreeMap<Hash, Consent>, custodians: &[PublicKey], told: &mut Told<'_>) {
    for entry in of_kind(bundle, Kind::Look) {
        let count = entry.envelope.statement.open.get("count").and_then(|count| count.int("count").ok());
        let count = count.unwrap_or(i64::MAX);
        if count <= LOOKS_OF_RELEASE {
            continue;
        }
        let own = |consent: &&Consent| {
            if consent.request.act != "looks" {
                return false;
            }
            let about = consent.request.about.fields("a request", &["release", "until"], &[]);
            let until = about.and_then(|about| {
                Ok((about.text("release")? == bundle.release).then_some(about.int("until")?))
            });
            until.is_ok_and(|until| until.is_some_and(|until| until >= count))
        };
        let asked: Vec<&Consent> = consents.values().filter(own).collect();
        let before = asked.iter().any(|consent| consent.keys.iter().any(|(index, _)| *index < entry.index));
        let agreed = asked.iter().any(|consent| agreed(consent, custodians, entry.index) >= APPROVALS);
        match (before, agreed) {
            (_, true) => told.proven(
                "looks",
                format!("{count} of this release; two custodians agreed to more than {LOOKS_OF_RELEASE}"),
            ),
            (true, false) => told.cannot(
                "looks",
                format!(
                    "{count} of this release; somebody agreed to more than {LOOKS_OF_RELEASE}, but not two whose keys you named (--custodian): what one key alone agreed to cannot be checked"
                ),
            ),
            (false, false) => told.not(
                "looks",
                format!("{count} of this release, {LOOKS_OF_RELEASE} allowed, and nobody was asked"),
            ),
        }
    }
}
