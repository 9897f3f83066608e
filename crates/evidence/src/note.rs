//! Signed notes, checkpoints and cosignatures.
//!
//! # Source
//! C2SP: signed-note, tlog-checkpoint, tlog-cosignature (`cosignature/v1`). Ed25519 is verified strictly: no key and no
//! commitment of small order, no second spelling of a signature.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::encode::{from_base64, from_hex_exact, to_base64, to_hex};
use crate::merkle::{Hash, sha256};
use crate::{Error, Result};

/// A note is at most so long.
pub const NOTE_BYTES_MAX: usize = 64 << 10;
/// A note has at most so many signatures.
const SIGNATURES_MAX: usize = 64;
const DASH: &str = "\u{2014} ";

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A log: its checkpoints and entries.
    Log,
    /// A witness: checkpoints, with the time at which it saw them.
    Witness,
}

impl Role {
    fn byte(self) -> u8 {
        match self {
            Role::Log => 1,
            Role::Witness => 4,
        }
    }
}

/// A key by which signatures are verified, with its owner's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name.
    pub name: String,
    /// What it signs.
    pub role: Role,
    key: VerifyingKey,
}

impl PublicKey {
    /// Reads the form of C2SP signed-note, `name+12345678+base64`.
    ///
    /// # Errors
    /// When it is none, or of an algorithm other than Ed25519 and its cosignatures.
    pub fn read(text: &str) -> Result<PublicKey> {
        let wrong = |what: &str| Error::format(format!("{text:?} is no key: {what}"));
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("name+12345678+base64 is needed"));
        };
        if !is_name(name) {
            return Err(wrong("its name is none"));
        }
        let data = from_base64(data).ok_or_else(|| wrong("its last part is no base64"))?;
        let (&algorithm, bytes) = data.split_first().ok_or_else(|| wrong("it is empty"))?;
        let role = [Role::Log, Role::Witness].into_iter().find(|role| role.byte() == algorithm);
        let role = role.ok_or_else(|| wrong("its algorithm is unknown"))?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| wrong("it has another length than 32 bytes"))?;
        let key = PublicKey { name: name.into(), role, key: strict(&bytes)? };
        match from_hex_exact(id) == Some(key.id()) {
            true => Ok(key),
            false => Err(wrong("its number is not that of name and key")),
        }
    }

    /// The form that [`PublicKey::read`] reads.
    pub fn to_text(&self) -> String {
        format!("{}+{}+{}", self.name, to_hex(&self.id()), to_base64(&self.tagged()))
    }

    fn tagged(&self) -> Vec<u8> {
        [&[self.role.byte()], self.key.as_bytes().as_slice()].concat()
    }

    /// The four bytes by which notes refer to it.
    pub fn id(&self) -> [u8; 4] {
        let hash = sha256(&[self.name.as_bytes(), b"\n", &self.tagged()]);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The key's bytes.
    pub fn bytes(&self) -> [u8; 32] {
        *self.key.as_bytes()
    }

    /// Whether it is one of these. Keys are compared without their names, which anybody can choose.
    pub fn is_among(&self, keys: &[PublicKey]) -> bool {
        keys.iter().any(|known| known.bytes() == self.bytes())
    }

    /// Whether a signature over a message holds.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

/// A key that is spelled as it must be and not of small order.
fn strict(bytes: &[u8; 32]) -> Result<VerifyingKey> {
    // The encoded number is below the prime 2^255 - 19.
    let is_reduced = {
        let mut number = *bytes;
        number[31] &= 0x7f;
        number[31] != 0x7f || number[1..31].iter().any(|&byte| byte != 0xff) || number[0] < 0xed
    };
    let key = VerifyingKey::from_bytes(bytes).ok().filter(|key| is_reduced && !key.is_weak());
    key.ok_or_else(|| Error::format("the bytes are no Ed25519 key, or a weak one"))
}

/// A key that signs.
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public.name)
    }
}

impl SecretKey {
    /// The key of this seed.
    ///
    /// # Errors
    /// When the name is empty, or has a space, a plus or a control character.
    pub fn new(name: &str, role: Role, seed: &[u8; 32]) -> Result<SecretKey> {
        if !is_name(name) {
            return Err(Error::format(format!("{name:?} cannot name a key")));
        }
        let key = SigningKey::from_bytes(seed);
        let public = PublicKey { name: name.into(), role, key: key.verifying_key() };
        Ok(SecretKey { key, public })
    }

