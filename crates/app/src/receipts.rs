//! Receipts: a holder signs for the file that they received, with a key of their own.
//!
//! A slip shows a holder that the log holds their file; they compare, sign and keep it. With the receipt nobody can say
//! later that another file was delivered, and a finding about an unsigned delivery says so (docs/formats/signed.md).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tellmark_core::ReleaseId;
use tellmark_evidence::bundle::Entry;
use tellmark_evidence::encode::{from_hex_exact, to_hex};
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::{Json, count, map};
use tellmark_evidence::merkle::{self, Hash};
use tellmark_evidence::note::PublicKey;
use tellmark_evidence::release::{OpenFile, Seed};
use tellmark_evidence::signed::{Act, Receipt, Signed};
use tellmark_evidence::slip::Slip;
use tellmark_store::Release;

use crate::log::{Log, NewEntry, State, number, record, says};
use crate::ports::salt;
use crate::vault::decode_roster;
use crate::{Error, Ports, Result, Vault, files};

/// So many keys can sign for one copy: whoever holds it, and those who read it with them.
const KEYS_OF_COPY_MAX: usize = 16;

/// Bytes of a slip.
const SLIP_BYTES_MAX: u64 = 16 << 20;

/// Where the log has a copy: its batch from 1, its place in that from 0.
pub type Place = (usize, usize);

/// A copy with its receipt, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// The copy.
    pub copy: String,
    /// Who gets it, by the roster.
    pub name: String,
    /// The keys that signed for it, in the order of the log: whose they are, the vault does not know.
    pub keys: Vec<String>,
}

/// The files of a batch, and what hides them in the log.
pub(crate) struct Delivered {
    index: usize,
    files: Vec<Hash>,
    salts: Vec<[u8; 32]>,
}

impl Delivered {
    /// What was delivered of a batch; `None` where that is not in the log.
    ///
    /// # Errors
    /// When the log is damaged.
    pub(crate) fn find(
        log: &Log<'_>,
        state: &State,
        release: &str,
        batch: usize,
    ) -> Result<Option<Delivered>> {
        let is_own = |entry: &tellmark_evidence::entry::Envelope| {
            says(entry, "release", release) && number(entry, "batch") == Some(batch as i64)
        };
        let mut own = state.of_kind(Kind::Delivery).filter(|(_, entry)| is_own(entry));
        let Some((index, _)) = own.next() else { return Ok(None) };
        let committed = record::commitment(state, release, batch);
        let kept = |index: usize| -> Result<Option<Json>> {
            Ok(log.private(&state.leaves[index])?.map(|(_, more)| more))
        };
        let (Some(files), Some(secrets)) = (kept(index)?, committed.map(kept).transpose()?.flatten()) else {
            return Ok(None);
        };
        // Deliveries of before receipts kept no hashes.
        let Ok(fields) = files.fields("a delivery", &["files"], &[]) else { return Ok(None) };
        let hash = |json: &Json| json.text("a file").ok().and_then(from_hex_exact);
        let files: Option<Vec<Hash>> =
            fields.list("files", usize::MAX).map_err(Error::damaged)?.iter().map(hash).collect();
        let files = files.ok_or_else(|| Error::damaged("a delivery's files"))?;
        let salts = record::seeds(&secrets)?.iter().map(Seed::of_file).collect();
        Ok(Some(Delivered { index, files, salts }))
    }

    /// The file of a copy, opened.
    pub(crate) fn open(&self, leaf: usize) -> Option<OpenFile> {
        OpenFile::new(&self.salts, &self.files, leaf)
    }
}

