//! What goes into a bundle: entries with their proofs and openings, sites, copies, exhibits.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{CopyId, Marking};
use tellmark_evidence::bundle::{Anchor, Entry, Exhibit, NamedCopy, OpenCopy, Parts, Stamped};
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::entry::{Kind, Opening};
use tellmark_evidence::json::Json;
use tellmark_evidence::merkle::{self, Hash};
use tellmark_evidence::note::Note;
use tellmark_evidence::reading::Reading;
use tellmark_evidence::release::{OpenCodeword, OpenGroups, OpenSite, Seed, id_half};
use tellmark_store::Release;

use crate::log::{Log, State, number, record, says, text};
use crate::receipts::{Delivered, by_place};
use crate::trace::{ExhibitFile, Material};
use crate::vault::{codebook, decode_roster};
use crate::{Error, Result, Vault, seal};

/// Gathers the parts; also says whether a witness saw the head that is enclosed.
pub async fn gather(
    vault: &Vault,
    log: &Log<'_>,
    case: &str,
    encloses_original: bool,
) -> Result<(Parts, bool)> {
    let state = log.load()?.ok_or_else(|| no_log(case))?;
    let tag = to_hex(&vault.case_tag(case));
    let matter = Matter::find(vault, log, &state, (&tag, case)).await?;
    let release = vault.release(&matter.release).await?;
    let marking: Marking = vault.json(release.marking).await?;
    let copies = Copies::load(vault, log, &state, &matter, &release, &marking).await?;
    let named = copies.named(log, &state, &matter)?;
    let mut entries = matter.entries(&state)?;
    entries.extend(persons(log, &state, &matter, &tag, &named, &entries)?);
    entries.sort_unstable();
    entries.dedup();
    let heads = Heads::choose(log, &state, &entries)?;
    let included = entries.iter().map(|&(index, is_open)| {
        let opening = if is_open { Some(opened(log, &state, index)?) } else { None };
        Ok(Entry {
            index: index as u64,
            envelope: state.entry(index).clone(),
            proof: merkle::inclusion(&state.leaves[..heads.size], index),
            opening,
        })
    });
    let included = included.collect::<Result<Vec<Entry>>>()?;
    let (sites, site_nodes) = sites(vault, log, &state, &matter, &release, &marking).await?;
    let indices: Vec<usize> = sites.iter().map(|site| site.index).collect();
    let bound =
        bound_size(&state, &matter).map(|size| merkle::consistency(&state.leaves[..heads.size], size));
    let stamped = stamped(log, &state, &matter, heads.size)?;
    let original = match encloses_original {
        true => Some(super::reread::enclosed(vault, &release, sites_secret(log, &state, &matter)?).await?),
        false => None,
    };
    let parts = Parts {
        original,
        stamped,
        case: tag,
        release: matter.release.clone(),
        checkpoint: heads.note,
        anchor: heads.anchor,
        bound,
        entries: included,
        sites,
        site_nodes,
        copies: copies.open(&indices, &matter.finding),
        named,
        exhibits: exhibits(vault, case, &matter).await?,
    };
    Ok((parts, heads.is_witnessed))
}

fn no_log(case: &str) -> Error {
    Error::input(format!(
        "nothing about case {case:?} is in this vault's log: it was traced before there was one. Trace its exhibits again, then prove"
    ))
}

fn no_finding(case: &str) -> Error {
    Error::input(format!(
        "the log holds the exhibits of case {case:?} and no finding: its trace did not come to an end. Trace its exhibits again in the same case (--case {case:?}), then prove"
    ))
}

