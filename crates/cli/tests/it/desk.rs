//! The author's desk: review, variants, barium points, numbered copies and their holders.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::Desk;

fn sites(desk: &Desk) -> Vec<Value> {
    desk.run(&["review", "call.md", "--list", "--json"]).json()["sites"].as_array().unwrap().clone()
}

fn count(desk: &Desk, channel: &str) -> u64 {
    desk.run(&["plan", "call.md", "--json"]).json()["sites"][channel].as_u64().unwrap_or_default()
}

#[test]
fn with_a_review_only_accepted_sites_are_sealed() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let all = count(&desk, "wording");
    assert!(all > 5, "{all}");
    // Accept, reject, leave, edit; then the input ends, and what is left is open.
    let said = desk.run_with(&["review", "call.md"], "a\nr\nl\n?\nb\nl\ne\n\nq\n");
    assert_eq!(said.code, 0, "{}", said.err);
    let decided = sites(&desk);
    let verdicts: Vec<&str> = decided.iter().map(|site| site["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts[0], "accept");
    assert_eq!(verdicts[2], "leave");
    assert!(verdicts.contains(&"reject") && verdicts.contains(&"open"), "{verdicts:?}");
    assert!(decided.iter().all(|site| !site["reason"].as_str().unwrap().is_empty()));
    let text = fs::read_to_string(desk.path("call.md.sites.toml")).unwrap();
    assert!(text.starts_with("# What was decided") && text.contains("version = 1"));

    let plan = desk.run(&["plan", "call.md", "--json"]).json();
    let used = plan["sites"]["wording"].as_u64().unwrap() + plan["sites"]["style"].as_u64().unwrap();
    assert_eq!(used, 1, "{}", plan["sites"]);
    assert!(plan["notes"].to_string().contains("nobody has decided"));
    // All that is open at once, but not what was decided.
    assert_eq!(desk.run(&["review", "call.md", "--accept", "all"]).code, 0);
    let now = sites(&desk);
    assert!(now.iter().all(|site| site["verdict"] != "open" || site["second_look"] == true));
    let accepted = now.iter().filter(|site| site["verdict"] == "accept").count();
    assert!(accepted > 1 && decided.len() == now.len());
    let sealed = desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies", "--json"]).json();
    let used = sealed["sites"]["wording"].as_u64().unwrap() + sealed["sites"]["style"].as_u64().unwrap();
    assert_eq!(used as usize, accepted);
    // The same again finishes the same release; another decision makes another one.
    let again = desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies", "--json"]).json();
    assert_eq!(again["release"], sealed["release"]);
    assert_eq!(desk.run(&["check", "copies"]).code, 0);
    let other = desk
        .run(&["seal", "call.md", "--to", "roster.csv", "--out", "other", "--no-review", "--json"])
        .json();
    assert_ne!(other["release"], sealed["release"]);
}

#[test]
fn a_rejected_wording_is_left_out_of_the_next_document() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let rule = sites(&desk)[0]["rule"].as_str().unwrap().to_owned();
    assert_eq!(desk.run(&["review", "call.md", "--reject", &rule]).code, 0);
    fs::rename(desk.path("call.md"), desk.path("next.md")).unwrap();
    let plan = desk.run(&["plan", "next.md", "--json"]).json();
    assert_eq!(plan["rules"][&rule], Value::Null);
    assert!(plan["notes"].to_string().contains("rejected in a review before"), "{}", plan["notes"]);
    let sealed = desk.run(&["seal", "next.md", "--to", "roster.csv", "--out", "copies", "--json"]).json();
    assert_eq!(sealed["sites"]["wording"], plan["sites"]["wording"]);
    let listed = desk.run(&["review", "next.md", "--list", "--json"]).json();
    let rejected =
        listed["sites"].as_array().unwrap().iter().filter(|site| site["verdict"] == "reject").count();
    assert!(rejected > 0);
    // A rule that is not there, and a file that says nothing that can be understood.
    assert_eq!(desk.run(&["review", "next.md", "--accept", "no-such-rule"]).code, 2);
    fs::write(desk.path("next.md.sites.toml"), "version = 1\n[[site]]\nfond = \"x\"\n").unwrap();
    let said = desk.run(&["seal", "next.md", "--to", "roster.csv", "--out", "other"]);
    assert!(said.code == 2 && said.err.contains("fond"), "{}", said.err);
}

