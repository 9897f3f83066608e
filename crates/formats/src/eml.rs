//! E-mail messages: the text parts, with the way back through their transfer encodings.
//!
//! The plain and the HTML part of a message are parts 0 and 1 of its prose. Attachments, headers, boundaries and
//! everything else stay byte for byte.

use std::ops::Range;

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use tellmark_core::{Block, BlockKind, Prose};

use crate::charset::Charset;
use crate::document::{self, through};
use crate::edit::{Edit, Map, View};
use crate::format::ZIP;
use crate::template::{Part, Pieces};
use crate::thread::{self, Trust};
use crate::{Document, Error, Format, decode, html, quoted};

const EML: &str = "message";
const ATTACHMENTS_MAX: usize = 50;
/// Messages inside messages that are read.
const MESSAGES_DEPTH_MAX: usize = 8;
/// Characters of a line in base64 (RFC 2045, 6.8).
const LINE_MAX: usize = 76;

/// A message taken apart.
#[derive(Debug, Clone)]
pub struct EmlSource {
    bytes: Vec<u8>,
    bodies: Vec<Body>,
    notes: Vec<String>,
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
    /// Whether the part says that it holds ASCII only, so that a variant must too.
    ascii: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Plain,
    QuotedPrintable(Charset),
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
    let mut history = Vec::new();
    for (number, id) in ids.into_iter().enumerate() {
        let part = message.part(id).ok_or(Error::NoText)?;
        bodies.push(body(bytes, part, number as u16, &mut prose, &mut history)?);
    }
    if bodies.is_empty() {
        return Err(Error::NoText);
    }
    let notes = thread::note(&prose.text, &history).into_iter().collect();
    Ok((prose, EmlSource { bytes: bytes.to_vec(), bodies, notes }))
}

pub(crate) fn refuse_sealed(message: &Message<'_>) -> Result<(), Error> {
    for header in ["DKIM-Signature", "ARC-Seal", "DomainKey-Signature"] {
        if message.header(header).is_some() {
            let why = format!(
                "it was sent and signed by its mail system ({header}), and any change breaks the signature; \
                 seal the draft, or remove that header first"
            );
            return Err(Error::refused(EML, why));
        }
    }
    refuse_wrapped(message)
}

