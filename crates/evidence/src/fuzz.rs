//! One function for each parser of what comes from outside, for the fuzzer and for a test that replays its corpus.

use crate::bundle::Bundle;
use crate::note::{Checkpoint, Note, PublicKey};
use crate::policy::Policy;
use crate::signed::{Receipt, Request, Signed};
use crate::slip::Slip;
use crate::tile;
use crate::verify::{Accepted, verify};

/// Takes a parser through bytes that nobody vouches for.
pub type Target = fn(&[u8]);

/// Every target: its name, which is the folder of its corpus too, and the function.
pub const TARGETS: [(&str, Target); 4] =
    [("bundle", bundle), ("signed", signed), ("slip", slip), ("policy", policy)];

/// A policy whose log signed none of what is read here.
const NOBODY: &str = "log tellmark/test+2c11b08a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\nquorum none\n";

/// Reads a bundle, which has one spelling, and verifies it.
pub fn bundle(bytes: &[u8]) {
    let Ok(bundle) = Bundle::read(bytes) else { return };
    assert!(bundle.to_bytes() == bytes, "a bundle has one spelling");
    let Ok(policy) = Policy::read(NOBODY) else { return };
    let report = verify(&bundle, &policy, &Accepted::default());
    assert!(!report.is_proven, "nothing is proven without a witness");
}

/// Reads what a person signed, and bundles of entries.
pub fn signed(bytes: &[u8]) {
    let _ = tile::entries_from_bytes(bytes);
    let Ok(signed) = Signed::read(bytes) else { return };
    assert!(signed.to_bytes() == bytes, "a signed statement has one spelling");
    let _ = (signed.holds(), Receipt::read(&signed.statement), Request::read(&signed.statement));
}

/// Reads a slip and holds it against a file.
pub fn slip(bytes: &[u8]) {
    let Ok(slip) = Slip::read(bytes) else { return };
    assert!(slip.to_bytes() == bytes, "a slip has one spelling");
    if let Ok(policy) = Policy::read(NOBODY) {
        let _ = slip.check(b"copy", &policy);
    }
}

/// Reads a policy, a note, a checkpoint and a key.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = (PublicKey::read(text), Checkpoint::read(text));
    let policy = Policy::read(text);
    if let Ok(note) = Note::read(text) {
        assert!(note.to_text() == text, "a note has one spelling");
        let _ = (note.checkpoint(), policy.map(|policy| policy.seen_at(&note)));
    }
}
