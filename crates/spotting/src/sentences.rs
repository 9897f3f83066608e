//! Sentences: the pieces of a text that are compared.

use std::ops::Range;

use crate::words::Word;

/// Words after which a sentence ends at the latest: lists and lost full stops.
const WORDS_MAX: usize = 45;
/// Words before which a full stop ends no sentence: initials, numbers, "No."
const WORDS_MIN: usize = 4;
/// Bytes between two words that are searched for a mark.
const GAP_BYTES_MAX: usize = 64;

/// Cuts the words of a text into sentences; each is a range of words, and none is empty.
pub(crate) fn sentences(text: &str, words: &[Word], found: &mut Vec<Range<u32>>) {
    found.clear();
    let mut start = 0;
    for at in 1..=words.len() {
        let length = at - start;
        if at == words.len() || length >= WORDS_MAX || (length >= WORDS_MIN && ends(text, words, at)) {
            found.push(start as u32..at as u32);
            start = at;
        }
    }
}

/// Whether a sentence ends between a word and the one before.
fn ends(text: &str, words: &[Word], at: usize) -> bool {
    let bytes = text.as_bytes();
    let gap = &bytes[words[at - 1].end as usize..words[at].start as usize];
    if gap.len() < 2 {
        return false;
    }
    let gap = &gap[..gap.len().min(GAP_BYTES_MAX)];
    let is_mark = |i: usize| match gap[i] {
        b'.' | b'!' | b'?' => true,
        b'\n' => gap[i + 1..].iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'>')) == Some(&b'\n'),
        // The ideographic full stop and its relatives.
        0xe3 => gap[i..].starts_with("。".as_bytes()),
        0xef => gap[i..].starts_with("！".as_bytes()) || gap[i..].starts_with("？".as_bytes()),
        _ => false,
    };
    (0..gap.len()).any(is_mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn check(text: &str, expected: &[u32]) {
        let mut found = Vec::new();
        sentences(text, &words(text), &mut found);
        let ends: Vec<u32> = found.iter().map(|sentence| sentence.end).collect();
        assert_eq!(ends, expected, "{text}");
    }

    #[test]
    fn sentences_end_at_marks_and_blank_lines() {
        check("The chair of Quellin spoke. Nobody answered him at all!", &[5, 10]);
        check("A heading of four words\n\nand the text below", &[5, 9]);
        check("wrapped in the middle\nof a sentence", &[7]);
        check("Mr. J. Harrow of Tolmouth left.", &[6]);
        check("", &[]);
        check(&"word ".repeat(100), &[45, 90, 100]);
    }
}
