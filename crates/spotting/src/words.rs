//! The words of a text, folded so that retyping and re-wrapping leave them alone.
//!
//! A word is a run of letters and digits with apostrophes inside. Its fold is NFKC in lower case, with
//! straight apostrophes, without soft hyphens and zero-width characters, and with a hyphen at a line's end
//! removed together with the line break and what an email puts at the start of the next line. Scripts that
//! write no spaces are cut by the Unicode word boundaries instead.

use tellmark_core::limits;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::markup;

/// A word: where it stands and a hash of its fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// First byte in the text.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// Hash of the fold.
    pub hash: u64,
}

impl Word {
    /// The word's bytes in its text.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The words of a text in order. What lies beyond [`limits::TEXT_BYTES_MAX`] is not looked at.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::with_capacity(text.len() / 6);
    words_into(text, &mut found);
    found
}

/// The same into a list whose memory is used again.
pub(crate) fn words_into(text: &str, found: &mut Vec<Word>) {
    let text = &text[..text.floor_char_boundary(limits::TEXT_BYTES_MAX)];
    found.clear();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_alphanumeric() {
            at = take(text, at, found);
        } else if byte < 0x80 {
            at += markup::skip(&bytes[at..]).max(1);
        } else {
            let c = char_at(text, at);
            at = if is_word(c) { take(text, at, found) } else { at + c.len_utf8() };
        }
    }
}

/// The letters of a word's fold.
pub(crate) fn fold(text: &str, word: &Word) -> Vec<char> {
    let raw = &text[word.range()];
    if let Some(letters) = plain_fold(raw) {
        return letters.collect();
    }
    let mut letters = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(step) = Step::at(raw, at) {
        letters.extend(step.letter);
        at = step.next;
    }
    normal(letters.into_iter())
}

/// The same of a word of ASCII's letters and digits alone, without a list.
pub(crate) fn plain_fold(raw: &str) -> Option<impl Iterator<Item = char>> {
    let is_plain = raw.bytes().all(|b| b.is_ascii_alphanumeric());
    is_plain.then(|| raw.bytes().map(|b| b.to_ascii_lowercase() as char))
}

fn normal(letters: impl Iterator<Item = char>) -> Vec<char> {
    letters.nfkc().flat_map(char::to_lowercase).collect()
}

/// What the scanner does with the next piece of a word.
struct Step {
    letter: Option<char>,
    next: usize,
}

impl Step {
    /// The piece at a byte of a text, if the word goes on there.
    fn at(text: &str, at: usize) -> Option<Step> {
        let bytes = text.as_bytes();
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            return Some(Step { letter: Some(byte as char), next: at + 1 });
        }
        match byte {
            b'\'' => apostrophe(text, at + 1),
            b'-' => broken_line(text, at + 1),
            b'&' => match markup::entity(&bytes[at..]) {
                Some((markup::Entity::Apostrophe, length)) => apostrophe(text, at + length),
                Some((markup::Entity::Nothing, length)) => Some(Step { letter: None, next: at + length }),
                _ => None,
            },
            0..0x80 => None,
            _ => Step::beyond_ascii(text, at),
        }
    }

    fn beyond_ascii(text: &str, at: usize) -> Option<Step> {
        let c = char_at(text, at);
        let next = at + c.len_utf8();
        match c {
            '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{ff07}' => apostrophe(text, next),
            '\u{00ad}' | '\u{2010}' => {
                broken_line(text, next).or((c == '\u{ad}').then_some(Step { letter: None, next }))
            }
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => Some(Step { letter: None, next }),
            _ => is_word(c).then_some(Step { letter: Some(c), next }),
        }
    }
}

fn apostrophe(text: &str, next: usize) -> Option<Step> {
    let follows = text[next..].chars().next().is_some_and(char::is_alphanumeric);
    follows.then_some(Step { letter: Some('\''), next })
}

/// After a hyphen: the next line's first letter, if a lower-case word goes on there.
fn broken_line(text: &str, after: usize) -> Option<Step> {
    let rest = &text[after..];
    let blank = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    if rest.as_bytes().get(blank) != Some(&b'\n') {
        return None;
    }
    let lead = rest[blank + 1..].bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'>' | b'|')).count();
    let next = after + blank + 1 + lead;
    text[next..].chars().next().is_some_and(char::is_lowercase).then_some(Step { letter: None, next })
}

