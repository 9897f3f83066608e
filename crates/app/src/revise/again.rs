//! Where a redraft shows a site a second time, as plain text: an annex that quotes a copy beside a body that keeps its
//! sites.
//!
//! Read as a whole, such a redraft gives one outcome a site, and the kept place speaks first. But a leak of it shows the
//! quotation too, in every copy alike. So the redraft is also looked at without the places that it keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tellmark_core::{Channel, Marking, Outcome, Rendered, Site, SiteId, SiteReading};
use tellmark_spotting::Index;
use tellmark_wording::read::{Original, Shown, read};

use super::{is_own, is_read, public_elsewhere};
use crate::{Error, Result};

/// A kept place takes its sentence with it, but no more than so many bytes before and behind.
const SENTENCE_BYTES_MAX: usize = 300;
/// Words on either side by which a place is known again.
const CONTEXT_WORDS: usize = 2;

/// The sites of a release that a redraft shows at a place that is not their own.
///
/// # Errors
/// When the release's marking does not fit its text.
pub fn shown_again(
    release: tellmark_core::ReleaseId,
    text: &str,
    theirs: &Marking,
    marking: &Marking,
    shown: &Rendered,
) -> Result<BTreeSet<SiteId>> {
    let original = Original::new(text, theirs).map_err(Error::damaged)?;
    let known: BTreeSet<SiteId> = theirs.sites.iter().map(|site| site.id).collect();
    let kept: Vec<(SiteId, Range<usize>)> = shown
        .places
        .iter()
        .map(|place| (&marking.sites[place.site], place.range.clone()))
        .filter(|(site, _)| known.contains(&site.id) && site.channel != Channel::Style)
        .map(|(site, range)| (site.id, range))
        .collect();
    let rest = Rest::of(&shown.text, kept.iter().map(|(_, range)| range));
    let mut again = BTreeSet::new();
    for found in Index::build([original.text()]).find(&rest.text) {
        let reading = read(release, &original, &[Shown::text(&rest.text, &found.alignment)]);
        let is_taken = |(seen, site): (&SiteReading, &Site)| {
            is_read(seen) && !is_own(&rest.placed(seen), site, marking, shown)
        };
        let taken: Vec<bool> = reading.sites.iter().zip(&theirs.sites).map(is_taken).collect();
        let public = public_elsewhere(&reading, &original, &found.alignment, &taken);
        again.extend(public.into_iter().map(|site| reading.sites[site].site));
    }
    again.extend(by_context(&original, theirs, shown));
    Ok(again)
}

/// A text without the sentences in which its kept places lie.
struct Rest {
    text: String,
    /// Where each piece of it begins, here and in the whole text.
    pieces: Vec<(usize, usize)>,
}

impl Rest {
    fn of<'a>(text: &str, ranges: impl Iterator<Item = &'a Range<usize>>) -> Rest {
        let mut cut: Vec<Range<usize>> = ranges.map(|range| sentence_around(text, range)).collect();
        cut.sort_by_key(|range| range.start);
        cut.push(text.len()..text.len());
        let mut rest = Rest { text: String::new(), pieces: Vec::new() };
        let mut from = 0;
        for range in cut {
            if range.start > from {
                rest.pieces.push((rest.text.len(), from));
                rest.text.push_str(&text[from..range.start]);
                rest.text.push_str("\n\n");
            }
            from = from.max(range.end);
        }
        rest
    }

    /// A reading of the rest with its places in the whole text.
    fn placed(&self, seen: &SiteReading) -> SiteReading {
        let whole = |at: usize| {
            let piece = self.pieces.partition_point(|(here, _)| *here <= at).saturating_sub(1);
            self.pieces.get(piece).map_or(at, |(here, there)| at - here + there)
        };
        let mut seen = seen.clone();
        if let Outcome::Read { places, .. } = &mut seen.outcome {
            places.iter_mut().for_each(|(_, range)| *range = whole(range.start)..whole(range.end));
        }
        seen
    }
}

fn sentence_around(text: &str, range: &Range<usize>) -> Range<usize> {
    let first = text.ceil_char_boundary(range.start.saturating_sub(SENTENCE_BYTES_MAX));
    let last = text.floor_char_boundary((range.end + SENTENCE_BYTES_MAX).min(text.len()));
    let ends = |c: char| matches!(c, '.' | '!' | '?' | '\n');
    let before = &text[first.min(range.start)..range.start];
    let behind = &text[range.end..last.max(range.end)];
    let start = before.rfind(ends).map_or(first.min(range.start), |at| range.start - before.len() + at + 1);
    let end = behind.find(ends).map_or(last.max(range.end), |at| range.end + at + 1);
    start..end
}

/// The words of a text in small letters, with their bytes.
fn words(text: &str) -> Vec<(String, Range<usize>)> {
    let mut words = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        words.push((word.to_lowercase(), start..start + word.len()));
    }
    words
}

/// The sites that stand in the text again, letter by letter between the same words, at a place where the redraft has
/// no site.
fn by_context(original: &Original, theirs: &Marking, shown: &Rendered) -> BTreeSet<SiteId> {
    let old = words(original.text());
    let new = words(&shown.text);
    let mut follows: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for at in CONTEXT_WORDS..=new.len() {
        let before = new[at - CONTEXT_WORDS..at].iter().map(|(word, _)| word.as_str()).collect();
        follows.entry(before).or_default().push(at);
    }
    // What stands at a site of the redraft, whichever, is a draw of each copy's own.
    let is_site = |range: Range<usize>| {
        shown.places.iter().any(|own| own.range.start <= range.end && range.start <= own.range.end)
    };
    let mut again = BTreeSet::new();
    for place in original.places() {
        let site = &theirs.sites[place.site];
        if site.channel == Channel::Style || again.contains(&site.id) {
            continue;
        }
        let before = old.partition_point(|(_, range)| range.end <= place.range.start);
        let behind = old.partition_point(|(_, range)| range.start < place.range.end);
        if before < CONTEXT_WORDS || behind + CONTEXT_WORDS > old.len() {
            continue;
        }
        let lead: Vec<&str> =
            old[before - CONTEXT_WORDS..before].iter().map(|(word, _)| word.as_str()).collect();
        let tail = &old[behind..behind + CONTEXT_WORDS];
        let forms = &site.occurrences[place.occurrence].forms;
        for &at in follows.get(&lead).into_iter().flatten() {
            let shows = |form: &String| {
                let form = words(form);
                let end = at + form.len();
                let there = new.get(at..end + CONTEXT_WORDS)?;
                let same = form.iter().chain(tail).zip(there).all(|((a, _), (b, _))| a == b);
                // From the word before to the word behind: a form may be empty.
                same.then(|| new[at - 1].1.end..new[end].1.start)
            };
            if forms.iter().filter_map(shows).any(|range| !is_site(range)) {
                again.insert(site.id);
            }
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_place_takes_its_sentence_with_it() {
        let text = "One stays. Two has a site here! Three stays.\nFour is kept";
        let at = |word: &str| text.find(word).map(|at| at..at + word.len()).unwrap();
        let rest = Rest::of(text, [at("site"), at("kept")].iter());
        assert_eq!(rest.text, "One stays.\n\n Three stays.\n\n\n");
        assert_eq!(rest.pieces, [(0, 0), (12, 31)]);
        let long = "word ".repeat(500);
        assert!(Rest::of(&long, [1000..1004].iter()).text.len() > 1800, "no more than a sentence is taken");
    }
}
