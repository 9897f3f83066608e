//! Where sentences begin and end.

use std::ops::Range;

/// Abbreviations after which a full stop ends no sentence.
const ABBREVIATIONS: [&str; 44] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "sen", "rep", "gen", "col", "lt", "gov", "hon", "no", "nos",
    "art", "arts", "para", "paras", "sec", "fig", "vol", "ch", "cf", "vs", "etc", "e.g", "i.e", "approx",
    "inc", "ltd", "co", "u.s", "u.n", "ст", "п", "ім", "вул", "див", "им", "ул", "стр", "рис", "табл",
];

/// The sentences of one block of text, without the spaces between them.
///
/// ```ignore
/// sentences("Mr. Vale came. He left.") // 0..14, 15..23
/// ```
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some(&(next, closing)) = chars.peek()
            && matches!(closing, '.' | '!' | '?' | '"' | '\'' | '”' | '’' | ')' | ']' | '»')
        {
            end = next + closing.len_utf8();
            chars.next();
        }
        if ends_sentence(text, at, c, end) {
            push(text, start..end, &mut found);
            start = end;
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let body = &text[range.clone()];
    let lead = body.len() - body.trim_start().len();
    let trimmed = range.start + lead..range.start + body.trim_end().len().max(lead);
    if !trimmed.is_empty() {
        found.push(trimmed);
    }
}

fn ends_sentence(text: &str, at: usize, c: char, end: usize) -> bool {
    let mut rest = text[end..].chars();
    if !rest.next().is_none_or(char::is_whitespace) {
        return false;
    }
    let next = text[end..].trim_start().chars().next();
    let begins = next.is_none_or(|n| {
        n.is_uppercase()
            || n.is_numeric()
            || matches!(n, '"' | '“' | '‘' | '\'' | '(' | '[' | '{' | '—' | '–')
    });
    begins && !(c == '.' && is_abbreviation(&text[..at], next))
}

fn is_abbreviation(before: &str, next: Option<char>) -> bool {
    let word =
        before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '“' | '"' | '[')).next().unwrap_or("");
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let lower = word.to_lowercase();
    initial || (ABBREVIATIONS.contains(&lower.as_str()) && next.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn abbreviations_and_quotes_do_not_confuse() {
        check("Mr. Vale came. He left.", &["Mr. Vale came.", "He left."]);
        check("She said: “We agree.” Nobody spoke!", &["She said: “We agree.”", "Nobody spoke!"]);
        check(
            "Art. 3 of the U.S. text; see J. Orr. Next?",
            &["Art. 3 of the U.S. text; see J. Orr.", "Next?"],
        );
        check("Згідно зі ст. 3 рада діє. Далі п. 5.", &["Згідно зі ст. 3 рада діє.", "Далі п. 5."]);
        check("A rate of 3.5 percent. ", &["A rate of 3.5 percent."]);
        check("", &[]);
        check("no end", &["no end"]);
    }
}
