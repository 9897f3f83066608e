//! Links for recipients: what they see, what is recorded, and what a stranger learns.

use axum::http::StatusCode;
use serde_json::Value;
use tellmark_server::roles::Role;

use tellmark_testkit::{document, print};

use crate::device::{Device, fields};
use crate::office::{CALL, File, Office, copy_of};

#[tokio::test]
async fn a_recipient_takes_their_own_copy_and_everything_is_recorded() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let release = author.seal_call().await;
    let shares = format!("/documents/{release}/shares");
    assert!(author.page(&shares).await.contains("No link was made yet"));
    let made = author.post(&shares, &[("for", "some"), ("copies", "r03, R04"), ("days", "14")]).await;
    let links = made.links();
    assert_eq!(links.len(), 2);
    assert!(!author.page(&shares).await.contains(&links[0]), "it is shown once");

    let mut recipient = office.stranger();
    assert!(recipient.page(&links[0]).await.contains("Your copy is marked"));
    for inner in ["/file", "/slip", "/read", "/read/1"] {
        assert_eq!(
            recipient.get(&format!("{}{inner}", links[0])).await.status,
            StatusCode::NOT_FOUND,
            "the door first"
        );
    }
    recipient.post(&links[0], &[]).await.location();
    let room = recipient.page(&links[0]).await;
    assert!(room.contains("copy <strong>r03</strong>") && !room.contains("r04"), "{room}");
    let read = recipient.get(&format!("{}/read", links[0])).await;
    let marked = copy_of(&office.copies(), &release, "r03", "call.md");
    for line in marked.lines().filter(|line| !line.is_empty() && !line.contains(['&', '<', '>', '"'])) {
        assert!(read.text().contains(line), "{line}");
    }
    assert!(marked.lines().any(|line| !CALL.contains(line)), "the copy differs from the original");
    assert_eq!(read.header("cache-control"), "no-store");
    for none in ["read?part=2", "read?part=0", "read/1"] {
        let got = recipient.get(&format!("{}/{none}", links[0])).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{none}");
    }
    let file = recipient.get(&format!("{}/file", links[0])).await;
    assert_eq!(file.text(), copy_of(&office.copies(), &release, "r03", "call.md"));
    let slip = recipient.get(&format!("{}/slip", links[0])).await;
    assert!(slip.status == StatusCode::OK && slip.header("content-disposition").contains("r03.slip"));
    recipient.post(&format!("{}/confirm", links[0]), &[]).await.location();
    assert!(recipient.page(&links[0]).await.contains("You confirmed it"));
    let forged = recipient.upload(&format!("{}/receipt", links[0]), &[], &[File("r.json", b"{}")]).await;
    assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", forged.text());
    // Having come in at one door opens no other.
    for inner in ["/file", "/read"] {
        let got = recipient.get(&format!("{}{inner}", links[1])).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{inner}");
    }

    let page = author.page(&format!("{shares}/1")).await;
    for what in ["opened", "read", "downloaded", "confirmed"] {
        assert!(page.contains(&format!("<td>{what}</td>")), "{what}: {page}");
    }
    assert!(author.page(&shares).await.contains(&format!("{shares}/1")));
    assert_eq!(author.get(&format!("{shares}/9")).await.status, StatusCode::NOT_FOUND);
    author.post(&format!("{shares}/1/end"), &[]).await.location();
    assert_eq!(recipient.get(&format!("{}/file", links[0])).await.status, StatusCode::NOT_FOUND);
    author
        .post(&format!("/documents/{release}/copies/r04/withdraw"), &[("because", "left")])
        .await
        .location();
    assert_eq!(
        recipient.get(&links[1]).await.status,
        StatusCode::NOT_FOUND,
        "a withdrawn copy is shared no more"
    );
    let both = author.post(&shares, &[("for", "some"), ("copies", "r04"), ("days", "14")]).await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// The pictures of a PDF that a viewer shows are of the marked copy: one of them is traced to it.
