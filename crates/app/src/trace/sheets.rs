//! What leaked pages show of words that move: a PDF by the exact places of its words, a picture by its pixels.
//! Nothing in here sees a key or a codeword.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tellmark_core::{Gray, Layout, Likelihood, Marking, PageWord, ReleaseId};
use tellmark_formats::pdf::{self, Drawer, SeenWord};
use tellmark_pages::exact::{Standing, compare};
use tellmark_pages::find::Found;
use tellmark_pages::read::{Page, PageReading, Start};
use tellmark_store::Release;

use crate::library::Library;
use crate::{Error, Result, Vault};

/// Pages are drawn so fine before pictures are compared with them, in dots an inch.
const DPI: f64 = 400.0;
/// What says less tells nothing, in natural logarithms.
const LLR_MIN: f64 = 0.1;
/// Nothing is surer than this, however many exhibits show it.
const LLR_MAX: f64 = 12.0;

/// What was seen of one site of a layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Index of the site in the marking.
    pub site: usize,
    /// Natural logarithm of how much likelier what is seen is under variant 1 than under variant 0.
    pub llr: f64,
}

impl Shift {
    /// Whether it tells one variant from the other.
    pub fn tells(&self) -> bool {
        self.llr.abs() >= LLR_MIN
    }

    /// The likelihoods of both variants.
    pub fn likelihoods(&self) -> Vec<Likelihood> {
        let llr = self.llr.clamp(-LLR_MAX, LLR_MAX);
        let other = f64::from(Likelihood::ONE.0) * libm::exp(-llr.abs());
        let other = Likelihood((other as u32).max(Likelihood::MIN.0));
        if llr > 0.0 { vec![other, Likelihood::ONE] } else { vec![Likelihood::ONE, other] }
    }
}

/// Adds up what several exhibits show of each site.
pub fn merged(shifts: impl IntoIterator<Item = Shift>) -> BTreeMap<usize, Shift> {
    let mut merged: BTreeMap<usize, Shift> = BTreeMap::new();
    for shift in shifts {
        merged.entry(shift.site).or_insert(Shift { site: shift.site, llr: 0.0 }).llr += shift.llr;
    }
    merged
}

/// What the exact places of a leaked PDF's words show of a release.
///
/// # Errors
/// When the original cannot be read any more: damage.
pub fn shifts(original: &[u8], marking: &Marking, seen: &[SeenWord]) -> Result<Vec<Shift>> {
    let Some(layout) = &marking.layout else { return Ok(Vec::new()) };
    let own = pdf::words(original).map_err(Error::damaged)?;
    if own.len() != layout.words.len() {
        return Err(Error::damaged("the words of a stored PDF are not those of its release"));
    }
    let moves: Vec<bool> = layout.words.iter().map(|word| word.site.is_some()).collect();
    let found = compare(&standing(&own), &moves, &standing(seen), f64::from(layout.shift) / 1000.0);
    let of_site = |shift: tellmark_pages::exact::Shift| {
        layout.words[shift.word].site.map(|site| Shift { site: site as usize, llr: shift.llr })
    };
    Ok(found.into_iter().filter_map(of_site).collect())
}

fn standing(words: &[SeenWord]) -> Vec<Standing<'_>> {
    words
        .iter()
        .map(|word| Standing { page: word.page, text: &word.text, x: word.x, y: word.y, along: word.along })
        .collect()
}

/// A page that a picture shows, and what it shows there.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The exhibit, from 0.
    pub exhibit: usize,
    /// The picture of the exhibit, from 0.
    pub picture: usize,
    /// The release.
    pub release: ReleaseId,
    /// The page, from 0.
    pub page: u32,
    /// What was read; its words are those of the page.
    pub reading: PageReading,
    /// For each word of the reading, its site.
    pub sites: Vec<Option<usize>>,
}

impl Sheet {
    /// What it shows of each site.
    pub fn shifts(&self) -> impl Iterator<Item = Shift> + '_ {
        let words = self.reading.words.iter().zip(&self.sites);
        words.filter_map(|(word, site)| site.map(|site| Shift { site, llr: word.llr }))
    }
}

/// The originals whose pages were read so far, each opened once.
#[derive(Default)]
pub struct Originals {
    opened: BTreeMap<ReleaseId, (Layout, Drawer)>,
}

impl Originals {
    async fn of(&mut self, vault: &Vault, release: &Release) -> Result<&(Layout, Drawer)> {
        match self.opened.entry(release.id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let marking: Marking = vault.json(release.marking).await?;
                let layout =
                    marking.layout.ok_or_else(|| Error::damaged("a PDF's release without a layout"))?;
                let bytes = vault.store.blob(release.document).await?;
                let drawer = Drawer::open(&bytes).map_err(Error::damaged)?;
                Ok(place.insert((layout, drawer)))
            }
        }
    }
}

/// Reads the pages that were found in a picture. Of the drafts of a document only the closest is read.
///
/// # Errors
/// When a stored release cannot be loaded or drawn.
pub async fn look(
    vault: &Vault,
    originals: &mut Originals,
    library: &Library,
    (exhibit, number): (usize, usize),
    picture: &Gray,
    found: &[Found],
) -> Result<Vec<Sheet>> {
    let mut closest: BTreeMap<tellmark_core::LineageId, ReleaseId> = BTreeMap::new();
    let mut sheets = Vec::new();
    for found in found {
        let (release, page) = library.page(found.page);
        if *closest.entry(release.lineage).or_insert(release.id) == release.id {
            let original = originals.of(vault, release).await?;
            if let Some((reading, sites)) = read(original, page, picture, found)? {
                sheets.push(Sheet { exhibit, picture: number, release: release.id, page, reading, sites });
            }
        }
    }
    Ok(sheets)
}

/// Reads a page; nothing where it cannot be drawn as finely as reading needs.
fn read(
    (layout, drawer): &(Layout, Drawer),
    page: u32,
    picture: &Gray,
    found: &Found,
) -> Result<Option<(PageReading, Vec<Option<usize>>)>> {
    let size = *layout.pages.get(page as usize).ok_or_else(|| Error::damaged("a page that is not there"))?;
    let words: Vec<PageWord> = layout.words.iter().filter(|word| word.page == page).cloned().collect();
    let Ok(rendering) = drawer.draw_up_to(page as usize, DPI) else { return Ok(None) };
    let sites: Vec<Option<usize>> = words.iter().map(|word| word.site.map(|site| site as usize)).collect();
    let reference = Page::new(&rendering, size, words, layout.shift);
    let matches = found.matches.clone();
    let reading =
        tellmark_pages::read::read(&reference, picture, &Start { to_picture: found.homography, matches });
    let sites = reading.words.iter().map(|word| sites[word.word]).collect();
    Ok(Some((reading, sites)))
}
