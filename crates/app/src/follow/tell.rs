//! Telling of sightings: each channel once, also after a restart.

use std::collections::BTreeMap;

use tellmark_follow::{Mailer, Manners, Trust, Webhook, wait_seconds};

use super::sightings::{SightingLine, moment};
use super::{Listener, Settings};
use crate::{Error, Result, Vault};

/// Whoever runs the command: always a channel.
const STDOUT: &str = "stdout";
const WEBHOOK: &str = "webhook";
const MAIL: &str = "mail";
/// Seconds until a channel that failed is tried again, at first.
const AGAIN_SECONDS: u64 = 60;

/// The channels, and how telling them goes.
pub(super) struct Channels {
    webhook: Option<Webhook>,
    mail: Option<Mailer>,
    manners: Manners,
    trust: Trust,
    /// For a channel that failed: how often in a row, and when it is tried again.
    failures: BTreeMap<&'static str, (u32, i64)>,
}

impl Channels {
    pub fn new(settings: &Settings, trust: Trust) -> Channels {
        Channels {
            webhook: settings.webhook().cloned(),
            mail: settings.mail().cloned(),
            manners: settings.manners(),
            trust,
            failures: BTreeMap::new(),
        }
    }

    /// Their names, which are recorded with a sighting.
    pub fn names(&self) -> Vec<&'static str> {
        let webhook = self.webhook.as_ref().map(|_| WEBHOOK);
        let mail = self.mail.as_ref().map(|_| MAIL);
        [Some(STDOUT), webhook, mail].into_iter().flatten().collect()
    }

    /// Tells what was not told yet. A channel that fails stops no other, and is tried again later.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn tell(
        &mut self,
        vault: &Vault,
        listener: &mut dyn Listener,
        now: i64,
        random: u64,
    ) -> Result<()> {
        for channel in self.names() {
            if self.failures.get(channel).is_some_and(|(_, next)| now < *next) {
                continue;
            }
            for sighting in vault.store.unsent(channel).await? {
                let line = SightingLine::load(vault, &sighting).await?;
                match self.send(channel, &line, listener, now).await {
                    Ok(()) => {
                        vault.store.record_sent(sighting.number, channel, now).await?;
                        self.failures.remove(channel);
                    }
                    Err(error) => {
                        let failures =
                            self.failures.get(channel).map_or(1, |(count, _)| count.saturating_add(1));
                        let wait = wait_seconds(AGAIN_SECONDS, failures, None, random);
                        self.failures.insert(channel, (failures, now.saturating_add_unsigned(wait)));
                        listener.fails(channel, &error);
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn send(
        &self,
        channel: &str,
        line: &SightingLine,
        listener: &mut dyn Listener,
        now: i64,
    ) -> std::result::Result<(), String> {
        if channel == STDOUT {
            return listener.sees(line).map_err(|error| error.to_string());
        }
        let name = format!("sighting-{}-{}", line.sighting, &line.content.to_string()[..16]);
        let (manners, trust) = (self.manners.clone(), self.trust.clone());
        if channel == WEBHOOK {
            let Some(webhook) = self.webhook.clone() else { return Ok(()) };
            let body = body(line).map_err(|error| error.to_string())?;
            return aside(move || webhook.send(&name, &body, now, &manners, &trust)).await;
        }
        let Some(mail) = self.mail.clone() else { return Ok(()) };
        let (subject, text) = letter(line);
        let time_max = manners.answer_time_max;
        aside(move || mail.send(&name, &subject, &text, time_max, &trust)).await
    }
}

/// Whether there is a server that takes mail.
///
/// # Errors
/// When `follow.toml` cannot be understood.
pub(crate) fn sends_mail(vault: &Vault) -> Result<bool> {
    Ok(Settings::load(vault.folder())?.mail().is_some())
}

/// Sends a letter (its name, subject and text) to one person, through the server of `[mail]` in `follow.toml`.
///
/// # Errors
/// When there is none, the address is none, or the server did not take it.
pub(crate) async fn letter_to(
    vault: &Vault,
    to: &str,
    (name, subject, text): (&str, &str, &str),
) -> Result<()> {
    let settings = Settings::load(vault.folder())?;
    let none = || Error::input("no server for mail is set: [mail] in follow.toml (docs/follow.md)");
    let mail = Mailer { to: vec![to.to_owned()], ..settings.mail().cloned().ok_or_else(none)? };
    let (trust, time_max) = (settings.trust(vault.folder())?, settings.manners().answer_time_max);
    let (name, subject, text) = (name.to_owned(), subject.to_owned(), text.to_owned());
    aside(move || mail.send(&name, &subject, &text, time_max, &trust)).await.map_err(Error::input)
}

/// Waits for a thread that waits for the network.
async fn aside(
    send: impl FnOnce() -> tellmark_follow::Result<()> + Send + 'static,
) -> std::result::Result<(), String> {
    let (give, take) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || drop(give.send(send())));
    match take.await {
        Ok(sent) => sent.map_err(|error| error.to_string()),
        Err(_) => Err("the thread that sent it died".into()),
    }
}

/// What a program is told: the sighting without the words themselves, which are confidential.
fn body(line: &SightingLine) -> Result<Vec<u8>> {
    let mut line = line.clone();
    line.passages.iter_mut().for_each(|passage| passage.text.clear());
    serde_json::to_vec(&line).map_err(Error::damaged)
}

/// What people are told: where, and of which document; the words themselves stay in the vault.
fn letter(line: &SightingLine) -> (String, String) {
    let mut documents: Vec<&str> = line.passages.iter().map(|passage| passage.document.as_str()).collect();
    documents.sort_unstable();
    documents.dedup();
    let documents = documents.join(", ");
    let words: usize = line.passages.iter().map(|passage| passage.words).sum();
    let at = moment(line.fetched_at);
    let number = line.sighting;
    let text = format!(
        "{words} words of {documents} were seen at\n\n    {}\n    {}\n\nfetched {at} from source {}.\n\n\
         Look at it:  tellmark sighting {number}\nTrace it:    tellmark sighting {number} --case NAME --trace\n",
        line.address, line.title, line.source
    );
    (format!("Tellmark: sighting {number}, {documents}"), text)
}
