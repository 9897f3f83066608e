//! How often something may be tried: by account, by address, by link.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Things that are counted at once; beyond it the oldest windows are forgotten first.
const COUNTED_MAX: usize = 50_000;

/// Tries to sign in to one account in a window.
pub const ACCOUNT_TRIES_MAX: u32 = 10;
/// Tries to sign in from one address in a window.
pub const ADDRESS_TRIES_MAX: u32 = 60;
/// A window: a quarter of an hour, in seconds.
pub const WINDOW_SECONDS: i64 = 15 * 60;

/// What is tried, and by whom.
type Key = (&'static str, String);

/// Counts tries in windows of time. It forgets with the process: what it guards costs work each time, too.
#[derive(Debug, Default)]
pub struct Limiter {
    counts: Mutex<HashMap<Key, (i64, u32)>>,
}

impl Limiter {
    /// Counts one more try at `what` by `whom`; the seconds to wait when there were `tries_max` in this window already.
    pub fn count(
        &self,
        what: &'static str,
        whom: &str,
        tries_max: u32,
        seconds: i64,
        now: i64,
    ) -> Result<(), u64> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= COUNTED_MAX {
            counts.retain(|_, (until, _)| *until > now);
            if counts.len() >= COUNTED_MAX {
                counts.clear();
            }
        }
        let key = (what, whom.to_lowercase());
        let (until, tries) = counts.entry(key).or_insert((now + seconds, 0));
        if *until <= now {
            (*until, *tries) = (now + seconds, 0);
        }
        if *tries >= tries_max {
            return Err(u64::try_from(*until - now).unwrap_or(1));
        }
        *tries += 1;
        Ok(())
    }

    /// Forgets the tries of somebody who got in.
    pub fn forget(&self, what: &'static str, whom: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&(what, whom.to_lowercase()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_by_window() {
        let limiter = Limiter::default();
        for _ in 0..3 {
            limiter.count("sign-in", "Ada", 3, 60, 100).unwrap();
        }
        assert_eq!(limiter.count("sign-in", "ADA", 3, 60, 130), Err(30));
        limiter.count("sign-in", "Bob", 3, 60, 130).unwrap();
        limiter.count("code", "ada", 3, 60, 130).unwrap();
        limiter.count("sign-in", "ada", 3, 60, 160).unwrap();
        limiter.forget("sign-in", "ada");
        limiter.count("sign-in", "ada", 1, 60, 160).unwrap();
    }
}