/// Why a finding that is not about one release has no bundle, and what to do.
async fn not_of_one(
    vault: &Vault,
    case: &str,
    finding: &Json,
    looks: &BTreeMap<i64, Reading>,
) -> Result<Error> {
    if finding_number(finding, "tested") == 0 {
        return Ok(Error::input(format!(
            "case {case:?} tested nobody: no passage of a document in this vault was found in its exhibits. There is nothing to prove; trace more of the leak, or seal the document that it is of"
        )));
    }
    let tested: BTreeSet<&String> =
        looks.values().flat_map(|reading| &reading.tested).map(|(release, _)| release).collect();
    let releases = vault.store.releases().await?.into_iter();
    let names: BTreeMap<String, String> =
        releases.map(|release| (to_hex(&release.id.0), release.name)).collect();
    // What two releases are called says nothing; the beginning of the hash does.
    let is_one = |name: &&String| names.values().filter(|other| other == name).count() == 1;
    let short = |release: &str| release.chars().take(12).collect::<String>();
    let name =
        |release: &&String| names.get(*release).filter(is_one).cloned().unwrap_or_else(|| short(release));
    let tested: Vec<String> = tested.iter().map(name).collect();
    Ok(Error::input(format!(
        "case {case:?} tested copies of several releases ({}), and a bundle is about one. Trace the same exhibits in a case of its own, with the one whose copy is named, as the finding says it: tellmark trace EXHIBIT... --release RELEASE --case NEW, then tellmark prove NEW",
        tested.join(", "),
    )))
}

fn erased(what: &str) -> Error {
    Error::input(format!("{what} was erased from log/private; what it said cannot be proved any more"))
}

fn opened(log: &Log<'_>, state: &State, index: usize) -> Result<Opening> {
    let opening = log.private(&state.leaves[index])?.map(|(opening, _)| opening);
    opening.ok_or_else(|| erased(&format!("entry {index}")))
}

/// The entries that a finding stands on.
struct Matter {
    /// The release, in hexadecimal.
    release: String,
    /// The looks with a reading up to the last with a finding, with their readings.
    looks: BTreeMap<i64, Reading>,
    /// The entries of these looks, and whether each is opened.
    of_looks: Vec<(usize, bool)>,
    /// The batches that are tested, with the entries that commit to them.
    batches: BTreeMap<usize, usize>,
    finding: Json,
}

impl Matter {
    /// Finds them, by what the log calls the case and what people do.
    async fn find(vault: &Vault, log: &Log<'_>, state: &State, (tag, case): (&str, &str)) -> Result<Matter> {
        let own = |kind: Kind| state.of_kind(kind).filter(|(_, entry)| says(entry, "case", tag));
        let found = own(Kind::Finding).last();
        let begun = own(Kind::Exhibit).next().is_some();
        let (at, entry) = found.ok_or_else(|| if begun { no_finding(case) } else { no_log(case) })?;
        let last = number(entry, "look").unwrap_or(0);
        let finding = opened(log, state, at)?.details;
        let release = finding_text(&finding, "release")?;
        let mut looks = BTreeMap::new();
        let mut of_looks = Vec::new();
        for (index, entry) in own(Kind::Reading) {
            let look = number(entry, "look").unwrap_or(0);
            if (1..=last).contains(&look) {
                let reading = Reading::read(&opened(log, state, index)?.details).map_err(Error::damaged)?;
                looks.insert(look, reading);
                of_looks.push((index, true));
            }
        }
        if release.is_empty() {
            return Err(not_of_one(vault, case, &finding, &looks).await?);
        }
        let is_read = |entry: &tellmark_evidence::entry::Envelope| {
            number(entry, "look").is_some_and(|look| looks.contains_key(&look))
        };
        // Those of a look that failed show that it was none, and stay closed.
        let is_before = |entry: &tellmark_evidence::entry::Envelope| {
            number(entry, "look").is_some_and(|look| (1..=last).contains(&look))
        };
        let exhibits = own(Kind::Exhibit).filter(|(_, entry)| is_before(entry));
        of_looks.extend(exhibits.map(|(index, entry)| (index, is_read(entry))));
        of_looks.extend(own(Kind::Finding).filter(|(_, e)| is_read(e)).map(|(index, _)| (index, true)));
        // Looks of other cases at the release count, too.
        let counted = state.of_kind(Kind::Look).filter(|(_, entry)| says(entry, "release", &release));
        let counted: Vec<_> = counted.collect();
        let is_last = |(_, entry): &&(usize, &tellmark_evidence::entry::Envelope)| {
            says(entry, "case", tag) && number(entry, "look") == Some(last)
        };
        let until = counted.iter().find(is_last).map_or(at, |(index, _)| *index);
        of_looks
            .extend(counted.iter().filter(|(index, _)| *index <= until).map(|(index, _)| (*index, false)));
        let batches = batches(state, &release, &looks)?;
        Ok(Matter { release, looks, of_looks, batches, finding })
    }

