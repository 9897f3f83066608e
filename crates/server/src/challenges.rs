//! Questions that devices with passkeys answer: each once, within some minutes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A question waits so long for its answer, in seconds.
const WAITS_SECONDS: i64 = 300;
/// Questions that wait at once; beyond it those that are over are forgotten, or else all.
const WAITING_MAX: usize = 20_000;

/// The questions that wait. They are forgotten with the process: whoever was asked is asked again.
#[derive(Debug, Default)]
pub struct Challenges {
    /// By the question: whose answer it has to be (an account; 0 for whoever signs in), and until when.
    waiting: Mutex<HashMap<String, (u32, i64)>>,
}

impl Challenges {
    /// Notes a question that was asked.
    pub fn ask(&self, challenge: &str, account: u32, now: i64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            waiting.retain(|_, (_, until)| *until > now);
            if waiting.len() >= WAITING_MAX {
                waiting.clear();
            }
        }
        waiting.insert(challenge.to_owned(), (account, now + WAITS_SECONDS));
    }

    /// Whether a question was asked of an account and waits; it does not wait any more then.
    pub fn take(&self, challenge: &str, account: u32, now: i64) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(challenge).is_some_and(|(own, until)| own == account && until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_once_and_in_time() {
        let challenges = Challenges::default();
        challenges.ask("a", 1, 100);
        assert!(!challenges.take("b", 1, 100));
        assert!(challenges.take("a", 1, 399) && !challenges.take("a", 1, 100));
        challenges.ask("a", 1, 100);
        assert!(!challenges.take("a", 0, 100), "of another account");
        challenges.ask("a", 1, 100);
        assert!(!challenges.take("a", 1, 400), "too late");
    }
}
