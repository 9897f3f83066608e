//! One exhibit: what it shows at every place of its passages.

use std::ops::Range;

use tellmark_core::Erasure;

use super::costs::{BIT, Costs, Noise};
use super::fold::{Symbol, fold, folded};
use super::guard;
use super::lattice::{self, Costed, Piece};
use super::medium::{self, Medium};
use super::merge::Notes;
use super::track::{Track, Window, is_word_char};
use super::twins::Doubt;
use super::{Note, Original, Shown, Sureness, sureness};

/// Difference, in bits, below which a place shows nothing.
const TELLING: i32 = 2 * BIT;
/// Fixed words around a site that may be missing before its context does not agree.
const MISSING_MAX: usize = 2;
/// How much cheaper, in bits, a stretch must be than its twin.
const CLEARLY: i32 = 10 * BIT;
/// Stretches with a twin that are compared in one track; the rest is not read.
const DOUBTS_MAX: usize = 64;
/// Characters that an exhibit may have more than the longest rendering.
const ADDED_CHARS_MAX: usize = 80;

/// Notes what an exhibit shows.
pub(super) fn exhibit(original: &Original, shown: &Shown<'_>, number: u32, notes: &mut [Notes]) {
    let Shown { text, alignment, recognised } = *shown;
    let (mut medium, noise) = medium::judge(text, alignment);
    medium.ascii |= recognised.is_some();
    let costs = Costs::of(noise, medium.ascii);
    let reader = Reader { original, text, recognised, number, medium, noise, costs };
    for track in Track::all(original, text, alignment) {
        reader.track(&track, notes);
    }
}

struct Reader<'a> {
    original: &'a Original,
    text: &'a str,
    recognised: Option<&'a [Sureness]>,
    number: u32,
    medium: Medium,
    noise: Noise,
    costs: Costs,
}

/// A stretch of the original: its pieces, which place each site piece is, and its fixed words.
struct Stretch {
    pieces: Vec<Piece>,
    places: Vec<usize>,
    fixed_words: usize,
    /// Bytes of fixed text and of the longest variants.
    longest: usize,
}

