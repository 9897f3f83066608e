//! How long pages take in a large vault: `cargo bench --workspace --bench pages`, with the number of documents and of copies of each
//! as TELLMARK_DOCUMENTS (1,000) and TELLMARK_COPIES (100). It prints the median and the 99th percentile of each page, of one reader
//! and of 200 at once, and (on Linux) the processor time of all threads that one of those 200 takes: what other programs on the machine
//! do not change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::path::Path;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use tellmark_app::log::{Log, NewEntry};
use tellmark_app::seal::{SealRequest, seal};
use tellmark_app::vault::encode_roster;
use tellmark_app::{Access, MarkOptions, Ports, Silent, Vault, people};
use tellmark_core::{Hash, LineageId, Recipient, ReleaseId, Roster};
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::map;
use tellmark_server::{Server, Settings, router};
use tellmark_store::{NewBatch, NewRelease};
use tower::ServiceExt;

const READERS: usize = 200;
const EACH: usize = 40;
/// How often the 200 come.
const BURSTS: usize = 5;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|said| said.parse().ok()).unwrap_or(usual)
}

/// Entries of the log for each document: the key, the release, the delivery.
const ENTRIES: u64 = 3;

/// Seals one document, and records many like it: what pages show is the same, and sealing each would take hours.
async fn fill(folder: &Path, documents: u64, copies: u64) -> Vault {
    let access = Access { folder: folder.join("vault"), passphrase: None, ..Access::default() };
    let mut ports = Ports::seeded(7, 1_770_000_000);
    let vault = Vault::create(&access, None, &mut ports).await.unwrap();
    let request = SealRequest {
        file_name: "call.md".into(),
        document: include_bytes!("../../app/samples/call.md").to_vec(),
        roster: include_bytes!("../../app/samples/roster.csv").to_vec(),
        roster_name: "roster".into(),
        out: folder.join("out"),
        name: None,
        alpha: "1e-6".into(),
        mark: MarkOptions::default(),
        revises: None,
        visible: None,
        mail: None,
        new: false,
        draft: None,
        force: false,
        kept: None,
    };
    let sealed = seal(&vault, &request, &mut ports, &Silent).await.unwrap();
    let like = vault.store.release(sealed.release).await.unwrap();
    let [prose, marking, template] = [like.prose, like.marking, like.template];
    let (prose, marking) = (vault.store.blob(prose).await.unwrap(), vault.store.blob(marking).await.unwrap());
    let template = vault.store.blob(template).await.unwrap();
    for number in 1..documents {
        let recipient = |copy: u64| Recipient {
            id: format!("r{copy:05}").parse().unwrap(),
            name: format!("Person {copy} of document {number}"),
            email: format!("p{copy}@d{number}.example.org"),
            group: format!("group {}", copy % 7),
        };
        let roster = encode_roster(&Roster { recipients: (0..copies).map(recipient).collect() }).unwrap();
        let name = format!("minutes-{number}.md");
        let hash = Hash::of(name.as_bytes());
        let at = 1_770_000_000 + number as i64 * 60;
        let new = NewRelease {
            id: ReleaseId(number.to_be_bytes()),
            lineage: LineageId(number.to_be_bytes()),
            new_lineage: Some(hash),
            after: None,
            revises: None,
            name: &name,
            file_name: &name,
            format: "markdown",
            nonce: hash.0,
            document: name.as_bytes(),
            text: &name,
            prose: &prose,
            marking: &marking,
            template: &template,
            options: &like.options,
            fingerprint: hash,
            alpha: "1e-6",
            derivation_version: like.derivation_version,
            reader_version: like.reader_version,
            created_at: at,
            batch: NewBatch { after: None, roster: &roster, copies, fingerprint: hash, created_at: at },
            public_sites: &[],
            public_elsewhere: &[],
        };
        vault.store.record_release(&new).await.unwrap();
    }
    let entry = |number: u64| {
        let open = [("release", format!("{number:016x}").as_str().into())];
        NewEntry::new(Kind::Copy, 1_770_000_000, open, map([]), Hash::of(&number.to_be_bytes()).0)
    };
    let entries = (0..documents * ENTRIES).map(entry).collect();
    Log::of(&vault).unwrap().append(|_| Ok(entries)).unwrap();
    vault
}

#[tokio::main]
async fn main() {
    let (documents, copies) = (number("TELLMARK_DOCUMENTS", 1_000), number("TELLMARK_COPIES", 100));
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let vault = fill(folder.path(), documents, copies).await;
    println!(
        "{documents} documents with {copies} copies each, recorded in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    let release = vault.store.releases().await.unwrap()[1].id;
    let ports = &mut Ports::system().unwrap();
    let invitation = people::invite(&vault, "owner", 0, 0, ports).await.unwrap();
    people::accept(&vault, &invitation, "owner", "four words nobody says", ports).await.unwrap();
    let (_, session) =
        people::sign_in(&vault, "owner", "four words nobody says", ports).await.unwrap().unwrap();
    let settings = Settings::new("127.0.0.1:8080".parse().unwrap(), vault.folder());
    let server = Server::new(vault, settings).unwrap();
    let router = router(&server);
    let cookie = format!("tellmark={session}");
    let get = async |path: String| {
        let request =
            Request::get(path).header(header::HOST, "127.0.0.1:8080").header(header::COOKIE, &cookie);
        let began = Instant::now();
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        began.elapsed()
    };
    println!("{:<44} {:>9} {:>9} {:>12} {:>10}", "page", "median", "99 %", "of 200: 99 %", "processor");
    for path in [
        "/".to_owned(),
        "/documents".to_owned(),
        "/documents?page=9".to_owned(),
        format!("/documents/{release}"),
        format!("/documents/{release}/copies"),
        format!("/documents/{release}/shares"),
        "/desk".to_owned(),
        "/trace".to_owned(),
        "/cases".to_owned(),
        "/sightings".to_owned(),
        "/log".to_owned(),
        "/log/acts".to_owned(),
        "/consent".to_owned(),
        "/access".to_owned(),
        "/people".to_owned(),
        "/account".to_owned(),
        "/healthz".to_owned(),
    ] {
        get(path.clone()).await;
        let mut alone = Vec::new();
        for _ in 0..EACH {
            alone.push(get(path.clone()).await);
        }
        let (mut together, before) = (Vec::new(), processor());
        for _ in 0..BURSTS {
            together.extend(futures_util::future::join_all((0..READERS).map(|_| get(path.clone()))).await);
        }
        let spent = before.zip(processor()).map(|(before, after)| (after - before) / together.len() as u32);
        println!(
            "{path:<44} {:>9} {:>9} {:>12} {:>10}",
            ms(part(&mut alone, 50)),
            ms(part(&mut alone, 99)),
            ms(part(&mut together, 99)),
            spent.map_or("-".into(), ms)
        );
    }
}

fn part(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// Processor time of all threads up to now, in hundredths of a second, where the system tells it.
fn processor() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(10 * ticks))
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
