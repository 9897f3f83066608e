//! A server on loopback that answers as a test says, also in ways that no good server does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use url::Url;

/// What is done with a connection after the request was read.
type Handler = Box<dyn Fn(&Request, &mut TcpStream) + Send + Sync>;

/// A request, as it came.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub path: String,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

pub struct Server {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Serves until the tests end.
    pub fn start(handler: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let handler: Arc<Handler> = Arc::new(Box::new(handler));
        let seen = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, handler) = (seen.clone(), handler.clone());
                std::thread::spawn(move || serve(stream, &seen, &handler));
            }
        });
        Server { port, requests }
    }

    /// Serves texts by their paths; everything else is not found.
    pub fn of(pages: &[(&str, &str)]) -> Server {
        let pages: BTreeMap<String, String> =
            pages.iter().map(|(path, body)| ((*path).to_owned(), (*body).to_owned())).collect();
        Server::start(move |request, stream| match pages.get(&request.path) {
            Some(body) => answer(stream, "200 OK", "", body.as_bytes()),
            None => answer(stream, "404 Not Found", "", b""),
        })
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    /// The requests so far, without those for robots.txt.
    pub fn requests(&self) -> Vec<Request> {
        let all = self.requests.lock().unwrap();
        all.iter().filter(|request| request.path != "/robots.txt").cloned().collect()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Request>>, handler: &Handler) {
    let mut request = Request::default();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) => {
                request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            None => request.path = line.split(' ').nth(1).unwrap_or_default().to_owned(),
        }
    }
    let length = request.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let _ = lines.take(length).read_to_end(&mut request.body);
    seen.lock().unwrap().push(request.clone());
    handler(&request, &mut stream);
}

/// An honest answer; `headers` end with a line break each.
pub fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let length = body.len();
    send(
        stream,
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n")
            .as_bytes(),
    );
    send(stream, body);
}

/// Sends bytes; whoever went away does not get them.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes).and_then(|()| stream.flush());
}
