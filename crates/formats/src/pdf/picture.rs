//! Pages as pictures.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Level, Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use hayro_syntax::Pdf;
use hayro_syntax::object::{Name, Stream};
use hayro_syntax::page::Page;
use tellmark_core::{Gray, PageSize};

use super::lexer::{Kind, Lexer};
use super::{SeenWord, coded, cost, file};
use crate::Error;

/// Resolutions that are rendered.
const DPI_MIN: f64 = 10.0;
const DPI_MAX: f64 = 1200.0;
/// Pages that draw very much are drawn less finely, but not less than this.
const COARSE_DPI: f64 = 72.0;
/// Pixels of a drawn page: the renderer keeps four bytes for each, and some more.
const DRAWN_PIXELS_MAX: f64 = 60e6;
/// Pixels of all scans of a file together, which are kept until they are read.
const SCANS_PIXELS_MAX: f64 = 160e6;
/// Resolutions that scans are drawn at: what is finer tells readers nothing, what is coarser too little.
const SCAN_DPI_MIN: f64 = 100.0;
const SCAN_DPI_MAX: f64 = 300.0;
/// A page that pictures cover by this part is one.
const COVERS: f64 = 0.5;
/// With more words than this on top of them it is a page of text: programs for scans add a line.
const WORDS_ON_SCAN_MAX: usize = 20;
/// Letters that are drawn as outlines have no resolution of their own.
const OUTLINES_DPI: f64 = 200.0;
const OPERATORS_MAX: usize = 100_000;
/// The renderer calls itself for every form and pattern inside another.
const STACK_BYTES: usize = 8 << 20;

/// A page takes a second, a very rich one some. One that takes longer than this was made to take long.
const DRAWING_SECONDS_MAX: u64 = 20;

/// A PDF that is opened once and drawn page by page.
#[derive(Clone)]
pub struct Drawer {
    pdf: Arc<Pdf>,
}

impl std::fmt::Debug for Drawer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drawer").field("pages", &self.pdf.pages().len()).finish()
    }
}

impl Drawer {
    /// Opens a PDF.
    ///
    /// # Errors
    /// What [`super::pages`] refuses, and files with pictures whose drawing would take too much memory.
    pub fn open(bytes: &[u8]) -> Result<Drawer, Error> {
        let pdf = file::open(bytes)?;
        coded::refuse_large(&pdf)?;
        Ok(Drawer { pdf: Arc::new(pdf) })
    }

    /// The sizes of its pages as they are shown.
    pub fn pages(&self) -> Vec<PageSize> {
        file::sizes(&self.pdf)
    }

    /// The finest resolution up to the wanted one at which a page is small enough to be drawn.
    pub fn dpi(&self, page: usize, wanted: f64) -> f64 {
        let area = self.pdf.pages().get(page).map_or(0.0, inches);
        wanted.min((DRAWN_PIXELS_MAX / area.max(1e-6)).sqrt().floor())
    }

    /// Draws a page in shades of grey, letters where they are and not on whole pixels.
    ///
    /// # Errors
    /// [`Error::Limit`] when the picture would be too large, takes longer than twenty seconds or more memory than is allowed,
    /// [`Error::Refused`] when there is no such page, [`Error::Damaged`] when it cannot be drawn.
    pub fn draw(&self, page: usize, dpi: f64) -> Result<Gray, Error> {
        self.within(Duration::from_secs(DRAWING_SECONDS_MAX), page, move |page| Ok(gray(&draw(page, dpi)?)))
    }

    /// Draws a page in its colours, as a PNG file for a person to look at. Otherwise as [`Drawer::draw`].
    ///
    /// # Errors
    /// Those of [`Drawer::draw`].
    pub fn png(&self, page: usize, dpi: f64) -> Result<Vec<u8>, Error> {
        self.within(Duration::from_secs(DRAWING_SECONDS_MAX), page, move |page| png(&draw(page, dpi)?))
    }

