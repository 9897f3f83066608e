//! Use case: documents that lie on a server's desk until they are sealed. Each is a folder in the vault with the document,
//! the decisions about its sites and the roster; the ledger knows what becomes of it.

mod change;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tellmark_core::{CopyId, ReleaseId, Roster, limits};
pub use tellmark_store::Draft;

pub use change::{Numbers, Part, can_undo, remove_mail, set_mail, set_text, text, tried, undo};

use crate::deliver::batch_folder;
use crate::document::MarkOptions;
use crate::plan::{self, PlanSummary};
use crate::promise::Case;
use crate::review::{self, Candidate, ReviewFile, Reviewed, Verdict};
pub use crate::seal::SealSummary;
use crate::seal::{self, ExtendRequest, SealRequest};
use crate::{DEFAULT_ALPHA, Error, Planned, Ports, Progress, Result, Vault, copies, files, holders};

const FOLDER: &str = "desk";
const DOCUMENT: &str = "document";
const SITES: &str = "sites.toml";
const ROSTER: &str = "roster.csv";
/// Drafts that a desk holds.
const DRAFTS_MAX: usize = 2_000;
/// Bytes of a file's name: copies bear it on every system.
const NAME_BYTES_MAX: usize = 200;

/// What becomes of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for a person.
    Draft,
    /// It waits to be sealed.
    Queued,
    /// It is being sealed.
    Sealing,
    /// Somebody stopped it; it can be finished.
    Stopped,
    /// It could not be sealed.
    Failed,
    /// Its copies are made.
    Sealed,
}

impl State {
    /// As the ledger spells it.
    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Queued => "queued",
            State::Sealing => "sealing",
            State::Stopped => "stopped",
            State::Failed => "failed",
            State::Sealed => "sealed",
        }
    }

    /// The state of a draft; one that a later version wrote waits for a person.
    pub fn of(draft: &Draft) -> State {
        let all = [State::Queued, State::Sealing, State::Stopped, State::Failed, State::Sealed];
        all.into_iter().find(|state| state.name() == draft.state).unwrap_or(State::Draft)
    }

    /// Whether a person may change or seal a draft in this state.
    pub fn is_open(self) -> bool {
        matches!(self, State::Draft | State::Stopped | State::Failed)
    }
}

/// How a draft is to be sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    /// What people call the release; the file's name when empty.
    pub name: String,
    /// The bound on naming an innocent copy.
    pub alpha: String,
    /// The release that it revises; empty for none.
    pub revises: String,
    /// The release to which copies are added; then there is no document of its own. Empty for none.
    pub extends: String,
    /// The line that every copy shows; empty for none.
    pub visible: String,
    /// How many copies its roster has.
    pub copies: usize,
    /// Make another release although this document was sealed for this roster before.
    pub new: bool,
    /// What the message is called of which each copy gets a ready draft; empty for none.
    pub mail: String,
}

impl Default for Wish {
    fn default() -> Wish {
        let none = String::new;
        let alpha = DEFAULT_ALPHA.into();
        Wish {
            name: none(),
            alpha,
            revises: none(),
            extends: none(),
            visible: none(),
            copies: 0,
            new: false,
            mail: none(),
        }
    }
}

/// How a draft is to be sealed, as it stands in the ledger.
///
/// # Errors
/// When it cannot be understood.
pub fn wish(draft: &Draft) -> Result<Wish> {
    serde_json::from_str(&draft.options).map_err(Error::damaged)
}

/// Lays a document on the desk.
///
/// # Errors
/// When it is of no known format or broken, its name is none, or the desk is full.
pub async fn add(
    vault: &Vault,
    file_name: &str,
    document: &[u8],
    wish: &Wish,
    account: u32,
    ports: &mut Ports,
) -> Result<Draft> {
    let file_name = plain_name(file_name)?;
    Planned::new(&file_name, document.to_vec(), ReleaseId([0; 8]), &MarkOptions::default())?;
    let draft = begin(vault, &file_name, wish, account, ports).await?;
    match files::write_secret(&folder(vault, &draft.id)?.join(DOCUMENT), document) {
        Ok(()) => Ok(draft),
        Err(error) => {
            remove(vault, &draft.id).await?;
            Err(error)
        }
    }
}

