//! One client's session: which commands are taken when, and what is answered (RFC 5321, 6409, 2920, 3207, 4954).

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, Error as Parsing, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_SMTPUTF8, MailFrom,
    RcptTo, Request,
};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::accept::{self, Incoming};
use crate::address::is_usable;
use crate::figures::Count;
use crate::policy::Senders;
use crate::reply::Reply;
use crate::serve::Relay;
use crate::users::{Known, Signed};
use crate::wire::{Fault, Stream, Wire, Wrong};
use crate::{listen, now_ms};

/// Bytes of a command's line: twice what RFC 5321 and its extensions ask for.
const COMMAND_MAX: usize = 2_048;
/// Commands that are none or come at the wrong time, before the connection ends.
const ERRORS_MAX: u32 = 20;
/// Commands that do nothing, before the connection ends.
const IDLE_MAX: u32 = 200;
/// Passwords that are wrong, before the connection ends.
const PASSWORDS_MAX: u32 = 3;
/// Messages on one connection.
const MESSAGES_MAX: u32 = 10_000;
/// How long a wrong password is answered later.
const WRONG_PAUSE: Duration = Duration::from_millis(500);

/// How a session runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// In the clear, from this machine.
    Clear,
    /// In the clear until STARTTLS.
    ClearYet,
    /// Under TLS.
    Tls,
}

/// A session.
pub struct Session {
    relay: Arc<Relay>,
    wire: Wire,
    peer: IpAddr,
    cover: Cover,
    hello: Option<String>,
    extended: bool,
    /// Who signed in, and which senders they may use.
    user: Option<User>,
    from: Option<From>,
    to: Vec<String>,
    /// The same addresses in small letters.
    folded: HashSet<String>,
    /// How often somebody was named who was named before.
    repeated: usize,
    errors: u32,
    idle: u32,
    passwords: u32,
    messages: u32,
}

#[derive(Clone)]
struct User {
    senders: Senders,
    account: Option<u32>,
}

struct From {
    address: String,
    smtputf8: bool,
}

/// What comes of a command.
enum Then {
    Say(Reply),
    StartTls,
    Message,
}

impl Session {
    /// A session over a stream.
    pub fn new(relay: Arc<Relay>, stream: Box<dyn Stream>, peer: IpAddr, cover: Cover) -> Session {
        let patience = Duration::from_secs(relay.policy.limits.seconds);
        Session {
            relay,
            wire: Wire::new(stream, patience),
            peer,
            cover,
            hello: None,
            extended: false,
            user: None,
            from: None,
            to: Vec::new(),
            folded: HashSet::new(),
            repeated: 0,
            errors: 0,
            idle: 0,
            passwords: 0,
            messages: 0,
        }
    }

    /// Talks until one side ends it.
    pub async fn run(mut self) {
        let name = self.relay.policy.server.name.clone();
        self.say(&Reply::new(220, "", format!("{name} ESMTP")));
        loop {
            // Everything that was said before does not count (RFC 3207, 4.2).
            let Some(stream) = self.talk().await else { return };
            let Session { relay, peer, .. } = self;
            self = Session::new(relay, stream, peer, Cover::Tls);
        }
    }

    /// Talks until the session ends; the stream over which it goes on, where it does.
    async fn talk(&mut self) -> Option<Box<dyn Stream>> {
        loop {
            let reply = match self.next().await {
                Ok(Then::Say(reply)) => Ok(reply),
                Ok(Then::StartTls) => return self.start_tls().await,
                Ok(Then::Message) => self.message().await,
                Err(fault) => Err(fault),
            };
            let reply = match reply {
                Ok(reply) => reply,
                Err(fault) => last_words(&fault)?,
            };
            self.say(&reply);
            if reply.ends {
                let _ = self.wire.flush().await;
                return None;
            }
        }
    }

    /// What comes of the next command.
    async fn next(&mut self) -> Result<Then, Fault> {
        if self.relay.queue.is_ending() {
            return Ok(Then::Say(Reply::end(421, "4.3.2", "the server ends")));
        }
        let line = self.wire.line(COMMAND_MAX).await?;
        self.command(&line).await
    }

    fn say(&mut self, reply: &Reply) {
        reply.write(self.wire.out());
    }

    /// The stream under TLS; `None` when something was sent ahead, or it fails.
    async fn start_tls(&mut self) -> Option<Box<dyn Stream>> {
        self.say(&Reply::new(220, "2.0.0", "go on under TLS"));
        self.wire.flush().await.ok()?;
        let empty = Wire::new(Box::new(tokio::io::empty()), Duration::ZERO);
        let stream = std::mem::replace(&mut self.wire, empty).into_stream()?;
        listen::secure(&self.relay, stream).await
    }

