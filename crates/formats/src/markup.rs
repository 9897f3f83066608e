//! Tags, text and references of HTML and XML with their exact places. It changes nothing and judges little.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::escape::resolve_html5_entity;

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

/// Whose rules decide where a tag ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// HTML as browsers read it, with the elements whose content is no markup (script, style), lower case.
    Html(&'static [&'static str]),
    /// Well-formed XML.
    Xml,
}

/// Cuts a text into tokens, in time linear in its length.
pub fn tokens(text: &str, dialect: Dialect) -> Vec<Token> {
    let bytes = text.as_bytes();
    // Behind the last `>` no tag can end: looking for one there, again and again, would be quadratic.
    let last = text.rfind('>').map_or(0, |i| i + 1);
    let mut unquoted = Unclosed::default();
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
        let token = match next < last {
            true => tag(text, next, dialect, &mut unquoted),
            false => declaration(text, next, dialect),
        };
        let token = token.unwrap_or(Token::Text(next..next + 1));
        at = match &token {
            Token::Text(range) | Token::Other(range) | Token::Tag { range, .. } => range.end,
        };
        let content = match &token {
            Token::Tag { name, closes: false, empty: false, .. } => {
                raw_content(text, at, &text[name.clone()], dialect)
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

fn raw_content(text: &str, at: usize, name: &str, dialect: Dialect) -> Option<usize> {
    let Dialect::Html(raw) = dialect else { return None };
    let name = name.to_ascii_lowercase();
    if !raw.contains(&name.as_str()) {
        return None;
    }
    if name == "plaintext" {
        return Some(text.len());
    }
    let ends = |i: usize| {
        text.as_bytes()[i + 2..].get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
    };
    let end = text[at..].match_indices("</").map(|(i, _)| at + i).find(|&i| ends(i));
    Some(end.unwrap_or(text.len()))
}

/// A comment, declaration, processing instruction or CDATA section; one that does not end reaches to the end.
fn declaration(text: &str, start: usize, dialect: Dialect) -> Option<Token> {
    let rest = &text[start..];
    let xml = dialect == Dialect::Xml;
    let (begin, end) = match () {
        () if rest.starts_with("<!--") => ("<!--", "-->"),
        () if rest.starts_with("<![CDATA[") => ("<![CDATA[", "]]>"),
        () if rest.starts_with("<?") && xml => ("<?", "?>"),
        () if rest.starts_with("<!") || rest.starts_with("<?") => ("<!", ">"),
        () => return None,
    };
    let until = rest[begin.len()..].find(end).map_or(rest.len(), |i| begin.len() + i + end.len());
    Some(Token::Other(start..start + until))
}

fn tag(text: &str, start: usize, dialect: Dialect, unclosed: &mut Unclosed) -> Option<Token> {
    if let Some(found) = declaration(text, start, dialect) {
        return Some(found);
    }
    let rest = &text[start..];
    let closes = rest.starts_with("</");
    let name_start = 1 + usize::from(closes);
    let begins = rest[name_start..].starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !begins {
        return None;
    }
    let name_length = rest[name_start..].find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<'))?;
    let name = start + name_start..start + name_start + name_length;
    let end = tag_end(text.as_bytes(), name.end, dialect, unclosed)?;
    let empty = text.as_bytes()[end - 2] == b'/';
    Some(Token::Tag { range: start..end, name, closes, empty })
}

/// What is known to lead to no end of a tag, so that no search is repeated and all of them take linear time.
#[derive(Debug, Default)]
struct Unclosed {
    /// Bytes that a search without success passed outside quotations.
    dead: Vec<bool>,
    /// From where on a quotation with `"` does not close.
    double: Option<usize>,
    /// From where on a quotation with `'` does not close.
    single: Option<usize>,
}

impl Unclosed {
    fn bury(&mut self, passed: &[Range<usize>], length: usize) {
        self.dead.resize(length, false);
        for range in passed {
            self.dead[range.clone()].fill(true);
        }
    }

    /// The byte after the quotation that opens at `at`.
    fn behind(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let quote = bytes[at];
        let known = if quote == b'"' { &mut self.double } else { &mut self.single };
        if known.is_some_and(|from| from <= at) {
            return None;
        }
        let length = bytes[at + 1..].iter().position(|&byte| byte == quote);
        if length.is_none() {
            *known = Some(at);
        }
        length.map(|length| at + length + 2)
    }
}

/// The byte after the `>` that no quotation hides.
fn tag_end(bytes: &[u8], mut at: usize, dialect: Dialect, unclosed: &mut Unclosed) -> Option<usize> {
    let mut passed: Vec<Range<usize>> = Vec::new();
    let mut from = at;
    while let Some(&byte) = bytes.get(at).filter(|_| !unclosed.dead.get(at).is_some_and(|dead| *dead)) {
        let opens =
            dialect == Dialect::Xml || matches!(bytes[at - 1], b'=' | b' ' | b'\t' | b'\n' | b'\r' | 0xc);
        match byte {
            b'>' => return Some(at + 1),
            b'"' | b'\'' if opens => {
                passed.push(from..at + 1);
                let Some(next) = unclosed.behind(bytes, at) else { break };
                (at, from) = (next, next);
            }
            _ => at += 1,
        }
    }
    passed.push(from..at.max(from));
    unclosed.bury(&passed, bytes.len());
    None
}

/// What a reference stands for, and its length; `&amp;`, `&#8217;`, `&#x2019;`. HTML's names, all of them.
pub fn reference(text: &str) -> Option<(Cow<'static, str>, usize)> {
    let end = text.bytes().take(REFERENCE_MAX).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let meant = match name.strip_prefix('#') {
        Some(number) => Cow::Owned(char::from_u32(code_point(number)?)?.to_string()),
        None => Cow::Borrowed(resolve_html5_entity(name)?),
    };
    Some((meant, end + 1))
}

/// Bytes of the longest name of HTML, `&CounterClockwiseContourIntegral;`, and some zeros in a number.
const REFERENCE_MAX: usize = 40;

fn code_point(number: &str) -> Option<u32> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    if digits.is_empty() || !digits.bytes().all(|b| char::from(b).is_digit(radix)) {
        return None;
    }
    match u32::from_str_radix(digits, radix).ok()? {
        0 => None,
        // HTML reads these as Windows-1252, and old editors wrote them so: `&#146;` is an apostrophe.
        code @ 0x80..=0x9f => {
            let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[code as u8]).0.into_owned();
            text.chars().next().map(u32::from)
        }
        code => Some(code),
    }
}

/// Text with what HTML and XML would take for markup as references.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The same, and what is not ASCII as numeric references: right whatever encoding the file says it has.
pub fn escape_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text).chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => out.push_str(&format!("&#{};", u32::from(c))),
        }
    }
    out
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
            for token in tokens(text, Dialect::Html(&["script"])) {
                let (Token::Text(range) | Token::Other(range) | Token::Tag { range, .. }) = token;
                assert_eq!(range.start, at, "{text}");
                at = range.end;
            }
            assert_eq!(at, text.len(), "{text}");
        }
    }

    #[test]
    fn references_are_read() {
        let check = |text: &str, expected: Option<(&str, usize)>| {
            let found = reference(text);
            assert_eq!(found.as_ref().map(|(meant, length)| (meant.as_ref(), *length)), expected, "{text}");
        };
        check("&rsquo;s", Some(("’", 7)));
        check("&#8217;", Some(("’", 7)));
        check("&#x2019;", Some(("’", 8)));
        check("&#146;", Some(("’", 6)));
        check("&aacute;", Some(("á", 8)));
        check("&CounterClockwiseContourIntegral;", Some(("∳", 33)));
        for text in ["&unknown;", "& more", "&#+65;", "&#;", "&#x;", "&#0;", "&#xd800;", "&é;"] {
            check(text, None);
        }
    }

    #[test]
    fn hostile_markup_takes_linear_time() {
        // Quadratic, each of these would take hours.
        for unit in ["<a ", "<a", "<a x=\"", "<a 'x", "<", "</", "<!-", "<a \"'", "<a \"\"", "<script>", "&"]
        {
            for end in ["", ">", " '>", " \">"] {
                let text = unit.repeat(300_000) + end;
                for dialect in [Dialect::Html(&["script"]), Dialect::Xml] {
                    assert!(!tokens(&text, dialect).is_empty());
                }
            }
        }
    }
}