    /// Draws a page up to a resolution: less finely where it draws so much that memory does not allow more.
    ///
    /// # Errors
    /// Those of [`Drawer::draw`].
    pub fn draw_up_to(&self, page: usize, dpi: f64) -> Result<Gray, Error> {
        let mut dpi = self.dpi(page, dpi);
        loop {
            match self.draw(page, dpi) {
                Err(Error::Limit { what: cost::WHAT, .. }) if dpi >= 2.0 * COARSE_DPI => dpi /= 2.0,
                drawn => return drawn,
            }
        }
    }

    /// Whether a picture covers half of a page and lies over all of its text, as that of a scan over what text recognition
    /// found.
    pub fn is_covered(&self, page: usize) -> bool {
        let page = self.pdf.pages().get(page);
        page.map(Shown::of).is_some_and(|shown| shown.part >= COVERS && shown.covers_text)
    }

    /// The pages that are pictures, as those of scans are, with their numbers: drawn at their picture's own resolution,
    /// from 100 to 300 dots an inch, and less finely where there are many. `words` are those of the file.
    ///
    /// A page is a picture when pictures cover half of it and few words are drawn with ink on top: what text recognition
    /// put behind or below its scan stands only about where the scan shows it. In a file without a word in ink, where
    /// letters may be outlines, so is every page that is not blank.
    ///
    /// # Errors
    /// Those of [`Drawer::draw`]; [`Error::Refused`] when there are too many for 100 dots an inch.
    pub fn scans(&self, words: &[SeenWord]) -> Result<Vec<(u32, Gray)>, Error> {
        let mut inked = vec![0usize; self.pdf.pages().len()];
        for word in words.iter().filter(|word| word.is_inked) {
            inked[word.page as usize] += 1;
        }
        let is_bare = inked.iter().all(|count| *count == 0);
        let pages = self.pdf.pages().iter().enumerate();
        let scan = |(number, page)| {
            let shown = Shown::of(page);
            let on_top = if shown.covers_text { 0 } else { inked[number] };
            let is_scan = shown.part >= COVERS && on_top <= WORDS_ON_SCAN_MAX;
            (is_scan || is_bare).then(|| (number, shown.dpi.unwrap_or(OUTLINES_DPI), inches(page)))
        };
        let scans: Vec<(usize, f64, f64)> = pages.filter_map(scan).collect();
        let most = (SCANS_PIXELS_MAX / scans.iter().map(|scan| scan.2).sum::<f64>().max(1e-6)).sqrt().floor();
        if most < SCAN_DPI_MIN {
            let why =
                format!("it has {} pages of scans, more than can be read at once; split it", scans.len());
            return Err(Error::refused("PDF", why));
        }
        let most = most.min(SCAN_DPI_MAX);
        let one = |(number, dpi, _): (usize, f64, f64)| {
            Ok((number as u32, self.draw(number, self.dpi(number, dpi.clamp(SCAN_DPI_MIN, most)))?))
        };
        let is_blank = |gray: &Gray| gray.pixels.iter().all(|pixel| Some(pixel) == gray.pixels.first());
        let drawn = scans.into_iter().map(one);
        drawn.filter(|drawn| !drawn.as_ref().is_ok_and(|(_, gray)| is_blank(gray))).collect()
    }

    /// Draws on a thread of its own, which is left behind when it takes too long: nothing inside the renderer asks
    /// for the time, and no thread can be stopped from outside. It ends with the process, as the command does.
    fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        page: usize,
        draw: impl FnOnce(&Page<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let no_page = || Error::refused("PDF", format!("it has no page {}", page + 1));
        self.pdf.pages().get(page).ok_or_else(no_page)?;
        let (sender, receiver) = sync_channel(1);
        let pdf = self.pdf.clone();
        let work = move || {
            let drawn = pdf.pages().get(page).map_or(Err(Error::NoText), draw);
            // Whoever waited may have given up.
            let _ = sender.send(drawn);
        };
        let started = std::thread::Builder::new().name("drawing".into()).stack_size(STACK_BYTES).spawn(work);
        started.map_err(|error| Error::refused("PDF", format!("no thread could be started: {error}")))?;
        match receiver.recv_timeout(limit) {
            Ok(drawn) => drawn,
            Err(RecvTimeoutError::Timeout) => {
                Err(Error::Limit { what: "the time to draw a page, in seconds,", limit: limit.as_secs() })
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::damaged("PDF", format!("its page {} cannot be drawn", page + 1)))
            }
        }
    }
}

