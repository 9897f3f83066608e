//! Rosters: CSV files that say who gets a copy. Specified in `docs/formats/roster.md`.

use std::collections::BTreeMap;

use tellmark_core::text::is_unseen;
use tellmark_core::{CopyId, Recipient, Roster, limits};

use crate::{Error, decode};

/// Reads a roster: CSV with a header that has `id`, and may have `name`, `email` and `group`, in any order.
/// Commas, semicolons and tabs may part the fields.
///
/// # Errors
/// [`Error::Roster`] with the line, [`Error::NotUtf8`], [`Error::Empty`], or [`Error::Limit`].
///
/// ```
/// let roster = tellmark_formats::read_roster(b"id,name\nr1,Ada Orr\n")?;
/// assert_eq!(roster.recipients[0].name, "Ada Orr");
/// # Ok::<(), tellmark_formats::Error>(())
/// ```
pub fn read_roster(bytes: &[u8]) -> Result<Roster, Error> {
    if bytes.len() as u64 > limits::ROSTER_BYTES_MAX {
        return Err(Error::Limit { what: "the roster", limit: limits::ROSTER_BYTES_MAX });
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::Roster { line: 1, why: "the file is UTF-16; save it as CSV in UTF-8".into() });
    }
    let start = decode::bom(bytes);
    let text =
        std::str::from_utf8(&bytes[start..]).map_err(|e| Error::NotUtf8 { at: start + e.valid_up_to() })?;
    if text.trim().is_empty() {
        return Err(Error::Empty);
    }
    let delimiter = delimiter(text);
    check_quotes(text, delimiter)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    let columns = Columns::of(&header)?;
    let mut roster = Roster::default();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|e| broken(&e))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.iter().skip(header.len()).any(|field| !field.is_empty()) {
            let why = format!(
                "it has more fields than the header's {}; put a field that holds a separator in quotation marks",
                header.len()
            );
            return Err(Error::Roster { line, why });
        }
        let recipient = columns.recipient(&record, line)?;
        if let Some(first) = lines.insert(recipient.id.folded(), line) {
            let id = &recipient.id;
            let why = format!(
                "the id {:?} stands in line {first} already (case does not count); give each copy its own",
                id.as_str()
            );
            return Err(Error::Roster { line, why });
        }
        roster.recipients.push(recipient);
        if roster.recipients.len() > limits::COPIES_MAX {
            return Err(Error::Limit { what: "the number of copies", limit: limits::COPIES_MAX as u64 });
        }
    }
    match roster.recipients.is_empty() {
        true => {
            Err(Error::Roster { line: 1, why: "there is a header and no copy; add a line for each".into() })
        }
        false => Ok(roster),
    }
}

fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let count = |c: char| header.matches(c).count();
    [(b',', count(',')), (b';', count(';')), (b'\t', count('\t'))]
        .into_iter()
        .rev()
        .max_by_key(|(_, n)| *n)
        .map_or(b',', |(d, _)| d)
}

/// A quotation mark that does not close would swallow the lines behind it, and their copies, without a word.
fn check_quotes(text: &str, delimiter: u8) -> Result<(), Error> {
    let bytes = text.as_bytes();
    let mut line = 1;
    let mut opened: Option<u64> = None;
    let mut begins = true;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        line += u64::from(byte == b'\n');
        match (byte, opened) {
            (b'"', Some(_)) if bytes.get(at + 1) == Some(&b'"') => at += 1,
            (b'"', Some(_)) => opened = None,
            (b'"', None) if begins => opened = Some(line),
            _ => {}
        }
        begins = byte == delimiter || matches!(byte, b'\n' | b'\r');
        at += 1;
    }
    match opened {
        None => Ok(()),
        Some(line) => {
            Err(Error::Roster { line, why: "a quotation mark opens here and never closes; close it".into() })
        }
    }
}

fn broken(error: &csv::Error) -> Error {
    let line = error.position().map_or(1, csv::Position::line);
    Error::Roster { line, why: format!("this is no CSV: {error}") }
}

