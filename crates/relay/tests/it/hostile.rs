//! Clients that mean harm, or know no better.

use std::io::{Read, Write};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tellmark_app::Ports;
use zeroize::Zeroizing;

use crate::office::{Client, MARK_ALL, MARK_NONE, Office, PASSWORD, message};
use crate::sink::Sink;

#[test]
fn one_message_never_becomes_two() {
    let (office, sink) = (Office::open(21), Sink::start());
    let relay = office.relay(&sink, "", MARK_NONE);
    let smuggled = "MAIL FROM:<evil@n.example>\r\nRCPT TO:<victim@n.example>\r\nDATA\r\nSubject: evil\r\n\r\nevil\r\n.\r\n";
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r\n\0.\r\n"] {
        let mut client = relay.client();
        client.say("EHLO desk.example");
        client.say("MAIL FROM:<ada@office.example>");
        client.say("RCPT TO:<bo@n.example>");
        client.say("DATA");
        client.write(format!("From: ada@office.example\r\n\r\nhello{end}{smuggled}").as_bytes());
        client.write(b"\r\n.\r\n");
        let answer = client.answer();
        assert!(answer.starts_with("554"), "{end:?}: {answer}");
        if end != "\r\n\0.\r\n" {
            assert_eq!(client.answer(), "", "{end:?}: the connection ends");
        }
    }
    relay.end();
    assert_eq!(sink.count(), 0);
}

#[test]
fn commands_are_lines_and_addresses_are_no_commands() {
    let (office, sink) = (Office::open(22), Sink::start());
    let relay = office.relay(&sink, "", MARK_NONE);
    for line in ["NOOP\n", "NO\rOP\r\n"] {
        let mut client = relay.client();
        client.say("EHLO desk.example");
        client.write(line.as_bytes());
        assert!(client.answer().starts_with("500"), "{line:?}");
        assert_eq!(client.answer(), "");
    }
    let mut client = relay.client();
    client.say("EHLO desk.example");
    for (line, code) in [
        ("MAIL FROM:<a b@n.example>", "5"),
        ("MAIL FROM:<a@n.example>x", "5"),
        ("MAIL FROM:<\"a>\\r\\nRCPT TO:<b\"@n.example>", "5"),
        ("MAIL FROM:<a@n.example> SIZE=999999999999", "552"),
        ("MAIL FROM:<a@n.example> BODY=BINARYMIME", "555"),
        ("MAIL FROM:<\u{fc}@n.example>", "5"),
        ("MAIL FROM:<a@n.example> RET=FULL", "5"),
        ("MAIL FROM:<ada@office.example>", "250"),
        ("RCPT TO:<>", "5"),
        ("RCPT TO:<bo>", "5"),
        ("RCPT TO:<\u{fc}@n.example>", "5"),
        ("RCPT TO:<bo@n.example> NOTIFY=NEVER", "5"),
        ("RCPT TO:<bo@n.example\u{0}>", "5"),
        ("DATA", "554"),
        ("EXPN staff", "502"),
        ("BDAT 5 LAST", "502"),
        ("ETRN n.example", "502"),
        ("VRFY bo", "252"),
        ("AUTH PLAIN AGFkYQBh", "502"),
        ("STARTTLS", "502"),
    ] {
        let answer = client.say(line);
        assert!(answer.starts_with(code), "{line:?}: {answer}");
    }
    // Enough is enough.
    let last = (0..40).map(|_| client.say("WHAT")).find(|answer| answer.starts_with("421"));
    assert!(last.is_some());
    let mut client = relay.client();
    let last = (0..400).map(|_| client.say("NOOP")).find(|answer| answer.starts_with("421"));
    assert!(last.is_some());
    let mut client = relay.client();
    client.write(&[b'x'; 5_000]);
    assert!(client.answer().starts_with("500 5.5.6"));
    relay.end();
    assert_eq!(sink.count(), 0);
}

