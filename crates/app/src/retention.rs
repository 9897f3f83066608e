//! Use case: for how long a document's copies can be told apart. On a day that is fixed when it is sealed its key and the
//! salts behind its entries in the log are destroyed: from then on no copy can be made or traced, and nothing in the log
//! can be linked to a person any more.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::LineageId;
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::entry::{Envelope, Kind};
use tellmark_evidence::json::map;

use crate::holders::{day, read_day};
use crate::keys::lineages::{self, Secret};
use crate::log::{Log, NewEntry, State, record, says, text};
use crate::ports::salt;
use crate::{Error, Ports, Result, Vault, consent};

/// So many days before the day a warning is given.
const WARNING_DAYS: i64 = 30;

/// A document with the day on which its key goes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// Its lineage.
    pub lineage: LineageId,
    /// What people call its releases.
    pub releases: Vec<String>,
    /// The day on which its key is to be destroyed, as `2027-05-03`; `None` where none was fixed.
    pub until: Option<String>,
    /// The day on which it was; `None` while it is there.
    pub destroyed: Option<String>,
    /// Whether the day has come, or comes soon.
    pub due: Due,
}

/// Whether a key has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Due {
    /// Not soon, never, or it is gone.
    No,
    /// Within 30 days.
    Soon,
    /// The day has come.
    Now,
}

/// The documents of the vault with what is fixed for them.
///
/// # Errors
/// When ledger or log fail.
pub async fn list(vault: &Vault, now: i64) -> Result<Vec<Line>> {
    list_in(vault, Log::of(vault)?.load()?.as_deref(), now).await
}

/// As [`list`], where the log was loaded before.
///
/// # Errors
/// When the ledger fails.
pub async fn list_in(vault: &Vault, state: Option<&State>, now: i64) -> Result<Vec<Line>> {
    let fixed: BTreeMap<&str, &str> = state.map(every_day).unwrap_or_default();
    let mut lines: Vec<Line> = Vec::new();
    for release in vault.store.releases().await? {
        if let Some(line) = lines.iter_mut().find(|line| line.lineage == release.lineage) {
            line.releases.push(release.name);
            continue;
        }
        let until = fixed.get(to_hex(&release.lineage.0).as_str()).map(|day| (*day).to_owned());
        let destroyed = match lineages::load(&vault.keys_folder(), release.lineage)? {
            Secret::Destroyed(day) => Some(day),
            _ => None,
        };
        let due = match (&until, &destroyed) {
            (Some(until), None) if *until <= day(now) => Due::Now,
            (Some(until), None) if *until <= day(now + WARNING_DAYS * 86_400) => Due::Soon,
            _ => Due::No,
        };
        lines.push(Line { lineage: release.lineage, releases: vec![release.name], until, destroyed, due });
    }
    Ok(lines)
}

/// Until when the copies of a lineage can be told apart, where that was fixed.
pub fn until(state: Option<&State>, lineage: LineageId) -> Option<String> {
    let days = state.map(every_day)?;
    days.get(to_hex(&lineage.0).as_str()).map(|day| (*day).to_owned())
}

/// The day that was fixed last for each lineage.
fn every_day(state: &State) -> BTreeMap<&str, &str> {
    let own = state.of_kind(Kind::Retention);
    own.filter_map(|(_, entry)| Some((text(entry, "lineage")?, text(entry, "until")?))).collect()
}

/// Fixes the day on which a document's key is to be destroyed.
///
/// # Errors
/// When there is no such release, the day is none, the key is gone, or custodians did not agree.
pub async fn fix(vault: &Vault, release: &str, until: &str, ports: &Ports) -> Result<String> {
    let release = vault.release(release).await?;
    vault.lineage_key(release.lineage)?;
    let until = read_day(until, ports.now)?;
    let said = || [("lineage", to_hex(&release.lineage.0).into()), ("until", until.as_str().into())];
    let log = record::open(vault, ports.now)?;
    // Who may not destroy a key alone may not fix the day alone on which everybody may.
    let asked = consent::ask(vault, "retention", &map(said()), ports.now)?;
    let mut new = NewEntry::new(Kind::Retention, ports.now, said(), map([]), salt()?);
    new.cites(asked);
    log.append(|_| Ok(vec![new]))?;
    Ok(until)
}

/// What was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Destroyed {
    /// The lineage.
    pub lineage: LineageId,
    /// What people called its releases.
    pub releases: Vec<String>,
    /// How many entries of the log can be linked to nobody any more.
    pub entries: usize,
    /// How many cases tested copies of it and were erased from the log with it.
    pub cases: usize,
    /// How many cases tested copies of other documents, too: what the log says of them stays.
    pub kept: usize,
}

