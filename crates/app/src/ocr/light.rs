//! Even light: what is darker in a photograph because a lamp or a hand stood there comes out like the rest.

use tellmark_core::Gray;

/// Side of the squares in which the shade of the paper is taken, in pixels.
const SQUARE: usize = 64;
/// Of a square's pixels, in percent, so many are darker than its paper: letters cover less than that.
const DARKER_PERCENT: usize = 85;
/// What paper comes out as.
const PAPER: u32 = 235;
/// Paper is never taken as darker than this: a black square has none.
const PAPER_MIN: u32 = 48;

/// The picture with dark letters on even paper; light letters on a dark ground are turned around.
pub fn evened(picture: &Gray) -> Gray {
    let mut evened = picture.clone();
    if is_dark(picture) {
        evened.invert();
    }
    let (columns, rows) = (picture.width.div_ceil(SQUARE), picture.height.div_ceil(SQUARE));
    let mut papers = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        papers.extend((0..columns).map(|column| paper(&evened, column, row)));
    }
    let papers = Gray { width: columns, height: rows, pixels: papers };
    let width = evened.width.max(1);
    for (y, line) in evened.pixels.chunks_exact_mut(width).enumerate() {
        for (x, pixel) in line.iter_mut().enumerate() {
            let paper = between(&papers, x, y).max(PAPER_MIN);
            *pixel = (u32::from(*pixel) * PAPER / paper).min(255) as u8;
        }
    }
    evened
}

fn is_dark(picture: &Gray) -> bool {
    percentile(&histogram(picture.pixels.iter().copied()), 50) < 100
}

fn histogram(pixels: impl Iterator<Item = u8>) -> [usize; 256] {
    let mut counts = [0; 256];
    pixels.for_each(|pixel| counts[usize::from(pixel)] += 1);
    counts
}

/// The shade that so many percent do not exceed.
fn percentile(counts: &[usize; 256], percent: usize) -> u8 {
    let all: usize = counts.iter().sum();
    let mut seen = 0;
    let mut shades = (0u8..=255).zip(counts);
    let found = shades.find(|(_, count)| {
        seen += **count;
        seen * 100 >= all * percent
    });
    found.map_or(255, |(shade, _)| shade)
}

fn paper(picture: &Gray, column: usize, row: usize) -> u8 {
    let columns = column * SQUARE..((column + 1) * SQUARE).min(picture.width);
    let lines = row * SQUARE..((row + 1) * SQUARE).min(picture.height);
    let pixels = lines.flat_map(|y| picture.row(y)[columns.clone()].iter().copied());
    percentile(&histogram(pixels), DARKER_PERCENT)
}

/// The paper at a pixel: between the middles of the four nearest squares.
fn between(papers: &Gray, x: usize, y: usize) -> u32 {
    let half = SQUARE as isize / 2;
    let of = |at: usize| {
        let at = at as isize - half;
        (at.div_euclid(SQUARE as isize), at.rem_euclid(SQUARE as isize) as u32)
    };
    let ((column, right), (row, down)) = (of(x), of(y));
    let at = |dx, dy| u32::from(papers.at(column + dx, row + dy));
    let whole = SQUARE as u32;
    let upper = at(0, 0) * (whole - right) + at(1, 0) * right;
    let lower = at(0, 1) * (whole - right) + at(1, 1) * right;
    (upper * (whole - down) + lower * down) / (whole * whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_goes_and_letters_stay() {
        let (width, height) = (400, 300);
        let shade = |x: usize, y: usize| {
            let paper = 90 + 150 * x / width;
            if x % 16 < 3 && y % 20 < 12 { paper / 4 } else { paper }
        };
        let pixels = (0..width * height).map(|i| shade(i % width, i / width) as u8).collect();
        let evened = evened(&Gray { width, height, pixels });
        for y in (40..260).step_by(20) {
            for x in (48..350).step_by(16) {
                let (letter, paper) = (evened.at(x, y), evened.at(x + 8, y));
                assert!(paper > 215 && letter < 75, "{x} {y}: {letter} {paper}");
            }
        }
    }

    #[test]
    fn light_letters_are_turned_around() {
        let mut picture = Gray::filled(200, 100, 20);
        picture.pixels[50 * 200 + 100] = 230;
        let evened = evened(&picture);
        assert!(evened.at(100, 50) < 40 && evened.at(20, 20) > 220);
        assert_eq!(super::evened(&Gray::filled(0, 0, 0)).pixels.len(), 0);
    }
}
