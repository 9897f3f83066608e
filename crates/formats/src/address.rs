//! Web and mail addresses in running text: no rule of a language may touch them.

use std::ops::Range;

use tellmark_core::{BlockKind, Prose};

const STARTS: [&str; 6] = ["http://", "https://", "ftp://", "mailto:", "www.", "file://"];

/// Freezes the addresses in all blocks, except inside the author's own `{a|b}`.
pub(crate) fn freeze_addresses(prose: &mut Prose) {
    for block in &prose.blocks {
        if block.kind != BlockKind::Code {
            let text = &prose.text[block.range.clone()];
            let found = addresses(text).into_iter();
            prose.frozen.extend(found.map(|r| r.start + block.range.start..r.end + block.range.start));
        }
    }
    // In order and without overlap: a link may hold an address.
    prose.frozen.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in prose.frozen.drain(..) {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    prose.frozen = joined;
}

fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut choices = choices(text).into_iter().peekable();
    let mut start = 0;
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '{' | '|' | '}' | '(' | ')');
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if !is_edge(c) {
            continue;
        }
        while choices.next_if(|choice| choice.end <= start).is_some() {}
        let chosen = choices.peek().is_some_and(|choice| choice.start < at);
        if !chosen && is_address(&text[start..at]) {
            let length =
                text[start..at].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', ']']).len();
            found.push(start..start + length);
        }
        start = at + c.len_utf8();
    }
    found
}

/// What the author marked as `{a|b}`: braces with a bar that close. Braces that are mere text hide no address.
fn choices(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {}
            '{' => open = Some((at, false)),
            '|' => open = open.map(|(start, _)| (start, true)),
            '}' => {
                found.extend(open.take().filter(|(_, bar)| *bar).map(|(start, _)| start..at + 1));
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    found
}

fn is_address(token: &str) -> bool {
    let starts = |prefix: &&str| token.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(prefix));
    if STARTS.iter().any(starts) {
        return true;
    }
    let Some((local, domain)) = token.split_once('@') else { return false };
    !local.is_empty() && domain.contains('.') && domain.starts_with(|c: char| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_without_their_punctuation() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<_> = addresses(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("See https://example.org/a?b=c, please.", &["https://example.org/a?b=c"]);
        check("Write to clerk@example.org.", &["clerk@example.org"]);
        check("(www.example.org)", &["www.example.org"]);
        check("{see http://a.example|see http://b.example} http://c.example", &["http://c.example"]);
        check("{see http://a.example or} { http://b.example", &["http://a.example", "http://b.example"]);
        check("at 5 o'clock @ the bar, and/or so", &[]);
        check("é@ and @x.y", &[]);
    }
}
