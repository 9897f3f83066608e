//! What the pictures among the exhibits show, before anything is read: pages of sealed documents, or text of something
//! else. Nothing in here sees a key or a codeword.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tellmark_core::{Gray, ReleaseId};
use tellmark_formats::Format;
use tellmark_pages::find::Found;
use tellmark_spotting::Index;

use super::material::Material;
use crate::library::Library;
use crate::ocr::Engine;
use crate::{Progress, Result, Vault};

/// The exhibit and its picture, both from 0.
pub type Place = (usize, usize);

/// The pages that pictures show.
#[derive(Default)]
pub struct Pictured {
    library: Option<Library>,
    found: BTreeMap<Place, Vec<Found>>,
    /// Releases of pages whose text another release has as text: a picture may be of either.
    also_text: BTreeSet<ReleaseId>,
}

impl Pictured {
    /// Finds the pages that each picture shows.
    ///
    /// # Errors
    /// When a stored document cannot be loaded or drawn.
    pub async fn find(vault: &Vault, materials: &[Material], progress: &dyn Progress) -> Result<Pictured> {
        let pictures: Vec<(Place, &Gray)> = pictures(materials).collect();
        if pictures.is_empty() {
            return Ok(Pictured::default());
        }
        let library = Library::open(vault, progress).await?;
        progress.begin("finding pages", Some(pictures.len() as u64));
        let mut found = BTreeMap::new();
        for (place, picture) in pictures {
            found.insert(place, library.index().find(picture));
            progress.advance(1);
        }
        progress.end();
        let shown = found.values().flatten().map(|found: &Found| library.page(found.page).0.id).collect();
        let also_text = also_text(vault, &shown).await?;
        Ok(Pictured { library: Some(library), found, also_text })
    }

    /// Whether a picture may be of a document's text and not of its pages.
    fn may_be_text(&self, place: Place) -> bool {
        let Some(library) = &self.library else { return true };
        self.of(place).iter().all(|found| self.also_text.contains(&library.page(found.page).0.id))
    }

    /// The pages, with what is known of them.
    pub fn library(&self) -> Option<&Library> {
        self.library.as_ref()
    }

    /// The pages that a picture shows, the surest first.
    pub fn of(&self, place: Place) -> &[Found] {
        self.found.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Recognises the text of pictures that show no page, or one whose text was also sealed as text, and adds it to that of
    /// their exhibits.
    ///
    /// # Errors
    /// When there are such pictures and no program that could do it, or when it fails.
    pub fn recognise(
        &self,
        materials: &mut [Material],
        languages: Option<&str>,
        progress: &dyn Progress,
    ) -> Result<()> {
        // A PDF that has text of its own is read by that.
        let is_unknown = |&((exhibit, picture), _): &(Place, &Gray)| {
            materials[exhibit].exhibit.text.is_empty() && self.may_be_text((exhibit, picture))
        };
        let unknown: Vec<(Place, &Gray)> = pictures(materials).filter(is_unknown).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let engine = match Engine::find(languages) {
            Ok(engine) => engine,
            // What was found is read, and what was not is said.
            Err(error) if languages.is_none() && self.found.values().any(|found| !found.is_empty()) => {
                let places: Vec<Place> = unknown.iter().map(|(place, _)| *place).collect();
                for (exhibit, picture) in places {
                    let what = match self.of((exhibit, picture)).is_empty() {
                        true => "shows no page that is known",
                        false => "may be of a document that was sealed as text too",
                    };
                    let note = format!("picture {} {what}: {error}", picture + 1);
                    materials[exhibit].notes.push(note);
                }
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        progress.begin("recognising text", Some(unknown.len() as u64));
        let texts = unknown.into_par_iter().map(|(place, picture)| {
            let text = engine.recognise(picture);
            progress.advance(1);
            text.map(|text| (place, text))
        });
        let texts = texts.collect::<Result<Vec<_>>>();
        progress.end();
        for ((exhibit, _), text) in texts? {
            materials[exhibit].add(&engine, &text);
        }
        Ok(())
    }
}

/// Of releases of pages those whose text another release has as text.
async fn also_text(vault: &Vault, shown: &BTreeSet<ReleaseId>) -> Result<BTreeSet<ReleaseId>> {
    let mut also = BTreeSet::new();
    if shown.is_empty() {
        return Ok(also);
    }
    let pages = Format::Pdf.to_string();
    let releases = vault.store.releases().await?;
    let as_text: BTreeSet<ReleaseId> =
        releases.into_iter().filter(|release| release.format != pages).map(|release| release.id).collect();
    let (own, others): (Vec<_>, Vec<_>) =
        vault.store.texts().await?.into_iter().partition(|(id, _)| shown.contains(id));
    let others: Vec<_> = others.into_iter().filter(|(id, _)| as_text.contains(id)).collect();
    let index = Index::build(others.iter().map(|(_, text)| text.as_str()));
    for (id, text) in own {
        let shares = |found: &tellmark_spotting::Found| {
            let shared: usize = found.alignment.passages.iter().map(|passage| passage.exhibit.len()).sum();
            10 * shared >= text.len()
        };
        if index.find(&text).iter().any(shares) {
            also.insert(id);
        }
    }
    Ok(also)
}

fn pictures(materials: &[Material]) -> impl Iterator<Item = (Place, &Gray)> {
    materials.iter().enumerate().flat_map(|(exhibit, material)| {
        material.pictures.iter().enumerate().map(move |(number, picture)| ((exhibit, number), picture))
    })
}
