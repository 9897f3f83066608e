//! A connection in lines, with limits on bytes and time. A line ends in CR and LF and in nothing else: whoever takes a bare LF
//! for an end reads other messages than whoever does not (RFC 5321, 2.3.8), and one message becomes two on its way.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Bytes that are read at once.
const CHUNK: usize = 32 << 10;
/// Bytes of a line of a message without its end (RFC 5322, 2.1.1).
const TEXT_LINE_MAX: usize = 998;
/// A message that is too large is read on for so many bytes, so that its sender hears why; then the connection ends.
const BEYOND_MAX: usize = 4 << 20;

/// What a connection runs over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The other side is gone.
    #[error("the connection ended")]
    Closed,
    /// It was silent for too long.
    #[error("nothing came for too long")]
    Slow,
    /// A line is too long.
    #[error("a line is too long")]
    Long,
    /// A line ends in something else than CR and LF.
    #[error("a line does not end in CR and LF")]
    Bare,
    /// The network failed.
    #[error("the network failed: {0}")]
    Io(#[from] std::io::Error),
}

/// What is wrong with a message's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A CR without LF, or a LF without CR.
    Bare,
    /// A line of more than 998 bytes.
    Long,
    /// A byte 0.
    Nul,
    /// More bytes than are taken.
    Large,
}

/// A message's bytes as they come in: dots are unstuffed, the end is found, and what is wrong is noticed.
#[derive(Debug)]
pub struct Unstuffed {
    bytes: Vec<u8>,
    wrong: Option<Wrong>,
    bytes_max: usize,
    /// Bytes of the line that is being read, and whether the last one was a CR.
    line: usize,
    after_cr: bool,
    /// Whether the line began with a dot, which is not kept.
    dot: bool,
    beyond: usize,
}

impl Unstuffed {
    /// Nothing yet; at most so many bytes.
    pub fn new(bytes_max: usize) -> Unstuffed {
        Unstuffed {
            bytes: Vec::new(),
            wrong: None,
            bytes_max,
            line: 0,
            after_cr: false,
            dot: false,
            beyond: 0,
        }
    }

    /// Takes bytes in. Returns how many belong to the message, and whether its end was among them.
    pub fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, &byte) in bytes.iter().enumerate() {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {
                    if self.dot && self.line == 2 {
                        // The CR behind the dot is none of the message's.
                        self.bytes
                            .truncate(self.bytes.len().saturating_sub(usize::from(self.wrong.is_none())));
                        return (at + 1, true);
                    }
                    self.push(byte);
                    (self.line, self.dot) = (0, false);
                    continue;
                }
                _ if after_cr || byte == b'\n' => self.note(Wrong::Bare),
                0 => self.note(Wrong::Nul),
                _ => {}
            }
            self.line += 1;
            match (self.line, byte) {
                (1, b'.') => self.dot = true,
                _ => self.push(byte),
            }
            if self.line > TEXT_LINE_MAX + 1 + usize::from(self.dot) {
                self.note(Wrong::Long);
            }
        }
        (bytes.len(), false)
    }

    fn push(&mut self, byte: u8) {
        // One more, for the CR behind the last dot.
        match (self.wrong, self.bytes.len() <= self.bytes_max) {
            (None, true) => self.bytes.push(byte),
            (None, false) => self.note(Wrong::Large),
            (Some(_), _) => self.beyond += 1,
        }
    }

    fn note(&mut self, wrong: Wrong) {
        if self.wrong.is_none() {
            self.wrong = Some(wrong);
            self.bytes = Vec::new();
        }
    }

    /// Whether so much came behind what was wrong that nobody waits for its end.
    fn is_hopeless(&self) -> bool {
        self.beyond > BEYOND_MAX + self.bytes_max
    }

    /// The message, or what is wrong with it.
    pub fn finish(self) -> Result<Vec<u8>, Wrong> {
        match self.wrong {
            Some(wrong) => Err(wrong),
            None if self.bytes.len() > self.bytes_max => Err(Wrong::Large),
            None => Ok(self.bytes),
        }
    }
}

