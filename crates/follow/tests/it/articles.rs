//! What comes out of feeds, sitemaps, pages and folders.

use std::fs;

use tellmark_follow::{Error, Kind, Validators};

use crate::server::{Server, answer};
use crate::{Taker, read, web};

const STORY: &str = "The envoys agreed to reopen the Karrow sluices in early spring, before the herring run, and to say \
     nothing of it until the ministers had met in Tolmouth at the end of the month.";

fn page(title: &str, text: &str) -> String {
    let paragraph = format!("<p>{text}</p>");
    format!(
        "<html><head><title>{title}</title></head><body><nav><a href=/>Home</a></nav><article><h1>{title}</h1>{}</article>\
         <script>var x = 'not to be read';</script></body></html>",
        paragraph.repeat(3)
    )
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>P</title><link>/</link><description>d</description>{items}</channel></rss>"
    )
}

#[test]
fn each_kind_of_feed_leads_to_its_pages() {
    let item = "<item><title>One</title><link>/one</link><guid>1</guid><description>Teaser of one</description></item>";
    let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>P</title><id>p</id><updated>2026-05-01T00:00:00Z</updated>\
                <entry><id>1</id><title>One</title><link href=\"/one\"/><updated>2026-05-01T00:00:00Z</updated></entry></feed>";
    let json = "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"P\", \"items\": [{\"id\": \"1\", \"url\": \"PLACE/one\", \"content_text\": \"Teaser of one\"}]}";
    for (name, feed) in [("rss", rss(item).as_str()), ("atom", atom), ("json", json)] {
        let one = page("One", STORY);
        let feed = feed.to_owned();
        let server = Server::start(move |request, stream| {
            let place = format!("http://{}", request.headers["host"]);
            match request.path.as_str() {
                "/feed" => answer(stream, "200 OK", "", feed.replace("PLACE", &place).as_bytes()),
                "/one" => answer(stream, "200 OK", "content-type: text/html\r\n", one.as_bytes()),
                _ => answer(stream, "404 Not Found", "", b""),
            }
        });
        let (polled, articles) = read(&web(&server), server.url("/feed").as_str()).unwrap();
        assert_eq!((polled.articles, polled.failed), (1, 0), "{name}: {polled:?}");
        let article = &articles[0];
        assert_eq!(
            (article.address.as_str(), article.kind),
            (server.url("/one").as_str(), Kind::Page),
            "{name}"
        );
        let text = article.text.as_ref().unwrap();
        assert!(text.contains(STORY) && !text.contains("not to be read"), "{name}: {text}");
    }
}

#[test]
fn a_feed_is_one_whatever_stands_before_its_root_and_wherever_its_version_stands() {
    let item = "<item><title>One</title><link>/one</link><guid>1</guid></item>";
    let long = format!("<!-- {} -->", "a remark ".repeat(2_000));
    let commented = rss(item).replace("<rss", &format!("{long}\n<rss"));
    let typed = rss(item)
        .replace("<rss", "<!DOCTYPE rss [<!ELEMENT rss (channel)>]>\n<?xml-stylesheet href=\"a\"?><rss");
    let prefixed = "\u{feff}<a:feed xmlns:a=\"http://www.w3.org/2005/Atom\"><a:title>P</a:title><a:id>p</a:id>\
                    <a:updated>2026-05-01T00:00:00Z</a:updated><a:entry><a:id>1</a:id><a:title>One</a:title>\
                    <a:link href=\"/one\"/><a:updated>2026-05-01T00:00:00Z</a:updated></a:entry></a:feed>";
    let late = format!(
        "\n{{\"title\": \"P\", \"description\": \"{}\", \"items\": [{{\"id\": \"1\", \"url\": \"PLACE/one\"}}], \
         \"version\": \"https://jsonfeed.org/version/1.1\"}}",
        "words ".repeat(2_000)
    );
    let sitemap = format!("{long}<urlset xmlns=\"x\"><url><loc>/one</loc></url></urlset>");
    for (name, feed) in [
        ("comment", commented.as_str()),
        ("doctype", &typed),
        ("prefix", prefixed),
        ("json", &late),
        ("sitemap", &sitemap),
    ] {
        let (one, feed) = (page("One", STORY), feed.to_owned());
        let server = Server::start(move |request, stream| {
            let place = format!("http://{}", request.headers["host"]);
            match request.path.as_str() {
                "/feed" => answer(stream, "200 OK", "", feed.replace("PLACE", &place).as_bytes()),
                "/one" => answer(stream, "200 OK", "content-type: text/html\r\n", one.as_bytes()),
                _ => answer(stream, "404 Not Found", "", b""),
            }
        });
        let (_, articles) = read(&web(&server), server.url("/feed").as_str()).unwrap();
        let addresses: Vec<&str> = articles.iter().map(|article| article.address.as_str()).collect();
        assert_eq!(addresses, [server.url("/one").as_str()], "{name}");
    }
    // A page that speaks of feeds is a page.
    let speaks = page(
        "Feeds",
        "A feed begins with &lt;rss or <feed or <urlset, and its version is jsonfeed.org/version/1.",
    );
    let server = Server::of(&[("/page", &speaks)]);
    let (_, articles) = read(&web(&server), server.url("/page").as_str()).unwrap();
    assert_eq!((articles.len(), articles[0].kind), (1, Kind::Page));
}

