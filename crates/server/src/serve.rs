//! Listening, and ending in order.

use std::net::SocketAddr;
use std::sync::Arc;

use tellmark_app::{Ports, people};
use tokio::net::TcpListener;

use crate::roles::Role;
use crate::state::Server;
use crate::{Error, following, jobs, listen, router};

/// Begins to listen where the settings say.
///
/// # Errors
/// When the address is taken or cannot be used.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, Error> {
    let failed = |source| Error::Io { what: format!("cannot listen on {listen}"), source };
    TcpListener::bind(listen).await.map_err(failed)
}

/// The link by which the first owner comes in, where nobody has an account yet. Each call makes another; all work once.
///
/// # Errors
/// When the ledger fails.
pub async fn first_link(server: &Arc<Server>) -> Result<Option<String>, Error> {
    let store = &server.vault.store;
    if !store.accounts().await.map_err(tellmark_app::Error::from)?.is_empty() {
        return Ok(None);
    }
    let secret = people::invite(&server.vault, Role::Owner.name(), 0, 0, &mut Ports::system()?).await?;
    Ok(Some(format!("{}/invite/{secret}", server.settings.base())))
}

/// Serves until `ended` is ready, and follows sources meanwhile. Then nothing new is taken, what is under way is finished, and a
/// sealing stops between two copies; it goes on after the next start.
///
/// Connections that send nothing for half a minute are closed, and at most 2,000 are open at once.
pub async fn serve(
    server: Arc<Server>,
    listener: TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) {
    let sealing = tokio::spawn(jobs::run(server.clone()));
    let (end, ends) = tokio::sync::watch::channel(false);
    let following = server.settings.follows.then(|| tokio::spawn(following::run(server.clone(), ends)));
    let ending = server.clone();
    let ended = async move {
        ended.await;
        ending.jobs.end();
        end.send_replace(true);
    };
    listen::listen(listener, router(&server), listen::Limits::default(), ended).await;
    _ = sealing.await;
    if let Some(following) = following {
        _ = following.await;
    }
}
