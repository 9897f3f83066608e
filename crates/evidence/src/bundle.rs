//! The evidence of a finding in one file.
//!
//! A bundle says nothing of its own: it opens what the log committed to, and proves that the log holds it. Its one
//! signature, the operator's, covers all of it, so that a byte that was changed on the way is noticed.

use tellmark_core::ReleaseId;

use crate::encode::{from_base64, from_hex_exact, to_base64, to_hex};
use crate::entry::{ENTRY_BYTES_MAX, Envelope, Opening};
use crate::json::{Json, count, map};
use crate::merkle::{Hash, PROOF_MAX, hashes, sha256};
use crate::note::{NOTE_BYTES_MAX, Note, PublicKey, SecretKey};
use crate::release::{COPIES_MAX, OpenCodeword, OpenFile, OpenGroups, OpenSite, SITES_MAX};
use crate::stamp::STAMP_BYTES_MAX;
use crate::{Error, Result};

/// A bundle is at most so long.
pub const BUNDLE_BYTES_MAX: usize = 256 << 20;
/// A bundle holds at most so many entries.
pub const ENTRIES_MAX: usize = 10_000;
/// A bundle holds at most so many exhibits.
const EXHIBITS_MAX: usize = 1_000;
/// A copy's id has at most so many characters.
const ID_CHARS_MAX: usize = 64;
/// A bundle holds at most so many stamped heads.
const STAMPED_MAX: usize = 16;
/// So many copies at most are weighed again.
pub const TESTED_MAX: usize = 20_000;
const FORMAT: &str = "tellmark bundle 1";

/// An entry of the log with the proof that it is there, and what it committed to where that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the log, from 0.
    pub index: u64,
    /// The entry.
    pub envelope: Envelope,
    /// The proof that the log of the bundle's checkpoint holds it.
    pub proof: Vec<Hash>,
    /// What it committed to.
    pub opening: Option<Opening>,
}

/// An earlier head of the log, which witnesses saw in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The head.
    pub note: Note,
    /// The proof that the log grew from it.
    pub proof: Vec<Hash>,
}

/// A head of the log that an authority stamped with the time (RFC 3161).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The head.
    pub note: Note,
    /// The proof that the log grew from it.
    pub proof: Vec<Hash>,
    /// The authority's answer.
    pub answer: Vec<u8>,
}

/// A tested copy without its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCopy {
    /// The batch with which it came, from 1.
    pub batch: usize,
    /// Its place in the batch, from 0.
    pub leaf: usize,
    /// The half of its leaf that hides whose it is.
    pub half: Hash,
    /// What it holds at the read sites.
    pub codeword: OpenCodeword,
    /// Its groups, where the finding names one.
    pub groups: Option<OpenGroups>,
}

/// A copy that is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCopy {
    /// The batch with which it came, from 1.
    pub batch: usize,
    /// Its place in the batch, from 0.
    pub leaf: usize,
    /// Its id.
    pub copy: String,
    /// The salt that hid it.
    pub salt: [u8; 32],
    /// The file that was written for it, where its delivery is in the log.
    pub file: Option<OpenFile>,
}

/// The document with all of its places, enclosed by consent: with it the exhibits can be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The document.
    pub document: Vec<u8>,
    /// The name of its file.
    pub file: String,
    /// What kind of document it is.
    pub format: String,
    /// Its text as its places know it.
    pub prose: String,
    /// Its text as a reader sees it.
    pub text: String,
    /// Its places, as the vault spells them (JSON).
    pub marking: String,
    /// The ids of places that tell nothing any more.
    pub public: Vec<String>,
    /// What the salts of its places follow from.
    pub secret: [u8; 32],
}

/// Leaked material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// The look that registered it.
    pub look: usize,
    /// Its number in the look, from 0.
    pub number: usize,
    /// As it was acquired.
    pub bytes: Vec<u8>,
    /// Its text as the reader saw it, where it has one.
    pub text: Option<String>,
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What it holds.
    pub parts: Parts,
    signature: [u8; 64],
}

