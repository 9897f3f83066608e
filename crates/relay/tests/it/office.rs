//! An office with a vault, a relay, and mail programs.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tellmark_app::trace::{ExhibitFile, Finding, TraceRequest, trace};
use tellmark_app::{Access, Ports, Silent, Vault, people};
use tellmark_relay::policy::Policy;
use tellmark_relay::{Relay, serve};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::sink::Sink;

/// The password of accounts.
pub const PASSWORD: &str = "four words nobody says";

pub struct Office {
    pub folder: tempfile::TempDir,
    runtime: Runtime,
}

/// A relay that runs, until it is dropped.
pub struct Running<'o> {
    office: &'o Office,
    pub address: SocketAddr,
    pub all: Vec<SocketAddr>,
    end: Option<oneshot::Sender<()>>,
    task: Option<tokio::task::JoinHandle<tellmark_relay::Result<()>>>,
}

impl Office {
    pub fn open(seed: u64) -> Office {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        // In memory where that is possible: what a disk takes to synchronise is not what is tested.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let office = Office { folder, runtime };
        let mut ports = Ports::seeded(seed, 1_770_000_000);
        office.runtime.block_on(Vault::create(&office.access(), None, &mut ports)).unwrap();
        office
    }

    fn access(&self) -> Access {
        Access { folder: self.folder.path().join("vault"), ..Access::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn vault(&self) -> Vault {
        self.runtime.block_on(Vault::open(&self.access())).unwrap()
    }

    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Starts a relay. `server` and `rest` are lines of the policy, in `[server]` and behind everything.
    pub fn relay(&self, sink: &Sink, server: &str, rest: &str) -> Running<'_> {
        let text = policy(sink.address, server, rest);
        let policy =
            Policy::read(&text, Path::new(self.folder.path())).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let relay = self.runtime.block_on(async {
            Relay::new(Vault::open(&self.access()).await.unwrap(), policy, &self.path("queue")).await
        });
        self.start(relay.unwrap())
    }

    fn start(&self, relay: Arc<Relay>) -> Running<'_> {
        let (end, ended) = oneshot::channel::<()>();
        let (tell, bound) = std::sync::mpsc::channel();
        let task = self.runtime.spawn(async move {
            let ended = async move { drop(ended.await) };
            serve(relay, ended, move |all| tell.send(all.to_vec()).unwrap()).await
        });
        let all: Vec<SocketAddr> = bound.recv().unwrap();
        Running { office: self, address: all[0], all, end: Some(end), task: Some(task) }
    }

    /// An account with a role, whose password is [`PASSWORD`]; its number.
    pub fn account(&self, name: &str, role: &str, seed: u64) -> u32 {
        let vault = self.vault();
        let mut ports = Ports::seeded(seed, 1_770_000_000);
        self.run(async {
            let link = people::invite(&vault, role, 0, 1, &mut ports).await.unwrap();
            people::accept(&vault, &link, name, PASSWORD, &mut ports).await.unwrap().number
        })
    }

    pub fn trace(&self, text: &str) -> Finding {
        self.trace_file("leak.txt", text.as_bytes())
    }

    pub fn trace_file(&self, name: &str, bytes: &[u8]) -> Finding {
        let request = TraceRequest {
            exhibits: vec![ExhibitFile { name: name.into(), bytes: bytes.to_vec() }],
            because: "a test".into(),
            ..TraceRequest::default()
        };
        let vault = self.vault();
        let ports = Ports::seeded(5, 1_790_000_000);
        self.run(async { trace(&vault, &request, &ports, &Silent).await }).unwrap().finding
    }
}

pub fn policy(sink: SocketAddr, server: &str, rest: &str) -> String {
    let listen = if server.contains("listen") { "" } else { "listen = [\"127.0.0.1:0\"]\n" };
    format!(
        "version = 1\n[server]\nname = \"relay.example\"\n{listen}{server}\n[upstream]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         connections = 4\nseconds = 20\n[queue]\nretry_seconds = 1\n{rest}",
        sink.port()
    )
}

