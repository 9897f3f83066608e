//! Use case: seal a document for a roster. Prepare, commit, deliver, in this order.
//!
//! No copy exists before its release is recorded. What was recorded decides every byte from then on: the same
//! document, roster and options find the same release again and finish its delivery.

mod refuse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tellmark_core::{Hash, LineageId, Marking, Recipient, ReleaseId, Roster, Site, SiteId};
use tellmark_formats::{Format, Template, VisibleLine};
use tellmark_store::{Batch, NewBatch, NewPublicSite, NewRelease, Release};

use crate::deliver::{self, Maker};
use crate::document::{MarkOptions, bits, sites_by_channel};
use crate::drafts::{Drafts, MailModel};
use crate::plan::parse_alpha;
use crate::promise::{self, Excerpts};
use crate::review;
use crate::revise::{self, Elsewhere, Revision};
use crate::vault::{codebook, decode_roster, encode_roster};
use crate::{Error, Planned, Ports, Progress, Result, Vault, consent, keys, log};

/// What to seal, for whom, and how.
#[derive(Debug, Clone)]
pub struct SealRequest {
    /// The file's own name, which every copy will have.
    pub file_name: String,
    /// The document.
    pub document: Vec<u8>,
    /// The roster, as a CSV file has it.
    pub roster: Vec<u8>,
    /// The roster's file name, for messages.
    pub roster_name: String,
    /// Where copies are delivered.
    pub out: PathBuf,
    /// What people call the release; the file's name when `None`.
    pub name: Option<String>,
    /// The bound on false accusation, for example `1e-6`.
    pub alpha: String,
    /// Which sites are used.
    pub mark: MarkOptions,
    /// The release that this one is a redraft of.
    pub revises: Option<String>,
    /// The line that every copy shows, with `{id}`, `{name}` and `{group}` in it.
    pub visible: Option<String>,
    /// The model of a draft for each copy.
    pub mail: Option<MailModel>,
    /// Make another release although this document was sealed for this roster before.
    pub new: bool,
    /// Which draft of a server's desk this is. With `new` it makes one release and finds that again, however often it is cut off.
    pub draft: Option<String>,
    /// Overwrite files that are in the way.
    pub force: bool,
    /// Below which folder a batch's copies lie once all are made, where that is another than `out`: what is there is not made again.
    pub kept: Option<PathBuf>,
}

/// What sealing did: `seal --json`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SealSummary {
    /// The release.
    pub release: ReleaseId,
    /// Its lineage.
    pub lineage: LineageId,
    /// What people call it.
    pub name: String,
    /// How many copies this batch has.
    pub copies: usize,
    /// Which batch of the release this is.
    pub batch: u32,
    /// Whether the release was there already and its delivery was finished.
    pub resumed: bool,
    /// How many files were written now; the others were there, byte for byte.
    pub written: usize,
    /// How many drafts were written now.
    pub drafts: usize,
    /// Sites by channel.
    pub sites: BTreeMap<&'static str, usize>,
    /// Bits of all sites.
    pub bits: f64,
    /// What excerpts would name, in a line.
    pub promise: String,
    /// Passages that carry nothing: how many.
    pub bare_passages: usize,
    /// What changes against the release that this one revises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// How long it took; filled by whoever asked.
    pub seconds: f64,
}

