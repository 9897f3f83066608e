//! What an attacker sends: other hosts, headers, names, paths, too much.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use tellmark_server::roles::Role;

use crate::office::{CALL, File, Office};

#[tokio::test]
async fn only_its_own_name_is_answered() {
    let office = Office::open().await;
    for host in
        ["evil.example", "127.0.0.1:8081", "127.0.0.1:8080@evil.example", "", "localhost:8080, evil.example"]
    {
        let mut stranger = office.stranger();
        stranger.host = host.into();
        let got = stranger.get("/sign-in").await;
        assert_eq!(got.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(!got.text().contains("evil"));
    }
    let twice = office.stranger().request(Method::GET, "/sign-in").header(header::HOST, "evil.example");
    assert_eq!(office.send(twice.body(Body::empty()).unwrap()).await.status, StatusCode::MISDIRECTED_REQUEST);
    let absolute =
        axum::http::Request::get("http://evil.example/sign-in").header(header::HOST, "127.0.0.1:8080");
    assert_eq!(
        office.send(absolute.body(Body::empty()).unwrap()).await.status,
        StatusCode::MISDIRECTED_REQUEST
    );
    let mut local = office.stranger();
    local.host = "localhost:8080".into();
    local.page("/sign-in").await;
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let office = Office::open().await;
    let mut owner = office.person(Role::Owner).await;
    for path in ["/", "/sign-in", "/nothing", "/static/icon.svg", "/api/v1/releases", "/healthz", "/metrics"]
    {
        let got = owner.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(got.header(name), value, "{path}");
        }
        let policy = got.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        let expected =
            if path.starts_with("/static") { "public, max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(got.header("cache-control"), expected, "{path}");
    }
    let home = owner.page("/").await;
    for forbidden in [" style=", " onclick", "<style", "javascript:", "<script>"] {
        assert!(!home.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn names_are_text_on_every_page() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let roster = "id,name,email,group\nr1,<script>alert(1)</script>,\"\"\"><img src=x>@example.org\",'</td><b>\nr2,\"{{7*7}} ${7*7} %0d%0aSet-Cookie: a=b\",,\n";
    let draft = author.upload("/desk", &[], &[File("a&b'c.md", CALL.as_bytes())]).await.location();
    author.upload(&format!("{draft}/roster"), &[], &[File("r.csv", roster.as_bytes())]).await.location();
    let options = [("name", "<svg onload=alert(1)>"), ("alpha", "1e-6"), ("visible", "")];
    author.post(&format!("{draft}/options"), &options).await.location();
    let release = author.seal(&draft).await;
    let mut owner = office.person(Role::Owner).await;
    owner
        .post(&format!("/documents/{release}/copies/r1/withdraw"), &[("because", "<iframe src=//evil>")])
        .await
        .location();
    let pages = [
        "/",
        "/documents",
        "/desk",
        &draft,
        &format!("/documents/{release}"),
        &format!("/documents/{release}/copies"),
        &format!("/documents/{release}/copies/r1"),
        &format!("/documents/{release}/shares"),
        "/log",
        "/log/acts",
        "/access",
        "/documents?find=%22%3E%3Cscript%3E",
        "/trace",
        "/people",
        "/account",
    ];
    for path in pages {
        let got = owner.get(path).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        let text = got.text();
        for tag in ["<script>alert", "<img src=x", "<svg onload", "<iframe src=//", "\"><script>", "</td><b>"]
        {
            assert!(!text.contains(tag), "{path}: {tag}");
        }
        assert!(got.headers.get("set-cookie").is_none(), "{path}");
    }
    let zip = owner.get(&format!("/documents/{release}/copies.zip")).await;
    assert_eq!(
        zip.header("content-disposition").matches('"').count(),
        2,
        "{}",
        zip.header("content-disposition")
    );
}

#[tokio::test]
async fn no_name_is_a_path() {
    let office = Office::open().await;
    let mut owner = office.person(Role::Owner).await;
    let before = tree(office.folder.path());
    for bad in ["..", ".", "", "a\u{0}b.md", ".htaccess", "/", "con:stream.md", "a\tb.md"] {
        let got = owner.upload("/desk", &[], &[File(bad, CALL.as_bytes())]).await;
        assert!(got.status.is_client_error(), "{bad:?}: {}", got.status);
    }
    for path in [
        "/desk/..%2f..%2fkeys",
        "/desk/%2e%2e",
        "/static/..%2f..%2fvault.toml",
        "/static/%2e%2e%2fstyle.css",
        "/consent/..%2fvault.toml",
        "/documents/..%2f..",
        "/documents/x/copies/..%2f..%2fvault.toml/file",
        "/cases/..%2f../looks/1/report",
        "/desk/0123456789abcdef/../../keys",
        "/static/style.css%00",
        "/documents/%ff%fe",
    ] {
        let got = owner.get(path).await;
        assert!(got.status.is_client_error(), "{path}: {} {}", got.status, got.text());
        assert!(!got.text().contains("master") && !got.text().contains("version ="), "{path}");
    }
    let got = owner.upload("/desk", &[], &[File("../../../evil.md", CALL.as_bytes())]).await;
    assert!(owner.page(&got.location()).await.contains("<h1>evil.md"));
    let outside: Vec<_> =
        tree(office.folder.path()).into_iter().filter(|path| !before.contains(path)).collect();
    assert!(
        outside.iter().all(|path| path.starts_with(office.folder.path().join("vault/desk"))
            || path.to_string_lossy().contains("ledger")),
        "{outside:?}"
    );
}

fn tree(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => found.extend(tree(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

#[tokio::test]
async fn too_much_is_refused() {
    let office = Office::open().await;
    let mut owner = office.person(Role::Owner).await;
    let csrf = owner.csrf("/");
    let large = vec![b'a'; 3 << 20];
    let request = owner
        .request(Method::POST, "/sources")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let got = owner.send(request.body(Body::from(large)).unwrap()).await;
    assert_eq!(got.status, StatusCode::PAYLOAD_TOO_LARGE);
    let many = format!("csrf={csrf}{}", "&a=1".repeat(6_000));
    let request = owner
        .request(Method::POST, "/sources")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(
        owner.send(request.body(Body::from(many)).unwrap()).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let files: Vec<File<'_>> = (0..101).map(|_| File("a.txt", b"a")).collect();
    assert_eq!(owner.upload("/trace", &[], &files).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let big = vec![b'a'; (64 << 20) + 1];
    let got = owner.upload("/desk", &[], &[File("big.txt", &big)]).await;
    assert!(
        got.status == StatusCode::UNPROCESSABLE_ENTITY && got.text().contains("64 MiB"),
        "{}",
        got.text()
    );
    // A picture of a few bytes that says that it is large.
    let mut png = Vec::from(&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..]);
    png.extend_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 8, 2, 0, 0, 0, 0, 0, 0, 0]);
    let got = owner.upload("/trace", &[], &[File("bomb.png", &png)]).await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.text());
    let kind = owner.request(Method::POST, "/sources").header(header::CONTENT_TYPE, "text/plain");
    assert_eq!(owner.send(kind.body(Body::from("a")).unwrap()).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn figures_are_for_this_machine_or_a_token() {
    let office = Office::opened_with(|settings| tellmark_server::Settings {
        url: Some("https://tell.example".parse().unwrap()),
        behind_proxy: true,
        metrics_token: Some("a token for monitoring".into()),
        ..settings
    })
    .await;
    let mut stranger = office.stranger();
    stranger.host = "tell.example".into();
    assert_eq!(stranger.get("/metrics").await.status, StatusCode::NOT_FOUND, "all come through the proxy");
    // A method is whatever a stranger writes, and stands in no figure.
    for name in ["ADA-LOVELACE-LEAKED", "M2", "TRACE"] {
        let request = stranger.request(Method::from_bytes(name.as_bytes()).unwrap(), "/healthz");
        office.send(request.body(Body::empty()).unwrap()).await;
    }
    let request = stranger
        .request(Method::GET, "/metrics")
        .header(header::AUTHORIZATION, "Bearer a token for monitoring");
    let got = office.send(request.body(Body::empty()).unwrap()).await;
    assert!(
        got.text().contains("tellmark_requests_total{route=\"GET /metrics\",status=\"404\"} 1"),
        "{}",
        got.text()
    );
    assert!(!got.text().contains("ADA") && got.text().contains("route=\"other /healthz\",status=\"405\"} 3"));
    assert_eq!(stranger.page("/healthz").await, "well\n");
}

/// A PostgreSQL server behind something that can fall silent: what is open ends, and what comes then is never answered.
struct Falling {
    folder: tempfile::TempDir,
    is_silent: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Falling {
    fn before(url: &str) -> Falling {
        use std::os::unix::net::{UnixListener, UnixStream};
        use std::sync::atomic::{AtomicBool, Ordering};
        let (_, behind) = url.split_once("host=").unwrap();
        let behind = format!("{behind}/.s.PGSQL.5432");
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let is_silent = std::sync::Arc::new(AtomicBool::new(false));
        let silent = is_silent.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if silent.load(Ordering::SeqCst) {
                    let silent = silent.clone();
                    std::thread::spawn(move || {
                        while silent.load(Ordering::SeqCst) {
                            std::thread::sleep(std::time::Duration::from_millis(20));
                        }
                        drop(stream);
                    });
                    continue;
                }
                let server = UnixStream::connect(&behind).unwrap();
                for (mut from, mut to) in [
                    (stream.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server.try_clone().unwrap(), stream.try_clone().unwrap()),
                ] {
                    let (silent, ends) =
                        (silent.clone(), [stream.try_clone().unwrap(), server.try_clone().unwrap()]);
                    std::thread::spawn(move || {
                        use std::io::{Read, Write};
                        let mut part = [0; 4_096];
                        while let Ok(length @ 1..) = from.read(&mut part) {
                            if silent.load(Ordering::SeqCst) || to.write_all(&part[..length]).is_err() {
                                break;
                            }
                        }
                        ends.iter().for_each(|end| drop(end.shutdown(std::net::Shutdown::Both)));
                    });
                }
            }
        });
        Falling { folder, is_silent }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://tellmark@localhost/{database}?host={}", self.folder.path().display())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_does_not_answer_is_said_soon() {
    let database = crate::postgres::new_database("falls_silent");
    let falling = Falling::before(&database);
    let office = Office::opened(|settings| settings, Some(&falling.url("falls_silent"))).await;
    let mut stranger = office.stranger();
    assert_eq!(stranger.page("/healthz").await, "well\n");
    falling.is_silent.store(true, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..3 {
        let began = std::time::Instant::now();
        let got = stranger.get("/healthz").await;
        assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(got.text().contains("The ledger does not answer"), "{}", got.text());
        assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    }
    // When it is back, so is the server.
    falling.is_silent.store(false, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..50 {
        if stranger.get("/healthz").await.status == StatusCode::OK {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it does not come back");
}
