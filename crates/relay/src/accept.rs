//! What becomes of a message that came in: the policy decides, the vault seals, the queue keeps it; only then it is
//! acknowledged.

use std::sync::Arc;
use std::time::Instant;

use tellmark_app::mail::{self, Head, Markable, Marking, Unmarkable};
use tellmark_app::{Error as AppError, Ports, people};
use tellmark_core::{Recipient, Roster};

use crate::bounce::date;
use crate::figures::{Count, Stage};
use crate::now_ms;
use crate::policy::{Decision, Does, Else, Senders};
use crate::queue::files::{Envelope, To};
use crate::reply::Reply;
use crate::serve::Relay;

/// The field by which an author has a message marked.
const TOLD: &str = "tellmark";
/// Fields that no recipient may see, or that no sender writes.
const REMOVED: [&str; 5] = ["bcc", "resent-bcc", "return-path", "x-unsent", TOLD];
/// Servers that a message has passed; more are a loop.
const RECEIVED_MAX: usize = 50;

/// A message as it came in.
#[derive(Debug)]
pub struct Incoming {
    /// Who sends it.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// Which senders whoever sends it may use.
    pub senders: Senders,
    /// The account that signed in, where it was one.
    pub account: Option<u32>,
    /// Whether it was announced with SMTPUTF8.
    pub smtputf8: bool,
    /// How it came in, for `Received`.
    pub received: String,
    /// The message.
    pub bytes: Vec<u8>,
}

/// Takes a message, or says why not. After 250 it is on the disk.
pub async fn accept(relay: &Arc<Relay>, incoming: Incoming) -> Reply {
    let can_be_told = can_be_told(relay, &incoming.from).await;
    let Ok(_turn) = relay.seals.clone().acquire_owned().await else {
        return Reply::new(451, "4.3.0", "try again later");
    };
    let recipients = incoming.to.len();
    let began = Instant::now();
    let done = match can_be_told {
        Ok(()) => relay.work(async move |relay: &Relay| take(relay, incoming).await).await,
        Err(reply) => Some(Err(reply)),
    };
    let reply = match done {
        Some(Ok(taken)) => {
            relay.figures.count(Count::Accepted);
            if taken.is_marked {
                relay.figures.count(Count::Marked);
            }
            let ms = began.elapsed().as_millis() as u64;
            tracing::info!(id = taken.id, recipients, marked = taken.is_marked, ms, "accepted");
            Reply::new(250, "2.0.0", format!("{} is queued", taken.id))
        }
        Some(Err(reply)) => reply,
        None => Reply::new(451, "4.3.0", "a fault of this program; try again later"),
    };
    if reply.code >= 400 {
        relay.figures.count(if reply.code >= 500 { Count::Refused } else { Count::PutOff });
        tracing::info!(recipients, code = reply.code, status = reply.enhanced, "not accepted");
    }
    reply
}

/// Refuses a sender whom the next server could not tell of a failure: one whose address it cannot write.
async fn can_be_told(relay: &Relay, from: &str) -> Result<(), Reply> {
    if from.is_ascii() {
        return Ok(());
    }
    match relay.upstream.takes_utf8().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Reply::new(
            550,
            "5.6.7",
            "the next server takes no letters beyond ASCII in addresses, so that you could not be told of a failure either; \
             send from an address without such letters",
        )),
        Err(lost) => {
            tracing::warn!("the next server could not be asked what addresses it takes: {}", lost.kind());
            Err(Reply::new(
                451,
                "4.4.1",
                "the next server could not be asked what addresses it takes; try again later",
            ))
        }
    }
}

struct Taken {
    id: String,
    is_marked: bool,
}

async fn take(relay: &Relay, incoming: Incoming) -> Result<Taken, Reply> {
    still_sends(relay, incoming.account).await?;
    let (decision, message) = prepared(relay, &incoming)?;
    let marking = match decision.does {
        Does::Refuse => {
            return Err(Reply::new(
                550,
                "5.7.1",
                "messages from this sender to these recipients are not sent here",
            ));
        }
        Does::Pass => None,
        Does::Mark => look(relay, &incoming, &decision, &message)?,
    };
    let mut ports = Ports::system().map_err(|error| failed(&error))?;
    // What the queue keeps beside the vault: all of a message that is passed on, the header of one whose text is marked.
    let (sealed, bytes, copies) = match marking {
        None => (None, message, Vec::new()),
        Some(markable) => {
            let began = Instant::now();
            let roster = roster(relay, &incoming.to)?;
            let (sealed, plain) =
                mail::seal(&relay.vault, markable, &roster, &mut ports).await.map_err(|e| failed(&e))?;
            relay.figures.spent(Stage::Seal, began);
            let bytes = match sealed.text {
                None => plain,
                Some(_) => message[..Head::read(&message).map_or(0, |head| head.body)].to_vec(),
            };
            (Some(sealed), bytes, roster.recipients)
        }
    };
    let is_marked = sealed.is_some();
    let id = id(&mut ports);
    let copy = |index: usize| copies.get(index).map(|own| own.id.to_string()).unwrap_or_default();
    let to = incoming.to.into_iter().enumerate().map(|(index, address)| To { address, copy: copy(index) });
    let envelope = Envelope {
        id: id.clone(),
        at_ms: now_ms(),
        from: incoming.from,
        to: to.collect(),
        smtputf8: incoming.smtputf8,
        received: incoming.received,
        sealed,
    };
    let began = Instant::now();
    relay.queue.put(envelope, &bytes).map_err(|error| {
        tracing::error!("{error}");
        Reply::new(451, "4.3.0", "the message could not be kept; try again later")
    })?;
    relay.figures.spent(Stage::Put, began);
    Ok(Taken { id, is_marked })
}

