//! Telling of sightings: each channel once, unless the program is killed between telling and recording it.

use std::collections::{BTreeMap, VecDeque};

use tellmark_follow::{Mailer, Manners, Trust, Webhook, wait_seconds};
use tellmark_store::Sighting;

use super::sightings::{SightingLine, moment};
use super::{Listener, Settings};
use crate::{Error, Result, Vault};

/// Whoever runs the command: always a channel.
const STDOUT: &str = "stdout";
const WEBHOOK: &str = "webhook";
const MAIL: &str = "mail";
/// Seconds until a channel that failed is tried again, at first.
const AGAIN_SECONDS: u64 = 60;
/// How often an alert is sent that is refused each time, until following is started again.
const REFUSALS_MAX: u32 = 8;
/// Alerts that a channel refuses in a row before it is left alone for a while.
const REFUSED_TOGETHER_MAX: u32 = 3;
/// Letters in an hour that each tell of one sighting; beyond them one in ten minutes tells of all: a source that says the same in a
/// thousand articles fills nobody's mailbox.
const LETTERS_MAX: usize = 20;
const HOUR_SECONDS: i64 = 3_600;
const PAUSE_SECONDS: i64 = 600;
/// Sightings that such a letter lists.
const LISTED_MAX: usize = 50;
/// Characters of an address or a title in a letter.
const SHOWN_CHARS_MAX: usize = 300;

/// The channels, and how telling them goes.
pub(super) struct Channels {
    /// Whether somebody is at standard output.
    is_service: bool,
    webhook: Option<Webhook>,
    mail: Option<Mailer>,
    manners: Manners,
    trust: Trust,
    failures: Failures,
    letters: Letters,
}

/// When the last letters were sent.
#[derive(Debug, Default)]
struct Letters(VecDeque<i64>);

impl Letters {
    fn add(&mut self, now: i64) {
        self.0.push_back(now);
        while self.0.len() > LETTERS_MAX {
            self.0.pop_front();
        }
    }

    /// Whether so many were sent within an hour that the next one tells of several sightings.
    fn are_many(&self, now: i64) -> bool {
        self.0.len() == LETTERS_MAX && self.0.front().is_some_and(|first| *first > now - HOUR_SECONDS)
    }

    /// Whether one may be sent now; a moment that is still to come was noted by a clock that was ahead.
    fn may_go(&self, now: i64) -> bool {
        let is_past = |last: &i64| *last > now || last.saturating_add(PAUSE_SECONDS) <= now;
        !self.are_many(now) || self.0.back().is_none_or(is_past)
    }
}

/// What could not be told: channels that fail, and single alerts.
#[derive(Debug, Default)]
struct Failures {
    channels: BTreeMap<&'static str, Again>,
    alerts: BTreeMap<(&'static str, u32), Alert>,
}

/// How often in a row something failed, and when it is tried again.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Again {
    times: u32,
    next: i64,
}

/// An alert that was not told.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Alert {
    tries: u32,
    /// How often it was refused for good.
    refused: Again,
}

impl Again {
    fn later(self, now: i64, random: u64) -> Again {
        let times = self.times.saturating_add(1);
        Again { times, next: now.saturating_add_unsigned(wait_seconds(AGAIN_SECONDS, times, None, random)) }
    }
}

/// Why an alert could not be told.
struct Untold {
    because: String,
    /// Whether it was this alert that was refused, for good; another may well be taken.
    is_refusal: bool,
}

impl From<String> for Untold {
    fn from(because: String) -> Untold {
        Untold { because, is_refusal: false }
    }
}

impl Failures {
    /// Whether a channel may be tried.
    fn may_try(&self, channel: &'static str, now: i64) -> bool {
        self.channels.get(channel).is_none_or(|failed| failed.next <= now)
    }

    /// After which others an alert is tried, if it is: one that was tried in vain comes after those that were not, so
    /// that it keeps none of them waiting.
    fn rank(&self, channel: &'static str, sighting: u32, now: i64) -> Option<u32> {
        let alert = self.alerts.get(&(channel, sighting)).copied().unwrap_or_default();
        (alert.refused.next <= now && alert.refused.times < REFUSALS_MAX).then_some(alert.tries)
    }

