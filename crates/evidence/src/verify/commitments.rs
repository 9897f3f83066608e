//! That everything in a bundle is what the log committed to, and about one release and one case.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::SiteId;

use super::{Told, of_kind};
use crate::bundle::{Entry, Parts};
use crate::encode::to_hex;
use crate::entry::Kind;
use crate::json::{Json, map};
use crate::merkle::{Hash, root, root_from_several, sha256};
use crate::reading::Reading;
use crate::recount::{Holding, Look, Question};
use crate::release::{COPIES_MAX, OpenSite, SITES_MAX, copy_leaf, id_half};
use crate::{Error, Result};

/// A release of a site has so many variants at most; a look such a number.
const LOOKS_MAX: usize = 1_000_000;

/// A release as its entry commits to it.
#[derive(Debug, Clone)]
pub struct Release {
    /// The bound on naming an innocent copy.
    pub alpha: String,
    /// How many sites it has, and the root over them.
    pub sites: (usize, Hash),
    /// The version of the tracer that was promised.
    pub tracer: usize,
    /// The name of the document's file.
    pub file: String,
    /// The document's SHA-256.
    pub document: String,
    /// How many copies its first batch has.
    pub copies: usize,
    /// From what its codewords follow.
    pub nonce: Hash,
    /// The head from which that follows, where it follows from one.
    pub checkpoint: Option<String>,
    /// The lineage, and the hash of its key.
    pub key: (String, String),
    /// Its place in the log.
    pub index: u64,
}

/// Batches of copies: how many, the root over them, and the entry that commits to it.
type Batches = BTreeMap<usize, (usize, Hash, u64)>;

/// What was found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The release whose copies were tested.
    pub release: String,
    /// Copies that earlier looks named.
    pub before: BTreeSet<(usize, usize)>,
    /// Copies that this look names: batch and leaf, with e, p and w.
    pub named: BTreeMap<(usize, usize), [i64; 3]>,
    /// The groups that this look names.
    pub groups: Vec<String>,
    /// How far partners were looked at.
    pub reach: String,
    /// `copy`, `group` or `nobody`.
    pub verdict: String,
    /// Who holds the named copies, as the operator knows.
    pub holders: Vec<String>,
    /// Who else could have made or taken them, as the operator says.
    pub access: Vec<String>,
    /// How many copies were tested.
    pub tested: usize,
    /// How many places the finding says were read.
    pub sites: usize,
    /// The bound that it says was kept.
    pub alpha: String,
}

/// What holds together.
#[derive(Debug)]
pub struct Committed {
    /// The release.
    pub release: Release,
    /// What is to be counted again.
    pub question: Question,
    /// The tested copies: batch and leaf.
    pub places: Vec<(usize, usize)>,
    /// The ids of the named copies.
    pub names: BTreeMap<(usize, usize), String>,
    /// What was found.
    pub finding: Finding,
    /// Findings of earlier looks on whose names the last one stands, with their places among the looks.
    pub earlier: Vec<(usize, Finding)>,
    /// The sites that were read.
    pub sites: BTreeMap<SiteId, OpenSite>,
    /// How many cases looked at the release until then, this one among them.
    pub cases: usize,
}

impl Committed {
    /// How many of the places that were read stand in an earlier draft already: its copies of the same ids hold the same there.
    pub fn inherited(&self) -> usize {
        self.sites.keys().filter(|site| to_hex(&site.origin.0) != self.question.release).count()
    }
}

