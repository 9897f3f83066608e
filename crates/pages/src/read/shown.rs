//! The picture as the report shows it.

use tellmark_core::{Gray, PageWord};

use super::Page;
use super::patch::Patch;
use super::raster::sample;
use super::sheet::Sheet;

/// The corners of a word's box in the picture, whose pixels the sheet sees `by` times as large.
pub fn outline(sheet: &Sheet, word: &PageWord, by: f64) -> Option<[(f32, f32); 4]> {
    let points = |mpt: i32| f64::from(mpt) / 1000.0;
    let area = &word.area;
    let (l, t, r, b) = (points(area.left), points(area.top), points(area.right), points(area.bottom));
    let corner = |x: f64, y: f64| sheet.place(x, y).map(|(u, v)| ((u * by) as f32, (v * by) as f32));
    Some([corner(l, t)?, corner(r, t)?, corner(r, b)?, corner(l, b)?])
}

/// The picture on the coarse grid of the page, tile by tile.
pub fn registered(page: &Page, picture: &Gray, sheet: &Sheet) -> Gray {
    const TILE: usize = 32;
    let scale = page.scale / 2.0;
    let mut out = Gray::filled(page.coarse.width, page.coarse.height, 255);
    for top in (0..out.height).step_by(TILE) {
        for left in (0..out.width).step_by(TILE) {
            let half = TILE as f64 / 2.0;
            let patch = Patch::fit((left as f64 + half, top as f64 + half), (half, half), |x, y| {
                sheet.place(x / scale, y / scale)
            });
            let Some(patch) = patch else { continue };
            for y in top..(top + TILE).min(out.height) {
                let along = patch.row(y as f64 + 0.5);
                for x in left..(left + TILE).min(out.width) {
                    let (u, v) = along(x as f64 + 0.5);
                    if u >= 0.0 && v >= 0.0 && u <= picture.width as f64 && v <= picture.height as f64 {
                        out.pixels[y * out.width + x] = sample(picture, u, v).round() as u8;
                    }
                }
            }
        }
    }
    out
}
