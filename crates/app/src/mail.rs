//! Use case: one message to many becomes one marked message a recipient.
//!
//! The message is one release, and each attached document whose copies can differ another of its own. Nothing is written into a
//! folder: whoever asks hands the copies out, after the log has committed to them, and then says so.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{CopyId, Occurrence, Recipient, ReleaseId, Roster};
use tellmark_formats::parcel::{self, Attached};
pub use tellmark_formats::parcel::{Head, authors, header_text, subject};
use tellmark_formats::{Error as FormatError, Format};

use crate::copies::OwnedMaker;
use crate::document::{MarkOptions, bits};
use crate::plan::parse_alpha;
use crate::seal::{self, Found, SealRequest, Wanted};
use crate::{Error, Planned, Ports, Result, Silent, Vault, files, log};

/// What a message is called as a document.
const FILE_NAME: &str = "message.eml";
/// Characters of a release's name.
const NAME_CHARS_MAX: usize = 120;
/// Releases of which the rosters are read for names and groups, the newest first.
const ROSTERS_MAX: usize = 1_000;

/// How a message is marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Marking {
    /// The bound on false accusation, for example `1e-6`.
    pub alpha: String,
    /// Bits that a text holds at least; as many as name one copy of all when `None`.
    pub bits_min: Option<f64>,
    /// Whether attached documents are marked, too.
    pub attachments: bool,
    /// How many attached documents are marked at most: each is a release of its own.
    pub documents_max: usize,
    /// Whether something may be attached that cannot be marked.
    pub others: bool,
}

/// Why a message cannot be marked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unmarkable {
    /// Its text, or an attached document, has too few places at which copies could differ.
    #[error("{0}")]
    Short(String),
    /// It is signed or encrypted.
    #[error("{0}")]
    Sealed(String),
    /// Something else is in the way.
    #[error(transparent)]
    Other(#[from] Error),
}

/// A message that can be marked: its documents with their places.
#[derive(Debug)]
pub struct Markable {
    /// The message without the attached documents that are marked.
    message: Vec<u8>,
    /// Its text as a release; `None` where only attached documents carry marks.
    text: Option<Placed>,
    /// The attached documents, with the tokens in their places.
    documents: Vec<(String, Placed)>,
    marking: Marking,
    name: String,
}

/// A document with its places, and the options by which they were found.
#[derive(Debug)]
struct Placed {
    planned: Planned,
    mark: MarkOptions,
}

/// Looks at a message: can each of so many recipients have a copy of their own?
///
/// # Errors
/// [`Unmarkable`], with what is in the way and what to do.
pub fn look(
    vault: &Vault,
    message: &[u8],
    copies: usize,
    marking: &Marking,
) -> std::result::Result<Markable, Unmarkable> {
    let in_mail = |source| Error::Format { name: "the message".into(), source };
    parcel::refuse_sealed(message).map_err(|source| match &source {
        FormatError::Refused { .. } => Unmarkable::Sealed(source.to_string()),
        _ => in_mail(source).into(),
    })?;
    let all = parcel::attached(message).map_err(in_mail)?;
    let wanted: Vec<&Attached> =
        all.iter().filter(|one| marking.attachments && one.format.is_some()).collect();
    if !marking.others {
        refuse_others(&all, marking)?;
    }
    if wanted.len() > marking.documents_max {
        return Err(Unmarkable::Other(Error::input(format!(
            "{} documents are attached, and at most {} are marked in one message: send it in several",
            wanted.len(),
            marking.documents_max
        ))));
    }
    let parted = parcel::parted(message, &wanted).map_err(in_mail)?;
    let needed = needed(copies, marking)?;
    let documents = wanted.iter().zip(&parted.tokens).map(|(one, token)| {
        let name = file_name(&one.name, one.format);
        let placed = placed(vault, &name, &one.content)?;
        refuse_short(&name, &placed.planned, needed)?;
        Ok((token.clone(), placed))
    });
    let documents = documents.collect::<std::result::Result<Vec<_>, Unmarkable>>()?;
    let text = placed(vault, FILE_NAME, &parted.message).and_then(|placed| {
        refuse_short("the text of the message", &placed.planned, needed)?;
        refuse_unlike(&placed.planned, parcel::alternatives(&parted.message).map_err(in_mail)?, needed)?;
        Ok(placed)
    });
    let text = match text {
        Ok(placed) => Some(placed),
        // "Attached is the record": the record carries the marks.
        Err(Unmarkable::Short(_)) if !documents.is_empty() => None,
        Err(other) => return Err(other),
    };
    let name: String = subject(message).chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let name = if name.trim().is_empty() { "message".to_owned() } else { name.trim().to_owned() };
    Ok(Markable { message: parted.message, text, documents, marking: marking.clone(), name })
}

