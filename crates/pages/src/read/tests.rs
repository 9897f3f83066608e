//! Whole readings of small made-up pages.

use tellmark_core::{Along, Area, Gray, PageSize, PageWord};
use tellmark_testkit::Random;

use crate::homography::Homography;

use super::{Match, Page, PageReading, Start, read};

const SIZE: PageSize = PageSize { width: 300_000, height: 240_000 };
const SHIFT: f64 = 0.15;

/// A made-up page: words of strokes, and the way each is moved.
struct Sheet {
    words: Vec<PageWord>,
    /// Left, top, right, bottom of each stroke in points, and its word.
    strokes: Vec<([f64; 4], usize)>,
    /// -1 or 1; 0 for the first and last word of each line.
    signs: Vec<f64>,
}

impl Sheet {
    fn new(seed: u64, lines: u32) -> Sheet {
        let mut random = Random::new(seed);
        let mut sheet = Sheet { words: vec![], strokes: vec![], signs: vec![] };
        for line in 0..lines {
            let top = 20.0 + 13.0 * f64::from(line);
            let first = sheet.words.len();
            let mut x = 20.0;
            while x < 255.0 {
                x = sheet.word(&mut random, line, x, top) + 2.8;
            }
            let last = sheet.words.len() - 1;
            sheet.words[first].site = None;
            sheet.words[last].site = None;
            (sheet.signs[first], sheet.signs[last]) = (0.0, 0.0);
        }
        sheet
    }

    fn word(&mut self, random: &mut Random, line: u32, left: f64, top: f64) -> f64 {
        let at = self.words.len();
        let mut x = left;
        for _ in 0..2 + random.below(6) {
            let high = [0.0, 2.5][random.below(2)];
            self.strokes.push(([x + 0.5, top + high, x + 1.4, top + 8.0], at));
            let bar = top + 2.5 + random.below(4) as f64 * 1.5;
            self.strokes.push(([x + 1.4, bar, x + 3.0, bar + 0.8], at));
            if random.chance(0.6) {
                self.strokes.push(([x + 3.0, top + 2.5, x + 3.9, top + 8.0], at));
            }
            x += 4.6;
        }
        let mpt = |points: f64| (points * 1000.0) as i32;
        let area = Area { left: mpt(left), top: mpt(top - 1.0), right: mpt(x), bottom: mpt(top + 9.5) };
        let site = Some(at as u32);
        self.words.push(PageWord { page: 0, line, span: 0..0, area, along: Along::Right, site });
        self.signs.push(if random.chance(0.5) { 1.0 } else { -1.0 });
        x
    }

    /// Draws the page with words moved by so many times their sign; edges are exact to a 255th of a pixel.
    fn draw(&self, dpi: f64, shift: f64, corner: (f64, f64)) -> Gray {
        self.drawn(dpi, corner, |word, _| shift * self.signs[word])
    }

    /// Draws as a program does that sets each letter's origin on whole pixels.
    fn draw_snapped(&self, dpi: f64, shift: f64, corner: (f64, f64)) -> Gray {
        let scale = dpi / 72.0;
        self.drawn(dpi, corner, |word, left| {
            let begin = f64::from(self.words[word].area.left) / 1000.0;
            let origin = begin + libm::floor((left - begin) / 4.6) * 4.6;
            libm::round((origin + shift * self.signs[word]) * scale) / scale - origin
        })
    }