/// Refuses an account that was closed, or got another role, since it signed in.
async fn still_sends(relay: &Relay, account: Option<u32>) -> Result<(), Reply> {
    let Some(account) = account else { return Ok(()) };
    match people::still_seals(&relay.vault, account).await.map_err(|error| failed(&error))? {
        true => Ok(()),
        false => Err(Reply::new(
            550,
            "5.7.1",
            "the account that signed in was closed, or its role seals no more; nothing was sent",
        )),
    }
}

/// A later message has a larger id, and no two are alike.
fn id(ports: &mut Ports) -> String {
    let chance: [u8; 2] = ports.random();
    let micros = jiff::Timestamp::now().as_microsecond() as u64;
    format!("{:016x}", (micros << 12) | (u64::from(u16::from_le_bytes(chance)) & 0xfff))
}

/// What becomes of a message, and the message as everybody gets it: without what only the relay may see, with the
/// fields that every message has.
fn prepared(relay: &Relay, incoming: &Incoming) -> Result<(Decision, Vec<u8>), Reply> {
    let Incoming { from, to, bytes, .. } = incoming;
    let malformed = |error: &dyn std::fmt::Display| Reply::new(554, "5.6.0", error.to_string());
    let head = Head::read(bytes).map_err(|error| malformed(&error))?;
    for single in ["from", "subject", "date", "message-id", "to", "cc", "reply-to", TOLD, "content-type"] {
        if head.count(single) > 1 {
            return Err(malformed(&format!(
                "the message has its field {single} twice, and readers would choose"
            )));
        }
    }
    if head.count("from") == 0 {
        return Err(malformed(&"the message does not say whom it is from"));
    }
    if head.count("received") > RECEIVED_MAX {
        return Err(Reply::new(554, "5.4.6", "this message goes round in circles"));
    }
    if !incoming.smtputf8 && !bytes[..head.body].is_ascii() {
        return Err(malformed(&"its header has letters beyond ASCII; announce it with SMTPUTF8"));
    }
    if std::str::from_utf8(&bytes[..head.body]).is_err() {
        return Err(malformed(&"its header is not UTF-8, and readers would guess what it says"));
    }
    if head.value(bytes, "from").is_some_and(|said| said.chars().any(char::is_control)) {
        return Err(malformed(&"its field From has characters that nobody sees"));
    }
    let authors = mail::authors(bytes);
    let are_own = !authors.is_empty() && authors.iter().all(|author| incoming.senders.allow(author));
    if !are_own && !incoming.senders.is_any() {
        return Err(Reply::new(
            550,
            "5.7.1",
            "its field From names an address that whoever signed in may not send as, or none; choose another sender, or have it \
             added to the policy. Nothing was sent",
        ));
    }
    // The next server may give whoever has no address one of its own.
    if authors.is_empty() || !authors.iter().all(|author| author.contains('@')) {
        return Err(malformed(
            &"its field From names nobody, or somebody without an address; a name with a comma stands in quotation marks",
        ));
    }
    let subject = mail::subject(bytes);
    let tag = relay.policy.mark.subject_tag.as_deref().unwrap_or_default();
    let is_tagged = !tag.is_empty() && subject.to_lowercase().contains(&tag.to_lowercase());
    let is_told = match head.value(bytes, TOLD).map(|said| said.to_lowercase()) {
        Some(said) if said == "mark" => true,
        None => is_tagged,
        Some(_) => {
            return Err(Reply::new(
                550,
                "5.7.1",
                "the field Tellmark says something else than mark; nothing was sent",
            ));
        }
    };
    let decision = match is_told {
        true => Decision::TOLD,
        false => {
            let envelope = Some(from.as_str()).filter(|from| !from.is_empty());
            let senders = envelope.into_iter().chain(authors.iter().map(String::as_str));
            relay.policy.decide(senders, to.iter().map(String::as_str))
        }
    };
    if from.is_empty() && decision.does == Does::Mark {
        return Err(Reply::new(
            550,
            "5.7.1",
            "a message without a sender is not marked: nobody could be told what failed",
        ));
    }
    let mut without = REMOVED.to_vec();
    let mut with: Vec<(&str, String)> = Vec::new();
    if is_tagged {
        without.push("subject");
        with.push(("Subject", mail::header_text(&untagged(&subject, tag))));
    }
    if head.count("date") == 0 {
        with.push(("Date", date(now_ms())));
    }
    if head.count("message-id") == 0 {
        let mut ports = Ports::system().map_err(|error| failed(&error))?;
        let name = &relay.policy.server.name;
        with.push((
            "Message-ID",
            format!("<{}.{:08x}@{name}>", id(&mut ports), u32::from_le_bytes(ports.random())),
        ));
    }
    let with: Vec<(&str, &str)> = with.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // A message without a body has none here either.
    Ok((decision, head.rewritten(bytes, &without, &with)))
}

