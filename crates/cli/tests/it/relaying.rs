//! `tellmark relay` as an office runs it: killed at any moment, between mail programs and a real server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tellmark_testkit::certificate;

use crate::Desk;
use crate::sink::{Sink, Taken};

/// Connections to the next server.
const CONNECTIONS: usize = 3;
const PEOPLE: usize = 6;

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn policy(desk: &Desk, listen: u16, upstream: &str, server: &str) {
    let text = format!(
        "version = 1\n[server]\nname = \"relay.example\"\nlisten = [\"127.0.0.1:{listen}\"]\n{server}\n[upstream]\n{upstream}\n\
         connections = {CONNECTIONS}\nseconds = 20\n[queue]\nretry_seconds = 1\n[mark]\notherwise = \"mark\"\n"
    );
    fs::write(desk.path("tellmark-vault/relay.toml"), text).unwrap();
}

fn start(desk: &Desk) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tellmark"));
    command.current_dir(desk.path("")).env_remove("TELLMARK_VAULT").env_remove("TELLMARK_PASSPHRASE");
    command.env("TELLMARK_UPSTREAM_PASSWORD", "unused").args(["relay", "run"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills a relay (SIGKILL) when it goes out of sight.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A message that says something else for each number, with choices enough to name one of a few.
fn message(number: usize) -> String {
    let what = ["letter", "report", "map", "protocol", "survey", "annex", "ledger"];
    let whom = ["harbour", "railway", "budget", "treaty", "customs"];
    let sentence = |n: usize| {
        format!(
            "In point {n} of case {number} the {} about the {} {{was sent out|went out}} on day {}, and number {} of it \
             {{remains|stays}} with us.",
            what[(n + number) % 7],
            whom[(n * 3 + number) % 5],
            n * 17 + number,
            n * 13 + number
        )
    };
    let text: Vec<String> = (1..=26).map(sentence).collect();
    format!(
        "From: Ada <ada@office.example>\r\nTo: all@n.example\r\nSubject: Case {number}\r\nMessage-ID: <{number}@office.example>\r\n\
         Date: Mon, 3 May 2026 10:00:00 +0000\r\n\r\n{}",
        text.join("\r\n")
    )
}

/// Submits a message; whether it was acknowledged.
fn submit(port: u16, number: usize) -> Option<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut expect = |say: &str, code: &str| -> Option<()> {
        reader.get_mut().write_all(say.as_bytes()).ok()?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            assert!(line.starts_with(code) || line.starts_with('4'), "{line}");
            if line.as_bytes().get(3) == Some(&b' ') {
                return line.starts_with(code).then_some(());
            }
        }
    };
    expect("", "220")?;
    expect("EHLO desk.example\r\n", "250")?;
    expect("MAIL FROM:<ada@office.example>\r\n", "250")?;
    for person in 0..PEOPLE {
        expect(&format!("RCPT TO:<p{person}@n.example>\r\n"), "250")?;
    }
    expect("DATA\r\n", "354")?;
    expect(&format!("{}\r\n.\r\n", message(number)), "250")
}

fn number_of(taken: &Taken) -> usize {
    taken.field("Subject").unwrap().strip_prefix("Case ").unwrap().parse().unwrap()
}

