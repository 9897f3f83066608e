//! Running what is left, on two threads, and saying how long it will take.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::experiment::{Experiment, Task};
use super::ledger::{Ledger, Line};

const THREADS: usize = 2;
/// So often it is said how far it is.
const SAID_EVERY: Duration = Duration::from_secs(20);

/// Runs every chunk that the ledger does not have. All experiments advance alike, so that what is there when it
/// is stopped is balanced.
///
/// # Errors
/// The first error of a chunk.
pub fn finish(experiments: &[Experiment], ledger: &mut Ledger) -> anyhow::Result<()> {
    let left = left(experiments, ledger);
    let next = AtomicUsize::new(0);
    let ledger = Mutex::new((ledger, Instant::now()));
    let work = || -> anyhow::Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(&(experiment, chunk)) = left.get(at) else { return Ok(()) };
            let started = Instant::now();
            let counts = experiment.run(chunk).with_context(|| experiment.name.clone())?;
            let line = Line {
                experiment: experiment.name.clone(),
                seed: experiment.seed(),
                chunk,
                runs: experiment.chunk,
                seconds: started.elapsed().as_secs_f64(),
                counts,
            };
            let mut held = ledger.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            held.0.add(&line)?;
            if held.1.elapsed() >= SAID_EVERY {
                held.1 = Instant::now();
                say(&left, at, held.0);
            }
        }
    };
    // The tracer's own threads would wait for each other at such small work: each thread is a pool of one.
    let worker =
        || -> anyhow::Result<()> { rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(work) };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// What is left, in the order of the parts of their experiments that chunks complete; what needs few runs to be seen
/// comes sooner.
fn left<'e>(experiments: &'e [Experiment], ledger: &Ledger) -> Vec<(&'e Experiment, u64)> {
    let chunks = |experiment: &'e Experiment| (0..experiment.chunks).map(move |chunk| (experiment, chunk));
    let mut left: Vec<_> = experiments.iter().flat_map(chunks).collect();
    left.retain(|(experiment, chunk)| !ledger.has(experiment, *chunk));
    left.sort_by_key(|(experiment, chunk)| {
        let sooner = match experiment.task {
            Task::Accuse | Task::Case(_) => 1,
            Task::Power | Task::Excerpts => 2,
            Task::Gaussian | Task::Looks | Task::Crops => 6,
        };
        ((chunk + 1) * 1_000_000).div_ceil(experiment.chunks * sooner)
    });
    left
}

/// Says how far it is, and how long the rest takes by what its chunks have taken so far.
fn say(left: &[(&Experiment, u64)], at: usize, ledger: &Ledger) {
    let rest = &left[at.min(left.len())..];
    let known = |(experiment, _): &(&Experiment, u64)| ledger.seconds(experiment);
    let seconds: f64 = rest.iter().filter_map(known).sum::<f64>() / THREADS as f64;
    let unknown = rest.iter().filter(|chunk| known(chunk).is_none()).count();
    let more = if unknown > 0 { format!(" and {unknown} of unknown length") } else { String::new() };
    eprintln!("calibrate: {at} of {} chunks; about {:.0} min left{more}", left.len(), seconds / 60.0);
}
