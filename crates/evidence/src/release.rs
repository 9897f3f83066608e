//! What a release commits to before its first copy: sites, copies and their codewords, groups, files.
//!
//! Each copy has a seed of its own, from which its salts follow one way: whoever learns one of them learns none of the
//! others, and where the seed is erased nothing in the log can be traced to the copy's holder any more.

use tellmark_core::{ReleaseId, SiteId};

use crate::encode::{from_hex_exact, to_hex};
use crate::json::{Json, count, map};
use crate::merkle::{self, Hash, leaf_hash, root, root_from_several, sha256};
use crate::{Error, Result};

/// A release has at most so many sites.
pub const SITES_MAX: usize = 100_000;
/// A batch has at most so many copies.
pub const COPIES_MAX: usize = 1_000_000;
/// A site stands at most in so many places.
const OCCURRENCES_MAX: usize = 100_000;
const VARIANTS_MAX: usize = 16;
/// A copy is in so many groups at most.
const GROUPS_MAX: usize = 1_000;

/// 16 bytes that hide one of few values.
pub type Salt = [u8; 16];

/// What a copy's salts follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    fn salt(&self, label: &str) -> [u8; 32] {
        sha256(&[b"tellmark salt v1\n", label.as_bytes(), b"\n", &self.0])
    }

    /// The salt of the copy's id.
    pub fn of_id(&self) -> [u8; 32] {
        self.salt("id")
    }

    /// What the salts of its codeword's symbols follow from.
    pub fn of_codeword(&self) -> [u8; 32] {
        self.salt("codeword")
    }

    /// The salt of its groups.
    pub fn of_groups(&self) -> [u8; 32] {
        self.salt("groups")
    }

    /// The salt of its file.
    pub fn of_file(&self) -> [u8; 32] {
        self.salt("file")
    }
}

/// The half of a copy's leaf that says whose it is.
pub fn id_half(salt: &[u8; 32], copy: &str) -> Hash {
    sha256(&[b"tellmark copy v1\n", salt, copy.as_bytes()])
}

fn symbol_salt(secret: &[u8; 32], site: usize) -> Salt {
    let hash = sha256(&[b"symbol", secret, &(site as u32).to_le_bytes()]);
    hash.first_chunk().copied().unwrap_or_default()
}

fn symbol_leaf(salt: &Salt, symbol: u8) -> Hash {
    let mut leaf = [0; 17];
    leaf[..16].copy_from_slice(salt);
    leaf[16] = symbol;
    leaf_hash(&leaf)
}

/// The half of a copy's leaf that says what its codeword is: a root over its salted symbols, site by site.
pub fn codeword_half(secret: &[u8; 32], codeword: &[u8]) -> Hash {
    root(&symbol_leaves(secret, codeword))
}

fn symbol_leaves(secret: &[u8; 32], codeword: &[u8]) -> Vec<Hash> {
    let symbols = codeword.iter().enumerate();
    symbols.map(|(site, &symbol)| symbol_leaf(&symbol_salt(secret, site), symbol)).collect()
}

/// The leaf of a copy: either half can be opened alone.
pub fn copy_leaf(id_half: &Hash, codeword_half: &Hash) -> Hash {
    leaf_hash(&[id_half.as_slice(), codeword_half].concat())
}

/// The leaf of a copy's groups, in the order of their names.
pub fn groups_leaf(salt: &[u8; 32], groups: &[String]) -> Hash {
    leaf_hash(&sha256(&[b"tellmark groups v1\n", salt, &Json::from(groups.to_vec()).to_bytes()]))
}

/// The leaf of a copy's file, by the file's SHA-256.
pub fn file_leaf(salt: &[u8; 32], file: &Hash) -> Hash {
    leaf_hash(&sha256(&[b"tellmark file v1\n", salt, file]))
}

/// The groups of a copy, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGroups {
    /// Their names, in order.
    pub names: Vec<String>,
    /// The salt that hid them.
    pub salt: [u8; 32],
}

impl OpenGroups {
    /// As bundles hold them.
    pub fn to_json(&self) -> Json {
        map([("names", self.names.clone().into()), ("salt", to_hex(&self.salt).into())])
    }

