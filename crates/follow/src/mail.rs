//! Messages: who wrote them, and what they say.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use tellmark_core::Hash;

use crate::article::{Article, Kind, key};
use crate::limits::ATTACHMENTS_MAX;
use crate::page::visible_text;
use crate::{Error, Never, Result};

/// Messages in messages, attached or passed on.
const DEPTH_MAX: usize = 8;
/// Messages that are named in one; what parses it goes down by recursion.
const INNER_MAX: usize = 500;

/// What a message says of a part that is one, or whose parts are.
const INNER: &[u8] = b"message/rfc822";
const DIGEST: &[u8] = b"multipart/digest";

/// The articles of a message: each of its attachments, and then itself.
///
/// # Errors
/// [`Error::Never`] when anybody who wrote it or got it, or a message in it, belongs to a channel that is never
/// followed: nothing of it is read then. [`Error::Malformed`] when it is no message, [`Error::Limit`] for too many in
/// one another.
pub(crate) fn read(name: &str, own: Hash, bytes: &[u8], never: &Never) -> Result<Vec<Article>> {
    let message = parse(name, bytes)?;
    check_all(name, &message, never, DEPTH_MAX)?;
    let address = message.message_id().map_or_else(|| name.to_owned(), |id| format!("mid:{id}"));
    let title = message.subject().unwrap_or_default().to_owned();
    let body: Vec<String> = message.parts.iter().filter_map(shown).collect();
    let mut articles = vec![Article {
        key: own,
        address: address.clone(),
        title: title.clone(),
        kind: Kind::Message,
        page: bytes.to_vec(),
        text: Some(format!("{title}\n\n{}", body.join("\n\n"))),
        note: None,
    }];
    for (number, part) in message.attachments().take(ATTACHMENTS_MAX).enumerate() {
        let file = part.attachment_name().unwrap_or("attachment").to_owned();
        articles.push(Article {
            key: key(&[&own.to_string(), &number.to_string()]),
            address: format!("{address}#{file}"),
            title: file,
            kind: Kind::File,
            page: part.contents().to_vec(),
            text: None,
            note: None,
        });
    }
    // The message comes last: once it counts as read, nothing of it is opened again.
    articles.rotate_left(1);
    Ok(articles)
}

/// Bytes at the beginning that say whether something is a message.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// Lines of a text that may be the header of a message that somebody copied.
const LINES_MAX: usize = 60;

/// Whether bytes begin like a message, whatever their name says: lines `Name: value` to an empty one, among them one
/// that every message has.
pub(crate) fn is_message(bytes: &[u8]) -> bool {
    let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let head = &head[..head.len().min(HEAD_BYTES)];
    let mut is_known = false;
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line {
            [] => return is_known,
            [b' ' | b'\t', ..] => continue,
            _ => {}
        }
        let Some(at) = line.iter().position(|byte| *byte == b':') else {
            // The last line of a long header is not whole.
            return is_known && head.len() >= HEAD_BYTES / 2;
        };
        let name = line[..at].trim_ascii_end();
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return false;
        }
        let known: [&[u8]; 6] = [b"from", b"to", b"date", b"subject", b"received", b"return-path"];
        is_known |= known.iter().any(|known| name.eq_ignore_ascii_case(known));
    }
    is_known && head.len() >= HEAD_BYTES / 2
}

/// Whether bytes begin like an mbox file: with a line `From `, and a message after it.
pub(crate) fn is_mbox(bytes: &[u8]) -> bool {
    let after = bytes.iter().position(|byte| *byte == b'\n').and_then(|at| bytes.get(at + 1..));
    bytes.starts_with(b"From ") && after.is_some_and(is_message)
}

/// Refuses a text that begins with a copied header, which is no message any more, of people who are never followed.
pub(crate) fn check_text(text: &str, never: &Never) -> Result<()> {
    for (name, value) in text.lines().take(LINES_MAX).filter_map(|line| line.split_once(':')) {
        if names_people(name.trim()) {
            never.check_mailboxes(value)?;
        }
    }
    Ok(())
}

/// Whether a field of a header names people: who wrote a message, got it, or had it on its way.
fn names_people(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let ends = ["to", "from", "cc", "sender", "recipient", "for", "path"];
    let is_other = name == "received" || name.starts_with("list-");
    // Other messages are named there, and no people.
    is_word && name != "in-reply-to" && (is_other || ends.iter().any(|end| name.ends_with(end)))
}

