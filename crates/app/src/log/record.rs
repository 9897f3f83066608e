//! What use cases say in the log, and when.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tellmark_codes::Codebook;
use tellmark_core::{Marking, Outcome, Reading, Recipient, ReleaseId, Roster};
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::{Json, count, map};
use tellmark_evidence::merkle::{self, Hash, sha256};
use tellmark_evidence::reading::{OfRelease, ReadSite, Reading as Read};
use tellmark_evidence::release::{
    OpenSite, Seed, Standing, codeword_half, copy_leaf, file_leaf, groups_leaf, id_half,
};
use tellmark_store::{Batch, Release};

use super::{Log, NewEntry, State, bind, number, says};
use crate::deliver::Maker;
use crate::ports::salt;
use crate::trace::case::{LookRecord, TestedBatch};
use crate::vault::decode_roster;
use crate::{Error, Result, Vault};

/// So many copies that are never made are committed to with each release.
const DECOYS: u32 = 10_000;
/// So much of the text beside a site is committed to with it.
const CONTEXT_CHARS: usize = 48;

/// The log of a vault, which is made where there is none: with the hash of the vault's key.
///
/// # Errors
/// When it cannot be read or written.
pub(crate) fn open(vault: &Vault, now: i64) -> Result<Log<'static>> {
    let log = Log::of(vault)?;
    log.create(|| {
        let key = to_hex(&vault.config()?.key.0);
        let open = [("key", key.into()), ("lineage", to_hex(&[0; 8]).into())];
        Ok(vec![NewEntry::new(Kind::Key, now, open, map([]), salt()?)])
    })?;
    Ok(log)
}

/// The copies of a batch in the order in which the log and the tracer have them: by id without regard to case.
pub(crate) fn ordered(roster: &Roster) -> Vec<(Recipient, Vec<String>)> {
    let copies: BTreeMap<String, (Recipient, Vec<String>)> = roster
        .recipients
        .iter()
        .map(|recipient| {
            let mut groups: Vec<String> = recipient.group.split(';').map(|g| g.trim().to_owned()).collect();
            groups.retain(|group| !group.is_empty());
            groups.sort_unstable();
            groups.dedup();
            (recipient.id.folded(), (recipient.clone(), groups))
        })
        .collect();
    copies.into_values().collect()
}

/// A seed for each copy of a batch.
pub(super) fn fresh_seeds(copies: usize) -> Result<Vec<Seed>> {
    (0..copies).map(|_| salt().map(Seed)).collect()
}

/// Seeds as private files have them.
pub(super) fn seeds_json(seeds: &[Seed]) -> Json {
    Json::List(seeds.iter().map(|seed| to_hex(&seed.0).into()).collect())
}

/// The roots over a batch's copies, and the seeds behind them.
struct Roots {
    seeds: Vec<Seed>,
    roster: Hash,
    groups: Hash,
}

impl Roots {
    fn new(
        copies: &[(Recipient, Vec<String>)],
        seeds: Vec<Seed>,
        book: &Codebook<'_>,
        sites: usize,
    ) -> Roots {
        let leaf = |((holder, _), seed): (&(Recipient, Vec<String>), &Seed)| {
            let mut codeword = vec![0; sites];
            book.codeword(&holder.id, &mut codeword);
            copy_leaf(
                &id_half(&seed.of_id(), holder.id.as_str()),
                &codeword_half(&seed.of_codeword(), &codeword),
            )
        };
        let roster: Vec<Hash> = copies.par_iter().zip(&seeds).map(leaf).collect();
        let own = copies.iter().zip(&seeds);
        let groups: Vec<Hash> =
            own.map(|((_, groups), seed)| groups_leaf(&seed.of_groups(), groups)).collect();
        Roots { seeds, roster: merkle::root(&roster), groups: merkle::root(&groups) }
    }
}

/// The entry that commits to a batch: the first batch stands in the release's own.
pub(crate) fn commitment(state: &State, release: &str, batch: usize) -> Option<usize> {
    let kind = if batch == 1 { Kind::Release } else { Kind::Extension };
    let mut own = state.of_kind(kind).filter(|(_, entry)| {
        says(entry, "release", release) && (batch == 1 || number(entry, "batch") == Some(batch as i64))
    });
    own.next().map(|(index, _)| index)
}

