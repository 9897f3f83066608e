//! Building an index and finding quotations, beside a plain scan for shingles of eight words.
//!
//! `cargo bench -p tellmark-spotting`

use std::collections::HashSet;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tellmark_spotting::Index;
use tellmark_testkit::{Random, document, foreign_paragraph};

fn main() {
    divan::main();
}

fn originals(count: usize) -> Vec<String> {
    (0..count).map(|i| made(i as u64, 700)).collect()
}

/// Words that are no English, so that originals share no sentences.
fn made(seed: u64, words: usize) -> String {
    let mut random = Random::new(seed);
    let syllables = ["ka", "ro", "vel", "tam", "is", "en", "dor", "mi", "the", "us", "pra", "lo"];
    let mut text = String::new();
    for i in 0..words {
        (0..1 + random.below(4)).for_each(|_| text.push_str(random.pick(&syllables)));
        text.push_str(if i % 12 == 11 { ".\n\n" } else { " " });
    }
    text
}

/// Foreign text of this many bytes that quotes an original in its middle.
fn article(bytes: usize, quoted: &str) -> String {
    let mut random = Random::new(5);
    let mut text = String::new();
    while text.len() < bytes / 2 {
        text.push_str(&foreign_paragraph(&mut random, 6));
        text.push('\n');
    }
    text.push_str(quoted);
    while text.len() < bytes {
        text.push('\n');
        text.push_str(&foreign_paragraph(&mut random, 6));
    }
    text
}

#[divan::bench(args = [1, 100, 1000])]
fn build(bencher: Bencher<'_, '_>, count: usize) {
    let texts = originals(count);
    let bytes: usize = texts.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| Index::build(texts.iter().map(String::as_str)));
}

#[divan::bench(args = [3_000, 1_000_000, 16_000_000])]
fn find_among_1000(bencher: Bencher<'_, '_>, bytes: usize) {
    let texts = originals(1000);
    let index = Index::build(texts.iter().map(String::as_str));
    let exhibit = article(bytes, &texts[500][..1500]);
    bencher.counter(BytesCount::new(exhibit.len())).bench(|| index.find(black_box(&exhibit)));
}

#[divan::bench(args = [3_000, 1_000_000, 16_000_000])]
fn plain_scan_among_1000(bencher: Bencher<'_, '_>, bytes: usize) {
    let texts = originals(1000);
    let shingles: HashSet<u64> = texts.iter().flat_map(|text| shingles(text)).collect();
    let exhibit = article(bytes, &texts[500][..1500]);
    bencher
        .counter(BytesCount::new(exhibit.len()))
        .bench(|| shingles_of(black_box(&exhibit)).filter(|s| shingles.contains(s)).count());
}

fn shingles(text: &str) -> Vec<u64> {
    shingles_of(text).collect()
}

fn shingles_of(text: &str) -> impl Iterator<Item = u64> {
    let words: Vec<u64> = text
        .split_ascii_whitespace()
        .map(|word| {
            word.bytes().fold(0xcbf2_9ce4, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
        })
        .collect();
    let windows: Vec<u64> = words
        .windows(8)
        .map(|w| w.iter().fold(0, |h: u64, x| (h.rotate_left(7) ^ x).wrapping_mul(31)))
        .collect();
    windows.into_iter()
}

/// A page out of one lineage of 1,000 drafts: all are found, each with its own alignment.
#[divan::bench]
fn find_all_drafts(bencher: Bencher<'_, '_>) {
    let text = document::prose(1, 700, 0.0);
    let drafts: Vec<String> = (0..1000).map(|i| format!("{text}\n\nDraft {i}.")).collect();
    let index = Index::build(drafts.iter().map(String::as_str));
    let exhibit = &text[..text.floor_char_boundary(3000)];
    assert_eq!(index.find(exhibit).len(), 1000);
    bencher.counter(BytesCount::new(exhibit.len())).bench(|| index.find(black_box(exhibit)));
}
