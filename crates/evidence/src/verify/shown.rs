//! That the exhibits are those that were registered, and show what the reading says.

use std::collections::BTreeMap;

use super::commitments::{Committed, digest};
use super::{Told, Verdict, of_kind};
use crate::bundle::{Exhibit, Parts};
use crate::entry::Kind;
use crate::reading::ReadSite;
use crate::release::{OpenSite, Standing};

/// Checks it.
pub fn check(bundle: &Parts, committed: Option<&Committed>, told: &mut Told<'_>) {
    if !registered(bundle, told) {
        return;
    }
    let Some(committed) = committed else { return };
    // The text as the reader saw it was committed to with the reading.
    let texts = committed.question.looks.iter().flat_map(|look| {
        let numbered = (0..).zip(&look.reading.texts);
        numbered.map(|(number, text)| ((look.number as usize, number), text.as_str()))
    });
    let read: BTreeMap<(usize, usize), &str> = texts.collect();
    for one in &bundle.exhibits {
        let expected = read.get(&(one.look, one.number)).copied();
        if one.text.as_deref().is_some_and(|text| expected != Some(digest(text.as_bytes()).as_str())) {
            return told.not("exhibit", "the text of an exhibit is not the one that was read");
        }
    }
    let texts: Vec<Text<'_>> = bundle.exhibits.iter().map(Text::of).collect();
    let mut shown = 0;
    for look in &committed.question.looks {
        // What single exhibits show is weighed by itself, too.
        let alone = look.reading.alone.iter().flat_map(|(_, readings)| readings);
        for site in look.reading.together.iter().chain(alone).flat_map(|of| &of.sites) {
            let Some(open) = committed.sites.get(&site.id) else { continue };
            match seen(bundle, &texts, look.number as usize, site, open) {
                (Verdict::Proven, _) => shown += 1,
                (verdict, why) => told.tell("shown", verdict, format!("place {}: {why}", site.index)),
            }
        }
    }
    told.proven("shown", format!("{shown} places, by the words that stand there and beside"));
}

/// Every exhibit is the one that its entry registered, and there is one for each entry.
fn registered(bundle: &Parts, told: &mut Told<'_>) -> bool {
    let mut entries = Vec::new();
    for entry in of_kind(bundle, Kind::Exhibit) {
        let said = entry.envelope.statement.said();
        let details = entry.opening.as_ref().map(|opening| &opening.details);
        let found = said.fields("an exhibit", &["at", "case", "look", "number"], &[]).and_then(|said| {
            let names = ["because", "name", "sha256", "size"];
            let details = details.ok_or_else(|| crate::Error::format("an exhibit is not opened"))?;
            let details = details.fields("an exhibit", &names, &[])?;
            let place = (said.count("look", 1_000_000)?, said.count("number", 1_000)?);
            Ok((place, details.text("sha256")?.to_owned(), details.count("size", 1 << 40)?))
        });
        match found {
            Ok(found) => entries.push(found),
            Err(error) => {
                told.not("exhibit", error.to_string());
                return false;
            }
        }
    }
    let mut own: Vec<((usize, usize), String, usize)> = bundle
        .exhibits
        .iter()
        .map(|one| ((one.look, one.number), digest(&one.bytes), one.bytes.len()))
        .collect();
    own.sort();
    entries.sort();
    let is_numbered = entries.windows(2).all(|pair| {
        let ((look, number), (next, following)) = (pair[0].0, pair[1].0);
        if look == next { following == number + 1 } else { following == 0 }
    });
    if own != entries || entries.is_empty() || !is_numbered || entries[0].0.1 != 0 {
        told.not("exhibit", "the exhibits are not those that were registered");
        return false;
    }
    told.proven("exhibit", format!("{} by their SHA-256", own.len()));
    true
}

