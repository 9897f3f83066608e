//! Drafts: one message for each copy, made from a message that somebody wrote, with the copy attached.
//!
//! # Source
//! RFC 5322 (headers), RFC 2045 to 2047 (parts, transfer encodings, words in headers), RFC 2231 (names of files).

use std::ops::Range;

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use tellmark_core::{Recipient, limits};

use crate::markup::escape;
use crate::template::write_base64;
use crate::visible::{Field, Script};
use crate::{Error, Format, eml};

const EML: &str = "message";
/// Characters of a line in base64 (RFC 2045, 6.8).
const LINE: usize = 76;
/// Bytes of a word in a header before it is encoded: 60 characters of base64, and 12 around them.
const WORD_BYTES: usize = 45;
const PLACES: [(Field, &str); 3] = [(Field::Id, "{id}"), (Field::Name, "{name}"), (Field::Group, "{group}")];
/// Headers that a message gets when it is sent, or that are written anew.
const DROPPED: [&str; 13] = [
    "to",
    "date",
    "message-id",
    "x-unsent",
    "mime-version",
    "received",
    "return-path",
    "delivered-to",
    "dkim-signature",
    "domainkey-signature",
    "authentication-results",
    "received-spf",
    "status",
];
const DROPPED_BEGINNINGS: [&str; 4] = ["content-", "arc-", "x-mozilla-", "resent-"];

/// A piece of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Static(Vec<u8>),
    To,
    Subject(String),
    /// A text part, written in base64.
    Text {
        text: String,
        script: Script,
    },
    Attachment,
}

/// A message as the model of one draft for each copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    segments: Vec<Segment>,
    end: &'static str,
    boundary: String,
}

/// Why a copy cannot have a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Its holder has no address.
    Email,
    /// Its holder's address cannot stand in a message.
    WrongEmail,
    /// Its holder has no name, and the message has a place for it.
    Name,
    /// Its holder has no group, and the message has a place for it.
    Group,
}

impl Draft {
    /// Reads the model: a message with `{name}`, `{id}` and `{group}` in its subject and text.
    ///
    /// # Errors
    /// When it is no message, too large, or signed or encrypted as a whole.
    pub fn parse(bytes: &[u8]) -> Result<Draft, Error> {
        if bytes.len() as u64 > limits::DOCUMENT_BYTES_MAX {
            return Err(Error::Limit { what: "the message", limit: limits::DOCUMENT_BYTES_MAX });
        }
        let message = MessageParser::new().parse(bytes).filter(|message| !message.headers().is_empty());
        let message = message.ok_or_else(|| Error::damaged(EML, "it has no header"))?;
        eml::refuse_wrapped(&message)?;
        Maker { bytes, message: &message }.draft()
    }

    /// What is missing of a recipient.
    pub fn lacks(&self, recipient: &Recipient) -> Option<Lack> {
        let uses = |place: &str| {
            self.segments.iter().any(|segment| match segment {
                Segment::Subject(text) | Segment::Text { text, .. } => text.contains(place),
                _ => false,
            })
        };
        match () {
            () if recipient.email.is_empty() => Some(Lack::Email),
            () if !is_address(&recipient.email) => Some(Lack::WrongEmail),
            () if recipient.name.is_empty() && uses("{name}") => Some(Lack::Name),
            () if recipient.group.is_empty() && uses("{group}") => Some(Lack::Group),
            () => None,
        }
    }

    /// Appends the draft that takes a copy to its holder; the copy is attached under this name.
    pub fn write(
        &self,
        recipient: &Recipient,
        file_name: &str,
        format: Format,
        copy: &[u8],
        out: &mut Vec<u8>,
    ) {
        let end = self.end;
        for segment in &self.segments {
            match segment {
                Segment::Static(bytes) => out.extend_from_slice(bytes),
                Segment::To => out.extend_from_slice(self.to(recipient).as_bytes()),
                Segment::Subject(text) => {
                    let subject = words(&filled(text, Script::Plain, recipient), end);
                    out.extend_from_slice(format!("Subject: {subject}{end}").as_bytes());
                }
                Segment::Text { text, script } => {
                    write_base64(filled(text, *script, recipient).as_bytes(), LINE, end == "\r\n", out);
                }
                Segment::Attachment => {
                    let boundary = &self.boundary;
                    let kind = format.media_type();
                    let (name, file) = (parameter("name", file_name), parameter("filename", file_name));
                    let head = format!(
                        "--{boundary}{end}Content-Type: {kind};{end} {name}{end}Content-Transfer-Encoding: base64{end}\
                         Content-Disposition: attachment;{end} {file}{end}{end}"
                    );
                    out.extend_from_slice(head.as_bytes());
                    write_base64(copy, LINE, end == "\r\n", out);
                    out.extend_from_slice(end.as_bytes());
                }
            }
        }
    }

