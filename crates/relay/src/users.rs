//! Who may send: a file of names and hashes of passwords, or the accounts of the vault. A wrong name takes as long as a wrong
//! password, and tries are limited by account and by address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

use tellmark_app::limiter::{ACCOUNT_TRIES_MAX, ADDRESS_TRIES_MAX, Limiter, WINDOW_SECONDS};
use tellmark_app::{Ports, Vault, files, people};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Bytes of the file.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Who may send.
#[derive(Debug, Default)]
pub struct Users {
    /// Hashes by name in small letters.
    hashes: HashMap<String, String>,
    accounts: bool,
    limiter: Limiter,
}

/// What became of an attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// It is them.
    In(Known),
    /// It is them, and their account's role does not seal.
    NoSender,
    /// It is not.
    Wrong,
    /// Too many tries; nothing was looked at.
    TooOften,
    /// The ledger could not be asked.
    Failed,
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Their name as the file or the account has it.
    pub name: String,
    /// The account's number; `None` for whoever stands in the file.
    pub account: Option<u32>,
}

impl Users {
    /// Reads the file, where there is one.
    ///
    /// # Errors
    /// When it cannot be read, has a line without a name and a hash, or a name twice.
    pub fn read(file: Option<&Path>, accounts: bool) -> Result<Users> {
        let mut users = Users { accounts, ..Users::default() };
        let Some(path) = file else { return Ok(users) };
        let bytes = files::read_limited(path, FILE_BYTES_MAX)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::refused(format!("{} is not UTF-8", path.display())))?;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why: &str| Error::refused(format!("{}, line {}: {why}", path.display(), number + 1));
            let (name, hash) = line
                .split_once(':')
                .filter(|(name, hash)| !name.trim().is_empty() && hash.starts_with("$argon2id$"))
                .ok_or_else(|| wrong("write NAME:HASH; `tellmark relay user NAME` makes such a line"))?;
            if users.hashes.insert(name.trim().to_lowercase(), hash.trim().to_owned()).is_some() {
                return Err(wrong("this name stands there twice"));
            }
        }
        Ok(users)
    }

    /// Counts one more try. An address that tried too often counts for no name, so that it keeps nobody else out.
    fn may_try(&self, name: &str, from: IpAddr, now: i64) -> bool {
        let from = from.to_string();
        self.limiter.count("relay from", &from, ADDRESS_TRIES_MAX, WINDOW_SECONDS, now).is_ok()
            && self.limiter.count("relay", name, ACCOUNT_TRIES_MAX, WINDOW_SECONDS, now).is_ok()
    }

    /// Whether it is them. This takes some processor time and memory on purpose.
    pub async fn sign_in(&self, vault: &Vault, name: &str, password: &str, from: IpAddr, now: i64) -> Signed {
        if !self.may_try(name, from, now) {
            return Signed::TooOften;
        }
        let own = name.trim().to_lowercase();
        let kept = self.hashes.get(&own).map(String::as_str);
        let known = match (kept, self.accounts) {
            (None, true) => match people::known(vault, name, password).await {
                Ok(Some(account)) if !people::seals(&account) => return Signed::NoSender,
                Ok(account) => {
                    account.map(|account| Known { name: account.name, account: Some(account.number) })
                }
                Err(_) => return Signed::Failed,
            },
            (kept, _) => people::verify(password, kept).then_some(Known { name: own, account: None }),
        };
        let Some(known) = known else { return Signed::Wrong };
        self.limiter.forget("relay", name);
        Signed::In(known)
    }
}

/// A line for the file.
///
/// # Errors
/// When the name cannot stand in it, or the password is too short or easy to guess.
pub fn line_of(name: &str, password: &Zeroizing<String>, ports: &mut Ports) -> Result<String> {
    let name = name.trim();
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && c != ':' && c != '#';
    if name.is_empty() || name.len() > 200 || !name.chars().all(is_plain) {
        return Err(Error::refused("a name has 1 to 200 characters, without blanks, colons and #"));
    }
    Ok(format!("{name}:{}", people::kept(name, password, ports)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_tried_too_often_keeps_nobody_else_out() {
        let (users, own) = (Users::default(), IpAddr::from([10, 0, 0, 1]));
        for number in 0..ADDRESS_TRIES_MAX {
            assert!(users.may_try(&format!("user {number}"), own, 0));
        }
        for _ in 0..2 * ACCOUNT_TRIES_MAX {
            assert!(!users.may_try("ada", own, 0));
        }
        assert!(users.may_try("ada", IpAddr::from([10, 0, 0, 2]), 0));
    }

    #[test]
    fn the_file_is_read_or_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        let mut ports = Ports::seeded(1, 0);
        let password = Zeroizing::new("four words nobody says".to_owned());
        let line = line_of("Ada", &password, &mut ports).unwrap();
        std::fs::write(&path, format!("# people\n\n{line}\n")).unwrap();
        let users = Users::read(Some(&path), false).unwrap();
        assert!(people::verify(&password, users.hashes.get("ada").map(String::as_str)));
        for bad in ["ada", "ada:secret", ":$argon2id$x", &format!("{line}\n{line}")] {
            std::fs::write(&path, bad).unwrap();
            assert!(Users::read(Some(&path), false).unwrap_err().to_string().contains("line"), "{bad}");
        }
        assert!(line_of("a:b", &password, &mut ports).is_err());
        assert!(line_of("ada", &Zeroizing::new("short".into()), &mut ports).is_err());
    }
}
