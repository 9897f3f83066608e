//! What happens to a page between a copy and the picture in which it turns up: screens, printers, scanners,
//! copiers, fax machines, telephones.
//!
//! Each attack is a pure function of a [`Sheet`] (a rendering of a page, best at 600 dpi, with its words) and a
//! seed: same bytes on every machine, so that a failing case can be named by its seed. It also says where
//! each point of the page went ([`Track`]), which is the truth that a registration can be judged by.
//! [`PICTURE_ATTACKS`] lists them all. No printer, scanner or telephone was at hand: these are models of them.
//!
//! ```
//! use tellmark_core::Gray;
//! use tellmark_testkit::degrade::{PictureAttack, Sheet};
//!
//! let page = Gray::filled(850, 1100, 255); // a Letter page at 100 dpi
//! let sheet = Sheet { page: &page, dpi: 100.0, words: &[] };
//! let shot = PictureAttack::by_name("screenshot-72").unwrap().run(&sheet, 1);
//! let (x, y) = shot.track.apply(306.0, 396.0).unwrap(); // the middle, in points
//! assert!((x - 306.0).abs() < 1.0 && (y - 396.0).abs() < 1.0, "72 dpi is one pixel a point");
//! ```

mod camera;
mod crop;
mod grain;
mod paper;
mod resample;
mod screen;
mod track;
mod words;

pub use camera::{Light, Shot, photograph};
pub use crop::{lines, middle_third, quarter_turns, strip_of_words};
pub use grain::{binarise, blur, jpeg, motion, noise, tones};
pub use paper::{fax, photocopy, print_scan};
pub use resample::{area_average, stretch};
pub use screen::{dark_mode, photograph_of_screen, rescaled_twice, screenshot};
use tellmark_core::{Gray, PageWord};
pub use track::{Bend, Track};
pub use words::{Snapped, jitter, mark, snap};

/// A page on its way out: how it is drawn, and where its words stand.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The page drawn at [`dpi`](Sheet::dpi), for example 600.
    pub page: &'a Gray,
    /// Pixels an inch.
    pub dpi: f64,
    /// The page's words. Attacks that cut out lines or move words look at them; without words they do
    /// nothing of that.
    pub words: &'a [PageWord],
}

/// What has become of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Degraded {
    /// The picture.
    pub picture: Gray,
    /// Where each point of the page lies in the picture.
    pub track: Track,
}

impl Degraded {
    /// The sheet itself, untouched.
    pub fn of(sheet: &Sheet<'_>) -> Degraded {
        Degraded { picture: sheet.page.clone(), track: Track::scale(sheet.dpi / 72.0) }
    }

    /// The same places in a picture that was altered without moving anything.
    fn with(self, alter: impl FnOnce(&Gray) -> Gray) -> Degraded {
        Degraded { picture: alter(&self.picture), track: self.track }
    }
}

/// An attack under a name for tables.
#[derive(Debug, Clone, Copy)]
pub struct PictureAttack {
    /// Its name, for example `print-scan-150`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    apply: fn(&Sheet<'_>, u64) -> Degraded,
}

impl PictureAttack {
    /// The picture that a sheet becomes.
    pub fn run(&self, sheet: &Sheet<'_>, seed: u64) -> Degraded {
        (self.apply)(sheet, seed)
    }

    /// The attack of this name.
    pub fn by_name(name: &str) -> Option<&'static PictureAttack> {
        PICTURE_ATTACKS.iter().find(|attack| attack.name == name)
    }
}

