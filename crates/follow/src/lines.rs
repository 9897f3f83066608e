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

/// Reads lines to the end; one that cannot be read does not stop the others. Where no more are wanted, none is taken
/// from the input.
pub(crate) fn poll(poll: &mut Poll<'_>, input: &mut impl BufRead) -> Result<()> {
    poll.take_all();
    let mut number = 0u64;
    while !poll.is_over() {
        let mut bytes = Vec::new();
        let failed = |error| Error::io("standard input", error);
        input.by_ref().take(FILE_BYTES_MAX as u64).read_until(b'\n', &mut bytes).map_err(failed)?;
        if bytes.is_empty() {
            break;
        }
        number += 1;
        if bytes.len() >= FILE_BYTES_MAX && !bytes.ends_with(b"\n") {
            poll.miss(&Error::limit(format!("line {number}"), format!("{} MiB", FILE_BYTES_MAX >> 20)));
            skip_line(input).map_err(failed)?;
        } else if !bytes.trim_ascii().is_empty() {
            line(poll, number, &bytes);
        }
    }
    Ok(())
}

fn line(poll: &mut Poll<'_>, number: u64, bytes: &[u8]) {
    let line: Line = match serde_json::from_slice(bytes) {
        Ok(line) => line,
        Err(error) => return poll.miss(&Error::malformed(format!("line {number}"), error)),
    };
    let id = line.id.to_string();
    let own = key(&["line", &id, &Hash::of(line.text.as_bytes()).to_string()]);
    // Where somebody else fetched, the list holds as well.
    if let Err(error) = poll.web.never().check_address(line.address.as_deref().unwrap_or(&id)) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::limits::ARTICLES_A_POLL_MAX;
    use crate::{Guard, Manners, Never, Reader, Trust, Web};

    /// Takes so many.
    struct Taker(usize);

    impl Reader for Taker {
        fn wants(&mut self, _: Hash) -> bool {
            true
        }

        fn take(&mut self, _: Article) -> bool {
            self.0 -= 1;
            self.0 > 0
        }
    }

    #[test]
    fn what_others_fetched_is_checked() {
        let web =
            Web::new(Manners::default(), Guard::default(), Arc::new(Never::default()), Trust::default());
        let addresses = ["tips@paper.example", "mailto:tips@paper.example", "//securedrop.example/x", "a"];
        let lines =
            addresses.map(|address| format!("{{\"id\":1,\"text\":\"a\",\"address\":\"{address}\"}}\n"));
        let mut taker = Taker(5);
        poll(&mut Poll::new(&web, &mut taker), &mut lines.concat().as_bytes()).unwrap();
        assert_eq!(taker.0, 4);
    }

    #[test]
    fn lines_are_read_to_the_end_or_left_where_they_are() {
        let never = Arc::new(Never::default());
        let web = Web::new(Manners::default(), Guard::default(), never, Trust::default());
        let lines: String = (0..1200).map(|id| format!("{{\"id\":{id},\"text\":\"a\"}}\n")).collect();
        let (mut all, mut input) = (Taker(5000), lines.as_bytes());
        poll(&mut Poll::new(&web, &mut all), &mut input).unwrap();
        assert!(5000 - all.0 == 1200 && 1200 > 2 * ARTICLES_A_POLL_MAX);
        let (mut three, mut input) = (Taker(3), lines.as_bytes());
        poll(&mut Poll::new(&web, &mut three), &mut input).unwrap();
        assert!(input.starts_with(b"{\"id\":3,"), "nothing is taken that nobody reads");
    }
}
