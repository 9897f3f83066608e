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
        let is_inner = matches!(part.body, PartType::Message(_));
        if !is_inner && !is_mail(part) {
            continue;
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::limit(name, format!("{DEPTH_MAX} messages in one another")));
        };
        match &part.body {
            PartType::Message(inner) => check_all(name, inner, never, depth)?,
            // What is called mail and is none says nothing of anybody.
            _ => match parse(name, part.contents()) {
                Ok(inner) => check_all(name, &inner, never, depth)?,
                Err(Error::Malformed { .. }) => {}
                Err(error) => return Err(error),
            },
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
    fn messages_in_one_another_have_an_end() {
        let nested = |count: usize| format!("{}\r\nx", "Content-Type: message/rfc822\r\n\r\n".repeat(count));
        assert!(check(&format!("From: a@x.example\r\n{}", nested(3))).is_ok());
        for count in [DEPTH_MAX + 2, INNER_MAX, 100_000] {
            let refused = check(&format!("From: a@x.example\r\n{}", nested(count)));
            assert!(matches!(refused, Err(Error::Limit { .. })), "{count}: {refused:?}");
        }
    }
}
