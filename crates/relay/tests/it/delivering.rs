//! What becomes of copies on their way: put off, refused, broken off, given up, ended and begun again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tellmark_app::{Ports, retention};
use tellmark_relay::queue;
use tellmark_relay::queue::journal::{Journal, Record, What};

use crate::office::{MARK_ALL, MARK_NONE, Office, THREE, message};
use crate::sink::{Does, Sink, Taken};

fn waiting(office: &Office) -> Vec<queue::Entry> {
    queue::look(&office.path("queue")).unwrap()
}

fn wait_until(is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Gives the one message that waits, of an ended relay, another moment at which it came in: so long ago.
fn came_in_before(office: &Office, hours: i64) {
    let [entry] = &waiting(office)[..] else { panic!("one message waits") };
    let (path, at_ms) = (office.path("queue/messages").join(&entry.envelope.id), entry.envelope.at_ms);
    let file = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    let own = format!("\"at_ms\":{at_ms},");
    assert_eq!(file.matches(&own).count(), 1);
    std::fs::write(path, file.replace(&own, &format!("\"at_ms\":{},", at_ms - hours * 3_600_000))).unwrap();
}

/// How often senders were told that somebody did not get it.
fn told_of(taken: &[Taken], address: &str) -> usize {
    let named = format!("Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.4.7\r\n");
    taken.iter().filter(|one| one.from.is_empty()).map(|one| one.message.matches(&named).count()).sum()
}

const AN_HOUR: &str = "give_up_hours = 1\n[mark]\notherwise = \"mark\"\n";

#[test]
fn what_is_put_off_comes_later_and_once() {
    let office = Office::open(11);
    let sink = Sink::behaving(|to, before| match (to.starts_with("bo"), before) {
        (true, 0) => Does::Later,
        (true, 1) => Does::Break,
        _ => Does::Take,
    });
    let relay = office.relay(&sink, "", MARK_ALL);
    assert!(relay.send("ada@office.example", &THREE, &message(1, "Talks")).starts_with("250"));
    let taken = sink.wait(3);
    relay.end();
    let mut to: Vec<&str> = taken.iter().map(|one| one.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, THREE);
}

#[test]
fn a_sender_is_told_who_did_not_get_it() {
    let office = Office::open(12);
    let sink = Sink::behaving(|to, _| if to.starts_with("cy") { Does::Never } else { Does::Take });
    let relay = office.relay(&sink, "", MARK_ALL);
    assert!(relay.send("ada@office.example", &THREE, &message(1, "Talks")).starts_with("250"));
    let taken = sink.wait(3);
    relay.end();
    let told: Vec<_> = taken.iter().filter(|one| one.from.is_empty()).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to, "ada@office.example");
    for part in ["multipart/report", "cy@n.example", "Status: 5.1.1", "nobody of that name", "Subject: Talks"]
    {
        assert!(told[0].message.contains(part), "{part}: {}", told[0].message);
    }
    assert!(!told[0].message.contains("In point") && !told[0].message.contains("Bcc"), "no word of the text");
    assert!(waiting(&office).is_empty());
}

#[test]
fn a_notification_that_nobody_takes_is_told_to_nobody() {
    let office = Office::open(13);
    let sink = Sink::behaving(|_, _| Does::Never);
    let relay = office.relay(&sink, "", MARK_NONE);
    assert!(relay.send("ada@office.example", &["bo@n.example"], &message(1, "x")).starts_with("250"));
    wait_until(|| waiting(&office).is_empty());
    drop(relay);
    assert_eq!(sink.count(), 0);
}

#[test]
fn what_waits_goes_on_after_a_restart_byte_for_byte() {
    let (office, sink) = (Office::open(14), Sink::start());
    sink.set_down(true);
    let relay = office.relay(&sink, "", MARK_ALL);
    assert!(relay.send("ada@office.example", &THREE, &message(1, "Talks")).starts_with("250"));
    relay.end();
    assert_eq!(sink.count(), 0);
    let waiting = waiting(&office);
    assert_eq!((waiting.len(), waiting[0].envelope.to.len()), (1, 3));
    // No word of a marked message lies in the queue: its copies are made from the vault.
    let file = std::fs::read(office.path("queue/messages").join(&waiting[0].envelope.id)).unwrap();
    assert!(!String::from_utf8(file).unwrap().contains("In point"));
    sink.set_down(false);
    let relay = office.relay(&sink, "", MARK_ALL);
    let taken = sink.wait(3);
    // The same message again is the same release: everybody's copy is the one they had.
    assert!(relay.send("ada@office.example", &THREE, &message(1, "Talks")).starts_with("250"));
    let all = sink.wait(6);
    relay.end();
    for one in &taken {
        let again = all[3..].iter().find(|other| other.to == one.to).unwrap();
        assert_eq!(one.body(), again.body());
    }
}