/// What is attached and would go to everybody alike.
fn refuse_others(all: &[Attached], marking: &Marking) -> Result<()> {
    let other = all.iter().find(|one| !one.is_inline && (!marking.attachments || one.format.is_none()));
    let Some(other) = other else { return Ok(()) };
    let name = if other.name.is_empty() { "a part without a name".to_owned() } else { quoted(&other.name) };
    Err(Error::input(format!(
        "{name} is attached, and its copies cannot differ: every recipient would get the same. Send it by itself, or as DOCX, ODT or PDF"
    )))
}

fn quoted(name: &str) -> String {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("{shown:?}")
}

/// A text with too few sites, or none at all, is short; everything else that is wrong with it is not.
fn placed(vault: &Vault, name: &str, bytes: &[u8]) -> std::result::Result<Placed, Unmarkable> {
    let mark = seal::rejecting(vault, name, bytes, &MarkOptions::default())?;
    match Planned::new(name, bytes.to_vec(), seal::UNBORN, &mark) {
        Ok(planned) => Ok(Placed { planned, mark }),
        Err(Error::Format { source: FormatError::NoText | FormatError::Empty, .. }) => {
            Err(Unmarkable::Short(format!("{name} has no text that could differ")))
        }
        Err(error) => Err(error.into()),
    }
}

/// Bits that name one copy of so many: those of a codeword that no other copy shares by chance.
#[allow(clippy::disallowed_methods)] // A figure that says what is sent, not part of a finding.
fn needed(copies: usize, marking: &Marking) -> Result<f64> {
    parse_alpha(&marking.alpha)?;
    let alpha: f64 = marking.alpha.parse().map_err(|_| Error::input("alpha is no number"))?;
    let least = (copies.max(1) as f64).log2();
    Ok(marking.bits_min.map_or(least - alpha.log2(), |bits| bits.max(least)))
}

/// Each form of the message is what some program shows: one in which too few copies differ, since it says something else than the
/// other, would go out unmarked.
fn refuse_unlike(planned: &Planned, alternatives: u16, needed: f64) -> std::result::Result<(), Unmarkable> {
    let blocks = &planned.prose().blocks;
    for part in 0..alternatives {
        let is_inside = |occurrence: &Occurrence| {
            blocks.iter().any(|block| {
                block.part == part
                    && block.range.start <= occurrence.span.start
                    && occurrence.span.end <= block.range.end
            })
        };
        let sites = planned.marking().sites.iter();
        let held = bits(sites.filter(|site| site.occurrences.iter().any(is_inside)));
        if held < needed {
            let (form, other) = if part == 0 { ("plain text", "HTML") } else { ("HTML", "plain text") };
            return Err(Unmarkable::Other(Error::input(format!(
                "the {form} of the message says something else than its {other}, or less: copies could differ in {held:.0} bits there, and \
                 {needed:.0} are needed. Send one form alone, or both with the same words"
            ))));
        }
    }
    Ok(())
}

