//! Weighing coalitions: pairs and triples of copies a second, each beside the least that it must cost: reading the
//! codewords once.
#![allow(clippy::unwrap_used)] // A measurement that cannot go on has failed.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tellmark_codes::{Codebook, Column, LineageKey, Observed, Rows, Weighing, Work};
use tellmark_core::CopyId;

const SITES: usize = 192;

fn main() {
    divan::main();
}

/// What an exhibit of the first copy shows, and copies in memory.
fn drawn(copies: usize) -> (Vec<Observed>, Rows) {
    let columns: Vec<Column> =
        (0..SITES as u32).map(|ordinal| Column { nonce: [1; 32], ordinal, variants: 2 }).collect();
    let book = Codebook::new(&LineageKey::new([5; 32]), &columns).unwrap();
    let mut symbols = vec![0; copies * SITES];
    for (index, row) in symbols.chunks_mut(SITES).enumerate() {
        book.codeword(&CopyId::parse(&format!("r{index}")).unwrap(), row);
    }
    let observed = symbols[..SITES].iter().map(|&symbol| Observed::hard(2, symbol)).collect();
    (observed, Rows { columns: SITES, symbols })
}

/// Items are pairs times the nine hypotheses that differ.
#[divan::bench(args = [1000, 2000], sample_count = 5)]
fn pairs(bencher: Bencher<'_, '_>, copies: usize) {
    let (observed, rows) = drawn(copies);
    let weighing = Weighing::new(&observed, &rows).unwrap();
    let work = Work { triples_at_once: 0, triples_at_last: 0, triples_listed: 0, ..Work::default() };
    let items = copies * (copies - 1) * 9;
    bencher.counter(ItemsCount::new(items)).bench(|| weighing.scores(black_box(&work), |_| true));
}

/// Items are triples times the 36 hypotheses that differ.
#[divan::bench(args = [200, 400], sample_count = 3)]
fn triples(bencher: Bencher<'_, '_>, copies: usize) {
    let (observed, rows) = drawn(copies);
    let weighing = Weighing::new(&observed, &rows).unwrap();
    let work = Work { triples_at_once: u64::MAX, ..Work::default() };
    let items = copies * (copies - 1) * (copies - 2) / 6 * 36;
    bencher.counter(ItemsCount::new(items)).bench(|| weighing.scores(black_box(&work), |_| true));
}

/// Single scores: every copy by each of the hypotheses with nobody else known that differ, 45 of them. Packing the
/// codewords is part of it.
#[divan::bench(args = [10_000, 100_000], sample_count = 5)]
fn singles(bencher: Bencher<'_, '_>, copies: usize) {
    let (observed, rows) = drawn(copies);
    bencher
        .counter(ItemsCount::new(copies * 45))
        .bench(|| Weighing::new(black_box(&observed), black_box(&rows)).unwrap());
}

/// Copies that are not among the rows: alone, with eight partners each, and their tails.
#[divan::bench(args = [100_000], sample_count = 5)]
fn strangers(bencher: Bencher<'_, '_>, copies: usize) {
    let (observed, rows) = drawn(1000);
    let (_, strangers) = drawn(copies);
    let weighing = Weighing::new(&observed, &rows).unwrap();
    let counter = ItemsCount::new(copies);
    bencher.counter(counter).bench(|| weighing.strangers(black_box(&strangers), &[]).unwrap());
}

/// The same with the sixteen likeliest pairs beside them.
#[divan::bench(args = [100_000], sample_count = 5)]
fn strangers_with_pairs(bencher: Bencher<'_, '_>, copies: usize) {
    let (observed, rows) = drawn(1000);
    let (_, strangers) = drawn(copies);
    let weighing = Weighing::new(&observed, &rows).unwrap();
    let pairs: Vec<[u32; 2]> = (0..16).map(|i| [i, i + 1]).collect();
    let counter = ItemsCount::new(copies);
    bencher.counter(counter).bench(|| weighing.strangers(black_box(&strangers), &pairs).unwrap());
}

/// A whole trace of a thousand copies with every hypothesis, nobody being named before the end.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn whole(bencher: Bencher<'_, '_>) {
    let (observed, rows) = drawn(1000);
    bencher.bench(|| Weighing::new(&observed, &rows).unwrap().scores(&Work::default(), |_| false));
}

/// The same where what was found with pairs suffices.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn whole_that_suffices(bencher: Bencher<'_, '_>) {
    let (observed, rows) = drawn(1000);
    bencher.bench(|| Weighing::new(&observed, &rows).unwrap().scores(&Work::default(), |_| true));
}

/// The least: every symbol read once.
#[divan::bench(args = [1000, 10_000])]
fn least(bencher: Bencher<'_, '_>, copies: usize) {
    let (_, rows) = drawn(copies);
    let sum = || rows.symbols.iter().map(|&symbol| u64::from(symbol)).sum::<u64>();
    bencher.counter(ItemsCount::new(copies)).bench(sum);
}
