//! Servers on loopback with certificates of their own: pages, webhooks and mail through TLS.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tellmark_follow::{Encryption, Guard, Mailer, Manners, Never, Trust, Validators, Web, Webhook};
use url::Url;

/// A certificate for `localhost` that nobody vouches for but itself.
struct Identity {
    folder: tempfile::TempDir,
}

impl Identity {
    fn make() -> Identity {
        let folder = tempfile::tempdir().unwrap();
        tellmark_testkit::certificate(folder.path(), "DNS:localhost");
        Identity { folder }
    }

    fn pem(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    fn trust(&self) -> Trust {
        Trust::with_own(&self.pem("cert.pem")).unwrap()
    }

    fn config(&self) -> Arc<ServerConfig> {
        let certificates =
            CertificateDer::pem_slice_iter(&self.pem("cert.pem")).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(&self.pem("key.pem")).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        Arc::new(builder.with_single_cert(certificates, key).unwrap())
    }
}

/// Serves each connection by a thread of its own; returns the port.
fn serve(handler: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let handler = Arc::new(handler);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handler = handler.clone();
            std::thread::spawn(move || handler(stream));
        }
    });
    port
}

/// A server of one page, at every address.
fn pages(config: Arc<ServerConfig>) -> u16 {
    serve(move |stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        let mut lines = BufReader::new(&mut stream);
        let (mut line, mut length) = (String::new(), 0);
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) && !line.trim().is_empty() {
            if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = said.trim().parse().unwrap();
            }
            line.clear();
        }
        let _ = lines.take(length).read_to_end(&mut Vec::new());
        let page = "<p>The dam stood at 61 percent.</p>";
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", page.len());
        let _ = stream.write_all(format!("{head}{page}").as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

fn manners() -> Manners {
    Manners { pace: Duration::ZERO, answer_time_max: Duration::from_secs(5), ..Manners::default() }
}

#[test]
fn a_page_is_read_only_from_whom_its_certificate_names() {
    let identity = Identity::make();
    let port = pages(identity.config());
    let get = |host: &str, trust: Trust| {
        let guard = Guard::allowing([format!("{host}:{port}")]);
        let url = Url::parse(&format!("https://{host}:{port}/a")).unwrap();
        Web::new(manners(), guard, Arc::new(Never::default()), trust).get(&url, &Validators::default())
    };
    let answer = get("localhost", identity.trust()).unwrap().unwrap();
    assert!(answer.bytes.starts_with(b"<p>The dam"));
    // Whom nobody vouches for, and another name than the certificate's.
    for (host, trust) in [("localhost", Trust::default()), ("127.0.0.1", identity.trust())] {
        let error = get(host, trust).unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
    }
}

#[test]
fn a_webhook_is_told_only_with_a_certificate_that_is_believed() {
    let identity = Identity::make();
    let url = format!("https://localhost:{}/hook", pages(identity.config()));
    let hook = Webhook { url, secret: "a secret of some length".into() };
    hook.send("sighting-1-a", b"{}", 1_780_000_000, &manners(), &identity.trust()).unwrap();
    let error = hook.send("sighting-1-a", b"{}", 1_780_000_000, &manners(), &Trust::default()).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

/// Takes mail, and says what was said to it. With `starts` it begins in clear text and wants to go on encrypted.
fn post_office(config: Arc<ServerConfig>, starts: bool, heard: Arc<Mutex<Vec<String>>>) -> u16 {
    serve(move |mut stream| {
        if starts {
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let _ = stream.write_all(b"220 post ESMTP\r\n");
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                heard.lock().unwrap().push(format!("clear {}", line.trim()));
                let answer: &[u8] = match &*line.trim().to_ascii_uppercase() {
                    "STARTTLS" => b"220 go\r\n",
                    _ => b"250-post\r\n250 STARTTLS\r\n",
                };
                let _ = stream.write_all(answer);
                if answer.starts_with(b"220") {
                    break;
                }
                line.clear();
            }
        }
        let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        if !starts && stream.write_all(b"220 post ESMTP\r\n").is_err() {
            return;
        }
        let (mut line, mut is_letter) = (Vec::new(), false);
        let mut byte = [0];
        while stream.read(&mut byte).is_ok_and(|read| read > 0) {
            line.push(byte[0]);
            if byte[0] != b'\n' {
                continue;
            }
            let said = String::from_utf8_lossy(&line).trim().to_owned();
            line.clear();
            heard.lock().unwrap().push(said.clone());
            let answer: &[u8] = match &*said.to_ascii_uppercase() {
                "." => b"250 taken\r\n",
                _ if is_letter => continue,
                "DATA" => b"354 go on\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            };
            is_letter = answer.starts_with(b"354");
            let _ = stream.write_all(answer);
        }
    })
}

#[test]
fn mail_goes_encrypted_to_whom_its_certificate_names() {
    let identity = Identity::make();
    for tls in [Encryption::Wrapper, Encryption::StartTls] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let starts = tls == Encryption::StartTls;
        let port = post_office(identity.config(), starts, heard.clone());
        let send = |server: &str, trust: &Trust| {
            let mailer = Mailer {
                server: server.into(),
                port,
                tls,
                user: None,
                password: None,
                from: "tellmark@firm.example".into(),
                to: vec!["desk@firm.example".into()],
            };
            mailer.send("sighting-1-a", "Sighting", "12 words", Duration::from_secs(5), trust)
        };
        send("localhost", &identity.trust()).unwrap();
        let said = std::mem::take(&mut *heard.lock().unwrap());
        assert!(said.contains(&"Message-ID: <sighting-1-a@firm.example>".to_owned()), "{tls:?} {said:?}");
        assert_eq!(said.contains(&"clear STARTTLS".to_owned()), starts, "{said:?}");
        for (server, trust) in [("localhost", Trust::default()), ("127.0.0.1", identity.trust())] {
            let error = send(server, &trust).unwrap_err().to_string();
            assert!(error.contains("certificate"), "{tls:?} {server} {error}");
        }
        let said = heard.lock().unwrap();
        assert!(said.iter().all(|line| !line.contains("words") && !line.contains("MAIL FROM")), "{said:?}");
    }
}

/// A server that offers no encryption gets no mail.
#[test]
fn mail_does_not_go_on_in_clear_text() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let seen = heard.clone();
    let port = serve(move |mut stream| {
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let _ = stream.write_all(b"220 post ESMTP\r\n");
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
            seen.lock().unwrap().push(line.trim().to_owned());
            let _ = stream.write_all(b"250 post\r\n");
            line.clear();
        }
    });
    let mailer = Mailer {
        server: "localhost".into(),
        port,
        tls: Encryption::StartTls,
        user: Some("tellmark".into()),
        password: Some("secret".into()),
        from: "tellmark@firm.example".into(),
        to: vec!["desk@firm.example".into()],
    };
    assert!(mailer.send("x", "s", "t", Duration::from_secs(5), &Trust::default()).is_err());
    let said = heard.lock().unwrap();
    assert!(said.iter().all(|line| line.starts_with("EHLO") || line == "QUIT"), "{said:?}");
}
