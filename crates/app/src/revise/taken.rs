//! What a new original shows of a release's sites to everybody: places at which it has no site of its own.
//!
//! Which of these become public never hangs on which variant they show: were only those public that differ from the
//! original, what is left would agree with the copy from which the text came.
//!
//! A redraft may also show a site a second time, as plain text: an annex that quotes a copy beside a body that keeps
//! its sites. Read as a whole, such a redraft gives one outcome a site, and the kept place speaks first. But a leak of it
//! shows the quotation too, in every copy alike. So the redraft is also looked at without the sentences of its sites.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tellmark_core::{
    Alignment, Channel, Erasure, Marking, Occurrence, Outcome, Passage, Place, Reading, ReleaseId, Rendered,
    Site, SiteId, SiteReading,
};
use tellmark_spotting::Index;
use tellmark_store::Release;
use tellmark_wording::read::{Original, Shown, read};

use crate::{Error, Result, Vault};

/// Bytes of memory that a byte of an original's text and a form of a site take, about: words are kept with their hashes, forms three times.
const BYTES_OF_TEXT: usize = 24;
const BYTES_OF_FORM: usize = 512;
/// So many sites with the original's variant, each of two variants or more, are not a copy's.
const ORIGINAL_SITES: usize = 64;
/// A site takes its sentence with it, but no more than so many bytes before and behind.
const SENTENCE_BYTES_MAX: usize = 300;
/// Words on either side by which a place is known again.
const CONTEXT_WORDS: usize = 2;
/// A site that cannot be read stands in text that was taken over where so many words of its neighbourhood did, and how
/// many bytes that reaches to either side.
const NEAR_WORDS: usize = 3;
const NEAR_BYTES: usize = 40;

/// A release with what reading its sites takes.
#[derive(Debug)]
pub struct Old {
    pub release: Release,
    /// All its sites.
    pub marking: Marking,
    /// Those of its text.
    theirs: Marking,
    original: Original,
    /// Bytes of memory, about.
    pub size: usize,
}

impl Old {
    /// Loads a release.
    ///
    /// # Errors
    /// When the ledger fails, or the release's marking does not fit its text.
    pub async fn load(vault: &Vault, release: Release) -> Result<Old> {
        let marking: Marking = vault.json(release.marking).await?;
        let text = vault.prose(&release).await?;
        let theirs = marking.text_only();
        let original = Original::new(&text, &theirs).map_err(Error::damaged)?;
        let forms = theirs.sites.iter().flat_map(|site| &site.occurrences).map(|place| place.forms.len());
        let size = text.len() * BYTES_OF_TEXT + forms.sum::<usize>() * BYTES_OF_FORM + BYTES_OF_FORM;
        Ok(Old { release, marking, theirs, original, size })
    }
}

/// A release whose sites a new original may show.
pub struct Taken<'a> {
    release: ReleaseId,
    /// Its sites.
    theirs: &'a Marking,
    original: &'a Original,
    /// The sites of the new original.
    marking: &'a Marking,
    shown: &'a Rendered,
}

/// Which sites count that cannot be read, because the text around them was edited: a leak of the new original may show
/// less of the edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// All of them: the new original is a redraft.
    Anywhere,
    /// Those in a passage from which a site was taken over: other documents share passages by habit or by chance.
    BesideTaken,
}

