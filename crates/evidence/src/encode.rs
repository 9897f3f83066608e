//! Hexadecimal and base64, each with one spelling.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads what [`to_hex`] writes; `None` for anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    rest.is_empty().then(|| bytes.collect()).flatten()
}

/// Reads exactly so many bytes.
pub fn from_hex_exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    from_hex(text)?.try_into().ok()
}

/// Base64 (RFC 4648) with padding.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads what [`to_base64`] writes; `None` for anything else, other spellings of the same bytes included.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|bytes| STANDARD.encode(bytes) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_spelling() {
        assert_eq!(to_hex(&[0, 0xaf]), "00af");
        assert_eq!(from_hex("00af"), Some(vec![0, 0xaf]));
        for wrong in ["0", "AF", "0g", "é"] {
            assert_eq!(from_hex(wrong), None);
        }
        assert_eq!(to_base64(b"a"), "YQ==");
        for wrong in ["YQ", "YR==", "YQ==\n", " YQ=="] {
            assert_eq!(from_base64(wrong), None, "{wrong}");
        }
    }
}
