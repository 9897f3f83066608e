//! How it stands with a message and its copies.

use std::sync::Arc;

use serde::Serialize;

use super::files::Envelope;
use super::journal::{Record, What};

/// How it stands with a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum Stand {
    /// It waits.
    Waiting {
        /// How often it was tried.
        tries: u32,
        /// When it is due, in milliseconds since 1970.
        due_ms: i64,
        /// What the other server said last.
        words: String,
    },
    /// It is being handed over.
    Trying {
        /// How often it was tried before.
        tries: u32,
    },
    /// The other server has it.
    Sent,
    /// It was given up, and its sender is to be told.
    Failed {
        /// Why.
        words: String,
    },
    /// It was given up, and its sender knows.
    Told,
    /// An operator took it from the queue.
    Dropped,
}

impl Stand {
    pub(super) fn is_settled(&self) -> bool {
        matches!(self, Stand::Sent | Stand::Told | Stand::Dropped)
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Stand::Waiting { .. } | Stand::Trying { .. })
    }
}

/// How it stands with a message's deliveries in the vault's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deliveries {
    /// They are to be entered once a copy was handed over; after a failure not before this moment (milliseconds since 1970).
    Due(i64),
    /// They stand there.
    Entered,
    /// They are never entered: the message is not marked, or what its copies were made of is gone.
    Never,
}

/// A message with how it stands with its copies.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What is known of it.
    pub envelope: Arc<Envelope>,
    /// How it stands with each copy.
    pub stands: Vec<Stand>,
    /// How it stands with its deliveries in the vault's log.
    pub deliveries: Deliveries,
}

impl Entry {
    pub(super) fn new(envelope: Envelope) -> Entry {
        let due_ms = envelope.at_ms;
        let stands = vec![Stand::Waiting { tries: 0, due_ms, words: String::new() }; envelope.to.len()];
        let deliveries = match envelope.sealed {
            Some(_) => Deliveries::Due(0),
            None => Deliveries::Never,
        };
        Entry { deliveries, envelope: Arc::new(envelope), stands }
    }

    pub(super) fn apply(&mut self, what: &What) {
        let mut put = |to: u32, stand: Stand| {
            if let Some(own) = self.stands.get_mut(to as usize).filter(|own| !own.is_settled()) {
                *own = stand;
            }
        };
        match what.clone() {
            What::Trying { to } => {
                let tries = match self.stands.get(to as usize) {
                    Some(Stand::Waiting { tries, .. } | Stand::Trying { tries }) => *tries,
                    _ => return,
                };
                self.stands[to as usize] = Stand::Trying { tries };
            }
            What::Sent { to } => put(to, Stand::Sent),
            What::Later { to, tries, due_ms, words } => put(to, Stand::Waiting { tries, due_ms, words }),
            What::Never { to, words } => put(to, Stand::Failed { words }),
            What::Told { to } => to.into_iter().for_each(|to| put(to, Stand::Told)),
            What::Dropped => {
                self.stands
                    .iter_mut()
                    .filter(|stand| !stand.is_settled())
                    .for_each(|own| *own = Stand::Dropped);
            }
            What::Entered => self.deliveries = Deliveries::Entered,
            What::Unentered => self.deliveries = Deliveries::Never,
        }
    }

    /// The records from which it can be made again.
    pub(super) fn records(&self) -> Vec<Record> {
        let id = &self.envelope.id;
        let record = |what: What| Record { id: id.clone(), what };
        let mut records = Vec::new();
        let mut told = Vec::new();
        let mut dropped = false;
        for (to, stand) in (0u32..).zip(&self.stands) {
            match stand.clone() {
                Stand::Waiting { tries: 0, .. } => {}
                Stand::Waiting { tries, due_ms, words } => {
                    records.push(record(What::Later { to, tries, due_ms, words }))
                }
                Stand::Trying { .. } => records.push(record(What::Trying { to })),
                Stand::Sent => records.push(record(What::Sent { to })),
                Stand::Failed { words } => records.push(record(What::Never { to, words })),
                Stand::Told => told.push(to),
                Stand::Dropped => dropped = true,
            }
        }
        if !told.is_empty() {
            records.push(record(What::Told { to: told }));
        }
        if dropped {
            records.push(record(What::Dropped));
        }
        match self.deliveries {
            Deliveries::Entered => records.push(record(What::Entered)),
            Deliveries::Never if self.envelope.sealed.is_some() => records.push(record(What::Unentered)),
            Deliveries::Never | Deliveries::Due(_) => {}
        }
        records
    }

    /// What its sender is to be told: copies that were given up, once none is new or under way.
    pub(super) fn to_tell(&self) -> Vec<(u32, String)> {
        let is_new = |stand: &Stand| matches!(stand, Stand::Trying { .. } | Stand::Waiting { tries: 0, .. });
        if self.stands.iter().any(is_new) {
            return Vec::new();
        }
        let failed = (0u32..).zip(&self.stands).filter_map(|(to, stand)| match stand {
            Stand::Failed { words } => Some((to, words.clone())),
            _ => None,
        });
        failed.collect()
    }

    pub(super) fn is_done(&self) -> bool {
        let was_sent = self.stands.contains(&Stand::Sent);
        let is_due = matches!(self.deliveries, Deliveries::Due(_));
        self.stands.iter().all(Stand::is_settled) && !(is_due && was_sent)
    }
}