/// What a bundle holds, and its operator signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The case, as the log calls it.
    pub case: String,
    /// The release whose copies were tested.
    pub release: String,
    /// The head of the log.
    pub checkpoint: Note,
    /// An earlier head.
    pub anchor: Option<Anchor>,
    /// That the log grew from the head from which the release's nonce follows, where it follows from one.
    pub bound: Option<Vec<Hash>>,
    /// Entries, in the order of the log.
    pub entries: Vec<Entry>,
    /// The sites that were read.
    pub sites: Vec<OpenSite>,
    /// What proves that they are the release's.
    pub site_nodes: Vec<Hash>,
    /// The tested copies, in the order in which the tracer weighed them.
    pub copies: Vec<OpenCopy>,
    /// The named ones.
    pub named: Vec<NamedCopy>,
    /// The exhibits.
    pub exhibits: Vec<Exhibit>,
    /// The original, where its owner consents.
    pub original: Option<Original>,
    /// Heads that an authority stamped.
    pub stamped: Vec<Stamped>,
}

impl Bundle {
    /// Signs the parts.
    pub fn sign(parts: Parts, key: &SecretKey) -> Bundle {
        let mut bundle = Bundle { parts, signature: [0; 64] };
        bundle.signature = key.sign(&bundle.signed());
        bundle
    }

    /// Whether the operator's signature over all of it holds.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(&self.signed(), &self.signature)
    }

    fn signed(&self) -> Vec<u8> {
        let hash = sha256(&[&Json::Map(self.unsigned()).to_bytes()]);
        [b"tellmark bundle v1\n".as_slice(), &hash].concat()
    }

    fn unsigned(&self) -> std::collections::BTreeMap<String, Json> {
        let parts = &self.parts;
        let mut fields = std::collections::BTreeMap::new();
        let mut add = |name: &str, value: Json| drop(fields.insert(name.to_owned(), value));
        add("case", parts.case.as_str().into());
        add("checkpoint", parts.checkpoint.to_text().into());
        add("copies", Json::List(parts.copies.iter().map(OpenCopy::to_json).collect()));
        add("entries", Json::List(parts.entries.iter().map(Entry::to_json).collect()));
        add("exhibits", Json::List(parts.exhibits.iter().map(Exhibit::to_json).collect()));
        add("format", FORMAT.into());
        add("named", Json::List(parts.named.iter().map(NamedCopy::to_json).collect()));
        add("release", parts.release.as_str().into());
        let open = Json::List(parts.sites.iter().map(OpenSite::to_json).collect());
        add("sites", map([("nodes", to_hex(&parts.site_nodes.concat()).into()), ("open", open)]));
        if let Some(anchor) = &parts.anchor {
            let note = anchor.note.to_text().into();
            add("anchor", map([("note", note), ("proof", to_hex(&anchor.proof.concat()).into())]));
        }
        if !parts.stamped.is_empty() {
            add("stamped", Json::List(parts.stamped.iter().map(Stamped::to_json).collect()));
        }
        if let Some(original) = &parts.original {
            add("original", original.to_json());
        }
        if let Some(bound) = &parts.bound {
            add("bound", to_hex(&bound.concat()).into());
        }
        fields
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut fields = self.unsigned();
        fields.insert("signature".into(), to_hex(&self.signature).into());
        Json::Map(fields).to_bytes()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is no bundle, or too large. What it says is not checked here: see [`crate::verify`](mod@crate::verify).
    pub fn read(bytes: &[u8]) -> Result<Bundle> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(Error::format("the bundle is too large"));
        }
        let json = Json::read(bytes)?;
        let names = [
            "case",
            "checkpoint",
            "copies",
            "entries",
            "exhibits",
            "format",
            "named",
            "release",
            "signature",
            "sites",
        ];
        let fields = json.fields("the bundle", &names, &["anchor", "bound", "original", "stamped"])?;
        if fields.text("format")? != FORMAT {
            return Err(Error::format("the bundle is of another version"));
        }
        let anchor = match fields.find("anchor") {
            None => None,
            Some(anchor) => {
                let anchor = anchor.fields("the anchor", &["note", "proof"], &[])?;
                let note = Note::read(anchor.text("note")?)?;
                Some(Anchor { note, proof: proof(&anchor.hex_bytes("proof")?)? })
            }
        };
        let entries = fields.list("entries", ENTRIES_MAX)?;
        let entries = entries.iter().map(Entry::read).collect::<Result<Vec<_>>>()?;
        if entries.windows(2).any(|pair| pair[0].index >= pair[1].index) {
            return Err(Error::format("the entries are not in the order of the log"));
        }
        let sites = fields.get("sites")?.fields("the sites", &["nodes", "open"], &[])?;
        let open = sites.list("open", SITES_MAX)?;
        let release = fields.text("release")?;
        let own = from_hex_exact(release).map(ReleaseId);
        let own = own.ok_or_else(|| Error::format("the bundle's release is none"))?;
        let open = open.iter().map(|site| OpenSite::read(site, own)).collect::<Result<Vec<_>>>()?;
        if open.windows(2).any(|pair| pair[0].index >= pair[1].index) {
            return Err(Error::format("the sites are not in their order"));
        }
        let copies = fields.list("copies", TESTED_MAX)?.iter().map(OpenCopy::read);
        let named = fields.list("named", TESTED_MAX)?.iter().map(NamedCopy::read);
        let exhibits = fields.list("exhibits", EXHIBITS_MAX)?.iter().map(Exhibit::read);
        let checkpoint = fields.text("checkpoint")?;
        if checkpoint.len() > NOTE_BYTES_MAX {
            return Err(Error::format("the checkpoint is too long"));
        }
        let parts = Parts {
            case: fields.text("case")?.into(),
            release: release.into(),
            checkpoint: Note::read(checkpoint)?,
            anchor,
            bound: match fields.find("bound") {
                Some(_) => Some(proof(&fields.hex_bytes("bound")?)?),
                None => None,
            },
            entries,
            sites: open,
            site_nodes: hashes(&sites.hex_bytes("nodes")?)?,
            copies: copies.collect::<Result<_>>()?,
            named: named.collect::<Result<_>>()?,
            exhibits: exhibits.collect::<Result<_>>()?,
            original: fields.find("original").map(Original::read).transpose()?,
            stamped: match fields.find("stamped") {
                None => Vec::new(),
                // One spelling: a list that is empty is left out.
                Some(_) if fields.list("stamped", STAMPED_MAX)?.is_empty() => {
                    return Err(Error::format("an empty list of stamped heads"));
                }
                Some(_) => {
                    let stamped = fields.list("stamped", STAMPED_MAX)?.iter();
                    stamped.map(Stamped::read).collect::<Result<_>>()?
                }
            },
        };
        Ok(Bundle { parts, signature: fields.hex("signature")? })
    }
}