/// Checks it.
pub fn check(bundle: &Parts, told: &mut Told<'_>) -> Option<Committed> {
    let found = about_one(bundle).and_then(|()| {
        let looks = looks(bundle)?;
        Ok((release(bundle)?, batches(bundle)?, findings(bundle, &looks)?, looks))
    });
    let (release, batches, (earlier, finding), looks) = match found {
        Ok(found) => found,
        Err(error) => {
            told.not("release", error.to_string());
            return None;
        }
    };
    told.proven("release", format!("release {}, case {}", bundle.release, bundle.case));
    counted_looks(bundle, told);
    if bundle.original.as_ref().is_some_and(|original| digest(&original.document) != release.document) {
        told.not("release", "the enclosed original is not the document that the release committed to");
        return None;
    }
    if let Err(error) = tested(bundle, &batches, &looks) {
        told.not("copies", error.to_string());
        return None;
    }
    let sites = sites(bundle, &release, &looks, told)?;
    let copies = copies(bundle, &release, &batches, told)?;
    let names = names(bundle, &finding, told)?;
    let question = Question { release: bundle.release.clone(), alpha: release.alpha.clone(), looks, copies };
    let places = bundle.copies.iter().map(|copy| (copy.batch, copy.leaf)).collect();
    let case = |entry: &Entry| entry.envelope.statement.open.get("case").map(Json::to_bytes);
    let cases = of_kind(bundle, Kind::Look).filter_map(case).collect::<BTreeSet<_>>().len();
    Some(Committed { release, question, places, names, finding, earlier, sites, cases })
}

pub fn opened(entry: &Entry) -> Result<&Json> {
    let opening = entry.opening.as_ref();
    let opening = opening.ok_or_else(|| Error::format(format!("entry {} is not opened", entry.index)))?;
    Ok(&opening.details)
}

/// Every entry that is enclosed is about this release and this case, and is what it committed to.
fn about_one(bundle: &Parts) -> Result<()> {
    for entry in &bundle.entries {
        let statement = &entry.envelope.statement;
        let place = format!("entry {}", entry.index);
        if entry.opening.as_ref().is_some_and(|opening| opening.sealed() != statement.sealed) {
            return Err(Error::format(format!("{place} does not commit to what is shown of it")));
        }
        let names: &[&str] = match statement.kind {
            Kind::Key => &["at", "copies", "key", "lineage", "sites"],
            Kind::Custodians => &["at", "keys", "request"],
            Kind::Access => &["at"],
            Kind::Retention => &["at", "lineage", "request", "until"],
            Kind::Destruction => &["at", "lineage", "request"],
            Kind::Release => &[
                "alpha",
                "at",
                "checkpoint",
                "copies",
                "decoys",
                "derivation",
                "groups",
                "key",
                "lineage",
                "nonce",
                "reader",
                "release",
                "request",
                "roster",
                "shares",
                "sites",
                "tracer",
                "validated",
            ],
            Kind::Extension => &["at", "batch", "copies", "groups", "release", "request", "roster"],
            Kind::Delivery => &["at", "batch", "copies", "files", "release"],
            Kind::Receipt => &["at", "batch", "leaf", "nonce", "release"],
            Kind::Withdrawal | Kind::Holder => &["at", "release"],
            Kind::Copy => &["at", "release", "request"],
            Kind::Exhibit => &["at", "case", "look", "number"],
            Kind::Reading => &["at", "case", "look", "request"],
            Kind::Finding => &["at", "case", "look"],
            Kind::Look => &["at", "case", "count", "look", "release", "request"],
            Kind::Approval => &["act", "at", "request"],
        };
        let said = statement.said();
        let optional: &[&str] = match statement.kind {
            Kind::Release => &["checkpoint", "request"],
            Kind::Extension | Kind::Copy | Kind::Reading | Kind::Look => &["request"],
            Kind::Custodians | Kind::Retention | Kind::Destruction => &["request"],
            Kind::Key => &["copies", "sites"],
            _ => &[],
        };
        let required: Vec<&str> = names.iter().copied().filter(|name| !optional.contains(name)).collect();
        let fields = said.fields(&place, &required, optional)?;
        for (name, expected) in [("release", &bundle.release), ("case", &bundle.case)] {
            // Looks of other cases count, too.
            let is_free = name == "case" && statement.kind == Kind::Look;
            if names.contains(&name) && fields.text(name)? != expected && !is_free {
                return Err(Error::format(format!("{place} is about another {name}")));
            }
        }
    }
    Ok(())
}

fn only(bundle: &Parts, kind: Kind) -> Result<&Entry> {
    let mut entries = of_kind(bundle, kind);
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(entry),
        _ => Err(Error::format(format!("there is not one entry of the kind {}", kind.name()))),
    }
}

