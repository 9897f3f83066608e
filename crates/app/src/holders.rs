//! Use case: who holds a copy. The roster names one holder; others are recorded later, with the day from which they hold it:
//! an assistant who prints, a room, whoever was handed a numbered copy.

use std::collections::BTreeMap;

use tellmark_core::{CopyId, LineageId, ReleaseId};
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::{Json, map};
use tellmark_store::{Holder, NewHolder, Release};

use crate::copies::{CopyLine, copies_of, find};
use crate::{Error, Ports, Result, Vault, log};

const SECONDS_A_DAY: i64 = 86_400;

/// A copy with its holders: `holders --json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// The release.
    pub release: ReleaseId,
    /// The copy.
    pub copy: String,
    /// Its group.
    pub group: String,
    /// Its holders: whom the roster names, then those that were recorded. None: they are unknown.
    pub holders: Vec<HeldBy>,
    /// Why it was withdrawn, where it was.
    pub withdrawn: Option<String>,
}

/// A holder of a copy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct HeldBy {
    /// A person, an assistant who prints, a meeting room.
    pub holder: String,
    /// The day from which they hold it, as `2026-05-03`; the day of the sealing for those whom the roster names.
    pub since: String,
    /// Whether that is known; otherwise it is assumed.
    pub known: bool,
    /// How it is known, or why it is assumed; empty for the roster.
    pub because: String,
}

impl HeldBy {
    /// As a finding names them.
    pub fn said(&self) -> String {
        match self.known {
            true => format!("{} (from {})", self.holder, self.since),
            false => format!("{} (assumed, from {})", self.holder, self.since),
        }
    }
}

/// A holder to be recorded.
#[derive(Debug, Clone)]
pub struct Given {
    /// The release: its id, the beginning of it, or its name.
    pub release: String,
    /// The copy's id.
    pub copy: String,
    /// The holder.
    pub holder: String,
    /// The day from which they hold it, as `2026-05-03`; today when `None`.
    pub since: Option<String>,
    /// Whether it is assumed only.
    pub assumed: bool,
    /// How it is known, or why it is assumed.
    pub because: String,
}

/// Records that somebody holds a copy.
///
/// # Errors
/// When there is no such copy, no name, the day is none or to come, or the same was recorded before.
pub async fn give(vault: &Vault, given: &Given, ports: &Ports) -> Result<Held> {
    let release = vault.release(&given.release).await?;
    let (recipient, _) = find(vault, &release, &given.copy).await?;
    let since = match &given.since {
        None => day(ports.now),
        Some(said) => read_day(said, ports.now)?,
    };
    if given.holder.trim().is_empty() {
        return Err(Error::input("say who holds the copy"));
    }
    if given.holder.chars().any(tellmark_core::text::is_unseen) {
        return Err(Error::input("the holder's name has a character that nobody sees; type it again"));
    }
    // Somewhere it is tomorrow already.
    if since > day(ports.now + SECONDS_A_DAY) {
        return Err(Error::input(format!("{since} is yet to come; say from when they hold it when they do")));
    }
    let known = vault.store.holders(release.id).await?;
    let is_same = |holder: &&Holder| {
        holder.copy.folded() == recipient.id.folded()
            && holder.holder.to_lowercase() == given.holder.trim().to_lowercase()
            && holder.since == since
            && holder.known != given.assumed
    };
    let details = map([
        ("because", given.because.as_str().into()),
        ("copy", recipient.id.as_str().into()),
        ("holder", given.holder.trim().into()),
        ("known", Json::Bool(!given.assumed)),
        ("since", since.as_str().into()),
    ]);
    // The log first: what is in the ledger only would be in no bundle.
    if !log::record::is_told(vault, Kind::Holder, release.id, |told| *told == details)? {
        log::record::about_copy(vault, Kind::Holder, release.id, details, ports.now)?;
    }
    if let Some(same) = known.iter().find(is_same) {
        return Err(Error::input(format!(
            "{} is recorded as a holder of copy {} from {} already; nothing was added",
            same.holder, same.copy, same.since
        )));
    }
    let new = NewHolder {
        copy: &recipient.id,
        holder: given.holder.trim(),
        since: &since,
        known: !given.assumed,
        because: &given.because,
        at: ports.now,
    };
    vault.store.record_holder(release.id, &new).await?;
    let mut all = list(vault, Some(&release.id.to_string())).await?;
    let own = all.iter().position(|held| held.copy == recipient.id.as_str());
    own.map(|index| all.swap_remove(index))
        .ok_or_else(|| Error::damaged("a copy that was found and is not listed"))
}