/// Lays the adding of copies to a release on the desk.
///
/// # Errors
/// When there is no such release, or the desk is full.
pub async fn extend(vault: &Vault, release: &str, account: u32, ports: &mut Ports) -> Result<Draft> {
    let release = vault.release(release).await?;
    let wish = Wish { extends: release.id.to_string(), name: release.name.clone(), ..Wish::default() };
    begin(vault, &release.file_name, &wish, account, ports).await
}

async fn begin(
    vault: &Vault,
    file_name: &str,
    wish: &Wish,
    account: u32,
    ports: &mut Ports,
) -> Result<Draft> {
    if vault.store.drafts().await?.len() >= DRAFTS_MAX {
        return Err(Error::input("the desk is full; remove drafts that nobody needs"));
    }
    let id: [u8; 8] = ports.random();
    let draft = Draft {
        id: ReleaseId(id).to_string(),
        account,
        file_name: file_name.into(),
        state: State::Draft.name().into(),
        options: serde_json::to_string(wish).map_err(Error::damaged)?,
        message: String::new(),
        release: None,
        made_at: ports.now,
        changed_at: ports.now,
    };
    let folder = folder(vault, &draft.id)?;
    std::fs::create_dir_all(&folder).map_err(Error::file("cannot make the folder", &folder))?;
    vault.store.put_draft(&draft).await?;
    Ok(draft)
}

/// Takes a draft from the desk. Releases and copies that came of it stay.
///
/// # Errors
/// When it is being sealed, or cannot be removed.
pub async fn remove(vault: &Vault, id: &str) -> Result<()> {
    let folder = folder(vault, id)?;
    if !vault.store.remove_draft(id, &[State::Queued.name(), State::Sealing.name()]).await? {
        return Err(Error::input("this draft is being sealed; stop that first"));
    }
    files::remove_folder(&folder)
}

/// A draft that may still be changed.
///
/// # Errors
/// When there is none, or it is being sealed, or was.
pub async fn open_draft(vault: &Vault, id: &str) -> Result<Draft> {
    folder(vault, id)?;
    let draft = vault.store.draft(id).await?;
    match State::of(&draft).is_open() {
        true => Ok(draft),
        false => Err(closed()),
    }
}

fn closed() -> Error {
    Error::input("this draft is being sealed, or was; it cannot be changed any more")
}

/// Changes how a draft is to be sealed.
///
/// # Errors
/// When a value cannot be used.
pub async fn set_wish(vault: &Vault, draft: Draft, wish: &Wish, now: i64) -> Result<Draft> {
    plan::parse_alpha(&wish.alpha)?;
    if !wish.revises.is_empty() {
        vault.release(&wish.revises).await?;
    }
    let options = serde_json::to_string(wish).map_err(Error::damaged)?;
    let draft = Draft {
        options,
        changed_at: now,
        state: State::Draft.name().into(),
        message: String::new(),
        ..draft
    };
    let open = [State::Draft, State::Stopped, State::Failed].map(State::name);
    match vault.store.change_draft(&draft, &open).await? {
        true => Ok(draft),
        false => Err(closed()),
    }
}

/// Takes the roster of a draft from a CSV file, or makes numbered copies. Returns it as it was read.
///
/// # Errors
/// When it cannot be read: the message says at which line.
pub async fn set_roster(vault: &Vault, draft: Draft, csv: &[u8], now: i64) -> Result<Roster> {
    let roster = read_roster(csv)?;
    let path = folder(vault, &draft.id)?.join(ROSTER);
    change::set_aside(&path)?;
    files::write_whole(&path, csv, true)?;
    let wish = Wish { copies: roster.recipients.len(), ..wish(&draft)? };
    set_wish(vault, draft, &wish, now).await?;
    Ok(roster)
}

