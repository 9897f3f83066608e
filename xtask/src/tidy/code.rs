//! Rust source without its comments and literals, so that a check meets code only.

/// The source with comments and the insides of string and character literals blanked; line ends stay.
pub fn code_of(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = literal_or_comment(rest, out.chars().next_back());
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// Bytes of the comment or literal at the start of a text; 0 when code stands there.
fn literal_or_comment(text: &str, before: Option<char>) -> usize {
    let in_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |end| end + 2);
    }
    if text.starts_with('"') {
        return string_length(text);
    }
    if text.starts_with('r') && !in_name {
        let hashes = text[1..].bytes().take_while(|b| *b == b'#').count();
        let open = format!("r{}\"", "#".repeat(hashes));
        let close = format!("\"{}", "#".repeat(hashes));
        if text.starts_with(&open) {
            let end = text[open.len()..].find(&close);
            return end.map_or(text.len(), |end| open.len() + end + close.len());
        }
    }
    if text.starts_with('\'') { character_length(text) } else { 0 }
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character literal's length; 0 for a lifetime.
fn character_length(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(0, |end| end + 4),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// The 1-based numbers of lines on which a word stands by itself.
pub fn lines_with_word(code: &str, word: &str) -> Vec<usize> {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let alone = |line: &str| {
        line.match_indices(word)
            .any(|(at, _)| !line[..at].ends_with(in_name) && !line[at + word.len()..].starts_with(in_name))
    };
    code.lines().enumerate().filter(|(_, line)| alone(line)).map(|(i, _)| i + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let rows = [
            ("a // unsafe\nb", "a          \nb"),
            ("x(\"uns\\\"afe\") + 'u' + '\\n'", "x(          ) +     +     "),
            ("r#\"a \"b\" c\"# /* d */ e", "                     e"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("for\"x\"", "for   "),
        ];
        for (source, expected) in rows {
            let found = code_of(source);
            assert_eq!(found.trim_end(), expected.trim_end(), "{source}");
        }
    }

    #[test]
    fn words_stand_alone() {
        assert_eq!(lines_with_word("unsafe {\nunsafe_code\nx unsafe", "unsafe"), [1, 3]);
    }
}
