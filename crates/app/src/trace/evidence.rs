//! The weight of the evidence on every copy that existed, on ten thousand that never did, and on what chance
//! could have dealt.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::{ABSENT, Observed, Reach, Rows, Score, Threshold, Weighing, Work, names};
use tellmark_core::fixed::Log2;
use tellmark_core::{Hash, LineageId, Recipient, ReleaseId, SiteId};

use super::bars::Bars;
use super::case::Case;
use super::field::{Field, copies_of};
use crate::{Result, Vault};

/// Copies that were never made, traced alongside: what chance does with this exhibit.
pub const DECOYS: u32 = 10_000;
/// Copies under fresh keys that every finding replays its own reading against.
pub const REPLAYED: u32 = 100_000;

/// A copy that is tested, and what the exhibit says about it.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// Its lineage.
    pub lineage: LineageId,
    /// The releases it belongs to, in the order in which they were made.
    pub releases: Vec<ReleaseId>,
    /// Who holds it.
    pub recipient: Recipient,
    /// The groups it belongs to in any of these releases.
    pub groups: BTreeSet<String>,
    /// Which of the case's entries brought it in.
    pub entry: usize,
    /// The evidence.
    pub score: Score,
    /// Its e-process after each look that read something; empty when it has none.
    pub process: Vec<Log2>,
    /// Which row of its lineage's codewords is its own.
    row: usize,
}

impl Suspect {
    /// Its e-process at this look.
    pub fn w(&self) -> Log2 {
        self.process.last().copied().unwrap_or(Log2::NEG_INFINITY)
    }
}

/// What became of copies under fresh keys in the place of the real ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replay {
    /// How many there were, each under a key of its own.
    pub keys: u32,
    /// How many of them reached the threshold.
    pub named: u32,
    /// The best e-value among them.
    pub best: Option<Log2>,
}

/// The evidence of a look.
#[derive(Debug)]
pub struct Evidence {
    /// Every tested copy, the likeliest first; equal ones by lineage and id.
    pub suspects: Vec<Suspect>,
    /// The evidence on the decoys, the best first.
    pub decoys: Vec<Score>,
    /// The replay of this reading.
    pub replay: Replay,
    /// How many copies each of the case's entries brought in.
    pub entered: Vec<u64>,
    /// What a copy has to reach.
    pub bars: Bars,
    /// How far coalitions were looked at, in the lineage where it went farthest.
    pub reach: Reach,
    /// The read sites of all lineages.
    pub observed: BTreeMap<LineageId, BTreeMap<SiteId, Observed>>,
    /// The codewords of the tested copies at these sites.
    rows: BTreeMap<LineageId, Rows>,
}

impl Evidence {
    /// Whether some sites speak for a copy rather than for chance, had it been the sole source and every twentieth
    /// site been read as any variant.
    pub fn favours(&self, suspect: &Suspect, sites: &BTreeMap<SiteId, Observed>) -> bool {
        let (Some(observed), Some(rows)) =
            (self.observed.get(&suspect.lineage), self.rows.get(&suspect.lineage))
        else {
            return false;
        };
        let row = rows.row(suspect.row);
        let columns = observed.keys().zip(row).filter(|(_, symbol)| **symbol != ABSENT);
        let weight = |(site, &symbol): (&SiteId, &u8)| -> Option<Log2> {
            let likelihoods = &sites.get(site)?.likelihoods;
            let total: u128 = likelihoods.iter().map(|l| u128::from(l.0)).sum();
            let own = u128::from(likelihoods.get(usize::from(symbol))?.0) * likelihoods.len() as u128;
            Some(Log2::floor_ratio(19 * own + total, 20 * total))
        };
        columns.filter_map(weight).sum::<Log2>() > Log2::ZERO
    }

    /// Of the suspects that reached their threshold, given by index, those that are not needed beside a stronger
    /// one of their lineage.
    pub fn withheld(&self, reached: &[usize]) -> Vec<usize> {
        let mut withheld = Vec::new();
        for (lineage, observed) in &self.observed {
            let Some(rows) = self.rows.get(lineage) else { continue };
            let observed: Vec<Observed> = observed.values().cloned().collect();
            let own = reached.iter().map(|&index| (index, &self.suspects[index]));
            let own: Vec<(usize, &Suspect)> =
                own.filter(|(_, suspect)| suspect.lineage == *lineage).collect();
            let candidates: Vec<_> = own.iter().map(|(_, suspect)| (suspect.row, suspect.score.e)).collect();
            let spare = tellmark_codes::withheld(&observed, rows, &candidates);
            withheld.extend(own.iter().filter(|(_, s)| spare.contains(&s.row)).map(|(index, _)| *index));
        }
        withheld
    }
}

