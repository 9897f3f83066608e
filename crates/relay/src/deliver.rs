//! Handing copies over to the office's own server: a few connections, each of which takes what is due. A copy is made from the
//! vault when its turn comes, so that it lies on no disk.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tellmark_app::mail::{self, Copies, Sealed};
use tellmark_core::{CopyId, Recipient};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::accept::kind;
use crate::figures::{Count, Stage};
use crate::queue::Job;
use crate::queue::files::{Envelope, Id};
use crate::serve::Relay;
use crate::upstream::{Connection, Lost, Outcome, Outgoing};
use crate::{Result, bounce, now_ms};

/// Bytes of the unit in which room in memory is counted.
const UNIT: usize = 1 << 10;
/// A connection is closed when nothing is due for so long.
const IDLE: Duration = Duration::from_secs(5);
/// Messages on one connection.
const MESSAGES_MAX: u32 = 1_000;
/// Longest wait between two tries of a copy.
const WAIT_MS_MAX: i64 = 3_600_000;
/// Longest wait after the other server could not be reached.
const UNREACHED_MS_MAX: i64 = 60_000;
/// Messages whose deliveries are entered in one append.
const ENTERED_MAX: usize = 200;
/// How often deliveries are entered, requests looked for and senders told.
const ROUND: Duration = Duration::from_millis(500);
/// After so long deliveries are entered that could not be.
const ENTER_AGAIN_MS: i64 = 30_000;
/// How long what broke rests before it is begun anew.
const BROKEN_PAUSE: Duration = Duration::from_secs(1);

/// What a message is made of.
#[derive(Debug)]
enum Material {
    /// It is passed on as it is.
    Plain(Vec<u8>),
    /// Each recipient has a copy.
    Copies(Box<Copies>),
}

impl Material {
    /// About so many bytes it takes in memory.
    fn size(&self) -> usize {
        match self {
            Material::Plain(bytes) => bytes.len(),
            Material::Copies(copies) => copies.size(),
        }
    }
}

/// A material with the room that it takes, until nobody uses it any more.
#[derive(Debug)]
struct Loaded {
    material: Material,
    _room: Option<OwnedSemaphorePermit>,
}

/// Materials by their messages, and the messages in the order in which they came.
type Kept = (HashMap<String, Arc<Loaded>>, VecDeque<String>);

/// What was loaded last, and what is in use.
#[derive(Debug)]
pub struct Materials {
    kept: Mutex<Kept>,
    /// Room for all of it, in units.
    room: Arc<Semaphore>,
    room_max: u32,
    /// Only one loads at a time: others would load the same.
    turn: tokio::sync::Mutex<()>,
}