/// Whether the log says that a batch was delivered.
pub(crate) fn has_delivery(state: &State, release: &str, batch: u32) -> bool {
    state
        .of_kind(Kind::Delivery)
        .any(|(_, entry)| says(entry, "release", release) && number(entry, "batch") == Some(i64::from(batch)))
}

/// Commits to a batch of a release before its first copy is written, unless it was committed to before. What was
/// sealed before there was a log is not committed to afterwards: that would prove nothing. Says whether it was committed
/// to now.
///
/// # Errors
/// When custodians did not agree to it yet, or the commitment cannot be written: then no copy may be.
pub(crate) async fn commit(
    vault: &Vault,
    release: &Release,
    marking: &Marking,
    batch: &Batch,
    now: i64,
) -> Result<bool> {
    let log = open(vault, now)?;
    let state = log.existing()?;
    let name = to_hex(&release.id.0);
    let number = batch.number as usize;
    let began = state.entries.first().map_or(now, |first| first.statement.at());
    if commitment(&state, &name, number).is_some() || batch.created_at < began {
        return Ok(false);
    }
    let request = crate::consent::batch(vault, release, batch, now).await?;
    let roster = decode_roster(&vault.store.blob(batch.roster).await?)?;
    let columns = vault.columns(marking.sites.iter().map(|s| (s.id, s.variants() as u8))).await?;
    let key = crate::seal::lineage_key(vault, release).await?;
    let book = crate::vault::codebook(&key, &columns)?;
    let copies = ordered(&roster);
    let bound = match number {
        1 => bind::bound(&log, &state, &release.nonce)?,
        _ => None,
    };
    let seeds = match &bound {
        Some(bound) if bound.seeds.len() == copies.len() => bound.seeds.clone(),
        Some(_) => return Err(Error::damaged("a release has other copies than were bound")),
        None => fresh_seeds(copies.len())?,
    };
    let roots = Roots::new(&copies, seeds, &book, columns.len());
    let new = match number {
        1 => {
            let prose = vault.prose(release).await?;
            let document = vault.store.blob(release.document).await?;
            let committing = Committing { release, copies: copies.len(), roots: &roots, bound, request };
            let sites_secret = committing.sites_secret()?;
            let sites = open_sites((&sites_secret, release.id), marking, &prose);
            committing.entries((&sites_secret, &sites), &document, &book, key.hash().0, now)?
        }
        _ => vec![extension_entry(&name, batch.number, (&roots, copies.len()), request, now)?],
    };
    // Of two commands that finish one seal, one commits.
    log.append(|state| match commitment(state, &name, number) {
        Some(_) => Ok(Vec::new()),
        None => Ok(new),
    })?;
    Ok(true)
}

fn extension_entry(
    release: &str,
    batch: u32,
    (roots, copies): (&Roots, usize),
    request: Option<Hash>,
    now: i64,
) -> Result<NewEntry> {
    let open = [
        ("batch", batch.into()),
        ("copies", count(copies)),
        ("groups", to_hex(&roots.groups).into()),
        ("release", release.into()),
        ("roster", to_hex(&roots.roster).into()),
    ];
    let mut new = NewEntry::new(Kind::Extension, now, open, map([]), salt()?);
    new.cites(request);
    new.more = map([("seeds", seeds_json(&roots.seeds))]);
    Ok(new)
}

/// What a release commits to.
struct Committing<'a> {
    release: &'a Release,
    copies: usize,
    roots: &'a Roots,
    bound: Option<bind::Bound>,
    /// What custodians agreed to.
    request: Option<Hash>,
}