    fn to(&self, recipient: &Recipient) -> String {
        let Recipient { name, email, .. } = recipient;
        let end = self.end;
        // An encoded word within quotation marks is none, and many programs decode it all the same.
        match name.is_ascii() && !name.contains("=?") {
            _ if name.is_empty() => format!("To: {email}{end}"),
            true => {
                let name = name.replace('\\', "\\\\").replace('"', "\\\"");
                format!("To: \"{name}\"{end} <{email}>{end}")
            }
            false => format!("To: {}{end} <{email}>{end}", words(name, end)),
        }
    }
}

/// The attachment of a draft that has this name, as it was attached; `None` where there is none.
pub fn attached(message: &[u8], file_name: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let parsed = MessageParser::new().parse(message)?;
    let part = parsed.attachments().find(|part| part.attachment_name() == Some(file_name))?;
    if part.encoding != Encoding::Base64 {
        return Some(part.contents().to_vec());
    }
    let raw = message.get(part.raw_body_offset() as usize..part.raw_end_offset() as usize)?;
    let packed: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(packed).ok()
}

/// The names of what is attached to a message.
pub fn attached_names(message: &[u8]) -> Vec<String> {
    let parsed = MessageParser::new().parse(message);
    let names = |message: Message<'_>| {
        message.attachments().filter_map(|part| part.attachment_name().map(str::to_owned)).collect()
    };
    parsed.map(names).unwrap_or_default()
}

/// Takes a model apart.
struct Maker<'a> {
    bytes: &'a [u8],
    message: &'a Message<'a>,
}

impl<'a> Maker<'a> {
    fn draft(&self) -> Result<Draft, Error> {
        let end = if self.bytes.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
        let top = self.message.part(0).ok_or_else(|| Error::damaged(EML, "it has no body"))?;
        let mut segments = vec![text_of(format!("X-Unsent: 1{end}")), Segment::To];
        let fields = self.fields(top);
        for (name, raw) in &fields {
            let is_dropped = DROPPED.contains(&name.as_str())
                || DROPPED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
            match (name.as_str(), self.message.subject()) {
                _ if is_dropped => {}
                ("subject", Some(subject)) if has_place(subject) => {
                    segments.push(Segment::Subject(subject.split_whitespace().collect::<Vec<_>>().join(" ")));
                }
                (name, _) if has_place(&String::from_utf8_lossy(raw)) => {
                    let why = format!(
                        "its header {name} has {{id}}, {{name}} or {{group}}, which are filled in in the subject and the text alone; take it \
                         out there"
                    );
                    return Err(Error::refused(EML, why));
                }
                _ => segments.push(line_of(raw, end)),
            }
        }
        segments.push(text_of(format!("MIME-Version: 1.0{end}")));
        let own = top.content_type().filter(|kind| kind.ctype().eq_ignore_ascii_case("multipart"));
        let mixed = own.filter(|kind| kind.subtype().is_some_and(|kind| kind.eq_ignore_ascii_case("mixed")));
        let boundary = match mixed.and_then(|kind| kind.attribute("boundary")) {
            Some(boundary) => {
                let boundary = boundary.to_owned();
                segments.extend(content_fields(&fields).map(|raw| line_of(raw, end)));
                segments.push(text_of(end.to_owned()));
                self.mixed(top, &boundary, end, &mut segments);
                boundary
            }
            None => {
                let boundary = self.free_boundary();
                segments.push(text_of(format!(
                    "Content-Type: multipart/mixed; boundary=\"{boundary}\"{end}{end}--{boundary}{end}"
                )));
                self.wrapped(top, end, &mut segments);
                segments.push(text_of(end.to_owned()));
                segments.push(Segment::Attachment);
                segments.push(text_of(format!("--{boundary}--{end}")));
                boundary
            }
        };
        Ok(Draft { segments, end, boundary })
    }

