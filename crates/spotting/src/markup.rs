//! Leftovers of markup in what should be text: tags and character entities.

/// What a character entity stands for, as far as words are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entity {
    /// An apostrophe, which may stand inside a word.
    Apostrophe,
    /// A soft hyphen or a joiner: nothing.
    Nothing,
    /// Anything else: it parts words.
    Other,
}

/// The entity at the start of some bytes and its length.
pub(crate) fn entity(bytes: &[u8]) -> Option<(Entity, usize)> {
    let body = bytes.strip_prefix(b"&")?;
    let length = body.iter().take(10).position(|&b| b == b';')?;
    let name = &body[..length];
    let number =
        name.strip_prefix(b"#").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_alphanumeric));
    if !(number || length >= 2 && name.iter().all(u8::is_ascii_alphanumeric)) {
        return None;
    }
    let kind = match name {
        b"apos" | b"rsquo" | b"lsquo" | b"#39" | b"#8217" | b"#x2019" | b"#x27" => Entity::Apostrophe,
        b"shy" | b"zwnj" | b"zwj" | b"#173" => Entity::Nothing,
        _ => Entity::Other,
    };
    Some((kind, length + 2))
}

/// How many bytes at the start are a tag or an entity; 0 for none.
pub(crate) fn skip(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'&') => entity(bytes).map_or(0, |(_, length)| length),
        Some(b'<') => tag(bytes),
        _ => 0,
    }
}

/// Bytes that a tag may have: more is text with a stray bracket.
const TAG_BYTES_MAX: usize = 300;

fn tag(bytes: &[u8]) -> usize {
    let name = if bytes.get(1) == Some(&b'/') { 2 } else { 1 };
    if !bytes.get(name).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'!') {
        return 0;
    }
    let inside = &bytes[1..bytes.len().min(TAG_BYTES_MAX)];
    match inside.iter().position(|b| matches!(b, b'<' | b'>')) {
        Some(end) if inside[end] == b'>' => end + 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_markup_is_skipped() {
        let cases = [
            ("<br/>x", 5),
            ("</p>", 4),
            ("<a href=\"b\">c", 12),
            ("&nbsp;", 6),
            ("&#8217;s", 7),
            ("< b >", 0),
            ("<b", 0),
            ("a", 0),
            ("& c;", 0),
            ("&;", 0),
            ("", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(skip(text.as_bytes()), expected, "{text}");
        }
    }
}
