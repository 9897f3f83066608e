//! How often something may be tried: by account, by address, by link.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::sync::{Mutex, PoisonError};

use tellmark_core::Hash;

/// Things that are counted at once; beyond it what was tried least is forgotten first.
const COUNTED_MAX: usize = 50_000;

/// Tries to sign in to one account in a window.
pub const ACCOUNT_TRIES_MAX: u32 = 10;
/// Tries to sign in from one address in a window.
pub const ADDRESS_TRIES_MAX: u32 = 60;
/// A window: a quarter of an hour, in seconds.
pub const WINDOW_SECONDS: i64 = 15 * 60;

/// What is tried, and a hash of by whom: names are as long as a stranger likes.
type Key = (&'static str, Hash);

fn key(what: &'static str, whom: &str) -> Key {
    // Whoever has an address of IPv6 has 2^64 of them.
    let network = whom.parse::<Ipv6Addr>().ok().map(|address| u128::from(address) >> 64);
    (what, Hash::of(network.map_or_else(|| whom.to_lowercase(), |network| network.to_string()).as_bytes()))
}

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
            forget_half(&mut counts);
        }
        let (until, tries) = counts.entry(key(what, whom)).or_insert((now + seconds, 0));
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
        counts.remove(&key(what, whom));
    }
}

/// Forgets the half that was tried least, where nothing else makes room: many names that are tried once each give nobody new
/// tries at another.
fn forget_half(counts: &mut HashMap<Key, (i64, u32)>) {
    if counts.len() < COUNTED_MAX {
        return;
    }
    let mut tries: Vec<u32> = counts.values().map(|(_, tries)| *tries).collect();
    let (_, middle, _) = tries.select_nth_unstable(COUNTED_MAX / 2);
    let middle = *middle;
    let mut equal = tries.iter().filter(|&&own| own == middle).count() / 2;
    counts.retain(|_, (_, tries)| match (*tries).cmp(&middle) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => {
            let is_kept = equal > 0;
            equal = equal.saturating_sub(1);
            is_kept
        }
    });
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
        limiter.count("from", "2001:db8::1", 1, 60, 160).unwrap();
        assert_eq!(limiter.count("from", "2001:db8::abcd:2", 1, 60, 160), Err(60));
        limiter.count("from", "2001:db8:0:1::1", 1, 60, 160).unwrap();
    }

    #[test]
    fn many_names_give_no_new_tries_at_one() {
        let limiter = Limiter::default();
        for _ in 0..3 {
            limiter.count("sign-in", "Ada", 3, 60, 100).unwrap();
        }
        for name in 0..COUNTED_MAX + 10 {
            limiter.count("sign-in", &name.to_string(), 3, 60, 100).unwrap();
        }
        assert_eq!(limiter.count("sign-in", "Ada", 3, 60, 100), Err(60));
        assert!(limiter.counts.lock().unwrap().len() < COUNTED_MAX);
    }
}
