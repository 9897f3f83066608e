//! Mailboxes on servers (IMAP over TLS). They are opened for reading only, and nothing in them changes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_imap::Session;
use async_imap::types::Fetch;
use futures_util::TryStreamExt;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

use crate::article::key;
use crate::limits::FILE_BYTES_MAX;
use crate::never::percent_decoded;
use crate::poll::Poll;
use crate::{Error, Result, mail};

/// Time for one step of the conversation.
const STEP_TIME_MAX: Duration = Duration::from_secs(60);
/// The port of IMAP over TLS.
const PORT: u16 = 993;

type Conversation = Session<TlsStream<TcpStream>>;

/// Reads the messages of a mailbox that are wanted, the newest first. The conversation stands still while a message is
/// handed on: whoever takes it may wait, which nobody may inside of a runtime.
pub(crate) fn poll(poll: &mut Poll<'_>, url: &Url, password: Option<&str>) -> Result<()> {
    let why = "its password is not in follow.toml; add it under [passwords]";
    let password = password.ok_or_else(|| Error::io(url.as_str(), why))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::io(url.as_str(), error))?;
    let (mut session, validity, numbers) = runtime.block_on(open(poll, url, password))?;
    for number in numbers {
        if poll.is_over() {
            break;
        }
        let own = key(&["imap", &validity, &number.to_string()]);
        if !poll.wants(own) {
            continue;
        }
        let message = format!("{url};UID={number}");
        match runtime.block_on(fetch(&mut session, url, number))? {
            Some(bytes) => match mail::read(&message, own, &bytes, poll.web.never()) {
                Ok(articles) => articles.into_iter().for_each(|article| poll.give(article)),
                Err(error) => poll.miss(&error),
            },
            None => poll.miss(&Error::limit(message, format!("{} MiB, or is gone", FILE_BYTES_MAX >> 20))),
        }
    }
    // Whatever the server says to a good-bye changes nothing.
    let _ = runtime.block_on(step(url, session.logout()));
    Ok(())
}

/// Opens the mailbox: its validity, and the numbers of its messages, the newest first.
async fn open(poll: &Poll<'_>, url: &Url, password: &str) -> Result<(Conversation, String, Vec<u32>)> {
    let mut session = log_in(poll, url, password).await?;
    let name = percent_decoded(url.path().trim_start_matches('/'));
    if !name.is_ascii() {
        return Err(Error::malformed(
            url.as_str(),
            "a mailbox's name in other scripts is not understood yet",
        ));
    }
    let mailbox = step(url, session.examine(&name)).await?;
    // Another validity says that the numbers count anew.
    let validity = mailbox.uid_validity.unwrap_or_default().to_string();
    let mut numbers: Vec<u32> = step(url, session.uid_search("ALL")).await?.into_iter().collect();
    numbers.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
    Ok((session, validity, numbers))
}

/// A message, unless it is too large or gone.
async fn fetch(session: &mut Conversation, url: &Url, number: u32) -> Result<Option<Vec<u8>>> {
    let sizes = fetched(session, url, number, "RFC822.SIZE").await?;
    let size = sizes.iter().find_map(|one| one.size);
    if size.is_none_or(|size| size as usize > FILE_BYTES_MAX) {
        return Ok(None);
    }
    // PEEK leaves the message unread.
    let bodies = fetched(session, url, number, "BODY.PEEK[]").await?;
    Ok(bodies.iter().find_map(Fetch::body).map(<[u8]>::to_vec))
}

async fn fetched(session: &mut Conversation, url: &Url, number: u32, what: &str) -> Result<Vec<Fetch>> {
    let all = async { session.uid_fetch(number.to_string(), what).await?.try_collect().await };
    step(url, all).await
}

async fn log_in(poll: &Poll<'_>, url: &Url, password: &str) -> Result<Conversation> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let addresses = poll.web.addresses(&host, url.port().unwrap_or(PORT))?;
    let stream = step(url, TcpStream::connect(addresses.as_slice())).await?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::io(url.as_str(), error))?
        .with_root_certificates(poll.web.trust().roots())
        .with_no_client_auth();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
    let name = name.map_err(|error| Error::malformed(url.as_str(), error))?;
    let stream = step(url, TlsConnector::from(Arc::new(config)).connect(name, stream)).await?;
    let mut client = async_imap::Client::new(stream);
    if step(url, client.read_response()).await?.is_none() {
        return Err(Error::io(url.as_str(), "the server said nothing"));
    }
    let user = percent_decoded(url.username());
    step(url, async { client.login(user, password).await.map_err(|(error, _)| error) }).await
}

/// One step, within its time.
async fn step<T, E: std::fmt::Display>(
    url: &Url,
    step: impl Future<Output = std::result::Result<T, E>>,
) -> Result<T> {
    match tokio::time::timeout(STEP_TIME_MAX, step).await {
        Ok(outcome) => outcome.map_err(|error| Error::io(url.as_str(), error)),
        Err(_) => Err(Error::io(url.as_str(), "the answer took too long")),
    }
}
