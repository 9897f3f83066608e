//! What a sender is told when copies were given up: a delivery status notification (RFC 3464), with the header of their message
//! and no word of its text.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tellmark_app::mail::Head;

use crate::queue::files::{Envelope, Id, To};
use crate::reply::printable;

/// Recipients that one notification names.
const NAMED_MAX: usize = 200;
/// Characters of a line in base64 (RFC 2045, 6.8).
const LINE: usize = 76;
/// Bytes of the header that are sent back.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// The notification about some copies of a message; `None` where there is nobody to tell. The same failures give the same id, so
/// that a notification that was put twice is one.
pub fn about(
    envelope: &Envelope,
    bytes: &[u8],
    failed: &[(u32, String)],
    server: &str,
    now_ms: i64,
) -> Option<(Envelope, Vec<u8>)> {
    if envelope.from.is_empty() || failed.is_empty() {
        return None;
    }
    let id = id_of(envelope, failed);
    let boundary = format!("=_tellmark_{id}");
    // A sender with a plain address is told in ASCII alone: also by a server that takes nothing else, which may be what failed.
    let is_wide = !envelope.from.is_ascii();
    let (coding, status_kind, header_kind) = match is_wide {
        true => ("8bit", "message/global-delivery-status", "message/global-headers"),
        false => ("7bit", "message/delivery-status", "text/rfc822-headers"),
    };
    let mut told = String::from(
        "Your message was not delivered to these recipients. To all others it was delivered, or is still tried.\r\n\r\n",
    );
    let named = failed.iter().take(NAMED_MAX);
    let named = named.filter_map(|(to, words)| Some((&envelope.to.get(*to as usize)?.address, words)));
    for (address, words) in named.clone() {
        let _ = write!(told, "{address}\r\n    {}\r\n", wrapped(words));
    }
    if let Some(more) = failed.len().checked_sub(NAMED_MAX).filter(|&more| more > 0) {
        let _ = write!(told, "and {more} more\r\n");
    }
    let (told, told_coding) = match is_wide || told.is_ascii() {
        true => (told, coding),
        false => (in_base64(&told), "base64"),
    };
    let mut out = format!(
        "From: Mail delivery <postmaster@{server}>\r\nTo: {}\r\nSubject: Not delivered\r\nDate: {}\r\nMessage-ID: <{id}@{server}>\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n \
         boundary=\"{boundary}\"\r\nContent-Transfer-Encoding: {coding}\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: {told_coding}\r\n\r\n{told}\r\n--{boundary}\r\nContent-Type: {status_kind}\r\n\r\n\
         Reporting-MTA: dns; {server}\r\n",
        envelope.from,
        date(now_ms),
    );
    for (address, words) in named {
        let _ = write!(
            out,
            "\r\nFinal-Recipient: {}\r\nAction: failed\r\nStatus: {}\r\nDiagnostic-Code: smtp;\r\n {}\r\n",
            recipient(address, is_wide),
            status(words),
            wrapped(words).replace("\r\n    ", "\r\n ")
        );
    }
    let _ = write!(out, "\r\n--{boundary}\r\nContent-Type: {header_kind}\r\n\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(&header(bytes));
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let own = Envelope {
        id,
        at_ms: now_ms,
        from: String::new(),
        to: vec![To { address: envelope.from.clone(), copy: String::new() }],
        smtputf8: is_wide,
        received: String::new(),
        sealed: None,
    };
    Some((own, out))
}

fn in_base64(text: &str) -> String {
    let packed = STANDARD.encode(text);
    // Base64 is ASCII: every cut is between characters.
    let lines = packed.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    lines.fold(String::new(), |out, line| out + &line + "\r\n")
}

/// An address as a status names it; in ASCII where it has to be (RFC 6533, 3).
fn recipient(address: &str, is_wide: bool) -> String {
    let escaped = |c: char| match c {
        '!'..='~' if !matches!(c, '+' | '=' | '\\') => c.to_string(),
        _ => format!("\\x{{{:02X}}}", u32::from(c)),
    };
    match (address.is_ascii(), is_wide) {
        (true, _) => format!("rfc822; {address}"),
        (false, true) => format!("utf-8; {address}"),
        (false, false) => format!("utf-8; {}", address.chars().map(escaped).collect::<String>()),
    }
}

fn id_of(envelope: &Envelope, failed: &[(u32, String)]) -> Id {
    let places: Vec<u8> = failed.iter().flat_map(|(to, _)| to.to_le_bytes()).collect();
    let hash =
        tellmark_core::Hash::of_fields("tellmark relay notification v1", &[envelope.id.as_bytes(), &places]);
    hash.to_string()[..16].to_owned()
}

/// The fields of the header that are plain, as far as they are sent back.
fn header(bytes: &[u8]) -> Vec<u8> {
    let fields = Head::read(bytes).map_or(Vec::new(), |head| head.fields);
    let mut out = Vec::new();
    for field in fields.into_iter().filter_map(|field| bytes.get(field.range)) {
        if field.is_ascii() && out.len() + field.len() <= HEAD_BYTES_MAX {
            out.extend_from_slice(field);
        }
    }
    out
}

/// The enhanced code of an answer, where it has one.
fn status(words: &str) -> String {
    let code = words.split(' ').nth(1).unwrap_or_default();
    let parts: Vec<&str> = code.split('.').collect();
    let is_number =
        |part: &&str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    match parts.len() == 3 && parts.iter().all(is_number) {
        true => format!("5.{}.{}", parts[1], parts[2]),
        false => "5.0.0".into(),
    }
}

fn wrapped(words: &str) -> String {
    let mut out = String::new();
    let mut line = 0;
    for word in printable(words, 600).split(' ') {
        if line > 0 && line + word.len() > 70 {
            out.push_str("\r\n    ");
            line = 0;
        }
        if line > 0 {
            out.push(' ');
        }
        out.push_str(word);
        line += word.len() + 1;
    }
    out
}

/// A moment as a header has it (RFC 5322, 3.3).
pub fn date(ms: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    stamp.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_learns_who_did_not_get_it_and_nothing_of_the_text() {
        let envelope = Envelope {
            id: "00000000000000ff".into(),
            at_ms: 0,
            from: "ada@n.example".into(),
            to: ["bo@n.example", "cy@n.example"]
                .map(|a| To { address: a.into(), copy: String::new() })
                .into(),
            smtputf8: false,
            received: String::new(),
            sealed: None,
        };
        let failed = [(1, "550 5.1.1 no such user\r\nBcc: x@y.example".to_owned())];
        let message = b"Subject: talks\r\nMessage-ID: <1@n.example>\r\n\r\nThe secret text.\r\n";
        let (own, bytes) = about(&envelope, message, &failed, "relay.example", 1_780_000_000_000).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        for part in [
            "To: ada@n.example\r\n",
            "Date: Thu, 28 May 2026",
            "Final-Recipient: rfc822; cy@n.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "Message-ID: <1@n.example>",
            "no such user  Bcc:",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(
            !text.contains("secret") && !text.contains("bo@n.example") && !text.contains("\r\nBcc"),
            "{text}"
        );
        assert_eq!((own.from.as_str(), own.to[0].address.as_str()), ("", "ada@n.example"));
        assert_eq!(about(&envelope, message, &failed, "relay.example", 9).unwrap().0.id, own.id);
        assert!(about(&own, b"", &failed, "relay.example", 0).is_none(), "nobody is told of a notification");
        assert!(text.lines().all(|line| line.len() < 998));
    }

    #[test]
    fn a_sender_with_a_plain_address_is_told_in_ascii() {
        let envelope = |from: &str| Envelope {
            id: "00000000000000ff".into(),
            at_ms: 0,
            from: from.into(),
            to: vec![To { address: "б+o@n.example".into(), copy: String::new() }],
            smtputf8: true,
            received: String::new(),
            sealed: None,
        };
        let failed = [(0, "550 5.6.7 no letters beyond ASCII".to_owned())];
        let message = "Subject: Лист\r\nMessage-ID: <1@n.example>\r\n\r\nx".as_bytes();
        let (own, bytes) = about(&envelope("ada@n.example"), message, &failed, "relay.example", 9).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.is_ascii() && !own.smtputf8, "{text}");
        assert!(text.contains("Final-Recipient: utf-8; \\x{431}\\x{2B}o@n.example\r\n"), "{text}");
        assert!(text.contains("Message-ID: <1@n.example>") && !text.contains("global"), "{text}");
        let told = text.split("base64\r\n\r\n").nth(1).unwrap().split("\r\n--").next().unwrap();
        let told = String::from_utf8(STANDARD.decode(told.replace("\r\n", "")).unwrap()).unwrap();
        assert!(told.contains("б+o@n.example\r\n    550 5.6.7"), "{told}");
        let (own, bytes) = about(&envelope("ада@n.example"), message, &failed, "relay.example", 9).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(own.smtputf8 && text.contains("Final-Recipient: utf-8; б+o@n.example\r\n"), "{text}");
    }
}