#[test]
fn sites_and_locks_are_added_by_hand() {
    let desk = Desk::new();
    fs::write(
        desk.path("note.md"),
        "They met in Bern before noon. Nothing is agreed until everything is agreed.\n",
    )
    .unwrap();
    let file = "version = 1\n[[lock]]\npassage = \"Nothing is agreed\"\n[[site]]\nfound = \"before noon\"\nvariants = [\"in the morning\"]\n";
    fs::write(desk.path("note.md.sites.toml"), file).unwrap();
    let plan = desk.run(&["plan", "note.md", "--json"]).json();
    assert_eq!(plan["rules"], json!({ "by-hand": 1 }));
    fs::write(desk.path("note.md.sites.toml"), file.replace("before noon", "at midnight")).unwrap();
    let said = desk.run(&["plan", "note.md"]);
    assert!(said.code == 2 && said.err.contains("at midnight"), "{}", said.err);
}

#[test]
fn a_plan_says_what_is_needed_and_what_two_risk() {
    let desk = Desk::new();
    let plan = desk.run(&["plan", "call.md", "--copies", "40", "--alpha", "1e-3", "--json"]).json();
    assert_eq!(plan["held_against"], json!({ "copies": 40, "alpha": "1e-3" }));
    let paragraphs = plan["paragraphs"].as_array().unwrap();
    assert!(paragraphs.iter().any(|paragraph| paragraph["points_needed"].as_u64() > Some(0)));
    let bits: f64 =
        plan["per_sentence"].as_array().unwrap().iter().map(|s| s["bits"].as_f64().unwrap()).sum();
    let by_channel: f64 = plan["per_sentence"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|sentence| sentence["channels"].as_object().unwrap().values())
        .map(|bits| bits.as_f64().unwrap())
        .sum();
    assert!((bits - by_channel).abs() < 1e-6 && bits > 10.0);
    let power = |list: &str| -> f64 {
        let all = plan[list].as_array().unwrap().iter();
        let own =
            all.filter(|promise| promise["copies"] == 40).map(|promise| promise["power"].as_f64().unwrap());
        own.fold(0.0, f64::max)
    };
    assert!(power("promise_two") <= power("promise"), "two who mix are harder to name");
    let said = desk.run(&["plan", "call.md", "--copies", "40", "--alpha", "1e-3", "--html", "plan.html"]);
    assert!(said.out.contains("two of 40 copies who mix"), "{}", said.out);
    let page = fs::read_to_string(desk.path("plan.html")).unwrap();
    assert!(page.contains("Paragraph by paragraph") && page.contains("Two of 40 copies who mix"));
    assert_eq!(desk.run(&["plan", "call.md", "--alpha", "2"]).code, 2);
}

