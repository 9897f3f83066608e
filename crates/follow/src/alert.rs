//! Telling people and programs that something was seen.
//!
//! Both ways carry a name of the alert that is the same whenever it is sent: who was told, and then could not be
//! noted as told because the program was killed, can tell a repetition.

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use sha2::Sha256;
use url::Url;

use crate::trust::Trust;
use crate::web::{agent, failed, without_user};
use crate::{Error, Guard, Manners, Result};

/// A program that is told by a POST request.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where; its host may have a private address, for it was named on purpose.
    pub url: String,
    /// The secret that both sides share, at least 16 characters.
    pub secret: String,
}

/// A server that takes mail, and who gets it.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailer {
    /// The server's name.
    pub server: String,
    /// Its port; 587 where none is given.
    #[serde(default = "submission")]
    pub port: u16,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: Encryption,
    /// The user, where the server asks for one.
    #[serde(default)]
    pub user: Option<String>,
    /// The password.
    #[serde(default)]
    pub password: Option<String>,
    /// The sender's address.
    pub from: String,
    /// Who is told.
    pub to: Vec<String>,
}

/// How a connection for mail is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// It begins in clear text and must go on encrypted.
    #[default]
    StartTls,
    /// From its first byte.
    Wrapper,
    /// Not at all: to this machine only.
    None,
}

fn submission() -> u16 {
    587
}

// Secrets are not for logs.
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = Url::parse(&self.url).map_or_else(|_| String::new(), |url| shown(&url).into());
        write!(f, "Webhook {{ url: {shown:?} }}")
    }
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailer {{ server: {:?}, to: {:?} }}", self.server, self.to)
    }
}

/// The signature of a body at a time: HMAC-SHA256 with the secret over the time in decimal digits, a full stop and the
/// body, in hexadecimal.
///
/// ```
/// let signature = tellmark_follow::signature("a secret of some length", 1_780_000_000, b"{}");
/// assert_eq!(signature, "44211d3bac79d6854d4184bdc46a74fb1cf458968f3f322ffcaadabf4fad666c");
/// ```
pub fn signature(secret: &str, at: i64, body: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    // A key of any length is taken.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            // Writing to a string never fails.
            let _ = write!(hex, "{byte:02x}");
        }
    }
    hex
}

/// What of a webhook's url may be shown: whose it is. The rest is often all that somebody needs to call it.
fn shown(url: &Url) -> Url {
    let mut shown = without_user(url.clone());
    shown.set_path("");
    shown.set_query(None);
    shown.set_fragment(None);
    shown
}

impl Webhook {
    /// Refuses what cannot be used.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a url that is none or holds a password, clear text to another machine, or a short
    /// secret.
    pub fn check(&self) -> Result<Url> {
        let wrong = |why: &str| Error::malformed("[webhook] in follow.toml", why);
        let url = Url::parse(&self.url).map_err(|error| wrong(&error.to_string()))?;
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            _ if self.secret.chars().count() < 16 => Err(wrong("the secret has less than 16 characters")),
            _ if !url.username().is_empty() || url.password().is_some() => Err(wrong(
                "the url holds a name or password, which is not sent; the signature says who it is",
            )),
            "https" => Ok(url),
            "http" if is_this_machine(host) => Ok(url),
            _ => Err(wrong("the url begins with https://, or names this machine")),
        }
    }

    /// Sends a body, with the alert's name. Redirects are not followed.
    ///
    /// # Errors
    /// When the program there did not answer that it took it.
    pub fn send(&self, name: &str, body: &[u8], at: i64, manners: &Manners, trust: &Trust) -> Result<()> {
        let url = self.check()?;
        let guard = Guard::allowing(url.host_str());
        let sent = agent(manners, guard, trust)
            .post(url.as_str())
            .header("content-type", "application/json")
            .header("tellmark-alert", name)
            .header("tellmark-timestamp", at.to_string())
            .header("tellmark-signature", format!("v1={}", signature(&self.secret, at, body)))
            .send(body)
            .map_err(|error| failed(&shown(&url), error))?;
        match sent.status().as_u16() {
            200..300 => Ok(()),
            status => Err(Error::Status { url: shown(&url).into(), status, retry_after: None }),
        }
    }
}

impl Mailer {
    /// Refuses what cannot be used.
    ///
    /// # Errors
    /// [`Error::Malformed`] for an address that is none, nobody to tell, or clear text to another machine.
    pub fn check(&self) -> Result<(Mailbox, Vec<Mailbox>)> {
        let wrong = |why: String| Error::malformed("[mail] in follow.toml", why);
        let parse = |text: &String| text.parse().map_err(|error| wrong(format!("{text:?}: {error}")));
        if self.to.is_empty() {
            return Err(wrong("`to` is empty".into()));
        }
        if self.tls == Encryption::None && !is_this_machine(&self.server) {
            return Err(wrong("without encryption mail goes to this machine only; leave `tls` away".into()));
        }
        let to: Result<Vec<Mailbox>> = self.to.iter().map(parse).collect();
        Ok((parse(&self.from)?, to?))
    }

    /// Sends a message, with the alert's name as its id.
    ///
    /// # Errors
    /// [`Error::Refused`] when the server will not take it whenever it is sent, another when it did not take it now.
    pub fn send(
        &self,
        name: &str,
        subject: &str,
        text: &str,
        time_max: Duration,
        trust: &Trust,
    ) -> Result<()> {
        let (from, to) = self.check()?;
        let wrong =
            |error: &dyn ToString| Error::io(format!("mail through {}", self.server), error.to_string());
        let id = format!("<{name}@{}>", from.email.domain());
        let subject: String = subject.chars().filter(|c| !c.is_control()).take(200).collect();
        let mut message = Message::builder().from(from).subject(subject).message_id(Some(id));
        for one in to {
            message = message.to(one);
        }
        let message =
            message.header(ContentType::TEXT_PLAIN).body(text.to_owned()).map_err(|error| wrong(&error))?;
        let tls = match self.tls {
            Encryption::None => Tls::None,
            Encryption::StartTls => Tls::Required(self.parameters(trust)?),
            Encryption::Wrapper => Tls::Wrapper(self.parameters(trust)?),
        };
        let server = SmtpTransport::builder_dangerous(&*self.server);
        let mut server = server.port(self.port).tls(tls).timeout(Some(time_max));
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            server = server.credentials(Credentials::new(user.clone(), password.clone()));
        }
        server.build().send(&message).map(drop).map_err(|error| match error.is_permanent() {
            true => Error::Refused { what: format!("mail through {}", self.server), why: said(&error) },
            false => wrong(&said(&error)),
        })
    }

    fn parameters(&self, trust: &Trust) -> Result<TlsParameters> {
        let wrong = |error: lettre::transport::smtp::Error| Error::malformed("the certificates", error);
        let builder =
            TlsParameters::builder(self.server.clone()).certificate_store(CertificateStore::WebpkiRoots);
        trust
            .own()
            .try_fold(builder, |builder, der| {
                Ok(builder.add_root_certificate(Certificate::from_der(der.to_vec())?))
            })
            .and_then(|builder| builder.build_rustls())
            .map_err(wrong)
    }
}

/// An error with its causes: the library's own words often leave the reason to them.
fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |said, cause| match said.contains(&cause.to_string()) {
        true => said,
        false => format!("{said}: {cause}"),
    })
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
