//! Parts of a picture, and pictures on their side.

use tellmark_core::{Area, Gray, PageWord};

use super::track::affine;
use super::{Degraded, Sheet};
use crate::Random;

/// What is left around a line that is cut out, in points.
const MARGIN_PT: f64 = 3.0;

/// The middle third of the page's height, in whole width.
pub fn middle_third(sheet: &Sheet<'_>, from: &Degraded) -> Degraded {
    let points = |pixels: usize| pixels as f64 * 72.0 / sheet.dpi;
    let (wide, high) = (points(sheet.page.width), points(sheet.page.height));
    cut(from, [0.0, high / 3.0, wide, high * 2.0 / 3.0])
}

/// So many lines of text in a row, from a drawn place. A page with fewer gives all it has.
pub fn lines(sheet: &Sheet<'_>, from: &Degraded, seed: u64, count: usize) -> Degraded {
    let mut random = Random::of_part(seed, 0x11e5);
    let all = text_lines(sheet.words);
    let first = random.below(all.len() + 1 - count.min(all.len()));
    let chosen = all.iter().skip(first).take(count.max(1)).flatten();
    cut_around(from, chosen.map(|word| &word.area))
}

/// Lines in a row that hold so many words or a few more, from a drawn place.
pub fn strip_of_words(sheet: &Sheet<'_>, from: &Degraded, seed: u64, words: usize) -> Degraded {
    let mut random = Random::of_part(seed, 0x57b1);
    let all = text_lines(sheet.words);
    // The last line from which on there are enough.
    let mut left = 0;
    let last = all.iter().rposition(|line| {
        left += line.len();
        left >= words
    });
    let first = random.below(last.unwrap_or(0) + 1);
    let mut taken = 0;
    let enough = |line: &&Vec<&PageWord>| {
        let before = taken;
        taken += line.len();
        before < words
    };
    let chosen: Vec<_> = all.iter().skip(first).take_while(enough).flatten().collect();
    cut_around(from, chosen.iter().map(|word| &word.area))
}

/// Turned clockwise by so many quarters.
pub fn quarter_turns(from: &Degraded, quarters: usize) -> Degraded {
    let mut out = from.clone();
    for _ in 0..quarters % 4 {
        let Gray { width, height, .. } = out.picture;
        let mut turned = Gray::filled(height, width, 0);
        for y in 0..height {
            for (x, shade) in out.picture.row(y).iter().enumerate() {
                turned.pixels[x * height + height - 1 - y] = *shade;
            }
        }
        let map = [0.0, -1.0, height as f64, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        out = Degraded { picture: turned, track: out.track.then(&map) };
    }
    out
}

/// The words of each line of text.
fn text_lines(words: &[PageWord]) -> Vec<Vec<&PageWord>> {
    let mut lines: Vec<Vec<&PageWord>> = Vec::new();
    for word in words {
        match lines.last_mut().filter(|line| line[0].line == word.line) {
            Some(line) => line.push(word),
            None => lines.push(vec![word]),
        }
    }
    lines
}

fn cut_around<'a>(from: &Degraded, areas: impl Iterator<Item = &'a Area>) -> Degraded {
    let points = |mpt: i32| f64::from(mpt) / 1000.0;
    let around = areas.fold(None, |all: Option<[f64; 4]>, area| {
        let a = [points(area.left), points(area.top), points(area.right), points(area.bottom)];
        let all = all.unwrap_or(a);
        Some([all[0].min(a[0]), all[1].min(a[1]), all[2].max(a[2]), all[3].max(a[3])])
    });
    match around {
        Some([l, t, r, b]) => cut(from, [l - MARGIN_PT, t - MARGIN_PT, r + MARGIN_PT, b + MARGIN_PT]),
        None => from.clone(),
    }
}

/// The smallest part of the picture that shows a part of the page (left, top, right, bottom in points).
fn cut(from: &Degraded, [left, top, right, bottom]: [f64; 4]) -> Degraded {
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    let seen: Vec<(f64, f64)> = corners.iter().filter_map(|(x, y)| from.track.apply(*x, *y)).collect();
    let range = |of: fn(&(f64, f64)) -> f64, size: usize| {
        let low = seen.iter().map(of).fold(f64::MAX, f64::min).clamp(0.0, size as f64 - 1.0) as usize;
        let high = libm::ceil(seen.iter().map(of).fold(f64::MIN, f64::max)).clamp(1.0, size as f64) as usize;
        low..high.max(low + 1)
    };
    let (columns, rows) = (range(|p| p.0, from.picture.width), range(|p| p.1, from.picture.height));
    let (right, down) = (-(columns.start as f64), -(rows.start as f64));
    let pixels = rows.clone().flat_map(|y| &from.picture.row(y)[columns.clone()]).copied().collect();
    let picture = Gray { width: columns.len(), height: rows.len(), pixels };
    Degraded { picture, track: from.track.then(&affine(1.0, 1.0, right, down)) }
}