/// Writes a slip for each copy of a release, or for one.
///
/// # Errors
/// When there is no such release or copy, its delivery is not in the log, or a file is in the way.
pub async fn slips(
    vault: &Vault,
    release: &str,
    copy: Option<&str>,
    out: &Path,
    force: bool,
    now: i64,
) -> Result<Vec<PathBuf>> {
    let release = vault.release(release).await?;
    let log = Log::of(vault)?;
    if log.load()?.is_none() {
        return Err(nothing_delivered(&release));
    }
    // A slip says more when a witness saw the delivery.
    crate::log::witness::again(&log, now)?;
    let state = log.load()?.ok_or_else(|| nothing_delivered(&release))?;
    let name = to_hex(&release.id.0);
    let wanted = match copy {
        Some(copy) => Some(crate::copies::find(vault, &release, copy).await?.0.id.folded()),
        None => None,
    };
    let committed = record::commitment(&state, &name, 1).ok_or_else(|| nothing_delivered(&release))?;
    let mut made = Vec::new();
    for batch in vault.store.batches(release.id).await? {
        let number = batch.number as usize;
        let Some(delivered) = Delivered::find(&log, &state, &name, number)? else {
            return Err(nothing_delivered(&release));
        };
        let copies = record::ordered(&decode_roster(&vault.store.blob(batch.roster).await?)?);
        for (leaf, (holder, _)) in copies.iter().enumerate() {
            if wanted.as_ref().is_some_and(|wanted| *wanted != holder.id.folded()) {
                continue;
            }
            let entry = |index: usize| Entry {
                index: index as u64,
                envelope: state.entry(index).clone(),
                proof: merkle::inclusion(&state.leaves, index),
                opening: None,
            };
            let file = delivered.open(leaf).ok_or_else(|| Error::damaged("a delivery's files"))?;
            let slip = Slip {
                checkpoint: state.note.clone(),
                release: entry(committed),
                delivery: entry(delivered.index),
                batch: number,
                leaf,
                file,
            };
            made.push((out.join(format!("{}.slip", holder.id)), slip.to_bytes()));
        }
    }
    if let Some((path, _)) = made.iter().find(|(path, _)| !force && path.symlink_metadata().is_ok()) {
        return Err(files::exists(path));
    }
    std::fs::create_dir_all(out).map_err(Error::file("cannot make the folder", out))?;
    for (path, bytes) in &made {
        files::write_whole(path, bytes, force)?;
    }
    Ok(made.into_iter().map(|(path, _)| path).collect())
}

/// The slip of one copy.
///
/// # Errors
/// As [`slips`].
pub async fn slip(vault: &Vault, release: &str, copy: &str, now: i64) -> Result<Vec<u8>> {
    let there = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(Error::file("cannot make a folder in", &there))?;
    let written = slips(vault, release, Some(copy), folder.path(), false, now).await?;
    let path = written.first().ok_or_else(|| Error::damaged("a slip that was not written"))?;
    files::read_limited(path, SLIP_BYTES_MAX)
}

/// What the holder of a copy signs, as canonical JSON: that they received the file with the hash in it.
///
/// # Errors
/// When there is no such release or copy, or its delivery is not in the log.
pub async fn statement(vault: &Vault, release: &str, copy: &str) -> Result<Vec<u8>> {
    let release = vault.release(release).await?;
    let (holder, batch) = crate::copies::find(vault, &release, copy).await?;
    let log = Log::of(vault)?;
    let state = log.load()?.ok_or_else(|| nothing_delivered(&release))?;
    let name = to_hex(&release.id.0);
    let batches = vault.store.batches(release.id).await?;
    let own = batches.iter().find(|own| own.number == batch).ok_or_else(|| nothing_delivered(&release))?;
    let copies = record::ordered(&decode_roster(&vault.store.blob(own.roster).await?)?);
    let leaf = copies.iter().position(|(own, _)| own.id.folded() == holder.id.folded());
    let number = batch as usize;
    let delivered = Delivered::find(&log, &state, &name, number)?;
    let file = leaf.zip(delivered).and_then(|(leaf, delivered)| Some((leaf, delivered.open(leaf)?)));
    let (leaf, file) = file.ok_or_else(|| nothing_delivered(&release))?;
    let log = log.key().public().name.clone();
    let receipt =
        Receipt { log, release: name, nonce: release.nonce, batch: number, leaf, file: file.sha256 };
    Ok(receipt.to_json().to_bytes())
}

fn nothing_delivered(release: &Release) -> Error {
    Error::input(format!(
        "the log holds no delivery of release {} with the hashes of its files; seal it again into its folder to finish that, or it was sealed before receipts were known",
        release.id
    ))
}

