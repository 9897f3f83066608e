//! The author's own variants, `{first|second}`, barium points, `{? first | second ?}`, and locked passages, `{= … =}`, in raw
//! text. Specified in `docs/formats/author-variants.md`.

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
    /// What its site's rule is called: [`AUTHOR`], [`POINT`], or what a review file says.
    pub rule: String,
}

/// The rule of a choice of words.
pub const AUTHOR: &str = "author";
/// The rule of a barium point: a choice between facts that are all true, and that survive rewriting.
pub const POINT: &str = "point";

/// What the author marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authored {
    /// The choices, in order.
    pub choices: Vec<Choice>,
    /// Escapes outside choices, and the marks of locked passages.
    pub fixed: Vec<Fixed>,
    /// Bytes of the raw text that no copy shows differently, in order.
    pub locked: Vec<Range<usize>>,
}

/// Finds the author's choices, escapes and locked passages. Braces without a bar, unbalanced ones, and those in code
/// are text.
///
/// # Errors
/// When a choice has more than 16 variants, two equal ones, one that is too long, another choice inside, reaches into
/// a stretch that never changes, or stands in a locked passage; when such a passage is not closed, or opened twice;
/// when there are more choices than a release may have sites.
pub fn parse(prose: &Prose) -> Result<Authored, Error> {
    let mut found = Authored::default();
    let mut open = None;
    for block in prose.blocks.iter().filter(|block| block.kind != BlockKind::Code) {
        let mut scan = Scan { prose, end: block.range.end, found: &mut found, open };
        let mut at = block.range.start;
        while let Some(next) = scan.next_mark(at) {
            at = match prose.text.as_bytes()[next] {
                b'\\' => scan.escape(next),
                b'=' => scan.unlock(next),
                _ if scan.opens(LOCK, next) => scan.lock(next)?,
                _ if scan.opens(ASK, next) => scan.point(next)?,
                _ if scan.nearly_opens(next) => {
                    let why = "this looks like a lock or a barium point and is none: it needs white space inside its marks, {= so =} or {? a | b ?}; \
                               or put \\ before the brace";
                    return Err(wrong(prose, next, why));
                }
                _ => scan.choice(next)?,
            };
        }
        open = scan.open;
    }
    if let Some(start) = open {
        let why = "a locked passage is not closed; write =} with a space before it behind the passage";
        return Err(wrong(prose, start, why));
    }
    if let Some(first) = found.choices.get(limits::SITES_MAX) {
        return Err(wrong(prose, first.span.start, "the document has too many choices; mark fewer places"));
    }
    Ok(found)
}

/// The scan of one block.
struct Scan<'a> {
    prose: &'a Prose,
    end: usize,
    found: &'a mut Authored,
    /// Where the locked passage that is open begins, with its mark.
    open: Option<usize>,
}

/// What opens a locked passage, before white space.
const LOCK: &str = "{=";
/// What closes it, behind white space.
const UNLOCK: &str = "=}";
/// What opens a barium point, before white space.
const ASK: &str = "{?";
/// What closes it, behind white space.
const ASKED: &str = "?}";
/// Bytes of a choice with its braces.
const BODY_BYTES_MAX: usize = 2 * limits::VARIANTS_MAX * limits::VARIANT_BYTES_MAX;

