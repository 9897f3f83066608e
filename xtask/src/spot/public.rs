//! Public texts that a package brings: more documents, and articles that have nothing to do with any.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Bytes of one file that are read.
const FILE_MAX: u64 = 8 << 20;

/// Texts of a directory with `documents/*.txt` and `articles/*.txt`.
pub struct Public {
    documents: Vec<String>,
    background: Vec<String>,
    searched: Vec<String>,
}

impl Public {
    /// Reads a directory. Every third article is background, the others are searched.
    pub fn read(directory: &Path) -> Result<Public> {
        let (mut background, mut searched) = (Vec::new(), Vec::new());
        for (number, text) in texts(&directory.join("articles"))?.into_iter().enumerate() {
            if number % 3 == 0 { background.push(text) } else { searched.push(text) }
        }
        Ok(Public { documents: texts(&directory.join("documents"))?, background, searched })
    }

    /// The documents, cut into pieces of so many words, spread over all of them.
    pub fn documents(&self, words: usize) -> Vec<String> {
        let mut pieces: Vec<Vec<String>> = self.documents.iter().map(|text| pieces(text, words)).collect();
        pieces.iter_mut().for_each(|pieces| pieces.reverse());
        let mut all = Vec::new();
        while pieces.iter().any(|pieces| !pieces.is_empty()) {
            all.extend(pieces.iter_mut().filter_map(Vec::pop));
        }
        all
    }

    /// Articles from which the calibration is made.
    pub fn background(&self) -> &[String] {
        &self.background
    }

    /// Articles that are searched.
    pub fn searched(&self) -> &[String] {
        &self.searched
    }
}

/// What is in a directory, by its name.
pub fn listed(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The texts of a directory, one a file with the ending `txt`, by their names.
pub fn texts(directory: &Path) -> Result<Vec<String>> {
    let mut paths = listed(directory)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    let read = |path: &PathBuf| {
        let long = std::fs::metadata(path)?.len() > FILE_MAX;
        anyhow::ensure!(!long, "{} is too long", path.display());
        Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
    };
    paths.iter().map(read).collect()
}

/// Cuts a text at line ends after so many words.
pub fn pieces(text: &str, words: usize) -> Vec<String> {
    let (mut pieces, mut piece, mut count) = (Vec::new(), String::new(), 0);
    for sentence in text.split_inclusive(['.', '\n']) {
        piece.push_str(sentence);
        count += sentence.split_whitespace().count();
        if count >= words {
            pieces.push(std::mem::take(&mut piece));
            count = 0;
        }
    }
    if count > words / 2 {
        pieces.push(piece);
    }
    pieces
}
