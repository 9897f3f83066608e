//! What of alpha the cases of a vault spent on a copy.
//!
//! Each case bounds the chance that any innocent copy is named in it by its alpha. By the union bound, the chance
//! that one is named in any of several cases is at most the sum of theirs. A copy is exposed to those cases that
//! tested it, whatever they found and also when they were cut off after reading: their sum is what is said.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use tellmark_codes::Alpha;
use tellmark_core::{CopyId, Hash, LineageId, ReleaseId};
use tellmark_store::Release;

use crate::plan::parse_alpha;
use crate::trace::case::TestedBatch;
use crate::vault::decode_roster;
use crate::{Error, Result, Vault, copies};

/// Decimal places of an alpha, at most: [`Alpha`] takes no more.
const PLACES: u32 = 15;

/// A sum of alphas, exact: a whole number of 10^-15.
///
/// It is shown, and written as JSON, as the exact decimal fraction.
///
/// ```
/// use tellmark_app::cases::AlphaSum;
/// let mut sum = AlphaSum::default();
/// sum += AlphaSum::from("1e-6".parse::<tellmark_codes::Alpha>()?);
/// sum += AlphaSum::from("0.00001".parse::<tellmark_codes::Alpha>()?);
/// sum += AlphaSum::from("1e-12".parse::<tellmark_codes::Alpha>()?);
/// assert_eq!(sum.fraction(), (11_000_001_000, 1_000_000_000_000_000));
/// assert_eq!((sum.to_string().as_str(), sum.rounded_up().as_str()), ("1.1000001e-5", "1.2e-5"));
/// # Ok::<(), tellmark_codes::AlphaError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlphaSum {
    /// In 10^-15.
    units: u128,
}

impl AlphaSum {
    /// Numerator and denominator.
    pub fn fraction(self) -> (u128, u128) {
        (self.units, 10u128.pow(PLACES))
    }

    /// Whether it is one or more, and with that bounds nothing.
    pub fn is_void(self) -> bool {
        self.units >= 10u128.pow(PLACES)
    }

    /// For people: two significant digits, rounded up, and never more than a chance can be.
    pub fn rounded_up(self) -> String {
        let step = 10u128.pow(self.units.checked_ilog10().unwrap_or(0).saturating_sub(1));
        let rounded = AlphaSum { units: self.units.div_ceil(step).saturating_mul(step) };
        if rounded.is_void() { "1".into() } else { rounded.to_string() }
    }
}

impl From<Alpha> for AlphaSum {
    fn from(alpha: Alpha) -> AlphaSum {
        // An alpha shows itself as NUMERATORe-PLACES, exactly and with at most fifteen of each. Should it ever do
        // otherwise, the sum is too large to promise anything.
        let shown = alpha.to_string();
        let (numerator, places) = shown.split_once("e-").unwrap_or((&shown, "0"));
        let numerator: u128 = numerator.parse().unwrap_or(u128::MAX >> 64);
        let places: u32 = places.parse().unwrap_or(0);
        AlphaSum { units: numerator * 10u128.pow(PLACES.saturating_sub(places)) }
    }
}

impl std::ops::AddAssign for AlphaSum {
    fn add_assign(&mut self, other: AlphaSum) {
        self.units = self.units.saturating_add(other.units);
    }
}

impl fmt::Display for AlphaSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.units.to_string();
        let exponent = digits.len() as i64 - 1 - i64::from(PLACES);
        let (first, rest) = digits.split_at(1);
        match (self.units, rest.trim_end_matches('0')) {
            (0, _) => f.write_str("0"),
            (_, "") => write!(f, "{first}e{exponent}"),
            (_, rest) => write!(f, "{first}.{rest}e{exponent}"),
        }
    }
}

impl serde::Serialize for AlphaSum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What the cases of a vault spent on one copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Spent {
    /// In how many cases it was tested.
    pub cases: u32,
    /// The sum of their alphas: the chance that any innocent copy is named in any of them is at most this.
    pub alpha: AlphaSum,
}

/// A case that tested a copy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CaseAlpha {
    /// What the case is called.
    pub case: String,
    /// Its bound.
    pub alpha: AlphaSum,
}

