//! Registers a picture to a page, coarse to fine.

use tellmark_core::Gray;

use super::chunks::{Chunk, Search, chunks};
use super::field::{Freedom, Row};
use super::neighbours::{Displacement, agreeing};
use super::raster::average;
use super::sheet::Sheet;
use super::{Match, Page};

/// Lets the sheet follow matches that agree with their neighbours.
pub fn bend_to_matches(sheet: &mut Sheet, matches: &[Match]) {
    let found = agreeing(&sheet.to_picture, matches);
    if found.len() >= 12 {
        let scores = vec![1.0; found.len()];
        robust(sheet, Freedom { bend: 3.0, bow: 5.0 }, &found, &scores, 0.5);
    }
}

/// Whether the picture shows the page as a negative, as dark modes do.
pub fn negative(page: &Page, picture: &Gray, sheet: &Sheet) -> bool {
    let search = Search { picture, shrunk: 1.0, ..coarse(page, 9) };
    let cube = |score: f64| score * score * score;
    let extremes = chunks(&page.words, 400).into_iter().filter_map(|chunk| search.extremes(sheet, &chunk));
    // A tenth of a page tells as much as all of it.
    let both =
        extremes.take(30).fold((0.0, 0.0), |sum, (least, most)| (sum.0 + cube(-least), sum.1 + cube(most)));
    both.0 > 1.5 * both.1
}

/// A search on the coarse grid, as yet in no picture.
fn coarse(page: &Page, reach: usize) -> Search<'_> {
    Search { reference: &page.coarse, scale: page.scale / 2.0, picture: &page.coarse, shrunk: 1.0, reach }
}

/// Registers the picture to the page in passes of chunks.
pub fn register(page: &Page, picture: &Gray, sheet: &mut Sheet) {
    let halved = average(picture, 2);
    let middle = (f64::from(page.size.width) / 2000.0, f64::from(page.size.height) / 2000.0);
    let dense = sheet.scale(middle.0, middle.1).unwrap_or(1.0) * 72.0 > 140.0;
    let (rough, shrunk) = if dense { (&halved, 2.0) } else { (picture, 1.0) };
    let rough = |reach| Search { picture: rough, shrunk, ..coarse(page, reach) };
    let fine = Search { reference: &page.fine, scale: page.scale, picture, shrunk: 1.0, reach: 4 };
    let passes = [
        (rough(9), 160, Freedom { bend: 1.0, bow: 2.0 }),
        (rough(5), 240, Freedom { bend: 1.5, bow: 3.0 }),
        (fine, 200, Freedom { bend: 1.5, bow: 3.0 }),
    ];
    for (search, limit, freedom) in passes {
        pass(sheet, &search, &chunks(&page.words, limit), freedom);
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
pub fn robust(sheet: &mut Sheet, freedom: Freedom, found: &[Displacement], scores: &[f64], floor: f64) {
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

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
