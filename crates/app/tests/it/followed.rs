//! Sources that are followed: pictures in them, and servers that stall.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tellmark_app::follow::{self, Listener, Options, RunSummary, SightingLine};
use tellmark_app::seal::seal;
use tellmark_app::{Ports, Silent};
use tellmark_core::Gray;

use crate::dovecot::Dovecot;
use crate::office::{CALL, Office, middle, named};
use crate::printed::png;
use crate::quoted::column;
use crate::server::{Server, answer};

/// What it was told, and when; and what could not be told.
#[derive(Default)]
struct Told(Vec<(SightingLine, Option<Instant>)>, Vec<String>);

impl Listener for Told {
    fn sees(&mut self, sighting: &SightingLine) -> std::io::Result<()> {
        self.0.push((sighting.clone(), Some(Instant::now())));
        Ok(())
    }

    fn fails(&mut self, channel: &str, because: &str) {
        self.1.push(format!("{channel}: {because}"));
    }
}

async fn run(office: &mut Office, told: &mut Told) -> RunSummary {
    let stop = std::future::pending();
    follow::run(
        &office.vault,
        &Options { once: true, ..Options::default() },
        &|| 1_770_000_000,
        &mut office.ports,
        stop,
        told,
    )
    .await
    .unwrap()
}

fn settings(office: &Office, text: &str) {
    let settings =
        format!("version = 1\npace_seconds = 0\nanswer_seconds = 6\nallow = [\"127.0.0.1\"]\n{text}");
    std::fs::write(office.path("vault/follow.toml"), settings).unwrap();
    let alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(office.path("vault/follow.toml"), alone).unwrap();
}

async fn add(office: &Office, source: &str) -> String {
    follow::add(&office.vault, source, &office.ports).await.unwrap().0.address
}

#[tokio::test]
async fn a_screenshot_of_a_passage_is_sighted_where_pictures_are_wanted() {
    let mut office = Office::open(63).await;
    office.seal_call().await;
    let shot = png(&column(&office.copy("call", "r17", "call.md")));
    let page = "<html><body><article><p>Someone sent us this.</p><img src='logo.svg'><img src='gone.png'>\
                <img src='/shots/1.png'><img src='/dot.png'></article></body></html>";
    let dot = png(&Gray::filled(1, 1, 0));
    let pictured = shot.clone();
    let server = Server::start(move |request, stream| match request.path.as_str() {
        "/story" => answer(stream, "200 OK", "content-type: text/html\r\n", page.as_bytes()),
        "/shots/1.png" => answer(stream, "200 OK", "content-type: image/png\r\n", &pictured),
        "/dot.png" => answer(stream, "200 OK", "content-type: image/png\r\n", &dot),
        _ => answer(stream, "404 Not Found", "", b""),
    });
    std::fs::create_dir(office.path("clippings")).unwrap();
    std::fs::write(office.path("clippings/post.png"), &shot).unwrap();
    std::fs::write(office.path("clippings/half.png"), &shot[..shot.len() / 2]).unwrap();
    settings(&office, "");
    let story = add(&office, server.url("/story").as_str()).await;
    let folder = office.path("clippings");
    let folder = add(&office, folder.to_str().unwrap()).await;
    // Nobody asked for pictures of the page, and none is fetched.
    let mut told = Told::default();
    run(&mut office, &mut told).await;
    assert!(told.0.is_empty() && server.requests().len() == 1);
    let pictures = format!("[pictures]\nsources = [{story:?}, {folder:?}]\n");
    settings(&office, &pictures);
    std::fs::write(office.path("clippings/again.png"), &shot).unwrap();
    std::fs::write(office.path("clippings/upper.png"), &shot[..shot.len() / 2]).unwrap();
    std::fs::write(office.path("clippings/wrong.png"), b"\x89PNG\r\n\x1a\nand nothing else").unwrap();
    run(&mut office, &mut told).await;
    let mut addresses: Vec<&str> = told.0.iter().map(|(one, _)| one.address.as_str()).collect();
    addresses.sort_unstable();
    let (again, upper) = (office.path("clippings/again.png"), office.path("clippings/upper.png"));
    let shot_at = server.url("/shots/1.png");
    assert_eq!(addresses, [again.to_str().unwrap(), upper.to_str().unwrap(), shot_at.as_str()]);
    let at = |address: &str| &told.0.iter().find(|(one, _)| one.address == address).unwrap().0;
    assert!(at(upper.to_str().unwrap()).note.contains("ends early"), "half a picture is read as such");
    let sighted = at(shot_at.as_str());
    assert!(sighted.note.contains("a picture on") && sighted.note.contains("tesseract"), "{}", sighted.note);
    assert_eq!(sighted.kind, "file");
    // What is traced is the picture itself.
    let exhibit = follow::exhibit(&office.vault, sighted.sighting).await.unwrap().file;
    assert_eq!(exhibit.bytes, shot);
    assert_eq!(named(&crate::printed::traced(&office, exhibit.bytes).await), ["r17"]);
    // Nothing is fetched or told again.
    let asked = server.requests().iter().filter(|request| request.path == "/shots/1.png").count();
    run(&mut office, &mut told).await;
    assert_eq!((told.0.len(), asked), (3, 1));
    assert_eq!(server.requests().iter().filter(|request| request.path == "/shots/1.png").count(), 1);
}

