//! The relay as a whole: what its parts share, beginning, and ending in order.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tellmark_app::mail::{self, People};
use tellmark_app::{Vault, files};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::deliver::{self, Materials};
use crate::figures::Figures;
use crate::listen::{self, Taken};
use crate::policy::Policy;
use crate::queue::Queue;
use crate::upstream::Upstream;
use crate::users::Users;
use crate::{Error, Result, tls};

/// Messages that are sealed at once: while one waits for the disk, another is planned.
const SEALS_MAX: usize = 4;
/// People who sign in at once: a password takes 19 MiB while it is looked at.
pub(crate) const SIGN_INS_MAX: usize = 2;
/// Bytes of the list of people.
const PEOPLE_BYTES_MAX: u64 = 64 << 20;
/// How long sessions may take when the relay ends.
const GRACE: Duration = Duration::from_secs(20);

/// The relay, shared by its parts.
pub struct Relay {
    pub(crate) vault: Vault,
    pub(crate) policy: Policy,
    pub(crate) queue: Queue,
    pub(crate) users: Users,
    pub(crate) people: People,
    pub(crate) upstream: Upstream,
    pub(crate) figures: Figures,
    pub(crate) materials: Materials,
    pub(crate) taken: Taken,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) seals: Arc<Semaphore>,
    pub(crate) sign_ins: Arc<Semaphore>,
    pub(crate) telling: tokio::sync::Mutex<()>,
    end: watch::Sender<bool>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay over an open vault, with its queue in a folder.
    ///
    /// # Errors
    /// When a file that the policy names cannot be used, or another relay works on the queue.
    pub async fn new(vault: Vault, policy: Policy, queue: &Path) -> Result<Arc<Relay>> {
        let server = &policy.server;
        let tls = match (&server.certificate, &server.key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
            _ => None,
        };
        let given = policy.mark.people.as_ref().map(|path| files::read_limited(path, PEOPLE_BYTES_MAX));
        let people = mail::people(&vault, given.transpose()?.as_deref()).await?;
        let relay = Relay {
            queue: Queue::open(queue)?,
            users: Users::read(server.users.as_deref(), server.accounts)?,
            upstream: Upstream::new(&policy.upstream, &server.name)?,
            materials: Materials::new(policy.limits.memory_bytes),
            people,
            tls,
            vault,
            policy,
            figures: Figures::default(),
            taken: Taken::default(),
            seals: Arc::new(Semaphore::new(SEALS_MAX)),
            sign_ins: Arc::new(Semaphore::new(SIGN_INS_MAX)),
            telling: tokio::sync::Mutex::new(()),
            end: watch::channel(false).0,
        };
        Ok(Arc::new(relay))
    }

    pub(crate) fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Ready when the relay ends.
    pub(crate) async fn ended(&self) {
        let mut end = self.end.subscribe();
        let _ = end.wait_for(|ended| *ended).await;
    }

    /// Does something that takes the processor, the ledger or the disk, on a thread of its own; `None` when it broke.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl AsyncFnOnce(&Relay) -> T + Send + 'static,
    ) -> Option<T> {
        let relay = self.clone();
        let handle = Handle::current();
        tokio::task::spawn_blocking(move || handle.block_on(work(&relay))).await.ok()
    }
}

/// Serves until `ended` is ready, or the disk fails under the queue. Then nothing new is taken, and what is under way is finished;
/// what waits goes on after the next start. `bound` is told the addresses once it listens.
///
/// # Errors
/// When an address is taken, or the disk failed.
pub async fn serve(
    relay: Arc<Relay>,
    ended: impl Future<Output = ()>,
    bound: impl FnOnce(&[std::net::SocketAddr]),
) -> Result<()> {
    let mut addresses = Vec::new();
    let server = relay.policy.server.clone();
    let mut listeners = Vec::new();
    let all = server.listen.iter().map(|a| (a, false)).chain(server.listen_tls.iter().map(|a| (a, true)));
    for (address, is_tls) in all {
        let listener = bind(*address, &mut addresses).await?;
        listeners.push((listener, is_tls));
    }
    let figures = match server.figures {
        Some(address) => Some(bind(address, &mut addresses).await?),
        None => None,
    };
    bound(&addresses);
    let mut tasks = Vec::new();
    for (listener, is_tls) in listeners {
        tasks.push(tokio::spawn(listen::listen(relay.clone(), listener, is_tls)));
    }
    if let Some(listener) = figures {
        tasks.push(tokio::spawn(listen::figures(relay.clone(), listener)));
    }
    if relay.queue.in_doubt() > 0 {
        tracing::warn!(
            copies = relay.queue.in_doubt(),
            "may have been handed over before the last end, and are again"
        );
    }
    let (tell, mut told) = tokio::sync::mpsc::channel::<Result<()>>(1);
    let mut workers = Vec::new();
    for _ in 0..relay.policy.upstream.connections {
        let (own, tell) = (relay.clone(), tell.clone());
        let work = async move { deliver::kept_up(&own, deliver::run).await };
        workers.push(tokio::spawn(async move { drop(tell.send(work.await).await) }));
    }
    let own = relay.clone();
    let rounds = async move { deliver::kept_up(&own, |relay, _| deliver::rounds(relay)).await };
    workers.push(tokio::spawn(async move { drop(tell.send(rounds.await).await) }));
    let outcome = tokio::select! {
        () = ended => Ok(()),
        Some(outcome) = told.recv() => outcome,
    };
    relay.queue.end();
    relay.end.send_replace(true);
    for task in tasks {
        let _ = task.await;
    }
    drop(told);
    for worker in workers {
        let _ = tokio::time::timeout(GRACE, worker).await;
    }
    // What was handed over last is entered now, and not after the next start.
    let entered = deliver::enter(&relay).await;
    outcome.and(entered)
}

async fn bind(address: std::net::SocketAddr, bound: &mut Vec<std::net::SocketAddr>) -> Result<TcpListener> {
    let cannot = || Error::io(format!("cannot listen on {address}"));
    let listener = TcpListener::bind(address).await.map_err(cannot())?;
    bound.push(listener.local_addr().map_err(cannot())?);
    Ok(listener)
}

/// A relay over a vault of its own, for tests.
#[cfg(test)]
pub(crate) async fn relay_in(folder: &Path) -> Arc<Relay> {
    let access = tellmark_app::Access { folder: folder.join("vault"), ..Default::default() };
    let mut ports = tellmark_app::Ports::seeded(1, 1_770_000_000);
    let vault = Vault::create(&access, None, &mut ports).await.unwrap();
    let policy = "version = 1\n[server]\nname = \"relay.example\"\nlisten = [\"127.0.0.1:0\"]\n[upstream]\nserver = \"127.0.0.1\"\n\
                  port = 1\ntls = \"none\"\n[mark]\notherwise = \"pass\"\n";
    Relay::new(vault, Policy::read(policy, folder).unwrap(), &folder.join("queue")).await.unwrap()
}
