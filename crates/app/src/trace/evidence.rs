//! The weight of the evidence on every copy that existed, on ten thousand that never did, and on what chance
//! could have dealt.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::{
    ABSENT, Observed, Part, Reach, Rows, Score, Threshold, View, Weighing, Work, first_read, names,
    over_views, shared, view_share, views,
};
use tellmark_core::fixed::Log2;
use tellmark_core::{Hash, LineageId, Recipient, ReleaseId, SiteId};

use super::bars::Bars;
use super::case::Case;
use super::field::{Field, Lineage, Tested, copies_of};
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
    /// Its id, and what a roster says of it.
    pub recipient: Recipient,
    /// What the roster of each of its releases says of it.
    pub held: BTreeMap<ReleaseId, Recipient>,
    /// The groups it belongs to in any of these releases.
    pub groups: BTreeSet<String>,
    /// Which of the case's entries brought it in.
    pub entry: usize,
    /// The evidence, over all views of its lineage.
    pub score: Score,
    /// The evidence in each of them, as it counts with the view's share.
    pub scores: Vec<Score>,
    /// The view in which its e-value is best.
    pub view: usize,
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

    /// Whether it reaches its threshold in a view. The e-process belongs to the first one, which holds everything.
    fn reaches(&self, view: usize, threshold: &Threshold) -> bool {
        let w = if view == 0 { self.w() } else { Log2::NEG_INFINITY };
        self.scores.get(view).is_some_and(|score| names(score, w, threshold))
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
    /// How far coalitions were looked at, in the view where it went farthest.
    pub reach: Reach,
    /// The views of each lineage that was read, everything first.
    pub views: BTreeMap<LineageId, Vec<Weighed>>,
    /// The sites of each release of these lineages.
    pub sites: BTreeMap<ReleaseId, BTreeSet<SiteId>>,
}

/// A view with the codewords of the tested copies at its sites.
#[derive(Debug)]
pub struct Weighed {
    /// What it holds.
    pub part: Part,
    /// The read sites.
    pub observed: BTreeMap<SiteId, Observed>,
    rows: Rows,
}

impl Weighed {
    /// The read sites without their names.
    pub fn readings(&self) -> Vec<Observed> {
        self.observed.values().cloned().collect()
    }
}

/// The copies that reached their threshold, by index.
#[derive(Debug, Default)]
pub struct Reached {
    /// Those that are needed to explain what was read in a view in which they reached it.
    pub needed: Vec<usize>,
    /// The others: beside a stronger one of their lineage they are not needed.
    pub spare: Vec<usize>,
}

impl Evidence {
    /// The view in which a copy does best.
    pub fn best_view(&self, suspect: &Suspect) -> Option<&Weighed> {
        self.views.get(&suspect.lineage)?.get(suspect.view)
    }

    /// The sites, in the view in which a copy does best, whose likeliest variant is the copy's.
    pub fn agreeing(&self, suspect: &Suspect) -> Vec<SiteId> {
        let Some(view) = self.best_view(suspect) else { return Vec::new() };
        let agrees = |observed: &Observed, symbol: u8| {
            let most = observed.likelihoods.iter().max();
            observed.likelihoods.get(usize::from(symbol)).is_some_and(|own| Some(own) == most)
        };
        let sites = view.observed.iter().zip(view.rows.row(suspect.row));
        sites.filter(|((_, seen), symbol)| agrees(seen, **symbol)).map(|((site, _), _)| *site).collect()
    }

    /// What all looks together read of a lineage.
    pub fn whole(&self, lineage: LineageId) -> Option<&BTreeMap<SiteId, Observed>> {
        self.views.get(&lineage)?.first().map(|view| &view.observed)
    }

    /// Whether some sites speak for a copy rather than for chance, had it been the sole source and every twentieth
    /// site been read as any variant.
    pub fn favours(&self, suspect: &Suspect, sites: &BTreeMap<SiteId, Observed>) -> bool {
        let Some(view) = self.views.get(&suspect.lineage).and_then(|views| views.first()) else {
            return false;
        };
        let row = view.rows.row(suspect.row);
        let columns = view.observed.keys().zip(row).filter(|(_, symbol)| **symbol != ABSENT);
        let weight = |(site, &symbol): (&SiteId, &u8)| -> Option<Log2> {
            let likelihoods = &sites.get(site)?.likelihoods;
            let total: u128 = likelihoods.iter().map(|l| u128::from(l.0)).sum();
            let own = u128::from(likelihoods.get(usize::from(symbol))?.0) * likelihoods.len() as u128;
            Some(Log2::floor_ratio(19 * own + total, 20 * total))
        };
        columns.filter_map(weight).sum::<Log2>() > Log2::ZERO
    }

