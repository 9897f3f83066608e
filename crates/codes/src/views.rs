//! One reading looked at in several ways, each with its share.
//!
//! Several pieces of a leak may come from one copy, and then they count together; or each from a copy of its own,
//! and then what they show together is nobody's. A tracer cannot know which. So a lineage's evidence is a mean over
//! *views* ([`crate::views`]): everything that was read, and parts of it alone. Which parts there are is decided by what
//! was read and by nothing else. With shares that sum to 1, the mean of e-values is an e-value, and the least of `p / share` is a
//! p-value, by the union bound; where there is one view, nothing changes.

use tellmark_core::fixed::Log2;

use crate::Score;

/// The share of a view, one of `views`: all of it where it is the only one, else a half for the first, which holds
/// everything, and equal parts of the other half for the parts of it.
///
/// Numerator and denominator.
///
/// ```
/// use tellmark_codes::view_share;
/// assert_eq!(view_share(0, 1), (1, 1));
/// assert_eq!([0, 1, 2].map(|view| view_share(view, 3)), [(1, 2), (1, 4), (1, 4)]);
/// ```
pub fn view_share(view: usize, views: usize) -> (u128, u128) {
    match (view, views) {
        (_, ..=1) => (1, 1),
        (0, _) => (1, 2),
        (_, views) => (1, 2 * (views as u128 - 1)),
    }
}

/// A copy's score in one view, as it counts with this share: a smaller e-value and a larger p-value.
pub fn shared(score: &Score, share: (u128, u128)) -> Score {
    let (numerator, denominator) = share;
    Score {
        e: score.e + Log2::floor_ratio(numerator, denominator),
        p: (score.p + Log2::ceil_ratio(denominator, numerator)).min(Log2::ZERO),
        ..*score
    }
}

/// A copy's score over all views, from its scores as they count, and the view in which its e-value is best.
///
/// Its e-value is the best of them, less than their sum; its p-value the least. It is contradicted as far as
/// everything together, the first view, contradicts it. Sites are counted in the view in which it does best, the
/// first of equals. `None` without a view.
pub fn over_views(scores: &[Score]) -> Option<(Score, usize)> {
    let (best, score) = scores.iter().enumerate().max_by_key(|(view, s)| (s.e, std::cmp::Reverse(*view)))?;
    let p = scores.iter().map(|score| score.p).min()?;
    let contradicted = scores.first()?.contradicted;
    Some((Score { p, contradicted, ..*score }, best))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Observed, Rows, score};

    #[test]
    fn the_shares_of_the_views_sum_to_one() {
        for views in 1..50 {
            let parts: Vec<(u128, u128)> = (0..views).map(|view| view_share(view, views)).collect();
            let common = 2 * (views as u128).max(2) - 2;
            let sum: u128 = parts.iter().map(|(num, den)| num * common / den).sum();
            assert_eq!(sum, common, "{views}");
        }
    }

    #[test]
    fn no_p_exceeds_one_and_everything_together_contradicts() {
        let score = |e, p, contradicted| Score {
            e: Log2::from_bits(e),
            p: Log2::from_bits(p),
            contradicted,
            agree: e as u32 & 7,
            against: 0,
        };
        let weak = shared(&score(1, 0, 4), (1, 4));
        assert_eq!((weak.e, weak.p), (Log2::from_bits(-1), Log2::ZERO));
        let (joined, best) = over_views(&[weak, shared(&score(30, -28, 0), (1, 4))]).unwrap();
        assert_eq!((joined.e, joined.p), (Log2::from_bits(28), Log2::from_bits(-26)));
        assert_eq!((joined.contradicted, best), (4, 1));
        assert!(over_views(&[]).is_none());
    }

    /// Every codeword that a copy could have, with a reading of two parts that disagree, and partners that one of
    /// them fits.
    #[test]
    fn over_all_codewords_of_a_copy_the_mean_and_the_tail_stay_bounded() {
        const SITES: usize = 8;
        let part = |range: std::ops::Range<usize>, shown: u8| -> Vec<(usize, Observed)> {
            range.map(|site| (site, Observed::hard(2, shown))).collect()
        };
        let (one, two) = (part(0..6, 1), part(2..SITES, 0));
        // Where both read a site they cancel: everything together reads the ends alone.
        let whole = [part(0..2, 1), part(6..SITES, 0)].concat();
        let views = [whole, one, two];
        let (mut mean, mut p_values) = (0.0, Vec::new());
        for codeword in 0..1_u32 << SITES {
            let own = |site: usize| (codeword >> site & 1) as u8;
            let scores: Vec<Score> = views
                .iter()
                .enumerate()
                .map(|(number, view)| {
                    let observed: Vec<Observed> = view.iter().map(|(_, seen)| seen.clone()).collect();
                    let sites = || view.iter().map(|(site, _)| *site);
                    let symbols =
                        sites().map(own).chain(sites().map(|_| 1)).chain(sites().map(|s| (s % 2) as u8));
                    let rows = Rows { columns: view.len(), symbols: symbols.collect() };
                    shared(&score(&observed, &rows).unwrap()[0], view_share(number, views.len()))
                })
                .collect();
            let (joined, _) = over_views(&scores).unwrap();
            mean += joined.e.exp2_up() / f64::from(1 << SITES);
            p_values.push(joined.p.to_decimal_up());
        }
        assert!(mean <= 1.0 && mean > 0.5, "{mean}");
        p_values.sort_by(f64::total_cmp);
        let worst = p_values.iter().enumerate().map(|(i, p)| (i + 1) as f64 / f64::from(1 << SITES) / p);
        assert!(worst.fold(0.0, f64::max) <= 1.0);
    }
}