/// Seals a document for a roster.
///
/// # Errors
/// When the document or roster cannot be used, its copies could not differ, a file is in the way, or the
/// ledger or disk fails. Before the release is recorded nothing is changed; afterwards the same command
/// finishes what was cut off.
pub async fn seal(
    vault: &Vault,
    request: &SealRequest,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<SealSummary> {
    let request = &with_rejections(vault, request)?;
    let roster = read_roster(&request.roster_name, &request.roster)?;
    let alpha = parse_alpha(&request.alpha)?;
    let drafts = match &request.mail {
        Some(model) => {
            let name = &request.file_name;
            let wrong = |source| Error::Format { name: name.clone(), source };
            let format = Format::detect(name, &request.document).map_err(wrong)?;
            let drafts = Drafts::read(model, name, format)?;
            drafts.check(&request.roster_name, &roster)?;
            Some(drafts)
        }
        None => None,
    };
    let delivery = Delivery {
        out: &request.out,
        kept: request.kept.as_deref(),
        force: request.force,
        drafts: drafts.as_ref(),
        now: ports.now,
    };
    let wanted = Wanted { request, roster: &roster, planned: None, delivery: Some(&delivery) };
    let recorded = match recorded(vault, wanted, ports, progress).await? {
        Found::Before(release) => return resume(vault, &release, &delivery, progress).await,
        Found::Now(recorded) => *recorded,
    };
    let Recorded { release, template, planned, public, revision, taken_over } = recorded;
    let excerpts = Excerpts::new(&planned, &public);
    let (marking, recipients) = (planned.marking(), &roster.recipients);
    let batches = vault.store.batches(release.id).await?;
    let first = batches.first().ok_or_else(|| Error::damaged("a release without a batch"))?;
    let made = (&release, first, &template);
    let written = deliver_copies(vault, made, marking, recipients, &delivery, progress).await?;
    Ok(SealSummary {
        release: release.id,
        lineage: release.lineage,
        name: release.name.clone(),
        copies: roster.recipients.len(),
        batch: 1,
        resumed: false,
        written: written.copies,
        drafts: written.drafts,
        sites: site_counts(planned.marking()),
        bits: bits(telling(planned.marking(), &public)),
        promise: excerpts.line(&promise::batch(1, recipients.len() as u64), alpha),
        bare_passages: excerpts.bare(2).len(),
        revision,
        notes: planned
            .plan
            .notes
            .iter()
            .cloned()
            .chain(taken_note(taken_over))
            .chain(witness_note(vault, 1)?)
            .collect(),
        seconds: 0.0,
    })
}

/// What is to be recorded.
pub(crate) struct Wanted<'a> {
    pub(crate) request: &'a SealRequest,
    pub(crate) roster: &'a Roster,
    /// The document with its sites, under the id [`UNBORN`], where it was planned before.
    pub(crate) planned: Option<Planned>,
    /// Where copies will be written; `None` where whoever asks hands them out.
    delivery: Option<&'a Delivery<'a>>,
}

impl<'a> Wanted<'a> {
    /// A release whose copies are written nowhere.
    pub(crate) fn handed_out(request: &'a SealRequest, roster: &'a Roster, planned: Planned) -> Wanted<'a> {
        Wanted { request, roster, planned: Some(planned), delivery: None }
    }
}

/// What the fingerprint of a draft's own new release begins with.
const NEW_OF_DRAFT: &str = "tellmark release fingerprint v1 new of draft";

/// The id of a release that has none yet.
pub(crate) const UNBORN: ReleaseId = ReleaseId([0; 8]);

/// A release, recorded now or before.
pub(crate) enum Found {
    Before(Box<Release>),
    Now(Box<Recorded>),
}

/// The release that was recorded before under a fingerprint.
async fn found_before(vault: &Vault, fingerprint: Option<Hash>) -> Result<Option<Found>> {
    let Some(fingerprint) = fingerprint else { return Ok(None) };
    let found = vault.store.release_by_fingerprint(fingerprint).await?;
    Ok(found.map(|release| Found::Before(Box::new(release))))
}

/// A release that was recorded now.
pub(crate) struct Recorded {
    pub(crate) release: Release,
    pub(crate) template: Template,
    planned: Planned,
    public: BTreeSet<SiteId>,
    revision: Option<Revision>,
    taken_over: usize,
}

