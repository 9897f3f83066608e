//! The table that tesseract writes: a line for each word, with its place on the page and how sure it is.

use tellmark_core::limits;
use tellmark_wording::read::Sureness;

use super::{Recognised, SUREST, per_mille};

/// The level of a line of the table that stands for a word.
const WORD: &str = "5";

/// Reads the table; lines that are none of its are passed over.
pub fn read(table: &str) -> Recognised {
    let mut found = Recognised::default();
    let mut last: Option<[&str; 4]> = None;
    for line in table.lines() {
        let Some(Row { at, sure, text }) = row(line) else { continue };
        if found.text.len() + text.len() + 2 > limits::TEXT_BYTES_MAX {
            break;
        }
        if let Some(before) = last {
            found.text.push_str(between(before, at));
        }
        let start = found.text.len();
        found.text.push_str(text);
        found.words.push(Sureness { bytes: start..found.text.len(), per_mille: sure });
        last = Some(at);
    }
    found
}

struct Row<'a> {
    /// Page, block, paragraph and line.
    at: [&'a str; 4],
    /// In thousandths.
    sure: u16,
    text: &'a str,
}

fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.split('\t');
    let mut next = || cells.next();
    if next()? != WORD {
        return None;
    }
    let at = [next()?, next()?, next()?, next()?];
    // The word's number in its line, and its place.
    (0..5).try_for_each(|_| next().map(drop))?;
    let sure: f64 = next()?.parse().ok()?;
    let text = next()?.trim();
    (!text.is_empty() && sure >= 0.0).then(|| Row { at, sure: per_mille(sure).min(SUREST), text })
}

fn between(before: [&str; 4], now: [&str; 4]) -> &'static str {
    match (before[..3] == now[..3], before == now) {
        (_, true) => " ",
        (true, false) => "\n",
        (false, false) => "\n\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
1\t1\t0\t0\t0\t0\t0\t0\t600\t200\t-1\t
5\t1\t1\t1\t1\t1\t30\t20\t60\t20\t96.553\tThe
5\t1\t1\t1\t1\t2\t95\t20\t80\t20\t99.9\tenvoys
5\t1\t1\t1\t2\t1\t30\t50\t60\t20\t41\tmef
5\t1\t1\t1\t2\t2\t30\t50\t60\t20\t95\t 
5\t1\t2\t1\t1\t1\t30\t150\t60\t20\t90\tAgain
nonsense
5\t1";

    #[test]
    fn words_lines_and_paragraphs() {
        let found = read(TABLE);
        assert_eq!(found.text, "The envoys\nmef\n\nAgain");
        let sure: Vec<(&str, u16)> =
            found.words.iter().map(|word| (&found.text[word.bytes.clone()], word.per_mille)).collect();
        assert_eq!(sure, [("The", 965), ("envoys", 980), ("mef", 410), ("Again", 900)]);
    }

    #[test]
    fn nothing_is_no_text() {
        assert_eq!(read(""), Recognised::default());
        assert_eq!(read("5\t1\t1\t1\t1\t1\t0\t0\t1\t1\tNaN\tword"), Recognised::default());
    }
}
