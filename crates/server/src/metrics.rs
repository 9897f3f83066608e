//! Figures for an operator's monitoring, in Prometheus' text format. Labels are routes and statuses, never what somebody wrote.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Upper bounds of the buckets of durations, in milliseconds.
const BUCKETS_MS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 30_000];

#[derive(Debug, Default, Clone)]
struct Counted {
    statuses: BTreeMap<u16, u64>,
    buckets: [u64; BUCKETS_MS.len()],
    requests: u64,
    sum_ms: u64,
}

/// What following did since the server began.
#[derive(Debug, Default)]
pub struct Followed {
    /// New articles that were searched.
    pub articles: AtomicU64,
    /// Sightings that were recorded here.
    pub sightings: AtomicU64,
    /// Readings of sources that failed.
    pub failed: AtomicU64,
    /// How often following ended because something is wrong.
    pub ended: AtomicU64,
}

/// What was counted since the server began.
#[derive(Debug, Default)]
pub struct Metrics {
    routes: Mutex<BTreeMap<String, Counted>>,
    /// What following did.
    pub followed: Followed,
}

impl Metrics {
    /// Counts an answer.
    pub fn count(&self, route: &str, status: u16, ms: u64) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = routes.entry(route.to_owned()).or_default();
        *counted.statuses.entry(status).or_default() += 1;
        counted.requests += 1;
        counted.sum_ms += ms;
        for (bucket, bound) in counted.buckets.iter_mut().zip(BUCKETS_MS) {
            *bucket += u64::from(ms <= bound);
        }
    }

    /// Everything that was counted.
    pub fn text(&self) -> String {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::from(
            "# HELP tellmark_requests_total Answers by route and status.\n# TYPE tellmark_requests_total counter\n",
        );
        for (route, counted) in routes.iter() {
            for (status, count) in &counted.statuses {
                let _ =
                    writeln!(out, "tellmark_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}");
            }
        }
        out.push_str(
            "# HELP tellmark_request_seconds How long answers took.\n# TYPE tellmark_request_seconds histogram\n",
        );
        for (route, counted) in routes.iter() {
            for (count, bound) in counted.buckets.iter().zip(BUCKETS_MS) {
                let bound = bound as f64 / 1000.0;
                let _ = writeln!(
                    out,
                    "tellmark_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {count}"
                );
            }
            let (requests, seconds) = (counted.requests, counted.sum_ms as f64 / 1000.0);
            let _ =
                writeln!(out, "tellmark_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {requests}");
            let _ = writeln!(out, "tellmark_request_seconds_sum{{route=\"{route}\"}} {seconds}");
            let _ = writeln!(out, "tellmark_request_seconds_count{{route=\"{route}\"}} {requests}");
        }
        let Followed { articles, sightings, failed, ended } = &self.followed;
        for (name, help, count) in [
            ("articles", "New articles of followed sources that were searched.", articles),
            ("sightings", "Sightings that were recorded by this server.", sightings),
            ("failures", "Readings of sources that failed.", failed),
            ("ends", "How often following ended because something is wrong.", ended),
        ] {
            let (name, count) = (format!("tellmark_followed_{name}_total"), count.load(Ordering::Relaxed));
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {count}");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_written_in_the_format() {
        let metrics = Metrics::default();
        metrics.count("GET /desk/{id}", 200, 7);
        metrics.count("GET /desk/{id}", 404, 300);
        metrics.followed.articles.fetch_add(3, Ordering::Relaxed);
        let text = metrics.text();
        for line in [
            "tellmark_followed_articles_total 3",
            "# TYPE tellmark_followed_ends_total counter",
            "tellmark_requests_total{route=\"GET /desk/{id}\",status=\"404\"} 1",
            "tellmark_request_seconds_bucket{route=\"GET /desk/{id}\",le=\"0.01\"} 1",
            "tellmark_request_seconds_bucket{route=\"GET /desk/{id}\",le=\"+Inf\"} 2",
            "tellmark_request_seconds_sum{route=\"GET /desk/{id}\"} 0.307",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
