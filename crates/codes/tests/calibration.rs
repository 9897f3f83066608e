//! False accusations over many seeded leaks, whatever the leakers do: never more than alpha allows.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

use tellmark_codes::{
    Alpha, Batch, Codebook, Column, LineageKey, Observed, Rows, copy_threshold, names, score, withheld,
};
use tellmark_core::fixed::Log2;
use tellmark_core::{CopyId, Likelihood};

const COPIES: usize = 20;
const SITES: usize = 24;
const TRIALS: u64 = 600;

/// What an exhibit shows at a site, from the variants of two leakers (rows 0 and 1) and a random number.
type Attack = fn(first: u8, second: u8, variants: u8, random: u64) -> u8;

/// The attacks, with how many of the first rows took part.
const ATTACKS: [(&str, usize, Attack); 6] = [
    ("one source", 1, |x, _, _, _| x),
    ("one source, a fifth misread", 1, |x, _, q, r| if r.is_multiple_of(5) { (r / 5) as u8 % q } else { x }),
    ("two, interleaved", 2, |x, y, _, r| if r.is_multiple_of(2) { x } else { y }),
    ("two, the lower", 2, |x, y, _, _| x.min(y)),
    ("a foreign text", 0, |_, _, q, r| r as u8 % q),
    ("always the first variant", 0, |_, _, _, _| 0),
];

fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    state = (state ^ (state >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ (state >> 33)
}

/// The copies that are named in one leak.
fn leak(trial: u64, attack: Attack, alpha: Alpha) -> Vec<usize> {
    let variants = |ordinal: usize| [2, 3, 2, 4][ordinal % 4];
    let columns: Vec<Column> =
        (0..SITES).map(|i| Column { nonce: [3; 32], ordinal: i as u32, variants: variants(i) }).collect();
    let mut key = [0; 32];
    key[..8].copy_from_slice(&trial.to_le_bytes());
    let book = Codebook::new(&LineageKey::new(key), &columns).unwrap();
    let mut symbols = vec![0; COPIES * SITES];
    for (copy, row) in symbols.chunks_mut(SITES).enumerate() {
        book.codeword(&CopyId::parse(&format!("r{copy}")).unwrap(), row);
    }
    let observed: Vec<Observed> = (0..SITES)
        .map(|i| {
            let random = mix(trial * 1_000 + i as u64);
            let shown = attack(symbols[i], symbols[SITES + i], variants(i), random);
            // Every third site is read with doubt.
            let rest = if i % 3 == 0 { Likelihood(Likelihood::ONE.0 / 16) } else { Likelihood(0) };
            let of = |v| if v == shown { Likelihood::ONE } else { rest };
            Observed { likelihoods: (0..variants(i)).map(of).collect() }
        })
        .collect();
    let rows = Rows { columns: SITES, symbols };
    let scores = score(&observed, &rows).unwrap();
    let threshold = copy_threshold(alpha, &Batch { copies: COPIES as u64, look: 1, number: 1 });
    let reached: Vec<_> = (0..COPIES)
        .filter(|&copy| names(&scores[copy], Log2::ZERO, &threshold))
        .map(|copy| (copy, scores[copy].e))
        .collect();
    let spare = withheld(&observed, &rows, &reached);
    reached.into_iter().map(|(copy, _)| copy).filter(|copy| !spare.contains(copy)).collect()
}

#[test]
fn innocents_are_named_no_more_often_than_alpha_allows() {
    let alpha: Alpha = "0.1".parse().unwrap();
    for (name, leakers, attack) in ATTACKS {
        let all: Vec<Vec<usize>> = (0..TRIALS).map(|trial| leak(trial, attack, alpha)).collect();
        let wrong = all.iter().filter(|named| named.iter().any(|&copy| copy >= leakers)).count();
        let right = all.iter().filter(|named| named.iter().any(|&copy| copy < leakers)).count();
        eprintln!("{name}: {wrong} of {TRIALS} name an innocent copy, {right} a source");
        // Three standard deviations beyond what the bound permits.
        assert!(wrong <= 60 + 22, "{name}: {wrong}");
        if leakers == 1 {
            assert!(right > 540, "{name}: {right}");
        }
    }
}
