//! The office's own server, as a client sees it: what can go in one piece does (RFC 2920), and every answer has a limit and
//! a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::policy::{self, Tls};
use crate::tls::Connector;
use crate::wire::{Fault, Stream, Wire, stuff};
use crate::{Error, Result};

/// Bytes of a line of an answer, and lines of one (RFC 5321, 4.5.3.1.5, and more than that).
const LINE_MAX: usize = 2_048;
const LINES_MAX: usize = 100;
/// Bytes of an answer that are kept.
const WORDS_MAX: usize = 2_000;

/// Where mail goes.
#[derive(Debug)]
pub struct Upstream {
    server: String,
    port: u16,
    tls: Tls,
    connector: Option<Connector>,
    login: Option<(String, zeroize::Zeroizing<String>)>,
    hello: String,
    patience: Duration,
    /// Whether it took letters beyond ASCII in addresses when it was connected to last.
    utf8: AtomicBool,
}

/// An answer of the other server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For example 250.
    pub code: u16,
    /// Its words, on one line.
    pub words: String,
}

impl Answer {
    fn is_good(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// Code and words.
    pub fn said(&self) -> String {
        format!("{} {}", self.code, self.words)
    }
}

/// How long the answer to a whole message may take.
const AFTER_END: Duration = Duration::from_secs(600);

/// Why there is no connection, or no longer one.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The network failed, or what came is no answer.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The other server does not want us.
    #[error("the server says: {}", .0.said())]
    Refused(Answer),
    /// It cannot do what was asked for: TLS, or signing in.
    #[error("the server offers no {0}")]
    Lacks(&'static str),
    /// A whole message was sent, and no answer came: whether it was taken nobody knows.
    #[error("it did not say whether it took the message: {0}")]
    InDoubt(Fault),
}

impl Lost {
    /// What kind of failure it is; the words of another server may name people, and stand in no log.
    pub fn kind(&self) -> String {
        match self {
            Lost::Fault(fault) => fault.to_string(),
            Lost::Refused(answer) => format!("it answers {}", answer.code),
            Lost::Lacks(what) => format!("it offers no {what}"),
            Lost::InDoubt(fault) => format!("no answer to a whole message: {fault}"),
        }
    }
}

/// What became of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other server has it.
    Sent,
    /// It may be tried again.
    Later(String),
    /// It will not be taken.
    Never(String),
}

/// A message to hand over.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Who sends it; empty for a message that tells of a failure.
    pub from: &'a str,
    /// Who gets it.
    pub to: &'a str,
    /// Whether addresses or header are beyond ASCII.
    pub smtputf8: bool,
    /// What stands before the message: `Received`.
    pub head: &'a [u8],
    /// The message.
    pub body: &'a [u8],
}

impl Upstream {
    /// As the policy says.
    ///
    /// # Errors
    /// When certificates cannot be read, or a user has no password.
    pub fn new(policy: &policy::Upstream, hello: &str) -> Result<Upstream> {
        let connector = match policy.tls {
            Tls::None => None,
            _ => Some(Connector::new(&policy.server, policy.ca.as_deref())?),
        };
        let login = match (&policy.user, &policy.password) {
            (None, _) => None,
            (Some(user), Some(password)) => Some((user.clone(), password.clone())),
            (Some(_), None) => {
                return Err(Error::refused(
                    "upstream.user has no password: give it in TELLMARK_UPSTREAM_PASSWORD or upstream.password",
                ));
            }
        };
        Ok(Upstream {
            server: policy.server.clone(),
            port: policy.port,
            tls: policy.tls,
            connector,
            login,
            hello: hello.to_owned(),
            patience: Duration::from_secs(policy.seconds),
            utf8: AtomicBool::new(false),
        })
    }

    /// Whether it takes letters beyond ASCII in addresses; it is asked unless it said so last.
    ///
    /// # Errors
    /// [`Lost`], when it has to be asked.
    pub async fn takes_utf8(&self) -> std::result::Result<bool, Lost> {
        if !self.utf8.load(Ordering::Relaxed) {
            self.connect().await?.quit().await;
        }
        Ok(self.utf8.load(Ordering::Relaxed))
    }

