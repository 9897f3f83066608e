//! Sitemaps and indexes of sitemaps (sitemaps.org, version 0.9).

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

use crate::charset::decode;
use crate::feed::root_of;
use crate::limits::{ANSWER_BYTES_MAX, ENTRIES_MAX, HEAD_BYTES_MAX};
use crate::web::{Answer, without_user};
use crate::{Error, Result};

/// What a sitemap lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sitemap {
    /// Whether it lists other sitemaps.
    pub is_index: bool,
    /// The addresses with the dates that it gives (`lastmod`, or nothing), the newest first.
    pub entries: Vec<(Url, String)>,
}

/// Whether an answer looks like a sitemap.
pub(crate) fn is_sitemap(answer: &Answer) -> bool {
    let head = match unpacked_head(&answer.bytes) {
        Some(head) => head,
        None => answer.bytes[..answer.bytes.len().min(HEAD_BYTES_MAX)].to_vec(),
    };
    let head = decode(&head, answer.charset.as_deref());
    root_of(&head).is_some_and(|root| ["urlset", "sitemapindex"].contains(&&*root))
}

/// The addresses of a sitemap on the same site; one in gzip is unpacked.
///
/// # Errors
/// [`Error::Malformed`] for XML that is none, [`Error::Limit`] for too much of it.
pub(crate) fn read(answer: &Answer) -> Result<Sitemap> {
    let bytes = unpacked(answer)?;
    let text = decode(&bytes, answer.charset.as_deref());
    let wrong = |why: &dyn ToString| {
        Error::malformed(answer.url.as_str(), format!("the sitemap cannot be read: {}", why.to_string()))
    };
    let mut reader = Reader::from_str(&text);
    let (mut sitemap, mut open, mut complete) = (Sitemap::default(), Open::default(), false);
    loop {
        match reader.read_event().map_err(|error| wrong(&error))? {
            Event::Eof if complete => break,
            Event::Eof => return Err(wrong(&"it ends too early")),
            Event::Start(start) => match start.local_name().as_ref() {
                "sitemapindex" => sitemap.is_index = true,
                "loc" => open.begin(Field::Place),
                "lastmod" => open.begin(Field::Date),
                _ => open.field = None,
            },
            Event::Text(part) => open.add(&part),
            Event::CData(part) => open.add(&part),
            Event::GeneralRef(part) => match part.resolve_char_ref().ok().flatten() {
                Some(c) => open.add(c.encode_utf8(&mut [0; 4])),
                None => open.add(entity(&part)),
            },
            Event::End(end) => match end.local_name().as_ref() {
                "url" | "sitemap" => open.close(&answer.url, &mut sitemap),
                "urlset" | "sitemapindex" => complete = true,
                _ => open.field = None,
            },
            _ => {}
        }
        if sitemap.entries.len() > ENTRIES_MAX {
            return Err(Error::limit(answer.url.as_str(), format!("{ENTRIES_MAX} addresses")));
        }
    }
    // Dates in ISO 8601 sort as texts; what has none comes last, in the order of the sitemap.
    sitemap.entries.sort_by(|a, b| b.1.cmp(&a.1));
    Ok(sitemap)
}

/// The entry that is being read.
#[derive(Default)]
struct Open {
    field: Option<Field>,
    place: String,
    date: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Place,
    Date,
}

/// Bytes of an address or a date; what is longer is cut, and is no address then.
const FIELD_BYTES_MAX: usize = 4096;

impl Open {
    fn begin(&mut self, field: Field) {
        self.field = Some(field);
    }

    fn add(&mut self, text: &str) {
        let to = match self.field {
            Some(Field::Place) => &mut self.place,
            Some(Field::Date) => &mut self.date,
            None => return,
        };
        if to.len() + text.len() <= FIELD_BYTES_MAX {
            to.push_str(text);
        }
    }

    /// Only what is on the sitemap's own host: others' pages are for their own sitemaps to list.
    fn close(&mut self, base: &Url, sitemap: &mut Sitemap) {
        let Open { place, date, .. } = std::mem::take(self);
        if let Ok(url) = base.join(place.trim())
            && matches!(url.scheme(), "http" | "https")
            && url.host() == base.host()
        {
            sitemap.entries.push((without_user(url), date.trim().to_owned()));
        }
    }
}

fn entity(name: &str) -> &str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

fn unpacked_head(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let reader = is_packed(bytes).then(|| flate2::read::MultiGzDecoder::new(bytes))?;
    reader.take(HEAD_BYTES_MAX as u64).read_to_end(&mut head).ok()?;
    Some(head)
}

fn unpacked(answer: &Answer) -> Result<Vec<u8>> {
    if !is_packed(&answer.bytes) {
        return Ok(answer.bytes.clone());
    }
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(answer.bytes.as_slice())
        .take(ANSWER_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::malformed(answer.url.as_str(), error))?;
    match bytes.len() > ANSWER_BYTES_MAX {
        true => Err(Error::limit(answer.url.as_str(), format!("{} MiB unpacked", ANSWER_BYTES_MAX >> 20))),
        false => Ok(bytes),
    }
}