#[test]
fn whoever_a_link_or_a_redirect_names_is_not_told_to_anybody() {
    let one = page("One", STORY);
    let server = Server::start(move |request, stream| {
        let host = &request.headers["host"];
        let items = ["one", "moved"].map(|name| {
            format!("<item><title>{name}</title><link>http://anna:hunter2@{host}/{name}</link><guid>{name}</guid></item>")
        });
        match request.path.as_str() {
            "/feed" => answer(stream, "200 OK", "", rss(&items.concat()).as_bytes()),
            "/moved" => {
                answer(stream, "302 Found", &format!("location: http://anna:hunter2@{host}/one\r\n"), b"")
            }
            "/one" => answer(stream, "200 OK", "content-type: text/html\r\n", one.as_bytes()),
            _ => answer(stream, "404 Not Found", "", b""),
        }
    });
    let (_, articles) = read(&web(&server), server.url("/feed").as_str()).unwrap();
    assert_eq!(articles.len(), 2);
    for article in &articles {
        assert_eq!(article.address, server.url("/one").as_str());
    }
    assert!(server.requests().iter().all(|request| !request.headers.contains_key("authorization")));
}

#[test]
fn an_entry_that_fails_comes_again_and_stops_no_other() {
    let items = ["gone", "broken", "fine"].map(|name| {
        format!("<item><title>{name}</title><link>/{name}</link><guid>{name}</guid><description>Teaser of {name}</description></item>")
    });
    let (feed, fine) = (rss(&items.concat()), page("Fine", STORY));
    let server = Server::start(move |request, stream| match request.path.as_str() {
        "/feed" => answer(stream, "200 OK", "etag: \"1\"\r\n", feed.as_bytes()),
        "/fine" => answer(stream, "200 OK", "", fine.as_bytes()),
        "/broken" => answer(stream, "500 Oh", "", b""),
        _ => answer(stream, "404 Not Found", "", b""),
    });
    let (web, mut taker) = (web(&server), Taker::default());
    let source = server.url("/feed");
    let (polled, articles) = taker.poll(&web, source.as_str(), &Validators::default()).unwrap();
    // What is gone is searched in the feed's own words; what is broken is asked for again.
    let kinds: Vec<Kind> = articles.iter().map(|article| article.kind).collect();
    assert_eq!(kinds, [Kind::Entry, Kind::Page]);
    assert!(articles[0].text.as_ref().unwrap().contains("Teaser of gone") && articles[0].note.is_some());
    assert_eq!((polled.failed, &polled.validators), (1, &Validators::default()));
    assert!(polled.last_error.unwrap().contains("500"));
    let (polled, articles) = taker.poll(&web, source.as_str(), &polled.validators).unwrap();
    assert_eq!((polled.failed, articles.len()), (1, 0));
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let feed = rss("");
    let server = Server::start(move |request, stream| match request.headers.get("if-none-match") {
        _ if request.path == "/robots.txt" => answer(stream, "404 Not Found", "", b""),
        Some(etag) if etag == "\"1\"" => answer(stream, "304 Not Modified", "", b""),
        _ => answer(
            stream,
            "200 OK",
            "etag: \"1\"\r\nlast-modified: Fri, 01 May 2026 00:00:00 GMT\r\n",
            feed.as_bytes(),
        ),
    });
    let (web, mut taker) = (web(&server), Taker::default());
    let source = server.url("/feed");
    let (first, _) = taker.poll(&web, source.as_str(), &Validators::default()).unwrap();
    assert_eq!(first.validators.etag.as_deref(), Some("\"1\""));
    let (second, _) = taker.poll(&web, source.as_str(), &first.validators).unwrap();
    assert!(second.is_unchanged && !first.is_unchanged);
    assert!(server.requests()[1].headers.contains_key("if-modified-since"));
}

