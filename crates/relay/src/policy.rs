//! `relay.toml`: where the relay listens, whom it lets in, where mail goes, and which messages are marked. Described in
//! docs/relay.md.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tellmark_app::plan::parse_alpha;
use zeroize::Zeroizing;

use crate::address::{fits, is_pattern, is_whole};
use crate::{Error, Result};

const VERSION: u32 = 1;
/// Bytes of the file.
pub const POLICY_BYTES_MAX: u64 = 1 << 20;
/// Rules of a policy.
const RULES_MAX: usize = 1_000;
/// Users of a policy, and senders of one of them.
const USERS_MAX: usize = 10_000;
const SENDERS_MAX: usize = 1_000;
/// Everybody whom no other `[[user]]` names.
const ANYBODY: &str = "*";

/// What `relay.toml` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The version of the file.
    pub version: u32,
    /// Where and how the relay listens.
    #[serde(default)]
    pub server: Server,
    /// Where mail goes.
    pub upstream: Upstream,
    /// How long it tries.
    #[serde(default)]
    pub queue: Queue,
    /// What is too much.
    #[serde(default)]
    pub limits: Limits,
    /// What becomes of messages.
    pub mark: Mark,
    /// The rules, of which the first that fits a message decides.
    #[serde(default)]
    pub rule: Vec<Rule>,
    /// Which senders those who sign in may use.
    #[serde(default)]
    pub user: Vec<User>,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The name by which it greets and signs `Received`.
    pub name: String,
    /// Addresses with STARTTLS, where there is a certificate.
    pub listen: Vec<SocketAddr>,
    /// Addresses with TLS from the first byte.
    pub listen_tls: Vec<SocketAddr>,
    /// The certificate with its chain, in PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, in PEM.
    pub key: Option<PathBuf>,
    /// A file of names and hashes of passwords.
    pub users: Option<PathBuf>,
    /// Whether the accounts of `tellmark serve` may send.
    pub accounts: bool,
    /// Where figures for Prometheus are, on this machine only.
    pub figures: Option<SocketAddr>,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            name: "localhost".into(),
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 2525))],
            listen_tls: Vec::new(),
            certificate: None,
            key: None,
            users: None,
            accounts: false,
            figures: None,
        }
    }
}

/// How the connection to the office's own server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte.
    Tls,
    /// By STARTTLS, or not at all.
    Starttls,
    /// None: to this machine only.
    None,
}

/// `[upstream]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// The host, by the name in its certificate.
    pub server: String,
    /// The port.
    pub port: u16,
    /// How it is protected.
    pub tls: Tls,
    /// The user there, where it asks for one.
    pub user: Option<String>,
    /// The password; better in the variable `TELLMARK_UPSTREAM_PASSWORD`.
    #[serde(default, deserialize_with = "secret")]
    pub password: Option<Zeroizing<String>>,
    /// Certificates that are believed besides Mozilla's list, in PEM.
    pub ca: Option<PathBuf>,
    /// Connections at once.
    #[serde(default = "connections")]
    pub connections: usize,
    /// Seconds that it may take to answer.
    #[serde(default = "patience")]
    pub seconds: u64,
}

fn secret<'d, D: serde::Deserializer<'d>>(
    from: D,
) -> std::result::Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Zeroizing::new))
}

fn connections() -> usize {
    8
}

fn patience() -> u64 {
    120
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upstream({}:{})", self.server, self.port)
    }
}

/// `[queue]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// After so many hours a message that was never taken goes back to its sender.
    pub give_up_hours: u32,
    /// Seconds before the first retry; each later one waits twice as long, to an hour.
    pub retry_seconds: u32,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue { give_up_hours: 48, retry_seconds: 60 }
    }
}

