//! Tells marks from the warp of paper and lens, for all measured words of a page.

use super::Page;
use super::evidence::{Displaced, weigh};
use super::field::Freedom;
use super::measures::{length, middle};
use super::neighbours::Displacement;
use super::register::{median, robust};
use super::sheet::{Pair, Sheet, refit};
use super::word::Measure;

/// What is told apart.
pub struct Separated {
    /// The warp alone.
    pub sheet: Sheet,
    /// For each measured word the logarithm of a likelihood ratio; 0 for words without a site.
    pub llrs: Vec<f64>,
    /// The noise that marks stand against, in points.
    pub noise: f64,
}

/// Tells the warp from the marks of measured words. The warp is counted from the plane that fits all words best,
/// so that a picture of a plane needs hardly any.
pub fn separate(page: &Page, sheet: &Sheet, measures: &[(usize, Measure)]) -> Option<Separated> {
    let seen = |(k, measure): &(usize, Measure)| {
        let (x, y) = middle(&page.words[*k]);
        Some(((x, y), sheet.place(x + measure.shift.0, y + measure.shift.1)?))
    };
    let pairs: Vec<Pair> = measures.iter().map(seen).collect::<Option<_>>()?;
    let plane = refit(&sheet.to_picture, &pairs);
    let back = plane.inverse()?;
    let displacement = |(at, seen): &Pair| {
        let (x, y) = back.apply(seen.0, seen.1)?;
        Some((*at, [x - at.0, y - at.1]))
    };
    let displacements: Vec<Displacement> = pairs.iter().map(displacement).collect::<Option<_>>()?;
    let mut out =
        Separated { sheet: Sheet::plane(plane, page.size), llrs: vec![0.0; measures.len()], noise: 0.0 };
    let equal = vec![1.0; displacements.len()];
    robust(&mut out.sheet, Freedom { bend: 1.0, bow: 3.0 }, &displacements, &equal, 0.03);
    for axis in 0..2 {
        let words = displaced(page, &out.sheet, measures, &displacements, axis);
        // Along an axis on which nothing is marked, the robust fit will do.
        if words.iter().any(|word| word.mark != 0.0) {
            let weighed = weigh(&out.sheet.basis, &words);
            let marked = words.iter().zip(weighed.llrs).enumerate().filter(|(_, (word, _))| word.mark != 0.0);
            marked.for_each(|(k, (_, llr))| out.llrs[k] = llr);
            out.noise = out.noise.max(weighed.noise);
            out.sheet.field[axis] = weighed.surface;
        }
    }
    Some(out)
}

/// The words' displacements along one axis of the page.
fn displaced(
    page: &Page,
    sheet: &Sheet,
    measures: &[(usize, Measure)],
    displacements: &[Displacement],
    axis: usize,
) -> Vec<Displaced> {
    let lengths: Vec<f64> = measures.iter().map(|(k, _)| length(&page.words[*k])).collect();
    let common = median(&lengths);
    let one = |((k, measure), ((at, by), length)): (&(usize, Measure), (&Displacement, &f64))| {
        let word = &page.words[*k];
        let (x, y) = word.along.unit();
        let mark = if word.site.is_some() { f64::from([x, y][axis]) * page.shift } else { 0.0 };
        Displaced {
            row: sheet.basis.row(at.0, at.1),
            by: by[axis],
            variance: [measure.variance.0, measure.variance.1][axis],
            grain: (common / length.max(1.0)).clamp(0.3, 4.0),
            mark,
        }
    };
    measures.iter().zip(displacements.iter().zip(&lengths)).map(one).collect()
}