    /// The key of this seed, named by its own hash: `tellmark-KIND/` and the first 8 bytes of it.
    ///
    /// # Errors
    /// When the kind cannot stand in a name.
    pub fn named_by_hash(kind: &str, role: Role, seed: &[u8; 32]) -> Result<SecretKey> {
        let unnamed = SecretKey::new("unnamed", role, seed)?;
        let hash = sha256(&[&unnamed.public.bytes()]);
        SecretKey::new(&format!("tellmark-{kind}/{}", to_hex(&hash[..8])), role, seed)
    }

    /// The other half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

fn is_name(name: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_graphic() && c != '+';
    !name.is_empty() && name.len() <= 255 && name.chars().all(is_fit)
}

/// The head of a log: how many entries, and the root over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, to_base64(&self.root))
    }

    /// Reads the text; a checkpoint with further lines is refused.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Checkpoint> {
        let wrong = || Error::format("a checkpoint has three lines: its log's name, a size, a root");
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or_else(wrong)?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else { return Err(wrong()) };
        let number: u64 = size.parse().map_err(|_| wrong())?;
        let root = from_base64(root).and_then(|root| root.try_into().ok()).ok_or_else(wrong)?;
        if !is_name(origin) || number.to_string() != *size || number > 1 << 40 {
            return Err(wrong());
        }
        Ok(Checkpoint { origin: (*origin).into(), size: number, root })
    }
}

/// A text with signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text, which ends with a line's end.
    pub text: String,
    signatures: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// A checkpoint signed by its log.
    pub fn of(checkpoint: &Checkpoint, key: &SecretKey) -> Note {
        let text = checkpoint.to_text();
        let signature = key.sign(text.as_bytes()).to_vec();
        let PublicKey { name, .. } = key.public();
        Note { signatures: vec![Line { name: name.clone(), id: key.public().id(), signature }], text }
    }

    /// Reads a note.
    ///
    /// # Errors
    /// When it is none, or spelled in another way than it is written.
    pub fn read(note: &str) -> Result<Note> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(Error::format("a note is too long"));
        }
        let wrong = || Error::format("a signed note is a text, an empty line and signatures");
        let end = note.rfind("\n\n").ok_or_else(wrong)?;
        let (text, lines) = (&note[..=end], &note[end + 2..]);
        let lines = lines.strip_suffix('\n').ok_or_else(wrong)?;
        let signatures = lines.split('\n').map(Line::read).collect::<Result<Vec<Line>>>()?;
        let note = Note { text: text.into(), signatures };
        if note.signatures.len() > SIGNATURES_MAX {
            return Err(wrong());
        }
        Ok(note)
    }

    /// The form that [`Note::read`] reads.
    pub fn to_text(&self) -> String {
        let lines = self.signatures.iter().map(|line| {
            let bytes = [&line.id, line.signature.as_slice()].concat();
            format!("{DASH}{} {}\n", line.name, to_base64(&bytes))
        });
        format!("{}\n{}", self.text, lines.collect::<String>())
    }

    /// The checkpoint that it is.
    ///
    /// # Errors
    /// When it is none.
    pub fn checkpoint(&self) -> Result<Checkpoint> {
        Checkpoint::read(&self.text)
    }

    fn line_of(&self, key: &PublicKey) -> Result<Option<&Line>> {
        let mut lines = self.signatures.iter().filter(|line| line.name == key.name && line.id == key.id());
        let line = lines.next();
        match lines.next() {
            None => Ok(line),
            Some(_) => Err(Error::Signature(format!("{} signed a note twice", key.name))),
        }
    }

    /// Whether a log signed it.
    ///
    /// # Errors
    /// When there is a signature of the key which does not hold.
    pub fn is_signed_by(&self, log: &PublicKey) -> Result<bool> {
        let Some(line) = self.line_of(log)? else { return Ok(false) };
        let signature = line.signature.as_slice().try_into().ok();
        match signature.is_some_and(|signature| log.verifies(self.text.as_bytes(), signature)) {
            true => Ok(true),
            false => Err(Error::Signature(format!("the signature of {} does not hold", log.name))),
        }
    }

    /// When a witness saw it, in seconds since 1970; `None` where it did not.
    ///
    /// # Errors
    /// When there is a cosignature of the key which does not hold.
    pub fn seen_by(&self, witness: &PublicKey) -> Result<Option<i64>> {
        let Some(line) = self.line_of(witness)? else { return Ok(None) };
        let wrong = || Error::Signature(format!("the cosignature of {} does not hold", witness.name));
        let (time, signature) = line.signature.split_first_chunk::<8>().ok_or_else(wrong)?;
        let time = i64::try_from(u64::from_be_bytes(*time)).map_err(|_| wrong())?;
        let signature: &[u8; 64] = signature.try_into().map_err(|_| wrong())?;
        match witness.verifies(cosigned(time, &self.text).as_bytes(), signature) {
            true => Ok(Some(time)),
            false => Err(wrong()),
        }
    }

    /// Adds a witness's cosignature; one that it gave before is replaced.
    pub fn cosign(&mut self, witness: &SecretKey, time: i64) {
        let public = witness.public();
        let signature = witness.sign(cosigned(time, &self.text).as_bytes());
        let signature = [time.to_be_bytes().as_slice(), &signature].concat();
        self.signatures.retain(|line| line.name != public.name || line.id != public.id());
        self.signatures.push(Line { name: public.name.clone(), id: public.id(), signature });
    }
}