impl Committing<'_> {
    fn sites_secret(&self) -> Result<[u8; 32]> {
        self.bound.as_ref().map_or_else(salt, |bound| Ok(bound.sites))
    }

    fn entries(
        self,
        (sites_secret, sites): (&[u8; 32], &[OpenSite]),
        document: &[u8],
        book: &Codebook<'_>,
        key: [u8; 32],
        now: i64,
    ) -> Result<Vec<NewEntry>> {
        let Committing { release, copies, roots, bound, request } = self;
        let decoys_secret = salt()?;
        let lineage = to_hex(&release.lineage.0);
        let decoys = decoys_root(&decoys_secret, book, sites.len());
        let open = [
            ("alpha", release.alpha.as_str().into()),
            ("copies", count(copies)),
            ("decoys", map([("count", DECOYS.into()), ("root", to_hex(&decoys).into())])),
            ("derivation", release.derivation_version.into()),
            ("groups", to_hex(&roots.groups).into()),
            ("key", to_hex(&key).into()),
            ("lineage", lineage.as_str().into()),
            ("nonce", to_hex(&release.nonce).into()),
            ("reader", release.reader_version.into()),
            ("release", to_hex(&release.id.0).into()),
            ("roster", to_hex(&roots.roster).into()),
            ("shares", map([("copies", "9/10".into()), ("groups", "1/10".into())])),
            ("sites", bind::root_of(sites)),
            ("tracer", tellmark_codes::TRACER_VERSION.into()),
            ("validated", Json::Int(tellmark_codes::VALIDATED as i64)),
        ];
        let details = map([
            ("document", to_hex(&sha256(&[document])).into()),
            ("file", release.file_name.as_str().into()),
            ("name", release.name.as_str().into()),
        ]);
        let mut new = NewEntry::new(Kind::Release, now, open, details, salt()?);
        new.cites(request);
        new.more = map([
            ("decoys", to_hex(&decoys_secret).into()),
            ("seeds", seeds_json(&roots.seeds)),
            ("sites", to_hex(sites_secret).into()),
        ]);
        if let Some(bound) = bound {
            new.statement.open.insert("checkpoint".into(), bound.checkpoint.into());
            return Ok(vec![new]);
        }
        let known = [("key", to_hex(&key).into()), ("lineage", lineage.into())];
        Ok(vec![NewEntry::new(Kind::Key, now, known, map([]), salt()?), new])
    }
}

/// The root over copies that are never made.
fn decoys_root(secret: &[u8; 32], book: &Codebook<'_>, sites: usize) -> Hash {
    let leaf = |decoy: u32| {
        let mut codeword = vec![0; sites];
        book.decoy(decoy, &mut codeword);
        let salt = sha256(&[b"symbol", secret, &decoy.to_le_bytes()]);
        merkle::leaf_hash(&[&salt[..16], &codeword].concat())
    };
    merkle::root(&(0..DECOYS).into_par_iter().map(leaf).collect::<Vec<_>>())
}

/// The sites of a release as it commits to them: what stands there, and the fixed text beside.
pub(crate) fn open_sites(
    (secret, release): (&[u8; 32], ReleaseId),
    marking: &Marking,
    prose: &str,
) -> Vec<OpenSite> {
    let text = marking.sites.iter().filter(|site| site.channel.is_text()).flat_map(|site| &site.occurrences);
    let mut edits: Vec<(usize, usize)> = text.map(|at| (at.span.start, at.span.end)).collect();
    edits.extend(marking.fixed.iter().map(|fixed| (fixed.span.start, fixed.span.end)));
    edits.sort_unstable();
    let standing = |at: &tellmark_core::Occurrence| {
        let (from, to) = (at.span.start, at.span.end);
        let own = edits.partition_point(|&(start, end)| (start, end) < (from, to));
        let before = own.checked_sub(1).map_or(0, |earlier| edits[earlier].1).min(from);
        let after = edits[own..].iter().map(|edit| edit.0).find(|&start| start >= to).unwrap_or(prose.len());
        let (before, after) = (prose.get(before..from), prose.get(to..after.max(to)));
        Standing {
            before: last_chars(before.unwrap_or_default()).into(),
            after: first_chars(after.unwrap_or_default()).into(),
            forms: at.forms.clone(),
        }
    };
    let sites = marking.sites.iter().enumerate();
    sites
        .map(|(index, site)| {
            let standings = site.occurrences.iter().map(standing).collect();
            OpenSite::new((secret, release), index, site.id, site.channel.name(), site.variants(), standings)
        })
        .collect()
}