#[test]
fn barium_points_are_read_from_the_forms_of_two_people() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let points: Vec<String> = (0..28)
        .map(|n| {
            format!("On day {n} of the talks {{? some {n}0 people | {n}4 people ?}} came to the old bridge.")
        })
        .collect();
    fs::write(desk.path("talks.md"), points.join("\n\n")).unwrap();
    assert_eq!(
        desk.run(&["seal", "talks.md", "--to", "roster.csv", "--out", "copies", "--alpha", "1e-3"]).code,
        0
    );
    assert_eq!(desk.run(&["form", "talks.md", "--out", "forms"]).code, 0);
    // Nothing is overwritten, and no form is recorded that is not written.
    assert_eq!(desk.run(&["form", "talks.md", "--out", "forms"]).code, 2);
    assert!(fs::read_to_string(desk.path("forms/form-1.html")).unwrap().matches("<fieldset").count() == 28);
    let copy = fs::read_to_string(desk.path("copies/r03/talks.md")).unwrap();
    for reader in ["1", "2"] {
        let form: Value =
            serde_json::from_slice(&fs::read(desk.path(&format!("forms/form-{reader}.json"))).unwrap())
                .unwrap();
        // Each says what the copy says, but for one that they leave open, and one on which they differ.
        let mut answers = format!("Reader {reader}\n");
        for (index, point) in form["points"].as_array().unwrap().iter().enumerate() {
            let options = point["options"].as_array().unwrap();
            let told = options
                .iter()
                .position(|option| copy.contains(&format!("talks {} came", option.as_str().unwrap())));
            let chosen = match (index, reader) {
                (0, _) => 0,
                (1, "2") => 2 - told.unwrap(),
                _ => told.unwrap() + 1,
            };
            answers += &format!("nine\n{chosen}\n");
        }
        let (form, out) = (format!("forms/form-{reader}.json"), format!("answers-{reader}.json"));
        assert_eq!(desk.run_with(&["form", "--fill", &form, "--out", &out], &answers).code, 0);
    }
    // One person alone does not suffice, and a form is no text.
    let alone = desk.run(&["trace", "--form", "answers-1.json"]);
    assert!(alone.code == 2 && alone.err.contains("two people"), "{}", alone.err);
    assert_eq!(desk.run(&["trace", "--form", "talks.md"]).code, 2);
    // On a form that nobody gave out anybody may say anything: no look is spent on it.
    let own = fs::read_to_string(desk.path("answers-1.json")).unwrap();
    let number = serde_json::from_str::<Value>(&own).unwrap()["form"].as_str().unwrap().to_owned();
    fs::write(desk.path("forged.json"), own.replace(&number, "0123456789abcdef")).unwrap();
    let forged = desk.run(&["trace", "--form", "forged.json", "--form", "answers-2.json"]);
    assert!(forged.code == 2 && forged.err.contains("gave out no such form"), "{}", forged.err);
    assert_eq!(desk.run(&["cases", "--json"]).json()["cases"].as_array().unwrap().len(), 0);
    let traced = desk.run(&[
        "trace",
        "--form",
        "answers-1.json",
        "--form",
        "answers-2.json",
        "--report",
        "r.html",
        "--json",
    ]);
    let finding = traced.json();
    assert_eq!((traced.code, &finding["named"][0]["copy"]), (0, &json!("r03")), "{finding}");
    assert_eq!(finding["releases"][0]["channels"]["author"], json!({ "sites": 28, "read": 26, "erased": 2 }));
    let notes = finding["notes"].to_string();
    let report = fs::read_to_string(desk.path("r.html")).unwrap();
    for said in [&number, "filled in by Reader 1", "filled in by Reader 2", "26 of its 28 points"] {
        assert!(notes.contains(said) && report.contains(said), "{said}: {notes}");
    }
    // Nobody edits an answer unseen.
    let edited = fs::read_to_string(desk.path("answers-2.json")).unwrap().replacen("some ", "many ", 1);
    fs::write(desk.path("answers-2.json"), edited).unwrap();
    assert_eq!(desk.run(&["trace", "answers-1.json", "answers-2.json"]).code, 2);
}

