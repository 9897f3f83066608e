//! What a picture shows at each word of a page.
//!
//! The picture is registered to the original page in passes, coarse to fine, and then asked word by word how far
//! it lies from its place. What is smooth over the page is the warp of paper and lens; what is left is the mark.

mod chained;
mod chunks;
mod evidence;
mod field;
mod letters;
mod marks;
mod measures;
mod neighbours;
mod patch;
mod raster;
mod register;
mod sheet;
mod shown;
mod snapped;
#[cfg(test)]
mod tests;
mod torn;
mod word;

use tellmark_core::{Gray, PageSize, PageWord};

pub use crate::find::Match;
use crate::homography::Homography;

use sheet::Sheet;
use torn::Torn;
use word::Measure;

/// Pixels an inch of the grid on which pages are kept.
const GRID_DPI: f64 = 200.0;
/// A picture with more pixels an inch of the page is made smaller.
const PICTURE_DPI_MAX: f64 = 190.0;
/// A poster gets a coarser grid than that.
const GRID_PIXELS_MAX: usize = 24_000_000;
/// At most so many pixels become one, in both directions.
const AVERAGED_MAX: usize = 64;

/// A picture whose words lie about by less, in points, lacks no strips.
const TORN_RESIDUAL: f64 = 0.05;
/// A picture lacked strips if words lie about so much less once they are put back.
const TORN_GAIN: f64 = 0.6;

/// A page of the original, ready to have pictures compared with it.
#[derive(Debug, Clone)]
pub struct Page {
    size: PageSize,
    /// About 200 pixels an inch, and half of it.
    fine: Gray,
    coarse: Gray,
    /// Pixels of `fine` a point.
    scale: f64,
    words: Vec<PageWord>,
    shift: f64,
}

impl Page {
    /// Takes a rendering of the page (600 pixels an inch are plenty, 200 the least that is good), its words in the
    /// order of the text, and how far a variant moves its word, in thousandths of a point.
    pub fn new(rendering: &Gray, size: PageSize, words: Vec<PageWord>, shift: i32) -> Page {
        let width = f64::from(size.width.max(1)) / 1000.0;
        let dense = rendering.width as f64 / width;
        let mut by = ((dense * 72.0 / GRID_DPI).round() as usize).clamp(1, AVERAGED_MAX);
        while rendering.pixels.len() / (by * by) > GRID_PIXELS_MAX {
            by += 1;
        }
        let fine = raster::average(rendering, by);
        let coarse = raster::average(&fine, 2);
        let scale = dense / by as f64;
        Page { size, fine, coarse, scale, words, shift: f64::from(shift) / 1000.0 }
    }
}

/// Roughly where the picture shows the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// A plane map, some pixels off.
    pub to_picture: Homography,
    /// Matches, many of them right; there may be none.
    pub matches: Vec<Match>,
}

/// What a picture shows of a page.
#[derive(Debug, Clone)]
pub struct PageReading {
    /// The words that it shows, in the order of the page's words.
    pub words: Vec<WordEvidence>,
    /// The picture brought onto the page, 100 pixels an inch; white where the picture ends.
    pub registered: Gray,
    /// How far unmoved words lie from their places typically, in points: the noise that marks stand against.
    pub residual: f64,
}

/// What the picture says about one word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordEvidence {
    /// Its index among the page's words.
    pub word: usize,
    /// The natural logarithm of how likely the pixels are if the word was moved along its line, over how likely
    /// they are if it was moved against it. 0 for words without a site. At most 12 either way.
    pub llr: f64,
    /// The corners of its box in pixels of the picture: left top, right top, right bottom, left bottom of the page.
    pub outline: [(f32, f32); 4],
    /// How well the picture resembles the original there, from 0 to 1.
    pub quality: f32,
}

/// Reads the words of a page from a picture that shows it, or a part of it, about where `start` says.
///
/// The same page and picture give the same result everywhere. It takes about half a second for a page of 450 words.
///
/// # Source
/// The steps are those of Low and Maxemchuk: Performance comparison of two text marking methods, 1998, in that
/// profiles are correlated once distortion is compensated.
pub fn read(page: &Page, picture: &Gray, start: &Start) -> PageReading {
    let reading = read_whole(page, picture, start);
    if !reading.words.is_empty() && reading.residual < TORN_RESIDUAL {
        return reading;
    }
    let Some(torn) = Torn::of(start) else { return reading };
    let Some((mended, start)) = torn.mended(picture, start) else { return reading };
    let mut whole = read_whole(page, &mended, &start);
    let is_better = reading.words.is_empty() || whole.residual < TORN_GAIN * reading.residual;
    if whole.words.is_empty() || !is_better {
        return reading;
    }
    for word in &mut whole.words {
        word.outline = word.outline.map(|corner| torn.back(corner));
    }
    whole
}

/// Reads a picture that lacks nothing inside of it.
fn read_whole(page: &Page, picture: &Gray, start: &Start) -> PageReading {
    let nothing = || PageReading { words: vec![], registered: Gray::default(), residual: 0.0 };
    let Some((mut small, by)) = reduced(page, picture, &start.to_picture) else { return nothing() };
    let to_picture = sheet::shrunk(&start.to_picture, by);
    let matches: Vec<Match> = start
        .matches
        .iter()
        .map(|found| Match { picture: (found.picture.0 / by, found.picture.1 / by), ..*found })
        .collect();
    let mut sheet = Sheet::plane(to_picture, page.size);
    register::bend_to_matches(&mut sheet, &matches);
    if register::negative(page, &small, &sheet) {
        small.invert();
    }
    register::register(page, &small, &mut sheet);
    let measures = measures::measure(page, &small, &sheet);
    let Some(found) = marks::separate(page, &sheet, &measures) else { return nothing() };
    let snapped = snapped::weigh(page, &small, by, &found, &measures);
    let llrs = snapped.as_ref().unwrap_or(&found.llrs);
    let evidence = |((word, measure), llr): (&(usize, Measure), &f64)| {
        let outline = shown::outline(&found.sheet, &page.words[*word], by)?;
        let quality = measure.explained.clamp(0.0, 1.0) as f32;
        Some(WordEvidence { word: *word, llr: *llr, outline, quality })
    };
    let words = measures.iter().zip(llrs).filter_map(evidence).collect();
    PageReading { words, registered: shown::registered(page, &small, &found.sheet), residual: found.noise }
}

/// A picture with no more pixels than help, and how many times smaller it is than the given one; `None` when it shows
/// no word, or shows the page too small to be read.
fn reduced(page: &Page, picture: &Gray, map: &Homography) -> Option<(Gray, f64)> {
    let plane = Sheet::plane(*map, page.size);
    let mut scales: Vec<f64> = page
        .words
        .iter()
        .filter_map(|word| {
            let (x, y) = measures::middle(word);
            let (u, v) = plane.place(x, y)?;
            let inside = u >= 0.0 && v >= 0.0 && u <= picture.width as f64 && v <= picture.height as f64;
            inside.then(|| plane.scale(x, y)).flatten()
        })
        .collect();
    scales.sort_by(f64::total_cmp);
    let scale = *scales.get(scales.len() / 2)?;
    if scale * 72.0 < 25.0 {
        return None;
    }
    let by = ((scale * 72.0 / PICTURE_DPI_MAX).ceil() as usize).clamp(1, AVERAGED_MAX);
    Some((raster::average(picture, by), by as f64))
}