    /// Notes that an alert was told.
    fn succeed(&mut self, channel: &'static str, sighting: u32) {
        self.channels.remove(channel);
        self.alerts.remove(&(channel, sighting));
    }

    /// Notes that an alert was refused, and says whether it was for the last time.
    fn refuse(&mut self, channel: &'static str, sighting: u32, now: i64, random: u64) -> bool {
        let alert = self.alerts.entry((channel, sighting)).or_default();
        *alert = Alert { tries: alert.tries.saturating_add(1), refused: alert.refused.later(now, random) };
        alert.refused.times >= REFUSALS_MAX
    }

    /// Notes that a channel fails, which was tried with an alert.
    fn fail(&mut self, channel: &'static str, sighting: u32, now: i64, random: u64) {
        let failed = self.channels.entry(channel).or_default();
        *failed = failed.later(now, random);
        let alert = self.alerts.entry((channel, sighting)).or_default();
        alert.tries = alert.tries.saturating_add(1);
    }
}

impl Channels {
    pub fn new(settings: &Settings, trust: Trust, is_service: bool) -> Channels {
        Channels {
            is_service,
            webhook: settings.webhook().cloned(),
            mail: settings.mail().cloned(),
            manners: settings.manners(),
            trust,
            failures: Failures::default(),
            letters: Letters::default(),
        }
    }

    fn may_try(&self, channel: &'static str, now: i64) -> bool {
        self.failures.may_try(channel, now) && (channel != MAIL || self.letters.may_go(now))
    }