    async fn command(&mut self, line: &[u8]) -> Result<Then, Fault> {
        let whole = [line, b"\r\n"].concat();
        let parsed = match line.contains(&0) {
            true => Err(Parsing::UnknownCommand),
            false => Request::parse(&mut whole.iter()),
        };
        let reply = match parsed {
            Ok(Request::Ehlo { host }) => self.greeted(&host, true),
            Ok(Request::Helo { host }) => self.greeted(&host, false),
            Ok(Request::StartTls) => match self.may_start_tls() {
                Ok(()) => return Ok(Then::StartTls),
                Err(reply) => reply,
            },
            Ok(Request::Auth { mechanism, initial_response }) => {
                self.auth(mechanism, &initial_response).await?
            }
            Ok(Request::Mail { from }) => self.mail(&from),
            Ok(Request::Rcpt { to }) => self.rcpt(&to),
            Ok(Request::Data) => match self.may_send() {
                Ok(()) => return Ok(Then::Message),
                Err(reply) => reply,
            },
            Ok(Request::Rset) => {
                self.forget();
                self.nothing(Reply::new(250, "2.0.0", "forgotten"))
            }
            Ok(Request::Noop { .. }) => self.nothing(Reply::new(250, "2.0.0", "fine")),
            Ok(Request::Vrfy { .. }) => self.nothing(Reply::new(252, "2.1.5", "send it and see")),
            Ok(Request::Help { .. }) => self.nothing(Reply::new(214, "2.0.0", "see RFC 5321 and 6409")),
            Ok(Request::Quit) => Reply::end(221, "2.0.0", "until next time"),
            Ok(_) => self.wrong(502, "5.5.1", "this command is not known here"),
            Err(Parsing::InvalidSenderAddress) => self.wrong(553, "5.1.7", "this is no address"),
            Err(Parsing::InvalidRecipientAddress) => self.wrong(553, "5.1.3", "this is no address"),
            Err(Parsing::UnsupportedParameter { .. }) => {
                self.wrong(555, "5.5.4", "this parameter is not known here")
            }
            Err(Parsing::InvalidParameter { param }) => {
                self.wrong(501, "5.5.4", &format!("{param} cannot be this"))
            }
            Err(Parsing::SyntaxError { syntax }) => self.wrong(501, "5.5.2", &format!("write {syntax}")),
            Err(_) => self.wrong(500, "5.5.2", "this is no command"),
        };
        Ok(Then::Say(reply))
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
        self.folded.clear();
        self.repeated = 0;
    }

    /// An answer to what was wrong; after too many the connection ends.
    fn wrong(&mut self, code: u16, enhanced: &'static str, words: &str) -> Reply {
        self.errors += 1;
        match self.errors > ERRORS_MAX {
            true => Reply::end(421, "4.7.0", "too many errors"),
            false => Reply::new(code, enhanced, words),
        }
    }

    /// An answer to what does nothing; after too many the connection ends.
    fn nothing(&mut self, reply: Reply) -> Reply {
        self.idle += 1;
        match self.idle > IDLE_MAX {
            true => Reply::end(421, "4.7.0", "too many commands that do nothing"),
            false => reply,
        }
    }

    fn greeted(&mut self, host: &str, extended: bool) -> Reply {
        self.forget();
        self.extended = extended;
        self.hello = Some(host.to_owned());
        let name = self.relay.policy.server.name.clone();
        if !extended {
            return self.nothing(Reply::new(250, "", name));
        }
        let mut lines = vec![name, format!("SIZE {}", self.relay.policy.limits.message_bytes)];
        lines.extend(["8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"].map(str::to_owned));
        if self.may_start_tls().is_ok() {
            lines.push("STARTTLS".into());
        }
        if self.asks() && self.cover != Cover::ClearYet && self.user.is_none() {
            lines.push("AUTH PLAIN LOGIN".into());
        }
        let last = lines.pop().unwrap_or_default();
        let reply = self.nothing(Reply::new(250, "", last));
        if !reply.ends {
            for line in lines {
                self.wire.out().extend_from_slice(format!("250-{line}\r\n").as_bytes());
            }
        }
        reply
    }

    fn asks(&self) -> bool {
        self.relay.policy.asks()
    }