impl<'a> Taken<'a> {
    /// A release with its sites, and a new original with its own.
    pub fn new(old: &'a Old, marking: &'a Marking, shown: &'a Rendered) -> Taken<'a> {
        Taken { release: old.release.id, theirs: &old.theirs, original: &old.original, marking, shown }
    }

    /// What finds the release's text.
    pub fn index(&self) -> Index {
        Index::build([self.original.text()])
    }

    /// What the new original shows at the release's sites.
    pub fn reading(&self, alignment: &Alignment) -> Reading {
        read(self.release, self.original, &[Shown::text(&self.shown.text, alignment)])
    }

    /// The sites that the new original shows where it has none of its own, by what was read along an alignment.
    pub fn sites(&self, alignment: &Alignment, reading: &Reading, edited: Edited) -> BTreeSet<SiteId> {
        let taken: Vec<bool> = reading
            .sites
            .iter()
            .zip(&self.theirs.sites)
            .map(|(seen, site)| self.has_no_own(seen, site))
            .collect();
        let mut public: BTreeSet<usize> = (0..taken.len()).filter(|&site| taken[site]).collect();
        for passage in &alignment.passages {
            let places = || self.original.places().iter().filter(|place| is_inside(place, passage));
            if edited == Edited::BesideTaken && !places().any(|place| taken[place.site]) {
                continue;
            }
            let cannot_be_read = |place: &&Place| {
                matches!(
                    reading.sites[place.site].outcome,
                    Outcome::Erased(Erasure::Context | Erasure::Unclear | Erasure::Conflict)
                ) && is_near(place, passage)
            };
            public.extend(places().filter(cannot_be_read).map(|place| place.site));
        }
        let own: BTreeSet<SiteId> = self.marking.sites.iter().map(|site| site.id).collect();
        let is_kept = |site: &usize| own.contains(&reading.sites[*site].site) && !taken[*site];
        public.into_iter().filter(|site| !is_kept(site)).map(|site| reading.sites[site].site).collect()
    }

    /// Whether the new original shows the release's own variants, as its author wrote them, at so many sites that no copy
    /// does: the same text in another format, or a document written beside it. Then nothing came from a copy; that one has
    /// all of them by chance is as likely as 2^-64.
    pub fn is_of_the_original(&self, reading: &Reading) -> bool {
        let mut sites = 0;
        for (seen, site) in reading.sites.iter().zip(&self.theirs.sites) {
            let Outcome::Read { likelihoods, .. } = &seen.outcome else { continue };
            let top = likelihoods.iter().max();
            let best: Vec<usize> = (0..likelihoods.len()).filter(|&v| likelihoods.get(v) == top).collect();
            if best != [usize::from(site.original)] {
                return false;
            }
            sites += 1;
        }
        sites >= ORIGINAL_SITES
    }

    /// Whether a site is read at a place where the new original has no site with the same variants: such a site is a draw
    /// of each copy's own.
    fn has_no_own(&self, seen: &SiteReading, theirs: &Site) -> bool {
        let Outcome::Read { places, .. } = &seen.outcome else { return false };
        let forms = |occurrence: &Occurrence| {
            occurrence.forms.iter().map(|f| f.to_lowercase()).collect::<BTreeSet<_>>()
        };
        let alike: Vec<BTreeSet<String>> = theirs.occurrences.iter().map(forms).collect();
        !places.iter().all(|(_, range)| {
            self.shown.places.iter().any(|own| {
                let touches = own.range.start <= range.end && range.start <= own.range.end;
                touches && alike.contains(&forms(&self.marking.sites[own.site].occurrences[own.occurrence]))
            })
        })
    }

    /// The sites that the new original shows at a place that is not their own, whatever stands at their own.
    /// `index` is the release's.
    pub fn again(&self, index: &Index) -> BTreeSet<SiteId> {
        let sites = self.shown.places.iter();
        let wordings = sites.filter(|place| self.marking.sites[place.site].channel != Channel::Style);
        let rest = Rest::of(&self.shown.text, wordings.map(|place| &place.range));
        let mut again = BTreeSet::new();
        for found in index.find(&rest.text) {
            let mut reading = read(self.release, self.original, &[Shown::text(&rest.text, &found.alignment)]);
            reading.sites.iter_mut().for_each(|seen| rest.place(seen));
            let shown = reading.sites.iter().zip(&self.theirs.sites);
            again.extend(shown.filter(|(seen, site)| self.has_no_own(seen, site)).map(|(seen, _)| seen.site));
        }
        again.extend(by_context(self.original, self.theirs, self.shown));
        again
    }
}

fn is_inside(place: &Place, passage: &Passage) -> bool {
    passage.source.start <= place.range.start && place.range.end <= passage.source.end
}

/// Whether words of a place's neighbourhood were taken over.
fn is_near(place: &Place, passage: &Passage) -> bool {
    let near = place.range.start.saturating_sub(NEAR_BYTES)..place.range.end + NEAR_BYTES;
    let pairs =
        passage.pairs.iter().filter(|pair| near.start <= pair.source.start && pair.source.end <= near.end);
    pairs.count() >= NEAR_WORDS
}

/// A text without the sentences in which its sites stand.
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

    /// Turns the places of what was read in the rest into those in the whole text.
    fn place(&self, seen: &mut SiteReading) {
        let whole = |at: usize| {
            let piece = self.pieces.partition_point(|(here, _)| *here <= at).saturating_sub(1);
            self.pieces.get(piece).map_or(at, |(here, there)| at - here + there)
        };
        if let Outcome::Read { places, .. } = &mut seen.outcome {
            places.iter_mut().for_each(|(_, range)| *range = whole(range.start)..whole(range.end));
        }
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
    fn a_site_takes_its_sentence_with_it() {
        let text = "One stays. Two has a site here! Three stays.\nFour is kept";
        let at = |word: &str| text.find(word).map(|at| at..at + word.len()).unwrap();
        let rest = Rest::of(text, [at("site"), at("kept")].iter());
        assert_eq!(rest.text, "One stays.\n\n Three stays.\n\n\n");
        assert_eq!(rest.pieces, [(0, 0), (12, 31)]);
        let long = "word ".repeat(500);
        assert!(Rest::of(&long, [1000..1004].iter()).text.len() > 1800, "no more than a sentence is taken");
    }
}
