//! Characters as the comparison sees them: what a way of retyping changes at will is made equal.

use super::medium::Medium;
use unicode_normalization::UnicodeNormalization;

/// Every dash, where the exhibit cannot show which.
pub(super) const DASH: char = '\u{2014}';
/// Double quotation marks of the English kind, where the exhibit can show that they are no straight ones.
pub(super) const CURLY: char = '\u{201c}';
/// A line's end behind a dash: white space, or nothing.
pub(super) const LINE: char = '\n';
/// A hyphen at a line's end: a hyphen, or nothing.
pub(super) const SOFT_BREAK: char = '\u{ad}';

/// A folded character and the bytes that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub c: char,
    pub start: usize,
    pub end: usize,
}

/// Folds a text. White space becomes one space, single quotation marks straight and double ones of one kind equal, an
/// ellipsis three points; leftovers of markup and email quoting go; compatibility forms are resolved. Where the
/// exhibit is in ASCII, all quotation marks become straight, dashes become one and lose the space around them, and
/// letters their accents; where it lost case, letters are small.
pub(super) fn fold(text: &str, medium: Medium) -> Vec<Symbol> {
    let mut folder = Folder { medium, out: Vec::with_capacity(text.len()) };
    let mut at = 0;
    while at < text.len() {
        at = folder.step(text, at);
    }
    if medium.ascii { merge_dashes(folder.out) } else { folder.out }
}

/// Only the characters.
pub(super) fn folded(text: &str, medium: Medium) -> Vec<char> {
    fold(text, medium).into_iter().map(|symbol| symbol.c).collect()
}

struct Folder {
    medium: Medium,
    out: Vec<Symbol>,
}

impl Folder {
    fn step(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return text.len() };
        let next = at + c.len_utf8();
        match c {
            '-' | '\u{2010}' | '\u{ad}' if self.after_letter() => {
                if let Some(length) = line_break(&text[next..]) {
                    self.push(SOFT_BREAK, at, next + length);
                    return next + length;
                }
                if c != '\u{ad}' {
                    self.push('-', at, next);
                }
            }
            '&' => {
                if let Some((c, length)) = entity(rest) {
                    self.character(c, at, at + length);
                    return at + length;
                }
                self.push('&', at, next);
            }
            '<' => {
                let length = tag(rest);
                if length > 0 {
                    return at + length;
                }
                self.push('<', at, next);
            }
            '\n' => {
                let end = next + quoting(&text[next..]);
                self.character('\n', at, end);
                return end;
            }
            _ => self.character(c, at, next),
        }
        next
    }

    fn character(&mut self, c: char, start: usize, end: usize) {
        match c {
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => {}
            '\n' | '\r' | '\u{2028}' if self.out.last().is_some_and(|last| is_long_dash(last.c)) => {
                self.push(LINE, start, end);
            }
            c if c.is_whitespace() => {
                if self.out.last().is_none_or(|last| !matches!(last.c, ' ' | LINE)) {
                    self.push(' ', start, end);
                }
            }
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '`' | '\u{b4}' | '\u{2032}' | '\u{2bc}' => {
                self.quote(start, end);
            }
            '\'' => self.quote(start, end),
            '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' if self.medium.ascii => {
                self.push('"', start, end);
            }
            '\u{201c}'..='\u{201f}' | '\u{2033}' => self.push(CURLY, start, end),
            '\u{ab}' | '\u{bb}' => self.push(c, start, end),
            '\u{2010}' | '\u{2011}' => self.push('-', start, end),
            '\u{2012}' => self.push('\u{2013}', start, end),
            '\u{2015}' => self.push(DASH, start, end),
            c if c.is_ascii() => self.letter(c, start, end),
            c => self.beyond_ascii(c, start, end),
        }
    }

    /// Two single marks side by side are a double one.
    fn quote(&mut self, start: usize, end: usize) {
        match self.out.last_mut() {
            Some(last) if last.c == '\'' && last.end == start => (last.c, last.end) = ('"', end),
            _ => self.push('\'', start, end),
        }
    }

    fn beyond_ascii(&mut self, c: char, start: usize, end: usize) {
        let one = std::iter::once(c);
        // A letter of another script is no accented one: й is not и.
        if self.medium.ascii && !('\u{400}'..='\u{52f}').contains(&c) {
            one.nfkd()
                .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
                .for_each(|c| self.letter(c, start, end));
        } else {
            one.nfkc().for_each(|c| self.letter(c, start, end));
        }
    }

    fn letter(&mut self, c: char, start: usize, end: usize) {
        if self.medium.caseless {
            c.to_lowercase().for_each(|c| self.push(c, start, end));
        } else {
            self.push(c, start, end);
        }
    }

    fn push(&mut self, c: char, start: usize, end: usize) {
        self.out.push(Symbol { c, start, end });
    }

    fn after_letter(&self) -> bool {
        self.out.last().is_some_and(|last| last.c.is_alphanumeric())
    }
}

