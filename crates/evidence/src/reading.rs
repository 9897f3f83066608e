//! What the exhibits of a look show, as it was recorded before any codeword was derived.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::Observed;
use tellmark_core::{Likelihood, SiteId};

use crate::json::{Fields, Json, count, map};
use crate::release::{SITES_MAX, read_site_name, site_name};
use crate::{Error, Result};

/// A look has at most so many exhibits.
pub const EXHIBITS_MAX: usize = 64;
const PLACES_MAX: usize = 10_000;
const RELEASES_MAX: usize = 64;
const BATCHES_MAX: usize = 1000;
/// Texts have at most so many bytes.
const TEXT_BYTES_MAX: usize = 1 << 30;

/// One site that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadSite {
    /// The site.
    pub id: SiteId,
    /// Its number in the release that is read.
    pub index: usize,
    /// How likely what is seen is under each variant.
    pub observed: Observed,
    /// Where it was seen: the exhibit's number in the look, from 0, and bytes of its text.
    pub places: Vec<(usize, usize, usize)>,
}

/// The sites of one release that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRelease {
    /// The release, in hexadecimal.
    pub release: String,
    /// The sites, in the order of the release.
    pub sites: Vec<ReadSite>,
}

/// What a look read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// How many exhibits the look has.
    pub exhibits: usize,
    /// The version of the reader.
    pub reader: u32,
    /// The hash by which the vault's ledger knows it.
    pub ledger: String,
    /// The SHA-256 of each exhibit's text, in hexadecimal; empty where it has none.
    pub texts: Vec<String>,
    /// What all exhibits together show, the closest release of a document first.
    pub together: Vec<OfRelease>,
    /// What single exhibits show, where several show something.
    pub alone: Vec<(usize, Vec<OfRelease>)>,
    /// The batches whose copies are tested: release and number.
    pub tested: Vec<(String, usize)>,
}

/// One observation a site.
pub type Merged = BTreeMap<SiteId, Observed>;

impl OfRelease {
    /// What it shows at each site.
    pub fn observations(&self) -> Merged {
        self.sites.iter().map(|site| (site.id, site.observed.clone())).collect()
    }

    fn to_json(&self) -> Json {
        let site = |site: &ReadSite| {
            let likelihoods: Vec<Json> = site.observed.likelihoods.iter().map(|l| l.0.into()).collect();
            let place = |&(exhibit, from, to): &(usize, usize, usize)| {
                Json::List(vec![count(exhibit), count(from), count(to)])
            };
            map([
                ("id", site_name(&site.id).into()),
                ("index", count(site.index)),
                ("likelihoods", Json::List(likelihoods)),
                ("places", Json::List(site.places.iter().map(place).collect())),
            ])
        };
        map([
            ("release", self.release.as_str().into()),
            ("sites", Json::List(self.sites.iter().map(site).collect())),
        ])
    }

    fn read(json: &Json) -> Result<OfRelease> {
        let fields = json.fields("a reading", &["release", "sites"], &[])?;
        let sites = fields.list("sites", SITES_MAX)?.iter().map(read_site).collect::<Result<Vec<_>>>()?;
        let is_rising = sites.windows(2).all(|pair| pair[0].index < pair[1].index);
        let distinct: BTreeSet<SiteId> = sites.iter().map(|site| site.id).collect();
        if !is_rising || distinct.len() != sites.len() {
            return Err(Error::format("the sites of a reading are not in their order, or twice"));
        }
        Ok(OfRelease { release: fields.text("release")?.into(), sites })
    }
}

fn read_site(json: &Json) -> Result<ReadSite> {
    let fields = json.fields("a read site", &["id", "index", "likelihoods", "places"], &[])?;
    let mut likelihoods = Vec::new();
    for likelihood in fields.list("likelihoods", 16)? {
        let number = likelihood.int("a likelihood")?;
        let number = u32::try_from(number).ok().filter(|n| (1..=Likelihood::ONE.0).contains(n));
        likelihoods.push(Likelihood(number.ok_or_else(|| Error::format("a likelihood is out of range"))?));
    }
    if likelihoods.len() < 2 || likelihoods.iter().max() != Some(&Likelihood::ONE) {
        return Err(Error::format("a read site has two likelihoods or more, the largest one whole"));
    }
    let mut places = Vec::new();
    for place in fields.list("places", PLACES_MAX)? {
        let [exhibit, from, to] = place.list("a place", 3)? else {
            return Err(Error::format("a place is an exhibit and two ends"));
        };
        let number = |json: &Json, most: usize| {
            let number = json.int("a place").ok().and_then(|n| usize::try_from(n).ok());
            number.filter(|n| *n <= most).ok_or_else(|| Error::format("a place is out of range"))
        };
        let (from, to) = (number(from, TEXT_BYTES_MAX)?, number(to, TEXT_BYTES_MAX)?);
        if from > to {
            return Err(Error::format("a place ends before it begins"));
        }
        places.push((number(exhibit, EXHIBITS_MAX)?, from, to));
    }
    Ok(ReadSite {
        id: read_site_name(fields.text("id")?)?,
        index: fields.count("index", SITES_MAX)?,
        observed: Observed { likelihoods },
        places,
    })
}