/// Prepares a release and records it; no copy exists yet, and none may before the log has committed to it.
pub(crate) async fn recorded(
    vault: &Vault,
    wanted: Wanted<'_>,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<Found> {
    let Wanted { request, roster, planned, delivery } = wanted;
    parse_alpha(&request.alpha)?;
    let revised = match &request.revises {
        Some(said) => Some(vault.release(said).await?),
        None => None,
    };
    let line = request.visible.as_deref().map(visible_line).transpose()?;
    let line = line.map(|line| line.fitted_to(&roster.recipients));
    let fingerprint = fingerprint(request, roster, revised.as_ref())?;
    // By what it is found again, once it was recorded; another one each time is not.
    let findable = match (request.new, &request.draft) {
        (false, _) => Some(fingerprint),
        (true, Some(draft)) => Some(Hash::of_fields(NEW_OF_DRAFT, &[&fingerprint.0, draft.as_bytes()])),
        (true, None) => None,
    };
    if let Some(release) = found_before(vault, findable).await? {
        return Ok(release);
    }
    if let Some(delivery) = delivery {
        refuse::inside(vault.folder(), delivery.out)?;
    }
    // Before anything is recorded: what is recorded from here on was not sealed before there was a log.
    log::record::open(vault, ports.now)?;
    progress.begin("finding sites", None);
    let mut nonce: [u8; 32] = ports.random();
    let mut id = ReleaseId::from_nonce(&nonce);
    let mut planned = match planned {
        Some(mut planned) => {
            planned.rename(UNBORN, id);
            planned
        }
        None => Planned::new(&request.file_name, request.document.clone(), id, &request.mark)?,
    };
    refuse::copies(&planned)?;
    let earlier = match &revised {
        Some(old) => Some(refuse::Earlier::load(vault, old.lineage).await?),
        None => None,
    };
    let revision = match (&revised, &earlier) {
        (Some(old), Some(earlier)) => {
            earlier.refuse_other_spelling(roster)?;
            refuse::anothers_line(vault, old, &planned).await?;
            Some(revise::carry(vault, old, &mut planned, roster).await?)
        }
        _ => None,
    };
    // A redraft that keeps no site begins a lineage; what it shows of the older one is public there.
    let drawn_anew = revision.as_ref().is_some_and(|revision| revision.drawn_anew);
    let continued = revised.as_ref().filter(|_| !drawn_anew);
    if let Some(earlier) = earlier.as_ref().filter(|_| continued.is_some()) {
        earlier.refuse_other_holder(roster)?;
    }
    let mut elsewhere =
        revise::shown_elsewhere(vault, revised.as_ref().map(|release| release.lineage), &planned).await?;
    let taken_over = elsewhere.len();
    if let (Some(revision), Some(old), true) = (&revision, &revised, drawn_anew) {
        elsewhere.extend(revision.public.iter().map(|&site| (old.lineage, site)));
    }
    progress.end();
    let mut public = match continued {
        Some(old) => public_sites(vault, old.lineage).await?,
        None => BTreeSet::new(),
    };
    public.extend(revision.iter().flat_map(|revision| &revision.public));
    refuse::alike(planned.marking(), &public, roster.recipients.len() as u64)?;
    if !request.force
        && let Some(path) = delivery.and_then(|to| to.first_in_the_way(roster, &request.file_name))
    {
        // Another command may have recorded the same a moment ago, and these be its copies.
        return found_before(vault, findable).await?.ok_or_else(|| crate::files::exists(&path));
    }
    let said = serde_json::to_string(&options_of(request, revised.as_ref())).map_err(Error::damaged)?;
    consent::seal(vault, (&request.file_name, &request.document), roster, &said, ports.now)?;
    let lineage = match continued {
        Some(old) => old.lineage,
        None => {
            let id = LineageId(ports.random());
            keys::lineages::keep(&vault.keys_folder(), id, &ports.random())?;
            id
        }
    };
    let fixed = log::bind::Fixed {
        document: &planned.bytes,
        marking: planned.marking(),
        until_known: id,
        prose: &planned.prose().text,
        roster,
        lineage,
    };
    // Nothing of the release can be chosen any more once its nonce is known.
    if let Some(bound) = log::bind::bind(vault, &fixed, ports.now)? {
        nonce = bound;
        planned.rename(id, ReleaseId::from_nonce(&nonce));
        id = ReleaseId::from_nonce(&nonce);
    }
    let draft = Draft {
        id,
        nonce,
        lineage,
        fingerprint: findable.unwrap_or_else(|| unique(fingerprint, &nonce)),
        planned: &planned,
        line: line.as_ref(),
        revised: revised.as_ref(),
        continued,
        roster,
        elsewhere: &elsewhere,
    };
    let kept = revision.as_ref().filter(|_| !drawn_anew);
    let (release, template) = record(vault, request, &draft, kept, ports).await?;
    if release.id != id {
        // Another command recorded the same document, roster and options a moment ago.
        return Ok(Found::Before(Box::new(release)));
    }
    Ok(Found::Now(Box::new(Recorded { release, template, planned, public, revision, taken_over })))
}

