//! Figures for an operator's monitoring, in Prometheus' text format, and the share of time by stage. No name and no address is in them.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Messages that were accepted, and of those the marked ones.
    Accepted,
    Marked,
    /// Messages that were refused, and put off.
    Refused,
    PutOff,
    /// Copies that were handed over, put off by the next server, and given up.
    Sent,
    Later,
    Never,
    /// Messages that tell a sender of a failure.
    Told,
    /// Connections that were taken, and turned away.
    Connections,
    TurnedAway,
    /// Times that somebody did not sign in.
    WrongPasswords,
    /// Times that the next server could not be reached, or the connection was lost.
    Unreached,
}

const NAMES: [(Count, &str); 12] = [
    (Count::Accepted, "accepted"),
    (Count::Marked, "marked"),
    (Count::Refused, "refused"),
    (Count::PutOff, "put_off"),
    (Count::Sent, "sent"),
    (Count::Later, "later"),
    (Count::Never, "never"),
    (Count::Told, "told"),
    (Count::Connections, "connections"),
    (Count::TurnedAway, "turned_away"),
    (Count::WrongPasswords, "wrong_passwords"),
    (Count::Unreached, "unreached"),
];

/// Where time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding sites.
    Look,
    /// Recording the release and committing to it.
    Seal,
    /// Writing the message into the queue.
    Put,
    /// Making copies.
    Copy,
    /// Handing over.
    Send,
    /// Waiting for the journal to be on the disk.
    Sync,
    /// Entering deliveries in the log.
    Enter,
}

const STAGES: [(Stage, &str); 7] = [
    (Stage::Look, "look"),
    (Stage::Seal, "seal"),
    (Stage::Put, "put"),
    (Stage::Copy, "copy"),
    (Stage::Send, "send"),
    (Stage::Sync, "sync"),
    (Stage::Enter, "enter"),
];

/// What was counted since the relay began.
#[derive(Debug, Default)]
pub struct Figures {
    counts: [AtomicU64; NAMES.len()],
    micros: [AtomicU64; STAGES.len()],
}

impl Figures {
    /// One more.
    pub fn count(&self, what: Count) {
        self.counts[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// So much time was spent since then.
    pub fn spent(&self, stage: Stage, since: Instant) {
        let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.micros[stage as usize].fetch_add(micros, Ordering::Relaxed);
    }

    /// Everything; `waiting` is how many copies wait.
    pub fn text(&self, waiting: usize, in_doubt: usize) -> String {
        let mut out = String::from("# TYPE tellmark_relay_total counter\n");
        for (what, name) in NAMES {
            let count = self.counts[what as usize].load(Ordering::Relaxed);
            let _ = writeln!(out, "tellmark_relay_total{{what=\"{name}\"}} {count}");
        }
        out.push_str("# TYPE tellmark_relay_seconds_total counter\n");
        for (stage, name) in STAGES {
            let seconds = self.micros[stage as usize].load(Ordering::Relaxed) as f64 / 1e6;
            let _ = writeln!(out, "tellmark_relay_seconds_total{{stage=\"{name}\"}} {seconds}");
        }
        let _ = write!(
            out,
            "# TYPE tellmark_relay_waiting gauge\ntellmark_relay_waiting {waiting}\n# TYPE tellmark_relay_in_doubt gauge\ntellmark_relay_in_doubt {in_doubt}\n"
        );
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_own_place() {
        for (index, (what, _)) in NAMES.iter().enumerate() {
            assert_eq!(*what as usize, index);
        }
        for (index, (stage, _)) in STAGES.iter().enumerate() {
            assert_eq!(*stage as usize, index);
        }
        let figures = Figures::default();
        figures.count(Count::Sent);
        let text = figures.text(5, 1);
        assert!(text.contains("tellmark_relay_total{what=\"sent\"} 1\n"), "{text}");
        assert!(text.contains("tellmark_relay_waiting 5\n"));
    }
}
