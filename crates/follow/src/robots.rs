//! What a site asks of programs that read it: robots.txt (RFC 9309).
//!
//! A site says as much as it likes, so rules are kept as the text that they are and matched without being compiled:
//! what they take is in proportion to what was sent.

use std::time::Duration;

use url::{Position, Url};

/// The rules of one site for one program.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// The patterns of all rules, one after the other.
    patterns: String,
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

/// A rule: where its pattern ends, which begins where the one before ends, and whether it allows.
#[derive(Debug, Clone, Copy)]
struct Rule {
    end: usize,
    allows: bool,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
enum Field {
    Agent,
    Rule { allows: bool },
    Delay,
}

/// How `Disallow` is written by those who meant it (Google's list).
const DISALLOW: [&str; 6] = ["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"];

impl Rules {
    /// Rules that allow everything.
    pub fn none() -> Rules {
        Rules::default()
    }

    /// The rules for a program: those of all groups that name it, else those for everybody. What cannot be read asks
    /// for nothing.
    pub fn parse(user_agent: &str, text: &[u8]) -> Rules {
        let text = String::from_utf8_lossy(text);
        let own = product(user_agent);
        let is_named = lines(&text).any(|(field, value)| field == Field::Agent && product(value) == own);
        let wanted = if is_named { own } else { "*".into() };
        // A file that names nobody means everybody.
        let mut is_ours = !lines(&text).any(|(field, _)| field == Field::Agent);
        let (mut rules, mut is_heading, mut before) = (Rules::none(), false, None);
        let mut is_before_all = true;
        for (field, value) in lines(&text) {
            match field {
                Field::Agent => {
                    is_ours = product(value) == wanted || is_heading && is_ours;
                    (is_heading, is_before_all) = (true, false);
                    continue;
                }
                Field::Rule { allows } if is_ours => rules.add(value, allows),
                Field::Delay if is_ours => rules.delay = rules.delay.or_else(|| delay(value)),
                // Some say it once, before they name anybody.
                Field::Delay if is_before_all => before = delay(value),
                _ => {}
            }
            is_heading = false;
        }
        rules.delay = rules.delay.or(before);
        rules
    }

    fn add(&mut self, pattern: &str, allows: bool) {
        // An empty one matches nothing (RFC 9309, 2.2.2).
        if !pattern.is_empty() {
            push_normal(&mut self.patterns, pattern);
            self.rules.push(Rule { end: self.patterns.len(), allows });
        }
    }

    /// Whether an address may be read: what the longest pattern says that matches, and of equals the one that allows.
    pub fn allow(&self, url: &Url) -> bool {
        let mut path = String::new();
        push_normal(&mut path, &url[Position::BeforePath..Position::AfterQuery]);
        let mut longest = (0, true);
        let mut begin = 0;
        for Rule { end, allows } in &self.rules {
            let pattern = self.patterns.get(begin..*end).unwrap_or_default();
            begin = *end;
            if (pattern.len(), *allows) > longest && is_match(pattern, &path) {
                longest = (pattern.len(), *allows);
            }
        }
        longest.1
    }

    /// The time that the site wants between two requests.
    pub fn delay(&self) -> Option<Duration> {
        self.delay
    }

    /// What they take of the memory, about.
    pub fn bytes(&self) -> usize {
        size_of::<Rules>() + self.patterns.capacity() + self.rules.capacity() * size_of::<Rule>()
    }
}

/// The lines that say something, without their comments.
fn lines(text: &str) -> impl Iterator<Item = (Field, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split(['\n', '\r', '\0']).filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default().trim();
        let pair = |pair: Option<(&'_ str, &'_ str)>| pair.and_then(|(name, _)| field(name));
        // A blank stands for the colon where none is.
        let (colon, blank) = (line.split_once(':'), line.split_once(char::is_whitespace));
        let (field, parts) = match (pair(colon), pair(blank)) {
            (Some(field), _) => (field, colon),
            (None, field) => (field?, blank),
        };
        Some((field, parts?.1.trim()))
    })
}

fn field(name: &str) -> Option<Field> {
    let name: String = name.trim().chars().filter(|c| !matches!(c, ' ' | '-')).take(20).collect();
    match name.to_ascii_lowercase().as_str() {
        "useragent" => Some(Field::Agent),
        "allow" => Some(Field::Rule { allows: true }),
        "crawldelay" => Some(Field::Delay),
        name => DISALLOW.contains(&name).then_some(Field::Rule { allows: false }),
    }
}

/// The name of a program without its version, in lower case.
fn product(agent: &str) -> String {
    agent.split(['/', ' ', '\t']).next().unwrap_or_default().to_ascii_lowercase()
}

fn delay(value: &str) -> Option<Duration> {
    value.parse().ok().and_then(|seconds| Duration::try_from_secs_f32(seconds).ok())
}

/// Appends a path so that two ways to write one are the same: what need not be encoded is not, and the rest is
/// (RFC 9309, 2.2.2).
fn push_normal(to: &mut String, path: &str) {
    let digit = |at: usize| path.as_bytes().get(at).and_then(|byte| (*byte as char).to_digit(16));
    let mut at = 0;
    while let Some(&byte) = path.as_bytes().get(at) {
        let encoded = (byte == b'%').then(|| Some((digit(at + 1)? * 16 + digit(at + 2)?) as u8)).flatten();
        at += if encoded.is_some() { 3 } else { 1 };
        match encoded {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => to.push(byte as char),
            Some(byte) => push_encoded(to, byte),
            None if byte.is_ascii_graphic() && !b"\"<>`".contains(&byte) => to.push(byte as char),
            None => push_encoded(to, byte),
        }
    }
}

