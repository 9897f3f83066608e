//! Screens: what is drawn on them, and photographs of them.

use tellmark_core::Gray;

use super::grain::{blur, jpeg, map, noise, uniform};
use super::resample::{area_average, stretch, warp};
use super::track::invert;
use super::{Degraded, Sheet};
use crate::Random;

/// The page drawn at another resolution, at any phase of the pixels.
pub fn screenshot(sheet: &Sheet<'_>, seed: u64, dpi: f64) -> Degraded {
    let mut random = Random::of_part(seed, 0x5c4e);
    let (right, down) = (uniform(&mut random, 0.0, 1.0), uniform(&mut random, 0.0, 1.0));
    area_average(&Degraded::of(sheet), dpi / sheet.dpi, dpi / sheet.dpi, right, down)
}

/// A screenshot at 144 dpi, made smaller by 0.7 by a good scaler, then larger by 1.3 by a cheap one.
pub fn rescaled_twice(sheet: &Sheet<'_>, seed: u64) -> Degraded {
    let small = area_average(&screenshot(sheet, seed, 144.0), 0.7, 0.7, 0.0, 0.0);
    stretch(&small, 1.3)
}

/// Light on dark: white becomes 24, black 230.
pub fn dark_mode(from: &Degraded) -> Degraded {
    let picture = map(&from.picture, |shade| (230 - (u32::from(shade) * 206 + 127) / 255) as u8);
    Degraded { picture, track: from.track }
}

/// A photograph of a screen that shows the page: its pixels and their three colours beat against the camera's.
///
/// The screen has this resolution, the camera sees each of its pixels as 1.4 to 1.8 of its own, from up to 5
/// degrees, a little turned; then blur of 0.5 pixels, noise of 3 shades, JPEG 70.
pub fn photograph_of_screen(sheet: &Sheet<'_>, seed: u64, dpi: f64) -> Degraded {
    let mut random = Random::of_part(seed, 0x301e);
    let shown = screenshot(sheet, seed, dpi);
    let scale = uniform(&mut random, 1.4, 1.8);
    let turn = uniform(&mut random, -1.5, 1.5) * std::f64::consts::PI / 180.0;
    let (wide, high) = (shown.picture.width as f64, shown.picture.height as f64);
    let (width, height) = ((wide * scale * 1.02) as usize, (high * scale * 1.02) as usize);
    let (c, s) = (scale * libm::cos(turn), scale * libm::sin(turn));
    // A tilt of 5 degrees at a distance of twice the screen's width makes the far side smaller by this.
    let tilt = uniform(&mut random, -0.08, 0.08) / (2.0 * wide);
    let (mx, my) = (width as f64 / 2.0, height as f64 / 2.0);
    let about_middle = [c + mx * tilt, -s, mx, s + my * tilt, c, my, tilt, 0.0, 1.0];
    let to_middle = [1.0, 0.0, -wide / 2.0, 0.0, 1.0, -high / 2.0, 0.0, 0.0, 1.0];
    let track = shown.track.then(&to_middle).then(&about_middle);
    let back = invert(&about_middle).unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let glowing = glow(&shown.picture);
    let picture = warp(&glowing, width, height, 20, 2, |x, y| {
        let at = |r: usize| back[3 * r] * x + back[3 * r + 1] * y + back[3 * r + 2];
        let (u, v) = (at(0) / at(2) + wide / 2.0, at(1) / at(2) + high / 2.0);
        Some((u * f64::from(GRID), v * f64::from(GRID)))
    });
    let picture = jpeg(&noise(&blur(&picture, 0.5), 3.0, &mut random), 70);
    Degraded { picture, track }
}

/// Cells across one pixel of the screen: red, green, blue.
const GRID: u8 = 3;

/// Each pixel as three columns with the luma of its colours, and a dark gap below.
fn glow(screen: &Gray) -> Gray {
    let grid = usize::from(GRID);
    // Parts of full light: the middle one, green, is brightest; all nine cells have a mean of 0.8.
    const LIGHT: [[f32; 3]; 3] = [[0.75, 1.0, 0.6], [0.8, 1.0, 0.7], [0.75, 1.0, 0.6]];
    let mut out = Gray::filled(screen.width * grid, screen.height * grid, 0);
    for y in 0..out.height {
        for x in 0..out.width {
            let shade = f32::from(screen.pixels[y / grid * screen.width + x / grid]);
            out.pixels[y * out.width + x] = (20.0 + 0.9 * shade * LIGHT[y % grid][x % grid]) as u8;
        }
    }
    out
}
