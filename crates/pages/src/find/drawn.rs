//! Pages of made-up writing, for tests and benchmarks: words of random letters from a random alphabet of strokes.

use tellmark_core::Gray;

/// Pixels a point of a drawn page.
pub const DRAWN_SCALE: f64 = 3.0;
const MARGIN: f32 = 18.0;
const LEADING: f32 = 14.0;
const LETTER: f32 = 5.5;
const STROKES: u64 = 3;

/// A page, drawn.
#[derive(Clone)]
pub struct Drawn {
    /// Its picture at [`DRAWN_SCALE`].
    pub gray: Gray,
}

impl Drawn {
    /// A page of so many points. The lines before `changed` are those of `seed`, the others those of another page.
    pub fn page(seed: u64, (width, height): (usize, usize), changed: usize) -> Drawn {
        let size = |points: usize| (points as f64 * DRAWN_SCALE) as usize;
        let mut drawn = Drawn { gray: Gray::filled(size(width), size(height), 255) };
        let lines = ((height as f32 - 2.0 * MARGIN) / LEADING) as usize;
        for line in 0..lines {
            let seed = if line < changed { seed } else { seed + 1000 };
            let mut random = Random(seed * 1_000_003 + line as u64);
            let base = MARGIN + LEADING * line as f32;
            let mut x = MARGIN;
            while x < width as f32 - MARGIN - 9.0 * LETTER {
                for _ in 0..2 + random.below(7) {
                    drawn.letter(random.below(26), x, base);
                    x += LETTER;
                }
                x += 3.0 + random.below(5) as f32 * 0.2;
            }
        }
        drawn
    }

    fn letter(&mut self, letter: u64, x: f32, y: f32) {
        let mut random = Random(letter + 77);
        let tall = if random.below(3) == 0 { 9.0 } else { 6.0 };
        for _ in 0..STROKES {
            let mut end =
                || (x + random.below(3) as f32 * 2.0, y + 9.0 - random.below(3) as f32 * tall / 2.0);
            let (one, other) = (end(), end());
            self.stroke(one, other);
        }
    }

    fn stroke(&mut self, (ax, ay): (f32, f32), (bx, by): (f32, f32)) {
        let scale = DRAWN_SCALE as f32;
        let [ax, ay, bx, by] = [ax, ay, bx, by].map(|at| at * scale);
        for y in (ay.min(by) - 3.0) as usize..(ay.max(by) + 3.0) as usize {
            for x in (ax.min(bx) - 3.0) as usize..(ax.max(bx) + 3.0) as usize {
                let (px, py) = (x as f32 + 0.5 - ax, y as f32 + 0.5 - ay);
                let (dx, dy) = (bx - ax, by - ay);
                let along = ((px * dx + py * dy) / (dx * dx + dy * dy).max(0.01)).clamp(0.0, 1.0);
                let off = ((px - along * dx).powi(2) + (py - along * dy).powi(2)).sqrt();
                let shade = (255.0 * (off - 0.5 * scale + 0.5).clamp(0.0, 1.0)) as u8;
                let pixel = &mut self.gray.pixels[y * self.gray.width + x];
                *pixel = shade.min(*pixel);
            }
        }
    }

    /// A picture of the page. `points` says which point of the page a place in the picture, in pixels, shows.
    pub fn seen(&self, width: usize, height: usize, points: impl Fn(f64, f64) -> Option<(f64, f64)>) -> Gray {
        let mut picture = Gray::filled(width, height, 0);
        for y in 0..height {
            for x in 0..width {
                let parts = (0..9).map(|part| {
                    let at = |offset: usize, from: usize| from as f64 + (offset as f64 + 0.5) / 3.0;
                    points(at(part % 3, x), at(part / 3, y)).map_or(90, |(px, py)| self.shade(px, py))
                });
                picture.pixels[y * width + x] = (parts.sum::<u32>() / 9) as u8;
            }
        }
        picture
    }

    /// The shade at a point; the table on which the page lies is dark.
    fn shade(&self, x: f64, y: f64) -> u32 {
        let (x, y) = (x * DRAWN_SCALE, y * DRAWN_SCALE);
        let inside = x >= 0.0 && y >= 0.0 && x < self.gray.width as f64 && y < self.gray.height as f64;
        if inside { u32::from(self.gray.at(x as isize, y as isize)) } else { 90 }
    }
}

/// A plain generator of numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