#[test]
fn a_copy_whose_fate_is_in_doubt_comes_again_under_the_same_id() {
    let office = Office::open(15);
    let sink = Sink::behaving(|_, before| if before == 0 { Does::TakeAndBreak } else { Does::Take });
    let relay = office.relay(&sink, "", MARK_ALL);
    assert!(relay.send("ada@office.example", &["bo@n.example"], &message(1, "Talks")).starts_with("250"));
    let taken = sink.wait(2);
    relay.end();
    assert_eq!(taken.len(), 2);
    assert_eq!((taken[0].id(), taken[0].message.as_str()), (taken[1].id(), taken[1].message.as_str()));
}

#[test]
fn what_stays_in_doubt_holds_nobody_up_and_is_given_up_one_day() {
    let office = Office::open(19);
    // Bo's server takes each message and never says so.
    let sink = Sink::behaving(|to, _| if to.starts_with("bo") { Does::TakeAndBreak } else { Does::Take });
    let relay = office.relay(&sink, "", AN_HOUR);
    assert!(relay.send("ada@office.example", &THREE, &message(1, "Talks")).starts_with("250"));
    let of_bo = || sink.taken().iter().filter(|one| one.to.starts_with("bo")).count();
    wait_until(|| sink.count() - of_bo() == 2 && of_bo() >= 2);
    relay.end();
    let [entry] = &waiting(&office)[..] else { panic!("one message waits") };
    let tried = entry.stands.iter().find_map(|stand| match stand {
        queue::Stand::Waiting { tries, words, .. } => Some((*tries, words.clone())),
        _ => None,
    });
    let (tries, words) = tried.unwrap();
    // Each was a try, so that the next is later; it says what is known.
    assert_eq!(tries as usize, of_bo());
    assert!(words.starts_with("451 4.4.2 it did not say whether it took the message"), "{words}");
    came_in_before(&office, 1);
    let relay = office.relay(&sink, "", AN_HOUR);
    wait_until(|| waiting(&office).is_empty());
    relay.end();
    assert_eq!(THREE.map(|address| told_of(&sink.taken(), address)), [1, 0, 0]);
    let ids: std::collections::BTreeSet<String> =
        sink.taken().iter().filter(|one| one.to.starts_with("bo")).map(Taken::id).collect();
    assert_eq!(ids.len(), 1, "all under one id");
}

