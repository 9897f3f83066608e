//! Degradations by augraphy, a library of Python that nobody here wrote.

use std::path::Path;
use std::process::Command;

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

/// One row for each augmentation that the script knows. Words inside are not known: some augmentations cut or bend.
///
/// # Errors
/// When Python or augraphy cannot be run. An augmentation that fails is left out, with a message.
pub fn rows(
    python: &Path,
    pages: &[OriginalPage],
    readers: &[Box<Reader<'_>>],
    seed: u64,
    pictures: usize,
) -> anyhow::Result<Vec<Row>> {
    let folder = std::env::temp_dir().join(format!("tellmark-augraphy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let result = in_folder(python, pages, readers, seed, pictures, &folder);
    std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    result
}

fn in_folder(
    python: &Path,
    pages: &[OriginalPage],
    readers: &[Box<Reader<'_>>],
    seed: u64,
    pictures: usize,
    folder: &Path,
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
    let names = python_lines(python, &script, &["--list".into()])?;
    let mut rows = Vec::new();
    for name in names {
        eprintln!("augraphy {name}");
        let arguments = [name.clone(), seed.to_string(), folder.display().to_string(), pictures.to_string()];
        if let Err(error) = python_lines(python, &script, &arguments) {
            eprintln!("  left out: {error:#}");
            continue;
        }
        let mut row = Row::new(&format!("augraphy {name}"));
        for number in 0..pictures {
            let (original, reader) = (&pages[number % pages.len()], &readers[number % pages.len()]);
            let picture = gray(&std::fs::read(folder.join(format!("out-{number}.pgm")))?)?;
            let signs = signs(original, seed + number as u64);
            row.trials.push(trial::judge(original, reader, &picture, &signs, original.sites(), seed));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn python_lines(python: &Path, script: &Path, arguments: &[String]) -> anyhow::Result<Vec<String>> {
    let run = Command::new(python).arg(script).args(arguments).output();
    let run = run.with_context(|| format!("running {}", python.display()))?;
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr);
        bail!("{}", said.trim().lines().last().unwrap_or("it failed and said nothing"));
    }
    Ok(String::from_utf8_lossy(&run.stdout).lines().map(str::to_owned).collect())
}

fn pgm(picture: &Gray) -> Vec<u8> {
    [format!("P5\n{} {}\n255\n", picture.width, picture.height).as_bytes(), &picture.pixels].concat()
}
