//! People who come in by the office's own accounts: a provider of OpenID Connect on this machine, with a key of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tellmark_app::{Ports, people};
use tellmark_server::Provider;
use tellmark_server::roles::Role;
use url::Url;

use crate::office::{Browser, Got, Office, PASSWORD};

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let digits = (0..=chunk.len()).map(|at| URL_SAFE[(word >> (18 - 6 * at) & 63) as usize] as char);
        out.extend(digits);
    }
    out
}

/// What the provider says of whoever brings a code.
#[derive(Clone)]
struct Said {
    claims: Value,
    /// The digest of the verifier that has to come with the code.
    challenge: String,
    /// The algorithm that the token's head names.
    algorithm: &'static str,
    /// Whether another key signs it.
    is_forged: bool,
}

/// What makes a lie of what is said.
type Lie = fn(&mut Said);

#[derive(Clone)]
struct Issuer {
    issuer: String,
    folder: PathBuf,
    codes: Arc<Mutex<BTreeMap<String, Said>>>,
}

impl Issuer {
    async fn start(folder: PathBuf) -> Issuer {
        for key in ["own.pem", "other.pem"] {
            let made =
                Command::new("openssl").args(["genrsa", "-out"]).arg(folder.join(key)).arg("2048").output();
            assert!(made.unwrap().status.success());
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let own = Issuer { issuer, folder, codes: Arc::default() };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(own.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        own
    }

    fn openssl(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut command = Command::new("openssl");
        command.args(args).current_dir(&self.folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().stdout
    }

    fn token(&self, said: &Said) -> String {
        let head = json!({ "alg": said.algorithm, "kid": "1", "typ": "JWT" }).to_string();
        let signed =
            format!("{}.{}", base64url(head.as_bytes()), base64url(said.claims.to_string().as_bytes()));
        let key = if said.is_forged { "other.pem" } else { "own.pem" };
        let signature = match said.algorithm {
            "RS256" => self.openssl(&["dgst", "-sha256", "-sign", key], signed.as_bytes()),
            _ => Vec::new(),
        };
        format!("{signed}.{}", base64url(&signature))
    }

    /// What this provider says of a subject to a browser that went to it, honestly.
    fn says(&self, away: &Url, subject: &str, name: &str) -> Said {
        let query: BTreeMap<String, String> = away.query_pairs().into_owned().collect();
        let now = Ports::system().unwrap().now;
        Said {
            claims: json!({
                "iss": self.issuer, "aud": "tellmark", "sub": subject, "name": name, "nonce": query["nonce"],
                "iat": now, "exp": now + 300,
            }),
            challenge: query["code_challenge"].clone(),
            algorithm: "RS256",
            is_forged: false,
        }
    }
}

async fn configuration(State(own): State<Issuer>) -> Json<Value> {
    let issuer = &own.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys(State(own): State<Issuer>) -> Json<Value> {
    let said = own.openssl(&["rsa", "-in", "own.pem", "-noout", "-modulus"], b"");
    let said = String::from_utf8(said).unwrap();
    let hex = said.trim().strip_prefix("Modulus=").unwrap();
    let modulus: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    Json(json!({ "keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": base64url(&modulus), "e": "AQAB",
    }] }))
}

async fn token(
    State(own): State<Issuer>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    // tellmark:secret of the office
    let is_known = headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"Basic "));
    let said = own.codes.lock().unwrap().remove(&form["code"]);
    let digest = base64url(&Sha256::digest(form["code_verifier"].as_bytes()));
    match said.filter(|said| is_known && said.challenge == digest) {
        Some(said) => Json(json!({
            "access_token": "unused", "token_type": "Bearer", "id_token": own.token(&said),
        }))
        .into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}

async fn office() -> (Office, Issuer) {
    let folder = tempfile::tempdir().unwrap().keep();
    let issuer = Issuer::start(folder).await;
    let provider = Provider::new(&issuer.issuer.parse().unwrap(), "tellmark", Some("secret of the office"));
    let provider = provider.unwrap();
    let office =
        Office::opened_with(|settings| tellmark_server::Settings { provider: Some(provider), ..settings })
            .await;
    (office, issuer)
}

/// Goes to the provider from an address, and says where that leads.
async fn away(browser: &mut Browser<'_>, from: &str) -> Url {
    let away = match from {
        "/sign-in/office" => browser.get(from).await.location(),
        // A form of ours answers with a page that has the way.
        _ => {
            let page = browser.post(from, &[("password", PASSWORD)]).await.text();
            let at = page.find("href=\"http://127.0.0.1").unwrap_or_else(|| panic!("{page}")) + 6;
            page[at..].split('"').next().unwrap().replace("&amp;", "&")
        }
    };
    let away: Url = away.parse().unwrap();
    let query: BTreeMap<String, String> = away.query_pairs().into_owned().collect();
    assert_eq!((query["client_id"].as_str(), query["response_type"].as_str()), ("tellmark", "code"));
    assert_eq!(query["redirect_uri"], "http://127.0.0.1:8080/sign-in/office/back");
    assert_eq!(query["code_challenge_method"], "S256");
    away
}

/// Comes back with a code for what the provider says.
async fn back(browser: &mut Browser<'_>, issuer: &Issuer, away: &Url, said: Said) -> Got {
    let state = away.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    issuer.codes.lock().unwrap().insert("a-code".into(), said);
    browser.get(&format!("/sign-in/office/back?code=a-code&state={state}")).await
}

async fn comes(browser: &mut Browser<'_>, issuer: &Issuer, from: &str, subject: &str, name: &str) -> Got {
    let away = away(browser, from).await;
    let said = issuer.says(&away, subject, name);
    back(browser, issuer, &away, said).await
}

async fn invited(office: &Office, role: Role) -> String {
    let ports = &mut Ports::system().unwrap();
    let secret = people::invite(&office.server.vault, role.name(), 0, 0, ports).await.unwrap();
    format!("/invite/{secret}/office")
}

#[tokio::test]
async fn whom_the_office_knows_comes_in_by_an_invitation_and_again() {
    let (office, issuer) = office().await;
    let path = invited(&office, Role::Owner).await;
    let mut ada = office.stranger();
    let page = ada.page(path.strip_suffix("/office").unwrap()).await;
    assert!(
        page.contains(&format!("action=\"{path}\"")) && page.contains("your account at 127.0.0.1"),
        "{page}"
    );
    assert_eq!(comes(&mut ada, &issuer, &path, "1234", "Ada Lindqvist").await.location(), "/");
    assert!(ada.page("/").await.contains("Good day, Ada Lindqvist"));
    assert_eq!(office.stranger().post(&path, &[]).await.status, StatusCode::NOT_FOUND, "it works once");

    let mut again = office.stranger();
    assert!(again.page("/sign-in").await.contains("href=\"/sign-in/office\""));
    // What she is called there may change; who she is does not.
    assert_eq!(comes(&mut again, &issuer, "/sign-in/office", "1234", "Ada Berg").await.location(), "/");
    assert!(again.page("/").await.contains("Good day, Ada Lindqvist"));
    assert!(again.page("/log/acts").await.contains("by the office"));

    let got = comes(&mut office.stranger(), &issuer, "/sign-in/office", "1235", "Ada Lindqvist").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(got.text().contains("you have no account here"), "{}", got.text());
    // No password is right for her account.
    for guess in ["none", PASSWORD] {
        let got = office.stranger().post("/sign-in", &[("name", "Ada Lindqvist"), ("password", guess)]).await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED);
    }
    // One person, one account.
    let path = invited(&office, Role::Author).await;
    let got = comes(&mut office.stranger(), &issuer, &path, "1234", "Somebody else").await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_account_with_a_password_can_be_tied_and_closed() {
    let (office, issuer) = office().await;
    office.person(Role::Owner).await;
    let mut owner = office.person(Role::Owner).await;
    assert!(owner.page("/account").await.contains("You can come in by your account"));
    assert_eq!(comes(&mut owner, &issuer, "/account/office", "77", "Whoever").await.location(), "/account");
    assert!(owner.page("/account").await.contains("since"));
    let mut again = office.stranger();
    assert_eq!(comes(&mut again, &issuer, "/sign-in/office", "77", "Whoever").await.location(), "/");
    // Only who knows the password ties an account, and a link for a new one takes the tie away.
    let refused = owner.post("/account/office", &[("password", "another password")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let link = owner.post("/people/2", &[("do", "password")]).await.secret();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    office.stranger().post(path, &[("password", PASSWORD), ("again", PASSWORD)]).await.location();
    let got = comes(&mut office.stranger(), &issuer, "/sign-in/office", "77", "Whoever").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    let mut owner = office.stranger();
    owner.post("/sign-in", &[("name", "owner 1"), ("password", PASSWORD)]).await.location();
    assert_eq!(comes(&mut owner, &issuer, "/account/office", "77", "Whoever").await.location(), "/account");
    owner.post("/people/2", &[("do", "close")]).await.location();
    let got = comes(&mut office.stranger(), &issuer, "/sign-in/office", "77", "Whoever").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    // Nobody ties an account without having it.
    assert_eq!(office.stranger().post("/account/office", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_the_provider_did_not_say_lets_nobody_in() {
    let (office, issuer) = office().await;
    let path = invited(&office, Role::Owner).await;
    comes(&mut office.stranger(), &issuer, &path, "1234", "Ada").await.location();
    let lies: [(&str, Lie); 8] = [
        ("for another server", |said| said.claims["aud"] = json!("another")),
        ("of another issuer", |said| said.claims["iss"] = json!("http://127.0.0.1:1")),
        ("of another sign-in", |said| said.claims["nonce"] = json!("another")),
        ("without a nonce", |said| drop(said.claims.as_object_mut().unwrap().remove("nonce"))),
        ("that is over", |said| said.claims["exp"] = json!(1_700_000_000)),
        ("signed by somebody else", |said| said.is_forged = true),
        ("signed by nobody", |said| said.algorithm = "none"),
        ("with another verifier", |said| said.challenge = "another".into()),
    ];
    for (what, lie) in lies {
        let mut browser = office.stranger();
        let away = away(&mut browser, "/sign-in/office").await;
        let mut said = issuer.says(&away, "1234", "Ada");
        lie(&mut said);
        let got = back(&mut browser, &issuer, &away, said).await;
        assert_eq!(got.status, StatusCode::BAD_GATEWAY, "{what}");
        assert!(!got.text().contains("verif"), "the reason is for the operator's log");
        assert_eq!(browser.get("/").await.status, StatusCode::UNAUTHORIZED, "{what}");
    }
    // What somebody else began is ended by nobody: neither with the state alone, nor for another purpose.
    let mut one = office.stranger();
    let away = away(&mut one, "/sign-in/office").await;
    let said = issuer.says(&away, "1234", "Ada");
    let got = back(&mut office.stranger(), &issuer, &away, said.clone()).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    let cookie = one.cookies["tellmark-away"].replace(".in", ".tie-1");
    one.cookies.insert("tellmark-away".into(), cookie);
    assert_eq!(back(&mut one, &issuer, &away, said).await.status, StatusCode::FORBIDDEN);
    let got = one.get("/sign-in/office/back?error=access_denied&state=x").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    // A provider that is away.
    let gone = Provider::new(&"http://127.0.0.1:9".parse().unwrap(), "tellmark", None).unwrap();
    let other =
        Office::opened_with(|settings| tellmark_server::Settings { provider: Some(gone), ..settings });
    assert_eq!(other.await.stranger().get("/sign-in/office").await.status, StatusCode::BAD_GATEWAY);
    // And none at all.
    let none = Office::open().await;
    assert_eq!(none.stranger().get("/sign-in/office").await.status, StatusCode::NOT_FOUND);
    assert!(!none.stranger().page("/sign-in").await.contains("/sign-in/office"));
}
