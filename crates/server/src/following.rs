//! Following sources in the background, beside whatever else follows the same vault: each source is read by one of them at a time.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tellmark_app::Ports;
use tellmark_app::follow::{self, Listener, Options, SightingLine, SourceLine};
use tokio::sync::watch;

use crate::metrics::Followed;
use crate::state::{Server, now};

/// How long it waits after following could not go on: until somebody put right what is wrong, or the ledger is back.
const AGAIN: Duration = Duration::from_secs(60);

/// How following goes.
#[derive(Debug, Default)]
pub struct Following {
    /// Why nothing is followed, where nothing is.
    trouble: Mutex<Option<String>>,
}

impl Following {
    /// Why nothing is followed, where nothing is.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// What happens goes to the log and the figures, by numbers; the rest stands in the ledger.
struct Logged<'a>(&'a Followed);

impl Listener for Logged<'_> {
    fn ends(&mut self, source: &SourceLine, articles: u64) {
        self.0.articles.fetch_add(articles, Ordering::Relaxed);
        match source.failures {
            0 => tracing::info!(source = source.source, articles, "a source was read"),
            failures => {
                self.0.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(source = source.source, failures, "a source could not be read");
            }
        }
    }

    fn records(&mut self, sighting: u32, source: u32) {
        self.0.sightings.fetch_add(1, Ordering::Relaxed);
        tracing::info!(sighting, source, "a passage was sighted");
    }

    /// Nobody is at standard output here, and nothing is told there.
    fn sees(&mut self, _: &SightingLine) -> std::io::Result<()> {
        Ok(())
    }

    fn fails(&mut self, channel: &str, _because: &str) {
        tracing::warn!(channel, "sightings could not be told; it is tried again");
    }
}

/// Follows until `ending` says so. It searches what it fetches, which takes a processor at times: a thread of its own does it.
pub async fn run(server: Arc<Server>, mut ending: watch::Receiver<bool>) {
    while !*ending.borrow() {
        let (own, mut stop, handle) = (server.clone(), ending.clone(), tokio::runtime::Handle::current());
        let done = tokio::task::spawn_blocking(move || {
            let stop = async move { _ = stop.wait_for(|ends| *ends).await };
            let options = Options { is_service: true, ..Options::default() };
            handle.block_on(async {
                let mut ports = Ports::system()?;
                own.following.note(None);
                follow::run(&own.vault, &options, &now, &mut ports, stop, &mut Logged(&own.metrics.followed))
                    .await
            })
        });
        let trouble = match done.await {
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "a fault of this program ended it".to_owned(),
        };
        tracing::error!("following ended, and begins again in a minute; the page Sightings says why");
        server.metrics.followed.ended.fetch_add(1, Ordering::Relaxed);
        server.following.note(Some(trouble));
        _ = tokio::time::timeout(AGAIN, ending.wait_for(|ends| *ends)).await;
    }
}
