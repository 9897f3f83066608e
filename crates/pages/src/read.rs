//! What a picture shows at each word of a page.
//!
//! The picture is registered to the original page in passes, coarse to fine, and then asked word by word how far
//! it lies from its place. What is smooth over the page is the warp of paper and lens; what is left is the mark.

mod chunks;
mod evidence;
mod field;
mod neighbours;
mod patch;
mod raster;
mod sheet;
mod word;

use tellmark_core::{Gray, PageSize, PageWord};

use crate::homography::Homography;

use chunks::{Chunk, Search};
use evidence::{Displaced, weigh};
use field::{Freedom, Row};
use neighbours::Displacement;
use sheet::Sheet;
use word::{BLURS, Measure, Pair};

/// Pixels an inch of the grid on which pages are kept.
const GRID_DPI: f64 = 200.0;
/// A picture with more pixels an inch of the page is made smaller.
const PICTURE_DPI_MAX: f64 = 230.0;
/// At most so many words of a page are read.
const WORDS_MAX: usize = 4000;

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
        let by = ((dense * 72.0 / GRID_DPI).round() as usize).max(1);
        let fine = raster::average(rendering, by);
        let coarse = raster::average(&fine, 2);
        let scale = dense / by as f64;
        Page { size, fine, coarse, scale, words, shift: f64::from(shift) / 1000.0 }
    }
}

/// A point of the page that was found in the picture, rightly or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// In points from the page's top left corner.
    pub page: (f64, f64),
    /// In pixels; the centre of the first one is at 0.5, 0.5.
    pub picture: (f64, f64),
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
/// The result is the same on every machine. It takes about half a second for a page of 450 words.
///
/// # Source
/// The steps are those of Low and Maxemchuk: Performance comparison of two text marking methods, 1998, in that
/// profiles are correlated once distortion is compensated.
pub fn read(page: &Page, picture: &Gray, start: &Start) -> PageReading {
    let nothing = || PageReading { words: vec![], registered: Gray::default(), residual: 0.0 };
    let Some((small, by)) = reduced(page, picture, &start.to_picture) else { return nothing() };
    let to_picture = sheet::shrunk(&start.to_picture, by);
    let matches: Vec<Match> = start
        .matches
        .iter()
        .map(|found| Match { picture: (found.picture.0 / by, found.picture.1 / by), ..*found })
        .collect();
    let mut sheet = Sheet::plane(to_picture, page.size);
    bend_to_matches(&mut sheet, &matches);
    register(page, &small, &mut sheet);
    let measures = measure(page, &small, &sheet);
    if measures.is_empty() {
        return nothing();
    }
    let (sheet, llrs, residual) = separate(page, &sheet, &measures);
    let words = measures
        .iter()
        .zip(llrs)
        .filter_map(|((word, measure), llr)| {
            let outline = outline(&sheet, &page.words[*word], by)?;
            Some(WordEvidence {
                word: *word,
                llr,
                outline,
                quality: measure.explained.clamp(0.0, 1.0) as f32,
            })
        })
        .collect();
    PageReading { words, registered: registered(page, &small, &sheet), residual }
}

