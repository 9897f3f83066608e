//! Content hashes, and hashing of several fields without ambiguity.

use std::fmt;
use std::str::FromStr;

/// A BLAKE3 hash of 32 bytes, shown as 64 lower-case hexadecimal digits.
///
/// ```
/// use tellmark_core::Hash;
/// let hash = Hash::of(b"agenda");
/// assert_eq!(hash.to_string().parse::<Hash>()?, hash);
/// # Ok::<(), tellmark_core::IdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Hash {
        Hash(*blake3::hash(bytes).as_bytes())
    }

    /// The hash of several fields under a name that keeps this use apart from every other.
    ///
    /// Each field is preceded by its length (8 bytes, little endian), so that moving a byte from one field
    /// to the next gives another hash.
    pub fn of_fields(context: &str, fields: &[&[u8]]) -> Hash {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        for field in fields {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        Hash(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = crate::IdError;
    fn from_str(text: &str) -> Result<Hash, crate::IdError> {
        crate::ids::parse_hex(text).map(Hash)
    }
}

crate::ids::serde_as_string!(Hash);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_run_into_each_other() {
        let one = Hash::of_fields("test", &[b"ab", b"c"]);
        let other = Hash::of_fields("test", &[b"a", b"bc"]);
        assert_ne!(one, other);
        assert_ne!(one, Hash::of_fields("another", &[b"ab", b"c"]));
    }
}
