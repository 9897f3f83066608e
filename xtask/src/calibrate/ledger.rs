//! What has been run: one JSON line for each finished chunk, so that a run can be killed and go on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::experiment::Experiment;
use super::tally::Tally;

/// One finished chunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its experiment.
    pub experiment: String,
    /// The seed of its experiment: another configuration has another, and its lines do not count.
    pub seed: u64,
    /// Its number.
    pub chunk: u64,
    /// How many runs it has.
    pub runs: u64,
    /// How long one thread took.
    pub seconds: f64,
    /// What was counted.
    pub counts: Tally,
}

/// Finished chunks, and the file that they are kept in.
#[derive(Default)]
pub struct Ledger {
    file: Option<File>,
    done: BTreeSet<(u64, u64)>,
    sums: BTreeMap<u64, (Tally, f64)>,
}

impl Ledger {
    /// Reads what is there; a line that was cut short is taken off.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds something else.
    pub fn open(path: &Path) -> anyhow::Result<Ledger> {
        let said = || path.display().to_string();
        let mut file = OpenOptions::new().create(true).append(true).open(path).with_context(said)?;
        let text = std::fs::read_to_string(path).with_context(said)?;
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64).with_context(said)?;
        file.flush()?;
        let mut ledger = Ledger { file: Some(file), ..Ledger::default() };
        for (number, line) in text[..whole].lines().enumerate() {
            let line: Line =
                serde_json::from_str(line).with_context(|| format!("{}, line {}", said(), number + 1))?;
            ledger.sum(&line);
        }
        Ok(ledger)
    }

    /// Adds a chunk and keeps it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, line: &Line) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(format!("{}\n", serde_json::to_string(line)?).as_bytes())?;
        }
        self.sum(line);
        Ok(())
    }

    fn sum(&mut self, line: &Line) {
        if self.done.insert((line.seed, line.chunk)) {
            let (tally, seconds) = self.sums.entry(line.seed).or_default();
            tally.merge(&line.counts);
            *seconds += line.seconds;
        }
    }

    /// Whether a chunk is finished.
    pub fn has(&self, experiment: &Experiment, chunk: u64) -> bool {
        self.done.contains(&(experiment.seed(), chunk))
    }

    /// What was counted in all finished chunks.
    pub fn tally(&self, experiment: &Experiment) -> Tally {
        self.sums.get(&experiment.seed()).map(|(tally, _)| tally.clone()).unwrap_or_default()
    }

    /// Seconds that one chunk takes, where one is finished.
    pub fn seconds(&self, experiment: &Experiment) -> Option<f64> {
        let (_, seconds) = self.sums.get(&experiment.seed())?;
        let chunks = self.done.iter().filter(|(seed, _)| *seed == experiment.seed()).count();
        Some(seconds / chunks.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::experiment::all;
    use super::*;

    #[test]
    fn what_was_cut_short_is_run_again() {
        let path = std::env::temp_dir().join(format!("calibrate-{}.jsonl", std::process::id()));
        let experiment = &all(1000)[0];
        let mut counts = Tally::default();
        counts.add("runs", 7);
        let name = experiment.name.clone();
        let line = |chunk| Line {
            experiment: name.clone(),
            seed: experiment.seed(),
            chunk,
            runs: 7,
            seconds: 1.0,
            counts: counts.clone(),
        };
        let mut ledger = Ledger::open(&path).unwrap();
        (0..3).for_each(|chunk| ledger.add(&line(chunk)).unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let mut ledger = Ledger::open(&path).unwrap();
        assert_eq!([0, 1, 2].map(|chunk| ledger.has(experiment, chunk)), [true, true, false]);
        ledger.add(&line(2)).unwrap();
        ledger.add(&line(2)).unwrap();
        assert_eq!(ledger.tally(experiment).count("runs"), 21);
        assert_eq!(Ledger::open(&path).unwrap().tally(experiment), ledger.tally(experiment));
        std::fs::write(&path, "{}\n").unwrap();
        assert!(Ledger::open(&path).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
