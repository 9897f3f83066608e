//! One picture: what is read of it, and how the right copy and a million innocent ones score.

use std::time::Instant;

use tellmark_core::Gray;
use tellmark_testkit::Random;

use super::source::OriginalPage;

/// The share of words that a single source's leak is taken to show wrongly.
const NOISE: f64 = 0.05;
/// Bits from which one of 10^6 copies is named at 10^-6, about.
pub const THRESHOLD_BITS: f64 = 40.0;

/// What came of one picture.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// Words with a mark that the picture shows; none where the attack does not say.
    pub inside: usize,
    /// Words that evidence was given for.
    pub read: usize,
    /// How many of them point the wrong way.
    pub wrong: usize,
    /// The sum of log2 of the likelihood of the true mark over the mean of both.
    pub bits: f64,
    /// The true copy's score with noise allowed for.
    pub score: f64,
    /// The best score of a million random codewords.
    pub best_innocent: f64,
    /// Random codewords above [`THRESHOLD_BITS`].
    pub innocents_above: usize,
    /// From the picture to the words, on one core.
    pub seconds: f64,
}

/// Reads a picture of a copy with these signs and compares. `inside` is copied into the result.
pub fn judge(
    original: &OriginalPage,
    reader: &super::Reader<'_>,
    picture: &Gray,
    signs: &[bool],
    inside: usize,
    seed: u64,
) -> Trial {
    let begun = Instant::now();
    let evidence = reader(picture);
    let seconds = begun.elapsed().as_secs_f64();
    let sites: Vec<(usize, f64)> = evidence
        .iter()
        .filter_map(|(word, llr)| Some((original.words.get(*word)?.site? as usize, *llr)))
        .filter(|(_, llr)| *llr != 0.0)
        .collect();
    let towards = |(site, llr): &(usize, f64)| if signs[*site] { *llr } else { -*llr };
    let (best_innocent, innocents_above) = innocents(&sites, seed);
    Trial {
        inside,
        read: sites.len(),
        wrong: sites.iter().filter(|site| towards(site) < 0.0).count(),
        bits: sites.iter().map(|site| gain(towards(site), 0.0)).sum(),
        score: sites.iter().map(|site| gain(towards(site), NOISE)).sum(),
        best_innocent,
        innocents_above,
        seconds,
    }
}

/// log2 of the likelihood of what a copy shows over the mean of both variants, for natural log-likelihood ratio
/// `llr` towards the copy's variant.
fn gain(llr: f64, noise: f64) -> f64 {
    let towards = 1.0 / (1.0 + libm::exp(-llr));
    1.0 + libm::log2(((1.0 - noise) * towards + noise * (1.0 - towards)).max(1e-300))
}

/// The best of 10^6 random codewords and how many exceed the threshold.
fn innocents(sites: &[(usize, f64)], seed: u64) -> (f64, usize) {
    const COUNT: usize = 1_000_000;
    // Sums for every byte of a codeword, so that a codeword takes an addition for eight words.
    let tables: Vec<Vec<f32>> = sites
        .chunks(8)
        .map(|eight| {
            let sum = |byte: usize| -> f64 {
                let one = |(at, (_, llr)): (usize, &(usize, f64))| {
                    gain(if byte >> at & 1 == 1 { *llr } else { -*llr }, NOISE)
                };
                eight.iter().enumerate().map(one).sum()
            };
            (0..256).map(|byte| sum(byte) as f32).collect()
        })
        .collect();
    let mut random = Random::of_part(seed, 0x1220);
    let (mut best, mut above) = (f32::MIN, 0);
    for _ in 0..COUNT {
        let mut score = 0.0;
        for eight in tables.chunks(8) {
            let bits = random.next_u64().to_le_bytes();
            score += eight.iter().zip(bits).map(|(table, byte)| table[usize::from(byte)]).sum::<f32>();
        }
        best = best.max(score);
        above += usize::from(f64::from(score) > THRESHOLD_BITS);
    }
    (f64::from(best), above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_words_are_worth_a_bit_and_innocents_lose() {
        assert!((gain(12.0, 0.0) - 1.0).abs() < 1e-4 && gain(0.0, 0.05).abs() < 1e-12);
        assert!(gain(-12.0, 0.05) > -3.5, "noise bounds what one word can cost");
        let sites: Vec<(usize, f64)> = (0..200).map(|site| (site, 8.0)).collect();
        let (best, above) = innocents(&sites, 1);
        assert!(best < 30.0 && above == 0, "{best} {above}");
    }
}
