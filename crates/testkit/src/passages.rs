//! Paragraphs and sentences, as a person who cuts a text would see them.

use std::ops::Range;

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] =
    &["Mr", "Ms", "Mrs", "Dr", "No", "Nos", "St", "vs", "cf", "para", "Art", "Gov"];

/// The paragraphs of a text: parted by blank lines, without the line ends around them.
pub fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = None;
    let mut end = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            found.extend(start.take().map(|from: usize| &text[from..end]));
        } else {
            start.get_or_insert(at);
            end = at + line.trim_end().len();
        }
        at += line.len();
    }
    found.extend(start.map(|from| &text[from..end]));
    found
}

/// The sentences of a text, each with its closing marks, without the white space between them.
///
/// A blank line ends a sentence as well. Abbreviations such as "Ms." and single letters do not.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let base = text.as_ptr() as usize;
    let start_of = |part: &str| part.as_ptr() as usize - base;
    paragraphs(text).into_iter().flat_map(|p| sentences_of_paragraph(text, start_of(p), p.len())).collect()
}

fn sentences_of_paragraph(text: &str, from: usize, length: usize) -> Vec<Range<usize>> {
    let paragraph = &text[from..from + length];
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = paragraph.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '?' | '!') || (c == '.' && is_abbreviation(&paragraph[..at])) {
            continue;
        }
        let mut end = at + 1;
        while let Some((_, mark)) = chars.next_if(|(_, c)| "'\"’”)*.".contains(*c)) {
            end += mark.len_utf8();
        }
        let rest = &paragraph[end..];
        let next = rest.trim_start();
        let opens = |c: char| c.is_uppercase() || c.is_numeric() || "'\"‘“(*[{".contains(c);
        if rest.len() != next.len() && next.chars().next().is_some_and(opens) {
            found.push(from + start..from + end);
            start = end + rest.len() - next.len();
        }
    }
    if start < length {
        found.push(from + start..from + length);
    }
    found
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    ABBREVIATIONS.contains(&word) || (word.chars().count() == 1 && word.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        let text =
            "Ms. Vantz agreed. \"Very well.\" Then (at 3.5 percent)\nthey met! J. Rowe left.\n\nNew one";
        let found: Vec<_> = sentences(text).into_iter().map(|range| &text[range]).collect();
        let expected = [
            "Ms. Vantz agreed.",
            "\"Very well.\"",
            "Then (at 3.5 percent)\nthey met!",
            "J. Rowe left.",
            "New one",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn paragraphs_are_parted_by_blank_lines() {
        assert_eq!(paragraphs("\n\na\nb\n \r\n c\r\n"), ["a\nb", " c"]);
        assert!(paragraphs("").is_empty());
        assert!(sentences(" \n").is_empty());
    }
}