fn is_long_dash(c: char) -> bool {
    matches!(c, DASH | '\u{2013}')
}

/// Bytes of blanks, a line's end and what stands before the next line's first letter.
fn line_break(rest: &str) -> Option<usize> {
    let blank = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    rest[blank..].starts_with('\n').then(|| blank + 1 + quoting(&rest[blank + 1..]))
}

/// Bytes of an email's quoting and of white space at the start of a line.
fn quoting(line: &str) -> usize {
    line.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'>' | b'|')).count()
}

fn entity(rest: &str) -> Option<(char, usize)> {
    let length = rest.bytes().take(10).position(|b| b == b';')?;
    let c = match &rest[1..length] {
        "nbsp" => ' ',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "ldquo" | "rdquo" => CURLY,
        "laquo" => '«',
        "raquo" => '»',
        "apos" | "lsquo" | "rsquo" => '\'',
        "ndash" => '\u{2013}',
        "mdash" => '\u{2014}',
        "hellip" => '\u{2026}',
        "shy" => '\u{ad}',
        name => char::from_u32(match name.strip_prefix("#x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => name.strip_prefix('#')?.parse().ok()?,
        })?,
    };
    Some((c, length + 1))
}

/// Length of a tag at the start, or 0.
fn tag(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let name = if bytes.get(1) == Some(&b'/') { 2 } else { 1 };
    if !bytes.get(name).is_some_and(u8::is_ascii_alphabetic) {
        return 0;
    }
    let inside = &bytes[1..bytes.len().min(300)];
    match inside.iter().position(|b| matches!(b, b'<' | b'>')) {
        Some(end) if inside[end] == b'>' => end + 2,
        _ => 0,
    }
}

/// Makes every dash, two or three hyphens, and a hyphen between spaces one [`DASH`] without space around it.
fn merge_dashes(symbols: Vec<Symbol>) -> Vec<Symbol> {
    let mut out: Vec<Symbol> = Vec::with_capacity(symbols.len());
    let mut at = 0;
    while at < symbols.len() {
        let run = symbols[at..].iter().take_while(|s| s.c == '-' || is_long_dash(s.c)).count();
        let spaced =
            |i: Option<usize>| i.and_then(|i| symbols.get(i)).is_some_and(|s| matches!(s.c, ' ' | LINE));
        let alone = run == 1 && symbols[at].c == '-';
        if run == 0 || (alone && !(spaced(at.checked_sub(1)) && spaced(Some(at + 1)))) {
            out.push(symbols[at]);
            at += 1;
            continue;
        }
        while out.last().is_some_and(|last| last.c == ' ') {
            out.pop();
        }
        let end = at + run;
        out.push(Symbol { c: DASH, start: symbols[at].start, end: symbols[end - 1].end });
        at = end + symbols[end..].iter().take_while(|s| matches!(s.c, ' ' | LINE)).count();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, ascii: bool, caseless: bool, expected: &str) {
        let symbols = fold(text, Medium { ascii, caseless });
        let shown: String = symbols.iter().map(|symbol| symbol.c).collect();
        assert_eq!(shown, expected, "{text:?}");
        assert!(symbols.iter().all(|s| text.get(s.start..s.end).is_some()), "{text:?}");
    }

    #[test]
    fn what_retyping_changes_is_made_equal() {
        check("“It’s  so…”", false, false, "“It's so...“");
        check("“It’s  so…” «So» \"so\"", true, false, "\"It's so...\" \"So\" \"so\"");
        check("«So» &laquo;so&raquo; \"so\"", false, false, "«So» «so» \"so\"");
        check("nego-\n> tiation", false, false, "nego\u{ad}tiation");
        check("a\r\n> > b\tc\u{a0}d", false, false, "a b c d");
        check("x&nbsp;y &amp; <b>z</b> a<b", false, false, "x y & z a<b");
        check("one — two--three - four re-do", true, false, "one—two—three—four re-do");
        check("one — two", false, false, "one — two");
        check("one—\ntwo", false, false, "one—\ntwo");
        check("Café ﬁve", true, true, "cafe five");
        check("Їй Ёлка", true, true, "їй ёлка");
        check("``so''", false, false, "\"so\"");
        check("&#8217;&#x2014;&#99999999;", false, false, "'—&#99999999;");
    }
}
