//! The queue between those who fetch articles and those who search them: a stream of NATS JetStream, one for each ledger.
//!
//! Nothing is decided by what is in it. An article counts as read when it is recorded in the ledger, once, and is taken from the
//! stream after that; what is handed over twice is recorded once. Every message is authenticated with a key of the vault's
//! (BLAKE3, keyed): whoever can write to the stream cannot make an article.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::object_store::{self, ObjectStore};
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions};
use tellmark_core::Hash;
use tellmark_evidence::encode::to_hex;
use tokio::io::AsyncReadExt as _;
use url::Url;

use super::Settings;
use super::frames::{Frames, Handed};
use super::search::Readable;
use crate::{Error, Result, Vault, ports};

/// Bytes that the stream may have, and its large articles; what is full takes nothing new, and the sources are read again later.
const BYTES_MAX: i64 = 1 << 30;
/// How long a large article may wait: what the server keeps of those that were searched has an end, too.
const LARGE_TIME_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the server remembers what it was handed, so that it takes it once.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How long a worker may take for an article before another gets it, too.
const WORK_TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes of a message beside its content.
const ROOM: usize = 4 << 10;
/// Bytes of an article with its text.
const ARTICLE_BYTES_MAX: usize = 160 << 20;
/// How long an article that was given back waits.
const GIVEN_BACK: Duration = Duration::from_secs(1);
/// How long the server may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);
/// The header that names an object which holds the message.
const OBJECT: &str = "Tellmark-Object";

/// Where the queue is.
#[derive(Clone)]
pub struct Queue {
    url: Url,
    credentials: Option<PathBuf>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("server", &self.place()).finish_non_exhaustive()
    }
}

impl Queue {
    /// A queue at a NATS server: `nats://127.0.0.1:4222`, `tls://user:password@nats.example:4222`; `credentials` is a file as
    /// `nsc` writes it.
    ///
    /// # Errors
    /// When the address is none, or would send articles over a network in the clear.
    ///
    /// # Example
    /// ```
    /// use tellmark_app::follow::Queue;
    /// assert!(Queue::new("tls://nats.example:4222", None).is_ok());
    /// assert!(Queue::new("nats://127.0.0.1", None).is_ok());
    /// assert!(Queue::new("nats://nats.example", None).is_err());
    /// ```
    pub fn new(url: &str, credentials: Option<PathBuf>) -> Result<Queue> {
        let wrong = || {
            Error::input(
                "this is no address of a NATS server; write it as tls://nats.example:4222, or nats://127.0.0.1:4222 on this machine",
            )
        };
        // Only of addresses with such a scheme the hosts are understood as hosts.
        let url: Url = url.trim().parse().map_err(|_| wrong())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let is_here = format!("http://{host}/").parse().is_ok_and(|url: Url| crate::is_this_machine(&url));
        let is_alone = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        match url.scheme() {
            "tls" | "nats" if !is_alone => Err(wrong()),
            "tls" => Ok(Queue { url, credentials }),
            "nats" if is_here => Ok(Queue { url, credentials }),
            "nats" => Err(Error::input(format!(
                "articles would cross the network to {host} in the clear; write tls://, and let the server speak TLS"
            ))),
            _ => Err(wrong()),
        }
    }

    /// The server, without name and password.
    fn place(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        format!("{}://{host}:{}", self.url.scheme(), self.url.port().unwrap_or(4222))
    }

    async fn connect(&self, settings: &Settings, vault: &Vault) -> Result<Client> {
        let failed = |why: String| Error::input(format!("the queue at {}: {why}", self.place()));
        let mut options = ConnectOptions::new()
            .name("tellmark")
            .connection_timeout(ANSWER_TIME_MAX)
            .request_timeout(Some(ANSWER_TIME_MAX))
            .require_tls(self.url.scheme() == "tls");
        if let Some(file) = settings.ca(vault.folder()) {
            options = options.add_root_certificates(file);
        }
        if let Some(file) = &self.credentials {
            options = options
                .credentials_file(file)
                .await
                .map_err(|error| failed(format!("{}: {error}", file.display())))?;
        }
        let part = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .map(String::from)
                .map_err(|_| failed("its name or password is no UTF-8".into()))
        };
        options = match (self.url.username(), self.url.password()) {
            ("", None) => options,
            (token, None) => options.token(part(token)?),
            (user, Some(password)) => options.user_and_password(part(user)?, part(password)?),
        };
        options.connect(self.place()).await.map_err(|error| {
            let why = error.to_string();
            let hint = match () {
                () if why.contains("UnknownIssuer") => {
                    "; where its authority is your own, name its certificate in follow.toml: ca = \"ca.pem\""
                }
                () if why.contains("InvalidContentType") => "; it seems to speak no TLS",
                () if why.contains("authorization") => "; look at the name, password, token or credentials",
                () => "",
            };
            failed(format!("{why}{hint}"))
        })
    }
}

