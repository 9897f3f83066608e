//! A message on its way: its header as it is written, and the documents that are attached to it.
//!
//! Nothing here changes a byte that it was not told to. A header that readers could understand in two ways is refused, so
//! that nobody sees another field than we do.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use unicode_normalization::UnicodeNormalization;

use crate::format::ZIP;
use crate::template::write_base64;
use crate::{Error, Format, draft, encoded};

const EML: &str = "message";
/// Bytes of a message's header.
const HEADER_BYTES_MAX: usize = 256 << 10;
/// Fields of a message's header.
const FIELDS_MAX: usize = 1_000;
/// Parts of a message.
const PARTS_MAX: usize = 1_000;
/// How often encoded words are read that come out of encoded words: more than any mail program does.
const READINGS_MAX: usize = 4;
/// Characters of a line in base64 (RFC 2045, 6.8).
const LINE: usize = 76;

/// A field of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in small letters.
    pub name: String,
    /// Its bytes in the message, with its line ends.
    pub range: Range<usize>,
}

/// The header of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its fields, in order.
    pub fields: Vec<Field>,
    /// Where the body begins, behind the empty line.
    pub body: usize,
}

impl Head {
    /// Reads the header of a message with lines that end in CR and LF.
    ///
    /// # Errors
    /// When it is too large, has a line that is no field, or no end.
    pub fn read(bytes: &[u8]) -> Result<Head, Error> {
        let mut fields: Vec<Field> = Vec::new();
        let mut at = 0;
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if line == b"\r\n" {
                return Ok(Head { fields, body: at + 2 });
            }
            let range = at..at + line.len();
            at = range.end;
            if at > HEADER_BYTES_MAX || fields.len() > FIELDS_MAX {
                return Err(Error::Limit {
                    what: "the header of the message",
                    limit: HEADER_BYTES_MAX as u64,
                });
            }
            if !line.ends_with(b"\r\n") {
                return Err(Error::damaged(EML, "a line of its header does not end in CR and LF"));
            }
            match (line[0], fields.last_mut()) {
                (b' ' | b'\t', Some(last)) => last.range.end = range.end,
                _ => fields.push(Field { name: name_of(line)?, range }),
            }
        }
        // A header that is everything: a message without a body.
        Ok(Head { fields, body: bytes.len() })
    }

    /// What a field says, on one line; the first of its name.
    pub fn value(&self, bytes: &[u8], name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        let raw = String::from_utf8_lossy(bytes.get(field.range.clone())?);
        let (_, said) = raw.split_once(':')?;
        Some(said.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// How many fields have this name.
    pub fn count(&self, name: &str) -> usize {
        self.fields.iter().filter(|field| field.name == name).count()
    }

    /// The message without some fields and with others before its own. The values are plain ASCII on one line.
    pub fn rewritten(&self, bytes: &[u8], without: &[&str], with: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 256);
        for (name, value) in with {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        for field in self.fields.iter().filter(|field| !without.contains(&field.name.as_str())) {
            out.extend_from_slice(&bytes[field.range.clone()]);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&bytes[self.body..]);
        out
    }
}

/// The name of a field in small letters (RFC 5322, 3.6.8).
fn name_of(line: &[u8]) -> Result<String, Error> {
    let length = line.iter().position(|&byte| byte == b':').unwrap_or(0);
    let name = &line[..length];
    match !name.is_empty() && name.iter().all(|byte| matches!(byte, b'!'..=b'~')) {
        true => Ok(String::from_utf8_lossy(name).to_ascii_lowercase()),
        false => Err(Error::damaged(EML, "its header has a line that is no field")),
    }
}

/// A text as it stands in a header field: encoded words where it is not plain ASCII.
pub fn header_text(text: &str) -> String {
    draft::words(text, "\r\n")
}

/// The subject of a message, decoded; empty where it has none.
pub fn subject(bytes: &[u8]) -> String {
    let message = MessageParser::new().parse_headers(bytes);
    message.and_then(|message| message.subject().map(str::to_owned)).unwrap_or_default()
}

/// Whom a reader could take for the author of a message: the addresses in `From`, and every other word with an `@` that
/// stands there, since readers do not agree on what is a name, a comment and an address. Encoded words are read as well, wherever
/// they stand, and letters that are an `@` in another form. Somebody there who has no address is called by their name, without an `@`.
pub fn authors(bytes: &[u8]) -> Vec<String> {
    let message = MessageParser::new().parse_headers(bytes);
    let named = message.iter().filter_map(|message| message.from()).flat_map(|from| from.iter());
    let called =
        named.filter_map(|one| one.address().filter(|address| !address.is_empty()).or_else(|| one.name()));
    let mut authors: Vec<String> = called.map(str::to_owned).collect();
    let written = Head::read(bytes).ok().and_then(|head| head.value(bytes, "from")).unwrap_or_default();
    words_with_at(&written, &mut authors);
    // Programs that read encoded words join the bytes of neighbours or do not, and some read again what comes out.
    for joins in [true, false] {
        let mut text = written.clone();
        for _ in 0..READINGS_MAX {
            let read = encoded::read(&text, joins);
            if read == text {
                break;
            }
            words_with_at(&read, &mut authors);
            text = read;
        }
    }
    authors.sort_unstable();
    authors.dedup();
    authors
}

/// The words of a text in which there is an `@`, as they stand and with letters in their plain form. A word with several is cut
/// at each, since what is around any of them could be taken for an address.
fn words_with_at(text: &str, words: &mut Vec<String>) {
    let ends = |c: char| c.is_whitespace() || "<>()[],;:\"".contains(c);
    let plain: String = text.nfkc().collect();
    for word in text.split(ends).chain(plain.split(ends)).filter(|word| word.contains('@')) {
        let parts: Vec<&str> = word.split('@').collect();
        words.extend(parts.windows(2).map(|pair| pair.join("@")));
    }
}

/// Why a message is passed on as it is or not at all, where it is.
///
/// # Errors
/// [`Error::Refused`] when it is signed or encrypted, by name.
pub fn refuse_sealed(bytes: &[u8]) -> Result<(), Error> {
    let message = MessageParser::new().parse(bytes).ok_or_else(|| Error::damaged(EML, "it has no header"))?;
    crate::eml::refuse_sealed(&message)
}

/// Something that is attached to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its file name; empty where it has none.
    pub name: String,
    /// What it is, where it is a document whose copies can differ.
    pub format: Option<Format>,
    /// What it holds, decoded; only where it is such a document.
    pub content: Vec<u8>,
    /// The bytes in the message that hold it, where they are base64 and can be put anew.
    range: Option<Range<usize>>,
    /// Whether the text of the message shows it (a picture in a signature).
    pub is_inline: bool,
}

