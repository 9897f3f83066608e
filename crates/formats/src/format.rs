//! What kind of document a file is.

use std::fmt;
use std::str::FromStr;

use crate::zip::Archive;
use crate::{Error, docx, odt};

/// How every container begins that can be used.
pub(crate) const ZIP: &[u8] = b"PK\x03\x04";

/// A kind of document that can be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// HTML.
    Html,
    /// A Word document.
    Docx,
    /// An OpenDocument text.
    Odt,
    /// An e-mail message.
    Eml,
    /// A PDF with text.
    Pdf,
}

const NAMES: [(Format, &str, &[&str]); 7] = [
    (Format::Text, "text", &["txt", "text"]),
    (Format::Markdown, "markdown", &["md", "markdown", "mkd"]),
    (Format::Html, "html", &["html", "htm", "xhtml"]),
    (Format::Docx, "docx", &["docx"]),
    (Format::Odt, "odt", &["odt", "ott"]),
    (Format::Eml, "eml", &["eml"]),
    (Format::Pdf, "pdf", &["pdf"]),
];

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(format, _, _)| format == self).map_or("", |(_, name, _)| name);
        f.write_str(name)
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(text: &str) -> Result<Format, Error> {
        let found = NAMES.iter().find(|(_, name, _)| *name == text).map(|(format, _, _)| *format);
        found.ok_or(Error::Unknown("a format of a newer version"))
    }
}

impl Format {
    /// Finds out what a file is: what its first bytes say outweighs its name.
    ///
    /// # Errors
    /// [`Error::Empty`], or [`Error::Unknown`] and [`Error::Refused`] with what it is instead.
    pub fn detect(file_name: &str, bytes: &[u8]) -> Result<Format, Error> {
        if bytes.is_empty() {
            return Err(Error::Empty);
        }
        let extension = file_name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
        let named = NAMES.iter().find(|(_, _, endings)| endings.contains(&extension.as_str()));
        if bytes.starts_with(ZIP) {
            return Format::of_zip(bytes);
        }
        if bytes.starts_with(b"%PDF-") {
            return Ok(Format::Pdf);
        }
        refuse_foreign(bytes)?;
        match named.map(|(format, _, _)| *format) {
            Some(Format::Docx) => Err(Error::damaged("DOCX", "it does not begin like a zip file")),
            Some(Format::Odt) => Err(Error::damaged("ODT", "it does not begin like a zip file")),
            Some(Format::Pdf) => Err(Error::damaged("PDF", "it does not begin like one")),
            Some(format) => Ok(format),
            None if looks_like_html(bytes) => Ok(Format::Html),
            None => Ok(Format::Text),
        }
    }

    /// What mail calls a file of this kind. A message is no `message/rfc822` in there: that may not be packed in base64.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; charset=utf-8",
            Format::Markdown => "text/markdown; charset=utf-8",
            Format::Html => "text/html; charset=utf-8",
            Format::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Format::Odt => "application/vnd.oasis.opendocument.text",
            Format::Eml => "application/octet-stream",
            Format::Pdf => "application/pdf",
        }
    }

    /// Which document a zip file holds: OpenDocument says so in a first part of its own.
    pub(crate) fn of_zip(bytes: &[u8]) -> Result<Format, Error> {
        match odt::kind(bytes) {
            Some(kind) if odt::is_text(kind) => Ok(Format::Odt),
            Some(_) => Err(Error::Unknown(
                "a container of another kind than a text (a spreadsheet, presentation, master document or book)",
            )),
            None => {
                // Packed anew by another program, an OpenDocument text may begin with any of its parts.
                let archive = Archive::parse(bytes, "zip file").ok();
                let has = |name: &str| archive.as_ref().is_some_and(|archive| archive.find(name).is_some());
                Ok(if has(odt::MAIN) && !has(docx::MAIN) { Format::Odt } else { Format::Docx })
            }
        }
    }
}

/// Files that begin like something that is no text.
pub(crate) fn refuse_foreign(bytes: &[u8]) -> Result<(), Error> {
    const FOREIGN: [(&[u8], &str); 9] = [
        (b"\x89PNG", "a PNG picture, which has no text to seal; seal the document it shows"),
        (b"\xff\xd8\xff", "a JPEG picture, which has no text to seal; seal the document it shows"),
        (b"GIF8", "a GIF picture, which cannot be read; save it as PNG"),
        (b"II*\0", "a TIFF picture, which has no text to seal; seal the document it shows"),
        (b"MM\0*", "a TIFF picture, which has no text to seal; seal the document it shows"),
        (b"\x1f\x8b", "a gzip archive; unpack it first"),
        (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
        (b"\x7fELF", "a program"),
        (b"{\\rtf", "an RTF document; save it as DOCX"),
    ];
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        let why = "it is encrypted, or an old .doc; remove the password, or save it as DOCX";
        return Err(Error::refused("Word document", why));
    }
    let head = &bytes[..bytes.len().min(4096)];
    if head.windows(16).any(|window| window == b"<office:document") {
        return Err(Error::Unknown("a flat OpenDocument file; save it as ODT"));
    }
    match FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((_, what)) => Err(Error::Unknown(what)),
        None => Ok(()),
    }
}

/// Whether the beginning has a tag that only HTML has.
pub(crate) fn looks_like_html(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_ascii_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let begins = ["<!doctype html", "<html", "<head", "<body", "<?xml", "<!--"]
        .iter()
        .any(|tag| head.starts_with(tag));
    let holds = ["<p>", "<p ", "<div", "<br", "<span", "<table", "</a>", "</p>", "<html"].iter();
    (begins && head.contains('>'))
        || (head.starts_with('<') && holds.clone().any(|tag| head.contains(tag)))
        || holds.filter(|tag| head.contains(**tag)).count() >= 2
}