fn release(bundle: &Parts) -> Result<Release> {
    let entry = only(bundle, Kind::Release)?;
    let said = entry.envelope.statement.said();
    let Json::Map(names) = &said else { return Err(Error::format("a release says nothing")) };
    let names: Vec<&str> = names.keys().map(String::as_str).collect();
    let fields = said.fields("the release", &names, &[])?;
    let sites = fields.get("sites")?.fields("its sites", &["count", "root"], &[])?;
    let shares = map([("copies", "9/10".into()), ("groups", "1/10".into())]);
    if *fields.get("shares")? != shares {
        return Err(Error::format("the release shares alpha out in another way than the tracer does"));
    }
    fields.get("decoys")?.fields("its decoys", &["count", "root"], &[])?.hex::<32>("root")?;
    fields.hex::<32>("key")?;
    fields.count("validated", 1 << 60)?;
    let details =
        opened(entry)?.fields("what the release committed to", &["document", "file", "name"], &[])?;
    details.hex::<32>("document")?;
    Ok(Release {
        alpha: fields.text("alpha")?.into(),
        sites: (sites.count("count", SITES_MAX)?, sites.hex("root")?),
        tracer: fields.count("tracer", 1_000_000)?,
        file: details.text("file")?.into(),
        document: details.text("document")?.into(),
        copies: fields.count("copies", COPIES_MAX)?,
        nonce: fields.hex("nonce")?,
        checkpoint: match fields.find("checkpoint") {
            Some(_) => Some(fields.text("checkpoint")?.into()),
            None => None,
        },
        key: (fields.text("lineage")?.into(), fields.text("key")?.into()),
        index: entry.index,
    })
}

fn batches(bundle: &Parts) -> Result<Batches> {
    let mut batches = Batches::new();
    for entry in of_kind(bundle, Kind::Release).chain(of_kind(bundle, Kind::Extension)) {
        let said = entry.envelope.statement.said();
        let Json::Map(names) = &said else { return Err(Error::format("an entry says nothing")) };
        let names: Vec<&str> = names.keys().map(String::as_str).collect();
        let fields = said.fields("a batch", &names, &[])?;
        let number = match entry.envelope.statement.kind {
            Kind::Release => 1,
            _ => fields.count("batch", 1_000)?,
        };
        let copies = fields.count("copies", COPIES_MAX)?;
        fields.hex::<32>("groups")?;
        let batch = (copies, fields.hex("roster")?, entry.index);
        if batches.insert(number, batch).is_some() || copies == 0 {
            return Err(Error::format(format!("batch {number} is committed to twice, or empty")));
        }
    }
    Ok(batches)
}

/// The looks at the release that are of this case.
pub fn own_looks(bundle: &Parts) -> impl Iterator<Item = &Entry> {
    let case = Json::from(bundle.case.as_str());
    of_kind(bundle, Kind::Look).filter(move |entry| entry.envelope.statement.open.get("case") == Some(&case))
}