fn cosigned(time: i64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

impl Line {
    fn read(line: &str) -> Result<Line> {
        let wrong = || Error::format(format!("{line:?} is no line of a signature"));
        let (name, bytes) =
            line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or_else(wrong)?;
        let bytes = from_base64(bytes).ok_or_else(wrong)?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
        if !is_name(name) || signature.is_empty() || signature.len() > 256 {
            return Err(wrong());
        }
        Ok(Line { name: name.into(), id: *id, signature: signature.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (SecretKey, SecretKey) {
        let log = SecretKey::new("example.org/log", Role::Log, &[1; 32]).unwrap();
        (log, SecretKey::new("example.org/witness", Role::Witness, &[2; 32]).unwrap())
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "example.org/log".into(), size: 7, root: [9; 32] }
    }

    #[test]
    fn keys_are_those_of_other_implementations() {
        // From the documentation of golang.org/x/mod/sumdb/note.
        let key =
            PublicKey::read("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note = Note::read(&format!("{text}\n{line}")).unwrap();
        assert!(note.is_signed_by(&key).unwrap());
        assert_eq!(note.to_text(), format!("{text}\n{line}"));
    }

    #[test]
    fn signed_and_seen() {
        let (log, witness) = keys();
        let mut note = Note::of(&checkpoint(), &log);
        assert!(note.is_signed_by(log.public()).unwrap());
        assert_eq!(note.seen_by(witness.public()).unwrap(), None);
        note.cosign(&witness, 5);
        note.cosign(&witness, 1_700_000_000);
        let read = Note::read(&note.to_text()).unwrap();
        assert_eq!(read, note);
        assert_eq!(read.seen_by(witness.public()).unwrap(), Some(1_700_000_000));
        assert_eq!(read.checkpoint().unwrap(), checkpoint());
        for key in [log.public(), witness.public()] {
            assert_eq!(PublicKey::read(&key.to_text()).unwrap(), *key);
        }
    }

    #[test]
    fn another_byte_is_noticed() {
        let (log, witness) = keys();
        let mut note = Note::of(&checkpoint(), &log);
        note.cosign(&witness, 1_700_000_000);
        let text = note.to_text().into_bytes();
        for at in 0..text.len() {
            for flip in [1, 0x20, 0x80] {
                let mut other = text.clone();
                other[at] ^= flip;
                let Ok(other) = String::from_utf8(other) else { continue };
                let holds = Note::read(&other).is_ok_and(|note| {
                    note.is_signed_by(log.public()) == Ok(true)
                        && note.seen_by(witness.public()).is_ok_and(|time| time.is_some())
                });
                assert!(!holds, "byte {at}");
            }
        }
    }

    #[test]
    fn weak_keys_are_refused() {
        for bytes in [
            [0; 32],
            {
                let mut one = [0; 32];
                one[0] = 1;
                one
            },
            {
                let mut p = [0xff; 32];
                p[0] = 0xee;
                p[31] = 0x7f;
                p
            },
        ] {
            assert!(strict(&bytes).is_err());
        }
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        for text in ["a\n1\n", "a\n01\nAA==\n", "a\n1\nAA==\n", "a b\n1\n", ""] {
            assert!(Checkpoint::read(text).is_err());
        }
    }
}
