//! Use case: a reading recomputed from a bundle that encloses the original by consent, by somebody without the vault.
//!
//! The enclosed document, its places and texts are held against what the release committed to; then the exhibits are read
//! again by the same blind reader, and what is read is compared with what was committed to. No key takes part.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{Hash, LineageId, Marking, ReleaseId};
use tellmark_evidence::bundle::{Bundle, Original, Parts};
use tellmark_evidence::encode::from_hex_exact;
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::Json;
use tellmark_evidence::merkle::{self, sha256};
use tellmark_evidence::reading::{OfRelease, Reading};
use tellmark_evidence::release::{OpenSite, site_name};
use tellmark_evidence::verify::{Held, NamedCodeword, named_codewords};
use tellmark_formats::{Document, Format};
use tellmark_store::{NewBatch, NewRelease, Release};

use crate::log::record;
use crate::trace::{ExhibitFile, read_again};
use crate::{Access, Error, Ports, Progress, Result, Vault, files};

/// What reading again showed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reread {
    /// The looks, in order.
    pub looks: Vec<Look>,
    /// Whether every look was read as the bundle says.
    pub same: bool,
    /// The copies that were given, each held against each named one.
    pub copies: Vec<HeldCopy>,
    /// Whether each of them is the file that was delivered for a named copy, and shows what was committed to for it.
    pub held: bool,
}

/// Somebody's own copy, held against what the release committed to for a named one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct HeldCopy {
    /// The file.
    pub file: String,
    /// The named copy.
    pub copy: String,
    /// Whether it is the file that was delivered, by the log; `None` where the bundle does not say.
    pub is_delivered: Option<bool>,
    /// At how many of the places that were read in the exhibits it shows what was committed to.
    pub agree: usize,
    /// At which of them it shows something else, by their numbers in the release.
    pub others: Vec<usize>,
    /// At how many nothing can be seen.
    pub unseen: usize,
    /// Whether it is the delivered file and shows the codeword that was committed to, and no other.
    pub shows: bool,
}

/// A look that was read again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Look {
    /// Its number.
    pub look: usize,
    /// How many places were read, by one of both or by both.
    pub sites: usize,
    /// The places that are read otherwise, or by one of both only, by their numbers in the release.
    pub others: Vec<usize>,
    /// Places that the exhibits show and the reading leaves out, since the operator says that they tell nothing any more:
    /// another document or draft showed them. Whether that is so is not shown here.
    pub left_out: Vec<usize>,
    /// Whether the texts of the exhibits are those that were committed to.
    pub same_texts: bool,
}

/// What a bundle encloses of the original.
///
/// # Errors
/// When the ledger or the log fail.
pub(super) async fn enclosed(vault: &Vault, release: &Release, secret: [u8; 32]) -> Result<Original> {
    let public = vault.store.public_sites(release.lineage).await?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(Error::damaged);
    Ok(Original {
        document: vault.store.blob(release.document).await?,
        file: release.file_name.clone(),
        format: release.format.clone(),
        prose: vault.prose(release).await?,
        text: text(vault.store.blob(release.text).await?)?,
        marking: text(vault.store.blob(release.marking).await?)?,
        public: public
            .into_iter()
            .map(|public| tellmark_evidence::release::site_name(&public.site))
            .collect(),
        secret,
    })
}

