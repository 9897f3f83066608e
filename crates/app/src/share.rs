//! Use case: a link of its own for each recipient. They see that the copy is marked, get it, and sign for it; what is done at
//! a link is recorded for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tellmark_core::ReleaseId;
use tellmark_store::NewShare;
pub use tellmark_store::{Share, Visit};

use crate::copies::{CopyLine, copies};
pub use crate::view::Shown;
use crate::{Error, Ports, Result, Vault, desk, files, follow, people, receipts, view};

/// Days that a link works at most.
pub const DAYS_MAX: i64 = 366;
/// Days that a link works where nobody says otherwise.
pub const DAYS_USUAL: i64 = 14;
/// A one-time code works so long, in seconds.
const CODE_SECONDS: i64 = 15 * 60;
/// Wrong codes until another has to be asked for.
const CODE_TRIES_MAX: u32 = 5;
/// A recipient's session ends after so many seconds.
const SESSION_SECONDS: i64 = 2 * 3_600;
/// Bytes of a copy that is handed out.
const COPY_BYTES_MAX: u64 = 256 << 20;
/// What a visit is called at which a recipient confirmed that they have their copy.
const CONFIRMED: &str = "confirmed";
/// The same for a receipt.
const SIGNED: &str = "signed";

/// A link that was made: its secret is shown once.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// The copy.
    pub copy: String,
    /// Whose it is.
    pub name: String,
    /// Where one-time codes go; empty where the link alone is enough.
    pub email: String,
    /// The secret.
    pub secret: String,
}

/// Makes a link for each of some copies, or for all that are not withdrawn. Where a server for mail is set, a recipient with
/// an address needs a code besides it.
///
/// # Errors
/// When there is no such release or copy, or the days are too many.
pub async fn share(
    vault: &Vault,
    release: &str,
    wanted: Option<&[String]>,
    days: i64,
    by: u32,
    ports: &mut Ports,
) -> Result<Vec<Link>> {
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Error::input(format!("a link works for 1 to {DAYS_MAX} days")));
    }
    let release = vault.release(release).await?;
    let all = copies(vault, Some(&release.id.to_string())).await?;
    let chosen: Vec<&CopyLine> = match wanted {
        None => all.iter().filter(|line| line.withdrawn.is_none()).collect(),
        Some(wanted) => {
            let by_id: BTreeMap<String, &CopyLine> =
                all.iter().map(|line| (line.copy.folded(), line)).collect();
            let mut asked = BTreeSet::new();
            let once = wanted.iter().filter(|id| asked.insert(id.to_lowercase()));
            let find = |id: &String| {
                let found = by_id.get(&id.to_lowercase()).copied();
                found.ok_or_else(|| Error::input(format!("release {} has no copy {id:?}", release.id)))
            };
            once.map(find).collect::<Result<_>>()?
        }
    };
    if let Some(gone) = chosen.iter().find(|line| line.withdrawn.is_some()) {
        return Err(Error::input(format!("copy {} was withdrawn; it is not shared any more", gone.copy)));
    }
    let sends = follow::sends_mail(vault)?;
    let is_none = |line: &&&CopyLine| !line.email.is_empty() && !is_address(&line.email);
    if let Some(line) = chosen.iter().find(is_none).filter(|_| sends) {
        return Err(Error::input(format!(
            "{:?} of copy {} is no mail address, so that no code could be sent there, and no link was made. Name the other copies alone",
            line.email, line.copy
        )));
    }
    let link = |line: &&CopyLine| Link {
        copy: line.copy.to_string(),
        name: line.name.clone(),
        email: if sends { line.email.clone() } else { String::new() },
        secret: people::secret(ports),
    };
    let links: Vec<Link> = chosen.iter().map(link).collect();
    let hashes: Vec<String> = links.iter().map(|link| people::hash(&link.secret)).collect();
    let new = links.iter().zip(&hashes).map(|(link, token)| NewShare {
        token,
        release: release.id,
        copy: &link.copy,
        email: &link.email,
        made_by: by,
        made_at: ports.now,
        expires_at: ports.now + days * 86_400,
    });
    vault.store.record_shares(&new.collect::<Vec<_>>()).await?;
    Ok(links)
}

/// Whether a text is one address, as far as anybody can tell who does not send to it.
fn is_address(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c))
    };
    text.rsplit_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host) && !name.contains('@'))
}

