//! Words for people: on standard error, with colours only where a terminal shows them.

use std::io::Write;

use anstream::eprintln;
use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// What went wrong, with the chain of causes.
pub fn error(error: &anyhow::Error) {
    let mut said = error.to_string();
    eprintln!("{RED}error:{RED:#} {}", harmless(&said));
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // A wrapped error often repeats its cause in its own words.
        if !said.contains(&cause) {
            eprintln!("  because {}", harmless(&cause));
        }
        said.push_str(&cause);
    }
}

/// Something the user should know although it went well.
pub fn warning(text: &str) {
    eprintln!("{YELLOW}note:{YELLOW:#} {}", harmless(text));
}

/// How far a command is, on standard error.
pub fn status(text: &str) {
    eprintln!("{}", harmless(text));
}

/// A part of the result on standard output that counts as told only when it arrived.
///
/// # Errors
/// When standard output is closed.
pub fn told(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout();
    writeln!(out, "{}", harmless(text))?;
    out.flush()
}

/// A line of the result, on standard output.
pub fn line(text: &str) {
    // A reader that went away (`| head`) does not make the command fail.
    let _ = writeln!(anstream::stdout(), "{}", harmless(text));
}

/// What the first of two shows, in its context.
pub fn removed(before: &str, shown: &str, after: &str) {
    beside('-', RED, [before, shown, after]);
}

/// What the second of two shows, in its context.
pub fn added(before: &str, shown: &str, after: &str) {
    beside('+', GREEN, [before, shown, after]);
}

/// A place in its context.
pub fn marked(before: &str, shown: &str, after: &str) {
    beside(' ', YELLOW, [before, shown, after]);
}

/// Brackets stand around what differs, so that it shows without colours too.
fn beside(sign: char, style: Style, parts: [&str; 3]) {
    let [before, shown, after] = parts.map(harmless);
    let _ = writeln!(anstream::stdout(), "  {style}{sign}{style:#} {before}{style}[{shown}]{style:#}{after}");
}

/// A headline of the result, on standard output.
pub fn headline(text: &str) {
    let _ = writeln!(anstream::stdout(), "{BOLD}{}{BOLD:#}", harmless(text));
}

/// One JSON object on standard output.
///
/// # Errors
/// When standard output is closed.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    std::io::stdout().lock().write_all(&line)?;
    Ok(())
}

/// Text from outside must not steer a terminal: control characters are shown, not obeyed.
fn harmless(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// A name from outside as a part of a line: harmless, and without an end of line by which it could pass for
/// another line of the result.
pub fn name(text: &str) -> String {
    harmless(text).chars().map(|c| if matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

/// A table on standard output, in columns as wide as their widest cell.
pub fn table(header: &[&str], rows: Vec<Vec<String>>) {
    let rows: Vec<Vec<String>> = std::iter::once(header.iter().map(|cell| (*cell).to_owned()).collect())
        .chain(rows.into_iter().map(|row| row.iter().map(|cell| name(cell)).collect()))
        .collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(anstream::stdout(), "{}", cells.join("  ").trim_end());
    }
}

/// Seconds since 1970 as people write them, UTC.
pub fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |t| t.strftime("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}c\nd"), "a\u{fffd}[2Jb\u{fffd}c\nd");
        assert_eq!(name("leak.txt\n  copy r07\tis named"), "leak.txt\u{fffd}  copy r07\u{fffd}is named");
    }
}