#[test]
fn headers_that_readers_could_read_in_two_ways_are_refused() {
    let (office, sink) = (Office::open(23), Sink::start());
    let relay = office.relay(&sink, "", MARK_NONE);
    let long = format!("From: a@n.example\r\nX: {}\r\n\r\nx", "y".repeat(999));
    let deep = format!("{}From: a@n.example\r\n\r\nx", "Received: x\r\n".repeat(60));
    for (message, why) in [
        ("From: a@n.example\r\nno field\r\n\r\nx", "no field"),
        ("From: a@n.example\r\nBcc : x@n.example\r\n\r\nx", "no field"),
        (" folded: x\r\nFrom: a@n.example\r\n\r\nx", "no field"),
        ("From: a@n.example\r\nFrom: b@n.example\r\n\r\nx", "from twice"),
        ("Subject: x\r\n\r\nx", "whom it is from"),
        ("From: \u{fc}@n.example\r\n\r\nx", "SMTPUTF8"),
        ("From: a@n.example (\u{1b}$B!w\u{1b}(B)\r\n\r\nx", "nobody sees"),
        (long.as_str(), "998"),
        (deep.as_str(), "circles"),
    ] {
        let answer = relay.send("ada@office.example", &["bo@n.example"], message);
        assert!(answer.starts_with("554") && answer.contains(why), "{message:?}: {answer}");
    }
    // What a client calls itself stands in no header.
    let mut client = relay.client();
    client.say("EHLO x\tBcc: evil@n.example");
    assert!(client.send("ada@office.example", &["bo@n.example"], &message(1, "x")).starts_with("250"));
    let taken = sink.wait(1);
    assert!(
        taken[0].field("Received").unwrap().starts_with("from unknown ([127.0.0.1])"),
        "{}",
        taken[0].message
    );
}

#[test]
fn the_same_recipient_is_one_and_not_named_without_end() {
    let (office, sink) = (Office::open(32), Sink::start());
    let relay = office.relay(&sink, "", &format!("{MARK_NONE}[limits]\nrecipients = 3\n"));
    let mut client = relay.client();
    client.say("EHLO desk.example");
    let begin = |client: &mut Client| {
        assert!(client.say("MAIL FROM:<ada@office.example>").starts_with("250"));
        for address in ["bo@n.example", "BO@n.example", "bo@N.example", "Bo@n.example"] {
            assert!(client.say(&format!("RCPT TO:<{address}>")).starts_with("250"), "{address}");
        }
    };
    begin(&mut client);
    assert!(client.say("RCPT TO:<bo@n.example>").starts_with("452 4.5.3 the same"));
    assert!(client.say("RCPT TO:<cy@n.example>").starts_with("250"), "others are taken");
    client.say("RSET");
    begin(&mut client);
    assert!(client.say("DATA").starts_with("354"));
    client.write(b"From: ada@office.example\r\n\r\nx\r\n.\r\n");
    assert!(client.answer().starts_with("250"));
    // The next message begins anew, and without end it does not go on.
    begin(&mut client);
    let last = (0..40).map(|_| client.say("RCPT TO:<bo@n.example>")).find(|answer| answer.starts_with("421"));
    assert!(last.is_some());
    sink.wait(1);
    relay.end();
    assert_eq!(sink.count(), 1);
}

#[test]
fn too_much_is_refused_or_waits() {
    let (office, sink) = (Office::open(24), Sink::start());
    sink.set_down(true);
    let limits = format!(
        "{MARK_NONE}[limits]\nmessage_bytes = 2000\nrecipients = 2\nconnections = 5\nconnections_from_one = 3\nwaiting = 2\nseconds = 1\nmessage_seconds = 2\n"
    );
    let relay = office.relay(&sink, "", &limits);
    let mut client = relay.client();
    assert!(client.say("EHLO desk.example").contains("250-SIZE 2000"));
    let large = format!("From: a@n.example\r\n\r\n{}", "x\r\n".repeat(1_000));
    assert!(client.send("ada@office.example", &["bo@n.example"], &large).starts_with("552"));
    let small = "From: a@n.example\r\n\r\nx";
    let answer = client.send("ada@office.example", &["a@n.example", "b@n.example", "c@n.example"], small);
    assert!(answer.starts_with("452 4.5.3"), "{answer}");
    client.say("RSET");
    // The same mailbox twice is one recipient.
    assert!(
        client
            .send("ada@office.example", &["a@n.example", "A@n.example", "b@n.example"], small)
            .starts_with("250")
    );
    assert!(client.say("MAIL FROM:<ada@office.example>").starts_with("452 4.3.1"), "two wait");
    let others: Vec<Client> = (0..2).map(|_| relay.client()).collect();
    assert!(relay.client().answer().is_empty(), "the fourth connection is turned away");
    drop(others);
    drop(client);
    // Who says nothing is not waited for, nor is one who never ends a message.
    let mut silent = connected(&relay);
    assert!(silent.answer().starts_with("421 4.4.2"));
    relay.end();
    let relay = office.relay(&sink, "", &limits.replace("waiting = 2", "waiting = 9"));
    let mut slow = connected(&relay);
    slow.say("EHLO desk.example");
    slow.say("MAIL FROM:<ada@office.example>");
    slow.say("RCPT TO:<bo@n.example>");
    slow.say("DATA");
    for _ in 0..6 {
        slow.write(b"x\r\n");
        std::thread::sleep(Duration::from_millis(400));
    }
    assert!(slow.answer().starts_with("421 4.4.2"));
}

