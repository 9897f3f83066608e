//! The end of a file: where its cross-reference begins and what its trailers say.
//!
//! # Source
//! ISO 32000-2:2020, 7.5.4 to 7.5.8 (cross-reference tables and streams, trailers, incremental updates).

use super::lexer::{Entries, Kind, Lexer, Written, dictionary, find, find_last, is_space};
use crate::Error;

/// Trailers that are followed back.
const UPDATES_MAX: usize = 256;

/// What the trailers say, newest first.
#[derive(Debug, Clone)]
pub struct Tail<'a> {
    /// Where the newest cross-reference begins.
    pub start: usize,
    /// Whether that is a stream.
    pub is_stream: bool,
    /// The entries of each trailer.
    pub trailers: Vec<Entries<'a>>,
}

impl<'a> Tail<'a> {
    /// Reads the trailers.
    ///
    /// # Errors
    /// [`Error::Refused`] when the newest cross-reference is not where the file says: an update could not be
    /// appended to it.
    pub fn read(bytes: &'a [u8]) -> Result<Tail<'a>, Error> {
        let broken = || {
            let why = "its table of objects is not where its end says, so that nothing can be appended; open \
                       it and save it anew";
            Error::refused("PDF", why)
        };
        let start = start_of(bytes).ok_or_else(broken)?;
        let (first, is_stream) = trailer_at(bytes, start).ok_or_else(broken)?;
        let mut tail = Tail { start, is_stream, trailers: vec![first] };
        let mut seen = vec![start];
        while let Some(previous) = tail.trailers.last().and_then(|t| number(t, b"Prev")) {
            if seen.len() >= UPDATES_MAX || seen.contains(&previous) {
                break;
            }
            seen.push(previous);
            let Some((trailer, _)) = trailer_at(bytes, previous) else { break };
            tail.trailers.push(trailer);
        }
        Ok(tail)
    }

    /// An entry of the newest trailer as it is written.
    pub fn entry(&self, key: &[u8]) -> Option<&'a [u8]> {
        entry(self.trailers.first()?, key)
    }

    /// Whether any trailer has an entry.
    pub fn has(&self, key: &[u8]) -> bool {
        self.trailers.iter().any(|trailer| entry(trailer, key).is_some())
    }

    /// A number above those of all objects.
    pub fn size(&self) -> Option<usize> {
        self.trailers.iter().filter_map(|trailer| number(trailer, b"Size")).max()
    }

    /// The second identifiers of all trailers, newest first.
    pub fn identifiers(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.trailers.iter().filter_map(|trailer| identifiers(entry(trailer, b"ID")?)?.pop())
    }
}

/// The two identifiers in an array.
pub fn identifiers(array: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut lexer = Lexer::new(array, 0);
    let mut found = Vec::new();
    while let Some(token) = lexer.next() {
        if matches!(token.kind, Kind::Literal | Kind::Hex) {
            found.push(Written::read(array, &token).bytes);
        }
    }
    (found.len() == 2).then_some(found)
}

fn entry<'a>(entries: &Entries<'a>, key: &[u8]) -> Option<&'a [u8]> {
    entries.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}

fn number(entries: &Entries<'_>, key: &[u8]) -> Option<usize> {
    std::str::from_utf8(entry(entries, key)?).ok()?.trim().parse().ok()
}

fn start_of(bytes: &[u8]) -> Option<usize> {
    let at = find_last(bytes, b"startxref")?;
    match Lexer::new(bytes, at + b"startxref".len()).next()?.kind {
        Kind::Number(number) if number >= 0.0 => Some(number as usize),
        _ => None,
    }
}

/// The trailer of the cross-reference at a place, and whether that is a stream.
fn trailer_at(bytes: &[u8], at: usize) -> Option<(Entries<'_>, bool)> {
    let space = bytes.get(at..)?.iter().take_while(|b| is_space(**b)).count();
    let at = at + space;
    if bytes[at..].starts_with(b"xref") {
        let trailer = find(bytes, b"trailer", at)?;
        return Some((dictionary(bytes, trailer + b"trailer".len())?.0, false));
    }
    let mut lexer = Lexer::new(bytes, at);
    let numbers = [lexer.next()?, lexer.next()?];
    let keyword = lexer.next()?;
    let is_object =
        numbers.iter().all(|t| matches!(t.kind, Kind::Number(_))) && lexer.text(&keyword.span) == b"obj";
    if !is_object {
        return None;
    }
    let (entries, _) = dictionary(bytes, lexer.at)?;
    (entry(&entries, b"Type") == Some(b"/XRef")).then_some((entries, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_followed_back() {
        let first =
            b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 3/Root 1 0 R/ID[(a)<62>]>>\n";
        let second = b"xref\n0 0\ntrailer <</Size 5/Root 1 0 R/Prev 9>>\nstartxref\n";
        let bytes = [&first[..], second, first.len().to_string().as_bytes(), b"\n%%EOF"].concat();
        let tail = Tail::read(&bytes).unwrap();
        assert_eq!((tail.start, tail.is_stream, tail.trailers.len()), (first.len(), false, 2));
        assert_eq!((tail.size(), tail.entry(b"Root")), (Some(5), Some(&b"1 0 R"[..])));
        assert_eq!(tail.identifiers().collect::<Vec<_>>(), [b"b"]);
        assert!(!tail.has(b"Encrypt"));
        assert!(Tail::read(&bytes[1..]).is_err());
    }
}
