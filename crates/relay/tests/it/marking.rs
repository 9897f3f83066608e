//! Which messages are marked, and what comes of them.

use std::collections::BTreeSet;

use crate::office::{MARK_ALL, MARK_NONE, Office, THREE, message, text};
use crate::sink::Sink;

#[test]
fn every_recipient_gets_a_copy_and_a_leak_names_its_own() {
    let (office, sink) = (Office::open(1), Sink::start());
    let relay = office.relay(&sink, "", MARK_ALL);
    let answer = relay.send("ada@office.example", &THREE, &message(1, "Talks"));
    assert!(answer.starts_with("250 2.0.0 "), "{answer}");
    let taken = sink.wait(3);
    relay.end();
    let to: BTreeSet<&str> = taken.iter().map(|one| one.to.as_str()).collect();
    assert_eq!(to, BTreeSet::from(THREE));
    let bodies: BTreeSet<&str> = taken.iter().map(|one| one.body()).collect();
    assert_eq!(bodies.len(), 3, "no two are alike");
    for one in &taken {
        // As the author wrote it, and nobody sees who got it unseen.
        assert_eq!(one.field("To").unwrap(), "Bo <bo@n.example>, cy@n.example");
        assert_eq!(one.field("Message-ID").unwrap(), "<1@office.example>");
        assert_eq!(one.field("References").unwrap(), "<0@office.example>");
        assert!(one.field("Bcc").is_none() && !one.message.contains("dee@n.example"), "{}", one.message);
        assert!(one.field("Received").unwrap().contains("by relay.example with ESMTP id "));
        assert_eq!(one.from, "ada@office.example");
        assert!(!one.body().contains('{'), "{}", one.body());
    }
    let ids: BTreeSet<String> = taken.iter().map(|one| one.id()).collect();
    assert_eq!(ids.len(), 3);
    let log = std::fs::read_dir(office.path("vault/log/private")).unwrap().count();
    assert_eq!(log, 4, "the vault's key, the document's key, the release, its deliveries");
    for one in &taken {
        let leak: String = one.body().lines().skip(2).take(22).collect::<Vec<_>>().join("\n");
        let finding = office.trace(&leak);
        let named: Vec<&str> = finding.named.iter().map(|named| named.copy.as_str()).collect();
        assert_eq!(named, [one.to.replace('@', "_")], "{leak}");
    }
    // The release stands in the log with its deliveries, and nothing waits.
    let vault = office.vault();
    let releases = office.run(vault.store.releases()).unwrap();
    assert_eq!((releases.len(), releases[0].name.as_str()), (1, "Talks"));
    assert!(tellmark_relay::queue::look(&office.path("queue")).unwrap().is_empty());
}

#[test]
fn the_html_says_what_the_text_says() {
    let (office, sink) = (Office::open(2), Sink::start());
    let relay = office.relay(&sink, "", MARK_ALL);
    let html: String = text(1, 60).lines().map(|line| format!("<p>{line}</p>\r\n")).collect();
    let alternative = format!(
        "From: ada@office.example\r\nTo: bo@n.example\r\nSubject: Talks\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n\r\n\
         On Mon, 3 May 2026 at 10:00, Bo <bo@n.example> wrote:\r\n> We {{met|convened}}.\r\n--b\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n{html}--b--\r\n",
        text(1, 60)
    );
    assert!(relay.send("ada@office.example", &THREE, &alternative).starts_with("250"));
    for one in sink.wait(3) {
        let (plain, html) = one.body().split_once("Content-Type: text/html").unwrap();
        for said in ["went out", "was sent out", "remains", "stays"] {
            let count = |part: &str| part.matches(&format!(" {said} ")).count();
            assert_eq!(count(plain), count(html), "{said}: {}", one.body());
        }
        assert!(plain.contains("> We {met|convened}."), "what was quoted stays: {plain}");
        assert!(one.field("Message-ID").unwrap().ends_with("@relay.example>") && one.field("Date").is_some());
    }
    let ids: BTreeSet<String> = sink.taken().iter().map(|one| one.field("Message-ID").unwrap()).collect();
    assert_eq!(ids.len(), 1, "one message has one id");
}

#[test]
fn each_form_of_a_message_is_marked_or_nothing_is_sent() {
    let (office, sink) = (Office::open(21), Sink::start());
    let relay = office.relay(&sink, "", MARK_ALL);
    let long: String = text(1, 60).lines().map(|line| format!("<p>{line}</p>\r\n")).collect();
    let other = "<p>The board sells the harbour on Friday; tell nobody of it.</p>";
    let picture = "<img src=\"cid:the-same-in-a-picture\">";
    let stub = "This message is in HTML.".to_owned();
    for (plain, html) in [(text(1, 60), other), (text(1, 60), picture), (stub, long.as_str())] {
        let message = format!(
            "From: ada@office.example\r\nTo: bo@n.example\r\nSubject: Talks\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n\
             --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>{html}</body></html>\r\n--b--\r\n"
        );
        let said = relay.send("ada@office.example", &THREE, &message);
        assert!(said.starts_with("550 5.7.1") && said.contains("says something else"), "{html}: {said}");
    }
    assert!(sink.taken().is_empty());
}