/// What is signed or encrypted as a whole.
pub fn refuse_wrapped(message: &Message<'_>) -> Result<(), Error> {
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

fn body(
    bytes: &[u8],
    part: &MessagePart<'_>,
    number: u16,
    prose: &mut Prose,
    history: &mut Vec<Range<usize>>,
) -> Result<Body, Error> {
    let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let raw = bytes.get(range.clone()).ok_or_else(|| Error::damaged(EML, "a part is cut off"))?;
    let label = part.content_type().and_then(|kind| kind.attribute("charset")).unwrap_or("us-ascii");
    let charset = Charset::named(label)?;
    let says = part.content_transfer_encoding().unwrap_or("").trim().to_ascii_lowercase();
    let coded = matches!(says.as_str(), "base64" | "quoted-printable");
    if coded && matches!(part.encoding, Encoding::None) {
        return Err(Error::damaged(EML, format!("a part says that it is {says}, and is not")));
    }
    let (encoding, text, outer) = match part.encoding {
        Encoding::None => {
            let text = charset.unicode(raw, "8-bit text")?;
            (Transfer::Plain, text, Map::identity(raw.len(), range.start))
        }
        Encoding::QuotedPrintable => {
            let (text, map) = quoted::decode(raw, range.start, charset)?;
            (Transfer::QuotedPrintable(charset), text, map)
        }
        Encoding::Base64 => {
            let (encoding, text) = base64_body(raw, charset)?;
            let map = Map::identity(text.len(), 0);
            (encoding, text, map)
        }
    };
    decode::check_size(text.len())?;
    if text.contains("-----BEGIN PGP ") {
        let why = "it holds a PGP signature or secret, and any change breaks it; seal first, then sign";
        return Err(Error::refused(EML, why));
    }
    let is_html = matches!(part.body, PartType::Html(_));
    let (mut own, map, mut quoted) = match is_html {
        true => html::prose_of_mail(&text, 0)?,
        false => (plain(&text), Map::identity(text.len(), 0), Vec::new()),
    };
    quoted.extend(thread::history(&own.text, Trust::Message));
    let quoted = thread::joined(quoted);
    thread::exclude(&mut own, &quoted, BlockKind::Code);
    let inner = append(prose, own, map, number);
    let by = inner.chunks.first().map_or(0, |chunk| chunk.text.start);
    history.extend(quoted.iter().map(|range| range.start + by..range.end + by));
    let ascii =
        text.is_ascii() && (charset != Charset::Utf8 || (encoding == Transfer::Plain && !is_8bit(part)));
    let unicode = charset == Charset::Utf8 && !text.is_ascii();
    let escape = if is_html { html::escape_for(!unicode) } else { str::to_owned };
    Ok(Body { range, encoding, text, outer, inner, escape, ascii })
}

/// Whether the part says that it may hold bytes of 8 bits.
fn is_8bit(part: &MessagePart<'_>) -> bool {
    let named = part.content_transfer_encoding().unwrap_or("");
    ["8bit", "binary"].iter().any(|name| named.trim().eq_ignore_ascii_case(name))
}

fn base64_body(raw: &[u8], charset: Charset) -> Result<(Transfer, String), Error> {
    use base64::Engine;
    let packed: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let plain = base64::engine::general_purpose::STANDARD
        .decode(&packed)
        .map_err(|e| Error::damaged(EML, format!("a base64 part: {e}")))?;
    let text = charset.unicode(&plain, "a base64 part")?;
    let lines = raw.split(|&byte| byte == b'\n').map(|line| line.trim_ascii().len());
    let line = lines.max().unwrap_or(LINE_MAX).clamp(4, 998);
    Ok((Transfer::Base64 { line: line as u16, crlf: raw.windows(2).any(|w| w == b"\r\n") }, text))
}

/// Plain text with the signature left alone.
fn plain(text: &str) -> Prose {
    let mut prose = document::plain(text);
    let signature = text.find("\n-- \r\n").or_else(|| text.find("\n-- \n"));
    for block in &mut prose.blocks {
        if signature.is_some_and(|at| block.range.start >= at) {
            block.kind = BlockKind::Code;
        }
    }
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

impl EmlSource {
    /// How much of the message is quoted history, in a sentence.
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// The message with the edits of its text as slots.
    pub fn parts(&self, text: &str, edits: &[Edit]) -> Result<Vec<Part>, Error> {
        let mut flat: Vec<Edit> = Vec::new();
        let mut packed: Vec<(&Body, Pieces)> = Vec::new();
        let mut placed = 0;
        for body in &self.bodies {
            let own = body.own(edits);
            placed += own.len();
            let view = View { text, source: body.text.as_bytes(), escape: &body.escape };
            let inner = through(&body.inner, &view, &own)?;
            body.check_ascii(&inner)?;
            match body.encoding {
                Transfer::Base64 { .. } if inner.is_empty() => {}
                Transfer::Base64 { .. } => packed.push((body, Pieces::cut(body.text.as_bytes(), &inner))),
                Transfer::Plain => flat.extend(self.through_outer(body, &inner, &str::to_owned)?),
                Transfer::QuotedPrintable(charset) => flat.extend(self.quoted(body, &inner, charset)?),
            }
        }
        if placed != edits.len() {
            return Err(Error::Marking("a span lies in no part of the message".into()));
        }
        flat.sort_by_key(|edit| (edit.span.start, edit.span.end));
        packed.sort_by_key(|(body, _)| body.range.start);
        Ok(self.joined(&flat, packed))
    }

    fn quoted(&self, body: &Body, inner: &[Edit], charset: Charset) -> Result<Vec<Edit>, Error> {
        let lacks = |edit: &Edit| {
            let says = body.text.get(edit.span.clone());
            edit.what.forms().iter().any(|f| says != Some(f) && quoted::encode(f, charset).is_none())
        };
        if inner.iter().any(lacks) {
            let why = "a variant has a character that the message's charset lacks; send it as UTF-8";
            return Err(Error::Marking(why.into()));
        }
        let escape = |form: &str| quoted::encode(form, charset).unwrap_or_default();
        let edits = self.through_outer(body, inner, &escape)?;
        Ok(quoted::on_lines(&self.bytes, &body.range, edits))
    }

    fn through_outer(
        &self,
        body: &Body,
        inner: &[Edit],
        escape: &dyn Fn(&str) -> String,
    ) -> Result<Vec<Edit>, Error> {
        through(&body.outer, &View { text: &body.text, source: &self.bytes, escape }, inner)
    }

    /// The message in parts: its own bytes with their edits, and between them what is in base64.
    fn joined(&self, flat: &[Edit], packed: Vec<(&Body, Pieces)>) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut from = 0;
        for (body, pieces) in packed {
            let Transfer::Base64 { line, crlf } = body.encoding else { continue };
            // Blank lines around the data belong to what stands before and behind it.
            let raw = &self.bytes[body.range.clone()];
            let lead = raw.len() - raw.trim_ascii_start().len();
            let end = body.range.start + raw.trim_ascii_end().len();
            parts.push(self.cut(from..body.range.start + lead, flat).into());
            parts.push(Part::Base64 { pieces, line, crlf });
            from = end;
        }
        parts.push(self.cut(from..self.bytes.len(), flat).into());
        parts
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
}

impl Body {
    /// The edits that lie in this part.
    fn own(&self, edits: &[Edit]) -> Vec<Edit> {
        let chunks = &self.inner.chunks;
        let reach = chunks.first().map_or(0, |c| c.text.start)..chunks.last().map_or(0, |c| c.text.end);
        let lies = |edit: &&Edit| reach.start <= edit.span.start && edit.span.end <= reach.end;
        edits.iter().filter(lies).cloned().collect()
    }

    fn check_ascii(&self, edits: &[Edit]) -> Result<(), Error> {
        let mut forms = edits.iter().flat_map(|edit| edit.what.forms());
        match !self.ascii || forms.all(|form| form.is_ascii()) {
            true => Ok(()),
            false => Err(Error::Marking(
                "a variant has a character that is not ASCII, in a part that says it is ASCII; send it as UTF-8"
                    .into(),
            )),
        }
    }
}

/// What a reader of the message sees: its body, and the text of attached documents.
///
/// # Errors
/// When it is no message.
pub fn visible_text(bytes: &[u8]) -> Result<String, Error> {
    let message = MessageParser::new().parse(bytes).ok_or_else(|| Error::damaged(EML, "it has no header"))?;
    let mut seen = Seen { text: String::new(), attachments: 0 };
    seen.message(&message, 0)?;
    Ok(seen.text)
}

/// What was seen of a message so far.
struct Seen {
    text: String,
    /// Attached documents that were opened, over all messages inside.
    attachments: usize,
}

impl Seen {
    fn message(&mut self, message: &Message<'_>, depth: usize) -> Result<(), Error> {
        let body = message.text_body.first().or(message.html_body.first()).and_then(|&id| message.part(id));
        body.into_iter().try_for_each(|part| self.part(part, depth))?;
        message.attachments().take(ATTACHMENTS_MAX).try_for_each(|part| self.part(part, depth))
    }

    fn part(&mut self, part: &MessagePart<'_>, depth: usize) -> Result<(), Error> {
        match &part.body {
            PartType::Text(plain) => self.add(plain),
            PartType::Html(source) => self.add(&html::prose(source, 0)?.0.text),
            PartType::Message(inner) if depth < MESSAGES_DEPTH_MAX => self.message(inner, depth + 1),
            PartType::Binary(content) | PartType::InlineBinary(content)
                if content.starts_with(ZIP) && self.attachments < ATTACHMENTS_MAX =>
            {
                self.attachments += 1;
                // An attachment that is no document is no fault of the message.
                let document = Format::of_zip(content).and_then(|format| Document::parse(format, content));
                document.map_or(Ok(()), |document| self.add(&document.prose().text))
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, text: &str) -> Result<(), Error> {
        decode::check_size(self.text.len() + text.len())?;
        self.text.push_str(text);
        self.text.push_str("\n\n");
        Ok(())
    }
}
