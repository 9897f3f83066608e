//! Use case: the cases of a vault, their looks, and what of alpha they spent on a copy.
//!
//! Cases are append-only, and nothing in here writes. What is shown of a look is what its finding said: whom it
//! named, with the figures that did, and nobody else. Rankings are left out, since with nobody named they may
//! carry no names.

mod alpha;

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{Hash, LineageId, Outcome, ReleaseId};
use tellmark_store::{Case, Look, LookState, Release};

pub use alpha::{AlphaSum, CaseAlpha, CopySpent, Spent, spent, spent_on};

use crate::trace::case::{FindingRecord, LookRecord};
use crate::{Error, Result, Vault};

/// How many names an error lists.
const LISTED_MAX: usize = 20;

/// A case: an element of `cases --json`, and all of `cases NAME --json`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CaseLine {
    /// What the case is called.
    pub case: String,
    /// When it was begun: seconds since 1970, UTC.
    pub created_at: i64,
    /// When its last look was registered: seconds since 1970, UTC.
    pub last_at: i64,
    /// What its last look came to.
    pub verdict: LookVerdict,
    /// The copies that are named up to now: a name once given stays. One whose id copies of several documents have is
    /// followed by ` of ` and its document.
    pub named: Vec<String>,
    /// The groups that are named up to now.
    pub groups_named: Vec<String>,
    /// The bound on naming any innocent copy in any of its looks; `None` while it has tested no copy.
    ///
    /// It is that of the first look that tested copies. A release with a stricter one that enters later makes the
    /// looks from then on stricter, and cannot take back by what the earlier ones were decided.
    pub alpha: Option<AlphaSum>,
    /// Its looks, oldest first.
    pub looks: Vec<LookLine>,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LookVerdict {
    /// At least one copy is named.
    Copy,
    /// No copy, but at least one group is named.
    Group,
    /// Nobody is named.
    Nobody,
    /// It ended without a finding.
    Failed,
    /// Its reading is recorded and no finding: it is under way, or was cut off.
    Read,
    /// Nothing was read yet: it is under way, or was cut off.
    Registered,
}

/// A look of a case.
#[derive(Debug, Clone, serde::Serialize)]
pub struct LookLine {
    /// Its number.
    pub look: u32,
    /// When it was registered: seconds since 1970, UTC.
    pub at: i64,
    /// Why it was taken.
    pub because: String,
    /// What it came to.
    pub verdict: LookVerdict,
    /// Why it failed, where it did.
    pub failed: Option<String>,
    /// What it looked at.
    pub exhibits: Vec<ExhibitLine>,
    /// The hash of its reading, where one is recorded.
    pub reading: Option<Hash>,
    /// How many sites it read, each counted once.
    pub sites_read: usize,
    /// The releases that its exhibits carry, with their sites.
    pub releases: Vec<ReadLine>,
    /// How many copies were tested, where it has a finding.
    pub tested: Option<u64>,
    /// The bound by which it decides; `None` when no copy is tested.
    pub alpha: Option<AlphaSum>,
    /// The smallest e-value that names a copy of the largest batch, as a decimal logarithm, rounded up.
    pub threshold_e_log10: Option<f64>,
    /// The copies that are named up to this look.
    pub named: Vec<NamedLine>,
    /// The groups that are named up to this look.
    pub groups_named: Vec<String>,
    /// How many further sites like the read ones would name the best copy, if it is the only source.
    pub sites_needed: u32,
}

/// An exhibit of a look.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ExhibitLine {
    /// What it was called.
    pub name: String,
    /// The BLAKE3 hash of its bytes.
    pub hash: Hash,
    /// How many bytes it has.
    pub bytes: u64,
    /// Why it is here.
    pub reason: String,
}

/// What a look read of a release.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReadLine {
    /// The release.
    pub release: ReleaseId,
    /// What people call it.
    pub document: String,
    /// All its sites.
    pub sites: usize,
    /// Those that this look read.
    pub read: usize,
}

/// A copy that is named.
#[derive(Debug, Clone, serde::Serialize)]
pub struct NamedLine {
    /// The copy.
    pub copy: String,
    /// Who holds it; empty when unknown.
    pub holders: Vec<String>,
    /// Its group; empty for none.
    pub group: String,
    /// The release it belongs to.
    pub release: ReleaseId,
    /// What people call the release.
    pub document: String,
    /// The look whose figures these are: the one that named the copy.
    pub look: u32,
    /// The e-value, as a decimal logarithm, rounded down.
    pub e_log10: Option<f64>,
    /// The chance that an innocent copy does as well, rounded up.
    pub p: Option<f64>,
    /// The chance that any innocent copy of the case does as well, rounded up.
    pub p_familywise: Option<f64>,
}

