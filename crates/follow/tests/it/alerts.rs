//! Telling a program by a signed request, and people by mail through a real server.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tellmark_follow::{Encryption, Error, Mailer, Manners, Trust, Webhook, signature};

use crate::hostile::stall;
use crate::server::{Server, answer};

const SECRET: &str = "a secret of some length";

fn hook(url: &str) -> Webhook {
    Webhook { url: url.into(), secret: SECRET.into() }
}

fn manners() -> Manners {
    Manners { answer_time_max: Duration::from_millis(1500), ..Manners::default() }
}

#[test]
fn a_webhook_is_signed_with_its_time() {
    let server = Server::start(|_, stream| answer(stream, "204 No Content", "", b""));
    let hook = hook(server.url("/hook").as_str());
    hook.send("sighting-3-abc", b"{\"sighting\":3}", 1_780_000_000, &manners(), &Trust::default()).unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!((request.path.as_str(), request.body.as_slice()), ("/hook", b"{\"sighting\":3}".as_slice()));
    let expected = format!("v1={}", signature(SECRET, 1_780_000_000, b"{\"sighting\":3}"));
    assert_eq!(request.headers["tellmark-signature"], expected);
    assert_eq!(request.headers["tellmark-timestamp"], "1780000000");
    assert_eq!(request.headers["tellmark-alert"], "sighting-3-abc");
    assert_ne!(expected, format!("v1={}", signature(SECRET, 1_780_000_001, b"{\"sighting\":3}")));
}

#[test]
fn a_webhook_that_does_not_take_it_was_not_told() {
    let send =
        |server: &Server| hook(server.url("/").as_str()).send("x", b"{}", 0, &manners(), &Trust::default());
    let server = Server::start(|_, stream| answer(stream, "500 Oh", "", b""));
    assert!(matches!(send(&server), Err(Error::Status { status: 500, .. })));
    // A redirect would carry it to somebody else.
    let server = Server::start(|_, stream| answer(stream, "302 Found", "location: /other\r\n", b""));
    assert!(matches!(send(&server), Err(Error::Status { status: 302, .. })));
    assert_eq!(server.requests().len(), 1);
    let server = Server::start(|_, _| stall());
    assert!(matches!(send(&server), Err(Error::Io { .. })));
    let refused = [
        ("http://hooks.example/", SECRET),
        ("https://hooks.example/", "short"),
        ("file:///x", SECRET),
        ("https://anna:hunter2@hooks.example/", SECRET),
        ("https://token@hooks.example/", SECRET),
    ];
    for (url, secret) in refused {
        assert!(Webhook { url: url.into(), secret: secret.into() }.check().is_err(), "{url}");
    }
}

#[test]
fn a_webhooks_url_is_a_secret() {
    let secret = "/hooks/T0/x7Zq";
    let is_hidden = |said: String| assert!(said.contains("127.0.0.1") && !said.contains("x7Zq"), "{said}");
    let failing = Server::start(|_, stream| answer(stream, "404 Not Found", "", b""));
    let stalling = Server::start(|_, _| stall());
    let closed = format!("http://127.0.0.1:{}{secret}?key=x7Zq", free_port());
    for url in [failing.url(secret).to_string(), stalling.url(secret).into(), closed] {
        let hook = hook(&url);
        is_hidden(format!("{hook:?}"));
        is_hidden(hook.send("x", b"{}", 0, &manners(), &Trust::default()).unwrap_err().to_string());
    }
    let with_password = hook("https://anna:hunter2@127.0.0.1/").check().unwrap_err().to_string();
    assert!(!with_password.contains("hunter2"), "{with_password}");
}

/// Postfix's sink: a server that takes mail into a file.
struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn mailer(port: u16) -> Mailer {
    Mailer {
        server: "127.0.0.1".into(),
        port,
        tls: Encryption::None,
        user: None,
        password: None,
        from: "Tellmark <tellmark@firm.example>".into(),
        to: vec!["desk@firm.example".into(), "Анна <anna@firm.example>".into()],
    }
}

#[test]
fn mail_reaches_a_server() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let mut command = Command::new("/usr/sbin/smtp-sink");
    command.current_dir(folder.path());
    // As root it wants somebody else to be.
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id.trim_ascii() == b"0" {
        command.args(["-u", "nobody"]);
        std::os::unix::fs::chown(folder.path(), Some(65534), None).unwrap();
    }
    command.args(["-d", "mail.", &format!("127.0.0.1:{port}"), "10"]);
    let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _sink = Sink(started.expect("smtp-sink is in Debian's package postfix; ./test installs it"));
    let send = |subject: &str| {
        mailer(port).send(
            "sighting-3-abc",
            subject,
            "12 words\n.\nhttps://paper.example/ü",
            Duration::from_secs(5),
            &Trust::default(),
        )
    };
    // It needs a moment to begin.
    let mut sent = send("Sighting 3\r\nBcc: x@y.example");
    for _ in 0..100 {
        if sent.is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
        sent = send("Sighting 3\r\nBcc: x@y.example");
    }
    sent.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(files.len(), 1);
    let message = std::fs::read_to_string(files[0].path()).unwrap();
    assert!(message.contains("Message-ID: <sighting-3-abc@firm.example>"), "{message}");
    assert!(
        message.contains("Subject: Sighting 3Bcc: x@y.example") && !message.contains("\nBcc"),
        "{message}"
    );
    assert!(message.contains("anna@firm.example") && message.contains("desk@firm.example"));
}

#[test]
fn mail_that_cannot_be_sent_was_not_sent() {
    let error =
        mailer(free_port()).send("x", "s", "t", Duration::from_secs(1), &Trust::default()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    let refuse = |change: fn(&mut Mailer)| {
        let mut mailer = mailer(25);
        change(&mut mailer);
        assert!(matches!(mailer.check(), Err(Error::Malformed { .. })), "{mailer:?}");
    };
    refuse(|mailer| mailer.server = "mail.firm.example".into());
    refuse(|mailer| mailer.to.clear());
    refuse(|mailer| mailer.to.push("nobody".into()));
    refuse(|mailer| mailer.from = String::new());
}
