//! PlagDet and what it is made of.
//!
//! Potthast, Stein, Barrón-Cedeño, Rosso: An evaluation framework for plagiarism detection, COLING 2010,
//! section 3: macro-averaged precision and recall over bytes of both texts, and granularity.

use std::ops::Range;

use tellmark_spotting::Hit;

use super::sets::Case;

/// Sums over the cases of one row of the table.
#[derive(Debug, Default, Clone)]
pub struct Score {
    pub cases: usize,
    pub found: usize,
    recall: f64,
    precision: f64,
    detections: usize,
    pieces: usize,
    /// Detections that are no part of the passage, where nothing is repeated.
    pub wrong: usize,
    /// Detections of another document that has the same wording somewhere.
    pub repeated: usize,
}

impl Score {
    /// Counts a case with what was found in its article.
    pub fn add(&mut self, case: &Case, hits: &[Hit], texts: &[&str]) {
        let own: Vec<&Hit> = hits.iter().filter(|hit| detects(hit, case)).collect();
        self.cases += 1;
        self.found += usize::from(!own.is_empty());
        self.pieces += own.len();
        self.recall += share_covered(
            &case.query,
            own.iter().map(|hit| &hit.query),
            &case.source,
            own.iter().map(|hit| &hit.source),
        );
        for hit in hits {
            let quoted = &texts[hit.document][hit.source.clone()];
            if hit.document != case.document && repeats(&case.text[hit.query.clone()], quoted) {
                self.repeated += 1;
                continue;
            }
            self.detections += 1;
            match detects(hit, case) {
                true => {
                    self.precision += share_covered(
                        &hit.query,
                        [&case.query].into_iter(),
                        &hit.source,
                        [&case.source].into_iter(),
                    )
                }
                false => self.wrong += 1,
            }
        }
    }

    /// Adds another row.
    pub fn join(&mut self, other: &Score) {
        self.cases += other.cases;
        self.found += other.found;
        self.recall += other.recall;
        self.precision += other.precision;
        self.detections += other.detections;
        self.pieces += other.pieces;
        self.wrong += other.wrong;
        self.repeated += other.repeated;
    }

    pub fn passages(&self) -> f64 {
        self.found as f64 / self.cases.max(1) as f64
    }
    pub fn recall(&self) -> f64 {
        self.recall / self.cases.max(1) as f64
    }
    pub fn precision(&self) -> f64 {
        self.precision / self.detections.max(1) as f64
    }
    pub fn granularity(&self) -> f64 {
        if self.found == 0 { 1.0 } else { self.pieces as f64 / self.found as f64 }
    }
    pub fn plagdet(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) / libm::log2(1.0 + self.granularity()) }
    }
}

/// Whether a detection is a part of the passage.
pub fn detects(hit: &Hit, case: &Case) -> bool {
    hit.document == case.document
        && overlap(&hit.query, &case.query) > 0
        && overlap(&hit.source, &case.source) > 0
}

/// Whether two texts share five words in a row: the documents themselves repeat that wording.
pub fn repeats(a: &str, b: &str) -> bool {
    let runs = |text: &str| -> std::collections::HashSet<String> {
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.windows(5).map(|run| run.join(" ")).collect()
    };
    !runs(a).is_disjoint(&runs(b))
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

fn share_covered<'a>(
    query: &Range<usize>,
    queries: impl Iterator<Item = &'a Range<usize>>,
    source: &Range<usize>,
    sources: impl Iterator<Item = &'a Range<usize>>,
) -> f64 {
    let covered = union(query, queries) + union(source, sources);
    covered as f64 / (query.len() + source.len()).max(1) as f64
}

/// Bytes of a range that others cover.
fn union<'a>(range: &Range<usize>, others: impl Iterator<Item = &'a Range<usize>>) -> usize {
    let mut others: Vec<Range<usize>> =
        others.map(|o| o.start.max(range.start)..o.end.min(range.end)).filter(|o| o.start < o.end).collect();
    others.sort_by_key(|other| other.start);
    let (mut end, mut sum) = (0, 0);
    for other in others {
        sum += other.end.saturating_sub(end.max(other.start));
        end = end.max(other.end);
    }
    sum
}
