//! Which page a picture shows, among all pages that are known.
//!
//! Every feature of the picture asks for the features of pages that look alike. Pages that many features agree on,
//! in one place, size and turn, are candidates; a candidate is found when enough features lie where one
//! projective map of the page puts them. What else lies near them, off the plane of a curled sheet, is matched too.

#[cfg(test)]
mod drawn;
mod grow;
mod tables;
#[cfg(test)]
mod tests;
mod verify;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use tables::{Candidate, Likely, Tables};

use crate::features::{Feature, PageFeatures, Points, has_detail, of_detail};
use crate::homography::Homography;
use tellmark_core::Gray;

/// Pages that are verified, at most.
const CANDIDATES: usize = 8;
/// Matches of the tables that must agree roughly before all features of a page are compared. Of pages that a picture
/// does not show nine in ten have fewer; strips of three lines had 12 or more.
const SUPPORT_MIN: usize = 4;
/// Inliers below which a page is not found, and matches below which it is not once these have spread.
///
/// Measured with 51 pictures (strips of three and six lines, strips of a messenger's photograph, screens) among 456
/// pages of other prose in the same font, margins and leading: of 361 candidates none had more than 9 inliers or 15
/// matches. The pages that the pictures do show had 17 or more, and 49 or more.
pub const INLIERS_MIN: usize = 10;
/// See [`INLIERS_MIN`].
pub const MATCHES_MIN: usize = 25;

/// Tenths of a picture's points that are looked at first.
const GLANCE_TENTHS: usize = 4;
/// Inliers among those with which a page is surely found.
const INLIERS_SURE: usize = 60;
/// Of the features less than one in so many may lie outside of the pages that were found.
const OUTSIDE_PARTS: usize = 12;
/// A page reaches so far beyond its edges, in points: sheets bend.
const EDGE: f64 = 12.0;

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
    tables: Tables,
}

impl Index {
    /// Takes in pages with the numbers they are to be known by.
    pub fn build(pages: impl IntoIterator<Item = (u32, PageFeatures)>) -> Index {
        let (ids, pages): (Vec<_>, Vec<_>) = pages.into_iter().unzip();
        let tables = Tables::build(&pages);
        Index { ids, pages, tables }
    }

    /// The pages that a picture shows, best first. The strongest points of the picture are looked at first, which is
    /// enough where they surely show a page and nothing much beside it. Where none is found, the picture is looked at as
    /// if black were white, and then closer: a few lines may be lost in a large photograph.
    pub fn find(&self, picture: &Gray) -> Vec<Found> {
        let points = Points::of(picture);
        let mut features = points.features(0..GLANCE_TENTHS);
        let found = self.at_a_glance(&features);
        if !found.is_empty() {
            return found;
        }
        features.extend(points.features(GLANCE_TENTHS..Points::TENTHS));
        drop(points);
        let found = self.find_either(&features);
        if found.is_empty() && has_detail(picture) { self.find_either(&of_detail(picture)) } else { found }
    }

    /// The pages that are surely found from a part of a picture's features, without comparing all; none where that is
    /// not so, or where the picture shows much outside of them, which may be of another page.
    fn at_a_glance(&self, picture: &[Feature]) -> Vec<Found> {
        let candidates = self.tables.candidates(&self.pages, picture, CANDIDATES);
        let found = self.sorted(candidates.iter().filter_map(|c| self.verified(c, picture, &c.likely)));
        let is_sure = found.first().is_some_and(|best| best.inliers >= INLIERS_SURE);
        let beside = picture.iter().filter(|feature| !found.iter().any(|page| self.covers(page, feature)));
        if is_sure && OUTSIDE_PARTS * beside.count() <= picture.len() { found } else { vec![] }
    }

    /// Whether a feature of the picture lies where a page is.
    fn covers(&self, found: &Found, feature: &Feature) -> bool {
        let page = self.ids.iter().position(|id| *id == found.page).map(|at| &self.pages[at]);
        let place =
            found.homography.inverse().and_then(|map| map.apply(f64::from(feature.x), f64::from(feature.y)));
        let (Some(page), Some((x, y))) = (page, place) else { return false };
        let inside = |at: f64, side: f32| (-EDGE..=f64::from(side) + EDGE).contains(&at);
        inside(x, page.width) && inside(y, page.height)
    }

    fn find_either(&self, features: &[Feature]) -> Vec<Found> {
        let found = self.find_features(features);
        if !found.is_empty() {
            return found;
        }
        let inverted: Vec<Feature> = features.iter().map(|feature| feature.inverted()).collect();
        self.find_features(&inverted)
    }

    /// The pages that show a picture's features, best first.
    pub fn find_features(&self, picture: &[Feature]) -> Vec<Found> {
        let candidates = self.tables.candidates(&self.pages, picture, CANDIDATES);
        let compared = |candidate: &Candidate| {
            let page = &self.pages[candidate.page];
            let is_like = verify::support(page, picture, &candidate.likely) >= SUPPORT_MIN;
            let likely = is_like.then(|| self.tables.likely(candidate, page, picture))?;
            self.verified(candidate, picture, &likely)
        };
        self.sorted(candidates.iter().filter_map(compared))
    }

    /// Best first, without those that have no evidence of their own.
    fn sorted(&self, found: impl Iterator<Item = Found>) -> Vec<Found> {
        let mut found: Vec<Found> = found.collect();
        found.sort_by_key(|found| (Reverse(found.matches.len()), found.page));
        own_evidence(found)
    }

    fn verified(&self, candidate: &Candidate, picture: &[Feature], likely: &[Likely]) -> Option<Found> {
        let page = &self.pages[candidate.page];
        let posed = verify::posed(page, picture, likely)?;
        let id = self.ids[candidate.page];
        if posed.inliers < INLIERS_MIN {
            return None;
        }
        let (homography, matches) = grow::grown(page, picture, &posed);
        (matches.len() >= MATCHES_MIN).then_some(Found {
            page: id,
            inliers: posed.inliers,
            homography,
            matches,
        })
    }
}

/// Leaves out pages that only share with a better one what many pages share, such as a letterhead: a page stays when
/// half of its matches are where no better page has any (two pages side by side), or when it has a third as many
/// matches as each page whose place it shares (two drafts of one page).
fn own_evidence(found: Vec<Found>) -> Vec<Found> {
    let mut kept: Vec<(Found, BTreeSet<(i64, i64)>)> = Vec::new();
    for next in found {
        let places: BTreeSet<_> =
            next.matches.iter().map(|m| (m.picture.0 as i64, m.picture.1 as i64)).collect();
        let stays = kept.iter().all(|(better, taken)| {
            let shared = places.intersection(taken).count();
            2 * shared < places.len() || 3 * next.matches.len() >= better.matches.len()
        });
        if stays {
            kept.push((next, places));
        }
    }
    kept.into_iter().map(|(found, _)| found).collect()
}
