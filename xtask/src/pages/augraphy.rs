//! Degradations by augraphy, a library of Python that nobody here wrote.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::source::{OriginalPage, gray};
use super::table::Row;
use super::{Reader, signs, trial};
use tellmark_core::Gray;
use tellmark_testkit::degrade::{Degraded, Sheet, screenshot};

/// The script that runs one augmentation on each of several pictures.
const SCRIPT: &str = include_str!("augraphy.py");
/// Pixels an inch of the pictures that augraphy is given.
const GIVEN_DPI: f64 = 150.0;
/// Longest time for one picture: some augmentations never end.
const TIME_MAX: Duration = Duration::from_secs(60);
/// Text is legible where tesseract recognises so much of the words that it recognised before, in percent.
const LEGIBLE_PERCENT: usize = 50;

/// What is to be run.
pub struct Wanted<'a> {
    /// Augmentations; all that the script knows where none is named.
    pub names: &'a [String],
    pub seed: u64,
    /// Pictures for each.
    pub pictures: usize,
}

/// One row for each augmentation that is wanted. Words inside are not known: some augmentations cut or bend.
/// Where pictures have fewer bits than name a copy, the row's name says how many of these are still legible. `each` is
/// told the rows so far.
///
/// # Errors
/// When Python or augraphy cannot be run, or tesseract. An augmentation that fails or does not end is left out, with a
/// message.
pub fn rows(
    python: &Path,
    pages: &[OriginalPage],
    readers: &[Box<Reader<'_>>],
    wanted: &Wanted<'_>,
    each: &dyn Fn(&[Row]) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Row>> {
    let folder = std::env::temp_dir().join(format!("tellmark-augraphy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let result = in_folder(python, pages, readers, wanted, &folder, each);
    std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    result
}

fn in_folder(
    python: &Path,
    pages: &[OriginalPage],
    readers: &[Box<Reader<'_>>],
    &Wanted { names: wanted, seed, pictures }: &Wanted<'_>,
    folder: &Path,
    each: &dyn Fn(&[Row]) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Row>> {
    for number in 0..pictures {
        let original = &pages[number % pages.len()];
        let copy = original.marked(&signs(original, seed + number as u64));
        let sheet = Sheet { page: &copy, dpi: super::DPI, words: &[] };
        let Degraded { picture, .. } = screenshot(&sheet, seed + number as u64, GIVEN_DPI);
        std::fs::write(folder.join(format!("in-{number}.pgm")), pgm(&picture))?;
    }
    let script = folder.join("augraphy.py");
    std::fs::write(&script, SCRIPT)?;
    let names = python_lines(python, &script, &["--list".into()], 1)?;
    let mut rows = Vec::new();
    for name in names.into_iter().filter(|name| wanted.is_empty() || wanted.contains(name)) {
        eprintln!("augraphy {name}");
        let arguments = [name.clone(), seed.to_string(), folder.display().to_string(), pictures.to_string()];
        if let Err(error) = python_lines(python, &script, &arguments, pictures) {
            eprintln!("  left out: {error:#}");
            continue;
        }
        let mut row = Row::new(&name);
        let (mut few, mut legible) = (0, 0);
        for number in 0..pictures {
            let (original, reader) = (&pages[number % pages.len()], &readers[number % pages.len()]);
            let file = folder.join(format!("out-{number}.pgm"));
            let picture = gray(&std::fs::read(&file)?)?;
            let signs = signs(original, seed + number as u64);
            let trial = trial::judge(original, reader, &picture, &signs, original.sites(), seed);
            eprintln!("  {}: {:.0} bits, {} words wrong", original.name, trial.bits, trial.wrong);
            if trial.bits < trial::THRESHOLD_BITS {
                let before = recognised(&folder.join(format!("in-{number}.pgm")))?;
                few += 1;
                legible += usize::from(is_legible(&before, &recognised(&file)?));
            }
            row.trials.push(trial);
        }
        if few > 0 {
            row.name = format!("{name}, {legible} of {few} below 40 bits legible");
        }
        rows.push(row);
        each(&rows)?;
    }
    Ok(rows)
}

fn python_lines(
    python: &Path,
    script: &Path,
    arguments: &[String],
    pictures: usize,
) -> anyhow::Result<Vec<String>> {
    let mut command = Command::new(python);
    command.arg(script).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("running {}", python.display()))?;
    let (begun, longest) = (Instant::now(), TIME_MAX * (1 + pictures as u32));
    while child.try_wait()?.is_none() {
        if begun.elapsed() > longest {
            child.kill()?;
            child.wait()?;
            bail!("it did not end within {} seconds", longest.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let run = child.wait_with_output()?;
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr);
        bail!("{}", said.trim().lines().last().unwrap_or("it failed and said nothing"));
    }
    Ok(String::from_utf8_lossy(&run.stdout).lines().map(str::to_owned).collect())
}

/// The words that tesseract recognises in a picture, with how often it does.
fn recognised(picture: &Path) -> anyhow::Result<BTreeMap<String, usize>> {
    let run = Command::new("tesseract").arg(picture).arg("stdout").env("OMP_THREAD_LIMIT", "1").output();
    let run = run.context("tesseract (Debian package tesseract-ocr)")?;
    let mut words = BTreeMap::new();
    for word in String::from_utf8_lossy(&run.stdout).split_whitespace() {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    Ok(words)
}

fn is_legible(before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>) -> bool {
    let kept: usize =
        before.iter().map(|(word, count)| after.get(word).copied().unwrap_or(0).min(*count)).sum();
    100 * kept >= LEGIBLE_PERCENT * before.values().sum::<usize>()
}

fn pgm(picture: &Gray) -> Vec<u8> {
    [format!("P5\n{} {}\n255\n", picture.width, picture.height).as_bytes(), &picture.pixels].concat()
}
