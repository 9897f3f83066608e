//! Listening, and ending in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tellmark_app::{Ports, people};
use tokio::net::TcpListener;

use crate::roles::Role;
use crate::state::Server;
use crate::{Error, jobs, router};

/// How long answers under way may take when the server ends.
const GRACE: Duration = Duration::from_secs(20);

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

/// Serves until `ended` is ready. Then nothing new is taken, what is under way is finished, and a sealing stops between two
/// copies; it goes on after the next start.
///
/// # Errors
/// When listening fails.
pub async fn serve(
    server: Arc<Server>,
    listener: TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let sealing = tokio::spawn(jobs::run(server.clone()));
    let service = router(&server).into_make_service_with_connect_info::<SocketAddr>();
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let ending = server.clone();
    let graceful = axum::serve(listener, service).with_graceful_shutdown(async move {
        ended.await;
        ending.jobs.end();
        drop(tell);
    });
    let served = tokio::select! {
        served = graceful => served,
        // A browser that follows a progress would hold the server up for ever.
        () = async { _ = told.await; tokio::time::sleep(GRACE).await } => Ok(()),
    };
    server.jobs.end();
    _ = sealing.await;
    served.map_err(|source| Error::Io { what: "listening ended".into(), source })
}
