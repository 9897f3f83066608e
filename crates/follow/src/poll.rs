//! Reading a source once: what is new in it.

use tellmark_core::Hash;
use url::Url;

use crate::article::{Article, Kind, key};
use crate::limits::{ARTICLES_A_POLL_MAX, FIELD_BYTES_MAX, SITEMAPS_MAX, TEXT_BYTES_MAX};
use crate::web::{Answer, Validators, Web};
use crate::{Error, Result, Source, charset, feed, folder, imap, lines, page, sitemap};

/// Who takes the articles of a source.
pub trait Reader {
    /// Whether an article is wanted: whether it was not taken before.
    fn wants(&mut self, key: Hash) -> bool;

    /// Takes an article; `false` when no more are wanted.
    fn take(&mut self, article: Article) -> bool;

    /// Whether the pictures of pages are wanted, as articles of their own.
    fn wants_pictures(&self) -> bool {
        false
    }
}

/// How a source came out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Polled {
    /// What to ask with the next time; nothing when something is left to be read.
    pub validators: Validators,
    /// The source said that nothing changed.
    pub is_unchanged: bool,
    /// Articles that were taken.
    pub articles: usize,
    /// Articles that could not be read now and are tried again with the next poll.
    pub failed: usize,
    /// Articles that were passed over: refused by their site, or of a channel that is never followed.
    pub passed_over: usize,
    /// More articles are there than one poll opens: it may be polled again at once.
    pub has_more: bool,
    /// How many of these are of people, or at places, that are never followed: nothing else is said of them.
    pub never: usize,
    /// Why one of the others was not read.
    pub last_error: Option<String>,
}

/// Reads a source once. `password` is that of a mailbox on a server. An article that fails does not stop the others.
///
/// # Errors
/// When the source itself cannot be read.
pub fn poll(
    web: &Web,
    source: &Source,
    password: Option<&str>,
    known: &Validators,
    reader: &mut dyn Reader,
) -> Result<Polled> {
    web.never().check(source)?;
    let mut poll = Poll::new(web, reader);
    let validators = match source {
        Source::Web(url) => poll.web_source(url, known)?,
        Source::Path(path) => folder::poll(&mut poll, path, known)?,
        Source::Imap(url) => {
            imap::poll(&mut poll, url, password)?;
            Some(Validators::default())
        }
        Source::Stdin => {
            lines::poll(&mut poll, &mut std::io::stdin().lock())?;
            Some(Validators::default())
        }
    };
    poll.polled.has_more = poll.is_over;
    match validators {
        None => poll.polled.is_unchanged = true,
        // What is left must be found again, so that the whole is asked for again.
        Some(validators) if poll.polled.failed == 0 && !poll.is_over => poll.polled.validators = validators,
        Some(_) => {}
    }
    Ok(poll.polled)
}

/// A poll that is under way.
pub(crate) struct Poll<'a> {
    pub web: &'a Web,
    reader: &'a mut dyn Reader,
    polled: Polled,
    /// So many articles are opened.
    articles_max: usize,
    is_over: bool,
}

impl<'a> Poll<'a> {
    /// A poll that begins.
    pub fn new(web: &'a Web, reader: &'a mut dyn Reader) -> Poll<'a> {
        Poll { web, reader, polled: Polled::default(), articles_max: ARTICLES_A_POLL_MAX, is_over: false }
    }
}

