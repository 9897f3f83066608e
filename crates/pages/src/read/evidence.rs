//! What displacements of words say about marks: a smooth warp is told apart from words that were moved.
//!
//! A word's displacement is the warp there, plus or minus the mark, plus noise. Neither is known, so both are
//! found in turns (expectation maximisation): given how likely each sign is, the warp is a fit to displacements
//! less the expected marks; given the warp, each word is weighed against the warp that **all other words**
//! predict at its place. A warp that follows every word would swallow the marks, and such a prediction shows it:
//! how free the warp is, and how large the noise, is what predicts left-out words best.
//!
//! # Source
//! Dempster, Laird, Rubin: Maximum likelihood from incomplete data via the EM algorithm, 1977.

use super::field::{Basis, Fit, Freedom, Row};

/// From stiff to free: a screen, a scanner, a lens, sheets that bend.
const FREEDOMS: [Freedom; 8] = [
    Freedom { bend: 0.002, bow: 0.01 },
    Freedom { bend: 0.002, bow: 0.2 },
    Freedom { bend: 0.02, bow: 0.2 },
    Freedom { bend: 0.02, bow: 2.0 },
    Freedom { bend: 0.08, bow: 2.0 },
    Freedom { bend: 0.3, bow: 3.0 },
    Freedom { bend: 1.0, bow: 3.0 },
    Freedom { bend: 3.0, bow: 3.0 },
];
/// Factors of the variances that the pixels gave.
const FACTORS: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 40.0];
/// Further noise of a word of common length, in points.
const JITTERS: [f64; 9] = [0.003, 0.007, 0.014, 0.025, 0.04, 0.06, 0.09, 0.14, 0.25];
/// How many words carry no mark as they should, and what it costs to believe so. One half of them were read amiss
/// and lie anywhere, the other half was never moved: a picture of the original must not find a sign.
const STRAYS: [(f64, f64); 6] =
    [(0.003, 0.0), (0.01, 0.0), (0.04, 0.0), (0.12, 1.0), (0.5, 8.0), (0.95, 8.0)];
/// How many words that stand still were read amiss at most.
const STILL_STRAYS: f64 = 0.04;
/// How far words lie about that were read amiss, in points.
const STRAY_WIDTH: f64 = 0.7;
/// Turns of fitting and weighing for each freedom, at most.
const TURNS: usize = 5;

/// One word's displacement along one axis of the page.
#[derive(Debug, Clone)]
pub struct Displaced {
    /// Its place, as functions of the warp.
    pub row: Row,
    /// Points.
    pub by: f64,
    /// Its variance, as far as pixels tell.
    pub variance: f64,
    /// The factor of the further noise's variance: short words jump more.
    pub grain: f64,
    /// Where the mark of variant 1 moves it on this axis, in points; 0 for a word that stands still.
    pub mark: f64,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// For each word the logarithm of the likelihood of its mark over that of the opposite one.
    pub llrs: Vec<f64>,
    /// The warp.
    pub surface: Vec<f64>,
    /// The noise of a word of common length, in points.
    pub noise: f64,
}

/// Indices into [`FACTORS`], [`JITTERS`] and [`STRAYS`].
#[derive(Debug, Clone, Copy, PartialEq)]
struct Noise([usize; 3]);

/// Where the search begins: much noise and few strays, or words of which hardly one was moved. Only the second
/// start finds out that a page has no marks: from the first, all words may come to believe in one sign together.
const STARTS: [Noise; 2] = [Noise([2, 6, 1]), Noise([2, 2, 5])];

#[derive(Clone)]
struct State {
    score: f64,
    noise: Noise,
    /// What is expected of each sign, -1 to 1.
    beliefs: Vec<f64>,
    /// How likely each word was read right.
    sound: Vec<f64>,
    llrs: Vec<f64>,
    surface: Vec<f64>,
}

/// Tells warp and marks apart.
pub fn weigh(basis: &Basis, words: &[Displaced]) -> Weighed {
    let rows: Vec<Row> = words.iter().map(|word| word.row.clone()).collect();
    let mut best = State::new(basis, words.len(), STARTS[0]);
    for start in STARTS {
        let mut state = State::new(basis, words.len(), start);
        for freedom in FREEDOMS {
            settle(&mut state, basis, freedom, &rows, words);
            if state.score > best.score {
                best = state.clone();
            }
        }
    }
    let noise = typical(words, best.noise);
    Weighed { llrs: best.llrs, surface: best.surface, noise }
}

impl State {
    fn new(basis: &Basis, words: usize, noise: Noise) -> State {
        State {
            score: f64::NEG_INFINITY,
            noise,
            beliefs: vec![0.0; words],
            sound: vec![1.0; words],
            llrs: vec![0.0; words],
            surface: vec![0.0; basis.len()],
        }
    }
}

/// Takes turns until nothing changes.
fn settle(state: &mut State, basis: &Basis, freedom: Freedom, rows: &[Row], words: &[Displaced]) {
    // A corner that a stiffer warp did not reach is no stray for this one.
    state.sound.fill(1.0);
    for _ in 0..TURNS {
        let (beliefs, noise) = (state.beliefs.clone(), state.noise);
        turn(state, basis, freedom, rows, words);
        let moved = state.beliefs.iter().zip(&beliefs).any(|(a, b)| (a - b).abs() > 0.01);
        if !moved && state.noise == noise {
            break;
        }
    }
}