/// Halves a picture that has more pixels than help; also says how often.
fn reduced(page: &Page, picture: &Gray, map: &Homography) -> Option<(Gray, f64)> {
    let plane = Sheet::plane(*map, page.size);
    let places = page.words.iter().step_by(page.words.len() / 64 + 1);
    let mut scales: Vec<f64> = places
        .filter_map(|word| {
            let (x, y) = middle(word);
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
    let by = ((scale * 72.0 / PICTURE_DPI_MAX).ceil() as usize).max(1);
    Some((raster::average(picture, by), by as f64))
}

/// The middle of a word in points.
fn middle(word: &PageWord) -> (f64, f64) {
    let half = |a: i32, b: i32| (f64::from(a) + f64::from(b)) / 2000.0;
    (half(word.area.left, word.area.right), half(word.area.top, word.area.bottom))
}

/// Lets the sheet follow matches that agree with their neighbours.
fn bend_to_matches(sheet: &mut Sheet, matches: &[Match]) {
    let found = neighbours::agreeing(&sheet.to_picture, matches);
    if found.len() >= 12 {
        let scores = vec![1.0; found.len()];
        robust(sheet, Freedom { bend: 3.0, bow: 5.0 }, &found, &scores, 0.5);
    }
}

/// Registers the picture to the page in passes of chunks.
fn register(page: &Page, picture: &Gray, sheet: &mut Sheet) {
    let halved = raster::average(picture, 2);
    let scale = sheet.scale(f64::from(page.size.width) / 2000.0, f64::from(page.size.height) / 2000.0);
    let dense = scale.unwrap_or(1.0) * 72.0 > 140.0;
    let (rough, by) = if dense { (&halved, 2.0) } else { (picture, 1.0) };
    let coarse = |reach| Search {
        reference: &page.coarse,
        scale: page.scale / 2.0,
        picture: rough,
        shrunk: by,
        reach,
    };
    let fine = Search { reference: &page.fine, scale: page.scale, picture, shrunk: 1.0, reach: 4 };
    let passes = [
        (coarse(9), 160, Freedom { bend: 1.0, bow: 2.0 }),
        (coarse(5), 240, Freedom { bend: 1.5, bow: 3.0 }),
        (fine, 400, Freedom { bend: 1.5, bow: 3.0 }),
    ];
    for (search, limit, freedom) in passes {
        pass(sheet, &search, &chunks::chunks(&page.words, limit), freedom);
    }
}

fn pass(sheet: &mut Sheet, search: &Search<'_>, chunks: &[Chunk], freedom: Freedom) {
    let mut found: Vec<Displacement> = vec![];
    let mut scores = vec![];
    for chunk in chunks {
        let Some(hit) = search.find(sheet, chunk).filter(|hit| hit.score > 0.3) else { continue };
        let row = sheet.basis.row(hit.at.0, hit.at.1);
        let field = [row.dot(&sheet.field[0]), row.dot(&sheet.field[1])];
        found.push((hit.at, [field[0] + hit.shift.0, field[1] + hit.shift.1]));
        scores.push(hit.score * hit.score);
    }
    if found.len() >= 3 {
        robust(sheet, freedom, &found, &scores, 0.15);
    }
}

/// Bends the sheet by displacements of which some are wrong (iterated weights of Cauchy's distribution). `floor`
/// is the least noise that is assumed, in points.
fn robust(sheet: &mut Sheet, freedom: Freedom, found: &[Displacement], scores: &[f64], floor: f64) {
    let rows: Vec<Row> = found.iter().map(|(at, _)| sheet.basis.row(at.0, at.1)).collect();
    let values: Vec<[f64; 2]> = found.iter().map(|(_, by)| *by).collect();
    let mut width = 3.0;
    let mut weights: Vec<f64> = scores.iter().map(|score| score / (width * width)).collect();
    for _ in 0..7 {
        let fit = sheet.basis.fit(freedom, &rows, &weights, &values);
        let off: Vec<f64> = rows
            .iter()
            .zip(&values)
            .map(|(row, by)| {
                let (x, y) = (by[0] - row.dot(&fit.surfaces[0]), by[1] - row.dot(&fit.surfaces[1]));
                x * x + y * y
            })
            .collect();
        width = (1.2 * median(&off).sqrt()).clamp(floor, width);
        let square = width * width;
        weights =
            off.iter().zip(scores).map(|(off, score)| score / (square * (1.0 + off / square))).collect();
        sheet.bend(fit);
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// Measures all words that the picture shows.
fn measure(page: &Page, picture: &Gray, sheet: &Sheet) -> Vec<(usize, Measure)> {
    let pair = Pair { reference: &page.fine, scale: page.scale, picture, sheet };
    let step = page.words.len() / 40 + 1;
    let tried: Vec<(f64, f64, f64)> = page
        .words
        .iter()
        .step_by(step)
        .filter_map(|word| {
            let blur = pair.best_blur(word)?;
            let (x, y) = middle(word);
            Some((x, y, blur as f64))
        })
        .collect();
    let blur = Slope::of(&tried);
    let measured = |(k, word): (usize, &PageWord)| {
        let (x, y) = middle(word);
        let level = blur.at(x, y).round().clamp(0.0, (BLURS.len() - 1) as f64);
        let measure = pair.measure(word, level as usize)?;
        (measure.explained > 0.1).then_some((k, measure))
    };
    page.words.iter().take(WORDS_MAX).enumerate().filter_map(measured).collect()
}

/// A plane through values at places, held to be level where there are few.
struct Slope([f64; 3]);

impl Slope {
    fn of(values: &[(f64, f64, f64)]) -> Slope {
        let mut normal = field::Matrix::new(3);
        let mut found = [0.0; 3];
        normal.add(&[0], &[1.0], 1e-6);
        normal.add(&[1], &[100.0], 10.0);
        normal.add(&[2], &[100.0], 10.0);
        for (x, y, value) in values {
            normal.add(&[0, 1, 2], &[1.0, *x, *y], 1.0);
            found.iter_mut().zip([1.0, *x, *y]).for_each(|(sum, term)| *sum += term * value);
        }
        normal.decompose();
        normal.solve(&mut found);
        Slope(found)
    }

    fn at(&self, x: f64, y: f64) -> f64 {
        self.0[0] + self.0[1] * x + self.0[2] * y
    }
}

/// Tells the warp from the marks: the sheet that is the warp alone, a ratio for each measured word, the noise.
fn separate(page: &Page, sheet: &Sheet, measures: &[(usize, Measure)]) -> (Sheet, Vec<f64>, f64) {
    let pairs: Vec<((f64, f64), (f64, f64))> = measures
        .iter()
        .filter_map(|(k, measure)| {
            let (x, y) = middle(&page.words[*k]);
            Some(((x, y), sheet.place(x + measure.shift.0, y + measure.shift.1)?))
        })
        .collect();
    let plane = sheet::refit(&sheet.to_picture, &pairs);
    let mut flat = Sheet::plane(plane, page.size);
    let Some(back) = sheet::inverse(&plane).filter(|_| pairs.len() == measures.len()) else {
        return (sheet.clone(), vec![0.0; measures.len()], 0.0);
    };
    let common = median(&measures.iter().map(|(k, _)| length(&page.words[*k])).collect::<Vec<_>>());
    let mut llrs = vec![0.0; measures.len()];
    let mut residual: f64 = 0.0;
    for axis in 0..2 {
        let words: Vec<Displaced> = measures
            .iter()
            .zip(&pairs)
            .map(|((k, measure), (at, seen))| {
                let word = &page.words[*k];
                let (x, y) = back.apply(seen.0, seen.1).unwrap_or(*at);
                let along = [word.along.unit().0, word.along.unit().1][axis];
                let mark = if word.site.is_some() { f64::from(along) * page.shift } else { 0.0 };
                Displaced {
                    row: flat.basis.row(at.0, at.1),
                    by: [x - at.0, y - at.1][axis],
                    variance: [measure.variance.0, measure.variance.1][axis],
                    grain: (common / length(word).max(1.0)).clamp(0.3, 4.0),
                    mark,
                }
            })
            .collect();
        let weighed = weigh(&flat.basis, &words);
        if words.iter().any(|word| word.mark != 0.0) {
            residual = residual.max(weighed.noise);
        }
        for ((llr, word), found) in llrs.iter_mut().zip(&words).zip(&weighed.llrs) {
            if word.mark != 0.0 {
                *llr = *found;
            }
        }
        flat.field[axis] = weighed.surface;
    }
    (flat, llrs, residual)
}

/// How long a word is along its line, in points.
fn length(word: &PageWord) -> f64 {
    let (x, y) = word.along.unit();
    let area = &word.area;
    f64::from((area.right - area.left) * x.abs() + (area.bottom - area.top) * y.abs()) / 1000.0
}

fn outline(sheet: &Sheet, word: &PageWord, by: f64) -> Option<[(f32, f32); 4]> {
    let points = |mpt: i32| f64::from(mpt) / 1000.0;
    let area = &word.area;
    let (l, t, r, b) = (points(area.left), points(area.top), points(area.right), points(area.bottom));
    let corner = |x: f64, y: f64| sheet.place(x, y).map(|(u, v)| ((u * by) as f32, (v * by) as f32));
    Some([corner(l, t)?, corner(r, t)?, corner(r, b)?, corner(l, b)?])
}

/// The picture on the coarse grid of the page, tile by tile.
fn registered(page: &Page, picture: &Gray, sheet: &Sheet) -> Gray {
    const TILE: usize = 32;
    let scale = page.scale / 2.0;
    let mut out = Gray::filled(page.coarse.width, page.coarse.height, 255);
    for top in (0..out.height).step_by(TILE) {
        for left in (0..out.width).step_by(TILE) {
            let half = TILE as f64 / 2.0;
            let patch = patch::Patch::fit((left as f64 + half, top as f64 + half), (half, half), |x, y| {
                sheet.place(x / scale, y / scale)
            });
            let Some(patch) = patch else { continue };
            for y in top..(top + TILE).min(out.height) {
                for x in left..(left + TILE).min(out.width) {
                    let (u, v) = patch.apply(x as f64 + 0.5, y as f64 + 0.5);
                    if u >= 0.0 && v >= 0.0 && u <= picture.width as f64 && v <= picture.height as f64 {
                        out.pixels[y * out.width + x] = raster::sample(picture, u, v).round() as u8;
                    }
                }
            }
        }
    }
    out
}
