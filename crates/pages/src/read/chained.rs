//! Letters that a program sets on whole pixels one after the other, each looking at its right neighbour.
//!
//! PDFium, which draws PDFs in Chromium, rounds every letter of a run to a pixel and then, from right to left, moves a
//! letter left by one more pixel where it stands nearer to its right neighbour than half a pixel less than it should.
//! So the error of a letter lies within half a pixel of its right neighbour's, if that is between minus a pixel and 0,
//! and of the nearer of these two otherwise. A letter says something about its word's mark where its neighbour was not
//! pulled; where both are of one word and both were, only their difference is known, which no mark changes.
//!
//! # Source
//! `AdjustGlyphSpace` in PDFium's `core/fxge/cfx_renderdevice.cpp`.

use super::letters::Letter;
use super::snapped::Parts;

/// How many letters begin a run of their own, or were read amiss.
const STRAYS: f64 = 0.03;
const STRAY_REACH: f64 = 1.5;
/// Where a letter that is not seen may lie within its pixel.
const UNSEEN: [f64; 8] = [-0.4375, -0.3125, -0.1875, -0.0625, 0.0625, 0.1875, 0.3125, 0.4375];
/// How finely the warp is looked for, in pixels.
const STEP_MAX: f64 = 0.16;
const STEP_MIN: f64 = 0.015;
/// Letters right of a letter from which one more makes no difference, and parts of a pixel in which errors are counted.
const LETTERS: usize = 48;
const GRAIN: usize = 32;

/// How letters follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    /// Half a pixel, in points.
    pub half: f64,
    /// Noise of measured letters beside what pixels tell, in points.
    pub noise: f64,
    /// Whether there is a letter between words, a space, which nobody sees.
    pub spaces: bool,
}

/// A letter's place less the warp, and its variance.
#[derive(Debug, Clone, Copy)]
struct Placed {
    off: f64,
    variance: f64,
}

/// What lies right of a letter.
enum Right {
    /// Nothing: it ends its run.
    End,
    /// A letter that is seen.
    Seen(Placed),
    /// A space, and then a letter that is seen.
    Space(Placed),
    /// Something that is not seen.
    Unknown,
}

impl Chain {
    /// How likely the words' letters are, as a logarithm, and each word's log-likelihood ratio. `lines` has the words
    /// of each line, left to right; `warps` how far the page's warp moves each word.
    pub fn weigh(self, words: &[Parts], lines: &[Vec<usize>], warps: &[f64]) -> (f64, Vec<f64>) {
        let mut llrs = vec![0.0; words.len()];
        let mut sum = 0.0;
        for line in lines {
            let (log, line_llrs) = self.line(words, line, warps);
            sum += log;
            line.iter().zip(line_llrs).for_each(|(k, llr)| llrs[*k] = llr);
        }
        (sum, llrs)
    }

    /// Sums over the marks of all words but one, for each of a line, from the right to the left and back.
    fn line(self, words: &[Parts], line: &[usize], warps: &[f64]) -> (f64, Vec<f64>) {
        let count = line.len();
        let placed = |at: usize, letter: &Letter, mark: usize| {
            let (word, sign) = (&words[line[at]], [-1.0, 1.0][mark]);
            Placed { off: letter.by - warps[line[at]] - sign * word.mark, variance: letter.variance }
        };
        // own[k][s]: letters with a neighbour in their word. join[k][s][t]: the last letter of word k under mark s, if
        // the next word has mark t.
        let mut own = vec![[0.0; 2]; count];
        let mut join = vec![[[0.0; 2]; 2]; count];
        for at in 0..count {
            let parts = &words[line[at]].parts;
            let Some(last) = parts.last() else { continue };
            for mark in [0, 1] {
                let pairs = parts.windows(2).enumerate();
                own[at][mark] = pairs
                    .map(|(k, pair)| {
                        let first = at == 0 && k == 0;
                        let right = Right::Seen(placed(at, &pair[1], mark));
                        self.log(placed(at, &pair[0], mark), if first { &Right::End } else { &right })
                    })
                    .sum();
                for next in [0, 1] {
                    let right = match line.get(at + 1).map(|k| words[*k].parts.first()) {
                        None => Right::End,
                        Some(None) => Right::Unknown,
                        Some(Some(letter)) if self.spaces => Right::Space(placed(at + 1, letter, next)),
                        Some(Some(letter)) => Right::Seen(placed(at + 1, letter, next)),
                    };
                    join[at][mark][next] = self.log(placed(at, last, mark), &right);
                }
            }
        }
        // Of all words right of k, if k has mark s; and of all words left of k.
        let mut rights = vec![[0.0; 2]; count];
        for at in (0..count).rev() {
            rights[at] = [0, 1].map(|mark| {
                let of = |next: usize| {
                    join[at][mark][next]
                        + if at + 1 < count { own[at + 1][next] + rights[at + 1][next] } else { 0.0 }
                };
                mean(of(0), of(1))
            });
        }
        let mut lefts = vec![[0.0; 2]; count];
        for at in 1..count {
            lefts[at] = [0, 1].map(|mark| {
                let of =
                    |before: usize| lefts[at - 1][before] + own[at - 1][before] + join[at - 1][before][mark];
                mean(of(0), of(1))
            });
        }
        let of = |at: usize, mark: usize| lefts[at][mark] + own[at][mark] + rights[at][mark];
        let sum = if count > 0 { mean(of(0, 0), of(0, 1)) } else { 0.0 };
        (sum, (0..count).map(|at| of(at, 1) - of(at, 0)).collect())
    }

