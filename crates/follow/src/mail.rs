//! Messages: who wrote them, and what they say.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use tellmark_core::Hash;

use crate::article::{Article, Kind, key};
use crate::limits::ATTACHMENTS_MAX;
use crate::page::visible_text;
use crate::{Error, Never, Result};

/// The articles of a message: each of its attachments, and then itself.
///
/// # Errors
/// [`Error::Never`] when anybody who wrote it or got it belongs to a channel that is never followed: nothing of
/// it is read then. [`Error::Malformed`] when it is no message.
pub(crate) fn read(name: &str, own: Hash, bytes: &[u8], never: &Never) -> Result<Vec<Article>> {
    let message =
        MessageParser::default().parse(bytes).ok_or_else(|| Error::malformed(name, "it is no message"))?;
    check_people(&message, never)?;
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
}
