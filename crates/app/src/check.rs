//! Use case: read every delivered file again. Is each the copy that its folder says?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tellmark_core::{CopyId, ReleaseId, limits};
use tellmark_store::Release;

use crate::copies::OwnedMaker;
use crate::vault::decode_roster;
use crate::{Error, Progress, Result, Vault, files};

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
        /// The copy it is.
        is: CopyId,
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

/// The releases that may have been delivered into a folder, with their copies.
struct Known {
    releases: Vec<(Release, OwnedMaker, Vec<CopyId>)>,
    touched: BTreeMap<ReleaseId, Vec<String>>,
}

impl Known {
    async fn load(vault: &Vault, found: &[(String, PathBuf)]) -> Result<Known> {
        let names: std::collections::BTreeSet<_> =
            found.iter().filter_map(|(_, file)| file.file_name()?.to_str()).collect();
        let mut releases = Vec::new();
        for release in vault.store.releases().await? {
            if !names.contains(release.file_name.as_str()) {
                continue;
            }
            let mut copies = Vec::new();
            for batch in vault.store.batches(release.id).await? {
                let roster = decode_roster(&vault.store.blob(batch.roster).await?)?;
                copies.extend(roster.recipients.into_iter().map(|r| r.id));
            }
            let maker = OwnedMaker::load(vault, &release).await?;
            releases.push((release, maker, copies));
        }
        // The newest first: it is the one that was delivered last.
        releases.reverse();
        Ok(Known { releases, touched: BTreeMap::new() })
    }

    fn state(&self, copy: &str, file: &Path) -> Result<State> {
        let bytes = match files::read_limited(file, limits::DOCUMENT_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(State::Unreadable { because: error.to_string() }),
        };
        let mut made = Vec::new();
        let named = self.releases.iter().filter(|(release, _, _)| file.ends_with(&release.file_name));
        for (release, maker, copies) in named.clone() {
            if let Some(id) = copies.iter().find(|id| id.as_str() == copy) {
                maker.bytes(id, &mut made)?;
                if made == bytes {
                    return Ok(State::Right { release: release.id });
                }
            }
        }
        for (release, maker, copies) in named {
            for id in copies {
                maker.bytes(id, &mut made)?;
                if made == bytes {
                    return Ok(State::Mixed { release: release.id, is: id.clone() });
                }
            }
        }
        Ok(State::Changed)
    }

    /// Copies of the releases that were recognised in the folder, and whose own folder is not there.
    fn missing(&self, folder: &Path) -> Vec<Checked> {
        let mut missing = Vec::new();
        for (release, _, copies) in &self.releases {
            if !self.touched.contains_key(&release.id) {
                continue;
            }
            for copy in copies {
                let file = crate::deliver::path_of(folder, copy, &release.file_name);
                if !file.exists() {
                    let state = State::Missing { release: release.id };
                    missing.push(Checked { copy: copy.to_string(), file, state });
                }
            }
        }
        missing
    }
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
