//! What the report of a finding says, as plain data that the caller fills.
//!
//! The caller has rounded every number in the safe direction: ratios down, probabilities up.

use std::ops::Range;

use tellmark_core::{Channel, Erasure, Likelihood};

use crate::Log10;

/// Everything that the report of one look says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Who is named.
    pub verdict: Verdict,
    /// The case's name.
    pub case: String,
    /// The number of this look in the case, from 1.
    pub look: u32,
    /// How many looks the case has, this one included.
    pub looks_of_case: u32,
    /// How many cases the vault has, this one included: each has an alpha of its own.
    pub cases_of_vault: u64,
    /// When the look was recorded, as people write a date.
    pub date: String,
    /// The bound on naming any innocent copy over the whole case, as it was given: `1e-6`.
    pub alpha: String,
    /// How many copies were tested, withdrawn ones included.
    pub tested: u64,
    /// What a copy must reach to be named; `None` when no copy was tested.
    pub threshold: Option<Threshold>,
    /// Every tested copy, best first. With the verdict "nobody" the page prints pseudonyms by rank whatever
    /// the labels are, unless [`Page::identities`] says that an order lifted them.
    pub ranking: Vec<Evidence>,
    /// The order under which a ranking with the verdict "nobody" shows its labels; `None` without one.
    pub identities: Option<String>,
    /// The copies that were never made, traced alongside.
    pub decoys: Decoys,
    /// The replay of the reading against fresh keys; `None` when no copy was tested.
    pub replay: Option<Replay>,
    /// How far coalitions were looked at, in words: `pairs of all copies`.
    pub reach: String,
    /// The releases with a site read, or all that the exhibits were found to quote.
    pub releases: Vec<Release>,
    /// How many sites all looks of the case read together; `None` when it is not known.
    pub read_in_all: Option<u64>,
    /// The exhibits of this look; [`Mark::exhibit`] is an index of this list.
    pub exhibits: Vec<Exhibit>,
    /// The read sites, in any order. A site seen at several places has several marks.
    pub marks: Vec<Mark>,
    /// The pages that pictures among the exhibits show.
    pub sheets: Vec<Sheet>,
    /// The sites that tell nothing, grouped by reason and rule.
    pub erased: Vec<Erased>,
    /// How this case's alpha is divided.
    pub alpha_shares: Vec<AlphaShare>,
    /// Who besides the holders could have made or taken a copy, as far as it was recorded.
    pub access: Vec<String>,
    /// What it takes to reproduce the finding.
    pub parameters: Parameters,
    /// Things a reader must know. They stand on the first page: no text of the document, no id of a copy that
    /// is not named.
    pub warnings: Vec<String>,
}

/// Who is named. Only a verdict that names can hold names.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// At least one copy is named.
    Copy {
        /// The copies, best first; at least one.
        copies: Vec<NamedCopy>,
        /// Groups that are named as well.
        groups: Vec<NamedGroup>,
    },
    /// No copy, but at least one group is named.
    Group {
        /// The groups, best first; at least one.
        groups: Vec<NamedGroup>,
    },
    /// Nobody is named.
    Nobody {
        /// How many more sites read like these would decide; `None` when no number can be given.
        sites_needed: Option<u32>,
    },
}

impl Default for Verdict {
    fn default() -> Self {
        Verdict::Nobody { sites_needed: None }
    }
}

/// What a copy must reach to be named: any suffices.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The ratio, rounded up.
    pub e_log10: Log10,
    /// The largest p at which a copy is named, as text: `9.0e-10`.
    pub p: String,
    /// The evidence over all looks, each site counted once, that names a copy; rounded up.
    pub w_log10: Log10,
}

/// What became of copies under fresh keys in the place of the real ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// How many keys, with a copy each.
    pub keys: u64,
    /// How many of these copies reached the threshold.
    pub named: u64,
    /// The best of their ratios.
    pub best: Log10,
}

