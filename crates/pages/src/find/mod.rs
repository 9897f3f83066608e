//! Which page a picture shows, among all pages that are known.
//!
//! Every feature of the picture asks for the features of pages that look alike. Pages that many features agree on,
//! in one place, size and turn, are candidates; a candidate is found when enough features lie where one
//! projective map of the page puts them. What else lies near them, off the plane of a curled sheet, is matched too.

mod grow;
mod tables;
mod verify;

use std::cmp::Reverse;

use crate::features::{Feature, PageFeatures, of_picture};
use crate::homography::Homography;
use tellmark_core::Gray;

/// Pages of which so many are verified at most.
const CANDIDATES: usize = 24;
/// Inliers below which a page is not found.
pub const INLIERS_MIN: usize = 12;

/// A point of a page that is seen in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Where it is on the page, in points.
    pub page: (f64, f64),
    /// Where it is seen, in pixels; the centre of the first pixel is at 0.5, 0.5.
    pub picture: (f64, f64),
}

/// A page that a picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The page.
    pub page: u32,
    /// How many features lie where the map puts them; see [`INLIERS_MIN`].
    pub inliers: usize,
    /// Where the page's points are seen.
    pub homography: Homography,
    /// Points that were matched: those on the plane, and those that agree with their neighbours off it.
    pub matches: Vec<Match>,
}

/// All pages that are known.
#[derive(Debug, Default)]
pub struct Index {
    ids: Vec<u32>,
    pages: Vec<PageFeatures>,
    tables: tables::Tables,
}

impl Index {
    /// Takes in pages with the numbers they are to be known by.
    pub fn build(pages: impl IntoIterator<Item = (u32, PageFeatures)>) -> Index {
        let (ids, pages): (Vec<_>, Vec<_>) = pages.into_iter().unzip();
        let tables = tables::Tables::build(&pages);
        Index { ids, pages, tables }
    }

    /// The pages that a picture shows, best first.
    pub fn find(&self, picture: &Gray) -> Vec<Found> {
        self.find_features(&of_picture(picture))
    }

    /// The same for the features of a picture.
    pub fn find_features(&self, picture: &[Feature]) -> Vec<Found> {
        let mut found: Vec<Found> = self
            .tables
            .candidates(&self.pages, picture, CANDIDATES)
            .into_iter()
            .filter_map(|candidate| self.verified(candidate, picture))
            .collect();
        found.sort_by_key(|found| Reverse(found.inliers));
        found
    }

    fn verified(&self, candidate: tables::Candidate, picture: &[Feature]) -> Option<Found> {
        let page = &self.pages[candidate.page];
        let posed = verify::posed(page, picture, &candidate.likely)?;
        if posed.inliers < INLIERS_MIN {
            return None;
        }
        let (homography, matches) = grow::grown(page, picture, &posed);
        Some(Found { page: self.ids[candidate.page], inliers: posed.inliers, homography, matches })
    }
}