/// `[limits]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a message.
    pub message_bytes: usize,
    /// Recipients of a message.
    pub recipients: usize,
    /// Attached documents of a message that are marked.
    pub documents: usize,
    /// Bytes of messages that are kept in memory while their copies are handed over.
    pub memory_bytes: usize,
    /// Connections at once.
    pub connections: usize,
    /// The same from one address.
    pub connections_from_one: usize,
    /// Copies that wait at most; more are put off.
    pub waiting: usize,
    /// Seconds that a client may be silent.
    pub seconds: u64,
    /// Seconds that one message may take to come in.
    pub message_seconds: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_bytes: 32 << 20,
            recipients: 1_000,
            documents: 20,
            memory_bytes: 256 << 20,
            connections: 100,
            connections_from_one: 20,
            waiting: 200_000,
            seconds: 300,
            message_seconds: 600,
        }
    }
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// Every recipient gets a copy of their own.
    Mark,
    /// It is passed on as it is.
    Pass,
    /// It is refused.
    Refuse,
}

/// What becomes of a message that was to be marked and cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Else {
    /// It is refused, with the reason.
    #[default]
    Refuse,
    /// It is passed on as it is.
    Pass,
}

/// `[mark]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What becomes of a message that no rule fits.
    pub otherwise: Does,
    /// The bound on false accusation.
    #[serde(default = "alpha")]
    pub alpha: String,
    /// Bits that a text must hold; as many as name one copy when it is not there.
    pub bits: Option<f64>,
    /// Names and groups of people by their addresses: a roster.
    pub people: Option<PathBuf>,
    /// A word in the subject by which the author has a message marked; it is taken out.
    pub subject_tag: Option<String>,
}

fn alpha() -> String {
    tellmark_app::DEFAULT_ALPHA.into()
}

/// `[[rule]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The sender or an author fits one of these, or all of them do where it passes; anybody when it is not there.
    pub sender: Option<Vec<String>>,
    /// At least one recipient fits one of these; anybody when it is not there.
    pub recipient: Option<Vec<String>>,
    /// What becomes of the message.
    #[serde(rename = "do")]
    pub does: Does,
    /// When it is too short to be marked.
    #[serde(default)]
    pub short: Else,
    /// When it is signed or encrypted.
    #[serde(default)]
    pub signed: Else,
    /// When something is attached that cannot be marked.
    #[serde(default)]
    pub others: Else,
    /// Whether attached DOCX, ODT and PDF are marked, too.
    #[serde(default = "yes")]
    pub attachments: bool,
}

fn yes() -> bool {
    true
}

/// `[[user]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name by which they sign in; `*` for everybody whom no other names.
    pub name: String,
    /// Their senders fit one of these, in the envelope and in `From`.
    pub senders: Vec<String>,
}

/// What was decided about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of it.
    pub does: Does,
    /// When it is too short.
    pub short: Else,
    /// When it is signed or encrypted.
    pub signed: Else,
    /// When something else is attached.
    pub others: Else,
    /// Whether attached documents are marked.
    pub attachments: bool,
}

impl Decision {
    /// What an author who asks for marks gets: marks, or no for an answer.
    pub const TOLD: Decision = Decision::plain(Does::Mark);

    const fn plain(does: Does) -> Decision {
        Decision { does, short: Else::Refuse, signed: Else::Refuse, others: Else::Refuse, attachments: true }
    }
}

/// Patterns of the senders that somebody may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Senders(Vec<String>);

impl Senders {
    /// Every sender: for those who need not sign in.
    pub fn any() -> Senders {
        Senders(vec!["*".into()])
    }

    /// Whether an address is one of them.
    pub fn allow(&self, address: &str) -> bool {
        self.0.iter().any(|pattern| fits(pattern, address))
    }

    /// Whether none is.
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every address is one.
    pub fn is_any(&self) -> bool {
        self.0.iter().any(|pattern| pattern == "*")
    }
}

impl Policy {
    /// Reads a policy. Paths in it begin at its own folder.
    ///
    /// # Errors
    /// When it is no policy, or would make an open relay, send in the clear, or give a certificate without its key.
    pub fn read(text: &str, folder: &Path) -> Result<Policy> {
        let mut policy: Policy = toml::from_str(text)
            .map_err(|e| Error::refused(format!("relay.toml: {}", e.to_string().trim_end())))?;
        let own = |path: &mut Option<PathBuf>| {
            if let Some(path) = path {
                *path = folder.join(&path);
            }
        };
        own(&mut policy.server.certificate);
        own(&mut policy.server.key);
        own(&mut policy.server.users);
        own(&mut policy.upstream.ca);
        own(&mut policy.mark.people);
        policy.check()?;
        Ok(policy)
    }