#[test]
fn a_relay_that_is_killed_loses_nothing_and_sends_nothing_twice() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let (port, sink) = (free_port(), Sink::start());
    policy(
        &desk,
        port,
        &format!("server = \"127.0.0.1\"\nport = {}\ntls = \"none\"", sink.address.port()),
        "",
    );
    let (next, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let acknowledged: Arc<Mutex<BTreeSet<usize>>> = Arc::default();
    let clients: Vec<_> = (0..3)
        .map(|_| {
            let (next, ended, acknowledged) = (next.clone(), ended.clone(), acknowledged.clone());
            std::thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    match submit(port, number) {
                        Some(()) => drop(acknowledged.lock().unwrap().insert(number)),
                        None => std::thread::sleep(Duration::from_millis(20)),
                    }
                }
            })
        })
        .collect();
    let kills = 12;
    for round in 0..kills {
        let relay = Killed(start(&desk));
        let (accepted, handed) = (acknowledged.lock().unwrap().len(), sink.count());
        let until = Instant::now() + Duration::from_secs(30);
        let waits = |is_there: &dyn Fn() -> bool| {
            while !is_there() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        // While it begins, while it accepts, while it hands over.
        match round % 3 {
            0 => std::thread::sleep(Duration::from_millis(20 + 15 * round)),
            1 => waits(&|| acknowledged.lock().unwrap().len() >= accepted + 3),
            _ => waits(&|| sink.count() >= handed + 7 + round as usize),
        }
        std::thread::sleep(Duration::from_micros(700 * round));
        drop(relay);
    }
    ended.store(true, Ordering::Relaxed);
    clients.into_iter().for_each(|client| client.join().unwrap());
    let relay = Killed(start(&desk));
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let waiting = desk.run(&["relay", "queue", "--json"]).json();
        if waiting["messages"].as_array().unwrap().is_empty() {
            break;
        }
        assert!(Instant::now() < until, "{waiting}");
        std::thread::sleep(Duration::from_millis(200));
    }
    drop(relay);

    let taken = sink.taken();
    let acknowledged = acknowledged.lock().unwrap().clone();
    let mut copies: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for one in &taken {
        copies.entry(number_of(one)).or_default().insert(&one.to);
        *times.entry(one.id()).or_default() += 1;
    }
    assert!(acknowledged.len() >= 10, "{} were acknowledged", acknowledged.len());
    for number in &acknowledged {
        assert_eq!(copies.get(number).map_or(0, BTreeSet::len), PEOPLE, "message {number} was acknowledged");
    }
    // What was never acknowledged went to everybody or to nobody.
    assert!(copies.values().all(|to| to.len() == PEOPLE));
    // The one window: taken by the next server, and not yet written down. One copy a connection and a kill, at most.
    let twice: Vec<_> = times.values().filter(|&&count| count > 1).collect();
    assert!(twice.len() <= kills as usize * CONNECTIONS, "{} copies came twice", twice.len());
    eprintln!(
        "{} acknowledged, {} copies, {} came twice in {kills} kills",
        acknowledged.len(),
        taken.len(),
        twice.len()
    );

    // Everything that went out stands in the log, and a leak of one copy names its recipient.
    let leaked = taken.iter().find(|one| acknowledged.contains(&number_of(one))).unwrap();
    let lines: Vec<&str> = leaked.body().lines().take(20).collect();
    fs::write(desk.path("leak.txt"), lines.join("\n")).unwrap();
    let found = desk.run(&["trace", "leak.txt", "--case", "leak", "--json"]);
    assert_eq!(found.code, 0, "{}{}", found.out, found.err);
    assert_eq!(found.json()["named"][0]["copy"].as_str().unwrap(), leaked.to.replace('@', "_"));
}

