//! The looks of a case: which parts of what they read are weighed, and what a series bets on.
//!
//! Several exhibits may come from one copy or from one each, and so may several looks. What they show together is
//! evidence in the first case and a jumble in the second, so parts are weighed beside the whole ([`view_share`]). Which
//! parts there are follows from what was read alone.
//!
//! Whoever has seen what a look found may choose the next exhibit by it: a crop of the same page, without the sentences
//! that spoke against somebody. Therefore a part holds only what is *new*: sites that no earlier look read, and those
//! at which it shows another variant than every earlier look and every exhibit of one. A crop of what was read before,
//! or a second scan of it, is no part at all, and in everything together each site counts as it was read first. And a
//! series bets on a site only when no figure of an earlier look hung on what copies hold there: then it is a martingale
//! however exhibits are chosen by what was found.
//!
//! [`view_share`]: crate::view_share

use std::collections::BTreeMap;

use crate::Observed;

/// So many single exhibits are weighed by themselves, those that show the most sites.
const ALONE_MAX: usize = 8;

/// What one look of a case read of a lineage, by site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look<S: Ord> {
    /// What its exhibits show together.
    pub read: BTreeMap<S, Observed>,
    /// What each of them shows by itself, by its number, where there are several.
    pub alone: BTreeMap<u32, BTreeMap<S, Observed>>,
}

impl<S: Ord> Default for Look<S> {
    fn default() -> Look<S> {
        Look { read: BTreeMap::new(), alone: BTreeMap::new() }
    }
}

/// What a view holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything that the looks of the case read.
    Case,
    /// What the last look shows that is new.
    Look,
    /// What one exhibit of the last look shows that is new, by its number.
    Exhibit(u32),
}

/// One way of looking at a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View<S: Ord> {
    /// What it holds.
    pub part: Part,
    /// The sites that it reads.
    pub sites: BTreeMap<S, Observed>,
}

/// The views of a case's looks, the last of which is being made: everything first, none equal to another, none empty
/// but where nothing was read.
///
/// ```
/// use std::collections::BTreeMap;
/// use tellmark_codes::{Look, Observed, Part, views};
/// let look = |shown: [u8; 3]| Look {
///     read: (0..).zip(shown.map(|v| Observed::hard(2, v))).collect::<BTreeMap<u32, Observed>>(),
///     ..Look::default()
/// };
/// // The second look shows another variant at the last two sites: these are new.
/// let views = views(&[look([0, 0, 0]), look([0, 1, 1])]);
/// assert_eq!(views.iter().map(|v| (v.part, v.sites.len())).collect::<Vec<_>>(), [(Part::Case, 3), (Part::Look, 2)]);
/// ```
pub fn views<S: Ord + Clone>(looks: &[Look<S>]) -> Vec<View<S>> {
    let mut views = vec![View { part: Part::Case, sites: merged(looks) }];
    let Some((last, earlier)) = looks.split_last() else { return views };
    let known = shown_before(earlier);
    let news = |sites: &BTreeMap<S, Observed>| -> BTreeMap<S, Observed> {
        let is_new =
            |(site, seen): &(&S, &Observed)| known.get(*site).copied().unwrap_or(0) & shown(seen) == 0;
        sites.iter().filter(is_new).map(|(site, seen)| (site.clone(), seen.clone())).collect()
    };
    let mut parts = vec![View { part: Part::Look, sites: news(&last.read) }];
    if last.alone.values().filter(|sites| !sites.is_empty()).count() > 1 {
        let each = last.alone.iter().map(|(&number, sites)| (Part::Exhibit(number), news(sites)));
        let mut exhibits: Vec<View<S>> = each.map(|(part, sites)| View { part, sites }).collect();
        exhibits.sort_by_key(|view| std::cmp::Reverse(view.sites.len()));
        exhibits.truncate(ALONE_MAX);
        parts.extend(exhibits);
    }
    for view in parts {
        if !view.sites.is_empty() && views.iter().all(|other| other.sites != view.sites) {
            views.push(view);
        }
    }
    views
}