    fn check(&self) -> Result<()> {
        let refused = |why: &str| Err(Error::refused(format!("relay.toml: {why}")));
        let Policy { server, upstream, limits, mark, queue, .. } = self;
        if self.version != VERSION {
            return refused(&format!("version {} is not known; this tellmark knows {VERSION}", self.version));
        }
        if !is_host(&server.name) || !is_host(&upstream.server) {
            return refused("server.name and upstream.server are names of hosts, without blanks");
        }
        let all = || server.listen.iter().chain(&server.listen_tls);
        if all().next().is_none() {
            return refused("it listens nowhere: name an address in server.listen or server.listen_tls");
        }
        if server.certificate.is_some() != server.key.is_some() {
            return refused(
                "a certificate and its key belong together: give server.certificate and server.key",
            );
        }
        if !server.listen_tls.is_empty() && server.certificate.is_none() {
            return refused("server.listen_tls needs server.certificate and server.key");
        }
        let is_guarded = server.certificate.is_some() && self.asks();
        if let Some(open) = all().find(|address| !address.ip().is_loopback() && !is_guarded) {
            return refused(&format!(
                "{open} can be reached by other machines: that needs a certificate (server.certificate, server.key), so that nothing crosses \
                 the network in the clear, and people who sign in (server.users or server.accounts), so that it is no open relay"
            ));
        }
        if server.figures.is_some_and(|address| !address.ip().is_loopback()) {
            return refused("server.figures is for this machine only: 127.0.0.1:PORT");
        }
        let is_here = upstream.server == "localhost"
            || upstream.server.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if upstream.tls == Tls::None && !is_here {
            return refused("upstream.tls = \"none\" is for this machine only: use \"starttls\" or \"tls\"");
        }
        let numbers = [
            (upstream.connections, 1, 200, "upstream.connections"),
            (upstream.seconds as usize, 1, 3_600, "upstream.seconds"),
            (queue.give_up_hours as usize, 1, 24 * 30, "queue.give_up_hours"),
            (queue.retry_seconds as usize, 1, 3_600, "queue.retry_seconds"),
            (limits.message_bytes, 1 << 10, 64 << 20, "limits.message_bytes"),
            (limits.recipients, 1, 100_000, "limits.recipients"),
            (limits.documents, 1, 1_000, "limits.documents"),
            (limits.memory_bytes, 1 << 20, 2 << 30, "limits.memory_bytes"),
            (limits.connections, 1, 10_000, "limits.connections"),
            (limits.connections_from_one, 1, 10_000, "limits.connections_from_one"),
            (limits.waiting, 1, 5_000_000, "limits.waiting"),
            (limits.seconds as usize, 1, 3_600, "limits.seconds"),
            (limits.message_seconds as usize, 1, 7_200, "limits.message_seconds"),
            (self.rule.len(), 0, RULES_MAX, "the number of rules"),
            (self.user.len(), 0, USERS_MAX, "the number of users"),
        ];
        if let Some((_, least, most, name)) = numbers.iter().find(|(n, least, most, _)| n < least || n > most)
        {
            return refused(&format!("{name} lies between {least} and {most}"));
        }
        if let Err(error) = parse_alpha(&mark.alpha) {
            return refused(&format!("[mark] {error}"));
        }
        if mark.bits.is_some_and(|bits| !(1.0..=10_000.0).contains(&bits)) {
            return refused("mark.bits is a number between 1 and 10000");
        }
        if mark.subject_tag.as_ref().is_some_and(|tag| tag.trim().len() < 3 || tag.len() > 40) {
            return refused("mark.subject_tag has 3 to 40 characters, for example \"[mark]\"");
        }
        self.check_users()
    }