    /// The parts of a message that has attachments already: the copy is one more.
    fn mixed(&self, top: &MessagePart<'_>, boundary: &str, end: &'static str, segments: &mut Vec<Segment>) {
        let body = top.raw_body_offset() as usize..self.bytes.len();
        let closing = format!("--{boundary}--");
        let mut at = body.start;
        let mut found = None;
        for line in self.bytes[body.clone()].split_inclusive(|&byte| byte == b'\n') {
            if line.trim_ascii_end() == closing.as_bytes() {
                found = Some(at);
            }
            at += line.len();
        }
        let stop = found.unwrap_or(body.end);
        self.body(body.start..stop, end, segments);
        if found.is_none() {
            segments.push(text_of(end.to_owned()));
        }
        segments.push(Segment::Attachment);
        match found {
            Some(_) => segments.push(Segment::Static(self.bytes[stop..].to_vec())),
            None => segments.push(text_of(format!("{closing}{end}"))),
        }
    }

    /// Any other message, as the first part of one with attachments.
    fn wrapped(&self, top: &MessagePart<'_>, end: &'static str, segments: &mut Vec<Segment>) {
        match self.text_with_places(0) {
            Some(text) => {
                segments.push(text_of(format!("{}{end}", new_content(top, end))));
                segments.push(text);
            }
            None => {
                segments.extend(content_fields(&self.fields(top)).map(|raw| line_of(raw, end)));
                segments.push(text_of(end.to_owned()));
                let body = top.raw_body_offset() as usize..self.bytes.len();
                let stop = body.start + self.bytes[body.clone()].trim_ascii_end().len();
                self.body(body.start..stop, end, segments);
            }
        }
    }

    /// A stretch of the message, in which the text parts that have places are written anew.
    fn body(&self, range: Range<usize>, end: &'static str, segments: &mut Vec<Segment>) {
        let mut at = range.start;
        for (index, part) in self.message.parts.iter().enumerate().skip(1) {
            let (head, body, stop) = (
                part.raw_header_offset() as usize,
                part.raw_body_offset() as usize,
                part.raw_end_offset() as usize,
            );
            let Some(raw) = self.bytes.get(body..stop.min(range.end)).filter(|_| head >= at && head <= body)
            else {
                continue;
            };
            let Some(text) = self.text_with_places(index) else { continue };
            segments.push(Segment::Static(self.bytes[at..head].to_vec()));
            for (_, raw) in self.fields(part).iter().filter(|(name, _)| !is_content_of_text(name)) {
                segments.push(line_of(raw, end));
            }
            segments.push(text_of(format!("{}{end}", new_content(part, end))));
            segments.push(text);
            at = body + raw.trim_ascii_end().len();
        }
        segments.push(Segment::Static(self.bytes[at..range.end].to_vec()));
    }

    /// A text part in which something is filled in.
    fn text_with_places(&self, index: usize) -> Option<Segment> {
        let part = self.message.parts.get(index)?;
        let is_attached = part.content_disposition().is_some_and(|kind| kind.is_attachment());
        let (text, script) = match &part.body {
            PartType::Text(text) => (text, Script::Plain),
            PartType::Html(text) => (text, Script::Xml),
            _ => return None,
        };
        (!is_attached && has_place(text))
            .then(|| Segment::Text { text: text.trim_end().to_owned() + "\n", script })
    }

    /// The header fields of a part: the name in small letters, and the whole as it is written.
    fn fields(&self, part: &MessagePart<'_>) -> Vec<(String, &'a [u8])> {
        let head = &self.bytes[part.raw_header_offset() as usize..part.raw_body_offset() as usize];
        let mut fields: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for line in head.split_inclusive(|&byte| byte == b'\n') {
            let is_more = matches!(line.first(), Some(b' ' | b'\t'));
            let range = at..at + line.len();
            at = range.end;
            match fields.last_mut() {
                _ if line.trim_ascii().is_empty() => {}
                Some(last) if is_more => last.end = range.end,
                _ => fields.push(range),
            }
        }
        let name = |raw: &[u8]| {
            let length = raw.iter().position(|&byte| byte == b':').unwrap_or(0);
            String::from_utf8_lossy(&raw[..length]).trim().to_ascii_lowercase()
        };
        let fields = fields.into_iter().map(|range| &head[range]);
        fields.map(|raw| (name(raw), raw)).filter(|(name, _)| !name.is_empty()).collect()
    }