    /// Draws as PDFium does: letters on whole pixels, and then from right to left one more pixel to the left where one
    /// stands nearer to its right neighbour than half a pixel less than it should.
    fn draw_pulled(&self, dpi: f64, shift: f64, corner: (f64, f64)) -> Gray {
        let scale = dpi / 72.0;
        let place = |word: usize, left: f64| {
            let begin = f64::from(self.words[word].area.left) / 1000.0;
            begin + libm::floor((left - begin) / 4.6 + 1e-9) * 4.6
        };
        // Each letter by its line and the place of its origin, in the order of the page.
        let mut letters: Vec<(u32, f64, f64)> = vec![];
        for (stroke, word) in &self.strokes {
            let at = place(*word, stroke[0]);
            let letter = (self.words[*word].line, at, (at + shift * self.signs[*word]) * scale);
            if letters.last().is_none_or(|last| (last.0, last.1) != (letter.0, letter.1)) {
                letters.push(letter);
            }
        }
        let mut pixels: Vec<f64> = letters.iter().map(|letter| libm::round(letter.2)).collect();
        for line in 0..14 {
            let of = |k: &usize| letters[*k].0 == line;
            let own: Vec<usize> = (0..letters.len()).filter(of).collect();
            for pair in own[1..].windows(2).rev() {
                let (exact, set) =
                    (letters[pair[1]].2 - letters[pair[0]].2, pixels[pair[1]] - pixels[pair[0]]);
                pixels[pair[0]] -= f64::from(u8::from(exact - set > 0.5));
            }
        }
        self.drawn(dpi, corner, |word, left| {
            let key = (self.words[word].line, place(word, left));
            let at = letters.iter().position(|letter| (letter.0, letter.1) == key).unwrap();
            pixels[at] / scale - key.1
        })
    }

    /// Draws with each stroke moved by what is said for its word and left edge.
    fn drawn(&self, dpi: f64, corner: (f64, f64), by: impl Fn(usize, f64) -> f64) -> Gray {
        let scale = dpi / 72.0;
        let side = |mpt: i32| (f64::from(mpt) / 1000.0 * scale) as usize;
        let (width, height) = (side(SIZE.width), side(SIZE.height));
        let mut ink = vec![0.0; width * height];
        for (stroke, word) in &self.strokes {
            let [l, t, r, b] = *stroke;
            let by = by(*word, l);
            let (l, r) = ((l + by) * scale + corner.0, (r + by) * scale + corner.0);
            let (t, b) = (t * scale + corner.1, b * scale + corner.1);
            for y in (t.max(0.0) as usize)..(b.ceil().max(0.0) as usize).min(height) {
                let tall = b.min(y as f64 + 1.0) - t.max(y as f64);
                for x in (l.max(0.0) as usize)..(r.ceil().max(0.0) as usize).min(width) {
                    ink[y * width + x] += tall * (r.min(x as f64 + 1.0) - l.max(x as f64));
                }
            }
        }
        let pixels =
            ink.iter().map(|ink: &f64| (255.0 - 255.0 * ink.clamp(0.0, 1.0)).round() as u8).collect();
        Gray { width, height, pixels }
    }

    fn page(&self) -> Page {
        Page::new(&self.draw(600.0, 0.0, (0.0, 0.0)), SIZE, self.words.clone(), 150)
    }

    /// Bits of evidence of words with a site, how many there are, and how many are read wrong.
    fn bits(&self, reading: &PageReading) -> (f64, usize, usize) {
        let marked = reading.words.iter().filter(|word| self.signs[word.word] != 0.0);
        let rights: Vec<f64> = marked.map(|word| word.llr * self.signs[word.word]).collect();
        let bits = rights.iter().map(|right| 1.0 - libm::log2(1.0 + libm::exp(-right))).sum();
        (bits, rights.len(), rights.iter().filter(|right| **right < 0.0).count())
    }
}

fn start(to_picture: Homography) -> Start {
    Start { to_picture, matches: vec![] }
}

fn noisy(mut picture: Gray, seed: u64, width: usize) -> Gray {
    let mut random = Random::new(seed);
    for shade in &mut picture.pixels {
        let noise = (0..4).map(|_| random.below(width) as i32).sum::<i32>() - 2 * (width as i32 - 1);
        *shade = (i32::from(*shade) * 8 / 10 + 30 + noise).clamp(0, 255) as u8;
    }
    picture
}