    fn check_users(&self) -> Result<()> {
        let refused = |why: String| Err(Error::refused(format!("relay.toml: {why}")));
        if !self.user.is_empty() && !self.asks() {
            return refused(
                "[[user]] is for people who sign in, and nobody does: give server.users or server.accounts"
                    .into(),
            );
        }
        if self.user.is_empty() && self.server.accounts {
            return refused(
                "server.accounts lets accounts send, and no [[user]] says as whom: whoever is invited chooses a name, so that it is \
                 no address. Write one for each account that is to send, or one with name = \"*\" for all"
                    .into(),
            );
        }
        let mut names = HashSet::new();
        for User { name, senders } in &self.user {
            if name.trim().is_empty() || !names.insert(name.trim().to_lowercase()) {
                return refused(format!(
                    "each [[user]] has another name, and {name:?} is none or stands there twice"
                ));
            }
            if senders.len() > SENDERS_MAX {
                return refused(format!("user {name:?} has more than {SENDERS_MAX} senders; name domains"));
            }
            if let Some(odd) = senders.iter().find(|pattern| !is_pattern(pattern)) {
                return refused(format!(
                    "{odd:?} among the senders of {name:?} fits no address: write ada@office.example, *@office.example, \
                     *@*.office.example, or *"
                ));
            }
        }
        Ok(())
    }

    /// Whether people sign in.
    pub fn asks(&self) -> bool {
        self.server.users.is_some() || self.server.accounts
    }

    /// Which senders somebody of the users file may use: those of their `[[user]]`, or of everybody's; where there is neither, the
    /// address that their name is, and any when it is none.
    pub fn senders(&self, name: &str) -> Senders {
        let own = || match name.trim().to_lowercase() {
            name if is_whole(&name) => Senders(vec![name]),
            _ => Senders::any(),
        };
        self.named(name).unwrap_or_else(own)
    }

    /// Which senders an account may use: those of its `[[user]]`, or of everybody's, or none. Whoever was invited chose its name, so
    /// that it says nothing of an address.
    pub fn senders_of_account(&self, name: &str) -> Senders {
        self.named(name).unwrap_or_else(|| Senders(Vec::new()))
    }

    /// The senders of a `[[user]]`, or of everybody's.
    fn named(&self, name: &str) -> Option<Senders> {
        let name = name.trim().to_lowercase();
        let of = |name: &str| self.user.iter().find(|user| user.name.trim().to_lowercase() == name);
        of(&name).or_else(|| of(ANYBODY)).map(|user| Senders(user.senders.clone()))
    }

    /// What becomes of a message to some. `senders` is everybody from whom it could be: the envelope's sender, where it has one, and
    /// the header's authors. A rule that lets something go unmarked fits only where all of them fit.
    pub fn decide<'a>(
        &self,
        senders: impl Iterator<Item = &'a str> + Clone,
        recipients: impl Iterator<Item = &'a str> + Clone,
    ) -> Decision {
        let fits_one = |patterns: &Vec<String>, address: &str| patterns.iter().any(|p| fits(p, address));
        let fit_all = |rule: &Rule| {
            let patterns = rule.sender.as_ref();
            patterns.is_none_or(|own| {
                senders.clone().next().is_some() && senders.clone().all(|from| fits_one(own, from))
            })
        };
        let fit_some = |rule: &Rule| {
            rule.sender.as_ref().is_none_or(|own| senders.clone().any(|from| fits_one(own, from)))
        };
        let fits_rule = |rule: &&Rule| {
            let sender_fits = match rule.does {
                Does::Pass => fit_all(rule),
                Does::Mark | Does::Refuse => fit_some(rule),
            };
            let own = rule.recipient.as_ref();
            sender_fits && own.is_none_or(|own| recipients.clone().any(|to| fits_one(own, to)))
        };
        match self.rule.iter().find(fits_rule) {
            // What else a rule lets pass it lets pass for those whom it names.
            Some(rule) if !fit_all(rule) => Decision::plain(rule.does),
            Some(rule) => Decision {
                does: rule.does,
                short: rule.short,
                signed: rule.signed,
                others: rule.others,
                attachments: rule.attachments,
            },
            None => Decision::plain(self.mark.otherwise),
        }
    }
}