fn refuse_short(what: &str, planned: &Planned, needed: f64) -> std::result::Result<(), Unmarkable> {
    let (sites, held) = (&planned.marking().sites, bits(&planned.marking().sites));
    if !sites.is_empty() && held >= needed {
        return Ok(());
    }
    Err(Unmarkable::Short(format!(
        "{what} is too short to be marked: it has {} places at which copies could differ, {held:.0} bits, and needs {needed:.0}. Write \
         variants {{like this|such as this}}, or more text",
        sites.len()
    )))
}

/// What an attached document is called: its own name, as every system takes it.
fn file_name(said: &str, format: Option<Format>) -> String {
    let plain = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = plain.chars().filter(|c| files::fits_name(*c)).take(NAME_CHARS_MAX).collect();
    let plain = plain.trim().trim_matches('.');
    let ending = format.map(|format| format.to_string()).unwrap_or_default();
    match plain {
        "" => format!("document.{ending}"),
        plain if plain.to_lowercase().ends_with(&format!(".{ending}")) => plain.to_owned(),
        plain => format!("{plain}.{ending}"),
    }
}

/// What a message became: enough to make its copies again at any time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sealed {
    /// The release of its text; `None` where the text is the same for all.
    pub text: Option<ReleaseId>,
    /// The releases of its documents, with the tokens in their places.
    pub documents: Vec<(String, ReleaseId)>,
}

impl Sealed {
    /// All its releases.
    pub fn releases(&self) -> impl Iterator<Item = ReleaseId> {
        self.text.into_iter().chain(self.documents.iter().map(|(_, id)| *id))
    }
}

/// Seals a message for its recipients. When this returns, its releases are recorded and the log has committed to them. With it
/// comes its text, where that is the same for all and so in no release: the message without its marked documents.
///
/// # Errors
/// When custodians did not agree, or the ledger or the log fails: then no copy may be made.
pub async fn seal(
    vault: &Vault,
    message: Markable,
    roster: &Roster,
    ports: &mut Ports,
) -> Result<(Sealed, Vec<u8>)> {
    let Markable { message, text, documents, marking, name } = message;
    let (text, plain) = match text {
        Some(placed) => (Some(release(vault, placed, &name, (&marking, roster), ports).await?), Vec::new()),
        None => (None, message),
    };
    let mut sealed = Sealed { text, documents: Vec::new() };
    for (token, placed) in documents {
        let own = placed.planned.file_name.clone();
        let id = release(vault, placed, &own, (&marking, roster), ports).await?;
        sealed.documents.push((token, id));
    }
    Ok((sealed, plain))
}

async fn release(
    vault: &Vault,
    Placed { planned, mark }: Placed,
    name: &str,
    (marking, roster): (&Marking, &Roster),
    ports: &mut Ports,
) -> Result<ReleaseId> {
    let request = SealRequest {
        file_name: planned.file_name.clone(),
        document: planned.bytes.clone(),
        roster: Vec::new(),
        roster_name: "the recipients".into(),
        out: std::path::PathBuf::new(),
        name: Some(name.to_owned()),
        alpha: marking.alpha.clone(),
        mark,
        revises: None,
        visible: None,
        mail: None,
        new: false,
        draft: None,
        force: false,
        kept: None,
    };
    let wanted = Wanted::handed_out(&request, roster, planned);
    let release = match seal::recorded(vault, wanted, ports, &Silent).await? {
        Found::Before(release) => *release,
        Found::Now(recorded) => recorded.release,
    };
    seal::committed(vault, &release, ports.now).await?;
    Ok(release.id)
}

/// Makes the copies of a message.
#[derive(Debug)]
pub struct Copies {
    text: Option<OwnedMaker>,
    plain: Vec<u8>,
    documents: Vec<(String, OwnedMaker)>,
}

