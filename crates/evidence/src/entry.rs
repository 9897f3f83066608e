//! Entries of the log: in-toto statements in DSSE envelopes.
//!
//! An entry says in the open what nobody is identified by, and commits to the rest by a salted hash. Erase the salt, and
//! nobody can tell any more whom the entry was about.
//!
//! # Source
//! in-toto attestation framework, Statement v1; DSSE v1.0 (its pre-authentication encoding).

use std::collections::BTreeMap;

use crate::encode::{from_base64, from_hex_exact, to_base64, to_hex};
use crate::json::{Json, map};
use crate::merkle::{Hash, sha256};
use crate::note::{PublicKey, SecretKey};
use crate::{Error, Result};

/// An entry is at most so long: tiles count it in two bytes.
pub const ENTRY_BYTES_MAX: usize = 65_535;
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const TYPE_PREFIX: &str = "urn:tellmark:log:";
const TYPE_SUFFIX: &str = ":1";
const SIGNATURES_MAX: usize = 8;

/// What an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A key that copies will be drawn from, known by its hash; with what will be sealed with it, where that is known.
    Key,
    /// Who has to agree to acts from here on.
    Custodians,
    /// A release, before its first copy.
    Release,
    /// Further copies of a release, before the first of them.
    Extension,
    /// Copies that were written.
    Delivery,
    /// A holder's signature for a copy.
    Receipt,
    /// A copy that was returned, destroyed or never sent.
    Withdrawal,
    /// Another holder of a copy.
    Holder,
    /// Somebody who could make or take copies: with the key, the folder, the mail server, or by copying.
    Access,
    /// The day on which a lineage's key is to be destroyed.
    Retention,
    /// A lineage's key that is destroyed.
    Destruction,
    /// A copy that was made again.
    Copy,
    /// Leaked material, before it is read.
    Exhibit,
    /// What it shows, before any codeword is derived.
    Reading,
    /// Codewords that are about to be weighed.
    Look,
    /// Somebody's consent to an act.
    Approval,
    /// What was found.
    Finding,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 17] = [
        Kind::Key,
        Kind::Custodians,
        Kind::Release,
        Kind::Extension,
        Kind::Delivery,
        Kind::Receipt,
        Kind::Withdrawal,
        Kind::Holder,
        Kind::Access,
        Kind::Retention,
        Kind::Destruction,
        Kind::Copy,
        Kind::Exhibit,
        Kind::Reading,
        Kind::Look,
        Kind::Approval,
        Kind::Finding,
    ];

    /// Its name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Key => "key",
            Kind::Custodians => "custodians",
            Kind::Release => "release",
            Kind::Extension => "extension",
            Kind::Delivery => "delivery",
            Kind::Receipt => "receipt",
            Kind::Withdrawal => "withdrawal",
            Kind::Holder => "holder",
            Kind::Access => "access",
            Kind::Retention => "retention",
            Kind::Destruction => "destruction",
            Kind::Copy => "copy",
            Kind::Exhibit => "exhibit",
            Kind::Reading => "reading",
            Kind::Look => "look",
            Kind::Approval => "approval",
            Kind::Finding => "finding",
        }
    }
}

/// The hash of what is not said in the open.
pub fn seal(salt: &[u8; 32], details: &Json) -> Hash {
    sha256(&[b"tellmark sealed v1\n", salt, &details.to_bytes()])
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it records.
    pub kind: Kind,
    /// What it says in the open; always with the time, `at`, in seconds since 1970.
    pub open: BTreeMap<String, Json>,
    /// What it commits to: see [`seal`].
    pub sealed: Hash,
}

impl Statement {
    /// A statement made at a time.
    pub fn new<const N: usize>(kind: Kind, at: i64, open: [(&str, Json); N], sealed: Hash) -> Statement {
        let mut open: BTreeMap<String, Json> =
            open.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        open.insert("at".into(), Json::Int(at));
        Statement { kind, open, sealed }
    }

    /// When it was made, as it says itself.
    pub fn at(&self) -> i64 {
        self.open.get("at").and_then(|at| at.int("at").ok()).unwrap_or(0)
    }

    /// What it says in the open.
    pub fn said(&self) -> Json {
        Json::Map(self.open.clone())
    }

    fn to_json(&self) -> Json {
        let digest = map([("sha256", to_hex(&self.sealed).into())]);
        let subject = map([("digest", digest), ("name", self.kind.name().into())]);
        map([
            ("_type", STATEMENT_TYPE.into()),
            ("predicate", self.said()),
            ("predicateType", format!("{TYPE_PREFIX}{}{TYPE_SUFFIX}", self.kind.name()).into()),
            ("subject", Json::List(vec![subject])),
        ])
    }

