//! From what single places say to one outcome a site.

use tellmark_core::{Erasure, Likelihood, Outcome};

use super::costs::BIT;
use super::{Note, UNSEEN};

/// Everything that was noted about one site.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes(pub Vec<Note>);

/// The most, in bits, that a site's variants may differ.
pub(super) const CAP: i32 = 13 * BIT;
/// The same for a style site: whoever edits a text brings its dashes and abbreviations into a style of their own.
pub(super) const STYLE_CAP: i32 = 4 * BIT;
/// What all places of a site together may say, in bits, beyond the most telling one: whoever changes a habit
/// changes it everywhere.
const BEYOND_ONE: i32 = 2 * BIT;
/// How much less likely, in bits, all other variants must be for a place to speak for one.
const DECISIVE: i32 = 4 * BIT;

impl Notes {
    /// Products of likelihoods, at most `cap` apart; [`Erasure::Conflict`] where a quarter of the places or more speak for
    /// another variant than the rest; the most telling reason where none is read.
    pub fn outcome(&self, cap: i32) -> Outcome {
        let rows: Vec<&Vec<i32>> = self.seen().map(|(costs, ..)| costs).collect();
        let Some(first) = rows.first() else { return self.erasure().map_or(UNSEEN, Outcome::Erased) };
        if contradict(&rows) {
            return Outcome::Erased(Erasure::Conflict);
        }
        let sum = |v: usize| rows.iter().map(|row| i64::from(row[v])).sum::<i64>();
        let sums: Vec<i64> = (0..first.len()).map(sum).collect();
        let least = sums.iter().copied().min().unwrap_or(0);
        let most = rows.iter().flat_map(|row| row.iter()).copied().max().unwrap_or(0);
        let cap = i64::from(cap.min(most + BEYOND_ONE));
        let likelihoods: Vec<Likelihood> =
            sums.iter().map(|sum| likelihood((sum - least).min(cap) as i32)).collect();
        if likelihoods.iter().all(|&l| l == Likelihood::ONE) {
            return Outcome::Erased(Erasure::Unclear);
        }
        let places = self.seen().map(|(_, exhibit, bytes)| (exhibit, bytes.clone())).collect();
        Outcome::Read { likelihoods, places }
    }

    fn seen(&self) -> impl Iterator<Item = (&Vec<i32>, u32, &std::ops::Range<usize>)> {
        self.0.iter().filter_map(|note| match note {
            Note::Seen { costs, exhibit, bytes } => Some((costs, *exhibit, bytes)),
            Note::Erased(_) => None,
        })
    }

    fn erasure(&self) -> Option<Erasure> {
        const TELLING: [Erasure; 4] =
            [Erasure::Unshowable, Erasure::Unclear, Erasure::Context, Erasure::Absent];
        TELLING.into_iter().find(|reason| self.0.contains(&Note::Erased(*reason)))
    }
}

fn contradict(rows: &[&Vec<i32>]) -> bool {
    let mut votes = vec![0usize; rows.first().map_or(0, |row| row.len())];
    for row in rows {
        let best = row.iter().position(|&cost| cost == 0);
        let decisive = row.iter().filter(|&&cost| cost < DECISIVE).count() == 1;
        if let Some(best) = best.filter(|_| decisive) {
            votes[best] += 1;
        }
    }
    let all: usize = votes.iter().sum();
    let most = votes.iter().copied().max().unwrap_or(0);
    4 * (all - most) >= all && all > most
}

/// 2^(-cost) in units of 2^-24, at least the smallest; `cost` in units of 1/16 bit.
fn likelihood(cost: i32) -> Likelihood {
    /// 2^(24 - k/16).
    const FRACTIONS: [u32; 16] = [
        16_777_216, 16_065_917, 15_384_775, 14_732_511, 14_107_901, 13_509_772, 12_937_002, 12_388_516,
        11_863_283, 11_360_319, 10_878_679, 10_417_458, 9_975_792, 9_552_851, 9_147_842, 8_760_003,
    ];
    let cost = cost.max(0);
    let whole = (cost / BIT).min(31);
    Likelihood((FRACTIONS[(cost % BIT) as usize] >> whole).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(costs: &[i32]) -> Note {
        Note::Seen { costs: costs.iter().map(|c| c * BIT).collect(), exhibit: 0, bytes: 0..0 }
    }

    #[test]
    fn places_add_up_and_are_capped() {
        let outcome = Notes(vec![seen(&[0, 3]), seen(&[0, 4]), Note::Erased(Erasure::Context)]).outcome(CAP);
        let Outcome::Read { likelihoods, places } = outcome else { panic!("{outcome:?}") };
        assert_eq!(likelihoods, [Likelihood::ONE, Likelihood(1 << 18)]);
        assert_eq!(places.len(), 2);
        let outcome = Notes(vec![seen(&[0, 10]); 9]).outcome(CAP);
        let Outcome::Read { likelihoods, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(likelihoods[1], Likelihood(1 << 12));
    }

    #[test]
    fn contradictions_and_reasons_are_said() {
        let erased = |notes: Vec<Note>| Notes(notes).outcome(CAP);
        assert_eq!(erased(vec![]), Outcome::Erased(Erasure::Absent));
        assert_eq!(erased(vec![seen(&[0, 9]), seen(&[9, 0])]), Outcome::Erased(Erasure::Conflict));
        assert_eq!(erased(vec![seen(&[0, 2]), seen(&[2, 0])]), Outcome::Erased(Erasure::Unclear));
        let reasons = vec![Note::Erased(Erasure::Context), Note::Erased(Erasure::Unshowable)];
        assert_eq!(erased(reasons), Outcome::Erased(Erasure::Unshowable));
        let mut many = vec![seen(&[0, 9]); 9];
        many.push(seen(&[9, 0]));
        assert!(matches!(erased(many), Outcome::Read { .. }));
    }
}