#[tokio::test]
async fn a_picture_from_the_viewer_is_traced_to_its_copy() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let lines = print::lines(&document::prose(3, 1_000, 0.0));
    let pages: Vec<Vec<String>> = lines.chunks(46).map(<[String]>::to_vec).collect();
    let file = print::pdf(&pages);
    let draft = author.upload("/desk", &[], &[File("minutes.pdf", &file)]).await.location();
    let draft = author.upload(&format!("{draft}/roster"), &[("numbered", "20")], &[]).await.location();
    let release = author.seal(&draft).await;
    let shares = format!("/documents/{release}/shares");
    let made = author.post(&shares, &[("for", "some"), ("copies", "07"), ("days", "14")]).await;
    let link = made.secret().trim_start_matches("http://127.0.0.1:8080").to_owned();
    let mut recipient = office.stranger();
    assert_eq!(
        recipient.get(&format!("{link}/read/1")).await.status,
        StatusCode::NOT_FOUND,
        "the door first"
    );
    recipient.post(&link, &[]).await.location();
    let viewer = recipient.page(&format!("{link}/read")).await;
    assert!(viewer.contains(&format!("{link}/read/1")) && viewer.contains("Page 2 of"), "{viewer}");
    let picture = recipient.get(&format!("{link}/read/1")).await;
    assert_eq!((picture.status, picture.header("content-type")), (StatusCode::OK, "image/png"));
    assert_eq!(
        (picture.header("cache-control"), picture.header("content-disposition")),
        ("no-store", "inline")
    );
    for none in ["0", "99", "4294967295"] {
        assert_eq!(
            recipient.get(&format!("{link}/read/{none}")).await.status,
            StatusCode::NOT_FOUND,
            "{none}"
        );
    }
    let visits = author.page(&format!("{shares}/1")).await;
    assert!(visits.contains("read page 1") && !visits.contains("read page 2"), "{visits}");

    let mut detective = office.person(Role::Investigator).await;
    let look = detective.upload("/trace", &[("new", "seen")], &[File("shot.png", &picture.bytes)]).await;
    let page = detective.page(&look.location()).await;
    assert!(page.contains("A copy is named") && page.contains("<dd>07</dd>"), "{page}");
}

