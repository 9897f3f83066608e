//! Several programs that follow one vault: beside each other, within the server, and through a queue.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::follow::{FILES, all_are_recorded, clippings, paragraphs, settings, sightings, start};
use crate::nats::Nats;
use crate::serving::Serving;
use crate::{Desk, postgres};

/// What a run has told, after it ended.
fn told(mut child: Child) -> Vec<Value> {
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.wait().unwrap();
    crate::lines(&out)
}

/// What several have told. Whoever cannot print waits, so that all are listened to at once.
fn all_told(runs: Vec<Child>) -> Vec<Value> {
    let listening: Vec<_> = runs.into_iter().map(|run| std::thread::spawn(move || told(run))).collect();
    listening.into_iter().flat_map(|one| one.join().unwrap()).collect()
}

fn numbers(told: &[Value]) -> BTreeSet<u64> {
    told.iter().map(|one| one["sighting"].as_u64().unwrap()).collect()
}

/// Several folders, each a source, with the same files.
fn folders(desk: &Desk, count: usize) {
    clippings(desk);
    for number in 1..count {
        let folder = format!("more-{number}");
        fs::create_dir(desk.path(&folder)).unwrap();
        for file in fs::read_dir(desk.path("clippings")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), desk.path(&folder).join(file.file_name())).unwrap();
        }
        desk.run(&["follow", "add", &folder]);
    }
}

fn runs_beside_each_other(desk: &Desk) {
    let sources = 4;
    folders(desk, sources);
    let told =
        all_told((0..3).map(|_| start(desk, &["follow", "run", "--once", "--json", "--quiet"])).collect());
    let all = sources * FILES / 3;
    assert_eq!((told.len(), numbers(&told).len()), (all, all), "each is told once, by one of them");
    assert_eq!(sightings(desk).len(), all);
    let list = desk.run(&["follow", "list", "--json"]).json();
    assert!(list["sources"].as_array().unwrap().iter().all(|one| one["state"] == "read"), "{list}");
}

#[test]
fn runs_beside_each_other_share_the_sources() {
    runs_beside_each_other(&Desk::sealed());
}

#[test]
fn runs_on_one_postgresql_share_the_sources() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init", "--database", &postgres::new_database("sharing")]).code, 0);
    assert_eq!(desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies"]).code, 0);
    runs_beside_each_other(&desk);
}

/// Waits until something is so.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_server_follows_by_itself_beside_a_run() {
    let desk = Desk::sealed();
    settings(&desk, "");
    let serving = Serving::start(&desk);
    clippings(&desk);
    // Standard input is no source of a server's.
    desk.run(&["follow", "add", "-"]);
    wait_for("the server reads what was added", || sightings(&desk).len() == FILES / 3);
    // Nobody is at the server's standard output: what it saw is told to whoever runs a command, once.
    for told in [FILES / 3, 0] {
        let run = desk.run(&["follow", "run", "--once", "--json"]);
        assert_eq!((run.code, run.out.lines().count()), (0, told), "{}", run.err);
    }
    serving.end();
    all_are_recorded(&desk);
    // One that was told not to follow follows nothing.
    fs::write(desk.path("clippings/new.txt"), &paragraphs(&desk, "r05")[1]).unwrap();
    let serving = Serving::start_with(&desk, &["--no-follow"]);
    std::thread::sleep(Duration::from_secs(2));
    serving.end();
    assert_eq!(sightings(&desk).len(), FILES / 3);
}

