//! How long it takes to describe a picture and to find it among pages: `cargo bench -p tellmark-pages`.

use divan::Bencher;
use tellmark_core::Gray;
use tellmark_pages::features::{self, Feature};
use tellmark_pages::find::Index;

#[path = "../src/find/drawn.rs"]
mod drawn;

use drawn::{DRAWN_SCALE, Drawn};

const A4: (usize, usize) = (595, 842);

fn main() {
    divan::main();
}

/// A page at so many dots an inch.
fn picture(dpi: usize) -> Gray {
    let scale = dpi as f64 / 72.0;
    let size = |points: usize| (points as f64 * scale) as usize;
    Drawn::page(0, A4, usize::MAX).seen(size(A4.0), size(A4.1), |x, y| Some((x / scale, y / scale)))
}

#[divan::bench(args = [72, 96, 150, 300], sample_count = 10)]
fn describe_a_picture(bencher: Bencher<'_, '_>, dpi: usize) {
    let picture = picture(dpi);
    bencher.bench_local(|| features::of_picture(&picture));
}

#[divan::bench(sample_count = 10)]
fn describe_a_page(bencher: Bencher<'_, '_>) {
    let page = Drawn::page(0, A4, usize::MAX);
    bencher.bench_local(|| features::of_page(&page.gray, DRAWN_SCALE));
}

#[divan::bench(args = [1, 20], sample_count = 10)]
fn find_among_pages(bencher: Bencher<'_, '_>, pages: u64) {
    let page =
        |seed: u64| (seed as u32, features::of_page(&Drawn::page(seed, A4, usize::MAX).gray, DRAWN_SCALE));
    let index = Index::build((0..pages).map(page));
    let picture: Vec<Feature> = features::of_picture(&picture(96));
    bencher.bench_local(|| index.find_features(&picture));
}
