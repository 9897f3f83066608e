//! A document as it comes in: its bytes, its text, and the sites found in it.

use tellmark_core::{Channel, Hash, Marking, Prose, ReleaseId, Site, limits};
use tellmark_formats::{Document, Format};
use tellmark_wording::review::{Rejection, Review};
use tellmark_wording::{Options as Rules, Plan};

use crate::{Error, Result, seen};

/// What decides which sites are used, apart from the document itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MarkOptions {
    /// The channels to use.
    pub channels: Vec<Channel>,
    /// Whether somebody named them: then a document that has none of them is refused.
    #[serde(skip)]
    pub named: bool,
    /// Whether the text is a transcript whose spoken words stay; `None` to find out.
    pub verbatim: Option<bool>,
    /// Whether spoken words may differ all the same.
    pub allow_speech: bool,
    /// How far a word of a PDF moves, in thousandths of a point; the usual shift when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<i32>,
    /// Whether a PDF is sealed although its signature will no longer hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepts_signed: bool,
    /// What a person decided about the sites: then only accepted ones are used.
    #[serde(skip)]
    pub review: Option<Review>,
    /// Wordings that reviews of other documents rejected, where they concern this one.
    #[serde(skip)]
    pub rejected: Vec<Rejection>,
    /// The hash of both, where there are any: with a release its sites are kept, and which decisions led to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Hash>,
}

impl Default for MarkOptions {
    fn default() -> MarkOptions {
        let channels = vec![Channel::Wording, Channel::Author, Channel::Style];
        MarkOptions {
            channels,
            named: false,
            verbatim: None,
            allow_speech: false,
            shift: None,
            accepts_signed: false,
            review: None,
            rejected: Vec::new(),
            decided: None,
        }
    }
}

impl MarkOptions {
    /// The options with the hash of what was decided.
    ///
    /// # Errors
    /// Never for decisions that were read from a file.
    pub(crate) fn with_hash(mut self) -> Result<MarkOptions> {
        self.decided = None;
        if self.review.is_some() || !self.rejected.is_empty() {
            let review = serde_json::to_vec(&self.review).map_err(Error::damaged)?;
            let rejected = serde_json::to_vec(&self.rejected).map_err(Error::damaged)?;
            self.decided = Some(Hash::of_fields("tellmark review v1", &[&review, &rejected]));
        }
        Ok(self)
    }

    /// What the rules of prose look at.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            channels: self.channels.clone(),
            verbatim: self.verbatim,
            allow_speech: self.allow_speech,
            review: self.review.clone(),
            rejected: self.rejected.clone(),
        }
    }

    /// Refuses channels that were named and that no document of this format has.
    fn refuse_others(&self, file_name: &str, format: Format) -> Result<()> {
        let has = |channel: &Channel| channel.is_text() != (format == Format::Pdf);
        if !self.named || self.channels.iter().any(has) {
            return Ok(());
        }
        let names: Vec<&str> = self.channels.iter().map(|channel| channel.name()).collect();
        let why = match format {
            Format::Pdf => {
                "a PDF carries layout and stamp, since other words would break its lines: leave out --channels, or seal \
                 the DOCX it was made from, which carries wordings"
            }
            _ => {
                "only a PDF carries layout and stamp: leave out --channels, or make a PDF of it and seal that, which \
                 screenshots and scans show"
            }
        };
        Err(Error::input(format!("{file_name} cannot carry {}: {why}", names.join(", "))))
    }

    /// Whether a document with pages uses a channel: both of its own, unless one of them is named.
    fn uses(&self, channel: Channel) -> bool {
        let named = |channel: &Channel| !channel.is_text();
        !self.channels.iter().any(named) || self.channels.contains(&channel)
    }
}

/// A document with its sites.
#[derive(Debug)]
pub struct Planned {
    /// The file's own name, without folders.
    pub file_name: String,
    /// The bytes as the author gave them.
    pub bytes: Vec<u8>,
    /// What kind of document it is.
    pub format: Format,
    /// The document, ready to be marked.
    pub document: Document,
    /// Its sites, sentences and notes.
    pub plan: Plan,
}

impl Planned {
    /// Reads a document and finds its sites. `origin` is the release that will own them.
    ///
    /// # Errors
    /// When the file is of no known format, broken, too large, or holds no text.
    pub fn new(file_name: &str, bytes: Vec<u8>, origin: ReleaseId, options: &MarkOptions) -> Result<Planned> {
        let wrong = |source| Error::Format { name: file_name.into(), source };
        if bytes.len() as u64 > limits::DOCUMENT_BYTES_MAX {
            return Err(Error::input(format!(
                "{file_name} has more than {} MiB",
                limits::DOCUMENT_BYTES_MAX >> 20
            )));
        }
        let format = Format::detect(file_name, &bytes).map_err(wrong)?;
        options.refuse_others(file_name, format)?;
        if format == Format::Pdf {
            let document = Document::parse_pdf(&bytes, options.accepts_signed).map_err(wrong)?;
            let plan = page_plan(file_name, &bytes, &document, origin, options)?;
            return Ok(Planned { file_name: file_name.into(), bytes, format, document, plan });
        }
        let document = Document::parse(format, &bytes).map_err(wrong)?;
        let mut plan = tellmark_wording::plan(document.prose(), origin, &options.rules())
            .map_err(|source| Error::Wording { name: file_name.into(), source })?;
        plan.notes.extend_from_slice(document.notes());
        Ok(Planned { file_name: file_name.into(), bytes, format, document, plan })
    }

