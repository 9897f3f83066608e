//! Commands over PDFs and pictures of their pages, whole, from process start to exit: processor time of all threads
//! beside what it is compared with, and memory at the peak.
//!
//! `cargo bench -p tellmark-cli --bench pages` prints a table; under `cargo test` the same code runs once with few
//! copies and pages. Files go to the folder in `TELLMARK_BENCH_DIR` (a tmpfs tells the program's own time), or else
//! to the system's temporary one. `TELLMARK_PDF` names another file to seal than one of five made-up pages.
#![allow(clippy::unwrap_used)] // A measurement that cannot go on has failed.

mod desk;

use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use desk::{Desk, ended};
use tellmark_core::Gray;
use tellmark_testkit::{document, print, roster};

const RUNS: usize = 3;
/// Of the kernel's clock, a second.
const TICKS: f64 = 100.0;

fn main() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (copies, documents, runs) = if full { (3_000, 200, RUNS) } else { (4, 2, 1) };
    println!("| command | processor, s | on the clock, s | compared with | processor, s | peak, MB |");
    println!("|---|---:|---:|---|---:|---:|");
    seal(copies, runs);
    trace(documents, runs);
}

/// Sealing, against writing files with the same bytes to as many folders.
fn seal(copies: usize, runs: usize) {
    let bytes = std::env::var_os("TELLMARK_PDF").map_or_else(|| pdf(1), |path| fs::read(path).unwrap());
    let (mut sealed, mut written) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let desk = Desk::new();
        fs::write(desk.path("five.pdf"), &bytes).unwrap();
        fs::write(desk.path("roster.csv"), roster::to_csv(&roster::roster(1, copies, 8))).unwrap();
        sealed.push(cost(&desk, &["seal", "five.pdf", "--to", "roster.csv", "--out", "out", "--force"]));
        let folders = fs::read_dir(desk.path("out")).unwrap().map(|folder| folder.unwrap().path());
        let read =
            |folder: PathBuf| Some((folder.file_name()?.into(), fs::read(folder.join("five.pdf")).ok()?));
        let files: Vec<(PathBuf, Vec<u8>)> = folders.filter_map(read).collect();
        assert_eq!(files.len(), copies);
        let begun = (own_processor_seconds(), Instant::now());
        for (folder, bytes) in &files {
            let folder = desk.path("plain").join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("five.pdf"), bytes).unwrap();
        }
        let processor_s = own_processor_seconds() - begun.0;
        written.push(Cost { processor_s, clock: begun.1.elapsed(), peak_mb: 0 });
    }
    row(&format!("seal {copies} copies of five pages"), sealed, "writing these files", written);
}

/// Tracing a screenshot of a page: of the only document, and among documents of five pages each.
fn trace(documents: usize, runs: usize) {
    let (one, many) = (Desk::new(), Desk::new());
    for desk in [&one, &many] {
        fs::write(desk.path("roster.csv"), roster::to_csv(&roster::roster(2, 20, 4))).unwrap();
    }
    for seed in 0..documents {
        let name = format!("d{seed}.pdf");
        for desk in [&many, &one].into_iter().take(if seed == documents / 2 { 2 } else { 1 }) {
            fs::write(desk.path(&name), pdf(seed as u64)).unwrap();
            desk.run(&["seal", &name, "--to", "roster.csv", "--out", &format!("out/{seed}")]);
        }
    }
    let middle = documents / 2;
    let copies = one.path(&format!("out/{middle}"));
    let copy = fs::read_dir(copies).unwrap().map(|f| f.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let bytes = fs::read(copy.join(format!("d{middle}.pdf"))).unwrap();
    let shot = tellmark_formats::pdf::render(&bytes, 2, 96.0).unwrap();
    for desk in [&one, &many] {
        fs::write(desk.path("leak.png"), tellmark_formats::picture::to_png(&shot).unwrap()).unwrap();
        let margin = Gray::filled(12_000, 9_990, 255);
        fs::write(desk.path("large.png"), tellmark_formats::picture::to_png(&on(margin, &shot)).unwrap())
            .unwrap();
        fs::write(desk.path("words.txt"), "Nothing of this is known.").unwrap();
    }
    // The first look describes all pages, once.
    let first = |desk: &Desk| vec![cost(desk, &["trace", "leak.png"])];
    let pages = 5 * documents;
    row(&format!("the first look among {pages} pages"), first(&many), "among 5", first(&one));
    let of = |desk: &Desk, leak: &str| (0..runs).map(|_| cost(desk, &["trace", leak])).collect();
    row(
        "trace a screenshot among 5 pages",
        of(&one, "leak.png"),
        "tracing a sentence",
        of(&one, "words.txt"),
    );
    row(
        &format!("trace a screenshot among {pages} pages"),
        of(&many, "leak.png"),
        "among 5",
        of(&one, "leak.png"),
    );
    row(
        &format!("trace 120 megapixels among {pages} pages"),
        of(&many, "large.png"),
        "among 5",
        of(&one, "large.png"),
    );
}

/// The picture in the middle of an empty one.
fn on(mut empty: Gray, picture: &Gray) -> Gray {
    let (left, top) = ((empty.width - picture.width) / 2, (empty.height - picture.height) / 2);
    for y in 0..picture.height {
        let from = (top + y) * empty.width + left;
        empty.pixels[from..from + picture.width].copy_from_slice(picture.row(y));
    }
    empty
}

/// Five pages of made-up prose.
fn pdf(seed: u64) -> Vec<u8> {
    let page = |at: u64| print::lines(&document::prose(5 * seed + at, 430, 0.0));
    print::pdf(&(0..5).map(page).collect::<Vec<_>>())
}

/// What a command took.
#[derive(Clone, Copy)]
struct Cost {
    processor_s: f64,
    clock: Duration,
    peak_mb: u64,
}

/// The median of each.
fn typical(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.processor_s.total_cmp(&b.processor_s));
    costs[costs.len() / 2]
}

fn row(what: &str, own: Vec<Cost>, against: &str, other: Vec<Cost>) {
    let (own, other) = (typical(own), typical(other));
    let (processor, clock) = (own.processor_s, own.clock.as_secs_f64());
    println!(
        "| {what} | {processor:.2} | {clock:.2} | {against} | {:.2} | {} |",
        other.processor_s, own.peak_mb
    );
}

/// Processor time of this process; of its children that have ended.
fn processor_seconds() -> [f64; 2] {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<f64> = after_name.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    [fields[10] + fields[11], fields[12] + fields[13]].map(|ticks| ticks / TICKS)
}

fn own_processor_seconds() -> f64 {
    processor_seconds()[0]
}

/// What a command costs.
fn cost(desk: &Desk, arguments: &[&str]) -> Cost {
    let mut command = desk.command(arguments);
    let begun = (processor_seconds()[1], Instant::now());
    let mut child = command.spawn().unwrap();
    let mut peak_mb = 0;
    while child.try_wait().unwrap().is_none() {
        peak_mb = peak_mb.max(peak(&child));
        std::thread::sleep(Duration::from_millis(2));
    }
    ended(arguments, child.wait().unwrap().code());
    Cost { processor_s: processor_seconds()[1] - begun.0, clock: begun.1.elapsed(), peak_mb }
}

/// The most memory that a running command has had so far, in millions of bytes; 0 where the system does not say.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1000
}