/// The request with what earlier reviews rejected of this document's wordings, where it has no review of its own.
fn with_rejections(vault: &Vault, request: &SealRequest) -> Result<SealRequest> {
    let mark = rejecting(vault, &request.file_name, &request.document, &request.mark)?;
    Ok(SealRequest { mark, ..request.clone() })
}

/// Options with what earlier reviews rejected of a document's wordings, where they hold no review of its own.
pub(crate) fn rejecting(
    vault: &Vault,
    file_name: &str,
    document: &[u8],
    mark: &MarkOptions,
) -> Result<MarkOptions> {
    let rejected = review::concerning(file_name, document, mark, review::remembered(vault.folder())?)?;
    MarkOptions { rejected, ..mark.clone() }.with_hash()
}

/// What to say when the document shows wordings of other documents in the vault.
fn taken_note(sites: usize) -> Option<String> {
    (sites > 0).then(|| {
        format!(
            "{sites} places show wordings of another document in this vault, perhaps of one copy of it: from now on they tell nothing about that document's copies (use --revises for a redraft)"
        )
    })
}

/// What to add to which release.
#[derive(Debug, Clone)]
pub struct ExtendRequest {
    /// The release: its id, the beginning of it, or its name.
    pub release: String,
    /// The late copies, as a CSV file has them.
    pub roster: Vec<u8>,
    /// The roster's file name, for messages.
    pub roster_name: String,
    /// Where copies are delivered.
    pub out: PathBuf,
    /// The model of a draft for each copy.
    pub mail: Option<MailModel>,
    /// Overwrite files that are in the way.
    pub force: bool,
    /// Below which folder a batch's copies lie once all are made, where that is another than `out`: what is there is not made again.
    pub kept: Option<PathBuf>,
}

