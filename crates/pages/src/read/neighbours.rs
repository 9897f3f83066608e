//! Matches of points that agree with those around them.

use crate::homography::Homography;

use super::Match;

/// At most so many matches are looked at.
const MATCHES_MAX: usize = 3000;
/// How many of its nearest matches a match is compared with.
const NEAREST: usize = 8;

/// A match as a displacement: where on the page it is, and by how many points the picture shows it elsewhere
/// than the plane would have it.
pub type Displacement = ((f64, f64), [f64; 2]);

/// The matches whose displacement is about that of at least three of the eight nearest matches. On a curled
/// sheet this holds where the plane is far off.
pub fn agreeing(to_picture: &Homography, matches: &[Match]) -> Vec<Displacement> {
    let Some(back) = to_picture.inverse() else { return vec![] };
    let step = matches.len().div_ceil(MATCHES_MAX).max(1);
    let all: Vec<Displacement> =
        matches.iter().step_by(step).filter_map(|found| displacement(&back, found)).collect();
    all.iter().filter(|one| supported(one, &all)).copied().collect()
}

fn displacement(back: &Homography, found: &Match) -> Option<Displacement> {
    let (x, y) = back.apply(found.picture.0, found.picture.1)?;
    let by = [x - found.page.0, y - found.page.1];
    (by[0].abs() < 150.0 && by[1].abs() < 150.0).then_some((found.page, by))
}

fn supported(one: &Displacement, all: &[Displacement]) -> bool {
    let mut nearest = [(f64::INFINITY, 0.0); NEAREST];
    for other in all {
        let (dx, dy) = (other.0.0 - one.0.0, other.0.1 - one.0.1);
        let far = dx * dx + dy * dy;
        // The same point matched twice is no second witness.
        if far > 0.25 && far < nearest[NEAREST - 1].0 {
            let (ex, ey) = (other.1[0] - one.1[0], other.1[1] - one.1[1]);
            let at = nearest.partition_point(|near| near.0 <= far);
            nearest[at..].rotate_right(1);
            nearest[at] = (far, (ex * ex + ey * ey).sqrt());
        }
    }
    nearest.iter().filter(|(far, off)| far.is_finite() && *off < 1.0 + 0.05 * far.sqrt()).count() >= 3
}