/// The messages that a part holds, by what it is.
fn messages_in(bytes: &[u8]) -> Vec<&[u8]> {
    if is_message(bytes) {
        return vec![bytes];
    }
    let mut messages = Vec::new();
    let mut rest = if is_mbox(bytes) { bytes } else { &[] };
    while !rest.is_empty() {
        let begin = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let next = rest[begin..].windows(6).position(|at| at == b"\nFrom ");
        let end = next.map_or(rest.len(), |at| begin + at + 1);
        messages.push(&rest[begin..end]);
        rest = &rest[end..];
    }
    messages
}

/// The text of a part that is shown.
fn shown(part: &mail_parser::MessagePart<'_>) -> Option<String> {
    if part.attachment_name().is_some() {
        return None;
    }
    match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        PartType::Html(html) => Some(visible_text(html)),
        _ => None,
    }
}

fn parse<'a>(name: &str, bytes: &'a [u8]) -> Result<Message<'a>> {
    let inner = bytes.windows(INNER.len()).filter(|at| at.eq_ignore_ascii_case(INNER)).count();
    let digests = bytes.windows(DIGEST.len()).filter(|at| at.eq_ignore_ascii_case(DIGEST)).count();
    if inner + digests > INNER_MAX {
        return Err(Error::limit(name, format!("{INNER_MAX} messages in it")));
    }
    MessageParser::default().parse(bytes).ok_or_else(|| Error::malformed(name, "it is no message"))
}

