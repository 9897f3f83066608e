//! Quoted-printable (RFC 2045, section 6.7): text with its places, and slots that keep the lines short.

use std::ops::Range;

use crate::Error;
use crate::charset::Charset;
use crate::edit::{Edit, Map};

/// Characters of a line, its soft line break included.
const LINE_MAX: usize = 76;

/// The text of a part that starts at byte `offset` of its file, and where each character stands.
///
/// # Errors
/// When its bytes are none of the character set.
pub fn decode(raw: &[u8], offset: usize, charset: Charset) -> Result<(String, Map), Error> {
    let bytes = octets(raw);
    let mut text = String::new();
    let mut map = Map::default();
    let mut next = 0;
    while next < bytes.len() {
        let length = charset.length(bytes[next].0);
        let place = |index: usize| offset + bytes[index].1;
        let wrong = || Error::NotUtf8 { at: place(next) };
        let group = bytes.get(next..next + length).ok_or_else(wrong)?;
        let plain: Vec<u8> = group.iter().map(|(byte, ..)| *byte).collect();
        let start = text.len();
        text.push_str(&charset.decode(&plain).ok_or_else(wrong)?);
        let last = next + length - 1;
        map.push(start..text.len(), place(next)..place(last) + usize::from(bytes[last].2));
        next += length;
    }
    Ok((text, map))
}

/// The octets of a part, each with its place and how many bytes it takes.
fn octets(raw: &[u8]) -> Vec<(u8, usize, u8)> {
    let mut found = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        if let Some(length) = soft_break(rest).or_else(|| trailing_blanks(rest)) {
            at += length;
            continue;
        }
        let (byte, length) = hex(rest).map_or((rest[0], 1), |value| (value, 3));
        found.push((byte, at, length));
        at += usize::from(length);
    }
    found
}

/// Length of a soft line break at the start; blanks may follow its sign.
fn soft_break(raw: &[u8]) -> Option<usize> {
    let behind = raw.strip_prefix(b"=")?;
    let blanks = behind.iter().take(LINE_MAX).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let end = [&b"\r\n"[..], b"\n"].into_iter().find(|end| behind[blanks..].starts_with(end))?;
    Some(1 + blanks + end.len())
}

/// Length of blanks at the start behind which the line ends: they were added on the way, says the RFC.
fn trailing_blanks(raw: &[u8]) -> Option<usize> {
    let blanks = raw.iter().take(LINE_MAX).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (blanks > 0 && ends_line(&raw[blanks..])).then_some(blanks)
}

/// Whether a line ends here.
fn ends_line(behind: &[u8]) -> bool {
    behind.is_empty() || behind.starts_with(b"\n") || behind.starts_with(b"\r\n")
}

fn hex(raw: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|value| value as u8);
    match raw {
        [b'=', high, low, ..] => Some(digit(high)? * 16 + digit(low)?),
        _ => None,
    }
}

/// A text in quoted-printable; `None` when it has a character that the character set lacks.
pub fn encode(text: &str, charset: Charset) -> Option<String> {
    let mut out = String::new();
    for byte in charset.encode(text)? {
        match byte {
            b'=' => out.push_str("=3D"),
            b' '..=b'~' | b'\t' | b'\r' | b'\n' => out.push(char::from(byte)),
            _ => out.push_str(&format!("={byte:02X}")),
        }
    }
    Some(out)
}