/// A connection.
pub struct Wire {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
    at: usize,
    out: Vec<u8>,
    patience: Duration,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wire({} bytes read ahead)", self.read.len() - self.at)
    }
}

impl Wire {
    /// A connection that waits so long for bytes.
    pub fn new(stream: Box<dyn Stream>, patience: Duration) -> Wire {
        Wire { stream, read: Vec::new(), at: 0, out: Vec::new(), patience }
    }

    /// The stream; `None` when something was sent ahead, which must not be taken for said under TLS.
    pub fn into_stream(self) -> Option<Box<dyn Stream>> {
        (self.at == self.read.len()).then_some(self.stream)
    }

    /// Waits so long for bytes from now on; returns how long it waited until now.
    pub fn wait_for(&mut self, patience: Duration) -> Duration {
        std::mem::replace(&mut self.patience, patience)
    }

    /// What will be sent with the next [`Wire::flush`].
    pub fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// When the other side is gone or does not take it.
    pub async fn flush(&mut self) -> Result<(), Fault> {
        if self.out.is_empty() {
            return Ok(());
        }
        let sent = async {
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await
        };
        timeout(self.patience, sent).await.map_err(|_| Fault::Slow)??;
        self.out.clear();
        if self.out.capacity() > 1 << 20 {
            self.out = Vec::new();
        }
        Ok(())
    }

    async fn more(&mut self) -> Result<(), Fault> {
        self.flush().await?;
        if self.at == self.read.len() {
            self.read.clear();
            self.at = 0;
        }
        let from = self.read.len();
        self.read.resize(from + CHUNK, 0);
        let count = timeout(self.patience, self.stream.read(&mut self.read[from..])).await;
        let count = match count {
            Err(_) => Err(Fault::Slow),
            Ok(Err(error)) => Err(Fault::Io(error)),
            Ok(Ok(0)) => Err(Fault::Closed),
            Ok(Ok(count)) => Ok(count),
        };
        self.read.truncate(from + *count.as_ref().unwrap_or(&0));
        count.map(drop)
    }

    /// The next line without its end. What waits to be sent is sent first, unless the line is here already.
    ///
    /// # Errors
    /// [`Fault`]; after one of a line that cannot be taken the connection must end.
    pub async fn line(&mut self, bytes_max: usize) -> Result<Vec<u8>, Fault> {
        let mut looked = self.at;
        loop {
            if let Some(found) = self.read[looked..].iter().position(|&byte| byte == b'\n') {
                let end = looked + found;
                let line = self.read[self.at..end].to_vec();
                self.at = end + 1;
                return match line.split_last() {
                    Some((b'\r', line)) if line.len() > bytes_max => Err(Fault::Long),
                    Some((b'\r', line)) if !line.contains(&b'\r') => Ok(line.to_vec()),
                    _ => Err(Fault::Bare),
                };
            }
            if self.read.len() - self.at > bytes_max + 2 {
                return Err(Fault::Long);
            }
            self.read.drain(..self.at);
            self.at = 0;
            looked = self.read.len();
            self.more().await?;
        }
    }

    /// A message up to the dot that ends it.
    ///
    /// # Errors
    /// [`Fault`] when it does not end; what is wrong with the message itself is the inner error.
    pub async fn message(&mut self, bytes_max: usize) -> Result<Result<Vec<u8>, Wrong>, Fault> {
        let mut message = Unstuffed::new(bytes_max);
        // The first line stands behind the end of the command's.
        loop {
            let (taken, ended) = message.take(&self.read[self.at..]);
            self.at += taken;
            if ended {
                return Ok(message.finish());
            }
            if message.is_hopeless() {
                return Err(Fault::Long);
            }
            self.more().await?;
        }
    }
}

