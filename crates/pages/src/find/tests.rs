use std::sync::LazyLock;

use tellmark_core::Gray;

use super::drawn::{DRAWN_SCALE, Drawn, Random};
use super::{Found, Index};
use crate::features::{PageFeatures, of_page};
use crate::homography::Homography;

const SIZE: (usize, usize) = (320, 240);

fn page(seed: u64) -> Drawn {
    Drawn::page(seed, SIZE, usize::MAX)
}

fn features(drawn: &Drawn) -> PageFeatures {
    of_page(&drawn.gray, DRAWN_SCALE)
}

static INDEX: LazyLock<Index> =
    LazyLock::new(|| Index::build((0..8).map(|seed| (seed as u32, features(&page(seed))))));

/// A picture of a page under a map from its points to pixels.
fn picture(drawn: &Drawn, map: Homography, width: usize, height: usize) -> Gray {
    let back = map.inverse().unwrap();
    drawn.seen(width, height, |x, y| back.apply(x, y))
}

/// A map that scales, turns by degrees, and puts the middle of the page at a place.
fn turned(scale: f64, degrees: f64, (x, y): (f64, f64)) -> Homography {
    let (cos, sin) = (scale * libm::cos(degrees.to_radians()), scale * libm::sin(degrees.to_radians()));
    let (mx, my) = (SIZE.0 as f64 / 2.0, SIZE.1 as f64 / 2.0);
    Homography([cos, -sin, x - cos * mx + sin * my, sin, cos, y - sin * mx - cos * my, 0.0, 0.0, 1.0])
}

#[track_caller]
fn check(found: &[Found], page: u32, truth: &Homography) {
    let pages: Vec<u32> = found.iter().map(|found| found.page).collect();
    assert_eq!(pages, [page], "another page, or none, was found");
    for matched in &found[0].matches {
        let (x, y) = matched.page;
        let ((a, b), (c, d)) = (truth.apply(x, y).unwrap(), found[0].homography.apply(x, y).unwrap());
        let off = libm::hypot(a - c, b - d) / truth.scale_at(x, y).unwrap();
        assert!(off < 1.0, "({x}, {y}) is put {off} points away");
    }
}

#[test]
fn finds_a_page_however_it_lies() {
    let tilted = Homography([1.9, 0.1, 30.0, 0.15, 1.4, 40.0, 0.0001, 0.0012, 1.0]);
    let maps = [
        (turned(4.0 / 3.0, 0.0, (213.0, 160.0)), 426, 320),
        (turned(0.85, 0.0, (136.0, 102.0)), 272, 204),
        (turned(2.0, 90.0, (240.0, 320.0)), 480, 640),
        (turned(1.5, 180.0, (240.0, 180.0)), 480, 360),
        (turned(1.5, 33.0, (270.0, 270.0)), 540, 540),
        (tilted, 560, 360),
        // Three lines of it.
        (turned(4.0 / 3.0, 0.0, (213.0, 30.0)), 426, 58),
    ];
    for (seed, (map, width, height)) in maps.into_iter().enumerate() {
        let picture = picture(&page(seed as u64), map, width, height);
        check(&INDEX.find(&picture), seed as u32, &map);
    }
}

#[test]
fn finds_a_page_in_bad_light_and_in_white_on_black() {
    let map = turned(1.5, 4.0, (260.0, 200.0));
    let clean = picture(&page(2), map, 520, 400);
    let mut random = Random(3);
    let mut noisy = |at: usize, shade: u8| {
        let light = 0.35 + 0.5 * (at % 520) as f64 / 520.0;
        (f64::from(shade) * light + random.below(30) as f64) as u8
    };
    let pixels = clean.pixels.iter().enumerate().map(|(at, &shade)| noisy(at, shade)).collect();
    check(&INDEX.find(&Gray { pixels, ..clean }), 2, &map);
    let pixels = clean.pixels.iter().map(|shade| 255 - shade).collect();
    check(&INDEX.find(&Gray { pixels, ..clean }), 2, &map);
}

#[test]
fn finds_nothing_in_other_pictures() {
    let unknown = picture(&page(500), Homography::scale(1.5), 480, 360);
    let mut random = Random(9);
    let noise =
        Gray { width: 300, height: 200, pixels: (0..60_000).map(|_| random.below(256) as u8).collect() };
    let empty =
        [Gray::default(), Gray::filled(1, 1, 0), Gray::filled(5000, 1, 7), Gray::filled(400, 300, 200)];
    for picture in empty.iter().chain([&unknown, &noise]) {
        assert_eq!(INDEX.find(picture), []);
    }
    assert_eq!(Index::default().find(&unknown), []);
}

#[test]
fn finds_both_pages_of_a_spread() {
    let (left, right) = (page(4), page(5));
    let width = SIZE.0 as f64;
    let picture = [&left, &right].map(|drawn| picture(drawn, Homography::scale(1.5), 480, 360));
    let rows = (0..360).flat_map(|y| [picture[0].row(y), picture[1].row(y)].concat());
    let found = INDEX.find(&Gray { width: 960, height: 360, pixels: rows.collect() });
    let mut pages: Vec<u32> = found.iter().map(|found| found.page).collect();
    pages.sort_unstable();
    assert_eq!(pages, [4, 5]);
    let right = found.iter().find(|found| found.page == 5).unwrap();
    let (x, _) = right.homography.apply(0.0, 0.0).unwrap();
    assert!((x - 1.5 * width).abs() < 1.5, "the right page begins at {x}");
}

#[test]
fn finds_both_drafts_the_closer_one_first() {
    let drafts = [SIZE.1, 10].map(|changed| Drawn::page(7, SIZE, changed));
    let index = Index::build((0..2).map(|at| (at as u32, features(&drafts[at]))));
    for (at, draft) in drafts.iter().enumerate() {
        let found = index.find(&picture(draft, Homography::scale(1.5), 480, 360));
        let pages: Vec<u32> = found.iter().map(|found| found.page).collect();
        assert_eq!(pages, [at as u32, 1 - at as u32]);
    }
}

#[test]
fn follows_a_curled_sheet_off_the_plane() {
    let curl = |x: f64| 4.0 * libm::sin(x / 40.0);
    let drawn = page(6);
    let picture = drawn.seen(480, 360, |x, y| Some((x / 1.5, y / 1.5 + curl(x / 1.5))));
    let found = INDEX.find(&picture);
    let right = |m: &&super::Match| {
        let (x, y) = (m.picture.0 / 1.5, m.picture.1 / 1.5);
        libm::hypot(m.page.0 - x, m.page.1 - y - curl(x)) < 1.5
    };
    let matches = &found[0].matches;
    let (good, low) = (
        matches.iter().filter(right).count(),
        matches.iter().filter(right).filter(|m| curl(m.page.0) < -3.0),
    );
    assert!(good * 10 >= matches.len() * 9, "{good} of {} are right", matches.len());
    assert!(good > 200 && low.count() > 30);
}

#[test]
fn finds_the_same_with_features_that_were_kept() {
    let kept = |seed: u64| PageFeatures::from_bytes(&features(&page(seed)).to_bytes()).unwrap();
    let index = Index::build((0..8).map(|seed| (seed as u32, kept(seed))));
    let picture = picture(&page(3), turned(1.2, 12.0, (210.0, 170.0)), 420, 340);
    assert_eq!(index.find(&picture), INDEX.find(&picture));
}