impl Reading {
    /// Every site as all exhibits show it, and as single ones do.
    pub fn sites(&self) -> impl Iterator<Item = &ReadSite> {
        let alone = self.alone.iter().flat_map(|(_, readings)| readings);
        self.together.iter().chain(alone).flat_map(|of| &of.sites)
    }

    /// The details of a log entry.
    pub fn to_json(&self) -> Json {
        let several = |readings: &[OfRelease]| Json::List(readings.iter().map(OfRelease::to_json).collect());
        let alone = |(exhibit, readings): &(usize, Vec<OfRelease>)| {
            map([("exhibit", count(*exhibit)), ("readings", several(readings))])
        };
        let tested = |(release, batch): &(String, usize)| {
            map([("batch", count(*batch)), ("release", release.as_str().into())])
        };
        map([
            ("alone", Json::List(self.alone.iter().map(alone).collect())),
            ("exhibits", count(self.exhibits)),
            ("ledger", self.ledger.as_str().into()),
            ("reader", self.reader.into()),
            ("tested", Json::List(self.tested.iter().map(tested).collect())),
            ("texts", self.texts.clone().into()),
            ("together", several(&self.together)),
        ])
    }

    /// Reads what [`Reading::to_json`] gives.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(json: &Json) -> Result<Reading> {
        let names = ["alone", "exhibits", "ledger", "reader", "tested", "texts", "together"];
        let fields = json.fields("a look's reading", &names, &[])?;
        let several = |fields: &Fields<'_>, name: &str| -> Result<Vec<OfRelease>> {
            fields.list(name, RELEASES_MAX)?.iter().map(OfRelease::read).collect()
        };
        let exhibits = fields.count("exhibits", EXHIBITS_MAX)?;
        let mut alone: Vec<(usize, Vec<OfRelease>)> = Vec::new();
        for one in fields.list("alone", EXHIBITS_MAX)? {
            let one = one.fields("a single exhibit's reading", &["exhibit", "readings"], &[])?;
            let number = one.count("exhibit", EXHIBITS_MAX)?;
            if number >= exhibits || alone.last().is_some_and(|(last, _)| *last >= number) {
                return Err(Error::format("single exhibits are not in their order"));
            }
            alone.push((number, several(&one, "readings")?));
        }
        let mut tested = Vec::new();
        for batch in fields.list("tested", BATCHES_MAX)? {
            let fields = batch.fields("a tested batch", &["batch", "release"], &[])?;
            tested.push((fields.text("release")?.to_owned(), fields.count("batch", BATCHES_MAX)?));
        }
        let texts = fields.list("texts", EXHIBITS_MAX)?.iter();
        let texts = texts.map(|text| Ok(text.text("a text")?.to_owned())).collect::<Result<Vec<_>>>()?;
        if texts.len() != exhibits {
            return Err(Error::format("a reading has as many texts as exhibits"));
        }
        let reading = Reading {
            exhibits,
            texts,
            reader: fields.count("reader", u32::MAX as usize)? as u32,
            ledger: fields.text("ledger")?.into(),
            together: several(&fields, "together")?,
            alone,
            tested,
        };
        let places = |of: &'_ [OfRelease]| -> Vec<usize> {
            of.iter().flat_map(|of| &of.sites).flat_map(|site| &site.places).map(|place| place.0).collect()
        };
        let fits = places(&reading.together).iter().all(|exhibit| *exhibit < exhibits)
            && reading.alone.iter().all(|(own, of)| places(of).iter().all(|exhibit| exhibit == own));
        match fits {
            true => Ok(reading),
            false => Err(Error::format("a place is in an exhibit that there is not")),
        }
    }
}