    /// Connects, protects the connection and signs in.
    ///
    /// # Errors
    /// [`Lost`].
    pub async fn connect(&self) -> std::result::Result<Connection, Lost> {
        let io = |error: std::io::Error| Lost::Fault(Fault::Io(error));
        let slow = |_| Lost::Fault(Fault::Slow);
        let tcp = timeout(self.patience, TcpStream::connect((self.server.as_str(), self.port)));
        let tcp = tcp.await.map_err(slow)?.map_err(io)?;
        tcp.set_nodelay(true).map_err(io)?;
        let mut stream: Box<dyn Stream> = Box::new(tcp);
        if let (Tls::Tls, Some(connector)) = (self.tls, &self.connector) {
            stream = timeout(self.patience, connector.secure(stream)).await.map_err(slow)?.map_err(io)?;
        }
        let mut connection = Connection::new(Wire::new(stream, self.patience));
        connection.good().await?;
        connection.hello(&self.hello).await?;
        if let (Tls::Starttls, Some(connector)) = (self.tls, &self.connector) {
            if !connection.offers("STARTTLS") {
                return Err(Lost::Lacks("STARTTLS"));
            }
            connection.say("STARTTLS");
            connection.good().await?;
            // What was sent ahead would be taken for said under TLS.
            let stream = connection.wire.into_stream().ok_or(Lost::Fault(Fault::Bare))?;
            let stream = timeout(self.patience, connector.secure(stream)).await.map_err(slow)?.map_err(io)?;
            connection = Connection::new(Wire::new(stream, self.patience));
            connection.hello(&self.hello).await?;
        }
        if let Some((user, password)) = &self.login {
            connection.sign_in(user, password).await?;
        }
        self.utf8.store(connection.offers("SMTPUTF8"), Ordering::Relaxed);
        Ok(connection)
    }
}

/// A connection on which messages can be handed over.
#[derive(Debug)]
pub struct Connection {
    wire: Wire,
    offers: Vec<String>,
    /// How long the answer to a whole message may take.
    after_end: Duration,
    /// Whether it broke after an outcome was known: it is of no use any more.
    is_over: bool,
}

impl Connection {
    fn new(wire: Wire) -> Connection {
        Connection { wire, offers: Vec::new(), after_end: AFTER_END, is_over: false }
    }