/// What was spent on a copy, case by case: an element of `cases --copy ID --json`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CopySpent {
    /// The copy, as a roster writes it.
    pub copy: CopyId,
    /// Its lineage.
    pub lineage: LineageId,
    /// What people call the releases of the lineage that it belongs to.
    pub documents: Vec<String>,
    /// The cases that tested it, the oldest first.
    pub cases: Vec<CaseAlpha>,
    /// The sum of their alphas.
    pub alpha: AlphaSum,
}

/// What the cases spent on each copy that any of them tested, by lineage and folded id.
///
/// All cases and looks are read once, for all copies, and each roster once; a trace that has recorded its reading
/// is in it. A copy that is missing in the result was tested in no case.
///
/// # Errors
/// When the ledger fails or a record is damaged.
pub async fn spent(vault: &Vault) -> Result<BTreeMap<(LineageId, String), Spent>> {
    let mut copies = Copies::default();
    let mut sums: Vec<Spent> = Vec::new();
    for case in tested_cases(vault).await? {
        let mut seen = BTreeSet::new();
        for roster in &case.rosters {
            // Rosters of one case overlap where a draft went to the same people.
            seen.extend(copies.of(vault, *roster).await?.iter().copied());
        }
        sums.resize(copies.numbers.len(), Spent::default());
        for number in seen {
            sums[number].cases += 1;
            sums[number].alpha += case.alpha;
        }
    }
    Ok(copies.numbers.into_iter().map(|(copy, number)| (copy, sums[number])).collect())
}

/// What the cases spent on the copies of one id: one a lineage that has such a copy.
///
/// # Errors
/// When neither the release, where one is given, nor any other has such a copy; otherwise as [`spent`].
pub async fn spent_on(vault: &Vault, copy: &str, release: Option<&str>) -> Result<Vec<CopySpent>> {
    let folded = copy.to_lowercase();
    let mut found = holding(vault, &folded).await?;
    if let Some(said) = release {
        let release = vault.release(said).await?;
        copies::find(vault, &release, copy).await?;
        found.retain(|line| line.lineage == release.lineage);
    }
    if found.is_empty() {
        return Err(Error::input(format!("no release has a copy {copy:?}; `tellmark copies` lists them")));
    }
    let mut copies = Copies::default();
    for case in tested_cases(vault).await? {
        for line in &mut found {
            let mut is_tested = false;
            for roster in case.rosters.iter().filter(|(lineage, _)| *lineage == line.lineage) {
                is_tested |= copies.lists(vault, *roster, &folded).await?;
            }
            if is_tested {
                line.alpha += case.alpha;
                line.cases.push(CaseAlpha { case: case.name.clone(), alpha: case.alpha });
            }
        }
    }
    Ok(found)
}

/// The lineages that have a copy of this folded id, the oldest first.
async fn holding(vault: &Vault, folded: &str) -> Result<Vec<CopySpent>> {
    let mut found: Vec<CopySpent> = Vec::new();
    for release in vault.store.releases().await? {
        let rosters = vault.rosters(release.id).await?;
        let mut recipients = rosters.into_iter().flat_map(|roster| roster.recipients);
        let Some(recipient) = recipients.find(|recipient| recipient.id.folded() == folded) else { continue };
        match found.iter_mut().find(|line| line.lineage == release.lineage) {
            Some(line) => line.documents.push(release.name),
            None => found.push(CopySpent {
                copy: recipient.id,
                lineage: release.lineage,
                documents: vec![release.name],
                cases: vec![],
                alpha: AlphaSum::default(),
            }),
        }
    }
    Ok(found)
}

/// A case that tested at least one copy.
struct TestedCase {
    name: String,
    alpha: AlphaSum,
    rosters: BTreeSet<(LineageId, Hash)>,
}

/// Of a look's record what it tested; its likelihoods are not even decoded.
#[derive(serde::Deserialize)]
struct Tested {
    tested: Vec<TestedBatch>,
}

async fn tested_cases(vault: &Vault) -> Result<Vec<TestedCase>> {
    let releases = releases(vault).await?;
    let mut cases = Vec::new();
    for case in vault.store.cases().await? {
        let mut bound = Bound::default();
        let mut rosters = BTreeSet::new();
        for step in vault.store.looks(&case.name).await?.iter().filter_map(|look| look.reading) {
            let Tested { tested } = vault.json(step.content).await?;
            bound.enter(tested.iter(), &releases)?;
            rosters.extend(tested.iter().map(|batch| (batch.lineage, batch.roster)));
        }
        if let Some(alpha) = bound.of_case() {
            cases.push(TestedCase { name: case.name, alpha: alpha.into(), rosters });
        }
    }
    Ok(cases)
}

