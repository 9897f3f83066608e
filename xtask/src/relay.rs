//! How many marked copies a minute go through the relay into a sink, and where the time goes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tellmark_testkit::document;

/// Words of a message, and author's variants in a hundred of them.
const WORDS: usize = 400;
const VARIANTS: f64 = 8.0;
/// Mail programs that submit at once.
const CLIENTS: usize = 4;
/// Times that a message is sent again after it was put off, and the wait before.
const AGAIN_MAX: usize = 100;
const AGAIN_WAIT: Duration = Duration::from_millis(200);
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(1_800);

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Arguments {
    messages: usize,
    recipients: usize,
    connections: usize,
    program: PathBuf,
    folder: PathBuf,
}

/// Runs the measurement and prints a line.
pub fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let arguments = read(arguments)?;
    let folder = &arguments.folder;
    std::fs::create_dir(folder).with_context(|| format!("making {}", folder.display()))?;
    let measured = measure(&arguments);
    std::fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    measured.map(|()| true)
}

fn read(arguments: &[&str]) -> anyhow::Result<Arguments> {
    let target = crate::root().join("target");
    let mut read = Arguments {
        messages: 400,
        recipients: 100,
        connections: 8,
        program: target.join("release/tellmark"),
        folder: target.join("relay-measured"),
    };
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let value = rest.next().with_context(|| format!("{name} needs a value"))?;
        match *name {
            "--messages" => read.messages = value.parse()?,
            "--recipients" => read.recipients = value.parse()?,
            "--connections" => read.connections = value.parse()?,
            "--program" => read.program = value.into(),
            "--in" => read.folder = value.into(),
            other => bail!("unknown argument {other}"),
        }
    }
    Ok(read)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { messages, recipients, connections, program, folder } = arguments;
    let (sink, listen, figures) = (free_port()?, free_port()?, free_port()?);
    let _sink = start_sink(sink)?;
    let vault = folder.join("vault");
    let made = Command::new(program).arg("--vault").arg(&vault).arg("init").output();
    if !made.with_context(|| format!("running {}", program.display()))?.status.success() {
        bail!("no vault could be made");
    }
    let policy = format!(
        "version = 1\n[server]\nlisten = [\"127.0.0.1:{listen}\"]\nfigures = \"127.0.0.1:{figures}\"\n[upstream]\nserver = \"127.0.0.1\"\n\
         port = {sink}\ntls = \"none\"\nconnections = {connections}\n[limits]\nrecipients = 10000\n[mark]\notherwise = \"mark\"\n"
    );
    std::fs::write(vault.join("relay.toml"), policy)?;
    let relay = Command::new(program)
        .args(["--quiet", "--vault"])
        .arg(&vault)
        .args(["relay", "run"])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()?;
    let relay = Ended(relay);
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", listen)).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    let texts: Vec<String> = (0..*messages).map(|n| message(n, *recipients)).collect();
    let began = Instant::now();
    let put_off = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let own = texts.iter().enumerate().skip(client).step_by(CLIENTS);
                scope.spawn(move || submit(listen, own, *recipients))
            })
            .collect();
        let put_off =
            clients.into_iter().map(|client| client.join().unwrap_or_else(|_| bail!("a client broke")));
        put_off.sum::<anyhow::Result<usize>>()
    })?;
    let accepted = began.elapsed();
    let copies = messages * recipients;
    let all = loop {
        let all = figures_of(figures)?;
        if figure(&all, "tellmark_relay_total{what=\"sent\"}") >= copies as f64 {
            break all;
        }
        if began.elapsed() > PATIENCE {
            bail!("not all copies were handed over:\n{all}");
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let took = began.elapsed().as_secs_f64();
    println!(
        "{messages} messages to {recipients} each: {copies} copies in {took:.1} s, {:.0} a minute; the last was accepted after {:.1} s, \
         {put_off} were put off and sent again; {:.1} s of processor time",
        copies as f64 / took * 60.0,
        accepted.as_secs_f64(),
        processor_seconds(relay.0.id())
    );
    for stage in ["look", "seal", "put", "copy", "send", "sync", "enter"] {
        let seconds = figure(&all, &format!("tellmark_relay_seconds_total{{stage=\"{stage}\"}}"));
        println!("  {stage}: {seconds:.1} s, over all that work at once");
    }
    Ok(())
}

/// Debian's smtp-sink, from the package postfix. As root it wants somebody else to be.
fn start_sink(port: u16) -> anyhow::Result<Ended> {
    let mut command = Command::new("/usr/sbin/smtp-sink");
    if Command::new("id").arg("-u").output()?.stdout.trim_ascii() == b"0" {
        command.args(["-u", "nobody"]);
    }
    command.args([&format!("127.0.0.1:{port}"), "200"]).stdout(Stdio::null());
    Ok(Ended(command.spawn().context("smtp-sink is in Debian's package postfix")?))
}

fn message(number: usize, recipients: usize) -> String {
    let text = document::prose(number as u64 + 1, WORDS, VARIANTS).replace('\n', "\r\n");
    // No line of a message has more than 998 bytes.
    let mut wrapped = String::new();
    for line in text.split("\r\n") {
        let mut length = 0;
        for word in line.split(' ') {
            if length > 70 {
                wrapped.push_str("\r\n");
                length = 0;
            } else if length > 0 {
                wrapped.push(' ');
            }
            wrapped.push_str(word);
            length += word.len() + 1;
        }
        wrapped.push_str("\r\n");
    }
    format!(
        "From: ada@office.example\r\nTo: list of {recipients}:;\r\nSubject: Record {number}\r\nDate: Mon, 3 May 2026 10:00:00 +0000\r\n\
         Message-ID: <{number}@office.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{wrapped}"
    )
}

fn submit<'t>(
    port: u16,
    texts: impl Iterator<Item = (usize, &'t String)>,
    recipients: usize,
) -> anyhow::Result<usize> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    expect(&mut reader, "220")?;
    reader.get_mut().write_all(b"EHLO measure.example\r\n")?;
    expect(&mut reader, "250")?;
    let mut put_off = 0;
    let mut texts = texts.peekable();
    while let Some((number, text)) = texts.peek() {
        let mut commands = String::from("MAIL FROM:<ada@office.example>\r\n");
        for n in 0..recipients {
            commands.push_str(&format!("RCPT TO:<r{n}.m{number}@n.example>\r\n"));
        }
        commands.push_str("DATA\r\n");
        reader.get_mut().write_all(commands.as_bytes())?;
        (0..=recipients).try_for_each(|_| expect(&mut reader, "250"))?;
        expect(&mut reader, "354")?;
        reader.get_mut().write_all(format!("{text}.\r\n").as_bytes())?;
        match answer(&mut reader)? {
            line if line.starts_with("250") => drop(texts.next()),
            // As a mail program does; the same message again is the same release.
            line if line.starts_with("45") && put_off < AGAIN_MAX => {
                put_off += 1;
                std::thread::sleep(AGAIN_WAIT);
            }
            line => bail!("a message was not accepted: {line:?}"),
        }
    }
    Ok(put_off)
}

/// The last line of an answer.
fn answer(reader: &mut impl BufRead) -> anyhow::Result<String> {
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            bail!("the connection ended");
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
}

fn expect(reader: &mut impl BufRead, code: &str) -> anyhow::Result<()> {
    match answer(reader)? {
        line if line.starts_with(code) => Ok(()),
        line => bail!("expected {code}, and got {line:?}"),
    }
}

fn figures_of(port: u16) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
}

/// Processor time of a process so far, in seconds; 0 where the system does not say.
fn processor_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat"));
    let stat = stat.unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
