//! Which words of two drafts correspond: a diff in bounded time.
//!
//! Equal ends are matched first, then words that stand once in each draft (patience), then what lies between by
//! a longest common subsequence where it is small. A stretch in which nothing is unique and which is not small
//! stays unmatched.

use std::collections::HashMap;
use std::ops::Range;

/// Cells of the table for a longest common subsequence.
const CELLS_MAX: usize = 1 << 18;
/// How often a stretch is cut at words that are unique in it.
const DEPTH_MAX: u32 = 24;

/// Pairs of places with equal words, increasing in both drafts.
pub(crate) fn matches(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open = vec![(0..old.len(), 0..new.len(), 0)];
    while let Some((mut a, mut b, depth)) = open.pop() {
        trim(old, new, &mut a, &mut b, &mut found);
        if a.is_empty() || b.is_empty() {
            continue;
        }
        if a.len().saturating_mul(b.len()) <= CELLS_MAX {
            common_subsequence(old, new, &a, &b, &mut found);
        } else if depth < DEPTH_MAX {
            let anchors = anchors(old, new, &a, &b);
            let (mut i, mut j) = (a.start, b.start);
            for &(x, y) in &anchors {
                open.push((i..x, j..y, depth + 1));
                (i, j) = (x + 1, y + 1);
            }
            if !anchors.is_empty() {
                open.push((i..a.end, j..b.end, depth + 1));
                found.extend(anchors);
            }
        }
    }
    found.sort_unstable();
    found
}

/// Matches equal words at both ends and takes them off.
fn trim(
    old: &[u32],
    new: &[u32],
    a: &mut Range<usize>,
    b: &mut Range<usize>,
    found: &mut Vec<(usize, usize)>,
) {
    while a.start < a.end && b.start < b.end && old[a.start] == new[b.start] {
        found.push((a.start, b.start));
        (a.start, b.start) = (a.start + 1, b.start + 1);
    }
    while a.start < a.end && b.start < b.end && old[a.end - 1] == new[b.end - 1] {
        (a.end, b.end) = (a.end - 1, b.end - 1);
        found.push((a.end, b.end));
    }
}

/// Words that stand once in each stretch, as the longest run that increases in both.
fn anchors(old: &[u32], new: &[u32], a: &Range<usize>, b: &Range<usize>) -> Vec<(usize, usize)> {
    // How often in the old stretch, where there, how often in the new one.
    let mut counts: HashMap<u32, (u32, usize, u32)> = HashMap::with_capacity(a.len());
    for i in a.clone() {
        let entry = counts.entry(old[i]).or_insert((0, i, 0));
        entry.0 += 1;
    }
    for j in b.clone() {
        if let Some(entry) = counts.get_mut(&new[j]) {
            entry.2 += 1;
        }
    }
    let unique = b.clone().filter_map(|j| match counts.get(&new[j]) {
        Some(&(1, i, 1)) => Some((i, j)),
        _ => None,
    });
    longest_increasing(&unique.collect::<Vec<_>>())
}

/// The longest subsequence of pairs, sorted by the second place, that increases in the first.
fn longest_increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, pair) in pairs.iter().enumerate() {
        let place = tails.partition_point(|&tail| pairs[tail].0 < pair.0);
        previous.push(place.checked_sub(1).map(|before| tails[before]));
        if place == tails.len() {
            tails.push(index);
        } else {
            tails[place] = index;
        }
    }
    let mut chain = Vec::with_capacity(tails.len());
    let mut at = tails.last().copied();
    while let Some(index) = at {
        chain.push(pairs[index]);
        at = previous[index];
    }
    chain.reverse();
    chain
}

/// The longest common subsequence of two short stretches.
fn common_subsequence(
    old: &[u32],
    new: &[u32],
    a: &Range<usize>,
    b: &Range<usize>,
    found: &mut Vec<(usize, usize)>,
) {
    let (rows, width) = (a.len(), b.len() + 1);
    // longest[i * width + j]: the length for what follows the i-th and j-th word.
    let mut longest = vec![0_u32; (rows + 1) * width];
    for i in (0..rows).rev() {
        for j in (0..b.len()).rev() {
            let cell = if old[a.start + i] == new[b.start + j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
            longest[i * width + j] = cell;
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < rows && j < b.len() {
        if old[a.start + i] == new[b.start + j] {
            found.push((a.start + i, b.start + j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_equal_is_matched() {
        assert_eq!(matches(&[1, 2, 3], &[1, 2, 3]), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(matches(&[1, 2, 3, 4], &[1, 9, 3, 4]), [(0, 0), (2, 2), (3, 3)]);
        assert_eq!(matches(&[], &[1]), []);
    }

    #[test]
    fn long_drafts_are_cut_at_unique_words() {
        let old: Vec<u32> = (0..100_000).map(|i| if i % 10 == 0 { i } else { i % 7 }).collect();
        let mut new = old.clone();
        new.drain(50_000..50_500);
        new.insert(20, 7);
        new.rotate_left(1);
        assert!(matches(&old, &new).len() > 99_000);
        // Nothing is unique: bounded, not perfect.
        let flat = vec![1; 100_000];
        let mut other = vec![1; 90_000];
        other[40_000] = 2;
        assert!(matches(&flat, &other).len() >= 89_999);
    }

    proptest! {
        #[test]
        fn matches_are_equal_and_increase(old in prop::collection::vec(0_u32..6, 0..60), new in prop::collection::vec(0_u32..6, 0..60)) {
            let found = matches(&old, &new);
            prop_assert!(found.iter().all(|&(i, j)| old[i] == new[j]));
            prop_assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
        }
    }
}
