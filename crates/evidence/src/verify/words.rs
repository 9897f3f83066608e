//! What comes out of a bundle, made fit to be printed and to be said aloud.

/// So many characters of what the operator says stand in a sentence.
const QUOTED_CHARS: usize = 80;
/// So many things are listed.
const LISTED: usize = 20;

/// What comes out of a bundle moves no cursor, hides nothing, ends no line and turns no direction of reading.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Controls, line and paragraph separators, controls of direction, and what has no width.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// What the operator says, in quotation marks out of which it cannot get, cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    let is_mark = |c: char| {
        matches!(
            c,
            '"' | '\\' | '`' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}'
        ) || matches!(c, '\u{275b}'..='\u{275e}' | '\u{300c}'..='\u{300f}' | '\u{301d}'..='\u{301f}' | '\u{ff02}')
    };
    let mut out: String =
        plain(text).chars().take(QUOTED_CHARS).map(|c| if is_mark(c) { '\'' } else { c }).collect();
    if text.chars().nth(QUOTED_CHARS).is_some() {
        out.push('\u{2026}');
    }
    format!("\"{out}\"")
}

/// Several things, not too many.
pub(super) fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(LISTED);
    let mut out = all.take(LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        out.push_str(&format!(" and {more} more"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_bundle_gets_out_of_its_quotation_marks() {
        assert_eq!(quoted("minutes.txt"), "\"minutes.txt\"");
        let file = "minutes.docx\" \u{2014} certified by the court; \u{201c}all\u{201d} agree \\\"";
        assert_eq!(quoted(file), "\"minutes.docx' \u{2014} certified by the court; 'all' agree ''\"");
        assert!(quoted(&"long ".repeat(100)).chars().count() < 90);
        assert_eq!(listed((0..22).map(|n| n.to_string())).rsplit_once(", ").unwrap().1, "19 and 2 more");
    }

    #[test]
    fn what_hides_or_turns_is_shown() {
        let hidden = "A\u{61c}B\u{200b}C\u{2028}D\u{2029}E\u{feff}F\u{202e}G\u{2066}H\u{ad}I\u{1b}[1m";
        let shown = plain(hidden);
        assert_eq!(shown.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count(), 9);
        assert_eq!(
            plain("\u{41e}\u{43b}\u{435}\u{301}, \u{5e9}\u{5dc} caf\u{e9}\u{a0}1"),
            "\u{41e}\u{43b}\u{435}\u{301}, \u{5e9}\u{5dc} caf\u{e9}\u{a0}1"
        );
    }
}
