//! The tests' own program as another process, which writes to a ledger and says what it has done.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use tellmark_core::Hash;
use tellmark_store::{NewBatch, Store};

use crate::place::runtime;
use crate::samples::{NOW, Sample, article, look, roster};

const JOB: &str = "TELLMARK_STORE_TEST_JOB";

/// What another process should do: write `rounds` times, with records made from `seed` on.
pub struct Job {
    pub url: String,
    pub seed: u64,
    pub rounds: u64,
    /// Bytes of each exhibit; large ones make a kill in the middle of a transaction likely.
    pub exhibit_bytes: usize,
}

impl Job {
    /// Starts the process; it prints one `done ...` line for each transaction that has returned.
    pub fn start(&self) -> Child {
        let job = format!("{} {} {} {}", self.url, self.seed, self.rounds, self.exhibit_bytes);
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::works_as_another_process", "--ignored", "--nocapture"])
            .env(JOB, job)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn received() -> Job {
        let job = std::env::var(JOB).expect("only the other tests start this one");
        let mut parts = job.split(' ').map(str::to_owned);
        let mut next = || parts.next().unwrap();
        Job {
            url: next(),
            seed: next().parse().unwrap(),
            rounds: next().parse().unwrap(),
            exhibit_bytes: next().parse().unwrap(),
        }
    }
}

#[test]
#[ignore = "the other tests start it as another process"]
fn works_as_another_process() {
    runtime().block_on(work(Job::received()));
}

/// The release that all processes add to.
pub const SHARED: u64 = 1_000_000;

/// Records one of everything in each round.
async fn work(job: Job) {
    let store = Store::open(&job.url).await.unwrap();
    let shared = Sample::new(SHARED);
    for seed in job.seed..job.seed + job.rounds {
        let sample = Sample { roster: roster(500, seed), ..Sample::new(seed) };
        let release = store.record_release(&sample.in_lineage(shared.lineage)).await.unwrap().into_inner();
        done(&format!("release {} {}", release.id, release.number));
        let roster = roster(2, seed);
        let new = NewBatch { roster: &roster, fingerprint: Hash::of(&roster), ..shared.batch() };
        let batch = store.record_batch(shared.id, &new).await.unwrap().into_inner();
        done(&format!("batch {} {}", shared.id, batch.number));
        let bytes: Vec<u8> = seed.to_le_bytes().iter().copied().cycle().take(job.exhibit_bytes).collect();
        let begun = store.begin_look(&look(None, &article(&bytes))).await.unwrap();
        done(&format!("look {} {}", begun.case.name, begun.look.number));
        let begun = store.begin_look(&look(Some("shared"), &article(&bytes))).await.unwrap();
        done(&format!("look {} {}", begun.case.name, begun.look.number));
        store.record_reading("shared", begun.look.number, &seed.to_le_bytes(), NOW).await.unwrap();
        done(&format!("reading shared {}", begun.look.number));
    }
}

fn done(what: &str) {
    // The test harness may have left its line unfinished.
    let line = format!("\ndone {what}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

/// Checks that what a process said it had done is there; the lines are `what where number`.
pub async fn verify(store: &Store, lines: &[String]) {
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, what, owner, number] = words[..] else { panic!("{line:?}") };
        let number: u32 = number.parse().unwrap();
        match what {
            "release" => assert_eq!(store.release(owner.parse().unwrap()).await.unwrap().number, number),
            "batch" => {
                let batches = store.batches(owner.parse().unwrap()).await.unwrap();
                assert!(batches.iter().any(|batch| batch.number == number), "{line}");
            }
            "look" => assert_eq!(store.exhibits(owner, number).await.unwrap().len(), 1),
            "reading" => assert!(store.reading(owner, number).await.unwrap().is_some(), "{line}"),
            _ => panic!("{line:?}"),
        }
    }
}

/// The `done` lines among what a process printed; one that was cut off was not said.
pub fn done_lines(printed: &str) -> Vec<String> {
    let whole = printed.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter(|line| line.starts_with("done ")).map(str::to_owned).collect()
}