/// Takes the word that starts at a byte and returns the byte after it.
fn take(text: &str, start: usize, found: &mut Vec<Word>) -> usize {
    let bytes = text.as_bytes();
    let mut hasher = Hasher::default();
    let mut at = start;
    while let Some(b) = bytes.get(at).filter(|b| b.is_ascii_alphanumeric()) {
        hasher.push(b.to_ascii_lowercase());
        at += 1;
    }
    // Most words end here; the others are scanned piece by piece.
    if bytes.get(at).is_none_or(|&b| b < 0x80 && !matches!(b, b'\'' | b'-' | b'&')) {
        found.push(Word { start: start as u32, end: at as u32, hash: hasher.finish() });
        return at;
    }
    take_slowly(text, start, found)
}

fn take_slowly(text: &str, start: usize, found: &mut Vec<Word>) -> usize {
    let mut letters: Vec<char> = Vec::new();
    let mut at = start;
    while let Some(step) = Step::at(text, at) {
        letters.extend(step.letter);
        at = step.next;
    }
    if at == start {
        // Never reached, and never a reason to stand still.
        return start + char_at(text, start).len_utf8();
    }
    if letters.iter().any(|&c| is_unspaced(c)) {
        take_unspaced(text, start..at, found);
        return at;
    }
    let hash = match letters.iter().all(char::is_ascii) {
        true => hash(letters.iter().map(char::to_ascii_lowercase)),
        false => hash(normal(letters.into_iter())),
    };
    found.push(Word { start: start as u32, end: at as u32, hash });
    at
}

fn take_unspaced(text: &str, range: std::ops::Range<usize>, found: &mut Vec<Word>) {
    for (offset, word) in text[range.clone()].unicode_word_indices() {
        let start = range.start + offset;
        let hash = hash(normal(word.chars()));
        found.push(Word { start: start as u32, end: (start + word.len()) as u32, hash });
    }
}

fn char_at(text: &str, at: usize) -> char {
    text[at..].chars().next().unwrap_or('\u{fffd}')
}

fn is_word(c: char) -> bool {
    // The modifier letter apostrophe is an apostrophe: alone it is no word.
    (c.is_alphanumeric() && c != '\u{02bc}') || matches!(c, '\u{0300}'..='\u{036f}')
}

/// Scripts without spaces between words: a run of their letters is no word.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{a4cf}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}')
}

pub(crate) fn hash(letters: impl IntoIterator<Item = char>) -> u64 {
    let mut hasher = Hasher::default();
    for c in letters {
        let mut buffer = [0; 4];
        c.encode_utf8(&mut buffer).bytes().for_each(|b| hasher.push(b));
    }
    hasher.finish()
}

/// FNV-1a with a final mix: hashes are compared as wholes and cut into keys.
struct Hasher(u64);

impl Default for Hasher {
    fn default() -> Hasher {
        Hasher(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher {
    fn push(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    fn finish(self) -> u64 {
        mix(self.0)
    }
}

/// A bijection of 64 bits whose every output bit depends on every input bit (SplitMix64's finish).
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = words(text);
        let folds: Vec<String> = found.iter().map(|w| fold(text, w).into_iter().collect()).collect();
        assert_eq!(folds, expected, "{text:?}");
        for (word, fold) in found.iter().zip(&folds) {
            assert_eq!(word.hash, hash(fold.chars()), "{text:?} {fold:?}");
        }
    }

    #[test]
    fn words_are_cut_and_folded() {
        check("The envoys' “Plan B” — don’t!", &["the", "envoys", "plan", "b", "don't"]);
        check("nego-\ntiation and nego\u{ad}tiation", &["negotiation", "and", "negotiation"]);
        check("> > nego-  \r\n> > tiation", &["negotiation"]);
        check("well-known re-\nEntry", &["well", "known", "re", "entry"]);
        check("ﬁve CAFE\u{301} Ünder", &["five", "café", "ünder"]);
        check("don&rsquo;t&nbsp;go <br/>now a<b", &["don't", "go", "now", "a", "b"]);
        check("zero\u{200b}width", &["zerowidth"]);
        check("条約 of 1994", &["条", "約", "of", "1994"]);
        check("", &[]);
        check("' - & <", &[]);
    }

    #[test]
    fn every_character_is_passed() {
        for c in '\0'..=char::MAX {
            let text = format!("{c} {c}a a{c}a a{c}");
            let found = words(&text);
            assert!(found.len() <= 8, "{c:?}: {found:?}");
            assert!(found.iter().all(|word| word.start < word.end), "{c:?}: {found:?}");
        }
    }

    #[test]
    fn ranges_cover_both_pieces_of_a_broken_word() {
        let text = "a nego-\ntiation.";
        assert_eq!(&text[words(text)[1].range()], "nego-\ntiation");
    }
}