    /// Whether nothing more can be handed over on it, though what became of the last message is known.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    fn say(&mut self, line: &str) {
        self.wire.out().extend_from_slice(line.as_bytes());
        self.wire.out().extend_from_slice(b"\r\n");
    }

    fn offers(&self, name: &str) -> bool {
        self.offers.iter().any(|offer| offer.split(' ').next() == Some(name))
    }

    async fn answer(&mut self) -> std::result::Result<Answer, Fault> {
        Ok(self.answer_lines().await?.0)
    }

    async fn answer_lines(&mut self) -> std::result::Result<(Answer, Vec<String>), Fault> {
        let (mut words, mut lines) = (String::new(), Vec::new());
        for _ in 0..LINES_MAX {
            let line = self.wire.line(LINE_MAX).await?;
            let (code, is_last, said) = read_line(&line).ok_or(Fault::Bare)?;
            if words.len() < WORDS_MAX {
                words.push_str(if words.is_empty() { "" } else { " " });
                words.push_str(&said);
            }
            lines.push(said);
            if is_last {
                return Ok((Answer { code, words }, lines));
            }
        }
        Err(Fault::Long)
    }

    async fn good(&mut self) -> std::result::Result<(), Lost> {
        let answer = self.answer().await?;
        if answer.is_good() { Ok(()) } else { Err(Lost::Refused(answer)) }
    }

    async fn hello(&mut self, name: &str) -> std::result::Result<(), Lost> {
        self.say(&format!("EHLO {name}"));
        let (answer, lines) = self.answer_lines().await?;
        if !answer.is_good() {
            return Err(Lost::Refused(answer));
        }
        self.offers = lines.into_iter().skip(1).map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    async fn sign_in(&mut self, user: &str, password: &str) -> std::result::Result<(), Lost> {
        let offer = self.offers.iter().find(|offer| offer.starts_with("AUTH "));
        let has = |name: &str| offer.is_some_and(|offer| offer.split(' ').any(|word| word == name));
        let coded = |text: &str| zeroize::Zeroizing::new(STANDARD.encode(text));
        if has("PLAIN") {
            let both = zeroize::Zeroizing::new(format!("\0{user}\0{password}"));
            self.say(&zeroize::Zeroizing::new(format!("AUTH PLAIN {}", *coded(&both))));
            return self.good().await;
        }
        if has("LOGIN") {
            self.say("AUTH LOGIN");
            self.good().await?;
            self.say(&coded(user));
            self.good().await?;
            self.say(&coded(password));
            return self.good().await;
        }
        Err(Lost::Lacks("AUTH PLAIN or LOGIN"))
    }

    /// Hands a message over. `before_end` is called when all is said but the dot that ends it.
    ///
    /// # Errors
    /// [`Lost`] when the connection is of no use any more; whether the message was taken is in doubt if `before_end` was called.
    pub async fn hand_over(
        &mut self,
        message: Outgoing<'_>,
        before_end: impl FnOnce() -> Result<()>,
    ) -> std::result::Result<Outcome, Lost> {
        let Outgoing { from, to, smtputf8, head, body } = message;
        let is_8bit = !head.is_ascii() || !body.is_ascii();
        if smtputf8 && !self.offers("SMTPUTF8") {
            return Ok(Outcome::Never(
                "550 5.6.7 the next server takes no letters beyond ASCII in addresses and headers".into(),
            ));
        }
        if is_8bit && !self.offers("8BITMIME") {
            return Ok(Outcome::Never("550 5.6.3 the next server takes no 8-bit text".into()));
        }
        let mut mail = format!("MAIL FROM:<{from}>");
        if self.offers("SIZE") {
            mail.push_str(&format!(" SIZE={}", head.len() + body.len()));
        }
        mail.push_str(if is_8bit { " BODY=8BITMIME" } else { "" });
        mail.push_str(if smtputf8 { " SMTPUTF8" } else { "" });
        let pipelines = self.offers("PIPELINING");
        let mut refused = None;
        for line in [mail, format!("RCPT TO:<{to}>")] {
            self.say(&line);
            if !pipelines {
                let answer = self.answer().await?;
                if !answer.is_good() {
                    return self.given_up(answer).await;
                }
            }
        }
        self.say("DATA");
        if pipelines {
            for _ in 0..2 {
                let answer = match (self.answer().await, refused.take()) {
                    (Ok(_), Some(before)) => before,
                    (Err(_), Some(before)) => return self.broken_after(before),
                    (answer, None) => answer?,
                };
                refused = (!answer.is_good()).then_some(answer);
            }
        }
        let data = match (self.answer().await, refused.take()) {
            // It waits for a message to nobody: end that, and the transaction with it.
            (Ok(Answer { code: 354, .. }), Some(refused)) => {
                self.wire.out().extend_from_slice(b".\r\n");
                return match self.answer().await {
                    Ok(_) => self.given_up(refused).await,
                    Err(_) => self.broken_after(refused),
                };
            }
            (Ok(_), Some(refused)) => return self.given_up(refused).await,
            (Err(_), Some(refused)) => return self.broken_after(refused),
            (data, None) => data?,
        };
        if data.code == 354 {
            let out = self.wire.out();
            let from = out.len();
            let whole = [head, body].concat();
            stuff(&whole, out);
            // Everything but the dot first.
            let end = out.split_off(out.len().max(from + 3) - 3);
            self.wire.flush().await?;
            if let Err(error) = before_end() {
                return Err(Lost::Fault(Fault::Io(std::io::Error::other(error.to_string()))));
            }
            self.wire.out().extend_from_slice(&end);
            // What the other server does before it answers may take long (RFC 5321, 4.5.3.2.6).
            let patience = self.wire.wait_for(self.after_end);
            let answer = self.answer().await.map_err(Lost::InDoubt)?;
            self.wire.wait_for(patience);
            return Ok(match answer.code {
                200..=299 => Outcome::Sent,
                _ => outcome(&answer),
            });
        }
        self.given_up(data).await
    }

    /// Ends a transaction that was refused. What was answered stands, whatever becomes of the connection.
    async fn given_up(&mut self, answer: Answer) -> std::result::Result<Outcome, Lost> {
        if answer.code == 421 {
            return Err(Lost::Refused(answer));
        }
        self.say("RSET");
        self.is_over = self.good().await.is_err();
        Ok(outcome(&answer))
    }

    /// The connection broke after a message was refused.
    fn broken_after(&mut self, answer: Answer) -> std::result::Result<Outcome, Lost> {
        if answer.code == 421 {
            return Err(Lost::Refused(answer));
        }
        self.is_over = true;
        Ok(outcome(&answer))
    }

    /// Ends the connection; nobody waits for the answer for long.
    pub async fn quit(mut self) {
        self.say("QUIT");
        let _ = timeout(Duration::from_secs(2), self.answer()).await;
    }
}

