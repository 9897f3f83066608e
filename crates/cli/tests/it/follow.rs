//! Following sources, and what comes of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::server::{Server, answer};
use crate::{Desk, lines, signal};

/// The paragraphs of a copy that are long enough to be quoted.
pub fn paragraphs(desk: &Desk, copy: &str) -> Vec<String> {
    let text = fs::read_to_string(desk.path(&format!("copies/{copy}/call.md"))).unwrap();
    text.lines().filter(|line| line.len() > 300).map(str::to_owned).collect()
}

pub fn settings(desk: &Desk, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = desk.path("tellmark-vault/follow.toml");
    fs::write(
        &path,
        format!("version = 1\npace_seconds = 0\nanswer_seconds = 5\nallow = [\"127.0.0.1\"]\n{text}"),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

pub fn sightings(desk: &Desk) -> Vec<Value> {
    desk.run(&["sightings", "--shared", "--json"]).json()["sightings"].as_array().unwrap().clone()
}

#[test]
fn a_sighting_becomes_an_exhibit_and_is_traced() {
    let desk = Desk::sealed();
    let quoted = paragraphs(&desk, "r07")[1..5].join("</p><p>");
    let page = format!(
        "<html><head><title>At the dam</title></head><body><article><p>{quoted}</p></article></body></html>"
    );
    let feed = "<rss version=\"2.0\"><channel><title>P</title><link>/</link><description>d</description>\
                <item><title>At the dam</title><link>/leak</link><guid>1</guid></item></channel></rss>";
    let server = Server::of(&[("/feed", feed), ("/leak", &page)]);
    settings(&desk, "");
    let source = server.url("/feed").to_string();
    let added = desk.run(&["follow", "add", &source, "--json"]).json();
    assert_eq!(
        (&added["source"], &added["kind"], &added["state"]),
        (&1.into(), &"web".into(), &"new".into())
    );
    let run = desk.run(&["follow", "run", "--once", "--json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let told = run.json();
    assert_eq!((&told["sighting"], &told["address"]), (&1.into(), &server.url("/leak").to_string().into()));
    let shown = desk.run(&["sighting", "1", "--json"]).json();
    assert_eq!((&shown, shown["passages"][0]["document"].as_str()), (&told, Some("call.md")));
    let traced = desk.run(&["sighting", "1", "--case", "press", "--trace", "--json"]);
    assert_eq!((traced.code, &traced.json()["named"][0]["copy"]), (0, &"r07".into()), "{}", traced.err);
    let case = desk.run(&["cases", "press", "--json"]).json();
    assert_eq!(case["looks"][0]["exhibits"][0]["hash"], shown["content"]);
    assert!(case["looks"][0]["because"].as_str().unwrap().contains(shown["page"].as_str().unwrap()));
    // Nothing is told or recorded twice.
    let again = desk.run(&["follow", "run", "--once", "--json"]);
    assert_eq!((again.code, again.out.as_str()), (0, ""), "{}", again.err);
    assert_eq!(desk.run(&["sighting", "2"]).code, 3);
    // A backup carries all of it.
    assert_eq!(desk.run(&["backup", "all.tar"]).code, 0);
    assert_eq!(desk.run(&["--vault", "other", "restore", "all.tar"]).code, 0);
    for command in [["sightings", "--json"], ["follow", "list"]] {
        let other = desk.run(&[&["--vault", "other"], &command[..]].concat());
        assert_eq!((other.code, other.out), (0, desk.run(&command).out));
    }
}

#[test]
fn sources_that_fail_are_shown_and_stop_no_other() {
    let desk = Desk::sealed();
    fs::create_dir(desk.path("clippings")).unwrap();
    fs::write(desk.path("clippings/a.txt"), &paragraphs(&desk, "r03")[1]).unwrap();
    for source in ["http://127.0.0.1:9/feed", "clippings", "http://no.such.host.invalid/"] {
        assert_eq!(desk.run(&["follow", "add", source]).code, 0);
    }
    let run = desk.run(&["follow", "run", "--once"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("Sighting 1") && run.err.contains("no public address"),
        "{}{}",
        run.out,
        run.err
    );
    let list = desk.run(&["follow", "list", "--json"]).json();
    let states: Vec<&str> =
        list["sources"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["failing", "read", "failing"]);
    assert_eq!(desk.run(&["follow", "remove", "1"]).code, 0);
    assert_eq!(desk.run(&["follow", "remove", "1"]).code, 3);
    assert!(!desk.run(&["follow", "list"]).out.contains("127.0.0.1:9"));
}

#[test]
fn what_is_never_followed_is_refused_and_a_mistake_stops_all() {
    let desk = Desk::sealed();
    let add = |source: &str| desk.run(&["follow", "add", source]);
    let refused = add("https://ombudsman.example/feed");
    assert!(refused.code == 2 && refused.err.contains("never followed"), "{}", refused.err);
    let never = format!(
        "[[never]]\nchannel = \"council\"\nbecause = \"staff elect it\"\npaths = [{:?}]\n",
        desk.path("council").to_str().unwrap()
    );
    settings(&desk, &never);
    fs::create_dir_all(desk.path("all")).unwrap();
    fs::create_dir_all(desk.path("council")).unwrap();
    fs::write(desk.path("council/a.txt"), &paragraphs(&desk, "r03")[1]).unwrap();
    std::os::unix::fs::symlink(desk.path("council"), desk.path("by-another-name")).unwrap();
    for source in ["council", "council/a.txt", "by-another-name"] {
        let refused = add(source);
        assert!(refused.code == 2 && refused.err.contains("staff elect it"), "{source}: {}", refused.err);
    }
    assert_eq!(add(".").code, 0);
    assert_eq!(desk.run(&["follow", "run", "--once"]).code, 0);
    let seen =
        |name: &str| sightings(&desk).iter().any(|one| one["address"].as_str().unwrap().contains(name));
    assert!(seen("copies/r03") && !seen("council") && !seen("tellmark-vault"));
    settings(&desk, "[[nevver]]\n");
    for command in [["follow", "add", "all"], ["follow", "run", "--once"]] {
        let refused = desk.run(&command);
        assert!(refused.code == 2 && refused.err.contains("follow.toml"), "{}", refused.err);
    }
}

#[test]
fn a_webhook_is_told_once_also_when_it_failed_first() {
    let desk = Desk::sealed();
    let failing = desk.path("failing");
    fs::write(&failing, "").unwrap();
    let server = Server::start(move |_, stream| match failing.exists() {
        true => answer(stream, "500 Oh", "", b""),
        false => answer(stream, "204 No Content", "", b""),
    });
    let hook =
        format!("[webhook]\nurl = \"{}\"\nsecret = \"a secret of some length\"\n", server.url("/hook"));
    settings(&desk, &hook);
    fs::create_dir(desk.path("clippings")).unwrap();
    fs::write(desk.path("clippings/a.txt"), &paragraphs(&desk, "r03")[1]).unwrap();
    desk.run(&["follow", "add", "clippings"]);
    let run = desk.run(&["follow", "run", "--once"]);
    assert!(run.code == 0 && run.err.contains("webhook could not be told"), "{}", run.err);
    fs::remove_file(desk.path("failing")).unwrap();
    for _ in 0..2 {
        assert_eq!(desk.run(&["follow", "run", "--once"]).code, 0);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "refused once, taken once");
    assert_eq!(requests[0].headers["tellmark-alert"], requests[1].headers["tellmark-alert"]);
    let body: Value = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(
        (&body["sighting"], &body["passages"][0]["text"]),
        (&1.into(), &"".into()),
        "the words stay here"
    );
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(desk.path("tellmark-vault/follow.toml"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(desk.run(&["follow", "run", "--once"]).code, 2, "others could read the secret");
}

#[test]
fn a_passage_that_unrelated_articles_quote_is_told_each_time() {
    let desk = Desk::sealed();
    fs::create_dir(desk.path("clippings")).unwrap();
    let passage = &paragraphs(&desk, "r03")[1];
    let stories = [
        "The council of the harbour met on Tuesday to speak about the price of salt, and parted late without a vote on it.",
        "A dog that could sing was shown at the fair of Tolmouth, where hundreds waited in the rain to hear it for a coin.",
        "Nobody has seen the lighthouse keeper since the storm of last week, and his lamp burns on without any oil at all.",
        "Eleven bakers signed a letter against the tax on ovens, which they call a tax on breakfast and on early mornings.",
    ];
    let ends = [
        "Its clerk wrote down every word, and then lost the only copy on the ferry to the island, as he admits.",
        "The owner refused all offers, for the animal sings at home as well, mostly before dawn and after supper.",
        "Ships keep coming in by the old channel, and their captains swear that some light shows them the way.",
        "Millers stand by them, while the treasurer points out that no oven was ever closed by a tax of two coins.",
    ];
    for (number, (story, end)) in stories.iter().zip(ends).enumerate() {
        let text = format!("{story}\n\n{passage}\n\n{end}\n");
        fs::write(desk.path(&format!("clippings/{number}.txt")), text).unwrap();
    }
    desk.run(&["follow", "add", "clippings"]);
    let run = desk.run(&["follow", "run", "--once"]);
    assert_eq!(run.out.matches("Sighting ").count(), 4, "{}", run.out);
    let labels: Vec<bool> = sightings(&desk).iter().map(|one| one["shared"].as_bool().unwrap()).collect();
    assert_eq!(labels, [false; 4]);
}

pub fn start(desk: &Desk, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tellmark"));
    command.current_dir(desk.path("")).env_remove("TELLMARK_VAULT").args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

pub const FILES: usize = 60;

/// Files of which every third quotes a document.
pub fn clippings(desk: &Desk) {
    fs::create_dir(desk.path("clippings")).unwrap();
    let passages = paragraphs(desk, "r03");
    for number in 0..FILES {
        let text = match number % 3 {
            0 => format!("Note {number}. {}", passages[number / 3 % passages.len()]),
            _ => format!(
                "Note {number}. Trams were late again on the quay, and nobody would comment on the weather."
            ),
        };
        fs::write(desk.path(&format!("clippings/{number:03}.txt")), text).unwrap();
    }
    desk.run(&["follow", "add", "clippings"]);
}

/// All of them were seen, each once.
pub fn all_are_recorded(desk: &Desk) {
    let recorded = sightings(desk);
    let addresses: BTreeSet<&str> = recorded.iter().map(|one| one["address"].as_str().unwrap()).collect();
    assert_eq!((recorded.len(), addresses.len()), (FILES / 3, FILES / 3));
}

#[test]
fn a_run_that_is_killed_loses_no_sighting_and_repeats_none() {
    let desk = Desk::sealed();
    clippings(&desk);
    let mut told = Vec::new();
    for round in 1..=12u64 {
        let mut child = start(&desk, &["follow", "run", "--once", "--json"]);
        std::thread::sleep(Duration::from_millis(round * round * 4));
        let _ = child.kill();
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        child.wait().unwrap();
        told.extend(out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()));
    }
    let last = desk.run(&["follow", "run", "--once", "--json"]);
    assert_eq!(last.code, 0, "{}", last.err);
    told.extend(lines(&last.out));
    all_are_recorded(&desk);
    // Between printing and recording that it was printed, a kill makes one come again: with the same number.
    let numbers: BTreeSet<u64> = told.iter().map(|one| one["sighting"].as_u64().unwrap()).collect();
    assert_eq!(numbers.len(), FILES / 3);
    assert!(told.len() <= FILES / 3 + 12, "{} were told", told.len());
}

#[test]
fn a_run_that_is_asked_to_end_tells_each_sighting_once() {
    let desk = Desk::sealed();
    clippings(&desk);
    let mut told = Vec::new();
    for round in 1..=12u64 {
        let mut child = start(&desk, &["follow", "run", "--json"]);
        std::thread::sleep(Duration::from_millis(round * round * 4));
        signal(&child, rustix::process::Signal::TERM);
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let ended_well = child.wait().unwrap().success();
        assert!(ended_well || out.is_empty(), "whoever has told something ends well");
        told.extend(lines(&out));
    }
    let last = desk.run(&["follow", "run", "--once", "--json"]);
    assert_eq!(last.code, 0, "{}", last.err);
    told.extend(lines(&last.out));
    all_are_recorded(&desk);
    let numbers: BTreeSet<u64> = told.iter().map(|one| one["sighting"].as_u64().unwrap()).collect();
    assert_eq!((told.len(), numbers.len()), (FILES / 3, FILES / 3));
}

#[test]
fn ctrl_c_and_sigterm_end_a_run_well_and_another_may_run_beside_it() {
    for ending in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let desk = Desk::sealed();
        fs::create_dir(desk.path("clippings")).unwrap();
        fs::write(desk.path("clippings/a.txt"), &paragraphs(&desk, "r03")[1]).unwrap();
        desk.run(&["follow", "add", "clippings"]);
        let mut child = start(&desk, &["follow", "run"]);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.contains("Sighting 1"), "{line}");
        let second = desk.run(&["follow", "run", "--once"]);
        assert_eq!((second.code, second.out.as_str()), (0, ""), "nothing is left for it: {}", second.err);
        signal(&child, ending);
        assert!(child.wait().unwrap().success());
        let again = desk.run(&["follow", "run", "--once"]);
        assert_eq!((again.code, again.out.as_str()), (0, ""), "{}", again.err);
    }
}

#[test]
fn what_can_be_no_source_is_refused() {
    let desk = Desk::sealed();
    for nonsense in [
        "paper.example/feed.xml",
        "gopher://paper.example/",
        "mailto:desk@paper.example",
        "https://a..b/",
        "none.txt",
    ] {
        let refused = desk.run(&["follow", "add", nonsense]);
        assert!(refused.code == 2 && refused.err.contains("give https://"), "{nonsense}: {}", refused.err);
    }
    assert_eq!(desk.run(&["follow", "list", "--json"]).json()["sources"].as_array().unwrap().len(), 0);
}

#[test]
fn standard_input_is_a_source() {
    let desk = Desk::sealed();
    desk.run(&["follow", "add", "-"]);
    let line = |id: &str, text: &str| serde_json::json!({"id": id, "text": text, "address": format!("https://{id}/")});
    let passage = &paragraphs(&desk, "r03")[1];
    let input = format!(
        "{}\nnonsense\n{}\n{}",
        line("paper.example", passage),
        line("ombuds.example", passage),
        line("x.example", "Trams.")
    );
    let run = desk.run_with(&["follow", "run", "--once", "--json"], &input);
    assert_eq!((run.code, &run.json()["address"]), (0, &"https://paper.example/".into()), "{}", run.err);
    // What is never followed is counted, and not named.
    for said in ["1 message passed over: of people who are never followed", "1 passed over: line 2"] {
        assert!(run.err.contains(said), "{}", run.err);
    }
    assert!(!run.err.contains("ombuds"), "{}", run.err);
}
