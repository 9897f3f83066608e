//! A server that takes mail, counts it, and can be told to behave badly.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What it does with a message to somebody, by how often it was offered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Take,
    Later,
    Never,
    /// It takes the message and breaks the connection before it says so.
    TakeAndBreak,
    /// It breaks the connection when the message begins.
    Break,
}

type Behaviour = dyn Fn(&str, usize) -> Does + Send + Sync;

/// A message that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub from: String,
    /// What stood behind the sender's address.
    pub parameters: String,
    pub to: String,
    pub message: String,
}

impl Taken {
    /// The value of a field, on one line.
    pub fn field(&self, name: &str) -> Option<String> {
        let head =
            self.message.split("\r\n\r\n").next().unwrap().replace("\r\n\t", " ").replace("\r\n ", " ");
        let prefix = format!("{}: ", name.to_lowercase());
        let line = head.split("\r\n").find(|line| line.to_lowercase().starts_with(&prefix))?.to_owned();
        Some(line[prefix.len()..].to_owned())
    }

    /// By what the relay knows this copy.
    pub fn id(&self) -> String {
        let received = self.field("Received").unwrap();
        received.split(" id ").nth(1).unwrap().split(';').next().unwrap().to_owned()
    }

    pub fn body(&self) -> &str {
        self.message.split_once("\r\n\r\n").unwrap().1
    }
}

pub struct Sink {
    pub address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
    down: Arc<AtomicBool>,
}

impl Sink {
    pub fn start() -> Sink {
        Sink::behaving(|_, _| Does::Take)
    }

    pub fn behaving(does: impl Fn(&str, usize) -> Does + Send + Sync + 'static) -> Sink {
        Sink::offering("PIPELINING, SIZE 100000000, 8BITMIME, SMTPUTF8", does)
    }

    /// One that offers these extensions.
    pub fn offering(
        offers: &'static str,
        does: impl Fn(&str, usize) -> Does + Send + Sync + 'static,
    ) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let taken: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let offered: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let does: Arc<Behaviour> = Arc::new(does);
        let down: Arc<AtomicBool> = Arc::default();
        let (own, is_down) = (taken.clone(), down.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                if is_down.load(Ordering::Relaxed) {
                    continue;
                }
                let (taken, offered, does) = (own.clone(), offered.clone(), does.clone());
                std::thread::spawn(move || talk(&stream, offers, &taken, &offered, &*does));
            }
        });
        Sink { address, taken, down }
    }

    /// Whether it turns connections away.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    /// What was taken, once it is so many.
    pub fn wait(&self, count: usize) -> Vec<Taken> {
        let until = Instant::now() + Duration::from_secs(120);
        while self.count() < count {
            assert!(Instant::now() < until, "{} of {count} messages came", self.count());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.taken()
    }
}

fn talk(
    stream: &TcpStream,
    offers: &str,
    taken: &Mutex<Vec<Taken>>,
    offered: &Mutex<HashMap<String, usize>>,
    does: &Behaviour,
) -> Option<()> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let mut say = |text: &str| writer.write_all(text.as_bytes()).ok();
    say("220 sink ESMTP\r\n")?;
    let (mut from, mut parameters, mut to) = (String::new(), String::new(), None::<(String, Does)>);
    loop {
        let mut line = String::new();
        if reader.by_ref().take(4096).read_line(&mut line).ok()? == 0 {
            return None;
        }
        assert!(line.ends_with("\r\n") && !line[..line.len() - 2].contains(['\r', '\n']), "{line:?}");
        let inner = || line.split_once('<').unwrap().1.split('>').next().unwrap().to_owned();
        match line.split([' ', '\r']).next().unwrap() {
            "EHLO" => {
                let offers: String = offers.split(", ").map(|offer| format!("250-{offer}\r\n")).collect();
                say(&format!("250-sink\r\n{offers}250 HELP\r\n"))?;
            }
            "MAIL" => {
                from = inner();
                parameters = line.split_once('>').unwrap().1.trim().to_owned();
                to = None;
                say("250 2.1.0 fine\r\n")?;
            }
            "RCPT" => {
                let address = inner();
                let before = {
                    let mut offered = offered.lock().unwrap();
                    let count = offered.entry(address.clone()).or_default();
                    *count += 1;
                    *count - 1
                };
                match does(&address, before) {
                    Does::Later => say("451 4.2.1 try later, please\r\n")?,
                    Does::Never => say("550 5.1.1 nobody of that name\r\n")?,
                    other => {
                        to = Some((address, other));
                        say("250 2.1.5 fine\r\n")?;
                    }
                }
            }
            "DATA" => {
                let Some((address, what)) = to.take() else {
                    say("503 5.5.1 nobody\r\n")?;
                    continue;
                };
                if what == Does::Break {
                    return None;
                }
                say("354 go on\r\n")?;
                let mut message = Vec::new();
                loop {
                    let mut line = Vec::new();
                    if reader.read_until(b'\n', &mut line).ok()? == 0 {
                        return None;
                    }
                    assert!(line.ends_with(b"\r\n"), "a bare LF reached the next server");
                    match line.as_slice() {
                        b".\r\n" => break,
                        [b'.', rest @ ..] => message.extend_from_slice(rest),
                        line => message.extend_from_slice(line),
                    }
                }
                let message = String::from_utf8(message).unwrap();
                let (from, parameters) = (from.clone(), parameters.clone());
                taken.lock().unwrap().push(Taken { from, parameters, to: address, message });
                if what == Does::TakeAndBreak {
                    return None;
                }
                say("250 2.0.0 taken\r\n")?;
            }
            "RSET" | "NOOP" => say("250 2.0.0 fine\r\n")?,
            "QUIT" => {
                say("221 2.0.0 bye\r\n")?;
                return None;
            }
            _ => say("500 5.5.2 what?\r\n")?,
        }
    }
}
