//! When a source is asked again.

/// Longest wait after failures, in seconds.
pub const BACKOFF_SECONDS_MAX: u64 = 24 * 3600;
/// Longest wait that a server can ask for, in seconds.
const RETRY_SECONDS_MAX: u64 = 7 * 24 * 3600;

/// Seconds until a source is asked again: after a success about its interval, after failures in a row twice as
/// long each time, at most a day; never sooner than the server wants. `random` spreads the moments, so that
/// sources that failed together do not come back together.
///
/// ```
/// use tellmark_follow::wait_seconds;
/// assert!((810..=990).contains(&wait_seconds(900, 0, None, 12345)));
/// assert!((1800..=3600).contains(&wait_seconds(900, 2, None, 12345)));
/// assert!(wait_seconds(900, 40, None, 7) <= 24 * 3600);
/// assert!(wait_seconds(900, 1, Some(7200), 7) >= 7200);
/// ```
pub fn wait_seconds(interval: u64, failures: u32, retry_after: Option<u64>, random: u64) -> u64 {
    let spread = |from: u64, to: u64| from + random % (to - from + 1);
    let wait = match failures {
        0 => spread(interval - interval / 10, interval + interval / 10),
        _ => {
            let longest = interval.saturating_mul(1 << failures.min(16)).min(BACKOFF_SECONDS_MAX);
            spread(longest / 2, longest)
        }
    };
    wait.max(retry_after.unwrap_or(0).min(RETRY_SECONDS_MAX))
}