#[test]
fn what_waits_is_listed_retried_and_dropped() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let missing = desk.run(&["relay", "run"]);
    assert!(missing.code == 2 && missing.err.contains("no policy"), "{}", missing.err);
    let (port, sink) = (free_port(), Sink::start());
    sink.set_down(true);
    policy(
        &desk,
        port,
        &format!("server = \"127.0.0.1\"\nport = {}\ntls = \"none\"", sink.address.port()),
        "",
    );
    let relay = Killed(start(&desk));
    for number in 0..2 {
        while submit(port, number).is_none() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let listed = desk.run(&["relay", "queue"]);
    assert!(listed.out.matches("marked  from ada@office.example").count() == 2, "{}", listed.out);
    let json = desk.run(&["relay", "queue", "--json"]).json();
    let id = json["messages"][0]["id"].as_str().unwrap().to_owned();
    assert!(desk.run(&["relay", "drop", &id]).out.contains("was asked"));
    assert_eq!(desk.run(&["relay", "drop", "nonsense"]).code, 2);
    let until = Instant::now() + Duration::from_secs(60);
    while desk.run(&["relay", "queue", "--json"]).json()["messages"].as_array().unwrap().len() != 1 {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(relay);
    let id = desk.run(&["relay", "queue", "--json"]).json()["messages"][0]["id"].as_str().unwrap().to_owned();
    assert!(desk.run(&["relay", "retry", &id]).out.contains("when the relay starts"));
    sink.set_down(false);
    let relay = Killed(start(&desk));
    assert!(sink.wait(PEOPLE).iter().all(|one| number_of(one) == 1));
    drop(relay);
    let line = desk.run_with(&["relay", "user", "ada"], "four words nobody says\n");
    assert!(line.code == 0 && line.out.starts_with("ada:$argon2id$"), "{}{}", line.out, line.err);
    assert_eq!(desk.run_with(&["relay", "user", "ada"], "short\n").code, 2);
}

/// A Postfix of its own, below a folder, that keeps what it takes for `n.example` in Maildirs. It wants to be started by root.
struct Postfix {
    folder: tempfile::TempDir,
    port: u16,
}

impl Postfix {
    fn start() -> Postfix {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let postfix = Postfix { folder, port: free_port() };
        let path = |name: &str| postfix.folder.path().join(name).display().to_string();
        for name in ["etc", "queue", "data", "mail"] {
            fs::create_dir(path(name)).unwrap();
        }
        certificate(&postfix.folder.path().join("etc"), "DNS:localhost,IP:127.0.0.1");
        let main = format!(
            "compatibility_level = 3.6\nconfig_directory = {}\nqueue_directory = {}\ndata_directory = {}\nmyhostname = localhost\n\
             mydestination =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\nbiff = no\n\
             virtual_mailbox_domains = n.example\nvirtual_mailbox_base = {}\nvirtual_mailbox_maps = texthash:{}\n\
             virtual_minimum_uid = 1\nvirtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\ndefault_transport = error\n\
             smtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}\nsmtpd_tls_security_level = may\nmaillog_file = {}\n\
             maillog_file_prefixes = {}\nsmtpd_client_connection_count_limit = 0\n",
            path("etc"),
            path("queue"),
            path("data"),
            path("mail"),
            path("etc/boxes"),
            path("etc/cert.pem"),
            path("etc/key.pem"),
            path("log"),
            path("")
        );
        fs::write(path("etc/main.cf"), main).unwrap();
        fs::write(path("etc/boxes"), "bo@n.example bo/\ncy@n.example cy/\ndee@n.example dee/\n").unwrap();
        let services = [
            format!("127.0.0.1:{} inet n - n - - smtpd", postfix.port),
            "pickup unix n - n 60 1 pickup".into(),
            "cleanup unix n - n - 0 cleanup".into(),
            "qmgr unix n - n 300 1 qmgr".into(),
            "tlsmgr unix - - n 1000? 1 tlsmgr".into(),
            "rewrite unix - - n - - trivial-rewrite".into(),
            "bounce unix - - n - 0 bounce".into(),
            "defer unix - - n - 0 bounce".into(),
            "trace unix - - n - 0 bounce".into(),
            "error unix - - n - - error".into(),
            "virtual unix - n n - - virtual".into(),
            "proxymap unix - - n - - proxymap".into(),
            "anvil unix - - n - 1 anvil".into(),
            "scache unix - - n - 1 scache".into(),
            "postlog unix-dgram n - n - 1 postlogd".into(),
        ];
        fs::write(path("etc/master.cf"), services.join("\n") + "\n").unwrap();
        as_root("chown", &["postfix", &path("data")]);
        as_root("chown", &["65534:65534", &path("mail")]);
        as_root("postfix", &["-c", &path("etc"), "start"]);
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", postfix.port)).is_err() {
            assert!(Instant::now() < until, "{}", fs::read_to_string(path("log")).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(50));
        }
        postfix
    }

    /// What somebody's mailbox holds, once it is one message.
    fn mail(&self, who: &str) -> String {
        let folder = self.folder.path().join("mail").join(who).join("new");
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            as_root("chmod", &["-R", "a+rX", &self.folder.path().join("mail").display().to_string()]);
            let found: Vec<PathBuf> =
                fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            if let [one] = &found[..] {
                return fs::read_to_string(one).unwrap();
            }
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "{who} has {} messages\n{}", found.len(), log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let etc = self.folder.path().join("etc").display().to_string();
        as_root("postfix", &["-c", &etc, "stop"]);
        as_root("chown", &["-R", id("-u").trim(), &self.folder.path().display().to_string()]);
    }
}