/// The copies of one release, or of all, with their holders.
///
/// # Errors
/// When there is no such release, or the ledger fails.
pub async fn list(vault: &Vault, release: Option<&str>) -> Result<Vec<Held>> {
    let releases = match release {
        Some(said) => vec![vault.release(said).await?],
        None => vault.store.releases().await?,
    };
    let mut all = Vec::new();
    for release in &releases {
        all.extend(list_of(vault, release).await?);
    }
    Ok(all)
}

/// The copies of one release with who holds them.
///
/// # Errors
/// Only those of the ledger.
pub async fn list_of(vault: &Vault, release: &Release) -> Result<Vec<Held>> {
    let mut recorded: BTreeMap<CopyId, Vec<HeldBy>> = BTreeMap::new();
    for holder in vault.store.holders(release.id).await? {
        recorded.entry(holder.copy.clone()).or_default().push(held_by(&holder));
    }
    let sealed = day(release.created_at);
    let held = |line: CopyLine| {
        let named = (!line.name.is_empty()).then(|| from_roster(line.name, &sealed));
        let own = recorded.get(&line.copy).cloned().unwrap_or_default();
        Held {
            release: line.release,
            copy: line.copy.to_string(),
            group: line.group,
            holders: named.into_iter().chain(own).collect(),
            withdrawn: line.withdrawn,
        }
    };
    Ok(copies_of(vault, release).await?.into_iter().map(held).collect())
}

/// Whom findings name beside the roster, by release and the copy's id without regard to case.
pub(crate) async fn recorded(
    vault: &Vault,
    lineages: impl Iterator<Item = LineageId>,
) -> Result<BTreeMap<(ReleaseId, String), Vec<String>>> {
    let mut all: BTreeMap<(ReleaseId, String), Vec<String>> = BTreeMap::new();
    for lineage in lineages {
        for release in vault.store.releases_of(lineage).await? {
            for holder in vault.store.holders(release.id).await? {
                all.entry((release.id, holder.copy.folded())).or_default().push(held_by(&holder).said());
            }
        }
    }
    Ok(all)
}

fn from_roster(holder: String, sealed: &str) -> HeldBy {
    HeldBy { holder, since: sealed.into(), known: true, because: String::new() }
}

fn held_by(holder: &Holder) -> HeldBy {
    HeldBy {
        holder: holder.holder.clone(),
        since: holder.since.clone(),
        known: holder.known,
        because: holder.because.clone(),
    }
}

/// The day of a time in seconds since 1970, in UTC.
pub(crate) fn day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |t| t.strftime("%Y-%m-%d").to_string())
}

/// A day that people gave: of years that [`day`] writes, too, so that days compare as texts.
///
/// # Errors
/// When it is none.
pub(crate) fn read_day(said: &str, now: i64) -> Result<String> {
    let read = said.parse::<jiff::civil::Date>().ok().filter(|day| (1000..=9999).contains(&day.year()));
    let read = read.ok_or_else(|| Error::input(format!("{said:?} is no day; write it as {}", day(now))))?;
    Ok(read.to_string())
}

/// A roster of numbered copies for a room: 01, 02 and so on, without names.
///
/// # Errors
/// When there are none, or more than a release may have.
pub fn numbered(count: u64) -> Result<Vec<u8>> {
    let max = tellmark_core::limits::COPIES_MAX as u64;
    if !(1..=max).contains(&count) {
        return Err(Error::input(format!("1 to {max} numbered copies are possible")));
    }
    let width = count.to_string().len().max(2);
    let lines: Vec<String> = (1..=count).map(|number| format!("{number:0width$}\n")).collect();
    Ok(format!("id\n{}", lines.concat()).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_copies_are_a_roster_without_names() {
        let roster = tellmark_formats::read_roster(&numbered(12).unwrap()).unwrap();
        let ids: Vec<&str> = roster.recipients.iter().map(|recipient| recipient.id.as_str()).collect();
        assert_eq!((ids.len(), ids[0], ids[11]), (12, "01", "12"));
        assert!(roster.recipients.iter().all(|recipient| recipient.name.is_empty()));
        assert!(numbered(0).is_err());
    }

    #[test]
    fn what_is_assumed_is_said_to_be() {
        let held = HeldBy {
            holder: "Room 4".into(),
            since: "2026-05-03".into(),
            known: false,
            because: String::new(),
        };
        assert_eq!(held.said(), "Room 4 (assumed, from 2026-05-03)");
        assert_eq!(day(0), "1970-01-01");
    }
}