/// Whether one read place shows its likeliest variant.
fn seen(
    bundle: &Parts,
    texts: &[Text<'_>],
    look: usize,
    site: &ReadSite,
    open: &OpenSite,
) -> (Verdict, &'static str) {
    let top = site.observed.likelihoods.iter().max();
    let mut best = (0..).zip(&site.observed.likelihoods).filter(|(_, l)| Some(*l) == top).map(|(v, _)| v);
    let (Some(best), None) = (best.next(), best.next()) else {
        return (Verdict::CannotCheck, "several variants are as likely");
    };
    if open.channel == "layout" {
        return (
            Verdict::CannotCheck,
            "it is read from how words stand on the page, which needs a second reading",
        );
    }
    let (mut agree, mut other) = (0, 0);
    for &(number, from, to) in &site.places {
        let exhibit = bundle.exhibits.iter().position(|one| (one.look, one.number) == (look, number));
        let Some(text) = exhibit.map(|exhibit| &texts[exhibit]) else {
            return (Verdict::CannotCheck, "its exhibit is missing");
        };
        let Some(shown) = text.shown else {
            return (
                Verdict::CannotCheck,
                "its exhibit is neither text nor marked-up text; a second reader has to look",
            );
        };
        let Some((before, at, after)) = around(shown, from, to) else {
            return (Verdict::NotProven, "the exhibit does not reach so far");
        };
        if is_inside(before, at) || is_inside(at, after) {
            return (Verdict::NotProven, "a place begins or ends inside a word");
        }
        if !text.holds(before, at, after) {
            return (
                Verdict::CannotCheck,
                "its exhibit's markup does not show these words; a second reader has to look",
            );
        }
        let stands = |variant: usize| {
            let is_there = |standing: &&Standing| {
                let form = standing.forms.get(variant).map_or("", String::as_str);
                spelled(form) == spelled(at) && is_beside(standing, before, after)
            };
            open.standings.iter().any(|standing| is_there(&standing))
        };
        agree += usize::from(stands(best));
        other += usize::from((0..open.variants).any(|variant| variant != best && stands(variant)));
    }
    match (agree, other) {
        (0, 0) => (Verdict::CannotCheck, "what stands there is spelled in another way than its variants"),
        (agree, other) if agree > other => (Verdict::Proven, ""),
        _ => (Verdict::NotProven, "the exhibit shows another variant there"),
    }
}

/// An exhibit's text, and what it is compared with.
struct Text<'a> {
    /// As the reader saw it; `None` where nothing can be compared.
    shown: Option<&'a str>,
    /// The words of a file with markup, each between two separators; `None` where its bytes are the text.
    marked_up: Option<String>,
}

/// Files with markup are looked into up to this size.
const MARKUP_BYTES_MAX: usize = 4 << 20;
/// So much of the text on either side of a place has to stand in the markup.
const WINDOW_CHARS: usize = 60;

impl<'a> Text<'a> {
    fn of(exhibit: &'a Exhibit) -> Text<'a> {
        let Some(text) = exhibit.text.as_deref() else { return Text { shown: None, marked_up: None } };
        if text.as_bytes() == exhibit.bytes {
            return Text { shown: Some(text), marked_up: None };
        }
        let readable = std::str::from_utf8(&exhibit.bytes).ok().filter(|all| all.len() <= MARKUP_BYTES_MAX);
        match readable {
            Some(all) => Text { shown: Some(text), marked_up: Some(row(&words(&without_markup(all)))) },
            None => Text { shown: None, marked_up: None },
        }
    }

    /// Whether the words around a place stand in the file in this order, the outermost left out, since they may be cut.
    fn holds(&self, before: &str, at: &str, after: &str) -> bool {
        let Some(all) = &self.marked_up else { return true };
        let near = last_chars(before, WINDOW_CHARS);
        let far = first_chars(after, WINDOW_CHARS);
        let window = words(&[near, at, far].concat());
        let from = usize::from(near.len() < before.len());
        let to = window.len().saturating_sub(usize::from(far.len() < after.len()));
        window.get(from..to).is_some_and(|window| !window.is_empty() && all.contains(&row(window)))
    }
}

/// Words in a row, with a separator before, between and behind them.
pub fn row(words: &[String]) -> String {
    let mut row = String::from("\n");
    for word in words {
        row.push_str(word);
        row.push('\n');
    }
    row
}

/// A text without tags, each of which becomes a space, and with the character references that matter resolved.
pub fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        let found = &rest[at..];
        rest = if found.starts_with('<') {
            out.push(' ');
            found.find('>').map_or("", |end| &found[end + 1..])
        } else {
            let end = found.bytes().take(12).position(|byte| byte == b';');
            match end.and_then(|end| Some((resolved(&found[1..end])?, end))) {
                Some((c, end)) => {
                    out.push(c);
                    &found[end + 1..]
                }
                None => {
                    out.push('&');
                    &found[1..]
                }
            }
        };
    }
    out.push_str(rest);
    out
}

fn resolved(name: &str) -> Option<char> {
    let digits = |digits: &str, radix: u32| {
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        is_number.then(|| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)).flatten()
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            match number.strip_prefix(['x', 'X']) {
                Some(number) => digits(number, 16),
                None => digits(number, 10),
            }
        }
    }
}

