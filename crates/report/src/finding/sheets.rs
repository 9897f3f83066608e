//! Pictures of pages, with what every word of them says, beside the page that they were compared with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Page, Raster, Sheet, SheetWord};
use crate::html::Html;
use crate::quantity::counted;

/// Sheets that are drawn; the rest is said in words.
const SHEETS_MAX: usize = 12;
/// Words that are drawn on one.
const WORDS_MAX: usize = 4_000;

/// Writes the section.
pub(super) fn write(h: &mut Html, page: &Page) {
    h.class("p", "legend", |h| {
        h.text(
            "Each word with a site is framed by what its place says: blue if it stands along its line from ",
        );
        h.text("where the original has it, orange if it stands against it; the darker, the surer. ");
        h.text("Which way a word is moved accuses nobody by itself; the copies are weighed by all of them.");
    });
    page.sheets.iter().take(SHEETS_MAX).for_each(|sheet| figure(h, sheet));
    if let Some(more) = page.sheets.len().checked_sub(SHEETS_MAX).filter(|more| *more > 0) {
        let pages = counted(more as u64, "more page was", "more pages were");
        h.words("p", &format!("{pages} read and not drawn here."));
    }
}

fn figure(h: &mut Html, sheet: &Sheet) {
    if sheet.picture.png.is_empty() {
        h.tag("p", |h| {
            shows(h, sheet, " also looks like page ");
            h.text(". It says less than another page, and is not drawn.");
        });
        return;
    }
    h.class("figure", "sheet", |h| {
        let evidence = "The picture, with the evidence of each word";
        let registered = "The picture brought onto the original page";
        let panels = [(&sheet.picture, evidence, &sheet.words[..]), (&sheet.registered, registered, &[])];
        let shown = panels.into_iter().filter(|(raster, ..)| !raster.png.is_empty());
        h.class("div", "pair", |h| shown.for_each(|panel| self::panel(h, panel)));
        h.tag("figcaption", |h| {
            shows(h, sheet, " shows page ");
            h.text(".");
        });
    });
}

/// A picture under its title, with what its words say.
fn panel(h: &mut Html, (picture, title, words): (&Raster, &str, &[SheetWord])) {
    h.tag("div", |h| {
        h.class("p", "label", |h| _ = h.text(title));
        raster(h, picture, title, |h| words.iter().take(WORDS_MAX).for_each(|word| frame(h, word)));
    });
}

/// What a picture shows, and how much that says.
fn shows(h: &mut Html, sheet: &Sheet, how: &str) {
    h.value(&sheet.exhibit).text(how).text(&(u64::from(sheet.page) + 1).to_string());
    h.text(" of ").value(&sheet.document);
    let words = counted(sheet.words.len() as u64, "word", "words");
    h.text(&format!(": {words} with a site, {:.0} bits", bits(&sheet.words)));
}

/// A picture and what is drawn on it, in pixels of the picture as it was read.
fn raster(h: &mut Html, raster: &Raster, title: &str, over: impl FnOnce(&mut Html)) {
    let (width, height) = (raster.width.to_string(), raster.height.to_string());
    let frame = format!("0 0 {width} {height}");
    let source = format!("data:image/png;base64,{}", STANDARD.encode(&raster.png));
    let attributes = [("viewBox", frame.as_str()), ("width", "100%"), ("role", "img"), ("aria-label", title)];
    h.el("svg", &attributes, |h| {
        let whole = [("href", source.as_str()), ("width", width.as_str()), ("height", height.as_str())];
        h.el("image", &whole, |_| ());
        over(h);
    });
}

fn frame(h: &mut Html, word: &SheetWord) {
    let corners: Vec<String> = word.outline.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let colour = if word.llr >= 0.0 { "#1f5fbf" } else { "#d9730d" };
    let sure = format!("{:.2}", 0.08 + 0.32 * (word.llr.abs() / 6.0).min(1.0));
    let points = corners.join(" ");
    let attributes = [("points", points.as_str()), ("fill", colour), ("fill-opacity", sure.as_str())];
    h.el("polygon", &attributes, |_| ());
}

/// What the words tell together: of each a bit, less the entropy of what is left open. A figure for people.
#[allow(clippy::disallowed_methods)]
fn bits(words: &[SheetWord]) -> f64 {
    let of = |word: &SheetWord| {
        let wrong = 1.0 / (1.0 + word.llr.abs().exp());
        let entropy = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
        1.0 - entropy(wrong) - entropy(1.0 - wrong)
    };
    words.iter().map(of).sum()
}
