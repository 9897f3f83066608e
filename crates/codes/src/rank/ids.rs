//! Ids of very many copies, which need not all be in memory.

use std::ops::Range;

use tellmark_core::{CopyId, IdError};

/// A list of ids that gives them one at a time. The same number must always give the same id.
pub trait Ids {
    /// How many ids there are.
    fn len(&self) -> u64;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the id at `index`, which is less than [`len`](Ids::len), to an empty string.
    fn write(&self, index: u64, id: &mut String);
}

impl Ids for [CopyId] {
    fn len(&self) -> u64 {
        <[CopyId]>::len(self) as u64
    }

    fn write(&self, index: u64, id: &mut String) {
        id.push_str(self[index as usize].as_str());
    }
}

/// Ids made of a prefix and a number with leading zeros. They take no memory, however many they are.
///
/// ```
/// use tellmark_codes::{Ids, Numbered};
///
/// let ids = Numbered::new("r", 4, 1..20_001)?;
/// let mut id = String::new();
/// ids.write(41, &mut id);
/// assert_eq!((ids.len(), id.as_str()), (20_000, "r0042"));
/// # Ok::<(), tellmark_core::IdError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    prefix: String,
    digits: usize,
    numbers: Range<u64>,
}

impl Numbered {
    /// The ids with these numbers, each of `digits` digits at least.
    ///
    /// # Errors
    /// When one of them is no id that a copy may have.
    pub fn new(prefix: &str, digits: usize, numbers: Range<u64>) -> Result<Numbered, IdError> {
        let ids = Numbered { prefix: prefix.into(), digits: digits.min(CopyId::CHARS_MAX + 1), numbers };
        // What the prefix or too few digits could do wrong, the first shows; the last is the longest.
        for index in [Some(0), ids.len().checked_sub(1)].into_iter().flatten() {
            let mut id = String::new();
            ids.write(index, &mut id);
            CopyId::parse(&id)?;
        }
        Ok(ids)
    }
}

impl Ids for Numbered {
    fn len(&self) -> u64 {
        self.numbers.end.saturating_sub(self.numbers.start)
    }

    fn write(&self, index: u64, id: &mut String) {
        let mut number = self.numbers.start.saturating_add(index);
        let mut text = [b'0'; 20];
        let mut from = text.len();
        while number > 0 {
            from -= 1;
            text[from] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        // More zeros than the array holds stand before it.
        id.push_str(&self.prefix);
        (text.len()..self.digits).for_each(|_| id.push('0'));
        let from = from.min(text.len().saturating_sub(self.digits.max(1)));
        id.push_str(str::from_utf8(&text[from..]).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_format_writes_them() {
        for (digits, start) in [(0, 0), (1, 0), (3, 7), (7, 999_999), (20, 5), (25, 12), (4, u64::MAX - 12)] {
            let ids = Numbered::new("r-", digits, start..start + 12).unwrap();
            for index in 0..12 {
                let mut id = String::new();
                ids.write(index, &mut id);
                assert_eq!(id, format!("r-{:0digits$}", start + index));
            }
        }
    }

    #[test]
    fn prefixes_that_no_copy_may_have_are_refused() {
        let cases = [("a/", 4, 1..9), (".", 4, 1..9), ("com", 1, 0..99), ("r", 64, 0..9), ("r", 0, 0..9)];
        let refused = cases.map(|(prefix, digits, numbers)| Numbered::new(prefix, digits, numbers).is_err());
        assert_eq!(refused, [true, true, true, true, false]);
        assert!(Numbered::new("com", 2, 0..99).is_ok() && Numbered::new("", 2, 0..99).is_ok());
        assert!(Numbered::new("r", 2, 5..5).is_ok_and(|ids| ids.is_empty()));
    }
}