    /// Reads what [`OpenGroups::to_json`] gives.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(json: &Json) -> Result<OpenGroups> {
        let fields = json.fields("groups", &["names", "salt"], &[])?;
        let names = fields.list("names", GROUPS_MAX)?.iter();
        let names = names.map(|name| Ok(name.text("a group")?.to_owned())).collect::<Result<_>>()?;
        Ok(OpenGroups { names, salt: fields.hex("salt")? })
    }
}

/// The file of a copy, opened: its hash, and what proves that the delivery of its batch commits to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// The SHA-256 of the file.
    pub sha256: Hash,
    salt: [u8; 32],
    nodes: Vec<Hash>,
}

impl OpenFile {
    /// The file at a place among the files of a batch, whose salts are these.
    pub fn new(salts: &[[u8; 32]], files: &[Hash], leaf: usize) -> Option<OpenFile> {
        let leaves: Vec<Hash> = salts.iter().zip(files).map(|(salt, file)| file_leaf(salt, file)).collect();
        let nodes = merkle::several(&leaves, &[leaf]);
        Some(OpenFile { sha256: *files.get(leaf)?, salt: *salts.get(leaf)?, nodes })
    }

    /// The root over a batch of so many files with this one at a place.
    pub fn root(&self, size: usize, leaf: usize) -> Option<Hash> {
        root_from_several(size, &[(leaf, file_leaf(&self.salt, &self.sha256))], &self.nodes)
    }

    /// As bundles and slips hold it.
    pub fn to_json(&self) -> Json {
        map([
            ("nodes", to_hex(&self.nodes.concat()).into()),
            ("salt", to_hex(&self.salt).into()),
            ("sha256", to_hex(&self.sha256).into()),
        ])
    }

    /// Reads what [`OpenFile::to_json`] gives.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(json: &Json) -> Result<OpenFile> {
        let fields = json.fields("a file", &["nodes", "salt", "sha256"], &[])?;
        Ok(OpenFile {
            sha256: fields.hex("sha256")?,
            salt: fields.hex("salt")?,
            nodes: merkle::hashes(&fields.hex_bytes("nodes")?)?,
        })
    }
}

/// From what a release's codewords follow, beside its key: what witnesses signed after everything else was fixed.
pub fn nonce(checkpoint: &str) -> Hash {
    sha256(&[b"tellmark nonce v1\n", checkpoint.as_bytes()])
}

/// The root over the id halves of a release's copies, which is committed to before its nonce is known.
pub fn halves_root(halves: &[Hash]) -> Hash {
    root(&halves.iter().map(|half| leaf_hash(half)).collect::<Vec<_>>())
}

/// A codeword opened at some sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCodeword {
    /// The variants there.
    pub symbols: Vec<u8>,
    salts: Vec<Salt>,
    nodes: Vec<Hash>,
}

impl OpenCodeword {
    /// Opens a codeword at these sites, in rising order.
    pub fn new(secret: &[u8; 32], codeword: &[u8], sites: &[usize]) -> OpenCodeword {
        let leaves = symbol_leaves(secret, codeword);
        OpenCodeword {
            symbols: sites.iter().filter_map(|&site| codeword.get(site).copied()).collect(),
            salts: sites.iter().map(|&site| symbol_salt(secret, site)).collect(),
            nodes: merkle::several(&leaves, sites),
        }
    }

    /// The half of the leaf that follows, for a codeword over so many sites that is opened at these.
    pub fn half(&self, size: usize, sites: &[usize]) -> Option<Hash> {
        if self.symbols.len() != sites.len() || self.salts.len() != sites.len() {
            return None;
        }
        let each = sites.iter().zip(&self.salts).zip(&self.symbols);
        let opened: Vec<(usize, Hash)> =
            each.map(|((&site, salt), &symbol)| (site, symbol_leaf(salt, symbol))).collect();
        root_from_several(size, &opened, &self.nodes)
    }