/// What all looks together show: each site as the first look read it.
///
/// A later look takes nothing back, else exhibits could be chosen that contradict whatever speaks against somebody; and it
/// adds nothing where a site was read before, else a sharper picture of just those sentences could be chosen that speak for
/// somebody. Where it shows another variant it is a part of its own ([`views`]).
pub fn merged<S: Ord + Clone>(looks: &[Look<S>]) -> BTreeMap<S, Observed> {
    first_read(looks, 0).into_iter().map(|(site, (_, seen))| (site, seen)).collect()
}

/// What the looks from one on, counted from 0, read, each site as the first of them read it, with that look's number:
/// what a series bets on for copies that entered with it. What was read before that is no news of them.
///
/// A site that first only single exhibits showed, since together they contradict each other there, is left out: what
/// copies hold there has been weighed, and nothing was read that could be bet on.
pub fn first_read<S: Ord + Clone>(looks: &[Look<S>], from: u32) -> BTreeMap<S, (u32, Observed)> {
    let mut first: BTreeMap<S, Option<(u32, Observed)>> = BTreeMap::new();
    for (number, look) in (0..).zip(looks).skip(from as usize) {
        for (site, seen) in &look.read {
            first.entry(site.clone()).or_insert_with(|| Some((number, seen.clone())));
        }
        for site in look.alone.values().flat_map(BTreeMap::keys) {
            first.entry(site.clone()).or_insert(None);
        }
    }
    first.into_iter().filter_map(|(site, seen)| Some((site, seen?))).collect()
}

/// At how many of the sites that earlier looks read too the last one shows another variant than all of them, and how many
/// such sites there are.
pub fn contrary<S: Ord + Clone>(looks: &[Look<S>]) -> (usize, usize) {
    let Some((last, earlier)) = looks.split_last() else { return (0, 0) };
    let known = shown_before(earlier);
    let shared: Vec<bool> =
        last.read.iter().filter_map(|(site, seen)| Some(known.get(site)? & shown(seen) == 0)).collect();
    (shared.iter().filter(|other| **other).count(), shared.len())
}

/// At how many of its sites a look shows a variant that one of these others showed too, of how many that any of them read.
pub fn alike<S: Ord + Clone>(one: &Look<S>, others: &[Look<S>]) -> (usize, usize) {
    let known = shown_before(others);
    let shared = one.read.iter().filter_map(|(site, seen)| Some(known.get(site)? & shown(seen) != 0));
    let shared: Vec<bool> = shared.collect();
    (shared.iter().filter(|alike| **alike).count(), shared.len())
}

/// The variants that any look or exhibit showed at each site, as a set of bits.
fn shown_before<S: Ord + Clone>(looks: &[Look<S>]) -> BTreeMap<S, u16> {
    let mut known: BTreeMap<S, u16> = BTreeMap::new();
    let all = looks.iter().flat_map(|look| std::iter::once(&look.read).chain(look.alone.values()));
    for (site, seen) in all.flatten() {
        *known.entry(site.clone()).or_default() |= shown(seen);
    }
    known
}

/// The likeliest variants, as a set of bits.
fn shown(seen: &Observed) -> u16 {
    let top = seen.likelihoods.iter().max();
    let likeliest = (0..16).zip(&seen.likelihoods).filter(|(_, likelihood)| Some(*likelihood) == top);
    likeliest.fold(0, |set, (variant, _)| set | 1 << variant)
}

#[cfg(test)]
mod tests {
    use tellmark_core::Likelihood;

    use super::*;

    type Sites = BTreeMap<usize, Observed>;

    fn hard(shown: &[Option<u8>]) -> Sites {
        let seen = |(site, variant): (usize, &Option<u8>)| Some((site, Observed::hard(2, (*variant)?)));
        shown.iter().enumerate().filter_map(seen).collect()
    }

    fn one(shown: &[Option<u8>]) -> Look<usize> {
        Look { read: hard(shown), alone: BTreeMap::new() }
    }

    /// Two exhibits: where they contradict each other nothing is read.
    fn two(first: &[Option<u8>], second: &[Option<u8>]) -> Look<usize> {
        let both = |(a, b): (&Option<u8>, &Option<u8>)| match (a, b) {
            (Some(a), Some(b)) => (a == b).then_some(*a),
            (a, b) => a.or(*b),
        };
        let read: Vec<Option<u8>> = first.iter().zip(second).map(both).collect();
        Look { read: hard(&read), alone: BTreeMap::from([(0, hard(first)), (1, hard(second))]) }
    }

