//! The two editions, cut into protected documents, background and unrelated texts.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};

/// A verse in both editions.
#[derive(Debug, Clone)]
pub struct Verse {
    /// The edition whose documents are protected.
    pub first: String,
    /// The other one: a natural, hard paraphrase.
    pub second: String,
}

/// A protected document: verses in a row.
#[derive(Debug, Clone)]
pub struct Document {
    /// The verses of the first edition, one a line.
    pub text: String,
    /// Where each verse stands in the text.
    pub starts: Vec<usize>,
    /// The verses.
    pub verses: Vec<Verse>,
}

/// Books whose documents are protected, by their numbers from 0: law and histories, less Chronicles, which repeat
/// Kings.
const PROTECTED: &[std::ops::RangeInclusive<usize>] = &[0..=11, 14..=16];
/// Books that are not: wisdom and prophets.
const OPEN: std::ops::RangeInclusive<usize> = 17..=38;
/// Chapters of those that repeat or answer chapters of the histories, by book and chapter from 0: psalms of David,
/// Hezekiah's siege, the fall of the city, the oracle on Moab.
const REPEATED: &[(usize, &[usize])] =
    &[(18, &[17, 95, 104, 105, 134, 135]), (22, &[35, 36, 37, 38]), (23, &[38, 39, 40, 51])];
/// Verses of a protected document.
const VERSES: usize = 10;

/// The material of the experiments.
pub struct Books {
    /// Protected documents.
    pub documents: Vec<Document>,
    /// Texts that have nothing to do with them, from which the calibration is made.
    pub background: Vec<String>,
    /// Others, which are never seen before they are searched.
    pub unrelated: Vec<String>,
}

impl Books {
    /// Reads `reuse/editions.tsv.gz` below a directory: at most so many documents.
    pub fn read(corpus: &Path, documents: usize) -> Result<Books> {
        let path = corpus.join("reuse/editions.tsv.gz");
        let file = std::fs::File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(file).take(64 << 20).read_to_string(&mut text)?;
        let books = books(&text);
        let (mut protected, mut open) = (Vec::new(), Vec::new());
        for (number, chapters) in books.iter().enumerate() {
            if PROTECTED.iter().any(|range| range.contains(&number)) {
                protected.extend(chapters.concat().chunks(VERSES).map(document));
            }
            if OPEN.contains(&number) {
                let repeated = REPEATED.iter().find(|(book, _)| *book == number).map_or(&[][..], |(_, c)| c);
                let own = chapters.iter().enumerate().filter(|(chapter, _)| !repeated.contains(chapter));
                open.push(own.flat_map(|(_, verses)| verses.clone()).collect::<Vec<Verse>>());
            }
        }
        protected.truncate(documents);
        let (mut background, mut unrelated) = (Vec::new(), Vec::new());
        for (number, two) in open.iter().flat_map(|book| book.chunks(2)).enumerate() {
            let join = |of: fn(&Verse) -> &String| {
                two.iter().map(|verse| of(verse).as_str()).collect::<Vec<_>>().join(" ")
            };
            let both = [join(|verse| &verse.first), join(|verse| &verse.second)];
            if number % 3 == 0 { background.extend(both) } else { unrelated.extend(both) }
        }
        Ok(Books { documents: protected, background, unrelated })
    }
}

/// The verses by books and chapters.
fn books(text: &str) -> Vec<Vec<Vec<Verse>>> {
    let mut books: Vec<Vec<Vec<Verse>>> = Vec::new();
    let mut last = None;
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (Some(number), Some(first), Some(second)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let Ok(number) = number.parse::<u32>() else { continue };
        // The numbers are lines of the source: a book's heading takes two of them, a chapter's one.
        if last.is_none_or(|last| number == last + 3) {
            books.push(Vec::new());
        }
        let is_next = last.is_some_and(|last| number == last + 1);
        last = Some(number);
        let Some(book) = books.last_mut() else { continue };
        if !is_next || book.is_empty() {
            book.push(Vec::new());
        }
        if let Some(chapter) = book.last_mut() {
            chapter.push(Verse { first: first.to_owned(), second: second.to_owned() });
        }
    }
    books
}

fn document(verses: &[Verse]) -> Document {
    let (mut text, mut starts) = (String::new(), Vec::new());
    for verse in verses {
        starts.push(text.len());
        text.push_str(&verse.first);
        text.push('\n');
    }
    Document { text, starts, verses: verses.to_vec() }
}