/// Draws a page of a file of which nothing else is drawn.
///
/// # Errors
/// Those of [`Drawer::open`] and [`Drawer::draw`].
pub fn render(bytes: &[u8], page: usize, dpi: f64) -> Result<Gray, Error> {
    Drawer::open(bytes)?.draw(page, dpi)
}

/// The area of a page in square inches.
fn inches(page: &Page<'_>) -> f64 {
    let (width, height) = page.render_dimensions();
    f64::from(width) * f64::from(height) / (72.0 * 72.0)
}

fn draw(page: &Page<'_>, dpi: f64) -> Result<Pixmap, Error> {
    if !(DPI_MIN..=DPI_MAX).contains(&dpi) {
        return Err(Error::Limit { what: "the resolution", limit: DPI_MAX as u64 });
    }
    let scale = dpi / 72.0;
    let (width, height) = page.render_dimensions();
    let pixels = |points: f32| (f64::from(points) * scale).round().max(1.0);
    let (width, height) = (pixels(width), pixels(height));
    if width * height > DRAWN_PIXELS_MAX * 1.01 || width.max(height) > f64::from(u16::MAX) {
        return Err(Error::Limit { what: "the pixels of a page's picture", limit: DRAWN_PIXELS_MAX as u64 });
    }
    let transform = Affine::scale(scale) * Affine::new(page.initial_transform(true).as_coeffs());
    cost::refuse_rich(page, transform, (width, height))?;
    // Newer processors multiply and add in one step, which rounds otherwise: a shade here and there, and with it what a
    // page's picture says. All of one architecture have its oldest instructions.
    let level = hayro::vello_cpu::RenderSettings { level: Level::baseline(), num_threads: 0 };
    let mut context = RenderContext::new_with(width as u16, height as u16, level);
    let settings = RenderSettings { hinting: false, ..RenderSettings::default() };
    let cache = RenderCache::new();
    render_into(page, &cache, &InterpreterSettings::default(), &settings, &mut context, transform);
    context.flush();
    let mut pixmap = Pixmap::new(context.width(), context.height());
    let rasterizer = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..Default::default() };
    context.render_with(&mut pixmap, &mut Resources::default(), rasterizer);
    Ok(pixmap)
}

fn gray(pixmap: &Pixmap) -> Gray {
    // The weights of BT.601, as all programs that make colours grey use them.
    let shade = |r: u8, g: u8, b: u8| {
        ((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114 + 500) / 1000) as u8
    };
    let pixels = pixmap.data().iter().map(|pixel| shade(pixel.r, pixel.g, pixel.b)).collect();
    Gray { width: pixmap.width().into(), height: pixmap.height().into(), pixels }
}

