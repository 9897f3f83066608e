//! Tokens of a content stream, each with the bytes it stands in.
//!
//! A copy is spliced into the stream that is there, so every token knows its place, and a string knows where
//! each of its bytes was written.

use std::ops::Range;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub span: Range<usize>,
    pub kind: Kind,
}

/// What a token is. Names, strings and operators are read from their span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Number(f64),
    Name,
    /// In round brackets.
    Literal,
    /// In angle brackets.
    Hex,
    ArrayOpen,
    ArrayClose,
    DictOpen,
    DictClose,
    Operator,
}

/// Reads tokens one after the other.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Lexer<'a> {
        Lexer { bytes, at }
    }

    /// The bytes of a token.
    pub fn text(&self, span: &Range<usize>) -> &'a [u8] {
        &self.bytes[span.clone()]
    }

    /// The next token, or none at the end.
    pub fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let start = self.at;
        let kind = match (*self.bytes.get(start)?, self.bytes.get(start + 1)) {
            (b'[', _) => self.taken(1, Kind::ArrayOpen),
            (b']', _) => self.taken(1, Kind::ArrayClose),
            (b'<', Some(b'<')) => self.taken(2, Kind::DictOpen),
            (b'>', Some(b'>')) => self.taken(2, Kind::DictClose),
            (b'<', _) => self.hex(),
            (b'(', _) => self.literal(),
            (b'/', _) => {
                self.at += 1;
                self.regular();
                Kind::Name
            }
            (b'+' | b'-' | b'.' | b'0'..=b'9', _) => {
                self.regular();
                number(&self.bytes[start..self.at]).map_or(Kind::Operator, Kind::Number)
            }
            (b')' | b'>' | b'{' | b'}', _) => self.taken(1, Kind::Operator),
            _ => {
                self.regular();
                Kind::Operator
            }
        };
        Some(Token { span: start..self.at, kind })
    }

    /// Goes behind the image that stands in the stream, after its operator `ID`.
    pub fn skip_image(&mut self) {
        let mut at = self.at + 1;
        while let Some(found) = find(self.bytes, b"EI", at) {
            let before = self.bytes.get(found.wrapping_sub(1)).is_none_or(|b| is_space(*b));
            let behind = &self.bytes[found + 2..self.bytes.len().min(found + 18)];
            let plain = |b: &u8| is_space(*b) || (b' '..=b'~').contains(b);
            if before && behind.first().is_none_or(|b| is_space(*b)) && behind.iter().all(plain) {
                self.at = found + 2;
                return;
            }
            at = found + 2;
        }
        self.at = self.bytes.len();
    }

    fn taken(&mut self, length: usize, kind: Kind) -> Kind {
        self.at += length;
        kind
    }

    fn skip_space(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'%' => {
                    let rest = &self.bytes[self.at..];
                    self.at += rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
                }
                byte if is_space(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    fn regular(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|b| !is_regular(*b)).unwrap_or(rest.len());
    }

    fn hex(&mut self) -> Kind {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|b| *b == b'>').map_or(rest.len(), |end| end + 1);
        Kind::Hex
    }

    fn literal(&mut self) -> Kind {
        let mut depth = 0;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at = (self.at + 1).min(self.bytes.len()),
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        Kind::Literal
    }
}

/// A string as it is written: its bytes, and where each was written.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// For each byte where it begins, and at last where the string ends, before its closing bracket.
    pub at: Vec<usize>,
    /// Round brackets that stand in the string without a backslash.
    pub brackets: Vec<usize>,
}

impl Written {
    /// Reads the string of a token.
    pub fn read(source: &[u8], token: &Token) -> Written {
        let mut written = Written::default();
        let closed =
            source[token.span.clone()].len() > 1 && matches!(source[token.span.end - 1], b')' | b'>');
        let inner = token.span.start + 1..token.span.end - usize::from(closed);
        match token.kind {
            Kind::Hex => written.read_hex(source, inner.clone()),
            _ => written.read_literal(source, inner.clone()),
        }
        written.at.push(inner.end);
        written
    }

