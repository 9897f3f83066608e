//! Every route, for every role: the table is the whole truth.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use tellmark_server::entries;
use tellmark_server::roles::{Action, Role};

use crate::office::{Office, multipart};

/// What needs no account, by name: a route that is added here is added on purpose.
const PUBLIC: [(&str, &str); 14] = [
    ("GET", "/sign-in/office"),
    ("GET", "/sign-in/office/back"),
    ("POST", "/invite/{secret}/office"),
    ("GET", "/static/{file}"),
    ("GET", "/robots.txt"),
    ("GET", "/healthz"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/passkey/ask"),
    ("POST", "/sign-in/passkey"),
    ("GET", "/invite/{secret}"),
    ("POST", "/invite/{secret}"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/metrics"),
];

/// An address of a route, with something in the place of its names.
fn address(path: &str) -> String {
    let part = |part: &str| match part {
        "{number}" | "{look}" => "7".to_owned(),
        "{id}" => "0123456789abcdef".to_owned(),
        part if part.starts_with('{') => "nothing".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_needs_no_account_is_listed_here() {
    let office = Office::open().await;
    for entry in entries(&office.server).iter().filter(|entry| !entry.action.needs_account()) {
        let own = (entry.method.as_str(), entry.path);
        assert!(PUBLIC.contains(&own) || entry.path.starts_with("/s/{secret}"), "{own:?} needs no account");
    }
}

#[tokio::test]
async fn every_page_follows_the_table_for_every_role() {
    let office = Office::open().await;
    let pages: Vec<_> = entries(&office.server).into_iter().filter(|entry| !entry.is_api()).collect();
    assert!(pages.len() > 60, "{}", pages.len());
    for role in Role::ALL {
        for entry in pages.iter().filter(|entry| entry.action.needs_account()) {
            // Each gets a session of its own, since some routes end it.
            let mut browser = office.stranger();
            let secret = session(&office, role).await;
            browser.cookies.insert("tellmark".into(), secret);
            let path = address(entry.path);
            let got = match entry.method {
                Method::GET => browser.get(&path).await,
                _ if entry.takes_files => browser.upload(&path, &[], &[]).await,
                _ => browser.post(&path, &[]).await,
            };
            let is_refused = got.status == StatusCode::FORBIDDEN;
            assert_eq!(
                is_refused,
                !entry.action.is_allowed(role),
                "{} {} as {}: {}",
                entry.method,
                entry.path,
                role.name(),
                got.status
            );
            assert!(got.status.as_u16() < 500, "{} {}: {}", entry.method, entry.path, got.status);
        }
    }
}

/// A new session of the one account with a role.
async fn session(office: &Office, role: Role) -> String {
    use tellmark_app::{Ports, people};
    let vault = &office.server.vault;
    let ports = &mut Ports::system().unwrap();
    let found = vault.store.accounts().await.unwrap().into_iter().find(|account| account.role == role.name());
    let number = match found {
        Some(account) => account.number,
        None => {
            let secret = people::invite(vault, role.name(), 0, 0, ports).await.unwrap();
            people::accept(vault, &secret, role.name(), crate::office::PASSWORD, ports).await.unwrap().number
        }
    };
    let secret = people::secret(ports);
    vault.store.begin_session(&people::hash(&secret), (number, 0), ports.now, ports.now + 60).await.unwrap();
    secret
}

#[tokio::test]
async fn nobody_without_an_account_comes_in() {
    let office = Office::open().await;
    for entry in entries(&office.server).iter().filter(|entry| entry.action.needs_account()) {
        let mut stranger = office.stranger();
        let path = address(entry.path);
        let got = match entry.method {
            Method::GET => stranger.get(&path).await,
            _ => stranger.post(&path, &[]).await,
        };
        let expected = if entry.method == Method::DELETE {
            StatusCode::METHOD_NOT_ALLOWED
        } else {
            StatusCode::UNAUTHORIZED
        };
        let allowed = [expected, StatusCode::UNAUTHORIZED];
        assert!(allowed.contains(&got.status), "{} {}: {}", entry.method, entry.path, got.status);
    }
}

#[tokio::test]
async fn every_program_needs_the_scope_and_the_role() {
    let office = Office::open().await;
    let api: Vec<_> = entries(&office.server).into_iter().filter(|entry| entry.is_api()).collect();
    assert!(api.len() > 25, "{}", api.len());
    for role in [Role::Owner, Role::Author, Role::Investigator, Role::Auditor] {
        let person = office.person(role).await;
        for scope in ["documents:read", "documents:write", "cases:read", "cases:write", "log:read"] {
            let token = office.token(&person, scope).await;
            for entry in api.iter().filter(|entry| entry.action != Action::Public) {
                let request = office.stranger().request(entry.method.clone(), &address(entry.path));
                let request = request
                    .header(header::AUTHORIZATION, format!("Bearer {token}"))
                    .header(header::CONTENT_TYPE, "application/json");
                let got = office.send(request.body(Body::from("{}")).unwrap()).await;
                let may = entry.action.scope() == Some(scope) && entry.action.is_allowed(role);
                let is_refused = got.status == StatusCode::FORBIDDEN;
                assert_eq!(
                    is_refused,
                    !may,
                    "{} {} as {} with {scope}: {}",
                    entry.method,
                    entry.path,
                    role.name(),
                    got.text()
                );
                assert!(got.status.as_u16() < 500, "{} {}: {}", entry.method, entry.path, got.status);
            }
        }
    }
}

#[tokio::test]
async fn a_browsers_session_opens_nothing_for_programs() {
    let office = Office::open().await;
    let mut owner = office.person(Role::Owner).await;
    for path in ["/api/v1/releases", "/api/v1/log", "/api/v1/cases"] {
        let got = owner.get(path).await;
        assert_eq!(
            (got.status, got.header("www-authenticate")),
            (StatusCode::UNAUTHORIZED, "Bearer"),
            "{path}"
        );
        assert_eq!(got.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn every_form_needs_its_secret_and_a_page_of_ours() {
    let office = Office::open().await;
    let forms: Vec<_> = entries(&office.server)
        .into_iter()
        .filter(|entry| entry.method == Method::POST && !entry.is_api())
        .collect();
    for entry in &forms {
        let mut browser = office.stranger();
        browser.cookies.insert("tellmark".into(), session(&office, Role::Owner).await);
        let path = address(entry.path);
        let kind = if entry.takes_files {
            "multipart/form-data; boundary=frontier"
        } else {
            "application/x-www-form-urlencoded"
        };
        let body = |csrf: &str| match entry.takes_files {
            true => multipart(&[("csrf", csrf)], &[]),
            false => format!("csrf={csrf}").into_bytes(),
        };
        let right = browser.csrf(&path);
        let own = [("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")];
        let cases: [(&str, &[(&str, &str)]); 7] = [
            ("", &own),
            ("0000", &own),
            (&right, &[("origin", "https://evil.example")]),
            (&right, &[("origin", "null")]),
            (&right, &[("sec-fetch-site", "cross-site")]),
            (&right, &[("sec-fetch-site", "same-site")]),
            (&right, &[("origin", "https://127.0.0.1:8080")]),
        ];
        for (csrf, headers) in cases {
            let mut request = browser.request(Method::POST, &path).header(header::CONTENT_TYPE, kind);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let got = office.send(request.body(Body::from(body(csrf))).unwrap()).await;
            assert_eq!(got.status, StatusCode::FORBIDDEN, "{} with {csrf:?} {headers:?}", entry.path);
        }
    }
    assert!(forms.len() > 25, "{}", forms.len());
}
