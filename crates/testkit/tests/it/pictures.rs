//! What must hold for every attack on pictures.

use std::collections::BTreeSet;

use tellmark_core::{Along, Area, Gray, PageWord};
use tellmark_testkit::degrade::{Degraded, Sheet};
use tellmark_testkit::{PICTURE_ATTACKS, PictureAttack};

const DPI: f64 = 200.0;

/// A page of 3 by 4 inches whose words are black bars, 7 a line.
fn page() -> (Gray, Vec<PageWord>) {
    let mut page = Gray::filled(600, 800, 255);
    let mut words = Vec::new();
    let pixels = |mpt: i32| (f64::from(mpt) * DPI / 72_000.0) as usize;
    for line in 0..20u32 {
        for word in 0..7 {
            let (left, top) = (18_000 + 26_000 * word, 18_000 + 12_960 * line as i32);
            let area = Area { left, top, right: left + 18_000, bottom: top + 7_200 };
            for y in pixels(area.top)..pixels(area.bottom) {
                page.pixels[y * 600 + pixels(area.left)..y * 600 + pixels(area.right)].fill(0);
            }
            words.push(PageWord { page: 0, line, span: 0..1, area, along: Along::Right, site: None });
        }
    }
    (page, words)
}

fn run(attack: &PictureAttack, seed: u64) -> Degraded {
    let (page, words) = page();
    attack.run(&Sheet { page: &page, dpi: DPI, words: &words }, seed)
}

#[test]
fn names_are_unique_and_found() {
    let names: BTreeSet<_> = PICTURE_ATTACKS.iter().map(|attack| attack.name).collect();
    assert_eq!(names.len(), PICTURE_ATTACKS.len());
    assert!(names.iter().all(|name| PictureAttack::by_name(name).is_some_and(|found| found.name == *name)));
}

#[test]
fn same_seed_same_picture() {
    // What begins with a photograph is one for each kind of them.
    let repeats = ["photo-10", "photo-45", "photo-third", "messenger-third", "curl-2mm"];
    for attack in PICTURE_ATTACKS.iter().filter(|attack| !repeats.contains(&attack.name)) {
        let once = run(attack, 3);
        assert_eq!(once.picture.pixels.len(), once.picture.width * once.picture.height, "{}", attack.name);
        assert!(once == run(attack, 3), "{}", attack.name);
    }
}

/// At the middle of each word that the picture shows it differs from the gap before the word, the way that ink and
/// paper do.
#[test]
fn tracks_say_where_the_words_are() {
    let (_, words) = page();
    for attack in PICTURE_ATTACKS {
        let Degraded { picture, track } = run(attack, 7);
        let shade = |x: f64, y: f64| {
            let (px, py) = track.apply(x, y)?;
            let inside =
                px >= 2.0 && py >= 2.0 && px < picture.width as f64 - 2.0 && py < picture.height as f64 - 2.0;
            inside.then(|| f64::from(picture.at(px as isize, py as isize)))
        };
        let (mut right, mut seen) = (0, 0);
        for word in &words {
            let middle = f64::from(word.area.top + word.area.bottom) / 2000.0;
            let left = f64::from(word.area.left) / 1000.0;
            let Some((ink, gap)) = shade(left + 9.0, middle).zip(shade(left - 4.0, middle)) else { continue };
            seen += 1;
            right += usize::from((ink < gap - 15.0) != (attack.name == "dark-mode"));
        }
        assert!(seen >= 14, "{}: {seen} words are in the picture", attack.name);
        assert!(right * 100 >= seen * 97, "{}: {right} of {seen}", attack.name);
    }
}

#[test]
fn odd_sheets_do_no_harm() {
    let (_, words) = page();
    for (page, words) in [(Gray::filled(1, 1, 0), &[][..]), (Gray::filled(9, 2, 255), &words[..])] {
        for attack in PICTURE_ATTACKS.iter().filter(|attack| !attack.name.contains("photo-")) {
            let out = attack.run(&Sheet { page: &page, dpi: 72.0, words }, 1);
            assert!(!out.picture.pixels.is_empty(), "{}", attack.name);
        }
    }
}