    fn push(&mut self, byte: u8, at: usize) {
        self.bytes.push(byte);
        self.at.push(at);
    }

    fn read_hex(&mut self, source: &[u8], inner: Range<usize>) {
        let mut high = None;
        for at in inner {
            let Some(digit) = (source[at] as char).to_digit(16) else { continue };
            match high.take() {
                None => high = Some((digit as u8, at)),
                Some((first, start)) => self.push(first << 4 | digit as u8, start),
            }
        }
        if let Some((first, start)) = high {
            self.push(first << 4, start);
        }
    }

    fn read_literal(&mut self, source: &[u8], inner: Range<usize>) {
        let mut at = inner.start;
        while at < inner.end {
            let start = at;
            at += 1;
            match source[start] {
                b'\\' => at = self.read_escape(source, start, inner.end),
                b'\r' => {
                    at += usize::from(at < inner.end && source[at] == b'\n');
                    self.push(b'\n', start);
                }
                byte => {
                    if matches!(byte, b'(' | b')') {
                        self.brackets.push(start);
                    }
                    self.push(byte, start);
                }
            }
        }
    }

    /// Reads what a backslash begins, and returns where it ends.
    fn read_escape(&mut self, source: &[u8], start: usize, end: usize) -> usize {
        let at = start + 1;
        if at >= end {
            return at;
        }
        match source[at] {
            b'\r' => return at + 1 + usize::from(at + 1 < end && source[at + 1] == b'\n'),
            b'\n' => return at + 1,
            b'0'..=b'7' => {
                let digits = source[at..end.min(at + 3)].iter().take_while(|b| (b'0'..=b'7').contains(*b));
                let (count, value) = digits.fold((0, 0u32), |(n, v), b| (n + 1, v * 8 + u32::from(b - b'0')));
                self.push(value as u8, start);
                return at + count;
            }
            b'n' => self.push(b'\n', start),
            b'r' => self.push(b'\r', start),
            b't' => self.push(b'\t', start),
            b'b' => self.push(8, start),
            b'f' => self.push(12, start),
            other => self.push(other, start),
        }
        at + 1
    }
}

/// The entries of a dictionary that begins at a place: each key without its slash, and the value as it is
/// written. Returns where the dictionary ends too.
pub fn dictionary(bytes: &[u8], at: usize) -> Option<(Entries<'_>, usize)> {
    let mut lexer = Lexer::new(bytes, at);
    if lexer.next()?.kind != Kind::DictOpen {
        return None;
    }
    let mut entries = Vec::new();
    loop {
        let key = lexer.next()?;
        match key.kind {
            Kind::DictClose => return Some((entries, lexer.at)),
            Kind::Name => {}
            _ => continue,
        }
        let value = value(&mut lexer)?;
        entries.push((&bytes[key.span.start + 1..key.span.end], &bytes[value]));
    }
}

/// Keys and values of a dictionary as they are written.
pub type Entries<'a> = Vec<(&'a [u8], &'a [u8])>;

fn value(lexer: &mut Lexer<'_>) -> Option<Range<usize>> {
    let first = lexer.next()?;
    match first.kind {
        Kind::ArrayOpen | Kind::DictOpen => {
            let mut depth = 1;
            while depth > 0 {
                match lexer.next()?.kind {
                    Kind::ArrayOpen | Kind::DictOpen => depth += 1,
                    Kind::ArrayClose | Kind::DictClose => depth -= 1,
                    _ => {}
                }
            }
        }
        Kind::Number(_) => {
            let mut ahead = lexer.clone();
            let generation = ahead.next().is_some_and(|t| matches!(t.kind, Kind::Number(_)));
            let letter = ahead.next().filter(|_| generation);
            if letter.is_some_and(|t| &lexer.bytes[t.span] == b"R") {
                lexer.at = ahead.at;
            }
        }
        _ => {}
    }
    Some(first.span.start..lexer.at)
}