impl Scan<'_> {
    /// The next brace or backslash that stands in no frozen stretch, or the end of the locked passage.
    fn next_mark(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = self.prose.text.get(at..self.end)?;
            let is_mark = |(place, byte): (usize, u8)| {
                matches!(byte, b'{' | b'\\') || (byte == b'=' && self.is_unlock(at + place))
            };
            let next = at + rest.bytes().enumerate().position(is_mark)?;
            match self.frozen_at(next) {
                Some(frozen) => at = frozen.end,
                None => return Some(next),
            }
        }
    }

    /// The frozen stretch that a byte stands in.
    fn frozen_at(&self, byte: usize) -> Option<&Range<usize>> {
        let next = self.prose.frozen.partition_point(|frozen| frozen.end <= byte);
        self.prose.frozen.get(next).filter(|frozen| frozen.start <= byte)
    }

    fn opens(&self, mark: &str, at: usize) -> bool {
        let rest = self.prose.text[at..self.end].strip_prefix(mark);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    }

    /// Whether somebody meant a lock or a barium point here and left the white space out.
    fn nearly_opens(&self, at: usize) -> bool {
        let rest = &self.prose.text[at..self.end];
        [(LOCK, UNLOCK), (ASK, ASKED)].into_iter().any(|(open, close)| {
            let inside = rest.strip_prefix(open).and_then(|rest| rest.split_once(close));
            inside.is_some_and(|(inside, _)| !inside.contains(['{', '}']))
        })
    }

    /// Whether the passage that is open ends here. At the beginning of a block nothing stands before the mark.
    fn is_unlock(&self, at: usize) -> bool {
        let before = &self.prose.text[..at];
        let stands_free = before.is_empty() || before.ends_with(char::is_whitespace);
        self.open.is_some() && stands_free && self.prose.text[at..self.end].starts_with(UNLOCK)
    }

    /// Opens a locked passage; returns where to go on.
    fn lock(&mut self, start: usize) -> Result<usize, Error> {
        if self.open.is_some() {
            let why =
                "a locked passage opens inside another; close the first one, or put \\ before the brace";
            return Err(wrong(self.prose, start, why));
        }
        let space = usize::from(self.prose.text[start + LOCK.len()..self.end].starts_with(' '));
        self.open = Some(start);
        Ok(self.without(start..start + LOCK.len() + space))
    }

    /// Closes it; returns where to go on.
    fn unlock(&mut self, at: usize) -> usize {
        let space = usize::from(self.prose.text[..at].ends_with(' '));
        if let Some(start) = self.open.take() {
            self.found.locked.push(start..at + UNLOCK.len());
        }
        self.without(at - space..at + UNLOCK.len())
    }

    /// Leaves a mark out of every copy; returns where it ends.
    fn without(&mut self, span: Range<usize>) -> usize {
        let end = span.end;
        self.found.fixed.push(Fixed { span, text: String::new() });
        end
    }

    /// Reads the escape at a backslash outside choices; returns where to go on.
    fn escape(&mut self, start: usize) -> usize {
        let end = start + 2;
        match self.prose.text.get(start..end.min(self.end)) {
            Some(text @ ("\\{" | "\\}")) => {
                if self.prose.is_markable(&(start..end)) {
                    self.found.fixed.push(Fixed { span: start..end, text: text[1..].into() });
                }
                end
            }
            Some("\\\\") => end,
            _ => start + 1,
        }
    }

    /// Reads the choice that opens at `start`; returns where to go on.
    fn choice(&mut self, start: usize) -> Result<usize, Error> {
        let body = &self.prose.text[start + 1..self.end];
        let mut forms = vec![String::new()];
        let mut escaped = false;
        for (at, c) in body.char_indices() {
            let place = start + 1 + at;
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
                    let why =
                        "a choice stands inside another; write the variants out, or put \\ before a brace";
                    return Err(wrong(self.prose, start, why));
                }
                // No choice after all: the text goes on, and the inner brace may open one.
                '{' => return Ok(place),
                '}' => return self.finish(start..place + 1, forms, AUTHOR).map(|()| place + 1),
                _ => form.push(c),
            }
            if at > BODY_BYTES_MAX && count > 1 {
                let why = "a choice is longer than 131,072 bytes, or its closing brace is missing; shorten or close it";
                return Err(wrong(self.prose, start, why));
            }
        }
        // Without its closing brace it is text, and no other brace stands behind it.
        Ok(start + 1)
    }

    /// Reads the barium point that opens at `start`; returns where to go on.
    fn point(&mut self, start: usize) -> Result<usize, Error> {
        let body = &self.prose.text[start + ASK.len()..self.end];
        let closed = body.match_indices(ASKED).map(|(at, _)| at);
        let mut closed = closed.filter(|&at| body[..at].ends_with(char::is_whitespace));
        let Some(end) = closed.next().filter(|&end| end <= BODY_BYTES_MAX) else {
            let why = "a barium point is not closed in its paragraph; write ?} with a space before it behind its last variant";
            return Err(wrong(self.prose, start, why));
        };
        let mut forms = vec![String::new()];
        let mut escaped = false;
        for c in body[..end].chars() {
            let Some(form) = forms.last_mut() else { break };
            match c {
                '|' if !escaped => forms.push(String::new()),
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                _ => {
                    if escaped && !matches!(c, '{' | '|' | '}' | '\\') {
                        form.push('\\');
                    }
                    form.push(c);
                }
            }
            escaped = false;
        }
        if forms.len() < 2 {
            let why = "a barium point has one variant; write {? about thirty | 31 ?}, or remove its marks";
            return Err(wrong(self.prose, start, why));
        }
        let forms = forms.iter().map(|form| form.trim().to_owned()).collect();
        let end = start + ASK.len() + end + ASKED.len();
        self.finish(start..end, forms, POINT).map(|()| end)
    }

    fn finish(&mut self, span: Range<usize>, forms: Vec<String>, rule: &str) -> Result<(), Error> {
        if forms.len() < 2 {
            return Ok(());
        }
        let fault = if forms.len() > limits::VARIANTS_MAX {
            Some("a choice has more than 16 variants; leave some out")
        } else if forms.iter().any(|form| form.len() > limits::VARIANT_BYTES_MAX) {
            Some("a variant is longer than 4,096 bytes; shorten it")
        } else if (1..forms.len()).any(|b| forms[..b].contains(&forms[b])) {
            Some("two variants of a choice are the same; change or remove one")
        } else if self.open.is_some() {
            Some("a choice stands in a locked passage, which no copy shows differently; move it out")
        } else if !self.prose.is_markable(&span) {
            Some("a choice reaches into code or an address, which never change; move it out")
        } else {
            None
        };
        match fault {
            Some(why) => Err(wrong(self.prose, span.start, why)),
            None => {
                self.found.choices.push(Choice { span, forms, rule: rule.to_owned() });
                Ok(())
            }
        }
    }
}

