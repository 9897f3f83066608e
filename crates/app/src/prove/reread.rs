//! Use case: a reading recomputed from a bundle that encloses the original by consent, by somebody without the vault.
//!
//! The enclosed document, its places and texts are held against what the release committed to; then the exhibits are read
//! again by the same blind reader, and what is read is compared with what was committed to. No key takes part.

use tellmark_core::{Hash, LineageId, Marking, ReleaseId};
use tellmark_evidence::bundle::{Bundle, Original, Parts};
use tellmark_evidence::encode::from_hex_exact;
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::Json;
use tellmark_evidence::merkle::{self, sha256};
use tellmark_evidence::reading::{OfRelease, Reading};
use tellmark_evidence::release::{OpenSite, site_name};
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
}

/// A look that was read again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Look {
    /// Its number.
    pub look: usize,
    /// How many places were read.
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
    Ok(Reread { looks, same })
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
    let marking: Marking =
        serde_json::from_str(&original.marking).map_err(|_| wrong("its places cannot be read"))?;
    marking.validate(&original.prose).map_err(|_| wrong("its places do not lie in its text"))?;
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
        own.map(|site| (site.index, site.clone())).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (mut others, mut left_out) = (Vec::new(), Vec::new());
    let mut count = 0;
    let pairs = [(sites(&said.together), sites(&found.together))].into_iter().chain(said.alone.iter().map(
        |(exhibit, readings)| {
            let own = found.alone.iter().find(|(other, _)| other == exhibit);
            (sites(readings), own.map_or_else(Default::default, |(_, readings)| sites(readings)))
        },
    ));
    for (said, found) in pairs {
        count = count.max(said.len());
        let all: std::collections::BTreeSet<usize> = said.keys().chain(found.keys()).copied().collect();
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
    Look { look, sites: count, others, left_out, same_texts: said.texts == found.texts }
}

/// Reads the file of a bundle again.
///
/// # Errors
/// As [`reread`], and when the file cannot be read.
pub async fn reread_file(
    path: &std::path::Path,
    languages: Option<&str>,
    ports: &mut Ports,
    progress: &dyn Progress,
) -> Result<Reread> {
    let most = tellmark_evidence::bundle::BUNDLE_BYTES_MAX as u64;
    reread(&files::read_limited(path, most)?, languages, ports, progress).await
}