impl Poll<'_> {
    /// Takes all that there is: what is read once, and is gone then, cannot wait for the next poll.
    pub fn take_all(&mut self) {
        self.articles_max = usize::MAX;
    }

    /// Whether no more articles are wanted now.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether an article is wanted.
    pub fn wants(&mut self, key: Hash) -> bool {
        !self.is_over && self.reader.wants(key)
    }

    /// Hands an article on.
    pub fn give(&mut self, mut article: Article) {
        if let Some(text) = &mut article.text {
            // PostgreSQL holds no NUL, and no reader sees one.
            text.retain(|c| c != '\0');
            text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        }
        article.address = line(&article.address);
        article.title = line(&article.title);
        article.note = article.note.as_deref().map(line);
        self.polled.articles += 1;
        let goes_on = self.reader.take(article);
        self.is_over |= !goes_on || self.polled.articles >= self.articles_max;
    }

    /// Notes that an article was not read.
    pub fn miss(&mut self, error: &Error) {
        if matches!(error, Error::Never { .. }) {
            self.polled.passed_over += 1;
            self.polled.never += 1;
            return;
        }
        match error.is_lasting() {
            true => self.polled.passed_over += 1,
            false => self.polled.failed += 1,
        }
        self.polled.last_error = Some(error.to_string());
    }

    fn web_source(&mut self, url: &Url, known: &Validators) -> Result<Option<Validators>> {
        let Some(answer) = self.web.get(url, known)? else { return Ok(None) };
        let validators = answer.validators.clone();
        if sitemap::is_sitemap(&answer) {
            self.sitemap(&answer)?;
        } else if feed::is_feed(&answer) {
            self.feed(&answer)?;
        } else {
            let text = page::read(&answer).map(|reading| reading.text).unwrap_or_default();
            // The page is asked for every time: what tells its states apart is its text, and which pictures it shows.
            let mut state = vec!["page".to_owned(), url.to_string(), Hash::of(text.as_bytes()).to_string()];
            let pictures = self.pictures_of(&answer);
            state.extend(pictures.iter().map(Url::to_string));
            let key = key(&state.iter().map(String::as_str).collect::<Vec<_>>());
            if self.wants(key) {
                let article = article_of(answer, key)?;
                self.give_with(article, &pictures);
            }
        }
        Ok(Some(validators))
    }

    fn sitemap(&mut self, answer: &Answer) -> Result<()> {
        let found = sitemap::read(answer)?;
        if !found.is_index {
            self.addresses(&found.entries);
            return Ok(());
        }
        for (url, _) in found.entries.iter().take(SITEMAPS_MAX) {
            if self.is_over {
                break;
            }
            match self
                .web
                .get(url, &Validators::default())
                .and_then(|answer| answer.as_ref().map(sitemap::read).transpose())
            {
                Ok(Some(inner)) if !inner.is_index => self.addresses(&inner.entries),
                // An index of indexes is not allowed, and would have no end.
                Ok(_) => {}
                Err(error) => self.miss(&error),
            }
        }
        Ok(())
    }

    fn addresses(&mut self, entries: &[(Url, String)]) {
        for (url, date) in entries {
            let key = key(&["address", url.as_str(), date]);
            if self.is_over {
                return;
            }
            if self.wants(key) {
                match self.page(url, key) {
                    Ok((article, pictures)) => self.give_with(article, &pictures),
                    Err(error) => self.miss(&error),
                }
            }
        }
    }

    fn feed(&mut self, answer: &Answer) -> Result<()> {
        for item in feed::read(answer)? {
            let link = item.link.as_ref().map(Url::as_str).unwrap_or_default();
            let key =
                key(&["entry", link, &item.id, &item.state, &Hash::of(item.text.as_bytes()).to_string()]);
            if self.is_over {
                break;
            }
            if self.wants(key) {
                self.item(answer, item, key);
            }
        }
        Ok(())
    }

    /// The page of an entry; where it cannot be read for good, what the feed itself says.
    fn item(&mut self, answer: &Answer, item: feed::Item, key: Hash) {
        // What has no link may have an address for its name.
        let place = item.link.as_ref().map_or(item.id.as_str(), Url::as_str);
        if let Err(error) = self.web.never().check_address(place) {
            return self.miss(&error);
        }
        let fetched = item.link.as_ref().map(|link| self.page(link, key));
        let note = match fetched {
            Some(Ok((article, pictures))) => {
                // What the feed says is often the whole, and the page behind a wall.
                let own = article.text.as_deref().unwrap_or_default();
                let article = match article.text.is_some() && !own.contains(&item.text) {
                    true => Article { text: Some(format!("{own}\n\n{}", item.text)), ..article },
                    false => article,
                };
                return self.give_with(article, &pictures);
            }
            Some(Err(error @ Error::Never { .. })) => return self.miss(&error),
            Some(Err(error)) if !error.is_lasting() => return self.miss(&error),
            Some(Err(error)) => Some(error.to_string()),
            None => None,
        };
        self.give(Article {
            key,
            address: item.link.map_or_else(|| format!("{}#{}", answer.url, item.id), String::from),
            title: item.title,
            kind: Kind::Entry,
            page: answer.bytes.clone(),
            text: Some(item.text),
            note,
        });
    }

    /// A page, and the pictures that it shows where these are wanted.
    fn page(&mut self, url: &Url, key: Hash) -> Result<(Article, Vec<Url>)> {
        let answer = self.web.get(url, &Validators::default())?;
        // Nothing was asked that could have changed.
        let answer =
            answer.ok_or_else(|| Error::malformed(url.as_str(), "it answered that nothing changed"))?;
        let pictures = self.pictures_of(&answer);
        Ok((article_of(answer, key)?, pictures))
    }

    fn pictures_of(&self, answer: &Answer) -> Vec<Url> {
        match self.reader.wants_pictures() && kind_of(answer) == Kind::Page {
            true => page::pictures(answer),
            false => Vec::new(),
        }
    }

    /// Hands a page on, after its pictures: once it counts as read, none of them is fetched again.
    fn give_with(&mut self, article: Article, pictures: &[Url]) {
        for url in pictures {
            let key = key(&["picture", url.as_str()]);
            if !self.wants(key) {
                continue;
            }
            match self.web.get(url, &Validators::default()) {
                Ok(Some(answer)) if is_picture(&answer.bytes) => {
                    let note = Some(format!("a picture on {}", article.address));
                    match article_of(answer, key) {
                        Ok(picture) => self.give(Article { note, ..picture }),
                        Err(error) => self.miss(&error),
                    }
                }
                // A drawing in XML, or what the server sends instead of a picture.
                Ok(_) => {}
                Err(error) => self.miss(&error),
            }
        }
        // Where no more is wanted, the page is fetched again, and the pictures that are left.
        if !self.is_over {
            self.give(article);
        }
    }
}

