//! Readings with more sites than can be weighed: nobody is named by a text that has nothing to do with any copy.
#![allow(missing_docs)]

use tellmark_codes::{Batch, Observed, Rows, copy_threshold, names, score};
use tellmark_core::fixed::Log2;

fn draw(mut seed: u64, count: usize, below: u8) -> Vec<u8> {
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        ((seed >> 20) % u64::from(below)) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn a_long_text_of_nobody_names_nobody() {
    let copies = 5;
    let threshold =
        copy_threshold("1e-6".parse().unwrap(), &Batch { copies: copies as u64, look: 1, number: 1 });
    for (variants, sites) in [(2, 9000), (3, 4096), (4, 3900), (5, 4000), (8, 2800), (16, 1800), (16, 4096)] {
        let observed: Vec<Observed> =
            draw(77, sites, variants).into_iter().map(|v| Observed::hard(variants, v)).collect();
        let rows = Rows { columns: sites, symbols: draw(123_456_789, sites * copies, variants) };
        for score in score(&observed, &rows).unwrap() {
            assert!(!names(&score, Log2::NEG_INFINITY, &threshold), "{sites} sites of {variants} variants");
            assert!(score.e < Log2::ZERO, "{sites} sites of {variants} variants: {:?}", score.e);
        }
        // The copy that the text was made from is named.
        let own: Vec<Observed> = rows.symbols[..sites].iter().map(|&v| Observed::hard(variants, v)).collect();
        let scores = score(&own, &rows).unwrap();
        assert!(names(&scores[0], Log2::NEG_INFINITY, &threshold), "{sites} sites of {variants} variants");
        assert!(scores[1..].iter().all(|score| !names(score, Log2::NEG_INFINITY, &threshold)));
    }
}
