//! The log as files: tiles of 256 hashes, and bundles of 256 entries.
//!
//! # Source
//! C2SP tlog-tiles.

use crate::entry::ENTRY_BYTES_MAX;
use crate::merkle::{Hash, root};
use crate::{Error, Result};

/// A tile holds so many.
pub const WIDTH: u64 = 256;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Entries.
    Entries,
    /// Hashes, each over 256 to this power entries.
    Hashes(u8),
}

/// Where a tile lies, relative to the log: its level, its number, and how many of 256 it holds.
///
/// ```
/// use tellmark_evidence::tile::{Level, path};
/// assert_eq!(path(Level::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067");
/// assert_eq!(path(Level::Entries, 0, 5), "tile/entries/000.p/5");
/// ```
pub fn path(level: Level, number: u64, width: u64) -> String {
    let level = match level {
        Level::Entries => "entries".to_owned(),
        Level::Hashes(level) => level.to_string(),
    };
    let mut parts = vec![format!("{:03}", number % 1000)];
    let mut rest = number / 1000;
    while rest > 0 {
        parts.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    parts.reverse();
    let partial = if width < WIDTH { format!(".p/{width}") } else { String::new() };
    format!("tile/{level}/{}{partial}", parts.join("/"))
}

/// The tiles in which logs of two sizes differ: level, number and width in the larger one.
pub fn changed(old: u64, new: u64) -> Vec<(Level, u64, u64)> {
    let mut tiles = Vec::new();
    let mut add = |level: Level, old: u64, new: u64| {
        if new > old {
            tiles
                .extend((old / WIDTH..new.div_ceil(WIDTH)).map(|n| (level, n, (new - n * WIDTH).min(WIDTH))));
        }
    };
    add(Level::Entries, old, new);
    let (mut level, mut old, mut new) = (0, old, new);
    while new > 0 {
        add(Level::Hashes(level), old, new);
        (level, old, new) = (level + 1, old / WIDTH, new / WIDTH);
    }
    tiles
}

/// The bytes of a tile of hashes over these leaves.
pub fn hashes(leaves: &[Hash], level: u8, number: u64, width: u64) -> Vec<u8> {
    let each = WIDTH.pow(level.into());
    let subtree = |index: u64| {
        let from = (index * each) as usize;
        leaves.get(from..from + each as usize).map(root)
    };
    (number * WIDTH..number * WIDTH + width).filter_map(subtree).flatten().collect()
}

/// The bytes of a bundle of entries.
///
/// # Errors
/// When an entry is too long.
pub fn entries_to_bytes(entries: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len())
            .map_err(|_| Error::format(format!("an entry has more than {ENTRY_BYTES_MAX} bytes")))?;
        out.extend(length.to_be_bytes());
        out.extend(entry);
    }
    Ok(out)
}

/// Reads what [`entries_to_bytes`] gives.
///
/// # Errors
/// When it ends in the middle of an entry.
pub fn entries_from_bytes(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let cut = || Error::format("a bundle of entries ends in the middle of one");
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(cut)?;
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(cut)?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::leaf_hash;

    #[test]
    fn entries_read_back_and_cut_ones_are_refused() {
        let entries = vec![b"one".to_vec(), vec![], vec![7; 65_535]];
        let bytes = entries_to_bytes(&entries).unwrap();
        assert_eq!(entries_from_bytes(&bytes).unwrap(), entries);
        assert!(entries_from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(entries_to_bytes(&[vec![0; 65_536]]).is_err());
    }

    #[test]
    fn tiles_that_change_are_those_at_the_edge() {
        let of = |old, new| changed(old, new);
        assert_eq!(of(0, 1), [(Level::Entries, 0, 1), (Level::Hashes(0), 0, 1)]);
        let both = of(255, 257);
        assert_eq!(
            both,
            [
                (Level::Entries, 0, 256),
                (Level::Entries, 1, 1),
                (Level::Hashes(0), 0, 256),
                (Level::Hashes(0), 1, 1),
                (Level::Hashes(1), 0, 1)
            ]
        );
        let leaves: Vec<Hash> = (0..300u32).map(|i| leaf_hash(&i.to_le_bytes())).collect();
        assert_eq!(hashes(&leaves, 1, 0, 1), root(&leaves[..256]));
        assert_eq!(hashes(&leaves, 0, 1, 44).len(), 44 * 32);
    }
}
