//! E-mail messages: the text parts, with the way back through their transfer encodings.
//!
//! The plain and the HTML part of a message are parts 0 and 1 of its prose. Attachments, headers, boundaries and
//! everything else stay byte for byte.

use std::ops::Range;

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use tellmark_core::{Block, BlockKind, Prose};

use crate::document::through;
use crate::edit::{Edit, Map, What};
use crate::template::{Part, Pieces};
use crate::{Document, Error, Format, decode, html};

const EML: &str = "message";
const ATTACHMENTS_MAX: usize = 50;
/// Characters of a line in quoted-printable (RFC 2045, 6.7).
const LINE_MAX: usize = 76;

/// A message taken apart.
#[derive(Debug, Clone)]
pub struct EmlSource {
    bytes: Vec<u8>,
    bodies: Vec<Body>,
}

/// A text part.
#[derive(Debug, Clone)]
struct Body {
    /// Bytes of the file.
    range: Range<usize>,
    encoding: Transfer,
    /// The text after the transfer encoding.
    text: String,
    /// From that text to the file; for base64 to the text itself.
    outer: Map,
    /// From the prose to that text, in the prose's coordinates.
    inner: Map,
    escape: fn(&str) -> String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Plain { ascii: bool },
    QuotedPrintable { latin: bool },
    Base64 { line: u16, crlf: bool },
}

/// Whether the bytes begin like a message: a header that only messages have, then an empty line.
pub fn looks_like_mail(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(8192)]).to_ascii_lowercase();
    let known = ["received:", "mime-version:", "message-id:", "return-path:", "delivered-to:"];
    let header =
        |line: &str| line.split_once(':').is_some_and(|(name, _)| !name.is_empty() && !name.contains(' '));
    let first = head.lines().next().unwrap_or("");
    header(first)
        && head
            .lines()
            .take_while(|line| !line.trim().is_empty())
            .any(|line| known.iter().any(|k| line.starts_with(k)))
}

/// Takes a message apart.
///
/// # Errors
/// When it is no message, signed or encrypted, or its text is in an encoding that cannot be written back.
pub fn parse(bytes: &[u8]) -> Result<(Prose, EmlSource), Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let message = MessageParser::new().parse(bytes).ok_or_else(|| Error::damaged(EML, "it has no header"))?;
    refuse_sealed(&message)?;
    let mut ids: Vec<u32> = message.text_body.iter().chain(&message.html_body).take(2).copied().collect();
    if let (Some(&text), Some(&html)) = (message.text_body.first(), message.html_body.first()) {
        ids = vec![text, html];
    }
    ids.dedup();
    let mut prose = Prose::default();
    let mut bodies = Vec::new();
    for (number, id) in ids.into_iter().enumerate() {
        let part = message.part(id).ok_or(Error::NoText)?;
        bodies.push(body(bytes, part, number as u16, &mut prose)?);
    }
    if bodies.is_empty() {
        return Err(Error::NoText);
    }
    Ok((prose, EmlSource { bytes: bytes.to_vec(), bodies }))
}