impl Copies {
    /// What makes them, from the vault; `plain` is the text, where it is the same for all.
    ///
    /// # Errors
    /// When a release is not there, or its key was destroyed.
    pub async fn load(vault: &Vault, sealed: &Sealed, plain: Vec<u8>) -> Result<Copies> {
        let mut documents = Vec::new();
        for (token, id) in &sealed.documents {
            documents.push((token.clone(), maker(vault, *id).await?));
        }
        let text = match sealed.text {
            Some(id) => Some(maker(vault, id).await?),
            None => None,
        };
        Ok(Copies { text, plain, documents })
    }

    /// About so many bytes they take in memory.
    pub fn size(&self) -> usize {
        let makers = self.documents.iter().map(|(_, maker)| maker).chain(&self.text);
        self.plain.len() + makers.map(OwnedMaker::size).sum::<usize>()
    }

    /// The message for one recipient.
    ///
    /// # Errors
    /// When the vault is damaged.
    pub fn write(&self, holder: &Recipient, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        let mut text = Vec::new();
        let text = match &self.text {
            Some(maker) if self.documents.is_empty() => return maker.bytes(holder, out),
            Some(maker) => {
                maker.bytes(holder, &mut text)?;
                &text
            }
            None => &self.plain,
        };
        let mut contents = Vec::new();
        for (token, maker) in &self.documents {
            let mut content = Vec::new();
            maker.bytes(holder, &mut content)?;
            contents.push((token.as_str(), content));
        }
        let contents: Vec<(&str, &[u8])> =
            contents.iter().map(|(token, content)| (*token, content.as_slice())).collect();
        parcel::joined(text, &contents, out).map_err(Error::damaged)
    }
}

async fn maker(vault: &Vault, id: ReleaseId) -> Result<OwnedMaker> {
    OwnedMaker::load(vault, &vault.store.release(id).await?).await
}

/// Releases whose deliveries were not entered in the log.
#[derive(Debug, Default)]
pub struct Unentered {
    /// They never can be: the release is not there, or its key was destroyed.
    pub never: BTreeSet<ReleaseId>,
    /// What failed may work another time.
    pub later: BTreeMap<ReleaseId, Error>,
}

/// Enters in the log that the copies of these messages left, in one append; those that were entered before are passed over. What
/// cannot be entered keeps no other out.
///
/// # Errors
/// When the log cannot be read or written.
pub async fn delivered(vault: &Vault, messages: &[Sealed], now: i64) -> Result<Unentered> {
    let log = log::Log::of(vault)?;
    let mut unentered = Unentered::default();
    let Some(state) = log.load()? else { return Ok(unentered) };
    let mut new = Vec::new();
    let all: BTreeSet<ReleaseId> = messages.iter().flat_map(Sealed::releases).collect();
    for id in all {
        match delivery(vault, (&log, &state), id, now).await {
            Ok(Delivery::New(entry)) => new.push(*entry),
            Ok(Delivery::Entered) => {}
            Ok(Delivery::Never) => _ = unentered.never.insert(id),
            Err(error) => _ = unentered.later.insert(id, error),
        }
    }
    log::record::append_deliveries(&log, new)?;
    Ok(unentered)
}

/// What is to be entered of a release's delivery.
enum Delivery {
    New(Box<log::NewEntry>),
    /// It stands there, or the log knows nothing of the release.
    Entered,
    Never,
}

