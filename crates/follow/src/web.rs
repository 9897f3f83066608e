//! Getting things from the web: politely, within limits, and from public hosts only.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::net::ToSocketAddrs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::Url;

use crate::limits::{ADDRESS_BYTES_MAX, ANSWER_BYTES_MAX, ANSWER_TIME_MAX, REDIRECTS_MAX, ROBOTS_BYTES_MAX};
use crate::robots::Rules;
use crate::trust::Trust;
use crate::{Error, Guard, Never, Result};

/// How the web is read.
#[derive(Debug, Clone)]
pub struct Manners {
    /// Who asks, for the servers' logs: a product and a way to reach its operator.
    pub user_agent: String,
    /// Time between two requests to one host.
    pub pace: Duration,
    /// Time for one answer.
    pub answer_time_max: Duration,
}

impl Default for Manners {
    fn default() -> Manners {
        Manners {
            user_agent: concat!("tellmark/", env!("CARGO_PKG_VERSION")).into(),
            pace: Duration::from_secs(2),
            answer_time_max: ANSWER_TIME_MAX,
        }
    }
}

/// What a server said of an answer, to be asked whether it changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`, or what tells two states of a file apart.
    pub last_modified: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where it came from, after all redirects.
    pub url: Url,
    /// `Content-Type` in lower case, without parameters.
    pub content_type: String,
    /// The character set that the server names.
    pub charset: Option<String>,
    /// What to ask with the next time.
    pub validators: Validators,
    /// The bytes, decompressed.
    pub bytes: Vec<u8>,
}

/// A client that everybody who reads the web shares: it keeps each host's pace and rules.
#[derive(Debug)]
pub struct Web {
    agent: ureq::Agent,
    manners: Manners,
    guard: Guard,
    trust: Trust,
    never: Arc<Never>,
    hosts: Mutex<Hosts>,
}

/// What is remembered of hosts, by their origins.
#[derive(Debug, Default)]
struct Hosts {
    /// When each may be asked again; only those that are still to wait.
    free_at: BTreeMap<String, Instant>,
    rules: BTreeMap<String, Known>,
}

/// The rules of a host.
#[derive(Debug)]
struct Known {
    asked_at: Instant,
    used_at: Instant,
    rules: Arc<Rules>,
}

/// Hosts whose rules are remembered; whoever was asked for longest ago is asked again.
const HOSTS_MAX: usize = 256;
/// Bytes of all these rules together: a page leads to as many hosts as it likes, and each says what it likes.
const RULES_BYTES_MAX: usize = 16 << 20;
/// How long robots.txt is believed (RFC 9309, 2.4).
const RULES_FOR: Duration = Duration::from_secs(24 * 3600);
/// The longest `Crawl-delay` that is kept; a host that wants more is asked this seldom.
const CRAWL_DELAY_MAX: Duration = Duration::from_secs(60);

impl Web {
    /// A client for public hosts and those that the guard allows by name.
    pub fn new(manners: Manners, guard: Guard, never: Arc<Never>, trust: Trust) -> Web {
        let agent = agent(&manners, guard.clone(), &trust);
        Web { agent, manners, guard, trust, never, hosts: Mutex::default() }
    }

    /// Gets what is at an address, or nothing when it has not changed.
    ///
    /// Waits until the host may be asked. Every redirect is checked like the address itself.
    ///
    /// # Errors
    /// When the address, a redirect or the host must not be read, the server fails or answers with an error, or
    /// the answer exceeds a limit, ends early or takes too long.
    pub fn get(&self, url: &Url, known: &Validators) -> Result<Option<Answer>> {
        let mut visited = vec![without_user(url.clone())];
        loop {
            let url = visited.last().unwrap_or(url).clone();
            self.never.check_url(&url)?;
            if url.as_str().len() > ADDRESS_BYTES_MAX {
                let beginning = &url.as_str()[..url.as_str().floor_char_boundary(80)];
                return Err(Error::limit(format!("{beginning}…"), format!("{ADDRESS_BYTES_MAX} bytes")));
            }
            let rules = self.rules(&url)?;
            if !rules.allow(&url) {
                return Err(Error::Robots { url: url.into() });
            }
            self.wait(&url, rules.delay());
            match self.ask(&url, known, ANSWER_BYTES_MAX)? {
                Asked::Unchanged => return Ok(None),
                Asked::Answer(answer) => return Ok(Some(*answer)),
                Asked::Elsewhere(next) => step(&mut visited, next)?,
            }
        }
    }

