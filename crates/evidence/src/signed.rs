//! What a person signs with a key of their own: that they received a copy, that they agree to an act.
//!
//! The operator has no such key, so that nobody can say afterwards that another copy was received, or that somebody
//! agreed who did not. Specified in `docs/formats/signed.md`.

use crate::encode::{from_base64, to_base64, to_hex};
use crate::json::{Json, count, map};
use crate::merkle::{Hash, sha256};
use crate::note::{PublicKey, SecretKey};
use crate::release::COPIES_MAX;
use crate::{Error, Result};

/// A signed statement is at most so long.
pub const SIGNED_BYTES_MAX: usize = 256 << 10;
/// How a file with a signed statement calls itself.
const FORMAT: &str = "tellmark signed 1";

/// What kind of statement is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// That a copy was received: a [`Receipt`].
    Receipt,
    /// That an act may be done: a [`Request`].
    Approval,
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Act::Receipt => "receipt",
            Act::Approval => "approval",
        }
    }

    fn message(self, statement: &Json) -> Vec<u8> {
        [format!("tellmark {} v1\n", self.name()).as_bytes(), &statement.to_bytes()].concat()
    }
}

/// A statement with the signature of a person's key.
///
/// ```
/// use tellmark_evidence::json::map;
/// use tellmark_evidence::note::{Role, SecretKey};
/// use tellmark_evidence::signed::{Act, Signed};
/// let key = SecretKey::new("person", Role::Log, &[7; 32])?;
/// let signed = Signed::sign(Act::Receipt, map([("file", "00".into())]), &key);
/// assert!(signed.holds() && Signed::read(&signed.to_bytes())? == signed);
/// # Ok::<(), tellmark_evidence::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What kind of statement it is.
    pub act: Act,
    /// What is said.
    pub statement: Json,
    /// Whose key signed.
    pub key: PublicKey,
    signature: [u8; 64],
}

impl Signed {
    /// Signs a statement.
    pub fn sign(act: Act, statement: Json, key: &SecretKey) -> Signed {
        let signature = key.sign(&act.message(&statement));
        Signed { act, statement, key: key.public().clone(), signature }
    }

    /// A statement with a signature from elsewhere, which may not hold.
    ///
    /// # Errors
    /// When key or signature are none.
    pub fn new(act: Act, statement: Json, key: &str, signature: &str) -> Result<Signed> {
        let signature = from_base64(signature).and_then(|bytes| bytes.try_into().ok());
        let signature =
            signature.ok_or_else(|| Error::format("a signature has another length than 64 bytes"))?;
        Ok(Signed { act, statement, key: PublicKey::read(key)?, signature })
    }

    /// Whether the signature is the key's over this statement.
    pub fn holds(&self) -> bool {
        self.key.verifies(&self.act.message(&self.statement), &self.signature)
    }

    /// Key and signature, as entries of the log commit to them.
    pub fn parts(&self) -> [(&'static str, Json); 2] {
        [("key", self.key.to_text().into()), ("signature", to_base64(&self.signature).into())]
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [key, signature] = self.parts();
        let what = ("act", self.act.name().into());
        map([what, ("format", FORMAT.into()), key, signature, ("statement", self.statement.clone())])
            .to_bytes()
    }

    /// Reads the file. Whether the signature holds is not looked at.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(bytes: &[u8]) -> Result<Signed> {
        if bytes.len() > SIGNED_BYTES_MAX {
            return Err(Error::format("the signed statement is too long"));
        }
        let json = Json::read(bytes)?;
        let names = ["act", "format", "key", "signature", "statement"];
        let fields = json.fields("a signed statement", &names, &[])?;
        let act = match (fields.text("format")?, fields.text("act")?) {
            (FORMAT, "receipt") => Act::Receipt,
            (FORMAT, "approval") => Act::Approval,
            _ => return Err(Error::format("a signed statement of an unknown kind")),
        };
        Signed::new(act, fields.get("statement")?.clone(), fields.text("key")?, fields.text("signature")?)
    }
}

/// That a copy was received, as its holder signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The log that commits to the release: its key's name.
    pub log: String,
    /// The release.
    pub release: String,
    /// The release's nonce, from which its codewords follow.
    pub nonce: Hash,
    /// The batch with which the copy came, from 1.
    pub batch: usize,
    /// Its place in the batch, from 0.
    pub leaf: usize,
    /// The SHA-256 of the file.
    pub file: Hash,
}

impl Receipt {
    /// What is signed.
    pub fn to_json(&self) -> Json {
        map([
            ("batch", count(self.batch)),
            ("file", to_hex(&self.file).into()),
            ("leaf", count(self.leaf)),
            ("log", self.log.as_str().into()),
            ("nonce", to_hex(&self.nonce).into()),
            ("release", self.release.as_str().into()),
        ])
    }

    /// Reads what [`Receipt::to_json`] gives.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(json: &Json) -> Result<Receipt> {
        let names = ["batch", "file", "leaf", "log", "nonce", "release"];
        let fields = json.fields("a receipt", &names, &[])?;
        Ok(Receipt {
            log: fields.text("log")?.into(),
            release: fields.text("release")?.into(),
            nonce: fields.hex("nonce")?,
            batch: fields.count("batch", COPIES_MAX)?,
            leaf: fields.count("leaf", COPIES_MAX)?,
            file: fields.hex("file")?,
        })
    }
}

