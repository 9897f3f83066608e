//! Measurements and checks of the project itself.
//!
//! Progress goes to standard error, results to standard output, so that a table can be kept.

mod calibrate;
mod measure;
mod pages;
mod relay;
mod spot;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask COMMAND

  tidy                        the invariants of ARCHITECTURE.md that can be checked on the files
  read PATH... [--seeds N]    how many sites of these English documents are read after each attack, how many wrongly
  power PATH... [--trials N]  how often the right copy is named, another copy, or anybody without cause
  judge PATH... [--seed N] [--count N] [--keep-speech]
                              sites of these documents drawn at random, in context, for an editor to judge
  calibrate [--innocents N] [--out FILE] [--attack NAME] [--tables]
                              false accusations over simulated leaks, beside alpha; results are kept in FILE, so that
                              a run can go on; --tables prints what FILE holds and runs nothing
  pages PATH... [--seed N] [--pictures N] [--attack NAME]... [--original] [--augraphy PYTHON [--augmentation NAME]...] [--speed PAGES]
        [--out FILE]          what pictures of marked pages of these PDFs still say after each attack, or what those of
                              unmarked ones say (--original), or what is left after the
                              augmentations of augraphy under this Python (needs poppler-utils); with --speed, how
                              long one takes on one core, among so many other pages too
  spot PATH [--seed N] [--each N] [--half N] [--speed [--public DIR]] [--rates DIR] [--out FILE] [--misses]
                              what is spotted of passages from the editions below PATH, in how many unrelated texts
                              something is; with --half, only of documents with even numbers (0) or odd ones (1); with
                              --speed, how fast one core searches, among public texts (DIR/documents, DIR/articles)
                              too; with --rates, how many texts of each genre (DIR/GENRE) have an alarm, beside what
                              is said of those
  relay [--messages N] [--recipients N] [--connections N] [--program FILE] [--in DIR]
                              how many marked copies a minute go through the relay (a release build) into Debian's
                              smtp-sink, and where the time goes
  help                        this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is well.
fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    match arguments {
        ["tidy"] => tidy::run(&root()),
        ["read", rest @ ..] => measure::read::run(rest),
        ["power", rest @ ..] => measure::power::run(rest),
        ["calibrate", rest @ ..] => calibrate::run(rest),
        ["pages", rest @ ..] => pages::run(rest),
        ["relay", rest @ ..] => relay::run(rest),
        ["spot", rest @ ..] => spot::run(rest),
        ["judge", rest @ ..] => measure::judge::run(rest),
        [] | ["help" | "--help" | "-h", ..] => {
            print!("{HELP}");
            Ok(true)
        }
        [other, ..] => anyhow::bail!("unknown command {other:?}; `cargo xtask help` lists them"),
    }
}

/// The project's directory.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}
