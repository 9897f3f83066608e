//! The visible line of a copy, which deters: `Copy r017 · Ada Orr`. It is no site, and readers pass over it.

use tellmark_core::{Recipient, limits};

use crate::Error;
use crate::markup::{escape, escape_ascii};
use crate::pdf::face;
use crate::template::Piece;

/// Characters of a visible line before its fields are filled in.
const CHARS_MAX: usize = 200;

/// What of a roster's line stands in a visible line.
///
/// The numbers are those of stored templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// The copy's id.
    Id = 0,
    /// The holder's name.
    Name = 1,
    /// The holder's group.
    Group = 2,
}

/// Every field with its name in braces.
const FIELDS: [(Field, &str); 3] = [(Field::Id, "{id}"), (Field::Name, "{name}"), (Field::Group, "{group}")];

impl Field {
    /// The field with this number.
    pub fn numbered(number: u8) -> Option<Field> {
        FIELDS.get(usize::from(number)).map(|(field, _)| *field)
    }

    /// What it is of a recipient.
    pub fn of(self, recipient: &Recipient) -> &str {
        match self {
            Field::Id => recipient.id.as_str(),
            Field::Name => &recipient.name,
            Field::Group => &recipient.group,
        }
    }
}

/// How a text is written where it stands. The numbers are those of stored templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Script {
    /// As it is.
    Plain = 0,
    /// What XML and HTML would take for markup as references.
    Xml = 1,
    /// The same, and what is not ASCII as numeric references.
    Ascii = 2,
    /// A backslash before every sign that Markdown could take for markup.
    Markdown = 3,
    /// Two hexadecimal digits a character of Windows-1252, in a string of a PDF.
    PdfHex = 4,
    /// Four hexadecimal digits a character, in a string of a PDF that brings its font.
    PdfUtf16 = 5,
}

impl Script {
    /// The script with this number.
    pub fn numbered(number: u8) -> Option<Script> {
        [Script::Plain, Script::Xml, Script::Ascii, Script::Markdown, Script::PdfHex, Script::PdfUtf16]
            .get(usize::from(number))
            .copied()
    }

    /// The text as it is written; `None` where a character cannot be.
    pub fn write(self, text: &str) -> Option<String> {
        match self {
            Script::Plain => Some(text.to_owned()),
            Script::Xml => Some(escape(text)),
            Script::Ascii => Some(escape_ascii(text)),
            Script::Markdown => Some(markdown(text)),
            Script::PdfHex => hexadecimal(text),
            Script::PdfUtf16 => face::hexadecimal(text),
        }
    }
}

fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn hexadecimal(text: &str) -> Option<String> {
    let (bytes, _, has_others) = encoding_rs::WINDOWS_1252.encode(text);
    // The encoder takes control characters for what they are; a font shows none.
    let is_shown = !has_others && !text.chars().any(char::is_control);
    is_shown.then(|| bytes.iter().map(|byte| format!("{byte:02X}")).collect())
}

/// What stands in a visible line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// A line that says whose copy it is, with the places that a roster's line fills in.
///
/// ```
/// use tellmark_formats::VisibleLine;
///
/// assert!(VisibleLine::parse("Copy {id} · {name}").is_ok());
/// assert!(VisibleLine::parse("Confidential").is_err()); // the same in every copy
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleLine {
    parts: Vec<Part>,
    /// Whether a PDF must bring a font for it.
    needs_font: bool,
}