fn last_chars(text: &str) -> &str {
    let at = text.char_indices().rev().nth(CONTEXT_CHARS - 1).map_or(0, |(at, _)| at);
    &text[at..]
}

fn first_chars(text: &str) -> &str {
    text.char_indices().nth(CONTEXT_CHARS).map_or(text, |(at, _)| &text[..at])
}

/// Records that the copies of a batch were written, unless it was recorded before.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn delivered(
    vault: &Vault,
    release: &Release,
    batch: &Batch,
    maker: &Maker<'_>,
    now: i64,
) -> Result<()> {
    let log = Log::of(vault)?;
    let Some(state) = log.load()? else { return Ok(()) };
    let bytes = |holder: &Recipient, bytes: &mut Vec<u8>| maker.bytes(holder, bytes);
    let new = delivery_entry(vault, (&log, &state), (release, batch), &bytes, now).await?;
    append_deliveries(&log, new.into_iter().collect())
}

/// Records that the copies of several batches were written, those that are not recorded yet.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn append_deliveries(log: &Log<'_>, new: Vec<NewEntry>) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    log.append(|state| {
        let is_new = |entry: &NewEntry| {
            let open = &entry.statement.open;
            let release = open.get("release").and_then(|release| release.text("release").ok());
            let batch = match open.get("batch") {
                Some(Json::Int(batch)) => u32::try_from(*batch).unwrap_or(0),
                _ => 0,
            };
            !has_delivery(state, release.unwrap_or_default(), batch)
        };
        Ok(new.into_iter().filter(is_new).collect())
    })?;
    Ok(())
}

/// The entry that says that the copies of a batch were written; `None` where it stands there already, or the batch was
/// never committed to.
pub(crate) async fn delivery_entry(
    vault: &Vault,
    (log, state): (&Log<'_>, &State),
    (release, batch): (&Release, &Batch),
    make: &crate::deliver::Make<'_>,
    now: i64,
) -> Result<Option<NewEntry>> {
    let name = to_hex(&release.id.0);
    let Some(at) = commitment(state, &name, batch.number as usize) else { return Ok(None) };
    if has_delivery(state, &name, batch.number) {
        return Ok(None);
    }
    let Some((_, more)) = log.private(&state.leaves[at])? else { return Ok(None) };
    let seeds = seeds(&more)?;
    let copies = ordered(&decode_roster(&vault.store.blob(batch.roster).await?)?);
    let hash = |(holder, _): &(Recipient, Vec<String>)| -> Result<Hash> {
        let mut bytes = Vec::new();
        make(holder, &mut bytes)?;
        Ok(sha256(&[&bytes]))
    };
    let files: Vec<Hash> = copies.par_iter().map(hash).collect::<Result<_>>()?;
    let leaves: Vec<Hash> =
        files.iter().zip(&seeds).map(|(file, seed)| file_leaf(&seed.of_file(), file)).collect();
    let open = [
        ("batch", batch.number.into()),
        ("copies", count(copies.len())),
        ("files", to_hex(&merkle::root(&leaves)).into()),
        ("release", name.as_str().into()),
    ];
    let mut new = NewEntry::new(Kind::Delivery, now, open, map([]), salt()?);
    new.more = map([("files", Json::List(files.iter().map(|file| to_hex(file).into()).collect()))]);
    Ok(Some(new))
}

/// The seeds of a batch's copies.
///
/// # Errors
/// When they are damaged.
pub(crate) fn seeds(more: &Json) -> Result<Vec<Seed>> {
    let fields =
        more.fields("a release's seeds", &["seeds"], &["decoys", "sites"]).map_err(Error::damaged)?;
    let seeds = fields.list("seeds", usize::MAX).map_err(Error::damaged)?;
    let seed = |seed: &Json| {
        let bytes = seed.text("a seed").ok().and_then(tellmark_evidence::encode::from_hex_exact);
        bytes.map(Seed).ok_or_else(|| Error::damaged("a seed of the log is none"))
    };
    seeds.iter().map(seed).collect()
}

/// Records something about a copy that needs nobody's consent: a withdrawal, or who holds it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn about_copy(
    vault: &Vault,
    kind: Kind,
    release: ReleaseId,
    details: Json,
    now: i64,
) -> Result<()> {
    let new = NewEntry::new(kind, now, [("release", to_hex(&release.0).into())], details, salt()?);
    open(vault, now)?.append(|_| Ok(vec![new]))?;
    Ok(())
}