#[test]
fn what_is_put_off_for_too_long_is_given_up_and_its_sender_told() {
    let office = Office::open(16);
    let offers = Arc::new(AtomicUsize::new(0));
    let own = offers.clone();
    let sink = Sink::behaving(move |to, _| match to.starts_with("cy") {
        true => {
            own.fetch_add(1, Ordering::Relaxed);
            Does::Later
        }
        false => Does::Take,
    });
    let relay = office.relay(&sink, "", AN_HOUR);
    assert!(relay.send("ada@office.example", &THREE, &message(1, "Talks")).starts_with("250"));
    sink.wait(2);
    wait_until(|| offers.load(Ordering::Relaxed) >= 2);
    relay.end();
    assert_eq!(sink.count(), 2, "nobody is told as long as it is tried");
    let before = offers.load(Ordering::Relaxed);
    came_in_before(&office, 1);
    let relay = office.relay(&sink, "", AN_HOUR);
    sink.wait(3);
    wait_until(|| waiting(&office).is_empty());
    relay.end();
    // Once more begun, nothing more comes of it.
    office.relay(&sink, "", AN_HOUR).end();
    let taken = sink.taken();
    let mut to: Vec<&str> = taken.iter().map(|one| one.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ada@office.example", "bo@n.example", "dee@n.example"]);
    assert_eq!(THREE.map(|address| told_of(&taken, address)), [0, 1, 0]);
    assert_eq!(offers.load(Ordering::Relaxed), before, "it is not offered after its time");
}

#[test]
fn what_nobody_could_be_asked_about_is_given_up_too() {
    let (office, sink) = (Office::open(17), Sink::start());
    sink.set_down(true);
    let relay = office.relay(&sink, "", AN_HOUR);
    assert!(relay.send("ada@office.example", &THREE, &message(1, "Talks")).starts_with("250"));
    relay.end();
    came_in_before(&office, 1);
    let relay = office.relay(&sink, "", AN_HOUR);
    // The copies are given up; what tells of it waits for the server.
    wait_until(|| waiting(&office).iter().all(|entry| entry.envelope.from.is_empty()));
    assert_eq!(sink.count(), 0);
    sink.set_down(false);
    wait_until(|| waiting(&office).is_empty());
    relay.end();
    let taken = sink.taken();
    assert!(taken.iter().all(|one| one.from.is_empty() && one.to == "ada@office.example"));
    assert_eq!(THREE.map(|address| told_of(&taken, address)), [1, 1, 1]);
}

#[test]
fn large_messages_go_one_after_another_where_memory_is_small() {
    let (office, sink) = (Office::open(18), Sink::start());
    sink.set_down(true);
    let relay = office.relay(&sink, "", &format!("{MARK_NONE}[limits]\nmemory_bytes = 1048576\n"));
    let large = |number: usize| {
        let line = format!("{number} {}\r\n", "x".repeat(900));
        format!("From: ada@office.example\r\nSubject: {number}\r\n\r\n{}", line.repeat(700 + 600 * number))
    };
    for number in 0..4 {
        assert!(relay.send("ada@office.example", &THREE, &large(number)).starts_with("250"));
    }
    sink.set_down(false);
    let taken = sink.wait(12);
    relay.end();
    for number in 0..4 {
        let own = taken.iter().filter(|one| one.field("Subject").unwrap() == number.to_string());
        assert_eq!(
            own.filter(|one| one.message.ends_with(&format!("{}\r\n", large(number)))).count(),
            3,
            "{number}"
        );
    }
    assert_eq!(sink.count(), 12);
}

#[test]
fn a_message_that_is_never_entered_keeps_no_other_out_of_the_log() {
    let (office, sink) = (Office::open(33), Sink::start());
    sink.set_down(true);
    let relay = office.relay(&sink, "", MARK_ALL);
    for (seed, subject) in [(1, "Gone"), (2, "Destroyed"), (3, "Good")] {
        assert!(relay.send("ada@office.example", &THREE, &message(seed, subject)).starts_with("250"));
    }
    relay.end();
    // All copies were handed over, and the relay ended before it said so in the log.
    let entries = waiting(&office);
    let ids: Vec<&str> = entries.iter().map(|entry| entry.envelope.id.as_str()).collect();
    let all = ids.iter().flat_map(|&id| (0..3).map(move |to| (id, to)));
    let sent = all.map(|(id, to)| Record { id: id.to_owned(), what: What::Sent { to } });
    drop(Journal::begin(&office.path("queue"), &sent.collect::<Vec<_>>()).unwrap());
    // The release of one is gone, the key of another was destroyed.
    let path = office.path("queue/messages").join(ids[0]);
    let file = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    let release = entries[0].envelope.sealed.as_ref().unwrap().text.unwrap().to_string();
    assert_eq!(file.matches(&release).count(), 1);
    std::fs::write(path, file.replace(&release, "0123456789abcdef")).unwrap();
    let (vault, ports) = (office.vault(), Ports::seeded(7, 1_790_000_000));
    office.run(retention::destroy(&vault, "Destroyed", true, &ports)).unwrap();
    drop(vault);
    let in_log = || std::fs::read_dir(office.path("vault/log/private")).unwrap().count();
    let before = in_log();
    let relay = office.relay(&sink, "", MARK_ALL);
    wait_until(|| waiting(&office).is_empty());
    relay.end();
    assert_eq!((in_log() - before, sink.count()), (1, 0));
    assert_eq!(std::fs::read_dir(office.path("queue/messages")).unwrap().count(), 0);
}