#[test]
fn half_a_feed_is_none() {
    let whole = rss(
        "<item><title>One</title><link>/one</link></item><item><title>Two</title><link>/two</link></item>",
    );
    let half = whole[..whole.len() - 60].to_owned();
    let server = Server::of(&[("/feed", &half), ("/one", &page("One", STORY))]);
    let error = read(&web(&server), server.url("/feed").as_str()).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
}

#[test]
fn encodings_are_found_out() {
    let feed = |declared: &str| {
        let text = rss(
            "<item><title>Z\u{fc}rich</title><guid>1</guid><description>\u{fc}ber Nacht fiel der Entschlu\u{df}</description></item>",
        );
        text.replace("<?xml version=\"1.0\"?>", &format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>"))
    };
    let latin = |text: String| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    let cases = [
        ("right", feed("utf-8").into_bytes(), ""),
        ("declared", latin(feed("iso-8859-1")), ""),
        ("the server is wrong", feed("utf-8").into_bytes(), "content-type: text/xml; charset=iso-8859-1\r\n"),
        ("the feed is wrong", latin(feed("utf-8")), ""),
        ("both are wrong", latin(feed("utf-8")), "content-type: text/xml; charset=utf-8\r\n"),
        (
            "utf-16",
            feed("utf-16").encode_utf16().flat_map(u16::to_be_bytes).collect(),
            "content-type: text/xml; charset=utf-16be\r\n",
        ),
    ];
    for (name, bytes, headers) in cases {
        let server = Server::start(move |request, stream| match request.path.as_str() {
            "/feed" => answer(stream, "200 OK", headers, &bytes),
            _ => answer(stream, "404 Not Found", "", b""),
        });
        let (_, articles) = read(&web(&server), server.url("/feed").as_str()).unwrap();
        assert_eq!(articles[0].text.as_deref(), Some("Zürich\n\nüber Nacht fiel der Entschluß"), "{name}");
    }
}

#[test]
fn sitemaps_and_their_indexes_lead_to_pages() {
    let index = "<sitemapindex xmlns=\"x\"><sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/loop.xml</loc></sitemap></sitemapindex>";
    let own = "<urlset><url><loc>/one?a=1&amp;b=2&#38;c=&#x33;&#0;</loc><lastmod>2026-05-01</lastmod></url><url><loc>http://elsewhere.example/</loc></url></urlset>";
    let (one, other) =
        (page("One", STORY), "<sitemapindex><sitemap><loc>/index.xml</loc></sitemap></sitemapindex>");
    let server = Server::of(&[
        ("/index.xml", index),
        ("/a.xml", own),
        ("/loop.xml", other),
        ("/one?a=1&b=2&c=3", &one),
    ]);
    let (web, mut taker) = (web(&server), Taker::default());
    let source = server.url("/index.xml");
    let (polled, articles) = taker.poll(&web, source.as_str(), &Validators::default()).unwrap();
    assert_eq!((polled.articles, polled.failed), (1, 0), "{polled:?}");
    assert!(articles[0].text.as_ref().unwrap().contains(STORY));
    assert_eq!(taker.poll(&web, source.as_str(), &Validators::default()).unwrap().0.articles, 0);
    let half = &own[..60];
    let server = Server::of(&[("/a.xml", half)]);
    assert!(matches!(
        read(&crate::web(&server), server.url("/a.xml").as_str()),
        Err(Error::Malformed { .. })
    ));
}

#[test]
fn a_page_is_new_when_its_article_is() {
    let server = Server::of(&[("/one", &page("One", STORY))]);
    let (web, mut taker) = (web(&server), Taker::default());
    let source = server.url("/one");
    let (_, articles) = taker.poll(&web, source.as_str(), &Validators::default()).unwrap();
    assert_eq!((articles.len(), articles[0].title.as_str()), (1, "One"));
    assert_eq!(taker.poll(&web, source.as_str(), &Validators::default()).unwrap().1.len(), 0);
}

#[test]
fn links_to_channels_that_are_never_followed_are_passed_over() {
    let feed = rss(
        "<item><title>Speak</title><link>https://a.never.example/x</link><description>Speak up</description></item>",
    );
    let server = Server::of(&[("/feed", &feed)]);
    let (polled, articles) = read(&web(&server), server.url("/feed").as_str()).unwrap();
    assert_eq!((polled.passed_over, articles.len()), (1, 0));
    assert!(matches!(read(&web(&server), "https://never.example/feed"), Err(Error::Never { .. })));
}

const MAIL: &str = "From: Anna <anna@paper.example>\r\nTo: desk@paper.example\r\nSubject: Sluices\r\nMessage-ID: <1@paper.example>\r\n\r\nThey will reopen.\r\n";

#[test]
fn folders_hold_files_pages_and_messages() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("deep/er")).unwrap();
    fs::write(path("a.txt"), "Z\u{fc}rich".chars().map(|c| c as u8).collect::<Vec<u8>>()).unwrap();
    fs::write(path("b.html"), page("B", STORY)).unwrap();
    fs::write(path("deep/er/c.eml"), MAIL).unwrap();
    fs::write(path("d.pdf"), "%PDF-1.7 no more").unwrap();
    fs::write(path("e.eml"), MAIL.replace("anna@", "tips@")).unwrap();
    fs::write(path(".hidden"), "x").unwrap();
    fs::write(path("empty"), "").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc", path("link")).unwrap();
    let (web, mut taker) = (web(&Server::of(&[])), Taker::default());
    let source = folder.path().to_str().unwrap();
    let (polled, articles) = taker.poll(&web, source, &Validators::default()).unwrap();
    let kinds: Vec<(&str, Kind)> = articles.iter().map(|one| (one.title.as_str(), one.kind)).collect();
    assert_eq!(
        kinds,
        [("a.txt", Kind::Text), ("B", Kind::Page), ("d.pdf", Kind::File), ("Sluices", Kind::Message)]
    );
    assert_eq!(articles[0].text.as_deref(), Some("Zürich"));
    assert_eq!((articles[2].text.as_deref(), articles[3].address.as_str()), (None, "mid:1@paper.example"));
    assert_eq!(polled.passed_over, 1, "{polled:?}");
    assert!(taker.poll(&web, source, &Validators::default()).unwrap().1.is_empty());
    fs::write(path("a.txt"), "another text").unwrap();
    assert_eq!(taker.poll(&web, source, &Validators::default()).unwrap().1.len(), 1);
    assert!(matches!(read(&web, path("none").to_str().unwrap()), Err(Error::Io { .. })));
}