/// Whether a text can be the id of a copy: letters, digits, `-`, `_` and `.`, and of other scripts nothing that nobody sees, so that
/// no two ids look alike for a sign without a shape. No table of characters is asked, which would be another in every year.
fn is_id(text: &str) -> bool {
    let is_seen = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '\u{aa}' | '\u{b5}' | '\u{ba}' => true,
        '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{bc}' | '\u{bd}' | '\u{be}' => true,
        '\0'..='\u{bf}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' => false,
        '\u{2000}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3000}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => false,
        '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => false,
        '\u{e0000}'..='\u{e0fff}' => false,
        _ => true,
    };
    (1..=ID_CHARS_MAX).contains(&text.chars().count()) && text.chars().all(is_seen)
}

fn proof(bytes: &[u8]) -> Result<Vec<Hash>> {
    let proof = hashes(bytes)?;
    match proof.len() <= PROOF_MAX {
        true => Ok(proof),
        false => Err(Error::format("a proof is too long")),
    }
}

impl Entry {
    /// As bundles and slips hold it.
    pub(crate) fn to_json(&self) -> Json {
        let envelope = String::from_utf8_lossy(&self.envelope.to_bytes()).into_owned();
        let mut fields = vec![
            ("envelope", envelope.into()),
            ("index", Json::Int(i64::try_from(self.index).unwrap_or(i64::MAX))),
            ("proof", to_hex(&self.proof.concat()).into()),
        ];
        fields.extend(self.opening.as_ref().map(|opening| ("opening", opening.to_json())));
        map(fields)
    }

    pub(crate) fn read(json: &Json) -> Result<Entry> {
        let fields = json.fields("an entry", &["envelope", "index", "proof"], &["opening"])?;
        let envelope = fields.text("envelope")?;
        if envelope.len() > ENTRY_BYTES_MAX {
            return Err(Error::format("an entry is too long"));
        }
        Ok(Entry {
            index: fields.count("index", 1 << 40)? as u64,
            envelope: Envelope::read(envelope.as_bytes())?,
            proof: proof(&fields.hex_bytes("proof")?)?,
            opening: fields.find("opening").map(Opening::read).transpose()?,
        })
    }
}

impl OpenCopy {
    fn to_json(&self) -> Json {
        let mut fields = vec![
            ("batch", count(self.batch)),
            ("codeword", self.codeword.to_json()),
            ("half", to_hex(&self.half).into()),
            ("leaf", count(self.leaf)),
        ];
        fields.extend(self.groups.as_ref().map(|groups| ("groups", groups.to_json())));
        map(fields)
    }

