//! Photographs of a sheet of paper.

use tellmark_core::Gray;

use super::grain::{blur, jpeg, motion, noise, normal, tones, uniform};
use super::resample::{area_average, warp};
use super::track::invert;
use super::{Bend, Degraded, Sheet, Track};
use crate::Random;

const POINTS_A_MM: f64 = 72.0 / 25.4;
/// From the sheet to the telephone's lens.
const DISTANCE_MM: f64 = 420.0;
/// What the table under the sheet looks like.
const TABLE: u8 = 95;

/// The light on a sheet and how the camera copes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// How bright it is where it is brightest: 1 shows paper at 235.
    pub brightness: f64,
    /// The share of light that is missing at the darker edge.
    pub gradient: f64,
    /// The share of light that a shadow takes (of a hand, of the telephone), over a part of the sheet.
    pub shadow: f64,
    /// The share of light that the lens loses in the corners.
    pub vignette: f64,
}

/// How a photograph is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shot {
    /// From how far beside the vertical, in degrees; the direction is drawn.
    pub tilt_degrees: f64,
    /// How far the sheet's middle stands above its edges, in mm, bent around a cylinder; 0 for flat.
    pub bend_mm: f64,
    /// The light.
    pub light: Light,
    /// Standard deviation of the blur of a lens out of focus, in pixels of the picture.
    pub defocus: f64,
    /// Length of the shake of a hand, in pixels of the picture; the direction is drawn.
    pub shake: f64,
    /// Standard deviation of the sensor's noise, in shades.
    pub noise: f64,
    /// Pixels of the picture's long side.
    pub long_side: usize,
    /// Quality of the JPEG file.
    pub quality: u8,
}

impl Shot {
    /// A fair photograph in a room: 1600 pixels, JPEG 70.
    pub fn tilted(degrees: f64) -> Shot {
        let light = Light { brightness: 1.0, gradient: 0.25, shadow: 0.2, vignette: 0.15 };
        let (defocus, shake, noise) = (0.6, 1.2, 3.0);
        Shot {
            tilt_degrees: degrees,
            bend_mm: 0.0,
            light,
            defocus,
            shake,
            noise,
            long_side: 1600,
            quality: 70,
        }
    }

    /// The same from 10 degrees, of a sheet that is bent by so many millimetres.
    pub fn bent(mm: f64) -> Shot {
        Shot { bend_mm: mm, ..Shot::tilted(10.0) }
    }

    /// From 15 degrees in little light, out of focus.
    pub fn dark() -> Shot {
        let light = Light { brightness: 0.4, gradient: 0.35, shadow: 0.25, vignette: 0.25 };
        Shot { light, defocus: 1.2, shake: 2.0, noise: 5.0, quality: 60, ..Shot::tilted(15.0) }
    }

    /// From 8 degrees, as a messenger sends it on: 1280 pixels, JPEG 50.
    pub fn messenger() -> Shot {
        Shot { long_side: 1280, quality: 50, ..Shot::tilted(8.0) }
    }
}

/// A photograph of the sheet on a table, taken with a pinhole camera 42 cm away; the sheet fills the picture but for
/// a margin.
pub fn photograph(sheet: &Sheet<'_>, seed: u64, shot: &Shot) -> Degraded {
    let mut random = Random::of_part(seed, 0xca3e);
    let camera = Camera::before(sheet, shot, &mut random);
    // Averaged to about two pixels for each of the picture, so that four places a pixel are enough.
    let high = sheet.page.height.max(sheet.page.width) as f64;
    let share = (2.2 * shot.long_side as f64 / high).min(1.0);
    let near = area_average(&Degraded::of(sheet), share, share, 0.0, 0.0);
    let paper = tones(&near.picture, 30, 235);
    let pixels = share * sheet.dpi / 72.0;
    let picture = warp(&paper, camera.width, camera.height, TABLE, 2, |x, y| {
        camera.point_at(x, y).map(|(x, y)| (x * pixels, y * pixels))
    });
    let picture = lit(&blur(&picture, shot.defocus), &shot.light, &mut random);
    let angle = uniform(&mut random, 0.0, std::f64::consts::PI);
    let shaken = motion(&picture, shot.shake * libm::cos(angle), shot.shake * libm::sin(angle));
    let picture = jpeg(&noise(&shaken, shot.noise, &mut random), shot.quality);
    Degraded { picture, track: camera.track() }
}