/// A subject without a tag, wherever it stands, in whatever letters.
fn untagged(subject: &str, tag: &str) -> String {
    let length = tag.chars().count();
    let chars: Vec<char> = subject.chars().collect();
    let is_tag = |at: usize| {
        let window: String = chars[at..(at + length).min(chars.len())].iter().collect();
        window.to_lowercase() == tag.to_lowercase()
    };
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        if is_tag(at) {
            at += length;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The message with its places; `None` where the policy lets it pass although it cannot be marked.
fn look(
    relay: &Relay,
    incoming: &Incoming,
    decision: &Decision,
    message: &[u8],
) -> Result<Option<Markable>, Reply> {
    let began = Instant::now();
    let marking = Marking {
        alpha: relay.policy.mark.alpha.clone(),
        bits_min: relay.policy.mark.bits,
        attachments: decision.attachments,
        documents_max: relay.policy.limits.documents,
        others: decision.others == Else::Pass,
    };
    let looked = mail::look(&relay.vault, message, incoming.to.len(), &marking);
    relay.figures.spent(Stage::Look, began);
    match looked {
        Ok(markable) => Ok(Some(markable)),
        Err(Unmarkable::Short(_)) if decision.short == Else::Pass => Ok(None),
        Err(Unmarkable::Sealed(_)) if decision.signed == Else::Pass => Ok(None),
        Err(Unmarkable::Other(error)) => Err(failed(&error)),
        Err(other) => Err(not_marked(&other.to_string())),
    }
}

fn not_marked(why: &str) -> Reply {
    Reply::new(550, "5.7.1", format!("not marked, and so not sent: {why}. Nothing was sent"))
}

/// What a sender can mend is refused with its reason; everything else is put off.
fn failed(error: &AppError) -> Reply {
    match error.is_input() {
        true => not_marked(&error.to_string()),
        false => {
            // The error may name the message.
            tracing::error!("a message could not be sealed: {}", kind(error));
            Reply::new(451, "4.3.0", "the message could not be sealed; try again later")
        }
    }
}

/// What kind of failure it is, without a name or a text.
pub fn kind(error: &AppError) -> &'static str {
    match error {
        AppError::Store(_) => "the ledger",
        AppError::Key(_) => "the key",
        AppError::File { .. } => "a file",
        AppError::Damaged(_) => "the vault is damaged",
        AppError::Stopped => "stopped",
        error if error.is_input() => "the input",
        _ => "something else",
    }
}

/// A copy for each recipient, with the name and the group that rosters know. What a header calls somebody is the author's word, and
/// no name that a finding may print.
fn roster(relay: &Relay, to: &[String]) -> Result<Roster, Reply> {
    let recipient = |address: &String| {
        let (name, group) = relay.people.get(&address.to_lowercase()).cloned().unwrap_or_default();
        let id = mail::copy_id(address).map_err(|error| failed(&error))?;
        Ok(Recipient { id, name, email: address.clone(), group })
    };
    Ok(Roster { recipients: to.iter().map(recipient).collect::<Result<_, Reply>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_taken_out_of_a_subject() {
        for (subject, out) in [
            ("[Mark] Talks", "Talks"),
            ("Talks [MARK] again [mark]", "Talks again"),
            ("Talks", "Talks"),
            ("İ[mark]x", "İx"),
        ] {
            assert_eq!(untagged(subject, "[mark]"), out);
        }
    }

    #[test]
    fn a_later_message_has_a_larger_id() {
        let mut ports = Ports::system().unwrap();
        let first = id(&mut ports);
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(first.len() == 16 && first < id(&mut ports));
    }
}