/// The roster of numbered copies, as a CSV file.
///
/// # Errors
/// When there are none or too many.
pub fn numbered(count: u64) -> Result<Vec<u8>> {
    holders::numbered(count)
}

/// The roster of a draft; nobody where none was given.
///
/// # Errors
/// When it cannot be read.
pub fn roster(vault: &Vault, draft: &Draft) -> Result<Roster> {
    let path = folder(vault, &draft.id)?.join(ROSTER);
    match path.exists() {
        true => read_roster(&files::read_limited(&path, limits::ROSTER_BYTES_MAX)?),
        false => Ok(Roster { recipients: Vec::new() }),
    }
}

/// What a draft can carry, by the decisions that were made about its sites, held against its roster and bound.
///
/// # Errors
/// As [`plan::plan`].
pub fn planned(vault: &Vault, draft: &Draft) -> Result<PlanSummary> {
    planned_bytes(vault, draft, document(vault, draft)?)
}

/// The same as [`plan::plan`] says it of a file: held against the usual rosters and bounds where the draft names neither.
///
/// # Errors
/// As [`plan::plan`].
pub fn planned_as_file(vault: &Vault, draft: &Draft) -> Result<PlanSummary> {
    let wish = wish(draft)?;
    let is_asked = wish.copies > 0 || wish.alpha != DEFAULT_ALPHA;
    planned_against(vault, draft, document(vault, draft)?, is_asked.then(|| case(&wish)))
}

fn planned_bytes(vault: &Vault, draft: &Draft, bytes: Vec<u8>) -> Result<PlanSummary> {
    planned_against(vault, draft, bytes, Some(case(&wish(draft)?)))
}

fn case(wish: &Wish) -> Case {
    Case::new(if wish.copies > 0 { wish.copies as u64 } else { 20 }, &wish.alpha)
}

fn planned_against(vault: &Vault, draft: &Draft, bytes: Vec<u8>, asked: Option<Case>) -> Result<PlanSummary> {
    let mut mark = mark(vault, draft)?;
    mark.rejected = review::concerning(&draft.file_name, &bytes, &mark, review::remembered(vault.folder())?)?;
    plan::plan(&draft.file_name, bytes, &mark, asked)
}

/// The sites of a draft, with what was decided about each.
///
/// # Errors
/// When the document has no wording to review.
pub fn sites(vault: &Vault, draft: &Draft) -> Result<Vec<Candidate>> {
    let (file, reviewed) = reviewed(vault, draft)?;
    file.over(&reviewed)
}

/// Decides about sites of a draft, by their places in [`sites`]. `seen` is how many there were; when there are others now,
/// nothing is decided.
///
/// # Errors
/// When the sites changed since they were shown.
pub fn decide(
    vault: &Vault,
    draft: &Draft,
    seen: usize,
    decided: &[(usize, Verdict)],
) -> Result<Vec<Candidate>> {
    let (mut file, reviewed) = reviewed(vault, draft)?;
    let mut candidates = file.over(&reviewed)?;
    if candidates.len() != seen {
        return Err(Error::input(
            "the sites changed since this page was loaded; load it again, nothing was saved",
        ));
    }
    for &(place, verdict) in decided {
        if let Some(candidate) = candidates.get_mut(place) {
            candidate.verdict = verdict;
        }
    }
    file.review.sites = review::decisions(&candidates);
    let path = folder(vault, &draft.id)?.join(SITES);
    change::set_aside(&path)?;
    files::write_whole(&path, file.write(&draft.file_name, &candidates).as_bytes(), true)?;
    review::remember(vault.folder(), &candidates)?;
    Ok(candidates)
}

fn reviewed(vault: &Vault, draft: &Draft) -> Result<(ReviewFile, Reviewed)> {
    let options = MarkOptions { rejected: review::remembered(vault.folder())?, ..MarkOptions::default() };
    let reviewed = Reviewed::new(&draft.file_name, &document(vault, draft)?, &options)?;
    Ok((load_sites(vault, draft)?.unwrap_or_default(), reviewed))
}