/// The rest of a policy that marks everything.
pub const MARK_ALL: &str = "[mark]\notherwise = \"mark\"\n";
/// One that marks nothing that nobody asks for.
pub const MARK_NONE: &str = "[mark]\notherwise = \"pass\"\nsubject_tag = \"[mark]\"\n";

impl Running<'_> {
    pub fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// Sends a message and returns the last answer.
    pub fn send(&self, from: &str, to: &[&str], message: &str) -> String {
        let mut client = self.client();
        client.say("EHLO desk.example");
        client.send(from, to, message)
    }

    /// Ends it in order, as SIGTERM does.
    pub fn end(mut self) {
        self.stop().unwrap();
    }

    fn stop(&mut self) -> tellmark_relay::Result<()> {
        drop(self.end.take());
        match self.task.take() {
            Some(task) => self.office.runtime.block_on(task).unwrap(),
            None => Ok(()),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// A mail program.
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut client = Client { reader: BufReader::new(stream) };
        let greeting = client.answer();
        assert!(greeting.starts_with("220 ") || greeting.starts_with("421 "), "{greeting}");
        client
    }

    pub fn write(&mut self, bytes: &[u8]) {
        // The other side may have ended it.
        let _ = self.reader.get_mut().write_all(bytes);
    }

    /// The next answer, all its lines; empty when the connection ended.
    pub fn answer(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap_or(0) == 0 {
                return all;
            }
            all.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return all;
            }
        }
    }

    pub fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes());
        self.answer()
    }

    pub fn send(&mut self, from: &str, to: &[&str], message: &str) -> String {
        self.send_with((from, ""), to, message)
    }

    /// The same with parameters behind the sender's address.
    pub fn send_with(&mut self, (from, parameters): (&str, &str), to: &[&str], message: &str) -> String {
        let answer = self.say(&format!("MAIL FROM:<{from}>{parameters}"));
        if !answer.starts_with("250") {
            return answer;
        }
        for address in to {
            let answer = self.say(&format!("RCPT TO:<{address}>"));
            if !answer.starts_with("250") {
                return answer;
            }
        }
        assert!(self.say("DATA").starts_with("354"));
        self.write(format!("{message}\r\n.\r\n").as_bytes());
        self.answer()
    }
}

/// A text with so many author's choices, in sentences that say something else each, and what stands before and behind it.
pub fn text(seed: usize, choices: usize) -> String {
    let words = [
        [
            "talks", "border", "harbour", "railway", "budget", "treaty", "embassy", "summit", "customs",
            "pipeline",
        ],
        ["Monday", "Tuesday", "Friday", "April", "autumn", "winter", "midnight", "noon", "Easter", "August"],
        ["report", "letter", "protocol", "map", "survey", "annex", "schedule", "draft", "ledger", "circular"],
    ];
    let pick = |list: usize, n: usize| words[list][(n * 7 + seed * 3 + list) % 10];
    let sentence = |n: usize| {
        format!(
            "In point {} of case {seed} the {} about the {} {{was sent out|went out}} before {}, and number {} of it {{remains|stays}} with us.",
            n + 1,
            pick(2, n),
            pick(0, n),
            pick(1, n),
            n * 13 + seed
        )
    };
    (0..choices.div_ceil(2)).map(sentence).collect::<Vec<_>>().join("\r\n")
}

/// A message that can be marked for some people.
pub fn message(seed: usize, subject: &str) -> String {
    format!(
        "From: Ada <ada@office.example>\r\nTo: Bo <bo@n.example>, cy@n.example\r\nBcc: dee@n.example\r\nSubject: {subject}\r\n\
         Date: Mon, 3 May 2026 10:00:00 +0000\r\nMessage-ID: <{seed}@office.example>\r\nReferences: <0@office.example>\r\n\r\n{}",
        text(seed, 60)
    )
}

pub const THREE: [&str; 3] = ["bo@n.example", "cy@n.example", "dee@n.example"];
