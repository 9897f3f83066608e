//! `cargo xtask pages`: what pictures of marked pages still say.

mod augraphy;
mod source;
mod speed;
mod table;
mod trial;

use std::path::PathBuf;

use anyhow::{Context, bail};
use source::{DPI, OriginalPage};
use table::Row;
use tellmark_core::Gray;
use tellmark_testkit::degrade::{Degraded, Sheet, Track};
use tellmark_testkit::{PICTURE_ATTACKS, PictureAttack, Random};

/// From a picture to the natural log-likelihood ratio of words of one page: the word's index, and the ratio.
pub type Reader<'a> = dyn Fn(&Gray) -> Vec<(usize, f64)> + 'a;

struct Options {
    paths: Vec<PathBuf>,
    seed: u64,
    /// Pictures for each attack, and pages whose reading is timed.
    pictures: usize,
    attacks: Vec<&'static PictureAttack>,
    /// Whether these are all attacks; then the original is tried, too.
    all: bool,
    augraphy: Option<PathBuf>,
    /// Augmentations of augraphy; all where none is named.
    augmentations: Vec<String>,
    out: Option<PathBuf>,
    /// Pages of a made-up library: speed is measured, and nothing else.
    speed: Option<usize>,
}

/// Measures and prints.
///
/// # Errors
/// When arguments are wrong, a PDF cannot be drawn, or results cannot be written.
pub fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let options = parse(arguments)?;
    if let Some(library) = options.speed {
        return measured(&options, library);
    }
    let pages = originals(&options)?;
    pages.iter().for_each(|page| eprintln!("{}: {} words can be marked", page.name, page.sites()));
    let readers: Vec<_> = pages.iter().map(reader).collect::<anyhow::Result<_>>()?;
    let mut rows = Vec::new();
    if options.augraphy.is_none() {
        for attack in &options.attacks {
            eprintln!("{}", attack.name);
            rows.push(attacked(&options, attack, &pages, &readers));
            kept(&options, &table::markdown(&rows))?;
        }
        for name in UNMARKED.iter().filter(|_| options.all) {
            let attack =
                PictureAttack::by_name(name).with_context(|| format!("there is no attack {name}"))?;
            eprintln!("unmarked, {name}");
            rows.push(unmarked(&options, attack, &pages, &readers));
            kept(&options, &table::markdown(&rows))?;
        }
    }
    if let Some(python) = &options.augraphy {
        let each = |rows: &[Row]| kept(&options, &table::markdown(rows));
        let wanted = augraphy::Wanted {
            names: &options.augmentations,
            seed: options.seed,
            pictures: options.pictures,
        };
        rows = augraphy::rows(python, &pages, &readers, &wanted, &each)?;
    }
    told(&options, &table::markdown(&rows))
}

/// The pages of all documents.
fn originals(options: &Options) -> anyhow::Result<Vec<OriginalPage>> {
    let mut pages = Vec::new();
    for path in &options.paths {
        eprintln!("drawing {}", path.display());
        pages.extend(source::pages(path)?);
    }
    if pages.is_empty() {
        bail!("no page has 100 words that can be marked");
    }
    Ok(pages)
}

/// Speed alone, with a library of so many more pages.
fn measured(options: &Options, library: usize) -> anyhow::Result<bool> {
    let mut originals = originals(options)?;
    originals.truncate(options.pictures);
    told(options, &speed::markdown(&originals, library, options.seed)?)
}

fn told(options: &Options, text: &str) -> anyhow::Result<bool> {
    print!("{text}");
    kept(options, text)?;
    Ok(true)
}

/// What is measured so far, in the file for it.
fn kept(options: &Options, text: &str) -> anyhow::Result<()> {
    if let Some(out) = &options.out {
        std::fs::write(out, text).with_context(|| format!("writing {}", out.display()))?;
    }
    Ok(())
}

/// What reads pictures of a page, as a leak is read: found, registered to the page as Tellmark draws it, weighed word by
/// word.
fn reader(original: &OriginalPage) -> anyhow::Result<Box<Reader<'_>>> {
    use tellmark_pages::read::{Page, Start, read};
    let index = tellmark_pages::find::Index::build([(0, speed::described(original)?)]);
    let drawn = original.drawer.draw(original.number, speed::DRAWN_DPI)?;
    let page = Page::new(&drawn, original.size, original.words.clone(), source::SHIFT);
    Ok(Box::new(move |picture| {
        let Some(found) = index.find(picture).into_iter().next() else { return vec![] };
        let start = Start { to_picture: found.homography, matches: found.matches };
        read(&page, picture, &start).words.iter().map(|word| (word.word, word.llr)).collect()
    }))
}

/// Pictures of the original, which no copy is: the true copy of such a row is one more random codeword.
const UNMARKED: [&str; 3] = ["screenshot-96", "print-scan-150", "photo-20"];

