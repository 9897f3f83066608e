//! Drawing and weighing 10,000 copies, each beside the least that it must cost: the keyed hash alone, and one
//! look-up for every symbol.
#![allow(clippy::unwrap_used)] // A measurement that cannot go on has failed.

use divan::{Bencher, black_box, counter::ItemsCount};
use tellmark_codes::{Codebook, Column, LineageKey, Observed, Rows, score};
use tellmark_core::CopyId;

const COPIES: usize = 10_000;
const SITES: &[usize] = &[20, 160];

fn main() {
    divan::main();
}

fn columns(sites: usize) -> Vec<Column> {
    (0..sites as u32)
        .map(|ordinal| Column { nonce: [1; 32], ordinal, variants: 2 + (ordinal % 3) as u8 })
        .collect()
}

fn ids() -> Vec<CopyId> {
    (0..COPIES).map(|i| CopyId::parse(&format!("r{i}")).unwrap()).collect()
}

fn drawn(sites: usize) -> (Vec<Observed>, Rows) {
    let columns = columns(sites);
    let book = Codebook::new(&LineageKey::new([5; 32]), &columns).unwrap();
    let mut symbols = vec![0; COPIES * sites];
    symbols.chunks_mut(sites).zip(ids()).for_each(|(row, id)| book.codeword(&id, row));
    let shown = columns.iter().zip(&symbols);
    let observed = shown.map(|(column, &symbol)| Observed::hard(column.variants, symbol)).collect();
    (observed, Rows { columns: sites, symbols })
}

#[divan::bench(args = SITES)]
fn draw(bencher: Bencher<'_, '_>, sites: usize) {
    let (columns, ids) = (columns(sites), ids());
    let book = Codebook::new(&LineageKey::new([5; 32]), &columns).unwrap();
    let mut row = vec![0; sites];
    bencher.counter(ItemsCount::new(COPIES)).bench_local(|| {
        ids.iter().for_each(|id| book.codeword(black_box(id), &mut row));
    });
}

#[divan::bench]
fn draw_least_one_keyed_hash_a_copy(bencher: Bencher<'_, '_>) {
    let ids = ids();
    bencher.counter(ItemsCount::new(COPIES)).bench_local(|| {
        for id in &ids {
            black_box(blake3::keyed_hash(&[5; 32], id.as_str().as_bytes()));
        }
    });
}

#[divan::bench(args = SITES)]
fn weigh(bencher: Bencher<'_, '_>, sites: usize) {
    let (observed, rows) = drawn(sites);
    bencher.counter(ItemsCount::new(COPIES)).bench_local(|| score(black_box(&observed), &rows).unwrap());
}

#[divan::bench(args = SITES)]
fn weigh_least_one_look_up_a_symbol(bencher: Bencher<'_, '_>, sites: usize) {
    let (_, rows) = drawn(sites);
    let table: Vec<i64> = (0..sites * 16).map(|i| i as i64).collect();
    bencher.counter(ItemsCount::new(COPIES)).bench_local(|| {
        let sum = |row: &[u8]| -> i64 {
            row.iter().enumerate().map(|(i, &symbol)| table[16 * i + usize::from(symbol)]).sum()
        };
        black_box(&rows).symbols.chunks_exact(sites).map(sum).max()
    });
}