fn push_encoded(to: &mut String, byte: u8) {
    let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or_default().to_ascii_uppercase();
    to.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// Whether a path begins as a pattern says: `*` stands for anything, `$` at its end for the path's end. The pieces
/// between stars are taken where they come first, so that no pattern makes it go back.
fn is_match(pattern: &str, path: &str) -> bool {
    let (pattern, is_whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let (first, rest) = pattern.split_once('*').map_or((pattern, None), |(first, rest)| (first, Some(rest)));
    let Some(mut left) = path.strip_prefix(first) else { return false };
    let Some(rest) = rest else { return !is_whole || left.is_empty() };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    if is_whole { left.ends_with(last) } else { left.contains(last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Url {
        Url::parse("https://example.org").unwrap().join(path).unwrap()
    }

    #[test]
    fn rules_are_kept() {
        let text =
            b"User-agent: *\nDisallow: /private\nCrawl-delay: 3\n\nUser-agent: tellmark\nDisallow: /drafts\n";
        let rules = Rules::parse("tellmark/0.1 (+https://example.net)", text);
        assert!(rules.allow(&at("/private")) && !rules.allow(&at("/drafts/1")));
        let others = Rules::parse("other/1", text);
        assert!(!others.allow(&at("/private/x")) && others.allow(&at("/drafts/1")));
        assert_eq!(others.delay(), Some(Duration::from_secs(3)));
        assert!(Rules::none().allow(&at("/private")) && Rules::parse("x", b"\xff\0<html>").allow(&at("/")));
    }

    #[test]
    fn files_are_read_as_they_are_written() {
        let refuses = |text: &str, path: &str| !Rules::parse("tellmark/1", text.as_bytes()).allow(&at(path));
        // Nobody is named; byte order mark, comments, other ends of lines, capitals, slips.
        assert!(refuses("Disallow: /a", "/a"));
        assert!(refuses("\u{feff}USER-AGENT: Tellmark/2.0 # us\r\rdissallow /a # b", "/a/c"));
        assert!(refuses("user agent: x\nSitemap: /s\nuseragent: tellmark\nDisallow: /a:b", "/a:b"));
        // Several groups for one program are one; what follows a rule is another group.
        let groups = "User-agent: tellmark\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: tellmark\nDisallow: /c";
        assert!(refuses(groups, "/a") && !refuses(groups, "/b") && refuses(groups, "/c"));
        assert!(!refuses("User-agent: *\nDisallow:\nUser-agent: x\nDisallow: /", "/a"));
        assert!(!refuses("Disallow: /z\nUser-agent: *\nDisallow: /a", "/z"), "it is for nobody");
        let early =
            Rules::parse("tellmark", b"Crawl-delay: 2.5\nUser-agent: *\nDisallow: /a\nCrawl-delay: x");
        assert_eq!(early.delay(), Some(Duration::from_millis(2500)));
        assert_eq!(Rules::parse("x", b"Crawl-delay: -1").delay(), None);
    }

    #[test]
    fn the_longest_pattern_decides() {
        // The table of RFC 9309, 2.2.2 and 5.1, and of Google.
        let cases = [
            ("Allow: /p\nDisallow: /", "/page", true),
            ("Allow: /folder\nDisallow: /folder", "/folder/page", true),
            ("Allow: /page\nDisallow: /*.htm", "/page.htm", false),
            ("Allow: /$\nDisallow: /", "/", true),
            ("Allow: /$\nDisallow: /", "/page.htm", false),
            ("Disallow: /fish*.php", "/fishheads/catfish.php?parameters", false),
            ("Disallow: /fish*.php", "/Fish.PHP", true),
            ("Disallow: /*.php$", "/folder/filename.php", false),
            ("Disallow: /*.php$", "/filename.php?parameters", true),
            ("Disallow: /*.php$", "/a.php.php", false),
            ("Disallow: *", "/a", false),
            ("Disallow: /*/*a*b$", "/x/aab", false),
            ("Disallow: /*aa*aa$", "/aaa", true),
            ("Disallow: /a$b", "/a$bc", false),
            ("Disallow: /foo/bar?baz=*", "/foo/bar?baz=quz", false),
            ("Disallow: /\u{444}", "/%D1%84", false),
            ("Disallow: /%d1%84", "/\u{444}", false),
            ("Disallow: /%7Ejoe", "/~joe/", false),
            ("Disallow: /a%2fb", "/a/b", true),
        ];
        for (text, path, allows) in cases {
            assert_eq!(Rules::parse("x", text.as_bytes()).allow(&at(path)), allows, "{text}: {path}");
        }
    }

    #[test]
    fn rules_take_no_more_than_was_sent() {
        for line in ["Disallow:/$\n", "Disallow:/*a*b*c$\n", "Allow:/\u{444}\n"] {
            let text = line.repeat((511 << 10) / line.len());
            let rules = Rules::parse("tellmark", text.as_bytes());
            assert!(rules.bytes() < 3 << 20, "{line}: {}", rules.bytes());
            assert_eq!(rules.allow(&at("/")), line != "Disallow:/$\n");
        }
    }
}
