//! Use case: the evidence of a finding in one file, for somebody who trusts neither side.
//!
//! Everything in the bundle was committed to in the log before: it is opened here, and nothing is made up. Specified in
//! `docs/formats/bundle.md`.

mod parts;
mod reread;

use std::path::Path;

use tellmark_core::{LineageId, ReleaseId};
use tellmark_evidence::bundle::Bundle;
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::json::{Json, count, map};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::verify::{Accepted, Report, verify};

pub use reread::{HeldCopy, Look, Reread, reread, reread_file, reread_with};

use crate::log::{Log, record};
use crate::trace::Finding;
use crate::trace::finding::Context;
use crate::vault::decode_roster;
use crate::{Error, Result, Vault, files};

/// A bundle and what it shows to somebody who trusts the vault's own key.
#[derive(Debug)]
pub struct Proved {
    /// The file.
    pub bytes: Vec<u8>,
    /// What can be proved from it with the log's key alone, without a witness.
    pub report: Report,
    /// The log's key, for policies.
    pub log: String,
    /// How many witnesses' words it carries on the head of the log: none, where `tellmark witness` was not run since
    /// the finding.
    pub is_witnessed: bool,
}

/// Makes the bundle of a case's last finding.
///
/// # Errors
/// When there is no such case or finding, its releases were sealed before the vault had a log, several releases were
/// tested (`trace` takes one, for this), or what has to be opened was erased.
pub async fn prove(vault: &Vault, case: &str) -> Result<Proved> {
    prove_with(vault, case, false).await
}

/// Makes the bundle of a case's last finding, with the original and all of its places where their owner consents: then the
/// exhibits can be read again by anybody ([`reread`]).
///
/// # Errors
/// As [`prove`].
pub async fn prove_with(vault: &Vault, case: &str, encloses_original: bool) -> Result<Proved> {
    vault.store.case(case).await?;
    let log = Log::of(vault)?;
    let (parts, is_witnessed) = parts::gather(vault, &log, case, encloses_original).await?;
    let bundle = Bundle::sign(parts, log.key());
    let key = log.key().public().to_text();
    let policy = Policy::read(&format!("log {key}\nquorum none\n")).map_err(Error::damaged)?;
    let report = verify(&bundle, &policy, &Accepted::default());
    Ok(Proved { bytes: bundle.to_bytes(), report, log: key, is_witnessed })
}

/// Makes the bundle and writes it to a file.
///
/// # Errors
/// As [`prove`], and when the file is in the way or cannot be written.
pub async fn prove_to(
    vault: &Vault,
    case: &str,
    encloses_original: bool,
    out: &Path,
    force: bool,
) -> Result<Proved> {
    if !force && out.symlink_metadata().is_ok() {
        return Err(files::exists(out));
    }
    let proved = prove_with(vault, case, encloses_original).await?;
    files::write_whole(out, &proved.bytes, force)?;
    Ok(proved)
}

/// What the log commits to about a finding.
pub(crate) async fn finding_details(vault: &Vault, context: &Context<'_>, finding: &Finding) -> Result<Json> {
    let places = Places::new(vault, context).await?;
    let evidence = context.evidence;
    let number = |json: i64| Json::Int(json);
    let mut named = Vec::new();
    for suspect in evidence.suspects.iter().filter(|suspect| context.decision.is_named_now(suspect)) {
        let Some((batch, leaf)) = places.of(suspect.recipient.id.folded()) else { continue };
        let (e, p, w) = (number(suspect.score.e.0), number(suspect.score.p.0), number(suspect.w().0));
        named.push(map([("batch", count(batch)), ("e", e), ("leaf", count(leaf)), ("p", p), ("w", w)]));
    }
    let before = context.case.named.iter().filter_map(|earlier| places.of(earlier.copy.folded()));
    let before = before.map(|(batch, leaf)| map([("batch", count(batch)), ("leaf", count(leaf))]));
    let reach = serde_json::to_value(evidence.reach).map_err(Error::damaged)?;
    let verdict = serde_json::to_value(finding.verdict).map_err(Error::damaged)?;
    let text = |value: &serde_json::Value| Json::from(value.as_str().unwrap_or_default());
    let best = evidence.decoys.first().map_or(0, |score| score.e.0);
    let replayed = evidence.replay.best.map_or(0, |e| e.0);
    let holders = finding.named.iter().flat_map(|named| {
        let own = named.holders.iter().map(move |holder| format!("{}: {holder}", named.copy));
        let others = named.also.iter().flat_map(move |also| {
            let of = move |holder: &String| format!("{}: {holder} for {}", named.copy, also.document);
            also.holders.iter().map(of)
        });
        own.chain(others)
    });
    let mut said = std::collections::BTreeSet::new();
    let holders = holders.filter(|holder| said.insert(holder.clone())).map(Json::from);
    let sites = places.lineage.and_then(|lineage| evidence.whole(lineage)).map_or(0, |sites| sites.len());
    Ok(map([
        ("access", context.access.clone().into()),
        ("alpha", evidence.bars.bound.as_str().into()),
        ("before", Json::List(before.collect())),
        ("decoys", map([("best_e", number(best)), ("count", count(evidence.decoys.len()))])),
        ("groups", finding.groups_named.clone().into()),
        ("holders", Json::List(holders.collect())),
        ("named", Json::List(named)),
        ("reach", text(&reach)),
        ("release", places.release.map_or(String::new(), |release| to_hex(&release.0)).into()),
        (
            "replayed",
            map([
                ("best_e", number(replayed)),
                ("keys", evidence.replay.keys.into()),
                ("named", evidence.replay.named.into()),
            ]),
        ),
        ("sites", count(sites)),
        ("tested", count(evidence.suspects.len())),
        ("verdict", text(&verdict)),
    ]))
}

/// Where the log has the copies of the one release that is tested.
struct Places {
    /// `None` where several releases are tested, or none: then copies have no place in a bundle.
    release: Option<ReleaseId>,
    lineage: Option<LineageId>,
    copies: std::collections::BTreeMap<String, (usize, usize)>,
}

impl Places {
    async fn new(vault: &Vault, context: &Context<'_>) -> Result<Places> {
        let mut tested: Vec<_> = context.case.looks.iter().flat_map(|look| look.tested.iter()).collect();
        tested.sort_by_key(|tested| (tested.release, tested.batch));
        tested.dedup();
        let first = tested.first().map(|tested| (tested.release, tested.lineage));
        let is_one = tested.iter().all(|tested| Some(tested.release) == first.map(|(release, _)| release));
        let Some((release, lineage)) = first.filter(|_| is_one) else {
            return Ok(Places { release: None, lineage: None, copies: Default::default() });
        };
        let mut copies = std::collections::BTreeMap::new();
        for tested in tested {
            let roster = decode_roster(&vault.store.blob(tested.roster).await?)?;
            for (leaf, (holder, _)) in record::ordered(&roster).into_iter().enumerate() {
                copies.entry(holder.id.folded()).or_insert((tested.batch as usize, leaf));
            }
        }
        Ok(Places { release: Some(release), lineage: Some(lineage), copies })
    }

    fn of(&self, folded: String) -> Option<(usize, usize)> {
        self.copies.get(&folded).copied()
    }
}
