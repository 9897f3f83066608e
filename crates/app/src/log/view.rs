//! The log as people read it: its head, and what each entry says in the open.

use std::sync::Arc;

use tellmark_evidence::encode::to_hex;
use tellmark_evidence::json::Json;

use super::{Log, State};
use crate::{Error, Result, Vault};

/// The log's head, and a part of its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct View {
    /// The log's key, as policies write it.
    pub key: String,
    /// How many entries it has; 0 where there is none yet.
    pub size: u64,
    /// The root over them, hexadecimal.
    pub root: String,
    /// The head as it is signed, with the cosignatures of witnesses.
    pub head: String,
    /// The sizes of the heads that witnesses saw.
    pub seen: Vec<u64>,
    /// Entries, the newest first.
    pub entries: Vec<Line>,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// Its number, from 0.
    pub number: u64,
    /// What it records.
    pub kind: &'static str,
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
    /// What else it says in the open: pairs of a name and a value.
    pub says: Vec<(String, String)>,
    /// The hash of the entry, hexadecimal.
    pub leaf: String,
}

/// What the log of a vault holds, for whoever only shows it: loaded and checked again whenever its head is another.
///
/// # Errors
/// As [`Log::load`].
pub fn shown(vault: &Vault) -> Result<Option<Arc<State>>> {
    Log::of(vault)?.shown()
}

/// The head of the log and `limit` entries before the one with a number, or the last ones.
///
/// # Errors
/// When the log is damaged.
pub fn view(vault: &Vault, before: Option<u64>, limit: usize) -> Result<View> {
    let log = Log::of(vault)?;
    let key = log.key().public().to_text();
    let Some(state) = log.shown()? else { return Ok(View { key, ..View::default() }) };
    let end = before.unwrap_or(state.head.size).min(state.head.size) as usize;
    let line = |number: usize| {
        let statement = &state.entries[number].statement;
        let open = statement.open.iter().filter(|(name, _)| *name != "at");
        let say = |(name, value): (&String, &Json)| match value.text(name) {
            Ok(text) => (name.clone(), text.to_owned()),
            Err(_) => (name.clone(), String::from_utf8_lossy(&value.to_bytes()).into_owned()),
        };
        Line {
            number: number as u64,
            kind: statement.kind.name(),
            at: statement.at(),
            says: open.map(say).collect(),
            leaf: to_hex(&state.leaves[number]),
        }
    };
    if state.entries.len() != state.leaves.len() {
        return Err(Error::damaged("the log has other entries than hashes"));
    }
    Ok(View {
        key,
        size: state.head.size,
        root: to_hex(&state.head.root),
        head: state.note.to_text(),
        seen: log.seen()?.into_iter().map(|(size, _)| size).collect(),
        entries: (end.saturating_sub(limit)..end).rev().map(line).collect(),
    })
}
