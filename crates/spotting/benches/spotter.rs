//! Searching a stream of articles for passages of protected documents, beside cutting the same text into words.
//!
//! `cargo bench -p tellmark-spotting --bench spotter`

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tellmark_spotting::Protected;
use tellmark_testkit::{Random, document, foreign_paragraph};

fn main() {
    divan::main();
}

fn documents(count: usize) -> Vec<String> {
    (0..count).map(|i| document::prose(i as u64, 300, 0.0)).collect()
}

fn articles() -> Vec<String> {
    (0..200).map(|i| foreign_paragraph(&mut Random::new(i), 40)).collect()
}

#[divan::bench(args = [1, 100, 1000])]
fn build(bencher: Bencher<'_, '_>, count: usize) {
    let texts = documents(count);
    let bytes: usize = texts.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| Protected::new(texts.iter().map(String::as_str)));
}

#[divan::bench(args = [1, 100, 1000])]
fn spot_in_foreign_articles(bencher: Bencher<'_, '_>, count: usize) {
    let texts = documents(count);
    let protected = Protected::new(texts.iter().map(String::as_str));
    let articles = articles();
    let bytes: usize = articles.iter().map(String::len).sum();
    let mut spotter = protected.spotter();
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| articles.iter().map(|article| spotter.spot(black_box(article)).len()).sum::<usize>());
}

#[divan::bench]
fn only_split_at_spaces(bencher: Bencher<'_, '_>) {
    let articles = articles();
    let bytes: usize = articles.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        articles.iter().map(|article| black_box(article).split_ascii_whitespace().count()).sum::<usize>()
    });
}