/// Uneven light: a gradient in a drawn direction, the soft edge of a shadow, the corners of the lens.
fn lit(picture: &Gray, light: &Light, random: &mut Random) -> Gray {
    let direction = |random: &mut Random| {
        let angle = uniform(random, 0.0, 2.0 * std::f64::consts::PI);
        (libm::cos(angle), libm::sin(angle))
    };
    let ((gx, gy), (sx, sy)) = (direction(random), direction(random));
    let edge = uniform(random, 0.0, 0.6);
    let (wide, high) = (picture.width as f64 / 2.0, picture.height as f64 / 2.0);
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    for y in 0..picture.height {
        let v = (y as f64 + 0.5 - high) / high;
        for (x, shade) in picture.row(y).iter().enumerate() {
            let u = (x as f64 + 0.5 - wide) / wide;
            let gradient = 1.0 - light.gradient * (0.5 - 0.35 * (u * gx + v * gy)).clamp(0.0, 1.0);
            let t = ((u * sx + v * sy - edge) / 0.25 + 0.5).clamp(0.0, 1.0);
            let shadow = 1.0 - light.shadow * t * t * (3.0 - 2.0 * t);
            let vignette = 1.0 - light.vignette * (u * u + v * v) / 2.0;
            let value = f64::from(*shade) * light.brightness * gradient * shadow * vignette;
            pixels.push((value + 0.5).clamp(0.0, 255.0) as u8);
        }
    }
    Gray { pixels, ..*picture }
}

/// A pinhole camera before a sheet.
struct Camera {
    bend: Option<Bend>,
    middle: (f64, f64),
    /// The camera's axes in the sheet's space, row by row.
    axes: [[f64; 3]; 3],
    distance: f64,
    /// From the plane at distance 1 to pixels.
    focal: f64,
    centre: (f64, f64),
    width: usize,
    height: usize,
    /// From pixels back to points of a flat sheet.
    back: [f64; 9],
}

impl Camera {
    fn before(sheet: &Sheet<'_>, shot: &Shot, random: &mut Random) -> Camera {
        let points = |pixels: usize| pixels as f64 * 72.0 / sheet.dpi;
        let (wide, high) = (points(sheet.page.width), points(sheet.page.height));
        let middle = (wide / 2.0, high / 2.0);
        // Most people bend a sheet around its long side, not quite.
        let turn = uniform(random, -0.3, 0.3);
        let bend = (shot.bend_mm > 0.0).then(|| Bend {
            middle,
            turn: (libm::cos(turn), libm::sin(turn)),
            radius: wide * wide / (8.0 * shot.bend_mm * POINTS_A_MM),
        });
        let towards = uniform(random, 0.0, 2.0 * std::f64::consts::PI);
        let roll = 2.0 * normal(random);
        let axes = axes(shot.tilt_degrees, towards, roll.clamp(-4.0, 4.0));
        let mut camera = Camera {
            bend,
            middle,
            axes,
            distance: DISTANCE_MM * POINTS_A_MM,
            focal: 1.0,
            centre: (0.0, 0.0),
            width: 1,
            height: 1,
            back: [0.0; 9],
        };
        camera.frame(wide, high, shot.long_side, random);
        camera.back = camera.track().plane().as_ref().and_then(invert).unwrap_or_default();
        camera
    }

    /// Chooses focal length, centre and size so that the sheet fills the picture but for a margin of 2 to 6 %.
    fn frame(&mut self, wide: f64, high: f64, long_side: usize, random: &mut Random) {
        let track = self.track();
        let edge = |t: f64| [(wide * t, 0.0), (wide * t, high), (0.0, high * t), (wide, high * t)];
        let seen = (0..=8).flat_map(|i| edge(f64::from(i) / 8.0)).filter_map(|(x, y)| track.apply(x, y));
        let bounds = seen.fold((f64::MAX, f64::MAX, f64::MIN, f64::MIN), |b, (x, y)| {
            (b.0.min(x), b.1.min(y), b.2.max(x), b.3.max(y))
        });
        let margin = uniform(random, 1.04, 1.12);
        let (across, down) = ((bounds.2 - bounds.0) * margin, (bounds.3 - bounds.1) * margin);
        self.focal = long_side as f64 / across.max(down);
        self.width = (libm::round(across * self.focal) as usize).clamp(1, long_side);
        self.height = (libm::round(down * self.focal) as usize).clamp(1, long_side);
        let middle = |low: f64, high: f64, size: usize| size as f64 / 2.0 - (low + high) / 2.0 * self.focal;
        self.centre = (middle(bounds.0, bounds.2, self.width), middle(bounds.1, bounds.3, self.height));
    }

