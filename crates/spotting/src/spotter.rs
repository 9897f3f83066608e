//! The index of protected documents, and what spots them in a stream of texts.

use std::ops::Range;
use std::rc::Rc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use whatlang::Lang;

use crate::align::Match;
use crate::calibration::{self, Calibration, Reached};
use crate::candidates::{Candidate, Scout, Stacks};
use crate::clusters::{Link, QUERY_MAX, SOURCE_MAX, clusters};
use crate::keys;
use crate::languages::{self, Calibrations, Reach};
use crate::lexicon::{Hashed, Lexicon};
use crate::likeness::{Bags, Likeness};
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
    calibrations: Calibrations,
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
    /// In how many of a million texts like those of the background, and as long as this one, something weighs as much: at
    /// most, with 95 % confidence (docs/spotting-results.md). Nothing where no background in the document's language
    /// says it.
    pub false_alarms_per_million: Option<f64>,
    /// The words that correspond, by their place in the text: bytes of the document, and bytes of the text.
    pub words: Vec<(Range<usize>, Range<usize>)>,
}

/// Texts of the kind that will be searched, which say what is common there and what chance does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Background<'a> {
    /// Texts that have nothing to do with any document, as far as is known.
    pub texts: &'a [&'a str],
    /// What the heaviest passages weighed, in bits, of texts that would be among those had nothing been found in them.
    /// Whoever leaves such texts out has to say so here, or the others look more harmless than they are.
    pub alarms: &'a [f64],
}

impl<'a> Background<'a> {
    /// Texts from which none was left out for what was found in it.
    pub fn of(texts: &'a [&'a str]) -> Background<'a> {
        Background { texts, alarms: &[] }
    }
}

/// Sentences in which a key may stand before it says too little.
const POSTINGS_MAX: usize = 32;
/// Parts of the background, each of which is weighed by what the others say is common.
const PARTS: usize = 2;

impl Protected {
    /// Indexes documents; what chance does is assumed from other prose.
    pub fn new<'a>(documents: impl IntoIterator<Item = &'a str>) -> Protected {
        Protected::with_background(documents, Background::default())
    }

    /// Indexes documents; unrelated texts of the kind that will be searched say what is common, and what chance
    /// does to documents in their language: where hardly any is in a document's language, that is assumed. The
    /// same documents and background make the same index.
    ///
    /// A text that says what is common weighs less than another one like it. So how often what is reached is measured
    /// on each half of the background with what the other half says is common; which takes three times as long.
    pub fn with_background<'a>(
        documents: impl IntoIterator<Item = &'a str>,
        background: Background<'_>,
    ) -> Protected {
        let texts: Vec<(Option<Lang>, &str)> =
            background.texts.par_iter().map(|text| (languages::of(text), *text)).collect();
        let mut shelf = Shelf::new(documents);
        let language_of = shelf.texts().par_iter().map(|text| languages::of(text)).collect();
        let mut calibrations = Calibrations::assumed(language_of);
        let mut unseen = Vec::new();
        for part in (0..PARTS).filter(|_| !texts.is_empty()) {
            let every =
                |own: bool| texts.iter().enumerate().filter(move |(at, _)| (at % PARTS == part) == own);
            let others = Protected::weighing(shelf, calibrations, every(false).map(|(_, (_, text))| *text));
            let own = every(true).map(|(_, text)| *text).collect();
            unseen.extend(others.reached(own, calibration::LEAST_BITS * BIT));
            (shelf, calibrations) = (others.shelf.without_sentences(), others.calibrations);
        }
        let mut protected = Protected::weighing(shelf, calibrations, texts.iter().map(|(_, text)| *text));
        let reached = protected.reached(texts, REACHED_MIN);
        protected.calibrations.measure(reached);
        protected.calibrations.learn(unseen, background.alarms);
        protected
    }

    /// Counts another of the background's [alarms](Background::alarms): a text in which something was found that weighs
    /// so many bits.
    pub fn count_alarm(&mut self, bits: f64) {
        self.calibrations.count_alarm(bits);
    }

    /// Indexes the texts of a shelf that has no sentences yet; others say what is common.
    fn weighing<'a>(
        mut shelf: Shelf,
        calibrations: Calibrations,
        others: impl Iterator<Item = &'a str>,
    ) -> Protected {
        let hashed: Vec<Hashed> =
            shelf.texts().par_iter().map_init(Speller::new, |speller, text| speller.hashed(text)).collect();
        let words = hashed.iter().map(|text| text.stems.len()).sum();
        let mut speller = Speller::new();
        let lexicon = Lexicon::new(&hashed, others.map(|text| speller.hashed(text)));
        drop(hashed);
        let postings = index(&mut shelf, &lexicon);
        Protected { shelf, lexicon, postings, calibrations, words }
    }

    /// What texts reach in each protected text, where it may be as much as `least`, beside their languages.
    fn reached(&self, texts: Vec<(Option<Lang>, &str)>, least: i32) -> Vec<(Option<Lang>, Reach)> {
        let of = |spotter: &mut Spotter<'_>, (language, text)| (language, spotter.reached(text, least));
        texts.into_par_iter().map_init(|| self.spotter(), of).collect()
    }

    /// What chance does to a document.
    pub(crate) fn calibration_of_document(&self, document: usize) -> &Calibration {
        self.calibrations.of(self.shelf.text_of()[document] as usize)
    }

    /// What looks for the documents; one for each thread.
    pub fn spotter(&self) -> Spotter<'_> {
        Spotter {
            protected: self,
            speller: Speller::new(),
            scout: Scout::default(),
            page: Page::default(),
            candidates: Vec::new(),
            likeness: Likeness::default(),
            loaded: Loaded::default(),
            bags: Loaded::default(),
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
        Stacks { lexicon: &self.lexicon, postings: &self.postings }
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
    keys::pairs(top, |key, _, _| entries.push((key, id)));
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
    candidates: Vec<Candidate>,
    likeness: Likeness,
    loaded: Loaded<Page>,
    bags: Loaded<Bags>,
}