#[test]
fn what_is_to_be_marked_and_cannot_be_is_not_sent() {
    let (office, sink) = (Office::open(3), Sink::start());
    let relay = office.relay(&sink, "", MARK_NONE);
    let head = "From: ada@office.example\r\nTo: bo@n.example\r\n";
    let signed = "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n";
    for (more, why) in [
        ("Tellmark: mark\r\nSubject: x\r\n\r\nSee you.".to_owned(), "too short"),
        ("Subject: [MARK] x\r\n\r\nSee you.".to_owned(), "too short"),
        ("Tellmark: marks\r\nSubject: x\r\n\r\nSee you.".to_owned(), "something else than mark"),
        (
            format!("Tellmark: mark\r\nDKIM-Signature: v=1\r\nSubject: x\r\n\r\n{}", text(1, 60)),
            "DKIM-Signature",
        ),
        (format!("Tellmark: mark\r\n{signed}\r\n--b\r\n\r\n{}\r\n--b--\r\n", text(1, 60)), "is signed"),
        (
            format!(
                "Tellmark: mark\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{}\r\n--b\r\n\
                 Content-Type: application/vnd.ms-excel; name=\"sums.xls\"\r\n\r\nx\r\n--b--\r\n",
                text(1, 60)
            ),
            "\"sums.xls\" is attached",
        ),
        ("Tellmark: mark\r\nTellmark: mark\r\n\r\nx".to_owned(), "tellmark twice"),
    ] {
        let answer = relay.send("ada@office.example", &["bo@n.example"], &format!("{head}{more}"));
        assert!(answer.starts_with("55") && answer.replace("\r\n", " ").contains(why), "{why}: {answer}");
    }
    // Nobody asked: it goes as it is.
    let plain = format!("{head}Subject: lunch\r\n\r\nSee {{you|him}} at noon.\r\n..hidden dot");
    assert!(relay.send("ada@office.example", &["bo@n.example"], &plain).starts_with("250"));
    let taken = sink.wait(1);
    assert!(
        taken[0].message.ends_with(&format!("{}\r\n", plain.replace("\r\n..", "\r\n."))),
        "{}",
        taken[0].message
    );
    relay.end();
    assert_eq!(sink.count(), 1);
    let vault = office.vault();
    assert!(office.run(vault.store.releases()).unwrap().is_empty());
}

#[test]
fn an_author_asks_by_a_word_in_the_subject_and_nobody_else_reads_it() {
    let (office, sink) = (Office::open(4), Sink::start());
    let relay = office.relay(&sink, "", MARK_NONE);
    let encoded = "=?utf-8?Q?[mark]_=D0=9F=D0=B5=D1=80=D0=B5=D0=B3=D0=BE=D0=B2=D0=BE=D1=80=D0=B8?=";
    for (n, (subject, shown)) in
        [("[mark] Talks", "Talks"), ("Re: [Mark] Talks", "Re: Talks"), (encoded, "=?utf-8?B?")]
            .iter()
            .enumerate()
    {
        assert!(relay.send("ada@office.example", &THREE, &message(n, subject)).starts_with("250"));
        for one in &sink.wait(3 * (n + 1))[3 * n..] {
            assert!(one.field("Subject").unwrap().starts_with(shown), "{}", one.message);
            assert!(one.field("Tellmark").is_none());
        }
    }
    let vault = office.vault();
    assert_eq!(office.run(vault.store.releases()).unwrap().len(), 3);
}

