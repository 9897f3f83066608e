//! The one JSON that is signed: canonical, so that a value has exactly one spelling.
//!
//! No white space, keys in the order of their code points and each once, strings with the shortest escapes, integers
//! of 64 bits only; no null. What is spelled in any other way is refused, so `read(bytes)?.to_bytes() == bytes`, and two
//! verifiers cannot understand the same bytes differently. Written out here because it decides what a signature means:
//! a general parser would take the last of two equal keys, and round numbers.

use std::collections::BTreeMap;

use crate::{Error, Result};

/// Lists and maps lie in each other at most so deep.
pub const DEPTH_MAX: usize = 16;
/// So many values at most.
pub const VALUES_MAX: usize = 4_000_000;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Values by name.
    Map(BTreeMap<String, Json>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.into())
    }
}
impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}
impl From<i64> for Json {
    fn from(number: i64) -> Json {
        Json::Int(number)
    }
}
impl From<u32> for Json {
    fn from(number: u32) -> Json {
        Json::Int(number.into())
    }
}
impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(values: Vec<T>) -> Json {
        Json::List(values.into_iter().map(Into::into).collect())
    }
}

/// A map of these names and values.
pub fn map<'n>(fields: impl IntoIterator<Item = (&'n str, Json)>) -> Json {
    Json::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A count as it is written.
///
/// Counts in this crate are limited far below 2^63; one beyond is written as the largest number and refused by
/// every reader.
pub fn count(number: usize) -> Json {
    Json::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Json {
    /// Reads a value and nothing behind it.
    ///
    /// # Errors
    /// When the bytes are not the canonical spelling of a value, or it is too deep or too large.
    ///
    /// ```
    /// use tellmark_evidence::json::Json;
    /// let value = Json::read(br#"{"a":[1,"\n"],"b":true}"#)?;
    /// assert_eq!(value.to_bytes(), br#"{"a":[1,"\n"],"b":true}"#);
    /// for other in [r#"{"b":1,"a":1}"#, r#"{"a":1,"a":1}"#, "[1.0]", "[01]", "[ 1]", r#"["\u000a"]"#, "null"] {
    ///     assert!(Json::read(other.as_bytes()).is_err(), "{other}");
    /// }
    /// # Ok::<(), tellmark_evidence::Error>(())
    /// ```
    pub fn read(bytes: &[u8]) -> Result<Json> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::format("the text is not UTF-8"))?;
        let mut reader = Reader { text, at: 0, values: 0 };
        let value = reader.value(0)?;
        if reader.at != text.len() {
            return Err(Error::format(format!("something stands behind the value, at byte {}", reader.at)));
        }
        Ok(value)
    }

    /// Its one spelling.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Bool(value) => out.extend(if *value { b"true".as_slice() } else { b"false" }),
            Json::Int(value) => out.extend(value.to_string().bytes()),
            Json::Text(text) => write_text(text, out),
            Json::List(values) => {
                out.push(b'[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    value.write(out);
                }
                out.push(b']');
            }
            Json::Map(values) => {
                out.push(b'{');
                for (index, (name, value)) in values.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_text(name, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// The fields of a map that has these and no others.
    ///
    /// # Errors
    /// When it is no map, one is missing, or there is one that is unknown.
    pub fn fields<'a>(&'a self, what: &str, required: &[&str], optional: &[&str]) -> Result<Fields<'a>> {
        let Json::Map(map) = self else { return Err(Error::format(format!("{what} is no map"))) };
        if let Some(name) = required.iter().find(|name| !map.contains_key(**name)) {
            return Err(Error::format(format!("{what} has no {name:?}")));
        }
        let is_known =
            |name: &&String| required.contains(&name.as_str()) || optional.contains(&name.as_str());
        if let Some(name) = map.keys().find(|name| !is_known(name)) {
            return Err(Error::format(format!("{what} has {name:?}, which is unknown")));
        }
        Ok(Fields { what: what.into(), map })
    }

    /// A list's values.
    ///
    /// # Errors
    /// When it is none, or longer than `most`.
    pub fn list(&self, what: &str, most: usize) -> Result<&[Json]> {
        match self {
            Json::List(values) if values.len() <= most => Ok(values),
            Json::List(values) => {
                Err(Error::format(format!("{what} has {} entries; {most} are the most", values.len())))
            }
            _ => Err(Error::format(format!("{what} is no list"))),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// When it is none.
    pub fn text(&self, what: &str) -> Result<&str> {
        match self {
            Json::Text(text) => Ok(text),
            _ => Err(Error::format(format!("{what} is no text"))),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is none.
    pub fn int(&self, what: &str) -> Result<i64> {
        match self {
            Json::Int(value) => Ok(*value),
            _ => Err(Error::format(format!("{what} is no number"))),
        }
    }
}

/// A map of which every field is known.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    what: String,
    map: &'a BTreeMap<String, Json>,
}

impl<'a> Fields<'a> {
    /// A field.
    ///
    /// # Errors
    /// When it is not there.
    pub fn get(&self, name: &str) -> Result<&'a Json> {
        self.map.get(name).ok_or_else(|| Error::format(format!("{} has no {name:?}", self.what)))
    }

    /// A field that may be missing.
    pub fn find(&self, name: &str) -> Option<&'a Json> {
        self.map.get(name)
    }

    fn name(&self, name: &str) -> String {
        format!("{name:?} of {}", self.what)
    }

    /// A text.
    ///
    /// # Errors
    /// When it is none.
    pub fn text(&self, name: &str) -> Result<&'a str> {
        self.get(name)?.text(&self.name(name))
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is none.
    pub fn int(&self, name: &str) -> Result<i64> {
        self.get(name)?.int(&self.name(name))
    }

    /// A number from 0 to `most`.
    ///
    /// # Errors
    /// When it is none.
    pub fn count(&self, name: &str, most: usize) -> Result<usize> {
        let number = self.int(name)?;
        usize::try_from(number).ok().filter(|number| *number <= most).ok_or_else(|| {
            Error::format(format!("{} is {number}; 0 to {most} are possible", self.name(name)))
        })
    }

    /// A list.
    ///
    /// # Errors
    /// When it is none, or longer than `most`.
    pub fn list(&self, name: &str, most: usize) -> Result<&'a [Json]> {
        self.get(name)?.list(&self.name(name), most)
    }

    /// Bytes in hexadecimal.
    ///
    /// # Errors
    /// When the digits are not lower-case ones of so many bytes.
    pub fn hex<const N: usize>(&self, name: &str) -> Result<[u8; N]> {
        crate::encode::from_hex_exact(self.text(name)?).ok_or_else(|| {
            Error::format(format!("{} is no hexadecimal number of {N} bytes", self.name(name)))
        })
    }

    /// Any number of bytes in hexadecimal.
    ///
    /// # Errors
    /// When the digits are not lower-case ones.
    pub fn hex_bytes(&self, name: &str) -> Result<Vec<u8>> {
        crate::encode::from_hex(self.text(name)?)
            .ok_or_else(|| Error::format(format!("{} is not hexadecimal", self.name(name))))
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match short(byte) {
            Some(letter) => out.extend([b'\\', letter]),
            None if byte < 0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
            None => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The letter behind the backslash, for a byte that has one.
fn short(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' => byte,
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        _ => return None,
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, what: &str) -> Error {
        Error::format(format!("{what}, at byte {}", self.at))
    }

    fn expect(&mut self, expected: &str) -> Result<()> {
        match self.text.as_bytes()[self.at..].starts_with(expected.as_bytes()) {
            true => self.at += expected.len(),
            false => return Err(self.wrong(&format!("{expected:?} is missing"))),
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Json> {
        self.values += 1;
        if depth > DEPTH_MAX || self.values > VALUES_MAX {
            return Err(self.wrong("too deep or too large"));
        }
        match self.peek() {
            Some(b'"') => self.string().map(Json::Text),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.map(depth),
            Some(b't') => self.expect("true").map(|()| Json::Bool(true)),
            Some(b'f') => self.expect("false").map(|()| Json::Bool(false)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.wrong("no value stands here")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json> {
        self.at += 1;
        let mut values = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.expect("]")?;
        Ok(Json::List(values))
    }

    fn map(&mut self, depth: usize) -> Result<Json> {
        self.at += 1;
        let mut values = BTreeMap::<String, Json>::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Map(values));
        }
        loop {
            let name = self.string()?;
            if values.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(self.wrong("names are not in their order, or twice"));
            }
            self.expect(":")?;
            let value = self.value(depth + 1)?;
            values.insert(name, value);
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.expect("}")?;
        Ok(Json::Map(values))
    }

    fn number(&mut self) -> Result<Json> {
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|byte| !matches!(byte, b'-' | b'0'..=b'9')).unwrap_or(rest.len());
        let digits = &rest[..end];
        let number = digits.parse::<i64>().ok().filter(|number| number.to_string() == digits);
        let number = number.ok_or_else(|| self.wrong("no whole number of 64 bits"))?;
        self.at += end;
        Ok(Json::Int(number))
    }

    fn string(&mut self) -> Result<String> {
        self.expect("\"")?;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\');
            let Some(plain) = plain else { return Err(self.wrong("a text does not end")) };
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.wrong("a control character in a text")),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let rest = &self.text.as_bytes()[self.at..];
        let found = (0..0x80u8).find(|&byte| {
            let mut spelled = Vec::new();
            write_text(char::from(byte).encode_utf8(&mut [0; 4]), &mut spelled);
            spelled[1] == b'\\' && rest.starts_with(&spelled[1..spelled.len() - 1])
        });
        let byte = found.ok_or_else(|| self.wrong("not the shortest escape"))?;
        self.at += if short(byte).is_some() { 2 } else { 6 };
        Ok(char::from(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Json::Bool),
            any::<i64>().prop_map(Json::Int),
            any::<String>().prop_map(Json::Text)
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::List),
                prop::collection::btree_map(any::<String>(), inner, 0..5).prop_map(Json::Map)
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_has_one_spelling(value in values()) {
            prop_assert_eq!(Json::read(&value.to_bytes()).unwrap(), value);
        }

        #[test]
        fn what_is_read_is_spelled_so(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(value) = Json::read(&bytes) {
                prop_assert_eq!(value.to_bytes(), bytes);
            }
        }

        #[test]
        fn another_byte_is_another_value(value in values(), at in any::<prop::sample::Index>(), flip in 1u8..) {
            let mut bytes = value.to_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_ne!(Json::read(&bytes).ok(), Some(value));
        }
    }

    #[test]
    fn every_control_character_is_read_back() {
        let text: String = (0..0x100u32).filter_map(char::from_u32).collect();
        let value = Json::Text(text);
        assert_eq!(Json::read(&value.to_bytes()).unwrap(), value);
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(Json::read(&nested(DEPTH_MAX + 1)).is_ok());
        assert!(Json::read(&nested(DEPTH_MAX + 2)).is_err());
        assert!(Json::read(&nested(1_000_000)).is_err());
    }
}