/// A client that is taken: places of connections that ended may not be free yet.
fn connected(relay: &crate::office::Running<'_>) -> Client {
    for _ in 0..100 {
        let mut stream = std::net::TcpStream::connect(relay.address).unwrap();
        let mut first = [0; 3];
        if stream.read_exact(&mut first).is_ok() && &first == b"220" {
            drop(stream);
            return relay.client();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no connection was taken");
}

#[test]
fn nobody_sends_without_a_password_and_nobody_guesses_one() {
    let (office, sink) = (Office::open(25), Sink::start());
    let password = Zeroizing::new("four words nobody says".to_owned());
    let line = tellmark_relay::user_line("ada", &password, &mut Ports::seeded(1, 0)).unwrap();
    std::fs::write(office.path("users"), line).unwrap();
    let relay = office.relay(&sink, "users = \"users\"", MARK_ALL);
    let mut client = relay.client();
    assert!(client.say("EHLO desk.example").contains("AUTH PLAIN LOGIN"));
    assert!(client.say("MAIL FROM:<ada@office.example>").starts_with("530 5.7.0"));
    let plain = |name: &str, password: &str| STANDARD.encode(format!("\0{name}\0{password}"));
    assert!(client.say("AUTH PLAIN !").starts_with("501"));
    assert!(client.say("AUTH CRAM-MD5").starts_with("5"));
    assert!(client.say(&format!("AUTH PLAIN {}", plain("ada", "wrong words"))).starts_with("535 5.7.8"));
    assert!(client.say(&format!("AUTH PLAIN {}", plain("nobody", &password))).starts_with("535 5.7.8"));
    assert!(client.say(&format!("AUTH PLAIN {}", plain("ADA", &password))).starts_with("235"));
    assert!(client.send("ada@office.example", &["bo@n.example"], &message(1, "x")).starts_with("250"));
    assert!(sink.wait(1)[0].field("Received").unwrap().contains("with ESMTPA "));
    let mut client = relay.client();
    client.say("EHLO desk.example");
    assert!(client.say("AUTH LOGIN").starts_with("334 VXNlcm5hbWU6"));
    assert!(client.say(&STANDARD.encode("ada")).starts_with("334 UGFzc3dvcmQ6"));
    assert!(client.say(&STANDARD.encode(password.as_bytes())).starts_with("235"));
    // HELO has no AUTH, and what was signed in before another EHLO stays so.
    let mut client = relay.client();
    client.say("HELO desk.example");
    assert!(client.say(&format!("AUTH PLAIN {}", plain("ada", &password))).starts_with("503"));
    let mut client = relay.client();
    client.say("EHLO desk.example");
    let tries: Vec<String> =
        (0..3).map(|_| client.say(&format!("AUTH PLAIN {}", plain("bo", "x")))).collect();
    assert!(tries[2].starts_with("421"), "{tries:?}");
    // Ten for an account in a quarter of an hour, whatever the connection.
    let mut ended = String::new();
    for _ in 0..5 {
        let mut client = relay.client();
        client.say("EHLO desk.example");
        ended = (0..3).map(|_| client.say(&format!("AUTH PLAIN {}", plain("bo", "x")))).last().unwrap();
    }
    assert!(ended.is_empty() || ended.starts_with("421"), "{ended}");
}

#[test]
fn nobody_sends_as_somebody_else() {
    let (office, sink) = (Office::open(28), Sink::start());
    let password = Zeroizing::new("four words nobody says".to_owned());
    let line = |name: &str, seed| {
        tellmark_relay::user_line(name, &password, &mut Ports::seeded(seed, 0)).unwrap() + "\n"
    };
    let lines = line("Ada", 1) + &line("bo@office.example", 2) + &line("clerk", 3);
    std::fs::write(office.path("users"), lines).unwrap();
    let ada = "[[user]]\nname = \"ada\"\nsenders = [\"ada@office.example\", \"*@press.example\"]\n";
    let relay = office.relay(&sink, "users = \"users\"", &format!("{MARK_NONE}{ada}"));
    let signed_in = |name: &str| {
        let mut client = relay.client();
        client.say("EHLO desk.example");
        let plain = STANDARD.encode(format!("\0{name}\0{}", *password));
        assert!(client.say(&format!("AUTH PLAIN {plain}")).starts_with("235"));
        client
    };
    let of = |from: &str| format!("From: {from}\r\nSubject: x\r\n\r\nSee you.");
    let to = ["bo@n.example"];
    // In the envelope, before a message is taken: the next command finds no transaction.
    let mut client = signed_in("ADA");
    for other in ["chair@office.example", "ada@office.example.evil.example", "x@sub.press.example"] {
        let answer = client.say(&format!("MAIL FROM:<{other}>"));
        assert!(answer.starts_with("553") && answer.contains("5.7.1"), "{other}: {answer}");
    }
    assert!(client.say("RCPT TO:<bo@n.example>").starts_with("503"));
    // In the header, after it: whatever a reader could take for the author.
    for other in [
        "Chair <chair@office.example>",
        "Ada <ada@office.example>, chair@office.example",
        "\"chair@office.example\" <ada@office.example>",
        "ada@office.example (chair@office.example)",
        "<ada@office.example> <chair@office.example>",
        "all: ada@office.example, chair@office.example;",
        "chair @ office.example",
        "Chair",
        "=?utf-8?b?Y2hhaXJAb2ZmaWNlLmV4YW1wbGU=?= <ada@office.example>",
        "=?utf-8?q?The_Chair_=3Cchair=40office.example=3E?= <ada@office.example>",
        "\"=?utf-8?q?The_Chair_=3Cchair=40office.example=3E?=\" <ada@office.example>",
        "ada@office.example (=?utf-8?q?chair=EF=BC=A0office.example?=)",
        "=?utf-8?b?Y2hhaXLvuatvZmZpY2UuZXhhbXBsZQ==?= <ada@office.example>",
        "chair@office.example/x@press.example <ada@office.example>",
    ] {
        for sender in ["ada@office.example", ""] {
            let answer = client.send(sender, &to, &of(other));
            assert!(answer.starts_with("550") && answer.contains("field From"), "{other}: {answer}");
        }
    }
    for other in ["chair\u{ff20}office.example", "\"chair\u{fe6b}office.example\""] {
        let from = of(&format!("{other} <ada@office.example>"));
        let answer = client.send_with(("ada@office.example", " SMTPUTF8"), &to, &from);
        assert!(answer.starts_with("550") && answer.contains("field From"), "{other}: {answer}");
    }
    for own in [
        "=?utf-8?q?Ada_=28ada=40office.example=29?= <ADA@office.example>",
        "desk@press.example",
        "ada@office.example, x@press.example",
    ] {
        assert!(client.send("Ada@Office.example", &to, &of(own)).starts_with("250"), "{own}");
    }
    assert!(client.send("", &to, &of("ada@office.example")).starts_with("250"), "a note that it was read");
    // A name that is an address is the only sender; of another name nothing is known.
    let mut client = signed_in("bo@office.example");
    assert!(client.say("MAIL FROM:<ada@office.example>").starts_with("553"));
    assert!(client.send("bo@office.example", &to, &of("ada@office.example")).starts_with("550"));
    assert!(client.send("bo@office.example", &to, &of("bo@office.example")).starts_with("250"));
    let mut client = signed_in("clerk");
    assert!(client.send("ada@office.example", &to, &of("chair@office.example")).starts_with("250"));
    sink.wait(6);
    relay.end();
    assert_eq!(sink.count(), 6);
}

#[test]
fn accounts_send_while_their_role_seals() {
    let (office, sink) = (Office::open(29), Sink::start());
    let numbers: Vec<u32> = ["owner", "author", "custodian", "investigator", "auditor"]
        .iter()
        .zip(1..)
        .map(|(role, seed)| office.account(role, role, seed))
        .collect();
    let everybody = format!("{MARK_NONE}[[user]]\nname = \"*\"\nsenders = [\"*@office.example\"]\n");
    let relay = office.relay(&sink, "accounts = true", &everybody);
    let sign_in = |client: &mut Client, name: &str| {
        client.say("EHLO desk.example");
        client.say(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{name}\0{PASSWORD}"))))
    };
    for role in ["custodian", "investigator", "auditor"] {
        let mut client = relay.client();
        let answer = sign_in(&mut client, role);
        assert!(answer.starts_with("535") && answer.contains("may seal"), "{role}: {answer}");
        assert!(client.say("MAIL FROM:<ada@office.example>").starts_with("530"), "{role}");
    }
    let plain = "From: ada@office.example\r\nSubject: x\r\n\r\nSee you.";
    let send = |client: &mut Client| client.send("ada@office.example", &["bo@n.example"], plain);
    let [mut owner, mut author] = ["owner", "author"].map(|role| {
        let mut client = relay.client();
        assert!(sign_in(&mut client, role).starts_with("235"), "{role}");
        assert!(send(&mut client).starts_with("250"), "{role}");
        client
    });
    // Closed, or of another role, while it is signed in: the next message is refused.
    let vault = office.vault();
    office.run(vault.store.set_account(numbers[1], "auditor", 0, "custodian")).unwrap();
    office.run(vault.store.set_account(numbers[0], "owner", 1_770_000_000, "custodian")).unwrap();
    for client in [&mut owner, &mut author] {
        let answer = send(client);
        assert!(answer.starts_with("550") && answer.contains("closed"), "{answer}");
    }
    assert!(sign_in(&mut relay.client(), "owner").starts_with("535 5.7.8 this name"));
    relay.end();
    assert_eq!(sink.count(), 2);
}

#[test]
fn the_name_that_an_account_chose_is_no_address() {
    let (office, sink) = (Office::open(30), Sink::start());
    office.account("chair@office.example", "author", 1);
    office.account("ada", "author", 2);
    let ada = format!("{MARK_NONE}[[user]]\nname = \"ada\"\nsenders = [\"ada@office.example\"]\n");
    let plain = "From: chair@office.example\r\nSubject: x\r\n\r\nSee you.";
    let sign_in = |client: &mut Client, name: &str| {
        client.say("EHLO desk.example");
        client.say(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{name}\0{PASSWORD}"))))
    };
    let relay = office.relay(&sink, "accounts = true", &ada);
    let mut client = relay.client();
    let answer = sign_in(&mut client, "chair@office.example");
    assert!(answer.starts_with("535") && answer.contains("[[user]]"), "{answer}");
    assert!(client.send("chair@office.example", &["bo@n.example"], plain).starts_with("530"));
    assert!(sign_in(&mut relay.client(), "ada").starts_with("235"));
    relay.end();
    // Under everybody's it is one of them, and its name adds nothing.
    let office = Office::open(31);
    office.account("chair@office.example", "author", 1);
    let all = "[[user]]\nname = \"*\"\nsenders = [\"desk@office.example\"]\n";
    let relay = office.relay(&sink, "accounts = true", &format!("{ada}{all}"));
    let mut client = relay.client();
    assert!(sign_in(&mut client, "chair@office.example").starts_with("235"));
    assert!(client.send("chair@office.example", &["bo@n.example"], plain).starts_with("553"));
    let own = plain.replace("chair@", "desk@");
    assert!(client.send("desk@office.example", &["bo@n.example"], &own).starts_with("250"));
    sink.wait(1);
    relay.end();
    assert_eq!(sink.count(), 1);
}

#[test]
fn what_was_said_before_tls_does_not_count() {
    let (office, sink) = (Office::open(26), Sink::start());
    tellmark_testkit::certificate(office.folder.path(), "DNS:localhost,IP:127.0.0.1");
    let server = "certificate = \"cert.pem\"\nkey = \"key.pem\"";
    let relay = office.relay(&sink, server, MARK_NONE);
    let mut client = relay.client();
    assert!(client.say("EHLO desk.example").contains("250 STARTTLS"));
    // Commands sent ahead are not run under TLS: the connection ends.
    client.write(b"STARTTLS\r\nMAIL FROM:<evil@n.example>\r\nRCPT TO:<bo@n.example>\r\n");
    assert!(client.answer().starts_with("220"));
    assert_eq!(client.answer(), "");
    relay.end();
    assert_eq!(sink.count(), 0);
}

#[test]
fn figures_are_read_here_and_say_no_names() {
    let (office, sink) = (Office::open(27), Sink::start());
    let relay = office.relay(&sink, "figures = \"127.0.0.1:0\"", MARK_ALL);
    assert!(relay.send("ada@office.example", &["bo@n.example"], &message(1, "x")).starts_with("250"));
    sink.wait(1);
    let mut stream = std::net::TcpStream::connect(relay.all[1]).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.contains("tellmark_relay_total{what=\"marked\"} 1\n"), "{text}");
    assert!(!text.contains('@'), "{text}");
}