#[test]
fn rules_decide_by_sender_and_recipient_and_say_what_else_passes() {
    let (office, sink) = (Office::open(5), Sink::start());
    let rules = "[mark]\notherwise = \"refuse\"\n\
        [[rule]]\nsender = [\"*@office.example\"]\nrecipient = [\"*@press.example\"]\ndo = \"mark\"\n\
        [[rule]]\nsender = [\"*@office.example\"]\ndo = \"mark\"\nshort = \"pass\"\nsigned = \"pass\"\n\
        [[rule]]\nrecipient = [\"*@office.example\"]\ndo = \"pass\"\n";
    let relay = office.relay(&sink, "", rules);
    let short = "From: ada@office.example\r\nSubject: x\r\n\r\nSee you.";
    let send = |from: &str, to: &str, message: &str| relay.send(from, &[to], message);
    assert!(send("ada@office.example", "desk@press.example", short).starts_with("550"));
    assert!(send("ada@office.example", "bo@n.example", short).starts_with("250"));
    let signed = format!("DKIM-Signature: v=1\r\n{}", message(1, "x"));
    assert!(send("ada@office.example", "bo@n.example", &signed).starts_with("250"));
    assert!(send("x@else.example", "bo@n.example", short).starts_with("550"));
    // An author whom a rule marks is marked under any envelope, and what that rule lets pass is for its own senders.
    assert!(send("x@else.example", "bo@office.example", short).starts_with("550"));
    let other = short.replace("ada@office.example", "x@else.example");
    assert!(send("x@else.example", "bo@n.example", &other).starts_with("550"));
    assert!(send("x@else.example", "bo@office.example", &other).starts_with("250"));
    assert!(sink.wait(3).iter().any(|one| one.message.contains("DKIM-Signature")));
    let vault = office.vault();
    assert!(office.run(vault.store.releases()).unwrap().is_empty(), "what passes is no release");
}

#[test]
fn no_envelope_takes_a_message_past_the_rule_for_its_author() {
    let (office, sink) = (Office::open(7), Sink::start());
    let rules = "[mark]\notherwise = \"pass\"\n\
        [[rule]]\nsender = [\"*@press.example\"]\ndo = \"pass\"\n\
        [[rule]]\nsender = [\"*@office.example\"]\nrecipient = [\"*@n.example\"]\ndo = \"mark\"\n";
    let relay = office.relay(&sink, "", rules);
    let of = |from: &str| message(1, "x").replace("Ada <ada@office.example>", from);
    // Without a sender nobody could be told, so it is refused; another sender changes nothing.
    let answer = relay.send("", &THREE, &of("ada@office.example"));
    assert!(answer.starts_with("550") && answer.contains("without a sender"), "{answer}");
    for from in [
        "ada@office.example",
        "x@press.example, ada@office.example",
        "=?utf-8?q?ada=40office.example?= <x@press.example>",
    ] {
        assert!(relay.send("x@press.example", &["bo@n.example"], &of(from)).starts_with("250"), "{from}");
    }
    // An author without an address is nobody's, and the next server could make it the office's.
    for from in ["Ada", "ada, x@else.example", "<ada>", "all:;"] {
        let answer = relay.send("x@else.example", &["bo@n.example"], &of(from));
        assert!(answer.starts_with("554") && answer.contains("without an address"), "{from}: {answer}");
    }
    assert!(sink.wait(3).iter().all(|one| !one.body().contains('{')), "each was marked");
    assert!(relay.send("x@press.example", &["bo@n.example"], &of("x@press.example")).starts_with("250"));
    assert!(sink.wait(4).iter().any(|one| one.body().contains('{')), "what is nobody else's passes");
    relay.end();
    assert_eq!(sink.count(), 4);
}

#[test]
fn attached_documents_are_marked_and_carry_the_marks_of_a_short_text() {
    use base64::Engine;
    let (office, sink) = (Office::open(6), Sink::start());
    let relay = office.relay(&sink, "", MARK_ALL);
    let lines: Vec<String> = (0..40)
        .map(|n| format!("Line {n} of the record says who spoke about the harbour on day {}.", n * 3))
        .collect();
    let pdf = tellmark_testkit::print::pdf(std::slice::from_ref(&lines));
    let packed = base64::engine::general_purpose::STANDARD.encode(&pdf);
    let packed: Vec<&str> = packed.as_bytes().chunks(76).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let mixed = format!(
        "From: ada@office.example\r\nTo: bo@n.example\r\nSubject: Record\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nAttached.\r\n--b\r\n\
         Content-Type: application/pdf; name=\"record.pdf\"\r\nContent-Disposition: attachment; filename=\"record.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        packed.join("\r\n")
    );
    let answer = relay.send("ada@office.example", &THREE, &mixed);
    assert!(answer.starts_with("250"), "{answer}");
    let taken = sink.wait(3);
    let copies: BTreeSet<Vec<u8>> = taken
        .iter()
        .map(|one| tellmark_formats::draft::attached(one.message.as_bytes(), "record.pdf").unwrap())
        .collect();
    assert!(copies.len() == 3 && copies.iter().all(|copy| copy.starts_with(b"%PDF") && *copy != pdf));
    let vault = office.vault();
    let releases = office.run(vault.store.releases()).unwrap();
    assert_eq!(releases.iter().map(|r| r.file_name.as_str()).collect::<Vec<_>>(), ["record.pdf"]);
}
