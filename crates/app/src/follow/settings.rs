//! `follow.toml`: how a vault follows, and what it never follows (docs/formats/follow.md).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tellmark_follow::{Channel, Guard, Mailer, Manners, Never, Source, Trust, Web, Webhook};

use crate::ocr::Engine;
use crate::{Error, Result, desk, files};

/// The file's name in the vault.
pub const FILE: &str = "follow.toml";
const VERSION: u32 = 1;
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What `follow.toml` says; a vault without one has the defaults.
#[derive(Clone, serde::Deserialize)]
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
    /// A program that is told of sightings.
    #[serde(default)]
    webhook: Option<Webhook>,
    /// People who are told of sightings.
    #[serde(default)]
    mail: Option<Mailer>,
    /// The sources whose pictures are read, too.
    #[serde(default)]
    pictures: Pictures,
    /// The passwords of mailboxes on servers, by their addresses as `follow list` shows them.
    #[serde(default)]
    passwords: BTreeMap<String, String>,
    /// Where the file is, and what it was like before it was read.
    #[serde(skip)]
    seen: Seen,
}

/// What tells states of a file apart.
#[derive(Clone, Default, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    state: Option<(SystemTime, u64)>,
}

impl Seen {
    fn of(path: &Path) -> Seen {
        let state = std::fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len()))).ok();
        Seen { path: path.to_owned(), state }
    }
}

/// Whose pictures are read.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Pictures {
    /// Sources, as `follow list` shows them.
    sources: Vec<String>,
    /// Languages of their text, as tesseract calls them: `eng+ukr`.
    #[serde(default)]
    languages: Option<String>,
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
            webhook: None,
            mail: None,
            pictures: Pictures::default(),
            passwords: BTreeMap::new(),
            seen: Seen::default(),
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
        let seen = Seen::of(&path);
        if !path.exists() {
            return Ok(Settings { seen, ..Settings::default() });
        }
        let wrong = |why: &dyn std::fmt::Display| {
            Error::input(format!("{}: {why}; nothing is followed until it is right", path.display()))
        };
        let bytes = files::read_limited(&path, FILE_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|_| wrong(&"it is not UTF-8"))?;
        let settings: Settings = toml::from_str(&text).map_err(|error| wrong(&said(&error, &text)))?;
        let settings = Settings { seen, ..settings };
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
        settings.never(vault).map_err(|error| wrong(&error))?;
        settings
            .webhook
            .as_ref()
            .map_or(Ok(()), |hook| hook.check().map(drop))
            .map_err(|error| wrong(&error))?;
        settings
            .mail
            .as_ref()
            .map_or(Ok(()), |mail| mail.check().map(drop))
            .map_err(|error| wrong(&error))?;
        for source in &settings.pictures.sources {
            let shown = Source::parse(source).map_err(|error| wrong(&error))?.to_string();
            if shown != *source {
                return Err(wrong(&format!("pictures: write {shown}, as `follow list` shows it")));
            }
        }
        if settings.has_secrets() && is_open(&path)? {
            return Err(wrong(
                &"it holds a secret and others can read it; make it its owner's alone (chmod 600)",
            ));
        }
        Ok(settings)
    }

    /// Whether the file is another one by now.
    pub(super) fn have_changed(&self) -> bool {
        Seen::of(&self.seen.path) != self.seen
    }

    /// The channels that are never followed, and the vault itself with the copies that a server keeps beside it.
    pub(super) fn never(&self, vault: &Path) -> Result<Never> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(Error::file("cannot find", path));
        let own = Channel {
            channel: "this vault".into(),
            because: "it holds the originals, and a server's copies lie beside it".into(),
            paths: vec![absolute(vault)?, absolute(&desk::copies_beside(vault))?],
            ..Channel::default()
        };
        Ok(Never::with(self.never.iter().cloned().chain([own]).collect())?)
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

    /// The file with certificates of one's own.
    pub(super) fn ca(&self, vault: &Path) -> Option<PathBuf> {
        self.ca.as_ref().map(|ca| vault.join(ca))
    }

    /// A client for the web.
    pub(super) fn web(&self, vault: &Path) -> Result<Web> {
        let guard = Guard::allowing(&self.allow);
        Ok(Web::new(self.manners(), guard, Arc::new(self.never(vault)?), self.trust(vault)?))
    }

    /// How servers are asked.
    pub(super) fn manners(&self) -> Manners {
        let product = concat!("tellmark/", env!("CARGO_PKG_VERSION"));
        Manners {
            user_agent: match &self.contact {
                Some(contact) => format!("{product} (+{contact})"),
                None => product.into(),
            },
            pace: Duration::from_secs_f64(self.pace_seconds),
            answer_time_max: Duration::from_secs_f64(self.answer_seconds),
        }
    }

    /// Whether a host may be read although its address is not public.
    pub(super) fn allows(&self, host: &str) -> bool {
        self.allow.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// A program that is told.
    pub(super) fn webhook(&self) -> Option<&Webhook> {
        self.webhook.as_ref()
    }

    /// People who are told.
    pub(super) fn mail(&self) -> Option<&Mailer> {
        self.mail.as_ref()
    }

    /// What recognises text in pictures, if those of any source are read.
    ///
    /// # Errors
    /// When it is not installed or lacks a language.
    pub(super) fn engine(&self) -> Result<Option<Engine>> {
        match self.pictures.sources.is_empty() {
            true => Ok(None),
            false => Engine::find(self.pictures.languages.as_deref()).map(Some),
        }
    }

    /// Whether a source's pictures are read.
    pub(super) fn reads_pictures(&self, address: &str) -> bool {
        self.pictures.sources.iter().any(|source| source == address)
    }

    /// The password of a mailbox on a server.
    pub(super) fn password(&self, address: &str) -> Option<&str> {
        self.passwords.get(address).map(String::as_str)
    }

    fn has_secrets(&self) -> bool {
        self.webhook.is_some()
            || self.mail.as_ref().is_some_and(|mail| mail.password.is_some())
            || !self.passwords.is_empty()
    }
}