/// Edits of the file, in order, whose forms are in quoted-printable already, made fit for its lines: what
/// could make a line of the body too long stands on lines of its own, between soft line breaks that belong
/// to the slot, and no line ends in a blank.
pub fn on_lines(bytes: &[u8], body: &Range<usize>, edits: Vec<Edit>) -> Vec<Edit> {
    let crlf = bytes[body.clone()].windows(2).any(|pair| pair == b"\r\n");
    let end = if crlf { "\r\n" } else { "\n" };
    let mut out = Vec::with_capacity(edits.len());
    let mut rest = &edits[..];
    let mut line = body.start..body.start;
    while let Some(first) = rest.first() {
        if first.span.start >= line.end {
            line = line_around(bytes, body, line.end, first.span.start);
        }
        let count = rest.partition_point(|edit| edit.span.start < line.end).max(1);
        let (own, later) = rest.split_at(count);
        let breaks = grows_too_long(bytes, &line, own);
        for edit in own {
            let at_end = ends_line(&bytes[edit.span.end..body.end]);
            let blank_before =
                bytes[..edit.span.start].ends_with(b" ") || bytes[..edit.span.start].ends_with(b"\t");
            let what = edit.what.map(|form| match () {
                () if breaks => broken(form, end),
                () if at_end && form.is_empty() && blank_before => format!("={end}"),
                () if at_end => without_blank_end(form),
                () => form.to_owned(),
            });
            out.push(Edit { span: edit.span.clone(), what });
        }
        rest = later;
    }
    out
}

/// The line that a place stands in, its line end included; `from` is where some line before it starts.
fn line_around(bytes: &[u8], body: &Range<usize>, from: usize, at: usize) -> Range<usize> {
    let start = bytes[from..at].iter().rposition(|&byte| byte == b'\n').map_or(from, |i| from + i + 1);
    let end = bytes[at..body.end].iter().position(|&byte| byte == b'\n').map_or(body.end + 1, |i| at + i + 1);
    start..end
}

/// Whether some copy's line would be longer than it may be, and than it was.
fn grows_too_long(bytes: &[u8], line: &Range<usize>, edits: &[Edit]) -> bool {
    let was = bytes[line.start..line.end.min(bytes.len())].trim_ascii_end().len();
    let gone: usize = edits.iter().map(|edit| edit.span.len()).sum();
    let longest = |edit: &Edit| edit.what.forms().iter().map(String::len).max().unwrap_or(0);
    let grown: usize = edits.iter().map(longest).sum();
    let becomes = (was + grown).saturating_sub(gone);
    becomes > LINE_MAX && becomes > was
}

/// A form whose last blank would stand at a line's end.
fn without_blank_end(form: &str) -> String {
    match form.as_bytes().last() {
        Some(b' ') => format!("{}=20", &form[..form.len() - 1]),
        Some(b'\t') => format!("{}=09", &form[..form.len() - 1]),
        _ => form.to_owned(),
    }
}

/// A form on lines of its own.
fn broken(form: &str, end: &str) -> String {
    let mut out = format!("={end}");
    let mut length = 0;
    let mut rest = form;
    while !rest.is_empty() {
        let unit = if rest.starts_with('=') { 3.min(rest.len()) } else { 1 };
        if length + unit >= LINE_MAX {
            out.push_str(&format!("={end}"));
            length = 0;
        }
        out.push_str(&rest[..unit]);
        length = if rest[..unit].ends_with('\n') { 0 } else { length + unit };
        rest = &rest[unit..];
    }
    out.push_str(&format!("={end}"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_with_its_places() {
        let check = |raw: &str, charset: Charset, expected: &str| {
            assert_eq!(decode(raw.as_bytes(), 0, charset).unwrap().0, expected, "{raw:?}");
        };
        check("a=3Db=\r\nc", Charset::Utf8, "a=bc");
        check("caf=C3=A9 = x =+1 =zz", Charset::Utf8, "café = x =+1 =zz");
        check("soft= \t\r\nbreak \r\nend ", Charset::Utf8, "softbreak\r\nend");
        check("caf=E9 =80", Charset::named("windows-1252").unwrap(), "café €");
        assert!(decode(b"=C3", 0, Charset::Utf8).is_err() && decode(b"=FF=FF", 0, Charset::Utf8).is_err());
        let (text, map) = decode(b"x=E9y", 10, Charset::named("latin1").unwrap()).unwrap();
        assert_eq!((text.as_str(), map.chunks.len(), map.chunks[1].source.clone()), ("xéy", 3, 11..14));
    }
}
