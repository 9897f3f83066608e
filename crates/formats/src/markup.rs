//! Tags, text and references of HTML and XML with their exact places. It changes nothing and judges little.

use std::ops::Range;

/// A piece of a marked-up text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Text between tags, raw.
    Text(Range<usize>),
    /// A tag.
    Tag {
        /// The whole tag.
        range: Range<usize>,
        /// Its name, as written.
        name: Range<usize>,
        /// Whether it is an end tag.
        closes: bool,
        /// Whether it ends in `/>`.
        empty: bool,
    },
    /// A comment, declaration, processing instruction or CDATA section.
    Other(Range<usize>),
}

/// Cuts a text into tokens. `raw` are elements whose content is no markup (script, style), lower case.
pub fn tokens(text: &str, raw: &[&str]) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let next = text[at..].find('<').map_or(bytes.len(), |i| at + i);
        if next > at {
            found.push(Token::Text(at..next));
        }
        if next == bytes.len() {
            break;
        }
        let token = tag(text, next).unwrap_or(Token::Text(next..next + 1));
        at = match &token {
            Token::Text(range) | Token::Other(range) | Token::Tag { range, .. } => range.end,
        };
        let content = match &token {
            Token::Tag { name, closes: false, empty: false, .. } => {
                raw_content(text, at, &text[name.clone()], raw)
            }
            _ => None,
        };
        match (found.last_mut(), &token) {
            // A lone `<` belongs to the text around it.
            (Some(Token::Text(last)), Token::Text(range)) => last.end = range.end,
            _ => found.push(token),
        }
        if let Some(end) = content.filter(|&end| end > at) {
            found.push(Token::Other(at..end));
            at = end;
        }
    }
    found
}

fn raw_content(text: &str, at: usize, name: &str, raw: &[&str]) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    if !raw.contains(&name.as_str()) {
        return None;
    }
    let ends = |i: usize| {
        text.as_bytes()[i + 2..].get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
    };
    let end = text[at..].match_indices("</").map(|(i, _)| at + i).find(|&i| ends(i));
    Some(end.unwrap_or(text.len()))
}

fn tag(text: &str, start: usize) -> Option<Token> {
    let rest = &text[start..];
    let until =
        |end: &str, from: usize| rest[from..].find(end).map_or(text.len(), |i| start + from + i + end.len());
    if rest.starts_with("<!--") {
        return Some(Token::Other(start..until("-->", 4)));
    }
    if rest.starts_with("<![CDATA[") {
        return Some(Token::Other(start..until("]]>", 9)));
    }
    if rest.starts_with("<!") || rest.starts_with("<?") {
        return Some(Token::Other(start..until(">", 2)));
    }
    let closes = rest.starts_with("</");
    let name_start = 1 + usize::from(closes);
    let name_length = rest[name_start..].find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<'))?;
    let begins = rest[name_start..].starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !begins || name_length == 0 {
        return None;
    }
    let name = start + name_start..start + name_start + name_length;
    let end = tag_end(text.as_bytes(), name.end)?;
    let empty = text.as_bytes()[end - 2] == b'/';
    Some(Token::Tag { range: start..end, name, closes, empty })
}

/// The byte after the `>` that no quotation hides.
fn tag_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut quote = None;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') if bytes[at - 1] == b'=' || bytes[at - 1].is_ascii_whitespace() => {
                quote = Some(byte)
            }
            (Some(open), _) if byte == open => quote = None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The character that a reference stands for, and its length; `&amp;`, `&#8217;`, `&#x2019;`.
pub fn reference(text: &str) -> Option<(char, usize)> {
    let end = text.char_indices().take(12).find(|&(_, c)| c == ';')?.0;
    let name = text.get(1..end)?;
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        },
        None => NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| u32::from(*c)),
    };
    let c = char::from_u32(code?)?;
    (c != '\0').then_some((c, end + 1))
}

const NAMED: [(&str, char); 40] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("sbquo", '‚'),
    ("bdquo", '„'),
    ("euro", '€'),
    ("pound", '£'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("sect", '§'),
    ("para", '¶'),
    ("deg", '°'),
    ("middot", '·'),
    ("bull", '•'),
    ("shy", '\u{ad}'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("agrave", 'à'),
    ("ccedil", 'ç'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("ntilde", 'ñ'),
];

/// Text with what HTML and XML would take for markup as references.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cover_the_text_without_a_gap() {
        for text in [
            "<p class=\"a>b\">x</p><!-- <b> --><br/>y < z",
            "<script>a<b</script>c",
            "<",
            "<a",
            "</",
            "a<1>b",
            "<?xml?><![CDATA[x]]>",
        ] {
            let mut at = 0;
            for token in tokens(text, &["script"]) {
                let (Token::Text(range) | Token::Other(range) | Token::Tag { range, .. }) = token;
                assert_eq!(range.start, at, "{text}");
                at = range.end;
            }
            assert_eq!(at, text.len(), "{text}");
        }
    }

    #[test]
    fn references_are_read() {
        assert_eq!(reference("&rsquo;s"), Some(('’', 7)));
        assert_eq!(reference("&#8217;"), Some(('’', 7)));
        assert_eq!(reference("&#x2019;"), Some(('’', 8)));
        assert_eq!(reference("&unknown;"), None);
        assert_eq!(reference("& more"), None);
    }
}
