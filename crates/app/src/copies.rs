//! Use cases around single copies: make one again, withdraw one, list what the vault holds.

use std::collections::BTreeMap;
use std::path::Path;

use tellmark_core::{Choices, CopyId, Marking, Recipient, ReleaseId};
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::{Json, map};
use tellmark_formats::Template;
use tellmark_store::Release;

use crate::deliver::Maker;
use crate::vault::{codebook, decode_roster};
use crate::{Error, Ports, Result, Vault, consent, files, log, seal};

/// Makes one copy again, byte for byte: the log says so, and where custodians are appointed they agree first.
///
/// # Errors
/// When the release has no such copy, or nobody agreed.
pub async fn again(vault: &Vault, release: &str, copy: &str, now: i64) -> Result<Vec<u8>> {
    let release = vault.release(release).await?;
    let (recipient, _) = find(vault, &release, copy).await?;
    make_again(vault, &release, &recipient, now).await
}

async fn make_again(vault: &Vault, release: &Release, recipient: &Recipient, now: i64) -> Result<Vec<u8>> {
    let id = recipient.id.as_str();
    let about =
        map([("copy", id.into()), ("release", tellmark_evidence::encode::to_hex(&release.id.0).into())]);
    // What cannot be made is no copy, and uses up no consent.
    let mut bytes = Vec::new();
    OwnedMaker::load(vault, release).await?.bytes(recipient, &mut bytes)?;
    let asked = consent::ask(vault, "copy", &about, now)?;
    log::record::made_again(vault, release.id, &[id], asked, now)?;
    Ok(bytes)
}

/// Makes one copy again and writes it to a file.
///
/// # Errors
/// When the release has no such copy, or the file is there already.
pub async fn copy_again(
    vault: &Vault,
    release: &str,
    copy: &str,
    out: &Path,
    force: bool,
    now: i64,
) -> Result<Release> {
    let release = vault.release(release).await?;
    let (recipient, _) = find(vault, &release, copy).await?;
    // What cannot be written uses up no consent either.
    files::refuse_unwritable(out, force)?;
    let bytes = make_again(vault, &release, &recipient, now).await?;
    files::write_whole(out, &bytes, force)?;
    Ok(release)
}

/// Records that a copy was returned, destroyed or never sent. It is tested all the same.
///
/// # Errors
/// When the release has no such copy, or it is withdrawn already.
pub async fn withdraw(
    vault: &Vault,
    release: &str,
    copy: &str,
    because: &str,
    ports: &Ports,
) -> Result<CopyId> {
    if because.trim().is_empty() {
        return Err(Error::input("say why the copy is withdrawn: --because \"returned on 3 May\""));
    }
    let release = vault.release(release).await?;
    let (recipient, _) = find(vault, &release, copy).await?;
    // The log first: what is in the ledger only would be in no bundle.
    let is_own = |details: &Json| is_copy(details, &recipient.id);
    if !log::record::is_told(vault, Kind::Withdrawal, release.id, is_own)? {
        let details = map([("because", because.into()), ("copy", recipient.id.as_str().into())]);
        log::record::about_copy(vault, Kind::Withdrawal, release.id, details, ports.now)?;
    }
    vault.store.withdraw(release.id, &recipient.id, because, ports.now).await?;
    Ok(recipient.id)
}

/// Whether the details of an entry name this copy.
fn is_copy(details: &Json, id: &CopyId) -> bool {
    matches!(details, Json::Map(fields) if fields.get("copy") == Some(&id.as_str().into()))
}

/// Bytes that a site takes in memory beside those of its forms, about.
const SITE_BYTES: usize = 512;

/// Everything that making the copies of one release takes.
#[derive(Debug)]
pub(crate) struct OwnedMaker {
    template: Template,
    columns: Vec<tellmark_codes::Column>,
    key: tellmark_codes::LineageKey,
    size: usize,
}

impl OwnedMaker {
    pub(crate) async fn load(vault: &Vault, release: &Release) -> Result<OwnedMaker> {
        let marking: Marking = vault.json(release.marking).await?;
        let columns = columns(vault, &marking).await?;
        let stored = vault.store.blob(release.template).await?;
        let template = Template::from_bytes(&stored).map_err(Error::damaged)?;
        let size = stored.len() + columns.len() * SITE_BYTES;
        Ok(OwnedMaker { template, columns, key: seal::lineage_key(vault, release).await?, size })
    }

    /// About so many bytes it takes in memory.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn bytes(&self, holder: &Recipient, out: &mut Vec<u8>) -> Result<()> {
        let codebook = codebook(&self.key, &self.columns)?;
        Maker { template: &self.template, codebook: &codebook, sites: self.columns.len() }.bytes(holder, out)
    }
}

async fn columns(vault: &Vault, marking: &Marking) -> Result<Vec<tellmark_codes::Column>> {
    vault.columns(marking.sites.iter().map(|site| (site.id, site.variants() as u8))).await
}

