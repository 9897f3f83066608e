//! How many unrelated texts have an alarm, beside what is said of those alarms: genre by genre.
//!
//! Works of one genre are drawn into three: some are protected, some are the background, and the others are searched.
//! They have nothing to do with each other but their genre, and the wording that comes with it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use rayon::prelude::*;
use tellmark_spotting::{Background, Protected};
use tellmark_testkit::Random;

use super::books::Books;
use super::public::{listed, pieces, texts};

/// Words of a document, and of a text of the background.
const WORDS: usize = 250;
/// Words of the texts that are searched.
const SEARCHED_WORDS: [usize; 2] = [WORDS, 4 * WORDS];
/// Documents that are protected.
const DOCUMENTS: usize = 500;
/// Texts of the background; without one nothing is said.
const BACKGROUND: [usize; 4] = [0, 100, 300, 1_000];
/// Texts of a background of another genre, which says nothing of this one.
const FOREIGN: usize = 300;
/// Texts that are searched in one draw, at most.
const SEARCHED: usize = 3_000;
/// Draws.
const DRAWS: usize = 10;

/// Works of one kind.
struct Genre {
    name: String,
    works: Vec<String>,
}

/// Reads `DIR/<genre>/*.txt`, one work a file, adds the verses, and measures each.
pub fn measure(directory: &Path, books: &Books, seed: u64, page: &mut String) -> Result<()> {
    let named = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Genre { name, works: texts(path)? })
    };
    let mut genres = listed(directory)?.iter().map(named).collect::<Result<Vec<_>>>()?;
    genres.push(Genre {
        name: "verses".into(),
        works: books.unrelated.chunks(20).map(<[_]>::concat).collect(),
    });
    writeln!(page, "\n## Stated and measured\n")?;
    writeln!(
        page,
        "| genre | background | words searched | texts | alarms of a million | said of them: least | half of them | said least of | that of a million | worst |"
    )?;
    writeln!(page, "|---|---|---|---|---|---|---|---|---|---|")?;
    for genre in &genres {
        for background in BACKGROUND {
            rows(genre, None, background, seed, page)?;
        }
        if let Some(foreign) = genres.iter().find(|other| other.name != genre.name) {
            rows(genre, Some(foreign), FOREIGN, seed, page)?;
        }
    }
    Ok(())
}

/// A row for each length of what is searched.
fn rows(genre: &Genre, foreign: Option<&Genre>, count: usize, seed: u64, page: &mut String) -> Result<()> {
    let mut tallies = vec![Tally::default(); SEARCHED_WORDS.len()];
    for draw in 0..DRAWS {
        let mut works: Vec<&String> = genre.works.iter().collect();
        Random::of_part(seed, draw as u64).shuffle(&mut works);
        let third = works.len() / 3;
        let cut = |works: &[&String], words: usize| -> Vec<String> {
            let mut all: Vec<String> = works.iter().flat_map(|work| pieces(work, words)).collect();
            Random::of_part(seed, 1_000 + draw as u64).shuffle(&mut all);
            all
        };
        let documents = cut(&works[..third], WORDS);
        let mut background = match foreign {
            Some(foreign) => cut(&foreign.works.iter().collect::<Vec<_>>(), WORDS),
            None => cut(&works[third..2 * third], WORDS),
        };
        if background.len() < count {
            return Ok(());
        }
        background.truncate(count);
        let background: Vec<&str> = background.iter().map(String::as_str).collect();
        let documents = documents.iter().take(DOCUMENTS).map(String::as_str);
        let protected = Protected::with_background(documents, Background::of(&background));
        for (words, tally) in SEARCHED_WORDS.iter().zip(&mut tallies) {
            let searched = cut(&works[2 * third..], *words);
            let said: Vec<Option<Option<f64>>> = searched
                .par_iter()
                .take(SEARCHED)
                .map_init(
                    || protected.spotter(),
                    |spotter, text| {
                        let hits = spotter.spot(text);
                        let said =
                            hits.iter().filter_map(|hit| hit.false_alarms_per_million).reduce(f64::min);
                        (!hits.is_empty()).then_some(said)
                    },
                )
                .collect();
            tally.texts += said.len();
            tally.alarms += said.iter().flatten().count();
            tally.said.extend(said.into_iter().flatten().flatten());
        }
    }
    let name = match foreign {
        Some(foreign) => format!("{}, background of {}", genre.name, foreign.name),
        None => genre.name.clone(),
    };
    for (words, tally) in SEARCHED_WORDS.iter().zip(&mut tallies) {
        tally.write(&name, count, *words, page)?;
    }
    Ok(())
}

/// What was said of the texts that had an alarm.
#[derive(Debug, Default, Clone)]
struct Tally {
    texts: usize,
    alarms: usize,
    said: Vec<f64>,
}

impl Tally {
    fn write(&mut self, name: &str, count: usize, words: usize, page: &mut String) -> Result<()> {
        self.said.sort_by(f64::total_cmp);
        let share = |alarms: usize| 1e6 * alarms as f64 / self.texts.max(1) as f64;
        let least = self.said.first().copied().unwrap_or(0.0);
        let half = self.said.get(self.said.len() / 2).copied().unwrap_or(0.0);
        let no_more = |said: f64| self.said.partition_point(|other| *other <= said * 1.000_001);
        let worst = self.said.iter().map(|said| share(no_more(*said)) / said).fold(0.0, f64::max);
        writeln!(
            page,
            "| {name} | {count} | {words} | {} | {:.0} | {least:.0} | {half:.0} | {} | {:.0} | {worst:.2} |",
            self.texts,
            share(self.alarms),
            no_more(least),
            share(no_more(least)),
        )?;
        Ok(())
    }
}