/// What was made of texts; all is dropped when it is too much.
#[derive(Debug)]
struct Loaded<T> {
    known: FxHashMap<usize, Rc<T>>,
    size: usize,
}

impl<T> Default for Loaded<T> {
    fn default() -> Loaded<T> {
        Loaded { known: FxHashMap::default(), size: 0 }
    }
}

impl<T> Loaded<T> {
    /// What was made of a text; `make` also says how large it is, and all together have at most `most`.
    fn get(&mut self, number: usize, most: usize, make: impl FnOnce() -> (T, usize)) -> Rc<T> {
        if let Some(known) = self.known.get(&number) {
            return Rc::clone(known);
        }
        let (new, size) = make();
        if self.size + size > most {
            self.known.clear();
            self.size = 0;
        }
        self.size += size;
        let new = Rc::new(new);
        self.known.insert(number, Rc::clone(&new));
        new
    }
}

/// Of what a passage must weigh, in hundredths: what stems must say that keys name before anything is compared, and what
/// all stems must say which sentences share that stand together before anything is aligned.
const NAMED_HUNDREDTHS: i32 = 25;
const ALIKE_HUNDREDTHS: i32 = 70;
/// What passages of the background may weigh that are worth knowing, about.
const REACHED_MIN: i32 = 40 * BIT;
/// Words of texts that are remembered with their places, and stems of those of which only these are.
const WORDS_LOADED: usize = 1 << 20;
const STEMS_LOADED: usize = 1 << 23;
/// Bytes of a text between two pieces of one passage.
const QUERY_GAP: usize = 350;
/// Bytes of a document between them.
const SOURCE_GAP: usize = 600;
/// Weight of a piece that may become a part of a passage.
const PIECE_MIN: i32 = 8 * BIT;
/// What links two sentences of a text and its document: hundredths of a cosine, unless they share words in a row, and
/// the rarity of the stems that they share.
const ALIKE: (i64, i32) = (16, 12 * BIT);
/// What also links them where the document may be in the text.
const ALIKE_AGAIN: (i64, i32) = (20, 8 * BIT);
/// Pairs of sentences that are compared.
const PAIRS_MAX: usize = 1 << 21;