/// Ends a link of a release, and the sessions that began at it.
///
/// # Errors
/// When the release has no such link.
pub async fn end(vault: &Vault, release: &str, number: u32, now: i64) -> Result<Share> {
    let release = vault.release(release).await?;
    Ok(vault.store.end_share(release.id, number, now).await?)
}

/// A link with what was done at it last, the newest first, and how much was done altogether.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The link.
    pub share: Share,
    /// The last visits, at most as many as were asked for.
    pub visits: Vec<Visit>,
    /// How many there are.
    pub visits_all: u64,
}

/// Links of a release by their numbers: at most `limit` behind the first `skip`, each with its last `visits_max` visits; and how
/// many links there are.
///
/// # Errors
/// When there is no such release.
pub async fn list(
    vault: &Vault,
    release: ReleaseId,
    (skip, limit): (u64, u32),
    visits_max: u32,
) -> Result<(Vec<Line>, u64)> {
    let mut lines = Vec::new();
    for share in vault.store.shares_part(release, skip, limit).await? {
        let (visits, visits_all) = vault.store.visits(share.number, 0, visits_max).await?;
        lines.push(Line { share, visits, visits_all });
    }
    Ok((lines, vault.store.share_count(release).await?))
}

/// A link of a release.
///
/// # Errors
/// When the release has none of this number.
pub async fn one(vault: &Vault, release: ReleaseId, number: u32) -> Result<Share> {
    Ok(vault.store.share(release, number).await?)
}

/// The share of a secret: `None` for everything that is no secret, whatever the reason. A copy that was withdrawn is shared no
/// more.
///
/// # Errors
/// Only those of the ledger.
pub async fn find(vault: &Vault, secret: &str, now: i64) -> Result<Option<Share>> {
    let Some(share) = vault.store.share_by_token(&people::hash(secret), now).await? else { return Ok(None) };
    let withdrawn = vault.store.withdrawals(share.release).await?;
    Ok(Some(share).filter(|share| !withdrawn.iter().any(|gone| gone.copy.as_str() == share.copy)))
}

/// Sends a one-time code to the address of a share.
///
/// # Errors
/// When the mail cannot be sent.
pub async fn send_code(vault: &Vault, share: &Share, ports: &mut Ports) -> Result<()> {
    let code = format!("{:08}", u64::from_le_bytes(ports.random()) % 100_000_000);
    let hash = code_hash(share, &code);
    vault.store.set_share_code(share.number, &hash, ports.now + CODE_SECONDS).await?;
    let text = format!(
        "Your code is {} {}.\n\nIt opens the page that you asked for, once, within {} minutes. If you did not ask for it, do nothing.\n",
        &code[..4],
        &code[4..],
        CODE_SECONDS / 60
    );
    let letter = (format!("share-{}-{}", share.number, ports.now), "Your code", text);
    let sent = follow::letter_to(vault, &share.email, (&letter.0, letter.1, &letter.2)).await;
    let what = if sent.is_ok() { "code sent" } else { "code could not be sent" };
    vault.store.record_visit(share.number, what, ports.now).await?;
    sent
}

/// Lets a recipient in, by the code where one is needed. Returns the secret of a session; `None` when the code is wrong.
///
/// # Errors
/// Only those of the ledger.
pub async fn enter(vault: &Vault, share: &Share, code: &str, ports: &mut Ports) -> Result<Option<String>> {
    if !share.email.is_empty() {
        let digits: String = code.chars().filter(char::is_ascii_digit).take(16).collect();
        let hash = code_hash(share, &digits);
        if !vault.store.use_share_code(share.number, &hash, ports.now, CODE_TRIES_MAX).await? {
            vault.store.record_visit(share.number, "wrong code", ports.now).await?;
            return Ok(None);
        }
    }
    let_in(vault, share, "opened", ports).await.map(Some)
}

/// Begins a recipient's session and records how they came in.
pub(crate) async fn let_in(vault: &Vault, share: &Share, how: &str, ports: &mut Ports) -> Result<String> {
    vault.store.record_visit(share.number, how, ports.now).await?;
    people::begin(vault, (0, share.number), SESSION_SECONDS, ports).await
}

/// Whether a session's secret is of a share's recipient.
///
/// # Errors
/// Only those of the ledger.
pub async fn is_inside(vault: &Vault, share: &Share, secret: &str, now: i64) -> Result<bool> {
    let session = vault.store.session(&people::hash(secret), now).await?;
    Ok(session.is_some_and(|session| session.account == 0 && session.share == share.number))
}

