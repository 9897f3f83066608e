//! Articles on standard input: one JSON object a line, as `tellmark spot` takes them.

use std::io::{BufRead, Read};

use tellmark_core::Hash;

use crate::article::{Article, Kind, key};
use crate::limits::FILE_BYTES_MAX;
use crate::poll::Poll;
use crate::{Error, Result};

/// One line.
#[derive(serde::Deserialize)]
struct Line {
    id: serde_json::Value,
    text: String,
    #[serde(default)]
    title: String,
    /// Where it was published.
    #[serde(default)]
    address: Option<String>,
}

/// Reads lines to the end; one that cannot be read does not stop the others.
pub(crate) fn poll(poll: &mut Poll<'_>, input: &mut impl BufRead) -> Result<()> {
    let mut number = 0u64;
    loop {
        let mut bytes = Vec::new();
        let failed = |error| Error::io("standard input", error);
        input.by_ref().take(FILE_BYTES_MAX as u64).read_until(b'\n', &mut bytes).map_err(failed)?;
        if bytes.is_empty() || poll.is_over() {
            return Ok(());
        }
        number += 1;
        if bytes.len() >= FILE_BYTES_MAX && !bytes.ends_with(b"\n") {
            poll.miss(&Error::limit(format!("line {number}"), format!("{} MiB", FILE_BYTES_MAX >> 20)));
            skip_line(input).map_err(failed)?;
        } else if !bytes.trim_ascii().is_empty() {
            line(poll, number, &bytes);
        }
    }
}

fn line(poll: &mut Poll<'_>, number: u64, bytes: &[u8]) {
    let line: Line = match serde_json::from_slice(bytes) {
        Ok(line) => line,
        Err(error) => return poll.miss(&Error::malformed(format!("line {number}"), error)),
    };
    let id = line.id.to_string();
    let own = key(&["line", &id, &Hash::of(line.text.as_bytes()).to_string()]);
    if let Err(error) = line.address.as_deref().map_or(Ok(()), |address| check(poll, address)) {
        poll.miss(&error);
    } else if poll.wants(own) {
        poll.give(Article {
            key: own,
            address: line.address.unwrap_or(id),
            title: line.title,
            kind: Kind::Text,
            page: bytes.to_vec(),
            text: Some(line.text),
            note: None,
        });
    }
}

/// Where somebody else fetched, the list holds as well.
fn check(poll: &Poll<'_>, address: &str) -> Result<()> {
    match url::Url::parse(address) {
        Ok(url) => poll.web.never().check_url(&url),
        Err(_) => Ok(()),
    }
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let piece = input.fill_buf()?;
        let end = piece.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(piece.len(), |at| at + 1);
        let is_end = end.is_some() || piece.is_empty();
        input.consume(length);
        if is_end {
            return Ok(());
        }
    }
}
