//! The index of protected documents, and what spots them in a stream of texts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::align::Match;
use crate::bag::Bag;
use crate::calibration::{Calibration, Reached};
use crate::candidates::{Candidate, Scout, Stacks};
use crate::clusters::{Link, clusters};
use crate::keys;
use crate::lexicon::{Hashed, Lexicon};
use crate::page::{Page, Speller};
use crate::pieces::{Facing, Piece, piece};
use crate::postings::{Entry, Postings, SENTENCES_MAX};
use crate::shelf::Shelf;
use crate::weights::BIT;
use crate::words::mix;

/// Protected documents, indexed for a stream of texts.
#[derive(Debug, Clone)]
pub struct Protected {
    shelf: Shelf,
    lexicon: Lexicon,
    postings: Postings,
    pub(crate) calibration: Calibration,
    /// Words of all texts.
    words: usize,
}

/// A passage of a protected document in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The document's number in the order in which they were given, from 0.
    pub document: usize,
    /// Bytes of the text.
    pub query: Range<usize>,
    /// Bytes of the document, from the first to the last that corresponds: rewritten passages change the order.
    pub source: Range<usize>,
    /// How much it says that both share these words, in bits.
    pub weight: f64,
    /// In how many of a million texts that have nothing to do with any document something weighs as much.
    pub false_alarms_per_million: f64,
    /// The words that correspond, by their place in the text: bytes of the document, and bytes of the text.
    pub words: Vec<(Range<usize>, Range<usize>)>,
}

/// Sentences in which a key may stand before it says too little.
const POSTINGS_MAX: usize = 64;

impl Protected {
    /// Indexes documents; what chance does is assumed from other prose.
    pub fn new<'a>(documents: impl IntoIterator<Item = &'a str>) -> Protected {
        Protected::with_background(documents, &[])
    }

    /// Indexes documents; unrelated texts of the kind that will be searched say what is common, and what chance
    /// does. The same documents and background make the same index.
    pub fn with_background<'a>(
        documents: impl IntoIterator<Item = &'a str>,
        background: &[&str],
    ) -> Protected {
        let mut shelf = Shelf::new(documents);
        let hashed: Vec<Hashed> =
            shelf.texts().par_iter().map_init(Speller::new, |speller, text| speller.hashed(text)).collect();
        let count = hashed.iter().map(|text| text.stems.len()).sum();
        let mut speller = Speller::new();
        let lexicon = Lexicon::new(&hashed, background.iter().map(|text| speller.hashed(text)));
        drop(hashed);
        let postings = index(&mut shelf, &lexicon);
        let texts = shelf.texts().len();
        let calibration = Calibration::assumed(texts);
        let mut protected = Protected { shelf, lexicon, postings, calibration, words: count };
        if !background.is_empty() {
            let reached: Vec<_> = background
                .par_iter()
                .map_init(|| protected.spotter(), |spotter, text| spotter.reached(text))
                .collect();
            protected.calibration = Calibration::measured(texts, &reached);
        }
        protected
    }

    /// What looks for the documents; one for each thread.
    pub fn spotter(&self) -> Spotter<'_> {
        Spotter {
            protected: self,
            speller: Speller::new(),
            scout: Scout::default(),
            page: Page::default(),
            loaded: FxHashMap::default(),
        }
    }

    /// Bytes that the index takes besides the documents' own: lists, bitmap, words, sentences.
    pub fn bytes(&self) -> [usize; 4] {
        let (lists, bitmap) = self.postings.bytes();
        [lists, bitmap, self.lexicon.bytes(), self.shelf.bytes_taken()]
    }

    /// Words of all different documents.
    pub fn words(&self) -> usize {
        self.words
    }

    /// The documents that are this text.
    fn holders_of(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let documents = self.shelf.text_of().iter().enumerate();
        documents.filter(move |(_, text)| **text as usize == number).map(|(document, _)| document)
    }

    fn stacks(&self) -> Stacks<'_> {
        Stacks { shelf: &self.shelf, lexicon: &self.lexicon, postings: &self.postings }
    }
}