/// The file of a share's copy: its name and its bytes, as they were delivered.
///
/// # Errors
/// When it is not in the server's folder of copies.
pub async fn take(vault: &Vault, share: &Share, copies: &Path, now: i64) -> Result<(String, Vec<u8>)> {
    let taken = delivered(vault, share, copies).await?;
    vault.store.record_visit(share.number, "downloaded", now).await?;
    Ok(taken)
}

/// A part of a share's copy, to be read in a browser: the sizes of a PDF's pages, or a part of the text, from 1. It is made of the file
/// that was delivered.
///
/// # Errors
/// When the file is not in the server's folder of copies, or cannot be shown.
pub async fn read(vault: &Vault, share: &Share, copies: &Path, part: usize, now: i64) -> Result<Shown> {
    let (name, bytes) = delivered(vault, share, copies).await?;
    let shown = view::shown(&name, &bytes, part)?;
    // Of a PDF nothing is seen yet: each page is recorded when its picture is taken.
    if let Shown::Text { part, parts, .. } = &shown {
        let what = if *parts > 1 { format!("read part {part} of {parts}") } else { "read".into() };
        vault.store.record_visit(share.number, &what, now).await?;
    }
    Ok(shown)
}

/// The picture of a page of a share's copy, from 1, as a PNG file.
///
/// # Errors
/// When the file is not in the server's folder of copies, is no PDF, or has no such page.
pub async fn read_page(
    vault: &Vault,
    share: &Share,
    copies: &Path,
    page: usize,
    now: i64,
) -> Result<Vec<u8>> {
    let (name, bytes) = delivered(vault, share, copies).await?;
    let picture = view::page(&name, &bytes, page)?;
    vault.store.record_visit(share.number, &format!("read page {page}"), now).await?;
    Ok(picture)
}

async fn delivered(vault: &Vault, share: &Share, copies: &Path) -> Result<(String, Vec<u8>)> {
    let (name, path) = desk::delivered(vault, copies, &share.release.to_string(), &share.copy).await?;
    let path = path
        .ok_or_else(|| Error::input("the file is not here at the moment; ask whoever sent you the link"))?;
    let bytes = files::read_limited(&path, COPY_BYTES_MAX)?;
    Ok((name, bytes))
}

/// Notes that the recipient says that they have the copy and know that it is marked. This is no receipt: that is signed.
///
/// # Errors
/// Only those of the ledger.
pub async fn confirm(vault: &Vault, share: &Share, now: i64) -> Result<()> {
    Ok(vault.store.record_visit(share.number, CONFIRMED, now).await?)
}

/// Records the receipt that a share's recipient signed; one of another copy is refused.
///
/// # Errors
/// As [`receipts::record_receipt`].
pub async fn sign(vault: &Vault, share: &Share, bytes: &[u8], ports: &Ports) -> Result<()> {
    let signed = receipts::copy_of(vault, "the receipt", bytes).await?;
    if signed.0 != share.release || signed.1.to_lowercase() != share.copy.to_lowercase() {
        return Err(Error::input("this receipt is for another copy; nothing was recorded"));
    }
    receipts::record_receipt(vault, "the receipt", bytes, ports).await?;
    Ok(vault.store.record_visit(share.number, SIGNED, ports.now).await?)
}

/// What was done at a share, the newest first: at most `limit` visits behind the `skip` newest; and how many there are.
///
/// # Errors
/// Only those of the ledger.
pub async fn visits(vault: &Vault, share: &Share, skip: u64, limit: u32) -> Result<(Vec<Visit>, u64)> {
    Ok(vault.store.visits(share.number, skip, limit).await?)
}

/// When the recipient of a share confirmed that they have their copy; `None` for never.
///
/// # Errors
/// Only those of the ledger.
pub async fn confirmed(vault: &Vault, share: &Share) -> Result<Option<i64>> {
    Ok(vault.store.first_visit(share.number, CONFIRMED).await?.map(|visit| visit.at))
}

/// When the recipient of a share handed in a receipt; `None` for never.
///
/// # Errors
/// Only those of the ledger.
pub async fn signed(vault: &Vault, share: &Share) -> Result<Option<i64>> {
    Ok(vault.store.first_visit(share.number, SIGNED).await?.map(|visit| visit.at))
}

/// What a release's copies are called, for a page.
///
/// # Errors
/// Only those of the ledger.
pub async fn file_name(vault: &Vault, release: ReleaseId) -> Result<String> {
    Ok(vault.store.release(release).await?.file_name)
}

fn code_hash(share: &Share, code: &str) -> String {
    people::hash(&format!("tellmark share code v1 {} {code}", share.number))
}
