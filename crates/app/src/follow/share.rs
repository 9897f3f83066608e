//! Sharing the work: several programs follow one vault, and each source is read by one of them at a time.

use std::convert::Infallible;
use std::fs::{File, TryLockError};
use std::time::Duration;

use tellmark_core::Hash;
use tellmark_store::{Backend, Followed, HOLD_ALERTS, SourceState, Store};

use crate::{Error, Result, Vault, ports};

/// How long what nobody keeps up is left alone, in seconds. Longer than the index of a large vault takes to be made.
const LEASE_SECONDS: i64 = 60;
/// How often what is held is kept up.
const BEAT: Duration = Duration::from_secs(10);

/// One of the programs that follow a vault, as the others know it.
pub(super) struct Holder {
    store: Store,
    name: String,
    /// Says to other programs on this machine that somebody is here.
    _lock: File,
}

impl Holder {
    /// Joins those that follow a vault.
    pub async fn new(vault: &Vault) -> Result<Holder> {
        let lock = lock(vault).await?;
        let name = Hash::of(&ports::salt()?).to_string();
        Ok(Holder { store: vault.store.clone(), name, _lock: lock })
    }

    /// Keeps up what is held, for ever. A ledger that fails for a moment is no loss: the next beat comes before the lease ends.
    pub async fn keep(&self, clock: &dyn Fn() -> i64) -> Infallible {
        loop {
            tokio::time::sleep(BEAT).await;
            _ = self.store.keep_holds(&self.name, clock()).await;
        }
    }

    /// Lets go of everything, so that nobody waits for it. Where that fails the others wait until the lease is over.
    pub async fn leave(self) {
        _ = self.store.let_go(None, &self.name).await;
    }

    /// Claims a source: this one, or one that is due.
    pub async fn claim(&self, number: Option<u32>, now: i64) -> Result<Option<Followed>> {
        Ok(self.store.claim_source(number, &self.name, now, now.saturating_sub(LEASE_SECONDS)).await?)
    }

    /// Notes how reading a source went, unless another has it by now, who will note that.
    pub async fn settle(&self, number: u32, state: &SourceState) -> Result<()> {
        self.store.settle_source(number, state, &self.name).await?;
        Ok(())
    }

    /// Begins to tell of sightings: whether nobody else does at the moment.
    pub async fn begin_telling(&self, now: i64) -> Result<bool> {
        Ok(self.store.hold(HOLD_ALERTS, &self.name, now, now.saturating_sub(LEASE_SECONDS)).await?)
    }

    /// Ends telling of sightings.
    pub async fn end_telling(&self) -> Result<()> {
        Ok(self.store.let_go(Some(HOLD_ALERTS), &self.name).await?)
    }
}

/// Takes a place beside all others that follow this vault on this machine. On a ledger of this machine's, whoever finds itself
/// alone knows that nobody holds anything: a program that was killed keeps nothing from being read.
async fn lock(vault: &Vault) -> Result<File> {
    let path = vault.folder().join("follow.lock");
    let failed = Error::file("cannot lock", &path);
    let file =
        File::options().create(true).append(true).open(&path).map_err(Error::file("cannot make", &path))?;
    match file.try_lock() {
        Ok(()) => {
            if vault.store.backend() == Backend::Sqlite {
                vault.store.forget_holds().await?;
            }
            file.unlock().map_err(Error::file("cannot unlock", &path))?;
        }
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.lock_shared().map_err(failed)?;
    Ok(file)
}