/// In how many forms a message says what it says: 2 where it has a plain text and another one in HTML.
///
/// # Errors
/// When it is no message.
pub fn alternatives(bytes: &[u8]) -> Result<u16, Error> {
    let message = MessageParser::new().parse(bytes).ok_or_else(|| Error::damaged(EML, "it has no header"))?;
    let both = message.text_body.first().zip(message.html_body.first());
    Ok(if both.is_some_and(|(text, html)| text != html) { 2 } else { 1 })
}

/// Everything that is attached to a message, in order.
///
/// # Errors
/// When it is no message, or has too many parts.
pub fn attached(bytes: &[u8]) -> Result<Vec<Attached>, Error> {
    let message = MessageParser::new().parse(bytes).ok_or_else(|| Error::damaged(EML, "it has no header"))?;
    if message.parts.len() > PARTS_MAX {
        return Err(Error::Limit { what: "parts of the message", limit: PARTS_MAX as u64 });
    }
    let read = [message.text_body.first(), message.html_body.first()];
    let own = message.parts.iter().enumerate().skip(usize::from(message.parts.len() > 1));
    let leaves = own.filter(|(index, part)| {
        !matches!(part.body, PartType::Multipart(_))
            && !read.iter().flatten().any(|&&body| body as usize == *index)
    });
    Ok(leaves.map(|(_, part)| of_part(bytes, &message, part)).collect())
}

fn of_part(bytes: &[u8], message: &Message<'_>, part: &MessagePart<'_>) -> Attached {
    let name = part.attachment_name().unwrap_or_default().to_owned();
    let content = part.contents();
    let format = match content {
        content if content.starts_with(ZIP) => Format::of_zip(content).ok(),
        content if content.starts_with(b"%PDF-") => Some(Format::Pdf),
        _ => None,
    };
    let raw = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let is_whole = |range: &Range<usize>| bytes.get(range.clone()).is_some_and(|raw| decodes(raw, content));
    let range = Some(raw).filter(|range| part.encoding == Encoding::Base64 && is_whole(range));
    let is_shown = part.content_id().is_some_and(|id| refers(message, id))
        || part.content_disposition().is_some_and(|kind| kind.is_inline());
    let is_picture = part.content_type().is_some_and(|kind| kind.ctype().eq_ignore_ascii_case("image"));
    Attached {
        name,
        content: if format.is_some() { content.to_vec() } else { Vec::new() },
        format,
        range,
        is_inline: is_shown && is_picture,
    }
}

/// Whether the message's own HTML shows a part.
fn refers(message: &Message<'_>, id: &str) -> bool {
    message.body_html(0).is_some_and(|html| html.contains(&format!("cid:{id}")))
}

