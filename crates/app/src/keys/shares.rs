//! A master key in three shares, of which any two give it back and one says nothing.
//!
//! The key is the exclusive or of three parts, two of them random; each share holds two of the three parts. Whoever has
//! one share lacks one part, and with it everything: each key is as likely as any other.
//!
//! # Source
//! M. Ito, A. Saito, T. Nishizeki, "Secret sharing scheme realizing general access structure", Globecom 1987: replicated
//! sharing, here for two of three.

use std::fs;
use std::path::{Path, PathBuf};

use tellmark_core::Hash;
use tellmark_evidence::encode::{from_hex_exact, to_hex};
use zeroize::Zeroizing;

use super::MasterKey;
use crate::{Error, Result, files};

/// Stands in the place of the key that was split.
pub const MARK: &str = "master.key.split";
const MARK_TEXT: &str = "tellmark-master-key-split-v1\n";
const HEADER: &str = "tellmark-key-share-v1";
const FILE_BYTES_MAX: u64 = 4 << 10;
type Part = Zeroizing<[u8; 32]>;

/// A share: its number from 1 to 3, and the parts of the other two numbers.
struct Share {
    number: usize,
    of: Hash,
    parts: [Part; 2],
}

/// The numbers of the parts that a share holds.
fn held(number: usize) -> [usize; 2] {
    match number {
        1 => [2, 3],
        2 => [1, 3],
        _ => [1, 2],
    }
}

impl Share {
    fn to_text(&self) -> Zeroizing<String> {
        let [one, other] = &self.parts;
        let (number, of) = (self.number, self.of);
        Zeroizing::new(format!("{HEADER} {number} {of} {} {}\n", to_hex(&**one), to_hex(&**other)))
    }

    fn read(path: &Path) -> Result<Share> {
        let wrong = || Error::Key(format!("{} is no share of a vault's key", path.display()));
        let bytes = Zeroizing::new(files::read_limited(path, FILE_BYTES_MAX)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let [HEADER, number, of, one, other] = words.as_slice() else { return Err(wrong()) };
        let number = ["1", "2", "3"].iter().position(|known| known == number).ok_or_else(wrong)? + 1;
        let part = |hex: &str| from_hex_exact(hex).map(Zeroizing::new).ok_or_else(wrong);
        let parts = [part(one)?, part(other)?];
        Ok(Share { number, of: of.parse().map_err(|_| wrong())?, parts })
    }
}

/// Splits a key into three files of a folder: `share-1.key` to `share-3.key`.
///
/// # Errors
/// When one is there already or cannot be written. Nothing is left behind then.
pub fn split(key: &MasterKey, random: [[u8; 32]; 2], folder: &Path) -> Result<[PathBuf; 3]> {
    let [one, two] = random.map(Zeroizing::new);
    let mut three = Zeroizing::new(*key.0);
    three.iter_mut().zip(one.iter().zip(two.iter())).for_each(|(byte, (a, b))| *byte ^= a ^ b);
    let parts = [one, two, three];
    fs::create_dir_all(folder).map_err(Error::file("cannot make the folder", folder))?;
    let paths = [1, 2, 3].map(|number| folder.join(format!("share-{number}.key")));
    if let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(files::exists(path));
    }
    let write = || -> Result<()> {
        for (path, number) in paths.iter().zip(1..) {
            let own = held(number).map(|part| parts[part - 1].clone());
            let share = Share { number, of: key.fingerprint(), parts: own };
            files::write_secret(path, share.to_text().as_bytes())?;
        }
        // What was written gives the key back, whichever share is lost.
        for pair in [[0, 1], [0, 2], [1, 2]] {
            join(&pair.map(|index| paths[index].clone()), key.fingerprint())?;
        }
        Ok(())
    };
    if let Err(error) = write() {
        paths.iter().for_each(|path| drop(fs::remove_file(path)));
        return Err(error);
    }
    Ok(paths)
}

/// The key from two of its shares.
///
/// # Errors
/// When they are fewer than two different ones of this key.
pub fn join(paths: &[PathBuf], expected: Hash) -> Result<MasterKey> {
    let shares: Vec<Share> = paths.iter().map(|path| Share::read(path)).collect::<Result<_>>()?;
    if let Some((path, _)) = paths.iter().zip(&shares).find(|(_, share)| share.of != expected) {
        return Err(Error::input(format!("{} is a share of another vault's key", path.display())));
    }
    let (Some(one), Some(other)) =
        (shares.first(), shares.iter().find(|other| other.number != shares[0].number))
    else {
        return Err(Error::input(
            "this vault's key is split: name two of its three shares, --share FILE --share FILE, or in TELLMARK_SHARES",
        ));
    };
    let part = |number: usize| {
        [one, other].into_iter().find_map(|share| {
            let at = held(share.number).iter().position(|held| *held == number)?;
            Some(&share.parts[at])
        })
    };
    let mut key = Zeroizing::new([0; 32]);
    for number in 1..=3 {
        let part = part(number).ok_or_else(|| Error::Key("two shares lack a part".into()))?;
        key.iter_mut().zip(part.iter()).for_each(|(byte, other)| *byte ^= other);
    }
    let key = MasterKey(key);
    match key.fingerprint() == expected {
        true => Ok(key),
        false => Err(Error::Key("the shares do not give this vault's key; one of them is damaged".into())),
    }
}

/// Puts the mark of a split key in the place of the key.
///
/// # Errors
/// When it cannot be written.
pub fn mark(keys: &Path) -> Result<()> {
    files::write_secret(&keys.join(MARK), MARK_TEXT.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_two_of_three_give_the_key_and_one_gives_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::new([7; 32]);
        let paths = split(&key, [[1; 32], [2; 32]], folder.path()).unwrap();
        for (one, other) in [(0, 1), (2, 0), (1, 2)] {
            let pair = [paths[one].clone(), paths[other].clone()];
            assert_eq!(join(&pair, key.fingerprint()).unwrap().fingerprint(), key.fingerprint());
        }
        for alone in &paths {
            assert!(join(std::slice::from_ref(alone), key.fingerprint()).is_err());
            assert!(join(&[alone.clone(), alone.clone()], key.fingerprint()).is_err());
        }
        assert!(join(&[], key.fingerprint()).is_err());
        let other = MasterKey::new([8; 32]).fingerprint();
        assert!(join(&paths, other).unwrap_err().to_string().contains("another vault"));
        assert!(split(&key, [[1; 32], [2; 32]], folder.path()).is_err(), "no share is replaced");
        // No share holds the part that its number names: with that unknown each key is as likely.
        let text = fs::read_to_string(&paths[2]).unwrap();
        assert!(text.contains(&to_hex(&[1; 32])) && text.contains(&to_hex(&[2; 32])));
        assert!(!text.contains(&to_hex(&[7 ^ 3; 32])));
    }

    #[test]
    fn a_damaged_share_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::new([7; 32]);
        let paths = split(&key, [[1; 32], [2; 32]], folder.path()).unwrap();
        let text = fs::read_to_string(&paths[0]).unwrap();
        fs::remove_file(&paths[0]).unwrap();
        fs::write(&paths[0], text.replace("02", "03")).unwrap();
        assert!(join(&paths[..2], key.fingerprint()).is_err());
    }
}