impl Materials {
    /// Nothing yet; at most so many bytes, and one more while it is loaded.
    pub fn new(bytes_max: usize) -> Materials {
        let room_max = units(bytes_max);
        Materials {
            kept: Mutex::default(),
            room: Arc::new(Semaphore::new(room_max as usize)),
            room_max,
            turn: tokio::sync::Mutex::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: &str) -> Option<Arc<Loaded>> {
        self.kept().0.get(id).cloned()
    }

    /// Keeps a material: what was loaded first makes way for it, and where that is in use, its end is waited for. What is larger
    /// than all the room takes all of it.
    async fn put(&self, id: &str, material: Material) -> Arc<Loaded> {
        let units = units(material.size()).min(self.room_max);
        while self.room.available_permits() < units as usize && self.drop_first() {}
        // It is never closed.
        let room = self.room.clone().acquire_many_owned(units).await.ok();
        let loaded = Arc::new(Loaded { material, _room: room });
        let mut kept = self.kept();
        kept.0.insert(id.to_owned(), loaded.clone());
        kept.1.push_back(id.to_owned());
        loaded
    }

    /// Drops what was loaded first; whether there was something.
    fn drop_first(&self) -> bool {
        let mut kept = self.kept();
        let Some(first) = kept.1.pop_front() else { return false };
        kept.0.remove(&first);
        true
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// Why a copy could not be made.
enum Unmade {
    /// For good: its key was destroyed, or what it is made of is gone.
    Never(String),
    /// The ledger or the disk failed.
    Later,
}

async fn material(relay: &Arc<Relay>, envelope: &Arc<Envelope>) -> std::result::Result<Arc<Loaded>, Unmade> {
    if let Some(found) = relay.materials.get(&envelope.id) {
        return Ok(found);
    }
    let _turn = relay.materials.turn.lock().await;
    if let Some(found) = relay.materials.get(&envelope.id) {
        return Ok(found);
    }
    let own = envelope.clone();
    let load = async move |relay: &Relay| {
        let bytes = || match relay.queue.bytes(&own.id) {
            Ok((_, bytes)) => Ok(bytes),
            Err(error) => {
                tracing::error!(id = own.id, "{error}");
                Err(Unmade::Later)
            }
        };
        let Some(sealed) = &own.sealed else { return Ok(Material::Plain(bytes()?)) };
        let plain = match sealed.text {
            None => bytes()?,
            Some(_) => Vec::new(),
        };
        match Copies::load(&relay.vault, sealed, plain).await {
            Ok(copies) => Ok(Material::Copies(Box::new(copies))),
            Err(error) if error.is_input() => {
                Err(Unmade::Never("550 5.7.1 its copies can be made no more".into()))
            }
            Err(error) => {
                tracing::error!(id = own.id, "its copies cannot be made: {}", kind(&error));
                Err(Unmade::Later)
            }
        }
    };
    let material = relay.work(load).await.unwrap_or(Err(Unmade::Later))?;
    Ok(relay.materials.put(&envelope.id, material).await)
}

/// The copy that a worker hands over, where another finds it when the worker broke.
pub type InHand = Arc<Mutex<Option<Job>>>;

/// Does something until it ends of itself. When it breaks, which is a defect of this program, that is said, the copy that it had in
/// hand is put off, and it is begun anew: the one message at which it broke must not hold up all others, as it would if the relay
/// ended and broke at it again after each start.
///
/// # Errors
/// Those of what is done.
pub async fn kept_up<F>(relay: &Arc<Relay>, begin: impl Fn(Arc<Relay>, InHand) -> F) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    loop {
        let in_hand = InHand::default();
        match tokio::spawn(begin(relay.clone(), in_hand.clone())).await {
            Ok(outcome) => return outcome,
            // The whole program ends.
            Err(error) if !error.is_panic() => return Ok(()),
            Err(_) => {}
        }
        let job = in_hand.lock().unwrap_or_else(PoisonError::into_inner).take();
        let id = job.as_ref().map_or("", |job| job.envelope.id.as_str());
        tracing::error!(
            id,
            "a worker broke, which is a defect of this program: please report it; it is begun anew"
        );
        if let Some(job) = job.filter(|job| relay.queue.is_in_hand(job)) {
            // It may have been taken. It counts as a try, so that it is given up one day.
            let words = "451 4.3.0 this program failed over it";
            relay.queue.later(&job, later_ms(relay, job.tries), words).await?;
        }
        let _ = tokio::time::timeout(BROKEN_PAUSE, relay.ended()).await;
        if relay.queue.is_ending() {
            return Ok(());
        }
    }
}

/// Hands over what is due until the relay ends.
///
/// # Errors
/// When the disk failed under the queue: then nothing more may be handed over, since nobody could write it down.
pub async fn run(relay: Arc<Relay>, in_hand: InHand) -> Result<()> {
    let hold = |job| *in_hand.lock().unwrap_or_else(PoisonError::into_inner) = job;
    let mut connection: Option<(Connection, u32)> = None;
    let (mut unreached, mut body) = (0u32, Vec::new());
    loop {
        hold(None);
        let job = match tokio::time::timeout(IDLE, relay.queue.next()).await {
            Ok(Some(job)) => job,
            Ok(None) => break,
            Err(_) => {
                if let Some((connection, _)) = connection.take() {
                    connection.quit().await;
                }
                continue;
            }
        };
        hold(Some(job.clone()));
        if job.tries > 0 && is_overdue(&relay, &job) {
            settle(&relay, &job, Outcome::Never("550 5.4.7 it was tried for too long".into())).await?;
            continue;
        }
        let began = Instant::now();
        let material = match material(&relay, &job.envelope).await {
            Ok(material) => material,
            Err(Unmade::Never(words)) => {
                settle(&relay, &job, Outcome::Never(words)).await?;
                continue;
            }
            Err(Unmade::Later) => {
                relay
                    .queue
                    .later(&job, later_ms(&relay, job.tries), "451 4.3.0 its copy could not be made")
                    .await?;
                continue;
            }
        };
        let Some(body) = copy(&material.material, &job, &mut body) else {
            settle(&relay, &job, Outcome::Never("554 5.6.0 its copy could not be made".into())).await?;
            continue;
        };
        relay.figures.spent(Stage::Copy, began);
        let began = Instant::now();
        let (mut open, sent) = match connection.take().filter(|(_, sent)| *sent < MESSAGES_MAX) {
            Some(open) => open,
            None => match relay.upstream.connect().await {
                Ok(open) => (open, 0),
                Err(lost) => {
                    unreached += 1;
                    // What is kept of the message has room that others need meanwhile.
                    drop(material);
                    wait_for(&relay, &job, &lost, unreached).await?;
                    continue;
                }
            },
        };
        let outcome = hand_over(&relay, &mut open, &job, body).await;
        relay.figures.spent(Stage::Send, began);
        match outcome {
            Ok(outcome) => {
                unreached = 0;
                connection = (!open.is_over()).then_some((open, sent + 1));
                let began = Instant::now();
                settle(&relay, &job, outcome).await?;
                relay.figures.spent(Stage::Sync, began);
            }
            // It may have been taken: it counts as a try, so that it is not sent again every minute, and holds nobody else up.
            Err(lost @ Lost::InDoubt(_)) => {
                relay.figures.count(Count::Unreached);
                tracing::warn!(id = job.envelope.id, to = job.to, "{}", lost.kind());
                let words = format!("451 4.4.2 {lost}");
                relay.queue.later(&job, later_ms(&relay, job.tries), &words).await?;
            }
            Err(lost) => {
                unreached += 1;
                drop(material);
                wait_for(&relay, &job, &lost, unreached).await?;
            }
        }
    }
    if let Some((connection, _)) = connection {
        connection.quit().await;
    }
    Ok(())
}

async fn hand_over(
    relay: &Relay,
    open: &mut Connection,
    job: &Job,
    body: &[u8],
) -> std::result::Result<Outcome, Lost> {
    let envelope = &job.envelope;
    let head = head(envelope, job.to);
    let to = envelope.to.get(job.to as usize).map_or("", |to| to.address.as_str());
    let message =
        Outgoing { from: &envelope.from, to, smtputf8: envelope.smtputf8, head: head.as_bytes(), body };
    open.hand_over(message, || relay.queue.trying(job)).await
}

/// Every copy has an id of its own in `Received`, the same each time that it is tried. It does not count: a place among the recipients
/// would tell that some are hidden.
fn head(envelope: &Envelope, to: u32) -> String {
    let address = envelope.to.get(to as usize).map_or("", |to| to.address.as_str());
    let hash = tellmark_core::Hash::of_fields(
        "tellmark relay copy v1",
        &[envelope.id.as_bytes(), address.as_bytes()],
    );
    let own = u32::from_le_bytes([hash.0[0], hash.0[1], hash.0[2], hash.0[3]]);
    match envelope.received.as_str() {
        "" => String::new(),
        received => {
            format!(
                "Received: {received}\r\n\tid {}.{own:08x};\r\n\t{}\r\n",
                envelope.id,
                bounce::date(envelope.at_ms)
            )
        }
    }
}

fn copy<'b>(material: &'b Material, job: &Job, out: &'b mut Vec<u8>) -> Option<&'b [u8]> {
    let copies = match material {
        Material::Plain(bytes) => return Some(bytes),
        Material::Copies(copies) => copies,
    };
    let to = job.envelope.to.get(job.to as usize)?;
    let id = CopyId::parse(&to.copy).ok()?;
    let holder = Recipient { id, name: String::new(), email: to.address.clone(), group: String::new() };
    copies.write(&holder, out).ok()?;
    Some(out)
}

/// Whether a message came in so long ago that its copies are given up when they were tried.
fn is_overdue(relay: &Relay, job: &Job) -> bool {
    now_ms() - job.envelope.at_ms > i64::from(relay.policy.queue.give_up_hours) * 3_600_000
}

/// When a copy is tried again: twice as long after each try, and not all at once.
fn later_ms(relay: &Relay, tries: u32) -> i64 {
    let first = i64::from(relay.policy.queue.retry_seconds) * 1_000;
    now_ms() + spread(first.saturating_mul(1 << tries.min(12)).min(WAIT_MS_MAX.max(first)))
}

/// A moment between three quarters of a wait and the whole of it.
fn spread(wait_ms: i64) -> i64 {
    let mut chance = [0; 4];
    // Without chance all come at once, which is no fault.
    if let Ok(mut ports) = tellmark_app::Ports::system() {
        chance = ports.random();
    }
    let quarter = (wait_ms / 4).max(1);
    wait_ms - i64::from(u32::from_le_bytes(chance)) % quarter
}

/// The other server could not be reached: the copy waits, and so does this connection.
async fn wait_for(relay: &Arc<Relay>, job: &Job, lost: &Lost, times: u32) -> Result<()> {
    relay.figures.count(Count::Unreached);
    if times == 1 || times.is_multiple_of(20) {
        tracing::warn!("the next server could not be used: {}", lost.kind());
    }
    let wait = spread((250i64 << times.min(9)).min(UNREACHED_MS_MAX));
    // So long a wait for the other server counts as a try, so that the copy is given up one day.
    match job.tries == 0 && is_overdue(relay, job) {
        true => relay.queue.later(job, now_ms() + wait, &format!("451 4.4.1 {lost}")).await?,
        false => relay.queue.back(job, now_ms() + wait),
    }
    let _ = tokio::time::timeout(Duration::from_millis(wait as u64), relay.ended()).await;
    Ok(())
}

async fn settle(relay: &Arc<Relay>, job: &Job, outcome: Outcome) -> Result<()> {
    match outcome {
        Outcome::Sent => {
            relay.figures.count(Count::Sent);
            relay.queue.sent(job).await
        }
        Outcome::Later(words) => {
            relay.figures.count(Count::Later);
            tracing::info!(id = job.envelope.id, to = job.to, code = code(&words), "put off");
            relay.queue.later(job, later_ms(relay, job.tries), &words).await
        }
        Outcome::Never(words) => {
            relay.figures.count(Count::Never);
            tracing::info!(id = job.envelope.id, to = job.to, code = code(&words), "given up");
            relay.queue.never(job, &words).await?;
            tell(relay, &job.envelope.id).await
        }
    }
}

/// The code of an answer: its words may name people.
fn code(words: &str) -> &str {
    words.split(' ').next().unwrap_or_default()
}

/// Tells a sender what was given up, when there is something to tell.
async fn tell(relay: &Arc<Relay>, id: &str) -> Result<()> {
    // Two at once would tell the same.
    let _turn = relay.telling.lock().await;
    let failed = relay.queue.to_tell(id);
    if failed.is_empty() {
        return Ok(());
    }
    let Ok((envelope, bytes)) = relay.queue.bytes(id) else { return Ok(()) };
    if let Some((own, bytes)) = bounce::about(&envelope, &bytes, &failed, &relay.policy.server.name, now_ms())
    {
        relay.figures.count(Count::Told);
        relay.queue.put(own, &bytes)?;
    }
    relay.queue.told(id, failed.into_iter().map(|(to, _)| to).collect()).await
}

/// Now and then: deliveries are entered in the log, operators' requests done, senders told.
///
/// # Errors
/// When the disk failed under the queue.
pub async fn rounds(relay: Arc<Relay>) -> Result<()> {
    while !relay.queue.is_ending() {
        tokio::time::sleep(ROUND).await;
        enter(&relay).await?;
        for (verb, id) in relay.queue.requests() {
            match verb.as_str() {
                "retry" => drop(relay.queue.retry(&id)),
                "drop" => drop(relay.queue.drop_message(&id).await?),
                _ => {}
            }
        }
        for id in relay.queue.untold() {
            tell(&relay, &id).await?;
        }
    }
    Ok(())
}

/// Enters in the vault's log what was handed over.
///
/// # Errors
/// When the disk failed under the queue; when the log did, it is tried again.
pub async fn enter(relay: &Arc<Relay>) -> Result<()> {
    let due = relay.queue.to_enter(ENTERED_MAX);
    if due.is_empty() {
        return Ok(());
    }
    let began = Instant::now();
    if !enter_these(relay, &due).await? {
        // It broke at one of them: alone, that one keeps no other out.
        for one in &due {
            if !enter_these(relay, std::slice::from_ref(one)).await? {
                tracing::error!(
                    id = one.0,
                    "its deliveries could not be entered in the log: please report this"
                );
                relay.queue.enter_later(std::slice::from_ref(&one.0), now_ms() + ENTER_AGAIN_MS);
            }
        }
    }
    relay.figures.spent(Stage::Enter, began);
    Ok(())
}

/// Enters the deliveries of some messages, or notes why not; `false` when it broke, and nothing was noted.
async fn enter_these(relay: &Arc<Relay>, due: &[(Id, Sealed)]) -> Result<bool> {
    let (ids, sealed): (Vec<Id>, Vec<Sealed>) = due.iter().cloned().unzip();
    let work = async move |relay: &Relay| mail::delivered(&relay.vault, &sealed, now_ms() / 1000).await;
    let unentered = match relay.work(work).await {
        Some(Ok(unentered)) => unentered,
        Some(Err(error)) => {
            tracing::error!("deliveries could not be entered in the log: {}", kind(&error));
            relay.queue.enter_later(&ids, now_ms() + ENTER_AGAIN_MS);
            return Ok(true);
        }
        None => return Ok(false),
    };
    let (mut entered, mut never) = (Vec::new(), Vec::new());
    for (id, sealed) in due {
        if let Some(error) = sealed.releases().find_map(|release| unentered.later.get(&release)) {
            tracing::error!(id, "its deliveries could not be entered in the log: {}", kind(error));
            relay.queue.enter_later(std::slice::from_ref(id), now_ms() + ENTER_AGAIN_MS);
        } else if sealed.releases().any(|release| unentered.never.contains(&release)) {
            tracing::error!(
                id,
                "its deliveries are never entered in the log: its release is gone, or the key was destroyed"
            );
            never.push(id.clone());
        } else {
            entered.push(id.clone());
        }
    }
    if !entered.is_empty() {
        relay.queue.entered(&entered).await?;
    }
    if !never.is_empty() {
        relay.queue.unentered(&never).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(units: usize) -> Material {
        Material::Plain(vec![0; units * UNIT])
    }

    #[tokio::test]
    async fn what_broke_is_begun_anew_and_its_copy_put_off() {
        let folder = tempfile::tempdir().unwrap();
        let relay = crate::serve::relay_in(folder.path()).await;
        let to = crate::queue::files::To { address: "b@n.example".into(), copy: String::new() };
        let envelope = Envelope {
            id: "0123456789abcdef".into(),
            at_ms: now_ms(),
            from: "a@n.example".into(),
            to: vec![to],
            smtputf8: false,
            received: String::new(),
            sealed: None,
        };
        relay.queue.put(envelope, b"x").unwrap();
        let times = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let own = times.clone();
        let work = move |relay: Arc<Relay>, in_hand: InHand| {
            let time = own.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async move {
                if time == 0 {
                    *in_hand.lock().unwrap() = relay.queue.next().await;
                    panic!("a defect");
                }
                Ok(())
            }
        };
        kept_up(&relay, work).await.unwrap();
        assert_eq!(times.load(std::sync::atomic::Ordering::Relaxed), 2);
        // It is tried again, and no other waits for it.
        assert!(relay.queue.retry("0123456789abcdef"));
        assert_eq!(relay.queue.next().await.unwrap().tries, 1);
    }

    #[tokio::test]
    async fn what_is_kept_makes_way_and_what_is_in_use_is_waited_for() {
        let materials = Arc::new(Materials::new(10 * UNIT));
        let is_kept = |id: &str| materials.get(id).is_some();
        for id in ["a", "b", "c"] {
            materials.put(id, plain(4)).await;
        }
        assert!(!is_kept("a") && is_kept("b") && is_kept("c"));
        assert_eq!(materials.room.available_permits(), 2);
        // What is larger than all the room is alone.
        let large = materials.put("d", plain(100)).await;
        assert!(!is_kept("b") && !is_kept("c") && materials.room.available_permits() == 0);
        // What is in use is in memory: nothing else comes beside it.
        let own = materials.clone();
        let mut next = tokio::spawn(async move { own.put("e", plain(1)).await });
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut next).await.is_err());
        drop(large);
        drop(next.await.unwrap());
        assert!(is_kept("e") && materials.room.available_permits() == 9);
    }
}