fn refuse_sealed(message: &Message<'_>) -> Result<(), Error> {
    for part in &message.parts {
        let Some(kind) = part.content_type() else { continue };
        let subtype = kind.subtype().unwrap_or("").to_ascii_lowercase();
        match (kind.ctype().to_ascii_lowercase().as_str(), subtype.as_str()) {
            ("multipart", "signed") => {
                return Err(Error::refused(
                    EML,
                    "it is signed, and any change breaks the signature; sign after sealing",
                ));
            }
            ("multipart", "encrypted") | ("application", "pkcs7-mime" | "x-pkcs7-mime") => {
                return Err(Error::refused(
                    EML,
                    "it is encrypted or signed as a whole (S/MIME, PGP); give it as it was before",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn body(bytes: &[u8], part: &MessagePart<'_>, number: u16, prose: &mut Prose) -> Result<Body, Error> {
    let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let raw = bytes.get(range.clone()).ok_or_else(|| Error::damaged(EML, "a part is cut off"))?;
    let charset = part
        .content_type()
        .and_then(|kind| kind.attribute("charset"))
        .unwrap_or("us-ascii")
        .to_ascii_lowercase();
    let latin = matches!(charset.as_str(), "iso-8859-1" | "windows-1252" | "iso-8859-15");
    if !latin && !matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii") {
        return Err(Error::refused(EML, format!("its text is in {charset}; send it as UTF-8")));
    }
    let (encoding, text, outer) = match part.encoding {
        Encoding::None => {
            let ascii = raw.is_ascii();
            let text = std::str::from_utf8(raw)
                .map_err(|_| Error::refused(EML, "its text is 8-bit and not UTF-8; send it as UTF-8"))?;
            (Transfer::Plain { ascii }, text.to_owned(), Map::identity(raw.len(), range.start))
        }
        Encoding::QuotedPrintable => {
            let (text, map) = quoted_printable(raw, range.start, latin)?;
            (Transfer::QuotedPrintable { latin }, text, map)
        }
        Encoding::Base64 => {
            let packed: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            use base64::Engine;
            let plain = base64::engine::general_purpose::STANDARD
                .decode(&packed)
                .map_err(|e| Error::damaged(EML, format!("a base64 part: {e}")))?;
            let text = String::from_utf8(plain)
                .map_err(|_| Error::refused(EML, "a base64 part is not UTF-8; send it as UTF-8"))?;
            let line =
                raw.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(LINE_MAX).clamp(4, 998);
            let map = Map::identity(text.len(), 0);
            (Transfer::Base64 { line: line as u16, crlf: raw.windows(2).any(|w| w == b"\r\n") }, text, map)
        }
    };
    decode::check_size(text.len())?;
    let is_html = matches!(part.body, PartType::Html(_));
    let (own, map) = match is_html {
        true => html::prose(&text, 0)?,
        false => (plain(&text), Map::identity(text.len(), 0)),
    };
    let inner = append(prose, own, map, number);
    let escape = if is_html { html::escape } else { str::to_owned };
    Ok(Body { range, encoding, text, outer, inner, escape })
}

/// Plain text with quoted history and the signature left alone.
fn plain(text: &str) -> Prose {
    let mut prose = Prose::plain(text);
    let signature = text.find("\n-- \r\n").or_else(|| text.find("\n-- \n"));
    let mut frozen = Vec::new();
    for block in &mut prose.blocks {
        if signature.is_some_and(|at| block.range.start >= at) {
            block.kind = BlockKind::Code;
        }
        let mut at = block.range.start;
        for line in text[block.range.clone()].split_inclusive('\n') {
            if line.starts_with('>') {
                frozen.push(at..at + line.len());
                block.kind = BlockKind::Quote;
            }
            at += line.len();
        }
    }
    prose.frozen = frozen;
    prose
}

/// Adds a part's prose behind what is there; returns its map in the joint coordinates.
fn append(prose: &mut Prose, own: Prose, mut map: Map, part: u16) -> Map {
    if !prose.text.is_empty() {
        prose.text.push_str("\n\n");
    }
    let by = prose.text.len();
    let moved = |range: &Range<usize>| range.start + by..range.end + by;
    prose.text.push_str(&own.text);
    prose.blocks.extend(own.blocks.iter().map(|b| Block { range: moved(&b.range), kind: b.kind, part }));
    prose.frozen.extend(own.frozen.iter().map(moved));
    prose.seams.extend(own.seams.iter().map(|seam| seam + by));
    map.chunks.iter_mut().for_each(|chunk| chunk.text = moved(&chunk.text));
    map
}

/// The text of a part in quoted-printable, and where each character stands.
fn quoted_printable(raw: &[u8], offset: usize, latin: bool) -> Result<(String, Map), Error> {
    let mut bytes: Vec<(u8, Range<usize>)> = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let hex = raw
            .get(at + 1..at + 3)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        let soft = [&b"=\r\n"[..], b"=\n"].into_iter().find(|soft| raw[at..].starts_with(soft));
        match (raw[at], soft, hex) {
            (b'=', Some(soft), _) => at += soft.len(),
            (b'=', None, Some(value)) => {
                bytes.push((value, offset + at..offset + at + 3));
                at += 3;
            }
            (byte, _, _) => {
                bytes.push((byte, offset + at..offset + at + 1));
                at += 1;
            }
        }
    }
    let mut text = String::new();
    let mut map = Map::default();
    let mut next = 0;
    while next < bytes.len() {
        let length = if latin { 1 } else { utf8_length(bytes[next].0) };
        let group = bytes.get(next..next + length).ok_or(Error::NotUtf8 { at: bytes[next].1.start })?;
        let plain: Vec<u8> = group.iter().map(|(byte, _)| *byte).collect();
        let start = text.len();
        match latin {
            true => text.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(&plain).0),
            false => text
                .push_str(std::str::from_utf8(&plain).map_err(|_| Error::NotUtf8 { at: group[0].1.start })?),
        }
        let source = group[0].1.start..group[length - 1].1.end;
        map.push(start..text.len(), source);
        next += length;
    }
    Ok((text, map))
}

fn utf8_length(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

impl EmlSource {
    /// The message with the edits as slots.
    pub fn parts(&self, edits: &[Edit]) -> Result<Vec<Part>, Error> {
        let mut parts = Vec::new();
        let mut flat: Vec<Edit> = Vec::new();
        let mut packed: Vec<(&Body, Pieces)> = Vec::new();
        for body in &self.bodies {
            let reach = body.inner.chunks.first().map_or(0, |c| c.text.start)
                ..body.inner.chunks.last().map_or(0, |c| c.text.end);
            let own: Vec<Edit> = edits
                .iter()
                .filter(|e| reach.start <= e.span.start && e.span.end <= reach.end)
                .cloned()
                .collect();
            let inner: Vec<Edit> = through(&body.inner, &own)?
                .into_iter()
                .map(|e| Edit { what: e.what.map(body.escape), span: e.span })
                .collect();
            match body.encoding {
                Transfer::Base64 { .. } => packed.push((body, Pieces::cut(body.text.as_bytes(), &inner))),
                Transfer::Plain { ascii } => flat.extend(check_ascii(through(&body.outer, &inner)?, ascii)?),
                Transfer::QuotedPrintable { latin } => {
                    flat.extend(self.quoted(through(&body.outer, &inner)?, latin)?)
                }
            }
        }
        flat.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut from = 0;
        packed.sort_by_key(|(body, _)| body.range.start);
        for (body, pieces) in packed {
            let Transfer::Base64 { line, crlf } = body.encoding else { continue };
            // The part's own line end at its end belongs to what follows.
            let raw = &self.bytes[body.range.clone()];
            let end =
                body.range.start + raw.iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |i| i + 1);
            parts.push(self.cut(from..body.range.start, &flat).into());
            parts.push(Part::Base64 { pieces, line, crlf });
            from = end;
        }
        parts.push(self.cut(from..self.bytes.len(), &flat).into());
        Ok(parts)
    }

    fn cut(&self, range: Range<usize>, edits: &[Edit]) -> Pieces {
        let own: Vec<Edit> = edits
            .iter()
            .filter(|e| range.start <= e.span.start && e.span.end <= range.end)
            .map(|e| Edit {
                span: e.span.start - range.start..e.span.end - range.start,
                what: e.what.clone(),
            })
            .collect();
        Pieces::cut(&self.bytes[range], &own)
    }

    /// Edits in quoted-printable. Where a line could grow too long, its edits stand on lines of their own,
    /// between soft line breaks that belong to the slot.
    fn quoted(&self, edits: Vec<Edit>, latin: bool) -> Result<Vec<Edit>, Error> {
        let mut out = Vec::new();
        for edit in &edits {
            let encoded = |text: &str| encode_quoted(text, latin);
            let forms: Vec<String> =
                edit.what.forms().iter().map(|f| encoded(f)).collect::<Option<_>>().ok_or_else(|| {
                    Error::Marking(
                        "a variant has a character that the message's charset lacks; use UTF-8".into(),
                    )
                })?;
            let line = self.line_of(edit.span.start);
            let own = edits.iter().filter(|other| {
                line.start <= other.span.start && other.span.start < line.end.max(line.start + 1)
            });
            let grown: usize = own
                .map(|other| {
                    other.what.forms().iter().map(|f| encoded(f).map_or(0, |f| f.len())).max().unwrap_or(0)
                })
                .sum();
            let end = if self.bytes[line.clone()].ends_with(b"\r")
                || self.bytes.get(line.end.wrapping_sub(1)) == Some(&b'\r')
            {
                "\r\n"
            } else {
                "\n"
            };
            let breaks = line.len() + grown > LINE_MAX && !forms.iter().all(String::is_empty);
            let wrap = |form: &str| if breaks { broken(form, end) } else { form.to_owned() };
            let what = match &edit.what {
                What::Fixed(_) => What::Fixed(wrap(&forms[0])),
                What::Site { site, .. } => {
                    What::Site { site: *site, forms: forms.iter().map(|f| wrap(f)).collect() }
                }
            };
            out.push(Edit { span: edit.span.clone(), what });
        }
        Ok(out)
    }

    fn line_of(&self, at: usize) -> Range<usize> {
        let start = self.bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        let end = self.bytes[at..].iter().position(|&b| b == b'\n').map_or(self.bytes.len(), |i| at + i);
        start..end
    }
}

fn check_ascii(edits: Vec<Edit>, ascii: bool) -> Result<Vec<Edit>, Error> {
    let fits = !ascii || edits.iter().all(|edit| edit.what.forms().iter().all(|form| form.is_ascii()));
    match fits {
        true => Ok(edits),
        false => Err(Error::Marking(
            "a variant has a character that is not ASCII, in a 7-bit message; send it as UTF-8".into(),
        )),
    }
}

fn encode_quoted(text: &str, latin: bool) -> Option<String> {
    let bytes = match latin {
        true => {
            let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
            (!lossy).then(|| bytes.into_owned())?
        }
        false => text.as_bytes().to_vec(),
    };
    let mut out = String::new();
    for byte in bytes {
        match byte {
            b'=' => out.push_str("=3D"),
            b' '..=b'~' | b'\t' | b'\r' | b'\n' => out.push(char::from(byte)),
            _ => out.push_str(&format!("={byte:02X}")),
        }
    }
    Some(out)
}

/// A form on lines of its own.
fn broken(form: &str, end: &str) -> String {
    let mut out = format!("={end}");
    let mut length = 0;
    let mut rest = form;
    while !rest.is_empty() {
        let unit = if rest.starts_with('=') { 3.min(rest.len()) } else { 1 };
        if length + unit >= LINE_MAX - 1 {
            out.push_str(&format!("={end}"));
            length = 0;
        }
        out.push_str(&rest[..unit]);
        length += unit;
        rest = &rest[unit..];
    }
    out.push_str(&format!("={end}"));
    out
}

/// What a reader of the message sees: its body, and the text of attached documents.
///
/// # Errors
/// When it is no message.
pub fn visible_text(bytes: &[u8]) -> Result<String, Error> {
    let message = MessageParser::new().parse(bytes).ok_or_else(|| Error::damaged(EML, "it has no header"))?;
    let mut text = String::new();
    collect(&message, 0, &mut text)?;
    Ok(text)
}

fn collect(message: &Message<'_>, depth: usize, text: &mut String) -> Result<(), Error> {
    let body = message.text_body.first().or(message.html_body.first()).and_then(|&id| message.part(id));
    body.into_iter().try_for_each(|part| add_part(part, depth, text))?;
    message.attachments().take(ATTACHMENTS_MAX).try_for_each(|part| add_part(part, depth, text))
}

fn add_part(part: &MessagePart<'_>, depth: usize, text: &mut String) -> Result<(), Error> {
    let added = match &part.body {
        PartType::Text(plain) => plain.to_string(),
        PartType::Html(source) => html::prose(source, 0)?.0.text,
        PartType::Message(inner) if depth < 8 => {
            let mut own = String::new();
            collect(inner, depth + 1, &mut own)?;
            own
        }
        PartType::Binary(content) | PartType::InlineBinary(content) if content.starts_with(b"PK\x03\x04") => {
            // An attachment that is no document is no fault of the message.
            Document::parse(Format::Docx, content)
                .map(|document| document.prose().text.clone())
                .unwrap_or_default()
        }
        _ => String::new(),
    };
    decode::check_size(text.len() + added.len())?;
    text.push_str(&added);
    text.push_str("\n\n");
    Ok(())
}