    /// The suspects that reached their threshold.
    pub fn reached(&self) -> Reached {
        let mut needed = BTreeSet::new();
        let mut all = BTreeSet::new();
        for (&lineage, views) in &self.views {
            for (number, view) in views.iter().enumerate() {
                let reached = self.reached_in(lineage, number);
                let candidates: Vec<(usize, Log2)> =
                    reached.iter().map(|(_, s)| (s.row, s.scores[number].e)).collect();
                let spare = tellmark_codes::withheld(&view.readings(), &view.rows, &candidates);
                all.extend(reached.iter().map(|(index, _)| *index));
                needed
                    .extend(reached.iter().filter(|(_, s)| !spare.contains(&s.row)).map(|(index, _)| *index));
            }
        }
        Reached { spare: all.difference(&needed).copied().collect(), needed: needed.into_iter().collect() }
    }

    fn reached_in(&self, lineage: LineageId, view: usize) -> Vec<(usize, &Suspect)> {
        let own = self.suspects.iter().enumerate().filter(|(_, suspect)| suspect.lineage == lineage);
        own.filter(|(_, suspect)| suspect.reaches(view, &self.bars.thresholds[suspect.entry])).collect()
    }
}

/// Weighs every tested copy, the decoys, and copies under fresh keys.
///
/// # Errors
/// When the ledger fails or the key does not fit.
pub async fn weigh(vault: &Vault, case: &Case, reading: Hash) -> Result<Evidence> {
    let entries = case.entries();
    let mut tested = Vec::new();
    let mut entered = vec![0; entries.len()];
    for lineage in case.lineages() {
        let looks = case.looks_at(lineage);
        let copies = copies_of(vault, lineage, &entries).await?;
        copies.iter().for_each(|copy| entered[copy.entry] += 1);
        tested.push((lineage, looks, copies));
    }
    let bars = Bars::new(vault, case, &entries, &entered).await?;
    let replayed = REPLAYED.div_ceil(tested.len().max(1) as u32);
    let (mut suspects, mut decoys) = (Vec::new(), Vec::new());
    let mut replay = Replay::default();
    let (mut reach, mut weighed, mut sites) = (Reach::Alone, BTreeMap::new(), BTreeMap::new());
    for (lineage, looks, copies) in tested {
        let views: Vec<View<SiteId>> = views(&looks);
        let source = Lineage::load(vault, lineage).await?;
        let mut all = Views::default();
        for (number, view) in views.iter().enumerate() {
            let field = Field::new(vault, &source, &view.sites, &copies).await?;
            let share = view_share(number, views.len());
            all.add(field, share, &work(number, views.len()), &copies, &bars, (reading, replayed))?;
        }
        let places: Vec<u32> = copies.iter().map(|copy| case.place_of(entries[copy.entry].look)).collect();
        all.processes = all.fields[0].processes(
            &all.copies[0],
            |from| first_read(&looks, from),
            &places,
            looks.len() as u32,
        )?;
        reach = reach.max(all.reach);
        decoys.extend(joined(&all.decoys));
        if let Some(entry) = copies.iter().map(|c| c.entry).max_by_key(|&entry| (entered[entry], entry)) {
            replay.add(&joined(&all.replayed), &bars.thresholds[entry]);
        }
        suspects.extend(all.suspects(lineage, copies));
        weighed.insert(lineage, all.weighed(views));
        sites.extend(source.into_sites());
    }
    suspects.sort_by(|a: &Suspect, b| {
        let key = |s: &Suspect| (std::cmp::Reverse(s.score.e), s.lineage, s.recipient.id.clone());
        key(a).cmp(&key(b))
    });
    decoys.sort_by_key(|score: &Score| std::cmp::Reverse(score.e));
    Ok(Evidence { suspects, decoys, replay, entered, bars, reach, views: weighed, sites })
}

