//! Talking to a server: one request, one answer, and nothing in the clear but on this machine.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use tellmark_app::{Error, Ports, people};
use ureq::http::{Request, Response, StatusCode, header};
use ureq::{Agent, Body};
use url::Url;

/// The variable with the token of whoever gives the command.
pub const TOKEN: &str = "TELLMARK_TOKEN";
/// How long a server may be silent: tracing a large scan takes minutes. What still comes may take as long as it does.
const PATIENCE: Duration = Duration::from_secs(900);
/// How long finding a server and connecting to it may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes of an answer in JSON.
const JSON_BYTES_MAX: u64 = 256 << 20;
/// Bytes of one line of a progress.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// A server that commands are given to.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    base: Url,
    token: String,
}

/// What a form holds.
#[derive(Debug, Default)]
pub struct Sent<'a> {
    /// Fields.
    pub fields: Vec<(&'a str, String)>,
    /// Files: the field, the file's name, its bytes.
    pub files: Vec<(&'a str, String, Vec<u8>)>,
}

impl<'a> Sent<'a> {
    /// A form with a field, where it says something.
    pub fn with(mut self, name: &'a str, value: impl Into<String>) -> Sent<'a> {
        let value = value.into();
        if !value.is_empty() {
            self.fields.push((name, value));
        }
        self
    }

    /// A form with a file.
    pub fn with_file(mut self, name: &'a str, file_name: impl Into<String>, bytes: Vec<u8>) -> Sent<'a> {
        self.files.push((name, file_name.into(), bytes));
        self
    }

    /// The form as it is sent; between its parts stands what no file has by chance.
    fn encode(&self) -> Result<(String, Vec<u8>)> {
        let boundary = format!("tellmark-{}", people::secret(&mut Ports::system()?));
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        for (name, file_name, bytes) in &self.files {
            // As browsers write names of files in forms.
            let file_name = file_name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Ok((format!("multipart/form-data; boundary={boundary}"), body))
    }
}

impl Client {
    /// A client for a server's address.
    ///
    /// # Errors
    /// When the address is none, or a token and documents would cross a network in the clear, or there is no token.
    pub fn new(server: &str, token: Option<String>) -> Result<Client> {
        Client::patient(server, token, PATIENCE)
    }

    fn patient(server: &str, token: Option<String>, patience: Duration) -> Result<Client> {
        let base = checked(server)?;
        let token = token.filter(|token| !token.trim().is_empty()).ok_or_else(|| {
            Error::Input(format!(
                "the server asks who you are: make a token on its page \"your account\", and give it in {TOKEN}"
            ))
        })?;
        // A redirect could lead elsewhere, and takes no token along.
        let mut agent = Agent::config_builder();
        if base.scheme() != "https" {
            // To this machine in the clear, and so through no proxy on another one.
            agent = agent.proxy(None);
        }
        let agent = agent
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_resolve(Some(CONNECT_TIME_MAX))
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .timeout_per_read(Some(patience))
            .timeout_per_write(Some(patience))
            .user_agent(concat!("tellmark/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Client { agent: agent.into(), base, token: token.trim().to_owned() })
    }

    /// The server's name, for messages.
    pub fn name(&self) -> String {
        self.base.host_str().unwrap_or_default().to_owned()
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut address = self.base.clone();
        // The base was checked to be one that has a path.
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        address
    }

    fn send(&self, method: &str, address: &Url, body: Option<(String, Vec<u8>)>) -> Result<Response<Body>> {
        let request = Request::builder()
            .method(method)
            .uri(address.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let answer = match body {
            Some((kind, body)) => self.agent.run(request.header(header::CONTENT_TYPE, kind).body(body)?),
            None => self.agent.run(request.body(())?),
        };
        let name = self.name();
        let answer = answer.map_err(|error| anyhow::anyhow!("{name} could not be asked: {error}"))?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            status => Err(refused(&name, status, answer)),
        }
    }

    /// Gets something in JSON.
    ///
    /// # Errors
    /// When the server refuses, or cannot be reached.
    pub fn get(&self, path: &[&str]) -> Result<Value> {
        json(self.send("GET", &self.address(path), None)?)
    }

    /// All items of a list, part by part.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn list(&self, path: &[&str]) -> Result<Vec<Value>> {
        let (mut items, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut address = self.address(path);
            address.query_pairs_mut().append_pair("limit", "1000");
            if let Some(after) = &after {
                address.query_pairs_mut().append_pair("after", after);
            }
            let mut part = json(self.send("GET", &address, None)?)?;
            let own = part["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
            let next = part["next"].as_str().map(str::to_owned);
            if own.is_empty() || next.is_none() || next == after {
                items.extend(own);
                return Ok(items);
            }
            items.extend(own);
            after = next;
        }
    }

    /// Gets a file; the query may say which.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn file(&self, path: &[&str], query: &[(&str, &str)], bytes_max: u64) -> Result<Vec<u8>> {
        let mut address = self.address(path);
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.send("GET", &address, None)?;
        Ok(answer.into_body().into_with_config().limit(bytes_max).read_to_vec()?)
    }

    /// Gets a file piece by piece.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn stream(&self, path: &[&str]) -> Result<impl Read + use<>> {
        Ok(self.send("GET", &self.address(path), None)?.into_body().into_reader())
    }

    /// Sends a form.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post(&self, path: &[&str], form: &Sent<'_>) -> Result<Value> {
        json(self.send("POST", &self.address(path), Some(form.encode()?))?)
    }

    /// Removes something.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn delete(&self, path: &[&str]) -> Result<Value> {
        json(self.send("DELETE", &self.address(path), None)?)
    }

    /// Follows a progress, and tells each step, until it is over.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn follow(&self, path: &[&str], mut tell: impl FnMut(&Value)) -> Result<()> {
        let answer = self.send("GET", &self.address(path), None)?;
        let mut lines = BufReader::new(answer.into_body().into_reader());
        let mut event = String::new();
        loop {
            let mut line = String::new();
            if (&mut lines).take(LINE_BYTES_MAX).read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(name) = line.strip_prefix("event:") {
                event = name.trim().to_owned();
            }
            if event == "end" {
                return Ok(());
            }
            if let Some(data) = line.strip_prefix("data:")
                && let Ok(step) = serde_json::from_str(data.trim())
            {
                tell(&step);
            }
        }
    }
}

/// The address of a server, if nothing that is sent there can be read on the way.
fn checked(server: &str) -> Result<Url> {
    let wrong = |why: &str| Error::Input(format!("{server} cannot be used as a server: {why}"));
    let url: Url = server.parse().map_err(|_| wrong("write its address as https://tell.example"))?;
    if url.host().is_none() {
        return Err(wrong("it names no host").into());
    }
    match url.scheme() {
        "https" => {}
        "http" if tellmark_app::is_this_machine(&url) => {}
        "http" => {
            return Err(
                wrong("over http: documents and your token could be read on the way. Use https://").into()
            );
        }
        _ => return Err(wrong("write its address as https://tell.example").into()),
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(wrong("leave names, passwords and everything behind the host away").into());
    }
    Ok(url)
}

fn json(answer: Response<Body>) -> Result<Value> {
    let text = answer.into_body().into_with_config().limit(JSON_BYTES_MAX).read_to_vec()?;
    Ok(serde_json::from_slice(&text)?)
}

/// Why a server did not do something, as it says it. What the user can mend is told from what only the server's operator can.
fn refused(name: &str, status: StatusCode, answer: Response<Body>) -> anyhow::Error {
    const PROBLEM_BYTES_MAX: u64 = 64 << 10;
    let text =
        answer.into_body().into_with_config().limit(PROBLEM_BYTES_MAX).read_to_vec().unwrap_or_default();
    let problem: Value = serde_json::from_slice(&text).unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("it gave no reason");
    let said = format!("{name}: {detail} ({status})");
    match status.as_u16() {
        400 | 401 | 403 | 404 | 409 | 413 | 422 => Error::Input(said).into(),
        300..400 => Error::Input(format!(
            "{said}; it sends elsewhere, which is not followed: give the address that it names"
        ))
        .into(),
        _ => anyhow::anyhow!(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_over_a_network_in_the_clear() {
        for fine in [
            "https://tell.example",
            "http://127.0.0.1:8080",
            "http://[::1]:8080/",
            "http://localhost:9",
            "https://a.example/x/",
        ] {
            assert!(checked(fine).is_ok(), "{fine}");
        }
        for bad in [
            "http://tell.example",
            "http://127.0.0.1.example",
            "http://localhost.example:8080",
            "http://192.168.1.4",
            "http://[::ffff:10.0.0.1]",
            "http://0.0.0.0:8080",
            "ftp://tell.example",
            "tell.example",
            "https://ada:secret@tell.example",
            "file:///etc/passwd",
            "",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        assert!(Client::new("https://tell.example", None).is_err());
        assert!(Client::new("https://tell.example", Some(" ".into())).is_err());
    }

    /// A server that sends a file of so many bytes one by one, waiting before each, and is silent then.
    fn slow_server(said: usize, wait: Duration) -> String {
        use std::io::Write;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            while asked.next().is_some_and(|line| !line.is_empty()) {}
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n").unwrap();
            for _ in 0..said {
                std::thread::sleep(wait);
                stream.write_all(b"x").unwrap();
            }
            asked.next()
        });
        address
    }

    #[test]
    fn what_still_comes_is_not_cut_and_silence_is() {
        let patience = Duration::from_millis(600);
        let file = |said: usize| {
            let server = slow_server(said, patience / 4);
            let client = Client::patient(&server, Some("t".into()), patience).unwrap();
            client.file(&["x"], &[], 100)
        };
        // Twice as long as a silence may be.
        assert_eq!(file(8).unwrap(), b"xxxxxxxx");
        let begun = std::time::Instant::now();
        assert!(file(3).is_err());
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }

    #[test]
    fn addresses_are_made_of_segments() {
        let client = Client::new("http://127.0.0.1:8080/x/", Some("t".into())).unwrap();
        assert_eq!(
            client.address(&["cases", "a/b ü..", "bundle"]).as_str(),
            "http://127.0.0.1:8080/x/api/v1/cases/a%2Fb%20%C3%BC../bundle"
        );
        let sent =
            Sent::default().with("a", "1").with("b", "").with_file("file", "x\"\r\n.md", b"bytes".to_vec());
        let (kind, body) = sent.encode().unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(
            kind.starts_with("multipart/form-data; boundary=tellmark-")
                && body.contains("filename=\"x%22%0D%0A.md\"")
        );
        assert!(!body.contains("name=\"b\""));
    }
}
