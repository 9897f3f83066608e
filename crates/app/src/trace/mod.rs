//! Use case: trace exhibits. Register, read, record, score, decide, in this order.
//!
//! An exhibit is registered before it is read, and what was read is recorded before any codeword is derived,
//! so that nobody can try readings until one of them names somebody.

mod bars;
pub(crate) mod case;
pub(crate) mod decide;
pub(crate) mod evidence;
mod field;
mod find;
pub(crate) mod finding;
mod forms;
mod gather;
mod material;
mod page;
mod pictured;
mod sheets;
mod whose;

use std::collections::BTreeMap;
use std::time::Instant;

use tellmark_core::{Hash, ReleaseId, limits};
use tellmark_store::{NewExhibit, NewLook};

pub use decide::GROUP_MIN;
pub use material::Material;
pub(crate) use sheets::shifts;

pub use finding::{
    Contrary, Finding, Named, NamedGroup, Note, READ_IN_ALL, Ranked, ReadBefore, ReleaseSummary, ShownPage,
    Verdict,
};

pub use whose::AlsoIn;

use crate::{Error, Ports, Progress, Result, Vault};

/// Pixels of all pictures of a look, which are kept until it is read: as many as one file may have.
const LOOK_PIXELS_MAX: u64 = 2 * limits::PICTURE_PIXELS_MAX;

/// A case has no alpha of its own: that of its releases was fixed when they were sealed.
const ALPHA_AS_SEALED: &str = "as sealed";

/// One piece of leaked material.
#[derive(Debug, Clone)]
pub struct ExhibitFile {
    /// What it is called, for the report.
    pub name: String,
    /// Its bytes, as acquired.
    pub bytes: Vec<u8>,
}

/// What to trace.
#[derive(Debug, Clone, Default)]
pub struct TraceRequest {
    /// The exhibits of this look, together.
    pub exhibits: Vec<ExhibitFile>,
    /// The case to which this look is added; a new one when `None`.
    pub case: Option<String>,
    /// Why the exhibits are here.
    pub because: String,
    /// Show who is who also when nobody is named. Recorded with its reason.
    pub identities: bool,
    /// The languages of text in pictures, as tesseract writes them (`eng+ukr`); `None` for English.
    pub languages: Option<String>,
    /// The one release whose copies are tested, by its name or its hash; `None` for all that the exhibits carry. A bundle
    /// is about one release.
    pub release: Option<String>,
    /// How the command was given, for the report.
    pub command: String,
}

/// The finding and the page that shows it.
#[derive(Debug)]
pub struct Traced {
    /// `trace --json`.
    pub finding: Finding,
    /// The report.
    pub page: tellmark_report::finding::Page,
}

