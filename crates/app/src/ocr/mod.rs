//! Text in pictures of something else: a quote in a photographed newspaper, a screenshot of a post.
//!
//! The system's tesseract recognises it, where it is installed. It gets a picture that was decoded and written anew
//! here, never the bytes of an exhibit; it has a limit of time and of what it may say. How sure it is of each word goes
//! with the text into the reader. Nothing in here sees a key or a codeword.

mod light;
mod run;
mod table;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tellmark_core::Gray;
use tellmark_formats::picture;
use tellmark_wording::read::Sureness;

use crate::{Error, Result};
use run::Called;

/// The languages that are looked for when none are named.
pub const LANGUAGES: &str = "eng";
/// Small pictures are enlarged until their longer side has so many pixels, three times at most: letters of a screen are
/// too small for a program that was made for scans.
const SIDE_MIN: usize = 2400;
const ENLARGED_MAX: usize = 3;
/// Large ones are halved until their longer side has no more.
const SIDE_MAX: usize = 9_000;
/// So many words of which it is sure make a picture the right way up, where they are most of all.
const UPRIGHT_WORDS: usize = 6;
/// A picture that took longer than this is not turned: what is no text takes long, and is none in any direction.
const TURNED_WITHIN: Duration = Duration::from_secs(30);
/// A word counts as recognised from here on, in thousandths.
const SURE: u16 = 600;
/// Nothing is surer than this, whatever the program says: it is not calibrated.
const SUREST: u16 = 980;

/// A text that was recognised in a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recognised {
    /// The text: a line of it is a line of the picture.
    pub text: String,
    /// Its words, with how sure the program is of each.
    pub words: Vec<Sureness>,
}

impl Recognised {
    /// Adds another text below this one.
    pub fn append(&mut self, other: &Recognised) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let base = self.text.len();
        self.text.push_str(&other.text);
        let moved = |word: &Sureness| Sureness {
            bytes: word.bytes.start + base..word.bytes.end + base,
            per_mille: word.per_mille,
        };
        self.words.extend(other.words.iter().map(moved));
    }

    /// Words of more than one letter of which the program is sure.
    fn sure_words(&self) -> usize {
        self.words.iter().filter(|word| word.per_mille >= SURE && word.bytes.len() >= 2).count()
    }

    /// A picture that lies on its side gives many scraps and a few words.
    fn is_upright(&self) -> bool {
        self.sure_words() >= UPRIGHT_WORDS && 2 * self.sure_words() > self.words.len()
    }
}

/// The program that recognises text.
#[derive(Debug, Clone)]
pub struct Engine {
    program: PathBuf,
    /// What it calls itself, for example `tesseract 5.3.0`.
    pub version: String,
    /// The languages that it looks for, as it writes them: `eng+ukr`.
    pub languages: String,
    /// Longest time that it may take for a picture as it stands.
    time_max: Duration,
}