/// Adds copies to a release: a batch of its own, with its own share of alpha.
///
/// # Errors
/// As [`seal`]; also when a copy's id is taken in the release.
pub async fn extend(
    vault: &Vault,
    request: &ExtendRequest,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<SealSummary> {
    refuse::inside(vault.folder(), &request.out)?;
    let release = vault.release(&request.release).await?;
    let roster = read_roster(&request.roster_name, &request.roster)?;
    let template = load_template(vault, &release).await?;
    let line = options(&release)?.visible.as_deref().map(visible_line).transpose()?;
    refuse::unshown(&template, line.as_ref(), &request.roster_name, &roster)?;
    let drafts = match &request.mail {
        Some(model) => {
            let format = release.format.parse().map_err(Error::damaged)?;
            let drafts = Drafts::read(model, &release.file_name, format)?;
            drafts.check(&request.roster_name, &roster)?;
            Some(drafts)
        }
        None => None,
    };
    let delivery = Delivery {
        out: &request.out,
        kept: request.kept.as_deref(),
        force: request.force,
        drafts: drafts.as_ref(),
        now: ports.now,
    };
    let encoded = encode_roster(&roster)?;
    let marking: Marking = vault.json(release.marking).await?;
    log::record::open(vault, ports.now)?;
    let fingerprint = Hash::of_fields("tellmark batch fingerprint v1", &[&release.id.0, &encoded]);
    let batches = vault.store.batches(release.id).await?;
    let known = batches.iter().find(|b| b.fingerprint == fingerprint).cloned();
    let resumed = known.is_some();
    let recipients = &roster.recipients;
    let batch = match known {
        Some(batch) => batch,
        None => {
            let earlier = refuse::Earlier::load(vault, release.lineage).await?;
            earlier.refuse_other_spelling(&roster)?;
            earlier.refuse_taken(release.id, &roster)?;
            earlier.refuse_other_holder(&roster)?;
            let all = batches.iter().map(|batch| batch.copies).sum::<u64>() + recipients.len() as u64;
            refuse::alike(&marking, &public_sites(vault, release.lineage).await?, all)?;
            if !request.force
                && let Some(path) = delivery.first_in_the_way(&roster, &release.file_name)
            {
                return Err(crate::files::exists(&path));
            }
            consent::extend(vault, &release, &encoded, recipients.len(), ports.now)?;
            let new = NewBatch {
                after: Some(batches.len() as u32),
                roster: &encoded,
                copies: recipients.len() as u64,
                fingerprint,
                created_at: ports.now,
            };
            vault.store.record_batch(release.id, &new).await?.into_inner()
        }
    };
    let made = (&release, &batch, &template);
    let written = deliver_copies(vault, made, &marking, recipients, &delivery, progress).await?;
    summary(vault, &release, &marking, &batch, resumed, written).await
}

async fn resume(
    vault: &Vault,
    release: &Release,
    delivery: &Delivery<'_>,
    progress: &dyn Progress,
) -> Result<SealSummary> {
    let marking: Marking = vault.json(release.marking).await?;
    let template = load_template(vault, release).await?;
    let batches = vault.store.batches(release.id).await?;
    let first = batches.first().ok_or_else(|| Error::damaged("a release without a batch"))?;
    let roster = decode_roster(&vault.store.blob(first.roster).await?)?;
    let recipients = &roster.recipients;
    let made = (release, first, &template);
    let written = deliver_copies(vault, made, &marking, recipients, delivery, progress).await?;
    summary(vault, release, &marking, first, true, written).await
}

async fn summary(
    vault: &Vault,
    release: &Release,
    marking: &Marking,
    batch: &Batch,
    resumed: bool,
    written: Written,
) -> Result<SealSummary> {
    let document = vault.store.blob(release.document).await?;
    let options = options(release)?;
    let mut planned = Planned::new(&release.file_name, document, release.id, &options.mark)?;
    planned.plan.marking = marking.clone();
    let public = public_sites(vault, release.lineage).await?;
    let excerpts = Excerpts::new(&planned, &public);
    Ok(SealSummary {
        release: release.id,
        lineage: release.lineage,
        name: release.name.clone(),
        copies: batch.copies as usize,
        batch: batch.number,
        resumed,
        written: written.copies,
        drafts: written.drafts,
        sites: site_counts(marking),
        bits: bits(telling(marking, &public)),
        promise: excerpts.line(&promise::batch(batch.number, batch.copies), parse_alpha(&release.alpha)?),
        bare_passages: excerpts.bare(2).len(),
        revision: None,
        // What was recorded before may have been bound while the witness was there.
        notes: match resumed {
            true => planned.plan.notes.clone(),
            false => planned.plan.notes.iter().cloned().chain(witness_note(vault, batch.number)?).collect(),
        },
        seconds: 0.0,
    })
}

/// Everything that decides which copies come out, apart from document and roster. Stored with the release.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SealOptions {
    /// Which sites are used.
    pub mark: MarkOptions,
    /// The bound, as it was given.
    pub alpha: String,
    /// The name that was given.
    pub name: Option<String>,
    /// The release that is revised.
    pub revises: Option<ReleaseId>,
    /// The line that every copy shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<String>,
}

