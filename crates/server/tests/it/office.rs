//! An office with a server, and people in every role who work with it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use axum::{Router, response::Response};
use http_body_util::BodyExt;
use serde_json::Value;
use tellmark_app::{Access, Ports, Vault, people};
use tellmark_server::roles::Role;
use tellmark_server::{Server, Settings, router};
use tower::ServiceExt;

pub const CALL: &str = include_str!("../../../app/samples/call.md");
pub const DRAFT_2: &str = include_str!("../../../app/samples/call-draft2.md");
pub const ROSTER: &str = include_str!("../../../app/samples/roster.csv");
pub const PASSWORD: &str = "four words nobody says";

pub struct Office {
    pub folder: tempfile::TempDir,
    pub server: Arc<Server>,
    pub router: Router,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Got {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where a form led.
    pub fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.header("location").to_owned()
    }

    /// The links of this server that are shown as secrets, without its address.
    pub fn links(&self) -> Vec<String> {
        let text = self.text();
        let shown = text.split("class=\"secret\">http://127.0.0.1:8080").skip(1);
        shown.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    }

    /// What the first tag with a class holds.
    pub fn secret(&self) -> String {
        let text = self.text();
        let at = text.find("class=\"secret\">").unwrap_or_else(|| panic!("no secret: {text}")) + 15;
        text[at..].split('<').next().unwrap().to_owned()
    }
}

impl Office {
    pub async fn open() -> Office {
        Office::opened_with(|settings| settings).await
    }

    pub async fn opened_with(change: impl FnOnce(Settings) -> Settings) -> Office {
        Office::opened(change, None).await
    }

    /// Another server over the same vault.
    pub async fn another(&self) -> std::sync::Arc<Server> {
        let access = Access { folder: self.folder.path().join("vault"), ..Access::default() };
        let vault = Vault::open(&access).await.unwrap();
        Server::new(vault, Settings::new("127.0.0.1:8081".parse().unwrap(), &access.folder)).unwrap()
    }

    /// An office with another server over the same vault, which people reach by the same address.
    pub async fn beside(&self) -> Office {
        let access = Access { folder: self.folder.path().join("vault"), ..Access::default() };
        let settings = Settings::new("127.0.0.1:8080".parse().unwrap(), &access.folder);
        let server = Server::new(Vault::open(&access).await.unwrap(), settings).unwrap();
        Office { folder: tempfile::tempdir().unwrap(), router: router(&server), server }
    }

    pub async fn opened(change: impl FnOnce(Settings) -> Settings, database: Option<&str>) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let access = Access { folder: folder.path().join("vault"), passphrase: None, ..Access::default() };
        let vault = Vault::create(&access, database, &mut Ports::seeded(1, 1_770_000_000)).await.unwrap();
        let settings = change(Settings::new("127.0.0.1:8080".parse().unwrap(), &access.folder));
        let server = Server::new(vault, settings).unwrap();
        let router = router(&server);
        Office { folder, server, router }
    }

    /// Somebody with a role, signed in.
    pub async fn person(&self, role: Role) -> Browser<'_> {
        let name = format!("{} {}", role.name(), self.server.vault.store.accounts().await.unwrap().len());
        let ports = &mut Ports::system().unwrap();
        let secret = people::invite(&self.server.vault, role.name(), 0, 0, ports).await.unwrap();
        people::accept(&self.server.vault, &secret, &name, PASSWORD, ports).await.unwrap();
        let (_, session) =
            people::sign_in(&self.server.vault, &name, PASSWORD, ports).await.unwrap().unwrap();
        let mut browser = self.stranger();
        browser.cookies.insert("tellmark".into(), session);
        browser
    }

    /// Somebody without an account.
    pub fn stranger(&self) -> Browser<'_> {
        Browser { office: self, cookies: BTreeMap::new(), host: "127.0.0.1:8080".into() }
    }

    pub async fn send(&self, mut request: Request<Body>) -> Got {
        let address: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        let response: Response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Got { status: parts.status, headers: parts.headers, bytes }
    }

    /// The sealing in the background, as `serve` begins it.
    pub fn seals(&self) {
        tokio::spawn(tellmark_server::run_jobs(self.server.clone()));
    }

    /// A token of an account with scopes.
    pub async fn token(&self, browser: &Browser<'_>, scopes: &str) -> String {
        let session = &browser.cookies["tellmark"];
        let vault = &self.server.vault;
        let now = Ports::system().unwrap().now;
        let (account, _) = people::session(vault, session, now).await.unwrap().unwrap();
        let ports = &mut Ports::system().unwrap();
        people::add_token(vault, account.number, ("a program", scopes), 1, ports).await.unwrap()
    }

    pub fn copies(&self) -> std::path::PathBuf {
        self.folder.path().join("vault-copies")
    }
}

/// What one person's browser sends.
pub struct Browser<'o> {
    pub office: &'o Office,
    pub cookies: BTreeMap<String, String>,
    pub host: String,
}

