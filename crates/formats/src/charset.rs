//! Character sets of message parts that can be written back.

use encoding_rs::Encoding;

use crate::Error;

/// How the bytes of a part become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// ASCII, by its name or because none is named. UTF-8 is read, as mail programs do, and not written.
    Ascii,
    /// UTF-8.
    Utf8,
    /// One byte a character.
    Single {
        /// The table.
        table: &'static Encoding,
        /// Whether 0x80 to 0x9f are control characters by its name, although programs read Windows-1252.
        iso: bool,
    },
}

impl Charset {
    /// The character set that a part names.
    ///
    /// # Errors
    /// When it is unknown or has characters of several bytes and is not UTF-8.
    pub fn named(label: &str) -> Result<Charset, Error> {
        let label = label.trim().to_ascii_lowercase();
        if matches!(label.as_str(), "us-ascii" | "ascii") {
            return Ok(Charset::Ascii);
        }
        match Encoding::for_label(label.as_bytes()) {
            Some(encoding) if encoding == encoding_rs::UTF_8 => Ok(Charset::Utf8),
            Some(table) if table.is_single_byte() => {
                Ok(Charset::Single { table, iso: label.starts_with("iso-8859-1") && label.len() == 10 })
            }
            _ => {
                let shown: String = label.chars().take(40).collect();
                Err(Error::refused("message", format!("its text is in {shown:?}; send it as UTF-8")))
            }
        }
    }

    /// The text of bytes that are written back as they are: they must be Unicode whatever the part says.
    pub fn unicode(self, bytes: &[u8], what: &str) -> Result<String, Error> {
        let text = std::str::from_utf8(bytes).ok();
        let text = text.filter(|text| text.is_ascii() || !matches!(self, Charset::Single { .. }));
        let why = || format!("{what} is not UTF-8; send it as UTF-8 or in quoted-printable");
        text.map(str::to_owned).ok_or_else(|| Error::refused("message", why()))
    }

    /// Bytes at the beginning that make one character, from the first of them.
    pub fn length(self, first: u8) -> usize {
        match (self, first) {
            (Charset::Single { .. }, _) => 1,
            (_, 0xf0..) => 4,
            (_, 0xe0..) => 3,
            (_, 0xc0..) => 2,
            _ => 1,
        }
    }

    /// The character that bytes make.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Charset::Single { table, .. } => Some(table.decode_without_bom_handling(bytes).0.into_owned()),
            _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
        }
    }

    /// The bytes of a text; `None` when a character has none.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Charset::Utf8 => Some(text.as_bytes().to_vec()),
            Charset::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Charset::Single { table, iso } => {
                let (bytes, _, lossy) = table.encode(text);
                let control = iso && bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
                (!lossy && !control).then(|| bytes.into_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_go_there_and_back_or_are_missed() {
        let check = |label: &str, text: &str, expected: Option<&[u8]>| {
            assert_eq!(Charset::named(label).unwrap().encode(text).as_deref(), expected, "{label} {text}");
        };
        check("UTF-8", "é", Some(b"\xc3\xa9"));
        check("us-ascii", "é", None);
        check("windows-1252", "’é", Some(b"\x92\xe9"));
        check("ISO-8859-1", "é", Some(b"\xe9"));
        check("ISO-8859-1", "’", None);
        check("iso-8859-15", "€", Some(b"\xa4"));
        check("koi8-r", "да", Some(b"\xc4\xc1"));
        assert!(Charset::named("shift_jis").is_err() && Charset::named("x-unknown").is_err());
    }
}
