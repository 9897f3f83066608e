//! A NATS server with JetStream of a test's own.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A server that keeps what it took in a folder, also while it is stopped.
pub struct Nats {
    folder: tempfile::TempDir,
    /// Its port; it keeps it.
    port: u16,
    child: Option<Child>,
}

impl Nats {
    pub fn start() -> Nats {
        let mut nats = Nats { folder: tempfile::tempdir().unwrap(), port: 0, child: None };
        nats.go_on();
        nats
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Starts it where it is not running.
    pub fn go_on(&mut self) {
        let debian = "/usr/sbin/nats-server";
        let program = if std::path::Path::new(debian).exists() { debian } else { "nats-server" };
        let port = if self.port == 0 { "-1".to_owned() } else { self.port.to_string() };
        let ports = self.folder.path().join("ports");
        _ = std::fs::remove_dir_all(&ports);
        std::fs::create_dir(&ports).unwrap();
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", &port, "-js", "-sd"]).arg(self.folder.path().join("data"));
        command.arg("--ports_file_dir").arg(&ports);
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(started.expect("nats-server is needed (Debian: apt-get install nats-server)"));
        let begun = Instant::now();
        while self.port == 0 || TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
            let said = std::fs::read_dir(&ports).unwrap().next();
            let text = said.and_then(|file| std::fs::read_to_string(file.unwrap().path()).ok());
            let said = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
            if let Some(url) = said.as_ref().and_then(|said| said["nats"][0].as_str()) {
                self.port = url.rsplit(':').next().unwrap().parse().unwrap();
            }
        }
    }

    /// The names of its streams.
    pub fn streams(&self) -> Vec<String> {
        let names = self.ask("$JS.API.STREAM.NAMES");
        let names = names["streams"].as_array().into_iter().flatten();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// Bytes that all its streams hold.
    pub fn bytes(&self) -> u64 {
        let infos = self.streams().into_iter().map(|name| self.ask(&format!("$JS.API.STREAM.INFO.{name}")));
        infos.map(|info| info["state"]["bytes"].as_u64().unwrap()).sum()
    }

    /// Publishes a message as anybody could who reaches the server.
    pub fn publish(&self, subject: &str, message: &str) {
        let text = format!("PUB {subject} {}\r\n{message}\r\nPING\r\n", message.len());
        let mut lines = self.say(&text);
        while lines.next().unwrap().unwrap() != "PONG" {}
    }

    /// What its JetStream answers.
    pub fn ask(&self, subject: &str) -> Value {
        let mut lines = self.say(&format!("SUB answer 1\r\nPUB {subject} answer 0\r\n\r\n"));
        while !lines.next().unwrap().unwrap().starts_with("MSG") {}
        serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap()
    }

    fn say(&self, text: &str) -> Lines<BufReader<TcpStream>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "CONNECT {{\"verbose\":false}}\r\n{text}").unwrap();
        BufReader::new(stream).lines()
    }

    /// Kills it.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}
