//! Pages of PDFs as poppler draws them: a renderer and a reader of places that nobody here wrote.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use tellmark_core::{Along, Area, Gray, PageSize, PageWord};
use tellmark_formats::pdf::Drawer;
use tellmark_testkit::degrade::mark;

/// Pixels an inch at which pages are drawn.
pub const DPI: f64 = 600.0;
/// How far a mark moves its word, in thousandths of a point.
pub const SHIFT: i32 = 150;

/// A page of an original.
pub struct OriginalPage {
    /// File and number, for messages.
    pub name: String,
    /// The page's number in its file, from 0.
    pub number: usize,
    /// Its size.
    pub size: PageSize,
    /// Drawn at [`DPI`] by poppler: what is marked and attacked.
    pub drawn: Gray,
    /// What draws it for the reader, as `tellmark trace` does.
    pub drawer: Drawer,
    /// Its words; the inner ones of each line have a site.
    pub words: Vec<PageWord>,
}

impl OriginalPage {
    /// The page of a copy: words with a site moved by [`SHIFT`] along their line or against it.
    pub fn marked(&self, signs: &[bool]) -> Gray {
        let shift = |word: &PageWord| match word.site {
            Some(site) if signs[site as usize] => SHIFT,
            Some(_) => -SHIFT,
            None => 0,
        };
        let shifts: Vec<i32> = self.words.iter().map(shift).collect();
        mark(&self.drawn, DPI, &self.words, &shifts)
    }

    /// How many words carry a mark.
    pub fn sites(&self) -> usize {
        self.words.iter().filter(|word| word.site.is_some()).count()
    }
}

/// The pages of a PDF that have words enough to be worth a measurement.
///
/// # Errors
/// When `pdftoppm` or `pdftotext` (Debian package poppler-utils) is missing or fails.
pub fn pages(path: &Path) -> anyhow::Result<Vec<OriginalPage>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let drawer = Drawer::open(&bytes)?;
    let text = output(Command::new("pdftotext").arg("-bbox-layout").arg(path).arg("-"))?;
    let text = String::from_utf8_lossy(&text);
    let mut out = Vec::new();
    for (number, page) in text.split("<page ").skip(1).enumerate() {
        let (size, words) = words(page).context("pdftotext wrote something else than boxes")?;
        if words.iter().filter(|word| word.site.is_some()).count() < 100 {
            continue;
        }
        let n = (number + 1).to_string();
        let draw = ["-gray", "-r", "600", "-f", &n, "-l", &n];
        let drawn = gray(&output(Command::new("pdftoppm").args(draw).arg(path))?)?;
        let name = format!("{} p. {n}", path.file_name().unwrap_or_default().to_string_lossy());
        out.push(OriginalPage { name, number, size, drawn, drawer: drawer.clone(), words });
    }
    Ok(out)
}

fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let run = command.output().with_context(|| format!("{program} (Debian package poppler-utils)"))?;
    if !run.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&run.stderr).trim());
    }
    Ok(run.stdout)
}

/// Size and words of a page from the boxes that `pdftotext` prints.
fn words(page: &str) -> Option<(PageSize, Vec<PageWord>)> {
    let number = |text: &str, name: &str| -> Option<i32> {
        let value = text.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
        Some((value.parse::<f64>().ok()? * 1000.0).round() as i32)
    };
    let size = PageSize { width: number(page, "width")?, height: number(page, "height")? };
    let (mut words, mut sites) = (Vec::new(), 0);
    for (line, body) in page.split("<line ").skip(1).enumerate() {
        let body = body.split("</line>").next()?;
        let boxes: Vec<&str> = body.split("<word ").skip(1).collect();
        for (at, word) in boxes.iter().enumerate() {
            let edge = |name| number(word, name);
            let area =
                Area { left: edge("xMin")?, top: edge("yMin")?, right: edge("xMax")?, bottom: edge("yMax")? };
            let inner = at > 0 && at + 1 < boxes.len();
            let site = inner.then_some(sites);
            sites += u32::from(inner);
            words.push(PageWord { page: 0, line: line as u32, span: 0..0, area, along: Along::Right, site });
        }
    }
    Some((size, words))
}

/// A picture in the form that `pdftoppm -gray` writes: `P5`, width, height, 255, pixels.
pub fn gray(bytes: &[u8]) -> anyhow::Result<Gray> {
    let mut at = 0;
    let mut field = || {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let from = at;
        while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace()) {
            at += 1;
        }
        String::from_utf8_lossy(&bytes[from..at]).into_owned()
    };
    let (magic, width, height, _) = (field(), field(), field(), field());
    let (width, height): (usize, usize) = (width.parse()?, height.parse()?);
    let pixels = bytes.get(at + 1..at + 1 + width * height).context("a picture is cut off")?;
    if magic != "P5" {
        bail!("{magic:?} is no picture in shades of grey");
    }
    Ok(Gray { width, height, pixels: pixels.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_become_words() {
        let word =
            |x: i32| format!("<word xMin=\"{x}.5\" yMin=\"2\" xMax=\"{}\" yMax=\"9\">w</word>\n", x + 8);
        let line = format!("<line xMin=\"1\">{}{}{}</line>", word(1), word(11), word(21));
        let page = format!("width=\"595.2\" height=\"842\">{line}{line}</page>");
        let (size, words) = words(&page).unwrap();
        assert_eq!((size.width, words.len(), words[1].area.left, words[3].line), (595_200, 6, 11_500, 1));
        assert_eq!(words.iter().filter_map(|word| word.site).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn shades_are_read() {
        assert_eq!(gray(b"P5\n2 1\n255\n\x07\x09").unwrap().pixels, [7, 9]);
        assert!(gray(b"P5\n2 2\n255\n\x07\x09").is_err() && gray(b"P6 1 1 255 x").is_err());
    }
}