    /// As a bundle holds it: one digit a symbol.
    pub fn to_json(&self) -> Json {
        let digit = |&symbol: &u8| char::from_digit(symbol.into(), 16).unwrap_or('?');
        map([
            ("nodes", to_hex(&self.nodes.concat()).into()),
            ("salts", to_hex(&self.salts.concat()).into()),
            ("symbols", self.symbols.iter().map(digit).collect::<String>().into()),
        ])
    }

    /// Reads what [`OpenCodeword::to_json`] gives.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(json: &Json) -> Result<OpenCodeword> {
        let fields = json.fields("a codeword", &["nodes", "salts", "symbols"], &[])?;
        let symbol = |digit: char| match digit {
            '0'..='9' | 'a'..='f' => digit.to_digit(16).map(|symbol| symbol as u8),
            _ => None,
        };
        let symbols: Option<Vec<u8>> = fields.text("symbols")?.chars().map(symbol).collect();
        let symbols = symbols.ok_or_else(|| Error::format("a symbol is no hexadecimal digit"))?;
        let salts = fields.hex_bytes("salts")?;
        let (salts, rest) = salts.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(Error::format("salts of another length than 16 bytes"));
        }
        let nodes = merkle::hashes(&fields.hex_bytes("nodes")?)?;
        Ok(OpenCodeword { symbols, salts: salts.to_vec(), nodes })
    }
}

/// A place at which a site stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The words before it.
    pub before: String,
    /// The words behind it.
    pub after: String,
    /// What stands there in each variant.
    pub forms: Vec<String>,
}

/// A site as a release commits to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSite {
    /// Its number in the release, from 0.
    pub index: usize,
    /// Its id, which redrafts keep.
    pub id: SiteId,
    /// The family it belongs to.
    pub channel: String,
    /// How many variants it has.
    pub variants: usize,
    /// Where it stands.
    pub standings: Vec<Standing>,
    /// Whether it first appeared in this release: then it is spelled without the release, so that sites can be committed
    /// to before the release's nonce is known.
    is_own: bool,
    salt: Salt,
}

impl OpenSite {
    /// A site of a release whose sites' salts follow from a secret.
    pub fn new(
        (secret, release): (&[u8; 32], ReleaseId),
        index: usize,
        id: SiteId,
        channel: &str,
        variants: usize,
        standings: Vec<Standing>,
    ) -> OpenSite {
        let hash = sha256(&[b"site", secret, &(index as u32).to_le_bytes()]);
        let salt = hash.first_chunk().copied().unwrap_or_default();
        let is_own = id.origin == release;
        OpenSite { index, id, channel: channel.into(), variants, standings, is_own, salt }
    }

    /// Its leaf.
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.to_json().to_bytes())
    }

    /// As a bundle holds it.
    pub fn to_json(&self) -> Json {
        let standing = |at: &Standing| {
            map([
                ("after", at.after.as_str().into()),
                ("before", at.before.as_str().into()),
                ("forms", at.forms.clone().into()),
            ])
        };
        map([
            ("channel", self.channel.as_str().into()),
            (
                "id",
                match self.is_own {
                    true => format!("{OWN}:{}", self.id.ordinal).into(),
                    false => site_name(&self.id).into(),
                },
            ),
            ("index", count(self.index)),
            ("salt", to_hex(&self.salt).into()),
            ("standings", Json::List(self.standings.iter().map(standing).collect())),
            ("variants", count(self.variants)),
        ])
    }

    /// Reads what [`OpenSite::to_json`] gives.
    ///
    /// # Errors
    /// When it is none of this release, or has fewer than 2 or more than 16 variants, or forms of another number than variants.
    pub fn read(json: &Json, release: ReleaseId) -> Result<OpenSite> {
        let names = ["channel", "id", "index", "salt", "standings", "variants"];
        let fields = json.fields("a site", &names, &[])?;
        let variants = fields.count("variants", VARIANTS_MAX)?;
        let mut standings = Vec::new();
        for standing in fields.list("standings", OCCURRENCES_MAX)? {
            let fields = standing.fields("a standing", &["after", "before", "forms"], &[])?;
            let forms = fields.list("forms", VARIANTS_MAX)?.iter();
            let forms = forms.map(|form| Ok(form.text("a form")?.to_owned())).collect::<Result<Vec<_>>>()?;
            if forms.len() != variants {
                return Err(Error::format("a site has forms of another number than variants"));
            }
            let (before, after) = (fields.text("before")?.into(), fields.text("after")?.into());
            standings.push(Standing { before, after, forms });
        }
        if variants < 2 || standings.is_empty() {
            return Err(Error::format("a site has two variants or more, and stands somewhere"));
        }
        let name = fields.text("id")?;
        let own = name.strip_prefix(OWN).filter(|rest| rest.starts_with(':'));
        let id = match own {
            Some(rest) => read_site_name(&format!("{}{rest}", to_hex(&release.0)))?,
            None => read_site_name(name)?,
        };
        let is_own = own.is_some();
        if id.origin == release && !is_own {
            return Err(Error::format(format!("the site {name:?} has another spelling")));
        }
        Ok(OpenSite {
            index: fields.count("index", SITES_MAX)?,
            id,
            is_own,
            channel: fields.text("channel")?.into(),
            variants,
            standings,
            salt: fields.hex("salt")?,
        })
    }
}