pub(crate) fn options(release: &Release) -> Result<SealOptions> {
    serde_json::from_str(&release.options).map_err(|e| Error::damaged(format!("options: {e}")))
}

fn visible_line(said: &str) -> Result<VisibleLine> {
    VisibleLine::parse(said)
        .map_err(|e| Error::input(format!("--visible {said:?}: {e}. Nothing was written")))
}

struct Draft<'a> {
    id: ReleaseId,
    nonce: [u8; 32],
    lineage: LineageId,
    fingerprint: Hash,
    planned: &'a Planned,
    line: Option<&'a VisibleLine>,
    /// What was said to be revised.
    revised: Option<&'a Release>,
    /// The same where the redraft keeps its sites and lineage.
    continued: Option<&'a Release>,
    roster: &'a Roster,
    elsewhere: &'a [Elsewhere],
}

fn options_of(request: &SealRequest, revised: Option<&Release>) -> SealOptions {
    SealOptions {
        mark: request.mark.clone(),
        alpha: request.alpha.clone(),
        name: request.name.clone(),
        revises: revised.map(|release| release.id),
        visible: request.visible.clone(),
    }
}

fn fingerprint(request: &SealRequest, roster: &Roster, revised: Option<&Release>) -> Result<Hash> {
    let options = serde_json::to_vec(&options_of(request, revised)).map_err(Error::damaged)?;
    let roster = encode_roster(roster)?;
    let fields = [request.file_name.as_bytes(), &request.document, &roster, &options];
    Ok(Hash::of_fields("tellmark release fingerprint v1", &fields))
}

async fn record(
    vault: &Vault,
    request: &SealRequest,
    draft: &Draft<'_>,
    revision: Option<&Revision>,
    ports: &Ports,
) -> Result<(Release, Template)> {
    let planned = draft.planned;
    let marking = planned.marking();
    let wrong = |source| Error::Format { name: planned.file_name.clone(), source };
    let template = planned.document.template_with(marking, draft.line).map_err(wrong)?;
    refuse::unshown(&template, draft.line, &request.roster_name, draft.roster)?;
    let text = marking
        .render(&planned.prose().text, &marking.original())
        .map_err(|e| Error::damaged(format!("the document's own text: {e}")))?
        .text;
    let lineage = draft.lineage;
    let because = "the redraft's own text shows the variant of one copy";
    let public = revision.map(|r| r.public.as_slice()).unwrap_or_default();
    let public_sites: Vec<NewPublicSite<'_>> =
        public.iter().map(|&site| NewPublicSite { site, since: ports.now, because }).collect();
    let because = "a new document shows the variant that a copy may have had";
    let elsewhere: Vec<(LineageId, NewPublicSite<'_>)> = draft
        .elsewhere
        .iter()
        .map(|&(lineage, site)| (lineage, NewPublicSite { site, since: ports.now, because }))
        .collect();
    let name = request.name.as_deref().unwrap_or(&planned.file_name);
    let marking_json = serde_json::to_vec(marking).map_err(Error::damaged)?;
    let options = serde_json::to_string(&options_of(request, draft.revised)).map_err(Error::damaged)?;
    let roster = encode_roster(draft.roster)?;
    let new = NewRelease {
        id: draft.id,
        lineage,
        new_lineage: match draft.continued {
            Some(_) => None,
            None => Some(vault.lineage_key(lineage)?.hash()),
        },
        after: revision.map(|r| r.seen),
        revises: draft.continued.map(|old| old.id),
        name,
        file_name: &planned.file_name,
        format: &planned.format.to_string(),
        nonce: draft.nonce,
        document: &planned.bytes,
        text: &text,
        prose: planned.prose().text.as_bytes(),
        marking: &marking_json,
        template: &template.to_bytes(),
        options: &options,
        fingerprint: draft.fingerprint,
        alpha: &request.alpha,
        derivation_version: tellmark_codes::DERIVATION_VERSION,
        reader_version: tellmark_wording::READER_VERSION,
        created_at: ports.now,
        batch: NewBatch {
            after: None,
            roster: &roster,
            copies: draft.roster.recipients.len() as u64,
            fingerprint: Hash::of_fields("tellmark batch fingerprint v1", &[&draft.id.0, b"first"]),
            created_at: ports.now,
        },
        public_sites: &public_sites,
        public_elsewhere: &elsewhere,
    };
    Ok((vault.store.record_release(&new).await?.into_inner(), template))
}

/// `--new` makes another release of the same document, roster and options; its fingerprint is its own.
fn unique(fingerprint: Hash, nonce: &[u8; 32]) -> Hash {
    Hash::of_fields("tellmark release fingerprint v1 new", &[&fingerprint.0, nonce])
}

/// Where copies go, and what goes with them.
struct Delivery<'a> {
    out: &'a Path,
    kept: Option<&'a Path>,
    force: bool,
    drafts: Option<&'a Drafts>,
    /// When: for the log.
    now: i64,
}