#[test]
fn numbered_copies_get_their_holders_later() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    assert_eq!(desk.run(&["seal", "call.md", "--numbered", "12", "--out", "room"]).code, 0);
    let traced = desk.run(&["trace", "room/07/call.md"]);
    assert!(traced.out.contains("holders unknown"), "{}", traced.out);
    let give = ["holders", "call.md", "--give", "07", "--to", "Ada Lindqvist", "--since", "2026-05-03"];
    assert_eq!(desk.run(&give).code, 0);
    assert_eq!(desk.run(&["holders", "call.md", "--give", "07", "--to", "Room 4", "--assumed"]).code, 0);
    let held = desk.run(&["holders", "call.md", "--json"]).json();
    assert_eq!(held["copies"][6]["holders"][0]["holder"], "Ada Lindqvist");
    assert_eq!(held["copies"][6]["holders"][1]["known"], false);
    assert_eq!(held["copies"][0]["holders"], json!([]));
    let named = desk.run(&["trace", "room/07/call.md", "--json"]).json();
    assert_eq!(named["named"][0]["holders"][0], "Ada Lindqvist (from 2026-05-03)");
    assert!(named["named"][0]["holders"][1].as_str().unwrap().starts_with("Room 4 (assumed, from 2"));
    // The same again, and what is yet to come.
    let again = desk.run(&give);
    assert!(again.code == 2 && again.err.contains("recorded as a holder"), "{}", again.err);
    let late = ["holders", "call.md", "--give", "07", "--to", "X", "--since", "2999-01-01"];
    let late = desk.run(&late);
    assert!(late.code == 2 && late.err.contains("yet to come"), "{}", late.err);
    assert_eq!(
        desk.run(&["holders", "call.md", "--json"]).json()["copies"][6]["holders"].as_array().unwrap().len(),
        2
    );
    assert_eq!(desk.run(&["holders", "call.md", "--give", "13", "--to", "X"]).code, 2);
    assert_eq!(desk.run(&["holders", "call.md", "--give", "07", "--to", "X", "--since", "May"]).code, 2);
    assert_eq!(desk.run(&["seal", "call.md", "--numbered", "0", "--out", "none"]).code, 2);
}

/// A model that turns "came" into "arrived" in the first sentence, denies the second, and says nothing of the others.
fn model(listener: TcpListener) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut part = [0; 4096];
        loop {
            let read = stream.read(&mut part).unwrap();
            request.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.unwrap().parse::<usize>().unwrap() {
                break;
            }
        }
        let said = json!([
            "The guests arrived at the old stone house by the river.",
            "Nobody of them had no coats with fur.",
            ""
        ]);
        let answer =
            json!({ "choices": [{ "message": { "content": format!("Here:\n{said}") } }] }).to_string();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
            answer.len()
        )
        .unwrap();
        String::from_utf8_lossy(&request).into_owned()
    })
}

#[test]
fn suggestions_are_checked_told_and_wait() {
    let desk = Desk::new();
    let text = "The guests came to the old stone house by the river. All of them had warm coats with fur. Then the red sun went down on the hill.\n\
                {= They read the old paper aloud to the whole room. =}\n";
    fs::write(desk.path("note.md"), text).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = model(listener);
    let said = desk.run_with(&["review", "note.md", "--suggest", &url, "--model", "m"], "a\n");
    let sent = server.join().unwrap();
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(sent.starts_with("POST /v1/chat/completions") && !sent.contains("read the old paper"), "{sent}");
    assert!(said.err.contains("Sending 3 sentences") && said.err.contains("warm coats"), "{}", said.err);
    assert!(said.err.contains("it changes a"), "{}", said.err);
    let plan = desk.run(&["plan", "note.md", "--json"]).json();
    assert_eq!(plan["rules"], json!({ "suggested": 1 }));
    assert_eq!(desk.run(&["review", "note.md", "--suggest", &url]).code, 2);
}

#[test]
fn what_is_sent_is_told_although_nobody_answers_and_no_locked_word_is_sent() {
    let desk = Desk::new();
    let text = "The guests came to the old stone house by the river. All of them had warm coats with fur and hats. Then the red sun went down on the hill.\n\n\
                {= They read the old paper aloud to the whole room. They ate the cold soup from the deep green bowls. They sang the sad song of the two brave sailors. =}\n";
    fs::write(desk.path("note.md"), text).unwrap();
    // A lock that takes the end of one sentence and the beginning of the next.
    let lock = "version = 1\n[[lock]]\npassage = \"fur and hats. Then the red\"\n";
    fs::write(desk.path("note.md.sites.toml"), lock).unwrap();
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/v1", listener.local_addr().unwrap())
    };
    let said = desk.run(&["review", "note.md", "--suggest", &url, "--model", "m"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("Sending 1 sentence (") && said.err.contains("stone house"), "{}", said.err);
    for locked in ["warm coats", "red sun", "old paper", "cold soup", "sad song"] {
        assert!(!said.err.contains(locked), "{locked}: {}", said.err);
    }
}