#[test]
fn what_is_fetched_is_searched_by_workers_on_a_queue() {
    let desk = Desk::sealed();
    let nats = Nats::start();
    let url = nats.url();
    clippings(&desk);
    // Larger than a message of the server's: it goes beside the stream.
    let large = format!("{}\n\n{}\n", "Trams. ".repeat(400_000), paragraphs(&desk, "r03")[1]);
    fs::write(desk.path("clippings/large.txt"), large).unwrap();
    let run = desk.run(&["follow", "run", "--once", "--json", "--nats", &url]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert!(run.err.contains(&format!("{} new articles", FILES + 1)), "{}", run.err);
    assert_eq!(sightings(&desk).len(), 0, "whoever fetches does not search");
    // It is on its way, and is not handed over again.
    let run = desk.run(&["follow", "run", "--once", "--nats", &url]);
    assert_eq!(run.code, 0, "{}", run.err);
    let work = ["follow", "work", "--once", "--json", "--quiet", "--nats", &url];
    let told = all_told((0..2).map(|_| start(&desk, &work)).collect());
    let all = FILES / 3 + 1;
    assert_eq!((told.len(), numbers(&told).len(), sightings(&desk).len()), (all, all, all));
    let run = desk.run(&["follow", "work", "--once", "--nats", &url]);
    assert!(run.code == 0 && run.err.contains("0 new articles"), "{}", run.err);
    assert!(nats.bytes() < 1 << 16, "what was searched is not kept beside the stream");
}

#[test]
fn a_worker_that_is_killed_and_a_queue_that_stops_lose_nothing() {
    let desk = Desk::sealed();
    let mut nats = Nats::start();
    let url = nats.url();
    clippings(&desk);
    assert_eq!(desk.run(&["follow", "run", "--once", "--nats", &url]).code, 0);
    let mut all = Vec::new();
    for round in 1..=4 {
        let mut worker = start(&desk, &["follow", "work", "--json", "--nats", &url]);
        std::thread::sleep(Duration::from_millis(200 * round));
        worker.kill().unwrap();
        all.extend(told(worker));
    }
    // The server is killed under a worker, which waits for it and goes on.
    let worker = start(&desk, &["follow", "work", "--json", "--nats", &url]);
    std::thread::sleep(Duration::from_millis(300));
    nats.kill();
    fs::write(desk.path("clippings/new.txt"), &paragraphs(&desk, "r05")[1]).unwrap();
    let failed = desk.run(&["follow", "run", "--once", "--nats", &url]);
    assert!(failed.code == 2 && failed.err.contains("the queue at"), "{}", failed.err);
    nats.go_on();
    wait_for("the new article is handed over", || {
        desk.run(&["follow", "run", "--once", "--nats", &url]).code == 0
    });
    wait_for("everything is searched", || sightings(&desk).len() == FILES / 3 + 1);
    crate::signal(&worker, rustix::process::Signal::TERM);
    all.extend(told(worker));
    // A kill between telling and recording makes one come again, with the same number.
    assert_eq!(numbers(&all).len(), FILES / 3 + 1);
    assert!(all.len() <= FILES / 3 + 1 + 4, "{} were told", all.len());
}

#[test]
fn a_message_that_the_vault_did_not_write_is_dropped() {
    let desk = Desk::sealed();
    let nats = Nats::start();
    let url = nats.url();
    fs::create_dir(desk.path("clippings")).unwrap();
    fs::write(desk.path("clippings/a.txt"), &paragraphs(&desk, "r03")[1]).unwrap();
    desk.run(&["follow", "add", "clippings"]);
    assert_eq!(desk.run(&["follow", "run", "--once", "--nats", &url]).code, 0);
    let stream = nats.streams().into_iter().find(|name| name.starts_with("tellmark-")).unwrap();
    nats.publish(&stream, "forged");
    let work = desk.run(&["follow", "work", "--once", "--json", "--nats", &url]);
    assert!(work.code == 0 && work.err.contains("a message was dropped"), "{}", work.err);
    assert_eq!(work.out.lines().count(), 1);
    let clear = desk.run(&["follow", "work", "--once", "--nats", "nats://nats.example:4222"]);
    assert!(clear.code == 2 && clear.err.contains("in the clear"), "{}", clear.err);
}

/// Lets the ledger refuse every article, as a full disk does, or not any more.
fn refuse_articles(desk: &Desk, refuses: bool) {
    let sql = match refuses {
        true => "CREATE TRIGGER full BEFORE INSERT ON seen_articles BEGIN SELECT RAISE(ABORT, 'full'); END",
        false => "DROP TRIGGER full",
    };
    let program = format!("import sqlite3; sqlite3.connect('ledger.sqlite', 30).execute({sql:?})");
    let mut python = std::process::Command::new("python3");
    python.current_dir(desk.path("tellmark-vault")).args(["-c", &program]);
    assert!(python.status().unwrap().success());
}

#[test]
fn a_ledger_that_refuses_articles_for_a_while_loses_none() {
    let desk = Desk::sealed();
    let nats = Nats::start();
    let url = nats.url();
    clippings(&desk);
    assert_eq!(desk.run(&["follow", "run", "--once", "--nats", &url]).code, 0);
    refuse_articles(&desk, true);
    // More often than an article may end whoever searches it.
    for _ in 0..12 {
        let worker = start(&desk, &["follow", "work", "--nats", &url]);
        std::thread::sleep(Duration::from_millis(400));
        crate::signal(&worker, rustix::process::Signal::TERM);
        assert!(worker.wait_with_output().unwrap().status.success(), "it waits for the ledger");
    }
    refuse_articles(&desk, false);
    let work = desk.run(&["follow", "work", "--once", "--json", "--nats", &url]);
    assert_eq!((work.code, work.out.lines().count()), (0, FILES / 3), "{}", work.err);
    all_are_recorded(&desk);
}

#[test]
fn a_stream_that_was_deleted_and_one_of_a_copied_vault_are_made_anew() {
    let desk = Desk::sealed();
    let nats = Nats::start();
    let url = nats.url();
    clippings(&desk);
    let worker = start(&desk, &["follow", "work", "--nats", &url]);
    wait_for("the stream is made", || nats.streams().iter().any(|name| name.starts_with("tellmark-")));
    for name in nats.streams() {
        nats.ask(&format!("$JS.API.STREAM.DELETE.{name}"));
    }
    let run = desk.run(&["follow", "run", "--once", "--nats", &url]);
    assert_eq!(run.code, 0, "{}", run.err);
    wait_for("the worker finds the new one", || sightings(&desk).len() == FILES / 3);
    crate::signal(&worker, rustix::process::Signal::TERM);
    worker.wait_with_output().unwrap();
    // A vault that was restored has a queue of its own, and takes nothing of the first.
    assert_eq!(desk.run(&["backup", "all.tar"]).code, 0);
    assert_eq!(desk.run(&["--vault", "other", "restore", "all.tar"]).code, 0);
    fs::write(desk.path("clippings/new.txt"), &paragraphs(&desk, "r05")[1]).unwrap();
    assert_eq!(desk.run(&["follow", "run", "--once", "--nats", &url]).code, 0);
    let other = desk.run(&["--vault", "other", "follow", "work", "--once", "--json", "--nats", &url]);
    assert_eq!((other.code, other.out.as_str()), (0, ""), "{}", other.err);
    let own = desk.run(&["follow", "work", "--once", "--json", "--nats", &url]);
    assert_eq!((own.code, own.out.lines().count()), (0, 1), "{}", own.err);
}

#[test]
fn a_change_of_follow_toml_counts_at_once() {
    let desk = Desk::sealed();
    settings(&desk, "");
    fs::create_dir_all(desk.path("all/council")).unwrap();
    let run = start(&desk, &["follow", "run", "--json"]);
    std::thread::sleep(Duration::from_millis(500));
    let never = format!(
        "[[never]]\nchannel = \"council\"\nbecause = \"staff elect it\"\npaths = [{:?}]\n",
        desk.path("all/council").to_str().unwrap()
    );
    settings(&desk, &never);
    for (number, file) in ["all/council/a.txt", "all/b.txt"].into_iter().enumerate() {
        fs::write(desk.path(file), &paragraphs(&desk, "r03")[1 + number]).unwrap();
    }
    // What runs since before the change goes on by the new file.
    desk.run(&["follow", "add", "all"]);
    wait_for("it is read", || {
        desk.run(&["follow", "list", "--json"]).json()["sources"][0]["state"] == "read"
    });
    let seen = sightings(&desk);
    let addresses: Vec<&str> = seen.iter().map(|one| one["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, [desk.path("all/b.txt").to_str().unwrap()]);
    // One that cannot be understood stops all.
    settings(&desk, "nonsense = 3\n");
    let ended = run.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
}