impl VisibleLine {
    /// Reads a line with `{id}`, `{name}` and `{group}` in it.
    ///
    /// # Errors
    /// [`Error::Visible`] when it has none of them, another one, or more than 200 characters or one line.
    pub fn parse(line: &str) -> Result<VisibleLine, Error> {
        let wrong = |why: &str| Err(Error::Visible(why.into()));
        if line.chars().count() > CHARS_MAX {
            return wrong("it has more than 200 characters");
        }
        if line.chars().any(char::is_control) {
            return wrong("it has a line end or another control character");
        }
        let mut parts = Vec::new();
        let mut rest = line.trim();
        while let Some(at) = rest.find(['{', '}']) {
            let (before, behind) = rest.split_at(at);
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            let Some((field, name)) = FIELDS.iter().find(|(_, name)| behind.starts_with(name)) else {
                return wrong("only {id}, {name} and {group} may stand in braces");
            };
            parts.push(Part::Field(*field));
            rest = &behind[name.len()..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        match parts.iter().any(|part| matches!(part, Part::Field(_))) {
            true => Ok(VisibleLine { parts, needs_font: false }),
            false => wrong("it would be the same in every copy; put {id}, {name} or {group} into it"),
        }
    }

    /// What the line says in the copy of a recipient.
    ///
    /// ```
    /// # use tellmark_core::{CopyId, Recipient};
    /// # let id = CopyId::parse("r017").unwrap();
    /// # let ada = Recipient { id, name: "Ada Orr".into(), email: String::new(), group: String::new() };
    /// let line = tellmark_formats::VisibleLine::parse("Copy {id} · {name}")?;
    /// assert_eq!(line.of(&ada), "Copy r017 · Ada Orr");
    /// # Ok::<(), tellmark_formats::Error>(())
    /// ```
    pub fn of(&self, recipient: &Recipient) -> String {
        let said = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(field) => field.of(recipient).to_owned(),
        };
        self.parts.iter().map(said).collect()
    }

    /// The same line; a PDF brings a font for it where the letters that every reader of PDFs has cannot say what it says of
    /// these recipients.
    #[must_use]
    pub fn fitted_to(self, recipients: &[Recipient]) -> VisibleLine {
        let fits = |text: &str| Script::PdfHex.write(text).is_some();
        let all_fit = self.parts.iter().all(|part| match part {
            Part::Text(text) => fits(text),
            Part::Field(field) => recipients.iter().all(|recipient| fits(field.of(recipient))),
        });
        VisibleLine { needs_font: !all_fit, ..self }
    }

    /// How it is written in a PDF.
    pub(crate) fn pdf_script(&self) -> Script {
        if self.needs_font { Script::PdfUtf16 } else { Script::PdfHex }
    }

    /// The line as pieces of a template of a PDF, whose copies must all be as long.
    pub(crate) fn pdf_pieces(&self) -> Result<Vec<Piece>, Error> {
        let digits = if self.needs_font { 4 } else { 2 };
        self.pieces(self.pdf_script(), Some(digits * limits::ROSTER_FIELD_CHARS_MAX))
    }

    /// The copies for which a field of it is empty.
    pub fn lacking<'r>(&self, recipients: &'r [Recipient]) -> Vec<&'r Recipient> {
        let lacks = |recipient: &&Recipient| {
            self.parts.iter().any(|part| matches!(part, Part::Field(field) if field.of(recipient).is_empty()))
        };
        recipients.iter().filter(lacks).collect()
    }

    /// The line as pieces of a template, between what stands around it.
    pub(crate) fn within(&self, script: Script, before: &str, behind: &str) -> Result<Vec<Piece>, Error> {
        let mut pieces = vec![Piece::Static(before.as_bytes().to_vec())];
        pieces.extend(self.pieces(script, None)?);
        pieces.push(Piece::Static(behind.as_bytes().to_vec()));
        Ok(pieces)
    }

    /// The line as pieces of a template. Its fields have a width where every copy must be as long as the others.
    pub(crate) fn pieces(&self, script: Script, width: Option<usize>) -> Result<Vec<Piece>, Error> {
        let piece = |part: &Part| match part {
            Part::Field(field) => {
                Ok(Piece::Field { field: *field, script, width: width.unwrap_or(0) as u32 })
            }
            Part::Text(text) => {
                let written = script.write(text).ok_or_else(|| Error::Visible(unwritable(script, text)))?;
                Ok(Piece::Static(written.into_bytes()))
            }
        };
        self.parts.iter().map(piece).collect()
    }
}

/// Why a text cannot be written into a PDF.
pub fn unwritable(script: Script, text: &str) -> String {
    match script {
        Script::PdfUtf16 => format!(
            "{text:?} has a character that the line's font in a PDF lacks: it has the letters of Latin, Greek and Cyrillic. Write the \
             line in those letters, as in \"Copy {{id}}\", and a {{name}} only where all names of the roster are in them; or seal \
             the DOCX or ODT that the PDF was made from, whose line takes all letters"
        ),
        _ => format!(
            "{text:?} has a character that the line's font in this release lacks: it is Helvetica with the letters of western \
             languages, since the roster that it was sealed for needed no others. Write it in those letters, or seal the PDF as a \
             release of its own (--new)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::CopyId;

    #[test]
    fn lines_are_read_and_faults_are_named() {
        for (line, why) in [
            ("Confidential", "same in every copy"),
            ("", "same in every copy"),
            ("Copy {nr}", "only {id}"),
            ("Copy {id", "only {id}"),
            ("Copy id}", "only {id}"),
            ("Copy {id}\nx", "line end"),
        ] {
            let error = VisibleLine::parse(line).unwrap_err().to_string();
            assert!(error.contains(why), "{line}: {error}");
        }
        assert!(VisibleLine::parse(&format!("{{id}}{}", "x".repeat(200))).is_err());
        let line = VisibleLine::parse("{group}: {name}").unwrap();
        let recipient = |name: &str| Recipient {
            id: CopyId::parse("r1").unwrap(),
            name: name.into(),
            email: String::new(),
            group: "g".into(),
        };
        let recipients = [recipient("Ada"), recipient("")];
        assert_eq!(line.lacking(&recipients), [&recipients[1]]);
    }

    #[test]
    fn texts_are_written_as_their_place_asks() {
        let text = "A & <b> *é*";
        let check =
            |script: Script, expected: &str| assert_eq!(script.write(text).as_deref(), Some(expected));
        check(Script::Plain, text);
        check(Script::Xml, "A &amp; &lt;b&gt; *é*");
        check(Script::Ascii, "A &amp; &lt;b&gt; *&#233;*");
        check(Script::Markdown, "A \\& \\<b\\> \\*é\\*");
        check(Script::PdfHex, "412026203C623E202AE92A");
        assert_eq!(Script::PdfHex.write("Ада"), None);
        assert_eq!(Script::PdfHex.write("a\tb"), None);
        assert_eq!(Script::PdfUtf16.write("Aї").as_deref(), Some("00410457"));
        assert_eq!(Script::PdfUtf16.write("抄"), None);
        for number in 0..6 {
            assert_eq!(Script::numbered(number).map(|script| script as u8), Some(number));
        }
        assert_eq!(Script::numbered(6), None);
    }
}