#[test]
fn decisions_are_kept_told_or_refused() {
    let desk = Desk::new();
    let text = "They spoke last week in order to prepare the talks in Bern. They wrote on Monday in order to invite the three delegations, and some thirty people came.\n";
    fs::write(desk.path("note.md"), text).unwrap();
    let site = |verdict: &str, before: &str| {
        format!(
            "[[site]]\nverdict = \"{verdict}\"\nrule = \"in-order-to\"\nbefore = \"{before}\"\nfound = \"in order to\"\n"
        )
    };
    let write = |sites: &[String]| {
        fs::write(desk.path("note.md.sites.toml"), format!("version = 1\n{}", sites.concat())).unwrap();
    };
    let kept = || fs::read_to_string(desk.path("note.md.sites.toml")).unwrap();
    // One word before suffices; what is of no site is not used, told, and stays.
    write(&[site("accept", "week"), site("accept", "nobody wrote this")]);
    let plan = desk.run(&["plan", "note.md", "--json"]).json();
    assert_eq!(plan["rules"], json!({ "in-order-to": 1 }));
    assert!(plan["notes"].to_string().contains("accepted places that are not used"), "{}", plan["notes"]);
    let said = desk.run(&["review", "note.md"]);
    assert!(
        said.code == 0 && said.out.contains("Of no site that the document has now: 1 decision;"),
        "{}",
        said.out
    );
    assert!(kept().contains("nobody wrote this") && kept().contains("# Not used"), "{}", kept());
    // Nobody remembers where there is no vault, and nobody remembers what is accepted elsewhere; both is said.
    write(&[site("accept", "week"), site("reject", "Monday")]);
    let said = desk.run(&["review", "note.md"]);
    assert!(said.err.contains("There is no vault"), "{}", said.err);
    assert_eq!(desk.run(&["init"]).code, 0);
    let said = desk.run(&["review", "note.md"]);
    assert!(said.err.contains("not remembered for other documents"), "{}", said.err);
    // A rule that does not exist, and options that exclude each other.
    write(&[site("accept", "week").replace("in-order-to", "in-odrer-to")]);
    for command in ["plan", "review"] {
        let said = desk.run(&[command, "note.md"]);
        assert!(said.code == 2 && said.err.contains("nearest name is \"in-order-to\""), "{}", said.err);
    }
    write(&[]);
    for also in
        [&["--accept", "all"][..], &["--reject", "in-order-to"], &["--suggest", "http://x", "--model", "m"]]
    {
        let said = desk.run(&[&["review", "note.md", "--list"], also].concat());
        assert!(said.code == 2 && said.err.contains("cannot be used with"), "{}", said.err);
    }
    let both = ["review", "note.md", "--accept", "in-order-to", "--reject", "in-order-to"];
    assert_eq!(desk.run(&both).code, 2);
}

#[test]
fn what_somebody_else_writes_during_a_review_is_not_overwritten() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let sites = desk.path("call.md.sites.toml");
    let lock = "\n[[lock]]\npassage = \"Everyone agreed\"\n";
    let document = desk.path("call.md");
    for (changed, addition) in [(&sites, lock), (&document, "\n{= One more line of it. =}\n")] {
        let _ = fs::remove_file(&sites);
        let mut review = std::process::Command::new(assert_cmd::cargo::cargo_bin("tellmark"))
            .current_dir(desk.0.path())
            .args(["review", "call.md"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = review.stdin.take().unwrap();
        input.write_all(b"a\n").unwrap();
        while !fs::read_to_string(&sites).is_ok_and(|text| text.contains("\"accept\"\nrule")) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let before = fs::read_to_string(changed).unwrap() + addition;
        fs::write(changed, &before).unwrap();
        input.write_all(b"l\n").unwrap();
        drop(input);
        let said = review.wait_with_output().unwrap();
        let error = String::from_utf8(said.stderr).unwrap();
        assert!(said.status.code() == Some(2) && error.contains("was changed while"), "{error}");
        assert_eq!(fs::read_to_string(changed).unwrap(), before);
        assert!(!fs::read_to_string(&sites).unwrap().contains("\"leave\"\nrule"));
    }
}
