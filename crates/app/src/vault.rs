//! The vault: one directory with the key, the ledger and what it refers to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tellmark_codes::{Codebook, Column, LineageKey};
use tellmark_core::{LineageId, ReleaseId, Roster, SiteId};
use tellmark_store::{Release, Store};

use crate::keys::lineages::{self, Secret};
use crate::keys::{self, MasterKey};
use crate::log::Last;
use crate::revise::Kept;
use crate::{Error, Ports, Result, files};

const CONFIG: &str = "vault.toml";
const KEYS: &str = "keys";
const LEDGER: &str = "ledger.sqlite";
const CONFIG_BYTES_MAX: u64 = 64 << 10;
const VERSION: u32 = 1;

/// What `vault.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Version of the vault's layout.
    pub version: u32,
    /// Hash by which the vault's key is recognised.
    pub key: tellmark_core::Hash,
    /// Where the ledger is, when it is not the file in this directory: `postgres://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
}

/// An open vault.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    key: MasterKey,
    /// The ledger.
    pub store: Store,
    /// Its releases' texts, indexed when a document is first held against them.
    pub(crate) kept: Kept,
    /// What was read of its log last.
    pub(crate) log: Arc<Last>,
}

/// Where a vault may be and how it is opened.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The vault's directory.
    pub folder: PathBuf,
    /// The passphrase of its key, where it has one.
    pub passphrase: Option<String>,
    /// Shares of its key, where that was split.
    pub shares: Vec<PathBuf>,
}

impl Vault {
    /// Makes a vault in a directory that is empty or does not exist.
    ///
    /// # Errors
    /// When there is something in the directory, or it cannot be written. A vault that could not be made
    /// whole is not left behind.
    pub async fn create(access: &Access, database: Option<&str>, ports: &mut Ports) -> Result<Vault> {
        let key = MasterKey::new(ports.random());
        let config =
            Config { version: VERSION, key: key.fingerprint(), database: database.map(str::to_owned) };
        let save = |folder: &Path| keys::save(folder, &key, access.passphrase.as_deref());
        Self::lay(access, &config, save, async |_| Ok(())).await?;
        Vault::open(access).await
    }