fn load_sites(vault: &Vault, draft: &Draft) -> Result<Option<ReviewFile>> {
    let path = folder(vault, &draft.id)?.join(SITES);
    path.exists().then(|| ReviewFile::load(&path)).transpose()
}

/// Where a server keeps sealed copies unless it is told otherwise: beside the vault.
pub fn copies_beside(vault: &Path) -> PathBuf {
    let mut copies = vault.components().as_path().as_os_str().to_owned();
    copies.push("-copies");
    copies.into()
}

/// Where the copies of a draft are delivered until their release is known: a draft that is sealed again finishes them there.
fn delivery(copies: &Path, draft: &Draft) -> PathBuf {
    copies.join(format!("draft-{}", draft.id))
}

/// Seals a draft into the server's folder of copies, or finishes that. The same draft always finds the same release.
///
/// # Errors
/// As [`seal::seal`]; [`Error::Stopped`] when the progress said so.
pub async fn seal(
    vault: &Vault,
    draft: &Draft,
    copies: &Path,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<SealSummary> {
    let wish = wish(draft)?;
    let path = folder(vault, &draft.id)?.join(ROSTER);
    if !path.exists() {
        return Err(Error::input("nobody gets a copy yet: import the roster first"));
    }
    std::fs::create_dir_all(copies).map_err(Error::file("cannot make the folder", copies))?;
    let roster = files::read_limited(&path, limits::ROSTER_BYTES_MAX)?;
    let (out, roster_name) = (delivery(copies, draft), "the roster".to_owned());
    let mail = change::mail(vault, draft)?;
    let summary = match wish.extends.is_empty() {
        false => {
            let release = wish.extends;
            let request = ExtendRequest {
                release,
                roster,
                roster_name,
                out: out.clone(),
                mail,
                force: false,
                kept: Some(copies.to_path_buf()),
            };
            seal::extend(vault, &request, ports, progress).await?
        }
        true => {
            let some = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            let request = SealRequest {
                file_name: draft.file_name.clone(),
                document: document(vault, draft)?,
                roster,
                roster_name,
                out: out.clone(),
                name: some(&wish.name),
                mark: mark(vault, draft)?,
                revises: some(&wish.revises),
                visible: some(&wish.visible),
                mail,
                new: wish.new,
                draft: Some(draft.id.clone()),
                force: false,
                kept: Some(copies.to_path_buf()),
                alpha: wish.alpha,
            };
            seal::seal(vault, &request, ports, progress).await?
        }
    };
    let kept = batch_folder(copies, &summary.release, summary.batch);
    // Where it was sealed before, the copies are there already.
    match kept.exists() {
        true => files::remove_folder(&out)?,
        false => std::fs::rename(&out, &kept).map_err(Error::file("cannot move", &out))?,
    }
    Ok(summary)
}

/// The delivered file of a copy; `None` where it is not below the server's folder of copies.
///
/// # Errors
/// When the release has no such copy.
pub async fn delivered(
    vault: &Vault,
    copies: &Path,
    release: &str,
    copy: &str,
) -> Result<(String, Option<PathBuf>)> {
    let release = vault.release(release).await?;
    let (recipient, batch) = copies::find(vault, &release, copy).await?;
    let folder = batch_folder(copies, &release.id, batch);
    let path = delivered_file(&folder, &recipient.id, &release.file_name);
    Ok((release.file_name, path))
}

/// The ready draft of mail with a copy: its name and where it is; `None` where none was made.
///
/// # Errors
/// When the release has no such copy.
pub async fn delivered_mail(
    vault: &Vault,
    copies: &Path,
    release: &str,
    copy: &str,
) -> Result<Option<(String, PathBuf)>> {
    let (name, path) = delivered(vault, copies, release, copy).await?;
    Ok(path.and_then(|path| mail_beside(&path, &name)))
}

/// The message beside a delivered copy: there is at most one.
fn mail_beside(copy: &Path, name: &str) -> Option<(String, PathBuf)> {
    let files = std::fs::read_dir(copy.parent()?).ok()?.flatten();
    let mail = files.filter_map(|file| Some((file.file_name().into_string().ok()?, file.path())));
    let is_mail = |(own, path): &(String, PathBuf)| {
        let is_named = own.to_lowercase().ends_with(".eml") && own.to_lowercase() != name.to_lowercase();
        is_named && path.is_file() && !path.is_symlink()
    };
    mail.into_iter().find(is_mail)
}

/// The file of a copy in the folder of its batch, if it is there and no link to elsewhere.
fn delivered_file(folder: &Path, copy: &CopyId, name: &str) -> Option<PathBuf> {
    Some(crate::deliver::path_of(folder, copy, name)).filter(|path| path.is_file() && !path.is_symlink())
}

/// The delivered files of a release with their names, `<copy>/<file>`, for one file that holds them all, with the ready drafts of
/// mail beside them; and how many of its copies are elsewhere.
///
/// # Errors
/// When there is no such release.
pub async fn all_delivered(
    vault: &Vault,
    copies: &Path,
    release: &str,
) -> Result<(Vec<(String, PathBuf)>, usize)> {
    let release = vault.release(release).await?;
    let (mut found, mut missing) = (Vec::new(), 0);
    for batch in vault.store.batches(release.id).await? {
        let folder = batch_folder(copies, &release.id, batch.number);
        for recipient in crate::vault::decode_roster(&vault.store.blob(batch.roster).await?)?.recipients {
            match delivered_file(&folder, &recipient.id, &release.file_name) {
                Some(path) => {
                    let mail = mail_beside(&path, &release.file_name);
                    found.push((format!("{}/{}", recipient.id, release.file_name), path));
                    found.extend(mail.map(|(name, path)| (format!("{}/{name}", recipient.id), path)));
                }
                None => missing += 1,
            }
        }
    }
    Ok((found, missing))
}

fn mark(vault: &Vault, draft: &Draft) -> Result<MarkOptions> {
    let review = load_sites(vault, draft)?.map(|file| review::settled(file.review));
    Ok(MarkOptions { review, ..MarkOptions::default() })
}

fn document(vault: &Vault, draft: &Draft) -> Result<Vec<u8>> {
    files::read_limited(&folder(vault, &draft.id)?.join(DOCUMENT), limits::DOCUMENT_BYTES_MAX)
}

/// The roster of a CSV file.
///
/// # Errors
/// When it cannot be read: the message says at which line.
pub fn read_roster(csv: &[u8]) -> Result<Roster> {
    tellmark_formats::read_roster(csv).map_err(|source| Error::Format { name: "the roster".into(), source })
}

/// The folder of a draft. An id is 16 hexadecimal digits: nothing else comes into a path.
fn folder(vault: &Vault, id: &str) -> Result<PathBuf> {
    match id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        true => Ok(vault.folder().join(FOLDER).join(id)),
        false => Err(tellmark_store::Error::Missing { what: "such draft".into() }.into()),
    }
}

/// A file's name without folders, as every system takes it.
fn plain_name(said: &str) -> Result<String> {
    let name = said.rsplit(['/', '\\']).next().unwrap_or_default().trim().trim_end_matches('.').to_owned();
    let fits = name.len() <= NAME_BYTES_MAX && name.chars().all(files::fits_name);
    if name.is_empty() || name.starts_with('.') || !fits {
        return Err(Error::input(
            "the file's name cannot be used: 1 to 200 bytes without a dot in front, slashes, <, >, :, \", |, ? and *; rename it",
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for (said, name) in
            [("../../etc/minutes.md", "minutes.md"), ("C:\\x\\a b.docx", "a b.docx"), ("ü.txt", "ü.txt")]
        {
            assert_eq!(plain_name(said).unwrap(), name);
        }
        for bad in ["", "..", "/", ".hidden", "a\0b", "a\nb", "a:b", &"x".repeat(201), "a\u{202e}b.md"] {
            assert!(plain_name(bad).is_err(), "{bad:?}");
        }
    }
}