    /// How far each word lies from its place without its mark, as far as that is believed: on the mean letters are drawn
    /// to the left, the more of them stand right of them the more.
    pub fn values(self, words: &[Parts], lines: &[Vec<usize>], beliefs: &[f64]) -> Vec<(f64, f64)> {
        let pixel = 2.0 * self.half;
        let drawn = drawn();
        let mut values = vec![(0.0, 0.0); words.len()];
        for line in lines {
            let mut rights = 0;
            for k in line.iter().rev() {
                let word = &words[*k];
                let count = word.parts.len();
                let off = |(i, letter): (usize, &Letter)| {
                    letter.by - pixel * drawn[(rights + count - 1 - i).min(drawn.len() - 1)]
                };
                let mean = word.parts.iter().enumerate().map(off).sum::<f64>() / count.max(1) as f64;
                values[*k] =
                    (mean - beliefs[*k] * word.mark, f64::from(u8::from(count > 0)) / (pixel * pixel));
                rights += count + usize::from(self.spaces);
            }
        }
        values
    }

    /// The warps near these, by a plane that is added, under which the letters are likeliest.
    pub fn likeliest(self, words: &[Parts], lines: &[Vec<usize>], warps: &[f64]) -> Vec<f64> {
        let pixel = 2.0 * self.half;
        let widest = words.iter().map(|word| word.at.0.abs().max(word.at.1.abs())).fold(1.0, f64::max);
        let moved = |plane: &[f64; 3]| -> Vec<f64> {
            let one = |(word, warp): (&Parts, &f64)| {
                let (x, y) = (2.0 * word.at.0 / widest - 1.0, 2.0 * word.at.1 / widest - 1.0);
                warp + plane[0] + plane[1] * x + plane[2] * y
            };
            words.iter().zip(warps).map(one).collect()
        };
        let (mut plane, mut step) = ([0.0; 3], STEP_MAX);
        let mut best = self.weigh(words, lines, warps).0;
        while step > STEP_MIN {
            let mut is_better = false;
            for axis in 0..3 {
                for sign in [1.0, -1.0] {
                    let mut tried = plane;
                    tried[axis] += sign * step * pixel;
                    let log = self.weigh(words, lines, &moved(&tried)).0;
                    if log > best {
                        (best, plane, is_better) = (log, tried, true);
                        break;
                    }
                }
            }
            if !is_better {
                step /= 2.0;
            }
        }
        moved(&plane)
    }

    /// The logarithm of the density of a letter's place.
    fn log(self, letter: Placed, right: &Right) -> f64 {
        let density = match *right {
            Right::End => self.within(letter, 0.0, 0.0),
            Right::Seen(next) => self.after(next, |about, variance| self.within(letter, about, variance)),
            Right::Space(next) => self.after(next, |about, variance| self.unseen(letter, about, variance)),
            Right::Unknown => (self.unseen(letter, 0.0, 0.0) + self.unseen(letter, -self.half, 0.0)) / 2.0,
        };
        libm::log((1.0 - STRAYS) * density + STRAYS / (2.0 * STRAY_REACH))
    }