fn decodes(raw: &[u8], content: &[u8]) -> bool {
    let packed: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).is_ok_and(|plain| plain == content)
}

/// A message in which some attached documents are left out, each with a token in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The message.
    pub message: Vec<u8>,
    /// The tokens, in the order of the documents.
    pub tokens: Vec<String>,
}

/// Takes documents out of a message; [`joined`] puts others in their place.
///
/// # Errors
/// When one of them is not written in base64: then nothing can be put in its place.
pub fn parted(bytes: &[u8], documents: &[&Attached]) -> Result<Parcel, Error> {
    let mut parcel = Parcel { message: Vec::with_capacity(bytes.len()), tokens: Vec::new() };
    let mut at = 0;
    for document in documents {
        let range = document.range.clone().filter(|range| range.start >= at);
        let range = range.ok_or_else(|| {
            Error::refused(
                EML,
                "an attached document is not in base64, so that no other can stand in its place",
            )
        })?;
        let raw = &bytes[range.clone()];
        let lead = raw.len() - raw.trim_ascii_start().len();
        let token = free_token(bytes, parcel.tokens.len());
        parcel.message.extend_from_slice(&bytes[at..range.start + lead]);
        parcel.message.extend_from_slice(token.as_bytes());
        at = range.start + raw.trim_ascii_end().len().max(lead);
        parcel.tokens.push(token);
    }
    parcel.message.extend_from_slice(&bytes[at..]);
    Ok(parcel)
}