/// What a source says of an article, as a line of a size that can be recorded and shown: publishers write titles,
/// senders subjects and names of files.
fn line(text: &str) -> String {
    let shown = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control());
    let mut line: String = shown.take(FIELD_BYTES_MAX).collect();
    line.truncate(line.floor_char_boundary(FIELD_BYTES_MAX));
    line
}

/// The article of an answer, by what it is.
fn article_of(answer: Answer, key: Hash) -> Result<Article> {
    let address = answer.url.to_string();
    let name =
        answer.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
    match kind_of(&answer) {
        Kind::Page => {
            let page::Reading { title, text } = page::read(&answer)?;
            Ok(Article {
                key,
                address,
                title,
                kind: Kind::Page,
                page: answer.bytes,
                text: Some(text),
                note: None,
            })
        }
        Kind::Text => {
            let text = Some(charset::decode(&answer.bytes, answer.charset.as_deref()));
            Ok(Article { key, address, title: name, kind: Kind::Text, page: answer.bytes, text, note: None })
        }
        _ => Ok(Article {
            key,
            address,
            title: name,
            kind: Kind::File,
            page: answer.bytes,
            text: None,
            note: None,
        }),
    }
}

/// What the bytes are counts more than what the server calls them.
fn kind_of(answer: &Answer) -> Kind {
    kind_of_bytes(&answer.bytes, answer.content_type == "text/plain")
}

/// Pictures that can be read: PNG, JPEG, WebP, TIFF.
fn is_picture(bytes: &[u8]) -> bool {
    let magic: [&[u8]; 5] = [b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0*"];
    magic.iter().any(|magic| bytes.starts_with(magic))
}

pub(crate) fn kind_of_bytes(bytes: &[u8], is_plain: bool) -> Kind {
    let head = &bytes[..bytes.len().min(4096)];
    let magic: [&[u8]; 8] =
        [b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*"];
    if magic.iter().any(|magic| head.starts_with(magic)) {
        return Kind::File;
    }
    let text = charset::decode(head, None).to_ascii_lowercase();
    let is_html = ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| text.contains(tag));
    match (is_html, is_plain) {
        (true, _) => Kind::Page,
        (false, true) => Kind::Text,
        (false, false) if text.contains("</") || text.contains("<p>") || text.contains("<div") => Kind::Page,
        (false, false) => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_addresses_are_lines_of_some_size() {
        assert_eq!(line("At\r\nthe\0 dam\u{1b}[2J\u{2028}x"), "At  the dam[2J x");
        let long = line(&"\u{444}x".repeat(FIELD_BYTES_MAX));
        assert!(long.len() <= FIELD_BYTES_MAX && long.len() > FIELD_BYTES_MAX - 4);
    }
}