    fn may_start_tls(&self) -> Result<(), Reply> {
        match self.cover {
            Cover::Tls => Err(Reply::new(503, "5.5.1", "this is under TLS already")),
            _ if !self.relay.has_tls() => Err(Reply::new(502, "5.5.1", "there is no certificate here")),
            _ if self.from.is_some() => Err(Reply::new(503, "5.5.1", "not within a message")),
            _ => Ok(()),
        }
    }

    async fn auth(&mut self, mechanism: u64, first: &str) -> Result<Reply, Fault> {
        if !self.asks() {
            return Ok(self.wrong(502, "5.5.1", "nobody signs in here"));
        }
        if self.cover == Cover::ClearYet {
            return Ok(self.wrong(538, "5.7.11", "start TLS first, so that nobody else reads the password"));
        }
        if self.hello.is_none() || !self.extended || self.user.is_some() || self.from.is_some() {
            return Ok(self.wrong(503, "5.5.1", "not now"));
        }
        let first = Zeroizing::new(first.trim().to_owned());
        let said = match mechanism {
            AUTH_PLAIN => {
                let response = if first.is_empty() { self.asked("").await? } else { first };
                plain(&response)
            }
            AUTH_LOGIN => {
                let name = if first.is_empty() { self.asked("VXNlcm5hbWU6").await? } else { first };
                match name.as_str() {
                    "*" => None,
                    name => {
                        let name = decoded(name);
                        let password = decoded(&self.asked("UGFzc3dvcmQ6").await?);
                        name.zip(password)
                    }
                }
            }
            _ => return Ok(self.wrong(504, "5.5.4", "sign in with PLAIN or LOGIN")),
        };
        let Some((name, password)) = said else {
            return Ok(self.wrong(501, "5.5.2", "this is no name with a password in base64"));
        };
        Ok(match self.sign_in(name, password).await {
            Signed::In(Known { name, account }) => {
                let policy = &self.relay.policy;
                let senders = match account {
                    Some(_) => policy.senders_of_account(&name),
                    None => policy.senders(&name),
                };
                match account.is_some() && senders.are_none() {
                    true => Reply::new(
                        535,
                        "5.7.8",
                        "the policy does not say as whom this account may send: whoever keeps it adds a [[user]] for it",
                    ),
                    false => {
                        self.user = Some(User { senders, account });
                        Reply::new(235, "2.7.0", "welcome")
                    }
                }
            }
            Signed::NoSender => Reply::new(
                535,
                "5.7.8",
                "this account sends nothing: it takes the role of an owner or of an author, who may seal",
            ),
            Signed::Failed => Reply::new(454, "4.7.0", "try again later"),
            Signed::TooOften => Reply::end(421, "4.7.0", "too many tries; try again in a quarter of an hour"),
            Signed::Wrong => {
                self.passwords += 1;
                self.relay.figures.count(Count::WrongPasswords);
                tokio::time::sleep(WRONG_PAUSE).await;
                match self.passwords >= PASSWORDS_MAX {
                    true => Reply::end(421, "4.7.0", "too many wrong passwords"),
                    false => Reply::new(535, "5.7.8", "this name and password do not belong together"),
                }
            }
        })
    }

    async fn sign_in(&mut self, name: Zeroizing<String>, password: Zeroizing<String>) -> Signed {
        let (relay, from) = (self.relay.clone(), self.peer);
        // It is never closed.
        let turn = relay.sign_ins.clone().acquire_owned().await.ok();
        let work = async move |relay: &Relay| {
            // Held until the work is done, though the session may end before.
            let _turn = turn;
            relay.users.sign_in(&relay.vault, &name, &password, from, now_ms() / 1000).await
        };
        relay.work(work).await.unwrap_or(Signed::Failed)
    }

    /// Asks for something more, in base64.
    async fn asked(&mut self, what: &str) -> Result<Zeroizing<String>, Fault> {
        self.wire.out().extend_from_slice(format!("334 {what}\r\n").as_bytes());
        let line = self.wire.line(COMMAND_MAX).await?;
        Ok(Zeroizing::new(String::from_utf8_lossy(&line).trim().to_owned()))
    }

