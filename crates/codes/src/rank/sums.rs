//! Sums of integer scores straight from keystreams.
//!
//! At a site of two variants the score is linear in the lowest bit of its byte, at one of four in the two lowest
//! bits and their product. Such sites are weighed without a branch or a look-up, in loops over the whole buffer
//! that the compiler turns into wide registers; bytes that belong to no such site have weight 0. The other sites
//! are looked up one by one. All is integer arithmetic without overflow, so the order does not matter.

use crate::derivation::{Codebook, Drawn, Place, REDRAW, SYMBOLS};

/// So many bytes with three products of a bit and a weight each, below 2^15 in size, fit into 32 bits.
const SPAN: usize = 1 << 14;

/// The scores of all sites, laid out for the keystreams of a codebook.
pub struct Sums<'b> {
    book: &'b Codebook<'b>,
    scores: &'b [[i32; 16]],
    /// The score of a copy whose bytes are all 0, as far as weights count.
    base: i64,
    /// By byte of the buffer: what its lowest bit adds.
    lowest: Vec<i16>,
    /// What the second lowest bit adds and what both add beside that; empty where no site has four variants.
    second: Vec<i16>,
    both: Vec<i16>,
    /// Sites that are looked up.
    others: Vec<Place>,
}

/// What is kept from copy to copy, to spare allocations.
#[derive(Default)]
pub struct Scratch {
    pub drawn: Drawn,
    unfair: Vec<Place>,
}

impl<'b> Sums<'b> {
    /// Lays out scores, one table for each column of the book, each score of at most 2^13 in size.
    pub fn new(book: &'b Codebook<'b>, scores: &'b [[i32; 16]]) -> Sums<'b> {
        let keystream = book.keystream();
        let bytes = keystream.bytes;
        let quaternary = if keystream.places.iter().any(|place| place.variants == 4) { bytes } else { 0 };
        let mut sums = Sums {
            book,
            scores,
            base: 0,
            lowest: vec![0; bytes],
            second: vec![0; quaternary],
            both: vec![0; quaternary],
            others: Vec::new(),
        };
        for place in &keystream.places {
            sums.lay(*place);
        }
        sums
    }

    fn lay(&mut self, place: Place) {
        let score = self.scores[place.column];
        // Two columns of one site have one byte: their weights add up, unless they would grow too large.
        let weights = [score[1] - score[0], score[2] - score[0], score[3] + score[0] - score[1] - score[2]];
        let planes = [&mut self.lowest, &mut self.second, &mut self.both];
        let used = match place.variants {
            2 => 1,
            4 => 3,
            _ => 0,
        };
        let sum = |plane: &[i16], weight: i32| i16::try_from(i32::from(plane[place.at]) + weight).ok();
        let fits = planes.iter().zip(weights).take(used).all(|(plane, weight)| sum(plane, weight).is_some());
        if used == 0 || !fits {
            self.others.push(place);
            return;
        }
        self.base += i64::from(score[0]);
        for (plane, weight) in planes.into_iter().zip(weights).take(used) {
            plane[place.at] = sum(plane, weight).unwrap_or_default();
        }
    }

    /// The sum of a copy whose keystreams were drawn.
    pub fn of(&self, scratch: &mut Scratch) -> i64 {
        let Scratch { drawn, unfair } = scratch;
        let mut sum = self.base;
        if self.both.is_empty() {
            let spans = drawn.bytes.chunks(SPAN).zip(self.lowest.chunks(SPAN));
            sum += spans.map(|(bytes, lowest)| i64::from(one_bit(bytes, lowest))).sum::<i64>();
        } else {
            let weights = self.lowest.chunks(SPAN).zip(self.second.chunks(SPAN)).zip(self.both.chunks(SPAN));
            let spans = drawn.bytes.chunks(SPAN).zip(weights);
            sum += spans.map(|(b, ((l, s), both))| i64::from(two_bits(b, l, s, both))).sum::<i64>();
        }
        unfair.clear();
        for place in &self.others {
            let symbol = SYMBOLS[usize::from(place.variants)][usize::from(drawn.bytes[place.at])];
            if symbol == REDRAW {
                unfair.push(*place);
            } else {
                sum += self.score(*place, symbol);
            }
        }
        self.book.keystream().redraw(drawn, unfair, |place, symbol| sum += self.score(place, symbol));
        sum
    }

    fn score(&self, place: Place, symbol: u8) -> i64 {
        i64::from(self.scores[place.column][usize::from(symbol & 15)])
    }
}

fn one_bit(bytes: &[u8], lowest: &[i16]) -> i32 {
    let product = |(&byte, &weight): (&u8, &i16)| i32::from(byte & 1) * i32::from(weight);
    bytes.iter().zip(lowest).map(product).sum()
}

fn two_bits(bytes: &[u8], lowest: &[i16], second: &[i16], both: &[i16]) -> i32 {
    let products = |(((&byte, &l), &s), &b): (((&u8, &i16), &i16), &i16)| {
        let (low, high) = (byte & 1, byte >> 1 & 1);
        i32::from(low) * i32::from(l) + i32::from(high) * i32::from(s) + i32::from(low & high) * i32::from(b)
    };
    bytes.iter().zip(lowest).zip(second).zip(both).map(products).sum()
}
