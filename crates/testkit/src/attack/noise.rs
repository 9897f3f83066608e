//! Errors of hands and of scanners.

use crate::Random;

const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Typing errors: a neighboring key, a letter lost, doubled or swapped with the next, a quarter each.
///
/// `strength`: the share of letters at which an error happens. White space and marks are spared.
pub fn typing(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_alphabetic() || !random.chance(strength) {
            out.push(c);
            continue;
        }
        match random.below(4) {
            0 => out.push(neighbor(c, &mut random)),
            1 => {}
            2 => out.extend([c, c]),
            _ => {
                out.extend(chars.next_if(|next| next.is_alphabetic()));
                out.push(c);
            }
        }
    }
    out
}

fn neighbor(c: char, random: &mut Random) -> char {
    let lower = c.to_ascii_lowercase();
    let key = ROWS.iter().find_map(|row| row.find(lower).map(|at| (row.as_bytes(), at)));
    let Some((row, at)) = key else { return 'e' };
    let right = at + 1 < row.len() && (at == 0 || random.chance(0.5));
    let next = char::from(row[if right { at + 1 } else { at - 1 }]);
    if c.is_uppercase() { next.to_ascii_uppercase() } else { next }
}

/// What a scanner takes for what, the longest first.
const CONFUSED: &[(&str, &[&str])] = &[
    ("rn", &["m"]),
    ("cl", &["d"]),
    ("vv", &["w"]),
    ("fi", &["ﬁ", "h"]),
    ("li", &["h"]),
    ("m", &["rn", "nn"]),
    ("d", &["cl"]),
    ("w", &["vv"]),
    ("l", &["1", "I", "i"]),
    ("I", &["l", "1"]),
    ("i", &["l", "j", "í"]),
    ("o", &["0", "c"]),
    ("O", &["0"]),
    ("e", &["c", "é"]),
    ("c", &["e", "o"]),
    ("a", &["o", "á"]),
    ("h", &["b", "li"]),
    ("b", &["h", "6"]),
    ("n", &["u", "ri"]),
    ("u", &["n", "ii"]),
    ("t", &["f", "l"]),
    ("f", &["t"]),
    ("s", &["5"]),
    ("S", &["5", "$"]),
    ("g", &["q", "9"]),
    ("B", &["8"]),
    ("r", &["i", "n"]),
    ("k", &["lc", "h"]),
    ("p", &["n", "j"]),
    ("y", &["v"]),
    ("v", &["y"]),
];

/// Errors of a scanner: letters taken for others (rn for m, l for 1), and for every five of those one
/// space lost, added, or a speck.
///
/// `strength`: the share of letters at which an error happens.
pub fn ocr(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let width = c.len_utf8();
        if c == ' ' && random.chance(strength) {
            out.push_str(random.pick(&["", "  ", " . "]));
        } else if c.is_alphanumeric() && random.chance(strength) {
            let (seen, with) = mistake(rest, &mut random);
            out.push_str(with);
            rest = &rest[seen..];
            continue;
        } else {
            out.push(c);
        }
        rest = &rest[width..];
    }
    out
}

/// How many bytes are misread, and as what.
fn mistake(rest: &str, random: &mut Random) -> (usize, &'static str) {
    let known = CONFUSED.iter().find(|(seen, _)| rest.starts_with(seen));
    let first = rest.chars().next().map_or(0, char::len_utf8);
    known.map_or((first, "*"), |(seen, with)| (seen.len(), random.pick(with)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest number of insertions, deletions and substitutions between two texts, counted only near
    /// the diagonal, which is enough for a few percent of errors.
    fn distance(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, y) in b.iter().enumerate() {
                let change = diagonal + usize::from(x != y);
                diagonal = row[j + 1];
                row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
            }
        }
        row[b.len()]
    }

    #[test]
    fn errors_come_at_the_rate_asked() {
        let text = crate::document::prose(6, 900, 0.0);
        let letters = text.chars().filter(|c| c.is_alphabetic()).count() as f64;
        let attacks: [(&str, crate::attack::OneText); 2] = [("typing", typing), ("ocr", ocr)];
        for (name, attack) in attacks {
            assert_eq!(attack(&text, 1, 0.0), text);
            for rate in [0.01, 0.05] {
                let edits = distance(&text, &attack(&text, 1, rate)) as f64;
                let measured = edits / letters;
                // A swap of two letters or one letter taken for two costs two edits.
                assert!((0.6 * rate..2.0 * rate).contains(&measured), "{name} {rate}: {measured}");
            }
        }
    }

    #[test]
    fn other_alphabets_survive() {
        let text = "Договор о реке, 5 %";
        assert_ne!(typing(text, 1, 1.0), text);
        assert_ne!(ocr(text, 1, 1.0), text);
    }
}
