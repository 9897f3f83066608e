//! What a leaked text shows at each site.
//!
//! Reading is blind: it sees originals, sites and exhibits, and neither key nor codeword. Around each site
//! inside an aligned passage it takes the stretch between the nearest words that surely correspond, compares
//! it with every rendering of the sites there (`lattice`) under a model of typing and OCR errors (`costs`),
//! and turns the costs into likelihoods (`merge`). Where the words around do not agree, where somebody cut or
//! added text, or where the exhibit cannot show the difference, the site is erased with the reason.
//!
//! Which variant the original shows makes no difference: words that belong to a site never anchor anything,
//! and all variants are compared alike.

use std::ops::Range;

use tellmark_core::{Alignment, Erasure, Marking, Outcome, Place, Reading, ReleaseId, SiteId, SiteReading};

mod costs;
mod fold;
mod guard;
mod lattice;
mod medium;
mod merge;
mod observe;
mod repeats;
mod solid;
mod sureness;
mod track;
mod twins;

pub use sureness::Sureness;

/// What reading needs of a release: its original as it was rendered, and what each site can show.
///
/// Made once per release; reading takes it by reference.
#[derive(Debug, Clone)]
pub struct Original {
    text: String,
    sites: Vec<Entry>,
    places: Vec<Place>,
    repeats: repeats::Repeats,
    twins: twins::Twins,
}

/// A site as reading sees it.
#[derive(Debug, Clone)]
struct Entry {
    id: SiteId,
    variants: u8,
    /// A habit of the whole document, which any editor may have changed throughout.
    is_style: bool,
    /// For each occurrence, what each variant puts there.
    forms: Vec<Vec<String>>,
}

impl Original {
    /// Renders the original of a marked text.
    ///
    /// # Errors
    /// [`crate::Error::Marking`] when the marking is not one of this text.
    pub fn new(prose_text: &str, marking: &Marking) -> Result<Original, crate::Error> {
        marking.validate(prose_text)?;
        let rendered = marking.render(prose_text, &marking.original())?;
        let entry = |site: &tellmark_core::Site| Entry {
            id: site.id,
            variants: site.variants() as u8,
            is_style: site.channel == tellmark_core::Channel::Style,
            forms: site.occurrences.iter().map(|occurrence| occurrence.forms.clone()).collect(),
        };
        let (words, borders) = solid::words(&rendered.text, &rendered.places);
        // Each form of a message shows a site; elsewhere only habits stand in several places.
        let of_forms = |place: &tellmark_core::Place| {
            (marking.sites[place.site].channel != tellmark_core::Channel::Style).then_some(place.site)
        };
        let sites: Vec<Option<usize>> = rendered.places.iter().map(of_forms).collect();
        let repeats = repeats::Repeats::find(&words, &borders, &sites);
        let twins = twins::Twins::find(words);
        Ok(Original {
            text: rendered.text,
            sites: marking.sites.iter().map(entry).collect(),
            places: rendered.places,
            repeats,
            twins,
        })
    }

    /// The rendered text, to which alignments refer.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the sites stand in the rendered text, in its order.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    fn forms(&self, place: &Place) -> &[String] {
        &self.sites[place.site].forms[place.occurrence]
    }

    /// The places that overlap or touch a range of the rendered text, by their numbers.
    fn places_in(&self, range: &Range<usize>) -> Range<usize> {
        let from = self.places.partition_point(|place| place.range.end < range.start);
        let to = self.places.partition_point(|place| place.range.start <= range.end);
        from..to.max(from)
    }
}

/// One exhibit as it is read.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Its text.
    pub text: &'a str,
    /// Where it shows the original.
    pub alignment: &'a Alignment,
    /// For a text that a program recognised in a picture, how sure it is of each word, in the order of the text.
    /// Such a program sets dashes and quotation marks as it likes: they tell nothing.
    pub recognised: Option<&'a [Sureness]>,
}

impl<'a> Shown<'a> {
    /// A text that stands as it was written.
    pub fn text(text: &'a str, alignment: &'a Alignment) -> Shown<'a> {
        Shown { text, alignment, recognised: None }
    }
}

/// Reads exhibits that were aligned to an original; one look. The exhibits are numbered in the order given,
/// and what several of them, or several places, show of one site is one reading.
///
/// A passage whose ranges do not fit the texts is passed over.
pub fn read(release: ReleaseId, original: &Original, exhibits: &[Shown<'_>]) -> Reading {
    let mut notes: Vec<merge::Notes> = original.sites.iter().map(|_| merge::Notes::default()).collect();
    for (number, shown) in exhibits.iter().enumerate() {
        observe::exhibit(original, shown, number as u32, &mut notes);
    }
    let sites = original.sites.iter().zip(notes).map(|(site, notes)| SiteReading {
        site: site.id,
        variants: site.variants,
        outcome: notes.outcome(if site.is_style { merge::STYLE_CAP } else { merge::CAP }),
    });
    Reading { release, sites: sites.collect() }
}

/// What one place of an exhibit says about a site.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Note {
    /// Cost of each variant in [`costs::BIT`]s, the smallest 0.
    Seen {
        costs: Vec<i32>,
        exhibit: u32,
        bytes: Range<usize>,
    },
    Erased(Erasure),
}

/// An outcome without any note.
const UNSEEN: Outcome = Outcome::Erased(Erasure::Absent);
