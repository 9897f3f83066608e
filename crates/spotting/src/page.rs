//! A text, cut into words, stems and sentences.

use std::ops::Range;

use crate::lexicon::{Hashed, Lexicon, Stem};
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
const SLOTS: usize = 1 << 14;

/// Finds the stems of words, and remembers those that it met last.
pub(crate) struct Speller {
    stems: Stems,
    /// By the lower bits of a word's hash: the hash, and what was found.
    slots: Vec<(u64, u64)>,
}

impl Speller {
    pub fn new() -> Speller {
        // No word's hash is its own slot's number turned round.
        Speller { stems: Stems::new(), slots: (0..SLOTS as u64).map(|slot| (!slot, 0)).collect() }
    }

    /// What `find` says of a word's stem; `find` must always say the same.
    #[inline]
    fn look_up(&mut self, text: &str, word: &Word, find: impl Fn(u64) -> u64) -> u64 {
        let slot = word.hash as usize % SLOTS;
        if self.slots[slot].0 != word.hash {
            self.slots[slot] = (word.hash, find(self.stems.of(&fold(text, word))));
        }
        self.slots[slot].1
    }

    /// The hashes of all stems of a text, and its sentences.
    pub fn hashed(&mut self, text: &str) -> Hashed {
        let words = words(text);
        let mut hashed = Hashed::default();
        hashed.stems.extend(words.iter().map(|word| self.look_up(text, word, |stem| stem)));
        sentences(text, &words, &mut hashed.sentences);
        hashed
    }

    /// Cuts a text up; the page's memory is used again.
    pub fn read(&mut self, text: &str, lexicon: &Lexicon, page: &mut Page) {
        words_into(text, &mut page.words);
        page.stems.clear();
        for word in &page.words {
            let stem = self.look_up(text, word, |stem| u64::from(lexicon.number(stem)));
            page.stems.push(stem as Stem);
        }
        sentences(text, &page.words, &mut page.sentences);
    }
}
