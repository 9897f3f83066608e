//! Sums of integer scores straight from keystreams.
//!
//! A block of 64 bytes is weighed at once, without a branch or a look-up, in loops that the compiler turns into
//! wide registers: the remainder of each byte by its site's variants, and for each plane a weight where the
//! remainder is a certain symbol. What was read for sure takes one plane, as all symbols but one score alike;
//! likelihoods take as many as they have other values. Bytes that belong to no site have weight 0. Bytes that are
//! not fair are seen on the way and put right by their redraws. All is integer arithmetic without overflow, so
//! the order does not matter.

use crate::derivation::{Codebook, Drawn, Place, REDRAW, SYMBOLS};

/// Bytes of a block.
const BLOCK: usize = 64;
/// The sum of so large weights over a block fits into 16 bits.
const WEIGHT_MAX: i32 = i16::MAX as i32 / BLOCK as i32;

/// The scores of all sites, laid out for the keystreams of a codebook.
pub struct Sums<'b> {
    book: &'b Codebook<'b>,
    scores: &'b [[i32; 16]],
    /// The score of a copy none of whose symbols has a weight.
    base: i64,
    blocks: Vec<Block>,
    /// What fits into no block and is looked up: a column that is the same site as another.
    others: Vec<Place>,
}

/// Some bytes of the buffer and what they are worth.
struct Block {
    at: usize,
    /// Whether all sites have two variants: then the remainder is the lowest bit.
    is_binary: bool,
    variants: [u16; BLOCK],
    /// 2^16 / variants, rounded up.
    reciprocals: [u16; BLOCK],
    /// The largest byte that is fair.
    fair: [u8; BLOCK],
    planes: Vec<Plane>,
    places: Vec<Place>,
    /// At each byte: which of the places it is.
    place_of: [u8; BLOCK],
}

/// At each byte a symbol and its weight: what it scores above the others.
struct Plane {
    symbols: [u16; BLOCK],
    weights: [i16; BLOCK],
}

/// What is kept from copy to copy, to spare allocations.
#[derive(Default)]
pub struct Scratch {
    pub drawn: Drawn,
    unfair: Vec<Place>,
}

impl<'b> Sums<'b> {
    /// Lays out scores, one table for each column of the book.
    pub fn new(book: &'b Codebook<'b>, scores: &'b [[i32; 16]]) -> Sums<'b> {
        let mut sums = Sums { book, scores, base: 0, blocks: Vec::new(), others: Vec::new() };
        for place in &book.keystream().places {
            let at = place.at - place.at % BLOCK;
            if sums.blocks.last().is_none_or(|block| block.at != at) {
                sums.blocks.push(Block::new(at));
            }
            let own = &scores[place.column][..usize::from(place.variants)];
            match sums.blocks.last_mut().and_then(|block| block.lay(*place, own)) {
                Some(base) => sums.base += i64::from(base),
                None => sums.others.push(*place),
            }
        }
        sums
    }

    /// The sum of a copy whose keystreams were drawn.
    pub fn of(&self, scratch: &mut Scratch) -> i64 {
        let Scratch { drawn, unfair } = scratch;
        let mut sum = self.base;
        unfair.clear();
        for block in &self.blocks {
            let Some(bytes) = drawn.bytes[block.at..].first_chunk::<BLOCK>() else { continue };
            if block.is_binary {
                sum += block.bits(bytes);
                continue;
            }
            let mut flags = [0; BLOCK];
            let (weighed, all_fair) = block.remainders(bytes, &mut flags);
            sum += weighed;
            if !all_fair {
                for place in block.flagged(&flags) {
                    sum -= self.score(place, drawn.bytes[place.at] % place.variants);
                    unfair.push(*place);
                }
            }
        }
        for place in &self.others {
            match symbol(place, &drawn.bytes) {
                REDRAW => unfair.push(*place),
                symbol => sum += self.score(place, symbol),
            }
        }
        if !unfair.is_empty() {
            self.book.keystream().redraw(drawn, unfair, |place, symbol| sum += self.score(&place, symbol));
        }
        sum
    }

    fn score(&self, place: &Place, symbol: u8) -> i64 {
        self.scores[place.column][usize::from(symbol)].into()
    }
}

fn symbol(place: &Place, bytes: &[u8]) -> u8 {
    SYMBOLS[usize::from(place.variants)][usize::from(bytes[place.at])]
}

impl Block {
    fn new(at: usize) -> Block {
        Block {
            at,
            is_binary: true,
            variants: [2; BLOCK],
            reciprocals: [reciprocal(2); BLOCK],
            fair: [255; BLOCK],
            planes: vec![Plane::new()],
            places: Vec::new(),
            place_of: [u8::MAX; BLOCK],
        }
    }