/// A file of a form.
pub struct File<'a>(pub &'a str, pub &'a [u8]);

impl Browser<'_> {
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies.join("; ")) }
    }

    pub async fn get(&mut self, path: &str) -> Got {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// A page that has to be there.
    pub async fn page(&mut self, path: &str) -> String {
        let got = self.get(path).await;
        assert_eq!(got.status, StatusCode::OK, "{path}: {}", got.text());
        got.text()
    }

    pub async fn send(&mut self, request: Request<Body>) -> Got {
        let got = self.office.send(request).await;
        for cookie in got.headers.get_all(header::SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.into(), value.into());
        }
        got
    }

    pub fn csrf(&self, path: &str) -> String {
        let link = path.strip_prefix("/s/").and_then(|rest| rest.split('/').next());
        let name = match link {
            Some(link) => format!("tellmark-copy-{}", &people::hash(link)[..16]),
            None => "tellmark".into(),
        };
        let session = self.cookies.get(&name).map_or("", String::as_str);
        people::hash(&format!("tellmark csrf v1 {session}"))
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        let csrf = self.csrf(path);
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &csrf).extend_pairs(fields);
        let request = self.request(Method::POST, path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.finish())).unwrap()).await
    }

    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], files: &[File<'_>]) -> Got {
        let csrf = self.csrf(path);
        let mut fields = fields.to_vec();
        fields.insert(0, ("csrf", &csrf));
        let request = self.request(Method::POST, path);
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontier");
        self.send(request.body(Body::from(multipart(&fields, files))).unwrap()).await
    }

    /// Lays the sample on the desk and gives it its roster. Returns the draft's address.
    pub async fn lay(&mut self, name: &str, document: &str) -> String {
        let draft = self.upload("/desk", &[], &[File(name, document.as_bytes())]).await.location();
        self.upload(&format!("{draft}/roster"), &[], &[File("roster.csv", ROSTER.as_bytes())])
            .await
            .location()
    }

    /// Seals a draft. Returns the release.
    pub async fn seal(&mut self, draft: &str) -> String {
        self.post(&format!("{draft}/seal"), &[]).await.location();
        self.sealed(draft).await
    }

    /// Waits until a draft is sealed. Returns the release.
    pub async fn sealed(&mut self, draft: &str) -> String {
        let id = draft.trim_start_matches("/desk/").to_owned();
        for _ in 0..600 {
            let found = self.office.server.vault.store.draft(&id).await.unwrap();
            match found.state.as_str() {
                "queued" | "sealing" => tokio::time::sleep(Duration::from_millis(50)).await,
                "sealed" => return found.release.unwrap(),
                other => panic!("{other}: {}", found.message),
            }
        }
        panic!("sealing takes too long");
    }

    pub async fn seal_call(&mut self) -> String {
        let draft = self.lay("call.md", CALL).await;
        self.seal(&draft).await
    }
}

pub fn multipart(fields: &[(&str, &str)], files: &[File<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    for File(name, bytes) in files {
        let head = format!(
            "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--frontier--\r\n");
    body
}

/// The middle third of a text, by lines.
pub fn middle(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len() / 3..2 * lines.len() / 3].join("\n")
}

/// The file of a copy in the server's folder.
pub fn copy_of(folder: &Path, release: &str, copy: &str, name: &str) -> String {
    std::fs::read_to_string(folder.join(format!("{release}-1")).join(copy).join(name)).unwrap()
}

/// Tells a vault of a server on this machine that takes mail.
pub fn set_mail(vault: &std::path::Path, port: u16) {
    let settings = format!(
        "version = 1\n[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"office@example.org\"\nto = [\"a@example.org\"]\n"
    );
    std::fs::write(vault.join("follow.toml"), settings).unwrap();
}

/// A server that takes one letter, and what it said.
pub fn take_letter(listener: &std::net::TcpListener) -> String {
    use std::io::{BufRead, BufReader, Write};
    let (stream, _) = listener.accept().unwrap();
    let (mut out, mut lines) = (stream.try_clone().unwrap(), BufReader::new(stream).lines());
    out.write_all(b"220 test\r\n").unwrap();
    let mut letter = String::new();
    while let Some(Ok(line)) = lines.next() {
        let answer: &[u8] = match line.split(' ').next().unwrap_or("").to_uppercase().as_str() {
            "EHLO" | "HELO" => b"250 test\r\n",
            "DATA" => {
                out.write_all(b"354 go on\r\n").unwrap();
                for line in lines.by_ref().map_while(Result::ok).take_while(|line| line != ".") {
                    letter.push_str(&line);
                    letter.push('\n');
                }
                b"250 taken\r\n"
            }
            "QUIT" => break,
            _ => b"250 fine\r\n",
        };
        out.write_all(answer).unwrap();
    }
    letter
}