impl Engine {
    /// Finds the program on the search path, and the languages that are asked for.
    ///
    /// # Errors
    /// When it is not installed or lacks a language: the message says how to install it.
    pub fn find(languages: Option<&str>) -> Result<Engine> {
        let languages = languages.unwrap_or(LANGUAGES);
        let named: Vec<&str> = languages.split('+').collect();
        let is_name = |name: &&str| {
            (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if !named.iter().all(is_name) {
            return Err(Error::input(format!(
                "{languages:?} names no languages; give them as tesseract does, for example eng+ukr"
            )));
        }
        let Some(program) = run::on_path("tesseract") else { return Err(Error::input(missing())) };
        let version = Called::new(&program).arg("--version").text()?;
        let version = version.lines().next().unwrap_or("tesseract").trim().to_owned();
        let list = Called::new(&program).arg("--list-langs").text()?;
        let has = |name: &str| list.lines().any(|line| line.trim() == name);
        if let Some(lacking) = named.iter().find(|name| !has(name)) {
            return Err(Error::input(format!(
                "tesseract is installed without its data for the language {lacking:?}; on Debian and Ubuntu: \
                 apt install tesseract-ocr-{}; on macOS: brew install tesseract-lang",
                lacking.replace('_', "-")
            )));
        }
        Ok(Engine { program, version, languages: languages.to_owned(), time_max: run::TIME_MAX })
    }

    /// The same, stopped after so long for a picture as it stands; one that took half of that is not turned.
    #[must_use]
    pub fn within(self, time_max: Duration) -> Engine {
        Engine { time_max, ..self }
    }

    /// Recognises the text of a picture; of a picture that does not stand upright, also turned.
    ///
    /// # Errors
    /// When the program fails or does not come to an end.
    pub fn recognise(&self, picture: &Gray) -> Result<Recognised> {
        let picture = sized(&light::evened(picture));
        let begun = Instant::now();
        let mut best = self.as_it_stands(&picture)?;
        let mut turned = picture;
        for _ in 0..3 {
            if best.is_upright() || begun.elapsed() > TURNED_WITHIN.min(self.time_max / 2) {
                break;
            }
            turned = turned.turned();
            let other = self.as_it_stands(&turned)?;
            if other.sure_words() > best.sure_words() {
                best = other;
            }
        }
        Ok(best)
    }

    fn as_it_stands(&self, picture: &Gray) -> Result<Recognised> {
        if picture.width < 3 || picture.height < 3 {
            return Ok(Recognised::default());
        }
        let png = picture::to_png(picture).map_err(Error::damaged)?;
        let called = Called::new(&self.program).arg("stdin").arg("stdout").arg("-l").arg(&self.languages);
        let called = called.within(self.time_max);
        // Its own pages are found, its dictionary stays: a word that is none is marked as unsure.
        let said = called.arg("--psm").arg("3").arg("tsv").given(png).text()?;
        Ok(table::read(&said))
    }
}

fn missing() -> String {
    "this picture shows no page that was sealed here, and to read the text in it the program tesseract is needed, which is \
     not installed; on Debian and Ubuntu: apt install tesseract-ocr; on Fedora: dnf install tesseract; on macOS: brew \
     install tesseract; on Windows: winget install UB-Mannheim.TesseractOCR; or retype the passage into a text file and \
     trace that"
        .into()
}

/// The picture in a size at which letters are recognised.
fn sized(picture: &Gray) -> Gray {
    let mut sized = picture.clone();
    while sized.width.max(sized.height) > SIDE_MAX {
        sized = sized.halved();
    }
    let longer = sized.width.max(sized.height).max(1);
    let factor = (SIDE_MIN / longer).clamp(1, ENLARGED_MAX);
    match factor {
        1 => sized,
        _ => picture::enlarged(&sized, factor),
    }
}

/// A percentage as the program writes it, in thousandths.
fn per_mille(percent: f64) -> u16 {
    (percent.clamp(0.0, 100.0) * 10.0) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_below_each_other_keep_their_words() {
        let word = |bytes, per_mille| Sureness { bytes, per_mille };
        let mut first = Recognised { text: "One two".into(), words: vec![word(0..3, 900), word(4..7, 800)] };
        first.append(&Recognised { text: "three".into(), words: vec![word(0..5, 700)] });
        assert_eq!(first.text, "One two\n\nthree");
        assert_eq!(first.words[2], word(9..14, 700));
        assert_eq!(&first.text[first.words[2].bytes.clone()], "three");
    }

    #[test]
    fn languages_are_names_and_nothing_else() {
        for wrong in ["", "eng+", "../x", "eng --psm", "a;b"] {
            let error = Engine::find(Some(wrong)).unwrap_err();
            assert!(error.is_input() && error.to_string().contains("eng+ukr"), "{error}");
        }
    }

    #[test]
    fn small_pictures_grow_and_large_ones_shrink() {
        let side = |width, height| {
            let sized = sized(&Gray::filled(width, height, 255));
            (sized.width, sized.height)
        };
        assert_eq!(side(400, 300), (1200, 900));
        assert_eq!(side(1200, 90), (2400, 180));
        assert_eq!(side(3000, 10), (3000, 10));
        assert_eq!(side(20_000, 8), (5_000, 2));
    }
}
