//! Features of pages by some of their bits, so that features that look alike are found without comparing all.
//!
//! # Source
//! Indyk and Motwani, "Approximate nearest neighbors" (1998): tables keyed by samples of the bits; buckets that
//! differ in one bit are looked at too, as in Lv and others, "Multi-probe LSH" (2007).

use crate::features::{Bits, Feature, PageFeatures};

/// Bits of a key.
const KEY: usize = 16;
/// Tables; each takes other bits.
const TABLES: usize = 8;
/// A fuller bucket says nothing.
const BUCKET_MAX: usize = 1500;
/// Features with more bits between them are not alike.
pub(super) const ALIKE: u32 = 72;
/// A page's best feature counts when it is so close to the best of all pages.
const BEHIND: u32 = 20;
/// Pages that a feature of the picture votes for.
const VOTES: usize = 12;
/// Below so many features, all are compared.
const ALL: usize = 5_000;

/// A feature of the picture and one of a page that look alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likely {
    pub picture: u32,
    pub feature: u32,
    pub distance: u32,
}

/// A page that may be in the picture.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub page: usize,
    pub score: f32,
    pub likely: Vec<Likely>,
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    /// The descriptors of all pages in their order.
    bits: Vec<Bits>,
    /// For each of them its page.
    pages: Vec<u32>,
    /// Index of each page's first descriptor.
    firsts: Vec<u32>,
    tables: Vec<Table>,
}

/// Descriptors by key: those of key `k` are `entries[starts[k]..starts[k + 1]]`.
#[derive(Debug)]
struct Table {
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl Tables {
    pub fn build(pages: &[PageFeatures]) -> Tables {
        let mut tables = Tables::default();
        for (at, page) in pages.iter().enumerate() {
            tables.firsts.push(tables.bits.len() as u32);
            tables.bits.extend(page.features.iter().map(|feature| feature.bits));
            tables.pages.extend(std::iter::repeat_n(at as u32, page.features.len()));
        }
        if tables.bits.len() > ALL {
            tables.tables = (0..TABLES).map(|table| Table::of(&tables.bits, table)).collect();
        }
        tables
    }

    /// The pages that the picture's features agree on most, best first.
    pub fn candidates(&self, pages: &[PageFeatures], picture: &[Feature], most: usize) -> Vec<Candidate> {
        let mut likely: Vec<Vec<Likely>> = vec![Vec::new(); pages.len()];
        let mut seen = vec![u32::MAX; if self.tables.is_empty() { 0 } else { self.bits.len() }];
        let mut hits = Vec::new();
        for (at, feature) in picture.iter().enumerate() {
            hits.clear();
            self.alike(at as u32, &feature.bits, &mut seen, &mut hits);
            hits.sort_unstable();
            let Some(&(best, _)) = hits.first() else { continue };
            let mut voted: Vec<u32> = Vec::new();
            for &(distance, entry) in hits.iter().take_while(|(distance, _)| *distance <= best + BEHIND) {
                let page = self.pages[entry as usize];
                if voted.contains(&page) {
                    continue;
                }
                voted.push(page);
                let feature = entry - self.firsts[page as usize];
                likely[page as usize].push(Likely { picture: at as u32, feature, distance });
                if voted.len() == VOTES {
                    break;
                }
            }
        }
        let mut candidates: Vec<Candidate> = likely
            .into_iter()
            .enumerate()
            .filter(|(_, likely)| likely.len() >= 4)
            .map(|(page, likely)| Candidate { page, score: score(&pages[page], picture, &likely), likely })
            .collect();
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates.truncate(most);
        candidates
    }

    /// The descriptors that differ little, with how much.
    fn alike(&self, stamp: u32, bits: &Bits, seen: &mut [u32], hits: &mut Vec<(u32, u32)>) {
        let mut compare = |entry: u32| {
            let distance = bits.distance(&self.bits[entry as usize]);
            if distance <= ALIKE {
                hits.push((distance, entry));
            }
        };
        if self.tables.is_empty() {
            (0..self.bits.len() as u32).for_each(compare);
            return;
        }
        for (at, table) in self.tables.iter().enumerate() {
            let key = key(bits, at);
            for probe in std::iter::once(key).chain((0..KEY).map(|bit| key ^ (1 << bit))) {
                for &entry in table.bucket(probe) {
                    if seen[entry as usize] != stamp {
                        seen[entry as usize] = stamp;
                        compare(entry);
                    }
                }
            }
        }
    }
}

impl Table {
    fn of(bits: &[Bits], table: usize) -> Table {
        let mut starts = vec![0u32; (1 << KEY) + 1];
        for bits in bits {
            starts[key(bits, table) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![0u32; bits.len()];
        for (at, bits) in bits.iter().enumerate() {
            let slot = &mut next[key(bits, table)];
            entries[*slot as usize] = at as u32;
            *slot += 1;
        }
        Table { starts, entries }
    }

    fn bucket(&self, key: usize) -> &[u32] {
        let bucket = &self.entries[self.starts[key] as usize..self.starts[key + 1] as usize];
        if bucket.len() > BUCKET_MAX { &[] } else { bucket }
    }
}

/// A descriptor's key in a table.
fn key(bits: &Bits, table: usize) -> usize {
    let at = table * KEY;
    (bits.0[at / 64] >> (at % 64)) as usize & ((1 << KEY) - 1)
}

/// How strongly the likely features agree on one size and turn of the page.
fn score(page: &PageFeatures, picture: &[Feature], likely: &[Likely]) -> f32 {
    const TURNS: usize = 18;
    const SIZES: usize = 16;
    let mut bins = vec![0.0f32; TURNS * SIZES];
    for likely in likely {
        let (from, to) = (&page.features[likely.feature as usize], &picture[likely.picture as usize]);
        let weight = (1.0 - likely.distance as f32 / (ALIKE + 8) as f32).powi(2);
        let turn = (to.direction - from.direction).rem_euclid(std::f32::consts::TAU);
        let turn = turn * (TURNS as f32 / std::f32::consts::TAU);
        let size = (libm::log2f(to.size / from.size) * 2.0 + 8.0).clamp(0.0, SIZES as f32 - 1.01);
        for (t, wt) in
            [(turn as usize % TURNS, 1.0 - turn.fract()), ((turn as usize + 1) % TURNS, turn.fract())]
        {
            bins[t * SIZES + size as usize] += weight * wt * (1.0 - size.fract());
            bins[t * SIZES + size as usize + 1] += weight * wt * size.fract();
        }
    }
    bins.into_iter().fold(0.0, f32::max)
}
