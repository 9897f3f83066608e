//! A command that is killed at any moment, and commands at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::{CALL, Desk};

const COPIES: usize = 3_000;

fn start(desk: &Desk, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tellmark"));
    command.current_dir(desk.path("")).env_remove("TELLMARK_VAULT").env_remove("TELLMARK_PASSPHRASE");
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills a command (SIGKILL) after a while; whether it had ended well by then.
fn kill_after(desk: &Desk, args: &[&str], wait: Duration) -> bool {
    let mut child = start(desk, args);
    std::thread::sleep(wait);
    let _ = child.kill();
    child.wait().unwrap().success()
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found
}

/// Moments from the first millisecond to the end of the command, denser where it is young.
fn moments(count: u64) -> impl Iterator<Item = Duration> {
    (1..=count).map(move |n| Duration::from_micros(2_000 + n * n * 600_000 / (count * count)))
}

#[test]
fn a_seal_that_is_killed_and_run_again_ends_as_if_it_had_not_been() {
    let desk = Desk::new();
    let ids: Vec<String> = (0..COPIES).map(|i| format!("r{i}")).collect();
    fs::write(desk.path("many.csv"), format!("id\n{}\n", ids.join("\n"))).unwrap();
    assert_eq!(desk.run(&["init"]).code, 0);
    let mut left = 0;
    for (round, wait) in moments(10).enumerate() {
        let (name, out) = (format!("round {round}"), format!("out{round}"));
        let args = ["seal", "call.md", "--to", "many.csv", "--name", &name, "--out", &out, "--json"];
        kill_after(&desk, &args, wait);
        let is_whole = |(path, _): &(PathBuf, Vec<u8>)| path.file_name().unwrap() == "call.md";
        let before: Vec<(PathBuf, Vec<u8>)> = files(&desk.path(&out)).into_iter().filter(is_whole).collect();
        left += usize::from(!before.is_empty() && before.len() < COPIES);

        let again = desk.run(&args);
        assert_eq!(again.code, 0, "killed after {wait:?}: {}", again.err);
        let all = files(&desk.path(&out));
        assert_eq!(all.len(), COPIES, "nothing else is left behind");
        assert!(before.iter().all(|(path, bytes)| fs::read(path).unwrap() == *bytes), "whole or not at all");
        // Elsewhere, at one go: the same bytes.
        let args = ["seal", "call.md", "--to", "many.csv", "--name", &name, "--out", "whole", "--json"];
        assert_eq!(desk.run(&args).json()["release"], again.json()["release"]);
        let other = |path: &Path| desk.path("whole").join(path.strip_prefix(desk.path(&out)).unwrap());
        assert!(all.iter().all(|(path, bytes)| fs::read(other(path)).unwrap() == *bytes));
        fs::remove_dir_all(desk.path("whole")).unwrap();
    }
    assert_eq!(desk.run(&["releases", "--json"]).json()["releases"].as_array().unwrap().len(), 10);
    eprintln!("{left} of 10 were killed between the first copy and the last");
}

#[test]
fn a_trace_that_is_killed_leaves_a_case_that_goes_on() {
    let desk = Desk::sealed();
    let args = ["trace", "copies/r07/call.md", "--case", "leak", "--json"];
    let mut done = 0;
    for wait in moments(8) {
        done += usize::from(kill_after(&desk, &args, wait / 3));
        let cases = desk.run(&["cases", "--json"]);
        assert_eq!(cases.code, 0, "{}", cases.err);
        let looks = looks(&cases.json());
        assert!(looks >= done, "{looks} looks are recorded, {done} were reported");
    }
    let last = desk.run(&args);
    assert_eq!((last.code, &last.json()["named"][0]["copy"]), (0, &"r07".into()), "{}", last.err);
    assert_eq!(desk.run(&["check", "copies"]).code, 0);
}

fn looks(cases: &Value) -> usize {
    cases["cases"].as_array().unwrap().iter().map(|case| case["looks"].as_array().unwrap().len()).sum()
}

#[test]
fn commands_at_once_do_not_harm_each_other() {
    let desk = Desk::sealed();
    let ids: Vec<String> = (0..800).map(|i| format!("s{i}")).collect();
    fs::write(desk.path("many.csv"), format!("id\n{}\n", ids.join("\n"))).unwrap();
    fs::write(desk.path("second.md"), CALL.replace("14 March", "15 March")).unwrap();
    let seal = ["seal", "call.md", "--to", "many.csv", "--name", "n", "--out", "both", "--json"];
    let other = ["seal", "second.md", "--to", "many.csv", "--out", "both", "--json"];
    let trace = ["trace", "copies/r07/call.md", "--case", "leak", "--json"];
    let commands: [&[&str]; 6] = [&seal, &seal, &other, &trace, &trace, &trace];
    let running: Vec<Child> = commands.iter().map(|args| start(&desk, args)).collect();
    let outputs: Vec<_> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let json = |i: usize| -> Value { serde_json::from_slice(&outputs[i].stdout).unwrap() };
    for (output, args) in outputs.iter().zip(commands) {
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
    assert_eq!(json(0)["release"], json(1)["release"], "the same document is one release");
    assert_ne!(json(0)["release"], json(2)["release"]);
    let mut numbers: Vec<u64> = (3..6).map(|i| json(i)["look"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3], "each look of a case has its number");
    assert_eq!(files(&desk.path("both")).len(), 1_600);
    assert_eq!(desk.run(&["check", "both"]).code, 0);
}