fn wrong(prose: &Prose, at: usize, why: &'static str) -> Error {
    const SHOWN_CHARS: usize = 40;
    let line = prose.text[..at].bytes().filter(|&byte| byte == b'\n').count() + 1;
    let shown: String = prose.text[at..].chars().take(SHOWN_CHARS).collect();
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
        check("an open {a|b\n\nand {c|d} then", &[&["c", "d"]]);
    }

    #[test]
    fn barium_points_are_choices_with_room_around_their_variants() {
        let text = "There were {? about thirty | 31 ?} of them, {met|convened} in {?|!}.";
        check(text, &[&["about thirty", "31"], &["met", "convened"], &["?", "!"]]);
        let rules: Vec<String> =
            parse(&Prose::plain(text)).unwrap().choices.into_iter().map(|choice| choice.rule).collect();
        assert_eq!(rules, ["point", "author", "author"]);
        for (text, why) in [
            ("{? a | b", "not closed"),
            ("{? a | b\n\nc ?}", "not closed"),
            ("{? a ?}", "one variant"),
            ("{? a | a ?}", "the same"),
            ("{= x {? a | b ?} =}", "locked"),
            ("They left. {=In order to be clear, they left.=}", "needs white space"),
            ("There were {?31|thirty?} of them.", "needs white space"),
        ] {
            let error = parse(&Prose::plain(text)).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn escapes_are_resolved_in_every_copy() {
        let found = parse(&Prose::plain("set \\{a, b\\} in \\\\")).unwrap();
        assert_eq!(found.fixed.len(), 2);
        assert_eq!((found.fixed[0].span.clone(), found.fixed[0].text.as_str()), (4..6, "{"));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let many = format!("{{a{}}}", (0..17).map(|i| format!("|{i}")).collect::<String>());
        let long = format!("{{a|{}}}", "b".repeat(limits::VARIANT_BYTES_MAX + 1));
        for (text, why) in
            [("x\n{a|a}", "the same"), ("{a|{b|c}}", "inside"), (&many, "more than 16"), (&long, "4,096")]
        {
            let error = parse(&Prose::plain(text)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(parse(&Prose::plain("x\n{a|a}")).unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn frozen_stretches_are_no_markup() {
        let mut prose = Prose::plain("see {a|b} and {c|http} x");
        prose.frozen = vec![4..9];
        assert_eq!(parse(&prose).unwrap().choices.len(), 1);
        prose.frozen = vec![17..21];
        assert!(parse(&prose).unwrap_err().to_string().contains("never change"));
    }

    #[test]
    fn locked_passages_lose_their_marks_and_nothing_else() {
        let text = "Before {= the parties agree\n\nthat nothing is agreed =} after.";
        let prose = Prose::plain(text);
        let found = parse(&prose).unwrap();
        let clean = crate::clean::Clean::new(&prose, &found).unwrap();
        assert_eq!(clean.text(), "Before the parties agree\n\nthat nothing is agreed after.");
        assert_eq!(found.locked.len(), 1);
        let inside = clean.text().find("nothing").unwrap();
        assert_eq!(clean.raw(&(inside..inside + 7)), None);
        assert!(clean.raw(&(0..6)).is_some());
        // Signs that are no marks.
        for text in ["a =} b", "\\{= a", "{=a|b}"] {
            assert!(parse(&Prose::plain(text)).unwrap().locked.is_empty(), "{text}");
        }
        for text in ["{= a", "{= a {= b =} =}", "{= {a|b} =}"] {
            assert!(parse(&Prose::plain(text)).is_err(), "{text}");
        }
    }
}
