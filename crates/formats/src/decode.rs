//! Bytes to text.

use tellmark_core::limits;

use crate::Error;

/// Length of the UTF-8 byte order mark at the beginning, 0 or 3.
pub fn bom(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// The text of a document that must be UTF-8, and the bytes before it.
pub fn strict(bytes: &[u8]) -> Result<(usize, &str), Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    check_size(bytes.len())?;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::refused("text", "it is UTF-16; save it as UTF-8 and try again"));
    }
    let start = bom(bytes);
    let text =
        std::str::from_utf8(&bytes[start..]).map_err(|e| Error::NotUtf8 { at: start + e.valid_up_to() })?;
    refuse_binary(text)?;
    Ok((start, text))
}

/// The text of an exhibit, whatever its encoding seems to be.
pub fn lenient(bytes: &[u8]) -> Result<String, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    check_size(bytes.len())?;
    let text = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, length)) => encoding.decode_without_bom_handling(&bytes[length..]).0,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => declared(bytes).decode_without_bom_handling(bytes).0,
        },
    };
    refuse_binary(&text)?;
    check_size(text.len())?;
    Ok(text.into_owned())
}

/// The encoding that an HTML file says it has (`charset=…`), or Windows-1252, which anything could be.
fn declared(bytes: &[u8]) -> &'static encoding_rs::Encoding {
    const HEAD_BYTES: usize = 4096;
    let head = bytes[..bytes.len().min(HEAD_BYTES)].to_ascii_lowercase();
    let found = head.windows(8).position(|window| window == b"charset=").map(|at| &head[at + 8..]);
    let label = found.map(|rest| {
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_:".contains(b)).count();
        &rest[..length]
    });
    label.and_then(encoding_rs::Encoding::for_label).unwrap_or(encoding_rs::WINDOWS_1252)
}

pub fn check_size(bytes: usize) -> Result<(), Error> {
    match bytes > limits::TEXT_BYTES_MAX {
        true => Err(Error::Limit { what: "the text", limit: limits::TEXT_BYTES_MAX as u64 }),
        false => Ok(()),
    }
}

/// Text has no NUL, and few other control characters.
fn refuse_binary(text: &str) -> Result<(), Error> {
    let odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{b}');
    let head: Vec<char> = text.chars().take(65_536).collect();
    let count = head.iter().filter(|c| odd(c)).count();
    match text.contains('\0') || count * 50 > head.len() {
        true => Err(Error::Unknown("no text but binary data")),
        false => Ok(()),
    }
}