    /// The list of channels that are never followed.
    pub fn never(&self) -> &Never {
        &self.never
    }

    /// Whose certificates are believed.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The addresses of a host that may be connected.
    pub(crate) fn addresses(&self, host: &str, port: u16) -> Result<Vec<std::net::SocketAddr>> {
        let wrong = |why: String| Error::io(host, why);
        let found = look_up(host, port, self.manners.answer_time_max).map_err(|error| wrong(said(&error)))?;
        match self.guard.check(host, found)? {
            checked if checked.is_empty() => Err(wrong("there is no such host".into())),
            checked => Ok(checked),
        }
    }

    /// What robots.txt of a host says.
    fn rules(&self, url: &Url) -> Result<Arc<Rules>> {
        let origin = url.origin().ascii_serialization();
        if let Some(rules) = self.hosts().known(&origin) {
            return Ok(rules);
        }
        let rules = Arc::new(self.ask_for_rules(url)?);
        self.hosts().learn(origin, rules.clone());
        Ok(rules)
    }

    /// A host without rules allows all; one that fails to say them allows nothing until it does (RFC 9309, 2.3.1).
    fn ask_for_rules(&self, url: &Url) -> Result<Rules> {
        let at = url.join("/robots.txt").map_err(|error| Error::malformed(url.as_str(), error))?;
        let mut visited = vec![at.clone()];
        loop {
            let url = visited.last().unwrap_or(&at).clone();
            self.never.check_url(&url)?;
            self.wait(&url, None);
            match self.ask(&url, &Validators::default(), ROBOTS_BYTES_MAX) {
                Ok(Asked::Answer(answer)) => {
                    return Ok(Rules::parse(&self.manners.user_agent, &answer.bytes));
                }
                Ok(Asked::Elsewhere(next)) => match step(&mut visited, next) {
                    Ok(()) => {}
                    Err(_) => return Ok(Rules::none()),
                },
                Ok(Asked::Unchanged) => return Ok(Rules::none()),
                Err(Error::Status { status, .. }) if (400..500).contains(&status) && status != 429 => {
                    return Ok(Rules::none());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the host's turn, and takes it.
    fn wait(&self, url: &Url, delay: Option<Duration>) {
        let pace = self.manners.pace.max(delay.unwrap_or_default().min(CRAWL_DELAY_MAX));
        let now = Instant::now();
        let at = self.hosts().turn(url.origin().ascii_serialization(), now, pace);
        std::thread::sleep(at.saturating_duration_since(now));
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, url: &Url, known: &Validators, bytes_max: usize) -> Result<Asked> {
        let mut request = self.agent.get(url.as_str());
        if let Some(etag) = &known.etag {
            request = request.header("if-none-match", etag);
        }
        if let Some(date) = &known.last_modified {
            request = request.header("if-modified-since", date);
        }
        let response = request.call().map_err(|error| failed(url, error))?;
        let status = response.status().as_u16();
        let (head, body) = response.into_parts();
        match status {
            304 => return Ok(Asked::Unchanged),
            301 | 302 | 303 | 307 | 308 => {
                let to = text(&head.headers, "location")
                    .ok_or_else(|| malformed(url, "it redirects to nowhere"))?;
                let next = url.join(&to).map_err(|error| malformed(url, error))?;
                return Ok(Asked::Elsewhere(without_user(next)));
            }
            200 | 203 => {}
            _ => {
                let retry_after =
                    text(&head.headers, "retry-after").and_then(|text| text.trim().parse().ok());
                return Err(Error::Status { url: url.to_string(), status, retry_after });
            }
        }
        let bytes = read(url, &head.headers, body, bytes_max)?;
        let kind = text(&head.headers, "content-type").unwrap_or_default().to_ascii_lowercase();
        let (content_type, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
        let charset = parameters.split(';').find_map(|one| one.trim().strip_prefix("charset="));
        Ok(Asked::Answer(Box::new(Answer {
            url: url.clone(),
            content_type: content_type.trim().into(),
            charset: charset.map(|charset| charset.trim_matches('"').into()),
            validators: Validators {
                etag: text(&head.headers, "etag"),
                last_modified: text(&head.headers, "last-modified"),
            },
            bytes,
        })))
    }
}

/// A client that connects only to addresses that were checked.
pub(crate) fn agent(manners: &Manners, guard: Guard, trust: &Trust) -> ureq::Agent {
    let roots: Vec<Certificate<'static>> =
        trust.certificates().map(|der| Certificate::from_der(der).to_owned()).collect();
    let config = ureq::Agent::config_builder()
        // A proxy would look names up where nobody checks the addresses.
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(manners.answer_time_max))
        .user_agent(manners.user_agent.as_str())
        .accept_encoding("gzip")
        .max_idle_connections(0)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build())
        .build();
    ureq::Agent::with_parts(config, DefaultConnector::new(), Checked(guard))
}

impl Hosts {
    /// The rules of a host, if they are still believed.
    fn known(&mut self, origin: &str) -> Option<Arc<Rules>> {
        let known = self.rules.get_mut(origin).filter(|known| known.asked_at.elapsed() < RULES_FOR)?;
        known.used_at = Instant::now();
        Some(known.rules.clone())
    }

    /// Remembers rules, and forgets those that were used least lately where there are too many. The new ones stay.
    fn learn(&mut self, origin: String, rules: Arc<Rules>) {
        let now = Instant::now();
        self.rules.remove(&origin);
        let mut bytes: usize =
            rules.bytes() + self.rules.values().map(|one| one.rules.bytes()).sum::<usize>();
        while self.rules.len() >= HOSTS_MAX || bytes > RULES_BYTES_MAX {
            let oldest =
                self.rules.iter().min_by_key(|(_, known)| known.used_at).map(|(name, _)| name.clone());
            let Some(gone) = oldest.and_then(|oldest| self.rules.remove(&oldest)) else { break };
            bytes -= gone.rules.bytes();
        }
        self.rules.insert(origin, Known { asked_at: now, used_at: now, rules });
    }

    /// When a host may be asked, which it then is.
    fn turn(&mut self, origin: String, now: Instant, pace: Duration) -> Instant {
        self.free_at.retain(|_, at| *at > now);
        let at = self.free_at.get(&origin).copied().unwrap_or(now);
        self.free_at.insert(origin, at + pace);
        at
    }
}

enum Asked {
    Unchanged,
    Elsewhere(Url),
    Answer(Box<Answer>),
}

/// An address without the user and the password in it. A link or a redirect names one who is not ours: it is not sent,
/// stored or shown.
pub(crate) fn without_user(mut url: Url) -> Url {
    // What cannot have one has none.
    let _ = (url.set_username(""), url.set_password(None));
    url
}

/// Goes on to where a redirect leads.
fn step(visited: &mut Vec<Url>, next: Url) -> Result<()> {
    let failed = |visited: &[Url], why: String| {
        let url = visited.first().map(Url::to_string).unwrap_or_default();
        Err(Error::Redirects { url, why })
    };
    if !matches!(next.scheme(), "http" | "https") {
        return failed(visited, format!("to {}, which is no page", next.scheme()));
    }
    if visited.contains(&next) {
        return failed(visited, "to itself".into());
    }
    if visited.len() > REDIRECTS_MAX {
        return failed(visited, format!("more than {REDIRECTS_MAX} times"));
    }
    // Encrypted and verified once, it must not go on in clear text unseen by anybody.
    if visited.last().is_some_and(|last| last.scheme() == "https") && next.scheme() == "http" {
        return failed(visited, "from https to http".into());
    }
    visited.push(next);
    Ok(())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= 2048).then(|| value.to_owned())
}

/// The body within its limit, which holds before and after decompression.
fn read(url: &Url, headers: &HeaderMap, body: ureq::Body, bytes_max: usize) -> Result<Vec<u8>> {
    let raw = body.into_with_config().limit(bytes_max as u64 + 1).reader();
    let encoding = text(headers, "content-encoding").unwrap_or_default().to_ascii_lowercase();
    let reader: Box<dyn Read> = match encoding.trim() {
        "" | "identity" => Box::new(raw),
        "gzip" | "x-gzip" => Box::new(flate2::read::MultiGzDecoder::new(raw)),
        other => {
            return Err(malformed(url, format!("it is compressed as {other:?}, which was not asked for")));
        }
    };
    let mut bytes = Vec::new();
    let limit = || Error::limit(url.as_str(), format!("{} KiB", bytes_max >> 10));
    reader.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(|error| {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
            Some(ureq::Error::BodyExceedsLimit(_)) => limit(),
            _ => Error::io(url.as_str(), said(&error)),
        }
    })?;
    match bytes.len() > bytes_max {
        true => Err(limit()),
        false => Ok(bytes),
    }
}

fn malformed(url: &Url, why: impl ToString) -> Error {
    Error::malformed(url.as_str(), why)
}

/// A system's or library's words, where people know better ones.
fn said(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::UnexpectedEof => "the answer ended before it was complete".into(),
        Kind::TimedOut => "the answer took too long".into(),
        _ if error.to_string().starts_with("timeout") => "the answer took too long".into(),
        _ => error.to_string(),
    }
}

