//! The one door through which text reaches a document.

use std::fmt::Write;

/// Where the text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// In an element that may hold others.
    Html,
    /// In an attribute, the title or SVG: nothing but characters.
    Plain,
}

/// Accents in a row on one letter that a reader may need; more of them paint over the neighbouring lines.
const ACCENTS_MAX: usize = 3;

/// Appends text so that it is shown and nothing else: markup loses its meaning, and what a reader could not
/// see, or what would reorder or cover other text, becomes its code point.
pub(super) fn escape(out: &mut String, text: &str, context: Context) {
    let mut accents = 0;
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied();
        accents = if is_accent(c) { accents + 1 } else { 0 };
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            '\r' if after == Some('\n') => {}
            '\r' => out.push('\n'),
            '\u{200C}' | '\u{200D}' if joins(before, after) => out.push(c),
            _ if is_hidden(c) || accents > ACCENTS_MAX => show(out, c, context),
            _ => out.push(c),
        }
        before = Some(c);
    }
}

fn show(out: &mut String, c: char, context: Context) {
    let code = u32::from(c);
    // Writing to a string cannot fail.
    _ = match context {
        Context::Html => write!(out, "<span class=\"cp\">U+{code:04X}</span>"),
        Context::Plain => write!(out, "\u{27E8}U+{code:04X}\u{27E9}"),
    };
}

/// Whether a joiner stands where scripts and emoji need one: between two characters that are no ASCII.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let needs = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !is_hidden(c));
    needs(before) && needs(after)
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}'
            | '\u{E000}'..='\u{F8FF}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, context: Context) -> String {
        let mut out = String::new();
        escape(&mut out, text, context);
        out
    }

    #[test]
    fn markup_and_what_cannot_be_seen_are_shown() {
        let cases = [
            ("</style><script>", "&lt;/style&gt;&lt;script&gt;"),
            ("\"a\" & 'b'", "&quot;a&quot; &amp; &#39;b&#39;"),
            ("a\u{202E}b", "a⟨U+202E⟩b"),
            ("\u{0}\u{1B}[2J", "⟨U+0000⟩⟨U+001B⟩[2J"),
            ("a\r\nb\rc\td", "a\nb\nc\td"),
            ("r1\u{200D}7", "r1⟨U+200D⟩7"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"),
            ("e\u{301}", "e\u{301}"),
            ("\u{E0041}", "⟨U+E0041⟩"),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text, Context::Plain), expected, "{text:?}");
        }
        assert_eq!(escaped("\u{202E}", Context::Html), "<span class=\"cp\">U+202E</span>");
    }

    #[test]
    fn a_pile_of_accents_is_taken_down() {
        let pile = format!("a{}", "\u{301}".repeat(50));
        assert_eq!(escaped(&pile, Context::Plain).matches("U+0301").count(), 50 - ACCENTS_MAX);
    }
}