    /// Takes a place with the scores of its symbols, unless its byte is taken or a weight too large; gives the
    /// score of symbols that have no weight.
    fn lay(&mut self, place: Place, scores: &[i32]) -> Option<i32> {
        let count = |score: &&i32| scores.iter().filter(|other| other == score).count();
        let most = scores.iter().map(|score| count(&score)).max()?;
        let base = *scores.iter().find(|score| count(score) == most)?;
        let is_taken = self.places.last().is_some_and(|last| last.at == place.at);
        if is_taken || scores.iter().any(|score| (score - base).abs() > WEIGHT_MAX) {
            return None;
        }
        let index = place.at - self.at;
        let variants = u16::from(place.variants);
        self.is_binary &= variants == 2;
        self.variants[index] = variants;
        self.reciprocals[index] = reciprocal(variants);
        self.fair[index] = (255 - 256 % variants) as u8;
        self.place_of[index] = self.places.len() as u8;
        let weights = (0u16..).zip(scores).filter(|(_, score)| **score != base);
        for (plane, (symbol, score)) in weights.enumerate() {
            if plane == self.planes.len() {
                self.planes.push(Plane::new());
            }
            self.planes[plane].symbols[index] = symbol;
            self.planes[plane].weights[index] = (score - base) as i16;
        }
        self.places.push(place);
        Some(base)
    }

    /// The weights of bytes whose symbol is their lowest bit: the base is that of 0, or nothing has a weight.
    fn bits(&self, bytes: &[u8; BLOCK]) -> i64 {
        let weights = &self.planes[0].weights;
        bytes.iter().zip(weights).map(|(&byte, &weight)| i16::from(byte & 1) * weight).sum::<i16>().into()
    }

    /// The weights of all bytes by their remainders, and whether every byte is fair; those that are not get a 1.
    fn remainders(&self, bytes: &[u8; BLOCK], flags: &mut [u8; BLOCK]) -> (i64, bool) {
        let mut remainders = [0u16; BLOCK];
        let divisors = self.variants.iter().zip(&self.reciprocals);
        for ((remainder, &byte), (&variants, &reciprocal)) in remainders.iter_mut().zip(bytes).zip(divisors) {
            *remainder = modulo(byte, variants, reciprocal);
        }
        for ((flag, &byte), &fair) in flags.iter_mut().zip(bytes).zip(&self.fair) {
            *flag = u8::from(byte > fair);
        }
        let all_fair = flags.iter().fold(0, |any, flag| any | flag) == 0;
        (self.planes.iter().map(|plane| i64::from(plane.sum(&remainders))).sum(), all_fair)
    }

    /// The places whose bytes have a 1.
    fn flagged(&self, flags: &[u8; BLOCK]) -> impl Iterator<Item = &Place> {
        let words = flags.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        let ones = (0..).step_by(8).zip(words).flat_map(|(from, mut word)| {
            std::iter::from_fn(move || {
                let byte = (word != 0).then(|| from + word.trailing_zeros() as usize / 8)?;
                word &= word - 1;
                Some(byte)
            })
        });
        ones.filter_map(|byte| self.places.get(usize::from(self.place_of[byte])))
    }
}

impl Plane {
    fn new() -> Plane {
        Plane { symbols: [0; BLOCK], weights: [0; BLOCK] }
    }

    fn sum(&self, remainders: &[u16; BLOCK]) -> i16 {
        let weights = self.symbols.iter().zip(&self.weights);
        let weight = |(remainder, (symbol, &weight))| if remainder == symbol { weight } else { 0 };
        remainders.iter().zip(weights).map(weight).sum()
    }
}

fn reciprocal(variants: u16) -> u16 {
    (1u32 << 16).div_ceil(u32::from(variants)) as u16
}

/// The remainder of a byte by a multiplication, which is exact for divisors up to 16.
fn modulo(byte: u8, variants: u16, reciprocal: u16) -> u16 {
    let quotient = (u32::from(byte) * u32::from(reciprocal)) >> 16;
    u16::from(byte).wrapping_sub((quotient as u16).wrapping_mul(variants))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_of_a_division() {
        for variants in 2u16..=16 {
            for byte in 0..=255u8 {
                assert_eq!(modulo(byte, variants, reciprocal(variants)), u16::from(byte) % variants);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_look_ups() {
        let place = |at, variants| Place { at, column: 0, variants };
        let mut block = Block::new(64);
        assert_eq!(block.lay(place(64, 2), &[-55, 15]), Some(-55));
        assert_eq!(block.lay(place(64, 2), &[-55, 15]), None);
        assert_eq!(block.lay(place(65, 2), &[-500, 15]), None);
        assert!(block.is_binary);
        assert_eq!(block.lay(place(66, 3), &[15, -55, -55]), Some(-55));
        assert_eq!(block.lay(place(67, 3), &[1, 2, 3]), Some(1));
        assert!(!block.is_binary && block.planes.len() == 2);
        let mut flags = [0; BLOCK];
        assert_eq!(block.remainders(&[254; BLOCK], &mut flags), (2, true));
        assert_eq!(block.remainders(&[255; BLOCK], &mut flags), (140, false));
        let flagged: Vec<usize> = block.flagged(&flags).map(|place| place.at).collect();
        assert_eq!(flagged, [66, 67]);
    }
}