/// The queue of a vault.
pub(super) struct Stream {
    place: String,
    name: String,
    context: Context,
    stream: stream::Stream,
    large: ObjectStore,
    frames: Frames,
    payload_max: usize,
    /// What was handed over and may not be recorded yet, by source.
    sent: HashMap<u32, HashSet<Hash>>,
}

/// A message that was taken from the queue.
pub(super) struct Taken {
    message: jetstream::Message,
    /// How often it was handed out, this time included.
    pub times: u64,
}

/// Why an article was not taken.
pub(super) struct Untaken {
    pub why: String,
    /// Whether nothing is taken at the moment, and not only this.
    pub is_all: bool,
}

/// Why nothing was handed over.
pub(super) enum Unreadable {
    /// The server could not be asked; it comes again.
    Later(String),
    /// It never will be.
    Never(String),
}

impl Stream {
    /// Connects to the queue of a vault; one that is not there yet is made.
    ///
    /// # Errors
    /// When the server cannot be reached, or has no JetStream with room for it.
    pub async fn connect(queue: &Queue, vault: &Vault, settings: &Settings) -> Result<Stream> {
        let name = format!("tellmark-{}", to_hex(&ports::salt()?[..8]));
        let name = vault.store.queue_name(&name).await?;
        let client = queue.connect(settings, vault).await?;
        let payload_max = client.server_info().max_payload.saturating_sub(ROOM);
        let mut context = jetstream::new(client);
        context.set_timeout(ANSWER_TIME_MAX);
        let place = queue.place();
        let (stream, large) = made(&context, &name, &place).await?;
        let frames = Frames::new(vault.queue_key());
        Ok(Stream { place, name, context, stream, large, frames, payload_max, sent: HashMap::new() })
    }

    /// Makes it anew where somebody deleted it.
    ///
    /// # Errors
    /// As [`Stream::connect`].
    pub async fn make(&mut self) -> Result<()> {
        (self.stream, self.large) = made(&self.context, &self.name, &self.place).await?;
        Ok(())
    }

    /// Adds to what is known of a source what was handed over and is not recorded yet.
    pub fn add_sent(&mut self, source: u32, seen: &mut HashSet<Hash>) {
        let Some(sent) = self.sent.get_mut(&source) else { return };
        sent.retain(|key| !seen.contains(key));
        seen.extend(sent.iter().copied());
    }

    /// Hands an article over: whether the server did not have it already. When it returns, the server has it (and on disk as soon as
    /// its settings say).
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn publish(
        &mut self,
        (source, followed): (u32, &str),
        readable: Readable,
        fetched_at: i64,
    ) -> std::result::Result<bool, Untaken> {
        let key = readable.article.key;
        let frame = self.frames.write((source, followed), readable, fetched_at);
        let id = format!("{source}-{key}");
        let all = |why: String| Untaken { why, is_all: true };
        let taken = match self.hand(&id, &frame).await {
            Err(Untaken { is_all: false, why }) if self.stream.get_info().await.is_err() => {
                self.make().await.map_err(|error| all(format!("{why}; {error}")))?;
                self.hand(&id, &frame).await
            }
            taken => taken,
        }?;
        self.sent.entry(source).or_default().insert(key);
        Ok(!taken.duplicate)
    }

    async fn hand(&self, id: &str, frame: &[u8]) -> std::result::Result<PublishAck, Untaken> {
        let message = match frame.len() <= self.payload_max {
            true => PublishMessage::build().payload(frame.to_vec().into()),
            false => {
                let put = self.large.put(id, &mut &*frame).await;
                put.map_err(|error| Untaken { why: self.said(&error), is_all: false })?;
                PublishMessage::build().header(OBJECT, id)
            }
        };
        let published = self.context.send_publish(self.name.clone(), message.message_id(id)).await;
        let taken = match published {
            Ok(taken) => taken.await,
            Err(error) => Err(error),
        };
        taken.map_err(|error| Untaken {
            why: self.said(&error),
            is_all: matches!(error.kind(), PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe),
        })
    }

    fn said(&self, why: &dyn std::fmt::Display) -> String {
        format!("{} did not take it: {why}", self.place)
    }

    /// Those who take from it, all together.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn takers(&self) -> Result<PullConsumer> {
        let config = pull::Config {
            durable_name: Some("workers".into()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: WORK_TIME_MAX,
            max_deliver: -1,
            // One worker has one at a time.
            max_ack_pending: -1,
            ..pull::Config::default()
        };
        let made = self.stream.get_or_create_consumer("workers", config).await;
        made.map_err(|error| Error::input(format!("the queue at {} cannot be used: {error}", self.place)))
    }

