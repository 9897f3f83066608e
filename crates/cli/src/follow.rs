//! `tellmark follow`, `sightings` and `sighting`: sources, and what was seen in them.

use anyhow::Result;
use serde_json::json;
use tellmark_app::follow::{
    self, Listener, Options, PassageLine, Queue, RunSummary, SightingLine, SourceLine, State,
};
use tellmark_app::{Ports, Vault};

use crate::args::{FollowAction, SightingsArgs};
use crate::{EXIT_DONE, EXIT_FAILURE, say, signals};

/// Does what was asked for.
///
/// # Errors
/// When a source cannot be followed, or the ledger fails.
pub async fn run(vault: &Vault, action: &FollowAction, quiet: bool) -> Result<u8> {
    match action {
        FollowAction::Add { source, json } => add(vault, source, *json).await,
        FollowAction::List { json } => list(vault, *json).await,
        FollowAction::Remove { id } => {
            let removed = follow::remove(vault, *id, &Ports::system()?).await?;
            say::line(&format!("{} is followed no more; what was seen in it stays.", removed.address));
            Ok(EXIT_DONE)
        }
        FollowAction::Run { once, json, nats, nats_creds } => {
            let queue = nats.as_ref().map(|nats| Queue::new(nats, nats_creds.clone())).transpose()?;
            let options = Options { once: *once, queue, ..Options::default() };
            watch(vault, &options, *json, quiet).await
        }
        FollowAction::Work { nats, nats_creds, once, json } => {
            work(vault, &Queue::new(nats, nats_creds.clone())?, *once, *json, quiet).await
        }
    }
}

async fn add(vault: &Vault, source: &str, json: bool) -> Result<u8> {
    let (line, is_new) = follow::add(vault, source, &Ports::system()?).await?;
    match (json, is_new) {
        (true, _) => say::json(&line)?,
        (false, true) => say::line(&format!(
            "Source {} is followed: {}. `tellmark follow run` reads it.",
            line.source, line.address
        )),
        (false, false) => {
            say::line(&format!("{} is followed already, as source {}.", line.address, line.source))
        }
    }
    Ok(EXIT_DONE)
}

async fn list(vault: &Vault, json: bool) -> Result<u8> {
    let lines = follow::list(vault).await?;
    if json {
        say::json(&json!({ "sources": lines }))?;
        return Ok(EXIT_DONE);
    }
    let date = |seconds: i64| if seconds == 0 { "-".to_owned() } else { say::date(seconds) };
    let rows = lines.iter().map(|line| {
        let next = if line.next_at == 0 { "at once".to_owned() } else { say::date(line.next_at) };
        vec![
            line.source.to_string(),
            state(line),
            date(line.succeeded_at),
            next,
            line.address.clone(),
            line.last_error.clone(),
        ]
    });
    say::table(&["source", "state", "read (UTC)", "next", "address", "last error"], rows.collect());
    Ok(EXIT_DONE)
}

fn state(line: &SourceLine) -> String {
    match line.state {
        State::New => "new".into(),
        State::Failing if line.failures == 1 => "failed once".to_owned(),
        State::Failing => format!("failed {} times", line.failures),
        _ => "read".into(),
    }
}

/// Tells what happens: sightings on standard output, the rest on standard error.
struct Teller {
    json: bool,
    quiet: bool,
}

impl Listener for Teller {
    fn ends(&mut self, source: &SourceLine, articles: u64) {
        let SourceLine { source: number, address, last_error, .. } = source;
        match (source.state, last_error.is_empty()) {
            (State::Failing, _) => say::warning(&format!("source {number}: {last_error}")),
            (_, false) => say::warning(&format!("source {number} ({address}): {articles} new; {last_error}")),
            (_, true) if !self.quiet => say::status(&format!("source {number} ({address}): {articles} new")),
            _ => {}
        }
    }

    fn sees(&mut self, sighting: &SightingLine) -> std::io::Result<()> {
        match self.json {
            true => say::json(sighting).map_err(std::io::Error::other),
            false => say::told(&lines(sighting).join("\n")),
        }
    }

    fn fails(&mut self, channel: &str, because: &str) {
        say::warning(&format!("{channel} could not be told and is tried again later: {because}"));
    }

    fn warns(&mut self, because: &str) {
        say::warning(because);
    }
}

async fn watch(vault: &Vault, options: &Options, json: bool, quiet: bool) -> Result<u8> {
    let count = follow::list(vault).await?.len();
    let stop = signals::ended();
    if !quiet && !options.once {
        say::status(&format!("Following {count} sources; Ctrl-C ends it, and nothing is lost."));
    }
    let mut ports = Ports::system()?;
    let mut teller = Teller { json, quiet };
    let done = follow::run(vault, options, &clock, &mut ports, stop, &mut teller).await?;
    if !quiet {
        summarise(&done);
    }
    // Sources that fail are shown and read again later; only when none could be read, a script should know.
    let has_failed = options.once && done.failed > 0 && done.failed as usize >= count;
    Ok(if has_failed { EXIT_FAILURE } else { EXIT_DONE })
}

