//! Words moved in a drawing: by the mark itself, by a renderer that snaps, by a forger.

use tellmark_core::{Along, Gray, PageWord};

use super::grain::normal;
use super::{Degraded, Sheet, screenshot};
use crate::Random;

/// How far around a word's box its ink may lie, in points: the hook of an f, the tail of a j.
const OVERHANG_PT: f64 = 0.4;

/// The drawing with words moved along their lines: `shifts[i]` thousandths of a point for the word `words[i]`.
///
/// The ink inside each moved word's box is taken out and put back at its new place, between pixels by cubic
/// interpolation, the darker value where two meet. This is for tests without a writer of PDF; where boxes of
/// two lines overlap, the ink that both claim moves with the later word.
///
/// ```
/// use tellmark_core::{Along, Area, Gray, PageWord};
/// use tellmark_testkit::degrade::mark;
///
/// let mut page = Gray::filled(100, 20, 255); // at 72 dpi: a pixel is a point
/// (5..15).for_each(|y| page.pixels[y * 100 + 40] = 0);
/// let area = Area { left: 38_000, top: 2_000, right: 43_000, bottom: 18_000 };
/// let word = PageWord { page: 0, line: 0, span: 0..1, area, along: Along::Right, site: None };
/// let moved = mark(&page, 72.0, &[word], &[2_000]);
/// assert_eq!((moved.row(10)[40], moved.row(10)[42]), (255, 0));
/// ```
pub fn mark(page: &Gray, dpi: f64, words: &[PageWord], shifts: &[i32]) -> Gray {
    put(page, dpi, words, shifts, OVERHANG_PT)
}

/// The same with another overhang.
fn put(page: &Gray, dpi: f64, words: &[PageWord], shifts: &[i32], overhang: f64) -> Gray {
    let mut out = page.clone();
    let pixels = dpi / 72_000.0;
    let moved: Vec<(Window, f64, f64)> = words
        .iter()
        .zip(shifts)
        .filter(|(_, shift)| **shift != 0)
        .map(|(word, shift)| {
            let (x, y) = word.along.unit();
            let by = f64::from(*shift) * pixels;
            (Window::around(word, pixels, overhang * dpi / 72.0, page), f64::from(x) * by, f64::from(y) * by)
        })
        .collect();
    for (window, ..) in &moved {
        for y in window.top..window.bottom {
            out.pixels[y * page.width + window.left..y * page.width + window.right].fill(255);
        }
    }
    moved.iter().for_each(|(window, dx, dy)| window.put(page, &mut out, *dx, *dy));
    out
}

/// Pixels around a word.
#[derive(Debug, Clone, Copy)]
struct Window {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Window {
    /// `hang` is how far ink may lie outside of the box along its line, in pixels.
    fn around(word: &PageWord, pixels: f64, hang: f64, page: &Gray) -> Window {
        let upright = matches!(word.along, Along::Right | Along::Left);
        let (hang_x, hang_y) = if upright { (hang, 0.0) } else { (0.0, hang) };
        let inside = |at: f64, size: usize| at.clamp(0.0, size as f64) as usize;
        let area = &word.area;
        let left = inside(f64::from(area.left) * pixels - hang_x, page.width);
        let top = inside(f64::from(area.top) * pixels - hang_y, page.height);
        let right = inside(libm::ceil(f64::from(area.right) * pixels + hang_x), page.width).max(left);
        let bottom = inside(libm::ceil(f64::from(area.bottom) * pixels + hang_y), page.height).max(top);
        Window { left, top, right, bottom }
    }

