//! `follow.toml`: how a vault follows, and what it never follows (docs/formats/follow.md).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tellmark_follow::{Channel, Guard, Manners, Never, Trust, Web};

use crate::{Error, Result, files};

/// The file's name in the vault.
pub const FILE: &str = "follow.toml";
const VERSION: u32 = 1;
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What `follow.toml` says; a vault without one has the defaults.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Version of the file.
    version: u32,
    /// Minutes between two readings of a source.
    #[serde(default = "interval")]
    interval_minutes: u64,
    /// Seconds between two requests to one host.
    #[serde(default = "pace")]
    pace_seconds: f64,
    /// Seconds that one answer may take.
    #[serde(default = "answer")]
    answer_seconds: f64,
    /// How servers' operators reach whoever runs this; sent with every request.
    #[serde(default)]
    contact: Option<String>,
    /// Hosts that may be read although their addresses are not public.
    #[serde(default)]
    allow: Vec<String>,
    /// Certificates of authorities of one's own, in PEM.
    #[serde(default)]
    ca: Option<PathBuf>,
    /// Channels that are never followed, besides the built-in ones.
    #[serde(default)]
    never: Vec<Channel>,
}

fn interval() -> u64 {
    15
}

fn pace() -> f64 {
    2.0
}

fn answer() -> f64 {
    30.0
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            version: VERSION,
            interval_minutes: interval(),
            pace_seconds: pace(),
            answer_seconds: answer(),
            contact: None,
            allow: Vec::new(),
            ca: None,
            never: Vec::new(),
        }
    }
}

impl Settings {
    /// The settings of a vault.
    ///
    /// # Errors
    /// When the file is there and cannot be understood whole: a channel that was meant to be left alone must not
    /// be followed because of a typing error.
    pub fn load(vault: &Path) -> Result<Settings> {
        let path = vault.join(FILE);
        if !path.exists() {
            return Ok(Settings::default());
        }
        let wrong = |why: &dyn std::fmt::Display| {
            Error::input(format!("{}: {why}; nothing is followed until it is right", path.display()))
        };
        let bytes = files::read_limited(&path, FILE_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|_| wrong(&"it is not UTF-8"))?;
        let settings: Settings =
            toml::from_str(&text).map_err(|error| wrong(&error.to_string().trim_end()))?;
        if settings.version != VERSION {
            return Err(wrong(&format!(
                "version {} is not known; this tellmark knows {VERSION}",
                settings.version
            )));
        }
        let is_time = |seconds: f64| (0.0..=3600.0).contains(&seconds);
        if settings.interval_minutes == 0
            || !is_time(settings.pace_seconds)
            || !is_time(settings.answer_seconds)
        {
            return Err(wrong(&"interval_minutes is at least 1, and the seconds are at most 3600"));
        }
        settings.never().map_err(|error| wrong(&error))?;
        Ok(settings)
    }

    /// The channels that are never followed.
    pub(super) fn never(&self) -> tellmark_follow::Result<Never> {
        Never::with(self.never.clone())
    }

    /// Seconds between two readings of a source.
    pub(super) fn interval(&self) -> u64 {
        self.interval_minutes.saturating_mul(60)
    }

    /// Whose certificates are believed.
    pub(super) fn trust(&self, vault: &Path) -> Result<Trust> {
        let Some(ca) = &self.ca else { return Ok(Trust::default()) };
        let pem = files::read_limited(&vault.join(ca), FILE_BYTES_MAX)?;
        Ok(Trust::with_own(&pem)?)
    }

    /// A client for the web.
    pub(super) fn web(&self, vault: &Path) -> Result<Web> {
        let product = concat!("tellmark/", env!("CARGO_PKG_VERSION"));
        let manners = Manners {
            user_agent: match &self.contact {
                Some(contact) => format!("{product} (+{contact})"),
                None => product.into(),
            },
            pace: Duration::from_secs_f64(self.pace_seconds),
            answer_time_max: Duration::from_secs_f64(self.answer_seconds),
        };
        let guard = Guard::allowing(&self.allow);
        Ok(Web::new(manners, guard, Arc::new(self.never()?), &self.trust(vault)?))
    }
}
