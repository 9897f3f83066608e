//! Whole commands from process start to exit, each beside what it is compared with, in one run.
//!
//! `cargo bench -p tellmark-cli` prints medians and ratios; under `cargo test` the same code runs once with few
//! copies. Files go to the folder in `TELLMARK_BENCH_DIR` (a tmpfs tells the program's own time), or else to the
//! system's temporary one.
#![allow(clippy::unwrap_used)] // A measurement that cannot go on has failed.

mod desk;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tellmark_testkit::{document, roster};

use desk::Desk;

const RUNS: usize = 5;

fn main() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (many, some, documents, runs) = if full { (40_000, 10_000, 1_000, RUNS) } else { (40, 40, 3, 1) };
    println!("| command | seconds | compared with | seconds | ratio |");
    println!("|---|---:|---|---:|---:|");
    seal(many, runs, "call.md", &fs::read(sample("call.md")).unwrap());
    seal(many, runs, "memorandum.docx", &fs::read(sample("memorandum.docx")).unwrap());
    trace_one_release(some, runs);
    trace_many_releases(documents, runs);
}

/// Sealing, against writing files with the same bytes to as many folders.
fn seal(copies: usize, runs: usize, name: &str, document: &[u8]) {
    let mut sealed = Vec::new();
    let mut written = Vec::new();
    for _ in 0..runs {
        let desk = Desk::new();
        fs::write(desk.path(name), document).unwrap();
        fs::write(desk.path("roster.csv"), roster::to_csv(&roster::roster(1, copies, 8))).unwrap();
        let out = desk.path("out");
        sealed.push(timed(&desk, &["seal", name, "--to", "roster.csv", "--out", "out", "--force"]));
        let files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(&out)
            .unwrap()
            .map(|folder| folder.unwrap())
            .filter(|folder| folder.path().is_dir())
            .map(|folder| (folder.file_name().into(), fs::read(folder.path().join(name)).unwrap()))
            .collect();
        assert_eq!(files.len(), copies);
        let plain = desk.path("plain");
        written.push(time(|| write_plainly(&plain, name, &files)));
    }
    row(&format!("seal {copies} copies of {name}"), sealed, "writing these files", written);
}

fn write_plainly(to: &Path, name: &str, files: &[(PathBuf, Vec<u8>)]) {
    for (folder, bytes) in files {
        fs::create_dir_all(to.join(folder)).unwrap();
        fs::write(to.join(folder).join(name), bytes).unwrap();
    }
}

/// Tracing a page against one release of many copies, against starting the program.
fn trace_one_release(copies: usize, runs: usize) {
    let desk = Desk::new();
    fs::copy(sample("call.md"), desk.path("call.md")).unwrap();
    let people = roster::roster(1, copies, 8);
    fs::write(desk.path("roster.csv"), roster::to_csv(&people)).unwrap();
    desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "out"]);
    let copy =
        fs::read_to_string(desk.path("out").join(people.recipients[7].id.as_str()).join("call.md")).unwrap();
    fs::write(desk.path("leak.txt"), page(&copy)).unwrap();
    let traced = (0..runs).map(|_| timed(&desk, &["trace", "leak.txt"])).collect();
    let started = (0..runs).map(|_| timed(&desk, &["--version"])).collect();
    row(&format!("trace a page, one release of {copies} copies"), traced, "starting the program", started);
}

/// Tracing a page against many releases of 50 copies, against one release of 50.
fn trace_many_releases(documents: usize, runs: usize) {
    let (many, one) = (Desk::new(), Desk::new());
    let people = roster::roster(2, 50, 5);
    for desk in [&many, &one] {
        fs::write(desk.path("roster.csv"), roster::to_csv(&people)).unwrap();
    }
    for seed in 0..documents {
        let name = format!("d{seed}.txt");
        let out = format!("out/{seed}");
        let text = document::prose(seed as u64, 900, 6.0);
        for desk in [&many, &one].into_iter().take(if seed == documents / 2 { 2 } else { 1 }) {
            fs::write(desk.path(&name), &text).unwrap();
            desk.run(&["seal", &name, "--to", "roster.csv", "--out", &out]);
        }
    }
    let leaker = people.recipients[9].id.as_str();
    let middle = documents / 2;
    let copy = one.path(&format!("out/{middle}/{leaker}/d{middle}.txt"));
    for desk in [&many, &one] {
        fs::write(desk.path("leak.txt"), page(&fs::read_to_string(&copy).unwrap())).unwrap();
    }
    let of = |desk: &Desk| (0..runs).map(|_| timed(desk, &["trace", "leak.txt"])).collect();
    let what = format!("trace a page, {documents} releases of 50 copies");
    row(&what, of(&many), "the same with one release", of(&one));
}

/// About 400 words.
fn page(text: &str) -> &str {
    &text[..text.floor_char_boundary(2_500.min(text.len()))]
}

fn row(what: &str, mut own: Vec<Duration>, against: &str, mut other: Vec<Duration>) {
    own.sort();
    other.sort();
    let (own, other) = (own[own.len() / 2].as_secs_f64(), other[other.len() / 2].as_secs_f64());
    println!("| {what} | {own:.3} | {against} | {other:.3} | {:.1} |", own / other.max(1e-9));
}

fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/samples").join(name)
}

fn timed(desk: &Desk, arguments: &[&str]) -> Duration {
    time(|| desk.run(arguments))
}
