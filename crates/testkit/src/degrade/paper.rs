//! Paper: fax machines, printers, scanners, copiers.

use tellmark_core::Gray;

use super::grain::{binarise, blur, map, noise, normal, tones, uniform};
use super::resample::{area_average, warp};
use super::track::invert;
use super::{Degraded, Sheet};
use crate::Random;

const MM_AN_INCH: f64 = 25.4;

/// A fax: 204 pixels an inch across and `lines` down, black and white. One line in 200 arrives damaged and
/// shows the line before it. The picture has square pixels, as programs that receive faxes save it: at 98 lines
/// an inch each one is there twice.
pub fn fax(sheet: &Sheet<'_>, seed: u64, lines: f64) -> Degraded {
    let mut random = Random::of_part(seed, 0xfa);
    let phase = uniform(&mut random, 0.0, 1.0);
    let scanned = area_average(&Degraded::of(sheet), 204.0 / sheet.dpi, lines / sheet.dpi, phase, 0.0);
    let mut picture = binarise(&noise(&scanned.picture, 8.0, &mut random), 140);
    for y in 1..picture.height {
        if random.chance(0.005) {
            let (before, here) = picture.pixels.split_at_mut(y * picture.width);
            here[..picture.width].copy_from_slice(&before[(y - 1) * picture.width..]);
        }
    }
    let times = libm::round(196.0 / lines).max(1.0) as usize;
    let rows = (0..picture.height).flat_map(|y| std::iter::repeat_n(picture.row(y), times));
    let pixels: Vec<u8> = rows.flatten().copied().collect();
    let picture = Gray { width: picture.width, height: picture.height * times, pixels };
    let stretch = [1.0, 0.0, 0.0, 0.0, times as f64, 0.0, 0.0, 0.0, 1.0];
    Degraded { picture, track: scanned.track.then(&stretch) }
}

/// Printed by a laser printer and scanned.
///
/// Printing spreads the ink (deviation 0.03 mm) and hardens its edge; paper is white to 235 with fibres of 2
/// shades, black toner is 25. The sheet lies on the glass turned by up to 1.5 degrees, the carriage stretches
/// by up to 0.4 % in each direction, the scanner blurs by 0.4 pixels and adds noise of 2 shades.
pub fn print_scan(sheet: &Sheet<'_>, seed: u64, dpi: f64) -> Degraded {
    let mut random = Random::of_part(seed, 0x9514);
    let printed = printed(&Degraded::of(sheet), sheet.dpi, 0.03);
    scanned(&printed, sheet.dpi, dpi, 1.5, 0.004, &mut random)
}

/// Printed, copied so many times by a photocopier, the last copy scanned at 200 dpi.
///
/// Each copy spreads the ink (deviation 0.08 mm), raises contrast, leaves specks (one in 60,000 pixels of 300
/// dpi), turns by up to 0.5 degrees and stretches by up to 0.6 %, in each direction another.
pub fn photocopy(sheet: &Sheet<'_>, seed: u64, generations: usize) -> Degraded {
    const COPIER_DPI: f64 = 300.0;
    let mut random = Random::of_part(seed, 0xc0b1);
    let mut page = printed(&Degraded::of(sheet), sheet.dpi, 0.03);
    let mut dpi = sheet.dpi;
    for _ in 0..generations {
        page = scanned(&page, dpi, COPIER_DPI, 0.5, 0.006, &mut random);
        dpi = COPIER_DPI;
        page = printed(&page, dpi, 0.08);
        specks(&mut page.picture, 60_000, &mut random);
    }
    scanned(&page, dpi, 200.0, 0.5, 0.002, &mut random)
}

/// Ink on paper: spread by so many millimetres, its edge hardened, white at 235 and black at 25.
fn printed(from: &Degraded, dpi: f64, spread_mm: f64) -> Degraded {
    let soft = blur(&from.picture, spread_mm / MM_AN_INCH * dpi);
    // Toner sticks from a little under half of the charge on, so that letters grow.
    let hard = map(&soft, |shade| {
        let t = ((f64::from(shade) - 80.0) / 120.0).clamp(0.0, 1.0);
        (255.0 * t * t * (3.0 - 2.0 * t) + 0.5) as u8
    });
    Degraded { picture: tones(&hard, 25, 235), track: from.track }
}

/// On the glass of a scanner: turned by up to so many degrees, stretched by up to this share.
fn scanned(
    from: &Degraded,
    from_dpi: f64,
    dpi: f64,
    turn_degrees: f64,
    stretch: f64,
    random: &mut Random,
) -> Degraded {
    // Averaged to twice the resolution first, so that four places a pixel are enough.
    let fine = (2.0 * dpi).min(from_dpi);
    let near = if fine < from_dpi {
        area_average(from, fine / from_dpi, fine / from_dpi, 0.0, 0.0)
    } else {
        from.clone()
    };
    let turn = uniform(random, -turn_degrees, turn_degrees) * std::f64::consts::PI / 180.0;
    let mut scale = || dpi / fine * (1.0 + uniform(random, -stretch, stretch));
    let (sx, sy) = (scale(), scale());
    let (c, s) = (libm::cos(turn), libm::sin(turn));
    let (wide, high) = (near.picture.width as f64, near.picture.height as f64);
    let width = libm::ceil(wide * dpi / fine) as usize;
    let height = libm::ceil(high * dpi / fine) as usize;
    let (mx, my) = (width as f64 / 2.0, height as f64 / 2.0);
    let (a, b, d, e) = (sx * c, -sx * s, sy * s, sy * c);
    let offset = |mid: f64, x: f64, y: f64| mid - x * wide / 2.0 - y * high / 2.0;
    let map = [a, b, offset(mx, a, b), d, e, offset(my, d, e), 0.0, 0.0, 1.0];
    let back = invert(&map).unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let picture = warp(&near.picture, width, height, 235, 2, |x, y| {
        Some((back[0] * x + back[1] * y + back[2], back[3] * x + back[4] * y + back[5]))
    });
    let picture = noise(&blur(&fibres(&picture, random), 0.4), 2.0, random);
    Degraded { picture, track: near.track.then(&map) }
}

/// The unevenness of paper: blocks of 4 pixels, each a little darker or lighter.
fn fibres(picture: &Gray, random: &mut Random) -> Gray {
    let mut out = picture.clone();
    let across = picture.width.div_ceil(4);
    let mut offsets = vec![0.0; across];
    for y in 0..picture.height {
        if y % 4 == 0 {
            offsets.fill_with(|| 2.0 * normal(random));
        }
        for (x, shade) in out.pixels[y * picture.width..(y + 1) * picture.width].iter_mut().enumerate() {
            *shade = (f64::from(*shade) + offsets[x / 4] + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
    out
}

/// Dust on the drum: one dark speck of 1 to 3 pixels in so many pixels.
fn specks(picture: &mut Gray, one_in: usize, random: &mut Random) {
    for _ in 0..picture.pixels.len() / one_in.max(1) {
        let (x, y) = (random.below(picture.width), random.below(picture.height));
        let size = 1 + random.below(3);
        for row in y..(y + size).min(picture.height) {
            let from = row * picture.width + x;
            picture.pixels[from..(from + size).min((row + 1) * picture.width)].fill(40);
        }
    }
}