/// Where bytes stand first at or behind a place.
pub fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let first = *needle.first()?;
    let mut at = 0;
    loop {
        at += rest[at..].iter().position(|b| *b == first)?;
        if rest[at..].starts_with(needle) {
            return Some(from + at);
        }
        at += 1;
    }
}

/// Where bytes stand last.
pub fn find_last(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    (0..=bytes.len().checked_sub(needle.len())?).rev().find(|at| bytes[*at..].starts_with(needle))
}

/// A number as content streams write it; readers take `--1` and `1.2.3` as well as they can.
fn number(text: &[u8]) -> Option<f64> {
    let signs = text.iter().take_while(|b| matches!(b, b'+' | b'-')).count();
    let negative = text[..signs].contains(&b'-');
    let (mut value, mut scale, mut digits, mut point) = (0.0, 1.0, 0, false);
    for byte in &text[signs..] {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                value = value * 10.0 + f64::from(byte - b'0');
                scale *= if point { 10.0 } else { 1.0 };
            }
            b'.' if !point => point = true,
            b'.' | b'-' => break,
            _ => return None,
        }
    }
    let value = if digits > 300 { 0.0 } else { value / scale };
    (digits > 0 || point || signs > 0).then_some(if negative { -value } else { value })
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let mut lexer = Lexer::new(text.as_bytes(), 0);
        std::iter::from_fn(|| lexer.next()).map(|token| (token.kind, &text[token.span])).collect()
    }

    #[test]
    fn tokens_know_where_they_stand() {
        let found = kinds("/F1 9.96 Tf[(a\\)(b))-250.5<41 4>]TJ % (no\n-.5 0 Td<</A 1>>");
        let texts: Vec<_> = found.iter().map(|(_, text)| *text).collect();
        let expected = [
            "/F1",
            "9.96",
            "Tf",
            "[",
            "(a\\)(b))",
            "-250.5",
            "<41 4>",
            "]",
            "TJ",
            "-.5",
            "0",
            "Td",
            "<<",
            "/A",
            "1",
            ">>",
        ];
        assert_eq!(texts, expected);
        assert_eq!(found[5].0, Kind::Number(-250.5));
        assert_eq!(found[9].0, Kind::Number(-0.5));
    }

    #[test]
    fn strings_know_where_each_byte_was_written() {
        for (text, bytes, at) in [
            ("(a\\)b)", &b"a)b"[..], vec![1, 2, 4, 5]),
            ("(\\101\\\nB)", b"AB", vec![1, 7, 8]),
            ("(x\\5y\r\nz)", b"x\x05y\nz", vec![1, 2, 4, 5, 7, 8]),
            ("<4 1 42 5>", b"AB\x50", vec![1, 5, 8, 9]),
            ("()", b"", vec![1]),
            ("(", b"", vec![1]),
        ] {
            let token = Lexer::new(text.as_bytes(), 0).next().unwrap();
            let written = Written::read(text.as_bytes(), &token);
            assert_eq!((&written.bytes[..], &written.at), (bytes, &at), "{text}");
        }
        let token = Lexer::new(b"(a(b)c)", 0).next().unwrap();
        assert_eq!(Written::read(b"(a(b)c)", &token).brackets, [2, 4]);
    }

    #[test]
    fn dictionaries_give_their_values_as_written() {
        let bytes = b"<< /Root 1 0 R/Size 12 /ID[<00><11>] /Info<</A(>>)>>/N /M >> x";
        let (entries, end) = dictionary(bytes, 0).unwrap();
        let values: Vec<_> = entries.iter().map(|(_, value)| std::str::from_utf8(value).unwrap()).collect();
        assert_eq!(values, ["1 0 R", "12", "[<00><11>]", "<</A(>>)>>", "/M"]);
        assert_eq!(&bytes[end..], b" x");
    }

    #[test]
    fn images_in_the_stream_are_passed_over() {
        let bytes = b"BI /W 1 ID \x00(EI\x01 EI\nQ";
        let mut lexer = Lexer::new(bytes, 10);
        lexer.skip_image();
        assert_eq!(&bytes[lexer.at..], b"\nQ");
    }
}