/// Checks a message and all that are in it: whoever passes on what came in confidence must not undo the confidence.
fn check_all(name: &str, message: &Message<'_>, never: &Never, depth: usize) -> Result<()> {
    check_people(message, never)?;
    for part in &message.parts {
        let inner = match &part.body {
            PartType::Message(_) => Vec::new(),
            _ if is_mail(part) => vec![part.contents()],
            _ => messages_in(part.contents()),
        };
        if inner.is_empty() && !matches!(part.body, PartType::Message(_)) {
            continue;
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::limit(name, format!("{DEPTH_MAX} messages in one another")));
        };
        if let PartType::Message(inner) = &part.body {
            check_all(name, inner, never, depth)?;
        }
        for bytes in inner {
            // What is called mail and is none says nothing of anybody.
            match parse(name, bytes) {
                Ok(inner) => check_all(name, &inner, never, depth)?,
                Err(Error::Malformed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Whether a part is a message by its type or its name, although it was not taken for one.
fn is_mail(part: &mail_parser::MessagePart<'_>) -> bool {
    let named = part.attachment_name().is_some_and(|name| name.to_lowercase().trim_end().ends_with(".eml"));
    let kind = part.content_type();
    let said = |kind: &mail_parser::ContentType<'_>| kind.ctype().eq_ignore_ascii_case("message");
    // A report of delivery has types of its own, and no sender.
    let is_whole = |kind: &mail_parser::ContentType<'_>| {
        let sub = kind.subtype().unwrap_or_default();
        ["rfc822", "global"].iter().any(|own| sub.eq_ignore_ascii_case(own))
    };
    named || kind.is_some_and(|kind| said(kind) && is_whole(kind))
}

fn check_people(message: &Message<'_>, never: &Never) -> Result<()> {
    let people =
        [message.from(), message.sender(), message.reply_to(), message.to(), message.cc(), message.bcc()];
    for people in people.into_iter().flatten() {
        for address in people.iter().filter_map(|one| one.address()) {
            never.check_mailbox(address)?;
        }
    }
    for header in message.headers() {
        let field = header.offset_start as usize..header.offset_end as usize;
        if names_people(header.name.as_str())
            && let Some(value) = message.raw_message.get(field)
        {
            never.check_mailboxes(&String::from_utf8_lossy(value))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_after_what_it_brings() {
        let message = b"From: a@x.example\r\nSubject: Papers\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n\
            --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=call.pdf\r\n\r\n%PDF-\r\n--b--\r\n";
        let articles = read("box", Hash::of(b"1"), message, &Never::default()).unwrap();
        let titles: Vec<&str> = articles.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles, ["call.pdf", "Papers"]);
        assert!(articles[0].text.is_none() && articles[0].page.starts_with(b"%PDF-"));
        assert_eq!(articles[1].key, Hash::of(b"1"));
    }

    /// A message that brings a part.
    fn bringing(headers: &str, part: &str) -> String {
        format!(
            "From: bo@x.example\r\nTo: desk@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--b\r\n{headers}\r\n\r\n{part}\r\n--b--\r\n"
        )
    }

    fn check(message: &str) -> Result<Vec<Article>> {
        read("box", Hash::of(b"1"), message.as_bytes(), &Never::default())
    }

    #[test]
    fn a_message_in_a_message_is_checked_as_well() {
        let whole =
            |from: &str| format!("From: {from}\r\nTo: x@y.example\r\nSubject: s\r\n\r\nIn confidence.");
        // In base64, as programs attach it.
        let packed = "RnJvbTogdGlwc0BwYXBlci5leGFtcGxlDQpUbzogeEB5LmV4YW1wbGUNCg0KSW4gY29uZmlkZW5jZS4=";
        let kinds = [
            ("Content-Type: message/rfc822", whole("tips@paper.example")),
            ("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", packed.into()),
            ("Content-Type: message/global", whole("tips@paper.example")),
            (
                "Content-Type: application/octet-stream; name=\"A.EML\"\r\nContent-Transfer-Encoding: base64",
                packed.into(),
            ),
            (
                "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.eml",
                whole("ombudsman@city.example"),
            ),
        ];
        for (headers, part) in kinds {
            let refused = check(&bringing(headers, &part));
            assert!(matches!(refused, Err(Error::Never { .. })), "{headers}: {refused:?}");
            let twice = bringing(
                "Content-Type: message/rfc822",
                &bringing(headers, &part).replace("=b", "=c").replace("--b", "--c"),
            );
            assert!(matches!(check(&twice), Err(Error::Never { .. })), "{headers}, once more inside");
        }
        let fine = check(&bringing("Content-Type: message/rfc822", &whole("anna@paper.example"))).unwrap();
        assert_eq!(fine.len(), 2);
        let none = bringing("Content-Type: application/octet-stream; name=a.eml", "");
        assert_eq!(check(&none).unwrap().len(), 2);
    }

    #[test]
    fn everybody_whom_a_header_names_is_checked() {
        for field in [
            "Delivered-To: tips@paper.example",
            "Resent-To: a@x.example, tips@paper.example",
            "Resent-From: tips@paper.example",
            "Resent-Cc: tips@paper.example",
            "X-Original-To: tips@paper.example",
            "List-Post: <mailto:tips@paper.example>",
            "Mail-Followup-To: tips@paper.example",
            "Envelope-To: tips@paper.example",
            "Sender: tips@paper.example",
            "Reply-To: \"tips\"@paper.example",
            "Cc: Anna <a@x.example>,\r\n tips(comment)@paper.example",
            "To: press: a@x.example, \"tips\" @paper.example;",
            "Received: from a by b (envelope-from <tips@paper.example>); Mon",
            "Return-Path: <tips@paper.example>",
        ] {
            let message = format!("From: a@x.example\r\n{field}\r\n\r\nIn confidence.\r\n");
            assert!(matches!(check(&message), Err(Error::Never { .. })), "{field}");
            let passed_on = check(&bringing("Content-Type: message/rfc822", &message));
            assert!(matches!(passed_on, Err(Error::Never { .. })), "{field}, passed on");
            // Whatever it is called.
            for name in ["a.txt", "a"] {
                let headers = format!("Content-Disposition: attachment; filename={name}");
                for part in [
                    message.clone(),
                    format!("From x Mon\r\nTo: a@x.example\r\n\r\n\r\nFrom x Mon\r\n{message}"),
                ] {
                    assert!(
                        matches!(check(&bringing(&headers, &part)), Err(Error::Never { .. })),
                        "{field}, {name}"
                    );
                }
            }
        }
        let others = "From: a@x.example\r\nIn-Reply-To: <union@x>\r\nSubject: tips@paper.example\r\n\r\nx";
        assert!(check(others).is_ok());
    }

    #[test]
    fn messages_are_known_by_how_they_begin() {
        assert!(is_message(b"Received: from a\r\n\tby b\r\nX-A: b\r\n\r\nx") && is_message(b"\nTo: a\n\n"));
        assert!(
            !is_message(b"To: the board\nWe met.\n\n") && !is_message(b"Note: a\n\nx") && !is_message(b"")
        );
        assert!(is_mbox(b"From a Mon\nTo: b\n\nx") && !is_mbox(b"From now on the sluices\nare shut.\n\n"));
    }

    #[test]
    fn messages_in_one_another_have_an_end() {
        let nested = |count: usize| format!("{}\r\nx", "Content-Type: message/rfc822\r\n\r\n".repeat(count));
        assert!(check(&format!("From: a@x.example\r\n{}", nested(3))).is_ok());
        for count in [DEPTH_MAX + 2, INNER_MAX, 100_000] {
            let refused = check(&format!("From: a@x.example\r\n{}", nested(count)));
            assert!(matches!(refused, Err(Error::Limit { .. })), "{count}: {refused:?}");
        }
    }
}
