//! The protected texts with their sentences.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::candidates::Candidate;

/// The number of a sentence among those of all protected texts.
pub(crate) type SentenceId = u32;

/// Sentences of one text that are like another one and are compared beside it.
const COPIES_MAX: usize = 3;

/// The protected texts; equal texts are held once, and of equal sentences one stands for all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    texts: Vec<String>,
    /// For each document, its text.
    text_of: Vec<u32>,
    /// The first sentence of each text, and the number of all.
    firsts: Vec<SentenceId>,
    /// The first byte of each sentence in its text.
    starts: Vec<u32>,
    /// For a sentence that stands for others, those: sorted.
    copies: Vec<(SentenceId, SentenceId)>,
}

impl Shelf {
    /// Puts the documents on the shelf; their sentences follow by [`Shelf::add`], text by text.
    pub fn new<'a>(documents: impl IntoIterator<Item = &'a str>) -> Shelf {
        let mut known: FxHashMap<&str, u32> = FxHashMap::default();
        let mut shelf = Shelf { firsts: vec![0], ..Shelf::default() };
        for document in documents {
            let number = *known.entry(document).or_insert_with(|| {
                shelf.texts.push(document.to_owned());
                shelf.texts.len() as u32 - 1
            });
            shelf.text_of.push(number);
        }
        shelf
    }

    /// The same texts before any sentence was added.
    pub fn without_sentences(self) -> Shelf {
        Shelf { texts: self.texts, text_of: self.text_of, firsts: vec![0], ..Shelf::default() }
    }

    /// Adds the sentences of the next text by their first bytes, and says which number the first one has.
    pub fn add(&mut self, starts: impl Iterator<Item = u32>) -> SentenceId {
        let first = self.starts.len() as SentenceId;
        self.starts.extend(starts);
        self.firsts.push(self.starts.len() as SentenceId);
        first
    }

    /// Says which sentences are like which others; of those in one text the first [`COPIES_MAX`] are kept.
    pub fn set_copies(&mut self, mut copies: Vec<(SentenceId, SentenceId)>) {
        copies.sort_unstable();
        let (mut last, mut count) = (None, 0);
        copies.retain(|(of, copy)| {
            let place = Some((*of, self.holder(*copy)));
            count = if last == place { count + 1 } else { 1 };
            last = place;
            count <= COPIES_MAX
        });
        self.copies = copies;
    }

    /// The different texts.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// For each document the number of its text.
    pub fn text_of(&self) -> &[u32] {
        &self.text_of
    }

    /// The text in which a sentence stands.
    pub fn holder(&self, sentence: SentenceId) -> usize {
        self.firsts.partition_point(|&first| first <= sentence) - 1
    }

    /// Adds the sentences that are like those among the candidates.
    pub fn add_copies(&self, candidates: &mut Vec<Candidate>) {
        if self.copies.is_empty() {
            return;
        }
        for at in 0..candidates.len() {
            let candidate = candidates[at];
            let from = self.copies.partition_point(|(of, _)| *of < candidate.source);
            let own = self.copies[from..].iter().take_while(|(of, _)| *of == candidate.source);
            candidates.extend(own.map(|(_, copy)| Candidate { source: *copy, ..candidate }));
        }
    }

    /// The sentences of a text.
    pub fn sentences(&self, text: usize) -> Range<SentenceId> {
        self.firsts[text]..self.firsts[text + 1]
    }

    /// Bytes that the shelf takes besides the texts.
    pub fn bytes_taken(&self) -> usize {
        self.text_of.len() * 4 + self.firsts.len() * 4 + self.starts.len() * 4 + self.copies.len() * 8
    }
}