impl Reader<'_> {
    fn track(&self, track: &Track, notes: &mut [Notes]) {
        let mut done: Option<(Window, Vec<(usize, Note)>)> = None;
        let doubtful = self.doubtful(track);
        for number in self.inside(track) {
            let place = &self.original.places[number];
            if doubtful.iter().any(|range| range.start <= place.range.start && place.range.end <= range.end) {
                notes[place.site].0.push(Note::Erased(Erasure::Unclear));
                continue;
            }
            let Some(window) = track.window(&place.range, self.original, self.text) else {
                notes[place.site].0.push(Note::Erased(Erasure::Context));
                continue;
            };
            if done.as_ref().is_none_or(|(last, _)| *last != window) {
                let found = self.window(track, &window);
                done = Some((window, found));
            }
            let found = done.iter().flat_map(|(_, found)| found).find(|(at, _)| *at == number);
            let note = found.map_or(Note::Erased(Erasure::Context), |(_, note)| note.clone());
            notes[place.site].0.push(note);
        }
    }

    /// The stretches of the original whose twin explains what a track shows as well, or nearly.
    fn doubtful(&self, track: &Track) -> Vec<Range<usize>> {
        let sites = |range: &Range<usize>| -> Option<Vec<usize>> {
            let all = self.original.places_in(range).map(|place| self.original.places[place].site);
            all.map(|site| (!self.original.sites[site].is_style).then_some(site)).collect()
        };
        let as_well = |doubt: &Doubt| {
            // The other form of a message: whichever is quoted, it is the same sites that are read.
            let own = sites(&doubt.source);
            if own.is_some() && own == sites(&doubt.twin) {
                return false;
            }
            if doubt.certain {
                return true;
            }
            let Some(shown) = self.text.get(doubt.exhibit.clone()) else { return true };
            let shown = folded(shown, self.medium);
            let cost = |source: &Range<usize>| {
                let pieces = self.stretch(source).pieces;
                lattice::cheapest(&pieces, &shown, &self.costs)
            };
            match (cost(&doubt.source), cost(&doubt.twin)) {
                (Some(own), Some(twin)) => own + CLEARLY > twin,
                _ => true,
            }
        };
        self.original
            .twins
            .doubts(track, self.text)
            .enumerate()
            .filter(|(number, doubt)| *number >= DOUBTS_MAX || as_well(doubt))
            .map(|(_, doubt)| doubt.source)
            .collect()
    }

    /// The places that a track runs over, with those before its first and behind its last word at the edges.
    fn inside(&self, track: &Track) -> Range<usize> {
        let (Some(first), Some(last)) = (track.anchors.first(), track.anchors.last()) else { return 0..0 };
        let edge = |bytes: usize| bytes <= 300;
        let end = self.original.text.len();
        let from = if edge(first.source.start) { 0 } else { first.source.start };
        let to = if edge(end - last.source.end) { end } else { last.source.end };
        self.original.places_in(&(from..to))
    }

    /// Notes on all sites between two borders.
    fn window(&self, track: &Track, window: &Window) -> Vec<(usize, Note)> {
        let mut stretch = self.stretch(&window.source);
        let all = |stretch: &Stretch, reason| {
            stretch.places.iter().map(|&place| (place, Note::Erased(reason))).collect::<Vec<_>>()
        };
        let inner = &track.anchors[window.anchors.clone()];
        let missing = stretch.fixed_words.saturating_sub(inner.len());
        if missing > MISSING_MAX && !window.at_edge
            || window.exhibit.len() > 2 * stretch.longest + ADDED_CHARS_MAX
        {
            return all(&stretch, Erasure::Context);
        }
        let mut shown = fold(&self.text[window.exhibit.clone()], self.medium);
        if window.at_edge {
            trim(window, self.original.text.len(), &mut stretch.pieces, &mut shown);
        }
        let chars: Vec<char> = shown.iter().map(|symbol| symbol.c).collect();
        if guard::is_edited(&stretch.pieces, &chars) {
            return all(&stretch, Erasure::Context);
        }
        let found = lattice::costs(&stretch.pieces, &chars, &self.costs, lattice::LETTER_CELLS_MAX)
            .or_else(|| self.by_words(&stretch, &mut shown));
        let Some(found) = found else { return all(&stretch, Erasure::Unclear) };
        let note = |(&place, costed): (&usize, Costed)| {
            let note = match self.original.repeats.is_ambiguous(place, track) {
                true => Note::Erased(Erasure::Unclear),
                false => self.note(place, &costed, window, &shown, missing),
            };
            (place, note)
        };
        stretch.places.iter().zip(found).map(note).collect()
    }

    fn stretch(&self, source: &Range<usize>) -> Stretch {
        let mut stretch = Stretch { pieces: vec![], places: vec![], fixed_words: 0, longest: 0 };
        let mut from = source.start;
        let numbers = self.original.places_in(source);
        for number in numbers {
            let place = &self.original.places[number];
            if place.range.start < from || place.range.end > source.end {
                continue;
            }
            stretch.fix(&self.original.text[from..place.range.start], self.medium);
            let forms = self.original.forms(place);
            stretch.longest += forms.iter().map(String::len).max().unwrap_or(0);
            stretch.pieces.push(Piece::Site(forms.iter().map(|form| folded(form, self.medium)).collect()));
            stretch.places.push(number);
            from = place.range.end;
        }
        stretch.fix(&self.original.text[from..source.end], self.medium);
        stretch
    }

    fn note(&self, place: usize, costed: &Costed, window: &Window, shown: &[Symbol], missing: usize) -> Note {
        let place = &self.original.places[place];
        let forms = self.original.forms(place);
        let best = costed.costs[costed.best];
        let highest = costed.costs.iter().copied().max().unwrap_or(best);
        if highest - best < TELLING {
            let shape = |form: &String| self.shape(form);
            let same = forms.iter().map(shape).all(|form| form == shape(&forms[0]));
            return Note::Erased(if same { Erasure::Unshowable } else { Erasure::Unclear });
        }
        let exact = best == 0;
        let length = folded(&forms[costed.best], self.medium).len();
        if window.at_edge && (!exact || length == 0) {
            return Note::Erased(Erasure::Context);
        }
        if best > self.costs.allowed(shown.len()) || (missing > 0 && !exact && length == 0) {
            return Note::Erased(if missing > 0 { Erasure::Context } else { Erasure::Unclear });
        }
        if costed.inside > self.costs.allowed_inside(length) {
            return Note::Erased(Erasure::Unclear);
        }
        let cap = match (self.noise, exact) {
            (Noise::Clean, true) => 13 * BIT,
            (Noise::Heavy, _) => 8 * BIT,
            _ => 10 * BIT,
        };
        let bytes = bytes(&costed.span, shown, window);
        let cap = self.recognised.map_or(cap, |words| cap.min(sureness::cap(words, &bytes)));
        if cap < TELLING {
            return Note::Erased(Erasure::Unclear);
        }
        let costs = costed.costs.iter().map(|cost| (cost - best).min(cap)).collect();
        Note::Seen { costs, exhibit: self.number, bytes }
    }

    /// What is left of a form in this medium; of white space and dashes alone, the dashes.
    fn shape(&self, form: &str) -> Vec<char> {
        let mut chars = folded(form, self.medium);
        if !form.contains(char::is_alphanumeric) {
            chars.retain(|c| *c != ' ');
        }
        chars
    }

    /// A stretch too large for letters is compared by words: each word becomes one letter of a large alphabet.
    fn by_words(&self, stretch: &Stretch, shown: &mut Vec<Symbol>) -> Option<Vec<Costed>> {
        let mut alphabet = Alphabet::default();
        let pieces: Option<Vec<Piece>> = stretch.pieces.iter().map(|piece| alphabet.piece(piece)).collect();
        let words = alphabet.shown(shown)?;
        let chars: Vec<char> = words.iter().map(|symbol| symbol.c).collect();
        let found = lattice::costs(&pieces?, &chars, &self.costs, lattice::WORD_CELLS_MAX)?;
        *shown = words;
        Some(found)
    }
}