/// Traces exhibits.
///
/// # Errors
/// When an exhibit cannot be read as text, or the ledger fails. Until the exhibits are parsed nothing is
/// recorded; a look that was begun stays in the count.
pub async fn trace(
    vault: &Vault,
    request: &TraceRequest,
    ports: &Ports,
    progress: &dyn Progress,
) -> Result<Traced> {
    let started = Instant::now();
    let mut materials = parse(request)?;
    if vault.store.releases().await?.is_empty() {
        return Err(Error::input("this vault holds no release yet; seal a document first, then trace"));
    }
    let only = match &request.release {
        Some(said) => Some(vault.release(said).await?),
        None => None,
    };
    let pictured = pictured::Pictured::find(vault, &materials, progress).await?;
    pictured.recognise(&mut materials, request.languages.as_deref(), progress)?;
    let forms = forms::Forms::of(vault, &materials).await?;
    let exhibits = request.exhibits.iter().map(|file| file.bytes.as_slice());
    let of = only.as_ref().map(|release| release.id.0);
    let asked = crate::consent::trace(vault, exhibits, request.identities, of, ports.now)?;
    for (index, note) in &forms.notes {
        materials[*index].notes.push(note.clone());
    }
    if let (Some(only), Some(first)) = (&only, materials.first_mut()) {
        first.notes.push(format!("this look was asked to read {} alone, and no other release", only.name));
    }
    let (case_name, look) = register(vault, request, ports).await?;
    let only = only.map(|release| release.id);
    let leak = Leak { materials: &materials, pictured: &pictured, forms: &forms, only, asked };
    let read = match logged(vault, request, &case_name, look, ports) {
        Ok(()) => read(vault, &leak, &case_name, look, ports, progress).await,
        Err(error) => Err(error),
    };
    let Read { gathered, case, reading_hash } = match read {
        Ok(read) => read,
        Err(error) => {
            // The look stays in the count; whoever looks later need not wait for it.
            let because = format!("it could not be read: {error}");
            let _ = vault.store.record_failure(&case_name, look, &because, ports.now).await;
            return Err(error);
        }
    };
    progress.begin("scoring copies", None);
    let evidence = evidence::weigh(vault, &case, reading_hash).await?;
    let decision = decide::decide(&case, &evidence);
    progress.end();
    let context = finding::Context {
        request,
        case_name: &case_name,
        case: &case,
        gathered: &gathered,
        materials: &materials,
        evidence: &evidence,
        decision: &decision,
        reading_hash,
        spent: crate::cases::spent(vault).await?,
        read_before: case::read_before(vault, &case_name, &case).await?,
        names: release_names(vault, &evidence).await?,
        holders: crate::holders::recorded(vault, evidence.views.keys().copied()).await?,
        elsewhere: whose::elsewhere(vault, &evidence).await?,
        access: crate::access::until(vault, ports.now)?,
        received: crate::receipts::confirmed(vault, &evidence).await?,
        now: ports.now,
    };
    let finding = finding::finding(&context, started)?;
    let bytes = serde_json::to_vec(&case::FindingRecord::new(&finding, &decision)).map_err(Error::damaged)?;
    vault.store.record_finding(&case_name, look, &bytes, ports.now).await?;
    log_finding(vault, &context, &finding).await?;
    let page = page::page(vault, &context, &finding).await?;
    Ok(Traced { finding, page })
}

/// What people call the releases whose copies are tested.
async fn release_names(vault: &Vault, evidence: &evidence::Evidence) -> Result<BTreeMap<ReleaseId, String>> {
    let mut names = BTreeMap::new();
    for &lineage in evidence.views.keys() {
        let releases = vault.store.releases_of(lineage).await?;
        names.extend(releases.into_iter().map(|release| (release.id, release.name)));
    }
    Ok(names)
}

/// What the exhibits of a look show, recorded, beside what earlier looks of the case did.
struct Read {
    gathered: gather::Gathered,
    case: case::Case,
    reading_hash: Hash,
}

/// What is read of a look.
struct Leak<'a> {
    materials: &'a [Material],
    pictured: &'a pictured::Pictured,
    forms: &'a forms::Forms,
    /// The one release that is looked for, where one is.
    only: Option<ReleaseId>,
    /// What custodians agreed to.
    asked: Option<[u8; 32]>,
}

async fn read(
    vault: &Vault,
    leak: &Leak<'_>,
    case_name: &str,
    look: u32,
    ports: &Ports,
    progress: &dyn Progress,
) -> Result<Read> {
    let Leak { materials, pictured, forms, only, asked } = *leak;
    let gathered = gather::gather(vault, materials, pictured, forms, only, progress).await?;
    // Of a document whose key is gone copies cannot be told apart.
    gathered.seen.iter().try_for_each(|seen| vault.lineage_key(seen.release.lineage).map(drop))?;
    let earlier = case::before(vault, case_name, look, ports.now).await?;
    let mut tested = case::tested_batches(vault, &gathered).await?;
    tested.retain(|batch| only.is_none_or(|only| batch.release == only));
    crate::consent::looks(vault, tested.iter().map(|batch| batch.release.0), ports.now)?;
    let record = case::LookRecord::new(look, materials, &gathered, &tested);
    let reading_hash = record.store(vault, case_name, ports.now).await?;
    let texts: Vec<&str> = materials.iter().map(|material| material.exhibit.text.as_str()).collect();
    crate::log::record::reading(vault, case_name, &record, &texts, asked, ports.now).await?;
    Ok(Read { gathered, case: earlier.with(record), reading_hash })
}

