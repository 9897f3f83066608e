//! How alike two sentences are, whatever the order of their words.

use crate::lexicon::{Lexicon, Stem, UNKNOWN};

/// The different stems of a sentence with their weights, sorted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bag {
    stems: Vec<(Stem, i32)>,
    norm: i64,
}

impl Bag {
    /// The bag of a sentence. Stems that no protected text has are left out: they say nothing about which one.
    pub fn fill(&mut self, stems: &[Stem], lexicon: &Lexicon) {
        self.stems.clear();
        let known = stems.iter().filter(|stem| **stem != UNKNOWN);
        self.stems.extend(known.map(|&stem| (stem, lexicon.weight(stem))).filter(|(_, weight)| *weight > 0));
        self.stems.sort_unstable();
        self.stems.dedup();
        self.norm = self.stems.iter().map(|(_, weight)| square(*weight)).sum();
    }

    /// What two sentences share.
    pub fn shared(&self, other: &Bag) -> Shared {
        let (mut i, mut j) = (0, 0);
        let mut shared = Shared::default();
        while let (Some(a), Some(b)) = (self.stems.get(i), other.stems.get(j)) {
            if a.0 == b.0 {
                shared.weight += a.1;
                shared.product += square(a.1);
            }
            i += usize::from(a.0 <= b.0);
            j += usize::from(b.0 <= a.0);
        }
        shared.norms = (self.norm, other.norm);
        shared
    }
}

fn square(weight: i32) -> i64 {
    i64::from(weight) * i64::from(weight)
}

/// What two sentences share.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shared {
    /// Weight of the stems that both have.
    pub weight: i32,
    product: i64,
    norms: (i64, i64),
}

impl Shared {
    /// Whether the cosine of the two vectors of squared weights is at least so many hundredths.
    pub fn is_alike(&self, hundredths: i64) -> bool {
        let product = i128::from(self.product) * 100;
        let least = i128::from(hundredths);
        product * product >= least * least * i128::from(self.norms.0) * i128::from(self.norms.1)
    }
}
