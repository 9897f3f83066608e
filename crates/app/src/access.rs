//! Use case: who else could make or take a copy. A finding is about a copy; besides its holders, everybody counts who had
//! the vault's key, the folder of copies, the mail server, or the copying before the leak. The list is kept as people
//! join and leave, in the log, and stands in every finding with its number.

use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::{Json, map};

use crate::holders::{day, read_day};
use crate::log::{Log, NewEntry, State, record};
use crate::ports::salt;
use crate::{Error, Ports, Result, Vault};

/// To what somebody has access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// The vault and its key: they can make any copy.
    Key,
    /// The folder in which copies lay.
    Folder,
    /// The mail server or the account that sent them.
    Mail,
    /// Printing, copying, binding, carrying.
    Copying,
}

impl What {
    /// All of them.
    pub const ALL: [What; 4] = [What::Key, What::Folder, What::Mail, What::Copying];

    /// Its name on the command line and in the log.
    pub fn name(self) -> &'static str {
        match self {
            What::Key => "key",
            What::Folder => "folder",
            What::Mail => "mail",
            What::Copying => "copying",
        }
    }
}

/// Somebody with access.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Access {
    /// Who.
    pub who: String,
    /// To what.
    pub what: What,
    /// From which day, as `2026-05-03`.
    pub since: String,
    /// Until which day; empty while it lasts.
    pub until: String,
    /// Why, or how it is known.
    pub because: String,
}

impl Access {
    /// As a finding tells it.
    pub fn said(&self) -> String {
        match self.until.as_str() {
            "" => format!("{} ({}, since {})", self.who, self.what.name(), self.since),
            until => format!("{} ({}, from {} to {until})", self.who, self.what.name(), self.since),
        }
    }
}

/// Records that somebody has access, or had it until a day. The last word on a person and a thing counts.
///
/// # Errors
/// When there is no name, or a day is none.
pub fn add(vault: &Vault, access: &Access, ports: &Ports) -> Result<Access> {
    let who = access.who.trim();
    if who.is_empty() {
        return Err(Error::input("say who has access"));
    }
    let since = if access.since.is_empty() { day(ports.now) } else { read_day(&access.since, ports.now)? };
    let until = if access.until.is_empty() { String::new() } else { read_day(&access.until, ports.now)? };
    if !until.is_empty() && until < since && access.since.is_empty() {
        return Err(Error::input(format!("{until} is past; say from when it was as well: --since DAY")));
    }
    if !until.is_empty() && until < since {
        return Err(Error::input(format!("{until} is before {since}")));
    }
    let recorded = Access { who: who.into(), since, until, ..access.clone() };
    let details = map([
        ("because", recorded.because.as_str().into()),
        ("since", recorded.since.as_str().into()),
        ("until", recorded.until.as_str().into()),
        ("what", recorded.what.name().into()),
        ("who", recorded.who.as_str().into()),
    ]);
    let new = NewEntry::new(Kind::Access, ports.now, [], details, salt()?);
    record::open(vault, ports.now)?.append(|_| Ok(vec![new]))?;
    Ok(recorded)
}

/// Who has or had access, in the order in which it was first recorded. What was erased from the log is left out.
///
/// # Errors
/// When the log is damaged.
pub fn list(vault: &Vault) -> Result<Vec<Access>> {
    list_in(vault, Log::of(vault)?.load()?.as_deref())
}

/// As [`list`], where the log was loaded before.
///
/// # Errors
/// When it is damaged.
pub fn list_in(vault: &Vault, state: Option<&State>) -> Result<Vec<Access>> {
    let log = Log::of(vault)?;
    let Some(state) = state else { return Ok(Vec::new()) };
    let mut all: Vec<Access> = Vec::new();
    for (index, _) in state.of_kind(Kind::Access) {
        let Some((opening, _)) = log.private(&state.leaves[index])? else { continue };
        let access = read(&opening.details)?;
        match all.iter_mut().find(|known| known.who == access.who && known.what == access.what) {
            Some(known) => *known = access,
            None => all.push(access),
        }
    }
    Ok(all)
}

fn read(details: &Json) -> Result<Access> {
    let names = ["because", "since", "until", "what", "who"];
    let fields = details.fields("an access", &names, &[]).map_err(Error::damaged)?;
    let text = |name: &str| fields.text(name).map(str::to_owned).map_err(Error::damaged);
    let name = text("what")?;
    let what = What::ALL.into_iter().find(|what| what.name() == name);
    Ok(Access {
        who: text("who")?,
        what: what.ok_or_else(|| Error::damaged("an access to something unknown"))?,
        since: text("since")?,
        until: text("until")?,
        because: text("because")?,
    })
}

/// Those who had access on or before a day, as findings tell it.
///
/// # Errors
/// As [`list`].
pub(crate) fn until(vault: &Vault, now: i64) -> Result<Vec<String>> {
    let today = day(now);
    Ok(list(vault)?.iter().filter(|access| access.since <= today).map(Access::said).collect())
}
