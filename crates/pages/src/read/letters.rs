//! How far each letter of one word lies from where it is expected.
//!
//! Some programs set every letter on whole pixels. Then the letters of a word move on their own, and their places say
//! more than the word's does. They are found together, each with a shift of its own, under one lighting and blur.

use tellmark_core::{Gray, PageWord};

use super::field::Matrix;
use super::word::{BLURS, Pair, Pixels, Template};

/// A column of the reference with less ink than this, in shades, parts two letters: less than a thin stroke across.
const GAP_INK: u32 = 90;
/// Letters are at least so wide, in pixels of the reference.
const WIDTH_MIN: usize = 3;
/// A word of more pieces is none.
const LETTERS_MAX: usize = 40;
/// Unknowns that letters share: lighting, contrast, the shift down, blur.
const SHARED: usize = 4;

/// A letter, or letters that touch each other.
#[derive(Debug, Clone, Copy)]
pub struct Letter {
    /// How far it lies right of its expected place, in points.
    pub by: f64,
    /// The variance of that, were the noise of pixels independent.
    pub variance: f64,
}

impl Pair<'_> {
    /// Measures the letters of a word whose line runs along x; `None` where the picture does not show all of it.
    pub fn letters(&self, word: &PageWord, blur: usize) -> Option<Vec<Letter>> {
        let pixels = self.pixels(word)?;
        let pieces = pieces(self.reference, &pixels);
        if pieces.is_empty()
            || pieces.len() > LETTERS_MAX
            || pixels.shades.len() < 3 * (SHARED + pieces.len())
        {
            return None;
        }
        let templates: Vec<Template> = pieces
            .iter()
            .map(|piece| {
                Template::of_columns(self.reference, &pixels, piece.clone(), BLURS[blur.min(BLURS.len() - 1)])
            })
            .collect();
        let mut shifts = Shifts { down: 0.0, right: vec![0.0; templates.len()], variances: vec![] };
        for _ in 0..6 {
            if step(&templates, &pixels, &mut shifts)? < 0.05 {
                break;
            }
        }
        let letter = |(by, variance): (&f64, &f64)| Letter {
            by: by / self.scale,
            variance: variance / (self.scale * self.scale),
        };
        let letters: Vec<Letter> = shifts.right.iter().zip(&shifts.variances).map(letter).collect();
        letters.iter().all(|letter| letter.by.abs() < 2.0).then_some(letters)
    }
}

/// The columns of each piece of a word, gaps included, so that every column belongs to one.
fn pieces(reference: &Gray, pixels: &Pixels) -> Vec<std::ops::Range<isize>> {
    let (left, right) = (pixels.middle.0 - pixels.half.0, pixels.middle.0 + pixels.half.0);
    let (top, bottom) = (pixels.middle.1 - pixels.half.1, pixels.middle.1 + pixels.half.1);
    let ink = |x: isize| -> u32 {
        (top as isize..bottom as isize).map(|y| u32::from(255 - reference.at(x, y))).sum()
    };
    let mut inked: Vec<(isize, isize)> = vec![];
    for x in left as isize..right as isize {
        match inked.last_mut() {
            _ if ink(x) < GAP_INK => {}
            Some(last) if last.1 == x => last.1 = x + 1,
            _ => inked.push((x, x + 1)),
        }
    }
    inked.retain(|(from, to)| (to - from) as usize >= WIDTH_MIN);
    let border = |k: usize| (inked[k].1 + inked[k + 1].0) / 2;
    (0..inked.len())
        .map(|k| {
            let from = if k == 0 { isize::MIN } else { border(k - 1) };
            let to = if k + 1 == inked.len() { isize::MAX } else { border(k) };
            from..to
        })
        .collect()
}

/// Shifts in pixels of the reference.
struct Shifts {
    down: f64,
    right: Vec<f64>,
    variances: Vec<f64>,
}

/// One step of least squares for all letters; how far the farthest moved.
fn step(templates: &[Template], pixels: &Pixels, shifts: &mut Shifts) -> Option<f64> {
    let unknowns = SHARED + templates.len();
    let mut normal = Matrix::new(unknowns);
    let mut wanted = vec![0.0; unknowns];
    let mut squares = 0.0;
    let (mut at, mut terms) = (vec![], vec![]);
    for (place, shade) in pixels.places.iter().zip(&pixels.shades) {
        at.clear();
        terms.clear();
        at.extend(0..SHARED);
        terms.extend([1.0, 0.0, 0.0, 0.0]);
        for (k, template) in templates.iter().enumerate() {
            let (x, y) = (place.0 - shifts.right[k] as f32, place.1 - shifts.down as f32);
            let Some([value, dx, dy, bend]) = template.at(x, y) else { continue };
            [value - 255.0, dy, bend]
                .iter()
                .zip(&mut terms[1..])
                .for_each(|(one, sum)| *sum += f64::from(*one));
            at.push(SHARED + k);
            terms.push(f64::from(dx));
        }
        let shade = f64::from(*shade) - 255.0;
        normal.add(&at, &terms, 1.0);
        at.iter().zip(&terms).for_each(|(k, term)| wanted[*k] += term * shade);
        squares += shade * shade;
    }
    let mut found = wanted.clone();
    normal.decompose();
    normal.solve(&mut found);
    normal.invert_root();
    let gain = found[1];
    if gain.is_nan() || gain < 0.02 {
        return None;
    }
    let explained: f64 = found.iter().zip(&wanted).map(|(a, b)| a * b).sum();
    let count = pixels.shades.len() as f64;
    let rest = ((squares - explained).max(0.0) + 0.1 * count) / (count - unknowns as f64);
    shifts.down += (-found[2] / gain).clamp(-1.0, 1.0);
    let mut most = 0.0_f64;
    for (k, right) in shifts.right.iter_mut().enumerate() {
        let by = (-found[SHARED + k] / gain).clamp(-1.0, 1.0);
        *right += by;
        most = most.max(by.abs());
    }
    let variance = |k| rest * normal.inverse(SHARED + k, SHARED + k) / (gain * gain);
    shifts.variances = (0..templates.len()).map(variance).collect();
    (most.is_finite() && shifts.down.abs() < 5.0).then_some(most)
}