pub(crate) fn failed(url: &Url, error: ureq::Error) -> Error {
    let what = url.as_str();
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => Error::io(what, other),
        },
        ureq::Error::Timeout(_) => Error::io(what, "the answer took too long"),
        ureq::Error::HostNotFound => Error::io(what, "there is no such host"),
        ureq::Error::Io(error) => Error::io(what, said(&error)),
        other => Error::io(what, other),
    }
}

/// Looks names up, and gives only addresses that may be connected.
struct Checked(Guard);

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checked")
    }
}

impl Resolver for Checked {
    fn resolve(
        &self,
        uri: &Uri,
        _: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().ok_or(ureq::Error::HostNotFound)?.to_owned();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let found = look_up(&host, port, *timeout.after)?;
        let checked = self.0.check(&host, found).map_err(|error| ureq::Error::Other(Box::new(error)))?;
        let mut addresses = self.empty();
        // As many as the library takes.
        checked.into_iter().take(16).for_each(|address| addresses.push(address));
        match addresses.is_empty() {
            true => Err(ureq::Error::HostNotFound),
            false => Ok(addresses),
        }
    }
}

/// The system's look-up knows no limit of time: it runs beside, and is left alone when it takes too long.
fn look_up(host: &str, port: u16, wait: Duration) -> std::io::Result<Vec<std::net::SocketAddr>> {
    let (give, take) = std::sync::mpsc::sync_channel(1);
    let name = format!("{host}:{port}");
    std::thread::spawn(move || drop(give.send(name.to_socket_addrs().map(Vec::from_iter))));
    match take.recv_timeout(wait.min(ANSWER_TIME_MAX)) {
        Ok(found) => found,
        Err(_) => {
            Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "the name could not be looked up in time"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_hosts_has_a_limit() {
        let (mut hosts, none) = (Hosts::default(), Arc::new(Rules::none()));
        for number in 0..HOSTS_MAX + 10 {
            hosts.learn(format!("https://{number}.example"), none.clone());
            assert!(hosts.known("https://0.example").is_some(), "it was used just before");
        }
        assert_eq!(hosts.rules.len(), HOSTS_MAX);
        assert!(hosts.known("https://1.example").is_none());
        let long = "Disallow:/*a$\n".repeat((511 << 10) / 14);
        for number in 0..100 {
            let rules = Arc::new(Rules::parse("tellmark", long.as_bytes()));
            hosts.learn(format!("https://{number}.long.example"), rules);
        }
        let bytes: usize = hosts.rules.values().map(|known| known.rules.bytes()).sum();
        assert!(bytes <= RULES_BYTES_MAX && hosts.rules.len() > 5, "{bytes}");
        assert!(hosts.known("https://99.long.example").is_some());
    }

    #[test]
    fn each_host_keeps_its_pace() {
        let (mut hosts, now, pace) = (Hosts::default(), Instant::now(), Duration::from_secs(2));
        let mut turn = |host: &str, now| hosts.turn(host.into(), now, pace);
        assert_eq!([turn("a", now), turn("a", now), turn("b", now)], [now, now + pace, now]);
        assert_eq!(turn("c", now + pace), now + pace);
        assert_eq!(turn("a", now + pace), now + 2 * pace);
        assert_eq!(hosts.free_at.len(), 2, "whoever has not to wait is not remembered");
    }
}