/// Cuts the texts into sentences and collects their keys.
fn index(shelf: &mut Shelf, lexicon: &Lexicon) -> Postings {
    let mut speller = Speller::new();
    let mut page = Page::default();
    let mut known: FxHashMap<u64, u32> = FxHashMap::default();
    let (mut entries, mut copies) = (Vec::new(), Vec::new());
    let mut top = Vec::new();
    for number in 0..shelf.texts().len() {
        speller.read(&shelf.texts()[number], lexicon, &mut page);
        let starts = page.sentences.iter().map(|sentence| page.words[sentence.start as usize].start);
        let first = shelf.add(starts);
        for number in 0..page.sentences.len() {
            let id = first + number as u32;
            if id as usize >= SENTENCES_MAX {
                break;
            }
            let stems = page.stems_of(number);
            let hash = stems.iter().fold(stems.len() as u64, |hash, &stem| mix(hash ^ u64::from(stem)));
            match known.get(&hash) {
                Some(&like) => copies.push((like, id)),
                None => {
                    known.insert(hash, id);
                    add_keys(stems, lexicon, &mut top, id, &mut entries);
                }
            }
        }
    }
    shelf.set_copies(copies);
    Postings::new(entries, POSTINGS_MAX)
}

fn add_keys(stems: &[u32], lexicon: &Lexicon, top: &mut Vec<(i32, u32)>, id: u32, entries: &mut Vec<Entry>) {
    keys::rarest(stems, lexicon, keys::TOP_PROTECTED, top);
    keys::pairs(top, |key, _| entries.push((key, id)));
    let mut runs = Vec::new();
    keys::runs(stems, lexicon, |key, _| runs.push(key));
    keys::winnowed(&runs, |key| entries.push((key, id)));
}

/// Spots protected documents in texts; its memory is used again from text to text.
pub struct Spotter<'a> {
    pub(crate) protected: &'a Protected,
    speller: Speller,
    scout: Scout,
    page: Page,
    loaded: FxHashMap<usize, Rc<Page>>,
}

/// Texts that are remembered, cut into words.
const LOADED_MAX: usize = 256;
/// Bytes of a text between two pieces of one passage.
const QUERY_GAP: usize = 350;
/// Bytes of a document between them.
const SOURCE_GAP: usize = 600;
/// Weight of a piece that may become a part of a passage.
const PIECE_MIN: i32 = 8 * BIT;
/// Weight of a passage from which the whole text is compared with its document.
const AGAIN_MIN: i32 = 16 * BIT;
/// Hundredths of a cosine that sentences must have once their document is known.
const COSINE_AGAIN: i64 = 20;
/// Weight that they must share then.
const WEIGHT_AGAIN: i32 = 8 * BIT;
/// Pairs of sentences that are compared again.
const PAIRS_AGAIN: usize = 1 << 21;

