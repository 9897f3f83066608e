//! Channels that are never followed, whoever asks for it. docs/follow.md says why.

use std::path::{Path, PathBuf};

use url::Url;

use crate::{Error, Result, Source};

/// A channel in which people may speak without being traced: whistleblowing, ombudsman, regulator, union,
/// counsel, press contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// What it is.
    pub channel: String,
    /// Why it is never followed.
    #[serde(default)]
    pub because: String,
    /// Hosts; each stands for all below it.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Beginnings of addresses on the web.
    #[serde(default)]
    pub pages: Vec<String>,
    /// Mail addresses, or `@domain` for all of a domain.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Folders and files; each stands for all below it.
    #[serde(default)]
    pub paths: Vec<PathBuf>,
}

/// The list: what is built in, which nobody can take away, and what the vault's configuration adds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Never {
    channels: Vec<Channel>,
}

/// Words that, in a host's name or a mailbox's, say what stands behind it.
const WORDS: [(&str, &str); 9] = [
    ("whistleblow", "whistleblowing"),
    ("whistle-blow", "whistleblowing"),
    ("securedrop", "whistleblowing"),
    ("globaleaks", "whistleblowing"),
    ("hinweisgeber", "whistleblowing"),
    ("lanceur-alerte", "whistleblowing"),
    ("lanceurs-alerte", "whistleblowing"),
    ("speakup", "whistleblowing"),
    ("ombuds", "ombudsman"),
];
/// Mailboxes that are such a channel in every domain.
const MAILBOXES: [(&str, &str); 4] =
    [("tips", "press contact"), ("union", "union"), ("betriebsrat", "union"), ("counsel", "counsel")];

impl Never {
    /// The built-in list with more channels.
    ///
    /// # Errors
    /// [`Error::Malformed`] for an entry that names nothing, or a host, page or address that is none: a line
    /// that was meant to protect somebody must not be passed over.
    pub fn with(channels: Vec<Channel>) -> Result<Never> {
        for entry in &channels {
            let wrong =
                |why: String| Err(Error::malformed(format!("the entry {:?} of `never`", entry.channel), why));
            let count = entry.hosts.len() + entry.pages.len() + entry.addresses.len() + entry.paths.len();
            if count == 0 {
                return wrong("it names no hosts, pages, addresses or paths; add what it is about".into());
            }
            if let Some(host) = entry.hosts.iter().find(|host| host_of(host).is_none()) {
                return wrong(format!("{host:?} is no host; write it as ombuds.example.org"));
            }
            if let Some(page) = entry.pages.iter().find(|page| Url::parse(page).is_err()) {
                return wrong(format!("{page:?} is no address; write it as https://example.org/speak/"));
            }
            if let Some(address) = entry.addresses.iter().find(|address| !address.contains('@')) {
                return wrong(format!(
                    "{address:?} is no mail address; write name@example.org or @example.org"
                ));
            }
            if let Some(path) = entry.paths.iter().find(|path| !path.is_absolute()) {
                return wrong(format!("{} is no absolute path", path.display()));
            }
        }
        Ok(Never { channels })
    }

    /// Refuses a source of such a channel.
    ///
    /// # Errors
    /// [`Error::Never`].
    pub fn check(&self, source: &Source) -> Result<()> {
        match source {
            Source::Web(url) => self.check_url(url),
            Source::Path(path) => self.check_path(path),
            Source::Stdin => Ok(()),
            Source::Imap(url) => {
                self.check_url(url)?;
                let user = percent_decoded(url.username());
                let host = url.host_str().unwrap_or_default();
                let mailbox = if user.contains('@') { user } else { format!("{user}@{host}") };
                self.check_mailbox(&mailbox)
            }
        }
    }

    /// Refuses an address of such a channel: a source, a link or a redirect.
    ///
    /// # Errors
    /// [`Error::Never`].
    pub fn check_url(&self, url: &Url) -> Result<()> {
        if url.scheme() == "mailto" {
            return self.check_mailboxes(url.as_str());
        }
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let refused = |channel: &str, because: &str| Err(never(url.as_str(), channel, because));
        if let Some((_, channel)) = WORDS.iter().find(|(word, _)| host.contains(word)) {
            return refused(channel, "");
        }
        for entry in &self.channels {
            let hosts = entry.hosts.iter().filter_map(|own| host_of(own));
            let is_below = |own: String| host == own || host.ends_with(&format!(".{own}"));
            let domains =
                entry.addresses.iter().filter_map(|own| own.strip_prefix('@')).map(str::to_ascii_lowercase);
            if hosts.chain(domains).any(is_below) {
                return refused(&entry.channel, &entry.because);
            }
            let is_under = |page: &String| Url::parse(page).is_ok_and(|page| is_page_under(&page, url));
            if entry.pages.iter().any(is_under) {
                return refused(&entry.channel, &entry.because);
            }
        }
        Ok(())
    }

