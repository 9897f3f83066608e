//! Servers that stall, lie, redirect and send bombs.

use std::io::Write as _;

use tellmark_follow::{Error, Validators, limits};

use crate::server::{Server, answer, send};
use crate::{read, web};

/// Keeps a connection open and says nothing, for longer than any test waits.
pub fn stall() {
    std::thread::sleep(std::time::Duration::from_secs(60));
}

/// The error of a server that answers so.
fn refused(handler: impl Fn(&mut std::net::TcpStream) + Send + Sync + 'static) -> Error {
    let server = Server::start(move |request, stream| match request.path.as_str() {
        "/robots.txt" => answer(stream, "404 Not Found", "", b""),
        _ => handler(stream),
    });
    web(&server).get(&server.url("/"), &Validators::default()).unwrap_err()
}

fn is_io(error: &Error, words: &str) {
    assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(words), "{error:?}");
    assert!(!error.is_lasting());
}

#[test]
fn a_server_that_stalls_is_left() {
    is_io(&refused(|_| stall()), "took too long");
    is_io(
        &refused(|stream| {
            send(stream, b"HTTP/1.1 200 OK\r\ncontent-le");
            stall();
        }),
        "took too long",
    );
    is_io(
        &refused(|stream| {
            send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
            stall();
        }),
        "took too long",
    );
    // A byte now and then does not make it wait for ever.
    let drip = |stream: &mut std::net::TcpStream| {
        send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
        for _ in 0..200 {
            send(stream, b"x");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    is_io(&refused(drip), "took too long");
}

#[test]
fn a_server_that_lies_about_length_is_found_out() {
    let short = refused(|stream| send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nabc"));
    assert!(matches!(short, Error::Io { .. }), "{short:?}");
    let chunked =
        refused(|stream| send(stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc"));
    assert!(matches!(chunked, Error::Io { .. }), "{chunked:?}");
    for head in ["content-length: -1", "content-length: x", "content-length: 99999999999999999999"] {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nabc");
        let error = refused(move |stream| send(stream, head.as_bytes()));
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
    }
    let nonsense = refused(|stream| send(stream, b"\0\0\0\0 nonsense\r\n\r\n"));
    assert!(matches!(nonsense, Error::Io { .. }), "{nonsense:?}");
    let endless = refused(|stream| {
        send(stream, b"HTTP/1.1 200 OK\r\n");
        (0..100_000).for_each(|_| send(stream, b"x-header: 0123456789012345678901234567890123456789\r\n"));
    });
    assert!(matches!(endless, Error::Io { .. }), "{endless:?}");
}

#[test]
fn redirects_end_and_lead_to_public_hosts_only() {
    let to = |place: &'static str| {
        refused(move |stream| answer(stream, "302 Found", &format!("location: {place}\r\n"), b""))
    };
    let is_nowhere = |error: Error| assert!(matches!(error, Error::Redirects { .. }), "{error:?}");
    is_nowhere(to("/"));
    is_nowhere(to("file:///etc/passwd"));
    is_nowhere(to("ftp://example.org/"));
    for place in [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:9/",
        "http://10.0.0.1/",
        "http://0x7f.1:9/",
        "http://2130706433:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "//0.0.0.0:9/",
    ] {
        let error = to(place);
        assert!(matches!(error, Error::Private { .. }), "{place}: {error:?}");
    }
    assert!(matches!(to("https://a.never.example/"), Error::Never { .. }));
    assert!(matches!(to("https://ombudsman.city.example/"), Error::Never { .. }));
    let server = Server::start(|request, stream| {
        let next = format!("location: /{}x\r\n", request.path.trim_matches('/'));
        answer(stream, "301 Moved Permanently", &next, b"");
    });
    // robots.txt that leads nowhere asks for nothing.
    is_nowhere(web(&server).get(&server.url("/a"), &Validators::default()).unwrap_err());
    assert!(server.requests().len() < 20);
}

#[test]
fn a_private_host_is_refused_before_anything_is_sent() {
    let server = Server::of(&[]);
    let other = Server::of(&[]);
    let web = web(&server);
    let error = web.get(&other.url("/"), &Validators::default()).unwrap_err();
    assert!(matches!(error, Error::Private { .. }), "{error:?}");
    assert!(other.requests().is_empty());
}

fn gzip(count: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b' '; 1 << 20];
    (0..count).for_each(|_| encoder.write_all(&zeros).unwrap());
    encoder.finish().unwrap()
}

#[test]
fn bombs_of_gzip_are_defused() {
    let bomb = gzip(64);
    assert!(bomb.len() < 100_000 && limits::ANSWER_BYTES_MAX < 64 << 20);
    let packed = bomb.clone();
    let error = refused(move |stream| answer(stream, "200 OK", "content-encoding: gzip\r\n", &packed));
    assert!(matches!(error, Error::Limit { .. }), "{error:?}");
    let half = bomb[..bomb.len() / 2].to_vec();
    let error = refused(move |stream| answer(stream, "200 OK", "content-encoding: gzip\r\n", &half));
    assert!(matches!(error, Error::Limit { .. } | Error::Io { .. }), "{error:?}");
    let error = refused(|stream| answer(stream, "200 OK", "content-encoding: br\r\n", b"abc"));
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    // A sitemap in gzip is unpacked here, and not by HTTP.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(b"<urlset>").unwrap();
    (0..64).for_each(|_| encoder.write_all(&vec![b' '; 1 << 20]).unwrap());
    let sitemap = encoder.finish().unwrap();
    let server = Server::start(move |request, stream| match request.path.as_str() {
        "/sitemap.xml.gz" => answer(stream, "200 OK", "", &sitemap),
        _ => answer(stream, "404 Not Found", "", b""),
    });
    let error = read(&web(&server), server.url("/sitemap.xml.gz").as_str()).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error:?}");
}

#[test]
fn too_much_is_refused_without_compression_too() {
    let error = refused(|stream| {
        send(stream, b"HTTP/1.1 200 OK\r\n\r\n");
        let piece = vec![b'x'; 1 << 20];
        (0..40).for_each(|_| send(stream, &piece));
    });
    assert!(matches!(error, Error::Limit { .. }), "{error:?}");
}

#[test]
fn robots_are_asked_first_and_obeyed() {
    let server = Server::of(&[
        ("/robots.txt", "User-agent: *\nDisallow: /private"),
        ("/private/a", "secret"),
        ("/b", "open"),
    ]);
    let web = web(&server);
    assert!(matches!(web.get(&server.url("/private/a"), &Validators::default()), Err(Error::Robots { .. })));
    assert!(server.requests().is_empty());
    assert_eq!(web.get(&server.url("/b"), &Validators::default()).unwrap().unwrap().bytes, b"open");
    // A site that fails to say what it wants is not read for now.
    let server = Server::start(|request, stream| match request.path.as_str() {
        "/robots.txt" => answer(stream, "500 Oh", "", b""),
        _ => answer(stream, "200 OK", "", b"open"),
    });
    let error = crate::web(&server).get(&server.url("/b"), &Validators::default()).unwrap_err();
    assert!(matches!(error, Error::Status { status: 500, .. }) && !error.is_lasting());
    assert!(server.requests().is_empty());
}

#[test]
fn a_server_that_wants_to_be_left_alone_says_how_long() {
    let error = refused(|stream| answer(stream, "503 Busy", "retry-after: 120\r\n", b""));
    assert_eq!((error.retry_after(), error.is_lasting()), (Some(120), false));
    let error = refused(|stream| answer(stream, "410 Gone", "", b""));
    assert!(error.is_lasting());
}

#[test]
fn pages_that_nobody_wrote_are_read_nevertheless() {
    let deep = format!("<html><body>{}secret words{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
    let open = format!("<html><body>{}secret words", "<b><i><p>".repeat(50_000));
    let tables = format!("<html><body>{}secret words", "<table><tr><td>".repeat(3_000));
    let server = Server::of(&[("/deep", &deep), ("/open", &open), ("/tables", &tables)]);
    for path in ["/deep", "/open", "/tables"] {
        let (_, articles) = read(&web(&server), server.url(path).as_str()).unwrap();
        assert!(articles[0].text.as_ref().unwrap().contains("secret words"), "{path}");
    }
}
