//! What can be followed.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::limits::ADDRESS_BYTES_MAX;
use crate::{Error, Result};

/// Something that is read again and again for new articles.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A feed, a sitemap or a page; what is there says which.
    Web(Url),
    /// A folder of files, a Maildir or an mbox file; what is there says which.
    Path(PathBuf),
    /// A mailbox on a server: `imaps://user@host/Mailbox`.
    Imap(Url),
    /// Standard input: one JSON object a line, with `id` and `text`.
    Stdin,
}

/// What can be given, for messages.
const KINDS: &str = "give https://… (a feed, a page or a sitemap), a folder, an mbox file, a Maildir, \
     imaps://user@host/Mailbox, or - for standard input";

/// Bytes of a host's name, and of a label of it.
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

impl Source {
    /// Understands what a user gives; a path becomes absolute.
    ///
    /// ```
    /// use tellmark_follow::Source;
    /// assert_eq!(Source::parse("HTTPS://Example.org/feed#top")?.to_string(), "https://example.org/feed");
    /// assert_eq!(Source::parse("imaps://anna@mail.example.org")?.to_string(), "imaps://anna@mail.example.org/INBOX");
    /// assert!(Source::parse("ftp://example.org").is_err());
    /// # Ok::<(), tellmark_follow::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Source`] when it is none of these.
    pub fn parse(said: &str) -> Result<Source> {
        let wrong = |why: &str| Error::Source { said: said.into(), why: why.into() };
        if said == "-" {
            return Ok(Source::Stdin);
        }
        if said.is_empty() || said.chars().any(char::is_control) {
            return Err(wrong(KINDS));
        }
        let Some((scheme, _)) = said.split_once("://") else {
            let path = std::path::absolute(Path::new(said)).map_err(|error| wrong(&error.to_string()))?;
            return match path.to_str() {
                Some(_) => Ok(Source::Path(path)),
                None => Err(wrong("the path is not UTF-8")),
            };
        };
        let mut url = Url::parse(said).map_err(|error| wrong(&format!("{error}; {KINDS}")))?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(wrong("no host is named"));
        }
        if url.password().is_some() {
            // Nor in messages.
            let _ = url.set_password(None);
            let why = "a password in it would be shown in lists; put it into follow.toml";
            return Err(Error::Source { said: url.into(), why: why.into() });
        }
        url.set_fragment(None);
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" if url.username().is_empty() => Ok(Source::Web(url)),
            "http" | "https" => Err(wrong("pages that ask who one is are not followed")),
            "imaps" if url.username().is_empty() => Err(wrong("name the user: imaps://user@host/Mailbox")),
            "imaps" => {
                if url.path().trim_matches('/').is_empty() {
                    url.set_path("/INBOX");
                }
                Ok(Source::Imap(url))
            }
            _ => Err(wrong(KINDS)),
        }
    }

    /// Refuses what can never be read: a path where nothing is, a host whose name is none. Whoever adds a source has
    /// mistyped it.
    ///
    /// # Errors
    /// [`Error::Source`].
    pub fn check(&self) -> Result<()> {
        let wrong = |why: String| Err(Error::Source { said: self.to_string(), why });
        match self {
            Source::Path(path) => match std::fs::metadata(path) {
                Ok(_) => Ok(()),
                Err(error) => wrong(format!("{error}; {KINDS}")),
            },
            Source::Web(url) | Source::Imap(url) => {
                if url.as_str().len() > ADDRESS_BYTES_MAX {
                    let beginning = url.as_str()[..url.as_str().floor_char_boundary(80)].to_owned();
                    let why = format!("it is longer than {ADDRESS_BYTES_MAX} bytes");
                    return Err(Error::Source { said: format!("{beginning}…"), why });
                }
                match url.host_str().is_some_and(is_host) && url.port() != Some(0) {
                    true => Ok(()),
                    false => wrong(format!("no host is called so; {KINDS}")),
                }
            }
            Source::Stdin => Ok(()),
        }
    }

    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::Web(_) => "web",
            Source::Path(_) => "path",
            Source::Imap(_) => "imap",
            Source::Stdin => "stdin",
        }
    }
}

/// Whether a host may have this name (RFC 1123, and the underscore that many have): an address of version 6, or labels.
fn is_host(name: &str) -> bool {
    let is_label = |label: &str| {
        let all = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.chars().all(all)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    name.starts_with('[') || (name.len() <= HOST_BYTES_MAX && name.split('.').all(is_label))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Web(url) | Source::Imap(url) => f.write_str(url.as_str()),
            Source::Path(path) => write!(f, "{}", path.display()),
            Source::Stdin => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_give_is_understood_or_refused() {
        let kinds = [
            ("https://example.org/", "web"),
            ("http://example.org:8080/a?b=c", "web"),
            ("/srv/clippings", "path"),
            ("clippings", "path"),
            ("imaps://a%40b.org@mail.example.org/INBOX", "imap"),
            ("-", "stdin"),
        ];
        kinds
            .iter()
            .for_each(|(said, kind)| assert_eq!(Source::parse(said).unwrap().kind(), *kind, "{said}"));
        let refused = [
            "",
            "a\nb",
            "ftp://example.org/",
            "file:///etc/passwd",
            "https://",
            "https://u@example.org/",
            "https://u:p@example.org/",
            "imaps://mail.example.org/",
            "imaps://u:p@mail.example.org/",
            "imap://u@mail.example.org/",
            "https://exa mple.org/",
        ];
        refused.iter().for_each(|said| assert!(Source::parse(said).is_err(), "{said}"));
        let said = Source::parse("imaps://anna:hunter2@mail.example.org/").unwrap_err().to_string();
        assert!(said.contains("anna@mail") && !said.contains("hunter2"), "{said}");
        for (said, _) in kinds {
            let source = Source::parse(said).unwrap();
            assert_eq!(Source::parse(&source.to_string()).unwrap(), source);
        }
    }

    #[test]
    fn what_can_never_be_read_is_refused_when_it_is_added() {
        let check = |said: &str| Source::parse(said).and_then(|source| source.check());
        let long = format!("https://paper.example/{}", "x".repeat(ADDRESS_BYTES_MAX));
        for nonsense in [
            "mailto:desk@paper.example",
            "paper.example/feed.xml",
            "https:/paper.example/feed.xml",
            "/no/such/folder/anywhere",
            "https://paper..example/",
            "https://-paper.example/",
            "https://paper.example:0/",
            "imaps://anna@ma%20il/INBOX",
            &format!("https://{}.example/", "x".repeat(64)),
            &format!("https://{}example/", "xy.".repeat(90)),
            &long,
        ] {
            assert!(check(nonsense).is_err_and(|error| error.to_string().len() < 600), "{nonsense}");
        }
        for good in [
            "https://paper.example./",
            "http://127.0.0.1:9/",
            "http://[::1]:9/",
            "https://zürich.example/",
            "-",
            "/",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
    }
}