/// Where each column stands.
struct Columns {
    id: usize,
    name: Option<usize>,
    email: Option<usize>,
    group: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Columns, Error> {
        let find = |name: &str| header.iter().position(|field| field.eq_ignore_ascii_case(name));
        let id = find("id").ok_or_else(|| {
            let found: Vec<String> = header
                .iter()
                .take(8)
                .map(|f| format!("{:?}", f.chars().take(30).collect::<String>()))
                .collect();
            let why = format!(
                "the header needs a column `id` (and may have name, email, group); found {}",
                found.join(", ")
            );
            Error::Roster { line: 1, why }
        })?;
        for name in ["id", "name", "email", "group"] {
            if header.iter().filter(|field| field.eq_ignore_ascii_case(name)).count() > 1 {
                return Err(Error::Roster {
                    line: 1,
                    why: format!("the column `{name}` stands twice in the header"),
                });
            }
        }
        Ok(Columns { id, name: find("name"), email: find("email"), group: find("group") })
    }

    fn recipient(&self, record: &csv::StringRecord, line: u64) -> Result<Recipient, Error> {
        let field = |column: Option<usize>, name: &str| -> Result<String, Error> {
            let text = column.and_then(|column| record.get(column)).unwrap_or("");
            let long = text.chars().count() > limits::ROSTER_FIELD_CHARS_MAX;
            match () {
                () if long => Err(Error::Roster {
                    line,
                    why: format!("the {name} has more than {} characters", limits::ROSTER_FIELD_CHARS_MAX),
                }),
                () if text.chars().any(char::is_control) => {
                    Err(Error::Roster { line, why: format!("the {name} has a control character; remove it") })
                }
                // Persian and the scripts of India join and part letters by two of them.
                () if text.chars().any(|c| is_unseen(c) && !matches!(c, '\u{200c}' | '\u{200d}')) => {
                    let why = format!("the {name} has a character that nobody sees; type it again");
                    Err(Error::Roster { line, why })
                }
                () => Ok(text.to_owned()),
            }
        };
        let id = CopyId::parse(record.get(self.id).unwrap_or(""))
            .map_err(|e| Error::Roster { line, why: e.to_string() })?;
        Ok(Recipient {
            id,
            name: field(self.name, "name")?,
            email: field(self.email, "email")?,
            group: field(self.group, "group")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rosters_of_all_sorts_are_read() {
        for text in [
            "id,name,group\nr1,Ada,a\nr2,Bo,\n",
            "\u{feff}ID;Name;Group\r\nr1;Ada;a\r\n\r\nr2;Bo\r\n",
            "group\tname\tid\na\tAda\tr1\n\tBo\tr2\n",
        ] {
            let roster = read_roster(text.as_bytes()).unwrap();
            let found: Vec<_> = roster
                .recipients
                .iter()
                .map(|r| (r.id.as_str(), r.name.as_str(), r.group.as_str()))
                .collect();
            assert_eq!(found, [("r1", "Ada", "a"), ("r2", "Bo", "")], "{text}");
        }
        assert_eq!(read_roster(b"id,name\nr1,\"Orr, Ada\"\n").unwrap().recipients[0].name, "Orr, Ada");
    }

    #[test]
    fn faults_are_named() {
        let long = format!("id\n{}\n", "x".repeat(300));
        for (text, why) in [
            ("", "empty"),
            ("name\nAda\n", "column `id`"),
            ("id\n", "no copy"),
            ("id\nR1\nr1\n", "line 3"),
            ("id\n../x\n", "'/'"),
            ("id\n.x\n", "'.'"),
            ("id,name\nr1,a\u{7}b\n", "control"),
            ("id,name\nr1,a\u{202e}b\n", "nobody sees"),
            ("id,name\nr1,a\u{2028}b\n", "nobody sees"),
            ("id,group\nr1,a\u{200b}b\n", "nobody sees"),
            (&long, "300"),
            ("id,id\nr1,r2\n", "twice"),
            ("id,name\nr1,Orr, Ada\n", "more fields"),
            ("id,note\nr1,\"never closed\nr2,x\nr3,y\n", "line 2"),
            ("id,name\nr1,\n,x\n", "empty"),
        ] {
            let error = read_roster(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{text:?}: {error}");
        }
        assert!(read_roster(b"id,name\nr1,Andr\xe9\n").unwrap_err().to_string().contains("UTF-8"));
    }
}