/// Whether the log has an entry of a kind about a release with such details. One whose details were erased is none.
///
/// # Errors
/// When the log cannot be read.
pub(crate) fn is_told(
    vault: &Vault,
    kind: Kind,
    release: ReleaseId,
    is_own: impl Fn(&Json) -> bool,
) -> Result<bool> {
    let log = Log::of(vault)?;
    let Some(state) = log.load()? else { return Ok(false) };
    let release = to_hex(&release.0);
    for (index, _) in state.of_kind(kind).filter(|(_, entry)| says(entry, "release", &release)) {
        if log.private(&state.leaves[index])?.is_some_and(|(opening, _)| is_own(&opening.details)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Records that copies of a release are made again, each in an entry, by one consent.
///
/// # Errors
/// When it cannot be written: then none may be made.
pub(crate) fn made_again(
    vault: &Vault,
    release: ReleaseId,
    copies: &[&str],
    request: Option<Hash>,
    now: i64,
) -> Result<()> {
    let entry = |&copy: &&str| {
        let open = [("release", to_hex(&release.0).into())];
        let mut new = NewEntry::new(Kind::Copy, now, open, map([("copy", copy.into())]), salt()?);
        new.cites(request);
        Ok(new)
    };
    let new = copies.iter().map(entry).collect::<Result<Vec<_>>>()?;
    open(vault, now)?.append(|_| Ok(new))?;
    Ok(())
}

/// Whether the log says that a batch was delivered, or the batch is older than the log.
///
/// # Errors
/// When the log cannot be read.
pub(crate) fn is_delivered(vault: &Vault, release: &Release, batch: &Batch) -> Result<bool> {
    let Some(state) = Log::of(vault)?.load()? else { return Ok(false) };
    let began = state.entries.first().map_or(i64::MIN, |first| first.statement.at());
    let is_there = has_delivery(&state, &to_hex(&release.id.0), batch.number);
    Ok(is_there || batch.created_at < began)
}

/// Registers the exhibits of a look, before they are read.
///
/// # Errors
/// When it cannot be written: then they may not be read.
pub(crate) fn exhibits<'a>(
    vault: &Vault,
    case: &str,
    look: u32,
    because: &str,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
    now: i64,
) -> Result<()> {
    let tag = to_hex(&vault.case_tag(case));
    let entry = |(number, (name, bytes)): (usize, (&str, &[u8]))| {
        let open = [("case", tag.as_str().into()), ("look", look.into()), ("number", count(number))];
        let details = map([
            ("because", because.into()),
            ("name", name.into()),
            ("sha256", to_hex(&sha256(&[bytes])).into()),
            ("size", count(bytes.len())),
        ]);
        Ok(NewEntry::new(Kind::Exhibit, now, open, details, salt()?))
    };
    let new = files.enumerate().map(entry).collect::<Result<Vec<_>>>()?;
    open(vault, now)?.append(|_| Ok(new))?;
    Ok(())
}

/// Commits to what a look read, and says that codewords are about to be weighed by it.
///
/// # Errors
/// When it cannot be written: then none may be derived.
pub(crate) async fn reading(
    vault: &Vault,
    case: &str,
    record: &LookRecord,
    texts: &[&str],
    request: Option<Hash>,
    now: i64,
) -> Result<()> {
    let details = read(vault, record, texts).await?.to_json();
    let tag = to_hex(&vault.case_tag(case));
    let open_look = [("case", tag.as_str().into()), ("look", record.look.into())];
    let mut reading = NewEntry::new(Kind::Reading, now, open_look, details, salt()?);
    // A consent is used up by reading, whatever is found.
    reading.cites(request);
    let mut releases: Vec<String> = record.tested.iter().map(|tested| to_hex(&tested.release.0)).collect();
    releases.sort_unstable();
    releases.dedup();
    let salts = releases.iter().map(|_| salt()).collect::<Result<Vec<_>>>()?;
    let log = open(vault, now)?;
    log.append(|state| {
        // Of two commands that look at the same time, the one that comes too late is refused.
        for release in &releases {
            crate::consent::refuse_look(&log, state, release)?;
        }
        let look = |(release, salt): (&String, [u8; 32])| {
            let own = state.of_kind(Kind::Look).filter(|(_, entry)| says(entry, "release", release));
            let open = [
                ("case", tag.as_str().into()),
                ("count", count(own.count() + 1)),
                ("look", record.look.into()),
                ("release", release.as_str().into()),
            ];
            let mut new = NewEntry::new(Kind::Look, now, open, map([]), salt);
            new.cites(request);
            new
        };
        let looks = releases.iter().zip(salts).map(look);
        Ok(std::iter::once(reading).chain(looks).collect())
    })?;
    Ok(())
}

/// The SHA-256 of a text; nothing where there is none.
fn digest(text: &str) -> String {
    if text.is_empty() { String::new() } else { to_hex(&sha256(&[text.as_bytes()])) }
}

/// A reading as the log has it, for comparison.
///
/// # Errors
/// When the ledger fails.
pub(crate) async fn read_of(vault: &Vault, record: &LookRecord, texts: &[String]) -> Result<Read> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    read(vault, record, &texts).await
}

/// How many sites, and the root over them, as entries say it.
pub(crate) fn sites_root(sites: usize, root: &Hash) -> Json {
    map([("count", count(sites)), ("root", to_hex(root).into())])
}

/// A reading as the log has it.
async fn read(vault: &Vault, record: &LookRecord, texts: &[&str]) -> Result<Read> {
    let mut of = BTreeMap::new();
    let alone = record.alone().flat_map(|(_, readings)| readings);
    for reading in record.readings.iter().chain(alone) {
        if let std::collections::btree_map::Entry::Vacant(entry) = of.entry(reading.release) {
            let release = vault.store.release(reading.release).await?;
            let marking: Marking = vault.json(release.marking).await?;
            let sites = (0..).zip(&marking.sites).map(|(index, site)| (site.id, index));
            entry.insert(sites.collect::<BTreeMap<_, usize>>());
        }
    }
    let one = |reading: &Reading| {
        let indices = &of[&reading.release];
        let mut sites: Vec<ReadSite> = reading
            .sites
            .iter()
            .filter_map(|site| {
                let Outcome::Read { likelihoods, places } = &site.outcome else { return None };
                Some(ReadSite {
                    id: site.site,
                    index: *indices.get(&site.site)?,
                    observed: tellmark_codes::Observed { likelihoods: likelihoods.clone() },
                    places: places.iter().map(|(at, bytes)| (*at as usize, bytes.start, bytes.end)).collect(),
                })
            })
            .collect();
        sites.sort_by_key(|site| site.index);
        OfRelease { release: to_hex(&reading.release.0), sites }
    };
    let alone =
        record.alone().map(|(exhibit, readings)| (exhibit as usize, readings.iter().map(one).collect()));
    let tested = |batch: &TestedBatch| (to_hex(&batch.release.0), batch.batch as usize);
    Ok(Read {
        exhibits: texts.len(),
        texts: texts.iter().map(|text| digest(text)).collect(),
        reader: record.reader_version(),
        ledger: record.hash()?.to_string(),
        together: record.readings.iter().map(one).collect(),
        alone: alone.collect(),
        tested: record.tested.iter().map(tested).collect(),
    })
}

/// Commits to what a look found, before it is shown.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn finding(vault: &Vault, case: &str, look: u32, details: Json, now: i64) -> Result<()> {
    let tag = to_hex(&vault.case_tag(case));
    let open_look = [("case", tag.into()), ("look", look.into())];
    let new = NewEntry::new(Kind::Finding, now, open_look, details, salt()?);
    open(vault, now)?.append(|_| Ok(vec![new]))?;
    Ok(())
}
