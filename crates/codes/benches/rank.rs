//! Ranking a million copies from the key alone, beside the plain way: each codeword, then one look-up a symbol.
#![allow(clippy::unwrap_used)] // A measurement that cannot go on has failed.

use divan::{Bencher, black_box, counter::ItemsCount};
use tellmark_codes::{Codebook, Column, LineageKey, Numbered, Observed, rank};
use tellmark_core::CopyId;

const COPIES: u64 = 1_000_000;
const MANY_COPIES: u64 = 100_000_000;
const PLAIN_COPIES: u64 = 100_000;
const SITES: u32 = 400;
const VARIANTS: &[u8] = &[2, 3, 4, 7, 16];

fn main() {
    divan::main();
}

fn columns(variants: u8) -> Vec<Column> {
    (0..SITES).map(|ordinal| Column { nonce: [1; 32], ordinal, variants }).collect()
}

fn ids(copies: u64) -> Numbered {
    Numbered::new("r", 8, 0..copies).unwrap()
}

fn leaked(book: &Codebook<'_>, variants: u8) -> Vec<Observed> {
    let mut symbols = vec![0; SITES as usize];
    book.codeword(&CopyId::parse("r00012345").unwrap(), &mut symbols);
    symbols.iter().map(|&symbol| Observed::hard(variants, symbol)).collect()
}

#[divan::bench(args = VARIANTS, sample_count = 5, sample_size = 1)]
fn all_threads(bencher: Bencher<'_, '_>, variants: u8) {
    let columns = columns(variants);
    let book = Codebook::new(&LineageKey::new([5; 32]), &columns).unwrap();
    let observed = leaked(&book, variants);
    let ids = ids(COPIES);
    bencher
        .counter(ItemsCount::new(COPIES))
        .bench_local(|| rank(&book, black_box(&observed), &ids, 1000).unwrap());
}

/// A hundred million copies of binary sites, once: half a minute.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn all_threads_many_copies(bencher: Bencher<'_, '_>) {
    let columns = columns(2);
    let book = Codebook::new(&LineageKey::new([5; 32]), &columns).unwrap();
    let observed = leaked(&book, 2);
    let ids = ids(MANY_COPIES);
    bencher
        .counter(ItemsCount::new(MANY_COPIES))
        .bench_local(|| rank(&book, black_box(&observed), &ids, 1000).unwrap());
}

#[divan::bench(args = VARIANTS, sample_count = 5, sample_size = 1)]
fn one_thread_plain(bencher: Bencher<'_, '_>, variants: u8) {
    let columns = columns(variants);
    let book = Codebook::new(&LineageKey::new([5; 32]), &columns).unwrap();
    let observed = leaked(&book, variants);
    let seen: Vec<Vec<u64>> =
        observed.iter().map(|site| site.likelihoods.iter().map(|l| u64::from(l.0)).collect()).collect();
    let mut row = vec![0; SITES as usize];
    bencher.counter(ItemsCount::new(PLAIN_COPIES)).bench_local(|| {
        let score = |copy: u64| -> u64 {
            book.codeword(&CopyId::parse(&format!("r{copy:08}")).unwrap(), &mut row);
            row.iter().zip(&seen).map(|(&symbol, site)| site[usize::from(symbol)]).sum()
        };
        (0..PLAIN_COPIES).map(score).max()
    });
}