#[test]
fn a_screenshot_shows_every_word_from_a_start_that_is_off() {
    let sheet = Sheet::new(1, 14);
    let page = sheet.page();
    for (dpi, corner) in [(72.0, (3.3, 2.6)), (96.0, (-2.4, 5.1)), (150.0, (0.2, 0.7))] {
        let picture = sheet.draw(dpi, SHIFT, corner);
        let s = dpi / 72.0;
        let rough = Homography([s, 0.0, corner.0 + 1.5 * s, 0.002, s, corner.1 - 1.5 * s, 0.0, 0.0, 1.0]);
        let reading = read(&page, &picture, &start(rough));
        let (bits, words, wrong) = sheet.bits(&reading);
        assert!(words > 90 && wrong == 0 && bits > 0.95 * words as f64, "{dpi}: {bits} {words} {wrong}");
        let outline = reading.words[1].outline;
        let left = f64::from(sheet.words[1].area.left) / 1000.0 * s + corner.0;
        assert!((f64::from(outline[0].0) - left).abs() < 0.3, "{outline:?} {left}");
    }
}

#[test]
fn a_page_without_marks_names_no_sign() {
    let sheet = Sheet::new(2, 14);
    let picture = noisy(sheet.draw(110.0, 0.0, (0.4, 0.4)), 5, 20);
    let reading = read(&sheet.page(), &picture, &start(Homography::scale(110.0 / 72.0)));
    let sum: f64 = reading.words.iter().map(|word| libm::tanh(word.llr / 2.0)).sum();
    assert!(sum.abs() < 0.25 * reading.words.len() as f64, "{sum}");
}

#[test]
fn a_noisy_photograph_with_a_lens_and_a_curl_is_read() {
    let sheet = Sheet::new(3, 14);
    let flat = sheet.draw(300.0, SHIFT, (0.0, 0.0));
    let tilt = Homography([2.0, 0.06, 20.0, -0.05, 1.9, 25.0, 2e-4, -3e-4, 1.0]);
    let bent = |x: f64, y: f64| (x + 1.5 * libm::sin(x / 80.0), y + libm::cos(x / 90.0 + y / 200.0));
    let back = tilt.inverse().unwrap();
    let mut picture = Gray::filled(680, 560, 255);
    for at in 0..picture.pixels.len() {
        let (u, v) = ((at % 680) as f64 + 0.5, (at / 680) as f64 + 0.5);
        let (x, y) = back.apply(u, v).unwrap();
        let (x, y) = bent(x, y);
        let tap = |k: i32| {
            let (dx, dy) = (f64::from(k % 3 - 1) * 0.15, f64::from(k / 3 - 1) * 0.15);
            super::raster::sample(&flat, (x + dx) * 300.0 / 72.0, (y + dy) * 300.0 / 72.0)
        };
        picture.pixels[at] = ((0..9).map(tap).sum::<f32>() / 9.0) as u8;
    }
    let reading = read(&sheet.page(), &noisy(picture, 9, 8), &start(tilt));
    let (bits, words, wrong) = sheet.bits(&reading);
    assert!(words > 90 && wrong <= 2 && bits > 0.85 * words as f64, "{bits} {words} {wrong}");
    assert_eq!((reading.registered.width, reading.registered.height), (416, 333));
}

#[test]
fn matches_reach_where_the_plane_does_not() {
    let sheet = Sheet::new(4, 14);
    let picture = sheet.draw(96.0, SHIFT, (0.0, 0.0));
    let scale = 96.0 / 72.0;
    let off = Homography([scale, 0.0, 20.0, 0.0, scale, -20.0, 0.0, 0.0, 1.0]);
    let mut random = Random::new(4);
    let matches = (0..200).map(|k| {
        let page = (random.below(280) as f64 + 0.3, random.below(220) as f64 + 0.6);
        let far = if k % 4 == 0 { random.below(150) as f64 } else { 0.0 };
        Match { page, picture: (page.0 * scale + far, page.1 * scale - far) }
    });
    let reading = read(&sheet.page(), &picture, &Start { to_picture: off, matches: matches.collect() });
    let (bits, words, wrong) = sheet.bits(&reading);
    assert!(words > 90 && wrong == 0 && bits > 0.95 * words as f64, "{bits} {words} {wrong}");
}