async fn work(vault: &Vault, queue: &Queue, once: bool, json: bool, quiet: bool) -> Result<u8> {
    let stop = signals::ended();
    if !quiet && !once {
        say::status("Searching what is fetched; Ctrl-C ends it, and nothing is lost.");
    }
    let mut ports = Ports::system()?;
    let mut teller = Teller { json, quiet };
    let done = follow::work(vault, queue, once, &clock, &mut ports, stop, &mut teller).await?;
    if !quiet {
        summarise(&done);
    }
    Ok(EXIT_DONE)
}

fn clock() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn summarise(done: &RunSummary) {
    let RunSummary { articles, sightings, shared, failed } = done;
    say::status(&format!(
        "{articles} new articles, {sightings} sightings ({shared} of shared wording), {failed} readings failed."
    ));
}

/// Lists what was seen.
///
/// # Errors
/// When the ledger fails.
pub async fn sightings(vault: &Vault, args: &SightingsArgs) -> Result<u8> {
    let all = follow::sightings(vault, args.shared).await?;
    if args.json {
        say::json(&json!({ "sightings": all }))?;
        return Ok(EXIT_DONE);
    }
    let rows = all.iter().map(|one| {
        let mut documents: Vec<&str> = one.passages.iter().map(|passage| passage.document.as_str()).collect();
        documents.dedup();
        vec![
            one.sighting.to_string(),
            say::date(one.fetched_at),
            documents.join(", "),
            one.passages.len().to_string(),
            format!("{:.0}", one.passages.iter().map(|passage| passage.weight).sum::<f64>()),
            one.address.clone(),
            if one.shared { "shared wording".into() } else { String::new() },
        ]
    });
    say::table(&["sighting", "fetched (UTC)", "document", "passages", "bits", "address", ""], rows.collect());
    Ok(EXIT_DONE)
}

/// Shows one sighting.
///
/// # Errors
/// When there is none of this number.
pub async fn sighting(vault: &Vault, number: u32, json: bool) -> Result<u8> {
    let line = follow::sighting(vault, number).await?;
    if json {
        say::json(&line)?;
        return Ok(EXIT_DONE);
    }
    lines(&line).iter().for_each(|text| say::line(text));
    say::line(&format!("  BLAKE3 {} as fetched", line.page));
    say::line(&format!("  BLAKE3 {} the exhibit", line.content));
    say::line(&format!("  trace it: tellmark sighting {} --case NAME --trace", line.sighting));
    Ok(EXIT_DONE)
}

fn lines(one: &SightingLine) -> Vec<String> {
    let shared = if one.shared { ", shared wording" } else { "" };
    let mut lines = vec![format!(
        "Sighting {}, {} UTC, source {}{shared}: {}",
        one.sighting,
        say::date(one.fetched_at),
        one.source,
        say::name(&one.address)
    )];
    if !one.title.is_empty() {
        lines.push(format!("  {}", say::name(&one.title)));
    }
    if !one.note.is_empty() {
        lines.push(format!("  note: {}", say::name(&one.note)));
    }
    one.passages.iter().for_each(|passage| lines.extend(passage_lines(passage)));
    lines.push(weighed(one));
    lines
}

/// What the figures of a sighting rest on.
fn weighed(one: &SightingLine) -> String {
    let background = one.background;
    match one.passages.iter().any(|passage| passage.false_alarms_per_million.is_some()) {
        true => format!(
            "  counted among {background} articles without a hit and the sightings beside them, with 95 % confidence; it holds for articles like those"
        ),
        false if background < follow::BACKGROUND_MIN => {
            format!(
                "  weighed against {background} other articles only: how rare these words are was assumed"
            )
        }
        false => {
            "  how rare these words are is not known: too few articles of this source or in the document's language, or an older tellmark recorded it"
                .into()
        }
    }
}

fn passage_lines(passage: &PassageLine) -> Vec<String> {
    let alarms = match passage.false_alarms_per_million {
        Some(most) => format!("as heavy in at most {most:.0} of a million articles"),
        None => "in how many articles something is as heavy is not known".into(),
    };
    let shared = passage.shared.as_ref().map(|why| format!("; shared wording, {why}")).unwrap_or_default();
    let [start, end] = passage.source;
    let mut lines = vec![format!(
        "  {} bytes {start}-{end}: {} words, {:.0} bits; {alarms}{shared}",
        say::name(&passage.document),
        passage.words,
        passage.weight,
    )];
    if !passage.text.is_empty() {
        let all = passage.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = all.chars().take(300).collect();
        let more = if text.len() < all.len() { " …" } else { "" };
        lines.push(format!("    “{}{more}”", say::name(&text)));
    }
    lines
}