/// Fits the warp to what is believed, then weighs each word by what the others predict.
fn turn(state: &mut State, basis: &Basis, freedom: Freedom, rows: &[Row], words: &[Displaced]) {
    let weights: Vec<f64> = (0..words.len()).map(|k| weight(state, &words[k], k)).collect();
    let values: Vec<[f64; 1]> =
        words.iter().zip(&state.beliefs).map(|(word, belief)| [word.by - belief * word.mark]).collect();
    let fit = basis.fit(freedom, rows, &weights, &values).inverted();
    let left_out = leave_out(&fit, rows, &weights, &values, words, &state.beliefs);
    state.noise = climb(words, &left_out, state.noise);
    state.score = -STRAYS[state.noise.0[2]].1;
    for (k, (word, (rest, variance))) in words.iter().zip(&left_out).enumerate() {
        let odds = Odds::of(word, *rest, *variance, state.noise);
        state.score += odds.log();
        state.llrs[k] = odds.llr();
        state.beliefs[k] = libm::tanh(state.llrs[k] / 2.0);
        state.sound[k] = odds.sound();
    }
    let [surface] = fit.surfaces;
    state.surface = surface;
}

fn weight(state: &State, word: &Displaced, k: usize) -> f64 {
    let doubt = word.mark * word.mark * (1.0 - state.beliefs[k] * state.beliefs[k]);
    state.sound[k].max(1e-3) / (variance(word, state.noise) + doubt)
}

fn variance(word: &Displaced, noise: Noise) -> f64 {
    let jitter = JITTERS[noise.0[1]];
    FACTORS[noise.0[0]] * word.variance + jitter * jitter * word.grain
}

fn typical(words: &[Displaced], noise: Noise) -> f64 {
    let mut all: Vec<f64> = words.iter().map(|word| variance(word, noise).sqrt()).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}

/// For each word its displacement less the warp that the others predict, and that prediction's variance.
fn leave_out(
    fit: &Fit<1>,
    rows: &[Row],
    weights: &[f64],
    values: &[[f64; 1]],
    words: &[Displaced],
    beliefs: &[f64],
) -> Vec<(f64, f64)> {
    let mut space = vec![];
    (0..rows.len())
        .map(|k| {
            let warp = fit.variance(&rows[k], &mut space);
            let share = (weights[k] * warp).min(0.999);
            let rest = (values[k][0] - rows[k].dot(&fit.surfaces[0])) / (1.0 - share);
            (rest + beliefs[k] * words[k].mark, warp / (1.0 - share))
        })
        .collect()
}

/// The noise that explains left-out words best, one step in each direction at a time.
fn climb(words: &[Displaced], left_out: &[(f64, f64)], from: Noise) -> Noise {
    let score = |noise: Noise| -> f64 {
        let logs = words.iter().zip(left_out);
        let sum: f64 = logs.map(|(word, (rest, warp))| Odds::of(word, *rest, *warp, noise).log()).sum();
        sum - STRAYS[noise.0[2]].1
    };
    let axes = [(0, FACTORS.len()), (1, JITTERS.len()), (2, STRAYS.len())];
    let mut best = (score(from), from);
    for _ in 0..4 {
        let here = best.1;
        for (axis, size) in axes {
            let up = Some(here.0[axis] + 1).filter(|at| *at < size);
            for at in [here.0[axis].checked_sub(1), up].into_iter().flatten() {
                let mut next = here;
                next.0[axis] = at;
                let score = score(next);
                if score > best.0 {
                    best = (score, next);
                }
            }
        }
        if best.1 == here {
            break;
        }
    }
    best.1
}

/// Densities of a displacement under both signs, and if the word was read amiss.
struct Odds {
    with: f64,
    against: f64,
    stray: f64,
}

impl Odds {
    fn of(word: &Displaced, rest: f64, warp: f64, noise: Noise) -> Odds {
        let spread = variance(word, noise) + warp;
        let anywhere = normal(rest, spread + STRAY_WIDTH * STRAY_WIDTH);
        let amiss = STRAYS[noise.0[2]].0;
        if word.mark == 0.0 {
            let amiss = amiss.min(STILL_STRAYS);
            let still = (1.0 - amiss) * density(rest, spread);
            return Odds { with: still, against: still, stray: amiss * anywhere + 1e-30 };
        }
        Odds {
            with: (1.0 - amiss) * density(rest - word.mark, spread),
            against: (1.0 - amiss) * density(rest + word.mark, spread),
            stray: amiss * (anywhere + density(rest, spread)) / 2.0 + 1e-30,
        }
    }

    fn log(&self) -> f64 {
        libm::log((self.with + self.against) / 2.0 + self.stray)
    }

    fn llr(&self) -> f64 {
        libm::log((self.with + self.stray) / (self.against + self.stray)).clamp(-12.0, 12.0)
    }

    fn sound(&self) -> f64 {
        1.0 - self.stray / ((self.with + self.against) / 2.0 + self.stray)
    }
}

/// A normal density but for a factor.
fn normal(off: f64, variance: f64) -> f64 {
    libm::exp(-0.5 * off * off / variance) / variance.sqrt()
}

/// The density of noise that is twice as wide for one word in six: what pixels say of their own noise is not exact.
fn density(off: f64, variance: f64) -> f64 {
    5.0 / 6.0 * normal(off, variance) + normal(off, 4.0 * variance) / 6.0
}