#[test]
fn strips_that_were_cut_out_are_missed_and_the_rest_is_read() {
    let sheet = Sheet::new(9, 14);
    let whole = sheet.draw(150.0, SHIFT, (0.0, 0.0));
    // Columns that are cut out, six pixels each.
    let cut = |x: usize| [130, 290, 431].iter().any(|from| (*from..from + 6).contains(&x));
    let kept: Vec<usize> = (0..whole.width).filter(|x| !cut(*x)).collect();
    let rows = (0..whole.height).flat_map(|y| kept.iter().map(move |x| (y, *x)));
    let pixels = rows.map(|(y, x)| whole.row(y)[x]).collect();
    let picture = Gray { width: kept.len(), height: whole.height, pixels };
    let scale = 150.0 / 72.0;
    let mut random = Random::new(9);
    let mut matches = Vec::new();
    while matches.len() < 900 {
        let page = (20.0 + random.below(2600) as f64 / 10.0, 20.0 + random.below(1900) as f64 / 10.0);
        let seen = kept.partition_point(|x| (*x as f64) < page.0 * scale) as f64;
        if !cut((page.0 * scale) as usize) {
            matches.push(Match { page, picture: (seen, page.1 * scale) });
        }
    }
    let rough = Homography([0.96 * scale, 0.0, 0.0, 0.0, scale, 0.0, 0.0, 0.0, 1.0]);
    let reading = read(&sheet.page(), &picture, &Start { to_picture: rough, matches });
    let (bits, words, wrong) = sheet.bits(&reading);
    assert!(words > 60 && wrong < 6 && bits > 0.5 * words as f64, "{bits} {words} {wrong}");
    let place =
        reading.words.iter().find(|word| word.llr != 0.0 && sheet.words[word.word].area.left > 230_000);
    let place = place.unwrap();
    let left = f64::from(sheet.words[place.word].area.left) / 1000.0 * scale;
    let seen = kept.partition_point(|x| (*x as f64) < left) as f64;
    assert!((f64::from(place.outline[0].0) - seen).abs() < 3.0, "{:?} {seen}", place.outline);
}

#[test]
fn turned_negative_and_cropped_pictures_are_read() {
    let sheet = Sheet::new(5, 14);
    let page = sheet.page();
    let upright = sheet.draw(96.0, SHIFT, (0.3, 0.8));
    let (width, height) = (upright.width, upright.height);
    let s = 96.0 / 72.0;
    let turned = Gray {
        width: height,
        height: width,
        pixels: (0..width * height).map(|k| upright.row(height - 1 - k % height)[k / height]).collect(),
    };
    let map = Homography([0.0, -s, height as f64 - 0.8, s, 0.0, 0.3, 0.0, 0.0, 1.0]);
    let (bits, words, wrong) = sheet.bits(&read(&page, &turned, &start(map)));
    assert!(words > 90 && wrong == 0 && bits > 0.95 * words as f64, "turned: {bits} {words} {wrong}");
    let negative = Gray { pixels: upright.pixels.iter().map(|shade| 230 - shade / 2).collect(), ..upright };
    let negative = Gray { pixels: negative.pixels.iter().map(|shade| 255 - shade).collect(), ..negative };
    let map = Homography([s, 0.0, 0.3, 0.0, s, 0.8, 0.0, 0.0, 1.0]);
    let (bits, words, wrong) = sheet.bits(&read(&page, &negative, &start(map)));
    assert!(words > 90 && wrong == 0 && bits > 0.95 * words as f64, "negative: {bits} {words} {wrong}");
    let strip = Gray { width, height: 80, pixels: upright.pixels[width * 40..width * 120].to_vec() };
    let map = Homography([s, 0.0, 0.3, 0.0, s, 0.8 - 40.0, 0.0, 0.0, 1.0]);
    let (bits, words, wrong) = sheet.bits(&read(&page, &strip, &start(map)));
    assert!(words > 18 && wrong == 0 && bits > 0.9 * words as f64, "strip: {bits} {words} {wrong}");
}

