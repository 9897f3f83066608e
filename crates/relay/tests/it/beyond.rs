//! Addresses and headers beyond ASCII (SMTPUTF8, RFC 6531): handed over as they were written, or not at all.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::office::{MARK_ALL, Office, Running, message};
use crate::sink::{Does, Sink};

const BO: &str = "бо@пошта.example";
const CY: &str = "cy@n.example";
/// What a server offers that takes ASCII only.
const PLAIN: &str = "PIPELINING, 8BITMIME";

fn talks() -> String {
    message(1, "Переговори").replace("To: Bo <bo@n.example>", &format!("To: Бо <{BO}>"))
}

fn send(relay: &Running<'_>, from: &str, to: &[&str]) -> String {
    let mut client = relay.client();
    client.say("EHLO desk.example");
    client.send_with((from, " BODY=8BITMIME SMTPUTF8"), to, &talks())
}

#[test]
fn letters_beyond_ascii_go_as_they_were_written() {
    let office = Office::open(51);
    let sink = Sink::behaving(|to, _| if to == CY { Does::Never } else { Does::Take });
    let relay = office.relay(&sink, "", MARK_ALL);
    assert!(send(&relay, "ада@офис.example", &[BO, "dee@n.example", CY]).starts_with("250"));
    let taken = sink.wait(3);
    relay.end();
    let (told, copies): (Vec<_>, Vec<_>) = taken.iter().partition(|one| one.from.is_empty());
    let to: BTreeSet<&str> = copies.iter().map(|one| one.to.as_str()).collect();
    assert_eq!(to, BTreeSet::from([BO, "dee@n.example"]));
    for one in &copies {
        assert!(one.parameters.ends_with(" BODY=8BITMIME SMTPUTF8"), "{}", one.parameters);
        assert_eq!(one.from, "ада@офис.example");
        assert_eq!(one.field("Subject").unwrap(), "Переговори");
        assert_eq!(one.field("To").unwrap(), format!("Бо <{BO}>, cy@n.example"));
    }
    assert!(copies[0].body() != copies[1].body());
    // What failed is told to an address that is beyond ASCII itself.
    assert_eq!((told.len(), told[0].to.as_str()), (1, "ада@офис.example"));
    assert!(told[0].parameters.ends_with(" SMTPUTF8") && told[0].message.contains(CY), "{}", told[0].message);
}

#[test]
fn a_server_that_takes_ascii_only_gets_nothing_mangled_and_the_sender_is_told() {
    let office = Office::open(52);
    let sink = Sink::offering(PLAIN, |_, _| Does::Take);
    let relay = office.relay(&sink, "", MARK_ALL);
    assert!(send(&relay, "ada@office.example", &[BO, CY]).starts_with("250"));
    let taken = sink.wait(1);
    relay.end();
    assert_eq!(sink.count(), 1, "nothing but the notification");
    let told = &taken[0];
    assert_eq!((told.from.as_str(), told.to.as_str()), ("", "ada@office.example"));
    assert!(told.message.is_ascii() && told.parameters.is_empty(), "{} {}", told.parameters, told.message);
    for part in [
        "Status: 5.6.7",
        "Final-Recipient: utf-8; \\x{431}\\x{43E}@",
        "Final-Recipient: rfc822; cy@n.example",
    ] {
        assert!(told.message.contains(part), "{part}: {}", told.message);
    }
    let text = told.message.split("base64\r\n\r\n").nth(1).unwrap().split("\r\n--").next().unwrap();
    let text = String::from_utf8(STANDARD.decode(text.replace("\r\n", "")).unwrap()).unwrap();
    assert!(text.contains(BO) && text.contains("takes no letters beyond ASCII"), "{text}");
    assert!(tellmark_relay::queue::look(&office.path("queue")).unwrap().is_empty());
}

#[test]
fn a_sender_whom_the_next_server_cannot_tell_is_refused_at_once() {
    let office = Office::open(53);
    let sink = Sink::offering(PLAIN, |_, _| Does::Take);
    sink.set_down(true);
    let relay = office.relay(&sink, "", MARK_ALL);
    let answer = send(&relay, "ада@офис.example", &[CY]);
    assert!(answer.starts_with("451 4.4.1"), "{answer}");
    sink.set_down(false);
    let answer = send(&relay, "ада@офис.example", &[CY]);
    assert!(answer.starts_with("550") && answer.contains("5.6.7"), "{answer}");
    relay.end();
    assert_eq!(sink.count(), 0);
    assert!(tellmark_relay::queue::look(&office.path("queue")).unwrap().is_empty());
    let vault = office.vault();
    assert!(office.run(vault.store.releases()).unwrap().is_empty(), "nothing was sealed");
}