/// How a site's id begins that first appeared in the release at hand.
const OWN: &str = "-";

/// A site's id as evidence spells it: the release in which it first appeared, a colon, its number there.
pub fn site_name(id: &SiteId) -> String {
    format!("{}:{}", to_hex(&id.origin.0), id.ordinal)
}

/// Reads what [`site_name`] writes.
///
/// # Errors
/// When it is none.
pub fn read_site_name(text: &str) -> Result<SiteId> {
    let parts = text.split_once(':').and_then(|(origin, ordinal)| {
        let number: u32 = ordinal.parse().ok()?;
        (number.to_string() == ordinal).then_some((from_hex_exact(origin)?, number))
    });
    let (origin, ordinal) = parts.ok_or_else(|| Error::format(format!("{text:?} is no site's id")))?;
    Ok(SiteId { origin: ReleaseId(origin), ordinal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codeword_opens_at_some_sites_alone() {
        let (secret, codeword) = ([3; 32], [0, 1, 2, 1, 0, 15, 1]);
        let half = codeword_half(&secret, &codeword);
        let open = OpenCodeword::new(&secret, &codeword, &[1, 5]);
        assert_eq!(open.symbols, [1, 15]);
        let read = OpenCodeword::read(&Json::read(&open.to_json().to_bytes()).unwrap()).unwrap();
        assert_eq!(read, open);
        assert_eq!(read.half(7, &[1, 5]), Some(half));
        assert_ne!(read.half(7, &[1, 4]), Some(half));
        let other = OpenCodeword { symbols: vec![0, 15], ..read };
        assert_ne!(other.half(7, &[1, 5]), Some(half));
    }

    #[test]
    fn salts_do_not_give_each_other_away_and_sites_read_back() {
        let seed = Seed([1; 32]);
        let salts = [seed.of_id(), seed.of_codeword(), seed.of_groups(), seed.of_file()];
        assert!((1..4).all(|i| (0..i).all(|j| salts[i] != salts[j])));
        let id = SiteId { origin: ReleaseId([1; 8]), ordinal: 9 };
        let standing = Standing {
            before: "met".into(),
            after: "noon".into(),
            forms: vec!["before".into(), "prior to".into()],
        };
        let site = OpenSite::new((&[5; 32], ReleaseId([2; 8])), 4, id, "author", 2, vec![standing]);
        assert_eq!(OpenSite::read(&site.to_json(), ReleaseId([2; 8])).unwrap(), site);
        let own = OpenSite { is_own: true, ..site.clone() };
        assert_eq!(OpenSite::read(&own.to_json(), ReleaseId([1; 8])).unwrap(), own);
        // One spelling: a site of the release is not spelled as one of another.
        assert!(OpenSite::read(&site.to_json(), ReleaseId([1; 8])).is_err());
        assert!(read_site_name("0101010101010101:09").is_err());
    }
}
