//! What is counted over runs, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::measure::rates::Rate;

/// Counts by name: those of two sets of runs add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally(BTreeMap<String, u64>);

impl Tally {
    /// Counts so many more of something. What is counted with 0 is known to be counted.
    pub fn add(&mut self, name: impl Into<String>, count: u64) {
        *self.0.entry(name.into()).or_default() += count;
    }

    /// Adds the counts of other runs.
    pub fn merge(&mut self, other: &Tally) {
        other.0.iter().for_each(|(name, count)| self.add(name, *count));
    }

    /// How many there were.
    pub fn count(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// How many there were of those that could have been.
    pub fn rate(&self, hits: &str, of: &str) -> Rate {
        Rate { hits: self.count(hits), of: self.count(of) }
    }
}
