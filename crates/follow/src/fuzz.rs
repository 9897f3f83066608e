//! One function for each parser of what comes from outside, for the fuzzer and for a test that replays its corpus.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use tellmark_core::Hash;
use url::Url;

use crate::limits::{ANSWER_BYTES_MAX, FILE_BYTES_MAX, PAGE_BYTES_MAX};
use crate::poll::Poll;
use crate::robots::Rules;
use crate::web::Answer;
use crate::{
    Article, Guard, Manners, Never, Reader, Trust, Validators, Web, charset, feed, folder, lines, mail, page,
    sitemap,
};

/// Takes a parser through bytes that nobody vouches for.
pub type Target = fn(&[u8]);

/// Every target: its name, which is the folder of its corpus too, and the function.
pub const TARGETS: [(&str, Target); 7] = [
    ("feed", feed),
    ("sitemap", sitemap),
    ("robots", robots),
    ("page", page),
    ("mbox", mbox),
    ("message", message),
    ("lines", lines),
];

/// What a server answers.
fn answer(bytes: &[u8]) -> Option<Answer> {
    Some(Answer {
        url: Url::parse("https://paper.example/a/b").ok()?,
        content_type: String::new(),
        charset: None,
        validators: Validators::default(),
        bytes: bytes.to_vec(),
    })
}

/// Reads a feed, whether it looks like one or not.
pub fn feed(bytes: &[u8]) {
    let Some(answer) = answer(bytes) else { return };
    let _ = feed::is_feed(&answer);
    for item in feed::read(&answer).unwrap_or_default() {
        assert!(item.link.is_none_or(|link| matches!(link.scheme(), "http" | "https")));
    }
}

/// Reads a sitemap, also one in gzip.
pub fn sitemap(bytes: &[u8]) {
    let Some(answer) = answer(bytes) else { return };
    let _ = sitemap::is_sitemap(&answer);
    for (url, _) in sitemap::read(&answer).unwrap_or_default().entries {
        assert_eq!(url.host(), answer.url.host());
    }
}

/// Reads robots.txt and asks it of an address.
pub fn robots(bytes: &[u8]) {
    let rules = Rules::parse("tellmark/0.1", bytes);
    let _ = (answer(b"").map(|answer| rules.allow(&answer.url)), rules.delay());
}

/// Takes the article out of a page.
pub fn page(bytes: &[u8]) {
    let _ = charset::decode(bytes, Some("utf-8"));
    if let Some(answer) = answer(bytes).filter(|_| bytes.len() <= PAGE_BYTES_MAX) {
        let _ = page::read(&answer);
    }
}

/// Reads a message with its attachments.
pub fn message(bytes: &[u8]) {
    let articles = mail::read("message", Hash::of(bytes), bytes, &Never::default()).unwrap_or_default();
    assert!(articles.iter().all(|article| article.page.len() <= ANSWER_BYTES_MAX.max(bytes.len())));
}

/// Reads a file of messages.
pub fn mbox(bytes: &[u8]) {
    let mut taker = Taker::default();
    let read = folder::messages(&mut Poll::new(web(), &mut taker), Path::new("box"), bytes);
    assert!(read.is_ok());
}

/// Reads articles in lines.
pub fn lines(mut bytes: &[u8]) {
    let mut taker = Taker::default();
    let read = lines::poll(&mut Poll::new(web(), &mut taker), &mut bytes);
    assert!(read.is_ok());
}

fn web() -> &'static Web {
    static WEB: OnceLock<Web> = OnceLock::new();
    let make = || {
        let never = Arc::new(Never::default());
        Web::new(Manners::default(), Guard::default(), never, Trust::default())
    };
    WEB.get_or_init(make)
}

/// Takes everything.
#[derive(Default)]
struct Taker(usize);

impl Reader for Taker {
    fn wants(&mut self, _: Hash) -> bool {
        true
    }

    fn take(&mut self, article: Article) -> bool {
        assert!(!article.text.unwrap_or_default().contains('\0'));
        assert!(article.page.len() <= FILE_BYTES_MAX);
        self.0 += 1;
        true
    }
}
