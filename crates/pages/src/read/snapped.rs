//! Pictures of programs that set letters or words on whole pixels.
//!
//! A letter that was set on whole pixels lies anywhere within half a pixel of its place, and never farther. So a
//! letter that lies right of its word's old place by more than half a pixel less the mark's shift shows that the word
//! was moved right, as certainly as pixels tell; one in the middle shows nothing. At 96 dpi and 0.15 points that is
//! two letters of five, whatever point of a letter its program rounds. Where whole words are set on pixels, it is
//! two words of five, and no reader can do better.

use super::Page;
use super::field::{Freedom, Row};
use super::letters::Letter;
use super::marks::Separated;
use super::measures::{blurs, middle};
use super::word::{Measure, Pair};
use tellmark_core::Gray;

/// Words that lie about by less, in points, were not set on whole pixels.
const NOISE_MIN: f64 = 0.04;
/// How much less likely whole pixels are than other noise before anything is measured, in logarithms.
const RARITY: f64 = 3.0;
/// What is less likely than this is not thought of.
const CHANCE_MIN: f64 = 0.02;
/// Noise of measured letters beside what pixels tell, in points.
const NOISES: [f64; 5] = [0.01, 0.02, 0.035, 0.06, 0.09];
/// Deviations of noise that comes of no rounding, in points.
const DEVIATIONS: [f64; 8] = [0.02, 0.04, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4];
/// How many letters were read amiss and lie anywhere within [`STRAY_REACH`] points.
const STRAYS: f64 = 0.03;
const STRAY_REACH: f64 = 1.5;
/// A screen shows a page flat.
const FLAT: Freedom = Freedom { bend: 0.002, bow: 0.01 };
const TURNS: usize = 8;

/// A word whose parts were set on their own: its letters, or the word itself.
struct Parts {
    row: Row,
    mark: f64,
    parts: Vec<Letter>,
}

/// How parts lie about.
#[derive(Debug, Clone, Copy)]
enum Lying {
    /// Within so many points, with noise of this deviation.
    Within(f64, f64),
    /// Normally, with this deviation.
    Normal(f64),
}

/// Weighs the words again as what they are if a program set them on whole pixels, as far as that is likely; `None` if it
/// is not.
pub fn weigh(
    page: &Page,
    picture: &Gray,
    by: f64,
    found: &Separated,
    measures: &[(usize, Measure)],
) -> Option<Vec<f64>> {
    let flat = found.noise > NOISE_MIN && is_square(page, found);
    let half = 0.5
        / (by * found.sheet.scale(f64::from(page.size.width) / 2e3, f64::from(page.size.height) / 2e3)?);
    if !flat || measures.iter().any(|(k, _)| page.words[*k].along.unit().0 == 0) {
        return None;
    }
    let mut words = parts(page, picture, found, measures)?;
    if scatter(&words) < half * half / 6.0 {
        words.iter_mut().for_each(together);
    }
    let start: Vec<f64> = found.llrs.iter().map(|llr| libm::tanh(llr / 2.0)).collect();
    let best = |models: &mut dyn Iterator<Item = Lying>| {
        let settled = models.map(|lying| settle(found, &words, &start, lying));
        settled.reduce(|best, next| if next.0 > best.0 { next } else { best })
    };
    let rounded = best(&mut NOISES.iter().map(|noise| Lying::Within(half, *noise)))?;
    let other = best(&mut DEVIATIONS.iter().map(|noise| Lying::Normal(*noise)))?;
    let chance = likely(rounded.0 - other.0 - RARITY);
    let both = |(rounded, plain): (&f64, &f64)| {
        let of = |sign: f64| chance * likely(sign * rounded) + (1.0 - chance) * likely(sign * plain);
        libm::log(of(1.0) / of(-1.0))
    };
    (chance > CHANCE_MIN).then(|| rounded.1.iter().zip(&found.llrs).map(both).collect())
}

/// The chance of what is so much more likely than its opposite, in logarithms.
fn likely(llr: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-llr))
}

/// Whether the picture shows the page upright or on a side, not slanted, as screens do.
fn is_square(page: &Page, found: &Separated) -> bool {
    let (w, h) = (f64::from(page.size.width) / 1e3, f64::from(page.size.height) / 1e3);
    let place = |x: f64, y: f64| found.sheet.to_picture.apply(x, y);
    let (Some(a), Some(b), Some(c), Some(d)) = (place(0.0, 0.0), place(w, 0.0), place(0.0, h), place(w, h))
    else {
        return false;
    };
    let small = |x: f64, y: f64| x.abs().min(y.abs()) < 0.004 * x.abs().max(y.abs());
    let edges = [(a, b), (a, c), (b, d), (c, d)];
    edges.iter().all(|(p, q)| small(q.0 - p.0, q.1 - p.1))
}