impl Spotter<'_> {
    /// The passages of protected documents in a text: those of the document with the most weight first, each
    /// document's in the order of the text. What lies beyond [`tellmark_core::limits::TEXT_BYTES_MAX`] is not
    /// looked at.
    pub fn spot(&mut self, text: &str) -> Vec<Hit> {
        let mut page = std::mem::take(&mut self.page);
        self.speller.read(text, &self.protected.lexicon, &mut page);
        let found = self.passages(text, &page);
        let hits = self.hits(&page, without_echoes(found));
        self.page = page;
        hits
    }

    /// Calls for each document of which a text has passages, the one with the most weight first: its number, the
    /// text, the document, and the passages.
    pub(crate) fn each_passage(&mut self, text: &str, mut call: impl FnMut(usize, &Page, &Page, &[Piece])) {
        let mut page = Page::default();
        self.speller.read(text, &self.protected.lexicon, &mut page);
        let mut found = without_echoes(self.passages(text, &page));
        heaviest_first(&mut found);
        for (number, pieces) in found {
            let source = self.load(number);
            for document in self.protected.holders_of(number) {
                call(document, &page, &source, &pieces);
            }
        }
    }

    fn passages(&mut self, text: &str, page: &Page) -> Vec<(usize, Vec<Piece>)> {
        let protected = self.protected;
        let mut found = Vec::new();
        let least = protected.calibration.least(page.words.len(), protected.words);
        for (number, links) in self.links(page) {
            if !may_reach(&links, least) {
                continue;
            }
            let source = self.load(number);
            let facing = self.facing(number, &source, text, page);
            let mut passages = aligned_again(facing, links);
            let is_heavy = |passage: &Piece| {
                passage.weight >= least.max(protected.calibration.bar(number, &passage.source))
            };
            passages.retain(is_heavy);
            if !passages.is_empty() {
                found.push((number, passages));
            }
        }
        found
    }

    /// What a text reaches in each protected text, without a bar, and its number of words.
    fn reached(&mut self, text: &str) -> (Vec<(usize, Reached)>, usize) {
        let mut page = Page::default();
        self.speller.read(text, &self.protected.lexicon, &mut page);
        let mut reached = Vec::new();
        for (number, links) in self.links(&page) {
            let source = self.load(number);
            let passages = aligned_again(self.facing(number, &source, text, &page), links);
            let own =
                passages.into_iter().map(|piece| Reached { source: piece.source, weight: piece.weight });
            reached.extend(own.map(|reached| (number, reached)));
        }
        (reached, page.words.len())
    }

    fn links(&mut self, page: &Page) -> BTreeMap<usize, Vec<Link>> {
        let protected = self.protected;
        let shelf = &protected.shelf;
        let mut links: BTreeMap<usize, Vec<Link>> = BTreeMap::new();
        for Candidate { query, source, weight } in
            self.scout.candidates(protected.stacks(), &mut self.speller, page)
        {
            for source in shelf.alike(source) {
                let link = Link { query, source: shelf.within(source) as u32, weight };
                links.entry(shelf.holder(source)).or_default().push(link);
            }
        }
        links
    }

    fn facing<'b>(&self, number: usize, source: &'b Page, text: &'b str, page: &'b Page) -> Facing<'b>
    where
        Self: 'b,
    {
        let protected: &'b Protected = self.protected;
        Facing {
            lexicon: &protected.lexicon,
            source: (&protected.shelf.texts()[number], source),
            query: (text, page),
        }
    }

    fn load(&mut self, number: usize) -> Rc<Page> {
        if self.loaded.len() >= LOADED_MAX {
            self.loaded.clear();
        }
        let (protected, speller) = (self.protected, &mut self.speller);
        let page = self.loaded.entry(number).or_insert_with(|| {
            let mut page = Page::default();
            speller.read(&protected.shelf.texts()[number], &protected.lexicon, &mut page);
            Rc::new(page)
        });
        Rc::clone(page)
    }

    fn hits(&mut self, page: &Page, mut found: Vec<(usize, Vec<Piece>)>) -> Vec<Hit> {
        heaviest_first(&mut found);
        let protected = self.protected;
        let mut hits = Vec::new();
        for (number, passages) in found {
            let source = self.load(number);
            for document in protected.holders_of(number) {
                hits.extend(passages.iter().map(|passage| Hit {
                    document,
                    query: bytes(page, &passage.query),
                    source: bytes(&source, &passage.source),
                    weight: f64::from(passage.weight) / f64::from(BIT),
                    false_alarms_per_million:
                        protected.calibration.false_alarms_per_million(passage.weight, page.words.len()),
                    words: pairs(passage, &source, page),
                }));
            }
        }
        hits
    }
}

fn heaviest_first(found: &mut [(usize, Vec<Piece>)]) {
    let total = |passages: &[Piece]| passages.iter().map(|passage| i64::from(passage.weight)).sum::<i64>();
    found.sort_by_key(|(number, passages)| (std::cmp::Reverse(total(passages)), *number));
}

/// Whether the sentences of any cluster share enough for a passage. Words in one order weigh up to twice as much.
fn may_reach(links: &[Link], least: i32) -> bool {
    let weight = |links: &[Link]| links.iter().map(|link| i64::from(link.weight)).sum::<i64>();
    let enough = |links: &[Link]| weight(links) >= i64::from(least) / 2;
    enough(links) && clusters(links.to_vec()).iter().any(|links| enough(links))
}

