//! How long a picture takes on one core, step by step, and how much memory: of a document's pages alone, and among
//! the pages of many.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context;
use tellmark_core::{Gray, PageWord};
use tellmark_formats::pdf::Drawer;
use tellmark_formats::picture::read_pictures;
use tellmark_pages::features::{PageFeatures, of_page};
use tellmark_pages::find::Index;
use tellmark_pages::read::{Page, Start, read};
use tellmark_testkit::degrade::Sheet;
use tellmark_testkit::{PictureAttack, document, print};

use super::source::{self, OriginalPage};
use super::{DPI, signs};

/// Pictures that are common, and the file that they come in.
const KINDS: [(&str, image::ImageFormat); 4] = [
    ("screenshot-96", image::ImageFormat::Png),
    ("messenger", image::ImageFormat::Jpeg),
    ("photo-20", image::ImageFormat::Jpeg),
    ("print-scan-300", image::ImageFormat::Png),
];
/// What `app` draws pages at before pictures are compared with them, and before they are described.
pub const DRAWN_DPI: f64 = 400.0;
const DESCRIBED_DPI: f64 = 150.0;
/// Words of a page of a made-up library.
const WORDS: usize = 430;

/// The tables, with the means over all pages of the documents.
///
/// # Errors
/// When a document cannot be drawn, or the system says nothing of time and memory.
pub fn markdown(originals: &[OriginalPage], library: usize, seed: u64) -> anyhow::Result<String> {
    let mut out = String::from(
        "| picture | among pages | decoded | found | page drawn | page prepared | read | seconds in all |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let own: Vec<PageFeatures> = originals.iter().map(described).collect::<anyhow::Result<_>>()?;
    let (others, making) = timed(|| (0..library).map(|at| made_up(seed, at)).collect::<anyhow::Result<_>>())?;
    let mut others: Vec<PageFeatures> = others;
    let bytes: Vec<Vec<u8>> = own.iter().chain(&others).map(PageFeatures::to_bytes).collect();
    others.clear();
    for pages in [own.len(), bytes.len()] {
        let (index, loading) = timed(|| loaded(&bytes[..pages]))?;
        for (name, format) in KINDS {
            let row = row(originals, &index, name, format, seed)?;
            let all: f64 = row.iter().sum();
            let each = row.map(|seconds| format!("{seconds:.3}")).join(" | ");
            writeln!(out, "| {name} | {pages} | {each} | {all:.2} |")?;
        }
        writeln!(out, "| loading the pages | {pages} | | | | | | {:.2} |", loading.as_secs_f64())?;
    }
    let each = making.as_secs_f64() / library.max(1) as f64;
    writeln!(
        out,
        "\nDescribing a page takes {each:.3} s, once. Memory at the peak: {} MB.",
        peak_megabytes()?
    )?;
    Ok(out)
}

/// The features of a page, as a vault keeps them.
///
/// # Errors
/// When it cannot be drawn.
pub fn described(original: &OriginalPage) -> anyhow::Result<PageFeatures> {
    let drawn = original.drawer.draw(original.number, DESCRIBED_DPI)?;
    Ok(of_page(&drawn, DESCRIBED_DPI / 72.0))
}

/// The features of a page that nobody asks for.
fn made_up(seed: u64, at: usize) -> anyhow::Result<PageFeatures> {
    let prose = document::prose(seed.wrapping_add(1 + at as u64), WORDS, 0.0);
    let drawn = Drawer::open(&print::pdf(&[print::lines(&prose)]))?.draw(0, DESCRIBED_DPI)?;
    Ok(of_page(&drawn, DESCRIBED_DPI / 72.0))
}

fn loaded(bytes: &[Vec<u8>]) -> anyhow::Result<Index> {
    let page = |(at, bytes): (usize, &Vec<u8>)| Ok((at as u32, PageFeatures::from_bytes(bytes)?));
    Ok(Index::build(bytes.iter().enumerate().map(page).collect::<anyhow::Result<Vec<_>>>()?))
}

/// Seconds of each step on the mean: decoding, finding, drawing the page, preparing it, reading.
fn row(
    originals: &[OriginalPage],
    index: &Index,
    name: &str,
    format: image::ImageFormat,
    seed: u64,
) -> anyhow::Result<[f64; 5]> {
    let attack = PictureAttack::by_name(name).with_context(|| format!("there is no attack {name}"))?;
    let mut sums = [0.0; 5];
    for (at, page) in originals.iter().enumerate() {
        let copy = page.marked(&signs(page, seed));
        let sheet = Sheet { page: &copy, dpi: DPI, words: &page.words };
        let file = encoded(&attack.run(&sheet, seed.wrapping_add(at as u64)).picture, format)?;
        let (picture, decoding) = timed(|| Ok(read_pictures(&file)?.remove(0).gray))?;
        let (found, finding) = timed(|| Ok(index.find(&picture)))?;
        let found = found.into_iter().next().with_context(|| format!("{name} of page {at} is not found"))?;
        let (drawn, drawing) = timed(|| Ok(page.drawer.draw(page.number, DRAWN_DPI)?))?;
        let words: Vec<PageWord> = page.words.clone();
        let (ready, preparing) = timed(|| Ok(Page::new(&drawn, page.size, words, source::SHIFT)))?;
        let start = Start { to_picture: found.homography, matches: found.matches };
        let (_, reading) = timed(|| Ok(read(&ready, &picture, &start)))?;
        for (sum, time) in sums.iter_mut().zip([decoding, finding, drawing, preparing, reading]) {
            *sum += time.as_secs_f64() / originals.len() as f64;
        }
    }
    Ok(sums)
}

fn encoded(picture: &Gray, format: image::ImageFormat) -> anyhow::Result<Vec<u8>> {
    let (width, height) = (picture.width as u32, picture.height as u32);
    let picture = image::GrayImage::from_raw(width, height, picture.pixels.clone()).context("no pixels")?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format)?;
    Ok(bytes.into_inner())
}

/// What it gives, and the processor's time that it takes on all threads: what else runs on the machine matters little.
fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, Duration)> {
    let now = || Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime));
    let begun = now()?;
    let result = work()?;
    Ok((result, now()? - begun))
}

fn peak_megabytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("the system says nothing of memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak of memory")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1000)
}
