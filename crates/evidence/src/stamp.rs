//! Time-stamps of heads of the log by an authority (RFC 3161).
//!
//! An authority that knows nothing of the log signs the hash of a head with the time. What it signed is carried along and
//! held against the head here; its signature and certificate are judged by who trusts it, with a tool for that:
//! `openssl ts -verify`.

use crate::merkle::{Hash, sha256};
use crate::{Error, Result};

/// An answer of an authority is at most so long.
pub const STAMP_BYTES_MAX: usize = 64 << 10;

/// What comes before the hash in a request: version 1, SHA-256 (2.16.840.1.101.3.4.2.1).
const BEFORE: [u8; 24] = [
    0x30, 0x39, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];
/// What comes behind it: the certificate is wanted.
const BEHIND: [u8; 3] = [0x01, 0x01, 0xff];
/// How an answer that grants begins, behind its own length: a status of 0, or of 1 with changes.
const GRANTED: [[u8; 3]; 2] = [[0x02, 0x01, 0x00], [0x02, 0x01, 0x01]];

/// A request (RFC 3161, TimeStampReq) for the text of a head.
///
/// ```
/// let request = tellmark_evidence::stamp::request("log\n1\nroot\n");
/// assert_eq!((request.len(), request[1]), (59, 57));
/// ```
pub fn request(head: &str) -> Vec<u8> {
    [BEFORE.as_slice(), &sha256(&[head.as_bytes()]), &BEHIND].concat()
}

/// Checks that an answer (TimeStampResp) grants a time-stamp and is about the text of a head. Whose signature it has is
/// not looked at.
///
/// # Errors
/// When it is none, refuses, or is about something else.
pub fn check(answer: &[u8], head: &str) -> Result<()> {
    if answer.len() > STAMP_BYTES_MAX || !is_granted(answer) {
        return Err(Error::format("this is no time-stamp that an authority granted (RFC 3161)"));
    }
    let hash: Hash = sha256(&[head.as_bytes()]);
    // The imprint: an octet string of 32 bytes behind the algorithm that the request named.
    let imprint = [[0x04, 0x20].as_slice(), &hash].concat();
    match answer.windows(imprint.len()).any(|window| window == imprint) {
        true => Ok(()),
        false => Err(Error::format("the time-stamp is about something else than this head of the log")),
    }
}

/// A sequence whose first part is a sequence that begins with a granted status.
fn is_granted(answer: &[u8]) -> bool {
    let status = inner(answer).and_then(inner);
    status.is_some_and(|status| GRANTED.iter().any(|granted| status.starts_with(granted)))
}

/// What is in a sequence of DER at the beginning of some bytes, to the end of the bytes.
fn inner(bytes: &[u8]) -> Option<&[u8]> {
    let (&[0x30, length], rest) = bytes.split_first_chunk::<2>()? else { return None };
    match length {
        0x00..=0x7f => Some(rest),
        0x81..=0x84 => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grants_and_is_about_the_head_is_taken() {
        let head = "log\n1\nroot\n";
        let hash = sha256(&[head.as_bytes()]);
        let answer = |status: u8, hash: &[u8]| {
            [&[0x30, 0x82, 0, 44, 0x30, 3, 2, 1, status, 0x30, 37, 4, 32], hash].concat()
        };
        assert!(check(&answer(0, &hash), head).is_ok() && check(&answer(1, &hash), head).is_ok());
        assert!(check(&answer(2, &hash), head).is_err(), "refused");
        assert!(check(&answer(0, &[0; 32]), head).is_err(), "of something else");
        for bad in [&b""[..], &[0x30], &[0x30, 0x84], &[0x31, 3, 2, 1, 0], &request(head)] {
            assert!(check(bad, head).is_err());
        }
    }
}
