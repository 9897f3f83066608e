//! What pictures go through, for the fuzzer and for a test that replays its corpus.

use std::sync::OnceLock;

use tellmark_core::{Along, Area, Gray, PageSize, PageWord};

use crate::features::{PageFeatures, of_page};
use crate::find::{Index, Match};
use crate::homography::Homography;
use crate::read::{Page, Start, read};

/// Takes a reader through bytes that nobody vouches for.
pub type Target = fn(&[u8]);

/// Every target: its name, which is the folder of its corpus too, and the function.
pub const TARGETS: [(&str, Target); 2] = [("shown", shown), ("registered", registered)];

/// The page, in points: small, so that the fuzzer reads many pictures a second.
const WIDTH: usize = 108;
const HEIGHT: usize = 46;
/// Lines, and words a line.
const LINES: usize = 3;
const WORDS: usize = 3;
/// Pixels of its rendering a point.
const SCALE: usize = 2;
/// Pixels of a picture: the fuzzer's time is better spent on many small ones.
const PIXELS_MAX: usize = 40_000;

/// A page of marks in lines, drawn, described and ready to be compared with.
struct Sample {
    drawn: Gray,
    page: Page,
    index: Index,
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let mut drawn = Gray::filled(WIDTH * SCALE, HEIGHT * SCALE, 255);
        let mut words = Vec::new();
        let mut state = 1u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        for line in 0..LINES {
            for word in 0..WORDS {
                let (left, top) = (6 + 33 * word, 6 + 12 * line);
                // Letters of a few strokes each, as if from an alphabet.
                for letter in 0..4 {
                    for _ in 0..9 {
                        let (x, y) = (left + 7 * letter + random() % 5, top + random() % 8);
                        for at in [0, 1, drawn.width, drawn.width + 1] {
                            drawn.pixels[y * SCALE * WIDTH * SCALE + x * SCALE + at] = 0;
                        }
                    }
                }
                let mpt = |points: usize| 1000 * points as i32;
                words.push(PageWord {
                    page: 0,
                    line: line as u32,
                    span: 0..0,
                    area: Area {
                        left: mpt(left),
                        top: mpt(top),
                        right: mpt(left + 26),
                        bottom: mpt(top + 8),
                    },
                    along: Along::Right,
                    site: (1..WORDS - 1).contains(&word).then_some(words.len() as u32),
                });
            }
        }
        let features: PageFeatures = of_page(&drawn, SCALE as f64);
        let size = PageSize { width: 1000 * WIDTH as i32, height: 1000 * HEIGHT as i32 };
        let page = Page::new(&drawn, size, words, 150);
        Sample { drawn, page, index: Index::build([(0, features)]) }
    })
}

/// A picture: the first bytes say how wide it is and how it is made, the others are its pixels, or what the sample's
/// pixels are changed by.
fn picture(bytes: &[u8]) -> Option<(Gray, &[u8])> {
    let (&[how, width, height], rest) = bytes.split_first_chunk()?;
    let (width, height) = (usize::from(width) * 2 + 1, usize::from(height) * 2 + 1);
    let drawn = &sample().drawn;
    let of = |at: usize| rest.get(at % rest.len().max(1)).copied().unwrap_or(255);
    let gray = match how % 4 {
        // As it is.
        0 => Gray { width, height: rest.len() / width, pixels: rest[..rest.len() / width * width].to_vec() },
        // The sample, stretched, with a few pixels changed.
        1 | 2 => {
            let shade = |at: usize| {
                let (x, y) = (at % width * drawn.width / width, at / width * drawn.height / height);
                let shade = drawn.pixels[y * drawn.width + x];
                if at.is_multiple_of(7) { shade ^ of(at / 7) } else { shade }
            };
            Gray { width, height, pixels: (0..width * height).map(shade).collect() }
        }
        // A pattern that repeats.
        _ => Gray { width, height, pixels: (0..width * height).map(of).collect() },
    };
    (gray.pixels.len() <= PIXELS_MAX).then_some((gray, rest))
}

/// Looks for pages in a picture and reads those that are found.
pub fn shown(bytes: &[u8]) {
    let Some((gray, _)) = picture(bytes) else { return };
    for found in sample().index.find(&gray) {
        judged(&gray, &Start { to_picture: found.homography, matches: found.matches });
    }
}

/// Reads a picture in which the page lies somewhere, anywhere.
pub fn registered(bytes: &[u8]) {
    let Some((numbers, rest)) = bytes.split_first_chunk::<26>() else { return };
    let Some((gray, _)) = picture(rest) else { return };
    let number = |at: usize| f64::from(i16::from_le_bytes([numbers[2 * at], numbers[2 * at + 1]]));
    let across = |at: usize| number(at) / 4096.0;
    let map = [across(0), across(1), number(2) / 32.0, across(3), across(4), number(5) / 32.0];
    let tilt = [number(6) / 4e6, number(7) / 4e6, 1.0 + number(8) / 32768.0];
    let map: [f64; 9] = std::array::from_fn(|at| if at < 6 { map[at] } else { tilt[at - 6] });
    let to_picture = Homography(map);
    let spread = 1.0 + number(9).abs() / 512.0;
    let matched = |at: usize| {
        let page = (at as f64 * spread % WIDTH as f64, at as f64 * number(10) % HEIGHT as f64);
        let (x, y) = to_picture.apply(page.0, page.1)?;
        Some(Match { page, picture: (x + number(11) / 1024.0, y + number(12) / 1024.0 * (at % 3) as f64) })
    };
    judged(
        &gray,
        &Start { to_picture, matches: (0..usize::from(numbers[25])).filter_map(matched).collect() },
    );
}

fn judged(gray: &Gray, start: &Start) {
    let reading = read(&sample().page, gray, start);
    for word in &reading.words {
        assert!(word.llr.abs() <= 12.0 && (0.0..=1.0).contains(&word.quality));
    }
    assert!(reading.registered.pixels.len() == reading.registered.width * reading.registered.height);
    assert!(reading.residual >= 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_found_and_read() {
        let drawn = &sample().drawn;
        let found = sample().index.find(drawn);
        assert!(!found.is_empty());
        let start = Start { to_picture: found[0].homography, matches: found[0].matches.clone() };
        assert!(read(&sample().page, drawn, &start).words.len() > LINES * WORDS / 2);
    }

    /// What the fuzzer found, and what it began with.
    #[test]
    fn the_corpus_is_read_without_falling_over() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus");
        for (name, target) in TARGETS {
            let files = std::fs::read_dir(format!("{corpus}/{name}")).unwrap();
            let count = files.map(|file| target(&std::fs::read(file.unwrap().path()).unwrap())).count();
            assert!(count > 0, "{name}");
        }
    }
}