    /// All entries in the order of the log.
    fn entries(&self, state: &State) -> Result<Vec<(usize, bool)>> {
        let mut entries = self.of_looks.clone();
        entries.extend(self.batches.iter().map(|(batch, index)| (*index, *batch == 1)));
        let delivered = state.of_kind(Kind::Delivery).filter(|(_, entry)| {
            let batch = number(entry, "batch").and_then(|batch| usize::try_from(batch).ok());
            says(entry, "release", &self.release)
                && batch.is_some_and(|batch| self.batches.contains_key(&batch))
        });
        entries.extend(delivered.map(|(index, _)| (index, false)));
        entries.sort_unstable();
        Ok(entries)
    }
}

fn finding_text(finding: &Json, name: &str) -> Result<String> {
    match finding {
        Json::Map(fields) => match fields.get(name) {
            Some(Json::Text(text)) => Ok(text.clone()),
            _ => Err(Error::damaged("a finding of the log")),
        },
        _ => Err(Error::damaged("a finding of the log")),
    }
}

fn finding_number(finding: &Json, name: &str) -> i64 {
    match finding {
        Json::Map(fields) => fields.get(name).and_then(|number| number.int(name).ok()).unwrap_or(0),
        _ => 0,
    }
}

/// The entries that commit to the tested batches.
fn batches(state: &State, release: &str, looks: &BTreeMap<i64, Reading>) -> Result<BTreeMap<usize, usize>> {
    let mut tested: BTreeSet<usize> =
        looks.values().flat_map(|reading| &reading.tested).map(|(_, batch)| *batch).collect();
    // The release's own entry says what all batches share.
    tested.insert(1);
    let mut batches = BTreeMap::new();
    for batch in tested {
        let index = record::commitment(state, release, batch).ok_or_else(|| {
            Error::input(format!(
                "release {release} was sealed before this vault had a log: a bundle could not show that its codewords came before the leak"
            ))
        })?;
        batches.insert(batch, index);
    }
    Ok(batches)
}

/// The heads that a bundle encloses.
struct Heads {
    note: Note,
    size: usize,
    anchor: Option<Anchor>,
    is_witnessed: bool,
}

impl Heads {
    /// The smallest head that a witness saw with all entries, else the newest; and before it the smallest with the
    /// release.
    fn choose(log: &Log<'_>, state: &State, entries: &[(usize, bool)]) -> Result<Heads> {
        let seen = log.seen()?;
        let last = entries.last().map_or(0, |(index, _)| *index as u64);
        let witnessed = seen.iter().find(|(size, _)| *size > last);
        let (size, note) = match witnessed {
            Some((size, note)) => (*size, note.clone()),
            None => (state.head.size, state.note.clone()),
        };
        let is_commitment =
            |index: usize| matches!(state.entries[index].statement.kind, Kind::Release | Kind::Extension);
        let committed = entries.iter().map(|(index, _)| *index).filter(|index| is_commitment(*index)).max();
        let committed = committed.unwrap_or(0) as u64;
        let leaves = &state.leaves[..size as usize];
        let earlier = seen.iter().find(|(earlier, _)| *earlier > committed && *earlier < size);
        let anchor = earlier.map(|(earlier, note)| Anchor {
            note: note.clone(),
            proof: merkle::consistency(leaves, *earlier as usize),
        });
        Ok(Heads { note, size: size as usize, anchor, is_witnessed: witnessed.is_some() })
    }
}

/// What is kept beside the entry that commits to a batch.
fn kept(log: &Log<'_>, state: &State, matter: &Matter, batch: usize) -> Result<Json> {
    let index = matter.batches.get(&batch).ok_or_else(|| Error::damaged("a batch is not in the log"))?;
    let found = log.private(&state.leaves[*index])?.map(|(_, more)| more);
    found.ok_or_else(|| erased("what a release committed to"))
}

/// What the salts of a release's sites follow from.
fn sites_secret(log: &Log<'_>, state: &State, matter: &Matter) -> Result<[u8; 32]> {
    let more = kept(log, state, matter, 1)?;
    let fields = more.fields("a release's secrets", &["decoys", "seeds", "sites"], &[]);
    fields.and_then(|fields| fields.hex("sites")).map_err(Error::damaged)
}

