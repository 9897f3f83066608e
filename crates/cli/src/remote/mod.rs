//! Commands that are given to a server instead of a vault: `--server`, with a token from TELLMARK_TOKEN. Whatever the server's interface
//! for programs does not offer is refused, so that no command silently works on another vault than was meant.

mod cases;
mod client;
mod copies;
mod sealing;

use anyhow::Result;
use serde_json::Value;
use tellmark_app::Error;

use crate::args::{Command, FollowAction};
use crate::progress::Line;
use crate::{EXIT_DONE, say};
pub use client::{Client, TOKEN};

/// Whether a command needs neither a vault nor a server.
pub fn is_local(command: &Command) -> bool {
    match command {
        Command::Demo(_) | Command::Completions { .. } | Command::Man { .. } | Command::Reread(_) => true,
        Command::Form(args) => args.fill.is_some(),
        Command::Spot(args) => args.documents.is_some(),
        _ => false,
    }
}

/// Gives a command to a server and returns its exit code.
///
/// # Errors
/// When the server does not offer it, refuses it, or cannot be reached.
pub fn run(client: &Client, command: Command, quiet: bool, line: &Line) -> Result<u8> {
    match command {
        Command::Plan(args) => sealing::plan(client, &args),
        Command::Seal(args) => sealing::seal(client, &args, quiet, line),
        Command::Withdraw(args) => copies::withdraw(client, &args),
        Command::Copy(args) => copies::copy(client, &args),
        Command::Holders(args) => copies::holders(client, &args),
        Command::Releases(args) => copies::releases(client, &args),
        Command::Copies(args) => copies::list(client, &args),
        Command::Trace(args) => cases::trace(client, &args, quiet),
        Command::Sightings(args) => cases::sightings(client, &args),
        Command::Sighting(args) if args.trace => cases::sighting(client, &args, quiet),
        Command::Cases(args) => cases::list(client, &args),
        Command::Prove(args) => cases::prove(client, &args),
        Command::Approve(args) => cases::approve(client, &args),
        Command::Follow(args) => match &args.action {
            FollowAction::Add { source, json } => cases::follow(client, source, *json),
            FollowAction::List { json } => cases::sources(client, *json),
            FollowAction::Remove { id } => cases::unfollow(client, *id),
            FollowAction::Run { .. } => Err(not_offered("follow run", client)),
            FollowAction::Work { .. } => Err(not_offered("follow work", client)),
        },
        other => Err(not_offered(name(&other), client)),
    }
}

/// A command that a server does not offer.
fn not_offered(what: &str, client: &Client) -> anyhow::Error {
    Error::Input(format!(
        "{} does not do `{what}` for other machines. Give the command on the vault's machine, without --server and TELLMARK_SERVER",
        client.name()
    ))
    .into()
}

/// Options that a server does not take: what it would do without them is another thing.
fn refuse_options(given: &[(&str, bool)], client: &Client) -> Result<()> {
    let named: Vec<&str> = given.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name).collect();
    match named.is_empty() {
        true => Ok(()),
        false => Err(Error::Input(format!(
            "{} does not take {}; leave it away, or give the command on the vault's machine",
            client.name(),
            named.join(", ")
        ))
        .into()),
    }
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Init(_) => "init",
        Command::Review(_) => "review",
        Command::Check(_) => "check",
        Command::Diff(_) => "diff",
        Command::Form(_) => "form",
        Command::Spot(_) => "spot",
        Command::Sighting(_) => "sighting without --trace",
        Command::Witness(_) => "witness",
        Command::Timestamp(_) => "timestamp",
        Command::Receipts(_) => "receipts",
        Command::Custodians(_) => "custodians",
        Command::Key(_) => "key",
        Command::Access(_) => "access",
        Command::Retention(_) => "retention",
        Command::Serve(_) => "serve",
        Command::Relay(_) => "relay",
        Command::Backup(_) => "backup",
        Command::Restore(_) => "restore",
        _ => "this",
    }
}

/// A list as one object, or as a table with a cell for each column.
fn show_list(
    name: &str,
    items: Vec<Value>,
    json: bool,
    columns: &[&str],
    cells: impl Fn(&Value) -> Vec<String>,
) -> Result<u8> {
    match json {
        true => say::json(&serde_json::json!({ name: items }))?,
        false => say::table(columns, items.iter().map(cells).collect()),
    }
    Ok(EXIT_DONE)
}

/// A member as text, whatever it is.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The texts of a list.
fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(|list| list.iter().map(text).collect()).unwrap_or_default()
}
