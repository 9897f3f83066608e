//! From shared seeds to chains: runs of equal words that stand in the same order in both texts.

use crate::seeds::{Hit, SEED_WORDS};

/// Words that follow each other alike in an original and in an exhibit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Number of the first word among the words of all originals.
    pub source: u32,
    /// Number of the first word in the exhibit.
    pub exhibit: u32,
    /// How many words.
    pub length: u32,
    /// Weight of the words.
    pub weight: i32,
}

impl Run {
    pub fn source_end(&self) -> u32 {
        self.source + self.length
    }
    pub fn exhibit_end(&self) -> u32 {
        self.exhibit + self.length
    }
}

/// Runs in one order, and their weight less what the gaps between them cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub runs: Vec<Run>,
    pub score: i64,
}

/// Joins hits that overlap into runs; sorted by their place in the originals' words.
pub(crate) fn runs(mut hits: Vec<Hit>, weight: impl Fn(u32) -> i32) -> Vec<Run> {
    let diagonal = |hit: &Hit| i64::from(hit.source) - i64::from(hit.exhibit);
    hits.sort_unstable_by_key(|hit| (diagonal(hit), hit.exhibit));
    let mut runs: Vec<Run> = Vec::new();
    let mut last = None;
    for hit in &hits {
        let same = last.replace(diagonal(hit)) == Some(diagonal(hit));
        match runs.last_mut() {
            // Only seeds that share a word: then they are of one original.
            Some(run) if same && hit.exhibit < run.exhibit_end() => {
                run.length = hit.exhibit + SEED_WORDS as u32 - run.exhibit;
            }
            _ => runs.push(Run {
                source: hit.source,
                exhibit: hit.exhibit,
                length: SEED_WORDS as u32,
                weight: 0,
            }),
        }
    }
    for run in &mut runs {
        run.weight = (run.source..run.source_end()).map(&weight).sum();
    }
    runs.sort_unstable_by_key(|run| (run.source, run.exhibit));
    runs
}

/// Runs of one original before a run that are tried as its predecessor.
const PREDECESSORS_MAX: usize = 64;
/// Words that may be missing or added between two runs of one chain.
const GAP_WORDS_MAX: u32 = 1000;

/// Takes one original's runs apart into chains, best first. Every run ends in at most one chain.
///
/// # Source
/// The recurrence of Li, Minimap2: pairwise alignment for nucleotide sequences, 2018, section 2.1, with
/// words for bases.
pub(crate) fn chains(mut runs: Vec<Run>) -> Vec<Chain> {
    drop_shadows(&mut runs);
    runs.sort_unstable_by_key(|run| (run.exhibit, run.source));
    let mut scores: Vec<i64> = Vec::with_capacity(runs.len());
    let mut before: Vec<Option<usize>> = Vec::with_capacity(runs.len());
    for (i, run) in runs.iter().enumerate() {
        let mut best = (i64::from(run.weight), None);
        for j in (i.saturating_sub(PREDECESSORS_MAX)..i).rev() {
            if let Some(gain) = gain(&runs[j], run)
                && scores[j] + gain > best.0
            {
                best = (scores[j] + gain, Some(j));
            }
        }
        scores.push(best.0);
        before.push(best.1);
    }
    unwind(&runs, &scores, &before)
}

fn unwind(runs: &[Run], scores: &[i64], before: &[Option<usize>]) -> Vec<Chain> {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(scores[i]), i));
    let mut used = vec![false; runs.len()];
    let mut chains = Vec::new();
    for end in order {
        let mut chain = Vec::new();
        let mut at = Some(end);
        let mut rest = 0;
        while let Some(i) = at {
            if used[i] {
                rest = scores[i];
                break;
            }
            used[i] = true;
            chain.push(runs[i]);
            at = before[i];
        }
        if !chain.is_empty() {
            chain.reverse();
            chains.push(Chain { runs: chain, score: scores[end] - rest });
        }
    }
    chains.sort_by_key(|chain| (std::cmp::Reverse(chain.score), chain.runs[0].exhibit));
    chains
}

/// What a run adds to a chain that ends with another: its own words less the cost of the gap.
fn gain(last: &Run, next: &Run) -> Option<i64> {
    if next.source <= last.source || next.exhibit <= last.exhibit {
        return None;
    }
    let overlap =
        last.source_end().saturating_sub(next.source).max(last.exhibit_end().saturating_sub(next.exhibit));
    if overlap >= next.length {
        return None;
    }
    let source = next.source.saturating_sub(last.source_end());
    let exhibit = next.exhibit.saturating_sub(last.exhibit_end());
    if source.max(exhibit) > GAP_WORDS_MAX {
        return None;
    }
    let shift = (i64::from(next.source) - i64::from(last.source))
        - (i64::from(next.exhibit) - i64::from(last.exhibit));
    let cost = i64::from((shift.unsigned_abs() + 1).ilog2()) * 16 + i64::from(source.max(exhibit)) / 4;
    let weight = i64::from(next.weight) * i64::from(next.length - overlap) / i64::from(next.length);
    Some(weight - cost)
}

/// Drops runs whose exhibit words all belong to runs that are twice as heavy: a phrase that the original
/// repeats, seen at its other place.
fn drop_shadows(runs: &mut Vec<Run>) {
    let Some(base) = runs.iter().map(|run| run.exhibit).min() else { return };
    let end = runs.iter().map(Run::exhibit_end).max().unwrap_or(base);
    let places: usize = runs.iter().map(|run| run.length as usize).sum();
    // A few runs far apart in a large exhibit do not pay for a table of all its words.
    if (end - base) as usize > 64 * places + 4096 {
        return;
    }
    let mut heaviest = vec![0; (end - base) as usize];
    for run in runs.iter() {
        for slot in &mut heaviest[(run.exhibit - base) as usize..(run.exhibit_end() - base) as usize] {
            *slot = run.weight.max(*slot);
        }
    }
    runs.retain(|run| {
        let words = &heaviest[(run.exhibit - base) as usize..(run.exhibit_end() - base) as usize];
        words.iter().min().is_none_or(|&least| least < 2 * run.weight.max(1))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(source: u32, exhibit: u32, length: u32) -> Run {
        Run { source, exhibit, length, weight: length as i32 * 64 }
    }

    #[test]
    fn overlapping_hits_join() {
        let hits = [(5, 1), (6, 2), (7, 3), (30, 9), (5, 20)]
            .map(|(source, exhibit)| Hit { source, exhibit })
            .to_vec();
        let found = runs(hits, |_| 1);
        let shape: Vec<_> = found.iter().map(|r| (r.source, r.exhibit, r.length, r.weight)).collect();
        assert_eq!(shape, [(5, 1, 5, 5), (5, 20, 3, 3), (30, 9, 3, 3)]);
    }

    #[test]
    fn chains_follow_one_order_and_reordered_parts_make_their_own() {
        let found = chains(vec![run(0, 40, 10), run(12, 53, 10), run(60, 5, 10), run(75, 20, 6)]);
        let sources: Vec<Vec<u32>> =
            found.iter().map(|chain| chain.runs.iter().map(|run| run.source).collect()).collect();
        assert_eq!(sources, [vec![0, 12], vec![60, 75]]);
    }

    #[test]
    fn shadows_of_a_repeated_phrase_go() {
        let found = chains(vec![run(0, 0, 12), run(100, 4, 3)]);
        assert_eq!(found.len(), 1);
        assert!(chains(vec![]).is_empty());
    }
}