async fn sites(
    vault: &Vault,
    log: &Log<'_>,
    state: &State,
    matter: &Matter,
    release: &Release,
    marking: &Marking,
) -> Result<(Vec<OpenSite>, Vec<Hash>)> {
    let secret = sites_secret(log, state, matter)?;
    let all = record::open_sites((&secret, release.id), marking, &vault.prose(release).await?);
    let leaves: Vec<Hash> = all.iter().map(OpenSite::leaf).collect();
    let mut read = BTreeSet::new();
    for reading in matter.looks.values() {
        let alone = reading.alone.iter().flat_map(|(_, readings)| readings);
        for of in reading.together.iter().chain(alone).filter(|of| of.release == matter.release) {
            read.extend(of.sites.iter().map(|site| site.index));
        }
    }
    let indices: Vec<usize> = read.into_iter().filter(|index| *index < all.len()).collect();
    let nodes = merkle::several(&leaves, &indices);
    Ok((indices.iter().map(|&index| all[index].clone()).collect(), nodes))
}

/// The tested copies with their codewords.
struct Copies {
    /// By id without regard to case, as the tracer weighs them.
    copies: BTreeMap<String, Own>,
}

struct Own {
    id: CopyId,
    batch: usize,
    leaf: usize,
    seed: Seed,
    groups: Vec<String>,
    codeword: Vec<u8>,
}

impl Copies {
    async fn load(
        vault: &Vault,
        log: &Log<'_>,
        state: &State,
        matter: &Matter,
        release: &Release,
        marking: &Marking,
    ) -> Result<Copies> {
        let columns = vault.columns(marking.sites.iter().map(|s| (s.id, s.variants() as u8))).await?;
        let key = seal::lineage_key(vault, release).await?;
        let book = codebook(&key, &columns)?;
        let mut copies = BTreeMap::new();
        for batch in vault.store.batches(release.id).await? {
            let number = batch.number as usize;
            if !matter.batches.contains_key(&number) {
                continue;
            }
            let seeds = record::seeds(&kept(log, state, matter, number)?)?;
            let ordered = record::ordered(&decode_roster(&vault.store.blob(batch.roster).await?)?);
            for (leaf, ((holder, groups), seed)) in ordered.into_iter().zip(seeds).enumerate() {
                let id = holder.id;
                let mut codeword = vec![0; columns.len()];
                book.codeword(&id, &mut codeword);
                copies.insert(id.folded(), Own { id, batch: number, leaf, seed, groups, codeword });
            }
        }
        Ok(Copies { copies })
    }

    /// Opened at these sites, and with their groups where the finding names one.
    fn open(&self, sites: &[usize], finding: &Json) -> Vec<OpenCopy> {
        let Json::Map(fields) = finding else { return Vec::new() };
        let has_groups = matches!(fields.get("groups"), Some(Json::List(groups)) if !groups.is_empty());
        let open = |own: &Own| OpenCopy {
            groups: has_groups.then(|| OpenGroups { names: own.groups.clone(), salt: own.seed.of_groups() }),
            batch: own.batch,
            leaf: own.leaf,
            half: id_half(&own.seed.of_id(), own.id.as_str()),
            codeword: OpenCodeword::new(&own.seed.of_codeword(), &own.codeword, sites),
        };
        self.copies.values().map(open).collect()
    }

    fn named(&self, log: &Log<'_>, state: &State, matter: &Matter) -> Result<Vec<NamedCopy>> {
        let Json::Map(fields) = &matter.finding else { return Err(Error::damaged("a finding of the log")) };
        let places = fields.get("named").and_then(|named| named.list("named", usize::MAX).ok());
        let mut named = Vec::new();
        for place in places.unwrap_or_default() {
            let fields = place.fields("a named copy", &["batch", "e", "leaf", "p", "w"], &[]);
            let fields = fields.map_err(Error::damaged)?;
            let number = |name: &str| fields.count(name, usize::MAX >> 1).map_err(Error::damaged);
            let (batch, leaf) = (number("batch")?, number("leaf")?);
            let own = self.copies.values().find(|own| (own.batch, own.leaf) == (batch, leaf));
            let own = own.ok_or_else(|| Error::damaged("a named copy is none of its release"))?;
            let delivered = Delivered::find(log, state, &matter.release, batch)?;
            let file = delivered.and_then(|delivered| delivered.open(leaf));
            named.push(NamedCopy { batch, leaf, copy: own.id.to_string(), salt: own.seed.of_id(), file });
        }
        Ok(named)
    }
}

