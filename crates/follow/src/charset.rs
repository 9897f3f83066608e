//! What text bytes are, whatever is said of them.

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes in which a document says its own encoding.
const HEAD_BYTES: usize = 2048;

/// Decodes a document. A byte order mark counts most; then bytes that are valid UTF-8 beyond ASCII, which is no
/// accident; then what the server says and what the document says; and where that cannot be, a guess.
///
/// What cannot be decoded becomes U+FFFD.
pub(crate) fn decode(bytes: &[u8], said: Option<&str>) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0.into_owned();
    }
    let label = |label: &str| Encoding::for_label(label.trim().as_bytes());
    let claims = [said.and_then(label), declared(bytes).and_then(|own| label(&own))];
    let wide = |e: &&'static Encoding| *e == UTF_16LE || *e == UTF_16BE || *e == ISO_2022_JP;
    let is_wide = claims.into_iter().flatten().find(wide);
    // Bytes of UTF-16 hold zeros; where there are none, the claim is wrong.
    let is_wide =
        is_wide.filter(|e| *e == ISO_2022_JP || bytes.iter().take(HEAD_BYTES).any(|byte| *byte == 0));
    let encoding = match (is_wide, std::str::from_utf8(bytes)) {
        (Some(encoding), _) => encoding,
        (None, Ok(text)) => return text.to_owned(),
        (None, Err(_)) => claims.into_iter().flatten().find(|e| *e != UTF_8).unwrap_or_else(|| guess(bytes)),
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// The encoding that an XML or HTML document names in its first bytes.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)]).to_ascii_lowercase();
    let at = match head.trim_start().starts_with("<?xml") {
        true => head.find("encoding").map(|at| at + "encoding".len()),
        false => head.find("charset").map(|at| at + "charset".len()),
    };
    let rest = head[at?..].trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let is_label = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.');
    Some(rest.chars().take_while(|c| is_label(*c)).take(40).collect())
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_whatever_is_said_of_them() {
        let check = |bytes: &[u8], said: Option<&str>, expected: &str| {
            assert_eq!(decode(bytes, said), expected, "{bytes:?} {said:?}");
        };
        check("Zürich".as_bytes(), None, "Zürich");
        check("Zürich".as_bytes(), Some("iso-8859-1"), "Zürich");
        check(b"Z\xfcrich", Some("iso-8859-1"), "Zürich");
        check(
            b"<?xml version='1.0' encoding='windows-1251'?>\xcc\xee\xf1\xea\xe2\xe0",
            None,
            "<?xml version='1.0' encoding='windows-1251'?>Москва",
        );
        check(b"<meta charset=koi8-r>\xd7\xc5\xd3\xd4\xd8", None, "<meta charset=koi8-r>весть");
        check(
            b"Gro\xdfe \xdcberraschung f\xfcr die M\xe4chte in Genf",
            Some("utf-8"),
            "Große Überraschung für die Mächte in Genf",
        );
        check(b"\xff\xfeZ\0\xfc\0", Some("utf-8"), "Zü");
        check(b"\xef\xbb\xbfa", None, "a");
        check(b"plain", Some("utf-16"), "plain");
        check(b"", None, "");
    }
}