#[tokio::test]
async fn a_stranger_learns_nothing() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let release = author.seal_call().await;
    let shares = format!("/documents/{release}/shares");
    let made = author.post(&shares, &[("for", "some"), ("copies", "r03"), ("days", "1")]).await;
    let link = made.secret().trim_start_matches("http://127.0.0.1:8080").to_owned();
    author.post(&format!("{shares}/1/end"), &[]).await.location();
    let mut stranger = office.stranger();
    let mut pages = Vec::new();
    for path in [
        link.as_str(),
        "/s/0",
        &format!("{link}/read"),
        &format!("{link}/read/1"),
        &format!("/s/{}", "0".repeat(64)),
        "/s/..%2f..%2fetc",
        "/s/%00",
        "/nothing/at/all",
    ] {
        let got = stranger.get(path).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
        pages.push(got.text());
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "all look the same");
    for path in [link.clone(), format!("{link}/code"), format!("{link}/confirm")] {
        assert_eq!(
            stranger.post(&path, &[("code", "12345678")]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_code_is_needed_where_mail_is_set() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let release = author.seal_call().await;
    let smtp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = smtp.local_addr().unwrap().port();
    let letters = std::thread::spawn(move || crate::office::take_letter(&smtp));
    crate::office::set_mail(office.server.vault.folder(), port);
    let made = author
        .post(&format!("/documents/{release}/shares"), &[("for", "some"), ("copies", "r03"), ("days", "1")])
        .await;
    let link = made.secret().trim_start_matches("http://127.0.0.1:8080").to_owned();
    assert!(made.text().contains("A code is sent to"), "{}", made.text());
    let mut recipient = office.stranger();
    assert!(recipient.page(&link).await.contains("Send me a code"));
    assert_eq!(recipient.post(&link, &[("code", "")]).await.status, StatusCode::UNAUTHORIZED);
    let sent = recipient.post(&format!("{link}/code"), &[]).await;
    assert!(sent.text().contains("A code is on its way"), "{}", sent.text());
    let letter = letters.join().unwrap();
    let code = letter.split("Your code is ").nth(1).unwrap()[..9].to_owned();
    assert_eq!(recipient.post(&link, &[("code", "0000 0000")]).await.status, StatusCode::UNAUTHORIZED);
    recipient.post(&link, &[("code", &code)]).await.location();
    assert!(recipient.page(&link).await.contains("yours alone"));
    let mut other = office.stranger();
    assert_eq!(other.post(&link, &[("code", &code)]).await.status, StatusCode::UNAUTHORIZED, "it works once");
}

#[tokio::test]
async fn a_passkey_opens_a_link_in_place_of_a_code() {
    let office = Office::open().await;
    let beside = office.beside().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let release = author.seal_call().await;
    let smtp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    crate::office::set_mail(office.server.vault.folder(), smtp.local_addr().unwrap().port());
    let make = [("for", "some"), ("copies", "r03 r04"), ("days", "1")];
    let made = author.post(&format!("/documents/{release}/shares"), &make).await;
    let links = made.links();
    let [link, others] = &links[..] else { panic!("{links:?}") };
    let (device, question) =
        (Device::new(5), |asked: &Value| asked["challenge"].as_str().unwrap().to_owned());

    // Whoever is not inside adds none, and a link without passkeys offers none.
    let mut recipient = office.stranger();
    assert!(!recipient.page(link).await.contains("Open with a passkey"));
    let outside = recipient.post(&format!("{link}/passkeys/ask"), &[]).await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
    let letters = std::thread::spawn(move || crate::office::take_letter(&smtp));
    recipient.post(&format!("{link}/code"), &[]).await;
    let letter = letters.join().unwrap();
    let code = letter.split("Your code is ").nth(1).unwrap()[..9].to_owned();
    recipient.post(link, &[("code", &code)]).await.location();
    let asked = recipient.post(&format!("{link}/passkeys/ask"), &[]).await.json();
    assert_eq!(asked["name"], "call.md");
    let made = device.made(&question(&asked));
    assert_eq!(recipient.post(&format!("{link}/passkeys"), &fields(&made)).await.location(), *link);
    let again = recipient.post(&format!("{link}/passkeys"), &fields(&made)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a question is answered once");
    assert!(recipient.page(link).await.contains("A passkey of yours opens this link"));

    // From then on it opens the link, at any server, and no other link, and signs nobody in.
    let mut later = beside.stranger();
    assert!(later.page(link).await.contains("Open with a passkey"));
    let asked = later.post(&format!("{link}/passkey/ask"), &[]).await.json();
    assert_eq!(asked["allow"].as_array().unwrap().len(), 1);
    let shown = device.signed(&question(&asked), 1);
    for (address, browser) in [
        (format!("{others}/passkey"), &mut office.stranger()),
        ("/sign-in/passkey".to_owned(), &mut office.stranger()),
        // Its question was taken by those that may not ask it.
        (format!("{link}/passkey"), &mut office.stranger()),
    ] {
        let refused = browser.post(&address, &fields(&shown)).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{address}");
    }
    for (address, asked_at) in [
        (format!("{others}/passkey"), format!("{others}/passkey/ask")),
        ("/sign-in/passkey".to_owned(), "/sign-in/passkey/ask".to_owned()),
    ] {
        let asked = later.post(&asked_at, &[]).await.json();
        let shown = device.signed(&question(&asked), 2);
        let refused = later.post(&address, &fields(&shown)).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{address}: of another link, or of none");
    }
    let asked = later.post(&format!("{link}/passkey/ask"), &[]).await.json();
    let shown = device.signed(&question(&asked), 3);
    assert_eq!(later.post(&format!("{link}/passkey"), &fields(&shown)).await.location(), *link);
    let page = later.page(link).await;
    assert!(page.contains("yours alone"));
    for what in ["added a passkey", "opened with a passkey"] {
        assert!(page.contains(what), "{what} is recorded");
    }
    // A device that counts back is a copy of one.
    let asked = later.post(&format!("{link}/passkey/ask"), &[]).await.json();
    let shown = device.signed(&question(&asked), 3);
    let copied = office.stranger().post(&format!("{link}/passkey"), &fields(&shown)).await;
    assert_eq!(copied.status, StatusCode::UNAUTHORIZED);
}