    /// Refuses a path of such a channel.
    ///
    /// # Errors
    /// [`Error::Never`].
    pub fn check_path(&self, path: &Path) -> Result<()> {
        // A link must not lead around the list.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        for entry in &self.channels {
            let is_below = |own: &PathBuf| {
                let own_real = own.canonicalize();
                path.starts_with(own)
                    || real.starts_with(own)
                    || own_real.is_ok_and(|own| real.starts_with(own))
            };
            if entry.paths.iter().any(is_below) {
                return Err(never(&path.display().to_string(), &entry.channel, &entry.because));
            }
        }
        Ok(())
    }

    /// Refuses an address as somebody else wrote it: of the web, with or without its scheme, or of a mailbox.
    ///
    /// # Errors
    /// [`Error::Never`].
    pub fn check_address(&self, said: &str) -> Result<()> {
        let said = said.trim();
        if let Ok(url) = Url::parse(said) {
            self.check_url(&url)?;
            if url.has_host() {
                return Ok(());
            }
        }
        if let Ok(url) = Url::parse(&format!("https://{}", said.trim_start_matches(['/', '\\'])))
            && url.host_str().is_some_and(|host| host.contains('.'))
        {
            self.check_url(&url)?;
        }
        self.check_mailboxes(said)
    }

    /// Refuses a text in which a mail address of such a channel stands: the value of a header's field, `mailto:`.
    pub(crate) fn check_mailboxes(&self, said: &str) -> Result<()> {
        let decoded = percent_decoded(said);
        let plain = without_comments(&decoded);
        let plain = plain.split('@').map(str::trim).collect::<Vec<_>>().join("@");
        let is_end = |c: char| c.is_whitespace() || c.is_control() || ",;<>()[]\":?&=".contains(c);
        // Comments and quotes are looked into as well: servers write there for whom a message was.
        for one in decoded.split(is_end).chain(plain.split(is_end)).filter(|one| one.contains('@')) {
            self.check_mailbox(one)?;
        }
        Ok(())
    }

    /// Refuses a mail address of such a channel: a sender or a receiver. Quotes and comments change nothing.
    ///
    /// # Errors
    /// [`Error::Never`].
    pub fn check_mailbox(&self, address: &str) -> Result<()> {
        self.check_plain(address)?;
        let plain: String = without_comments(address).split_whitespace().collect();
        self.check_plain(plain.trim_matches(['<', '>']))
    }

    fn check_plain(&self, address: &str) -> Result<()> {
        let address = address.trim().to_lowercase();
        let (name, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
        let domain = domain.trim_end_matches('.');
        let refused = |channel: &str, because: &str| Err(never(&address, channel, because));
        let plain = name.split('+').next().unwrap_or_default();
        if let Some((_, channel)) = MAILBOXES.iter().find(|(own, _)| plain == *own) {
            return refused(channel, "");
        }
        if let Some((_, channel)) = WORDS.iter().find(|(word, _)| address.contains(word)) {
            return refused(channel, "");
        }
        for entry in &self.channels {
            let is_own = |own: &String| match own.to_lowercase().split_once('@') {
                Some(("", own)) => domain == own || domain.ends_with(&format!(".{own}")),
                Some((own_name, own)) => (name == own_name || plain == own_name) && domain == own,
                None => false,
            };
            let is_below = |own: String| domain == own || domain.ends_with(&format!(".{own}"));
            if entry.addresses.iter().any(is_own)
                || entry.hosts.iter().filter_map(|own| host_of(own)).any(is_below)
            {
                return refused(&entry.channel, &entry.because);
            }
        }
        Ok(())
    }
}

fn never(what: &str, channel: &str, because: &str) -> Error {
    let because = match because.is_empty() {
        true => format!("it is a channel for {channel}"),
        false => format!("{channel}: {because}"),
    };
    Error::Never { what: what.into(), because }
}

/// A mail address without the comments and quotes in which it may be written.
fn without_comments(said: &str) -> String {
    let (mut plain, mut depth, mut is_quoted) = (String::new(), 0usize, false);
    let mut chars = said.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next().filter(|_| depth == 0)),
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if depth > 0 => depth -= 1,
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

/// A host as it stands in addresses: in lower case, other scripts in their ASCII form.
fn host_of(said: &str) -> Option<String> {
    let said = said.trim_start_matches("*.").trim_end_matches('.');
    let url = Url::parse(&format!("https://{said}/")).ok()?;
    let is_host =
        url.path() == "/" && url.username().is_empty() && url.query().is_none() && !said.contains('/');
    url.host_str().filter(|_| is_host).map(str::to_owned)
}