/// Lists the cases with their looks, the oldest case first.
///
/// # Errors
/// When the ledger fails or a record is damaged.
pub async fn cases(vault: &Vault) -> Result<Vec<CaseLine>> {
    let all = vault.store.cases().await?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let releases = alpha::releases(vault).await?;
    let mut lines = Vec::new();
    for case in all {
        lines.push(line(vault, &releases, case).await?);
    }
    Ok(lines)
}

/// One case with its looks.
///
/// # Errors
/// When there is no case of this name: the message says which there are. Otherwise as [`cases`].
pub async fn case(vault: &Vault, name: &str) -> Result<CaseLine> {
    let all = vault.store.cases().await?;
    match all.iter().find(|case| case.name == name) {
        Some(case) => line(vault, &alpha::releases(vault).await?, case.clone()).await,
        None => Err(no_case(name, &all)),
    }
}

fn no_case(name: &str, all: &[Case]) -> Error {
    if all.is_empty() {
        return Error::input(format!(
            "no case is called {name:?}; this vault has none, `tellmark trace` begins one"
        ));
    }
    let names: Vec<String> = all.iter().take(LISTED_MAX).map(|case| format!("{:?}", case.name)).collect();
    let more = match all.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more, `tellmark cases` lists them"),
    };
    Error::input(format!("no case is called {name:?}; this vault has {}{more}", names.join(", ")))
}

type Releases = BTreeMap<ReleaseId, Release>;

async fn line(vault: &Vault, releases: &Releases, case: Case) -> Result<CaseLine> {
    let damaged = |why: &dyn std::fmt::Display| Error::damaged(format!("case {}: {why}", case.name));
    let mut bound = alpha::Bound::default();
    let mut looks: Vec<LookLine> = Vec::new();
    for look in vault.store.looks(&case.name).await? {
        let reading: Option<LookRecord> = match look.reading {
            Some(step) => Some(vault.json(step.content).await?),
            None => None,
        };
        let finding: Option<Said> = match look.finding {
            Some(step) => {
                let record: FindingRecord = vault.json(step.content).await?;
                Some(serde_json::from_value(record.finding).map_err(|e| damaged(&e))?)
            }
            None => None,
        };
        bound.enter(reading.iter().flat_map(|record| &record.tested), releases)?;
        looks.push(look_line(vault, releases, look, reading.as_ref(), finding, &bound).await?);
    }
    let Some(last) = looks.last() else { return Err(damaged(&"it has no look")) };
    // A name once given stays. A finding carries on the names of those before it, but not of a look that was still
    // weighing when it began.
    let named = copies_named(&looks, releases);
    let groups_named: BTreeSet<String> = looks.iter().flat_map(|look| &look.groups_named).cloned().collect();
    Ok(CaseLine {
        created_at: case.created_at,
        last_at: last.at,
        verdict: match last.verdict {
            // A look that names nobody takes no name back.
            LookVerdict::Nobody if !named.is_empty() => LookVerdict::Copy,
            LookVerdict::Nobody if !groups_named.is_empty() => LookVerdict::Group,
            verdict => verdict,
        },
        named,
        groups_named: groups_named.into_iter().collect(),
        alpha: bound.of_case().map(AlphaSum::from),
        case: case.name,
        looks,
    })
}

async fn look_line(
    vault: &Vault,
    releases: &Releases,
    look: Look,
    reading: Option<&LookRecord>,
    finding: Option<Said>,
    bound: &alpha::Bound,
) -> Result<LookLine> {
    let exhibits = vault.store.exhibits(&look.case, look.number).await?.into_iter();
    let verdict = match (&finding, look.state) {
        (Some(said), _) => said.verdict,
        (None, LookState::Failed) => LookVerdict::Failed,
        (None, LookState::Read) => LookVerdict::Read,
        (None, _) => LookVerdict::Registered,
    };
    let tested = finding.as_ref().map(|said| said.tested);
    let said = finding.unwrap_or_default();
    let number = look.number;
    Ok(LookLine {
        look: number,
        at: look.at,
        because: look.because,
        verdict,
        failed: look.failure.map(|(because, _)| because),
        exhibits: exhibits
            .map(|e| ExhibitLine { name: e.name, hash: e.content, bytes: e.size, reason: e.reason })
            .collect(),
        reading: look.reading.map(|step| step.content),
        sites_read: reading.map_or(0, sites_read),
        releases: reading.map_or(vec![], |record| read_lines(record, releases)),
        tested,
        alpha: reading.and_then(|_| bound.of_look()).map(AlphaSum::from),
        threshold_e_log10: said.threshold_e_log10.filter(|_| said.tested > 0).map(as_written),
        named: said
            .named
            .into_iter()
            .chain(said.named_before)
            .map(|named| named.line(number, releases))
            .collect(),
        groups_named: said.groups_named.into_iter().chain(said.groups_before).collect(),
        sites_needed: said.sites_needed,
    })
}