    /// The text with what is known about it.
    pub fn prose(&self) -> &Prose {
        self.document.prose()
    }

    /// The sites and fixed replacements.
    pub fn marking(&self) -> &Marking {
        &self.plan.marking
    }

    /// Gives the sites that first appear under one release's id that of another: what is fixed of a release is fixed
    /// before its id is known.
    pub(crate) fn rename(&mut self, old: ReleaseId, new: ReleaseId) {
        let own = self.plan.marking.sites.iter_mut().filter(|site| site.id.origin == old);
        own.for_each(|site| site.id.origin = new);
    }

    /// The hash of the bytes.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.bytes)
    }

    /// How many words the text has.
    pub fn words(&self) -> usize {
        self.prose().text.split_whitespace().count()
    }
}

/// The plan of a document with pages: its words move, and their wording stays.
fn page_plan(
    file_name: &str,
    bytes: &[u8],
    document: &Document,
    origin: ReleaseId,
    options: &MarkOptions,
) -> Result<Plan> {
    let shift = options.shift.unwrap_or(tellmark_pages::plan::SHIFT);
    if !tellmark_formats::pdf::SHIFTS.contains(&shift) {
        return Err(Error::input(format!(
            "a shift of {} points is not possible: words move 0.05 to 0.6 points; 0.15 is the usual one",
            f64::from(shift) / 1000.0
        )));
    }
    let layout = document.layout().ok_or_else(|| Error::damaged("a PDF without a layout"))?;
    let mut notes = document.notes().to_vec();
    let movable = match options.uses(Channel::Layout) {
        true => seen::movable(file_name, bytes, layout, document.movable_by(shift), &mut notes)?,
        false => vec![false; layout.words.len()],
    };
    let digits = tellmark_formats::pdf::stamp_forms();
    let count = if options.uses(Channel::Stamp) { tellmark_formats::pdf::STAMP_DIGITS } else { 0 };
    let carrier = tellmark_pages::plan::Carrier { layout, movable: &movable, shift, stamp: (&digits, count) };
    let marking = tellmark_pages::plan::marking(&carrier, origin);
    notes.push(
        "a PDF carries shifts of words and a stamp, and the same wording in every copy, since other words would break \
         its lines; seal the DOCX it was made from to carry wordings, which survive retyping"
            .into(),
    );
    Ok(Plan { origin, marking, verbatim: false, notes, sentences: sentences(document.prose(), origin) })
}

/// The sentences of a text whose braces mean nothing.
fn sentences(prose: &Prose, origin: ReleaseId) -> Vec<std::ops::Range<usize>> {
    let plain = Prose { text: prose.text.replace(['{', '}', '|', '\\'], " "), ..prose.clone() };
    let none = Rules { verbatim: Some(false), ..Rules::default() };
    tellmark_wording::plan(&plain, origin, &none).map(|plan| plan.sentences).unwrap_or_default()
}

/// How many sites each channel has, in the order of the channels' names on the command line.
pub fn sites_by_channel<'a>(sites: impl IntoIterator<Item = &'a Site>) -> Vec<(Channel, usize)> {
    let mut counts = [Channel::Wording, Channel::Author, Channel::Style, Channel::Layout, Channel::Stamp]
        .map(|c| (c, 0))
        .to_vec();
    for site in sites {
        if let Some(entry) = counts.iter_mut().find(|(channel, _)| *channel == site.channel) {
            entry.1 += 1;
        }
    }
    counts
}

/// How many bits the sites hold together: the logarithm of the number of different copies.
///
/// For people only; nothing that enters a finding uses it.
#[allow(clippy::disallowed_methods)] // A figure for people, not part of a finding.
pub fn bits<'a>(sites: impl IntoIterator<Item = &'a Site>) -> f64 {
    // From 0: the sum of nothing is -0.
    sites.into_iter().map(|site| (site.variants() as f64).log2()).fold(0.0, |all, own| all + own)
}

/// Whether the sites allow at least this many different copies, by counting alone.
///
/// Nobody looks at codewords to decide this: that would make them depend on each other.
pub fn can_differ<'a>(sites: impl IntoIterator<Item = &'a Site>, copies: u64) -> bool {
    let mut words: u64 = 1;
    for site in sites {
        words = words.saturating_mul(site.variants() as u64);
    }
    words >= copies
}
