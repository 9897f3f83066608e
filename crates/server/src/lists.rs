//! Long lists that pages show again and again: made anew when what they are made of has changed.

use std::sync::{Arc, Mutex, PoisonError};

use tellmark_app::copies::{self, ReleaseLine};
use tellmark_app::{Error, Ports, Vault, log, retention};

use crate::failure::Failure;
use crate::state::Server;

/// A list with what tells whether it is still the same.
#[derive(Debug)]
struct Held<S, T>(Mutex<Option<(S, Arc<Vec<T>>)>>);

impl<S, T> Default for Held<S, T> {
    fn default() -> Self {
        Held(Mutex::new(None))
    }
}

impl<S: PartialEq, T> Held<S, T> {
    fn same(&self, state: &S) -> Option<Arc<Vec<T>>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(own, _)| own == state).map(|(_, list)| list.clone())
    }

    fn keep(&self, state: S, list: Vec<T>) -> Arc<Vec<T>> {
        let list = Arc::new(list);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, list.clone()));
        list
    }
}

/// The lists of one server.
#[derive(Debug, Default)]
pub struct Lists {
    /// By how many releases and batches there are: both only grow.
    releases: Held<(u64, u64), ReleaseLine>,
    /// By the log's size, the releases, and the day.
    kept: Held<(u64, u64, i64), retention::Line>,
}

impl Lists {
    /// All releases, the oldest first.
    pub async fn releases(&self, vault: &Vault) -> Result<Arc<Vec<ReleaseLine>>, Error> {
        let state = vault.store.sizes().await?;
        match self.releases.same(&state) {
            Some(list) => Ok(list),
            None => Ok(self.releases.keep(state, copies::releases(vault).await?)),
        }
    }

    /// All documents with until when their copies can be told apart.
    pub async fn kept(&self, vault: &Vault) -> Result<Arc<Vec<retention::Line>>, Error> {
        let (loaded, now) = (log::shown(vault)?, Ports::system()?.now);
        let size = loaded.as_ref().map_or(0, |state| state.head.size);
        let state = (size, vault.store.sizes().await?.0, now / 86_400);
        match self.kept.same(&state) {
            Some(list) => Ok(list),
            None => Ok(self.kept.keep(state, retention::list_in(vault, loaded.as_deref(), now).await?)),
        }
    }
}

impl Server {
    /// All releases, the oldest first.
    pub(crate) async fn releases(self: &Arc<Self>) -> Result<Arc<Vec<ReleaseLine>>, Failure> {
        let own = self.clone();
        self.work(async move |vault| own.lists.releases(vault).await).await
    }
}