impl Delivery<'_> {
    /// The first file that delivery would have to overwrite.
    fn first_in_the_way(&self, roster: &Roster, file_name: &str) -> Option<PathBuf> {
        let names = [Some(file_name), self.drafts.map(|drafts| drafts.file_name.as_str())];
        let ids = || roster.recipients.iter().map(|recipient| &recipient.id);
        names.into_iter().flatten().find_map(|name| deliver::first_in_the_way(self.out, ids(), name))
    }
}

/// How many files were written.
#[derive(Clone, Copy)]
struct Written {
    copies: usize,
    drafts: usize,
}

async fn deliver_copies(
    vault: &Vault,
    (release, batch, template): (&Release, &Batch, &Template),
    marking: &Marking,
    recipients: &[Recipient],
    delivery: &Delivery<'_>,
    progress: &dyn Progress,
) -> Result<Written> {
    let Delivery { out, kept, force, drafts, now } = *delivery;
    let kept = kept.map(|folder| deliver::batch_folder(folder, &release.id, batch.number));
    let kept = kept.filter(|folder| folder.exists());
    let out = kept.as_deref().unwrap_or(out);
    refuse::inside(vault.folder(), out)?;
    committed_batch(vault, release, marking, batch, now).await?;
    let columns = vault.columns(marking.sites.iter().map(|s| (s.id, s.variants() as u8))).await?;
    let key = lineage_key(vault, release).await?;
    let codebook = codebook(&key, &columns)?;
    let maker = Maker { template, codebook: &codebook, sites: columns.len() };
    let files = deliver::Files { folder: out, file_name: &release.file_name, force };
    let copy = |holder: &Recipient, bytes: &mut Vec<u8>| maker.bytes(holder, bytes);
    let draft = |holder: &Recipient, bytes: &mut Vec<u8>| {
        let mut copy = Vec::new();
        maker.bytes(holder, &mut copy)?;
        if let Some(model) = drafts {
            model.write(holder, &copy, bytes);
        }
        Ok(())
    };
    let mut whole: Vec<(&deliver::Make<'_>, deliver::Files<'_>)> = vec![(&copy, files)];
    whole.extend(drafts.map(|model| {
        let own: &deliver::Make<'_> = &draft;
        (own, deliver::Files { file_name: &model.file_name, ..files })
    }));
    if log::record::is_delivered(vault, release, batch)? {
        again(vault, release, recipients, &whole, now)?;
    }
    let mut written = [0, 0];
    for (count, (make, files)) in written.iter_mut().zip(&whole) {
        *count = deliver::deliver(*make, recipients, files, progress)?;
    }
    // Copies that are attached to drafts are delivered with the others, or made again.
    log::record::delivered(vault, release, batch, &maker, now).await?;
    Ok(Written { copies: written[0], drafts: written[1] })
}