impl Stretch {
    fn fix(&mut self, text: &str, medium: Medium) {
        let words =
            text.split(|c: char| !is_word_char(c)).filter(|word| word.chars().any(char::is_alphanumeric));
        // A word that touches a site is the site's.
        let whole = |word: &&str| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            start > 0 && start + word.len() < text.len()
        };
        self.fixed_words += words.filter(whole).count();
        self.longest += text.len();
        self.pieces.push(Piece::Fixed(folded(text, medium)));
    }
}

/// White space at the edges of a text means nothing.
fn trim(window: &Window, end: usize, pieces: &mut [Piece], shown: &mut Vec<Symbol>) {
    let is_space = |c: char| c == ' ';
    if window.source.start == 0 {
        let lead = shown.iter().take_while(|symbol| is_space(symbol.c)).count();
        shown.drain(..lead);
        if let Some(Piece::Fixed(text)) = pieces.first_mut() {
            let lead = text.iter().take_while(|c| is_space(**c)).count();
            text.drain(..lead);
        }
    }
    if window.source.end == end {
        let rest = shown.iter().rev().take_while(|symbol| is_space(symbol.c)).count();
        shown.truncate(shown.len() - rest);
        if let Some(Piece::Fixed(text)) = pieces.last_mut() {
            let rest = text.iter().rev().take_while(|c| is_space(**c)).count();
            text.truncate(text.len() - rest);
        }
    }
}

fn bytes(span: &Range<usize>, shown: &[Symbol], window: &Window) -> Range<usize> {
    let base = window.exhibit.start;
    let start = match (shown.get(span.start), shown.last()) {
        (Some(symbol), _) => base + symbol.start,
        (None, Some(last)) => base + last.end,
        (None, None) => base,
    };
    let end = span.end.checked_sub(1).and_then(|last| shown.get(last)).map_or(start, |last| base + last.end);
    start..end.max(start)
}

/// Words as letters: the first different word is the first ideograph, and so on.
#[derive(Default)]
struct Alphabet(std::collections::BTreeMap<Vec<char>, char>);

impl Alphabet {
    fn letter(&mut self, word: &[char]) -> Option<char> {
        let next = char::from_u32(0x4e00 + self.0.len() as u32).filter(|c| *c <= '\u{9fa5}')?;
        Some(*self.0.entry(word.to_vec()).or_insert(next))
    }

    fn word(&mut self, text: &[char]) -> Option<Vec<char>> {
        text.split(|c| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| self.letter(word))
            .collect()
    }

    fn piece(&mut self, piece: &Piece) -> Option<Piece> {
        Some(match piece {
            Piece::Fixed(text) => Piece::Fixed(self.word(text)?),
            Piece::Site(forms) => {
                Piece::Site(forms.iter().map(|form| self.word(form)).collect::<Option<_>>()?)
            }
        })
    }

    fn shown(&mut self, shown: &[Symbol]) -> Option<Vec<Symbol>> {
        let words = shown.split(|symbol| !symbol.c.is_alphanumeric()).filter(|word| !word.is_empty());
        let symbol = |word: &[Symbol]| {
            let letters: Vec<char> = word.iter().map(|symbol| symbol.c).collect();
            let (first, last) = (word.first()?, word.last()?);
            Some(Symbol { c: self.letter(&letters)?, start: first.start, end: last.end })
        };
        words.map(symbol).collect()
    }
}