#[test]
fn letters_on_whole_pixels_tell_where_they_cross_them() {
    let sheet = Sheet::new(8, 14);
    let picture = sheet.draw_snapped(96.0, SHIFT, (0.0, 0.0));
    let (bits, words, _) = sheet.bits(&read(&sheet.page(), &picture, &start(Homography::scale(96.0 / 72.0))));
    assert!(words > 80 && bits > 0.6 * words as f64, "{bits} {words}");
    let original = sheet.draw_snapped(96.0, 0.0, (0.0, 0.0));
    let reading = read(&sheet.page(), &original, &start(Homography::scale(96.0 / 72.0)));
    let (bits, words, _) = sheet.bits(&reading);
    assert!(bits < 0.1 * words as f64, "the original shows nobody: {bits} {words}");
}

#[test]
fn letters_that_were_pulled_left_tell_where_their_neighbours_let_them() {
    let sheet = Sheet::new(8, 14);
    let map = Homography::scale(144.0 / 72.0);
    let picture = sheet.draw_pulled(144.0, SHIFT, (0.0, 0.0));
    let (bits, words, wrong) = sheet.bits(&read(&sheet.page(), &picture, &start(map)));
    assert!(words > 80 && 3 * wrong < words && bits > 0.35 * words as f64, "{bits} {words} {wrong}");
    let original = sheet.draw_pulled(144.0, 0.0, (0.0, 0.0));
    let (bits, words, _) = sheet.bits(&read(&sheet.page(), &original, &start(map)));
    assert!(bits < 0.1 * words as f64, "the original shows nobody: {bits} {words}");
}

#[test]
fn text_that_runs_downwards_is_read_along_its_line() {
    let mut sheet = Sheet::new(6, 14);
    for word in &mut sheet.words {
        let Area { left, top, right, bottom } = word.area;
        word.area = Area { left: SIZE.height - bottom, top: left, right: SIZE.height - top, bottom: right };
        word.along = Along::Down;
    }
    let turn = |picture: Gray| Gray {
        width: picture.height,
        height: picture.width,
        pixels: (0..picture.pixels.len())
            .map(|k| picture.row(picture.height - 1 - k % picture.height)[k / picture.height])
            .collect(),
    };
    let size = PageSize { width: SIZE.height, height: SIZE.width };
    let page = Page::new(&turn(sheet.draw(600.0, 0.0, (0.0, 0.0))), size, sheet.words.clone(), 150);
    let picture = turn(sheet.draw(96.0, SHIFT, (0.0, 0.0)));
    let (bits, words, wrong) = sheet.bits(&read(&page, &picture, &start(Homography::scale(96.0 / 72.0))));
    assert!(words > 90 && wrong == 0 && bits > 0.95 * words as f64, "{bits} {words} {wrong}");
}

#[test]
fn nothing_is_read_where_nothing_is_shown() {
    let sheet = Sheet::new(7, 3);
    let page = sheet.page();
    let white = Gray::filled(400, 300, 255);
    let pixel = Gray::filled(1, 1, 0);
    let one = Homography::scale(1.3);
    let broken = [f64::NAN, f64::INFINITY, 0.0, 1e300, -1.0].map(|cell| Homography([cell; 9]));
    for map in broken.into_iter().chain([one, Homography::scale(1e9), Homography::scale(1e-9)]) {
        for picture in [&white, &pixel, &Gray::default()] {
            let found = Match { page: (f64::NAN, 1e300), picture: (f64::INFINITY, -1e300) };
            let reading = read(&page, picture, &Start { to_picture: map, matches: vec![found; 20] });
            assert!(reading.words.is_empty(), "{map:?}");
        }
    }
    let mut word = sheet.words[0].clone();
    word.area = Area { left: i32::MIN, top: i32::MIN, right: i32::MAX, bottom: i32::MAX };
    let odd = PageSize { width: 0, height: i32::MAX };
    let page = Page::new(&Gray::default(), odd, vec![word.clone(), word], i32::MAX);
    assert!(read(&page, &white, &start(one)).words.is_empty());
}
