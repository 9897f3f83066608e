//! Whom a verifier trusts: the log's key, witnesses, and how many of them are enough.
//!
//! # Source
//! C2SP tlog-policy. URLs may stand where it allows them; nothing is fetched.

use std::collections::{BTreeMap, BTreeSet};

use crate::note::{Note, PublicKey, Role};
use crate::{Error, Result};

const BYTES_MAX: usize = 64 << 10;
const LINES_MAX: usize = 1000;

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The logs' keys.
    pub logs: Vec<PublicKey>,
    witnesses: BTreeMap<String, PublicKey>,
    groups: BTreeMap<String, Group>,
    quorum: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    needed: usize,
    members: Vec<String>,
}

impl Policy {
    /// Reads a policy.
    ///
    /// ```text
    /// log example.org/log+12345678+base64
    /// witness W1 example.org/w1+12345678+base64
    /// witness W2 example.org/w2+12345678+base64
    /// group both 2 W1 W2
    /// quorum both
    /// ```
    ///
    /// # Errors
    /// When a line is not understood, a name is used before it is defined or twice, or no quorum is said.
    pub fn read(text: &str) -> Result<Policy> {
        if text.len() > BYTES_MAX || text.lines().count() > LINES_MAX {
            return Err(Error::format("the policy is too long"));
        }
        let mut policy =
            Policy { logs: vec![], witnesses: BTreeMap::new(), groups: BTreeMap::new(), quorum: None };
        let mut has_quorum = false;
        for (number, line) in (1..).zip(text.lines()) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let place = format!("line {number} of the policy");
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["log", key] | ["log", key, _] => policy.logs.push(key_of(key, Role::Log, &place)?),
                ["witness", name, key] | ["witness", name, key, _] => {
                    policy.refuse_known(name, &place)?;
                    policy.witnesses.insert((*name).into(), key_of(key, Role::Witness, &place)?);
                }
                ["group", name, needed, members @ ..] => policy.group(name, needed, members, &place)?,
                ["quorum", name] if !has_quorum => {
                    has_quorum = true;
                    if *name != "none" {
                        policy.known(name, &place)?;
                        policy.quorum = Some((*name).into());
                    }
                }
                _ => return Err(Error::format(format!("{place} is not understood: {line:?}"))),
            }
        }
        if policy.logs.is_empty() || !has_quorum {
            return Err(Error::format(
                "a policy names a log and says a quorum (`quorum none` for no witness)",
            ));
        }
        let keys: BTreeSet<[u8; 32]> = policy.witnesses.values().map(PublicKey::bytes).collect();
        if keys.len() != policy.witnesses.len() {
            return Err(Error::format("two witnesses of the policy have one key"));
        }
        Ok(policy)
    }

    fn refuse_known(&self, name: &str, place: &str) -> Result<()> {
        match name == "none" || self.witnesses.contains_key(name) || self.groups.contains_key(name) {
            true => Err(Error::format(format!("{place}: {name:?} is taken"))),
            false => Ok(()),
        }
    }

    fn known(&self, name: &str, place: &str) -> Result<()> {
        match self.witnesses.contains_key(name) || self.groups.contains_key(name) {
            true => Ok(()),
            false => Err(Error::format(format!("{place}: {name:?} is not defined above"))),
        }
    }

    fn group(&mut self, name: &str, needed: &str, members: &[&str], place: &str) -> Result<()> {
        self.refuse_known(name, place)?;
        members.iter().try_for_each(|member| self.known(member, place))?;
        let needed = match needed {
            "any" => 1,
            "all" => members.len(),
            // One spelling: no sign.
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => number.parse().unwrap_or(0),
            _ => 0,
        };
        let distinct: BTreeSet<&&str> = members.iter().collect();
        if !(1..=members.len()).contains(&needed) || distinct.len() != members.len() {
            return Err(Error::format(format!("{place}: a group needs 1 to all of its members, each once")));
        }
        let members = members.iter().map(|&member| member.into()).collect();
        self.groups.insert(name.into(), Group { needed, members });
        Ok(())
    }

    /// The key of the log with this name.
    pub fn log(&self, origin: &str) -> Option<&PublicKey> {
        self.logs.iter().find(|key| key.name == origin)
    }

    /// Whether any witness is asked for.
    pub fn has_quorum(&self) -> bool {
        self.quorum.is_some()
    }

    /// The first moment by which enough witnesses had seen a note; `None` where they have not, or none is asked
    /// for.
    ///
    /// # Errors
    /// When a cosignature of one of them does not hold.
    pub fn seen_at(&self, note: &Note) -> Result<Option<i64>> {
        let mut seen = Vec::new();
        for (name, key) in &self.witnesses {
            if let Some(time) = note.seen_by(key)? {
                seen.push((time, name.as_str()));
            }
        }
        seen.sort_unstable();
        let Some(quorum) = &self.quorum else { return Ok(None) };
        let reached = (1..=seen.len()).find(|&count| {
            let names: BTreeSet<&str> = seen[..count].iter().map(|(_, name)| *name).collect();
            self.is_met(quorum, &names)
        });
        Ok(reached.map(|count| seen[count - 1].0))
    }

    /// Groups hold only what is defined above them: this ends.
    fn is_met(&self, name: &str, seen: &BTreeSet<&str>) -> bool {
        match self.groups.get(name) {
            None => seen.contains(name),
            Some(group) => {
                group.members.iter().filter(|member| self.is_met(member, seen)).count() >= group.needed
            }
        }
    }
}

fn key_of(text: &str, role: Role, place: &str) -> Result<PublicKey> {
    let key = PublicKey::read(text).map_err(|error| error.within(place))?;
    match key.role == role {
        true => Ok(key),
        false => Err(Error::format(format!("{place}: the key is one of another kind"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{Checkpoint, SecretKey};

    #[test]
    fn a_quorum_is_reached_by_enough_witnesses() {
        let log = SecretKey::new("log", Role::Log, &[1; 32]).unwrap();
        let witnesses: Vec<SecretKey> =
            (2..5).map(|n| SecretKey::new(&format!("w{n}"), Role::Witness, &[n; 32]).unwrap()).collect();
        let lines: String = witnesses
            .iter()
            .map(|w| format!("witness {} {}\n", w.public().name, w.public().to_text()))
            .collect();
        let policy =
            |end: &str| Policy::read(&format!("# a comment\nlog {}\n{lines}{end}", log.public().to_text()));
        let two = policy("group two 2 w2 w3 w4\nquorum two\n").unwrap();
        let mut note = Note::of(&Checkpoint { origin: "log".into(), size: 1, root: [0; 32] }, &log);
        note.cosign(&witnesses[0], 50);
        assert_eq!(two.seen_at(&note).unwrap(), None);
        note.cosign(&witnesses[2], 70);
        note.cosign(&witnesses[1], 90);
        assert_eq!(two.seen_at(&note).unwrap(), Some(70));
        assert_eq!(policy("quorum w3\n").unwrap().seen_at(&note).unwrap(), Some(90));
        let none = policy("quorum none\n").unwrap();
        assert!(!none.has_quorum() && none.seen_at(&note).unwrap().is_none());
        for wrong in [
            "",
            "quorum w9\n",
            "quorum w2\nquorum w3\n",
            "group g 3 w2 w3\nquorum g\n",
            "group g 2 w2 w2\nquorum g\n",
            "witness w2 x\nquorum w2\n",
            "group g 1 g\nquorum g\n",
        ] {
            assert!(policy(wrong).is_err(), "{wrong}");
        }
    }
}
