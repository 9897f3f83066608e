//! That the exhibits are those that were registered, and show what the reading says.

use super::commitments::{Committed, digest};
use super::{Told, Verdict, of_kind};
use crate::bundle::{Bundle, Exhibit};
use crate::entry::Kind;
use crate::reading::ReadSite;
use crate::release::{OpenSite, Standing};

/// Checks it.
pub fn check(bundle: &Bundle, committed: Option<&Committed>, told: &mut Told) {
    if !registered(bundle, told) {
        return;
    }
    let Some(committed) = committed else { return };
    let mut shown = 0;
    for look in &committed.question.looks {
        for site in look.reading.together.iter().flat_map(|of| &of.sites) {
            let Some(open) = committed.sites.get(&site.id) else { continue };
            match seen(bundle, look.number as usize, site, open) {
                (Verdict::Proven, _) => shown += 1,
                (verdict, why) => told.tell("shown", verdict, format!("place {}: {why}", site.index)),
            }
        }
    }
    told.proven("shown", format!("{shown} places, by the words that stand there and beside"));
}

/// Every exhibit is the one that its entry registered, and there is one for each entry.
fn registered(bundle: &Bundle, told: &mut Told) -> bool {
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
fn seen(bundle: &Bundle, look: usize, site: &ReadSite, open: &OpenSite) -> (Verdict, &'static str) {
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
        let exhibit = bundle.exhibits.iter().find(|one| (one.look, one.number) == (look, number));
        let Some(text) = exhibit.and_then(text_of) else {
            return (Verdict::CannotCheck, "its exhibit is no plain text; a second reader has to look");
        };
        let Some((before, at, after)) = around(text, from, to) else {
            return (Verdict::NotProven, "the exhibit does not reach so far");
        };
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

/// An exhibit's text, where its bytes are that text and nothing has to be believed.
fn text_of(exhibit: &Exhibit) -> Option<&str> {
    exhibit.text.as_deref().filter(|text| text.as_bytes() == exhibit.bytes)
}

fn around(text: &str, from: usize, to: usize) -> Option<(&str, &str, &str)> {
    Some((text.get(..from)?, text.get(from..to)?, text.get(to..)?))
}

/// Whether the word before or the word behind is the original's. Where nothing stands in the text, both have to be.
fn is_beside(standing: &Standing, before: &str, after: &str) -> bool {
    let (own_before, own_after) = (words(&standing.before), words(&standing.after));
    let fits_before = own_before.last().map(|word| words(tail(before)).last() == Some(word));
    let fits_after = own_after.first().map(|word| words(head(after)).first() == Some(word));
    match (fits_before, fits_after) {
        (Some(one), Some(other)) if standing.forms.iter().any(|form| words(form).is_empty()) => one && other,
        (Some(one), Some(other)) => one || other,
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => false,
    }
}

/// So many characters beside a place are looked at.
const BESIDE_CHARS: usize = 200;

fn tail(text: &str) -> &str {
    let at = text.char_indices().rev().nth(BESIDE_CHARS - 1).map_or(0, |(at, _)| at);
    &text[at..]
}

fn head(text: &str) -> &str {
    text.char_indices().nth(BESIDE_CHARS).map_or(text, |(at, _)| &text[..at])
}

/// Words: what is no sign between them, the letters of ASCII in small.
fn words(text: &str) -> Vec<String> {
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
    fn words_beside_a_place_decide_whether_it_is_the_one() {
        let standing = |before: &str, after: &str, forms: &[&str]| Standing {
            before: before.into(),
            after: after.into(),
            forms: forms.iter().map(|form| form.to_string()).collect(),
        };
        let site = standing("They met ", " noon.", &["before", "prior to"]);
        assert!(is_beside(&site, "Yesterday they MET, ", " dusk"));
        assert!(is_beside(&site, "", " noon"));
        assert!(!is_beside(&site, "he sat ", " dusk"));
        let gap = standing("said ", " he", &["that", ""]);
        assert!(is_beside(&gap, "said ", " he") && !is_beside(&gap, "said ", " she"));
        assert!(!is_beside(&standing("", "", &["a", "b"]), "a", "b"));
    }
}