fn around(text: &str, from: usize, to: usize) -> Option<(&str, &str, &str)> {
    Some((text.get(..from)?, text.get(from..to)?, text.get(to..)?))
}

/// Whether a word goes on from one text to the next.
fn is_inside(one: &str, next: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| !is_sign(c));
    is_word(one.chars().next_back()) && is_word(next.chars().next())
}

/// Whether two of the words beside are the original's, in a row from the place outward, or as many as there are. Where
/// nothing stands in the text, one on either side has to be.
fn is_beside(standing: &Standing, before: &str, after: &str) -> bool {
    let own = [words(&standing.before).into_iter().rev().collect(), words(&standing.after)];
    let near = [
        words(last_chars(before, BESIDE_CHARS)).into_iter().rev().collect::<Vec<_>>(),
        words(first_chars(after, BESIDE_CHARS)),
    ];
    let there: [usize; 2] = [0, 1].map(|side: usize| Vec::len(&own[side]).min(WORDS_BESIDE));
    let equal: [usize; 2] = [0, 1].map(|side: usize| {
        let pairs = own[side].iter().zip(&near[side]).take(WORDS_BESIDE);
        pairs.take_while(|(one, other)| one == other).count()
    });
    let is_gap = standing.forms.iter().any(|form| words(form).is_empty());
    let [before, after] = equal;
    if is_gap && there.iter().zip(equal).any(|(there, equal)| *there > 0 && equal == 0) {
        return false;
    }
    before + after >= WORDS_BESIDE.min(there[0] + there[1]) && before + after > 0
}

/// So many words beside a place have to be the original's.
pub const WORDS_BESIDE: usize = 2;
/// So many characters beside a place are looked at.
const BESIDE_CHARS: usize = 200;

fn last_chars(text: &str, count: usize) -> &str {
    let at = text.char_indices().rev().nth(count - 1).map_or(0, |(at, _)| at);
    &text[at..]
}

fn first_chars(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(at, _)| &text[..at])
}

/// Words: what is no sign between them, the letters of ASCII in small.
pub fn words(text: &str) -> Vec<String> {
    let words = text.split(is_sign).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

/// ASCII but its letters and digits, Latin-1's signs, and general punctuation.
fn is_sign(c: char) -> bool {
    match c {
        '\0'..='\x7f' => !c.is_ascii_alphanumeric(),
        '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}' | '\u{feff}' => true,
        _ => false,
    }
}

/// How something is spelled: ASCII letters in small, one space for several.
fn spelled(text: &str) -> String {
    let parts: Vec<&str> = text.split([' ', '\t', '\n', '\r']).filter(|part| !part.is_empty()).collect();
    parts.join(" ").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_looked_through() {
        let html = "<p>They&nbsp;met <b>prior to</b> noon &amp; left, said A&#x26;B.</p><br";
        assert_eq!(words(&without_markup(html)).join(" "), "they met prior to noon left said a b");
        assert_eq!(without_markup("a &unknown; &#xd800; & b &#65;"), "a &unknown; &#xd800; & b A");
        let text = "They met prior to noon & left, said A&B.";
        let exhibit = Exhibit { look: 1, number: 0, bytes: html.into(), text: Some(text.into()) };
        let found = Text::of(&exhibit);
        assert!(found.holds(&text[..9], &text[9..17], &text[17..]));
        assert!(!found.holds("They met ", "before", " noon & left"));
        assert!(!found.holds("", "", ""));
    }

    #[test]
    fn words_beside_a_place_decide_whether_it_is_the_one() {
        let standing = |before: &str, after: &str, forms: &[&str]| Standing {
            before: before.into(),
            after: after.into(),
            forms: forms.iter().map(|form| form.to_string()).collect(),
        };
        let site = standing("They met ", " noon.", &["before", "prior to"]);
        assert!(is_beside(&site, "Yesterday they MET, ", " dusk"));
        assert!(is_beside(&site, "he met ", " noon"));
        assert!(!is_beside(&site, "", " noon"), "one word of three");
        assert!(!is_beside(&site, "he sat ", " dusk"));
        assert!(is_beside(&standing("", " noon.", &["before", "prior to"]), "they sat ", " noon"));
        assert!(is_inside("be", "fore") && !is_inside("be ", "fore") && !is_inside("", "fore"));
        let gap = standing("said ", " he", &["that", ""]);
        assert!(is_beside(&gap, "said ", " he") && !is_beside(&gap, "said ", " she"));
        assert!(!is_beside(&standing("", "", &["a", "b"]), "a", "b"));
    }
}