    /// Their names, which are recorded with a sighting.
    pub fn names(&self) -> Vec<&'static str> {
        let webhook = self.webhook.as_ref().map(|_| WEBHOOK);
        let mail = self.mail.as_ref().map(|_| MAIL);
        [Some(STDOUT), webhook, mail].into_iter().flatten().collect()
    }

    /// Those that are told from here.
    fn own(&self) -> Vec<&'static str> {
        self.names().into_iter().filter(|channel| !(self.is_service && *channel == STDOUT)).collect()
    }

    /// Whether something was not told yet that may be tried now.
    ///
    /// # Errors
    /// Only those of the ledger.
    pub async fn has_something_to_tell(&self, vault: &Vault, now: i64) -> Result<bool> {
        for channel in self.own().into_iter().filter(|channel| self.may_try(channel, now)) {
            let unsent = vault.store.unsent(channel).await?;
            if unsent.iter().any(|one| self.failures.rank(channel, one.number, now).is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells what was not told yet. A channel that fails stops no other, and an alert that is refused no other of its
    /// channel; both are tried again later.
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
        for channel in self.own() {
            if self.may_try(channel, now) {
                self.tell_one(channel, vault, listener, now, random).await?;
            }
        }
        Ok(())
    }

    async fn tell_one(
        &mut self,
        channel: &'static str,
        vault: &Vault,
        listener: &mut dyn Listener,
        now: i64,
        random: u64,
    ) -> Result<()> {
        let unsent = vault.store.unsent(channel).await?.into_iter();
        let rank = |one: &Sighting| self.failures.rank(channel, one.number, now);
        let mut due: Vec<(u32, Sighting)> = unsent.filter_map(|one| Some((rank(&one)?, one))).collect();
        due.sort_by_key(|(rank, one)| (*rank, one.number));
        if channel == MAIL && self.letters.are_many(now) && due.len() > 1 {
            let due: Vec<Sighting> = due.into_iter().map(|(_, one)| one).collect();
            return self.tell_many(vault, &due, listener, now, random).await;
        }
        let mut refused = 0;
        for (_, sighting) in due {
            if !self.may_try(channel, now) {
                break;
            }
            let number = sighting.number;
            let line = SightingLine::load(vault, &sighting).await?;
            let Err(Untold { because, is_refusal }) = self.send(channel, &line, listener, now).await else {
                self.told(channel, vault, number, now).await?;
                if channel == MAIL {
                    self.letters.add(now);
                }
                refused = 0;
                continue;
            };
            let is_last = is_refusal && self.failures.refuse(channel, number, now, random);
            let rest =
                if is_last { "; it was sent often enough, and is again when this starts anew" } else { "" };
            listener.fails(channel, &format!("sighting {number}: {because}{rest}"));
            refused += 1;
            // A channel that takes none of several is most likely wrong itself.
            if !is_refusal || refused >= REFUSED_TOGETHER_MAX {
                self.failures.fail(channel, number, now, random);
                break;
            }
        }
        Ok(())
    }

    /// Tells of many sightings in one letter.
    async fn tell_many(
        &mut self,
        vault: &Vault,
        due: &[Sighting],
        listener: &mut dyn Listener,
        now: i64,
        random: u64,
    ) -> Result<()> {
        let (Some(first), Some(last)) = (due.first(), due.last()) else { return Ok(()) };
        let name = format!("sightings-{}-{}-{now}", first.number, last.number);
        let (subject, text) = letter_of_many(due);
        if let Err(Untold { because, .. }) = self.post(&name, subject, text).await {
            listener.fails(MAIL, &format!("{} sightings: {because}", due.len()));
            self.failures.fail(MAIL, first.number, now, random);
            return Ok(());
        }
        self.letters.add(now);
        for sighting in due {
            self.told(MAIL, vault, sighting.number, now).await?;
        }
        Ok(())
    }

    /// Notes that an alert was told.
    async fn told(&mut self, channel: &'static str, vault: &Vault, number: u32, now: i64) -> Result<()> {
        match vault.store.record_sent(number, channel, now).await {
            // Another program, which took this one for dead, has told it as well.
            Ok(()) | Err(tellmark_store::Error::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.failures.succeed(channel, number);
        Ok(())
    }

    async fn post(&self, name: &str, subject: String, text: String) -> std::result::Result<(), Untold> {
        let Some(mail) = self.mail.clone() else { return Ok(()) };
        let (name, trust, time_max) = (name.to_owned(), self.trust.clone(), self.manners.answer_time_max);
        aside(move || mail.send(&name, &subject, &text, time_max, &trust)).await
    }

    async fn send(
        &self,
        channel: &str,
        line: &SightingLine,
        listener: &mut dyn Listener,
        now: i64,
    ) -> std::result::Result<(), Untold> {
        if channel == STDOUT {
            return listener.sees(line).map_err(|error| error.to_string().into());
        }
        let name = format!("sighting-{}-{}", line.sighting, &line.content.to_string()[..16]);
        let (manners, trust) = (self.manners.clone(), self.trust.clone());
        if channel == WEBHOOK {
            let Some(webhook) = self.webhook.clone() else { return Ok(()) };
            let body = body(line).map_err(|error| error.to_string())?;
            return aside(move || webhook.send(&name, &body, now, &manners, &trust)).await;
        }
        let (subject, text) = letter(line);
        self.post(&name, subject, text).await
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
    aside(move || mail.send(&name, &subject, &text, time_max, &trust))
        .await
        .map_err(|untold| Error::input(untold.because))
}

/// Waits for a thread that waits for the network.
async fn aside(
    send: impl FnOnce() -> tellmark_follow::Result<()> + Send + 'static,
) -> std::result::Result<(), Untold> {
    let (give, take) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || drop(give.send(send())));
    match take.await {
        Ok(sent) => {
            sent.map_err(|error| Untold { because: error.to_string(), is_refusal: error.is_refusal() })
        }
        Err(_) => Err("the thread that sent it died".to_owned().into()),
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
        shown(&line.address),
        shown(&line.title),
        line.source
    );
    (format!("Tellmark: sighting {number}, {documents}"), text)
}

/// The same of many, since more than so many letters in an hour tell nobody more.
fn letter_of_many(due: &[Sighting]) -> (String, String) {
    let mut text = format!("{} more sightings:\n\n", due.len());
    for one in due.iter().take(LISTED_MAX) {
        let (address, title) = (shown(&one.address), shown(&one.title));
        text.push_str(&format!("  {}  {address}\n     {title}\n", one.number));
    }
    if due.len() > LISTED_MAX {
        text.push_str(&format!("\nand {} others.\n", due.len() - LISTED_MAX));
    }
    text.push_str(&format!(
        "\nMore than {LETTERS_MAX} letters were sent within an hour, so that one in {} minutes tells of all.\nLook at them:  tellmark sightings\n",
        PAUSE_SECONDS / 60
    ));
    (format!("Tellmark: {} sightings", due.len()), text)
}

/// What a publisher wrote as a part of one line of ours: nothing in it ends the line, or turns the rest of it around.
fn shown(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown: String =
        text.chars().take(SHOWN_CHARS_MAX).map(|c| if steers(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_that_is_refused_keeps_no_other_waiting_and_has_an_end() {
        let (mut failures, mut now) = (Failures::default(), 1_000_000);
        assert_eq!(failures.rank(MAIL, 1, now), Some(0));
        for time in 1..=REFUSALS_MAX {
            assert_eq!(failures.refuse(MAIL, 1, now, 7), time == REFUSALS_MAX);
            assert_eq!(failures.rank(MAIL, 1, now), None, "not at once");
            assert!(failures.may_try(MAIL, now) && failures.rank(MAIL, 2, now) == Some(0));
            now += 2 * 24 * 3600;
            assert_eq!(failures.rank(MAIL, 1, now), (time < REFUSALS_MAX).then_some(time));
        }
        assert_eq!(failures.rank(WEBHOOK, 1, now), Some(0), "another channel may take it");
    }

    #[test]
    fn a_channel_that_fails_is_tried_for_ever_and_with_another_alert_first() {
        let (mut failures, mut now) = (Failures::default(), 1_000_000);
        for _ in 0..100 {
            failures.fail(WEBHOOK, 1, now, 7);
            assert!(!failures.may_try(WEBHOOK, now) && failures.may_try(MAIL, now));
            now += 24 * 3600;
            assert!(failures.may_try(WEBHOOK, now));
        }
        assert_eq!((failures.rank(WEBHOOK, 1, now), failures.rank(WEBHOOK, 2, now)), (Some(100), Some(0)));
        failures.succeed(WEBHOOK, 2);
        failures.fail(WEBHOOK, 1, now, 7);
        assert!(failures.may_try(WEBHOOK, now + 120), "it worked just before");
        failures.succeed(WEBHOOK, 1);
        assert_eq!(failures.rank(WEBHOOK, 1, now), Some(0));
    }

    #[test]
    fn many_letters_become_one_in_a_while() {
        let (mut letters, now) = (Letters::default(), 1_000_000);
        for _ in 0..LETTERS_MAX {
            assert!(letters.may_go(now) && !letters.are_many(now));
            letters.add(now);
        }
        assert!(letters.are_many(now) && !letters.may_go(now + 599) && letters.may_go(now + 600));
        assert!(letters.may_go(now - 1), "a clock that was ahead");
        letters.add(now + 600);
        assert!(!letters.may_go(now + 700) && letters.may_go(now + 1_200));
        assert!(!letters.are_many(now + HOUR_SECONDS), "an hour later each is told alone again");
    }

    #[test]
    fn what_a_publisher_wrote_stays_in_its_line() {
        let text = format!("The dam\r\n\r\nTrace it:    rm\u{2028}\u{202e}x{}", "y".repeat(1000));
        let shown = shown(&text);
        assert!(
            shown.starts_with("The dam\u{fffd}\u{fffd}\u{fffd}\u{fffd}Trace it:    rm\u{fffd}\u{fffd}xy")
        );
        assert!(shown.lines().count() == 1 && shown.chars().count() == SHOWN_CHARS_MAX + 1);
    }
}