/// Reads the exhibits of a bundle again.
///
/// # Errors
/// When it is no bundle, encloses no original or another one than the release committed to, or an exhibit cannot be read.
pub async fn reread(
    bytes: &[u8],
    languages: Option<&str>,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<Reread> {
    reread_with(bytes, Vec::new(), languages, ports, progress).await
}

/// Reads the exhibits of a bundle again, and copies of the document by the same reader: whether what was delivered shows
/// the codeword that the release committed to.
///
/// # Errors
/// As [`reread`], and when a copy cannot be read, or the named copies are not what the release committed to.
pub async fn reread_with(
    bytes: &[u8],
    copies: Vec<ExhibitFile>,
    languages: Option<&str>,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<Reread> {
    let bundle = Bundle::read(bytes).map_err(|error| Error::input(error.to_string()))?;
    let parts = &bundle.parts;
    let original = parts.original.as_ref().ok_or_else(|| {
        Error::input("this bundle does not enclose the original, which takes its owner's consent: tellmark prove CASE --enclose-original")
    })?;
    checked(parts, original)?;
    // A ledger for the reader alone: what is read of the release needs no key, and this one's is thrown away.
    let folder =
        tempfile::tempdir().map_err(Error::file("cannot make a folder", std::path::Path::new("")))?;
    let access = Access { folder: folder.path().join("vault"), ..Access::default() };
    let vault = Vault::create(&access, None, ports).await?;
    let id = record_original(&vault, parts, original, ports).await?;
    let mut looks = Vec::new();
    for (number, said) in readings(parts)? {
        let exhibits = exhibits(parts, number)?;
        let read = read_again(&vault, exhibits, languages, progress).await?;
        let found = record::read_of(&vault, &read.0, &read.1).await?;
        looks.push(compared(number, &said, &found, (id, &original.public)));
    }
    let is_same = |look: &Look| look.others.is_empty() && look.left_out.is_empty() && look.same_texts;
    let same = looks.iter().all(is_same);
    let mut held = Vec::new();
    for file in copies {
        held.extend(held_against(&vault, &bundle, file, id, languages, progress).await?);
    }
    let files: std::collections::BTreeSet<&str> = held.iter().map(|held| held.file.as_str()).collect();
    let shows = |file: &&str| held.iter().any(|held| held.file == **file && held.shows);
    let is_held = files.iter().all(shows);
    Ok(Reread { looks, same, held: is_held, copies: held })
}

/// A copy, read like an exhibit and held against each named one.
async fn held_against(
    vault: &Vault,
    bundle: &Bundle,
    file: ExhibitFile,
    id: ReleaseId,
    languages: Option<&str>,
    progress: &dyn Progress,
) -> Result<Vec<HeldCopy>> {
    let named = named_codewords(bundle).ok_or_else(|| {
        Error::input(
            "the copies of this bundle are not those that the release committed to: tellmark-verify says why",
        )
    })?;
    if named.is_empty() {
        return Err(Error::input("this finding names no copy, so there is nothing to hold a copy against"));
    }
    let hash = sha256(&[&file.bytes]);
    let name = file.name.clone();
    let (record, texts) = read_again(vault, vec![file], languages, progress).await?;
    let found = record::read_of(vault, &record, &texts).await?;
    let hex = tellmark_evidence::encode::to_hex(&id.0);
    let own = found.together.iter().filter(|of| of.release == hex).flat_map(|of| &of.sites);
    let shown: BTreeMap<usize, Option<usize>> =
        own.map(|site| (site.index, likeliest(&site.observed.likelihoods))).collect();
    let held = |(copy, codeword): &NamedCodeword<'_>| {
        let is_delivered = copy.file.as_ref().map(|own| own.sha256 == hash);
        let (mut agree, mut others, mut unseen) = (0, Vec::new(), 0);
        for (site, symbol) in codeword {
            match shown.get(&site.index).copied().flatten() {
                Some(variant) if variant == usize::from(*symbol) => agree += 1,
                Some(_) => others.push(site.index),
                None => unseen += 1,
            }
        }
        let shows = Held::of(is_delivered, agree, others.len(), unseen) == Held::Shows;
        HeldCopy { file: name.clone(), copy: copy.copy.clone(), is_delivered, agree, others, unseen, shows }
    };
    Ok(named.iter().map(held).collect())
}

/// The variant that is likelier than any other.
fn likeliest(likelihoods: &[tellmark_core::Likelihood]) -> Option<usize> {
    let top = likelihoods.iter().max()?;
    let mut best =
        (0..).zip(likelihoods).filter(|(_, likelihood)| *likelihood == top).map(|(variant, _)| variant);
    best.next().filter(|_| best.next().is_none())
}

/// The enclosed original is what the release committed to.
fn checked(parts: &Parts, original: &Original) -> Result<()> {
    let wrong = |what: &str| Error::input(format!("the enclosed original is not the release's: {what}"));
    let entry = parts.entries.iter().find(|entry| entry.envelope.statement.kind == Kind::Release);
    let entry = entry.ok_or_else(|| wrong("the bundle has no release"))?;
    let details = entry.opening.as_ref().ok_or_else(|| wrong("the release is not opened"))?;
    if details.sealed() != entry.envelope.statement.sealed {
        return Err(wrong("the release does not commit to what is shown of it"));
    }
    let document = details.details.fields("a release", &["document", "file", "name"], &[]);
    let document = document.and_then(|fields| fields.hex::<32>("document"));
    if document.ok() != Some(sha256(&[&original.document])) {
        return Err(wrong("its document has another hash"));
    }
    let marking = texts_fit(original)?;
    let own = release_id(parts)?;
    let sites = record::open_sites((&original.secret, own), &marking, &original.prose);
    let root = merkle::root(&sites.iter().map(OpenSite::leaf).collect::<Vec<_>>());
    let said = entry.envelope.statement.open.get("sites").map(Json::to_bytes);
    let expected = record::sites_root(sites.len(), &root);
    if said != Some(expected.to_bytes()) {
        return Err(wrong("its places are others"));
    }
    Ok(())
}

/// The texts that are enclosed are the document's own: a word that is masked in them could not be read in the exhibits.
fn texts_fit(original: &Original) -> Result<Marking> {
    let wrong = |what: &str| Error::input(format!("the enclosed original is not the release's: {what}"));
    let unread = |source| Error::Format { name: original.file.clone(), source };
    let format = Format::detect(&original.file, &original.document).map_err(unread)?;
    let document = match format {
        Format::Pdf => Document::parse_pdf(&original.document, true),
        _ => Document::parse(format, &original.document),
    };
    let document = document.map_err(unread)?;
    if original.format != format.to_string() || original.prose != document.prose().text {
        return Err(wrong("its text is not that of the document, as this version reads it"));
    }
    let marking: Marking =
        serde_json::from_str(&original.marking).map_err(|_| wrong("its places cannot be read"))?;
    marking.validate(&original.prose).map_err(|_| wrong("its places do not lie in its text"))?;
    let rendered = marking.render(&original.prose, &marking.original()).map(|rendered| rendered.text);
    match rendered.is_ok_and(|text| text == original.text) {
        true => Ok(marking),
        false => Err(wrong("its text as a reader sees it is not that of the document with its places")),
    }
}

fn release_id(parts: &Parts) -> Result<ReleaseId> {
    from_hex_exact(&parts.release).map(ReleaseId).ok_or_else(|| Error::input("the bundle's release is none"))
}

async fn record_original(
    vault: &Vault,
    parts: &Parts,
    original: &Original,
    ports: &mut Ports,
) -> Result<ReleaseId> {
    let id = release_id(parts)?;
    let lineage = LineageId([0; 8]);
    let new = NewRelease {
        id,
        lineage,
        new_lineage: Some(Hash::of(b"")),
        after: None,
        revises: None,
        name: &original.file,
        file_name: &original.file,
        format: &original.format,
        nonce: ports.random(),
        document: &original.document,
        text: &original.text,
        prose: original.prose.as_bytes(),
        marking: original.marking.as_bytes(),
        template: b"",
        options: "{}",
        fingerprint: Hash::of(b"enclosed"),
        alpha: crate::DEFAULT_ALPHA,
        derivation_version: tellmark_codes::DERIVATION_VERSION,
        reader_version: tellmark_wording::READER_VERSION,
        created_at: ports.now,
        batch: NewBatch {
            after: None,
            roster: b"{\"id\":\"nobody\"}\n",
            copies: 1,
            fingerprint: Hash::of(b"enclosed batch"),
            created_at: ports.now,
        },
        // What the operator calls public is read as well, and compared.
        public_sites: &[],
        public_elsewhere: &[],
    };
    vault.store.record_release(&new).await?;
    Ok(id)
}

/// The readings that the bundle's looks committed to.
fn readings(parts: &Parts) -> Result<Vec<(usize, Reading)>> {
    let mut all = Vec::new();
    for entry in parts.entries.iter().filter(|entry| entry.envelope.statement.kind == Kind::Reading) {
        let look = entry.envelope.statement.open.get("look").and_then(|look| look.int("look").ok());
        let opening =
            entry.opening.as_ref().filter(|opening| opening.sealed() == entry.envelope.statement.sealed);
        let (Some(look), Some(opening)) = (look.and_then(|look| usize::try_from(look).ok()), opening) else {
            return Err(Error::input("a reading of the bundle is not opened"));
        };
        all.push((look, Reading::read(&opening.details).map_err(|error| Error::input(error.to_string()))?));
    }
    Ok(all)
}

/// The exhibits of a look, by their names.
fn exhibits(parts: &Parts, look: usize) -> Result<Vec<ExhibitFile>> {
    let name = |number: usize| {
        parts.entries.iter().find_map(|entry| {
            let open = &entry.envelope.statement.open;
            let int = |name: &str| open.get(name).and_then(|value| value.int(name).ok());
            let is_own = entry.envelope.statement.kind == Kind::Exhibit
                && int("look") == i64::try_from(look).ok()
                && int("number") == i64::try_from(number).ok();
            let details = &entry.opening.as_ref().filter(|_| is_own)?.details;
            let fields = details.fields("an exhibit", &["because", "name", "sha256", "size"], &[]).ok()?;
            fields.text("name").ok().map(str::to_owned)
        })
    };
    let mut own: Vec<_> = parts.exhibits.iter().filter(|one| one.look == look).collect();
    own.sort_by_key(|one| one.number);
    own.into_iter()
        .map(|one| {
            let name =
                name(one.number).ok_or_else(|| Error::input("an exhibit of the bundle has no name"))?;
            Ok(ExhibitFile { name, bytes: one.bytes.clone() })
        })
        .collect()
}

fn compared(look: usize, said: &Reading, found: &Reading, (id, public): (ReleaseId, &[String])) -> Look {
    let hex = tellmark_evidence::encode::to_hex(&id.0);
    let sites = |of: &[OfRelease]| {
        let own = of.iter().filter(|of| of.release == hex).flat_map(|of| &of.sites);
        own.map(|site| (site.index, site.clone())).collect::<BTreeMap<_, _>>()
    };
    let (mut others, mut left_out) = (Vec::new(), Vec::new());
    let mut places = BTreeSet::new();
    // What single exhibits show as well: what one of both leaves out is read otherwise.
    let exhibits = said.alone.iter().chain(&found.alone).map(|(exhibit, _)| *exhibit);
    let alone = |reading: &Reading, exhibit: usize| {
        let own = reading.alone.iter().find(|(other, _)| *other == exhibit);
        own.map_or_else(Default::default, |(_, readings)| sites(readings))
    };
    let exhibits: BTreeSet<usize> = exhibits.collect();
    let pairs = exhibits.into_iter().map(|exhibit| (alone(said, exhibit), alone(found, exhibit)));
    for (said, found) in std::iter::once((sites(&said.together), sites(&found.together))).chain(pairs) {
        let all: BTreeSet<usize> = said.keys().chain(found.keys()).copied().collect();
        places.extend(all.iter().copied());
        for index in all.into_iter().filter(|index| said.get(index) != found.get(index)) {
            let is_public = found.get(&index).is_some_and(|site| public.contains(&site_name(&site.id)));
            match is_public && !said.contains_key(&index) {
                true => left_out.push(index),
                false => others.push(index),
            }
        }
    }
    for list in [&mut others, &mut left_out] {
        list.sort_unstable();
        list.dedup();
    }
    Look { look, sites: places.len(), others, left_out, same_texts: said.texts == found.texts }
}

/// Reads the file of a bundle again, and copies of the document.
///
/// # Errors
/// As [`reread_with`], and when a file cannot be read.
pub async fn reread_file(
    path: &std::path::Path,
    copies: &[std::path::PathBuf],
    languages: Option<&str>,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<Reread> {
    let most = tellmark_evidence::bundle::BUNDLE_BYTES_MAX as u64;
    let copy = |path: &std::path::PathBuf| -> Result<ExhibitFile> {
        let bytes = files::read_limited(path, tellmark_core::limits::EXHIBIT_BYTES_MAX)?;
        Ok(ExhibitFile { name: path.display().to_string(), bytes })
    };
    let copies = copies.iter().map(copy).collect::<Result<Vec<_>>>()?;
    reread_with(&files::read_limited(path, most)?, copies, languages, ports, progress).await
}