/// All triples of copies are weighed for everything that was read; its parts share as much work again.
fn work(view: usize, views: usize) -> Work {
    let all = Work::default();
    match view {
        0 => all,
        _ => Work { triples_at_last: all.triples_at_last / (views as u64 - 1), ..all },
    }
}

/// The scores of one lineage, view by view, as they count.
#[derive(Default)]
struct Views<'a> {
    fields: Vec<Field<'a>>,
    copies: Vec<Vec<Score>>,
    decoys: Vec<Vec<Score>>,
    replayed: Vec<Vec<Score>>,
    processes: BTreeMap<usize, Vec<Log2>>,
    reach: Reach,
}

impl<'a> Views<'a> {
    /// Weighs everybody in one more view.
    fn add(
        &mut self,
        field: Field<'a>,
        share: (u128, u128),
        work: &Work,
        copies: &[Tested],
        bars: &Bars,
        (reading, replayed): (Hash, u32),
    ) -> Result<()> {
        if field.observed.is_empty() {
            // Exhibits that contradict each other everywhere show nothing together.
            let nothing = |count: usize| vec![shared(&Score::NOTHING, share); count];
            self.decoys.push(nothing(DECOYS as usize));
            self.replayed.push(nothing(replayed as usize));
            self.copies.push(nothing(copies.len()));
            self.fields.push(field);
            return Ok(());
        }
        let weighing = Weighing::new(&field.observed, &field.rows)?;
        let count = |scores: Vec<Score>| -> Vec<Score> { scores.iter().map(|s| shared(s, share)).collect() };
        // No ratio exceeds the number of codewords, and no tail is rarer than one of them: with too few sites the
        // long work cannot name anybody either.
        let codewords: Log2 =
            field.observed.iter().map(|site| Log2::ceil_ratio(site.likelihoods.len() as u128, 1)).sum();
        let best = codewords + Log2::floor_ratio(share.0, share.1);
        let is_hopeless = bars.thresholds.iter().all(|bar| best < bar.e && best < -bar.p);
        let reaches = |(score, copy): (&Score, &Tested)| {
            names(&shared(score, share), Log2::NEG_INFINITY, &bars.thresholds[copy.entry])
        };
        let suffices = |scores: &[Score]| is_hopeless || scores.iter().zip(copies).any(reaches);
        let scored = weighing.scores(work, suffices);
        let strangers = |rows: &Rows| weighing.strangers(rows, &scored.believed);
        self.decoys.push(count(strangers(&field.decoys(DECOYS)?)?));
        self.replayed.push(count(strangers(&field.replayed(reading, replayed)?)?));
        self.reach = self.reach.max(scored.reach);
        self.copies.push(count(scored.scores));
        self.fields.push(field);
        Ok(())
    }

    fn suspects(&mut self, lineage: LineageId, copies: Vec<Tested>) -> Vec<Suspect> {
        let mut suspects = Vec::new();
        for (row, copy) in copies.into_iter().enumerate() {
            let scores: Vec<Score> = self.copies.iter().map(|view| view[row]).collect();
            let Some((score, view)) = over_views(&scores) else { continue };
            suspects.push(Suspect {
                lineage,
                releases: copy.releases,
                recipient: copy.recipient,
                held: copy.held,
                groups: copy.groups,
                entry: copy.entry,
                score,
                scores,
                view,
                process: self.processes.remove(&row).unwrap_or_default(),
                row,
            });
        }
        suspects
    }

    fn weighed(self, views: Vec<View<SiteId>>) -> Vec<Weighed> {
        let each = views.into_iter().zip(self.fields);
        each.map(|(view, field)| Weighed { part: view.part, observed: view.sites, rows: field.rows })
            .collect()
    }
}

/// The scores of the same strangers over all views.
fn joined(views: &[Vec<Score>]) -> Vec<Score> {
    let strangers = 0..views.first().map_or(0, Vec::len);
    let over = |stranger: usize| {
        let scores: Vec<Score> = views.iter().map(|view| view[stranger]).collect();
        over_views(&scores)
    };
    strangers.filter_map(over).map(|(score, _)| score).collect()
}

impl Replay {
    fn add(&mut self, strangers: &[Score], threshold: &Threshold) {
        self.keys += strangers.len() as u32;
        self.named += strangers.iter().filter(|s| names(s, Log2::NEG_INFINITY, threshold)).count() as u32;
        self.best = self.best.max(strangers.iter().map(|score| score.e).max());
    }
}
