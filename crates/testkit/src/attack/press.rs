//! What a newspaper does to the words that it quotes.

use crate::{Random, foreign_paragraph, sentences};

/// Another house's typography: all quotation marks straight or all curly, dashes with or without spaces,
/// ellipses as one sign or three, chosen by the seed.
///
/// `strength`: the share of such signs that the desk catches.
pub fn copy_desk(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let curly = random.chance(0.5);
    let dash = random.pick(&[" — ", "—", " – ", " - "]);
    let ellipsis = random.pick(&["…", "...", ". . ."]);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (width, with) = match sign(rest) {
            Some((width, Sign::Dash)) => (width, dash),
            Some((width, Sign::Ellipsis)) => (width, ellipsis),
            Some((width, Sign::Quote { double })) => (width, quote(double, curly, opens(&out))),
            None => (0, ""),
        };
        if width > 0 && random.chance(strength) {
            out.push_str(with);
            rest = &rest[width..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

enum Sign {
    Dash,
    Ellipsis,
    Quote { double: bool },
}

/// The sign at the start of a text and its length in bytes.
fn sign(rest: &str) -> Option<(usize, Sign)> {
    let dash = [" — ", " – ", " -- ", " - ", "—"].iter().find(|dash| rest.starts_with(**dash));
    let ellipsis = ["…", "..."].iter().find(|dots| rest.starts_with(**dots));
    let first = rest.chars().next()?;
    match first {
        _ if dash.is_some() => dash.map(|dash| (dash.len(), Sign::Dash)),
        _ if ellipsis.is_some() => ellipsis.map(|dots| (dots.len(), Sign::Ellipsis)),
        '"' | '“' | '”' => Some((first.len_utf8(), Sign::Quote { double: true })),
        '\'' | '‘' | '’' => Some((first.len_utf8(), Sign::Quote { double: false })),
        _ => None,
    }
}

fn opens(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| c.is_whitespace() || "([—".contains(c))
}

fn quote(double: bool, curly: bool, opens: bool) -> &'static str {
    match (double, curly, opens) {
        (true, false, _) => "\"",
        (false, false, _) => "'",
        (true, true, true) => "“",
        (true, true, false) => "”",
        (false, true, true) => "‘",
        (false, true, false) => "’",
    }
}

/// An article that quotes a text: passages of one to four sentences in any order, between quotation marks,
/// among foreign sentences; in a third of them a few words give way to an ellipsis, in a third one word to
/// a \[bracketed\] one.
///
/// `strength`: the share of the sentences that is quoted.
pub fn journalist(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let curly = random.chance(0.5);
    let mut article = vec![foreign_paragraph(&mut random, 3)];
    for passage in passages(text, strength, &mut random) {
        let words = quoted_words(&passage, &mut random);
        let (open, close) = if curly { ("“", "”") } else { ("\"", "\"") };
        let remark = random.pick(&["", " the paper says.", " it reads.", " one reads there."]);
        article.push(format!("{open}{}{close}{remark}", words.join(" ")));
        let length = 1 + random.below(3);
        article.push(foreign_paragraph(&mut random, length));
    }
    article.join("\n\n")
}

/// Passages of one to four sentences that together hold a share of a text, in a random order.
fn passages(text: &str, share: f64, random: &mut Random) -> Vec<String> {
    let all = sentences(text);
    let wanted = (all.len() as f64 * share).round() as usize;
    let mut cuts = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let length = (1 + random.below(4)).min(all.len() - at);
        cuts.push(at..at + length);
        at += length;
    }
    random.shuffle(&mut cuts);
    let mut taken = 0;
    let passages = cuts.into_iter().map_while(|cut| {
        let room = wanted.saturating_sub(taken).min(cut.len());
        taken += room;
        (room > 0).then(|| text[all[cut.start].start..all[cut.start + room - 1].end].to_string())
    });
    passages.collect()
}

fn quoted_words<'a>(passage: &'a str, random: &mut Random) -> Vec<&'a str> {
    let mut words: Vec<&str> = passage.split_whitespace().collect();
    if words.len() >= 12 && random.chance(1.0 / 3.0) {
        let length = 2 + random.below(4);
        let at = 3 + random.below(words.len() - length - 5);
        words.splice(at..at + length, [random.pick(&["…", "...", "[…]", "(...)"])]);
    }
    if words.len() >= 6 && random.chance(1.0 / 3.0) {
        let at = 1 + random.below(words.len() - 2);
        words[at] = random.pick(&["[the envoy]", "[both sides]", "[sic]", "[of the river]"]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_has_one_style() {
        let text = "He said “yes” — it’s so... and ‘no’ – \"why\"";
        for seed in 0..20 {
            let edited = copy_desk(text, seed, 1.0);
            let straight = edited.contains('"');
            assert_ne!(straight, edited.contains('“'), "{edited}");
            assert!(edited.contains("yes") && edited.contains("it"));
        }
        assert_eq!(copy_desk(text, 1, 0.0), text);
    }

    #[test]
    fn a_share_is_quoted_in_pieces() {
        let text = crate::document::prose(5, 1_500, 0.0);
        let article = journalist(&text, 2, 0.33);
        let all = sentences(&text);
        let whole = all.iter().filter(|range| article.contains(&text[(*range).clone()])).count();
        let share = whole as f64 / all.len() as f64;
        assert!((0.15..0.36).contains(&share), "{share}");
        assert!(article.contains('['));
        assert!(sentences(&journalist("", 1, 0.5)).len() >= 3, "an article that quotes nothing");
    }
}
