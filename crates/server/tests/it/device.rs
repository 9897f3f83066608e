//! A device with a passkey, as a browser lets a page speak to it.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::provider::base64url;

/// What stands before the point of a P-256 key in a SubjectPublicKeyInfo.
const SPKI_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

pub struct Device {
    key: SigningKey,
    credential: String,
}

impl Device {
    /// One of many, each with its own passkey.
    pub fn new(number: u8) -> Device {
        Device { key: SigningKey::from_slice(&[number; 32]).unwrap(), credential: base64url(&[number; 9]) }
    }

    /// What it says when it made its passkey for a question.
    pub fn made(&self, challenge: &str) -> Vec<(&'static str, String)> {
        let key = [&SPKI_P256[..], self.key.verifying_key().to_encoded_point(false).as_bytes()].concat();
        let said = [&Sha256::digest(b"127.0.0.1")[..], &[0b101, 0, 0, 0, 0]].concat();
        vec![
            ("name", "a laptop".to_owned()),
            ("credential", self.credential.clone()),
            ("client", base64url(client("webauthn.create", challenge).as_bytes())),
            ("device", base64url(&said)),
            ("public_key", base64url(&key)),
        ]
    }

    /// What it signs for a question, with its count.
    pub fn signed(&self, challenge: &str, counter: u8) -> Vec<(&'static str, String)> {
        let client = client("webauthn.get", challenge);
        let said = [&Sha256::digest(b"127.0.0.1")[..], &[0b101, 0, 0, 0, counter]].concat();
        let signature: Signature = self.key.sign(&[&said[..], &Sha256::digest(&client)].concat());
        vec![
            ("credential", self.credential.clone()),
            ("client", base64url(client.as_bytes())),
            ("device", base64url(&said)),
            ("signature", base64url(signature.to_der().as_bytes())),
        ]
    }
}

fn client(kind: &str, challenge: &str) -> String {
    json!({ "type": kind, "challenge": challenge, "origin": "http://127.0.0.1:8080" }).to_string()
}

/// Fields as a form takes them.
pub fn fields<'a>(said: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    said.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