/// Records a receipt that a holder signed. Returns the copy.
///
/// # Errors
/// When it is none, not of a file that was delivered, or recorded already. Another key may sign for the same copy: who
/// comes first is not by that its holder.
pub async fn record_receipt(vault: &Vault, name: &str, bytes: &[u8], ports: &Ports) -> Result<String> {
    let wrong = |what: &str| Error::input(format!("{name}: {what}. Nothing was recorded"));
    let signed = Signed::read(bytes).map_err(|error| wrong(&error.to_string()))?;
    if signed.act != Act::Receipt {
        return Err(wrong("an approval is no receipt"));
    }
    let receipt = Receipt::read(&signed.statement).map_err(|error| wrong(&error.to_string()))?;
    if !signed.holds() {
        return Err(wrong("the signature does not hold; the file was changed"));
    }
    let log = Log::of(vault)?;
    let state = log.load()?.ok_or_else(|| wrong("this vault has no log"))?;
    let id = from_hex_exact(&receipt.release).map(ReleaseId);
    let id = id.filter(|_| receipt.log == log.key().public().name);
    let id = id.ok_or_else(|| wrong("it is for a copy of another vault"))?;
    let release = vault.store.release(id).await?;
    let delivered = Delivered::find(&log, &state, &receipt.release, receipt.batch)?;
    let file = delivered.and_then(|delivered| delivered.open(receipt.leaf));
    if release.nonce != receipt.nonce || file.is_none_or(|file| file.sha256 != receipt.file) {
        return Err(wrong("it is for another file than was delivered"));
    }
    let copy = copy_at(vault, &release, (receipt.batch, receipt.leaf)).await?;
    let open = [
        ("batch", count(receipt.batch)),
        ("leaf", count(receipt.leaf)),
        ("nonce", to_hex(&receipt.nonce).into()),
        ("release", receipt.release.as_str().into()),
    ];
    let [key, signature] = signed.parts();
    let details = map([("file", to_hex(&receipt.file).into()), key, signature]);
    let new = NewEntry::new(Kind::Receipt, ports.now, open, details, salt()?);
    let place = (receipt.batch, receipt.leaf);
    log.append(|state| {
        let own = signed.key.bytes();
        let receipts = by_place(state, &receipt.release).remove(&place).unwrap_or_default();
        let known = keys_of(&log, state, &receipts)?;
        match known.len() < KEYS_OF_COPY_MAX {
            _ if known.iter().any(|key| key.bytes() == own) => {
                Err(wrong("a receipt for this copy by this key is recorded already"))
            }
            false => Err(wrong("as many keys signed for this copy as can")),
            true => Ok(vec![new]),
        }
    })?;
    Ok(copy)
}

/// Which copy of which release a receipt says that it is about, before anything else of it is believed.
pub(crate) async fn copy_of(vault: &Vault, name: &str, bytes: &[u8]) -> Result<(ReleaseId, String)> {
    let wrong = |what: &str| Error::input(format!("{name}: {what}. Nothing was recorded"));
    let signed = Signed::read(bytes).map_err(|error| wrong(&error.to_string()))?;
    if signed.act != Act::Receipt {
        return Err(wrong("an approval is no receipt"));
    }
    let receipt = Receipt::read(&signed.statement).map_err(|error| wrong(&error.to_string()))?;
    let id = from_hex_exact(&receipt.release).map(ReleaseId).ok_or_else(|| wrong("it names no release"))?;
    let release = vault.store.release(id).await.map_err(|_| wrong("it is for a copy of another vault"))?;
    let copy = copy_at(vault, &release, (receipt.batch, receipt.leaf)).await;
    copy.map(|copy| (id, copy)).map_err(|_| wrong("it is for a copy that does not exist"))
}

async fn copy_at(vault: &Vault, release: &Release, (batch, leaf): Place) -> Result<String> {
    let batches = vault.store.batches(release.id).await?;
    let own = batches.iter().find(|own| own.number as usize == batch);
    let own = own.ok_or_else(|| Error::damaged("a receipt's batch is missing"))?;
    let copies = record::ordered(&decode_roster(&vault.store.blob(own.roster).await?)?);
    let holder = copies.get(leaf).ok_or_else(|| Error::damaged("a receipt's copy is missing"))?;
    Ok(holder.0.id.to_string())
}