fn pairs(passage: &Piece, source: &Page, page: &Page) -> Vec<(Range<usize>, Range<usize>)> {
    let pair = |m: &Match| (bytes(source, &m.source), bytes(page, &m.exhibit));
    let mut pairs: Vec<_> = passage.matches.iter().map(pair).collect();
    pairs.sort_by_key(|(_, query)| query.start);
    pairs
}

/// The bytes that words of a text take.
pub(crate) fn bytes(page: &Page, words: &Range<usize>) -> Range<usize> {
    page.words[words.start].start as usize..page.words[words.end - 1].end as usize
}

/// Aligns, and where a document may be in the text, once more with all sentences that are alike.
fn aligned_again(facing: Facing<'_>, links: Vec<Link>) -> Vec<Piece> {
    let passages = aligned(facing, links.clone());
    match passages.iter().any(|passage| passage.weight >= AGAIN_MIN) {
        true => aligned(facing, again(facing, links)),
        false => passages,
    }
}

/// Aligns clusters of sentences, and joins pieces that are near each other in both texts.
fn aligned(facing: Facing<'_>, links: Vec<Link>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = clusters(links)
        .iter()
        .filter_map(|links| piece(facing, links))
        .filter(|piece| piece.weight >= PIECE_MIN)
        .collect();
    pieces.sort_by_key(|piece| (piece.query.start, piece.source.start));
    let mut merged: Vec<Piece> = Vec::new();
    for piece in pieces {
        let near = |last: &&mut Piece| {
            let gap = |page: &Page, a: &Range<usize>, b: &Range<usize>| {
                let (a, b) = (bytes(page, a), bytes(page, b));
                b.start.saturating_sub(a.end).max(a.start.saturating_sub(b.end))
            };
            gap(facing.query.1, &last.query, &piece.query) <= QUERY_GAP
                && gap(facing.source.1, &last.source, &piece.source) <= SOURCE_GAP
        };
        match merged.iter_mut().rev().take(4).find(near) {
            Some(last) => {
                last.query = last.query.start.min(piece.query.start)..last.query.end.max(piece.query.end);
                last.source =
                    last.source.start.min(piece.source.start)..last.source.end.max(piece.source.end);
                last.weight += piece.weight;
                last.matches.extend(piece.matches);
            }
            None => merged.push(piece),
        }
    }
    merged
}

/// The links of a text with a document that is known to be in it: all sentences that are alike.
fn again(facing: Facing<'_>, mut links: Vec<Link>) -> Vec<Link> {
    let bags = |page: &Page| -> Vec<Bag> {
        let of = |sentence| {
            let mut bag = Bag::default();
            bag.fill(page.stems_of(sentence), facing.lexicon);
            bag
        };
        (0..page.sentences.len()).map(of).collect()
    };
    let (query, source) = (facing.query.1, facing.source.1);
    if query.sentences.len() * source.sentences.len() > PAIRS_AGAIN {
        return links;
    }
    let (queries, sources) = (bags(query), bags(source));
    for (i, own) in queries.iter().enumerate() {
        for (j, other) in sources.iter().enumerate() {
            let shared = own.shared(other);
            if shared.weight >= WEIGHT_AGAIN && shared.is_alike(COSINE_AGAIN) {
                links.push(Link { query: i as u32, source: j as u32, weight: shared.weight });
            }
        }
    }
    links
}

/// Takes away what another document explains much better.
fn without_echoes(mut found: Vec<(usize, Vec<Piece>)>) -> Vec<(usize, Vec<Piece>)> {
    let all: Vec<(usize, Range<usize>, i32)> = found
        .iter()
        .flat_map(|(number, passages)| passages.iter().map(|p| (*number, p.query.clone(), p.weight)))
        .collect();
    for (number, passages) in &mut found {
        passages.retain(|passage| {
            !all.iter().any(|(other, range, weight)| {
                let overlap =
                    range.end.min(passage.query.end).saturating_sub(range.start.max(passage.query.start));
                other != number
                    && 2 * *weight >= 3 * passage.weight
                    && 10 * overlap >= 8 * passage.query.len()
            })
        });
    }
    found.retain(|(_, passages)| !passages.is_empty());
    found
}
