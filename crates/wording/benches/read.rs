//! Reading: sites a second, beside what it costs to compare each exhibit byte by byte with one rendering.
//!
//! `cargo bench -p tellmark-wording --bench read`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tellmark_core::{Alignment, Channel, Choices, Prose, ReleaseId};
use tellmark_spotting::Index;
use tellmark_testkit::{Attack, Random, document};
use tellmark_wording::read::{Original, Shown};
use tellmark_wording::{Options, plan, read};

fn main() {
    divan::main();
}

struct Case {
    original: Original,
    exhibit: String,
    alignment: Alignment,
    sites: usize,
}

/// A two-page text with an author's variant every twenty words, as an attack leaves it.
fn case(attack: &str) -> Case {
    let prose = Prose::plain(&document::prose(1, 800, 5.0));
    let options =
        Options { channels: vec![Channel::Author, Channel::Wording, Channel::Style], ..Options::default() };
    let marking = match plan(&prose, ReleaseId([1; 8]), &options) {
        Ok(plan) => plan.marking,
        Err(error) => panic!("{error}"),
    };
    let mut random = Random::new(2);
    let choices = Choices(marking.sites.iter().map(|site| random.below(site.variants()) as u8).collect());
    let copy = marking.render(&prose.text, &choices).map(|rendered| rendered.text).unwrap_or_default();
    let exhibit = Attack::by_name(attack).map_or(copy.clone(), |attack| attack.run(&copy, &copy, 3));
    let original = match Original::new(&prose.text, &marking) {
        Ok(original) => original,
        Err(error) => panic!("{error}"),
    };
    let found = Index::build([original.text()]).find(&exhibit);
    let alignment = found.into_iter().next().map(|found| found.alignment).unwrap_or_default();
    Case { original, exhibit, alignment, sites: marking.sites.len() }
}

#[divan::bench(args = ["untouched", "ascii", "typing-3", "ocr-3", "journalist"])]
fn sites(bencher: Bencher<'_, '_>, attack: &str) {
    let case = case(attack);
    let exhibits = [Shown::text(&case.exhibit, &case.alignment)];
    bencher
        .counter(ItemsCount::new(case.sites))
        .bench(|| read(ReleaseId([1; 8]), &case.original, black_box(&exhibits)));
}

#[divan::bench]
fn plain_comparison(bencher: Bencher<'_, '_>) {
    let case = case("untouched");
    let same = || case.exhibit.bytes().zip(case.original.text().bytes()).filter(|(a, b)| a == b).count();
    bencher.counter(ItemsCount::new(case.sites)).bench(same);
}