    /// Makes the directories and files of a vault: configuration last, so that half a vault is none.
    pub(crate) async fn lay(
        access: &Access,
        config: &Config,
        save_key: impl FnOnce(&Path) -> Result<()>,
        fill: impl AsyncFnOnce(&Store) -> Result<()>,
    ) -> Result<()> {
        let folder = &access.folder;
        if folder.join(CONFIG).exists() {
            return Err(Error::input(format!(
                "{} is a vault already; nothing was changed",
                folder.display()
            )));
        }
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::input(format!("{} is not empty; name a new directory", folder.display())));
        }
        let fresh = !folder.exists();
        fs::create_dir_all(folder).map_err(Error::file("cannot make the folder", folder))?;
        restrict(folder)?;
        // Of two commands at once, one makes this folder and with it the vault.
        let keys_folder = folder.join(KEYS);
        fs::create_dir(&keys_folder).map_err(Error::file("cannot make the folder", &keys_folder))?;
        let filled = Self::fill(folder, config, save_key, fill).await;
        if filled.is_err() {
            let _ = fs::remove_dir_all(&keys_folder);
            let ledger = ["", "-wal", "-shm"].map(|ending| folder.join(format!("{LEDGER}{ending}")));
            ledger.iter().for_each(|path| drop(fs::remove_file(path)));
            if fresh {
                let _ = fs::remove_dir(folder);
            }
        }
        filled
    }

    async fn fill(
        folder: &Path,
        config: &Config,
        save_key: impl FnOnce(&Path) -> Result<()>,
        fill: impl AsyncFnOnce(&Store) -> Result<()>,
    ) -> Result<()> {
        let keys_folder = folder.join(KEYS);
        restrict(&keys_folder)?;
        save_key(&keys_folder)?;
        let store = Store::create(&url(folder, config)?).await?;
        fill(&store).await?;
        let text = toml::to_string(config).map_err(Error::damaged)?;
        // The address of a database may hold a password.
        files::write_secret(&folder.join(CONFIG), text.as_bytes())
    }

    /// Opens a vault.
    ///
    /// # Errors
    /// When there is none, its key cannot be used, or its ledger is of a newer version.
    pub async fn open(access: &Access) -> Result<Vault> {
        let folder = access.folder.clone();
        let config = read_config(&folder)?;
        let key = match keys::is_split(&folder.join(KEYS)) {
            true => keys::shares::join(&access.shares, config.key)?,
            false => keys::load(&folder.join(KEYS), access.passphrase.as_deref())?,
        };
        if key.fingerprint() != config.key {
            let message = "the key in keys/ is not the one this vault was made with; put the right one back";
            return Err(Error::Key(message.into()));
        }
        let store = Store::open(&url(&folder, &config)?).await?;
        Ok(Vault { folder, key, store, kept: Kept::default(), log: Arc::default() })
    }

    /// The vault's directory.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The configuration as it is on the disk.
    pub(crate) fn config(&self) -> Result<Config> {
        read_config(&self.folder)
    }

    /// Whether the vault's key was split: then it is in no backup.
    pub fn is_split(&self) -> bool {
        keys::is_split(&self.keys_folder())
    }

    /// Where the key file is.
    pub(crate) fn keys_folder(&self) -> PathBuf {
        self.folder.join(KEYS)
    }

    /// The key of the queue between those who fetch articles and those who search them.
    pub(crate) fn queue_key(&self) -> zeroize::Zeroizing<[u8; 32]> {
        self.key.queue_key()
    }

    /// The key of a lineage.
    ///
    /// # Errors
    /// When it was destroyed, or its secret cannot be read.
    pub(crate) fn lineage_key(&self, id: LineageId) -> Result<LineageKey> {
        match lineages::load(&self.keys_folder(), id)? {
            Secret::Known(secret) => Ok(self.key.lineage(id, Some(&secret))),
            Secret::None => Ok(self.key.lineage(id, None)),
            Secret::Destroyed(day) => Err(Error::input(format!(
                "the key of this document was destroyed on {day}: its copies can be neither made nor told apart any more"
            ))),
        }
    }

    /// Whether a lineage's key was destroyed.
    pub(crate) fn is_key_destroyed(&self, id: LineageId) -> Result<bool> {
        Ok(matches!(lineages::load(&self.keys_folder(), id)?, Secret::Destroyed(_)))
    }

    /// Splits the vault's key into three shares in a folder; from then on two of them open the vault.
    ///
    /// # Errors
    /// When it is split already, or a share cannot be written: then nothing changed.
    pub fn split_key(&self, out: &Path, ports: &mut Ports) -> Result<[PathBuf; 3]> {
        keys::split(&self.keys_folder(), &self.key, [ports.random(), ports.random()], out)
    }

    /// Puts the vault's key together again.
    ///
    /// # Errors
    /// When it is whole, or cannot be written.
    pub fn join_key(&self, passphrase: Option<&str>) -> Result<()> {
        keys::join(&self.keys_folder(), &self.key, passphrase)
    }

    /// The key that signs the vault's log.
    ///
    /// # Errors
    /// Never in practice: every seed gives a key.
    pub(crate) fn log_key(&self) -> Result<tellmark_evidence::note::SecretKey> {
        crate::log::signer(&self.key.log_seed())
    }

    /// By what the log knows a case.
    pub(crate) fn case_tag(&self, case: &str) -> [u8; 16] {
        self.key.case_tag(case)
    }

    /// The release that a user means by its id, the beginning of it, or its name.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub async fn release(&self, said: &str) -> Result<Release> {
        let mut found = self.store.find_releases(said).await?;
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Error::input(format!("no release is called {said:?}; `tellmark releases` lists them"))),
            _ => {
                let ids: Vec<String> = found.iter().map(|release| release.id.to_string()).collect();
                Err(Error::input(format!("{said:?} may mean any of these releases: {}", ids.join(", "))))
            }
        }
    }

    /// A release's text as its marking knows it.
    pub(crate) async fn prose(&self, release: &Release) -> Result<String> {
        String::from_utf8(self.store.blob(release.prose).await?)
            .map_err(|_| Error::damaged("a release's text is no UTF-8"))
    }

    /// A JSON blob of the ledger.
    pub(crate) async fn json<T: serde::de::DeserializeOwned>(&self, hash: tellmark_core::Hash) -> Result<T> {
        let bytes = self.store.blob(hash).await?;
        serde_json::from_slice(&bytes).map_err(|e| Error::damaged(format!("blob {hash}: {e}")))
    }

    /// The rosters of a release, in the order of its batches.
    pub async fn rosters(&self, release: ReleaseId) -> Result<Vec<Roster>> {
        let mut rosters = Vec::new();
        for batch in self.store.batches(release).await? {
            rosters.push(decode_roster(&self.store.blob(batch.roster).await?)?);
        }
        Ok(rosters)
    }

    /// The columns of sites: each with the nonce of the release in which it first appeared.
    pub(crate) async fn columns(&self, sites: impl Iterator<Item = (SiteId, u8)>) -> Result<Vec<Column>> {
        let mut nonces = std::collections::BTreeMap::new();
        let mut columns = Vec::new();
        for (site, variants) in sites {
            let nonce = match nonces.get(&site.origin) {
                Some(nonce) => *nonce,
                None => {
                    let nonce = self.store.release(site.origin).await?.nonce;
                    nonces.insert(site.origin, nonce);
                    nonce
                }
            };
            columns.push(Column { nonce, ordinal: site.ordinal, variants });
        }
        Ok(columns)
    }
}

