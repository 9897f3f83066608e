//! Matches off the plane: where the features of a curled sheet lie, from neighbour to neighbour.

use super::{Match, verify::Posed};
use crate::features::{Feature, PageFeatures};
use crate::homography::Homography;

/// The map again, and all matches.
pub(super) fn grown(page: &PageFeatures, picture: &[Feature], posed: &Posed) -> (Homography, Vec<Match>) {
    let matches = posed
        .agreeing
        .iter()
        .map(|likely| {
            let (from, to) = (&page.features[likely.feature as usize], &picture[likely.picture as usize]);
            Match {
                page: (f64::from(from.x), f64::from(from.y)),
                picture: (f64::from(to.x), f64::from(to.y)),
            }
        })
        .collect();
    (posed.homography, matches)
}
