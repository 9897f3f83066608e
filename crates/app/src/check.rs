//! Use case: read every delivered file again. Is each the copy that its folder says, and does each draft take that copy?

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tellmark_core::{CopyId, Recipient, ReleaseId, limits};
use tellmark_formats::draft;
use tellmark_store::Release;

use crate::copies::OwnedMaker;
use crate::vault::decode_roster;
use crate::{Error, Progress, Result, Vault, files};

/// Bytes of a draft: base64 makes four of three, and what somebody wrote stands before it.
const DRAFT_BYTES_MAX: u64 = 3 * limits::DOCUMENT_BYTES_MAX;

/// What one file is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// Byte for byte the copy that its folder says.
    Right {
        /// The release it belongs to.
        release: ReleaseId,
    },
    /// Byte for byte another copy: sent to the wrong person it would accuse the wrong one.
    Mixed {
        /// The release it belongs to.
        release: ReleaseId,
        /// The copy it is; `None` where custodians are appointed: whose copy a file is, is told by a trace then.
        #[serde(skip_serializing_if = "Option::is_none")]
        is: Option<CopyId>,
    },
    /// No copy of this vault: changed, or never made here.
    Changed,
    /// A copy that the roster has and the folder lacks.
    Missing {
        /// The release it belongs to.
        release: ReleaseId,
    },
    /// A file that cannot be read.
    Unreadable {
        /// Why.
        because: String,
    },
}

/// One line of the check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// The folder, which is the copy's id.
    pub copy: String,
    /// The file.
    pub file: PathBuf,
    /// What it is.
    #[serde(flatten)]
    pub state: State,
}

/// What the check of a folder found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CheckSummary {
    /// How many files are the copy that their folder says.
    pub right: usize,
    /// Everything else.
    pub wrong: Vec<Checked>,
}

/// Checks a folder of copies.
///
/// # Errors
/// When the folder does not exist, holds no copies, or the ledger fails. What is wrong with a file is no
/// error but a line of the result.
pub async fn check(vault: &Vault, folder: &Path, progress: &dyn Progress) -> Result<CheckSummary> {
    let found = list(folder)?;
    if found.is_empty() {
        let folder = folder.display();
        return Err(Error::input(format!(
            "{folder} holds no copies: its folders are called like the copies of a roster"
        )));
    }
    let mut known = Known::load(vault, &found).await?;
    progress.begin("checking copies", Some(found.len() as u64));
    let mut summary = CheckSummary { right: 0, wrong: Vec::new() };
    for (copy, file) in &found {
        match known.state(copy, file)? {
            State::Right { .. } if known.is_draft(file) => summary.right += 1,
            State::Right { release } => {
                summary.right += 1;
                known.touched.entry(release).or_default().push(copy.to_lowercase());
            }
            state => summary.wrong.push(Checked { copy: copy.clone(), file: file.clone(), state }),
        }
        progress.advance(1);
    }
    progress.end();
    summary.wrong.extend(known.missing(folder));
    Ok(summary)
}

/// A release that may have been delivered into a folder, with what makes its copies.
struct Sealed {
    release: Release,
    maker: OwnedMaker,
    holders: Vec<Recipient>,
}

/// All of them.
struct Known {
    releases: Vec<Sealed>,
    touched: BTreeMap<ReleaseId, Vec<String>>,
    /// Whether it is said whose copy a file is that is in another's folder.
    tells: bool,
}

impl Known {
    async fn load(vault: &Vault, found: &[(String, PathBuf)]) -> Result<Known> {
        let mut names: BTreeSet<String> =
            found.iter().filter_map(|(_, file)| Some(file.file_name()?.to_str()?.to_owned())).collect();
        for file in found.iter().map(|(_, file)| file).filter(|file| is_message(file)) {
            // One that cannot be read is told below.
            let bytes = files::read_limited(file, DRAFT_BYTES_MAX).unwrap_or_default();
            names.extend(draft::attached_names(&bytes));
        }
        let mut releases = Vec::new();
        for release in vault.store.releases().await? {
            if !names.contains(&release.file_name) {
                continue;
            }
            let mut holders = Vec::new();
            for batch in vault.store.batches(release.id).await? {
                let roster = decode_roster(&vault.store.blob(batch.roster).await?)?;
                holders.extend(roster.recipients);
            }
            let maker = OwnedMaker::load(vault, &release).await?;
            releases.push(Sealed { release, maker, holders });
        }
        // The newest first: it is the one that was delivered last.
        releases.reverse();
        let tells = !crate::consent::is_needed(vault)?;
        Ok(Known { releases, touched: BTreeMap::new(), tells })
    }

    /// Whether a file is a message that no release is called like: a copy can only be attached to it.
    fn is_draft(&self, file: &Path) -> bool {
        is_message(file) && !self.releases.iter().any(|known| file.ends_with(&known.release.file_name))
    }

    fn state(&self, copy: &str, file: &Path) -> Result<State> {
        let is_draft = self.is_draft(file);
        let bytes_max = if is_draft { DRAFT_BYTES_MAX } else { limits::DOCUMENT_BYTES_MAX };
        let bytes = match files::read_limited(file, bytes_max) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(State::Unreadable { because: error.to_string() }),
        };
        // What each release would have to be, byte for byte: the file itself, or what is attached to it.
        let named: Vec<(&Sealed, Cow<'_, [u8]>)> = self
            .releases
            .iter()
            .filter_map(|known| match is_draft {
                true => draft::attached(&bytes, &known.release.file_name).map(|copy| (known, copy.into())),
                false => file.ends_with(&known.release.file_name).then(|| (known, bytes.as_slice().into())),
            })
            .collect();
        let mut made = Vec::new();
        for (Sealed { release, maker, holders }, seen) in &named {
            if let Some(holder) = holders.iter().find(|holder| holder.id.as_str() == copy) {
                maker.bytes(holder, &mut made)?;
                if made == **seen {
                    return Ok(State::Right { release: release.id });
                }
            }
        }
        for (Sealed { release, maker, holders }, seen) in &named {
            for holder in holders {
                maker.bytes(holder, &mut made)?;
                if made == **seen {
                    return Ok(State::Mixed {
                        release: release.id,
                        is: self.tells.then(|| holder.id.clone()),
                    });
                }
            }
        }
        Ok(State::Changed)
    }

    /// Copies of the releases that were recognised in the folder, and whose own folder is not there.
    fn missing(&self, folder: &Path) -> Vec<Checked> {
        let mut missing = Vec::new();
        for Sealed { release, holders, .. } in &self.releases {
            if !self.touched.contains_key(&release.id) {
                continue;
            }
            for Recipient { id, .. } in holders {
                let file = crate::deliver::path_of(folder, id, &release.file_name);
                if !file.exists() {
                    let state = State::Missing { release: release.id };
                    missing.push(Checked { copy: id.to_string(), file, state });
                }
            }
        }
        missing
    }
}

fn is_message(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("eml"))
}

/// The files in the folders of a folder, sorted.
fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file("cannot read", folder))? {
        let entry = entry.map_err(Error::file("cannot read", folder))?;
        let path = entry.path();
        let Some(copy) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if !path.is_dir() || CopyId::parse(&copy).is_err() {
            continue;
        }
        for file in fs::read_dir(&path).map_err(Error::file("cannot read", &path))? {
            let file = file.map_err(Error::file("cannot read", &path))?.path();
            if file.is_file() {
                found.push((copy.clone(), file));
            }
        }
    }
    found.sort();
    Ok(found)
}