#[test]
fn messages_in_folders_are_known_whatever_they_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let refused = MAIL.replace("anna@", "tips@");
    let wide: Vec<u8> =
        "\u{feff}".encode_utf16().chain(refused.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for name in ["a.txt", "b", "1", "c.msg"] {
        fs::write(path(name), &refused).unwrap();
    }
    fs::write(path("wide.txt"), wide).unwrap();
    fs::write(path("copied.txt"), "From: tips@paper.example\nThey will reopen.\n").unwrap();
    fs::write(path("box"), format!("From x Mon\r\n{MAIL}\r\nFrom x Mon\r\n{refused}")).unwrap();
    fs::write(path("outlook.msg"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more").unwrap();
    let packed = "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nThey will re=\r\nopen";
    fs::write(path("fine.txt"), MAIL.replace("\r\n\r\nThey will reopen", packed)).unwrap();
    fs::write(path("prose.txt"), "From now on they are shut.\nNobody says why.\n\nTo: be\n").unwrap();
    let mut deep = folder.path().to_path_buf();
    (0..20).for_each(|_| deep.push("d"));
    fs::create_dir_all(&deep).unwrap();
    let (web, mut taker) = (web(&Server::of(&[])), Taker::default());
    let (polled, articles) =
        taker.poll(&web, folder.path().to_str().unwrap(), &Validators::default()).unwrap();
    let kinds: Vec<(&str, Kind)> = articles.iter().map(|one| (one.title.as_str(), one.kind)).collect();
    assert_eq!(kinds, [("Sluices", Kind::Message), ("Sluices", Kind::Message), ("prose.txt", Kind::Text)]);
    assert!(articles[1].text.as_ref().unwrap().contains("They will reopen."));
    // The seven refused, Outlook's, and the folder that lies too deep.
    assert_eq!((polled.passed_over, polled.failed), (9, 0), "{polled:?}");
    let again = taker.poll(&web, folder.path().to_str().unwrap(), &Validators::default()).unwrap().1;
    assert!(again.is_empty());
}

#[test]
fn mbox_files_and_maildirs_hold_messages() {
    let folder = tempfile::tempdir().unwrap();
    let mbox = folder.path().join("box");
    let html = MAIL
        .replace("\r\n\r\nThey", "\r\nContent-Type: text/html\r\n\r\n<p>They")
        .replace("Sluices", "Second");
    let quoted = MAIL.replace("They", ">From now on they");
    fs::write(
        &mbox,
        format!(
            "From x Mon\r\n{MAIL}\r\nFrom y Tue\r\n{html}\r\nFrom z\r\n{quoted}\r\nFrom y\r\n{}",
            MAIL.replace("anna@paper.example>", "audit@a.never.example>")
        ),
    )
    .unwrap();
    let (web, mut taker) = (web(&Server::of(&[])), Taker::default());
    let source = mbox.to_str().unwrap();
    let (polled, articles) = taker.poll(&web, source, &Validators::default()).unwrap();
    let texts: Vec<&str> = articles.iter().map(|one| one.text.as_deref().unwrap().trim_end()).collect();
    assert_eq!(
        texts,
        [
            "Sluices\n\nThey will reopen.",
            "Second\n\nThey will reopen.",
            "Sluices\n\nFrom now on they will reopen."
        ]
    );
    assert_eq!(polled.passed_over, 1);
    assert!(taker.poll(&web, source, &polled.validators).unwrap().0.is_unchanged);

    let maildir = folder.path().join("mail");
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.join(sub)).unwrap();
        fs::write(maildir.join(sub).join(format!("1.{sub}")), MAIL.replace("Sluices", sub)).unwrap();
    }
    let source = maildir.to_str().unwrap();
    let titles = |articles: &[tellmark_follow::Article]| {
        articles.iter().map(|one| one.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&taker.poll(&web, source, &Validators::default()).unwrap().1), ["cur", "new"]);
    fs::rename(maildir.join("new/1.new"), maildir.join("cur/1.new:2,S")).unwrap();
    assert!(
        taker.poll(&web, source, &Validators::default()).unwrap().1.is_empty(),
        "read, it is the same message"
    );
}