    fn mail<T: AsRef<str>>(&mut self, from: &MailFrom<T>) -> Reply {
        let smtputf8 = from.flags & MAIL_SMTPUTF8 != 0;
        let address = from.address.as_ref();
        let limits = &self.relay.policy.limits;
        let (bytes_max, waiting_max) = (limits.message_bytes, limits.waiting);
        let is_odd = from.flags & !(MAIL_BODY_7BIT | MAIL_BODY_8BITMIME | MAIL_SMTPUTF8) != 0
            || (from.by, from.hold_for, from.hold_until, from.mt_priority) != (0, 0, 0, 0)
            || from.trans_id.is_some()
            || from.env_id.is_some()
            || from.solicit.is_some()
            || from.mtrk.is_some();
        // Without a sender nobody's name is used: so a mail program says that something was read.
        let is_own = address.is_empty() || self.user.as_ref().is_none_or(|user| user.senders.allow(address));
        match () {
            () if self.hello.is_none() => self.wrong(503, "5.5.1", "say EHLO first"),
            () if self.asks() && self.user.is_none() => self.wrong(530, "5.7.0", "sign in first"),
            () if self.from.is_some() => self.wrong(503, "5.5.1", "one message after the other"),
            () if self.messages >= MESSAGES_MAX => Reply::end(421, "4.7.0", "enough for one connection"),
            () if is_odd => self.wrong(555, "5.5.4", "a parameter is not known here"),
            () if from.size > bytes_max => {
                self.wrong(552, "5.3.4", &format!("a message has at most {bytes_max} bytes"))
            }
            () if !address.is_empty() && !is_usable(address, smtputf8) => {
                self.wrong(553, "5.1.7", "this is no address that can be used")
            }
            () if !is_own => self.wrong(
                553,
                "5.7.1",
                "whoever signed in may not send as this address; choose another, or have it added to the policy",
            ),
            () if self.relay.queue.waiting() >= waiting_max => {
                self.relay.figures.count(Count::PutOff);
                Reply::new(452, "4.3.1", "too much waits already; try again later")
            }
            () => {
                self.from = Some(From { address: address.to_owned(), smtputf8 });
                Reply::new(250, "2.1.0", "fine")
            }
        }
    }

    fn rcpt<T: AsRef<str>>(&mut self, to: &RcptTo<T>) -> Reply {
        let Some(from) = &self.from else { return self.wrong(503, "5.5.1", "say MAIL first") };
        let address = to.address.as_ref();
        if to.orcpt.is_some() || to.flags != 0 || to.rrvs != 0 {
            return self.wrong(555, "5.5.4", "a parameter is not known here");
        }
        if !is_usable(address, from.smtputf8) {
            return self.wrong(553, "5.1.3", "this is no address that can be used");
        }
        let recipients_max = self.relay.policy.limits.recipients;
        if self.to.len() >= recipients_max {
            return Reply::new(452, "4.5.3", "too many recipients; send to the others in another message");
        }
        // The same mailbox twice is one recipient.
        if self.folded.insert(address.to_lowercase()) {
            self.to.push(address.to_owned());
            return Reply::new(250, "2.1.5", "fine");
        }
        self.repeated += 1;
        match self.repeated > recipients_max {
            true => self.wrong(452, "4.5.3", "the same recipients too often"),
            false => Reply::new(250, "2.1.5", "fine"),
        }
    }

    fn may_send(&mut self) -> Result<(), Reply> {
        match (&self.from, self.to.is_empty()) {
            (None, _) => Err(self.wrong(503, "5.5.1", "say MAIL first")),
            (Some(_), true) => Err(self.wrong(554, "5.5.1", "there is nobody to get it")),
            (Some(_), false) => Ok(()),
        }
    }

    /// Takes a message in and answers what became of it.
    async fn message(&mut self) -> Result<Reply, Fault> {
        self.wire.out().extend_from_slice(b"354 go on; a line with a dot ends it\r\n");
        let limits = &self.relay.policy.limits;
        let (bytes_max, seconds) = (limits.message_bytes, limits.message_seconds);
        let read = timeout(Duration::from_secs(seconds), self.wire.message(bytes_max)).await;
        let bytes = match read.map_err(|_| Fault::Slow)?? {
            Ok(bytes) => bytes,
            Err(wrong) => {
                self.relay.figures.count(Count::Refused);
                self.forget();
                return Ok(match wrong {
                    // What follows may have been meant as a part of it: nothing more is read.
                    Wrong::Bare => Reply::end(
                        554,
                        "5.6.0",
                        "a line of the message does not end in CR and LF, so that others could take it for two; nothing was sent",
                    ),
                    Wrong::Long => Reply::new(554, "5.6.0", "a line of the message has more than 998 bytes"),
                    Wrong::Nul => Reply::new(554, "5.6.0", "the message holds a byte 0"),
                    Wrong::Large => {
                        Reply::new(552, "5.3.4", format!("a message has at most {bytes_max} bytes"))
                    }
                });
            }
        };
        self.messages += 1;
        let Some(From { address, smtputf8 }) = self.from.take() else {
            return Ok(Reply::new(503, "5.5.1", "say MAIL first"));
        };
        let by = match (self.extended, self.cover == Cover::Tls, self.user.is_some()) {
            (false, ..) => "SMTP",
            (true, false, false) => "ESMTP",
            (true, false, true) => "ESMTPA",
            (true, true, false) => "ESMTPS",
            (true, true, true) => "ESMTPSA",
        };
        let hello = self.hello.clone().unwrap_or_default();
        let user = self.user.clone().unwrap_or_else(|| User { senders: Senders::any(), account: None });
        let to = std::mem::take(&mut self.to);
        self.forget();
        let incoming = Incoming {
            from: address,
            to,
            senders: user.senders,
            account: user.account,
            smtputf8,
            received: received(&hello, self.peer, &self.relay.policy.server.name, by),
            bytes,
        };
        Ok(accept::accept(&self.relay, incoming).await)
    }
}