/// Appends a message as it is sent: dots at the beginning of a line are doubled, and a line with a dot ends it.
pub fn stuff(message: &[u8], out: &mut Vec<u8>) {
    out.reserve(message.len() + 64);
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !message.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bytes: &[u8], cut: usize) -> (Result<Vec<u8>, Wrong>, usize, bool) {
        let mut message = Unstuffed::new(1 << 16);
        let mut used = 0;
        for chunk in bytes.chunks(cut) {
            let (taken, ended) = message.take(chunk);
            used += taken;
            if ended {
                return (message.finish(), used, true);
            }
        }
        (message.finish(), used, false)
    }

    #[test]
    fn a_message_ends_at_its_own_dot_only() {
        for cut in [1, 2, 3, 1000] {
            for (bytes, message) in [
                (&b"a\r\n.\r\n"[..], Ok(&b"a\r\n"[..])),
                (b".\r\n", Ok(b"")),
                (b"..a\r\n...\r\n.\r\n", Ok(b".a\r\n..\r\n")),
                (b"a\n.\r\nMAIL FROM:<x>\r\n.\r\n", Err(Wrong::Bare)),
                (b"a\r\n.\nb\r\n.\r\n", Err(Wrong::Bare)),
                (b"a\n.\nb\r\n.\r\n", Err(Wrong::Bare)),
                (b"a\r.\rb\r\n.\r\n", Err(Wrong::Bare)),
                (b"a\r\r\n.\r\n", Err(Wrong::Bare)),
                (b"a\0b\r\n.\r\n", Err(Wrong::Nul)),
            ] {
                let (found, used, ended) = taken(bytes, cut);
                assert_eq!(found.as_deref().map_err(|wrong| *wrong), message, "{bytes:?} {cut}");
                assert!(ended && used == bytes.len(), "{bytes:?} {cut}");
            }
            // What stands behind is the next command's.
            assert_eq!(taken(b".\r\nQUIT\r\n", 1000).1, 3);
            assert!(!taken(b"a\r\n.\n", cut).2 && !taken(b"a\n.\n", cut).2 && !taken(b"a\r\n.\r", cut).2);
        }
    }

    #[test]
    fn long_lines_and_large_messages_are_noticed() {
        let line = |length: usize| [&vec![b'x'; length][..], b"\r\n.\r\n"].concat();
        assert!(taken(&line(998), 7).0.is_ok());
        assert_eq!(taken(&line(999), 7).0, Err(Wrong::Long));
        let dotted = [b".".to_vec(), line(998)].concat();
        assert!(taken(&dotted, 7).0.is_ok());
        assert_eq!(taken(&b"x\r\n".repeat(30_000), 1000).0, Err(Wrong::Large));
    }

    #[test]
    fn what_is_stuffed_is_unstuffed() {
        for message in [&b""[..], b".\r\n", b"a\r\n..b\r\n.\r\nc", b"no end"] {
            let mut out = Vec::new();
            stuff(message, &mut out);
            let (found, used, ended) = taken(&out, 5);
            let end: &[u8] = if message.ends_with(b"\r\n") { b"" } else { b"\r\n" };
            assert_eq!(found.unwrap(), [message, end].concat());
            assert!(ended && used == out.len());
        }
    }

    #[tokio::test]
    async fn lines_end_in_cr_and_lf_and_are_short() {
        let (mut there, here) = tokio::io::duplex(1 << 16);
        let mut wire = Wire::new(Box::new(here), Duration::from_secs(5));
        there.write_all(b"EHLO a\r\nNOOP\r\n").await.unwrap();
        assert_eq!(wire.line(100).await.unwrap(), b"EHLO a");
        assert_eq!(wire.line(100).await.unwrap(), b"NOOP");
        for (sent, long) in [(&b"NOOP\n"[..], false), (b"NO\rOP\r\n", false), (&[b'x'; 200], true)] {
            let (mut there, here) = tokio::io::duplex(1 << 16);
            let mut wire = Wire::new(Box::new(here), Duration::from_secs(5));
            there.write_all(sent).await.unwrap();
            let fault = wire.line(100).await.unwrap_err();
            assert_eq!(matches!(fault, Fault::Long), long, "{sent:?} {fault}");
        }
    }
}