/// All releases by their id.
pub(super) async fn releases(vault: &Vault) -> Result<BTreeMap<ReleaseId, Release>> {
    Ok(vault.store.releases().await?.into_iter().map(|release| (release.id, release)).collect())
}

/// The bound of a case while its looks are gone through in order.
#[derive(Default)]
pub(super) struct Bound {
    first: Option<Alpha>,
    strictest: Option<Alpha>,
}

impl Bound {
    /// Takes in the batches that the next look tests.
    pub(super) fn enter<'a>(
        &mut self,
        tested: impl Iterator<Item = &'a TestedBatch>,
        releases: &BTreeMap<ReleaseId, Release>,
    ) -> Result<()> {
        for batch in tested {
            let release = releases.get(&batch.release);
            let release =
                release.ok_or_else(|| Error::damaged(format!("release {} is gone", batch.release)))?;
            let alpha = parse_alpha(&release.alpha)?;
            self.strictest = Some(self.strictest.map_or(alpha, |so_far| so_far.min(alpha)));
        }
        self.first = self.first.or(self.strictest);
        Ok(())
    }

    /// The bound by which the look that entered last decides: the strictest of the releases so far.
    pub(super) fn of_look(&self) -> Option<Alpha> {
        self.strictest
    }

    /// The bound of the whole case: later looks are at least as strict as the first that tested copies.
    pub(super) fn of_case(&self) -> Option<Alpha> {
        self.first
    }
}

/// Copies by number, so that many cases over the same rosters add up numbers and not names.
#[derive(Default)]
struct Copies {
    numbers: BTreeMap<(LineageId, String), usize>,
    rosters: BTreeMap<(LineageId, Hash), Vec<usize>>,
}

impl Copies {
    /// The numbers of the copies that a roster lists.
    async fn of(&mut self, vault: &Vault, roster: (LineageId, Hash)) -> Result<&[usize]> {
        match self.rosters.entry(roster) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let (lineage, content) = roster;
                let mut listed = Vec::new();
                for recipient in decode_roster(&vault.store.blob(content).await?)?.recipients {
                    let next = self.numbers.len();
                    listed.push(*self.numbers.entry((lineage, recipient.id.folded())).or_insert(next));
                }
                Ok(new.insert(listed))
            }
        }
    }

    /// Whether a roster lists the copy of a folded id.
    async fn lists(&mut self, vault: &Vault, roster: (LineageId, Hash), folded: &str) -> Result<bool> {
        self.of(vault, roster).await?;
        let number = self.numbers.get(&(roster.0, folded.to_owned()));
        Ok(number.is_some_and(|number| self.rosters[&roster].contains(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(parts: &[&str]) -> AlphaSum {
        parts.iter().fold(AlphaSum::default(), |mut sum, part| {
            sum += part.parse::<Alpha>().unwrap().into();
            sum
        })
    }

    #[test]
    fn sums_are_exact_and_shown_rounded_up() {
        for (parts, exact, shown) in [
            (&[][..], "0", "0"),
            (&["1e-6"], "1e-6", "1e-6"),
            (&["0.5"], "5e-1", "5e-1"),
            (&["0.5", "0.5"], "1e0", "1"),
            (&["0.5", "0.5", "0.25"], "1.25e0", "1"),
            (&["1e-6", "1e-6", "1e-6"], "3e-6", "3e-6"),
            (&["1e-6", "1e-15"], "1.000000001e-6", "1.1e-6"),
            (&["9.9e-3", "1e-15"], "9.900000000001e-3", "1e-2"),
            (&["0.000120", "3e-6"], "1.23e-4", "1.3e-4"),
            (&["1e-15"], "1e-15", "1e-15"),
            (&["0.5", "0.499", "1e-15"], "9.99000000000001e-1", "1"),
        ] {
            let sum = sum(parts);
            assert_eq!((sum.to_string().as_str(), sum.rounded_up().as_str()), (exact, shown), "{parts:?}");
        }
    }
}