impl Spotter<'_> {
    /// The passages of protected documents in a text: those of the document with the most weight first, each
    /// document's in the order of the text. What lies beyond [`tellmark_core::limits::TEXT_BYTES_MAX`] is not
    /// looked at.
    pub fn spot(&mut self, text: &str) -> Vec<Hit> {
        let mut page = std::mem::take(&mut self.page);
        self.speller.read(text, &self.protected.lexicon, &mut page);
        let found = self.passages(text, &page, Calibration::least);
        let hits = self.hits(&page, without_echoes(found));
        self.page = page;
        hits
    }

    /// Calls for each document of which a text has passages, the one with the most weight first: its number, the
    /// text, the document, and the passages.
    pub(crate) fn each_passage(&mut self, text: &str, mut call: impl FnMut(usize, &Page, &Page, &[Piece])) {
        let mut page = Page::default();
        self.speller.read(text, &self.protected.lexicon, &mut page);
        let mut found = without_echoes(self.passages(text, &page, Calibration::least_to_judge));
        heaviest_first(&mut found);
        for (number, pieces) in found {
            let source = self.load(number);
            for document in self.protected.holders_of(number) {
                call(document, &page, &source, &pieces);
            }
        }
    }

    /// The passages of a text that weigh as much as `least` asks, by its words and those of all documents.
    fn passages(
        &mut self,
        text: &str,
        page: &Page,
        least: fn(&Calibration, usize, usize) -> i32,
    ) -> Vec<(usize, Vec<Piece>)> {
        let protected = self.protected;
        let least = |own: &Calibration| least(own, page.words.len(), protected.words);
        let mut found = self.reach(text, page, protected.calibrations.all().map(least).min().unwrap_or(0));
        for (number, passages) in &mut found {
            let calibration = protected.calibrations.of(*number);
            let least = least(calibration);
            let bar = |passage: &Piece| calibration.bar(*number, &passage.source);
            passages.retain(|passage| passage.weight >= least.max(bar(passage)));
        }
        found.retain(|(_, passages)| !passages.is_empty());
        found
    }

    /// What a text reaches in each protected text, without a bar, and its number of words.
    fn reached(&mut self, text: &str, least: i32) -> Reach {
        let mut page = Page::default();
        self.speller.read(text, &self.protected.lexicon, &mut page);
        let mut reached = Vec::new();
        for (number, passages) in self.reach(text, &page, least) {
            let own =
                passages.into_iter().map(|piece| Reached { source: piece.source, weight: piece.weight });
            reached.extend(own.map(|reached| (number, reached)));
        }
        (reached, page.words.len())
    }

    /// All passages of a text where one may weigh so much.
    fn reach(&mut self, text: &str, page: &Page, least: i32) -> Vec<(usize, Vec<Piece>)> {
        let named = self.named(page, least * NAMED_HUNDREDTHS / 100);
        if named.is_empty() {
            return Vec::new();
        }
        self.likeness.read(page, &self.protected.lexicon);
        let mut found = Vec::new();
        let enough = least * ALIKE_HUNDREDTHS / 100;
        for (number, named) in named {
            let Some(links) = self.alike(number, page, &named, enough) else { continue };
            let source = self.load(number);
            found.push((number, aligned(self.facing(number, &source, text, page), links, enough)));
        }
        found
    }

    /// The sentences of a text and a document that are alike as wholes, if some may be a passage.
    fn alike(&mut self, number: usize, page: &Page, named: &[Candidate], least: i32) -> Option<Vec<Link>> {
        let protected = self.protected;
        let lexicon = &protected.lexicon;
        let bags = self.load_bags(number);
        let count = protected.shelf.sentences(number).len() as u32;
        let in_a_row: FxHashSet<(u32, u32)> =
            named.iter().filter(|own| own.in_a_row).map(|own| (own.query, own.source)).collect();
        let (mut links, mut others) = (Vec::new(), Vec::new());
        let mut compare = |source: u32, links: &mut Vec<Link>| {
            self.likeness.each(&bags, source as usize, lexicon, |shared| {
                let is = |(cosine, rarity): (i64, i32)| shared.rarity >= rarity && shared.is_alike(cosine);
                let in_a_row = || in_a_row.contains(&(shared.query, source));
                let link = Link { query: shared.query, source, weight: shared.weight };
                if is(ALIKE) || in_a_row() {
                    links.push(link);
                } else if is(ALIKE_AGAIN) {
                    others.push(link);
                }
            });
        };
        let near =
            |own: &Candidate| own.source.saturating_sub(SOURCE_MAX)..count.min(own.source + SOURCE_MAX + 1);
        let mut from = 0;
        for own in named {
            let near = near(own);
            (from.max(near.start)..near.end).for_each(|source| compare(source, &mut links));
            from = from.max(near.end);
        }
        if !may_reach(&links, least) {
            return None;
        }
        if page.sentences.len() * count as usize <= PAIRS_MAX {
            let mut from = 0;
            for own in named {
                let near = near(own);
                (from..near.start).for_each(|source| compare(source, &mut links));
                from = from.max(near.end);
            }
            (from..count).for_each(|source| compare(source, &mut links));
        }
        links.append(&mut others);
        Some(links)
    }

    /// The sentences of each protected text, by their numbers in it, that are worth a look: where those that stand
    /// together share stems that say at least so much.
    fn named(&mut self, page: &Page, least: i32) -> Vec<(usize, Vec<Candidate>)> {
        let protected = self.protected;
        let shelf = &protected.shelf;
        let mut candidates = std::mem::take(&mut self.candidates);
        self.scout.candidates(protected.stacks(), page, &mut candidates);
        shelf.add_copies(&mut candidates);
        candidates.sort_unstable_by_key(|candidate| (candidate.source, candidate.query));
        let mut named: Vec<(usize, Vec<Candidate>)> = Vec::new();
        let mut last = 0..0;
        let mut start = 0;
        while start < candidates.len() {
            let near =
                candidates[start..].windows(2).take_while(|two| two[1].source - two[0].source <= SOURCE_MAX);
            let near = start..start + near.count() + 1;
            start = near.end;
            let near = &mut candidates[near];
            // They may still stand in two documents.
            if !are_enough(near, least) {
                continue;
            }
            for candidate in near {
                if !last.contains(&candidate.source) {
                    let number = shelf.holder(candidate.source);
                    last = shelf.sentences(number);
                    named.push((number, Vec::new()));
                }
                if let Some((_, own)) = named.last_mut() {
                    own.push(Candidate { source: candidate.source - last.start, ..*candidate });
                }
            }
        }
        self.candidates = candidates;
        named
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
        let (protected, speller) = (self.protected, &mut self.speller);
        self.loaded.get(number, WORDS_LOADED, || {
            let mut page = Page::default();
            speller.read(&protected.shelf.texts()[number], &protected.lexicon, &mut page);
            let words = page.words.len();
            (page, words)
        })
    }

    fn load_bags(&mut self, number: usize) -> Rc<Bags> {
        let (protected, speller) = (self.protected, &mut self.speller);
        self.bags.get(number, STEMS_LOADED, || {
            let mut page = Page::default();
            speller.read(&protected.shelf.texts()[number], &protected.lexicon, &mut page);
            let bags = Bags::new(&page, &protected.lexicon);
            let stems = bags.len();
            (bags, stems)
        })
    }

    fn hits(&mut self, page: &Page, mut found: Vec<(usize, Vec<Piece>)>) -> Vec<Hit> {
        heaviest_first(&mut found);
        let protected = self.protected;
        let mut hits = Vec::new();
        for (number, passages) in found {
            let source = self.load(number);
            let chance = protected.calibrations.chance_of(number);
            let hit = |document, passage: &Piece| Hit {
                document,
                query: bytes(page, &passage.query),
                source: bytes(&source, &passage.source),
                weight: f64::from(passage.weight) / f64::from(BIT),
                false_alarms_per_million: chance
                    .map(|chance| chance.at_most_per_million(passage.weight, page.words.len())),
                words: pairs(passage, &source, page),
            };
            for document in protected.holders_of(number) {
                hits.extend(passages.iter().map(|passage| hit(document, passage)));
            }
        }
        hits
    }
}