/// A picture as a PNG file: with one channel where nothing has a colour, which is a third of the bytes.
fn png(pixmap: &Pixmap) -> Result<Vec<u8>, Error> {
    let is_gray = pixmap.data().iter().all(|pixel| pixel.r == pixel.g && pixel.g == pixel.b);
    let (kind, pixels): (_, Vec<u8>) = match is_gray {
        true => (png::ColorType::Grayscale, pixmap.data().iter().map(|pixel| pixel.r).collect()),
        false => (png::ColorType::Rgb, pixmap.data().iter().flat_map(|p| [p.r, p.g, p.b]).collect()),
    };
    let failed = |error: png::EncodingError| Error::damaged("PDF", format!("a page's picture: {error}"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width().into(), pixmap.height().into());
    encoder.set_color(kind);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// What pictures a page shows.
#[derive(Debug, Default)]
struct Shown {
    /// Which part of the page they cover.
    part: f64,
    /// The resolution of the largest.
    dpi: Option<f64>,
    /// Whether all text is drawn before the last picture that covers much.
    covers_text: bool,
}

impl Shown {
    fn of(page: &Page<'_>) -> Shown {
        let (width, height) = page.base_dimensions();
        let side = (f64::from(width).max(1.0), f64::from(height).max(1.0));
        let (mut shown, mut largest) = (Shown::default(), 0.0);
        let Some(bytes) = page.page_stream() else { return shown };
        let mut lexer = Lexer::new(bytes, 0);
        let mut operands = Vec::new();
        let (mut states, mut matrix) = (Vec::new(), Affine::IDENTITY);
        for _ in 0..OPERATORS_MAX {
            let Some(token) = lexer.next() else { break };
            if token.kind != Kind::Operator {
                operands.push(token);
                continue;
            }
            match lexer.text(&token.span) {
                b"q" if states.len() < 100 => states.push(matrix),
                b"Q" => matrix = states.pop().unwrap_or(matrix),
                b"ID" => lexer.skip_image(),
                b"Tj" | b"TJ" | b"'" | b"\"" => shown.covers_text = false,
                b"cm" => {
                    let numbers: Vec<f64> = operands
                        .iter()
                        .filter_map(|token| match token.kind {
                            Kind::Number(number) => Some(number),
                            _ => None,
                        })
                        .collect();
                    if let Ok(numbers) = <[f64; 6]>::try_from(numbers) {
                        matrix *= Affine::new(numbers);
                    }
                }
                b"Do" => {
                    let name = operands.last().and_then(|t| Name::new(&bytes[t.span.start + 1..t.span.end]));
                    let drawn = name.and_then(|name| page.resources().get_x_object(&name));
                    match drawn.and_then(|drawn| picture(&drawn, matrix, side)) {
                        Some((part, dpi)) => {
                            shown.part += part;
                            shown.covers_text |= part >= COVERS;
                            if part > largest {
                                (largest, shown.dpi) = (part, Some(dpi));
                            }
                        }
                        // A form may show text.
                        None => shown.covers_text = false,
                    }
                }
                _ => {}
            }
            operands.clear();
        }
        shown
    }
}

/// Which part of a page a picture covers, and its resolution; `None` for a form.
fn picture(image: &Stream<'_>, matrix: Affine, (width, height): (f64, f64)) -> Option<(f64, f64)> {
    let kind = image.dict().get::<Name<'_>>("Subtype")?;
    let pixels = f64::from(image.dict().get::<u32>("Width")?);
    let [a, b, c, d, _, _] = matrix.as_coeffs();
    let (x, y) = ((a.abs() + c.abs()).min(width), (b.abs() + d.abs()).min(height));
    let across = a.hypot(b);
    let is_drawn = kind.as_str() == "Image" && across > 0.0 && across.is_finite();
    is_drawn.then(|| (x * y / (width * height), (pixels / across * 72.0).max(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &[u8] = include_bytes!("../../../../fuzz/corpus/pdf/drawn");

    #[test]
    fn what_takes_too_long_or_falls_over_is_an_error() {
        let drawer = Drawer::open(SMALL).unwrap();
        let sleeps = |_: &Page<'_>| -> Result<Gray, Error> {
            std::thread::sleep(Duration::from_secs(5));
            Err(Error::Empty)
        };
        let late = drawer.within(Duration::from_millis(20), 0, sleeps).unwrap_err();
        assert!(matches!(late, Error::Limit { .. }), "{late}");
        let falls = |_: &Page<'_>| -> Result<Gray, Error> { panic!("as a renderer might") };
        let fallen = drawer.within(Duration::from_secs(5), 0, falls).unwrap_err();
        assert!(matches!(fallen, Error::Damaged { .. }), "{fallen}");
        let (gray, png) = (drawer.draw(0, 72.0).unwrap(), drawer.png(0, 72.0).unwrap());
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let shown = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((shown.width as usize, shown.height as usize), (gray.width, gray.height));
        assert!(pixels.iter().any(|pixel| *pixel < 128), "something is drawn");
    }
}