fn unmarked(
    options: &Options,
    attack: &'static PictureAttack,
    pages: &[OriginalPage],
    readers: &[Box<Reader<'_>>],
) -> Row {
    let mut row = Row::new(&format!("original, {}", attack.name));
    for number in 0..options.pictures {
        let (original, reader) = (&pages[number % pages.len()], &readers[number % pages.len()]);
        let seed = options.seed.wrapping_add(number as u64);
        let sheet = Sheet { page: &original.drawn, dpi: DPI, words: &original.words };
        let Degraded { picture, track } = attack.run(&sheet, seed);
        let inside = inside(original, &picture, &track);
        row.trials.push(trial::judge(original, reader, &picture, &signs(original, seed), inside, seed));
    }
    row
}

fn attacked(
    options: &Options,
    attack: &'static PictureAttack,
    pages: &[OriginalPage],
    readers: &[Box<Reader<'_>>],
) -> Row {
    let mut row = Row::new(attack.name);
    for number in 0..options.pictures {
        let (original, reader) = (&pages[number % pages.len()], &readers[number % pages.len()]);
        let seed = options.seed.wrapping_add(number as u64);
        let signs = signs(original, seed);
        let copy = original.marked(&signs);
        let sheet = Sheet { page: &copy, dpi: DPI, words: &original.words };
        let Degraded { picture, track } = attack.run(&sheet, seed);
        let inside = inside(original, &picture, &track);
        let trial = trial::judge(original, reader, &picture, &signs, inside, seed);
        eprintln!("  {}: {:.0} bits of {inside}, {} words wrong", original.name, trial.bits, trial.wrong);
        row.trials.push(trial);
    }
    row
}

/// A codeword for the page.
fn signs(original: &OriginalPage, seed: u64) -> Vec<bool> {
    let mut random = Random::of_part(seed, 0x5169);
    (0..original.sites()).map(|_| random.chance(0.5)).collect()
}

/// Words with a site whose middle the picture shows.
fn inside(original: &OriginalPage, picture: &Gray, track: &Track) -> usize {
    let middle = |low: i32, high: i32| f64::from(low + high) / 2000.0;
    let shown = |word: &&tellmark_core::PageWord| {
        let (x, y) = (middle(word.area.left, word.area.right), middle(word.area.top, word.area.bottom));
        let place = track.apply(x, y);
        let fits = |at: f64, size: usize| at >= 0.0 && at < size as f64;
        word.site.is_some() && place.is_some_and(|(x, y)| fits(x, picture.width) && fits(y, picture.height))
    };
    original.words.iter().filter(shown).count()
}

fn parse(arguments: &[&str]) -> anyhow::Result<Options> {
    let mut options = Options {
        paths: vec![],
        seed: 1,
        pictures: 4,
        attacks: PICTURE_ATTACKS.iter().filter(|attack| attack.name != "untouched").collect(),
        all: true,
        augraphy: None,
        augmentations: vec![],
        out: None,
        speed: None,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match *argument {
            "--seed" => options.seed = value()?.parse().context("--seed: a number is needed")?,
            "--pictures" => options.pictures = value()?.parse().context("--pictures: a number is needed")?,
            "--attack" => {
                let name = value()?;
                let known = PictureAttack::by_name(name);
                let known = known.with_context(|| format!("there is no attack {name}"))?;
                options.attacks.retain(|_| !options.all);
                options.attacks.push(known);
                options.all = false;
            }
            "--original" => {
                options.attacks.clear();
                options.all = true;
            }
            "--augraphy" => options.augraphy = Some(value()?.into()),
            "--augmentation" => options.augmentations.push((*value()?).to_owned()),
            "--speed" => {
                options.speed = Some(value()?.parse().context("--speed: a number of pages is needed")?)
            }
            "--out" => options.out = Some(value()?.into()),
            other if other.starts_with("--") => {
                bail!("unknown option {other}; `cargo xtask help` lists them")
            }
            path => options.paths.push(path.into()),
        }
    }
    if options.paths.is_empty() {
        bail!("name at least one PDF with text");
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked() {
        let options = parse(&["a.pdf", "--attack", "photo-20", "--pictures", "2", "--seed", "9"]).unwrap();
        assert_eq!((options.attacks[0].name, options.pictures, options.seed), ("photo-20", 2, 9));
        let several = parse(&["a.pdf", "--attack", "photo-20", "--attack", "photo-45"]).unwrap();
        assert_eq!((several.attacks.len(), several.all), (2, false));
        assert!(parse(&[]).is_err() && parse(&["a.pdf", "--attack", "flood"]).is_err());
        assert!(parse(&["a.pdf", "--seed"]).is_err() && parse(&["a.pdf", "--sed", "1"]).is_err());
    }
}