/// A word of base64 that stands nowhere in the message.
fn free_token(bytes: &[u8], number: usize) -> String {
    let is_free = |token: &String| find(bytes, token.as_bytes()).is_none();
    (0u32..).map(|salt| format!("TellmarkDocument{number:04}{salt:08}")).find(is_free).unwrap_or_default()
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|&byte| byte == word[0]) {
        if bytes[from + at..].starts_with(word) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Appends a message with documents in the place of its tokens, which stand in it in order.
///
/// # Errors
/// When a token does not stand in it.
pub fn joined(message: &[u8], documents: &[(&str, &[u8])], out: &mut Vec<u8>) -> Result<(), Error> {
    let mut at = 0;
    for (token, content) in documents {
        let found = find(&message[at..], token.as_bytes());
        let found = found.ok_or_else(|| Error::Template("an attached document has no place in it".into()))?;
        out.extend_from_slice(&message[at..at + found]);
        write_base64(content, LINE, true, out);
        at += found + token.len();
    }
    out.extend_from_slice(&message[at..]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "From: Ada <ada@n.example>\r\nTo: Bo\r\n <bo@n.example>\r\nBcc: c@n.example\r\n\
        Subject: =?utf-8?Q?=D0=BB=D0=B8=D1=81=D1=82?=\r\n\r\nHello.\r\n";

    #[test]
    fn fields_are_found_taken_out_and_put_before() {
        let bytes = MESSAGE.as_bytes();
        let head = Head::read(bytes).unwrap();
        assert_eq!(head.value(bytes, "to").unwrap(), "Bo <bo@n.example>");
        assert_eq!((head.count("bcc"), head.value(bytes, "date")), (1, None));
        let out = head.rewritten(bytes, &["bcc"], &[("Date", "today")]);
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, format!("Date: today\r\n{}", MESSAGE.replace("Bcc: c@n.example\r\n", "")));
        assert_eq!(subject(bytes), "лист");
    }

    #[test]
    fn whoever_could_be_taken_for_the_author_is_found() {
        for (from, found) in [
            ("Ada <ada@n.example>", &["ada@n.example"][..]),
            ("ada@n.example, \"B, o\"\r\n <bo@n.example>", &["ada@n.example", "bo@n.example"]),
            ("all: ada@n.example, bo@n.example;", &["ada@n.example", "bo@n.example"]),
            ("\"bo@n.example\" <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("ada@n.example (bo@n.example)", &["ada@n.example", "bo@n.example"]),
            ("Ада <ада@n.example>", &["ада@n.example"]),
            // Whoever has no address.
            ("Ada", &["Ada"]),
            ("Ada, bo@n.example", &["Ada", "bo@n.example"]),
            ("", &[]),
            // Encoded words: in names, within quotation marks, in comments, glued to something, and in several parts.
            ("=?utf-8?Q?bo=40n.example?= <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("=?utf-8?b?Ym9Abi5leGFtcGxl?= <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("=?utf-8?q?Bo_=3Cbo=40n.example=3E?= <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("\"=?utf-8?q?Bo_=3Cbo=40n.example=3E?=\" <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("Ada <ada@n.example> (=?us-ascii*en?Q?bo=40n.example?=)", &["ada@n.example", "bo@n.example"]),
            ("=?utf-7?q?bo+AEA-n.example?= <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            (
                "=?utf-16be?b?AGIAbwBAAG4ALgBlAHgAYQBtAHAAbABl?= <ada@n.example>",
                &["ada@n.example", "bo@n.example"],
            ),
            ("=?utf-8?Q?Ada_Sand?= <ada@n.example>", &["ada@n.example"]),
            // A character set that nobody here knows may hold anything.
            ("=?x-odd?q?bo?= <ada@n.example>", &["ada@n.example", "x-odd@"]),
            // Other forms of the sign, whose letters are told as they stand only where the sign is there.
            ("bo\u{ff20}n.example <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("bo\u{fe6b}n.example <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("=?utf-8?q?bo=EF=BC=A0n.example?= <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            ("=?utf-8?b?Ym/vua1uLmV4YW1wbGU=?= <ada@n.example>", &["ada@n.example"]),
            ("=?utf-8?b?Ym/vuatuLmV4YW1wbGU=?= <ada@n.example>", &["ada@n.example", "bo@n.example"]),
            // An encoded word within an encoded word.
            (
                "=?utf-8?q?=3D=3Futf-8=3Fq=3Fbo=3D40n=2Eexample=3F=3D?= <ada@n.example>",
                &["ada@n.example", "bo@n.example"],
            ),
            // What ends in a domain of one's own may begin with another's address.
            (
                "bo@m.example/ada@n.example <ada@n.example>",
                &["ada@n.example", "bo@m.example/ada", "m.example/ada@n.example"],
            ),
        ] {
            let read = authors(format!("From: {from}\r\n\r\nx").as_bytes());
            assert!(found.iter().all(|one| read.iter().any(|other| other == one)), "{from}: {read:?}");
            assert_eq!(read.len(), found.len(), "{from}: {read:?}");
        }
        // The bytes of one sign in two words, for programs that join them and for those that do not.
        let split = "=?utf-8?b?Ym/v?= =?utf-8?b?vKBuLmV4YW1wbGU=?= <ada@n.example>";
        assert!(authors(format!("From: {split}\r\n\r\nx").as_bytes()).contains(&"bo@n.example".to_owned()));
        let apart = "=?utf-8?q?bo=40n?=\r\n =?utf-8?q?.example?= <ada@n.example>";
        assert!(authors(format!("From: {apart}\r\n\r\nx").as_bytes()).contains(&"bo@n.example".to_owned()));
        // What is put together otherwise is nobody's address.
        for odd in ["<ada@n.example> <bo@n.example>", "ada @ n.example", "<bo@n.example>ada@n.example"] {
            let found = authors(format!("From: {odd}\r\n\r\nx").as_bytes());
            assert!(found.iter().any(|one| one != "ada@n.example"), "{odd}: {found:?}");
        }
    }

    #[test]
    fn a_header_that_may_be_read_in_two_ways_is_refused() {
        for bad in [
            "From: a\nTo: b\r\n\r\n",
            "no field\r\n\r\n",
            "Tellmark : mark\r\n\r\n",
            ": x\r\n\r\n",
            " folded\r\n\r\n",
            "Fröm: x\r\n\r\n",
        ] {
            assert!(Head::read(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(Head::read(format!("X: {}\r\n\r\n", "x".repeat(HEADER_BYTES_MAX)).as_bytes()).is_err());
        assert_eq!(Head::read(b"From: a\r\n").unwrap().body, 9);
    }

    #[test]
    fn documents_are_taken_out_and_others_put_in() {
        let packed = STANDARD.encode(b"%PDF-1.7 one");
        let message = format!(
            "From: a@n.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
             Content-Type: text/plain\r\n\r\nHello.\r\n--b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n\
             Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n{packed}\r\n--b\r\n\
             Content-Type: application/octet-stream; name=\"x.bin\"\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n"
        );
        let found = attached(message.as_bytes()).unwrap();
        let seen: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.format)).collect();
        assert_eq!(seen, [("a.pdf", Some(Format::Pdf)), ("x.bin", None)]);
        assert_eq!(found[0].content, b"%PDF-1.7 one");
        let parcel = parted(message.as_bytes(), &[&found[0]]).unwrap();
        assert!(find(&parcel.message, packed.as_bytes()).is_none());
        let mut out = Vec::new();
        joined(&parcel.message, &[(&parcel.tokens[0], b"%PDF-1.7 one")], &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), message);
        assert!(joined(b"nothing", &[(&parcel.tokens[0], b"x")], &mut Vec::new()).is_err());
        // What is not in base64 has no place for another.
        assert!(parted(message.as_bytes(), &[&found[1]]).is_err());
    }
}