    /// A boundary that stands nowhere in the message; base64 has no `=_` within a line.
    fn free_boundary(&self) -> String {
        let is_free = |boundary: &String| {
            !self.bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes())
        };
        (0u32..).map(|number| format!("=_copy_{number}")).find(is_free).unwrap_or_default()
    }
}

fn text_of(text: String) -> Segment {
    Segment::Static(text.into_bytes())
}

/// A header field with the end of its line.
fn line_of(raw: &[u8], end: &str) -> Segment {
    Segment::Static([raw.trim_ascii_end(), end.as_bytes()].concat())
}

fn content_fields<'f>(fields: &'f [(String, &'f [u8])]) -> impl Iterator<Item = &'f [u8]> {
    fields.iter().filter(|(name, _)| name.starts_with("content-")).map(|(_, raw)| *raw)
}

/// What says how a text is written.
fn is_content_of_text(name: &str) -> bool {
    matches!(name, "content-type" | "content-transfer-encoding")
}

/// How a text part is written that is filled in.
fn new_content(part: &MessagePart<'_>, end: &str) -> String {
    let kind = if matches!(part.body, PartType::Html(_)) { "html" } else { "plain" };
    let flowed = part.content_type().and_then(|kind| kind.attribute("format"));
    let flowed = if flowed.is_some_and(|format| format.eq_ignore_ascii_case("flowed")) {
        "; format=flowed"
    } else {
        ""
    };
    format!("Content-Type: text/{kind}; charset=utf-8{flowed}{end}Content-Transfer-Encoding: base64{end}")
}

fn has_place(text: &str) -> bool {
    PLACES.iter().any(|(_, place)| text.contains(place))
}

/// The text with its places filled in, from left to right: what is filled in is no place.
fn filled(text: &str, script: Script, recipient: &Recipient) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let place = PLACES.iter().find(|(_, place)| rest.starts_with(place));
        let (filled, length) = match place {
            Some((field, place)) => {
                let said = field.of(recipient);
                let written = match script {
                    Script::Xml => in_html(said, is_in_tag(&out)),
                    _ => script.write(said).unwrap_or_default(),
                };
                (written, place.len())
            }
            None => ("{".to_owned(), 1),
        };
        out.push_str(&filled);
        rest = &rest[length..];
    }
    out + rest
}

/// Whether a tag is open at the end of a piece of HTML.
fn is_in_tag(html: &str) -> bool {
    html.rfind('<').is_some_and(|open| html.rfind('>').is_none_or(|close| close < open))
}

/// A text as it is written into HTML. In a tag every sign is a reference: whatever quotation marks stand around an attribute,
/// or none, the text does not end it.
fn in_html(text: &str, in_tag: bool) -> String {
    if !in_tag {
        return escape(text).replace('"', "&quot;");
    }
    let sign = |c: char| match c.is_alphanumeric() {
        true => c.to_string(),
        false => format!("&#{};", u32::from(c)),
    };
    text.chars().map(sign).collect()
}

/// A text in a header: as it is, or as encoded words on lines of their own.
pub(crate) fn words(text: &str, end: &str) -> String {
    use base64::Engine;
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.contains("=?");
    if is_plain && text.len() <= LINE {
        return text.to_owned();
    }
    let mut pieces: Vec<String> = vec![String::new()];
    for c in text.chars() {
        if pieces.last().is_some_and(|last| last.len() + c.len_utf8() > WORD_BYTES) {
            pieces.push(String::new());
        }
        pieces.last_mut().into_iter().for_each(|last| last.push(c));
    }
    let encode =
        |piece: &String| format!("=?utf-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(piece));
    pieces.iter().map(encode).collect::<Vec<_>>().join(&format!("{end} "))
}

/// A parameter of a header, in the form that its characters ask for (RFC 2231).
fn parameter(name: &str, value: &str) -> String {
    let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
    if is_plain {
        return format!("{name}=\"{value}\"");
    }
    let mut out = format!("{name}*=UTF-8''");
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Whether an address can stand in a header as it is.
fn is_address(email: &str) -> bool {
    let is_fine = |byte: u8| {
        matches!(byte, b'!'..=b'~')
            && !matches!(byte, b'<' | b'>' | b',' | b';' | b'"' | b'(' | b')' | b'\\' | b':')
    };
    email.bytes().all(is_fine)
        && email
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}
