//! Use cases: follow sources, and see passages of the vault's documents in them.

mod frames;
mod pictures;
mod run;
mod search;
mod settings;
mod share;
mod shared;
mod sightings;
mod stream;
mod tell;
mod watch;
mod work;

use tellmark_follow::Source;
use tellmark_store::{Followed, Recorded};

use crate::{Error, Ports, Result, Vault};

pub use run::{Listener, Options, RunSummary, run};
pub use settings::Settings;
pub use sightings::{
    Exhibited, PassageLine, SightingLine, exhibit, newest_sightings, sighting, sightings, sightings_after,
};
pub use stream::Queue;
pub(crate) use tell::{letter_to, sends_mail};
pub use watch::BACKGROUND_MIN;
pub use work::work;

/// A source, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SourceLine {
    /// Its number.
    pub source: u32,
    /// What it is: `web`, `path`, `imap`, `stdin`.
    pub kind: &'static str,
    /// Where it is.
    pub address: String,
    /// How reading it goes.
    pub state: State,
    /// When it was added, in seconds since 1970 (UTC).
    pub added_at: i64,
    /// When it was read last; 0 for never.
    pub polled_at: i64,
    /// When that went well last; 0 for never.
    pub succeeded_at: i64,
    /// How often in a row it failed.
    pub failures: u32,
    /// Why it failed last, or what of it was not read.
    pub last_error: String,
    /// When it will be read again; 0 for at once.
    pub next_at: i64,
}

/// How reading a source goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// It was never read.
    New,
    /// It was read.
    Read,
    /// It failed.
    Failing,
}

impl SourceLine {
    fn new(source: &Followed) -> Result<SourceLine> {
        let state = match (source.state.failures, source.state.polled_at) {
            (1.., _) => State::Failing,
            (0, 0) => State::New,
            _ => State::Read,
        };
        Ok(SourceLine {
            source: source.number,
            kind: Source::parse(&source.address)?.kind(),
            address: source.address.clone(),
            state,
            added_at: source.added_at,
            polled_at: source.state.polled_at,
            succeeded_at: source.state.succeeded_at,
            failures: source.state.failures,
            last_error: source.state.last_error.clone(),
            next_at: source.state.next_at,
        })
    }
}

/// Adds a source; one that is followed already stays as it is. Says whether it is new.
///
/// # Errors
/// When it is no source, is never followed, can never be read, or the configuration cannot be read.
pub async fn add(vault: &Vault, said: &str, ports: &Ports) -> Result<(SourceLine, bool)> {
    let settings = Settings::load(vault.folder())?;
    let source = Source::parse(said)?;
    settings.never(vault.folder())?.check(&source)?;
    source.check()?;
    let recorded = vault.store.add_source(&source.to_string(), ports.now).await?;
    let is_new = matches!(recorded, Recorded::New(_));
    Ok((SourceLine::new(&recorded.into_inner())?, is_new))
}

/// Refuses a source whose host is plainly this machine or a private one. Reading refuses what resolves to one, too.
///
/// # Errors
/// When it is no source in the network, or its host is private and not allowed in `follow.toml`.
pub fn refuse_private(vault: &Vault, said: &str) -> Result<()> {
    let wrong = || Error::input(format!("{said:?} is no address of a source in the network"));
    let url: url::Url = said.trim().parse().map_err(|_| wrong())?;
    let settings = Settings::load(vault.folder())?;
    let host =
        url.host_str().map(str::to_ascii_lowercase).filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    if settings.allows(&host) || with_port.is_some_and(|host| settings.allows(&host)) {
        return Ok(());
    }
    let literal: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let local = ["localhost", ".localhost", ".local", ".internal", ".home.arpa"];
    let named = host.trim_end_matches('.');
    let is_local = local.iter().any(|end| named == end.trim_start_matches('.') || named.ends_with(end));
    let is_private = literal.map_or(is_local || !named.contains('.'), |ip| !tellmark_follow::is_public(ip));
    match is_private {
        true => Err(Error::input(format!(
            "{host} is this machine or one in a private network: it is not followed unless follow.toml allows it"
        ))),
        false => Ok(()),
    }
}

/// The sources that are followed.
///
/// # Errors
/// Only those of the ledger.
pub async fn list(vault: &Vault) -> Result<Vec<SourceLine>> {
    let sources = vault.store.sources().await?;
    sources.iter().filter(|source| source.removed_at.is_none()).map(SourceLine::new).collect()
}

/// Ends the following of a source; what was seen in it stays.
///
/// # Errors
/// When there is none of this number.
pub async fn remove(vault: &Vault, number: u32, ports: &Ports) -> Result<SourceLine> {
    SourceLine::new(&vault.store.remove_source(number, ports.now).await?)
}