fn is_read(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Read { .. })
}

/// A site that stands in several drafts is one.
fn sites_read(record: &LookRecord) -> usize {
    let sites = record.readings.iter().flat_map(|reading| &reading.sites);
    sites.filter(|site| is_read(&site.outcome)).map(|site| site.site).collect::<BTreeSet<_>>().len()
}

fn read_lines(record: &LookRecord, releases: &Releases) -> Vec<ReadLine> {
    let lines = record.readings.iter().map(|reading| ReadLine {
        release: reading.release,
        document: document(reading.release, releases),
        sites: reading.sites.len(),
        read: reading.read_count(),
    });
    lines.collect()
}

/// The copies that the looks of a case name, each once; with its document where copies of several have its id.
fn copies_named(looks: &[LookLine], releases: &Releases) -> Vec<String> {
    let mut named: Vec<(&NamedLine, Option<LineageId>)> = Vec::new();
    for line in looks.iter().flat_map(|look| &look.named) {
        let lineage = releases.get(&line.release).map(|release| release.lineage);
        if !named.iter().any(|(other, of)| (&other.copy, *of) == (&line.copy, lineage)) {
            named.push((line, lineage));
        }
    }
    let is_shared = |copy: &str| named.iter().filter(|(line, _)| line.copy == copy).count() > 1;
    let say = |(line, _): &(&NamedLine, _)| match is_shared(&line.copy) {
        true => format!("{} of {}", line.copy, line.document),
        false => line.copy.clone(),
    };
    named.iter().map(say).collect()
}

fn document(id: ReleaseId, releases: &Releases) -> String {
    releases.get(&id).map_or_else(|| id.to_string(), |release| release.name.clone())
}

/// What is taken from a finding as it was recorded, also by earlier versions of this program.
#[derive(serde::Deserialize)]
struct Said {
    verdict: LookVerdict,
    #[serde(default)]
    tested: u64,
    #[serde(default)]
    threshold_e_log10: Option<f64>,
    #[serde(default)]
    named: Vec<SaidNamed>,
    #[serde(default)]
    named_before: Vec<SaidNamed>,
    #[serde(default)]
    groups_named: Vec<String>,
    #[serde(default)]
    groups_before: Vec<String>,
    #[serde(default)]
    sites_needed: u32,
}

impl Default for Said {
    fn default() -> Said {
        Said {
            verdict: LookVerdict::Registered,
            tested: 0,
            threshold_e_log10: None,
            named: vec![],
            named_before: vec![],
            groups_named: vec![],
            groups_before: vec![],
            sites_needed: 0,
        }
    }
}

#[derive(serde::Deserialize)]
struct SaidNamed {
    copy: String,
    #[serde(default)]
    holders: Vec<String>,
    #[serde(default)]
    group: String,
    release: ReleaseId,
    look: Option<u32>,
    e_log10: Option<f64>,
    p: Option<f64>,
    p_familywise: Option<f64>,
}

impl SaidNamed {
    fn line(self, look: u32, releases: &Releases) -> NamedLine {
        NamedLine {
            document: document(self.release, releases),
            copy: self.copy,
            holders: self.holders,
            group: self.group,
            release: self.release,
            look: self.look.unwrap_or(look),
            e_log10: self.e_log10.map(as_written),
            p: self.p.map(as_written),
            p_familywise: self.p_familywise.map(as_written),
        }
    }
}

/// A figure as the finding has it: reading JSON may miss a decimal fraction by a last bit, and a chance that was
/// rounded up must not come out below. Figures have far fewer than fifteen digits.
fn as_written(read: f64) -> f64 {
    format!("{read:.14e}").parse().unwrap_or(read)
}
