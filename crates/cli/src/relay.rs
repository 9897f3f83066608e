//! `tellmark relay`: mail comes in, and goes out marked.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;
use tellmark_app::{Access, Error, Ports, files};
use tellmark_relay::policy::{POLICY_BYTES_MAX, Policy};
use tellmark_relay::queue::{self, Entry, Stand};
use tellmark_relay::{Relay, serve, user_line};
use zeroize::Zeroizing;

use crate::args::RelayAction;
use crate::{EXIT_DONE, commands, say};

const POLICY: &str = "relay.toml";
const QUEUE: &str = "queue";
/// The password of the next server; a file that many read is no place for it.
const PASSWORD: &str = "TELLMARK_UPSTREAM_PASSWORD";
/// Bytes of a password on standard input.
const PASSWORD_BYTES_MAX: u64 = 4 << 10;

/// Does what was asked of the relay.
///
/// # Errors
/// When the policy or the queue cannot be used.
pub async fn run(place: Access, action: RelayAction, quiet: bool) -> Result<u8> {
    let folder = place.folder.clone();
    let queue_in = |given: Option<PathBuf>| given.unwrap_or_else(|| folder.join(QUEUE));
    match action {
        RelayAction::Run { policy, queue } => {
            let policy = read_policy(&policy.unwrap_or_else(|| folder.join(POLICY)))?;
            relay(place, policy, &queue_in(queue), quiet).await
        }
        RelayAction::Queue { queue, json } => list(&queue_in(queue), json),
        RelayAction::Retry { id, queue } => ask(&queue_in(queue), "retry", &id).await,
        RelayAction::Drop { id, queue } => ask(&queue_in(queue), "drop", &id).await,
        RelayAction::User { name } => {
            let line = user_line(&name, &password()?, &mut Ports::system()?).map_err(refused)?;
            say::line(&line);
            Ok(EXIT_DONE)
        }
    }
}

/// What can be mended by giving something else ends with the exit code for that.
fn refused(error: tellmark_relay::Error) -> anyhow::Error {
    match error {
        tellmark_relay::Error::Refused(why) => Error::Input(why).into(),
        tellmark_relay::Error::App(error) => error.into(),
        other => other.into(),
    }
}

fn read_policy(path: &Path) -> Result<Policy> {
    if !path.exists() {
        return Err(Error::Input(format!(
            "there is no policy at {}; docs/relay.md shows one to begin with",
            path.display()
        ))
        .into());
    }
    let bytes = files::read_limited(path, POLICY_BYTES_MAX)?;
    let text =
        String::from_utf8(bytes).map_err(|_| Error::Input(format!("{} is not UTF-8", path.display())))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut policy = Policy::read(&text, folder).map_err(refused)?;
    if let Ok(password) = std::env::var(PASSWORD) {
        policy.upstream.password = Some(Zeroizing::new(password));
    }
    Ok(policy)
}

async fn relay(place: Access, policy: Policy, queue: &Path, quiet: bool) -> Result<u8> {
    let vault = commands::open(place).await?;
    if !quiet {
        tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    }
    let name = vault.folder().display().to_string();
    let relay = Relay::new(vault, policy, queue).await.map_err(refused)?;
    let listening = |addresses: &[std::net::SocketAddr]| {
        let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        say::line(&format!("Relaying for {name} at {} (Ctrl-C ends it)", all.join(", ")));
    };
    serve(relay, crate::signals::ended(), listening).await.map_err(refused)?;
    say::line("Ended.");
    Ok(EXIT_DONE)
}

fn list(folder: &Path, as_json: bool) -> Result<u8> {
    let entries = queue::look(folder).map_err(refused)?;
    if as_json {
        let messages: Vec<_> = entries.iter().map(message_json).collect();
        say::line(&serde_json::to_string(&json!({"version": 1, "messages": messages}))?);
        return Ok(EXIT_DONE);
    }
    if entries.is_empty() {
        say::line("Nothing waits.");
    }
    for entry in entries {
        let sender = if entry.envelope.from.is_empty() { "(a notification)" } else { &entry.envelope.from };
        let marked = if entry.envelope.sealed.is_some() { "marked" } else { "unmarked" };
        say::line(&format!(
            "{}  {marked}  from {sender}, accepted {}",
            entry.envelope.id,
            when(entry.envelope.at_ms)
        ));
        for (to, stand) in entry.envelope.to.iter().zip(&entry.stands) {
            let said = match stand {
                Stand::Waiting { tries: 0, .. } | Stand::Trying { .. } => "waits".to_owned(),
                Stand::Waiting { tries, due_ms, words } => {
                    format!("tried {tries} times, again {}: {words}", when(*due_ms))
                }
                Stand::Failed { words } => format!("given up: {words}"),
                Stand::Sent | Stand::Told | Stand::Dropped => continue,
            };
            say::line(&format!("    {}  {said}", to.address));
        }
    }
    Ok(EXIT_DONE)
}

fn message_json(entry: &Entry) -> serde_json::Value {
    let to = entry.envelope.to.iter().zip(&entry.stands);
    let to: Vec<_> =
        to.map(|(to, stand)| json!({"address": to.address, "copy": to.copy, "stands": stand})).collect();
    let envelope = &entry.envelope;
    json!({
        "id": envelope.id, "from": envelope.from, "accepted_ms": envelope.at_ms, "marked": envelope.sealed.is_some(), "to": to,
    })
}

fn when(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(at) if ms > 0 => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        _ => "now".into(),
    }
}

async fn ask(folder: &Path, verb: &str, id: &str) -> Result<u8> {
    let is_done = queue::ask(folder, verb, id).await.map_err(refused)?;
    say::line(match (verb, is_done) {
        ("drop", true) => "Dropped.",
        (_, true) => "It is due when the relay starts.",
        _ => "The running relay was asked; it does so within a second.",
    });
    Ok(EXIT_DONE)
}

fn password() -> Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password("Password: ")?));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text)?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
