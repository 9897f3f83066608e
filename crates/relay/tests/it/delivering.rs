//! What becomes of copies on their way: put off, refused, broken off, ended and begun again.

use crate::office::{MARK_ALL, MARK_NONE, Office, THREE, message};
use crate::sink::{Does, Sink};

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
    assert!(tellmark_relay::queue::look(&office.path("queue")).unwrap().is_empty());
}

#[test]
fn a_notification_that_nobody_takes_is_told_to_nobody() {
    let office = Office::open(13);
    let sink = Sink::behaving(|_, _| Does::Never);
    let relay = office.relay(&sink, "", MARK_NONE);
    assert!(relay.send("ada@office.example", &["bo@n.example"], &message(1, "x")).starts_with("250"));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !tellmark_relay::queue::look(&office.path("queue")).unwrap().is_empty() {
        assert!(std::time::Instant::now() < until);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
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
    let waiting = tellmark_relay::queue::look(&office.path("queue")).unwrap();
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
