//! How alike the sentences of two texts are, whatever the order of their words.

use crate::lexicon::{Lexicon, Stem, UNKNOWN};
use crate::page::Page;

/// The different stems of each sentence of a protected text that are not everywhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bags {
    stems: Vec<Stem>,
    ends: Vec<u32>,
    /// Of the vector of squared rarities of each sentence.
    norms: Vec<i64>,
}

impl Bags {
    /// The bags of a text's sentences. Stems that no protected text has are left out: they say nothing about which
    /// one.
    pub fn new(page: &Page, lexicon: &Lexicon) -> Bags {
        let mut bags = Bags::default();
        let mut own: Vec<Stem> = Vec::new();
        for sentence in 0..page.sentences.len() {
            distinct(page.stems_of(sentence), lexicon, &mut own);
            bags.stems.extend_from_slice(&own);
            bags.ends.push(bags.stems.len() as u32);
            bags.norms.push(norm(&own, lexicon));
        }
        bags
    }

    /// How many stems they hold.
    pub fn len(&self) -> usize {
        self.stems.len()
    }

    fn of(&self, sentence: usize) -> &[Stem] {
        let start = sentence.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.stems[start as usize..self.ends[sentence] as usize]
    }
}

fn distinct(stems: &[Stem], lexicon: &Lexicon, own: &mut Vec<Stem>) {
    own.clear();
    own.extend(stems.iter().copied().filter(|&stem| stem != UNKNOWN && lexicon.rarity(stem) > 0));
    own.sort_unstable();
    own.dedup();
}

fn norm(stems: &[Stem], lexicon: &Lexicon) -> i64 {
    stems.iter().map(|&stem| square(lexicon.rarity(stem))).sum()
}

fn square(rarity: i32) -> i64 {
    i64::from(rarity) * i64::from(rarity)
}

/// What two sentences share.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shared {
    /// Number of the text's sentence.
    pub query: u32,
    /// Rarity of the stems that both have.
    pub rarity: i32,
    /// What it says that both have them.
    pub weight: i32,
    product: i64,
    norms: (i64, i64),
}

impl Shared {
    /// Whether the cosine of the two vectors of squared rarities is at least so many hundredths.
    pub fn is_alike(&self, hundredths: i64) -> bool {
        let product = i128::from(self.product) * 100;
        let least = i128::from(hundredths);
        product * product >= least * least * i128::from(self.norms.0) * i128::from(self.norms.1)
    }
}

/// A text's stems by the sentences in which they stand; its memory is used again.
#[derive(Debug, Default)]
pub(crate) struct Likeness {
    /// For each stem of the lexicon, its first place in `places`, counted from 1; 0 for none.
    heads: Vec<u32>,
    /// A sentence and the next place of the same stem.
    places: Vec<(u32, u32)>,
    /// The stems that have a head.
    stems: Vec<Stem>,
    norms: Vec<i64>,
    shared: Vec<Shared>,
    touched: Vec<u32>,
}

impl Likeness {
    /// Takes up a text.
    pub fn read(&mut self, page: &Page, lexicon: &Lexicon) {
        self.heads.resize(lexicon.len(), 0);
        for stem in self.stems.drain(..) {
            self.heads[stem as usize] = 0;
        }
        self.places.clear();
        self.norms.clear();
        let mut own = Vec::new();
        for sentence in 0..page.sentences.len() {
            distinct(page.stems_of(sentence), lexicon, &mut own);
            self.norms.push(norm(&own, lexicon));
            for &stem in &own {
                let head = &mut self.heads[stem as usize];
                if *head == 0 {
                    self.stems.push(stem);
                }
                self.places.push((sentence as u32, *head));
                *head = self.places.len() as u32;
            }
        }
        self.shared.clear();
        self.shared.resize(self.norms.len(), Shared::default());
    }

    /// Gives what each sentence of the text that shares a stem with a protected one shares with it.
    pub fn each(&mut self, bags: &Bags, sentence: usize, lexicon: &Lexicon, mut give: impl FnMut(&Shared)) {
        for &stem in bags.of(sentence) {
            let mut place = self.heads[stem as usize];
            if place == 0 {
                continue;
            }
            let (rarity, weight) = (lexicon.rarity(stem), lexicon.weight(stem));
            while place != 0 {
                let (query, next) = self.places[place as usize - 1];
                let shared = &mut self.shared[query as usize];
                if shared.rarity == 0 {
                    self.touched.push(query);
                }
                shared.rarity += rarity;
                shared.weight += weight;
                shared.product += square(rarity);
                place = next;
            }
        }
        for query in self.touched.drain(..) {
            let shared = std::mem::take(&mut self.shared[query as usize]);
            let norms = (self.norms[query as usize], bags.norms[sentence]);
            give(&Shared { query, norms, ..shared });
        }
    }
}