/// An act for which consent is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is to be done: `seal`, `extend`, `copy`, `trace`, `looks` or `custodians`.
    pub act: String,
    /// To what: the fields that the act names.
    pub about: Json,
    /// When it was asked, in seconds since 1970.
    pub at: i64,
    /// The log: its key's name.
    pub log: String,
    /// What makes one asking different from the next, and hides what is asked from who sees its hash.
    pub salt: [u8; 32],
}

impl Request {
    /// What is signed.
    pub fn to_json(&self) -> Json {
        map([
            ("about", self.about.clone()),
            ("act", self.act.as_str().into()),
            ("at", self.at.into()),
            ("log", self.log.as_str().into()),
            ("salt", to_hex(&self.salt).into()),
        ])
    }

    /// Reads what [`Request::to_json`] gives.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(json: &Json) -> Result<Request> {
        let fields = json.fields("a request", &["about", "act", "at", "log", "salt"], &[])?;
        Ok(Request {
            act: fields.text("act")?.into(),
            about: fields.get("about")?.clone(),
            at: fields.int("at")?,
            log: fields.text("log")?.into(),
            salt: fields.hex("salt")?,
        })
    }

    /// By what entries of the log refer to it.
    pub fn hash(&self) -> Hash {
        sha256(&[b"tellmark request v1\n", &self.to_json().to_bytes()])
    }
}

/// The file in which a request lies for custodians to sign, and beside it those whom copies are for.
///
/// ```
/// use tellmark_evidence::json::map;
/// use tellmark_evidence::signed::{Request, RequestFile};
/// let (act, log, salt) = ("copy".into(), "log".into(), [7; 32]);
/// let file = RequestFile { request: Request { act, about: map([]), at: 5, log, salt }, holders: None };
/// assert_eq!(RequestFile::read(&file.to_bytes())?, file);
/// # Ok::<(), tellmark_evidence::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFile {
    /// What is asked.
    pub request: Request,
    /// Whom copies are for, `{"list", "salt"}`, where the request says its [`holders_hash`].
    pub holders: Option<Json>,
}

impl RequestFile {
    /// How the file calls itself.
    pub const FORMAT: &'static str = "tellmark request 1";

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let holders = self.holders.clone().map(|holders| ("holders", holders));
        let own = [("format", Self::FORMAT.into()), ("request", self.request.to_json())];
        map(own.into_iter().chain(holders)).to_bytes()
    }

    /// Reads the file. Whether the holders are those of the request is not looked at.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(bytes: &[u8]) -> Result<RequestFile> {
        if bytes.len() > SIGNED_BYTES_MAX {
            return Err(Error::format("the request is too long"));
        }
        let json = Json::read(bytes)?;
        let fields = json.fields("a request", &["format", "request"], &["holders"])?;
        if fields.text("format")? != Self::FORMAT {
            return Err(Error::format("a request of an unknown kind"));
        }
        let holders = fields.get("holders").ok().cloned();
        Ok(RequestFile { request: Request::read(fields.get("request")?)?, holders })
    }
}

/// What a request says of the holders that are named beside it, `{"list", "salt"}`: who sees the request alone cannot
/// guess them.
pub fn holders_hash(holders: &Json) -> Hash {
    sha256(&[b"tellmark holders v1\n", &holders.to_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Role;

    #[test]
    fn another_byte_of_a_signed_statement_is_noticed() {
        let key = SecretKey::new("person", Role::Log, &[3; 32]).unwrap();
        let receipt = Receipt {
            log: "log".into(),
            release: "00".into(),
            nonce: [1; 32],
            batch: 1,
            leaf: 4,
            file: [2; 32],
        };
        let signed = Signed::sign(Act::Receipt, receipt.to_json(), &key);
        assert_eq!(Receipt::read(&signed.statement).unwrap(), receipt);
        let bytes = signed.to_bytes();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            let holds = Signed::read(&other).is_ok_and(|read| read.holds() && read.key == signed.key);
            assert!(!holds, "byte {at}");
        }
        // What was signed as a receipt is no approval.
        let [(_, own), (_, signature)] = signed.parts();
        let moved =
            Signed::new(Act::Approval, signed.statement, own.text("").unwrap(), signature.text("").unwrap());
        assert!(!moved.unwrap().holds());
    }

    #[test]
    fn requests_are_known_by_all_that_they_say() {
        let request = Request {
            act: "copy".into(),
            about: map([("copy", "r1".into())]),
            at: 5,
            log: "log".into(),
            salt: [9; 32],
        };
        assert_eq!(Request::read(&request.to_json()).unwrap(), request);
        let others = [
            Request { act: "trace".into(), ..request.clone() },
            Request { about: map([]), ..request.clone() },
            Request { at: 6, ..request.clone() },
            Request { log: "other".into(), ..request.clone() },
            Request { salt: [8; 32], ..request.clone() },
        ];
        assert!(others.iter().all(|other| other.hash() != request.hash()));
    }
}