async fn delivery(
    vault: &Vault,
    (log, state): (&log::Log<'_>, &log::State),
    id: ReleaseId,
    now: i64,
) -> Result<Delivery> {
    let release = match vault.store.release(id).await {
        Err(tellmark_store::Error::Missing { .. }) => return Ok(Delivery::Never),
        found => found?,
    };
    let batches = vault.store.batches(id).await?;
    // What was entered before needs no key any more.
    let name = tellmark_evidence::encode::to_hex(&id.0);
    let batch = batches.first().filter(|batch| !log::record::has_delivery(state, &name, batch.number));
    let Some(batch) = batch else { return Ok(Delivery::Entered) };
    if vault.is_key_destroyed(release.lineage)? {
        return Ok(Delivery::Never);
    }
    let maker = OwnedMaker::load(vault, &release).await?;
    let make = |holder: &Recipient, bytes: &mut Vec<u8>| maker.bytes(holder, bytes);
    let new = log::record::delivery_entry(vault, (log, state), (&release, batch), &make, now).await?;
    Ok(new.map_or(Delivery::Entered, |new| Delivery::New(Box::new(new))))
}

/// The id of the copy that goes to an address: the address itself where it can be an id, otherwise a hash of it. One address has
/// one id, in every message.
pub fn copy_id(address: &str) -> Result<CopyId> {
    let folded = address.to_lowercase();
    let is_plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '.');
    if let Some((local, domain)) = folded.rsplit_once('@') {
        // No domain has an underscore: no two addresses become one id.
        let fits = local.chars().all(|c| is_plain(c) || c == '_') && domain.chars().all(is_plain);
        if let (true, Ok(id)) = (fits, CopyId::parse(&format!("{local}_{domain}"))) {
            return Ok(id);
        }
    }
    let hash = tellmark_core::Hash::of_fields("tellmark copy of an address v1", &[folded.as_bytes()]);
    let hex = tellmark_evidence::encode::to_hex(&hash.0[..16]);
    CopyId::parse(&format!("mail-{hex}")).map_err(Error::damaged)
}

/// Names and groups by address in small letters.
pub type People = BTreeMap<String, (String, String)>;

/// Whom the vault's rosters know by their addresses: the newest rosters of documents that are no messages. What a roster of
/// one's own says (`given`, a CSV file) comes before.
///
/// # Errors
/// When the ledger fails, or the given roster is none.
pub async fn people(vault: &Vault, given: Option<&[u8]>) -> Result<People> {
    let mut people = People::new();
    let mut add = |roster: &Roster| {
        for Recipient { name, email, group, .. } in &roster.recipients {
            if !email.is_empty() && (!name.is_empty() || !group.is_empty()) {
                people.entry(email.to_lowercase()).or_insert_with(|| (name.clone(), group.clone()));
            }
        }
    };
    if let Some(given) = given {
        let wrong = |source| Error::Format { name: "the list of people".into(), source };
        add(&tellmark_formats::read_roster(given).map_err(wrong)?);
    }
    let mut releases = vault.store.releases().await?;
    releases.retain(|release| release.format != Format::Eml.to_string());
    releases.sort_by_key(|release| std::cmp::Reverse(release.created_at));
    for release in releases.iter().take(ROSTERS_MAX) {
        vault.rosters(release.id).await?.iter().for_each(&mut add);
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_id_and_no_two_share_it() {
        assert_eq!(copy_id("Ada.Orr@N.example").unwrap().as_str(), "ada.orr_n.example");
        assert_eq!(copy_id("a_b@c.example").unwrap().as_str(), "a_b_c.example");
        let odd = ["a+b@c.example", "ü@c.example", "con.x@c.example", ".a@c.example", "x@[10.0.0.1]"];
        let ids: BTreeSet<String> = odd.iter().map(|one| copy_id(one).unwrap().to_string()).collect();
        assert!(ids.len() == odd.len() && ids.iter().all(|id| id.starts_with("mail-")), "{ids:?}");
        assert_eq!(copy_id("A+B@c.example").unwrap(), copy_id("a+b@C.example").unwrap());
    }

    #[test]
    fn a_document_keeps_its_name_and_no_path() {
        let pdf = Some(Format::Pdf);
        for (said, name) in [
            ("../x/minutes.pdf", "minutes.pdf"),
            ("minutes", "minutes.pdf"),
            ("", "document.pdf"),
            ("a\r\nb:.PDF", "ab.PDF"),
        ] {
            assert_eq!(file_name(said, pdf), name);
        }
    }
}
