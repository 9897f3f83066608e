//! Seeded documents and attacks, for tests and measurements only.
//!
//! Everything here but [`certificate`] is a pure function of its arguments, a seed among them: the same call gives the
//! same bytes on every machine, so that a failing case can be named by its seed.
//!
//! - [`document`] writes invented prose of any length, with the author's variants at a given density, and
//!   puts variants into a text that has none;
//! - [`languages`] has records in other languages, and what their editors do;
//! - [`print`](mod@print) prints text as a PDF;
//! - [`roster`] invents recipients;
//! - [`ATTACKS`] lists what happens to a text on its way out of the house: retyping, OCR, a copy desk, a
//!   journalist's quotation marks, two copies mixed;
//! - [`PICTURE_ATTACKS`] lists what happens to a page on its way into a picture: screens, printers, scanners,
//!   copiers, fax machines, telephones.
//!
//! ```
//! use tellmark_testkit::{ATTACKS, document};
//!
//! let text = document::prose(7, 200, 0.0);
//! for attack in ATTACKS {
//!     let leaked = attack.run(&text, &text, 1);
//!     assert_eq!(leaked, attack.run(&text, &text, 1), "{}", attack.name);
//! }
//! ```

pub mod attack;
mod certificate;
pub mod degrade;
pub mod document;
mod foreign;
pub mod languages;
mod mutants;
mod passages;
pub mod print;
mod random;
pub mod roster;

pub use attack::{ATTACKS, Attack};
pub use certificate::certificate;
pub use degrade::{PICTURE_ATTACKS, PictureAttack};
pub use foreign::foreign_paragraph;
pub use mutants::{mutate, survive};
pub use passages::{paragraphs, sentences};
pub use random::Random;