fn id(what: &str) -> String {
    String::from_utf8(Command::new("id").arg(what).output().unwrap().stdout).unwrap()
}

/// Runs a program as root: Postfix starts for nobody else.
fn as_root(program: &str, args: &[&str]) {
    let mut command = match id("-u").trim() {
        "0" => Command::new(program),
        _ => {
            let mut sudo = Command::new("sudo");
            sudo.arg(program);
            sudo
        }
    };
    command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
    let output = command.args(args).output();
    let output = output
        .unwrap_or_else(|e| panic!("{program}: {e}; Debian's package postfix has it, ./test installs it"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn between_swaks_and_postfix_everybody_gets_their_own() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    certificate(&desk.path("tellmark-vault"), "DNS:localhost,IP:127.0.0.1");
    let line = desk.run_with(&["relay", "user", "ada"], "four words nobody says\n").out;
    fs::write(desk.path("tellmark-vault/users"), line).unwrap();
    let postfix = Postfix::start();
    let (port, secure) = (free_port(), free_port());
    let ca = postfix.folder.path().join("etc/cert.pem");
    let upstream = format!(
        "server = \"localhost\"\nport = {}\ntls = \"starttls\"\nca = \"{}\"",
        postfix.port,
        ca.display()
    );
    let server = format!(
        "listen_tls = [\"127.0.0.1:{secure}\"]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\nusers = \"users\""
    );
    policy(&desk, port, &upstream, &server);
    let relay = Killed(start(&desk));
    fs::write(desk.path("mail.eml"), format!("{}\n", message(7).replace("\r\n", "\n"))).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", secure)).is_err() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(50));
    }
    let swaks = |args: &[&str], to: &str| {
        let mut command = Command::new("swaks");
        command.current_dir(desk.path("")).args([
            "--from",
            "ada@office.example",
            "--data",
            "@mail.eml",
            "--to",
            to,
        ]);
        command.args(["--ehlo", "desk.example"]).args(args);
        let output = command.output().expect("swaks is in Debian's package swaks; ./test installs it");
        (
            output.status.success(),
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        )
    };
    let clear = format!("127.0.0.1:{port}");
    let password = ["--auth", "PLAIN", "--auth-user", "ada", "--auth-password", "four words nobody says"];
    let (sent, said) = swaks(&["--server", &clear], "bo@n.example");
    assert!(!sent && said.contains("530 5.7.0"), "{said}");
    let (sent, said) =
        swaks(&[&["--server", &clear, "--tls"][..], &password[..]].concat(), "bo@n.example,cy@n.example");
    assert!(sent && said.contains("TLS started"), "{said}");
    let implicit = format!("127.0.0.1:{secure}");
    let login = ["--auth", "LOGIN", "--auth-user", "ada", "--auth-password", "four words nobody says"];
    let (sent, said) = swaks(
        &[&["--server", &implicit, "--tls-on-connect", "--pipeline"][..], &login[..]].concat(),
        "dee@n.example",
    );
    assert!(sent, "{said}");
    let (bo, cy, dee) = (postfix.mail("bo"), postfix.mail("cy"), postfix.mail("dee"));
    let body = |mail: &str| mail.split_once("\n\n").unwrap().1.to_owned();
    assert!(body(&bo) != body(&cy) && body(&bo).contains("In point 1 of case 7"));
    for mail in [&bo, &cy, &dee] {
        assert!(
            mail.contains("Message-ID: <7@office.example>") && mail.contains("by relay.example with ESMTPSA"),
            "{mail}"
        );
    }
    drop(relay);
    let sentences: Vec<String> = body(&cy).lines().take(20).map(str::to_owned).collect();
    fs::write(desk.path("leak.txt"), sentences.join("\n")).unwrap();
    let found = desk.run(&["trace", "leak.txt", "--json"]);
    assert_eq!(found.code, 0, "{}{}", found.out, found.err);
    assert_eq!(found.json()["named"][0]["copy"], "cy_n.example");
}