/// Which of the tests a copy passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grounds {
    /// Its ratio reached the threshold.
    Ratio,
    /// Its p reached the threshold.
    Tail,
    /// Both.
    Both,
    /// Its evidence over all looks reached the threshold, and neither of the others.
    Series,
}

/// A copy that is named.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedCopy {
    /// Its id in the roster.
    pub copy: String,
    /// Who holds it, as far as it is known.
    pub holders: Vec<String>,
    /// Whether a holder signed for it.
    pub received: bool,
    /// The party or department; empty for none.
    pub group: String,
    /// The name of the release it belongs to.
    pub release: String,
    /// The ratio of the evidence.
    pub e_log10: Log10,
    /// The chance that an innocent copy does as well by its tail, its ratio or its series, as text: `2.1e-11`.
    pub p: String,
    /// The p corrected for every copy tested and every look, as text.
    pub p_familywise: String,
    /// Which test it passed.
    pub grounds: Grounds,
    /// Sites read, where the copy does best.
    pub read: u32,
    /// Where that is, when it is a part of what was read: `this look`, or `exhibit NAME`.
    pub read_in: Option<String>,
    /// Read sites whose likeliest variant is the copy's.
    pub agree: u32,
    /// Read sites whose likeliest variant is another.
    pub against: u32,
    /// Whether the copy had been withdrawn (returned, destroyed, never sent).
    pub withdrawn: bool,
    /// How many cases tested this copy, and the bound on naming an innocent copy in any of them, as text.
    pub spent: (u64, String),
}

/// A group that is named, or several that cannot be told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedGroup {
    /// The group's name; several where a contributing copy belongs to all of them and only the union is named.
    pub names: Vec<String>,
    /// How many copies it has.
    pub copies: u64,
    /// Its copies, when they are so few that naming the group is naming them.
    pub members: Vec<String>,
    /// The ratio of the evidence.
    pub e_log10: Log10,
    /// The ratio that a group must reach, rounded up.
    pub threshold_e_log10: Log10,
}

/// One tested copy in the ranking. It has a label only, never a holder.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// A copy id, or a pseudonym such as `#1`.
    pub label: String,
    /// The ratio of the evidence.
    pub e_log10: Log10,
    /// The chance that an innocent copy does as well by its tail, its ratio or its series, as text; empty when it was not computed.
    pub p: String,
    /// Read sites whose likeliest variant is the copy's.
    pub agree: u32,
    /// Read sites whose likeliest variant is another.
    pub against: u32,
    /// The size of the largest coalition up to which it is contradicted: 0 when it is not, 1 as sole source.
    pub contradicted: u8,
    /// Its evidence over all looks, each site counted once, after each of them; empty when it was not followed.
    pub growth: Vec<Log10>,
    /// Whether it is named.
    pub named: bool,
    /// Whether the copy had been withdrawn; it is tested all the same.
    pub withdrawn: bool,
}

/// The ratios of copies that were never made, in bins of equal width.
///
/// ```
/// use tellmark_report::{Log10, finding::Decoys};
/// let decoys = Decoys::of([Log10(-310), Log10(-305), Log10(120)]);
/// assert_eq!((decoys.total(), decoys.best), (3, Some(Log10(120))));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoys {
    /// The ratio of the best decoy; `None` without decoys.
    pub best: Option<Log10>,
    /// The lower end of the first bin.
    pub from: Log10,
    /// How many decoys stand in each bin; each is [`Decoys::BIN`] wide.
    pub counts: Vec<u64>,
}

impl Decoys {
    /// The width of a bin, in hundredths of a decade.
    pub const BIN: i64 = 25;
    /// The bins that are kept; what lies further below counts in the first one.
    pub const BINS_MAX: usize = 400;