/// The receipts of a release by the copies for which somebody signed: their numbers in the log.
pub(crate) fn by_place(state: &State, release: &str) -> BTreeMap<Place, Vec<usize>> {
    let mut all: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for (index, entry) in state.of_kind(Kind::Receipt).filter(|(_, entry)| says(entry, "release", release)) {
        let count = |name| usize::try_from(number(entry, name)?).ok();
        if let Some(place) = count("batch").zip(count("leaf")) {
            all.entry(place).or_default().push(index);
        }
    }
    all
}

/// The copies of a release with who signed for them.
///
/// # Errors
/// When there is no such release, or the log cannot be read.
pub async fn list(vault: &Vault, release: &str) -> Result<Vec<Line>> {
    let release = vault.release(release).await?;
    let log = Log::of(vault)?;
    let state = log.load()?;
    let state = state.as_deref();
    let name = to_hex(&release.id.0);
    let signed = state.map(|state| by_place(state, &name)).unwrap_or_default();
    let mut lines = Vec::new();
    for batch in vault.store.batches(release.id).await? {
        let copies = record::ordered(&decode_roster(&vault.store.blob(batch.roster).await?)?);
        for (leaf, (holder, _)) in copies.into_iter().enumerate() {
            let place = (batch.number as usize, leaf);
            let keys = match state.zip(signed.get(&place)) {
                Some((state, receipts)) => keys_of(&log, state, receipts)?,
                None => Vec::new(),
            };
            let keys = keys.iter().map(PublicKey::to_text).collect();
            lines.push(Line { copy: holder.id.to_string(), name: holder.name, keys });
        }
    }
    Ok(lines)
}

/// The copies of a release for which somebody signed, unless that was erased; a state of the log is given.
///
/// # Errors
/// When the log or the ledger cannot be read.
pub async fn signed_in(vault: &Vault, state: Option<&State>, release: ReleaseId) -> Result<BTreeSet<String>> {
    let name = to_hex(&release.0);
    // Of most releases nobody signed for a copy yet, and then no roster is read.
    let places = state.map(|state| by_place(state, &name)).unwrap_or_default();
    let (Some(state), false) = (state, places.is_empty()) else { return Ok(BTreeSet::new()) };
    let log = Log::of(vault)?;
    let mut signed = BTreeSet::new();
    for batch in vault.store.batches(release).await? {
        let copies = record::ordered(&decode_roster(&vault.store.blob(batch.roster).await?)?);
        let number = batch.number as usize;
        for ((_, leaf), receipts) in places.range((number, 0)..=(number, usize::MAX)) {
            if let Some((holder, _)) = copies.get(*leaf)
                && !keys_of(&log, state, receipts)?.is_empty()
            {
                signed.insert(holder.id.to_string());
            }
        }
    }
    Ok(signed)
}

/// Who signed these receipts, unless that was erased.
fn keys_of(log: &Log<'_>, state: &State, receipts: &[usize]) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for &index in receipts {
        if let Some((opening, _)) = log.private(&state.leaves[index])? {
            let fields = opening.details.fields("a receipt", &["file", "key", "signature"], &[]);
            let key = fields.and_then(|fields| PublicKey::read(fields.text("key")?));
            keys.push(key.map_err(Error::damaged)?);
        }
    }
    Ok(keys)
}

/// The releases and copies (by id without regard to case) of tested lineages for which somebody signed.
///
/// # Errors
/// When the log or the ledger cannot be read.
pub(crate) async fn confirmed(
    vault: &Vault,
    evidence: &crate::trace::evidence::Evidence,
) -> Result<BTreeSet<(ReleaseId, String)>> {
    let tested = evidence.suspects.iter().flat_map(|suspect| suspect.releases.iter().copied());
    let tested: BTreeSet<ReleaseId> = tested.collect();
    let Some(state) = Log::of(vault)?.load()? else { return Ok(BTreeSet::new()) };
    let mut all = BTreeSet::new();
    for id in tested {
        let signed = by_place(&state, &to_hex(&id.0));
        if signed.is_empty() {
            continue;
        }
        for batch in vault.store.batches(id).await? {
            let copies = record::ordered(&decode_roster(&vault.store.blob(batch.roster).await?)?);
            let own = copies.iter().enumerate();
            let own = own.filter(|(leaf, _)| signed.contains_key(&(batch.number as usize, *leaf)));
            all.extend(own.map(|(_, (holder, _))| (id, holder.id.folded())));
        }
    }
    Ok(all)
}
