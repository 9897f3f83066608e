//! The server as a process: its first start, being killed while it seals, and ending in order.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tellmark_app::people;

use crate::{CALL, Desk, signal};

const COPIES: usize = 10_000;
const FEW: usize = 2_000;

pub struct Serving {
    process: Child,
    pub address: String,
    /// The link of the first start.
    pub link: Option<String>,
}

impl Serving {
    pub fn start(desk: &Desk) -> Serving {
        Serving::start_with(desk, &[])
    }

    pub fn start_with(desk: &Desk, args: &[&str]) -> Serving {
        Serving::start_under(desk, &[], args)
    }

    /// With variables of the environment.
    pub fn start_under(desk: &Desk, variables: &[(&str, &str)], args: &[&str]) -> Serving {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tellmark"));
        command.current_dir(desk.path("")).env_remove("TELLMARK_VAULT").env_remove("TELLMARK_PASSPHRASE");
        command.envs(variables.iter().copied());
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(args).stdin(Stdio::null());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let first = lines.next().unwrap();
        let address = first.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        // The lines end only with the process: a later start prints one.
        let is_new = desk.path("tellmark-vault/first").metadata().is_err();
        let link = is_new.then(|| lines.nth(1).unwrap().split(&address).nth(1).unwrap().to_owned());
        std::fs::write(desk.path("tellmark-vault/first"), "").unwrap();
        Serving { process, address, link }
    }

    /// Sends a request: the status, the head and the body of the answer.
    fn send(&self, method: &str, path: &str, heads: &[(&str, &str)], body: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in heads {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }

    pub fn get(&self, path: &str) -> (u16, String, String) {
        self.send("GET", path, &[], b"")
    }

    pub fn form(&self, path: &str, session: &str, fields: &str) -> (u16, String, String) {
        let csrf = people::hash(&format!("tellmark csrf v1 {session}"));
        let cookie = format!("tellmark={session}");
        let heads = [("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", &cookie)];
        self.send("POST", path, &heads, format!("csrf={csrf}&{fields}").as_bytes())
    }

    /// Becomes the owner by the link of the first start, and makes a token with these scopes.
    pub fn owner(&self, scopes: &str) -> String {
        let link = self.link.clone().unwrap();
        let fields = "name=Ada&password=four+words+nobody+says&again=four+words+nobody+says";
        let (status, head, _) = self.form(&link, "", fields);
        assert_eq!(status, 303, "{head}");
        let session = head.split("tellmark=").nth(1).unwrap().split(';').next().unwrap().to_owned();
        let (_, _, page) = self.form(
            "/account/tokens",
            &session,
            &format!("name=test&days=1&password=four+words+nobody+says&{scopes}"),
        );
        page.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    }

    /// Lays the sample on the desk, with more fields of the form, and has numbered copies of it sealed. Returns the draft's id.
    fn seal(&self, token: &str, fields: &str, copies: usize) -> String {
        let file = format!(
            "{fields}--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"call.md\"\r\n\r\n{CALL}\r\n--f--\r\n"
        );
        let bearer = format!("Bearer {token}");
        let heads = [("Content-Type", "multipart/form-data; boundary=f"), ("Authorization", bearer.as_str())];
        let (_, _, text) = self.send("POST", "/api/v1/drafts", &heads, file.as_bytes());
        let draft: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        let id = draft["id"].as_str().unwrap().to_owned();
        self.api(token, "POST", &format!("/drafts/{id}/roster"), &json!({ "numbered": copies }));
        self.api(token, "POST", &format!("/drafts/{id}/seal"), &json!({}));
        id
    }

    /// Waits until a draft is sealed. Returns the release.
    fn sealed(&self, token: &str, draft: &str) -> String {
        let began = Instant::now();
        loop {
            let now = self.api(token, "GET", &format!("/drafts/{draft}"), &json!({}));
            match now["state"].as_str().unwrap() {
                "sealed" => return now["release"].as_str().unwrap().to_owned(),
                "queued" | "sealing" => std::thread::sleep(Duration::from_millis(100)),
                other => panic!("{other}: {now}"),
            }
            assert!(began.elapsed() < Duration::from_secs(120));
        }
    }

    fn releases(&self, token: &str) -> usize {
        self.api(token, "GET", "/releases", &json!({}))["items"].as_array().unwrap().len()
    }

    /// Kills the process (SIGKILL) and starts it again.
    fn killed(mut self, desk: &Desk) -> Serving {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        Serving::start(desk)
    }

    fn api(&self, token: &str, method: &str, path: &str, body: &Value) -> Value {
        let bearer = format!("Bearer {token}");
        let heads = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
        let (status, _, text) =
            self.send(method, &format!("/api/v1{path}"), &heads, body.to_string().as_bytes());
        assert!(status < 300, "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    pub fn end(mut self) {
        signal(&self.process, rustix::process::Signal::TERM);
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
fn it_listens_to_other_machines_only_behind_a_proxy() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    for args in [
        &["--listen", "0.0.0.0:0"][..],
        &["--listen", "[::]:0", "--behind-proxy"],
        &["--listen", "0.0.0.0:0", "--url", "https://tell.example"],
    ] {
        let refused = desk.run(&[&["serve"][..], args].concat());
        assert!(refused.code == 2 && refused.err.contains("--behind-proxy"), "{args:?}: {}", refused.err);
    }
}

/// Whether all copies of a release are in the server's folder, whole, and nothing else.
fn is_whole(desk: &Desk, release: &str, copies: usize) {
    let folder = format!("tellmark-vault-copies/{release}-1");
    let checked = desk.run(&["check", &folder, "--json"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    assert_eq!(std::fs::read_dir(desk.path(&folder)).unwrap().count(), copies);
}

#[test]
fn a_sealing_that_is_killed_with_the_server_goes_on_after_the_next_start() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let mut serving = Serving::start(&desk);
    let token = serving.owner("scope=documents:read&scope=documents:write");
    let draft = serving.seal(&token, "", COPIES);
    // Killed early, in the middle, and once more.
    for wait in [5, 700, 1_500] {
        std::thread::sleep(Duration::from_millis(wait));
        serving = serving.killed(&desk);
    }
    let release = serving.sealed(&token, &draft);
    assert_eq!(serving.releases(&token), 1);
    is_whole(&desk, &release, COPIES);
    serving.end();
}

#[test]
fn a_new_release_that_is_killed_after_it_was_recorded_stays_one() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let mut serving = Serving::start(&desk);
    let token = serving.owner("scope=documents:read&scope=documents:write");
    let new = "--f\r\nContent-Disposition: form-data; name=\"new\"\r\n\r\ntrue\r\n";
    let first = serving.seal(&token, new, FEW);
    let first = serving.sealed(&token, &first);
    let draft = serving.seal(&token, new, FEW);
    let folder = desk.path("tellmark-vault-copies").join(format!("draft-{draft}"));
    // No copy is there before its release is recorded.
    let begun = Instant::now();
    while std::fs::read_dir(&folder).map_or(0, Iterator::count) < 2 {
        assert!(begun.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(5));
    }
    serving = serving.killed(&desk);
    assert_eq!(serving.releases(&token), 2, "another one is recorded, and sealed at most in part");
    let second = serving.sealed(&token, &draft);
    assert_eq!((serving.releases(&token), first == second), (2, false));
    is_whole(&desk, &first, FEW);
    is_whole(&desk, &second, FEW);
    serving.end();
}