/// Whether an address begins like a page: the same host, and a path below it, however either is written. What
/// servers take for one is one: both schemes at their usual ports, a full stop at the host's end, encoded letters, and
/// slashes too many.
fn is_page_under(page: &Url, url: &Url) -> bool {
    let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
    let port = |url: &Url| url.port_or_known_default().map(|port| if port == 80 { 443 } else { port });
    let path = |url: &Url| -> Vec<String> {
        let path = percent_decoded(url.path());
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    host(url) == host(page) && port(url) == port(page) && path(url).starts_with(&path(page))
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let pairs = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pairs.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Never {
        let channel = Channel {
            channel: "regulator".into(),
            because: "anybody may write to it".into(),
            hosts: vec!["regulator.example".into(), "bücher.example".into()],
            pages: vec!["https://firm.example/speak".into()],
            addresses: vec!["audit@firm.example".into(), "@lawyers.example".into()],
            paths: vec!["/srv/mail/council".into()],
        };
        Never::with(vec![channel]).unwrap()
    }

    #[test]
    fn addresses_of_the_list_are_refused_and_others_are_not() {
        let never = list();
        let refused = [
            "https://regulator.example/",
            "https://www.REGULATOR.example./feed",
            "https://xn--bcher-kva.example/",
            "https://firm.example/speak",
            "https://firm.example/speak/up?x",
            "http://firm.example/speak",
            "https://firm.example./speak",
            "http://firm.example:443/speak/",
            "https://firm.example/%73peak/a%26b",
            "https://firm.example//speak%2Fup",
            "https://firm.example/a/../speak",
            "http://ombudsman.city.example/rss",
            "https://whistleblowing.firm.example/",
            "imaps://audit@mail.firm.example/INBOX?x",
            "/srv/mail/council/cur",
            "/srv/mail/council",
            "imaps://tips@paper.example/INBOX",
            "imaps://audit%40firm.example@mail.example/INBOX",
            "https://lawyers.example/",
        ];
        let followed = [
            "https://notregulator.example/",
            "https://firm.example/speaker",
            "https://firm.example/",
            "http://firm.example:81/speak",
            "https://firm.example/speak&",
            "https://firm.example/a/speak",
            "/srv/mail/councils",
            "imaps://anna@mail.firm.example/INBOX",
            "https://paper.example/ombudsman-resigns",
        ];
        for said in refused {
            let refused = never.check(&Source::parse(said).unwrap());
            assert_eq!(refused.is_err(), said != "imaps://audit@mail.firm.example/INBOX?x", "{said}");
        }
        followed
            .iter()
            .for_each(|said| assert!(never.check(&Source::parse(said).unwrap()).is_ok(), "{said}"));
    }

    #[test]
    fn mailboxes_of_the_list_are_refused_and_others_are_not() {
        let never = list();
        let refused = [
            "Audit@Firm.example",
            "audit+leak@firm.example",
            "x@lawyers.example",
            "y@a.lawyers.example",
            "z@regulator.example",
            "audit@firm.example.",
            "tips@paper.example",
            "ombudsperson@city.example",
            "a@securedrop.paper.example",
            "\"tips\"@paper.example",
            "tips(comment)@paper.example",
            "(a (b) c)\"ti\\ps\" @ paper.example",
            "<audit@firm.example (Audit)>",
            "x@(y)regulator.example",
        ];
        let read = ["anna@firm.example", "audits@firm.example", "desk@paper.example", "no address", ""];
        refused.iter().for_each(|said| assert!(never.check_mailbox(said).is_err(), "{said}"));
        read.iter().for_each(|said| assert!(never.check_mailbox(said).is_ok(), "{said}"));
    }

    #[test]
    fn addresses_are_checked_however_others_write_them() {
        let never = list();
        let refused = [
            "tips@paper.example",
            "mailto:tips@paper.example",
            "MAILTO:x@y.example?cc=audit%40firm.example",
            "//regulator.example/x",
            "regulator.example/x",
            "https://regulator.example/",
            "Anna <\"tips\"@paper.example>",
            "from x by y for <tips@paper.example>; Mon",
        ];
        let read = [
            "https://paper.example/@union/1",
            "//paper.example/x",
            "anna@paper.example",
            "17",
            "whistleblowing-story",
            "",
        ];
        refused.iter().for_each(|said| assert!(never.check_address(said).is_err(), "{said}"));
        read.iter().for_each(|said| assert!(never.check_address(said).is_ok(), "{said}"));
    }

    #[test]
    fn a_line_that_protects_nobody_is_refused() {
        let entry = |change: fn(&mut Channel)| {
            let mut entry = Channel { channel: "union".into(), ..Channel::default() };
            change(&mut entry);
            Never::with(vec![entry])
        };
        assert!(entry(|_| ()).is_err());
        assert!(entry(|e| e.hosts = vec!["https://union.example/".into()]).is_err());
        assert!(entry(|e| e.pages = vec!["union.example/".into()]).is_err());
        assert!(entry(|e| e.addresses = vec!["union.example".into()]).is_err());
        assert!(entry(|e| e.paths = vec!["mail".into()]).is_err());
        assert!(entry(|e| e.hosts = vec!["*.union.example".into()]).is_ok());
    }
}
