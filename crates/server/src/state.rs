//! What all requests share: the vault, the settings, and bounds on work at once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tellmark_app::desk;
use tellmark_app::limiter::{Limiter, WINDOW_SECONDS};
use tellmark_app::{Ports, Release, Vault};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use url::Url;

use crate::Error;
use crate::failure::Failure;
use crate::following::Following;
use crate::frame::Files;
use crate::jobs::Jobs;
use crate::lists::Lists;
use crate::metrics::Metrics;
use crate::oidc::Provider;

/// Short work at once: reading lists and single records.
const LIGHT_MAX: usize = 16;
/// Long work at once: planning, tracing, proving. Sealing has a place of its own.
const HEAVY_MAX: usize = 2;
/// Passwords that are hashed at once: 19 MiB each.
const PASSWORDS_MAX: usize = 2;
/// Pictures of pages drawn at once. Recipients ask for ten of them with each page, and nobody else waits for those.
const PICTURES_MAX: usize = 2;
/// Questions to the office's own sign-in, and codes that are sent, at once.
const AWAY_MAX: usize = 8;

/// What the server is told when it starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How people reach it, where a proxy stands before it: `https://tell.example`.
    pub url: Option<Url>,
    /// Whether every connection comes through a proxy that ends TLS and says whose it is (`X-Forwarded-For`).
    pub behind_proxy: bool,
    /// Where sealed copies are kept.
    pub copies: PathBuf,
    /// The token with which figures may be read from elsewhere.
    pub metrics_token: Option<String>,
    /// The office's own sign-in.
    pub provider: Option<Provider>,
    /// Whether sources are read here.
    pub follows: bool,
}

impl Settings {
    /// Settings for a vault in a folder, listening on this machine.
    pub fn new(listen: SocketAddr, vault: &std::path::Path) -> Settings {
        Settings {
            listen,
            url: None,
            behind_proxy: false,
            copies: desk::copies_beside(vault),
            metrics_token: None,
            provider: None,
            follows: true,
        }
    }

    /// Refuses what would put passwords and documents on a network in the clear.
    ///
    /// # Errors
    /// When it listens to other machines without a proxy, or the public address is no https one.
    pub fn check(&self) -> Result<(), Error> {
        let is_https = self.url.as_ref().is_some_and(|url| url.scheme() == "https");
        let is_guarded = self.behind_proxy && is_https;
        if !self.listen.ip().is_loopback() && !is_guarded {
            return Err(Error::Refused(format!(
                "{} can be reached by other machines, and this server speaks no TLS: passwords and documents would cross the \
                 network in the clear. Listen on 127.0.0.1, or put a proxy that ends TLS before it and say so: --behind-proxy \
                 --url https://NAME",
                self.listen
            )));
        }
        match &self.url {
            Some(url) if self.behind_proxy && !is_https => {
                Err(Error::Refused(format!("behind a proxy people reach this server by https; {url} is not")))
            }
            Some(url) if url.host_str().is_none() || url.path() != "/" || url.query().is_some() => {
                Err(Error::Refused(format!(
                    "{url} is no address of a server alone; write it as https://tell.example"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Whether browsers reach it by https.
    pub fn is_https(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// The address that links begin with, without a slash at the end.
    pub fn base(&self) -> String {
        match &self.url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether a request's `Host` names this server. A page of another name that was made to resolve to this machine must not
    /// be answered.
    pub fn is_own_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if let Some(url) = &self.url {
            let name = url.host_str().unwrap_or_default();
            let own = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
            if host == own {
                return true;
            }
        }
        if !self.listen.ip().is_loopback() {
            return false;
        }
        // Browsers leave the usual port away.
        let port = self.listen.port();
        let host = if port == 80 && !host.ends_with(":80") { format!("{host}:80") } else { host };
        let names = ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}"));
        names.contains(&host) || host == self.listen.to_string()
    }
}

/// The server's state, shared by all requests.
pub struct Server {
    /// The vault.
    pub vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) jobs: Jobs,
    pub(crate) following: Following,
    pub(crate) limiter: Limiter,
    pub(crate) metrics: Metrics,
    pub(crate) files: Files,
    pub(crate) lists: Lists,
    /// Questions to the office's own sign-in, and codes that are sent.
    pub(crate) away: Arc<Semaphore>,
    /// The one who asks whether the ledger answers: where it does not, others do not take places that are for work.
    asking: Arc<Semaphore>,
    light: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    passwords: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Server {
    /// Counts one more try at `what` by `whom`, and refuses more than so many in a quarter of an hour.
    pub(crate) fn count(&self, what: &'static str, whom: &str, tries_max: u32) -> Result<(), Failure> {
        self.limiter.count(what, whom, tries_max, WINDOW_SECONDS, now()).map_err(Failure::too_often)
    }

    /// A server over an open vault.
    ///
    /// # Errors
    /// When the settings would be unsafe.
    pub fn new(vault: Vault, settings: Settings) -> Result<Arc<Server>, Error> {
        settings.check()?;
        Ok(Arc::new(Server {
            vault,
            settings,
            jobs: Jobs::new(&mut Ports::system()?),
            following: Following::default(),
            limiter: Limiter::default(),
            metrics: Metrics::default(),
            files: Files::new(),
            lists: Lists::default(),
            away: Arc::new(Semaphore::new(AWAY_MAX)),
            asking: Arc::new(Semaphore::new(1)),
            light: Arc::new(Semaphore::new(LIGHT_MAX)),
            heavy: Arc::new(Semaphore::new(HEAVY_MAX)),
            passwords: Arc::new(Semaphore::new(PASSWORDS_MAX)),
            pictures: Arc::new(Semaphore::new(PICTURES_MAX)),
        }))
    }

    /// Does short work with the vault, away from the threads that answer.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl AsyncFnOnce(&Vault) -> Result<T, tellmark_app::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.work_within(self.light.clone(), act).await
    }

    /// Asks the ledger something for whoever watches over the server, one at a time.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl AsyncFnOnce(&Vault) -> Result<T, tellmark_app::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.work_within(self.asking.clone(), act).await
    }

    /// Does long work with the vault; little of it at once.
    pub(crate) async fn labour<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl AsyncFnOnce(&Vault) -> Result<T, tellmark_app::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.work_within(self.heavy.clone(), act).await
    }

    /// Hashes a password, which takes memory; few at once, and none waits for long work.
    pub(crate) async fn hash_password<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl AsyncFnOnce(&Vault) -> Result<T, tellmark_app::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.work_within(self.passwords.clone(), act).await
    }

    /// Does what waits for other servers; some of it at once.
    pub(crate) async fn ask_others<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl AsyncFnOnce(&Vault) -> Result<T, tellmark_app::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.work_within(self.away.clone(), act).await
    }

    /// Draws pictures of pages; few at once.
    pub(crate) async fn draw<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl AsyncFnOnce(&Vault) -> Result<T, tellmark_app::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.work_within(self.pictures.clone(), act).await
    }

