//! How long pages take in a large vault: `cargo bench -p tellmark-server`, with the number of documents and of copies of each
//! as TELLMARK_DOCUMENTS (1,000) and TELLMARK_COPIES (100). It prints the median and the 99th percentile of each page, of one reader
//! and of 200 at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::path::Path;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use tellmark_app::seal::{SealRequest, seal};
use tellmark_app::{Access, MarkOptions, Ports, Silent, Vault, holders, people};
use tellmark_server::{Server, Settings, router};
use tower::ServiceExt;

const READERS: usize = 200;
const EACH: usize = 40;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|said| said.parse().ok()).unwrap_or(usual)
}

/// A short document of its own, with places enough to tell a hundred copies apart.
fn document(number: u64) -> String {
    let words = ["alder", "beech", "cedar", "damson", "elder", "fir", "gorse", "hazel", "iris", "juniper"];
    let name = |shift: u64| words[((number / 10u64.pow(shift as u32)) % 10) as usize];
    let points: Vec<String> = (0..14)
        .map(|at| format!("{{point {at} of {} | item {at} of {}}}", name(at % 3), name(at % 3)))
        .collect();
    format!(
        "Minutes of {} {} {} number {number}.\n\n{}.\n",
        name(0),
        name(1),
        name(2),
        points.join(", then ")
    )
}

async fn fill(folder: &Path, documents: u64, copies: u64) -> Vault {
    let access = Access { folder: folder.join("vault"), passphrase: None, ..Access::default() };
    let mut ports = Ports::seeded(7, 1_770_000_000);
    let vault = Vault::create(&access, None, &mut ports).await.unwrap();
    for number in 0..documents {
        ports.now += 60;
        let request = SealRequest {
            file_name: format!("minutes-{number}.md"),
            document: document(number).into_bytes(),
            roster: holders::numbered(copies).unwrap(),
            roster_name: "roster".into(),
            out: folder.join("out").join(number.to_string()),
            name: None,
            alpha: "1e-6".into(),
            mark: MarkOptions::default(),
            revises: None,
            visible: None,
            mail: None,
            new: false,
            force: false,
        };
        seal(&vault, &request, &mut ports, &Silent).await.unwrap();
        if number % 100 == 99 {
            println!("sealed {} documents", number + 1);
        }
    }
    vault
}

#[tokio::main]
async fn main() {
    let (documents, copies) = (number("TELLMARK_DOCUMENTS", 1_000), number("TELLMARK_COPIES", 100));
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let vault = fill(folder.path(), documents, copies).await;
    println!(
        "{documents} documents with {copies} copies each, sealed in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    let release = vault.store.releases().await.unwrap()[0].id;
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
    println!("{:<44} {:>9} {:>9} {:>12}", "page", "median", "99 %", "of 200: 99 %");
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
        let together = futures_util::future::join_all((0..READERS).map(|_| get(path.clone()))).await;
        println!(
            "{path:<44} {:>9} {:>9} {:>12}",
            ms(part(&mut alone, 50)),
            ms(part(&mut alone, 99)),
            ms(part(&mut together.clone(), 99))
        );
    }
}

fn part(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