    fn read(json: &Json) -> Result<Statement> {
        let fields = json.fields("a statement", &["_type", "predicate", "predicateType", "subject"], &[])?;
        let kind = fields.text("predicateType")?.strip_prefix(TYPE_PREFIX);
        let kind = kind.and_then(|kind| kind.strip_suffix(TYPE_SUFFIX));
        let kind = Kind::ALL.into_iter().find(|known| Some(known.name()) == kind);
        let (Some(kind), STATEMENT_TYPE) = (kind, fields.text("_type")?) else {
            return Err(Error::format("a statement is of an unknown type"));
        };
        let [subject] = fields.list("subject", 1)? else {
            return Err(Error::format("a statement has one subject"));
        };
        let subject = subject.fields("a subject", &["digest", "name"], &[])?;
        if subject.text("name")? != kind.name() {
            return Err(Error::format("a statement's subject has another name than its kind"));
        }
        let sealed = subject.get("digest")?.fields("a digest", &["sha256"], &[])?.hex("sha256")?;
        let Json::Map(open) = fields.get("predicate")? else {
            return Err(Error::format("a statement's predicate is no map"));
        };
        let Some(Json::Int(_)) = open.get("at") else {
            return Err(Error::format("a statement does not say when it was made"));
        };
        Ok(Statement { kind, open: open.clone(), sealed })
    }
}

/// A statement with its signatures, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What is said.
    pub statement: Statement,
    payload: Vec<u8>,
    signatures: Vec<([u8; 8], [u8; 64])>,
}

impl Envelope {
    /// Signs a statement.
    pub fn sign(statement: Statement, key: &SecretKey) -> Envelope {
        let payload = statement.to_json().to_bytes();
        let signature = key.sign(&encoded(&payload));
        Envelope { statement, payload, signatures: vec![(key_id(key.public()), signature)] }
    }

    /// The bytes that stand in the log.
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self
            .signatures
            .iter()
            .map(|(id, signature)| map([("keyid", to_hex(id).into()), ("sig", to_base64(signature).into())]));
        let envelope = map([
            ("payload", to_base64(&self.payload).into()),
            ("payloadType", PAYLOAD_TYPE.into()),
            ("signatures", Json::List(signatures.collect())),
        ]);
        envelope.to_bytes()
    }

    /// Reads what stands in the log.
    ///
    /// # Errors
    /// When it is no envelope with a known statement.
    pub fn read(bytes: &[u8]) -> Result<Envelope> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(Error::format("an entry is too long"));
        }
        let json = Json::read(bytes)?;
        let fields = json.fields("an envelope", &["payload", "payloadType", "signatures"], &[])?;
        if fields.text("payloadType")? != PAYLOAD_TYPE {
            return Err(Error::format("an envelope holds something else than a statement"));
        }
        let payload = from_base64(fields.text("payload")?)
            .ok_or_else(|| Error::format("an envelope's payload is no base64"))?;
        let mut signatures = Vec::new();
        for signature in fields.list("signatures", SIGNATURES_MAX)? {
            let fields = signature.fields("a signature", &["keyid", "sig"], &[])?;
            let bytes = from_base64(fields.text("sig")?).and_then(|bytes| bytes.try_into().ok());
            let bytes = bytes.ok_or_else(|| Error::format("a signature has another length than 64 bytes"))?;
            signatures.push((fields.hex("keyid")?, bytes));
        }
        Ok(Envelope { statement: Statement::read(&Json::read(&payload)?)?, payload, signatures })
    }

    /// Whether the first signature is one of this key and holds.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let of_key = self.signatures.first().filter(|(id, _)| *id == key_id(key));
        of_key.is_some_and(|(_, signature)| key.verifies(&encoded(&self.payload), signature))
    }

    /// How many signatures there are.
    pub fn signatures(&self) -> usize {
        self.signatures.len()
    }
}

/// DSSE's pre-authentication encoding.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// By what an envelope says whose a signature is: the first bytes of the key's hash.
fn key_id(key: &PublicKey) -> [u8; 8] {
    let hash = sha256(&[&key.bytes()]);
    hash.first_chunk().copied().unwrap_or_default()
}

/// What an entry committed to, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The salt.
    pub salt: [u8; 32],
    /// What was not said in the open.
    pub details: Json,
}

impl Opening {
    /// The hash that the entry holds.
    pub fn sealed(&self) -> Hash {
        seal(&self.salt, &self.details)
    }

    /// As a bundle holds it.
    pub fn to_json(&self) -> Json {
        map([("details", self.details.clone()), ("salt", to_hex(&self.salt).into())])
    }

    /// Reads what [`Opening::to_json`] gives.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(json: &Json) -> Result<Opening> {
        let fields = json.fields("an opening", &["details", "salt"], &[])?;
        let salt = from_hex_exact(fields.text("salt")?);
        let salt = salt.ok_or_else(|| Error::format("a salt has another length than 32 bytes"))?;
        Ok(Opening { salt, details: fields.get("details")?.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Role;

    #[test]
    fn an_entry_reads_back_and_no_other_byte_does() {
        let log = SecretKey::new("log", Role::Log, &[1; 32]).unwrap();
        let other = SecretKey::new("other", Role::Log, &[2; 32]).unwrap();
        let sealed = seal(&[7; 32], &map([("copy", "r1".into())]));
        let statement = Statement::new(Kind::Receipt, 5, [("release", "00".into())], sealed);
        let envelope = Envelope::sign(statement, &log);
        let bytes = envelope.to_bytes();
        let read = Envelope::read(&bytes).unwrap();
        assert_eq!(read, envelope);
        assert!(read.is_signed_by(log.public()) && !read.is_signed_by(other.public()));
        assert_eq!((read.statement.at(), read.statement.kind), (5, Kind::Receipt));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            let holds = Envelope::read(&other).is_ok_and(|read| read.is_signed_by(log.public()));
            assert!(!holds, "byte {at}");
        }
    }
}