fn heaviest_first(found: &mut [(usize, Vec<Piece>)]) {
    let total = |passages: &[Piece]| passages.iter().map(|passage| i64::from(passage.weight)).sum::<i64>();
    found.sort_by_key(|(number, passages)| (std::cmp::Reverse(total(passages)), *number));
}

/// Whether stems of sentences that stand together in a text say at least so much; puts them back in order.
fn are_enough(near: &mut [Candidate], least: i32) -> bool {
    let weight = |near: &[Candidate]| near.iter().map(|candidate| i64::from(candidate.weight)).sum::<i64>();
    let enough = |near: &[Candidate]| weight(near) >= i64::from(least);
    if near.len() == 1 || !enough(near) {
        return enough(near);
    }
    near.sort_unstable_by_key(|candidate| candidate.query);
    let found = near.chunk_by(|a, b| b.query - a.query <= QUERY_MAX).any(enough);
    near.sort_unstable_by_key(|candidate| (candidate.source, candidate.query));
    found
}

/// Whether the sentences of any cluster share enough for a passage.
fn may_reach(links: &[Link], least: i32) -> bool {
    let enough = |links: &[Link]| heaviest(links) >= i64::from(least);
    enough(links) && clusters(links.to_vec()).iter().any(|links| enough(links))
}

/// The sum over a text's sentences of the heaviest link of each; the links of one sentence stand together.
fn heaviest(links: &[Link]) -> i64 {
    let mut best: FxHashMap<u32, i32> = FxHashMap::default();
    for link in links {
        let best = best.entry(link.query).or_default();
        *best = link.weight.max(*best);
    }
    best.values().map(|weight| i64::from(*weight)).sum()
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

/// Aligns clusters of sentences, and joins pieces that are near each other in both texts; nothing where the sentences of
/// no cluster share so much, or none of them weighs as much when aligned.
fn aligned(facing: Facing<'_>, links: Vec<Link>, least: i32) -> Vec<Piece> {
    let (heavy, light): (Vec<_>, Vec<_>) =
        clusters(links).into_iter().partition(|links| heaviest(links) >= i64::from(least));
    let mut pieces: Vec<Piece> = heavy.iter().filter_map(|links| piece(facing, links)).collect();
    if pieces.iter().all(|piece| piece.weight < least) {
        return Vec::new();
    }
    pieces.extend(light.iter().filter_map(|links| piece(facing, links)));
    pieces.retain(|piece| piece.weight >= PIECE_MIN);
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
            Some(last) => last.join(facing, piece),
            None => merged.push(piece),
        }
    }
    merged
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
