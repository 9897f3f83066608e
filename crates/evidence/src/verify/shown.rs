//! That the exhibits are those that were registered, and show what the reading says.

use std::collections::BTreeMap;

use super::commitments::{Committed, digest};
use super::{Told, Verdict, of_kind};
use crate::bundle::{Entry, Exhibit, Parts};
use crate::entry::Kind;
use crate::json::Json;
use crate::reading::{OfRelease, ReadSite};
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
    if let Some(why) = twice(committed) {
        return told.not("shown", why);
    }
    if bytes_compared(bundle, committed) > BYTES_MAX {
        return told
            .cannot("shown", "there are more places, or longer ones, than are looked up for one bundle");
    }
    let texts: BTreeMap<(usize, usize), Text<'_>> =
        bundle.exhibits.iter().map(|one| ((one.look, one.number), Text::of(one))).collect();
    let mut shown = 0;
    for (look, site) in sites(committed) {
        let Some(open) = committed.sites.get(&site.id) else { continue };
        match seen(&texts, look, site, open) {
            (Verdict::Proven, _) => shown += 1,
            (verdict, why) => told.tell("shown", verdict, format!("place {}: {why}", site.index)),
        }
    }
    if let Some((one, other)) = alike(committed) {
        told.cannot(
            "shown",
            format!("places {one} and {other} have the same words and the same words beside: whether they are two, a second reader has to say"),
        );
    }
    told.proven("shown", format!("{shown} places, by the words that stand there and beside"));
}

/// What is read, with the numbers of the looks: what single exhibits show is weighed by itself, too.
fn sites(committed: &Committed) -> impl Iterator<Item = (usize, &ReadSite)> {
    readings(committed).flat_map(|(look, of)| of.sites.iter().map(move |site| (look, site)))
}

fn readings(committed: &Committed) -> impl Iterator<Item = (usize, &OfRelease)> {
    committed.question.looks.iter().flat_map(|look| {
        let alone = look.reading.alone.iter().flat_map(|(_, readings)| readings);
        look.reading.together.iter().chain(alone).map(|of| (look.number as usize, of))
    })
}

/// One word is one site's: of one reading no two sites have places that are one, or overlap.
fn twice(committed: &Committed) -> Option<String> {
    for (_, of) in readings(committed) {
        let is_text =
            |site: &&ReadSite| committed.sites.get(&site.id).is_some_and(|open| open.channel != "layout");
        let own = of.sites.iter().filter(is_text);
        let mut places: Vec<((usize, usize, usize), usize)> =
            own.flat_map(|site| site.places.iter().map(|place| (*place, site.index))).collect();
        places.sort_unstable();
        // Of the places so far the one that reaches farthest, and the farthest of another site than that one.
        let (mut farthest, mut other): (Option<Reached>, Option<Reached>) = (None, None);
        for ((exhibit, from, to), index) in places {
            let is_over = |reached: &Reached| {
                reached.exhibit == exhibit
                    && reached.index != index
                    && (reached.to > from || (reached.from, reached.to) == (from, to))
            };
            if let Some(reached) = [farthest, other].into_iter().flatten().find(is_over) {
                return Some(format!("places {} and {index} are read in the same words", reached.index));
            }
            let own = Reached { exhibit, from, to, index };
            let is_behind = |reached: Option<Reached>| {
                reached.is_none_or(|reached| reached.exhibit != exhibit || reached.to <= to)
            };
            if is_behind(farthest) {
                if farthest.is_some_and(|reached| reached.index != index) {
                    other = farthest;
                }
                farthest = Some(own);
            } else if farthest.is_some_and(|reached| reached.index != index) && is_behind(other) {
                other = Some(own);
            }
        }
    }
    None
}

/// A place that reaches far.
#[derive(Clone, Copy)]
struct Reached {
    exhibit: usize,
    from: usize,
    to: usize,
    index: usize,
}

/// Two sites that nothing tells apart: what stands there and beside is the same.
fn alike(committed: &Committed) -> Option<(usize, usize)> {
    let mut known: BTreeMap<(&str, &str, &[String]), usize> = BTreeMap::new();
    let mut all: Vec<&OpenSite> = committed.sites.values().filter(|site| site.channel != "layout").collect();
    all.sort_by_key(|site| site.index);
    for site in all {
        for standing in &site.standings {
            let key = (standing.before.as_str(), standing.after.as_str(), standing.forms.as_slice());
            match known.insert(key, site.index) {
                Some(other) if other != site.index => return Some((other, site.index)),
                _ => {}
            }
        }
    }
    None
}

