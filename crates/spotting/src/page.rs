//! A text, cut into words, stems and sentences.

use std::ops::Range;

use crate::lexicon::{Hashed, Lexicon, Stem, UNKNOWN};
use crate::sentences::sentences;
use crate::stems::Stems;
use crate::words::{Word, fold, words, words_into};

/// A text's words with their stems, and its sentences as ranges of words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub words: Vec<Word>,
    pub stems: Vec<Stem>,
    pub sentences: Vec<Range<u32>>,
}

impl Page {
    /// The stems of a sentence.
    pub fn stems_of(&self, sentence: usize) -> &[Stem] {
        let Range { start, end } = self.sentences[sentence];
        &self.stems[start as usize..end as usize]
    }

    /// The words of a sentence.
    pub fn words_of(&self, sentence: usize) -> Range<usize> {
        self.sentences[sentence].start as usize..self.sentences[sentence].end as usize
    }
}

/// Words whose stems are remembered.
const SLOTS: usize = 1 << 15;

/// Finds the stems of words, and remembers those that it met last.
pub(crate) struct Speller {
    stems: Stems,
    /// By the lower bits of a word's hash: its upper half, and the number of the stem. They stay inside L2.
    numbers: Vec<(u32, Stem)>,
    /// The same with the hashes of stems, where those are wanted.
    hashes: Vec<(u64, u64)>,
}

impl Speller {
    pub fn new() -> Speller {
        Speller { stems: Stems::new(), numbers: Vec::new(), hashes: Vec::new() }
    }

    /// The hashes of all stems of a text, and its sentences.
    pub fn hashed(&mut self, text: &str) -> Hashed {
        // No word's hash is its own slot's number turned round.
        if self.hashes.is_empty() {
            self.hashes = (0..SLOTS as u64).map(|slot| (!slot, 0)).collect();
        }
        let words = words(text);
        let mut hashed = Hashed::default();
        for word in &words {
            let slot = &mut self.hashes[word.hash as usize % SLOTS];
            if slot.0 != word.hash {
                *slot = (word.hash, self.stems.of(&fold(text, word)));
            }
            hashed.stems.push(slot.1);
        }
        sentences(text, &words, &mut hashed.sentences);
        hashed
    }

    /// Cuts a text up; the page's memory is used again. A speller reads with one lexicon only.
    pub fn read(&mut self, text: &str, lexicon: &Lexicon, page: &mut Page) {
        if self.numbers.is_empty() {
            self.numbers = vec![(0, UNKNOWN); SLOTS];
        }
        words_into(text, &mut page.words);
        page.stems.clear();
        for word in &page.words {
            let half = (word.hash >> 32) as u32;
            let slot = &mut self.numbers[word.hash as usize % SLOTS];
            if slot.0 != half {
                *slot = (half, lexicon.number(self.stems.of(&fold(text, word))));
            }
            page.stems.push(slot.1);
        }
        sentences(text, &page.words, &mut page.sentences);
    }
}