    async fn work_within<T: Send + 'static>(
        self: &Arc<Self>,
        bound: Arc<Semaphore>,
        act: impl AsyncFnOnce(&Vault) -> Result<T, tellmark_app::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = bound.acquire_owned().await.map_err(|_| Failure::ending())?;
        let (server, handle) = (self.clone(), Handle::current());
        let done = tokio::task::spawn_blocking(move || {
            let done = handle.block_on(act(&server.vault));
            drop(permit);
            done
        });
        match done.await {
            Ok(done) => done.map_err(Failure::from),
            Err(_) => Err(Failure::broken("a thread that worked on it ended")),
        }
    }

    /// Records what somebody did with a copy, as [`about_a_copy`] takes it apart again.
    pub(crate) async fn note_copy(
        self: &Arc<Self>,
        account: u32,
        what: CopyAct,
        (copy, release): (impl std::fmt::Display, &str),
    ) {
        self.note(account, what.said(), format!("copy {copy} of {release}")).await;
    }

    /// Records what somebody did. It was done: that it cannot be noted is told in the log.
    pub(crate) async fn note(self: &Arc<Self>, account: u32, what: &'static str, about: String) {
        let noted = self
            .work(async move |vault| {
                let at = Ports::system()?.now;
                Ok(vault.store.record_act(account, what, &about, at).await?)
            })
            .await;
        if noted.is_err() {
            tracing::error!(account, what, "an act could not be noted");
        }
    }
}

/// What people do with one copy. What was done names the copy, whose id is its holder's address where a message was marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CopyAct {
    EndedLink,
    Held,
    Withdrew,
    Received,
    Took,
    TookMail,
}

impl CopyAct {
    const ALL: [CopyAct; 6] = [
        CopyAct::EndedLink,
        CopyAct::Held,
        CopyAct::Withdrew,
        CopyAct::Received,
        CopyAct::Took,
        CopyAct::TookMail,
    ];

