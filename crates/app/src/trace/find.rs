//! Which releases an exhibit has passages of: quoted, or rewritten.

use std::cell::OnceCell;

use tellmark_core::{Passage, ReleaseId};
use tellmark_spotting::{Found, Index, Protected};

/// What is found in an exhibit of which nothing is quoted must be so rare, in a million unrelated texts.
const ALARMS_MAX: f64 = 1.0;
/// The same where the release is known to be in it.
const ALARMS_MAX_KNOWN: f64 = 1000.0;

/// Finds releases by their texts.
pub struct Finder<'a> {
    texts: &'a [(ReleaseId, String)],
    index: Index,
    protected: OnceCell<Protected>,
    /// The releases that the last exhibit quotes, and what looks for rewritten passages of them: most exhibits of one
    /// command quote the same ones.
    known: Option<(Vec<usize>, Protected)>,
}

impl<'a> Finder<'a> {
    /// Indexes the texts of all releases.
    pub fn new(texts: &'a [(ReleaseId, String)]) -> Finder<'a> {
        let index = Index::build(texts.iter().map(|(_, text)| text.as_str()));
        Finder { texts, index, protected: OnceCell::new(), known: None }
    }

    /// The releases that a text has passages of, by their number, with the words that correspond.
    ///
    /// What is quoted counts first. Rewritten passages are looked for in the releases that are quoted besides; in
    /// all of them only where nothing is quoted, since that takes longer and less is certain.
    pub fn find(&mut self, text: &str) -> Vec<Found> {
        let mut found = self.index.find(text);
        if found.is_empty() {
            return self
                .everything()
                .spotter()
                .align(text, ALARMS_MAX)
                .into_iter()
                .filter_map(apart)
                .collect();
        }
        let mut numbers: Vec<usize> = found.iter().map(|found| found.original).collect();
        numbers.sort_unstable();
        let texts = self.texts;
        let (known, protected) = match self.known.take_if(|(known, _)| *known == numbers) {
            Some(same) => self.known.insert(same),
            None => {
                let protected = Protected::new(numbers.iter().map(|&number| texts[number].1.as_str()));
                self.known.insert((numbers, protected))
            }
        };
        for rewritten in protected.spotter().align(text, ALARMS_MAX_KNOWN) {
            let number = known[rewritten.original];
            if let Some(quoted) = found.iter_mut().find(|found| found.original == number) {
                add(&mut quoted.alignment.passages, rewritten.alignment.passages);
            }
        }
        found
    }

    fn everything(&self) -> &Protected {
        self.protected.get_or_init(|| Protected::new(self.texts.iter().map(|(_, text)| text.as_str())))
    }
}

/// The same without passages that overlap.
fn apart(mut found: Found) -> Option<Found> {
    let mut passages = std::mem::take(&mut found.alignment.passages);
    passages.sort_by_key(|passage| std::cmp::Reverse(passage.weight));
    add(&mut found.alignment.passages, passages);
    (!found.alignment.passages.is_empty()).then_some(found)
}

/// Adds passages that overlap none so far, and leaves all in the order of the exhibit.
fn add(passages: &mut Vec<Passage>, more: Vec<Passage>) {
    for passage in more {
        let apart = |other: &Passage| {
            other.exhibit.end <= passage.exhibit.start || passage.exhibit.end <= other.exhibit.start
        };
        if passages.iter().all(apart) {
            passages.push(passage);
        }
    }
    passages.sort_by_key(|passage| passage.exhibit.start);
}