/// Weighs every tested copy, the decoys, and copies under fresh keys.
///
/// # Errors
/// When the ledger fails or the key does not fit.
pub async fn weigh(vault: &Vault, case: &Case, reading: Hash) -> Result<Evidence> {
    let entries = case.entries();
    let observed = case.merged();
    let mut tested = Vec::new();
    let mut entered = vec![0; entries.len()];
    for (&lineage, sites) in observed.iter().filter(|(_, sites)| !sites.is_empty()) {
        let copies = copies_of(vault, lineage, &entries).await?;
        copies.iter().for_each(|copy| entered[copy.entry] += 1);
        tested.push((lineage, sites, copies));
    }
    let bars = Bars::new(vault, case, &entries, &entered).await?;
    let fresh = case.fresh();
    let replayed = REPLAYED.div_ceil(tested.len().max(1) as u32);
    let (mut suspects, mut decoys, mut rows) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut replay = Replay::default();
    let mut reach = Reach::Alone;
    for (lineage, sites, copies) in tested {
        let field = Field::new(vault, lineage, sites, &copies).await?;
        let weighing = Weighing::new(&field.observed, &field.rows)?;
        // No ratio exceeds the number of codewords, and no tail is rarer than one of them: with too few sites the
        // long work cannot name anybody either.
        let codewords: Log2 =
            field.observed.iter().map(|site| Log2::ceil_ratio(site.likelihoods.len() as u128, 1)).sum();
        let is_hopeless = bars.thresholds.iter().all(|bar| codewords < bar.e && codewords < -bar.p);
        let reaches = |scores: &[Score]| {
            let each = scores.iter().zip(&copies);
            is_hopeless
                || each
                    .into_iter()
                    .any(|(s, copy)| names(s, Log2::NEG_INFINITY, &bars.thresholds[copy.entry]))
        };
        let scored = weighing.scores(&Work::default(), reaches);
        reach = reach.max(scored.reach);
        let places: Vec<u32> = copies.iter().map(|copy| case.place_of(entries[copy.entry].look)).collect();
        let mut processes =
            field.processes(&scored.scores, &fresh[&lineage], &places, case.looks.len() as u32)?;
        decoys.extend(weighing.strangers(&field.decoys(DECOYS)?, &scored.believed)?);
        let largest = copies.iter().map(|copy| copy.entry).max_by_key(|&entry| (entered[entry], entry));
        if let Some(entry) = largest {
            let strangers = weighing.strangers(&field.replayed(reading, replayed)?, &scored.believed)?;
            replay.add(&strangers, &bars.thresholds[entry]);
        }
        suspects.extend(copies.into_iter().zip(scored.scores).enumerate().map(|(row, (copy, score))| {
            Suspect {
                lineage,
                releases: copy.releases,
                recipient: copy.recipient,
                groups: copy.groups,
                entry: copy.entry,
                score,
                process: processes.remove(&row).unwrap_or_default(),
                row,
            }
        }));
        rows.insert(lineage, field.rows);
    }
    suspects.sort_by(|a: &Suspect, b| {
        let key = |s: &Suspect| (std::cmp::Reverse(s.score.e), s.lineage, s.recipient.id.clone());
        key(a).cmp(&key(b))
    });
    decoys.sort_by_key(|score: &Score| std::cmp::Reverse(score.e));
    Ok(Evidence { suspects, decoys, replay, entered, bars, reach, observed, rows })
}

impl Replay {
    fn add(&mut self, strangers: &[Score], threshold: &Threshold) {
        self.keys += strangers.len() as u32;
        self.named += strangers.iter().filter(|s| names(s, Log2::NEG_INFINITY, threshold)).count() as u32;
        self.best = self.best.max(strangers.iter().map(|score| score.e).max());
    }
}
