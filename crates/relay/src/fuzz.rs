//! One function for each parser of untrusted bytes, for the fuzzer and for a test that replays its corpus.

use std::path::Path;

use crate::policy::Policy;
use crate::queue::{files, journal};
use crate::wire::{Unstuffed, stuff};

/// Takes a parser through bytes that nobody vouches for.
pub type Target = fn(&[u8]);

/// Every target: its name, which is the folder of its corpus too, and the function.
pub const TARGETS: [(&str, Target); 2] = [("submitted", submitted), ("queued", queued)];

/// Reads a message as a client sends it, in pieces of every size: the same comes out, and it can be sent on.
pub fn submitted(bytes: &[u8]) {
    let mut found = Vec::new();
    for size in [1, 7, 4096] {
        let mut message = Unstuffed::new(1 << 20);
        let mut end = None;
        let mut at = 0;
        for piece in bytes.chunks(size) {
            let (taken, ended) = message.take(piece);
            at += taken;
            if ended {
                end = Some(at);
                break;
            }
        }
        found.push((end, message.finish()));
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
    let Some((Some(_), Ok(message))) = found.pop() else { return };
    let mut sent = Vec::new();
    stuff(&message, &mut sent);
    let mut again = Unstuffed::new(1 << 21);
    assert_eq!(again.take(&sent), (sent.len(), true));
    let end: &[u8] = if message.ends_with(b"\r\n") { b"" } else { b"\r\n" };
    assert_eq!(again.finish(), Ok([message.as_slice(), end].concat()));
}

/// Reads a queue's files and a policy.
pub fn queued(bytes: &[u8]) {
    let _ = (files::read(bytes), journal::read(bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Policy::read(text, Path::new("."));
    }
}