/// What is said before a connection ends; `None` where nobody hears it any more.
fn last_words(fault: &Fault) -> Option<Reply> {
    match fault {
        Fault::Closed | Fault::Io(_) => None,
        Fault::Slow => Some(Reply::end(421, "4.4.2", "nothing came for too long")),
        Fault::Long => Some(Reply::end(500, "5.5.6", "this line is too long")),
        Fault::Bare => Some(Reply::end(500, "5.5.2", "a line ends in CR and LF, and in nothing else")),
    }
}

/// What `Received` says of a client. What it calls itself is repeated only where it is a name.
fn received(hello: &str, peer: IpAddr, name: &str, by: &str) -> String {
    let is_name = hello.len() <= 200
        && hello
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'[' | b']' | b':'));
    let hello = if is_name && !hello.is_empty() { hello } else { "unknown" };
    let peer = match peer {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    };
    format!("from {hello} ({peer}) by {name} with {by}")
}

fn decoded(text: &str) -> Option<Zeroizing<String>> {
    let bytes = STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok().map(Zeroizing::new).filter(|text| !text.contains('\0'))
}

/// Name and password of AUTH PLAIN (RFC 4616). Nobody acts for somebody else here.
fn plain(response: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let text = Zeroizing::new(String::from_utf8(STANDARD.decode(response).ok()?).ok()?);
    let parts: Vec<&str> = text.split('\0').collect();
    match parts[..] {
        [other, name, password] if (other.is_empty() || other == name) && !name.is_empty() => {
            Some((Zeroizing::new(name.to_owned()), Zeroizing::new(password.to_owned())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_read_or_refused() {
        let of = |text: &str| {
            plain(&STANDARD.encode(text)).map(|(name, password)| format!("{}/{}", *name, *password))
        };
        assert_eq!(of("\0ada\0long secret").unwrap(), "ada/long secret");
        assert_eq!(of("ada\0ada\0x").unwrap(), "ada/x");
        for bad in ["ada\0x", "\0\0x", "bo\0ada\0x", "\0a\0b\0c", ""] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
        assert!(plain("*").is_none() && decoded("AA==").is_none());
    }

    #[tokio::test]
    async fn whoever_signs_in_waits_for_a_turn() {
        let folder = tempfile::tempdir().unwrap();
        let relay = crate::serve::relay_in(folder.path()).await;
        let (own, stream) = (relay.clone(), Box::new(tokio::io::empty()));
        let mut session = Session::new(own, stream, IpAddr::from([127, 0, 0, 1]), Cover::Tls);
        let mut sign_in = async move || session.sign_in("ada".to_owned().into(), "x".to_owned().into()).await;
        let all = relay.sign_ins.clone().acquire_many_owned(crate::serve::SIGN_INS_MAX as u32).await;
        assert!(timeout(Duration::from_millis(200), sign_in()).await.is_err());
        drop(all);
        assert_eq!(sign_in().await, Signed::Wrong);
        assert_eq!(relay.sign_ins.available_permits(), crate::serve::SIGN_INS_MAX);
    }

    #[test]
    fn a_client_writes_nothing_into_the_header() {
        let peer = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(received("a.example", peer, "r", "ESMTP"), "from a.example ([127.0.0.1]) by r with ESMTP");
        for odd in ["a\r\nBcc: x", "a (b)", "a;b", "", "ü"] {
            assert!(received(odd, peer, "r", "ESMTP").starts_with("from unknown ("), "{odd:?}");
        }
    }
}