/// Destroys a document's key and the salts behind its entries in the log, with those of the cases in which copies of it
/// and of no other document were tested, and of what custodians agreed to about it.
///
/// # Errors
/// When there is no such release, its day has not come and `early` is false, its key cannot be destroyed alone, or
/// custodians did not agree.
pub async fn destroy(vault: &Vault, release: &str, early: bool, ports: &Ports) -> Result<Destroyed> {
    let release = vault.release(release).await?;
    let lines = list(vault, ports.now).await?;
    let line = lines.iter().find(|line| line.lineage == release.lineage);
    let line = line.ok_or_else(|| Error::damaged("a release that is found and not listed"))?;
    if !early && line.due != Due::Now && line.destroyed.is_none() {
        let until = line.until.as_deref().unwrap_or("no day");
        return Err(Error::input(format!(
            "the key of {} may stay until {until}; --early destroys it before. Nothing was changed",
            release.name
        )));
    }
    let id = to_hex(&release.lineage.0);
    let log = record::open(vault, ports.now)?;
    if line.destroyed.is_none() {
        if matches!(lineages::load(&vault.keys_folder(), release.lineage)?, Secret::None) {
            // Refuses, and says why.
            lineages::destroy(&vault.keys_folder(), release.lineage, "")?;
        }
        let about = map([("lineage", id.as_str().into())]);
        let asked = consent::ask(vault, "destroy", &about, ports.now)?;
        let open = [("lineage", id.as_str().into())];
        let mut new = NewEntry::new(Kind::Destruction, ports.now, open, map([]), salt()?);
        new.cites(asked);
        log.append(|_| Ok(vec![new]))?;
    }
    lineages::destroy(&vault.keys_folder(), release.lineage, &day(ports.now))?;
    let mut releases: Vec<String> = Vec::new();
    for own in vault.store.releases_of(release.lineage).await? {
        releases.push(to_hex(&own.id.0));
    }
    let state = log.existing()?;
    let about = About::of(&state, &releases, &id);
    let entries = log.erase(|entry| about.has(entry))?;
    Ok(Destroyed {
        lineage: release.lineage,
        releases: line.releases.clone(),
        entries,
        cases: about.cases.len(),
        kept: about.kept,
    })
}

/// Which entries of the log are about a lineage and nothing else.
struct About<'a> {
    releases: &'a [String],
    lineage: &'a str,
    /// By their tags: the cases in which its copies and no others were tested.
    cases: BTreeSet<&'a str>,
    /// How many cases tested others, too.
    kept: usize,
    /// What custodians agreed to, by the hashes of their requests.
    requests: BTreeSet<&'a str>,
}

impl<'a> About<'a> {
    fn of(state: &'a State, releases: &'a [String], lineage: &'a str) -> About<'a> {
        let (mut cases, mut others) = (BTreeSet::new(), BTreeSet::new());
        for (_, look) in state.of_kind(Kind::Look) {
            let is_own = text(look, "release").is_some_and(|own| releases.iter().any(|known| known == own));
            if is_own { &mut cases } else { &mut others }.extend(text(look, "case"));
        }
        let all = cases.len();
        cases.retain(|case| !others.contains(case));
        let kept = all - cases.len();
        let mut about = About { releases, lineage, cases, kept, requests: BTreeSet::new() };
        let acts = || {
            state.entries.iter().map(|entry| &**entry).filter(|entry| entry.statement.kind != Kind::Approval)
        };
        // That custodians agreed to the destruction itself can be shown afterwards.
        let is_own = |entry: &&Envelope| about.has(entry) && entry.statement.kind != Kind::Destruction;
        let mut requests: BTreeSet<&str> =
            acts().filter(is_own).filter_map(|entry| text(entry, "request")).collect();
        for entry in acts().filter(|entry| !is_own(entry)) {
            text(entry, "request").map(|request| requests.remove(request));
        }
        about.requests = requests;
        about
    }

    fn has(&self, entry: &Envelope) -> bool {
        let is_one = |name: &str, known: &dyn Fn(&str) -> bool| text(entry, name).is_some_and(known);
        match entry.statement.kind {
            Kind::Approval => is_one("request", &|request| self.requests.contains(request)),
            _ => {
                is_one("release", &|own| self.releases.iter().any(|known| known == own))
                    || is_one("case", &|case| self.cases.contains(case))
                    || says(entry, "lineage", self.lineage)
            }
        }
    }
}