    fn said(self) -> &'static str {
        match self {
            CopyAct::EndedLink => "ended a link",
            CopyAct::Held => "recorded a holder",
            CopyAct::Withdrew => "withdrew",
            CopyAct::Received => "recorded a receipt",
            CopyAct::Took => "took a copy",
            CopyAct::TookMail => "took a draft of mail",
        }
    }
}

/// What an act was about, for somebody who may not see who holds which copy.
pub(crate) fn about_a_copy<'a>(what: &str, about: &'a str) -> std::borrow::Cow<'a, str> {
    if !CopyAct::ALL.iter().any(|act| act.said() == what) {
        return about.into();
    }
    // An id has no blank.
    let release = about.strip_prefix("copy ").and_then(|about| about.split_once(" of "));
    release.map_or_else(|| "a copy".to_owned(), |(_, release)| format!("a copy of {release}")).into()
}

/// The release that an address names. One that names none is no address.
pub(crate) async fn release_of(vault: &Vault, said: &str) -> Result<Release, tellmark_app::Error> {
    let mut found = vault.store.find_releases(said).await?;
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(tellmark_app::StoreError::Missing { what: "such release".into() }.into()),
        (Some(release), true) => Ok(release),
        // It says which they are.
        _ => vault.release(said).await,
    }
}

/// Seconds since 1970, UTC.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(listen: &str, url: Option<&str>, behind_proxy: bool) -> Settings {
        let url = url.map(|url| url.parse().unwrap());
        Settings { url, behind_proxy, ..Settings::new(listen.parse().unwrap(), "vault".as_ref()) }
    }

    #[test]
    fn acts_are_told_without_the_copy() {
        for (what, about, told) in [
            ("took a copy", "copy ada_n.example of 0011", "a copy of 0011"),
            ("withdrew", "copy r1 of the file of May", "a copy of the file of May"),
            ("withdrew", "something else", "a copy"),
            ("laid on the desk", "copy of minutes.docx", "copy of minutes.docx"),
        ] {
            assert_eq!(about_a_copy(what, about), told);
        }
    }

    #[test]
    fn nothing_is_served_in_the_clear_to_other_machines() {
        for (listen, url, proxy, is_fine) in [
            ("127.0.0.1:8080", None, false, true),
            ("[::1]:8080", None, false, true),
            ("0.0.0.0:8080", None, false, false),
            ("0.0.0.0:8080", None, true, false),
            ("0.0.0.0:8080", Some("http://tell.example"), true, false),
            ("0.0.0.0:8080", Some("https://tell.example"), false, false),
            ("0.0.0.0:8080", Some("https://tell.example"), true, true),
            ("127.0.0.1:8080", Some("https://tell.example/x"), true, false),
            ("127.0.0.1:8080", Some("http://tell.example"), true, false),
        ] {
            assert_eq!(settings(listen, url, proxy).check().is_ok(), is_fine, "{listen} {url:?} {proxy}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pages_do_not_wait_for_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let access = tellmark_app::Access { folder: folder.path().join("vault"), ..Default::default() };
        let vault = Vault::create(&access, None, &mut Ports::system().unwrap()).await.unwrap();
        let server = Server::new(vault, settings("127.0.0.1:8080", None, false)).unwrap();
        let gate = Arc::new(Semaphore::new(0));
        let drawn: Vec<_> = (0..3 * LIGHT_MAX)
            .map(|_| {
                let (server, gate) = (server.clone(), gate.clone());
                tokio::spawn(async move {
                    server.draw(async move |_| Ok(gate.acquire().await.is_ok())).await.is_ok_and(|done| done)
                })
            })
            .collect();
        while server.pictures.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(server.work(async |vault| Ok(vault.store.releases().await?.len())).await.is_ok());
        assert!(server.labour(async |vault| Ok(vault.store.drafts().await?.len())).await.is_ok());
        assert!(drawn.iter().all(|one| !one.is_finished()));
        gate.add_permits(1);
        for one in drawn {
            assert!(one.await.unwrap(), "and each has its turn");
        }
    }

    #[test]
    fn other_names_are_no_host_of_this_server() {
        let local = settings("127.0.0.1:8080", None, false);
        for own in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"] {
            assert!(local.is_own_host(own), "{own}");
        }
        for other in ["evil.example:8080", "127.0.0.1:8081", "localhost", "", "localhost:8080.evil.example"] {
            assert!(!local.is_own_host(other), "{other}");
        }
        let public = settings("0.0.0.0:8080", Some("https://tell.example"), true);
        assert!(public.is_own_host("tell.example") && !public.is_own_host("localhost:8080"));
        assert_eq!(public.base(), "https://tell.example");
    }
}