    /// The density of what follows a letter at a place: what its error draws its neighbour to is 0, a pixel, or the
    /// error itself with its variance.
    fn after(self, next: Placed, density: impl Fn(f64, f64) -> f64) -> f64 {
        let variance = self.noise * self.noise + next.variance;
        let (free, all) = (above(next.off, variance), above(next.off + 2.0 * self.half, variance));
        let part = |chance: f64, about: f64, variance: f64| {
            if chance > 1e-4 { chance * density(about, variance) } else { 0.0 }
        };
        let within = next.off.clamp(-2.0 * self.half, 0.0);
        part(free, 0.0, 0.0) + part(all - free, within, variance) + part(1.0 - all, -2.0 * self.half, 0.0)
    }

    /// The density of a letter left of a space whose right neighbour draws it to `about`.
    fn unseen(self, letter: Placed, about: f64, variance: f64) -> f64 {
        let pixel = 2.0 * self.half;
        let one = |at: f64| self.within(letter, (about + at * pixel).clamp(-pixel, 0.0), variance);
        UNSEEN.iter().map(|at| one(*at)).sum::<f64>() / UNSEEN.len() as f64
    }

    /// The density of a letter within half a pixel of a place that is known with a variance.
    fn within(self, letter: Placed, about: f64, variance: f64) -> f64 {
        let spread = (2.0 * (self.noise * self.noise + letter.variance + variance)).sqrt();
        let off = letter.off - about;
        (libm::erf((off + self.half) / spread) - libm::erf((off - self.half) / spread)) / (4.0 * self.half)
    }
}

/// How far a letter with so many right of it is drawn to the left, in pixels on the mean: 0, and then less and less
/// steeply down to a half.
fn drawn() -> [f64; LETTERS] {
    // Errors from -1.5 to 0.5, in steps; within half a pixel of one of them all are equally likely.
    const STEPS: usize = 2 * GRAIN + 1;
    let error = |step: usize| step as f64 / GRAIN as f64 - 1.5;
    let spread = |chances: &mut [f64; STEPS], middle: usize, chance: f64| {
        let around = &mut chances[middle - GRAIN / 2..=middle + GRAIN / 2];
        around.iter_mut().for_each(|one| *one += chance / GRAIN as f64);
        around[0] -= chance / (2 * GRAIN) as f64;
        around[GRAIN] -= chance / (2 * GRAIN) as f64;
    };
    let mut chances = [0.0; STEPS];
    spread(&mut chances, GRAIN + GRAIN / 2, 1.0);
    let mut means = [0.0; LETTERS];
    for mean in &mut means {
        *mean = chances.iter().enumerate().map(|(step, chance)| chance * error(step)).sum();
        let mut next = [0.0; STEPS];
        for (step, chance) in chances.iter().enumerate() {
            spread(&mut next, step.clamp(GRAIN / 2, GRAIN + GRAIN / 2), *chance);
        }
        chances = next;
    }
    means
}

/// The chance that something measured lies above 0.
fn above(measured: f64, variance: f64) -> f64 {
    (1.0 + libm::erf(measured / (2.0 * variance).sqrt())) / 2.0
}

/// The logarithm of the mean of two numbers that are given as logarithms.
fn mean(a: f64, b: f64) -> f64 {
    let higher = a.max(b);
    higher + libm::log((libm::exp(a - higher) + libm::exp(b - higher)) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_drawn_to_the_left_by_half_a_pixel_in_the_end() {
        let drawn = drawn();
        assert!(drawn[0].abs() < 1e-9 && (drawn[1] + 0.125).abs() < 0.01, "{drawn:?}");
        assert!((drawn[LETTERS - 1] + 0.495).abs() < 0.01 && drawn.is_sorted_by(|a, b| a >= b), "{drawn:?}");
    }

    #[test]
    fn densities_sum_to_one_and_nothing_is_learnt_between_letters_that_were_drawn() {
        let chain = Chain { half: 0.375, noise: 0.05, spaces: false };
        let at = |off: f64| Placed { off, variance: 1e-4 };
        for next in [-0.9, -0.5, -0.1, 0.0, 0.2] {
            for right in [Right::Seen(at(next)), Right::Space(at(next)), Right::End, Right::Unknown] {
                let density = |k: i32| libm::exp(chain.log(at(f64::from(k) / 100.0), &right));
                let sum: f64 = (-150..150).map(density).sum::<f64>() / 100.0;
                assert!((sum - 1.0).abs() < 0.02, "{next}: {sum}");
            }
        }
        let log = |by: f64| chain.log(at(-0.6 + by), &Right::Seen(at(-0.4 + by)));
        assert!((log(0.15) - log(-0.15)).abs() < 1e-3, "both moved by their word's mark");
    }
}