    /// Puts what the page shows here into another picture, moved by so many pixels.
    fn put(&self, page: &Gray, out: &mut Gray, dx: f64, dy: f64) {
        let (whole_x, whole_y) = (libm::floor(dx), libm::floor(dy));
        let (wx, wy) = (cubic(dx - whole_x), cubic(dy - whole_y));
        let taps = |fraction: f64| if fraction == 0.0 { 1..2 } else { 0..4usize };
        let (taps_x, taps_y) = (taps(dx - whole_x), taps(dy - whole_y));
        let dark = |x: isize, y: isize| {
            let inside = x >= self.left as isize
                && x < self.right as isize
                && y >= self.top as isize
                && y < self.bottom as isize;
            if inside { f64::from(255 - page.at(x, y)) } else { 0.0 }
        };
        for y in self.top as isize - 2..self.bottom as isize + 2 {
            for x in self.left as isize - 2..self.right as isize + 2 {
                let mut sum = 0.0;
                for j in taps_y.clone() {
                    for i in taps_x.clone() {
                        let value = dark(x + 1 - i as isize, y + 1 - j as isize);
                        sum += wx[i] * wy[j] * value;
                    }
                }
                let (to_x, to_y) = (x + whole_x as isize, y + whole_y as isize);
                let fits = to_x >= 0 && to_y >= 0 && to_x < out.width as isize && to_y < out.height as isize;
                if fits && sum > 0.5 {
                    let place = &mut out.pixels[to_y as usize * page.width + to_x as usize];
                    *place = (*place).min((255.5 - sum).clamp(0.0, 255.0) as u8);
                }
            }
        }
    }
}

/// The weights of four neighbours for a place a fraction of a pixel after the second one (Catmull and Rom). The
/// first weight belongs to the neighbour on the right, since the source is looked up backwards.
fn cubic(t: f64) -> [f64; 4] {
    let t = 1.0 - t;
    let (t2, t3) = (t * t, t * t * t);
    let ahead = [
        0.5 * (-t3 + 2.0 * t2 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (-3.0 * t3 + 4.0 * t2 + t),
        0.5 * (t3 - t2),
    ];
    if t == 1.0 { [0.0, 1.0, 0.0, 0.0] } else { [ahead[3], ahead[2], ahead[1], ahead[0]] }
}

/// What a program sets on whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapped {
    /// Every letter.
    Letters,
    /// Every word: its first letter; the others keep their places in the word.
    Words,
    /// Every letter, and then, from the right to the left of a line, one more pixel to the left where it stands nearer to
    /// its right neighbour than half a pixel less than it should: as PDFium does (`AdjustGlyphSpace`).
    Chained,
}

/// A screenshot of a program that sets letters or words on whole pixels of a screen of this resolution, along their
/// lines: by the middle of their ink, where they stand in the drawing.
pub fn snap(sheet: &Sheet<'_>, dpi: f64, what: Snapped) -> Degraded {
    let pixel = 72_000.0 / dpi;
    let (mut moved, mut shifts) = (Vec::new(), Vec::new());
    for line in sheet.words.chunk_by(|a, b| (a.page, a.line) == (b.page, b.line)) {
        let words: Vec<Vec<Letter>> = line.iter().map(|word| letters(sheet.page, sheet.dpi, word)).collect();
        let middles: Vec<f64> = words.iter().flatten().map(|letter| letter.middle / pixel).collect();
        let mut at: Vec<f64> = middles.iter().map(|middle| libm::round(*middle)).collect();
        match what {
            Snapped::Letters => {}
            Snapped::Words => {
                let mut from = 0;
                for word in &words {
                    (from + 1..from + word.len()).for_each(|k| at[k] = at[from] + middles[k] - middles[from]);
                    from += word.len();
                }
            }
            Snapped::Chained => pull(&middles, &mut at),
        }
        let letters = words.into_iter().flatten();
        for ((letter, at), middle) in letters.zip(at).zip(middles) {
            shifts.push(libm::round((at - middle) * pixel) as i32);
            moved.push(letter.piece);
        }
    }
    let snapped = put(sheet.page, sheet.dpi, &moved, &shifts, 0.0);
    let sheet = Sheet { page: &snapped, ..*sheet };
    // The phase is that of the pixels to which words were moved.
    super::area_average(&Degraded::of(&sheet), dpi / sheet.dpi, dpi / sheet.dpi, 0.0, 0.0)
}

/// Moves letters that were rounded as PDFium does where rounding brought two too close.
///
/// # Source
/// `AdjustGlyphSpace` in PDFium's `core/fxge/cfx_renderdevice.cpp`.
fn pull(exact: &[f64], rounded: &mut [f64]) {
    for k in (1..exact.len().saturating_sub(1)).rev() {
        let space = rounded[k + 1] - rounded[k];
        if (exact[k + 1] - exact[k]).abs() - space.abs() > 0.5 {
            rounded[k] += if space > 0.0 { -1.0 } else { 1.0 };
        }
    }
}

/// A part of a word that touches no other: a letter, or letters that hang together.
struct Letter {
    piece: PageWord,
    /// The middle of its ink, in thousandths of a point along x.
    middle: f64,
}

/// The letters of an upright word; of another word none.
fn letters(page: &Gray, dpi: f64, word: &PageWord) -> Vec<Letter> {
    let pixels = dpi / 72_000.0;
    if !matches!(word.along, Along::Right | Along::Left) {
        return Vec::new();
    }
    let window = Window::around(word, pixels, 0.0, page);
    let ink = |x: usize| (window.top..window.bottom).map(|y| u64::from(255 - page.row(y)[x])).sum::<u64>();
    let columns: Vec<u64> = (window.left..window.right).map(ink).collect();
    // Half a letter's stroke of one pixel: less is the edge of a neighbour, or nothing.
    let is_blank = |ink: &u64| *ink < 60;
    let mut letters = Vec::new();
    let mut start = 0;
    for run in columns.split(is_blank) {
        let (from, to) = (start, start + run.len());
        start = to + 1;
        let all: u64 = run.iter().sum();
        if run.is_empty() || all < 600 {
            continue;
        }
        let moment: f64 = run.iter().enumerate().map(|(i, &ink)| (i as f64 + 0.5) * ink as f64).sum();
        let at = |column: usize| libm::round((window.left + column) as f64 / pixels) as i32;
        let area = tellmark_core::Area { left: at(from), right: at(to), ..word.area };
        let middle = (window.left as f64 + from as f64 + moment / all as f64) / pixels;
        letters.push(Letter { piece: PageWord { area, ..word.clone() }, middle });
    }
    letters
}

/// A forger who moves every word at random along its line, nearly normal with this standard deviation in points,
/// and leaks a screenshot at 144 dpi.
pub fn jitter(sheet: &Sheet<'_>, seed: u64, deviation_pt: f64) -> Degraded {
    let mut random = Random::of_part(seed, 0x6a17);
    let shifts: Vec<i32> =
        sheet.words.iter().map(|_| libm::round(normal(&mut random) * deviation_pt * 1000.0) as i32).collect();
    let moved = mark(sheet.page, sheet.dpi, sheet.words, &shifts);
    screenshot(&Sheet { page: &moved, ..*sheet }, seed, 144.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_and_move_forwards() {
        for t in [0.0, 0.1, 0.5, 0.9] {
            let sum: f64 = cubic(t).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12);
        }
        // Moved by 0.1, the place itself keeps most, and its left neighbour comes in.
        let near = cubic(0.1);
        assert!(near[1] > 0.9 && near[2] > near[0], "{near:?}");
    }
}
