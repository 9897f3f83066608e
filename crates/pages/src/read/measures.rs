//! Measures all words of a page that a picture shows.

use tellmark_core::{Gray, PageWord};

use super::Page;
use super::field::Matrix;
use super::sheet::Sheet;
use super::word::{BLURS, Measure, Pair};

/// At most so many words of a page are read.
const WORDS_MAX: usize = 4000;
/// About so many words tell how blurred the picture is.
const WORDS_TRIED: usize = 40;

/// Measures all words that the picture shows.
pub fn measure(page: &Page, picture: &Gray, sheet: &Sheet) -> Vec<(usize, Measure)> {
    let pair = Pair { reference: &page.fine, scale: page.scale, picture, sheet };
    let blur = blurs(page, &pair);
    let measured = |(k, word): (usize, &PageWord)| {
        let (x, y) = middle(word);
        let measure = pair.measure(word, blur.level(x, y))?;
        (measure.explained > 0.1).then_some((k, measure))
    };
    page.words.iter().take(WORDS_MAX).enumerate().filter_map(measured).collect()
}

/// How blurred the picture is, told by some of its words.
pub fn blurs(page: &Page, pair: &Pair<'_>) -> Slope {
    let step = page.words.len() / WORDS_TRIED + 1;
    let mut tried: Vec<(f64, f64, f64)> = vec![];
    let mut guess = BLURS.len() / 2;
    for word in page.words.iter().step_by(step) {
        if let Some(blur) = pair.best_blur(word, guess) {
            let (x, y) = middle(word);
            tried.push((x, y, blur as f64));
            guess = blur;
        }
    }
    Slope::of(&tried)
}

/// The middle of a word in points.
pub fn middle(word: &PageWord) -> (f64, f64) {
    let half = |a: i32, b: i32| (f64::from(a) + f64::from(b)) / 2000.0;
    (half(word.area.left, word.area.right), half(word.area.top, word.area.bottom))
}

/// How long a word is along its line, in points.
pub fn length(word: &PageWord) -> f64 {
    let (x, y) = word.along.unit();
    let area = &word.area;
    let (width, height) =
        (f64::from(area.right) - f64::from(area.left), f64::from(area.bottom) - f64::from(area.top));
    (width * f64::from(x.abs()) + height * f64::from(y.abs())) / 1000.0
}

/// A plane through values at places, held to be level where there are few.
pub struct Slope([f64; 3]);

impl Slope {
    fn of(values: &[(f64, f64, f64)]) -> Slope {
        let mut normal = Matrix::new(3);
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

    /// The index of the blur at a point of the page.
    pub fn level(&self, x: f64, y: f64) -> usize {
        let level = self.0[0] + self.0[1] * x + self.0[2] * y;
        level.round().clamp(0.0, (BLURS.len() - 1) as f64) as usize
    }
}
