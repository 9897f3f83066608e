//! The author's own variants, `{first|second}`, in raw text. Specified in `docs/formats/author-variants.md`.

use std::ops::Range;

use tellmark_core::{BlockKind, Fixed, Prose, limits};

use crate::Error;

/// A choice that the author wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Bytes of the raw text, braces included.
    pub span: Range<usize>,
    /// The variants, unescaped; the first is the original's.
    pub forms: Vec<String>,
}

/// What the author marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authored {
    /// The choices, in order.
    pub choices: Vec<Choice>,
    /// Escapes outside choices.
    pub fixed: Vec<Fixed>,
}

/// Finds the author's choices and escapes. Braces without a bar, unbalanced ones, and those in code are text.
///
/// # Errors
/// When a choice has more than 16 variants, two equal ones, one that is too long, or another choice inside.
pub fn parse(prose: &Prose) -> Result<Authored, Error> {
    let mut found = Authored::default();
    for block in prose.blocks.iter().filter(|block| block.kind != BlockKind::Code) {
        let mut at = block.range.start;
        while let Some(next) = next_mark(&prose.text[at..block.range.end]) {
            let start = at + next;
            at = match prose.text.as_bytes()[start] {
                b'\\' => escape(prose, start, &mut found),
                _ => choice(prose, start, block.range.end, &mut found)?,
            };
        }
    }
    Ok(found)
}

fn next_mark(text: &str) -> Option<usize> {
    text.bytes().position(|byte| byte == b'{' || byte == b'\\')
}

fn escape(prose: &Prose, start: usize, found: &mut Authored) -> usize {
    let end = start + 2;
    match prose.text.get(start..end) {
        Some(text @ ("\\{" | "\\}")) => {
            if prose.is_markable(&(start..end)) {
                found.fixed.push(Fixed { span: start..end, text: text[1..].into() });
            }
            end
        }
        Some("\\\\") => end,
        _ => start + 1,
    }
}

/// Reads the choice that opens at `start`; returns where to go on.
fn choice(prose: &Prose, start: usize, limit: usize, found: &mut Authored) -> Result<usize, Error> {
    let body = &prose.text[start + 1..limit];
    let mut forms = vec![String::new()];
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        let count = forms.len();
        let Some(form) = forms.last_mut() else { break };
        match c {
            _ if escaped => {
                if !matches!(c, '{' | '|' | '}' | '\\') {
                    form.push('\\');
                }
                form.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '|' => forms.push(String::new()),
            '{' if count > 1 => {
                return Err(wrong(prose, start, "a choice stands inside another; write it out"));
            }
            // Not a choice after all: the text goes on, and the inner brace may open one.
            '{' => return Ok(start + 1 + at),
            '}' => {
                let end = start + 1 + at + 1;
                return finish(prose, start..end, forms, found).map(|()| end);
            }
            _ => form.push(c),
        }
        if forms.len() > 4 * limits::VARIANTS_MAX || at > 64 * limits::VARIANT_BYTES_MAX {
            break;
        }
    }
    Ok(start + 1)
}

fn finish(prose: &Prose, span: Range<usize>, forms: Vec<String>, found: &mut Authored) -> Result<(), Error> {
    let frozen = prose.frozen.iter().any(|f| f.start <= span.start && f.end >= span.end);
    if forms.len() < 2 || frozen {
        return Ok(());
    }
    if forms.len() > limits::VARIANTS_MAX {
        return Err(wrong(prose, span.start, "a choice has more than 16 variants; leave some out"));
    }
    if forms.iter().any(|form| form.len() > limits::VARIANT_BYTES_MAX) {
        return Err(wrong(prose, span.start, "a variant is longer than 4,096 bytes; shorten it"));
    }
    if (1..forms.len()).any(|b| forms[..b].contains(&forms[b])) {
        return Err(wrong(prose, span.start, "two variants of a choice are the same; change or remove one"));
    }
    found.choices.push(Choice { span, forms });
    Ok(())
}

fn wrong(prose: &Prose, at: usize, why: &'static str) -> Error {
    let line = prose.text[..at].bytes().filter(|&byte| byte == b'\n').count() + 1;
    let shown: String = prose.text[at..].chars().take(40).collect();
    Error::Author { line, shown, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        let found = parse(&Prose::plain(text)).unwrap();
        let forms: Vec<Vec<&str>> =
            found.choices.iter().map(|c| c.forms.iter().map(String::as_str).collect()).collect();
        assert_eq!(forms, expected, "{text}");
    }

    #[test]
    fn choices_are_found_and_text_stays_text() {
        check("They {met|convened} at noon.", &[&["met", "convened"]]);
        check("{|Then }they {left|went|set out}.", &[&["", "Then "], &["left", "went", "set out"]]);
        check("a {b} c {d|e", &[]);
        check("set {x {a|b} y}", &[&["a", "b"]]);
        check("\\{a|b} {a\\|b|c\\}}", &[&["a|b", "c}"]]);
        check("{two\nlines|one line}", &[&["two\nlines", "one line"]]);
        check("{{{|", &[]);
    }

    #[test]
    fn escapes_are_resolved_in_every_copy() {
        let found = parse(&Prose::plain("set \\{a, b\\}")).unwrap();
        assert_eq!(found.fixed.len(), 2);
        assert_eq!((found.fixed[0].span.clone(), found.fixed[0].text.as_str()), (4..6, "{"));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        for (text, why) in [
            ("x\n{a|a}", "the same"),
            ("{a|{b|c}}", "inside"),
            (
                &format!("{{{}}}", ["a"; 1].join("") + &(0..17).map(|i| format!("|{i}")).collect::<String>()),
                "more than 16",
            ),
        ] {
            let error = parse(&Prose::plain(text)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(parse(&Prose::plain("x\n{a|a}")).unwrap_err().to_string().contains("line 2"));
    }
}