/// The looks of the case: each has exhibits, a reading, a look and a finding, in this order. One that failed has exhibits
/// alone, and none is missing.
fn looks(bundle: &Parts) -> Result<Vec<Look>> {
    let readings = numbered(of_kind(bundle, Kind::Reading))?;
    let others = [
        numbered(of_kind(bundle, Kind::Exhibit))?,
        numbered(own_looks(bundle))?,
        numbered(of_kind(bundle, Kind::Finding))?,
    ];
    let mut looks: Vec<Look> = Vec::new();
    for (number, entry) in &readings {
        if looks.last().is_some_and(|last| last.number as usize >= *number) {
            return Err(Error::format("the looks are not in their order, or one read twice"));
        }
        let [exhibits, counts, findings] = &others;
        let is_own = |other: &&(usize, &Entry)| other.0 == *number;
        let is_last = Some(*number) == readings.last().map(|(number, _)| *number);
        let early = exhibits.iter().filter(is_own).all(|(_, exhibit)| exhibit.index < entry.index);
        let count = counts.iter().filter(is_own).collect::<Vec<_>>();
        let found = findings.iter().filter(is_own).collect::<Vec<_>>();
        let late = count.iter().all(|(_, look)| look.index > entry.index)
            && found.iter().all(|(_, finding)| count.iter().all(|(_, look)| finding.index > look.index));
        if !early || !late || !exhibits.iter().any(|own| is_own(&own)) || count.len() > 1 || found.len() > 1 {
            return Err(Error::format(format!(
                "look {number}: exhibits, reading, look and finding are not in this order"
            )));
        }
        if is_last && (count.is_empty() || found.is_empty()) {
            return Err(Error::format("the last look has no finding"));
        }
        let reading = Reading::read(opened(entry)?)?;
        let registered = exhibits.iter().filter(is_own).count();
        if registered != reading.exhibits {
            return Err(Error::format(format!(
                "look {number} read {} exhibits of {registered}",
                reading.exhibits
            )));
        }
        if count.is_empty() && reading.tested.iter().any(|(release, _)| *release == bundle.release) {
            return Err(Error::format(format!("look {number} tested copies and was not counted")));
        }
        looks.push(Look { number: *number as u32, reading });
    }
    let Some(last) = looks.last().map(|last| last.number as usize) else {
        return Err(Error::format("nothing was read"));
    };
    let known: BTreeSet<usize> = readings.iter().map(|(number, _)| *number).collect();
    if let Some((number, _)) = others[1..].iter().flatten().find(|(number, _)| !known.contains(number)) {
        return Err(Error::format(format!("look {number} has no reading")));
    }
    // Each look raises the bar: none of before may be left out.
    let registered: BTreeSet<usize> = others[0].iter().map(|(number, _)| *number).collect();
    match (1..).zip(&registered).find(|(expected, number)| expected != *number) {
        Some((expected, _)) => Err(Error::format(format!("look {expected} of the case is missing"))),
        None if registered.len() != last => {
            Err(Error::format("exhibits were registered for a look after the last one"))
        }
        None => Ok(looks),
    }
}

/// Entries with the numbers of their looks.
fn numbered<'a>(entries: impl Iterator<Item = &'a Entry>) -> Result<Vec<(usize, &'a Entry)>> {
    entries
        .map(|entry| {
            let said = entry.envelope.statement.open.get("look");
            let number = said.and_then(|said| said.int("a look").ok()).and_then(|n| usize::try_from(n).ok());
            let number = number.filter(|number| (1..=LOOKS_MAX).contains(number));
            Ok((number.ok_or_else(|| Error::format("a look has no number"))?, entry))
        })
        .collect()
}

/// Every batch that a look tested was committed to before it was read, and all of its copies are here.
fn tested(bundle: &Parts, batches: &Batches, looks: &[Look]) -> Result<()> {
    for (entry, look) in of_kind(bundle, Kind::Reading).zip(looks) {
        let own = look.reading.tested.iter().filter(|(release, _)| *release == bundle.release);
        for (_, batch) in own {
            if batches.get(batch).is_none_or(|(_, _, index)| *index > entry.index) {
                return Err(Error::format(format!(
                    "batch {batch} was tested by look {} and is not here, or came later",
                    look.number
                )));
            }
        }
    }
    Ok(())
}

/// How far partners can have been looked at.
const REACHES: [&str; 5] = ["alone", "pairs-listed", "pairs", "triples-listed", "triples"];

/// A copy's place in the log: batch and leaf.
fn place(json: &Json, others: &[&str]) -> Result<(usize, usize)> {
    let names = [&["batch", "leaf"], others].concat();
    let fields = json.fields("a copy of the finding", &names, &[])?;
    Ok((fields.count("batch", COPIES_MAX)?, fields.count("leaf", COPIES_MAX)?))
}

/// The last finding, and before it those earlier ones that name a copy which it says was named before.
fn findings(bundle: &Parts, looks: &[Look]) -> Result<(Vec<(usize, Finding)>, Finding)> {
    let mut all = Vec::new();
    for (number, entry) in numbered(of_kind(bundle, Kind::Finding))? {
        let at = looks.iter().position(|look| look.number as usize == number);
        let at = at.ok_or_else(|| Error::format("a finding has no reading"))?;
        all.push((at, finding(entry)?));
    }
    let (_, last) = all.pop().ok_or_else(|| Error::format("there is no finding"))?;
    if last.release != bundle.release {
        return Err(Error::format("the finding is about another release"));
    }
    let named: BTreeSet<(usize, usize)> =
        all.iter().flat_map(|(_, earlier)| earlier.named.keys().copied()).collect();
    if !last.before.is_subset(&named) {
        return Err(Error::format("the finding says that an earlier look named a copy which none did"));
    }
    all.retain(|(_, earlier)| earlier.named.keys().any(|place| last.before.contains(place)));
    Ok((all, last))
}

