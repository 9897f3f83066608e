//! Which words of a PDF show on its pages: a word that nobody sees names nobody by its place.

use rayon::prelude::*;
use tellmark_core::{Gray, Layout};
use tellmark_formats::pdf::{self, Drawer};

use crate::{Error, Result};

/// Pages are drawn so fine to see which words show, in dots an inch.
const DPI: f64 = 72.0;
/// Why a word shows nothing.
const UNSEEN: &str = "in the colour of the paper, covered, or cut off";

/// Of the words that can move those that a reader of the page sees: no picture shows what the others say. Pages that cannot
/// be drawn are told; their words speak in the file alone.
pub fn movable(
    file_name: &str,
    bytes: &[u8],
    layout: &Layout,
    mut movable: Vec<bool>,
    notes: &mut Vec<String>,
) -> Result<Vec<bool>> {
    let wrong = |source| Error::Format { name: file_name.into(), source };
    let drawer = Drawer::open(bytes).map_err(wrong)?;
    let mut of_pages: Vec<Vec<usize>> = vec![Vec::new(); layout.pages.len()];
    let moving = layout.words.iter().enumerate().filter(|(index, _)| movable[*index]);
    moving.for_each(|(index, word)| of_pages[word.page as usize].push(index));
    let unseen = |(page, words): (usize, &Vec<usize>)| {
        if words.is_empty() {
            return (page, Ok(Vec::new()));
        }
        if drawer.is_covered(page) {
            return (page, Ok(words.clone()));
        }
        let hidden = |drawn: Gray| {
            let is_hidden = |index: &usize| {
                !tellmark_pages::plan::is_seen(&drawn, layout.pages[page], &layout.words[*index].area)
            };
            words.iter().copied().filter(is_hidden).collect::<Vec<usize>>()
        };
        (page, drawer.draw_up_to(page, DPI).map(hidden))
    };
    let unseen: Vec<_> = of_pages.par_iter().enumerate().map(unseen).collect();
    for (page, unseen) in unseen {
        let number = page + 1;
        match unseen {
            Ok(words) if words.is_empty() => {}
            Ok(words) => {
                notes.push(format!(
                    "page {number}: {} words show nothing where they stand ({UNSEEN}); they stay",
                    words.len()
                ));
                words.into_iter().for_each(|index| movable[index] = false);
            }
            Err(error) => notes.push(format!(
                "page {number} cannot be drawn ({error}): no picture of it names anybody, only the file itself does"
            )),
        }
    }
    let count = movable.iter().filter(|movable| **movable).count();
    match count < pdf::DOCUMENT_WORDS_MIN && !of_pages.iter().all(Vec::is_empty) {
        true => Err(wrong(tellmark_formats::Error::Refused {
            format: "PDF",
            why: format!(
                "only {count} of its words can be moved and are seen on its pages (others are {UNSEEN}), and {} is the least; use \
                 the file it was made from, or print it to a new PDF",
                pdf::DOCUMENT_WORDS_MIN
            ),
        })),
        false => Ok(movable),
    }
}