const fn attack(
    name: &'static str,
    summary: &'static str,
    apply: fn(&Sheet<'_>, u64) -> Degraded,
) -> PictureAttack {
    PictureAttack { name, summary, apply }
}

fn jpeg_shot(sheet: &Sheet<'_>, seed: u64, quality: u8) -> Degraded {
    screenshot(sheet, seed, 96.0).with(|picture| jpeg(picture, quality))
}

fn photo(sheet: &Sheet<'_>, seed: u64, shot: &Shot) -> Degraded {
    photograph(sheet, seed, shot)
}

/// All attacks, from none to the hardest of each family.
pub const PICTURE_ATTACKS: &[PictureAttack] = &[
    attack("untouched", "the rendering itself", |sheet, _| Degraded::of(sheet)),
    attack("screenshot-72", "drawn at 72 dpi, at any phase", |s, seed| screenshot(s, seed, 72.0)),
    attack("screenshot-96", "drawn at 96 dpi", |s, seed| screenshot(s, seed, 96.0)),
    attack("screenshot-110", "drawn at 110 dpi", |s, seed| screenshot(s, seed, 110.0)),
    attack("screenshot-144", "drawn at 144 dpi", |s, seed| screenshot(s, seed, 144.0)),
    attack("screenshot-192", "drawn at 192 dpi", |s, seed| screenshot(s, seed, 192.0)),
    attack("jpeg-70", "96 dpi, JPEG quality 70", |s, seed| jpeg_shot(s, seed, 70)),
    attack("jpeg-50", "96 dpi, JPEG quality 50", |s, seed| jpeg_shot(s, seed, 50)),
    attack("jpeg-30", "96 dpi, JPEG quality 30", |s, seed| jpeg_shot(s, seed, 30)),
    attack("jpeg-15", "96 dpi, JPEG quality 15", |s, seed| jpeg_shot(s, seed, 15)),
    attack("rescaled-twice", "144 dpi, scaled by 0.7, then by 1.3", rescaled_twice),
    attack("binarised", "96 dpi, black and white", |s, seed| {
        screenshot(s, seed, 96.0).with(|picture| binarise(picture, 150))
    }),
    attack("dark-mode", "96 dpi, light on dark", |s, seed| dark_mode(&screenshot(s, seed, 96.0))),
    attack("turned-90", "96 dpi, a quarter turn clockwise", |s, seed| {
        quarter_turns(&screenshot(s, seed, 96.0), 1)
    }),
    attack("turned-180", "96 dpi, upside down", |s, seed| quarter_turns(&screenshot(s, seed, 96.0), 2)),
    attack("turned-270", "96 dpi, a quarter turn counter-clockwise", |s, seed| {
        quarter_turns(&screenshot(s, seed, 96.0), 3)
    }),
    attack("middle-third", "the middle third at 96 dpi", |s, seed| {
        middle_third(s, &screenshot(s, seed, 96.0))
    }),
    attack("six-lines", "six lines at 96 dpi", |s, seed| lines(s, &screenshot(s, seed, 96.0), seed, 6)),
    attack("three-lines", "three lines at 96 dpi", |s, seed| lines(s, &screenshot(s, seed, 96.0), seed, 3)),
    attack("snapped", "every letter at a whole pixel of 96 dpi", |s, _| snap(s, 96.0, Snapped::Letters)),
    attack("snapped-pulled", "the same, and then pulled left as PDFium does", |s, _| {
        snap(s, 96.0, Snapped::Chained)
    }),
    attack("snapped-words", "every word at a whole pixel of 96 dpi", |s, _| snap(s, 96.0, Snapped::Words)),
    attack("jitter-0.15pt", "every word moved, deviation 0.15 pt; 144 dpi", |s, seed| jitter(s, seed, 0.15)),
    attack("jitter-0.3pt", "every word moved, deviation 0.3 pt; 144 dpi", |s, seed| jitter(s, seed, 0.3)),
    attack("fax-204x98", "a fax at standard resolution", |s, seed| fax(s, seed, 98.0)),
    attack("fax-204x196", "a fax at fine resolution", |s, seed| fax(s, seed, 196.0)),
    attack("print-scan-100", "printed, scanned at 100 dpi", |s, seed| print_scan(s, seed, 100.0)),
    attack("print-scan-150", "printed, scanned at 150 dpi", |s, seed| print_scan(s, seed, 150.0)),
    attack("print-scan-200", "printed, scanned at 200 dpi", |s, seed| print_scan(s, seed, 200.0)),
    attack("print-scan-300", "printed, scanned at 300 dpi", |s, seed| print_scan(s, seed, 300.0)),
    attack("photocopy-2", "a copy of a photocopy, scanned at 200 dpi", |s, seed| photocopy(s, seed, 2)),
    attack("photo-10", "photographed from 10 degrees", |s, seed| photo(s, seed, &Shot::tilted(10.0))),
    attack("photo-20", "photographed from 20 degrees", |s, seed| photo(s, seed, &Shot::tilted(20.0))),
    attack("photo-45", "photographed from 45 degrees", |s, seed| photo(s, seed, &Shot::tilted(45.0))),
    attack("curl-2mm", "photographed, the sheet bent by 2 mm", |s, seed| photo(s, seed, &Shot::bent(2.0))),
    attack("curl-4mm", "photographed, the sheet bent by 4 mm", |s, seed| photo(s, seed, &Shot::bent(4.0))),
    attack("dark-blurred", "photographed in the dark, out of focus", |s, seed| photo(s, seed, &Shot::dark())),
    attack("messenger", "photographed, sent by a messenger", |s, seed| photo(s, seed, &Shot::messenger())),
    attack("photo-third", "the middle third of photo-20", |s, seed| {
        middle_third(s, &photo(s, seed, &Shot::tilted(20.0)))
    }),
    attack("messenger-third", "the middle third of messenger", |s, seed| {
        middle_third(s, &photo(s, seed, &Shot::messenger()))
    }),
    attack("messenger-90-words", "a strip of 90 words of messenger", |s, seed| {
        strip_of_words(s, &photo(s, seed, &Shot::messenger()), seed, 90)
    }),
    attack("screen-moire", "a screen of 96 dpi, photographed", |s, seed| photograph_of_screen(s, seed, 96.0)),
];
