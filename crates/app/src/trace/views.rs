//! What is weighed: everything that the looks of a case read, and parts of it alone.
//!
//! Several exhibits may come from one copy or from one each, and so may several looks. What they show together is
//! evidence in the first case and a jumble in the second. Both are weighed, each view with a share of the evidence
//! (`codes::view_share`). Which views there are follows from what was read alone.

use std::collections::BTreeMap;

use tellmark_codes::Observed;
use tellmark_core::{LineageId, SiteId};

use super::case::Case;

/// So many single exhibits are weighed by themselves, those that show the most sites.
const ALONE_MAX: usize = 8;

/// What a view holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything that the looks of the case read.
    Case,
    /// What the look that is being made reads.
    Look,
    /// What one exhibit of this look shows, by its number from 0.
    Exhibit(u32),
}

/// What one view of a lineage shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What it holds.
    pub part: Part,
    /// The sites that it reads.
    pub sites: BTreeMap<SiteId, Observed>,
}

/// The views of each lineage of which something was read, everything first; none equals another.
pub fn views(case: &Case) -> BTreeMap<LineageId, Vec<View>> {
    let merged = case.merged().into_iter().filter(|(_, sites)| !sites.is_empty());
    merged.map(|(lineage, sites)| (lineage, of_lineage(case, lineage, sites))).collect()
}

fn of_lineage(case: &Case, lineage: LineageId, all: BTreeMap<SiteId, Observed>) -> Vec<View> {
    let mut views = vec![View { part: Part::Case, sites: all }];
    let look = case.last_read().remove(&lineage).map(|sites| View { part: Part::Look, sites });
    for view in look.into_iter().chain(exhibits(case, lineage)) {
        if !views.iter().any(|other| other.sites == view.sites) {
            views.push(view);
        }
    }
    views
}

/// The exhibits of the look that is being made which show a lineage, where several do.
fn exhibits(case: &Case, lineage: LineageId) -> Vec<View> {
    let alone = case.looks.last().into_iter().flat_map(|look| look.observations_alone());
    let sites = alone.filter_map(|(exhibit, mut read)| {
        let sites = read.remove(&lineage).filter(|sites| !sites.is_empty())?;
        Some(View { part: Part::Exhibit(exhibit), sites })
    });
    let mut exhibits: Vec<View> = sites.collect();
    if exhibits.len() < 2 {
        return Vec::new();
    }
    exhibits.sort_by_key(|view| std::cmp::Reverse(view.sites.len()));
    exhibits.truncate(ALONE_MAX);
    exhibits
}