    fn read(json: &Json) -> Result<OpenCopy> {
        let fields = json.fields("a copy", &["batch", "codeword", "half", "leaf"], &["groups"])?;
        Ok(OpenCopy {
            batch: fields.count("batch", COPIES_MAX)?,
            leaf: fields.count("leaf", COPIES_MAX)?,
            half: fields.hex("half")?,
            codeword: OpenCodeword::read(fields.get("codeword")?)?,
            groups: fields.find("groups").map(OpenGroups::read).transpose()?,
        })
    }
}

impl NamedCopy {
    fn to_json(&self) -> Json {
        let mut fields = vec![
            ("batch", count(self.batch)),
            ("copy", self.copy.as_str().into()),
            ("leaf", count(self.leaf)),
            ("salt", to_hex(&self.salt).into()),
        ];
        fields.extend(self.file.as_ref().map(|file| ("file", file.to_json())));
        map(fields)
    }

    fn read(json: &Json) -> Result<NamedCopy> {
        let fields = json.fields("a named copy", &["batch", "copy", "leaf", "salt"], &["file"])?;
        let copy = fields.text("copy")?;
        if !is_id(copy) {
            return Err(Error::format("a copy's id is none"));
        }
        Ok(NamedCopy {
            batch: fields.count("batch", COPIES_MAX)?,
            leaf: fields.count("leaf", COPIES_MAX)?,
            copy: copy.into(),
            salt: fields.hex("salt")?,
            file: fields.find("file").map(OpenFile::read).transpose()?,
        })
    }
}

impl Stamped {
    fn to_json(&self) -> Json {
        map([
            ("answer", to_base64(&self.answer).into()),
            ("note", self.note.to_text().into()),
            ("proof", to_hex(&self.proof.concat()).into()),
        ])
    }

    fn read(json: &Json) -> Result<Stamped> {
        let fields = json.fields("a stamped head", &["answer", "note", "proof"], &[])?;
        let answer = from_base64(fields.text("answer")?).filter(|answer| answer.len() <= STAMP_BYTES_MAX);
        Ok(Stamped {
            note: Note::read(fields.text("note")?)?,
            proof: proof(&fields.hex_bytes("proof")?)?,
            answer: answer.ok_or_else(|| Error::format("an authority's answer is no base64, or too long"))?,
        })
    }
}

impl Original {
    fn to_json(&self) -> Json {
        map([
            ("document", to_base64(&self.document).into()),
            ("file", self.file.as_str().into()),
            ("format", self.format.as_str().into()),
            ("marking", self.marking.as_str().into()),
            ("prose", self.prose.as_str().into()),
            ("public", self.public.clone().into()),
            ("secret", to_hex(&self.secret).into()),
            ("text", self.text.as_str().into()),
        ])
    }

    fn read(json: &Json) -> Result<Original> {
        let names = ["document", "file", "format", "marking", "prose", "public", "secret", "text"];
        let fields = json.fields("the original", &names, &[])?;
        let text = |name: &str| fields.text(name).map(str::to_owned);
        let document = from_base64(fields.text("document")?);
        let public = fields.list("public", SITES_MAX)?.iter();
        Ok(Original {
            document: document.ok_or_else(|| Error::format("the original's bytes are no base64"))?,
            file: text("file")?,
            format: text("format")?,
            marking: text("marking")?,
            prose: text("prose")?,
            text: text("text")?,
            public: public.map(|name| Ok(name.text("a place")?.to_owned())).collect::<Result<_>>()?,
            secret: fields.hex("secret")?,
        })
    }
}

impl Exhibit {
    fn to_json(&self) -> Json {
        let mut fields = vec![
            ("bytes", to_base64(&self.bytes).into()),
            ("look", count(self.look)),
            ("number", count(self.number)),
        ];
        fields.extend(self.text.as_ref().map(|text| ("text", text.as_str().into())));
        map(fields)
    }

    fn read(json: &Json) -> Result<Exhibit> {
        let fields = json.fields("an exhibit", &["bytes", "look", "number"], &["text"])?;
        let bytes = from_base64(fields.text("bytes")?)
            .ok_or_else(|| Error::format("an exhibit's bytes are no base64"))?;
        let text = fields.find("text").map(|text| text.text("an exhibit's text").map(str::to_owned));
        Ok(Exhibit {
            look: fields.count("look", 1_000_000)?,
            number: fields.count("number", 1_000)?,
            bytes,
            text: text.transpose()?,
        })
    }
}