/// Reads exhibits against the vault's releases and records nothing: the record and the exhibits' texts.
///
/// # Errors
/// When an exhibit cannot be read.
pub(crate) async fn read_again(
    vault: &Vault,
    exhibits: Vec<ExhibitFile>,
    languages: Option<&str>,
    progress: &dyn Progress,
) -> Result<(case::LookRecord, Vec<String>)> {
    let request = TraceRequest { exhibits, ..TraceRequest::default() };
    let mut materials = parse(&request)?;
    let pictured = pictured::Pictured::find(vault, &materials, progress).await?;
    pictured.recognise(&mut materials, languages, progress)?;
    let forms = forms::Forms::of(vault, &materials).await?;
    let gathered = gather::gather(vault, &materials, &pictured, &forms, None, progress).await?;
    let texts = materials.iter().map(|material| material.exhibit.text.clone()).collect();
    Ok((case::LookRecord::new(1, &materials, &gathered, &[]), texts))
}

/// The report as one self-contained HTML document.
pub fn html(page: &tellmark_report::finding::Page) -> String {
    tellmark_report::finding::html(page)
}

fn parse(request: &TraceRequest) -> Result<Vec<Material>> {
    if request.exhibits.is_empty() {
        return Err(Error::input("name at least one exhibit, or - for standard input"));
    }
    if request.exhibits.len() > limits::EXHIBITS_MAX {
        return Err(Error::input(format!("at most {} exhibits belong into one look", limits::EXHIBITS_MAX)));
    }
    if request.case.as_deref().is_some_and(|case| case.trim().is_empty()) {
        return Err(Error::input("a case needs a name; leave --case out for a new one"));
    }
    if request.identities && request.because.trim().is_empty() {
        return Err(Error::input(
            "--identities shows names although nobody may be named: say why with --because",
        ));
    }
    let (mut materials, mut pixels) = (Vec::new(), 0);
    for file in &request.exhibits {
        let material = Material::parse(file)?;
        pixels += material.pictures.iter().map(|picture| picture.pixels.len() as u64).sum::<u64>();
        if pixels > LOOK_PIXELS_MAX {
            return Err(Error::input(format!(
                "with {} the pictures of this look have more than {} million pixels, which is too much memory: scale them \
                 down (300 dots an inch are plenty), or trace some of them in another look of the same case",
                file.name,
                LOOK_PIXELS_MAX / 1_000_000
            )));
        }
        materials.push(material);
    }
    Ok(materials)
}

async fn register(vault: &Vault, request: &TraceRequest, ports: &Ports) -> Result<(String, u32)> {
    let exhibits: Vec<NewExhibit<'_>> = request
        .exhibits
        .iter()
        .map(|file| NewExhibit { name: &file.name, bytes: &file.bytes, reason: &request.because })
        .collect();
    let because = match request.identities {
        true => format!("identities shown: {}", request.because),
        false => request.because.clone(),
    };
    let new = NewLook {
        case: request.case.as_deref(),
        alpha: ALPHA_AS_SEALED,
        because: &because,
        at: ports.now,
        exhibits: &exhibits,
    };
    let begun = vault.store.begin_look(&new).await?;
    Ok((begun.case.name, begun.look.number))
}

/// Registers the exhibits in the log as well.
fn logged(vault: &Vault, request: &TraceRequest, case: &str, look: u32, ports: &Ports) -> Result<()> {
    let files = request.exhibits.iter().map(|file| (file.name.as_str(), file.bytes.as_slice()));
    crate::log::record::exhibits(vault, case, look, &request.because, files, ports.now)
}

/// Commits to the finding, with the figures as the tracer has them.
async fn log_finding(vault: &Vault, context: &finding::Context<'_>, finding: &Finding) -> Result<()> {
    let details = crate::prove::finding_details(vault, context, finding).await?;
    crate::log::record::finding(vault, context.case_name, finding.look, details, context.now)?;
    // The witness sees it, where it can be reached.
    crate::log::witness::again(&crate::log::Log::of(vault)?, context.now).map(drop)
}

/// The hash under which an exhibit is known.
pub(crate) fn exhibit_hash(file: &ExhibitFile) -> Hash {
    Hash::of(&file.bytes)
}
