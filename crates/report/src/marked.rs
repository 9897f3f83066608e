//! Text with marked passages, from byte ranges that nobody has checked.

use std::ops::Range;

use crate::html::Html;

/// The smallest range on whole characters of the text that holds a range.
pub(crate) fn on_chars(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    let end = text.ceil_char_boundary(range.end.max(range.start));
    start..end
}

/// Writes the text of a window, each marked passage by `mark`. The passages are ordered by their start; one
/// that overlaps the one before loses the part in common.
pub(crate) fn write<T>(
    h: &mut Html,
    text: &str,
    window: &Range<usize>,
    marks: &[(Range<usize>, T)],
    mut mark: impl FnMut(&mut Html, &str, &T),
) {
    let window = on_chars(text, window);
    let mut at = window.start;
    for (range, what) in marks {
        let range = on_chars(text, range);
        let (start, end) = (range.start.max(at), range.end.min(window.end));
        if range.start < window.start || start > end {
            continue;
        }
        h.text(&text[at..start]);
        mark(h, &text[start..end], what);
        at = end;
    }
    h.text(&text[at..window.end]);
}

/// The parts of a text that lie within `around` bytes of a mark, in order, merged where they meet; the whole
/// text when it has at most `whole` bytes.
pub(crate) fn windows<T>(
    text: &str,
    marks: &[(Range<usize>, T)],
    around: usize,
    whole: usize,
) -> Vec<Range<usize>> {
    if text.len() <= whole {
        return vec![0..text.len()];
    }
    let mut windows: Vec<Range<usize>> = Vec::new();
    for (range, _) in marks {
        let range = on_chars(text, range);
        let window = word_start(text, range.start.saturating_sub(around))
            ..word_end(text, range.end.saturating_add(around).min(text.len()));
        match windows.last_mut().filter(|last| window.start <= last.end) {
            Some(last) => last.end = last.end.max(window.end),
            None => windows.push(window),
        }
    }
    windows
}

/// Bytes that a window is moved by at most so as not to cut a word.
const WORD_BYTES_MAX: usize = 40;

fn word_start(text: &str, byte: usize) -> usize {
    let byte = text.floor_char_boundary(byte);
    let near = text.floor_char_boundary(byte.saturating_sub(WORD_BYTES_MAX));
    text[near..byte].rfind(char::is_whitespace).map_or(byte, |at| text.ceil_char_boundary(near + at + 1))
}

fn word_end(text: &str, byte: usize) -> usize {
    let byte = text.ceil_char_boundary(byte);
    let near = text.ceil_char_boundary(byte.saturating_add(WORD_BYTES_MAX));
    text[byte..near].find(char::is_whitespace).map_or(byte, |at| byte + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str, window: Range<usize>, marks: &[Range<usize>]) -> String {
        let marks: Vec<_> = marks.iter().map(|range| (range.clone(), ())).collect();
        let mut h = Html::default();
        write(&mut h, text, &window, &marks, |h, words, ()| _ = h.text("[").text(words).text("]"));
        h.into_string()
    }

    #[test]
    fn marks_are_written_where_they_stand() {
        let reversed = Range { start: 4, end: 1 };
        let cases = [
            (vec![0..1, 2..3], "[a]b[c]d"),
            (vec![1..1], "a[]bcd"),
            (vec![0..3, 1..4], "[abc][d]"),
            (vec![0..4, 1..2], "[abcd]"),
            (vec![3..900], "abc[d]"),
            (vec![900..901], "abcd[]"),
            (vec![reversed], "abcd[]"),
        ];
        for (marks, expected) in cases {
            assert_eq!(shown("abcd", 0..4, &marks), expected, "{marks:?}");
        }
        assert_eq!(shown("aéb", 0..4, &[2..2]), "a[é]b");
    }

    #[test]
    fn a_long_text_is_shown_around_its_marks_in_whole_words() {
        let text = "alpha beta gamma delta epsilon zeta eta theta";
        let windows = windows(text, &[(11..16, ()), (17..22, ()), (40..45, ())], 2, 10);
        let words: Vec<&str> = windows.into_iter().map(|w| &text[w]).collect();
        assert_eq!(words, ["beta gamma delta epsilon", "eta theta"]);
    }

    proptest! {
        #[test]
        fn any_ranges_keep_all_of_the_text(
            text in "[aé\u{1F600} ]{0,60}",
            mut marks in prop::collection::vec((0_usize..150, 0_usize..150), 0..12),
        ) {
            marks.sort_unstable();
            let marks: Vec<_> = marks.into_iter().map(|(start, end)| (Range { start, end }, ())).collect();
            let mut h = Html::default();
            let mut whole = 0;
            for window in windows(&text, &marks, 5, 20) {
                prop_assert!(window.start >= whole && text.get(window.clone()).is_some());
                whole = window.end;
                write(&mut h, &text, &window, &marks, |h, words, ()| _ = h.text(words));
            }
            let out = h.into_string();
            prop_assert!(out.len() <= text.len());
            prop_assert!(text.len() > 20 || out == text);
        }
    }
}
