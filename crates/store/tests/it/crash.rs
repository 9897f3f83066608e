//! A process that is killed at any moment loses nothing that it had said to be done.

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use tellmark_core::Hash;
use tellmark_store::{Backend, Store};

use crate::child::{Job, SHARED, done_lines, verify};
use crate::place::{Place, runtime};
use crate::samples::Sample;

#[test]
fn a_killed_process_loses_nothing_that_it_reported() {
    runtime().block_on(kill_at_many_moments());
}

async fn kill_at_many_moments() {
    let place = Place::new(Backend::Sqlite);
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    store.record_release(&Sample::new(SHARED).first()).await.unwrap();
    store.close().await;
    let mut all = Vec::new();
    for round in 0..20 {
        let job = Job { url: url.clone(), seed: round * 10_000, rounds: 10_000, exhibit_bytes: 300_000 };
        let moment = u64::from(Hash::of(&round.to_le_bytes()).0[0]);
        let lines = kill_after(&job, Duration::from_micros(moment * 500));
        // Every other time what the dead process left is met by the next writer and not by a reader.
        if round % 2 == 0 {
            let store = Store::open(&url).await.unwrap();
            verify(&store, &lines).await;
            let report = store.check().await.unwrap();
            assert!(report.is_sound(), "killed after {moment} units: {report:?}");
        }
        all.extend(lines);
    }
    assert!(all.len() > 20, "the processes must get somewhere: {all:?}");
    let store = Store::open(&url).await.unwrap();
    verify(&store, &all).await;
    assert!(store.check().await.unwrap().is_sound());
}

/// Starts the job, waits until it has done something, then for a while, and kills it (SIGKILL).
fn kill_after(job: &Job, wait: Duration) -> Vec<String> {
    let mut child = job.start();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut printed = String::new();
    while !printed.contains("done ") {
        assert!(stdout.read_line(&mut printed).unwrap() > 0, "the process ended by itself: {printed}");
    }
    std::thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap();
    stdout.read_to_string(&mut printed).unwrap();
    done_lines(&printed)
}