/// A codebook over columns, or the defect that they are none.
pub(crate) fn codebook<'a>(key: &LineageKey, columns: &'a [Column]) -> Result<Codebook<'a>> {
    Ok(Codebook::new(key, columns)?)
}

/// The one encoding of a roster: JSON lines, one recipient each, in the roster's order.
///
/// # Errors
/// Never in practice: strings always encode.
pub fn encode_roster(roster: &Roster) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(roster.recipients.len() * 80);
    for recipient in &roster.recipients {
        serde_json::to_writer(&mut out, recipient).map_err(Error::damaged)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// Reads what [`encode_roster`] wrote.
///
/// # Errors
/// When it is damaged.
pub fn decode_roster(bytes: &[u8]) -> Result<Roster> {
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let recipients =
        lines.map(|line| serde_json::from_slice(line).map_err(Error::damaged)).collect::<Result<_>>()?;
    Ok(Roster { recipients })
}

fn read_config(folder: &Path) -> Result<Config> {
    let path = folder.join(CONFIG);
    if !path.exists() {
        let folder = folder.display();
        return Err(Error::input(format!(
            "there is no vault at {folder}; make one with `tellmark init`, or say where it is with --vault or TELLMARK_VAULT"
        )));
    }
    let bytes = files::read_limited(&path, CONFIG_BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::damaged("vault.toml is no text"))?;
    let version = text.lines().find_map(|line| line.strip_prefix("version = "));
    if let Some(newer) = version.and_then(|v| v.trim().parse::<u32>().ok()).filter(|&v| v > VERSION) {
        let message =
            format!("this vault has version {newer}, made by a newer tellmark; this one knows {VERSION}");
        return Err(Error::input(message));
    }
    toml::from_str(&text).map_err(|e| Error::damaged(format!("vault.toml: {}", e.message())))
}

fn url(folder: &Path, config: &Config) -> Result<String> {
    Ok(match &config.database {
        Some(url) => url.clone(),
        None => tellmark_store::sqlite_url(&folder.join(LEDGER))?,
    })
}

#[cfg(unix)]
fn restrict(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .map_err(Error::file("cannot protect", folder))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> Result<()> {
    Ok(())
}