    /// How many articles wait, and how many are being searched.
    ///
    /// # Errors
    /// Why that is not known, in words.
    pub async fn waiting(&self, takers: &mut PullConsumer) -> std::result::Result<u64, String> {
        let info = takers.info().await.map_err(|error| self.said(&error))?;
        Ok(info.num_pending + info.num_ack_pending as u64)
    }

    /// What a message hands over.
    pub async fn open(&self, taken: &Taken) -> std::result::Result<Handed, Unreadable> {
        let Some(id) = taken.object() else {
            return self.frames.read(&taken.message.payload).map_err(Unreadable::Never);
        };
        use object_store::GetErrorKind;
        let mut object = self.large.get(id).await.map_err(|error| match error.kind() {
            GetErrorKind::NotFound => Unreadable::Never("its content is not there any more".into()),
            GetErrorKind::InvalidName | GetErrorKind::BucketLink => {
                Unreadable::Never("it names no article".into())
            }
            _ => Unreadable::Later(format!("{} did not answer: {error}", self.place)),
        })?;
        if object.info().size > ARTICLE_BYTES_MAX {
            return Err(Unreadable::Never("it is larger than any article".into()));
        }
        let mut frame = Vec::with_capacity(object.info().size);
        let read = object.read_to_end(&mut frame).await;
        read.map_err(|error| Unreadable::Later(error.to_string()))?;
        self.frames.read(&frame).map_err(Unreadable::Never)
    }

    /// Takes a message from the queue for good: it was recorded, or can never be read. Where the server does not hear it, it
    /// comes again, and is found recorded.
    pub async fn settle(&self, taken: &Taken) {
        if taken.message.double_ack().await.is_ok()
            && let Some(id) = taken.object()
        {
            _ = self.large.delete(id).await;
        }
    }
}

impl Taken {
    /// A message as the server hands it out.
    pub fn new(message: jetstream::Message) -> Taken {
        let times = message.info().map_or(1, |info| info.delivered.max(1).unsigned_abs());
        Taken { message, times }
    }

    /// Gives it back, to be taken again soon.
    pub async fn give_back(&self) {
        _ = self.message.ack_with(jetstream::AckKind::Nak(Some(GIVEN_BACK))).await;
    }

    /// Says that it is still being worked on.
    pub async fn keep(&self) {
        _ = self.message.ack_with(jetstream::AckKind::Progress).await;
    }

    fn object(&self) -> Option<&str> {
        Some(self.message.headers.as_ref()?.get(OBJECT)?.as_str())
    }
}

/// The stream and the bucket of this name, made where they are not there.
async fn made(context: &Context, name: &str, place: &str) -> Result<(stream::Stream, ObjectStore)> {
    let failed = |why: String| {
        let needs = match why.contains("insufficient") {
            true => "it wants room for 2 GiB (max_file_store), 1 for articles and 1 for large ones",
            false => "it needs JetStream (nats-server --jetstream)",
        };
        Error::input(format!("the queue at {place} cannot be used: {why}; {needs}"))
    };
    let config = stream::Config {
        name: name.to_owned(),
        subjects: vec![name.to_owned()],
        description: Some("Articles of followed sources that wait to be searched".into()),
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        max_bytes: BYTES_MAX,
        duplicate_window: REMEMBERED,
        num_replicas: 1,
        ..stream::Config::default()
    };
    let stream = context.get_or_create_stream(config).await.map_err(|error| failed(error.to_string()))?;
    if let Ok(large) = context.get_object_store(name).await {
        return Ok((stream, large));
    }
    let config = object_store::Config {
        bucket: name.to_owned(),
        description: Some("Articles that are too large for a message".into()),
        max_age: LARGE_TIME_MAX,
        max_bytes: BYTES_MAX,
        num_replicas: 1,
        ..object_store::Config::default()
    };
    let large = context.create_object_store(config).await.map_err(|error| failed(error.to_string()))?;
    Ok((stream, large))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_on_this_machine_articles_travel_in_the_clear() {
        for (url, is_fine) in [
            ("nats://127.0.0.1:4222", true),
            ("nats://localhost", true),
            ("nats://[::1]:4222", true),
            ("tls://user:secret@nats.example", true),
            ("nats://nats.example", false),
            ("nats://127.0.0.1.evil.example", false),
            ("nats://10.0.0.7:4222", false),
            ("ws://127.0.0.1", false),
            ("nats://127.0.0.1/stream", false),
            ("127.0.0.1:4222", false),
            ("nats://", false),
        ] {
            let queue = Queue::new(url, None);
            assert_eq!(queue.is_ok(), is_fine, "{url}");
            assert!(!format!("{queue:?}").contains("secret"));
        }
    }
}