fn finding(entry: &Entry) -> Result<Finding> {
    let names = [
        "access", "alpha", "before", "decoys", "groups", "holders", "named", "reach", "release", "replayed",
        "sites", "tested", "verdict",
    ];
    let details = opened(entry)?.fields("the finding", &names, &[])?;
    let mut named = BTreeMap::new();
    for copy in details.list("named", COPIES_MAX)? {
        let at = place(copy, &["e", "p", "w"])?;
        let fields = copy.fields("a copy of the finding", &["batch", "e", "leaf", "p", "w"], &[])?;
        if named.insert(at, [fields.int("e")?, fields.int("p")?, fields.int("w")?]).is_some() {
            return Err(Error::format("the finding names a copy twice"));
        }
    }
    let before: BTreeSet<(usize, usize)> =
        details.list("before", COPIES_MAX)?.iter().map(|copy| place(copy, &[])).collect::<Result<_>>()?;
    let texts = |name: &str| -> Result<Vec<String>> {
        details.list(name, COPIES_MAX)?.iter().map(|text| Ok(text.text(name)?.to_owned())).collect()
    };
    let verdict = details.text("verdict")?;
    let has_groups = !details.list("groups", COPIES_MAX)?.is_empty();
    let fits = match verdict {
        "copy" => !named.is_empty(),
        "group" => named.is_empty() && has_groups,
        "nobody" => named.is_empty() && !has_groups,
        _ => false,
    };
    if !fits {
        return Err(Error::format("the finding's verdict does not fit whom it names"));
    }
    let reach = details.text("reach")?;
    if !REACHES.contains(&reach) {
        return Err(Error::format("the finding says something unknown of partners"));
    }
    Ok(Finding {
        release: details.text("release")?.into(),
        before,
        named,
        reach: reach.into(),
        verdict: verdict.into(),
        groups: texts("groups")?,
        holders: texts("holders")?,
        access: texts("access")?,
        tested: details.count("tested", COPIES_MAX)?,
        sites: details.count("sites", SITES_MAX)?,
        alpha: details.text("alpha")?.into(),
    })
}

/// So many looks may be taken of a release; more need consent, so many at a time.
pub const LOOKS_OF_RELEASE: i64 = 20;

fn counted_looks(bundle: &Parts, told: &mut Told<'_>) {
    let counts: Vec<i64> = of_kind(bundle, Kind::Look)
        .map(|entry| {
            entry.envelope.statement.open.get("count").and_then(|c| c.int("count").ok()).unwrap_or(-1)
        })
        .collect();
    let most = counts.iter().copied().max().unwrap_or(-1);
    if let Some((expected, _)) = (1..).zip(&counts).find(|(expected, count)| expected != *count) {
        told.not("looks", format!("look {expected} at this release is missing, of this case or of another"));
    }
    if most <= LOOKS_OF_RELEASE {
        let says = format!(
            "{most} of this release by the log's own count, {LOOKS_OF_RELEASE} allowed without asking"
        );
        told.proven("looks", says);
    }
}

