//! What an exhibit shows at each site.

use std::ops::Range;

use crate::{ReleaseId, SiteId};

/// How likely what was seen is, had the source shown a given variant; relative, in units of 2^-24.
///
/// The largest of a site is [`Likelihood::ONE`], the smallest at least 1, so that no variant is ever
/// excluded by one observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Likelihood(pub u32);

impl Likelihood {
    /// The likelihood of the best variant.
    pub const ONE: Likelihood = Likelihood(1 << 24);
    /// The smallest likelihood.
    pub const MIN: Likelihood = Likelihood(1);
}

/// Why a site tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Erasure {
    /// The exhibit does not carry the passage.
    Absent,
    /// The words around the site are not those of the original.
    Context,
    /// What stands there resembles none of the variants, or several of them alike.
    Unclear,
    /// The exhibit cannot show the difference (lost case, ASCII only).
    Unshowable,
    /// The variant had reached other hands before the leak.
    Public,
    /// Several occurrences or exhibits contradict each other.
    Conflict,
}

impl Erasure {
    /// The reason in words that stand after "not read:".
    pub fn reason(self) -> &'static str {
        match self {
            Erasure::Absent => "the exhibit does not carry this passage",
            Erasure::Context => "the words around it differ from the original",
            Erasure::Unclear => "what stands there resembles no variant, or several alike",
            Erasure::Unshowable => "the exhibit cannot show the difference",
            Erasure::Public => "the variant had reached other hands before",
            Erasure::Conflict => "several places contradict each other",
        }
    }
}

/// What one site shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A likelihood for every variant, not all equal.
    Read {
        /// One a variant, the largest [`Likelihood::ONE`].
        likelihoods: Vec<Likelihood>,
        /// Where it was seen: the exhibit's number in the look, and bytes of its text.
        places: Vec<(u32, Range<usize>)>,
    },
    /// Nothing, and why.
    Erased(Erasure),
}

/// One site of a release and what an exhibit shows there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SiteReading {
    /// The site.
    pub site: SiteId,
    /// How many variants it has, at least 2.
    pub variants: u8,
    /// What was seen.
    pub outcome: Outcome,
}

impl SiteReading {
    /// The variant that is likeliest, where one is.
    pub fn best(&self) -> Option<usize> {
        let Outcome::Read { likelihoods, .. } = &self.outcome else { return None };
        let top = likelihoods.iter().max()?;
        let mut winners = likelihoods.iter().enumerate().filter(|(_, l)| *l == top);
        let first = winners.next()?.0;
        winners.next().is_none().then_some(first)
    }
}

/// What exhibits show at all sites of one release. Made without any key or codeword.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reading {
    /// The release whose sites these are.
    pub release: ReleaseId,
    /// One entry a site, in the order of the release's marking.
    pub sites: Vec<SiteReading>,
}

impl Reading {
    /// How many sites are read.
    pub fn read_count(&self) -> usize {
        self.sites.iter().filter(|s| matches!(s.outcome, Outcome::Read { .. })).count()
    }

    /// Marks sites as public: they are erased whatever the exhibit shows there.
    pub fn erase_public(&mut self, is_public: impl Fn(SiteId) -> bool) {
        for entry in &mut self.sites {
            if is_public(entry.site) {
                entry.outcome = Outcome::Erased(Erasure::Public);
            }
        }
    }
}