fn is_host(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "version = 1\n[upstream]\nserver = \"127.0.0.1\"\nport = 25\ntls = \"none\"\n[mark]\notherwise = \"pass\"\n";

    fn read(text: &str) -> Result<Policy> {
        Policy::read(text, Path::new("/etc/tellmark"))
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let policy = read(&format!(
            "{LEAST}[[rule]]\nrecipient = [\"*@own.example\"]\ndo = \"pass\"\n[[rule]]\nsender = [\"chair@own.example\"]\ndo = \"mark\"\nshort = \"pass\"\n"
        ))
        .unwrap();
        let decide = |sender: &str, to: &[&str]| policy.decide(std::iter::once(sender), to.iter().copied());
        assert_eq!(decide("chair@own.example", &["a@else.example"]).short, Else::Pass);
        assert_eq!(decide("Chair@Own.example", &["a@else.example"]).does, Does::Mark);
        assert_eq!(decide("chair@own.example", &["a@else.example", "b@own.example"]).does, Does::Pass);
        assert_eq!(decide("x@own.example", &["a@else.example"]), Decision::plain(Does::Pass));
    }

    #[test]
    fn whoever_could_be_the_sender_is_asked_for() {
        let policy = read(&format!(
            "{LEAST}[[rule]]\nsender = [\"*@press.example\"]\ndo = \"pass\"\n\
             [[rule]]\nsender = [\"*@lax.example\"]\ndo = \"mark\"\nshort = \"pass\"\nsigned = \"pass\"\nothers = \"pass\"\nattachments = false\n\
             [[rule]]\nsender = [\"*@office.example\"]\ndo = \"mark\"\n[[rule]]\nsender = [\"*@never.example\"]\ndo = \"refuse\"\n"
        ))
        .unwrap();
        let decide =
            |senders: &[&str]| policy.decide(senders.iter().copied(), ["a@else.example"].into_iter());
        let marks = Decision::plain(Does::Mark);
        // The envelope and every author: one is enough to be marked or refused, all are needed to pass.
        for senders in [
            &["a@office.example"][..],
            &["x@else.example", "a@office.example"],
            &["x@press.example", "a@office.example"],
            &["a@office.example", "x@press.example"],
            &["x@lax.example", "x@else.example"],
            &["x@lax.example", "a@office.example"],
        ] {
            assert_eq!(decide(senders), marks, "{senders:?}");
        }
        assert_eq!(decide(&["x@press.example", "y@press.example"]).does, Does::Pass);
        assert_eq!(decide(&["x@lax.example", "y@lax.example"]).short, Else::Pass);
        assert_eq!(decide(&["x@else.example", "x@never.example"]).does, Does::Refuse);
        // Nobody at all fits no rule that names senders.
        let strict = LEAST.replace("\"pass\"", "\"refuse\"");
        let policy = read(&format!("{strict}[[rule]]\nsender = [\"*\"]\ndo = \"pass\"\n")).unwrap();
        assert_eq!(policy.decide([].into_iter(), ["a@else.example"].into_iter()).does, Does::Refuse);
    }

    #[test]
    fn users_have_senders_of_their_own() {
        let with = |more: &str| LEAST.replace("[upstream]", "[server]\nusers = \"users\"\n[upstream]") + more;
        let anna = "[[user]]\nname = \"Anna\"\nsenders = [\"anna@office.example\", \"*@press.example\"]\n";
        let policy = read(&with(anna)).unwrap();
        let may = |policy: &Policy, name: &str, address: &str| policy.senders(name).allow(address);
        assert!(may(&policy, "anna", "Anna@Office.example") && may(&policy, "ANNA", "x@press.example"));
        assert!(!may(&policy, "anna", "bo@office.example") && !may(&policy, "anna", "x@sub.press.example"));
        // A name that is an address is the only sender, unless everybody has others.
        assert!(may(&policy, "bo@n.example", "BO@n.example") && !may(&policy, "bo@n.example", "x@n.example"));
        assert!(may(&policy, "bo", "x@n.example") && policy.senders("bo").is_any());
        assert!(policy.senders("*@n.example").is_any(), "this name is no address, and no pattern either");
        let others = format!("{anna}[[user]]\nname = \"*\"\nsenders = [\"*@office.example\"]\n");
        let policy = read(&with(&others)).unwrap();
        assert!(may(&policy, "bo", "x@office.example") && !may(&policy, "bo", "x@n.example"));
        assert!(
            may(&policy, "bo@n.example", "x@office.example") && !may(&policy, "anna", "x@office.example")
        );
        // An account's name was chosen by whoever was invited: without an entry it may send as nobody.
        let accounts = with(anna).replace("users = \"users\"", "accounts = true");
        let of_account = |text: &str, name: &str| read(text).unwrap().senders_of_account(name);
        assert!(of_account(&accounts, "ANNA").allow("anna@office.example"));
        assert!(of_account(&accounts, "bo@n.example").are_none() && of_account(&accounts, "bo").are_none());
        let both = with(&others).replace("users =", "accounts = true\nusers =");
        assert!(of_account(&both, "bo@n.example").allow("x@office.example"));
        assert!(!of_account(&both, "bo@n.example").allow("bo@n.example"));
        let nobody = read(&with("[[user]]\nname = \"bo\"\nsenders = []\n")).unwrap();
        assert!(!may(&nobody, "bo", "bo@office.example"));
        for (text, why) in [
            (format!("{LEAST}{anna}"), "nobody does"),
            (with("").replace("users = \"users\"", "accounts = true"), "chooses a name"),
            (with("").replace("users =", "accounts = true\nusers ="), "chooses a name"),
            (with(&format!("{anna}{anna}")), "twice"),
            (with(&anna.replace("*@press", "@press")), "fits no address"),
            (with(&anna.replace("*@press.example", "press")), "fits no address"),
            (with(&anna.replace("Anna", " ")), "is none"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}\n{error}");
        }
    }

    #[test]
    fn what_would_be_unsafe_is_refused_with_its_reason() {
        read(LEAST).unwrap();
        let server = |more: &str| LEAST.replace("[upstream]", &format!("[server]\n{more}\n[upstream]"));
        for (text, why) in [
            (server("listen = [\"0.0.0.0:25\"]"), "other machines"),
            (server("listen = [\"0.0.0.0:25\"]\nusers = \"u\""), "other machines"),
            (server("listen = [\"0.0.0.0:25\"]\ncertificate = \"c\"\nkey = \"k\""), "other machines"),
            (server("certificate = \"c\""), "belong together"),
            (server("listen_tls = [\"127.0.0.1:465\"]"), "needs server.certificate"),
            (server("listen = []"), "nowhere"),
            (server("figures = \"0.0.0.0:9100\""), "this machine only"),
            (server("name = \"a b\""), "names of hosts"),
            (LEAST.replace("127.0.0.1", "mail.example"), "this machine only"),
            (LEAST.replace("version = 1", "version = 2"), "version 2"),
            (LEAST.replace("otherwise = \"pass\"", ""), "otherwise"),
            (format!("{LEAST}typo = 1\n"), "unknown field"),
            (LEAST.replace("port = 25", "port = 25\nconnections = 0"), "connections"),
            (format!("{LEAST}[limits]\ndocuments = 0\n"), "limits.documents"),
            (format!("{LEAST}[limits]\nmemory_bytes = 1000\n"), "limits.memory_bytes"),
            (format!("{LEAST}alpha = \"2\"\n"), "alpha"),
            (format!("{LEAST}alpha = \"0.6\"\n"), "alpha"),
            (format!("{LEAST}bits = 0.5\n"), "mark.bits"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}\n{error}");
        }
        let open = server("listen = [\"0.0.0.0:25\"]\ncertificate = \"c\"\nkey = \"k\"\naccounts = true")
            + "[[user]]\nname = \"*\"\nsenders = [\"*@office.example\"]\n";
        assert_eq!(read(&open).unwrap().server.certificate.unwrap(), Path::new("/etc/tellmark/c"));
    }
}
