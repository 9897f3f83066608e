//! What the server answers: a code, an enhanced code (RFC 3463) and words.

/// Bytes of a line of words.
const LINE_MAX: usize = 300;
/// Bytes of all words.
const WORDS_MAX: usize = 1_200;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// For example 250.
    pub code: u16,
    /// For example `2.0.0`; empty where there is none.
    pub enhanced: &'static str,
    /// What is said.
    pub words: String,
    /// Whether the connection ends with it.
    pub ends: bool,
}

impl Reply {
    /// An answer after which the session goes on.
    pub fn new(code: u16, enhanced: &'static str, words: impl AsRef<str>) -> Reply {
        Reply { code, enhanced, words: printable(words.as_ref(), WORDS_MAX), ends: false }
    }

    /// An answer that ends the session.
    pub fn end(code: u16, enhanced: &'static str, words: impl AsRef<str>) -> Reply {
        Reply { ends: true, ..Reply::new(code, enhanced, words) }
    }

    /// Appends the answer as it is sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        let (code, enhanced) = (self.code, self.enhanced);
        let gap = if enhanced.is_empty() { "" } else { " " };
        let mut lines = lines(&self.words);
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            out.extend_from_slice(format!("{code}-{enhanced}{gap}{line}\r\n").as_bytes());
        }
        out.extend_from_slice(format!("{code} {enhanced}{gap}{last}\r\n").as_bytes());
    }
}

/// A text as it can stand in an answer or in the journal: printable ASCII on one line.
pub fn printable(text: &str, bytes_max: usize) -> String {
    let plain = |c: char| match c {
        ' '..='~' => c,
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        c if c.is_whitespace() => ' ',
        _ => '?',
    };
    text.chars().map(plain).take(bytes_max).collect()
}

fn lines(words: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(last) if last.is_empty() => last.push_str(word),
            Some(last) if last.len() + word.len() < LINE_MAX => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_reply_whatever_it_says() {
        let mut out = Vec::new();
        Reply::new(550, "5.7.1", "no\r\n250 yes\u{85}“ü”").write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "550 5.7.1 no  250 yes \"?\"\r\n");
        let mut out = Vec::new();
        Reply::new(550, "5.6.0", "word ".repeat(100)).write(&mut out);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert!(lines.len() == 2 && lines[0].starts_with("550-5.6.0 word"), "{text}");
        assert!(lines[1].starts_with("550 5.6.0 word"));
    }
}
