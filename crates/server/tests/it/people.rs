//! How people come in, and go.

use axum::http::StatusCode;
use serde_json::json;
use tellmark_app::{Access, Ports, Vault, people};
use tellmark_server::first_link;
use tellmark_server::roles::Role;

use crate::device::{Device, fields};
use crate::office::{Office, PASSWORD};
use crate::provider::base64url;

#[tokio::test]
async fn the_first_link_makes_the_owner_who_invites_the_others() {
    let office = Office::open().await;
    let link = first_link(&office.server).await.unwrap().unwrap();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    let mut owner = office.stranger();
    assert!(owner.page("/sign-in").await.contains("Nobody has an account yet"));
    assert!(owner.page(&path).await.contains("You become <strong>owner</strong>"));
    let fields = |name: &'static str, password: &'static str, again: &'static str| {
        [("name", name), ("password", password), ("again", again)]
    };
    for (fields, why) in [
        (fields("Ada", PASSWORD, "another"), "differ"),
        (fields("Ada", "short", "short"), "at least 12"),
        (fields("", PASSWORD, PASSWORD), "a name has"),
        (fields("A\u{202e}da", PASSWORD, PASSWORD), "nobody sees"),
        (fields("\u{410}da", PASSWORD, PASSWORD), "two alphabets"),
    ] {
        let got = owner.post(&path, &fields).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(got.text().contains(why), "{why}: {}", got.text());
    }
    assert_eq!(owner.post(&path, &fields("Ada", PASSWORD, PASSWORD)).await.location(), "/");
    assert!(owner.page("/").await.contains("Good day, Ada"));
    assert_eq!(office.stranger().get(&path).await.status, StatusCode::NOT_FOUND, "it works once");
    assert!(first_link(&office.server).await.unwrap().is_none());

    let link = owner.post("/people", &[("role", "investigator")]).await.secret();
    let mut second = office.stranger();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    second.post(path, &fields("Bob", PASSWORD, PASSWORD)).await.location();
    let home = second.page("/").await;
    assert!(home.contains("href=\"/trace\"") && !home.contains("href=\"/desk\""), "{home}");

    // A link that went to the wrong person is taken back.
    let astray = owner.post("/people", &[("role", "owner")]).await.secret();
    let end = owner.page("/people").await;
    let end =
        end.split("action=\"/people/invitations/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    owner.post(&format!("/people/invitations/{end}"), &[]).await.location();
    let astray = astray.strip_prefix("http://127.0.0.1:8080").unwrap();
    assert_eq!(office.stranger().get(astray).await.status, StatusCode::NOT_FOUND);

    // Another role ends the session; a closed account does not come in.
    assert_eq!(owner.post("/people/2", &[("do", "role"), ("role", "auditor")]).await.location(), "/people");
    assert_eq!(second.get("/").await.status, StatusCode::UNAUTHORIZED);
    second.post("/sign-in", &[("name", "bob"), ("password", PASSWORD)]).await.location();
    owner.post("/people/2", &[("do", "close")]).await.location();
    assert_eq!(second.get("/log").await.status, StatusCode::UNAUTHORIZED);
    let refused = second.post("/sign-in", &[("name", "Bob"), ("password", PASSWORD)]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let last = owner.post("/people/1", &[("do", "close")]).await;
    assert_eq!(last.status, StatusCode::CONFLICT, "the last owner stays");
    assert!(owner.page("/log/acts").await.contains("changed an account"));
}

#[tokio::test]
async fn signing_in_says_nothing_and_is_limited() {
    let office = Office::open().await;
    office.person(Role::Owner).await;
    let mut stranger = office.stranger();
    let wrong = stranger.post("/sign-in", &[("name", "owner 0"), ("password", "something else")]).await;
    let nobody = stranger.post("/sign-in", &[("name", "nobody here"), ("password", "something else")]).await;
    assert_eq!((wrong.status, nobody.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text().replace("owner 0", ""), nobody.text().replace("nobody here", ""));
    let got = stranger.post("/sign-in", &[("name", "OWNER 0"), ("password", PASSWORD)]).await;
    assert_eq!(got.location(), "/");
    let cookie = got.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        last =
            stranger.post("/sign-in", &[("name", "Owner 0"), ("password", "guess after guess")]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let right = stranger.post("/sign-in", &[("name", "owner 0"), ("password", PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "the right one waits, too");
    assert!(!right.header("retry-after").is_empty());
}

#[tokio::test]
async fn sessions_end_and_passwords_change() {
    let office = Office::open().await;
    let mut person = office.person(Role::Author).await;
    let before = person.cookies.clone();
    let wrong = person
        .post("/account/password", &[("old", "something else"), ("new", "correct horse battery")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = person.post("/account/password", &[("old", PASSWORD), ("new", "correct horse battery")]).await;
    assert_eq!(done.location(), "/sign-in");
    person.cookies = before;
    assert_eq!(person.get("/").await.status, StatusCode::UNAUTHORIZED, "every session ended");
    let fields = [("name", "author 0"), ("password", "correct horse battery")];
    person.post("/sign-in", &fields).await.location();
    let before = person.cookies.clone();
    assert_eq!(person.post("/sign-out", &[]).await.location(), "/sign-in");
    person.cookies = before;
    assert_eq!(person.get("/").await.status, StatusCode::UNAUTHORIZED);

    // One that nobody uses ends.
    let vault = &office.server.vault;
    let ports = &mut Ports::system().unwrap();
    let (_, secret) = people::sign_in(vault, "author 0", fields[1].1, ports).await.unwrap().unwrap();
    let later = ports.now + people::IDLE_SECONDS;
    assert!(people::session(vault, &secret, later - 1).await.unwrap().is_some());
    assert!(people::session(vault, &secret, later - 1 + people::IDLE_SECONDS).await.unwrap().is_none());
}

#[tokio::test]
async fn who_has_no_password_adds_a_passkey_only_after_signing_in() {
    let office = Office::open().await;
    let mut person = office.person(Role::Author).await;
    let vault = &office.server.vault;
    vault.store.set_password(1, "none").await.unwrap();
    let ports = &mut Ports::system().unwrap();
    for (ago, status) in [(60, StatusCode::OK), (15 * 60, StatusCode::UNPROCESSABLE_ENTITY)] {
        let secret = people::secret(ports);
        let (began, until) = (ports.now - ago, ports.now + 60);
        vault.store.begin_session(&people::hash(&secret), (1, 0), began, until).await.unwrap();
        person.cookies.insert("tellmark".into(), secret);
        let got = person.post("/account/passkeys/ask", &[]).await;
        assert_eq!(got.status, status, "{}", got.text());
    }
}

#[tokio::test]
async fn what_is_done_is_noted_though_nobody_waits_for_it() {
    let office = Office::open().await;
    let mut owner = office.person(Role::Owner).await;
    let vault = &office.server.vault;
    let now = Ports::system().unwrap().now;
    let counts = async || {
        let noted = vault.store.acts(None, 1_000).await.unwrap();
        let noted = noted.iter().filter(|act| act.what == "made an invitation").count();
        (vault.store.invitations(now).await.unwrap().len(), noted)
    };
    let before = counts().await;
    for milliseconds in 0..40 {
        let post = owner.post("/people", &[("role", "author")]);
        _ = tokio::time::timeout(std::time::Duration::from_millis(milliseconds), post).await;
    }
    let mut after = counts().await;
    for _ in 0..100 {
        if after.0 - before.0 == after.1 - before.1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        after = counts().await;
    }
    assert!(after.0 > before.0, "some were made");
    assert_eq!(after.0 - before.0, after.1 - before.1, "each that was made is noted");
}

#[tokio::test]
async fn cookies_are_secure_behind_https() {
    let office = Office::opened_with(|settings| tellmark_server::Settings {
        url: Some("https://tell.example".parse().unwrap()),
        behind_proxy: true,
        ..settings
    })
    .await;
    office.person(Role::Owner).await;
    let mut stranger = office.stranger();
    stranger.host = "tell.example".into();
    let got = stranger.post("/sign-in", &[("name", "owner 0"), ("password", PASSWORD)]).await;
    let cookie = got.header("set-cookie");
    assert!(cookie.starts_with("__Host-tellmark=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(got.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn what_is_somebodys_own_is_out_of_others_reach() {
    let office = Office::open().await;
    let mut one = office.person(Role::Investigator).await;
    let mut other = office.person(Role::Owner).await;
    let fields = [("name", "a script"), ("scope", "cases:read"), ("days", "3"), ("password", PASSWORD)];
    let borrowed = one.post("/account/tokens", &fields[..3]).await;
    assert!(borrowed.text().contains("no token was made"), "a browser that was left open");
    let secret = one.post("/account/tokens", &fields).await.secret();
    assert_eq!(secret.len(), 64);
    assert!(!one.page("/account").await.contains(&secret), "it is shown once");
    assert!(!other.page("/account").await.contains("a script"));
    assert_eq!(other.post("/account/tokens/1/revoke", &[]).await.status, StatusCode::NOT_FOUND);
    // A token of a role that does less does less: its scopes were never more than the role.
    let path = "/people/1";
    other.post(path, &[("do", "role"), ("role", "auditor")]).await.location();
    let request = office.stranger().request(axum::http::Method::GET, "/api/v1/cases");
    let request =
        request.header("authorization", format!("Bearer {secret}")).body(axum::body::Body::empty()).unwrap();
    assert_eq!(office.send(request).await.status, StatusCode::UNAUTHORIZED, "another role ends tokens");
    let unknown =
        other.post("/account/tokens", &[("name", "x"), ("scope", "everything"), ("days", "3")]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn custodians_keep_who_had_access_and_how_long() {
    let office = Office::open().await;
    office.seals();
    office.person(Role::Author).await.seal_call().await;
    let mut custodian = office.person(Role::Custodian).await;
    let fields = [
        ("who", "The <i>print</i> shop"),
        ("what", "copying"),
        ("since", ""),
        ("until", ""),
        ("because", "binds"),
    ];
    custodian.post("/access", &fields).await.location();
    let page = custodian.page("/access").await;
    assert!(page.contains("The &lt;i&gt;print&lt;/i&gt; shop") && page.contains("no day"), "{page}");
    assert_eq!(
        custodian.post("/access", &[("what", "everything")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let lineage =
        page.split("name=\"release\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let day = [("release", lineage.as_str()), ("until", "2999-12-31")];
    custodian.post("/access/retention", &day).await.location();
    assert!(custodian.page("/access").await.contains("2999-12-31"));
    let none = custodian.post("/access/retention", &[("release", "0000"), ("until", "2999-12-31")]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(custodian.page("/consent").await.contains("No custodians are appointed"));
    let forged = custodian.upload("/consent", &[], &[crate::office::File("approval.json", b"{}")]).await;
    assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", forged.text());
    assert_eq!(custodian.get("/consent/..%2Fvault.toml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_passkey_that_is_nobodys_signs_nobody_in() {
    let office = Office::open().await;
    let mut stranger = office.stranger();
    let asked = stranger.post("/sign-in/passkey/ask", &[]).await.json();
    let challenge = asked["challenge"].as_str().unwrap().to_owned();
    assert_eq!((asked["host"].as_str(), challenge.len()), (Some("127.0.0.1"), 43));
    for (challenge, origin) in [
        (challenge.as_str(), "http://127.0.0.1:8080"),
        (challenge.as_str(), "http://127.0.0.1:8080"),
        ("never asked", "http://127.0.0.1:8080"),
        ("", "http://elsewhere.example"),
    ] {
        let client = json!({ "type": "webauthn.get", "challenge": challenge, "origin": origin }).to_string();
        let client = base64url(client.as_bytes());
        let fields = [("credential", "AAAA"), ("client", &client), ("device", "AAAA"), ("signature", "AAAA")];
        let got = stranger.post("/sign-in/passkey", &fields).await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{}", got.text());
        assert!(!stranger.cookies.contains_key("tellmark"));
    }
    let mut author = office.person(Role::Author).await;
    let asked = author.post("/account/passkeys/ask", &[("password", PASSWORD)]).await.json();
    let client = json!({ "type": "webauthn.create", "challenge": asked["challenge"], "origin": "http://evil.example" });
    let client = base64url(client.to_string().as_bytes());
    let fields = [("credential", "AAAA"), ("client", &client), ("device", "AAAA"), ("public_key", "AAAA")];
    for _ in 0..2 {
        let got = author.post("/account/passkeys", &fields).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.text());
    }
    assert_eq!(author.post("/account/passkeys/1/remove", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_passkey_takes_the_password_and_signs_in_at_any_server_once() {
    let office = Office::open().await;
    let beside = office.beside().await;
    let mut author = office.person(Role::Author).await;
    assert!(author.page("/account").await.contains("id=\"password-for-passkey\""));
    for said in [&[][..], &[("password", "another one entirely")]] {
        let refused = author.post("/account/passkeys/ask", said).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let asked = author.post("/account/passkeys/ask", &[("password", PASSWORD)]).await.json();
    let device = Device::new(7);
    let made = device.made(asked["challenge"].as_str().unwrap());
    // The question of one server, answered at another.
    let mut there = beside.stranger();
    there.cookies = author.cookies.clone();
    assert_eq!(there.post("/account/passkeys", &fields(&made)).await.location(), "/account");
    let again = author.post("/account/passkeys", &fields(&made)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a question is answered once");

    let (mut here, mut there) = (office.stranger(), beside.stranger());
    let challenge =
        here.post("/sign-in/passkey/ask", &[]).await.json()["challenge"].as_str().unwrap().to_owned();
    let shown = device.signed(&challenge, 1);
    assert_eq!(there.post("/sign-in/passkey", &fields(&shown)).await.location(), "/");
    assert!(there.page("/").await.contains("author 0"));
    // The same answer with another count, so that only the question can refuse it.
    let shown = device.signed(&challenge, 2);
    for browser in [&mut here, &mut beside.stranger()] {
        assert_eq!(browser.post("/sign-in/passkey", &fields(&shown)).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn questions_for_passkeys_are_limited_by_address() {
    let office = Office::open().await;
    let (mut author, mut stranger) = (office.person(Role::Author).await, office.stranger());
    for _ in 0..60 {
        assert_eq!(stranger.post("/sign-in/passkey/ask", &[]).await.status, StatusCode::OK);
    }
    let more = stranger.post("/sign-in/passkey/ask", &[]).await;
    assert_eq!(more.status, StatusCode::TOO_MANY_REQUESTS);
    let more = author.post("/account/passkeys/ask", &[("password", PASSWORD)]).await;
    assert_eq!(more.status, StatusCode::TOO_MANY_REQUESTS, "whoever asks from there");
}

#[tokio::test]
async fn an_owner_takes_a_backup_that_is_a_vault() {
    let office = Office::open().await;
    office.seals();
    let mut owner = office.person(Role::Owner).await;
    let release = owner.seal_call().await;
    let wrong = owner.post("/backup", &[("password", "another one entirely")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text());
    let taken = owner.post("/backup", &[("password", PASSWORD)]).await;
    assert_eq!((taken.status, taken.header("content-type")), (StatusCode::OK, "application/x-tar"));
    assert!(taken.header("content-disposition").contains(".tar"));
    let file = office.folder.path().join("backup.tar");
    std::fs::write(&file, &taken.bytes).unwrap();
    let access = Access { folder: office.folder.path().join("restored"), ..Access::default() };
    tellmark_app::archive::restore(&access, None, &file).await.unwrap();
    let restored = Vault::open(&access).await.unwrap();
    assert_eq!(restored.release(&release).await.unwrap().name, "call.md");
    assert_eq!(restored.store.accounts().await.unwrap().len(), 1);
    // Nothing of it stays beside the vault.
    let left: Vec<_> = std::fs::read_dir(office.server.vault.folder()).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().contains("tmp")), "{left:?}");
    for _ in 0..10 {
        owner.post("/backup", &[("password", "another one entirely")]).await;
    }
    assert_eq!(owner.post("/backup", &[("password", PASSWORD)]).await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut custodian = office.person(Role::Custodian).await;
    assert_eq!(custodian.post("/backup", &[("password", PASSWORD)]).await.status, StatusCode::FORBIDDEN);
    assert!(owner.page("/log/acts").await.contains("took a backup"));
}