#[tokio::test]
async fn pictures_of_a_wrong_source_or_language_stop_all_until_they_are_right() {
    let mut office = Office::open(64).await;
    for (text, says) in [
        ("[pictures]\nsources = [\"HTTPS://Paper.example/feed#x\"]\n", "write https://paper.example/feed"),
        ("[pictures]\nsources = [\"ftp://paper.example/\"]\n", "ftp"),
        ("[pictures]\nsources = [\"/srv\"]\nlanguages = \"xxx\"\n", "tesseract-ocr-xxx"),
        ("[pictures]\n", "sources"),
    ] {
        settings(&office, text);
        let stop = std::future::pending();
        let mut told = Told::default();
        let run = follow::run(
            &office.vault,
            &Options { once: true, ..Options::default() },
            &|| 1_770_000_000,
            &mut office.ports,
            stop,
            &mut told,
        )
        .await;
        let error = run.unwrap_err();
        assert!(error.is_input() && error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_mailbox_on_a_server_is_followed() {
    let mut office = Office::open(66).await;
    office.seal_call().await;
    let dovecot = Dovecot::start();
    let copy = office.copy("call", "r03", "call.md");
    for (number, paragraph) in copy.lines().filter(|line| line.len() > 300).take(3).enumerate() {
        let message = format!(
            "From: a@x.example\r\nTo: desk@x.example\r\nSubject: {number}\r\nMessage-ID: <{number}@x.example>\r\n\r\n{paragraph}\r\n"
        );
        std::fs::write(dovecot.mail().join(format!("new/{number}.x")), message).unwrap();
    }
    std::fs::copy(dovecot.folder.path().join("cert.pem"), office.path("vault/ca.pem")).unwrap();
    let source = format!("imaps://anna@127.0.0.1:{}/INBOX", dovecot.port);
    settings(&office, &format!("ca = \"ca.pem\"\n[passwords]\n{source:?} = \"long secret\"\n"));
    add(&office, &source).await;
    let mut told = Told::default();
    let summary = run(&mut office, &mut told).await;
    assert_eq!((summary.sightings, summary.failed), (3, 0));
    assert_eq!(told.0[0].0.kind, "message");
}

#[tokio::test]
async fn sources_that_stall_delay_no_other() {
    let mut office = Office::open(65).await;
    office.seal_call().await;
    settings(&office, "");
    // Seven servers that take the request and never answer; each is its own host, so that none waits for another.
    let stalling: Vec<Server> =
        (0..7).map(|_| Server::start(|_, _| std::thread::sleep(Duration::from_secs(60)))).collect();
    for server in &stalling {
        add(&office, server.url("/feed").as_str()).await;
    }
    let quick = Server::of(&[("/leak", &office.copy("call", "r03", "call.md"))]);
    add(&office, quick.url("/leak").as_str()).await;
    let begun = Instant::now();
    let mut told = Told::default();
    let summary = run(&mut office, &mut told).await;
    let seen = told.0[0].1.unwrap() - begun;
    assert!(seen < Duration::from_secs(5), "seen after {seen:?}");
    assert!(
        begun.elapsed() > Duration::from_secs(5),
        "the others were still being read: {:?}",
        begun.elapsed()
    );
    assert_eq!((summary.sightings, summary.failed), (1, 7));
    let states = follow::list(&office.vault).await.unwrap();
    assert_eq!(states.iter().filter(|one| one.failures == 1 && !one.last_error.is_empty()).count(), 7);
}

#[tokio::test]
async fn an_article_of_any_size_ends_nothing() {
    let mut office = Office::open(67).await;
    office.seal_call().await;
    settings(&office, "");
    let copy = office.copy("call", "r03", "call.md");
    let paragraphs: Vec<&str> = copy.lines().filter(|line| line.len() > 300).collect();
    let folder = office.path("clippings");
    std::fs::create_dir(&folder).unwrap();
    let long = "so long ".repeat(20_000);
    let page =
        format!("<html><head><title>{long}</title></head><body><p>{}</p></body></html>", paragraphs[0]);
    std::fs::write(folder.join("a.html"), page).unwrap();
    let mail = format!(
        "From: a@x.example\r\nSubject: =?utf-8?q?A=00=0Ab_{}?=\r\nMessage-ID: <{}@x>\r\n\r\n{}\r\n",
        "c".repeat(100_000),
        "d".repeat(100_000),
        paragraphs[1]
    );
    std::fs::write(folder.join("b.eml"), mail).unwrap();
    std::fs::write(folder.join("c.pdf"), b"%PDF-1.7\nno more of it").unwrap();
    // What holds NUL becomes a part of the background.
    let plain = "A dog that could sing was shown at the fair, where hundreds waited in the rain for it, and left late and wet.";
    std::fs::write(folder.join("d.eml"), format!("From: a@x.example\r\n\r\n{plain}\0\r\n")).unwrap();
    std::fs::write(folder.join("e.txt"), paragraphs[2]).unwrap();
    add(&office, folder.to_str().unwrap()).await;
    let mut told = Told::default();
    let summary = run(&mut office, &mut told).await;
    assert_eq!((summary.articles, summary.sightings, summary.failed), (5, 3, 0));
    let line = follow::list(&office.vault).await.unwrap().remove(0);
    assert!(line.last_error.starts_with("1 passed over: ") && line.last_error.contains("c.pdf"), "{line:?}");
    let titles: Vec<&str> = told.0.iter().map(|(one, _)| one.title.as_str()).collect();
    assert!(titles[0].starts_with("so long so long") && titles[1].starts_with("A"), "{titles:?}");
    assert!(told.0.iter().all(|(one, _)| one.title.len() < 5_000 && one.address.len() < 5_000));
    // All of them count as read.
    let summary = run(&mut office, &mut told).await;
    assert_eq!((summary.articles, told.0.len()), (0, 3));
}

const STORIES: [&str; 7] = [
    "The council of the harbour met on Tuesday to speak about the price of salt, and parted late without a vote.",
    "A dog that could sing was shown at the fair of Tolmouth, where hundreds waited in the rain to hear it for a coin.",
    "Nobody has seen the lighthouse keeper since the storm of last week, and his lamp burns on without any oil at all.",
    "Eleven bakers signed a letter against the tax on ovens, which they call a tax on breakfast and early mornings.",
    "Two ferries were sold to an island that has no quay, and their captains now look for somebody to build them one.",
    "The museum of bells opens again after nine years, although most of what it used to show is still out on loan.",
    "Apples are dear this autumn, growers say, because the wasps came early and the pickers came late or not at all.",
];

#[tokio::test]
async fn a_leak_that_many_quote_is_told_each_time() {
    let mut office = Office::open(70).await;
    office.seal_call().await;
    settings(&office, "");
    let copy = office.copy("call", "r03", "call.md");
    let passage = copy.lines().find(|line| line.len() > 300).unwrap();
    for name in ["one", "other"] {
        std::fs::create_dir(office.path(name)).unwrap();
        add(&office, office.path(name).to_str().unwrap()).await;
    }
    for (number, story) in STORIES.iter().enumerate() {
        let name = if number < 6 { "one" } else { "other" };
        let text = format!("{story}\n\n{passage}\n");
        std::fs::write(office.path(name).join(format!("{number}.txt")), text).unwrap();
    }
    let mut told = Told::default();
    let summary = run(&mut office, &mut told).await;
    assert_eq!((summary.sightings, summary.shared, told.0.len()), (7, 0, 7));
    // Nor do these make it common: the next is told as well, when all is indexed anew.
    assert!(office.vault.store.background(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_source_said_before_the_document_is_shared_there_alone() {
    let mut first = Office::open(71).await;
    first.seal_call().await;
    let copy = first.copy("call", "r03", "call.md");
    let passage = copy.lines().find(|line| line.len() > 300).unwrap();
    let mut office = Office::open(72).await;
    settings(&office, "");
    for name in ["one", "other"] {
        std::fs::create_dir(office.path(name)).unwrap();
        add(&office, office.path(name).to_str().unwrap()).await;
    }
    let write = |office: &Office, name: &str, number: usize| {
        let text = format!("{}\n\n{passage}\n", STORIES[number]);
        std::fs::write(office.path(name).join(format!("{number}.txt")), text).unwrap();
    };
    (0..2).for_each(|number| write(&office, "one", number));
    let mut told = Told::default();
    assert_eq!(run(&mut office, &mut told).await.sightings, 0);
    office.seal_call().await;
    (2..4).for_each(|number| write(&office, "one", number));
    (4..6).for_each(|number| write(&office, "other", number));
    let summary = run(&mut office, &mut told).await;
    assert_eq!((summary.sightings, summary.shared), (4, 1));
    let names: Vec<bool> = told.0.iter().map(|(one, _)| one.address.contains("/other/")).collect();
    assert_eq!(names.iter().filter(|is_other| **is_other).count(), 2, "{names:?}");
    assert_eq!(names.len(), 3, "the first in each source is told");
}

#[tokio::test]
async fn what_comes_after_a_document_was_sealed_is_searched_for_it() {
    let mut office = Office::open(73).await;
    settings(&office, "");
    let (asked, is_sealed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (asks, waits) = (asked.clone(), is_sealed.clone());
    let leak = middle(CALL);
    let server = Server::start(move |request, stream| {
        let page = |text: &str| format!("<html><body><article><p>{text}</p></article></body></html>");
        let item = |name: &str| format!("<item><title>{name}</title><link>/{name}</link></item>");
        match request.path.as_str() {
            "/feed" => {
                let feed = format!("<rss version='2.0'><channel>{}{}</channel></rss>", item("a"), item("b"));
                answer(stream, "200 OK", "content-type: application/rss+xml\r\n", feed.as_bytes());
            }
            "/a" => answer(stream, "200 OK", "content-type: text/html\r\n", page(STORIES[0]).as_bytes()),
            "/b" => {
                asks.store(true, Ordering::SeqCst);
                while !waits.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                answer(stream, "200 OK", "content-type: text/html\r\n", page(&leak).as_bytes());
            }
            _ => answer(stream, "404 Not Found", "", b""),
        }
    });
    add(&office, server.url("/feed").as_str()).await;
    let request = office.request("call.md", CALL.as_bytes(), "call");
    let Office { vault, ports, .. } = &mut office;
    let mut told = Told::default();
    let follows = async {
        let once = Options { once: true, ..Options::default() };
        let stop = std::future::pending();
        follow::run(vault, &once, &|| 1_770_000_000, ports, stop, &mut told).await.unwrap()
    };
    let seals = async {
        // The first article was searched, so that there is an index of an empty vault.
        while !asked.load(Ordering::SeqCst) || vault.store.background(1).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        seal(vault, &request, &mut Ports::seeded(74, 1_770_000_000), &Silent).await.unwrap();
        is_sealed.store(true, Ordering::SeqCst);
    };
    let (summary, ()) = tokio::join!(follows, seals);
    assert_eq!((summary.articles, summary.sightings, told.0.len()), (2, 1, 1));
}

#[tokio::test]
async fn of_a_refused_message_only_the_number_is_shown() {
    let mut office = Office::open(69).await;
    office.seal_call().await;
    settings(&office, "");
    let folder = office.path("clippings");
    std::fs::create_dir(&folder).unwrap();
    let mail = "From: tips@paper.example\r\nTo: desk@x.example\r\nSubject: Sluices\r\n\r\nIn confidence.\r\n";
    std::fs::write(folder.join("a.eml"), mail).unwrap();
    add(&office, folder.to_str().unwrap()).await;
    run(&mut office, &mut Told::default()).await;
    let line = follow::list(&office.vault).await.unwrap().remove(0);
    assert_eq!(line.last_error, "1 message passed over: of people who are never followed");
}

#[tokio::test]
async fn an_alert_that_is_refused_keeps_no_other_waiting() {
    let mut office = Office::open(68).await;
    office.seal_call().await;
    let server = Server::start(|request, stream| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match body.contains("\"sighting\":1,") {
            true => answer(stream, "422 No", "", b""),
            false => answer(stream, "204 No Content", "", b""),
        }
    });
    let (hook, secret) = (server.url("/hidden"), "a secret of some length");
    settings(&office, &format!("[webhook]\nurl = \"{hook}\"\nsecret = \"{secret}\"\n"));
    let copy = office.copy("call", "r03", "call.md");
    let folder = office.path("clippings");
    std::fs::create_dir(&folder).unwrap();
    for (number, text) in copy.lines().filter(|line| line.len() > 300).take(3).enumerate() {
        std::fs::write(folder.join(format!("{number}.txt")), text).unwrap();
    }
    add(&office, folder.to_str().unwrap()).await;
    let mut told = Told::default();
    assert_eq!(run(&mut office, &mut told).await.sightings, 3);
    let asked = || {
        let bodies = server.requests().into_iter().map(|request| request.body);
        let bodies = bodies.map(|body| serde_json::from_slice::<serde_json::Value>(&body).unwrap());
        bodies.map(|body| body["sighting"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(asked(), [1, 2, 3], "the first is not sent again at once");
    assert!(told.1.len() == 1 && told.1[0].starts_with("webhook: sighting 1: "), "{:?}", told.1);
    assert!(!told.1[0].contains("hidden"), "{:?}", told.1);
    run(&mut office, &mut told).await;
    assert_eq!(asked(), [1, 2, 3, 1], "it is tried again later");
}

#[tokio::test]
async fn how_rare_a_passage_is_is_said_where_the_source_was_heard_and_sightings_count() {
    let mut office = Office::open(71).await;
    office.seal_call().await;
    settings(&office, "");
    let copy = office.copy("call", "r17", "call.md");
    let passages: Vec<&str> = copy.lines().filter(|line| line.len() > 300).collect();
    let ordinary = [
        "Trams were late again on the quay, and nobody would comment on the weather.",
        "The council of the harbour met to speak about the price of salt, and parted without a vote.",
        "A dog that could sing was shown at the fair, where hundreds waited in the rain to hear it.",
        "Nobody has seen the lighthouse keeper since the storm, and his lamp burns on without any oil.",
        "Eleven bakers signed a letter against the tax on ovens, which they call a tax on breakfast.",
    ];
    let folders = ["heard", "new"].map(|name| office.path(name));
    for folder in &folders {
        std::fs::create_dir(folder).unwrap();
        add(&office, folder.to_str().unwrap()).await;
    }
    for number in 0..30 {
        let text: Vec<&str> =
            (0..4).map(|k| ordinary[(number + k * (1 + number % 3)) % ordinary.len()]).collect();
        std::fs::write(folders[0].join(format!("{number}.txt")), format!("{}\n{number}", text.join(" ")))
            .unwrap();
    }
    let mut told = Told::default();
    run(&mut office, &mut told).await;
    assert!(told.0.is_empty());
    let mut said = Vec::new();
    for (round, (folder, passage)) in [(0, 1), (1, 2), (0, 1)].into_iter().enumerate() {
        let leak = format!("Somebody sent us this.\n\n{}\n", passages[passage]);
        std::fs::write(folders[folder].join(format!("leak{round}.txt")), leak).unwrap();
        run(&mut office, &mut told).await;
        let (sighting, _) = told.0.last().unwrap();
        assert_eq!((told.0.len(), sighting.background), (round + 1, 30));
        said.push(sighting.passages[0].false_alarms_per_million);
    }
    assert!(said[0].is_some() && said[1].is_none(), "{said:?}");
    assert!(said[2] > said[0], "nobody knows whether the first was a leak: {said:?}");
}
