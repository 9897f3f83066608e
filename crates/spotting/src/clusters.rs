//! Sentences that stand near each other in both texts, in any order.

/// A sentence of a text and one of a protected text, by their numbers within those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub query: u32,
    pub source: u32,
    pub weight: i32,
}

/// Sentences of a text between two links of one cluster.
pub(crate) const QUERY_MAX: u32 = 2;
/// Sentences of a protected text between them.
pub(crate) const SOURCE_MAX: u32 = 3;
/// Links that are looked at for one protected text.
const LINKS_MAX: usize = 1 << 14;

/// Takes links apart into clusters, in the order of their first sentences.
pub(crate) fn clusters(mut links: Vec<Link>) -> Vec<Vec<Link>> {
    links.truncate(LINKS_MAX);
    links.sort_unstable();
    links.dedup_by_key(|link| (link.query, link.source));
    let mut roots: Vec<usize> = (0..links.len()).collect();
    for i in 0..links.len() {
        for j in (0..i).rev().take_while(|&j| links[i].query - links[j].query <= QUERY_MAX) {
            if links[i].source.abs_diff(links[j].source) <= SOURCE_MAX {
                let (a, b) = (root(&mut roots, i), root(&mut roots, j));
                roots[a.max(b)] = a.min(b);
            }
        }
    }
    let mut found: Vec<Vec<Link>> = Vec::new();
    let mut place = vec![usize::MAX; links.len()];
    for (i, link) in links.iter().enumerate() {
        let root = root(&mut roots, i);
        if place[root] == usize::MAX {
            place[root] = found.len();
            found.push(Vec::new());
        }
        found[place[root]].push(*link);
    }
    found
}

fn root(roots: &mut [usize], mut at: usize) -> usize {
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_in_both_texts_is_one_cluster_in_any_order() {
        let link = |(query, source)| Link { query, source, weight: 1 };
        let shape = |pairs: &[(u32, u32)]| -> Vec<Vec<(u32, u32)>> {
            let found = clusters(pairs.iter().copied().map(link).collect());
            found.iter().map(|links| links.iter().map(|link| (link.query, link.source)).collect()).collect()
        };
        assert_eq!(shape(&[(3, 10), (1, 12), (2, 9)]), [[(1, 12), (2, 9), (3, 10)]]);
        assert_eq!(shape(&[(1, 1), (4, 1)]), [[(1, 1)], [(4, 1)]]);
        assert_eq!(shape(&[(1, 1), (1, 5)]), [[(1, 1)], [(1, 5)]]);
        assert!(shape(&[]).is_empty());
    }
}
