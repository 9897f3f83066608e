//! The same for programs.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tellmark_server::entries;
use tellmark_server::roles::Role;

use crate::office::{CALL, File, Got, Office, ROSTER, copy_of, middle, multipart};

struct Program<'o> {
    office: &'o Office,
    token: String,
}

impl Program<'_> {
    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        let bearer = format!("Bearer {}", self.token);
        request.header(header::HOST, "127.0.0.1:8080").header(header::AUTHORIZATION, bearer)
    }

    async fn get(&self, path: &str) -> Got {
        self.office.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Got {
        let mut request = self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.office.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn upload(&self, path: &str, fields: &[(&str, &str)], files: &[File<'_>]) -> Got {
        let request = self.request(Method::POST, path);
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontier");
        self.office.send(request.body(Body::from(multipart(fields, files))).unwrap()).await
    }
}

const ALL: &str = "documents:read documents:write cases:read cases:write log:read consent people";

#[tokio::test]
async fn a_program_seals_and_traces() {
    let office = Office::open().await;
    office.seals();
    let owner = office.person(Role::Owner).await;
    let program = Program { office: &office, token: office.token(&owner, ALL).await };
    let made = program.upload("/drafts", &[("name", "The call")], &[File("call.md", CALL.as_bytes())]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let draft = format!("/drafts/{id}");
    assert!(program.get(&format!("{draft}/plan")).await.json()["bits"].as_f64().unwrap() > 50.0);
    let sites = program.get(&format!("{draft}/sites?limit=2")).await.json();
    let seen = sites["items"][0]["seen"].as_u64().unwrap();
    assert!(seen > 2 && sites["items"].as_array().unwrap().len() == 2 && sites["next"] == "1", "{sites}");
    let decided = program
        .post(&format!("{draft}/sites"), None, &json!({ "seen": seen, "v0": "leave", "rest": "accept" }))
        .await;
    assert_eq!(decided.status, StatusCode::OK, "{}", decided.text());
    let roster = program.post(&format!("{draft}/roster"), None, &json!({ "roster": ROSTER })).await;
    assert_eq!(roster.json()["copies"], 24);
    let begun = program.post(&format!("{draft}/seal"), None, &json!({})).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    let events = program.get(&format!("{draft}/progress")).await;
    assert!(events.text().contains("event: end"), "{}", events.text());
    let sealed = program.get(&draft).await.json();
    assert_eq!(sealed["state"], "sealed");
    let release = sealed["release"].as_str().unwrap().to_owned();
    assert_eq!(program.get("/releases").await.json()["items"][0]["name"], "The call");

    let first = program.get(&format!("/releases/{release}/copies?limit=10")).await.json();
    let next = first["next"].as_str().unwrap();
    let second = program.get(&format!("/releases/{release}/copies?limit=100&after={next}")).await.json();
    let count = |part: &Value| part["items"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second)), (10, 14));
    assert_eq!(second["next"], Value::Null);
    let file = program.get(&format!("/releases/{release}/copies/r17/file")).await;
    let place = office.copies().join(format!("{release}-1/r16"));
    std::fs::rename(&place, office.copies().join("elsewhere")).unwrap();
    let asked = program.request(Method::HEAD, &format!("/releases/{release}/copies/r16/file"));
    assert_eq!(
        office.send(asked.body(Body::empty()).unwrap()).await.status,
        StatusCode::NOT_FOUND,
        "nothing is made"
    );
    let all = program.get(&format!("/releases/{release}/copies.zip")).await;
    assert!(all.header("content-disposition").contains("without 1"), "{}", all.header("content-disposition"));
    std::fs::rename(office.copies().join("elsewhere"), &place).unwrap();
    assert_eq!(file.text(), copy_of(&office.copies(), &release, "r17", "call.md"));

    let text = middle(&file.text());
    let look =
        program.post("/looks", None, &json!({ "text": text, "new": "press", "because": "seen" })).await;
    assert_eq!(
        (look.status, look.json()["named"][0]["copy"].as_str()),
        (StatusCode::CREATED, Some("r17")),
        "{}",
        look.text()
    );
    assert_eq!(program.get("/cases/press").await.json()["verdict"], "copy");
    assert_eq!(program.get("/cases/press/bundle").await.status, StatusCode::OK);
    let report = program.get("/cases/press/looks/1/report").await;
    assert!(report.header("content-type").starts_with("text/html") && report.text().contains("r17"));
    assert!(program.get("/log?limit=3").await.json()["entries"].as_array().unwrap().len() == 3);
}

#[tokio::test]
async fn the_same_request_twice_is_done_once() {
    let office = Office::open().await;
    let owner = office.person(Role::Owner).await;
    let program = Program { office: &office, token: office.token(&owner, ALL).await };
    // Programs separate the parts of a form anew each time.
    let text = [File("call.md", CALL.as_bytes())];
    let mut drafts = Vec::new();
    for boundary in ["one", "another"] {
        let body = String::from_utf8(multipart(&[("name", "The call")], &text)).unwrap();
        let request = program.request(Method::POST, "/drafts").header("idempotency-key", "files");
        let request =
            request.header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
        drafts.push(office.send(request.body(Body::from(body.replace("frontier", boundary))).unwrap()).await);
    }
    assert_eq!((drafts[0].status, drafts[1].header("idempotency-replayed")), (StatusCode::CREATED, "true"));
    assert_eq!(drafts[0].json(), drafts[1].json());
    let source = json!({ "source": "https://paper.example.org/feed" });
    let first = program.post("/sources", Some("k1"), &source).await;
    let again = program.post("/sources", Some("k1"), &source).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!((first.json(), again.header("idempotency-replayed")), (again.json(), "true"));
    let other =
        program.post("/sources", Some("k1"), &json!({ "source": "https://other.example.org/" })).await;
    assert_eq!(
        (other.status, other.header("content-type")),
        (StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json")
    );
    // What failed may be tried again with the same key.
    let failed = program.post("/sources", Some("k2"), &json!({ "source": "nothing" })).await;
    assert_eq!(failed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(program.post("/sources", Some("k2"), &source).await.status, StatusCode::CREATED);
    assert_eq!(program.get("/sources").await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(program.post("/sources", Some(""), &source).await.status, StatusCode::BAD_REQUEST);
    let removed =
        office.send(program.request(Method::DELETE, "/sources/1").body(Body::empty()).unwrap()).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.text());
}

#[tokio::test]
async fn what_an_address_takes_is_said() {
    let office = Office::open().await;
    let owner = office.person(Role::Owner).await;
    let program = Program { office: &office, token: office.token(&owner, ALL).await };
    for path in ["/releases?limit=-1", "/releases?limit=x", "/releases?limit=0", "/releases?limit=1001"] {
        let got = program.get(path).await;
        let detail = got.json()["detail"].as_str().unwrap().to_owned();
        assert!(got.status == 400 && detail.contains("number from 1 to 1000"), "{path}: {detail}");
    }
    let mut stranger = office.stranger();
    for (method, path, allowed) in [
        ("PUT", "/api/v1/releases", "GET,HEAD"),
        ("PATCH", "/api/v1/sources", "GET,HEAD,POST"),
        ("GET", "/api/v1/sources/1", "DELETE"),
        ("DELETE", "/api/v1/requests", "GET,HEAD,POST"),
    ] {
        let request = stranger.request(method.parse().unwrap(), path);
        let got = stranger.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!((got.status.as_u16(), got.header("allow")), (405, allowed), "{method} {path}");
        let detail = format!("This address takes {}, and not {method}.", allowed.replace(',', ", "));
        assert_eq!(got.json()["detail"], detail);
    }
}

#[tokio::test]
async fn failures_are_problems() {
    let office = Office::open().await;
    let owner = office.person(Role::Owner).await;
    let mut program = Program { office: &office, token: office.token(&owner, ALL).await };
    for (got, status) in [
        (program.get("/releases?after=zz").await, 422),
        (program.get("/nothing").await, 404),
        (program.get("/drafts/..%2f..%2fkeys").await, 404),
        (program.post("/looks", None, &json!({ "text": "" })).await, 422),
        (program.post("/looks", None, &json!([1])).await, 400),
        (program.post("/looks", None, &json!({ "text": "a", "identities": true })).await, 422),
        (program.post("/sources", None, &json!({})).await, 422),
        (program.get("/releases?limit=0").await, 400),
        (program.get("/releases?limit=1&limit=2").await, 400),
        (program.get("/releases?page=2").await, 400),
        (program.get("/log?limit=1001").await, 400),
        (program.get("/cases/x/bundle?original=2").await, 400),
        (program.get("/cases/x/looks/first/report").await, 400),
        (program.get("/releases/none/shares").await, 404),
    ] {
        assert_eq!(got.status.as_u16(), status, "{}", got.text());
        assert_eq!(got.header("content-type"), "application/problem+json");
        let problem = got.json();
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    }
    program.token = "0".repeat(64);
    assert_eq!(program.get("/releases").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_program_makes_links_and_invites_people() {
    let office = Office::open().await;
    office.seals();
    let release = office.person(Role::Author).await.seal_call().await;
    let owner = office.person(Role::Owner).await;
    let program = Program { office: &office, token: office.token(&owner, ALL).await };
    let shares = format!("/releases/{release}/shares");
    let made = program.post(&shares, None, &json!({ "copies": ["r03", "r04"], "days": 2 })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    let link =
        made["items"][0]["link"].as_str().unwrap().trim_start_matches("http://127.0.0.1:8080").to_owned();
    let mut recipient = office.stranger();
    recipient.post(&link, &[]).await.location();
    assert_eq!(recipient.get(&format!("{link}/read")).await.status, StatusCode::OK);
    let visits = program.get(&format!("{shares}/1/visits?limit=1")).await.json();
    assert_eq!((visits["items"][0]["what"].as_str(), visits["next"].as_str()), (Some("read"), Some("1")));
    let rest = program.get(&format!("{shares}/1/visits?after=1")).await.json();
    assert_eq!((rest["items"][0]["what"].as_str(), &rest["next"]), (Some("opened"), &Value::Null));
    let second = program.get(&format!("{shares}?limit=1&after=1")).await.json();
    assert_eq!((second["items"][0]["copy"].as_str(), &second["next"]), (Some("r04"), &Value::Null));
    assert!(!second.to_string().contains("token"), "no secret is listed");
    assert!(
        program.post(&format!("{shares}/1/end"), None, &json!({})).await.json()["ended_at"].as_i64()
            > Some(0)
    );
    assert_eq!(recipient.get(&format!("{link}/read")).await.status, StatusCode::NOT_FOUND);
    // What holds a secret is not kept to be said again.
    let twice = program.post(&shares, Some("k"), &json!({})).await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST, "{}", twice.text());

    let invited = program.post("/people", None, &json!({ "role": "auditor" })).await.json();
    let link = invited["link"].as_str().unwrap().trim_start_matches("http://127.0.0.1:8080").to_owned();
    assert!(office.stranger().page(&link).await.contains("auditor"));
    let people = program.get("/people").await.json();
    assert_eq!(people["items"].as_array().unwrap().len(), 2);
    assert!(!people.to_string().contains("argon2"), "no hash is listed");
    let changed =
        program.post("/people/1", None, &json!({ "role": "custodian", "closed": true })).await.json();
    assert_eq!(
        (changed["role"].as_str(), changed["disabled_at"].as_i64() > Some(0)),
        (Some("custodian"), true)
    );
    assert_eq!(program.post("/people/1", None, &json!({ "closed": false })).await.json()["disabled_at"], 0);
    let same = program.post("/people/2", None, &json!({ "role": "owner", "closed": false })).await;
    assert_eq!(same.status, StatusCode::OK, "what changes nothing ends no token");
    let last = program.post("/people/2", None, &json!({ "role": "author" })).await;
    assert_eq!(last.status, StatusCode::CONFLICT, "the last owner stays: {}", last.text());
    let scoped = Program { office: &office, token: office.token(&owner, "documents:write").await };
    assert_eq!(scoped.post("/people", None, &json!({ "role": "owner" })).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_program_asks_for_names_and_people_agree() {
    let office = Office::open().await;
    office.seals();
    let release = office.person(Role::Author).await.seal_call().await;
    let detective = office.person(Role::Investigator).await;
    let program = Program { office: &office, token: office.token(&detective, ALL).await };
    let leak = copy_of(&office.copies(), &release, "r17", "call.md");
    let few = leak.split("\n\n").filter(|paragraph| paragraph.len() > 300).nth(4).unwrap();
    let custodians = [office.person(Role::Custodian).await, office.person(Role::Custodian).await];
    let look = program.post("/looks", None, &json!({ "text": few, "new": "talks" })).await.json();
    assert_eq!(look["verdict"], "nobody");
    assert!(look["ranking"][0]["copy"].as_str().unwrap().starts_with('#'), "{look}");
    let order = program.post("/cases/talks/looks/1/names", None, &json!({ "because": "to ask" })).await;
    assert_eq!((order.status, order.json()["state"].as_str()), (StatusCode::CREATED, Some("waits")));
    assert_eq!(
        program.post("/orders/1/show", None, &json!({})).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    for mut custodian in custodians {
        custodian.post("/orders/1", &[("answer", "agree")]).await.location();
    }
    assert_eq!(program.get("/orders").await.json()["items"][0]["state"], "agreed");
    let shown = program.post("/orders/1/show", None, &json!({})).await.json();
    assert_eq!((shown["verdict"].as_str(), shown["look"].as_u64()), (Some("nobody"), Some(2)));
    assert!(shown["ranking"][0]["copy"].as_str().unwrap().starts_with('r'), "{shown}");
    let waits = program.get("/requests").await;
    assert_eq!(waits.status, StatusCode::FORBIDDEN, "investigators do not consent");
}

/// The description as it is published: a change of the API is a change of this file.
#[tokio::test]
async fn the_description_is_the_one_that_is_published() {
    let office = Office::open().await;
    let got = office.stranger().get("/api/v1/openapi.json").await.json();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&got).unwrap());
    if std::env::var_os("TELLMARK_PUBLISH").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        published == text,
        "the API changed: run this test with TELLMARK_PUBLISH=1, and look at the difference"
    );
    let operations: usize =
        got["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, entries(&office.server).iter().filter(|entry| entry.is_api()).count());
}