    fn parts(looks: &[Look<usize>]) -> Vec<(Part, Vec<usize>)> {
        views(looks).into_iter().map(|view| (view.part, view.sites.into_keys().collect())).collect()
    }

    const WHOLE: [Option<u8>; 4] = [Some(0), Some(1), Some(0), Some(1)];

    #[test]
    fn a_crop_or_a_second_scan_of_what_was_read_is_no_part() {
        let crop = one(&[Some(0), None, Some(0), None]);
        assert_eq!(parts(&[one(&WHOLE)]), [(Part::Case, vec![0, 1, 2, 3])]);
        assert_eq!(parts(&[one(&WHOLE), crop.clone()]), [(Part::Case, vec![0, 1, 2, 3])]);
        // Nor is one of a single exhibit that was read beside another.
        let looks = [two(&WHOLE, &[Some(1); 4]), crop.clone()];
        assert!(views(&looks).iter().all(|view| view.part == Part::Case), "{looks:?}");
        // As one of several exhibits it is none either; what is new beside it is.
        let looks = [one(&WHOLE), two(&[Some(0), None, Some(0), None], &[None, Some(0), None, Some(1)])];
        assert_eq!(parts(&looks)[1..], [(Part::Look, vec![1])]);
    }

    #[test]
    fn what_another_copy_shows_is_new() {
        let other = [Some(0), Some(0), Some(1), Some(1)];
        assert_eq!(parts(&[one(&WHOLE), one(&other)])[1..], [(Part::Look, vec![1, 2])]);
        // A third one has at each site what one of them showed.
        assert_eq!(parts(&[one(&WHOLE), one(&other), one(&WHOLE)]).len(), 1);
        let together = two(&WHOLE, &other);
        let read = (Part::Case, vec![0, 3]);
        let each = |number| (Part::Exhibit(number), vec![0, 1, 2, 3]);
        assert_eq!(parts(&[together]), [read, each(0), each(1)]);
    }

    #[test]
    fn a_site_is_new_where_no_likeliest_variant_was_one_before() {
        let soft = |likelihoods: [u32; 3]| Look {
            read: BTreeMap::from([(0, Observed { likelihoods: likelihoods.map(Likelihood).to_vec() })]),
            alone: BTreeMap::new(),
        };
        let one = Likelihood::ONE.0;
        let first = soft([one, one, 1]);
        assert_eq!(parts(&[first.clone(), soft([1, one, 9])]).len(), 1);
        assert_eq!(parts(&[first, soft([1, 9, one])])[1..], [(Part::Look, vec![0])]);
    }

    #[test]
    fn a_series_bets_on_what_was_not_weighed_before() {
        let looks = [two(&[Some(0), Some(1), None, None], &[Some(0), Some(0), None, None]), one(&WHOLE)];
        let first: Vec<(usize, u32)> =
            first_read(&looks, 0).into_iter().map(|(site, (look, _))| (site, look)).collect();
        assert_eq!(first, [(0, 0), (2, 1), (3, 1)], "the second site was weighed exhibit by exhibit");
        let late: Vec<u32> = first_read(&looks, 1).into_values().map(|(look, _)| look).collect();
        assert_eq!(late, [1; 4], "copies that enter with the second look were not");
    }

    #[test]
    fn a_site_counts_as_it_was_read_first() {
        let one = Likelihood::ONE.0;
        let look = |a, b| Look {
            read: BTreeMap::from([(0, Observed { likelihoods: vec![Likelihood(a), Likelihood(b)] })]),
            alone: BTreeMap::new(),
        };
        let all =
            |looks: &[Look<usize>]| merged(looks)[&0].likelihoods.iter().map(|l| l.0).collect::<Vec<_>>();
        let first = look(one, one / 4);
        for later in [look(one, one / 9), look(one, one / 2), look(0, one)] {
            assert_eq!(all(&[first.clone(), later]), [one, one / 4]);
        }
        let contested = [two(&[Some(0)], &[Some(1)]), look(one, 0)];
        assert!(merged(&contested).is_empty(), "its exhibits were weighed there, one by one");
    }
}