    /// The way from the page into the picture. The camera looks from the middle of the sheet's face.
    fn track(&self) -> Track {
        let (f, (cx, cy), r) = (self.focal, self.centre, &self.axes);
        let row = |i: usize| -> [f64; 4] {
            let k = |c: usize| match i {
                0 => f * r[0][c] + cx * r[2][c],
                1 => f * r[1][c] + cy * r[2][c],
                _ => r[2][c],
            };
            let far = self.distance * [cx, cy, 1.0][i];
            [k(0), k(1), k(2), far]
        };
        let rows = [row(0), row(1), row(2)];
        match self.bend {
            Some(bend) => Track::Bent(bend, std::array::from_fn(|i| rows[i / 4][i % 4])),
            None => {
                let (mx, my) = self.middle;
                Track::Plane(std::array::from_fn(|i| {
                    let row = &rows[i / 3];
                    [row[0], row[1], row[3] - row[0] * mx - row[1] * my][i % 3]
                }))
            }
        }
    }

    /// The point of the page that a place of the picture shows.
    fn point_at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let Some(bend) = self.bend else { return Track::Plane(self.back).apply(x, y) };
        let ray = [(x - self.centre.0) / self.focal, (y - self.centre.1) / self.focal, 1.0];
        let into = |v: [f64; 3]| -> [f64; 3] {
            std::array::from_fn(|c| (0..3).map(|i| self.axes[i][c] * v[i]).sum())
        };
        bend.meet(into([0.0, 0.0, -self.distance]), into(ray))
    }
}

/// The camera's axes, right, down and forward, in the sheet's space, whose z points at the viewer: tilted by so
/// many degrees towards a direction (radians), and rolled by so many degrees.
fn axes(tilt_degrees: f64, towards: f64, roll_degrees: f64) -> [[f64; 3]; 3] {
    let (ct, st) = turn(tilt_degrees);
    let (cr, sr) = turn(roll_degrees);
    let (cd, sd) = (libm::cos(towards), libm::sin(towards));
    // A turn about the axis (cd, sd, 0) in the sheet's plane, then one about the line of sight.
    let tilted = [
        [ct + cd * cd * (1.0 - ct), cd * sd * (1.0 - ct), sd * st],
        [cd * sd * (1.0 - ct), ct + sd * sd * (1.0 - ct), -cd * st],
        // Forward is away from the viewer, against z.
        [sd * st, -cd * st, -ct],
    ];
    let mix = |a: f64, b: f64| std::array::from_fn(|c| a * tilted[0][c] + b * tilted[1][c]);
    [mix(cr, -sr), mix(sr, cr), tilted[2]]
}

fn turn(degrees: f64) -> (f64, f64) {
    let radians = degrees * std::f64::consts::PI / 180.0;
    (libm::cos(radians), libm::sin(radians))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_camera_sees_each_point_where_its_track_says() {
        let page = Gray::filled(595, 842, 255);
        let sheet = Sheet { page: &page, dpi: 72.0, words: &[] };
        for (seed, shot) in [(1, Shot::tilted(45.0)), (2, Shot::bent(4.0)), (3, Shot::tilted(0.0))] {
            let camera = Camera::before(&sheet, &shot, &mut Random::new(seed));
            for (x, y) in [(300.0, 420.0), (20.0, 30.0), (560.0, 800.0), (20.0, 800.0)] {
                let (px, py) = camera.track().apply(x, y).unwrap();
                assert!((0.0..1600.0).contains(&px) && (0.0..1600.0).contains(&py));
                let (a, b) = camera.point_at(px, py).unwrap();
                assert!((a - x).abs() < 1e-6 && (b - y).abs() < 1e-6, "{a} {b} for {x} {y}");
            }
        }
    }

    #[test]
    fn a_photograph_is_no_mirror_image() {
        let axes = axes(45.0, 1.0, 3.0);
        let cross = |a: [f64; 3], b: [f64; 3]| {
            [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        };
        let forward = cross(axes[0], axes[1]);
        // The sheet's x and y (down) make a left-handed space with z towards the viewer.
        (0..3).for_each(|i| assert!((forward[i] + axes[2][i]).abs() < 1e-12));
    }
}