/// The first stamped head with the release, and the last that is not beyond the bundle's own.
fn stamped(log: &Log<'_>, state: &State, matter: &Matter, size: usize) -> Result<Vec<Stamped>> {
    let committed = matter.batches.values().max().copied().unwrap_or(0) as u64;
    let mut all = log.stamped()?;
    all.retain(|(own, _, _)| *own > committed && *own <= size as u64);
    let chosen = match all.as_slice() {
        [first, .., last] => vec![first.clone(), last.clone()],
        few => few.to_vec(),
    };
    let leaves = &state.leaves[..size];
    let proved = |(own, note, answer): (u64, Note, Vec<u8>)| Stamped {
        note,
        proof: merkle::consistency(leaves, own as usize),
        answer,
    };
    Ok(chosen.into_iter().map(proved).collect())
}

/// The size of the head from which the release's nonce follows.
fn bound_size(state: &State, matter: &Matter) -> Option<usize> {
    let release = &state.entries[*matter.batches.get(&1)?];
    let note = Note::read(text(release, "checkpoint")?).ok()?;
    usize::try_from(note.checkpoint().ok()?.size).ok()
}

/// The entries of what persons did about the release: whose consent its acts name, who signed for the named copies, what
/// else is recorded of these, and the key that was fixed before the nonce.
fn persons(
    log: &Log<'_>,
    state: &State,
    matter: &Matter,
    tag: &str,
    named: &[NamedCopy],
    own: &[(usize, bool)],
) -> Result<Vec<(usize, bool)>> {
    let mut more = Vec::new();
    let receipts = by_place(state, &matter.release);
    for copy in named {
        let own = receipts.get(&(copy.batch, copy.leaf)).into_iter().flatten();
        more.extend(own.map(|index| (*index, true)));
    }
    for kind in [Kind::Copy, Kind::Holder, Kind::Withdrawal] {
        for (index, _) in state.of_kind(kind).filter(|(_, entry)| says(entry, "release", &matter.release)) {
            let Some((opening, _)) = log.private(&state.leaves[index])? else { continue };
            let Json::Map(details) = &opening.details else { continue };
            let about = details.get("copy").and_then(|copy| copy.text("a copy").ok());
            if named.iter().any(|named| about == Some(named.copy.as_str())) {
                more.push((index, true));
            }
        }
    }
    let acts = own.iter().chain(&more).map(|(index, _)| state.entry(*index));
    let is_own = |entry: &&tellmark_evidence::entry::Envelope| {
        entry.statement.kind != Kind::Look || says(entry, "case", tag)
    };
    let acts = acts.filter(is_own).filter_map(|entry| text(entry, "request"));
    let acts: BTreeSet<&str> = acts.collect();
    let mut agreed = Vec::new();
    for (index, entry) in state.of_kind(Kind::Approval) {
        let is_own = match says(entry, "act", "looks") {
            true => crate::consent::is_about(&opened(log, state, index)?.details, &matter.release),
            false => text(entry, "request").is_some_and(|request| acts.contains(request)),
        };
        if is_own {
            agreed.push((index, true));
        }
    }
    more.extend(agreed);
    more.extend(state.of_kind(Kind::Custodians).next().map(|(index, _)| (index, false)));
    more.extend(bound_size(state, matter).and_then(|size| size.checked_sub(1)).map(|index| (index, true)));
    Ok(more)
}

async fn exhibits(vault: &Vault, case: &str, matter: &Matter) -> Result<Vec<Exhibit>> {
    let mut exhibits = Vec::new();
    for &look in matter.looks.keys() {
        for exhibit in vault.store.exhibits(case, look as u32).await? {
            let bytes = vault.store.blob(exhibit.content).await?;
            let file = ExhibitFile { name: exhibit.name, bytes };
            // Text in pictures is recognised by an outside program: who wants it reads them again.
            let text =
                Material::parse(&file).ok().map(|read| read.exhibit.text).filter(|text| !text.is_empty());
            let number = exhibit.number.saturating_sub(1) as usize;
            exhibits.push(Exhibit { look: look as usize, number, bytes: file.bytes, text });
        }
    }
    Ok(exhibits)
}