/// The variants of two copies, one for each site of their release.
pub(crate) async fn choices(
    vault: &Vault,
    release: &Release,
    marking: &Marking,
    copies: [&CopyId; 2],
) -> Result<[Choices; 2]> {
    let columns = columns(vault, marking).await?;
    let key = seal::lineage_key(vault, release).await?;
    let book = codebook(&key, &columns)?;
    Ok(copies.map(|copy| {
        let mut symbols = vec![0; columns.len()];
        book.codeword(copy, &mut symbols);
        Choices(symbols)
    }))
}

/// A copy of a release by its id, without regard to case, and the batch in which it was made.
pub(crate) async fn find(vault: &Vault, release: &Release, copy: &str) -> Result<(Recipient, u32)> {
    for batch in vault.store.batches(release.id).await? {
        let roster = decode_roster(&vault.store.blob(batch.roster).await?)?;
        let folded = copy.to_lowercase();
        if let Some(recipient) = roster.recipients.into_iter().find(|r| r.id.folded() == folded) {
            return Ok((recipient, batch.number));
        }
    }
    let (id, name) = (release.id, &release.name);
    Err(Error::input(format!(
        "release {id} ({name}) has no copy {copy:?}; `tellmark copies {id}` lists them"
    )))
}

/// A release in a list: `releases --json`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ReleaseLine {
    /// The release.
    pub release: ReleaseId,
    /// Its lineage.
    pub lineage: tellmark_core::LineageId,
    /// Its number in the lineage.
    pub number: u32,
    /// What people call it.
    pub name: String,
    /// The file's own name.
    pub file_name: String,
    /// What kind of document it is.
    pub format: String,
    /// The release that it revises.
    pub revises: Option<ReleaseId>,
    /// Copies over all batches.
    pub copies: u64,
    /// Batches.
    pub batches: usize,
    /// The bound on false accusation.
    pub alpha: String,
    /// When it was recorded: seconds since 1970, UTC.
    pub created_at: i64,
}

/// Lists the releases, oldest first.
///
/// # Errors
/// When the ledger fails.
pub async fn releases(vault: &Vault) -> Result<Vec<ReleaseLine>> {
    let sums = vault.store.batch_sums().await?;
    Ok(lines(vault.store.releases().await?, &sums))
}

/// Lists the releases of one document, its drafts in their order.
///
/// # Errors
/// When the ledger fails.
pub async fn releases_of(vault: &Vault, lineage: tellmark_core::LineageId) -> Result<Vec<ReleaseLine>> {
    let sums = vault.store.batch_sums_of(lineage).await?;
    Ok(lines(vault.store.releases_of(lineage).await?, &sums))
}

fn lines(releases: Vec<Release>, sums: &BTreeMap<ReleaseId, (usize, u64)>) -> Vec<ReleaseLine> {
    let mut lines = Vec::new();
    for release in releases {
        let (batches, copies) = sums.get(&release.id).copied().unwrap_or_default();
        lines.push(ReleaseLine {
            release: release.id,
            lineage: release.lineage,
            number: release.number,
            name: release.name,
            file_name: release.file_name,
            format: release.format,
            revises: release.revises,
            copies,
            batches,
            alpha: release.alpha,
            created_at: release.created_at,
        });
    }
    lines
}

/// A copy in a list: `copies --json`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CopyLine {
    /// The release.
    pub release: ReleaseId,
    /// The copy.
    pub copy: CopyId,
    /// The holder's name.
    pub name: String,
    /// The holder's address.
    pub email: String,
    /// The holder's group.
    pub group: String,
    /// The batch in which it was made.
    pub batch: u32,
    /// Why it was withdrawn, where it was.
    pub withdrawn: Option<String>,
}

/// Lists the copies of one release, or of all.
///
/// # Errors
/// When there is no such release, or the ledger fails.
pub async fn copies(vault: &Vault, release: Option<&str>) -> Result<Vec<CopyLine>> {
    let releases = match release {
        Some(said) => vec![vault.release(said).await?],
        None => vault.store.releases().await?,
    };
    let mut lines = Vec::new();
    for release in &releases {
        lines.extend(copies_of(vault, release).await?);
    }
    Ok(lines)
}

/// Lists the copies of one release.
///
/// # Errors
/// When the ledger fails.
pub async fn copies_of(vault: &Vault, release: &Release) -> Result<Vec<CopyLine>> {
    let withdrawn = vault.store.withdrawals(release.id).await?;
    let mut lines = Vec::new();
    for batch in vault.store.batches(release.id).await? {
        for recipient in decode_roster(&vault.store.blob(batch.roster).await?)?.recipients {
            let reason = withdrawn.iter().find(|w| w.copy == recipient.id).map(|w| w.because.clone());
            lines.push(CopyLine {
                release: release.id,
                copy: recipient.id,
                name: recipient.name,
                email: recipient.email,
                group: recipient.group,
                batch: batch.number,
                withdrawn: reason,
            });
        }
    }
    Ok(lines)
}