/// No copy exists before the log holds what it is.
async fn committed_batch(
    vault: &Vault,
    release: &Release,
    marking: &Marking,
    batch: &Batch,
    now: i64,
) -> Result<()> {
    if log::record::commit(vault, release, marking, batch, now).await? {
        // Seen before the first copy leaves, where the witness can be reached.
        log::witness::again(&log::Log::of(vault)?, now)?;
    }
    Ok(())
}

/// The same for the first batch of a release whose copies are handed out, not written.
pub(crate) async fn committed(vault: &Vault, release: &Release, now: i64) -> Result<()> {
    let marking: Marking = vault.json(release.marking).await?;
    let batches = vault.store.batches(release.id).await?;
    let first = batches.first().ok_or_else(|| Error::damaged("a release without a batch"))?;
    committed_batch(vault, release, &marking, first, now).await
}

/// What was delivered before is made again: each copy that is to be written stands in the log first, and where
/// custodians are appointed, they agreed to it.
fn again(
    vault: &Vault,
    release: &Release,
    recipients: &[Recipient],
    whole: &[(&deliver::Make<'_>, deliver::Files<'_>)],
    now: i64,
) -> Result<()> {
    let mut lacking = BTreeSet::new();
    for (make, files) in whole {
        lacking.extend(deliver::lacking(*make, recipients, files)?.into_iter().map(|id| id.as_str()));
    }
    let lacking: Vec<&str> = lacking.into_iter().collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let asked = consent::again(vault, release, &lacking, now)?;
    log::record::made_again(vault, release.id, &lacking, asked, now)
}

/// What to say where the witness that the log knows could not be asked.
fn witness_note(vault: &Vault, batch: u32) -> Result<Option<String>> {
    let unreached = log::witness::unreached(&log::Log::of(vault)?)?;
    Ok(unreached.map(|why| match batch {
        1 => format!("{why}: that nobody chose the nonce cannot be proved of this release"),
        _ => format!("{why}: it did not see that these copies were committed to before they left"),
    }))
}

/// The key of a release's lineage, checked against the hash that was recorded when it was made.
///
/// # Errors
/// When the vault's key is not the one that the lineage was sealed with.
pub(crate) async fn lineage_key(vault: &Vault, release: &Release) -> Result<tellmark_codes::LineageKey> {
    let key = vault.lineage_key(release.lineage)?;
    if key.hash() != vault.store.lineage(release.lineage).await?.key_hash {
        let message = format!("the vault's key is not the one that release {} was sealed with", release.id);
        return Err(Error::Key(message));
    }
    Ok(key)
}

/// The template of a release.
///
/// # Errors
/// When the stored one is damaged.
pub(crate) async fn load_template(vault: &Vault, release: &Release) -> Result<Template> {
    Template::from_bytes(&vault.store.blob(release.template).await?).map_err(Error::damaged)
}

fn read_roster(name: &str, bytes: &[u8]) -> Result<Roster> {
    tellmark_formats::read_roster(bytes).map_err(|source| Error::Format { name: name.into(), source })
}

fn site_counts(marking: &Marking) -> BTreeMap<&'static str, usize> {
    sites_by_channel(&marking.sites).into_iter().map(|(channel, count)| (channel.name(), count)).collect()
}

/// The sites of a lineage that tell nothing any more.
async fn public_sites(vault: &Vault, lineage: LineageId) -> Result<BTreeSet<SiteId>> {
    Ok(vault.store.public_sites(lineage).await?.into_iter().map(|public| public.site).collect())
}

fn telling<'a>(marking: &'a Marking, public: &'a BTreeSet<SiteId>) -> impl Iterator<Item = &'a Site> {
    marking.sites.iter().filter(|site| !public.contains(&site.id))
}