fn parts(
    page: &Page,
    picture: &Gray,
    found: &Separated,
    measures: &[(usize, Measure)],
) -> Option<Vec<Parts>> {
    let pair = Pair { reference: &page.fine, scale: page.scale, picture, sheet: &found.sheet };
    let blur = blurs(page, &pair);
    let one = |(k, _): &(usize, Measure)| {
        let word = &page.words[*k];
        let (x, y) = middle(word);
        let parts = pair.letters(word, blur.level(x, y)).unwrap_or_default();
        let mark = if word.site.is_some() { f64::from(word.along.unit().0) * page.shift } else { 0.0 };
        Parts { row: found.sheet.basis.row(x, y), mark, parts }
    };
    let words: Vec<Parts> = measures.iter().map(one).collect();
    (words.iter().filter(|word| !word.parts.is_empty()).count() >= 8).then_some(words)
}

/// The mean square of letters' places around their word's.
fn scatter(words: &[Parts]) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for word in words.iter().filter(|word| word.parts.len() > 1) {
        let mean = mean(&word.parts);
        sum += word.parts.iter().map(|part| (part.by - mean) * (part.by - mean)).sum::<f64>();
        count += word.parts.len() - 1;
    }
    sum / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}

fn mean(parts: &[Letter]) -> f64 {
    parts.iter().map(|part| part.by).sum::<f64>() / parts.len() as f64
}

/// Takes a word's letters as one part.
fn together(word: &mut Parts) {
    let count = word.parts.len() as f64;
    let variance = word.parts.iter().map(|part| part.variance).sum::<f64>() / (count * count);
    if !word.parts.is_empty() {
        word.parts = vec![Letter { by: mean(&word.parts), variance }];
    }
}

/// How likely the parts are if they lie about like this, and each word's log-likelihood ratio.
fn settle(found: &Separated, words: &[Parts], start: &[f64], lying: Lying) -> (f64, Vec<f64>) {
    let mut beliefs = start.to_vec();
    let mut out = (f64::NEG_INFINITY, vec![0.0; words.len()]);
    let rows: Vec<Row> = words.iter().map(|word| word.row.clone()).collect();
    let weights: Vec<f64> = words.iter().map(|word| word.parts.len() as f64 / lying.variance()).collect();
    for _ in 0..TURNS {
        let value = |(word, belief): (&Parts, &f64)| {
            [if word.parts.is_empty() { 0.0 } else { mean(&word.parts) - belief * word.mark }]
        };
        let values: Vec<[f64; 1]> = words.iter().zip(&beliefs).map(value).collect();
        let fit = found.sheet.basis.fit(FLAT, &rows, &weights, &values);
        out.0 = 0.0;
        for (k, word) in words.iter().enumerate() {
            let warp = word.row.dot(&fit.surfaces[0]);
            let log =
                |mark: f64| word.parts.iter().map(|part| lying.log(part, part.by - warp - mark)).sum::<f64>();
            let (with, against) = (log(word.mark), log(-word.mark));
            let higher = with.max(against);
            out.0 += higher + libm::log((libm::exp(with - higher) + libm::exp(against - higher)) / 2.0);
            out.1[k] = (with - against).clamp(-8.0, 8.0);
            beliefs[k] = libm::tanh(out.1[k] / 2.0);
        }
    }
    out
}

impl Lying {
    fn variance(self) -> f64 {
        match self {
            Lying::Within(half, noise) => half * half / 3.0 + noise * noise,
            Lying::Normal(noise) => noise * noise,
        }
    }

    /// The logarithm of the density of a part that lies so far off.
    fn log(self, part: &Letter, off: f64) -> f64 {
        let density = match self {
            Lying::Within(half, noise) => {
                let spread = (noise * noise + part.variance).sqrt() * std::f64::consts::SQRT_2;
                (libm::erf((off + half) / spread) - libm::erf((off - half) / spread)) / (4.0 * half)
            }
            Lying::Normal(noise) => {
                let spread = noise * noise + part.variance;
                libm::exp(-0.5 * off * off / spread) / (std::f64::consts::TAU * spread).sqrt()
            }
        };
        libm::log((1.0 - STRAYS) * density + STRAYS / (2.0 * STRAY_REACH))
    }
}