/// So many bytes are compared for one bundle: some seconds.
const BYTES_MAX: u64 = 4_000_000_000;
/// So many bytes of an exhibit with markup are looked through in the time in which one is compared.
const MARKUP_BYTES: u64 = 16;
/// What a place costs beside its own bytes and those of its site.
const PLACE_BYTES: u64 = 1_000;

/// How many bytes are compared to look up every place.
fn bytes_compared(bundle: &Parts, committed: &Committed) -> u64 {
    let each: BTreeMap<_, u64> = committed
        .sites
        .iter()
        .map(|(id, site)| {
            let of = |standing: &Standing| {
                let forms: usize = standing.forms.iter().map(String::len).sum();
                (standing.before.len() + standing.after.len() + forms) as u64
            };
            (*id, site.standings.iter().map(of).sum::<u64>() + PLACE_BYTES)
        })
        .collect();
    let marked_up: BTreeMap<(usize, usize), u64> = bundle
        .exhibits
        .iter()
        .filter(|one| one.text.as_deref().is_some_and(|text| text.as_bytes() != one.bytes))
        .map(|one| ((one.look, one.number), one.bytes.len().min(MARKUP_BYTES_MAX) as u64 / MARKUP_BYTES))
        .collect();
    let mut sum = 0_u64;
    for (look, site) in sites(committed) {
        for &(number, from, to) in &site.places {
            let own = each.get(&site.id).copied().unwrap_or(0);
            let more = marked_up.get(&(look, number)).copied().unwrap_or(0);
            sum = sum.saturating_add(own + more + (to - from) as u64);
        }
    }
    sum
}

/// Every exhibit is the one that its entry registered, and there is one for each entry.
fn registered(bundle: &Parts, told: &mut Told<'_>) -> bool {
    // Those of a look that failed were not read; they stand here so that the look is not left out.
    let number = |entry: &Entry| entry.envelope.statement.open.get("look").cloned();
    let read: Vec<Option<Json>> = of_kind(bundle, Kind::Reading).map(number).collect();
    let mut entries = Vec::new();
    for entry in of_kind(bundle, Kind::Exhibit).filter(|entry| read.contains(&number(entry))) {
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
    texts: &BTreeMap<(usize, usize), Text<'_>>,
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
        let Some(text) = texts.get(&(look, number)) else {
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
        let (spelled_there, beside) = (spelled(at), Beside::of(before, after));
        let own = open.standings.iter().filter(|standing| beside.fits(standing)).collect::<Vec<_>>();
        let stands = |variant: usize| {
            let form = |standing: &&Standing| spelled(standing.forms.get(variant).map_or("", String::as_str));
            own.iter().any(|standing| form(standing) == spelled_there)
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

/// The words beside a place, from the place outward.
struct Beside([Vec<String>; 2]);

impl Beside {
    fn of(before: &str, after: &str) -> Beside {
        let mut before = words(last_chars(before, BESIDE_CHARS));
        before.reverse();
        Beside([before, words(first_chars(after, BESIDE_CHARS))])
    }

    /// Whether two of the words beside are the original's, in a row from the place outward, or as many as there are. Where
    /// nothing stands in the text, one on either side has to be.
    fn fits(&self, standing: &Standing) -> bool {
        let own = [words(&standing.before).into_iter().rev().collect(), words(&standing.after)];
        let near = &self.0;
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
        assert!(Beside::of("Yesterday they MET, ", " dusk").fits(&site));
        assert!(Beside::of("he met ", " noon").fits(&site));
        assert!(!Beside::of("", " noon").fits(&site), "one word of three");
        assert!(!Beside::of("he sat ", " dusk").fits(&site));
        assert!(Beside::of("they sat ", " noon").fits(&standing("", " noon.", &["before", "prior to"])));
        assert!(is_inside("be", "fore") && !is_inside("be ", "fore") && !is_inside("", "fore"));
        let gap = standing("said ", " he", &["that", ""]);
        assert!(Beside::of("said ", " he").fits(&gap) && !Beside::of("said ", " she").fits(&gap));
        assert!(!Beside::of("a", "b").fits(&standing("", "", &["a", "b"])));
    }
}
