//! Pictures of programs that set letters or words on whole pixels.
//!
//! A letter that was set on whole pixels lies anywhere within half a pixel of its place, and never farther. So a
//! letter that lies right of its word's old place by more than half a pixel less the mark's shift shows that the word
//! was moved right, as certainly as pixels tell; one in the middle shows nothing. At 96 dpi and 0.15 points that is
//! two letters of five, whatever point of a letter its program rounds. Where whole words are set on pixels, it is
//! two words of five, and no reader can do better.

use super::Page;
use super::chained::Chain;
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
/// The same where letters look at their neighbours; the second finds the warp.
const CHAINED_NOISES: [f64; 3] = [0.03, 0.05, 0.08];
/// Deviations of noise that comes of no rounding, in points.
const DEVIATIONS: [f64; 8] = [0.02, 0.04, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4];
/// How many letters were read amiss and lie anywhere within [`STRAY_REACH`] points.
const STRAYS: f64 = 0.03;
const STRAY_REACH: f64 = 1.5;
/// A screen shows a page flat.
const FLAT: Freedom = Freedom { bend: 0.002, bow: 0.01 };
const TURNS: usize = 8;

/// A word whose parts were set on their own: its letters, or the word itself.
pub struct Parts {
    row: Row,
    line: u32,
    /// Its middle, in points.
    pub at: (f64, f64),
    /// How far its mark moves it, in points; 0 if it has none.
    pub mark: f64,
    /// What moves on its own, left to right.
    pub parts: Vec<Letter>,
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
    let mut rounded = best(&mut NOISES.iter().map(|noise| Lying::Within(half, *noise)))?;
    for spaces in [false, true] {
        let chained = settle_chained(found, &words, &start, half, spaces);
        if chained.0 > rounded.0 {
            rounded = chained;
        }
    }
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
        Parts { row: found.sheet.basis.row(x, y), line: word.line, at: (x, y), mark, parts }
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
    for _ in 0..TURNS {
        let value = |(word, belief): (&Parts, &f64)| {
            let by = if word.parts.is_empty() { 0.0 } else { mean(&word.parts) - belief * word.mark };
            (by, word.parts.len() as f64 / lying.variance())
        };
        let warps = warps(found, words, words.iter().zip(&beliefs).map(value).collect());
        out.0 = 0.0;
        for (k, word) in words.iter().enumerate() {
            let log = |mark: f64| {
                word.parts.iter().map(|part| lying.log(part, part.by - warps[k] - mark)).sum::<f64>()
            };
            let (with, against) = (log(word.mark), log(-word.mark));
            let higher = with.max(against);
            out.0 += higher + libm::log((libm::exp(with - higher) + libm::exp(against - higher)) / 2.0);
            out.1[k] = (with - against).clamp(-8.0, 8.0);
            beliefs[k] = libm::tanh(out.1[k] / 2.0);
        }
    }
    out
}

/// The same if each letter lies where its right neighbour lets it, with or without spaces that are letters, too.
fn settle_chained(
    found: &Separated,
    words: &[Parts],
    start: &[f64],
    half: f64,
    spaces: bool,
) -> (f64, Vec<f64>) {
    let lines = lines(words);
    let [mut best, plain, noisy] = CHAINED_NOISES.map(|noise| Chain { half, noise, spaces });
    let warps = warps(found, words, plain.values(words, &lines, start));
    let warps = plain.likeliest(words, &lines, &warps);
    let mut out = best.weigh(words, &lines, &warps);
    for chain in [plain, noisy] {
        let other = chain.weigh(words, &lines, &warps);
        if other.0 > out.0 {
            (best, out) = (chain, other);
        }
    }
    let warps = best.likeliest(words, &lines, &warps);
    out = best.weigh(words, &lines, &warps);
    out.1.iter_mut().for_each(|llr| *llr = llr.clamp(-8.0, 8.0));
    out
}

/// The words of each line, left to right.
fn lines(words: &[Parts]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..words.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&words[*a], &words[*b]);
        a.line.cmp(&b.line).then(a.at.0.total_cmp(&b.at.0))
    });
    order.chunk_by(|a, b| words[*a].line == words[*b].line).map(<[usize]>::to_vec).collect()
}

/// The warp at each word, by the words' places without their marks and what these weigh.
fn warps(found: &Separated, words: &[Parts], values: Vec<(f64, f64)>) -> Vec<f64> {
    let rows: Vec<Row> = words.iter().map(|word| word.row.clone()).collect();
    let (values, weights): (Vec<[f64; 1]>, Vec<f64>) =
        values.into_iter().map(|(value, weight)| ([value], weight)).unzip();
    let fit = found.sheet.basis.fit(FLAT, &rows, &weights, &values);
    rows.iter().map(|row| row.dot(&fit.surfaces[0])).collect()
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