fn sites(
    bundle: &Parts,
    release: &Release,
    looks: &[Look],
    told: &mut Told<'_>,
) -> Option<BTreeMap<SiteId, OpenSite>> {
    let opened: Vec<(usize, Hash)> = bundle.sites.iter().map(|site| (site.index, site.leaf())).collect();
    let is_committed =
        root_from_several(release.sites.0, &opened, &bundle.site_nodes) == Some(release.sites.1);
    if !is_committed {
        told.not("sites", "they are not those that the release committed to");
        return None;
    }
    let sites: BTreeMap<SiteId, OpenSite> = bundle.sites.iter().map(|site| (site.id, site.clone())).collect();
    if sites.len() != bundle.sites.len() {
        told.not("sites", "two of them have one id");
        return None;
    }
    let mut read = BTreeSet::new();
    let together = looks.iter().flat_map(|look| &look.reading.together);
    let alone = looks.iter().flat_map(|look| look.reading.alone.iter().flat_map(|(_, readings)| readings));
    for of in together.chain(alone) {
        for site in &of.sites {
            let committed = sites.get(&site.id).filter(|open| {
                of.release == bundle.release
                    && open.index == site.index
                    && open.variants == site.observed.likelihoods.len()
            });
            if committed.is_none() {
                told.not(
                    "sites",
                    format!("place {} of release {} was read and is not opened", site.index, of.release),
                );
                return None;
            }
            read.insert(site.id);
        }
    }
    if read.len() != sites.len() {
        told.not("sites", "a place is opened that nobody read");
        return None;
    }
    told.proven("sites", format!("{} of {}", sites.len(), release.sites.0));
    Some(sites)
}

fn copies(bundle: &Parts, release: &Release, batches: &Batches, told: &mut Told<'_>) -> Option<Vec<Holding>> {
    let indices: Vec<usize> = bundle.sites.iter().map(|site| site.index).collect();
    let mut leaves: BTreeMap<usize, BTreeMap<usize, Hash>> = BTreeMap::new();
    let mut holdings = Vec::new();
    for copy in &bundle.copies {
        let Some(half) = copy.codeword.half(release.sites.0, &indices) else {
            told.not("copies", "a codeword is not opened at the places that were read");
            return None;
        };
        let fits =
            bundle.sites.iter().zip(&copy.codeword.symbols).all(|(site, s)| usize::from(*s) < site.variants);
        let leaf = copy_leaf(&copy.half, &half);
        if !fits || leaves.entry(copy.batch).or_default().insert(copy.leaf, leaf).is_some() {
            told.not("copies", "a copy stands here twice, or holds a variant that there is not");
            return None;
        }
        let symbols =
            bundle.sites.iter().zip(&copy.codeword.symbols).map(|(site, symbol)| (site.id, *symbol));
        holdings.push(Holding { batch: copy.batch, symbols: symbols.collect() });
    }
    for (number, (count, expected, _)) in batches {
        let own = leaves.remove(number).unwrap_or_default();
        let is_whole = own.len() == *count && own.keys().copied().eq(0..*count);
        if !is_whole || root(&own.into_values().collect::<Vec<_>>()) != *expected {
            told.not(
                "copies",
                format!("those of batch {number} are not the {count} that the log committed to"),
            );
            return None;
        }
    }
    if !leaves.is_empty() {
        told.not("copies", "there are copies of a batch that the log does not know");
        return None;
    }
    told.proven(
        "copies",
        format!("{} copies at {} places, without their names", holdings.len(), indices.len()),
    );
    Some(holdings)
}

fn names(bundle: &Parts, finding: &Finding, told: &mut Told<'_>) -> Option<BTreeMap<(usize, usize), String>> {
    let (mut names, mut ids) = (BTreeMap::new(), BTreeSet::new());
    for named in &bundle.named {
        let place = (named.batch, named.leaf);
        let own = bundle.copies.iter().find(|copy| (copy.batch, copy.leaf) == place);
        if own.is_none_or(|copy| copy.half != id_half(&named.salt, &named.copy)) {
            told.not("named", format!("{} is not the copy that the release committed to", named.copy));
            return None;
        }
        if names.insert(place, named.copy.clone()).is_some() || !ids.insert(named.copy.to_ascii_lowercase()) {
            told.not("named", "a copy is opened twice, or two have one id");
            return None;
        }
    }
    if !names.keys().eq(finding.named.keys()) {
        told.not("named", "the copies that are opened are not those of the finding");
        return None;
    }
    if finding.tested != bundle.copies.len() {
        told.not("named", "the finding tested another number of copies");
        return None;
    }
    let ids: Vec<&str> = names.values().map(String::as_str).collect();
    told.proven("named", if ids.is_empty() { "none is named".into() } else { ids.join(", ") });
    Some(names)
}

/// The SHA-256 of some bytes, as entries spell it.
pub fn digest(bytes: &[u8]) -> String {
    to_hex(&sha256(&[bytes]))
}
