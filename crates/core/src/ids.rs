//! Names of things: lineages, releases, sites, copies.

use std::fmt;
use std::str::FromStr;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Not the expected number of lower-case hexadecimal digits.
    #[error("expected {expected} hexadecimal digits, found {found:?}")]
    Hex {
        /// How many digits were expected.
        expected: usize,
        /// What was found instead.
        found: String,
    },
    /// A site id that has no `-`, or no number after it.
    #[error("expected RELEASE-NUMBER, found {0:?}")]
    Site(String),
    /// A copy id without a character.
    #[error("the id is empty")]
    Empty,
    /// A copy id that is too long.
    #[error("the id has {found} characters; at most {max} are allowed")]
    TooLong {
        /// Characters found.
        found: usize,
        /// Characters allowed.
        max: usize,
    },
    /// A copy id with a character that could leave its folder or confuse a reader.
    #[error("the id {id:?} contains {character:?}; letters, digits, '-', '_' and '.' inside are allowed")]
    Character {
        /// The id.
        id: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// A copy id that some file systems keep for themselves.
    #[error("the id {0:?} is a reserved file name on some systems")]
    Reserved(String),
}

pub(crate) fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let wrong = || IdError::Hex { expected: 2 * N, found: text.chars().take(80).collect() };
    if text.len() != 2 * N || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(wrong());
    }
    let mut bytes = [0; N];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| wrong())?;
    }
    Ok(bytes)
}

macro_rules! serde_as_string {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_string;

macro_rules! short_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 8]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map($name)
            }
        }
        serde_as_string!($name);
    };
}

short_id!(
    /// A document with its drafts and revisions: one codeword space. Sixteen hexadecimal digits.
    LineageId
);
short_id!(
    /// One original sealed for one roster. Sixteen hexadecimal digits, derived from the release's nonce.
    ReleaseId
);

impl ReleaseId {
    /// The id of the release that has this nonce.
    pub fn from_nonce(nonce: &[u8; 32]) -> ReleaseId {
        let hash = crate::Hash::of_fields("tellmark release id v1", &[nonce]);
        let mut id = [0; 8];
        id.copy_from_slice(&hash.0[..8]);
        ReleaseId(id)
    }
}

/// A site's name for ever: the release in which it first appeared, and its number there.
///
/// A draft that leaves the site alone keeps the id, hence every copy keeps its variant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId {
    /// The release in which the site first appeared.
    pub origin: ReleaseId,
    /// Its number among the sites that first appeared there.
    pub ordinal: u32,
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.origin, self.ordinal)
    }
}
impl fmt::Debug for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteId({self})")
    }
}
impl FromStr for SiteId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<SiteId, IdError> {
        let wrong = || IdError::Site(text.chars().take(80).collect());
        let (origin, ordinal) = text.split_once('-').ok_or_else(wrong)?;
        Ok(SiteId { origin: origin.parse()?, ordinal: ordinal.parse().map_err(|_| wrong())? })
    }
}
serde_as_string!(SiteId);

/// What a roster calls a copy. It is also the name of the folder that the copy is delivered in.
///
/// ```
/// use tellmark_core::CopyId;
/// assert_eq!(CopyId::parse("r017")?.as_str(), "r017");
/// assert!(CopyId::parse("../r017").is_err());
/// # Ok::<(), tellmark_core::IdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyId(String);

impl CopyId {
    /// Characters that an id may have.
    pub const CHARS_MAX: usize = 64;

    /// Takes letters and digits of any script, `-`, `_`, and `.` inside.
    ///
    /// # Errors
    /// Says which character, length or reserved name stands in the way.
    pub fn parse(text: &str) -> Result<CopyId, IdError> {
        let found = text.chars().count();
        if found == 0 {
            return Err(IdError::Empty);
        }
        if found > Self::CHARS_MAX || text.len() > 200 {
            return Err(IdError::TooLong { found, max: Self::CHARS_MAX });
        }
        let inner = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == '.';
        let outer = |c: char| inner(c) && c != '.';
        let character = text.chars().find(|&c| !inner(c)).or_else(|| {
            [text.chars().next(), text.chars().next_back()].into_iter().flatten().find(|&c| !outer(c))
        });
        if let Some(character) = character {
            return Err(IdError::Character { id: text.into(), character });
        }
        let stem = text.split('.').next().unwrap_or(text).to_ascii_lowercase();
        let reserved = ["con", "prn", "aux", "nul"].contains(&stem.as_str())
            || (stem.len() == 4
                && (stem.starts_with("com") || stem.starts_with("lpt"))
                && stem.ends_with(|c: char| c.is_ascii_digit()));
        if reserved {
            return Err(IdError::Reserved(text.into()));
        }
        Ok(CopyId(text.into()))
    }

    /// The id as the roster has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without regard to case: two copies whose folded ids agree are refused in one lineage.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for CopyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for CopyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CopyId({})", self.0)
    }
}
impl FromStr for CopyId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<CopyId, IdError> {
        CopyId::parse(text)
    }
}
serde_as_string!(CopyId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_ids_that_could_hurt_are_refused() {
        for good in ["r1", "R017", "a.b", "делегат-1", "0"] {
            assert!(CopyId::parse(good).is_ok(), "{good}");
        }
        let long = "x".repeat(300);
        for bad in [
            "", "../x", "a/b", "a\\b", ".", "..", ".x", "x.", "a b", "a\u{0}", "a\n", "nul", "COM1.txt",
            &long,
        ] {
            assert!(CopyId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids_read_back_as_written() {
        let site = SiteId { origin: ReleaseId([1, 2, 3, 4, 5, 6, 7, 0xfe]), ordinal: 17 };
        assert_eq!(site.to_string(), "01020304050607fe-17");
        assert_eq!(site.to_string().parse::<SiteId>(), Ok(site));
        for bad in ["", "0102", "01020304050607fe", "01020304050607FE-1", "01020304050607fe-x"] {
            assert!(bad.parse::<SiteId>().is_err(), "{bad:?}");
        }
    }
}