fn outcome(answer: &Answer) -> Outcome {
    match answer.code {
        500..=599 => Outcome::Never(answer.said()),
        _ => Outcome::Later(answer.said()),
    }
}

/// Code, whether it is the last line, and words.
fn read_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let (code, rest) = line.split_at_checked(3)?;
    let code: u16 =
        std::str::from_utf8(code).ok().filter(|c| c.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let is_last = match rest.first() {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    let words =
        crate::reply::printable(&String::from_utf8_lossy(rest.get(1..).unwrap_or_default()), LINE_MAX);
    (200..600).contains(&code).then_some((code, is_last, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(100);

    /// What a server says to each command and to the message, and how long it waits before: `None` ends the connection.
    type Says = &'static [(u32, Option<&'static str>)];

    /// Hands a message over to a server that speaks like this, and is silent then. The relay is patient for a tenth of a second, and
    /// so many times that after the end of a message.
    async fn handed(says: Says, after_end: u32, times: usize) -> Vec<std::result::Result<Outcome, Lost>> {
        handed_over(says, &[], after_end, times).await.0
    }

    /// The same over a server that offers this, and whether the connection is over then.
    async fn handed_over(
        says: Says,
        offers: &[&str],
        after_end: u32,
        times: usize,
    ) -> (Vec<std::result::Result<Outcome, Lost>>, bool) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (own, mut other) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(async move {
            let mut got = Vec::new();
            for (number, (wait, answer)) in says.iter().enumerate() {
                let end: &[u8] = if number == BEFORE.len() { b"\r\n.\r\n" } else { b"\r\n" };
                while !got.ends_with(end) {
                    if other.read_buf(&mut got).await.unwrap_or_default() == 0 {
                        return;
                    }
                }
                got.clear();
                tokio::time::sleep(SHORT * *wait).await;
                match answer {
                    None => return,
                    Some(answer) => _ = other.write_all(answer.as_bytes()).await,
                }
            }
            while other.read_buf(&mut got).await.unwrap_or_default() > 0 {}
        });
        let mut connection = Connection::new(Wire::new(Box::new(own), SHORT));
        connection.after_end = SHORT * after_end;
        connection.offers = offers.iter().map(|&offer| offer.to_owned()).collect();
        let message = Outgoing {
            from: "a@office.example",
            to: "b@n.example",
            smtputf8: false,
            head: b"Received: x\r\n",
            body: b"Subject: x\r\n\r\nx\r\n",
        };
        let mut all = Vec::new();
        for _ in 0..times {
            all.push(connection.hand_over(message, || Ok(())).await);
        }
        let is_over = connection.is_over();
        drop(connection);
        server.await.unwrap();
        (all, is_over)
    }

    const BEFORE: [(u32, Option<&str>); 3] =
        [(0, Some("250 fine\r\n")), (0, Some("250 fine\r\n")), (0, Some("354 go on\r\n"))];

    #[tokio::test]
    async fn a_slow_answer_to_a_whole_message_is_waited_for() {
        const SLOW: Says = &[BEFORE[0], BEFORE[1], BEFORE[2], (4, Some("250 taken\r\n"))];
        let sent = handed(SLOW, 50, 1).await;
        assert!(matches!(sent[..], [Ok(Outcome::Sent)]), "{sent:?}");
        // For the next message it is as patient as before: what is slow then is no doubt, since nothing was sent whole.
        let both = handed(SLOW, 50, 2).await;
        assert!(matches!(both[..], [Ok(Outcome::Sent), Err(Lost::Fault(Fault::Slow))]), "{both:?}");
    }

    #[tokio::test]
    async fn a_whole_message_without_an_answer_is_in_doubt_and_no_other() {
        const SILENT: Says = &[BEFORE[0], BEFORE[1], BEFORE[2]];
        const CLOSED: Says = &[BEFORE[0], BEFORE[1], BEFORE[2], (0, None)];
        const BARE: Says = &[BEFORE[0], BEFORE[1], BEFORE[2], (0, Some("fine\r\n"))];
        let silent = handed(SILENT, 2, 1).await;
        assert!(matches!(silent[..], [Err(Lost::InDoubt(Fault::Slow))]), "{silent:?}");
        let closed = handed(CLOSED, 2, 1).await;
        assert!(matches!(closed[..], [Err(Lost::InDoubt(Fault::Closed))]), "{closed:?}");
        let bare = handed(BARE, 2, 1).await;
        assert!(matches!(bare[..], [Err(Lost::InDoubt(Fault::Bare))]), "{bare:?}");
        // Without its end it is no message.
        const EARLY: Says = &[BEFORE[0], BEFORE[1], (4, Some("354 go on\r\n"))];
        let early = handed(EARLY, 50, 1).await;
        assert!(matches!(early[..], [Err(Lost::Fault(Fault::Slow))]), "{early:?}");
        const REFUSED: Says = &[BEFORE[0], BEFORE[1], BEFORE[2], (2, Some("451 later\r\n"))];
        let refused = handed(REFUSED, 50, 1).await;
        assert!(matches!(refused[..], [Ok(Outcome::Later(_))]), "{refused:?}");
    }

    #[tokio::test]
    async fn a_refusal_stands_though_the_connection_breaks_after_it() {
        const NO: &str = "550 nobody\r\n";
        const FINE: Option<&str> = Some("250 fine\r\n");
        // Asked to forget it, the server is gone, says that it ends, or is silent.
        const GONE: Says = &[BEFORE[0], (0, Some(NO)), (0, None)];
        const ENDS: Says = &[BEFORE[0], (0, Some(NO)), (0, Some("421 it ends\r\n"))];
        const SILENT: Says = &[BEFORE[0], (0, Some(NO))];
        // All that was sent in one piece is answered by one refusal, or goes on to a message to nobody.
        const CUT: Says = &[(0, Some("250 fine\r\n550 nobody\r\n")), (0, None)];
        const FIRST: Says = &[(0, Some(NO)), (0, None)];
        const NOBODY: Says = &[(0, Some("250 fine\r\n550 nobody\r\n354 go on\r\n")), (0, None)];
        const LAST: Says = &[(0, Some("250 fine\r\n550 nobody\r\n554 nobody\r\n")), (0, None)];
        for (says, offers) in [
            (GONE, &[][..]),
            (ENDS, &[]),
            (SILENT, &[]),
            (CUT, &["PIPELINING"]),
            (FIRST, &["PIPELINING"]),
            (NOBODY, &["PIPELINING"]),
            (LAST, &["PIPELINING"]),
        ] {
            let (outcomes, is_over) = handed_over(says, offers, 2, 1).await;
            let [Ok(Outcome::Never(words))] = &outcomes[..] else { panic!("{says:?}: {outcomes:?}") };
            assert!(words == "550 nobody" && is_over, "{says:?}: {words}");
        }
        // A server that goes on is used on, and one that ends of itself has refused nobody.
        const ON: Says = &[BEFORE[0], (0, Some(NO)), (0, FINE)];
        let (outcomes, is_over) = handed_over(ON, &[], 2, 1).await;
        assert!(matches!(outcomes[..], [Ok(Outcome::Never(_))]) && !is_over);
        const AWAY: Says = &[BEFORE[0], (0, Some("421 it ends\r\n"))];
        assert!(matches!(handed(AWAY, 2, 1).await[..], [Err(Lost::Refused(_))]));
    }

    #[test]
    fn answers_are_read_or_refused() {
        assert_eq!(read_line(b"250 2.0.0 fine"), Some((250, true, "2.0.0 fine".into())));
        assert_eq!(read_line(b"250-SIZE 5"), Some((250, false, "SIZE 5".into())));
        assert_eq!(read_line(b"354"), Some((354, true, String::new())));
        for bad in [&b""[..], b"25", b"abc x", b"250x", b"999 x", b"+25 x"] {
            assert_eq!(read_line(bad), None, "{bad:?}");
        }
    }
}
