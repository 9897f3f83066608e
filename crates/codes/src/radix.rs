//! Codewords as numbers: where few sites were read, there are fewer codewords than copies.

use crate::score::{ABSENT, Observed};

/// All codewords that rows of a class can have, counted.
pub struct Radix {
    /// The number of variants of each column; 1 where the rows lack it.
    sizes: Vec<usize>,
    /// How many there are.
    pub codewords: usize,
}

impl Radix {
    /// `None` when there are more than can be counted.
    pub fn new(observed: &[Observed], mask: &[bool]) -> Option<Radix> {
        let size = |(site, present): (&Observed, &bool)| if *present { site.variants() } else { 1 };
        let sizes: Vec<usize> = observed.iter().zip(mask).map(size).collect();
        let codewords = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size))?;
        Some(Radix { sizes, codewords })
    }

    /// The number of a codeword.
    pub fn number(&self, row: &[u8]) -> usize {
        let digits = row.iter().zip(&self.sizes).filter(|(_, size)| **size > 1);
        digits.rev().fold(0, |number, (&symbol, &size)| number * size + usize::from(symbol))
    }

    /// The codeword of a number.
    pub fn row(&self, mut number: usize) -> Vec<u8> {
        let digit = |&size: &usize| {
            let symbol = if size > 1 { (number % size) as u8 } else { ABSENT };
            number /= size;
            symbol
        };
        self.sizes.iter().map(digit).collect()
    }
}