/// Whether others than its owner can read a file.
#[cfg(unix)]
fn is_open(path: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).map_err(Error::file("cannot read", path))?;
    Ok(metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> Result<bool> {
    Ok(false)
}

/// What is wrong with the file: the line, its key, and what is wanted there. The library would show the line, and the
/// value that is wrong, either of which may be a password.
fn said(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().lines().next().unwrap_or_default();
    let is_value = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "]
        .iter()
        .any(|beginning| message.starts_with(beginning));
    let what = match (is_value, message.rsplit_once(", expected ")) {
        (true, Some((_, wanted))) => format!("this value cannot be used; it wants {wanted}"),
        (true, None) => "this value cannot be used".into(),
        (false, _) => message.into(),
    };
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return what };
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let key = line.split_once('=').map(|(key, _)| key.trim()).filter(|key| is_value && is_bare(key));
    let key = key.map(|key| format!(", `{key}`")).unwrap_or_default();
    format!("line {number}{key}: {what}")
}

/// Whether this is a key that this program gives a meaning to, and no address or other text of a user's.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named_and_no_secret_is_shown() {
        let cases = [
            ("version = 1\n[mail]\nport = \"hunter2\"\n", "line 3, `port`: "),
            ("version = 1\n[mail]\npassword = hunter2\n", "line 3: "),
            ("version = 1\n[mail]\npassword = \"hunter2\n", "line 3: "),
            ("version = 1\n[mail]\npassword = [\"hunter2\"]\n", "line 3, `password`: "),
            ("version = 1\n[mail]\ntls = \"hunter2, expected x\"\n", "starttls"),
            ("version = 1\nallow = [\n  1,\n  \"hunter2 = x\",\n]\n", "line 3: "),
            ("version = 1\n[passwords]\n\"imaps://hunter2@x/\" = 5\n", "line 3: "),
            ("version = 1\n[passwords]\n\"a\" = \"\"\"\nhunter2\"\"\" x\n", "line 4: "),
            ("version = 1\nwebhook = \"https://hooks.example/hunter2\"\n", "line 2, `webhook`: "),
            ("version = 1\n[[nevver]]\n", "unknown field `nevver`"),
            ("version = 1\n[webhook]\nurl = \"https://hunter2/\"\n", "missing field `secret`"),
            ("version = \"hunter2\"\n", "line 1, `version`: "),
            ("version = 1\nversion = \"hunter2\"\n", "duplicate"),
            ("hunter2", "line 1: "),
        ];
        for (text, says) in cases {
            let error = toml::from_str::<Settings>(text).err().unwrap();
            let said = said(&error, text);
            assert!(said.contains(says) && !said.contains("hunter2"), "{text}: {said}");
        }
    }
}