    /// Bins some ratios.
    pub fn of(ratios: impl IntoIterator<Item = Log10>) -> Decoys {
        let bins: Vec<i64> = ratios.into_iter().map(|ratio| ratio.0).collect();
        let Some(&best) = bins.iter().max() else { return Decoys::default() };
        let top = best.div_euclid(Self::BIN);
        let lowest = bins.iter().map(|b| b.div_euclid(Self::BIN)).min().unwrap_or(top);
        let first = lowest.max(top.saturating_sub(Self::BINS_MAX as i64 - 1));
        let mut counts = vec![0; (top - first + 1) as usize];
        for ratio in bins {
            counts[(ratio.div_euclid(Self::BIN).max(first) - first) as usize] += 1;
        }
        Decoys { best: Some(Log10(best)), from: Log10(first.saturating_mul(Self::BIN)), counts }
    }

    /// How many decoys there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A release that the exhibits quote.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Release {
    /// The release's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The document's file name.
    pub document: String,
    /// How many copies it has, withdrawn ones included.
    pub copies: u64,
    /// A hash of its nonce, as hexadecimal digits.
    pub nonce_hash: String,
    /// Its sites by channel.
    pub channels: Vec<ChannelSites>,
}

/// The sites of one channel and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelSites {
    /// The channel.
    pub channel: Channel,
    /// Sites in the release.
    pub total: u64,
    /// Sites read.
    pub read: u64,
    /// Sites erased.
    pub erased: u64,
}

/// A piece of leaked material.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exhibit {
    /// Its file name, or `standard input`.
    pub name: String,
    /// Hashes of its bytes, each with the name of its algorithm: `("BLAKE3", "af13…")`.
    pub hashes: Vec<(String, String)>,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was registered.
    pub registered: String,
    /// Why it is here.
    pub reason: String,
    /// Its text, as it was read; empty when nothing of ours was found in it.
    pub text: String,
}

/// A page that a picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The exhibit's name.
    pub exhibit: String,
    /// The document's name.
    pub document: String,
    /// The page, from 0.
    pub page: u32,
    /// The picture.
    pub picture: Raster,
    /// The picture brought onto the original page.
    pub registered: Raster,
    /// The words with a site that it shows.
    pub words: Vec<SheetWord>,
}

/// A picture to be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Raster {
    /// Pixels from left to right, in which outlines are given; the file may be smaller.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// A PNG file; nothing is drawn where it is empty.
    pub png: Vec<u8>,
}

/// A word in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SheetWord {
    /// The corners of its box, in pixels of the picture.
    pub outline: [(f32, f32); 4],
    /// The natural logarithm of how much likelier it is that the word was moved along its line than against it.
    pub llr: f64,
}

/// A place at which a site was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Index of the exhibit.
    pub exhibit: usize,
    /// Bytes of its text; may be empty where the variant shown is empty.
    pub range: Range<usize>,
    /// The site's id.
    pub site: String,
    /// The rule that made the site.
    pub rule: String,
    /// The channel.
    pub channel: Channel,
    /// The variants, in the site's order.
    pub variants: Vec<Variant>,
    /// How much the reading tells, in bits: log2 of the number of variants at most.
    pub bits: f64,
}

/// One variant of a site and how well it fits what was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its text at this place; may be empty.
    pub text: String,
    /// The likelihood of what was seen, relative to the best variant.
    pub likelihood: Likelihood,
}

/// Sites that tell nothing, for one reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Erased {
    /// Why.
    pub reason: Erasure,
    /// How many sites there are by channel and rule.
    pub rules: Vec<(Channel, String, u64)>,
}

/// A part of a case's alpha.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlphaShare {
    /// What it is for: `batch 1, look 1`.
    pub what: String,
    /// How many copies or groups share it.
    pub copies: u64,
    /// The share, as text: `7.2e-7`.
    pub alpha: String,
}

/// What it takes to reproduce a finding.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    /// The program and its version.
    pub program: String,
    /// The version of the derivation of codewords.
    pub derivation_version: u32,
    /// The version of the reader.
    pub reader_version: u32,
    /// The version of the tracer.
    pub tracer_version: u32,
    /// The published hash of the lineage's key; one for each lineage.
    pub key_hashes: Vec<String>,
    /// The hash of the reading, recorded before any codeword was derived.
    pub reading_hash: String,
    /// The command line.
    pub command: String,
    /// Anything else, by name.
    pub other: Vec<(String, String)>,
}
