//! What programs do to a text that they carry: white space, alphabets, line ends, quoting.

use crate::Random;

/// What pasting through another program leaves: white space doubled, turned into tabs or no-break spaces,
/// blank lines lost, Windows line ends.
///
/// `strength`: the share of white space that is altered. No word is joined to its neighbor.
pub fn paste(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            ' ' if random.chance(strength) => out.push_str(random.pick(&["  ", "\t", "\u{a0}", " \r\n"])),
            '\n' if random.chance(strength) => out.push_str(random.pick(&["\r\n\r\n", " \r\n", "\u{2028}"])),
            '\n' => out.push_str("\r\n"),
            c => out.push(c),
        }
    }
    out
}

/// What is left when a text is retyped on a keyboard that has ASCII only: straight quotation marks, `-` and
/// `--` for dashes, letters without their accents, `?` for what has no likeness.
///
/// `strength` and `seed` are not used.
pub fn ascii(text: &str, _seed: u64, _strength: f64) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '‘' | '’' | '‚' | '′' => out.push('\''),
            '“' | '”' | '„' | '«' | '»' | '″' => out.push('"'),
            '–' | '‐' | '‑' | '−' => out.push('-'),
            '—' => out.push_str("--"),
            '…' => out.push_str("..."),
            '•' | '·' => out.push('*'),
            '\u{ad}' | '\u{200b}' | '\u{feff}' => {}
            c if c.is_whitespace() => out.push(' '),
            c => out.push_str(likeness(c)),
        }
    }
    out
}

fn likeness(c: char) -> &'static str {
    const TABLE: &[(&str, &str)] = &[
        ("àáâãäåā", "a"),
        ("ÀÁÂÃÄÅĀ", "A"),
        ("çćč", "c"),
        ("ÇĆČ", "C"),
        ("èéêëē", "e"),
        ("ÈÉÊËĒ", "E"),
        ("ìíîïī", "i"),
        ("ÌÍÎÏ", "I"),
        ("ñń", "n"),
        ("Ñ", "N"),
        ("òóôõöøō", "o"),
        ("ÒÓÔÕÖØ", "O"),
        ("ùúûüū", "u"),
        ("ÙÚÛÜ", "U"),
        ("ýÿ", "y"),
        ("šś", "s"),
        ("ŠŚ", "S"),
        ("žź", "z"),
        ("ŽŹ", "Z"),
        ("ß", "ss"),
        ("æ", "ae"),
        ("Æ", "AE"),
        ("œ", "oe"),
        ("ﬁ", "fi"),
        ("ﬂ", "fl"),
        ("§", "S."),
        ("€", "EUR"),
    ];
    TABLE.iter().find(|(letters, _)| letters.contains(c)).map_or("?", |(_, ascii)| ascii)
}

/// The text without capitals. `strength` and `seed` are not used.
pub fn lower_case(text: &str, _seed: u64, _strength: f64) -> String {
    text.to_lowercase()
}

/// The text set in lines of `strength` columns; a word that does not fit is hyphenated where two letters
/// or more stand on either side, in half of the cases.
pub fn rewrap(text: &str, seed: u64, strength: f64) -> String {
    let columns = (strength as usize).max(20);
    let mut random = Random::new(seed);
    let wrapped = crate::paragraphs(text).into_iter().map(|p| wrap(p, columns, Some(&mut random)));
    wrapped.collect::<Vec<_>>().join("\n\n")
}

/// The text as a reply quotes it: a line of attribution, lines of `strength` columns that begin with `> `,
/// and a remark of its own below.
pub fn email_quote(text: &str, seed: u64, strength: f64) -> String {
    let columns = (strength as usize).max(20);
    let mut random = Random::new(seed);
    let mut out = String::from("See below, and please do not pass this on.\n\nOn Friday, somebody wrote:\n");
    for paragraph in crate::paragraphs(text) {
        let depth = if random.chance(0.1) { "> > " } else { "> " };
        for line in wrap(paragraph, columns, None).lines() {
            out.push_str(depth);
            out.push_str(line);
            out.push('\n');
        }
        out.push_str(">\n");
    }
    out.push_str("\nRegards\n");
    out
}

fn wrap(paragraph: &str, columns: usize, mut hyphenate: Option<&mut Random>) -> String {
    let mut out = String::with_capacity(paragraph.len() + paragraph.len() / 40);
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let width = word.chars().count();
        let room = columns.saturating_sub(column + 1);
        if column == 0 {
            out.push_str(word);
            column = width;
            continue;
        }
        if width <= room {
            out.push(' ');
            out.push_str(word);
            column += 1 + width;
            continue;
        }
        match hyphenate.as_mut().and_then(|random| break_at(word, room, random)) {
            Some(cut) => {
                out.push_str(&format!(" {}-\n{}", &word[..cut], &word[cut..]));
                column = word[cut..].chars().count();
            }
            None => {
                out.push('\n');
                out.push_str(word);
                column = width;
            }
        }
    }
    out
}

/// Where to cut a word so that it and a hyphen fit into the room: a byte, in half of the cases.
fn break_at(word: &str, room: usize, random: &mut Random) -> Option<usize> {
    if !random.chance(0.5) || word.chars().count() < 5 || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    let cuts = word.char_indices().enumerate().skip(2).filter(|(i, _)| i + 3 <= word.chars().count());
    let fitting: Vec<usize> = cuts.take_while(|(i, _)| *i < room).map(|(_, (byte, _))| byte).collect();
    fitting.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Ms. Vantz said — “very well” — that Ørsby’s café costs 5 €…\nSecond line.\n\nThe end.";

    fn letters(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn pasting_changes_white_space_only() {
        let text = crate::document::prose(1, 500, 0.0);
        let pasted = paste(&text, 4, 0.2);
        assert_eq!(letters(&pasted), letters(&text));
        assert_eq!(pasted.split_whitespace().count(), text.split_whitespace().count());
        assert!(pasted.contains('\u{a0}') && pasted.contains('\t'));
    }

    #[test]
    fn ascii_is_ascii() {
        let retyped = ascii(TEXT, 0, 0.0);
        assert!(retyped.is_ascii());
        assert!(retyped.starts_with("Ms. Vantz said -- \"very well\" -- that Orsby's cafe costs 5 EUR..."));
    }

    #[test]
    fn lines_are_as_wide_as_asked() {
        let text = crate::document::prose(2, 800, 0.0);
        let wrapped = rewrap(&text, 1, 60.0);
        assert!(wrapped.lines().all(|line| line.chars().count() <= 60));
        assert!(wrapped.contains("-\n"), "some word is hyphenated");
        assert_eq!(letters(&wrapped.replace("-\n", "")), letters(&text));
        let quoted = email_quote(&text, 1, 72.0);
        assert!(quoted.lines().all(|line| line.chars().count() <= 76));
        assert!(quoted.contains("\n> "));
    }
}
