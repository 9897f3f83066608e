//! Encoded words (RFC 2047) as mail programs read them: also where the rules allow none, within quotation marks, glued to other
//! letters, and with blanks in them.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Base64 with or without its padding, and with bits that are left over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An encoded word: the name of its character set, its bytes, and what stands behind it.
struct Word<'t> {
    label: &'t str,
    bytes: Vec<u8>,
    rest: &'t str,
}

/// A text with its encoded words read. Blanks between two of them are left out; `joins` says whether their bytes become text
/// together, where both name one character set.
pub fn read(text: &str, joins: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Behind the last end nothing begins.
    let (mut rest, tail) = text.split_at(text.rfind("?=").map_or(0, |at| at + 2));
    while let Some(at) = rest.find("=?") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(mut word) = word(rest) else {
            out.push_str("=?");
            rest = &rest[2..];
            continue;
        };
        while let Some(next) = next(&word) {
            if joins && next.label.eq_ignore_ascii_case(word.label) {
                word.bytes.extend_from_slice(&next.bytes);
                word.rest = next.rest;
            } else {
                out.push_str(&said(&word));
                word = next;
            }
        }
        out.push_str(&said(&word));
        rest = word.rest;
    }
    out.push_str(rest);
    out.push_str(tail);
    out
}

/// The encoded word that follows another with nothing but blanks between them.
fn next<'t>(before: &Word<'t>) -> Option<Word<'t>> {
    word(before.rest.trim_start())
}

/// The encoded word with which a text begins.
fn word(text: &str) -> Option<Word<'_>> {
    let (label, behind) = text.strip_prefix("=?")?.split_once('?')?;
    let (kind, behind) = behind.split_once('?')?;
    // Its end is looked for only where it is one: a text may begin many that are none.
    let is_base64 = match kind {
        "b" | "B" => true,
        "q" | "Q" => false,
        _ => return None,
    };
    let (said, rest) = behind.split_once("?=")?;
    let bytes = if is_base64 { from_base64(said) } else { from_quoted(said.as_bytes()) };
    // A language may stand behind the character set (RFC 2231).
    let label = label.split('*').next().unwrap_or_default().trim();
    Some(Word { label, bytes, rest })
}

/// What is left out is what is no letter of base64. Padding may stand within it, where words were put together.
fn from_base64(said: &str) -> Vec<u8> {
    let parts = said.split('=').map(|part| {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let mut letters: Vec<u8> = part.bytes().filter(is_letter).collect();
        // One letter alone is no byte.
        letters.truncate(letters.len() - usize::from(letters.len() % 4 == 1));
        LENIENT.decode(letters).unwrap_or_default()
    });
    parts.flatten().collect()
}

fn from_quoted(said: &[u8]) -> Vec<u8> {
    let digit =
        |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8);
    let mut bytes = Vec::with_capacity(said.len());
    let mut at = 0;
    while let Some(&byte) = said.get(at) {
        match (byte, digit(said.get(at + 1)), digit(said.get(at + 2))) {
            (b'=', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                at += 3;
                continue;
            }
            (b'_', ..) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
        at += 1;
    }
    bytes
}

/// The text of an encoded word. In a character set that is not known there could be anything: it is told as a word that is
/// nobody's address and still has an `@`.
fn said(word: &Word<'_>) -> String {
    let Word { label, bytes, .. } = word;
    // The standard for the web takes names of some old sets to mean that nothing is read; programs for mail do read them.
    let known = Encoding::for_label_no_replacement(label.as_bytes());
    match (known, charset_decoder(label.as_bytes())) {
        // Programs do not agree on which byte comes first.
        (Some(encoding), _) if encoding == UTF_16LE || encoding == UTF_16BE => {
            let [first, second] = [UTF_16BE, UTF_16LE].map(|one| one.decode_without_bom_handling(bytes).0);
            format!("{first} {second}")
        }
        (Some(encoding), _) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        (None, Some(decode)) => decode(bytes),
        (None, None) => format!(" {label}@ "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_read_wherever_they_stand() {
        for (text, together) in [
            ("plain", "plain"),
            ("=?utf-8?q?a_b?= c", "a b c"),
            ("x=?UTF-8?B?YQ==?=y", "xay"),
            ("=?utf-8?q?a?= \t =?utf-8?q?b?=", "ab"),
            ("=?utf-8?b?0JA?=", "А"),
            ("=?utf-8?b?YQ==Yg==?=", "ab"),
            ("=?utf-8?q?a b?=", "a b"),
            ("=?iso-8859-1?q?=E4?= =?utf-8?q?=C3=A4?=", "ää"),
            ("=?utf-8?q?=6?=", "=6"),
            ("=?utf-8?x?a?= =?", "=?utf-8?x?a?= =?"),
            ("=?utf-8?q?=C3?= =?utf-8?q?=A4?=", "ä"),
            ("=? =? =?utf-8?q?a?=", "=? =? a"),
        ] {
            assert_eq!(read(text, true), together, "{text}");
        }
        assert_eq!(read("=?utf-8?q?=C3?= =?utf-8?q?=A4?=", false), "\u{fffd}\u{fffd}");
        assert_eq!(read("=?x-odd?q?a?=", true), " x-odd@ ");
        assert!(read("=?iso-2022-kr?q?a@b?=", true).contains('@'));
    }
}
